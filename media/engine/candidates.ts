import { product } from './concrete.ts';
import type { ProgramAccess } from './device.ts';
import type { Written } from './programs/written.ts';
import type { Estimate } from './report.ts';
import { estimated, repeated, type Schedule, type Speed, scheduled } from './schedule.ts';
import type { Plan, Strategy } from './strategies.ts';
import type { Subject } from './subject.ts';

/** A way with its cheapest plan, counted. */
export interface Candidate {
  readonly strategy: Strategy;
  readonly plan: Plan;
  readonly schedule: Schedule;
  /** Programs of our own that do it in less time than the backend's kernels. */
  readonly written: Written | null;
  readonly estimate: Estimate;
}

function counted(strategy: Strategy, plan: Plan, speed: Speed): Candidate {
  const schedule = scheduled(plan.g, plan.result);
  const one = estimated(plan.g, schedule, speed);
  const resultBytes = 4 * (plan.turns?.count ?? 0) * product(plan.g.shape(plan.result).map(Number));
  return {
    strategy,
    plan,
    schedule,
    written: null,
    estimate: plan.turns === null ? one : repeated(one, plan.turns.count, resultBytes),
  };
}

/** The same as programs of our own, where they take less time. */
function asPrograms(candidate: Candidate, programs: ProgramAccess | null): Candidate {
  const { plan, schedule, estimate } = candidate;
  const written = plan.turns === null ? (programs?.write(plan.g, schedule) ?? null) : null;
  if (written === null || written.ms >= estimate.ms) return candidate;
  const { bytes, draws, ms } = written;
  return { ...candidate, written, estimate: { ...estimate, peakBytes: bytes, launches: draws.length, ms } };
}

/** Programs are written for so many plans, and for none that takes so much longer than the best by kernels. */
const mostWritten = 6;
const furthest = 3;

/** The plan of a way with the least estimated time that fits into memory, or the reason why there is none. */
export function cheapest(
  strategy: Strategy,
  subject: Subject,
  speed: Speed,
  memoryLimit: number,
  programs: ProgramAccess | null = null,
): Candidate | { readonly cannot: string } {
  const plans = strategy.plans(subject);
  if ('cannot' in plans) return plans;
  const counts = plans.map((plan) => counted(strategy, plan, speed)).toSorted((a, b) => a.estimate.ms - b.estimate.ms);
  const least = counts[0]?.estimate.ms ?? 0;
  const candidates = counts.map((candidate, k) =>
    k < mostWritten && candidate.estimate.ms <= furthest * least ? asPrograms(candidate, programs) : candidate,
  );
  const fitting = candidates.filter(({ estimate }) => estimate.peakBytes <= memoryLimit);
  const pool = fitting.length > 0 ? fitting : candidates;
  return pool.reduce((a, b) => (b.estimate.ms < a.estimate.ms ? b : a));
}

/** The same by the backend's own kernels. */
export function byKernels({ strategy, plan }: Candidate, speed: Speed): Candidate {
  return counted(strategy, plan, speed);
}
