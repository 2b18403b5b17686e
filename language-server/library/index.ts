import { builtins } from './builtins/index.ts';
import type { Library } from './define.ts';
import { einops } from './einops/index.ts';
import { equinox } from './equinox/index.ts';
import { experiments } from './experiments/index.ts';
import { flax } from './flax/index.ts';
import { haiku } from './haiku/index.ts';
import { jax } from './jax/index.ts';
import { keras } from './keras/index.ts';
import { numpy } from './numpy/index.ts';
import { optax } from './optax/index.ts';
import { packages } from './packages.ts';
import { tensorflow } from './tensorflow/index.ts';
import { torch } from './torch/index.ts';

/** Everything that is known by name: Python itself and the libraries. */
export const library: Library = new Map([
  ...builtins,
  ...torch,
  ...einops,
  ...numpy,
  ...jax,
  ...tensorflow,
  ...keras,
  ...flax,
  ...equinox,
  ...haiku,
  ...optax,
  ...experiments,
  ...packages,
]);
