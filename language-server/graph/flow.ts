import type { Dim } from './dim.ts';
import * as D from './dim.ts';
import type { NodeId } from './graph.ts';

/**
 * How a value depends on one axis, the batch, of an input: whether sample k of the value hangs on sample k of the
 * input alone. Each primitive says how its result's flow follows from its operands' flows; the idea is that of
 * JAX's batching rules, read as a proof instead of a rewrite.
 *
 * From least to most entangled:
 * - `constant`: no dependence.
 * - `along`: slice k of each listed axis depends on sample k alone.
 * - `partial`: every element depends on one sample at most, but no axis goes with the batch any more.
 * - `summed`: a sum over samples of terms of one sample each, and linear operations on it since.
 * - `mixed`: some element depends on several samples; `by` is the node in which they first met.
 * - `unknown`: passed through something whose dependence is not known.
 */
export type Flow =
  | { readonly kind: 'constant' }
  | Along
  | {
      readonly kind: 'partial';
      readonly by: NodeId /** The one sample, if it is one and known. */;
      readonly sample: number | null;
    }
  | { readonly kind: 'summed'; readonly by: NodeId }
  | { readonly kind: 'mixed'; readonly by: NodeId }
  | { readonly kind: 'unknown'; readonly by: NodeId };

export interface Along {
  readonly kind: 'along';
  /** Two or more axes mean that what lies off their common diagonal does not depend on the input. */
  readonly axes: readonly BatchAxis[];
  /** Whether what lies off the diagonal of two or more axes is zero, as in a block-diagonal Jacobian. */
  readonly zeroOff: boolean;
}

/** The batch within an axis of the value: index = (outer index * batch + sample) * inner + inner index. */
export interface BatchAxis {
  readonly axis: number;
  readonly outer: Dim;
  readonly inner: Dim;
}

export const constant: Flow = { kind: 'constant' };

export function alongAxis(axis: number): Along {
  return { kind: 'along', axes: [{ axis, outer: 1, inner: 1 }], zeroOff: false };
}

/** `along` over the axes left, or `otherwise` when none is. */
export function along(axes: readonly BatchAxis[], zeroOff: boolean, otherwise: Flow): Flow {
  return axes.length === 0 ? otherwise : { kind: 'along', axes, zeroOff: zeroOff && axes.length > 1 };
}

export function isPlain(batch: BatchAxis): boolean {
  return batch.outer === 1 && batch.inner === 1;
}

/** The axes that are the batch and nothing else. */
export function plainAxes(flow: Along): readonly number[] {
  return flow.axes.filter(isPlain).map(({ axis }) => axis);
}

export function sameBatchAxis(a: BatchAxis, b: BatchAxis): boolean {
  return a.axis === b.axis && D.equal(a.outer, b.outer) && D.equal(a.inner, b.inner);
}

/** The flow with its axes renamed: `rename` gives the new axis, or null where the axis is gone (then `otherwise`). */
export function renameAxes(flow: Flow, rename: (axis: number) => number | null, otherwise: Flow): Flow {
  if (flow.kind !== 'along') return flow;
  const axes = flow.axes.flatMap((batch) => {
    const axis = rename(batch.axis);
    return axis === null ? [] : [{ ...batch, axis }];
  });
  return along(axes, flow.zeroOff, otherwise);
}

/** How operands meet: what a function of both may depend on. */
export type Meeting =
  /** f(a) + g(b): stays a sum over samples. */
  | 'sum'
  /** a * b: a zero in one is a zero in the result. */
  | 'product'
  /** Any function of both. */
  | 'any';

