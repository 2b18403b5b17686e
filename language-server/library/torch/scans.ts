import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type DType, dimAt, isFloating, normalAxis, ShapeError, showShape } from '../../graph/shape.ts';
import { type Args, asKnownInt } from '../arguments.ts';
import type { Context } from '../context.ts';
import { alias, native, op } from '../define.ts';
import { list, type NativeValue, tensor, tuple, type Value } from '../values.ts';
import { withMethod } from './method.ts';
import { numbersOf } from './nested.ts';
import { except, opaque } from './opaque.ts';
import { withPlaces } from './reductions.ts';

/** Sums along an axis step by step, orders, counts and differences. */

/** Along an axis; a tensor without axes stays as it is. */
function scan(cx: Context, name: 'cumsum' | 'cumprod' | 'cummax', x: NodeId, axis: number): NodeId {
  return cx.build.rank(x) === 0 ? x : cx.build.emit(name, { axis }, [x]);
}

function scanner(name: 'cumsum' | 'cumprod'): NativeValue {
  return op(`torch.${name}`, '(input, dim|axis, *, dtype=None, out=None)', (cx, args) => {
    const x = args.tensor('input');
    const scanned = scan(cx, name, x, args.axis('dim', cx.build.rank(x)));
    const { dtype } = cx.build.aval(x);
    return cx.build.convert(scanned, args.dtype('dtype', isFloating(dtype) ? dtype : 'int64'));
  });
}

function cumulativeExtreme(name: 'cummax' | 'cummin'): NativeValue {
  return native(`torch.${name}`, '(input, dim|axis, *, out=None)', (cx, args) => {
    const { build } = cx;
    const x = args.tensor('input');
    const shape = build.shape(x);
    // Without elements torch looks at no axis.
    const axis = shape.includes(0) ? 0 : args.axis('dim', shape.length);
    const values =
      name === 'cummax'
        ? scan(cx, 'cummax', x, axis)
        : build.unary('neg', scan(cx, 'cummax', build.unary('neg', x), axis));
    return withPlaces(values, opaque(cx, `${name} indices`, [x], shape, 'int64', except(shape.length, axis)));
  });
}

function logCumSumExp(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const x = args.tensor('input');
  const axis = args.axis('dim', build.rank(x));
  if (build.rank(x) === 0 || build.shape(x).includes(0)) return x;
  const peak = build.unary('stop_gradient', build.reduce('reduce_max', x, [axis], true));
  return build.add(build.unary('log', scan(cx, 'cumsum', build.unary('exp', build.sub(x, peak)), axis)), peak);
}

/** The values and places in order along an axis. */
export function ordered(cx: Context, x: NodeId, axis: number, descending: boolean): readonly [NodeId, NodeId] {
  const { build } = cx;
  if (build.rank(x) === 0) return [x, build.full([], 0, 'int64')];
  return [build.emit('sort', { axis, descending }, [x]), build.emit('argsort', { axis, descending }, [x])];
}

function topk(cx: Context, args: Args): Value {
  const { build } = cx;
  const x = args.tensor('input');
  const axis = args.axis('dim', build.rank(x), -1);
  const k = args.dim('k');
  const dim = build.shape(x)[axis] ?? 1;
  if (D.isKnown(k) && D.isKnown(dim) && (k < 0 || k > dim))
    throw new ShapeError(`topk: there are not ${k} of ${dim} along axis ${axis} of ${showShape(build.shape(x))}`);
  const [values, places] = ordered(cx, x, axis, args.bool('largest', true));
  if (build.rank(x) === 0) return withPlaces(values, places);
  return withPlaces(build.sliceAxis(values, axis, 0, k), build.sliceAxis(places, axis, 0, k));
}

/** Different elements, each once: how many is known when it runs. */
function unique(name: 'unique' | 'unique_consecutive'): NativeValue {
  return native(
    `torch.${name}`,
    '(input, sorted=True, return_inverse=False, return_counts=False, dim=None)',
    (cx, args) => {
      const x = args.tensor('input');
      const { shape, dtype } = cx.build.aval(x);
      const axis = args.optional('dim') === null ? null : args.axis('dim', shape.length);
      const values = numbersOf(cx, x);
      const count = values !== null && axis === null && name === 'unique' ? new Set(values).size : cx.freshSize('n');
      const found = opaque(
        cx,
        name,
        [x],
        axis === null ? [count] : shape.map((dim, k) => (k === axis ? count : dim)),
        dtype,
      );
      const inverse = opaque(cx, `${name} inverse`, [x], axis === null ? shape : [dimAt(shape, axis)], 'int64');
      const counts = opaque(cx, `${name} counts`, [x], [count], 'int64');
      const wanted = [
        ...(args.bool('return_inverse', false) ? [inverse] : []),
        ...(args.bool('return_counts', false) ? [counts] : []),
      ];
      return wanted.length === 0 ? tensor(found) : tuple([found, ...wanted].map((node) => tensor(node)));
    },
  );
}

