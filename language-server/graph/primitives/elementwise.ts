import * as D from '../dim.ts';
import { mapFlow, meet } from '../flow.ts';
import { type Aval, broadcastShapes, type DType, isFloating, promote, sizeOf } from '../shape.ts';
import { type Family, type None, operand, type Primitive } from './primitive.ts';

/** Functions of each element by itself. Operands have one shape: the graph builder has broadcast them. */
export interface ElementwiseParams {
  readonly neg: None;
  readonly abs: None;
  readonly sign: None;
  readonly floor: None;
  readonly ceil: None;
  readonly round: None;
  readonly trunc: None;
  readonly exp: None;
  readonly expm1: None;
  readonly log: None;
  readonly log1p: None;
  readonly sqrt: None;
  readonly rsqrt: None;
  readonly reciprocal: None;
  readonly square: None;
  readonly sin: None;
  readonly cos: None;
  readonly tan: None;
  readonly asin: None;
  readonly acos: None;
  readonly atan: None;
  readonly sinh: None;
  readonly cosh: None;
  readonly asinh: None;
  readonly acosh: None;
  readonly atanh: None;
  readonly tanh: None;
  readonly logistic: None;
  readonly erf: None;
  readonly erfc: None;
  readonly erf_inv: None;
  readonly lgamma: None;
  readonly digamma: None;
  /** The order-th derivative of digamma, from 1. */
  readonly polygamma: { readonly order: number };
  /** max(x, 0), with derivative 0 at 0 as PyTorch has it. */
  readonly relu: None;
  /** log(1 + exp(x)). */
  readonly softplus: None;
  readonly is_finite: None;
  readonly is_nan: None;
  readonly logical_not: None;
  /** The same values, through which no derivative flows (`detach`, `stop_gradient`). */
  readonly stop_gradient: None;
  readonly convert: { readonly dtype: DType };
  readonly add: None;
  readonly sub: None;
  readonly mul: None;
  readonly div: None;
  readonly pow: None;
  readonly max: None;
  readonly min: None;
  readonly atan2: None;
  readonly floor_divide: None;
  readonly remainder: None;
  readonly eq: None;
  readonly ne: None;
  readonly lt: None;
  readonly le: None;
  readonly gt: None;
  readonly ge: None;
  readonly logical_and: None;
  readonly logical_or: None;
  readonly logical_xor: None;
  /** condition ? a : b. */
  readonly select: None;
}

type UnaryRules = {
  readonly linear?: boolean;
  /** f(0) = 0. */
  readonly keepsZero?: boolean;
  readonly dtype?: (operand: DType) => DType;
  /** Floating-point operations an element. */
  readonly flops?: number;
};

const toFloat = (dtype: DType): DType => (isFloating(dtype) ? dtype : 'float32');
const toBool = (): DType => 'bool';
const same = (dtype: DType): DType => dtype;

function unary({ linear = false, keepsZero = false, dtype = toFloat, flops = 1 }: UnaryRules): Primitive<None> {
  return {
    aval: (operands) => {
      const x = operand(operands, 0);
      return { shape: x.shape, dtype: dtype(x.dtype) };
    },
    flow: ({ flows }) => mapFlow(operand(flows, 0), linear, keepsZero),
    flops: (_operands, result) => D.mul(sizeOf(result.shape), flops),
  };
}

function nary(how: 'sum' | 'product' | 'any', dtype: (promoted: DType) => DType, flops = 1): Primitive<None> {
  return {
    aval: (operands) => ({
      shape: broadcastShapes(...operands.map((x) => x.shape)),
      dtype: dtype(operands.map((x) => x.dtype).reduce(promote)),
    }),
    flow: ({ flows, node }) => meet(flows, how, node),
    flops: (_operands, result) => D.mul(sizeOf(result.shape), flops),
  };
}

