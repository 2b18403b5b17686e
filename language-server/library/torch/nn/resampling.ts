import type { Dim } from '../../../graph/dim.ts';
import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import { dimAt, isFloating, requireEqual, type Shape, ShapeError, showShape } from '../../../graph/shape.ts';
import { type Args, asDim, asNumber, known } from '../../arguments.ts';
import { type Context, PythonError } from '../../context.ts';
import { alias, op } from '../../define.ts';
import type { ClassValue, NativeValue, Value } from '../../values.ts';
import { opaque } from '../opaque.ts';
import { repeatEach } from '../structure.ts';
import { type Layer, layerClass } from './layer.ts';
import { adaptivePool } from './pooling.ts';

/** Other resolutions (https://docs.pytorch.org/docs/stable/nn.html#vision-layers). */

/** Size of the matrices and lists that resampling is written out as; larger ones stay closed. */
const mostEntries = 100_000;

const closed = (rank: number): readonly (readonly [number, number])[] =>
  Array.from({ length: Math.min(2, rank) }, (_, k) => [k, k] as const);

// Interpolation

/** What becomes of one axis: its size before and after, and the step that a given scale stands for. */
interface Resize {
  readonly from: Dim;
  readonly to: Dim;
  /** 1 / the scale factor where one was given and counts; null for the ratio of the sizes. */
  readonly step: number | null;
}

/** Where an entry lies among those before: by the corners' middles, or by the corners themselves. */
function sourceOf(k: number, from: number, to: number, step: number | null, alignCorners: boolean): number {
  if (alignCorners) return to > 1 ? (k * (from - 1)) / (to - 1) : 0;
  return (k + 0.5) * (step ?? from / to) - 0.5;
}

/** The weights of the entries before that make up one entry of the result. */
type Weights = (source: number, from: number) => ReadonlyMap<number, number>;

const linearWeights: Weights = (source, from) => {
  const at = Math.max(0, source);
  const low = Math.min(Math.floor(at), from - 1);
  const high = Math.min(low + 1, from - 1);
  const share = Math.min(1, Math.max(0, at - low));
  return low === high
    ? new Map([[low, 1]])
    : new Map([
        [low, 1 - share],
        [high, share],
      ]);
};

/** Cubic convolution with alpha = -0.75, edges repeated. */
const cubicWeights: Weights = (source, from) => {
  const a = -0.75;
  const near = (x: number): number => ((a + 2) * x - (a + 3)) * x * x + 1;
  const far = (x: number): number => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  const low = Math.floor(source);
  const t = source - low;
  const weights = new Map<number, number>();
  [far(t + 1), near(t), near(1 - t), far(2 - t)].forEach((weight, k) => {
    const at = Math.min(Math.max(low - 1 + k, 0), from - 1);
    weights.set(at, (weights.get(at) ?? 0) + weight);
  });
  return weights;
};

/** One axis as a product with the matrix of its weights. */
function weighted(
  cx: Context,
  x: NodeId,
  axis: number,
  { from, to, step }: { from: number; to: number; step: number | null },
  weights: Weights,
  alignCorners: boolean,
): NodeId {
  const { build } = cx;
  const values = Array.from({ length: to }, (_, k) => {
    const row = weights(sourceOf(k, from, to, step, alignCorners), from);
    return Array.from({ length: from }, (_, j) => row.get(j) ?? 0);
  }).flat();
  const matrix = build.emit('literal', { values, shape: [to, from], dtype: build.aval(x).dtype });
  const product = build.dot(x, matrix, { contract: [[axis], [1]], batch: [[], []] });
  return build.moveAxes(product, [build.rank(x) - 1], [axis]);
}

/** One axis as a choice of its entries, each the nearest; single precision as in the library. */
function nearest(
  cx: Context,
  x: NodeId,
  axis: number,
  { from, to, step }: { from: number; to: number; step: number | null },
  exact: boolean,
): NodeId {
  const scale = Math.fround(step ?? from / to);
  const places = Array.from({ length: to }, (_, k) =>
    Math.min(Math.floor(Math.fround((exact ? k + 0.5 : k) * scale)), from - 1),
  );
  const index = cx.build.emit('literal', { values: places, shape: [to], dtype: 'int64' });
  return cx.build.emit('gather', { axes: [axis], position: axis }, [x, index]);
}

