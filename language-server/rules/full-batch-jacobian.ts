import type { Occurrence } from '../derivatives/occurrence.ts';
import { showShape } from '../graph/shape.ts';
import { bySum } from './by-sum.ts';
import { byVmap } from './by-vmap.ts';
import { assumptionOf, type DerivativeRule, type Facts, times, type Verdict, weigh } from './rule.ts';

/** A dense result whose off-diagonal blocks are all zero, and that nobody reads as a whole. */
export function denseVerdict(occurrence: Occurrence, facts: Facts, what: string): Verdict | null {
  const { structure, evidence, uses } = facts;
  if (
    structure === null ||
    evidence.kind === 'none' ||
    structure.batch === 1 ||
    uses.some((use) => use.kind !== 'returned')
  )
    return null;
  const shape = showShape(occurrence.node.aval.shape);
  const wanted = showShape(structure.wanted);
  return {
    ...weigh(
      assumptionOf(occurrence, evidence) ?? (uses.length > 0 ? 'no caller needs the blocks between samples' : null),
      `The ${what} is ${shape}; samples are independent, so all but the ${wanted} same-sample blocks are zero: ${times(structure.batch)} the memory and work.`,
    ),
    related:
      evidence.kind === 'layer'
        ? [
            {
              origin: facts.graph.nodes[evidence.node]?.origin ?? occurrence.node.origin,
              message: 'this layer keeps samples apart',
            },
          ]
        : [],
    shape,
    wanted,
    proposals: () => [bySum(occurrence, facts, structure), byVmap(occurrence, facts, structure)],
  };
}

export const fullBatchJacobian: DerivativeRule = {
  of: 'derivative',
  name: 'full-batch-jacobian',
  severity: 'warning',
  place: 'innermost',
  summary:
    'a dense Jacobian (b, *o, b, *i) of a function that keeps samples apart: all but the same-sample blocks are zero',
  check: (occurrence, facts) => (occurrence.isSecondOrder ? null : denseVerdict(occurrence, facts, 'Jacobian')),
};
