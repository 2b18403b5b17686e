import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/graph.ts';
import { broadcastShapes, type DType, isFloating, ShapeError, showShape } from '../../graph/shape.ts';
import { PythonError, Unknowable } from '../context.ts';
import { borrowNode } from '../numpy/borrow.ts';
import { opaqueMap, realType } from '../torch/elementwise.ts';
import type { NativeValue, Value } from '../values.ts';
import {
  asTensor,
  dtypeOf,
  isComplex,
  isFraction,
  isNumber,
  isOwn,
  isReal,
  isSigned,
  type Takes,
  type TensorCall,
  tfFunction,
  tfOp,
} from './dialect.ts';

/** Functions of each element by itself (https://www.tensorflow.org/api_docs/python/tf/math). */

type Primitive = Parameters<GraphBuilder['unary']>[0];
type Rule = (call: TensorCall, x: NodeId) => NodeId;
type PairRule = (call: TensorCall, a: NodeId, b: NodeId) => NodeId;

function refuse(name: string, dtype: DType): never {
  throw new PythonError('InvalidArgumentError', `${name} is not there for ${dtype}`);
}

function requireType(call: TensorCall, name: string, takes: Takes, x: NodeId): void {
  const { dtype } = call.build.aval(x);
  if (!takes(dtype)) refuse(name, dtype);
}

/** torch's function of that name. */
const asTorch =
  (name: string): Rule =>
  ({ cx }, x) =>
    borrowNode(cx, name, { input: x });

/** A function that is not followed further. */
const unfollowed =
  (name: string): Rule =>
  ({ cx }, x) =>
    opaqueMap(cx, name, [x]);

const isWide: Takes = (dtype) => dtype === 'float32' || dtype === 'float64';

/** log(sigmoid(x)). */
const logSigmoid: Rule = ({ build }, x) => build.unary('neg', build.unary('softplus', build.unary('neg', x)));

/** 0 where that is asked for of a division by 0. */
const safeReciprocal: Rule = ({ build }, x) => {
  const isZero = build.binary('eq', x, build.scalar(0, x));
  return build.select(
    isZero,
    build.scalar(0, x),
    build.unary('reciprocal', build.select(isZero, build.scalar(1, x), x)),
  );
};

/** Functions of one tensor: which types they take, and what they are. Several names in one key are one function. */
const unaries: readonly (readonly [Takes, Readonly<Record<string, Primitive | Rule>>])[] = [
  [
    isFloating,
    {
      'exp math.exp': 'exp',
      'math.expm1': 'expm1',
      'math.log': 'log',
      'math.log1p': 'log1p',
      'sqrt math.sqrt': 'sqrt',
      'math.rsqrt': 'rsqrt',
      'math.reciprocal': 'reciprocal',
      'math.reciprocal_no_nan': safeReciprocal,
      'sin math.sin': 'sin',
      'cos math.cos': 'cos',
      'tan math.tan': 'tan',
      'asin math.asin': 'asin',
      'acos math.acos': 'acos',
      'atan math.atan': 'atan',
      'sinh math.sinh': 'sinh',
      'cosh math.cosh': 'cosh',
      'asinh math.asinh': 'asinh',
      'acosh math.acosh': 'acosh',
      'atanh math.atanh': 'atanh',
      'tanh math.tanh nn.tanh': 'tanh',
      'sigmoid math.sigmoid nn.sigmoid': 'logistic',
      'math.angle': ({ build, cx }, x) => opaqueMap(cx, 'angle', [x], realType(build.aval(x).dtype)),
    },
  ],
  [
    isFraction,
    {
      'math.erf': 'erf',
      'math.erfc': 'erfc',
      'math.lgamma': 'lgamma',
      'math.digamma': 'digamma',
      'floor math.floor': 'floor',
      'math.ceil': 'ceil',
      'math.is_finite': 'is_finite',
      'math.is_nan': 'is_nan',
      'math.is_inf': asTorch('isinf'),
      'math.softplus nn.softplus': 'softplus',
      'math.softsign nn.softsign': asTorch('nn.functional.softsign'),
      'nn.elu': asTorch('nn.functional.elu'),
      'nn.selu': asTorch('nn.functional.selu'),
      'math.log_sigmoid': logSigmoid,
      'math.bessel_i0': unfollowed('i0'),
      'math.bessel_i1': unfollowed('i1'),
      'math.bessel_i0e': unfollowed('i0e'),
      'math.bessel_i1e': unfollowed('i1e'),
    },
  ],
  [
    isWide,
    {
      'math.erfinv': 'erf_inv',
      'math.erfcinv': ({ build }, x) => build.unary('erf_inv', build.sub(build.scalar(1, x), x)),
      'math.ndtri': unfollowed('ndtri'),
      'math.rint': 'round',
    },
  ],
  [
    isSigned,
    {
      'negative math.negative': 'neg',
      'abs math.abs': ({ build }, x) => build.convert(build.unary('abs', x), realType(build.aval(x).dtype)),
      'sign math.sign': 'sign',
    },
  ],
  [isNumber, { 'square math.square': 'square', 'math.conj': asTorch('conj'), 'math.real': asTorch('real') }],
  [
    isReal,
    {
      'round math.round': 'round',
      'nn.relu': 'relu',
      'nn.relu6': ({ build }, x) => build.binary('min', build.unary('relu', x), build.scalar(6, x)),
    },
  ],
  [() => true, { 'math.imag': asTorch('imag') }],
];

