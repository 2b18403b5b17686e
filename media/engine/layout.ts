import type { NodeId } from '../../language-server/graph/graph.ts';
import { product, range, sizeAt } from './concrete.ts';
import type { Emitter } from './emitter.ts';

/** How the pieces that the strategies compute are brought into the result's order: (batch, *outputs, *inputs). */

interface Batch {
  readonly input: number;
  readonly output: number;
}

/** From rows (outputs, *input): the cotangents of the whole input, one for each output of a sample. */
export function perSample(
  g: Emitter,
  rows: NodeId,
  batch: Batch | null,
  outputs: readonly number[],
  inputs: readonly number[],
): NodeId {
  if (batch === null) return g.reshape(rows, [...outputs, ...inputs]);
  const b = sizeAt(g, rows, batch.input + 1);
  return g.reshape(g.moveAxes(rows, [batch.input + 1], [0]), [b, ...outputs, ...inputs]);
}

/** From columns (inputs, *output): the tangents of the whole output, one for each input of a sample. */
export function perSampleOfColumns(
  g: Emitter,
  columns: NodeId,
  batch: Batch | null,
  outputs: readonly number[],
  inputs: readonly number[],
): NodeId {
  const last = g.rank(columns) - 1;
  if (batch === null) return g.reshape(g.moveAxes(columns, [0], [last]), [...outputs, ...inputs]);
  const b = sizeAt(g, columns, batch.output + 1);
  return g.reshape(g.moveAxes(columns, [batch.output + 1, 0], [0, last]), [b, ...outputs, ...inputs]);
}

/** From the full (batch, outputs, *input): the blocks of equal samples. */
export function diagonalBlocks(
  g: Emitter,
  full: NodeId,
  batch: Batch,
  outputs: readonly number[],
  inputs: readonly number[],
): NodeId {
  const blocks = g.diagonal(full, 0, 0, batch.input + 2);
  const b = sizeAt(g, full, 0);
  return g.reshape(g.moveAxes(blocks, [g.rank(blocks) - 1], [0]), [b, ...outputs, ...inputs]);
}

/** (outputs, *middle) times (inputs, *middle), summed over the middle's axes, sample by sample. */
export function joined(
  g: Emitter,
  rows: NodeId,
  columns: NodeId,
  middleBatch: number | null,
  samples: number,
  outputs: readonly number[],
  inputs: readonly number[],
): NodeId {
  const axes = range(g.rank(rows) - 1, 1).filter((axis) => middleBatch === null || axis !== middleBatch + 1);
  const lead = middleBatch === null ? [] : [middleBatch + 1];
  const product_ = g.dot(rows, columns, { contract: [axes, axes], batch: [lead, lead] });
  return g.reshape(product_, [...(middleBatch === null ? [] : [samples]), ...outputs, ...inputs]);
}

/** How many entries one sample's matrix has. */
export function entries(outputs: readonly number[], inputs: readonly number[]): number {
  return product(outputs) * product(inputs);
}
