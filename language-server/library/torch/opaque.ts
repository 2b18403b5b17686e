import type { NodeId } from '../../graph/graph.ts';
import type { DType, Shape } from '../../graph/shape.ts';
import type { Context } from '../context.ts';

/** Operations without a decomposition: the shape counts, and which axes of the first operand go along. */

/** `kept`: axes of the first operand whose entries stay by themselves, as [operand axis, result axis]. */
export function opaque(
  cx: Context,
  name: string,
  operands: readonly NodeId[],
  shape: Shape,
  dtype: DType,
  kept: readonly (readonly [number, number])[] = [],
): NodeId {
  return cx.build.emit('opaque', { name, aval: { shape, dtype }, batched: kept }, operands);
}

/** Pairs of each axis with itself, but for those combined. */
export function except(rank: number, ...combined: readonly number[]): readonly (readonly [number, number])[] {
  return Array.from({ length: rank }, (_, axis) => axis)
    .filter((axis) => !combined.includes(axis))
    .map((axis) => [axis, axis] as const);
}

/** Pairs of axes with where they stand once others are gone. */
export function without(rank: number, gone: readonly number[]): readonly (readonly [number, number])[] {
  return Array.from({ length: rank }, (_, axis) => axis)
    .filter((axis) => !gone.includes(axis))
    .map((axis, place) => [axis, place] as const);
}