function applied(call: TensorCall, rule: Primitive | Rule, x: NodeId): NodeId {
  return typeof rule === 'string' ? call.build.unary(rule, x) : rule(call, x);
}

const special = [
  'dawsn',
  'expint',
  'fresnel_cos',
  'fresnel_sin',
  'spence',
  'bessel_i0',
  'bessel_i0e',
  'bessel_i1',
  'bessel_i1e',
  'bessel_k0',
  'bessel_k0e',
  'bessel_k1',
  'bessel_k1e',
  'bessel_j0',
  'bessel_j1',
  'bessel_y0',
  'bessel_y1',
];

/** A primitive that gives the type of its operands. */
const kept =
  (name: Primitive): PairRule =>
  (call, a, b) =>
    call.build.convert(call.build.binary(name, a, b), call.build.aval(a).dtype);

const unfollowedPair =
  (name: string): PairRule =>
  ({ cx }, a, b) =>
    opaqueMap(cx, name, [a, b]);

/** The type of quotients: of whole numbers one with a fraction. */
function quotientType(dtype: DType): DType {
  if (isFloating(dtype)) return dtype;
  if (dtype === 'bool') throw new Unknowable('a quotient of truths is not followed');
  return ['int8', 'uint8', 'int16', 'uint16'].includes(dtype) ? 'float32' : 'float64';
}

const quotient: PairRule = ({ build }, a, b) => {
  const dtype = quotientType(build.aval(a).dtype);
  return build.div(build.convert(a, dtype), build.convert(b, dtype));
};

/** 0 where the divisor is. */
const safeQuotient: PairRule = (call, a, b) => {
  const { build } = call;
  const isZero = build.binary('eq', b, build.scalar(0, b));
  const whole = quotient(call, a, build.select(isZero, build.scalar(1, b), b));
  return build.select(isZero, build.scalar(0, whole), whole);
};

const truncated: PairRule = (call, a, b) => {
  const { build } = call;
  const { dtype } = build.aval(a);
  return build.convert(build.unary('trunc', build.div(a, b)), dtype);
};

/** 0 where x is, whatever the other is. */
const guarded =
  (combine: (call: TensorCall, x: NodeId, y: NodeId) => NodeId): PairRule =>
  (call, x, y) => {
    const { build } = call;
    return build.select(build.binary('eq', x, build.scalar(0, x)), build.scalar(0, x), combine(call, x, y));
  };

const isUnsigned: Takes = (dtype) => dtype.startsWith('uint');
const isPower: Takes = (dtype) => isNumber(dtype) && !isUnsigned(dtype);

