import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import type { Distribution } from '../../graph/primitives/leaves.ts';
import {
  broadcastShapes,
  type DType,
  dimAt,
  requireEqual,
  requireStretch,
  type Shape,
  ShapeError,
  sameShape,
  showShape,
} from '../../graph/shape.ts';
import { asNumber } from '../arguments.ts';
import { PythonError, Unknowable } from '../context.ts';
import { type Call, shapeIn, sizeIn } from '../numpy/dialect.ts';
import { opaque } from '../torch/opaque.ts';
import { int, type NativeValue, str, type Value } from '../values.ts';
import { jaxFunction, jaxOp } from './function.ts';

/** jax.random (https://docs.jax.dev/en/latest/jax.random.html): draws from keys. */

/** A key: one of its own type, or the two numbers that keys were before. */
function key(call: Call, name = 'key'): { readonly node: NodeId; readonly typed: boolean } {
  const value = call.value(name);
  if (value.kind !== 'tensor') throw new PythonError('TypeError', 'a key of jax.random is wanted');
  const { shape, dtype } = call.build.aval(value.node);
  if (dtype !== 'key<fry>' && dtype !== 'uint32')
    throw new PythonError('TypeError', `a key of jax.random is wanted, not ${dtype}`);
  const typed = dtype === 'key<fry>';
  const wanted: Shape = typed ? [] : [2];
  if (!sameShape(shape, wanted)) {
    if (shape.length === wanted.length && shape.some((dim) => !D.isKnown(dim)))
      throw new Unknowable('whether this is one key is not known');
    throw new ShapeError(`one key is wanted, not keys of shape ${showShape(shape)}: jax.vmap goes through several`);
  }
  return { node: value.node, typed };
}

/** The shape that a call asks for; null where it names none. */
function shapeOf(call: Call): Shape | null {
  const value = call.optional('shape');
  return value === null ? null : shapeIn(call, value);
}

/** What parameters stretch to, or the shape that is asked for, into which they must fit. */
function drawnShape(
  call: Call,
  names: readonly string[],
): { readonly shape: Shape; readonly nodes: readonly NodeId[] } {
  const nodes = names.flatMap((name) => {
    const value = call.optional(name);
    return value === null || value.kind === 'int' || value.kind === 'float' ? [] : [call.array(name)];
  });
  const own = broadcastShapes(...nodes.map((node) => call.build.shape(node)));
  const wanted = shapeOf(call);
  if (wanted === null) return { shape: own, nodes };
  requireStretch(own, wanted, () => `parameters ${showShape(own)} do not fit into the shape ${showShape(wanted)}`);
  return { shape: wanted, nodes };
}

function floatType(call: Call): DType {
  return call.type('dtype') ?? call.d.float;
}

interface Draw {
  /** What stands between the key and the shape. */
  readonly before?: string;
  /** What stands behind the shape. */
  readonly after: string;
  readonly parameters: readonly string[];
  readonly integers?: boolean;
  readonly distribution?: (call: Call) => Distribution | null;
}

function numberOf(call: Call, name: string, otherwise: number): number | null {
  const value = call.optional(name);
  if (value === null) return otherwise;
  return value.kind === 'int' || value.kind === 'float' ? asNumber(value) : null;
}

const plain: Draw = { after: 'dtype=None, *, out_sharding=None', parameters: [] };
const one = (name: string): Draw => ({ before: name, after: 'dtype=None', parameters: [name.replace(/=.*/, '')] });

