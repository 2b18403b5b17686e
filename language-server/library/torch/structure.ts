import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { broadcastShapes, dimAt, normalAxis, type Shape, ShapeError, showShape } from '../../graph/shape.ts';
import { type Args, asDim, asKnownInt, shapeOf } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { alias, native, op } from '../define.ts';
import { int, type NativeValue, tensor, tuple, type Value } from '../values.ts';
import { withMethod } from './method.ts';

/** Functions that rearrange, view and repeat (https://docs.pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops). */

/** Sizes as one sequence or one by one, whichever way the function was called. */
function sizes(cx: Context, args: Args, name: string): Shape {
  const given = args.optional(name);
  if (given !== null && given.kind !== 'int') return [...shapeOf(cx, given), ...args.restAsShape()];
  const first = given === null ? [] : [asDim(given, name)];
  return [...first, ...(args.rest.length === 0 ? [] : args.restAsShape())];
}

function ints(cx: Context, args: Args, name: string): readonly number[] {
  return sizes(cx, args, name).map((dim) => {
    if (D.isKnown(dim)) return dim;
    throw new Unknowable(`the value of ${D.show(dim)} is not known`);
  });
}

function reshape(cx: Context, args: Args, shape: Shape): NodeId {
  const x = args.tensor('input');
  const negative = shape.find((dim) => D.isKnown(dim) && dim < -1);
  if (negative !== undefined) throw new ShapeError(`invalid shape dimension ${D.show(negative)}`);
  const own = cx.build.shape(x);
  // With no elements, -1 may be any size.
  if (shape.includes(-1) && D.product(shape.filter((dim) => dim !== -1)) === 0) {
    throw new ShapeError(`${showShape(own)} cannot be reshaped to ${showShape(shape)}: the size for -1 can be any`);
  }
  return cx.build.reshapeInferred(x, shape);
}

/** Axes start..end merged into one; a tensor without axes becomes a vector. */
export function flatten(cx: Context, x: NodeId, from: number, to: number): NodeId {
  const { build } = cx;
  const shape = build.shape(x);
  const [start, end] = [normalAxis(from, shape.length), normalAxis(to, shape.length)];
  if (shape.length === 0) return build.reshape(x, [1]);
  if (start > end) throw new ShapeError(`flatten: start_dim ${from} comes after end_dim ${to}`);
  return build.reshape(x, [...shape.slice(0, start), D.product(shape.slice(start, end + 1)), ...shape.slice(end + 1)]);
}

/** One axis split into several; -1 takes what is left. */
export function unflatten(cx: Context, x: NodeId, axis: number, shape: Shape): NodeId {
  const own = cx.build.shape(x);
  const dim = dimAt(own, axis);
  const rest = D.product(shape.filter((size) => size !== -1));
  const inferred = shape.includes(-1) ? D.exactQuotient(dim, rest) : null;
  if (shape.includes(-1) && inferred === null) {
    if (D.isKnown(dim) && D.isKnown(rest))
      throw new ShapeError(`unflatten: ${dim} cannot be split into ${showShape(shape)}`);
    throw new Unknowable(`whether ${D.show(dim)} is a multiple of ${D.show(rest)} is not known`);
  }
  const sizes = shape.map((size) => (size === -1 ? (inferred ?? size) : size));
  if (D.surelyDiffer(D.product(sizes), dim))
    throw new ShapeError(`unflatten: ${D.show(dim)} cannot be split into ${showShape(shape)}`);
  return cx.build.reshape(x, [...own.slice(0, axis), ...sizes, ...own.slice(axis + 1)]);
}

function unflattenAt(cx: Context, args: Args, shape: Shape): NodeId {
  const x = args.tensor('input');
  return unflatten(cx, x, args.axis('dim', cx.build.rank(x)), shape);
}

/** `x.permute(...)`, also the form of NumPy's transpose with all axes. */
function permute(cx: Context, x: NodeId, order: readonly number[]): NodeId {
  return cx.build.transpose(x, order);
}

/** `squeeze`: a size that is known by name only counts as more than 1. */
function squeeze(cx: Context, x: NodeId, axes: readonly number[] | null): NodeId {
  const shape = cx.build.shape(x);
  const kept = shape.filter((dim, k) => dim !== 1 || (axes !== null && !axes.includes(k)));
  return cx.build.reshape(x, kept);
}

