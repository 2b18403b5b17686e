import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type DType, dimAt, requireEqual, type Shape, ShapeError, sameShape, showShape } from '../../graph/shape.ts';
import { asKnownInt, known, truthOf } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { native } from '../define.ts';
import { jaxNamed, jaxNode } from '../jax/borrow.ts';
import type { LayerCall } from '../jax/eager.ts';
import { ints, normalized, pairs, rootNormalized } from '../jax/layers.ts';
import { type Call, shapeIn, sizeIn } from '../numpy/dialect.ts';
import { dropElements } from '../torch/nn/dropout.ts';
import { defaultInit } from '../torch/nn/linear.ts';
import { opaque } from '../torch/opaque.ts';
import {
  bool,
  type ClassValue,
  type InstanceValue,
  int,
  list,
  none,
  str,
  tensor,
  tuple,
  type Value,
} from '../values.ts';
import { layerClass } from './module.ts';

/** Layers of equinox.nn (https://docs.kidger.site/equinox/api/nn/linear/): each takes one sample. */

function weightType(settings: Call): DType {
  return settings.type('dtype') ?? settings.d.float;
}

/** A weight drawn between -1/sqrt(fanIn) and that; null where there is to be none. */
function make(cx: Context, module: InstanceValue, settings: Call, name: string, shape: Shape | null, fanIn: Dim): void {
  const weight =
    shape === null ? none : tensor(cx.build.parameter(name, shape, defaultInit(fanIn), weightType(settings)), 'jax');
  cx.setAttribute(module, name, weight);
}

function makeFull(
  cx: Context,
  module: InstanceValue,
  settings: Call,
  name: string,
  shape: Shape | null,
  value: number,
): void {
  const weight =
    shape === null
      ? none
      : tensor(cx.build.parameter(name, shape, { kind: 'full', value }, weightType(settings)), 'jax');
  cx.setAttribute(module, name, weight);
}

function constructed(
  cx: Context,
  cls: ClassValue,
  positional: readonly Value[],
  keywords: ReadonlyMap<string, Value>,
): Value {
  return cx.call(cls, positional, keywords);
}

// Linear

/** A size, or 'scalar' for an input or output without axes. */
function sizeOrScalar(call: Call, name: string): Dim | 'scalar' {
  const value = call.value(name);
  return value.kind === 'str' && value.value === 'scalar' ? 'scalar' : sizeIn(call, value);
}

const linearClass: ClassValue = layerClass({
  name: 'Linear',
  settings: 'in_features, out_features, use_bias=True, dtype=None, *, key',
  parts: ['weight', 'bias'],
  make: (cx, module, settings) => {
    const [into, out] = [sizeOrScalar(settings, 'in_features'), sizeOrScalar(settings, 'out_features')];
    const [columns, rows] = [into === 'scalar' ? 1 : into, out === 'scalar' ? 1 : out];
    make(cx, module, settings, 'weight', [rows, columns], columns);
    make(cx, module, settings, 'bias', settings.bool('use_bias', true) ? [rows] : null, columns);
  },
  apply: (call) => {
    const { build, own } = call;
    const given = call.array('x');
    const isScalar = sizeOrScalar(own, 'in_features') === 'scalar';
    if (isScalar && build.rank(given) > 0) throw new PythonError('ValueError', 'x must have scalar shape');
    const x = isScalar ? build.reshape(given, [1]) : given;
    const bias = own.optionalArray('bias');
    const product = jaxNode(call.cx, 'numpy.matmul', { a: own.array('weight'), b: x });
    const y = bias === null ? product : build.add(product, bias);
    if (sizeOrScalar(own, 'out_features') !== 'scalar') return y;
    if (build.rank(y) !== 1) throw new PythonError('AssertionError', 'the result is no single number');
    return build.reshape(y, []);
  },
});

/** Functions that a number or an array of numbers may be given alike. */
const mixing = /softmax|standardize|normalize|glu|logsumexp|one_hot/;

/** A function of one unit at a time, on all units. */
function onUnits(call: LayerCall, fn: Value | null, x: NodeId): NodeId {
  if (fn === null) return x;
  const { cx } = call;
  known(fn);
  if (fn.kind === 'instance') throw new Unknowable('an activation with weights of its own is not followed');
  const isPlain = fn.kind === 'native' && fn.made === null && fn.name.startsWith('jax.') && !mixing.test(fn.name);
  const mapped = isPlain || call.build.rank(x) === 0 ? fn : cx.call(jaxNamed('vmap'), [fn]);
  const y = cx.call(mapped, [tensor(x, 'jax')]);
  if (y.kind === 'tensor') return y.node;
  if (y.kind === 'unknown') throw new Unknowable(y.reason.text, y.reason);
  throw new PythonError('TypeError', 'an activation gives no array');
}

