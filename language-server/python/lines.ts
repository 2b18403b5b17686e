import type { Range, SyntaxProblem } from './ast.ts';

/** Logical lines, found without a grammar: what a broken file can still be divided by. */

type TokenKind = 'name' | 'number' | 'string' | 'comment' | 'newline' | 'open' | 'close' | 'operator';

interface Token extends Range {
  readonly kind: TokenKind;
}

interface LineToken extends Token {
  /** How many pairs of brackets are around it; those left open do not count. */
  readonly depth: number;
}

/** A statement, a header or a decorator, with all lines that its brackets and backslashes take in. */
export interface LogicalLine {
  /** Columns of white space before it; a tab goes to the next multiple of eight. */
  readonly indent: number;
  readonly start: number;
  /** Behind its last token; comments and the line break are left out. */
  readonly end: number;
  /** Without comments and line breaks. */
  readonly tokens: readonly LineToken[];
  /** Comments and line breaks inside its brackets. */
  readonly gaps: readonly Token[];
  /** What is wrong with it whatever the grammar says. */
  readonly problem: SyntaxProblem | null;
}

const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from ' +
    'global if import in is lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
);

/** Keywords that stand in no expression: a line that starts so ends whatever bracket was left open. */
const NEVER_INSIDE: ReadonlySet<string> = new Set(
  'assert break class continue def del elif except finally global import nonlocal pass raise return try while with'.split(
    ' ',
  ),
);

const CLOSERS: { readonly [open: string]: string } = { '(': ')', '[': ']', '{': '}' };

/** Every kind of token with its pattern, tried in this order; a string is matched up to where its text starts. */
const PATTERNS: { readonly [kind in TokenKind]: string } = {
  comment: '#[^\\r\\n]*',
  newline: '\\r\\n?|\\n',
  string: '[rRbBuUfFtT]{0,2}(?:"""|\'\'\'|"|\')',
  name: '[_\\p{XID_Start}][_\\p{XID_Continue}]*',
  number: '\\.?[0-9](?:[eE][+-]|[\\w.])*',
  open: '[([{]',
  close: '[)\\]}]',
  operator: ':=|->|(?:\\*\\*|//|<<|>>|[-+*/%@&|^=!<>])=?|[\\s\\S]',
};

const KINDS: readonly TokenKind[] = ['comment', 'newline', 'string', 'name', 'number', 'open', 'close', 'operator'];

const SPACE = '(?:[ \\t\\f\\ufeff]|\\\\(?:\\r\\n?|\\n))*';
const TOKEN = new RegExp(`${SPACE}(?:${KINDS.map((kind) => `(?<${kind}>${PATTERNS[kind]})`).join('|')})`, 'uy');

/** The tokens of any text. A string that does not end is taken to end with its line; `unterminated` holds such strings. */
function tokenize(text: string): { readonly tokens: Token[]; readonly unterminated: ReadonlyMap<number, string> } {
  const tokens: Token[] = [];
  const unterminated = new Map<number, string>();
  const missing = new Set<string>();
  // Up to where an f-string was followed in vain: nothing is followed twice, so that no text takes long.
  let followed = 0;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const groups = match.groups ?? {};
    const end = TOKEN.lastIndex;
    const kind = KINDS.find((each) => groups[each] !== undefined);
    if (kind === undefined) break;
    const start = end - (groups[kind]?.length ?? 0);
    if (kind !== 'string') {
      tokens.push({ kind, start, end });
      continue;
    }
    const quote = text.slice(start, end).replace(/^[a-zA-Z]+/, '');
    let format: number | null = null;
    if (start >= followed && /^[a-zA-Z]*[fFtT]/.test(text.slice(start, end))) {
      const found = endOfFormat(text, end, quote);
      format = found.end;
      followed = found.reached;
    }
    const close = format ?? (missing.has(quote) ? null : endOfString(text, end, quote));
    if (close === null && quote.length === 3) missing.add(quote);
    const stop = close ?? endOfLine(text, end);
    if (close === null) {
      unterminated.set(
        start,
        quote.length === 3 ? 'unterminated triple-quoted string literal' : 'unterminated string literal',
      );
    }
    tokens.push({ kind, start, end: stop });
    TOKEN.lastIndex = stop;
  }
  return { tokens, unterminated };
}

/** The offset behind the closing quote of a string whose text starts at `from`, or null. */
export function endOfString(text: string, from: number, quote: string): number | null {
  const stops =
    quote.length === 3
      ? new RegExp(`\\\\[\\s\\S]|${quote}`, 'g')
      : new RegExp(`\\\\(?:\\r\\n|[\\s\\S])|${quote}|[\\r\\n]`, 'g');
  stops.lastIndex = from;
  for (let match = stops.exec(text); match !== null; match = stops.exec(text)) {
    if (match[0] === quote) return stops.lastIndex;
    if (!match[0].startsWith('\\')) return null;
  }
  return null;
}

