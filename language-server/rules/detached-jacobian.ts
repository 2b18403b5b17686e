import { isUnrecorded } from '../derivatives/closed.ts';
import type { Occurrence } from '../derivatives/occurrence.ts';
import { reach } from '../graph/gradient.ts';
import { type Graph, type NodeId, nodeAt, type Origin, reachable, regionNodes } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import type { Recording } from '../library/recording.ts';
import type { Trace } from '../tracer/trace.ts';
import { calledName, recordThem } from './create-graph.ts';
import type { DerivativeRule } from './rule.ts';

export const detachedJacobian: DerivativeRule = {
  of: 'derivative',
  name: 'detached-jacobian',
  severity: 'error',
  place: 'innermost',
  summary: 'a derivative made without `create_graph=True` that is differentiated or put into a loss',
  check: (occurrence, { trace, file }) => {
    if (!isUnrecorded(occurrence.node)) return null;
    const harm = harmOf(trace, occurrence);
    if (harm === null) return null;
    const { derivative, node } = occurrence;
    const shape = showShape(node.aval.shape);
    return {
      message: `This is ${shape}, made by ${calledName(derivative)} without create_graph=True: ${harm.what}.`,
      certainty: 'proved',
      related: [{ origin: harm.origin, message: harm.here }],
      shape,
      wanted: null,
      proposals: () => [recordThem(trace, file, [node.id])],
    };
  },
};

/** What goes wrong with a derivative that is not recorded, and where. */
interface Harm {
  readonly what: string;
  readonly origin: Origin;
  readonly here: string;
}

function harmOf(trace: Trace, occurrence: Occurrence): Harm | null {
  const {
    graph,
    machine: { recording },
  } = trace;
  // Nearly all programs do neither, which is soon seen.
  const raised = raises(trace, occurrence);
  if (raised === null && recording.pulled.length === 0) return null;
  const holders = new Set([...recording.holders].map(({ node }) => node));
  const isWeighted = hasWeights(graph, recording, occurrence, holders);
  // Of what is linear, there is nothing to record.
  const isOwn = recording.of(occurrence.primal) === 'yes' && !isLinear(graph, occurrence);
  return (
    (isWeighted || isOwn ? raised : null) ?? (isWeighted ? isConstant(graph, recording, occurrence, holders) : null)
  );
}

/** Whether what is differentiated hangs on something else that requires grad, as weights do: on one of the leaves. */
function hasWeights(
  graph: Graph,
  recording: Recording,
  { region, primal }: Occurrence,
  leaves: ReadonlySet<NodeId>,
): boolean {
  return reachable(graph, region.outputs).some(
    (id) => leaves.has(id) && id !== primal && recording.of(id) === 'yes' && nodeAt(graph, id).operands.length === 0,
  );
}

/** Whether the output is linear in the input as it is written. */
function isLinear(graph: Graph, { region, wrt }: Occurrence): boolean {
  const [input, [output]] = [region.inputs[wrt], region.outputs];
  if (input === undefined || output === undefined) return true;
  const dependent = new Set(regionNodes(graph, { inputs: [input], outputs: [output] }));
  return [...dependent].every((id) => {
    const { op, operands } = nodeAt(graph, id);
    if (id === input || additive.has(op.name)) return true;
    const isFirst = operands.every((operand, k) => k === 0 || !dependent.has(operand));
    const isOnly = operands.filter((operand) => dependent.has(operand)).length === 1;
    return picking.has(op.name) || op.name === 'div' ? isFirst : bilinear.has(op.name) && isOnly;
  });
}

function flowsInto(graph: Graph, from: NodeId, to: NodeId): boolean {
  return reach(graph, { inputs: [from], outputs: [to] }, 0, 'record').kind === 'open';
}

/** What is made of it is differentiated, which raises. */
function raises({ graph, problems }: Trace, { node }: Occurrence): Harm | null {
  const problem = problems.find(
    ({ misuse }) => misuse?.kind === 'not recorded' && flowsInto(graph, node.id, misuse.output),
  );
  if (problem === undefined) return null;
  return {
    what: 'what is made of it is differentiated, which raises an error, for nothing of it is recorded',
    origin: problem.origin,
    here: `this raises ${problem.type}: ${problem.message}`,
  };
}

/** A term of a loss is made of it that is constant, for nothing of it is recorded. */
function isConstant(
  graph: Graph,
  recording: Recording,
  { node }: Occurrence,
  holders: ReadonlySet<NodeId>,
): Harm | null {
  for (const { output, origin } of recording.pulled) {
    if (output < node.id) continue;
    if (holders.has(output) && flowsInto(graph, node.id, output))
      return {
        what: 'what is made of it is told to require grad, but no gradient comes to the weights, for nothing of it is recorded',
        origin,
        here: 'this goes back no further than to what it is called on',
      };
    const term = constantTerms(graph, recording, output).find((id) => flowsInto(graph, node.id, id));
    if (term !== undefined)
      return {
        what: 'what is made of it counts in the loss, but no gradient of it comes to the weights, for nothing of it is recorded',
        origin,
        here: 'this goes back through the other terms alone',
      };
  }
  return null;
}

/** The terms of a sum, scaled or not, that do not require grad. */
function constantTerms(graph: Graph, recording: Recording, id: NodeId): readonly NodeId[] {
  const terms: NodeId[] = [];
  const seen = new Set<NodeId>();
  const todo = [id];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const { op, operands } = nodeAt(graph, at);
    const requires = (operand: NodeId): boolean => recording.of(operand) !== 'no';
    if (!requires(at)) terms.push(at);
    else if (additive.has(op.name)) todo.push(...operands);
    else if (op.name === 'mul' || op.name === 'div') {
      const [own, ...more] = operands.filter(requires);
      if (own !== undefined && more.length === 0) todo.push(own);
    }
  }
  return terms;
}

const picking: ReadonlySet<string> = new Set(['take', 'slice', 'gather', 'diagonal', 'pad']);

const bilinear: ReadonlySet<string> = new Set(['mul', 'dot_general', 'conv']);

const additive: ReadonlySet<string> = new Set([
  'add',
  'sub',
  'neg',
  'reduce_sum',
  'reshape',
  'transpose',
  'broadcast_in_dim',
  'convert',
  'concatenate',
]);
