import { range } from '../concrete.ts';

/** Axes before and after a reshape that hold the same elements. */
export interface Group {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** The smallest groups of axes between which a reshape moves elements; axes of size 1 belong to none. */
export function regrouped(from: readonly number[], to: readonly number[]): readonly Group[] {
  const real = (sizes: readonly number[]): number[] => range(sizes.length).filter((axis) => sizes[axis] !== 1);
  const [left, right] = [real(from), real(to)];
  const groups: Group[] = [];
  for (let [i, j] = [0, 0]; i < left.length || j < right.length; ) {
    const [firstLeft, firstRight] = [i, j];
    let [a, b] = [from[left[i++] ?? 0] ?? 1, to[right[j++] ?? 0] ?? 1];
    while (a !== b && (i < left.length || j < right.length)) {
      if (a < b) a *= from[left[i++] ?? 0] ?? 1;
      else b *= to[right[j++] ?? 0] ?? 1;
    }
    groups.push({ from: left.slice(firstLeft, i), to: right.slice(firstRight, j) });
  }
  return groups;
}