export function expand(cx: Context, x: NodeId, wanted: Shape): NodeId {
  const own = cx.build.shape(x);
  if (wanted.length < own.length) {
    throw new ShapeError(`expand: ${showShape(own)} has more axes than the ${wanted.length} sizes given`);
  }
  const lead = wanted.length - own.length;
  const shape = wanted.map((dim, k) => {
    if (dim !== -1) return dim;
    if (k < lead) throw new ShapeError('expand: -1 cannot stand for a new axis');
    return dimAt(own, k - lead);
  });
  return cx.build.broadcastTo(x, shape);
}

/** Copies side by side, so many along each axis. */
export function repeat(cx: Context, x: NodeId, counts: Shape): NodeId {
  const { build } = cx;
  const own = build.shape(x);
  if (counts.length < own.length) {
    throw new ShapeError(`repeat: ${counts.length} numbers for the ${own.length} axes of ${showShape(own)}`);
  }
  const shape = [...counts.slice(own.length).map(() => 1), ...own];
  const interleaved = shape.flatMap((dim, k) => [counts[k] ?? 1, dim]);
  const dims = own.map((_, k) => 2 * (k + counts.length - own.length) + 1);
  const spread = build.emit('broadcast_in_dim', { shape: interleaved, dims }, [x]);
  return build.reshape(
    spread,
    shape.map((dim, k) => D.mul(dim, counts[k] ?? 1)),
  );
}

/** Each entry of an axis so many times in a row. */
export function repeatEach(cx: Context, x: NodeId, count: Dim, axis: number): NodeId {
  const { build } = cx;
  const shape = build.shape(x);
  const spread = build.expandDims(x, axis + 1);
  const wide = build.broadcastTo(spread, [...shape.slice(0, axis + 1), count, ...shape.slice(axis + 1)]);
  return build.reshape(
    wide,
    shape.map((dim, k) => (k === axis ? D.mul(dim, count) : dim)),
  );
}

function repeatInterleave(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const input = args.tensor('input');
  const along = args.optional('dim');
  const x = along === null ? build.reshape(input, [D.product(build.shape(input))]) : input;
  const axis = along === null ? 0 : args.axis('dim', build.rank(x));
  const repeats = args.value('repeats');
  if (repeats.kind === 'int') return repeatEach(cx, x, repeats.value, axis);
  const shape = build.shape(x);
  const counts = repeats.kind === 'list' || repeats.kind === 'tuple' ? cx.items(repeats) : null;
  const total = counts === null ? args.optional('output_size') : null;
  const length =
    counts !== null
      ? counts.map((count) => asDim(count, 'repeats')).reduce(D.add, 0)
      : total === null
        ? cx.freshSize('n')
        : asDim(total, 'output_size');
  const others = shape.map((_, k) => k).filter((k) => k !== axis);
  const aval = { shape: shape.map((dim, k) => (k === axis ? length : dim)), dtype: build.aval(x).dtype };
  return build.emit('opaque', { name: 'repeat_interleave', aval, batched: others.map((k) => [k, k] as const) }, [x]);
}

/** The tensor with axes of size 1 added where it has too few. */
export function atLeastRank(cx: Context, x: NodeId, rank: 1 | 2 | 3): NodeId {
  const { build } = cx;
  const own = build.shape(x);
  if (own.length >= rank) return x;
  const shape: Shape =
    own.length === 0
      ? [1, 1, 1].slice(0, rank)
      : own.length === 1
        ? ([[], [], [1, ...own], [1, ...own, 1]][rank] ?? own)
        : [...own, 1];
  return build.reshape(x, shape);
}

function atLeast(rank: 1 | 2 | 3): NativeValue {
  return native(`torch.atleast_${rank}d`, '(*tensors)', (cx, args) => {
    const [only] = args.rest;
    if (args.rest.length === 1 && only?.kind === 'tensor') return tensor(atLeastRank(cx, only.node, rank));
    const given = args.rest.length === 1 && only !== undefined ? cx.items(only) : args.rest;
    return tuple(given.map((value) => tensor(atLeastRank(cx, nodeOf(value), rank))));
  });
}

function nodeOf(value: Value): NodeId {
  if (value.kind === 'tensor') return value.node;
  if (value.kind === 'unknown') throw new Unknowable(value.reason.text, value.reason);
  throw new PythonError('TypeError', 'a tensor is wanted');
}

