import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { broadcastShapes, dimAt, requireEqual, ShapeError, showShape } from '../../graph/shape.ts';
import { known } from '../arguments.ts';
import { PythonError, Unknowable } from '../context.ts';
import { alias } from '../define.ts';
import { demandLabelled, einsum } from '../torch/einsum.ts';
import type { NativeValue, Value } from '../values.ts';
import { arrayFunction, type Call, type Dialect, operands, strictAxis } from './dialect.ts';

/** Products of vectors, matrices and arrays (https://numpy.org/doc/stable/reference/routines.linalg.html). */

/** The last axis of a with the second to last of b; all other axes stand side by side, without broadcasting. */
function dot(call: Call, first: string, second: string): NodeId {
  const { build } = call;
  const [a, b] = call.pair(first, second);
  const [m, n] = [build.rank(a), build.rank(b)];
  if (m === 0 || n === 0) return build.mul(a, b);
  return build.dot(a, b, { contract: [[m - 1], [Math.max(0, n - 2)]], batch: [[], []] });
}

function outer(call: Call, first: string, second: string): NodeId {
  const { build } = call;
  const [a, b] = call.pair(first, second).map((x) => build.reshape(x, [D.product(build.shape(x))]));
  if (a === undefined || b === undefined) throw new RangeError('two operands in, two out');
  return build.dot(a, b, { contract: [[], []], batch: [[], []] });
}

function inner(call: Call): NodeId {
  const { build } = call;
  const [a, b] = call.pair('a', 'b');
  const [m, n] = [build.rank(a), build.rank(b)];
  if (m === 0 || n === 0) return build.mul(a, b);
  return build.dot(a, b, { contract: [[m - 1], [n - 1]], batch: [[], []] });
}

function vdot(call: Call): NodeId {
  const { build } = call;
  const [a, b] = call.pair('a', 'b');
  const [m, n] = [D.product(build.shape(a)), D.product(build.shape(b))];
  requireEqual(m, n, () => `vdot: ${D.show(m)} elements against ${D.show(n)}`);
  return build.dot(build.reshape(a, [m]), build.reshape(b, [n]), { contract: [[0], [0]], batch: [[], []] });
}

/** Contracts the axes that are named, of equal sizes. */
export function tensordot(call: Call, a: NodeId, b: NodeId): NodeId {
  const { build, cx } = call;
  const [m, n] = [build.rank(a), build.rank(b)];
  const given: Value = call.optional('axes') ?? { kind: 'int', value: 2 };
  if (given.kind === 'int') {
    if (!D.isKnown(given.value)) throw new Unknowable('the number of axes is not known');
    const count = given.value;
    if (count > m || count > n || count < 0)
      throw new ShapeError(
        `tensordot: ${count} axes cannot be contracted in ${showShape(build.shape(a))} and ${showShape(build.shape(b))}`,
      );
    const range = Array.from({ length: count }, (_, k) => k);
    return build.dot(a, b, { contract: [range.map((k) => m - count + k), range], batch: [[], []] });
  }
  const [left, right] = cx.items(given);
  if (left === undefined || right === undefined)
    throw new PythonError('ValueError', 'tensordot: axes of both arrays are wanted');
  const axes = (value: Value, rank: number): number[] =>
    (value.kind === 'int' ? [value] : cx.items(value)).map((item) => {
      if (item.kind !== 'int' || !D.isKnown(item.value)) throw new Unknowable('an axis is not known');
      return strictAxis(item.value, rank);
    });
  const [own, other] = [axes(left, m), axes(right, n)];
  if (own.length !== other.length)
    throw new ShapeError(`tensordot: ${own.length} axes of one array against ${other.length} of the other`);
  if (new Set(own).size !== own.length || new Set(other).size !== other.length)
    throw new ShapeError('tensordot: an axis stands twice');
  return build.dot(a, b, { contract: [own, other], batch: [[], []] });
}

