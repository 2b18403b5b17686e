import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { dimAt, requireEqual, ShapeError, showShape } from '../../graph/shape.ts';
import { PythonError, Unknowable } from '../context.ts';
import { attentionWeights, general, mixedBy } from '../jax/layers.ts';
import { dropElements, probabilityIn } from '../torch/nn/dropout.ts';
import { type ClassValue, tuple, type Value } from '../values.ts';
import { axesIn, requirePositive, weightSettings } from './core.ts';
import { type BuildCall, type LayerCall, layerClass } from './layer.ts';
import { made } from './tensors.ts';

/** Attention layers (https://keras.io/api/layers/attention_layers/). */

function dropped(call: LayerCall, weights: NodeId): NodeId {
  const rate = probabilityIn(call.own, 'dropout', 0);
  return rate === 0 || !call.isTraining ? weights : dropElements(call.cx, weights, rate);
}

/** Truths (queries, keys): which keys a query sees that sees none behind it. */
function causal(call: LayerCall, queries: D.Dim, keys: D.Dim): NodeId {
  const { build } = call;
  return build.emit('triangle', { side: 'lower', offset: 0 }, [build.full([queries, keys], 1, 'bool')]);
}

function outputSizes(own: LayerCall['own'], width: D.Dim): readonly D.Dim[] {
  const value = own.optional('output_shape');
  if (value === null) return [width];
  return value.kind === 'int' ? [value.value] : own.shape('output_shape');
}

interface Heads {
  readonly heads: D.Dim;
  readonly key: D.Dim;
  readonly value: D.Dim;
}

function headsIn(own: LayerCall['own']): Heads {
  const key = own.dim('key_dim');
  return { heads: own.dim('num_heads'), key, value: own.optional('value_dim') === null ? key : own.dim('value_dim') };
}

/** One of the dense layers of an attention: from `into` features to `out`. */
function makePart(call: BuildCall, part: string, into: readonly D.Dim[], out: readonly D.Dim[]): void {
  const { own } = call;
  call.weight(
    'kernel',
    [...into, ...out],
    own.optional('kernel_initializer'),
    'glorot_uniform',
    true,
    `_${part}_kernel`,
  );
  const bias = own.bool('use_bias', true) ? out : null;
  call.weight('bias', bias, own.optional('bias_initializer'), 'zeros', true, `_${part}_bias`);
}

function project(call: LayerCall, x: NodeId, part: string, count: number): NodeId {
  const { build, cx } = call;
  const rank = build.rank(x);
  const axes = Array.from({ length: count }, (_, k) => rank - count + k);
  const y = general(cx, x, call.weight(`_${part}_kernel`), axes);
  const bias = call.optionalWeight(`_${part}_bias`);
  return bias === null ? y : build.add(y, bias);
}

/** The axes that are attended over, all between samples and features by default. */
function attended(call: LayerCall, rank: number): readonly number[] {
  return call.own.optional('attention_axes') === null
    ? Array.from({ length: rank - 2 }, (_, k) => k + 1)
    : axesIn(call.own, 'attention_axes', rank);
}

/** (samples..., positions, heads, features): the axes that are attended over as one, behind the others. */
function arranged(call: LayerCall, x: NodeId, axes: readonly number[]): NodeId {
  const { build } = call;
  const shape = build.shape(x);
  const others = shape.flatMap((_, k) => (k < shape.length - 2 && !axes.includes(k) ? [k] : []));
  const turned = build.transpose(x, [...others, ...axes, shape.length - 2, shape.length - 1]);
  return build.reshape(turned, [
    ...others.map((axis) => dimAt(shape, axis)),
    D.product(axes.map((axis) => dimAt(shape, axis))),
    ...shape.slice(-2),
  ]);
}

/** The inverse of `arranged` for results of a query's shape. */
function restored(call: LayerCall, x: NodeId, query: readonly D.Dim[], axes: readonly number[]): NodeId {
  const { build } = call;
  const others = query.flatMap((_, k) => (k < query.length - 1 && !axes.includes(k) ? [k] : []));
  const wide = build.reshape(x, [
    ...others.map((axis) => dimAt(query, axis)),
    ...axes.map((axis) => dimAt(query, axis)),
    ...build.shape(x).slice(-2),
  ]);
  const order = [...others, ...axes];
  const back = order.map((_, k) => order.indexOf(k));
  return build.transpose(wide, [...back, order.length, order.length + 1]);
}

