import type { GraphBuilder } from '../../graph/builder.ts';
import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import { type NodeId, nodeAt } from '../../graph/graph.ts';
import { type DType, dimAt, isFloating, type Shape, ShapeError, showShape } from '../../graph/shape.ts';
import { type Args, asDim, known, truthOf } from '../arguments.ts';
import { keyOf } from '../builtins/keys.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { libraryClass, native, property } from '../define.ts';
import { dtypeOf, isVariable as isAnyVariable, TensorCall } from '../tensorflow/dialect.ts';
import { apart, holdsMark, newVariable } from '../tensorflow/tensor.ts';
import { defaultsIn } from '../torch/nn/layer.ts';
import { initializerOf } from '../torch/nn/module.ts';
import { knownLeavesOf } from '../transforms.ts';
import { mapParts, unknownIn } from '../trees.ts';
import {
  bool,
  type ClassValue,
  type FunctionValue,
  type InstanceValue,
  int,
  list,
  type NativeValue,
  none,
  str,
  type TensorValue,
  tensor,
  tuple,
  type Value,
} from '../values.ts';
import { initializerNamed } from './initializers.ts';
import { isMasked, type MaskUse, underMask, withMask } from './masks.ts';
import { policyOf } from './policy.ts';
import { isSymbolic, type KeptCall, kept, onlyCall, shapeValue } from './symbolic.ts';
import { adopted, family, made } from './tensors.ts';

/** keras.layers.Layer (https://keras.io/api/layers/base_layer/). */

export function isLayer(value: Value): value is InstanceValue {
  return value.kind === 'instance' && descends(value.cls);
}

function descends(cls: ClassValue): boolean {
  return cls === baseLayer || cls.bases.some((base) => base.kind === 'class' && descends(base));
}

export function selfIn(args: Args): InstanceValue {
  const value = args.value('self');
  if (isLayer(value)) return value;
  throw new PythonError('TypeError', 'a layer is wanted');
}

/** A layer among the values; Unknowable for what is not known. */
export function layerIn(value: Value): InstanceValue {
  known(value);
  if (isLayer(value)) return value;
  throw new PythonError('ValueError', 'a layer of Keras is wanted');
}

// Weights

const weightsMade = '_weights_made';
/** Whether the value is a variable of Keras. */
function isVariable(value: Value): value is TensorValue {
  return value.kind === 'tensor' && value.attributes.has(holdsMark);
}

export interface Weight {
  readonly name: string | null;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly initializer: Value;
  readonly trainable: Value;
}

/** A new variable, that starts as its initializer says. */
export function variable(cx: Context, { name, shape, dtype, initializer, trainable }: Weight): TensorValue {
  if (shape.some((dim) => D.isKnown(dim) && dim < 0))
    throw new PythonError('ValueError', `a weight cannot have the shape ${showShape(shape)}`);
  const value = known(cx.call(initializer, [tuple(shape.map(int))], new Map([['dtype', { kind: 'dtype', dtype }]])));
  if (value.kind !== 'tensor') throw new PythonError('ValueError', 'an initializer gives a tensor');
  return asVariable(cx, cx.build.convert(value.node, dtype), name, trainable);
}

/** A variable of a tensor's values: where they are drawn or all the same, a weight that starts so. */
export function asVariable(cx: Context, node: NodeId, name: string | null, trainable: Value): TensorValue {
  const { shape, dtype } = cx.build.aval(node);
  const init = initializerOf(cx.build, node);
  const start = init === null ? apart(cx, node) : cx.build.parameter(name ?? 'variable', shape, init, dtype);
  const weight = newVariable(start, trainable);
  weight.attributes.set(holdsMark, bool(true));
  weight.attributes.set('name', str(name));
  weight.attributes.set('path', str(null));
  return weight;
}

export function addWeight(cx: Context, layer: InstanceValue, weight: Weight): TensorValue {
  // The weights of a layer that is not trained are not, either.
  const trainable = isTrainable(layer) ? weight.trainable : bool(false);
  const value = variable(cx, { ...weight, trainable });
  const before = layer.attributes.get(weightsMade);
  cx.setAttribute(layer, weightsMade, list([...(before?.kind === 'list' ? before.items : []), value]));
  return value;
}

