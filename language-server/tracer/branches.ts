import { ShapeError } from '../graph/shape.ts';
import { PythonError } from '../library/context.ts';
import { type InstanceValue, lostShape, type Value } from '../library/values.ts';
import { type Joiner, join } from './join.ts';
import type { Machine } from './machine.ts';
import { attributeOf } from './objects.ts';
import { lostBy } from './refusals.ts';
import { type Cell, type Content, type Outcome, read } from './state.ts';

/** What a way gave, and what it had written. */
interface Tried {
  readonly result: Value;
  readonly outcome: Outcome;
}

/** Ways of which the program takes one, brought together again. */
export class Branches {
  readonly #m: Machine;
  readonly #mayLack = new WeakMap<Map<string, Value>, Set<string>>();

  constructor(m: Machine) {
    this.#m = m;
  }

  /** What the turns of a loop leave is made one: the next may make another object of the class. */
  #ofTurns(): Joiner {
    const m = this.#m;
    const instance = (a: InstanceValue, b: InstanceValue): InstanceValue => {
      const made = { ...m.instantiate(a.cls), origin: a.origin };
      if (m.escaped.has(a) || m.escaped.has(b)) m.escaped.add(made);
      return made;
    };
    return {
      build: m.build,
      unknown: (text) => m.unknown(text),
      freshSize: (name) => m.freshSize(name),
      mostOptions: 0,
      merge: { done: new Map(), instance },
    };
  }

  /** Tries each way from the same state and joins what comes out. */
  either(ways: readonly (() => Value)[]): Value {
    return this.#together(ways.map((way) => this.#m.journal.attempt(way)));
  }

  #together(tried: readonly Tried[]): Value {
    this.settle(tried.map(({ outcome }) => outcome));
    return join(
      this.#m,
      tried.map(({ result }) => result),
    );
  }

  /**
   * Does something with each of the values that one may be. A way that Python refuses is one that the program does not
   * take, unless it refuses all.
   */
  withEach(options: readonly Value[], body: (option: Value) => Value): Value {
    const refused: Error[] = [];
    const taken: Tried[] = [];
    for (const option of options) {
      try {
        taken.push(this.#m.journal.attempt(() => this.#m.guarding(() => body(option))));
      } catch (error) {
        const lost = lostBy(error, this.#m.origin);
        if (lost !== null) taken.push({ result: { kind: 'unknown', reason: lost }, outcome: new Map() });
        else if (error instanceof ShapeError || error instanceof PythonError) refused.push(error);
        else throw error;
      }
    }
    const [first] = refused;
    if (taken.length === 0 && first !== undefined) throw first;
    return this.#together(taken);
  }

  /**
   * Brings the outcomes of branches together: where they differ, what they have in common.
   * @param of whether the outcomes are all that there may be, or the first turns of a loop
   */
  settle(outcomes: readonly Outcome[], of: 'branches' | 'turns' = 'branches'): void {
    const joiner = of === 'branches' ? this.#m : this.#ofTurns();
    const cells = new Map(outcomes.flatMap((outcome) => [...outcome]).map(([id, { cell }]) => [id, cell]));
    const settleCell = ([id, cell]: readonly [string, Cell]): void => {
      const contents = outcomes.map((outcome) => outcome.get(id)?.content ?? null);
      this.#m.write(cell, this.#joinContents(cell, contents, joiner));
    };
    // Objects that a branch made are to have their attributes again before they are joined with others.
    const isNew = ([, cell]: readonly [string, Cell]): boolean =>
      cell.kind === 'name' && !this.#m.variables.has(cell.object) && !cell.object.has(cell.key);
    const [made, changed] = [[...cells].filter(isNew), [...cells].filter((each) => !isNew(each))];
    for (const each of [...made, ...changed]) settleCell(each);
  }

  #joinContents(cell: Cell, contents: readonly (Content | null)[], joiner: Joiner): Content {
    const now = read(cell);
    const all = contents.map((content) => content ?? now);
    const values = (list: readonly (Value | undefined)[], name: string): Value => {
      const set = list.flatMap((value) => (value === undefined ? [] : [value]));
      const [lost] = set;
      if (cell.kind === 'name' && cell.key === lostShape && lost !== undefined) return lost;
      if (set.length < list.length) {
        if (!this.#raisesUnset(cell)) return this.#m.unknown(`${name} is set on some paths only`);
        if (cell.kind === 'name') this.#incomplete(cell.object).add(cell.key);
      }
      return join(joiner, set, name);
    };
    switch (cell.kind) {
      case 'name': {
        const list = all.map((content) => (content.kind === 'name' ? content.value : undefined));
        return list.every((value) => value === undefined) ? now : { kind: 'name', value: values(list, cell.key) };
      }
      case 'entry': {
        const list = all.map((content) => (content.kind === 'entry' ? content.value : undefined));
        const first = list.find((entry) => entry !== undefined);
        return first === undefined
          ? now
          : {
              kind: 'entry',
              value: {
                key: first.key,
                value: values(
                  list.map((entry) => entry?.value),
                  cell.key,
                ),
              },
            };
      }
      case 'items': {
        const list = all.flatMap((content) => (content.kind === 'items' ? [content] : []));
        const [first] = list;
        if (first === undefined) return now;
        const alike = list.every(({ value, tail }) => value.length === first.value.length && tail === first.tail);
        if (!alike) return this.#m.lostItems('how many items the list has is not known before it runs');
        const value = first.value.map((_, k) =>
          values(
            list.map((content) => content.value[k]),
            'an item',
          ),
        );
        return { kind: 'items', value, tail: first.tail };
      }
      case 'node': {
        const nodes = all.flatMap((content) => (content.kind === 'node' ? [content.value] : []));
        const [first = cell.object.node] = nodes;
        const distinct = [...new Set(nodes)];
        return {
          kind: 'node',
          value:
            distinct.length <= 1 ? first : this.#m.build.emit('either', { aval: this.#m.build.aval(first) }, distinct),
        };
      }
    }
  }

  /** Whether reading a cell that is not set raises: then a program that reads it has come by a path that sets it. */
  #raisesUnset(cell: Cell): boolean {
    if (cell.kind !== 'name') return false;
    if (this.#m.variables.has(cell.object)) return !this.#m.library.has(`builtins.${cell.key}`);
    const cls = this.#m.owners.get(cell.object);
    return cls !== undefined && attributeOf(this.#m, cls, cell.key) === null;
  }

  /** The attributes of an instance that only some paths set. */
  #incomplete(attributes: Map<string, Value>): Set<string> {
    const known = this.#mayLack.get(attributes) ?? new Set();
    this.#mayLack.set(attributes, known);
    return known;
  }

  mayLack(value: Value, name: string): boolean {
    return value.kind === 'instance' && (this.#mayLack.get(value.attributes)?.has(name) ?? false);
  }
}