const draws: Readonly<Record<string, Draw>> = {
  normal: { ...plain, distribution: () => ({ kind: 'normal', mean: 0, std: 1 }) },
  uniform: {
    after: 'dtype=None, minval=0.0, maxval=1.0, *, out_sharding=None',
    parameters: ['minval', 'maxval'],
    distribution: (call) => {
      const [low, high] = [numberOf(call, 'minval', 0), numberOf(call, 'maxval', 1)];
      return low === null || high === null ? null : { kind: 'uniform', low, high };
    },
  },
  exponential: plain,
  laplace: plain,
  gumbel: { ...plain, after: 'dtype=None, mode=None' },
  cauchy: plain,
  logistic: plain,
  maxwell: plain,
  rademacher: { ...plain, integers: true },
  gamma: one('a'),
  loggamma: { ...one('a'), after: 'dtype=None, log_space=True' },
  t: one('df'),
  chisquare: one('df'),
  pareto: one('b'),
  rayleigh: one('scale'),
  lognormal: { before: 'sigma=1.0', after: 'dtype=None', parameters: ['sigma'] },
  poisson: { ...one('lam'), integers: true },
  geometric: { ...one('p'), integers: true },
  beta: { before: 'a, b', after: 'dtype=None', parameters: ['a', 'b'] },
  f: { before: 'dfnum, dfden', after: 'dtype=None', parameters: ['dfnum', 'dfden'] },
  binomial: { before: 'n, p', after: 'dtype=None', parameters: ['n', 'p'] },
  truncated_normal: {
    before: 'lower, upper',
    after: 'dtype=None, *, out_sharding=None',
    parameters: ['lower', 'upper'],
  },
  weibull_min: { before: 'scale, concentration', after: 'dtype=None', parameters: ['scale', 'concentration'] },
  double_sided_maxwell: { before: 'loc, scale', after: 'dtype=None', parameters: ['loc', 'scale'] },
  wald: { before: 'mean', after: 'dtype=None', parameters: ['mean'] },
  triangular: { before: 'left, mode, right', after: 'dtype=None', parameters: ['left', 'mode', 'right'] },
  generalized_normal: { before: 'p', after: 'dtype=None', parameters: [] },
};

function drawFunction(name: string, draw: Draw): NativeValue {
  const parameters = ['key', ...(draw.before === undefined ? [] : [draw.before]), 'shape=None', draw.after].join(', ');
  return jaxOp(`jax.random.${name}`, `(${parameters})`, (call) => {
    const { node } = key(call);
    const { shape, nodes } = drawnShape(call, draw.parameters);
    const dtype = draw.integers === true ? (call.type('dtype') ?? call.d.int) : floatType(call);
    const distribution = nodes.length === 0 ? (draw.distribution?.(call) ?? null) : null;
    return distribution === null
      ? opaque(call.cx, `jax.random.${name}`, [node, ...nodes], shape, dtype)
      : call.build.random(shape, distribution, dtype);
  });
}

/** New keys of the same kind: `lead` of them. */
function keys(call: Call, node: NodeId, typed: boolean, lead: Shape, name: string): NodeId {
  return opaque(call.cx, name, [node], typed ? lead : [...lead, 2], typed ? 'key<fry>' : 'uint32');
}

function seed(call: Call, typed: boolean): NodeId {
  // Any number gives a key of one form.
  const value = call.raw('seed');
  if (value.kind === 'float') throw new PythonError('TypeError', 'PRNG key seed must be an integer; got a float');
  return call.build.emit('data', {
    name: 'key',
    aval: typed ? { shape: [], dtype: 'key<fry>' } : { shape: [2], dtype: 'uint32' },
  });
}

function choice(call: Call): NodeId {
  const { build, cx, d } = call;
  const { node } = key(call);
  const wanted = shapeOf(call) ?? [];
  const value = call.value('a');
  const count = D.product(wanted);
  const check = (population: Dim): void => {
    if (!call.bool('replace', true) && D.isKnown(count) && D.isKnown(population) && count > population)
      throw new PythonError(
        'ValueError',
        `Cannot take a larger sample (size ${count}) than population (size ${population}) when 'replace=False'`,
      );
    const p = call.optionalArray('p');
    if (p !== null && D.surelyDiffer(D.product(build.shape(p)), population))
      throw new ShapeError('p must be None or a 1D vector with the same size as a.shape[axis].');
  };
  if (value.kind === 'int') {
    check(value.value);
    return opaque(cx, 'jax.random.choice', [node], wanted, d.int);
  }
  const a = call.array('a');
  const { shape, dtype } = build.aval(a);
  if (shape.length === 0) return opaque(cx, 'jax.random.choice', [node], wanted, d.int);
  const axis = call.strict('axis', shape.length, 0);
  check(dimAt(shape, axis));
  return opaque(
    cx,
    'jax.random.choice',
    [a, node],
    [...shape.slice(0, axis), ...wanted, ...shape.slice(axis + 1)],
    dtype,
  );
}

