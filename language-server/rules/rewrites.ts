import type { BlockDiagonal, Occurrence } from '../derivatives/occurrence.ts';
import { axesFrom } from '../derivatives/uses.ts';
import * as D from '../graph/dim.ts';
import { type Node, type NodeId, nodeAt, type Origin } from '../graph/graph.ts';
import { type Shape, showShape, sizeOf } from '../graph/shape.ts';
import type { Call, Expression, GeneratorExp, ListComp, Range } from '../python/ast.ts';
import { enclosing } from '../python/traverse.ts';
import type { Edit, Proposal } from './finding.ts';
import { type Facts, rangeOf } from './rule.ts';
import {
  applied,
  argumentOf,
  callAt,
  expressionAt,
  freshName,
  otherArguments,
  type SourceFile,
  spell,
  textAt,
} from './source-file.ts';

/** The parts of a derivative call that a rewrite is made of: what is differentiated, by what, and how. */
export interface CallParts {
  readonly range: Range;
  readonly fn: Expression;
  /** The input, as the call has it. */
  readonly input: Expression;
  /** `jacobian(f, x)` of autograd.functional, or `jacrev(f)(x)` made and called at once or apart. */
  readonly form:
    | { readonly kind: 'functional'; readonly callee: string; readonly others: string; readonly detached: boolean }
    | { readonly kind: 'transform'; readonly transform: string };
}

/** Reads a derivative call of one function and one input out of the text; null where it is written in another way. */
export function callParts(occurrence: Occurrence, file: SourceFile): CallParts | null {
  const { derivative } = occurrence;
  const range = rangeOf(derivative.origin);
  if (derivative.origin.file !== file.path) return null;
  const call = callAt(file, range);
  if (call === null) return null;
  if (derivative.api.startsWith('torch.autograd.functional.')) {
    const [fn, input] = [argumentOf(call, 0, 'func'), argumentOf(call, 1, 'inputs')];
    if (fn === null || input === null || input.kind === 'Tuple') return null;
    const graph = argumentOf(call, 2, 'create_graph');
    const detached = !(graph?.kind === 'Constant' && graph.value.type === 'bool' && graph.value.value);
    return {
      range,
      fn,
      input,
      form: {
        kind: 'functional',
        callee: textAt(file, call.func.range),
        others: otherArguments(file, call, 2, ['func', 'inputs']),
        detached,
      },
    };
  }
  return transformParts(call, range, file);
}

function transformParts(call: Call, range: Range, file: SourceFile): CallParts | null {
  const [input] = call.args;
  if (call.func.kind !== 'Call' || input === undefined || call.args.length !== 1 || call.keywords.length > 0)
    return null;
  const [fn] = call.func.args;
  if (fn === undefined || call.func.args.length !== 1 || call.func.keywords.length > 0) return null;
  return { range, fn, input, form: { kind: 'transform', transform: textAt(file, call.func.func.range) } };
}

/** `lambda x: f(x).sum(0)`, or a lambda's own body summed; over all of it with `()`. */
function summedFunction(file: SourceFile, fn: Expression, axes: '(0)' | '()' = '(0)'): string {
  if (fn.kind === 'Lambda' && !textAt(file, fn.range).includes('\n') && fn.args.args.length === 1) {
    const [parameter] = fn.args.args;
    const body = textAt(file, fn.body.range);
    const simple =
      fn.body.kind === 'Call' ||
      fn.body.kind === 'Name' ||
      fn.body.kind === 'Attribute' ||
      fn.body.kind === 'Subscript';
    return `lambda ${parameter?.name}: ${simple ? body : `(${body})`}.sum${axes}`;
  }
  const name = freshName(fn);
  return `lambda ${name}: ${applied(file, fn, name)}.sum${axes}`;
}

/** The derivative of the sum over the batch: (o..., b, i...), all in one pass an output of one sample. */
export function summedCall(file: SourceFile, parts: CallParts): string {
  const fn = summedFunction(file, parts.fn);
  const input = textAt(file, parts.input.range);
  return parts.form.kind === 'functional'
    ? `${parts.form.callee}(${fn}, ${input}${parts.form.others})`
    : `${parts.form.transform}(${fn})(${input})`;
}

