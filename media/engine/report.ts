import type { Origin } from '../../language-server/graph/graph.ts';

/** What a run is asked for. */
export interface RunOptions {
  /** Weights and inputs that the source does not give are drawn from it. */
  readonly seed: number;
  /** A number for each named size of the program, by its key. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly backend: BackendName;
  /** Values of weights and inputs by name, in place of drawn ones; each must have as many numbers as the leaf. */
  readonly values?: Readonly<Record<string, ArrayLike<number>>>;
  /** The ways to run, all of them by default. The chosen way runs in any case. */
  readonly strategies?: readonly StrategyName[];
  /** Timed runs of each way, after the first. */
  readonly repeats: number;
  /** Bytes that a way may hold at once; a way that needs more is skipped. */
  readonly memoryLimit: number;
}

export interface RunHooks {
  /** What is being done, for people, and how much of the whole is done, from 0 to 1. */
  readonly onProgress: (step: string, fraction: number) => void;
  /** Aborting it makes the run stop soon and reject with the problem `cancelled`. */
  readonly signal: AbortSignal;
}

export type BackendName = 'webgl' | 'webgpu' | 'wasm' | 'cpu';

export type StrategyName = 'planned' | 'reverse' | 'forward' | 'tiled' | 'sum' | 'full' | 'loop';

