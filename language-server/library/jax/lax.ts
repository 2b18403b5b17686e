import type { GraphBuilder } from '../../graph/builder.ts';
import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import {
  broadcastShapes,
  type DType,
  dimAt,
  isFloating,
  requireEqual,
  requireSameShape,
  type Shape,
  ShapeError,
  showShape,
} from '../../graph/shape.ts';
import { PythonError, Unknowable } from '../context.ts';
import { asArray, type Call, dimOf, shapeIn, sizeIn, strictAxis } from '../numpy/dialect.ts';
import { opaqueMap, power } from '../torch/elementwise.ts';
import { opaque, without } from '../torch/opaque.ts';
import { list, type NativeValue, type Value } from '../values.ts';
import { jaxFunction, jaxOp } from './function.ts';

/** jax.lax (https://docs.jax.dev/en/latest/jax.lax.html): primitives, stricter of shapes and types than jax.numpy. */

type Primitive = Parameters<GraphBuilder['unary']>[0];

/** Functions of numbers with a fraction, and those of any numbers. */
const fractional: Readonly<Record<string, Primitive>> = {
  exp: 'exp',
  expm1: 'expm1',
  log: 'log',
  log1p: 'log1p',
  sqrt: 'sqrt',
  rsqrt: 'rsqrt',
  sin: 'sin',
  cos: 'cos',
  tan: 'tan',
  asin: 'asin',
  acos: 'acos',
  atan: 'atan',
  sinh: 'sinh',
  cosh: 'cosh',
  tanh: 'tanh',
  asinh: 'asinh',
  acosh: 'acosh',
  atanh: 'atanh',
  logistic: 'logistic',
  erf: 'erf',
  erfc: 'erfc',
  erf_inv: 'erf_inv',
  lgamma: 'lgamma',
  digamma: 'digamma',
  floor: 'floor',
  ceil: 'ceil',
  reciprocal: 'reciprocal',
  is_finite: 'is_finite',
};

const any: Readonly<Record<string, Primitive>> = {
  neg: 'neg',
  abs: 'abs',
  sign: 'sign',
  square: 'square',
  stop_gradient: 'stop_gradient',
};

function unaryFunctions(): readonly NativeValue[] {
  const make = (name: string, primitive: Primitive, whole: boolean): NativeValue =>
    jaxOp(`jax.lax.${name}`, '(x, *, accuracy=None)', (call) => {
      const x = call.array('x');
      const { dtype } = call.build.aval(x);
      if (!whole && !isFloating(dtype)) throw new PythonError('TypeError', `${name} does not accept dtype ${dtype}`);
      return call.build.unary(primitive, x);
    });
  return [
    ...Object.entries(fractional).map(([name, primitive]) => make(name, primitive, false)),
    ...Object.entries(any).map(([name, primitive]) => make(name, primitive, true)),
  ];
}

const pairs: Readonly<Record<string, Primitive | ((call: Call, a: NodeId, b: NodeId) => NodeId)>> = {
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  div: ({ build }, a, b) => {
    const { dtype } = build.aval(a);
    return build.convert(isFloating(dtype) ? build.div(a, b) : build.unary('trunc', build.div(a, b)), dtype);
  },
  rem: ({ build }, a, b) => {
    const quotient = build.convert(build.unary('trunc', build.div(a, b)), build.aval(a).dtype);
    return build.sub(a, build.mul(b, quotient));
  },
  max: 'max',
  min: 'min',
  atan2: 'atan2',
  eq: 'eq',
  ne: 'ne',
  lt: 'lt',
  le: 'le',
  gt: 'gt',
  ge: 'ge',
  nextafter: ({ cx }, a, b) => opaqueMap(cx, 'nextafter', [a, b]),
};

/** Operands of one type and of one number of axes; one number gives way in shape, and Python's also in type. */
function strictPair(call: Call, name: string, sameType: boolean): readonly [NodeId, NodeId] {
  const { build } = call;
  const values = [call.value('x'), call.value('y')];
  const [a, b] = values.map((value) => asArray(call.d, call.cx, value));
  if (a === undefined || b === undefined) throw new RangeError('two operands in, two out');
  const [m, n] = [build.rank(a), build.rank(b)];
  if (m !== n && m !== 0 && n !== 0)
    throw new ShapeError(
      `${name}: ${showShape(build.shape(a))} and ${showShape(build.shape(b))} have different numbers of axes`,
    );
  const [p, q] = [build.aval(a).dtype, build.aval(b).dtype];
  if (p === q) return [a, b];
  if (!sameType) return [a, b];
  // A float of Python takes the type of a floating array.
  const weak = (value: Value | undefined, other: DType): boolean => value?.kind === 'float' && isFloating(other);
  if (weak(values[1], p)) return [a, build.convert(b, p)];
  if (weak(values[0], q)) return [build.convert(a, q), b];
  const integer = (value: Value | undefined, other: DType): boolean =>
    value?.kind === 'int' && !isFloating(other) && other !== 'bool';
  if (integer(values[1], p)) return [a, build.convert(b, p)];
  if (integer(values[0], q)) return [build.convert(a, q), b];
  throw new PythonError('TypeError', `lax.${name} requires arguments to have the same dtypes, got ${p}, ${q}`);
}

