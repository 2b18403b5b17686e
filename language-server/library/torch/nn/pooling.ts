import type { Dim } from '../../../graph/dim.ts';
import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import type { WindowParams } from '../../../graph/primitives/products.ts';
import { dimAt, isFloating, type Shape, ShapeError, sameShape, showShape } from '../../../graph/shape.ts';
import { type Args, asDim, known } from '../../arguments.ts';
import { type Context, PythonError } from '../../context.ts';
import { native } from '../../define.ts';
import { type ClassValue, type NativeValue, tensor, tuple, type Value } from '../../values.ts';
import { opaque } from '../opaque.ts';
import { layerClass, perAxis } from './layer.ts';

/** Pooling (https://docs.pytorch.org/docs/stable/nn.html#pooling-layers). */

/** The axes in front of the last `space` ones: a channel, or samples and channels. */
function leading(cx: Context, x: NodeId, space: number): readonly (readonly [number, number])[] {
  return Array.from({ length: cx.build.rank(x) - space }, (_, k) => [k, k] as const);
}

/** Which axes must have elements: those behind the batch, behind the first axis, or the windows' own. */
type Filled = 'sample' | 'behind first' | 'space';

/** Refuses other ranks, and axes without elements. */
function requireSpace(cx: Context, x: NodeId, space: number, name: string, filled: Filled = 'sample'): void {
  const shape = cx.build.shape(x);
  const batched = shape.length === space + 2;
  const inner =
    filled === 'space' ? shape.slice(-space) : batched || filled === 'behind first' ? shape.slice(1) : shape;
  if ((!batched && shape.length !== space + 1) || inner.includes(0))
    throw new ShapeError(
      `${name}: ${space + 1} or ${space + 2} axes with elements are wanted, not ${showShape(shape)}`,
    );
}

interface Windows {
  readonly window: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly ceil: boolean;
}

function windowsIn(args: Args, space: number): Windows {
  const window = perAxis(args, 'kernel_size', space);
  const stride = args.optional('stride');
  // An empty list stands for the window too.
  const isOwn = stride !== null && !((stride.kind === 'list' || stride.kind === 'tuple') && stride.items.length === 0);
  return {
    window,
    stride: isOwn ? perAxis(args, 'stride', space) : window,
    padding: perAxis(args, 'padding', space, 0),
    dilation: perAxis(args, 'dilation', space, 1),
    ceil: args.bool('ceil_mode', false),
  };
}

function refuse(name: string, { window, stride, padding, dilation }: Windows): void {
  const wrong = (what: string): never => {
    throw new PythonError('RuntimeError', `${name}: ${what}`);
  };
  if (window.some((n) => n <= 0)) wrong('kernel size should be greater than zero');
  if (stride.some((n) => n <= 0)) wrong('stride should not be zero');
  if (dilation.some((n) => n <= 0)) wrong('dilation should be greater than zero');
  padding.forEach((n, k) => {
    if (n < 0 || n > Math.floor((window[k] ?? 1) / 2))
      wrong('pad should be smaller than or equal to half of kernel size');
  });
}

/** A last window may begin before the end and reach over it: then it is only as large as what there is. */
function fitted(shape: Shape, space: number, windows: Windows): readonly number[] {
  return windows.window.map((n, k) => {
    const dim = dimAt(shape, shape.length - space + k);
    if (!windows.ceil || !D.isKnown(dim)) return n;
    const [stride, pad, dilation] = [windows.stride[k] ?? 1, windows.padding[k] ?? 0, windows.dilation[k] ?? 1];
    const reach = dim + 2 * pad - dilation * (n - 1) - 1;
    const isOne = reach < 0 && Math.floor((reach + stride - 1) / stride) + 1 === 1;
    return isOne ? Math.floor((dim + 2 * pad - 1) / dilation) + 1 : n;
  });
}

