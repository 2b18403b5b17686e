import { uniformValue } from '../../../graph/dependence.ts';
import { type Graph, type NodeId, nodeAt } from '../../../graph/graph.ts';
import type { Initializer } from '../../../graph/primitives/leaves.ts';
import type { Shape } from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import { keyOf } from '../../builtins/keys.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { libraryClass, native } from '../../define.ts';
import {
  bool,
  type ClassValue,
  type InstanceValue,
  list,
  type NativeValue,
  none,
  str,
  type TensorValue,
  tensor,
  tuple,
  type Value,
} from '../../values.ts';

/** torch.nn.Module (https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html). */

export type ModuleSelf = InstanceValue;

/** On tensors that are weights of a module. */
const parameterMark = '_is_param';

/** The instance that a method was called on. */
export function self(args: Args): ModuleSelf {
  const value = args.value('self');
  if (value.kind === 'instance') return value;
  throw new PythonError('TypeError', 'a module is wanted');
}

/** A new weight of the module, drawn as the library does it. */
export function setParameter(cx: Context, module: ModuleSelf, name: string, shape: Shape, init: Initializer): void {
  const weight = tensor(cx.build.parameter(name, shape, init));
  weight.attributes.set('requires_grad', bool(true));
  weight.attributes.set(parameterMark, bool(true));
  cx.setAttribute(module, name, weight);
}

/** A weight of the module; null where it has none of that name, or None. */
export function optionalWeight(cx: Context, module: ModuleSelf, name: string): NodeId | null {
  const value = cx.attribute(module, name);
  if (value?.kind === 'unknown') throw new Unknowable(value.reason.text, value.reason);
  return value?.kind === 'tensor' ? value.node : null;
}

/** Whether the module is in training mode (`train()`, the default) or not (`eval()`). Throws Unknowable if that is not known. */
export function isTraining(cx: Context, module: ModuleSelf): boolean {
  const training = cx.attribute(module, 'training');
  if (training?.kind === 'bool' && training.value !== null) return training.value;
  throw new Unknowable('whether the module is in training mode is not known');
}

/** The module and all modules below it. */
function modulesOf(module: Value, seen = new Set<Value>()): readonly InstanceValue[] {
  if (seen.has(module)) return [];
  seen.add(module);
  if (module.kind !== 'instance') return [];
  return [
    module,
    ...[...module.attributes.values()].flatMap((child) => (isModule(child) ? modulesOf(child, seen) : [])),
  ];
}

/** Whether the value is an instance of a class that descends from torch.nn.Module. */
export function isModule(value: Value): value is InstanceValue {
  const descends = (cls: ClassValue): boolean =>
    cls === moduleClass || cls.bases.some((base) => base.kind === 'class' && descends(base));
  return value.kind === 'instance' && descends(value.cls);
}

function setMode(cx: Context, args: Args, training: boolean): Value {
  for (const module of modulesOf(self(args))) cx.setAttribute(module, 'training', bool(training));
  return self(args);
}

/** The weights of a module and those below it, each once, by the names that `state_dict` has. */
function weightsOf(module: InstanceValue, prefix = '', seen = new Set<Value>()): readonly (readonly [string, Value])[] {
  return [...module.attributes].flatMap(([name, value]): (readonly [string, Value])[] => {
    if (seen.has(value)) return [];
    if (value.kind === 'tensor' && isTrained(value)) {
      seen.add(value);
      return [[`${prefix}${name}`, value]];
    }
    if (!isModule(value)) return [];
    seen.add(value);
    return [...weightsOf(value, `${prefix}${name}.`, seen)];
  });
}

function isTrained(value: TensorValue): boolean {
  return value.attributes.get(parameterMark) !== undefined;
}

function childrenOf(module: InstanceValue): readonly (readonly [string, InstanceValue])[] {
  return [...module.attributes].flatMap(([name, value]) => (isModule(value) ? [[name, value] as const] : []));
}

/** The module and those below it, with the names that `named_modules` gives them. */
function namedModules(
  module: InstanceValue,
  name = '',
  seen = new Set<Value>(),
): readonly (readonly [string, Value])[] {
  if (seen.has(module)) return [];
  seen.add(module);
  return [
    [name, module],
    ...childrenOf(module).flatMap(([own, child]) => namedModules(child, name === '' ? own : `${name}.${own}`, seen)),
  ];
}

function pairs(entries: readonly (readonly [string, Value])[]): Value {
  return list(entries.map(([name, value]) => tuple([str(name), value])));
}

function values(entries: readonly (readonly [string, Value])[]): Value {
  return list(entries.map(([, value]) => value));
}

function dictOf(entries: readonly (readonly [string, Value])[]): Value {
  return {
    kind: 'dict',
    open: false,
    entries: new Map(entries.map(([name, value]) => [keyOf(str(name)) ?? name, { key: str(name), value }])),
  };
}

/** The module itself: what moves it between devices or changes nothing that is followed here. */
const itself = (name: string): NativeValue => native(name, '(self, *args, **kwargs)', (_cx, args) => self(args));
const nothing = (name: string): NativeValue => native(name, '(self, *args, **kwargs)', () => none);

