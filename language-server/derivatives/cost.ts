import type { Dim } from '../graph/dim.ts';
import * as D from '../graph/dim.ts';
import { type Graph, type NodeId, nodeAt, type Region, regionNodes } from '../graph/graph.ts';
import { countFlops } from '../graph/primitives/index.ts';
import { itemSize, sizeOf } from '../graph/shape.ts';
import { resultOf } from './mapped.ts';
import type { BlockDiagonal, Occurrence } from './occurrence.ts';

/** What one way to compute a derivative takes, counted from the traced graph. */
export interface Cost {
  /** Passes through the function, each about twice or three times as dear as calling it. */
  readonly passes: Dim;
  readonly flops: Dim;
  /** Bytes of the result. */
  readonly bytes: Dim;
}

/** FLOPs of calling the region once. Derivatives inside count as many passes as they have rows. */
export function regionFlops(graph: Graph, region: Region): Dim {
  const own = regionNodes(graph, region);
  // A derivative of what is computed here goes through it itself.
  const within = new Set(own.flatMap((id) => differentiatedNodes(graph, id)));
  return own
    .filter((id) => !within.has(id))
    .map((id) => nodeFlops(graph, id))
    .reduce(D.add, 0);
}

/** The operations that a derivative goes through, but for a result that it is given. */
function differentiatedNodes(graph: Graph, id: NodeId): readonly NodeId[] {
  const { op, operands } = nodeAt(graph, id);
  const isDerivative = op.name === 'jacobian' || op.name === 'vjp' || op.name === 'jvp';
  if (!isDerivative || !op.params.region.inputs.every((input) => operands.includes(input))) return [];
  return regionNodes(graph, op.params.region).filter((each) => !op.params.region.inputs.includes(each));
}

function nodeFlops(graph: Graph, id: NodeId): Dim {
  const node = nodeAt(graph, id);
  const { op } = node;
  switch (op.name) {
    case 'jacobian':
      return D.mul(
        regionFlops(graph, op.params.region),
        D.mul(3, sizeOf(op.params.mode === 'reverse' ? op.params.output.shape : op.params.input.shape)),
      );
    case 'vjp':
    case 'jvp':
      return D.mul(regionFlops(graph, op.params.region), 3);
    case 'vmap': {
      const mapped = op.params.inAxes.findIndex((axis) => axis !== null);
      const operand = node.operands[mapped];
      const axis = op.params.inAxes[mapped];
      const times = operand === undefined || axis == null ? 1 : (nodeAt(graph, operand).aval.shape[axis] ?? 1);
      return D.mul(regionFlops(graph, op.params.region), times);
    }
    default:
      return countFlops(
        op,
        node.operands.map((operand) => nodeAt(graph, operand).aval),
        node.aval,
      );
  }
}

/** The cost of the derivative as it is written. */
export function costOf(graph: Graph, occurrence: Occurrence): Cost {
  const { node, region, input, output } = occurrence;
  const once = regionFlops(graph, region);
  const mode = node.op.name === 'jacobian' ? node.op.params.mode : node.op.name === 'jvp' ? 'forward' : 'reverse';
  const rows = occurrence.kind === 'jacobian' ? sizeOf(mode === 'reverse' ? output.shape : input.shape) : 1;
  const result = resultOf(graph, node).aval;
  // Each pass of a mapped derivative goes through all samples.
  const samples = D.exactQuotient(sizeOf(result.shape), sizeOf(node.aval.shape)) ?? 1;
  return {
    passes: rows,
    flops: D.mul(once, D.mul(rows, D.mul(samples, 3))),
    bytes: D.mul(sizeOf(result.shape), itemSize(result.dtype)),
  };
}

/** The cost of the per-sample form: one pass of the whole batch for each output (or input) of one sample. */
export function perSampleCost(graph: Graph, occurrence: Occurrence, structure: BlockDiagonal): Cost {
  const { region, input, node } = occurrence;
  const once = regionFlops(graph, region);
  const inputs = sizeOf(input.shape.slice(1));
  const outputs = D.exactQuotient(sizeOf(occurrence.output.shape), structure.batch) ?? sizeOf(occurrence.output.shape);
  const rows = D.isKnown(inputs) && D.isKnown(outputs) ? Math.min(inputs, outputs) : outputs;
  return {
    passes: rows,
    flops: D.mul(once, D.mul(rows, 3)),
    bytes: D.mul(sizeOf(structure.wanted), itemSize(node.aval.dtype)),
  };
}
