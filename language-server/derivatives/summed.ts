import { dependence } from '../graph/dependence.ts';
import * as D from '../graph/dim.ts';
import { plainAxes } from '../graph/flow.ts';
import { type Graph, type NodeId, nodeAt } from '../graph/graph.ts';
import { dimAt } from '../graph/shape.ts';
import type { Occurrence } from './occurrence.ts';

/** Functions that are sums over the batch: what is differentiated by the sum trick. */

/** The sum over the first axis that the output of the function is, if it is one: what was summed. */
export function summand(graph: Graph, output: NodeId, batch: D.Dim): NodeId | null {
  for (let node = nodeAt(graph, output); ; ) {
    const [first] = node.operands;
    if (first === undefined) return null;
    if (node.op.name === 'reduce_sum') {
      const before = nodeAt(graph, first).aval.shape;
      const over = node.op.params.axes;
      return over.length === 1 && over[0] === 0 && before.length > 1 && D.equal(dimAt(before, 0), batch) ? first : null;
    }
    if (!['transpose', 'reshape', 'convert', 'broadcast_in_dim', 'div', 'mul', 'neg'].includes(node.op.name))
      return null;
    node = nodeAt(graph, first);
  }
}

/** Whether what is differentiated is the sum over the batch of a function that keeps samples apart. */
export function sumsSeparate(graph: Graph, { region, input, wrt }: Occurrence): boolean {
  const [output] = region.outputs;
  const [batch] = input.shape;
  const whole = output === undefined || batch === undefined ? null : summand(graph, output, batch);
  if (whole === null) return false;
  const flow = dependence(graph, { inputs: region.inputs, outputs: [whole] }, wrt, 0);
  return flow.kind === 'along' && plainAxes(flow).includes(0);
}