const quotient: Primitive<None> = {
  ...nary('any', toFloat),
  // Dividing by a constant is linear; a zero numerator stays zero.
  flow: ({ flows, node }) => meet(flows, operand(flows, 1).kind === 'constant' ? 'product' : 'any', node),
};

const choice: Primitive<None> = {
  ...nary('any', same),
  aval: (operands: readonly Aval[]) => ({
    shape: broadcastShapes(...operands.map((x) => x.shape)),
    dtype: promote(operand(operands, 1).dtype, operand(operands, 2).dtype),
  }),
  // A fixed choice among terms is linear in them.
  flow: ({ flows, node }) => meet(flows, operand(flows, 0).kind === 'constant' ? 'sum' : 'any', node),
};

export const elementwise: Family<ElementwiseParams> = {
  neg: unary({ linear: true, keepsZero: true, dtype: same }),
  abs: unary({ keepsZero: true, dtype: same }),
  sign: unary({ keepsZero: true, dtype: same }),
  floor: unary({ keepsZero: true, dtype: same }),
  ceil: unary({ keepsZero: true, dtype: same }),
  round: unary({ keepsZero: true, dtype: same }),
  trunc: unary({ keepsZero: true, dtype: same }),
  exp: unary({ flops: 8 }),
  expm1: unary({ keepsZero: true, flops: 8 }),
  log: unary({ flops: 8 }),
  log1p: unary({ keepsZero: true, flops: 8 }),
  sqrt: unary({ keepsZero: true, flops: 2 }),
  rsqrt: unary({ flops: 3 }),
  reciprocal: unary({}),
  square: unary({ keepsZero: true, dtype: same }),
  sin: unary({ keepsZero: true, flops: 8 }),
  cos: unary({ flops: 8 }),
  tan: unary({ keepsZero: true, flops: 8 }),
  asin: unary({ keepsZero: true, flops: 8 }),
  acos: unary({ flops: 8 }),
  atan: unary({ keepsZero: true, flops: 8 }),
  sinh: unary({ keepsZero: true, flops: 8 }),
  cosh: unary({ flops: 8 }),
  asinh: unary({ keepsZero: true, flops: 8 }),
  acosh: unary({ flops: 8 }),
  atanh: unary({ keepsZero: true, flops: 8 }),
  tanh: unary({ keepsZero: true, flops: 8 }),
  logistic: unary({ flops: 8 }),
  erf: unary({ keepsZero: true, flops: 8 }),
  erfc: unary({ flops: 8 }),
  erf_inv: unary({ keepsZero: true, flops: 8 }),
  lgamma: unary({ flops: 16 }),
  digamma: unary({ flops: 16 }),
  polygamma: unary({ flops: 32 }),
  relu: unary({ keepsZero: true, dtype: same }),
  softplus: unary({ flops: 16 }),
  is_finite: unary({ dtype: toBool }),
  is_nan: unary({ keepsZero: true, dtype: toBool }),
  logical_not: unary({ dtype: toBool }),
  stop_gradient: unary({ linear: true, keepsZero: true, dtype: same, flops: 0 }),
  convert: {
    ...unary({ linear: true, keepsZero: true }),
    aval: (operands, { dtype }) => ({ shape: operand(operands, 0).shape, dtype }),
    flow: ({ flows, params }) => mapFlow(operand(flows, 0), isFloating(params.dtype), true),
    flops: () => 0,
  },
  add: nary('sum', same),
  sub: nary('sum', same),
  mul: nary('product', same),
  div: quotient,
  pow: nary('any', same, 16),
  max: nary('any', same),
  min: nary('any', same),
  atan2: nary('any', toFloat, 8),
  floor_divide: nary('any', same),
  remainder: nary('any', same),
  eq: nary('any', toBool),
  ne: nary('any', toBool),
  lt: nary('any', toBool),
  le: nary('any', toBool),
  gt: nary('any', toBool),
  ge: nary('any', toBool),
  logical_and: nary('any', toBool),
  logical_or: nary('any', toBool),
  logical_xor: nary('any', toBool),
  select: choice,
};
