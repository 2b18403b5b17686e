import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import {
  type DType,
  dimAt,
  isFloating,
  requireEqual,
  requireSameShape,
  type Shape,
  ShapeError,
  showShape,
} from '../../graph/shape.ts';
import { PythonError, Unknowable } from '../context.ts';
import { borrow, borrowNode } from '../numpy/borrow.ts';
import { adopt } from '../numpy/dialect.ts';
import { realType } from '../torch/elementwise.ts';
import { type Matrices, matricesIn, smaller, solveMatrices } from '../torch/linalg.ts';
import { matrixNorm, vectorNorm } from '../torch/norms.ts';
import { opaque } from '../torch/opaque.ts';
import { cross, requireSquare } from '../torch/products.ts';
import { list, type NativeValue, tensor, tuple, type Value } from '../values.ts';
import {
  asTensor,
  isComplex,
  isNumber,
  sizeIn,
  type TensorCall,
  tensorflowDialect,
  tensors,
  tfFunction,
  tfOp,
} from './dialect.ts';
import { axesIn, type Combine, reducedAxes } from './reductions.ts';

/** Linear algebra (https://www.tensorflow.org/api_docs/python/tf/linalg): the last two axes are matrices, the others batches. */

/** Refuses types that no factorisation takes. */
function requireFactorable(call: TensorCall, x: NodeId, name: string): void {
  const { dtype } = call.build.aval(x);
  if (!isFloating(dtype)) throw new PythonError('InvalidArgumentError', `${name} is not there for ${dtype}`);
  if (dtype === 'float16' || dtype === 'bfloat16')
    throw new Unknowable(`whether ${name} is there for ${dtype} hangs on the device`);
}

function requireMatrix(call: TensorCall, x: NodeId, name: string): Matrices {
  const shape = call.build.shape(x);
  if (shape.length < 2) throw new ShapeError(`${name}: a matrix is wanted, not ${showShape(shape)}`);
  return matricesIn(call.cx, x);
}

function matrix(call: TensorCall, parameter: string, name: string): Matrices {
  const x = call.array(parameter);
  requireFactorable(call, x, name);
  return requireMatrix(call, x, name);
}

function square(call: TensorCall, parameter: string, name: string): NodeId {
  const { x } = matrix(call, parameter, name);
  requireSquare(call.cx, x, name);
  return x;
}

type Squares = 'inverse' | 'det' | 'cholesky' | 'matrix_exp' | 'eigvalsh';

/** Functions of one square matrix that are primitives. */
const squares: Readonly<Record<string, Squares>> = {
  'linalg.det': 'det',
  'linalg.cholesky': 'cholesky',
  'linalg.expm': 'matrix_exp',
  'linalg.eigvalsh': 'eigvalsh',
};

function part(call: TensorCall, name: string, m: Matrices, tail: Shape, dtype: DType = m.dtype): NodeId {
  return opaque(call.cx, name, [m.x], [...m.lead, ...tail], dtype, m.kept);
}

/** torch's function of one matrix that gives several. */
function several(call: TensorCall, theirs: string, x: NodeId): readonly Value[] {
  const made = adopt(tensorflowDialect, call.cx, borrow(call.cx, theirs, { A: x }));
  return made.kind === 'tuple' ? made.items : [];
}

function singular(call: TensorCall): Value {
  const m = matrix(call, 'tensor', 'svd');
  const values = call.build.emit('svdvals', {}, [m.x]);
  if (!call.bool('compute_uv', true)) return call.result(values);
  const rank = smaller(m.rows, m.columns);
  const [left, right] = call.bool('full_matrices', false) ? [m.rows, m.columns] : [rank, rank];
  return tensors([values, part(call, 'svd U', m, [m.rows, left]), part(call, 'svd V', m, [m.columns, right])]);
}

