import type { Dim } from '../../../graph/dim.ts';
import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import { dimAt, isFloating, normalAxis, requireEqual, ShapeError, showShape } from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { native, op } from '../../define.ts';
import { type ClassValue, type NativeValue, tensor, type Value } from '../../values.ts';
import { softmaxOf } from '../reductions.ts';
import { drawn, requireNoMap } from '../under-vmap.ts';
import { layerClass, scalarOf, weightMaker } from './layer.ts';
import { isTraining } from './module.ts';

/** Activations (https://docs.pytorch.org/docs/stable/nn.html#non-linear-activations-weighted-sum-nonlinearity), as layers and functions. */

interface Activation {
  /** `torch.nn.` */
  readonly layer: string | null;
  /** `torch.nn.functional.` */
  readonly fn: string | null;
  /** As PyTorch has them, without the input. */
  readonly parameters: string;
  /** Which numbers other than floating point ones it takes: none by default. */
  readonly takes?: 'integers' | 'all';
  /** Whether there is a function with `_` behind its name that writes into its input. */
  readonly inPlace?: true;
  readonly rule: (cx: Context, x: NodeId, args: Args, training: () => boolean) => NodeId;
}

const number = (cx: Context, x: NodeId, value: number): NodeId => cx.build.scalar(value, x);
const positive = (cx: Context, x: NodeId): NodeId => cx.build.unary('relu', x);

/** x between the bounds. On them the derivative is 0 already, as the library has it. */
function clamp(cx: Context, x: NodeId, low: number, high: number): NodeId {
  const { build } = cx;
  const [least, most] = [number(cx, x, low), number(cx, x, high)];
  const below = build.select(build.binary('lt', x, most), x, most);
  return build.select(build.binary('gt', x, least), below, least);
}

function leaky(cx: Context, x: NodeId, slope: NodeId): NodeId {
  const { build } = cx;
  return build.select(build.binary('gt', x, number(cx, x, 0)), x, build.mul(x, slope));
}

/** alpha * (exp(x / alpha) - 1) below zero, x above; `scaled` as CELU has it. */
function elu(cx: Context, x: NodeId, alpha: number, scaled: boolean): NodeId {
  const { build } = cx;
  const isAbove = build.binary('gt', x, number(cx, x, 0));
  // What is above stays out of the exponential, which could overflow.
  const below = build.select(isAbove, number(cx, x, 0), scaled ? build.scale(x, 1 / alpha) : x);
  return build.select(isAbove, x, build.scale(build.unary('expm1', below), alpha));
}

function gelu(cx: Context, x: NodeId, approximate: string): NodeId {
  const { build } = cx;
  const half = build.scale(x, 0.5);
  if (approximate === 'none')
    return build.mul(half, build.add(build.unary('erf', build.scale(x, Math.SQRT1_2)), number(cx, x, 1)));
  const cube = build.mul(build.square(x), x);
  const inner = build.scale(build.add(x, build.scale(cube, 0.044715)), Math.sqrt(2 / Math.PI));
  return build.mul(half, build.add(build.unary('tanh', inner), number(cx, x, 1)));
}

function softplus(cx: Context, x: NodeId, beta: number, threshold: number): NodeId {
  const { build } = cx;
  const scaled = build.scale(x, beta);
  const smooth = build.scale(build.unary('softplus', scaled), 1 / beta);
  return build.select(build.binary('gt', scaled, number(cx, x, threshold)), x, smooth);
}

function shrink(cx: Context, x: NodeId, lambda: number, soft: boolean): NodeId {
  const { build } = cx;
  const zero = build.full([], 0, build.aval(x).dtype);
  const above = build.binary('gt', x, number(cx, x, lambda));
  const below = build.binary('lt', x, number(cx, x, -lambda));
  const low = build.select(below, soft ? build.add(x, number(cx, x, lambda)) : x, zero);
  return build.select(above, soft ? build.sub(x, number(cx, x, lambda)) : x, low);
}

/** The axis that `dim=None` stands for, as PyTorch's `_get_softmax_dim`. */
function softmaxAxis(cx: Context, x: NodeId, args: Args): number {
  const rank = cx.build.rank(x);
  const given = args.optional('dim');
  if (given !== null) return normalAxis(args.int('dim'), rank);
  return rank === 0 || rank === 1 || rank === 3 ? 0 : 1;
}

function softmax(cx: Context, x: NodeId, args: Args, logarithm: boolean): NodeId {
  if (cx.build.rank(x) === 0) {
    softmaxAxis(cx, x, args);
    const one = softmaxOf(cx, cx.build.reshape(x, [1]), 0, logarithm);
    return cx.build.reshape(one, []);
  }
  return softmaxOf(cx, x, softmaxAxis(cx, x, args), logarithm);
}

