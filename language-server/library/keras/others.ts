import type { Dim } from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import type { DType } from '../../graph/shape.ts';
import { Args, known } from '../arguments.ts';
import { type Context, Unknowable } from '../context.ts';
import { type Library, libraryClass, libraryOf, native } from '../define.ts';
import { asTensor, dtypeOf } from '../tensorflow/dialect.ts';
import { numbersOf } from '../torch/nested.ts';
import { defaultsIn, scalarOf } from '../torch/nn/layer.ts';
import { bool, type ClassValue, float, type NativeValue, none, str, tensor, tuple, type Value } from '../values.ts';
import { nameIn } from './base.ts';
import { initializerNamed } from './initializers.ts';
import { floatx, setFloatx, setGlobalPolicy } from './policy.ts';
import { isSymbolic } from './symbolic.ts';
import { made } from './tensors.ts';
import { asVariable, variable } from './weights.ts';

/** Variables, penalties of weights, settings and tools of Keras. */

const dtypeValue = (cx: Context, value: Value | null): Value =>
  value === null ? { kind: 'dtype', dtype: floatx(cx) } : value;

/** `keras.Variable(initializer, shape=None, dtype=None, ...)`: of values, or of a shape and how it starts. */
const variableClass: ClassValue = libraryClass(
  'keras.Variable',
  [],
  [
    native(
      '__new__',
      "(cls, initializer, shape=None, dtype=None, trainable=True, autocast=True, aggregation='none', synchronization='auto', name=None, **kwargs)",
      (cx, args) => {
        const given = args.value('initializer');
        const trainable = args.has('trainable') ? args.raw('trainable') : bool(true);
        const isFunction = ['str', 'instance', 'class', 'function', 'native', 'bound'].includes(given.kind);
        if (!isFunction) {
          const node = asTensor(cx, given);
          const own = args.optional('dtype');
          return asVariable(cx, own === null ? node : cx.build.convert(node, dtypeOf(own)), nameIn(args), trainable);
        }
        return variable(cx, {
          name: nameIn(args),
          shape: args.shape('shape'),
          dtype: dtypeOf(dtypeValue(cx, args.optional('dtype'))),
          initializer: initializerNamed(cx, given, 'zeros'),
          trainable,
        });
      },
    ),
  ],
);

// Penalties and bounds of weights

/** A penalty: a number for a tensor of weights, of so much for each size and each square. */
function regularizer(name: string, parameters: string): ClassValue {
  const defaults = defaultsIn(parameters);
  return libraryClass(
    `keras.regularizers.${name}`,
    [],
    [
      native('__init__', `(self, ${parameters})`, (cx, args) => {
        for (const [key, otherwise] of defaults) {
          const given = args.has(key) ? args.raw(key) : otherwise;
          if (given !== null) cx.setAttribute(args.value('self'), key, given);
        }
        return none;
      }),
      native('__call__', '(self, x)', (cx, args) => {
        const { build } = cx;
        const x = asTensor(cx, args.value('x'));
        const self = args.value('self');
        if (self.kind !== 'instance' || defaults.has('factor'))
          throw new Unknowable('this penalty of weights is not followed');
        const own = new Args(cx, { values: self.attributes, rest: [], keywords: new Map() });
        const terms = [...defaults.keys()].map((key) =>
          build.mul(build.sum(key === 'l1' ? build.unary('abs', x) : build.square(x)), scalarOf(cx, own, key, 0.01, x)),
        );
        return made(terms.reduce((a, b) => build.add(a, b)));
      }),
    ],
  );
}

const regularizers = [
  regularizer('L1', 'l1=0.01'),
  regularizer('L2', 'l2=0.01'),
  regularizer('L1L2', 'l1=0.0, l2=0.0'),
  regularizer('OrthogonalRegularizer', "factor=0.01, mode='rows'"),
];

const shortRegularizers: readonly ClassValue[] = regularizers.flatMap((cls) => {
  const short = { L1: 'l1', L2: 'l2', L1L2: 'l1_l2', OrthogonalRegularizer: 'orthogonal_regularizer' };
  return Object.entries(short).flatMap(([name, other]) =>
    cls.name.endsWith(`.${name}`) ? [{ ...cls, name: `keras.regularizers.${other}` }] : [],
  );
});

const constraints: readonly ClassValue[] = [
  'MaxNorm',
  'NonNeg',
  'UnitNorm',
  'MinMaxNorm',
  'max_norm',
  'non_neg',
  'unit_norm',
].map((name) =>
  libraryClass(
    `keras.constraints.${name}`,
    [],
    [
      native('__init__', '(self, *args, **kwargs)', () => none),
      native('__call__', '(self, w)', (cx, args) => {
        const x = asTensor(cx, args.value('w'));
        return made(
          cx.build.emit('opaque', { name: `keras.constraints.${name}`, aval: cx.build.aval(x), batched: [] }, [x]),
        );
      }),
    ],
  ),
);

// Settings

const nothings =
  'backend.clear_session utils.clear_session utils.set_random_seed config.enable_unsafe_deserialization utils.disable_interactive_logging utils.enable_interactive_logging config.disable_traceback_filtering config.enable_traceback_filtering utils.plot_model backend.set_image_data_format config.set_image_data_format backend.set_epsilon config.set_epsilon backend.set_learning_phase config.set_backend';

