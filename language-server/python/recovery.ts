/**
 * What to do with a text that has errors: the lines that are at fault are found and covered, and the rest is
 * read as if each were one plain statement. A broken header takes its block with it, since what the block means hangs on it.
 */

import type { BrokenStatement, Range, SyntaxProblem } from './ast.ts';
import { columnsBefore, firstWord, type LogicalLine, logicalLines, namesBound, opensBlock } from './lines.ts';
import type { SyntaxTree } from './syntax-tree.ts';

/** A text without the lines that could not be read, of the same length. */
export interface Recovered {
  readonly text: string;
  /** What stands for each covered place, by its offset. */
  readonly broken: ReadonlyMap<number, BrokenStatement>;
  readonly comments: readonly Range[];
  readonly errors: readonly SyntaxProblem[];
}

/** Reads a small piece of text with the grammar. */
export type Read = (text: string) => SyntaxTree;

/**
 * The format `=^10` of `{name:=^10}`, which the grammar takes for a walrus, made plain;
 * the same text where there is none.
 */
export function withPlainFormats(text: string, tree: SyntaxTree): string {
  if (!text.includes(':=')) return text;
  const walruses: number[] = [];
  for (let i = 0; i < tree.size; i += 1) {
    if (tree.kind(i) !== 'interpolation') continue;
    const value = tree.childIn(i, 'expression');
    const walrus = value !== null && tree.kind(value) === 'named_expression' ? tree.childOf(value, ':=') : null;
    if (walrus !== null) walruses.push(tree.start(walrus));
  }
  return covered(
    text,
    walruses.map((start) => ({ start: start + 1, end: start + 2, by: '<' })),
  );
}

/**
 * Where a line break stands that should have ended a statement: the grammar goes on to the next line
 * where it wants an operand, as in `x = torch.`.
 */
export function strayLineBreaks(tree: SyntaxTree): number[] {
  const { text } = tree;
  const found: number[] = [];
  let depth = 0;
  let end = 0;
  let mayStart = 0;
  for (let i = 0; i < tree.size; ) {
    const kind = tree.kind(i);
    if (STARTS_LINE.test(kind)) mayStart = tree.start(i);
    const isLeaf = kind === 'string' || tree.after(i) === i + 1;
    if (isLeaf && kind !== 'comment' && tree.end(i) > tree.start(i)) {
      const start = tree.start(i);
      if (depth === 0 && start !== mayStart && hasLineBreak(text, end, start)) found.push(start);
      if (OPENERS.has(kind)) depth += 1;
      else if (CLOSERS.has(kind)) depth -= 1;
      end = tree.end(i);
    }
    i = isLeaf ? tree.after(i) : i + 1;
  }
  return found;
}

const STARTS_LINE = /_(?:statement|definition|clause)$|^decorator$|^ERROR$/;
const OPENERS: ReadonlySet<string> = new Set(['(', '[', '{']);
const CLOSERS: ReadonlySet<string> = new Set([')', ']', '}']);

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const BACKSLASH = 92;

/** Whether there is a line break that no backslash takes away. */
function hasLineBreak(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const char = text.charCodeAt(at);
    if (char === BACKSLASH) at += text.startsWith('\r\n', at + 1) ? 2 : 1;
    else if (char === LINE_FEED || char === CARRIAGE_RETURN) return true;
  }
  return false;
}

/**
 * The lines at fault, covered. `plain` is what the grammar read of `text`, `tree` what it made of it, and
 * `stray` where that goes on over the end of a line.
 */
