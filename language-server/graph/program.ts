import type { Graph, NodeId, Region } from './graph.ts';

/**
 * What the server sends to be run: a traced function and what is to be computed of it. Plain data.
 * The engine that runs it never sees Python.
 */
export interface Program {
  /** The nodes the function needs, renumbered from 0; captured weights and data are leaves among them. */
  readonly graph: Graph;
  /** f, from `region.inputs` to `region.outputs[0]`. */
  readonly region: Region;
  /** Which input is differentiated. */
  readonly wrt: number;
  readonly derivative: 'jacobian' | 'hessian';
  /** The axes of the input and of the output that are the batch, where samples are proved independent; null: no batch. */
  readonly batch: { readonly input: number; readonly output: number } | null;
  /** Values that the source gave some leaves outside the function (the actual input), by node; others are drawn from the seed. */
  readonly inputs: readonly (NodeId | null)[];
  /** Names under which values can be given in place of nodes that are no leaves of their own name: `params.w1`. */
  readonly names: readonly { readonly name: string; readonly node: NodeId }[];
  /** Named sizes that have no number in the source: the key of each and its name, to be asked for. */
  readonly sizes: readonly { readonly key: string; readonly name: string }[];
  readonly source: ProgramSource;
}

/** For people: what is being run. */
export interface ProgramSource {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** File and line for people: `train.py:22`, or `train.ipynb, line 2 of cell 3`. */
  readonly place: string;
  /** The derivative call as it stands. */
  readonly text: string;
  /** The same call as the fix would have it, or null where it is right as it stands. */
  readonly corrected: string | null;
}

/** A program as JSON text. Infinities and NaN, which JSON itself turns to null, are kept. */
export function encodeProgram(program: Program): string {
  return JSON.stringify(program, (_key, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? { nonFinite: String(value) } : value,
  );
}

/** The program of such a text. `revive` may change each part on the way, inner parts first. */
export function decodeProgram(text: string, revive: (part: unknown) => unknown = (part) => part): Program {
  return JSON.parse(text, (_key, part: unknown) => {
    const isNumber = typeof part === 'object' && part !== null && 'nonFinite' in part;
    return isNumber ? Number(part.nonFinite) : revive(part);
  });
}
