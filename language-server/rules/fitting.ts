import { type Graph, nodeAt, type Origin } from '../graph/graph.ts';
import type { Expression } from '../python/ast.ts';
import { walk } from '../python/traverse.ts';
import type { Problem } from '../tracer/trace.ts';
import { nameOf } from './calls.ts';
import type { Proposal } from './finding.ts';
import { rangeOf } from './rule.ts';
import {
  argumentOf,
  bracketed,
  callAt,
  expressionAt,
  type SourceFile,
  spell,
  textAt,
  wholeNumberAt,
} from './source-file.ts';

/** Small edits that may make the shapes of an operation fit: a transpose, an axis of one, the size of a layer. */

/** The edits to be tried where an operation was refused. Which of them is meant can be said only where one alone fits. */
export function fittingEdits(problem: Problem, graph: Graph, file: SourceFile): readonly Proposal[] {
  const { origin, operands, layer } = problem;
  const expression = origin.file === file.path ? expressionAt(file, rangeOf(origin)) : null;
  if (expression === null) return [];
  const ranks = operands.map((id) => nodeAt(graph, id).aval.shape.length);
  // What a layer computes stands where it was made.
  const promises = layer === null ? { shape: null, range: expression.range } : null;
  const candidates =
    layer === null
      ? [...ofOperands(expression, ranks, file), ...ofCotangents(expression)]
      : [...ofArgument(expression, ranks, file), ...ofLayer(problem, layer, graph, file)];
  return candidates.map(({ title, edits }) => ({ title, kind: 'suggested', edits, promises }));
}

type Candidate = Pick<Proposal, 'title' | 'edits'>;

// The operands

function ofOperands(expression: Expression, ranks: readonly number[], file: SourceFile): readonly Candidate[] {
  const written = operandsOf(expression);
  const [left, right] = written;
  const [a, b] = ranks;
  if (left === undefined || right === undefined || a === undefined || b === undefined || ranks.length !== 2) return [];
  const [smaller, missing] = a < b ? [left, b - a] : [right, a - b];
  const isProduct = productOf(expression);
  return [
    // Of what is taken entry by entry, another rank says that an axis is missing.
    ...(isProduct || a === b ? [...transposed(file, left, a), ...transposed(file, right, b)] : []),
    ...Array.from({ length: isProduct ? Math.min(missing, 1) : missing }, (_, k) => grown(file, smaller, k + 1)),
  ];
}

/** The operands of an operator or of a function of two tensors. */
function operandsOf(expression: Expression): readonly Expression[] {
  if (expression.kind === 'BinOp') return [expression.left, expression.right];
  if (expression.kind !== 'Call' || expression.keywords.length > 0) return [];
  const name = nameOf(expression);
  if (!products.has(name) && !entrywise.has(name)) return [];
  const given = expression.args.slice(0, 2);
  return given.length === 1 && expression.func.kind === 'Attribute' ? [expression.func.value, ...given] : given;
}

function productOf(expression: Expression): boolean {
  return expression.kind === 'BinOp'
    ? expression.op === '@'
    : expression.kind === 'Call' && products.has(nameOf(expression));
}

const products: ReadonlySet<string> = new Set(['matmul', 'mm', 'bmm', 'mv', 'dot', 'linear']);

const entrywise: ReadonlySet<string> = new Set([
  ...['add', 'sub', 'subtract', 'mul', 'multiply', 'div', 'divide', 'true_divide'],
  ...['maximum', 'minimum', 'pow', 'power'],
]);

/** `x.T`, and `x` of `x.T`; of more axes the last two are exchanged. */
function transposed(file: SourceFile, operand: Expression, rank: number): readonly Candidate[] {
  if (rank < 2) return [];
  if (operand.kind === 'Attribute' && /^m?T$/.test(operand.attr)) {
    const text = textAt(file, operand.value.range);
    return [{ title: `Take ${short(text)} as it is`, edits: [{ range: operand.range, text }] }];
  }
  const text = textAt(file, operand.range);
  const title = `Transpose ${short(text)}`;
  const own = imports(file, 'tensorflow') ? (rank === 2 ? 'transpose' : 'linalg.matrix_transpose') : null;
  if (own === null)
    return [
      { title, edits: [{ range: operand.range, text: `${bracketed(file, operand)}.${rank === 2 ? 'T' : 'mT'}` }] },
    ];
  const { names, edits } = spell(file, 'tensorflow', [own]);
  return [{ title, edits: [...edits, { range: operand.range, text: `${names[0]}(${text})` }] }];
}

