import type { NodeId } from '../../../graph/graph.ts';
import type { Shape } from '../../../graph/shape.ts';
import { PythonError } from '../../context.ts';
import { opaqueMap } from '../elementwise.ts';
import { broadcastAll, type Kind, type Own, requireElements } from './distribution.ts';
import { number } from './formula.ts';

/** Distributions of single numbers: every function of them is one of each element by itself. */

const uniform = ({ cx, p }: Own, shape: Shape, like: string, low = 0): NodeId =>
  cx.build.random(shape, { kind: 'uniform', low, high: 1 }, cx.build.aval(p(like)).dtype);

const normal = ({ cx, p }: Own, shape: Shape, like: string): NodeId =>
  cx.build.random(shape, { kind: 'normal', mean: 0, std: 1 }, cx.build.aval(p(like)).dtype);

/** Draws of a gamma distribution with rate 1, differentiable by the concentration. */
export function standardGamma({ cx }: Own, concentration: NodeId, shape: Shape): NodeId {
  return opaqueMap(cx, 'torch._standard_gamma', [cx.build.broadcastTo(concentration, shape)]);
}

/** The parameters by name, all broadcast together: the batch is what comes of them. */
function ofParameters(signature: string): Pick<Kind, 'signature' | 'make'> {
  const named = signature.split(',').map((part) => part.trim().split('='));
  return {
    signature,
    make: (cx, args) => {
      const values = named.map(([name = '', otherwise]) =>
        args.has(name) || otherwise === undefined
          ? args.value(name)
          : ({ kind: 'float', value: Number(otherwise) } as const),
      );
      const nodes = broadcastAll(cx, values);
      const [first] = nodes;
      return {
        parameters: Object.fromEntries(
          named.flatMap(([name = ''], k) => (nodes[k] === undefined ? [] : [[name, nodes[k]]])),
        ),
        batch: first === undefined ? [] : cx.build.shape(first),
        event: [],
      };
    },
  };
}

const halfLogTwoPi = number(0.5 * Math.log(2 * Math.PI));
const euler = 0.5772156649015329;

function normalLogProb({ f, p }: Own, x: NodeId): NodeId {
  const scale = p('scale');
  const distance = f.square(f.sub(x, p('loc')));
  return f.sub(f.div(f.neg(distance), f.mul(f.square(scale), number(2))), f.log(scale), halfLogTwoPi);
}

function normalCdf({ f, p, cx }: Own, x: NodeId): NodeId {
  const z = f.div(f.sub(x, p('loc')), f.mul(p('scale'), number(Math.SQRT2)));
  return f.mul(f.add(cx.build.unary('erf', z), number(1)), number(0.5));
}

function normalIcdf({ f, p, cx }: Own, x: NodeId): NodeId {
  const z = cx.build.unary('erf_inv', f.sub(f.mul(x, number(2)), number(1)));
  return f.add(p('loc'), f.mul(p('scale'), z, number(Math.SQRT2)));
}

const drawNormal = (own: Own, shape: Shape): NodeId =>
  own.f.add(own.p('loc'), own.f.mul(own.p('scale'), normal(own, shape, 'loc')));

const normalEntropy = ({ f, p }: Own): NodeId => f.add(f.log(p('scale')), number(0.5), halfLogTwoPi);

const gamma: Kind = {
  name: 'Gamma',
  ...ofParameters('concentration, rate'),
  takesNumbers: true,
  differentiable: true,
  draw: (own, shape) => own.f.div(standardGamma(own, own.p('concentration'), shape), own.p('rate')),
  logProb: ({ f, p }, x) => {
    const [concentration, rate] = [p('concentration'), p('rate')];
    return f.sub(
      f.add(f.mul(concentration, f.log(rate)), f.mul(f.sub(concentration, number(1)), f.log(x))),
      f.mul(rate, x),
      f.lgamma(concentration),
    );
  },
  entropy: ({ f, p }) => {
    const concentration = p('concentration');
    return f.add(
      f.sub(concentration, f.log(p('rate'))),
      f.lgamma(concentration),
      f.mul(f.from(1, concentration), f.digamma(concentration)),
    );
  },
  cdf: ({ f, p, cx }, x) => opaqueMap(cx, 'torch.special.gammainc', [p('concentration'), f.mul(p('rate'), x)]),
  properties: {
    mean: ({ f, p }) => f.div(p('concentration'), p('rate')),
    variance: ({ f, p }) => f.div(p('concentration'), f.square(p('rate'))),
    mode: ({ f, p, cx }) => {
      const mode = f.div(f.sub(p('concentration'), number(1)), p('rate'));
      return cx.build.binary('max', mode, cx.build.scalar(0, mode));
    },
  },
};

