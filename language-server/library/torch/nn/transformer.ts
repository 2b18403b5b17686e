import type { NodeId } from '../../../graph/graph.ts';
import { nodeAt } from '../../../graph/graph.ts';
import { dimAt, requireEqual, ShapeError, showShape } from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import { copied } from '../../builtins/copying.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { native } from '../../define.ts';
import { type ClassValue, float, int, list, type NativeValue, none, tensor, type Value } from '../../values.ts';
import { activationLayers } from './activations.ts';
import { attentionClass, xavierUniform } from './attention.ts';
import { listClass } from './containers.ts';
import { dropoutLayers } from './dropout.ts';
import { layerClass, staticMethod } from './layer.ts';
import { linearClass } from './linear.ts';
import { isModule, type ModuleSelf, parametersOf } from './module.ts';
import { normalizationLayers } from './normalization.ts';

/** Transformers (https://docs.pytorch.org/docs/stable/nn.html#transformer-layers), out of the layers that they are made of. */

function named(entries: readonly (ClassValue | NativeValue)[], name: string): ClassValue | NativeValue {
  const found = entries.find((entry) => entry.name === name);
  if (found === undefined) throw new TypeError(`${name} is missing`);
  return found;
}

const dropoutClass = named(dropoutLayers, 'torch.nn.Dropout');
const normClass = named(normalizationLayers, 'torch.nn.LayerNorm');

/** The function that a name or a callable stands for; ReLU by default. */
function activationOf(settings: Args): Value {
  const given = settings.optional('activation');
  if (given !== null && given.kind !== 'str') return given;
  const name = settings.string('activation', 'relu');
  if (name !== 'relu' && name !== 'gelu')
    throw new PythonError('RuntimeError', `activation should be relu/gelu, not ${name}`);
  return named(activationLayers, `torch.nn.functional.${name}`);
}

/** Makes a layer's parts: its attentions, its two linear layers, and norms and dropouts of each block. */
function makeLayer(cx: Context, module: ModuleSelf, settings: Args, attentions: readonly string[]): void {
  const width = settings.value('d_model');
  const hidden = settings.optional('dim_feedforward') ?? int(2048);
  const dropout = settings.optional('dropout') ?? float(0.1);
  const options = (...names: readonly (readonly [string, string])[]): ReadonlyMap<string, Value> =>
    new Map(
      names.flatMap(([name, setting]): [string, Value][] => {
        const value = settings.optional(setting);
        return value === null ? [] : [[name, value]];
      }),
    );
  const set = (
    name: string,
    cls: Value,
    args: readonly Value[],
    keyword: ReadonlyMap<string, Value> = new Map(),
  ): void => cx.setAttribute(module, name, cx.call(cls, args, keyword));
  for (const name of attentions) {
    const told = options(['bias', 'bias'], ['batch_first', 'batch_first'], ['dtype', 'dtype']);
    set(name, attentionClass, [width, settings.value('nhead')], new Map([...told, ['dropout', dropout]]));
  }
  const weights = options(['bias', 'bias'], ['dtype', 'dtype']);
  set('linear1', linearClass, [width, hidden], weights);
  set('dropout', dropoutClass, [dropout]);
  set('linear2', linearClass, [hidden, width], weights);
  const norms = attentions.map((_, k) => `${k + 1}`).concat(`${attentions.length + 1}`);
  const normed = options(['eps', 'layer_norm_eps'], ['bias', 'bias'], ['dtype', 'dtype']);
  for (const k of norms) set(`norm${k}`, normClass, [width], normed);
  for (const k of norms) set(`dropout${k}`, dropoutClass, [dropout]);
  cx.setAttribute(module, 'activation', activationOf(settings));
}

/** Calls a part of a layer on one tensor. */
function part(cx: Context, module: ModuleSelf, name: string, x: NodeId): NodeId {
  const called = cx.attribute(module, name);
  return result(called === null ? none : cx.call(called, [tensor(x)]));
}

