import type { NodeId } from '../../graph/graph.ts';
import { isFloating, promote } from '../../graph/shape.ts';
import { known } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import type { Library } from '../define.ts';
import { native } from '../define.ts';
import type { Dialect } from '../numpy/dialect.ts';
import { arrayFunctions } from '../numpy/index.ts';
import { TensorCall, tensorflowDialect } from '../tensorflow/dialect.ts';
import { dropElements, probabilityIn } from '../torch/nn/dropout.ts';
import { int, type NativeValue, none, tensor, tuple, type Value } from '../values.ts';
import { floatx } from './policy.ts';
import { shapeValue } from './symbolic.ts';
import { made } from './tensors.ts';

/** keras.ops (https://keras.io/api/ops/): NumPy's interface on tensors, of types that give way to each other. */

const dialect: Dialect = {
  ...tensorflowDialect,
  at: () => dialect,
  name: 'keras.ops',
  promote,
  floating: (dtype) => (isFloating(dtype) ? dtype : 'float32'),
  quotient: (dtype) => (isFloating(dtype) ? dtype : 'float32'),
};

const numpy: ReadonlyMap<string, NativeValue> = new Map(arrayFunctions(dialect).map((fn) => [fn.name, fn]));

/**
 * NumPy's functions under the parameters that Keras has for them. Those without a default are given in NumPy's order, the
 * others by their names.
 */
const shared: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    `abs absolute exp expm1 exp2 log log1p log2 log10 sqrt square sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh
    arctanh sign floor ceil trunc negative reciprocal isfinite isinf isnan logical_not real imag conj conjugate ravel
    deg2rad rad2deg cbrt sinc fliplr flipud`
      .split(/\s+/)
      .map((name) => [name, 'x']),
  ),
  ...Object.fromEntries(
    `add subtract multiply divide true_divide floor_divide maximum minimum power mod arctan2 equal not_equal greater
    greater_equal less less_equal logical_and logical_or logical_xor matmul dot inner outer hypot logaddexp kron vdot heaviside
    fmax fmin fmod`
      .split(/\s+/)
      .map((name) => [name, 'x1, x2']),
  ),
  ...Object.fromEntries(
    'sum mean prod var std max min amax amin any all'.split(' ').map((name) => [name, 'x, axis=None, keepdims=False']),
  ),
  ...Object.fromEntries('argmax argmin'.split(' ').map((name) => [name, 'x, axis=None, keepdims=False'])),
  ...Object.fromEntries('cumsum cumprod'.split(' ').map((name) => [name, 'x, axis=None, dtype=None'])),
  median: 'x, axis=None, keepdims=False',
  count_nonzero: 'x, axis=None',
  average: 'x, axis=None, weights=None',
  ptp: 'x, axis=None, keepdims=False',
  sort: 'x, axis=-1',
  argsort: 'x, axis=-1',
  flip: 'x, axis=None',
  roll: 'x, shift, axis=None',
  rot90: 'x, k=1',
  squeeze: 'x, axis=None',
  expand_dims: 'x, axis',
  transpose: 'x, axes=None',
  reshape: 'x, newshape',
  moveaxis: 'x, source, destination',
  swapaxes: 'x, axis1, axis2',
  concatenate: 'xs, axis=0',
  stack: 'x, axis=0',
  vstack: 'xs',
  hstack: 'xs',
  dstack: 'xs',
  split: 'x, indices_or_sections, axis=0',
  array_split: 'x, indices_or_sections, axis=0',
  tile: 'x, repeats',
  repeat: 'x, repeats, axis=None',
  broadcast_to: 'x, shape',
  take: 'x, indices, axis=None',
  take_along_axis: 'x, indices, axis=None',
  clip: 'x, x_min, x_max',
  where: 'condition, x1=None, x2=None',
  tensordot: 'x1, x2, axes=2',
  cross: 'x1, x2',
  einsum: 'subscripts, *operands',
  diag: 'x, k=0',
  diagonal: 'x, offset=0, axis1=0, axis2=1',
  trace: 'x, offset=0, axis1=0, axis2=1',
  tril: 'x, k=0',
  triu: 'x, k=0',
  diff: 'a, n=1, axis=-1',
  round: 'x, decimals=0',
  zeros_like: 'x, dtype=None',
  ones_like: 'x, dtype=None',
  full_like: 'x, fill_value, dtype=None',
  meshgrid: '*x, indexing="xy"',
};

/** A new tensor: NumPy's numbers in the types of Keras. */
const creation: Readonly<Record<string, string>> = {
  zeros: 'shape, dtype=None',
  ones: 'shape, dtype=None',
  empty: 'shape, dtype=None',
  full: 'shape, fill_value, dtype=None',
  eye: 'N, M=None, k=0, dtype=None',
  identity: 'n, dtype=None',
};

