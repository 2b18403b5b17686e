import type { Dim } from '../../../graph/dim.ts';
import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import type { Initializer } from '../../../graph/primitives/leaves.ts';
import { dimAt, isFloating, requireEqual, type Shape, ShapeError, showShape } from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import { type Context, PythonError } from '../../context.ts';
import { native, op } from '../../define.ts';
import { bool, type ClassValue, int, type NativeValue, none, tensor, tuple, type Value } from '../../values.ts';
import { opaque } from '../opaque.ts';
import { dropElements, probabilityIn } from './dropout.ts';
import { layerClass, moduleIn, weightMaker } from './layer.ts';
import { linear, linearClass } from './linear.ts';
import { isTraining, type ModuleSelf, optionalWeight } from './module.ts';

/** Attention (https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html). */

/** Numbers to add to the scores: minus infinity where a mask of truths says `blocked`. */
function additive(cx: Context, mask: NodeId, like: NodeId, blocked: boolean): NodeId {
  const { build } = cx;
  const own = build.aval(mask).dtype;
  const { dtype } = build.aval(like);
  if (own !== 'bool') return build.convert(mask, dtype);
  const [zero, closed] = [build.full([], 0, dtype), build.full([], Number.NEGATIVE_INFINITY, dtype)];
  return blocked ? build.select(mask, closed, zero) : build.select(mask, zero, closed);
}

/** True on and below the diagonal: what a position may look at in a causal order. */
function causal(cx: Context, rows: Dim, columns: Dim): NodeId {
  const { build } = cx;
  const places = (length: Dim): NodeId => build.emit('iota', { start: 0, step: 1, shape: [length], dtype: 'int64' });
  return build.binary('ge', build.expandDims(places(rows), 1), places(columns));
}

interface Attended {
  readonly output: NodeId;
  /** (..., queries, keys), after dropout as the library gives them. */
  readonly weights: NodeId;
}

/** softmax(q k^T * scale + mask) v, over the last two axes. */
function attend(
  cx: Context,
  [q, k, v]: readonly [NodeId, NodeId, NodeId],
  masks: readonly NodeId[],
  scale: number | null,
  dropout: number | null,
): Attended {
  const { build } = cx;
  const width = dimAt(build.shape(q), build.rank(q) - 1);
  const factor = scale ?? (D.isKnown(width) ? 1 / Math.sqrt(width) : null);
  const product = build.matmul(q, build.swapAxes(k, -1, -2));
  const scaled =
    factor === null
      ? build.div(product, build.unary('sqrt', build.dimScalar(width, build.aval(q).dtype)))
      : build.scale(product, factor);
  const scores = masks.reduce((sum, mask) => build.add(sum, mask), scaled);
  const weights = build.softmax(scores, -1);
  const kept = dropElements(cx, weights, dropout);
  return { output: build.matmul(kept, v), weights: kept };
}

/** `scaled_dot_product_attention`. */
function dotProductAttention(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const [q, k, v] = [args.tensor('query'), args.tensor('key'), args.tensor('value')];
  const ranks = [q, k, v].map((x) => build.rank(x));
  const what = (): string => [q, k, v].map((x) => showShape(build.shape(x))).join(', ');
  if (ranks.some((rank) => rank < 2))
    throw new ShapeError(`scaled_dot_product_attention needs at least two axes, not ${what()}`);
  const isCausal = args.bool('is_causal', false);
  const mask = args.optionalTensor('attn_mask');
  // Without queries nothing is looked at.
  if (build.shape(q).includes(0)) {
    const width = dimAt(build.shape(v), build.rank(v) - 1);
    return build.full([...build.shape(q).slice(0, -1), width], 0, build.aval(q).dtype);
  }
  if (!isFloating(build.aval(q).dtype))
    throw new PythonError('RuntimeError', 'scaled_dot_product_attention needs floating point tensors');
  if (mask !== null && isCausal)
    throw new PythonError('RuntimeError', 'Explicit attn_mask should not be set when is_causal=True');
  const grouped = args.bool('enable_gqa', false);
  const [wideK, wideV] = grouped ? [k, v].map((x) => repeatHeads(cx, x, q)) : [k, v];
  const [rows, columns] = [dimAt(build.shape(q), build.rank(q) - 2), dimAt(build.shape(k), build.rank(k) - 2)];
  const given = mask ?? (isCausal ? causal(cx, rows, columns) : null);
  const masks = given === null ? [] : [additive(cx, given, q, false)];
  const scale = args.optional('scale') === null ? null : args.number('scale');
  return attend(cx, [q, wideK ?? k, wideV ?? v], masks, scale, probabilityIn(args, 'dropout_p', 0)).output;
}

