import { GraphTooLarge } from '../graph/builder.ts';
import type { Graph } from '../graph/graph.ts';
import type { Library } from '../library/define.ts';
import {
  type ClassValue,
  type FunctionValue,
  type ModuleValue,
  none,
  type Scope,
  str,
  tensorsIn,
  type Value,
} from '../library/values.ts';
import type { Comment, Module } from '../python/ast.ts';
import { Stopped } from './budget.ts';
import { argumentsForTrial, callOnTrial } from './functions.ts';
import { Machine } from './machine.ts';
import { descendsFrom } from './objects.ts';
import { isToFail } from './pytest.ts';
import type { Binding, Escape, Problem, TracedDerivative } from './records.ts';
import { type Frame, runBlock } from './statements.ts';

export type { Binding, Escape, Problem, TracedDerivative } from './records.ts';

/** What came of running a file on abstract values. */
export interface Trace {
  readonly graph: Graph;
  readonly derivatives: readonly TracedDerivative[];
  readonly bindings: readonly Binding[];
  readonly problems: readonly Problem[];
  readonly escapes: readonly Escape[];
  /** Limits that were hit, for the log. */
  readonly notes: readonly string[];
  /** Why the analysis stopped early, or null. */
  readonly stopped: string | null;
  /** Calls a function value on new inputs in the same graph, for those who want a region of it. */
  readonly machine: Machine;
}

/** A file of the project with its syntax. */
export interface FoundModule {
  readonly file: string;
  readonly module: Module;
}

export interface TraceOptions {
  readonly library: Library;
  /** The module of that dotted name, as seen from a file; null where there is none. */
  readonly findModule: (name: string, from: string) => FoundModule | null;
  /** Files that may call what the module defines, of whose top level these are names; the likeliest first. */
  readonly callers?: (names: readonly string[]) => Iterable<FoundModule>;
  readonly aborted?: () => boolean;
  readonly budget?: number;
}

/** Steps of a whole analysis: a few seconds. */
const mostSteps = 600_000;

/** Functions that nobody calls are tried by themselves, as long as there are not too many and each is soon done. */
const mostTrials = 400;
const mostTrialSteps = 40_000;

/** Files that import the module are run for the calls that they make: so many steps together, and each. */
const mostCallersSteps = 120_000;
const mostCallerSteps = 30_000;

/**
 * Runs a module on abstract values: top to bottom as a script; then, for the functions that nothing has called yet, the
 * files of the project that import it; then what is still left by itself.
 */
export function trace(file: string, module: Module, options: TraceOptions): Trace {
  const loaded = new Map<string, ModuleValue>();
  const load = (m: Machine, found: FoundModule, name: string): ModuleValue => {
    const before = loaded.get(found.file);
    // A module that is being imported already is seen as far as it has come, as in Python.
    if (before !== undefined) return before;
    const value: ModuleValue = { kind: 'module', name, scope: moduleScope(name.replace(/^\.+/, '')) };
    loaded.set(found.file, value);
    m.place.inFile(found.file, () => runModule(m, found.module, value.scope));
    return value;
  };
  const machine = new Machine({
    file,
    library: options.library,
    budget: options.budget ?? mostSteps,
    aborted: options.aborted ?? (() => false),
    importModule: (m, name, from) => {
      const found = options.findModule(name, from);
      if (found === null) return null;
      // Python enters the packages around a module first. Those around the file itself wait until it asks for them.
      for (const around of packagesAround(name)) {
        const outer = options.findModule(around, from);
        if (outer !== null && !isAround(outer.file, file)) load(m, outer, around);
      }
      return load(m, found, name);
    },
  });
  const scope = moduleScope('__main__');
  loaded.set(file, { kind: 'module', name: '__main__', scope });
  let stopped: string | null = null;
  try {
    runModule(machine, module, scope);
    runCallers(machine, file, options);
    tryUncalled(machine, file, module.comments, 'any');
  } catch (error) {
    if (error instanceof Stopped || error instanceof GraphTooLarge) stopped = error.message;
    else if (error instanceof RangeError && /call stack/.test(error.message)) stopped = 'the program nests too deeply';
    else if (error instanceof RangeError && /^Invalid (array|string) length$/.test(error.message))
      stopped = 'a value grows too large';
    else throw error;
  }
  const { derivatives, bindings, escapes, notes } = machine;
  const { problems } = machine.refusals;
  return { graph: machine.build, derivatives, bindings, problems, escapes, notes, stopped, machine };
}

/** `a` and `a.b` of `a.b.c`. */
function packagesAround(name: string): readonly string[] {
  return [...name.matchAll(/(?<=\w)\./g)].map(({ index }) => name.slice(0, index));
}

/** Whether a package's file is that of a package which a file is in. */
function isAround(packageFile: string, file: string): boolean {
  return file.startsWith(packageFile.replace(/__init__\.py$/, ''));
}

