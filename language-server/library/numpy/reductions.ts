import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type DType, dimAt, isFloating, ShapeError, showShape } from '../../graph/shape.ts';
import { PythonError, Unknowable } from '../context.ts';
import { realType } from '../torch/elementwise.ts';
import { opaque, without } from '../torch/opaque.ts';
import { placeOfAll, variance } from '../torch/reductions.ts';
import type { NativeValue, Value } from '../values.ts';
import { arrayFunction, type Call, type Dialect, dimOf, strictAxis, valueFunction, withMethods } from './dialect.ts';

/** Sums, means, orders and counts (https://numpy.org/doc/stable/reference/routines.statistics.html). */

type Reducer = 'reduce_sum' | 'reduce_prod' | 'reduce_max' | 'reduce_min' | 'reduce_and' | 'reduce_or';

const parameters =
  '(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=None, promote_integers=True)';
const extremes = '(a, axis=None, out=None, keepdims=False, initial=None, where=None)';
const truthParameters = '(a, axis=None, out=None, keepdims=False, *, where=None)';
const spreadParameters =
  '(a, axis=None, dtype=None, out=None, ddof|correction=0, keepdims=False, *, where=None, mean=None)';

/** The axes to reduce, which an array without axes may name too, as NumPy's ufuncs allow. */
function axesOf(call: Call, x: NodeId, lenient: boolean): readonly number[] | null {
  const rank = call.build.rank(x);
  if (rank === 0 && lenient) {
    for (const axis of call.axes('axis', 1) ?? []) if (axis > 0) strictAxis(axis, 0);
    return null;
  }
  return call.strictAxes('axis', rank);
}

/** The array with what `where` leaves out replaced by a neutral number. */
function masked(call: Call, x: NodeId, neutral: number): NodeId {
  const where = call.optional('where');
  if (where === null || (where.kind === 'bool' && where.value === true)) return x;
  const mask = call.build.convert(call.array('where'), 'bool');
  return call.build.select(mask, x, call.build.full([], neutral, call.build.aval(x).dtype));
}

function keeps(call: Call): boolean {
  return call.bool('keepdims', false);
}

/** The array in the type that is asked for. */
function typed(call: Call, x: NodeId): NodeId {
  return call.build.convert(x, call.type('dtype') ?? call.build.aval(x).dtype);
}

/** The type of a sum: whole numbers are counted in the widest type of their kind. */
function summedType(call: Call, x: NodeId): DType {
  const { dtype } = call.build.aval(x);
  if (isFloating(dtype)) return dtype;
  return call.d.narrow(dtype.startsWith('uint') ? 'uint64' : 'int64');
}

/** Products and sums of sizes written in the program are sizes themselves. */
function sizeResult(call: Call, how: Reducer): NodeId | null {
  if (!call.d.lists) return null;
  const value = call.value('a');
  if (
    (value.kind !== 'tuple' && value.kind !== 'list') ||
    call.optional('axis') !== null ||
    call.optional('dtype') !== null
  )
    return null;
  if (how !== 'reduce_prod' && how !== 'reduce_sum') return null;
  const sizes = value.items.map((item) =>
    item.kind === 'int' ? item.value : item.kind === 'tensor' ? dimOf(call.cx, item.node) : null,
  );
  if (sizes.length === 0 || keeps(call) || call.optional('where') !== null || call.optional('initial') !== null)
    return null;
  const known = sizes.flatMap((size) => (size === null ? [] : [size]));
  if (known.length < sizes.length) return null;
  return call.build.dimScalar(how === 'reduce_prod' ? D.product(known) : known.reduce(D.add, 0), call.d.int);
}

/** Numbers for those that are not in the functions that pass over them. */
function ofNumbers(call: Call, x: NodeId, instead: number): NodeId {
  const { build } = call;
  if (!isFloating(build.aval(x).dtype)) return x;
  return build.select(build.unary('is_nan', x), build.full([], instead, build.aval(x).dtype), x);
}

