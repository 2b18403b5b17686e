import type { Node, NodeId } from '../../../language-server/graph/graph.ts';
import type { PrimitiveName } from '../../../language-server/graph/primitives/index.ts';
import type { Emitter } from '../emitter.ts';
import { EngineError } from '../report.ts';

/** A primitive's application that is differentiated or batched: `x` are its operands, `y` its result. */
export interface Application<P> {
  readonly g: Emitter;
  readonly params: P;
  readonly x: readonly NodeId[];
  readonly y: NodeId;
  readonly node: Node;
}

/** The two derivative rules of a primitive; both write nodes into the graph that holds the application. */
export interface DerivativeRules<P> {
  /** The tangent of the result from those of the operands (null: zero); null where it is zero. */
  readonly jvp: (at: Application<P>, tangents: readonly (NodeId | null)[]) => NodeId | null;
  /** The cotangent of operand k from that of the result; null where it is zero. */
  readonly vjp: (at: Application<P>, ct: NodeId, k: number) => NodeId | null;
}

/** Derivative rules by primitive. */
export type DerivativeTable<Params> = { readonly [K in keyof Params]: DerivativeRules<Params[K]> };

/** For primitives through which no derivative flows: steps, indices, leaves. */
export const zero: DerivativeRules<unknown> = { jvp: () => null, vjp: () => null };

/** For primitives whose derivative has no rule: using it is an error that names the operator. */
export const missing: DerivativeRules<unknown> = {
  jvp: ({ node }) => unsupported(node, 'derivative'),
  vjp: ({ node }) => unsupported(node, 'derivative'),
};

/** For primitives that the emitter always writes as others. */
export const lowered: DerivativeRules<unknown> = { ...missing };

/** Refuses an operator by its source name and place. */
export function unsupported(node: Node, what: 'value' | 'derivative'): never {
  throw new EngineError({ kind: 'unsupported', operator: operatorName(node), what, origin: node.origin });
}

/** The operator as people know it: an opaque operator by its own name. */
export function operatorName({ op }: Node): string {
  const names: { readonly [K in PrimitiveName]?: string } = {
    either: 'a value that depends on a condition',
    masked: 'a selection by a mask',
    roll: 'a roll by a number that is not known',
    data: 'data of unknown values',
  };
  return op.name === 'opaque' ? op.params.name : (names[op.name] ?? op.name);
}

/** The operand at a place that the primitive's arity promises. */
export function at(operands: readonly NodeId[], k: number): NodeId {
  const found = operands[k];
  if (found === undefined) throw new RangeError(`operand ${k} is missing`);
  return found;
}

/** The sum of the terms that are not zero, or null. */
export function total(g: Emitter, terms: readonly (NodeId | null)[]): NodeId | null {
  return terms.reduce<NodeId | null>(
    (sum, term) => (sum === null || term === null ? (sum ?? term) : g.add(sum, term)),
    null,
  );
}
