import type { GraphBuilder } from '../../graph/builder.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { isFloating, ShapeError, showShape } from '../../graph/shape.ts';
import { type Args, asNumber } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { native, op } from '../define.ts';
import { type NativeValue, type TupleValue, tensor, tuple, type Value } from '../values.ts';
import { withMethod } from './method.ts';
import { opaque, without } from './opaque.ts';

/** Reductions of torch (https://docs.pytorch.org/docs/stable/torch.html#reduction-ops). */

const parameters = '(input, dim|axis=None, keepdim|keepdims=False, *, dtype=None, out=None)';

type Reducer = 'reduce_sum' | 'reduce_prod' | 'reduce_max' | 'reduce_min' | 'reduce_and' | 'reduce_or';

/** The axes to reduce; none listed means all. */
export function axesOf(cx: Context, args: Args, x: NodeId, name = 'dim'): readonly number[] | null {
  const axes = args.axes(name, cx.build.rank(x));
  return axes === null || axes.length === 0 ? null : axes;
}

function reduce(cx: Context, args: Args, how: Reducer): NodeId {
  const x = args.tensor('input');
  return cx.build.reduce(how, x, axesOf(cx, args, x), keeps(args));
}

/** Whether the axes stay. A number in its place is a type for NumPy, and refused by torch. */
export function keeps(args: Args): boolean {
  if (args.optional('keepdim')?.kind === 'int') throw new Unknowable("a number for 'keepdim' is not followed");
  return args.bool('keepdim', false);
}

/** The largest and smallest of no elements are refused. */
function requireElements(cx: Context, x: NodeId, axes: readonly number[] | null, name: string): void {
  const shape = cx.build.shape(x);
  const over = axes ?? shape.map((_, k) => k);
  if (over.some((axis) => shape[axis] === 0))
    throw new ShapeError(`${name}: ${showShape(shape)} has no elements along the axes to reduce`);
}

function extreme(cx: Context, args: Args, how: 'reduce_max' | 'reduce_min'): NodeId {
  const x = args.tensor('input');
  const axes = axesOf(cx, args, x);
  requireElements(cx, x, axes, how === 'reduce_max' ? 'amax' : 'amin');
  return cx.build.reduce(how, x, axes, keeps(args));
}

/** Variance: the sum of squared deviations over n - correction. */
export function variance(
  cx: Context,
  x: NodeId,
  axes: readonly number[] | null,
  keep: boolean,
  correction: number,
): NodeId {
  const { build } = cx;
  const shape = build.shape(x);
  const over = axes ?? shape.map((_, k) => k);
  const deviation = build.sub(x, build.mean(x, axes, true));
  const left = D.sub(D.product(over.map((axis) => shape[axis] ?? 1)), correction);
  const total = build.sum(build.square(deviation), axes, keep);
  return build.div(total, build.dimScalar(D.isKnown(left) ? Math.max(0, left) : left, build.countType(total)));
}

/** `var(input, unbiased)` has its flag where the others have their axes. */
function spread(
  cx: Context,
  args: Args,
): { readonly x: NodeId; readonly axes: readonly number[] | null; readonly keep: boolean; readonly variance: NodeId } {
  const x = args.tensor('input');
  if (!isFloating(cx.build.aval(x).dtype))
    throw new PythonError('RuntimeError', 'the variance needs a floating point tensor');
  const flagged = args.optional('dim')?.kind === 'bool';
  const axes = flagged ? null : axesOf(cx, args, x);
  const unbiased = flagged ? args.bool('dim') : args.bool('unbiased', true);
  const given = args.optional('correction');
  const correction = given === null ? Number(unbiased) : (asNumber(given) ?? 1);
  const keep = keeps(args);
  return { x, axes, keep, variance: variance(cx, x, axes, keep, correction) };
}

const spreadParameters =
  '(input, dim|axis=None, keepdim|keepdims=False, *, unbiased=None, correction|ddof=None, out=None)';

