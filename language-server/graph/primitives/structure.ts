import type { Dim } from '../dim.ts';
import * as D from '../dim.ts';
import { along, alongAxis, type BatchAxis, type Flow, isPlain, meet, renameAxes, sameBatchAxis } from '../flow.ts';
import type { NodeId } from '../graph.ts';
import {
  type Aval,
  broadcastShapes,
  dimAt,
  promote,
  requireEqual,
  type Shape,
  ShapeError,
  showShape,
  sizeOf,
  Undecided,
} from '../shape.ts';
import { type Family, operand, type Primitive } from './primitive.ts';

/** Moving elements about without computing on them. Axes are never negative here. */
export interface StructureParams {
  /** Operand axis k becomes result axis dims[k], stretched from 1 where sizes differ; the other axes are new. */
  readonly broadcast_in_dim: { readonly shape: Shape; readonly dims: readonly number[] };
  readonly reshape: { readonly shape: Shape };
  /** Result axis k is operand axis permutation[k]. */
  readonly transpose: { readonly permutation: readonly number[] };
  /** start, limit and step for every axis; `limit` is at most the size. */
  readonly slice: {
    readonly starts: readonly Dim[];
    readonly limits: readonly Dim[];
    readonly steps: readonly number[];
  };
  /** The index-th entry along an axis, which goes away; `loop` where the index is a loop's own and stands for all. */
  readonly take: { readonly axis: number; readonly index: Dim | 'loop' };
  readonly concatenate: { readonly axis: number };
  /** Padding with `value`; negative amounts cut. */
  readonly pad: { readonly low: readonly Dim[]; readonly high: readonly Dim[]; readonly value: number };
  readonly reverse: { readonly axes: readonly number[] };
  /** Rolls entries round each of the axes by so many places, null where that is not known. */
  readonly roll: { readonly axes: readonly number[]; readonly shifts: readonly (Dim | null)[] };
  /** The entries of axis1 and axis2 at equal (offset) places; the new axis comes last. */
  readonly diagonal: { readonly axis1: number; readonly axis2: number; readonly offset: number };
  /** The last axis spread over a new diagonal of two axes, zero elsewhere; the two come last. */
  readonly diag_embed: { readonly offset: number };
  /** Upper (k and above kept) or lower triangle of the last two axes. */
  readonly triangle: { readonly side: 'upper' | 'lower'; readonly offset: number };
  /**
   * Index tensors (operands 1, 2, ... broadcast together) pick along `axes` of operand 0; their axes stand
   * at `position` of the result (NumPy's advanced indexing).
   */
  readonly gather: { readonly axes: readonly number[]; readonly position: number };
  /** result[..., i, ...] = x[..., index[..., i, ...], ...]: operand 1 has the result's shape (`torch.gather`). */
  readonly take_along_axis: { readonly axis: number };
  /** Operand 1 written into operand 0 where a slice of those starts and sizes is; `axes` are dropped by an index. */
  readonly update: {
    readonly starts: readonly (Dim | 'loop')[];
    readonly limits: readonly (Dim | 'loop')[];
    readonly steps: readonly number[];
    readonly dropped: readonly number[];
  };
  /** The elements where a mask is true: how many is not known before it runs, so `count` names it. */
  readonly masked: { readonly shape: Shape };
}

function mover<P>(
  aval: (x: Aval, params: P) => Shape,
  flow: (x: Flow, context: { params: P; aval: Aval; result: Aval; batch: Dim; node: NodeId }) => Flow,
): Primitive<P> {
  return {
    aval: (operands, params) => ({ shape: aval(operand(operands, 0), params), dtype: operand(operands, 0).dtype }),
    flow: ({ flows, avals, params, result, batch, node }) =>
      flow(operand(flows, 0), { params, aval: operand(avals, 0), result, batch, node }),
    flops: () => 0,
  };
}

const scattered = (by: NodeId, sample: number | null = null): Flow => ({ kind: 'partial', by, sample });

