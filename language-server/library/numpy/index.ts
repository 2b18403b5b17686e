import type { DType } from '../../graph/shape.ts';
import type { Library } from '../define.ts';
import { float, none, type Value } from '../values.ts';

/** numpy: every function, class and constant that is known, by its full name. */

const types: Readonly<Record<string, DType>> = {
  bool_: 'bool',
  bool: 'bool',
  uint8: 'uint8',
  ubyte: 'uint8',
  int8: 'int8',
  byte: 'int8',
  int16: 'int16',
  short: 'int16',
  int32: 'int32',
  intc: 'int32',
  int64: 'int64',
  int_: 'int64',
  intp: 'int64',
  long: 'int64',
  longlong: 'int64',
  float16: 'float16',
  half: 'float16',
  float32: 'float32',
  single: 'float32',
  float64: 'float64',
  double: 'float64',
  complex64: 'complex64',
  csingle: 'complex64',
  complex128: 'complex128',
  cdouble: 'complex128',
};

const numbers: Readonly<Record<string, number>> = {
  pi: Math.PI,
  e: Math.E,
  inf: Number.POSITIVE_INFINITY,
  nan: Number.NaN,
  euler_gamma: 0.5772156649015329,
};

export const numpy: Library = new Map<string, Value>([
  ...Object.entries(types).map(([name, dtype]): [string, Value] => [`numpy.${name}`, { kind: 'dtype', dtype }]),
  ...Object.entries(numbers).map(([name, value]): [string, Value] => [`numpy.${name}`, float(value)]),
  ['numpy.newaxis', none],
]);
