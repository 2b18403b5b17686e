import { type Library, libraryOf } from '../../define.ts';
import { nn } from '../../jax/nn.ts';
import type { ClassValue, NativeValue } from '../../values.ts';
import { linearLayers } from './linear.ts';
import { denyList, moduleClass, moduleFunctions } from './module.ts';
import { normalizationLayers } from './normalization.ts';
import { otherFunctions, otherLayers } from './others.ts';
import { recurrentLayers } from './recurrent.ts';

/** flax.linen (https://flax.readthedocs.io/en/latest/api_reference/flax.linen/index.html). */

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

export const linen: Library = libraryOf([...taken, ...moduleFunctions, ...otherFunctions], classes);