function pairFunctions(): readonly NativeValue[] {
  return Object.entries(pairs).map(([name, rule]) =>
    jaxOp(`jax.lax.${name}`, '(x, y)', (call) => {
      const [a, b] = strictPair(call, name, true);
      return typeof rule === 'string' ? call.build.binary(rule, a, b) : rule(call, a, b);
    }),
  );
}

function exponentOf(value: Value): number | null {
  if (value.kind === 'float') return value.value;
  return value.kind === 'int' && D.isKnown(value.value) ? value.value : null;
}

function knownInts(call: Call, name: string): readonly number[] {
  const value = call.value(name);
  return (value.kind === 'int' ? [value] : call.cx.items(value)).map((item) => {
    const dim = sizeIn(call, item);
    if (!D.isKnown(dim)) throw new Unknowable(`the value of '${name}' is not known`);
    return dim;
  });
}

function axesIn(call: Call, name: string, rank: number): readonly number[] {
  const axes = knownInts(call, name).map((axis) => strictAxis(axis, rank));
  if (new Set(axes).size !== axes.length) throw new ShapeError(`an axis stands twice in (${axes.join(', ')})`);
  return axes;
}

function slice(call: Call): NodeId {
  const { build } = call;
  const x = call.array('operand');
  const shape = build.shape(x);
  const dims = (name: string): readonly Dim[] => call.cx.items(call.value(name)).map((item) => sizeIn(call, item));
  const [starts, limits] = [dims('start_indices'), dims('limit_indices')];
  const steps = call.optional('strides') === null ? shape.map(() => 1) : knownInts(call, 'strides');
  if (starts.length !== shape.length || limits.length !== shape.length || steps.length !== shape.length)
    throw new ShapeError(`slice: as many indices are wanted as ${showShape(shape)} has axes`);
  starts.forEach((start, k) => {
    const [limit, dim] = [limits[k] ?? 0, dimAt(shape, k)];
    if (
      (D.isKnown(start) && start < 0) ||
      (D.isKnown(limit) && D.isKnown(dim) && limit > dim) ||
      (D.isKnown(start) && D.isKnown(limit) && start > limit)
    )
      throw new ShapeError(
        `slice: ${D.show(start)} to ${D.show(limit)} do not lie on axis ${k} of ${showShape(shape)}`,
      );
  });
  return build.emit('slice', { starts, limits, steps }, [x]);
}

/** The range of one axis, negative places counted from its end. */
function sliceInDim(call: Call): NodeId {
  const { build } = call;
  const x = call.array('operand');
  const shape = build.shape(x);
  const axis = call.strict('axis', shape.length, 0);
  const dim = dimAt(shape, axis);
  const place = (name: string, otherwise: Dim): Dim => {
    const value = call.optional(name);
    if (value === null) return otherwise;
    const at = sizeIn(call, value);
    return D.isKnown(at) && at < 0 ? D.add(dim, at) : at;
  };
  const [start, limit] = [place('start_index', 0), place('limit_index', dim)];
  if (D.isKnown(limit) && D.isKnown(dim) && limit > dim)
    throw new ShapeError(`slice_in_dim: ${limit} does not lie on axis ${axis} of ${showShape(shape)}`);
  return build.sliceAxis(x, axis, start, limit, call.int('stride', 1));
}

/** A part of fixed sizes from places that may be known only when it runs. */
function dynamicSlice(call: Call, sizes: Shape): NodeId {
  const { build, cx } = call;
  const x = call.array('operand');
  const { shape, dtype } = build.aval(x);
  if (sizes.length !== shape.length)
    throw new ShapeError(`dynamic_slice: ${sizes.length} sizes for ${showShape(shape)}`);
  sizes.forEach((size, k) => {
    const dim = dimAt(shape, k);
    if (D.isKnown(size) && D.isKnown(dim) && size > dim)
      throw new ShapeError(`dynamic_slice: ${size} entries do not fit axis ${k} of ${showShape(shape)}`);
  });
  const whole = sizes.flatMap((size, k) => (D.equal(size, dimAt(shape, k)) ? [[k, k] as const] : []));
  return opaque(cx, 'dynamic_slice', [x], sizes, dtype, whole);
}