function resizeAxis(
  cx: Context,
  x: NodeId,
  axis: number,
  how: Resize,
  mode: string,
  alignCorners: boolean,
): NodeId | null {
  const { from, to, step } = how;
  if (D.equal(from, to) && (step === null || step === 1)) return x;
  const isNearest = mode === 'nearest' || mode === 'nearest-exact';
  if (!D.isKnown(from) || !D.isKnown(to)) {
    const factor = D.exactQuotient(to, from);
    return isNearest && factor !== null && D.isKnown(factor) ? repeatEach(cx, x, factor, axis) : null;
  }
  if (from * to > mostEntries) return null;
  return isNearest
    ? nearest(cx, x, axis, { from, to, step }, mode === 'nearest-exact')
    : weighted(cx, x, axis, { from, to, step }, mode === 'bicubic' ? cubicWeights : linearWeights, alignCorners);
}

/** The number of axes of space that a mode is for; null for any. */
const spaceOf: Readonly<Record<string, number | null>> = {
  nearest: null,
  'nearest-exact': null,
  area: null,
  linear: 1,
  bilinear: 2,
  bicubic: 2,
  lanczos: 2,
  trilinear: 3,
};

function itemsFor(cx: Context, value: Value, count: number, name: string): readonly Value[] {
  if (value.kind !== 'list' && value.kind !== 'tuple') return Array.from({ length: count }, () => value);
  const items = cx.items(value);
  if (items.length !== count)
    throw new PythonError('ValueError', `${name} has ${items.length} elements for ${count} axes of space`);
  return items;
}

/** What becomes of each axis of space, by the sizes or the scales given. */
function resizes(cx: Context, args: Args, own: Shape, recompute: boolean): readonly Resize[] {
  const [size, scale] = [args.optional('size'), args.optional('scale_factor')];
  const given = size ?? scale;
  if (given === null) throw new PythonError('ValueError', 'either size or scale_factor should be defined');
  if (size !== null && scale !== null)
    throw new PythonError('ValueError', 'only one of size or scale_factor should be defined');
  known(given);
  const items = itemsFor(cx, given, own.length, size === null ? 'scale_factor' : 'size');
  return own.map((from, k): Resize => {
    const item = items[k] ?? given;
    if (size !== null) return { from, to: asDim(item, 'size'), step: null };
    const factor = asNumber(item);
    if (factor === null) return { from, to: cx.freshSize('size'), step: null };
    const step = recompute ? null : 1 / factor;
    if (D.isKnown(from)) return { from, to: Math.floor(from * factor), step };
    return { from, to: scaledSize(cx, from, factor), step };
  });
}

/** floor(from * factor) for a factor that is a whole number of eighths, which floating point numbers hold exactly. */
function scaledSize(cx: Context, from: Dim, factor: number): Dim {
  const parts = [1, 2, 4, 8].find((count) => Number.isInteger(factor * count));
  return parts === undefined ? cx.freshSize('size') : D.floorDiv(D.mul(from, factor * parts), parts);
}

interface Interpolation {
  readonly mode: string;
  /** null where nothing was said. */
  readonly alignCorners: boolean | null;
  readonly recompute: boolean;
  readonly antialias: boolean;
}

function interpolate(cx: Context, x: NodeId, args: Args, how: Interpolation): NodeId {
  const { build } = cx;
  const { mode, alignCorners, antialias } = how;
  const { shape, dtype } = build.aval(x);
  const own = shape.slice(2);
  const wanted = spaceOf[mode];
  const isLinear = wanted !== null && wanted !== undefined;
  if (!isLinear && alignCorners !== null)
    throw new PythonError(
      'ValueError',
      `align_corners option can only be set with the interpolating modes, not ${mode}`,
    );
  const changes = resizes(cx, args, own, how.recompute || mode === 'area');
  if (how.recompute && args.optional('size') !== null)
    throw new PythonError('ValueError', 'recompute_scale_factor is not meaningful with an explicit size');
  if (antialias && !(['bilinear', 'bicubic', 'lanczos'].includes(mode) && own.length === 2))
    throw new PythonError('ValueError', 'Anti-alias option is restricted to bilinear, bicubic, and lanczos modes');
  if (wanted === undefined || own.length < 1 || own.length > 3 || (isLinear && wanted !== own.length))
    throw new PythonError('NotImplementedError', `Got ${shape.length}D input for the mode ${mode}`);
  if (mode === 'lanczos' && (alignCorners === true || !antialias))
    throw new PythonError('ValueError', 'Lanczos mode requires antialias=True and no align_corners');
  if (!isFloating(dtype) && dtype !== 'uint8')
    throw new PythonError('RuntimeError', `interpolation by ${mode} is not implemented for ${dtype}`);
  const sizes = changes.map(({ to }) => to);
  const result = [...shape.slice(0, 2), ...sizes];
  if (
    shape.slice(mode === 'area' ? 2 : 1).includes(0) ||
    sizes.some((size) => D.isKnown(size) && size < (mode === 'area' ? 0 : 1))
  )
    throw new ShapeError(`${showShape(shape)} cannot be resized to ${showShape(result)}`);
  if (mode === 'area') return adaptivePool(cx, x, sizes, 'mean', 'interpolate');
  if (antialias) return opaque(cx, 'interpolate', [x], result, dtype, closed(shape.length));
  let y = x;
  for (const [k, change] of changes.entries()) {
    const next = resizeAxis(cx, y, k + 2, change, mode, alignCorners ?? false);
    if (next === null) return opaque(cx, 'interpolate', [x], result, dtype, closed(shape.length));
    y = next;
  }
  return y;
}

