import { GraphTooLarge } from '../graph/builder.ts';
import type { Graph } from '../graph/graph.ts';
import type { Library } from '../library/define.ts';
import { type FunctionValue, type ModuleValue, type Scope, str, tensorsIn, type Value } from '../library/values.ts';
import type { Comment, Module } from '../python/ast.ts';
import { argumentsForTrial } from './functions.ts';
import { type Binding, type Escape, Machine, type Problem, Stopped, type TracedDerivative } from './machine.ts';
import { runBlock } from './statements.ts';

export type { Binding, Escape, Problem, TracedDerivative } from './machine.ts';

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

export interface TraceOptions {
  readonly library: Library;
  /** The syntax of the module of that dotted name, as seen from a file; null where there is none. */
  readonly findModule: (name: string, from: string) => { readonly file: string; readonly module: Module } | null;
  readonly aborted?: () => boolean;
  readonly budget?: number;
}

/** Steps of a whole analysis: a few seconds. */
const mostSteps = 600_000;

/** Functions that nobody calls are tried by themselves, as long as there are not too many and each is soon done. */
const mostTrials = 400;
const mostTrialSteps = 40_000;

/** Runs a module on abstract values: top to bottom as a script, then each function that nothing called. */
export function trace(file: string, module: Module, options: TraceOptions): Trace {
  const loaded = new Map<string, ModuleValue>();
  const machine = new Machine({
    file,
    library: options.library,
    budget: options.budget ?? mostSteps,
    aborted: options.aborted ?? (() => false),
    importModule: (m, name, from) => {
      const found = options.findModule(name, from);
      if (found === null) return null;
      const before = loaded.get(found.file);
      // A module that is being imported already is seen as far as it has come, as in Python.
      if (before !== undefined) return before;
      const value: ModuleValue = { kind: 'module', name, scope: moduleScope(name.replace(/^\.+/, '')) };
      loaded.set(found.file, value);
      m.inFile(found.file, () => runModule(m, found.module, value.scope));
      return value;
    },
  });
  const scope = moduleScope('__main__');
  loaded.set(file, { kind: 'module', name: '__main__', scope });
  let stopped: string | null = null;
  try {
    runModule(machine, module, scope);
    tryUncalled(machine, file, module.comments);
  } catch (error) {
    if (error instanceof Stopped || error instanceof GraphTooLarge) stopped = error.message;
    else if (error instanceof RangeError && /call stack/.test(error.message)) stopped = 'the program nests too deeply';
    else throw error;
  }
  const { derivatives, bindings, problems, escapes, notes } = machine;
  return { graph: machine.build, derivatives, bindings, problems, escapes, notes, stopped, machine };
}

function moduleScope(name: string): Scope {
  return { names: new Map([['__name__', str(name)]]), parent: null, kind: 'module', redirected: new Map() };
}

function runModule(m: Machine, module: Module, scope: Scope): void {
  runBlock(m, module.body, { scope, owner: null, self: null, returns: [], yields: null });
}

/** Runs what nothing in the file calls: on defaults, and on unknown values for the rest. */
function tryUncalled(m: Machine, file: string, comments: readonly Comment[]): void {
  const tried = new Set<object>();
  const instances = new Map<Value, Value>();
  for (let k = 0; k < m.defined.length && tried.size < mostTrials; k++) {
    const entry = m.defined[k];
    if (entry === undefined) break;
    const { fn, method } = entry;
    if (fn.file !== file || m.called.has(fn.definition) || tried.has(fn.definition)) continue;
    tried.add(fn.definition);
    const isDone = m.within(mostTrialSteps, () => {
      m.tolerate(() => {
        const self = method && fn.owner !== null ? [instanceFor(m, fn.owner, instances, comments)] : [];
        const { positional, keyword } = argumentsForTrial(m, fn, self, comments);
        const result = m.call(fn, positional, keyword);
        for (const node of tensorsIn(result)) m.recordEscape(node, 'caller');
        return result;
      });
    });
    if (!isDone) m.notes.push(`${fn.name} is not analysed to its end: it takes too many steps`);
  }
}

/** Some instance of a class: one that the program made, or one made from defaults. */
function instanceFor(
  m: Machine,
  cls: NonNullable<FunctionValue['owner']>,
  instances: Map<Value, Value>,
  comments: readonly Comment[],
): Value {
  const known = m.instances.get(cls) ?? instances.get(cls);
  if (known !== undefined) return known;
  const instance = m.instantiate(cls);
  instances.set(cls, instance);
  const init = m.attribute(instance, '__init__');
  if (init?.kind === 'bound' && init.callee.kind === 'function') {
    const { positional, keyword } = argumentsForTrial(m, init.callee, [instance], comments);
    const callee = init.callee;
    m.tolerate(() => m.call(callee, positional, keyword));
  } else if (init !== null && init.kind !== 'unknown') {
    m.tolerate(() => m.call(init, []));
  }
  return instance;
}
