import type { Occurrence } from '../derivatives/occurrence.ts';
import type { Edit } from './finding.ts';
import { transformsModule } from './modes.ts';
import { type SourceFile, spell } from './source-file.ts';
import { isOfTape } from './tapes.ts';

/** The axes of a value in another order, in the words of the library that it is of. */

export type ArrayLibrary = 'torch' | 'jax' | 'tensorflow';

/** An expression, with the edits that import what it takes. */
export interface Written {
  readonly text: string;
  readonly edits: readonly Edit[];
}

/** The library of what a derivative gives. */
export function libraryOf(occurrence: Occurrence): ArrayLibrary {
  if (isOfTape(occurrence)) return 'tensorflow';
  return transformsModule(occurrence) === 'jax' ? 'jax' : 'torch';
}

/** A value, whose axes are those of `from`, with them in the order of `to`: as it is, with one axis moved, or all. */
export function rearranged(
  file: SourceFile,
  library: ArrayLibrary,
  text: string,
  from: readonly number[],
  to: readonly number[],
): Written {
  if (from.every((label, k) => label === to[k])) return { text, edits: [] };
  const order = to.map((label) => from.indexOf(label)).join(', ');
  if (library === 'tensorflow') return called(file, 'tensorflow', 'transpose', `${text}, [${order}]`);
  const move = oneMove(from, to);
  if (move !== null) return movedAxis(file, library, text, ...move);
  return library === 'jax'
    ? called(file, 'jax.numpy', 'transpose', `${text}, (${order})`)
    : { text: `${text}.permute(${order})`, edits: [] };
}

/** A value with one of its axes at another place. */
export function movedAxis(file: SourceFile, library: 'torch' | 'jax', text: string, from: number, to: number): Written {
  return library === 'jax'
    ? called(file, 'jax.numpy', 'moveaxis', `${text}, ${from}, ${to}`)
    : { text: `${text}.movedim(${from}, ${to})`, edits: [] };
}

function called(file: SourceFile, module: string, name: string, given: string): Written {
  const { names, edits } = spell(file, module, [name]);
  return { text: `${names[0]}(${given})`, edits };
}

/** Where one axis alone stands and is to stand, if the others keep their order; to the front, if that does it. */
function oneMove(from: readonly number[], to: readonly number[]): readonly [number, number] | null {
  const without = (list: readonly number[], label: number): string => list.filter((each) => each !== label).join();
  const isMovable = (label: number): boolean => without(from, label) === without(to, label);
  const label = to.slice(0, 1).find(isMovable) ?? from.find(isMovable);
  if (label === undefined) return null;
  const target = to.indexOf(label);
  return [from.indexOf(label), target === to.length - 1 ? -1 : target];
}
