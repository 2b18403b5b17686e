import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { normalAxis, ShapeError, showShape } from '../../graph/shape.ts';
import { known } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { type Library, native } from '../define.ts';
import { borrowNode } from '../numpy/borrow.ts';
import { strictAxis } from '../numpy/dialect.ts';
import { TensorCall } from '../tensorflow/dialect.ts';
import { opaqueMap } from '../torch/elementwise.ts';
import { opaque } from '../torch/opaque.ts';
import { int, type NativeValue, none, str, type Value } from '../values.ts';
import { made } from './tensors.ts';

/** Activations (https://keras.io/api/layers/activations/). */

interface Activation {
  /** Its parameters beside the tensor. */
  readonly parameters: string;
  readonly rule: (call: TensorCall, x: NodeId) => NodeId;
}

/** torch's function of that name, with numbers of Keras for its parameters. */
function asTorch(name: string, parameters: Readonly<Record<string, readonly [string, number]>> = {}): Activation {
  const texts = Object.values(parameters).map(([ours, usual]) => `${ours}=${usual}`);
  return {
    parameters: texts.join(', '),
    rule: (call, x) => {
      const own = Object.entries(parameters).map(
        ([theirs, [ours, usual]]) => [theirs, call.optional(ours) ?? { kind: 'float', value: usual }] as const,
      );
      return borrowNode(call.cx, `nn.functional.${name}`, { input: x, ...Object.fromEntries(own) });
    },
  };
}

function plain(rule: (call: TensorCall, x: NodeId) => NodeId): Activation {
  return { parameters: '', rule };
}

/** What is above a threshold, up to a most; the rest by a slope. */
function relu(call: TensorCall, x: NodeId): NodeId {
  const { build } = call;
  const [slope, threshold] = [call.number('negative_slope', 0), call.number('threshold', 0)];
  const rectified =
    slope === 0 && threshold === 0
      ? build.unary('relu', x)
      : build.select(
          build.binary('ge', x, build.scalar(threshold, x)),
          x,
          build.scale(build.sub(x, build.scalar(threshold, x)), slope),
        );
  return call.optional('max_value') === null
    ? rectified
    : build.binary('min', rectified, build.scalar(call.number('max_value'), rectified));
}

/** The softmax over one axis or several. */
export function softmax(cx: Context, x: NodeId, axes: readonly number[]): NodeId {
  const { build } = cx;
  const peak = build.unary('stop_gradient', build.reduce('reduce_max', x, axes, true));
  const powers = build.unary('exp', build.sub(x, peak));
  return build.div(powers, build.sum(powers, axes, true));
}

function overAxes(call: TensorCall, x: NodeId): readonly number[] {
  const rank = call.build.rank(x);
  const axis = call.optional('axis') ?? int(-1);
  const given = axis.kind === 'int' ? [axis] : call.cx.items(axis);
  return given.map((item) => {
    if (item.kind !== 'int' || !D.isKnown(item.value)) throw new Unknowable('the axis is not known');
    return strictAxis(item.value, rank);
  });
}

function shrink(call: TensorCall, x: NodeId, name: 'hardshrink' | 'softshrink'): NodeId {
  return borrowNode(call.cx, `nn.functional.${name}`, {
    input: x,
    lambd: call.optional('threshold') ?? { kind: 'float', value: 0.5 },
  });
}

