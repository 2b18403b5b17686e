import * as D from '../dim.ts';
import { combineFreely } from '../flow.ts';
import type { Aval, Shape } from '../shape.ts';
import { dimAt, requireEqual, ShapeError, showShape, sizeOf } from '../shape.ts';
import { type Family, type None, operand, type Primitive } from './primitive.ts';

/** Functions of matrices: the last two axes; the others are batches. */
export interface LinalgParams {
  readonly cholesky: None;
  readonly inverse: None;
  readonly det: None;
  /** log |det|; the sign is `det`'s. */
  readonly logabsdet: None;
  readonly matrix_exp: None;
  /** Eigenvalues of symmetric matrices, ascending. */
  readonly eigvalsh: None;
  readonly eigvectorsh: None;
  /** Singular values, descending. */
  readonly svdvals: None;
  /** x with operand 0 @ x = operand 1 (matrices). */
  readonly solve: None;
}

function square(x: Aval): Shape {
  const rank = x.shape.length;
  if (rank < 2) throw new ShapeError(`a matrix is wanted, not ${showShape(x.shape)}`);
  requireEqual(
    dimAt(x.shape, rank - 2),
    dimAt(x.shape, rank - 1),
    () => `a square matrix is wanted, not ${showShape(x.shape)}`,
  );
  return x.shape;
}

/** A function of each matrix by itself; `shape` tells the result's from the matrices'. */
function ofMatrices(shape: (x: Aval) => Shape): Primitive<None> {
  return {
    aval: (operands) => {
      const x = operand(operands, 0);
      return { shape: shape(x), dtype: x.dtype };
    },
    flow: ({ flows, avals, result, node }) => {
      const rank = operand(avals, 0).shape.length;
      const lead = rank - 2;
      return combineFreely(
        operand(flows, 0),
        [rank - 2, rank - 1],
        (axis) => (axis < lead && axis < result.shape.length ? axis : null),
        node,
      );
    },
    flops: (operands) => {
      const x = operand(operands, 0).shape;
      return D.mul(sizeOf(x), dimAt(x, x.length - 1));
    },
  };
}

const batchOf = (x: Aval): Shape => square(x).slice(0, -2);

export const linalg: Family<LinalgParams> = {
  cholesky: ofMatrices(square),
  inverse: ofMatrices(square),
  det: ofMatrices(batchOf),
  logabsdet: ofMatrices(batchOf),
  matrix_exp: ofMatrices(square),
  eigvalsh: ofMatrices((x) => square(x).slice(0, -1)),
  eigvectorsh: ofMatrices(square),
  svdvals: ofMatrices((x) => {
    const rank = x.shape.length;
    if (rank < 2) throw new ShapeError(`a matrix is wanted, not ${showShape(x.shape)}`);
    const [m, n] = [dimAt(x.shape, rank - 2), dimAt(x.shape, rank - 1)];
    const difference = D.sub(m, n);
    return [...x.shape.slice(0, -2), D.isKnown(difference) && difference < 0 ? m : n];
  }),
  solve: {
    ...ofMatrices(square),
    aval: (operands) => {
      const [a, b] = [operand(operands, 0), operand(operands, 1)];
      const rows = dimAt(square(a), a.shape.length - 1);
      requireEqual(
        rows,
        dimAt(b.shape, b.shape.length - 2),
        () => `${showShape(a.shape)} and ${showShape(b.shape)} do not fit`,
      );
      return { shape: b.shape, dtype: b.dtype };
    },
    flow: ({ flows, avals, node }) => {
      const [a, b] = [operand(flows, 0), operand(flows, 1)];
      const rank = operand(avals, 1).shape.length;
      const keep = (axis: number): number | null => (axis < rank - 2 ? axis : null);
      const left = combineFreely(a, [rank - 2, rank - 1], keep, node);
      const right = combineFreely(b, [rank - 2], (axis) => axis, node);
      if (left.kind === 'constant') return right;
      if (right.kind === 'constant') return left;
      if (left.kind === 'along' && right.kind === 'along') {
        const axes = left.axes.filter((x) => right.axes.some((y) => x.axis === y.axis));
        if (axes.length > 0) return { kind: 'along', axes, zeroOff: false };
      }
      return { kind: 'mixed', by: node };
    },
  },
};