/** x[1:] - x[:-1] along an axis, n times, after putting others in front and behind. */
export function difference(
  cx: Context,
  x: NodeId,
  n: number,
  axis: number,
  prepend: NodeId | null,
  append: NodeId | null,
): NodeId {
  const { build } = cx;
  const rank = build.rank(x);
  if (rank === 0) throw new ShapeError('diff needs a tensor with at least one axis');
  const at = normalAxis(axis, rank);
  const parts = [prepend, x, append].flatMap((part) => (part === null ? [] : [part]));
  const whole = parts.length > 1 ? build.concatenate(parts, at) : x;
  return Array.from({ length: n }).reduce<NodeId>((node) => {
    const dim = dimAt(build.shape(node), at);
    if (D.isKnown(dim) && dim <= 1) return build.sliceAxis(node, at, 0, 0);
    const [later, earlier] = [build.sliceAxis(node, at, 1, dim), build.sliceAxis(node, at, 0, D.sub(dim, 1))];
    return build.aval(node).dtype === 'bool' ? build.binary('logical_xor', later, earlier) : build.sub(later, earlier);
  }, whole);
}

/** The area under samples: half the sum of neighbours times their distance. */
function trapezoids(cx: Context, args: Args, cumulative: boolean): NodeId {
  const { build } = cx;
  const y = args.tensor('y');
  const rank = build.rank(y);
  if (rank === 0) throw new ShapeError('trapezoid needs a tensor with at least one axis');
  const axis = args.axis('dim', rank, -1);
  const dim = dimAt(build.shape(y), axis);
  const last = D.isKnown(dim) && dim === 0 ? 0 : D.sub(dim, 1);
  const first = D.isKnown(dim) ? Math.min(1, dim) : 1;
  const heights = build.scale(build.add(build.sliceAxis(y, axis, first, dim), build.sliceAxis(y, axis, 0, last)), 0.5);
  const x = args.optional('x');
  const places = x?.kind === 'tensor' ? x.node : null;
  const widths = places === null ? null : spacing(cx, places, axis, rank);
  const areas = widths === null ? heights : build.mul(heights, widths);
  return cumulative ? scan(cx, 'cumsum', areas, axis) : build.sum(areas, [axis]);
}

/** Distances of sample places: a vector lies along the axis. */
function spacing(cx: Context, x: NodeId, axis: number, rank: number): NodeId {
  const { build } = cx;
  if (build.rank(x) !== 1 || rank === 1)
    return difference(cx, x, 1, build.rank(x) === rank ? axis : axis - rank, null, null);
  const steps = difference(cx, x, 1, 0, null, null);
  return build.emit(
    'broadcast_in_dim',
    { shape: Array.from({ length: rank }, (_, k) => (k === axis ? dimAt(build.shape(steps), 0) : 1)), dims: [axis] },
    [steps],
  );
}

/** Rows that go with variables, columns with observations. */
function covariance(name: 'cov' | 'corrcoef'): NativeValue {
  return op(`torch.${name}`, '(input, *, correction=1, fweights=None, aweights=None)', (cx, args) => {
    const { build } = cx;
    const given = args.tensor('input');
    if (build.rank(given) > 2)
      throw new ShapeError(`${name}: a vector or a matrix is wanted, not ${showShape(build.shape(given))}`);
    const single = build.rank(given) < 2;
    const x = single ? build.reshape(given, [1, D.product(build.shape(given))]) : given;
    const [rows, columns] = [dimAt(build.shape(x), 0), dimAt(build.shape(x), 1)];
    if (args.optional('fweights') !== null || args.optional('aweights') !== null)
      return opaque(cx, name, [given], single ? [] : [rows, rows], build.aval(x).dtype);
    const centred = build.sub(x, build.mean(x, [1], true));
    const products = build.dot(centred, centred, { contract: [[1], [1]], batch: [[], []] });
    const covariances = build.div(products, build.dimScalar(D.sub(columns, args.int('correction', 1))));
    const result = name === 'cov' ? covariances : correlation(cx, covariances);
    return single ? build.reshape(result, []) : result;
  });
}

