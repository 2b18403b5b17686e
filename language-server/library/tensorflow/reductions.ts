import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type DType, dimAt, isFloating, requireEqual, ShapeError, showShape } from '../../graph/shape.ts';
import { asKnownInt, known } from '../arguments.ts';
import { PythonError, Unknowable } from '../context.ts';
import { strictAxis } from '../numpy/dialect.ts';
import { realType } from '../torch/elementwise.ts';
import { numbersOf, sizesOf } from '../torch/nested.ts';
import { except, opaque } from '../torch/opaque.ts';
import { ordered } from '../torch/scans.ts';
import { int, type NativeValue, tensor, tuple, type Value } from '../values.ts';
import { isFraction, isNumber, isReal, sizeIn, type Takes, type TensorCall, tfFunction, tfOp } from './dialect.ts';

/** Functions that combine elements along axes (https://www.tensorflow.org/api_docs/python/tf/math#functions). */

/** Axes as numbers: one, a sequence of them, or what a tensor holds. */
export function axesIn(call: TensorCall, value: Value, rank: number): readonly number[] {
  known(value);
  const items =
    value.kind === 'tensor' ? heldBy(call, value.node) : value.kind === 'int' ? [value] : call.cx.items(value);
  return items.map((item) => {
    const [axis] = item.kind === 'tensor' ? heldBy(call, item.node) : [item];
    return strictAxis(asKnownInt(axis ?? item, 'axis'), rank);
  });
}

/** The numbers that a tensor of axes holds. */
function heldBy(call: TensorCall, node: NodeId): readonly Value[] {
  if (isFloating(call.build.aval(node).dtype))
    throw new PythonError('InvalidArgumentError', 'an axis must be a whole number');
  const sizes = sizesOf(call.cx, node);
  if (sizes === null) throw new Unknowable('the axis is not known before it runs');
  return sizes.map(int);
}

/** The axes that are reduced: all where none are named. */
export function reducedAxes(call: TensorCall, rank: number, name = 'axis'): readonly number[] {
  const value = call.optional(name);
  if (value === null) return Array.from({ length: rank }, (_, axis) => axis);
  if (value.kind === 'float') throw new PythonError('InvalidArgumentError', 'an axis must be a whole number');
  const axes = axesIn(call, value, rank);
  if (new Set(axes).size !== axes.length) throw new ShapeError(`axes (${axes.join(', ')}) name one twice`);
  return axes;
}

export type Combine = (call: TensorCall, x: NodeId, axes: readonly number[], keep: boolean) => NodeId;

const primitive =
  (name: Parameters<TensorCall['build']['reduce']>[0]): Combine =>
  ({ build }, x, axes, keep) =>
    build.convert(build.reduce(name, x, axes, keep), build.aval(x).dtype);

export const mean: Combine = ({ build }, x, axes, keep) =>
  build.convert(build.mean(x, axes, keep), build.aval(x).dtype);

export const variance: Combine = (call, x, axes, keep) => {
  const { build } = call;
  const centred = build.sub(x, mean(call, x, axes, true));
  const real = realType(build.aval(x).dtype);
  return mean(call, build.square(build.convert(build.unary('abs', centred), real)), axes, keep);
};

const norm: Combine = ({ build }, x, axes, keep) => {
  const { dtype } = build.aval(x);
  return build.convert(build.unary('sqrt', build.sum(build.square(x), axes, keep)), dtype);
};

const isTruth: Takes = (dtype) => dtype === 'bool';

/** What each is made of, and which types it takes. */
const reducers: Readonly<Record<string, readonly [Combine, Takes]>> = {
  'reduce_sum math.reduce_sum': [primitive('reduce_sum'), isNumber],
  'reduce_mean math.reduce_mean': [mean, isNumber],
  'reduce_prod math.reduce_prod': [primitive('reduce_prod'), isNumber],
  'reduce_max math.reduce_max': [primitive('reduce_max'), isReal],
  'reduce_min math.reduce_min': [primitive('reduce_min'), isReal],
  'reduce_all math.reduce_all': [primitive('reduce_and'), isTruth],
  'reduce_any math.reduce_any': [primitive('reduce_or'), isTruth],
  'reduce_logsumexp math.reduce_logsumexp': [
    ({ build }, x, axes, keep) => (axes.length === 0 ? x : build.logSumExp(x, axes, keep)),
    isFraction,
  ],
  'math.reduce_variance': [variance, isFloating],
  'math.reduce_std': [(call, x, axes, keep) => call.build.unary('sqrt', variance(call, x, axes, keep)), isFloating],
  'math.reduce_euclidean_norm': [norm, isNumber],
};

