import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type Shape, ShapeError, showShape } from '../../graph/shape.ts';
import { type Args, asDim, known } from '../arguments.ts';
import { keyOf } from '../builtins/keys.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { libraryClass, native, property } from '../define.ts';
import { asTensor, dtypeOf } from '../tensorflow/dialect.ts';
import { leavesOf, mapLeaves } from '../transforms.ts';
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
  type Value,
} from '../values.ts';
import { baseLayer } from './base.ts';
import { takesAnything } from './calling.ts';
import { isLayer, layerIn, selfIn, shortName } from './kinds.ts';
import { floatx } from './policy.ts';
import {
  batchSize,
  inModel,
  inputLayerOf,
  isSymbolic,
  type KeptCall,
  keptCall,
  openSize,
  type Replay,
  replayed,
  shapeValue,
  sizesGiven,
  symbolicInput,
} from './symbolic.ts';
import { family, made } from './tensors.ts';
import { partsMark, sublayersOf } from './weights.ts';

/** keras.Model: of inputs and outputs, in sequence, or the program's own class (https://keras.io/api/models/). */

// Inputs

function sizes(cx: Context, value: Value): Shape {
  const items = value.kind === 'int' ? [value] : cx.items(known(value));
  return items.map((item) => (item.kind === 'none' ? openSize(cx, 'n') : asDim(item, 'shape')));
}

/** The shape that `Input` is told, samples first. */
function inputShape(cx: Context, args: Args): Shape {
  const whole = args.optional('batch_shape') ?? args.optional('batch_input_shape');
  if (whole !== null) {
    const items = cx.items(whole);
    const [first] = items;
    return [
      first === undefined || first.kind === 'none' ? batchSize(cx) : asDim(first, 'batch_shape'),
      ...items.slice(1).flatMap((item) => (item.kind === 'none' ? [openSize(cx, 'n')] : [asDim(item, 'batch_shape')])),
    ];
  }
  const shape = args.optional('shape') ?? args.optional('input_shape');
  if (shape === null) throw new PythonError('ValueError', 'You must pass a `shape` argument.');
  const batch = args.optional('batch_size');
  return [batch === null ? batchSize(cx) : asDim(batch, 'batch_size'), ...sizes(cx, shape)];
}

const inputSettings =
  'shape=None, batch_size=None, dtype=None, sparse=None, batch_shape=None, name=None, tensor=None, optional=False, ragged=None, input_shape=None, batch_input_shape=None, input_tensor=None, type_spec=None';

function makeInput(cx: Context, layer: InstanceValue, args: Args): TensorValue {
  if (args.optional('tensor') !== null || args.optional('input_tensor') !== null)
    throw new Unknowable('inputs of given tensors are not followed');
  const dtype = args.optional('dtype') === null ? floatx(cx) : dtypeOf(args.value('dtype'));
  const name = args.optional('name') ?? str(null);
  const shape = inputShape(cx, args);
  const node = symbolicInput(
    cx,
    layer,
    { shape, dtype },
    name.kind === 'str' && name.value !== null ? name.value : 'input',
  );
  const output = made(node);
  output.attributes.set('name', name);
  layer.attributes.set('name', name);
  layer.attributes.set('output', output);
  layer.attributes.set('built', bool(true));
  return output;
}

const inputLayer: ClassValue = libraryClass(
  'keras.layers.InputLayer',
  [baseLayer],
  [
    native('__init__', `(self, ${inputSettings})`, (cx, args) => {
      makeInput(cx, selfIn(args), args);
      return none;
    }),
    native('call', '(self)', () => none),
  ],
);

function isInputLayer(value: Value): boolean {
  return isLayer(value) && value.cls === inputLayer;
}

const input = (name: string): NativeValue =>
  native(name, `(${inputSettings})`, (cx, args) => {
    const layer = cx.instantiate(inputLayer);
    return makeInput(cx, layer, args);
  });

// Models of inputs and outputs

const inputsMark = '_inputs_struct';
const outputsMark = '_outputs_struct';

