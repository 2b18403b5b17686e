import type { NodeId } from '../../language-server/graph/graph.ts';
import type { Program } from '../../language-server/graph/program.ts';
import { attempt, leafValues, longestMs, lostMessage, type Ran, uploadLeaves, Work } from './attempt.ts';
import { backends } from './backends.ts';
import { byKernels, type Candidate, cheapest } from './candidates.ts';
import { concrete, product } from './concrete.ts';
import { type Device, type DeviceValue, dispose, isFull, openDevice } from './device.ts';
import { difference } from './difference.ts';
import { evaluate } from './reference.ts';
import {
  type BackendName,
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
import { fasterElsewhere } from './rivals.ts';
import type { Speed } from './schedule.ts';
import { type Strategy, strategies, strategyOf } from './strategies.ts';
import { type Subject, subjectOf } from './subject.ts';

/** Work that the float64 reference is worth. */
const referenceFlops = 3e8;
/** Most bytes of values that a report carries for pictures, and the largest side of a picture. */
const pictureBytes = 32 * 2 ** 20;
const pictureSide = 1024;

/**
 * Runs a program's derivative in every way asked for on the backend asked for, measures the ways and checks them against
 * each other. Where the chosen way is short work for one of `rivals`, it is measured there as well, and the report says
 * where it was faster. Rejects with EngineError where nothing can be run; nothing is left on the device in any case.
 */
export async function runOn(
  program: Program,
  options: RunOptions,
  hooks: RunHooks,
  rivals: readonly BackendName[] = [],
): Promise<RunReport> {
  const work = new Work(hooks);
  await work.begin('Reading the function', 0.02);
  const subject = subjectOf(concrete(program, options.sizes), options.seed, options.values);
  const access = await backends[options.backend].load();
  const device = await openDevice(access);
  const before = device.valuesHeld();
  const leaves = new Map<NodeId, DeviceValue>();
  try {
    uploadLeaves(subject, leaves);
    const report = await measured(subject, device, leaves, options, work);
    if (rivals.length === 0) return report;
    try {
      return { ...report, faster: await fasterElsewhere(rivals, report, subject, options, work) };
    } finally {
      await openDevice(access);
    }
  } finally {
    dispose(leaves.values());
    if (device.valuesHeld() > before) console.warn(`${device.valuesHeld() - before} values were left on the device`);
  }
}

/** One way; where it loses the device, that is made anew for the next. */
async function attempted(
  candidate: Candidate,
  subject: Subject,
  device: Device,
  leaves: Map<NodeId, DeviceValue>,
  options: RunOptions,
  work: Work,
  until: number,
): Promise<Ran | Exclude<Outcome, { readonly status: 'done' }>> {
  const ran = await attempt(candidate, subject, device, leaves, options, work, until);
  if (device.lost()) {
    dispose(leaves.values());
    await device.renew();
    uploadLeaves(subject, leaves);
  }
  return ran;
}

async function measured(
  subject: Subject,
  device: Device,
  leaves: Map<NodeId, DeviceValue>,
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
  const warnings: string[] = [];
  let ranAs = best;
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
    let used = candidate;
    let ran = await attempted(used, subject, device, leaves, options, work, until);
    // The chosen way gets a second chance: a driver that cannot do with programs of ours can do with the backend's.
    if (candidate === best && ran.status === 'failed' && (best.written !== null || ran.message === lostMessage)) {
      if (isFull(new Error(ran.message))) throw unfinished(ran, best.estimate, device.backend);
      if (best.written !== null)
        warnings.push(`Programs of our own failed here, TensorFlow.js’s kernels were used: ${ran.message}`);
      used = byKernels(best, device.speed);
      ran = await attempted(used, subject, device, leaves, options, work, until);
    }
    if (candidate === best && ran.status !== 'ran') throw unfinished(ran, best.estimate, device.backend);
    if (candidate === best) ranAs = used;
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
      if (candidate === best) slowness = Math.max(1, ran.timing.medianMs / used.estimate.ms);
    }
    reports.push({ ...about, estimate: used.estimate, outcome });
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
    chosen: { name: best.strategy.name, why: whyChosen(ranAs, subject, device.speed) },
    plan: best.plan.steps,
    warnings: [...warnings, ...warningsOf(summary, subject, reports)],
    faster: null,
  };
}

/** Why the chosen way gave nothing. */
function unfinished(
  ran: Exclude<Outcome, { readonly status: 'done' }>,
  { peakBytes }: Estimate,
  backend: BackendName,
): Error {
  if (ran.status === 'failed' && ran.message === lostMessage) return new EngineError({ kind: 'context-lost', backend });
  const error = new Error(ran.status === 'failed' ? ran.message : ran.reason);
  return isFull(error)
    ? new EngineError({ kind: 'device-full', backend, wanted: peakBytes, detail: error.message })
    : error;
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
  const own = best.written?.draws.length ?? 0;
  const programs = own === 0 ? '' : ` It runs as ${own} program${own === 1 ? '' : 's'} of our own.`;
  return `For ${shape} this order needs the least work${reasons.length > 0 ? `: ${reasons.join('; ')}` : ''}.${programs}`;
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