/** Whether the first tensor decides the type of both, or the first operand, whatever it is. */
type Order = 'pair' | 'inOrder';

interface Pair {
  readonly names: string;
  readonly order: Order;
  readonly takes: Takes;
  readonly rule: PairRule;
}

const pair = (names: string, takes: Takes, rule: PairRule, order: Order = 'pair'): Pair => ({
  names,
  order,
  takes,
  rule,
});

/** Functions of two tensors broadcast together; the operators are made of them. */
export const arithmetic = {
  add: pair('add math.add', isNumber, kept('add'), 'inOrder'),
  sub: pair('subtract math.subtract', isNumber, kept('sub')),
  mul: pair('multiply math.multiply', isNumber, kept('mul')),
  truediv: pair('divide math.divide', () => true, quotient),
  floordiv: pair('math.floordiv', isReal, kept('floor_divide')),
  mod: pair('math.floormod math.mod', isReal, kept('remainder')),
  pow: pair('pow math.pow', isPower, kept('pow')),
} as const satisfies Readonly<Record<string, Pair>>;

const pairs: readonly Pair[] = [
  ...Object.values(arithmetic),
  pair('truediv math.truediv', isNumber, quotient, 'inOrder'),
  pair('realdiv', isFloating, quotient),
  pair('truncatediv', isReal, truncated),
  pair(
    'truncatemod',
    (dtype) => isFraction(dtype) || dtype === 'int32' || dtype === 'int64',
    (call, a, b) => call.build.sub(a, call.build.mul(b, truncated(call, a, b))),
  ),
  pair('maximum math.maximum', isReal, kept('max')),
  pair('minimum math.minimum', isReal, kept('min')),
  pair('math.divide_no_nan', isNumber, safeQuotient),
  pair(
    'math.multiply_no_nan',
    isFloating,
    (call, x, y) => guarded((c, a, b) => c.build.mul(b, a))(call, y, x),
    'inOrder',
  ),
  pair('math.squared_difference', isPower, ({ build }, a, b) => build.square(build.sub(a, b))),
  pair(
    'math.xdivy',
    isFloating,
    guarded(({ build }, x, y) => build.div(x, y)),
  ),
  pair(
    'math.xlogy',
    isFloating,
    guarded(({ build }, x, y) => build.mul(x, build.unary('log', y))),
  ),
  pair(
    'math.xlog1py',
    isFloating,
    guarded(({ build }, x, y) => build.mul(x, build.unary('log1p', y))),
  ),
  pair('math.igamma', isWide, unfollowedPair('igamma')),
  pair('math.igammac', isWide, unfollowedPair('igammac')),
  pair('math.zeta', isWide, unfollowedPair('zeta')),
  pair('math.polygamma', isWide, unfollowedPair('polygamma')),
  ...(['bitwise_and', 'bitwise_or', 'bitwise_xor', 'left_shift', 'right_shift'] as const).map((name) =>
    pair(`bitwise.${name}`, (dtype) => isReal(dtype) && !isFloating(dtype), unfollowedPair(name)),
  ),
];

/** Two operands, read as the function reads them. */
function operandsOf(call: TensorCall, order: Order, first: string, second: string): readonly [NodeId, NodeId] {
  return order === 'pair' ? call.pair(first, second) : call.inOrder(first, second);
}

/** What an operator gives: its function of two operands, of which the first tensor decides the type. */
export function combined(call: TensorCall, { names, takes, rule }: Pair, a: NodeId, b: NodeId): NodeId {
  requireType(call, names, takes, a);
  return rule(call, a, b);
}

type Comparison = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';

export function compared(call: TensorCall, name: Comparison, a: NodeId, b: NodeId): NodeId {
  if (name !== 'eq' && name !== 'ne') requireType(call, name, isReal, a);
  return call.build.binary(name, a, b);
}

const comparisons: Readonly<Record<string, Comparison>> = {
  'equal math.equal': 'eq',
  'not_equal math.not_equal': 'ne',
  'less math.less': 'lt',
  'less_equal math.less_equal': 'le',
  'greater math.greater': 'gt',
  'greater_equal math.greater_equal': 'ge',
};