/** The values in some, in lists and dicts too. Throws Unknowable where it is not known what these hold. */
export function within(values: Iterable<Value>): readonly Value[] {
  return [...values].flatMap((value) => {
    switch (value.kind) {
      case 'list':
      case 'set':
        if (value.tail !== null) throw new Unknowable('how many parts the layer has is not known before it runs');
        return within(value.items);
      case 'tuple':
        return within(value.items);
      case 'dict':
        return within([...value.entries.values()].map((entry) => entry.value));
      default:
        return [value];
    }
  });
}

export function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}

/** Attributes that hold what a model is made of, in the order that counts; of others all attributes count. */
export const partsMark = '_parts';

/** The layers that a layer holds. */
export function sublayersOf(layer: InstanceValue): readonly InstanceValue[] {
  const parts = layer.attributes.get(partsMark);
  const held = within([...(parts === undefined ? [] : [parts]), ...layer.attributes.values()]);
  return distinct(held.filter(isLayer));
}

export function isTrue(value: Value | undefined): boolean {
  return value === undefined || truthOf(value) !== false;
}

/** The variables of a layer itself: those that are trained first. */
function ownVariables(layer: InstanceValue): readonly TensorValue[] {
  const added = layer.attributes.get(weightsMade);
  const all = distinct(
    within([...(added === undefined ? [] : [added]), ...layer.attributes.values()]).filter(isVariable),
  );
  const isTrained = (value: TensorValue): boolean =>
    isTrue(value.attributes.get(firstTrainable) ?? value.attributes.get('trainable'));
  return [...all.filter(isTrained), ...all.filter((value) => !isTrained(value))];
}

/** Whether a variable was made to be trained, which its place in lists hangs on. */
const firstTrainable = '_made_trainable';

/** On layers that something not known was given, or made of: which weights they have is not known, then. */
const lostMark = '_lost';

/** Notes where it is not known what a layer gets. */
function orLost<T>(cx: Context, layer: InstanceValue, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof Unknowable) cx.setAttribute(layer, lostMark, cx.unknown(error.message));
    throw error;
  }
}

function requireWhole(layer: InstanceValue): void {
  const lost = [...layer.attributes.values()].find((value) => value.kind === 'unknown');
  if (lost !== undefined) known(lost);
  const isTensorFlows = (value: Value): boolean =>
    value.kind === 'tensor' && isAnyVariable(value) && !isVariable(value);
  if (within(layer.attributes.values()).some(isTensorFlows))
    throw new Unknowable("whether a variable of TensorFlow is a layer's own hangs on the version of Keras");
}

/** All variables of a layer and those below it, each once. */
export function weightsOf(layer: InstanceValue): readonly TensorValue[] {
  requireWhole(layer);
  return distinct([...ownVariables(layer), ...sublayersOf(layer).flatMap(weightsOf)]);
}

function trainedOf(layer: InstanceValue): readonly TensorValue[] {
  if (!isTrue(layer.attributes.get(trainableMark))) return [];
  return weightsOf(layer).filter((weight) => isTrue(weight.attributes.get('trainable')));
}

function othersOf(layer: InstanceValue): readonly TensorValue[] {
  const trained = trainedOf(layer);
  return weightsOf(layer).filter((weight) => !trained.includes(weight));
}

/** Refuses the weights of layers that have seeds of random numbers beside them, which are variables too. */
function withoutSeeds(layer: InstanceValue, weights: readonly TensorValue[]): readonly TensorValue[] {
  const visit = (each: InstanceValue): void => {
    if (settingsKept(each.cls)?.includes('seed')) throw new Unknowable('seeds of random numbers are not followed');
    for (const child of sublayersOf(each)) visit(child);
  };
  visit(layer);
  return weights;
}

const trainableMark = '_trainable';

function setTrainable(cx: Context, layer: InstanceValue, value: Value): void {
  cx.setName(layer.attributes, trainableMark, value);
  for (const weight of ownVariables(layer)) {
    cx.setName(
      weight.attributes,
      firstTrainable,
      weight.attributes.get(firstTrainable) ?? weight.attributes.get('trainable') ?? bool(true),
    );
    cx.setName(weight.attributes, 'trainable', value);
  }
  for (const child of sublayersOf(layer)) setTrainable(cx, child, value);
}

/** Whether a layer's weights are trained. */
export function isTrainable(layer: InstanceValue): boolean {
  const truth = truthOf(layer.attributes.get(trainableMark) ?? bool(true));
  if (truth === null) throw new Unknowable('whether the layer is trained is not known');
  return truth;
}

