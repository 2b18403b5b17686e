import type { Program } from '../../language-server/graph/program.ts';
import { showShape } from '../../language-server/graph/shape.ts';
import { DataError, type FileArray } from '../engine/data/arrays.ts';
import { readArrays } from '../engine/data/files.ts';
import { type Match, type Matching, matched, type Source } from '../engine/data/matching.ts';
import { h } from './dom.ts';
import { counted, shapeText } from './words.ts';

/** Weights and inputs from files: which file gives what, and what no file gives. */

/** A file that the person chose: its arrays, or why it cannot be read. */
export type Loaded = { readonly name: string } & (
  | { readonly arrays: readonly FileArray[] }
  | { readonly problem: string }
);

export interface ValueActions {
  /** Asks for files. */
  readonly load: () => void;
  readonly forget: (file: string) => void;
  /** The list was opened or closed. */
  readonly open: (isOpen: boolean) => void;
}

/** Reads a file of arrays. Never rejects for what is in it. */
export async function loaded(name: string, bytes: Uint8Array): Promise<Loaded> {
  try {
    return { name, arrays: await readArrays(name, bytes) };
  } catch (error) {
    if (error instanceof DataError) return { name, problem: error.message };
    throw error;
  }
}

/** The files' arrays matched with what the program needs. */
export function matching(program: Program, files: readonly Loaded[]): Matching {
  return matched(
    program,
    files.filter((file) => 'arrays' in file),
  );
}

/** The list of weights and inputs, with where each comes from, and the files. */
export function values(
  { matches, unused }: Matching,
  files: readonly Loaded[],
  isOpen: boolean,
  isRunning: boolean,
  { load, forget, open }: ValueActions,
): HTMLElement {
  const details = h(
    'details',
    { class: 'values', open: isOpen, toggle: () => open(details.open) },
    h('summary', {}, h('span', {}, 'Weights and inputs'), h('span', { class: 'from' }, summary(matches, files))),
    h(
      'div',
      { class: 'files' },
      h('button', { type: 'button', class: 'secondary', click: load, disabled: isRunning }, 'Load from a file…'),
      ...files.map((file) => fileChip(file, isRunning, forget)),
    ),
    ...files.flatMap((file) =>
      'problem' in file ? [h('p', { class: 'warning', role: 'note' }, `${file.name} ${file.problem}.`)] : [],
    ),
    h(
      'ul',
      { class: 'leaves' },
      ...matches.map(({ leaf, source }) =>
        h(
          'li',
          { class: source.kind },
          h('code', {}, leaf.name),
          h('code', { class: 'dims' }, showShape(leaf.shape)),
          h('span', { class: 'source' }, sourceText(source)),
        ),
      ),
    ),
    unused.length === 0 ? null : h('p', { class: 'about' }, unusedText(unused)),
  );
  return details;
}

function fileChip({ name }: Loaded, isRunning: boolean, forget: (file: string) => void): HTMLElement {
  const remove = h(
    'button',
    {
      type: 'button',
      class: 'link',
      title: `Do without ${name}`,
      'aria-label': `Do without ${name}`,
      click: () => forget(name),
      disabled: isRunning,
    },
    '×',
  );
  return h('span', { class: 'chip' }, name, remove);
}

function summary(matches: readonly Match[], files: readonly Loaded[]): string {
  const names = files.flatMap((file) => ('arrays' in file ? [file.name] : []));
  if (names.length === 0) return 'from the program and the seed';
  const served = matches.filter(({ source }) => source.kind === 'matched').length;
  const wrong = matches.filter(({ source }) => source.kind !== 'matched' && source.kind !== 'missing').length;
  const left = matches.length - served - wrong;
  return [
    `${served} of ${matches.length} from ${names.join(', ')}`,
    ...(wrong > 0 ? [`${wrong} cannot be used`] : []),
    ...(left > 0 ? [`${left} from the program and the seed`] : []),
  ].join('; ');
}

function sourceText(source: Source): string {
  switch (source.kind) {
    case 'matched':
      return `${source.file}: ${source.array.name}, ${source.array.dtype}`;
    case 'missing':
      return 'from the program or the seed';
    case 'other-shape':
      return `not used: ${source.array.name} of ${source.file} has the shape ${shapeText(source.array.shape)}`;
    case 'unread':
      return `not used: ${source.array} of ${source.file} ${source.problem}`;
    case 'ambiguous':
      return `not used: it could be ${source.arrays.join(' or ')} of ${source.file}`;
    case 'shared':
      return `not used: ${source.array} of ${source.file} could be this one or another`;
  }
}

/** The most arrays that are named. */
const mostNamed = 8;

function unusedText(unused: Matching['unused']): string {
  const names = unused.slice(0, mostNamed).map(({ array }) => array.name);
  const more = unused.length - names.length;
  return `${counted(unused.length, 'array')} of the files not needed here: ${names.join(', ')}${more > 0 ? `, and ${more} more` : ''}.`;
}
