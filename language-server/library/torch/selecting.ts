import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { broadcastShapes, dimAt, type Shape, ShapeError, sameShape, showShape } from '../../graph/shape.ts';
import { type Args, asOperand } from '../arguments.ts';
import { type Context, PythonError } from '../context.ts';
import { alias, native, op } from '../define.ts';
import { type NativeValue, tensor, tuple, type Value } from '../values.ts';
import { atLeast } from './bounds.ts';
import { operands } from './elementwise.ts';
import { placesOf, updated } from './indexing.ts';
import { withMethod } from './method.ts';
import { numbersOf } from './nested.ts';
import { opaque } from './opaque.ts';
import { flatten } from './structure.ts';

/** Picking and placing by index and mask. */

function requireIntegers(cx: Context, index: NodeId, name: string): void {
  if (!/^int(32|64)$/.test(cx.build.aval(index).dtype)) {
    throw new PythonError(
      'RuntimeError',
      `${name}: an index of int32 or int64 is wanted, not ${cx.build.aval(index).dtype}`,
    );
  }
}

/** Known places must lie on the axis. */
function requirePlaces(cx: Context, index: NodeId, dim: D.Dim, least = 0): void {
  const values = numbersOf(cx, index);
  if (values === null || !D.isKnown(dim)) return;
  const outside = values.find((value) => value >= dim || value < -least);
  if (outside !== undefined) throw new ShapeError(`index ${outside} is out of range for an axis of ${dim}`);
}

/** Whole entries along an axis, in the order of an index vector. */
function indexSelect(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const x = args.tensor('input');
  const index = args.tensor('index');
  const rank = build.rank(x);
  const axis = args.axis('dim', rank);
  if (build.rank(index) > 1)
    throw new ShapeError(`index_select: the index must be a vector, not ${showShape(build.shape(index))}`);
  requireIntegers(cx, index, 'index_select');
  const vector = build.reshape(index, [D.product(build.shape(index))]);
  requirePlaces(cx, vector, build.shape(x)[axis] ?? 1);
  if (rank === 0) {
    if (D.surelyDiffer(dimAt(build.shape(vector), 0), 1))
      throw new ShapeError(`index_select: ${showShape(build.shape(vector))} places in a tensor without axes`);
    return x;
  }
  return build.emit('gather', { axes: [axis], position: axis }, [x, vector]);
}

/** The index may be smaller than the tensor beside the axis. */
function requireWithin(cx: Context, index: NodeId, shape: Shape, axis: number | null, name: string): void {
  const own = cx.build.shape(index);
  if (own.length !== shape.length && Math.max(own.length, 1) !== Math.max(shape.length, 1)) {
    throw new ShapeError(`${name}: an index ${showShape(own)} for ${showShape(shape)} has another number of axes`);
  }
  own.forEach((dim, k) => {
    const most = shape[k] ?? 1;
    const excess = D.sub(dim, most);
    if (k !== axis && D.isKnown(excess) && excess > 0)
      throw new ShapeError(`${name}: an index ${showShape(own)} is larger than ${showShape(shape)} along axis ${k}`);
  });
}

/** result[i][j] = x[index[i][j]][j]. */
function gather(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const x = args.tensor('input');
  const index = args.tensor('index');
  const shape = build.shape(x);
  const axis = args.axis('dim', shape.length);
  requireIntegers(cx, index, 'gather');
  const own = build.shape(index);
  if (own.some((dim) => dim === 0)) return build.full(own, 0, build.aval(x).dtype);
  requireWithin(cx, index, shape, axis, 'gather');
  requirePlaces(cx, index, shape[axis] ?? 1);
  if (shape.length === 0 || own.length === 0) return opaque(cx, 'gather', [x, index], own, build.aval(x).dtype);
  return build.emit('take_along_axis', { axis }, [x, index]);
}

