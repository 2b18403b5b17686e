import type { NodeId } from '../../../language-server/graph/graph.ts';
import type { LinalgParams } from '../../../language-server/graph/primitives/linalg.ts';
import { range, sizeAt } from '../concrete.ts';
import type { Emitter } from '../emitter.ts';
import { at, type DerivativeTable, total } from './rule.ts';

const transposed = (g: Emitter, x: NodeId): NodeId => g.swapAxes(x, -1, -2);
const inverse = (g: Emitter, x: NodeId): NodeId => g.emit('inverse', {}, [x]);
const negative = (g: Emitter, x: NodeId): NodeId => g.unary('neg', x);

/** Products of matrices that share all leading axes. */
function mm(g: Emitter, ...factors: readonly NodeId[]): NodeId {
  return factors.reduce((x, y) => {
    const lead = range(g.rank(x) - 2);
    return g.dot(x, y, { contract: [[lead.length + 1], [lead.length]], batch: [lead, lead] });
  });
}

/** One number a matrix, spread over the matrix. */
function overMatrix(g: Emitter, x: NodeId, shape: NodeId): NodeId {
  return g.emit('broadcast_in_dim', { shape: g.shape(shape), dims: range(g.rank(x)) }, [x]);
}

/** The lower triangle with its diagonal halved: the projection of the Cholesky factor's derivative. */
function halfLower(g: Emitter, x: NodeId): NodeId {
  const lower = g.emit('triangle', { side: 'lower', offset: 0 }, [x]);
  const below = g.emit('triangle', { side: 'lower', offset: -1 }, [x]);
  return g.scale(g.add(lower, below), 0.5);
}

/** Derivatives of functions of matrices (Giles 2008, https://people.maths.ox.ac.uk/gilesm/files/NA-08-01.pdf). */
export const linalgRules: DerivativeTable<LinalgParams> = {
  cholesky: {
    jvp: ({ g, y }, [t]) => {
      if (t === undefined || t === null) return null;
      const back = inverse(g, y);
      return mm(g, y, halfLower(g, mm(g, back, t, transposed(g, back))));
    },
    vjp: ({ g, y }, ct) => {
      const back = inverse(g, y);
      const inner = halfLower(g, mm(g, transposed(g, y), ct));
      const whole = mm(g, transposed(g, back), inner, back);
      return g.scale(g.add(whole, transposed(g, whole)), 0.5);
    },
  },
  inverse: {
    jvp: ({ g, y }, [t]) => (t === undefined || t === null ? null : negative(g, mm(g, y, t, y))),
    vjp: ({ g, y }, ct) => negative(g, mm(g, transposed(g, y), ct, transposed(g, y))),
  },
  det: {
    jvp: ({ g, x, y }, [t]) => {
      if (t === undefined || t === null) return null;
      const trace = g.sum(g.mul(transposed(g, inverse(g, at(x, 0))), t), [-1, -2]);
      return g.mul(y, trace);
    },
    vjp: ({ g, x, y }, ct) => g.mul(overMatrix(g, g.mul(ct, y), at(x, 0)), transposed(g, inverse(g, at(x, 0)))),
  },
  logabsdet: {
    jvp: ({ g, x }, [t]) =>
      t === undefined || t === null ? null : g.sum(g.mul(transposed(g, inverse(g, at(x, 0))), t), [-1, -2]),
    vjp: ({ g, x }, ct) => g.mul(overMatrix(g, ct, at(x, 0)), transposed(g, inverse(g, at(x, 0)))),
  },
  // exp of [[x, t], [0, x]] has the derivative in its upper right corner.
  matrix_exp: {
    jvp: ({ g, x }, [t]) => (t === undefined || t === null ? null : expDerivative(g, at(x, 0), t)),
    vjp: ({ g, x }, ct) => expDerivative(g, transposed(g, at(x, 0)), ct),
  },
  eigvalsh: {
    jvp: ({ g, x }, [t]) => {
      if (t === undefined || t === null) return null;
      const vectors = g.emit('eigvectorsh', {}, [at(x, 0)]);
      return g.diagonal(mm(g, transposed(g, vectors), t, vectors), 0, -2, -1);
    },
    vjp: ({ g, x }, ct) => {
      const vectors = g.emit('eigvectorsh', {}, [at(x, 0)]);
      return mm(g, vectors, g.emit('diag_embed', { offset: 0 }, [ct]), transposed(g, vectors));
    },
  },
  eigvectorsh: {
    jvp: ({ g, x, y }, [t]) =>
      t === undefined || t === null ? null : mm(g, y, g.mul(gaps(g, at(x, 0)), mm(g, transposed(g, y), t, y))),
    vjp: ({ g, x, y }, ct) => mm(g, y, g.mul(gaps(g, at(x, 0)), mm(g, transposed(g, y), ct)), transposed(g, y)),
  },
  svdvals: {
    jvp: ({ g, x, y }, [t]) => {
      if (t === undefined || t === null) return null;
      const { left, right } = singularVectors(g, at(x, 0), y);
      return g.diagonal(mm(g, transposed(g, left), t, right), 0, -2, -1);
    },
    vjp: ({ g, x, y }, ct) => {
      const { left, right } = singularVectors(g, at(x, 0), y);
      return mm(g, left, g.emit('diag_embed', { offset: 0 }, [ct]), transposed(g, right));
    },
  },
  solve: {
    jvp: ({ g, x, y }, [a, b]) => {
      const through = a === undefined || a === null ? null : negative(g, mm(g, a, y));
      const right = total(g, [through, b ?? null]);
      return right === null ? null : g.emit('solve', {}, [at(x, 0), right]);
    },
    vjp: ({ g, x, y }, ct, k) => {
      const right = g.emit('solve', {}, [transposed(g, at(x, 0)), ct]);
      return k === 1 ? right : negative(g, mm(g, right, transposed(g, y)));
    },
  },
};

