import * as D from '../dim.ts';
import { combineFreely, type Flow, reduceLinearly } from '../flow.ts';
import { type DType, dimAt, isFloating, sizeOf } from '../shape.ts';
import { type Family, operand, type Primitive } from './primitive.ts';

/** Functions that combine the elements along some axes. Reduced axes go away. */
export interface ReductionParams {
  readonly reduce_sum: Axes;
  readonly reduce_prod: Axes;
  readonly reduce_max: Axes;
  readonly reduce_min: Axes;
  readonly reduce_and: Axes;
  readonly reduce_or: Axes;
  readonly argmax: Axis;
  readonly argmin: Axis;
  readonly cumsum: Axis;
  readonly cumprod: Axis;
  readonly cummax: Axis;
  readonly sort: Axis & { readonly descending: boolean };
  readonly argsort: Axis & { readonly descending: boolean };
}

interface Axes {
  readonly axes: readonly number[];
}
interface Axis {
  readonly axis: number;
}

/** Where an axis stands once others are gone. */
function afterRemoving(removed: readonly number[]): (axis: number) => number | null {
  return (axis) => (removed.includes(axis) ? null : axis - removed.filter((gone) => gone < axis).length);
}

const same = (dtype: DType): DType => dtype;
const summedType = (dtype: DType): DType => (isFloating(dtype) ? dtype : 'int64');

function reducer(linear: boolean, dtype: (operand: DType) => DType): Primitive<Axes> {
  return {
    aval: (operands, { axes }) => {
      const x = operand(operands, 0);
      return { shape: x.shape.filter((_, axis) => !axes.includes(axis)), dtype: dtype(x.dtype) };
    },
    flow: ({ flows, params: { axes }, node }) => {
      const rename = afterRemoving(axes);
      const x: Flow = operand(flows, 0);
      return linear ? reduceLinearly(x, axes, rename, node) : combineFreely(x, axes, rename, node);
    },
    flops: (operands) => sizeOf(operand(operands, 0).shape),
  };
}

function picker(): Primitive<Axis> {
  return {
    aval: (operands, { axis }) => ({ shape: operand(operands, 0).shape.filter((_, k) => k !== axis), dtype: 'int64' }),
    flow: ({ flows, params: { axis }, node }) => combineFreely(operand(flows, 0), [axis], afterRemoving([axis]), node),
    flops: (operands) => sizeOf(operand(operands, 0).shape),
  };
}

function scanner<P extends Axis>(linear: boolean, dtype: (operand: DType) => DType, flopsPerElement = 1): Primitive<P> {
  return {
    aval: (operands, { axis }) => {
      const x = operand(operands, 0);
      if (x.shape.length > 0) dimAt(x.shape, axis);
      return { shape: x.shape, dtype: dtype(x.dtype) };
    },
    flow: ({ flows, params: { axis }, node }) => {
      const x = operand(flows, 0);
      if (linear && x.kind === 'summed') return x;
      return combineFreely(x, [axis], (k) => (k === axis ? null : k), node);
    },
    flops: (operands) => D.mul(sizeOf(operand(operands, 0).shape), flopsPerElement),
  };
}

export const reductions: Family<ReductionParams> = {
  reduce_sum: reducer(true, summedType),
  reduce_prod: reducer(false, summedType),
  reduce_max: reducer(false, same),
  reduce_min: reducer(false, same),
  reduce_and: reducer(false, () => 'bool'),
  reduce_or: reducer(false, () => 'bool'),
  argmax: picker(),
  argmin: picker(),
  cumsum: scanner(true, summedType),
  cumprod: scanner(false, summedType),
  cummax: scanner(false, same),
  sort: scanner(false, same, 10),
  argsort: scanner(false, () => 'int64', 10),
};
