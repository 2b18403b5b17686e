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
import { asNumber } from '../arguments.ts';
import { PythonError, Unknowable } from '../context.ts';
import { libraryClass } from '../define.ts';
import { realType } from '../torch/elementwise.ts';
import { type Matrices, matricesIn, smaller, solve as solveOf } from '../torch/linalg.ts';
import { matrixNorm, vectorNorm } from '../torch/norms.ts';
import { opaque } from '../torch/opaque.ts';
import { matrixPower } from '../torch/products.ts';
import { type ClassValue, type NativeValue, tuple, type Value } from '../values.ts';
import { arrayFunction, type Call, type Dialect, strictAxis, valueFunction } from './dialect.ts';
import { diagonalAt } from './structure.ts';

/** numpy.linalg (https://numpy.org/doc/stable/reference/routines.linalg.html): the last two axes are matrices. */

/** Whole numbers are computed with as double precision; half precision is refused. */
function matrices(call: Call, name: string): Matrices {
  const given = call.array(name);
  const { dtype: own } = call.build.aval(given);
  if (own === 'float16') throw new PythonError('TypeError', 'array type float16 is unsupported in linalg');
  const dtype = call.d.quotient(own);
  const shape = call.build.shape(given);
  if (shape.length < 2)
    throw new ShapeError(`${shape.length}-dimensional array given. Array must be at least two-dimensional`);
  return matricesIn(call.cx, call.build.convert(given, dtype));
}

function square(call: Call, name: string): Matrices {
  const m = matrices(call, name);
  requireEqual(m.rows, m.columns, () => `a square matrix is wanted, not ${showShape(call.build.shape(m.x))}`);
  return m;
}

function part(call: Call, name: string, m: Matrices, tail: Shape, dtype: DType = m.dtype): NodeId {
  return opaque(call.cx, name, [m.x], [...m.lead, ...tail], dtype, m.kept);
}

function complexType(dtype: DType): DType {
  return dtype === 'float32' || dtype === 'complex64' ? 'complex64' : 'complex128';
}

/** x with a @ x = b, where b is one vector only if it has one axis. */
function solve(call: Call): NodeId {
  const { build, d } = call;
  const m = square(call, 'a');
  const b = build.convert(call.array('b'), d.quotient(build.aval(call.array('b')).dtype));
  const type = d.promote(m.dtype, build.aval(b).dtype);
  const [left, right] = [build.convert(m.x, type), build.convert(b, type)];
  const given = build.shape(right);
  if (given.length === 0) throw new ShapeError('0-dimensional array given. Array must be at least one-dimensional');
  if (given.length === 1) {
    requireEqual(
      m.rows,
      dimAt(given, 0),
      () => `solve: ${showShape(build.shape(left))} and ${showShape(given)} do not fit`,
    );
    return build.dropAxis(solveOf(call.cx, left, build.expandDims(right, 1)), -1);
  }
  requireEqual(
    m.rows,
    dimAt(given, given.length - 2),
    () => `solve: ${showShape(build.shape(left))} and ${showShape(given)} do not fit`,
  );
  const lead = broadcastShapes(m.lead, given.slice(0, -2));
  return build.emit('solve', {}, [
    build.broadcastTo(left, [...lead, ...build.shape(left).slice(-2)]),
    build.broadcastTo(right, [...lead, ...given.slice(-2)]),
  ]);
}

function singular(call: Call): Value {
  const m = matrices(call, 'a');
  const values = call.build.emit('svdvals', {}, [m.x]);
  const real = call.build.convert(values, realType(m.dtype));
  if (!call.bool('compute_uv', true)) return call.result(real);
  const rank = smaller(m.rows, m.columns);
  const full = call.bool('full_matrices', true);
  const u = part(call, 'svd U', m, [m.rows, full ? m.rows : rank]);
  const vh = part(call, 'svd Vh', m, [full ? m.columns : rank, m.columns]);
  return call.results([u, real, vh], ['U', 'S', 'Vh']);
}