function symbolicLeaves(cx: Context, value: Value, what: string): readonly NodeId[] {
  const leaves = leavesOf(value);
  if (leaves.length === 0 || leaves.some((node) => !isSymbolic(cx, node)))
    throw new PythonError('ValueError', `All \`${what}\` values must be KerasTensors.`);
  return leaves;
}

/** The layers between inputs and outputs: the farther from the outputs the earlier, as Keras orders them (keras/src/ops/function.py). */
function layersBetween(cx: Context, inputs: readonly NodeId[], outputs: readonly NodeId[]): readonly InstanceValue[] {
  interface Step {
    readonly layer: InstanceValue | null;
    readonly before: readonly NodeId[];
  }
  const stepOf = (node: NodeId): Step => {
    const call = keptCall(cx, node);
    if (call !== null)
      return {
        layer: call.layer,
        before: leavesOf({ kind: 'list', items: [...call.positional, ...call.keyword.values()], tail: null }).filter(
          (id) => isSymbolic(cx, id),
        ),
      };
    const layer = inputLayerOf(cx, node);
    if (layer !== null) return { layer, before: [] };
    return { layer: null, before: (cx.build.nodes[node]?.operands ?? []).filter((id) => isSymbolic(cx, id)) };
  };
  /** Results of one call count once. */
  const keyOfNode = (node: NodeId): KeptCall | NodeId => keptCall(cx, node) ?? node;
  const order: NodeId[] = [];
  const seen = new Set<KeptCall | NodeId>();
  const first = new Map<InstanceValue, number>();
  const visit = (node: NodeId): void => {
    const key = keyOfNode(node);
    if (seen.has(key)) return;
    seen.add(key);
    const { layer, before } = stepOf(node);
    const isGiven = inputs.includes(node) && inputLayerOf(cx, node) === null;
    if (isGiven) return;
    if (layer !== null && !first.has(layer)) first.set(layer, first.size);
    for (const each of before) visit(each);
    order.push(node);
  };
  for (const node of outputs) visit(node);
  const depths = new Map<KeptCall | NodeId, number>();
  const layerDepths = new Map<InstanceValue, number>();
  for (const node of order.toReversed()) {
    const { layer, before } = stepOf(node);
    const own = depths.get(keyOfNode(node)) ?? 0;
    const depth = layer === null ? own : Math.max(own, layerDepths.get(layer) ?? 0);
    if (layer !== null) layerDepths.set(layer, depth);
    depths.set(keyOfNode(node), depth);
    for (const each of before) depths.set(keyOfNode(each), Math.max(depth + 1, depths.get(keyOfNode(each)) ?? 0));
  }
  return [...layerDepths]
    .toSorted(([a, m], [b, n]) => n - m || (first.get(a) ?? 0) - (first.get(b) ?? 0))
    .map(([layer]) => layer);
}

function makeFunctional(cx: Context, model: InstanceValue, inputs: Value, outputs: Value): void {
  const [from, to] = [symbolicLeaves(cx, inputs, 'inputs'), symbolicLeaves(cx, outputs, 'outputs')];
  const layers = layersBetween(cx, from, to);
  cx.setAttribute(model, inputsMark, inputs);
  cx.setAttribute(model, outputsMark, outputs);
  cx.setAttribute(model, partsMark, list(layers));
  cx.setAttribute(model, takesAnything, bool(true));
  cx.setAttribute(model, 'built', bool(true));
}

/** The inputs of a call in the order of the model's. */
function arranged(model: InstanceValue, given: Value, wanted: Value): readonly Value[] {
  if (given.kind === 'dict') {
    const names = wanted.kind === 'dict' ? [...wanted.entries.keys()] : leafNames(wanted);
    return names.map((id) => {
      const entry = given.entries.get(id);
      if (entry === undefined) throw new PythonError('ValueError', `Missing data for an input of ${shortName(model)}.`);
      return entry.value;
    });
  }
  const flat = (value: Value): readonly Value[] =>
    value.kind === 'list' || value.kind === 'tuple' ? value.items.flatMap(flat) : [value];
  return flat(given);
}