/** As `gather`, with the other axes stretched to one another; without an axis of the flattened tensor. */
function takeAlong(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const given = args.tensor('input');
  const index = args.tensor('indices');
  if (args.optional('dim') === null) {
    const flat = flatten(cx, given, 0, -1);
    return build.emit('take_along_axis', { axis: 0 }, [flat, flatten(cx, index, 0, -1)]);
  }
  const [own, places] = [build.shape(given), build.shape(index)];
  if (own.length !== places.length)
    throw new ShapeError(`take_along_dim: ${showShape(own)} and ${showShape(places)} have different numbers of axes`);
  const axis = args.axis('dim', own.length);
  const beside = (shape: Shape): Shape => shape.map((dim, k) => (k === axis ? 1 : dim));
  const shape = broadcastShapes(beside(own), beside(places));
  const whole = (node: NodeId, length: D.Dim): NodeId =>
    build.broadcastTo(
      node,
      shape.map((dim, k) => (k === axis ? length : dim)),
    );
  return build.emit('take_along_axis', { axis }, [whole(given, dimAt(own, axis)), whole(index, dimAt(places, axis))]);
}

/** A function that writes into a copy by index along an axis: the tensor's own shape. */
function writing(
  name: string,
  source: string,
  value: (cx: Context, args: Args, places: Places) => Value | null,
): NativeValue {
  return op(
    `torch.${name}`,
    `(input, dim, index, ${source}, reduce=None, *, include_self=True, alpha=1, out=None)`,
    (cx, args) => {
      const x = args.tensor('input');
      const { shape, dtype } = cx.build.aval(x);
      const index = args.tensor('index');
      const written = value(cx, args, { shape, axis: args.axis('dim', shape.length), index });
      const given = written === null ? [] : [asOperand(cx, written, x)];
      return opaque(cx, name, [x, index, ...given], shape, dtype);
    },
  );
}

/** Where a function writes: places along an axis of a tensor. */
interface Places {
  readonly shape: Shape;
  readonly axis: number;
  readonly index: NodeId;
}

/** Functions that write single values. */
function scatter(name: string, source: string): NativeValue {
  return writing(name, source, (cx, args, { shape, axis, index }) => {
    const { build } = cx;
    const value = args.optional('src') ?? args.optional('value');
    requireWithin(cx, index, shape, axis, name);
    if (value?.kind === 'tensor' && build.rank(value.node) > 0)
      requireWithin(cx, index, build.shape(value.node), null, name);
    requirePlaces(cx, index, shape[axis] ?? 1);
    return value;
  });
}

/** Functions that write whole entries along an axis by an index vector. */
function indexed(name: string, source: string): NativeValue {
  return writing(name, source, (cx, args, { shape, axis, index }) => {
    const { build } = cx;
    if (build.rank(index) > 1)
      throw new ShapeError(`${name}: the index must be a vector, not ${showShape(build.shape(index))}`);
    requirePlaces(cx, index, shape[axis] ?? 1, name === 'index_fill' ? Number.POSITIVE_INFINITY : 0);
    const value = args.value(source.split('|')[0] ?? source);
    if (value.kind === 'tensor' && name !== 'index_fill') {
      const count = D.product(build.shape(index));
      const own = build.shape(value.node);
      const fits =
        own.length === shape.length &&
        own.every((dim, k) => !D.surelyDiffer(dim, k === axis ? count : (shape[k] ?? 1)));
      if (!fits && shape.length > 0)
        throw new ShapeError(
          `${name}: ${showShape(own)} does not fit ${D.show(count)} places along axis ${axis} of ${showShape(shape)}`,
        );
    }
    return value;
  });
}

function maskedFill(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const x = args.tensor('input');
  const mask = args.tensor('mask');
  if (build.aval(mask).dtype !== 'bool')
    throw new PythonError('RuntimeError', `masked_fill: a mask of truths is wanted, not ${build.aval(mask).dtype}`);
  const value = build.convert(args.operand('value', x), build.aval(x).dtype);
  if (build.rank(value) > 0)
    throw new ShapeError(`masked_fill: one value is wanted, not ${showShape(build.shape(value))}`);
  return build.select(mask, value, x);
}

