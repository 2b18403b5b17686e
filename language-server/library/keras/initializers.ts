import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import type { Distribution } from '../../graph/primitives/leaves.ts';
import type { DType, Shape } from '../../graph/shape.ts';
import { Args, asDim, known } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { type Library, libraryClass, native } from '../define.ts';
import { dtypeOf } from '../tensorflow/dialect.ts';
import { defaultsIn, knownNumber } from '../torch/nn/layer.ts';
import { type ClassValue, type NativeValue, none, type Value } from '../values.ts';
import { floatx } from './policy.ts';
import { made } from './tensors.ts';

/** How weights start (https://keras.io/api/layers/initializers/): objects that are called with a shape and a type. */

interface Initializer {
  readonly name: string;
  readonly settings: string;
  readonly draw: (cx: Context, own: Args, shape: Shape, dtype: DType) => NodeId;
}

/** How many numbers go into an output of a kernel and how many outputs an input has (`compute_fans`). */
function fans(shape: Shape): { readonly into: Dim; readonly out: Dim } {
  const [a = 1, b = a] = shape;
  if (shape.length <= 2) return { into: a, out: b };
  const field = D.product(shape.slice(0, -2));
  return { into: D.mul(shape.at(-2) ?? 1, field), out: D.mul(shape.at(-1) ?? 1, field) };
}

interface Scaling {
  readonly scale: number;
  readonly mode: string;
  readonly kind: string;
}

function scaled(cx: Context, { scale, mode, kind }: Scaling, shape: Shape, dtype: DType): NodeId {
  const { into, out } = fans(shape);
  const number = (dim: Dim): number => (D.isKnown(dim) ? dim : 1);
  const count = mode === 'fan_in' ? number(into) : mode === 'fan_out' ? number(out) : (number(into) + number(out)) / 2;
  const variance = scale / Math.max(1, count);
  const limit = Math.sqrt(3 * variance);
  const distribution: Distribution =
    kind === 'uniform'
      ? { kind: 'uniform', low: -limit, high: limit }
      : { kind: 'normal', mean: 0, std: Math.sqrt(variance) };
  return cx.build.random(shape, distribution, dtype);
}

const scaling = (name: string, scale: number, mode: string, kind: string): Initializer => ({
  name,
  settings: 'seed=None',
  draw: (cx, _own, shape, dtype) => scaled(cx, { scale, mode, kind }, shape, dtype),
});

/** A number of a setting; another where it is not known before the program runs. */
function numberIn(own: Args, name: string, otherwise: number): number {
  return knownNumber(own, name, otherwise) ?? otherwise;
}

function normal(cx: Context, own: Args, shape: Shape, dtype: DType): NodeId {
  const distribution = { kind: 'normal', mean: numberIn(own, 'mean', 0), std: numberIn(own, 'stddev', 0.05) } as const;
  return cx.build.random(shape, distribution, dtype);
}

const initializers: readonly Initializer[] = [
  { name: 'Zeros', settings: '', draw: (cx, _own, shape, dtype) => cx.build.full(shape, 0, dtype) },
  { name: 'Ones', settings: '', draw: (cx, _own, shape, dtype) => cx.build.full(shape, 1, dtype) },
  {
    name: 'Constant',
    settings: 'value=0.0',
    draw: (cx, own, shape, dtype) => cx.build.full(shape, own.number('value', 0), dtype),
  },
  { name: 'RandomNormal', settings: 'mean=0.0, stddev=0.05, seed=None', draw: normal },
  { name: 'TruncatedNormal', settings: 'mean=0.0, stddev=0.05, seed=None', draw: normal },
  {
    name: 'RandomUniform',
    settings: 'minval=-0.05, maxval=0.05, seed=None',
    draw: (cx, own, shape, dtype) => {
      const [low, high] = [numberIn(own, 'minval', -0.05), numberIn(own, 'maxval', 0.05)];
      return cx.build.random(shape, { kind: 'uniform', low, high }, dtype);
    },
  },
  {
    name: 'VarianceScaling',
    settings: "scale=1.0, mode='fan_in', distribution='truncated_normal', seed=None",
    draw: (cx, own, shape, dtype) =>
      scaled(
        cx,
        {
          scale: own.number('scale', 1),
          mode: own.string('mode', 'fan_in'),
          kind: own.string('distribution', 'truncated_normal'),
        },
        shape,
        dtype,
      ),
  },
  scaling('GlorotUniform', 1, 'fan_avg', 'uniform'),
  scaling('GlorotNormal', 1, 'fan_avg', 'normal'),
  scaling('LecunUniform', 1, 'fan_in', 'uniform'),
  scaling('LecunNormal', 1, 'fan_in', 'normal'),
  scaling('HeUniform', 2, 'fan_in', 'uniform'),
  scaling('HeNormal', 2, 'fan_in', 'normal'),
  {
    name: 'Orthogonal',
    settings: 'gain=1.0, seed=None',
    draw: (cx, _own, shape, dtype) => {
      if (shape.length < 2)
        throw new PythonError('ValueError', 'The tensor to initialize must be at least two-dimensional.');
      return scaled(cx, { scale: 1, mode: 'fan_in', kind: 'normal' }, shape, dtype);
    },
  },
  {
    name: 'Identity',
    settings: 'gain=1.0',
    draw: (cx, own, shape, dtype) => {
      if (shape.length !== 2)
        throw new PythonError('ValueError', 'Identity matrix initializer can only be used for 2D matrices.');
      return cx.build.scale(cx.build.emit('eye', { shape, dtype }), own.number('gain', 1));
    },
  },
];

