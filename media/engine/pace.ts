import type { ProgramSpeed } from './programs/written.ts';
import type { Speed } from './schedule.ts';

/** How fast a device is, so that the choice between ways fits the machine. */

/** What was measured of a device. */
export interface Pace {
  /** Milliseconds of an operation that computes next to nothing. */
  readonly launchMs: number;
  /** Floating-point operations a millisecond in a large product. */
  readonly flopsPerMs: number;
}

/** Speeds of TensorFlow.js's kernels and of programs of our own. */
export interface Speeds {
  readonly kernels: Speed;
  readonly programs: ProgramSpeed;
}

/** The machine on which all of it was measured by hand: 2 processor cores that stand in for a GPU (SwiftShader). */
const reference: Pace & Speeds = {
  launchMs: 0.1,
  flopsPerMs: 5.5e6,
  kernels: { launchMs: 0.1, flopsPerMs: 5.5e6, bytesPerMs: 1.5e6 },
  programs: { drawMs: 0.06, operationsPerMs: 4.5e7, loadsPerMs: 1e6, sortedBytesPerMs: 1e6 },
};

/** Speeds of a device of some pace: all arithmetic and all loads as much faster as its products, all launches as its launches. */
export function speedsOf({ launchMs, flopsPerMs }: Pace): Speeds {
  const [launch, arithmetic] = [launchMs / reference.launchMs, flopsPerMs / reference.flopsPerMs];
  const { kernels, programs } = reference;
  return {
    kernels: {
      launchMs: kernels.launchMs * launch,
      flopsPerMs: kernels.flopsPerMs * arithmetic,
      bytesPerMs: kernels.bytesPerMs * arithmetic,
    },
    programs: {
      drawMs: programs.drawMs * launch,
      operationsPerMs: programs.operationsPerMs * arithmetic,
      loadsPerMs: programs.loadsPerMs * arithmetic,
      // Done by the processor in any case.
      sortedBytesPerMs: programs.sortedBytesPerMs,
    },
  };
}

/** The pace of the reference machine, for runs that are to be the same everywhere. */
export const referencePace: Pace = { launchMs: reference.launchMs, flopsPerMs: reference.flopsPerMs };

/** For people: `0.1 ms a launch, 5.5 GFLOP/s`. */
export function showPace({ launchMs, flopsPerMs }: Pace): string {
  return `${launchMs.toPrecision(1)} ms a launch, ${(flopsPerMs / 1e6).toPrecision(2)} GFLOP/s`;
}
