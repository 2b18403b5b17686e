import { showShape } from '../graph/shape.ts';
import { blocksAlone, blocksInPlace } from './blocks.ts';
import { byVmap } from './by-vmap.ts';
import type { Proposal } from './finding.ts';
import { type DerivativeRule, times, weigh } from './rule.ts';

export const fullThenDiagonal: DerivativeRule = {
  of: 'derivative',
  name: 'full-then-diagonal',
  severity: 'warning',
  place: 'innermost',
  summary: 'the full Jacobian is computed, and only its same-sample blocks are kept',
  check: (occurrence, facts) => {
    const { structure, uses } = facts;
    if (structure === null || structure.batch === 1) return null;
    const kept = uses.filter((use) => use.kind === 'blocks');
    // Where the whole is read as well, it is needed.
    if (kept.length === 0 || uses.some((use) => use.kind === 'whole' || use.kind === 'returned')) return null;
    const shape = showShape(occurrence.node.aval.shape);
    const wanted = showShape(structure.wanted);
    return {
      // Taking the diagonal says itself which axes are the batch.
      ...weigh(
        occurrence.derivative.assumption,
        `The full Jacobian ${shape} is computed, but only its ${wanted} same-sample blocks are kept: ${times(structure.batch)} the memory and work.`,
      ),
      related: kept.map((use) => ({ origin: use.node.origin, message: 'only the same-sample blocks are kept here' })),
      shape,
      wanted,
      proposals: () => {
        const replaced = blocksAlone(occurrence, facts, structure);
        if (replaced === null) return [blocksInPlace(occurrence, facts, structure) ?? []].map((each) => [each].flat());
        const alone = uses.length === 1 && replaced.edits.length === 1;
        const mapped = alone ? byVmap(occurrence, facts, structure, 'safe') : [];
        return [[replaced], mapped.map((proposal) => wholeInstead(proposal, replaced))];
      },
    };
  },
};

/** The vmap form in the place of the whole expression that takes the blocks, where that is batch first anyway. */
function wholeInstead(proposal: Proposal, replaced: Proposal): Proposal {
  const [whole] = replaced.edits;
  const call = proposal.edits.at(-1);
  if (whole === undefined || call === undefined || replaced.promises === null) return proposal;
  return {
    ...proposal,
    edits: [...proposal.edits.slice(0, -1), { range: whole.range, text: call.text }],
    promises: replaced.promises,
  };
}