function orthogonal(call: Call): Value {
  const m = matrices(call, 'a');
  const mode = call.string('mode', 'reduced');
  const rank = smaller(m.rows, m.columns);
  switch (mode) {
    case 'reduced':
    case 'full':
      return call.results(
        [part(call, 'qr Q', m, [m.rows, rank]), part(call, 'qr R', m, [rank, m.columns])],
        ['Q', 'R'],
      );
    case 'complete':
      return call.results(
        [part(call, 'qr Q', m, [m.rows, m.rows]), part(call, 'qr R', m, [m.rows, m.columns])],
        ['Q', 'R'],
      );
    case 'r':
      return call.result(part(call, 'qr R', m, [rank, m.columns]));
    case 'raw':
      return call.results([part(call, 'qr h', m, [m.columns, m.rows]), part(call, 'qr tau', m, [rank])]);
    default:
      throw new PythonError('ValueError', `Unrecognized mode '${mode}'`);
  }
}

function leastSquares(call: Call): Value {
  const { build, d, cx } = call;
  const m = matrices(call, 'a');
  if (m.lead.length > 0)
    throw new ShapeError(`${m.lead.length + 2}-dimensional array given. Array must be two-dimensional`);
  const b = call.array('b');
  const shape = build.shape(b);
  if (shape.length !== 1 && shape.length !== 2)
    throw new ShapeError(`${shape.length}-dimensional array given. Array must be two-dimensional`);
  requireEqual(m.rows, dimAt(shape, 0), () => 'Incompatible dimensions');
  const dtype = d.quotient(d.promote(m.dtype, build.aval(b).dtype));
  const solution = opaque(cx, 'lstsq', [b, m.x], [m.columns, ...shape.slice(1)], dtype);
  const unfollowed = cx.unknown('the residuals of lstsq hang on the rank');
  return tuple([
    call.result(solution),
    unfollowed,
    call.result(opaque(cx, 'lstsq rank', [m.x], [], 'int32')),
    call.result(opaque(cx, 'lstsq values', [m.x], [smaller(m.rows, m.columns)], realType(dtype))),
  ]);
}

type Order = number | 'fro' | 'nuc';

function orderOf(call: Call): Order | null {
  const value = call.optional('ord');
  if (value === null) return null;
  if (value.kind === 'str') {
    if (value.value === 'fro' || value.value === 'nuc') return value.value;
    throw new PythonError('ValueError', `Invalid norm order '${value.value}'`);
  }
  const number = value.kind === 'tensor' ? null : asNumber(value);
  if (number === null) throw new Unknowable('the order of the norm is not known');
  return number;
}

