import type { NodeId } from '../../../graph/graph.ts';
import { broadcastShapes, dimAt, type Shape, showShape } from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { op } from '../../define.ts';
import type { NativeValue } from '../../values.ts';
import { solve } from '../linalg.ts';
import { except, opaque } from '../opaque.ts';
import { requireSquare } from '../products.ts';
import { type Kind, type Made, module, type Own, requireElements } from './distribution.ts';
import { number } from './formula.ts';
import { standardGamma } from './scalar.ts';

/** Distributions of vectors, and of one of several categories. */

/** The only one of these parameters that is given. */
function onlyOne(args: Args, names: readonly string[]): string {
  const given = names.filter((name) => args.optional(name) !== null);
  const [name] = given;
  if (name === undefined || given.length > 1)
    throw new PythonError('ValueError', `Exactly one of ${names.join(' or ')} must be specified`);
  return name;
}

// Categories

/** Probabilities that add up to one, or their logarithms, over the last axis. */
function categories(cx: Context, args: Args, isEvent: boolean): Made {
  const { build } = cx;
  const name = onlyOne(args, ['probs', 'logits']);
  const given = args.tensor(name);
  const shape = build.shape(given);
  if (shape.length === 0)
    throw new PythonError('ValueError', `\`${name}\` parameter must be at least one-dimensional.`);
  requireElements(shape);
  const last = [shape.length - 1];
  const node =
    name === 'probs'
      ? build.div(given, build.sum(given, last, true))
      : build.sub(given, build.logSumExp(given, last, true));
  return { parameters: { [name]: node }, batch: shape.slice(0, -1), event: isEvent ? shape.slice(-1) : [] };
}

const lastAxis = ({ cx }: Own, x: NodeId): number => cx.build.rank(x) - 1;

const fromEachOther: Kind['properties'] = {
  probs: (own) => own.cx.build.softmax(own.p('logits'), lastAxis(own, own.p('logits'))),
  logits: (own) => own.f.log(own.p('probs')),
};

const categoricalEntropy = (own: Own): NodeId => {
  const { cx, f, p } = own;
  const logits = p('logits');
  return f.neg(cx.build.sum(f.mul(logits, p('probs')), [lastAxis(own, logits)]));
};

/** One category a draw: no draw can be differentiated. */
function drawCategory(own: Own, shape: Shape): NodeId {
  const { cx, p } = own;
  if (shape.includes(0)) throw new PythonError('RuntimeError', 'cannot sample n_sample <= 0 samples');
  const probs = p('probs');
  const rank = cx.build.rank(probs);
  const lead = cx.build.broadcastTo(probs, [...shape, dimAt(cx.build.shape(probs), rank - 1)]);
  return opaque(cx, 'torch.multinomial', [lead], shape, 'int64', except(shape.length));
}

const notANumber = ({ cx, f, batch, p }: Own): NodeId => {
  const { dtype } = cx.build.aval(p('probs'));
  return f.build.full(batch, Number.NaN, dtype);
};

const categorical: Kind = {
  name: 'Categorical',
  signature: 'probs=None, logits=None',
  make: (cx, args) => categories(cx, args, false),
  eventAxes: { probs: 1, logits: 1 },
  differentiable: false,
  draw: drawCategory,
  logProb: (own, x) => {
    const { cx, p } = own;
    const { build } = cx;
    const logits = p('logits');
    const shape = broadcastShapes(build.shape(x), own.batch);
    const table = build.broadcastTo(logits, [...shape, dimAt(build.shape(logits), lastAxis(own, logits))]);
    const index = build.expandDims(build.broadcastTo(build.convert(x, 'int64'), shape), shape.length);
    return build.dropAxis(build.emit('take_along_axis', { axis: shape.length }, [table, index]), shape.length);
  },
  entropy: categoricalEntropy,
  properties: {
    ...fromEachOther,
    mean: notANumber,
    variance: notANumber,
    mode: (own) => own.cx.build.emit('argmax', { axis: lastAxis(own, own.p('probs')) }, [own.p('probs')]),
  },
};

/** The category of each vector as a vector of zeros and a one. */
function oneHot({ cx }: Own, index: NodeId, count: Shape, like: NodeId): NodeId {
  const { build } = cx;
  const rank = build.rank(index);
  const places = build.emit('iota', { start: 0, step: 1, shape: count, dtype: 'int64' }, []);
  const equal = build.binary('eq', build.expandDims(index, rank), places);
  return build.convert(equal, build.aval(like).dtype);
}