/** The same with so many axes of one behind. */
function grown(file: SourceFile, operand: Expression, count: number): Candidate {
  const ofTorch = !['jax', 'numpy', 'tensorflow'].some((name) => imports(file, name));
  const axes = ofTorch ? '.unsqueeze(-1)'.repeat(count) : `[..., ${Array(count).fill('None').join(', ')}]`;
  return {
    title: `Give ${short(textAt(file, operand.range))} ${count === 1 ? 'an axis' : `${count} axes`} of one behind`,
    edits: [{ range: operand.range, text: `${bracketed(file, operand)}${axes}` }],
  };
}

function short(text: string): string {
  return text.length > 30 || text.includes('\n') ? 'the operand' : text;
}

function imports({ module }: SourceFile, name: string): boolean {
  const isOf = (path: string | null): boolean => path === name || (path?.startsWith(`${name}.`) ?? false);
  for (const node of walk(module)) {
    if (node.kind === 'Import' && node.names.some((alias) => isOf(alias.name))) return true;
    if (node.kind === 'ImportFrom' && isOf(node.module)) return true;
  }
  return false;
}

/** One cotangent, which was said to be a stack of them. */
function ofCotangents(expression: Expression): readonly Candidate[] {
  if (expression.kind !== 'Call') return [];
  const stack = expression.keywords.find(({ name }) => name === 'is_grads_batched');
  if (stack === undefined) return [];
  const ends = [...expression.args, ...expression.keywords].map(({ range }) => range.end);
  const before = Math.max(...ends.filter((end) => end < stack.range.start));
  if (!Number.isFinite(before)) return [];
  const range = { start: before, end: stack.range.end };
  return [{ title: 'Take the cotangent as one, without is_grads_batched', edits: [{ range, text: '' }] }];
}

// The layer

/** What a layer is given, transposed. */
function ofArgument(expression: Expression, ranks: readonly number[], file: SourceFile): readonly Candidate[] {
  const [argument, ...more] = expression.kind === 'Call' ? expression.args : [];
  const [rank] = ranks;
  return argument === undefined || rank === undefined || more.length > 0 ? [] : transposed(file, argument, rank);
}

/** What a layer's first argument is called, and along which axis of what it is given that many entries lie. */
interface Sized {
  readonly keyword: string;
  readonly axis: (rank: number) => number;
}

const last: Sized['axis'] = (rank) => rank - 1;
/** In front of so many axes of space. */
const channels =
  (space: number): Sized['axis'] =>
  (rank) =>
    rank - space - 1;

const layers: Readonly<Record<string, Sized>> = {
  Linear: { keyword: 'in_features', axis: last },
  LayerNorm: { keyword: 'normalized_shape', axis: last },
  BatchNorm1d: { keyword: 'num_features', axis: (rank) => (rank === 0 ? -1 : 1) },
  BatchNorm2d: { keyword: 'num_features', axis: channels(2) },
  BatchNorm3d: { keyword: 'num_features', axis: channels(3) },
  Conv1d: { keyword: 'in_channels', axis: channels(1) },
  Conv2d: { keyword: 'in_channels', axis: channels(2) },
  Conv3d: { keyword: 'in_channels', axis: channels(3) },
};

/** The size that arrives, where the layer that was made for another is made in the file with a number for it. */
function ofLayer({ operands }: Problem, layer: Origin, graph: Graph, file: SourceFile): readonly Candidate[] {
  const [data] = operands;
  const making = layer.file === file.path ? callAt(file, rangeOf(layer)) : null;
  const sized = making === null ? undefined : layers[nameOf(making)];
  if (making === null || sized === undefined || data === undefined) return [];
  const size = argumentOf(making, 0, sized.keyword);
  const { shape } = nodeAt(graph, data).aval;
  const arrives = shape[sized.axis(shape.length)];
  if (size === null || wholeNumberAt(size) === null || typeof arrives !== 'number') return [];
  return [
    { title: `Make the ${nameOf(making)} for ${arrives}`, edits: [{ range: size.range, text: String(arrives) }] },
  ];
}
