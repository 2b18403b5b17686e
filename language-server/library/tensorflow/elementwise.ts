import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type DType, isFloating } from '../../graph/shape.ts';
import { PythonError } from '../context.ts';
import { realType } from '../torch/elementwise.ts';
import type { NativeValue } from '../values.ts';
import { type TensorCall, tfOp } from './dialect.ts';

/** Functions of each element by itself (https://www.tensorflow.org/api_docs/python/tf/math). */

type Primitive = Parameters<GraphBuilder['unary']>[0];
type Rule = (call: TensorCall, x: NodeId) => NodeId;
type PairRule = (call: TensorCall, a: NodeId, b: NodeId) => NodeId;

const isComplex = (dtype: DType): boolean => dtype.startsWith('complex');

function refuse(name: string, dtype: DType): never {
  throw new PythonError('InvalidArgumentError', `${name} is not there for ${dtype}`);
}

/** Functions of numbers with a fraction; all others are refused. */
const fractions: Readonly<Record<string, Primitive | Rule>> = {
  'exp math.exp': 'exp',
  'math.expm1': 'expm1',
  'math.log': 'log',
  'math.log1p': 'log1p',
  'sqrt math.sqrt': 'sqrt',
  'math.rsqrt': 'rsqrt',
  'sin math.sin': 'sin',
  'cos math.cos': 'cos',
  'tan math.tan': 'tan',
  'asin math.asin': 'asin',
  'acos math.acos': 'acos',
  'atan math.atan': 'atan',
  'sinh math.sinh': 'sinh',
  'cosh math.cosh': 'cosh',
  'asinh math.asinh': 'asinh',
  'acosh math.acosh': 'acosh',
  'atanh math.atanh': 'atanh',
  'tanh math.tanh nn.tanh': 'tanh',
  'sigmoid math.sigmoid nn.sigmoid': 'logistic',
};

/** Functions of real numbers. */
const reals: Readonly<Record<string, Primitive | Rule>> = {
  'math.erf': 'erf',
  'math.erfc': 'erfc',
  'math.erfinv': 'erf_inv',
  'math.lgamma': 'lgamma',
  'math.digamma': 'digamma',
};

/** Functions that take whole numbers too. */
const numbers: Readonly<Record<string, Primitive | Rule>> = {
  'square math.square': 'square',
  'negative math.negative': 'neg',
  'abs math.abs': ({ build }, x) => build.convert(build.unary('abs', x), realType(build.aval(x).dtype)),
  'sign math.sign': 'sign',
};

function applied(call: TensorCall, rule: Primitive | Rule, x: NodeId): NodeId {
  return typeof rule === 'string' ? call.build.unary(rule, x) : rule(call, x);
}

const arithmetic =
  (name: Primitive, truths: 'taken' | 'refused' = 'refused'): PairRule =>
  (call, a, b) => {
    const { dtype } = call.build.aval(a);
    if (truths === 'refused' && dtype === 'bool') refuse(name, dtype);
    return call.build.convert(call.build.binary(name, a, b), dtype);
  };

/** The type of quotients: of whole numbers one with a fraction. */
function quotientType(dtype: DType): DType {
  if (isFloating(dtype)) return dtype;
  if (dtype === 'bool') refuse('truediv', dtype);
  return ['int8', 'uint8', 'int16', 'uint16'].includes(dtype) ? 'float32' : 'float64';
}

const real =
  (name: Primitive): PairRule =>
  (call, a, b) => {
    const { dtype } = call.build.aval(a);
    if (dtype === 'bool' || isComplex(dtype)) refuse(name, dtype);
    return call.build.convert(call.build.binary(name, a, b), dtype);
  };

/** Functions of two tensors broadcast together, whose type is that of the first tensor among them. */
export const binaries: Readonly<Record<string, PairRule>> = {
  add: arithmetic('add'),
  subtract: arithmetic('sub'),
  multiply: arithmetic('mul'),
  divide: (call, a, b) => {
    const dtype = quotientType(call.build.aval(a).dtype);
    return call.build.div(call.build.convert(a, dtype), call.build.convert(b, dtype));
  },
  floordiv: real('floor_divide'),
  floormod: real('remainder'),
  pow: (call, a, b) => {
    const { dtype } = call.build.aval(a);
    if (dtype === 'bool' || ['uint8', 'uint16', 'uint32', 'uint64'].includes(dtype)) refuse('pow', dtype);
    return call.build.convert(call.build.binary('pow', a, b), dtype);
  },
  maximum: real('max'),
  minimum: real('min'),
};

type Comparison = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';

export function compared(call: TensorCall, name: Comparison, a: NodeId, b: NodeId): NodeId {
  const { dtype } = call.build.aval(a);
  if (name !== 'eq' && name !== 'ne' && (dtype === 'bool' || isComplex(dtype))) refuse(name, dtype);
  return call.build.binary(name, a, b);
}

const comparisons: Readonly<Record<string, Comparison>> = {
  'equal math.equal': 'eq',
  'not_equal math.not_equal': 'ne',
  'less math.less': 'lt',
  'less_equal math.less_equal': 'le',
  'greater math.greater': 'gt',
  'greater_equal math.greater_equal': 'ge',
};

const pairNames: Readonly<Record<string, string>> = {
  subtract: 'subtract math.subtract',
  multiply: 'multiply math.multiply',
  divide: 'divide math.divide',
  floordiv: 'math.floordiv',
  floormod: 'math.floormod math.mod',
  pow: 'pow math.pow',
  maximum: 'maximum math.maximum',
  minimum: 'minimum math.minimum',
};

export const elementwise: readonly NativeValue[] = [
  ...Object.entries(fractions).flatMap(([names, rule]) =>
    tfOp(names, '(x, name=None)', (call) => applied(call, rule, call.fractions('x'))),
  ),
  ...Object.entries(reals).flatMap(([names, rule]) =>
    tfOp(names, '(x, name=None)', (call) => {
      const x = call.fractions('x');
      const { dtype } = call.build.aval(x);
      return isComplex(dtype) ? refuse(names, dtype) : applied(call, rule, x);
    }),
  ),
  ...Object.entries(numbers).flatMap(([names, rule]) =>
    tfOp(names, '(x, name=None)', (call) => {
      const x = call.array('x');
      const { dtype } = call.build.aval(x);
      return dtype === 'bool' ? refuse(names, dtype) : applied(call, rule, x);
    }),
  ),
  ...tfOp('add math.add', '(x, y, name=None)', (call) => {
    const [a, b] = call.inOrder('x', 'y');
    return arithmetic('add')(call, a, b);
  }),
  ...Object.entries(pairNames).flatMap(([key, names]) =>
    tfOp(names, '(x, y, name=None)', (call) => (binaries[key] ?? arithmetic('add'))(call, ...call.pair('x', 'y'))),
  ),
  ...Object.entries(comparisons).flatMap(([names, name]) =>
    tfOp(names, '(x, y, name=None)', (call) => compared(call, name, ...call.pair('x', 'y'))),
  ),
];
