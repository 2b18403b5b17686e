import type { GraphBuilder } from '../../graph/builder.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { broadcastShapes, type DType, isFloating, type Shape, ShapeError, sameShape } from '../../graph/shape.ts';
import { PythonError } from '../context.ts';
import { alias } from '../define.ts';
import { opaqueMap, power, realType } from '../torch/elementwise.ts';
import { numbersOf } from '../torch/nested.ts';
import { bool, type NativeValue, type Value } from '../values.ts';
import { borrowNode } from './borrow.ts';
import { arrayFunction, type Call, type Dialect, dimOf, operands, valueFunction, withMethods } from './dialect.ts';

/** Functions of each element by itself (https://numpy.org/doc/stable/reference/ufuncs.html). */

type Primitive = Parameters<GraphBuilder['unary']>[0];
type Rule = (call: Call, x: NodeId) => NodeId;

const keywords = '*, where=True, casting=None, order=None, dtype=None, subok=True, signature=None';

function apply(call: Call, rule: Primitive | Rule, x: NodeId): NodeId {
  return typeof rule === 'string' ? call.build.unary(rule, x) : rule(call, x);
}

/** torch's function of that name. */
const asTorch =
  (name: string): Rule =>
  ({ cx }, x) =>
    borrowNode(cx, name, { input: x });

const opaque =
  (name: string): Rule =>
  ({ cx }, x) =>
    opaqueMap(cx, name, [x]);

/** Functions of numbers with a fraction: whole numbers become such. */
const floating: Readonly<Record<string, Primitive | Rule>> = {
  exp: 'exp',
  expm1: 'expm1',
  log: 'log',
  log1p: 'log1p',
  sqrt: 'sqrt',
  sin: 'sin',
  cos: 'cos',
  tan: 'tan',
  sinh: 'sinh',
  cosh: 'cosh',
  tanh: 'tanh',
  'arcsin asin': 'asin',
  'arccos acos': 'acos',
  'arctan atan': 'atan',
  'arcsinh asinh': 'asinh',
  'arccosh acosh': 'acosh',
  'arctanh atanh': 'atanh',
  rint: 'round',
  fabs: 'abs',
  exp2: asTorch('exp2'),
  log2: asTorch('log2'),
  log10: asTorch('log10'),
  'deg2rad radians': asTorch('deg2rad'),
  'rad2deg degrees': asTorch('rad2deg'),
  cbrt: opaque('cbrt'),
  spacing: opaque('spacing'),
};

/** What known numbers come to, so that sizes computed with NumPy stay known. */
const folded: Readonly<Record<string, (x: number) => number>> = {
  exp: Math.exp,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  abs: Math.abs,
};

/** Functions that keep the type of whole numbers. */
const keeping: Readonly<Record<string, Primitive | Rule>> = {
  'absolute abs': ({ build }, x) => build.convert(build.unary('abs', x), realType(build.aval(x).dtype)),
  sign: (call, x) => {
    refuseTruths(call, x, 'sign');
    return call.build.unary('sign', x);
  },
  square: (call, x) => call.build.square(counted(call, x)),
  floor: 'floor',
  ceil: 'ceil',
  trunc: 'trunc',
  negative: (call, x) => {
    refuseTruths(call, x, 'negative');
    return call.build.unary('neg', x);
  },
  positive: (call, x) => {
    if (call.d.family === 'numpy') refuseTruths(call, x, 'positive');
    return x;
  },
  reciprocal: (call, x) => {
    const { build } = call;
    const { dtype } = build.aval(counted(call, x));
    // NumPy keeps whole numbers whole.
    return build.convert(build.unary('reciprocal', x), call.d.family === 'numpy' ? dtype : call.d.quotient(dtype));
  },
  'conjugate conj': (call, x) =>
    borrowNode(call.cx, 'conj', { input: call.d.family === 'numpy' ? counted(call, x) : x }),
  'invert bitwise_not bitwise_invert': (call, x) => {
    refuseFractions(call, x, 'invert');
    return borrowNode(call.cx, 'bitwise_not', { input: x });
  },
};