/** In the old order of arguments `unbiased` stands between axes and `keepdim`. */
function spreadFunction(name: string, finish: (cx: Context, found: ReturnType<typeof spread>) => Value): NativeValue {
  const plain = native(name, spreadParameters, (cx, args) => finish(cx, spread(cx, args)));
  const old = native(
    name,
    '(input, dim|axis, unbiased, keepdim|keepdims=False, *, correction=None, out=None)',
    (cx, args) => finish(cx, spread(cx, args)),
  );
  const signature = { ...plain.signature, rest: true };
  return {
    ...plain,
    signature,
    call: (cx, bound) => {
      const [last] = bound.rest;
      if (last === undefined) return plain.call(cx, bound);
      const values = new Map([
        ...bound.values,
        ['unbiased', bound.values.get('keepdim') ?? last],
        ['keepdim', last],
      ] as const);
      return old.call(cx, { values, rest: [], keywords: bound.keywords });
    },
  };
}

/** Values with their places, as torch names the two. */
export function withPlaces(values: NodeId, indices: NodeId): TupleValue {
  return tuple([tensor(values), tensor(indices)], ['values', 'indices']);
}

function place(cx: Context, x: NodeId, how: 'argmax' | 'argmin', axis: number, keep: boolean): NodeId {
  if (cx.build.rank(x) === 0) return cx.build.full([], 0, 'int64');
  const index = cx.build.emit(how, { axis }, [x]);
  return keep ? cx.build.expandDims(index, axis) : index;
}

/** max() of all, max(other), or (values, indices) along an axis: one name for three functions. */
function extremeOfThree(name: 'max' | 'min'): NativeValue {
  const [how, whose] = name === 'max' ? (['reduce_max', 'argmax'] as const) : (['reduce_min', 'argmin'] as const);
  return native(`torch.${name}`, '(input, dim|axis|other=None, keepdim|keepdims=False, *, out=None)', (cx, args) => {
    const { build } = cx;
    const x = args.tensor('input');
    const second = args.optional('dim');
    if (second === null) {
      requireElements(cx, x, null, name);
      const reduced = build.reduce(how, x);
      // NumPy and JAX keep the axes here too.
      return tensor(
        keeps(args)
          ? build.reshape(
              reduced,
              build.shape(x).map(() => 1),
            )
          : reduced,
      );
    }
    if (second.kind === 'tensor') return tensor(build.binary(name, x, second.node));
    const axis = args.axis('dim', build.rank(x));
    requireElements(cx, x, build.rank(x) === 0 ? [] : [axis], name);
    const keep = keeps(args);
    return withPlaces(build.reduce(how, x, build.rank(x) === 0 ? null : [axis], keep), place(cx, x, whose, axis, keep));
  });
}

function argExtreme(name: 'argmax' | 'argmin'): NativeValue {
  return op(`torch.${name}`, '(input, dim|axis=None, keepdim|keepdims=False, *, out=None)', (cx, args) => {
    const { build } = cx;
    const x = args.tensor('input');
    const shape = build.shape(x);
    const keep = keeps(args);
    if (args.optional('dim') !== null) {
      const axis = args.axis('dim', shape.length);
      requireElements(cx, x, shape.length === 0 ? [] : [axis], name);
      return place(cx, x, name, axis, keep);
    }
    requireElements(cx, x, null, name);
    return placeOfAll(build, name, x, keep);
  });
}

/** Where the largest or smallest of all elements stands, counted row by row. */
export function placeOfAll(build: GraphBuilder, name: 'argmax' | 'argmin', x: NodeId, keep: boolean): NodeId {
  const shape = build.shape(x);
  const flat = build.emit(name, { axis: 0 }, [build.reshape(x, [D.product(shape)])]);
  return keep
    ? build.reshape(
        flat,
        shape.map(() => 1),
      )
    : flat;
}

