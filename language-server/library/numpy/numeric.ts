import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { dimAt, isFloating, ShapeError, showShape } from '../../graph/shape.ts';
import { asNumber } from '../arguments.ts';
import { PythonError, Unknowable } from '../context.ts';
import { numbersOf } from '../torch/nested.ts';
import { except, opaque } from '../torch/opaque.ts';
import { difference } from '../torch/scans.ts';
import { list, type NativeValue, tuple, type Value } from '../values.ts';
import { borrowNode } from './borrow.ts';
import { arrayFunction, type Call, type Dialect, sizeIn, strictAxis, valueFunction } from './dialect.ts';

/** Differences, histograms, correlations, polynomials (https://numpy.org/doc/stable/reference/routines.math.html). */

function quotientOf(call: Call, x: NodeId): NodeId {
  return call.build.convert(x, call.d.quotient(call.build.aval(x).dtype));
}

/** What stands before or behind along an axis: one number stretches to it. */
function edge(call: Call, name: string, x: NodeId, axis: number): NodeId | null {
  const node = call.optionalArray(name);
  if (node === null) return null;
  if (call.build.rank(node) > 0) return node;
  return call.build.broadcastTo(
    node,
    call.build.shape(x).map((dim, k) => (k === axis ? 1 : dim)),
  );
}

function diff(call: Call): NodeId {
  const { build, d } = call;
  const x = call.array('a');
  const n = call.int('n', 1);
  if (n === 0) return x;
  if (n < 0) throw new PythonError('ValueError', `order must be non-negative but got ${n}`);
  if (build.rank(x) === 0) throw new ShapeError('diff requires input that is at least one dimensional');
  const axis = call.strict('axis', build.rank(x), -1);
  const parts = [edge(call, 'prepend', x, axis), x, edge(call, 'append', x, axis)];
  const type = parts.flatMap((part) => (part === null ? [] : [build.aval(part).dtype])).reduce(d.promote);
  const [before, whole, after] = parts.map((part) => (part === null ? null : build.convert(part, type)));
  return difference(call.cx, whole ?? x, n, axis, before ?? null, after ?? null);
}

/** Estimated derivatives along each axis. */
function gradient(call: Call): Value {
  const { build } = call;
  const f = quotientOf(call, call.array('f'));
  const shape = build.shape(f);
  const axes = call.strictAxes('axis', shape.length) ?? shape.map((_, k) => k);
  const order = call.int('edge_order', 1);
  if (call.rest.length > 1 && call.rest.length !== axes.length)
    throw new PythonError('TypeError', 'invalid number of arguments');
  const results = axes.map((axis) => {
    const dim = dimAt(shape, axis);
    if (D.isKnown(dim) && dim < order + 1)
      throw new ShapeError('Shape of array too small to calculate a numerical gradient');
    return call.result(opaque(call.cx, 'gradient', [f], shape, build.aval(f).dtype, except(shape.length, axis)));
  });
  const [only] = results;
  if (results.length === 1 && only !== undefined) return only;
  return call.d.family === 'numpy' ? tuple(results) : list(results);
}

function trapezoid(call: Call): NodeId {
  const { build } = call;
  const y = quotientOf(call, call.array('y'));
  const rank = build.rank(y);
  const axis = call.strict('axis', rank, -1);
  const dim = dimAt(build.shape(y), axis);
  if (dim === 0 && call.d.family === 'jax') throw new ShapeError('trapezoid: there are no samples');
  const x = call.optionalArray('x');
  const first = D.isKnown(dim) ? Math.min(1, dim) : 1;
  const last = D.isKnown(dim) && dim === 0 ? 0 : D.sub(dim, 1);
  const heights = build.scale(build.add(build.sliceAxis(y, axis, first, dim), build.sliceAxis(y, axis, 0, last)), 0.5);
  if (x === null) return build.sum(build.scale(heights, call.number('dx', 1)), [axis]);
  const steps = difference(
    call.cx,
    quotientOf(call, x),
    1,
    build.rank(x) === 1 ? 0 : strictAxis(call.int('axis', -1), build.rank(x)),
    null,
    null,
  );
  const widths =
    build.rank(x) === 1
      ? build.emit(
          'broadcast_in_dim',
          {
            shape: Array.from({ length: rank }, (_, k) => (k === axis ? dimAt(build.shape(steps), 0) : 1)),
            dims: [axis],
          },
          [steps],
        )
      : steps;
  return build.sum(build.mul(heights, widths), [axis]);
}

