import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { dimAt, ShapeError, showShape } from '../../graph/shape.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { convolveBack, convolveLast, general, paddingFor, poolLast } from '../jax/layers.ts';
import type { TensorCall } from '../tensorflow/dialect.ts';
import type { ClassValue } from '../values.ts';
import { activated, requirePositive, weightSettings } from './core.ts';
import { type BuildCall, type LayerCall, layerClass } from './layer.ts';

/** Convolutions and pooling (https://keras.io/api/layers/convolution_layers/): channels stand last, unless told. */

export function channelsFirst(own: TensorCall): boolean {
  const format = own.string('data_format', 'channels_last');
  if (format !== 'channels_last' && format !== 'channels_first')
    throw new PythonError('ValueError', `The \`data_format\` argument must be one of channels_last, channels_first.`);
  return format === 'channels_first';
}

/** What a layer computes with channels last, wherever they stand in its input. */
export function withChannelsLast(call: LayerCall, x: NodeId, apply: (x: NodeId) => NodeId): NodeId {
  if (!channelsFirst(call.own)) return apply(x);
  const { build } = call;
  const y = apply(build.moveAxes(x, [1], [build.rank(x) - 1]));
  return build.moveAxes(y, [build.rank(y) - 1], [1]);
}

/** The input of a convolution: Keras 3 refuses more axes of samples than one, earlier ones did not. */
function plainInput(call: LayerCall, space: number): NodeId {
  const x = call.array('inputs');
  if (call.build.rank(x) !== space + 2) throw new Unknowable('convolutions over more axes are not followed');
  return x;
}

/** Positive whole numbers for each axis of space. */
function eachAxis(own: TensorCall, name: string, space: number, otherwise?: number): readonly number[] {
  const value = own.optional(name);
  if (value === null && otherwise !== undefined) return Array.from({ length: space }, () => otherwise);
  const given = value ?? own.value(name);
  const numbers = (given.kind === 'int' ? Array.from({ length: space }, () => given) : own.cx.items(given)).map(
    (item) => {
      if (item.kind !== 'int') throw new PythonError('ValueError', `The \`${name}\` argument must be whole numbers.`);
      if (!D.isKnown(item.value)) throw new Unknowable(`the value of '${name}' is not known`);
      return item.value;
    },
  );
  if (numbers.length !== space || numbers.some((n) => n <= 0))
    throw new PythonError('ValueError', `The \`${name}\` argument must be a tuple of ${space} positive integers.`);
  return numbers;
}

function paddingIn(own: TensorCall, allowed: readonly string[]): string {
  const padding = own.string('padding', 'valid').toLowerCase();
  if (!allowed.includes(padding))
    throw new PythonError('ValueError', `The \`padding\` argument must be one of ${allowed.join(', ')}.`);
  return padding.toUpperCase();
}

