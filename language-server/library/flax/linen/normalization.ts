import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import { dimAt, promote, type Shape } from '../../../graph/shape.ts';
import { PythonError, Unknowable } from '../../context.ts';
import { affine, centred, groupNormalized, normalized, rootNormalized } from '../../jax/layers.ts';
import { scalarOf } from '../../torch/nn/layer.ts';
import { type ClassValue, tensor } from '../../values.ts';
import { type LayerCall, layerClass } from './layer.ts';
import { axesIn } from './linear.ts';
import { mergeParam } from './module.ts';
import { variable, write } from './scope.ts';

/** Normalization layers of flax.linen (https://flax.readthedocs.io/en/latest/api_reference/flax.linen/layers.html#normalization). */

const ends = 'dtype=None, param_dtype=None, use_bias=True, use_scale=True, bias_init=None, scale_init=None';
const fast = 'axis_name=None, axis_index_groups=None, use_fast_variance=True, force_float32_reductions=True';

/** The input as fractions; what is reduced across devices or under a mask is not followed. */
function inputOf(call: LayerCall): NodeId {
  if (call.own.optional('axis_name') !== null) throw new Unknowable('statistics of several devices are not followed');
  if (call.optional('mask') !== null) throw new Unknowable('statistics under a mask are not followed');
  return call.floating('x');
}

function epsilon(call: LayerCall, x: NodeId): NodeId {
  return scalarOf(call.cx, call.own, 'epsilon', 1e-6, x);
}

/** Scale and shift by weights of the feature axes; in the type that is asked for, or the common one. */
function finished(call: LayerCall, y: NodeId, x: NodeId, axes: readonly number[], hasBias = true): NodeId {
  const { own, build, cx } = call;
  const shape = axes.map((axis) => dimAt(build.shape(x), axis));
  const scale = own.bool('use_scale', true) ? call.weight('scale', shape, 'scale_init', 'ones') : null;
  const bias = hasBias && own.bool('use_bias', true) ? call.weight('bias', shape, 'bias_init', 'zeros') : null;
  const result = affine(cx, y, scale, bias, axes);
  const nodes = [x, ...[scale, bias].filter((node) => node !== null)];
  return build.convert(result, own.type('dtype') ?? nodes.map((node) => build.aval(node).dtype).reduce(promote));
}

/** The running statistics of a batch norm: those of the collection, or those of the batch, which then move them. */
function applyBatch(call: LayerCall): NodeId {
  const { build, own, cx, scope } = call;
  const value = mergeParam(call, 'use_running_average', own.optional('use_running_average'));
  if (value.kind !== 'bool' || value.value === null)
    throw new Unknowable('whether batch norm uses running averages is not known');
  const x = inputOf(call);
  const rank = build.rank(x);
  const axes = axesIn(own, 'axis', rank, [-1]);
  const shape = axes.map((axis) => dimAt(build.shape(x), axis));
  const others = build.shape(x).flatMap((_, k) => (axes.includes(k) ? [] : [k]));
  const running = (name: string, start: number): NodeId => {
    const made = variable(cx, scope, 'batch_stats', name, () => tensor(build.full(shape, start), 'jax'));
    if (made.kind !== 'tensor') throw new Unknowable('the running averages are not known');
    return made.node;
  };
  const [mean, variance] = [running('mean', 0), running('var', 1)];
  const eps = scalarOf(cx, own, 'epsilon', 1e-5, x);
  const spread: Shape = build.shape(x).map((dim, k) => (axes.includes(k) ? dim : 1));
  if (value.value) {
    const stored = { mean: build.reshape(mean, spread), variance: build.reshape(variance, spread) };
    return finished(call, centred(cx, x, stored, eps), x, axes);
  }
  if (!scope.root.initializing) {
    for (const [name, node] of [
      ['mean', mean],
      ['var', variance],
    ] as const)
      write(cx, scope, 'batch_stats', name, tensor(moved(call, node, x, others, name === 'var'), 'jax'));
  }
  return finished(call, normalized(cx, x, others, eps), x, axes);
}

