import type { Comment, Module, Range } from '../python/ast.ts';
import type { LineTable } from '../python/text.ts';
import type { Finding, Severity } from './finding.ts';

/** Comments that silence findings: `# jacobian-lens: ignore[rule, ...]` on a line, `# jacobian-lens: ignore-file`. */

export const unusedSuppression: { readonly name: string; readonly severity: Severity; readonly summary: string } = {
  name: 'unused-suppression',
  severity: 'hint',
  summary: 'a comment that silences nothing',
};

/** `# jacobian-lens: ignore`, with the rules in its brackets as the first group. */
export const directive = /#\s*jacobian-lens:\s*(?:(ignore-file)\b|ignore\b(?:\[([^\]]*)\])?)/;

interface Suppression {
  readonly comment: Comment;
  /** Of the directive within the file. */
  readonly range: Range;
  /** null: the whole file. */
  readonly line: number | null;
  /** null: all rules. */
  readonly rules: readonly string[] | null;
}

function suppressionsOf(module: Module, lines: LineTable): readonly Suppression[] {
  return module.comments.flatMap((comment) => {
    const found = directive.exec(comment.text);
    if (found === null) return [];
    const start = comment.range.start + found.index;
    const [text, file, rules] = found;
    return [
      {
        comment,
        range: { start, end: start + text.length },
        line: file === undefined ? lines.positionAt(comment.range.start).line : null,
        rules: rules === undefined ? null : rules.split(',').map((rule) => rule.trim()),
      },
    ];
  });
}

function silences(suppression: Suppression, finding: Finding, lines: LineTable): boolean {
  if (suppression.rules !== null && !suppression.rules.includes(finding.rule)) return false;
  if (suppression.line === null) return true;
  // A call may go over several lines; the comment may stand on any of them.
  const [from, to] = [lines.positionAt(finding.range.start).line, lines.positionAt(finding.range.end).line];
  return from <= suppression.line && suppression.line <= to;
}

/** The findings that no comment silences, and a finding for each comment that silences nothing. */
export function unsuppressed(
  findings: readonly Finding[],
  module: Module,
  lines: LineTable,
): { readonly left: readonly Finding[]; readonly unused: readonly Finding[] } {
  const suppressions = suppressionsOf(module, lines);
  if (suppressions.length === 0) return { left: findings, unused: [] };
  const used = new Set<Suppression>();
  const left = findings.filter((finding) => {
    const by = suppressions.filter((suppression) => silences(suppression, finding, lines));
    for (const suppression of by) used.add(suppression);
    return by.length === 0;
  });
  const unused = suppressions.filter((suppression) => !used.has(suppression));
  return { left, unused: unused.map((suppression) => unusedFinding(suppression, lines)) };
}

function unusedFinding({ comment, range }: Suppression, lines: LineTable): Finding {
  // The whole comment goes, with the space before it, where it says nothing else.
  const alone = range.start === comment.range.start && range.end === comment.range.end;
  const line = lines.startOfLine(lines.positionAt(comment.range.start).line);
  const before = lines.text.slice(line, comment.range.start);
  const start = alone ? line + before.trimEnd().length : range.start;
  return {
    rule: unusedSuppression.name,
    severity: unusedSuppression.severity,
    certainty: 'proved',
    message: 'This comment silences nothing.',
    range,
    related: [],
    shape: null,
    wanted: null,
    proposals: () => [
      [
        {
          title: 'Remove the comment',
          kind: 'safe',
          edits: [{ range: { start, end: range.end }, text: '' }],
          promises: null,
        },
      ],
    ],
  };
}