function total(call: Call, how: 'reduce_sum' | 'reduce_prod', skipping: boolean): NodeId {
  const known = sizeResult(call, how);
  if (known !== null) return known;
  const neutral = how === 'reduce_sum' ? 0 : 1;
  const given = typed(call, call.array('a'));
  const x = masked(call, skipping ? ofNumbers(call, given, neutral) : given, neutral);
  const reduced = call.build.reduce(how, x, axesOf(call, x, call.d.family === 'numpy'), keeps(call));
  // Without axes nothing is summed, but truths are counted still.
  return call.build.convert(reduced, call.type('dtype') ?? summedType(call, x));
}

function requireElements(call: Call, x: NodeId, axes: readonly number[] | null, name: string): void {
  const shape = call.build.shape(x);
  if (call.optional('initial') !== null) return;
  if ((axes ?? shape.map((_, k) => k)).some((axis) => shape[axis] === 0))
    throw new ShapeError(`${name}: ${showShape(shape)} has no elements along the axes to reduce`);
}

function extreme(call: Call, name: 'max' | 'min'): NodeId {
  const x = call.array('a');
  const axes = axesOf(call, x, call.d.family === 'numpy');
  requireElements(call, x, axes, name);
  const where = call.optional('where');
  if (where !== null && call.optional('initial') === null && !(where.kind === 'bool' && where.value === true))
    throw new PythonError(
      'ValueError',
      `reduction operation '${name}' does not have an identity, so to use a where mask one has to specify 'initial'`,
    );
  const edge = name === 'max' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const reduced = call.build.reduce(
    name === 'max' ? 'reduce_max' : 'reduce_min',
    masked(call, x, edge),
    axes,
    keeps(call),
  );
  const initial = call.optionalArray('initial');
  return initial === null
    ? reduced
    : call.build.convert(call.build.binary(name, reduced, initial), call.build.aval(x).dtype);
}

function truth(call: Call, name: 'all' | 'any'): NodeId {
  const x = masked(call, call.build.convert(call.array('a'), 'bool'), name === 'all' ? 1 : 0);
  return call.build.reduce(
    name === 'all' ? 'reduce_and' : 'reduce_or',
    x,
    axesOf(call, x, call.d.family === 'numpy'),
    keeps(call),
  );
}

/** The array in the type that means are computed in. */
function averaged(call: Call, name = 'a'): NodeId {
  const x = call.array(name);
  return call.build.convert(x, call.type('dtype') ?? call.d.quotient(call.build.aval(x).dtype));
}

/** Known counts of what `where` takes do not matter for the shape. */
function mean(call: Call, skipping: boolean): NodeId {
  const { build } = call;
  const x = averaged(call);
  const axes = axesOf(call, x, skipping && call.d.family === 'numpy');
  const where = call.optional('where');
  if (where === null && !skipping) return build.mean(x, axes, keeps(call));
  const clean = masked(call, skipping ? ofNumbers(call, x, 0) : x, 0);
  const type = build.aval(x).dtype;
  const counted = masked(call, build.convert(build.unary('logical_not', build.unary('is_nan', x)), type), 0);
  return build.div(build.sum(clean, axes, keeps(call)), build.sum(counted, axes, keeps(call)));
}

function spread(call: Call, root: boolean, skipping: boolean): NodeId {
  const { build } = call;
  const given = averaged(call);
  const axes = axesOf(call, given, skipping && call.d.family === 'numpy');
  const { dtype } = build.aval(given);
  // Of complex numbers the distances from the mean are spread.
  const x = dtype.startsWith('complex') ? build.convert(build.unary('abs', given), realType(dtype)) : given;
  const correction = call.number('ddof', 0);
  if (call.optional('where') !== null) throw new Unknowable("'where' of a variance is not followed");
  const result = variance(call.cx, x, axes, keeps(call), correction);
  return root ? build.unary('sqrt', result) : result;
}