const perceptron: ClassValue = layerClass({
  name: 'MLP',
  settings:
    'in_size, out_size, width_size, depth, activation=None, final_activation=None, use_bias=True, use_final_bias=True, dtype=None, *, scan=False, key',
  parts: ['layers', 'activation', 'final_activation'],
  make: (cx, module, settings) => {
    if (settings.bool('scan', false)) throw new Unknowable('layers that are scanned over are not followed');
    const depth = settings.int('depth');
    const [into, out, width] = [settings.value('in_size'), settings.value('out_size'), settings.value('width_size')];
    const layer = (from: Value, to: Value, bias: string): Value =>
      constructed(
        cx,
        linearClass,
        [from, to],
        new Map<string, Value>([
          ['use_bias', bool(settings.bool(bias, true))],
          ['dtype', settings.optional('dtype') ?? none],
          ['key', settings.value('key')],
        ]),
      );
    const hidden = Array.from({ length: Math.max(depth - 1, 0) }, () => layer(width, width, 'use_bias'));
    const layers =
      depth === 0
        ? [layer(into, out, 'use_final_bias')]
        : [layer(into, width, 'use_bias'), ...hidden, layer(width, out, 'use_final_bias')];
    cx.setAttribute(module, 'layers', tuple(layers));
    if (settings.optional('activation') === null) cx.setAttribute(module, 'activation', jaxNamed('nn.relu'));
    // The layer makes its own of it, with weights for each unit.
    for (const name of ['activation', 'final_activation'])
      if (settings.optional(name)?.kind === 'instance')
        cx.setAttribute(module, name, cx.unknown('an activation with weights of its own is not followed'));
  },
  apply: (call) => {
    const { cx, own } = call;
    const layers = cx.items(own.value('layers'));
    const through = (layer: Value, x: NodeId): NodeId => {
      const y = cx.call(layer, [tensor(x, 'jax')]);
      if (y.kind === 'tensor') return y.node;
      throw new Unknowable(y.kind === 'unknown' ? y.reason.text : 'a layer gives no array');
    };
    const last = layers.length - 1;
    const y = layers.reduce<NodeId>((x, layer, k) => {
      const next = through(layer, x);
      return k === last ? next : onUnits(call, own.optional('activation'), next);
    }, call.array('x'));
    // Without hidden layers equinox leaves out the last activation too.
    return last === 0 ? y : onUnits(call, own.optional('final_activation'), y);
  },
});

// Convolutions: (channels, *space), as torch has them

function spread(settings: Call, name: string, space: number, otherwise: number | null): readonly number[] {
  const value = settings.optional(name);
  if (value === null && otherwise !== null) return Array.from({ length: space }, () => otherwise);
  const given = settings.value(name);
  if (given.kind === 'int') return Array.from({ length: space }, () => asKnownInt(given, name));
  const each = settings.cx.items(given).map((item) => asKnownInt(item, name));
  if (each.length !== space) throw new PythonError('ValueError', `${name} must be an int or a sequence of ${space}`);
  return each;
}

type Pads = readonly (readonly [number, number])[];

function paddingIn(settings: Call, space: number): string | Pads {
  const value = settings.optional('padding');
  if (value?.kind === 'str') {
    const kind = settings.string('padding').toUpperCase();
    if (['SAME', 'SAME_LOWER', 'VALID'].includes(kind)) return kind;
    throw new PythonError('ValueError', "`padding` string must be `'SAME'`, `'SAME_LOWER'`, or `'VALID'`.");
  }
  if (value === null || value.kind === 'int') {
    const all = settings.int('padding', 0);
    return Array.from({ length: space }, () => [all, all] as const);
  }
  const items = settings.cx.items(value);
  if (items.length !== space) throw new PythonError('ValueError', `padding must be of ${space} axes`);
  return items.map((item) => {
    if (item.kind === 'int') return [asKnownInt(item, 'padding'), asKnownInt(item, 'padding')] as const;
    const [low, high] = settings.cx.items(item).map((side) => asKnownInt(side, 'padding'));
    if (low === undefined || high === undefined) throw new PythonError('ValueError', 'padding must be of pairs');
    return [low, high] as const;
  });
}

function channelsIn(settings: Call): {
  readonly into: Dim;
  readonly out: Dim;
  readonly groups: number;
  readonly part: Dim;
} {
  const [into, out] = [
    sizeIn(settings, settings.value('in_channels')),
    sizeIn(settings, settings.value('out_channels')),
  ];
  const groups = settings.int('groups', 1);
  const part = groups > 0 ? D.exactQuotient(into, groups) : null;
  if (part === null)
    throw new PythonError('ValueError', `in_channels (${D.show(into)}) must be divisible by groups (${groups})`);
  return { into, out, groups, part };
}

