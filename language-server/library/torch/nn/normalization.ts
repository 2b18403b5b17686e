import type { Dim } from '../../../graph/dim.ts';
import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import { dimAt, isFloating, requireEqual, type Shape, ShapeError, sameShape, showShape } from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import { type Context, PythonError } from '../../context.ts';
import { native, op } from '../../define.ts';
import { type ClassValue, type NativeValue, none, tensor } from '../../values.ts';
import { hangsOn, isTorchMap } from '../under-vmap.ts';
import { type Layer, layerClass, lazy, scalarOf, weightMaker } from './layer.ts';
import { isTraining, type ModuleSelf, setBuffer } from './module.ts';

/** Normalization (https://docs.pytorch.org/docs/stable/nn.html#normalization-layers). */

/** (x - mean) / sqrt(variance + eps) over some axes. */
export function standardized(cx: Context, x: NodeId, axes: readonly number[], eps: NodeId): NodeId {
  const { build } = cx;
  const centred = build.sub(x, build.mean(x, axes, true));
  return scaledBy(cx, centred, build.mean(build.square(centred), axes, true), eps);
}

export function scaledBy(cx: Context, centred: NodeId, variance: NodeId, eps: NodeId): NodeId {
  const { build } = cx;
  return build.mul(centred, build.unary('rsqrt', build.add(variance, eps)));
}

/** A vector of channels, placed along one axis. */
function along(cx: Context, vector: NodeId, rank: number, axis: number): NodeId {
  const [count = 1] = cx.build.shape(vector);
  return cx.build.reshape(
    vector,
    Array.from({ length: rank }, (_, k) => (k === axis ? count : 1)),
  );
}

/** A weight and a bias for each channel, and stored statistics: each null where there is none. */
interface ChannelState {
  readonly weight: NodeId | null;
  readonly bias: NodeId | null;
  readonly mean: NodeId | null;
  readonly variance: NodeId | null;
}

function stateIn(args: Args): ChannelState {
  const [weight, bias] = [args.optionalTensor('weight'), args.optionalTensor('bias')];
  return { weight, bias, mean: args.optionalTensor('running_mean'), variance: args.optionalTensor('running_var') };
}

function affine(cx: Context, x: NodeId, { weight, bias }: ChannelState, axis: number): NodeId {
  const { build } = cx;
  const rank = build.rank(x);
  const scaled = weight === null ? x : build.mul(x, along(cx, weight, rank, axis));
  return bias === null ? scaled : build.add(scaled, along(cx, bias, rank, axis));
}

function others(rank: number, ...kept: readonly number[]): readonly number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !kept.includes(axis));
}

function requireFloating(cx: Context, x: NodeId, name: string): void {
  const { dtype } = cx.build.aval(x);
  if (!isFloating(dtype)) throw new PythonError('RuntimeError', `${name} is not implemented for ${dtype}`);
}

/** Refuses state that is not of as many channels as axis 1 has. */
function requireChannels(cx: Context, x: NodeId, state: ChannelState, name: string): void {
  const shape = cx.build.shape(x);
  if (shape.length < 2) throw new ShapeError(`${name} needs samples and channels, not ${showShape(shape)}`);
  for (const vector of Object.values(state)) {
    if (vector === null) continue;
    const own = cx.build.shape(vector);
    requireEqual(
      D.product(own),
      dimAt(shape, 1),
      () =>
        `${name} of ${showShape(own)} channels got ${showShape(shape)}, which has ${D.show(dimAt(shape, 1))} along axis 1`,
    );
  }
}

/** Refuses a count of batches that a transform would have to change behind its back: `num_batches_tracked += 1`. */
function requireOwnCount(cx: Context, layer: ModuleSelf, count: NodeId): void {
  const transform = cx.transforms.findLast(
    ({ kind, given, inputs, call: { family } }) =>
      kind !== 'vmap' && family === 'torch' && !given.includes(count) && count < Math.min(...inputs),
  );
  if (transform !== undefined)
    throw new PythonError(
      'RuntimeError',
      'During a grad (vjp, jvp, grad, etc) transform, the function provided attempted to call in-place operation (aten::add_.Tensor) that would mutate a captured Tensor',
      { kind: 'batch statistics', call: transform.call, layer },
    );
}

