import * as D from '../../../language-server/graph/dim.ts';
import type { Program } from '../../../language-server/graph/program.ts';
import type { Shape } from '../../../language-server/graph/shape.ts';
import { type NamedLeaf, namedLeaves } from '../leaves.ts';
import type { FileArray, ReadArray } from './arrays.ts';

/** A file that was read. */
export interface DataFile {
  readonly name: string;
  readonly arrays: readonly FileArray[];
}

/** Where a leaf's values come from, or why they come from no file. */
export type Source =
  | { readonly kind: 'matched'; readonly file: string; readonly array: ReadArray }
  | { readonly kind: 'missing' }
  | { readonly kind: 'other-shape'; readonly file: string; readonly array: ReadArray }
  | { readonly kind: 'unread'; readonly file: string; readonly array: string; readonly problem: string }
  /** Several arrays would do. */
  | { readonly kind: 'ambiguous'; readonly file: string; readonly arrays: readonly string[] }
  /** The array would do for several leaves. */
  | { readonly kind: 'shared'; readonly file: string; readonly array: string };

export interface Match {
  readonly leaf: NamedLeaf;
  readonly source: Source;
}

/** How a program's named leaves and the arrays of files go together. */
export interface Matching {
  /** One for each leaf, in the program's order. */
  readonly matches: readonly Match[];
  /** Arrays that serve no leaf. */
  readonly unused: readonly { readonly file: string; readonly array: FileArray }[];
  /** Numbers for named sizes, by key, as the arrays have them. */
  readonly sizes: Readonly<Record<string, number>>;
}

/**
 * Matches by name: the names are equal, or one of them ends with the other, part by part (`net.0.weight` and
 * `0.weight`, as a module's own `state_dict` has it). Of several files the last one that has a leaf counts. The array of
 * a `.npy` file that bears no leaf's name is taken for the one input whose shape it fits.
 */
export function matched(program: Program, files: readonly DataFile[]): Matching {
  const leaves = namedLeaves(program);
  const sizes = new Map<string, number>();
  const sources = new Map<NamedLeaf, Source>();
  const used = new Set<FileArray>();
  for (const { name: file, arrays } of files.toReversed()) {
    const open = leaves.filter((leaf) => !sources.has(leaf));
    for (const [leaf, candidates] of [...byName(open, arrays), ...byShape(open, arrays, sizes)]) {
      for (const array of candidates.arrays) used.add(array);
      sources.set(leaf, sourceOf(leaf, candidates, file, sizes));
    }
  }
  return {
    matches: leaves.map((leaf) => ({ leaf, source: sources.get(leaf) ?? { kind: 'missing' } })),
    unused: files.flatMap(({ name: file, arrays }) =>
      arrays.filter((array) => !used.has(array)).map((array) => ({ file, array })),
    ),
    sizes: Object.fromEntries(sizes),
  };
}

/** The values of the leaves that a file serves, by name. */
export function givenOf({ matches }: Matching): Readonly<Record<string, Float32Array>> {
  return Object.fromEntries(
    matches.flatMap(({ leaf, source }) => (source.kind === 'matched' ? [[leaf.name, source.array.values]] : [])),
  );
}

/** The arrays that a leaf may mean. */
interface Candidates {
  readonly arrays: readonly FileArray[];
  /** Other leaves may mean them as well. */
  readonly shared: boolean;
}

function sourceOf(leaf: NamedLeaf, { arrays, shared }: Candidates, file: string, sizes: Map<string, number>): Source {
  const [array, ...more] = arrays;
  if (array === undefined || more.length > 0)
    return { kind: 'ambiguous', file, arrays: arrays.map(({ name }) => name) };
  if (shared) return { kind: 'shared', file, array: array.name };
  if (array.kind === 'unread') return { kind: 'unread', file, array: array.name, problem: array.problem };
  return { kind: fits(leaf.shape, array.shape, sizes) ? 'matched' : 'other-shape', file, array };
}

/** For each leaf the arrays whose names are most like its own. */
function byName(leaves: readonly NamedLeaf[], arrays: readonly FileArray[]): ReadonlyMap<NamedLeaf, Candidates> {
  const found = new Map<NamedLeaf, readonly FileArray[]>();
  for (const leaf of leaves) {
    const scored = arrays.map((array) => ({ array, score: likeness(leaf.name, array.name) }));
    const best = Math.max(0, ...scored.map(({ score }) => score));
    if (best > 0)
      found.set(
        leaf,
        scored.filter(({ score }) => score === best).map(({ array }) => array),
      );
  }
  // An array that bears the very name of one leaf is not meant by the others.
  const isTaken = (leaf: NamedLeaf, array: FileArray): boolean =>
    leaf.name !== array.name && leaves.some(({ name }) => name === array.name);
  const own = [...found]
    .map(([leaf, all]) => [leaf, all.filter((array) => !isTaken(leaf, array))] as const)
    .filter(([, all]) => all.length > 0);
  const claims = own.flatMap(([, all]) => all);
  const isShared = (array: FileArray): boolean => claims.indexOf(array) !== claims.lastIndexOf(array);
  return new Map(own.map(([leaf, all]) => [leaf, { arrays: all, shared: all.some(isShared) }]));
}

/** How many parts two names share where one ends with the other, equal names before all others; 0: they do not. */
function likeness(a: string, b: string): number {
  if (a === b) return Number.POSITIVE_INFINITY;
  const [x, y] = [a, b].map((name) => name.split(/[./]/).reverse());
  if (x === undefined || y === undefined) return 0;
  const least = Math.min(x.length, y.length);
  return x.slice(0, least).every((part, k) => part === y[k]) ? least : 0;
}

/** The only array of a file for the only input whose shape it fits. */
function byShape(
  leaves: readonly NamedLeaf[],
  arrays: readonly FileArray[],
  sizes: ReadonlyMap<string, number>,
): ReadonlyMap<NamedLeaf, Candidates> {
  const [array, ...more] = arrays;
  if (array?.kind !== 'read' || more.length > 0 || byName(leaves, arrays).size > 0) return new Map();
  const inputs = leaves.filter(({ role, shape }) => role === 'input' && fits(shape, array.shape, new Map(sizes)));
  const [input] = inputs;
  return input === undefined || inputs.length > 1 ? new Map() : new Map([[input, { arrays, shared: false }]]);
}

/** Whether a shape can be that of an array; named sizes get the array's numbers, and keep those that they have. */
function fits(shape: Shape, actual: readonly number[], sizes: Map<string, number>): boolean {
  if (shape.length !== actual.length) return false;
  const bound = new Map(sizes);
  for (const [axis, dim] of shape.entries()) {
    const n = actual[axis] ?? 0;
    const [only, ...more] = D.sizesIn(dim).keys();
    if (only !== undefined && more.length === 0 && only === D.key(dim) && !bound.has(only)) bound.set(only, n);
    const known = D.substitute(dim, bound);
    // What still has a name is decided when the program gets its numbers.
    if (D.isKnown(known) && known !== n) return false;
  }
  for (const [key, n] of bound) sizes.set(key, n);
  return true;
}
