import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import type { Distribution } from '../../graph/primitives/leaves.ts';
import {
  broadcastShapes,
  dimAt,
  isFloating,
  requireEqual,
  type Shape,
  ShapeError,
  showShape,
} from '../../graph/shape.ts';
import { PythonError, Unknowable } from '../context.ts';
import { borrowNode } from '../numpy/borrow.ts';
import { asArray, type Call, shapeIn, sizeIn, strictAxis } from '../numpy/dialect.ts';
import { opaqueMap } from '../torch/elementwise.ts';
import { variance } from '../torch/reductions.ts';
import type { NativeValue } from '../values.ts';
import { jaxFunction, jaxOp } from './function.ts';
import { anyKey } from './random.ts';

/** jax.nn (https://docs.jax.dev/en/latest/jax.nn.html): activations, softmax, attention, initializers. */

interface Activation {
  readonly parameters: string;
  /** What whole numbers become: refused, kept, or computed with as fractions. */
  readonly integers: 'refused' | 'kept' | 'floating';
  readonly rule: (call: Call, x: NodeId) => NodeId;
}

/** torch's function of that name, with JAX's numbers for its parameters. */
function asTorch(name: string, parameters: Readonly<Record<string, string>> = {}): Activation['rule'] {
  return (call, x) => {
    const own = Object.entries(parameters).map(([theirs, ours]) => [theirs, call.optional(ours)] as const);
    return borrowNode(call.cx, name, { input: x, ...Object.fromEntries(own) });
  };
}

const gelu: Activation['rule'] = (call, x) =>
  borrowNode(call.cx, 'nn.functional.gelu', {
    input: x,
    approximate: { kind: 'str', value: call.bool('approximate', true) ? 'tanh' : 'none' },
  });

const activation = (
  rule: Activation['rule'],
  parameters = '',
  integers: Activation['integers'] = 'floating',
): Activation => ({
  parameters,
  integers,
  rule,
});

const activations: Readonly<Record<string, Activation>> = {
  relu: activation(
    ({ build }, x) => build.unary('relu', build.aval(x).dtype === 'bool' ? build.convert(x, 'int32') : x),
    '',
    'kept',
  ),
  relu6: activation(asTorch('nn.functional.relu6')),
  sigmoid: activation(({ build }, x) => build.unary('logistic', x), '', 'refused'),
  softplus: activation(({ build }, x) => build.unary('softplus', x)),
  soft_sign: activation(asTorch('nn.functional.softsign')),
  silu: activation(({ build }, x) => build.mul(x, build.unary('logistic', x)), '', 'refused'),
  log_sigmoid: activation(({ build }, x) => build.unary('neg', build.unary('softplus', build.unary('neg', x)))),
  leaky_relu: activation(
    asTorch('nn.functional.leaky_relu', { negative_slope: 'negative_slope' }),
    'negative_slope=0.01',
  ),
  hard_sigmoid: activation(asTorch('nn.functional.hardsigmoid')),
  hard_silu: activation(asTorch('nn.functional.hardswish')),
  hard_tanh: activation(
    ({ build }, x) => build.binary('min', build.binary('max', x, build.scalar(-1, x)), build.scalar(1, x)),
    '',
    'kept',
  ),
  elu: activation(asTorch('nn.functional.elu', { alpha: 'alpha' }), 'alpha=1.0'),
  celu: activation(asTorch('nn.functional.celu', { alpha: 'alpha' }), 'alpha=1.0'),
  selu: activation(asTorch('nn.functional.selu')),
  gelu: activation(gelu, 'approximate=True'),
  mish: activation(asTorch('nn.functional.mish')),
  squareplus: activation((call, x) => {
    const { build } = call;
    const root = build.unary('sqrt', build.add(build.square(x), build.scalar(call.number('b', 4), x)));
    return build.scale(build.add(x, root), 0.5);
  }, 'b=4'),
  tanh: activation(({ build }, x) => build.unary('tanh', x)),
  identity: activation((_call, x) => x, '', 'kept'),
};

const otherNames: Readonly<Record<string, string>> = { swish: 'silu', hard_swish: 'hard_silu' };

function activationFunction(name: string, { parameters, integers, rule }: Activation): NativeValue {
  return jaxOp(`jax.nn.${name}`, `(x${parameters === '' ? '' : `, ${parameters}`})`, (call) => {
    const x = call.array('x');
    const { dtype } = call.build.aval(x);
    if (isFloating(dtype)) return rule(call, x);
    if (integers === 'refused') throw new PythonError('TypeError', `${name} does not accept dtype ${dtype}`);
    return rule(call, integers === 'kept' ? x : call.build.convert(x, call.d.float));
  });
}

/** The axes of a softmax or sum: the last, several, or all (None). */
function axesOf(call: Call, rank: number, otherwise: number | null): readonly number[] {
  if (!call.has('axis') && otherwise !== null) return [strictAxis(otherwise, rank)];
  return call.strictAxes('axis', rank) ?? Array.from({ length: rank }, (_, k) => k);
}

function quotient(call: Call, name: string): NodeId {
  const x = call.array(name);
  return call.build.convert(x, call.d.quotient(call.build.aval(x).dtype));
}

