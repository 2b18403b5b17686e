import { derivativeBehind } from '../derivatives/occurrence.ts';
import * as D from '../graph/dim.ts';
import { nodeAt } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import { byCalls, byColumns, isGradient, summedOutputs } from './cotangents.ts';
import { assumptionOf, type DerivativeRule, weigh } from './rule.ts';
import { bySamples, isOfTape } from './tapes.ts';

export const gradSumsOutputs: DerivativeRule = {
  of: 'derivative',
  name: 'grad-sums-outputs',
  severity: 'warning',
  place: 'innermost',
  summary: 'grad with all-ones cotangents adds up the outputs of a sample: J transposed times ones, not J',
  check: (occurrence, facts) => {
    const { graph, evidence, names, file } = facts;
    if (evidence.kind === 'none' || !isGradient(occurrence)) return null;
    const summed = summedOutputs(facts, occurrence);
    if (summed === null || summed.count === 1 || !D.isKnown(summed.count)) return null;
    // A loss is summed on purpose; ones handed to `grad`, or the name of the result, say that a Jacobian was meant.
    if (!summed.written && !(isOfTape(occurrence) && names.some((name) => /jac(obian)?s?(?![a-z])/i.test(name))))
      return null;
    if (derivativeBehind(graph, summed.output) !== null) return null;
    const shape = showShape(occurrence.node.aval.shape);
    const output = nodeAt(graph, summed.output).aval.shape;
    const jacobian = [...occurrence.input.shape.slice(0, 1), ...output.slice(1), ...occurrence.input.shape.slice(1)];
    const wanted = showShape(jacobian);
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
      proposals: () => [
        [
          ...byColumns(occurrence, facts, summed, { keep: 'all', title: `One gradient an output: ${wanted}`, wanted }),
          ...byCalls(occurrence, facts, summed, { title: `One gradient an output: ${wanted}`, wanted }),
        ],
        bySamples(occurrence, file, jacobian, {
          title: `batch_jacobian: one Jacobian a sample, ${wanted}`,
          wrap: (text) => text,
          edits: [],
        }),
      ],
    };
  },
};