function orthogonal(call: TensorCall): Value {
  const m = matrix(call, 'input', 'qr');
  const rank = call.bool('full_matrices', false) ? m.rows : smaller(m.rows, m.columns);
  return call.results([part(call, 'qr Q', m, [m.rows, rank]), part(call, 'qr R', m, [rank, m.columns])], ['q', 'r']);
}

/** Two operands read one by one, whose types must be the same. */
function systems(call: TensorCall, first: string, second: string, name: string): readonly [Matrices, Matrices] {
  const [a, b] = call.inOrder(first, second);
  requireFactorable(call, a, name);
  return [requireMatrix(call, a, name), requireMatrix(call, b, name)];
}

function solve(call: TensorCall): NodeId {
  const [a, b] = systems(call, 'matrix', 'rhs', 'solve');
  requireSquare(call.cx, a.x, 'solve');
  requireSameShape(a.lead, b.lead, () => `solve: batches ${showShape(a.lead)} and ${showShape(b.lead)} differ`);
  return solveMatrices(call.cx, call.bool('adjoint', false) ? call.build.swapAxes(a.x, -2, -1) : a.x, b.x);
}

function triangularSolve(call: TensorCall): NodeId {
  const { build } = call;
  const [a, b] = systems(call, 'matrix', 'rhs', 'triangular_solve');
  requireSquare(call.cx, a.x, 'triangular_solve');
  const triangle = build.emit('triangle', { side: call.bool('lower', true) ? 'lower' : 'upper', offset: 0 }, [a.x]);
  return solveMatrices(call.cx, call.bool('adjoint', false) ? build.swapAxes(triangle, -2, -1) : triangle, b.x);
}

function choleskySolve(call: TensorCall): NodeId {
  const { build } = call;
  const [factor, b] = systems(call, 'chol', 'rhs', 'cholesky_solve');
  requireSquare(call.cx, factor.x, 'cholesky_solve');
  return solveMatrices(call.cx, build.matmul(factor.x, build.swapAxes(factor.x, -2, -1)), b.x);
}

function leastSquares(call: TensorCall): NodeId {
  const { build } = call;
  const [a, b] = systems(call, 'matrix', 'rhs', 'lstsq');
  requireEqual(
    a.rows,
    b.rows,
    () => `lstsq: ${showShape(build.shape(a.x))} and ${showShape(build.shape(b.x))} do not fit`,
  );
  // The batches are stretched as those of a product are.
  const lead = build.shape(build.matmul(build.swapAxes(a.x, -2, -1), b.x)).slice(0, -2);
  return opaque(call.cx, 'lstsq', [b.x, a.x], [...lead, a.columns, b.columns], a.dtype);
}

// Diagonals

/** One diagonal; several at once are not followed. */
function diagonalIn(call: TensorCall): number {
  const k = call.optional('k');
  if (k !== null && k.kind !== 'int') throw new Unknowable('several diagonals are not followed');
  return call.int('k', 0);
}

function diag(call: TensorCall): NodeId {
  const x = call.array('diagonal');
  if (call.build.rank(x) === 0) throw new ShapeError('a diagonal needs at least one axis');
  if (call.optional('num_rows') !== null || call.optional('num_cols') !== null)
    throw new Unknowable('a diagonal in a matrix of another size is not followed');
  return call.build.emit('diag_embed', { offset: diagonalIn(call) }, [x]);
}

function diagPart(call: TensorCall): NodeId {
  const m = requireMatrix(call, call.array('input'), 'diag_part');
  const offset = diagonalIn(call);
  const reach = offset > 0 ? m.columns : m.rows;
  if (offset !== 0 && D.isKnown(reach) && Math.abs(offset) >= reach)
    throw new ShapeError(`there is no diagonal ${offset} in ${showShape(call.build.shape(m.x))}`);
  return call.build.diagonal(m.x, offset, -2, -1);
}