/** Truths as numbers. */
function counted({ build, d }: Call, x: NodeId): NodeId {
  return build.aval(x).dtype === 'bool' ? build.convert(x, d.counted) : x;
}

/** Questions about each element. */
const truths: Readonly<Record<string, Primitive | Rule>> = {
  isfinite: 'is_finite',
  isnan: 'is_nan',
  isinf: asTorch('isinf'),
  logical_not: 'logical_not',
  signbit: ({ build }, x) => build.binary('lt', x, build.scalar(0, x)),
};

function refuseTruths({ build, d }: Call, x: NodeId, name: string): void {
  if (build.aval(x).dtype === 'bool') throw new PythonError('TypeError', `${d.name}.${name} is not there for truths`);
}

function refuseComplex({ build, d }: Call, x: NodeId, name: string): void {
  if (d.family !== 'numpy' && /^(deg2rad|rad2deg|radians|degrees|arctan2)$/.test(name)) return;
  const { dtype } = build.aval(x);
  if (dtype.startsWith('complex')) throw new PythonError('TypeError', `${d.name}.${name} is not there for ${dtype}`);
}

/** Functions of real numbers only. */
const realOnly = new Set(
  `floor ceil trunc fix cbrt isposinf isneginf signbit deg2rad rad2deg radians degrees fabs spacing i0 floor_divide remainder
  fmod arctan2 hypot copysign nextafter logaddexp logaddexp2 heaviside`.split(/\s+/),
);

function refuseFractions({ build, d }: Call, x: NodeId, name: string): void {
  const { dtype } = build.aval(x);
  if (isFloating(dtype)) throw new PythonError('TypeError', `${d.name}.${name} is not there for ${dtype}`);
}

/** The array in the type that the call asks for. */
function typed(call: Call, x: NodeId): NodeId {
  return call.build.convert(x, call.type('dtype') ?? call.build.aval(x).dtype);
}

/** Elements that `where` leaves out hold what was there before: nothing known. */
function chosen(call: Call, node: NodeId): NodeId {
  const where = call.optional('where');
  if (where === null || (where.kind === 'bool' && where.value === true)) return node;
  const shape = broadcastShapes(call.build.shape(node), call.build.shape(call.array('where')));
  return opaqueMap(
    call.cx,
    'where',
    [call.build.broadcastTo(node, shape), call.array('where')],
    call.build.aval(node).dtype,
  );
}

function foldedTo(call: Call, name: string, x: NodeId): number | null {
  const f = folded[name];
  if (f === undefined || call.build.rank(x) > 0) return null;
  const value = numbersOf(call.cx, x)?.[0];
  return value === undefined ? null : f(value);
}

/** One function under all the names that a key of a table lists. */
function named(d: Dialect, key: string, make: (name: string) => NativeValue): readonly NativeValue[] {
  const [first = key, ...others] = key.split(' ');
  return alias(make(first), ...others.map((name) => `${d.name}.${name}`));
}

function unaryFunctions(d: Dialect): readonly NativeValue[] {
  const table = (
    rules: Readonly<Record<string, Primitive | Rule>>,
    read: (call: Call, x: NodeId) => NodeId,
  ): readonly NativeValue[] =>
    Object.entries(rules).flatMap(([key, rule]) =>
      named(d, key, (name) =>
        arrayFunction(d, name, d.family === 'numpy' ? `(x, /, out=None, ${keywords})` : '(x, /)', (call) => {
          const x = read(call, typed(call, call.array('x')));
          if (realOnly.has(name)) refuseComplex(call, x, name);
          const known = foldedTo(call, name, x);
          if (known !== null) return call.build.full([], known, call.build.aval(x).dtype);
          return chosen(call, apply(call, rule, x));
        }),
      ),
    );
  return [
    ...table(floating, (call, x) => call.inFloating(x)),
    ...table(keeping, (_call, x) => x),
    ...table(truths, (_call, x) => x),
  ];
}

// Functions of two arrays

