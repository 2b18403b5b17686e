import { uniformValue } from '../../../graph/dependence.ts';
import { type Graph, type NodeId, nodeAt } from '../../../graph/graph.ts';
import type { Initializer } from '../../../graph/primitives/leaves.ts';
import { type DType, isFloating, type Shape } from '../../../graph/shape.ts';
import { type Args, asDType } from '../../arguments.ts';
import { keyOf } from '../../builtins/keys.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { libraryClass, native, property } from '../../define.ts';
import { setRequiresGrad } from '../../recording.ts';
import {
  bool,
  type ClassValue,
  type DictValue,
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
import { resetGrads } from '../backward.ts';
import { callWithHooks, hookMethods } from './hooks.ts';

/** torch.nn.Module (https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html). */

export type ModuleSelf = InstanceValue;

/** On tensors that are weights of a module. */
const parameterMark = '_is_param';
/** On tensors that are a module's state without being trained. */
const bufferMark = '_is_buffer';
/** On modules whose weights are computed from others, which are not followed. */
const computedMark = '_has_computed_weights';

type Named<V extends Value = Value> = readonly (readonly [name: string, value: V])[];

/** The instance that a method was called on. */
export function self(args: Args): ModuleSelf {
  const value = args.value('self');
  if (value.kind === 'instance') return value;
  throw new PythonError('TypeError', 'a module is wanted');
}

/** A new weight of the module, drawn as the library does it. */
export function setParameter(
  cx: Context,
  module: ModuleSelf,
  name: string,
  shape: Shape,
  init: Initializer,
  dtype: DType = 'float32',
): TensorValue {
  const weight = tensor(cx.build.parameter(name, shape, init, dtype));
  setRequiresGrad(cx, weight, bool(true));
  weight.attributes.set(parameterMark, bool(true));
  cx.setAttribute(module, name, weight);
  return weight;
}

/** State of the module that is not trained. */
export function setBuffer(cx: Context, module: ModuleSelf, name: string, buffer: TensorValue): void {
  cx.setName(buffer.attributes, bufferMark, bool(true));
  cx.setAttribute(module, name, buffer);
}

/** Notes that a weight of the module is computed from others (`weight_norm`), so that its list of weights is another. */
export function markComputed(cx: Context, module: ModuleSelf): void {
  cx.setAttribute(module, computedMark, bool(true));
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

/** Whether the value is an instance of a class that descends from torch.nn.Module. */
export function isModule(value: Value): value is InstanceValue {
  const descends = (cls: ClassValue): boolean =>
    cls === moduleClass || cls.bases.some((base) => base.kind === 'class' && descends(base));
  return value.kind === 'instance' && descends(value.cls);
}

/** Whether the tensor is a weight of a module, or made to be one. */
export function isParameter(value: TensorValue): boolean {
  return value.attributes.has(parameterMark);
}

function childrenOf(module: InstanceValue): Named<InstanceValue> {
  const seen = new Set<Value>();
  return [...module.attributes].flatMap(([name, value]) => {
    if (!isModule(value) || seen.has(value)) return [];
    seen.add(value);
    return [[name, value] as const];
  });
}

/** The module and those below it, each once, with the names that `named_modules` gives them. */
export function namedModules(module: InstanceValue, name = '', seen = new Set<Value>()): Named<InstanceValue> {
  if (seen.has(module)) return [];
  seen.add(module);
  return [
    [name, module],
    ...[...module.attributes].flatMap(([own, child]) =>
      isModule(child) ? namedModules(child, dotted(name, own), seen) : [],
    ),
  ];
}

function dotted(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}

/** The tensors with a mark in a module and, if wanted, those below it: each once, by the names that `state_dict` has. */
function marked(module: InstanceValue, mark: string, prefix = '', recurse = true): Named<TensorValue> {
  const seen = new Set<Value>();
  const within = recurse ? namedModules(module, prefix) : ([[prefix, module]] as const);
  return within.flatMap(([path, at]) => {
    if (mark === parameterMark && at.attributes.has(computedMark))
      throw new Unknowable('the weights of a parametrized module are not followed');
    return [...at.attributes].flatMap(([name, value]): Named<TensorValue> => {
      if (value.kind !== 'tensor' || !value.attributes.has(mark) || seen.has(value)) return [];
      seen.add(value);
      return [[dotted(path, name), value]];
    });
  });
}

export function parametersOf(module: InstanceValue, prefix = '', recurse = true): Named<TensorValue> {
  return marked(module, parameterMark, prefix, recurse);
}

export function buffersOf(module: InstanceValue, prefix = '', recurse = true): Named<TensorValue> {
  return marked(module, bufferMark, prefix, recurse);
}

/** Parameters and buffers, module after module. */
function stateOf(module: InstanceValue, prefix: string): Named<TensorValue> {
  return namedModules(module).flatMap(([path, at]) => {
    const named = path === '' ? prefix : `${prefix}${path}.`;
    return [...parametersOf(at, '', false), ...buffersOf(at, '', false)].map(
      ([name, value]) => [`${named}${name}`, value] as const,
    );
  });
}

function pairs(entries: Named): Value {
  return list(entries.map(([name, value]) => tuple([str(name), value])));
}

function values(entries: Named): Value {
  return list(entries.map(([, value]) => value));
}

export function dictOf(entries: Named): DictValue {
  return {
    kind: 'dict',
    open: false,
    entries: new Map(entries.map(([name, value]) => [keyOf(str(name)) ?? name, { key: str(name), value }])),
  };
}

function setMode(cx: Context, args: Args, training: boolean): Value {
  for (const [, module] of namedModules(self(args))) cx.setAttribute(module, 'training', bool(training));
  return self(args);
}

/** Gives all floating point weights and buffers another type. */
function convertWeights(cx: Context, module: InstanceValue, dtype: DType): void {
  const weights = namedModules(module).flatMap(([, each]) => [...each.attributes.values()]);
  for (const weight of new Set(weights)) {
    if (weight.kind !== 'tensor') continue;
    const { op, aval } = nodeAt(cx.build, weight.node);
    if (!isFloating(aval.dtype) || aval.dtype === dtype) continue;
    const converted =
      op.name === 'parameter'
        ? cx.build.parameter(op.params.name, aval.shape, op.params.init, dtype)
        : cx.build.convert(weight.node, dtype);
    cx.assignInPlace(weight, converted);
  }
}

/** `module._modules` and its like: the attributes of one kind, as a dict that writes them. */
function ownDict(name: string, pick: (module: InstanceValue) => Named): readonly [string, Value] {
  const read = native(name, '(self)', (_cx, args) => ({ ...dictOf(pick(self(args))), of: self(args) }));
  return [name, property(read)];
}

/** The module itself, moved to a device or made to share memory, which changes nothing that is followed here. */
const itself = (name: string): NativeValue => native(name, '(self, *args, **kwargs)', (_cx, args) => self(args));
const nothing = (name: string): NativeValue => native(name, '(self, *args, **kwargs)', () => none);

const conversions: Readonly<Record<string, DType>> = {
  float: 'float32',
  double: 'float64',
  half: 'float16',
  bfloat16: 'bfloat16',
};

/** `to(device, dtype)`, in any order, and `type(dtype)`. */
function to(cx: Context, args: Args): Value {
  const module = self(args);
  for (const value of [...args.rest, ...args.keywords.values()]) {
    const dtype = value.kind === 'tensor' ? cx.build.aval(value.node).dtype : asDType(value);
    if (dtype !== null) convertWeights(cx, module, dtype);
  }
  return module;
}

/** Something of a module by its name, through dots: a module, a weight, a buffer. */
export function descend(cx: Context, module: InstanceValue, path: string): Value {
  return path
    .split('.')
    .filter((part) => part !== '')
    .reduce<Value>((at, name) => {
      const found = cx.attribute(at, name);
      if (found === null) throw new PythonError('AttributeError', `the module has no ${path}`);
      return found;
    }, module);
}

const named = (name: string): NativeValue =>
  native(name, '(self, target)', (cx, args) => descend(cx, self(args), args.string('target')));

const setting = (name: string, parameters: string, key: string): NativeValue =>
  native(name, parameters, (cx, args) => {
    cx.setAttribute(self(args), args.string('name'), args.optional(key) ?? none);
    return none;
  });

export const moduleClass: ClassValue = libraryClass(
  'torch.nn.Module',
  [],
  [
    native('__init__', '(self, *args, **kwargs)', () => none),
    native('__call__', '(self, *args, **kwargs)', (cx, args) => {
      const forward = cx.attribute(self(args), 'forward');
      if (forward === null) throw new PythonError('NotImplementedError', `${self(args).cls.name} has no forward`);
      return callWithHooks(cx, self(args), forward, args.rest, args.keywords);
    }),
    native('train', '(self, mode=True)', (cx, args) => setMode(cx, args, args.bool('mode', true))),
    native('eval', '(self)', (cx, args) => setMode(cx, args, false)),
    native('parameters', '(self, recurse=True)', (_cx, args) =>
      values(parametersOf(self(args), '', args.bool('recurse', true))),
    ),
    native('buffers', '(self, recurse=True)', (_cx, args) =>
      values(buffersOf(self(args), '', args.bool('recurse', true))),
    ),
    native('named_parameters', "(self, prefix='', recurse=True, remove_duplicate=True)", (_cx, args) =>
      pairs(parametersOf(self(args), args.string('prefix', ''), args.bool('recurse', true))),
    ),
    native('named_buffers', "(self, prefix='', recurse=True, remove_duplicate=True)", (_cx, args) =>
      pairs(buffersOf(self(args), args.string('prefix', ''), args.bool('recurse', true))),
    ),
    native('state_dict', "(self, *args, destination=None, prefix='', keep_vars=False)", (_cx, args) =>
      dictOf(stateOf(self(args), args.string('prefix', ''))),
    ),
    native('load_state_dict', '(self, state_dict, strict=True, assign=False)', () =>
      tuple([list([]), list([])], ['missing_keys', 'unexpected_keys']),
    ),
    native('children', '(self)', (_cx, args) => values(childrenOf(self(args)))),
    native('named_children', '(self)', (_cx, args) => pairs(childrenOf(self(args)))),
    native('modules', '(self)', (_cx, args) => values(namedModules(self(args)))),
    native('named_modules', "(self, memo=None, prefix='', remove_duplicate=True)", (_cx, args) =>
      pairs(namedModules(self(args), args.string('prefix', ''))),
    ),
    native('register_buffer', '(self, name, tensor|value, persistent=True)', (cx, args) => {
      const value = args.optional('tensor') ?? none;
      if (value.kind === 'tensor') setBuffer(cx, self(args), args.string('name'), value);
      else cx.setAttribute(self(args), args.string('name'), value);
      return none;
    }),
    setting('register_parameter', '(self, name, param|value)', 'param'),
    setting('add_module', '(self, name, module|value)', 'module'),
    setting('register_module', '(self, name, module|value)', 'module'),
    ...['get_submodule', 'get_parameter', 'get_buffer'].map(named),
    native('apply', '(self, fn)', (cx, args) => {
      // Children before their parents.
      const below = (module: InstanceValue): readonly InstanceValue[] => [
        ...childrenOf(module).flatMap(([, child]) => below(child)),
        module,
      ];
      for (const module of below(self(args))) cx.call(args.value('fn'), [module]);
      return self(args);
    }),
    ...Object.entries(conversions).map(([name, dtype]) =>
      native(name, '(self)', (cx, args) => {
        convertWeights(cx, self(args), dtype);
        return self(args);
      }),
    ),
    native('to', '(self, *args, **kwargs)', to),
    native('type', '(self, *args, **kwargs)', to),
    native('requires_grad_', '(self, requires_grad=True)', (cx, args) => {
      const wanted = args.optional('requires_grad') ?? bool(true);
      for (const [, weight] of parametersOf(self(args))) setRequiresGrad(cx, weight, wanted);
      return self(args);
    }),
    ...['cuda', 'cpu', 'xpu', 'ipu', 'mtia', 'share_memory', 'to_empty'].map(itself),
    native('zero_grad', '(self, set_to_none=True)', (cx, args) => {
      const weights = parametersOf(self(args)).map(([, weight]) => weight);
      resetGrads(cx, weights, args.bool('set_to_none', true));
      return none;
    }),
    ...['compile', 'set_extra_state'].map(nothing),
    native('set_submodule', '(self, target, module, strict=False)', (cx, args) => {
      const path = args.string('target');
      const at = path.lastIndexOf('.');
      cx.setAttribute(descend(cx, self(args), path.slice(0, Math.max(at, 0))), path.slice(at + 1), args.raw('module'));
      return none;
    }),
    native('extra_repr', '(self)', () => str(null)),
    native('_get_name', '(self)', (_cx, args) => {
      const { name } = self(args).cls;
      return str(name.slice(name.lastIndexOf('.') + 1));
    }),
    ...hookMethods,
  ],
  new Map([
    ['training', bool(true)],
    ownDict('_modules', (module) => [...module.attributes].filter(([, value]) => isModule(value))),
    ownDict('_parameters', (module) => marked(module, parameterMark, '', false)),
    ownDict('_buffers', (module) => marked(module, bufferMark, '', false)),
  ]),
);

/** A weight out of a tensor: where its values are drawn or all the same, a weight that starts so. */
export function asParameter(cx: Context, given: TensorValue, trained: boolean): TensorValue {
  const { build } = cx;
  const init = initializerOf(build, given.node);
  const { shape, dtype } = build.aval(given.node);
  if (trained && !isFloating(dtype))
    throw new PythonError('RuntimeError', 'Only Tensors of floating point and complex dtype can require gradients');
  const weight = tensor(init === null ? given.node : build.parameter('parameter', shape, init, dtype));
  setRequiresGrad(cx, weight, bool(trained));
  weight.attributes.set(parameterMark, bool(true));
  return weight;
}

/** How values are drawn that come from a distribution, by itself or times a number; null for any others. */
export function initializerOf(graph: Graph, id: NodeId): Initializer | null {
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
    case 'broadcast_in_dim': {
      // Copies of one draw are not draws; copies of one number are that number.
      const value = uniformValue(graph, id);
      return value === null ? null : { kind: 'full', value };
    }
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
    asParameter(
      cx,
      args.optional('data') === null ? tensor(cx.build.full([0], 0)) : args.tensorValue('data'),
      args.bool('requires_grad', true),
    ),
  );

const buffer = (name: string): NativeValue =>
  native(name, '(data=None, *, persistent=True)', (cx, args) => {
    const made = tensor(args.optional('data') === null ? cx.build.full([0], 0) : args.tensor('data'));
    made.attributes.set(bufferMark, bool(true));
    return made;
  });

export const modules: readonly (ClassValue | NativeValue)[] = [
  moduleClass,
  parameter('torch.nn.Parameter'),
  parameter('torch.nn.parameter.Parameter'),
  buffer('torch.nn.Buffer'),
  buffer('torch.nn.parameter.Buffer'),
];