function glu(cx: Context, x: NodeId, dim: number): NodeId {
  const { build } = cx;
  const axis = normalAxis(dim, build.rank(x));
  const size = dimAt(build.shape(x), axis);
  const half = D.exactQuotient(size, 2);
  if (half === null && D.isKnown(size))
    throw new ShapeError(`glu halves axis ${axis} of ${showShape(build.shape(x))}, whose size is odd`);
  const middle = half ?? D.floorDiv(size, 2);
  const [a, b] = [build.sliceAxis(x, axis, 0, middle), build.sliceAxis(x, axis, middle, size)];
  return build.mul(a, build.unary('logistic', b));
}

const activations: readonly Activation[] = [
  { layer: 'ReLU', inPlace: true, takes: 'integers', fn: 'relu', parameters: 'inplace=False', rule: positive },
  { layer: 'ReLU6', takes: 'integers', fn: 'relu6', parameters: 'inplace=False', rule: (cx, x) => clamp(cx, x, 0, 6) },
  { layer: 'Sigmoid', takes: 'all', fn: 'sigmoid', parameters: '', rule: (cx, x) => cx.build.unary('logistic', x) },
  { layer: 'Tanh', takes: 'all', fn: 'tanh', parameters: '', rule: (cx, x) => cx.build.unary('tanh', x) },
  {
    layer: 'GELU',
    fn: 'gelu',
    parameters: "approximate='none'",
    rule: (cx, x, args) => gelu(cx, x, args.string('approximate', 'none')),
  },
  {
    layer: 'SiLU',
    fn: 'silu',
    parameters: 'inplace=False',
    rule: (cx, x) => cx.build.mul(x, cx.build.unary('logistic', x)),
  },
  {
    layer: 'Mish',
    fn: 'mish',
    parameters: 'inplace=False',
    rule: (cx, x) => cx.build.mul(x, cx.build.unary('tanh', cx.build.unary('softplus', x))),
  },
  {
    layer: 'Softplus',
    fn: 'softplus',
    parameters: 'beta=1, threshold=20',
    rule: (cx, x, args) => softplus(cx, x, args.number('beta', 1), args.number('threshold', 20)),
  },
  {
    layer: 'ELU',
    inPlace: true,
    fn: 'elu',
    parameters: 'alpha=1.0, inplace=False',
    rule: (cx, x, args) => elu(cx, x, args.number('alpha', 1), false),
  },
  {
    layer: 'CELU',
    inPlace: true,
    fn: 'celu',
    parameters: 'alpha=1.0, inplace=False',
    rule: (cx, x, args) => elu(cx, x, args.number('alpha', 1), true),
  },
  {
    layer: 'SELU',
    inPlace: true,
    fn: 'selu',
    parameters: 'inplace=False',
    rule: (cx, x) => cx.build.scale(elu(cx, x, 1.6732632423543772, false), 1.0507009873554805),
  },
  {
    layer: 'LeakyReLU',
    inPlace: true,
    fn: 'leaky_relu',
    parameters: 'negative_slope=0.01, inplace=False',
    rule: (cx, x, args) => leaky(cx, x, scalarOf(cx, args, 'negative_slope', 0.01, x)),
  },
  {
    layer: 'Hardtanh',
    inPlace: true,
    takes: 'integers',
    fn: 'hardtanh',
    parameters: 'min_val=-1.0, max_val=1.0, inplace=False',
    rule: (cx, x, args) => clamp(cx, x, args.number('min_val', -1), args.number('max_val', 1)),
  },
  {
    layer: 'Hardsigmoid',
    fn: 'hardsigmoid',
    parameters: 'inplace=False',
    rule: (cx, x) => cx.build.scale(clamp(cx, cx.build.add(x, number(cx, x, 3)), 0, 6), 1 / 6),
  },
  {
    layer: 'Hardswish',
    fn: 'hardswish',
    parameters: 'inplace=False',
    rule: (cx, x) => cx.build.mul(x, cx.build.scale(clamp(cx, cx.build.add(x, number(cx, x, 3)), 0, 6), 1 / 6)),
  },
  {
    layer: 'Hardshrink',
    fn: 'hardshrink',
    parameters: 'lambd=0.5',
    rule: (cx, x, args) => shrink(cx, x, args.number('lambd', 0.5), false),
  },
  {
    layer: 'Softshrink',
    fn: 'softshrink',
    parameters: 'lambd=0.5',
    rule: (cx, x, args) => shrink(cx, x, args.number('lambd', 0.5), true),
  },
  {
    layer: 'Tanhshrink',
    takes: 'integers',
    fn: 'tanhshrink',
    parameters: '',
    rule: (cx, x) => cx.build.sub(x, cx.build.unary('tanh', x)),
  },
  {
    layer: 'Softsign',
    takes: 'integers',
    fn: 'softsign',
    parameters: '',
    rule: (cx, x) => cx.build.div(x, cx.build.add(cx.build.unary('abs', x), number(cx, x, 1))),
  },
  {
    layer: 'LogSigmoid',
    fn: 'logsigmoid',
    parameters: '',
    rule: (cx, x) => cx.build.unary('neg', cx.build.unary('softplus', cx.build.unary('neg', x))),
  },
  {
    layer: 'Threshold',
    inPlace: true,
    takes: 'integers',
    fn: 'threshold',
    parameters: 'threshold, value, inplace=False',
    rule: (cx, x, args) =>
      cx.build.select(
        cx.build.binary('gt', x, number(cx, x, args.number('threshold'))),
        x,
        number(cx, x, args.number('value')),
      ),
  },
  { layer: 'GLU', fn: 'glu', parameters: 'dim=-1', rule: (cx, x, args) => glu(cx, x, args.int('dim', -1)) },
  {
    layer: 'Softmax',
    fn: 'softmax',
    parameters: 'dim=None, _stacklevel=3, dtype=None',
    rule: (cx, x, args) => softmax(cx, x, args, false),
  },
  {
    layer: 'LogSoftmax',
    fn: 'log_softmax',
    parameters: 'dim=None, _stacklevel=3, dtype=None',
    rule: (cx, x, args) => softmax(cx, x, args, true),
  },
  {
    layer: 'Softmin',
    fn: 'softmin',
    parameters: 'dim=None, _stacklevel=3, dtype=None',
    rule: (cx, x, args) => softmax(cx, cx.build.unary('neg', x), args, false),
  },
  {
    layer: 'Softmax2d',
    fn: null,
    parameters: '',
    rule: (cx, x) => {
      const rank = cx.build.rank(x);
      if (rank !== 3 && rank !== 4)
        throw new PythonError('ValueError', `Softmax2d: expected input to be 3D or 4D, got ${rank}D instead`);
      return softmaxOf(cx, x, rank - 3, false);
    },
  },
  {
    layer: 'RReLU',
    inPlace: true,
    fn: 'rrelu',
    parameters: 'lower=0.125, upper=0.3333333333333333, training=False, inplace=False',
    rule: (cx, x, args, training) =>
      randomizedLeaky(cx, x, args.number('lower', 1 / 8), args.number('upper', 1 / 3), training()),
  },
];