/** 1 / (lambda_j - lambda_i) for the eigenvalues of a symmetric matrix, 0 on the diagonal. */
function gaps(g: Emitter, x: NodeId): NodeId {
  const values = g.emit('eigvalsh', {}, [x]);
  const rank = g.rank(x);
  const differences = g.sub(g.expandDims(values, rank - 2), g.expandDims(values, rank - 1));
  const eye = g.emit('eye', { shape: g.shape(x).slice(-2), dtype: g.aval(x).dtype });
  const isDiagonal = g.binary('eq', g.broadcastTo(eye, g.shape(x)), g.scalar(1, eye));
  return g.select(
    isDiagonal,
    g.scalar(0, differences),
    g.unary('reciprocal', g.select(isDiagonal, g.scalar(1, differences), differences)),
  );
}

/** Singular vectors as columns, in the order of the singular values; right where these are distinct and not zero. */
function singularVectors(g: Emitter, x: NodeId, singular: NodeId): { readonly left: NodeId; readonly right: NodeId } {
  const rank = g.rank(x);
  const [m, n] = [sizeAt(g, x, rank - 2), sizeAt(g, x, rank - 1)];
  if (m < n) {
    const { left, right } = singularVectors(g, transposed(g, x), singular);
    return { left: right, right: left };
  }
  const ascending = g.emit('eigvectorsh', {}, [mm(g, transposed(g, x), x)]);
  const right = g.emit('reverse', { axes: [rank - 1] }, [ascending]);
  return { left: g.div(mm(g, x, right), g.expandDims(singular, rank - 2)), right };
}

function expDerivative(g: Emitter, x: NodeId, t: NodeId): NodeId {
  const rank = g.rank(x);
  const n = sizeAt(g, x, rank - 1);
  const upper = g.concatenate([x, t], rank - 1);
  const lower = g.concatenate([g.full(g.shape(x), 0, g.aval(x).dtype), x], rank - 1);
  const whole = g.emit('matrix_exp', {}, [g.concatenate([upper, lower], rank - 2)]);
  return g.sliceAxis(g.sliceAxis(whole, rank - 2, 0, n), rank - 1, n, 2 * n);
}