function softmax(call: Call, logarithm: boolean): NodeId {
  const { build } = call;
  const x = quotient(call, 'x');
  const axes = axesOf(call, build.rank(x), -1);
  const peak = build.unary('stop_gradient', build.reduce('reduce_max', x, axes, true));
  const shifted = build.sub(x, peak);
  const powers = build.unary('exp', shifted);
  const total = build.sum(powers, axes, true);
  return logarithm ? build.sub(shifted, build.unary('log', total)) : build.div(powers, total);
}

/** log(sum(exp(a))), also of weighted terms. */
export function logSumExp(call: Call): NodeId {
  const { build } = call;
  const x = quotient(call, 'a');
  const keep = call.bool('keepdims', false);
  const axes = axesOf(call, build.rank(x), null);
  const weights = call.optionalArray('b');
  if (weights === null) return build.rank(x) === 0 ? x : build.logSumExp(x, axes, keep);
  const peak = build.unary('stop_gradient', build.reduce('reduce_max', x, axes, true));
  const terms = build.mul(build.unary('exp', build.sub(x, peak)), build.convert(weights, build.aval(x).dtype));
  const kept = build.add(build.unary('log', build.sum(terms, axes, true)), peak);
  return keep
    ? kept
    : build.reshape(
        kept,
        build.shape(kept).filter((_, k) => !axes.includes(k)),
      );
}

function oneHot(call: Call): NodeId {
  const { build } = call;
  const x = call.array('x');
  const classes = sizeIn(call, call.value('num_classes'));
  const rank = build.rank(x) + 1;
  const axis = strictAxis(call.int('axis', -1), rank);
  const places = build.emit('iota', { start: 0, step: 1, shape: [classes], dtype: build.aval(x).dtype });
  const along = build.emit(
    'broadcast_in_dim',
    { shape: Array.from({ length: rank }, (_, k): Dim => (k === axis ? classes : 1)), dims: [axis] },
    [places],
  );
  const hot = build.binary('eq', build.expandDims(x, axis), along);
  return build.convert(hot, call.type('dtype') ?? call.d.float);
}

function standardize(call: Call): NodeId {
  const { build } = call;
  const x = quotient(call, 'x');
  const axes = axesOf(call, build.rank(x), -1);
  const spread = variance(call.cx, x, axes, true, 0);
  const centred = build.sub(x, build.mean(x, axes, true));
  return build.mul(centred, build.unary('rsqrt', build.add(spread, build.scalar(call.number('epsilon', 1e-5), x))));
}

function glu(call: Call): NodeId {
  const { build } = call;
  const x = call.array('x');
  const axis = call.strict('axis', build.rank(x), -1);
  const size = dimAt(build.shape(x), axis);
  const half = D.exactQuotient(size, 2) ?? D.floorDiv(size, 2);
  if (D.isKnown(size) && size % 2 !== 0)
    throw new ShapeError(`glu halves axis ${axis} of ${showShape(build.shape(x))}, whose size is odd`);
  return build.mul(build.sliceAxis(x, axis, 0, half), build.unary('logistic', build.sliceAxis(x, axis, half, size)));
}

/** Attention over (batch, time, heads, features), or without the batch. */
function attention(call: Call): NodeId {
  const { build } = call;
  const [query, key, value] = [call.array('query'), call.array('key'), call.array('value')];
  const single = build.rank(query) === 3;
  const [q, k, v] = [query, key, value].map((x) => (build.rank(x) === 3 ? build.expandDims(x, 0) : x));
  if (q === undefined || k === undefined || v === undefined || [q, k, v].some((x) => build.rank(x) !== 4))
    throw new ShapeError('dot_product_attention takes (batch, time, heads, features)');
  const [b, t, n, h] = build.shape(q);
  const [, s, heads, features] = build.shape(k);
  const width = dimAt(build.shape(v), 3);
  if (
    b === undefined ||
    t === undefined ||
    n === undefined ||
    h === undefined ||
    s === undefined ||
    heads === undefined ||
    features === undefined
  )
    throw new RangeError('four axes');
  requireEqual(h, features, () => `queries of ${D.show(h)} features against keys of ${D.show(features)}`);
  requireEqual(s, dimAt(build.shape(v), 1), () => 'as many keys as values are wanted');
  const group = D.exactQuotient(n, heads);
  if (group === null) throw new ShapeError(`${D.show(n)} heads of queries cannot share ${D.show(heads)} heads of keys`);
  const out: Shape = [b, t, n, width];
  const bias = call.optionalArray('bias');
  const mask = call.optionalArray('mask');
  for (const extra of [bias, mask]) if (extra !== null) broadcastShapes(build.shape(extra), [b, n, t, s]);
  const simple = group === 1 && bias === null && mask === null && !call.bool('is_causal', false);
  const scale = call.optional('scale');
  if (!simple || scale !== null || !D.isKnown(h)) {
    const node = build.emit(
      'opaque',
      { name: 'jax.nn.dot_product_attention', aval: { shape: out, dtype: build.aval(q).dtype }, batched: [] },
      [q, k, v],
    );
    return single ? build.dropAxis(node, 0) : node;
  }
  const scores = build.scale(
    build.dot(q, k, {
      contract: [[3], [3]],
      batch: [
        [0, 2],
        [0, 2],
      ],
    }),
    1 / Math.sqrt(h),
  );
  const weights = build.softmax(scores, 3);
  const mixed = build.dot(weights, v, {
    contract: [[3], [1]],
    batch: [
      [0, 1],
      [0, 2],
    ],
  });
  const result = build.transpose(mixed, [0, 2, 1, 3]);
  return single ? build.dropAxis(result, 0) : result;
}

