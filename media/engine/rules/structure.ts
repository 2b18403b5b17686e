import type { Dim } from '../../../language-server/graph/dim.ts';
import type { NodeId } from '../../../language-server/graph/graph.ts';
import type { StructureParams } from '../../../language-server/graph/primitives/structure.ts';
import { number, product, range, sizeAt, sizesOf } from '../concrete.ts';
import type { Emitter } from '../emitter.ts';
import {
  type Application,
  at,
  type DerivativeRules,
  type DerivativeTable,
  lowered,
  missing,
  unsupported,
} from './rule.ts';

/** A linear function of its only operand: tangents go through it as values do, cotangents through its transpose. */
function linear<P>(
  apply: (p: Application<NoInfer<P>>, x: NodeId) => NodeId,
  transposed: (p: Application<NoInfer<P>>, ct: NodeId) => NodeId,
): DerivativeRules<P> {
  return {
    jvp: (p, [t]) => (t === undefined || t === null ? null : apply(p, t)),
    vjp: (p, ct, k) => (k === 0 ? transposed(p, ct) : null),
  };
}

/** `x` with `amount` zeros between neighbours along an axis, and none after the last. */
export function dilate(g: Emitter, x: NodeId, axis: number, step: number): NodeId {
  if (step === 1) return x;
  const sizes = sizesOf(g, x);
  const spread = padAxis(g, g.expandDims(x, axis + 1), axis + 1, 0, step - 1);
  const length = (sizes[axis] ?? 0) * step;
  const flat = g.reshape(
    spread,
    sizes.map((n, k) => (k === axis ? length : n)),
  );
  return length === 0 ? flat : g.sliceAxis(flat, axis, 0, length - step + 1);
}

/** Zeros before and after along one axis; negative amounts cut. */
export function padAxis(g: Emitter, x: NodeId, axis: number, low: number, high: number): NodeId {
  const only = (n: number): number[] => range(g.rank(x)).map((k) => (k === axis ? n : 0));
  return g.emit('pad', { low: only(low), high: only(high), value: 0 }, [x]);
}

/** The transpose of a slice: entries go back to where they were taken, zeros elsewhere. */
export function unslice(
  g: Emitter,
  x: NodeId,
  shape: readonly number[],
  starts: readonly number[],
  steps: readonly number[],
): NodeId {
  const spread = steps.reduce<NodeId>((y, step, axis) => dilate(g, y, axis, step), x);
  const sizes = sizesOf(g, spread);
  const low = shape.map((_, k) => starts[k] ?? 0);
  return g.emit('pad', { low, high: shape.map((n, k) => n - (low[k] ?? 0) - (sizes[k] ?? 0)), value: 0 }, [spread]);
}

function known(p: Application<unknown>, dim: Dim | 'loop'): number {
  return dim === 'loop' ? unsupported(p.node, 'derivative') : number(dim);
}

/** The same operation on another operand. */
const same = ({ g, node }: Application<unknown>, x: NodeId): NodeId => g.again(node.op, [x]);

/** The indices of a gather as one flat index over the gathered axes, never negative. */
function flatIndex({ g, params, x }: Application<StructureParams['gather']>): NodeId {
  const sizes = params.axes.map((axis) => sizeAt(g, at(x, 0), axis));
  return params.axes
    .map((_, k) => {
      const n = sizes[k] ?? 1;
      const index = at(x, k + 1);
      const positive = g.select(g.binary('lt', index, g.scalar(0, index)), g.add(index, g.scalar(n, index)), index);
      return g.mul(positive, g.scalar(product(sizes.slice(k + 1)), index));
    })
    .reduce((sum, term) => g.add(sum, term));
}

/** 1 where entry i of the index is j, along a new last axis of size n. */
function oneHot(g: Emitter, index: NodeId, n: number, like: NodeId): NodeId {
  const counts = g.emit('iota', { start: 0, step: 1, shape: [n], dtype: g.aval(index).dtype });
  const hot = g.binary('eq', g.expandDims(index, g.rank(index)), counts);
  return g.convert(hot, g.aval(like).dtype);
}

/** The transpose of taking along an axis by an index: entries are summed where they were taken from. */
export function untake(g: Emitter, ct: NodeId, sizes: readonly number[], index: NodeId, axis: number): NodeId {
  const rank = sizes.length;
  const hot = oneHot(g, index, sizes[axis] ?? 1, ct);
  const others = range(rank).filter((k) => k !== axis);
  const back = g.dot(ct, hot, { contract: [[axis], [axis]], batch: [others, others] });
  const own = g.moveAxes(back, [rank - 1], [axis]);
  // An index may be shorter than the operand along the other axes.
  return g.emit('pad', { low: sizes.map(() => 0), high: sizes.map((n, k) => n - sizeAt(g, own, k)), value: 0 }, [own]);
}