function makeConvolution(cx: Context, module: InstanceValue, settings: Call, space: number): void {
  const { out, part } = channelsIn(settings);
  const window = spread(settings, 'kernel_size', space, null);
  paddingIn(settings, space);
  const fanIn = D.mul(
    part,
    window.reduce((a, b) => a * b, 1),
  );
  make(cx, module, settings, 'weight', [out, part, ...window], fanIn);
  make(cx, module, settings, 'bias', settings.bool('use_bias', true) ? [out, ...window.map(() => 1)] : null, fanIn);
  cx.setAttribute(module, 'kernel_size', ints(window));
}

function requireSpace(call: LayerCall, x: NodeId, space: number): void {
  if (call.build.rank(x) !== space + 1)
    throw new PythonError(
      'ValueError',
      `Input to a layer of ${space} axes of space needs rank ${space + 1}, but input has shape ${showShape(call.build.shape(x))}.`,
    );
}

function spaceOf(own: Call, fixed: number | null): number {
  return fixed ?? own.int('num_spatial_dims');
}

/** `x` padded by a mode that convolutions of lax have not. */
function padded(call: LayerCall, x: NodeId, padding: Pads): NodeId {
  const mode = { REFLECT: 'reflect', REPLICATE: 'edge', CIRCULAR: 'wrap' }[
    call.own.string('padding_mode', 'ZEROS').toUpperCase()
  ];
  if (mode === undefined) throw new PythonError('ValueError', 'Invalid padding mode');
  return jaxNode(call.cx, 'numpy.pad', { array: x, pad_width: pairs([[0, 0], ...padding]), mode: str(mode) });
}

function convolution(name: string, fixed: number | null): ClassValue {
  return layerClass({
    name,
    settings: `${fixed === null ? 'num_spatial_dims, ' : ''}in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, use_bias=True, padding_mode='ZEROS', dtype=None, *, key`,
    parts: ['weight', 'bias'],
    make: (cx, module, settings) => makeConvolution(cx, module, settings, spaceOf(settings, fixed)),
    apply: (call) => {
      const { cx, build, own } = call;
      const space = spaceOf(own, fixed);
      const given = call.array('x');
      requireSpace(call, given, space);
      const isPlain = own.string('padding_mode', 'ZEROS').toUpperCase() === 'ZEROS';
      const padding = paddingIn(own, space);
      if (!isPlain && typeof padding === 'string') throw new Unknowable('this padding is not followed');
      const x = isPlain || typeof padding === 'string' ? given : padded(call, given, padding);
      const y = jaxNode(cx, 'lax.conv_general_dilated', {
        lhs: build.expandDims(x, 0),
        rhs: own.array('weight'),
        window_strides: ints(spread(own, 'stride', space, 1)),
        padding: !isPlain ? str('VALID') : typeof padding === 'string' ? str(padding) : pairs(padding),
        rhs_dilation: ints(spread(own, 'dilation', space, 1)),
        feature_group_count: int(own.int('groups', 1)),
      });
      const bias = own.optionalArray('bias');
      const result = build.dropAxis(y, 0);
      return bias === null ? result : build.add(result, bias);
    },
  });
}

