import { basename } from 'node:path';
import { describeOccurrence } from '../derivatives/describe.ts';
import { resultOf } from '../derivatives/mapped.ts';
import { occurrencesOf } from '../derivatives/occurrence.ts';
import { programOf } from '../derivatives/runnable.ts';
import { type Graph, type Node, type NodeId, nodeAt, type Origin } from '../graph/graph.ts';
import type { Program } from '../graph/program.ts';
import { isTelling, isWhole, showOutline, showShape } from '../graph/shape.ts';
import { library } from '../library/index.ts';
import type { Range } from '../python/ast.ts';
import type { PythonParser } from '../python/parser.ts';
import { LineTable, lineEndingOf } from '../python/text.ts';
import { type Binding, type TracedDerivative, trace } from '../tracer/trace.ts';
import {
  type Analysis,
  type AnalysisSettings,
  type DerivativeFact,
  defaultSizeLimit,
  type OtherWay,
  type RuleSettings,
  type ShapeFact,
  type SourceHost,
} from './analysis.ts';
import { callerFinder } from './callers.ts';
import { applyEdits, withLineEnding } from './edits.ts';
import type { Finding, Fix, Proposal, Severity } from './finding.ts';
import { type Found, findingsOf } from './findings.ts';
import { grouped } from './grouped.ts';
import { lookingOnce, ModuleCache, moduleFinder } from './modules.ts';
import { sameRange } from './source-file.ts';
import { unsuppressed, unusedSuppression } from './suppressions.ts';
import { computedFrom, type Examined, moved, occurrenceIn, refusal } from './verify.ts';
import { waysOf, wayTitle } from './ways.ts';
import { weightNames } from './weights.ts';

/** Reads Python and says what is known of it. */
export interface Analyser {
  /**
   * Everything that is known of one file. Never throws for what is in the text, and runs none of it.
   * @param file the absolute path of the file, or its address where it is on no disk
   * @param host reads the files that it imports
   * @param settings what is other than by default
   * @param patience milliseconds after which running the text, or one that a fix makes of it, is cut short, and a quarter
   * more for what the rules say of it; what is known by then counts
   */
  analyse(file: string, text: string, host: SourceHost, settings: AnalysisSettings, patience?: number): Analysis;
}

/** An analyser that keeps the syntax of the files that it has read. */
export function createAnalyser(parser: PythonParser): Analyser {
  const cache = new ModuleCache(parser);
  return {
    analyse: (file, text, host, settings, patience = Number.POSITIVE_INFINITY) => {
      const { rules = {}, sizeLimit = defaultSizeLimit } = settings;
      const files = lookingOnce(host);
      const findModule = moduleFinder(cache, files);
      const callers = callerFinder(cache, files, file);
      const examine = (changed: string): Examined => {
        const module = cache.parse(file, changed);
        const aborted = deadline(patience);
        const traced = trace(file, module, { library, findModule, callers, aborted });
        const ofRules = deadline(patience / 4);
        const isOver = (): boolean => aborted() && ofRules();
        const found = findingsOf(traced, { path: file, text: changed, module }, sizeLimit, isOver);
        const stopped = traced.stopped ?? (isOver() ? 'the rules took too long' : null);
        return { file, text: changed, module, trace: traced, found, stopped };
      };
      return analysisOf(examine(text), rules, examine);
    },
  };
}

/** Whether so many milliseconds have passed since this was called. */
function deadline(milliseconds: number): () => boolean {
  const end = performance.now() + milliseconds;
  return () => performance.now() > end;
}

