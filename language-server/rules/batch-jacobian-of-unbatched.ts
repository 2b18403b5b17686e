import { summand } from '../derivatives/summed.ts';
import { dependence } from '../graph/dependence.ts';
import * as D from '../graph/dim.ts';
import { nodeAt } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import { type DerivativeRule, weigh } from './rule.ts';
import { isMeant, meets, wholeJacobian } from './sum-over-mixed-batch.ts';

export const batchJacobianOfUnbatched: DerivativeRule = {
  of: 'derivative',
  name: 'batch-jacobian-of-unbatched',
  severity: 'warning',
  place: 'innermost',
  summary: 'batch_jacobian by an input whose first axis is no batch: sums over the rows of the Jacobian',
  check: (occurrence, facts) => {
    const { graph, evidence } = facts;
    const { region, wrt, input, derivative } = occurrence;
    const [output] = region.outputs;
    const [rows] = input.shape;
    if (evidence.kind !== 'call' || output === undefined || rows === undefined || rows === 1) return null;
    const whole = summand(graph, output, rows);
    const inner = whole === null ? null : dependence(graph, { inputs: region.inputs, outputs: [whole] }, wrt, 0);
    // Where a reduction mixes them, they are samples all the same.
    if (whole === null || inner === null || !meets(inner, evidence) || !isMeant(graph, occurrence, evidence, inner.by))
      return null;
    const shape = showShape([rows, ...occurrence.output.shape, ...input.shape.slice(1)]);
    const wanted = showShape([...nodeAt(graph, whole).aval.shape, ...input.shape]);
    return {
      ...weigh(
        derivative.assumption,
        `The first axis of the input is no batch: rows meet here, so each entry of ${shape} is a sum over ${D.show(rows)} rows of the Jacobian ${wanted}.`,
      ),
      related: [{ origin: nodeAt(graph, inner.by).origin, message: 'rows meet here' }],
      shape,
      wanted,
      proposals: () => [wholeJacobian(occurrence, facts)],
    };
  },
};