/** The flow of an elementwise function of operands of one shape. */
export function meet(flows: readonly Flow[], how: Meeting, by: NodeId): Flow {
  const dependent = flows.filter((flow) => flow.kind !== 'constant');
  const first = dependent[0];
  if (first === undefined) return constant;
  const opaque = dependent.find((flow) => flow.kind === 'unknown') ?? dependent.find((flow) => flow.kind === 'mixed');
  if (opaque !== undefined) return opaque;
  if (dependent.length === 1) return afterConstants(first, how, flows.length > 1);
  const tracks = dependent.filter((flow) => flow.kind === 'along');
  if (tracks.length === dependent.length) {
    const common = tracks[0]?.axes.filter((x) => tracks.every((t) => t.axes.some((y) => sameBatchAxis(x, y)))) ?? [];
    const zero = how === 'product' ? tracks.find((t) => t.zeroOff) : undefined;
    // One factor is zero off the diagonal: so is the product, whatever the other does there.
    if (zero !== undefined && common.length > 0) return zero;
    if (common.length === 0) return { kind: 'mixed', by };
    return along(common, how === 'sum' && tracks.every((t) => t.zeroOff && t.axes.length === common.length), first);
  }
  if (dependent.every((flow) => flow.kind === 'summed')) return how === 'sum' ? first : { kind: 'mixed', by };
  if (dependent.every((flow) => flow.kind === 'partial' && flow.sample !== null)) {
    const samples = new Set(dependent.map((flow) => (flow.kind === 'partial' ? flow.sample : null)));
    if (samples.size === 1) return first;
  }
  // Elements of one sample each may meet those of the same.
  if (dependent.some((flow) => flow.kind === 'partial' && flow.sample === null)) return { kind: 'unknown', by };
  return { kind: 'mixed', by };
}

function afterConstants(flow: Flow, how: Meeting, withOthers: boolean): Flow {
  switch (flow.kind) {
    case 'along':
      // Adding a constant, or a function that moves zero, fills what lay off the diagonal.
      return how === 'product' || !withOthers ? flow : { ...flow, zeroOff: false };
    case 'summed':
      return how === 'any' ? { kind: 'mixed', by: flow.by } : flow;
    default:
      return flow;
  }
}

/** The flow of an elementwise function of one operand: what it may do to sums, and whether it keeps zeros. */
export function mapFlow(flow: Flow, linear: boolean, keepsZero: boolean): Flow {
  if (flow.kind === 'summed' && !linear) return { kind: 'mixed', by: flow.by };
  if (flow.kind === 'along' && !keepsZero) return { ...flow, zeroOff: false };
  return flow;
}

/** The flow of a linear function that runs over all the given axes of one operand (a sum, a product with constants). */
export function reduceLinearly(
  flow: Flow,
  axes: readonly number[],
  rename: (axis: number) => number | null,
  by: NodeId,
): Flow {
  // Elements of one sample each: whether of the same is not known.
  if (flow.kind === 'partial' && flow.sample === null && axes.length > 0) return { kind: 'unknown', by };
  if (flow.kind !== 'along') return flow;
  const left = flow.axes.filter(({ axis }) => !axes.includes(axis));
  if (left.length === flow.axes.length) return renameAxes(flow, rename, { kind: 'summed', by });
  if (left.length === 0) return { kind: 'summed', by };
  // With zeros off the diagonal, the sum over one axis of the pair leaves the other as it was; without, constants join in.
  return renameAxes({ ...flow, axes: left, zeroOff: flow.zeroOff && left.length > 1 }, rename, { kind: 'summed', by });
}

/** The flow of a function that may combine everything along the given axes in any way. */
export function combineFreely(
  flow: Flow,
  axes: readonly number[],
  rename: (axis: number) => number | null,
  by: NodeId,
): Flow {
  switch (flow.kind) {
    case 'constant':
    case 'mixed':
    case 'unknown':
      return flow;
    case 'partial':
      return axes.length === 0 || flow.sample !== null ? flow : { kind: 'unknown', by };
    case 'summed':
      return { kind: 'mixed', by: flow.by };
    case 'along': {
      if (!flow.axes.some(({ axis }) => axes.includes(axis)))
        return renameAxes({ ...flow, zeroOff: false }, rename, { kind: 'mixed', by });
      const left = flow.axes.filter(({ axis }) => !axes.includes(axis));
      return left.length === 0
        ? { kind: 'mixed', by }
        : renameAxes({ kind: 'along', axes: left, zeroOff: false }, rename, { kind: 'mixed', by });
    }
  }
}
