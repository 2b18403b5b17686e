import { applyEdits as applyJsonEdits, type FormattingOptions, modify } from 'jsonc-parser';
import type { Decoded } from '../python/encoding.ts';
import { type Cell, isNotebookFile, joinCells, parseNotebook } from '../python/notebook.ts';
import { LineTable, lineEndingOf } from '../python/text.ts';
import { applyEdits, applyToParts } from '../rules/edits.ts';
import type { Edit } from '../rules/finding.ts';
import { LARGEST_FILE, LARGEST_NOTEBOOK, type ReadProblem, readSource } from '../server/sources.ts';

/** Where an offset is, for people: from 1, in a notebook within a cell, of which all are counted. */
export interface Spot {
  readonly cell?: number;
  readonly line: number;
  readonly column: number;
}

/** A file or notebook that a command is about, in one of its states. */
export interface Source {
  readonly kind: 'source';
  /** The text of the file itself. */
  readonly file: Decoded;
  /** What is analysed of it. */
  readonly text: string;
  spotAt(offset: number): Spot;
  /** The state after edits of what is analysed; null where they would join cells. */
  edited(edits: readonly Edit[]): Source | null;
}

/** What was read, and the bytes that it was read from. */
export interface Opened {
  readonly kind: 'opened';
  readonly source: Source;
  readonly bytes: Uint8Array;
}

/** Reads a file of Python or a notebook; never throws. */
export function openSource(path: string): Opened | ReadProblem {
  const isNotebook = isNotebookFile(path);
  const file = readSource(path, isNotebook ? LARGEST_NOTEBOOK : LARGEST_FILE);
  if (file.kind === 'problem') return file;
  const source = isNotebook ? notebookSource(file) : fileSource(file);
  return source.kind === 'problem' ? source : { kind: 'opened', source, bytes: file.bytes };
}

function fileSource(file: Decoded): Source {
  const lines = new LineTable(file.text);
  return {
    kind: 'source',
    file,
    text: file.text,
    spotAt: (offset) => spotIn(lines, offset),
    edited: (edits) => fileSource({ ...file, text: applyEdits(file.text, edits) }),
  };
}

function spotIn(lines: LineTable, offset: number): Spot {
  const { line, column } = lines.positionAt(offset);
  return { line: line + 1, column: column + 1 };
}

function notebookSource(file: Decoded): Source | ReadProblem {
  const notebook = parseNotebook(file.text);
  return notebook.kind === 'problem' ? { ...notebook, isData: true } : sourceOfCells(file, notebook.cells);
}

function sourceOfCells(file: Decoded, codeCells: readonly Cell[]): Source {
  const cells = codeCells.map((cell) => ({ ...cell, lines: new LineTable(cell.text) }));
  const { text, starts } = joinCells(cells.map((cell) => cell.text));
  return {
    kind: 'source',
    file,
    text,
    spotAt(offset) {
      const k = Math.max(
        0,
        starts.findLastIndex((start) => start <= offset),
      );
      const cell = cells[k];
      if (cell === undefined) return { line: 1, column: 1 };
      return { cell: cell.index + 1, ...spotIn(cell.lines, offset - (starts[k] ?? 0)) };
    },
    edited(edits) {
      const texts = applyToParts(
        cells.map((cell) => cell.text),
        edits,
      );
      if (texts === null) return null;
      const after = cells.map(({ index, text: before }, k) => ({ index, text: texts[k] ?? before }));
      const json = after.reduce(
        (whole, cell, k) => (cell.text === cells[k]?.text ? whole : withCell(whole, cell)),
        file.text,
      );
      return sourceOfCells({ ...file, text: json }, after);
    },
  };
}

/** A notebook's JSON with another text in a cell; everything else stays as it is written. */
function withCell(json: string, { index, text }: Cell): string {
  const source = text.split(/(?<=\n)/);
  return applyJsonEdits(json, modify(json, ['cells', index, 'source'], source, { formattingOptions: styleOf(json) }));
}

/** How the JSON is written, as far as lines of a cell need it. */
function styleOf(json: string): FormattingOptions {
  const indent = /^\{\r?\n([ \t]+)"/.exec(json)?.[1] ?? ' ';
  return { insertSpaces: !indent.startsWith('\t'), tabSize: indent.length, eol: lineEndingOf(json) };
}