export function recover(
  text: string,
  plain: string,
  tree: SyntaxTree,
  stray: readonly number[],
  read: Read,
): Recovered {
  const isTrusted = trustedPlaces(tree, stray);
  const { lines, comments } = logicalLines(text, isTrusted);
  // Inside brackets the grammar stumbles over lines that stand further left than their block.
  const gaps = lines.flatMap((line) => line.gaps).map(({ start, end }) => ({ start, end, by: '' }));
  const mends = lines.flatMap((line) => [...starsIn(text, line), ...defaultsOfTypes(text, line)]);
  const mended = covered(
    plain,
    [...gaps, ...mends].sort((a, b) => a.start - b.start),
  );
  const isGood = goodLines(mended, lines, isTrusted, read);
  const regions = brokenRegions(text, lines, (line) => (isGood(line) ? null : problemIn(text, mended, line, read)));
  const broken = new Map<number, BrokenStatement>();
  const covers: Mend[] = [];
  for (const { at, range, isCase, names } of regions) {
    const by = isCase && range.end - at >= CASE.length ? CASE : '_';
    covers.push({ start: at, end: range.end, by });
    broken.set(at + by.length - 1, { kind: 'BrokenStatement', range, names: [...names] });
  }
  return { text: covered(mended, covers), broken, comments, errors: regions.map(({ problem }) => problem) };
}

/** What holds the place of a case: a pattern that may or may not match. */
const CASE = 'case 0:_';

/** The stars of a line before what the grammar takes no star for, though Python does: `return *[a], b`. */
function starsIn(text: string, line: LogicalLine): Mend[] {
  return line.tokens.flatMap(({ kind, start, end }, i) => {
    const before = line.tokens[i - 1];
    const after = line.tokens[i + 1];
    if (kind !== 'operator' || text.slice(start, end) !== '*' || before === undefined) return [];
    const opensOperand = after?.kind === 'open' || after?.kind === 'string';
    return opensOperand && BEFORE_OPERAND.has(text.slice(before.start, before.end)) ? [{ start, end, by: '+' }] : [];
  });
}

/** The defaults of type parameters, which are newer than the grammar: `def f[T = int](x: T)`. */
function defaultsOfTypes(text: string, line: LogicalLine): Mend[] {
  const [, , open] = line.tokens;
  if (!HAVE_TYPES.has(firstWord(text, line)) || open === undefined || text.charAt(open.start) !== '[') return [];
  const mends: Mend[] = [];
  let from: number | null = null;
  for (const { start, end, depth } of line.tokens.slice(3)) {
    const word = text.slice(start, end);
    const ends = (depth === 1 && word === ',') || (depth === 0 && word === ']');
    if (from !== null && ends) {
      mends.push({ start: from, end: start, by: '' });
      from = null;
    }
    if (depth === 0) break;
    if (depth === 1 && word === '=') from = start;
  }
  return mends;
}

const HAVE_TYPES: ReadonlySet<string> = new Set(['def', 'class', 'type']);

const BEFORE_OPERAND: ReadonlySet<string> = new Set(['(', '[', '{', ',', '=', 'return', 'yield', 'in']);

/** What the grammar is to read in place of a piece of the text; it is filled up with spaces. */
interface Mend extends Range {
  readonly by: string;
}

/** `text` with each place replaced by its `by`, filled up with spaces; places must not overlap and be in order. */
function covered(text: string, places: readonly Mend[]): string {
  const pieces: string[] = [];
  let from = 0;
  for (const { start, end, by } of places) {
    pieces.push(text.slice(from, start), by.padEnd(end - start, ' '));
    from = end;
  }
  return pieces.join('') + text.slice(from);
}

/** Tells the offsets inside top-level statements that the grammar has read without error. */
function trustedPlaces(tree: SyntaxTree, stray: readonly number[]): (offset: number) => boolean {
  const outer = tree.children(0).flatMap((child) => (tree.kind(child) === 'ERROR' ? tree.children(child) : [child]));
  const read = outer.filter((child) => !tree.hasError(child) && STATEMENT.test(tree.kind(child)));
  const strayed = new Set(stray.map((offset) => around(tree, read, offset)));
  const good = read.filter((child) => !strayed.has(child));
  return (offset) => around(tree, good, offset) !== null;
}

