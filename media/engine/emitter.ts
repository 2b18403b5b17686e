import { GraphBuilder } from '../../language-server/graph/builder.ts';
import { type Node, type NodeId, nodeAt, type Origin } from '../../language-server/graph/graph.ts';
import { elementwise } from '../../language-server/graph/primitives/elementwise.ts';
import type { Op, Params, PrimitiveName } from '../../language-server/graph/primitives/index.ts';
import { rewrite } from './rewrite.ts';

/** Origin of what belongs to no place of the source. */
export const nowhere: Origin = { file: '', start: 0, end: 0, loops: [], calls: [] };

/** Leaves that are told apart by what they are, not by what they say. */
const distinct: ReadonlySet<PrimitiveName> = new Set(['input', 'parameter', 'random', 'data']);

/**
 * A graph builder that keeps what it writes small: equal nodes are one node, and what a rewrite rule can do with less
 * is never kept. Nodes that nothing uses in the end cost nothing.
 */
export class Emitter extends GraphBuilder {
  readonly #seen: Map<string, NodeId>;
  readonly #at: { origin: Origin };

  constructor() {
    const at = { origin: nowhere };
    super(() => at.origin);
    this.#at = at;
    this.#seen = new Map();
  }

  /** Runs `emit` with all that it writes standing at a place of the source. */
  during<T>(origin: Origin, emit: () => T): T {
    const before = this.#at.origin;
    this.#at.origin = origin;
    try {
      return emit();
    } finally {
      this.#at.origin = before;
    }
  }

  node(id: NodeId): Node {
    return nodeAt(this, id);
  }

  override emit<K extends PrimitiveName>(name: K, params: Params[K], operands: readonly NodeId[] = []): NodeId {
    const used = name in elementwise ? this.#unstretched(operands) : operands;
    const key = `${name} ${JSON.stringify(params, finite)} ${used.join(' ')}`;
    const seen = distinct.has(name) ? undefined : this.#seen.get(key);
    if (seen !== undefined) return seen;
    const node = this.node(super.emit(name, params, used));
    const id = rewrite(this, node) ?? node.id;
    this.#seen.set(key, id);
    return id;
  }

  /** Emits an op whose name is not known to the caller. */
  again<K extends PrimitiveName>(op: Op<K>, operands: readonly NodeId[]): NodeId {
    return this.emit(op.name, op.params, operands);
  }

  /** The same value under an id of its own, to differentiate with respect to. */
  alias(x: NodeId): NodeId {
    return super.emit('convert', { dtype: this.aval(x).dtype }, [x]);
  }

  /**
   * Operands of an elementwise function with sizes of 1 in place of stretched ones, where another operand spans the axis.
   * All keep the rank of the result, so that axis k of each is axis k of the result.
   */
  #unstretched(operands: readonly NodeId[]): readonly NodeId[] {
    const kept = [...operands];
    operands.forEach((id, k) => {
      const own = this.#beforeStretch(id);
      const spanned = this.shape(id).every(
        (dim, axis) =>
          this.shape(own)[axis] === dim || kept.some((other, j) => j !== k && this.shape(other)[axis] === dim),
      );
      if (spanned) kept[k] = own;
    });
    return kept;
  }

  #beforeStretch(id: NodeId): NodeId {
    const { op, operands } = this.node(id);
    const [x] = operands;
    if (op.name !== 'broadcast_in_dim' || x === undefined) return id;
    const { dims, shape } = op.params;
    const inner = this.shape(x);
    return this.reshape(
      x,
      shape.map((_, axis) => inner[dims.indexOf(axis)] ?? 1),
    );
  }
}

function finite(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