/** All operands stretched to one shape. */
function broadcastAll(cx: Context, values: readonly Value[]): readonly NodeId[] {
  const nodes = values.map(nodeOf);
  const shape = broadcastShapes(...nodes.map((node) => cx.build.shape(node)));
  return nodes.map((node) => cx.build.broadcastTo(node, shape));
}

/** The diagonal of two axes, last; empty where the offset leaves none. */
export function diagonal(cx: Context, x: NodeId, offset: number, axis1: number, axis2: number): NodeId {
  const { build } = cx;
  const shape = build.shape(x);
  const [a, b] = [normalAxis(axis1, shape.length), normalAxis(axis2, shape.length)];
  const [m, n] = [shape[a], shape[b]];
  if (
    a !== b &&
    m !== undefined &&
    n !== undefined &&
    D.isKnown(m) &&
    D.isKnown(n) &&
    Math.min(m + Math.min(offset, 0), n - Math.max(offset, 0)) < 0
  ) {
    const rest = shape.filter((_, k) => k !== a && k !== b);
    return build.full([...rest, 0], 0, build.aval(x).dtype);
  }
  return build.diagonal(x, offset, axis1, axis2);
}

/** The last axis on a diagonal of two new ones. */
export function diagEmbed(cx: Context, x: NodeId, offset: number, axis1: number, axis2: number): NodeId {
  const { build } = cx;
  const rank = build.rank(x) + 1;
  if (rank < 2) throw new ShapeError('diag_embed needs a tensor with at least one axis');
  const [a, b] = [normalAxis(axis1, rank), normalAxis(axis2, rank)];
  if (a === b) throw new ShapeError(`diag_embed: the two axes are the same, ${axis1}`);
  const embedded = build.emit('diag_embed', { offset }, [x]);
  return build.moveAxes(embedded, [rank - 2, rank - 1], [a, b]);
}

function diag(cx: Context, x: NodeId, offset: number): NodeId {
  const rank = cx.build.rank(x);
  if (rank === 1) return cx.build.emit('diag_embed', { offset }, [x]);
  if (rank === 2) return diagonal(cx, x, offset, 0, 1);
  throw new ShapeError(`diag: a vector or a matrix is wanted, not ${showShape(cx.build.shape(x))}`);
}

function triangle(side: 'upper' | 'lower'): (cx: Context, args: Args) => NodeId {
  return (cx, args) => {
    const x = args.tensor('input');
    if (cx.build.rank(x) < 2) throw new ShapeError(`a triangle needs a matrix, not ${showShape(cx.build.shape(x))}`);
    return cx.build.emit('triangle', { side, offset: args.int('diagonal', 0) }, [x]);
  };
}

function flip(cx: Context, x: NodeId, axes: readonly number[]): NodeId {
  const rank = cx.build.rank(x);
  const normal = axes.map((axis) => normalAxis(axis, rank));
  if (new Set(normal).size !== normal.length)
    throw new ShapeError(`flip: an axis stands twice in (${axes.join(', ')})`);
  return rank === 0 || normal.length === 0 ? x : cx.build.emit('reverse', { axes: normal }, [x]);
}

function flipFixed(name: string, axis: number, least: number): NativeValue {
  return op(name, '(input)', (cx, args) => {
    const x = args.tensor('input');
    if (cx.build.rank(x) < least)
      throw new ShapeError(`${name} needs at least ${least} axes, not ${showShape(cx.build.shape(x))}`);
    return flip(cx, x, [axis]);
  });
}

function roll(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const x = args.tensor('input');
  const rank = build.rank(x);
  const shifts = args.value('shifts');
  const amounts = (shifts.kind === 'int' ? [shifts] : cx.items(shifts)).map((shift) =>
    shift.kind === 'int' ? shift.value : null,
  );
  const count = amounts.length;
  // Without elements torch looks at no axis.
  if (build.shape(x).includes(0) && (count === 1 || args.optional('dims')?.kind !== 'int')) return x;
  const axes = args.axes('dims', rank);
  if (rank === 0 && axes !== null) throw new ShapeError('roll: a tensor without axes cannot be rolled along one');
  if (axes !== null) {
    if (axes.length !== count) throw new ShapeError(`roll: ${count} shifts for ${axes.length} axes`);
    return build.emit('roll', { axes, shifts: amounts }, [x]);
  }
  if (count !== 1) throw new ShapeError(`roll: ${count} shifts without axes`);
  const flat = build.reshape(x, [D.product(build.shape(x))]);
  return build.reshape(build.emit('roll', { axes: [0], shifts: amounts }, [flat]), build.shape(x));
}

