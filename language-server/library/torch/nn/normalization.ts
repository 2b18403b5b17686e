import type { Dim } from '../../../graph/dim.ts';
import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import { dimAt, requireEqual, type Shape, ShapeError, showShape } from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import { type Context, PythonError } from '../../context.ts';
import { libraryClass, native, op } from '../../define.ts';
import { type ClassValue, none, tensor } from '../../values.ts';
import { isTraining, type ModuleSelf, moduleClass, optionalWeight, self, setParameter } from './module.ts';

/** Normalization (https://docs.pytorch.org/docs/stable/nn.html#normalization-layers). */

/** (x - mean) / sqrt(variance + eps) over some axes. */
function standardized(cx: Context, x: NodeId, axes: readonly number[], eps: number): NodeId {
  const { build } = cx;
  const centred = build.sub(x, build.mean(x, axes, true));
  return scaledBy(cx, centred, build.mean(build.square(centred), axes, true), eps);
}

function scaledBy(cx: Context, centred: NodeId, variance: NodeId, eps: number): NodeId {
  const { build } = cx;
  return build.mul(centred, build.unary('rsqrt', build.add(variance, build.scalar(eps, variance))));
}

/** A vector of channels, placed along one axis. */
function along(cx: Context, vector: NodeId, rank: number, axis: number): NodeId {
  const [count = 1] = cx.build.shape(vector);
  return cx.build.reshape(
    vector,
    Array.from({ length: rank }, (_, k) => (k === axis ? count : 1)),
  );
}

function affine(cx: Context, x: NodeId, weight: NodeId | null, bias: NodeId | null, axis: number): NodeId {
  const { build } = cx;
  const rank = build.rank(x);
  const scaled = weight === null ? x : build.mul(x, along(cx, weight, rank, axis));
  return bias === null ? scaled : build.add(scaled, along(cx, bias, rank, axis));
}

function others(rank: number, ...kept: readonly number[]): readonly number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !kept.includes(axis));
}

interface Statistics {
  readonly mean: NodeId;
  readonly variance: NodeId;
}

/** With the statistics of the batch, which tie its samples together, or with stored ones, which do not. */
function batchNorm(
  cx: Context,
  x: NodeId,
  stored: Statistics | null,
  weight: NodeId | null,
  bias: NodeId | null,
  eps: number,
): NodeId {
  const { build } = cx;
  const rank = build.rank(x);
  if (stored !== null) {
    const centred = build.sub(x, along(cx, stored.mean, rank, 1));
    return affine(cx, scaledBy(cx, centred, along(cx, stored.variance, rank, 1), eps), weight, bias, 1);
  }
  const values = D.product(others(rank, 1).map((axis) => dimAt(build.shape(x), axis)));
  if (values === 1)
    throw new PythonError(
      'ValueError',
      `Expected more than 1 value per channel when training, got input size ${showShape(build.shape(x))}`,
    );
  return affine(cx, standardized(cx, x, others(rank, 1), eps), weight, bias, 1);
}

function requireChannels(cx: Context, x: NodeId, axis: number, channels: Dim, what: string): void {
  const shape = cx.build.shape(x);
  requireEqual(
    dimAt(shape, axis),
    channels,
    () =>
      `${what} of ${D.show(channels)} channels got ${showShape(shape)}, which has ${D.show(dimAt(shape, axis))} along axis ${axis}`,
  );
}

function setAffine(cx: Context, module: ModuleSelf, shape: Shape, hasWeight: boolean, hasBias: boolean): void {
  if (hasWeight) setParameter(cx, module, 'weight', shape, { kind: 'full', value: 1 });
  else cx.setAttribute(module, 'weight', none);
  if (hasBias) setParameter(cx, module, 'bias', shape, { kind: 'full', value: 0 });
  else cx.setAttribute(module, 'bias', none);
}

function setRunning(cx: Context, module: ModuleSelf, channels: Dim, tracked: boolean): void {
  const buffer = (name: string, value: number): void =>
    cx.setAttribute(
      module,
      name,
      tracked ? tensor(cx.build.parameter(name, [channels], { kind: 'full', value })) : none,
    );
  buffer('running_mean', 0);
  buffer('running_var', 1);
}