function permutation(call: Call): NodeId {
  const { build, cx, d } = call;
  const { node } = key(call);
  const value = call.value('x');
  if (value.kind === 'int') return build.random([value.value], { kind: 'permutation' }, d.int);
  const x = call.array('x');
  const { shape, dtype } = build.aval(x);
  if (shape.length === 0) throw new Unknowable('a permutation of a number is not followed');
  call.strict('axis', shape.length, 0);
  return opaque(cx, 'jax.random.permutation', [x, node], shape, dtype);
}

function categorical(call: Call): NodeId {
  const { build } = call;
  const { node } = key(call);
  const logits = call.array('logits');
  const shape = build.shape(logits);
  const axis = call.strict('axis', shape.length, -1);
  const batch = shape.filter((_, k) => k !== axis);
  const wanted = shapeOf(call);
  if (wanted !== null) {
    requireStretch(
      batch,
      wanted,
      () => `categorical: the shape ${showShape(wanted)} does not end in ${showShape(batch)}`,
    );
  }
  return opaque(call.cx, 'jax.random.categorical', [logits, node], wanted ?? batch, call.d.int);
}

function multivariate(call: Call): NodeId {
  const { build } = call;
  const { node } = key(call);
  const [mean, cov] = [call.array('mean'), call.array('cov')];
  const [own, matrix] = [build.shape(mean), build.shape(cov)];
  if (own.length < 1 || matrix.length < 2)
    throw new ShapeError('multivariate_normal needs a mean vector and a covariance matrix');
  const n = dimAt(own, own.length - 1);
  for (const dim of matrix.slice(-2))
    requireEqual(
      dim,
      n,
      () => `multivariate_normal: the covariance ${showShape(matrix)} does not fit a mean of ${D.show(n)}`,
    );
  const batch = broadcastShapes(own.slice(0, -1), matrix.slice(0, -2));
  const wanted = shapeOf(call);
  if (wanted !== null)
    requireStretch(
      batch,
      wanted,
      () => `multivariate_normal: the shape ${showShape(wanted)} does not fit ${showShape(batch)}`,
    );
  return opaque(
    call.cx,
    'jax.random.multivariate_normal',
    [mean, cov, node],
    [...(wanted ?? batch), n],
    call.type('dtype') ?? build.commonType([mean, cov]),
  );
}