/** `GlorotUniform` as `glorot_uniform`. */
function snakeCase(name: string): string {
  return name.replace(/(?!^)([A-Z])/g, '_$1').toLowerCase();
}

const baseInitializer: ClassValue = libraryClass(
  'keras.initializers.Initializer',
  [],
  [
    native('__init__', '(self)', () => none),
    native('get_config', '(self)', () => ({ kind: 'dict', entries: new Map(), open: true })),
  ],
);

function initializerClass({ name, settings, draw }: Initializer): ClassValue {
  const defaults = defaultsIn(settings);
  return libraryClass(
    `keras.initializers.${name}`,
    [baseInitializer],
    [
      native('__init__', `(self${settings === '' ? '' : `, ${settings}`})`, (cx, args) => {
        const self = args.value('self');
        for (const [key, otherwise] of defaults) {
          const given = args.has(key) ? args.raw(key) : otherwise;
          if (given !== null) cx.setAttribute(self, key, given);
        }
        return none;
      }),
      native('__call__', '(self, shape, dtype=None, **kwargs)', (cx, args) => {
        const self = args.value('self');
        const own = settingsIn(cx, self);
        const dtype = args.optional('dtype');
        const sizes = cx.items(args.value('shape')).map((item) => asDim(item, 'shape'));
        return made(draw(cx, own, sizes, dtype === null ? floatx(cx) : dtypeOf(dtype)));
      }),
    ],
  );
}

function settingsIn(cx: Context, value: Value): Args {
  const attributes = value.kind === 'instance' ? value.attributes : new Map<string, Value>();
  return new Args(cx, { values: attributes, rest: [], keywords: new Map() });
}

const classes = new Map(initializers.map((initializer) => [initializer.name, initializerClass(initializer)]));

/** Other names of classes. */
const short: Readonly<Record<string, string>> = {
  IdentityInitializer: 'Identity',
  OrthogonalInitializer: 'Orthogonal',
  uniform: 'RandomUniform',
  normal: 'RandomNormal',
  zero: 'Zeros',
  one: 'Ones',
};

const byName: ReadonlyMap<string, ClassValue> = new Map([
  ...[...classes].flatMap(([name, cls]): [string, ClassValue][] => [
    [name, cls],
    [snakeCase(name), cls],
  ]),
  ...Object.entries(short).flatMap(([name, own]): [string, ClassValue][] => {
    const cls = classes.get(own);
    return cls === undefined ? [] : [[name, cls]];
  }),
]);

/** What a layer is told to start its weights with: an object, a name or a function; or else as is usual. */
export function initializerNamed(cx: Context, value: Value | null, usual: string): Value {
  const given = value ?? { kind: 'str', value: usual };
  known(given);
  if (given.kind === 'class') return cx.call(given, []);
  if (given.kind === 'dict') throw new Unknowable('an initializer by its settings is not followed');
  if (given.kind !== 'str') return given;
  if (given.value === null) throw new Unknowable('which initializer it is is not known');
  const cls = byName.get(given.value);
  if (cls === undefined)
    throw new PythonError('ValueError', `Could not interpret initializer identifier: ${given.value}`);
  return cx.call(cls, []);
}

const get: NativeValue = native('keras.initializers.get', '(identifier)', (cx, args) =>
  args.optional('identifier') === null ? none : initializerNamed(cx, args.value('identifier'), ''),
);

export const initializerLibrary: Library = new Map<string, Value>([
  ...[...byName].map(([name, cls]): [string, Value] => [`keras.initializers.${name}`, cls]),
  [baseInitializer.name, baseInitializer],
  ['keras.Initializer', baseInitializer],
  [get.name, get],
]);