/** The cross product along axes of 3, or of 2 where NumPy has that still. */
function cross(call: Call, first: string, second: string): NodeId {
  const { build } = call;
  const [a, b] = call.pair(first, second);
  const axis = call.optional('axis') === null ? null : call.int('axis');
  const at = (name: string, node: NodeId): number => strictAxis(axis ?? call.int(name, -1), build.rank(node));
  const last = (name: string, node: NodeId): NodeId => build.moveAxes(node, [at(name, node)], [build.rank(node) - 1]);
  const [x, y] = [last('axisa', a), last('axisb', b)];
  const [m, n] = [x, y].map((node) => dimAt(build.shape(node), build.rank(node) - 1));
  if (m === undefined || n === undefined) throw new RangeError('two operands in, two out');
  for (const dim of [m, n]) {
    if (!D.isKnown(dim)) throw new Unknowable(`whether ${D.show(dim)} is 3 is not known`);
    if (dim !== 3 && dim !== 2)
      throw new ShapeError('incompatible dimensions for cross product (dimension must be 2 or 3)');
  }
  if (m === 2 || n === 2) throw new Unknowable('cross products of vectors of 2 are not followed');
  const entry = (node: NodeId, k: number): NodeId => build.take(node, build.rank(node) - 1, k % 3);
  const parts = [0, 1, 2].map((k) =>
    build.sub(build.mul(entry(x, k + 1), entry(y, k + 2)), build.mul(entry(x, k + 2), entry(y, k + 1))),
  );
  const shape = broadcastShapes(...parts.map((part) => build.shape(part)));
  return build.stack(parts, strictAxis(axis ?? call.int('axisc', -1), shape.length + 1));
}

/** Sums of products along the last axis of both, broadcast together. */
function vecdot(call: Call): NodeId {
  const { build } = call;
  const [a, b] = call.pair('x1', 'x2');
  const axis = call.int('axis', -1);
  const last = (node: NodeId): NodeId =>
    build.moveAxes(node, [strictAxis(axis, build.rank(node))], [build.rank(node) - 1]);
  const [x, y] = [last(a), last(b)];
  const [m, n] = [dimAt(build.shape(x), build.rank(x) - 1), dimAt(build.shape(y), build.rank(y) - 1)];
  requireEqual(m, n, () => `vecdot: ${showShape(build.shape(a))} and ${showShape(build.shape(b))} do not fit`);
  const product = build.mul(x, y);
  return build.sum(product, [build.rank(product) - 1]);
}

function einsumOf(call: Call): NodeId {
  const { d, cx } = call;
  const [equation, ...rest] = call.given;
  if (equation?.kind !== 'str' || equation.value === null)
    throw new Unknowable('an einsum without an equation in letters is not followed');
  // NumPy takes lists of numbers, too.
  if (d.family === 'numpy') return einsum(cx, equation.value, operands(d, cx, rest.map(known)));
  const spelled = inLetters(equation.value);
  return einsum(cx, spelled, operands(d, cx, demandLabelled(cx, spelled, rest, d.family).map(known)));
}

/** An equation with letters in the place of other signs, which JAX takes for labels, too. */
function inLetters(equation: string): string {
  const signs = [...new Set(equation.replaceAll(/[\sA-Za-z.,>-]/g, ''))];
  if (signs.length > 0 && !equation.includes('->'))
    throw new Unknowable('the order of labels that are no letters is not followed');
  const free = [...'abcdefghijklmnopqrstuvwxyz'].filter((letter) => !equation.includes(letter));
  return signs.reduce((spelled, sign, k) => spelled.replaceAll(sign, free[k] ?? sign), equation);
}

/** A product of many matrices, of which the first and last may be vectors. */
function multiDot(call: Call): NodeId {
  const { build, d, cx } = call;
  const nodes = operands(d, cx, cx.items(call.value('arrays')));
  const [first, ...rest] = nodes;
  if (first !== undefined && rest.length === 0 && d.family === 'jax')
    throw new Unknowable('a product of one is not followed');
  if (first === undefined || rest.length === 0) throw new PythonError('ValueError', 'Expecting at least two arrays.');
  nodes.forEach((node, k) => {
    const end = k === 0 || k === nodes.length - 1;
    if (build.rank(node) !== 2 && !(end && build.rank(node) === 1))
      throw new ShapeError(`multi_dot: ${showShape(build.shape(node))} is no matrix`);
  });
  return rest.reduce((product, node) => build.matmul(product, node), first);
}

