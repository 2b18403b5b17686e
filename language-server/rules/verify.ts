import { resultOf } from '../derivatives/mapped.ts';
import { type Occurrence, occurrencesOf } from '../derivatives/occurrence.ts';
import { type Graph, type Node, type NodeId, nodeAt, regionOf } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import type { Module, Range } from '../python/ast.ts';
import type { Trace } from '../tracer/trace.ts';
import { isWithin } from './calls.ts';
import type { Edit, Finding, Proposal, Severity } from './finding.ts';
import type { Found } from './findings.ts';
import { grouped } from './grouped.ts';
import { problemRules } from './index.ts';
import { sameRange } from './source-file.ts';

/** A file that was traced, with all that the rules say of it. */
export interface Examined {
  readonly file: string;
  readonly text: string;
  readonly module: Module;
  readonly trace: Trace;
  readonly found: readonly Found[];
  /** Why it was not looked at to its end, or null. */
  readonly stopped: string | null;
}

/** What a change is about: the finding that it mends, if it mends one, and the derivatives that may become others. */
export interface About {
  readonly finding: Pick<Finding, 'rule' | 'severity'> | null;
  readonly nodes: readonly NodeId[];
}

/** Why a change does not hold what it promises, or null where it does. */
export function refusal(
  before: Examined,
  { finding, nodes }: About,
  proposal: Proposal,
  after: Examined,
): string | null {
  const { edits, promises } = proposal;
  if (after.module.errors.length > before.module.errors.length) return 'the changed text would not be Python';
  if (after.stopped !== null) return `the changed text could not be analysed to its end: ${after.stopped}`;
  const problem = after.trace.problems.length > before.trace.problems.length ? after.trace.problems.at(-1) : undefined;
  if (problem !== undefined)
    return `it would ${problem.kind === 'annotation' ? 'contradict an annotation' : `raise ${problem.type}`}: ${problem.message}`;
  // What raises for one reason may after the change raise for another.
  const last = after.trace.problems.at(-1);
  if (
    finding !== null &&
    isOfProblem(finding) &&
    last !== undefined &&
    after.trace.problems.length === before.trace.problems.length
  )
    return `it would still raise: ${last.message}`;
  if (promises !== null) {
    const shapes = shapesAt(after, moved(promises.range, edits));
    const isKept = promises.shape === null ? shapes.length > 0 : shapes.includes(promises.shape);
    if (!isKept)
      return `${promises.shape ?? 'some shape'} is wanted, but ${shapes.length === 0 ? 'what it would give is not known' : `it would give ${shapes.join(' or ')}`}`;
    const then = promises.proves === undefined ? null : occurrenceIn(after, moved(promises.range, edits));
    if (promises.proves !== undefined && !(then !== null && promises.proves(after.trace.graph, then)))
      return 'that it gives the same is not proved';
  }
  const worse = newlyReported(before.found, after.found, finding);
  if (worse !== null) return worse;
  const changed = otherShapeChanged(before, nodes, edits, after);
  return changed === null ? null : `the shape of ${changed} would change, which this is not about`;
}

/** The shapes that an expression has, over all the ways in which the program gets to it; of a derivative call those of its results. */
function shapesAt({ trace, file }: Examined, range: Range): readonly string[] {
  const last = new Map<string, NodeId>();
  for (const { id, origin } of trace.graph.nodes) {
    if (origin.start !== range.start || origin.end !== range.end || origin.file !== file) continue;
    const context = JSON.stringify([origin.calls, origin.loops]);
    last.set(context, id);
  }
  const shapeOf = (node: Node): string => showShape(node.aval.shape);
  const resultsIn = (isThere: (origin: Range) => boolean): readonly string[] =>
    trace.derivatives
      .filter(({ origin }) => origin.file === file && isThere(origin))
      .map((each) => each.results.map((id) => shapeOf(resultOf(trace.graph, nodeAt(trace.graph, id)))).join(', '));
  const own = [
    ...[...last.values()].map((id) => shapeOf(nodeAt(trace.graph, id))),
    ...resultsIn((origin) => sameRange(origin, range)),
  ];
  // What is no tensor, as the tuple of a call's results, has their shapes.
  return [...new Set(own.length > 0 ? own : resultsIn((origin) => isWithin(origin, range)))].filter(
    (shape) => shape !== '',
  );
}

