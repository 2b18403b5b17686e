import type { Dim } from './dim.ts';
import { alongAxis, constant, type Flow } from './flow.ts';
import { type Graph, type Node, type NodeId, nodeAt, type Region, reachable } from './graph.ts';
import { type Op, type PrimitiveName, primitiveOf } from './primitives/index.ts';
import { dimAt } from './shape.ts';

/**
 * How the region's output depends on the given axis of one of its inputs: the proof that samples are independent,
 * or the node that mixes them. All other inputs count as constants.
 */
export function dependence(graph: Graph, region: Region, input: number, axis: number): Flow {
  const source = region.inputs[input];
  const output = region.outputs[0];
  if (source === undefined || output === undefined) return constant;
  const seeds = new Map<NodeId, Flow>([
    ...region.inputs.map((each): [NodeId, Flow] => [each, constant]),
    [source, alongAxis(axis)],
  ]);
  return flowsFrom(graph, seeds, dimAt(nodeAt(graph, source).aval.shape, axis))(output);
}

/** Flows of any node, given those of some (the seeds); `batch` is the size of the batch. */
export function flowsFrom(graph: Graph, seeds: ReadonlyMap<NodeId, Flow>, batch: Dim): (id: NodeId) => Flow {
  return new Evaluation(graph, seeds, batch, null).flowOf;
}

/** How many functions are gone through for one answer: each may be gone through twice for the one around it. What comes then is unknown. */
const mostRegions = 5000;

class Evaluation {
  readonly #known = new Map<NodeId, Flow>();
  readonly #graph: Graph;
  readonly #seeds: ReadonlyMap<NodeId, Flow>;
  readonly #batch: Dim;
  readonly #parent: Evaluation | null;
  /** Shared by all that one answer takes. */
  readonly #gone: { regions: number };
  /** Nodes before the first seed cannot depend on any. */
  readonly #first: number;

  constructor(graph: Graph, seeds: ReadonlyMap<NodeId, Flow>, batch: Dim, parent: Evaluation | null) {
    this.#graph = graph;
    this.#seeds = seeds;
    this.#batch = batch;
    this.#parent = parent;
    this.#gone = parent === null ? { regions: 0 } : parent.#gone;
    this.#first = Math.min(...seeds.keys());
  }

  readonly flowOf = (target: NodeId): Flow => {
    const settled = this.#settled(target);
    if (settled !== null) return settled;
    // Operands come before users, so one pass in order settles everything without recursion.
    for (const id of reachable(this.#graph, [target], [...this.#seeds.keys(), ...this.#known.keys()], this.#first)) {
      if (this.#settled(id) === null) this.#known.set(id, this.#evaluate(nodeAt(this.#graph, id)));
    }
    return this.#settled(target) ?? constant;
  };

  #settled(id: NodeId): Flow | null {
    const known = this.#seeds.get(id) ?? this.#known.get(id);
    if (known !== undefined) return known;
    if (id >= this.#first) return null;
    return this.#parent === null ? constant : this.#parent.flowOf(id);
  }

  #evaluate(node: Node): Flow {
    const flow = applyFlow(node.op, node, {
      flows: node.operands.map((operand) => this.#settled(operand) ?? constant),
      graph: this.#graph,
      batch: this.#batch,
      flowThrough: (region, inputs) => this.#through(region, inputs),
    });
    // Of a batch of one every element is of the same sample.
    return flow.kind === 'partial' && this.#batch === 1 ? { ...flow, sample: 0 } : flow;
  }

  #through(region: Region, inputs: readonly Flow[]): Flow {
    const output = region.outputs[0];
    if (output === undefined) return constant;
    this.#gone.regions += 1;
    if (this.#gone.regions > mostRegions) return { kind: 'unknown', by: output };
    // An input that is itself what is seeded (a derivative taken afterwards) keeps its own flow.
    const seeds = new Map(this.#seeds);
    for (const [k, input] of region.inputs.entries()) seeds.set(input, inputs[k] ?? constant);
    return new Evaluation(this.#graph, seeds, this.#batch, this).flowOf(output);
  }
}

function applyFlow<K extends PrimitiveName>(
  op: Op<K>,
  node: Node,
  context: {
    flows: readonly Flow[];
    graph: Graph;
    batch: Dim;
    flowThrough: (region: Region, inputs: readonly Flow[]) => Flow;
  },
): Flow {
  const { graph, flows, batch, flowThrough } = context;
  const avalOf = (id: NodeId) => nodeAt(graph, id).aval;
  return primitiveOf(op).flow({
    node: node.id,
    flows,
    avals: node.operands.map(avalOf),
    result: node.aval,
    params: op.params,
    batch,
    isIota: (operand) => {
      const id = node.operands[operand];
      return id !== undefined && isIota(graph, id);
    },
    flowThrough,
    regionAvals: (region) => ({ inputs: region.inputs.map(avalOf), outputs: region.outputs.map(avalOf) }),
  });
}

/** Whether the node is proved to be the vector 0, 1, ..., n-1. */
export function isIota(graph: Graph, id: NodeId): boolean {
  const { op, operands } = nodeAt(graph, id);
  const [first] = operands;
  switch (op.name) {
    case 'iota':
      return op.params.start === 0 && op.params.step === 1;
    case 'literal':
      return op.params.shape.length === 1 && op.params.values.every((value, k) => value === k);
    case 'convert':
    case 'stop_gradient':
      return first !== undefined && isIota(graph, first);
    default:
      return false;
  }
}

/** The one number that every element of the node surely is, or null. */
export function uniformValue(graph: Graph, id: NodeId): number | null {
  const { op, operands } = nodeAt(graph, id);
  const inner = (): number | null => (operands[0] === undefined ? null : uniformValue(graph, operands[0]));
  switch (op.name) {
    case 'full':
      return op.params.value;
    case 'literal':
      return op.params.values.every((value) => value === op.params.values[0]) ? (op.params.values[0] ?? null) : null;
    case 'neg': {
      const value = inner();
      return value === null ? null : -value;
    }
    case 'broadcast_in_dim':
    case 'reshape':
    case 'transpose':
    case 'slice':
    case 'take':
    case 'convert':
    case 'stop_gradient':
      return inner();
    default:
      return null;
  }
}