/** A batch of matrices and vectors: `matvec` and `vecmat`. */
function withVector(call: Call, matrixFirst: boolean): NodeId {
  const { build } = call;
  const [a, b] = call.pair('x1', 'x2');
  if (build.rank(matrixFirst ? a : b) < 2 || build.rank(matrixFirst ? b : a) < 1)
    throw new ShapeError(
      `a matrix and a vector are wanted, not ${showShape(build.shape(a))} and ${showShape(build.shape(b))}`,
    );
  if (matrixFirst) return build.dropAxis(build.matmul(a, build.expandDims(b, build.rank(b))), -1);
  return build.dropAxis(build.matmul(build.expandDims(a, build.rank(a) - 1), b), -2);
}

export function products(d: Dialect): readonly NativeValue[] {
  const times = arrayFunction(
    d,
    'matmul',
    '(x1|a, x2|b, /, out=None, *, dtype=None, casting=None, order=None, subok=True, axes=None, axis=None, keepdims=False, precision=None, preferred_element_type=None)',
    (call) => call.build.matmul(...call.pair('x1', 'x2')),
  );
  return [
    arrayFunction(d, 'dot', '(a, b, out=None, *, precision=None, preferred_element_type=None)', (call) =>
      dot(call, 'a', 'b'),
    ),
    {
      ...arrayFunction(d, 'dot', '(a, b, out=None, *, precision=None, preferred_element_type=None)', (call) => {
        // A number of NumPy's has no such method, an array without axes has.
        if (call.build.rank(call.array('a')) === 0) throw new Unknowable('whether this is a number is not followed');
        return dot(call, 'a', 'b');
      }),
      name: `${d.methods}.dot`,
    },
    ...alias(times, `${d.name}.linalg.matmul`, `${d.methods}.__matmul__`),
    arrayFunction(d, 'inner', '(a, b, /, *, precision=None, preferred_element_type=None)', inner),
    arrayFunction(d, 'outer', '(a, b, out=None)', (call) => outer(call, 'a', 'b')),
    arrayFunction(d, 'linalg.outer', '(x1, x2, /)', (call) => {
      const nodes = [call.array('x1'), call.array('x2')];
      if (nodes.some((node) => call.build.rank(node) !== 1))
        throw new ShapeError('Input arrays must be one-dimensional');
      return outer(call, 'x1', 'x2');
    }),
    arrayFunction(d, 'vdot', '(a, b, /, *, precision=None, preferred_element_type=None)', vdot),
    ...alias(
      arrayFunction(
        d,
        'vecdot',
        '(x1, x2, /, out=None, *, axis=-1, precision=None, preferred_element_type=None)',
        vecdot,
      ),
      `${d.name}.linalg.vecdot`,
    ),
    arrayFunction(d, 'matvec', '(x1, x2, /, out=None)', (call) => withVector(call, true)),
    arrayFunction(d, 'vecmat', '(x1, x2, /, out=None)', (call) => withVector(call, false)),
    arrayFunction(d, 'tensordot', '(a, b, axes=2, *, precision=None, preferred_element_type=None)', (call) =>
      tensordot(call, ...call.pair('a', 'b')),
    ),
    arrayFunction(d, 'linalg.tensordot', '(x1, x2, /, *, axes=2)', (call) => tensordot(call, ...call.pair('x1', 'x2'))),
    arrayFunction(d, 'cross', '(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None)', (call) => cross(call, 'a', 'b')),
    arrayFunction(d, 'linalg.cross', '(x1, x2, /, *, axis=-1)', (call) => cross(call, 'x1', 'x2')),
    arrayFunction(
      d,
      'einsum',
      '(*operands, out=None, optimize=False, dtype=None, order=None, casting=None, precision=None, preferred_element_type=None)',
      einsumOf,
    ),
    arrayFunction(d, 'linalg.multi_dot', '(arrays, *, out=None, precision=None)', multiDot),
  ];
}
