import type { Dim } from '../../../graph/dim.ts';
import * as D from '../../../graph/dim.ts';
import { type NodeId, nodeAt } from '../../../graph/graph.ts';
import type { Initializer } from '../../../graph/primitives/leaves.ts';
import { dimAt, type Shape, showShape } from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { native } from '../../define.ts';
import { float, int, type NativeValue, type TensorValue, type Value } from '../../values.ts';
import { drawn } from '../under-vmap.ts';
import { isParameter } from './module.ts';

/** torch.nn.init (https://docs.pytorch.org/docs/stable/nn.init.html): a tensor filled in place, and given back. */

/** The tensor, filled anew: a weight stays one, which starts in another way. */
export function refilled(cx: Context, target: TensorValue, init: Initializer): TensorValue {
  const { build } = cx;
  const { op, aval } = nodeAt(build, target.node);
  const fresh = (): NodeId => {
    if (isParameter(target))
      return build.parameter(op.name === 'parameter' ? op.params.name : 'parameter', aval.shape, init, aval.dtype);
    return init.kind === 'full'
      ? build.full(aval.shape, init.value, aval.dtype)
      : drawn(cx, aval.shape, init, aval.dtype, { kind: 'into', nodes: [target.node] });
  };
  cx.assignInPlace(target, fresh());
  return target;
}

interface Fans {
  readonly into: Dim;
  readonly out: Dim;
}

function fansOf(shape: Shape): Fans {
  if (shape.length < 2)
    throw new PythonError(
      'ValueError',
      `Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, not for ${showShape(shape)}`,
    );
  const field = D.product(shape.slice(2));
  return { into: D.mul(dimAt(shape, 1), field), out: D.mul(dimAt(shape, 0), field) };
}

/** A size as a number; one that is known by name only counts as 1, as elsewhere for weights. */
function counted(dim: Dim): number {
  return D.isKnown(dim) && dim > 0 ? dim : 1;
}

const gains: Readonly<Record<string, number>> = {
  linear: 1,
  conv1d: 1,
  conv2d: 1,
  conv3d: 1,
  conv_transpose1d: 1,
  conv_transpose2d: 1,
  conv_transpose3d: 1,
  sigmoid: 1,
  tanh: 5 / 3,
  relu: Math.SQRT2,
  selu: 3 / 4,
};

function gainOf(name: string, slope: number): number {
  if (name === 'leaky_relu') return Math.sqrt(2 / (1 + slope ** 2));
  const gain = gains[name];
  if (gain === undefined) throw new PythonError('ValueError', `Unsupported nonlinearity ${name}`);
  return gain;
}

const uniform = (bound: number): Initializer => ({ kind: 'uniform', low: -bound, high: bound });
const normal = (std: number): Initializer => ({ kind: 'normal', mean: 0, std });

function xavierSpread(shape: Shape, args: Args): number {
  const { into, out } = fansOf(shape);
  return args.number('gain', 1) * Math.sqrt(2 / (counted(into) + counted(out)));
}

function kaimingSpread(shape: Shape, args: Args): number | null {
  // Without elements nothing is done.
  if (shape.includes(0)) return null;
  const mode = args.string('mode', 'fan_in').toLowerCase();
  if (mode !== 'fan_in' && mode !== 'fan_out')
    throw new PythonError('ValueError', `Mode ${mode} not supported, please use one of fan_in, fan_out`);
  const { into, out } = fansOf(shape);
  const gain = gainOf(args.string('nonlinearity', 'leaky_relu'), args.number('a', 0));
  return gain / Math.sqrt(counted(mode === 'fan_in' ? into : out));
}

/** The spread of normal numbers of which those outside of the bounds are drawn again. */
function truncatedSpread(mean: number, std: number, low: number, high: number): number {
  const [a, b] = [(low - mean) / std, (high - mean) / std];
  const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  const below = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;
  const mass = below(b) - below(a);
  if (!(mass > 0)) return std;
  const edge = (x: number): number => (Number.isFinite(x) ? x * density(x) : 0);
  const shift = (density(a) - density(b)) / mass;
  return std * Math.sqrt(Math.max(0, 1 + (edge(a) - edge(b)) / mass - shift ** 2));
}

/** Abramowitz and Stegun 7.1.26, good to 1e-7. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const poly = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(x) * (1 - poly * Math.exp(-x * x));
}

function requireRank(shape: Shape, ranks: readonly number[], least = false): void {
  const fits = least ? shape.length >= (ranks[0] ?? 0) : ranks.includes(shape.length);
  if (!fits)
    throw new PythonError(
      'ValueError',
      `Only tensors with ${ranks.join(', ')}${least ? ' or more' : ''} dimensions are supported`,
    );
}

/**
 * The spread of the elements of a matrix whose rows or columns are orthonormal. They are drawn as normal numbers of
 * that spread: of a distribution of matrices only the elements' own is followed.
 */
export function orthogonalInit(shape: Shape, gain: number): Initializer {
  const rows = dimAt(shape, 0);
  const columns = D.product(shape.slice(1));
  return normal(gain / Math.sqrt(Math.max(counted(rows), counted(columns))));
}

/** Ones that hand each channel on to itself, in the middle of the window. */
function dirac(cx: Context, shape: Shape, groups: number, dtype: 'float32' | 'float64'): NodeId {
  const sizes = shape.map((dim) => {
    if (!D.isKnown(dim)) throw new Unknowable(`the size ${D.show(dim)} is not known`);
    return dim;
  });
  const [out = 1, into = 1, ...window] = sizes;
  if (out % groups !== 0) throw new PythonError('ValueError', 'dim 0 must be divisible by groups');
  const places = window.reduce((a, b) => a * b, 1);
  const middle = window.reduce((at, n) => at * n + Math.floor(n / 2), 0);
  const values = Array.from({ length: out * into * places }, () => 0);
  const perGroup = out / groups;
  for (let group = 0; group < groups; group++) {
    for (let k = 0; k < Math.min(perGroup, into); k++)
      values[((group * perGroup + k) * into + k) * places + middle] = 1;
  }
  return cx.build.emit('literal', { values, shape, dtype });
}