function runningOf(cx: Context, module: ModuleSelf): Statistics | null {
  const [mean, variance] = [optionalWeight(cx, module, 'running_mean'), optionalWeight(cx, module, 'running_var')];
  return mean === null || variance === null ? null : { mean, variance };
}

/** A batch norm for inputs of these ranks. */
function batchNormLayer(name: string, ranks: readonly number[]): ClassValue {
  return libraryClass(
    `torch.nn.${name}`,
    [moduleClass],
    [
      native(
        '__init__',
        '(self, num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None)',
        (cx, args) => {
          const module = self(args);
          const channels = args.dim('num_features');
          const isAffine = args.bool('affine', true);
          setAffine(cx, module, [channels], isAffine, isAffine);
          setRunning(cx, module, channels, args.bool('track_running_stats', true));
          cx.setAttribute(module, 'num_features', { kind: 'int', value: channels });
          cx.setAttribute(module, 'eps', { kind: 'float', value: args.number('eps', 1e-5) });
          return none;
        },
      ),
      op('forward', '(self, input)', (cx, args) => {
        const [module, x] = [self(args), args.tensor('input')];
        const rank = cx.build.rank(x);
        if (!ranks.includes(rank))
          throw new PythonError(
            'ValueError',
            `expected ${ranks.map((r) => `${r}D`).join(' or ')} input (got ${rank}D input)`,
          );
        const channels = cx.attribute(module, 'num_features');
        if (channels?.kind === 'int') requireChannels(cx, x, 1, channels.value, name);
        const running = runningOf(cx, module);
        const stored = running === null || isTraining(cx, module) ? null : running;
        const [weight, bias] = [optionalWeight(cx, module, 'weight'), optionalWeight(cx, module, 'bias')];
        return batchNorm(cx, x, stored, weight, bias, epsOf(cx, module, 1e-5));
      }),
    ],
  );
}

function epsOf(cx: Context, module: ModuleSelf, otherwise: number): number {
  const eps = cx.attribute(module, 'eps');
  return eps?.kind === 'float' && eps.value !== null ? eps.value : otherwise;
}

/** The last axes, which must have the normalized shape. */
function trailing(cx: Context, x: NodeId, shape: Shape, name: string): readonly number[] {
  const own = cx.build.shape(x);
  const start = own.length - shape.length;
  const fits = (): string => `${name} over ${showShape(shape)} got ${showShape(own)}`;
  if (start < 0) throw new ShapeError(fits());
  shape.forEach((dim, k) => {
    requireEqual(dimAt(own, start + k), dim, fits);
  });
  return shape.map((_, k) => start + k);
}

function layerNorm(
  cx: Context,
  x: NodeId,
  shape: Shape,
  weight: NodeId | null,
  bias: NodeId | null,
  eps: number,
): NodeId {
  const { build } = cx;
  const result = standardized(cx, x, trailing(cx, x, shape, 'layer_norm'), eps);
  const scaled = weight === null ? result : build.mul(result, weight);
  return bias === null ? scaled : build.add(scaled, bias);
}

function rmsNorm(cx: Context, x: NodeId, shape: Shape, weight: NodeId | null, eps: number | null): NodeId {
  const { build } = cx;
  const variance = build.mean(build.square(x), trailing(cx, x, shape, 'rms_norm'), true);
  const result = scaledBy(cx, x, variance, eps ?? 1.1920928955078125e-7);
  return weight === null ? result : build.mul(result, weight);
}

function groupNorm(
  cx: Context,
  x: NodeId,
  groups: number,
  weight: NodeId | null,
  bias: NodeId | null,
  eps: number,
): NodeId {
  const { build } = cx;
  const shape = build.shape(x);
  if (shape.length < 2) throw new ShapeError(`group_norm needs samples and channels, not ${showShape(shape)}`);
  const size = D.exactQuotient(dimAt(shape, 1), groups);
  if (size === null)
    throw new ShapeError(
      `${D.show(dimAt(shape, 1))} channels of ${showShape(shape)} cannot be put into ${groups} groups`,
    );
  const grouped = build.reshape(x, [dimAt(shape, 0), groups, size, ...shape.slice(2)]);
  const result = build.reshape(standardized(cx, grouped, others(shape.length + 1, 0, 1), eps), shape);
  return affine(cx, result, weight, bias, 1);
}