const matrixOrders: readonly Order[] = ['fro', 'nuc', 1, -1, 2, -2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

function checkedMatrixNorm(
  call: Call,
  x: NodeId,
  order: Order,
  axes: readonly [number, number],
  keep: boolean,
): NodeId {
  if (!matrixOrders.includes(order)) throw new PythonError('ValueError', 'Invalid norm order for matrices.');
  requireNonEmpty(call, x, order, axes);
  return matrixNorm(call.cx, x, order, axes, keep);
}

/** The largest and smallest of no elements are refused. */
function requireNonEmpty(call: Call, x: NodeId, order: Order, axes: readonly number[]): void {
  const shape = call.build.shape(x);
  if (!axes.some((axis) => shape[axis] === 0)) return;
  throw new Unknowable(`the norm ${order} of no elements is not followed`);
}

/** Without order and axes that of all numbers; else of vectors or matrices, by the number of axes. */
function norm(call: Call): NodeId {
  const { build, d, cx } = call;
  const given = call.array('x');
  const x = build.convert(given, d.quotient(build.aval(given).dtype));
  const rank = build.rank(x);
  const order = orderOf(call);
  const keep = call.bool('keepdims', false);
  const axes = call.strictAxes('axis', rank);
  if (axes === null && order === null) return vectorNorm(cx, x, 2, null, keep);
  const over = axes ?? build.shape(x).map((_, k) => k);
  const [a, b] = over;
  if (over.length === 1 && a !== undefined) {
    if (order === 'fro' || order === 'nuc')
      throw new PythonError('ValueError', `Invalid norm order '${order}' for vectors`);
    if (order !== null && !Number.isFinite(order)) requireNonEmpty(call, x, order, over);
    return vectorNorm(cx, x, order ?? 2, over, keep);
  }
  if (over.length === 2 && a !== undefined && b !== undefined) {
    if (order === null || order === 'fro') return vectorNorm(cx, x, 2, over, keep);
    return checkedMatrixNorm(call, x, order, [a, b], keep);
  }
  throw new PythonError('ValueError', 'Improper number of dimensions to norm.');
}

function power(call: Call): NodeId {
  const { build } = call;
  const given = call.array('a');
  const shape = build.shape(given);
  if (shape.length < 2) throw new ShapeError('a matrix is wanted');
  requireEqual(
    dimAt(shape, shape.length - 2),
    dimAt(shape, shape.length - 1),
    () => 'Last 2 dimensions of the array must be square',
  );
  const n = call.int('n');
  return matrixPower(call.cx, n < 0 ? build.convert(given, call.d.quotient(build.aval(given).dtype)) : given, n);
}

function condition(call: Call): NodeId {
  const x = call.array('x');
  const p = call.optional('p');
  const simple = p === null || (p.kind === 'int' && (p.value === 2 || p.value === -2));
  const m = simple ? matrices(call, 'x') : square(call, 'x');
  if (
    call.build
      .shape(x)
      .slice(-2)
      .some((dim) => dim === 0)
  )
    throw new PythonError('LinAlgError', 'cond is not defined on empty arrays');
  return part(call, 'cond', m, [], realType(m.dtype));
}

export function linalg(d: Dialect): readonly NativeValue[] {
  const one = (name: string, parameters: string, rule: (call: Call) => NodeId): NativeValue =>
    arrayFunction(d, `linalg.${name}`, parameters, rule);
  const many = (name: string, parameters: string, rule: (call: Call) => Value): NativeValue =>
    valueFunction(d, `linalg.${name}`, parameters, rule);
  return [
    one('inv', '(a)', (call) => call.build.emit('inverse', {}, [square(call, 'a').x])),
    one('det', '(a)', (call) => call.build.emit('det', {}, [square(call, 'a').x])),
    many('slogdet', '(a, *, method=None)', (call) => {
      const { x, dtype } = square(call, 'a');
      const sign = call.build.unary('sign', call.build.emit('det', {}, [x]));
      return call.results(
        [sign, call.build.convert(call.build.emit('logabsdet', {}, [x]), realType(dtype))],
        ['sign', 'logabsdet'],
      );
    }),
    one('solve', '(a, b)', solve),
    one('cholesky', '(a, /, *, upper=False, symmetrize_input=True)', (call) => {
      const factor = call.build.emit('cholesky', {}, [square(call, 'a').x]);
      return call.bool('upper', false) ? call.build.swapAxes(factor, -2, -1) : factor;
    }),
    many('eigh', "(a, UPLO='L', symmetrize_input=True)", (call) => {
      const { x, dtype } = square(call, 'a');
      return call.results(
        [
          call.build.convert(call.build.emit('eigvalsh', {}, [x]), realType(dtype)),
          call.build.emit('eigvectorsh', {}, [x]),
        ],
        ['eigenvalues', 'eigenvectors'],
      );
    }),
    one('eigvalsh', "(a, UPLO='L', *, symmetrize_input=True)", (call) => {
      const { x, dtype } = square(call, 'a');
      return call.build.convert(call.build.emit('eigvalsh', {}, [x]), realType(dtype));
    }),
    many('eig', '(a)', (call) => {
      const m = square(call, 'a');
      const type = complexType(m.dtype);
      return call.results(
        [part(call, 'eigvals', m, [m.rows], type), part(call, 'eig vectors', m, [m.rows, m.rows], type)],
        ['eigenvalues', 'eigenvectors'],
      );
    }),
    one('eigvals', '(a)', (call) => {
      const m = square(call, 'a');
      return part(call, 'eigvals', m, [m.rows], complexType(m.dtype));
    }),
    many('svd', '(a, full_matrices=True, compute_uv=True, hermitian=False, subset_by_index=None)', singular),
    one('svdvals', '(x, /)', (call) => {
      const m = matrices(call, 'x');
      return call.build.convert(call.build.emit('svdvals', {}, [m.x]), realType(m.dtype));
    }),
    many('qr', "(a, mode='reduced')", orthogonal),
    one('pinv', '(a, rcond=None, hermitian=False, *, rtol=None)', (call) => {
      const m = matrices(call, 'a');
      return part(call, 'pinv', m, [m.columns, m.rows]);
    }),
    many('lstsq', '(a, b, rcond=None, *, numpy_resid=False)', leastSquares),
    one('matrix_rank', '(A, tol=None, hermitian=False, *, rtol=None)', (call) => {
      const x = call.array('A');
      const { shape } = call.build.aval(x);
      return opaque(call.cx, 'matrix_rank', [x], shape.length < 2 ? [] : shape.slice(0, -2), call.d.int);
    }),
    one('norm', '(x, ord=None, axis=None, keepdims=False)', norm),
    one('vector_norm', '(x, /, *, axis=None, keepdims=False, ord=2)', (call) => {
      const given = call.array('x');
      const x = call.build.convert(given, call.d.quotient(call.build.aval(given).dtype));
      const order = orderOf(call) ?? 2;
      if (order === 'fro' || order === 'nuc')
        throw new PythonError('ValueError', `Invalid norm order '${order}' for vectors`);
      return vectorNorm(call.cx, x, order, call.strictAxes('axis', call.build.rank(x)), call.bool('keepdims', false));
    }),
    one('matrix_norm', "(x, /, *, keepdims=False, ord='fro')", (call) => {
      const given = call.array('x');
      const x = call.build.convert(given, call.d.quotient(call.build.aval(given).dtype));
      const rank = call.build.rank(x);
      return checkedMatrixNorm(
        call,
        x,
        orderOf(call) ?? 'fro',
        [strictAxis(-2, rank), strictAxis(-1, rank)],
        call.bool('keepdims', false),
      );
    }),
    one('matrix_power', '(a, n)', power),
    one('cond', '(x, p=None)', condition),
    one('trace', '(x, /, *, offset=0, dtype=None)', (call) => {
      const x = call.array('x');
      const diagonal = diagonalAt(call, x, call.int('offset', 0), -2, -1);
      return call.build.sum(diagonal, [call.build.rank(diagonal) - 1]);
    }),
    one('diagonal', '(x, /, *, offset=0)', (call) => diagonalAt(call, call.array('x'), call.int('offset', 0), -2, -1)),
    one('tensorinv', '(a, ind=2)', (call) => {
      const x = call.array('a');
      const shape = call.build.shape(x);
      const split = call.int('ind', 2);
      if (split <= 0) throw new PythonError('ValueError', 'Invalid ind argument.');
      const [front, back] = [shape.slice(0, split), shape.slice(split)];
      requireEqual(
        D.product(front),
        D.product(back),
        () => `tensorinv: ${showShape(shape)} is not square when split before axis ${split}`,
      );
      return opaque(call.cx, 'tensorinv', [x], [...back, ...front], call.d.quotient(call.build.aval(x).dtype));
    }),
    one('tensorsolve', '(a, b, axes=None)', (call) => {
      const [a, b] = [call.array('a'), call.array('b')];
      if (call.optional('axes') !== null) throw new Unknowable('axes of tensorsolve are not followed');
      const shape = call.build.shape(a).slice(call.build.rank(b));
      requireEqual(D.product(shape), D.product(call.build.shape(b)), () => 'tensorsolve: the arrays do not fit');
      return opaque(
        call.cx,
        'tensorsolve',
        [b, a],
        shape,
        call.d.quotient(call.d.promote(call.build.aval(a).dtype, call.build.aval(b).dtype)),
      );
    }),
  ];
}

/** What numpy.linalg raises. */
export function linalgClasses(d: Dialect): readonly ClassValue[] {
  return [libraryClass(`${d.name}.linalg.LinAlgError`, [], [])];
}
