import type { Dim } from '../../../graph/dim.ts';
import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import { dimAt, isFloating, requireEqual, type Shape, ShapeError, showShape } from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import { type Context, PythonError } from '../../context.ts';
import { op } from '../../define.ts';
import { bool, type ClassValue, int, type NativeValue, str, tuple } from '../../values.ts';
import { type Layer, layerClass, lazy, perAxis, weightMaker } from './layer.ts';
import { defaultInit, requireFloatingInput } from './linear.ts';
import type { ModuleSelf } from './module.ts';
import { padLast, padMode } from './padding.ts';

/** Convolutions (https://docs.pytorch.org/docs/stable/nn.html#convolution-layers). */

type Pads = readonly (readonly [low: number, high: number])[];

interface Convolution {
  readonly stride: readonly number[];
  readonly padding: Pads;
  readonly dilation: readonly number[];
  readonly groups: number;
  /** null for a plain convolution. */
  readonly outputPadding: readonly number[] | null;
}

/** Refuses what the library refuses of a convolution's settings and operands. */
function check(cx: Context, x: NodeId, weight: NodeId, bias: NodeId | null, how: Convolution): void {
  const { build } = cx;
  const space = how.stride.length;
  const [own, w] = [build.shape(x), build.shape(weight)];
  const name = `${how.outputPadding === null ? 'conv' : 'conv_transpose'}${space}d`;
  if (own.length !== space + 1 && own.length !== space + 2)
    throw new ShapeError(`${name}: an input with ${space + 1} or ${space + 2} axes is wanted, not ${showShape(own)}`);
  if (w.length !== space + 2) throw new ShapeError(`${name}: weights ${showShape(w)} do not fit ${showShape(own)}`);
  const wrong = (what: string): never => {
    throw new PythonError('RuntimeError', `${name}: ${what}`);
  };
  if (how.stride.some((n) => n <= 0)) wrong('non-positive stride is not supported');
  if (how.dilation.some((n) => n <= 0)) wrong('dilation should be greater than zero');
  if (how.padding.some(([low, high]) => low < 0 || high < 0)) wrong('negative padding is not supported');
  if (how.groups <= 0) wrong('non-positive groups is not supported');
  if (w.slice(2).includes(0)) wrong(`weights ${showShape(w)} have no elements`);
  if (isFloating(build.aval(weight).dtype)) requireFloatingInput(cx, x, name);
  const out = how.outputPadding === null ? dimAt(w, 0) : D.mul(dimAt(w, 1), how.groups);
  const divided = dimAt(w, 0);
  if (D.isKnown(divided) && (divided < how.groups || divided % how.groups !== 0))
    wrong(`weights ${showShape(w)} cannot be put into ${how.groups} groups`);
  if (bias !== null) {
    const b = build.shape(bias);
    const fits = (): string => `${name}: a bias ${showShape(b)} for ${D.show(out)} channels`;
    if (b.length !== 1) throw new ShapeError(fits());
    requireEqual(dimAt(b, 0), out, fits);
  }
  if (own.length === space + 1 || own[0] !== 0)
    how.outputPadding?.forEach((n, k) => {
      if (n < 0) wrong('negative output_padding is not supported');
      const most = Math.max(how.stride[k] ?? 1, how.dilation[k] ?? 1);
      if (n >= most) wrong(`output padding must be smaller than either stride or dilation, but got ${n} of ${most}`);
    });
  const [channels, samples] = [own[own.length - space - 1], own.length === space + 1 ? 1 : own[0]];
  // Without samples or channels only the padded size counts.
  if (samples !== 0 && channels !== 0 && own.slice(own.length - space).includes(0))
    wrong(`${showShape(own)} has no elements to convolve`);
}

function convolve(cx: Context, x: NodeId, weight: NodeId, bias: NodeId | null, how: Convolution): NodeId {
  const { build } = cx;
  check(cx, x, weight, bias, how);
  const space = how.stride.length;
  const isSample = build.rank(x) === space + 1;
  const { stride, padding, dilation, groups, outputPadding } = how;
  const transposed = outputPadding === null ? null : { outputPadding };
  const y = build.emit('conv', { stride, padding, dilation, groups, transposed }, [
    isSample ? build.expandDims(x, 0) : x,
    weight,
  ]);
  const empty = build
    .shape(y)
    .slice(2)
    .find((dim) => D.isKnown(dim) && dim <= 0);
  if (empty !== undefined)
    throw new ShapeError(`the result would be ${showShape(build.shape(y))}: the output size is too small`);
  const shifted =
    bias === null
      ? y
      : build.add(
          y,
          build.reshape(
            bias,
            build.shape(y).flatMap((dim, axis) => (axis === 0 ? [] : [axis === 1 ? dim : 1])),
          ),
        );
  return isSample ? build.dropAxis(shifted, 0) : shifted;
}

