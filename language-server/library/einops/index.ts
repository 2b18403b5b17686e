import { type Library, libraryOf } from '../define.ts';
import { functions } from './functions.ts';
import { layers } from './layers.ts';

/** einops: its functions, and its layers for torch. */
export const einops: Library = libraryOf(functions, layers);