// Calls

/** The call of a layer that nobody called but the program: its `training` goes down to all layers in it. */
interface Outermost {
  training: Value;
}

const outermost = new WeakMap<GraphBuilder, Outermost>();

interface Parameters {
  readonly names: readonly string[];
  readonly takesMore: boolean;
  readonly defaults: ReadonlyMap<string, Value | null>;
}

/** The parameters of a method, without `self`. */
function parametersOf(method: Value): Parameters | null {
  const callee = method.kind === 'bound' ? method.callee : method;
  const skipped = method.kind === 'bound' ? 1 : 0;
  if (callee.kind === 'function') {
    const { args } = callee.definition;
    const names = [...args.positionalOnly, ...args.args, ...args.keywordOnly].map((parameter) => parameter.name);
    return {
      names: names.slice(skipped),
      takesMore: args.vararg !== null || args.kwarg !== null,
      defaults: callee.defaults,
    };
  }
  if (callee.kind !== 'native') return null;
  const own = wrappedIn(callee);
  if (own !== null) return parametersOf(method.kind === 'bound' ? { ...method, callee: own } : own);
  const { parameters, rest, keywords, text } = callee.signature;
  return {
    names: parameters.map((parameter) => parameter.name).slice(skipped),
    takesMore: rest || keywords,
    defaults: defaultsIn(text.replace(/^\(|\)$/g, '')),
  };
}

/** Tensors of arguments as the layer takes them: of its type, where they are fractions. */
function converted(cx: Context, layer: InstanceValue, value: Value): Value {
  if (value.kind === 'tensor') {
    const casts = truthOf(layer.attributes.get('_autocast') ?? bool(true)) !== false;
    const { compute } = policyOf(cx, layer);
    const own = adopted(cx, value, casts && isFloating(compute) ? compute : null);
    return isMasked(cx, value) ? withMask(cx, own) : own;
  }
  return mapParts(value, (part) => converted(cx, layer, part));
}

const numbers: readonly Value['kind'][] = ['int', 'float', 'bool', 'str'];

/** Refuses what is no tensor in its place. */
function requireTensors(values: readonly Value[]): void {
  const odd = within(values).find((value) => numbers.includes(value.kind));
  if (odd !== undefined)
    throw new PythonError('ValueError', 'Only input tensors may be passed as positional arguments.');
}

/** How many axes a layer's input has, and the sizes that it has been built for. */
export interface Spec {
  readonly rank?: number;
  readonly least?: number;
  readonly most?: number;
}

function requireFitting(cx: Context, layer: InstanceValue, first: Value | undefined): void {
  if (first?.kind !== 'tensor') return;
  const shape = cx.build.shape(first.node);
  const limits = specs.get(layer.cls) ?? inheritedSpec(layer.cls);
  if (limits !== null) {
    const { rank, least, most } = limits;
    if (
      (rank !== undefined && shape.length !== rank) ||
      (least !== undefined && shape.length < least) ||
      (most !== undefined && shape.length > most)
    )
      throw new ShapeError(
        `${showShape(shape)} is no input for ${shortName(layer)}: ${rank ?? `${least ?? `at most ${most}`} or more`} axes are wanted`,
      );
  }
  const fixed = layer.attributes.get(fixedMark);
  if (fixed?.kind !== 'tuple') return;
  const [axisValue, sizeValue] = fixed.items;
  if (axisValue?.kind !== 'int' || sizeValue?.kind !== 'int' || !D.isKnown(axisValue.value)) return;
  const axis = axisValue.value < 0 ? shape.length + axisValue.value : axisValue.value;
  const own = shape[axis];
  if (own !== undefined && D.surelyDiffer(own, sizeValue.value))
    throw new ShapeError(
      `${shortName(layer)} was built for ${D.show(sizeValue.value)} along axis ${axisValue.value}, not for ${showShape(shape)}`,
    );
}

export function shortName(layer: InstanceValue): string {
  return layer.cls.name.slice(layer.cls.name.lastIndexOf('.') + 1);
}

/** The axis whose size a layer was built for, and the size. */
const fixedMark = '_built_for';

const specs = new Map<ClassValue, Spec>();