/** Initializers: functions that make functions `(key, shape, dtype)`. */
const initializers: Readonly<Record<string, string>> = {
  uniform: '(scale=0.01, dtype=None)',
  normal: '(stddev=0.01, dtype=None)',
  truncated_normal: '(stddev=0.01, dtype=None, lower=-2.0, upper=2.0)',
  variance_scaling: '(scale, mode, distribution, in_axis=-2, out_axis=-1, batch_axis=(), dtype=None)',
  orthogonal: '(scale=1.0, column_axis=-1, dtype=None)',
  delta_orthogonal: '(scale=1.0, column_axis=-1, dtype=None)',
  ...Object.fromEntries(
    ['glorot', 'xavier', 'lecun', 'he', 'kaiming'].flatMap((name) =>
      ['normal', 'uniform'].map((kind) => [`${name}_${kind}`, '(in_axis=-2, out_axis=-1, batch_axis=(), dtype=None)']),
    ),
  ),
};

const made = '(key, shape, dtype=None, out_sharding=None)';

function initialized(name: string): NativeValue {
  return jaxOp(`jax.nn.initializers.${name}`, made, (call) => {
    anyKey(call.value('key'));
    const shape = shapeIn(call, call.value('shape'));
    // Those by the sizes of inputs and outputs need both.
    if (/_(normal|uniform)$/.test(name) && !/^truncated/.test(name) && shape.length < 2)
      throw new ShapeError(`${name} needs a shape with at least two axes, not ${showShape(shape)}`);
    const distribution: Distribution = name.includes('uniform')
      ? { kind: 'uniform', low: -0.01, high: 0.01 }
      : { kind: 'normal', mean: 0, std: 0.01 };
    return call.build.random(shape, distribution, call.type('dtype') ?? call.d.float);
  });
}

function filledWith(name: string, value: number): NativeValue {
  return jaxOp(`jax.nn.initializers.${name}`, made, (call) =>
    call.build.full(shapeIn(call, call.value('shape')), value, call.type('dtype') ?? call.d.float),
  );
}

export const nn: readonly NativeValue[] = [
  ...Object.entries(activations).map(([name, rule]) => activationFunction(name, rule)),
  ...Object.entries(otherNames).flatMap(([name, meant]) => {
    const rule = activations[meant];
    return rule === undefined ? [] : [activationFunction(name, rule)];
  }),
  jaxOp('jax.nn.softmax', '(x, axis=-1, where=None)', (call) => softmax(call, false)),
  jaxOp('jax.nn.log_softmax', '(x, axis=-1, where=None)', (call) => softmax(call, true)),
  ...['jax.nn.logsumexp', 'jax.scipy.special.logsumexp'].map((name) =>
    jaxOp(name, '(a, axis=None, b=None, keepdims=False, return_sign=False, where=None)', (call) => {
      if (call.bool('return_sign', false)) throw new Unknowable('return_sign is not followed');
      return logSumExp(call);
    }),
  ),
  jaxOp('jax.nn.one_hot', '(x, num_classes, *, dtype=None, axis=-1, mode=None)', oneHot),
  jaxOp('jax.nn.standardize', '(x, axis=-1, mean=None, variance=None, epsilon=1e-05, where=None)', standardize),
  jaxOp('jax.nn.glu', '(x, axis=-1)', glu),
  jaxOp(
    'jax.nn.dot_product_attention',
    '(query, key, value, bias=None, mask=None, *, scale=None, is_causal=False, query_seq_lengths=None, key_value_seq_lengths=None, local_window_size=None, implementation=None, return_residual=False)',
    attention,
  ),
  jaxOp('jax.nn.log1mexp', '(x)', (call) => opaqueMap(call.cx, 'log1mexp', [quotient(call, 'x')])),
  ...Object.entries(initializers).map(([name, parameters]) => {
    const own = initialized(name);
    return jaxFunction(`jax.nn.initializers.${name}`, parameters, () => own);
  }),
  filledWith('zeros', 0),
  filledWith('ones', 1),
  jaxFunction('jax.nn.initializers.constant', '(value, dtype=None)', (call) => {
    const value = call.value('value');
    return jaxOp('jax.nn.initializers.constant', made, (inner) => {
      const dtype = inner.type('dtype') ?? inner.d.float;
      const filling = inner.build.convert(asArray(inner.d, inner.cx, value), dtype);
      return inner.build.broadcastTo(filling, shapeIn(inner, inner.value('shape')));
    });
  }),
];