function rot90(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const x = args.tensor('input');
  const rank = build.rank(x);
  const [a = 0, b = 1, ...more] = args.axes('dims', rank) ?? [0, 1];
  if (more.length > 0 || rank < 2 || a === b)
    throw new ShapeError(`rot90 needs two different axes of ${showShape(build.shape(x))}`);
  const turns = ((args.int('k', 1) % 4) + 4) % 4;
  if (turns === 0) return x;
  if (turns === 2) return flip(cx, x, [a, b]);
  return turns === 1 ? flip(cx, build.swapAxes(x, a, b), [a]) : build.swapAxes(flip(cx, x, [a]), a, b);
}

/** Windows of an axis, each entry of the windows on a new last axis (`Tensor.unfold`). */
function unfold(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const x = args.tensor('input');
  const shape = build.shape(x);
  const axis = args.axis('dimension', shape.length);
  const [window, step] = [args.dim('size'), args.int('step')];
  const dim = dimAt(shape.length === 0 ? [1] : shape, axis);
  if (D.isKnown(dim) && D.isKnown(window) && window > dim)
    throw new ShapeError(`unfold: windows of ${window} do not fit into ${dim}`);
  if (step <= 0) throw new ShapeError(`unfold: the step must be positive, not ${step}`);
  const count = D.add(D.floorDiv(D.sub(dim, window), step), 1);
  const others = shape.map((_, k) => k).filter((k) => k !== axis);
  const aval = { shape: [...shape.map((own, k) => (k === axis ? count : own)), window], dtype: build.aval(x).dtype };
  return build.emit('opaque', { name: 'unfold', aval, batched: others.map((k) => [k, k] as const) }, [x]);
}

function transposed(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const x = args.tensor('input');
  const given = [args.optional('dim0'), args.optional('dim1'), ...args.rest].filter((value) => value !== null);
  const [first] = given;
  // NumPy's method: no axes turn all round, a tuple or all axes give the order.
  if (given.length === 0)
    return build.transpose(
      x,
      build.shape(x).map((_, k) => build.rank(x) - 1 - k),
    );
  if (given.length === 1 && first !== undefined && first.kind !== 'int')
    return permute(
      cx,
      x,
      cx.items(first).map((item) => asKnownInt(item, 'axes')),
    );
  const axes = given.map((item) => asKnownInt(item, 'dim'));
  const [a, b] = axes;
  if (axes.length === 2 && a !== undefined && b !== undefined)
    return build.swapAxes(x, ...swapped(a, b, build.rank(x)));
  return permute(cx, x, axes);
}

/** Checks the two axes even where the tensor has none to swap. */
function swapped(a: number, b: number, rank: number): [number, number] {
  return [normalAxis(a, rank), normalAxis(b, rank)];
}

/** The last two axes swapped (`mT`); refused for less than two. */
export function matrixTranspose(cx: Context, x: NodeId): NodeId {
  if (cx.build.rank(x) === 0) return x;
  if (cx.build.rank(x) < 2)
    throw new ShapeError(`the transpose of a matrix needs two axes, not ${showShape(cx.build.shape(x))}`);
  return cx.build.swapAxes(x, -2, -1);
}

/** All axes turned round (`T`). */
export function reverseAxes(cx: Context, x: NodeId): NodeId {
  return cx.build.transpose(
    x,
    cx.build.shape(x).map((_, k) => cx.build.rank(x) - 1 - k),
  );
}

function moveAxes(cx: Context, args: Args): NodeId {
  const x = args.tensor('input');
  const rank = cx.build.rank(x);
  const [from, to] = [args.axes('source', rank) ?? [], args.axes('destination', rank) ?? []];
  if (from.length !== to.length || new Set(from).size !== from.length || new Set(to).size !== to.length) {
    throw new ShapeError(`movedim: axes (${from.join(', ')}) cannot go to (${to.join(', ')})`);
  }
  return rank === 0 ? x : cx.build.moveAxes(x, from, to);
}

