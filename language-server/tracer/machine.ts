import { GraphBuilder } from '../graph/builder.ts';
import type { Dim } from '../graph/dim.ts';
import * as D from '../graph/dim.ts';
import type { CallSite, GradMode, LoopStep, NodeId, Origin } from '../graph/graph.ts';
import { type Outline, ShapeError, Undecided } from '../graph/shape.ts';
import {
  type Context,
  type DerivativeCall,
  type Iteration,
  type Misuse,
  PythonError,
  type Transform,
  Unknowable,
} from '../library/context.ts';
import type { Library } from '../library/define.ts';
import { Recording } from '../library/recording.ts';
import { bind } from '../library/signature.ts';
import { leavesOf } from '../library/transforms.ts';
import { outlinesIn, unknownIn } from '../library/trees.ts';
import {
  another,
  type ClassValue,
  type DictEntry,
  type DictValue,
  type Family,
  type FunctionValue,
  holdMore,
  type Identity,
  type InstanceValue,
  type ListValue,
  type NativeValue,
  optionsOf,
  type Reason,
  type RepeatedValue,
  type Scope,
  type SetValue,
  type TensorValue,
  tensor,
  tensorsIn,
  type Unknown,
  type Value,
} from '../library/values.ts';
import type { BinaryOperator, Range } from '../python/ast.ts';
import { callFunction } from './functions.ts';
import { itemsOf, iterationOf } from './iteration.ts';
import { type Joiner, join } from './join.ts';
import { attributeOf, inClass, methodOf, setAttributeOf, subscriptOf } from './objects.ts';
import { applyBinary } from './operators.ts';
import { type Cell, type Content, Journal, type Outcome, read } from './state.ts';

/** Something Python would refuse: a proved error, where it stands. */
/** What an operation that is refused was given. */
type Refused = Pick<Problem, 'operands' | 'layer'>;

export interface Problem {
  readonly origin: Origin;
  /**
   * What fits no other shape, what is no Python, or what the program states of a shape and is not so: in code that
   * raises, or in an annotation, which does not.
   */
  readonly kind: 'shape' | 'python' | 'contract' | 'annotation';
  readonly type: string;
  readonly message: string;
  /** The tensors that were given to what raises. */
  readonly operands: readonly NodeId[];
  /** Where the library's layer that raises was made, if one does. */
  readonly layer: Origin | null;
  /** What is misused, where more is known than that it raises. */
  readonly misuse: Misuse | null;
  /** Whether the program surely gets there: not on one of several paths only, nor with values that are supposed. */
  readonly isSure: boolean;
}

/** A name that was bound, and to what. */
export interface Binding {
  readonly file: string;
  readonly name: string;
  readonly range: Range;
  readonly value: Value;
  /** The node that a tensor had then. */
  readonly node: NodeId | null;
}

/** A derivative call, with the place where it stands. */
export interface TracedDerivative extends DerivativeCall {
  /** The derivative nodes that it gave, one for each output and input; none where it is lost. */
  readonly results: readonly NodeId[];
  /** What is known of the shapes that it gives, where its results are not known. */
  readonly outlines: readonly Outline[];
  /** Why what it gives is not known, or null where it is. */
  readonly lost: Reason | null;
  readonly origin: Origin;
  /** What was assumed of the program to take it for this call; null where nothing was. */
  readonly assumption: string | null;
}

/** A tensor that went into something that is not traced: a function that is not known, or the caller of one that nobody calls. */
export interface Escape {
  readonly node: NodeId;
  readonly into: 'function' | 'caller';
  readonly origin: Origin;
}

/** The analysis was stopped: cancelled, or over its budget. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

export interface MachineOptions {
  readonly file: string;
  readonly library: Library;
  /** Steps (expressions and statements) before the analysis stops. */
  readonly budget: number;
  readonly aborted: () => boolean;
  /** The module of an import, or null where there is none. */
  readonly importModule: (machine: Machine, name: string, from: string) => Value | null;
}

/** What layers of libraries compute by (torch, Keras). */
const layerCalls: ReadonlySet<string> = new Set(['forward', 'call']);

/** How many values a container may come to hold, in those that it holds too: a few lines of a program could make them endless. */
export const mostItems = 100_000;
export const tooManyItems = `more than ${mostItems} values in one are not followed`;
/** The attribute of a tensor whose shape is not known any more: why. */
const lostShape = '__lost_shape__';

