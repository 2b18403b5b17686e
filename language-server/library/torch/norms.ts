import type { NodeId } from '../../graph/graph.ts';
import { isFloating, normalAxis, ShapeError, showShape } from '../../graph/shape.ts';
import { type Args, asNumber } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { op } from '../define.ts';
import type { NativeValue, Value } from '../values.ts';
import { realType } from './elementwise.ts';
import { withMethod } from './method.ts';

/** Norms of vectors and matrices (https://docs.pytorch.org/docs/stable/generated/torch.linalg.norm.html). */

/** The p-norm over some axes (all by default). */
export function vectorNorm(cx: Context, x: NodeId, p: number, axes: readonly number[] | null, keep: boolean): NodeId {
  const { build } = cx;
  const { dtype } = build.aval(x);
  if (!isFloating(dtype)) throw new PythonError('RuntimeError', `a norm needs a floating point tensor, not ${dtype}`);
  const size = build.convert(build.unary('abs', x), realType(dtype));
  switch (p) {
    case 2:
      return build.unary(
        'sqrt',
        build.sum(dtype.startsWith('complex') ? build.square(size) : build.square(x), axes, keep),
      );
    case 1:
      return build.sum(size, axes, keep);
    case Number.POSITIVE_INFINITY:
      return build.reduce('reduce_max', size, axes, keep);
    case Number.NEGATIVE_INFINITY:
      return build.reduce('reduce_min', size, axes, keep);
    case 0:
      return build.sum(build.convert(build.binary('ne', size, build.scalar(0, size)), realType(dtype)), axes, keep);
    default: {
      const total = build.sum(build.binary('pow', size, build.scalar(p, size)), axes, keep);
      return build.binary('pow', total, build.scalar(1 / p, total));
    }
  }
}

type MatrixOrder = number | 'fro' | 'nuc';

/** A norm of the matrices in two axes. */
export function matrixNorm(
  cx: Context,
  x: NodeId,
  order: MatrixOrder,
  axes: readonly [number, number],
  keep: boolean,
): NodeId {
  const { build } = cx;
  const rank = build.rank(x);
  if (rank < 2) throw new ShapeError(`a norm of matrices needs two axes, not ${showShape(build.shape(x))}`);
  const [row, column] = axes;
  if (row === column) throw new ShapeError(`a norm of matrices needs two different axes, not ${row} and ${column}`);
  const restored = (node: NodeId): NodeId =>
    keep
      ? build.reshape(
          node,
          build.shape(x).map((dim, k) => (k === row || k === column ? 1 : dim)),
        )
      : node;
  const sums = (over: number, then: number, how: 'reduce_max' | 'reduce_min'): NodeId => {
    const total = build.sum(build.unary('abs', x), [over]);
    return restored(build.reduce(how, total, [then - (over < then ? 1 : 0)]));
  };
  switch (order) {
    case 'fro':
      return vectorNorm(cx, x, 2, axes, keep);
    case 1:
      return sums(row, column, 'reduce_max');
    case -1:
      return sums(row, column, 'reduce_min');
    case Number.POSITIVE_INFINITY:
      return sums(column, row, 'reduce_max');
    case Number.NEGATIVE_INFINITY:
      return sums(column, row, 'reduce_min');
    case 'nuc':
    case 2:
    case -2: {
      const last = build.moveAxes(x, [row, column], [rank - 2, rank - 1]);
      const values = build.emit('svdvals', {}, [last]);
      const how = order === 'nuc' ? 'reduce_sum' : order === 2 ? 'reduce_max' : 'reduce_min';
      return restored(build.reduce(how, values, [rank - 2]));
    }
    default:
      throw new PythonError('RuntimeError', `${order} is no order of a matrix norm`);
  }
}

function orderOf(value: Value | null): MatrixOrder | null {
  if (value === null) return null;
  if (value.kind === 'str') {
    if (value.value === 'fro' || value.value === 'nuc') return value.value;
    if (value.value === 'inf') return Number.POSITIVE_INFINITY;
    throw new PythonError('RuntimeError', `'${value.value}' is no order of a norm`);
  }
  const number = asNumber(value);
  if (number === null) throw new Unknowable('the order of the norm is not known');
  return number;
}