/** How many bins there are: a number, or one less than their edges. */
function binsOf(call: Call, value: Value | null): Dim {
  if (value === null) return 10;
  if (value.kind === 'int') return value.value;
  if (value.kind === 'str') return call.cx.freshSize('bins');
  const edges = value.kind === 'tensor' ? dimAt(call.build.shape(value.node), 0) : call.cx.items(value).length;
  return D.sub(edges, 1);
}

function histogram(call: Call): Value {
  const { cx, d, build } = call;
  const a = call.array('a');
  const bins = binsOf(call, call.optional('bins'));
  if (call.d.family === 'numpy' && D.isKnown(bins) && bins < 1 && call.optional('bins')?.kind === 'int')
    throw new PythonError('ValueError', '`bins` must be positive, when an integer');
  const weights = call.optionalArray('weights');
  const given = call.optional('bins');
  const density = call.bool('density', false);
  const counted = density ? d.float : weights === null ? d.int : build.aval(weights).dtype;
  const edges =
    given?.kind === 'tensor'
      ? build.aval(given.node).dtype
      : given?.kind === 'list' || given?.kind === 'tuple'
        ? build.aval(call.array('bins')).dtype
        : d.quotient(build.aval(a).dtype);
  return call.results([
    opaque(cx, 'histogram', [a], [bins], counted),
    opaque(cx, 'histogram edges', [a], [D.add(bins, 1)], edges),
  ]);
}

function histogram2d(call: Call): Value {
  const { cx, d } = call;
  const [x, y] = [call.array('x'), call.array('y')];
  const given = call.optional('bins');
  const pair =
    given !== null && (given.kind === 'list' || given.kind === 'tuple') && given.items.length === 2
      ? given.items
      : [given, given];
  const [m, n] = pair.map((value) => binsOf(call, value ?? null));
  if (m === undefined || n === undefined) throw new RangeError('two numbers of bins');
  return call.results([
    opaque(cx, 'histogram2d', [x, y], [m, n], d.float),
    opaque(cx, 'histogram2d x edges', [x], [D.add(m, 1)], d.float),
    opaque(cx, 'histogram2d y edges', [y], [D.add(n, 1)], d.float),
  ]);
}

function bincount(call: Call): NodeId {
  const { build, cx, d } = call;
  const x = call.array('x');
  if (build.rank(x) !== 1) throw new ShapeError(`bincount: a vector is wanted, not ${showShape(build.shape(x))}`);
  if (isFloating(build.aval(x).dtype)) throw new PythonError('TypeError', 'bincount: whole numbers are wanted');
  const weights = call.optionalArray('weights');
  if (weights !== null && D.surelyDiffer(dimAt(build.shape(x), 0), build.shape(weights)[0] ?? -1))
    throw new ShapeError("The weights and list don't have the same length.");
  const values = numbersOf(cx, x);
  const fixed = call.optional('length');
  const length =
    fixed !== null
      ? sizeIn(call, fixed)
      : values === null
        ? cx.freshSize('n')
        : Math.max(call.int('minlength', 0), ...values.map((value) => value + 1), 0);
  return opaque(cx, 'bincount', weights === null ? [x] : [x, weights], [length], weights === null ? d.int : d.float);
}

/** Variables in rows (or in columns), as the function reads them. */
function variables(call: Call, name: string): { readonly x: NodeId; readonly single: boolean } {
  const { build, d } = call;
  const given = quotientOf(call, call.array(name));
  if (build.rank(given) > 2)
    throw new ShapeError(`a vector or a matrix is wanted, not ${showShape(build.shape(given))}`);
  const rowvar = call.bool('rowvar', true);
  const asRows = (node: NodeId): NodeId => {
    if (build.rank(node) < 2) return build.reshape(node, [1, D.product(build.shape(node))]);
    return !rowvar && dimAt(build.shape(node), 0) !== 1 ? build.swapAxes(node, 0, 1) : node;
  };
  const y = call.optionalArray('y');
  if (y === null) {
    const rows = asRows(given);
    return { x: rows, single: dimAt(build.shape(rows), 0) === 1 };
  }
  const other = build.convert(y, d.promote(build.aval(given).dtype, build.aval(y).dtype));
  return {
    x: build.concatenate([asRows(build.convert(given, build.aval(other).dtype)), asRows(other)], 0),
    single: false,
  };
}

