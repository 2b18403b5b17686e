import type { NodeId } from '../../language-server/graph/graph.ts';
import type { Program } from '../../language-server/graph/program.ts';
import { concrete, product } from './concrete.ts';
import {
  type BackendAccess,
  type Device,
  type DeviceValue,
  dispose,
  isFull,
  openDevice,
  type ProgramAccess,
  prepare,
  stack,
  upload,
} from './device.ts';
import type { Programs } from './programs/runtime.ts';
import type { Written } from './programs/written.ts';
import { evaluate, type Values } from './reference.ts';
import {
  EngineError,
  type Estimate,
  type NamedValues,
  type Outcome,
  type ResultReport,
  type RunHooks,
  type RunOptions,
  type RunReport,
  type StrategyName,
  type StrategyReport,
  showBytes,
} from './report.ts';
import { estimated, repeated, type Schedule, type Speed, scheduled } from './schedule.ts';
import { type Plan, type Strategy, strategies, strategyOf } from './strategies.ts';
import { type Subject, subjectOf } from './subject.ts';

/** A way that is estimated to take longer than this once is skipped. */
const longestMs = 8000;
/** Short runs are repeated until they take about this long together. */
const groupMs = 25;
/** Timed runs of one way stop when they have taken this long together. */
const timedMs = 2500;
/** Work that the float64 reference is worth. */
const referenceFlops = 3e8;
/** Most bytes of values that a report carries for pictures, and the largest side of a picture. */
const pictureBytes = 32 * 2 ** 20;
const pictureSide = 1024;

/**
 * Runs a program's derivative in every way asked for on the given backend, measures the ways and checks them against
 * each other. Where the chosen way is short work for `rival`, it is measured there as well, and it is said if that is
 * faster. Rejects with EngineError where nothing can be run; nothing is left on the device in any case.
 */
export async function runOn(
  access: () => BackendAccess,
  program: Program,
  options: RunOptions,
  hooks: RunHooks,
  rival: (() => BackendAccess) | null = null,
): Promise<RunReport> {
  const work = new Work(hooks);
  await work.begin('Reading the function', 0.02);
  const subject = subjectOf(concrete(program, options.sizes), options.seed, options.values);
  const device = await openDevice(access());
  const before = device.valuesHeld();
  const leaves = new Map<NodeId, DeviceValue>();
  try {
    for (const [id, { data, shape }] of subject.values) leaves.set(id, upload(Float32Array.from(data), shape));
    const report = await unlessLost(device, measured(subject, device, leaves, options, work));
    const faster = rival === null ? null : await rivalOf(rival(), access, report, subject, options, work);
    return faster === null ? report : { ...report, warnings: [...report.warnings, faster] };
  } catch (error) {
    if (device.lost()) throw new EngineError({ kind: 'context-lost' });
    throw error;
  } finally {
    dispose(leaves.values());
    if (device.valuesHeld() > before) console.warn(`${device.valuesHeld() - before} values were left on the device`);
  }
}

/** What a rival may take by its estimate, in milliseconds, to be measured. */
const rivalMs = 50;

/** Says that the chosen way is faster on another backend, or null where it is not, or is not worth measuring. */
async function rivalOf(
  rival: BackendAccess,
  own: () => BackendAccess,
  { strategies: [chosen] }: RunReport,
  subject: Subject,
  options: RunOptions,
  work: Work,
): Promise<string | null> {
  const best = cheapest(strategyOf('planned'), subject, rival.speed, options.memoryLimit);
  if ('cannot' in best || best.estimate.ms > rivalMs || chosen?.outcome.status !== 'done') return null;
  await work.begin('Comparing with the CPU', 0.98);
  const device = await openDevice(rival);
  const leaves = new Map<NodeId, DeviceValue>();
  try {
    for (const [id, { data, shape }] of subject.values) leaves.set(id, upload(Float32Array.from(data), shape));
    const ran = await attempt(best, subject, device, leaves, options, work, 1);
    if (ran.status !== 'ran' || ran.timing.medianMs >= chosen.outcome.medianMs) return null;
    const times = Math.round((10 * chosen.outcome.medianMs) / ran.timing.medianMs) / 10;
    return `The CPU was ${times} times as fast for this small problem (${ran.timing.medianMs.toPrecision(2)} ms in place of ${chosen.outcome.medianMs.toPrecision(2)} ms): it can be chosen above.`;
  } finally {
    dispose(leaves.values());
    await openDevice(own());
  }
}