function pairOf(axes: readonly number[]): readonly [number, number] | null {
  const [a, b] = axes;
  return axes.length === 2 && a !== undefined && b !== undefined ? [a, b] : null;
}

/** `torch.norm`: a vector norm, also over all axes; `'nuc'` is of matrices. */
function norm(cx: Context, args: Args): NodeId {
  const x = args.tensor('input');
  const rank = cx.build.rank(x);
  const given = args.axes('dim', rank);
  const axes = given === null || given.length === 0 ? null : given;
  const order = orderOf(args.optional('p')) ?? 'fro';
  const keep = args.bool('keepdim', false);
  if (order === 'nuc' && axes === null && rank !== 2)
    throw new ShapeError(`norm: the nuclear norm is of a matrix, not of ${showShape(cx.build.shape(x))}`);
  if (order === 'nuc')
    return matrixNorm(cx, x, 'nuc', pairOf(axes ?? [rank - 2, rank - 1]) ?? [rank - 2, rank - 1], keep);
  return vectorNorm(cx, x, order === 'fro' ? 2 : order, axes, keep);
}

/** `torch.linalg.norm`: without an order that of all numbers; with one, a vector's or a matrix's by the number of axes. */
export function linalgNorm(cx: Context, args: Args): NodeId {
  const x = args.tensor('A');
  const rank = cx.build.rank(x);
  const axes = args.axes('dim', rank);
  const order = orderOf(args.optional('ord'));
  const keep = args.bool('keepdim', false);
  if (order === null) return vectorNorm(cx, x, 2, axes, keep);
  if (axes === null && rank !== 1 && rank !== 2)
    throw new ShapeError(`linalg.norm with an order needs a vector or a matrix, not ${showShape(cx.build.shape(x))}`);
  const pair = pairOf(axes ?? cx.build.shape(x).map((_, k) => k));
  if (pair !== null) return matrixNorm(cx, x, order, pair, keep);
  if (order === 'fro' || order === 'nuc')
    throw new ShapeError(`the norm '${order}' is of matrices, not of ${showShape(cx.build.shape(x))}`);
  return vectorNorm(cx, x, order, axes, keep);
}

export const norms: readonly NativeValue[] = [
  ...withMethod([
    op('torch.norm', "(input, p='fro', dim|axis=None, keepdim|keepdims=False, out=None, dtype=None)", norm),
    op('torch.dist', '(input, other, p=2)', (cx, args) =>
      vectorNorm(cx, cx.build.sub(args.tensor('input'), args.tensor('other')), args.number('p', 2), null, false),
    ),
  ]),
  op(
    'torch.linalg.norm',
    '(A|x|input, ord=None, dim|axis=None, keepdim|keepdims=False, *, out=None, dtype=None)',
    linalgNorm,
  ),
  op(
    'torch.linalg.vector_norm',
    '(x, ord=2, dim|axis=None, keepdim|keepdims=False, *, dtype=None, out=None)',
    (cx, args) => {
      const x = args.tensor('x');
      const axes = args.axes('dim', cx.build.rank(x));
      return vectorNorm(
        cx,
        x,
        args.number('ord', 2),
        axes !== null && axes.length === 0 ? null : axes,
        args.bool('keepdim', false),
      );
    },
  ),
  op(
    'torch.linalg.matrix_norm',
    "(A|x, ord='fro', dim|axis=None, keepdim|keepdims=False, *, dtype=None, out=None)",
    (cx, args) => {
      const x = args.tensor('A');
      const rank = cx.build.rank(x);
      if (rank < 2) throw new ShapeError(`matrix_norm: a matrix is wanted, not ${showShape(cx.build.shape(x))}`);
      const pair = pairOf(args.axes('dim', rank) ?? [normalAxis(-2, rank), normalAxis(-1, rank)]);
      if (pair === null) throw new ShapeError('matrix_norm needs two axes');
      return matrixNorm(cx, x, orderOf(args.optional('ord')) ?? 'fro', pair, args.bool('keepdim', false));
    },
  ),
];
