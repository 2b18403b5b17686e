import type { Dim } from '../dim.ts';
import { constant } from '../flow.ts';
import type { Aval, DType, Shape } from '../shape.ts';
import type { Family, Primitive } from './primitive.ts';

/** Values that come from nothing: inputs, weights, constants, random draws. */
export interface LeafParams {
  /** An argument of a function, or a value that the program was given. */
  readonly input: { readonly name: string; readonly aval: Aval };
  /** A weight, with the distribution that the library starts it from. */
  readonly parameter: { readonly name: string; readonly aval: Aval; readonly init: Initializer };
  /** One number everywhere. */
  readonly full: { readonly value: number; readonly shape: Shape; readonly dtype: DType };
  /** A size as a number without axes. */
  readonly size: { readonly dim: Dim; readonly dtype: DType };
  /** Small data written out in the source, row-major. */
  readonly literal: { readonly values: readonly number[]; readonly shape: Shape; readonly dtype: DType };
  /** start, start + step, ... along the only axis. */
  readonly iota: { readonly start: number; readonly step: number; readonly shape: Shape; readonly dtype: DType };
  readonly eye: { readonly shape: Shape; readonly dtype: DType };
  readonly random: { readonly distribution: Distribution; readonly shape: Shape; readonly dtype: DType };
  /** Data whose values are not known, only their shape: read from a file, made by another library. */
  readonly data: { readonly name: string; readonly aval: Aval };
}

export type Distribution =
  | { readonly kind: 'normal'; readonly mean: number; readonly std: number }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'integers'; readonly low: number; readonly high: number }
  | { readonly kind: 'permutation' };

/** How a weight starts, as PyTorch's modules do it (`reset_parameters` in torch/nn/modules). */
export type Initializer = Distribution | { readonly kind: 'full'; readonly value: number };

function leaf<P>(aval: (params: P) => Aval): Primitive<P> {
  return { aval: (_operands, params) => aval(params), flow: () => constant, flops: () => 0 };
}

export const leaves: Family<LeafParams> = {
  input: leaf((params) => params.aval),
  parameter: leaf((params) => params.aval),
  full: leaf(({ shape, dtype }) => ({ shape, dtype })),
  size: leaf(({ dtype }) => ({ shape: [], dtype })),
  literal: leaf(({ shape, dtype }) => ({ shape, dtype })),
  iota: leaf(({ shape, dtype }) => ({ shape, dtype })),
  eye: leaf(({ shape, dtype }) => ({ shape, dtype })),
  random: leaf(({ shape, dtype }) => ({ shape, dtype })),
  data: leaf((params) => params.aval),
};
