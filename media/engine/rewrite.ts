import type { Node, NodeId } from '../../language-server/graph/graph.ts';
import type { Op, Params, PrimitiveName } from '../../language-server/graph/primitives/index.ts';
import { type DotParams, freeAxes } from '../../language-server/graph/primitives/products.ts';
import { isFloating, sameShape } from '../../language-server/graph/shape.ts';
import { number, product, range, sizeAt, sizesOf } from './concrete.ts';
import type { Emitter } from './emitter.ts';

/** Another node of the same value that costs less, or null. */
type Rewrite<P> = (g: Emitter, params: P, operands: readonly NodeId[], node: Node) => NodeId | null;

/** What a new node is replaced by. Each rule keeps shape, dtype and value; null keeps the node. */
const rewrites: { readonly [K in PrimitiveName]?: Rewrite<Params[K]> } = {
  convert: (g, { dtype }, [x]) => (x !== undefined && g.aval(x).dtype === dtype ? x : null),
  neg: (g, _params, [x]) => {
    const inner = x === undefined ? null : operandOf(g, x, 'neg');
    return inner;
  },
  add: (g, _params, [a, b], node) => without(g, 0, a, b, node) ?? without(g, 0, b, a, node),
  sub: (g, _params, [a, b], node) => without(g, 0, b, a, node),
  mul: (g, _params, [a, b], node) => without(g, 1, a, b, node) ?? without(g, 1, b, a, node),
  div: (g, _params, [a, b], node) => without(g, 1, b, a, node),
  reshape: (g, { shape }, [x]) => {
    if (x === undefined) return null;
    if (sameShape(g.shape(x), shape)) return x;
    const { op, operands } = g.node(x);
    if (op.name === 'full') return g.full(shape, op.params.value, op.params.dtype);
    const [inner] = operands;
    return op.name === 'reshape' && inner !== undefined ? g.reshape(inner, shape) : null;
  },
  transpose: (g, { permutation }, [x], node) => {
    if (x === undefined) return null;
    if (permutation.every((axis, k) => axis === k)) return x;
    // Moving axes of size 1 moves no element.
    const sizes = sizesOf(g, x);
    const real = permutation.filter((axis) => sizes[axis] !== 1);
    if (real.every((axis, k) => k === 0 || axis > (real[k - 1] ?? -1))) return g.reshape(x, node.aval.shape);
    const { op, operands } = g.node(x);
    const [inner] = operands;
    if (op.name === 'full') return g.full(node.aval.shape, op.params.value, op.params.dtype);
    if (inner === undefined) return null;
    if (op.name === 'transpose')
      return g.transpose(
        inner,
        permutation.map((axis) => op.params.permutation[axis] ?? 0),
      );
    if (op.name === 'broadcast_in_dim') {
      const dims = op.params.dims.map((axis) => permutation.indexOf(axis));
      return g.emit('broadcast_in_dim', { shape: node.aval.shape, dims }, [inner]);
    }
    return null;
  },
  broadcast_in_dim: (g, { shape, dims }, [x]) => {
    if (x === undefined) return null;
    const own = sizesOf(g, x);
    if (product(own) === product(sizesOf(g, x)) && sameShape(own, shape) && dims.every((dim, k) => dim === k)) return x;
    const { op, operands } = g.node(x);
    if (op.name === 'full') return g.full(shape, op.params.value, op.params.dtype);
    const order = range(dims.length).sort((i, j) => (dims[i] ?? 0) - (dims[j] ?? 0));
    if (order.some((k, at) => k !== at)) {
      return g.emit('broadcast_in_dim', { shape, dims: order.map((k) => dims[k] ?? 0) }, [g.transpose(x, order)]);
    }
    const [inner] = operands;
    if (op.name === 'broadcast_in_dim' && inner !== undefined) {
      return g.emit('broadcast_in_dim', { shape, dims: op.params.dims.map((axis) => dims[axis] ?? 0) }, [inner]);
    }
    // Nothing is stretched: only axes of size 1 are new.
    return product(own) === product(shape.map(Number)) ? g.reshape(x, shape) : null;
  },
  slice: (g, { starts, limits, steps }, [x]) => {
    if (x === undefined) return null;
    const sizes = sizesOf(g, x);
    return starts.every((s, k) => s === 0 && limits[k] === sizes[k] && steps[k] === 1) ? x : null;
  },
  pad: (_g, { low, high }, [x]) => (x !== undefined && [...low, ...high].every((n) => n === 0) ? x : null),
  reduce_sum: (g, { axes }, [x], node) => {
    if (x === undefined) return null;
    const sizes = sizesOf(g, x);
    return isFloating(g.aval(x).dtype) && axes.every((axis) => sizes[axis] === 1)
      ? g.reshape(x, node.aval.shape)
      : null;
  },
  // In steps of 1, 2, 4, ...: only products, so every derivative is right where entries are zero.
  cumprod: (g, { axis }, [x]) => {
    if (x === undefined || g.rank(x) === 0) return x ?? null;
    const n = sizeAt(g, x, axis);
    let whole = x;
    for (let step = 1; step < n; step *= 2) {
      const ones = g.full(
        sizesOf(g, x).map((size, k) => (k === axis ? step : size)),
        1,
        g.aval(x).dtype,
      );
      whole = g.mul(whole, g.concatenate([ones, g.sliceAxis(whole, axis, 0, n - step)], axis));
    }
    return whole;
  },
  // The last entries come before the others.
  roll: (g, { axes, shifts }, [x]) => {
    if (x === undefined || shifts.includes(null)) return null;
    return axes.reduce<NodeId>((y, axis, k) => {
      const n = sizeAt(g, y, axis);
      const shift = number(shifts[k] ?? 0);
      const cut = n === 0 ? 0 : ((-shift % n) + n) % n;
      return cut === 0 ? y : g.concatenate([g.sliceAxis(y, axis, cut, n), g.sliceAxis(y, axis, 0, cut)], axis);
    }, x);
  },
  concatenate: (_g, _params, operands) => (operands.length === 1 ? (operands[0] ?? null) : null),
  dot_general: (g, params, [a, b]) => (a === undefined || b === undefined ? null : (lessDot(g, params, a, b) ?? null)),
};

