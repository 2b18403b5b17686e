import type { Occurrence } from '../derivatives/occurrence.ts';
import { dependence, uniformValue } from '../graph/dependence.ts';
import type * as D from '../graph/dim.ts';
import { isPlain } from '../graph/flow.ts';
import { type Graph, type NodeId, nodeAt } from '../graph/graph.ts';
import { sizeOf } from '../graph/shape.ts';

/** What an all-ones cotangent adds up: the outputs that the same inputs reach. */
export interface SummedOutputs {
  /** What is summed over: the output, or what a full sum in the program was taken of. */
  readonly output: NodeId;
  /** How many outputs each entry of the gradient adds up. */
  readonly count: D.Dim;
  /** Whether the ones were written as a cotangent, and not as a sum. */
  readonly written: boolean;
}

/** Whether the gradient was taken with ones for a cotangent, and over how many outputs of a sample it sums. */
export function summedOutputs(graph: Graph, occurrence: Occurrence): SummedOutputs | null {
  const { node, region, wrt, input } = occurrence;
  const cotangent = node.operands.at(-1);
  const [given] = region.outputs;
  if (
    occurrence.kind !== 'vjp' ||
    cotangent === undefined ||
    given === undefined ||
    uniformValue(graph, cotangent) !== 1
  )
    return null;
  const { output, written } = beforeSum(graph, given);
  const shape = nodeAt(graph, output).aval.shape;
  // An axis of the output that goes along with one of the input is not summed over: each entry reaches its own.
  const kept = new Set<number>();
  for (const axis of input.shape.keys()) {
    const flow = dependence(graph, { inputs: region.inputs, outputs: [output] }, wrt, axis);
    if (flow.kind === 'along') for (const batch of flow.axes) if (isPlain(batch)) kept.add(batch.axis);
    if (flow.kind === 'unknown') return null;
  }
  if (kept.size === 0) return null;
  return { output, written, count: sizeOf(shape.filter((_, axis) => !kept.has(axis))) };
}

/** A sum of everything is the same as a cotangent of ones. */
function beforeSum(graph: Graph, id: NodeId): { readonly output: NodeId; readonly written: boolean } {
  const node = nodeAt(graph, id);
  const [first] = node.operands;
  const all = node.op.name === 'reduce_sum' && node.aval.shape.length === 0 && first !== undefined;
  return all ? { output: first, written: false } : { output: id, written: true };
}