function inheritedSpec(cls: ClassValue): Spec | null {
  for (const base of cls.bases) {
    if (base.kind !== 'class') continue;
    const spec = specs.get(base) ?? inheritedSpec(base);
    if (spec !== null) return spec;
  }
  return null;
}

const builtMark = 'built';

/** Makes a layer's weights where that was not done, for inputs of these shapes. */
function ensureBuilt(
  cx: Context,
  layer: InstanceValue,
  call: Parameters,
  positional: readonly Value[],
  keyword: ReadonlyMap<string, Value>,
): void {
  const isBuilt = truthOf(layer.attributes.get(builtMark) ?? bool(false));
  if (isBuilt === null) throw new Unknowable('whether the layer has its weights is not known');
  if (isBuilt) return;
  const build = cx.attribute(layer, 'build');
  if (build === null) return;
  const named = new Map([
    ...positional.map((value, k): [string, Value] => [call.names[k] ?? `${k}`, value]),
    ...keyword,
  ]);
  const shapes = new Map(
    [...named].flatMap(([name, value]): [string, Value][] => {
      const shape = name === 'mask' ? null : shapesOf(cx, value);
      return shape === null ? [] : [[`${name}_shape`, shape]];
    }),
  );
  const [first = none] = shapes.values();
  const wanted = parametersOf(build)?.names ?? [];
  if (wanted.length <= 1) cx.call(build, wanted.length === 0 && parametersOf(build)?.takesMore !== true ? [] : [first]);
  else {
    const given = wanted.flatMap((name): [string, Value][] => {
      const shape = shapes.get(name);
      return shape === undefined ? [] : [[name, shape]];
    });
    if (given.length === 0) cx.call(build, [first]);
    else cx.call(build, [], new Map(given));
  }
  cx.setAttribute(layer, builtMark, bool(true));
}

/** The shapes of tensors, nested as they are; null for what is none. */
export function shapesOf(cx: Context, value: Value): Value | null {
  if (value.kind === 'tensor') return shapeValue(cx, cx.build.shape(value.node));
  if (value.kind !== 'list' && value.kind !== 'tuple' && value.kind !== 'dict') return null;
  const leaves = within([value]);
  if (leaves.length === 0 || leaves.some((leaf) => leaf.kind !== 'tensor')) return null;
  return mapParts(value, (part) => shapesOf(cx, part) ?? none);
}

/** Whether a layer takes anything at its places, as models that are made of their inputs and outputs do. */
export const takesAnything = '_takes_anything';

function callLayer(
  cx: Context,
  layer: InstanceValue,
  given: readonly Value[],
  keywords: ReadonlyMap<string, Value>,
): Value {
  const method = cx.attribute(layer, 'call');
  if (method === null) throw new PythonError('NotImplementedError', `${layer.cls.name} has no call`);
  const parameters = parametersOf(method);
  if (parameters === null) return cx.call(method, given, keywords);
  const converting = (value: Value): Value => converted(cx, layer, value);
  const positional = given.map(converting);
  const keyword = new Map([...keywords].map(([name, value]) => [name, converting(value)]));
  const first = positional[0] ?? keyword.get(parameters.names[0] ?? '');
  const missing = first === undefined ? null : unknownIn(first);
  if (missing !== null) {
    cx.setAttribute(layer, lostMark, missing);
    return missing;
  }
  cx.setAttribute(layer, lostMark, none);
  if (!layer.attributes.has(takesAnything)) requireTensors(positional);
  requireFitting(cx, layer, first);
  ensureBuilt(cx, layer, parameters, positional, keyword);
  requireFitting(cx, layer, first);
  const takes = parameters.names.includes('training');
  const place = parameters.names.indexOf('training');
  const asked = keyword.get('training') ?? (takes ? positional[place] : undefined);
  if (!takes && !parameters.takesMore) keyword.delete('training');
  const computed = inTraining(cx, asked, parameters.defaults.get('training') ?? none, (training) => {
    if (takes && training.kind !== 'none' && positional.length <= place) keyword.set('training', training);
    return cx.call(method, positional, keyword);
  });
  const output = isMasked(cx, first) ? afterMask(cx, layer, computed) : computed;
  return knownLeavesOf([...given, ...keywords.values()]).some((node) => isSymbolic(cx, node))
    ? kept(cx, { layer, positional: given, keyword: keywords }, output)
    : output;
}

