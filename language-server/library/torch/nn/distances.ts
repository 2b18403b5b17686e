import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import { broadcastShapes, dimAt, normalAxis, type Shape, ShapeError, showShape } from '../../../graph/shape.ts';
import { type Context, PythonError } from '../../context.ts';
import { op } from '../../define.ts';
import type { ClassValue, NativeValue } from '../../values.ts';
import { vectorNorm } from '../norms.ts';
import { opaque } from '../opaque.ts';
import { layerClass } from './layer.ts';

/** Distances and directions (https://docs.pytorch.org/docs/stable/nn.html#distance-functions). */

function atLeast(cx: Context, x: NodeId, least: number): NodeId {
  return cx.build.binary('max', x, cx.build.scalar(least, x));
}

/** The product of both over the product of their lengths, along an axis. */
export function cosineSimilarity(cx: Context, a: NodeId, b: NodeId, dim: number, eps: number): NodeId {
  const { build } = cx;
  const shape = broadcastShapes(build.shape(a), build.shape(b));
  const axis = normalAxis(dim, shape.length);
  const dtype = build.commonType([a, b]);
  const [x = a, y = b] = [a, b].map((node) => build.convert(build.broadcastTo(node, shape), dtype));
  const over = shape.length === 0 ? null : [axis];
  const lengthOf = (z: NodeId): NodeId => atLeast(cx, vectorNorm(cx, z, 2, over, false), eps);
  const product = build.sum(build.mul(x, y), over);
  return build.div(product, build.mul(lengthOf(x), lengthOf(y)));
}

/** The p-norm of the difference over the last axis; a little is added to it. */
export function pairwiseDistance(cx: Context, a: NodeId, b: NodeId, p: number, eps: number, keep: boolean): NodeId {
  const { build } = cx;
  const difference = build.sub(a, b);
  const shifted = build.add(difference, build.scalar(eps, difference));
  const rank = build.rank(shifted);
  if (p === Number.POSITIVE_INFINITY && build.shape(shifted)[rank - 1] === 0)
    throw new ShapeError(`the largest difference of ${showShape(build.shape(shifted))}, which has no elements`);
  return vectorNorm(cx, shifted, p, rank === 0 ? null : [rank - 1], keep);
}

/** Distances of all pairs of rows, each once. */
function distances(cx: Context, x: NodeId, p: number): NodeId {
  const { build } = cx;
  const shape = build.shape(x);
  if (shape.length !== 2) throw new ShapeError(`pdist only supports 2D tensors, got: ${showShape(shape)}`);
  if (p < 0) throw new PythonError('RuntimeError', 'pdist only supports non-negative p values');
  const n = dimAt(shape, 0);
  const count = D.floorDiv(D.mul(n, D.sub(n, 1)), 2);
  if (!D.isKnown(n) || n > 200) return opaque(cx, 'pdist', [x], [count], build.aval(x).dtype);
  if (n < 2) return build.full([0], 0, build.aval(x).dtype);
  const pairs = Array.from({ length: n }, (_, i) => i).flatMap((i) =>
    Array.from({ length: n - 1 - i }, (_, k) => [i, i + 1 + k] as const),
  );
  const rows = (side: 0 | 1): NodeId =>
    build.emit('gather', { axes: [0], position: 0 }, [
      x,
      build.emit('literal', { values: pairs.map((pair) => pair[side]), shape: [pairs.length], dtype: 'int64' }),
    ]);
  return vectorNorm(cx, build.sub(rows(0), rows(1)), p, [1], false);
}

/** Each vector along an axis, of length 1. */
function normalize(cx: Context, x: NodeId, p: number, axes: Shape, eps: number): NodeId {
  const { build } = cx;
  const over = axes.flatMap((axis) => (D.isKnown(axis) ? [normalAxis(axis, build.rank(x))] : []));
  const lengths = vectorNorm(cx, x, p, build.rank(x) === 0 || over.length === 0 ? null : over, true);
  return build.div(x, atLeast(cx, lengths, eps));
}

const f = 'torch.nn.functional.';

export const distanceLayers: readonly (ClassValue | NativeValue)[] = [
  op(`${f}cosine_similarity`, '(x1, x2, dim=1, eps=1e-08)', (cx, args) =>
    cosineSimilarity(cx, args.tensor('x1'), args.tensor('x2'), args.int('dim', 1), args.number('eps', 1e-8)),
  ),
  op(`${f}pairwise_distance`, '(x1, x2, p=2.0, eps=1e-06, keepdim=False)', (cx, args) =>
    pairwiseDistance(
      cx,
      args.tensor('x1'),
      args.tensor('x2'),
      args.number('p', 2),
      args.number('eps', 1e-6),
      args.bool('keepdim', false),
    ),
  ),
  op(`${f}pdist`, '(input, p=2)', (cx, args) => distances(cx, args.tensor('input'), args.number('p', 2))),
  op(`${f}normalize`, '(input, p=2.0, dim=1, eps=1e-12, out=None)', (cx, args) =>
    normalize(
      cx,
      args.tensor('input'),
      args.number('p', 2),
      args.optional('dim') === null ? [1] : args.shape('dim'),
      args.number('eps', 1e-12),
    ),
  ),
  layerClass({
    name: 'CosineSimilarity',
    settings: 'dim=1, eps=1e-08',
    inputs: 'x1, x2',
    forward: (cx, args, own) =>
      cosineSimilarity(cx, args.tensor('x1'), args.tensor('x2'), own.int('dim', 1), own.number('eps', 1e-8)),
  }),
  layerClass({
    name: 'PairwiseDistance',
    settings: 'p=2.0, eps=1e-06, keepdim=False',
    inputs: 'x1, x2',
    forward: (cx, args, own) =>
      pairwiseDistance(
        cx,
        args.tensor('x1'),
        args.tensor('x2'),
        own.number('p', 2),
        own.number('eps', 1e-6),
        own.bool('keepdim', false),
      ),
  }),
];
