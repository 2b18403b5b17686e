import type { NodeId } from '../../../language-server/graph/graph.ts';
import type { ElementwiseParams } from '../../../language-server/graph/primitives/elementwise.ts';
import { isFloating } from '../../../language-server/graph/shape.ts';
import { type Application, at, type DerivativeRules, type DerivativeTable, total, zero } from './rule.ts';

/** t times the partial derivative of one operand: a diagonal matrix serves tangents and cotangents alike. */
type Times = (at: Application<unknown>, t: NodeId) => NodeId;

/** A function of each element, by its partial derivatives; null where one is zero. */
function elementwise(...partials: readonly (Times | null)[]): DerivativeRules<unknown> {
  return {
    jvp: (application, tangents) =>
      total(
        application.g,
        tangents.map((t, k) => (t === null ? null : (partials[k]?.(application, t) ?? null))),
      ),
    vjp: (application, ct, k) => partials[k]?.(application, ct) ?? null,
  };
}

const [a, b] = [(p: Application<unknown>) => at(p.x, 0), (p: Application<unknown>) => at(p.x, 1)];
const one = (p: Application<unknown>): NodeId => p.g.scalar(1, p.y);
const squared = (p: Application<unknown>, x: NodeId): NodeId => p.g.square(x);

/** t times f of the application. */
const times =
  (f: (p: Application<unknown>) => NodeId): Times =>
  (p, t) =>
    p.g.mul(t, f(p));
const over =
  (f: (p: Application<unknown>) => NodeId): Times =>
  (p, t) =>
    p.g.div(t, f(p));
const keep: Times = (_p, t) => t;
const minus: Times = (p, t) => p.g.unary('neg', t);
const negated =
  (f: Times): Times =>
  (p, t) =>
    p.g.unary('neg', f(p, t));
/** t where the condition holds, else 0. */
const where =
  (condition: (p: Application<unknown>) => NodeId): Times =>
  (p, t) =>
    p.g.select(condition(p), t, p.g.scalar(0, t));

/** Of the larger (or smaller) operand; both take half where they are equal, as PyTorch has it. */
function extremum(wins: 'gt' | 'lt'): DerivativeRules<unknown> {
  const share =
    (own: (p: Application<unknown>) => NodeId, other: (p: Application<unknown>) => NodeId): Times =>
    (p, t) => {
      const won = p.g.select(p.g.binary(wins, own(p), other(p)), t, p.g.scalar(0, t));
      return p.g.select(p.g.binary('eq', own(p), other(p)), p.g.scale(t, 0.5), won);
    };
  return elementwise(share(a, b), share(b, a));
}

/** Of a zero exponent the exponent 1 is taken in place of -1: the factor 0 stays, and no power of 0 becomes infinite. */
const powerOfBase: Times = (p, t) => {
  const { g } = p;
  const isZero = g.binary('eq', b(p), g.scalar(0, b(p)));
  const less = g.select(isZero, one(p), g.sub(b(p), one(p)));
  return g.mul(t, g.mul(b(p), g.binary('pow', a(p), less)));
};

const powerOfExponent: Times = (p, t) => {
  const { g } = p;
  const nothing = g.scalar(0, a(p));
  const atZero = g.binary('logical_and', g.binary('eq', a(p), nothing), g.binary('ge', b(p), nothing));
  return g.select(atZero, g.scalar(0, t), g.mul(t, g.mul(p.y, g.unary('log', a(p)))));
};

function nextPolygamma({ g, params, x }: Application<ElementwiseParams['polygamma']>, t: NodeId): NodeId {
  return g.mul(t, g.emit('polygamma', { order: params.order + 1 }, [at(x, 0)]));
}

const radius = (p: Application<unknown>): NodeId => p.g.add(squared(p, a(p)), squared(p, b(p)));

