import type { GraphBuilder } from '../../language-server/graph/builder.ts';
import type { SymbolicDim } from '../../language-server/graph/dim.ts';
import * as D from '../../language-server/graph/dim.ts';
import type { NodeId } from '../../language-server/graph/graph.ts';
import { decodeProgram, encodeProgram, type Program } from '../../language-server/graph/program.ts';
import { dimAt, type Shape } from '../../language-server/graph/shape.ts';
import { EngineError } from './report.ts';

/** The program with numbers in place of named sizes, wherever they stand. Throws EngineError for a size without one. */
export function concrete(program: Program, sizes: Readonly<Record<string, number>>): Program {
  const open = program.sizes.find(({ key }) => sizes[key] === undefined);
  if (open !== undefined) throw new EngineError({ kind: 'missing-size', name: open.name });
  const values = new Map(Object.entries(sizes));
  return decodeProgram(encodeProgram(program), (part) => (isSymbolic(part) ? D.substitute(part, values) : part));
}

function isSymbolic(part: unknown): part is SymbolicDim {
  return typeof part === 'object' && part !== null && 'terms' in part && Array.isArray(part.terms);
}

/** A shape's sizes as numbers. Throws EngineError where one is still a name. */
export function numbers(shape: Shape): readonly number[] {
  return shape.map(number);
}

/** A size as a number. Throws EngineError where it is still a name. */
export function number(dim: D.Dim): number {
  if (!D.isKnown(dim)) throw new EngineError({ kind: 'missing-size', name: D.show(dim) });
  return dim;
}

/** The sizes of a node. */
export function sizesOf(g: GraphBuilder, id: NodeId): readonly number[] {
  return numbers(g.shape(id));
}

export function sizeAt(g: GraphBuilder, id: NodeId, axis: number): number {
  return number(dimAt(g.shape(id), axis));
}

export function product(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => a * b, 1);
}

/** 0, 1, ..., n-1. */
export function range(n: number, from = 0): number[] {
  return Array.from({ length: Math.max(n, 0) }, (_, k) => k + from);
}