/** Truths of two tensors, which must be truths; NumPy's arrays become such. */
const logical: Readonly<Record<string, 'logical_and' | 'logical_or' | 'logical_xor'>> = {
  'logical_and math.logical_and': 'logical_and',
  'logical_or math.logical_or': 'logical_or',
  'math.logical_xor': 'logical_xor',
};

/** The sum of tensors of one shape. */
function addAll(call: TensorCall): NodeId {
  const { build } = call;
  const value = call.value('inputs');
  const nodes = value.kind === 'tensor' ? [value.node] : call.together(call.cx.items(value));
  const [first, ...rest] = nodes;
  if (first === undefined)
    throw new PythonError(
      'ValueError',
      'Inputs must be an iterable of at least one Tensor with the same dtype and shape.',
    );
  if (value.kind === 'tensor') throw new Unknowable('a sum of the entries of a tensor is not followed');
  const { dtype, shape } = build.aval(first);
  for (const node of rest)
    if (build.rank(node) !== shape.length)
      throw new ShapeError(`${showShape(shape)} and ${showShape(build.shape(node))} cannot be added`);
  requireType(call, 'add_n', isNumber, first);
  const whole = broadcastShapes(...nodes.map((node) => build.shape(node)));
  if (nodes.some((node) => build.shape(node).some((dim, k) => dim === 1 && whole[k] !== 1)))
    throw new ShapeError('add_n adds tensors of one shape');
  return build.convert(
    rest.reduce((sum, node) => build.add(sum, node), first),
    dtype,
  );
}

function clipped(call: TensorCall): NodeId {
  const { build } = call;
  const x = call.array('t');
  requireType(call, 'clip_by_value', isReal, x);
  const [low, high] = [call.like('clip_value_min', x), call.like('clip_value_max', x)];
  const shape = build.shape(x);
  const result = build.binary('max', build.binary('min', x, high), low);
  if (
    build.rank(result) !== shape.length ||
    broadcastShapes(shape, build.shape(result)).some((dim, k) => dim !== shape[k] && shape[k] === 1)
  )
    throw new ShapeError(`bounds ${showShape(build.shape(result))} stretch ${showShape(shape)}`);
  return result;
}

/** Horner's rule. */
function polynomial(call: TensorCall): NodeId {
  const { build } = call;
  const x = call.array('x');
  const coefficients = call.value('coeffs');
  if (coefficients.kind !== 'list') throw new PythonError('ValueError', 'Argument coeffs must be list type');
  const [first, ...rest] = call.cx.items(coefficients).map((value) => {
    const node = asTensor(call.cx, value);
    if (build.aval(node).dtype !== build.aval(x).dtype) refuse('polyval', build.aval(node).dtype);
    return node;
  });
  if (first === undefined) return build.full(build.shape(x), 0, build.aval(x).dtype);
  return rest.reduce((sum, node) => build.add(node, build.mul(sum, x)), first);
}

function complexOf(call: TensorCall): NodeId {
  const [a, b] = [call.array('real'), call.array('imag')];
  const [own, other] = [call.build.aval(a).dtype, call.build.aval(b).dtype];
  if (own !== other || !isWide(own)) throw new PythonError('TypeError', `a complex number of ${own} and ${other}`);
  return opaqueMap(call.cx, 'complex', [a, b], own === 'float64' ? 'complex128' : 'complex64');
}

