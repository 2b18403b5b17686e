import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type DType, dimAt, isFloating, requireEqual, type Shape, ShapeError, showShape } from '../../graph/shape.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { strictAxis } from '../numpy/dialect.ts';
import { placesOf, subscript } from '../torch/indexing.ts';
import { numbersOf } from '../torch/nested.ts';
import { opaque } from '../torch/opaque.ts';
import { ellipsis, int, list, type NativeValue, none, type SliceValue, tensor, tuple, type Value } from '../values.ts';
import { asTensor, dtypeOf, isReal, sizeIn, sizesIn, type TensorCall, tfFunction, tfOp } from './dialect.ts';
import { isEager } from './eager.ts';
import { axesIn } from './reductions.ts';

/** Picking and replacing entries (https://www.tensorflow.org/api_docs/python/tf/gather). */

/** Whole numbers that stand for places. */
function places(call: TensorCall, name: string): NodeId {
  const node = call.array(name);
  const { dtype } = call.build.aval(node);
  if (!['int32', 'int64', 'int16', 'uint16'].includes(dtype))
    throw new PythonError('InvalidArgumentError', `places must be whole numbers, not ${dtype}`);
  return node;
}

/** A graph looks at places only when it runs, and drops what nothing needs. */
function outOfRange(cx: Context, place: number, dim: Dim): never {
  if (!isEager(cx)) throw new Unknowable('whether a graph runs what nothing needs is not known');
  throw new ShapeError(`index ${place} is not in [0, ${D.show(dim)})`);
}

/** Refuses places that are surely out of range. */
function requireInside(call: TensorCall, node: NodeId, dim: Dim): void {
  const outside = D.isKnown(dim) ? numbersOf(call.cx, node)?.find((value) => value < 0 || value >= dim) : undefined;
  if (outside !== undefined) outOfRange(call.cx, outside, dim);
}

/** Entries along an axis, sample by sample where the first axes are batches of both. */
export function gathered(call: TensorCall, x: NodeId, index: NodeId, axis: number, batches: number): NodeId {
  const { build, cx } = call;
  const [own, wanted] = [build.shape(x), build.shape(index)];
  requireInside(call, index, dimAt(own, axis));
  if (batches === 0) return build.emit('gather', { axes: [axis], position: axis }, [x, index]);
  wanted.slice(0, batches).forEach((dim, k) => {
    requireEqual(
      dim,
      dimAt(own, k),
      () => `gather: ${showShape(own)} and ${showShape(wanted)} are not batches of one size`,
    );
  });
  const shape = [...own.slice(0, axis), ...wanted.slice(batches), ...own.slice(axis + 1)];
  const constant = numbersOf(cx, index) !== null;
  const kept = constant ? Array.from({ length: batches }, (_, k) => [k, k] as const) : [];
  return opaque(cx, 'gather', [x, index], shape, build.aval(x).dtype, kept);
}

function gather(call: TensorCall): NodeId {
  const { build } = call;
  const [x, index] = [call.array('params'), places(call, 'indices')];
  const [rank, indexRank] = [build.rank(x), build.rank(index)];
  const given = call.int('batch_dims', 0);
  const batches = given < 0 ? given + indexRank : given;
  if (rank === 0) throw new ShapeError('params must be at least 1 dimensional');
  if (batches < 0 || batches > indexRank || batches >= rank)
    throw new ShapeError(`gather: ${given} batch axes of ${showShape(build.shape(index))}`);
  const named = call.optional('axis');
  const [axis, ...more] = named === null ? [batches] : axesIn(call, named, rank);
  if (axis === undefined || more.length > 0)
    throw new PythonError('InvalidArgumentError', 'gather goes along one axis');
  if (axis < batches) throw new ShapeError('batch_dims must be less than or equal to axis');
  return gathered(call, x, index, axis, batches);
}

