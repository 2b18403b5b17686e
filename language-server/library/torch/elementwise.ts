import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/graph.ts';
import { broadcastShapes, type DType, isFloating } from '../../graph/shape.ts';
import { type Args, asNumber, asOperand } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { alias, native, op } from '../define.ts';
import { bool, type NativeValue, tensor, tuple, type Value } from '../values.ts';
import { withMethod } from './method.ts';

/** Functions of each element by itself (https://docs.pytorch.org/docs/stable/torch.html#pointwise-ops). */

type Primitive = Parameters<GraphBuilder['unary']>[0];
type Unary = Primitive | ((cx: Context, x: NodeId) => NodeId);
type Binary = Primitive | ((cx: Context, a: NodeId, b: NodeId) => NodeId);

/** An elementwise function that has no decomposition: its result has the operands' broadcast shape. */
export function opaqueMap(cx: Context, name: string, operands: readonly NodeId[], dtype?: DType): NodeId {
  const { build } = cx;
  const shape = broadcastShapes(...operands.map((x) => build.shape(x)));
  const own = build.commonType(operands);
  const aval = { shape, dtype: dtype ?? own };
  return build.emit(
    'opaque',
    { name, aval, batched: shape.map((_, k) => [k, k] as const) },
    operands.map((x) => build.broadcastTo(x, shape)),
  );
}

const opaque =
  (name: string, result: (dtype: DType) => DType = toFloat): ((cx: Context, x: NodeId) => NodeId) =>
  (cx, x) =>
    opaqueMap(cx, name, [x], result(cx.build.aval(x).dtype));

function toFloat(dtype: DType): DType {
  return isFloating(dtype) ? dtype : 'float32';
}

/** The type of the parts of a complex number. */
export function realType(dtype: DType): DType {
  return dtype === 'complex64' ? 'float32' : dtype === 'complex128' ? 'float64' : dtype;
}

const scaled =
  (factor: number): ((cx: Context, x: NodeId) => NodeId) =>
  ({ build }, x) =>
    build.scale(build.convert(x, toFloat(build.aval(x).dtype)), factor);
const whole = (cx: Context, x: NodeId, value: number): NodeId => cx.build.full(cx.build.shape(x), value, 'bool');

/** Special functions that are not followed further, of one tensor and of a tensor and a degree. */
const unfollowed =
  'airy_ai modified_bessel_i0 modified_bessel_i1 modified_bessel_k0 modified_bessel_k1 scaled_modified_bessel_k0 scaled_modified_bessel_k1 spherical_bessel_j0'.split(
    ' ',
  );
const polynomials = ['chebyshev_polynomial', 'shifted_chebyshev_polynomial'].flatMap((name) =>
  ['t', 'u', 'v', 'w'].map((kind) => `${name}_${kind}`),
);
polynomials.push('hermite_polynomial_h', 'hermite_polynomial_he', 'laguerre_polynomial_l', 'legendre_polynomial_p');

