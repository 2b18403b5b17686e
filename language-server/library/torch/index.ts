import type { Library } from '../define.ts';
import { libraryOf } from '../define.ts';
import type { ClassValue, NativeValue, Value } from '../values.ts';
import { autograd } from './autograd.ts';
import { creation, fillings, tensorClasses } from './creation.ts';
import { einsumFunctions } from './einsum.ts';
import { elementwise } from './elementwise.ts';
import { func } from './func.ts';
import { linearLayers } from './nn/linear.ts';
import { moduleClass } from './nn/module.ts';
import { reductions } from './reductions.ts';
import { constants, runtime, runtimeClasses } from './runtime.ts';
import { structure } from './structure.ts';
import { tensorMethods } from './tensor.ts';

/** torch: every function, class and constant that is known, by its full name. */

const functions: readonly NativeValue[] = [
  ...elementwise,
  ...structure,
  ...tensorMethods,
  ...creation,
  ...fillings,
  ...reductions,
  ...einsumFunctions,
  ...runtime,
];

const classes: readonly ClassValue[] = [...tensorClasses(functions), ...runtimeClasses];

export const torch: Library = new Map<string, Value>([...libraryOf(functions, classes, autograd, func, linearLayers, [moduleClass]), ...constants]);