function setDiag(call: TensorCall): NodeId {
  const { build } = call;
  const m = requireMatrix(call, call.array('input'), 'set_diag');
  const given = call.like('diagonal', m.x);
  const offset = diagonalIn(call);
  const wanted = build.shape(build.diagonal(m.x, offset, -2, -1));
  requireSameShape(
    wanted,
    build.shape(given),
    () => `set_diag: a diagonal ${showShape(build.shape(given))} for ${showShape(build.shape(m.x))}`,
  );
  if (offset !== 0 || !D.equal(m.rows, m.columns))
    return opaque(call.cx, 'set_diag', [m.x, given], build.shape(m.x), m.dtype);
  const isDiagonal = build.emit('eye', { shape: [m.rows, m.columns], dtype: 'bool' });
  return build.select(isDiagonal, build.emit('diag_embed', { offset: 0 }, [given]), m.x);
}

/** The diagonals from `num_lower` below to `num_upper` above the main one; all of a side where that is negative. */
function bandPart(call: TensorCall): NodeId {
  const { build, cx } = call;
  const m = requireMatrix(call, call.array('input'), 'band_part');
  const band = (name: string, dim: Dim): number => {
    const count = sizeIn(cx, call.value(name));
    if (!D.isKnown(count)) throw new Unknowable('how wide the band is is not known');
    if (D.isKnown(dim) && count > dim) throw new ShapeError(`${name} must be negative or at most ${dim}, got ${count}`);
    return count;
  };
  const [lower, upper] = [band('num_lower', m.rows), band('num_upper', m.columns)];
  const above = upper < 0 ? m.x : build.emit('triangle', { side: 'lower', offset: upper }, [m.x]);
  return lower < 0 ? above : build.emit('triangle', { side: 'upper', offset: -lower }, [above]);
}

function tensorDiag(call: TensorCall): NodeId {
  const { build } = call;
  const x = call.array('diagonal');
  const shape = build.shape(x);
  if (shape.length === 0 || build.aval(x).dtype === 'bool') throw new Unknowable('this diagonal is not followed');
  return build.reshape(build.emit('diag_embed', { offset: 0 }, [build.reshape(x, [D.product(shape)])]), [
    ...shape,
    ...shape,
  ]);
}

function tensorDiagPart(call: TensorCall): NodeId {
  const { build } = call;
  const x = call.array('input');
  const shape = build.shape(x);
  const half = shape.length / 2;
  if (half < 1 || !Number.isInteger(half))
    throw new ShapeError(`a diagonal of ${showShape(shape)}, which has no two halves`);
  const front = shape.slice(0, half);
  requireSameShape(front, shape.slice(half), () => `a diagonal of ${showShape(shape)}, whose halves differ`);
  const side = D.product(front);
  return build.reshape(build.diagonal(build.reshape(x, [side, side]), 0, 0, 1), front);
}

// Norms

/** A norm of vectors along an axis, of all, or of matrices in two axes. */
function normed(call: TensorCall, x: NodeId, keep: boolean): NodeId {
  const { build } = call;
  const { dtype, shape } = build.aval(x);
  const given = call.optional('axis');
  const ord = call.optional('ord');
  const order = ord?.kind === 'str' ? call.string('ord') : ord === null ? 'euclidean' : call.number('ord');
  const isPair = (given?.kind === 'tuple' || given?.kind === 'list') && given.items.length === 2;
  if (given !== null && !isPair && given.kind !== 'int')
    throw new PythonError('ValueError', "'axis' must be None, an integer, or a tuple of 2 unique integers");
  const axes = given === null ? null : axesIn(call, given, shape.length);
  if (isPair) {
    if (![1, 2, Number.POSITIVE_INFINITY, 'euclidean', 'fro'].includes(order))
      throw new PythonError('ValueError', `'ord' must be a supported matrix norm, got ${order}`);
    const [row = 0, column = 0] = axes ?? [];
    if (row === column) throw new PythonError('ValueError', "'axis' must be two unique integers");
    if (order === 'euclidean' || order === 'fro')
      return requireFraction(dtype, vectorNorm(call.cx, x, 2, [row, column], keep));
    return matrixNorm(call.cx, x, typeof order === 'number' ? order : 'fro', [row, column], keep);
  }
  if (typeof order === 'string' && order !== 'euclidean')
    throw new PythonError('ValueError', `'ord' must be a supported vector norm, got ${order}`);
  if (typeof order === 'number' && order <= 0)
    throw new PythonError('ValueError', `'ord' must be a supported vector norm, got ${order}`);
  const p = typeof order === 'number' ? order : 2;
  if (!isFloating(dtype) && p !== 2 && isNumber(dtype)) throw new Unknowable('a norm of whole numbers is not followed');
  // A complex number of TensorFlow's is the norm of complex numbers.
  return build.convert(
    vectorNorm(call.cx, x, p, axes, keep),
    isComplex(dtype) ? (p === 2 ? dtype : realType(dtype)) : dtype,
  );
}