/** Each head of keys or values as often as there are heads of queries for it. */
function repeatHeads(cx: Context, x: NodeId, query: NodeId): NodeId {
  const { build } = cx;
  const [own, wanted] = [build.shape(x), build.shape(query)];
  const heads = dimAt(own, own.length - 3);
  const count = D.exactQuotient(dimAt(wanted, wanted.length - 3), heads);
  if (count === null)
    throw new ShapeError(`${showShape(own)} and queries ${showShape(wanted)}: the heads are no multiple`);
  const lead = own.slice(0, -3);
  const spread = build.broadcastTo(build.expandDims(x, lead.length + 1), [...lead, heads, count, ...own.slice(-2)]);
  return build.reshape(spread, [...lead, D.mul(heads, count), ...own.slice(-2)]);
}

// Several heads

interface Heads {
  readonly embed: Dim;
  readonly heads: Dim;
  /** Projections of query, key and value: one matrix for all three, or one each. */
  readonly projection: { readonly packed: NodeId } | { readonly separate: readonly [NodeId, NodeId, NodeId] };
  readonly projectionBias: NodeId | null;
  readonly output: { readonly weight: NodeId; readonly bias: NodeId | null };
  readonly extra: { readonly key: NodeId; readonly value: NodeId } | null;
  readonly zero: boolean;
  /** null for one that is not known. */
  readonly dropout: number | null;
  readonly batchFirst: boolean;
}

function requireThat(holds: boolean, message: () => string, type = 'AssertionError'): void {
  if (!holds) throw new PythonError(type, message());
}

function sameDims(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, k) => !D.surelyDiffer(dim, b[k] ?? -1));
}

/** Query, key and value with the samples first, and whether they had samples at all. */
function batchFirst(
  cx: Context,
  nodes: readonly NodeId[],
  isFirst: boolean,
): { readonly nodes: readonly NodeId[]; readonly isSample: boolean } {
  const { build } = cx;
  const [query, ...others] = nodes;
  const rank = query === undefined ? 0 : build.rank(query);
  requireThat(
    rank === 2 || rank === 3,
    () => `query should be unbatched 2D or batched 3D tensor but received ${rank}-D`,
  );
  requireThat(
    others.every((x) => build.rank(x) === rank),
    () => `for a ${rank}-D query, key and value must be ${rank}-D too`,
  );
  if (rank === 2) return { nodes: nodes.map((x) => build.expandDims(x, 0)), isSample: true };
  return { nodes: isFirst ? nodes : nodes.map((x) => build.swapAxes(x, 0, 1)), isSample: false };
}

function requireMask(cx: Context, mask: NodeId, name: string): void {
  const { dtype } = cx.build.aval(mask);
  requireThat(dtype === 'bool' || isFloating(dtype), () => `only bool and floating types of ${name} are supported`);
}

/** The masks as numbers to add to scores (samples, heads, queries, keys). */
function scoreMasks(
  cx: Context,
  args: Args,
  like: NodeId,
  sizes: { readonly n: Dim; readonly heads: Dim; readonly l: Dim; readonly s: Dim },
  isSample: boolean,
  extra: number,
): readonly NodeId[] {
  const { build } = cx;
  const { n, heads, l, s } = sizes;
  const masks: NodeId[] = [];
  const widened = (mask: NodeId): NodeId => {
    if (extra === 0) return mask;
    const none = build.shape(mask).map(() => 0);
    return build.emit('pad', { low: none, high: [...none.slice(1), extra], value: 0 }, [mask]);
  };
  const attn = args.optionalTensor('attn_mask');
  if (attn !== null) {
    requireMask(cx, attn, 'attn_mask');
    const own = build.shape(attn);
    requireThat(own.length === 2 || own.length === 3, () => `attn_mask's dimension ${own.length} is not supported`);
    const wanted = own.length === 2 ? [l, s] : [D.mul(n, heads), l, s];
    requireThat(
      sameDims(own, wanted),
      () => `The shape of the attn_mask is ${showShape(own)}, but should be ${showShape(wanted)}`,
      'RuntimeError',
    );
    const number = widened(additive(cx, attn, like, true));
    masks.push(own.length === 2 ? number : build.reshape(number, [n, heads, ...build.shape(number).slice(1)]));
  }
  const padding = args.optionalTensor('key_padding_mask');
  if (padding !== null) {
    requireMask(cx, padding, 'key_padding_mask');
    const own = build.shape(padding);
    const wanted = isSample ? [s] : [n, s];
    requireThat(sameDims(own, wanted), () => `key_padding_mask ${showShape(own)} should be ${showShape(wanted)}`);
    const number = widened(additive(cx, padding, like, true));
    masks.push(build.reshape(number, [n, 1, 1, D.add(s, extra)]));
  }
  return masks;
}

