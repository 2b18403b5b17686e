import type { Library } from '../define.ts';
import { libraryOf } from '../define.ts';
import type { ClassValue, NativeValue, Value } from '../values.ts';
import { autograd } from './autograd.ts';
import { creation, fillings, tensorClasses } from './creation.ts';
import { einsumFunctions } from './einsum.ts';
import { elementwise } from './elementwise.ts';
import { fft } from './fft.ts';
import { func } from './func.ts';
import { inPlaceMethods } from './in-place.ts';
import { joining } from './joining.ts';
import { linalg } from './linalg.ts';
import { linearLayers } from './nn/linear.ts';
import { moduleClass } from './nn/module.ts';
import { norms } from './norms.ts';
import { products } from './products.ts';
import { reductions } from './reductions.ts';
import { constants, runtime, runtimeClasses } from './runtime.ts';
import { scans } from './scans.ts';
import { selecting } from './selecting.ts';
import { structure } from './structure.ts';
import { tensorMethods } from './tensor.ts';

/** torch: every function, class and constant that is known, by its full name. */

const plain: readonly NativeValue[] = [
  ...elementwise,
  ...structure,
  ...selecting,
  ...joining,
  ...reductions,
  ...scans,
  ...products,
  ...norms,
  ...linalg,
  ...fft,
  ...einsumFunctions,
  ...tensorMethods,
  ...creation,
  ...fillings,
];

const functions: readonly NativeValue[] = [...plain, ...inPlaceMethods(plain), ...runtime];

const classes: readonly ClassValue[] = [...tensorClasses(functions), ...runtimeClasses];

export const torch: Library = new Map<string, Value>([...libraryOf(functions, classes, autograd, func, linearLayers, [moduleClass]), ...constants]);