function maskedSelect(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const [x, mask] = [args.tensor('input'), args.tensor('mask')];
  const shape = broadcastShapes(build.shape(x), build.shape(mask));
  const values = numbersOf(cx, mask);
  const count =
    values !== null && sameShape(build.shape(mask), shape)
      ? values.filter((value) => value !== 0).length
      : cx.freshSize('n');
  return build.emit('masked', { shape: [count] }, [build.broadcastTo(x, shape), build.broadcastTo(mask, shape)]);
}

/** Where elements are not zero: a row for each, or an index vector for each axis. */
function nonzero(cx: Context, x: NodeId, asTuple: boolean): Value {
  const { build } = cx;
  const truths = build.convert(x, 'bool');
  if (asTuple)
    return tuple(placesOf(cx, build.rank(x) === 0 ? build.reshape(truths, [1]) : truths).map((node) => tensor(node)));
  const values = numbersOf(cx, truths);
  const count = values === null ? cx.freshSize('n') : values.filter((value) => value !== 0).length;
  return tensor(opaque(cx, 'nonzero', [truths], [count, build.rank(x)], 'int64'));
}

function narrow(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const x = args.tensor('input');
  if (build.rank(x) === 0) throw new ShapeError('narrow: a tensor without axes cannot be cut');
  const axis = args.axis('dim', build.rank(x));
  const dim = dimAt(build.shape(x), axis);
  const start = args.optional('start');
  const [given, length] = [start?.kind === 'tensor' ? cx.freshSize('start') : args.dim('start'), args.dim('length')];
  const from = D.isKnown(given) && given < 0 ? D.add(dim, given) : given;
  const end = D.add(from, length);
  if (
    (D.isKnown(length) && length < 0) ||
    (D.isKnown(from) && from < 0) ||
    (D.isKnown(D.sub(end, dim)) && atLeast(D.sub(end, dim), 1))
  ) {
    throw new ShapeError(
      `narrow: ${D.show(length)} from ${D.show(given)} do not lie on axis ${axis} of ${showShape(build.shape(x))}`,
    );
  }
  return build.sliceAxis(x, axis, from, end);
}

function select(cx: Context, args: Args): NodeId {
  const x = args.tensor('input');
  const shape = cx.build.shape(x);
  if (shape.length === 0) throw new ShapeError('select: a tensor without axes has no entries');
  const axis = args.axis('dim', shape.length);
  const [index, dim] = [args.dim('index'), dimAt(shape, axis)];
  if (D.isKnown(index) && D.isKnown(dim) && (index >= dim || index < -dim))
    throw new ShapeError(`select: index ${index} is out of range for axis ${axis} of ${showShape(shape)}`);
  return cx.build.take(x, axis, index);
}

function selectScatter(cx: Context, args: Args): NodeId {
  const x = args.tensor('input');
  const axis = args.axis('dim', cx.build.rank(x));
  const whole: Value = { kind: 'slice', lower: { kind: 'none' }, upper: { kind: 'none' }, step: { kind: 'none' } };
  return updated(cx, x, tuple([...Array.from({ length: axis }, () => whole), args.value('index')]), args.tensor('src'));
}

function sliceScatter(cx: Context, args: Args): NodeId {
  const x = args.tensor('input');
  const axis = args.axis('dim', cx.build.rank(x), 0);
  const none = { kind: 'none' } as const;
  const whole: Value = { kind: 'slice', lower: none, upper: none, step: none };
  const own: Value = {
    kind: 'slice',
    lower: args.optional('start') ?? none,
    upper: args.optional('end') ?? none,
    step: args.optional('step') ?? none,
  };
  return updated(cx, x, tuple([...Array.from({ length: axis }, () => whole), own]), args.tensor('src'));
}

