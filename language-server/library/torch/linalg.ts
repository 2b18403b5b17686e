import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import {
  broadcastShapes,
  type DType,
  dimAt,
  requireEqual,
  type Shape,
  ShapeError,
  showShape,
} from '../../graph/shape.ts';
import type { Args } from '../arguments.ts';
import { type Context, Unknowable } from '../context.ts';
import { alias, native, op } from '../define.ts';
import { type NativeValue, type TupleValue, tensor, tuple, type Value } from '../values.ts';
import { realType } from './elementwise.ts';
import { opaque } from './opaque.ts';
import { requireSquare } from './products.ts';
import { diagonal } from './structure.ts';

/** Linear algebra (https://docs.pytorch.org/docs/stable/linalg.html): the last two axes are matrices, the others batches. */

/** Matrices in the last two axes of a tensor, with what stands around them. */
export interface Matrices {
  readonly x: NodeId;
  readonly lead: Shape;
  readonly rows: Dim;
  readonly columns: Dim;
  readonly dtype: DType;
  /** The batch axes, each with itself. */
  readonly kept: readonly (readonly [number, number])[];
}

function matrices(cx: Context, x: NodeId, name: string): Matrices {
  const { shape } = cx.build.aval(x);
  if (shape.length < 2) throw new ShapeError(`${name}: a matrix is wanted, not ${showShape(shape)}`);
  return matricesIn(cx, x);
}

/** The parts of a tensor of two axes or more. */
export function matricesIn(cx: Context, x: NodeId): Matrices {
  const { shape, dtype } = cx.build.aval(x);
  const lead = shape.slice(0, -2);
  return {
    x,
    lead,
    rows: dimAt(shape, shape.length - 2),
    columns: dimAt(shape, shape.length - 1),
    dtype,
    kept: lead.map((_, k) => [k, k] as const),
  };
}

/** The smaller of two sizes. Throws Unknowable where that is open. */
export function smaller(a: Dim, b: Dim): Dim {
  const difference = D.sub(a, b);
  if (D.isKnown(difference)) return difference <= 0 ? a : b;
  throw new Unknowable(`which of ${D.show(a)} and ${D.show(b)} is smaller is not known`);
}

/** An opaque part of a factorisation, batch by batch. */
function part(cx: Context, name: string, m: Matrices, tail: Shape, dtype: DType = m.dtype): Value {
  return tensor(opaque(cx, name, [m.x], [...m.lead, ...tail], dtype, m.kept));
}

function inverse(cx: Context, x: NodeId): NodeId {
  requireSquare(cx, x, 'inv');
  return cx.build.emit('inverse', {}, [x]);
}

function signAndLog(cx: Context, x: NodeId): readonly [NodeId, NodeId] {
  requireSquare(cx, x, 'slogdet');
  return [cx.build.unary('sign', cx.build.emit('det', {}, [x])), cx.build.emit('logabsdet', {}, [x])];
}

/** x with a @ x = b, where b is a batch of vectors if its shape is a's without the last axis. */
export function solve(cx: Context, a: NodeId, b: NodeId, left = true): NodeId {
  const { build } = cx;
  requireSquare(cx, a, 'solve');
  const [own, given] = [build.shape(a), build.shape(b)];
  const likeRows = given.length === own.length - 1 && given.every((dim, k) => D.equal(dim, own[k] ?? -1));
  if (given.length === 1 || (left && likeRows)) {
    if (given.length === 1)
      requireEqual(
        dimAt(given, 0),
        dimAt(own, own.length - 1),
        () => `solve: ${showShape(own)} and ${showShape(given)} do not fit`,
      );
    const solved = solve(cx, a, build.expandDims(b, build.rank(b)));
    return build.dropAxis(solved, -1);
  }
  if (!left) return build.swapAxes(solve(cx, build.swapAxes(a, -2, -1), build.swapAxes(b, -2, -1)), -2, -1);
  return solveMatrices(cx, a, b);
}