function covariance(call: Call, name: string, normalized: boolean): NodeId {
  const { build, cx } = call;
  const { x, single } = variables(call, name);
  const shape = build.shape(x);
  const n = dimAt(shape, 0);
  const whole: readonly Dim[] = single ? [] : [n, n];
  const centred = build.sub(x, build.mean(x, [1], true));
  const products = build.dot(centred, centred, { contract: [[1], [1]], batch: [[], []] });
  const given = call.optional('ddof');
  const correction = given === null ? (call.bool('bias', false) ? 0 : 1) : (asNumber(given) ?? 1);
  if (call.optional('fweights') !== null || call.optional('aweights') !== null)
    return opaque(cx, 'cov', [x], whole, build.aval(x).dtype);
  const left = D.sub(dimAt(shape, 1), correction);
  const result = build.div(products, build.dimScalar(D.isKnown(left) ? Math.max(0, left) : left, build.aval(x).dtype));
  if (!normalized) return build.reshape(result, whole);
  const deviation = build.unary('sqrt', build.diagonal(result, 0, 0, 1));
  return build.reshape(
    build.div(build.div(result, build.expandDims(deviation, 1)), build.expandDims(deviation, 0)),
    whole,
  );
}

/** The length of a sliding product of two vectors. */
function sliding(call: Call, otherwise: string): NodeId {
  const { build, cx } = call;
  const [a, v] = call.pair('a', 'v');
  if (build.rank(a) > 1 || build.rank(v) > 1) throw new ShapeError('vectors are wanted');
  const [m, n] = [D.product(build.shape(a)), D.product(build.shape(v))];
  if (m === 0 || n === 0) throw new PythonError('ValueError', 'an array cannot be empty');
  const mode = call.string('mode', otherwise);
  const dtype = build.aval(a).dtype;
  const lengthOf = (): Dim => {
    if (mode === 'full') return D.sub(D.add(m, n), 1);
    const difference = D.sub(m, n);
    if (!D.isKnown(difference)) throw new Unknowable('which of the two is longer is not known');
    const [longer, shorter] = difference >= 0 ? [m, n] : [n, m];
    return mode === 'same' ? longer : D.add(D.sub(longer, shorter), 1);
  };
  if (!['full', 'same', 'valid'].includes(mode))
    throw new PythonError('ValueError', `mode must be one of 'valid', 'same', or 'full' (got '${mode}')`);
  return opaque(cx, 'convolve', [a, v], [lengthOf()], dtype === 'bool' ? 'bool' : dtype);
}

/** Values of a polynomial: the shape of what it is taken at. */
function polyval(call: Call): NodeId {
  const { build, d } = call;
  const [p, x] = [call.array('p'), call.array('x')];
  if (build.rank(p) > 1) throw new Unknowable('the values of several polynomials are not followed');
  const { shape, dtype } = build.aval(x);
  return opaque(call.cx, 'polyval', [x, p], shape, d.promote(dtype, build.aval(p).dtype), except(shape.length));
}

function polyfit(call: Call): Value {
  const { build, d, cx } = call;
  const [x, y] = [quotientOf(call, call.array('x')), quotientOf(call, call.array('y'))];
  if (call.d.family === 'jax' && !isFloating(build.aval(call.array('x')).dtype))
    throw new PythonError('ValueError', 'polyfit needs numbers with a fraction');
  const degree = call.int('deg');
  if (degree < 0) throw new PythonError('ValueError', 'expected deg >= 0');
  if (build.rank(x) !== 1) throw new PythonError('TypeError', 'expected 1D vector for x');
  if (build.rank(y) < 1 || build.rank(y) > 2) throw new PythonError('TypeError', 'expected 1D or 2D array for y');
  if (dimAt(build.shape(x), 0) === 0) throw new PythonError('TypeError', 'expected non-empty vector for x');
  if (D.surelyDiffer(dimAt(build.shape(x), 0), dimAt(build.shape(y), 0)))
    throw new PythonError('TypeError', 'expected x and y to have same length');
  if (call.optional('full') !== null || call.optional('cov') !== null)
    throw new Unknowable('what polyfit gives with these flags is not followed');
  return call.result(
    opaque(
      cx,
      'polyfit',
      [y, x],
      [degree + 1, ...build.shape(y).slice(1)],
      d.promote(build.aval(x).dtype, build.aval(y).dtype),
    ),
  );
}