export const structure: Family<StructureParams> = {
  broadcast_in_dim: mover(
    (x, { shape, dims }) => {
      x.shape.forEach((dim, axis) => {
        const target = dimAt(shape, operand(dims, axis));
        if (dim !== 1)
          requireEqual(dim, target, () => `${showShape(x.shape)} cannot be stretched to ${showShape(shape)}`);
      });
      return shape;
    },
    (x, { params, aval, result, node }) =>
      renameAxes(
        x,
        (axis) => {
          const target = operand(params.dims, axis);
          return D.equal(dimAt(aval.shape, axis), dimAt(result.shape, target)) ? target : null;
        },
        // A batch of one, stretched: every entry is that one sample.
        scattered(node, 0),
      ),
  ),
  reshape: mover(
    (x, { shape }) => {
      requireEqual(
        sizeOf(x.shape),
        sizeOf(shape),
        () => `${showShape(x.shape)} cannot be reshaped to ${showShape(shape)}`,
      );
      return shape;
    },
    (x, { aval, result, batch, node }) => {
      if (x.kind !== 'along') return x;
      const axes = x.axes.flatMap((axis) => reshapedBatch(axis, aval.shape, result.shape, batch));
      return along(axes, x.zeroOff && axes.length === x.axes.length, scattered(node));
    },
  ),
  transpose: mover(
    (x, { permutation }) => permutation.map((axis) => dimAt(x.shape, axis)),
    (x, { params, node }) => renameAxes(x, (axis) => params.permutation.indexOf(axis), scattered(node)),
  ),
  slice: mover(
    (x, { starts, limits, steps }) =>
      x.shape.map((_, axis) => {
        const length = D.sub(operand(limits, axis), operand(starts, axis));
        const step = operand(steps, axis);
        if (D.isKnown(length) && length <= 0) return 0;
        return step === 1 ? length : D.floorDiv(D.add(length, step - 1), step);
      }),
    (x, { params, aval, node }) => {
      const whole = (axis: number): boolean =>
        operand(params.starts, axis) === 0 &&
        operand(params.steps, axis) === 1 &&
        D.equal(operand(params.limits, axis), dimAt(aval.shape, axis));
      if (x.kind !== 'along') return x;
      const cut = x.axes.find(({ axis }) => !whole(axis));
      const start = cut === undefined ? null : operand(params.starts, cut.axis);
      const one =
        cut !== undefined &&
        start !== null &&
        isPlain(cut) &&
        D.equal(D.sub(operand(params.limits, cut.axis), start), 1);
      return renameAxes(
        x,
        (axis) => (whole(axis) ? axis : null),
        scattered(node, one && start !== null && D.isKnown(start) ? start : null),
      );
    },
  ),
  take: mover(
    (x, { axis, index }) => {
      const dim = dimAt(x.shape, axis);
      if (index !== 'loop' && D.isKnown(index) && D.isKnown(dim) && (index < 0 || index >= dim)) {
        throw new ShapeError(`index ${index} is out of range for axis ${axis} of ${showShape(x.shape)}`);
      }
      return x.shape.filter((_, k) => k !== axis);
    },
    (x, { params, node }) => {
      const { axis, index } = params;
      if (x.kind !== 'along') return x;
      const taken = x.axes.find((batch) => batch.axis === axis);
      const sample = taken !== undefined && isPlain(taken) && index !== 'loop' && D.isKnown(index) ? index : null;
      // With zeros off the diagonal, row k of the pair is zero but for sample k.
      if (taken !== undefined && !x.zeroOff) return scattered(node, sample);
      return renameAxes(x, (k) => (k === axis ? null : k > axis ? k - 1 : k), scattered(node, sample));
    },
  ),
  concatenate: {
    aval: (operands, { axis }) => {
      const first = operand(operands, 0);
      const total = operands.reduce<Dim>((sum, x) => {
        if (x.shape.length !== first.shape.length) {
          throw new ShapeError(
            `${operands.map((y) => showShape(y.shape)).join(' and ')} have different numbers of axes`,
          );
        }
        x.shape.forEach((dim, k) => {
          if (k !== axis) {
            requireEqual(
              dim,
              dimAt(first.shape, k),
              () => `${showShape(first.shape)} and ${showShape(x.shape)} differ beside axis ${axis}`,
            );
          }
        });
        return D.add(sum, dimAt(x.shape, axis));
      }, 0);
      return {
        shape: first.shape.map((dim, k) => (k === axis ? total : dim)),
        dtype: operands.map((x) => x.dtype).reduce(promote),
      };
    },
    flow: ({ flows, avals, params, batch, node }) => {
      // Sample 0, sample 1, ... side by side are the batch again.
      const inOrder = flows.every(
        (flow, k) => flow.kind === 'partial' && flow.sample === k && operand(avals, k).shape[params.axis] === 1,
      );
      if (inOrder && D.equal(flows.length, batch)) return alongAxis(params.axis);
      const joined = flows.map((flow) =>
        flow.kind === 'along' && flow.axes.some(({ axis }) => axis === params.axis)
          ? renameAxes(flow, (axis) => (axis === params.axis ? null : axis), scattered(node))
          : flow,
      );
      const together = meet(joined, 'sum', node);
      // Pieces side by side do not touch: what is each of one sample stays so.
      const each = joined.every((flow) => flow.kind === 'constant' || flow.kind === 'along' || flow.kind === 'partial');
      return (together.kind === 'mixed' || together.kind === 'unknown') && each ? scattered(node) : together;
    },
    flops: () => 0,
  },
  pad: mover(
    (x, { low, high }) => x.shape.map((dim, axis) => D.add(dim, D.add(operand(low, axis), operand(high, axis)))),
    (x, { params, node }) => {
      if (x.kind !== 'along') return x;
      const padded = (axis: number): boolean => operand(params.low, axis) !== 0 || operand(params.high, axis) !== 0;
      const kept = renameAxes(x, (axis) => (padded(axis) ? null : axis), scattered(node));
      return kept.kind === 'along' && params.value !== 0 ? { ...kept, zeroOff: false } : kept;
    },
  ),
  reverse: mover(
    (x) => x.shape,
    (x, { params, node }) => renameAxes(x, (axis) => (params.axes.includes(axis) ? null : axis), scattered(node)),
  ),
  roll: mover(
    (x) => x.shape,
    (x, { params, node }) => renameAxes(x, (axis) => (params.axes.includes(axis) ? null : axis), scattered(node)),
  ),
  diagonal: mover(
    (x, { axis1, axis2, offset }) => {
      const a = D.add(dimAt(x.shape, axis1), Math.min(offset, 0));
      const b = D.sub(dimAt(x.shape, axis2), Math.max(offset, 0));
      return [...x.shape.filter((_, k) => k !== axis1 && k !== axis2), smaller(a, b)];
    },
    (x, { params, aval, result, node }) => {
      // What mixes samples may lie off the diagonal.
      if (x.kind === 'mixed') return { kind: 'unknown', by: node };
      if (x.kind !== 'along') return x;
      const { axis1, axis2, offset } = params;
      const last = result.shape.length - 1;
      const square = offset === 0 && D.equal(dimAt(aval.shape, axis1), dimAt(aval.shape, axis2));
      const place = (axis: number): number | null =>
        axis === axis1 || axis === axis2
          ? square
            ? last
            : null
          : axis - (axis > axis1 ? 1 : 0) - (axis > axis2 ? 1 : 0);
      const renamed = renameAxes(x, place, scattered(node));
      return renamed.kind === 'along'
        ? { ...renamed, axes: distinct(renamed.axes), zeroOff: renamed.zeroOff && distinct(renamed.axes).length > 1 }
        : renamed;
    },
  ),
  diag_embed: mover(
    (x, { offset }) => {
      const side = D.add(dimAt(x.shape, x.shape.length - 1), Math.abs(offset));
      return [...x.shape.slice(0, -1), side, side];
    },
    (x, { params, aval, node }) => {
      if (x.kind !== 'along') return x;
      const last = aval.shape.length - 1;
      const spread = x.axes.filter(({ axis }) => axis === last);
      if (spread.length === 0) return x;
      if (params.offset !== 0) return renameAxes(x, (axis) => (axis === last ? null : axis), scattered(node));
      return {
        kind: 'along',
        axes: [...x.axes, ...spread.map((batch) => ({ ...batch, axis: last + 1 }))],
        zeroOff: true,
      };
    },
  ),
  triangle: mover(
    (x) => x.shape,
    (x) => x,
  ),
  gather: {
    aval: (operands, { axes, position }) => {
      const x = operand(operands, 0);
      const picked = broadcastShapes(...operands.slice(1).map((index) => index.shape));
      const rest = x.shape.filter((_, axis) => !axes.includes(axis));
      return { shape: [...rest.slice(0, position), ...picked, ...rest.slice(position)], dtype: x.dtype };
    },
    flow: ({ flows, avals, params, result, node, isIota }) => {
      const [x, ...indices] = flows;
      if (x === undefined) throw new RangeError('gather needs an operand');
      if (x.kind === 'constant') {
        // Entries of a fixed table, each picked by what its place depends on.
        const picked = operand(avals, 0).shape.length - params.axes.length;
        const placed = indices.map((flow, k) => {
          const own = operand(avals, k + 1).shape;
          const offset = params.position + result.shape.length - picked - own.length;
          const place = (axis: number): number | null =>
            D.equal(dimAt(own, axis), dimAt(result.shape, axis + offset)) ? axis + offset : null;
          return renameAxes(flow, place, scattered(node));
        });
        return meet([x, ...placed], 'any', node);
      }
      if (indices.some((flow) => flow.kind !== 'constant'))
        return meet(
          flows.map((f) => (f.kind === 'along' ? scattered(node) : f)),
          'any',
          node,
        );
      if (x.kind === 'mixed' && params.axes.length > 1) return { kind: 'unknown', by: node };
      if (x.kind !== 'along') return x;
      const { axes, position } = params;
      const indexRank = result.shape.length - (operand(avals, 0).shape.length - axes.length);
      const rest = operand(avals, 0)
        .shape.map((_, axis) => axis)
        .filter((axis) => !axes.includes(axis));
      // Entry n of an index 0..n-1 over the whole axis leaves the axis as it is.
      const whole = (axis: number): boolean =>
        indexRank === 1 &&
        isIota(1 + axes.indexOf(axis)) &&
        D.equal(dimAt(operand(avals, 0).shape, axis), dimAt(result.shape, position));
      const place = (axis: number): number | null => {
        if (axes.includes(axis)) return whole(axis) ? position : null;
        const k = rest.indexOf(axis);
        return k < position ? k : k + indexRank;
      };
      const renamed = renameAxes(x, place, scattered(node));
      return renamed.kind === 'along' ? along(distinct(renamed.axes), renamed.zeroOff, scattered(node)) : renamed;
    },
    flops: () => 0,
  },
  take_along_axis: {
    aval: (operands) => ({ shape: operand(operands, 1).shape, dtype: operand(operands, 0).dtype }),
    flow: ({ flows, avals, params, node }) => {
      const [x, index] = [operand(flows, 0), operand(flows, 1)];
      const fits = (axis: number): boolean =>
        axis !== params.axis && D.equal(dimAt(operand(avals, 0).shape, axis), dimAt(operand(avals, 1).shape, axis));
      const kept = renameAxes(x, (axis) => (fits(axis) ? axis : null), scattered(node));
      return meet([kept, index], 'any', node);
    },
    flops: () => 0,
  },
  update: {
    aval: (operands) => ({ shape: operand(operands, 0).shape, dtype: operand(operands, 0).dtype }),
    flow: ({ flows, avals, params, node }) => {
      const [into, value] = [operand(flows, 0), operand(flows, 1)];
      const shape = operand(avals, 0).shape;
      const kept = shape.map((_, axis) => axis).filter((axis) => !params.dropped.includes(axis));
      const wholeAxis = (axis: number): boolean =>
        operand(params.starts, axis) === 0 &&
        operand(params.steps, axis) === 1 &&
        !params.dropped.includes(axis) &&
        params.limits[axis] !== 'loop' &&
        D.equal(limitOf(params.limits[axis]), dimAt(shape, axis));
      const offset = kept.length - operand(avals, 1).shape.length;
      const placed = renameAxes(
        value,
        (axis) => {
          const target = kept[axis + offset];
          return target !== undefined &&
            wholeAxis(target) &&
            D.equal(dimAt(operand(avals, 1).shape, axis), dimAt(shape, target))
            ? target
            : null;
        },
        scattered(node),
      );
      const both = meet([into, placed], 'sum', node);
      const each = [into, placed].every(
        (flow) => flow.kind === 'constant' || flow.kind === 'along' || flow.kind === 'partial',
      );
      return (both.kind === 'mixed' || both.kind === 'unknown') && each ? scattered(node) : both;
    },
    flops: () => 0,
  },
  masked: {
    aval: (operands, { shape }) => ({ shape, dtype: operand(operands, 0).dtype }),
    flow: ({ flows, node }) =>
      meet(
        flows.map((f) => (f.kind === 'along' ? scattered(node) : f)),
        'any',
        node,
      ),
    flops: () => 0,
  },
};