interface Settings {
  readonly window: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

function settingsIn(own: TensorCall, space: number): Settings {
  return {
    window: eachAxis(own, 'kernel_size', space),
    stride: eachAxis(own, 'strides', space, 1),
    dilation: eachAxis(own, 'dilation_rate', space, 1),
  };
}

/** Refuses strides together with dilation. */
function requireOne({ stride, dilation }: Settings): void {
  if (Math.max(...stride) > 1 && Math.max(...dilation) > 1)
    throw new PythonError('ValueError', '`strides > 1` not supported in conjunction with `dilation_rate > 1`.');
}

/** The channels of an input, which stay as they are from then on. */
function channelsIn(call: BuildCall): D.Dim {
  const axis = channelsFirst(call.own) ? 1 : -1;
  const channels = call.sizeAt(axis);
  call.fix(axis, channels);
  return channels;
}

/** Refuses inputs in which no window fits. */
function requireWindow(call: BuildCall, space: number, { window, dilation }: Settings, padding: string): void {
  if (padding !== 'VALID') return;
  const shape = call.shapeOf('input_shape');
  const sizes = channelsFirst(call.own) ? shape.slice(2) : shape.slice(1, -1);
  sizes.slice(-space).forEach((size, k) => {
    const reach = ((window[k] ?? 1) - 1) * (dilation[k] ?? 1) + 1;
    if (size !== null && D.isKnown(size) && size < reach)
      throw new ShapeError(`a window of ${reach} is larger than the ${size} entries of the input`);
  });
}

function bias(call: BuildCall, size: D.Dim): void {
  call.weight('bias', call.own.bool('use_bias', true) ? [size] : null, call.own.optional('bias_initializer'), 'zeros');
}

const convolutionSettings = (first: string, kernels: readonly string[], last: string): string =>
  `${first}, strides=1, padding='valid', ${last}activation=None, use_bias=True, ${kernels
    .map((name) => `${name}_initializer='glorot_uniform'`)
    .join(', ')}, bias_initializer='zeros', ${weightSettings(...kernels, 'bias')}`;

function convolution(space: number): ClassValue {
  const allowed = ['valid', 'same', ...(space === 1 ? ['causal'] : [])];
  return layerClass({
    name: `Conv${space}D`,
    settings: convolutionSettings('filters, kernel_size', ['kernel'], 'data_format=None, dilation_rate=1, groups=1, '),
    spec: { least: space + 2 },
    make: (_cx, _layer, own) => {
      requireOne(settingsIn(own, space));
      paddingIn(own, allowed);
      requirePositive(own, 'filters');
      requirePositive(own, 'groups');
      const [filters, groups] = [own.dim('filters'), own.int('groups', 1)];
      if (D.isKnown(filters) && filters % groups !== 0)
        throw new PythonError('ValueError', 'The number of filters must be evenly divisible by the number of groups.');
    },
    build: (call) => {
      const { own } = call;
      const settings = settingsIn(own, space);
      const channels = channelsIn(call);
      const groups = own.int('groups', 1);
      const part = D.exactQuotient(channels, groups);
      if (part === null)
        throw new PythonError('ValueError', `${D.show(channels)} channels cannot be put into ${groups} groups.`);
      requireWindow(call, space, settings, paddingIn(own, allowed));
      const shape = [...settings.window, part, own.dim('filters')];
      call.weight('kernel', shape, own.optional('kernel_initializer'), 'glorot_uniform');
      bias(call, own.dim('filters'));
    },
    apply: (call) => {
      const { stride, dilation } = settingsIn(call.own, space);
      const y = withChannelsLast(call, plainInput(call, space), (x) =>
        convolveLast(call.cx, x, call.weight('kernel'), call.optionalWeight('bias'), {
          stride,
          padding: paddingIn(call.own, allowed),
          dilation,
          inputDilation: stride.map(() => 1),
          groups: call.own.int('groups', 1),
        }),
      );
      return activated(call, call.build.convert(y, call.compute));
    },
  });
}

/**
 * How a transposed convolution is padded, as lax.conv_transpose takes it, for the size that Keras asks of TensorFlow: the
 * convolution that it turns round pads by as much as is missing from (n - 1) * stride + reach.
 */
function transposedPadding(
  { window, stride, dilation }: Settings,
  padding: string,
  outputPadding: readonly number[] | null,
): readonly (readonly [number, number])[] {
  return window.map((size, k) => {
    const step = stride[k] ?? 1;
    const reach = (size - 1) * (dilation[k] ?? 1) + 1;
    const extra = outputPadding?.[k] ?? null;
    const beyond =
      padding === 'VALID'
        ? (extra ?? Math.max(step - reach, 0))
        : extra === null
          ? step - reach
          : extra - 2 * Math.floor(reach / 2);
    const missing = Math.max(-beyond, 0);
    const low = Math.floor(missing / 2);
    return [reach - 1 - low, reach - 1 + beyond + low] as const;
  });
}

function transposed(space: number): ClassValue {
  const allowed = ['valid', 'same'];
  return layerClass({
    name: `Conv${space}DTranspose`,
    settings: convolutionSettings(
      'filters, kernel_size',
      ['kernel'],
      'output_padding=None, data_format=None, dilation_rate=1, ',
    ),
    spec: { least: space + 2 },
    make: (_cx, _layer, own) => {
      const settings = settingsIn(own, space);
      requireOne(settings);
      paddingIn(own, allowed);
      requirePositive(own, 'filters');
      if (own.optional('output_padding') === null) return;
      const extra = own.repeated('output_padding', space);
      if (extra.some((n, k) => n >= (settings.stride[k] ?? 1)))
        throw new PythonError(
          'ValueError',
          '`output_padding` must be strictly less than `strides` for all dimensions.',
        );
    },
    build: (call) => {
      const { own } = call;
      const channels = channelsIn(call);
      const shape = [...settingsIn(own, space).window, own.dim('filters'), channels];
      call.weight('kernel', shape, own.optional('kernel_initializer'), 'glorot_uniform');
      bias(call, own.dim('filters'));
    },
    apply: (call) => {
      const { own, build } = call;
      const settings = settingsIn(own, space);
      const extra = own.optional('output_padding') === null ? null : own.repeated('output_padding', space);
      const y = withChannelsLast(call, plainInput(call, space), (x) =>
        convolveBack(call.cx, x, call.weight('kernel'), call.optionalWeight('bias'), {
          stride: settings.stride,
          padding: transposedPadding(settings, paddingIn(own, allowed), extra),
          dilation: settings.dilation,
          transposeKernel: true,
        }),
      );
      return activated(call, build.convert(y, call.compute));
    },
  });
}

/** A convolution of each channel by itself, with kernels (*window, channels, multiplier). */
function depthwise(cx: Context, x: NodeId, kernel: NodeId, settings: Settings, padding: string): NodeId {
  const { build } = cx;
  const shape = build.shape(kernel);
  const [channels, multiplier] = [dimAt(shape, shape.length - 2), dimAt(shape, shape.length - 1)];
  if (!D.isKnown(channels)) throw new Unknowable('how many channels there are is not known');
  const flat = build.reshape(kernel, [...shape.slice(0, -2), 1, D.mul(channels, multiplier)]);
  return convolveLast(cx, x, flat, null, {
    stride: settings.stride,
    padding,
    dilation: settings.dilation,
    inputDilation: settings.stride.map(() => 1),
    groups: channels,
  });
}

function withBias(call: LayerCall, y: NodeId): NodeId {
  const own = call.optionalWeight('bias');
  return own === null ? y : call.build.add(y, own);
}

/** TensorFlow's kernels take one stride for all axes. */
function requireAlike({ stride }: Settings): void {
  if (new Set(stride).size > 1) throw new Unknowable('strides that differ from axis to axis are not followed');
}

/** What differs between the layers that convolve each channel by itself. */
interface Channelwise {
  readonly name: string;
  readonly settings: string;
  /** The settings that must be positive. */
  readonly positive: readonly string[];
  /** The name of the kernel of each channel. */
  readonly kernel: string;
  /** Makes the other weights, for so many channels; gives how many come out. */
  readonly build: (call: BuildCall, channels: D.Dim) => D.Dim;
  /** What follows the convolution of each channel, with channels last. */
  readonly after: (call: LayerCall, y: NodeId) => NodeId;
}

function channelwise(space: number, { name, settings, positive, kernel, build, after }: Channelwise): ClassValue {
  const allowed = ['valid', 'same'];
  return layerClass({
    name,
    settings,
    spec: { least: space + 2 },
    make: (_cx, _layer, own) => {
      settingsIn(own, space);
      paddingIn(own, allowed);
      for (const each of positive) requirePositive(own, each);
    },
    build: (call) => {
      const { own } = call;
      const { window, ...steps } = settingsIn(own, space);
      const channels = channelsIn(call);
      requireWindow(call, space, { window, ...steps }, paddingIn(own, allowed));
      const multiplier = own.dim('depth_multiplier', 1);
      const shape = [...window, channels, multiplier];
      call.weight(kernel, shape, own.optional('depthwise_initializer'), 'glorot_uniform');
      bias(call, build(call, D.mul(channels, multiplier)));
    },
    apply: (call) => {
      const steps = settingsIn(call.own, space);
      requireAlike(steps);
      const y = withChannelsLast(call, plainInput(call, space), (x) =>
        withBias(call, after(call, depthwise(call.cx, x, call.weight(kernel), steps, paddingIn(call.own, allowed)))),
      );
      return activated(call, call.build.convert(y, call.compute));
    },
  });
}

function depthwiseLayer(space: number): ClassValue {
  return channelwise(space, {
    name: `DepthwiseConv${space}D`,
    settings: convolutionSettings(
      'kernel_size',
      ['depthwise'],
      'depth_multiplier=1, data_format=None, dilation_rate=1, ',
    ),
    positive: ['depth_multiplier'],
    kernel: 'kernel',
    build: (_call, channels) => channels,
    after: (_call, y) => y,
  });
}

function separable(space: number): ClassValue {
  return channelwise(space, {
    name: `SeparableConv${space}D`,
    settings: convolutionSettings(
      'filters, kernel_size',
      ['depthwise', 'pointwise'],
      'data_format=None, dilation_rate=1, depth_multiplier=1, ',
    ),
    positive: ['filters', 'depth_multiplier'],
    kernel: 'depthwise_kernel',
    build: (call, channels) => {
      const { own } = call;
      const points = [...Array.from({ length: space }, () => 1), channels, own.dim('filters')];
      call.weight('pointwise_kernel', points, own.optional('pointwise_initializer'), 'glorot_uniform');
      return own.dim('filters');
    },
    after: (call, y) => {
      const { build } = call;
      const points = call.weight('pointwise_kernel');
      const matrix = build.reshape(points, build.shape(points).slice(-2));
      return general(call.cx, y, matrix, [build.rank(y) - 1]);
    },
  });
}

// Pooling

function pooling(space: number, how: 'max' | 'mean', name: string): ClassValue {
  return layerClass({
    name: `${name}${space}D`,
    settings: `pool_size${how === 'max' ? '=2' : ''}, strides=None, padding='valid', data_format=None`,
    spec: { rank: space + 2 },
    make: (_cx, _layer, own) => {
      eachAxis(own, 'pool_size', space, 2);
    },
    apply: (call) => {
      const { own, build } = call;
      const window = eachAxis(own, 'pool_size', space, 2);
      const stride = own.optional('strides') === null ? window : eachAxis(own, 'strides', space);
      const kind = own.string('padding', 'valid').toUpperCase();
      return withChannelsLast(call, call.array('inputs'), (x) => {
        const sizes = build.shape(x).slice(1, -1);
        const small = sizes.find((size, k) => D.isKnown(size) && size < (window[k] ?? 1));
        if (kind === 'VALID' && small !== undefined)
          throw new Unknowable(`what windows larger than the input ${showShape(build.shape(x))} give is not followed`);
        return poolLast(call.cx, x, how, window, stride, paddingFor(kind, sizes, window, stride), false);
      });
    },
  });
}

function globalPooling(space: number, how: 'max' | 'mean', name: string): ClassValue {
  return layerClass({
    name: `Global${name}Pooling${space}D`,
    settings: 'data_format=None, keepdims=False',
    inputs: space === 1 && how === 'mean' ? 'inputs, mask=None' : 'inputs',
    ...(space === 1 && how === 'mean' ? { mask: 'used' } : {}),
    spec: { rank: space + 2 },
    apply: (call) => {
      const { own, build } = call;
      const x = call.array('inputs');
      const offset = channelsFirst(own) ? 2 : 1;
      const axes = Array.from({ length: space }, (_, k) => k + offset);
      const keep = own.bool('keepdims', false);
      if (how === 'max' && build.shape(x).includes(0))
        throw new PythonError('InvalidArgumentError', 'Cannot compute the max of an empty tensor.');
      return how === 'mean' ? build.mean(x, axes, keep) : build.reduce('reduce_max', x, axes, keep);
    },
  });
}

const spaces = [1, 2, 3];

export const windowLayers: readonly ClassValue[] = [
  ...spaces.flatMap((space) => [convolution(space), transposed(space)]),
  ...[1, 2].flatMap((space) => [depthwiseLayer(space), separable(space)]),
  ...spaces.flatMap((space) => [
    pooling(space, 'max', 'MaxPooling'),
    pooling(space, 'mean', 'AveragePooling'),
    globalPooling(space, 'max', 'Max'),
    globalPooling(space, 'mean', 'Average'),
  ]),
];