/** Refuses running statistics that all entries of a `vmap` would write into. */
function requireOwnStatistics(
  cx: Context,
  x: NodeId,
  { mean, variance }: ChannelState,
  layer: ModuleSelf | null,
): void {
  const statistics = [mean, variance].filter((node) => node !== null);
  const transform = cx.transforms.find(
    (each) => isTorchMap(each) && hangsOn(cx, x, each) && statistics.some((statistic) => !hangsOn(cx, statistic, each)),
  );
  if (transform !== undefined)
    throw new PythonError(
      'RuntimeError',
      'Batch norm got a batched tensor as input while the running_mean or running_var, which will be updated in place, were not batched',
      { kind: 'batch statistics', call: transform.call, layer },
    );
}

/** With the statistics of the batch, which tie its samples together, or with stored ones, which do not. */
function batchNorm(
  cx: Context,
  x: NodeId,
  state: ChannelState,
  training: boolean,
  eps: NodeId,
  layer: ModuleSelf | null = null,
): NodeId {
  const { build } = cx;
  requireFloating(cx, x, 'batch_norm');
  // Without elements nothing is looked at.
  if (!training && build.shape(x).includes(0) && build.rank(x) > 1) return x;
  requireChannels(cx, x, state, 'batch_norm');
  const rank = build.rank(x);
  const { mean, variance } = state;
  if (!training) {
    if (mean === null || variance === null)
      throw new PythonError('RuntimeError', 'running_mean and running_var must be defined in evaluation mode');
    const centred = build.sub(x, along(cx, mean, rank, 1));
    return affine(cx, scaledBy(cx, centred, along(cx, variance, rank, 1), eps), state, 1);
  }
  const values = D.product(others(rank, 1).map((axis) => dimAt(build.shape(x), axis)));
  if (values === 1)
    throw new PythonError(
      'ValueError',
      `Expected more than 1 value per channel when training, got input size ${showShape(build.shape(x))}`,
    );
  requireOwnStatistics(cx, x, state, layer);
  return affine(cx, standardized(cx, x, others(rank, 1), eps), state, 1);
}

/** Each channel of each sample by itself, unless stored statistics are used. */
function instanceNorm(
  cx: Context,
  x: NodeId,
  state: ChannelState,
  ownStatistics: boolean,
  eps: NodeId,
  layer: ModuleSelf | null = null,
): NodeId {
  const { build } = cx;
  if (!ownStatistics) return batchNorm(cx, x, state, false, eps);
  requireFloating(cx, x, 'instance_norm');
  requireChannels(cx, x, state, 'instance_norm');
  const rank = build.rank(x);
  const values = D.product(build.shape(x).slice(2));
  if (build.shape(x)[0] === 0 && (state.weight ?? state.bias ?? state.mean) !== null)
    throw new PythonError(
      'IndexError',
      `instance_norm with weights got ${showShape(build.shape(x))}, which has no samples`,
    );
  if (values === 1)
    throw new PythonError(
      'ValueError',
      `Expected more than 1 spatial element when training, got input size ${showShape(build.shape(x))}`,
    );
  requireOwnStatistics(cx, x, state, layer);
  return affine(cx, standardized(cx, x, others(rank, 0, 1), eps), state, 1);
}

/** The last axes, which must have the normalized shape. */
function trailing(
  cx: Context,
  x: NodeId,
  shape: Shape,
  name: string,
  weights: readonly (NodeId | null)[],
): readonly number[] {
  requireFloating(cx, x, name);
  const own = cx.build.shape(x);
  const start = own.length - shape.length;
  const fits = (): string => `${name} over ${showShape(shape)} got ${showShape(own)}`;
  if (start < 0 || shape.length === 0) throw new ShapeError(fits());
  shape.forEach((dim, k) => {
    requireEqual(dimAt(own, start + k), dim, fits);
  });
  for (const weight of weights) {
    if (weight !== null && !sameShape(cx.build.shape(weight), shape))
      throw new ShapeError(`${name} over ${showShape(shape)} has weights ${showShape(cx.build.shape(weight))}`);
  }
  return shape.map((_, k) => start + k);
}

function layerNorm(cx: Context, args: Args, settings: Args): NodeId {
  const { build } = cx;
  const x = args.tensor('input');
  const [weight, bias] = [settings.optionalTensor('weight'), settings.optionalTensor('bias')];
  const axes = trailing(cx, x, settings.shape('normalized_shape'), 'layer_norm', [weight, bias]);
  const result = standardized(cx, x, axes, scalarOf(cx, settings, 'eps', 1e-5, x));
  const scaled = weight === null ? result : build.mul(result, weight);
  return bias === null ? scaled : build.add(scaled, bias);
}

