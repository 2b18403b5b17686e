import type { Dim } from '../graph/dim.ts';
import { keyOf } from '../library/builtins/keys.ts';
import { PythonError } from '../library/context.ts';
import { declaredMark } from '../library/define.ts';
import {
  type DictValue,
  type FunctionValue,
  int,
  type Scope,
  str,
  tensorsIn,
  tuple,
  type Value,
} from '../library/values.ts';
import type { Arguments, Comment, FunctionDef, Lambda, Parameter, Statement } from '../python/ast.ts';
import { once } from '../python/once.ts';
import { walk } from '../python/traverse.ts';
import { checkAnnotation } from './contracts.ts';
import { declaredValues } from './declared.ts';
import { isDemandedSize } from './demanded.ts';
import { evaluate } from './expressions.ts';
import type { Machine } from './machine.ts';
import { pytestValues } from './pytest.ts';
import { type Frame, returned, runBlock } from './statements.ts';

/** A function value out of a definition, with its defaults evaluated now, as Python does. */
export function makeFunction(
  m: Machine,
  definition: FunctionDef | Lambda,
  scope: Scope,
  owner: FunctionValue['owner'],
): FunctionValue {
  const defaults = new Map<string, Value>();
  for (const parameter of parametersOf(definition.args)) {
    if (parameter.defaultValue !== null) defaults.set(parameter.name, evaluate(m, parameter.defaultValue, scope));
  }
  return {
    kind: 'function',
    name: definition.kind === 'FunctionDef' ? definition.name : '<lambda>',
    definition,
    file: m.file,
    closure: scope,
    defaults,
    owner,
    attributes: new Map(),
  };
}

/** All formal parameters but `*args` and `**kwargs`. */
export function parametersOf(args: Arguments): readonly Parameter[] {
  return [...args.positionalOnly, ...args.args, ...args.keywordOnly];
}

/** Runs a function of the user's own on these arguments. */
export function callFunction(
  m: Machine,
  fn: FunctionValue,
  positional: readonly Value[],
  keyword: ReadonlyMap<string, Value>,
): Value {
  const body = (): Value => run(m, fn, bindParameters(fn, positional, keyword));
  const decorator = fn.attributes.get(decoratorMark);
  const isChanged = decorator?.kind === 'str' && [...positional, ...keyword.values()].some(holdsTensor);
  return isChanged ? m.assuming(`${decorator.value} leaves alone what ${fn.name} is given`, body) : body();
}

/** The attribute of a function that names a decorator of which nothing is known: it may change what it passes on. */
export const decoratorMark = '__decorator__';

function holdsTensor(value: Value): boolean {
  return tensorsIn(value).length > 0;
}

/** Runs a function on what stands for the arguments that nobody gives it. */
export function callOnTrial(m: Machine, fn: FunctionValue, { positional, keyword, others }: TrialArguments): Value {
  m.called.add(fn.definition);
  const names = bindParameters(fn, positional, keyword);
  const { vararg, kwarg } = fn.definition.args;
  if (vararg !== null) names.set(vararg.name, others);
  if (kwarg !== null) names.set(kwarg.name, { kind: 'dict', entries: new Map(), open: true });
  return run(m, fn, names);
}

function run(m: Machine, fn: FunctionValue, names: Map<string, Value>): Value {
  const scope: Scope = { names, parent: fn.closure, kind: 'function', redirected: new Map() };
  m.variables.add(names);
  const isKnown = [...names.values()].every((value) => value.kind !== 'unknown');
  return m.place.inCall(fn.definition, fn.file, isKnown, () => {
    if (fn.definition.kind === 'Lambda') return evaluate(m, fn.definition.body, scope);
    const frame: Frame = {
      scope,
      owner: fn.owner,
      self: firstArgument(fn, names),
      returns: [],
      yields: isGenerator(fn.definition) ? [] : null,
      isDoubtful: false,
    };
    const { body } = fn.definition;
    const { returns } = fn.definition;
    const sizes = checkParameters(m, fn, names);
    if (isStub(fn.definition)) return m.unknown(`${fn.name} is only declared: what it gives is not known`);
    const end = m.inFrame(frame, () => runBlock(m, body, frame));
    if (frame.yields !== null) return { kind: 'list', items: frame.yields, tail: null };
    if (end.kind === 'raise' && frame.returns.length === 0) {
      if (m.refusals.isCaught) throw end.error;
      m.noteRaised(fn.name);
    }
    const value = returned(m, frame, end);
    checkAnnotation(m, returns, value, sizes);
    return value;
  });
}

/** Holds the annotations of parameters against what is given; the sizes that names in them have. */
function checkParameters(
  m: Machine,
  { definition }: FunctionValue,
  names: ReadonlyMap<string, Value>,
): Map<string, Dim> {
  const sizes = new Map<string, Dim>();
  for (const { name, annotation } of parametersOf(definition.args)) {
    const value = names.get(name);
    if (value !== undefined) checkAnnotation(m, annotation, value, sizes);
  }
  return sizes;
}

function firstArgument(fn: FunctionValue, names: ReadonlyMap<string, Value>): Value | null {
  const [first] = parametersOf(fn.definition.args);
  return (first === undefined ? undefined : names.get(first.name)) ?? null;
}