const shared: readonly NativeValue[] = withMethod([
  op('torch.index_select', '(input, dim|axis, index, *, out=None)', indexSelect),
  op('torch.gather', '(input, dim|axis, index, *, sparse_grad=False, out=None)', gather),
  op('torch.take_along_dim', '(input, indices, dim|axis=None, *, out=None)', takeAlong),
  op('torch.take', '(input, index)', (cx, args) => {
    const { build } = cx;
    const [x, index] = [args.tensor('input'), args.tensor('index')];
    const flat = flatten(cx, x, 0, -1);
    requirePlaces(cx, index, dimAt(build.shape(flat), 0), Number.POSITIVE_INFINITY);
    return build.emit('gather', { axes: [0], position: 0 }, [flat, index]);
  }),
  scatter('scatter', 'src|value'),
  scatter('scatter_add', 'src'),
  scatter('scatter_reduce', 'src'),
  indexed('index_add', 'source|src'),
  indexed('index_copy', 'source'),
  indexed('index_fill', 'value'),
  indexed('index_reduce', 'source'),
  op('torch.index_put', '(input, indices, values, accumulate=False)', (cx, args) => {
    const x = args.tensor('input');
    return updated(cx, x, tuple(args.items('indices')), args.tensor('values'));
  }),
  op('torch.put', '(input, index, source, accumulate=False)', (cx, args) => {
    const x = args.tensor('input');
    return opaque(
      cx,
      'put',
      [x, args.tensor('index'), args.tensor('source')],
      cx.build.shape(x),
      cx.build.aval(x).dtype,
    );
  }),
  op('torch.masked_fill', '(input, mask, value)', maskedFill),
  op('torch.masked_select', '(input, mask, *, out=None)', maskedSelect),
  op('torch.masked_scatter', '(input, mask, source)', (cx, args) => {
    const { build } = cx;
    const [x, mask] = [args.tensor('input'), args.tensor('mask')];
    return opaque(
      cx,
      'masked_scatter',
      [x, mask, args.tensor('source')],
      broadcastShapes(build.shape(x), build.shape(mask)),
      build.aval(x).dtype,
    );
  }),
  native('torch.nonzero', '(input, *, out=None, as_tuple=False)', (cx, args) =>
    nonzero(cx, args.tensor('input'), args.bool('as_tuple', false)),
  ),
  native('torch.argwhere', '(input)', (cx, args) => nonzero(cx, args.tensor('input'), false)),
  ...alias(op('torch.narrow', '(input, dim, start, length)', narrow), 'torch.narrow_copy'),
  op('torch.select', '(input, dim, index)', select),
  op('torch.select_scatter', '(input, src, dim, index)', selectScatter),
  op('torch.slice_scatter', '(input, src, dim=0, start=None, end=None, step=1)', sliceScatter),
  op('torch.diagonal_scatter', '(input, src, offset=0, dim1=0, dim2=1)', (cx, args) => {
    const { build } = cx;
    const x = args.tensor('input');
    const part = build.diagonal(x, args.int('offset', 0), args.int('dim1', 0), args.int('dim2', 1));
    if (!sameShape(build.shape(part), build.shape(args.tensor('src')))) {
      throw new ShapeError(
        `diagonal_scatter: ${showShape(build.shape(args.tensor('src')))} does not fit a diagonal ${showShape(build.shape(part))}`,
      );
    }
    return opaque(cx, 'diagonal_scatter', [x, args.tensor('src')], build.shape(x), build.aval(x).dtype);
  }),
]);

export const selecting: readonly NativeValue[] = [
  ...shared,
  native('torch.where', '(condition, input|x|self=None, other|y=None, *, out=None)', (cx, args) => {
    const condition = args.tensor('condition');
    if (args.optional('input') === null && args.optional('other') === null) return nonzero(cx, condition, true);
    return tensor(cx.build.select(condition, ...operands(cx, args.value('input'), args.value('other'))));
  }),
  op('torch.Tensor.where', '(input, condition, other)', (cx, args) =>
    cx.build.select(args.tensor('condition'), ...operands(cx, args.value('input'), args.value('other'))),
  ),
  native('torch.unravel_index', '(indices, shape)', (cx, args) => {
    const indices = args.tensor('indices');
    const own = cx.build.shape(indices);
    return tuple(
      args.shape('shape').map((_, k) =>
        tensor(
          opaque(
            cx,
            `unravel_index ${k}`,
            [indices],
            own,
            'int64',
            own.map((_dim, axis) => [axis, axis] as const),
          ),
        ),
      ),
    );
  }),
];
