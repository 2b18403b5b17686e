import type { Range } from '../python/ast.ts';
import { lineEndingOf } from '../python/text.ts';
import type { Edit } from './finding.ts';

/** The text after edits that all speak of it as it was. Line breaks that they add become those of the text. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const eol = lineEndingOf(text);
  let done = '';
  let at = 0;
  // Edits at one place are applied in the order in which they are given.
  for (const { range, text: added } of edits.toSorted((a, b) => a.range.start - b.range.start)) {
    if (range.start < at) throw new Error('the edits of a fix overlap');
    done += text.slice(at, range.start) + withLineEnding(added, eol);
    at = range.end;
  }
  return done + text.slice(at);
}

/** The text with its line breaks replaced by `eol`. */
export function withLineEnding(text: string, eol: string): string {
  return text.replaceAll(/\r\n?|\n/g, eol);
}

/**
 * What edits of a text mean for its parts, which are joined by line breaks: for each part the edits that fall to it, with
 * places in the part itself. Null where one goes over several parts.
 * @param parts where each part stands in the text
 */
export function editsByPart(parts: readonly Range[], edits: readonly Edit[]): readonly (readonly Edit[])[] | null {
  const byPart = parts.map((): Edit[] => []);
  for (const { range, text } of edits) {
    const k = parts.findLastIndex(({ start }) => start <= range.start);
    const part = parts[k];
    if (part === undefined || range.start > part.end) return null;
    // The line break between two parts is in neither: who takes a last line away with its line break means the line.
    const isPast = range.end === part.end + 1 && (text === '' || text.endsWith('\n'));
    if (range.end > part.end && !isPast) return null;
    byPart[k]?.push({
      range: { start: range.start - part.start, end: Math.min(range.end, part.end) - part.start },
      text: isPast ? text.replace(/\r?\n$/, '') : text,
    });
  }
  return byPart;
}

/** The parts of a text after edits of it; null where an edit goes over several. */
export function applyToParts(parts: readonly string[], edits: readonly Edit[]): readonly string[] | null {
  let start = 0;
  const ranges = parts.map(({ length }) => {
    const range = { start, end: start + length };
    start = range.end + 1;
    return range;
  });
  const byPart = editsByPart(ranges, edits);
  return byPart === null ? null : parts.map((part, k) => applyEdits(part, byPart[k] ?? []));
}