/** Whether a function has no body of its own: `...`, or whatever says no more in an abstract method. */
function isStub({ body, decorators }: FunctionDef): boolean {
  const isAbstract = decorators.some(
    (each) => (each.kind === 'Name' ? each.id : each.kind === 'Attribute' ? each.attr : '') === 'abstractmethod',
  );
  const isConstant = (statement: Statement, type: string): boolean =>
    statement.kind === 'ExprStatement' && statement.value.kind === 'Constant' && statement.value.value.type === type;
  const rest = body.filter((statement) => !isConstant(statement, 'str'));
  return rest.length === 0 || rest.every((statement) => statement.kind === 'Pass')
    ? isAbstract
    : rest.every((statement) => isConstant(statement, 'Ellipsis'));
}

/** Whether calling a function makes a generator. */
export const isGenerator = once((definition: FunctionDef): boolean => {
  for (const statement of definition.body) {
    for (const node of walk(statement)) if (node.kind === 'Yield' || node.kind === 'YieldFrom') return true;
  }
  return false;
});

function bindParameters(
  fn: FunctionValue,
  positional: readonly Value[],
  keyword: ReadonlyMap<string, Value>,
): Map<string, Value> {
  const { args } = fn.definition;
  const names = new Map<string, Value>();
  const slots = [...args.positionalOnly, ...args.args];
  positional.slice(0, slots.length).forEach((value, k) => {
    const slot = slots[k];
    if (slot !== undefined) names.set(slot.name, value);
  });
  const extra = positional.slice(slots.length);
  if (args.vararg !== null) names.set(args.vararg.name, tuple(extra));
  else if (extra.length > 0) {
    throw new PythonError(
      'TypeError',
      `${fn.name}() takes ${slots.length} positional arguments but ${positional.length} were given`,
    );
  }
  const named = new Set([...args.args, ...args.keywordOnly].map((parameter) => parameter.name));
  const others: DictValue = { kind: 'dict', entries: new Map(), open: false };
  for (const [key, value] of keyword) {
    if (named.has(key)) names.set(key, value);
    else if (args.kwarg !== null) others.entries.set(keyOf(str(key)) ?? key, { key: str(key), value });
    else throw new PythonError('TypeError', `${fn.name}() got an unexpected keyword argument '${key}'`);
  }
  if (args.kwarg !== null) names.set(args.kwarg.name, others);
  for (const parameter of parametersOf(args)) {
    if (names.has(parameter.name)) continue;
    const value = fn.defaults.get(parameter.name);
    if (value === undefined)
      throw new PythonError('TypeError', `${fn.name}() is missing the argument '${parameter.name}'`);
    names.set(parameter.name, value);
  }
  return names;
}

/** The arguments for a call that no program makes. */
export interface TrialArguments {
  readonly positional: readonly Value[];
  readonly keyword: ReadonlyMap<string, Value>;
  /** Whether every parameter has a value that the source gives it: a default, what pytest passes, what is declared. */
  readonly isKnown: boolean;
  /** What else may be given, where the function takes any number. */
  readonly others: Value;
  /** Whether something of it only follows from what is said of the parameters. */
  readonly isSupposed: boolean;
}

/** Puts a value in the place of each parameter that nobody gives one. */
export function argumentsForTrial(
  m: Machine,
  fn: FunctionValue,
  given: readonly Value[],
  comments: readonly Comment[],
): TrialArguments {
  const { args } = fn.definition;
  const tested = pytestValues(m, fn);
  const declared = declaredValues(m, fn.definition, comments);
  const ofDecorator = fn.attributes.get(declaredMark);
  const isOpen = args.vararg !== null || args.kwarg !== null;
  let isKnown = !isOpen;
  let isSupposed = isOpen;
  const placeholder = (parameter: Parameter): Value => {
    const value = tested(parameter.name) ?? fn.defaults.get(parameter.name);
    if (value !== null && value !== undefined) return value;
    isSupposed = true;
    const said = declared(parameter);
    if (said !== null) return said;
    isKnown = false;
    if (isDemandedSize(fn, parameter.name)) return int(m.freshSize(parameter.name));
    return m.at(parameter.range, () =>
      m.unknowns.given(
        m.unknown(`nothing in this project is seen to call ${fn.name}, so ${parameter.name} is not known`),
        parameter.name,
      ),
    );
  };
  /** What a decorator says of the parameters behind the given ones. */
  const decorated = (k: number): Value | null => {
    const value = ofDecorator?.kind === 'tuple' ? ofDecorator.items[k - given.length] : undefined;
    if (value === undefined || value.kind === 'none') return null;
    isSupposed = true;
    return value;
  };
  const positional = [...args.positionalOnly, ...args.args].map(
    (parameter, k) => given[k] ?? decorated(k) ?? placeholder(parameter),
  );
  const keyword = new Map(args.keywordOnly.map((parameter) => [parameter.name, placeholder(parameter)]));
  const others = m.unknown(`nothing in this project is seen to call ${fn.name}, so what it is given is not known`);
  return { positional, keyword, others, isKnown, isSupposed };
}