export const random: readonly NativeValue[] = [
  ...Object.entries(draws).map(([name, draw]) => drawFunction(name, draw)),
  jaxOp('jax.random.key', '(seed, *, impl=None)', (call) => seed(call, true)),
  jaxOp('jax.random.PRNGKey', '(seed, *, impl=None)', (call) => seed(call, false)),
  jaxOp('jax.random.split', '(key, num=2)', (call) => {
    const { node, typed } = key(call);
    const num = call.optional('num') ?? int(2);
    return keys(call, node, typed, shapeIn(call, num), 'jax.random.split');
  }),
  jaxOp('jax.random.fold_in', '(key, data)', (call) => {
    const { node, typed } = key(call);
    call.raw('data');
    return keys(call, node, typed, [], 'jax.random.fold_in');
  }),
  jaxOp('jax.random.clone', '(key)', (call) => key(call).node),
  jaxOp('jax.random.key_data', '(keys)', (call) => {
    const x = call.array('keys');
    const { shape, dtype } = call.build.aval(x);
    return dtype === 'uint32' ? x : opaque(call.cx, 'jax.random.key_data', [x], [...shape, 2], 'uint32');
  }),
  jaxOp('jax.random.wrap_key_data', '(key_bits_array, *, impl=None)', (call) => {
    const x = call.array('key_bits_array');
    const shape = call.build.shape(x);
    requireEqual(dimAt(shape, shape.length - 1), 2, () => `keys are pairs of numbers, not ${showShape(shape)}`);
    return opaque(call.cx, 'jax.random.wrap_key_data', [x], shape.slice(0, -1), 'key<fry>');
  }),
  jaxFunction('jax.random.key_impl', '(keys)', () => str('fry')),
  jaxOp('jax.random.randint', '(key, shape, minval, maxval, dtype=None, *, out_sharding=None)', (call) => {
    key(call);
    const { shape, nodes } = drawnShape(call, ['minval', 'maxval']);
    const dtype = call.type('dtype') ?? call.d.int;
    const [low, high] = [numberOf(call, 'minval', 0), numberOf(call, 'maxval', 2)];
    return nodes.length > 0
      ? opaque(call.cx, 'jax.random.randint', nodes, shape, dtype)
      : call.build.random(shape, { kind: 'integers', low: low ?? 0, high: high ?? 2 }, dtype);
  }),
  jaxOp('jax.random.bits', '(key, shape=(), dtype=None, *, out_sharding=None)', (call) =>
    opaque(call.cx, 'jax.random.bits', [key(call).node], shapeOf(call) ?? [], call.type('dtype') ?? 'uint32'),
  ),
  jaxOp('jax.random.bernoulli', '(key, p=0.5, shape=None, mode=None, *, out_sharding=None)', (call) => {
    const { node } = key(call);
    const { shape, nodes } = drawnShape(call, ['p']);
    return opaque(call.cx, 'jax.random.bernoulli', [node, ...nodes], shape, 'bool');
  }),
  jaxOp('jax.random.choice', '(key, a, shape=(), replace=True, p=None, axis=0, mode=None)', choice),
  jaxOp('jax.random.permutation', '(key, x, axis=0, independent=False, *, out_sharding=None)', permutation),
  jaxOp('jax.random.categorical', '(key, logits, axis=-1, shape=None, replace=True, mode=None)', categorical),
  jaxOp('jax.random.multivariate_normal', '(key, mean, cov, shape=None, dtype=None, method=None)', multivariate),
  jaxOp('jax.random.dirichlet', '(key, alpha, shape=None, dtype=None)', (call) => {
    const { node } = key(call);
    const alpha = call.array('alpha');
    const own = call.build.shape(alpha);
    if (own.length === 0) throw new ShapeError('dirichlet requires alpha.ndim >= 1');
    const wanted = shapeOf(call);
    const batch = own.slice(0, -1);
    if (wanted !== null)
      requireStretch(batch, wanted, () => `dirichlet: the shape ${showShape(wanted)} does not fit ${showShape(batch)}`);
    return opaque(
      call.cx,
      'jax.random.dirichlet',
      [alpha, node],
      [...(wanted ?? batch), dimAt(own, own.length - 1)],
      floatType(call),
    );
  }),
  jaxOp('jax.random.orthogonal', '(key, n, shape=(), dtype=None, m=None)', (call) => {
    const { node } = key(call);
    const n = sizeIn(call, call.value('n'));
    const m = call.optional('m');
    return opaque(
      call.cx,
      'jax.random.orthogonal',
      [node],
      [...(shapeOf(call) ?? []), n, m === null ? n : sizeIn(call, m)],
      floatType(call),
    );
  }),
  jaxOp('jax.random.ball', '(key, d, p=2, shape=(), dtype=None)', (call) =>
    opaque(
      call.cx,
      'jax.random.ball',
      [key(call).node],
      [...(shapeOf(call) ?? []), sizeIn(call, call.value('d'))],
      floatType(call),
    ),
  ),
];

/** A key as initializers of weights take it: any, as its value does not matter. */
export function anyKey(value: Value): void {
  if (value.kind === 'int') throw new PythonError('TypeError', 'a key of jax.random is wanted');
}
