import type { Flow } from './flow.ts';
import type { Op, PrimitiveName } from './primitives/index.ts';
import type { Aval } from './shape.ts';

/** A node's place in its graph's list; operands always have smaller ids than the nodes that use them. */
export type NodeId = number & { readonly brand: 'NodeId' };

/** Where in the source a node comes from. */
export interface Origin {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** The Python loops that were running, outermost first. */
  readonly loops: readonly LoopStep[];
  /** The calls of functions of the user's own that were open, outermost first. */
  readonly calls: readonly CallSite[];
}

export interface LoopStep {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** Which turn of the loop, from 0; `any` where one turn stands for all. */
  readonly turn: number | 'any';
}

export interface CallSite {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Whether derivatives are recorded where an operation stands: `no_grad` records nothing to go back through, but lets
 * tangents pass; `inference_mode` stops both. In a function that has derivatives of its `own`, they are what its author says.
 */
export type GradMode = 'enabled' | 'no_grad' | 'inference' | 'own';

export interface Node<K extends PrimitiveName = PrimitiveName> {
  readonly id: NodeId;
  readonly op: Op<K>;
  readonly operands: readonly NodeId[];
  readonly aval: Aval;
  readonly origin: Origin;
  readonly gradMode: GradMode;
}

/** A function within a graph: from `inputs` (leaves, or any nodes for a derivative taken afterwards) to `outputs`. */
export interface Region {
  readonly inputs: readonly NodeId[];
  readonly outputs: readonly NodeId[];
}

/** Computation as a list in which every node stands behind its operands. Plain data: it can be sent as JSON. */
export interface Graph {
  readonly nodes: readonly Node[];
}

/** The graph of a program that was traced. */
export interface TracedGraph extends Graph {
  /** Nodes by which layers of a library compute as by their weights, whoever gave them. */
  readonly weights: ReadonlySet<NodeId>;
}

export function nodeAt(graph: Graph, id: NodeId): Node {
  const node = graph.nodes[id];
  if (node === undefined) throw new RangeError(`no node ${id} in a graph of ${graph.nodes.length}`);
  return node;
}

/** The regions of functions that the node holds (a vmap, a derivative); none for plain primitives. */
export function regionOf(node: Node): Region | null {
  return 'region' in node.op.params ? node.op.params.region : null;
}

/** The op with another region in the place of its own. */
export function withRegion(op: Node['op'], region: Region): Node['op'] {
  switch (op.name) {
    case 'vmap':
      return { name: op.name, params: { ...op.params, region } };
    case 'jacobian':
      return { name: op.name, params: { ...op.params, region } };
    case 'vjp':
      return { name: op.name, params: { ...op.params, region } };
    case 'jvp':
      return { name: op.name, params: { ...op.params, region } };
    default:
      return op;
  }
}

/**
 * The nodes that `outputs` are computed from, regions included, in order; `stop` nodes are kept but not looked behind.
 * @param first nodes before this one are left out: what they are computed from comes before them too
 */
export function reachable(graph: Graph, outputs: readonly NodeId[], stop: readonly NodeId[] = [], first = 0): NodeId[] {
  const seen = new Set<NodeId>();
  const barrier = new Set(stop);
  const todo = [...outputs];
  for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
    if (id < first || seen.has(id)) continue;
    seen.add(id);
    if (barrier.has(id)) continue;
    const node = nodeAt(graph, id);
    todo.push(...node.operands, ...(regionOf(node)?.outputs ?? []));
  }
  return [...seen].sort((a, b) => a - b);
}

/** The nodes of the region that depend on its inputs, inputs first, in order. */
export function regionNodes(graph: Graph, region: Region): NodeId[] {
  const dependent = new Set<NodeId>(region.inputs);
  for (const id of reachable(graph, region.outputs, region.inputs, Math.min(...region.inputs))) {
    const node = nodeAt(graph, id);
    const inner = regionOf(node)?.outputs ?? [];
    if ([...node.operands, ...inner].some((operand) => dependent.has(operand))) dependent.add(id);
  }
  return [...dependent].sort((a, b) => a - b);
}

/** Users of each node, by operand, in order. */
export function usersOf(graph: Graph): ReadonlyMap<NodeId, readonly NodeId[]> {
  const users = new Map<NodeId, NodeId[]>();
  for (const node of graph.nodes) {
    for (const operand of new Set(node.operands)) {
      const list = users.get(operand);
      if (list === undefined) users.set(operand, [node.id]);
      else list.push(node.id);
    }
  }
  return users;
}

/** Flows of nodes, given the flows of some. */
export type FlowOf = (id: NodeId) => Flow;