/** Padding as numbers, or 'valid' for none, or 'same' for as much as keeps the size. */
function paddingIn(args: Args, window: Shape, stride: readonly number[], dilation: readonly number[]): Pads {
  const given = args.optional('padding');
  if (given?.kind !== 'str') return perAxis(args, 'padding', stride.length, 0).map((n) => [n, n]);
  const mode = args.string('padding');
  if (mode === 'valid') return stride.map(() => [0, 0]);
  if (mode !== 'same') throw new PythonError('ValueError', `Invalid padding string '${mode}'`);
  if (stride.some((n) => n !== 1))
    throw new PythonError('RuntimeError', "padding='same' is not supported for strided convolutions");
  return window.map((dim, k) => {
    if (!D.isKnown(dim)) return [0, 0];
    const total = (dilation[k] ?? 1) * (dim - 1);
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  });
}

function plain(cx: Context, args: Args, settings: Args, space: number): NodeId {
  const { build } = cx;
  const [x, weight, bias] = [args.tensor('input'), settings.tensor('weight'), settings.optionalTensor('bias')];
  const [stride, dilation] = [perAxis(settings, 'stride', space, 1), perAxis(settings, 'dilation', space, 1)];
  const padding = paddingIn(settings, build.shape(weight).slice(2), stride, dilation);
  const how: Convolution = { stride, padding, dilation, groups: settings.int('groups', 1), outputPadding: null };
  const mode = settings.string('padding_mode', 'zeros');
  if (mode === 'zeros') return convolve(cx, x, weight, bias, how);
  const wide = padLast(cx, x, padding, padMode(mode), 0);
  return convolve(cx, wide, weight, bias, { ...how, padding: padding.map(() => [0, 0]) });
}

function transposed(
  cx: Context,
  args: Args,
  settings: Args,
  space: number,
  outputPadding: readonly number[] | null = null,
): NodeId {
  const how: Convolution = {
    stride: perAxis(settings, 'stride', space, 1),
    padding: perAxis(settings, 'padding', space, 0).map((n) => [n, n]),
    dilation: perAxis(settings, 'dilation', space, 1),
    groups: settings.int('groups', 1),
    outputPadding: outputPadding ?? perAxis(settings, 'output_padding', space, 0),
  };
  return convolve(cx, args.tensor('input'), settings.tensor('weight'), settings.optionalTensor('bias'), how);
}

/** What must be added to the far sides for the result to have the wanted size. */
function wantedPadding(cx: Context, args: Args, own: Args, space: number): readonly number[] | null {
  if (args.optional('output_size') === null) return null;
  const shape = cx.build.shape(args.tensor('input'));
  const given = args.items('output_size').map((_, k) => args.shape('output_size')[k] ?? 0);
  const isWhole = given.length === shape.length && given.length > space;
  const wanted = isWhole ? given.slice(given.length - space) : given;
  if (wanted.length !== space)
    throw new PythonError(
      'ValueError',
      `output_size must have ${space} or ${space + 2} elements (got ${given.length})`,
    );
  const [stride, padding] = [perAxis(own, 'stride', space, 1), perAxis(own, 'padding', space, 0)];
  const [dilation, window] = [perAxis(own, 'dilation', space, 1), perAxis(own, 'kernel_size', space)];
  return wanted.map((size, k) => {
    const dim = dimAt(shape, shape.length - space + k);
    const reach = (dilation[k] ?? 1) * ((window[k] ?? 1) - 1) + 1;
    const least = D.add(D.mul(D.sub(dim, 1), stride[k] ?? 1), reach - 2 * (padding[k] ?? 0));
    const extra = D.sub(size, least);
    if (D.isKnown(extra) && (extra < 0 || extra > (stride[k] ?? 1) - 1))
      throw new PythonError(
        'ValueError',
        `requested an output size of ${D.show(size)}, but ${D.show(least)} and ${(stride[k] ?? 1) - 1} more are possible`,
      );
    return D.isKnown(extra) ? extra : 0;
  });
}