/** What a layer gives for an input with a mask; layers of the program's own drop it. */
function afterMask(cx: Context, layer: InstanceValue, output: Value): Value {
  const use = maskUses.get(layer.cls);
  if (use === undefined) return output;
  return withMask(cx, use === 'used' ? underMask(cx, output) : output);
}

const maskUses = new Map<ClassValue, MaskUse>();

/** Evaluates a layer's call with the mode that it is in: as it is asked, else as the layers around it, else as by its signature. */
function inTraining(cx: Context, asked: Value | undefined, otherwise: Value, body: (training: Value) => Value): Value {
  const around = outermost.get(cx.build);
  const inherited = around === undefined || around.training.kind === 'none' ? otherwise : around.training;
  const training = asked ?? inherited;
  if (around !== undefined) {
    // What a layer is asked holds for those after it, too.
    around.training = training;
    return body(training);
  }
  outermost.set(cx.build, { training });
  try {
    return body(training);
  } finally {
    outermost.delete(cx.build);
  }
}

// The class

const wrappedMark = 'keras.build';

function wrappedIn(method: NativeValue): FunctionValue | null {
  return method.made?.by === wrappedMark && method.made.from.kind === 'function' ? method.made.from : null;
}

/** The program's own `build`, after which a layer has its weights. */
function wrappedBuild(cx: Context, fn: FunctionValue): NativeValue {
  const own = native('build', '(self, *args, **kwargs)', (inner, args) => {
    const self = args.value('self');
    const result = inner.call(fn, [self, ...args.rest], args.keywords);
    inner.setAttribute(self, builtMark, bool(true));
    return result;
  });
  return { ...own, made: { by: wrappedMark, from: fn, origin: cx.origin } };
}

const common = 'activity_regularizer, trainable, dtype, autocast, name, input_shape, input_dim, batch_input_shape'
  .split(', ')
  .map((name) => `${name}=None`)
  .join(', ');

/** What every layer is told. */
function setCommon(cx: Context, layer: InstanceValue, args: Args): void {
  const set = (name: string, value: Value | null): void => {
    if (value !== null) cx.setName(layer.attributes, name, value);
  };
  const trainable = args.has('trainable') ? args.raw('trainable') : null;
  set(trainableMark, trainable);
  set('_dtype', args.optional('dtype'));
  if (args.has('autocast')) set('_autocast', args.raw('autocast'));
  set('name', args.optional('name') ?? str(null));
  const width = args.optional('input_dim');
  set('_input_shape', width === null ? args.optional('input_shape') : tuple([width]));
  const batched = args.optional('batch_input_shape');
  if (batched !== null) set('_input_shape', tuple(cx.items(batched).slice(1)));
}

const values = (items: readonly Value[]): Value => list(items);

function readOnly(name: string, read: (cx: Context, layer: InstanceValue) => Value): [string, Value] {
  return [name, property(native(name, '(self)', (cx, args) => read(cx, selfIn(args))))];
}

function onlyCallOf(cx: Context, layer: InstanceValue): KeptCall {
  const call = onlyCall(cx, layer);
  if (call === null) throw new Unknowable(`what ${shortName(layer)} was called with is not one thing`);
  return call;
}

/** One tensor, or a list of several. */
function ofCall(items: readonly Value[]): Value {
  const [only] = items;
  return only !== undefined && items.length === 1 ? only : list(items);
}

const dtypeValue = (dtype: DType): Value => ({ kind: 'dtype', dtype });