function analysisOf(examined: Examined, settings: RuleSettings, examine: (text: string) => Examined): Analysis {
  const { file, text, module, trace: traced, found, stopped } = examined;
  const heard = found.flatMap((each): Found[] => {
    const severity = severityOf(each.finding, settings);
    return severity === 'off' ? [] : [{ ...each, finding: { ...each.finding, severity } }];
  });
  const { left, unused } = unsuppressed(
    heard.map(({ finding }) => finding),
    module,
    new LineTable(text),
  );
  const silent = settings[unusedSuppression.name] ?? unusedSuppression.severity;
  const findings = [
    ...left,
    ...(silent === 'off' || stopped !== null ? [] : unused.map((each) => ({ ...each, severity: silent }))),
  ].sort((a, b) => a.range.start - b.range.start);
  const nodesOf = new Map(heard.map(({ finding, nodes }) => [finding, nodes]));
  const known = new Map<Finding, readonly Fix[]>();
  const fixes = (finding: Finding): readonly Fix[] => {
    const before = known.get(finding);
    if (before !== undefined) return before;
    const made = fixesOf(examined, { finding, nodes: nodesOf.get(finding) ?? [] }, examine);
    known.set(finding, made);
    return made;
  };
  return {
    file,
    text,
    module,
    findings,
    shapes: shapeFacts(examined),
    derivatives: derivativeFacts(examined),
    notes: [...traced.notes, ...(stopped === null ? [] : [`not analysed to its end: ${stopped}`])],
    fixes,
    ways: (derivative) => otherWays(examined, derivative, examine),
    program: (derivative) => program(examined, derivative, findings, fixes),
  };
}

const loudness: readonly Severity[] = ['hint', 'information', 'warning', 'error'];

/** What the settings make of a finding; what is only likely is information at most. */
function severityOf({ rule, severity, certainty }: Finding, settings: RuleSettings): Severity | 'off' {
  const wanted = settings[rule] ?? severity;
  if (wanted === 'off' || certainty === 'proved') return wanted;
  return loudness[Math.min(loudness.indexOf(wanted), loudness.indexOf('information'))] ?? wanted;
}

// Fixes

/** The first of each proposal's alternatives that holds, with the reason where none does; of rivals the only one. */
function fixesOf(before: Examined, found: Found, examine: (text: string) => Examined): readonly Fix[] {
  const holds = (proposal: Proposal): Trial => trial(before, found, proposal, examine);
  const tried = found.finding
    .proposals()
    .flatMap((each) => ('rivals' in each ? onlyHolding(each.rivals, holds) : firstHolding(each, holds)) ?? []);
  const holding = tried.flatMap((each) => (each.kind === 'holds' ? [each.proposal] : []));
  const refused = tried.flatMap((each): Fix[] =>
    each.kind === 'refused' ? [{ kind: 'disabled', title: each.title, reason: each.reason }] : [],
  );
  return [...holding.map(({ kind, title, edits }, k): Fix => ({ kind, title, edits, preferred: k === 0 })), ...refused];
}

type Trial =
  | { readonly kind: 'holds'; readonly proposal: Proposal }
  | { readonly kind: 'refused'; readonly title: string; readonly reason: string };

function trial(before: Examined, found: Found, proposal: Proposal, examine: (text: string) => Examined): Trial {
  const eol = lineEndingOf(before.text);
  const edits = proposal.edits.map(({ range, text }) => ({ range, text: withLineEnding(text, eol) }));
  const own = { ...proposal, edits };
  const reason = refusal(before, found, own, examine(applyEdits(before.text, edits)));
  return reason === null ? { kind: 'holds', proposal: own } : { kind: 'refused', title: proposal.title, reason };
}

function firstHolding(alternatives: readonly Proposal[], holds: (proposal: Proposal) => Trial): Trial | null {
  let refused: Trial | null = null;
  for (const proposal of alternatives) {
    const tried = holds(proposal);
    if (tried.kind === 'holds') return tried;
    // The reason of the plainest form tells most.
    refused ??= tried;
  }
  return refused;
}

function onlyHolding(rivals: readonly Proposal[], holds: (proposal: Proposal) => Trial): Trial | null {
  const [only = null, ...more] = rivals.map(holds).filter(({ kind }) => kind === 'holds');
  return more.length > 0 ? null : only;
}