/** What gives numbers of places, which are short ones. */
const places: ReadonlySet<string> = new Set(['argmax', 'argmin', 'argsort', 'count_nonzero']);

/** What refuses tensors without elements. */
const extremes: ReadonlySet<string> = new Set(['max', 'min', 'amax', 'amin']);

function requireElements(cx: Context, [x]: readonly Value[]): void {
  if (x?.kind === 'tensor' && cx.build.shape(x.node).includes(0))
    throw new PythonError('InvalidArgumentError', 'Cannot compute the max or min of an empty tensor.');
}

function borrowed(name: string, parameters: string): readonly NativeValue[] {
  const fn = numpy.get(`keras.ops.${name}`);
  if (fn === undefined) return [];
  const parts = parameters.split(',').map((part) => part.trim());
  const required = parts.filter((part) => !part.includes('=') && !part.startsWith('*'));
  const optional = parts.filter((part) => part.includes('=')).map((part) => part.split('=')[0] ?? part);
  return [
    native(`keras.ops.${name}`, `(${parameters})`, (cx, args) => {
      const positional = [...required.map((key) => args.raw(key)), ...args.rest];
      // `where` takes both or none.
      const given = optional.flatMap((key): [string, Value][] => (args.has(key) ? [[key, args.raw(key)]] : []));
      if (name === 'where') return cx.call(fn, [...positional, ...given.map(([, value]) => value)]);
      if (name in creation && !args.has('dtype')) given.push(['dtype', { kind: 'dtype', dtype: floatx(cx) }]);
      if (extremes.has(name)) requireElements(cx, positional);
      const result = cx.call(fn, positional, new Map(given));
      return places.has(name) && result.kind === 'tensor' ? made(cx.build.convert(result.node, 'int32')) : result;
    }),
  ];
}

function op(name: string, parameters: string, rule: (call: TensorCall) => Value | NodeId): NativeValue {
  const own = native(`keras.ops.${name}`, `(${parameters})`, () => none);
  return {
    ...own,
    call: (cx, bound) => {
      const result = rule(new TensorCall(cx, bound));
      return typeof result === 'number' ? made(result) : result;
    },
  };
}

function floating(call: TensorCall, name: string): NodeId {
  const x = call.array(name);
  return isFloating(call.build.aval(x).dtype) ? x : call.build.convert(x, floatx(call.cx));
}

