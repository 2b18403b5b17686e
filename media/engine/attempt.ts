import type { NodeId } from '../../language-server/graph/graph.ts';
import type { Candidate } from './candidates.ts';
import { product } from './concrete.ts';
import { type Device, type DeviceValue, dispose, prepare, stack, upload } from './device.ts';
import type { Programs } from './programs/runtime.ts';
import type { Values } from './reference.ts';
import { EngineError, type Outcome, type RunHooks, type RunOptions } from './report.ts';
import { scheduled } from './schedule.ts';
import type { Plan } from './strategies.ts';
import type { Subject } from './subject.ts';

/** Runs one way and measures it. */

/** A way that is estimated to take longer than this once is skipped. */
export const longestMs = 8000;
/** Short runs are repeated until they take about this long together. */
const groupMs = 25;
/** Timed runs of one way stop when they have taken this long together. */
const timedMs = 2500;

/** Progress, pauses for the page to breathe, and cancelling. */
export class Work {
  readonly #hooks: RunHooks;
  #step = '';
  #fraction = 0;

  constructor(hooks: RunHooks) {
    this.#hooks = hooks;
  }

  async begin(step: string, fraction: number): Promise<void> {
    this.#step = step;
    this.#fraction = fraction;
    await this.breathe();
  }

  /** Tells how far a part is that ends at `until`, and lets others run. */
  async breathe(done = 0, until = this.#fraction): Promise<void> {
    this.#hooks.onProgress(this.#step, this.#fraction + (until - this.#fraction) * done);
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (this.#hooks.signal.aborted) throw new EngineError({ kind: 'cancelled' });
  }
}

export interface Timing {
  readonly firstMs: number;
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly runs: number;
  readonly draws: number;
  readonly peakBytes: number;
}

export interface Ran {
  readonly status: 'ran';
  readonly timing: Timing;
  readonly values: Float32Array;
}

/** Runs a way once cold, once counted, and several times timed; an error of the backend becomes its message. */
export async function attempt(
  candidate: Candidate,
  subject: Subject,
  device: Device,
  leaves: ReadonlyMap<NodeId, DeviceValue>,
  options: RunOptions,
  work: Work,
  until: number,
): Promise<Ran | Exclude<Outcome, { readonly status: 'done' }>> {
  const own = new Map(
    [...candidate.plan.leaves].flatMap(([id, leaf]): [NodeId, DeviceValue][] => {
      const value = leaves.get(leaf);
      return value === undefined ? [] : [[id, value]];
    }),
  );
  const held = device.bytesHeld();
  const owned: { readonly dispose: () => void }[] = [];
  try {
    const start = performance.now();
    const programs = compiledPlan(candidate, subject, device, owned);
    const runner = programs === null ? runnerOf(candidate, own, owned) : programRunner(candidate, programs);
    const preparing = performance.now() - start;
    const first = await timed(runner, device, work, until);
    const drawn = device.launches?.() ?? 0;
    let peak = held;
    const second = await timed(runner, device, work, until, () => {
      peak = Math.max(peak, device.bytesHeld());
    });
    const draws =
      programs?.draws ?? (device.launches === null ? candidate.estimate.launches : device.launches() - drawn);
    // Another run or two until the page's own code is warm as well.
    for (let spent = second.ms; spent < groupMs; ) {
      const warm = await timed(runner, device, work, until);
      spent += Math.max(warm.ms, groupMs / 8);
    }
    // Short runs are timed in groups, as the page's clock is coarse.
    const group = Math.max(1, Math.min(64, Math.floor(groupMs / Math.max(second.ms, 0.01))));
    const times: number[] = [];
    for (let spent = 0; times.length < options.repeats && (times.length === 0 || spent < timedMs); ) {
      const again = await timed(runner, device, work, until, undefined, group);
      times.push(again.ms / group);
      spent += again.ms;
    }
    const sorted = times.toSorted((a, b) => a - b);
    const timing = {
      firstMs: preparing + first.ms,
      medianMs: sorted[Math.floor(sorted.length / 2)] ?? first.ms,
      minMs: sorted[0] ?? first.ms,
      maxMs: sorted.at(-1) ?? first.ms,
      runs: times.length * group,
      draws,
      peakBytes: programs?.bytes ?? peak,
    };
    return { status: 'ran', timing, values: second.values };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    // What the device itself says is the cause; what was thrown may be what came of it.
    const fault = device.fault();
    if (fault !== null) return { status: 'failed', message: fault };
    if (device.lost()) return { status: 'failed', message: lostMessage };
    if (error instanceof TooLong) {
      const [spent, whole] = [error.spentMs, error.wholeMs].map((ms) => Math.round(ms / 1000));
      return { status: 'skipped', reason: `Stopped after ${spent} s: it would take about ${whole} s.` };
    }
    return { status: 'failed', message: error instanceof Error ? error.message : String(error) };
  } finally {
    for (const one of owned) one.dispose();
  }
}

/** A way as programs of our own, where that is what it is to be. */
function compiledPlan(
  { plan, written }: Candidate,
  subject: Subject,
  device: Device,
  owned: { readonly dispose: () => void }[],
): Programs | null {
  if (written === null || device.programs === null) return null;
  const programs = device.programs.compile(plan.g, written, leafValues(plan, subject));
  owned.push(programs);
  return programs;
}

function programRunner({ plan }: Candidate, programs: Programs): Runner {
  const value: DeviceValue = {
    shape: plan.g.shape(plan.result).map(Number),
    read: programs.read,
    dispose: () => {},
  };
  const compute = (): Promise<DeviceValue> => {
    programs.run();
    return Promise.resolve(value);
  };
  return { compute };
}

/** Puts the values that a function is given onto the device. */
export function uploadLeaves(subject: Subject, leaves: Map<NodeId, DeviceValue>): void {
  for (const [id, { data, shape }] of subject.values) leaves.set(id, upload(Float32Array.from(data), shape));
}

export function leafValues(plan: Plan, subject: Subject): ReadonlyMap<NodeId, Values> {
  return new Map(
    [...plan.leaves].flatMap(([own, leaf]): [NodeId, Values][] => {
      const value = subject.values.get(leaf);
      return value === undefined ? [] : [[own, value]];
    }),
  );
}

/** Computes the result once; between turns it calls `pause`. */
interface Runner {
  readonly compute: (pause: (done: number) => Promise<void>, after?: () => void) => Promise<DeviceValue>;
}

function runnerOf(
  { plan, schedule }: Candidate,
  leaves: ReadonlyMap<NodeId, DeviceValue>,
  owned: { readonly dispose: () => void }[],
): Runner {
  const main = prepare(plan.g, schedule);
  owned.push(main);
  const { turns } = plan;
  if (turns === null) return { compute: (_pause, after) => main.run(leaves, after) };
  const { assembly } = turns;
  const assemble = prepare(assembly.g, scheduled(assembly.g, assembly.result));
  owned.push(assemble);
  const shape = plan.g.shape(turns.cotangent).map(Number);
  const compute: Runner['compute'] = async (pause, after) => {
    const rows: DeviceValue[] = [];
    try {
      for (let turn = 0; turn < turns.count; turn++) {
        const hot = new Float32Array(product(shape));
        for (const place of turns.hot(turn)) hot[place] = 1;
        const cotangent = upload(hot, shape);
        try {
          rows.push(await main.run(new Map([...leaves, [turns.cotangent, cotangent]]), after));
        } finally {
          dispose([cotangent]);
        }
        await pause(turn / turns.count);
      }
      const stacked = stack(rows);
      try {
        return await assemble.run(new Map([[assembly.stacked, stacked]]), after);
      } finally {
        dispose([stacked]);
      }
    } finally {
      dispose(rows);
    }
  };
  return { compute };
}

/** A way turned out to take longer than was estimated. */
class TooLong extends Error {
  readonly spentMs: number;
  readonly wholeMs: number;