const multiHead: ClassValue = layerClass({
  name: 'MultiHeadAttention',
  settings: `num_heads, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None, attention_axes=None, flash_attention=None, kernel_initializer='glorot_uniform', bias_initializer='zeros', ${weightSettings('kernel', 'bias')}, use_gate=False, sliding_window=None, seed=None`,
  inputs:
    'query, value, key=None, query_mask=None, value_mask=None, key_mask=None, attention_mask=None, return_attention_scores=False, training=None, use_causal_mask=False',
  shapes: 'query_shape, value_shape, key_shape=None',
  mask: 'used',
  make: (_cx, _layer, own) => {
    for (const name of ['num_heads', 'key_dim', 'value_dim']) requirePositive(own, name);
    if (own.bool('use_gate', false)) throw new Unknowable('gated attention is not followed');
    if (own.optional('sliding_window') !== null) throw new Unknowable('sliding windows are not followed');
  },
  build: (call) => {
    const keyShape = call.optional('key_shape') === null ? 'value_shape' : 'key_shape';
    const [values, keys] = [call.shapeOf('value_shape').slice(1, -1), call.shapeOf(keyShape).slice(1, -1)];
    if (
      values.length !== keys.length ||
      values.some((size, k) => size !== null && D.surelyDiffer(size, keys[k] ?? size))
    )
      throw new PythonError('ValueError', 'All dimensions of `value` and `key`, except the last one, must be equal.');
    const { heads, key, value } = headsIn(call.own);
    const width = call.sizeAt(-1, 'query_shape');
    makePart(call, 'query', [width], [heads, key]);
    makePart(call, 'key', [call.sizeAt(-1, keyShape)], [heads, key]);
    makePart(call, 'value', [call.sizeAt(-1, 'value_shape')], [heads, value]);
    makePart(call, 'output', [heads, value], outputSizes(call.own, width));
  },
  apply: (call) => {
    const { build, cx } = call;
    const [query, value] = [call.array('query'), call.array('value')];
    const key = call.optional('key') === null ? value : call.array('key');
    const shape = build.shape(query);
    const rank = shape.length;
    if (rank < 3) throw new ShapeError(`attention takes samples of positions, not ${showShape(shape)}`);
    if (build.rank(value) !== rank)
      throw new ShapeError(
        `queries ${showShape(shape)} and values ${showShape(build.shape(value))} have different numbers of axes`,
      );
    const axes = attended(call, rank);
    build.shape(value).forEach((dim, axis) => {
      if (axis < rank - 1 && !axes.includes(axis))
        requireEqual(
          dim,
          dimAt(shape, axis),
          () => `queries ${showShape(shape)} for values ${showShape(build.shape(value))}`,
        );
    });
    const [q, k, v] = [
      arranged(call, project(call, query, 'query', 1), axes),
      arranged(call, project(call, key, 'key', 1), axes),
      arranged(call, project(call, value, 'value', 1), axes),
    ];
    const weights = dropped(call, attentionWeights(cx, q, k, null, maskOf(call, q, k, axes.length)));
    const mixed = restored(call, mixedBy(cx, weights, v), shape, axes);
    const output = made(project(call, mixed, 'output', 2));
    if (!call.bool('return_attention_scores', false)) return output;
    const [source, own] = [build.shape(value), build.shape(weights)];
    const spread = [
      ...own.slice(0, -2),
      ...axes.map((axis) => dimAt(shape, axis)),
      ...axes.map((axis) => dimAt(source, axis)),
    ];
    return tuple([output, made(build.reshape(weights, spread))]);
  },
});

