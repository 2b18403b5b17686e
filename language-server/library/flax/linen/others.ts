import type { NodeId } from '../../../graph/graph.ts';
import { dimAt, type Shape } from '../../../graph/shape.ts';
import { known, truthOf } from '../../arguments.ts';
import { PythonError, Unknowable } from '../../context.ts';
import { jaxNode } from '../../jax/borrow.ts';
import { jaxFunction, jaxOp } from '../../jax/function.ts';
import {
  type Attended,
  affine,
  attentionWeights,
  general,
  mixedBy,
  normalized,
  paddingFor,
  poolLast,
  promoted,
} from '../../jax/layers.ts';
import { asArray, type Call, sizeIn } from '../../numpy/dialect.ts';
import { dropElements, probabilityIn } from '../../torch/nn/dropout.ts';
import { type ClassValue, int, type NativeValue, none, tensor, type Value } from '../../values.ts';
import { type LayerCall, layerClass, weightOf } from './layer.ts';
import { spread } from './linear.ts';
import { mergeParam } from './module.ts';
import { bindChild, keyNamed } from './scope.ts';

/** Dropout, attention, pooling and containers of flax.linen. */

// Dropout

/** Whether randomness is off; a key is needed where it is on. */
function isDeterministic(call: LayerCall): boolean {
  const truth = truthOf(mergeParam(call, 'deterministic', call.own.optional('deterministic')));
  if (truth === null) throw new Unknowable('whether dropout is on is not known');
  return truth;
}

function applyDropout(call: LayerCall): NodeId {
  const { build, own, cx } = call;
  const x = call.array('inputs');
  const rate = probabilityIn(own, 'rate', 0);
  if (isDeterministic(call) || rate === 0) return x;
  if (rate === 1) return build.scale(x, 0);
  if (call.optional('rng') === null && keyNamed(call.scope, own.string('rng_collection', 'dropout')) === null)
    throw new PythonError('InvalidRngError', 'dropout needs a key: rngs={"dropout": key}');
  const value = own.optional('broadcast_dims');
  const shared = value === null ? [] : (own.axes('broadcast_dims', build.rank(x)) ?? []);
  const mask = build.shape(x).map((dim, k) => (shared.includes(k) ? 1 : dim));
  return dropElements(cx, x, rate, mask);
}

// Attention

function maskOf(call: Call): NodeId | null {
  return call.optionalArray('mask');
}

/** Queries, keys and values (..., length, heads, features). */
function attended(
  call: Call,
  [query, key, value]: readonly [NodeId, NodeId, NodeId],
  bias: NodeId | null,
  drop: number | null,
): Attended {
  const [q = query, k = key, v = value] = promoted(call.cx, [query, key, value], null);
  const weights = attentionWeights(call.cx, q, k, bias, maskOf(call));
  const kept = dropElements(call.cx, weights, drop);
  return { output: mixedBy(call.cx, kept, v), weights: kept };
}

/** The weights of the layers in an attention: the field of their initializer, which the output may have of its own. */
const partWeights = {
  kernel: { init: 'kernel_init', otherwise: 'lecun_normal' },
  bias: { init: 'bias_init', otherwise: 'zeros' },
  scale: { init: null, otherwise: 'ones' },
} as const;