function leafNames(value: Value): readonly string[] {
  if (value.kind === 'tensor') {
    const name = value.attributes.get('name');
    const id = name === undefined ? null : keyOf(name);
    if (id === null) throw new Unknowable('which input has that name is not known');
    return [id];
  }
  return value.kind === 'list' || value.kind === 'tuple' ? value.items.flatMap(leafNames) : [];
}

/** A tensor with as many axes as a symbolic one: one of size 1 at the end is left out or added. A sequence leaves sizes to its layers. */
function fitted(cx: Context, node: NodeId, wanted: Shape, isStrict: boolean): NodeId {
  const { build } = cx;
  const own = build.shape(node);
  const [last, wantedLast] = [own.at(-1), wanted.at(-1)];
  const fits =
    own.length === wanted.length + 1 && last === 1
      ? build.dropAxis(node, -1)
      : own.length === wanted.length - 1 && wantedLast === 1
        ? build.expandDims(node, -1)
        : node;
  const shape = build.shape(fits);
  const differs =
    isStrict && shape.some((dim, k) => k > 0 && D.isKnown(wanted[k] ?? dim) && D.surelyDiffer(dim, wanted[k] ?? dim));
  if (shape.length !== wanted.length || differs)
    throw new ShapeError(`the model takes ${showShape(wanted)}, not ${showShape(own)}`);
  return fits;
}

/** The model's inputs by the tensors of a call. */
function valuesFor(cx: Context, model: InstanceValue, given: Value, inputs: Value): Map<NodeId, NodeId> {
  const symbolic = leavesOf(inputs);
  const values = arranged(model, known(given), inputs);
  if (values.length !== symbolic.length)
    throw new PythonError(
      'ValueError',
      `${shortName(model)} expects ${symbolic.length} input(s), not ${values.length}`,
    );
  return new Map(
    symbolic.map((node, k): [NodeId, NodeId] => {
      const { shape, dtype } = cx.build.aval(node);
      const value = known(values[k] ?? none);
      if (value.kind === 'none') throw new Unknowable('inputs that are left out are not followed');
      return [node, fitted(cx, cx.build.convert(asTensor(cx, value), dtype), shape, !model.attributes.has(stackMark))];
    }),
  );
}

/** The only item of a list, or the value itself. */
function alone(value: Value): Value {
  const isList = value.kind === 'list' || value.kind === 'tuple';
  return isList && value.items.length === 1 ? (value.items[0] ?? value) : value;
}

/** Makes the calls between a model's inputs and outputs again, with other tensors. */
function callFunctional(cx: Context, model: InstanceValue, given: Value, inputs: Value, outputs: Value): Value {
  const values = valuesFor(cx, model, given, inputs);
  const replay: Replay = {
    cx,
    values,
    sizes: sizesGiven(
      [...values.keys()].map((node) => cx.build.shape(node)),
      [...values.values()].map((node) => cx.build.shape(node)),
    ),
    call: (call, positional, keyword) => cx.call(call.layer, positional, keyword),
  };
  // What hangs on no input but other symbolic tensors cannot be computed.
  const result = inModel(cx, () => replayed(replay, outputs));
  const isOpen =
    !leavesOf(given).some((node) => isSymbolic(cx, node)) && leavesOf(result).some((node) => isSymbolic(cx, node));
  if (isOpen) throw new PythonError('ValueError', 'Graph disconnected: an output hangs on other inputs.');
  return alone(result);
}

// Sequences

const stackMark = '_stack';

function stackOf(model: InstanceValue): readonly InstanceValue[] {
  const stack = model.attributes.get(stackMark);
  if (stack?.kind === 'unknown') throw new Unknowable(stack.reason.text);
  if (stack?.kind !== 'list') return [];
  if (stack.tail !== null) throw new Unknowable('which layers the model has is not known');
  return stack.items.map(layerIn);
}

function setStack(cx: Context, model: InstanceValue, layers: readonly InstanceValue[]): void {
  cx.setAttribute(model, stackMark, list(layers));
  cx.setAttribute(model, 'built', bool(false));
  for (const name of [inputsMark, outputsMark]) cx.setAttribute(model, name, none);
}