/** The smallest number that changes 1, which `eps=None` stands for. */
const epsilons: Readonly<Record<string, number>> = {
  float16: 2 ** -10,
  bfloat16: 2 ** -7,
  float32: 2 ** -23,
  float64: Number.EPSILON,
};

function rmsNorm(cx: Context, args: Args, settings: Args): NodeId {
  const { build } = cx;
  const x = args.tensor('input');
  const weight = settings.optionalTensor('weight');
  const axes = trailing(cx, x, settings.shape('normalized_shape'), 'rms_norm', [weight]);
  const eps = scalarOf(cx, settings, 'eps', epsilons[build.aval(x).dtype] ?? 2 ** -23, x);
  const result = scaledBy(cx, x, build.mean(build.square(x), axes, true), eps);
  return weight === null ? result : build.mul(result, weight);
}

/** Refuses groups of one element, as the layer and its function do. */
function requireGroups(cx: Context, x: NodeId, groups: number): NodeId {
  const shape = cx.build.shape(x);
  if (D.equal(D.product(shape), groups))
    throw new PythonError(
      'ValueError',
      `Expected more than 1 value per channel when training, got input size ${showShape(shape)}`,
    );
  return x;
}

function groupNorm(cx: Context, x: NodeId, groups: number, state: ChannelState, eps: NodeId): NodeId {
  const { build } = cx;
  const shape = build.shape(x);
  requireFloating(cx, x, 'group_norm');
  requireChannels(cx, x, state, 'group_norm');
  const channels = dimAt(shape, 1);
  const size = groups <= 0 ? null : D.exactQuotient(channels, groups);
  if (size === null)
    throw new ShapeError(`${D.show(channels)} channels of ${showShape(shape)} cannot be put into ${groups} groups`);
  const grouped = build.reshape(x, [dimAt(shape, 0), groups, size, ...shape.slice(2)]);
  const result = build.reshape(standardized(cx, grouped, others(shape.length + 1, 0, 1), eps), shape);
  return affine(cx, result, state, 1);
}

/** x / (k + alpha * mean of the squares of neighbouring channels) ** beta. */
function localResponseNorm(cx: Context, args: Args, settings: Args): NodeId {
  const { build } = cx;
  const x = args.tensor('input');
  const shape = build.shape(x);
  const size = settings.int('size');
  if (shape.length < 3)
    throw new PythonError('ValueError', `Expected 3D or higher dimensionality input (got ${shape.length} dimensions)`);
  if (shape.includes(0)) return x;
  // Channels and what follows as an image of one channel, so that the window runs over channels alone.
  const flat = build.reshape(build.square(x), [dimAt(shape, 0), 1, dimAt(shape, 1), D.product(shape.slice(2))]);
  const means = build.emit(
    'reduce_window',
    {
      how: 'mean',
      window: [size, 1],
      stride: [1, 1],
      padding: [
        [Math.floor(size / 2), Math.floor((size - 1) / 2)],
        [0, 0],
      ],
      dilation: [1, 1],
      ceil: false,
      countPadding: true,
    },
    [flat],
  );
  const scaled = build.scale(build.reshape(means, shape), settings.number('alpha', 1e-4));
  const base = build.add(scaled, build.scalar(settings.number('k', 1), scaled));
  return build.div(x, build.binary('pow', base, build.scalar(settings.number('beta', 0.75), base)));
}

function setAffine(
  cx: Context,
  module: ModuleSelf,
  settings: Args,
  shape: Shape,
  wanted: { readonly weight: boolean; readonly bias: boolean },
): void {
  const make = weightMaker(cx, module, settings);
  make('weight', wanted.weight ? shape : null, { kind: 'full', value: 1 });
  make('bias', wanted.bias ? shape : null, { kind: 'full', value: 0 });
}

function setRunning(cx: Context, module: ModuleSelf, settings: Args, channels: Dim, tracked: boolean): void {
  const dtype = settings.dtype('dtype', 'float32');
  const buffer = (name: string, value: number): void => {
    if (tracked)
      setBuffer(cx, module, name, tensor(cx.build.parameter(name, [channels], { kind: 'full', value }, dtype)));
    else cx.setAttribute(module, name, none);
  };
  buffer('running_mean', 0);
  buffer('running_var', 1);
  if (tracked) setBuffer(cx, module, 'num_batches_tracked', tensor(cx.build.full([], 0, 'int64')));
}

function requireRank(cx: Context, x: NodeId, ranks: readonly number[]): void {
  const rank = cx.build.rank(x);
  if (!ranks.includes(rank))
    throw new PythonError(
      'ValueError',
      `expected ${ranks.map((r) => `${r}D`).join(' or ')} input (got ${rank}D input)`,
    );
}