export const baseLayer: ClassValue = libraryClass(
  'keras.layers.Layer',
  [],
  [
    native('__init_subclass__', '(cls, **kwargs)', (cx, args) => {
      const cls = args.value('cls');
      const build = cls.kind === 'class' ? cls.attributes.get('build') : undefined;
      if (cls.kind === 'class' && build?.kind === 'function')
        cx.setName(cls.attributes, 'build', wrappedBuild(cx, build));
      return none;
    }),
    native('__init__', `(self, *, ${common})`, (cx, args) => {
      setCommon(cx, selfIn(args), args);
      return none;
    }),
    native('__call__', '(self, *args, **kwargs)', (cx, args) => callLayer(cx, selfIn(args), args.rest, args.keywords)),
    native('build', '(self, input_shape=None)', (cx, args) => {
      cx.setAttribute(selfIn(args), builtMark, bool(true));
      return none;
    }),
    native(
      'add_weight',
      "(self, *args, shape=None, initializer=None, dtype=None, trainable=True, autocast=True, regularizer=None, constraint=None, aggregation='none', overwrite_with_gradient=False, name=None, use_resource=None, synchronization=None, experimental_autocast=None)",
      (cx, args) => {
        const layer = selfIn(args);
        return orLost(cx, layer, () => addWeight(cx, layer, weightIn(cx, layer, args)));
      },
    ),
    ...['add_loss', 'add_metric', 'set_weights', 'load_own_variables', 'save_own_variables', 'summary', 'quantize'].map(
      (name) => native(name, '(self, *args, **kwargs)', () => none),
    ),
    native('get_weights', '(self)', (cx, args) =>
      list(weightsOf(selfIn(args)).map((weight) => tensor(cx.build.unary('stop_gradient', weight.node), 'numpy'))),
    ),
    native('count_params', '(self)', (cx, args) =>
      int(
        weightsOf(selfIn(args))
          .map((weight) => D.product(cx.build.shape(weight.node)))
          .reduce(D.add, 0),
      ),
    ),
    native('compute_output_shape', '(self, input_shape)', (cx) =>
      cx.unknown('shapes that layers foretell are not followed'),
    ),
    native('get_config', '(self)', () => ({ kind: 'dict', entries: new Map(), open: true })),
  ],
  new Map([
    readOnly('weights', (_cx, layer) => values(weightsOf(layer))),
    readOnly('variables', (_cx, layer) => values(withoutSeeds(layer, weightsOf(layer)))),
    readOnly('trainable_weights', (_cx, layer) => values(trainedOf(layer))),
    readOnly('trainable_variables', (_cx, layer) => values(trainedOf(layer))),
    readOnly('non_trainable_weights', (_cx, layer) => values(othersOf(layer))),
    readOnly('non_trainable_variables', (_cx, layer) => values(withoutSeeds(layer, othersOf(layer)))),
    readOnly('input', (cx, layer) => ofCall(onlyCallOf(cx, layer).positional)),
    readOnly('output', (cx, layer) => ofCall(onlyCallOf(cx, layer).outputs.map(made))),
    readOnly('input_shape', (cx, layer) => shapesOf(cx, ofCall(onlyCallOf(cx, layer).positional)) ?? none),
    readOnly('output_shape', (cx, layer) => shapesOf(cx, ofCall(onlyCallOf(cx, layer).outputs.map(made))) ?? none),
    readOnly('losses', (cx) => cx.unknown('losses that layers add are not followed')),
    readOnly('metrics', () => list([])),
    readOnly('dtype', (cx, layer) => dtypeValue(policyOf(cx, layer).variable)),
    readOnly('compute_dtype', (cx, layer) => dtypeValue(policyOf(cx, layer).compute)),
    readOnly('variable_dtype', (cx, layer) => dtypeValue(policyOf(cx, layer).variable)),
    [
      'trainable',
      property(
        native('trainable', '(self)', (_cx, args) => selfIn(args).attributes.get(trainableMark) ?? bool(true)),
        native('trainable', '(self, value)', (cx, args) => {
          setTrainable(cx, selfIn(args), args.raw('value'));
          return none;
        }),
      ),
    ],
    [builtMark, bool(false)],
  ]),
);

export function nameIn(args: Args): string | null {
  const name = args.optional('name');
  return name?.kind === 'str' ? name.value : null;
}

/** The weight that `add_weight` is told: its shape comes first, before Keras 3 its name did. */
function weightIn(cx: Context, layer: InstanceValue, args: Args): Weight {
  const [first] = args.rest;
  const isNamed = first?.kind === 'str';
  const [shape, initializer, dtype] = isNamed ? [args.rest[1], undefined, args.rest[2]] : args.rest;
  const given = (name: string, value: Value | undefined): Value | null => value ?? args.optional(name);
  const asked = given('dtype', dtype);
  const type = asked === null || asked.kind === 'none' ? policyOf(cx, layer).variable : dtypeOf(asked);
  const sizes = given('shape', shape);
  return {
    name: isNamed ? first.value : nameIn(args),
    shape: sizes === null ? [] : shapeOfWeight(cx, sizes),
    dtype: type,
    initializer: initializerNamed(cx, given('initializer', initializer), isFloating(type) ? 'glorot_uniform' : 'zeros'),
    trainable: args.has('trainable') ? args.raw('trainable') : bool(true),
  };
}

