import { GraphBuilder } from '../graph/builder.ts';
import type { Dim } from '../graph/dim.ts';
import * as D from '../graph/dim.ts';
import type { CallSite, GradMode, NodeId, Origin } from '../graph/graph.ts';
import type { Outline } from '../graph/shape.ts';
import {
  type Context,
  type DerivativeCall,
  type Iteration,
  type Misuse,
  type Transform,
  Unknowable,
} from '../library/context.ts';
import type { Library } from '../library/define.ts';
import { Recording } from '../library/recording.ts';
import {
  type ClassValue,
  type DictEntry,
  type DictValue,
  type Family,
  type FunctionValue,
  holdMore,
  type InstanceValue,
  type ListValue,
  lostShape,
  outlinesIn,
  type Reason,
  type RepeatedValue,
  type Scope,
  type SetValue,
  type TensorValue,
  type Unknown,
  type Value,
} from '../library/values.ts';
import type { BinaryOperator, Range } from '../python/ast.ts';
import { Branches } from './branches.ts';
import { Budget } from './budget.ts';
import { call } from './calls.ts';
import { itemsOf, iterationOf } from './iteration.ts';
import { attributeOf, setAttributeOf, subscriptOf } from './objects.ts';
import { applyBinary } from './operators.ts';
import { Place } from './place.ts';
import type { Binding, Escape, Expected, TracedDerivative } from './records.ts';
import { lostBy, Refusals } from './refusals.ts';
import { type Cell, type Content, Journal } from './state.ts';
import { Unknowns } from './unknowns.ts';

export interface MachineOptions {
  readonly file: string;
  readonly library: Library;
  /** Steps (expressions and statements) before the analysis stops. */
  readonly budget: number;
  readonly aborted: () => boolean;
  /** The module of an import, or null where there is none. */
  readonly importModule: (machine: Machine, name: string, from: string) => Value | null;
}

/** How many values a container may come to hold, in those that it holds too: a few lines of a program could make them endless. */
export const mostItems = 100_000;
export const tooManyItems = `more than ${mostItems} values in one are not followed`;

/** The interpreter's state: the graph being written, where evaluation stands, and what the program can change. */
export class Machine implements Context {
  readonly build: GraphBuilder;
  readonly place: Place;
  readonly budget: Budget;
  readonly branches: Branches;
  readonly unknowns = new Unknowns(this);
  readonly refusals = new Refusals(this);
  readonly library: Library;
  readonly bindings: Binding[] = [];
  readonly derivatives: TracedDerivative[] = [];
  readonly escapes: Escape[] = [];
  /** Limits that were hit. */
  readonly notes: string[] = [];
  /** Calls that gave a tensor: by file and place, the calls on the way to each. */
  readonly passed = new Map<string, Map<string, Set<readonly CallSite[]>>>();
  /** The functions defined with `def`, so that those nobody calls can be tried. */
  readonly defined: { readonly fn: FunctionValue; readonly method: boolean }[] = [];
  /** The functions that were called, so that the others can be tried by themselves. */
  readonly called = new Set<object>();
  /** By definition, the functions that a library may call, with what makes the arguments. */
  readonly expected = new Map<object, Expected>();
  /** The first instance of each class that the program made. */
  readonly instances = new Map<ClassValue, InstanceValue>();
  /** Instances that only stand for those of a class that nobody makes. */
  readonly supposed = new WeakSet<InstanceValue>();
  /** The classes that the program derives from each directly, in the order of their definitions. */
  readonly subclasses = new Map<ClassValue, ClassValue[]>();
  /** The variables of functions and modules; not those of classes, behind which others of the same name may stand. */
  readonly variables = new WeakSet<Map<string, Value>>();
  readonly mostOptions = 4;
  readonly merge = null;
  #supposing = false;
  readonly #frames: { readonly isDoubtful: boolean }[] = [];
  /** The class of the instance that attributes are of. */
  readonly owners = new WeakMap<Map<string, Value>, ClassValue>();
  /** Objects that something which is not traced was given: it may have set attributes of them. */
  readonly escaped = new WeakSet<InstanceValue>();
  /** For each module that is being run, what imports of it in a circle wait for. */
  readonly #loading = new Map<Scope, (() => void)[]>();
  /** The scope of each module that was run, by file. */
  readonly modules = new Map<string, Scope>();
  readonly journal = new Journal(() => this.build.nodes.length);
  readonly options: MachineOptions;
  gradMode: GradMode = 'enabled';
  readonly recording: Recording;
  transforms: readonly Transform[] = [];
  #assumption: string | null = null;
  #sizes = 0;
  /** The functions whose calls ended by raising. */
  readonly #raised: string[] = [];

