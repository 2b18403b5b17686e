import type { NodeId } from '../../../language-server/graph/graph.ts';
import { elementwise } from '../../../language-server/graph/primitives/elementwise.ts';
import type { Op, Params, PrimitiveName } from '../../../language-server/graph/primitives/index.ts';
import type { LinalgParams } from '../../../language-server/graph/primitives/linalg.ts';
import {
  type ConvParams,
  type DotParams,
  freeAxes,
  type ProductParams,
} from '../../../language-server/graph/primitives/products.ts';
import type { ReductionParams } from '../../../language-server/graph/primitives/reductions.ts';
import type { StructureParams } from '../../../language-server/graph/primitives/structure.ts';
import { range, sizesOf } from '../concrete.ts';
import type { Emitter } from '../emitter.ts';
import { type Application, at, unsupported } from './rule.ts';

/** An operand under batching: `id` has the batch as axis 0 where `batched`, else it is the same for every entry. */
export interface Operand {
  readonly id: NodeId;
  readonly batched: boolean;
}

/** The primitive for every entry of a batch of `size`, its result with the batch as axis 0; at least one operand is batched. */
export type BatchingRule<P> = (p: Application<P>, operands: readonly Operand[], size: number) => NodeId;

type BatchingTable<Ps> = { readonly [K in keyof Ps]: BatchingRule<Ps[K]> };

/** The operand with the batch in front in any case. */
function whole(g: Emitter, { id, batched }: Operand, size: number): NodeId {
  return batched ? id : g.emit('broadcast_in_dim', { shape: [size, ...g.shape(id)], dims: range(g.rank(id), 1) }, [id]);
}

/** Elementwise: every operand gets the rank of the result, the batch in front. */
const eachElement: BatchingRule<unknown> = ({ g, y, node }, operands, size) => {
  const rank = g.rank(y);
  const lined = operands.map(({ id, batched }) => {
    const own = sizesOf(g, id).slice(batched ? 1 : 0);
    return g.reshape(id, [batched ? size : 1, ...range(rank - own.length).map(() => 1), ...own]);
  });
  return g.again(node.op, lined);
};

/** Functions of the one operand whose params only shift. */
const shifted =
  <K extends keyof StructureParams | keyof ReductionParams>(
    name: K,
    shift: (params: Params[K], size: number) => Params[K],
  ): BatchingRule<Params[K]> =>
  ({ g, params }, operands, size) =>
    g.emit(
      name,
      shift(params, size),
      operands.map((operand) => whole(g, operand, size)),
    );

const next = (axes: readonly number[]): number[] => axes.map((axis) => axis + 1);
const axesNext =
  <K extends 'reduce_sum' | 'reduce_prod' | 'reduce_max' | 'reduce_min' | 'reduce_and' | 'reduce_or'>(
    name: K,
  ): BatchingRule<Params[K]> =>
  ({ g, params }, operands) =>
    g.emit(
      name,
      { axes: next(params.axes) },
      operands.map(({ id }) => id),
    );
const axisNext =
  <K extends 'argmax' | 'argmin' | 'cumsum' | 'cumprod' | 'cummax' | 'sort' | 'argsort'>(
    name: K,
  ): BatchingRule<Params[K]> =>
  ({ g, params }, operands) =>
    g.emit(
      name,
      { ...params, axis: params.axis + 1 },
      operands.map(({ id }) => id),
    );
/** Functions of the last axes, whatever stands in front. */
const inFront: BatchingRule<unknown> = ({ g, node }, operands, size) =>
  g.again(
    node.op,
    operands.map((operand) => whole(g, operand, size)),
  );
const refuse: BatchingRule<unknown> = ({ node }) => unsupported(node, 'derivative');

const dot: BatchingRule<DotParams> = ({ g, params: { contract, batch }, y }, operands) => {
  const [a, b] = [operands[0], operands[1]];
  if (a === undefined || b === undefined) throw new RangeError('a product has two operands');
  const side = (k: 0 | 1, { batched }: Operand): { contract: readonly number[]; batch: readonly number[] } =>
    batched ? { contract: next(contract[k]), batch: next(batch[k]) } : { contract: contract[k], batch: batch[k] };
  const [left, right] = [side(0, a), side(1, b)];
  if (a.batched && b.batched) {
    return g.dot(a.id, b.id, {
      contract: [left.contract, right.contract],
      batch: [
        [0, ...left.batch],
        [0, ...right.batch],
      ],
    });
  }
  const result = g.dot(a.id, b.id, { contract: [left.contract, right.contract], batch: [left.batch, right.batch] });
  const lead = batch[0].length;
  const leftFree = freeAxes(g.rank(a.id), left.contract, left.batch).length;
  return a.batched ? g.moveAxes(result, [lead], [0]) : g.moveAxes(result, [g.rank(y) === 0 ? 0 : lead + leftFree], [0]);
};

/** Samples side by side where only the input is batched; channel groups side by side otherwise. */
const conv: BatchingRule<ConvParams> = ({ g, params, y }, operands, size) => {
  const [x, weight] = [operands[0], operands[1]];
  if (x === undefined || weight === undefined) throw new RangeError('a convolution has two operands');
  const out = sizesOf(g, y);
  if (!weight.batched) {
    const own = sizesOf(g, x.id);
    const flat = g.reshape(x.id, [size * (own[1] ?? 1), ...own.slice(2)]);
    return g.reshape(g.emit('conv', params, [flat, weight.id]), [size, ...out]);
  }
  const [every, weights] = [whole(g, x, size), whole(g, weight, size)];
  const [own, window] = [sizesOf(g, every), sizesOf(g, weights)];
  const channels = g.reshape(g.moveAxes(every, [0], [1]), [own[1] ?? 1, size * (own[2] ?? 1), ...own.slice(3)]);
  const stacked = g.reshape(weights, [size * (window[1] ?? 1), ...window.slice(2)]);
  const result = g.emit('conv', { ...params, groups: params.groups * size }, [channels, stacked]);
  return g.moveAxes(g.reshape(result, [out[0] ?? 1, size, ...out.slice(1)]), [1], [0]);
};

