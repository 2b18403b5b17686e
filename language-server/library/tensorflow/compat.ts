import { Unknowable } from '../context.ts';
import type { Library } from '../define.ts';
import { libraryClass, native } from '../define.ts';
import { type ClassValue, type NativeValue, none, type Value } from '../values.ts';
import { dtypeOf, type TensorCall, tfFunction } from './dialect.ts';
import { dimsOf } from './shapes.ts';

/** TensorFlow's other names: tf.compat.v2, and what TensorFlow 1 has (https://www.tensorflow.org/api_docs/python/tf/compat/v1). */

/** What a program of TensorFlow 1 feeds: a tensor of a shape whose open sizes are names. */
function placeholder(call: TensorCall): Value {
  const { cx, build } = call;
  const given = call.optional('shape');
  if (given === null) throw new Unknowable('the shape of what is fed is not known');
  const shape = dimsOf(cx, given).map((dim, k) => dim ?? cx.freshSize(k === 0 ? 'batch' : `n${k}`));
  const name = call.optional('name');
  const label = name?.kind === 'str' && name.value !== null ? name.value : 'placeholder';
  const node = build.input(label, { shape, dtype: dtypeOf(call.value('dtype')) });
  return call.result(node);
}

/** Former names of functions that are found elsewhere now. */
const former: Readonly<Record<string, string>> = {
  log: 'math.log',
  log1p: 'math.log1p',
  lgamma: 'math.lgamma',
  digamma: 'math.digamma',
  erf: 'math.erf',
  is_nan: 'math.is_nan',
  is_inf: 'math.is_inf',
  is_finite: 'math.is_finite',
  mod: 'math.floormod',
  floor_div: 'math.floordiv',
  real: 'math.real',
  imag: 'math.imag',
  conj: 'math.conj',
  squared_difference: 'math.squared_difference',
  rsqrt: 'math.rsqrt',
  cumprod: 'math.cumprod',
  l2_normalize: 'math.l2_normalize',
  random_normal: 'random.normal',
  random_uniform: 'random.uniform',
  random_shuffle: 'random.shuffle',
  truncated_normal: 'random.truncated_normal',
  matrix_inverse: 'linalg.inv',
  matrix_determinant: 'linalg.det',
  matrix_solve: 'linalg.solve',
  matrix_diag: 'linalg.diag',
  matrix_diag_part: 'linalg.diag_part',
  diag: 'linalg.tensor_diag',
  diag_part: 'linalg.tensor_diag_part',
  cholesky: 'linalg.cholesky',
  trace: 'linalg.trace',
};

const casts = { to_float: 'float32', to_double: 'float64', to_int32: 'int32', to_int64: 'int64' } as const;

/** A session, which computes what is fetched: its values are not known, nor the sizes that are fed. */
const session: ClassValue = libraryClass(
  'tensorflow.Session',
  [],
  [
    native('__init__', "(self, target='', graph=None, config=None)", () => none),
    native('__enter__', '(self)', (_cx, args) => args.value('self')),
    native('__exit__', '(self, *args)', () => none),
    ...['close', 'as_default', 'make_callable'].map((name) =>
      native(name, '(self, *args, **kwargs)', (_cx, args) => (name === 'as_default' ? args.value('self') : none)),
    ),
    native('run', '(self, fetches, feed_dict=None, options=None, run_metadata=None)', (cx) =>
      cx.unknown('what a session computes hangs on what it is fed'),
    ),
  ],
);

const quiet = [
  'disable_eager_execution',
  'enable_eager_execution',
  'disable_v2_behavior',
  'enable_v2_behavior',
  'enable_v2_tensorshape',
  'disable_v2_tensorshape',
  'enable_resource_variables',
  'reset_default_graph',
  'set_random_seed',
  'global_variables_initializer',
  'local_variables_initializer',
  'initialize_all_variables',
  'tables_initializer',
  'logging.set_verbosity',
  'add_to_collection',
];

export const formerFunctions: readonly NativeValue[] = [
  tfFunction('placeholder', '(dtype, shape=None, name=None)', placeholder),
  ...Object.entries(casts).map(([name, dtype]) =>
    tfFunction(name, '(x, name=None)', (call) => call.result(call.build.convert(call.array('x'), dtype))),
  ),
  ...quiet.map((name) => tfFunction(name, '(*args, **kwargs)', () => none)),
];

export const formerClasses: readonly ClassValue[] = [session, { ...session, name: 'tensorflow.InteractiveSession' }];

/** Names that mean something else in TensorFlow 1: there `where` picks whole rows. */
const differing = ['where'];

/** The library under its other names. */
export function withFormerNames(library: ReadonlyMap<string, Value>): Library {
  const renamed = Object.entries(former).flatMap(([name, now]): [string, Value][] => {
    const value = library.get(`tensorflow.${now}`);
    return value === undefined || library.has(`tensorflow.${name}`) ? [] : [[`tensorflow.${name}`, value]];
  });
  const whole = new Map([...library, ...renamed]);
  return new Map<string, Value>([
    ...whole,
    ...[...whole].flatMap(([name, value]): [string, Value][] => {
      const own = name.slice('tensorflow.'.length);
      return differing.includes(own) ? [] : [[`tensorflow.compat.v1.${own}`, value]];
    }),
  ]);
}

/** Modules that are TensorFlow itself. */
export const otherModules: readonly (readonly [string, Value])[] = [
  ['tensorflow.compat.v2', { kind: 'namespace', path: 'tensorflow' }],
];