interface BinaryRule {
  /** The operands' type, from their common one. */
  readonly type?: (call: Call, common: DType) => DType;
  readonly apply: Primitive | ((call: Call, a: NodeId, b: NodeId) => NodeId);
}

const own = (rule: BinaryRule['apply']): BinaryRule => ({ apply: rule });
const fractional = (rule: BinaryRule['apply']): BinaryRule => ({
  type: (call, common) => call.d.floating(common),
  apply: rule,
});
/** Truths are counted. */
const counting = (rule: BinaryRule['apply']): BinaryRule => ({
  type: (call, common) => (common === 'bool' ? call.d.counted : common),
  apply: rule,
});

const torchPair =
  (name: string, second = 'other'): BinaryRule['apply'] =>
  ({ cx }, a, b) =>
    borrowNode(cx, name, { input: a, [second]: b });

const whole = (name: string): BinaryRule => ({
  type: (call, common) => {
    if (isFloating(common)) throw new PythonError('TypeError', `${call.d.name}.${name} is not there for ${common}`);
    return common === 'bool' && name.includes('shift') ? call.d.counted : common;
  },
  apply: torchPair(name),
});

const binaries: Readonly<Record<string, BinaryRule>> = {
  add: own('add'),
  subtract: own((call, a, b) => {
    refuseTruths(call, a, 'subtract');
    return call.build.sub(a, b);
  }),
  multiply: own('mul'),
  'divide true_divide': {
    type: (call, common) => call.d.quotient(common),
    apply: 'div',
  },
  floor_divide: counting('floor_divide'),
  'remainder mod': counting('remainder'),
  fmod: counting(torchPair('fmod')),
  'power pow': counting((call, a, b) => power(call.cx, a, b, null)),
  float_power: { type: (_call, common) => (common.startsWith('complex') ? 'complex128' : 'float64'), apply: 'pow' },
  'maximum fmax': own('max'),
  'minimum fmin': own('min'),
  'arctan2 atan2': fractional('atan2'),
  hypot: fractional(torchPair('hypot')),
  copysign: fractional(torchPair('copysign')),
  nextafter: fractional(torchPair('nextafter')),
  logaddexp: fractional(torchPair('logaddexp')),
  logaddexp2: fractional(torchPair('logaddexp2')),
  heaviside: fractional(torchPair('heaviside')),
  gcd: whole('gcd'),
  lcm: whole('lcm'),
  bitwise_and: whole('bitwise_and'),
  bitwise_or: whole('bitwise_or'),
  bitwise_xor: whole('bitwise_xor'),
  'left_shift bitwise_left_shift': whole('bitwise_left_shift'),
  'right_shift bitwise_right_shift': whole('bitwise_right_shift'),
  equal: own('eq'),
  not_equal: own('ne'),
  less: own('lt'),
  less_equal: own('le'),
  greater: own('gt'),
  greater_equal: own('ge'),
  logical_and: own('logical_and'),
  logical_or: own('logical_or'),
  logical_xor: own('logical_xor'),
};

/** What sizes come to, so that those computed with NumPy stay known. */
const onSizes: Readonly<Record<string, (a: D.Dim, b: D.Dim) => D.Dim>> = {
  add: D.add,
  subtract: D.sub,
  multiply: D.mul,
};

function sizeResult(call: Call, name: string, a: NodeId, b: NodeId): NodeId | null {
  const f = onSizes[name];
  const [m, n] = [dimOf(call.cx, a), dimOf(call.cx, b)];
  if (f === undefined || m === null || n === null || call.build.aval(a).dtype === 'bool') return null;
  return call.build.dimScalar(f(m, n), call.build.aval(a).dtype);
}

function truthsOf(call: Call, value: Value): NodeId | null {
  return value.kind === 'tensor' && call.build.aval(value.node).dtype === 'bool' ? value.node : null;
}

