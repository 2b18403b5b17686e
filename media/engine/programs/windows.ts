import type { ConvParams, WindowParams } from '../../../language-server/graph/primitives/products.ts';
import { range } from '../concrete.ts';
import { divided, type Index, type Let, modulo, named, plus, times } from './indices.ts';

/** Where the windows of convolutions and of pooling lie: the place of a window's entry along one axis of the operand. */

/** An index of the operand for an index of the result; null where none reaches it. */
export type Source = (index: Index, write: Let) => { readonly index: Index; readonly test: string | null } | null;

/** One entry of a window along one axis, and past which ends of the operand it reaches for some results. */
export interface Entry {
  readonly at: Source;
  readonly low: boolean;
  readonly high: boolean;
}

/** All entries of a window, place by place in row-major order; one entry for each axis of the window. */
export function entriesOf(
  params: ConvParams | WindowParams,
  window: readonly number[],
  space: readonly number[],
  result: readonly number[],
): readonly { readonly place: readonly number[]; readonly axes: readonly Entry[] }[] {
  const axes = window.map((n, axis) =>
    range(n).map((k) => entry(params, axis, k, space[axis] ?? 1, result[axis] ?? 1)),
  );
  return axes.reduce<readonly { readonly place: readonly number[]; readonly axes: readonly Entry[] }[]>(
    (all, own) =>
      all.flatMap(({ place, axes: before }) => own.map((one, k) => ({ place: [...place, k], axes: [...before, one] }))),
    [{ place: [], axes: [] }],
  );
}

function entry(params: ConvParams | WindowParams, axis: number, k: number, size: number, results: number): Entry {
  const [low] = params.padding[axis] ?? [0, 0];
  const stride = params.stride[axis] ?? 1;
  const shift = k * (params.dilation[axis] ?? 1) - low;
  if (!('transposed' in params) || params.transposed === null)
    return {
      at: (index) => ({ index: plus(times(index, stride), shift), test: null }),
      low: shift < 0,
      high: (results - 1) * stride + shift >= size,
    };
  // The result i takes what the operand's i - shift, in steps of the stride, gives to it.
  return {
    at: (index, write) => {
      // A multiple of the stride is added and taken away again, as no remainder of a negative number is known.
      const steps = Math.max(0, Math.ceil(shift / stride));
      const own = plus(index, steps * stride - shift);
      const rest = modulo(own, stride, write);
      if (rest.base === null && rest.offset !== 0) return null;
      const test = rest.base === null ? null : `${named(rest, write)} == 0`;
      return { index: plus(divided(own, stride, write), -steps), test };
    },
    low: shift > 0,
    high: Math.floor((results - 1 - shift) / stride) >= size,
  };
}
