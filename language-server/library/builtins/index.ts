import type { Library } from '../define.ts';
import type { Value } from '../values.ts';
import { containerMethods } from './containers.ts';
import { builtinFunctions } from './functions.ts';
import { standardLibrary } from './standard.ts';
import { builtinTypes } from './types.ts';

/** Python itself: built-in names under `builtins.`, and its standard library. */
export const builtins: Library = new Map<string, Value>([
  ...[...builtinFunctions, ...containerMethods].map((value): [string, Value] => [value.name, value]),
  ...builtinTypes.map((value): [string, Value] => [`builtins.${value.name}`, value]),
  ...standardLibrary,
]);