/** Below zero, x times a number: drawn for each element in training, the middle one else. */
function randomizedLeaky(cx: Context, x: NodeId, lower: number, upper: number, training: boolean): NodeId {
  const { build } = cx;
  requireNoMap(cx, 'aten::rrelu', x);
  if (!training) return leaky(cx, x, number(cx, x, (lower + upper) / 2));
  const { shape, dtype } = build.aval(x);
  const slope = build.random(shape, { kind: 'uniform', low: lower, high: upper }, dtype);
  return build.select(build.binary('gt', x, number(cx, x, 0)), x, build.mul(x, slope));
}

/** The result, written into the input where that is asked for. */
function applied(
  cx: Context,
  { rule, takes, fn, layer }: Activation,
  input: Args,
  settings: Args,
  training: () => boolean,
  inPlace = false,
): Value {
  const given = input.tensorValue('input');
  const { dtype } = cx.build.aval(given.node);
  const wanted = settings.dtype('dtype', dtype);
  const x = cx.build.convert(given.node, wanted);
  if (!isFloating(wanted) && takes !== 'all' && (wanted === 'bool' || takes !== 'integers')) {
    // Some look at nothing without elements, and keep the type.
    if (cx.build.shape(x).includes(0)) throw new Unknowable(`${fn ?? layer} of ${wanted} without elements`);
    throw new PythonError('RuntimeError', `${fn ?? layer} is not implemented for ${wanted}`);
  }
  const result = rule(cx, x, settings, training);
  if (!inPlace && !settings.bool('inplace', false)) return tensor(result);
  cx.assignInPlace(given, result);
  return given;
}

