import type { Dim } from '../dim.ts';
import * as D from '../dim.ts';
import { along, combineFreely, type Flow, meet, reduceLinearly, renameAxes } from '../flow.ts';
import { type Aval, dimAt, promote, requireEqual, type Shape, ShapeError, showShape, sizeOf } from '../shape.ts';
import { type Family, operand } from './primitive.ts';

/** Products that sum over axes: the bulk of all arithmetic. */
export interface ProductParams {
  /**
   * Sums of products over `contract` axes, one product for each `batch` index; the result has the batch axes,
   * then the left operand's free axes, then the right's (as `jax.lax.dot_general`).
   */
  readonly dot_general: DotParams;
  /**
   * Cross-correlation of (n, c, *space) with (o, c / groups, *window) (as `torch.nn.functional.conv1d/2d/3d`).
   * `transposed` is its adjoint, with weights (c, o / groups, *window) (as `conv_transpose`).
   */
  readonly conv: ConvParams;
  /** The largest or the mean of each window over the last axes of (n, c, *space). */
  readonly reduce_window: WindowParams;
}

export interface DotParams {
  readonly contract: readonly [left: readonly number[], right: readonly number[]];
  readonly batch: readonly [left: readonly number[], right: readonly number[]];
}

export interface ConvParams {
  readonly stride: readonly number[];
  readonly padding: readonly (readonly [low: number, high: number])[];
  readonly dilation: readonly number[];
  readonly groups: number;
  /** null for a plain convolution; for a transposed one, what is added to the output's far side. */
  readonly transposed: { readonly outputPadding: readonly number[] } | null;
}

export interface WindowParams {
  readonly how: 'max' | 'mean';
  readonly window: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly (readonly [low: number, high: number])[];
  readonly dilation: readonly number[];
  /** Whether a last, partial window counts. */
  readonly ceil: boolean;
  /** For means: whether padding counts as elements. */
  readonly countPadding: boolean;
}

/** The operand's axes that are neither batch nor contracted. */
export function freeAxes(rank: number, contract: readonly number[], batch: readonly number[]): number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter(
    (axis) => !contract.includes(axis) && !batch.includes(axis),
  );
}

/** Where each axis of an operand lies in the result; null where it is summed over. */
function placeInDot(params: DotParams, side: 0 | 1, ranks: readonly [number, number]): (axis: number) => number | null {
  const batch = params.batch[side];
  const free = freeAxes(ranks[side], params.contract[side], batch);
  const before = side === 0 ? 0 : freeAxes(ranks[0], params.contract[0], params.batch[0]).length;
  return (axis) => {
    if (batch.includes(axis)) return batch.indexOf(axis);
    const k = free.indexOf(axis);
    return k < 0 ? null : batch.length + before + k;
  };
}

export function windowedSize(
  space: Dim,
  window: number,
  stride: number,
  padding: Dim,
  dilation: number,
  ceil: boolean,
): Dim {
  const reach = D.sub(D.add(space, padding), dilation * (window - 1) + 1);
  if (D.isKnown(reach) && reach < 0) {
    throw new ShapeError(
      `a window of ${dilation * (window - 1) + 1} is larger than the padded size ${D.show(D.add(space, padding))}`,
    );
  }
  return D.add(D.floorDiv(ceil ? D.add(reach, stride - 1) : reach, stride), 1);
}

