import { Edit, Language, Parser, type Point, type Tree } from 'web-tree-sitter';
import type { Comment, Module, Range, SyntaxProblem } from './ast.ts';
import type { Context } from './context.ts';
import { logicalLines } from './lines.ts';
import { recover, strayLineBreaks, withPlainFormats } from './recovery.ts';
import { statements } from './statements.ts';
import { grammarOf, SyntaxTree } from './syntax-tree.ts';
import { LineTable } from './text.ts';

/** Where the two WebAssembly modules come from: their bytes, or for the runtime a path or URL. */
export interface Wasm {
  /** `web-tree-sitter.wasm`. */
  readonly runtime: Uint8Array | string;
  /** `tree-sitter-python.wasm`. */
  readonly grammar: Uint8Array;
}

/** A parsed text. `dispose` frees tree-sitter's tree; the module stays usable. */
export interface ParsedSource {
  readonly text: string;
  readonly tree: Tree;
  readonly module: Module;
  dispose(): void;
}

export interface PythonParser {
  /**
   * Parses `text`; never throws for what is in it.
   * With `previous`, an earlier state of the same file that is not disposed of yet, only what changed is parsed anew; what
   * comes out is the same.
   */
  parse(text: string, previous?: ParsedSource): ParsedSource;
}

/** Loads the runtime and the grammar. The runtime is loaded once a process, whatever later calls pass. */
export async function createParser(load: Wasm): Promise<PythonParser> {
  const { runtime } = load;
  await Parser.init(typeof runtime === 'string' ? { locateFile: () => runtime } : { wasmBinary: runtime });
  const language = await Language.load(load.grammar);
  const parser = new Parser();
  parser.setLanguage(language);
  const grammar = grammarOf(language);
  const parsed = (text: string, old: Tree | null): Tree => {
    parser.reset();
    const tree = parser.parse(text, old);
    if (tree === null) throw new Error('the Python grammar is not loaded');
    return tree;
  };
  /** The tree of an edited text; one with errors, which the grammar may recover from otherwise than it did, is made anew. */
  const again = (plain: string, previous: ParsedSource): Tree => {
    const old = edited(previous.tree, readable(previous.text), plain);
    const tree = parsed(plain, old);
    old.delete();
    if (!tree.rootNode.hasError) return tree;
    tree.delete();
    return parsed(plain, null);
  };
  const read = (plain: string, text = plain): SyntaxTree => {
    const tree = parsed(plain, null);
    const syntax = new SyntaxTree(text, tree, grammar);
    tree.delete();
    return syntax;
  };
  return {
    parse(text, previous) {
      const plain = readable(text);
      const tree = previous === undefined ? parsed(plain, null) : again(plain, previous);
      return {
        text,
        tree,
        module: toModule(text, plain, new SyntaxTree(text, tree, grammar), read),
        dispose: () => tree.delete(),
      };
    },
  };
}

/**
 * The text as the grammar is to read it, of the same length; names are taken from the original.
 * A lone carriage return ends a line; NUL, which would end the file, is another character that no program may hold;
 * many continued lines with nothing on them, which take the grammar long, are white space;
 * many lines with nothing but comments, of which it looks at all again for each, are white space too;
 * the statements `print x` and `exec x` of Python 2 are gone, and so is `type(x).y = z` as a type alias.
 */
function readable(text: string): string {
  const words = text.replaceAll(/\b(?:print|exec|type(?=[ \t]*[([]))/g, (word) => `${word.slice(0, -1)}_`);
  const lines = words.includes('\r') ? words.replaceAll(/\r(?!\n)/g, '\n') : words;
  const joined = lines.replaceAll(/(?:\\\r?\n[ \t]*){8,}/g, (run) => ' '.repeat(run.length));
  const brief = joined.replaceAll(MANY_COMMENTS, (run) => run.replaceAll(/[^\r\n]/g, ' '));
  return brief.includes('\0') ? brief.replaceAll('\0', '\x01') : brief;
}

const MANY_COMMENTS = /(?:^[ \t]*#[^\n]*\n){100,}/gm;

/** A copy of a tree of the text `before`, told which part of it is another: all between what both texts start and end with. */
function edited(previous: Tree, before: string, text: string): Tree {
  const shorter = Math.min(before.length, text.length);
  let start = 0;
  while (start < shorter && before.charCodeAt(start) === text.charCodeAt(start)) start += 1;
  let same = 0;
  while (
    same < shorter - start &&
    before.charCodeAt(before.length - 1 - same) === text.charCodeAt(text.length - 1 - same)
  )
    same += 1;
  const oldEnd = before.length - same;
  const newEnd = text.length - same;
  const tree = previous.copy();
  tree.edit(
    new Edit({
      startIndex: start,
      oldEndIndex: oldEnd,
      newEndIndex: newEnd,
      startPosition: pointAt(before, start),
      oldEndPosition: pointAt(before, oldEnd),
      newEndPosition: pointAt(text, newEnd),
    }),
  );
  return tree;
}

/** The place of an offset as tree-sitter counts: only `\n` ends a row, and a lone `\r` was made one. */
function pointAt(text: string, offset: number): Point {
  const { line, column } = new LineTable(text.slice(0, offset)).positionAt(offset);
  return { row: line, column };
}

/** The module of `text`; `plain` is what the grammar read of it, and `first` the tree that it made. */
function toModule(
  text: string,
  plain: string,
  first: SyntaxTree,
  read: (plain: string, text?: string) => SyntaxTree,
): Module {
  const formatted = withPlainFormats(plain, first);
  const tree = formatted === plain ? first : read(formatted, text);
  const stray = strayLineBreaks(tree);
  if (!tree.hasError(0) && stray.length === 0)
    return convert(
      tree,
      new Map(),
      text.search(MANY_COMMENTS) >= 0
        ? logicalLines(text, () => true).comments
        : tree.comments.map((i) => ({ start: tree.start(i), end: tree.end(i) })),
      [],
    );
  const recovered = recover(text, formatted, tree, stray, read);
  return convert(read(recovered.text, text), recovered.broken, recovered.comments, recovered.errors);
}

function convert(
  tree: SyntaxTree,
  broken: Context['broken'],
  commentRanges: readonly Range[],
  found: readonly SyntaxProblem[],
): Module {
  const { text } = tree;
  const errors = [...found];
  const body = statements({ tree, errors, broken, depth: 0, star: null, target: null }, 0);
  const comments: Comment[] = commentRanges.map(({ start, end }) => {
    const comment = text.slice(start, end).trimEnd();
    return { range: { start, end: start + comment.length }, text: comment };
  });
  return { kind: 'Module', range: { start: 0, end: text.length }, body, comments, errors };
}