function requireFraction(dtype: DType, node: NodeId): NodeId {
  if (isComplex(dtype)) throw new Unknowable('norms of complex matrices are not followed');
  return node;
}

/** x over its norm, which is kept from being 0 by epsilon. */
export const l2Normalized = (call: TensorCall, x: NodeId, axes: readonly number[], epsilon: number): NodeId => {
  const { build } = call;
  const { dtype } = build.aval(x);
  if (!isFloating(dtype)) throw new PythonError('InvalidArgumentError', `l2_normalize is not there for ${dtype}`);
  const size = isComplex(dtype) ? build.convert(build.unary('abs', x), realType(dtype)) : x;
  const total = build.sum(build.square(size), axes, true);
  const least = build.binary('max', total, build.scalar(epsilon, total));
  return build.mul(x, build.convert(build.unary('rsqrt', least), dtype));
};

function clipByNorm(call: TensorCall): NodeId {
  const { build } = call;
  const x = call.fractions('t');
  const axes = reducedAxes(call, build.rank(x), 'axes');
  const clip = call.like('clip_norm', x);
  const norm: Combine = ({ build: b }, node, over, keep) => b.unary('sqrt', b.sum(b.square(node), over, keep));
  const size = norm(call, x, axes, true);
  return build.div(build.mul(x, clip), build.binary('max', size, clip));
}

function globalNorm(call: TensorCall, nodes: readonly NodeId[]): NodeId {
  const { build } = call;
  const [first, ...rest] = nodes.map((node) => build.sum(build.square(node)));
  if (first === undefined) throw new Unknowable('the norm of no tensors is not followed');
  return build.unary(
    'sqrt',
    rest.reduce((sum, node) => build.add(sum, node), first),
  );
}

function fractionsIn(call: TensorCall, name: string): readonly NodeId[] {
  const given = call.value(name);
  if (given.kind !== 'list' && given.kind !== 'tuple')
    throw new PythonError('TypeError', 't_list should be a sequence');
  return call.cx.items(given).map((value) => {
    if (value.kind === 'none') throw new Unknowable('gradients that are None are not followed');
    const node = asTensor(call.cx, value);
    const { dtype } = call.build.aval(node);
    if (!isFloating(dtype) || isComplex(dtype)) throw new Unknowable(`the norm of ${dtype} is not followed`);
    return node;
  });
}

function clipByGlobalNorm(call: TensorCall): Value {
  const { build } = call;
  const nodes = fractionsIn(call, 't_list');
  const given = call.optional('use_norm');
  const norm = given === null ? globalNorm(call, nodes) : asTensor(call.cx, given, 'float32');
  const clip = asTensor(call.cx, call.value('clip_norm'), build.aval(norm).dtype);
  const scale = build.div(clip, build.binary('max', norm, clip));
  const clipped = nodes.map((node) =>
    tensor(build.mul(node, build.convert(scale, build.aval(node).dtype)), 'tensorflow'),
  );
  return tuple([list(clipped), tensor(norm, 'tensorflow')]);
}