/** The gradient of the sum over everything, in the call's own style, with the edits that import what it takes. */
export function gradientOfSum(
  occurrence: Occurrence,
  file: SourceFile,
  parts: CallParts,
): { readonly text: string; readonly edits: readonly Edit[] } {
  const fn = summedFunction(file, parts.fn, '()');
  const input = textAt(file, parts.input.range);
  if (parts.form.kind === 'functional')
    return { text: `${parts.form.callee}(${fn}, ${input}${parts.form.others})`, edits: [] };
  const { names, edits } = spell(file, transformsModule(occurrence), ['grad']);
  return { text: `${names[0]}(${fn})(${input})`, edits };
}

/** The edit that gives the per-sample Jacobian, batch first, by the sum over the batch. */
export function bySum(occurrence: Occurrence, facts: Facts, structure: BlockDiagonal): readonly Proposal[] {
  const parts = callParts(occurrence, facts.file);
  // Only where the batch is the output's first axis does a sum over axis 0 take it away.
  if (parts === null || structure.pair[0] !== 0 || occurrence.derivative.api.endsWith('hessian')) return [];
  const rank = occurrence.output.shape.length - 1;
  const text = `${summedCall(facts.file, parts)}${rank === 0 ? '' : `.movedim(${rank}, 0)`}`;
  return [
    {
      title: `Sum over the batch: one ${showShape(structure.wanted.slice(1))} Jacobian a sample`,
      kind: 'suggested',
      edits: [{ range: parts.range, text }],
      promises: { shape: showShape(structure.wanted), range: parts.range },
    },
  ];
}

/** Where the file's own library has `vmap` and the transforms beside it. */
export function transformsModule({ derivative }: Occurrence): string {
  return /^(jax|equinox|flax)\./.test(derivative.api) ? 'jax' : 'torch.func';
}

/** How f takes one sample: as it is, without the `vmap` that it is, or with a batch of one around it. */
function sampleForms(file: SourceFile, fn: Expression, module: string): readonly string[] {
  const text = textAt(file, fn.range);
  const name = freshName(fn, ['row', 'sample', 'x']);
  const [before, after] = module === 'jax' ? ['[None]', '[0]'] : ['.unsqueeze(0)', '.squeeze(0)'];
  const inner = mappedFunction(fn);
  return [
    text,
    ...(inner === null ? [] : [textAt(file, inner.range)]),
    `lambda ${name}: ${applied(file, fn, `${name}${before}`)}${after}`,
  ];
}

/** The f of `vmap(f)`. */
function mappedFunction(fn: Expression): Expression | null {
  if (fn.kind !== 'Call' || fn.args.length !== 1 || fn.keywords.length > 0) return null;
  const { func } = fn;
  const name = func.kind === 'Name' ? func.id : func.kind === 'Attribute' ? func.attr : '';
  return /^(filter_)?vmap$/.test(name) ? (fn.args[0] ?? null) : null;
}

/** The edits that give the per-sample form by vmap, as it is and with a batch of one kept; which one holds is checked. */
export function byVmap(
  occurrence: Occurrence,
  facts: Facts,
  structure: BlockDiagonal,
  kind: Proposal['kind'] = 'suggested',
): readonly Proposal[] {
  const parts = callParts(occurrence, facts.file);
  if (parts === null) return [];
  const transform =
    occurrence.isSecondOrder && occurrence.derivative.api.endsWith('hessian')
      ? 'hessian'
      : cheaperMode(structure.wanted.slice(1, occurrence.output.shape.length), occurrence.input.shape.slice(1));
  const spelled = spell(facts.file, transformsModule(occurrence), ['vmap', transform]);
  const [vmap, inner] = spelled.names;
  const detach = parts.form.kind === 'functional' && parts.form.detached ? '.detach()' : '';
  // Where another axis is as long as the batch, a function of one sample may fit by chance; with a batch of one it cannot.
  const other = structure.wanted.slice(1).some((dim) => D.equal(dim, structure.batch));
  const forms = sampleForms(facts.file, parts.fn, transformsModule(occurrence)).slice(other ? 1 : 0);
  return forms.map((fn) => ({
    title: `Map over samples: vmap(${transform}(${fn.length > 30 ? '...' : fn}))`,
    kind,
    edits: [
      ...spelled.edits,
      { range: parts.range, text: `${vmap}(${inner}(${fn}))(${textAt(facts.file, parts.input.range)})${detach}` },
    ],
    promises: { shape: showShape(structure.wanted), range: parts.range },
  }));
}