function result(value: Value): NodeId {
  if (value.kind === 'tensor') return value.node;
  if (value.kind === 'unknown') throw new Unknowable(value.reason.text, value.reason);
  throw new PythonError('TypeError', 'a tensor is wanted');
}

type Masks = ReadonlyMap<string, Value>;

/** The masks of one attention, out of the arguments of those names. */
function masksIn(args: Args, mask: string, padding: string, causal: string): Masks {
  return new Map(
    (
      [
        ['attn_mask', mask],
        ['key_padding_mask', padding],
        ['is_causal', causal],
      ] as const
    ).flatMap(([name, key]): [string, Value][] => {
      const value = args.optional(key);
      return value === null ? [] : [[name, value]];
    }),
  );
}

function attentionBlock(
  cx: Context,
  module: ModuleSelf,
  name: string,
  dropout: string,
  x: NodeId,
  memory: NodeId,
  masks: Masks,
): NodeId {
  const attention = cx.attribute(module, name);
  const called = cx.call(
    attention ?? none,
    [tensor(x), tensor(memory), tensor(memory)],
    new Map([...masks, ['need_weights', { kind: 'bool', value: false }]]),
  );
  return part(cx, module, dropout, result(called.kind === 'tuple' ? (called.items[0] ?? none) : called));
}

function feedForward(cx: Context, module: ModuleSelf, dropout: string, x: NodeId): NodeId {
  const hidden = part(cx, module, 'activation', part(cx, module, 'linear1', x));
  return part(cx, module, dropout, part(cx, module, 'linear2', part(cx, module, 'dropout', hidden)));
}

/** x + block(norm(x)), or norm(x + block(x)), block after block. */
function residual(
  cx: Context,
  module: ModuleSelf,
  own: Args,
  x: NodeId,
  blocks: readonly ((x: NodeId) => NodeId)[],
): NodeId {
  const { build } = cx;
  const first = own.bool('norm_first', false);
  return blocks.reduce((y, block, k) => {
    const norm = `norm${k + 1}`;
    return first ? build.add(y, block(part(cx, module, norm, y))) : part(cx, module, norm, build.add(y, block(y)));
  }, x);
}

const layerSettings =
  'd_model, nhead, dim_feedforward=2048, dropout=0.1, activation=None, layer_norm_eps=1e-05, batch_first=False, norm_first=False, bias=True, device=None, dtype=None';

const encoderLayer = layerClass({
  name: 'TransformerEncoderLayer',
  settings: layerSettings,
  kept: ['norm_first'],
  inputs: 'src, src_mask=None, src_key_padding_mask=None, is_causal=False',
  make: (cx, module, settings) => makeLayer(cx, module, settings, ['self_attn']),
  forward: (cx, args, own, module) => {
    const masks = masksIn(args, 'src_mask', 'src_key_padding_mask', 'is_causal');
    return residual(cx, module, own, args.tensor('src'), [
      (x) => attentionBlock(cx, module, 'self_attn', 'dropout1', x, x, masks),
      (x) => feedForward(cx, module, 'dropout2', x),
    ]);
  },
});

const decoderLayer = layerClass({
  name: 'TransformerDecoderLayer',
  settings: layerSettings,
  kept: ['norm_first'],
  inputs:
    'tgt, memory, tgt_mask=None, memory_mask=None, tgt_key_padding_mask=None, memory_key_padding_mask=None, tgt_is_causal=False, memory_is_causal=False',
  make: (cx, module, settings) => makeLayer(cx, module, settings, ['self_attn', 'multihead_attn']),
  forward: (cx, args, own, module) => {
    const target = masksIn(args, 'tgt_mask', 'tgt_key_padding_mask', 'tgt_is_causal');
    const memory = masksIn(args, 'memory_mask', 'memory_key_padding_mask', 'memory_is_causal');
    return residual(cx, module, own, args.tensor('tgt'), [
      (x) => attentionBlock(cx, module, 'self_attn', 'dropout1', x, x, target),
      (x) => attentionBlock(cx, module, 'multihead_attn', 'dropout2', x, args.tensor('memory'), memory),
      (x) => feedForward(cx, module, 'dropout3', x),
    ]);
  },
});