function truth(name: 'all' | 'any'): NativeValue {
  return op(`torch.${name}`, parameters, (cx, args) => {
    const { build } = cx;
    const x = build.convert(args.tensor('input'), 'bool');
    return build.reduce(name === 'all' ? 'reduce_and' : 'reduce_or', x, args.axes('dim', build.rank(x)), keeps(args));
  });
}

/** The k-th smallest along an axis, with its place. */
function kth(cx: Context, x: NodeId, axis: number, k: D.Dim, keep: boolean): TupleValue {
  const { build } = cx;
  if (build.rank(x) === 0) return withPlaces(x, build.full([], 0, 'int64'));
  const pick = (sorted: NodeId): NodeId => {
    const taken = build.take(sorted, axis, k);
    return keep ? build.expandDims(taken, axis) : taken;
  };
  return withPlaces(
    pick(build.emit('sort', { axis, descending: false }, [x])),
    pick(build.emit('argsort', { axis, descending: false }, [x])),
  );
}

function median(name: string): NativeValue {
  return native(`torch.${name}`, '(input, dim|axis=None, keepdim|keepdims=False, *, out=None)', (cx, args) => {
    const { build } = cx;
    const x = args.tensor('input');
    const middle = (dim: D.Dim): D.Dim => D.floorDiv(D.sub(dim, 1), 2);
    if (args.optional('dim') === null) {
      const count = D.product(build.shape(x));
      const flat = build.reshape(x, [count]);
      if (count === 0) return tensor(build.full([], Number.NaN, build.aval(x).dtype));
      return tensor(build.take(build.emit('sort', { axis: 0, descending: false }, [flat]), 0, middle(count)));
    }
    const axis = args.axis('dim', build.rank(x));
    requireElements(cx, x, build.rank(x) === 0 ? [] : [axis], name);
    return kth(cx, x, axis, middle(build.shape(x)[axis] ?? 1), keeps(args));
  });
}

/** Numbers below which a share of the elements lies: the shares' axes come first. */
function quantile(name: string): NativeValue {
  return op(
    `torch.${name}`,
    "(input, q, dim|axis=None, keepdim|keepdims=False, *, interpolation='linear', out=None)",
    (cx, args) => {
      const { build } = cx;
      const x = args.tensor('input');
      const shape = build.shape(x);
      const q = args.value('q');
      const shares = q.kind === 'tensor' ? build.shape(q.node) : [];
      if (shares.length > 1) throw new ShapeError(`${name}: q must be a number or a vector, not ${showShape(shares)}`);
      const axis = args.optional('dim') === null ? null : args.axis('dim', shape.length);
      requireElements(cx, x, axis === null ? null : shape.length === 0 ? [] : [axis], name);
      const keep = keeps(args);
      const gone = axis === null ? shape.map((_, k) => k) : [axis];
      const rest = keep
        ? shape.map((dim, k) => (gone.includes(k) ? 1 : dim))
        : shape.filter((_, k) => !gone.includes(k));
      const kept = keep
        ? shape.flatMap((_, k) => (gone.includes(k) ? [] : [[k, k] as const]))
        : without(shape.length, gone);
      return opaque(
        cx,
        name,
        [x],
        [...shares, ...rest],
        build.aval(x).dtype,
        kept.map(([from, to]) => [from, to + shares.length] as const),
      );
    },
  );
}

/** A reduction of the elements that are numbers. */
function ofNumbers(cx: Context, x: NodeId): NodeId {
  return cx.build.select(cx.build.unary('is_nan', x), cx.build.scalar(0, x), x);
}

function requireFloating(cx: Context, x: NodeId, name: string): void {
  const { dtype } = cx.build.aval(x);
  if (!isFloating(dtype)) throw new PythonError('RuntimeError', `${name} needs a floating point tensor, not ${dtype}`);
}