/** A batch norm for inputs of these ranks. */
function batchNormLayer(name: string, ranks: readonly number[]): Layer {
  return {
    name,
    settings:
      'num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None, *, bias=True',
    make: (cx, module, settings) => {
      const channels = settings.dim('num_features');
      const isAffine = settings.bool('affine', true);
      setAffine(cx, module, settings, [channels], { weight: isAffine, bias: isAffine && settings.bool('bias', true) });
      setRunning(cx, module, settings, channels, settings.bool('track_running_stats', true));
    },
    forward: (cx, args, own, module) => {
      const x = args.tensor('input');
      requireRank(cx, x, ranks);
      const state = stateIn(own);
      const stored = state.mean !== null && state.variance !== null;
      const training = isTraining(cx, module);
      // Told so later, a layer in training leaves what it has stored alone.
      const updates = training && stored && own.bool('track_running_stats', true);
      // What is not traced may have put it into evaluation mode.
      const isSure = !cx.mayHave(module);
      const count = updates && isSure ? own.optionalTensor('num_batches_tracked') : null;
      if (count !== null) requireOwnCount(cx, module, count);
      const used = training && !(updates && isSure) ? { ...state, mean: null, variance: null } : state;
      return batchNorm(cx, x, used, !stored || training, scalarOf(cx, own, 'eps', 1e-5, x), module);
    },
  };
}

/** An instance norm; one sample alone may come without its axis. */
function instanceNormLayer(name: string, rank: number): Layer {
  return {
    name,
    settings:
      'num_features, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None, *, bias=True',
    make: (cx, module, settings) => {
      const channels = settings.dim('num_features');
      const isAffine = settings.bool('affine', false);
      setAffine(cx, module, settings, [channels], { weight: isAffine, bias: isAffine && settings.bool('bias', true) });
      setRunning(cx, module, settings, channels, settings.bool('track_running_stats', false));
    },
    forward: (cx, args, own, module) => {
      const x = args.tensor('input');
      const { build } = cx;
      requireRank(cx, x, [rank - 1, rank]);
      const state = stateIn(own);
      const isWhole = build.rank(x) === rank;
      const channels = dimAt(build.shape(x), isWhole ? 1 : 0);
      // A layer without weights only warns of other channels than it was told.
      if (own.bool('affine', false)) {
        const told = own.dim('num_features');
        requireEqual(channels, told, () => `${name} of ${D.show(told)} channels got ${showShape(build.shape(x))}`);
      }
      const ownStatistics = state.mean === null || isTraining(cx, module);
      const whole = isWhole ? x : build.expandDims(x, 0);
      const result = instanceNorm(cx, whole, state, ownStatistics, scalarOf(cx, own, 'eps', 1e-5, x), module);
      return isWhole ? result : build.dropAxis(result, 0);
    },
  };
}

const batchNorms = [
  batchNormLayer('BatchNorm1d', [2, 3]),
  batchNormLayer('BatchNorm2d', [4]),
  batchNormLayer('BatchNorm3d', [5]),
];

const instanceNorms = [
  instanceNormLayer('InstanceNorm1d', 3),
  instanceNormLayer('InstanceNorm2d', 4),
  instanceNormLayer('InstanceNorm3d', 5),
];