/** One entry along an axis, which stays with size 1 unless it is dropped. */
function indexInDim(call: Call, known: boolean): NodeId {
  const { build, cx } = call;
  const x = call.array('operand');
  const { shape, dtype } = build.aval(x);
  const axis = call.strict('axis', shape.length, 0);
  const keep = call.bool('keepdims', true);
  const value = call.value('index');
  const at = value.kind === 'int' ? value.value : value.kind === 'tensor' ? dimOf(cx, value.node) : null;
  const dim = dimAt(shape, axis);
  if (known && at !== null && D.isKnown(at) && D.isKnown(dim) && (at >= dim || at < -dim))
    throw new ShapeError(`index ${at} is out of range for axis ${axis} of ${showShape(shape)}`);
  const inside = at !== null && D.isKnown(at) && (!D.isKnown(dim) || (at < dim && at >= -dim));
  const entry = inside
    ? build.take(x, axis, at)
    : opaque(
        cx,
        'dynamic_index',
        [x],
        shape.filter((_, k) => k !== axis),
        dtype,
        shape.flatMap((_, k) => (k === axis ? [] : [[k, k < axis ? k : k - 1] as const])),
      );
  return keep ? build.expandDims(entry, axis) : entry;
}

/** The array with a part replaced. */
function dynamicUpdate(call: Call, axis: number | null): NodeId {
  const { build, cx } = call;
  const [x, update] = [call.array('operand'), call.array('update')];
  const { shape, dtype } = build.aval(x);
  const own = build.shape(update);
  if (own.length !== shape.length && !(axis !== null && own.length === shape.length - 1))
    throw new ShapeError(`an update ${showShape(own)} does not fit ${showShape(shape)}`);
  const beside = own.length === shape.length ? shape : shape.filter((_, k) => k !== axis);
  own.forEach((dim, k) => {
    const most = dimAt(beside, k);
    if (D.isKnown(dim) && D.isKnown(most) && dim > most)
      throw new ShapeError(`an update ${showShape(own)} does not fit ${showShape(shape)}`);
  });
  return opaque(cx, 'dynamic_update_slice', [x, update], shape, dtype);
}

function padded(call: Call): NodeId {
  const { build } = call;
  const x = call.array('operand');
  const shape = build.shape(x);
  const rows = call.cx
    .items(call.value('padding_config'))
    .map((row) => call.cx.items(row).map((item) => sizeIn(call, item)));
  if (rows.length !== shape.length) throw new ShapeError(`pad: ${rows.length} rows for ${showShape(shape)}`);
  if (rows.some(([, , interior]) => interior !== 0)) {
    const grown = shape.map((dim, k) => {
      const [low = 0, high = 0, interior = 0] = rows[k] ?? [];
      return D.add(
        D.add(low, high),
        D.add(dim, D.mul(interior, D.isKnown(dim) ? Math.max(0, dim - 1) : D.sub(dim, 1))),
      );
    });
    return opaque(call.cx, 'pad', [x], grown, build.aval(x).dtype);
  }
  const value = call.value('padding_value');
  const number = exponentOf(value);
  const [low, high] = [rows.map(([first = 0]) => first), rows.map(([, second = 0]) => second)];
  if ([...low, ...high].some((dim) => D.isKnown(dim) && dim < 0))
    throw new Unknowable('negative padding is not followed');
  const known = number ?? (value.kind === 'tensor' ? dimOfFloat(call, value.node) : null);
  return build.emit('pad', { low, high, value: known ?? 0 }, [x]);
}

function dimOfFloat(call: Call, node: NodeId): number | null {
  const { op } = call.build.nodes[node] ?? {};
  return op?.name === 'full' ? op.params.value : null;
}

// Products

function dimensionNumbers(call: Call): {
  readonly contract: readonly [readonly number[], readonly number[]];
  readonly batch: readonly [readonly number[], readonly number[]];
} {
  const axes = (value: Value): readonly number[] =>
    call.cx.items(value).map((item) => {
      const dim = sizeIn(call, item);
      if (!D.isKnown(dim)) throw new Unknowable('an axis is not known');
      return dim;
    });
  const [contract, batch] = call.cx.items(call.value('dimension_numbers')).map((pair) => call.cx.items(pair).map(axes));
  return { contract: [contract?.[0] ?? [], contract?.[1] ?? []], batch: [batch?.[0] ?? [], batch?.[1] ?? []] };
}