const oneHotCategorical: Kind = {
  name: 'OneHotCategorical',
  signature: 'probs=None, logits=None',
  make: (cx, args) => categories(cx, args, true),
  eventAxes: { probs: 1, logits: 1 },
  differentiable: false,
  draw: (own, shape) => oneHot(own, drawCategory(own, shape.slice(0, -1)), own.event, own.p('probs')),
  logProb: (own, x) => {
    const terms = own.f.mul(x, own.p('logits'));
    return own.cx.build.sum(terms, [lastAxis(own, terms)]);
  },
  entropy: categoricalEntropy,
  properties: {
    ...fromEachOther,
    mean: ({ p }) => p('probs'),
    variance: ({ f, p }) => f.mul(p('probs'), f.from(1, p('probs'))),
    mode: (own) => {
      const probs = own.p('probs');
      const best = own.cx.build.emit('argmax', { axis: lastAxis(own, probs) }, [probs]);
      return oneHot(own, best, own.event, probs);
    },
  },
};

const dirichlet: Kind = {
  name: 'Dirichlet',
  signature: 'concentration',
  make: (cx, args) => {
    const concentration = args.tensor('concentration');
    const shape = cx.build.shape(concentration);
    if (shape.length === 0)
      throw new PythonError('ValueError', '`concentration` parameter must be at least one-dimensional.');
    requireElements(shape);
    return { parameters: { concentration }, batch: shape.slice(0, -1), event: shape.slice(-1) };
  },
  eventAxes: { concentration: 1 },
  differentiable: true,
  draw: (own, shape) => {
    const parts = standardGamma(own, own.p('concentration'), shape);
    return own.f.div(parts, own.cx.build.sum(parts, [shape.length - 1], true));
  },
  logProb: (own, x) => {
    const { cx, f, p } = own;
    const concentration = p('concentration');
    const sum = (node: NodeId): NodeId => cx.build.sum(node, [lastAxis(own, node)]);
    const terms = f.mul(f.sub(concentration, number(1)), f.log(x));
    return f.sub(f.add(sum(terms), f.lgamma(sum(concentration))), sum(f.lgamma(concentration)));
  },
  entropy: (own) => {
    const { cx, f, p, event } = own;
    const concentration = p('concentration');
    const sum = (node: NodeId): NodeId => cx.build.sum(node, [lastAxis(own, node)]);
    const total = sum(concentration);
    const count = cx.build.dimScalar(dimAt(event, 0), cx.build.aval(total).dtype);
    return f.sub(
      f.sub(sum(f.lgamma(concentration)), f.lgamma(total)),
      f.mul(f.sub(count, total), f.digamma(total)),
      sum(f.mul(f.sub(concentration, number(1)), f.digamma(concentration))),
    );
  },
  properties: {
    mean: (own) => {
      const concentration = own.p('concentration');
      return own.f.div(concentration, own.cx.build.sum(concentration, [lastAxis(own, concentration)], true));
    },
    mode: (own) => {
      const all = own.f.sub(own.p('concentration'), number(1));
      const less = own.cx.build.binary('max', all, own.cx.build.scalar(0, all));
      return own.f.div(less, own.cx.build.sum(less, [lastAxis(own, less)], true));
    },
    variance: (own) => {
      const { f, p, cx } = own;
      const concentration = p('concentration');
      const total = cx.build.sum(concentration, [lastAxis(own, concentration)], true);
      return f.div(f.mul(concentration, f.sub(total, concentration)), f.mul(f.square(total), f.add(total, number(1))));
    },
  },
};

// Normal distributions of vectors

/** Covariance, precision, or the lower factor of the covariance: whichever is given, its factor. */
function factorOf(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const name = onlyOne(args, ['covariance_matrix', 'precision_matrix', 'scale_tril']);
  const matrix = args.tensor(name);
  if (build.rank(matrix) < 2)
    throw new PythonError(
      'ValueError',
      `${name} must be at least two-dimensional, with optional leading batch dimensions`,
    );
  if (name === 'scale_tril') return matrix;
  requireSquare(cx, matrix, name);
  return build.emit('cholesky', {}, [name === 'precision_matrix' ? build.emit('inverse', {}, [matrix]) : matrix]);
}