/** The adjoint of a convolution, with weights (out, in / groups, *window) that are not turned around. */
function transposedConvolution(name: string, fixed: number | null): ClassValue {
  const order = fixed === null ? 'padding=0, output_padding=0' : 'output_padding=0, padding=0';
  return layerClass({
    name,
    settings: `${fixed === null ? 'num_spatial_dims, ' : ''}in_channels, out_channels, kernel_size, stride=1, ${order}, dilation=1, groups=1, use_bias=True, padding_mode='ZEROS', dtype=None, *, key`,
    parts: ['weight', 'bias'],
    make: (cx, module, settings) => {
      const space = spaceOf(settings, fixed);
      makeConvolution(cx, module, settings, space);
      const [stride, extra] = [spread(settings, 'stride', space, 1), spread(settings, 'output_padding', space, 0)];
      if (extra.some((n, k) => n >= (stride[k] ?? 1)))
        throw new PythonError('ValueError', 'Must have `output_padding < stride` (elementwise).');
    },
    apply: (call) => {
      const { cx, build, own } = call;
      const space = spaceOf(own, fixed);
      const x = call.array('x');
      requireSpace(call, x, space);
      const padding = paddingIn(own, space);
      if (typeof padding === 'string' || own.string('padding_mode', 'ZEROS').toUpperCase() !== 'ZEROS')
        throw new Unknowable('this padding of a transposed convolution is not followed');
      const groups = own.int('groups', 1);
      const weight = own.array('weight');
      const into = dimAt(build.shape(x), 0);
      requireEqual(
        into,
        D.mul(dimAt(build.shape(weight), 1), groups),
        () => `${name} of weights ${showShape(build.shape(weight))} got ${showShape(build.shape(x))}`,
      );
      const [stride, dilation, extra] = [
        spread(own, 'stride', space, 1),
        spread(own, 'dilation', space, 1),
        spread(own, 'output_padding', space, 0),
      ];
      const sizes = build
        .shape(weight)
        .slice(2)
        .map((window, k): Dim => {
          const [low, high] = padding[k] ?? [0, 0];
          const reach = D.add(D.mul(D.sub(window, 1), dilation[k] ?? 1), 1);
          const spreadOut = D.mul(D.sub(dimAt(build.shape(x), k + 1), 1), stride[k] ?? 1);
          return D.add(D.add(spreadOut, reach), (extra[k] ?? 0) - low - high);
        });
      if (sizes.some((dim) => D.isKnown(dim) && dim <= 0))
        throw new Unknowable('a result without elements is not followed');
      const axes = sizes.map((_, k) => k + 2);
      const turned = jaxNode(cx, 'lax.rev', { operand: build.swapAxes(weight, 0, 1), dimensions: ints(axes) });
      const y =
        groups === 1
          ? build.dropAxis(
              build.emit('conv', { stride, padding, dilation, groups: 1, transposed: { outputPadding: extra } }, [
                build.expandDims(x, 0),
                turned,
              ]),
              0,
            )
          : opaque(
              cx,
              `equinox.nn.${name}`,
              [x, weight],
              [dimAt(build.shape(weight), 0), ...sizes],
              build.aval(x).dtype,
            );
      const bias = own.optionalArray('bias');
      return bias === null ? y : build.add(y, bias);
    },
  });
}

// Normalization

const normInputs = 'x, state=None, *, key=None';

/** The result with the state, where one is given. */
function withState(call: LayerCall, y: NodeId): Value {
  const state = call.optional('state');
  return state === null ? tensor(y, 'jax') : tuple([tensor(y, 'jax'), state]);
}

function shapeNorm(name: 'LayerNorm' | 'RMSNorm'): ClassValue {
  return layerClass({
    name,
    settings: `shape, eps=1e-05, use_weight=True, use_bias=True, dtype=None${name === 'LayerNorm' ? ', *, elementwise_affine=None' : ''}`,
    parts: ['weight', 'bias'],
    inputs: normInputs,
    make: (cx, module, settings) => {
      const shape = shapeIn(settings, settings.value('shape'));
      const both = name === 'LayerNorm' ? settings.optional('elementwise_affine') : null;
      const wants = (flag: string): boolean => (both === null ? settings.bool(flag, true) : truthOf(both) === true);
      makeFull(cx, module, settings, 'weight', wants('use_weight') ? shape : null, 1);
      makeFull(cx, module, settings, 'bias', wants('use_bias') ? shape : null, 0);
    },
    apply: (call) => {
      const { cx, build, own } = call;
      const x = call.array('x');
      const [shape, given] = [shapeIn(own, own.value('shape')), build.shape(x)];
      if (shape.length !== given.length || shape.some((dim, k) => D.surelyDiffer(dim, given[k] ?? -1)))
        throw new PythonError(
          'ValueError',
          `\`${name}(shape)(x)\` must satisfy the invariant \`shape == x.shape\`: ${showShape(shape)}, ${showShape(given)}`,
        );
      if (!sameShape(shape, given)) throw new Unknowable('whether the shape is that of the layer is not known');
      const axes = given.map((_, k) => k);
      const eps = build.scalar(own.number('eps', 1e-5), x);
      const y = name === 'LayerNorm' ? normalized(cx, x, axes, eps) : rootNormalized(cx, x, axes, eps);
      return withState(
        call,
        affine(call, y, (weight) => weight),
      );
    },
  });
}

function affine(call: LayerCall, y: NodeId, place: (weight: NodeId) => NodeId): NodeId {
  const { build, own } = call;
  const [weight, bias] = [own.optionalArray('weight'), own.optionalArray('bias')];
  const scaled = weight === null ? y : build.mul(y, place(weight));
  return bias === null ? scaled : build.add(scaled, place(bias));
}