/** A power of a known exponent that is a Python number takes its cheaper form. */
function knownPower(call: Call, a: NodeId, b: NodeId, exponent: Value): NodeId | null {
  const value =
    exponent.kind === 'int' && D.isKnown(exponent.value)
      ? exponent.value
      : exponent.kind === 'float'
        ? exponent.value
        : null;
  const { build, cx, d } = call;
  if (!isFloating(build.aval(a).dtype)) {
    const negative = numbersOf(cx, b)?.some((n) => n < 0) ?? false;
    // JAX looks at numbers only, not into arrays.
    if (negative && (d.family === 'numpy' || exponent.kind !== 'tensor'))
      throw new PythonError('ValueError', 'Integers to negative integer powers are not allowed.');
    return null;
  }
  return value === null ? null : power(call.cx, a, b, value);
}

function binary(call: Call, name: string, rule: BinaryRule, first: Value, second: Value): NodeId {
  const { build } = call;
  const [left, right] = operands(call.d, call.cx, [first, second]);
  if (left === undefined || right === undefined) throw new RangeError('two operands in, two out');
  const wanted = call.type('dtype') ?? build.aval(left).dtype;
  // An exponent that is one whole number gives way to the base's type in JAX.
  if (name === 'power' && call.d.family === 'jax' && first.kind === 'tensor' && second.kind === 'tensor') {
    const own = build.aval(first.node).dtype;
    if (!isFloating(own) && own !== 'bool' && dimOf(call.cx, second.node) !== null)
      return build.binary('pow', first.node, build.convert(second.node, own));
  }
  // The square of truths is counted in the smallest type, whatever the exponent's own.
  if (name === 'power' && second.kind === 'int' && second.value === 2 && truthsOf(call, first) !== null)
    return build.square(counted(call, truthsOf(call, first) ?? left));
  const type = rule.type === undefined ? wanted : rule.type(call, wanted);
  const [a, b] = [build.convert(left, type), build.convert(right, type)];
  if (realOnly.has(name)) refuseComplex(call, a, name);
  const known = sizeResult(call, name, a, b) ?? (name === 'power' ? knownPower(call, a, b, second) : null);
  if (known !== null) return known;
  return typeof rule.apply === 'string' ? build.binary(rule.apply, a, b) : rule.apply(call, a, b);
}

/** An operator's method of arrays, `__add__`, by the function that it is. */
const operators: Readonly<Record<string, string>> = {
  add: 'add',
  sub: 'subtract',
  mul: 'multiply',
  truediv: 'divide',
  floordiv: 'floor_divide',
  mod: 'remainder',
  pow: 'power',
  lshift: 'left_shift',
  rshift: 'right_shift',
  and: 'bitwise_and',
  or: 'bitwise_or',
  xor: 'bitwise_xor',
  eq: 'equal',
  ne: 'not_equal',
  lt: 'less',
  le: 'less_equal',
  gt: 'greater',
  ge: 'greater_equal',
};

function binaryFunctions(d: Dialect): readonly NativeValue[] {
  return Object.entries(binaries).flatMap(([key, rule]) => {
    const [main = key] = key.split(' ');
    const functions = named(d, key, (name) =>
      arrayFunction(d, name, d.family === 'numpy' ? `(x1, x2, /, out=None, ${keywords})` : '(x1, x2, /)', (call) =>
        chosen(call, binary(call, main, rule, call.value('x1'), call.value('x2'))),
      ),
    );
    const methods = Object.entries(operators).flatMap(([method, name]) => {
      const [first] = functions;
      return name === main && first !== undefined ? [{ ...first, name: `${d.methods}.__${method}__` }] : [];
    });
    return [...functions, ...methods, outer(d, main, rule), ...accumulations(d, main)];
  });
}

/** `np.add.outer(a, b)`: every element of a with every one of b. */
function outer(d: Dialect, main: string, rule: BinaryRule): NativeValue {
  return arrayFunction(d, `${main}.outer`, '(x1, x2, /, out=None, dtype=None)', (call) => {
    const [a, b] = [call.array('x1'), call.array('x2')];
    const { build } = call;
    const wide = build.reshape(a, [...build.shape(a), ...build.shape(b).map(() => 1)]);
    return binary(call, main, rule, call.result(wide), call.result(b));
  });
}

