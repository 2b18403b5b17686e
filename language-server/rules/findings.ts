import { basename } from 'node:path';
import { batchEvidence, blockDiagonal, type Occurrence, occurrencesOf } from '../derivatives/occurrence.ts';
import { usesOf } from '../derivatives/uses.ts';
import { type NodeId, nodeAt, type Origin, regionNodes, regionOf, usersOf } from '../graph/graph.ts';
import type { Trace, TracedDerivative } from '../tracer/trace.ts';
import type { Finding } from './finding.ts';
import { grouped } from './grouped.ts';
import { derivativeRules, problemRules } from './index.ts';
import { type Facts, type Rule, type Verdict, type WholeFacts, weigh } from './rule.ts';
import type { SourceFile } from './source-file.ts';

/** A finding with what it was found of. */
export interface Found {
  readonly finding: Finding;
  /** The derivatives that it speaks of: their results, and what is computed from them, may change by a fix. */
  readonly nodes: readonly NodeId[];
}

/** What a rule said of a derivative, in one context of calls. */
interface Claim {
  readonly rule: Rule;
  readonly verdict: Verdict;
  readonly nodes: readonly NodeId[];
}

/** A place of the source: where something stands, or a call on the way to it. */
interface Place {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** Once through a place of the source: the places on the way, innermost first, and what was claimed there. */
interface Context {
  readonly places: readonly Place[];
  readonly claim: Claim | null;
}

/** The file that made the outermost call of a context, if it is another one: the calls that others make may be right. */
function outsiderOf({ places }: Context, file: string): string | null {
  const outermost = places.at(-1);
  return outermost === undefined || outermost.file === file ? null : outermost.file;
}

/**
 * What the rules say of a traced file, each thing once, in order of place.
 * @param sizeLimit the bytes above which a derivative is too large
 */
export function findingsOf(trace: Trace, file: SourceFile, sizeLimit: number): readonly Found[] {
  const claims = claimsOf(trace, file, sizeLimit);
  const found = new Map<string, Found>();
  for (const contexts of [...calls(claims), ...operations(trace, claims), ...problems(trace, file, claims)]) {
    const isOwn = (context: Context): boolean => outsiderOf(context, file.path) === null;
    // What the file does itself tells more than what others do with it.
    for (const context of [...contexts.filter(isOwn), ...contexts.filter((each) => !isOwn(each))]) {
      const { places, claim } = context;
      const outsider = outsiderOf(context, file.path);
      if (claim === null || (outsider !== null && !isOfFile(trace, claim, file.path))) continue;
      const place = placeOf(places, contexts, claim.rule, file.path);
      if (place === null) continue;
      const key = `${claim.rule.name} ${place.start} ${place.end}`;
      const before = found.get(key);
      const finding = before?.finding ?? findingAt(place, claim, outsider);
      found.set(key, { finding, nodes: [...(before?.nodes ?? []), ...claim.nodes] });
    }
  }
  return [...found.values()].sort((a, b) => a.finding.range.start - b.finding.range.start);
}

/** What is claimed of each traced derivative: of the call itself by the most telling rule, and of operations on its result. */
interface Claims {
  readonly derivative: TracedDerivative;
  readonly ofCall: Claim | null;
  readonly ofOperations: readonly (Claim & { readonly on: Origin })[];
}

function claimsOf(trace: Trace, file: SourceFile, sizeLimit: number): readonly Claims[] {
  const users = usersOf(trace.graph);
  const bindings = grouped(trace.bindings, ({ node }) => node);
  const whole = { trace, graph: trace.graph, users, file, bindings, sizeLimit };
  return trace.derivatives
    .filter(({ lost }) => lost === null)
    .map((derivative) => {
      const occurrences = occurrencesOf(trace.graph, derivative).map((occurrence) => ({
        occurrence,
        facts: factsOf(whole, occurrence),
      }));
      const nodes = occurrences.map(({ occurrence }) => occurrence.node.id);
      const all = derivativeRules.flatMap((rule) =>
        occurrences.flatMap(({ occurrence, facts }): Claim[] => {
          const said = rule.check(occurrence, facts);
          const verdicts = said === null ? [] : 'message' in said ? [said] : said;
          return verdicts.map((verdict) => ({ rule, verdict, nodes }));
        }),
      );
      return {
        derivative,
        ofCall: all.find(({ verdict }) => verdict.on === undefined) ?? null,
        ofOperations: all.flatMap((claim) =>
          claim.verdict.on === undefined ? [] : [{ ...claim, on: claim.verdict.on }],
        ),
      };
    });
}

function factsOf(whole: WholeFacts, occurrence: Occurrence): Facts {
  const { trace, graph, users, bindings } = whole;
  const structure = blockDiagonal(occurrence);
  return {
    ...whole,
    structure,
    evidence: batchEvidence(graph, occurrence),
    uses: structure === null ? [] : usesOf(graph, users, occurrence.node.id, structure, trace.escapes),
    names: (bindings.get(occurrence.node.id) ?? []).map(({ name }) => name),
  };
}

/**
 * The contexts of each derivative call, by where it stands. One call may take several derivatives, one of the other
 * (`jacfwd(jacrev(f))(x)`): what it gives is the last of them, so its claim counts first.
 */
function calls(claims: readonly Claims[]): readonly (readonly Context[])[] {
  const once = grouped(claims, ({ derivative: { origin } }) => JSON.stringify(origin));
  return bySite(
    [...once.values()].flatMap((together): Context[] => {
      const last = together.at(-1);
      if (last === undefined) return [];
      const turns = grouped(together, ({ derivative: { api, madeAt } }) => JSON.stringify([api, madeAt]));
      const claim = [...turns.values()].map(ofEachTurn).findLast((each) => each !== null) ?? null;
      return [{ places: placesOf(last.derivative.origin), claim }];
    }),
  );
}

/** What is claimed of a derivative in each of the turns in which a loop takes it, which is followed until nothing changes. */
function ofEachTurn(turns: readonly Claims[]): Claim | null {
  const claimed = turns.flatMap(({ ofCall }) => ofCall ?? []);
  const last = claimed.at(-1);
  if (last === undefined || claimed.length < turns.length || claimed.some(({ rule }) => rule !== last.rule))
    return null;
  return { ...last, nodes: claimed.flatMap(({ nodes }) => nodes) };
}

/** The contexts of each operation on a result that something is claimed of: those where nothing is, too. */
function operations(trace: Trace, claims: readonly Claims[]): readonly (readonly Context[])[] {
  const claimed = claims.flatMap(({ ofOperations }) => ofOperations);
  const sites = new Map(claimed.map(({ on }) => [keyOf(on), on]));
  return [...sites.values()].map((site) => {
    const made = [...trace.graph.nodes.map(({ origin }) => origin), ...claimed.map(({ on }) => on)];
    const origins = new Set(made.filter((origin) => same(origin, site)));
    return [...origins].map((origin) => ({
      places: placesOf(origin),
      claim: claimed.find(({ on }) => on === origin) ?? null,
    }));
  });
}

/**
 * The contexts of each operation that raises: of those where the same operation is done without raising, nothing is
 * claimed. What other files do with a file is told in them.
 */
function problems(trace: Trace, file: SourceFile, claims: readonly Claims[]): readonly (readonly Context[])[] {
  const questioned = questionedBy(claims);
  const first = new Map<string, Rule>();
  const claimed = trace.problems.flatMap((problem) => {
    if (placesOf(problem.origin).at(-1)?.file !== file.path) return [];
    const verdicts = problemRules.map((rule) => ({ rule, verdict: rule.check(problem, trace, file, questioned) }));
    const [claim = null] = verdicts.flatMap(({ rule, verdict }): Claim[] =>
      verdict === null ? [] : [{ rule, verdict, nodes: [] }],
    );
    const site = claim?.verdict.on ?? problem.origin;
    const key = JSON.stringify(site);
    // What raises first is what the program comes to.
    if (claim !== null && !first.has(key)) first.set(key, claim.rule);
    if (claim !== null && first.get(key) !== claim.rule) return [];
    return [{ key, site, isSure: problem.isSure, context: { places: placesOf(site), claim } }];
  });
  if (claimed.every(({ context: { claim } }) => claim === null)) return [];
  const sites = grouped(claimed, ({ site }) => keyOf(site));
  const raising = new Set(claimed.map(({ key }) => key));
  const passing = grouped(
    [...new Set(trace.graph.nodes.map(({ origin }) => origin))].filter((origin) => sites.has(keyOf(origin))),
    keyOf,
  );
  return [...sites].map(([key, here]) => {
    // An earlier turn of a loop that surely raises in a later one is no way that is right.
    const raisesLater = new Set(here.flatMap(({ site, isSure }) => (isSure ? [JSON.stringify(site.calls)] : [])));
    // Nor is a later turn, of which that it comes is not sure, where the first one raises.
    const claimedAt = new Set(here.flatMap(({ key: each, context }) => (context.claim === null ? [] : [each])));
    return [
      ...here
        .filter(({ key: each, context }) => context.claim !== null || !claimedAt.has(each))
        .map(({ context }) => context),
      ...(passing.get(key) ?? [])
        .filter((origin) => !raising.has(JSON.stringify(origin)) && !raisesLater.has(JSON.stringify(origin.calls)))
        .map((origin) => ({ places: placesOf(origin), claim: null })),
      ...passedCalls(trace, here),
    ];
  });
}

/** The derivatives of which some rule says that another shape, or another operation on them, was meant. */
function questionedBy(claims: readonly Claims[]): ReadonlySet<NodeId> {
  const all = claims.flatMap(({ ofCall, ofOperations }) => [
    ...ofOperations,
    ...(ofCall?.verdict.wanted == null ? [] : [ofCall]),
  ]);
  return new Set(all.flatMap(({ nodes }) => nodes));
}

/** The contexts in which a call gave a tensor that raises in others. What it computes may stand where a layer was made. */
function passedCalls(
  { machine }: Trace,
  raising: readonly { readonly site: Origin; readonly context: Context }[],
): readonly Context[] {
  const [first] = raising;
  if (first === undefined) return [];
  const { site } = first;
  const raised = new Set(raising.map(({ site: { calls: way } }) => way));
  const passed = machine.passed.get(site.file)?.get(`${site.start} ${site.end}`) ?? [];
  return [...passed]
    .filter((way) => !raised.has(way))
    .map((way) => ({ places: placesOf({ ...site, calls: way }), claim: null }));
}

function bySite(contexts: readonly Context[]): readonly (readonly Context[])[] {
  return [...grouped(contexts, ({ places: [site] }) => (site === undefined ? '' : keyOf(site))).values()];
}

function placesOf(origin: Origin): readonly Place[] {
  return [origin, ...origin.calls.toReversed()];
}

function keyOf({ file, start, end }: Place): string {
  return `${start} ${end} ${file}`;
}

function same(a: Place, b: Place): boolean {
  return a.start === b.start && a.end === b.end && a.file === b.file;
}

/**
 * Where a claim stands: the innermost place of the file at which the rule holds whatever way the program got there. A
 * helper that is right for some callers and wrong for others is not blamed, but the callers that it is wrong for.
 */
function placeOf(places: readonly Place[], contexts: readonly Context[], rule: Rule, file: string): Place | null {
  const isAlwaysWrong = (place: Place): boolean =>
    contexts.every((context) => context.claim?.rule === rule || !context.places.some((each) => same(each, place)));
  const possible = rule.place === 'call' ? places.slice(0, 1) : places;
  return possible.find((place) => place.file === file && isAlwaysWrong(place)) ?? null;
}

/**
 * Whether something of what is differentiated stands in the file. A helper that takes a function from elsewhere is not
 * blamed for what others give it: they are, in their files.
 */
function isOfFile({ graph }: Trace, { rule, nodes }: Claim, file: string): boolean {
  return (
    rule.place !== 'call' &&
    nodes.some((id) => {
      const node = nodeAt(graph, id);
      const region = regionOf(node);
      return (
        region !== null &&
        regionNodes(graph, region).some((inner) => {
          const { origin } = nodeAt(graph, inner);
          return origin.file === file && !same(origin, node.origin);
        })
      );
    })
  );
}

function findingAt(place: Place, { rule, verdict }: Claim, outsider: string | null): Finding {
  const { shape, wanted, proposals } = verdict;
  const { message, certainty } =
    outsider === null ? verdict : weigh(`it is called as in ${basename(outsider)}`, verdict.message);
  return {
    rule: rule.name,
    severity: verdict.severity ?? rule.severity,
    certainty,
    message,
    range: { start: place.start, end: place.end },
    related: verdict.related.map(({ origin, message: text }) => ({
      file: origin.file,
      range: { start: origin.start, end: origin.end },
      message: text,
    })),
    shape,
    wanted,
    proposals,
  };
}