/** The one of `nodes`, which stand in order, that is around an offset. */
function around(tree: SyntaxTree, nodes: readonly number[], offset: number): number | null {
  let low = 0;
  let high = nodes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const node = nodes[middle];
    if (node === undefined || tree.start(node) > offset) high = middle;
    else if (tree.end(node) <= offset) low = middle + 1;
    else return node;
  }
  return null;
}

const STATEMENT = /_(?:statement|definition)$/;

/** How much text is read at once to find where an error is. */
const READ_AT_ONCE = 50_000;

/** How much text is read in all before the rest is left to be read line by line: a block is read again for each around it. */
const MAX_READ = 10_000_000;

/** How many lines with errors are looked for before the rest are left to be read line by line. */
const MAX_FAILED = 500;

/**
 * Tells the lines that the grammar reads without error: those that are trusted, and those in a group of lines
 * that it reads on its own. Many groups are read at once, and halved while there is an error in them;
 * a single group with an error is taken apart into its header and the groups of its block.
 */
function goodLines(
  text: string,
  lines: readonly LogicalLine[],
  isTrusted: (offset: number) => boolean,
  read: Read,
): (line: LogicalLine) => boolean {
  const good = new Set(lines.filter((line) => isTrusted(line.start)));
  const waiting = [groupsOf(text, lines).filter((group) => !group.every((line) => good.has(line)))];
  let failed = 0;
  let left = MAX_READ;
  for (let batch = waiting.pop(); batch !== undefined && failed < MAX_FAILED && left > 0; batch = waiting.pop()) {
    const [group = []] = batch;
    const start = group[0]?.start ?? 0;
    const end = batch.at(-1)?.at(-1)?.end ?? start;
    const isBroken = batch.some((lines) => lines.some((line) => line.problem !== null));
    const isLarge = end - start > READ_AT_ONCE && batch.length > 1;
    const isTried = !isBroken && !isLarge;
    if (isTried) left -= end - start;
    if (isTried && isReadable(text, start, end, group, read)) {
      for (const line of batch.flat()) good.add(line);
    } else if (batch.length > 1) waiting.push(...halves(batch));
    else if (group.length > 1) waiting.push([group.slice(0, 1)], groupsOf(text, group.slice(1)));
    else failed += 1;
  }
  return (line) => good.has(line);
}

/** The later half first: what waits is taken from the end. */
function halves<T>(items: readonly T[]): T[][] {
  const half = items.length >> 1;
  return [items.slice(half), items.slice(0, half)];
}

/** Divides lines into statements: each with its block, its decorators and its further clauses. */
function groupsOf(text: string, lines: readonly LogicalLine[]): LogicalLine[][] {
  const groups: LogicalLine[][] = [];
  let margin = Number.POSITIVE_INFINITY;
  let joins = false;
  for (const line of lines) {
    const word = firstWord(text, line);
    if (line.indent > margin || (line.indent === margin && (joins || CLAUSES.has(word)))) groups.at(-1)?.push(line);
    else groups.push([line]);
    margin = Math.min(margin, line.indent);
    joins = line.indent === margin && word === '@';
  }
  return groups;
}

/** Whether the grammar reads a piece of text, which starts with `group`, without error. */
function isReadable(text: string, start: number, end: number, group: readonly LogicalLine[], read: Read): boolean {
  const [line] = group;
  const word = line === undefined ? '' : firstWord(text, line);
  const opens = line !== undefined && group.length === 1 && opensBlock(text, line);
  if (opens) return false;
  const from = start - (/[ \t]*$/.exec(text.slice(Math.max(start - 1000, 0), start))?.[0].length ?? 0);
  const lead = CLAUSES.has(word) ? `${text.slice(from, start)}${LEADS[word] ?? ''}` : '';
  const tree = read(`${lead}${text.slice(from, end)}\n`);
  return !tree.hasError(0) && strayLineBreaks(tree).length === 0;
}

