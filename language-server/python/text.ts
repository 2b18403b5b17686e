/** A place in a text: line and column from 0, columns in UTF-16 code units, as in LSP. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Converts between offsets and lines of one text. Lines end with `\n`, `\r\n` or `\r`. */
export class LineTable {
  readonly text: string;
  readonly #starts: readonly number[];

  constructor(text: string) {
    this.text = text;
    const starts = [0];
    for (const { index, 0: end } of text.matchAll(/\r\n?|\n/g)) starts.push(index + end.length);
    this.#starts = starts;
  }

  get lineCount(): number {
    return this.#starts.length;
  }

  /** The position of an offset; one outside the text is moved to its nearest end. */
  positionAt(offset: number): Position {
    const at = Math.min(Math.max(offset, 0), this.text.length);
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= at) low = middle;
      else high = middle;
    }
    return { line: low, column: at - this.startOfLine(low) };
  }

  /** The offset of a position; a column behind the end of its line is moved to that end. */
  offsetAt(position: Position): number {
    if (position.line < 0) return 0;
    if (position.line >= this.lineCount) return this.text.length;
    const start = this.startOfLine(position.line);
    return Math.min(start + Math.max(position.column, 0), this.endOfLine(position.line));
  }

  /** The offset where a line starts; behind the last line, the length of the text. */
  startOfLine(line: number): number {
    return this.#starts[line] ?? this.text.length;
  }

  /** The offset where a line ends, its line break left out. */
  endOfLine(line: number): number {
    const start = this.startOfLine(line);
    let end = this.startOfLine(line + 1);
    if (line + 1 >= this.lineCount) return end;
    if (end > start && this.text.charAt(end - 1) === '\n') end -= 1;
    if (end > start && this.text.charAt(end - 1) === '\r') end -= 1;
    return end;
  }

  /** The text of a line, its line break left out. */
  lineText(line: number): string {
    return this.text.slice(this.startOfLine(line), this.endOfLine(line));
  }

  /** The white space that a line starts with. */
  indentationOf(line: number): string {
    return /^[ \t\f]*/.exec(this.lineText(line))?.[0] ?? '';
  }
}

export type LineEnding = '\n' | '\r\n' | '\r';

/** The line ending that most lines of the text have; `\n` where there is none or a tie. */
export function lineEndingOf(text: string): LineEnding {
  const counts: { [ending in LineEnding]: number } = { '\n': 0, '\r\n': 0, '\r': 0 };
  for (const [ending] of text.matchAll(/\r\n?|\n/g)) {
    if (ending === '\n' || ending === '\r\n' || ending === '\r') counts[ending] += 1;
  }
  if (counts['\r\n'] > counts['\n'] && counts['\r\n'] >= counts['\r']) return '\r\n';
  return counts['\r'] > counts['\n'] ? '\r' : '\n';
}

/** The unit by which the text indents: a tab, or as many spaces as most first indentations have; four where none is seen. */
export function indentUnitOf(text: string): string {
  const counts = new Map<string, number>();
  for (const [, indent = ''] of text.matchAll(/:[ \t]*(?:#.*)?(?:\r\n?|\n)([ \t]+)\S/g)) {
    const unit = indent.startsWith('\t') ? '\t' : indent;
    counts.set(unit, (counts.get(unit) ?? 0) + 1);
  }
  const shallow = [...counts]
    .filter(([unit]) => unit.length <= 8)
    .toSorted((a, b) => b[1] - a[1] || a[0].length - b[0].length);
  return shallow[0]?.[0] ?? '    ';
}
