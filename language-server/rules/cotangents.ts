import type { Occurrence } from '../derivatives/occurrence.ts';
import { dependence, uniformValue } from '../graph/dependence.ts';
import * as D from '../graph/dim.ts';
import { isPlain } from '../graph/flow.ts';
import { type Graph, type NodeId, nodeAt } from '../graph/graph.ts';
import { type Shape, sizeOf } from '../graph/shape.ts';
import type { Range, Subscript } from '../python/ast.ts';
import { enclosing } from '../python/traverse.ts';
import type { Proposal } from './finding.ts';
import { type Facts, rangeOf } from './rule.ts';
import { argumentOf, bracketed, callAt, freshName, namesIn, type SourceFile, spell, textAt } from './source-file.ts';

/** The library functions that pull cotangents back from recorded results. */
const ofRecordedResults: ReadonlySet<string> = new Set([
  'torch.autograd.grad',
  'torch.Tensor.backward',
  'torch.autograd.backward',
  'tf.GradientTape.gradient',
]);

/** What an all-ones cotangent adds up: the outputs that the same inputs reach. */
export interface SummedOutputs {
  /** What is summed over: the output, or what a full sum in the program was taken of. */
  readonly output: NodeId;
  /** How many outputs each entry of the gradient adds up. */
  readonly count: D.Dim;
  /** Whether the ones were written as a cotangent, and not as a sum, nor left out. */
  readonly written: boolean;
}

/** Whether a call takes the gradient of what was recorded, with a cotangent. */
export function isGradient({ derivative: { api } }: Occurrence): boolean {
  return ofRecordedResults.has(api);
}

