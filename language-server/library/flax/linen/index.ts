import { type Library, libraryOf, native } from '../../define.ts';
import { jaxNamed } from '../../jax/borrow.ts';
import { nn } from '../../jax/nn.ts';
import type { ClassValue, NativeValue } from '../../values.ts';
import { linearLayers } from './linear.ts';
import { denyList, moduleClass, moduleFunctions } from './module.ts';
import { normalizationLayers } from './normalization.ts';
import { otherFunctions, otherLayers } from './others.ts';
import { recurrentLayers } from './recurrent.ts';

/** flax.linen (https://flax.readthedocs.io/en/latest/api_reference/flax.linen/index.html). */

/** Functions that give the initializers that JAX has as functions. */
const given: readonly NativeValue[] = ['zeros', 'ones'].flatMap((name) =>
  ['flax.linen', 'flax.linen.initializers', 'flax.nnx.initializers'].map((module) =>
    native(`${module}.${name}_init`, '()', () => jaxNamed(`nn.initializers.${name}`)),
  ),
);

/** Activations and initializers of jax.nn under Flax's names. */
const taken: readonly NativeValue[] = nn.flatMap((fn) =>
  fn.name.startsWith('jax.nn.') ? [{ ...fn, name: fn.name.replace('jax.nn.', 'flax.linen.') }] : [],
);

const classes: readonly ClassValue[] = [
  moduleClass,
  denyList,
  ...linearLayers,
  ...normalizationLayers,
  ...otherLayers,
  ...recurrentLayers,
];

export const linen: Library = libraryOf([...taken, ...given, ...moduleFunctions, ...otherFunctions], classes);
