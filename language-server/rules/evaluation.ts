import type { Range } from '../python/ast.ts';
import type { Proposal } from './finding.ts';
import { linesOf, type SourceFile, statementAt } from './source-file.ts';

/**
 * Evaluation mode around the statement at a place, for one of some modules: for good, or for that statement alone.
 * @param names what the modules are called, the likeliest first
 * @param why what that is good for
 */
export function inEvaluation(
  file: SourceFile,
  { start }: Range,
  names: readonly string[],
  why: string,
): readonly Proposal[] {
  const statement = statementAt(file, start);
  if (statement === null) return [];
  const lines = linesOf(file);
  const line = lines.positionAt(statement.range.start).line;
  // A statement behind another one on its line has no line of its own to stand before.
  if (lines.startOfLine(line) + lines.indentationOf(line).length !== statement.range.start) return [];
  const indent = lines.indentationOf(line);
  const before = { start: statement.range.start, end: statement.range.start };
  const after = { start: statement.range.end, end: statement.range.end };
  return [...new Set(names)].flatMap((name): Proposal[] => [
    {
      title: `Call ${name}.eval() before: ${why}`,
      kind: 'suggested',
      edits: [{ range: before, text: `${name}.eval()\n${indent}` }],
      promises: null,
    },
    {
      title: `Call ${name}.eval() before and ${name}.train() after`,
      kind: 'suggested',
      edits: [
        { range: before, text: `${name}.eval()\n${indent}` },
        { range: after, text: `\n${indent}${name}.train()` },
      ],
      promises: null,
    },
  ]);
}
