import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/graph.ts';
import type { Context } from '../context.ts';
import { opaque } from '../torch/opaque.ts';
import { mapLeaves } from '../transforms.ts';
import { tensorsIn, type Value } from '../values.ts';
import { made } from './tensors.ts';

/**
 * Masks of steps (https://keras.io/guides/understanding_masking_and_padding/): tensors carry them along, and some layers
 * leave out what they mark. What such a layer gives keeps its shape and its samples apart, but its numbers are not followed.
 */

/** What a layer does with the mask of its input: hands it on, or computes by it too. */
export type MaskUse = 'passed' | 'used';

const masked = new WeakMap<GraphBuilder, Set<NodeId>>();

/** Whether a tensor among the value's has a mask. */
export function isMasked(cx: Context, value: Value | undefined): boolean {
  const nodes = masked.get(cx.build);
  return nodes !== undefined && value !== undefined && tensorsIn(value).some((node) => nodes.has(node));
}

/** The tensors with a mask. */
export function withMask(cx: Context, value: Value): Value {
  const nodes = masked.get(cx.build) ?? new Set();
  masked.set(cx.build, nodes);
  return mapLeaves(value, (node) => {
    nodes.add(node);
    return made(node);
  });
}

/** What a layer gives that leaves out what a mask marks. */
export function underMask(cx: Context, value: Value): Value {
  return mapLeaves(value, (node) => {
    const { shape, dtype } = cx.build.aval(node);
    return made(opaque(cx, 'a layer under a mask', [node], shape, dtype, shape.length === 0 ? [] : [[0, 0]]));
  });
}