/** How far an f-string is followed into its braces. */
const FORMAT_WITHIN = 5000;

/**
 * The same for an f-string, whose braces may hold lines and strings with the same quotes.
 * Where its braces do not fit together it has no end; `reached` is how far it was followed.
 */
function endOfFormat(
  text: string,
  from: number,
  quote: string,
): { readonly end: number | null; readonly reached: number } {
  const stop = Math.min(text.length, from + FORMAT_WITHIN);
  let depth = 0;
  let at = from;
  while (at < stop && depth >= 0) {
    const char = text.charAt(at);
    if (char === '\\') at += 2;
    else if (depth === 0 && text.startsWith(quote, at)) return { end: at + quote.length, reached: at };
    else if (depth === 0 && quote.length === 1 && (char === '\n' || char === '\r')) break;
    else if (depth === 0 && (text.startsWith('{{', at) || text.startsWith('}}', at))) at += 2;
    else if (depth > 0 && (char === '"' || char === "'")) {
      const inner = /^(?:"""|'''|"|')/.exec(text.slice(at, at + 3))?.[0] ?? char;
      const end = endOfString(text.slice(0, stop), at + inner.length, inner);
      if (end === null) break;
      at = end;
    } else {
      if (char === '{') depth += 1;
      else if (char === '}') depth -= 1;
      at += 1;
    }
  }
  return { end: null, reached: at };
}

/** The offset where the line of an offset ends, before its line break. */
export function endOfLine(text: string, from: number): number {
  const breaks = /[\r\n]/g;
  breaks.lastIndex = from;
  return breaks.exec(text)?.index ?? text.length;
}

/** The columns before `offset` in its line. */
export function columnsBefore(text: string, offset: number): number {
  let start = offset;
  while (start > 0 && /[ \t\f\ufeff]/.test(text.charAt(start - 1))) start -= 1;
  let columns = 0;
  for (const char of text.slice(start, offset)) {
    if (char === '\t') columns += 8 - (columns % 8);
    else if (char === '\f') columns = 0;
    else if (char === ' ') columns += 1;
  }
  return columns;
}

/** Which brackets belong together, and what is wrong with those that do not. */
interface Brackets {
  /** Indices of opening tokens that are closed, and of the tokens that close them. */
  readonly matched: ReadonlySet<number>;
  readonly problems: ReadonlyMap<number, string>;
}

/** How many open brackets a closing one may leave open, so that no text takes long. */
const MATCH_WITHIN = 16;

/**
 * Matches brackets. A bracket left open ends where a line starts that can only be a new statement,
 * save where `isTrusted` says that the grammar has read the text.
 */
function matchBrackets(text: string, tokens: readonly Token[], isTrusted: (offset: number) => boolean): Brackets {
  const matched = new Set<number>();
  const problems = new Map<number, string>();
  const giveUp = (opens: readonly number[]): void => {
    for (const open of opens) problems.set(open, `'${textAt(text, tokens, open)}' was never closed`);
  };
  let stack: number[] = [];
  let indent = 0;
  let atLineStart = true;
  tokens.forEach(({ kind, start }, i) => {
    if (kind === 'newline') atLineStart = true;
    if (kind === 'newline' || kind === 'comment') return;
    if (atLineStart) {
      atLineStart = false;
      if (stack.length === 0) indent = columnsBefore(text, start);
      else if (!isTrusted(start) && startsStatement(text, tokens, i, indent)) {
        giveUp(stack);
        stack = [];
        indent = columnsBefore(text, start);
      }
    }
    if (kind === 'open') stack.push(i);
    if (kind !== 'close') return;
    const closer = textAt(text, tokens, i);
    const near = stack.slice(-MATCH_WITHIN);
    const skipped = near.toReversed().findIndex((each) => CLOSERS[textAt(text, tokens, each)] === closer);
    if (skipped === -1) {
      problems.set(i, `unmatched '${closer}'`);
      return;
    }
    giveUp(stack.splice(stack.length - skipped));
    matched.add(stack.pop() ?? i).add(i);
  });
  giveUp(stack);
  return { matched, problems };
}

function textAt(text: string, tokens: readonly Token[], i: number): string {
  const token = tokens[i];
  return token === undefined ? '' : text.slice(token.start, token.end);
}

/** Whether token `i`, the first of its line, can only start a statement though a bracket of a line at `indent` is open. */
function startsStatement(text: string, tokens: readonly Token[], i: number, indent: number): boolean {
  const first = tokens[i];
  const word = textAt(text, tokens, i);
  if (first === undefined) return false;
  if (first.kind === 'name' && NEVER_INSIDE.has(word)) return true;
  if (columnsBefore(text, first.start) > indent) return false;
  if (word === '@' || (word === 'from' && textAt(text, tokens, i + 2) === 'import')) return true;
  const last = tokens[until(tokens, i, (at) => tokens[at]?.kind === 'newline') - 1];
  if (['if', 'for', 'else', 'async'].includes(word)) return last !== undefined && text.charAt(last.start) === ':';
  let next = i + 1;
  while (textAt(text, tokens, next) === '.') next += 2;
  const equals = tokens[next];
  return (
    first.kind === 'name' &&
    !KEYWORDS.has(word) &&
    equals !== undefined &&
    text.slice(equals.start - 1, equals.end + 1) === ' = ' &&
    last !== undefined &&
    text.charAt(last.start) !== ','
  );
}

/** The logical lines of any text (blank ones and those of comments only left out), and its comments. */
export function logicalLines(
  text: string,
  isTrusted: (offset: number) => boolean,
): { readonly lines: readonly LogicalLine[]; readonly comments: readonly Range[] } {
  const { tokens, unterminated } = tokenize(text);
  const { matched, problems } = matchBrackets(text, tokens, isTrusted);
  const lines: LogicalLine[] = [];
  let inside: LineToken[] = [];
  let gaps: Token[] = [];
  let problem: SyntaxProblem | null = null;
  let depth = 0;
  const finish = (): void => {
    const first = inside[0];
    const last = inside.at(-1);
    if (first !== undefined && last !== undefined) {
      const indent = columnsBefore(text, first.start);
      const kept = gaps.filter((gap) => gap.start < last.start);
      lines.push({ indent, start: first.start, end: last.end, tokens: inside, gaps: kept, problem });
    }
    inside = [];
    gaps = [];
    problem = null;
  };
  tokens.forEach((token, i) => {
    const { kind, start, end } = token;
    if (kind === 'newline' && depth === 0) finish();
    else if (kind === 'newline' || kind === 'comment') gaps.push(token);
    else {
      if (kind === 'close' && matched.has(i)) depth -= 1;
      inside.push({ kind, start, end, depth });
      if (kind === 'open' && matched.has(i)) depth += 1;
      const message = problems.get(i) ?? unterminated.get(start);
      if (message !== undefined) problem ??= { range: { start, end }, message };
    }
  });
  finish();
  return { lines, comments: tokens.filter(({ kind }) => kind === 'comment') };
}

/** The text of the first token of a line, or of the one behind `async`. */
export function firstWord(text: string, line: LogicalLine): string {
  const word = textAt(text, line.tokens, 0);
  return word === 'async' ? textAt(text, line.tokens, 1) : word;
}

/** Whether a line ends with a colon, so that a block must follow. */
export function opensBlock(text: string, line: LogicalLine): boolean {
  return text.slice(line.end - 1, line.end) === ':';
}

/** The names that a line may bind or change: targets, imports, definitions. Names that it only reads are left out. */
export function namesBound(text: string, line: LogicalLine): string[] {
  const found = new Set<string>();
  const { tokens } = line;
  const word = (i: number): string => textAt(text, tokens, i);
  const isName = (i: number): boolean => tokens[i]?.kind === 'name' && !KEYWORDS.has(word(i)) && word(i - 1) !== '.';
  const add = (from: number, to: number): void => {
    for (let i = from; i < to; i += 1) if (isName(i)) found.add(word(i).normalize('NFKC'));
  };
  // Targets stand before the first `=` (and its annotation), and between two of them while nothing but names and indices does.
  let from = 0;
  for (let i = 0; i < tokens.length; i += 1) {
    if (tokens[i]?.depth !== 0 || !ASSIGNMENTS.has(word(i))) continue;
    if (from > 0 && !/^[\s\w.,*[\]]*$/.test(text.slice(tokens[from]?.start, tokens[i]?.start))) break;
    add(
      from,
      Math.min(
        i,
        until(tokens, from, (at) => word(at) === ':' && tokens[at]?.depth === 0),
      ),
    );
    from = i + 1;
  }
  for (let i = 0; i < tokens.length; i += 1) {
    if (word(i + 1) === ':=') add(i, i + 1);
    if (BINDS_NEXT.has(word(i))) add(i + 1, i + 2);
    if (word(i) === 'for')
      add(
        i + 1,
        until(tokens, i, (at) => word(at) === 'in'),
      );
    if (word(i) === 'import') add(i + 1, tokens.length);
  }
  if (BINDS_ALL.has(firstWord(text, line))) add(1, tokens.length);
  return [...found];
}

const BINDS_NEXT: ReadonlySet<string> = new Set(['as', 'def', 'class']);
const BINDS_ALL: ReadonlySet<string> = new Set(['del', 'global', 'nonlocal']);
const ASSIGNMENTS: ReadonlySet<string> = new Set('= += -= *= /= //= %= @= &= |= ^= >>= <<= **='.split(' '));

function until(tokens: readonly Token[], from: number, holds: (i: number) => boolean): number {
  let i = from;
  while (i < tokens.length && !holds(i)) i += 1;
  return i;
}