function convShape(x: Aval, weight: Aval, params: ConvParams): Shape {
  const space = x.shape.slice(2);
  const [n, c] = [dimAt(x.shape, 0), dimAt(x.shape, 1)];
  const { groups, transposed } = params;
  const window = weight.shape.slice(2);
  if (transposed === null) {
    requireEqual(
      c,
      D.mul(dimAt(weight.shape, 1), groups),
      () =>
        `weights ${showShape(weight.shape)} in ${groups} group(s) do not take ${D.show(c)} channels of ${showShape(x.shape)}`,
    );
  } else {
    requireEqual(
      c,
      dimAt(weight.shape, 0),
      () => `transposed weights ${showShape(weight.shape)} do not take ${D.show(c)} channels of ${showShape(x.shape)}`,
    );
  }
  const sizes = space.map((dim, k) => {
    const [low, high] = operand(params.padding, k);
    const [stride, dilation] = [operand(params.stride, k), operand(params.dilation, k)];
    const reach = dimAt(window, k);
    if (transposed === null) {
      if (!D.isKnown(reach))
        return D.add(D.floorDiv(D.sub(D.add(dim, low + high), D.add(D.mul(D.sub(reach, 1), dilation), 1)), stride), 1);
      return windowedSize(dim, reach, stride, low + high, dilation, false);
    }
    const full = D.add(D.mul(D.sub(dim, 1), stride), D.add(D.mul(D.sub(reach, 1), dilation), 1));
    return D.add(D.sub(full, low + high), operand(transposed.outputPadding, k));
  });
  return [n, transposed === null ? dimAt(weight.shape, 0) : D.mul(dimAt(weight.shape, 1), groups), ...sizes];
}

/** Whether the window is one entry along an axis of (n, c, *space), so that each entry of it stays by itself. */
function isPointwise({ stride, padding, transposed }: ConvParams, weight: Aval, axis: number): boolean {
  if (axis < 2 || transposed !== null || weight.shape[axis] !== 1) return false;
  const [low, high] = operand(padding, axis - 2);
  return operand(stride, axis - 2) === 1 && low === 0 && high === 0;
}