/** Derivatives of functions of each element (https://github.com/pytorch/pytorch/blob/main/tools/autograd/derivatives.yaml). */
export const elementwiseRules: DerivativeTable<ElementwiseParams> = {
  neg: elementwise(minus),
  abs: elementwise(times((p) => p.g.unary('sign', a(p)))),
  sign: zero,
  floor: zero,
  ceil: zero,
  round: zero,
  trunc: zero,
  exp: elementwise(times((p) => p.y)),
  expm1: elementwise(times((p) => p.g.add(p.y, one(p)))),
  log: elementwise(over(a)),
  log1p: elementwise(over((p) => p.g.add(a(p), one(p)))),
  sqrt: elementwise(over((p) => p.g.scale(p.y, 2))),
  rsqrt: elementwise(times((p) => p.g.scale(p.g.mul(p.y, squared(p, p.y)), -0.5))),
  reciprocal: elementwise(negated(times((p) => squared(p, p.y)))),
  square: elementwise(times((p) => p.g.scale(a(p), 2))),
  sin: elementwise(times((p) => p.g.unary('cos', a(p)))),
  cos: elementwise(negated(times((p) => p.g.unary('sin', a(p))))),
  tan: elementwise(times((p) => p.g.add(squared(p, p.y), one(p)))),
  asin: elementwise(times((p) => p.g.unary('rsqrt', p.g.sub(one(p), squared(p, a(p)))))),
  acos: elementwise(negated(times((p) => p.g.unary('rsqrt', p.g.sub(one(p), squared(p, a(p))))))),
  atan: elementwise(over((p) => p.g.add(squared(p, a(p)), one(p)))),
  sinh: elementwise(times((p) => p.g.unary('cosh', a(p)))),
  cosh: elementwise(times((p) => p.g.unary('sinh', a(p)))),
  asinh: elementwise(times((p) => p.g.unary('rsqrt', p.g.add(squared(p, a(p)), one(p))))),
  acosh: elementwise(times((p) => p.g.unary('rsqrt', p.g.sub(squared(p, a(p)), one(p))))),
  atanh: elementwise(over((p) => p.g.sub(one(p), squared(p, a(p))))),
  tanh: elementwise(times((p) => p.g.sub(one(p), squared(p, p.y)))),
  logistic: elementwise(times((p) => p.g.mul(p.y, p.g.sub(one(p), p.y)))),
  erf: elementwise(
    times((p) => p.g.scale(p.g.unary('exp', p.g.unary('neg', squared(p, a(p)))), 2 / Math.sqrt(Math.PI))),
  ),
  erfc: elementwise(
    times((p) => p.g.scale(p.g.unary('exp', p.g.unary('neg', squared(p, a(p)))), -2 / Math.sqrt(Math.PI))),
  ),
  erf_inv: elementwise(times((p) => p.g.scale(p.g.unary('exp', squared(p, p.y)), Math.sqrt(Math.PI) / 2))),
  lgamma: elementwise(times((p) => p.g.unary('digamma', a(p)))),
  digamma: elementwise(times((p) => p.g.emit('polygamma', { order: 1 }, [a(p)]))),
  polygamma: {
    jvp: (p, [t]) => (t === undefined || t === null ? null : nextPolygamma(p, t)),
    vjp: (p, ct) => nextPolygamma(p, ct),
  },
  relu: elementwise(where((p) => p.g.binary('gt', a(p), p.g.scalar(0, a(p))))),
  softplus: elementwise(times((p) => p.g.unary('logistic', a(p)))),
  is_finite: zero,
  is_nan: zero,
  logical_not: zero,
  stop_gradient: zero,
  convert: {
    jvp: ({ g, params }, [t]) =>
      t === undefined || t === null || !isFloating(params.dtype) ? null : g.convert(t, params.dtype),
    vjp: ({ g, x, params }, ct) =>
      isFloating(params.dtype) && isFloating(g.aval(at(x, 0)).dtype) ? g.convert(ct, g.aval(at(x, 0)).dtype) : null,
  },
  add: elementwise(keep, keep),
  sub: elementwise(keep, minus),
  mul: elementwise(times(b), times(a)),
  div: elementwise(over(b), (p, t) => p.g.unary('neg', p.g.div(p.g.mul(t, p.y), b(p)))),
  pow: elementwise(powerOfBase, powerOfExponent),
  max: extremum('gt'),
  min: extremum('lt'),
  atan2: elementwise(
    (p, t) => p.g.div(p.g.mul(t, b(p)), radius(p)),
    (p, t) => p.g.unary('neg', p.g.div(p.g.mul(t, a(p)), radius(p))),
  ),
  floor_divide: zero,
  remainder: elementwise(keep, (p, t) => p.g.unary('neg', p.g.mul(t, p.g.binary('floor_divide', a(p), b(p))))),
  eq: zero,
  ne: zero,
  lt: zero,
  le: zero,
  gt: zero,
  ge: zero,
  logical_and: zero,
  logical_or: zero,
  logical_xor: zero,
  select: elementwise(
    null,
    (p, t) => p.g.select(a(p), t, p.g.scalar(0, t)),
    (p, t) => p.g.select(a(p), p.g.scalar(0, t), t),
  ),
};