function mean(cx: Context, args: Args): NodeId {
  const given = args.tensor('input');
  const x =
    args.optional('dtype') === null ? given : cx.build.convert(given, args.dtype('dtype', cx.build.aval(given).dtype));
  requireFloating(cx, x, 'mean');
  return cx.build.mean(x, axesOf(cx, args, x), keeps(args));
}

/** e to each element over the sum along an axis; axis null is refused by torch for more than vectors. */
function softmax(cx: Context, args: Args, logarithm: boolean): NodeId {
  const { build } = cx;
  const given = args.tensor('input');
  const x = build.convert(given, args.dtype('dtype', build.aval(given).dtype));
  const rank = build.rank(x);
  const axis = args.axis('dim', rank);
  if (!isFloating(build.aval(x).dtype)) {
    // Without elements nothing is looked at.
    if (build.shape(x).includes(0)) return x;
    throw new PythonError('RuntimeError', `softmax is not implemented for ${build.aval(x).dtype}`);
  }
  if (rank === 0) return build.reshape(softmaxOf(cx, build.reshape(x, [1]), 0, logarithm), []);
  return softmaxOf(cx, x, axis, logarithm);
}

export function softmaxOf(cx: Context, x: NodeId, axis: number, logarithm: boolean): NodeId {
  return logarithm ? cx.build.sub(x, cx.build.logSumExp(x, [axis], true)) : cx.build.softmax(x, axis);
}

