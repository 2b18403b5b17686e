import type { BlockDiagonal, Occurrence } from '../derivatives/occurrence.ts';
import { axesFrom } from '../derivatives/uses.ts';
import { type Node, type NodeId, nodeAt, type Origin } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import type { Call, Expression, GeneratorExp, ListComp, Range, Subscript } from '../python/ast.ts';
import { enclosing } from '../python/traverse.ts';
import { libraryOf, rearranged } from './axes.ts';
import { isSummable, summedCall } from './by-sum.ts';
import { callParts, nameOf } from './calls.ts';
import type { Edit, Proposal } from './finding.ts';
import { type Facts, rangeOf } from './rule.ts';
import { argumentOf, expressionAt, type SourceFile, sameRange, textAt, wholeNumberAt } from './source-file.ts';
import { blocksText, tapeCall } from './tapes.ts';

/** A call that gives the same-sample blocks alone, and the order of its axes in terms of the dense result's. */
interface BlocksCall {
  readonly range: Range;
  readonly text: string;
  readonly title: string;
  readonly layout: readonly number[];
}

function blocksCall(occurrence: Occurrence, facts: Facts, structure: BlockDiagonal): BlocksCall | null {
  const { file, graph } = facts;
  const outRank = occurrence.output.shape.length;
  const outer = Array.from({ length: outRank - 1 }, (_, k) => k + 1);
  const inner = Array.from({ length: occurrence.input.shape.length - 1 }, (_, k) => outRank + 1 + k);
  const tape = tapeCall(occurrence, file);
  const ofTape = blocksText(occurrence, file, structure);
  if (tape !== null && ofTape !== null) {
    return {
      range: tape.range,
      text: ofTape,
      title: 'The blocks alone instead of the full Jacobian',
      layout: [0, ...outer, ...inner],
    };
  }
  const parts = callParts(occurrence, file, graph);
  if (parts === null || structure.pair[0] !== 0 || !isSummable(parts, occurrence)) return null;
  return {
    range: parts.range,
    text: summedCall(file, parts),
    title: 'Sum over the batch instead of the full Jacobian',
    // After the sum: the output's other axes, then the input's, batch first among them.
    layout: [...outer, 0, ...inner],
  };
}

/** Replaces the dense call by one of its blocks alone, and what keeps the blocks by the move that gives the same axes. */
export function blocksAlone(occurrence: Occurrence, facts: Facts, structure: BlockDiagonal): Proposal | null {
  const { file, graph } = facts;
  const call = blocksCall(occurrence, facts, structure);
  if (call === null) return null;
  const edits: Edit[] = [];
  let promise: Proposal['promises'] = null;
  for (const use of facts.uses) {
    if (use.kind !== 'blocks') return null;
    const kept =
      use.node.op.name === 'take'
        ? stackedBlocks(facts, structure, use.node)
        : keptBlocks(occurrence, facts, structure, use.node);
    if (kept === null) return null;
    const { whole, last, labels } = kept;
    const inside = call.range.start >= whole.range.start && call.range.end <= whole.range.end;
    const base = inside
      ? call.text
      : baseOf(file, use.node.op.name === 'take' ? expressionAt(file, rangeOf(use.node.origin)) : whole);
    if (base === null) return null;
    const { text, edits: imports } = rearranged(file, libraryOf(occurrence), base, call.layout, labels);
    edits.push(...imports, { range: whole.range, text });
    // A name alone computes nothing that has a shape of its own.
    promise =
      text === base && !inside
        ? { shape: showShape(structure.wanted), range: call.range }
        : { shape: showShape(nodeAt(graph, last).aval.shape), range: whole.range };
    if (!inside && !edits.some((edit) => edit.range.start === call.range.start))
      edits.push({ range: call.range, text: call.text });
  }
  if (promise === null) return null;
  return { title: call.title, kind: 'safe', edits: distinctEdits(edits), promises: promise };
}

/** The same where each block is read at its own place, `J[k, :, k]`, which becomes `J[k]`: the call gives the blocks batch first. */
export function blocksInPlace(occurrence: Occurrence, facts: Facts, structure: BlockDiagonal): Proposal | null {
  const { file, uses } = facts;
  const call = blocksCall(occurrence, facts, structure);
  if (call === null) return null;
  const batchFirst = [...call.layout].sort((a, b) => a - b);
  const { text, edits } = rearranged(file, libraryOf(occurrence), call.text, call.layout, batchFirst);
  const read = uses.map((use): Edit | null => {
    const whole = use.kind === 'blocks' ? expressionAt(file, rangeOf(use.node.origin)) : null;
    return whole?.kind === 'Subscript' ? oneBlock(file, whole, structure) : null;
  });
  const known = read.flatMap((edit) => edit ?? []);
  if (known.length < read.length) return null;
  return {
    title: call.title,
    kind: 'safe',
    edits: distinctEdits([...edits, { range: call.range, text }, ...known]),
    promises: { shape: showShape(structure.wanted), range: call.range },
  };
}