/** The other ways to write a call that hold what they promise; of those that compute it alike the first. */
function otherWays(
  before: Examined,
  { range }: DerivativeFact,
  examine: (text: string) => Examined,
): readonly OtherWay[] {
  const here = derivativesAt(before, range);
  // What one call gives of several, one of the other, is the last of them.
  const derivative = here.at(-1);
  const [now] = derivative === undefined ? [] : occurrencesOf(before.trace.graph, derivative);
  // What several callers come to would have to be the same for all of them.
  const isOnce = new Set(here.map(({ origin }) => JSON.stringify(origin))).size === 1;
  if (derivative === undefined || now === undefined || !isOnce) return [];
  const eol = lineEndingOf(before.text);
  const taken = new Map<string, OtherWay>();
  for (const { how, proposal } of waysOf(before, now)) {
    if (taken.has(how)) continue;
    const edits = proposal.edits.map(({ range: at, text }) => ({ range: at, text: withLineEnding(text, eol) }));
    const after = examine(applyEdits(before.text, edits));
    if (refusal(before, { finding: null, nodes: derivative.results }, { ...proposal, edits }, after) !== null) continue;
    const then = occurrenceIn(after, moved(proposal.promises?.range ?? range, edits));
    if (then !== null) taken.set(how, { title: wayTitle(how, before, now, after, then), edits });
  }
  return [...taken.values()];
}

function derivativesAt({ trace: { derivatives }, file }: Examined, range: Range): readonly TracedDerivative[] {
  return derivatives.filter(({ origin }) => origin.file === file && sameRange(origin, range));
}

// Facts

function shapeFacts({ file, trace: { graph, bindings, derivatives } }: Examined): readonly ShapeFact[] {
  const ofDerivatives = computedFrom(
    graph,
    derivatives.flatMap(({ results }) => results),
  );
  const facts = new Map<string, ShapeFact>();
  for (const binding of bindings) {
    if (binding.file !== file) continue;
    for (const fact of factsOf(binding)) facts.set(`${fact.range.start} ${fact.shape} ${fact.dtype}`, fact);
  }
  return [...facts.values()].sort((a, b) => a.range.start - b.range.start);

  function factsOf({ name, range, node, value }: Binding): readonly ShapeFact[] {
    if (node !== null) return [tensorFact(name, range, node)];
    if (value.kind !== 'unknown') return [];
    const options = value.options ?? [];
    const tensors = options.flatMap((option) => (option.kind === 'tensor' ? [option.node] : []));
    if (options.length > 0 && tensors.length === options.length)
      return tensors.map((each) => tensorFact(name, range, each));
    const { text } = value.reason;
    const { outline } = value;
    if (outline === undefined || !isTelling(outline))
      return [{ name, range, shape: null, partly: null, dtype: null, unknownBecause: text, ofDerivative: false }];
    const shown = showOutline(outline);
    const own = isWhole(outline)
      ? { shape: shown, partly: null, unknownBecause: null }
      : { shape: null, partly: shown, unknownBecause: text };
    return [{ name, range, ...own, dtype: null, ofDerivative: true }];
  }

  function tensorFact(name: string, range: Range, node: NodeId): ShapeFact {
    const { shape, dtype } = nodeAt(graph, node).aval;
    const ofDerivative = ofDerivatives.has(node);
    return { name, range, shape: showShape(shape), partly: null, dtype, unknownBecause: null, ofDerivative };
  }
}

function derivativeFacts(examined: Examined): readonly DerivativeFact[] {
  const own = examined.trace.derivatives.filter(({ origin }) => origin.file === examined.file);
  const bySite = grouped(own, ({ origin }) => `${origin.start} ${origin.end}`);
  return [...bySite.values()]
    .flatMap((contexts) => {
      const [first] = contexts;
      return first === undefined ? [] : [derivativeFact(examined, first, contexts)];
    })
    .sort((a, b) => a.range.start - b.range.start);
}