/** The mean of all vectors of the batch, which the matrices may have more of. */
function location(
  cx: Context,
  args: Args,
  batchOfMatrices: Shape,
): Pick<Made, 'batch' | 'event'> & { readonly loc: NodeId } {
  const { build } = cx;
  const loc = args.tensor('loc');
  const own = build.shape(loc);
  if (own.length < 1) throw new PythonError('ValueError', 'loc must be at least one-dimensional.');
  const batch = broadcastShapes(batchOfMatrices, own.slice(0, -1));
  const event = own.slice(-1);
  requireElements([...batch, ...event]);
  return { loc: build.broadcastTo(loc, [...batch, ...event]), batch, event };
}

/** Squared lengths of the distances to the mean, measured by the factor. */
function mahalanobis({ cx, f }: Own, factor: NodeId, distance: NodeId): NodeId {
  const { build } = cx;
  const lead = broadcastShapes(build.shape(distance).slice(0, -1), build.shape(factor).slice(0, -2));
  const whole = build.broadcastTo(factor, [...lead, ...build.shape(factor).slice(-2)]);
  const column = build.expandDims(
    build.broadcastTo(distance, [...lead, ...build.shape(distance).slice(-1)]),
    lead.length + 1,
  );
  return build.sum(f.square(solve(cx, whole, column)), [lead.length, lead.length + 1]);
}

function logDetOfFactor({ cx, f }: Own, factor: NodeId): NodeId {
  const rank = cx.build.rank(factor);
  return cx.build.sum(f.log(cx.build.diagonal(factor, 0, rank - 2, rank - 1)), [rank - 2]);
}

/** factor @ z for each vector of normal draws. */
function stretched({ cx }: Own, factor: NodeId, z: NodeId): NodeId {
  const { build } = cx;
  const product = build.matmul(factor, build.expandDims(z, build.rank(z)));
  return build.dropAxis(product, build.rank(product) - 1);
}

function covariance({ cx, p }: Own): NodeId {
  const { build } = cx;
  const factor = p('scale_tril');
  return build.matmul(factor, build.swapAxes(factor, -2, -1));
}

const size = ({ cx, event, p }: Own): NodeId => cx.build.dimScalar(dimAt(event, 0), cx.build.aval(p('loc')).dtype);

const logTwoPi = Math.log(2 * Math.PI);

const multivariateNormal: Kind = {
  name: 'MultivariateNormal',
  signature: 'loc, covariance_matrix=None, precision_matrix=None, scale_tril=None',
  make: (cx, args) => {
    const { build } = cx;
    const factor = factorOf(cx, args);
    const shape = build.shape(factor);
    const { loc, batch, event } = location(cx, args, shape.slice(0, -2));
    // Torch takes them so, and raises when they first meet.
    if (showShape(shape.slice(-1)) !== showShape(event))
      throw new Unknowable(`a mean of ${showShape(event)} and a matrix of ${showShape(shape)} do not fit`);
    return {
      parameters: { loc, scale_tril: build.broadcastTo(factor, [...batch, ...shape.slice(-2)]) },
      batch,
      event,
    };
  },
  eventAxes: { loc: 1, scale_tril: 2 },
  differentiable: true,
  draw: (own, shape) => {
    const z = own.cx.build.random(shape, { kind: 'normal', mean: 0, std: 1 }, own.cx.build.aval(own.p('loc')).dtype);
    return own.f.add(own.p('loc'), stretched(own, own.p('scale_tril'), z));
  },
  logProb: (own, x) => {
    const { f, p } = own;
    const distance = mahalanobis(own, p('scale_tril'), f.sub(x, p('loc')));
    const constant = f.mul(size(own), number(logTwoPi));
    return f.sub(f.mul(f.add(distance, constant), number(-0.5)), logDetOfFactor(own, p('scale_tril')));
  },
  entropy: (own) => {
    const { f, p } = own;
    return f.add(logDetOfFactor(own, p('scale_tril')), f.mul(size(own), number(0.5 * (1 + logTwoPi))));
  },
  properties: {
    mean: ({ p }) => p('loc'),
    mode: ({ p }) => p('loc'),
    variance: ({ cx, f, p }) => cx.build.sum(f.square(p('scale_tril')), [cx.build.rank(p('scale_tril')) - 1]),
    covariance_matrix: covariance,
    precision_matrix: (own) => own.cx.build.emit('inverse', {}, [covariance(own)]),
  },
};

