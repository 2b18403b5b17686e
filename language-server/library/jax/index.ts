import { type Library, libraryOf } from '../define.ts';
import { arrayClass } from '../numpy/arrays.ts';
import { arrayFunctions, arrayObjects } from '../numpy/index.ts';
import { constants as numpyConstants, runtimeClasses as numpyRuntimeClasses } from '../numpy/runtime.ts';
import { typeClasses } from '../numpy/scalars.ts';
import { typeNames } from '../numpy/types.ts';
import type { ClassValue, NativeValue, Value } from '../values.ts';
import { jaxMethods } from './arrays.ts';
import { control } from './control.ts';
import { treeDataclasses } from './dataclasses.ts';
import { jaxDialect } from './dialect.ts';
import { lax } from './lax.ts';
import { nn } from './nn.ts';
import { treeClasses, trees } from './pytrees.ts';
import { random } from './random.ts';
import { constants, runtime, runtimeClasses } from './runtime.ts';
import { scipy } from './scipy.ts';
import { segments } from './segments.ts';
import { transformClasses, transforms } from './transforms.ts';

/** JAX: every function, class and constant that is known, by its full name. */

/** What NumPy has and JAX has not. */
const missing = new Set(
  `fix asanyarray ascontiguousarray asfortranarray asarray_chkfinite require loadtxt genfromtxt fromregex memmap savetxt savez_compressed
  row_stack ndenumerate seterr seterrcall setbufsize show_config testing.assert_allclose testing.assert_array_equal fromiter
  testing.assert_array_almost_equal testing.assert_almost_equal testing.assert_equal array2string base_repr binary_repr
  format_float_positional format_float_scientific typename may_share_memory shares_memory isfortran True_ False_ __version__ errstate
  ubyte ushort uintc uintp ulong byte short intc intp long longlong half`
    .split(/\s+/)
    .map((name) => `jax.numpy.${name}`),
);

const arrays: readonly NativeValue[] = arrayFunctions(jaxDialect);
const functions: readonly NativeValue[] = [
  ...arrays,
  ...jaxMethods,
  ...transforms,
  ...trees,
  ...random,
  ...nn,
  ...lax,
  ...control,
  ...scipy,
  ...segments,
  ...runtime,
];

const array = arrayClass(jaxDialect, jaxDialect.methods, functions);

const classes: readonly ClassValue[] = [
  ...typeClasses(jaxDialect, { ...typeNames, bfloat16: 'bfloat16', float_: 'float64', complex_: 'complex128' }),
  ...numpyRuntimeClasses(jaxDialect),
  ...runtimeClasses,
  ...transformClasses,
  ...treeClasses,
  array,
  { ...array, name: 'jax.numpy.ndarray' },
];

export const jax: Library = new Map<string, Value>(
  [
    ...libraryOf(functions, classes),
    ...treeDataclasses,
    ...arrayObjects(jaxDialect),
    ...numpyConstants(jaxDialect),
    ...constants,
  ].filter(([name]) => !missing.has(name)),
);