const beta = ofParameters('concentration1, concentration0');

/** The parameter of a Bernoulli distribution, as logarithms of the odds. */
const logits = ({ p }: Own): NodeId => p('logits');

export const scalarKinds: readonly Kind[] = [
  {
    name: 'Normal',
    ...ofParameters('loc, scale'),
    differentiable: true,
    draw: drawNormal,
    logProb: normalLogProb,
    entropy: normalEntropy,
    cdf: normalCdf,
    icdf: normalIcdf,
    properties: {
      mean: ({ p }) => p('loc'),
      mode: ({ p }) => p('loc'),
      stddev: ({ p }) => p('scale'),
      variance: ({ f, p }) => f.square(p('scale')),
    },
  },
  {
    name: 'LogNormal',
    ...ofParameters('loc, scale'),
    differentiable: true,
    draw: (own, shape) => own.f.exp(drawNormal(own, shape)),
    logProb: (own, x) => own.f.sub(normalLogProb(own, own.f.log(x)), own.f.log(x)),
    entropy: (own) => own.f.add(normalEntropy(own), own.p('loc')),
    cdf: (own, x) => normalCdf(own, own.f.log(x)),
    icdf: (own, x) => own.f.exp(normalIcdf(own, x)),
    properties: {
      mean: ({ f, p }) => f.exp(f.add(p('loc'), f.mul(f.square(p('scale')), number(0.5)))),
      mode: ({ f, p }) => f.exp(f.sub(p('loc'), f.square(p('scale')))),
      variance: ({ f, p }) => {
        const square = f.square(p('scale'));
        return f.mul(f.expm1(square), f.exp(f.add(f.mul(p('loc'), number(2)), square)));
      },
    },
  },
  {
    name: 'HalfNormal',
    ...ofParameters('scale'),
    differentiable: true,
    draw: (own, shape) => own.f.abs(own.f.mul(normal(own, shape, 'scale'), own.p('scale'))),
    logProb: ({ f, p }, x) => {
      const scale = p('scale');
      const density = f.sub(
        f.div(f.neg(f.square(x)), f.mul(f.square(scale), number(2))),
        f.log(scale),
        number(0.5 * Math.log(Math.PI / 2)),
      );
      return f.where('ge', x, 0, density, number(Number.NEGATIVE_INFINITY));
    },
    entropy: ({ f, p }) => f.add(f.log(p('scale')), number(0.5 * Math.log((Math.PI * Math.E) / 2))),
    cdf: ({ f, p, cx }, x) => cx.build.unary('erf', f.div(x, f.mul(p('scale'), number(Math.SQRT2)))),
    icdf: ({ f, p, cx }, x) => f.mul(cx.build.unary('erf_inv', x), p('scale'), number(Math.SQRT2)),
    properties: {
      mean: ({ f, p }) => f.mul(p('scale'), number(Math.sqrt(2 / Math.PI))),
      mode: ({ f, p }) => f.like(p('scale'), 0),
      variance: ({ f, p }) => f.mul(f.square(p('scale')), number(1 - 2 / Math.PI)),
    },
  },
  {
    name: 'Uniform',
    ...ofParameters('low, high'),
    differentiable: true,
    draw: (own, shape) =>
      own.f.add(own.p('low'), own.f.mul(uniform(own, shape, 'low'), own.f.sub(own.p('high'), own.p('low')))),
    logProb: ({ f, p, cx }, x) => {
      const inside = cx.build.binary(
        'logical_and',
        cx.build.binary('le', p('low'), x),
        cx.build.binary('gt', p('high'), x),
      );
      return f.sub(f.log(cx.build.convert(inside, cx.build.aval(p('low')).dtype)), f.log(f.sub(p('high'), p('low'))));
    },
    entropy: ({ f, p }) => f.log(f.sub(p('high'), p('low'))),
    cdf: ({ f, p, cx }, x) => {
      const share = f.div(f.sub(x, p('low')), f.sub(p('high'), p('low')));
      return cx.build.binary(
        'min',
        cx.build.binary('max', share, cx.build.scalar(0, share)),
        cx.build.scalar(1, share),
      );
    },
    icdf: ({ f, p }, x) => f.add(f.mul(x, f.sub(p('high'), p('low'))), p('low')),
    properties: {
      mean: ({ f, p }) => f.mul(f.add(p('high'), p('low')), number(0.5)),
      variance: ({ f, p }) => f.div(f.square(f.sub(p('high'), p('low'))), number(12)),
      stddev: ({ f, p }) => f.div(f.sub(p('high'), p('low')), number(Math.sqrt(12))),
      mode: ({ f, p }) => f.mul(p('high'), number(Number.NaN)),
    },
  },
  {
    name: 'Exponential',
    ...ofParameters('rate'),
    differentiable: true,
    draw: (own, shape) => own.f.div(own.f.neg(own.f.log1p(own.f.neg(uniform(own, shape, 'rate')))), own.p('rate')),
    logProb: ({ f, p }, x) => f.sub(f.log(p('rate')), f.mul(p('rate'), x)),
    entropy: ({ f, p }) => f.from(1, f.log(p('rate'))),
    cdf: ({ f, p }, x) => f.from(1, f.exp(f.neg(f.mul(p('rate'), x)))),
    icdf: ({ f, p }, x) => f.div(f.neg(f.log1p(f.neg(x))), p('rate')),
    properties: {
      mean: ({ f, p }) => f.over(1, p('rate')),
      stddev: ({ f, p }) => f.over(1, p('rate')),
      mode: ({ f, p }) => f.like(p('rate'), 0),
      variance: ({ f, p }) => f.over(1, f.square(p('rate'))),
    },
  },
  {
    name: 'Laplace',
    ...ofParameters('loc, scale'),
    differentiable: true,
    draw: (own, shape) => {
      const { f, p, cx } = own;
      const u = uniform(own, shape, 'loc', -1);
      return f.sub(p('loc'), f.mul(p('scale'), cx.build.unary('sign', u), f.log1p(f.neg(f.abs(u)))));
    },
    logProb: ({ f, p }, x) =>
      f.sub(f.neg(f.log(f.mul(p('scale'), number(2)))), f.div(f.abs(f.sub(x, p('loc'))), p('scale'))),
    entropy: ({ f, p }) => f.add(f.log(f.mul(p('scale'), number(2))), number(1)),
    cdf: ({ f, p, cx }, x) => {
      const z = f.sub(x, p('loc'));
      const half = f.mul(cx.build.unary('sign', z), f.expm1(f.div(f.neg(f.abs(z)), p('scale'))), number(0.5));
      return f.from(0.5, half);
    },
    icdf: ({ f, p, cx }, x) => {
      const term = f.sub(x, number(0.5));
      const tail = f.log1p(f.mul(f.abs(term), number(-2)));
      return f.sub(p('loc'), f.mul(p('scale'), cx.build.unary('sign', term), tail));
    },
    properties: {
      mean: ({ p }) => p('loc'),
      mode: ({ p }) => p('loc'),
      variance: ({ f, p }) => f.mul(f.square(p('scale')), number(2)),
      stddev: ({ f, p }) => f.mul(p('scale'), number(Math.SQRT2)),
    },
  },
  {
    name: 'Cauchy',
    ...ofParameters('loc, scale'),
    differentiable: true,
    draw: (own, shape) => {
      const { f, p, cx } = own;
      const angle = f.mul(f.sub(uniform(own, shape, 'loc'), number(0.5)), number(Math.PI));
      return f.add(p('loc'), f.mul(cx.build.unary('tan', angle), p('scale')));
    },
    logProb: ({ f, p }, x) =>
      f.sub(
        f.neg(f.log(p('scale'))),
        f.log1p(f.square(f.div(f.sub(x, p('loc')), p('scale')))),
        number(Math.log(Math.PI)),
      ),
    entropy: ({ f, p }) => f.add(f.log(p('scale')), number(Math.log(4 * Math.PI))),
    cdf: ({ f, p, cx }, x) => {
      const angle = cx.build.unary('atan', f.div(f.sub(x, p('loc')), p('scale')));
      return f.add(f.div(angle, number(Math.PI)), number(0.5));
    },
    icdf: ({ f, p, cx }, x) =>
      f.add(f.mul(cx.build.unary('tan', f.mul(f.sub(x, number(0.5)), number(Math.PI))), p('scale')), p('loc')),
    properties: {
      mean: ({ f, p }) => f.like(p('loc'), Number.NaN),
      mode: ({ p }) => p('loc'),
      variance: ({ f, p }) => f.like(p('loc'), Number.POSITIVE_INFINITY),
    },
  },
  {
    name: 'Gumbel',
    ...ofParameters('loc, scale'),
    differentiable: true,
    draw: (own, shape) => {
      const { f, p } = own;
      return f.sub(p('loc'), f.mul(p('scale'), f.log(f.neg(f.log(uniform(own, shape, 'loc'))))));
    },
    logProb: ({ f, p }, x) => {
      const y = f.div(f.sub(p('loc'), x), p('scale'));
      return f.sub(f.sub(y, f.exp(y)), f.log(p('scale')));
    },
    entropy: ({ f, p }) => f.add(f.log(p('scale')), number(1 + euler)),
    cdf: ({ f, p }, x) => f.exp(f.neg(f.exp(f.div(f.sub(p('loc'), x), p('scale'))))),
    icdf: ({ f, p }, x) => f.sub(p('loc'), f.mul(p('scale'), f.log(f.neg(f.log(x))))),
    properties: {
      mean: ({ f, p }) => f.add(p('loc'), f.mul(p('scale'), number(euler))),
      mode: ({ p }) => p('loc'),
      stddev: ({ f, p }) => f.mul(p('scale'), number(Math.PI / Math.sqrt(6))),
      variance: ({ f, p }) => f.square(f.mul(p('scale'), number(Math.PI / Math.sqrt(6)))),
    },
  },
  gamma,
  {
    ...gamma,
    name: 'Chi2',
    signature: 'df',
    make: (cx, args) => {
      const [df] = broadcastAll(cx, [args.value('df')]);
      if (df === undefined) throw new PythonError('TypeError', 'Chi2 needs df');
      const { build } = cx;
      return {
        parameters: {
          df,
          concentration: build.scale(df, 0.5),
          rate: build.full(build.shape(df), 0.5, build.aval(df).dtype),
        },
        batch: build.shape(df),
        event: [],
      };
    },
  },
  {
    name: 'Beta',
    ...beta,
    make: (cx, args) => {
      const made = beta.make(cx, args);
      requireElements(made.batch);
      return made;
    },
    differentiable: true,
    draw: (own, shape) => {
      const [a, b] = [
        standardGamma(own, own.p('concentration1'), shape),
        standardGamma(own, own.p('concentration0'), shape),
      ];
      return own.f.div(a, own.f.add(a, b));
    },
    logProb: ({ f, p }, x) => {
      const [a, b] = [p('concentration1'), p('concentration0')];
      return f.sub(
        f.add(
          f.mul(f.sub(a, number(1)), f.log(x)),
          f.mul(f.sub(b, number(1)), f.log1p(f.neg(x))),
          f.lgamma(f.add(a, b)),
        ),
        f.lgamma(a),
        f.lgamma(b),
      );
    },
    entropy: ({ f, p }) => {
      const [a, b] = [p('concentration1'), p('concentration0')];
      const total = f.add(a, b);
      return f.add(
        f.sub(f.add(f.lgamma(a), f.lgamma(b)), f.lgamma(total)),
        f.mul(f.sub(total, number(2)), f.digamma(total)),
        f.mul(f.from(1, a), f.digamma(a)),
        f.mul(f.from(1, b), f.digamma(b)),
      );
    },
    properties: {
      mean: ({ f, p }) => f.div(p('concentration1'), f.add(p('concentration1'), p('concentration0'))),
      mode: ({ f, p }) => {
        const { build } = f;
        const [a = p('concentration1'), b = p('concentration0')] = ['concentration1', 'concentration0'].map((name) => {
          const more = f.sub(p(name), number(1));
          return build.binary('max', more, build.scalar(0, more));
        });
        // Where both are below 1 there are two modes: torch names the upper one.
        const larger = build.binary('max', p('concentration1'), p('concentration0'));
        return f.where('lt', larger, 1, f.like(a, 1), f.div(a, f.add(a, b)));
      },
      variance: ({ f, p }) => {
        const [a, b] = [p('concentration1'), p('concentration0')];
        const total = f.add(a, b);
        return f.div(f.mul(a, b), f.square(total), f.add(total, number(1)));
      },
    },
  },
  {
    name: 'StudentT',
    ...ofParameters('df, loc=0.0, scale=1.0'),
    differentiable: true,
    draw: (own, shape) => {
      const { f, p } = own;
      const chi = f.mul(standardGamma(own, f.mul(p('df'), number(0.5)), shape), number(2));
      return f.add(p('loc'), f.mul(p('scale'), f.div(normal(own, shape, 'df'), f.sqrt(f.div(chi, p('df'))))));
    },
    logProb: ({ f, p }, x) => {
      const df = p('df');
      const y = f.div(f.sub(x, p('loc')), p('scale'));
      const half = f.mul(f.add(df, number(1)), number(0.5));
      const norm = f.sub(
        f.add(
          f.log(p('scale')),
          f.mul(f.log(df), number(0.5)),
          f.lgamma(f.mul(df, number(0.5))),
          number(0.5 * Math.log(Math.PI)),
        ),
        f.lgamma(half),
      );
      return f.sub(f.neg(f.mul(half, f.log1p(f.div(f.square(y), df)))), norm);
    },
    entropy: ({ p, cx }) => opaqueMap(cx, 'entropy of StudentT', [p('df'), p('scale')]),
    properties: {
      mean: ({ f, p }) => f.where('gt', p('df'), 1, p('loc'), number(Number.NaN)),
      mode: ({ p }) => p('loc'),
      variance: ({ p, cx }) => opaqueMap(cx, 'variance of StudentT', [p('df'), p('scale')]),
    },
  },
  {
    name: 'Poisson',
    ...ofParameters('rate'),
    differentiable: false,
    draw: ({ cx, p }, shape) => opaqueMap(cx, 'torch.poisson', [cx.build.broadcastTo(p('rate'), shape)]),
    logProb: ({ f, p }, x) => f.sub(f.mul(f.log(p('rate')), x), p('rate'), f.lgamma(f.add(x, number(1)))),
    properties: {
      mean: ({ p }) => p('rate'),
      variance: ({ p }) => p('rate'),
      mode: ({ cx, p }) => cx.build.unary('floor', p('rate')),
    },
  },
  {
    name: 'Bernoulli',
    signature: 'probs=None, logits=None',
    make: (cx, args) => {
      const given = ['probs', 'logits'].filter((name) => args.optional(name) !== null);
      const [name] = given;
      if (name === undefined || given.length === 2)
        throw new PythonError('ValueError', 'Either `probs` or `logits` must be specified, but not both.');
      const [node] = broadcastAll(cx, [args.value(name)]);
      if (node === undefined) throw new RangeError('no parameter');
      return { parameters: { [name]: node }, batch: cx.build.shape(node), event: [] };
    },
    differentiable: false,
    draw: (own, shape) => {
      const { cx, p } = own;
      const probability = p('probs');
      const u = uniform(own, shape, 'probs');
      return cx.build.convert(cx.build.binary('lt', u, probability), cx.build.aval(probability).dtype);
    },
    logProb: (own, x) => own.f.sub(own.f.mul(logits(own), x), own.cx.build.unary('softplus', logits(own))),
    entropy: (own) => {
      const { f, p, cx } = own;
      return f.sub(cx.build.unary('softplus', logits(own)), f.mul(p('probs'), logits(own)));
    },
    properties: {
      probs: ({ p, cx }) => cx.build.unary('logistic', p('logits')),
      logits: ({ f, p }) => f.sub(f.log(p('probs')), f.log1p(f.neg(p('probs')))),
      mean: ({ p }) => p('probs'),
      variance: ({ f, p }) => f.mul(p('probs'), f.from(1, p('probs'))),
      mode: ({ f, p }) => f.where('ge', p('probs'), 0.5, f.like(p('probs'), 1), number(0)),
    },
  },
];
