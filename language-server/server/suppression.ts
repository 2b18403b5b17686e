import type { Module } from '../python/ast.ts';
import type { LineTable } from '../python/text.ts';
import { walk } from '../python/traverse.ts';
import type { Edit, Finding } from '../rules/finding.ts';
import { directive } from '../rules/suppressions.ts';

/** The edit that silences a finding by a comment on its line, or null where that line can have no comment. */
export function suppression(finding: Finding, module: Module, lines: LineTable): Edit | null {
  const line = lines.positionAt(finding.range.start).line;
  const start = lines.startOfLine(line);
  const text = lines.lineText(line);
  const comment = module.comments.find(({ range }) => range.start >= start && range.start <= start + text.length);
  const found = comment === undefined ? null : directive.exec(comment.text);
  const [, , rules] = found ?? [];
  if (comment !== undefined && found !== null && rules !== undefined) {
    const end = comment.range.start + found.index + found[0].length - 1;
    return { range: { start: end, end }, text: rules.trim() === '' ? finding.rule : `, ${finding.rule}` };
  }
  const end = start + text.trimEnd().length;
  if (comment === undefined && (text.trimEnd().endsWith('\\') || isInText(module, lines.endOfLine(line)))) return null;
  return { range: { start: end, end }, text: `  # jacobian-lens: ignore[${finding.rule}]` };
}

/** Whether a string goes on behind an offset. */
function isInText(module: Module, offset: number): boolean {
  for (const { kind, range } of walk(module, (node) => node.range.start < offset && offset < node.range.end)) {
    if ((kind === 'Constant' || kind === 'JoinedStr') && range.start < offset && offset < range.end) return true;
  }
  return false;
}