function interpolationIn(args: Args): Interpolation {
  return {
    mode: args.string('mode', 'nearest'),
    alignCorners: args.optional('align_corners') === null ? null : args.bool('align_corners'),
    recompute: args.bool('recompute_scale_factor', false),
    antialias: args.bool('antialias', false),
  };
}

/** The older names, with their modes. */
const fixed = {
  nearest: { mode: 'nearest', alignCorners: null, recompute: false, antialias: false },
  bilinear: { mode: 'bilinear', alignCorners: true, recompute: false, antialias: false },
} as const;

// Sampling at points

function gridSample(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const [x, grid] = [args.tensor('input'), args.tensor('grid')];
  const [own, points] = [build.shape(x), build.shape(grid)];
  const fits = (): string => `grid_sample: ${showShape(own)} and the grid ${showShape(points)} do not fit`;
  const mode = args.string('mode', 'bilinear');
  if (!['bilinear', 'nearest', 'bicubic'].includes(mode))
    throw new PythonError('ValueError', `grid_sample: no mode '${mode}'`);
  if (!['zeros', 'border', 'reflection'].includes(args.string('padding_mode', 'zeros')))
    throw new PythonError('ValueError', 'grid_sample: no such padding_mode');
  if ((own.length !== 4 && own.length !== 5) || points.length !== own.length) throw new ShapeError(fits());
  if (mode === 'bicubic' && own.length === 5)
    throw new PythonError('RuntimeError', 'grid_sample: bicubic needs 4D input');
  requireEqual(dimAt(own, 0), dimAt(points, 0), fits);
  requireEqual(dimAt(points, points.length - 1), own.length - 2, fits);
  if (own.slice(2).includes(0)) throw new ShapeError(`grid_sample: ${showShape(own)} has no elements to sample`);
  const result = [...own.slice(0, 2), ...points.slice(1, -1)];
  return opaque(cx, 'grid_sample', [x, grid], result, build.aval(x).dtype, closed(own.length));
}

/** The points of a grid, moved by a matrix for each sample. */
function affineGrid(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const theta = args.tensor('theta');
  const [own, size] = [build.shape(theta), args.shape('size')];
  const space = size.length - 2;
  if (space !== 2 && space !== 3)
    throw new PythonError(
      'NotImplementedError',
      `affine_grid only supports 4D and 5D sizes. Got size ${showShape(size)}`,
    );
  const fits = (): string => `affine_grid: matrices ${showShape(own)} do not fit a size ${showShape(size)}`;
  if (own.length !== 3) throw new ShapeError(fits());
  requireEqual(dimAt(own, 1), space, fits);
  requireEqual(dimAt(own, 2), space + 1, fits);
  requireEqual(dimAt(own, 0), dimAt(size, 0), fits);
  if (size.some((dim) => D.isKnown(dim) && dim <= 0))
    throw new PythonError('ValueError', `Expected non-zero, positive output size. Got ${showShape(size)}`);
  const sizes = size.slice(2);
  const { dtype } = build.aval(theta);
  const alignCorners = args.bool('align_corners', false);
  const result = [dimAt(size, 0), ...sizes, space];
  const values = gridPoints(sizes, alignCorners);
  if (values === null) return opaque(cx, 'affine_grid', [theta], result, dtype, [[0, 0]]);
  const points = build.emit('literal', { values, shape: [D.product(sizes), space + 1], dtype });
  const moved = build.dot(theta, points, { contract: [[2], [1]], batch: [[], []] });
  return build.reshape(build.swapAxes(moved, 1, 2), result);
}