function requireType(call: TensorCall, name: string, takes: Takes, x: NodeId): void {
  const { dtype } = call.build.aval(x);
  if (!takes(dtype)) throw new PythonError('InvalidArgumentError', `${name} is not there for ${dtype}`);
}

/** Where the largest or smallest entry of an axis stands: the first, if none is named. */
function placed(name: 'argmax' | 'argmin'): readonly NativeValue[] {
  return tfOp(`${name} math.${name}`, '(input, axis=None, output_type=None, name=None)', (call) => {
    const { build } = call;
    const x = call.array('input');
    requireType(call, name, (dtype) => !dtype.startsWith('complex'), x);
    const shape = build.shape(x);
    const given = call.optional('axis');
    const [axis, ...more] = given === null ? [strictAxis(0, shape.length)] : axesIn(call, given, shape.length);
    if (axis === undefined || more.length > 0)
      throw new PythonError('InvalidArgumentError', `${name} goes along one axis`);
    if (shape[axis] === 0)
      throw new ShapeError(`${name}: reduction axis ${axis} is empty in shape ${showShape(shape)}`);
    const wanted = call.type('output_type') ?? 'int64';
    return build.convert(build.emit(name, { axis }, [x]), wanted);
  });
}

function scanned(
  names: string,
  takes: Takes,
  rule: (call: TensorCall, x: NodeId, axis: number) => NodeId,
): readonly NativeValue[] {
  return tfOp(names, '(x, axis=0, exclusive=False, reverse=False, name=None)', (call) => {
    const { build } = call;
    const x = call.array('x');
    requireType(call, names, takes, x);
    const rank = build.rank(x);
    const given = call.optional('axis');
    const [axis, ...more] = given === null ? [strictAxis(0, rank)] : axesIn(call, given, rank);
    if (axis === undefined || more.length > 0)
      throw new PythonError('InvalidArgumentError', `${names} goes along one axis`);
    const { shape, dtype } = build.aval(x);
    if (call.bool('exclusive', false) || call.bool('reverse', false))
      return opaque(call.cx, names, [x], shape, dtype, except(rank, axis));
    return build.convert(rule(call, x, axis), dtype);
  });
}

/** Entries in order along the last axis, or another. */
function sorted(name: 'sort' | 'argsort'): readonly NativeValue[] {
  const parameters =
    name === 'sort'
      ? 'values, axis=-1, direction=None, name=None'
      : 'values, axis=-1, direction=None, stable=False, name=None';
  return tfOp(name, `(${parameters})`, (call) => {
    const { build, cx } = call;
    const x = call.array('values');
    const direction = call.string('direction', 'ASCENDING');
    if (direction !== 'ASCENDING' && direction !== 'DESCENDING')
      throw new PythonError('ValueError', 'Argument `direction` should be one of ASCENDING or DESCENDING');
    requireType(call, name, isReal, x);
    const axis = strictAxis(call.int('axis', -1), build.rank(x));
    const [values, places] = ordered(cx, x, axis, direction === 'DESCENDING');
    return name === 'sort' ? values : build.convert(places, 'int32');
  });
}

function topK(call: TensorCall): Value {
  const { build, cx } = call;
  const x = call.array('input');
  requireType(call, 'top_k', isReal, x);
  const shape = build.shape(x);
  if (shape.length === 0) throw new ShapeError('top_k needs a tensor with at least one axis');
  const k = sizeIn(cx, call.optional('k') ?? int(1));
  const dim = dimAt(shape, shape.length - 1);
  if (D.isKnown(k) && (k < 0 || (D.isKnown(dim) && k > dim)))
    throw new ShapeError(`top_k: there are not ${k} of ${D.show(dim)}`);
  const [values, places] = ordered(cx, x, shape.length - 1, true);
  const part = (node: NodeId): NodeId => build.sliceAxis(node, shape.length - 1, 0, k);
  return tuple(
    [
      tensor(part(values), 'tensorflow'),
      tensor(build.convert(part(places), call.type('index_type') ?? 'int32'), 'tensorflow'),
    ],
    ['values', 'indices'],
  );
}