function place(call: Call, name: 'argmax' | 'argmin'): NodeId {
  const { build } = call;
  const x = call.array('a');
  requireOrder(call, x, name);
  const shape = build.shape(x);
  const keep = keeps(call);
  if (call.optional('axis') === null || shape.length === 0) {
    if (shape.length === 0) axesOf(call, x, call.d.family === 'numpy');
    requireElements(call, x, null, name);
    return placeOfAll(build, name, x, keep);
  }
  const axis = call.strict('axis', shape.length);
  requireElements(call, x, [axis], name);
  const index = build.emit(name, { axis }, [x]);
  return keep ? build.expandDims(index, axis) : index;
}

/** Several axes brought to the end as one. */
function merged(call: Call, x: NodeId, axes: readonly number[] | null): NodeId {
  const { build } = call;
  const shape = build.shape(x);
  const over = axes ?? shape.map((_, k) => k);
  const rest = shape.map((_, k) => k).filter((k) => !over.includes(k));
  const moved = build.transpose(x, [...rest, ...over]);
  return build.reshape(moved, [...rest.map((k) => dimAt(shape, k)), D.product(over.map((k) => dimAt(shape, k)))]);
}

/** A result without the reduced axes, with them again as 1 where they are kept. */
function restored(call: Call, node: NodeId, x: NodeId, axes: readonly number[] | null): NodeId {
  if (!keeps(call)) return node;
  const shape = call.build.shape(x);
  const over = axes ?? shape.map((_, k) => k);
  return call.build.reshape(
    node,
    shape.map((dim, k) => (over.includes(k) ? 1 : dim)),
  );
}

/** JAX does not order complex numbers here. */
function requireOrder(call: Call, x: NodeId, name: string): void {
  const { dtype } = call.build.aval(x);
  if (call.d.family === 'jax' && dtype.startsWith('complex'))
    throw new PythonError('TypeError', `${name} is not there for ${dtype}`);
}

/** The middle of the order, or the mean of the two in the middle. */
function median(call: Call): NodeId {
  const { build } = call;
  const given = call.array('a');
  requireOrder(call, given, 'median');
  const x = build.convert(given, call.d.quotient(build.aval(given).dtype));
  const axes = axesOf(call, x, false);
  const flat = merged(call, x, axes);
  const rank = build.rank(flat);
  const dim = dimAt(build.shape(flat), rank - 1);
  if (dim === 0 && call.d.family !== 'numpy') throw new ShapeError('median: there are no elements');
  if (dim === 0) {
    return restored(call, opaque(call.cx, 'median', [x], build.shape(flat).slice(0, -1), build.aval(x).dtype), x, axes);
  }
  const sorted = build.emit('sort', { axis: rank - 1, descending: false }, [flat]);
  const upper = build.take(sorted, rank - 1, D.floorDiv(dim, 2));
  if (D.isKnown(dim) && dim % 2 === 1) return restored(call, upper, x, axes);
  const lower = build.take(sorted, rank - 1, D.floorDiv(D.sub(dim, 1), 2));
  return restored(call, build.scale(build.add(lower, upper), 0.5), x, axes);
}

/** Numbers below which shares of the elements lie: the shares' axes come first. */
function quantile(call: Call, name: string): NodeId {
  const { build, cx } = call;
  const given = call.array('a');
  const type = call.d.quotient(build.aval(given).dtype);
  const x = build.convert(given, type);
  const q = call.array('q');
  const shares = build.shape(q);
  const axes = axesOf(call, x, false);
  const shape = build.shape(x);
  const over = axes ?? shape.map((_, k) => k);
  if (over.some((axis) => shape[axis] === 0) && !name.startsWith('nan'))
    throw new ShapeError(`${name}: ${showShape(shape)} has no elements along the axes to reduce`);
  const rest = shape.filter((_, k) => !over.includes(k));
  const kept = without(shape.length, over);
  const share = call.value('q');
  const wide = share.kind === 'float' || share.kind === 'int' ? type : call.d.promote(type, build.aval(q).dtype);
  const node = opaque(
    cx,
    name,
    [x],
    [...shares, ...rest],
    call.d.quotient(wide),
    kept.map(([from, to]) => [from, to + shares.length] as const),
  );
  if (!keeps(call)) return node;
  return build.reshape(node, [...shares, ...shape.map((dim, k) => (over.includes(k) ? 1 : dim))]);
}

