import type { ElementwiseParams } from '../../../language-server/graph/primitives/elementwise.ts';

/** GLSL for functions of elements. Each helper is written once and stands for floats and for vectors of four. */

/** A function of an element as an expression of its operands; null where GLSL has no good one. */
export const formulas: {
  readonly [K in keyof ElementwiseParams]: ((a: string, b: string, c: string) => string) | null;
} = {
  neg: (x) => `(-${x})`,
  abs: (x) => `abs(${x})`,
  sign: (x) => `sign(${x})`,
  floor: (x) => `floor(${x})`,
  ceil: (x) => `ceil(${x})`,
  round: (x) => `roundEven(${x})`,
  trunc: (x) => `trunc(${x})`,
  exp: (x) => `exp(${x})`,
  expm1: (x) => `expm1_(${x})`,
  log: (x) => `log(${x})`,
  log1p: (x) => `log1p_(${x})`,
  sqrt: (x) => `sqrt(${x})`,
  rsqrt: (x) => `inversesqrt(${x})`,
  reciprocal: (x) => `(1.0 / ${x})`,
  square: (x) => `(${x} * ${x})`,
  sin: (x) => `sin_(${x})`,
  cos: (x) => `cos_(${x})`,
  tan: (x) => `(sin_(${x}) / cos_(${x}))`,
  asin: null,
  acos: null,
  atan: (x) => `atan(${x})`,
  sinh: (x) => `sinh_(${x})`,
  cosh: (x) => `cosh(${x})`,
  asinh: (x) => `(sign(${x}) * log1p_(abs(${x}) + ${x} * ${x} / (1.0 + sqrt(${x} * ${x} + 1.0))))`,
  acosh: (x) => `log(${x} + sqrt(${x} - 1.0) * sqrt(${x} + 1.0))`,
  atanh: (x) => `(0.5 * (log1p_(${x}) - log1p_(-${x})))`,
  tanh: (x) => `tanh_(${x})`,
  logistic: (x) => `(1.0 / (1.0 + exp(-${x})))`,
  erf: null,
  erfc: null,
  erf_inv: null,
  lgamma: null,
  digamma: null,
  polygamma: null,
  relu: (x) => `relu_(${x})`,
  softplus: (x) => `(max(${x}, 0.0) + log1p_(exp(-abs(${x}))))`,
  is_finite: null,
  is_nan: null,
  logical_not: (x) => `eq_(${x}, 0.0 * ${x})`,
  stop_gradient: (x) => x,
  convert: null,
  add: (a, b) => `(${a} + ${b})`,
  sub: (a, b) => `(${a} - ${b})`,
  mul: (a, b) => `(${a} * ${b})`,
  div: (a, b) => `(${a} / ${b})`,
  pow: null,
  max: (a, b) => `max(${a}, ${b})`,
  min: (a, b) => `min(${a}, ${b})`,
  atan2: (a, b) => `atan(${a}, ${b})`,
  floor_divide: (a, b) => `floor(${a} / ${b})`,
  remainder: (a, b) => `(${a} - ${b} * floor(${a} / ${b}))`,
  eq: (a, b) => `eq_(${a}, ${b})`,
  ne: (a, b) => `(1.0 - eq_(${a}, ${b}))`,
  lt: (a, b) => `lt_(${a}, ${b})`,
  le: (a, b) => `le_(${a}, ${b})`,
  gt: (a, b) => `lt_(${b}, ${a})`,
  ge: (a, b) => `le_(${b}, ${a})`,
  logical_and: (a, b) => `(${a} * ${b})`,
  logical_or: (a, b) => `max(${a}, ${b})`,
  logical_xor: (a, b) => `abs(${a} - ${b})`,
  select: (c, a, b) => `select_(${c}, ${a}, ${b})`,
};

/**
 * The helpers for one type, T. None branches: a choice takes one of two values that are both computed. Functions with
 * branches, called many times in a loop, were seen to keep SwiftShader compiling for minutes.
 */
function helpersFor(T: 'float' | 'vec4'): string {
  return `
${T} eq_(${T} a, ${T} b) { return ${T}(equal_(a, b)); }
${T} lt_(${T} a, ${T} b) { return ${T}(less_(a, b)); }
${T} le_(${T} a, ${T} b) { return ${T}(equal_(a, b)) + ${T}(less_(a, b)); }
${T} select_(${T} c, ${T} a, ${T} b) { return pick_(a, b, equal_(c, ${T}(0.0))); }
// NaN stays.
${T} relu_(${T} x) { return pick_(x, ${T}(0.0), less_(x, ${T}(0.0))); }
// log(1 + x) and exp(x) - 1 by the quotient that cancels the rounding of 1 + x and exp(x).
${T} log1p_(${T} x) { ${T} u = 1.0 + x; return pick_(log(u) * (x / (u - 1.0)), x, equal_(u, ${T}(1.0))); }
${T} expm1_(${T} x) {
  ${T} small = x * (1.0 + x * (0.5 + x * (0.16666667 + x * (0.041666668 + x * (0.008333334 + x * (0.0013888889 + x * 0.00019841270))))));
  return pick_(exp(x) - 1.0, small, less_(abs(x), ${T}(0.5)));
}
${T} sinh_(${T} x) { ${T} u = expm1_(abs(x)); return sign(x) * 0.5 * (u + u / (u + 1.0)); }
${T} tanh_(${T} x) { ${T} u = expm1_(-2.0 * abs(x)); return -sign(x) * u / (u + 2.0); }
// Cody and Waite's reduction to [-pi/4, pi/4], then the minimax polynomials of the C library's single precision.
${T} quadrant_(${T} x, float shift) {
  ${T} n = roundEven(x * 0.63661977);
  ${T} r = ((x - n * 1.5703125) - n * 0.00048351288) - n * 3.1385570e-7;
  ${T} q = mod(n + shift, 4.0);
  ${T} s = r * r;
  ${T} sine = r + r * s * (-0.16666667 + s * (0.0083333310 + s * (-0.00019840874 + s * 2.7525562e-6)));
  ${T} cosine = 1.0 - 0.5 * s + s * s * (0.041666646 + s * (-0.0013888378 + s * 2.4760495e-5));
  ${T} y = pick_(cosine, sine, equal_(mod(q, 2.0), ${T}(0.0)));
  return pick_(-y, y, less_(q, ${T}(2.0)));
}
${T} sin_(${T} x) { return quadrant_(x, 0.0); }
${T} cos_(${T} x) { return quadrant_(x, 1.0); }
`;
}

const choices = `
float pick_(float a, float b, bool c) { return c ? b : a; }
vec4 pick_(vec4 a, vec4 b, bvec4 c) { return mix(a, b, c); }
bool equal_(float a, float b) { return a == b; }
bvec4 equal_(vec4 a, vec4 b) { return equal(a, b); }
bool less_(float a, float b) { return a < b; }
bvec4 less_(vec4 a, vec4 b) { return lessThan(a, b); }
`;

export const helpers = `${choices}${helpersFor('float')}${helpersFor('vec4')}`;

/** A number as GLSL writes it; what has no digits by its bits. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'uintBitsToFloat(0x7fc00000u)';
  if (!Number.isFinite(value)) return value > 0 ? 'uintBitsToFloat(0x7f800000u)' : 'uintBitsToFloat(0xff800000u)';
  const text = Math.fround(value).toExponential();
  return value < 0 ? `(${text})` : text;
}