const squeezeAxes = (cx: Context, args: Args): NodeId => {
  const x = args.tensor('input');
  return squeeze(cx, x, args.axes('dim', cx.build.rank(x)));
};

/** The same under `torch.f` and `Tensor.f`. */
const shared = withMethod([
  op('torch.flatten', '(input, start_dim=0, end_dim=-1)', (cx, args) =>
    flatten(cx, args.tensor('input'), args.int('start_dim', 0), args.int('end_dim', -1)),
  ),
  op('torch.ravel', '(input, order=None)', (cx, args) => flatten(cx, args.tensor('input'), 0, -1)),
  ...alias(
    op('torch.swapaxes', '(input, axis0|axis1|dim0, axis1|axis2|dim1)', (cx, args) =>
      cx.build.swapAxes(
        args.tensor('input'),
        ...swapped(args.int('axis0'), args.int('axis1'), cx.build.rank(args.tensor('input'))),
      ),
    ),
    'torch.swapdims',
  ),
  op('torch.t', '(input)', (cx, args) => {
    const x = args.tensor('input');
    if (cx.build.rank(x) > 2) throw new ShapeError(`t() is for matrices, not ${showShape(cx.build.shape(x))}`);
    return reverseAxes(cx, x);
  }),
  op('torch.adjoint', '(input)', (cx, args) => matrixTranspose(cx, args.tensor('input'))),
  ...alias(op('torch.movedim', '(input, source, destination)', moveAxes), 'torch.moveaxis'),
  op('torch.squeeze', '(input, dim|axis=None)', squeezeAxes),
  op('torch.unsqueeze', '(input, dim|axis)', (cx, args) => cx.build.expandDims(args.tensor('input'), args.int('dim'))),
  op('torch.broadcast_to', '(input, size|shape)', (cx, args) => expand(cx, args.tensor('input'), args.shape('size'))),
  op('torch.repeat_interleave', '(input, repeats, dim|axis=None, *, output_size=None)', repeatInterleave),
  op('torch.diagonal', '(input, offset=0, dim1|axis1=0, dim2|axis2=1)', (cx, args) =>
    diagonal(cx, args.tensor('input'), args.int('offset', 0), args.int('dim1', 0), args.int('dim2', 1)),
  ),
  op('torch.diag', '(input, diagonal=0, *, out=None)', (cx, args) =>
    diag(cx, args.tensor('input'), args.int('diagonal', 0)),
  ),
  op('torch.diag_embed', '(input, offset=0, dim1=-2, dim2=-1)', (cx, args) =>
    diagEmbed(cx, args.tensor('input'), args.int('offset', 0), args.int('dim1', -2), args.int('dim2', -1)),
  ),
  op('torch.diagflat', '(input, offset=0)', (cx, args) =>
    cx.build.emit('diag_embed', { offset: args.int('offset', 0) }, [flatten(cx, args.tensor('input'), 0, -1)]),
  ),
  op('torch.tril', '(input, diagonal=0, *, out=None)', triangle('lower')),
  op('torch.triu', '(input, diagonal=0, *, out=None)', triangle('upper')),
  op('torch.roll', '(input, shifts, dims=None)', roll),
  op('torch.rot90', '(input, k=1, dims=None)', rot90),
  flipFixed('torch.fliplr', 1, 2),
  flipFixed('torch.flipud', 0, 1),
  op('torch.clone', '(input, *, memory_format=None)', (_cx, args) => args.tensor('input')),
  op('torch.detach', '(input)', (cx, args) => cx.build.unary('stop_gradient', args.tensor('input'))),
]);

const functions = [
  op('torch.reshape', '(input, shape)', (cx, args) => reshape(cx, args, args.shape('shape'))),
  op('torch.unflatten', '(input, dim, sizes)', (cx, args) => unflattenAt(cx, args, args.shape('sizes'))),
  op('torch.permute', '(input, dims)', (cx, args) => permute(cx, args.tensor('input'), ints(cx, args, 'dims'))),
  op('torch.transpose', '(input, dim0|axis0, dim1|axis1)', transposed),
  op('torch.flip', '(input, dims)', (cx, args) => flip(cx, args.tensor('input'), ints(cx, args, 'dims'))),
  op('torch.tile', '(input, dims)', (cx, args) => tile(cx, args, args.shape('dims'))),
  native('torch.broadcast_tensors', '(*tensors)', (cx, args) => {
    const [only] = args.rest;
    const given = args.rest.length === 1 && only !== undefined && only.kind !== 'tensor' ? cx.items(only) : args.rest;
    return tuple(broadcastAll(cx, given).map((node) => tensor(node)));
  }),
  native('torch.broadcast_shapes', '(*shapes)', (cx, args) =>
    tuple(broadcastShapes(...args.rest.map((value) => shapeOf(cx, value))).map(int)),
  ),
  atLeast(1),
  atLeast(2),
  atLeast(3),
];