/** x with a @ x = b of matrices, their batches broadcast together. */
export function solveMatrices(cx: Context, a: NodeId, b: NodeId): NodeId {
  const { build } = cx;
  const [own, given] = [build.shape(a), build.shape(b)];
  requireEqual(
    dimAt(own, own.length - 1),
    dimAt(given, given.length - 2),
    () => `solve: ${showShape(own)} and ${showShape(given)} do not fit`,
  );
  const lead = broadcastShapes(own.slice(0, -2), given.slice(0, -2));
  return build.emit('solve', {}, [
    build.broadcastTo(a, [...lead, ...own.slice(-2)]),
    build.broadcastTo(b, [...lead, ...given.slice(-2)]),
  ]);
}

function cholesky(cx: Context, x: NodeId, upper: boolean): NodeId {
  requireSquare(cx, x, 'cholesky');
  const factor = cx.build.emit('cholesky', {}, [x]);
  return upper ? cx.build.swapAxes(factor, -2, -1) : factor;
}

function symmetric(cx: Context, x: NodeId): TupleValue {
  requireSquare(cx, x, 'eigh');
  return tuple(
    [tensor(cx.build.emit('eigvalsh', {}, [x])), tensor(cx.build.emit('eigvectorsh', {}, [x]))],
    ['eigenvalues', 'eigenvectors'],
  );
}

function complexType(dtype: DType): DType {
  return dtype === 'float64' || dtype === 'complex128' ? 'complex128' : 'complex64';
}

function eigenvalues(cx: Context, x: NodeId): Value {
  requireSquare(cx, x, 'eig');
  const m = matrices(cx, x, 'eig');
  return part(cx, 'eigvals', m, [m.rows], complexType(m.dtype));
}

/** U, S and V^H (or V, as `torch.svd` has it). */
function singular(cx: Context, x: NodeId, full: boolean, plainV: boolean): TupleValue {
  const m = matrices(cx, x, 'svd');
  const rank = smaller(m.rows, m.columns);
  const [left, right] = full ? [m.rows, m.columns] : [rank, rank];
  const values = tensor(cx.build.emit('svdvals', {}, [x]));
  const v = plainV ? part(cx, 'svd V', m, [m.columns, right]) : part(cx, 'svd Vh', m, [right, m.columns]);
  return tuple([part(cx, 'svd U', m, [m.rows, left]), values, v], ['U', 'S', plainV ? 'V' : 'Vh']);
}

function orthogonal(cx: Context, x: NodeId, mode: string): TupleValue {
  const m = matrices(cx, x, 'qr');
  const rank = mode === 'complete' ? m.rows : smaller(m.rows, m.columns);
  const q = mode === 'r' ? tensor(cx.build.full([0], 0, m.dtype)) : part(cx, 'qr Q', m, [m.rows, rank]);
  return tuple([q, part(cx, 'qr R', m, [rank, m.columns])], ['Q', 'R']);
}

function lu(cx: Context, x: NodeId): TupleValue {
  const m = matrices(cx, x, 'lu');
  const rank = smaller(m.rows, m.columns);
  return tuple(
    [
      part(cx, 'lu P', m, [m.rows, m.rows]),
      part(cx, 'lu L', m, [m.rows, rank]),
      part(cx, 'lu U', m, [rank, m.columns]),
    ],
    ['P', 'L', 'U'],
  );
}

function luFactor(cx: Context, x: NodeId): TupleValue {
  const m = matrices(cx, x, 'lu_factor');
  return tuple(
    [part(cx, 'lu', m, [m.rows, m.columns]), part(cx, 'lu pivots', m, [smaller(m.rows, m.columns)], 'int32')],
    ['LU', 'pivots'],
  );
}

function pseudoInverse(cx: Context, x: NodeId): NodeId {
  const m = matrices(cx, x, 'pinv');
  return opaque(cx, 'pinv', [x], [...m.lead, m.columns, m.rows], m.dtype, m.kept);
}