/** A tensor's values, row-major. */
export interface NamedValues {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What a run found. Plain data. */
export interface RunReport {
  readonly backend: BackendName;
  /** What WebGL or WebGPU says computes (`ANGLE (... SwiftShader ...)`); null on the CPU. */
  readonly renderer: string | null;
  readonly seed: number;
  /** Names of weights and inputs whose values were given; the others come from the source or the seed. */
  readonly given: readonly string[];
  readonly result: ResultReport;
  /** The weights and inputs that have names, as they were used. */
  readonly leaves: readonly NamedValues[];
  /** In the order in which they are best shown: the chosen way first, then from modern to naive. */
  readonly strategies: readonly StrategyReport[];
  readonly chosen: { readonly name: StrategyName; readonly why: string };
  /** How the chosen way goes through the function, step by step, in words. */
  readonly plan: readonly string[];
  /** Things the person should know: NaN in the result, ways that differ. */
  readonly warnings: readonly string[];
  /** Where the chosen way was fastest, of the other backends that are there; null where none was faster. */
  readonly faster: Faster | null;
}

export interface Faster {
  readonly backend: BackendName;
  /** Milliseconds, as `medianMs` of an outcome: here, and there. */
  readonly hereMs: number;
  readonly thereMs: number;
}

export interface ResultReport {
  /** (batch, *outputs, *inputs), or (*outputs, *inputs) without a batch; a Hessian has the inputs twice. */
  readonly shape: readonly number[];
  /** How the axes of `shape` split. `samples` is 1 without a batch. */
  readonly samples: number;
  readonly outputs: readonly number[];
  readonly inputs: readonly number[];
  /** Each sample's matrix: all outputs by all inputs (of a Hessian, inputs by inputs for one output after the other). */
  readonly rows: number;
  readonly columns: number;
  /**
   * Values for the picture, by sample: row-major, `shownRows` by `shownColumns` (the leading part of a large matrix).
   * Fewer than `samples` where they would take too much memory.
   */
  readonly matrices: readonly Float32Array[];
  readonly shownRows: number;
  readonly shownColumns: number;
  /** The whole result, row-major. */
  readonly values: Float32Array;
  /** Over all finite entries of the whole result; null where there are none. */
  readonly min: number | null;
  readonly max: number | null;
  readonly nanCount: number;
  readonly infiniteCount: number;
  /** Entries of the whole result that are exactly zero. */
  readonly zeroCount: number;
}

export interface StrategyReport {
  readonly name: StrategyName;
  /** A few words: `reverse, all outputs at once`. */
  readonly label: string;
  /** One or two sentences about how it goes and what it costs. */
  readonly explanation: string;
  readonly estimate: Estimate;
  readonly outcome: Outcome;
}

/** What a way will take, counted before it runs. */
export interface Estimate {
  readonly flops: number;
  /** Most bytes held at once, weights and inputs included. */
  readonly peakBytes: number;
  /** Operations launched on the device. */
  readonly launches: number;
  /** A guess from the three, in milliseconds. */
  readonly ms: number;
}

export type Outcome =
  | {
      readonly status: 'done';
      /** The first run, shader compilation included. */
      readonly firstMs: number;
      /** From its start until its result is read back, as all times here. */
      readonly medianMs: number;
      readonly minMs: number;
      readonly maxMs: number;
      /** Timed runs after the first. */
      readonly runs: number;
      /** Programs that the device ran for one result: WebGL draws, or kernels on the CPU. */
      readonly draws: number;
      /** Most bytes held at once, as measured. */
      readonly peakBytes: number;
      /** Largest absolute difference from the reference, divided by the reference's largest absolute entry. */
      readonly greatestDifference: number;
      /** What it was compared with. */
      readonly comparedWith: 'float64 on the CPU' | 'the chosen way';
    }
  | { readonly status: 'skipped'; readonly reason: string }
  | { readonly status: 'failed'; readonly message: string };

/** Why nothing could be run. */
export type Problem =
  /** `reason` is a sentence. */
  | { readonly kind: 'no-backend'; readonly backend: BackendName; readonly reason: string }
  | { readonly kind: 'context-lost'; readonly backend: BackendName }
  | { readonly kind: 'out-of-memory'; readonly wanted: number; readonly limit: number }
  /** The device itself had no room, though the limit was kept. */
  | { readonly kind: 'device-full'; readonly backend: BackendName; readonly wanted: number; readonly detail: string }
  /** `operator` as the source names it, `origin` where it stands. */
  | {
      readonly kind: 'unsupported';
      readonly operator: string;
      readonly what: 'value' | 'derivative';
      readonly origin: Origin;
    }
  | { readonly kind: 'zero-size'; readonly name: string }
  | { readonly kind: 'missing-size'; readonly name: string }
  | { readonly kind: 'does-not-fit'; readonly detail: string; readonly origin: Origin | null }
  | { readonly kind: 'cancelled' };

/** The one error that a run rejects with for reasons that are not a defect; `message` is for people. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(explain(problem));
    this.problem = problem;
  }
}

function explain(problem: Problem): string {
  switch (problem.kind) {
    case 'no-backend':
      return problem.reason;
    case 'context-lost':
      return 'The GPU’s context was lost while running (the GPU was reset, or another program took it). Run again.';
    case 'out-of-memory':
      return `This needs about ${showBytes(problem.wanted)} at once; the limit is ${showBytes(problem.limit)}. Use smaller sizes, or raise the limit.`;
    case 'device-full':
      return `The device could not hold this, which needs about ${showBytes(problem.wanted)} at once (${problem.detail}). Use smaller sizes, or run it elsewhere.`;
    case 'unsupported':
      return problem.what === 'value'
        ? `${problem.operator} cannot be run here yet.`
        : `The derivative of ${problem.operator} cannot be computed here yet.`;
    case 'zero-size':
      return `${problem.name} has an axis of size 0, so there is nothing to compute.`;
    case 'missing-size':
      return `The size ${problem.name} has no number; give it one to run this.`;
    case 'does-not-fit':
      return `With these sizes the function cannot be run: ${problem.detail}.`;
    case 'cancelled':
      return 'Cancelled.';
  }
}

/** `1.5 MB`, with units of 1024. */
export function showBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(bytes, 1)) / 10)));
  const value = bytes / 1024 ** power;
  return `${value >= 100 || power === 0 ? value.toFixed(0) : value.toFixed(1)} ${units[power] ?? 'B'}`;
}