/** Makes the weights, and keeps windows and steps as tuples. */
function makeConvolution(cx: Context, module: ModuleSelf, settings: Args, space: number, isTransposed: boolean): void {
  const [into, out, groups] = [settings.dim('in_channels'), settings.dim('out_channels'), settings.int('groups', 1)];
  const refused = (message: string): never => {
    throw new PythonError('ValueError', message);
  };
  if (groups <= 0) refused('groups must be a positive integer');
  for (const [name, channels] of [
    ['in_channels', into],
    ['out_channels', out],
  ] as const)
    if (D.isKnown(channels) && channels % groups !== 0) refused(`${name} must be divisible by groups`);
  const window = perAxis(settings, 'kernel_size', space);
  const written = settings.value('kernel_size');
  if (written.kind === 'tuple' && written.items.length !== space)
    throw new PythonError(
      'RuntimeError',
      `weights with ${written.items.length} axes of space do not fit Conv${space}d`,
    );
  const keep = (name: string, values: readonly number[]): void =>
    cx.setAttribute(module, name, tuple(values.map((value) => int(value))));
  keep('kernel_size', window);
  const stride = perAxis(settings, 'stride', space, 1);
  keep('stride', stride);
  keep('dilation', perAxis(settings, 'dilation', space, 1));
  keep('output_padding', isTransposed ? perAxis(settings, 'output_padding', space, 0) : window.map(() => 0));
  cx.setAttribute(module, 'transposed', bool(isTransposed));
  const padding = settings.optional('padding');
  if (padding?.kind === 'str') {
    const text = settings.string('padding');
    if (text !== 'same' && text !== 'valid') refused(`Invalid padding string '${text}'`);
    if (text === 'same' && stride.some((n) => n !== 1))
      refused("padding='same' is not supported for strided convolutions");
    cx.setAttribute(module, 'padding', str(text));
  } else keep('padding', perAxis(settings, 'padding', space, 0));
  const mode = settings.string('padding_mode', 'zeros');
  if (!['zeros', 'reflect', 'replicate', 'circular'].includes(mode) || (isTransposed && mode !== 'zeros'))
    refused(`padding_mode '${mode}' is not one of those that there are`);
  const part = (channels: Dim): Dim => D.floorDiv(channels, groups);
  const shape: Shape = isTransposed ? [into, part(out), ...window] : [out, part(into), ...window];
  const fanIn = D.mul(dimAt(shape, 1), D.product(window));
  const make = weightMaker(cx, module, settings);
  make('weight', shape, defaultInit(fanIn));
  make('bias', settings.bool('bias', true) ? [out] : null, defaultInit(fanIn));
}

const spaces = [1, 2, 3] as const;

function convolutionLayer(space: number): Layer {
  return {
    name: `Conv${space}d`,
    settings:
      "in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode='zeros', device=None, dtype=None",
    make: (cx, module, settings) => makeConvolution(cx, module, settings, space, false),
    forward: (cx, args, own) => plain(cx, args, own, space),
  };
}

function transposedLayer(space: number): Layer {
  return {
    name: `ConvTranspose${space}d`,
    settings:
      "in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1, padding_mode='zeros', device=None, dtype=None",
    inputs: 'input, output_size=None',
    make: (cx, module, settings) => makeConvolution(cx, module, settings, space, true),
    forward: (cx, args, own) => transposed(cx, args, own, space, wantedPadding(cx, args, own, space)),
  };
}

/** (time, batch, channels) against (window, in, out). */
function convolveTime(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const [x, weight, bias] = [args.tensor('input'), args.tensor('weight'), args.tensor('bias')];
  if (build.rank(x) !== 3 || build.rank(weight) !== 3)
    throw new ShapeError(`conv_tbc: ${showShape(build.shape(x))} and ${showShape(build.shape(weight))} do not fit`);
  const pad = args.int('pad', 0);
  const y = convolve(cx, build.transpose(x, [1, 2, 0]), build.transpose(weight, [2, 1, 0]), bias, {
    stride: [1],
    padding: [[pad, pad]],
    dilation: [1],
    groups: 1,
    outputPadding: null,
  });
  return build.transpose(y, [2, 0, 1]);
}

export const convolutionLayers: readonly (ClassValue | NativeValue)[] = [
  ...spaces.flatMap((space) => {
    const [layer, back] = [convolutionLayer(space), transposedLayer(space)];
    const channelAxis = (cx: Context, x: NodeId): number => cx.build.rank(x) - space - 1;
    return [
      layerClass(layer),
      layerClass(back),
      layerClass(lazy(layer, 'in_channels', channelAxis)),
      layerClass(lazy(back, 'in_channels', channelAxis)),
      op(
        `torch.nn.functional.conv${space}d`,
        '(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)',
        (cx, args) => plain(cx, args, args, space),
      ),
      op(
        `torch.nn.functional.conv_transpose${space}d`,
        '(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1)',
        (cx, args) => transposed(cx, args, args, space),
      ),
    ];
  }),
  op('torch.nn.functional.conv_tbc', '(input, weight, bias, pad=0)', convolveTime),
];