function leastSquares(cx: Context, args: Args): Value {
  const { build } = cx;
  const m = matrices(cx, args.tensor('A'), 'lstsq');
  const b = args.tensor('B');
  const shape = build.shape(b);
  if (shape.length === 0) throw new ShapeError('lstsq: the right side needs at least one axis');
  const vector = shape.length === m.lead.length + 1;
  const right = vector ? build.expandDims(b, shape.length) : b;
  const own = build.shape(right);
  requireEqual(
    m.rows,
    dimAt(own, own.length - 2),
    () => `lstsq: ${showShape(build.shape(m.x))} and ${showShape(shape)} do not fit`,
  );
  const lead = broadcastShapes(m.lead, own.slice(0, -2));
  const columns = dimAt(own, own.length - 1);
  const solution = opaque(cx, 'lstsq', [right, m.x], [...lead, m.columns, ...(vector ? [] : [columns])], m.dtype);
  const unfollowed = cx.unknown('this part of lstsq hangs on the rank and the driver');
  return tuple(
    [tensor(solution), unfollowed, unfollowed, unfollowed],
    ['solution', 'residuals', 'rank', 'singular_values'],
  );
}

function triangular(cx: Context, a: NodeId, b: NodeId, left: boolean): NodeId {
  const { build } = cx;
  const side = requireSquare(cx, a, 'solve_triangular');
  const m = matrices(cx, b, 'solve_triangular');
  requireEqual(
    side,
    left ? m.rows : m.columns,
    () => `solve_triangular: ${showShape(build.shape(a))} and ${showShape(build.shape(b))} do not fit`,
  );
  return solve(cx, a, b, left);
}

/** Solves with a Cholesky factor: (L L^T) x = b. */
function choleskySolve(cx: Context, b: NodeId, factor: NodeId, upper: boolean): NodeId {
  const { build } = cx;
  requireSquare(cx, factor, 'cholesky_solve');
  matrices(cx, b, 'cholesky_solve');
  const flipped = build.swapAxes(factor, -2, -1);
  return solve(cx, upper ? build.matmul(flipped, factor) : build.matmul(factor, flipped), b);
}

function condition(cx: Context, args: Args): NodeId {
  const m = matrices(cx, args.tensor('A'), 'cond');
  return opaque(cx, 'cond', [m.x], m.lead, realType(m.dtype), m.kept);
}

function tensorInverse(cx: Context, args: Args): NodeId {
  const x = args.tensor('A');
  const { shape, dtype } = cx.build.aval(x);
  const split = args.int('ind', 2);
  const [front, back] = [shape.slice(0, split), shape.slice(split)];
  requireEqual(
    D.product(front),
    D.product(back),
    () => `tensorinv: ${showShape(shape)} is not square when split before axis ${split}`,
  );
  return opaque(cx, 'tensorinv', [x], [...back, ...front], dtype);
}

function tensorSolve(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const [a, b] = [args.tensor('A'), args.tensor('B')];
  const shape = build.shape(a).slice(build.rank(b));
  requireEqual(
    D.product(shape),
    D.product(build.shape(b)),
    () => `tensorsolve: ${showShape(build.shape(a))} and ${showShape(build.shape(b))} do not fit`,
  );
  return opaque(cx, 'tensorsolve', [b, a], shape, build.aval(a).dtype);
}

/** Functions of one square matrix, under the names that have them. */
const names = 'A|input|a';