/** The name under which what an unknown value was found to be is kept. */
const foundName = 'value';

const deepest = 60;
/** How often a function may stand in a chain of calls. */
const deepestSelf = { known: 24, unknown: 2 };
/** How many steps all calls together may take that a function makes of itself. */
const mostOfSelf = 60_000;

/** What a way gave, and what it had written. */
interface Tried {
  readonly result: Value;
  readonly outcome: Outcome;
}

/** The interpreter's state: the graph being written, where evaluation stands, and what the program can change. */
export class Machine implements Context {
  readonly build: GraphBuilder;
  readonly library: Library;
  readonly problems: Problem[] = [];
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
  /** The first instance of each class that the program made. */
  readonly instances = new Map<ClassValue, InstanceValue>();
  /** Instances that only stand for those of a class that nobody makes. */
  readonly supposed = new WeakSet<InstanceValue>();
  /** The classes that the program derives from each directly, in the order of their definitions. */
  readonly subclasses = new Map<ClassValue, ClassValue[]>();
  /** The variables of functions and modules; not those of classes, behind which others of the same name may stand. */
  readonly variables = new WeakSet<Map<string, Value>>();
  readonly mostOptions = 4;
  readonly #ofTurns: Joiner;
  #supposing = false;
  #probing = false;
  readonly #frames: { readonly isDoubtful: boolean }[] = [];
  /** What was given to the library function that raised an error. */
  readonly #refused = new WeakMap<Error, Refused>();
  /** What is misused where an error was raised. */
  readonly #misuses = new WeakMap<Error, Misuse>();
  /** The class of the instance that attributes are of. */
  readonly #owners = new WeakMap<Map<string, Value>, ClassValue>();
  readonly #escaped = new WeakSet<InstanceValue>();
  /** The parts of unknown values that were asked for, and what they are parts of. */
  readonly #parts = new WeakMap<Identity, Map<string, Unknown>>();
  readonly #wholes = new WeakMap<Identity, Identity>();
  /** Where something was found, in order. */
  readonly #learned: Map<string, Value>[] = [];
  /** Parameters that nobody gives, and parts of them. */
  readonly #given = new WeakSet<Identity>();
  /** What unknown values were found to be, each under one name, so that what a branch finds is undone with it. */
  readonly #found = new WeakMap<Identity, Map<string, Value>>();
  readonly #mayLack = new WeakMap<Map<string, Value>, Set<string>>();
  /** For each module that is being run, what imports of it in a circle wait for. */
  readonly #loading = new Map<Scope, (() => void)[]>();
  /** The scope of each module that was run, by file. */
  readonly #modules = new Map<string, Scope>();
  readonly journal = new Journal(() => this.build.nodes.length);
  readonly options: MachineOptions;
  gradMode: GradMode = 'enabled';
  readonly recording: Recording;
  transforms: readonly Transform[] = [];
  /** How many bodies are open in which what raises is not reported. */
  #guarded = 0;
  #file: string;
  #range: Range = { start: 0, end: 0 };
  #loops: readonly LoopStep[] = [];
  /** Turns of loops that stand for all, or that may not come, within which evaluation stands. */
  #doubtfulTurns = 0;
  #calls: readonly CallSite[] = [];
  #origin: Origin | null = null;
  #assumption: string | null = null;
  #steps = 0;
  #limit: number;
  #sizes = 0;
  /** The functions whose calls ended by raising. */
  readonly #raised: string[] = [];
  #depth = 0;
  readonly #open = new Map<object, number>();
  /** The steps that are left for the calls of a function by itself. */
  readonly #leftOfSelf = new WeakMap<object, number>();