const groupNorm: ClassValue = layerClass({
  name: 'GroupNorm',
  settings: 'groups, channels=None, eps=1e-05, channelwise_affine=True, dtype=None',
  parts: ['weight', 'bias'],
  inputs: normInputs,
  make: (cx, module, settings) => {
    const channels = settings.optional('channels') === null ? null : sizeIn(settings, settings.value('channels'));
    const groups = settings.int('groups');
    if (channels !== null && D.exactQuotient(channels, groups) === null)
      throw new PythonError('ValueError', 'The number of groups must divide the number of channels.');
    const wanted = settings.bool('channelwise_affine', true);
    if (wanted && channels === null)
      throw new PythonError('ValueError', '`channels` should be specified if `channelwise_affine=True`');
    const shape = wanted && channels !== null ? [channels] : null;
    makeFull(cx, module, settings, 'weight', shape, 1);
    makeFull(cx, module, settings, 'bias', shape, 0);
  },
  apply: (call) => {
    const { cx, build, own } = call;
    const x = call.array('x');
    const shape = build.shape(x);
    if (shape.length === 0) throw new PythonError('IndexError', 'GroupNorm takes (channels, ...)');
    const groups = own.int('groups');
    const [channels, ...rest] = shape;
    const size = channels === undefined ? null : D.exactQuotient(channels, groups);
    if (size === null && shape.includes(0)) throw new Unknowable('groups of no elements are not followed');
    if (size === null) throw new ShapeError(`${showShape(shape)} cannot be put into ${groups} groups`);
    const grouped = build.reshape(x, [groups, size, ...rest]);
    const axes = [...rest, size].map((_, k) => k + 1);
    const y = build.reshape(normalized(cx, grouped, axes, build.scalar(own.number('eps', 1e-5), x)), shape);
    return withState(
      call,
      affine(call, y, (weight) =>
        build.broadcastTo(build.reshape(weight, [dimAt(build.shape(weight), 0), ...rest.map(() => 1)]), shape),
      ),
    );
  },
});

// Dropout, embedding, recurrent cells, attention

const dropout: ClassValue = layerClass({
  name: 'Dropout',
  settings: 'p=0.5, inference=False, *, deterministic=None',
  parts: ['p', 'inference'],
  inputs: 'x, *, key=None, inference=None, deterministic=None',
  apply: (call) => {
    const { build, own } = call;
    const x = call.array('x');
    const inference = call.optional('inference') ?? own.optional('inference');
    const truth = inference === null ? false : truthOf(inference);
    if (truth === null) throw new Unknowable('whether dropout is on is not known');
    const p = own.number('p', 0.5);
    if (truth || p === 0) return x;
    if (call.optional('key') === null)
      throw new PythonError('RuntimeError', 'Dropout requires a key when running in non-deterministic mode.');
    return dropElements(call.cx, build.convert(x, build.countType(x)), p);
  },
});

const embedding: ClassValue = layerClass({
  name: 'Embedding',
  settings: 'num_embeddings=None, embedding_size=None, weight=None, dtype=None, *, key=None',
  parts: ['weight'],
  make: (cx, module, settings) => {
    if (settings.optional('weight') !== null) {
      const shape = cx.build.shape(settings.array('weight'));
      if (shape.length !== 2)
        throw new PythonError('ValueError', 'weight must have shape (num_embeddings, embedding_size)');
      return;
    }
    const [rows, columns] = [settings.optional('num_embeddings'), settings.optional('embedding_size')];
    if (rows === null || columns === null || settings.optional('key') === null)
      throw new PythonError(
        'ValueError',
        'Must provide `eqx.nn.Embedding(num_embeddings=..., embedding_size=..., key=...)`',
      );
    const shape = [sizeIn(settings, rows), sizeIn(settings, columns)];
    cx.setAttribute(
      module,
      'weight',
      tensor(cx.build.parameter('weight', shape, { kind: 'normal', mean: 0, std: 1 }, weightType(settings)), 'jax'),
    );
  },
  apply: (call) => {
    const { build, own } = call;
    const x = call.array('x');
    if (build.rank(x) > 0) throw new PythonError('ValueError', '`Embedding` takes one index: use jax.vmap for several');
    if (build.aval(x).dtype.includes('float')) throw new PythonError('TypeError', 'an index must be a whole number');
    return jaxNode(call.cx, 'numpy.take', { a: own.array('weight'), indices: x, axis: int(0) });
  },
});

function product(call: LayerCall, weight: string, x: NodeId, bias: NodeId | null): NodeId {
  const y = jaxNode(call.cx, 'numpy.matmul', { a: call.own.array(weight), b: x });
  return bias === null ? y : call.build.add(y, bias);
}