function reduceWindows(
  cx: Context,
  x: NodeId,
  name: string,
  windows: Windows,
  how: WindowParams['how'],
  countPadding: boolean,
): NodeId {
  const { build } = cx;
  const space = windows.window.length;
  requireSpace(cx, x, space, name);
  refuse(name, windows);
  const { stride, padding, dilation, ceil } = windows;
  const y = build.emit(
    'reduce_window',
    {
      how,
      window: fitted(build.shape(x), space, windows),
      stride,
      padding: padding.map((n) => [n, n] as const),
      dilation,
      ceil,
      countPadding,
    },
    [x],
  );
  const sizes = build.shape(y).slice(-space);
  if (sizes.some((dim) => D.isKnown(dim) && dim < 1))
    throw new ShapeError(`${name}: the result of ${showShape(build.shape(x))} would be ${showShape(build.shape(y))}`);
  return y;
}

/** Where the largest entries were, in the order of all places. */
function places(cx: Context, x: NodeId, values: NodeId, space: number): NodeId {
  return opaque(cx, 'places of maxima', [x], cx.build.shape(values), 'int64', leading(cx, x, space));
}

function withPlaces(cx: Context, x: NodeId, values: NodeId, space: number, wanted: boolean): Value {
  return wanted ? tuple([tensor(values), tensor(places(cx, x, values, space))]) : tensor(values);
}

function maxPool(cx: Context, args: Args, settings: Args, space: number, always: boolean): Value {
  const x = args.tensor('input');
  if (space === 1) requireFloating(cx, x, 'max_pool1d');
  const values = reduceWindows(cx, x, `max_pool${space}d`, windowsIn(settings, space), 'max', false);
  return withPlaces(cx, x, values, space, always || settings.bool('return_indices', false));
}

function requireFloating(cx: Context, x: NodeId, name: string): void {
  const { dtype } = cx.build.aval(x);
  if (!isFloating(dtype)) throw new PythonError('RuntimeError', `${name} is not implemented for ${dtype}`);
}

/** Means over three axes need a whole window of elements. */
function requireWindow(cx: Context, x: NodeId, window: readonly number[], name: string): void {
  const shape = cx.build.shape(x);
  const small = window.find((n, k) => {
    const dim = shape[shape.length - window.length + k];
    return dim !== undefined && D.isKnown(dim) && dim < n;
  });
  if (small !== undefined) throw new ShapeError(`${name}: ${showShape(shape)} is smaller than the window`);
}

function averagePool(cx: Context, args: Args, settings: Args, space: number): Value {
  const { build } = cx;
  const x = args.tensor('input');
  const name = `avg_pool${space}d`;
  if (build.aval(x).dtype === 'bool') requireFloating(cx, x, name);
  const windows = windowsIn(settings, space);
  if (space === 3) requireWindow(cx, x, windows.window, name);
  const divisor = settings.optional('divisor_override') === null ? null : settings.int('divisor_override');
  if (divisor === 0) throw new PythonError('RuntimeError', `${name}: divisor must be not zero`);
  const countPadding = divisor !== null || settings.bool('count_include_pad', true);
  const means = reduceWindows(cx, x, name, windows, 'mean', countPadding);
  if (divisor === null) return tensor(means);
  // Whole windows have all their entries, those that reach over the end have not.
  if (windows.ceil)
    return tensor(opaque(cx, name, [x], build.shape(means), build.aval(x).dtype, leading(cx, x, space)));
  return tensor(build.scale(means, windows.window.reduce((a, b) => a * b, 1) / divisor));
}

/** (sum of x**p over each window) ** (1/p). */
function powerPool(cx: Context, args: Args, settings: Args, space: number): Value {
  const { build } = cx;
  const given = args.tensor('input');
  const { dtype } = build.aval(given);
  const x = build.convert(given, isFloating(dtype) ? dtype : 'float32');
  const p = settings.number('norm_type');
  const windows = { ...windowsIn(settings, space), padding: Array.from({ length: space }, () => 0) };
  if (space === 3) requireWindow(cx, x, windows.window, 'avg_pool3d');
  const powers = build.binary('pow', x, build.scalar(p, x));
  const means = reduceWindows(cx, powers, `avg_pool${space}d`, windows, 'mean', true);
  const sums = build.scale(
    build.unary('relu', means),
    windows.window.reduce((a, b) => a * b, 1),
  );
  return tensor(build.binary('pow', sums, build.scalar(1 / p, sums)));
}

// Adaptive