/** What a new node is replaced by, or null where it stays. */
export function rewrite(g: Emitter, node: Node): NodeId | null {
  return apply(g, node.op, node);
}

function apply<K extends PrimitiveName>(g: Emitter, op: Op<K>, node: Node): NodeId | null {
  return rewrites[op.name]?.(g, op.params, node.operands, node) ?? null;
}

function operandOf(g: Emitter, id: NodeId, name: PrimitiveName): NodeId | null {
  const { op, operands } = g.node(id);
  return op.name === name ? (operands[0] ?? null) : null;
}

/** `other` where `x` is the neutral number everywhere and `other` already has the result's shape and dtype. */
function without(
  g: Emitter,
  neutral: number,
  x: NodeId | undefined,
  other: NodeId | undefined,
  node: Node,
): NodeId | null {
  if (x === undefined || other === undefined) return null;
  const { op } = g.node(x);
  const aval = g.aval(other);
  if (op.name !== 'full' || op.params.value !== neutral || aval.dtype !== node.aval.dtype) return null;
  return sameShape(aval.shape, node.aval.shape) ? other : g.broadcastTo(other, node.aval.shape);
}

/** A product with less to multiply: an operand that only repeats itself, or that is the identity matrix. */
function lessDot(g: Emitter, params: DotParams, a: NodeId, b: NodeId): NodeId | null {
  return byIdentity(g, params, a, b) ?? unrepeated(g, params, a, b);
}

/** eye @ b = b, a @ eye = a: the contracted axis is renamed to the identity's other axis. */
function byIdentity(g: Emitter, { contract, batch }: DotParams, a: NodeId, b: NodeId): NodeId | null {
  for (const side of [0, 1] as const) {
    const [eye, other] = side === 0 ? [a, b] : [b, a];
    const { op } = g.node(eye);
    if (op.name !== 'eye' || contract[0].length !== 1 || batch[0].length > 0) continue;
    const [rows, columns] = sizesOf(g, eye);
    const at = contract[1 - side]?.[0];
    if (rows !== columns || at === undefined) continue;
    const rank = g.rank(other);
    return g.moveAxes(other, [at], [side === 0 ? 0 : rank - 1]);
  }
  return null;
}