/** A run of lines that are lost together. */
interface Region {
  /** Where its place is held: at the indentation of the block that it is in. */
  readonly at: number;
  range: Range;
  /** Lines that stand further right belong to it. */
  readonly indent: number;
  readonly names: Set<string>;
  readonly problem: SyntaxProblem;
  readonly isCase: boolean;
  /** Whether it ends with a decorator, so that the definition below goes with it. */
  awaitsDefinition: boolean;
}

/** Which clauses may follow the block of a header, by its first word. */
const FOLLOWERS: { readonly [word: string]: readonly string[] } = {
  if: ['elif', 'else'],
  elif: ['elif', 'else'],
  for: ['else'],
  while: ['else'],
  try: ['except', 'finally'],
  except: ['except', 'else', 'finally'],
  else: ['finally'],
};

const CLAUSES: ReadonlySet<string> = new Set(['elif', 'else', 'except', 'finally']);

/** A block that is open at some line. */
interface Block {
  readonly indent: number;
  /** The first word of the last statement in it, where clauses may follow. */
  last: string | null;
}

/** How many broken places are told apart; behind the last of them the rest of the text is lost. */
const MAX_REGIONS = 1000;

/** Goes through the lines with their indentation and gathers those that cannot be kept. */
function brokenRegions(
  text: string,
  lines: readonly LogicalLine[],
  check: (line: LogicalLine) => SyntaxProblem | null,
): Region[] {
  const regions: Region[] = [];
  const blocks: Block[] = [{ indent: 0, last: null }];
  let previous: LogicalLine | null = null;
  let region: Region | null = null;
  let decorators: LogicalLine[] = [];
  for (const line of lines) {
    if (region !== null && (regions.length >= MAX_REGIONS || belongsTo(text, region, line))) {
      extend(text, region, line);
      continue;
    }
    const word = firstWord(text, line);
    const block = blockOf(blocks, line, previous !== null && opensBlock(text, previous));
    const problem: SyntaxProblem | null =
      (line.indent === block.indent ? null : misplaced(line, previous)) ??
      (CLAUSES.has(word) && !isFollower(block.last, word) ? whole(line, 'invalid syntax') : null) ??
      line.problem ??
      check(line) ??
      (decorators.length > 0 && !DECORATED.has(word) ? whole(line, 'a decorator needs a definition') : null);
    region = null;
    if (problem !== null) {
      const first = decorators[0] ?? line;
      const at = placeIn(text, first, block.indent);
      const range = { start: first.start, end: line.end };
      const isCase = isCaseClause(text, line);
      region = { at, range, indent: block.indent, names: new Set(), problem, isCase, awaitsDefinition: false };
      for (const each of [...decorators, line]) extend(text, region, each);
      regions.push(region);
    }
    if (problem === null && word === '@') decorators.push(line);
    else decorators = [];
    block.last = problem === null ? word : null;
    previous = problem === null ? line : null;
  }
  return regions;
}

const DECORATED: ReadonlySet<string> = new Set(['@', 'def', 'class']);

function isFollower(last: string | null, word: string): boolean {
  return last !== null && Object.hasOwn(FOLLOWERS, last) && (FOLLOWERS[last] ?? []).includes(word);
}

function whole(line: LogicalLine, message: string): SyntaxProblem {
  return { range: { start: line.start, end: line.end }, message };
}

/** The innermost block that a line can be in: those further right are closed, and one is opened behind a header. */
function blockOf(blocks: Block[], line: LogicalLine, mayOpen: boolean): Block {
  if (mayOpen && line.indent > (blocks.at(-1)?.indent ?? 0)) blocks.push({ indent: line.indent, last: null });
  while (blocks.length > 1 && line.indent < (blocks.at(-1)?.indent ?? 0)) blocks.pop();
  return blocks.at(-1) ?? { indent: 0, last: null };
}

