import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import { dimAt, normalAxis, type Shape, ShapeError, showShape } from '../../../graph/shape.ts';
import { Args } from '../../arguments.ts';
import type { Context } from '../../context.ts';
import { libraryClass, native } from '../../define.ts';
import { signature } from '../../signature.ts';
import { type ClassValue, type NativeValue, none, tensor, type Value } from '../../values.ts';
import { softmaxOf } from '../reductions.ts';
import { moduleClass, self, setParameter } from './module.ts';

/** Activations (https://docs.pytorch.org/docs/stable/nn.html#non-linear-activations-weighted-sum-nonlinearity), as layers and functions. */

interface Activation {
  /** `torch.nn.` */
  readonly layer: string | null;
  /** `torch.nn.functional.` */
  readonly fn: string | null;
  /** As PyTorch has them, without the input. */
  readonly parameters: string;
  readonly rule: (cx: Context, x: NodeId, args: Args) => NodeId;
}

const number = (cx: Context, x: NodeId, value: number): NodeId => cx.build.scalar(value, x);
const positive = (cx: Context, x: NodeId): NodeId => cx.build.unary('relu', x);
/** min(x, 0). */
const negative = (cx: Context, x: NodeId): NodeId => cx.build.binary('min', x, number(cx, x, 0));

function clamp(cx: Context, x: NodeId, low: number, high: number): NodeId {
  return cx.build.binary('min', cx.build.binary('max', x, number(cx, x, low)), number(cx, x, high));
}

function leaky(cx: Context, x: NodeId, slope: number): NodeId {
  const { build } = cx;
  return build.select(build.binary('gt', x, number(cx, x, 0)), x, build.scale(x, slope));
}

/** alpha * (exp(x / alpha) - 1) below zero, x above; `scaled` as CELU has it. */
function elu(cx: Context, x: NodeId, alpha: number, scaled: boolean): NodeId {
  const { build } = cx;
  const below = scaled ? build.scale(negative(cx, x), 1 / alpha) : negative(cx, x);
  return build.add(positive(cx, x), build.scale(build.unary('expm1', below), alpha));
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
  { layer: 'ReLU', fn: 'relu', parameters: 'inplace=False', rule: positive },
  { layer: 'ReLU6', fn: 'relu6', parameters: 'inplace=False', rule: (cx, x) => clamp(cx, x, 0, 6) },
  { layer: 'Sigmoid', fn: 'sigmoid', parameters: '', rule: (cx, x) => cx.build.unary('logistic', x) },
  { layer: 'Tanh', fn: 'tanh', parameters: '', rule: (cx, x) => cx.build.unary('tanh', x) },
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
    fn: 'elu',
    parameters: 'alpha=1.0, inplace=False',
    rule: (cx, x, args) => elu(cx, x, args.number('alpha', 1), false),
  },
  {
    layer: 'CELU',
    fn: 'celu',
    parameters: 'alpha=1.0, inplace=False',
    rule: (cx, x, args) => elu(cx, x, args.number('alpha', 1), true),
  },
  {
    layer: 'SELU',
    fn: 'selu',
    parameters: 'inplace=False',
    rule: (cx, x) => cx.build.scale(elu(cx, x, 1.6732632423543772, false), 1.0507009873554805),
  },
  {
    layer: 'LeakyReLU',
    fn: 'leaky_relu',
    parameters: 'negative_slope=0.01, inplace=False',
    rule: (cx, x, args) => leaky(cx, x, args.number('negative_slope', 0.01)),
  },
  {
    layer: 'Hardtanh',
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
    fn: 'tanhshrink',
    parameters: '',
    rule: (cx, x) => cx.build.sub(x, cx.build.unary('tanh', x)),
  },
  {
    layer: 'Softsign',
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
    rule: (cx, x) => softmaxOf(cx, x, normalAxis(-3, cx.build.rank(x)), false),
  },
];

/** The result, written into the input where that is asked for. */
function applied(cx: Context, { rule }: Activation, input: Args, settings: Args): Value {
  const given = input.tensorValue('input');
  const result = rule(cx, given.node, settings);
  if (!settings.bool('inplace', false)) return tensor(result);
  cx.assignInPlace(given, result);
  return given;
}

function functionOf(activation: Activation): readonly NativeValue[] {
  const { fn, parameters } = activation;
  const text = parameters === '' ? '(input)' : `(input, ${parameters})`;
  return fn === null
    ? []
    : [native(`torch.nn.functional.${fn}`, text, (cx, args) => applied(cx, activation, args, args))];
}

function layerOf(activation: Activation): readonly ClassValue[] {
  const { layer, parameters } = activation;
  if (layer === null) return [];
  const text = parameters === '' ? '(self)' : `(self, ${parameters})`;
  const names = signature(text).parameters.map(({ name }) => name);
  const init = native('__init__', text, (cx, args) => {
    for (const name of names) if (name !== 'self' && args.has(name)) cx.setAttribute(self(args), name, args.raw(name));
    return none;
  });
  const forward = native('forward', '(self, input)', (cx, args) =>
    applied(cx, activation, args, new Args(cx, { values: self(args).attributes, rest: [], keywords: new Map() })),
  );
  return [libraryClass(`torch.nn.${layer}`, [moduleClass], [init, forward])];
}

/** max(0, x) + weight * min(0, x), a weight for all channels (axis 1) or for each. */
function prelu(cx: Context, x: NodeId, weight: NodeId): NodeId {
  const { build } = cx;
  const [count] = build.shape(weight);
  const rank = build.rank(x);
  const channels: Shape = build.shape(x).map((_, axis) => (axis === Math.min(1, rank - 1) ? (count ?? 1) : 1));
  const fitted =
    count === 1 || count === undefined || rank === 0 ? build.reshape(weight, []) : build.reshape(weight, channels);
  return build.add(positive(cx, x), build.mul(fitted, negative(cx, x)));
}

export const activationLayers: readonly (NativeValue | ClassValue)[] = [
  ...activations.flatMap((activation) => [...functionOf(activation), ...layerOf(activation)]),
  native('torch.nn.functional.prelu', '(input, weight)', (cx, args) =>
    tensor(prelu(cx, args.tensor('input'), args.tensor('weight'))),
  ),
  libraryClass(
    'torch.nn.PReLU',
    [moduleClass],
    [
      native('__init__', '(self, num_parameters=1, init=0.25, device=None, dtype=None)', (cx, args) => {
        setParameter(cx, self(args), 'weight', [args.dim('num_parameters', 1)], {
          kind: 'full',
          value: args.number('init', 0.25),
        });
        return none;
      }),
      native('forward', '(self, input)', (cx, args) => {
        const weight = cx.attribute(self(args), 'weight');
        if (weight?.kind !== 'tensor') throw new TypeError('a PReLU without a weight');
        return tensor(prelu(cx, args.tensor('input'), weight.node));
      }),
    ],
  ),
];