/** What a function of two does along an axis, where it has a reduction or scan of its own. */
const along: Readonly<Record<string, { readonly reduce: string; readonly accumulate: string | null }>> = {
  add: { reduce: 'sum', accumulate: 'cumsum' },
  multiply: { reduce: 'prod', accumulate: 'cumprod' },
  maximum: { reduce: 'max', accumulate: null },
  minimum: { reduce: 'min', accumulate: null },
  logical_and: { reduce: 'all', accumulate: null },
  logical_or: { reduce: 'any', accumulate: null },
};

/** `np.add.reduce`, `np.maximum.accumulate`: over the first axis where none is named. */
function accumulations(d: Dialect, name: string): readonly NativeValue[] {
  const { reduce } = along[name] ?? {};
  const reductions =
    reduce === undefined
      ? []
      : [
          arrayFunction(
            d,
            `${name}.reduce`,
            '(array, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=True)',
            (call) => {
              const { build } = call;
              const x = typed(call, call.array('array'));
              const shape = build.shape(x);
              const all = call.has('axis') && call.optional('axis') === null;
              const axes = all ? null : shape.length === 0 ? null : (call.strictAxes('axis', shape.length) ?? [0]);
              const keep = call.bool('keepdims', false);
              switch (reduce) {
                case 'sum':
                  return build.reduce('reduce_sum', x, axes, keep);
                case 'prod':
                  return build.reduce('reduce_prod', x, axes, keep);
                case 'all':
                case 'any':
                  return build.reduce(
                    reduce === 'all' ? 'reduce_and' : 'reduce_or',
                    build.convert(x, 'bool'),
                    axes,
                    keep,
                  );
                default: {
                  if ((axes ?? shape.map((_, k) => k)).some((axis) => shape[axis] === 0))
                    throw new ShapeError(`${name}.reduce: no elements along the axes to reduce`);
                  return build.reduce(reduce === 'max' ? 'reduce_max' : 'reduce_min', x, axes, keep);
                }
              }
            },
          ),
        ];
  const scans = ['add', 'multiply', 'maximum', 'minimum'].includes(name)
    ? [
        arrayFunction(d, `${name}.accumulate`, '(array, axis=0, dtype=None, out=None)', (call) => {
          const { build } = call;
          const x = typed(call, call.array('array'));
          if (build.rank(x) === 0) throw new PythonError('TypeError', 'cannot accumulate on a scalar');
          const at = call.strict('axis', build.rank(x), 0);
          if (name === 'add') return build.emit('cumsum', { axis: at }, [x]);
          if (name === 'multiply') return build.emit('cumprod', { axis: at }, [x]);
          if (name === 'maximum') return build.emit('cummax', { axis: at }, [x]);
          return build.unary('neg', build.emit('cummax', { axis: at }, [build.unary('neg', x)]));
        }),
      ]
    : [];
  return [...reductions, ...scans];
}

// The others

function clip(call: Call): NodeId {
  const bounds = [
    call.optional('a_min') ?? call.optional('min'),
    call.optional('a_max') ?? call.optional('max'),
  ] as const;
  const [low, high] = bounds;
  const given = [call.value('a'), ...bounds.flatMap((value) => (value === null ? [] : [value]))];
  const [x, ...limits] = operands(call.d, call.cx, given);
  if (x === undefined) throw new RangeError('operands in, operands out');
  const floor = low === null ? undefined : limits[0];
  const ceiling = high === null ? undefined : limits[limits.length - 1];
  const raised = floor === undefined ? x : call.build.binary('max', x, floor);
  return ceiling === undefined ? raised : call.build.binary('min', raised, ceiling);
}

function isClose(call: Call): NodeId {
  const { build } = call;
  const [a, b] = call.pair('a', 'b').map((x) => build.convert(x, call.d.quotient(build.aval(x).dtype)));
  if (a === undefined || b === undefined) throw new RangeError('two operands in, two out');
  const tolerance = build.add(
    build.scale(build.unary('abs', b), call.number('rtol', 1e-5)),
    build.scalar(call.number('atol', 1e-8), b),
  );
  return build.binary('le', build.unary('abs', build.sub(a, b)), tolerance);
}

