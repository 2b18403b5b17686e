import type { GraphBuilder } from '../../../graph/builder.ts';
import type { NodeId } from '../../../graph/graph.ts';

/** A tensor, or a number beside one. */
export type Term = NodeId | { readonly number: number };

export const number = (value: number): Term => ({ number: value });

const isNumber = (term: Term): term is { readonly number: number } => typeof term === 'object';

/** Formulas on nodes of the graph, written as in a book: numbers take the type of the tensor that they stand beside. */
export class Formula {
  readonly build: GraphBuilder;

  constructor(build: GraphBuilder) {
    this.build = build;
  }

  readonly add = (first: NodeId, ...rest: readonly Term[]): NodeId => this.#fold('add', first, rest);
  readonly sub = (first: NodeId, ...rest: readonly Term[]): NodeId => this.#fold('sub', first, rest);
  readonly mul = (first: NodeId, ...rest: readonly Term[]): NodeId => this.#fold('mul', first, rest);
  readonly div = (first: NodeId, ...rest: readonly Term[]): NodeId => this.#fold('div', first, rest);
  readonly neg = (x: NodeId): NodeId => this.build.unary('neg', x);
  readonly log = (x: NodeId): NodeId => this.build.unary('log', x);
  readonly exp = (x: NodeId): NodeId => this.build.unary('exp', x);
  readonly log1p = (x: NodeId): NodeId => this.build.unary('log1p', x);
  readonly expm1 = (x: NodeId): NodeId => this.build.unary('expm1', x);
  readonly abs = (x: NodeId): NodeId => this.build.unary('abs', x);
  readonly sqrt = (x: NodeId): NodeId => this.build.unary('sqrt', x);
  readonly lgamma = (x: NodeId): NodeId => this.build.unary('lgamma', x);
  readonly digamma = (x: NodeId): NodeId => this.build.unary('digamma', x);
  readonly square = (x: NodeId): NodeId => this.build.square(x);

  /** number - x. */
  from(value: number, x: NodeId): NodeId {
    return this.build.sub(this.build.scalar(value, x), x);
  }

  /** number / x. */
  over(value: number, x: NodeId): NodeId {
    return this.build.div(this.build.scalar(value, x), x);
  }

  /** The number everywhere in a tensor of x's shape. */
  like(x: NodeId, value: number): NodeId {
    return this.build.full(this.build.shape(x), value, this.build.aval(x).dtype);
  }

  /** Where the condition on x and the bound holds the one, elsewhere the other. */
  where(condition: 'gt' | 'lt' | 'ge' | 'le', x: NodeId, bound: number, inside: NodeId, outside: Term): NodeId {
    const holds = this.build.binary(condition, x, this.build.scalar(bound, x));
    return this.build.select(holds, inside, isNumber(outside) ? this.build.scalar(outside.number, inside) : outside);
  }

  #fold(name: 'add' | 'sub' | 'mul' | 'div', first: NodeId, rest: readonly Term[]): NodeId {
    return rest.reduce<NodeId>(
      (left, right) => this.build.binary(name, left, isNumber(right) ? this.build.scalar(right.number, left) : right),
      first,
    );
  }
}