function derivativeFact(
  { trace: { graph }, file, text }: Examined,
  { api, origin, assumption }: TracedDerivative,
  contexts: readonly TracedDerivative[],
): DerivativeFact {
  const shapes = [
    ...new Set(
      contexts.map(({ results, outlines }) =>
        results.length === 0 && outlines.every(isWhole)
          ? outlines.map(showOutline).join(', ')
          : oneForEachInput(graph, results)
              .map((node) => showShape(resultOf(graph, node).aval.shape))
              .join(', '),
      ),
    ),
  ];
  const range = { start: origin.start, end: origin.end };
  const shape = shapes.filter((each) => each !== '').join(' or ');
  const isRead = contexts.some(({ results }) => results.length > 0);
  const lost = isRead ? null : (contexts.find((each) => each.lost !== null)?.lost ?? null);
  const partly =
    shape === ''
      ? [
          ...new Set(
            contexts.flatMap(({ outlines }) =>
              outlines.some(isTelling) ? [outlines.map(showOutline).join(', ')] : [],
            ),
          ),
        ].join(' or ')
      : '';
  const quote = ({ origin: place }: ReturnType<typeof nodeAt>): string | null =>
    place.file === file ? shortened(text, place) : null;
  const hover = (): string => {
    const [first] = contexts.flatMap((context) => occurrencesOf(graph, context));
    return [
      `**${api}**${shape === '' ? '' : ` gives \`${shape}\``}`,
      ...(partly === ''
        ? []
        : [
            `It gives \`${partly}\` for each tensor that the function gives, with that one's shape for the first \`*\`.`,
          ]),
      ...(lost === null
        ? []
        : [
            `${shape === '' ? 'The shape' : 'What is differentiated'} is not known: ${lost.text}${placeOf(lost.origin, file, text)}.`,
          ]),
      ...(assumption === null ? [] : [`Assumed: ${assumption}.`]),
      ...(first === undefined ? [] : [describeOccurrence(graph, first, quote)]),
    ].join('\n\n');
  };
  return {
    range,
    api,
    shape: shape === '' ? null : shape,
    partly: partly === '' ? null : partly,
    unknownBecause: lost?.text ?? null,
    hover,
  };
}

/** What a call gives: where the cotangents of several outputs are pulled back, one sum for each input. */
function oneForEachInput(graph: Graph, results: readonly NodeId[]): readonly Node[] {
  const summed = new Set<string>();
  return results.flatMap((id) => {
    const node = nodeAt(graph, id);
    if (node.op.name !== 'vjp') return [node];
    const { wrt } = node.op.params;
    const input = `${node.operands[wrt]} ${wrt}`;
    if (summed.has(input)) return [];
    summed.add(input);
    return [node];
  });
}

/** Where something was lost, if that is elsewhere: ` (line 12)`. */
function placeOf({ file, start, end }: Origin, own: string, text: string): string {
  if (end === 0) return '';
  return file === own ? ` (line ${new LineTable(text).positionAt(start).line + 1})` : ` (in ${basename(file)})`;
}

/** The text of a place in one line, for people. */
function shortened(text: string, { start, end }: Range): string | null {
  const line = text.slice(start, end).replaceAll(/\s+/g, ' ').replaceAll('`', "'");
  return line === '' ? null : line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

// Running

function program(
  examined: Examined,
  { range }: DerivativeFact,
  findings: readonly Finding[],
  fixes: (finding: Finding) => readonly Fix[],
): Program | { readonly cannot: string } {
  const { file, text, trace: traced } = examined;
  const { graph, machine } = traced;
  const contexts = derivativesAt(examined, range);
  const occurrence = contexts.flatMap((context) => occurrencesOf(graph, context))[0];
  if (occurrence === undefined) {
    const [lost] = contexts.flatMap((each) => each.lost ?? []);
    return {
      cannot: `What this differentiates is not known, so it cannot be run${lost === undefined ? '' : `: ${lost.text}`}.`,
    };
  }
  const here = findings.find((finding) => finding.range.start <= range.start && range.end <= finding.range.end);
  const edits = here === undefined ? [] : fixes(here).flatMap((fix) => (fix.kind === 'disabled' ? [] : [fix.edits]));
  const [first] = edits;
  const corrected =
    here === undefined || first === undefined ? null : textIn(applyEdits(text, first), moved(here.range, first));
  const line = new LineTable(text).positionAt(range.start).line + 1;
  return programOf(machine.build, occurrence, weightNames(traced), {
    file,
    line,
    place: `${basename(file)}:${line}`,
    text: textIn(text, range),
    corrected,
  });
}

function textIn(text: string, { start, end }: Range): string {
  return text.slice(start, end);
}