/** A real or imaginary part; real arrays are their own real part. */
function part(call: Call, x: NodeId, which: 'real' | 'imag'): NodeId {
  const { shape, dtype } = call.build.aval(x);
  if (dtype.startsWith('complex')) return opaqueMap(call.cx, which, [x], realType(dtype));
  return which === 'real' ? x : call.build.full(shape, 0, dtype);
}

function roundTo(call: Call, name: string): NodeId {
  const { build } = call;
  const x = call.array(name);
  const decimals = call.int('decimals', 0);
  const { dtype } = build.aval(x);
  if (dtype === 'bool' && call.d.family !== 'numpy') throw new PythonError('ValueError', 'truths cannot be rounded');
  if (!isFloating(dtype)) return dtype === 'bool' ? build.convert(x, call.d.floating('bool')) : x;
  if (decimals === 0) return build.unary('round', x);
  return build.scale(build.unary('round', build.scale(x, 10 ** decimals)), 10 ** -decimals);
}

function sameTruths(call: Call, a: NodeId, b: NodeId): boolean | null {
  const [own, other] = [call.build.shape(a), call.build.shape(b)];
  if (sameShape(own, other)) return null;
  return own.length !== other.length || own.some((dim, k) => D.surelyDiffer(dim, other[k] ?? -1)) ? false : null;
}

/** Whether shapes can be broadcast; null where that is open. */
function fits(...shapes: readonly Shape[]): boolean | null {
  try {
    broadcastShapes(...shapes);
    return true;
  } catch (error) {
    return error instanceof ShapeError ? false : null;
  }
}

function infinite(call: Call, value: number): NodeId {
  const x = call.array('x');
  refuseComplex(call, x, 'isinf');
  return call.build.binary('eq', x, call.build.full([], value, call.d.float));
}

function ofQuotients(call: Call, name: 'sinc' | 'i0'): NodeId {
  const x = call.array('x');
  if (name === 'i0') refuseComplex(call, x, name);
  return borrowNode(call.cx, name, { input: call.build.convert(x, call.d.quotient(call.build.aval(x).dtype)) });
}

