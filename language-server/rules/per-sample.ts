import { mapsAround } from '../derivatives/mapped.ts';
import type { Occurrence } from '../derivatives/occurrence.ts';
import { type Reached, rolesOf } from '../derivatives/roles.ts';
import { summedStructure } from './output-axis-first.ts';
import { assumptionOf, type Facts } from './rule.ts';

/** A derivative over a batch with what its axes number, and the assumption that this rests on; null where there is no batch. */
export function perSample(
  occurrence: Occurrence,
  { graph, evidence }: Facts,
): { readonly reached: Reached; readonly assumption: string | null } | null {
  // What is mapped over samples says itself which axis they are.
  const isMapped = mapsAround(graph, occurrence.node).length > 0;
  if (evidence.kind === 'none' && !isMapped) return null;
  const reached = rolesOf(graph, occurrence, summedStructure(graph, occurrence) !== null);
  const assumption = isMapped ? occurrence.derivative.assumption : assumptionOf(occurrence, evidence);
  return reached === null ? null : { reached, assumption };
}
