import type { NodeId } from '../../../language-server/graph/graph.ts';
import {
  type ConvParams,
  type DotParams,
  freeAxes,
  type ProductParams,
  type WindowParams,
} from '../../../language-server/graph/primitives/products.ts';
import { range, sizeAt, sizesOf } from '../concrete.ts';
import type { Emitter } from '../emitter.ts';
import { type Application, at, type DerivativeRules, type DerivativeTable, total } from './rule.ts';
import { padAxis, unslice } from './structure.ts';

/** A function linear in each of its two operands. */
function bilinear<P>(
  apply: (p: Application<P>, a: NodeId, b: NodeId) => NodeId,
  vjp: (p: Application<P>, ct: NodeId, k: number) => NodeId,
): DerivativeRules<P> {
  return {
    jvp: (p, [a, b]) => {
      const left = a === undefined || a === null ? null : apply(p, a, at(p.x, 1));
      return total(p.g, [left, b === undefined || b === null ? null : apply(p, at(p.x, 0), b)]);
    },
    vjp,
  };
}

/** The cotangent of one factor: the result's, multiplied with the other factor over that one's free axes. */
function dotTransposed({ g, params, x }: Application<DotParams>, ct: NodeId, k: number): NodeId {
  const side = k === 0 ? 0 : 1;
  const opposite = side === 0 ? 1 : 0;
  const { contract, batch } = params;
  const free = [0, 1].map((s) => freeAxes(g.rank(at(x, s)), contract[s === 0 ? 0 : 1], batch[s === 0 ? 0 : 1]));
  const lead = batch[0].length;
  const [left, right] = [free[0] ?? [], free[1] ?? []];
  const theirs = free[opposite] ?? [];
  const ofTheirs = side === 0 ? range(right.length, lead + left.length) : range(left.length, lead);
  const result = g.dot(ct, at(x, opposite), { contract: [ofTheirs, theirs], batch: [range(lead), batch[opposite]] });
  // (batch, own free, contracted as the other operand has them) back to the operand's order.
  const theirContracted = freeAxes(g.rank(at(x, opposite)), theirs, batch[opposite]);
  const ownContracted = theirContracted.map((axis) => contract[side][contract[opposite].indexOf(axis)] ?? 0);
  const order = [...batch[side], ...(free[side] ?? []), ...ownContracted];
  return g.transpose(
    result,
    range(order.length).map((axis) => order.indexOf(axis)),
  );
}

type Pairs = ConvParams['padding'];

function spaceOf(g: Emitter, x: NodeId): readonly number[] {
  return sizesOf(g, x).slice(2);
}

function pairs(n: number, of: (k: number) => readonly [number, number]): Pairs {
  return range(n).map(of);
}

/** d loss / d x of a convolution or a transposed one: the other kind, with what the stride cut off put back. */
function convInput({ g, params, x }: Application<ConvParams>, ct: NodeId): NodeId {
  const [space, out, window] = [spaceOf(g, at(x, 0)), spaceOf(g, ct), spaceOf(g, at(x, 1))];
  if (params.transposed !== null) {
    // The output padding lengthens the result's far side only: the plain convolution pads there as much less.
    const padding = pairs(space.length, (k) => [params.padding[k]?.[0] ?? 0, params.padding[k]?.[1] ?? 0]);
    const back = g.emit('conv', { ...params, padding, transposed: null }, [ct, at(x, 1)]);
    return cutTo(g, back, space);
  }
  const outputPadding = space.map((n, k) => {
    const [low, high] = params.padding[k] ?? [0, 0];
    const reach = (params.dilation[k] ?? 1) * ((window[k] ?? 1) - 1) + 1;
    return n - (((out[k] ?? 1) - 1) * (params.stride[k] ?? 1) + reach - low - high);
  });
  return g.emit('conv', { ...params, transposed: { outputPadding } }, [ct, at(x, 1)]);
}

function cutTo(g: Emitter, x: NodeId, space: readonly number[]): NodeId {
  return space.reduce<NodeId>((y, n, k) => padAxis(g, y, k + 2, 0, n - sizeAt(g, y, k + 2)), x);
}

/** d loss / d weight: a correlation of the input with the cotangent, samples summed, one group after the other. */
function convWeight({ g, params, x }: Application<ConvParams>, ct: NodeId): NodeId {
  const { groups, transposed } = params;
  const [whole, weight] = [at(x, 0), at(x, 1)];
  const window = spaceOf(g, weight);
  // A transposed convolution is the adjoint of the plain one from its result to its input.
  const [from, to] = transposed === null ? [whole, ct] : [ct, whole];
  const group = (y: NodeId, k: number): NodeId => {
    const n = sizeAt(g, y, 1) / groups;
    return g.sliceAxis(y, 1, k * n, (k + 1) * n);
  };
  const parts = range(groups).map((k) => {
    const own = g.emit(
      'conv',
      { stride: params.dilation, dilation: params.stride, padding: params.padding, groups: 1, transposed: null },
      [g.swapAxes(group(from, k), 0, 1), g.swapAxes(group(to, k), 0, 1)],
    );
    // (in, out, window): the weights' order is (out, in) plain, and the same from the adjoint's side transposed.
    return g.swapAxes(cutTo(g, own, window), 0, 1);
  });
  return g.concatenate(parts, 0);
}

/** The entries of the windows at one offset: (..., *windows). */
interface Window {
  readonly take: (x: NodeId) => NodeId;
  readonly put: (ct: NodeId) => NodeId;
}