/** momentum * old + (1 - momentum) * the batch's mean or variance. */
function moved(call: LayerCall, old: NodeId, x: NodeId, axes: readonly number[], isVariance: boolean): NodeId {
  const { build, own } = call;
  const momentum = own.number('momentum', 0.99);
  const mean = build.mean(x, axes, true);
  const fresh = isVariance ? build.mean(build.square(build.sub(x, mean)), axes) : build.mean(x, axes);
  return build.add(build.scale(old, momentum), build.scale(fresh, 1 - momentum));
}

function applyGroup(call: LayerCall): NodeId {
  const { build, own, cx } = call;
  const x = inputOf(call);
  const shape = build.shape(x);
  const rank = shape.length;
  const axes =
    own.optional('reduction_axes') === null
      ? [...Array.from({ length: Math.max(rank - 2, 0) }, (_, k) => k + 1), rank - 1]
      : axesIn(own, 'reduction_axes', rank, []);
  if (axes.at(-1) !== rank - 1)
    throw new PythonError('ValueError', 'The reduction axes must include the final dimension');
  const [groups, size] = [own.optional('num_groups'), own.optional('group_size')];
  if ((groups === null) === (size === null))
    throw new PythonError('ValueError', 'Either `num_groups` or `group_size` should be specified.');
  const channels = dimAt(shape, rank - 1);
  const count = size === null ? own.dim('num_groups') : D.exactQuotient(channels, own.dim('group_size'));
  if (count === null)
    throw new PythonError('ValueError', `Number of channels (${D.show(channels)}) is not multiple of the group size`);
  if (!D.isKnown(count)) throw new Unknowable('the number of groups is not known');
  return finished(call, groupNormalized(cx, x, count, axes, epsilon(call, x)), x, [rank - 1]);
}

export const normalizationLayers: readonly ClassValue[] = [
  layerClass({
    name: 'LayerNorm',
    fields: `epsilon=1e-06, ${ends}, reduction_axes=-1, feature_axes=-1, ${fast}`,
    inputs: 'x, *, mask=None',
    apply: (call) => {
      const x = inputOf(call);
      const rank = call.build.rank(x);
      const y = normalized(call.cx, x, axesIn(call.own, 'reduction_axes', rank, [-1]), epsilon(call, x));
      return finished(call, y, x, axesIn(call.own, 'feature_axes', rank, [-1]));
    },
  }),
  layerClass({
    name: 'RMSNorm',
    fields: `epsilon=1e-06, dtype=None, param_dtype=None, use_scale=True, scale_init=None, reduction_axes=-1, feature_axes=-1, ${fast}`,
    inputs: 'x, *, mask=None',
    apply: (call) => {
      const x = inputOf(call);
      const rank = call.build.rank(x);
      const y = rootNormalized(call.cx, x, axesIn(call.own, 'reduction_axes', rank, [-1]), epsilon(call, x));
      return finished(call, y, x, axesIn(call.own, 'feature_axes', rank, [-1]), false);
    },
  }),
  layerClass({
    name: 'InstanceNorm',
    fields: `epsilon=1e-06, ${ends}, feature_axes=-1, ${fast}`,
    inputs: 'x, *, mask=None',
    apply: (call) => {
      const x = inputOf(call);
      const rank = call.build.rank(x);
      const features = axesIn(call.own, 'feature_axes', rank, [-1]);
      if (features.includes(0))
        throw new PythonError('ValueError', 'The channel axes cannot include the leading dimension');
      const others = Array.from({ length: rank }, (_, k) => k).filter((k) => k > 0 && !features.includes(k));
      return finished(call, normalized(call.cx, x, others, epsilon(call, x)), x, features);
    },
  }),
  layerClass({
    name: 'GroupNorm',
    fields: `num_groups=32, group_size=None, epsilon=1e-06, ${ends}, reduction_axes=None, ${fast}`,
    inputs: 'x, *, mask=None',
    apply: applyGroup,
  }),
  layerClass({
    name: 'BatchNorm',
    fields: `use_running_average=None, axis=-1, momentum=0.99, epsilon=1e-05, ${ends}, ${fast}`,
    inputs: 'x, use_running_average=None, *, mask=None',
    apply: applyBatch,
  }),
];
