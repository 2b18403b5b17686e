import { resultOf } from '../derivatives/mapped.ts';
import type { BatchEvidence, Occurrence } from '../derivatives/occurrence.ts';
import { summand } from '../derivatives/summed.ts';
import { dependence, isIota } from '../graph/dependence.ts';
import * as D from '../graph/dim.ts';
import type { Flow } from '../graph/flow.ts';
import { type Graph, type Node, type NodeId, nodeAt, type Origin, regionNodes } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import { isModule, namedModules } from '../library/torch/nn/module.ts';
import { plainCall } from './calls.ts';
import { inEvaluation } from './evaluation.ts';
import type { Proposal } from './finding.ts';
import { layoutSaid } from './layout.ts';
import { batchFirst, fate } from './output-axis-first.ts';
import { assumptionOf, type DerivativeRule, type Facts, rangeOf, weigh } from './rule.ts';
import { callAt, namesIn, textAt } from './source-file.ts';
import { byJacobian, isOfTape } from './tapes.ts';

/** A diagonal over the first axes of output and input: the batch blocks, as the author takes them. */
function takesDiagonal(facts: Facts, occurrence: Occurrence): Node | null {
  const outRank = occurrence.output.shape.length;
  const [batch] = occurrence.input.shape;
  const [first] = occurrence.output.shape;
  if (batch === undefined || first === undefined || !D.equal(batch, first)) return null;
  for (const id of facts.users.get(occurrence.node.id) ?? []) {
    const node = nodeAt(facts.graph, id);
    if (
      node.op.name === 'diagonal' &&
      Math.min(node.op.params.axis1, node.op.params.axis2) === 0 &&
      Math.max(node.op.params.axis1, node.op.params.axis2) === outRank
    )
      return node;
    if (
      node.op.name === 'gather' &&
      node.op.params.axes.join() === `0,${outRank}` &&
      node.operands.slice(1).every((index) => isIota(facts.graph, index))
    )
      return node;
  }
  return null;
}

/** Whether samples meet through a fixed matrix (a graph's edges, a filter), or as pairs: that is meant. */
export function isMeant(graph: Graph, { region, wrt }: Occurrence, evidence: BatchEvidence, by: NodeId): boolean {
  const { op, operands } = nodeAt(graph, by);
  const leaf = region.inputs[wrt];
  const isReduction = op.name.startsWith('reduce_') || op.name.startsWith('cum') || op.name.includes('sort');
  // Without a layer, pairs of rows are as well atoms or points of one system.
  if (evidence.kind === 'assumed' && !isReduction) return true;
  if (op.name === 'gather' || leaf === undefined) return true;
  if (op.name !== 'dot_general' && op.name !== 'conv') return false;
  const dependent = new Set(regionNodes(graph, { inputs: [leaf], outputs: [by] }));
  return operands.some((operand) => !dependent.has(operand));
}

/** Whether what mixes is a batch norm: the axis over which that takes its statistics is a batch. */
function isBatchNorm({ trace, file }: Facts, { origin }: Node): boolean {
  const isHere = (place: Origin): boolean =>
    place.start === origin.start && place.end === origin.end && place.file === origin.file;
  const isLayer = trace.bindings.some(
    ({ value }) =>
      isModule(value) &&
      namedModules(value).some(([, module]) => module.cls.name.includes('BatchNorm') && isHere(module.origin)),
  );
  const call = isLayer || origin.file !== file.path ? null : callAt(file, rangeOf(origin));
  return isLayer || (call !== null && /\bbatch_norm$|BatchNorm\w*$/.test(textAt(file, call.func.range)));
}

/** Whether the code takes the first axis for a batch: by a batch norm, by moving it to the front, by names or documents. */
function saysBatch(facts: Facts, occurrence: Occurrence, by: NodeId): boolean {
  const batchAxis = occurrence.output.shape.length;
  return (
    isBatchNorm(facts, nodeAt(facts.graph, by)) ||
    fate(facts, occurrence.node.id, batchAxis) === 'front' ||
    facts.names.some((name) => batchFirst.test(name)) ||
    layoutSaid(occurrence, facts, batchAxis) === 'batch first'
  );
}