/** Slices at places of several axes, which the last axis of the indices names. */
function gatherNd(call: TensorCall): NodeId {
  const { build, cx } = call;
  const [x, index] = [call.array('params'), places(call, 'indices')];
  const [own, wanted] = [build.shape(x), build.shape(index)];
  const batches = call.int('batch_dims', 0);
  if (wanted.length === 0 || own.length === 0) throw new ShapeError('gather_nd needs tensors with at least one axis');
  const depth = dimAt(wanted, wanted.length - 1);
  if (!D.isKnown(depth)) throw new Unknowable('how many axes the indices name is not known');
  if (batches < 0 || batches >= wanted.length || batches > own.length)
    throw new ShapeError(`gather_nd: ${batches} batch axes`);
  if (depth + batches > own.length) throw new ShapeError(`indices of ${depth} axes into ${showShape(own)}`);
  const shape = [...wanted.slice(0, -1), ...own.slice(batches + depth)];
  if (batches > 0) {
    wanted.slice(0, batches).forEach((dim, k) => {
      requireEqual(
        dim,
        dimAt(own, k),
        () => `gather_nd: ${showShape(own)} and ${showShape(wanted)} are not batches of one size`,
      );
    });
    return opaque(cx, 'gather_nd', [x, index], shape, build.aval(x).dtype);
  }
  if (depth === 0) throw new Unknowable('indices of no axes are not followed');
  const numbers = numbersOf(cx, index);
  const columns = Array.from({ length: depth }, (_, k) => {
    const column = numbers?.filter((_value, at) => at % depth === k);
    const node =
      column === undefined
        ? build.take(index, wanted.length - 1, k)
        : build.emit('literal', { values: column, shape: wanted.slice(0, -1), dtype: build.aval(index).dtype });
    requireInside(call, node, dimAt(own, k));
    return node;
  });
  return build.emit('gather', { axes: columns.map((_, k) => k), position: 0 }, [x, ...columns]);
}

function booleanMask(call: TensorCall): NodeId {
  const { build, cx } = call;
  const [x, mask] = [call.array('tensor'), call.array('mask')];
  if (build.aval(mask).dtype !== 'bool') throw new Unknowable('a mask of numbers is not followed');
  const [own, shape] = [build.shape(x), build.shape(mask)];
  if (shape.length === 0) throw new ShapeError('mask cannot be scalar.');
  const axis = call.optional('axis') === null ? 0 : strictAxis(call.int('axis'), Math.max(1, own.length));
  shape.forEach((dim, k) => {
    requireEqual(dim, dimAt(own, axis + k), () => `Shapes ${showShape(own)} and ${showShape(shape)} are incompatible`);
  });
  const whole: SliceValue = { kind: 'slice', lower: none, upper: none, step: none };
  const index = tuple([...Array.from({ length: axis }, () => whole), tensor(mask, 'torch')]);
  return subscript(cx, x, index, 'torch');
}

/** Where a condition holds; or one of two values by it. */
function where(call: TensorCall): NodeId {
  const { build, cx } = call;
  const given = call.value('condition');
  const [x, y] = [call.optional('x'), call.optional('y')];
  if (x === null && y === null) {
    const condition = asTensor(cx, given);
    const found = placesOf(cx, build.convert(condition, 'bool'));
    const [first] = found;
    if (first === undefined) throw new Unknowable('where a number is true is not followed');
    return build.stack(
      found.map((node) => build.convert(node, 'int64')),
      1,
    );
  }
  if (x === null || y === null) throw new PythonError('ValueError', 'x and y must both be non-None or both be None.');
  const condition = asTensor(cx, given, 'bool');
  if (build.aval(condition).dtype !== 'bool')
    throw new PythonError('InvalidArgumentError', 'a condition must be a truth');
  const [a, b] = call.together([x, y]);
  if (a === undefined || b === undefined) throw new RangeError('two operands in, two out');
  return build.select(condition, a, b);
}