interface Filling {
  readonly name: string;
  readonly parameters: string;
  /** How the tensor starts; null where it is left as it is. */
  readonly init: (cx: Context, shape: Shape, args: Args) => Initializer | null;
}

const fillings: readonly Filling[] = [
  {
    name: 'uniform',
    parameters: 'a=0.0, b=1.0, generator=None',
    init: (_cx, _shape, args) => ({ kind: 'uniform', low: args.number('a', 0), high: args.number('b', 1) }),
  },
  {
    name: 'normal',
    parameters: 'mean=0.0, std=1.0, generator=None',
    init: (_cx, _shape, args) => ({ kind: 'normal', mean: args.number('mean', 0), std: args.number('std', 1) }),
  },
  {
    name: 'trunc_normal',
    parameters: 'mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None',
    init: (_cx, _shape, args) => {
      const [mean, std] = [args.number('mean', 0), args.number('std', 1)];
      return { kind: 'normal', mean, std: truncatedSpread(mean, std, args.number('a', -2), args.number('b', 2)) };
    },
  },
  {
    name: 'constant',
    parameters: 'val',
    init: (_cx, _shape, args) => ({ kind: 'full', value: args.number('val') }),
  },
  { name: 'ones', parameters: '', init: () => ({ kind: 'full', value: 1 }) },
  { name: 'zeros', parameters: '', init: () => ({ kind: 'full', value: 0 }) },
  {
    name: 'xavier_uniform',
    parameters: 'gain=1.0, generator=None',
    init: (_cx, shape, args) => uniform(Math.sqrt(3) * xavierSpread(shape, args)),
  },
  {
    name: 'xavier_normal',
    parameters: 'gain=1.0, generator=None',
    init: (_cx, shape, args) => normal(xavierSpread(shape, args)),
  },
  {
    name: 'kaiming_uniform',
    parameters: "a=0, mode='fan_in', nonlinearity='leaky_relu', generator=None",
    init: (_cx, shape, args) => {
      const spread = kaimingSpread(shape, args);
      return spread === null ? null : uniform(Math.sqrt(3) * spread);
    },
  },
  {
    name: 'kaiming_normal',
    parameters: "a=0, mode='fan_in', nonlinearity='leaky_relu', generator=None",
    init: (_cx, shape, args) => {
      const spread = kaimingSpread(shape, args);
      return spread === null ? null : normal(spread);
    },
  },
  {
    name: 'orthogonal',
    parameters: 'gain=1, generator=None',
    init: (_cx, shape, args) => {
      requireRank(shape, [2], true);
      return shape.includes(0) ? null : orthogonalInit(shape, args.number('gain', 1));
    },
  },
  {
    name: 'sparse',
    parameters: 'sparsity, std=0.01, generator=None',
    init: (_cx, shape, args) => {
      requireRank(shape, [2]);
      // Zeros among normal numbers: as many numbers of the same spread over all.
      const kept = Math.max(0, 1 - args.number('sparsity'));
      return normal(args.number('std', 0.01) * Math.sqrt(kept));
    },
  },
];

/** The function with `_` behind its name, and the older one without. */
function fillingFunctions({ name, parameters, init }: Filling): readonly NativeValue[] {
  const text = `(tensor${parameters === '' ? '' : `, ${parameters}`})`;
  const rule = (cx: Context, args: Args): Value => {
    const target = args.tensorValue('tensor');
    const how = init(cx, cx.build.shape(target.node), args);
    return how === null ? target : refilled(cx, target, how);
  };
  const names = name === 'ones' || name === 'zeros' || name === 'trunc_normal' ? [`${name}_`] : [`${name}_`, name];
  return names.map((own) => native(`torch.nn.init.${own}`, text, rule));
}

function replaced(cx: Context, args: Args, make: (shape: Shape, dtype: 'float32' | 'float64') => NodeId): Value {
  const target = args.tensorValue('tensor');
  const { shape, dtype } = cx.build.aval(target.node);
  const node = make(shape, dtype === 'float64' ? 'float64' : 'float32');
  cx.assignInPlace(target, cx.build.convert(node, dtype));
  return target;
}

export const initFunctions: readonly NativeValue[] = [
  ...fillings.flatMap(fillingFunctions),
  ...['eye_', 'eye'].map((name) =>
    native(`torch.nn.init.${name}`, '(tensor)', (cx, args) =>
      replaced(cx, args, (shape, dtype) => {
        requireRank(shape, [2]);
        return cx.build.emit('eye', { shape, dtype });
      }),
    ),
  ),
  ...['dirac_', 'dirac'].map((name) =>
    native(`torch.nn.init.${name}`, '(tensor, groups=1)', (cx, args) =>
      replaced(cx, args, (shape, dtype) => {
        requireRank(shape, [3, 4, 5]);
        return dirac(cx, shape, args.int('groups', 1), dtype);
      }),
    ),
  ),
  native('torch.nn.init.calculate_gain', '(nonlinearity, param=None)', (_cx, args) =>
    float(gainOf(args.string('nonlinearity'), args.number('param', 0.01))),
  ),
  native('torch.nn.init._calculate_fan_in_and_fan_out', '(tensor)', (cx, args) => {
    const { into, out } = fansOf(cx.build.shape(args.tensor('tensor')));
    return { kind: 'tuple', items: [int(into), int(out)], fields: null };
  }),
];