function moduleScope(name: string): Scope {
  return { names: new Map([['__name__', str(name)]]), parent: null, kind: 'module', redirected: new Map() };
}

function runModule(m: Machine, module: Module, scope: Scope): void {
  const frame: Frame = { scope, owner: null, self: null, returns: [], yields: null, isDoubtful: false };
  m.load(scope, () => m.inFrame(frame, () => runBlock(m, module.body, frame)));
}

/** The functions of a file that nothing has called. */
function* uncalled(m: Machine, file: string): Generator<Machine['defined'][number]> {
  for (const entry of m.defined) {
    if (entry.fn.file === file && !m.called.has(entry.fn.definition)) yield entry;
  }
}

/** The same, but behind all others those that a library calls for a derivative: which of them, and with what, others tell. */
function* rulesLast(m: Machine, file: string): Generator<Machine['defined'][number]> {
  const isRule = ({ owner, definition }: FunctionValue): boolean =>
    m.expected.has(definition) || (owner !== null && descendsFrom(owner, 'torch.autograd.Function'));
  for (const entry of uncalled(m, file)) if (!isRule(entry.fn)) yield entry;
  yield* uncalled(m, file);
}

/** Runs files that import this one, as scripts and their tests, until everything in it was called. */
function runCallers(m: Machine, file: string, options: TraceOptions): void {
  const names = new Set([...uncalled(m, file)].map(({ fn, method }) => (method ? fn.owner?.name : null) ?? fn.name));
  if (names.size === 0) return;
  m.budget.within(mostCallersSteps, () => {
    for (const caller of options.callers?.([...names]) ?? []) {
      if (uncalled(m, file).next().done === true) return;
      m.budget.within(mostCallerSteps, () => {
        m.place.inFile(caller.file, () => {
          runModule(m, caller.module, moduleScope('__main__'));
          tryUncalled(m, caller.file, caller.module.comments, 'known');
        });
      });
    }
  });
}

/**
 * Runs what nothing has called: on defaults, on what is declared, and on unknown values for the rest.
 * @param which whether to run a function where that leaves an argument unknown
 */
function tryUncalled(m: Machine, file: string, comments: readonly Comment[], which: 'any' | 'known'): void {
  const tried = new Set<object>();
  const instances = new Map<Value, Value>();
  for (const { fn, method } of rulesLast(m, file)) {
    if (tried.has(fn.definition)) continue;
    if (tried.size === mostTrials) break;
    tried.add(fn.definition);
    const isDone = m.budget.within(mostTrialSteps, () => {
      m.tolerate(() => {
        const expected = m.expected.get(fn.definition);
        const given = expected?.given?.() ?? null;
        if (expected !== undefined && given !== null) return m.supposing(() => m.call(expected.callee, given));
        const self = method && fn.owner !== null ? receiver(m, fn, fn.owner, instances, comments) : [];
        const trial = argumentsForTrial(m, fn, self, comments);
        if (!trial.isKnown && which === 'known') return none;
        const run = (): Value => callOnTrial(m, fn, trial);
        const call = (): Value => (isToFail(fn) ? m.guarding(run) : run());
        const result = trial.isSupposed || self.length > 0 ? m.supposing(call) : call();
        for (const node of tensorsIn(result)) m.recordEscape(node, 'caller');
        return result;
      });
    });
    if (!isDone && which === 'any') m.notes.push(`${fn.name} is not analysed to its end: it takes too many steps`);
  }
}

/** What a method is called on: an instance of its class, the class, or nothing. */
function receiver(
  m: Machine,
  { definition }: FunctionValue,
  owner: ClassValue,
  instances: Map<Value, Value>,
  comments: readonly Comment[],
): readonly Value[] {
  const decorators = definition.kind === 'Lambda' ? [] : definition.decorators;
  const isDecorated = (name: string): boolean => decorators.some((each) => each.kind === 'Name' && each.id === name);
  if (isDecorated('staticmethod')) return [];
  return [isDecorated('classmethod') ? owner : instanceFor(m, owner, instances, comments)];
}

/** Some instance of a class: one that the program made, or one made from defaults. */
function instanceFor(m: Machine, cls: ClassValue, instances: Map<Value, Value>, comments: readonly Comment[]): Value {
  const known = m.instances.get(cls) ?? instances.get(cls);
  if (known !== undefined) return known;
  const instance = m.instantiate(cls);
  m.supposed.add(instance);
  instances.set(cls, instance);
  const init = m.attribute(instance, '__init__');
  if (init?.kind === 'bound' && init.callee.kind === 'function') {
    const { callee } = init;
    m.tolerate(() => callOnTrial(m, callee, argumentsForTrial(m, callee, [instance], comments)));
  } else if (init !== null && init.kind !== 'unknown') {
    m.tolerate(() => m.call(init, []));
  }
  return instance;
}
