/** Functions of small square matrices in double precision, for the reference on the CPU. Row-major, n by n. */

type Matrix = Float64Array;

const at = (x: ArrayLike<number>, k: number): number => x[k] ?? 0;

export function identity(n: number): Matrix {
  const x = new Float64Array(n * n);
  for (let i = 0; i < n; i++) x[i * n + i] = 1;
  return x;
}

/** (m, k) times (k, n). */
export function multiply(a: Matrix, b: Matrix, m: number, k: number, n: number): Matrix {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let l = 0; l < k; l++) {
      const factor = at(a, i * k + l);
      for (let j = 0; j < n; j++) c[i * n + j] = at(c, i * n + j) + factor * at(b, l * n + j);
    }
  }
  return c;
}

/** Gaussian elimination with row pivots: x with a x = b for b of `columns` columns, and the determinant of a. */
export function solve(a: Matrix, b: Matrix, n: number, columns: number): { readonly x: Matrix; readonly det: number } {
  const [lu, x] = [a.slice(), b.slice()];
  let det = 1;
  const swap = (rows: Matrix, width: number, i: number, j: number): void => {
    for (let k = 0; k < width; k++) {
      const kept = at(rows, i * width + k);
      rows[i * width + k] = at(rows, j * width + k);
      rows[j * width + k] = kept;
    }
  };
  const subtract = (rows: Matrix, width: number, i: number, from: number, factor: number): void => {
    for (let k = 0; k < width; k++) rows[i * width + k] = at(rows, i * width + k) - factor * at(rows, from * width + k);
  };
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let i = column + 1; i < n; i++)
      if (Math.abs(at(lu, i * n + column)) > Math.abs(at(lu, pivot * n + column))) pivot = i;
    if (pivot !== column) {
      swap(lu, n, pivot, column);
      swap(x, columns, pivot, column);
      det = -det;
    }
    const head = at(lu, column * n + column);
    det *= head;
    for (let i = 0; i < n; i++) {
      if (i === column) continue;
      const factor = at(lu, i * n + column) / head;
      if (factor === 0) continue;
      subtract(lu, n, i, column, factor);
      subtract(x, columns, i, column, factor);
    }
  }
  for (let i = 0; i < n; i++)
    for (let k = 0; k < columns; k++) x[i * columns + k] = at(x, i * columns + k) / at(lu, i * n + i);
  return { x, det };
}

/** The lower factor L of a = L L'; NaN where a is not positive definite. */
export function cholesky(a: Matrix, n: number): Matrix {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = at(a, i * n + j);
      for (let k = 0; k < j; k++) sum -= at(l, i * n + k) * at(l, j * n + k);
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / at(l, j * n + j);
    }
  }
  return l;
}

/** Scaling and squaring of the Taylor series. */
export function exponential(a: Matrix, n: number): Matrix {
  const norm = Math.max(...a.map(Math.abs), 0) * n;
  const squarings = Math.max(0, Math.ceil(Math.log2(Math.max(norm, 1e-300))) + 1);
  const small = a.map((x) => x / 2 ** squarings);
  let term = identity(n);
  let sum = identity(n);
  for (let k = 1; k <= 20; k++) {
    term = multiply(term, small, n, n, n).map((x) => x / k);
    sum = sum.map((x, i) => x + at(term, i));
  }
  for (let k = 0; k < squarings; k++) sum = multiply(sum, sum, n, n, n);
  return sum;
}

/** Jacobi's rotations: ascending eigenvalues of a symmetric matrix, and its eigenvectors as columns. */
export function symmetricEigen(a: Matrix, n: number): { readonly values: Matrix; readonly vectors: Matrix } {
  const [m, v] = [a.slice(), identity(n)];
  const rotate = (x: Matrix, k: number, l: number, c: number, s: number): void => {
    const [p, q] = [at(x, k), at(x, l)];
    x[k] = c * p - s * q;
    x[l] = s * p + c * q;
  };
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const cross = at(m, p * n + q);
        off += cross * cross;
        if (cross === 0) continue;
        const theta = (at(m, q * n + q) - at(m, p * n + p)) / (2 * cross);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        for (let k = 0; k < n; k++) rotate(m, k * n + p, k * n + q, c, t * c);
        for (let k = 0; k < n; k++) rotate(m, p * n + k, q * n + k, c, t * c);
        for (let k = 0; k < n; k++) rotate(v, k * n + p, k * n + q, c, t * c);
      }
    }
    if (off < 1e-300) break;
  }
  const order = Array.from({ length: n }, (_, k) => k).sort((i, j) => at(m, i * n + i) - at(m, j * n + j));
  const vectors = new Float64Array(n * n);
  order.forEach((from, k) => {
    for (let i = 0; i < n; i++) vectors[i * n + k] = at(v, i * n + from);
  });
  return { values: Float64Array.from(order, (k) => at(m, k * n + k)), vectors };
}

/** Descending singular values of (m, n) by one-sided Jacobi rotations. */
export function singularValues(a: Matrix, m: number, n: number): Matrix {
  if (m < n) {
    const turned = new Float64Array(a.length);
    for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) turned[j * m + i] = at(a, i * n + j);
    return singularValues(turned, n, m);
  }
  const x = a.slice();
  const inner = (p: number, q: number): number => {
    let sum = 0;
    for (let i = 0; i < m; i++) sum += at(x, i * n + p) * at(x, i * n + q);
    return sum;
  };
  for (let sweep = 0; sweep < 60; sweep++) {
    let done = true;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const [alpha, beta, gamma] = [inner(p, p), inner(q, q), inner(p, q)];
        if (Math.abs(gamma) <= 1e-16 * Math.sqrt(alpha * beta)) continue;
        done = false;
        const zeta = (beta - alpha) / (2 * gamma);
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(zeta, 1));
        const c = 1 / Math.hypot(t, 1);
        for (let i = 0; i < m; i++) {
          const [u, w] = [at(x, i * n + p), at(x, i * n + q)];
          x[i * n + p] = c * u - t * c * w;
          x[i * n + q] = t * c * u + c * w;
        }
      }
    }
    if (done) break;
  }
  return Float64Array.from({ length: n }, (_, k) => Math.sqrt(inner(k, k)))
    .sort()
    .reverse();
}