function addTo(cx: Context, model: InstanceValue, value: Value): void {
  if (value.kind === 'unknown') {
    cx.setAttribute(model, stackMark, value);
    for (const name of [inputsMark, outputsMark]) cx.setAttribute(model, name, none);
  }
  known(value);
  const source = value.kind === 'tensor' ? inputLayerOf(cx, value.node) : null;
  const layer = source ?? (isLayer(value) ? value : null);
  if (layer === null)
    throw new PythonError('ValueError', 'Only instances of `keras.Layer` can be added to a Sequential model.');
  const before = stackOf(model);
  const shape = layer.attributes.get('_input_shape');
  if (before.length === 0 && shape !== undefined) {
    const first = cx.call(inputLayer, [], new Map([['shape', shape]]));
    setStack(cx, model, [layerIn(first), layer]);
    return;
  }
  if (isInputLayer(layer) && before.some(isInputLayer))
    throw new PythonError('ValueError', 'the Sequential model has already been configured to use another input shape');
  setStack(cx, model, [...before, layer]);
}

function symbolicOutput(layer: InstanceValue): TensorValue {
  const output = layer.attributes.get('output');
  if (output?.kind !== 'tensor') throw new Unknowable('what the input layer gives is not known');
  return output;
}

/** Makes the weights where the first layer says what comes in. */
function rebuild(cx: Context, model: InstanceValue): void {
  const [first, ...rest] = stackOf(model);
  if (first === undefined || rest.length === 0) return;
  if (isInputLayer(first)) {
    wire(cx, model, symbolicOutput(first), rest);
    return;
  }
  const inputs = first.attributes.get(inputsMark);
  if (inputs === undefined || inputs.kind === 'none') return;
  const [only, ...more] = leavesOf(inputs);
  if (only === undefined || more.length > 0) return;
  wire(cx, model, copyOfInput(cx, only), [first, ...rest]);
}

function copyOfInput(cx: Context, node: NodeId): TensorValue {
  const { shape, dtype } = cx.build.aval(node);
  const layer = cx.instantiate(inputLayer);
  const output = made(symbolicInput(cx, layer, { shape, dtype }, 'input'));
  layer.attributes.set('output', output);
  return output;
}

function wire(cx: Context, model: InstanceValue, inputs: TensorValue, layers: readonly InstanceValue[]): void {
  const outputs = layers.reduce<Value>((x, layer) => cx.call(layer, [x]), inputs);
  cx.setAttribute(model, inputsMark, inputs);
  cx.setAttribute(model, outputsMark, outputs);
  cx.setAttribute(model, 'built', bool(true));
}

function isWired(model: InstanceValue): boolean {
  const inputs = model.attributes.get(inputsMark);
  return inputs !== undefined && inputs.kind !== 'none';
}

/** Inputs, once there is a shape, of so many samples and such sizes. */
function buildSequence(cx: Context, model: InstanceValue, shape: Value): void {
  const layers = stackOf(model);
  if (layers.length === 0) throw new PythonError('ValueError', 'The Sequential model has no layers.');
  const [first] = layers;
  if (first !== undefined && isInputLayer(first)) return;
  if (shape.kind !== 'tuple' && shape.kind !== 'list') return;
  if (shape.items.some((item) => item.kind !== 'int' && item.kind !== 'none')) return;
  const given = cx.call(inputLayer, [], new Map([['batch_shape', shape]]));
  wire(cx, model, symbolicOutput(layerIn(given)), layers);
}

// The classes

const training = 'training=None, mask=None';

/** What trains a model or says how: nothing of it is followed. */
const nothings = [
  'summary',
  'save',
  'save_weights',
  'load_weights',
  'export',
  'reset_metrics',
  'reset_states',
  'compile_from_config',
];

/** What gives numbers that are not followed. */
const unknowns = [
  'evaluate',
  'train_on_batch',
  'test_on_batch',
  'compute_loss',
  'compute_metrics',
  'get_metrics_result',
];

const history: ClassValue = libraryClass('keras.callbacks.History', [], []);

