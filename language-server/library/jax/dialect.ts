import type { GraphBuilder } from '../../graph/builder.ts';
import { type DType, isFloating, promote } from '../../graph/shape.ts';
import type { Context } from '../context.ts';
import type { Dialect } from '../numpy/dialect.ts';

/** NumPy's interface as JAX has it (https://docs.jax.dev/en/latest/jax.numpy.html): 32 bits, unless the program asks for 64. */

/** The analyses of programs that have enabled 64 bits. */
const wide = new WeakSet<GraphBuilder>();

/** `jax.config.update('jax_enable_x64', enabled)`. */
export function setWide(cx: Context, enabled: boolean): void {
  if (enabled) wide.add(cx.build);
  else wide.delete(cx.build);
}

const narrowed: Readonly<Partial<Record<DType, DType>>> = {
  int64: 'int32',
  uint64: 'uint32',
  float64: 'float32',
  complex128: 'complex64',
};

const at = (cx: Context): Dialect => (wide.has(cx.build) ? wideDialect : jaxDialect);

export const jaxDialect: Dialect = {
  at,
  name: 'jax.numpy',
  methods: 'jax.Array',
  family: 'jax',
  float: 'float32',
  int: 'int32',
  promote,
  floating: (dtype) => (isFloating(dtype) ? dtype : 'float32'),
  quotient: (dtype) => (isFloating(dtype) ? dtype : 'float32'),
  narrow: (dtype) => narrowed[dtype] ?? dtype,
  counted: 'int32',
  lists: false,
};

const wideDialect: Dialect = {
  ...jaxDialect,
  float: 'float64',
  int: 'int64',
  floating: (dtype) => (isFloating(dtype) ? dtype : 'float64'),
  quotient: (dtype) => (isFloating(dtype) ? dtype : 'float64'),
  narrow: (dtype) => dtype,
  counted: 'int64',
};