function average(call: Call): Value {
  const { build } = call;
  const a = call.array('a');
  const weights = call.optionalArray('weights');
  const axes = axesOf(call, a, false);
  const type =
    weights === null
      ? call.d.quotient(build.aval(a).dtype)
      : call.d.quotient(call.d.promote(build.aval(a).dtype, build.aval(weights).dtype));
  const x = build.convert(a, type);
  const keep = keeps(call);
  if (weights === null) {
    const plain = build.mean(x, axes, keep);
    const count = D.product((axes ?? build.shape(x).map((_, k) => k)).map((axis) => build.shape(x)[axis] ?? 1));
    const sum = build.broadcastTo(build.dimScalar(count, type), build.shape(plain));
    return call.bool('returned', false) ? call.results([plain, sum]) : call.result(plain);
  }
  const spreadOver = weightsFor(call, build.convert(weights, type), x, axes);
  const all = build.sum(spreadOver, axes, keep);
  const result = build.div(build.sum(build.mul(x, spreadOver), axes, keep), all);
  return call.bool('returned', false)
    ? call.results([result, build.broadcastTo(all, build.shape(result))])
    : call.result(result);
}

/** Weights of the array's own shape, or one for each entry along the axis. */
function weightsFor(call: Call, weights: NodeId, x: NodeId, axes: readonly number[] | null): NodeId {
  const { build } = call;
  const [own, shape] = [build.shape(weights), build.shape(x)];
  if (own.length === shape.length && own.every((dim, k) => D.equal(dim, shape[k] ?? -1))) return weights;
  if (axes === null) throw new PythonError('TypeError', 'Axis must be specified when shapes of a and weights differ.');
  if (own.length !== axes.length) throw new ShapeError(`weights ${showShape(own)} do not fit ${axes.length} axes`);
  own.forEach((dim, k) => {
    if (D.surelyDiffer(dim, shape[axes[k] ?? 0] ?? -1))
      throw new ShapeError(`weights ${showShape(own)} do not fit ${showShape(shape)}`);
  });
  const order = [...axes.keys()].sort((a, b) => (axes[a] ?? 0) - (axes[b] ?? 0));
  const sorted = build.transpose(weights, order);
  return build.emit('broadcast_in_dim', { shape, dims: [...axes].sort((a, b) => a - b) }, [sorted]);
}

function scanner(name: 'cumsum' | 'cumprod', skipping: boolean, axisRequired = false): (call: Call) => NodeId {
  return (call) => {
    const { build } = call;
    const given = typed(call, call.array('a'));
    const whole = skipping ? ofNumbers(call, given, name === 'cumsum' ? 0 : 1) : given;
    const rank = build.rank(whole);
    if (axisRequired && call.optional('axis') === null && rank !== 1)
      throw new PythonError(
        'ValueError',
        'For arrays which have more than one dimension ``axis`` argument is required.',
      );
    const along = call.optional('axis') !== null && rank > 0 ? call.strict('axis', rank) : null;
    if (rank === 0) axesOf(call, whole, true);
    const x = along === null ? build.reshape(whole, [D.product(build.shape(whole))]) : whole;
    const result = build.emit(name, { axis: along ?? 0 }, [x]);
    const { dtype } = build.aval(x);
    // JAX keeps whole numbers in their own type here.
    const keptType = call.d.family === 'numpy' || dtype === 'bool' ? summedType(call, x) : dtype;
    const scanned = build.convert(result, call.type('dtype') ?? keptType);
    if (!axisRequired || !call.bool('include_initial', false)) return scanned;
    const shape = build.shape(scanned).map((dim, k) => (k === (along ?? 0) ? 1 : dim));
    return build.concatenate(
      [build.full(shape, name === 'cumsum' ? 0 : 1, build.aval(scanned).dtype), scanned],
      along ?? 0,
    );
  };
}