export const products: Family<ProductParams> = {
  dot_general: {
    aval: (operands, { contract, batch }) => {
      const [a, b] = [operand(operands, 0), operand(operands, 1)];
      const fit = (left: readonly number[], right: readonly number[]): void =>
        left.forEach((axis, k) => {
          const [m, n] = [dimAt(a.shape, axis), dimAt(b.shape, operand(right, k))];
          requireEqual(
            m,
            n,
            () => `${showShape(a.shape)} and ${showShape(b.shape)} do not fit: ${D.show(m)} against ${D.show(n)}`,
          );
        });
      fit(contract[0], contract[1]);
      fit(batch[0], batch[1]);
      return {
        shape: [
          ...batch[0].map((axis) => dimAt(a.shape, axis)),
          ...freeAxes(a.shape.length, contract[0], batch[0]).map((axis) => dimAt(a.shape, axis)),
          ...freeAxes(b.shape.length, contract[1], batch[1]).map((axis) => dimAt(b.shape, axis)),
        ],
        dtype: promote(a.dtype, b.dtype),
      };
    },
    flow: ({ flows, avals, params, node }) => {
      const ranks = [operand(avals, 0).shape.length, operand(avals, 1).shape.length] as const;
      const [a, b] = [operand(flows, 0), operand(flows, 1)];
      const [placeA, placeB] = [placeInDot(params, 0, ranks), placeInDot(params, 1, ranks)];
      if (b.kind === 'constant') return reduceLinearly(a, params.contract[0], placeA, node);
      if (a.kind === 'constant') return reduceLinearly(b, params.contract[1], placeB, node);
      if (a.kind === 'along' && b.kind === 'along') return bothAlong(a, b, params, placeA, placeB, node);
      return meet([a, b], 'product', node);
    },
    flops: (operands, result, { contract }) => {
      const a = operand(operands, 0);
      return D.mul(D.mul(sizeOf(result.shape), D.product(contract[0].map((axis) => dimAt(a.shape, axis)))), 2);
    },
  },
  conv: {
    aval: (operands, params) => ({
      shape: convShape(operand(operands, 0), operand(operands, 1), params),
      dtype: promote(operand(operands, 0).dtype, operand(operands, 1).dtype),
    }),
    flow: ({ flows, params, node, result, avals }) => {
      const [x, weight] = [operand(flows, 0), operand(flows, 1)];
      const axes = result.shape.map((_, axis) => axis).slice(1);
      if (weight.kind === 'constant') {
        const alone = (axis: number): boolean => axis === 0 || isPointwise(params, operand(avals, 1), axis);
        const summed = axes.filter((axis) => !alone(axis));
        return reduceLinearly(x, summed, (axis) => (alone(axis) ? axis : null), node);
      }
      // The weights' output channels are the result's.
      if (x.kind === 'constant') return reduceLinearly(weight, axes, (axis) => (axis === 0 ? 1 : null), node);
      return meet(
        [x, weight].map((flow) => (flow.kind === 'along' ? { kind: 'mixed', by: node } : flow)),
        'product',
        node,
      );
    },
    flops: (operands, result, { groups, transposed }) => {
      const weight = operand(operands, 1).shape;
      const perOutput = D.product(weight.slice(transposed === null ? 1 : 2));
      const base =
        transposed === null ? sizeOf(result.shape) : D.mul(sizeOf(operand(operands, 0).shape), dimAt(weight, 1));
      return D.mul(D.mul(base, perOutput), groups === 0 ? 0 : 2);
    },
  },
  reduce_window: {
    aval: (operands, params) => {
      const x = operand(operands, 0);
      const lead = x.shape.length - params.window.length;
      const sizes = x.shape.slice(lead).map((dim, k) => {
        const [low, high] = operand(params.padding, k);
        const [window, stride] = [operand(params.window, k), operand(params.stride, k)];
        const count = windowedSize(dim, window, stride, low + high, operand(params.dilation, k), params.ceil);
        // A last window that would start in the far padding is left out (torch's pooling_output_shape).
        const reach = operand(params.dilation, k) * (window - 1) + 1;
        if (params.ceil && !D.isKnown(count) && stride + high > reach)
          return D.floorDiv(D.add(dim, low + stride - 1), stride);
        const startsOutside = D.isKnown(count) && D.isKnown(dim) && params.ceil && (count - 1) * stride >= dim + low;
        return startsOutside ? D.sub(count, 1) : count;
      });
      return { shape: [...x.shape.slice(0, lead), ...sizes], dtype: x.dtype };
    },
    flow: ({ flows, avals, params, node }) => {
      const rank = operand(avals, 0).shape.length;
      const space = Array.from({ length: rank }, (_, axis) => axis).slice(rank - params.window.length);
      const rename = (axis: number): number | null => (space.includes(axis) ? null : axis);
      const x = operand(flows, 0);
      return params.how === 'mean' ? reduceLinearly(x, space, rename, node) : combineFreely(x, space, rename, node);
    },
    flops: (_operands, result, { window }) =>
      D.mul(
        sizeOf(result.shape),
        window.reduce((a, b) => a * b, 1),
      ),
  },
};

function bothAlong(
  a: Extract<Flow, { kind: 'along' }>,
  b: Extract<Flow, { kind: 'along' }>,
  params: DotParams,
  placeA: (axis: number) => number | null,
  placeB: (axis: number) => number | null,
  node: Parameters<typeof meet>[2],
): Flow {
  const mixed: Flow = { kind: 'mixed', by: node };
  const [left, right] = [renameAxes(a, placeA, mixed), renameAxes(b, placeB, mixed)];
  // Batches summed against each other, sample with sample: a sum over samples of terms of one sample each.
  const paired = a.axes.some((x) =>
    b.axes.some((y) => {
      const k = params.contract[0].indexOf(x.axis);
      return k >= 0 && params.contract[1][k] === y.axis && D.equal(x.inner, y.inner) && D.equal(x.outer, y.outer);
    }),
  );
  const common =
    left.kind === 'along' && right.kind === 'along'
      ? left.axes.filter((x) =>
          right.axes.some((y) => x.axis === y.axis && D.equal(x.inner, y.inner) && D.equal(x.outer, y.outer)),
        )
      : [];
  if (common.length > 0) return along(common, false, mixed);
  if (!paired) return mixed;
  // A block-diagonal factor hands the other's sample on to its own free axis.
  if (a.zeroOff && left.kind === 'along') return left;
  if (b.zeroOff && right.kind === 'along') return right;
  return { kind: 'summed', by: node };
}