/** Sums and the like of the rows of each segment. */
function segments(name: string): readonly NativeValue[] {
  return [
    ...tfOp(`math.segment_${name}`, '(data, segment_ids, name=None)', (call) => {
      const { build, cx } = call;
      const [data, ids] = [call.array('data'), call.array('segment_ids')];
      const { shape, dtype } = build.aval(data);
      if (build.rank(ids) !== 1) throw new ShapeError('segment_ids must be a vector');
      requireEqual(dimAt(build.shape(ids), 0), dimAt(shape, 0), () => 'one segment for each row is wanted');
      const last = numbersOf(cx, ids)?.at(-1);
      return opaque(
        cx,
        `segment_${name}`,
        [data, ids],
        [last === undefined ? cx.freshSize('n') : last + 1, ...shape.slice(1)],
        dtype,
      );
    }),
    ...tfOp(`math.unsorted_segment_${name}`, '(data, segment_ids, num_segments, name=None)', (call) => {
      const { build, cx } = call;
      const [data, ids] = [call.array('data'), call.array('segment_ids')];
      const { shape, dtype } = build.aval(data);
      const own = build.shape(ids);
      if (own.length > shape.length) throw new ShapeError(`segments ${showShape(own)} of data ${showShape(shape)}`);
      own.forEach((dim, k) => {
        requireEqual(dim, dimAt(shape, k), () => `segments ${showShape(own)} of data ${showShape(shape)}`);
      });
      const count = sizeIn(cx, call.value('num_segments'));
      if (D.isKnown(count) && count < 0)
        throw new PythonError('InvalidArgumentError', 'num_segments must be non-negative');
      return opaque(cx, `unsorted_segment_${name}`, [data, ids], [count, ...shape.slice(own.length)], dtype);
    }),
  ];
}

function searchSorted(call: TensorCall): NodeId {
  const { build } = call;
  const [sequence, values] = call.pair('sorted_sequence', 'values');
  const [own, given] = [build.shape(sequence), build.shape(values)];
  if (own.length !== given.length || own.length === 0) throw new Unknowable('a search in these shapes is not followed');
  own.slice(0, -1).forEach((dim, k) => {
    requireEqual(
      dim,
      dimAt(given, k),
      () => `searchsorted: ${showShape(own)} and ${showShape(given)} differ before the last axis`,
    );
  });
  return opaque(call.cx, 'searchsorted', [values, sequence], given, call.type('out_type') ?? 'int32');
}