/** Coordinates from -1 to 1, the last axis first, with a 1 behind them. */
function gridPoints(sizes: Shape, alignCorners: boolean): readonly number[] | null {
  if (!sizes.every(D.isKnown)) return null;
  const lengths = sizes.map(Number);
  const count = lengths.reduce((a, b) => a * b, 1);
  if (count > mostEntries) return null;
  const coordinate = (k: number, n: number): number => {
    if (n === 1) return 0;
    return alignCorners ? (2 * k) / (n - 1) - 1 : (2 * k + 1) / n - 1;
  };
  return Array.from({ length: count }, (_, flat) => {
    let rest = flat;
    const row = [1];
    for (let axis = lengths.length - 1; axis >= 0; axis--) {
      const n = lengths[axis] ?? 1;
      row.splice(row.length - 1, 0, coordinate(rest % n, n));
      rest = Math.floor(rest / n);
    }
    return row;
  }).flat();
}

// Channels and space

function pixelShuffle(cx: Context, x: NodeId, factor: number): NodeId {
  const { build } = cx;
  const shape = build.shape(x);
  if (shape.length < 3 || factor <= 0)
    throw new ShapeError(`pixel_shuffle by ${factor} needs at least 3 axes, not ${showShape(shape)}`);
  const lead = shape.slice(0, -3);
  const [c, h, w] = [dimAt(shape, lead.length), dimAt(shape, lead.length + 1), dimAt(shape, lead.length + 2)];
  const channels = D.exactQuotient(c, factor * factor);
  if (channels === null)
    throw new ShapeError(`pixel_shuffle by ${factor}: ${D.show(c)} channels are no multiple of its square`);
  const split = build.reshape(x, [...lead, channels, factor, factor, h, w]);
  const n = lead.length;
  const order = [...lead.map((_, k) => k), n, n + 3, n + 1, n + 4, n + 2];
  return build.reshape(build.transpose(split, order), [...lead, channels, D.mul(h, factor), D.mul(w, factor)]);
}

function pixelUnshuffle(cx: Context, x: NodeId, factor: number): NodeId {
  const { build } = cx;
  const shape = build.shape(x);
  if (shape.length < 3 || factor <= 0)
    throw new ShapeError(`pixel_unshuffle by ${factor} needs at least 3 axes, not ${showShape(shape)}`);
  const lead = shape.slice(0, -3);
  const n = lead.length;
  const c = dimAt(shape, n);
  const [h, w] = [D.exactQuotient(dimAt(shape, n + 1), factor), D.exactQuotient(dimAt(shape, n + 2), factor)];
  if (h === null || w === null)
    throw new ShapeError(`pixel_unshuffle: ${showShape(shape)} is no multiple of ${factor}`);
  const split = build.reshape(x, [...lead, c, h, factor, w, factor]);
  const order = [...lead.map((_, k) => k), n, n + 2, n + 4, n + 1, n + 3];
  return build.reshape(build.transpose(split, order), [...lead, D.mul(c, factor * factor), h, w]);
}

function channelShuffle(cx: Context, x: NodeId, groups: number): NodeId {
  const { build } = cx;
  const shape = build.shape(x);
  if (shape.length < 3 || groups <= 0)
    throw new ShapeError(`channel_shuffle needs at least 3 axes and positive groups, not ${showShape(shape)}`);
  const size = D.exactQuotient(dimAt(shape, 1), groups);
  if (size === null) throw new ShapeError(`channel_shuffle: ${showShape(shape)} cannot be put into ${groups} groups`);
  const split = build.reshape(x, [dimAt(shape, 0), groups, size, ...shape.slice(2)]);
  return build.reshape(build.swapAxes(split, 1, 2), shape);
}

// Windows side by side

interface Blocks {
  readonly window: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly number[];
  readonly stride: readonly number[];
}

function blocksIn(args: Args): Blocks {
  const blocks = {
    window: args.repeated('kernel_size', 2),
    dilation: args.repeated('dilation', 2, 1),
    padding: args.repeated('padding', 2, 0),
    stride: args.repeated('stride', 2, 1),
  };
  if (Object.values(blocks).some((values) => values.length !== 2))
    throw new PythonError('RuntimeError', 'one number or two are wanted for the axes of an image');
  if ([...blocks.window, ...blocks.dilation, ...blocks.stride].some((n) => n <= 0))
    throw new PythonError('RuntimeError', 'kernel, dilation and stride should be greater than zero');
  if (blocks.padding.some((n) => n < 0)) throw new PythonError('RuntimeError', 'padding should be non-negative');
  return blocks;
}