function correlation(cx: Context, covariances: NodeId): NodeId {
  const { build } = cx;
  const deviation = build.unary('sqrt', build.diagonal(covariances, 0, 0, 1));
  return build.div(build.div(covariances, build.expandDims(deviation, 1)), build.expandDims(deviation, 0));
}

/** Where values would be put into sorted numbers: the values' shape. */
function searched(cx: Context, values: Value, operands: readonly NodeId[], dtype: DType): NodeId {
  const shape = values.kind === 'tensor' ? cx.build.shape(values.node) : [];
  return opaque(cx, 'searchsorted', operands, shape, dtype, values.kind === 'tensor' ? except(shape.length) : []);
}

function searchSorted(cx: Context, args: Args): NodeId {
  const values = args.value('input');
  const sorted = args.tensor('sorted_sequence');
  const dtype: DType = args.bool('out_int32', false) ? 'int32' : 'int64';
  const own = cx.build.shape(sorted);
  if (values.kind === 'tensor') {
    const shape = cx.build.shape(values.node);
    const fits =
      own.length === 1 ||
      (own.length === shape.length && own.slice(0, -1).every((dim, k) => !D.surelyDiffer(dim, shape[k] ?? -1)));
    if (!fits)
      throw new ShapeError(`searchsorted: ${showShape(own)} and ${showShape(shape)} differ before the last axis`);
  }
  return searched(cx, values, values.kind === 'tensor' ? [values.node, sorted] : [sorted], dtype);
}

/** Estimated derivatives along axes, one tensor for each. */
function gradient(cx: Context, args: Args): Value {
  const x = args.tensor('input');
  const rank = cx.build.rank(x);
  const axes = args.axes('dim', rank) ?? Array.from({ length: rank }, (_, k) => k);
  const order = args.int('edge_order', 1);
  return list(
    axes.map((axis) => {
      const dim = dimAt(cx.build.shape(x), axis);
      if (D.isKnown(dim) && dim < order + 1)
        throw new ShapeError(
          `gradient needs at least ${order + 1} samples along axis ${axis} of ${showShape(cx.build.shape(x))}`,
        );
      return tensor(opaque(cx, 'gradient', [x], cx.build.shape(x), cx.build.aval(x).dtype, except(rank, axis)));
    }),
  );
}

function vander(cx: Context, x: NodeId, count: D.Dim): NodeId {
  const shape = cx.build.shape(x);
  return opaque(cx, 'vander', [x], [...shape, count], cx.build.aval(x).dtype, except(shape.length));
}

const shared: readonly NativeValue[] = withMethod([
  scanner('cumsum'),
  scanner('cumprod'),
  cumulativeExtreme('cummax'),
  cumulativeExtreme('cummin'),
  op('torch.logcumsumexp', '(input, dim|axis, *, out=None)', logCumSumExp),
  native('torch.sort', '(input, dim|axis=-1, descending=False, stable=False, *, out=None)', (cx, args) => {
    const x = args.tensor('input');
    return withPlaces(...ordered(cx, x, args.axis('dim', cx.build.rank(x), -1), args.bool('descending', false)));
  }),
  op('torch.argsort', '(input, dim|axis=-1, descending=False, stable=False)', (cx, args) => {
    const x = args.tensor('input');
    return ordered(cx, x, args.axis('dim', cx.build.rank(x), -1), args.bool('descending', false))[1];
  }),
  op('torch.msort', '(input, *, out=None)', (cx, args) => {
    const x = args.tensor('input');
    if (cx.build.rank(x) === 0) throw new ShapeError('msort needs a tensor with at least one axis');
    return ordered(cx, x, 0, false)[0];
  }),
  native('torch.topk', '(input, k, dim|axis=-1, largest=True, sorted=True, *, out=None)', topk),
  unique('unique'),
  unique('unique_consecutive'),
  op('torch.histc', '(input, bins=100, min=0, max=0, *, out=None)', (cx, args) =>
    opaque(cx, 'histc', [args.tensor('input')], [args.dim('bins', 100)], cx.build.aval(args.tensor('input')).dtype),
  ),
  op('torch.bincount', '(input, weights=None, minlength=0)', (cx, args) => {
    const { build } = cx;
    const x = args.tensor('input');
    if (build.rank(x) !== 1) throw new ShapeError(`bincount: a vector is wanted, not ${showShape(build.shape(x))}`);
    const values = numbersOf(cx, x);
    const least = args.int('minlength', 0);
    const weights = args.optionalTensor('weights');
    if (weights !== null && D.surelyDiffer(dimAt(build.shape(x), 0), build.shape(weights)[0] ?? -1)) {
      throw new ShapeError(`bincount: ${showShape(build.shape(weights))} weights for ${showShape(build.shape(x))}`);
    }
    const length = values === null ? cx.freshSize('n') : Math.max(least, ...values.map((value) => value + 1), 0);
    return opaque(
      cx,
      'bincount',
      weights === null ? [x] : [x, weights],
      [length],
      weights === null ? 'int64' : 'float64',
    );
  }),
  op('torch.diff', '(input, n=1, dim|axis=-1, prepend=None, append=None, *, out=None)', (cx, args) =>
    difference(
      cx,
      args.tensor('input'),
      args.int('n', 1),
      args.int('dim', -1),
      args.optionalTensor('prepend'),
      args.optionalTensor('append'),
    ),
  ),
  covariance('cov'),
  covariance('corrcoef'),
]);