/** Copies of a layer, which all start with the same weights. */
function makeStack(cx: Context, module: ModuleSelf, layer: Value, settings: Args): void {
  if (layer.kind === 'unknown') throw new Unknowable(layer.reason.text, layer.reason);
  if (!isModule(layer)) throw new PythonError('AttributeError', 'a layer is wanted');
  const copies = Array.from({ length: settings.int('num_layers') }, () => copied(layer, true, new Map()));
  cx.setAttribute(module, 'layers', cx.call(listClass, [list(copies)]));
  cx.setAttribute(module, 'norm', settings.optional('norm') ?? none);
}

function runStack(cx: Context, module: ModuleSelf, start: NodeId, run: (layer: Value, x: NodeId) => Value): NodeId {
  const layers = cx.attribute(module, 'layers');
  const items = layers === null ? [] : cx.items(layers);
  const y = items.reduce((x, layer) => result(run(layer, x)), start);
  const norm = cx.attribute(module, 'norm');
  return norm === null || norm.kind === 'none' ? y : part(cx, module, 'norm', y);
}

/** The arguments given under these names, for a call that has the same. */
function passed(args: Args, ...names: readonly string[]): ReadonlyMap<string, Value> {
  return new Map(
    names.flatMap((name): [string, Value][] => {
      const value = args.optional(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

/** Whether a mask is causal is only a hint for speed: the mask is given too. */
const encoderClass = layerClass({
  name: 'TransformerEncoder',
  settings: 'encoder_layer, num_layers, norm=None, enable_nested_tensor=True, mask_check=True',
  inputs: 'src, mask=None, src_key_padding_mask=None, is_causal=None',
  kept: ['num_layers', 'enable_nested_tensor', 'mask_check'],
  make: (cx, module, settings) => makeStack(cx, module, settings.raw('encoder_layer'), settings),
  forward: (cx, args, _own, module) => {
    const mask = args.optional('mask');
    const keyword = new Map([
      ...passed(args, 'src_key_padding_mask', 'is_causal'),
      ...(mask === null ? [] : [['src_mask', mask] as const]),
    ]);
    return runStack(cx, module, args.tensor('src'), (layer, x) => cx.call(layer, [tensor(x)], keyword));
  },
});

const decoderMasks = [
  'tgt_mask',
  'memory_mask',
  'tgt_key_padding_mask',
  'memory_key_padding_mask',
  'tgt_is_causal',
  'memory_is_causal',
];

const decoderClass = layerClass({
  name: 'TransformerDecoder',
  settings: 'decoder_layer, num_layers, norm=None',
  inputs:
    'tgt, memory, tgt_mask=None, memory_mask=None, tgt_key_padding_mask=None, memory_key_padding_mask=None, tgt_is_causal=None, memory_is_causal=False',
  kept: ['num_layers'],
  make: (cx, module, settings) => makeStack(cx, module, settings.raw('decoder_layer'), settings),
  forward: (cx, args, _own, module) => {
    const keyword = passed(args, ...decoderMasks);
    const memory = args.tensorValue('memory');
    return runStack(cx, module, args.tensor('tgt'), (layer, x) => cx.call(layer, [tensor(x), memory], keyword));
  },
});

const transformerClass = layerClass({
  name: 'Transformer',
  settings:
    'd_model=512, nhead=8, num_encoder_layers=6, num_decoder_layers=6, dim_feedforward=2048, dropout=0.1, activation=None, custom_encoder=None, custom_decoder=None, layer_norm_eps=1e-05, batch_first=False, norm_first=False, bias=True, device=None, dtype=None',
  inputs:
    'src, tgt, src_mask=None, tgt_mask=None, memory_mask=None, src_key_padding_mask=None, tgt_key_padding_mask=None, memory_key_padding_mask=None, src_is_causal=None, tgt_is_causal=None, memory_is_causal=False',
  kept: ['d_model', 'nhead', 'batch_first'],
  make: (cx, module, settings) => {
    const told = passed(
      settings,
      'dim_feedforward',
      'dropout',
      'activation',
      'layer_norm_eps',
      'batch_first',
      'norm_first',
      'bias',
      'dtype',
    );
    const [width, heads] = [settings.optional('d_model') ?? int(512), settings.optional('nhead') ?? int(8)];
    const norm = (): Value =>
      cx.call(
        normClass,
        [width],
        new Map(
          [...told].flatMap(([name, value]): [string, Value][] =>
            name === 'layer_norm_eps' ? [['eps', value]] : name === 'bias' ? [[name, value]] : [],
          ),
        ),
      );
    const stack = (cls: ClassValue, layer: ClassValue, count: string): Value =>
      cx.call(
        cls,
        [cx.call(layer, [width, heads], told), settings.optional(count) ?? int(6)],
        new Map([['norm', norm()]]),
      );
    cx.setAttribute(
      module,
      'encoder',
      settings.optional('custom_encoder') ?? stack(encoderClass, encoderLayer, 'num_encoder_layers'),
    );
    cx.setAttribute(
      module,
      'decoder',
      settings.optional('custom_decoder') ?? stack(decoderClass, decoderLayer, 'num_decoder_layers'),
    );
    // Here each matrix is drawn anew, by itself.
    for (const [, weight] of parametersOf(module)) {
      const { op, aval } = nodeAt(cx.build, weight.node);
      if (aval.shape.length < 2 || op.name !== 'parameter') continue;
      const init = xavierUniform(dimAt(aval.shape, 0), dimAt(aval.shape, 1));
      cx.assignInPlace(weight, cx.build.parameter(op.params.name, aval.shape, init, aval.dtype));
    }
  },
  forward: (cx, args, own, module) => {
    const { build } = cx;
    const [src, tgt] = [args.tensor('src'), args.tensor('tgt')];
    const [a, b] = [build.shape(src), build.shape(tgt)];
    const what = (): string => `Transformer: ${showShape(a)} and ${showShape(b)} do not fit`;
    if (a.length < 2 || b.length < 2) throw new ShapeError(what());
    const samples = own.bool('batch_first', false) ? 0 : 1;
    if (a.length === 3) requireEqual(dimAt(a, samples), dimAt(b, samples), what);
    for (const shape of [a, b]) requireEqual(dimAt(shape, shape.length - 1), own.dim('d_model', 512), what);
    const renamed = (pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, Value> =>
      new Map(
        pairs.flatMap(([from, name]): [string, Value][] => {
          const value = args.optional(from);
          return value === null ? [] : [[name, value]];
        }),
      );
    const memory = cx.call(
      cx.attribute(module, 'encoder') ?? none,
      [tensor(src)],
      renamed([
        ['src_mask', 'mask'],
        ['src_key_padding_mask', 'src_key_padding_mask'],
        ['src_is_causal', 'is_causal'],
      ]),
    );
    return cx.call(cx.attribute(module, 'decoder') ?? none, [tensor(tgt), memory], passed(args, ...decoderMasks));
  },
});

transformerClass.attributes.set(
  'generate_square_subsequent_mask',
  staticMethod(
    native('generate_square_subsequent_mask', '(sz, device=None, dtype=None)', (cx, args) => {
      const { build } = cx;
      const size = args.dim('sz');
      const places = build.emit('iota', { start: 0, step: 1, shape: [size], dtype: 'int64' });
      const later = build.binary('lt', build.expandDims(places, 1), places);
      const dtype = args.dtype('dtype', 'float32');
      return tensor(build.select(later, build.full([], Number.NEGATIVE_INFINITY, dtype), build.full([], 0, dtype)));
    }),
  ),
);

export const transformerLayers: readonly ClassValue[] = [
  encoderLayer,
  decoderLayer,
  encoderClass,
  decoderClass,
  transformerClass,
];
