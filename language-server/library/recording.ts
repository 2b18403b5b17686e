import { passageOf } from '../graph/gradient.ts';
import { type Graph, type Node, type NodeId, type Origin, regionOf } from '../graph/graph.ts';
import type { Context } from './context.ts';
import type { TensorValue, Value } from './values.ts';

/** Whether a tensor requires grad (https://docs.pytorch.org/docs/stable/notes/autograd.html). */
export type Requires = 'yes' | 'no' | 'unknown';

/** What a program said of a value, and from which node on it holds. */
interface Mark {
  readonly since: number;
  readonly requires: Requires;
}

/** What torch records: which values require grad, by what the program says of tensors and by how they were computed. */
export class Recording {
  readonly #graph: Graph;
  readonly #isSure: (id: NodeId) => boolean;
  readonly #marks = new Map<NodeId, Mark[]>();
  /** How each node came about: the states of all up to some, in order. */
  readonly #states: Requires[] = [];
  /** The tensors for which `backward()` leaves a gradient: leaves that require grad, and those that were told to retain it. */
  readonly holders = new Set<TensorValue>();

  /** What nobody is seen to give a function: it may be computed from other things that the function is given. */
  readonly supposed = new Set<NodeId>();

  /** What gradients were asked for of: the results that were gone back from. */
  readonly pulled: { readonly output: NodeId; readonly origin: Origin }[] = [];

  /** `isSure` tells whether what is done now to a node is surely done to it. */
  constructor(graph: Graph, isSure: (id: NodeId) => boolean) {
    this.#graph = graph;
    this.#isSure = isSure;
  }

  /** Notes that a tensor is told whether it requires grad. One that was computed from others that do is no leaf. */
  tell(tensor: TensorValue, requires: Requires): void {
    if (requires !== 'no' && this.of(tensor.node) !== 'yes') this.holders.add(tensor);
    this.#mark(tensor.node, requires);
  }

  /** Notes that a tensor has other values now: a leaf stays one. */
  replaced(tensor: TensorValue, node: NodeId): void {
    if (this.holders.has(tensor)) this.#mark(node, this.of(tensor.node));
  }

  /** Notes that something that is not traced may have changed whether it requires grad. */
  doubt(node: NodeId): void {
    this.#mark(node, 'unknown');
  }

  /** Whether a node's value requires grad, as things are now. */
  of(id: NodeId): Requires {
    return this.#at(id, Number.POSITIVE_INFINITY);
  }

  #mark(id: NodeId, requires: Requires): void {
    const marks = this.#marks.get(id) ?? [];
    marks.push({ since: this.#graph.nodes.length, requires: this.#isSure(id) ? requires : 'unknown' });
    this.#marks.set(id, marks);
  }

  #at(id: NodeId, when: number): Requires {
    const mark = this.#marks.get(id)?.findLast(({ since }) => since <= when);
    if (mark !== undefined) return mark.requires;
    // Operands come before their users, so one pass in order settles everything without recursion.
    for (const node of this.#graph.nodes.slice(this.#states.length, id + 1)) this.#states.push(this.#computed(node));
    return this.#states[id] ?? 'unknown';
  }

  #computed(node: Node): Requires {
    if (node.operands.length === 0) return given.has(node.op.name) ? 'unknown' : 'no';
    const passage = passageOf(node, 'record');
    if (passage === 'blocked') return 'no';
    const region = regionOf(node);
    const sources = new Set([...node.operands, ...(region?.outputs ?? [])].map((id) => this.#at(id, node.id)));
    const [only = 'no', ...others] = sources;
    if (others.length === 0 && only === 'no') return 'no';
    // A derivative of something linear hangs on nothing; of what is opaque nobody knows.
    if (region !== null || passage === 'unknown') return 'unknown';
    if (node.op.name === 'either') return others.length === 0 ? only : 'unknown';
    return sources.has('yes') ? 'yes' : 'unknown';
  }
}

/** Leaves that may be anything's: what a function is given, and what comes from elsewhere. */
const given: ReadonlySet<string> = new Set(['input', 'parameter', 'data']);

/** Tells a tensor whether it requires grad, as `requires_grad_()` and the argument `requires_grad` do. */
export function setRequiresGrad(cx: Context, tensor: TensorValue, wanted: Value): void {
  cx.setName(tensor.attributes, 'requires_grad', wanted);
  const isKnown = wanted.kind === 'bool' && wanted.value !== null;
  cx.recording.tell(tensor, isKnown ? (wanted.value ? 'yes' : 'no') : 'unknown');
}
