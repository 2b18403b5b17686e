import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import {
  broadcastShapes,
  dimAt,
  normalAxis,
  requireEqual,
  ShapeError,
  sameShape,
  showShape,
} from '../../graph/shape.ts';
import { type Args, asKnownInt, asNumber, asOperand, known, requireTorch } from '../arguments.ts';
import { type Context, PythonError } from '../context.ts';
import { alias, op } from '../define.ts';
import { demandAxes } from '../demands.ts';
import type { NativeValue, Value } from '../values.ts';
import { contract } from './einsum.ts';
import { withMethod } from './method.ts';
import { vectorNorm } from './norms.ts';
import { opaque } from './opaque.ts';
import { several } from './sequences.ts';

/** Products of matrices, vectors and tensors (https://docs.pytorch.org/docs/stable/torch.html#blas-and-lapack-operations). */

/** `a @ b`, with a message that names both shapes. */
export function matmul(cx: Context, a: NodeId, b: NodeId): NodeId {
  return cx.build.matmul(a, b);
}

/** Refuses operands of other ranks than a function takes. */
function requireRanks(cx: Context, name: string, ...expected: readonly (readonly [NodeId, number])[]): void {
  const wrong = expected.some(([node, rank]) => cx.build.rank(node) !== rank);
  if (wrong) {
    const shapes = expected.map(([node]) => showShape(cx.build.shape(node))).join(' and ');
    throw new ShapeError(
      `${name} takes tensors with ${expected.map(([, rank]) => rank).join(' and ')} axes, not ${shapes}`,
    );
  }
}

/** Two operands that are contracted, if at all, as matrices and vectors are: what is not known has the axes that it must have. */
function ranked(
  cx: Context,
  args: Args,
  names: readonly [string, string],
  ranks: readonly [number, number],
): readonly [NodeId, NodeId] {
  const labels = contracted[ranks.join()] ?? [];
  const given = names.map((name) => args.raw(name));
  const [a, b] = demandAxes(cx, given, labels, 'torch').map((value) => tensorOf(known(value)));
  return [a ?? args.tensor(names[0]), b ?? args.tensor(names[1])];
}

/** The axes of two operands, by their numbers of axes; those of one letter are of one size. */
const contracted: Readonly<Record<string, readonly (readonly string[])[]>> = {
  '1,1': [['i'], ['i']],
  '2,1': [['i', 'j'], ['j']],
  '2,2': [
    ['i', 'j'],
    ['j', 'k'],
  ],
  '3,3': [
    ['b', 'i', 'j'],
    ['b', 'j', 'k'],
  ],
};

function tensorOf(value: Value): NodeId | null {
  return value.kind === 'tensor' ? requireTorch(value).node : null;
}

/** A product of operands with exactly these numbers of axes. */
function strict(name: string, second: string, ranks: readonly [number, number]): NativeValue {
  return op(`torch.${name}`, `(input, ${second}, *, out=None, out_dtype=None)`, (cx, args) => {
    const [a, b] = ranked(cx, args, ['input', second.split('|')[0] ?? second], ranks);
    requireRanks(cx, name, [a, ranks[0]], [b, ranks[1]]);
    if (name !== 'bmm') return cx.build.matmul(a, b);
    return cx.build.dot(a, b, { contract: [[2], [1]], batch: [[0], [0]] });
  });
}

/** beta * input + alpha * product, where input stretches to the product. */
function added(cx: Context, args: Args, product: NodeId): NodeId {
  const { build } = cx;
  const input = args.tensor('input');
  const wanted = build.shape(product);
  if (!sameShape(broadcastShapes(build.shape(input), wanted), wanted)) {
    throw new ShapeError(`${showShape(build.shape(input))} cannot be stretched to the product's ${showShape(wanted)}`);
  }
  return build.add(scaled(cx, input, args.optional('beta')), scaled(cx, product, args.optional('alpha')));
}

function scaled(cx: Context, x: NodeId, factor: Value | null): NodeId {
  if (factor === null || (factor.kind !== 'tensor' && asNumber(factor) === 1)) return x;
  return cx.build.mul(x, asOperand(cx, factor, x));
}