  constructor(options: MachineOptions) {
    this.options = options;
    this.library = options.library;
    this.#file = options.file;
    this.#limit = options.budget;
    this.build = new GraphBuilder(
      () => this.origin,
      () => this.gradMode,
    );
    this.recording = new Recording(this.build, (id) => id >= this.journal.since);
    this.#ofTurns = {
      build: this.build,
      unknown: (text) => this.unknown(text),
      freshSize: (name) => this.freshSize(name),
      mostOptions: 0,
    };
  }

  get origin(): Origin {
    this.#origin ??= { file: this.#file, ...this.#range, loops: this.#loops, calls: this.#calls };
    return this.#origin;
  }

  get file(): string {
    return this.#file;
  }

  /** Evaluates with `range` as the place that nodes and messages name. */
  at<T>(range: Range, body: () => T): T {
    this.step();
    const before = this.#range;
    this.#move(range);
    try {
      return body();
    } finally {
      this.#move(before);
    }
  }

  /** Evaluates with a library object's construction as the place, so that a layer in a stack is named itself. */
  atOrigin<T>(origin: Origin, body: () => T): T {
    const [file, range] = [this.#file, this.#range];
    this.#file = origin.file;
    this.#move({ start: origin.start, end: origin.end });
    try {
      return body();
    } finally {
      this.#file = file;
      this.#move(range);
    }
  }

  asOf<T>({ file, start, end, loops, calls }: Origin, body: () => T): T {
    const before = [this.#file, this.#range, this.#loops, this.#calls] as const;
    const put = (at: typeof before): void => {
      [this.#file, this.#range, this.#loops, this.#calls] = at;
      this.#origin = null;
    };
    put([file, { start, end }, loops, calls]);
    try {
      return body();
    } finally {
      put(before);
    }
  }

  /** Runs a module's own text into its scope. */
  load(scope: Scope, body: () => void): void {
    const waiting: (() => void)[] = [];
    this.#modules.set(this.#file, scope);
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
    if (this.#probing) return;
    const places = this.passed.get(this.#file) ?? new Map<string, Set<readonly CallSite[]>>();
    this.passed.set(this.#file, places);
    const key = `${start} ${end}`;
    const ways = places.get(key) ?? new Set();
    places.set(key, ways);
    ways.add(this.#calls);
  }

  /** Notes that a call ends by raising, whatever the caller does then. */
  noteRaised(name: string): void {
    this.#raised.push(name);
  }

  noteSubclass(of: ClassValue, cls: ClassValue): void {
    this.subclasses.set(of, [...(this.subclasses.get(of) ?? []), cls]);
  }

  /** Evaluates a module's own text. */
  inFile<T>(file: string, body: () => T): T {
    return this.atOrigin({ file, start: 0, end: 0, loops: [], calls: [] }, body);
  }

  /** Evaluates a turn of a loop; `isSure` says whether the program surely takes it, with these values. */
  inLoop<T>(step: LoopStep, isSure: boolean, body: () => T): T {
    const before = this.#loops;
    this.#loops = [...before, step];
    this.#origin = null;
    if (!isSure) this.#doubtfulTurns++;
    try {
      return body();
    } finally {
      this.#loops = before;
      this.#origin = null;
      if (!isSure) this.#doubtfulTurns--;
    }
  }

  /**
   * Evaluates a function of the user's own in its file, one call deeper. A function that calls itself is followed less
   * far where its arguments are not known: then nothing that is known ends it.
   */
  inCall<T>(definition: object, file: string, isKnown: boolean, body: () => T): T {
    const open = this.#open.get(definition) ?? 0;
    if (this.#depth >= deepest || open >= (isKnown ? deepestSelf.known : deepestSelf.unknown))
      throw new Unknowable('calls go too deep to be followed');
    this.#open.set(definition, open + 1);
    const [calls, from, range] = [this.#calls, this.#file, this.#range];
    this.#calls = [...calls, { file: from, ...range }];
    this.#file = file;
    this.#origin = null;
    this.#depth++;
    try {
      return open === 1 ? this.#ofItself(definition, body) : body();
    } finally {
      this.#open.set(definition, open);
      this.#depth--;
      this.#calls = calls;
      this.#file = from;
      this.#move(range);
    }
  }

  /** Evaluates a part that may take so many steps at most; false where it took more and was left. */
  within(steps: number, body: () => void): boolean {
    const before = this.#limit;
    this.#limit = Math.min(before, this.#steps + steps);
    try {
      body();
      return true;
    } catch (error) {
      if (error instanceof Stopped && this.#steps <= this.options.budget && !this.options.aborted()) return false;
      throw error;
    } finally {
      this.#limit = before;
    }
  }

  /** What a function makes that calls itself: where nothing that is known ends it, its calls grow without bound. */
  #ofItself<T>(definition: object, body: () => T): T {
    const made: T[] = [];
    const before = this.#steps;
    const left = this.#leftOfSelf.get(definition) ?? mostOfSelf;
    const isDone = this.within(left, () => made.push(body()));
    this.#leftOfSelf.set(definition, left - (this.#steps - before));
    if (!isDone || made[0] === undefined) throw new Unknowable('it calls itself too often to be followed');
    return made[0];
  }

  #move(range: Range): void {
    this.#range = range;
    this.#origin = null;
  }

  step(): void {
    if (++this.#steps > this.#limit)
      throw new Stopped(
        this.#limit === this.options.budget
          ? `the analysis took more than ${this.options.budget} steps`
          : 'a function took too many steps',
      );
    if ((this.#steps & 1023) === 0 && this.options.aborted()) throw new Stopped('the analysis was cancelled');
  }

  // Writing

  setName(names: Map<string, Value>, name: string, value: Value): void {
    this.write({ kind: 'name', object: names, key: name }, { kind: 'name', value });
  }

  deleteName(names: Map<string, Value>, name: string): void {
    this.write({ kind: 'name', object: names, key: name }, { kind: 'name', value: undefined });
  }

  importModule(name: string): Value | null {
    return this.options.importModule(this, name, this.#file);
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
    this.write({ kind: 'items', object: list }, this.#lostItems(why));
  }

  loseEntries(dict: DictValue, why: string): void {
    dict.open = true;
    for (const [key, entry] of dict.entries) this.setEntry(dict, key, { ...entry, value: this.unknown(why) });
  }

  #lostItems(why: string): Content {
    return this.#someOf([this.unknown(why)]);
  }

  /** What a list holds of which nothing is known but that each item is one of these. */
  #someOf(items: readonly Value[]): Content {
    const tail: RepeatedValue = {
      kind: 'repeated',
      length: this.freshSize('n'),
      element: join(this, items),
      over: null,
    };
    return { kind: 'items', value: [], tail };
  }

  assignInPlace(tensor: TensorValue, node: NodeId): void {
    this.recording.replaced(tensor, node);
    this.write({ kind: 'node', object: tensor }, { kind: 'node', value: node });
  }

  write(cell: Cell, content: Content): void {
    this.journal.write(cell, content);
  }

  /**
   * Brings the outcomes of branches together: where they differ, what they have in common.
   * @param of whether the outcomes are all that there may be, or the first turns of a loop
   */
  settle(outcomes: readonly Outcome[], of: 'branches' | 'turns' = 'branches'): void {
    const cells = new Map(outcomes.flatMap((outcome) => [...outcome]).map(([id, { cell }]) => [id, cell]));
    for (const [id, cell] of cells) {
      const contents = outcomes.map((outcome) => outcome.get(id)?.content ?? null);
      this.write(cell, this.#joinContents(cell, contents, of));
    }
  }

  #joinContents(cell: Cell, contents: readonly (Content | null)[], of: 'branches' | 'turns'): Content {
    const now = read(cell);
    const all = contents.map((content) => content ?? now);
    const values = (list: readonly (Value | undefined)[], name: string): Value => {
      const set = list.flatMap((value) => (value === undefined ? [] : [value]));
      if (set.length < list.length) {
        if (!this.#raisesUnset(cell)) return this.unknown(`${name} is set on some paths only`);
        if (cell.kind === 'name') this.#doubtful(cell.object).add(cell.key);
      }
      return join(of === 'branches' ? this : this.#ofTurns, set, name);
    };
    switch (cell.kind) {
      case 'name': {
        const list = all.map((content) => (content.kind === 'name' ? content.value : undefined));
        return list.every((value) => value === undefined) ? now : { kind: 'name', value: values(list, cell.key) };
      }
      case 'entry': {
        const list = all.map((content) => (content.kind === 'entry' ? content.value : undefined));
        const first = list.find((entry) => entry !== undefined);
        if (first === undefined) return now;
        // What may lack a key has a length and items that are not known.
        if (list.includes(undefined) && cell.kind === 'entry') cell.object.open ||= 'listed';
        const name = first.key.kind === 'str' && first.key.value !== null ? `'${first.key.value}'` : 'a key';
        const value = values(
          list.map((entry) => entry?.value),
          name,
        );
        return { kind: 'entry', value: { key: first.key, value } };
      }
      case 'items': {
        const list = all.flatMap((content) => (content.kind === 'items' ? [content] : []));
        const [first] = list;
        if (first === undefined) return now;
        const alike = list.every(({ value, tail }) => value.length === first.value.length && tail === first.tail);
        if (!alike)
          return this.#someOf(list.flatMap(({ value, tail }) => [...value, ...(tail === null ? [] : [tail.element])]));
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
          value: distinct.length <= 1 ? first : this.build.emit('either', { aval: this.build.aval(first) }, distinct),
        };
      }
    }
  }

  /** Whether reading a cell that is not set raises: then a program that reads it has come by a path that sets it. */
  #raisesUnset(cell: Cell): boolean {
    if (cell.kind !== 'name') return false;
    if (this.variables.has(cell.object)) return !this.library.has(`builtins.${cell.key}`);
    const cls = this.#owners.get(cell.object);
    return cls !== undefined && attributeOf(this, cls, cell.key) === null;
  }

  /** The attributes of an instance that only some paths set. */
  #doubtful(attributes: Map<string, Value>): Set<string> {
    const known = this.#mayLack.get(attributes) ?? new Set();
    this.#mayLack.set(attributes, known);
    return known;
  }

  mayLack(value: Value, name: string): boolean {
    return value.kind === 'instance' && (this.#mayLack.get(value.attributes)?.has(name) ?? false);
  }

  // Calling

  call(callee: Value, positional: readonly Value[], keyword: ReadonlyMap<string, Value> = new Map()): Value {
    switch (callee.kind) {
      case 'unknown':
        if (callee.options !== undefined)
          return this.withEach(callee.options, (option) => this.call(option, positional, keyword));
        this.#noteEscapes([callee, ...positional, ...keyword.values()]);
        return another(callee);
      case 'native': {
        const open = [...positional, ...keyword.values()].find((value) => optionsOf(value) !== null);
        const options = open === undefined ? null : optionsOf(open);
        if (options === null) return this.#callNative(callee, positional, keyword);
        return this.withEach(options, (option) => {
          const chosen = (value: Value): Value => (value === open ? option : value);
          const named = new Map([...keyword].map(([key, value]) => [key, chosen(value)]));
          return this.call(callee, positional.map(chosen), named);
        });
      }
      case 'function':
        this.called.add(callee.definition);
        return callFunction(this, callee, positional, keyword);
      case 'bound': {
        const { self } = callee;
        const inner = (): Value => this.call(callee.callee, [self, ...positional], keyword);
        // A library layer's own operations are placed where the layer was made.
        const layer =
          callee.callee.kind === 'native' &&
          self.kind === 'instance' &&
          self.cls.name.includes('.') &&
          layerCalls.has(callee.callee.name);
        return layer && self.kind === 'instance' ? this.atOrigin(self.origin, inner) : inner();
      }
      case 'class':
        return this.#construct(callee, positional, keyword);
      case 'instance': {
        const method = this.attribute(callee, '__call__');
        if (method === null) throw new PythonError('TypeError', `'${callee.cls.name}' object is not callable`);
        return this.call(method, positional, keyword);
      }
      case 'tuple': {
        const method = methodOf(this, callee, '__call__');
        if (method === null) throw new PythonError('TypeError', "'tuple' object is not callable");
        return this.call(method, positional, keyword);
      }
      default:
        throw new PythonError('TypeError', `'${callee.kind}' object is not callable`);
    }
  }

  #callNative(callee: NativeValue, positional: readonly Value[], keyword: ReadonlyMap<string, Value>): Value {
    return this.#ofOperands([...positional, ...keyword.values()], () =>
      callee.call(this, bind(callee.name, callee.signature, positional, keyword)),
    );
  }

  /** Evaluates an operation, and notes the tensors that it was given where it raises. */
  #ofOperands(operands: readonly Value[], body: () => Value): Value {
    try {
      return body();
    } catch (error) {
      if (error instanceof ShapeError && !this.#refused.has(error)) {
        const [self] = operands;
        const layer = self?.kind === 'instance' && self.cls.name.includes('.') ? self.origin : null;
        this.#refused.set(error, { operands: operands.flatMap(tensorsIn), layer });
      }
      throw error;
    }
  }

  /** Whether the program surely gets to where evaluation stands. */
  #isSure(): boolean {
    return !(
      this.journal.isTrying ||
      this.#supposing ||
      this.#assumption !== null ||
      this.#frames.some(({ isDoubtful }) => isDoubtful) ||
      this.#doubtfulTurns > 0
    );
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
    const before = this.#learned.length;
    try {
      return body();
    } finally {
      this.#frames.pop();
      // What may have returned before it came to a demand tells its caller nothing.
      if (frame.isDoubtful) for (const found of this.#learned.splice(before)) this.deleteName(found, foundName);
    }
  }

  #construct(cls: ClassValue, positional: readonly Value[], keyword: ReadonlyMap<string, Value>): Value {
    this.called.add(cls);
    const make = inClass(cls, '__new__');
    const made = make === null ? this.instantiate(cls) : this.call(make, [cls, ...positional], keyword);
    // What a library makes is made; Python calls `__init__` on what `__new__` of the program gives of the class.
    if (make !== null && (make.kind !== 'function' || made.kind !== 'instance' || made.cls !== cls)) return made;
    if (made.kind !== 'instance') return made;
    const instance = made;
    const init = attributeOf(this, instance, '__init__');
    if (init !== null) this.call(init, positional, keyword);
    if (!this.instances.has(cls)) this.instances.set(cls, instance);
    return instance;
  }

  #noteEscapes(values: readonly Value[]): void {
    for (const node of values.flatMap(tensorsIn)) this.recordEscape(node, 'function');
    for (const value of values) this.#escape(value);
  }

  /** What is not traced may set attributes of the objects that it is given, and of those that they hold. */
  #escape(value: Value): void {
    const items = value.kind === 'tuple' || value.kind === 'list' ? value.items : [];
    for (const item of items) if (item.kind === 'instance') this.#escape(item);
    if (value.kind === 'unknown') this.forgetParts(value);
    if (value.kind !== 'instance' || this.#escaped.has(value)) return;
    this.#escaped.add(value);
    for (const held of value.attributes.values()) this.#escape(held);
  }

  /** An unknown value as one of its own, which has that name where it is a size. */
  identified(value: Unknown, name: string | null): Unknown {
    // What a turn that stands for all makes is another one in each.
    const isOne = !this.#loops.some(({ turn }) => turn === 'any');
    return isOne ? { ...another(value), identity: this.#identity(name) } : another(value);
  }

  #identity(known: string | null): Identity {
    let name = known;
    let size: Dim | null = null;
    return {
      size: () => (size ??= this.freshSize(name ?? 'n')),
      name: (given) => {
        name ??= given;
      },
      label: () => name,
    };
  }

  /** What nobody gives a parameter: more may be learned of it, and of its parts, from what is done with them. */
  given(value: Unknown, name: string): Unknown {
    const given = this.identified(value, name);
    if (given.identity !== undefined) this.#given.add(given.identity);
    return given;
  }

  /** What an operation with whole numbers gives, of which some are not known: a size, if it is taken for one. */
  computed(result: Unknown, size: () => Dim): Unknown {
    return { ...another(result), identity: { size, name: () => {}, label: () => null } };
  }

  /** The same part of the same unknown value: its attribute of that name, its entry. */
  partOf(value: Unknown, key: string, name: string | null): Unknown {
    const { identity } = value;
    if (identity === undefined) return another(value);
    const parts = this.#parts.get(identity) ?? new Map<string, Unknown>();
    this.#parts.set(identity, parts);
    const known = parts.get(key);
    if (known !== undefined) return known;
    const own = this.#identity(name);
    const part: Unknown = { ...another(value), identity: own };
    this.#wholes.set(own, identity);
    if (this.#given.has(identity)) this.#given.add(own);
    parts.set(key, part);
    return part;
  }

  /** What is not traced may have changed an unknown object, and those that it is a part of. */
  forgetParts({ identity }: Unknown): void {
    for (let at = identity; at !== undefined; at = this.#wholes.get(at)) this.#parts.delete(at);
  }

  /** What a value that was not known has been found to be since; or a tensor is whose shape was lost since. */
  knownAs(value: Value): Value {
    if (value.kind === 'tensor') return value.attributes.get(lostShape) ?? value;
    if (value.kind !== 'unknown' || value.identity === undefined) return value;
    const found = this.#found.get(value.identity)?.get(foundName);
    return found?.kind === 'tensor' ? found : value;
  }

  /** Forgets the shape of a tensor, for it was changed in place in a way that is not known. */
  loseShape({ attributes }: TensorValue, why: Unknown): void {
    this.setName(attributes, lostShape, another(why));
  }

  demand(given: Value, sizes: readonly (Dim | string | null)[], family: Family | null): Value {
    const value = this.knownAs(given);
    const identity = value.kind === 'unknown' ? value.identity : undefined;
    // What is computed by something unknown is no input: it hangs on what that was given.
    if (identity === undefined || !this.#given.has(identity)) return value;
    // What comes after may be reached otherwise where what raises is caught, and where a loop has no turn, or is left.
    if (this.#guarded > 0 || this.#loops.length > 0) return value;
    const label = identity.label() ?? 'x';
    const shape = sizes.map((size, axis) =>
      typeof size === 'string' || size === null
        ? (this.#sizeAskedFor(identity, axis) ?? this.freshSize(size ?? `${label}${axis}`))
        : size,
    );
    const node = this.build.input(label, { shape, dtype: 'float32' });
    this.recording.supposed.add(node);
    const made = tensor(node, family ?? this.familyHere());
    const found = this.#found.get(identity) ?? new Map<string, Value>();
    this.#found.set(identity, found);
    this.setName(found, foundName, made);
    this.#learned.push(found);
    return made;
  }

  /** Whose tensors a file works with, as its imports tell: torch's, unless it imports another library and not torch. */
  familyHere(): Family {
    const names = this.#modules.get(this.#file)?.names.values() ?? [];
    const roots = new Set([...names].map(rootOf));
    return (['torch', 'jax', 'tensorflow', 'numpy'] as const).find((family) => roots.has(family)) ?? 'torch';
  }

  /** What `x.shape[axis]` was taken for while nothing else was known of x. */
  #sizeAskedFor(identity: Identity, axis: number): Dim | null {
    const shape = this.#parts.get(identity)?.get('.shape')?.identity;
    const size = shape && this.#parts.get(shape)?.get(`[${axis}]`)?.identity;
    if (size === undefined) return null;
    size.name(`${identity.label() ?? 'x'}${axis}`);
    return size.size();
  }

  mayHave(value: Value): boolean {
    return value.kind === 'instance' && this.#escaped.has(value);
  }

  instantiate(cls: ClassValue): InstanceValue {
    const attributes = new Map<string, Value>();
    this.#owners.set(attributes, cls);
    return { kind: 'instance', cls, attributes, origin: this.origin };
  }

  attribute(value: Value, name: string): Value | null {
    return attributeOf(this, value, name);
  }

  setAttribute(value: Value, name: string, to: Value): void {
    setAttributeOf(this, value, name, to);
  }

  subscript(value: Value, index: Value): Value {
    return this.#ofOperands([value, index], () => subscriptOf(this, value, index));
  }

  items(value: Value): readonly Value[] {
    return itemsOf(this, value);
  }

  iterate(value: Value): Iteration {
    return iterationOf(this, value);
  }

  loopTurn<T>(turn: number | 'any', body: () => T): T {
    return this.inLoop({ file: this.#file, ...this.#range, turn }, turn !== 'any', body);
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

  /** Tries each way from the same state and joins what comes out. */
  either(ways: readonly (() => Value)[]): Value {
    return this.#together(ways.map((way) => this.journal.attempt(way)));
  }

  #together(tried: readonly Tried[]): Value {
    this.settle(tried.map(({ outcome }) => outcome));
    return join(
      this,
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
        taken.push(this.journal.attempt(() => this.guarding(() => body(option))));
      } catch (error) {
        const lost = this.#lostBy(error);
        if (lost !== null) taken.push({ result: { kind: 'unknown', reason: lost }, outcome: new Map() });
        else if (error instanceof ShapeError || error instanceof PythonError) refused.push(error);
        else throw error;
      }
    }
    const [first] = refused;
    if (taken.length === 0 && first !== undefined) throw first;
    return this.#together(taken);
  }

  /** Evaluates what may raise without anything being wrong: the body of a `try`, a way that is not taken. */
  guarding<T>(body: () => T): T {
    this.#guarded++;
    try {
      return body();
    } finally {
      this.#guarded--;
    }
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
        open[0]?.reason ?? (results.length === 0 ? (unknownIn(value)?.reason ?? null) : null),
        open.map(({ outline }) => outline),
      );
      return value;
    } catch (error) {
      const lost = this.#lostBy(error);
      if (lost !== null) record(lost);
      throw error;
    }
  }

  /** Why evaluation could not tell, if it is that. */
  #lostBy(error: unknown): Reason | null {
    if (error instanceof Unknowable) return error.reason ?? { text: error.message, origin: this.origin };
    return error instanceof Undecided ? { text: error.message, origin: this.origin } : null;
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

  explaining<T>(body: () => T, explain: () => Misuse | null): T {
    const from = this.problems.length;
    const raises = ({ kind, misuse }: Problem): boolean => kind !== 'annotation' && misuse === null;
    const isOpen = (): boolean => !this.#probing && this.problems.slice(from).some(raises);
    const explained = (): void => {
      const misuse = isOpen() ? explain() : null;
      if (misuse === null) return;
      const own = this.problems.splice(from);
      this.problems.push(...own.map((problem) => (raises(problem) ? { ...problem, misuse } : problem)));
    };
    try {
      return body();
    } catch (error) {
      const isRefused = error instanceof ShapeError || error instanceof PythonError;
      if (isRefused && !this.#probing && this.#misuseIn(error) === null) {
        const misuse = explain();
        if (misuse !== null) this.#misuses.set(error, misuse);
      }
      throw error;
    } finally {
      explained();
    }
  }

  #misuseIn(error: ShapeError | PythonError): Misuse | null {
    return (error instanceof PythonError ? error.misuse : null) ?? this.#misuses.get(error) ?? null;
  }

  succeeds(body: () => Value): boolean {
    if (this.#probing) return false;
    const noted: readonly unknown[][] = [this.problems, this.derivatives, this.bindings, this.escapes];
    const marks = noted.map(({ length }) => length);
    const [problems] = marks;
    const guarded = this.#guarded;
    this.#guarded = 0;
    this.#probing = true;
    try {
      const { result } = this.journal.attempt(body);
      // What it is not known to give throws here.
      leavesOf(result);
      return this.problems.length === problems;
    } catch (error) {
      if (this.#lostBy(error) !== null || error instanceof ShapeError || error instanceof PythonError) return false;
      throw error;
    } finally {
      this.#guarded = guarded;
      this.#probing = false;
      noted.forEach((list, k) => {
        list.length = marks[k] ?? 0;
      });
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

  /** Notes that what the program states of a shape is not so. */
  noteBreach(kind: 'contract' | 'annotation', type: string, message: string, operands: readonly NodeId[]): void {
    if (this.#guarded > 0) return;
    const isSure = this.#isSure();
    this.problems.push({ origin: this.origin, kind, type, message, operands, layer: null, isSure, misuse: null });
  }

  recordEscape(node: NodeId, into: Escape['into']): void {
    if (into === 'function') this.recording.doubt(node);
    this.escapes.push({ node, into, origin: this.origin });
  }

  recordBinding(name: string, range: Range, value: Value): void {
    this.bindings.push({ file: this.#file, name, range, value, node: value.kind === 'tensor' ? value.node : null });
  }

  /**
   * Evaluates something that Python may refuse. What it surely refuses is noted as a problem; either way the
   * result is then unknown with the reason.
   */
  tolerate(body: () => Value): Value {
    try {
      return body();
    } catch (error) {
      const lost = this.#lostBy(error);
      if (lost !== null) return { kind: 'unknown', reason: lost };
      if (error instanceof ShapeError || error instanceof PythonError) {
        const [kind, type] =
          error instanceof ShapeError ? (['shape', 'RuntimeError'] as const) : (['python', error.type] as const);
        if (this.#guarded === 0) {
          const { operands, layer } = this.#refused.get(error) ?? { operands: [], layer: null };
          const isSure = this.#isSure();
          const { message } = error;
          const misuse = this.#misuseIn(error);
          this.problems.push({ origin: this.origin, kind, type, message, operands, layer, misuse, isSure });
        }
        return this.unknown(`this raises ${type}: ${error.message}`);
      }
      throw error;
    }
  }
}

/** The package that a name was imported from: `jax` for `jnp` and for `grad`; null for what is of no library. */
function rootOf(value: Value): string | null {
  const path =
    value.kind === 'namespace' ? value.path : value.kind === 'native' || value.kind === 'class' ? value.name : '';
  return path.includes('.') || value.kind === 'namespace' ? (path.split('.')[0] ?? null) : null;
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