/** Along an axis, or of the flattened array where the axis is None. */
function ordered(call: Call, name: 'sort' | 'argsort'): NodeId {
  const { build } = call;
  const x = call.array('a');
  const descending = call.bool('descending', false);
  if (call.has('axis') && call.optional('axis') === null)
    return build.emit(name, { axis: 0, descending }, [build.reshape(x, [D.product(build.shape(x))])]);
  // The places of a number are those of a vector of one.
  if (name === 'argsort' && build.rank(x) === 0 && call.d.family === 'numpy')
    return build.emit(name, { axis: call.axis('axis', 1, -1), descending }, [build.reshape(x, [1])]);
  const axis = call.strict('axis', build.rank(x), -1);
  return build.emit(name, { axis, descending }, [x]);
}

function partitioned(call: Call, places: boolean): NodeId {
  const { build } = call;
  const x = call.array('a');
  const whole = call.has('axis') && call.optional('axis') === null;
  const target = whole ? build.reshape(x, [D.product(build.shape(x))]) : x;
  const axis = whole ? 0 : call.strict('axis', build.rank(x), -1);
  const kth = call.value('kth');
  const dim = dimAt(build.shape(target), axis);
  if (kth.kind === 'int' && D.isKnown(kth.value) && D.isKnown(dim) && (kth.value >= dim || kth.value < -dim))
    throw new ShapeError(`kth(=${kth.value}) out of bounds (${dim})`);
  return build.emit(places ? 'argsort' : 'sort', { axis, descending: false }, [target]);
}

function range(call: Call): NodeId {
  const x = call.array('a');
  const axes = axesOf(call, x, call.d.family === 'numpy');
  requireElements(call, x, axes, 'ptp');
  if (call.build.aval(x).dtype === 'bool') throw new PythonError('TypeError', 'ptp is not there for truths');
  return call.build.sub(
    call.build.reduce('reduce_max', x, axes, keeps(call)),
    call.build.reduce('reduce_min', x, axes, keeps(call)),
  );
}

function traced(call: Call, name: string): NodeId {
  const { build } = call;
  const x = call.array(name);
  if (build.rank(x) < 2) throw new ShapeError(`trace: two axes are wanted, not ${showShape(build.shape(x))}`);
  const summed = build.sum(
    build.diagonal(
      x,
      call.int('offset', 0),
      strictAxis(call.int('axis1', 0), build.rank(x)),
      strictAxis(call.int('axis2', 1), build.rank(x)),
    ),
    [build.rank(x) - 2],
  );
  return build.convert(summed, call.type('dtype') ?? build.aval(summed).dtype);
}

function countNonzero(call: Call): NodeId {
  const x = call.build.convert(call.build.convert(call.array('a'), 'bool'), call.d.int);
  return call.build.sum(x, axesOf(call, x, call.d.family === 'numpy'), keeps(call));
}