/** The inputs of training data: an array, or several. */
function dataOf(args: Args): Value {
  return known(args.value('x'));
}

function fit(cx: Context, args: Args): Value {
  const model = selfIn(args);
  const x = args.optional('x');
  // A model that has not been called yet gets its weights here.
  if (x !== null && x.kind !== 'unknown' && leavesOf(x).length > 0) cx.call(model, [sampleOf(cx, x)]);
  const made = cx.instantiate(history);
  made.attributes.set('history', { kind: 'dict', entries: new Map(), open: true });
  return made;
}

function sampleOf(_cx: Context, x: Value): Value {
  return mapLeaves(x, (node) => tensor(node, family));
}

function predict(cx: Context, args: Args): Value {
  const output = cx.call(selfIn(args), [dataOf(args)], new Map([['training', bool(false)]]));
  return mapLeaves(output, (node) => tensor(cx.build.unary('stop_gradient', node), 'numpy'));
}

function shapesIn(cx: Context, model: InstanceValue, mark: string): Value {
  const value = model.attributes.get(mark);
  if (value === undefined || value.kind === 'none')
    throw new PythonError('AttributeError', `${shortName(model)} has no defined shapes yet`);
  const shapes = mapLeaves(value, (node) => shapeValue(cx, cx.build.shape(node)));
  return shapes.kind === 'list' ? alone(shapes) : shapes;
}

function structOf(model: InstanceValue, mark: string): Value {
  const value = model.attributes.get(mark);
  if (value === undefined || value.kind === 'none')
    throw new PythonError('AttributeError', `${shortName(model)} has no defined inputs and outputs yet`);
  return value;
}

function flattened(model: InstanceValue, mark: string): Value {
  return list(leavesOf(structOf(model, mark)).map((node) => tensor(node, family)));
}

function read(name: string, rule: (cx: Context, model: InstanceValue) => Value): [string, Value] {
  return [name, property(native(name, '(self)', (cx, args) => rule(cx, selfIn(args))))];
}

/** The layers that the program sees of a model. */
function layersOf(model: InstanceValue): readonly InstanceValue[] {
  const layers = sublayersOf(model);
  return model.attributes.has(stackMark) ? layers.filter((layer) => !isInputLayer(layer)) : layers;
}

function getLayer(cx: Context, args: Args): Value {
  const layers = layersOf(selfIn(args));
  if (args.optional('index') !== null) {
    const layer = layers.at(args.int('index'));
    if (layer === undefined) throw new PythonError('ValueError', 'the model has not so many layers');
    return layer;
  }
  const name = args.string('name');
  const found = layers.find((layer) => {
    const own = layer.attributes.get('name');
    return own?.kind === 'str' && own.value === name;
  });
  // Names that Keras numbers are not followed.
  return found ?? cx.unknown(`which layer is named '${name}' is not known`);
}