function dot(call: Call): NodeId {
  const { build } = call;
  const [a, b] = [call.array('lhs'), call.array('rhs')];
  if (call.optional('dimension_numbers') !== null) return build.dot(a, b, dimensionNumbers(call));
  const [m, n] = [build.rank(a), build.rank(b)];
  if (m < 1 || n < 1 || m > 2 || n > 2)
    throw new ShapeError(
      `dot: vectors and matrices are wanted, not ${showShape(build.shape(a))} and ${showShape(build.shape(b))}`,
    );
  return build.dot(a, b, { contract: [[m - 1], [0]], batch: [[], []] });
}

function batchMatmul(call: Call): NodeId {
  const { build } = call;
  const [a, b] = [call.array('lhs'), call.array('rhs')];
  const rank = build.rank(a);
  if (rank < 2 || build.rank(b) !== rank)
    throw new ShapeError('batch_matmul takes arrays with as many axes, at least two');
  const batch = Array.from({ length: rank - 2 }, (_, k) => k);
  return build.dot(a, b, { contract: [[rank - 1], [rank - 2]], batch: [batch, batch] });
}

/** Where the named axes stand: `NHWC` for (n, c, h, w). */
function orderOf(spec: string, first: string, second: string): readonly number[] {
  const spatial = [...spec]
    .filter((axis) => axis !== first && axis !== second)
    .toSorted((a, b) => rankOf(a) - rankOf(b));
  return [first, second, ...spatial].map((axis) => spec.indexOf(axis));
}

/** Spatial axes in the order in which JAX names them. */
function rankOf(axis: string): number {
  return 'DHW'.includes(axis) ? 'DHW'.indexOf(axis) : axis.charCodeAt(0);
}

function paddingOf(
  call: Call,
  name: string,
  sizes: Shape,
  windows: Shape,
  strides: readonly number[],
  dilations: readonly number[],
): readonly (readonly [number, number])[] {
  const value = call.value(name);
  if (value.kind !== 'str')
    return call.cx.items(value).map((pair) => {
      const [low, high] = call.cx.items(pair).map((item) => sizeIn(call, item));
      if (low === undefined || high === undefined || !D.isKnown(low) || !D.isKnown(high))
        throw new Unknowable('the padding is not known');
      return [low, high] as const;
    });
  const kind = (value.value ?? '').toUpperCase();
  return sizes.map((size, k): readonly [number, number] => {
    if (kind === 'VALID') return [0, 0];
    if (kind !== 'SAME' && kind !== 'SAME_LOWER')
      throw new PythonError('ValueError', `padding '${value.value}' is not known`);
    const [window, stride, dilation] = [windows[k] ?? 1, strides[k] ?? 1, dilations[k] ?? 1];
    if (!D.isKnown(window)) throw new Unknowable('the size of the window is not known');
    const reach = (window - 1) * dilation + 1;
    if (stride !== 1 && !D.isKnown(size)) throw new Unknowable(`the padding of ${D.show(size)} entries is not known`);
    const total = D.isKnown(size) ? Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size) : reach - 1;
    const low = kind === 'SAME' ? Math.floor(total / 2) : Math.ceil(total / 2);
    return [low, total - low];
  });
}

function convolution(call: Call, options: { readonly numbers: boolean }): NodeId {
  const { build } = call;
  const [lhs, rhs] = [call.array('lhs'), call.array('rhs')];
  const rank = build.rank(lhs);
  if (rank < 2 || build.rank(rhs) !== rank)
    throw new ShapeError(
      `a convolution takes operands with as many axes, not ${showShape(build.shape(lhs))} and ${showShape(build.shape(rhs))}`,
    );
  const given = options.numbers ? call.optional('dimension_numbers') : null;
  const specs = given === null ? null : call.cx.items(given).map((item) => (item.kind === 'str' ? item.value : null));
  const plain = Array.from({ length: rank }, (_, k) => k);
  const [left, right, out] = specs ?? [];
  if (given !== null && (left == null || right == null || out == null))
    throw new Unknowable('these dimension numbers are not followed');
  const orders = [
    left == null ? plain : orderOf(left, 'N', 'C'),
    right == null ? plain : orderOf(right, 'O', 'I'),
    out == null ? plain : orderOf(out, 'N', 'C'),
  ];
  const [x, w] = [build.transpose(lhs, orders[0] ?? plain), build.transpose(rhs, orders[1] ?? plain)];
  const space = rank - 2;
  const stride = knownInts(call, 'window_strides');
  if (stride.length !== space) throw new ShapeError(`${stride.length} strides for ${space} spatial axes`);
  const all = (name: string): readonly number[] =>
    options.numbers && call.optional(name) !== null ? knownInts(call, name) : Array.from({ length: space }, () => 1);
  const [spread, dilation] = [all('lhs_dilation'), all('rhs_dilation')];
  if (spread.some((step) => step !== 1)) throw new Unknowable('a convolution of a dilated operand is not followed');
  if (options.numbers && call.int('batch_group_count', 1) !== 1) throw new Unknowable('batch groups are not followed');
  const padding = paddingOf(call, 'padding', build.shape(x).slice(2), build.shape(w).slice(2), stride, dilation);
  const groups = options.numbers ? call.int('feature_group_count', 1) : 1;
  const [features, ...windows] = build.shape(w).filter((_, k) => k !== 1);
  if (features !== undefined && groups > 0 && D.isKnown(features) && features % groups !== 0)
    throw new ShapeError(`${features} features cannot be put into ${groups} groups`);
  windows.forEach((window, k) => {
    const [size, [low, high]] = [dimAt(build.shape(x), k + 2), padding[k] ?? [0, 0]];
    if (D.isKnown(size) && D.isKnown(window) && size + low + high < (window - 1) * (dilation[k] ?? 1) + 1)
      throw new Unknowable('a convolution whose window is larger than the input is not followed');
  });
  const result = build.emit('conv', { stride, padding, dilation, groups, transposed: null }, [x, w]);
  const back = orders[2] ?? plain;
  return build.transpose(
    result,
    plain.map((axis) => back.indexOf(axis)),
  );
}