/** A part of all gates, which stand one after the other along the first axis. */
function gate(call: LayerCall, all: NodeId, k: number, size: Dim): NodeId {
  return call.build.sliceAxis(all, 0, D.mul(size, k), D.mul(size, k + 1));
}

function makeCell(gates: number): NonNullable<Parameters<typeof layerClass>[0]['make']> {
  return (cx, module, settings) => {
    const [into, hidden] = [
      sizeIn(settings, settings.value('input_size')),
      sizeIn(settings, settings.value('hidden_size')),
    ];
    const wide = D.mul(hidden, gates);
    const hasBias = settings.bool('use_bias', true);
    make(cx, module, settings, 'weight_ih', [wide, into], hidden);
    make(cx, module, settings, 'weight_hh', [wide, hidden], hidden);
    make(cx, module, settings, 'bias', hasBias ? [wide] : null, hidden);
    if (gates === 3) make(cx, module, settings, 'bias_n', hasBias ? [hidden] : null, hidden);
  };
}

const cellSettings = 'input_size, hidden_size, use_bias=True, dtype=None, *, key';

const gru: ClassValue = layerClass({
  name: 'GRUCell',
  settings: cellSettings,
  parts: ['weight_ih', 'weight_hh', 'bias', 'bias_n'],
  inputs: 'input, hidden, *, key=None',
  make: makeCell(3),
  apply: (call) => {
    const { build, own } = call;
    const [x, h] = [call.array('input'), call.array('hidden')];
    const size = sizeIn(own, own.value('hidden_size'));
    const fromInput = product(call, 'weight_ih', x, own.optionalArray('bias'));
    const fromHidden = product(call, 'weight_hh', h, null);
    const part = (k: number): readonly [NodeId, NodeId] => [
      gate(call, fromInput, k, size),
      gate(call, fromHidden, k, size),
    ];
    const [reset, update] = [
      build.unary('logistic', build.add(...part(0))),
      build.unary('logistic', build.add(...part(1))),
    ];
    const [input, hidden] = part(2);
    const bias = own.optionalArray('bias_n');
    const inner = build.mul(reset, bias === null ? hidden : build.add(hidden, bias));
    const fresh = build.unary('tanh', build.add(input, inner));
    return build.add(fresh, build.mul(update, build.sub(h, fresh)));
  },
});

const lstm: ClassValue = layerClass({
  name: 'LSTMCell',
  settings: cellSettings,
  parts: ['weight_ih', 'weight_hh', 'bias'],
  inputs: 'input, hidden, *, key=None',
  make: makeCell(4),
  apply: (call) => {
    const { build, own } = call;
    const x = call.array('input');
    const [h, c] = call.cx.items(call.value('hidden'));
    if (h?.kind !== 'tensor' || c?.kind !== 'tensor')
      throw new PythonError('ValueError', 'the hidden state is a pair of arrays');
    const size = sizeIn(own, own.value('hidden_size'));
    const all = build.add(
      product(call, 'weight_ih', x, own.optionalArray('bias')),
      product(call, 'weight_hh', h.node, null),
    );
    const logistic = (k: number): NodeId => build.unary('logistic', gate(call, all, k, size));
    const fresh = build.unary('tanh', gate(call, all, 2, size));
    const cell = build.add(build.mul(logistic(1), c.node), build.mul(logistic(0), fresh));
    return tuple([tensor(build.mul(logistic(3), build.unary('tanh', cell)), 'jax'), tensor(cell, 'jax')]);
  },
});