interface AddedProduct {
  readonly operands: readonly [string, string];
  readonly ranks: readonly [number, number];
  readonly product: (cx: Context, a: NodeId, b: NodeId) => NodeId;
}

const outer = (cx: Context, a: NodeId, b: NodeId): NodeId =>
  cx.build.dot(a, b, { contract: [[], []], batch: [[], []] });
const batched = (cx: Context, a: NodeId, b: NodeId): NodeId =>
  cx.build.dot(a, b, { contract: [[2], [1]], batch: [[0], [0]] });

const addedProducts: Readonly<Record<string, AddedProduct>> = {
  addmm: { operands: ['mat1', 'mat2'], ranks: [2, 2], product: matmul },
  addmv: { operands: ['mat', 'vec'], ranks: [2, 1], product: matmul },
  addr: { operands: ['vec1', 'vec2'], ranks: [1, 1], product: outer },
  baddbmm: { operands: ['batch1', 'batch2'], ranks: [3, 3], product: batched },
  addbmm: {
    operands: ['batch1', 'batch2'],
    ranks: [3, 3],
    product: (cx, a, b) =>
      cx.build.dot(a, b, {
        contract: [
          [0, 2],
          [0, 1],
        ],
        batch: [[], []],
      }),
  },
};

/** Contracts the last axes of a with the first of b (an int), or the axes listed for each. */
export function tensordot(cx: Context, a: NodeId, b: NodeId, dims: Value): NodeId {
  const { build } = cx;
  const [m, n] = [build.rank(a), build.rank(b)];
  // Axes of size 1 stretch to what they are contracted with.
  const product = (left: readonly number[], right: readonly number[]): NodeId => {
    const own = build.shape(a).map((_, k) => (left.includes(k) ? `shared ${left.indexOf(k)}` : `left ${k}`));
    const other = build.shape(b).map((_, k) => (right.includes(k) ? `shared ${right.indexOf(k)}` : `right ${k}`));
    const kept = [...own, ...other].filter((label) => !label.startsWith('shared'));
    return contract(
      cx,
      [
        { node: a, labels: own },
        { node: b, labels: other },
      ],
      kept,
    );
  };
  const axes = (value: Value, rank: number): number[] =>
    (value.kind === 'int' ? [value] : cx.items(value)).map((item) => normalAxis(asKnownInt(item, 'dims'), rank));
  if (dims.kind === 'int') {
    const count = asKnownInt(dims, 'dims');
    if (count < 0 || count > m || count > n)
      throw new ShapeError(
        `tensordot: ${count} axes cannot be contracted in ${showShape(build.shape(a))} and ${showShape(build.shape(b))}`,
      );
    const range = Array.from({ length: count }, (_, k) => k);
    return product(
      range.map((k) => m - count + k),
      range,
    );
  }
  const [left, right] = cx.items(dims);
  if (left === undefined || right === undefined)
    throw new PythonError('RuntimeError', 'tensordot: dims must name axes of both tensors');
  const [own, other] = [axes(left, m), axes(right, n)];
  if (own.length !== other.length)
    throw new ShapeError(`tensordot: ${own.length} axes of one tensor against ${other.length} of the other`);
  return product(own, other);
}

/** The Kronecker product: axis by axis, each entry of a times all of b. */
function kron(cx: Context, a: NodeId, b: NodeId): NodeId {
  const { build } = cx;
  const rank = Math.max(build.rank(a), build.rank(b));
  const padded = (x: NodeId): NodeId =>
    build.reshape(x, [...Array.from({ length: rank - build.rank(x) }, () => 1), ...build.shape(x)]);
  const [left, right] = [padded(a), padded(b)];
  const own = build.shape(left).flatMap((dim) => [dim, 1]);
  const other = build.shape(right).flatMap((dim) => [1, dim]);
  const product = build.mul(build.reshape(left, own), build.reshape(right, other));
  return build.reshape(
    product,
    build.shape(left).map((dim, k) => D.mul(dim, dimAt(build.shape(right), k))),
  );
}