/** The module or weight at a dotted path below a module. */
function descend(cx: Context, args: Args): Value {
  const path = args.string('target');
  return path
    .split('.')
    .filter((part) => part !== '')
    .reduce<Value>((at, name) => cx.attribute(at, name) ?? cx.unknown(`there is no ${path} in the module`), self(args));
}

export const moduleClass: ClassValue = libraryClass(
  'torch.nn.Module',
  [],
  [
    native('__init__', '(self, *args, **kwargs)', () => none),
    native('__call__', '(self, *args, **kwargs)', (cx, args) => {
      const forward = cx.attribute(self(args), 'forward');
      if (forward === null) throw new PythonError('NotImplementedError', `${self(args).cls.name} has no forward`);
      return cx.call(forward, args.rest, args.keywords);
    }),
    native('train', '(self, mode=True)', (cx, args) => setMode(cx, args, args.bool('mode', true))),
    native('eval', '(self)', (cx, args) => setMode(cx, args, false)),
    native('parameters', '(self, recurse=True)', (_cx, args) => values(weightsOf(self(args)))),
    native('named_parameters', "(self, prefix='', recurse=True, remove_duplicate=True)", (_cx, args) =>
      pairs(weightsOf(self(args))),
    ),
    native('state_dict', '(self, *args, **kwargs)', (_cx, args) => dictOf(weightsOf(self(args)))),
    native('children', '(self)', (_cx, args) => values(childrenOf(self(args)))),
    native('named_children', '(self)', (_cx, args) => pairs(childrenOf(self(args)))),
    native('modules', '(self)', (_cx, args) => values(namedModules(self(args)))),
    native('named_modules', "(self, memo=None, prefix='', remove_duplicate=True)", (_cx, args) =>
      pairs(namedModules(self(args))),
    ),
    native('register_buffer', '(self, name, tensor|value, persistent=True)', (cx, args) => {
      cx.setAttribute(self(args), args.string('name'), args.optional('tensor') ?? none);
      return none;
    }),
    native('register_parameter', '(self, name, param|value)', (cx, args) => {
      cx.setAttribute(self(args), args.string('name'), args.optional('param') ?? none);
      return none;
    }),
    native('add_module', '(self, name, module|value)', (cx, args) => {
      cx.setAttribute(self(args), args.string('name'), args.optional('module') ?? none);
      return none;
    }),
    native('get_submodule', '(self, target)', descend),
    native('get_parameter', '(self, target)', descend),
    native('apply', '(self, fn)', (_cx, args) => self(args)),
    ...['to', 'cuda', 'cpu', 'float', 'half', 'bfloat16', 'requires_grad_', 'share_memory', 'compile'].map(itself),
    ...['zero_grad', 'load_state_dict', 'extra_repr', 'register_forward_hook', 'register_full_backward_hook'].map(
      nothing,
    ),
  ],
  new Map([['training', bool(true)]]),
);

/** A weight out of a tensor: where its values are drawn or all the same, a weight that starts so. */
export function asParameter(cx: Context, given: TensorValue, trained: boolean): TensorValue {
  const { build } = cx;
  const init = initializerOf(build, given.node);
  const { shape, dtype } = build.aval(given.node);
  const weight = tensor(init === null ? given.node : build.parameter('parameter', shape, init, dtype));
  weight.attributes.set('requires_grad', bool(trained));
  weight.attributes.set(parameterMark, bool(true));
  return weight;
}

/** How values are drawn that come from a distribution, by itself or times a number; null for any others. */
function initializerOf(graph: Graph, id: NodeId): Initializer | null {
  const { op, operands } = nodeAt(graph, id);
  const [a, b] = operands;
  switch (op.name) {
    case 'random':
      return op.params.distribution;
    case 'full':
      return { kind: 'full', value: op.params.value };
    case 'reshape':
    case 'transpose':
      return a === undefined ? null : initializerOf(graph, a);
    case 'mul':
    case 'div': {
      if (a === undefined || b === undefined) return null;
      const factor = uniformValue(graph, b);
      const drawn = initializerOf(graph, a);
      if (factor === null || drawn === null) return null;
      return scaledInit(drawn, op.name === 'mul' ? factor : 1 / factor);
    }
    default:
      return null;
  }
}

function scaledInit(init: Initializer, factor: number): Initializer | null {
  switch (init.kind) {
    case 'full':
      return { kind: 'full', value: init.value * factor };
    case 'normal':
      return { kind: 'normal', mean: init.mean * factor, std: init.std * Math.abs(factor) };
    case 'uniform': {
      const [x, y] = [init.low * factor, init.high * factor];
      return { kind: 'uniform', low: Math.min(x, y), high: Math.max(x, y) };
    }
    case 'integers':
    case 'permutation':
      return null;
  }
}

const parameter = (name: string): NativeValue =>
  native(name, '(data=None, requires_grad=True)', (cx, args) =>
    asParameter(cx, args.tensorValue('data'), args.bool('requires_grad', true)),
  );

export const modules: readonly (ClassValue | NativeValue)[] = [
  moduleClass,
  parameter('torch.nn.Parameter'),
  parameter('torch.nn.parameter.Parameter'),
  native('torch.nn.Buffer', '(data=None, *, persistent=True)', (_cx, args) => args.tensorValue('data')),
];