const ofMatrices = (name: string, rule: (call: TensorCall, m: Matrices) => NodeId): readonly NativeValue[] =>
  tfOp(name, '(matrix|a|input, tol=None, rcond=None, validate_args=False, name=None)', (call) =>
    rule(call, matrix(call, 'matrix', name)),
  );

export const linalg: readonly NativeValue[] = [
  ...Object.entries(squares).flatMap(([name, primitive]) =>
    tfOp(name, '(input|tensor, name=None)', (call) => call.build.emit(primitive, {}, [square(call, 'input', name)])),
  ),
  ...tfOp('linalg.inv', '(input, adjoint=False, name=None)', (call) => {
    const inverse = call.build.emit('inverse', {}, [square(call, 'input', 'inv')]);
    return call.bool('adjoint', false) ? call.build.swapAxes(inverse, -2, -1) : inverse;
  }),
  ...tfOp('linalg.logdet', '(matrix, name=None)', (call) => {
    const x = square(call, 'matrix', 'logdet');
    return call.build.convert(call.build.emit('logabsdet', {}, [x]), realType(call.build.aval(x).dtype));
  }),
  tfFunction('linalg.slogdet', '(input, name=None)', (call) => {
    const x = square(call, 'input', 'slogdet');
    const { build } = call;
    return call.results(
      [build.unary('sign', build.emit('det', {}, [x])), build.emit('logabsdet', {}, [x])],
      ['sign', 'log_abs_determinant'],
    );
  }),
  ...tfOp('linalg.logm', '(input, name=None)', (call) => {
    const m = requireMatrix(call, call.array('input'), 'logm');
    if (!isComplex(m.dtype)) throw new PythonError('InvalidArgumentError', `logm is not there for ${m.dtype}`);
    requireSquare(call.cx, m.x, 'logm');
    return part(call, 'logm', m, [m.rows, m.columns]);
  }),
  ...tfOp('linalg.sqrtm matrix_square_root', '(input, name=None)', (call) => {
    const m = matricesIn(call.cx, square(call, 'input', 'sqrtm'));
    return part(call, 'sqrtm', m, [m.rows, m.columns]);
  }),
  ...['linalg.eigh'].map((name) =>
    tfFunction(name, '(tensor, name=None)', (call) =>
      tuple(several(call, 'linalg.eigh', square(call, 'tensor', 'eigh'))),
    ),
  ),
  ...['eig', 'linalg.eig'].map((name) =>
    tfFunction(name, '(tensor, name=None)', (call) =>
      tuple(several(call, 'linalg.eig', square(call, 'tensor', 'eig'))),
    ),
  ),
  ...tfOp('eigvals linalg.eigvals', '(tensor, name=None)', (call) =>
    borrowNode(call.cx, 'linalg.eigvals', { A: square(call, 'tensor', 'eigvals') }),
  ),
  tfFunction('linalg.svd', '(tensor, full_matrices=False, compute_uv=True, name=None)', singular),
  tfFunction('linalg.qr', '(input, full_matrices=False, name=None)', orthogonal),
  tfFunction('linalg.lu', '(input, output_idx_type=None, name=None)', (call) => {
    const m = matricesIn(call.cx, square(call, 'input', 'lu'));
    return call.results(
      [
        part(call, 'lu', m, [m.rows, m.columns]),
        part(call, 'lu permutation', m, [m.rows], call.type('output_idx_type') ?? 'int32'),
      ],
      ['lu', 'p'],
    );
  }),
  ...ofMatrices('linalg.pinv', (call, m) => {
    if (isComplex(m.dtype)) throw new PythonError('TypeError', 'pinv takes real matrices');
    return part(call, 'pinv', m, [m.columns, m.rows]);
  }),
  ...ofMatrices('linalg.matrix_rank', (call, m) => {
    if (isComplex(m.dtype)) throw new PythonError('TypeError', 'matrix_rank takes real matrices');
    return part(call, 'matrix_rank', m, [], 'int32');
  }),
  ...tfOp('linalg.solve', '(matrix, rhs, adjoint=False, name=None)', solve),
  ...tfOp('linalg.triangular_solve', '(matrix, rhs, lower=True, adjoint=False, name=None)', triangularSolve),
  ...tfOp('linalg.cholesky_solve', '(chol, rhs, name=None)', choleskySolve),
  ...tfOp('linalg.lstsq', '(matrix, rhs, l2_regularizer=0.0, fast=True, name=None)', leastSquares),
  ...tfOp(
    'linalg.diag',
    "(diagonal, name=None, k=0, num_rows=None, num_cols=None, padding_value=0, align='RIGHT_LEFT')",
    diag,
  ),
  ...tfOp('linalg.diag_part', "(input, name=None, k=0, padding_value=0, align='RIGHT_LEFT')", diagPart),
  ...tfOp('linalg.set_diag', "(input, diagonal, name=None, k=0, align='RIGHT_LEFT')", setDiag),
  ...tfOp('linalg.band_part', '(input, num_lower, num_upper, name=None)', bandPart),
  ...tfOp('linalg.tensor_diag', '(diagonal, name=None)', tensorDiag),
  ...tfOp('linalg.tensor_diag_part', '(input, name=None)', tensorDiagPart),
  ...tfOp('linalg.trace', '(x, name=None)', (call) => {
    const { build } = call;
    const m = requireMatrix(call, call.array('x'), 'trace');
    if (m.dtype === 'bool') throw new PythonError('InvalidArgumentError', 'trace is not there for bool');
    return build.convert(build.sum(build.diagonal(m.x, 0, -2, -1), [-1]), m.dtype);
  }),
  ...tfOp('linalg.matrix_transpose', '(a, name=None, conjugate=False)', (call) =>
    call.build.swapAxes(requireMatrix(call, call.array('a'), 'matrix_transpose').x, -2, -1),
  ),
  ...tfOp('linalg.adjoint', '(matrix, name=None)', (call) => {
    const m = requireMatrix(call, call.array('matrix'), 'adjoint');
    return borrowNode(call.cx, 'conj', { input: call.build.swapAxes(m.x, -2, -1) });
  }),
  ...tfOp('linalg.cross', '(a, b, name=None)', (call) => {
    const [a, b] = call.pair('a', 'b');
    const [own, other] = [call.build.shape(a), call.build.shape(b)];
    requireSameShape(own, other, () => `cross: ${showShape(own)} and ${showShape(other)} differ`);
    requireEqual(dimAt(own, own.length - 1), 3, () => `cross products are of vectors of 3, not ${showShape(own)}`);
    return cross(call.cx, a, b, own.length - 1);
  }),
  ...tfOp('norm linalg.norm', "(tensor, ord='euclidean', axis=None, keepdims=None, name=None)", (call) =>
    normed(call, call.array('tensor'), call.bool('keepdims', false)),
  ),
  tfFunction('linalg.normalize', "(tensor, ord='euclidean', axis=None, name=None)", (call) => {
    const x = call.array('tensor');
    const norm = normed(call, x, true);
    return tensors([call.build.div(x, norm), norm]);
  }),
  ...tfOp(
    'nn.l2_normalize math.l2_normalize linalg.l2_normalize',
    '(x, axis=None, epsilon=1e-12, name=None, dim=None)',
    (call) => {
      const x = call.array('x');
      return l2Normalized(call, x, reducedAxes(call, call.build.rank(x)), call.number('epsilon', 1e-12));
    },
  ),
  ...tfOp('clip_by_norm', '(t, clip_norm, axes=None, name=None)', clipByNorm),
  tfFunction('clip_by_global_norm', '(t_list, clip_norm, use_norm=None, name=None)', clipByGlobalNorm),
  ...tfOp('linalg.global_norm', '(t_list, name=None)', (call) => globalNorm(call, fractionsIn(call, 't_list'))),
];