const reducers: Readonly<
  Record<string, 'reduce_sum' | 'reduce_prod' | 'reduce_max' | 'reduce_min' | 'reduce_and' | 'reduce_or'>
> = {
  reduce_sum: 'reduce_sum',
  reduce_prod: 'reduce_prod',
  reduce_max: 'reduce_max',
  reduce_min: 'reduce_min',
  reduce_and: 'reduce_and',
  reduce_or: 'reduce_or',
};

/** Runs along an axis, of the array turned round for those in reverse. */
function scan(name: 'cumsum' | 'cumprod' | 'cummax' | 'cummin' | 'cumlogsumexp'): NativeValue {
  return jaxOp(`jax.lax.${name}`, '(operand, axis=0, reverse=False)', (call) => {
    const { build } = call;
    const x = call.array('operand');
    const axis = call.strict('axis', build.rank(x), 0);
    const turn = (node: NodeId): NodeId =>
      call.bool('reverse', false) ? build.emit('reverse', { axes: [axis] }, [node]) : node;
    const turned = turn(x);
    const { dtype } = build.aval(x);
    switch (name) {
      case 'cummin':
        return turn(build.unary('neg', build.emit('cummax', { axis }, [build.unary('neg', turned)])));
      case 'cumlogsumexp': {
        const peak = build.unary('stop_gradient', build.reduce('reduce_max', turned, [axis], true));
        const sums = build.emit('cumsum', { axis }, [build.unary('exp', build.sub(turned, peak))]);
        return turn(build.add(build.unary('log', sums), peak));
      }
      default:
        return turn(build.convert(build.emit(name, { axis }, [turned]), dtype));
    }
  });
}