/** The sizes wanted of the last axes: a number for all, or one for each, None where the size stays. */
function wantedSizes(cx: Context, x: NodeId, settings: Args, space: number, name: string): Shape {
  const own = cx.build.shape(x).slice(-space);
  const given = settings.value('output_size');
  const items = given.kind === 'int' ? own.map(() => given) : cx.items(given);
  if (items.length !== space)
    throw new PythonError('RuntimeError', `${name}: output_size must be ${space} numbers, not ${items.length}`);
  return items.map((item, k) => {
    const size = item.kind === 'none' ? dimAt(own, k) : asDim(known(item), 'output_size');
    if (D.isKnown(size) && size < 0)
      throw new PythonError('RuntimeError', `${name}: elements of output_size must be greater than or equal to 0`);
    return size;
  });
}

/** Where the windows of an adaptive pooling begin and end. */
function adaptiveWindows(dim: number, count: number): readonly (readonly [number, number])[] {
  return Array.from({ length: count }, (_, k) => [Math.floor((k * dim) / count), Math.ceil(((k + 1) * dim) / count)]);
}

const mostEntries = 100_000;

/** Means of an axis over windows, as a product with the matrix of their weights. */
function averageAxis(cx: Context, x: NodeId, axis: number, dim: number, count: number): NodeId {
  const { build } = cx;
  const values = adaptiveWindows(dim, count).flatMap(([from, to]) =>
    Array.from({ length: dim }, (_, k) => (k >= from && k < to ? 1 / (to - from) : 0)),
  );
  const matrix = build.emit('literal', { values, shape: [count, dim], dtype: build.aval(x).dtype });
  const product = build.dot(x, matrix, { contract: [[axis], [1]], batch: [[], []] });
  return build.moveAxes(product, [build.rank(x) - 1], [axis]);
}

function largestOfAxis(cx: Context, x: NodeId, axis: number, dim: number, count: number): NodeId {
  const { build } = cx;
  return build.concatenate(
    adaptiveWindows(dim, count).map(([from, to]) =>
      build.reduce('reduce_max', build.sliceAxis(x, axis, from, to), [axis], true),
    ),
    axis,
  );
}

/** Windows that divide each axis into so many parts. */
export function adaptivePool(cx: Context, x: NodeId, sizes: Shape, how: WindowParams['how'], name: string): NodeId {
  const { build } = cx;
  const shape = build.shape(x);
  const space = sizes.length;
  const lead = shape.length - space;
  const axes = sizes.map((_, k) => lead + k);
  if (sizes.every((size) => size === 1))
    return how === 'mean' ? build.mean(x, axes, true) : build.reduce('reduce_max', x, axes, true);
  const own = shape.slice(lead);
  if (sameShape(own, sizes)) return x;
  const result = [...shape.slice(0, lead), ...sizes];
  const steps = own.map((dim, k) => D.exactQuotient(dim, sizes[k] ?? 1));
  if (!sizes.includes(0) && steps.every((step) => step !== null && D.isKnown(step))) {
    const window = steps.map((step) => (step !== null && D.isKnown(step) ? step : 1));
    const none = window.map(() => 1);
    return build.emit(
      'reduce_window',
      {
        how,
        window,
        stride: window,
        padding: none.map(() => [0, 0] as const),
        dilation: none,
        ceil: false,
        countPadding: true,
      },
      [x],
    );
  }
  const fits = own.every((dim, k) => {
    const size = sizes[k] ?? 1;
    return D.isKnown(dim) && D.isKnown(size) && size > 0 && dim * size <= mostEntries && (how === 'mean' || size <= 64);
  });
  if (!fits) return opaque(cx, name, [x], result, build.aval(x).dtype, leading(cx, x, space));
  return own.reduce<NodeId>((y, dim, k) => {
    const size = sizes[k] ?? 1;
    if (!D.isKnown(dim) || !D.isKnown(size) || dim === size) return y;
    return how === 'mean' ? averageAxis(cx, y, lead + k, dim, size) : largestOfAxis(cx, y, lead + k, dim, size);
  }, x);
}