function tile(cx: Context, args: Args, counts: Shape): NodeId {
  const x = args.tensor('input');
  const missing = Math.max(0, cx.build.rank(x) - counts.length);
  return repeat(cx, x, [...Array.from({ length: missing }, () => 1), ...counts]);
}

/** `view(dtype)` keeps the shape where the types are of one size. */
function view(cx: Context, args: Args): NodeId {
  const given = args.optional('size');
  if (given?.kind !== 'dtype') return reshape(cx, args, sizes(cx, args, 'size'));
  throw new Unknowable('a view as another type is not followed');
}

const methods = [
  op('torch.Tensor.reshape', '(input, shape|newshape=None, *sizes, order=None)', (cx, args) =>
    reshape(cx, args, sizes(cx, args, 'shape')),
  ),
  op('torch.Tensor.view', '(input, size|dtype=None, *sizes)', view),
  ...['view_as', 'reshape_as'].map((name) =>
    op(`torch.Tensor.${name}`, '(input, other)', (cx, args) =>
      cx.build.reshape(args.tensor('input'), cx.build.shape(args.tensor('other'))),
    ),
  ),
  op('torch.Tensor.unflatten', '(input, dim, sizes=None, *more)', (cx, args) =>
    unflattenAt(cx, args, sizes(cx, args, 'sizes')),
  ),
  op('torch.Tensor.permute', '(input, dims=None, *more)', (cx, args) =>
    permute(cx, args.tensor('input'), ints(cx, args, 'dims')),
  ),
  op('torch.Tensor.transpose', '(input, dim0|axis0=None, dim1|axis1=None, *more)', transposed),
  op('torch.Tensor.flip', '(input, dims=None, *more)', (cx, args) =>
    flip(cx, args.tensor('input'), ints(cx, args, 'dims')),
  ),
  op('torch.Tensor.expand', '(input, size=None, *sizes, implicit=None)', (cx, args) =>
    expand(cx, args.tensor('input'), sizes(cx, args, 'size')),
  ),
  op('torch.Tensor.expand_as', '(input, other)', (cx, args) =>
    expand(cx, args.tensor('input'), cx.build.shape(args.tensor('other'))),
  ),
  // NumPy's repeat is torch's repeat_interleave: told apart by its `axis`.
  op('torch.Tensor.repeat', '(input, repeats=None, *more, axis=None)', (cx, args) => {
    if (args.optional('axis') !== null)
      return repeatEach(
        cx,
        args.tensor('input'),
        args.dim('repeats'),
        args.axis('axis', cx.build.rank(args.tensor('input'))),
      );
    return repeat(cx, args.tensor('input'), sizes(cx, args, 'repeats'));
  }),
  op('torch.Tensor.tile', '(input, dims=None, *more)', (cx, args) => tile(cx, args, sizes(cx, args, 'dims'))),
  op('torch.Tensor.unfold', '(input, dimension, size, step)', unfold),
  op('torch.Tensor.sum_to_size', '(input, size=None, *sizes)', (cx, args) => {
    const { build } = cx;
    const x = args.tensor('input');
    const [own, wanted] = [build.shape(x), sizes(cx, args, 'size')];
    const lead = own.length - wanted.length;
    const over = own.map((_, k) => k).filter((k) => k < lead || (wanted[k - lead] === 1 && own[k] !== 1));
    return build.reshape(over.length === 0 ? x : build.sum(x, over), wanted);
  }),
  op('torch.Tensor.as_strided', '(input, size, stride, storage_offset=None)', (cx, args) => {
    const x = args.tensor('input');
    return cx.build.emit(
      'opaque',
      { name: 'as_strided', aval: { shape: args.shape('size'), dtype: cx.build.aval(x).dtype }, batched: [] },
      [x],
    );
  }),
];

export const structure: readonly NativeValue[] = [...shared, ...functions, ...methods];
