function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let k = 0; k < values.length; k++) {
    const size = Math.abs(values[k] ?? 0);
    if (size > most && size !== Number.POSITIVE_INFINITY) most = size;
  }
  return most;
}

/** The largest difference, relative to the largest entry of the truth; entries that are the same infinity or both NaN agree. */
export function difference(values: ArrayLike<number>, truth: ArrayLike<number>): number {
  let most = values.length === truth.length ? 0 : Number.POSITIVE_INFINITY;
  for (let k = 0; k < truth.length; k++) {
    const [a, b] = [values[k] ?? Number.NaN, truth[k] ?? Number.NaN];
    if (Object.is(a, b) || a === b) continue;
    const gap = Math.abs(a - b);
    most = Math.max(most, Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap);
  }
  return most === 0 ? 0 : most / (largest(truth) || 1);
}