/** The derivative that a file takes within a range; of one of the other the last. */
export function occurrenceIn({ trace, file }: Examined, range: Range): Occurrence | null {
  const own = trace.derivatives.filter(({ origin }) => origin.file === file && isWithin(origin, range));
  const [first] = own;
  const last = own.findLast(({ origin }) => first !== undefined && sameRange(origin, first.origin));
  return last === undefined ? null : (occurrencesOf(trace.graph, last)[0] ?? null);
}

function newlyReported(before: readonly Found[], after: readonly Found[], fixed: About['finding']): string | null {
  const [then, now] = [before, after].map((found) => grouped(found, ({ finding }) => finding.rule));
  const count = (found: typeof now, rule: string): number => found?.get(rule)?.length ?? 0;
  // What no rule found, as a comment that silences nothing, is not among what is counted.
  const had = fixed === null ? 0 : count(then, fixed.rule);
  if (fixed !== null && had > 0 && count(now, fixed.rule) >= had) return `${fixed.rule} would still be reported`;
  const raised = fixed !== null && isOfProblem(fixed);
  // A hint that is left in the place of an error is no harm, nor a warning of what could not even run; a new warning is.
  const fresh = after.find(
    ({ finding: { rule, severity } }) =>
      count(now, rule) > count(then, rule) &&
      (severity === fixed?.severity || (raised ? severity === 'error' : isLoud(severity))),
  );
  return fresh === undefined ? null : `${fresh.finding.rule} would be reported instead: ${fresh.finding.message}`;
}

/** Whether a finding says that something raises; a derivative that is zero is another matter. */
function isOfProblem({ rule, severity }: Pick<Finding, 'rule' | 'severity'>): boolean {
  return severity === 'error' && problemRules.some(({ name }) => name === rule);
}

function isLoud(severity: Severity): boolean {
  return severity === 'error' || severity === 'warning';
}

/** A name whose shape differs afterwards, although it has nothing to do with what is mended. */
function otherShapeChanged(
  before: Examined,
  mended: readonly NodeId[],
  edits: readonly Edit[],
  after: Examined,
): string | null {
  const { graph } = before.trace;
  // What a function computes in itself has other shapes where it takes one sample at a time; `grad` looks at what is there.
  const inside = mended.flatMap((id) => {
    const { operands } = nodeAt(graph, id);
    return (regionOf(nodeAt(graph, id))?.inputs ?? []).filter((input) => !operands.includes(input));
  });
  const affected = computedFrom(graph, [...mended, ...inside]);
  const now = shapesByPlace(after, () => true);
  for (const [place, { name, shapes }] of shapesByPlace(before, (node) => !affected.has(node))) {
    const then = now.get(movedOffset(place, edits))?.shapes;
    // A name that the edit does away with is no longer there to be wrong.
    if (then !== undefined && [...shapes].some((shape) => !then.has(shape))) return name;
  }
  return null;
}

function shapesByPlace(
  { trace, file }: Examined,
  counts: (node: NodeId) => boolean,
): ReadonlyMap<number, { readonly name: string; readonly shapes: ReadonlySet<string> }> {
  const places = new Map<number, { readonly name: string; readonly shapes: Set<string> }>();
  for (const { file: own, name, range, node } of trace.bindings) {
    if (own !== file || node === null || !counts(node)) continue;
    const here = places.get(range.start) ?? { name, shapes: new Set<string>() };
    here.shapes.add(showShape(nodeAt(trace.graph, node).aval.shape));
    places.set(range.start, here);
  }
  return places;
}

/** Everything in the graph that hangs on some nodes, those included. */
export function computedFrom(graph: Graph, roots: readonly NodeId[]): ReadonlySet<NodeId> {
  const found = new Set(roots);
  for (const node of graph.nodes) {
    const inner = regionOf(node)?.outputs ?? [];
    if ([...node.operands, ...inner].some((id) => found.has(id))) found.add(node.id);
  }
  return found;
}

/** Where a range lies after edits: what is changed within it belongs to it. */
export function moved(range: Range, edits: readonly Edit[]): Range {
  const start = edits
    .filter((edit) => edit.range.end <= range.start && edit.range.start < range.start)
    .reduce((offset, edit) => offset + growth(edit), range.start);
  const end = edits
    .filter((edit) => edit.range.end <= range.end)
    .reduce((offset, edit) => offset + growth(edit), range.end);
  return { start, end };
}

function movedOffset(offset: number, edits: readonly Edit[]): number {
  return edits.filter((edit) => edit.range.end <= offset).reduce((place, edit) => place + growth(edit), offset);
}

function growth({ range, text }: Edit): number {
  return text.length - (range.end - range.start);
}