/** An instance norm: each channel of each sample by itself; one sample alone may come without its axis. */
function instanceNormLayer(name: string, rank: number): ClassValue {
  return libraryClass(
    `torch.nn.${name}`,
    [moduleClass],
    [
      native(
        '__init__',
        '(self, num_features, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None)',
        (cx, args) => {
          const module = self(args);
          const channels = args.dim('num_features');
          const isAffine = args.bool('affine', false);
          setAffine(cx, module, [channels], isAffine, isAffine);
          setRunning(cx, module, channels, args.bool('track_running_stats', false));
          cx.setAttribute(module, 'eps', { kind: 'float', value: args.number('eps', 1e-5) });
          return none;
        },
      ),
      op('forward', '(self, input)', (cx, args) => {
        const [module, x] = [self(args), args.tensor('input')];
        const { build } = cx;
        const own = build.rank(x);
        if (own !== rank && own !== rank - 1)
          throw new PythonError('ValueError', `expected ${rank - 1}D or ${rank}D input (got ${own}D input)`);
        const whole = own === rank ? x : build.expandDims(x, 0);
        const running = runningOf(cx, module);
        const [weight, bias] = [optionalWeight(cx, module, 'weight'), optionalWeight(cx, module, 'bias')];
        const eps = epsOf(cx, module, 1e-5);
        const result =
          running !== null && !isTraining(cx, module)
            ? batchNorm(cx, whole, running, weight, bias, eps)
            : affine(cx, standardized(cx, whole, others(rank, 0, 1), eps), weight, bias, 1);
        return own === rank ? result : build.dropAxis(result, 0);
      }),
    ],
  );
}

function normalizedShape(args: Args): Shape {
  return args.shape('normalized_shape');
}