/** The line stands further right than its block. */
function misplaced(line: LogicalLine, previous: LogicalLine | null): SyntaxProblem {
  const dedents = previous !== null && line.indent < previous.indent;
  return whole(line, dedents ? 'unindent does not match any outer indentation level' : 'unexpected indent');
}

/** The offset in or behind the white space before `line` that is at column `indent`. */
function placeIn(text: string, line: LogicalLine, indent: number): number {
  let at = line.start;
  while (at > 0 && /[ \t]/.test(text.charAt(at - 1)) && columnsBefore(text, at) > indent) at -= 1;
  return columnsBefore(text, at) === indent ? at : line.start;
}

/** Whether a line goes with the broken one before it: its block, its further clauses, and what it decorates. */
function belongsTo(text: string, region: Region, line: LogicalLine): boolean {
  if (line.indent !== region.indent) return line.indent > region.indent;
  return region.awaitsDefinition || CLAUSES.has(firstWord(text, line));
}

function extend(text: string, region: Region, line: LogicalLine): void {
  region.range = { start: region.range.start, end: line.end };
  region.awaitsDefinition = line.indent === region.indent && firstWord(text, line) === '@';
  for (const name of namesBound(text, line)) region.names.add(name);
}

/** What a clause needs before it to be read on its own. */
const LEADS: { readonly [word: string]: string | undefined } = {
  elif: 'if 1: pass\n',
  else: 'if 1: pass\n',
  except: 'try: pass\n',
  finally: 'try: pass\n',
  case: 'match 1:\n ',
};

/** Whether a line starts a case; `case` is a name as well. */
function isCaseClause(text: string, line: LogicalLine): boolean {
  const colon = line.tokens.findIndex(({ start, end, depth }) => depth === 0 && text.slice(start, end) === ':');
  return firstWord(text, line) === 'case' && colon > 1;
}

/** What a header needs behind it, where that is not a plain block. */
const TAILS: { readonly [word: string]: string | undefined } = { match: '\n  case _: pass\n' };

/** What the grammar finds wrong with a line on its own. */
function problemIn(text: string, mended: string, line: LogicalLine, read: Read): SyntaxProblem | null {
  const word = firstWord(text, line);
  const opens = opensBlock(text, line);
  const lead = CLAUSES.has(word) || isCaseClause(text, line) ? (LEADS[word] ?? '') : '';
  const tail = opens ? (TAILS[word] ?? '\n  pass\n') : word === '@' ? '\ndef _(): pass\n' : '\n';
  const tree = read(lead + mended.slice(line.start, line.end) + tail);
  if (!tree.hasError(0)) return null;
  if ((word === 'print' || word === 'exec') && PRINTED.has(line.tokens[1]?.kind ?? 'newline')) {
    return whole(line, `Missing parentheses in call to '${word}'`);
  }
  const hasColon = line.tokens.some(({ start, end, depth }) => depth === 0 && text.slice(start, end) === ':');
  if (HEADERS.has(word) && !hasColon) return whole(line, "expected ':'");
  for (let i = 0; i < tree.size; i += 1) {
    const start = line.start + tree.start(i) - lead.length;
    if (start < line.start || start >= line.end) continue;
    if (tree.isMissing(i)) return { range: { start, end: line.end }, message: expected(tree, i) };
    if (tree.kind(i) === 'ERROR') return { range: { start, end: line.end }, message: 'invalid syntax' };
  }
  return whole(line, 'invalid syntax');
}

const HEADERS: ReadonlySet<string> = new Set('if elif else for while try except finally with def class'.split(' '));
const PRINTED: ReadonlySet<string> = new Set(['name', 'number', 'string']);

/** What is said of a missing node. */
export function expected(tree: SyntaxTree, i: number): string {
  const kind = tree.kind(i).replaceAll('_', ' ').trim();
  return tree.isNamed(i) ? `expected ${kind === 'identifier' ? 'a name' : `a ${kind}`}` : `expected '${kind}'`;
}