function oneHot(call: TensorCall): NodeId {
  const { build, cx } = call;
  const x = call.array('indices');
  if (isFloating(build.aval(x).dtype)) throw new PythonError('InvalidArgumentError', 'places must be whole numbers');
  const depth = sizeIn(cx, call.value('depth'));
  if (D.isKnown(depth) && depth < 0) throw new ShapeError('depth must be non-negative');
  const rank = build.rank(x) + 1;
  const axis = call.int('axis', -1);
  const at = axis === -1 ? rank - 1 : axis;
  if (at < 0 || at >= rank)
    throw new ShapeError(`Expected axis to be -1 or between 0 and ${rank - 1}, but got ${axis}`);
  const asked = call.type('dtype');
  const given = ['on_value', 'off_value'].map((name) => call.optional(name));
  const types = given.flatMap((value) => (value === null ? [] : [build.aval(asTensor(cx, value, asked)).dtype]));
  if (types.some((dtype) => dtype !== (asked ?? types[0])))
    throw new PythonError('TypeError', 'dtypes of on_value and off_value differ');
  const dtype: DType = asked ?? types[0] ?? 'float32';
  const own = build.aval(x).dtype;
  const classes = build.emit('iota', { start: 0, step: 1, shape: [depth], dtype: own });
  const shape = Array.from({ length: rank }, (_, k): Dim => (k === at ? depth : 1));
  const along = build.emit('broadcast_in_dim', { shape, dims: [at] }, [classes]);
  const hot = build.binary('eq', build.expandDims(x, at), along);
  const [on, off] = given.map((value) => (value === null ? null : asTensor(cx, value, dtype)));
  if (on == null && off == null) return build.convert(hot, dtype);
  return build.select(hot, on ?? build.full([], 1, dtype), off ?? build.full([], 0, dtype));
}

function sequenceMask(call: TensorCall): NodeId {
  const { build, cx } = call;
  const lengths = call.array('lengths');
  const dtype = build.aval(lengths).dtype;
  const given = call.optional('maxlen');
  const numbers = numbersOf(cx, lengths);
  const most = given === null ? (numbers === null ? cx.freshSize('n') : Math.max(0, ...numbers)) : sizeIn(cx, given);
  if (isFloating(dtype)) throw new Unknowable('masks by lengths with a fraction are not followed');
  const steps = build.emit('iota', { start: 0, step: 1, shape: [most], dtype });
  const mask = build.binary('lt', steps, build.expandDims(lengths, build.rank(lengths)));
  const wanted = call.optional('dtype');
  return wanted === null ? mask : build.convert(mask, dtypeOf(wanted));
}

/** Updates at places that the last axis of the indices names; the shape of what is changed is the result's. */
function scattered(call: TensorCall, name: string, x: NodeId | null, shape: Shape, dtype: DType): NodeId {
  const { build, cx } = call;
  const [index, updates] = [places(call, 'indices'), call.array('updates')];
  const [wanted, given] = [build.shape(index), build.shape(updates)];
  if (wanted.length === 0) throw new ShapeError('indices need at least one axis');
  if (wanted.length === 1 && x === null) throw new Unknowable('one index for all updates is not followed');
  const depth = dimAt(wanted, wanted.length - 1);
  if (!D.isKnown(depth)) throw new Unknowable('how many axes the indices name is not known');
  if (depth > shape.length) throw new ShapeError(`indices of ${depth} axes into ${showShape(shape)}`);
  const region = [...wanted.slice(0, -1), ...shape.slice(depth)];
  const misfit = (): string => `updates ${showShape(given)} where ${showShape(region)} is wanted`;
  if (region.length !== given.length) throw new ShapeError(misfit());
  region.forEach((dim, k) => {
    requireEqual(dim, dimAt(given, k), misfit);
  });
  numbersOf(cx, index)?.forEach((value, k) => {
    const dim = shape[k % depth];
    if (dim !== undefined && D.isKnown(dim) && (value < 0 || value >= dim)) outOfRange(cx, value, dim);
  });
  const rows = depth === 0 ? [] : shape.flatMap((_, k) => (k < depth ? [] : [[k, k] as const]));
  return opaque(cx, name, x === null ? [updates, index] : [x, updates, index], shape, dtype, x === null ? [] : rows);
}

function scatterNew(call: TensorCall): NodeId {
  const shape = sizesIn(call.cx, call.value('shape'));
  return scattered(call, 'scatter_nd', null, shape, call.build.aval(call.array('updates')).dtype);
}

