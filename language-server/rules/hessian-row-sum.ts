import type { Occurrence } from '../derivatives/occurrence.ts';
import * as D from '../graph/dim.ts';
import { nodeAt } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import { byColumns, isGradient, summedOutputs } from './cotangents.ts';
import type { Proposal } from './finding.ts';
import { type DerivativeRule, type Facts, weigh } from './rule.ts';
import { spell } from './source-file.ts';
import { bySamples } from './tapes.ts';

export const hessianRowSum: DerivativeRule = {
  of: 'derivative',
  name: 'hessian-row-sum',
  severity: 'warning',
  place: 'innermost',
  summary: 'grad of a gradient with all-ones cotangents: the row sums of the Hessian, not its diagonal',
  check: (occurrence, facts) => {
    const { graph } = facts;
    if (!occurrence.isSecondOrder || !isGradient(occurrence)) return null;
    const summed = summedOutputs(facts, occurrence);
    if (summed === null || summed.count === 1 || !D.isKnown(summed.count)) return null;
    const shape = showShape(occurrence.node.aval.shape);
    return {
      ...weigh(
        occurrence.derivative.assumption,
        `This is ${shape}, but entry i is the sum over all ${summed.count} k of d2f/dx_k dx_i: the row sums of the Hessian, not its diagonal.`,
      ),
      related: [
        {
          origin: nodeAt(graph, summed.output).origin,
          message: `the gradient with ${summed.count} entries a sample is computed here`,
        },
      ],
      shape,
      wanted: null,
      proposals: () => [
        byColumns(occurrence, facts, summed, {
          keep: 'same column',
          title: `The diagonal of the Hessian, a column at a time: ${shape}`,
          wanted: shape,
        }),
        diagonalOfTape(occurrence, facts),
      ],
    };
  },
};

/** The diagonal of each sample's Hessian, which the tape takes of its gradient. */
function diagonalOfTape(occurrence: Occurrence, { file }: Facts): readonly Proposal[] {
  const { input } = occurrence;
  // A Hessian's diagonal is that of a matrix.
  if (input.shape.length !== 2) return [];
  const { names, edits } = spell(file, 'tensorflow', ['linalg']);
  return bySamples(occurrence, file, input.shape, {
    title: `The diagonal of the Hessian of each sample: ${showShape(input.shape)}`,
    wrap: (text) => `${names[0]}.diag_part(${text})`,
    edits,
  });
}
