import { pythonOfCell } from './ipython.ts';

/** The cells of a notebook, one after the other, as one text of Python. */
export interface Joined {
  readonly text: string;
  /** Where each cell starts in it. */
  readonly starts: readonly number[];
}

/** Joins the cells of a notebook, from top to bottom as they are run; a line break stands between two. */
export function joinCells(cells: readonly string[]): Joined {
  const starts: number[] = [];
  let length = 0;
  for (const cell of cells) {
    starts.push(length);
    length += cell.length + 1;
  }
  return { text: cells.map(pythonOfCell).join('\n'), starts };
}

/** Whether a path is that of a notebook's file. */
export function isNotebookFile(path: string): boolean {
  return path.endsWith('.ipynb');
}

/** A cell of code in a notebook's file. */
export interface Cell {
  /** Its place among all cells, from 0. */
  readonly index: number;
  readonly text: string;
}

/** The cells of code of a notebook's file, or what is wrong with it, for people. */
export type NotebookFile =
  | { readonly kind: 'notebook'; readonly cells: readonly Cell[] }
  | { readonly kind: 'problem'; readonly message: string };

/**
 * Reads the JSON of a notebook (https://nbformat.readthedocs.io/en/latest/format_description.html), format 4.
 * One of another language has no cells of code. Never throws.
 */
export function parseNotebook(json: string): NotebookFile {
  const notebook = fields(parsed(json));
  if (!Array.isArray(notebook.cells)) return { kind: 'problem', message: 'this is no notebook of format 4' };
  if (!isPython(notebook)) return { kind: 'notebook', cells: [] };
  const cells: readonly unknown[] = notebook.cells;
  return {
    kind: 'notebook',
    cells: cells.flatMap((cell, index) => {
      const { cell_type: type, source } = fields(cell);
      const text = textOf(source);
      return type === 'code' && text !== null ? [{ index, text }] : [];
    }),
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** The text of a `source`: a string, or a list of lines with their line breaks. */
function textOf(source: unknown): string | null {
  if (typeof source === 'string') return source;
  return Array.isArray(source) && source.every((line) => typeof line === 'string') ? source.join('') : null;
}

function isPython(notebook: Readonly<Record<string, unknown>>): boolean {
  const { kernelspec, language_info: info } = fields(notebook.metadata);
  const language = fields(info).name ?? fields(kernelspec).language ?? 'python';
  return typeof language === 'string' && /python/i.test(language);
}

/** The properties of an object; none of anything else. */
function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
