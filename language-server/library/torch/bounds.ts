import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';

/** Where slices of known and named sizes begin and end. */

/** Whether a >= b for every value of the names, which are at least 0. */
export function atLeast(a: Dim, b: Dim): boolean {
  return isNonNegative(D.sub(a, b), 4);
}

function isNonNegative(dim: Dim, depth: number): boolean {
  if (D.isKnown(dim)) return dim >= 0;
  if (depth === 0) return false;
  for (const term of dim.terms) {
    const [factor] = term.factors;
    if (factor === undefined) continue;
    const { atom } = factor;
    if (atom.kind === 'size') continue;
    // A quotient or remainder by a number is bounded by what is divided.
    if (!D.isKnown(atom.divisor) || atom.divisor < 1 || !isNonNegative(atom.dividend, depth - 1)) return false;
    if (term.coefficient > 0 || term.factors.length > 1 || factor.power > 1) continue;
    const own: Dim = { terms: [term] };
    const rest = D.sub(dim, own);
    const worst = atom.kind === 'mod' ? atom.divisor - 1 : atom.dividend;
    const scale = atom.kind === 'mod' ? 1 : atom.divisor;
    return isNonNegative(D.add(D.mul(rest, scale), D.mul(worst, term.coefficient)), depth - 1);
  }
  return dim.terms.every((term) => term.coefficient >= 0);
}

/**
 * A slice bound of an axis as Python clips it to 0..dim; null where that hangs on sizes that are not known. That a
 * named axis has at least as many entries as a number that the program counts off it is taken for granted.
 */
export function clip(bound: Dim, dim: Dim, side: 'start' | 'stop'): Dim | null {
  if (atLeast(bound, 0)) {
    if (atLeast(dim, bound)) return bound;
    if (atLeast(bound, dim)) return dim;
    return side === 'start' && D.isKnown(bound) ? bound : null;
  }
  if (!atLeast(-1, bound)) return null;
  const fromEnd = D.add(dim, bound);
  if (D.isKnown(fromEnd)) return Math.max(0, fromEnd);
  if (atLeast(0, fromEnd)) return 0;
  return atLeast(fromEnd, 0) || (side === 'stop' && D.isKnown(bound)) ? fromEnd : null;
}
