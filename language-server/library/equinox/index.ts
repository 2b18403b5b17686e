import { type Library, libraryOf } from '../define.ts';
import { functions } from './functions.ts';
import { layers } from './layers.ts';
import { equinoxField, moduleClass, staticFieldClass } from './module.ts';

/** Equinox: every function and class that is known, by its full name. */
export const equinox: Library = libraryOf(functions, [moduleClass, equinoxField, staticFieldClass, ...layers]);