function adaptiveAverage(cx: Context, args: Args, settings: Args, space: number): Value {
  const x = args.tensor('input');
  const name = `adaptive_avg_pool${space}d`;
  const shape = cx.build.shape(x);
  // Without elements the type is not looked at.
  if (!shape.includes(0)) requireFloating(cx, x, name);
  const sizes = wantedSizes(cx, x, settings, space, name);
  const isMean = sizes.every((size) => size === 1);
  // To one element it is a plain mean, which looks at nothing; over one axis only the rank is looked at before.
  if (space === 1 ? shape.length !== 2 && shape.length !== 3 : !isMean)
    requireSpace(cx, x, space, name, space < 3 ? 'space' : 'sample');
  if (!isMean && shape.slice(-space).includes(0)) requireSpace(cx, x, space, name, 'space');
  return tensor(adaptivePool(cx, x, sizes, 'mean', name));
}

function adaptiveMax(cx: Context, args: Args, settings: Args, space: number, always: boolean): Value {
  const x = args.tensor('input');
  const name = `adaptive_max_pool${space}d`;
  requireSpace(cx, x, space, name, 'behind first');
  requireFloating(cx, x, name);
  const values = adaptivePool(cx, x, wantedSizes(cx, x, settings, space, name), 'max', name);
  return withPlaces(cx, x, values, space, always || settings.bool('return_indices', false));
}

// Without a decomposition

/** Windows at random places. */
function fractional(cx: Context, args: Args, settings: Args, space: number, always: boolean): Value {
  const x = args.tensor('input');
  const name = `fractional_max_pool${space}d`;
  requireSpace(cx, x, space, name, 'behind first');
  const shape = cx.build.shape(x);
  const own = shape.slice(-space);
  const ratio = settings.optional('output_ratio');
  if (settings.optional('output_size') === null && ratio === null)
    throw new PythonError('ValueError', `${name} requires specifying either an output_size or an output_ratio`);
  if (settings.optional('output_size') !== null && ratio !== null)
    throw new PythonError('ValueError', 'only one of output_size and output_ratio may be specified');
  const sizes = ratio === null ? perAxis(settings, 'output_size', space) : scaledSizes(cx, own, ratio);
  const window = perAxis(settings, 'kernel_size', space);
  sizes.forEach((size, k) => {
    const dim = dimAt(own, k);
    const spare = space === 3 ? 1 : 0;
    if (D.isKnown(size) && D.isKnown(dim) && (size < 0 || size + (window[k] ?? 1) - 1 + spare > dim))
      throw new ShapeError(`${name}: ${size} windows of ${window[k]} do not fit into ${dim}`);
  });
  const values = opaque(
    cx,
    name,
    [x],
    [...shape.slice(0, -space), ...sizes],
    cx.build.aval(x).dtype,
    leading(cx, x, space),
  );
  return withPlaces(cx, x, values, space, always || settings.bool('return_indices', false));
}

function scaledSizes(cx: Context, own: Shape, ratio: Value): Shape {
  const ratios = ratio.kind === 'float' || ratio.kind === 'int' ? own.map(() => ratio) : cx.items(ratio);
  return own.map((dim, k) => {
    const item = ratios[k];
    const factor =
      item?.kind === 'float' ? item.value : item?.kind === 'int' && D.isKnown(item.value) ? item.value : null;
    if (factor === null) return cx.freshSize('size');
    if (factor <= 0 || factor >= 1)
      throw new PythonError('ValueError', `output_ratio must be between 0 and 1 (got ${factor})`);
    return D.isKnown(dim) ? Math.floor(dim * factor) : cx.freshSize('size');
  });
}

/** The largest entries back at their places, zero elsewhere. */
function unpool(cx: Context, args: Args, settings: Args, space: number): Value {
  const { build } = cx;
  const [x, indices] = [args.tensor('input'), args.tensor('indices')];
  const name = `max_unpool${space}d`;
  const [shape, where] = [build.shape(x), build.shape(indices)];
  if (build.aval(indices).dtype !== 'int64') throw new PythonError('RuntimeError', `${name}: indices must be int64`);
  if (!sameShape(shape, where) && shape.every(D.isKnown) && where.every(D.isKnown))
    throw new ShapeError(`${name}: indices ${showShape(where)} for ${showShape(shape)}`);
  requireSpace(cx, x, space, name);
  const { window, stride, padding } = windowsIn(settings, space);
  const own = shape.slice(-space);
  const usual = own.map(
    (dim, k): Dim => D.add(D.mul(D.sub(dim, 1), stride[k] ?? 1), (window[k] ?? 1) - 2 * (padding[k] ?? 0)),
  );
  const given = args.optional('output_size') === null ? null : args.shape('output_size').slice(-space);
  if (given !== null && given.length !== space)
    throw new PythonError('ValueError', `output_size should have ${space} or ${space + 2} elements`);
  given?.forEach((size, k) => {
    const away = D.sub(size, dimAt(usual, k));
    if (D.isKnown(away) && Math.abs(away) >= (stride[k] ?? 1))
      throw new PythonError(
        'ValueError',
        `invalid output_size ${showShape(given)}: ${D.show(dimAt(usual, k))} is usual`,
      );
  });
  const result = [...shape.slice(0, -space), ...(given ?? usual)];
  return tensor(opaque(cx, name, [x, indices], result, build.aval(x).dtype, leading(cx, x, space)));
}

