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