function multiHead(cx: Context, args: Args, how: Heads): Value {
  const { build } = cx;
  const { heads, embed } = how;
  const given = [args.tensor('query'), args.tensor('key'), args.tensor('value')];
  const { nodes, isSample } = batchFirst(cx, given, how.batchFirst);
  const [query, key, value] = nodes;
  if (query === undefined || key === undefined || value === undefined) throw new TypeError('three tensors');
  const [n, l, width] = [dimAt(build.shape(query), 0), dimAt(build.shape(query), 1), dimAt(build.shape(query), 2)];
  const s = dimAt(build.shape(key), 1);
  const needsWeights = args.bool('need_weights', true);
  if (args.bool('is_causal', false) && args.optional('attn_mask') === null)
    throw new PythonError('RuntimeError', 'Need attn_mask if specifying the is_causal hint');
  requireThat(
    !D.surelyDiffer(width, embed),
    () => `was expecting embedding dimension of ${D.show(embed)}, but got ${D.show(width)}`,
  );
  const alike = 'packed' in how.projection ? 3 : 2;
  requireThat(
    sameDims(build.shape(key).slice(0, alike), build.shape(value).slice(0, alike)),
    () => `key shape ${showShape(build.shape(key))} does not match value shape ${showShape(build.shape(value))}`,
  );
  requireEqual(
    n,
    dimAt(build.shape(key), 0),
    () => `queries ${showShape(build.shape(query))} and keys ${showShape(build.shape(key))} are of different batches`,
  );
  const biasOf = (part: number): NodeId | null =>
    how.projectionBias === null
      ? null
      : build.sliceAxis(how.projectionBias, 0, D.mul(embed, part), D.mul(embed, part + 1));
  const weightOf = (part: 0 | 1 | 2): NodeId =>
    'packed' in how.projection
      ? build.sliceAxis(how.projection.packed, 0, D.mul(embed, part), D.mul(embed, part + 1))
      : how.projection.separate[part];
  const projected = ([query, key, value] as const).map((x, part) =>
    linear(cx, x, weightOf(part === 0 ? 0 : part === 1 ? 1 : 2), biasOf(part)),
  );
  const [q, k, v] = projected;
  if (q === undefined || k === undefined || v === undefined) throw new TypeError('three projections');
  const more = (how.extra === null ? 0 : 1) + (how.zero ? 1 : 0);
  // With the hint alone, the mask that it stands for takes the given one's place.
  const hinted = args.bool('is_causal', false) && !needsWeights && args.optional('key_padding_mask') === null;
  const masks = hinted
    ? [additive(cx, causal(cx, l, D.add(s, more)), q, false)]
    : scoreMasks(cx, args, q, { n, heads, l, s }, isSample, more);
  const size = D.exactQuotient(embed, heads);
  const { output, weights } =
    size === null
      ? closed(cx, [query, key, value], masks, how, D.add(s, more))
      : headByHead(cx, [q, k, v], masks, how, size);
  const y = linear(cx, output, how.output.weight, how.output.bias);
  const placed = isSample ? build.dropAxis(y, 0) : how.batchFirst ? y : build.swapAxes(y, 0, 1);
  if (!needsWeights) return tuple([tensor(placed), none]);
  const shown = args.bool('average_attn_weights', true) ? build.mean(weights, [1]) : weights;
  return tuple([tensor(placed), tensor(isSample ? build.dropAxis(shown, 0) : shown)]);
}