/** Forward mode where one sample has fewer inputs than outputs. */
export function cheaperMode(output: Shape, input: Shape): 'jacrev' | 'jacfwd' {
  const [outputs, inputs] = [sizeOf(output), sizeOf(input)];
  return D.isKnown(outputs) && D.isKnown(inputs) && inputs < outputs ? 'jacfwd' : 'jacrev';
}

/** Replaces the dense call by the sum over the batch and what keeps its blocks by the move that gives the same axes. */
export function blocksBySum(occurrence: Occurrence, facts: Facts, structure: BlockDiagonal): Proposal | null {
  const { file, graph } = facts;
  const parts = callParts(occurrence, file);
  if (parts === null || structure.pair[0] !== 0) return null;
  const outRank = occurrence.output.shape.length;
  // After the sum: the output's other axes, then the input's, batch first among them.
  const layout = [
    ...Array.from({ length: outRank - 1 }, (_, k) => k + 1),
    0,
    ...Array.from({ length: occurrence.input.shape.length - 1 }, (_, k) => outRank + 1 + k),
  ];
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
    const inside = parts.range.start >= whole.range.start && parts.range.end <= whole.range.end;
    const base = inside
      ? summedCall(file, parts)
      : baseOf(file, use.node.op.name === 'take' ? expressionAt(file, rangeOf(use.node.origin)) : whole);
    if (base === null) return null;
    const order = moved(layout, labels);
    edits.push({ range: whole.range, text: `${base}${order}` });
    // A name alone has no value of its own place: then it is the call's.
    const range = inside || order !== '' ? whole.range : parts.range;
    promise = { shape: showShape(nodeAt(graph, last).aval.shape), range };
    if (!inside && !edits.some((edit) => edit.range.start === parts.range.start))
      edits.push({ range: parts.range, text: summedCall(file, parts) });
  }
  if (promise === null) return null;
  return {
    title: 'Sum over the batch instead of the full Jacobian',
    kind: 'safe',
    edits: distinctEdits(edits),
    promises: promise,
  };
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
  const name = call.func.kind === 'Attribute' ? call.func.attr : call.func.kind === 'Name' ? call.func.id : null;
  const [sequence] = call.args;
  if (name !== 'stack' || sequence === undefined) return false;
  const listed =
    sequence.kind === 'Call' && sequence.func.kind === 'Name' && ['list', 'tuple'].includes(sequence.func.id)
      ? sequence.args[0]
      : sequence;
  if (listed === undefined || !sameRange(listed.range, comprehension.range)) return false;
  const axis = argumentOf(call, 1, 'dim') ?? argumentOf(call, 1, 'axis');
  return axis === null || (axis.kind === 'Constant' && axis.value.type === 'int' && axis.value.value === 0);
}

export function sameRange(a: Range, b: Range): boolean {
  return a.start === b.start && a.end === b.end;
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

/** The tensor that a call works on: `x` of `x.diagonal()` and of `torch.diagonal(x)`. */
function receiver(call: Call): Expression | null {
  const candidates = [...call.args, ...(call.func.kind === 'Attribute' ? [call.func.value] : [])];
  const modules = new Set(['torch', 'np', 'jnp', 'numpy', 'F']);
  return (
    candidates.find((each) => (each.kind === 'Name' && !modules.has(each.id)) || each.kind === 'Attribute') ?? null
  );
}

/** The method call that brings axes from one order to another: nothing, one axis moved, or any order. */
export function moved(from: readonly number[], to: readonly number[]): string {
  if (from.every((label, k) => label === to[k])) return '';
  for (const [k, label] of from.entries()) {
    const target = to.indexOf(label);
    const without = (list: readonly number[]): readonly number[] => list.filter((each) => each !== label);
    if (without(from).every((each, at) => each === without(to)[at]))
      return `.movedim(${k}, ${target === to.length - 1 ? -1 : target})`;
  }
  return `.permute(${to.map((label) => from.indexOf(label)).join(', ')})`;
}
