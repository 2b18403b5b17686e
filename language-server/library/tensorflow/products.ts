import type { NodeId } from '../../graph/graph.ts';
import { dimAt, requireEqual, ShapeError, showShape } from '../../graph/shape.ts';
import { PythonError } from '../context.ts';
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
];