  constructor(options: MachineOptions) {
    this.options = options;
    this.library = options.library;
    this.place = new Place(options.file);
    this.budget = new Budget(options.budget, options.aborted);
    this.build = new GraphBuilder(
      () => this.origin,
      () => this.gradMode,
    );
    this.recording = new Recording(this.build, (id) => id >= this.journal.since);
    this.branches = new Branches(this);
  }

  /** Runs a module's own text into its scope. */
  load(scope: Scope, body: () => void): void {
    const waiting: (() => void)[] = [];
    this.modules.set(this.file, scope);
    this.variables.add(scope.names);
    this.#loading.set(scope, waiting);
    try {
      body();
    } finally {
      this.#loading.delete(scope);
    }
    for (const bind of waiting) bind();
  }

  /**
   * Binds a name once the module that it comes from has been run to its end. Modules that import each other are entered
   * in another order than ours where the program runs.
   */
  bindOnceLoaded(from: Scope, name: string, to: Scope, as: string, missing: Value): void {
    this.#loading.get(from)?.push(() => {
      const value = from.names.get(name);
      if (value !== undefined && to.names.get(as) === missing) this.setName(to.names, as, value);
    });
  }

  /** Notes that the call at a place gave a tensor, on the way on which evaluation is. */
  notePassed({ start, end }: Range): void {
    if (this.refusals.isProbing) return;
    const places = this.passed.get(this.file) ?? new Map<string, Set<readonly CallSite[]>>();
    this.passed.set(this.file, places);
    const key = `${start} ${end}`;
    const ways = places.get(key) ?? new Set();
    places.set(key, ways);
    ways.add(this.place.calls);
  }

  /** Notes that a call ends by raising, whatever the caller does then. */
  noteRaised(name: string): void {
    this.#raised.push(name);
  }

  noteSubclass(of: ClassValue, cls: ClassValue): void {
    this.subclasses.set(of, [...(this.subclasses.get(of) ?? []), cls]);
  }

  /** Evaluates with `range` as the place that nodes and messages name. */
  at<T>(range: Range, body: () => T): T {
    this.budget.step();
    return this.place.at(range, body);
  }

  get origin(): Origin {
    return this.place.origin;
  }

  get file(): string {
    return this.place.file;
  }

  asOf<T>(origin: Origin, body: () => T): T {
    return this.place.asOf(origin, body);
  }

  // Writing

  setName(names: Map<string, Value>, name: string, value: Value): void {
    this.write({ kind: 'name', object: names, key: name }, { kind: 'name', value });
  }

  deleteName(names: Map<string, Value>, name: string): void {
    this.write({ kind: 'name', object: names, key: name }, { kind: 'name', value: undefined });
  }

  importModule(name: string): Value | null {
    return this.options.importModule(this, name, this.file);
  }

  setEntry(dict: DictValue, key: string, entry: DictEntry | null): void {
    const isTooMuch = entry !== null && holdMore([entry.value], mostItems, dict);
    const held = isTooMuch ? { key: entry.key, value: this.unknown(tooManyItems) } : entry;
    const name = (entry ?? dict.entries.get(key))?.key;
    if (dict.of !== undefined && name?.kind === 'str' && name.value !== null) {
      if (held === null) this.deleteName(dict.of.attributes, name.value);
      else this.setName(dict.of.attributes, name.value, held.value);
    }
    this.write({ kind: 'entry', object: dict, key }, { kind: 'entry', value: held ?? undefined });
  }

  setItems(list: ListValue | SetValue, items: readonly Value[]): void {
    if (holdMore(items, mostItems, list)) {
      this.loseItems(list, tooManyItems);
      return;
    }
    this.write({ kind: 'items', object: list }, { kind: 'items', value: items, tail: list.tail });
  }

  loseItems(list: ListValue | SetValue, why: string): void {
    this.write({ kind: 'items', object: list }, this.lostItems(why));
  }

  loseEntries(dict: DictValue, why: string): void {
    dict.open = true;
    for (const [key, entry] of dict.entries) this.setEntry(dict, key, { ...entry, value: this.unknown(why) });
  }

  /** What a list or set holds of which nothing is known but why. */
  lostItems(why: string): Content {
    const tail: RepeatedValue = {
      kind: 'repeated',
      length: this.freshSize('n'),
      element: this.unknown(why),
      over: null,
    };
    return { kind: 'items', value: [], tail };
  }

  assignInPlace(tensor: TensorValue, node: NodeId): void {
    this.recording.replaced(tensor, node);
    if (tensor.attributes.has(lostShape)) this.deleteName(tensor.attributes, lostShape);
    this.write({ kind: 'node', object: tensor }, { kind: 'node', value: node });
  }

  write(cell: Cell, content: Content): void {
    this.journal.write(cell, content);
  }

  // Calling

  call(callee: Value, positional: readonly Value[], keyword: ReadonlyMap<string, Value> = new Map()): Value {
    return call(this, callee, positional, keyword);
  }

  /** Whether the program surely gets to where evaluation stands. */
  get isSure(): boolean {
    return this.doubts === 0 && !this.#supposing;
  }

  /** How many things there are for which the program may not get to where evaluation stands. */
  get doubts(): number {
    const left = this.#frames.filter(({ isDoubtful }) => isDoubtful).length;
    return this.journal.trials + this.place.doubtfulTurns + left + (this.#assumption === null ? 0 : 1);
  }

  expectCall(callee: Value, given: Expected['given']): void {
    if (callee.kind === 'bound') this.expectCall(callee.callee, given);
    if (callee.kind !== 'function' || this.refusals.isProbing) return;
    const before = this.expected.get(callee.definition)?.given ?? null;
    if (before === null) this.expected.set(callee.definition, { callee, given });
  }

  /** Evaluates with values that nobody gives, but something says of them what they are. */
  supposing<T>(body: () => T): T {
    const before = this.#supposing;
    this.#supposing = true;
    try {
      return body();
    } finally {
      this.#supposing = before;
    }
  }

  /** Evaluates the body of a function or module, whose frame says whether all of it is sure to be run. */
  inFrame<T>(frame: { readonly isDoubtful: boolean }, body: () => T): T {
    this.#frames.push(frame);
    const before = this.unknowns.learned;
    try {
      return body();
    } finally {
      this.#frames.pop();
      // What may have returned before it came to a demand tells its caller nothing.
      if (frame.isDoubtful) this.unknowns.forgetSince(before);
    }
  }

  mayHave(value: Value): boolean {
    return value.kind === 'instance' && this.escaped.has(value);
  }

  instantiate(cls: ClassValue): InstanceValue {
    const attributes = new Map<string, Value>();
    this.owners.set(attributes, cls);
    return { kind: 'instance', cls, attributes, origin: this.origin };
  }

  attribute(value: Value, name: string): Value | null {
    return attributeOf(this, value, name);
  }

  setAttribute(value: Value, name: string, to: Value): void {
    setAttributeOf(this, value, name, to);
  }

  subscript(value: Value, index: Value): Value {
    return this.refusals.ofOperands([value, index], () => subscriptOf(this, value, index));
  }

  items(value: Value): readonly Value[] {
    return itemsOf(this, value);
  }

  iterate(value: Value): Iteration {
    return iterationOf(this, value);
  }

  loopTurn<T>(turn: number | 'any', body: () => T): T {
    return this.place.inLoop({ file: this.file, ...this.place.range, turn }, turn !== 'any', body);
  }

  operate(op: BinaryOperator, a: Value, b: Value): Value {
    return applyBinary(this, op, a, b);
  }

  withGradMode<T>(mode: GradMode, body: () => T): T {
    const before = this.gradMode;
    this.gradMode = mode;
    try {
      return body();
    } finally {
      this.gradMode = before;
    }
  }

  guarding<T>(body: () => T): T {
    return this.refusals.guarding(body);
  }

  tolerate(body: () => Value): Value {
    return this.refusals.tolerate(body);
  }

  explaining<T>(body: () => T, explain: () => Misuse | null): T {
    return this.refusals.explaining(body, explain);
  }

  succeeds(body: () => Value): boolean {
    return this.refusals.succeeds(body);
  }

  demand(value: Value, sizes: readonly (Dim | string | null)[], family: Family | null): Value {
    return this.unknowns.demand(value, sizes, family);
  }

  mayLack(value: Value, name: string): boolean {
    return this.branches.mayLack(value, name);
  }

  freshSize(name: string): Dim {
    return D.size(name, ++this.#sizes);
  }

  unknown(text: string): Unknown {
    return { kind: 'unknown', reason: { text, origin: this.origin } };
  }

  differentiating(call: DerivativeCall, body: (results: NodeId[]) => Value): Value {
    const results: NodeId[] = [];
    const record = (lost: Reason | null, outlines: readonly Outline[] = []): void => {
      const { origin } = this;
      this.derivatives.push({
        ...call,
        results: lost === null ? results : [],
        outlines,
        lost,
        origin,
        assumption: this.#assumption,
      });
    };
    const before = this.#raised.length;
    try {
      const value = body(results);
      const raising = this.#raised[before];
      // What would come after it is not run.
      if (raising !== undefined) throw new Unknowable(`${raising} raises, so this gives nothing`);
      const open = results.length > 0 ? [] : outlinesIn(value);
      record(
        open[0]?.reason ?? null,
        open.map(({ outline }) => outline),
      );
      return value;
    } catch (error) {
      const lost = lostBy(error, this.origin);
      if (lost !== null) record(lost);
      throw error;
    }
  }

  transforming<T>(transforms: readonly Transform[], body: () => T): T {
    const before = this.transforms;
    this.transforms = [...before, ...transforms];
    try {
      return body();
    } finally {
      this.transforms = before;
    }
  }

  assuming<T>(assumption: string, body: () => T): T {
    const before = this.#assumption;
    this.#assumption ??= assumption;
    try {
      return body();
    } finally {
      this.#assumption = before;
    }
  }

  recordEscape(node: NodeId, into: Escape['into']): void {
    if (into === 'function') this.recording.doubt(node);
    this.escapes.push({ node, into, origin: this.origin });
  }

  recordBinding(name: string, range: Range, value: Value): void {
    this.bindings.push({ file: this.file, name, range, value, node: value.kind === 'tensor' ? value.node : null });
  }
}

/** A name looked up from the innermost scope outwards; class bodies are skipped from within functions. */
export function lookUp(scope: Scope, name: string): Value | undefined {
  const redirected = scope.redirected.get(name);
  if (redirected !== undefined) return redirected.names.get(name);
  for (let at: Scope | null = scope, first = true; at !== null; at = at.parent, first = false) {
    if (at.kind === 'class' && !first) continue;
    const found = at.names.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}
