import { dependence, flowsFrom } from '../graph/dependence.ts';
import type { Dim } from '../graph/dim.ts';
import * as D from '../graph/dim.ts';
import { alongAxis, constant, type Flow, isPlain, plainAxes } from '../graph/flow.ts';
import {
  type Graph,
  type Node,
  type NodeId,
  nodeAt,
  type Region,
  regionNodes,
  type TracedGraph,
} from '../graph/graph.ts';
import { type Aval, dimAt, type Shape, sameShape } from '../graph/shape.ts';
import type { TracedDerivative } from '../tracer/trace.ts';
import { mapsAround } from './mapped.ts';

/** One derivative node that a call of the program made, and what can be proved of it. */
export interface Occurrence {
  readonly derivative: TracedDerivative;
  readonly node: Node;
  readonly kind: 'jacobian' | 'vjp' | 'jvp';
  readonly region: Region;
  readonly wrt: number;
  readonly input: Aval;
  readonly output: Aval;
  /** The value that is differentiated by: what stands in the program for the region's input. */
  readonly primal: NodeId;
  /** How the output depends on the first axis of the input; a scalar input has no axis. */
  readonly flow: Flow;
  /** Whether the output is itself a derivative with respect to the same input: the second order. */
  readonly isSecondOrder: boolean;
}

/** The derivative nodes of a call, each as an occurrence. */
export function occurrencesOf(graph: Graph, derivative: TracedDerivative): readonly Occurrence[] {
  return derivative.results.flatMap((id) => {
    const node = nodeAt(graph, id);
    const { op } = node;
    if (op.name !== 'jacobian' && op.name !== 'vjp' && op.name !== 'jvp') return [];
    const { region, wrt, input, output } = op.params;
    const primal = node.operands[wrt];
    if (primal === undefined) return [];
    const flow: Flow = input.shape.length === 0 ? { kind: 'constant' } : dependence(graph, region, wrt, 0);
    const isSecondOrder = isDerivativeOf(graph, region.outputs[0], region.inputs[wrt]);
    return [{ derivative, node, kind: op.name, region, wrt, input, output, primal, flow, isSecondOrder }];
  });
}

/** Whether a value is, up to moving axes about and sums, the derivative of something by the given input. */
function isDerivativeOf(graph: Graph, output: NodeId | undefined, input: NodeId | undefined): boolean {
  if (output === undefined || input === undefined) return false;
  const source = derivativeBehind(graph, output);
  if (source === null) return false;
  const { op, operands } = nodeAt(graph, source);
  if (op.name !== 'jacobian' && op.name !== 'vjp') return false;
  const primal = operands[op.params.wrt];
  return op.params.region.inputs[op.params.wrt] === input || primal === input;
}

const passing: ReadonlySet<string> = new Set([
  'transpose',
  'reshape',
  'broadcast_in_dim',
  'convert',
  'stop_gradient',
  'reduce_sum',
  'diagonal',
  'gather',
  'take',
  'slice',
]);

/** The derivative node that a value is a view or a sum of, or null. */
export function derivativeBehind(graph: Graph, id: NodeId): NodeId | null {
  for (let at: NodeId | undefined = id; at !== undefined; ) {
    const node: Node = nodeAt(graph, at);
    if (node.op.name === 'jacobian' || node.op.name === 'vjp') return at;
    if (!passing.has(node.op.name)) return null;
    at = node.operands[0];
  }
  return null;
}

/** The node whose values are those of another, moved about: what stands behind views and copies. */
export function behindViews(graph: Graph, id: NodeId): Node {
  for (let node = nodeAt(graph, id); ; ) {
    const [first] = node.operands;
    const isView = ['reshape', 'transpose', 'convert', 'stop_gradient', 'broadcast_in_dim'].includes(node.op.name);
    if (!isView || first === undefined) return node;
    node = nodeAt(graph, first);
  }
}

/** What says that the first axis of the input is a batch. */
export type BatchEvidence =
  /** A layer with weights takes the input and leaves that axis alone: what layers call the batch. A `vmap` over it says the same. */
  | { readonly kind: 'layer'; readonly node: NodeId }
  /** The call itself takes it for one: `batch_jacobian`. */
  | { readonly kind: 'call' }
  /** Nothing but that the function keeps its entries apart. */
  | { readonly kind: 'assumed' }
  /** The input is a weight, or a vector without other axes: no batch. */
  | { readonly kind: 'none' };

/** Names that people give to weights and matrices, not to batches of samples. */
const weightNames =
  /^(?:[A-WYZ]|[A-Z]\d*|w\d*|weights?\w*|\w+_weights?|theta\w*|params?\w*|\w*_params|phi|beta|alpha|gamma|kernel\w*|bias\w*|mat(?:rix)?\w*|coeffs?\w*)$/;