/** The mask of a call, for scores (..., heads, queries, keys). */
function maskOf(call: LayerCall, q: NodeId, k: NodeId, count: number): NodeId | null {
  const { build } = call;
  const masks: NodeId[] = [];
  for (const name of ['query_mask', 'value_mask', 'key_mask'])
    if (call.optional(name) !== null) throw new Unknowable('masks of positions are not followed');
  if (call.optional('attention_mask') !== null) {
    const mask = call.array('attention_mask');
    if (count !== 1) throw new Unknowable('masks over several axes are not followed');
    const wanted = build.rank(q);
    // Heads stand in front of queries and keys.
    masks.push(build.rank(mask) === wanted - 1 ? build.expandDims(mask, -3) : mask);
  }
  if (call.bool('use_causal_mask', false) && count !== 1)
    throw new Unknowable('masks over several axes are not followed');
  if (call.bool('use_causal_mask', false)) masks.push(causal(call, call.sizeOf(q, -3), call.sizeOf(k, -3)));
  const [first, second] = masks.map((mask) => build.convert(mask, 'bool'));
  if (first === undefined || second === undefined) return first ?? null;
  return build.binary('logical_and', first, second);
}

/** Query, value and key of a list. */
function listed(call: LayerCall): readonly [NodeId, NodeId, NodeId] {
  const [query, value, key, ...more] = call.several('inputs', 2);
  if (query === undefined || value === undefined || more.length > 0)
    throw new PythonError(
      'ValueError',
      'Attention layers take a list of query and value, and key where that is another.',
    );
  if (call.optional('mask') !== null) throw new Unknowable('masks of positions are not followed');
  return [query, value, key ?? value];
}

/** Values (samples..., keys, features) mixed by the softmax of scores (samples..., queries, keys). */
function mixed(call: LayerCall, scores: NodeId, value: NodeId): Value {
  const { build } = call;
  const rank = build.rank(scores);
  const masked = call.bool('use_causal_mask', false)
    ? build.select(
        causal(call, call.sizeOf(scores, -2), call.sizeOf(scores, -1)),
        scores,
        build.full([], -1e9, build.aval(scores).dtype),
      )
    : scores;
  const weights = dropped(call, build.softmax(masked, rank - 1));
  const output = made(build.matmul(weights, value));
  return call.bool('return_attention_scores', false) ? tuple([output, made(weights)]) : output;
}

const inputs = 'inputs, mask=None, return_attention_scores=False, training=None, use_causal_mask=False';

const attention: ClassValue = layerClass({
  name: 'Attention',
  settings: "use_scale=False, score_mode='dot', dropout=0.0, seed=None",
  inputs,
  mask: 'used',
  build: (call) => {
    call.weight('scale', call.own.bool('use_scale', false) ? [] : null, null, 'ones');
    if (call.own.string('score_mode', 'dot') === 'concat') call.weight('concat_score_weight', [], null, 'ones');
  },
  apply: (call) => {
    const { build } = call;
    const [query, value, key] = listed(call);
    if (call.own.string('score_mode', 'dot') !== 'dot') throw new Unknowable('scores of sums are not followed');
    const rank = build.rank(key);
    if (rank < 2) throw new ShapeError('attention takes samples of positions');
    const scores = build.matmul(query, build.swapAxes(key, rank - 2, rank - 1));
    const scale = call.optionalWeight('scale');
    return mixed(call, scale === null ? scores : build.mul(scores, scale), value);
  },
});

const additive: ClassValue = layerClass({
  name: 'AdditiveAttention',
  settings: 'use_scale=True, dropout=0.0, seed=None',
  inputs,
  mask: 'used',
  build: (call) => {
    const [first] = call.cx.items(call.value('input_shape'));
    const sizes = first === undefined ? [] : call.cx.items(first);
    const width = sizes.at(-1);
    if (width === undefined || width.kind !== 'int') throw new PythonError('ValueError', 'the features are not known');
    call.weight('scale', call.own.bool('use_scale', true) ? [width.value] : null, null, 'glorot_uniform');
  },
  apply: (call) => {
    const { build } = call;
    const [query, value, key] = listed(call);
    const sum = build.add(build.expandDims(query, -2), build.expandDims(key, -3));
    const squashed = build.unary('tanh', sum);
    const scale = call.optionalWeight('scale');
    return mixed(call, build.sum(scale === null ? squashed : build.mul(squashed, scale), [-1]), value);
  },
});

export const attentionLayers: readonly ClassValue[] = [multiHead, attention, additive];