/** Functions of one tensor. Several names in one key are one function. */
const unaries: Readonly<Record<string, Unary>> = {
  'abs absolute': ({ build }, x) => build.convert(build.unary('abs', x), realType(build.aval(x).dtype)),
  'neg negative': 'neg',
  'sign sgn': 'sign',
  floor: 'floor',
  ceil: 'ceil',
  'trunc fix': 'trunc',
  exp: 'exp',
  expm1: 'expm1',
  exp2: ({ build }, x) => build.unary('exp', build.scale(build.convert(x, toFloat(build.aval(x).dtype)), Math.LN2)),
  log: 'log',
  log1p: 'log1p',
  log2: ({ build }, x) => build.scale(build.unary('log', x), Math.LOG2E),
  log10: ({ build }, x) => build.scale(build.unary('log', x), Math.LOG10E),
  sqrt: 'sqrt',
  rsqrt: 'rsqrt',
  reciprocal: 'reciprocal',
  square: (cx, x) => cx.build.square(asNumbers(cx, x)),
  sin: 'sin',
  cos: 'cos',
  tan: 'tan',
  'asin arcsin': 'asin',
  'acos arccos': 'acos',
  'atan arctan': 'atan',
  sinh: 'sinh',
  cosh: 'cosh',
  'asinh arcsinh': 'asinh',
  'acosh arccosh': 'acosh',
  'atanh arctanh': 'atanh',
  tanh: 'tanh',
  'sigmoid special.expit': 'logistic',
  'erf special.erf': 'erf',
  'erfc special.erfc': 'erfc',
  'erfinv special.erfinv': 'erf_inv',
  'lgamma special.gammaln': 'lgamma',
  'digamma special.digamma special.psi': 'digamma',
  relu: 'relu',
  isfinite: 'is_finite',
  isnan: 'is_nan',
  logical_not: 'logical_not',
  isinf: ({ build }, x) =>
    build.unary('logical_not', build.binary('logical_or', build.unary('is_finite', x), build.unary('is_nan', x))),
  'isposinf isneginf': ({ build }, x) =>
    build.unary('logical_not', build.binary('logical_or', build.unary('is_finite', x), build.unary('is_nan', x))),
  isreal: (cx, x) =>
    cx.build.aval(x).dtype.startsWith('complex') ? opaqueMap(cx, 'isreal', [x], 'bool') : whole(cx, x, 1),
  signbit: ({ build }, x) => build.binary('lt', x, build.scalar(0, x)),
  positive: (_cx, x) => x,
  frac: ({ build }, x) => {
    if (!isFloating(build.aval(x).dtype))
      throw new PythonError('RuntimeError', `frac is not there for ${build.aval(x).dtype}`);
    return build.sub(x, build.unary('trunc', x));
  },
  deg2rad: scaled(Math.PI / 180),
  rad2deg: scaled(180 / Math.PI),
  nan_to_num: ({ build }, x) => build.select(build.unary('is_nan', x), build.scalar(0, x), x),
  'sinc special.sinc': ({ build }, given) => {
    const x = build.scale(build.convert(given, toFloat(build.aval(given).dtype)), Math.PI);
    const isZero = build.binary('eq', x, build.scalar(0, x));
    const safe = build.select(isZero, build.scalar(1, x), x);
    return build.select(isZero, build.scalar(1, x), build.div(build.unary('sin', safe), safe));
  },
  bitwise_not: (cx, x) =>
    cx.build.aval(x).dtype === 'bool' ? cx.build.unary('logical_not', x) : opaqueMap(cx, 'bitwise_not', [x]),
  angle: opaque('angle', (dtype) => realType(toFloat(dtype))),
  'conj conj_physical resolve_conj resolve_neg': (cx, x) =>
    cx.build.aval(x).dtype.startsWith('complex') ? opaqueMap(cx, 'conj', [x]) : x,
  real: (cx, x) => partOf(cx, x, 'real'),
  imag: (cx, x) => partOf(cx, x, 'imag'),
  'i0 special.i0': opaque('i0'),
  'special.i0e': opaque('i0e'),
  'special.i1': opaque('i1'),
  'special.i1e': opaque('i1e'),
  'special.bessel_j0': opaque('bessel_j0'),
  'special.bessel_j1': opaque('bessel_j1'),
  'special.bessel_y0': opaque('bessel_y0'),
  'special.bessel_y1': opaque('bessel_y1'),
  'special.erfcx': opaque('erfcx'),
  ...Object.fromEntries(unfollowed.map((name): [string, Unary] => [`special.${name}`, opaque(name)])),
  'special.log_ndtr': opaque('log_ndtr'),
  'special.ndtri': opaque('ndtri'),
  'special.entr': ({ build }, x) => build.unary('neg', build.mul(x, build.unary('log', x))),
  'special.ndtr': ({ build }, x) => build.scale(build.unary('erfc', build.scale(x, -Math.SQRT1_2)), 0.5),
  'special.exp2': ({ build }, x) =>
    build.unary('exp', build.scale(build.convert(x, toFloat(build.aval(x).dtype)), Math.LN2)),
  'special.expm1': 'expm1',
  'special.log1p': 'log1p',
  selu: ({ build }, x) => {
    const [scale, alpha] = [1.0507009873554805, 1.6732632423543772];
    const negative = build.scale(build.unary('expm1', build.binary('min', x, build.scalar(0, x))), alpha);
    return build.scale(build.add(build.unary('relu', x), negative), scale);
  },
};