const attention: ClassValue = layerClass({
  name: 'MultiheadAttention',
  settings:
    'num_heads, query_size, key_size=None, value_size=None, output_size=None, qk_size=None, vo_size=None, use_query_bias=False, use_key_bias=False, use_value_bias=False, use_output_bias=False, dropout_p=0.0, inference=False, dtype=None, *, key',
  parts: ['query_proj', 'key_proj', 'value_proj', 'output_proj', 'dropout'],
  inputs: 'query, key_, value, mask=None, *, key=None, inference=None, deterministic=None, process_heads=None',
  make: (cx, module, settings) => {
    const query = sizeIn(settings, settings.value('query_size'));
    const size = (name: string, otherwise: Dim): Dim =>
      settings.optional(name) === null ? otherwise : sizeIn(settings, settings.value(name));
    const heads = settings.int('num_heads');
    const each = (name: string): Dim => {
      const given = settings.optional(name);
      if (given !== null) return sizeIn(settings, given);
      if (D.isKnown(query)) return Math.floor(query / heads);
      return D.floorDiv(query, heads);
    };
    const [qk, vo] = [each('qk_size'), each('vo_size')];
    const sizes = {
      query,
      key: size('key_size', query),
      value: size('value_size', query),
      output: size('output_size', query),
    };
    const projection = (into: Dim, out: Dim, bias: string): Value =>
      constructed(
        cx,
        linearClass,
        [int(into), int(out)],
        new Map<string, Value>([
          ['use_bias', bool(settings.bool(bias, false))],
          ['dtype', settings.optional('dtype') ?? none],
          ['key', settings.value('key')],
        ]),
      );
    const set = (name: string, value: Value): void => cx.setAttribute(module, name, value);
    set('query_proj', projection(sizes.query, D.mul(heads, qk), 'use_query_bias'));
    set('key_proj', projection(sizes.key, D.mul(heads, qk), 'use_key_bias'));
    set('value_proj', projection(sizes.value, D.mul(heads, vo), 'use_value_bias'));
    set('output_proj', projection(D.mul(heads, vo), sizes.output, 'use_output_bias'));
    set(
      'dropout',
      constructed(
        cx,
        dropout,
        [settings.optional('dropout_p') ?? int(0)],
        new Map([['inference', settings.optional('inference') ?? bool(false)]]),
      ),
    );
    set('qk_size', int(qk));
    set('vo_size', int(vo));
  },
  apply: (call) => {
    const { cx, build, own } = call;
    const heads = own.int('num_heads');
    if (call.optional('process_heads') !== null) throw new Unknowable('process_heads is not followed');
    const projected = (input: string, layer: string): NodeId => {
      const x = call.array(input);
      if (build.rank(x) !== 2)
        throw new PythonError('ValueError', `attention takes (length, features), not ${showShape(build.shape(x))}`);
      const y = cx.call(cx.call(jaxNamed('vmap'), [own.value(layer)]), [tensor(x, 'jax')]);
      if (y.kind !== 'tensor')
        throw new Unknowable(y.kind === 'unknown' ? y.reason.text : 'the projection gives no array');
      return build.reshapeInferred(y.node, [dimAt(build.shape(x), 0), heads, -1]);
    };
    const [q, k, v] = [
      projected('query', 'query_proj'),
      projected('key_', 'key_proj'),
      projected('value', 'value_proj'),
    ];
    requireEqual(dimAt(build.shape(k), 0), dimAt(build.shape(v), 0), () => 'as many keys as values are wanted');
    const scores = build.dot(q, k, { contract: [[2], [2]], batch: [[1], [1]] });
    const scaled = build.mul(
      scores,
      build.unary('rsqrt', build.dimScalar(dimAt(build.shape(q), 2), build.aval(q).dtype)),
    );
    const mask = call.optionalArray('mask');
    if (mask !== null) {
      const wanted = build.shape(scaled).slice(3 - build.rank(mask));
      if (!sameShape(build.shape(mask), wanted))
        throw new PythonError('ValueError', `mask must have shape ${showShape(wanted)}`);
    }
    const open =
      mask === null
        ? scaled
        : build.select(
            build.convert(mask, 'bool'),
            scaled,
            build.full([], -3.4028234663852886e38, build.aval(scaled).dtype),
          );
    const weights = build.softmax(open, -1);
    const dropped = cx.call(
      own.value('dropout'),
      [tensor(weights, 'jax')],
      new Map<string, Value>([
        ['key', call.optional('key') ?? none],
        ['inference', call.optional('inference') ?? none],
      ]),
    );
    if (dropped.kind !== 'tensor') throw new Unknowable('the weights are not known');
    const mixed = build.dot(dropped.node, v, { contract: [[2], [0]], batch: [[0], [1]] });
    const together = build.reshapeInferred(build.swapAxes(mixed, 0, 1), [dimAt(build.shape(q), 0), -1]);
    return cx.call(cx.call(jaxNamed('vmap'), [own.value('output_proj')]), [tensor(together, 'jax')]);
  },
});

// Pooling

function pooling(name: string, space: number, how: 'max' | 'mean'): ClassValue {
  return layerClass({
    name,
    settings: 'kernel_size, stride=1, padding=0, use_ceil=False',
    parts: ['init', 'operation'],
    make: (_cx, _module, settings) => {
      spread(settings, 'kernel_size', space, null);
    },
    apply: (call) => {
      const { build, own } = call;
      const x = call.array('x');
      if (build.rank(x) !== space + 1)
        throw new PythonError(
          'AssertionError',
          `Input should have ${space} spatial dimensions, but input has shape ${showShape(build.shape(x))}`,
        );
      if (own.bool('use_ceil', false)) throw new Unknowable('windows that reach over the end are not followed');
      const [window, stride] = [spread(own, 'kernel_size', space, null), spread(own, 'stride', space, 1)];
      const padding = paddingIn(own, space);
      if (typeof padding === 'string') throw new PythonError('ValueError', 'padding must be of numbers');
      if (padding.some((pair, k) => Math.max(...pair) > (window[k] ?? 1)))
        throw new PythonError('RuntimeError', 'Paddings should be less than the size of the kernel.');
      const y = build.emit(
        'reduce_window',
        { how, window, stride, padding, dilation: window.map(() => 1), ceil: false, countPadding: true },
        [build.expandDims(x, 0)],
      );
      return build.dropAxis(y, 0);
    },
  });
}

