import { readFileSync } from 'node:fs';
import { isKnown } from '../../language-server/graph/dim.ts';
import { type Graph, nodeAt } from '../../language-server/graph/graph.ts';
import type { Value } from '../../language-server/library/values.ts';

/** What the names of a program are at its end, and what raised in it, as test/facts/notebook.py writes them. */
export type ProgramFact = readonly [names: string, raised: string];

/** What random programs gave under the real library. */
export interface RandomFacts {
  readonly sha256: string;
  readonly programs: readonly ProgramFact[];
}

/** For functions of a batch, which samples move what of their results. */
export interface BatchFacts extends RandomFacts {
  readonly batches: readonly (readonly [y: string | null, z: string | null])[];
}

export function readRandomFacts(file: URL): RandomFacts {
  return JSON.parse(readFileSync(file, 'utf8'));
}

export function readBatchFacts(file: URL): BatchFacts {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** What a name is under the real library. */
export type Real =
  | { readonly kind: 'tensor'; readonly dtype: string; readonly shape: readonly number[] }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'float' | 'none' }
  | { readonly kind: 'tuple' | 'list' | 'dict'; readonly items: readonly Real[] };

const dtypes: Readonly<Record<string, string>> = {
  f: 'float32',
  d: 'float64',
  i: 'int64',
  j: 'int32',
  b: 'bool',
  c: 'complex64',
  z: 'complex128',
  u: 'uint32',
};

const containers = { '(': 'tuple', '[': 'list', '{': 'dict' } as const;

/** The names with what each is: `v0f2,3 v1#5`. */
export function realNames(text: string): ReadonlyMap<string, Real> {
  return new Map(
    text
      .split(' ')
      .filter((part) => part !== '')
      .map((part) => {
        const [, name = '', description = ''] = /^(v\d+)(.*)$/.exec(part) ?? [];
        return [name, new Reader(description).real()];
      }),
  );
}

class Reader {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  real(): Real {
    const first = this.#text[this.#at++] ?? '';
    switch (first) {
      case '#':
        return { kind: 'int', value: Number(this.#until()) };
      case '?':
        return { kind: 'bool', value: this.#until() === '1' };
      case '%':
        return { kind: 'float' };
      case 'N':
        return { kind: 'none' };
      case '(':
      case '[':
      case '{':
        return { kind: containers[first], items: this.#items() };
      default: {
        const sizes = this.#until();
        return {
          kind: 'tensor',
          dtype: dtypes[first] ?? first,
          shape: sizes === '' ? [] : sizes.split(',').map(Number),
        };
      }
    }
  }

  #items(): readonly Real[] {
    const items: Real[] = [];
    while (!')]}'.includes(this.#text[this.#at] ?? ')')) {
      items.push(this.real());
      if (this.#text[this.#at] === '|') this.#at++;
    }
    this.#at++;
    return items;
  }

  /** The text up to the next bracket or bar. */
  #until(): string {
    const start = this.#at;
    while (this.#at < this.#text.length && !'|)]}'.includes(this.#text[this.#at] ?? '')) this.#at++;
    return this.#text.slice(start, this.#at);
  }
}

/** A statement that raises: its line, the first letter of the error's type, and the line of the program where it arose. */
export interface Raised {
  readonly line: number;
  readonly type: string;
  readonly from: number;
}

export function raisedIn(text: string): readonly Raised[] {
  return [...text.matchAll(/(\d+)([A-Z]):(\d+)/g)].map(([, line, type = '', from]) => ({
    line: Number(line),
    type,
    from: Number(from),
  }));
}

/** How a traced value compares with the real one; `wrong` says what it is taken for. */
export function compared(graph: Graph, value: Value, real: Real): 'same' | 'unknown' | { readonly wrong: string } {
  if (value.kind === 'unknown' || value.kind === 'repeated') return 'unknown';
  switch (real.kind) {
    case 'tensor': {
      if (value.kind !== 'tensor') return { wrong: value.kind };
      const { shape, dtype } = nodeAt(graph, value.node).aval;
      const fits =
        shape.length === real.shape.length && shape.every((dim, k) => !isKnown(dim) || dim === real.shape[k]);
      // Types of what has no elements are a matter of chance in the library.
      if (!fits || (dtype !== real.dtype && !real.shape.includes(0)))
        return { wrong: `${dtype} ${JSON.stringify(shape)}` };
      return shape.every(isKnown) ? 'same' : 'unknown';
    }
    case 'int':
      if (value.kind !== 'int') return { wrong: value.kind };
      if (!isKnown(value.value)) return 'unknown';
      return value.value === real.value ? 'same' : { wrong: String(value.value) };
    case 'bool':
      if (value.kind !== 'bool') return { wrong: value.kind };
      return value.value === null ? 'unknown' : value.value === real.value ? 'same' : { wrong: String(value.value) };
    case 'float':
    case 'none':
      return value.kind === real.kind ? 'same' : { wrong: value.kind };
    default: {
      if (value.kind !== real.kind) return { wrong: value.kind };
      if (value.kind === 'list' && value.tail !== null) return 'unknown';
      if (value.kind === 'dict' && value.open) return 'unknown';
      const items = value.kind === 'dict' ? [...value.entries.values()].map((entry) => entry.value) : value.items;
      if (items.length !== real.items.length) return { wrong: `${items.length} items` };
      const each = items.map((item, k) => compared(graph, item, real.items[k] ?? { kind: 'none' }));
      return each.find((item) => typeof item === 'object') ?? (each.includes('unknown') ? 'unknown' : 'same');
    }
  }
}

/** For a result, its shape and for each element the samples that move it, as bits. */
export interface Moves {
  readonly shape: readonly number[];
  readonly masks: readonly number[];
}

export function movesOf(text: string): Moves {
  const [sizes = '', runs = ''] = text.split(':');
  const masks = [...runs.matchAll(/([\da-f])(?:\*(\d+)\.)?/g)].flatMap(([, mask = '0', times = '1']) =>
    Array.from({ length: Number(times) }, () => Number.parseInt(mask, 16)),
  );
  return { shape: sizes === '' ? [] : sizes.split(',').map(Number), masks };
}
