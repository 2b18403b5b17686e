import type { NodeId } from '../../language-server/graph/graph.ts';
import { attempt, uploadLeaves, type Work } from './attempt.ts';
import { backends } from './backends.ts';
import { cheapest } from './candidates.ts';
import { type DeviceValue, dispose, openDevice } from './device.ts';
import { difference } from './difference.ts';
import { type BackendName, EngineError, type Faster, type RunOptions, type RunReport } from './report.ts';
import { strategyOf } from './strategies.ts';
import type { Subject } from './subject.ts';

/** Whether another backend would do the chosen way faster: a short measurement on each that is there. */

/** What a rival may take by its estimate, in milliseconds, to be measured. */
const longestMs = 100;
/** A rival that is estimated to take so many times as long as the chosen way took here is not measured. */
const furthest = 2;
/** Timed runs on a rival. */
const repeats = 3;
/** A backend counts as faster from so many times on: less is within the noise. */
const noteworthy = 1.2;
/** Rivals that differ from the result by more of its largest entry compute something else. */
const mostOff = 1e-3;

/** The fastest of the rivals, or null where none is noticeably faster. Rejects where the run is cancelled. */
export async function fasterElsewhere(
  rivals: readonly BackendName[],
  { strategies: [chosen], result }: RunReport,
  subject: Subject,
  options: RunOptions,
  work: Work,
): Promise<Faster | null> {
  if (chosen?.outcome.status !== 'done') return null;
  const hereMs = chosen.outcome.medianMs;
  const found: Faster[] = [];
  for (const backend of rivals) {
    await work.begin(`Comparing with the ${backends[backend].title}`, 0.98);
    const thereMs = await medianOn(backend, hereMs, result.values, subject, options, work);
    if (thereMs !== null && thereMs * noteworthy <= hereMs) found.push({ backend, hereMs, thereMs });
  }
  return found.reduce<Faster | null>((a, b) => (a === null || b.thereMs < a.thereMs ? b : a), null);
}

/** Milliseconds of the chosen way on another backend; null where it is not there, not worth measuring, or fails. */
async function medianOn(
  backend: BackendName,
  hereMs: number,
  truth: Float32Array,
  subject: Subject,
  options: RunOptions,
  work: Work,
): Promise<number | null> {
  const leaves = new Map<NodeId, DeviceValue>();
  try {
    const access = await backends[backend].load();
    const best = cheapest(strategyOf('planned'), subject, access.speed, options.memoryLimit);
    if ('cannot' in best || best.estimate.ms > Math.min(longestMs, furthest * hereMs)) return null;
    const device = await openDevice(access);
    uploadLeaves(subject, leaves);
    const ran = await attempt(best, subject, device, leaves, { ...options, repeats }, work, 1);
    return ran.status === 'ran' && difference(ran.values, truth) <= mostOff ? ran.timing.medianMs : null;
  } catch (error) {
    if (error instanceof EngineError && error.problem.kind === 'cancelled') throw error;
    return null;
  } finally {
    dispose(leaves.values());
  }
}
