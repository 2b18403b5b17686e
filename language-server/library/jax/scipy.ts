import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { dimAt, isFloating, requireEqual, ShapeError, showShape } from '../../graph/shape.ts';
import { PythonError, Unknowable } from '../context.ts';
import { borrow, borrowNode } from '../numpy/borrow.ts';
import { asArray, type Call } from '../numpy/dialect.ts';
import { opaqueMap } from '../torch/elementwise.ts';
import { solveMatrices } from '../torch/linalg.ts';
import { opaque } from '../torch/opaque.ts';
import { bool, type NativeValue, tensor, tuple, type Value } from '../values.ts';
import { jaxFunction, jaxOp } from './function.ts';

/** jax.scipy (https://docs.jax.dev/en/latest/jax.scipy.html): special functions, matrices, densities. */

/** Functions of one number, by what torch.special calls them. */
const unaries: Readonly<Record<string, string>> = {
  erf: 'special.erf',
  erfc: 'special.erfc',
  erfcx: 'special.erfcx',
  erfinv: 'special.erfinv',
  expit: 'special.expit',
  logit: 'special.logit',
  gammaln: 'special.gammaln',
  digamma: 'special.digamma',
  entr: 'special.entr',
  i0: 'special.i0',
  i0e: 'special.i0e',
  i1: 'special.i1',
  i1e: 'special.i1e',
  ndtr: 'special.ndtr',
  ndtri: 'special.ndtri',
  log_ndtr: 'special.log_ndtr',
};

/** Those that are not followed further. */
const unfollowed = ['gamma', 'loggamma', 'exp1', 'expi', 'spence', 'dawsn', 'gammasgn'];

const pairs: Readonly<Record<string, string>> = {
  xlogy: 'special.xlogy',
  xlog1py: 'special.xlog1py',
  gammainc: 'special.gammainc',
  gammaincc: 'special.gammaincc',
  zeta: 'special.zeta',
};
const unfollowedPairs = ['beta', 'betaln', 'kl_div', 'rel_entr', 'poch', 'boxcox', 'boxcox1p'];

function pairOf(call: Call, first: string, second: string): readonly [NodeId, NodeId] {
  const [a, b] = call.pair(first, second);
  return [call.inFloating(a), call.inFloating(b)];
}

const special: readonly NativeValue[] = [
  ...Object.entries(unaries).map(([name, theirs]) =>
    jaxOp(`jax.scipy.special.${name}`, '(x)', (call) => {
      const { dtype } = call.build.aval(call.array('x'));
      // The normal distribution's own functions take no whole numbers.
      if (name.includes('ndtr') && !isFloating(dtype))
        throw new PythonError('TypeError', `${name} does not accept dtype ${dtype}`);
      return borrowNode(call.cx, theirs, { input: call.floating('x') });
    }),
  ),
  ...unfollowed.map((name) =>
    jaxOp(`jax.scipy.special.${name}`, '(x)', (call) => opaqueMap(call.cx, name, [call.floating('x')])),
  ),
  ...Object.entries(pairs).map(([name, theirs]) =>
    jaxOp(`jax.scipy.special.${name}`, '(x, y)', (call) => {
      const [a, b] = pairOf(call, 'x', 'y');
      return borrowNode(call.cx, theirs, { input: a, other: b });
    }),
  ),
  ...unfollowedPairs.map((name) =>
    jaxOp(`jax.scipy.special.${name}`, '(x, y)', (call) => opaqueMap(call.cx, name, pairOf(call, 'x', 'y'))),
  ),
];

/** torch's function of one square matrix. */
function matrix(name: string, theirs: string, parameter: string, options: string): NativeValue {
  return jaxOp(`jax.scipy.linalg.${name}`, `(${parameter}${options})`, (call) =>
    borrowNode(call.cx, theirs, { A: call.floating(parameter) }),
  );
}

/** Solves a @ x = b with any kind of matrix; b is one vector if it has one axis less. */
function solve(call: Call, a: NodeId, b: NodeId): NodeId {
  const { build } = call;
  const [own, given] = [build.shape(a), build.shape(b)];
  if (own.length < 2) throw new ShapeError(`a matrix is wanted, not ${showShape(own)}`);
  requireEqual(
    dimAt(own, own.length - 1),
    dimAt(own, own.length - 2),
    () => `a square matrix is wanted, not ${showShape(own)}`,
  );
  if (given.length === own.length - 1) {
    requireEqual(
      dimAt(own, own.length - 1),
      dimAt(given, given.length - 1),
      () => `solve: ${showShape(own)} and ${showShape(given)} do not fit`,
    );
    return build.dropAxis(solve(call, a, build.expandDims(b, given.length)), -1);
  }
  if (given.length < 2) throw new Unknowable('the right side of this solve is not followed');
  return solveMatrices(call.cx, a, b);
}

const overwrite = ', overwrite_a=False, check_finite=True';