/** (samples, queries, features), each head over its own part of the features. */
function headByHead(
  cx: Context,
  [q, k, v]: readonly [NodeId, NodeId, NodeId],
  masks: readonly NodeId[],
  { heads, embed, extra, zero, dropout }: Heads,
  size: Dim,
): Attended {
  const { build } = cx;
  const [n, l] = [dimAt(build.shape(q), 0), dimAt(build.shape(q), 1)];
  const split = (x: NodeId): NodeId =>
    build.swapAxes(build.reshape(x, [n, dimAt(build.shape(x), 1), heads, size]), 1, 2);
  const [longK, longV] = lengthened(cx, [k, v], extra, n, embed);
  const zeros = build.full([n, heads, 1, size], 0, build.aval(q).dtype);
  const zeroed = (x: NodeId): NodeId => (zero ? build.concatenate([x, zeros], 2) : x);
  const { output, weights } = attend(cx, [split(q), zeroed(split(longK)), zeroed(split(longV))], masks, null, dropout);
  return { output: build.reshape(build.swapAxes(output, 1, 2), [n, l, embed]), weights };
}

/** The same where sizes known by name only do not tell how the features are divided among the heads. */
function closed(
  cx: Context,
  [query, ...others]: readonly [NodeId, NodeId, NodeId],
  masks: readonly NodeId[],
  { heads, embed }: Heads,
  keys: Dim,
): Attended {
  const { shape, dtype } = cx.build.aval(query);
  const operands = [...new Set([query, ...others, ...masks])];
  const [n, l] = [dimAt(shape, 0), dimAt(shape, 1)];
  const whole = (name: string, result: Shape): NodeId => opaque(cx, name, operands, result, dtype, [[0, 0]]);
  return {
    output: whole('MultiheadAttention', [n, l, embed]),
    weights: whole('weights of MultiheadAttention', [n, heads, l, keys]),
  };
}

/** Keys and values with a learned one behind them. */
function lengthened(
  cx: Context,
  [k, v]: readonly [NodeId, NodeId],
  extra: Heads['extra'],
  n: Dim,
  embed: Dim,
): readonly [NodeId, NodeId] {
  if (extra === null) return [k, v];
  const { build } = cx;
  const behind = (x: NodeId, one: NodeId): NodeId => build.concatenate([x, build.broadcastTo(one, [n, 1, embed])], 1);
  return [behind(k, extra.key), behind(v, extra.value)];
}

/** U(-b, b) with b = gain * sqrt(6 / (fan in + fan out)), for a matrix; an unknown size counts as 1. */
export function xavierUniform(rows: Dim, columns: Dim, gain = 1): Initializer {
  const total = D.add(rows, columns);
  const bound = gain * Math.sqrt(6 / (D.isKnown(total) && total > 0 ? total : 2));
  return { kind: 'uniform', low: -bound, high: bound };
}

function makeHeads(cx: Context, module: ModuleSelf, settings: Args): void {
  const [embed, heads] = [settings.dim('embed_dim'), settings.dim('num_heads')];
  requireThat(
    !(D.isKnown(heads) && heads <= 0) && !(D.isKnown(embed) && embed <= 0),
    () => 'embed_dim and num_heads must be greater than 0',
    'ValueError',
  );
  const size = D.exactQuotient(embed, heads);
  requireThat(
    size !== null || !D.isKnown(embed) || !D.isKnown(heads),
    () => 'embed_dim must be divisible by num_heads',
  );
  const [kdim, vdim] = [settings.dim('kdim', embed), settings.dim('vdim', embed)];
  const isSame = D.equal(kdim, embed) && D.equal(vdim, embed);
  const hasBias = settings.bool('bias', true);
  const set = (name: string, value: Value): void => cx.setAttribute(module, name, value);
  set('kdim', int(kdim));
  set('vdim', int(vdim));
  set('head_dim', int(size ?? D.floorDiv(embed, heads)));
  set('_qkv_same_embed_dim', bool(isSame));
  const make = weightMaker(cx, module, settings);
  const separate = (name: string, columns: Dim): void =>
    make(name, isSame ? null : [embed, columns], xavierUniform(embed, columns));
  make('in_proj_weight', isSame ? [D.mul(embed, 3), embed] : null, xavierUniform(D.mul(embed, 3), embed));
  separate('q_proj_weight', embed);
  separate('k_proj_weight', kdim);
  separate('v_proj_weight', vdim);
  make('in_proj_bias', hasBias ? [D.mul(embed, 3)] : null, { kind: 'full', value: 0 });
  const told = settings.optional('dtype');
  const options = new Map<string, Value>([
    ['bias', bool(hasBias)],
    ...(told === null ? [] : [['dtype', told] as const]),
  ]);
  const out = moduleIn(cx.call(linearClass, [int(embed), int(embed)], options));
  if (hasBias) weightMaker(cx, out, settings)('bias', [embed], { kind: 'full', value: 0 });
  set('out_proj', out);
  const spread: Initializer = { kind: 'normal', mean: 0, std: D.isKnown(embed) ? Math.sqrt(2 / (embed + embed)) : 1 };
  const hasExtra = settings.bool('add_bias_kv', false);
  make('bias_k', hasExtra ? [1, 1, embed] : null, spread);
  make('bias_v', hasExtra ? [1, 1, embed] : null, spread);
}