/** Derivatives of moving elements about. All are linear; cotangents go back where the elements came from. */
export const structureRules: DerivativeTable<StructureParams> = {
  broadcast_in_dim: linear(same, ({ g, x, params }, ct) => {
    const own = sizesOf(g, at(x, 0));
    const sizes = sizesOf(g, ct);
    const stretched = range(sizes.length).filter((axis) => {
      const k = params.dims.indexOf(axis);
      return k < 0 || own[k] !== sizes[axis];
    });
    // The emitter keeps `dims` in order, so what is left stands in the operand's own order.
    return g.reshape(g.sum(ct, stretched), own);
  }),
  reshape: linear(same, ({ g, x }, ct) => g.reshape(ct, g.shape(at(x, 0)))),
  transpose: linear(same, ({ g, params }, ct) =>
    g.transpose(
      ct,
      params.permutation.map((_, k) => params.permutation.indexOf(k)),
    ),
  ),
  slice: linear(same, ({ g, x, params }, ct) =>
    unslice(g, ct, sizesOf(g, at(x, 0)), params.starts.map(number), params.steps),
  ),
  take: linear(same, (p, ct) => {
    const { g, x, params } = p;
    const index = known(p, params.index);
    return padAxis(g, g.expandDims(ct, params.axis), params.axis, index, sizeAt(g, at(x, 0), params.axis) - index - 1);
  }),
  concatenate: {
    jvp: ({ g, x, params }, tangents) =>
      tangents.every((t) => t === null)
        ? null
        : g.emit(
            'concatenate',
            params,
            tangents.map((t, k) => t ?? g.full(g.shape(at(x, k)), 0, g.aval(at(x, k)).dtype)),
          ),
    vjp: ({ g, x, params: { axis } }, ct, k) => {
      const sizes = x.map((part) => sizeAt(g, part, axis));
      const start = sizes.slice(0, k).reduce((sum, n) => sum + n, 0);
      return g.sliceAxis(ct, axis, start, start + (sizes[k] ?? 0));
    },
  },
  pad: linear(
    ({ g, params }, t) => g.emit('pad', { ...params, value: 0 }, [t]),
    ({ g, params }, ct) =>
      g.emit('pad', { low: params.low.map((n) => -number(n)), high: params.high.map((n) => -number(n)), value: 0 }, [
        ct,
      ]),
  ),
  reverse: linear(same, same),
  roll: lowered,
  diagonal: linear(same, ({ g, x, params }, ct) => {
    const sizes = sizesOf(g, at(x, 0));
    const { axis1, axis2, offset } = params;
    const square = g.emit('diag_embed', { offset }, [ct]);
    const rank = sizes.length;
    const fitted = padAxis(
      g,
      padAxis(g, square, rank - 2, 0, (sizes[axis1] ?? 0) - sizeAt(g, square, rank - 2)),
      rank - 1,
      0,
      (sizes[axis2] ?? 0) - sizeAt(g, square, rank - 1),
    );
    return g.moveAxes(fitted, [rank - 2, rank - 1], [axis1, axis2]);
  }),
  diag_embed: linear(same, ({ g, params, y }, ct) => g.diagonal(ct, params.offset, g.rank(y) - 2, g.rank(y) - 1)),
  triangle: linear(same, same),
  gather: {
    jvp: ({ g, params, x }, [t]) =>
      t === undefined || t === null ? null : g.emit('gather', params, [t, ...x.slice(1)]),
    vjp: (p, ct, k) => {
      if (k !== 0) return null;
      const { g, params, x, y } = p;
      const sizes = sizesOf(g, at(x, 0));
      const gathered = params.axes.map((axis) => sizes[axis] ?? 1);
      const index = flatIndex(p);
      const picked = range(g.rank(index), params.position);
      const hot = oneHot(g, index, product(gathered), y);
      // (rest, all gathered places), then back to the operand's own axes.
      const back = g.dot(ct, hot, { contract: [picked, range(picked.length)], batch: [[], []] });
      const rest = range(sizes.length).filter((axis) => !params.axes.includes(axis));
      const open = g.reshape(back, [...rest.map((axis) => sizes[axis] ?? 1), ...gathered]);
      return g.moveAxes(open, range(params.axes.length, rest.length), params.axes);
    },
  },
  take_along_axis: {
    jvp: ({ g, params, x }, [t]) =>
      t === undefined || t === null ? null : g.emit('take_along_axis', params, [t, at(x, 1)]),
    vjp: ({ g, params, x }, ct, k) => (k === 0 ? untake(g, ct, sizesOf(g, at(x, 0)), at(x, 1), params.axis) : null),
  },
  update: {
    jvp: ({ g, params, x }, [into, value]) => {
      if ((into ?? null) === null && (value ?? null) === null) return null;
      const zeros = (k: number): NodeId => g.full(g.shape(at(x, k)), 0, g.aval(at(x, k)).dtype);
      return g.emit('update', params, [into ?? zeros(0), value ?? zeros(1)]);
    },
    vjp: (p, ct, k) => {
      const { g, params, x } = p;
      if (k === 0) return g.emit('update', params, [ct, g.scalar(0, ct)]);
      const [starts, limits] = [params.starts.map((s) => known(p, s)), params.limits.map((s) => known(p, s))];
      const cut = g.emit('slice', { starts, limits, steps: params.steps }, [ct]);
      const kept = range(starts.length).filter((axis) => !params.dropped.includes(axis));
      return unbroadcast(
        g,
        g.reshape(
          cut,
          kept.map((axis) => sizeAt(g, cut, axis)),
        ),
        at(x, 1),
      );
    },
  },
  masked: missing,
};

/** A cotangent summed over the axes along which `x` was stretched to it, aligned at the end. */
export function unbroadcast(g: Emitter, ct: NodeId, x: NodeId): NodeId {
  const [sizes, own] = [sizesOf(g, ct), sizesOf(g, x)];
  const lead = sizes.length - own.length;
  const stretched = range(sizes.length).filter((axis) => axis < lead || own[axis - lead] !== sizes[axis]);
  return stretched.length === 0 ? ct : g.reshape(g.sum(ct, stretched), own);
}