/** Windows that divide the axes into so many parts; each channel by itself. */
function adaptivePooling(name: string, space: number): ClassValue {
  return layerClass({
    name,
    settings: 'target_shape',
    parts: ['operation'],
    make: (_cx, _module, settings) => {
      spread(settings, 'target_shape', space, null);
    },
    apply: (call) => {
      const { build, own } = call;
      const x = call.array('x');
      const shape = build.shape(x);
      if (shape.length !== space + 1)
        throw new PythonError(
          'ValueError',
          `Expected input with ${space} dimensions, received ${shape.length - 1} instead.`,
        );
      const target = spread(own, 'target_shape', space, null);
      return opaque(call.cx, `equinox.nn.${name}`, [x], [dimAt(shape, 0), ...target], build.aval(x).dtype, [[0, 0]]);
    },
  });
}

// Containers

const sequential: ClassValue = layerClass({
  name: 'Sequential',
  settings: 'layers',
  parts: ['layers'],
  inputs: 'x, state=None, *, key=None',
  make: (cx, module, settings) => cx.setAttribute(module, 'layers', tuple(cx.items(settings.value('layers')))),
  apply: (call) => {
    const { cx } = call;
    const key = call.optional('key') ?? none;
    const y = cx
      .items(call.own.value('layers'))
      .reduce<Value>((x, layer) => cx.call(layer, [x], new Map([['key', key]])), call.value('x'));
    const state = call.optional('state');
    return state === null ? y : tuple([y, state]);
  },
  methods: [
    native('__getitem__', '(self, i)', (cx, args) => {
      const layers = partOf(args.value('self'), 'layers');
      const picked = cx.subscript(layers, args.value('i'));
      return args.value('i').kind === 'slice' ? cx.call(sequential, [picked]) : picked;
    }),
    native('__iter__', '(self)', (cx, args) => list(cx.items(partOf(args.value('self'), 'layers')))),
    native('__len__', '(self)', (cx, args) => int(cx.items(partOf(args.value('self'), 'layers')).length)),
  ],
});

function partOf(module: Value, name: string): Value {
  const part = module.kind === 'instance' ? module.attributes.get(name) : undefined;
  if (part === undefined) throw new Unknowable(`the ${name} are not known`);
  return part;
}

export const layers: readonly ClassValue[] = [
  linearClass,
  perceptron,
  convolution('Conv', null),
  transposedConvolution('ConvTranspose', null),
  ...[1, 2, 3].flatMap((space) => [
    convolution(`Conv${space}d`, space),
    transposedConvolution(`ConvTranspose${space}d`, space),
    pooling(`AvgPool${space}d`, space, 'mean'),
    pooling(`MaxPool${space}d`, space, 'max'),
    adaptivePooling(`AdaptiveAvgPool${space}d`, space),
    adaptivePooling(`AdaptiveMaxPool${space}d`, space),
  ]),
  shapeNorm('LayerNorm'),
  shapeNorm('RMSNorm'),
  groupNorm,
  dropout,
  embedding,
  gru,
  lstm,
  attention,
  sequential,
  layerClass({
    name: 'Identity',
    settings: '*args, **kwargs',
    parts: [],
    apply: (call) => call.value('x'),
  }),
  layerClass({
    name: 'Lambda',
    settings: 'fn',
    parts: ['fn'],
    apply: (call) => call.cx.call(call.own.value('fn'), [call.value('x')]),
  }),
  layerClass({
    name: 'PReLU',
    settings: 'init_alpha=0.25',
    parts: ['negative_slope'],
    inputs: 'x',
    make: (cx, module, settings) => {
      const given = settings.optional('init_alpha');
      const shape = given?.kind === 'tensor' ? cx.build.shape(given.node) : [];
      makeFull(cx, module, settings, 'negative_slope', shape, 0.25);
    },
    apply: (call) => {
      const { build, own } = call;
      const x = call.array('x');
      const slope = own.array('negative_slope');
      return build.select(build.binary('ge', x, build.scalar(0, x)), x, build.mul(slope, x));
    },
  }),
];