/** How often a device is looked at, in milliseconds. */
const watchMs = 200;

/** What a promise gives, unless the device is lost before: then nothing that waits for it would ever come back. */
async function unlessLost<T>(device: Device, running: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setInterval> | undefined;
  const lost = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => {
      if (device.lost()) reject(new EngineError({ kind: 'context-lost' }));
    }, watchMs);
  });
  running.catch(() => {});
  try {
    return await Promise.race([running, lost]);
  } finally {
    clearInterval(timer);
  }
}

/** Progress, pauses for the page to breathe, and cancelling. */
class Work {
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

/** A way with its cheapest plan, counted. */
interface Candidate {
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

/** The plan of a way with the least estimated time that fits into memory, or the reason why there is none. */
function cheapest(
  strategy: Strategy,
  subject: Subject,
  speed: Speed,
  memoryLimit: number,
  programs: ProgramAccess | null = null,
): Candidate | { readonly cannot: string } {
  const plans = strategy.plans(subject);
  if ('cannot' in plans) return plans;
  const candidates = plans.map((plan) => asPrograms(counted(strategy, plan, speed), programs));
  const fitting = candidates.filter(({ estimate }) => estimate.peakBytes <= memoryLimit);
  const pool = fitting.length > 0 ? fitting : candidates;
  return pool.reduce((a, b) => (b.estimate.ms < a.estimate.ms ? b : a));
}

async function measured(
  subject: Subject,
  device: Device,
  leaves: ReadonlyMap<NodeId, DeviceValue>,
  options: RunOptions,
  work: Work,
): Promise<RunReport> {
  const best = cheapest(strategyOf('planned'), subject, device.speed, options.memoryLimit, device.programs);
  if ('cannot' in best) throw new RangeError(best.cannot);
  if (best.estimate.peakBytes > options.memoryLimit) {
    throw new EngineError({ kind: 'out-of-memory', wanted: best.estimate.peakBytes, limit: options.memoryLimit });
  }
  const wanted = options.strategies ?? strategies.map(({ name }) => name);
  const others = strategies.filter(({ name }) => name !== 'planned' && wanted.includes(name));
  const reference = await referenceOf(best, subject, work);
  const reports: StrategyReport[] = [];
  let result: Float32Array | null = null;
  // How much slower than estimated this machine is, as the first way shows.
  let slowness = 1;
  const all: readonly (Candidate | { readonly cannot: string; readonly strategy: Strategy })[] = [
    best,
    ...others.map((strategy) => ({ strategy, ...cheapest(strategy, subject, device.speed, Number.POSITIVE_INFINITY) })),
  ];
  for (const [k, candidate] of all.entries()) {
    const { strategy } = candidate;
    const about = {
      name: strategy.name,
      label: strategy.label(subject.order),
      explanation: strategy.explanation(subject.order),
    };
    const [from, until] = [0.1 + (0.9 * k) / all.length, 0.1 + (0.9 * (k + 1)) / all.length];
    await work.begin(`Running ${about.label}`, from);
    if ('cannot' in candidate) {
      reports.push({
        ...about,
        estimate: { flops: 0, peakBytes: 0, launches: 0, ms: 0 },
        outcome: { status: 'skipped', reason: `Not here: ${candidate.cannot}.` },
      });
      continue;
    }
    const reason = candidate === best ? null : whySkipped(candidate, options, slowness);
    if (reason !== null) {
      reports.push({ ...about, estimate: candidate.estimate, outcome: { status: 'skipped', reason } });
      continue;
    }
    const truth = reference ?? result;
    const ran = await attempt(candidate, subject, device, leaves, options, work, until);
    if (candidate === best && ran.status !== 'ran') throw unfinished(ran, best.estimate);
    const outcome: Outcome =
      ran.status !== 'ran'
        ? ran
        : {
            status: 'done',
            ...ran.timing,
            greatestDifference: difference(ran.values, truth ?? ran.values),
            comparedWith: reference === null ? 'the chosen way' : 'float64 on the CPU',
          };
    if (ran.status === 'ran') {
      result ??= ran.values;
      if (candidate === best) slowness = Math.max(1, ran.timing.medianMs / best.estimate.ms);
    }
    reports.push({ ...about, estimate: candidate.estimate, outcome });
  }
  if (result === null) throw new RangeError('nothing was computed');
  const summary = summarized(result, subject);
  return {
    backend: device.backend,
    renderer: device.renderer,
    seed: options.seed,
    given: subject.given,
    result: summary,
    leaves: namedValues(subject),
    strategies: reports,
    chosen: { name: best.strategy.name, why: whyChosen(best, subject, device.speed) },
    plan: best.plan.steps,
    warnings: warningsOf(summary, subject, reports),
  };
}

/** Why the chosen way gave nothing. */
function unfinished(ran: Exclude<Outcome, { readonly status: 'done' }>, { peakBytes }: Estimate): Error {
  const error = new Error(ran.status === 'failed' ? ran.message : ran.reason);
  return isFull(error) ? new EngineError({ kind: 'device-full', wanted: peakBytes, detail: error.message }) : error;
}

function whySkipped({ estimate }: Candidate, { memoryLimit }: RunOptions, slowness: number): string | null {
  if (estimate.peakBytes > memoryLimit)
    return `It would hold about ${showBytes(estimate.peakBytes)} at once; the limit is ${showBytes(memoryLimit)}.`;
  const ms = estimate.ms * slowness;
  if (ms > longestMs)
    return `It would take about ${Math.round(ms / 1000)} s: ${estimate.launches.toLocaleString('en')} operations launched.`;
  return null;
}

/** The chosen way's result in double precision, where that is not too much work; with it every way is checked. */
async function referenceOf(best: Candidate, subject: Subject, work: Work): Promise<Float64Array | null> {
  if (best.estimate.flops > referenceFlops) return null;
  await work.begin('Computing the reference in double precision', 0.05);
  return evaluate(best.plan.g, [best.plan.result], leafValues(best.plan, subject))[0]?.data ?? null;
}

interface Timing {
  readonly firstMs: number;
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly runs: number;
  readonly draws: number;
  readonly peakBytes: number;
}

interface Ran {
  readonly status: 'ran';
  readonly timing: Timing;
  readonly values: Float32Array;
}

/** Runs a way once cold, once counted, and several times timed; an error of the backend becomes its message. */
async function attempt(
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
    const first = await timed(runner, work, until);
    const drawn = device.launches?.() ?? 0;
    let peak = held;
    const second = await timed(runner, work, until, () => {
      peak = Math.max(peak, device.bytesHeld());
    });
    const draws =
      programs?.draws ?? (device.launches === null ? candidate.estimate.launches : device.launches() - drawn);
    // Another run or two until the page's own code is warm as well.
    for (let spent = second.ms; spent < groupMs; ) {
      const warm = await timed(runner, work, until);
      spent += Math.max(warm.ms, groupMs / 8);
    }
    // Short runs are timed in groups, as the page's clock is coarse.
    const group = Math.max(1, Math.min(64, Math.floor(groupMs / Math.max(second.ms, 0.01))));
    const times: number[] = [];
    for (let spent = 0; times.length < options.repeats && (times.length === 0 || spent < timedMs); ) {
      const again = await timed(runner, work, until, undefined, group);
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
    if (error instanceof EngineError || device.lost()) throw error;
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

function leafValues(plan: Plan, subject: Subject): ReadonlyMap<NodeId, Values> {
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
  if (turns === null) return { compute: (_pause, after) => Promise.resolve(main.run(leaves, after)) };
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
          rows.push(main.run(new Map([...leaves, [turns.cotangent, cotangent]]), after));
        } finally {
          dispose([cotangent]);
        }
        await pause(turn / turns.count);
      }
      const stacked = stack(rows);
      try {
        return assemble.run(new Map([[assembly.stacked, stacked]]), after);
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

/** How long the page may wait for a turn to speak. */
const sliceMs = 100;

/** The last of some runs' numbers, and how long all took, each with reading its result back, pauses not counted. */
async function timed(
  runner: Runner,
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
    start = performance.now();
  };
  const once = async (): Promise<Float32Array> => {
    const value = await runner.compute(pause, after);
    try {
      return value.read();
    } finally {
      value.dispose();
    }
  };
  for (let k = 1; k < runs; k++) await once();
  const values = await once();
  return { values, ms: ms + performance.now() - start };
}

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let k = 0; k < values.length; k++) {
    const size = Math.abs(values[k] ?? 0);
    if (size > most && size !== Number.POSITIVE_INFINITY) most = size;
  }
  return most;
}

/** The largest difference, relative to the largest entry of the truth; entries that are the same infinity or both NaN agree. */
function difference(values: ArrayLike<number>, truth: ArrayLike<number>): number {
  let most = values.length === truth.length ? 0 : Number.POSITIVE_INFINITY;
  for (let k = 0; k < truth.length; k++) {
    const [a, b] = [values[k] ?? Number.NaN, truth[k] ?? Number.NaN];
    if (Object.is(a, b) || a === b) continue;
    const gap = Math.abs(a - b);
    most = Math.max(most, Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap);
  }
  return most === 0 ? 0 : most / (largest(truth) || 1);
}

function summarized(values: Float32Array, { outputs, inputs, samples, batch }: Subject): ResultReport {
  const [rows, columns] = [product(outputs), product(inputs)];
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [nanCount, infiniteCount, zeroCount] = [0, 0, 0];
  for (const x of values) {
    if (Number.isNaN(x)) nanCount += 1;
    else if (!Number.isFinite(x)) infiniteCount += 1;
    else {
      if (x === 0) zeroCount += 1;
      if (x < min) min = x;
      if (x > max) max = x;
    }
  }
  const [shownRows, shownColumns] = [Math.min(rows, pictureSide), Math.min(columns, pictureSide)];
  const count = Math.max(1, Math.min(samples, Math.floor(pictureBytes / (4 * shownRows * shownColumns))));
  const matrices = Array.from({ length: count }, (_, sample) => {
    const shown = new Float32Array(shownRows * shownColumns);
    for (let row = 0; row < shownRows; row++) {
      const start = (sample * rows + row) * columns;
      shown.set(values.subarray(start, start + shownColumns), row * shownColumns);
    }
    return shown;
  });
  const finite = min <= max;
  return {
    shape: [...(batch === null ? [] : [samples]), ...outputs, ...inputs],
    samples,
    outputs,
    inputs,
    rows,
    columns,
    matrices,
    shownRows,
    shownColumns,
    values,
    min: finite ? min : null,
    max: finite ? max : null,
    nanCount,
    infiniteCount,
    zeroCount,
  };
}

function namedValues({ named }: Subject): readonly NamedValues[] {
  return named.map(({ name, value: { shape, data } }) => ({ name, shape, values: Float32Array.from(data) }));
}

function whyChosen(best: Candidate, subject: Subject, speed: Speed): string {
  const compare = (name: StrategyName): string | null => {
    const other = cheapest(strategyOf(name), subject, speed, Number.POSITIVE_INFINITY);
    if ('cannot' in other || other.estimate.ms <= best.estimate.ms * 1.05) return null;
    const flops = other.estimate.flops / Math.max(best.estimate.flops, 1);
    return `${name} would take ${flops >= 1.1 ? `${times(flops)} the arithmetic` : `${other.estimate.launches} operations in place of ${best.estimate.launches}`}`;
  };
  const [n, m] = [product(subject.outputs), product(subject.inputs)];
  const shape = `${n} output${n === 1 ? '' : 's'} by ${m} input${m === 1 ? '' : 's'} a sample`;
  const reasons = (['reverse', 'forward', 'sum'] as const).map(compare).filter((reason) => reason !== null);
  return `For ${shape} this order needs the least work${reasons.length > 0 ? `: ${reasons.join('; ')}` : ''}.`;
}

function times(factor: number): string {
  return `${factor >= 10 ? Math.round(factor) : factor.toFixed(1)} times`;
}

function warningsOf(result: ResultReport, subject: Subject, reports: readonly StrategyReport[]): string[] {
  const warnings: string[] = [];
  if (subject.unknown.length > 0)
    warnings.push(`The values of ${[...new Set(subject.unknown)].join(', ')} are not known; random ones were used.`);
  const entries = (n: number): string => `${n} ${n === 1 ? 'entry is' : 'entries are'}`;
  if (result.nanCount > 0) warnings.push(`${entries(result.nanCount)} not a number (NaN).`);
  if (result.infiniteCount > 0) warnings.push(`${entries(result.infiniteCount)} infinite.`);
  const elsewhere = reports.filter(
    ({ outcome }) => outcome.status === 'done' && outcome.greatestDifference === Number.POSITIVE_INFINITY,
  );
  if (elsewhere.length > 0) {
    const names = elsewhere.map(({ label }) => `“${label}”`).join(', ');
    warnings.push(`Not finite in other places: ${names}. NaN and infinity do not survive every operation of a GPU.`);
  }
  for (const { label, outcome } of reports) {
    const off = outcome.status === 'done' ? outcome.greatestDifference : 0;
    if (outcome.status === 'done' && off > 1e-3 && Number.isFinite(off)) {
      warnings.push(`“${label}” differs from ${outcome.comparedWith} by ${off.toExponential(1)} of the largest entry.`);
    }
  }
  return warnings;
}