export const reductions: readonly NativeValue[] = [
  ...Object.entries(reducers).flatMap(([names, [combine, takes]]) =>
    tfOp(names, '(input_tensor, axis=None, keepdims=False, name=None)', (call) => {
      const x = call.array('input_tensor');
      requireType(call, names, takes, x);
      return combine(call, x, reducedAxes(call, call.build.rank(x)), call.bool('keepdims', false));
    }),
  ),
  ...tfOp('math.count_nonzero', '(input, axis=None, keepdims=None, dtype=None, name=None)', (call) => {
    const { build } = call;
    const x = call.array('input');
    const { dtype } = build.aval(x);
    const isOne = build.binary('ne', x, build.full([], 0, dtype));
    const counts = build.sum(
      build.convert(isOne, 'int64'),
      reducedAxes(call, build.rank(x)),
      call.bool('keepdims', false),
    );
    return build.convert(counts, call.type('dtype') ?? 'int64');
  }),
  ...tfOp('math.zero_fraction nn.zero_fraction', '(value, name=None)', (call) => {
    const { build } = call;
    const x = call.array('value');
    return build.mean(build.convert(build.binary('eq', x, build.full([], 0, build.aval(x).dtype)), 'float32'));
  }),
  ...tfOp('math.lbeta', '(x, name=None)', (call) => {
    const { build } = call;
    const x = call.array('x');
    requireType(call, 'lbeta', isFraction, x);
    const { shape, dtype } = build.aval(x);
    if (shape.length === 0) throw new Unknowable('lbeta of a number is not followed');
    return opaque(call.cx, 'lbeta', [x], shape.slice(0, -1), dtype, except(shape.length, shape.length - 1));
  }),
  ...['is_non_decreasing', 'is_strictly_increasing'].flatMap((name) =>
    tfOp(`math.${name}`, '(x, name=None)', (call) => {
      const x = call.array('x');
      requireType(call, name, isReal, x);
      return opaque(call.cx, name, [x], [], 'bool');
    }),
  ),
  ...placed('argmax'),
  ...placed('argmin'),
  ...scanned('cumsum math.cumsum', isNumber, ({ build }, x, axis) => build.emit('cumsum', { axis }, [x])),
  ...scanned('math.cumprod', isNumber, ({ build }, x, axis) => build.emit('cumprod', { axis }, [x])),
  ...scanned('math.cumulative_logsumexp', isFraction, ({ build, cx }, x, axis) => {
    const { shape, dtype } = build.aval(x);
    return opaque(cx, 'cumulative_logsumexp', [x], shape, dtype, except(shape.length, axis));
  }),
  ...sorted('sort'),
  ...sorted('argsort'),
  ...['math.top_k', 'nn.top_k'].map((name) =>
    tfFunction(name, '(input, k=1, sorted=True, index_type=None, name=None)', topK),
  ),
  ...['math.in_top_k', 'nn.in_top_k'].flatMap((name) =>
    tfOp(name, '(targets, predictions, k, name=None)', (call) => {
      const { build } = call;
      const [targets, predictions] = [call.array('targets'), call.array('predictions')];
      if (build.rank(targets) !== 1 || build.rank(predictions) !== 2)
        throw new ShapeError('in_top_k takes a vector and a matrix');
      requireEqual(
        dimAt(build.shape(targets), 0),
        dimAt(build.shape(predictions), 0),
        () => 'as many targets as rows are wanted',
      );
      return opaque(call.cx, 'in_top_k', [predictions, targets], build.shape(targets), 'bool', [[0, 0]]);
    }),
  ),
  ...tfOp('searchsorted', "(sorted_sequence, values, side='left', out_type=None, name=None)", searchSorted),
  ...tfOp(
    'math.bincount',
    '(arr, weights=None, minlength=None, maxlength=None, dtype=None, name=None, axis=None, binary_output=False)',
    (call) => {
      const x = call.array('arr');
      if (call.optional('axis') !== null || call.optional('weights') !== null || isFloating(call.build.aval(x).dtype))
        throw new Unknowable('this count is not followed');
      const dtype: DType = call.type('dtype') ?? 'int32';
      return opaque(call.cx, 'bincount', [x], [call.cx.freshSize('n')], dtype);
    },
  ),
  ...tfOp(
    'math.confusion_matrix',
    '(labels, predictions, num_classes=None, weights=None, dtype=None, name=None)',
    (call) => {
      const [labels, predictions] = [call.array('labels'), call.array('predictions')];
      const count =
        call.optional('num_classes') === null ? call.cx.freshSize('n') : sizeIn(call.cx, call.value('num_classes'));
      return opaque(call.cx, 'confusion_matrix', [labels, predictions], [count, count], call.type('dtype') ?? 'int32');
    },
  ),
  ...tfOp('histogram_fixed_width', '(values, value_range, nbins=100, dtype=None, name=None)', (call) =>
    opaque(
      call.cx,
      'histogram',
      [call.array('values')],
      [sizeIn(call.cx, call.optional('nbins') ?? int(100))],
      call.type('dtype') ?? 'int32',
    ),
  ),
  ...['sum', 'mean', 'max', 'min', 'prod'].flatMap(segments),
  tfFunction('unique', '(x, out_idx=None, name=None)', (call) => {
    const { build, cx } = call;
    const x = call.array('x');
    const { shape, dtype } = build.aval(x);
    if (shape.length !== 1) throw new ShapeError(`unique expects a vector, not ${showShape(shape)}`);
    const values = numbersOf(cx, x);
    const count = values === null ? cx.freshSize('n') : new Set(values).size;
    const index = opaque(cx, 'unique idx', [x], shape, call.type('out_idx') ?? 'int32');
    return tuple(
      [tensor(opaque(cx, 'unique', [x], [count], dtype), 'tensorflow'), tensor(index, 'tensorflow')],
      ['y', 'idx'],
    );
  }),
];