/** The cross product along an axis of 3. */
export function cross(cx: Context, a: NodeId, b: NodeId, axis: number | null): NodeId {
  const { build } = cx;
  if (build.rank(a) !== build.rank(b))
    throw new ShapeError(
      `cross: ${showShape(build.shape(a))} and ${showShape(build.shape(b))} have different numbers of axes`,
    );
  const shape = broadcastShapes(build.shape(a), build.shape(b));
  const at = axis === null ? shape.indexOf(3) : normalAxis(axis, shape.length);
  if (at < 0) throw new ShapeError(`cross: no axis of ${showShape(shape)} has the size 3`);
  const whole = [a, b].map((x) => build.broadcastTo(x, shape));
  requireEqual(dimAt(shape, at), 3, () => `cross: axis ${at} of ${showShape(shape)} must have the size 3`);
  const [x = a, y = b] = whole;
  const entry = (node: NodeId, k: number): NodeId => build.sliceAxis(node, at, k % 3, (k % 3) + 1);
  const parts = [0, 1, 2].map((k) =>
    build.sub(build.mul(entry(x, k + 1), entry(y, k + 2)), build.mul(entry(x, k + 2), entry(y, k + 1))),
  );
  return build.concatenate(parts, at);
}

/** Distances between all rows of a and all rows of b. */
function cdist(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const [a, b] = [args.tensor('x1'), args.tensor('x2')];
  if (build.rank(a) < 2 || build.rank(b) < 2)
    throw new ShapeError(
      `cdist: matrices are wanted, not ${showShape(build.shape(a))} and ${showShape(build.shape(b))}`,
    );
  const [m, n] = [dimAt(build.shape(a), build.rank(a) - 1), dimAt(build.shape(b), build.rank(b) - 1)];
  requireEqual(
    m,
    n,
    () =>
      `cdist: rows of ${D.show(m)} and ${D.show(n)} in ${showShape(build.shape(a))} and ${showShape(build.shape(b))}`,
  );
  const difference = build.sub(build.expandDims(a, -2), build.expandDims(b, -3));
  return vectorNorm(cx, difference, args.number('p', 2), [build.rank(difference) - 1], false);
}

/** Products of many matrices, of which the first and last may be vectors. */
function multiDot(cx: Context, nodes: readonly NodeId[]): NodeId {
  const { build } = cx;
  const [first, ...rest] = nodes;
  if (first === undefined || rest.length === 0) throw new ShapeError('multi_dot needs at least two tensors');
  nodes.forEach((node, k) => {
    const rank = build.rank(node);
    const end = k === 0 || k === nodes.length - 1;
    if (rank !== 2 && !(end && rank === 1))
      throw new ShapeError(`multi_dot: ${showShape(build.shape(node))} is no matrix`);
  });
  return rest.reduce((product, node) => build.matmul(product, node), first);
}

/** A matrix times itself, so many times. */
export function matrixPower(cx: Context, x: NodeId, n: number): NodeId {
  const { build } = cx;
  const shape = build.shape(x);
  const base = n < 0 ? build.emit('inverse', {}, [x]) : x;
  const size = requireSquare(cx, x, 'matrix_power');
  if (n === 0) return build.broadcastTo(build.emit('eye', { shape: [size, size], dtype: build.aval(x).dtype }), shape);
  if (Math.abs(n) > 16)
    return opaque(
      cx,
      'matrix_power',
      [x],
      shape,
      build.aval(x).dtype,
      shape.slice(0, -2).map((_, k) => [k, k] as const),
    );
  return Array.from({ length: Math.abs(n) - 1 }).reduce<NodeId>((product) => build.matmul(product, base), base);
}

/** The side of square matrices. Throws ShapeError for others. */
export function requireSquare(cx: Context, x: NodeId, name: string): D.Dim {
  const shape = cx.build.shape(x);
  if (shape.length < 2) throw new ShapeError(`${name}: a matrix is wanted, not ${showShape(shape)}`);
  const [m, n] = [dimAt(shape, shape.length - 2), dimAt(shape, shape.length - 1)];
  requireEqual(m, n, () => `${name}: a square matrix is wanted, not ${showShape(shape)}`);
  return m;
}