function applyAttention(call: LayerCall, selfAttention: boolean): NodeId {
  const { build, own, cx, scope } = call;
  const query = call.array('inputs_q');
  const both = selfAttention ? null : call.optional('inputs_kv');
  const [k, v] = selfAttention ? [null, null] : [call.optional('inputs_k'), call.optional('inputs_v')];
  if (both !== null && (k !== null || v !== null))
    throw new PythonError('ValueError', 'inputs_kv goes without inputs_k and inputs_v');
  if (k === null && v !== null)
    throw new PythonError('ValueError', '`inputs_k` cannot be None if `inputs_v` is not None.');
  const key = both === null ? (k === null ? query : call.array('inputs_k')) : call.array('inputs_kv');
  const value = both === null ? (v === null ? key : call.array('inputs_v')) : key;
  const width = dimAt(build.shape(query), build.rank(query) - 1);
  const features = own.optional('qkv_features') === null ? width : sizeIn(own, own.value('qkv_features'));
  const out = own.optional('out_features') === null ? width : sizeIn(own, own.value('out_features'));
  const heads = own.int('num_heads');
  if (typeof features !== 'number') throw new Unknowable('how many features a head has is not known');
  if (heads <= 0 || features % heads !== 0)
    throw new PythonError(
      'AssertionError',
      `Memory dimension (${features}) must be divisible by number of heads (${heads}).`,
    );
  for (const odd of ['attention_fn', 'qkv_dot_general', 'out_dot_general'])
    if (own.optional(odd) !== null) throw new Unknowable(`attention with its own ${odd} is not followed`);
  if (own.bool('decode', false)) throw new Unknowable('decoding step by step is not followed');
  const size = features / heads;
  const at = (name: keyof typeof partWeights, shape: Shape, part: string): NodeId => {
    const child = bindChild({ ...call.module, attributes: new Map() }, scope, part);
    const { init, otherwise } = partWeights[name];
    const ofOutput = part === 'out' && init !== null ? own.optional(`out_${init}`) : null;
    return weightOf(cx, child, own, name, shape, ofOutput ?? (init === null ? null : own.optional(init)), otherwise);
  };
  const hasBias = own.bool('use_bias', true);
  const project = (x: NodeId, part: string): NodeId => {
    const into = dimAt(build.shape(x), build.rank(x) - 1);
    const kernel = at('kernel', [into, heads, size], part);
    const y = general(cx, x, kernel, [build.rank(x) - 1]);
    const projected = hasBias ? build.add(y, at('bias', [heads, size], part)) : y;
    if (!own.bool('normalize_qk', false) || part === 'value') return projected;
    const last = build.rank(projected) - 1;
    const scale = at('scale', [size], `${part}_ln`);
    return affine(cx, normalized(cx, projected, [last], build.scalar(1e-6, projected)), scale, null, [last]);
  };
  const rate = own.optional('dropout_rate') === null ? 0 : probabilityIn(own, 'dropout_rate', 0);
  const drop = rate === 0 || isDeterministic(call) ? 0 : rate;
  if (drop !== 0 && call.optional('dropout_rng') === null && keyNamed(scope, 'dropout') === null)
    throw new PythonError('InvalidRngError', 'dropout needs a key: rngs={"dropout": key}');
  const parts = [project(query, 'query'), project(key, 'key'), project(value, 'value')] as const;
  const { output } = attended(call, parts, null, drop);
  const rank = build.rank(output);
  const kernel = at('kernel', [heads, size, out], 'out');
  const y = general(cx, output, kernel, [rank - 2, rank - 1]);
  return hasBias ? build.add(y, at('bias', [out], 'out')) : y;
}

const attentionFields =
  'num_heads, dtype=None, param_dtype=None, qkv_features=None, out_features=None, broadcast_dropout=True, dropout_rate=0.0, deterministic=None, precision=None, kernel_init=None, out_kernel_init=None, bias_init=None, out_bias_init=None, use_bias=True, attention_fn=None, decode=False, normalize_qk=False, force_fp32_for_softmax=False, qkv_dot_general=None, out_dot_general=None, qkv_dot_general_cls=None, out_dot_general_cls=None, qk_attn_weights_einsum_cls=None, attn_weights_value_einsum_cls=None';

function attentionLayer(name: string): ClassValue {
  const selfAttention = name === 'SelfAttention';
  return layerClass({
    name,
    fields: attentionFields,
    inputs: selfAttention
      ? 'inputs_q, mask=None, deterministic=None, dropout_rng=None, sow_weights=False'
      : 'inputs_q, inputs_k=None, inputs_v=None, *, inputs_kv=None, mask=None, deterministic=None, dropout_rng=None, sow_weights=False',
    apply: (call) => applyAttention(call, selfAttention),
  });
}

// Containers

/** Functions and modules one after the other; tuples and dicts are given as arguments. */
function applySequential(call: LayerCall): Value {
  const { cx } = call;
  const [first, ...rest] = cx.items(call.own.value('layers'));
  if (first === undefined) throw new PythonError('ValueError', 'Empty Sequential module.');
  return rest.reduce(
    (value, layer) => {
      if (value.kind === 'tuple') return cx.call(layer, value.items);
      if (value.kind !== 'dict') return cx.call(layer, [value]);
      const named = [...value.entries.values()].flatMap(({ key, value: item }): [string, Value][] =>
        key.kind === 'str' && key.value !== null ? [[key.value, item]] : [],
      );
      return cx.call(layer, [], new Map(named));
    },
    cx.call(first, call.rest, call.keywords),
  );
}

export const otherLayers: readonly ClassValue[] = [
  layerClass({
    name: 'Dropout',
    fields: "rate, broadcast_dims=None, deterministic=None, rng_collection='dropout'",
    inputs: 'inputs, deterministic=None, rng=None',
    apply: applyDropout,
  }),
  ...['MultiHeadDotProductAttention', 'MultiHeadAttention', 'SelfAttention'].map(attentionLayer),
  layerClass({ name: 'Sequential', fields: 'layers', inputs: '*args, **kwargs', apply: applySequential }),
];

// Functions

