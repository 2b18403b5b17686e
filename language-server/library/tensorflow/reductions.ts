import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type DType, isFloating, ShapeError } from '../../graph/shape.ts';
import { asKnownInt, known } from '../arguments.ts';
import { PythonError, Unknowable } from '../context.ts';
import { strictAxis } from '../numpy/dialect.ts';
import { sizesOf } from '../torch/nested.ts';
import { int, type NativeValue, type Value } from '../values.ts';
import { type TensorCall, tfOp } from './dialect.ts';

/** Functions that combine elements along axes (https://www.tensorflow.org/api_docs/python/tf/math#functions). */

/** Axes as numbers: one, a sequence of them, or what a tensor holds. */
export function axesIn(call: TensorCall, value: Value, rank: number): readonly number[] {
  known(value);
  const items =
    value.kind === 'tensor'
      ? (sizesOf(call.cx, value.node) ?? unknownAxis()).map(int)
      : value.kind === 'int'
        ? [value]
        : call.cx.items(value);
  return items.map((item) => {
    if (item.kind === 'tensor') {
      const [size] = sizesOf(call.cx, item.node) ?? [];
      if (size === undefined || !D.isKnown(size)) return unknownAxis();
      return strictAxis(size, rank);
    }
    return strictAxis(asKnownInt(item, 'axis'), rank);
  });
}

function unknownAxis(): never {
  throw new Unknowable('the axis is not known before it runs');
}

/** The axes that are reduced: all where none are named. */
export function reducedAxes(call: TensorCall, rank: number, name = 'axis'): readonly number[] {
  const value = call.optional(name);
  if (value === null) return Array.from({ length: rank }, (_, axis) => axis);
  const axes = axesIn(call, value, rank);
  if (new Set(axes).size !== axes.length) throw new ShapeError(`axes (${axes.join(', ')}) name one twice`);
  return axes;
}

type Combine = (call: TensorCall, x: NodeId, axes: readonly number[], keep: boolean) => NodeId;

const primitive =
  (name: Parameters<TensorCall['build']['reduce']>[0]): Combine =>
  ({ build }, x, axes, keep) =>
    build.convert(build.reduce(name, x, axes, keep), build.aval(x).dtype);

export const mean: Combine = ({ build }, x, axes, keep) =>
  build.convert(build.mean(x, axes, keep), build.aval(x).dtype);

export const variance: Combine = (call, x, axes, keep) => {
  const { build } = call;
  const centred = build.sub(x, mean(call, x, axes, true));
  return mean(call, build.square(centred), axes, keep);
};

type Takes = (dtype: DType) => boolean;
const isNumber: Takes = (dtype) => dtype !== 'bool';
const isReal: Takes = (dtype) => dtype !== 'bool' && !dtype.startsWith('complex');
const isTruth: Takes = (dtype) => dtype === 'bool';

const reducers: Readonly<Record<string, readonly [Combine, Takes]>> = {
  reduce_sum: [primitive('reduce_sum'), isNumber],
  reduce_mean: [mean, isNumber],
  reduce_prod: [primitive('reduce_prod'), isNumber],
  reduce_max: [primitive('reduce_max'), isReal],
  reduce_min: [primitive('reduce_min'), isReal],
  reduce_all: [primitive('reduce_and'), isTruth],
  reduce_any: [primitive('reduce_or'), isTruth],
  reduce_logsumexp: [
    ({ build }, x, axes, keep) => (axes.length === 0 ? x : build.logSumExp(x, axes, keep)),
    isFloating,
  ],
};

export const reductions: readonly NativeValue[] = [
  ...Object.entries(reducers).flatMap(([name, [combine, takes]]) =>
    tfOp(`${name} math.${name}`, '(input_tensor, axis=None, keepdims=False, name=None)', (call) => {
      const x = call.array('input_tensor');
      const { dtype, shape } = call.build.aval(x);
      if (!takes(dtype)) throw new PythonError('InvalidArgumentError', `${name} is not there for ${dtype}`);
      return combine(call, x, reducedAxes(call, shape.length), call.bool('keepdims', false));
    }),
  ),
];
