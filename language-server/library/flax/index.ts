import { type Library, libraryOf } from '../define.ts';
import { coreClasses, coreFunctions } from './core.ts';
import { linen } from './linen/index.ts';
import { nnx } from './nnx/index.ts';

/** Flax: every function, class and constant that is known, by its full name. */
export const flax: Library = new Map([...libraryOf(coreFunctions, coreClasses), ...linen, ...nnx]);
