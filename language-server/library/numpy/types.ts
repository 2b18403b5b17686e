import type { DType } from '../../graph/shape.ts';
import { asDType } from '../arguments.ts';
import { Unknowable } from '../context.ts';
import { describe, type Value } from '../values.ts';

/** Element types by name and code (https://numpy.org/doc/stable/reference/arrays.dtypes.html). */

/** The classes of NumPy that stand for a type. */
export const typeNames: Readonly<Record<string, DType>> = {
  bool_: 'bool',
  bool: 'bool',
  uint8: 'uint8',
  ubyte: 'uint8',
  uint16: 'uint16',
  ushort: 'uint16',
  uint32: 'uint32',
  uintc: 'uint32',
  uint64: 'uint64',
  uint: 'uint64',
  uintp: 'uint64',
  ulong: 'uint64',
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

/** Types by their one-letter and sized codes. */
const codes: Readonly<Record<string, DType>> = {
  '?': 'bool',
  b1: 'bool',
  b: 'int8',
  i1: 'int8',
  B: 'uint8',
  u1: 'uint8',
  H: 'uint16',
  u2: 'uint16',
  I: 'uint32',
  u4: 'uint32',
  L: 'uint64',
  u8: 'uint64',
  h: 'int16',
  i2: 'int16',
  i: 'int32',
  i4: 'int32',
  l: 'int64',
  i8: 'int64',
  int: 'int64',
  e: 'float16',
  f2: 'float16',
  f: 'float32',
  f4: 'float32',
  d: 'float64',
  f8: 'float64',
  float: 'float64',
  F: 'complex64',
  c8: 'complex64',
  D: 'complex128',
  c16: 'complex128',
  complex: 'complex128',
  bfloat16: 'bfloat16',
};

/** The element type that a class, a type or a name stands for. Throws Unknowable for types that are not followed. */
export function typeOf(value: Value): DType {
  if (value.kind === 'str' && value.value !== null) {
    const name = value.value.replace(/^[<>=|]/, '');
    const found = codes[name] ?? typeNames[name];
    if (found !== undefined) return found;
    throw new Unknowable(`arrays of '${value.value}' are not followed`);
  }
  const found = asDType(value);
  if (found === null) throw new Unknowable(`arrays of ${describe(value)} are not followed`);
  return found;
}
