import { dispose, matMul, ones, slice, square, type Tensor } from '@tensorflow/tfjs-core';
import type { Pace } from './pace.ts';

/** Measures how fast the current backend of TensorFlow.js is. */

/** A larger product is taken where the smaller one is done before the page's clock has moved on far. */
const sides = [256, 1024];
const shortMs = 1;
/** The page's clock may move on by no less than this. */
const clockMs = 0.1;

/** Takes some milliseconds, and as long again to compile; of a few tries the fastest counts, as others may use the machine too. */
export function measuredPace(now: () => number = () => performance.now()): Pace {
  const launchMs = perStep(1, 32, square, now);
  const [small, large] = sides.map((side) => () => {
    const ms = perStep(side, 2, (x) => matMul(x, x), now);
    return { ms, flopsPerMs: (2 * side ** 3) / Math.max(ms - launchMs, clockMs / 2) };
  });
  const first = small?.();
  const product = first === undefined || first.ms < shortMs ? large?.() : first;
  if (product === undefined) throw new RangeError('there are two sizes');
  return { launchMs, flopsPerMs: product.flopsPerMs };
}

/** Milliseconds of one of `count` steps that follow on each other, from a square matrix of ones. */
function perStep(side: number, count: number, step: (x: Tensor) => Tensor, now: () => number): number {
  const begin = ones([side, side]);
  const run = (n: number): number => {
    const start = now();
    let x = begin;
    for (let k = 0; k < n; k++) {
      const next = step(x);
      if (x !== begin) x.dispose();
      x = next;
    }
    // One number alone is read: it waits for all that comes before.
    const corner = slice(x, [0, 0], [1, 1]);
    corner.dataSync();
    dispose(x === begin ? [corner] : [corner, x]);
    return now() - start;
  };
  const least = (n: number): number => Math.min(...[0, 1, 2, 3].map(() => run(n)));
  const ms = (least(count + 1) - least(1)) / count;
  begin.dispose();
  return Math.max(ms, clockMs / count / 2);
}
