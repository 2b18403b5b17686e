import { Range as LspRange, type Position } from 'vscode-languageserver/node';
import type { Range } from '../python/ast.ts';
import { LineTable } from '../python/text.ts';
import type { Analysis } from '../rules/analysis.ts';

/** A text of the editor as part of what is analysed: a file is the whole of it, a cell of a notebook one of several. */
export interface Part {
  readonly uri: string;
  readonly version: number;
  /** The text as the editor has it. */
  readonly lines: LineTable;
  /** Where it stands in the text that is analysed. */
  readonly range: Range;
}

/** Open texts and what is known of them at one version: what every provider reads. */
export interface AnalysedDocument {
  /** In their order; one at least. */
  readonly parts: readonly Part[];
  /** The lines of the text that is analysed. */
  readonly lines: LineTable;
  readonly analysis: Analysis;
}

/** The document of a file, which is its only part. */
export function fileDocument(
  uri: string,
  version: number,
  analysis: Analysis,
): { readonly document: AnalysedDocument; readonly part: Part } {
  const lines = new LineTable(analysis.text);
  const part = { uri, version, lines, range: { start: 0, end: analysis.text.length } };
  return { document: { parts: [part], lines, analysis }, part };
}

/** The part that an address names; null where there is none. */
export function partAt(document: AnalysedDocument, uri: string): Part | null {
  return document.parts.find((part) => part.uri === uri) ?? null;
}

/** The part that holds an offset of the text that is analysed. */
export function partHolding({ parts }: AnalysedDocument, offset: number): Part {
  const part = parts.findLast(({ range }) => range.start <= offset) ?? parts[0];
  if (part === undefined) throw new Error('a document without parts was analysed');
  return part;
}

/** Whether a range of the text that is analysed begins in a part. */
export function beginsIn({ range }: Part, { start }: Range): boolean {
  return range.start <= start && start <= range.end;
}

/** A range of the text that is analysed as the protocol has it in a part. */
export function toLspRange({ lines, range: own }: Pick<Part, 'lines' | 'range'>, range: Range): LspRange {
  const start = lines.positionAt(range.start - own.start);
  const end = lines.positionAt(range.end - own.start);
  return LspRange.create(start.line, start.column, end.line, end.column);
}

/** Where a position of a part is in the text that is analysed; one outside the part is moved to its nearest end. */
export function toOffset({ lines, range }: Part, { line, character }: Position): number {
  return range.start + lines.offsetAt({ line, column: character });
}

/** A range of a part in the text that is analysed. */
export function toRange(part: Part, { start, end }: LspRange): Range {
  return { start: toOffset(part, start), end: toOffset(part, end) };
}

/** A line for people: `line 5`, and in a notebook `line 2 of cell 3`, counting cells of code. */
export function lineInWords(document: AnalysedDocument, offset: number): string {
  const part = partHolding(document, offset);
  const line = part.lines.positionAt(offset - part.range.start).line + 1;
  return document.parts.length === 1 ? `line ${line}` : `line ${line} of cell ${document.parts.indexOf(part) + 1}`;
}

/** Whether two ranges share a place; ranges that touch do. */
export function overlaps(a: Range, b: Range): boolean {
  return a.start <= b.end && b.start <= a.end;
}