/** The shape of a weight, whose sizes are all known. */
function shapeOfWeight(cx: Context, value: Value): Shape {
  return cx.items(known(value)).map((item) => {
    if (item.kind === 'none') throw new PythonError('ValueError', 'a weight of an unknown size');
    return asDim(item, 'shape');
  });
}

// Layers of the library

/** A layer of the library: what it is told, its weights, and what it computes. */
export interface Layer {
  /** Its name in keras.layers. */
  readonly name: string;
  /** The arguments of its constructor beside those of all layers; they stay as attributes. */
  readonly settings: string;
  /** The arguments of `call`. */
  readonly inputs?: string;
  readonly spec?: Spec;
  /** What it does with masks; it drops them where nothing is said. */
  readonly mask?: MaskUse;
  /** Refuses what the constructor refuses. */
  readonly make?: (cx: Context, layer: InstanceValue, settings: TensorCall) => void;
  /** The arguments of `build`, where these are others than the shape of the input. */
  readonly shapes?: string;
  /** Makes the weights for inputs of shapes. */
  readonly build?: (call: BuildCall) => void;
  readonly apply: (call: LayerCall) => Value | NodeId;
  readonly methods?: readonly NativeValue[];
  readonly base?: ClassValue;
}

/** A reader of a layer's settings. */
function settingsOf(cx: Context, layer: InstanceValue): TensorCall {
  return new TensorCall(cx, { values: layer.attributes, rest: [], keywords: new Map() });
}

/** A call of a layer's own functions, with a reader of its settings. */
class CallOfLayer extends TensorCall {
  readonly layer: InstanceValue;
  readonly own: TensorCall;

  constructor(cx: Context, bound: ConstructorParameters<typeof Args>[1], layer: InstanceValue) {
    super(cx, bound);
    this.layer = layer;
    this.own = settingsOf(cx, layer);
  }
}

/** The making of a layer's weights. */
export class BuildCall extends CallOfLayer {
  /** The shape of an input: null in the place of sizes that are not known yet. */
  shapeOf(name: string): readonly (Dim | null)[] {
    return this.cx.items(this.value(name)).map((item) => (item.kind === 'none' ? null : asDim(item, name)));
  }

  /** The size along an axis, which weights hang on. */
  sizeAt(axis: number, name = 'input_shape'): Dim {
    const shape = this.shapeOf(name);
    const size = shape.at(axis);
    if (size === undefined || axis >= shape.length) throw new PythonError('IndexError', 'tuple index out of range');
    if (size === null)
      throw new PythonError('ValueError', `${shortName(this.layer)} must know the size along axis ${axis}`);
    return size;
  }

  /** Inputs must have that size along an axis from now on. */
  fix(axis: number, size: Dim): void {
    this.cx.setAttribute(this.layer, fixedMark, tuple([int(axis), int(size)]));
  }

  /** A new weight, as a setting says or else as is usual; None in the place of none. */
  weight(name: string, shape: Shape | null, init: Value | null, otherwise: string, trainable = true, as = name): void {
    const { cx, layer } = this;
    if (shape === null) cx.setAttribute(layer, as, none);
    else
      cx.setAttribute(
        layer,
        as,
        addWeight(cx, layer, {
          name,
          shape,
          dtype: policyOf(cx, layer).variable,
          initializer: initializerNamed(cx, init, otherwise),
          trainable: bool(trainable),
        }),
      );
  }
}

/** The call of a layer. */
export class LayerCall extends CallOfLayer {
  /** The type that the layer computes in. */
  get compute(): DType {
    return policyOf(this.cx, this.layer).compute;
  }

  /** A weight in the type that the layer computes in; null where there is none. */
  optionalWeight(name: string): NodeId | null {
    const value = this.layer.attributes.get(name);
    if (value === undefined || value.kind === 'none') return null;
    known(value);
    if (value.kind !== 'tensor') throw new PythonError('TypeError', `${name} is no tensor`);
    const { dtype } = nodeAt(this.build, value.node).aval;
    return isFloating(dtype) ? this.build.convert(value.node, this.compute) : value.node;
  }

  weight(name: string): NodeId {
    const node = this.optionalWeight(name);
    if (node === null) throw new Unknowable(`the weight ${name} is not known`);
    return node;
  }

