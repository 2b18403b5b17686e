import type { Dim } from '../dim.ts';
import type { Aval } from '../shape.ts';
import { type ElementwiseParams, elementwise } from './elementwise.ts';
import { type LeafParams, leaves } from './leaves.ts';
import { type LinalgParams, linalg } from './linalg.ts';
import type { Family, Primitive } from './primitive.ts';
import { type ProductParams, products } from './products.ts';
import { type ReductionParams, reductions } from './reductions.ts';
import { type StructureParams, structure } from './structure.ts';
import { type OpaqueParams, opaques, type TransformParams, transforms } from './transforms.ts';

/** What each primitive is told beside its operands. */
export interface Params
  extends LeafParams,
    ElementwiseParams,
    StructureParams,
    ReductionParams,
    ProductParams,
    LinalgParams,
    TransformParams,
    OpaqueParams {}

export type PrimitiveName = keyof Params;

/** A primitive with its params. */
export type Op<K extends PrimitiveName = PrimitiveName> = {
  readonly [N in K]: { readonly name: N; readonly params: Params[N] };
}[K];

/** Every primitive with all its rules, by name. */
export const primitives: Family<Params> = {
  ...leaves,
  ...elementwise,
  ...structure,
  ...reductions,
  ...products,
  ...linalg,
  ...transforms,
  ...opaques,
};

/** Floating-point operations that an op takes on operands of these shapes; none of what a region of it does. */
export function countFlops<K extends PrimitiveName>(op: Op<K>, operands: readonly Aval[], result: Aval): Dim {
  return primitiveOf(op).flops(operands, result, op.params);
}

/** The primitive of an op, typed with its params. */
export function primitiveOf<K extends PrimitiveName>(op: Op<K>): Primitive<Params[K]> {
  return primitives[op.name];
}