const activations: Readonly<Record<string, Activation>> = {
  relu: { parameters: 'negative_slope=0.0, max_value=None, threshold=0.0', rule: relu },
  relu6: asTorch('relu6'),
  leaky_relu: asTorch('leaky_relu', { negative_slope: ['negative_slope', 0.2] }),
  elu: asTorch('elu', { alpha: ['alpha', 1] }),
  celu: asTorch('celu', { alpha: ['alpha', 1] }),
  selu: asTorch('selu'),
  gelu: {
    parameters: 'approximate=False',
    rule: (call, x) =>
      borrowNode(call.cx, 'nn.functional.gelu', {
        input: x,
        approximate: str(call.bool('approximate', false) ? 'tanh' : 'none'),
      }),
  },
  silu: plain(({ build }, x) => build.mul(x, build.unary('logistic', x))),
  hard_silu: asTorch('hardswish'),
  sigmoid: plain(({ build }, x) => build.unary('logistic', x)),
  hard_sigmoid: asTorch('hardsigmoid'),
  log_sigmoid: plain(({ build }, x) => build.unary('neg', build.unary('softplus', build.unary('neg', x)))),
  tanh: plain(({ build }, x) => build.unary('tanh', x)),
  hard_tanh: asTorch('hardtanh'),
  tanh_shrink: plain(({ build }, x) => build.sub(x, build.unary('tanh', x))),
  hard_shrink: { parameters: 'threshold=0.5', rule: (call, x) => shrink(call, x, 'hardshrink') },
  soft_shrink: { parameters: 'threshold=0.5', rule: (call, x) => shrink(call, x, 'softshrink') },
  threshold: {
    parameters: 'threshold, default_value',
    rule: (call, x) => {
      const { build } = call;
      const above = build.binary('gt', x, build.scalar(call.number('threshold'), x));
      return build.select(above, x, build.scalar(call.number('default_value'), x));
    },
  },
  softplus: plain(({ build }, x) => build.unary('softplus', x)),
  softsign: asTorch('softsign'),
  squareplus: {
    parameters: 'b=4',
    rule: (call, x) => {
      const { build } = call;
      const root = build.unary('sqrt', build.add(build.square(x), build.scalar(call.number('b', 4), x)));
      return build.scale(build.add(x, root), 0.5);
    },
  },
  sparse_plus: plain(({ cx }, x) => opaqueMap(cx, 'sparse_plus', [x])),
  sparse_sigmoid: plain(({ cx }, x) => opaqueMap(cx, 'sparse_sigmoid', [x])),
  exponential: plain(({ build }, x) => build.unary('exp', x)),
  linear: plain((_call, x) => x),
  mish: asTorch('mish'),
  softmax: { parameters: 'axis=-1', rule: (call, x) => softmax(call.cx, x, overAxes(call, x)) },
  log_softmax: {
    parameters: 'axis=-1',
    rule: (call, x) => call.build.sub(x, call.build.logSumExp(x, overAxes(call, x), true)),
  },
  glu: {
    parameters: 'axis=-1',
    rule: (call, x) => {
      const { build } = call;
      const shape = build.shape(x);
      const axis = normalAxis(call.int('axis', -1), shape.length);
      const size = shape[axis] ?? 0;
      const half = D.exactQuotient(size, 2);
      if (half === null) throw new ShapeError(`glu halves axis ${axis} of ${showShape(shape)}`);
      const [a, b] = [build.sliceAxis(x, axis, 0, half), build.sliceAxis(x, axis, half, size)];
      return build.mul(a, build.unary('logistic', b));
    },
  },
  sparsemax: {
    parameters: 'axis=-1',
    rule: (call, x) => {
      const { shape, dtype } = call.build.aval(x);
      const axis = normalAxis(call.int('axis', -1), shape.length);
      const kept = shape.flatMap((_, k) => (k === axis ? [] : [[k, k] as const]));
      return opaque(call.cx, 'keras.activations.sparsemax', [x], shape, dtype, kept);
    },
  },
};

const otherNames: Readonly<Record<string, string>> = { swish: 'silu', hard_swish: 'hard_silu' };

function activation(name: string, { parameters, rule }: Activation): NativeValue {
  const own = native(name, `(x${parameters === '' ? '' : `, ${parameters}`})`, () => none);
  return {
    ...own,
    call: (cx, bound) => {
      const call = new TensorCall(cx, bound);
      return made(rule(call, call.array('x')));
    },
  };
}

const byName: ReadonlyMap<string, NativeValue> = new Map([
  ...Object.entries(activations).map(([name, own]): [string, NativeValue] => [
    name,
    activation(`keras.activations.${name}`, own),
  ]),
  ...Object.entries(otherNames).flatMap(([name, of]): [string, NativeValue][] => {
    const own = activations[of];
    return own === undefined ? [] : [[name, activation(`keras.activations.${name}`, own)]];
  }),
]);

/** The activation that a layer is told: a name, a function or a layer; null for none. */
export function activationIn(value: Value | null): Value | null {
  if (value === null || value.kind === 'none') return null;
  known(value);
  if (value.kind !== 'str') return value;
  if (value.value === null) throw new Unknowable('which activation it is is not known');
  const fn = byName.get(value.value);
  if (fn === undefined)
    throw new PythonError('ValueError', `Could not interpret activation function identifier: ${value.value}`);
  return fn;
}

const get = native(
  'keras.activations.get',
  '(identifier)',
  (_cx, args) => activationIn(args.optional('identifier')) ?? byName.get('linear') ?? none,
);

/** Those that are operations of keras.ops too. */
const operations = [
  'relu',
  'relu6',
  'leaky_relu',
  'elu',
  'celu',
  'selu',
  'gelu',
  'silu',
  'swish',
  'hard_silu',
  'hard_swish',
  'sigmoid',
  'hard_sigmoid',
  'log_sigmoid',
  'hard_tanh',
  'tanh_shrink',
  'hard_shrink',
  'soft_shrink',
  'softplus',
  'softsign',
  'squareplus',
  'sparse_plus',
  'sparse_sigmoid',
  'threshold',
  'softmax',
  'log_softmax',
  'glu',
  'sparsemax',
];

export const activationLibrary: Library = new Map<string, Value>([
  ...[...byName].map(([name, fn]): [string, Value] => [`keras.activations.${name}`, fn]),
  ...operations.flatMap((name): [string, Value][] => {
    const fn = byName.get(name);
    return fn === undefined
      ? []
      : [
          [`keras.ops.${name}`, fn],
          [`keras.ops.nn.${name}`, fn],
        ];
  }),
  [get.name, get],
]);