export const elementwise: readonly NativeValue[] = [
  ...unaries.flatMap(([takes, rules]) =>
    Object.entries(rules).flatMap(([names, rule]) =>
      tfOp(names, '(x|features|input, name=None)', (call) => {
        const x = call.array('x');
        requireType(call, names, takes, x);
        return applied(call, rule, x);
      }),
    ),
  ),
  ...special.flatMap((name) =>
    tfOp(`math.special.${name}`, '(x, name=None)', (call) => {
      const x = call.array('x');
      requireType(call, name, isFraction, x);
      if (!isWide(call.build.aval(x).dtype))
        throw new Unknowable(`whether ${name} is there for this type is not known`);
      return opaqueMap(call.cx, name, [x]);
    }),
  ),
  ...tfOp('bitwise.invert', '(x, name=None)', (call) => {
    const x = call.array('x');
    requireType(call, 'invert', (dtype) => isReal(dtype) && !isFloating(dtype), x);
    return opaqueMap(call.cx, 'invert', [x]);
  }),
  ...pairs.flatMap((each) =>
    tfOp(each.names, '(x|a|x1, y|b|x2|q, name=None)', (call) =>
      combined(call, each, ...operandsOf(call, each.order, 'x', 'y')),
    ),
  ),
  ...tfOp('atan2 math.atan2', '(y, x, name=None)', (call) => {
    const [y, x] = call.pair('y', 'x');
    requireType(call, 'atan2', isFraction, y);
    return call.build.binary('atan2', y, x);
  }),
  ...Object.entries(comparisons).flatMap(([names, name]) =>
    tfOp(names, '(x, y, name=None)', (call) => compared(call, name, ...call.pair('x', 'y'))),
  ),
  ...Object.entries(logical).flatMap(([names, name]) =>
    tfOp(names, '(x, y, name=None)', (call) =>
      call.build.binary(name, call.typed('x', 'bool'), call.typed('y', 'bool')),
    ),
  ),
  ...tfOp('logical_not math.logical_not', '(x, name=None)', (call) =>
    call.build.unary('logical_not', call.typed('x', 'bool')),
  ),
  ...tfOp('math.nextafter', '(x1, x2, name=None)', (call) => {
    const own = ['x1', 'x2'].some((name) => isOwn(call.value(name)));
    if (!own) throw new Unknowable('nextafter of numbers is not followed');
    const [a, b] = call.pair('x1', 'x2');
    requireType(call, 'nextafter', isWide, a);
    return opaqueMap(call.cx, 'nextafter', [a, b]);
  }),
  ...tfOp('complex', '(real, imag, name=None)', complexOf),
  ...tfOp('math.betainc', '(a, b, x, name=None)', (call) => {
    const nodes = call.together(['a', 'b', 'x'].map((name) => call.value(name)));
    for (const node of nodes) requireType(call, 'betainc', isWide, node);
    return opaqueMap(call.cx, 'betainc', nodes);
  }),
  ...tfOp('add_n math.add_n', '(inputs, name=None)', addAll),
  ...tfOp('math.accumulate_n', '(inputs, shape=None, tensor_dtype=None, name=None)', addAll),
  ...tfOp('scalar_mul math.scalar_mul', '(scalar, x, name=None)', (call) => {
    const x = call.array('x');
    const scalar = call.like('scalar', x);
    if (call.build.rank(scalar) > 0) throw new PythonError('ValueError', 'Only scalar multiply works');
    requireType(call, 'scalar_mul', isNumber, x);
    return call.build.mul(scalar, x);
  }),
  ...tfOp('math.polyval', '(coeffs, x, name=None)', polynomial),
  ...tfOp('clip_by_value', '(t, clip_value_min, clip_value_max, name=None)', clipped),
  ...tfOp('cast dtypes.cast', '(x, dtype, name=None)', (call) =>
    call.build.convert(call.array('x'), dtypeOf(call.value('dtype'))),
  ),
  ...tfOp('saturate_cast dtypes.saturate_cast', '(value, dtype, name=None)', (call) => {
    const x = call.array('value');
    const dtype = dtypeOf(call.value('dtype'));
    if (isComplex(dtype) || isComplex(call.build.aval(x).dtype) || dtype === 'bool')
      throw new Unknowable('this cast is not followed');
    return call.build.convert(x, dtype);
  }),
  tfFunction(
    'as_dtype',
    '(type_value)',
    (call): Value => ({ kind: 'dtype', dtype: dtypeOf(call.value('type_value')) }),
  ),
];