interface Pooling {
  /** `MaxPool` and `max_pool`: a number of axes and `d` follow. */
  readonly layer: string;
  readonly fn: string;
  readonly spaces: readonly number[];
  readonly settings: string;
  /** The settings of the function, where they come in another order. */
  readonly parameters?: string;
  readonly inputs?: string;
  /** Whether there is a function `..._with_indices`. */
  readonly indexed?: true;
  readonly rule: (cx: Context, args: Args, settings: Args, space: number, always: boolean) => Value;
}

const windowSettings = 'kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True';

const poolings: readonly Pooling[] = [
  {
    layer: 'MaxPool',
    fn: 'max_pool',
    spaces: [1, 2, 3],
    settings: 'kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False',
    parameters: 'kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False',
    indexed: true,
    rule: maxPool,
  },
  { layer: 'AvgPool', fn: 'avg_pool', spaces: [1], settings: windowSettings, rule: averagePool },
  {
    layer: 'AvgPool',
    fn: 'avg_pool',
    spaces: [2, 3],
    settings: `${windowSettings}, divisor_override=None`,
    rule: averagePool,
  },
  {
    layer: 'LPPool',
    fn: 'lp_pool',
    spaces: [1, 2, 3],
    settings: 'norm_type, kernel_size, stride=None, ceil_mode=False',
    rule: powerPool,
  },
  {
    layer: 'AdaptiveAvgPool',
    fn: 'adaptive_avg_pool',
    spaces: [1, 2, 3],
    settings: 'output_size',
    rule: adaptiveAverage,
  },
  {
    layer: 'AdaptiveMaxPool',
    fn: 'adaptive_max_pool',
    spaces: [1, 2, 3],
    settings: 'output_size, return_indices=False',
    indexed: true,
    rule: adaptiveMax,
  },
  {
    layer: 'FractionalMaxPool',
    fn: 'fractional_max_pool',
    spaces: [2, 3],
    settings: 'kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None',
    indexed: true,
    rule: fractional,
  },
  {
    layer: 'MaxUnpool',
    fn: 'max_unpool',
    spaces: [1, 2, 3],
    settings: 'kernel_size, stride=None, padding=0',
    parameters: 'indices, kernel_size, stride=None, padding=0, output_size=None',
    inputs: 'input, indices, output_size=None',
    rule: unpool,
  },
];

export const poolingLayers: readonly (ClassValue | NativeValue)[] = poolings.flatMap(
  ({ layer, fn, spaces, settings, parameters = settings, inputs = 'input', indexed = false, rule }) =>
    spaces.flatMap((space) => {
      const text = `(input, ${parameters})`;
      return [
        layerClass({
          name: `${layer}${space}d`,
          settings,
          inputs,
          forward: (cx, args, own) => rule(cx, args, own, space, false),
        }),
        native(`torch.nn.functional.${fn}${space}d`, text, (cx, args) => rule(cx, args, args, space, false)),
        ...(indexed
          ? [
              native(`torch.nn.functional.${fn}${space}d_with_indices`, text, (cx, args) =>
                rule(cx, args, args, space, true),
              ),
              ...(space === 1
                ? [
                    native(
                      // torch's own adaptive function always tells the places.
                      layer === 'MaxPool' ? 'torch.max_pool1d_with_indices' : 'torch.adaptive_max_pool1d',
                      text,
                      (cx, args) => rule(cx, args, args, space, true),
                    ),
                  ]
                : []),
            ]
          : []),
      ];
    }),
);
