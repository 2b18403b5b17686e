import { Range as LspRange } from 'vscode-languageserver/node';
import type { Range } from '../python/ast.ts';
import type { LineTable } from '../python/text.ts';
import type { Analysis } from '../rules/analysis.ts';

/** An open document and what is known of it at one version: what every provider reads. */
export interface AnalysedDocument {
  readonly uri: string;
  readonly version: number;
  readonly lines: LineTable;
  readonly analysis: Analysis;
}

/** A range of offsets as the protocol has it. */
export function toLspRange(lines: LineTable, range: Range): LspRange {
  const start = lines.positionAt(range.start);
  const end = lines.positionAt(range.end);
  return LspRange.create(start.line, start.column, end.line, end.column);
}

/** A range of the protocol as offsets; positions outside the text are moved to its nearest end. */
export function toRange(lines: LineTable, range: LspRange): Range {
  return {
    start: lines.offsetAt({ line: range.start.line, column: range.start.character }),
    end: lines.offsetAt({ line: range.end.line, column: range.end.character }),
  };
}

/** Whether two ranges share a place; ranges that touch do. */
export function overlaps(a: Range, b: Range): boolean {
  return a.start <= b.end && b.start <= a.end;
}