export function batchEvidence(graph: TracedGraph, occurrence: Occurrence): BatchEvidence {
  const { region, wrt, primal, input, derivative } = occurrence;
  if (derivative.api.endsWith('.batch_jacobian')) return { kind: 'call' };
  const source = behindViews(graph, primal);
  if (source.op.name === 'parameter' || input.shape.length === 0) return { kind: 'none' };
  const leaf = region.inputs[wrt];
  if (leaf === undefined) return { kind: 'none' };
  const layer = layerOver(graph, region, new Map([[leaf, alongAxis(0)]]), dimAt(input.shape, 0));
  if (layer !== null) return { kind: 'layer', node: layer };
  const { op } = nodeAt(graph, leaf);
  const name = op.name === 'input' ? op.params.name : null;
  if (input.shape.length < 2 || (name !== null && weightNames.test(name))) return { kind: 'none' };
  // Several arrays in one argument are the weights of a network, or the parts of a state.
  if (derivative.given.some((leaves) => leaves.length > 1 && leaves.includes(primal))) return { kind: 'none' };
  // A `vmap` around has taken the batch away already.
  return mapsAround(graph, occurrence.node).length > 0 ? { kind: 'none' } : { kind: 'assumed' };
}

/**
 * The first product in the region of a value that depends on the input with a weight that a layer holds, if it leaves the
 * batch axis alone, or the first `vmap` over that axis.
 */
function layerOver(graph: TracedGraph, whole: Region, leaf: ReadonlyMap<NodeId, Flow>, batch: Dim): NodeId | null {
  const todo = [{ region: whole, seeds: leaf }];
  const seen = new Set<NodeId>();
  // Derivatives of derivatives in a long loop hold each other: a few of them tell enough.
  for (let at = todo.shift(); at !== undefined && seen.size < mostRegions; at = todo.shift()) {
    const { region, seeds } = at;
    const flowOf = flowsFrom(graph, seeds, batch);
    for (const id of regionNodes(graph, { inputs: [...seeds.keys()], outputs: region.outputs })) {
      const { op, operands } = nodeAt(graph, id);
      if (seeds.has(id)) continue;
      if ('region' in op.params) {
        if (seen.has(id)) continue;
        seen.add(id);
        const { inputs } = op.params.region;
        const inner = new Map(seeds);
        for (const [k, input] of inputs.entries()) {
          const operand = operands[k];
          const flow = operand === undefined ? constant : flowOf(operand);
          const axis = op.name === 'vmap' ? op.params.inAxes[k] : null;
          if (axis != null && flow.kind === 'along') {
            if (plainAxes(flow).includes(axis)) return id;
          } else if (flow.kind !== 'constant') inner.set(input, flow);
        }
        todo.push({ region: op.params.region, seeds: inner });
      } else if ((op.name === 'dot_general' || op.name === 'conv') && leavesBatchAlone(graph, id, flowOf, batch))
        return id;
    }
  }
  return null;
}

const mostRegions = 32;

/** Whether a product with a weight keeps the axis that was the batch: of samples that were mixed before, by its size and place. */
function leavesBatchAlone(graph: TracedGraph, id: NodeId, flowOf: (id: NodeId) => Flow, batch: Dim): boolean {
  const { operands, aval } = nodeAt(graph, id);
  const isWeight = (operand: NodeId): boolean => {
    const { id: behind, op } = behindViews(graph, operand);
    return op.name === 'parameter' || graph.weights.has(operand) || graph.weights.has(behind);
  };
  const data = operands.find((operand) => !isWeight(operand) && flowOf(operand).kind !== 'constant');
  if (data === undefined || !operands.some(isWeight)) return false;
  const before = flowOf(data);
  return before.kind === 'along'
    ? flowOf(id).kind === 'along'
    : before.kind === 'mixed' && aval.shape.slice(0, -1).some((dim) => D.equal(dim, batch));
}

/** A Jacobian that is zero but where the sample of its output is the sample of its input. */
export interface BlockDiagonal {
  /** The two batch axes of the Jacobian: the output's and the input's. */
  readonly pair: readonly [output: number, input: number];
  /** Its shape without what is zero: batch first, then the output's and the input's other axes. */
  readonly wanted: Shape;
  readonly batch: Dim;
}

/** The block-diagonal structure of a dense Jacobian over the batch, if it is proved. */
export function blockDiagonal(occurrence: Occurrence): BlockDiagonal | null {
  const { flow, output, input } = occurrence;
  if (occurrence.kind !== 'jacobian' || flow.kind !== 'along') return null;
  const along = flow.axes.find(isPlain);
  const [batch] = input.shape;
  if (along === undefined || batch === undefined) return null;
  const rest = output.shape.filter((_, axis) => axis !== along.axis);
  return { pair: [along.axis, output.shape.length], wanted: [batch, ...rest, ...input.shape.slice(1)], batch };
}

/**
 * The axes of a dense Jacobian off whose diagonals all is zero, each of the output's with its own of the input's, where
 * the function is proved to be elementwise: each entry of the output hangs on the entry of the input at its place alone.
 */
export function elementwisePairs(graph: Graph, occurrence: Occurrence): readonly BlockDiagonal['pair'][] | null {
  const { kind, input, output, region, wrt } = occurrence;
  if (kind !== 'jacobian' || input.shape.length === 0 || !sameShape(input.shape, output.shape)) return null;
  const goesAlong = (axis: number): boolean => {
    const flow = dependence(graph, region, wrt, axis);
    return flow.kind === 'along' && plainAxes(flow).includes(axis);
  };
  return input.shape.every((_, axis) => goesAlong(axis))
    ? input.shape.map((_, axis) => [axis, axis + output.shape.length])
    : null;
}

/** Bytes in words, with binary prefixes: `64 MiB`. */
export function showBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const power = Math.min(units.length - 1, bytes <= 0 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toPrecision(3)} ${units[power]}`;
}