const linalg: readonly NativeValue[] = [
  matrix('inv', 'linalg.inv', 'a', overwrite),
  matrix('det', 'linalg.det', 'a', overwrite),
  matrix('expm', 'linalg.matrix_exp', 'A', ', *, upper_triangular=False, max_squarings=16'),
  jaxOp('jax.scipy.linalg.cholesky', `(a, lower=False${overwrite})`, (call) =>
    borrowNode(call.cx, 'linalg.cholesky', { A: call.floating('a'), upper: bool(!call.bool('lower', false)) }),
  ),
  jaxFunction('jax.scipy.linalg.cho_factor', `(a, lower=False${overwrite})`, (call) =>
    tuple([
      call.result(
        borrowNode(call.cx, 'linalg.cholesky', { A: call.floating('a'), upper: bool(!call.bool('lower', false)) }),
      ),
      bool(call.bool('lower', false)),
    ]),
  ),
  jaxOp('jax.scipy.linalg.cho_solve', '(c_and_lower, b, overwrite_b=False, check_finite=True)', (call) => {
    const [factor, lower] = call.cx.items(call.value('c_and_lower'));
    if (factor === undefined || lower?.kind !== 'bool') throw new Unknowable('which factor this is is not known');
    const c = asArray(call.d, call.cx, factor);
    const flipped = call.build.swapAxes(c, -2, -1);
    const a = lower.value === true ? call.build.matmul(c, flipped) : call.build.matmul(flipped, c);
    return solve(call, a, call.floating('b'));
  }),
  jaxOp(
    'jax.scipy.linalg.solve',
    '(a, b, lower=False, overwrite_a=False, overwrite_b=False, debug=False, check_finite=True, assume_a=None)',
    (call) => solve(call, call.floating('a'), call.floating('b')),
  ),
  jaxOp(
    'jax.scipy.linalg.solve_triangular',
    '(a, b, trans=0, lower=False, unit_diagonal=False, overwrite_b=False, debug=None, check_finite=True)',
    (call) => solve(call, call.floating('a'), call.floating('b')),
  ),
  jaxOp('jax.scipy.linalg.block_diag', '(*arrs)', (call) =>
    borrowBlocks(
      call,
      call.rest.map((value) => asArray(call.d, call.cx, value)),
    ),
  ),
  jaxFunction(
    'jax.scipy.linalg.svd',
    '(a, full_matrices=True, compute_uv=True, overwrite_a=False, check_finite=True, lapack_driver=None)',
    (call) => {
      const x = call.floating('a');
      if (!call.bool('compute_uv', true)) return call.result(borrowNode(call.cx, 'linalg.svdvals', { A: x }));
      const parts = borrow(call.cx, 'linalg.svd', { A: x, full_matrices: bool(call.bool('full_matrices', true)) });
      return parts.kind === 'tuple' ? tuple(parts.items.map(adopted)) : parts;
    },
  ),
];

function borrowBlocks(call: Call, nodes: readonly NodeId[]): NodeId {
  const { build } = call;
  const blocks = nodes.map((node) => {
    const rank = build.rank(node);
    if (rank > 2) throw new ShapeError(`block_diag: matrices are wanted, not ${showShape(build.shape(node))}`);
    return rank === 2 ? node : build.reshape(node, rank === 1 ? [1, ...build.shape(node)] : [1, 1]);
  });
  const shapes = blocks.map((node) => build.shape(node));
  const total = (axis: number): Dim => shapes.map((shape) => dimAt(shape, axis)).reduce(D.add, 0);
  return opaque(call.cx, 'block_diag', blocks, [total(0), total(1)], build.commonType(blocks));
}

function adopted(value: Value): Value {
  return value.kind === 'tensor' ? tensor(value.node, 'jax') : value;
}

/** Densities of each element: the shape that its arguments stretch to. */
const densities: Readonly<Record<string, readonly [parameters: string, names: readonly string[]]>> = {
  norm: ['x, loc=0, scale=1', ['x', 'loc', 'scale']],
  uniform: ['x, loc=0, scale=1', ['x', 'loc', 'scale']],
  laplace: ['x, loc=0, scale=1', ['x', 'loc', 'scale']],
  cauchy: ['x, loc=0, scale=1', ['x', 'loc', 'scale']],
  logistic: ['x, loc=0, scale=1', ['x', 'loc', 'scale']],
  expon: ['x, loc=0, scale=1', ['x', 'loc', 'scale']],
  gamma: ['x, a, loc=0, scale=1', ['x', 'a', 'loc', 'scale']],
  beta: ['x, a, b, loc=0, scale=1', ['x', 'a', 'b', 'loc', 'scale']],
  t: ['x, df, loc=0, scale=1', ['x', 'df', 'loc', 'scale']],
  chi2: ['x, df, loc=0, scale=1', ['x', 'df', 'loc', 'scale']],
};

const stats: readonly NativeValue[] = [
  ...Object.entries(densities).flatMap(([name, [parameters, names]]) =>
    ['pdf', 'logpdf', 'cdf', 'logcdf', 'sf', 'logsf', 'ppf', 'isf'].map((kind) =>
      jaxOp(
        `jax.scipy.stats.${name}.${kind}`,
        `(${parameters.replace(/^x/, kind === 'ppf' || kind === 'isf' ? 'x|q' : 'x')})`,
        (call) => {
          const nodes = names.flatMap((each) => (call.optional(each) === null ? [] : [call.floating(each)]));
          return opaqueMap(call.cx, `${name}.${kind}`, nodes);
        },
      ),
    ),
  ),
];

export const scipy: readonly NativeValue[] = [...special, ...linalg, ...stats];