/** Windows over the axes of space, before the channels. */
function pool(call: Call, how: 'max' | 'mean'): NodeId {
  const { build } = call;
  const x = call.array('inputs');
  const window = spreadOf(call, 'window_shape');
  const stride = call.optional('strides') === null ? window.map(() => 1) : spreadOf(call, 'strides');
  if (stride.length !== window.length) throw new PythonError('AssertionError', 'as many strides as windows are wanted');
  const shape = build.shape(x);
  const sizes = shape.slice(shape.length - window.length - 1, -1);
  const given = call.optional('padding');
  const padding =
    given === null || given.kind === 'str'
      ? paddingFor(call.string('padding', 'VALID'), sizes, window, stride)
      : call.cx.items(given).map((pair) => {
          const [low, high] = call.cx
            .items(pair)
            .map((side) => (side.kind === 'int' && typeof side.value === 'number' ? side.value : null));
          if (low == null || high == null) throw new Unknowable('the padding is not known');
          return [low, high] as const;
        });
  const isByPairs = given !== null && given.kind !== 'str';
  if (isByPairs && (shape.length > window.length + 2 || padding.length !== window.length))
    throw new PythonError('ValueError', 'the padding is of other axes than the input');
  if (shape.length < window.length + 1) throw new PythonError('AssertionError', 'the input has too few axes');
  return poolLast(call.cx, x, how, window, stride, padding, how === 'mean' && call.bool('count_include_pad', true));
}

function spreadOf(call: Call, name: string): readonly number[] {
  return spread(call, name, 1);
}

/** A mask (..., 1, queries, keys) of which keys each query may look at. */
function attentionMask(call: Call, query: NodeId, key: NodeId, holds: (a: NodeId, b: NodeId) => NodeId): NodeId {
  const { build } = call;
  const rank = build.rank(query);
  const mask = holds(build.expandDims(query, rank), build.expandDims(key, rank - 1));
  return build.convert(build.expandDims(mask, rank - 1), call.type('dtype') ?? 'float32');
}

export const otherFunctions: readonly NativeValue[] = [
  jaxOp('flax.linen.max_pool', "(inputs, window_shape, strides=None, padding='VALID')", (call) => pool(call, 'max')),
  jaxOp(
    'flax.linen.avg_pool',
    "(inputs, window_shape, strides=None, padding='VALID', count_include_pad=True)",
    (call) => pool(call, 'mean'),
  ),
  jaxOp(
    'flax.linen.dot_product_attention',
    '(query, key, value, bias=None, mask=None, broadcast_dropout=True, dropout_rng=None, dropout_rate=0.0, deterministic=False, **kwargs)',
    (call) => {
      const drop = call.bool('deterministic', false) ? 0 : probabilityIn(call, 'dropout_rate', 0);
      return attended(
        call,
        [call.array('query'), call.array('key'), call.array('value')],
        call.optionalArray('bias'),
        drop,
      ).output;
    },
  ),
  jaxOp(
    'flax.linen.dot_product_attention_weights',
    '(query, key, bias=None, mask=None, broadcast_dropout=True, dropout_rng=None, dropout_rate=0.0, deterministic=False, **kwargs)',
    (call) => {
      const drop = call.bool('deterministic', false) ? 0 : probabilityIn(call, 'dropout_rate', 0);
      return dropElements(
        call.cx,
        attentionWeights(call.cx, call.array('query'), call.array('key'), call.optionalArray('bias'), maskOf(call)),
        drop,
      );
    },
  ),
  jaxOp('flax.linen.make_causal_mask', '(x, extra_batch_dims=0, dtype=None)', (call) => {
    const { build } = call;
    if (call.int('extra_batch_dims', 0) !== 0) throw new Unknowable('further axes of a mask are not followed');
    const shape = build.shape(call.array('x'));
    const length = dimAt(shape, shape.length - 1);
    const places = build.emit('iota', { start: 0, step: 1, shape: [length], dtype: 'int32' });
    const wide = build.broadcastTo(places, shape);
    return attentionMask(call, wide, wide, (a, b) => build.binary('ge', a, b));
  }),
  jaxOp(
    'flax.linen.make_attention_mask',
    '(query_input, key_input, pairwise_fn=None, extra_batch_dims=0, dtype=None)',
    (call) => {
      if (call.optional('pairwise_fn') !== null || call.int('extra_batch_dims', 0) !== 0)
        throw new Unknowable('this attention mask is not followed');
      return attentionMask(call, call.array('query_input'), call.array('key_input'), (a, b) => call.build.mul(a, b));
    },
  ),
  jaxFunction('flax.linen.combine_masks', '(*masks, dtype=None)', (call) => {
    const masks = call.rest.filter((mask) => mask.kind !== 'none').map((mask) => asArray(call.d, call.cx, known(mask)));
    const [first, ...rest] = masks;
    if (first === undefined) return none;
    if (rest.some((mask) => call.build.rank(mask) !== call.build.rank(first)))
      throw new PythonError('AssertionError', 'masks must have same rank');
    const all = rest.reduce((a, b) => call.build.binary('logical_and', a, b), first);
    return tensor(call.build.convert(all, call.type('dtype') ?? 'float32'), 'jax');
  }),
  jaxOp('flax.linen.normalize', '(x, axis=-1, mean=None, variance=None, epsilon=1e-05, where=None)', (call) =>
    jaxNode(call.cx, 'nn.standardize', { x: call.array('x'), axis: call.optional('axis') ?? int(-1) }),
  ),
];