/** One strided slice of the padded operand for each place of the window. */
function windows(
  { g, params, x, y }: Application<WindowParams>,
  fill: number,
): { readonly padded: (x: NodeId) => NodeId; readonly each: readonly Window[] } {
  const shape = sizesOf(g, at(x, 0));
  const rank = params.window.length;
  const lead = shape.length - rank;
  const out = sizesOf(g, y);
  const steps = range(shape.length).map((axis) => (axis < lead ? 1 : (params.stride[axis - lead] ?? 1)));
  const low = range(shape.length).map((axis) => (axis < lead ? 0 : (params.padding[axis - lead]?.[0] ?? 0)));
  const reach = (axis: number): number =>
    ((out[axis] ?? 1) - 1) * (steps[axis] ?? 1) +
    (params.dilation[axis - lead] ?? 1) * ((params.window[axis - lead] ?? 1) - 1) +
    1;
  const full = shape.map((n, axis) => (axis < lead ? n : Math.max(reach(axis), n + (low[axis] ?? 0))));
  const high = shape.map((n, axis) => (full[axis] ?? n) - n - (low[axis] ?? 0));
  const each = places(params.window).map((place) => {
    const starts = range(shape.length).map((axis) =>
      axis < lead ? 0 : (place[axis - lead] ?? 0) * (params.dilation[axis - lead] ?? 1),
    );
    const limits = starts.map((start, axis) => start + ((out[axis] ?? 1) - 1) * (steps[axis] ?? 1) + 1);
    return {
      take: (padded: NodeId): NodeId => g.emit('slice', { starts, limits, steps }, [padded]),
      put: (ct: NodeId): NodeId =>
        g.emit('pad', { low: low.map((n) => -n), high: high.map((n) => -n), value: 0 }, [
          unslice(g, ct, full, starts, steps),
        ]),
    };
  });
  return { padded: (z) => g.emit('pad', { low, high, value: fill }, [z]), each };
}

/** All index tuples of a window, the last axis fastest. */
function places(window: readonly number[]): readonly (readonly number[])[] {
  return window.reduce<readonly (readonly number[])[]>(
    (all, n) => all.flatMap((place) => range(n).map((k) => [...place, k])),
    [[]],
  );
}

/** Weights of each window's entries, by place: 1 over the number that counts for means, 1 for the first largest for maxima. */
function windowWeights(p: Application<WindowParams>): readonly { readonly window: Window; readonly weight: NodeId }[] {
  const { g, params, x, y } = p;
  if (params.how === 'mean') {
    const shape = g.shape(at(x, 0));
    const ones = g.full(shape, 1, g.aval(y).dtype);
    const { padded, each } = windows(p, 0);
    if (params.countPadding) {
      const share = paddedShare(p);
      return each.map((window) => ({ window, weight: share }));
    }
    const inside = each.map((window) => window.take(padded(ones)));
    const number = inside.reduce((sum, one) => g.add(sum, one));
    return each.map((window) => ({ window, weight: g.div(g.full(g.shape(y), 1, g.aval(y).dtype), number) }));
  }
  const { padded, each } = windows(p, Number.NEGATIVE_INFINITY);
  const whole = padded(at(x, 0));
  let open: NodeId = g.full(g.shape(y), 1, 'bool');
  return each.map((window) => {
    const largest = g.binary('logical_and', open, g.binary('eq', window.take(whole), y));
    open = g.binary('logical_and', open, g.unary('logical_not', largest));
    return { window, weight: g.convert(largest, g.aval(y).dtype) };
  });
}

/** 1 / the number of entries of each window, padding included but not what a partial window reaches beyond it. */
function paddedShare({ g, params, x, y }: Application<WindowParams>): NodeId {
  const shape = sizesOf(g, at(x, 0));
  const lead = shape.length - params.window.length;
  const out = sizesOf(g, y);
  const axes = params.window.map((window, k) => {
    const [low, high] = params.padding[k] ?? [0, 0];
    const limit = (shape[lead + k] ?? 0) + low + high;
    const stride = params.stride[k] ?? 1;
    return range(out[lead + k] ?? 0).map((i) => Math.min(i * stride + window, limit) - i * stride);
  });
  const counts = axes.reduce<number[]>((all, axis) => all.flatMap((a) => axis.map((b) => a * b)), [1]);
  const literal = g.emit('literal', {
    values: counts.map((n) => 1 / n),
    shape: out.slice(lead),
    dtype: g.aval(y).dtype,
  });
  return g.broadcastTo(literal, out);
}

export const productRules: DerivativeTable<ProductParams> = {
  dot_general: bilinear((p, a, b) => p.g.dot(a, b, p.params), dotTransposed),
  conv: bilinear(
    (p, a, b) => p.g.emit('conv', p.params, [a, b]),
    (p, ct, k) => (k === 0 ? convInput(p, ct) : convWeight(p, ct)),
  ),
  reduce_window: {
    jvp: (p, [t]) => {
      if (t === undefined || t === null) return null;
      if (p.params.how === 'mean') return p.g.emit('reduce_window', p.params, [t]);
      const padded = windows(p, 0).padded(t);
      return total(
        p.g,
        windowWeights(p).map(({ window, weight }) => p.g.mul(window.take(padded), weight)),
      );
    },
    vjp: (p, ct) =>
      total(
        p.g,
        windowWeights(p).map(({ window, weight }) => window.put(p.g.mul(ct, weight))),
      ),
  },
};
