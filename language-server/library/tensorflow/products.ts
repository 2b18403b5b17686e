import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { dimAt, requireEqual, ShapeError, showShape } from '../../graph/shape.ts';
import { PythonError, Unknowable } from '../context.ts';
import { tensordot } from '../numpy/products.ts';
import { einsum } from '../torch/einsum.ts';
import type { NativeValue } from '../values.ts';
import { type TensorCall, tfOp } from './dialect.ts';

/** Products of matrices (https://www.tensorflow.org/api_docs/python/tf/linalg/matmul). */

/** `a @ b` of matrices and batches of them; vectors are refused. */
export function matmul(call: TensorCall, a: NodeId, b: NodeId): NodeId {
  const { build } = call;
  for (const x of [a, b])
    if (build.rank(x) < 2) throw new ShapeError(`matmul needs matrices, not ${showShape(build.shape(x))}`);
  if (build.aval(a).dtype === 'bool') throw new PythonError('InvalidArgumentError', 'MatMul is not there for bool');
  const [own, other] = [build.shape(a), build.shape(b)];
  requireEqual(
    dimAt(own, own.length - 1),
    dimAt(other, other.length - 2),
    () => `matmul: ${showShape(own)} and ${showShape(other)} do not fit`,
  );
  return build.matmul(a, b);
}

function flipped(call: TensorCall, x: NodeId, ...flags: readonly string[]): NodeId {
  const rank = call.build.rank(x);
  if (rank < 2) throw new ShapeError(`matmul needs matrices, not ${showShape(call.build.shape(x))}`);
  return flags.some((flag) => call.bool(flag, false)) ? call.build.swapAxes(x, -2, -1) : x;
}

/** Labels in an equation name axes of one size, which does not stretch. */
function requireLabels(call: TensorCall, equation: string, nodes: readonly NodeId[]): void {
  const sizes = new Map<string, D.Dim>();
  const [inputs = ''] = equation.replace(/\s+/g, '').split('->');
  inputs.split(',').forEach((term, k) => {
    const node = nodes[k];
    if (node === undefined) return;
    const shape = call.build.shape(node);
    const [front = '', back = ''] = term.split('...');
    const named = [
      ...[...front].map((label, axis) => [label, shape[axis]] as const),
      ...[...back].map((label, axis) => [label, shape[shape.length - back.length + axis]] as const),
    ];
    for (const [label, dim] of named) {
      if (dim === undefined) throw new ShapeError(`einsum '${equation}': '${term}' does not fit ${showShape(shape)}`);
      const before = sizes.get(label);
      if (before !== undefined)
        requireEqual(before, dim, () => `einsum '${equation}': '${label}' is ${D.show(before)} and ${D.show(dim)}`);
      sizes.set(label, dim);
    }
  });
}

export const products: readonly NativeValue[] = [
  ...tfOp(
    'matmul linalg.matmul',
    `(a, b, transpose_a=False, transpose_b=False, adjoint_a=False, adjoint_b=False, a_is_sparse=False, b_is_sparse=False,
     output_type=None, grad_a=False, grad_b=False, name=None)`,
    (call) => {
      const [a, b] = call.inOrder('a', 'b');
      return matmul(call, flipped(call, a, 'transpose_a', 'adjoint_a'), flipped(call, b, 'transpose_b', 'adjoint_b'));
    },
  ),
  ...tfOp(
    'linalg.matvec',
    '(a, b, transpose_a=False, adjoint_a=False, a_is_sparse=False, b_is_sparse=False, name=None)',
    (call) => {
      const [a, b] = call.inOrder('a', 'b');
      const column = call.build.expandDims(b, call.build.rank(b));
      return call.build.dropAxis(matmul(call, flipped(call, a, 'transpose_a', 'adjoint_a'), column), -1);
    },
  ),
  ...tfOp('tensordot linalg.tensordot', '(a, b, axes, name=None)', (call) => {
    const [a, b] = [call.array('a'), call.array('b')];
    if (call.build.aval(a).dtype !== call.build.aval(b).dtype)
      throw new PythonError('InvalidArgumentError', 'tensordot of two types');
    return tensordot(call, a, b);
  }),
  ...tfOp('einsum linalg.einsum', '(equation, *inputs, **kwargs)', (call) => {
    const equation = call.string('equation');
    const nodes = call.together(call.rest);
    if (nodes.some((node) => call.build.aval(node).dtype === 'bool'))
      throw new Unknowable('sums of truths are not followed');
    requireLabels(call, equation, nodes);
    return einsum(call.cx, equation, nodes);
  }),
];
