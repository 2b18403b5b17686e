import type { NodeId } from '../../../language-server/graph/graph.ts';
import type { ReductionParams } from '../../../language-server/graph/primitives/reductions.ts';
import { isFloating } from '../../../language-server/graph/shape.ts';
import { product, range, sizesOf } from '../concrete.ts';
import type { Emitter } from '../emitter.ts';
import { type Application, at, type DerivativeRules, type DerivativeTable, lowered, zero } from './rule.ts';
import { untake } from './structure.ts';

type Axes = { readonly axes: readonly number[] };
type Axis = { readonly axis: number };

/** A reduced value spread over the axes that it was reduced over. */
function spread({ g, params, x }: Application<Axes>, reduced: NodeId): NodeId {
  const shape = g.shape(at(x, 0));
  return g.emit(
    'broadcast_in_dim',
    { shape, dims: range(shape.length).filter((axis) => !params.axes.includes(axis)) },
    [reduced],
  );
}

/** A reduction whose derivative is a weighted sum over the reduced axes. */
function weighted(weight: (p: Application<Axes>) => NodeId): DerivativeRules<Axes> {
  return {
    jvp: (p, [t]) => (t === undefined || t === null ? null : p.g.sum(p.g.mul(t, weight(p)), p.params.axes)),
    vjp: (p, ct) => p.g.mul(spread(p, ct), weight(p)),
  };
}

/** Equal shares for all entries that are the extremum, as `torch.amax` has it. */
function extremumShares(p: Application<Axes>): NodeId {
  const { g, x, y, params } = p;
  const hits = g.convert(g.binary('eq', at(x, 0), spread(p, y)), g.aval(y).dtype);
  return g.div(hits, spread(p, g.sum(hits, params.axes)));
}

/** For each entry the product of the others: right where some are zero. */
function productOfOthers({ g, x, params }: Application<Axes>): NodeId {
  const sizes = sizesOf(g, at(x, 0));
  const kept = range(sizes.length).filter((axis) => !params.axes.includes(axis));
  const front = g.moveAxes(at(x, 0), params.axes, range(params.axes.length, kept.length));
  const n = product(params.axes.map((axis) => sizes[axis] ?? 1));
  const flat = g.reshape(front, [...kept.map((axis) => sizes[axis] ?? 1), n]);
  const last = kept.length;
  const before = (v: NodeId): NodeId => {
    const shape = sizesOf(g, v).map((size, axis) => (axis === last ? 1 : size));
    const ones = g.full(shape, 1, g.aval(v).dtype);
    return g.emit('cumprod', { axis: last }, [g.concatenate([ones, g.sliceAxis(v, last, 0, n - 1)], last)]);
  };
  const flip = (v: NodeId): NodeId => g.emit('reverse', { axes: [last] }, [v]);
  const others = g.mul(before(flat), flip(before(flip(flat))));
  const open = g.reshape(
    others,
    [...kept, ...params.axes].map((axis) => sizes[axis] ?? 1),
  );
  return g.moveAxes(open, range(params.axes.length, kept.length), params.axes);
}

function flipped(g: Emitter, x: NodeId, axis: number, f: (x: NodeId) => NodeId): NodeId {
  const flip = (v: NodeId): NodeId => g.emit('reverse', { axes: [axis] }, [v]);
  return flip(f(flip(x)));
}

const cumsum = ({ g, params }: Application<Axis>, t: NodeId): NodeId => g.emit('cumsum', params, [t]);

/** Where each running maximum stands: of equal ones the last, as PyTorch has it. */
function placesOfMaxima({ g, params: { axis }, x, y }: Application<Axis>): NodeId {
  const sizes = sizesOf(g, y);
  const counts = g.emit('iota', { start: 0, step: 1, shape: [sizes[axis] ?? 1], dtype: 'int64' });
  const places = g.emit('broadcast_in_dim', { shape: sizes, dims: [axis] }, [counts]);
  const own = g.select(g.binary('eq', at(x, 0), y), places, g.scalar(0, places));
  return g.emit('cummax', { axis }, [own]);
}

export const reductionRules: DerivativeTable<ReductionParams> = {
  reduce_sum: {
    jvp: ({ g, params, x }, [t]) =>
      t === undefined || t === null || !isFloating(g.aval(at(x, 0)).dtype) ? null : g.emit('reduce_sum', params, [t]),
    vjp: (p, ct) => spread(p, ct),
  },
  reduce_prod: weighted(productOfOthers),
  reduce_max: weighted(extremumShares),
  reduce_min: weighted(extremumShares),
  reduce_and: zero,
  reduce_or: zero,
  argmax: zero,
  argmin: zero,
  cumsum: {
    jvp: (p, [t]) => (t === undefined || t === null ? null : cumsum(p, t)),
    vjp: (p, ct) => flipped(p.g, ct, p.params.axis, (v) => cumsum(p, v)),
  },
  cumprod: lowered,
  cummax: {
    jvp: (p, [t]) =>
      t === undefined || t === null ? null : p.g.emit('take_along_axis', p.params, [t, placesOfMaxima(p)]),
    vjp: (p, ct) => untake(p.g, ct, sizesOf(p.g, at(p.x, 0)), placesOfMaxima(p), p.params.axis),
  },
  sort: {
    jvp: ({ g, params, x }, [t]) =>
      t === undefined || t === null
        ? null
        : g.emit('take_along_axis', { axis: params.axis }, [t, g.emit('argsort', params, [at(x, 0)])]),
    vjp: ({ g, params, x }, ct) => {
      const order = g.emit('argsort', params, [at(x, 0)]);
      const places = g.emit('argsort', { axis: params.axis, descending: false }, [order]);
      return g.emit('take_along_axis', { axis: params.axis }, [ct, places]);
    },
  },
  argsort: zero,
};