  constructor(spentMs: number, wholeMs: number) {
    super('stopped');
    this.spentMs = spentMs;
    this.wholeMs = wholeMs;
  }
}

/** What is said of a way in which the device was lost. */
export const lostMessage = 'The GPU was lost in this way; it was made anew for the others.';

/** How long the page may wait for a turn to speak. */
const sliceMs = 100;

/** The last of some runs' numbers, and how long all took, each with reading its result back, pauses not counted. */
async function timed(
  runner: Runner,
  device: Device,
  work: Work,
  until: number,
  after?: () => void,
  runs = 1,
): Promise<{ readonly values: Float32Array; readonly ms: number }> {
  await work.breathe();
  let ms = 0;
  let start = performance.now();
  const pause = async (done: number): Promise<void> => {
    const now = performance.now();
    if (now - start < sliceMs) return;
    ms += now - start;
    if (ms > longestMs && done > 0) throw new TooLong(ms, ms / done);
    await work.breathe(done, until);
    if (device.lost()) throw new Error(lostMessage);
    start = performance.now();
  };
  const once = async (): Promise<Float32Array> => {
    const value = await runner.compute(pause, after);
    try {
      return await value.read();
    } finally {
      value.dispose();
    }
  };
  for (let k = 1; k < runs; k++) await once();
  const values = await once();
  ms += performance.now() - start;
  // What is read from a device that was lost, or failed, is no result; the page hears of it when it breathes.
  await work.breathe();
  if (device.lost()) throw new Error(lostMessage);
  const fault = device.fault();
  if (fault !== null) throw new Error(fault);
  return { values, ms };
}