export const reductions: readonly NativeValue[] = withMethod([
  op('torch.sum', parameters, (cx, args) => {
    const summed = reduce(cx, args, 'reduce_sum');
    return cx.build.convert(summed, args.dtype('dtype', cx.build.aval(summed).dtype));
  }),
  op('torch.nansum', parameters, (cx, args) => {
    const x = ofNumbers(cx, args.tensor('input'));
    return cx.build.sum(x, axesOf(cx, args, x), keeps(args));
  }),
  op('torch.mean', parameters, mean),
  op('torch.nanmean', parameters, (cx, args) => {
    const x = args.tensor('input');
    const axes = axesOf(cx, args, x);
    const keep = keeps(args);
    const count = cx.build.sum(
      cx.build.convert(cx.build.unary('logical_not', cx.build.unary('is_nan', x)), cx.build.aval(x).dtype),
      axes,
      keep,
    );
    return cx.build.div(cx.build.sum(ofNumbers(cx, x), axes, keep), count);
  }),
  op('torch.prod', parameters, (cx, args) => {
    // Several axes, or none by name, are NumPy's; torch refuses them.
    if (args.has('dim') && args.optional('dim')?.kind !== 'int')
      throw new Unknowable('a product over several axes is not followed');
    const product = reduce(cx, args, 'reduce_prod');
    return cx.build.convert(product, args.dtype('dtype', cx.build.aval(product).dtype));
  }),
  op('torch.amax', parameters, (cx, args) => extreme(cx, args, 'reduce_max')),
  op('torch.amin', parameters, (cx, args) => extreme(cx, args, 'reduce_min')),
  native('torch.aminmax', '(input, *, dim=None, keepdim=False, out=None)', (cx, args) => {
    const [low, high] = [extreme(cx, args, 'reduce_min'), extreme(cx, args, 'reduce_max')];
    return tuple([tensor(low), tensor(high)], ['min', 'max']);
  }),
  spreadFunction('torch.var', (_cx, found) => tensor(found.variance)),
  spreadFunction('torch.std', (cx, found) => tensor(cx.build.unary('sqrt', found.variance))),
  extremeOfThree('max'),
  extremeOfThree('min'),
  argExtreme('argmax'),
  argExtreme('argmin'),
  truth('all'),
  truth('any'),
  op('torch.logsumexp', '(input, dim|axis, keepdim|keepdims=False, *, out=None)', (cx, args) => {
    const x = args.tensor('input');
    const axes = args.axes('dim', cx.build.rank(x));
    if (axes === null) throw new PythonError('TypeError', 'logsumexp needs its axes');
    if (new Set(axes).size !== axes.length)
      throw new ShapeError(`logsumexp: an axis stands twice in (${axes.join(', ')})`);
    if (axes.length === 0 && cx.build.rank(x) > 0) throw new Unknowable('logsumexp over no axes is not followed');
    return cx.build.rank(x) === 0
      ? cx.build.convert(x, cx.build.countType(x))
      : cx.build.logSumExp(x, axes, keeps(args));
  }),
  op('torch.count_nonzero', '(input, dim|axis=None)', (cx, args) => {
    const { build } = cx;
    const x = args.tensor('input');
    return build.sum(build.convert(build.convert(x, 'bool'), 'int64'), axesOf(cx, args, x));
  }),
  op('torch.trace', '(input)', (cx, args) => {
    const x = args.tensor('input');
    if (cx.build.rank(x) !== 2) throw new ShapeError(`trace: a matrix is wanted, not ${showShape(cx.build.shape(x))}`);
    return cx.build.sum(cx.build.diagonal(x, 0, 0, 1));
  }),
  median('median'),
  median('nanmedian'),
  quantile('quantile'),
  quantile('nanquantile'),
  native('torch.kthvalue', '(input, k, dim|axis=-1, keepdim|keepdims=False, *, out=None)', (cx, args) => {
    const x = args.tensor('input');
    const axis = args.axis('dim', cx.build.rank(x), -1);
    const [k, dim] = [args.dim('k'), cx.build.shape(x)[axis] ?? 1];
    if (D.isKnown(k) && D.isKnown(dim) && (k < 1 || k > dim))
      throw new ShapeError(`kthvalue: there is no ${k}-th of ${dim}`);
    return kth(cx, x, axis, D.sub(k, 1), keeps(args));
  }),
  native('torch.mode', '(input, dim|axis=-1, keepdim|keepdims=False, *, out=None)', (cx, args) => {
    const x = args.tensor('input');
    const { shape, dtype } = cx.build.aval(x);
    const axis = args.axis('dim', shape.length, -1);
    requireElements(cx, x, shape.length === 0 ? [] : [axis], 'mode');
    const keep = keeps(args);
    const left = keep ? shape.map((dim, k) => (k === axis ? 1 : dim)) : shape.filter((_, k) => k !== axis);
    const kept = keep ? shape.flatMap((_, k) => (k === axis ? [] : [[k, k] as const])) : without(shape.length, [axis]);
    return withPlaces(opaque(cx, 'mode', [x], left, dtype, kept), opaque(cx, 'mode indices', [x], left, 'int64', kept));
  }),
  op('torch.softmax', '(input, dim|axis, dtype=None, *, out=None)', (cx, args) => softmax(cx, args, false)),
  op('torch.log_softmax', '(input, dim|axis, dtype=None, *, out=None)', (cx, args) => softmax(cx, args, true)),
]).concat([
  spreadFunction('torch.var_mean', (cx, found) =>
    tuple([tensor(found.variance), tensor(cx.build.mean(found.x, found.axes, found.keep))]),
  ),
  spreadFunction('torch.std_mean', (cx, found) =>
    tuple([tensor(cx.build.unary('sqrt', found.variance)), tensor(cx.build.mean(found.x, found.axes, found.keep))]),
  ),
  op('torch.special.logsumexp', '(input, dim, keepdim=False, *, out=None)', (cx, args) =>
    cx.build.logSumExp(args.tensor('input'), args.axes('dim', cx.build.rank(args.tensor('input'))) ?? [], keeps(args)),
  ),
  op('torch.special.softmax', '(input, dim, *, dtype=None)', (cx, args) => softmax(cx, args, false)),
  op('torch.special.log_softmax', '(input, dim, *, dtype=None)', (cx, args) => softmax(cx, args, true)),
]);