export const modelClass: ClassValue = libraryClass(
  'keras.Model',
  [baseLayer],
  [
    native('__init__', '(self, *args, **kwargs)', (cx, args) => {
      const model = selfIn(args);
      const [first, second] = args.rest;
      const inputs = args.keywords.get('inputs') ?? first;
      const outputs = args.keywords.get('outputs') ?? (args.keywords.has('inputs') ? first : second);
      const others = new Map([...args.keywords].filter(([name]) => name !== 'inputs' && name !== 'outputs'));
      const init = baseLayer.attributes.get('__init__');
      if (init !== undefined) cx.call(init, [model], others);
      if (inputs !== undefined && outputs !== undefined) makeFunctional(cx, model, known(inputs), known(outputs));
      return none;
    }),
    native('call', `(self, inputs, ${training}, **kwargs)`, (cx, args) => {
      const model = selfIn(args);
      if (!isWired(model))
        throw new PythonError(
          'NotImplementedError',
          `${shortName(model)} does not have a \`call()\` method implemented.`,
        );
      return callFunctional(cx, model, args.value('inputs'), structOf(model, inputsMark), structOf(model, outputsMark));
    }),
    native('build', '(self, input_shape=None)', (cx, args) => {
      cx.setAttribute(selfIn(args), 'built', bool(true));
      return none;
    }),
    ...nothings.map((name) => native(name, '(self, *args, **kwargs)', () => none)),
    ...unknowns.map((name) =>
      native(name, '(self, *args, **kwargs)', (cx) => cx.unknown('what training gives is not followed')),
    ),
    native('compile', "(self, optimizer='rmsprop', loss=None, *args, **kwargs)", (cx, args) => {
      for (const name of ['optimizer', 'loss']) if (args.has(name)) cx.setAttribute(selfIn(args), name, args.raw(name));
      return none;
    }),
    native('fit', '(self, x=None, y=None, *args, **kwargs)', fit),
    native(
      'predict',
      "(self, x, batch_size=None, verbose='auto', steps=None, callbacks=None, *args, **kwargs)",
      predict,
    ),
    native('predict_on_batch', '(self, x)', predict),
    native('get_layer', '(self, name=None, index=None)', getLayer),
  ],
  new Map([
    read('layers', (_cx, model) => list(layersOf(model))),
    ...['optimizer', 'loss', 'history', 'compiled_loss', 'compiled_metrics', 'stop_training'].map((name) =>
      read(name, (cx) => cx.unknown('how the model is trained is not known')),
    ),
    read('input_shape', (cx, model) => shapesIn(cx, model, inputsMark)),
    read('output_shape', (cx, model) => shapesIn(cx, model, outputsMark)),
    read('input', (_cx, model) => structOf(model, inputsMark)),
    read('output', (_cx, model) => structOf(model, outputsMark)),
    read('inputs', (_cx, model) => flattened(model, inputsMark)),
    read('outputs', (_cx, model) => flattened(model, outputsMark)),
  ]),
);

export const sequential: ClassValue = libraryClass(
  'keras.Sequential',
  [modelClass],
  [
    native('__init__', '(self, layers=None, trainable=True, name=None)', (cx, args) => {
      const model = selfIn(args);
      const init = baseLayer.attributes.get('__init__');
      const own = new Map(['trainable', 'name'].flatMap((name) => (args.has(name) ? [[name, args.raw(name)]] : [])));
      if (init !== undefined) cx.call(init, [model], own);
      setStack(cx, model, []);
      const layers = args.optional('layers');
      for (const layer of layers === null ? [] : cx.items(layers)) addTo(cx, model, layer);
      rebuild(cx, model);
      return none;
    }),
    native('add', '(self, layer, rebuild=True)', (cx, args) => {
      addTo(cx, selfIn(args), args.raw('layer'));
      rebuild(cx, selfIn(args));
      return none;
    }),
    native('pop', '(self, rebuild=True)', (cx, args) => {
      const model = selfIn(args);
      const layers = stackOf(model);
      setStack(cx, model, layers.slice(0, -1));
      rebuild(cx, model);
      return layers.at(-1) ?? none;
    }),
    native('build', '(self, input_shape=None)', (cx, args) => {
      buildSequence(cx, selfIn(args), args.optional('input_shape') ?? none);
      cx.setAttribute(selfIn(args), 'built', bool(true));
      return none;
    }),
    native('call', `(self, inputs, ${training}, **kwargs)`, (cx, args) => {
      const model = selfIn(args);
      const given = args.value('inputs');
      if (isWired(model))
        return callFunctional(cx, model, given, structOf(model, inputsMark), structOf(model, outputsMark));
      return stackOf(model).reduce<Value>((x, layer) => (isInputLayer(layer) ? x : cx.call(layer, [x])), given);
    }),
  ],
);

export const models: readonly (ClassValue | NativeValue)[] = [
  modelClass,
  sequential,
  inputLayer,
  history,
  input('keras.Input'),
  input('keras.layers.Input'),
  native('keras.models.clone_model', '(model, *args, **kwargs)', (cx) =>
    cx.unknown('copies of models are not followed'),
  ),
  native('keras.models.load_model', '(*args, **kwargs)', (cx) => cx.unknown('models in files are not followed')),
];
