import * as D from '../graph/dim.ts';
import type { Flow } from '../graph/flow.ts';
import { type Graph, nodeAt } from '../graph/graph.ts';
import { type Shape, showShape } from '../graph/shape.ts';
import { type Cost, costOf, perSampleCost } from './cost.ts';
import { mapsAround, resultOf } from './mapped.ts';
import { blockDiagonal, type Occurrence, showBytes } from './occurrence.ts';

/** What is known of a derivative in words, as Markdown. */

/** The text of a place in the source, for messages that name what mixes the batch; null where it cannot be shown. */
export type Quote = (node: ReturnType<typeof nodeAt>) => string | null;

export function describeOccurrence(graph: Graph, occurrence: Occurrence, quote: Quote): string {
  return [structureText(graph, occurrence, quote), costTable(graph, occurrence)].join('\n\n');
}

function structureText(graph: Graph, occurrence: Occurrence, quote: Quote): string {
  const { flow, kind } = occurrence;
  if (mapsAround(graph, occurrence.node).length > 0)
    return 'Taken sample by sample with `vmap`: each sample has its own, and no other sample plays a part.';
  const structure = blockDiagonal(occurrence);
  if (structure !== null) {
    const [a, b] = structure.pair;
    return `Samples are independent: it is zero but where axes ${a} and ${b} name the same sample. Those blocks are \`${showShape(structure.wanted)}\`.`;
  }
  return `${flowText(graph, flow, kind, quote)}`;
}

function flowText(graph: Graph, flow: Flow, kind: Occurrence['kind'], quote: Quote): string {
  const where = (by: Parameters<typeof nodeAt>[1]): string => {
    const text = quote(nodeAt(graph, by));
    return text === null ? '' : ` in \`${text}\``;
  };
  switch (flow.kind) {
    case 'constant':
      return 'The output does not depend on the first axis of the input.';
    case 'along':
      return kind === 'vjp'
        ? 'Samples are independent: each row hangs on its own sample alone.'
        : 'Samples are independent.';
    case 'partial':
      return flow.sample === null
        ? `Each entry hangs on one sample at most${where(flow.by)}.`
        : `Only sample ${flow.sample} plays a part${where(flow.by)}: it is zero for all others.`;
    case 'summed':
      return `The output is a sum over the samples${where(flow.by)}: each entry belongs to one sample.`;
    case 'mixed':
      return `Samples are mixed${where(flow.by)}: an output hangs on several samples.`;
    case 'unknown':
      return `Whether samples are independent is not known${where(flow.by)}.`;
  }
}

/** Between the columns of numbers, which editors set close together. */
const gap = ' &emsp;';

/** The cost of this way, and of the per-sample form where there is a better one. */
function costTable(graph: Graph, occurrence: Occurrence): string {
  const structure = blockDiagonal(occurrence);
  const rows: readonly (readonly [string, Shape, Cost])[] = [
    ['this call', resultOf(graph, occurrence.node).aval.shape, costOf(graph, occurrence)],
    ...(structure === null || structure.batch === 1
      ? []
      : [['per sample', structure.wanted, perSampleCost(graph, occurrence, structure)] as const]),
  ];
  const lines = rows.map(
    ([way, shape, cost]) =>
      `| ${way} | \`${showShape(shape)}\` |${gap}${bytesText(cost.bytes)} |${gap}${D.show(cost.passes)} |${gap}${flopsText(cost.flops)} |`,
  );
  return [`| | shape |${gap}result |${gap}passes |${gap}work |`, '|---|---|---:|---:|---:|', ...lines].join('\n');
}

/** The work of one way in a few words: `5 passes, 1.2 kFLOP`. */
export function costText({ passes, flops }: Cost): string {
  const work = D.isKnown(flops) ? `, ${flopsText(flops)}` : '';
  return `${D.show(passes)} ${D.equal(passes, 1) ? 'pass' : 'passes'}${work}`;
}

function bytesText(bytes: D.Dim): string {
  return D.isKnown(bytes) ? showBytes(bytes) : `${D.show(bytes)} B`;
}

/** `1.2 MFLOP`, with units of 1000. */
function flopsText(flops: D.Dim): string {
  if (!D.isKnown(flops)) return 'hangs on named sizes';
  const units = ['', 'k', 'M', 'G', 'T', 'P'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(flops, 1)) / 3)));
  return `${Number((flops / 1000 ** power).toPrecision(3))} ${units[power]}FLOP`;
}
