import { type Along, reach } from '../graph/gradient.ts';
import { type Graph, type Node, nodeAt } from '../graph/graph.ts';
import { type Occurrence, occurrencesOf } from './occurrence.ts';

/** Derivatives that are zero, for no way from the input to the output lets one through. */

/** Which way a derivative goes through its function. */
export function alongOf({ node: { op }, derivative: { api } }: Occurrence): Along {
  if (op.name === 'jacobian') return op.params.mode;
  // torch.autograd.functional.jvp goes backwards twice.
  return op.name === 'jvp' && !api.startsWith('torch.autograd.functional.') ? 'forward' : 'reverse';
}

/** The operations that close every way from the input to the output; null where a way is open, or there is none. */
export function closedBy(graph: Graph, occurrence: Occurrence): readonly Node[] | null {
  const far = reach(graph, occurrence.region, occurrence.wrt, alongOf(occurrence));
  return far.kind === 'closed' ? far.by.map((id) => nodeAt(graph, id)) : null;
}

/** The same where it is so for all that the call gives: of several inputs or outputs, some may be meant to be constant. */
export function allClosedBy(graph: Graph, occurrence: Occurrence): readonly Node[] | null {
  const isAll = occurrencesOf(graph, occurrence.derivative).every((each) => closedBy(graph, each) !== null);
  return isAll ? closedBy(graph, occurrence) : null;
}

/** Whether an operation closes the way for it is itself a derivative that was not recorded. */
export function isUnrecorded({ op }: Node): boolean {
  return (op.name === 'jacobian' || op.name === 'vjp' || op.name === 'jvp') && !op.params.differentiable;
}
