import type { NodeId } from '../../../language-server/graph/graph.ts';
import { constant, type Index, type Let } from './indices.ts';
import type { Text } from './text.ts';

/** What the parts of a program share that is being written. */

/**
 * Indices of all axes of a value. Where four neighbours along an axis are wanted at once (a `vec4`), that axis' index is
 * the first one's. What lies beyond the end of the axis is any number.
 */
export type Point = readonly Index[];

/** The program so far, and values that it reads or computes. */
export interface Reading {
  readonly text: Text;
  readonly int: Let;
  readonly shape: (id: NodeId) => readonly number[];
  /** A node's values at some points: numbers, or four neighbours each along an axis. */
  readonly values: (id: NodeId, points: readonly Point[], along: number | null) => readonly string[];
}

/** The index of a loop, by its name or as a number. */
export function asIndex(text: string): Index {
  return /^\d+$/.test(text) ? constant(Number(text)) : { base: text, scale: 1, offset: 0 };
}

export interface Reduction {
  readonly start: string;
  readonly combine: (total: string, x: string) => string;
  /** Of several numbers. */
  readonly across: (x: readonly string[]) => string;
}

const nested =
  (name: string) =>
  (x: readonly string[]): string =>
    x.reduce((a, b) => `${name}(${a}, ${b})`);

export const reductions = {
  reduce_sum: { start: '0.0', combine: (total, x) => `${total} + ${x}`, across: (x) => `(${x.join(' + ')})` },
  reduce_prod: { start: '1.0', combine: (total, x) => `${total} * ${x}`, across: (x) => `(${x.join(' * ')})` },
  reduce_max: {
    start: 'uintBitsToFloat(0xff800000u)',
    combine: (total, x) => `max(${total}, ${x})`,
    across: nested('max'),
  },
  reduce_min: {
    start: 'uintBitsToFloat(0x7f800000u)',
    combine: (total, x) => `min(${total}, ${x})`,
    across: nested('min'),
  },
} as const satisfies Record<string, Reduction>;