function interp(call: Call): NodeId {
  const { build, cx, d } = call;
  const [x, xp, fp] = [call.array('x'), call.array('xp'), call.array('fp')];
  if (build.rank(xp) !== 1 || build.rank(fp) !== 1) throw new ShapeError('interp: the data points must be vectors');
  if (D.surelyDiffer(dimAt(build.shape(xp), 0), dimAt(build.shape(fp), 0)))
    throw new ShapeError('fp and xp are not of the same length.');
  if (dimAt(build.shape(xp), 0) === 0) throw new PythonError('ValueError', 'array of sample points is empty');
  const shape = build.shape(x);
  return opaque(
    cx,
    'interp',
    [x, xp, fp],
    shape,
    build.aval(fp).dtype.startsWith('complex') ? 'complex128' : d.float,
    except(shape.length),
  );
}

export function numeric(d: Dialect): readonly NativeValue[] {
  return [
    arrayFunction(d, 'diff', '(a, n=1, axis=-1, prepend=None, append=None)', diff),
    arrayFunction(d, 'ediff1d', '(ary, to_end=None, to_begin=None)', (call) => {
      const { build } = call;
      const x = build.reshape(call.array('ary'), [D.product(build.shape(call.array('ary')))]);
      const parts = [
        call.optionalArray('to_begin'),
        difference(call.cx, x, 1, 0, null, null),
        call.optionalArray('to_end'),
      ];
      const flat = parts.flatMap((part) =>
        part === null ? [] : [build.convert(build.reshape(part, [D.product(build.shape(part))]), build.aval(x).dtype)],
      );
      return build.concatenate(flat, 0);
    }),
    valueFunction(d, 'gradient', '(f, *varargs, axis=None, edge_order=1)', gradient),
    arrayFunction(d, 'trapezoid', '(y, x=None, dx=1.0, axis=-1)', trapezoid),
    ...(d.family === 'numpy' ? [arrayFunction(d, 'trapz', '(y, x=None, dx=1.0, axis=-1)', trapezoid)] : []),
    valueFunction(d, 'histogram', '(a, bins=10, range=None, density=None, weights=None)', histogram),
    arrayFunction(d, 'histogram_bin_edges', '(a, bins=10, range=None, weights=None)', (call) => {
      const a = call.array('a');
      return opaque(
        call.cx,
        'histogram edges',
        [a],
        [D.add(binsOf(call, call.optional('bins')), 1)],
        call.d.quotient(call.build.aval(a).dtype),
      );
    }),
    valueFunction(d, 'histogram2d', '(x, y, bins=10, range=None, density=None, weights=None)', histogram2d),
    arrayFunction(d, 'bincount', '(x, /, weights=None, minlength=0, *, length=None)', bincount),
    arrayFunction(
      d,
      'cov',
      '(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None)',
      (call) => covariance(call, 'm', false),
    ),
    arrayFunction(d, 'corrcoef', '(x, y=None, rowvar=True, *, dtype=None)', (call) => covariance(call, 'x', true)),
    arrayFunction(d, 'convolve', "(a, v, mode='full', *, precision=None, preferred_element_type=None)", (call) =>
      sliding(call, 'full'),
    ),
    arrayFunction(d, 'correlate', "(a, v, mode='valid', *, precision=None, preferred_element_type=None)", (call) =>
      sliding(call, 'valid'),
    ),
    arrayFunction(d, 'polyval', '(p, x, *, unroll=16)', polyval),
    valueFunction(d, 'polyfit', '(x, y, deg, rcond=None, full=False, w=None, cov=False)', polyfit),
    arrayFunction(d, 'interp', '(x, xp, fp, left=None, right=None, period=None)', interp),
    arrayFunction(d, 'unwrap', '(p, discont=None, axis=-1, *, period=None)', (call) => {
      const p = quotientOf(call, call.array('p'));
      const shape = call.build.shape(p);
      return opaque(
        call.cx,
        'unwrap',
        [p],
        shape,
        call.build.aval(p).dtype,
        except(shape.length, call.strict('axis', shape.length, -1)),
      );
    }),
    arrayFunction(d, 'vander', '(x, N=None, increasing=False)', (call) => {
      const x = call.array('x');
      const shape = call.build.shape(x);
      if (shape.length !== 1) throw new ShapeError(`vander: a vector is wanted, not ${showShape(shape)}`);
      const columns = call.optional('N');
      return opaque(
        call.cx,
        'vander',
        [x],
        [dimAt(shape, 0), columns === null ? dimAt(shape, 0) : sizeIn(call, columns)],
        call.d.promote(call.build.aval(x).dtype, call.d.int),
        [[0, 0]],
      );
    }),
    arrayFunction(d, 'kron', '(a, b)', (call) => {
      const [a, b] = call.pair('a', 'b');
      return borrowNode(call.cx, 'kron', { input: a, other: b });
    }),
  ];
}