/** `J[k]` of `J[k, :, k, :]`, and `J[k, 0]` of `J[k, 0, k]`: without the second index of the sample. */
function oneBlock(file: SourceFile, { value, slice }: Subscript, { pair }: BlockDiagonal): Edit | null {
  if (value.kind !== 'Name' || slice.kind !== 'Tuple') return null;
  const [first, second] = pair.map((axis) => slice.elts[axis]);
  // With `...` or None the places of the others would not be those of the axes.
  const isPlain = slice.elts.every(
    (each) => each.kind === 'Slice' || each.kind === 'Name' || wholeNumberAt(each) !== null,
  );
  if (!isPlain || first === undefined || second === undefined) return null;
  if (textAt(file, first.range) !== textAt(file, second.range)) return null;
  const others = slice.elts.filter((each) => each !== second).map((each) => textAt(file, each.range));
  while (others.length > 1 && others.at(-1) === ':') others.pop();
  return { range: slice.range, text: others.join(', ') };
}

/** The expression that keeps the blocks, the node of its value, and where each of its axes comes from. */
interface KeptBlocks {
  readonly whole: Expression;
  readonly last: NodeId;
  readonly labels: readonly number[];
}

/** A diagonal, an `einsum`, an index pair or a sum. */
function keptBlocks(occurrence: Occurrence, facts: Facts, structure: BlockDiagonal, node: Node): KeptBlocks | null {
  const whole = expressionAt(facts.file, rangeOf(node.origin));
  const last = lastNodeOf(facts.graph, node.origin);
  if (whole === null || last === null) return null;
  const labels = axesFrom(facts.graph, occurrence.node.id, [structure.pair], last);
  return labels === null ? null : { whole, last, labels };
}

/** `torch.stack([J[k, :, k] for k in range(b)])`: the block of each sample in turn, all of them stacked in front. */
function stackedBlocks(facts: Facts, structure: BlockDiagonal, node: Node): KeptBlocks | null {
  const { file, graph, uses } = facts;
  const comprehension = enclosing(file.module, node.origin.start).findLast(
    (each): each is ListComp => each.kind === 'ListComp' && sameRange(each.elt.range, node.origin),
  );
  const whole =
    comprehension &&
    enclosing(file.module, node.origin.start).findLast(
      (each): each is Call => each.kind === 'Call' && stacks(each, comprehension),
    );
  const last = whole && lastNodeOf(graph, { ...node.origin, ...whole.range });
  if (whole === undefined || last === undefined || last === null) return null;
  const taken = uses.flatMap(({ node: { op, origin } }) =>
    op.name === 'take' && origin.start === node.origin.start ? [op.params.index] : [],
  );
  const all = taken.length === structure.batch && taken.every((index, k) => index === k);
  if (!all && !(taken.length === 1 && taken[0] === 'loop')) return null;
  const rank = structure.wanted.length + 1;
  const others = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !structure.pair.includes(axis));
  return { whole, last, labels: [structure.pair[0], ...others] };
}

/** Whether a call stacks what a comprehension gives, along a new first axis. */
export function stacks(call: Call, comprehension: ListComp | GeneratorExp): boolean {
  const [sequence] = call.args;
  if (nameOf(call) !== 'stack' || sequence === undefined) return false;
  const listed =
    sequence.kind === 'Call' && sequence.func.kind === 'Name' && ['list', 'tuple'].includes(sequence.func.id)
      ? sequence.args[0]
      : sequence;
  if (listed === undefined || !sameRange(listed.range, comprehension.range)) return false;
  const axis = argumentOf(call, 1, 'dim') ?? argumentOf(call, 1, 'axis');
  return axis === null || wholeNumberAt(axis) === 0;
}

function distinctEdits(edits: readonly Edit[]): readonly Edit[] {
  return edits.filter((edit, k) => edits.findIndex((other) => sameRange(other.range, edit.range)) === k);
}

/** The last node that the expression at an origin made: its value. */
export function lastNodeOf(
  graph: { readonly nodes: readonly Node[] },
  origin: Pick<Origin, 'file' | 'start' | 'end' | 'calls'>,
): NodeId | null {
  const same = graph.nodes.filter(
    (node) =>
      node.origin.file === origin.file &&
      node.origin.start === origin.start &&
      node.origin.end === origin.end &&
      node.origin.calls.length === origin.calls.length,
  );
  return same.at(-1)?.id ?? null;
}

/** What the expression that takes the blocks takes them of: the name of the dense result. */
export function baseOf(file: SourceFile, whole: Expression | null): string | null {
  if (whole === null) return null;
  const subject = whole.kind === 'Subscript' ? whole.value : whole.kind === 'Call' ? receiver(whole) : null;
  return subject?.kind === 'Name' || subject?.kind === 'Attribute' ? textAt(file, subject.range) : null;
}

/** The tensor that a call works on: `x` of `x.diagonal()`, of `torch.diagonal(x)` and of calls in one another. */
function receiver(call: Call): Expression | null {
  const candidates = [...call.args, ...(call.func.kind === 'Attribute' ? [call.func.value] : [])];
  for (const each of candidates) {
    const inner = each.kind === 'Call' ? receiver(each) : each;
    if (inner !== null && (inner.kind === 'Name' || inner.kind === 'Attribute') && !modules.has(rootOf(inner)))
      return inner;
  }
  return null;
}

/** The names that modules of functions usually have. */
const modules: ReadonlySet<string> = new Set(['torch', 'tf', 'tensorflow', 'np', 'jnp', 'numpy', 'F']);

/** `a` of `a.b.c`. */
function rootOf(expression: Expression): string {
  if (expression.kind === 'Attribute') return rootOf(expression.value);
  return expression.kind === 'Name' ? expression.id : '';
}