/** Whether samples meet on the way: where each output is to be of one sample, also in a sum of terms of one each. */
export function meets(flow: Flow, evidence: BatchEvidence): flow is Extract<Flow, { kind: 'mixed' | 'summed' }> {
  return flow.kind === 'mixed' || (flow.kind === 'summed' && evidence.kind === 'call');
}

export const sumOverMixedBatch: DerivativeRule = {
  of: 'derivative',
  name: 'sum-over-mixed-batch',
  severity: 'error',
  place: 'innermost',
  summary: 'the sum over the batch, or its diagonal, of a function that mixes samples: not the Jacobian of each sample',
  check: (occurrence, facts) => {
    const { graph, evidence } = facts;
    const { flow, region, wrt, input, kind } = occurrence;
    const [output] = region.outputs;
    const [batch] = input.shape;
    if (
      kind !== 'jacobian' ||
      (flow.kind !== 'mixed' && evidence.kind !== 'call') ||
      evidence.kind === 'none' ||
      output === undefined ||
      batch === undefined ||
      batch === 1
    )
      return null;
    // The second derivatives of a coupled system, whose own blocks are wanted: nothing says that its parts are samples.
    if (occurrence.isSecondOrder && evidence.kind === 'assumed') return null;
    const summed = summand(graph, output, batch);
    const diagonal = takesDiagonal(facts, occurrence);
    if (summed === null && diagonal === null) return null;
    const inner = summed === null ? flow : dependence(graph, { inputs: region.inputs, outputs: [summed] }, wrt, 0);
    if (!meets(inner, evidence) || isMeant(graph, occurrence, evidence, inner.by)) return null;
    // A sum over the parts of one sample (tokens that attend to each other, instances that are pooled) looks the same.
    if (diagonal === null && evidence.kind !== 'call' && !saysBatch(facts, occurrence, inner.by)) return null;
    const shape = showShape(resultOf(graph, occurrence.node).aval.shape);
    const what =
      summed === null
        ? 'The batch diagonal'
        : evidence.kind === 'call'
          ? 'What batch_jacobian gives'
          : 'The Jacobian of the sum over the batch';
    return {
      ...weigh(
        assumptionOf(occurrence, evidence),
        `${what} is not the Jacobian of each sample: samples are mixed here, so each entry is ${summed === null ? 'only a part of what a sample does' : `a sum over all ${D.show(batch)} outputs`}.`,
      ),
      related: [{ origin: nodeAt(graph, inner.by).origin, message: 'this mixes the samples of the batch' }],
      shape,
      wanted: null,
      proposals: () => [withStoredStatistics(occurrence, facts), wholeJacobian(occurrence, facts)],
    };
  },
};

/** `jacobian` for `batch_jacobian`: what each sample does to all. */
export function wholeJacobian(occurrence: Occurrence, { file, graph }: Facts): readonly Proposal[] {
  const [output] = occurrence.region.outputs;
  const [batch] = occurrence.input.shape;
  const whole = output === undefined || batch === undefined ? null : summand(graph, output, batch);
  if (whole === null || !isOfTape(occurrence)) return [];
  return byJacobian(occurrence, file, [...nodeAt(graph, whole).aval.shape, ...occurrence.input.shape]);
}

/** Stored statistics for the modules that the function names: what mixes may be those of the batch. */
function withStoredStatistics(occurrence: Occurrence, facts: Facts): readonly Proposal[] {
  const { file, trace } = facts;
  const { origin } = occurrence.derivative;
  const parts = plainCall(occurrence, file);
  if (parts === null) return [];
  const modules = trace.bindings.filter(
    (binding) => binding.file === origin.file && binding.value.kind === 'instance' && isModule(binding.value),
  );
  const used = namesIn(parts.fn);
  const names = modules.map(({ name }) => name).filter((name) => used.has(name));
  return inEvaluation(file, parts.range, names, 'stored statistics keep samples apart');
}