function functionsOf(activation: Activation): readonly NativeValue[] {
  const { fn, parameters } = activation;
  const text = parameters === '' ? '(input)' : `(input, ${parameters})`;
  if (fn === null) return [];
  const of = (name: string, inPlace: boolean): NativeValue =>
    native(`torch.nn.functional.${name}`, text, (cx, args) =>
      applied(cx, activation, args, args, () => args.bool('training', false), inPlace),
    );
  return activation.inPlace === true ? [of(fn, false), of(`${fn}_`, true)] : [of(fn, false)];
}

function layerOf(activation: Activation): readonly ClassValue[] {
  const { layer, parameters } = activation;
  if (layer === null) return [];
  // What only the function is told: the layer knows its mode, and asks for no type.
  const settings = parameters
    .split(', ')
    .filter((parameter) => !/^(training|dtype|_stacklevel)=/.test(parameter))
    .join(', ');
  return [
    layerClass({
      name: layer,
      // Those without arguments take any.
      settings: settings === '' ? '*args, **kwargs' : settings,
      forward: (cx, args, own, module) => applied(cx, activation, args, own, () => isTraining(cx, module)),
    }),
  ];
}

/** max(0, x) + weight * min(0, x), a weight for all channels (axis 1) or for each. */
function prelu(cx: Context, x: NodeId, weight: NodeId): NodeId {
  const { build } = cx;
  const rank = build.rank(x);
  const { shape } = build.aval(weight);
  if (shape.length > 1) throw new ShapeError(`prelu: the weight must be a number or a vector, not ${showShape(shape)}`);
  const [count = 1] = shape;
  const channels: Dim = rank > 1 ? dimAt(build.shape(x), 1) : 1;
  if (count !== 1)
    requireEqual(
      count,
      channels,
      () => `prelu: ${D.show(count)} weights for ${D.show(channels)} channels of ${showShape(build.shape(x))}`,
    );
  const fitted = build.reshape(
    weight,
    rank < 2 || count === 1 ? [] : build.shape(x).map((_, axis) => (axis === 1 ? count : 1)),
  );
  return build.select(build.binary('gt', x, number(cx, x, 0)), x, build.mul(fitted, x));
}

/** Draws of a category for each sample, by the Gumbel trick; hard ones pass their derivative straight through. */
function gumbelSoftmax(cx: Context, x: NodeId, tau: number, hard: boolean, axis: number): NodeId {
  const { build } = cx;
  const { shape, dtype } = build.aval(x);
  if (shape.length === 0) return build.reshape(gumbelSoftmax(cx, build.reshape(x, [1]), tau, hard, 0), []);
  const uniform = drawn(cx, shape, { kind: 'uniform', low: 0, high: 1 }, dtype, { kind: 'into', nodes: [x] });
  const noise = build.unary('neg', build.unary('log', build.unary('neg', build.unary('log', uniform))));
  const soft = softmaxOf(cx, build.scale(build.add(x, noise), 1 / tau), axis, false);
  if (!hard) return soft;
  const index = build.expandDims(build.emit('argmax', { axis }, [soft]), axis);
  const places = build.emit(
    'broadcast_in_dim',
    { shape: shape.map((dim, k) => (k === axis ? dim : 1)), dims: [axis] },
    [build.emit('iota', { start: 0, step: 1, shape: [dimAt(shape, axis)], dtype: 'int64' })],
  );
  const choice = build.convert(build.binary('eq', places, index), dtype);
  return build.add(build.sub(choice, build.unary('stop_gradient', soft)), soft);
}

export const activationLayers: readonly (NativeValue | ClassValue)[] = [
  ...activations.flatMap((activation) => [...functionsOf(activation), ...layerOf(activation)]),
  native('torch.nn.functional.prelu', '(input, weight)', (cx, args) =>
    tensor(prelu(cx, args.tensor('input'), args.tensor('weight'))),
  ),
  layerClass({
    name: 'PReLU',
    settings: 'num_parameters=1, init=0.25, device=None, dtype=None',
    make: (cx, module, settings) =>
      weightMaker(cx, module, settings)('weight', [settings.dim('num_parameters', 1)], {
        kind: 'full',
        value: settings.number('init', 0.25),
      }),
    forward: (cx, args, own) => prelu(cx, args.tensor('input'), own.tensor('weight')),
  }),
  op('torch.nn.functional.gumbel_softmax', '(logits, tau=1, hard=False, eps=1e-10, dim=-1)', (cx, args) => {
    const x = args.tensor('logits');
    return gumbelSoftmax(
      cx,
      x,
      args.number('tau', 1),
      args.bool('hard', false),
      normalAxis(args.int('dim', -1), cx.build.rank(x)),
    );
  }),
];