/** Pulls repetition out of a product: over a free axis it is done afterwards, over a batch axis the axis becomes the other's own. */
function unrepeated(g: Emitter, params: DotParams, a: NodeId, b: NodeId): NodeId | null {
  for (const side of [0, 1] as const) {
    const [own, other] = side === 0 ? [a, b] : [b, a];
    const node = g.node(own);
    const [inner] = node.operands;
    if (node.op.name !== 'broadcast_in_dim' || inner === undefined) continue;
    const innerSizes = sizesOf(g, inner);
    const sizes = sizesOf(g, own);
    const { dims } = node.op.params;
    const repeated = range(sizes.length).filter((axis) => {
      const k = dims.indexOf(axis);
      return sizes[axis] !== 1 && (k < 0 || (innerSizes[k] === 1 && sizes[axis] !== 1));
    });
    const contracted = params.contract[side];
    const gone = repeated.filter((axis) => !contracted.includes(axis));
    if (gone.length === 0) continue;
    return withoutAxes(g, params, side, own, other, gone);
  }
  return null;
}

/** The product computed with `gone` axes (free or batch, along which `own` repeats) cut from one operand, then put back. */
function withoutAxes(
  g: Emitter,
  params: DotParams,
  side: 0 | 1,
  own: NodeId,
  other: NodeId,
  gone: readonly number[],
): NodeId {
  const { contract, batch } = params;
  const opposite = side === 0 ? 1 : 0;
  const rank = g.rank(own);
  const rename = (axis: number): number => axis - gone.filter((cut) => cut < axis).length;
  const small = dropRepeats(g, own, gone);
  const keptBatch = range(batch[side].length).filter((k) => !gone.includes(batch[side][k] ?? -1));
  const pair = <T>(mine: T, theirs: T): readonly [T, T] => (side === 0 ? [mine, theirs] : [theirs, mine]);
  const smallParams: DotParams = {
    contract: pair(contract[side].map(rename), contract[opposite]),
    batch: pair(
      keptBatch.map((k) => rename(batch[side][k] ?? 0)),
      keptBatch.map((k) => batch[opposite][k] ?? 0),
    ),
  };
  const [left, right] = pair(small, other);
  const result = g.dot(left, right, smallParams);
  // Label each axis of the result by where it comes from, to find its place.
  const labels = (
    p: DotParams,
    axisOf: (side: 0 | 1, axis: number) => string,
    ranks: readonly [number, number],
  ): string[] => [
    ...p.batch[0].map((_, k) => axisOf(opposite, p.batch[opposite][k] ?? 0)),
    ...freeAxes(ranks[0], p.contract[0], p.batch[0]).map((axis) => axisOf(0, axis)),
    ...freeAxes(ranks[1], p.contract[1], p.batch[1]).map((axis) => axisOf(1, axis)),
  ];
  const otherRank = g.rank(other);
  const kept = range(rank).filter((axis) => !gone.includes(axis));
  const have = labels(
    smallParams,
    (s, axis) => (s === side ? `own${kept[axis]}` : `other${axis}`),
    pairOf(side, kept.length, otherRank),
  );
  const want = labels(params, (s, axis) => `${s === side ? 'own' : 'other'}${axis}`, pairOf(side, rank, otherRank));
  const shape = [
    ...batch[0].map((axis) => sizeAt(g, side === 0 ? own : other, axis)),
    ...freeAxes(pairOf(side, rank, otherRank)[0], contract[0], batch[0]).map((axis) =>
      sizeAt(g, side === 0 ? own : other, axis),
    ),
    ...freeAxes(pairOf(side, rank, otherRank)[1], contract[1], batch[1]).map((axis) =>
      sizeAt(g, side === 0 ? other : own, axis),
    ),
  ];
  return g.emit('broadcast_in_dim', { shape, dims: have.map((label) => want.indexOf(label)) }, [result]);
}

function pairOf(side: 0 | 1, own: number, other: number): readonly [number, number] {
  return side === 0 ? [own, other] : [other, own];
}

/** One entry along each of the axes, which go away: `id` is a broadcast that repeats along them. */
function dropRepeats(g: Emitter, id: NodeId, axes: readonly number[]): NodeId {
  const { op, operands } = g.node(id);
  const [inner] = operands;
  if (op.name !== 'broadcast_in_dim' || inner === undefined) return id;
  const { shape, dims } = op.params;
  const rename = (axis: number): number => axis - axes.filter((cut) => cut < axis).length;
  const stays = range(dims.length).filter((k) => !axes.includes(dims[k] ?? -1));
  const cut = g.reshape(
    inner,
    stays.map((k) => sizeAt(g, inner, k)),
  );
  return g.emit(
    'broadcast_in_dim',
    { shape: shape.filter((_, axis) => !axes.includes(axis)), dims: stays.map((k) => rename(dims[k] ?? 0)) },
    [cut],
  );
}
