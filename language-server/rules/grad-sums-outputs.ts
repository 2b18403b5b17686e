import { derivativeBehind } from '../derivatives/occurrence.ts';
import * as D from '../graph/dim.ts';
import { nodeAt } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import { byColumns, ofRecordedResults, summedOutputs } from './cotangents.ts';
import { assumptionOf, type DerivativeRule, weigh } from './rule.ts';

export const gradSumsOutputs: DerivativeRule = {
  of: 'derivative',
  name: 'grad-sums-outputs',
  severity: 'warning',
  place: 'innermost',
  summary: 'grad with all-ones cotangents adds up the outputs of a sample: J transposed times ones, not J',
  check: (occurrence, facts) => {
    const { graph, evidence } = facts;
    if (evidence.kind === 'none' || !ofRecordedResults.has(occurrence.derivative.api)) return null;
    const summed = summedOutputs(graph, occurrence);
    // A loss is summed on purpose; ones handed to `grad` say that a Jacobian was meant.
    if (summed === null || !summed.written || summed.count === 1 || !D.isKnown(summed.count)) return null;
    if (derivativeBehind(graph, summed.output) !== null) return null;
    const shape = showShape(occurrence.node.aval.shape);
    const [batch] = occurrence.input.shape;
    const output = nodeAt(graph, summed.output).aval.shape;
    const wanted =
      batch === undefined ? null : showShape([batch, ...output.slice(1), ...occurrence.input.shape.slice(1)]);
    return {
      ...weigh(
        assumptionOf(occurrence, evidence),
        `This is ${shape}: all-ones cotangents add up the ${summed.count} outputs of each sample, ${showShape(output)}; the Jacobian is ${wanted}.`,
      ),
      related: [
        { origin: nodeAt(graph, summed.output).origin, message: `${summed.count} outputs a sample come from here` },
      ],
      shape,
      wanted,
      proposals: () =>
        wanted === null
          ? []
          : [byColumns(occurrence, facts, summed, { keep: 'all', title: `One gradient an output: ${wanted}`, wanted })],
    };
  },
};