const own: readonly NativeValue[] = [
  op('cast', 'x, dtype', (call) => {
    const dtype = call.type('dtype');
    if (dtype === null) throw new Unknowable('the type is not known');
    return call.build.convert(call.array('x'), dtype);
  }),
  op('convert_to_tensor', 'x, dtype=None, sparse=None, ragged=None', (call) => {
    const dtype = call.type('dtype');
    const x = call.array('x');
    return dtype === null ? x : call.build.convert(x, dtype);
  }),
  op('array', 'x, dtype=None', (call) => {
    const dtype = call.type('dtype');
    const x = call.array('x');
    return dtype === null ? x : call.build.convert(x, dtype);
  }),
  op('convert_to_numpy', 'x', (call) => tensor(call.build.unary('stop_gradient', call.array('x')), 'numpy')),
  op('copy', 'x', (call) => call.array('x')),
  op('stop_gradient', 'variable', (call) => call.build.unary('stop_gradient', call.array('variable'))),
  op('shape', 'x', (call) => shapeValue(call.cx, call.build.shape(call.array('x')))),
  op('ndim', 'x', (call) => int(call.build.rank(call.array('x')))),
  op('rsqrt', 'x', (call) => call.build.unary('rsqrt', floating(call, 'x'))),
  op('erf', 'x', (call) => call.build.unary('erf', floating(call, 'x'))),
  op('erfinv', 'x', (call) => call.build.unary('erf_inv', floating(call, 'x'))),
  op('logsumexp', 'x, axis=None, keepdims=False', (call) => {
    const x = floating(call, 'x');
    const rank = call.build.rank(x);
    const axes = call.strictAxes('axis', rank) ?? Array.from({ length: rank }, (_, k) => k);
    if (call.build.shape(x).includes(0)) throw new Unknowable('the sum of no elements is not followed');
    return call.build.logSumExp(x, axes, call.bool('keepdims', false));
  }),
  op('norm', 'x, ord=None, axis=None, keepdims=False', (call) => {
    if (call.optional('ord') !== null) throw new Unknowable('other norms than the usual are not followed');
    const x = floating(call, 'x');
    const axes = call.strictAxes('axis', call.build.rank(x));
    return call.build.unary('sqrt', call.build.sum(call.build.square(x), axes, call.bool('keepdims', false)));
  }),
  op('one_hot', 'x, num_classes, axis=-1, dtype=None, sparse=False', (call) => {
    if (call.int('axis', -1) !== -1) throw new Unknowable('other axes of classes than the last are not followed');
    const { build } = call;
    const x = call.array('x');
    const count = call.dim('num_classes');
    const { dtype } = build.aval(x);
    const classes = build.emit('iota', { start: 0, step: 1, shape: [count], dtype });
    return build.convert(build.binary('eq', build.expandDims(x, -1), classes), call.type('dtype') ?? floatx(call.cx));
  }),
  op('normalize', 'x, axis=-1, order=2, epsilon=None', (call) => {
    if (call.int('order', 2) !== 2) throw new Unknowable('other norms than the usual are not followed');
    const { build } = call;
    const x = floating(call, 'x');
    const axes = call.has('axis') ? call.strictAxes('axis', build.rank(x)) : [call.strict('axis', build.rank(x), -1)];
    const squares = build.sum(build.square(x), axes, true);
    return build.mul(x, build.unary('rsqrt', build.binary('max', squares, build.scalar(1e-12, squares))));
  }),
  op('moments', 'x, axes, keepdims=False, synchronized=False', (call) => {
    const { build } = call;
    const x = floating(call, 'x');
    const axes = call.strictAxes('axes', build.rank(x)) ?? [];
    const keep = call.bool('keepdims', false);
    const centred = build.sub(x, build.mean(x, axes, true));
    return tuple([made(build.mean(x, axes, keep)), made(build.mean(build.square(centred), axes, keep))]);
  }),
  op('unstack', 'x, num=None, axis=0', (call) => {
    const x = call.array('x');
    const axis = call.strict('axis', call.build.rank(x), 0);
    const count = call.build.shape(x)[axis];
    if (typeof count !== 'number') throw new Unknowable('how many tensors it gives is not known');
    return {
      kind: 'list',
      items: Array.from({ length: count }, (_, k) => made(call.build.take(x, axis, k))),
      tail: null,
    };
  }),
  op('is_tensor', 'x', (call) => ({ kind: 'bool', value: known(call.value('x')).kind === 'tensor' })),
];

const draws = 'dtype=None, seed=None';

function drawn(call: TensorCall, low: number, high: number, kind: 'normal' | 'uniform'): NodeId {
  const distribution = kind === 'normal' ? ({ kind, mean: low, std: high } as const) : ({ kind, low, high } as const);
  return call.build.random(call.shape('shape'), distribution, call.type('dtype') ?? floatx(call.cx));
}

const random: readonly NativeValue[] = [
  op('normal', `shape, mean=0.0, stddev=1.0, ${draws}`, (call) =>
    drawn(call, call.number('mean', 0), call.number('stddev', 1), 'normal'),
  ),
  op('truncated_normal', `shape, mean=0.0, stddev=1.0, ${draws}`, (call) =>
    drawn(call, call.number('mean', 0), call.number('stddev', 1), 'normal'),
  ),
  op('uniform', `shape, minval=0.0, maxval=1.0, ${draws}`, (call) =>
    drawn(call, call.number('minval', 0), call.number('maxval', 1), 'uniform'),
  ),
  op('randint', `shape, minval, maxval, dtype='int32', seed=None`, (call) =>
    call.build.random(
      call.shape('shape'),
      { kind: 'integers', low: call.int('minval'), high: call.int('maxval') },
      call.type('dtype') ?? 'int32',
    ),
  ),
  op('dropout', 'inputs, rate, noise_shape=None, seed=None', (call) => {
    if (call.optional('noise_shape') !== null) throw new Unknowable('elements that go together are not followed');
    return dropElements(call.cx, call.array('inputs'), probabilityIn(call, 'rate', 0));
  }),
].map((fn) => ({ ...fn, name: fn.name.replace('keras.ops.', 'keras.random.') }));

const functions: readonly NativeValue[] = [
  ...Object.entries({ ...shared, ...creation }).flatMap(([name, parameters]) => borrowed(name, parameters)),
  ...own,
];

export const opLibrary: Library = new Map<string, Value>([
  ...functions.flatMap((fn): [string, Value][] => [
    [fn.name, fn],
    [fn.name.replace('keras.ops.', 'keras.ops.numpy.'), fn],
  ]),
  ...random.map((fn): [string, Value] => [fn.name, fn]),
]);