/** Whether the gradient was taken with ones for a cotangent, and over how many outputs of a sample it sums. */
export function summedOutputs({ graph, differentiated }: Facts, occurrence: Occurrence): SummedOutputs | null {
  const { node, region, wrt, input } = occurrence;
  const cotangent = node.operands.at(-1);
  const [given] = region.outputs;
  if (
    occurrence.kind !== 'vjp' ||
    cotangent === undefined ||
    given === undefined ||
    uniformValue(graph, cotangent) !== 1 ||
    // Ones that are differentiated by only stand for a cotangent: the gradient is linear in them.
    differentiated.has(cotangent)
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
  for (const axis of partsOf(shape, input.shape)) kept.add(axis);
  const { origin } = nodeAt(graph, cotangent);
  const isLeftOut = origin.start === node.origin.start && origin.end === node.origin.end;
  return { output, written: written && !isLeftOut, count: sizeOf(shape.filter((_, axis) => !kept.has(axis))) };
}

/** The axes of an output that number the parts of a sample: a sum over them is the sample's total. */
function partsOf(output: Shape, input: Shape): readonly number[] {
  const later = output.map((_, axis) => axis).slice(1);
  // A map of one channel, as of scores for the patches of an image.
  if (output.length > 2 && output.length === input.length && (output[1] === 1 || output.at(-1) === 1)) return later;
  // Atoms or points, which the output has as the input does.
  return later.filter((axis) => {
    const [own, of] = [output[axis], input[axis]];
    return axis < input.length - 1 && own !== undefined && of !== undefined && D.equal(own, of);
  });
}

/** A sum of everything is the same as a cotangent of ones. */
function beforeSum(graph: Graph, id: NodeId): { readonly output: NodeId; readonly written: boolean } {
  const node = nodeAt(graph, id);
  const [first] = node.operands;
  const all = node.op.name === 'reduce_sum' && node.aval.shape.length === 0 && first !== undefined;
  return all ? { output: first, written: false } : { output: id, written: true };
}

/** `grad(y, x, grad_outputs=ones)[0]` as it is written, of one output and one input. */
interface GradCall {
  /** With its index. */
  readonly range: Range;
  readonly callee: string;
  readonly outputs: string;
  readonly inputs: string;
  /** The arguments that a call for one output keeps, with leading commas. */
  readonly others: string;
  readonly names: ReadonlySet<string>;
}

function gradCall(occurrence: Occurrence, file: SourceFile): GradCall | null {
  const { origin } = occurrence.derivative;
  const call = origin.file === file.path ? callAt(file, rangeOf(origin)) : null;
  if (call === null || call.args.length > 3 || call.keywords.some(({ name }) => name === null)) return null;
  const first = enclosing(file.module, call.range.start).find(
    (node): node is Subscript =>
      node.kind === 'Subscript' &&
      node.value.range.start === call.range.start &&
      node.value.range.end === call.range.end,
  );
  const index = first?.slice;
  if (first === undefined || index?.kind !== 'Constant' || index.value.type !== 'int' || index.value.value !== 0)
    return null;
  const [outputs, inputs] = [argumentOf(call, 0, 'outputs'), argumentOf(call, 1, 'inputs')];
  // What is written out is evaluated once; a column at a time, only a name can be.
  if (outputs?.kind !== 'Name' || (inputs?.kind !== 'Name' && inputs?.kind !== 'Attribute')) return null;
  const kept = call.keywords.filter(({ name }) => !['outputs', 'inputs', 'grad_outputs'].includes(name ?? ''));
  const keeps = kept.some(({ name }) => name === 'retain_graph');
  return {
    range: first.range,
    callee: textAt(file, call.func.range),
    outputs: textAt(file, outputs.range),
    inputs: textAt(file, inputs.range),
    others: [...kept.map((keyword) => textAt(file, keyword.range)), ...(keeps ? [] : ['retain_graph=True'])]
      .map((text) => `, ${text}`)
      .join(''),
    names: namesIn(call),
  };
}

/**
 * The same gradient taken one output (a column of the summed matrix) at a time and stacked in the second axis. Of each
 * output's gradient either all is kept, or the entry of the same column: of a Hessian, its diagonal.
 */
export function byColumns(
  occurrence: Occurrence,
  facts: Facts,
  summed: SummedOutputs,
  how: { readonly keep: 'all' | 'same column'; readonly title: string; readonly wanted: string },
): readonly Proposal[] {
  const { file, graph } = facts;
  const call = gradCall(occurrence, file);
  if (call === null || !summed.written || nodeAt(graph, summed.output).aval.shape.length !== 2) return [];
  const k = ['k', 'j', 'i', 'column'].find((name) => !call.names.has(name)) ?? 'jacobian_lens_column';
  const { names, edits } = spell(file, 'torch', ['stack']);
  const one = `${call.callee}(${call.outputs}[:, ${k}].sum(), ${call.inputs}${call.others})[0]`;
  const part = how.keep === 'all' ? one : `${one}[:, ${k}]`;
  const text = `${names[0]}([${part} for ${k} in range(${call.outputs}.shape[1])], dim=1)`;
  return [
    {
      title: how.title,
      kind: 'suggested',
      edits: [...edits, { range: call.range, text }],
      promises: { shape: how.wanted, range: call.range },
    },
  ];
}

/** The same where a function of the program takes the gradient: that is called for each output (a column) in turn. */
export function byCalls(
  { node, derivative }: Occurrence,
  { file, graph }: Facts,
  summed: SummedOutputs,
  how: { readonly title: string; readonly wanted: string },
): readonly Proposal[] {
  // What is not recorded for another derivative is let go of with the first gradient.
  const isKept = node.op.name === 'vjp' && node.op.params.differentiable;
  if (!isKept || !summed.written || nodeAt(graph, summed.output).aval.shape.length !== 2) return [];
  const calls = derivative.origin.calls.flatMap((site) => {
    const call = site.file === file.path ? callAt(file, { start: site.start, end: site.end }) : null;
    return call === null ? [] : [call];
  });
  return calls.reverse().flatMap((call) => {
    const name = freshName(namesIn(call), ['column', 'output', 'jacobian_lens_column']);
    const { names, edits } = spell(file, 'torch', ['stack']);
    const given = [...call.args, ...call.keywords.map(({ value }) => value)];
    return given.map((argument): Proposal => {
      const [before, after] = [
        { start: call.range.start, end: argument.range.start },
        { start: argument.range.end, end: call.range.end },
      ].map((range) => textAt(file, range));
      const text = `${names[0]}([${before}${name}${after} for ${name} in ${bracketed(file, argument)}.unbind(1)], dim=1)`;
      return {
        title: how.title,
        kind: 'suggested',
        edits: [...edits, { range: call.range, text }],
        promises: { shape: how.wanted, range: call.range },
      };
    });
  });
}