/** factor factor^T + diagonal. */
function lowRankCovariance({ cx, f, p }: Own): NodeId {
  const { build } = cx;
  const factor = p('cov_factor');
  const product = build.matmul(factor, build.swapAxes(factor, -2, -1));
  return f.add(product, build.emit('diag_embed', { offset: 0 }, [p('cov_diag')]));
}

const lowRankMultivariateNormal: Kind = {
  name: 'LowRankMultivariateNormal',
  signature: 'loc, cov_factor, cov_diag',
  make: (cx, args) => {
    const { build } = cx;
    const [factor, diagonal] = [args.tensor('cov_factor'), args.tensor('cov_diag')];
    const [wide, own] = [build.shape(factor), build.shape(diagonal)];
    const size = build.shape(args.tensor('loc')).slice(-1);
    if (wide.length < 2 || showShape(wide.slice(-2, -1)) !== showShape(size))
      throw new PythonError('ValueError', `cov_factor must be a batch of matrices with shape ${showShape(size)} x m`);
    if (showShape(own.slice(-1)) !== showShape(size))
      throw new PythonError('ValueError', `cov_diag must be a batch of vectors with shape ${showShape(size)}`);
    const lead = broadcastShapes(wide.slice(0, -2), own.slice(0, -1));
    const { loc, batch, event } = location(cx, args, lead);
    return {
      parameters: {
        loc,
        cov_factor: build.broadcastTo(factor, [...batch, ...wide.slice(-2)]),
        cov_diag: build.broadcastTo(diagonal, [...batch, ...event]),
      },
      batch,
      event,
    };
  },
  eventAxes: { loc: 1, cov_factor: 2, cov_diag: 1 },
  differentiable: true,
  draw: (own, shape) => {
    const { cx, f, p } = own;
    const { dtype } = cx.build.aval(p('loc'));
    const draws = (of: Shape): NodeId => cx.build.random(of, { kind: 'normal', mean: 0, std: 1 }, dtype);
    const rank = cx.build.shape(p('cov_factor')).slice(-1);
    return f.add(
      p('loc'),
      stretched(own, p('cov_factor'), draws([...shape.slice(0, -1), ...rank])),
      f.mul(f.sqrt(p('cov_diag')), draws(shape)),
    );
  },
  logProb: (own, x) => {
    const { cx, f, p } = own;
    const factor = cx.build.emit('cholesky', {}, [lowRankCovariance(own)]);
    const distance = mahalanobis(own, factor, f.sub(x, p('loc')));
    const constant = f.mul(size(own), number(logTwoPi));
    return f.sub(f.mul(f.add(distance, constant), number(-0.5)), logDetOfFactor(own, factor));
  },
  entropy: (own) => {
    const { cx, f } = own;
    const factor = cx.build.emit('cholesky', {}, [lowRankCovariance(own)]);
    return f.add(logDetOfFactor(own, factor), f.mul(size(own), number(0.5 * (1 + logTwoPi))));
  },
  properties: {
    mean: ({ p }) => p('loc'),
    mode: ({ p }) => p('loc'),
    variance: ({ cx, f, p }) =>
      f.add(cx.build.sum(f.square(p('cov_factor')), [cx.build.rank(p('cov_factor')) - 1]), p('cov_diag')),
    covariance_matrix: lowRankCovariance,
    precision_matrix: (own) => own.cx.build.emit('inverse', {}, [lowRankCovariance(own)]),
    scale_tril: (own) => own.cx.build.emit('cholesky', {}, [lowRankCovariance(own)]),
  },
};

export const vectorKinds: readonly Kind[] = [
  categorical,
  oneHotCategorical,
  dirichlet,
  multivariateNormal,
  lowRankMultivariateNormal,
];

/** The Cholesky factor of the covariance whose inverse is given, which other libraries call by its private name. */
export const precisionToScale: NativeValue = op(
  `${module}.multivariate_normal._precision_to_scale_tril`,
  '(P)',
  (cx, args) => {
    const precision = args.tensor('P');
    requireSquare(cx, precision, '_precision_to_scale_tril');
    return cx.build.emit('cholesky', {}, [cx.build.emit('inverse', {}, [precision])]);
  },
);