/** Sums of products along an axis of two tensors broadcast together. */
export function vecdot(cx: Context, a: NodeId, b: NodeId, axis: number): NodeId {
  const product = cx.build.mul(a, b);
  return cx.build.sum(product, [normalAxis(axis, cx.build.rank(product))]);
}

function inner(cx: Context, a: NodeId, b: NodeId): NodeId {
  const [m, n] = [cx.build.rank(a), cx.build.rank(b)];
  if (m === 0 || n === 0) return cx.build.mul(a, b);
  return cx.build.dot(a, b, { contract: [[m - 1], [n - 1]], batch: [[], []] });
}

export const products: readonly NativeValue[] = [
  ...withMethod([
    op('torch.matmul', '(input, other|tensor2, *, out=None)', (cx, args) =>
      matmul(cx, args.tensor('input'), args.tensor('other')),
    ),
    strict('mm', 'mat2', [2, 2]),
    strict('bmm', 'mat2', [3, 3]),
    strict('mv', 'vec', [2, 1]),
    strict('dot', 'other|tensor', [1, 1]),
    strict('vdot', 'other', [1, 1]),
    op('torch.inner', '(input, other, *, out=None)', (cx, args) =>
      inner(cx, args.tensor('input'), args.tensor('other')),
    ),
    ...alias(
      op('torch.outer', '(input, vec2, *, out=None)', (cx, args) => {
        requireRanks(cx, 'outer', [args.tensor('input'), 1], [args.tensor('vec2'), 1]);
        return outer(cx, args.tensor('input'), args.tensor('vec2'));
      }),
      'torch.ger',
    ),
    ...Object.entries(addedProducts).map(([name, { operands, ranks, product }]) =>
      op(`torch.${name}`, `(input, ${operands.join(', ')}, *, beta=1, alpha=1, out=None)`, (cx, args) => {
        const [a, b] = name === 'addr' ? [args.tensor('vec1'), args.tensor('vec2')] : ranked(cx, args, operands, ranks);
        requireRanks(cx, name, [a, ranks[0]], [b, ranks[1]]);
        return added(cx, args, product(cx, a, b));
      }),
    ),
    op('torch.kron', '(input, other, *, out=None)', (cx, args) => kron(cx, args.tensor('input'), args.tensor('other'))),
    op('torch.cross', '(input, other, dim=None, *, out=None)', (cx, args) =>
      cross(cx, args.tensor('input'), args.tensor('other'), args.optional('dim') === null ? null : args.int('dim')),
    ),
    op('torch.matrix_power', '(input, n, *, out=None)', (cx, args) =>
      matrixPower(cx, args.tensor('input'), args.int('n')),
    ),
  ]),
  op('torch.tensordot', '(a, b, dims=2, out=None)', (cx, args) =>
    tensordot(cx, args.tensor('a'), args.tensor('b'), args.optional('dims') ?? { kind: 'int', value: 2 }),
  ),
  op('torch.cdist', '(x1, x2, p=2.0, compute_mode=None)', cdist),
  op('torch.chain_matmul', '(*matrices, out=None)', (cx, args) => multiDot(cx, several(cx, args.rest))),
  op('torch.linalg.multi_dot', '(tensors, *, out=None)', (cx, args) => multiDot(cx, args.tensors('tensors'))),
  op('torch.linalg.matmul', '(input, other, *, out=None)', (cx, args) =>
    matmul(cx, args.tensor('input'), args.tensor('other')),
  ),
  op('torch.linalg.matrix_power', '(A, n, *, out=None)', (cx, args) =>
    matrixPower(cx, args.tensor('A'), args.int('n')),
  ),
  op('torch.linalg.cross', '(input, other, *, dim=-1, out=None)', (cx, args) =>
    cross(cx, args.tensor('input'), args.tensor('other'), args.int('dim', -1)),
  ),
  op('torch.linalg.vecdot', '(x, y, *, dim=-1, out=None)', (cx, args) =>
    vecdot(cx, args.tensor('x'), args.tensor('y'), args.int('dim', -1)),
  ),
];