const reducers: Readonly<Record<string, readonly [string, (call: Call) => NodeId]>> = {
  sum: [parameters, (call) => total(call, 'reduce_sum', false)],
  prod: [parameters, (call) => total(call, 'reduce_prod', false)],
  max: [extremes, (call) => extreme(call, 'max')],
  min: [extremes, (call) => extreme(call, 'min')],
  all: [truthParameters, (call) => truth(call, 'all')],
  any: [truthParameters, (call) => truth(call, 'any')],
  mean: ['(a, axis=None, dtype=None, out=None, keepdims=False, *, where=None)', (call) => mean(call, false)],
  var: [spreadParameters, (call) => spread(call, false, false)],
  std: [spreadParameters, (call) => spread(call, true, false)],
  argmax: ['(a, axis=None, out=None, *, keepdims=False)', (call) => place(call, 'argmax')],
  argmin: ['(a, axis=None, out=None, *, keepdims=False)', (call) => place(call, 'argmin')],
  cumsum: ['(a, axis=None, dtype=None, out=None)', scanner('cumsum', false)],
  cumprod: ['(a, axis=None, dtype=None, out=None)', scanner('cumprod', false)],
  trace: ['(a, offset=0, axis1=0, axis2=1, dtype=None, out=None)', (call) => traced(call, 'a')],
  argsort: [
    '(a, axis=-1, kind=None, order=None, *, stable=None, descending=False)',
    (call) => ordered(call, 'argsort'),
  ],
  argpartition: ["(a, kth, axis=-1, kind='introselect', order=None)", (call) => partitioned(call, true)],
};

const functions: Readonly<Record<string, readonly [string, (call: Call) => NodeId]>> = {
  amax: [extremes, (call) => extreme(call, 'max')],
  amin: [extremes, (call) => extreme(call, 'min')],
  ptp: ['(a, axis=None, out=None, keepdims=False)', range],
  nansum: [parameters, (call) => total(call, 'reduce_sum', true)],
  nanprod: [parameters, (call) => total(call, 'reduce_prod', true)],
  nanmax: [extremes, (call) => extreme(call, 'max')],
  nanmin: [extremes, (call) => extreme(call, 'min')],
  nanmean: ['(a, axis=None, dtype=None, out=None, keepdims=False, *, where=None)', (call) => mean(call, true)],
  nanvar: [spreadParameters, (call) => spread(call, false, true)],
  nanstd: [spreadParameters, (call) => spread(call, true, true)],
  nanargmax: ['(a, axis=None, out=None, *, keepdims=False)', (call) => place(call, 'argmax')],
  nanargmin: ['(a, axis=None, out=None, *, keepdims=False)', (call) => place(call, 'argmin')],
  nancumsum: ['(a, axis=None, dtype=None, out=None)', scanner('cumsum', true)],
  nancumprod: ['(a, axis=None, dtype=None, out=None)', scanner('cumprod', true)],
  cumulative_sum: [
    '(a|x, /, *, axis=None, dtype=None, out=None, include_initial=False)',
    scanner('cumsum', false, true),
  ],
  cumulative_prod: [
    '(a|x, /, *, axis=None, dtype=None, out=None, include_initial=False)',
    scanner('cumprod', false, true),
  ],
  median: ['(a, axis=None, out=None, overwrite_input=False, keepdims=False)', median],
  nanmedian: ['(a, axis=None, out=None, overwrite_input=False, keepdims=False)', median],
  ...Object.fromEntries(
    ['quantile', 'percentile', 'nanquantile', 'nanpercentile'].map((name) => [
      name,
      [
        "(a, q, axis=None, out=None, overwrite_input=False, method='linear', keepdims=False, *, weights=None)",
        (call: Call) => quantile(call, name),
      ] as const,
    ]),
  ),
  sort: ['(a, axis=-1, kind=None, order=None, *, stable=None, descending=False)', (call) => ordered(call, 'sort')],
  partition: ["(a, kth, axis=-1, kind='introselect', order=None)", (call) => partitioned(call, false)],
  count_nonzero: ['(a, axis=None, *, keepdims=False)', countNonzero],
};

export function reductions(d: Dialect): readonly NativeValue[] {
  const make = (table: typeof functions): readonly NativeValue[] =>
    Object.entries(table).map(([name, [signature, rule]]) => arrayFunction(d, name, signature, rule));
  return [
    ...withMethods(d, make(reducers)),
    ...make(functions),
    valueFunction(d, 'average', '(a, axis=None, weights=None, returned=False, *, keepdims=False)', average),
  ];
}