const attentionInputs =
  'query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None, average_attn_weights=True, is_causal=False';

export const attentionClass: ClassValue = layerClass({
  name: 'MultiheadAttention',
  settings:
    'embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, vdim=None, batch_first=False, device=None, dtype=None',
  inputs: attentionInputs,
  make: makeHeads,
  forward: (cx, args, own, module) => {
    const out = moduleIn(cx.attribute(module, 'out_proj'));
    const weight = optionalWeight(cx, out, 'weight');
    if (weight === null) throw new PythonError('TypeError', 'out_proj has no weight');
    const [key, value] = [own.optionalTensor('bias_k'), own.optionalTensor('bias_v')];
    return multiHead(cx, args, {
      embed: own.dim('embed_dim'),
      heads: own.dim('num_heads'),
      projection: projectionIn(own, own.optional('in_proj_weight') === null),
      projectionBias: own.optionalTensor('in_proj_bias'),
      output: { weight, bias: optionalWeight(cx, out, 'bias') },
      extra: key === null || value === null ? null : { key, value },
      zero: own.bool('add_zero_attn', false),
      dropout: isTraining(cx, module) ? probabilityIn(own, 'dropout', 0) : 0,
      batchFirst: own.bool('batch_first', false),
    });
  },
});

function projectionIn(args: Args, isSeparate: boolean): Heads['projection'] {
  return isSeparate
    ? { separate: [args.tensor('q_proj_weight'), args.tensor('k_proj_weight'), args.tensor('v_proj_weight')] }
    : { packed: args.tensor('in_proj_weight') };
}

export const attentionLayers: readonly (ClassValue | NativeValue)[] = [
  attentionClass,
  op(
    'torch.nn.functional.scaled_dot_product_attention',
    '(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, *, scale=None, enable_gqa=False)',
    dotProductAttention,
  ),
  native(
    'torch.nn.functional.multi_head_attention_forward',
    '(query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn, dropout_p, out_proj_weight, out_proj_bias, training=True, key_padding_mask=None, need_weights=True, attn_mask=None, use_separate_proj_weight=False, q_proj_weight=None, k_proj_weight=None, v_proj_weight=None, static_k=None, static_v=None, average_attn_weights=True, is_causal=False)',
    (cx, args) => {
      if (args.optional('static_k') !== null || args.optional('static_v') !== null)
        return cx.unknown('static keys and values are not followed');
      const [key, value] = [args.optionalTensor('bias_k'), args.optionalTensor('bias_v')];
      return multiHead(cx, args, {
        embed: args.dim('embed_dim_to_check'),
        heads: args.dim('num_heads'),
        projection: projectionIn(args, args.bool('use_separate_proj_weight', false)),
        projectionBias: args.optionalTensor('in_proj_bias'),
        output: { weight: args.tensor('out_proj_weight'), bias: args.optionalTensor('out_proj_bias') },
        extra: key === null || value === null ? null : { key, value },
        zero: args.bool('add_zero_attn'),
        dropout: args.bool('training', true) ? probabilityIn(args, 'dropout_p', 0) : 0,
        batchFirst: false,
      });
    },
  ),
];