function limitOf(limit: Dim | 'loop' | undefined): Dim {
  return limit === undefined || limit === 'loop' ? -1 : limit;
}

function smaller(a: Dim, b: Dim): Dim {
  const difference = D.sub(a, b);
  if (D.isKnown(difference)) return difference <= 0 ? a : b;
  throw new Undecided(`which of ${D.show(a)} and ${D.show(b)} is smaller is not known`);
}

function distinct(axes: readonly BatchAxis[]): readonly BatchAxis[] {
  return axes.filter((x, k) => axes.findIndex((y) => sameBatchAxis(x, y)) === k);
}

/** Where the batch of one axis lies after a reshape, found by the number of elements that stand behind it. */
function reshapedBatch(from: BatchAxis, before: Shape, after: Shape, batch: Dim): BatchAxis[] {
  // Elements between two neighbouring samples, and those in front of all samples.
  const stride = D.mul(from.inner, D.product(before.slice(from.axis + 1)));
  const lead = D.mul(from.outer, D.product(before.slice(0, from.axis)));
  let behind: Dim = 1;
  let fallback: BatchAxis[] = [];
  for (let axis = after.length - 1; axis >= 0; axis--) {
    const dim = dimAt(after, axis);
    const inner = D.exactQuotient(stride, behind);
    const outer = D.exactQuotient(lead, D.product(after.slice(0, axis)));
    if (inner !== null && outer !== null && D.equal(D.mul(outer, D.mul(batch, inner)), dim)) {
      const found = { axis, outer, inner };
      // An axis of size 1 beside the batch may fit as well when the batch is 1; the plain one is what is meant.
      if (isPlain(found)) return [found];
      fallback = fallback.length === 0 ? [found] : fallback;
    }
    behind = D.mul(behind, dim);
  }
  return fallback;
}