export const scans: readonly NativeValue[] = [
  ...shared,
  ...alias(
    op('torch.trapezoid', '(y, x=None, *, dx=None, dim|axis=-1)', (cx, args) => trapezoids(cx, args, false)),
    'torch.trapz',
  ),
  op('torch.cumulative_trapezoid', '(y, x=None, *, dx=None, dim|axis=-1)', (cx, args) => trapezoids(cx, args, true)),
  op(
    'torch.searchsorted',
    '(sorted_sequence, input, *, out_int32=False, right=False, side=None, sorter=None, out=None)',
    searchSorted,
  ),
  op('torch.bucketize', '(input, boundaries, *, out_int32=False, right=False, out=None)', (cx, args) => {
    const values = args.value('input');
    const boundaries = args.tensor('boundaries');
    if (cx.build.rank(boundaries) !== 1)
      throw new ShapeError(`bucketize: boundaries must be a vector, not ${showShape(cx.build.shape(boundaries))}`);
    return searched(
      cx,
      values,
      values.kind === 'tensor' ? [values.node, boundaries] : [boundaries],
      args.bool('out_int32', false) ? 'int32' : 'int64',
    );
  }),
  op('torch.isin', '(elements, test_elements, *, assume_unique=False, invert=False)', (cx, args) => {
    const x = args.operand('elements');
    const shape = cx.build.shape(x);
    return opaque(cx, 'isin', [x, args.operand('test_elements')], shape, 'bool', except(shape.length));
  }),
  native('torch.gradient', '(input, *, spacing=1, dim=None, edge_order=1)', gradient),
  op('torch.vander', '(x, N=None, increasing=False)', (cx, args) => {
    const x = args.tensor('x');
    if (cx.build.rank(x) !== 1) throw new ShapeError(`vander: a vector is wanted, not ${showShape(cx.build.shape(x))}`);
    return vander(cx, x, args.dim('N', dimAt(cx.build.shape(x), 0)));
  }),
  op('torch.linalg.vander', '(x, *, N=None)', (cx, args) => {
    const x = args.tensor('x');
    const shape = cx.build.shape(x);
    if (shape.length === 0) throw new ShapeError('vander needs a tensor with at least one axis');
    return vander(cx, x, args.dim('N', dimAt(shape, shape.length - 1)));
  }),
  native('torch.histogram', '(input, bins, *, range=None, weight=None, density=False)', (cx, args) => {
    const x = args.tensor('input');
    const bins = args.value('bins');
    const count =
      bins.kind === 'int'
        ? bins.value
        : bins.kind === 'tensor'
          ? D.sub(dimAt(cx.build.shape(bins.node), 0), 1)
          : asKnownInt(bins, 'bins');
    const { dtype } = cx.build.aval(x);
    const type = isFloating(dtype) ? dtype : 'float32';
    return tuple(
      [
        tensor(opaque(cx, 'histogram', [x], [count], type)),
        tensor(opaque(cx, 'histogram edges', [x], [D.add(count, 1)], type)),
      ],
      ['hist', 'bin_edges'],
    );
  }),
];