export const lax: readonly NativeValue[] = [
  ...unaryFunctions(),
  ...pairFunctions(),
  jaxOp('jax.lax.pow', '(x, y)', (call) => {
    const [a, b] = strictPair(call, 'pow', false);
    return power(call.cx, a, call.build.convert(b, call.build.aval(a).dtype), exponentOf(call.value('y')));
  }),
  jaxOp('jax.lax.integer_pow', '(x, y)', (call) => {
    const x = call.array('x');
    return power(call.cx, x, call.build.full([], call.int('y'), call.build.aval(x).dtype), call.int('y'));
  }),
  jaxOp('jax.lax.round', '(x, rounding_method=None)', (call) => call.build.unary('round', call.array('x'))),
  jaxOp('jax.lax.clamp', '(min, x, max)', (call) => {
    const { build } = call;
    const x = call.array('x');
    const shape = build.shape(x);
    const bounds = ['min', 'max'].map((name) => {
      const bound = call.array(name);
      if (build.rank(bound) > 0)
        requireSameShape(
          build.shape(bound),
          shape,
          () => `clamp: a bound ${showShape(build.shape(bound))} for ${showShape(shape)}`,
        );
      return build.convert(bound, build.aval(x).dtype);
    });
    const [low = x, high = x] = bounds;
    return build.binary('min', build.binary('max', x, low), high);
  }),
  ...['select', 'select_n'].map((name) =>
    jaxOp(`jax.lax.${name}`, name === 'select' ? '(pred, on_true, on_false)' : '(which, *cases)', (call) => {
      const { build } = call;
      const [pred, yes, no] =
        name === 'select'
          ? [call.array('pred'), call.array('on_true'), call.array('on_false')]
          : [call.array('which'), ...call.rest.map((value) => asArray(call.d, call.cx, value)).toReversed()];
      if (
        pred === undefined ||
        yes === undefined ||
        no === undefined ||
        (name === 'select_n' && call.rest.length !== 2)
      )
        throw new Unknowable('a choice among more than two is not followed');
      requireSameShape(
        build.shape(yes),
        build.shape(no),
        () => `select: ${showShape(build.shape(yes))} and ${showShape(build.shape(no))} differ`,
      );
      if (build.rank(pred) > 0)
        requireSameShape(
          build.shape(pred),
          build.shape(yes),
          () => `select: a condition ${showShape(build.shape(pred))} for ${showShape(build.shape(yes))}`,
        );
      return build.select(build.convert(pred, 'bool'), yes, no);
    }),
  ),
  jaxOp(
    'jax.lax.dot',
    '(lhs, rhs, *, dimension_numbers=None, precision=None, preferred_element_type=None, out_sharding=None)',
    dot,
  ),
  jaxOp(
    'jax.lax.dot_general',
    '(lhs, rhs, dimension_numbers, precision=None, preferred_element_type=None, *, out_sharding=None)',
    dot,
  ),
  jaxOp('jax.lax.batch_matmul', '(lhs, rhs, precision=None)', batchMatmul),
  jaxOp('jax.lax.conv', '(lhs, rhs, window_strides, padding, precision=None, preferred_element_type=None)', (call) =>
    convolution(call, { numbers: false }),
  ),
  ...[
    jaxOp(
      'jax.lax.conv_general_dilated',
      '(lhs, rhs, window_strides, padding, lhs_dilation=None, rhs_dilation=None, dimension_numbers=None, feature_group_count=1, batch_group_count=1, precision=None, preferred_element_type=None, out_sharding=None)',
      (call) => convolution(call, { numbers: true }),
    ),
  ],
  jaxOp('jax.lax.broadcast', '(operand, sizes, *, out_sharding=None)', (call) => {
    const x = call.array('operand');
    return call.build.broadcastTo(x, [...shapeIn(call, call.value('sizes')), ...call.build.shape(x)]);
  }),
  jaxOp('jax.lax.broadcast_in_dim', '(operand, shape, broadcast_dimensions, *, out_sharding=None)', (call) => {
    const { build } = call;
    const x = call.array('operand');
    const shape = shapeIn(call, call.value('shape'));
    const dims = knownInts(call, 'broadcast_dimensions');
    const own = build.shape(x);
    if (
      dims.length !== own.length ||
      dims.some((dim, k) => dim >= shape.length || (k > 0 && dim <= (dims[k - 1] ?? -1)))
    )
      throw new ShapeError(`broadcast_in_dim: axes (${dims.join(', ')}) of ${showShape(shape)} for ${showShape(own)}`);
    own.forEach((dim, k) => {
      if (dim !== 1)
        requireEqual(
          dim,
          dimAt(shape, dims[k] ?? 0),
          () => `broadcast_in_dim: ${showShape(own)} does not fit ${showShape(shape)}`,
        );
    });
    return build.emit('broadcast_in_dim', { shape, dims }, [x]);
  }),
  jaxOp('jax.lax.reshape', '(operand, new_sizes, dimensions=None, *, out_sharding=None)', (call) => {
    const x = call.array('operand');
    if (call.optional('dimensions') !== null) throw new Unknowable('dimensions of a reshape are not followed');
    return call.build.reshape(x, shapeIn(call, call.value('new_sizes')));
  }),
  jaxOp('jax.lax.transpose', '(operand, permutation)', (call) =>
    call.build.transpose(call.array('operand'), knownInts(call, 'permutation')),
  ),
  jaxOp('jax.lax.concatenate', '(operands, dimension)', (call) => {
    const { build } = call;
    const nodes = call.cx.items(call.value('operands')).map((value) => asArray(call.d, call.cx, value));
    const [first] = nodes;
    if (first === undefined) throw new PythonError('ValueError', 'concatenate needs an operand');
    if (nodes.some((node) => build.aval(node).dtype !== build.aval(first).dtype))
      throw new PythonError('TypeError', 'lax.concatenate requires arguments to have the same dtypes');
    return build.concatenate(nodes, strictAxis(call.int('dimension'), build.rank(first)));
  }),
  jaxOp('jax.lax.slice', '(operand, start_indices, limit_indices, strides=None)', slice),
  jaxOp('jax.lax.slice_in_dim', '(operand, start_index, limit_index, stride=1, axis=0)', sliceInDim),
  jaxOp('jax.lax.dynamic_slice', '(operand, start_indices, slice_sizes, *, allow_negative_indices=True)', (call) =>
    dynamicSlice(call, shapeIn(call, call.value('slice_sizes'))),
  ),
  jaxOp(
    'jax.lax.dynamic_slice_in_dim',
    '(operand, start_index, slice_size, axis=0, *, allow_negative_indices=True)',
    (call) => {
      const shape = call.build.shape(call.array('operand'));
      const axis = call.strict('axis', shape.length, 0);
      const size = sizeIn(call, call.value('slice_size'));
      return dynamicSlice(
        call,
        shape.map((dim, k) => (k === axis ? size : dim)),
      );
    },
  ),
  jaxOp(
    'jax.lax.dynamic_index_in_dim',
    '(operand, index, axis=0, keepdims=True, *, allow_negative_indices=True)',
    (call) => indexInDim(call, false),
  ),
  jaxOp('jax.lax.index_in_dim', '(operand, index, axis=0, keepdims=True)', (call) => indexInDim(call, true)),
  jaxOp('jax.lax.dynamic_update_slice', '(operand, update, start_indices, *, allow_negative_indices=True)', (call) =>
    dynamicUpdate(call, null),
  ),
  jaxOp(
    'jax.lax.dynamic_update_slice_in_dim',
    '(operand, update, start_index, axis, *, allow_negative_indices=True)',
    (call) => dynamicUpdate(call, null),
  ),
  jaxOp(
    'jax.lax.dynamic_update_index_in_dim',
    '(operand, update, index, axis, *, allow_negative_indices=True)',
    (call) => dynamicUpdate(call, call.strict('axis', call.build.rank(call.array('operand')))),
  ),
  jaxOp('jax.lax.expand_dims', '(array, dimensions)', (call) => {
    const { build } = call;
    const x = call.array('array');
    const given = knownInts(call, 'dimensions');
    const rank = build.rank(x) + given.length;
    const axes = given.map((axis) => strictAxis(axis, rank));
    const rest = [...build.shape(x)];
    return build.reshape(
      x,
      Array.from({ length: rank }, (_, k) => (axes.includes(k) ? 1 : (rest.shift() ?? 1))),
    );
  }),
  jaxOp('jax.lax.squeeze', '(array, dimensions)', (call) => {
    const { build } = call;
    const x = call.array('array');
    const shape = build.shape(x);
    const axes = axesIn(call, 'dimensions', shape.length);
    for (const axis of axes)
      requireEqual(dimAt(shape, axis), 1, () => `squeeze: axis ${axis} of ${showShape(shape)} is not of size 1`);
    return build.reshape(
      x,
      shape.filter((_, k) => !axes.includes(k)),
    );
  }),
  jaxOp('jax.lax.rev', '(operand, dimensions)', (call) => {
    const x = call.array('operand');
    const axes = axesIn(call, 'dimensions', call.build.rank(x));
    return axes.length === 0 ? x : call.build.emit('reverse', { axes }, [x]);
  }),
  jaxOp('jax.lax.pad', '(operand, padding_value, padding_config)', padded),
  jaxOp('jax.lax.iota', '(dtype, size)', (call) =>
    call.build.emit('iota', {
      start: 0,
      step: 1,
      shape: [sizeIn(call, call.value('size'))],
      dtype: call.type('dtype') ?? call.d.int,
    }),
  ),
  jaxOp('jax.lax.broadcasted_iota', '(dtype, shape, dimension, *, out_sharding=None)', (call) => {
    const shape = shapeIn(call, call.value('shape'));
    const axis = call.strict('dimension', shape.length);
    const places = call.build.emit('iota', {
      start: 0,
      step: 1,
      shape: [dimAt(shape, axis)],
      dtype: call.type('dtype') ?? call.d.int,
    });
    return call.build.emit('broadcast_in_dim', { shape, dims: [axis] }, [places]);
  }),
  jaxOp('jax.lax.full', '(shape, fill_value, dtype=None, *, sharding=None)', (call) => {
    const value = call.array('fill_value');
    return call.build.broadcastTo(
      call.build.convert(value, call.type('dtype') ?? call.build.aval(value).dtype),
      shapeIn(call, call.value('shape')),
    );
  }),
  jaxOp('jax.lax.full_like', '(x, fill_value, dtype=None, shape=None, sharding=None)', (call) => {
    const x = call.array('x');
    const own = call.optional('shape');
    return call.build.broadcastTo(
      call.build.convert(call.array('fill_value'), call.type('dtype') ?? call.build.aval(x).dtype),
      own === null ? call.build.shape(x) : shapeIn(call, own),
    );
  }),
  ...(['cumsum', 'cumprod', 'cummax', 'cummin', 'cumlogsumexp'] as const).map(scan),
  ...Object.entries(reducers).map(([name, reducer]) =>
    jaxOp(`jax.lax.${name}`, '(operand, axes, *, out_sharding=None)', (call) => {
      const { build } = call;
      const x = call.array('operand');
      const axes = axesIn(call, 'axes', build.rank(x));
      if (axes.length === 0) return x;
      return build.convert(build.reduce(reducer, x, axes), build.aval(x).dtype);
    }),
  ),
  jaxOp('jax.lax.reduce', '(operands, init_values, computation, dimensions, *, out_sharding=None)', (call) => {
    const { build } = call;
    const x = call.array('operands');
    const { shape, dtype } = build.aval(x);
    const axes = axesIn(call, 'dimensions', shape.length);
    const rest = shape.filter((_, k) => !axes.includes(k));
    return opaque(call.cx, 'jax.lax.reduce', [x], rest, dtype, without(shape.length, axes));
  }),
  jaxFunction('jax.lax.top_k', '(operand, k, *, axis=-1)', (call) => {
    const { build } = call;
    const x = call.array('operand');
    const axis = call.strict('axis', build.rank(x), -1);
    const [k, dim] = [sizeIn(call, call.value('k')), dimAt(build.shape(x), axis)];
    if (D.isKnown(k) && D.isKnown(dim) && (k > dim || k < 0))
      throw new ShapeError(`top_k: there are not ${k} of ${dim}`);
    const [values, places] = (['sort', 'argsort'] as const).map((name) =>
      build.sliceAxis(build.emit(name, { axis, descending: true }, [x]), axis, 0, k),
    );
    return list([values ?? x, places ?? x].map((node) => call.result(node)));
  }),
  jaxOp('jax.lax.sort', '(operand, dimension=-1, is_stable=True, num_keys=1)', (call) => {
    const x = call.array('operand');
    return call.build.emit('sort', { axis: call.strict('dimension', call.build.rank(x), -1), descending: false }, [x]);
  }),
  ...(['argmax', 'argmin'] as const).map((name) =>
    jaxOp(`jax.lax.${name}`, '(operand, axis, index_dtype)', (call) => {
      const x = call.array('operand');
      const axis = call.strict('axis', call.build.rank(x));
      if (dimAt(call.build.shape(x), axis) === 0) throw new ShapeError(`${name}: there are no elements`);
      return call.build.convert(call.build.emit(name, { axis }, [x]), call.type('index_dtype') ?? call.d.int);
    }),
  ),
  jaxOp('jax.lax.convert_element_type', '(operand, new_dtype)', (call) => {
    const x = call.array('operand');
    return call.build.convert(x, call.type('new_dtype') ?? call.build.aval(x).dtype);
  }),
  jaxOp(
    'jax.lax.reduce_window',
    '(operand, init_value, computation, window_dimensions, window_strides, padding, base_dilation=None, window_dilation=None)',
    (call) => {
      const x = call.array('operand');
      const { shape, dtype } = call.build.aval(x);
      const windows = shapeIn(call, call.value('window_dimensions'));
      const strides = knownInts(call, 'window_strides');
      if (windows.length !== shape.length || strides.length !== shape.length)
        throw new ShapeError(`reduce_window: as many sizes are wanted as ${showShape(shape)} has axes`);
      if (call.optional('base_dilation') !== null || call.optional('window_dilation') !== null)
        throw new Unknowable('dilated windows are not followed');
      const padding = paddingOf(
        call,
        'padding',
        shape,
        windows,
        strides,
        shape.map(() => 1),
      );
      const sizes = shape.map((dim, k) => {
        const [low, high] = padding[k] ?? [0, 0];
        return D.add(D.floorDiv(D.sub(D.add(dim, low + high), windows[k] ?? 1), strides[k] ?? 1), 1);
      });
      return opaque(
        call.cx,
        'reduce_window',
        [x],
        sizes,
        dtype,
        shape.flatMap((_, k) => (windows[k] === 1 && strides[k] === 1 ? [[k, k] as const] : [])),
      );
    },
  ),
  jaxFunction('jax.lax.broadcast_shapes', '(*shapes)', (call) => ({
    kind: 'tuple',
    items: broadcastShapes(...call.rest.map((value) => shapeIn(call, value))).map((dim) => ({
      kind: 'int',
      value: dim,
    })),
    fields: null,
  })),
];