function others(d: Dialect): readonly NativeValue[] {
  const x = '(x, /, out=None)';
  return [
    ...withMethods(d, [
      arrayFunction(
        d,
        'clip',
        d.family === 'numpy'
          ? '(a, a_min|min=None, a_max|max=None, out=None, **kwargs)'
          : '(a|arr, min=None, max=None)',
        clip,
      ),
      arrayFunction(d, 'round', '(a, decimals=0, out=None)', (call) => roundTo(call, 'a')),
    ]),
    arrayFunction(d, 'around', '(a, decimals=0, out=None)', (call) => roundTo(call, 'a')),
    arrayFunction(d, 'fix', x, (call) => {
      const value = call.array('x');
      refuseComplex(call, value, 'fix');
      return call.build.unary('trunc', value);
    }),
    arrayFunction(d, 'isclose', '(a, b, rtol=1e-05, atol=1e-08, equal_nan=False)', isClose),
    valueFunction(d, 'allclose', '(a, b, rtol=1e-05, atol=1e-08, equal_nan=False)', (call) => {
      isClose(call);
      return bool(null);
    }),
    valueFunction(d, 'array_equal', '(a1, a2, equal_nan=False)', (call) =>
      bool(sameTruths(call, call.array('a1'), call.array('a2'))),
    ),
    valueFunction(d, 'array_equiv', '(a1, a2)', (call) => {
      const fit = fits(call.build.shape(call.array('a1')), call.build.shape(call.array('a2')));
      return bool(fit === false ? false : null);
    }),
    arrayFunction(d, 'isposinf', x, (call) => infinite(call, Number.POSITIVE_INFINITY)),
    arrayFunction(d, 'isneginf', x, (call) => infinite(call, Number.NEGATIVE_INFINITY)),
    arrayFunction(d, 'isreal', '(x)', (call) => borrowNode(call.cx, 'isreal', { input: call.array('x') })),
    arrayFunction(d, 'iscomplex', '(x)', (call) =>
      call.build.unary('logical_not', borrowNode(call.cx, 'isreal', { input: call.array('x') })),
    ),
    valueFunction(d, 'isrealobj', '(x)', (call) => bool(!call.build.aval(call.array('x')).dtype.startsWith('complex'))),
    valueFunction(d, 'iscomplexobj', '(x)', (call) =>
      bool(call.build.aval(call.array('x')).dtype.startsWith('complex')),
    ),
    arrayFunction(d, 'nan_to_num', '(x, copy=True, nan=0.0, posinf=None, neginf=None)', (call) => {
      const value = call.array('x');
      return isFloating(call.build.aval(value).dtype) ? borrowNode(call.cx, 'nan_to_num', { input: value }) : value;
    }),
    arrayFunction(d, 'sinc', '(x)', (call) => ofQuotients(call, 'sinc')),
    arrayFunction(d, 'i0', '(x)', (call) => ofQuotients(call, 'i0')),
    arrayFunction(d, 'angle', '(z, deg=False)', (call) => {
      const z = call.array('z');
      const { dtype } = call.build.aval(z);
      return opaqueMap(call.cx, 'angle', [z], realType(dtype === 'bool' ? call.d.float : call.d.floating(dtype)));
    }),
    arrayFunction(d, 'real', '(val)', (call) => part(call, call.array('val'), 'real')),
    arrayFunction(d, 'imag', '(val)', (call) => part(call, call.array('val'), 'imag')),
    arrayFunction(d, 'bitwise_count', x, (call) => {
      const value = call.array('x');
      refuseFractions(call, value, 'bitwise_count');
      return opaqueMap(call.cx, 'bitwise_count', [value], 'uint8');
    }),
    arrayFunction(d, 'ldexp', '(x1, x2, /, out=None)', (call) => {
      const [mantissa, exponent] = [call.floating('x1'), call.array('x2')];
      refuseFractions(call, exponent, 'ldexp');
      return opaqueMap(call.cx, 'ldexp', [mantissa, exponent], call.build.aval(mantissa).dtype);
    }),
    valueFunction(d, 'modf', x, (call) => {
      const value = call.floating('x');
      const integral = call.build.unary('trunc', value);
      return call.results([call.build.sub(value, integral), integral]);
    }),
    valueFunction(d, 'frexp', x, (call) => {
      const value = call.floating('x');
      return call.results([
        opaqueMap(call.cx, 'frexp mantissa', [value]),
        opaqueMap(call.cx, 'frexp exponent', [value], 'int32'),
      ]);
    }),
    valueFunction(d, 'divmod', '(x1, x2, /)', (call) => {
      const rule = (name: string): BinaryRule => binaries[name] ?? own('add');
      const [a, b] = [call.value('x1'), call.value('x2')];
      return call.results([
        binary(call, 'floor_divide', rule('floor_divide'), a, b),
        binary(call, 'remainder', rule('remainder mod'), a, b),
      ]);
    }),
  ];
}

/** The unary operators of arrays. */
const unaryOperators: Readonly<Record<string, string>> = {
  neg: 'negative',
  pos: 'positive',
  abs: 'absolute',
  invert: 'invert',
};

export function elementwise(d: Dialect): readonly NativeValue[] {
  const unary = unaryFunctions(d);
  const methods = [
    ...Object.entries(unaryOperators).map(([method, name]) => [name, `__${method}__`] as const),
    ['conjugate', 'conjugate'] as const,
    ['conj', 'conj'] as const,
  ].flatMap(([name, method]) =>
    unary.filter((f) => f.name === `${d.name}.${name}`).map((f) => ({ ...f, name: `${d.methods}.${method}` })),
  );
  return [...unary, ...methods, ...binaryFunctions(d), ...others(d)];
}
