import { type Library, libraryOf } from '../define.ts';
import { functions, layers } from './layers.ts';
import { moduleClass, transforms } from './module.ts';

/** Haiku: every function and class that is known, by its full name. */
export const haiku: Library = libraryOf([...transforms, ...functions], [moduleClass, ...layers]);