/** The real or imaginary part of a complex tensor; of a real one, itself. */
function partOf(cx: Context, x: NodeId, part: 'real' | 'imag'): NodeId {
  const { dtype, shape } = cx.build.aval(x);
  if (dtype.startsWith('complex')) return opaqueMap(cx, part, [x], realType(dtype));
  return part === 'real' ? x : cx.build.full(shape, 0, dtype);
}

const compare = (name: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'): Binary => name;

/** Of truths the logical function, of integers one that is not followed further. */
const bitwise =
  (name: string, logical: 'logical_and' | 'logical_or' | 'logical_xor'): Binary =>
  (cx, a, b) =>
    cx.build.commonType([a, b]) === 'bool' ? cx.build.binary(logical, a, b) : opaqueMap(cx, name, [a, b]);

const opaquePair =
  (name: string, result: (dtype: DType) => DType = (dtype) => dtype): Binary =>
  (cx, a, b) =>
    opaqueMap(cx, name, [a, b], result(cx.build.commonType([a, b])));

const logAddExp = ({ build }: Context, a: NodeId, b: NodeId): NodeId => {
  const peak = build.unary('stop_gradient', build.binary('max', a, b));
  return build.add(
    build.unary('log', build.add(build.unary('exp', build.sub(a, peak)), build.unary('exp', build.sub(b, peak)))),
    peak,
  );
};

/** Functions of two tensors, or a tensor and a number, broadcast together. */
const binaries: Readonly<Record<string, Binary>> = {
  'mul multiply': 'mul',
  true_divide: 'div',
  floor_divide: 'floor_divide',
  remainder: 'remainder',
  fmod: ({ build }, a, b) =>
    build.sub(a, build.mul(b, build.convert(build.unary('trunc', build.div(a, b)), build.commonType([a, b])))),
  'maximum fmax': 'max',
  'minimum fmin': 'min',
  'atan2 arctan2': 'atan2',
  hypot: ({ build }, a, b) => build.unary('sqrt', build.add(build.square(a), build.square(b))),
  copysign: opaquePair('copysign', toFloat),
  nextafter: opaquePair('nextafter'),
  heaviside: ({ build }, a, b) =>
    build.select(
      build.binary('eq', a, build.scalar(0, a)),
      b,
      build.convert(build.binary('gt', a, build.scalar(0, a)), build.aval(b).dtype),
    ),
  logaddexp: logAddExp,
  logaddexp2: (cx, a, b) =>
    cx.build.scale(logAddExp(cx, cx.build.scale(a, Math.LN2), cx.build.scale(b, Math.LN2)), Math.LOG2E),
  'xlogy special.xlogy': ({ build }, a, b) =>
    build.select(build.binary('eq', a, build.scalar(0, a)), build.scalar(0, b), build.mul(a, build.unary('log', b))),
  'special.xlog1py': ({ build }, a, b) => build.mul(a, build.unary('log1p', b)),
  'special.zeta': opaquePair('zeta', toFloat),
  ...Object.fromEntries(polynomials.map((name): [string, Binary] => [`special.${name}`, opaquePair(name, toFloat)])),
  ldexp: ({ build }, a, b) =>
    build.mul(a, build.unary('exp', build.scale(build.convert(b, toFloat(build.aval(b).dtype)), Math.LN2))),
  gcd: opaquePair('gcd'),
  lcm: opaquePair('lcm'),
  'igamma special.gammainc': opaquePair('igamma', toFloat),
  'igammac special.gammaincc': opaquePair('igammac', toFloat),
  float_power: ({ build }, a, b) => build.binary('pow', build.convert(a, 'float64'), build.convert(b, 'float64')),
  eq: compare('eq'),
  'ne not_equal': compare('ne'),
  'lt less': compare('lt'),
  'le less_equal': compare('le'),
  'gt greater': compare('gt'),
  'ge greater_equal': compare('ge'),
  logical_and: 'logical_and',
  logical_or: 'logical_or',
  logical_xor: 'logical_xor',
  bitwise_and: bitwise('bitwise_and', 'logical_and'),
  bitwise_or: bitwise('bitwise_or', 'logical_or'),
  bitwise_xor: bitwise('bitwise_xor', 'logical_xor'),
  bitwise_left_shift: opaquePair('bitwise_left_shift'),
  bitwise_right_shift: opaquePair('bitwise_right_shift'),
};

export function applyUnary(cx: Context, f: Unary, x: NodeId): NodeId {
  return typeof f === 'string' ? cx.build.unary(f, x) : f(cx, x);
}

function applyBinary(cx: Context, f: Binary, a: NodeId, b: NodeId): NodeId {
  return typeof f === 'string' ? cx.build.binary(f, a, b) : f(cx, a, b);
}

/** Two operands, of which one may be a Python number: it takes the other's dtype. */
export function operands(cx: Context, a: Value, b: Value): readonly [NodeId, NodeId] {
  const tensors = [a, b].flatMap((value) => (value.kind === 'tensor' ? [value] : []));
  // A number of NumPy's gives way like one of Python's.
  const strong = tensors.find((value) => value.family === 'torch' || cx.build.rank(value.node) > 0);
  const like = (strong ?? tensors[0])?.node ?? null;
  const [x, y] = [asOperand(cx, a, like), asOperand(cx, b, like)];
  return [givingWay(cx, x, y), givingWay(cx, y, x)];
}

/** The kinds of numbers, from the one that gives way to the others (torch's type promotion). */
function kindOf(dtype: DType): number {
  return dtype === 'bool' ? 0 : dtype.startsWith('complex') ? 3 : isFloating(dtype) ? 2 : 1;
}

/** A tensor without axes beside one with axes takes its type, unless its own kind of number is the wider one. */
function givingWay({ build }: Context, own: NodeId, other: NodeId): NodeId {
  const [a, b] = [build.aval(own), build.aval(other)];
  const yields = a.shape.length === 0 && b.shape.length > 0 && kindOf(a.dtype) <= kindOf(b.dtype);
  return yields && a.dtype !== b.dtype ? build.convert(own, b.dtype) : own;
}

function pair(cx: Context, args: Args, first = 'input', second = 'other'): readonly [NodeId, NodeId] {
  return operands(cx, args.value(first), args.value(second));
}

/** One entry a name, for the names that a key of a table lists. */
function named(key: string, make: (name: string) => NativeValue): readonly NativeValue[] {
  const [first = key, ...others] = key.split(' ').map((name) => `torch.${name}`);
  return alias(make(first), ...others);
}

/** The power that a known exponent comes to: squares, roots and reciprocals have cheaper and smoother forms. */
export function power(cx: Context, base: NodeId, exponent: NodeId, known: number | null): NodeId {
  const { build } = cx;
  const isFloat = isFloating(build.aval(base).dtype);
  if (known === 2) return build.square(base);
  if (known === 1 && build.rank(exponent) === 0) return base;
  if (known === 0.5 && isFloat) return build.unary('sqrt', base);
  if (known === -1 && isFloat) return build.unary('reciprocal', base);
  return build.binary('pow', base, exponent);
}

/** Truths as whole numbers, which their powers are. */
function asNumbers({ build }: Context, x: NodeId): NodeId {
  return build.aval(x).dtype === 'bool' ? build.convert(x, 'int64') : x;
}

/** NumPy takes truths for numbers here, torch refuses them. */
function refuseTruths(args: Args): void {
  if (args.value('input').kind === 'bool' || args.value('other').kind === 'bool')
    throw new Unknowable('a truth in place of a number is not followed');
}

function exponentOf(value: Value): number | null {
  return value.kind === 'int' || value.kind === 'float' ? asNumber(value) : null;
}

/** An optional bound that is a tensor or a number. */
function bound(cx: Context, args: Args, name: string, like: NodeId): NodeId | null {
  const value = args.optional(name);
  return value === null ? null : givingWay(cx, asOperand(cx, value, like), like);
}

function clamp(cx: Context, args: Args): NodeId {
  const x = args.tensor('input');
  const [low, high] = [bound(cx, args, 'min', x), bound(cx, args, 'max', x)];
  if (low === null && high === null) throw new PythonError('ValueError', 'clamp needs a min or a max');
  const raised = low === null ? x : cx.build.binary('max', x, low);
  return high === null ? raised : cx.build.binary('min', raised, high);
}

function scaleBy(cx: Context, x: NodeId, args: Args, name: string): NodeId {
  const value = args.optional(name);
  if (value === null) return x;
  const factor = exponentOf(value);
  return factor === 1 ? x : cx.build.mul(x, asOperand(cx, value, x));
}

const arithmetic = [
  op('torch.add', '(input, other, *, alpha=1, out=None)', (cx, args) => {
    const [a, b] = pair(cx, args);
    return cx.build.add(a, scaleBy(cx, b, args, 'alpha'));
  }),
  ...alias(
    op('torch.sub', '(input, other, *, alpha=1, out=None)', (cx, args) => {
      refuseTruths(args);
      const [a, b] = pair(cx, args);
      return cx.build.sub(a, scaleBy(cx, b, args, 'alpha'));
    }),
    'torch.subtract',
  ),
  op('torch.rsub', '(input, other, *, alpha=1)', (cx, args) => {
    const [a, b] = pair(cx, args);
    return cx.build.sub(b, scaleBy(cx, a, args, 'alpha'));
  }),
  ...alias(
    op('torch.div', '(input, other, *, rounding_mode=None, out=None)', (cx, args) => {
      const [a, b] = pair(cx, args);
      const quotient = cx.build.div(a, b);
      if (args.optional('rounding_mode') === null) return quotient;
      const rounded = cx.build.unary(args.string('rounding_mode') === 'floor' ? 'floor' : 'trunc', quotient);
      return cx.build.convert(rounded, cx.build.commonType([a, b]));
    }),
    'torch.divide',
  ),
  op('torch.pow', '(input, exponent, *, out=None)', (cx, args) => {
    const [base, exponent] = pair(cx, args, 'input', 'exponent');
    return power(cx, asNumbers(cx, base), exponent, exponentOf(args.value('exponent')));
  }),
  op('torch.round', '(input, *, decimals=0, out=None)', (cx, args) => cx.build.unary('round', args.tensor('input'))),
  ...alias(
    op('torch.logit', '(input, eps=None, *, out=None)', (cx, args) => {
      const { build } = cx;
      const x = args.tensor('input');
      return build.unary('log', build.div(x, build.sub(build.scalar(1, x), x)));
    }),
    'torch.special.logit',
  ),
  ...alias(op('torch.clamp', '(input, min|a_min=None, max|a_max=None, *, out=None)', clamp), 'torch.clip'),
  op('torch.clamp_min', '(input, min, *, out=None)', clamp0('min')),
  op('torch.clamp_max', '(input, max, *, out=None)', clamp0('max')),
  op('torch.lerp', '(input, end, weight, *, out=None)', (cx, args) => {
    const { build } = cx;
    const [a, b] = [args.tensor('input'), args.tensor('end')];
    return build.add(a, build.mul(givingWay(cx, args.operand('weight', a), a), build.sub(b, a)));
  }),
  op('torch.addcmul', '(input, tensor1, tensor2, *, value=1, out=None)', (cx, args) => {
    const product = cx.build.mul(args.operand('tensor1'), args.operand('tensor2'));
    return cx.build.add(args.tensor('input'), scaleBy(cx, product, args, 'value'));
  }),
  op('torch.addcdiv', '(input, tensor1, tensor2, *, value=1, out=None)', (cx, args) => {
    const quotient = cx.build.div(args.operand('tensor1'), args.operand('tensor2'));
    return cx.build.add(args.tensor('input'), scaleBy(cx, quotient, args, 'value'));
  }),
  op('torch.isclose', '(input, other, rtol=None, atol=None, equal_nan=False)', (cx, args) => {
    const { build } = cx;
    const [a, b] = pair(cx, args);
    const tolerance = build.add(
      build.scale(build.unary('abs', b), args.number('rtol', 1e-5)),
      build.scalar(args.number('atol', 1e-8), build.convert(b, toFloat(build.aval(b).dtype))),
    );
    return build.binary('le', build.unary('abs', build.sub(a, b)), tolerance);
  }),
  ...alias(op('torch.polygamma', '(n, input, *, out=None)', polygamma), 'torch.special.polygamma'),
  op('torch.Tensor.polygamma', '(input, n)', polygamma),
  ...alias(
    op('torch.mvlgamma', '(input, p, *, out=None)', (cx, args) => opaqueMap(cx, 'mvlgamma', [args.tensor('input')])),
    'torch.special.multigammaln',
  ),
  op('torch.complex', '(real, imag, *, out=None)', (cx, args) =>
    opaqueMap(
      cx,
      'complex',
      [args.tensor('real'), args.tensor('imag')],
      cx.build.aval(args.tensor('real')).dtype === 'float64' ? 'complex128' : 'complex64',
    ),
  ),
  op('torch.polar', '(abs, angle, *, out=None)', (cx, args) =>
    opaqueMap(
      cx,
      'polar',
      [args.tensor('abs'), args.tensor('angle')],
      cx.build.aval(args.tensor('abs')).dtype === 'float64' ? 'complex128' : 'complex64',
    ),
  ),
  native('torch.frexp', '(input, *, out=None)', (cx, args) => {
    const x = args.tensor('input');
    return tuple(
      [tensor(opaqueMap(cx, 'frexp mantissa', [x])), tensor(opaqueMap(cx, 'frexp exponent', [x], 'int32'))],
      ['mantissa', 'exponent'],
    );
  }),
];

function polygamma(cx: Context, args: Args): NodeId {
  const x = args.tensor('input');
  const n = args.value('n');
  if (n.kind !== 'int' || typeof n.value !== 'number' || n.value < 0) return opaqueMap(cx, 'polygamma', [x]);
  return n.value === 0 ? cx.build.unary('digamma', x) : cx.build.emit('polygamma', { order: n.value }, [x]);
}

function clamp0(side: 'min' | 'max'): (cx: Context, args: Args) => NodeId {
  return (cx, args) => {
    const x = args.tensor('input');
    return cx.build.binary(side === 'min' ? 'max' : 'min', x, args.operand(side, x));
  };
}

const notMethods = [
  'torch.polygamma',
  'torch.complex',
  'torch.polar',
  'torch.Tensor.polygamma',
  'torch.special.polygamma',
  'torch.rsub',
];

const tests = [
  native('torch.allclose', '(input, other, rtol=None, atol=None, equal_nan=False)', (cx, args) => {
    pair(cx, args);
    return bool(null);
  }),
  native('torch.equal', '(input, other)', (_cx, args) => {
    args.tensor('input');
    return bool(null);
  }),
];

export const elementwise: readonly NativeValue[] = [
  ...Object.entries(unaries).flatMap(([key, f]) =>
    withMethod(
      named(key, (name) =>
        op(name, '(input, *, out=None, nan=None, posinf=None, neginf=None)', (cx, args) =>
          applyUnary(cx, f, args.tensor('input')),
        ),
      ),
    ),
  ),
  ...Object.entries(binaries).flatMap(([key, f]) =>
    withMethod(
      named(key, (name) =>
        op(name, '(input, other, *, out=None)', (cx, args) => {
          if (key === 'remainder') refuseTruths(args);
          return applyBinary(cx, f, ...pair(cx, args));
        }),
      ),
    ),
  ),
  ...withMethod(arithmetic.filter(({ name }) => !notMethods.includes(name))),
  ...arithmetic.filter(({ name }) => notMethods.includes(name)),
  ...withMethod(tests),
];