/** How many windows there are along each axis. */
function counts(sizes: Shape, { window, dilation, padding, stride }: Blocks): Shape {
  return sizes.map((dim, k) => {
    const reach = (dilation[k] ?? 1) * ((window[k] ?? 1) - 1) + 1;
    const room = D.sub(D.add(dim, 2 * (padding[k] ?? 0)), reach);
    const count = D.add(D.floorDiv(room, stride[k] ?? 1), 1);
    if (D.isKnown(count) && count < 1)
      throw new ShapeError(`a window of ${reach} does not fit into ${D.show(dim)} with padding ${padding[k] ?? 0}`);
    return count;
  });
}

/** A convolution's weights that take each place of the window into a channel of its own. */
function picks(cx: Context, { window }: Blocks, dtype: ReturnType<Context['build']['aval']>['dtype']): NodeId {
  const places = window.reduce((a, b) => a * b, 1);
  const eye = cx.build.emit('eye', { shape: [places, places], dtype });
  return cx.build.reshape(eye, [places, 1, ...window]);
}

/** `unfold`: (n, c, h, w) to (n, c * window, count of windows). */
function unfold(cx: Context, x: NodeId, args: Args): NodeId {
  const { build } = cx;
  const given = build.shape(x);
  if (given.length === 3) return build.dropAxis(unfold(cx, build.expandDims(x, 0), args), 0);
  if (given.length !== 4 || given.slice(1).includes(0))
    throw new ShapeError(`unfold: 3 or 4 axes with elements are wanted, not ${showShape(given)}`);
  const blocks = blocksIn(args);
  const [n, c] = [dimAt(given, 0), dimAt(given, 1)];
  const number = D.product(counts(given.slice(2), blocks));
  const places = blocks.window.reduce((a, b) => a * b, 1);
  // Each channel by itself, as a sample of its own.
  const single = build.reshape(x, [D.mul(n, c), 1, ...given.slice(2)]);
  const picked = build.emit(
    'conv',
    {
      stride: blocks.stride,
      padding: blocks.padding.map((p) => [p, p] as const),
      dilation: blocks.dilation,
      groups: 1,
      transposed: null,
    },
    [single, picks(cx, blocks, build.aval(x).dtype)],
  );
  return build.reshape(picked, [n, D.mul(c, places), number]);
}

/** `fold`: what `unfold` took apart, summed where windows meet. */
function fold(cx: Context, x: NodeId, args: Args): NodeId {
  const { build } = cx;
  const given = build.shape(x);
  if (given.length === 2) return build.dropAxis(fold(cx, build.expandDims(x, 0), args), 0);
  if (given.length !== 3 || given.slice(1).includes(0))
    throw new ShapeError(`fold: 2 or 3 axes with elements are wanted, not ${showShape(given)}`);
  const blocks = blocksIn(args);
  const output =
    args.optional('output_size')?.kind === 'int'
      ? [args.dim('output_size'), args.dim('output_size')]
      : args.shape('output_size');
  if (output.length !== 2) throw new PythonError('RuntimeError', 'fold: output_size must be two numbers');
  const [n, wide, number] = [dimAt(given, 0), dimAt(given, 1), dimAt(given, 2)];
  const places = blocks.window.reduce((a, b) => a * b, 1);
  const c = D.exactQuotient(wide, places);
  if (c === null)
    throw new ShapeError(`fold: ${D.show(wide)} channels of ${showShape(given)} are no multiple of ${places}`);
  const each = counts(output, blocks);
  requireEqual(
    D.product(each),
    number,
    () =>
      `fold: ${showShape(given)} has ${D.show(number)} windows, but ${showShape(output)} takes ${D.show(D.product(each))}`,
  );
  const result = [n, c, ...output];
  const { dtype } = build.aval(x);
  const missing = output.map((dim, k) => {
    const reach = (blocks.dilation[k] ?? 1) * ((blocks.window[k] ?? 1) - 1) + 1;
    const covered = D.add(D.mul(D.sub(dimAt(each, k), 1), blocks.stride[k] ?? 1), reach - 2 * (blocks.padding[k] ?? 0));
    const left = D.sub(dim, covered);
    return D.isKnown(left) ? left : null;
  });
  const outputPadding = missing.flatMap((left) => (left === null ? [] : [left]));
  if (outputPadding.length < 2) return opaque(cx, 'fold', [x], result, dtype, [[0, 0]]);
  const windows = build.reshape(x, [D.mul(n, c), places, ...each]);
  const image = build.emit(
    'conv',
    {
      stride: blocks.stride,
      padding: blocks.padding.map((p) => [p, p] as const),
      dilation: blocks.dilation,
      groups: 1,
      transposed: { outputPadding },
    },
    [windows, picks(cx, blocks, dtype)],
  );
  return build.reshape(image, result);
}

