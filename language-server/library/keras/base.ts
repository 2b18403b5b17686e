import * as D from '../../graph/dim.ts';
import { type DType, isFloating, type Shape } from '../../graph/shape.ts';
import { type Args, asDim, known } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { libraryClass, native, property } from '../define.ts';
import { dtypeOf } from '../tensorflow/dialect.ts';
import {
  bool,
  type ClassValue,
  type InstanceValue,
  int,
  list,
  none,
  str,
  tensor,
  tuple,
  type Value,
} from '../values.ts';
import { callLayer, shapesOf, wrappedBuild } from './calling.ts';
import { initializerNamed } from './initializers.ts';
import { builtMark, declareKind, selfIn, shortName } from './kinds.ts';
import { policyOf } from './policy.ts';
import { type KeptCall, onlyCall } from './symbolic.ts';
import { made } from './tensors.ts';
import {
  addWeight,
  orLost,
  othersOf,
  setTrainable,
  trainableMark,
  trainedOf,
  type Weight,
  weightsOf,
  withoutSeeds,
} from './weights.ts';

/** keras.layers.Layer (https://keras.io/api/layers/base_layer/). */

/** The arguments that every constructor takes. */
export const common =
  'activity_regularizer, trainable, dtype, autocast, name, input_shape, input_dim, batch_input_shape'
    .split(', ')
    .map((name) => `${name}=None`)
    .join(', ');

/** What every layer is told; `own` are the names of its own settings, which mean what they mean there. */
export function setCommon(cx: Context, layer: InstanceValue, args: Args, own: readonly string[] = []): void {
  const set = (name: string, value: Value | null): void => {
    if (value !== null) cx.setName(layer.attributes, name, value);
  };
  const trainable = args.has('trainable') ? args.raw('trainable') : null;
  set(trainableMark, trainable);
  set('_dtype', args.optional('dtype'));
  if (args.has('autocast')) set('_autocast', args.raw('autocast'));
  set('name', args.optional('name') ?? str(null));
  const width = own.includes('input_dim') ? null : args.optional('input_dim');
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

declareKind(baseLayer, { settings: [] });
