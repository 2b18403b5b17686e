/** Random choices that are the same for the same seed on every machine and with every version of any package. */
export class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1);
    this.below(2);
  }

  /** A whole number from 0 to n - 1 (Mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c). */
  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * n);
  }

  chance(probability: number): boolean {
    return this.below(1_000_000) < probability * 1_000_000;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** One of the words of a text. */
  word(words: string): string {
    return this.pick(words.trim().split(/\s+/));
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    return items.flatMap(() => left.splice(this.below(left.length), 1));
  }

  /** Some of the items, at least one, in their order. */
  some<T>(items: readonly T[]): readonly T[] {
    const kept = items.filter(() => this.chance(0.5));
    return kept.length > 0 || items.length === 0 ? kept : [this.pick(items)];
  }

  times<T>(count: number, make: (k: number) => T): T[] {
    return Array.from({ length: count }, (_, k) => make(k));
  }

  /** The size of an axis: small, now and then 1 or 0. */
  size(): number {
    return this.pick([0, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 6]);
  }

  /** The size of an axis that is not empty. */
  positive(): number {
    return Math.max(1, this.size());
  }

  shape(rank = this.pick([0, 1, 1, 2, 2, 2, 3, 3, 4])): number[] {
    return this.times(rank, () => this.size());
  }

  /** How often something is written that the library may refuse. */
  slips(): boolean {
    return this.chance(0.025);
  }

  /** An axis as Python may write it, and which one it is; now and then one that is not there. */
  axis(rank: number): Axis {
    const at = this.below(Math.max(rank, 1));
    if (this.slips()) return { at, text: String(this.pick([rank, -rank - 1, rank + 1])) };
    return { at, text: String(this.chance(0.35) ? at - Math.max(rank, 1) : at) };
  }
}

export interface Axis {
  readonly at: number;
  readonly text: string;
}