function scatterInto(name: string): readonly NativeValue[] {
  return tfOp(`tensor_scatter_nd_${name}`, "(tensor, indices, updates, bad_indices_policy='', name=None)", (call) => {
    const { build, cx } = call;
    const x = call.array('tensor');
    const { shape, dtype } = build.aval(x);
    const given = build.aval(asTensor(cx, call.value('updates'), dtype)).dtype;
    if (given !== dtype) throw new PythonError('InvalidArgumentError', `updates of ${given} for a tensor of ${dtype}`);
    if (name !== 'update' && (dtype === 'bool' || ((name === 'min' || name === 'max') && !isReal(dtype))))
      throw new PythonError('InvalidArgumentError', `tensor_scatter_nd_${name} is not there for ${dtype}`);
    return scattered(call, `tensor_scatter_nd_${name}`, x, shape, dtype);
  });
}

/** `x[begin:end:strides]`, with masks that say which of them count. */
function stridedSlice(call: TensorCall): NodeId {
  const { cx } = call;
  const x = call.array('input_');
  const [begin, end] = [sizesIn(cx, call.value('begin')), sizesIn(cx, call.value('end'))];
  const given = call.optional('strides');
  const strides = given === null ? begin.map(() => 1) : sizesIn(cx, given);
  const masks = ['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'].map((name) =>
    call.int(name, 0),
  );
  const [fromStart = 0, toEnd = 0, dots = 0, added = 0, dropped = 0] = masks;
  if (begin.length !== end.length || begin.length !== strides.length)
    throw new ShapeError('begin, end and strides must be of one length');
  const has = (mask: number, k: number): boolean => Math.floor(mask / 2 ** k) % 2 === 1;
  const parts = begin.map((from, k): Value => {
    if (has(dots, k)) return ellipsis;
    if (has(added, k)) return none;
    if (has(dropped, k)) return int(from);
    return {
      kind: 'slice',
      lower: has(fromStart, k) ? none : int(from),
      upper: has(toEnd, k) ? none : int(end[k] ?? 0),
      step: int(strides[k] ?? 1),
    };
  });
  return subscript(cx, x, tuple(parts), 'tensorflow');
}

/** Rows by the part that each belongs to. */
function partitioned(call: TensorCall): Value {
  const { build, cx } = call;
  const [data, parts] = [call.array('data'), call.array('partitions')];
  const { shape, dtype } = build.aval(data);
  const own = build.shape(parts);
  own.forEach((dim, k) => {
    requireEqual(dim, dimAt(shape, k), () => `partitions ${showShape(own)} of data ${showShape(shape)}`);
  });
  const numbers = numbersOf(cx, parts);
  return list(
    Array.from({ length: call.int('num_partitions') }, (_, k) => {
      const count = numbers === null ? cx.freshSize('n') : numbers.filter((number) => number === k).length;
      return tensor(
        opaque(cx, 'dynamic_partition', [data, parts], [count, ...shape.slice(own.length)], dtype),
        'tensorflow',
      );
    }),
  );
}

export const selecting: readonly NativeValue[] = [
  ...tfOp('gather', '(params, indices, validate_indices=None, axis=None, batch_dims=0, name=None)', gather),
  ...tfOp('gather_nd', "(params, indices, batch_dims=0, name=None, bad_indices_policy='')", gatherNd),
  ...tfOp('boolean_mask', "(tensor, mask, axis=None, name='boolean_mask')", booleanMask),
  ...tfOp('where', '(condition, x=None, y=None, name=None)', where),
  ...tfOp('one_hot', '(indices, depth, on_value=None, off_value=None, axis=None, dtype=None, name=None)', oneHot),
  ...tfOp('sequence_mask', '(lengths, maxlen=None, dtype=None, name=None)', sequenceMask),
  ...tfOp('scatter_nd', "(indices, updates, shape, bad_indices_policy='', name=None)", scatterNew),
  ...['update', 'add', 'sub', 'min', 'max'].flatMap(scatterInto),
  ...tfOp(
    'strided_slice',
    '(input_, begin, end, strides=None, begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0, var=None, name=None)',
    stridedSlice,
  ),
  tfFunction('dynamic_partition', '(data, partitions, num_partitions, name=None)', partitioned),
];