export const linalg: readonly NativeValue[] = [
  ...alias(
    op('torch.linalg.inv', `(${names}, *, out=None)`, (cx, args) => inverse(cx, args.tensor('A'))),
    'torch.inverse',
    'torch.Tensor.inverse',
  ),
  native('torch.linalg.inv_ex', `(${names}, *, check_errors=False, out=None)`, (cx, args) => {
    const m = matrices(cx, args.tensor('A'), 'inv_ex');
    return tuple([tensor(inverse(cx, m.x)), part(cx, 'inv info', m, [], 'int32')], ['inverse', 'info']);
  }),
  ...alias(
    op('torch.linalg.det', `(${names}, *, out=None)`, (cx, args) => {
      requireSquare(cx, args.tensor('A'), 'det');
      return cx.build.emit('det', {}, [args.tensor('A')]);
    }),
    'torch.det',
    'torch.Tensor.det',
  ),
  ...alias(
    native('torch.linalg.slogdet', `(${names}, *, out=None)`, (cx, args) =>
      tuple(
        signAndLog(cx, args.tensor('A')).map((node) => tensor(node)),
        ['sign', 'logabsdet'],
      ),
    ),
    'torch.slogdet',
    'torch.Tensor.slogdet',
  ),
  ...alias(
    op('torch.logdet', `(${names})`, (cx, args) => signAndLog(cx, args.tensor('A'))[1]),
    'torch.Tensor.logdet',
  ),
  ...alias(
    op('torch.linalg.solve', '(A|a, B|b, *, left=True, out=None)', (cx, args) =>
      solve(cx, args.tensor('A'), args.tensor('B'), args.bool('left', true)),
    ),
  ),
  ...alias(
    op('torch.linalg.cholesky', `(${names}, *, upper=False, out=None)`, (cx, args) =>
      cholesky(cx, args.tensor('A'), args.bool('upper', false)),
    ),
  ),
  native('torch.linalg.solve_ex', '(A, B, *, left=True, check_errors=False, out=None)', (cx, args) => {
    const m = matrices(cx, args.tensor('A'), 'solve_ex');
    return tuple(
      [tensor(solve(cx, m.x, args.tensor('B'), args.bool('left', true))), part(cx, 'solve info', m, [], 'int32')],
      ['result', 'info'],
    );
  }),
  native('torch.linalg.cholesky_ex', `(${names}, *, upper=False, check_errors=False, out=None)`, (cx, args) => {
    const m = matrices(cx, args.tensor('A'), 'cholesky_ex');
    return tuple(
      [tensor(cholesky(cx, m.x, args.bool('upper', false))), part(cx, 'cholesky info', m, [], 'int32')],
      ['L', 'info'],
    );
  }),
  ...alias(
    op('torch.cholesky', '(input, upper=False, *, out=None)', (cx, args) =>
      cholesky(cx, args.tensor('input'), args.bool('upper', false)),
    ),
    'torch.Tensor.cholesky',
  ),
  ...alias(
    op('torch.cholesky_solve', '(B|input, L|input2, upper=False, *, out=None)', (cx, args) =>
      choleskySolve(cx, args.tensor('B'), args.tensor('L'), args.bool('upper', false)),
    ),
    'torch.Tensor.cholesky_solve',
  ),
  ...alias(
    op('torch.cholesky_inverse', '(L|input, upper=False, *, out=None)', (cx, args) => {
      const factor = args.tensor('L');
      requireSquare(cx, factor, 'cholesky_inverse');
      const flipped = cx.build.swapAxes(factor, -2, -1);
      return cx.build.emit('inverse', {}, [
        args.bool('upper', false) ? cx.build.matmul(flipped, factor) : cx.build.matmul(factor, flipped),
      ]);
    }),
    'torch.Tensor.cholesky_inverse',
  ),
  native('torch.linalg.eigh', `(${names}, UPLO='L', *, out=None)`, (cx, args) => symmetric(cx, args.tensor('A'))),
  op('torch.linalg.eigvalsh', `(${names}, UPLO='L', *, out=None)`, (cx, args) => {
    requireSquare(cx, args.tensor('A'), 'eigvalsh');
    return cx.build.emit('eigvalsh', {}, [args.tensor('A')]);
  }),
  native('torch.linalg.eig', `(${names}, *, out=None)`, (cx, args) => {
    requireSquare(cx, args.tensor('A'), 'eig');
    const m = matrices(cx, args.tensor('A'), 'eig');
    return tuple(
      [eigenvalues(cx, m.x), part(cx, 'eig vectors', m, [m.rows, m.rows], complexType(m.dtype))],
      ['eigenvalues', 'eigenvectors'],
    );
  }),
  native('torch.linalg.eigvals', `(${names}, *, out=None)`, (cx, args) => eigenvalues(cx, args.tensor('A'))),
  native('torch.linalg.svd', `(${names}, full_matrices=True, *, driver=None, out=None)`, (cx, args) =>
    singular(cx, args.tensor('A'), args.bool('full_matrices', true), false),
  ),
  ...alias(
    native('torch.svd', '(input, some=True, compute_uv=True, *, out=None)', (cx, args) =>
      singular(cx, args.tensor('input'), !args.bool('some', true), true),
    ),
    'torch.Tensor.svd',
  ),
  op('torch.linalg.svdvals', `(${names}, *, driver=None, out=None)`, (cx, args) =>
    cx.build.emit('svdvals', {}, [args.tensor('A')]),
  ),
  native('torch.linalg.qr', `(${names}, mode='reduced', *, out=None)`, (cx, args) =>
    orthogonal(cx, args.tensor('A'), args.string('mode', 'reduced')),
  ),
  ...alias(
    native('torch.qr', '(input, some=True, *, out=None)', (cx, args) =>
      orthogonal(cx, args.tensor('input'), args.bool('some', true) ? 'reduced' : 'complete'),
    ),
    'torch.Tensor.qr',
  ),
  native('torch.linalg.lu', `(${names}, *, pivot=True, out=None)`, (cx, args) => lu(cx, args.tensor('A'))),
  native('torch.linalg.lu_factor', `(${names}, *, pivot=True, out=None)`, (cx, args) => luFactor(cx, args.tensor('A'))),
  op('torch.linalg.pinv', `(${names}, *, atol=None, rtol=None, rcond=None, hermitian=False, out=None)`, (cx, args) =>
    pseudoInverse(cx, args.tensor('A')),
  ),
  ...alias(
    op('torch.pinverse', '(input, rcond=None)', (cx, args) => pseudoInverse(cx, args.tensor('input'))),
    'torch.Tensor.pinverse',
  ),
  native('torch.linalg.lstsq', '(A|a, B|b, rcond=None, *, driver=None)', leastSquares),
  ...alias(
    op('torch.linalg.matrix_exp', `(${names})`, (cx, args) => {
      requireSquare(cx, args.tensor('A'), 'matrix_exp');
      return cx.build.emit('matrix_exp', {}, [args.tensor('A')]);
    }),
    'torch.matrix_exp',
    'torch.Tensor.matrix_exp',
  ),
  native(
    'torch.linalg.matrix_rank',
    `(${names}, *, atol=None, rtol=None, tol=None, hermitian=False, out=None)`,
    (cx, args) => {
      const m = matrices(cx, args.tensor('A'), 'matrix_rank');
      return part(cx, 'matrix_rank', m, [], 'int64');
    },
  ),
  op('torch.linalg.cond', `(${names}, p=None, *, out=None)`, condition),
  op('torch.linalg.solve_triangular', '(A, B, *, upper, left=True, unitriangular=False, out=None)', (cx, args) =>
    triangular(cx, args.tensor('A'), args.tensor('B'), args.bool('left', true)),
  ),
  ...alias(
    native(
      'torch.triangular_solve',
      '(b|input, A, upper=True, transpose=False, unitriangular=False, *, out=None)',
      (cx, args) => {
        const solution = triangular(cx, args.tensor('A'), args.tensor('b'), true);
        return tuple([tensor(solution), tensor(args.tensor('A'))], ['solution', 'cloned_coefficient']);
      },
    ),
    'torch.Tensor.triangular_solve',
  ),
  op('torch.linalg.diagonal', '(A, *, offset=0, dim1=-2, dim2=-1)', (cx, args) =>
    diagonal(cx, args.tensor('A'), args.int('offset', 0), args.int('dim1', -2), args.int('dim2', -1)),
  ),
  op('torch.linalg.tensorinv', '(A|a, ind=2, *, out=None)', tensorInverse),
  op('torch.linalg.tensorsolve', '(A|a, B|b, dims=None, *, out=None)', tensorSolve),
];
