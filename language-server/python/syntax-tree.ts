import type { Language, Tree } from 'web-tree-sitter';

const NAMED = 1;
const MISSING = 2;
const HAS_ERROR = 4;

/** tree-sitter's id of an ERROR node, -1 as an unsigned 16-bit number. */
const ERROR_TYPE = 0xffff;

/** Kinds that may stand anywhere and mean nothing to the grammar. */
const EXTRAS: ReadonlySet<string> = new Set(['comment', 'line_continuation']);

/** The names of a grammar's kinds and fields by their ids, read once. */
export interface Grammar {
  readonly kinds: readonly string[];
  readonly fields: readonly (string | null)[];
  /** `NAMED` for each kind with a name, 0 for a token. */
  readonly named: Uint8Array;
}

export function grammarOf(language: Language): Grammar {
  const kinds = language.types;
  return {
    kinds,
    fields: language.fields,
    named: Uint8Array.from(kinds, (_, id) => (language.nodeTypeIsNamed(id) ? NAMED : 0)),
  };
}

/**
 * A tree-sitter tree copied into flat arrays in preorder, so that reading it costs no call into WebAssembly
 * and no object a node. A node is its index; the root is 0; the descendants of `i` are `i + 1 .. after(i) - 1`.
 */
export class SyntaxTree {
  readonly text: string;
  readonly size: number;
  /** Indices of the comments, in source order. */
  readonly comments: readonly number[];
  readonly #kinds: readonly string[];
  readonly #fields: readonly (string | null)[];
  readonly #type: Uint16Array;
  readonly #field: Uint8Array;
  readonly #flags: Uint8Array;
  readonly #start: Int32Array;
  readonly #end: Int32Array;
  readonly #after: Int32Array;

  /** Copies `tree`, which was parsed from `text` (or from a text of the same length); the tree may be deleted afterwards. */
  constructor(text: string, tree: Tree, grammar: Grammar) {
    const capacity = tree.rootNode.descendantCount;
    const type = new Uint16Array(capacity);
    const field = new Uint8Array(capacity);
    const flags = new Uint8Array(capacity);
    const start = new Int32Array(capacity);
    const end = new Int32Array(capacity);
    const after = new Int32Array(capacity);
    const { kinds, named } = grammar;
    const comments: number[] = [];
    const parents: number[] = [];
    const cursor = tree.walk();
    let size = 0;
    let down = true;
    while (true) {
      if (down) {
        const i = size;
        size += 1;
        const id = cursor.nodeTypeId;
        const from = cursor.startIndex;
        const to = cursor.endIndex;
        type[i] = id;
        start[i] = from;
        end[i] = to;
        field[i] = cursor.currentFieldId;
        let flag = named[id] ?? NAMED;
        if (id === ERROR_TYPE) flag |= HAS_ERROR;
        else if (from === to && cursor.nodeIsMissing) flag |= MISSING | HAS_ERROR;
        flags[i] = flag;
        if (kinds[id] === 'comment') comments.push(i);
        if (cursor.gotoFirstChild()) {
          parents.push(i);
          continue;
        }
        after[i] = size;
        markAncestors(flags, parents, flag);
      }
      if (cursor.gotoNextSibling()) {
        down = true;
        continue;
      }
      const parent = parents.pop();
      if (parent === undefined) break;
      cursor.gotoParent();
      after[parent] = size;
      markAncestors(flags, parents, flags[parent] ?? 0);
      down = false;
    }
    cursor.delete();
    this.text = text;
    this.size = size;
    this.comments = comments;
    this.#kinds = kinds;
    this.#fields = grammar.fields;
    this.#type = type;
    this.#field = field;
    this.#flags = flags;
    this.#start = start;
    this.#end = end;
    this.#after = after;
  }

  /** The grammar's name of node `i`; an anonymous token's is its text. */
  kind(i: number): string {
    return this.#kinds[this.#type[i] ?? ERROR_TYPE] ?? 'ERROR';
  }

  /** The name of the field that node `i` is in its parent, if any. */
  field(i: number): string | null {
    return this.#fields[this.#field[i] ?? 0] ?? null;
  }

  start(i: number): number {
    return this.#start[i] ?? 0;
  }

  end(i: number): number {
    return this.#end[i] ?? 0;
  }

  /** The index just behind the last descendant of `i`. */
  after(i: number): number {
    return this.#after[i] ?? this.size;
  }

  isNamed(i: number): boolean {
    return ((this.#flags[i] ?? 0) & NAMED) !== 0;
  }

  /** Whether tree-sitter invented the node to go on. */
  isMissing(i: number): boolean {
    return ((this.#flags[i] ?? 0) & MISSING) !== 0;
  }

  /** Whether the node is, or holds, an ERROR or a missing node. */
  hasError(i: number): boolean {
    return ((this.#flags[i] ?? 0) & HAS_ERROR) !== 0;
  }

  textOf(i: number): string {
    return this.text.slice(this.start(i), this.end(i));
  }

  /** The children of `i`, tokens included, comments and line continuations left out. */
  children(i: number): number[] {
    const found: number[] = [];
    const stop = this.after(i);
    for (let child = i + 1; child < stop; child = this.after(child)) {
      if (!EXTRAS.has(this.kind(child))) found.push(child);
    }
    return found;
  }

  /** The named children of `i`, comments and line continuations left out. */
  namedChildren(i: number): number[] {
    return this.children(i).filter((child) => this.isNamed(child));
  }

  /** The children of `i` in the field `name`. */
  childrenIn(i: number, name: string): number[] {
    return this.children(i).filter((child) => this.field(child) === name);
  }

  /** The first child of `i` in the field `name`, or null. */
  childIn(i: number, name: string): number | null {
    const stop = this.after(i);
    for (let child = i + 1; child < stop; child = this.after(child)) {
      if (this.field(child) === name && !EXTRAS.has(this.kind(child))) return child;
    }
    return null;
  }

  /** The first child of `i` of the given kind, or null. */
  childOf(i: number, kind: string): number | null {
    const stop = this.after(i);
    for (let child = i + 1; child < stop; child = this.after(child)) {
      if (this.kind(child) === kind) return child;
    }
    return null;
  }
}

/** Passes a node's error flag on to its parent; the parent passes it on when it is left. */
function markAncestors(flags: Uint8Array, parents: readonly number[], flag: number): void {
  const parent = parents.at(-1);
  if (parent !== undefined && (flag & HAS_ERROR) !== 0) flags[parent] = (flags[parent] ?? 0) | HAS_ERROR;
}