export const normalizationLayers = [
  batchNormLayer('BatchNorm1d', [2, 3]),
  batchNormLayer('BatchNorm2d', [4]),
  batchNormLayer('BatchNorm3d', [5]),
  instanceNormLayer('InstanceNorm1d', 3),
  instanceNormLayer('InstanceNorm2d', 4),
  instanceNormLayer('InstanceNorm3d', 5),
  op(
    'torch.nn.functional.batch_norm',
    '(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-05)',
    (cx, args) => {
      const [mean, variance] = [args.optionalTensor('running_mean'), args.optionalTensor('running_var')];
      const stored = args.bool('training', false) || mean === null || variance === null ? null : { mean, variance };
      const [weight, bias] = [args.optionalTensor('weight'), args.optionalTensor('bias')];
      return batchNorm(cx, args.tensor('input'), stored, weight, bias, args.number('eps', 1e-5));
    },
  ),
  op('torch.nn.functional.layer_norm', '(input, normalized_shape, weight=None, bias=None, eps=1e-05)', (cx, args) =>
    layerNorm(
      cx,
      args.tensor('input'),
      normalizedShape(args),
      args.optionalTensor('weight'),
      args.optionalTensor('bias'),
      args.number('eps', 1e-5),
    ),
  ),
  op('torch.nn.functional.rms_norm', '(input, normalized_shape, weight=None, eps=None)', (cx, args) =>
    rmsNorm(
      cx,
      args.tensor('input'),
      normalizedShape(args),
      args.optionalTensor('weight'),
      args.optional('eps') === null ? null : args.number('eps'),
    ),
  ),
  op('torch.nn.functional.group_norm', '(input, num_groups, weight=None, bias=None, eps=1e-05)', (cx, args) =>
    groupNorm(
      cx,
      args.tensor('input'),
      args.int('num_groups'),
      args.optionalTensor('weight'),
      args.optionalTensor('bias'),
      args.number('eps', 1e-5),
    ),
  ),
  libraryClass(
    'torch.nn.LayerNorm',
    [moduleClass],
    [
      native(
        '__init__',
        '(self, normalized_shape, eps=1e-05, elementwise_affine=True, bias=True, device=None, dtype=None)',
        (cx, args) => {
          const module = self(args);
          const isAffine = args.bool('elementwise_affine', true);
          setAffine(cx, module, normalizedShape(args), isAffine, isAffine && args.bool('bias', true));
          cx.setAttribute(module, 'normalized_shape', args.value('normalized_shape'));
          cx.setAttribute(module, 'eps', { kind: 'float', value: args.number('eps', 1e-5) });
          return none;
        },
      ),
      op('forward', '(self, input)', (cx, args) => {
        const module = self(args);
        const shape = cx.attribute(module, 'normalized_shape');
        const dims = shape?.kind === 'int' ? [shape.value] : shapeFrom(cx, shape);
        const [weight, bias] = [optionalWeight(cx, module, 'weight'), optionalWeight(cx, module, 'bias')];
        return layerNorm(cx, args.tensor('input'), dims, weight, bias, epsOf(cx, module, 1e-5));
      }),
    ],
  ),
  libraryClass(
    'torch.nn.RMSNorm',
    [moduleClass],
    [
      native(
        '__init__',
        '(self, normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None)',
        (cx, args) => {
          const module = self(args);
          setAffine(cx, module, normalizedShape(args), args.bool('elementwise_affine', true), false);
          cx.setAttribute(module, 'normalized_shape', args.value('normalized_shape'));
          if (args.optional('eps') !== null)
            cx.setAttribute(module, 'eps', { kind: 'float', value: args.number('eps') });
          return none;
        },
      ),
      op('forward', '(self, input)', (cx, args) => {
        const module = self(args);
        const shape = cx.attribute(module, 'normalized_shape');
        const dims = shape?.kind === 'int' ? [shape.value] : shapeFrom(cx, shape);
        const eps = cx.attribute(module, 'eps');
        return rmsNorm(
          cx,
          args.tensor('input'),
          dims,
          optionalWeight(cx, module, 'weight'),
          eps?.kind === 'float' ? eps.value : null,
        );
      }),
    ],
  ),
  libraryClass(
    'torch.nn.GroupNorm',
    [moduleClass],
    [
      native(
        '__init__',
        '(self, num_groups, num_channels, eps=1e-05, affine=True, device=None, dtype=None)',
        (cx, args) => {
          const module = self(args);
          const [groups, channels] = [args.int('num_groups'), args.dim('num_channels')];
          if (D.isKnown(channels) && channels % groups !== 0)
            throw new PythonError('ValueError', 'num_channels must be divisible by num_groups');
          const isAffine = args.bool('affine', true);
          setAffine(cx, module, [channels], isAffine, isAffine);
          cx.setAttribute(module, 'num_groups', { kind: 'int', value: groups });
          cx.setAttribute(module, 'num_channels', { kind: 'int', value: channels });
          cx.setAttribute(module, 'eps', { kind: 'float', value: args.number('eps', 1e-5) });
          return none;
        },
      ),
      op('forward', '(self, input)', (cx, args) => {
        const [module, x] = [self(args), args.tensor('input')];
        const [groups, channels] = [cx.attribute(module, 'num_groups'), cx.attribute(module, 'num_channels')];
        if (channels?.kind === 'int' && cx.build.rank(x) > 1) requireChannels(cx, x, 1, channels.value, 'GroupNorm');
        const count = groups?.kind === 'int' && D.isKnown(groups.value) ? groups.value : 1;
        const [weight, bias] = [optionalWeight(cx, module, 'weight'), optionalWeight(cx, module, 'bias')];
        return groupNorm(cx, x, count, weight, bias, epsOf(cx, module, 1e-5));
      }),
    ],
  ),
];

function shapeFrom(cx: Context, value: ReturnType<Context['attribute']>): Shape {
  if (value === null) return [];
  return cx.items(value).flatMap((item) => (item.kind === 'int' ? [item.value] : []));
}