const layers: readonly Layer[] = [
  ...batchNorms,
  ...batchNorms.map((layer) => lazy(layer, 'num_features', () => 1)),
  { ...batchNormLayer('SyncBatchNorm', [2, 3, 4, 5]) },
  ...instanceNorms,
  ...instanceNorms.map((layer) =>
    // Lazy ones have weights and statistics unless they are told not to.
    lazy({ ...layer, settings: layer.settings.replaceAll('False', 'True') }, 'num_features', () => 1),
  ),
  {
    name: 'LayerNorm',
    settings: 'normalized_shape, eps=1e-05, elementwise_affine=True, bias=True, device=None, dtype=None',
    make: (cx, module, settings) => {
      const wanted = settings.bool('elementwise_affine', true);
      const bias = wanted && settings.bool('bias', true);
      setAffine(cx, module, settings, settings.shape('normalized_shape'), { weight: wanted, bias });
    },
    forward: (cx, args, own) => layerNorm(cx, args, own),
  },
  {
    name: 'RMSNorm',
    settings: 'normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None',
    inputs: 'input|x',
    make: (cx, module, settings) => {
      const shape = settings.bool('elementwise_affine', true) ? settings.shape('normalized_shape') : null;
      weightMaker(cx, module, settings)('weight', shape, { kind: 'full', value: 1 });
    },
    forward: (cx, args, own) => rmsNorm(cx, args, own),
  },
  {
    name: 'GroupNorm',
    settings: 'num_groups, num_channels, eps=1e-05, affine=True, device=None, dtype=None, *, bias=True',
    make: (cx, module, settings) => {
      const [groups, channels] = [settings.int('num_groups'), settings.dim('num_channels')];
      if (D.isKnown(channels) && (groups === 0 || channels % groups !== 0))
        throw new PythonError('ValueError', `num_channels (${channels}) must be divisible by num_groups (${groups})`);
      const isAffine = settings.bool('affine', true);
      setAffine(cx, module, settings, [channels], { weight: isAffine, bias: isAffine && settings.bool('bias', true) });
    },
    forward: (cx, args, own) =>
      groupNorm(
        cx,
        requireGroups(cx, args.tensor('input'), own.int('num_groups')),
        own.int('num_groups'),
        stateIn(own),
        scalarOf(cx, own, 'eps', 1e-5, args.tensor('input')),
      ),
  },
  {
    name: 'LocalResponseNorm',
    settings: 'size, alpha=0.0001, beta=0.75, k=1.0',
    forward: (cx, args, own) => localResponseNorm(cx, args, own),
  },
  {
    name: 'CrossMapLRN2d',
    settings: 'size, alpha=0.0001, beta=0.75, k=1',
    forward: (cx, args, own) => {
      const rank = cx.build.rank(args.tensor('input'));
      if (rank !== 4)
        throw new PythonError('ValueError', `CrossMapLRN2d: Expected input to be 4D, got ${rank}D instead.`);
      return localResponseNorm(cx, args, own);
    },
  },
];

export const normalizationLayers: readonly (ClassValue | NativeValue)[] = [
  ...layers.map(layerClass),
  native('torch.nn.SyncBatchNorm.convert_sync_batchnorm', '(module, process_group=None)', (_cx, args) =>
    args.value('module'),
  ),
  op(
    'torch.nn.functional.batch_norm',
    '(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-05)',
    (cx, args) =>
      batchNorm(
        cx,
        args.tensor('input'),
        stateIn(args),
        args.bool('training', false),
        scalarOf(cx, args, 'eps', 1e-5, args.tensor('input')),
      ),
  ),
  op(
    'torch.nn.functional.instance_norm',
    '(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-05)',
    (cx, args) =>
      instanceNorm(
        cx,
        args.tensor('input'),
        stateIn(args),
        args.bool('use_input_stats', true),
        scalarOf(cx, args, 'eps', 1e-5, args.tensor('input')),
      ),
  ),
  op('torch.nn.functional.layer_norm', '(input, normalized_shape, weight=None, bias=None, eps=1e-05)', (cx, args) => {
    if (args.value('normalized_shape').kind === 'int')
      throw new PythonError('TypeError', "layer_norm(): argument 'normalized_shape' must be tuple of ints, not int");
    return layerNorm(cx, args, args);
  }),
  op('torch.nn.functional.rms_norm', '(input, normalized_shape, weight=None, eps=None)', (cx, args) =>
    rmsNorm(cx, args, args),
  ),
  op('torch.nn.functional.group_norm', '(input, num_groups, weight=None, bias=None, eps=1e-05)', (cx, args) =>
    groupNorm(
      cx,
      requireGroups(cx, args.tensor('input'), args.int('num_groups')),
      args.int('num_groups'),
      stateIn(args),
      scalarOf(cx, args, 'eps', 1e-5, args.tensor('input')),
    ),
  ),
  op('torch.group_norm', '(input, num_groups, weight=None, bias=None, eps=1e-05, cudnn_enabled=True)', (cx, args) =>
    groupNorm(
      cx,
      args.tensor('input'),
      args.int('num_groups'),
      stateIn(args),
      scalarOf(cx, args, 'eps', 1e-5, args.tensor('input')),
    ),
  ),
  op(
    'torch.batch_norm',
    '(input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled)',
    (cx, args) =>
      batchNorm(
        cx,
        args.tensor('input'),
        stateIn(args),
        args.bool('training'),
        scalarOf(cx, args, 'eps', 1e-5, args.tensor('input')),
      ),
  ),
  op('torch.nn.functional.local_response_norm', '(input, size, alpha=0.0001, beta=0.75, k=1.0)', (cx, args) =>
    localResponseNorm(cx, args, args),
  ),
];