const blockSettings = 'kernel_size, dilation=1, padding=0, stride=1';

const layers: readonly Layer[] = [
  {
    name: 'Upsample',
    settings: "size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None",
    forward: (cx, args, own) => interpolate(cx, args.tensor('input'), own, interpolationIn(own)),
  },
  {
    name: 'UpsamplingNearest2d',
    settings: 'size=None, scale_factor=None',
    forward: (cx, args, own) => interpolate(cx, args.tensor('input'), own, fixed.nearest),
  },
  {
    name: 'UpsamplingBilinear2d',
    settings: 'size=None, scale_factor=None',
    forward: (cx, args, own) => interpolate(cx, args.tensor('input'), own, fixed.bilinear),
  },
  {
    name: 'PixelShuffle',
    settings: 'upscale_factor',
    forward: (cx, args, own) => pixelShuffle(cx, args.tensor('input'), own.int('upscale_factor')),
  },
  {
    name: 'PixelUnshuffle',
    settings: 'downscale_factor',
    forward: (cx, args, own) => pixelUnshuffle(cx, args.tensor('input'), own.int('downscale_factor')),
  },
  {
    name: 'ChannelShuffle',
    settings: 'groups',
    forward: (cx, args, own) => channelShuffle(cx, args.tensor('input'), own.int('groups')),
  },
  { name: 'Unfold', settings: blockSettings, forward: (cx, args, own) => unfold(cx, args.tensor('input'), own) },
  {
    name: 'Fold',
    settings: `output_size, ${blockSettings}`,
    forward: (cx, args, own) => fold(cx, args.tensor('input'), own),
  },
];

const f = 'torch.nn.functional.';

export const resamplingLayers: readonly (ClassValue | NativeValue)[] = [
  ...layers.map(layerClass),
  op(
    `${f}interpolate`,
    "(input, size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None, antialias=False)",
    (cx, args) => interpolate(cx, args.tensor('input'), args, interpolationIn(args)),
  ),
  op(`${f}upsample`, "(input, size=None, scale_factor=None, mode='nearest', align_corners=None)", (cx, args) =>
    interpolate(cx, args.tensor('input'), args, interpolationIn(args)),
  ),
  op(`${f}upsample_nearest`, '(input, size=None, scale_factor=None)', (cx, args) =>
    interpolate(cx, args.tensor('input'), args, fixed.nearest),
  ),
  op(`${f}upsample_bilinear`, '(input, size=None, scale_factor=None)', (cx, args) =>
    interpolate(cx, args.tensor('input'), args, fixed.bilinear),
  ),
  op(`${f}grid_sample`, "(input, grid, mode='bilinear', padding_mode='zeros', align_corners=None)", gridSample),
  op(`${f}affine_grid`, '(theta, size, align_corners=None)', affineGrid),
  op(`${f}pixel_shuffle`, '(input, upscale_factor)', (cx, args) =>
    pixelShuffle(cx, args.tensor('input'), args.int('upscale_factor')),
  ),
  op(`${f}pixel_unshuffle`, '(input, downscale_factor)', (cx, args) =>
    pixelUnshuffle(cx, args.tensor('input'), args.int('downscale_factor')),
  ),
  ...alias(
    op(`${f}channel_shuffle`, '(input, groups)', (cx, args) =>
      channelShuffle(cx, args.tensor('input'), args.int('groups')),
    ),
    `${f}native_channel_shuffle`,
  ),
  op(`${f}unfold`, `(input, ${blockSettings})`, (cx, args) => unfold(cx, args.tensor('input'), args)),
  op(`${f}fold`, `(input, output_size, ${blockSettings})`, (cx, args) => fold(cx, args.tensor('input'), args)),
];