const settings: readonly NativeValue[] = [
  ...nothings.split(' ').map((name) => native(`keras.${name}`, '(*args, **kwargs)', () => none)),
  ...['backend.floatx', 'config.floatx'].map((name) => native(`keras.${name}`, '()', (cx) => str(floatx(cx)))),
  ...['backend.set_floatx', 'config.set_floatx'].map((name) =>
    native(`keras.${name}`, '(value)', (cx, args) => {
      setFloatx(cx, args.value('value'));
      return none;
    }),
  ),
  ...[
    'mixed_precision.set_global_policy',
    'mixed_precision.set_dtype_policy',
    'config.set_dtype_policy',
    'mixed_precision.experimental.set_policy',
  ].map((name) =>
    native(`keras.${name}`, '(policy)', (cx, args) => {
      setGlobalPolicy(cx, args.value('policy'));
      return none;
    }),
  ),
  ...['backend.epsilon', 'config.epsilon'].map((name) => native(`keras.${name}`, '()', () => float(1e-7))),
  ...['backend.image_data_format', 'config.image_data_format'].map((name) =>
    native(`keras.${name}`, '()', () => str('channels_last')),
  ),
  ...['backend.backend', 'config.backend'].map((name) => native(`keras.${name}`, '()', () => str('tensorflow'))),
  ...['backend.is_keras_tensor', 'utils.is_keras_tensor'].map((name) =>
    native(`keras.${name}`, '(x)', (cx, args) => {
      const value = args.value('x');
      return bool(value.kind === 'tensor' && isSymbolic(cx, value.node));
    }),
  ),
  native('keras.utils.register_keras_serializable', "(package='Custom', name=None)", () =>
    native('decorator', '(arg)', (_cx, args) => args.value('arg')),
  ),
  native('keras.saving.register_keras_serializable', "(package='Custom', name=None)", () =>
    native('decorator', '(arg)', (_cx, args) => args.value('arg')),
  ),
];

const policies: readonly ClassValue[] = [
  'keras.DTypePolicy',
  'keras.mixed_precision.Policy',
  'keras.mixed_precision.DTypePolicy',
].map((name) =>
  libraryClass(
    name,
    [],
    [
      native('__init__', '(self, name=None)', (cx, args) => {
        cx.setAttribute(args.value('self'), 'name', args.optional('name') ?? str(floatx(cx)));
        return none;
      }),
    ],
  ),
);

// Tools

/** One row of 0 and 1 for each class. */
function categorical(cx: Context, args: Args): Value {
  const { build } = cx;
  const given = known(args.value('x'));
  const x = asTensor(cx, given);
  const shape = build.shape(x);
  const count = args.optional('num_classes') === null ? countOf(cx, x) : args.dim('num_classes');
  const flat = shape.length > 1 && shape.at(-1) === 1 ? build.dropAxis(x, -1) : x;
  const places = build.convert(build.unary('stop_gradient', flat), 'int64');
  const classes = build.emit('iota', { start: 0, step: 1, shape: [count], dtype: 'int64' });
  const hot = build.binary('eq', build.expandDims(places, -1), classes);
  const isOwn = given.kind === 'tensor' && given.family === 'tensorflow';
  return isOwn ? made(build.convert(hot, 'float32')) : tensor(build.convert(hot, 'float64'), 'numpy');
}

function countOf(cx: Context, x: NodeId): Dim {
  const numbers = numbersOf(cx, x);
  return numbers === null || numbers.length === 0 ? cx.freshSize('classes') : Math.max(...numbers) + 1;
}

const tools: readonly NativeValue[] = [
  native('keras.utils.to_categorical', '(x, num_classes=None)', categorical),
  native('keras.utils.normalize', '(x, axis=-1, order=2)', (cx, args) => {
    const value = args.value('x');
    const { shape, dtype } = cx.build.aval(asTensor(cx, value));
    const node = cx.build.emit('data', { name: 'keras.utils.normalize', aval: { shape, dtype } });
    return tensor(node, value.kind === 'tensor' ? value.family : 'numpy');
  }),
];

interface Images {
  readonly name: string;
  readonly image: readonly number[];
  readonly label: readonly number[];
  readonly type: DType;
  /** How many there are for training and for tests. */
  readonly counts: readonly [number, number];
}

/** Images and their classes, of the sizes that the loaders' documents assert (https://keras.io/api/datasets/). */
const images: readonly Images[] = [
  { name: 'mnist', image: [28, 28], label: [], type: 'uint8', counts: [60000, 10000] },
  { name: 'fashion_mnist', image: [28, 28], label: [], type: 'uint8', counts: [60000, 10000] },
  { name: 'cifar10', image: [32, 32, 3], label: [1], type: 'uint8', counts: [50000, 10000] },
  { name: 'cifar100', image: [32, 32, 3], label: [1], type: 'int64', counts: [50000, 10000] },
];

const datasets: readonly NativeValue[] = images.map(({ name, image, label, type, counts }) =>
  native(`keras.datasets.${name}.load_data`, '(*args, **kwargs)', (cx) => {
    const array = (shape: readonly number[], dtype: DType): Value =>
      tensor(cx.build.emit('data', { name, aval: { shape, dtype } }), 'numpy');
    return tuple(counts.map((count) => tuple([array([count, ...image], 'uint8'), array([count, ...label], type)])));
  }),
);

export const otherLibrary: Library = libraryOf([
  variableClass,
  ...regularizers,
  ...shortRegularizers,
  ...constraints,
  ...settings,
  ...policies,
  ...tools,
  ...datasets,
]);
