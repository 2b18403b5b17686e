import type { Range } from '../python/ast.ts';
import type { Analysis, ShapeFact } from '../rules/analysis.ts';
import type { Finding, Fix } from '../rules/finding.ts';
import { isApplicable } from '../server/edits.ts';
import type { Source, Spot } from './sources.ts';

/** Where something stands, lines and columns from 1; in a notebook in which cell, from 1. */
interface Place {
  readonly cell?: number;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** A finding as `check --format json` gives it. */
export interface FindingRow extends Place {
  readonly file: string;
  readonly rule: string;
  readonly severity: Finding['severity'];
  readonly certainty: Finding['certainty'];
  readonly message: string;
  readonly shape: string | null;
  readonly wanted: string | null;
  readonly fixes: readonly FixRow[];
}

interface FixRow {
  readonly title: string;
  readonly kind: 'safe' | 'suggested';
  readonly edits: readonly (Place & { readonly newText: string })[];
}

/** A name as `shapes --format json` gives it. */
export interface ShapeRow {
  readonly file: string;
  readonly cell?: number;
  readonly line: number;
  readonly column: number;
  readonly name: string;
  readonly shape: string | null;
  /** Only where the shape is not known. */
  readonly unknownBecause?: string;
}

/** The findings of an analysis as rows, in order of place. */
export function findingRows(file: string, analysis: Analysis, source: Source): readonly FindingRow[] {
  return analysis.findings.map((finding) => ({
    file,
    ...placeOf(source, finding.range),
    rule: finding.rule,
    severity: finding.severity,
    certainty: finding.certainty,
    message: finding.message,
    shape: finding.shape,
    wanted: finding.wanted,
    fixes: fixRows(source, analysis.fixes(finding)),
  }));
}

function fixRows(source: Source, fixes: readonly Fix[]): readonly FixRow[] {
  return fixes.filter(isApplicable).map(({ title, kind, edits }) => ({
    title,
    kind,
    edits: edits.map(({ range, text }) => ({ ...placeOf(source, range), newText: text })),
  }));
}

/** The shapes of an analysis as rows, in order of place. */
export function shapeRows(file: string, analysis: Analysis, source: Source): readonly ShapeRow[] {
  return analysis.shapes.map((fact) => {
    const row = { file, ...source.spotAt(fact.range.start), name: fact.name, shape: fact.shape };
    return fact.shape === null ? { ...row, unknownBecause: reasonOf(fact) } : row;
  });
}

function reasonOf(fact: ShapeFact): string {
  return fact.unknownBecause ?? 'no reason is known';
}

function placeOf(source: Source, range: Range): Place {
  const { line: endLine, column: endColumn } = source.spotAt(range.end);
  return { ...source.spotAt(range.start), endLine, endColumn };
}

/** `net.py:3:5`, and in a notebook `net.ipynb:cell 2:3:5`. */
export function spotInWords(file: string, { cell, line, column }: Spot): string {
  return `${file}:${cell === undefined ? '' : `cell ${cell}:`}${line}:${column}`;
}

/** A finding on one line, as compilers write it; a star where a fix is known. */
export function findingLine(row: FindingRow): string {
  const star = row.fixes.length > 0 ? ' [*]' : '';
  return `${spotInWords(row.file, row)}: ${row.severity} ${row.rule}${star} ${row.message}`;
}

export function shapeLine(row: ShapeRow): string {
  return `${spotInWords(row.file, row)}: ${row.name} ${row.shape ?? `unknown: ${row.unknownBecause ?? ''}`}`;
}

/** What a check found in all, in a sentence or two. */
export function checkSummary(rows: readonly FindingRow[], fileCount: number): string {
  const files = count(fileCount, 'file');
  if (rows.length === 0) return `Nothing found in ${files}.`;
  const parts = (['error', 'warning', 'information', 'hint'] as const)
    .map((severity) => ({ severity, found: rows.filter((row) => row.severity === severity).length }))
    .filter(({ found }) => found > 0)
    .map(({ severity, found }) => (severity === 'information' ? `${found} for information` : count(found, severity)));
  const fixable = rows.filter(({ fixes }) => fixes.length > 0).length;
  const safe = rows.filter(({ fixes }) => fixes.some(({ kind }) => kind === 'safe')).length;
  const found = `Found ${count(rows.length, 'mistake')} in ${files}: ${parts.join(', ')}.`;
  if (fixable === 0) return found;
  const how = safe === fixable ? '`jacobian-lens fix`' : '`jacobian-lens fix --suggested`';
  return `${found} [*] ${fixable} can be mended by ${how}.`;
}

/** `1 file`, `2 files`. */
export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