const products: BatchingTable<ProductParams> = { dot_general: dot, conv, reduce_window: inFront };

const gather: BatchingRule<StructureParams['gather']> = ({ g, params: { axes, position }, x, y }, operands, size) => {
  const [source, ...indices] = operands;
  if (source === undefined) throw new RangeError('gather needs an operand');
  const indexRank = g.rank(y) - (g.rank(at(x, 0)) - axes.length);
  if (indices.every(({ batched }) => !batched)) {
    return g.emit('gather', { axes: next(axes), position: position + 1 }, [source.id, ...indices.map(({ id }) => id)]);
  }
  const lined = indices.map(({ id, batched }) => {
    if (!batched) return id;
    const own = sizesOf(g, id);
    return g.reshape(id, [size, ...range(indexRank + 1 - own.length).map(() => 1), ...own.slice(1)]);
  });
  // The batch is one more gathered axis, with index 0..size-1 (or none where the operand is the same for all).
  const counts = g.reshape(g.emit('iota', { start: 0, step: 1, shape: [size], dtype: 'int64' }), [
    size,
    ...range(indexRank).map(() => 1),
  ]);
  const picked = source.batched
    ? g.emit('gather', { axes: [0, ...next(axes)], position: 0 }, [source.id, counts, ...lined])
    : g.emit('gather', { axes, position: 0 }, [source.id, ...lined]);
  return g.moveAxes(picked, range(indexRank, 1), range(indexRank, position + 1));
};

const structure: BatchingTable<StructureParams> = {
  broadcast_in_dim: shifted('broadcast_in_dim', ({ shape, dims }, size) => ({
    shape: [size, ...shape],
    dims: [0, ...next(dims)],
  })),
  reshape: shifted('reshape', ({ shape }, size) => ({ shape: [size, ...shape] })),
  transpose: shifted('transpose', ({ permutation }) => ({ permutation: [0, ...next(permutation)] })),
  slice: shifted('slice', ({ starts, limits, steps }, size) => ({
    starts: [0, ...starts],
    limits: [size, ...limits],
    steps: [1, ...steps],
  })),
  take: shifted('take', ({ axis, index }) => ({ axis: axis + 1, index })),
  concatenate: shifted('concatenate', ({ axis }) => ({ axis: axis + 1 })),
  pad: shifted('pad', ({ low, high, value }) => ({ low: [0, ...low], high: [0, ...high], value })),
  reverse: shifted('reverse', ({ axes }) => ({ axes: next(axes) })),
  roll: refuse,
  diagonal: shifted('diagonal', ({ axis1, axis2, offset }) => ({ axis1: axis1 + 1, axis2: axis2 + 1, offset })),
  diag_embed: inFront,
  triangle: inFront,
  gather,
  take_along_axis: shifted('take_along_axis', ({ axis }) => ({ axis: axis + 1 })),
  update: ({ g, params, x }, operands, size) => {
    const [into, value] = operands.map((operand) => whole(g, operand, size));
    if (into === undefined || value === undefined) throw new RangeError('an update has two operands');
    // The value is aligned at the end of what is kept: missing axes go behind the batch.
    const own = sizesOf(g, value);
    const kept = g.rank(at(x, 0)) - params.dropped.length;
    const lined = g.reshape(value, [size, ...range(kept + 1 - own.length).map(() => 1), ...own.slice(1)]);
    return g.emit(
      'update',
      {
        starts: [0, ...params.starts],
        limits: [size, ...params.limits],
        steps: [1, ...params.steps],
        dropped: next(params.dropped),
      },
      [into, lined],
    );
  },
  masked: refuse,
};

const reductions: BatchingTable<ReductionParams> = {
  reduce_sum: axesNext('reduce_sum'),
  reduce_prod: axesNext('reduce_prod'),
  reduce_max: axesNext('reduce_max'),
  reduce_min: axesNext('reduce_min'),
  reduce_and: axesNext('reduce_and'),
  reduce_or: axesNext('reduce_or'),
  argmax: axisNext('argmax'),
  argmin: axisNext('argmin'),
  cumsum: axisNext('cumsum'),
  cumprod: axisNext('cumprod'),
  cummax: axisNext('cummax'),
  sort: axisNext('sort'),
  argsort: axisNext('argsort'),
};

const linalg: BatchingTable<LinalgParams> = {
  cholesky: inFront,
  inverse: inFront,
  det: inFront,
  logabsdet: inFront,
  matrix_exp: inFront,
  eigvalsh: inFront,
  eigvectorsh: inFront,
  svdvals: inFront,
  solve: inFront,
};

/** How each primitive with operands runs over one more leading axis; functions of each element all do it alike. */
const table: { readonly [K in PrimitiveName]?: BatchingRule<Params[K]> } = {
  ...structure,
  ...reductions,
  ...products,
  ...linalg,
};

/** Emits the op of `p.node` for every entry of a batch. Throws EngineError where it has no rule. */
export function batched<K extends PrimitiveName>(
  op: Op<K>,
  p: Omit<Application<unknown>, 'params'>,
  operands: readonly Operand[],
  size: number,
): NodeId {
  const rule: BatchingRule<Params[K]> = table[op.name] ?? (op.name in elementwise ? eachElement : refuse);
  return rule({ ...p, params: op.params }, operands, size);
}
