import type { Dim } from '../dim.ts';
import type { Flow } from '../flow.ts';
import type { NodeId, Region } from '../graph.ts';
import type { Aval } from '../shape.ts';

/**
 * A primitive: one operation with all its rules together.
 * `P` is what the operation is told beside its operands (axes, sizes): plain data.
 */
export interface Primitive<P> {
  /** The result's shape and dtype. Throws ShapeError (the operation would be refused) or Undecided. */
  readonly aval: (operands: readonly Aval[], params: P) => Aval;
  /** How the result depends on the batch, given how the operands do. */
  readonly flow: (context: FlowContext<P>) => Flow;
  /** Floating-point operations for one evaluation. */
  readonly flops: (operands: readonly Aval[], result: Aval, params: P) => Dim;
}

export interface FlowContext<P> {
  readonly node: NodeId;
  readonly flows: readonly Flow[];
  readonly avals: readonly Aval[];
  readonly result: Aval;
  readonly params: P;
  /** Size of the batch. */
  readonly batch: Dim;
  /** Whether an operand is proved to be 0, 1, ..., n-1. */
  readonly isIota: (operand: number) => boolean;
  /** The flow of a region's output, given the flows of its inputs; what the region captures keeps its own. */
  readonly flowThrough: (region: Region, inputs: readonly Flow[]) => Flow;
  /** The shapes of a region's first input and output. */
  readonly regionAvals: (region: Region) => { readonly inputs: readonly Aval[]; readonly outputs: readonly Aval[] };
}

/** A family of primitives: a table from name to rules, typed by each one's params. */
export type Family<Params> = { readonly [K in keyof Params]: Primitive<Params[K]> };

/** For primitives that need no params. */
export type None = Readonly<Record<never, never>>;

/** The operand at an index that the primitive's arity promises. */
export function operand<T>(operands: readonly T[], index: number): T {
  const found = operands[index];
  if (found === undefined) throw new RangeError(`operand ${index} is missing`);
  return found;
}
