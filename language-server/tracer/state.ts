import type { NodeId } from '../graph/graph.ts';
import type {
  DictEntry,
  DictValue,
  ListValue,
  RepeatedValue,
  SetValue,
  TensorValue,
  Value,
} from '../library/values.ts';

/**
 * Everything the interpreted program can change, as cells that are written through one journal. The branches of
 * an undecided `if` are tried one after the other from the same state, and their last values joined.
 */
export type Cell =
  | { readonly kind: 'name'; readonly object: Map<string, Value>; readonly key: string }
  | { readonly kind: 'entry'; readonly object: DictValue; readonly key: string }
  | { readonly kind: 'items'; readonly object: ListValue | SetValue }
  | { readonly kind: 'node'; readonly object: TensorValue };

/** What a cell holds at some time. */
export type Content =
  | { readonly kind: 'name'; readonly value: Value | undefined }
  | { readonly kind: 'entry'; readonly value: DictEntry | undefined }
  | { readonly kind: 'items'; readonly value: readonly Value[]; readonly tail: RepeatedValue | null }
  | { readonly kind: 'node'; readonly value: NodeId };

export function read(cell: Cell): Content {
  switch (cell.kind) {
    case 'name':
      return { kind: 'name', value: cell.object.get(cell.key) };
    case 'entry':
      return { kind: 'entry', value: cell.object.entries.get(cell.key) };
    case 'items':
      return { kind: 'items', value: cell.object.items, tail: cell.object.tail };
    case 'node':
      return { kind: 'node', value: cell.object.node };
  }
}

function store(cell: Cell, content: Content): void {
  if (cell.kind === 'name' && content.kind === 'name') {
    if (content.value === undefined) cell.object.delete(cell.key);
    else cell.object.set(cell.key, content.value);
  } else if (cell.kind === 'entry' && content.kind === 'entry') {
    if (content.value === undefined) cell.object.entries.delete(cell.key);
    else cell.object.entries.set(cell.key, content.value);
  } else if (cell.kind === 'items' && content.kind === 'items') {
    cell.object.items = content.value;
    cell.object.tail = content.tail;
  } else if (cell.kind === 'node' && content.kind === 'node') {
    cell.object.node = content.value;
  }
}

/** A write: the cell and what it held before. */
interface Entry {
  readonly cell: Cell;
  readonly before: Content;
}

/** What one branch left behind: the last content of each cell that it wrote. */
export type Outcome = ReadonlyMap<string, { readonly cell: Cell; readonly content: Content }>;

export class Journal {
  readonly #entries: Entry[] = [];
  readonly #ids = new WeakMap<object, number>();
  #nextId = 0;
  #depth = 0;
  #trials = 0;
  #since = 0;
  readonly #now: () => number;

  /** @param now counts on as the program goes on */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** In how many branches, each within the one before, evaluation stands that are tried and whose writes are taken back. */
  get trials(): number {
    return this.#trials;
  }

  /** When the innermost branch or turn of a loop began: what was there before is joined with something else after it. */
  get since(): number {
    return this.#since;
  }

  write(cell: Cell, content: Content): void {
    // Outside any branch nothing will be undone.
    if (this.#depth > 0) this.#entries.push({ cell, before: read(cell) });
    store(cell, content);
  }

  /** Runs `branch`, takes back what it wrote, and gives its result with what it had written. */
  attempt<T>(branch: () => T): { readonly result: T; readonly outcome: Outcome } {
    const mark = this.#entries.length;
    const { since } = this;
    this.#since = this.#now();
    this.#depth++;
    this.#trials++;
    try {
      const result = branch();
      const outcome = new Map<string, { cell: Cell; content: Content }>();
      for (const { cell } of this.#entries.slice(mark)) outcome.set(this.#idOf(cell), { cell, content: read(cell) });
      return { result, outcome };
    } finally {
      for (const { cell, before } of this.#entries.splice(mark).reverse()) store(cell, before);
      this.#since = since;
      this.#depth--;
      this.#trials--;
    }
  }

  /** The cells that `body` wrote, with what they held before; the writes stay. */
  watch<T>(body: () => T): { readonly result: T; readonly before: Outcome } {
    const mark = this.#entries.length;
    const { since } = this;
    this.#since = this.#now();
    this.#depth++;
    try {
      const result = body();
      const before = new Map<string, { cell: Cell; content: Content }>();
      for (const entry of this.#entries.slice(mark)) {
        const id = this.#idOf(entry.cell);
        if (!before.has(id)) before.set(id, { cell: entry.cell, content: entry.before });
      }
      return { result, before };
    } finally {
      this.#since = since;
      this.#depth--;
      if (this.#depth === 0) this.#entries.length = mark;
    }
  }

  #idOf(cell: Cell): string {
    let id = this.#ids.get(cell.object);
    if (id === undefined) {
      id = this.#nextId++;
      this.#ids.set(cell.object, id);
    }
    return 'key' in cell ? `${id}.${cell.key}` : `${id}`;
  }
}
