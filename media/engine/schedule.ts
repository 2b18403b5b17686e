import type { Graph, Node, NodeId } from '../../language-server/graph/graph.ts';
import { nodeAt, reachable } from '../../language-server/graph/graph.ts';
import { countFlops, type PrimitiveName } from '../../language-server/graph/primitives/index.ts';
import { number, numbers, product } from './concrete.ts';
import type { Estimate } from './report.ts';

/** Nodes in the order in which they are computed, each with the values that nobody needs after it. */
export interface Schedule {
  readonly leaves: readonly NodeId[];
  /** Values that depend on no leaf: computed once. */
  readonly constants: readonly NodeId[];
  readonly steps: readonly Step[];
  readonly result: NodeId;
}

export interface Step {
  readonly node: Node;
  readonly free: readonly NodeId[];
}

const leafNames: ReadonlySet<PrimitiveName> = new Set(['input', 'parameter', 'random', 'data']);

/** The order in which the nodes that `result` needs are computed. */
export function scheduled(graph: Graph, result: NodeId): Schedule {
  const nodes = reachable(graph, [result]).map((id) => nodeAt(graph, id));
  const leaves = nodes.filter(({ op }) => leafNames.has(op.name)).map(({ id }) => id);
  const varying = new Set<NodeId>(leaves);
  for (const { id, operands } of nodes) if (operands.some((operand) => varying.has(operand))) varying.add(id);
  const constants = nodes.filter(({ id }) => !varying.has(id)).map(({ id }) => id);
  const todo = nodes.filter(({ id, op }) => varying.has(id) && !leafNames.has(op.name));
  const lastUse = new Map<NodeId, NodeId>();
  for (const { id, operands } of todo) for (const operand of operands) lastUse.set(operand, id);
  const computed = new Set(todo.map(({ id }) => id));
  const steps = todo.map((node) => ({
    node,
    free: [...new Set(node.operands)].filter((id) => computed.has(id) && id !== result && lastUse.get(id) === node.id),
  }));
  return { leaves, constants, steps, result };
}

/** Operations that only look at their operand in another way. */
const free: ReadonlySet<PrimitiveName> = new Set(['reshape', 'stop_gradient', 'convert']);

/** What one evaluation takes, counted by the primitives' own rules; times are for a machine of the given speed. */
export function estimated(graph: Graph, schedule: Schedule, speed: Speed): Estimate {
  let [flops, launches, moved] = [0, 0, 0];
  let held = sum([...schedule.leaves, ...schedule.constants].map((id) => bytesOf(nodeAt(graph, id))));
  let peakBytes = held;
  for (const { node, free: gone } of schedule.steps) {
    const own = bytesOf(node);
    if (!free.has(node.op.name)) {
      flops += flopsOf(graph, node);
      launches += 1;
      moved += own + sum(node.operands.map((id) => bytesOf(nodeAt(graph, id))));
      held += own;
    }
    peakBytes = Math.max(peakBytes, held);
    held -= sum(gone.map((id) => (free.has(nodeAt(graph, id).op.name) ? 0 : bytesOf(nodeAt(graph, id)))));
  }
  return {
    flops,
    launches,
    peakBytes,
    ms: launches * speed.launchMs + flops / speed.flopsPerMs + moved / speed.bytesPerMs,
  };
}

/** How fast a machine is, roughly: for choosing between ways, not for promises. */
export interface Speed {
  readonly launchMs: number;
  readonly flopsPerMs: number;
  readonly bytesPerMs: number;
}

/** One way run several times with other cotangents, then put together. */
export function repeated(one: Estimate, turns: number, resultBytes: number): Estimate {
  return {
    flops: one.flops * turns,
    launches: one.launches * turns,
    peakBytes: one.peakBytes + 2 * resultBytes,
    ms: one.ms * turns,
  };
}

export function bytesOf(node: Node): number {
  return 4 * product(numbers(node.aval.shape));
}

/** Floating-point operations that a node takes. */
export function flopsOf(graph: Graph, { op, operands, aval }: Node): number {
  return number(
    countFlops(
      op,
      operands.map((id) => nodeAt(graph, id).aval),
      aval,
    ),
  );
}

function sum(list: readonly number[]): number {
  return list.reduce((a, b) => a + b, 0);
}