  /** Whether the layer is in training mode; without a word it is not. */
  get isTraining(): boolean {
    const truth = truthOf(this.optional('training') ?? none);
    if (truth === null) throw new Unknowable('whether the layer is called for training is not known');
    return truth;
  }

  /** A function, of Keras or the program's own, of a tensor. */
  through(fn: Value | null, node: NodeId): Value {
    return fn === null ? made(node) : this.cx.call(fn, [made(node)]);
  }

  /** The size along an axis of a tensor. */
  sizeOf(node: NodeId, axis: number): Dim {
    return dimAt(this.build.shape(node), axis < 0 ? this.build.rank(node) + axis : axis);
  }

  /** Tensors of a list, at least so many. */
  several(name: string, least: number): readonly NodeId[] {
    const value = this.value(name);
    if (value.kind !== 'list' && value.kind !== 'tuple')
      throw new PythonError('ValueError', `${shortName(this.layer)} is called with a list of inputs`);
    const nodes = value.items.map((item) => {
      known(item);
      if (item.kind !== 'tensor') throw new PythonError('ValueError', 'a tensor is wanted');
      return item.node;
    });
    if (nodes.length < least)
      throw new PythonError('ValueError', `${shortName(this.layer)} is called with ${least} inputs or more`);
    return nodes;
  }
}

/** keras.ops.add, which takes tensors without elements for biases. */
export function added(call: TensorCall, a: NodeId, b: NodeId): NodeId {
  const { build } = call;
  if ([a, b].every((node) => build.rank(node) > 1 && build.shape(node).includes(0)))
    throw new Unknowable('sums of tensors without elements are not followed');
  return build.add(a, b);
}

export function layerClass(layer: Layer): ClassValue {
  const {
    name,
    settings,
    inputs = 'inputs',
    shapes = 'input_shape',
    spec,
    mask,
    make,
    build,
    apply,
    methods = [],
    base = baseLayer,
  } = layer;
  const defaults = defaultsIn(settings);
  const text =
    settings === ''
      ? `(self, *, ${common})`
      : `(self, ${settings}${/(^|, )\*/.test(settings) ? '' : ', *'}, ${common})`;
  const init = native('__init__', text, (cx, args) => {
    const self = selfIn(args);
    setCommon(cx, self, args);
    for (const [key, otherwise] of defaults) {
      const given = args.has(key) ? args.raw(key) : otherwise;
      if (given !== null) cx.setAttribute(self, key, given);
    }
    make?.(cx, self, settingsOf(cx, self));
    return none;
  });
  const call = native('call', `(self, ${inputs})`, () => none);
  const called: NativeValue = {
    ...call,
    call: (cx, bound) => {
      const self = bound.values.get('self');
      if (self === undefined || !isLayer(self)) throw new PythonError('TypeError', 'a layer is wanted');
      const result = apply(new LayerCall(cx, bound, self));
      return typeof result === 'number' ? tensor(result, family) : result;
    },
  };
  const building = native('build', `(self, ${shapes})`, () => none);
  const built: NativeValue = {
    ...building,
    call: (cx, bound) => {
      const self = bound.values.get('self');
      if (self === undefined || !isLayer(self)) throw new PythonError('TypeError', 'a layer is wanted');
      build?.(new BuildCall(cx, bound, self));
      cx.setAttribute(self, builtMark, bool(true));
      return none;
    },
  };
  const cls = libraryClass(
    `keras.layers.${name}`,
    [base],
    [init, called, ...(build === undefined ? [] : [built]), ...methods],
  );
  if (spec !== undefined) specs.set(cls, spec);
  if (mask !== undefined) maskUses.set(cls, mask);
  keptSettings.set(cls, [...defaults.keys()]);
  return cls;
}

const keptSettings = new WeakMap<ClassValue, readonly string[]>();

/** The names of the settings that a layer of the library keeps as attributes; null for other classes. */
export function settingsKept(cls: ClassValue): readonly string[] | null {
  return keptSettings.get(cls) ?? null;
}

/** A dict of some names. */
export function dictOf(entries: readonly (readonly [string, Value])[]): Value {
  return {
    kind: 'dict',
    open: false,
    entries: new Map(entries.map(([name, value]) => [keyOf(str(name)) ?? name, { key: str(name), value }])),
  };
}
