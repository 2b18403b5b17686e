import { type Library, libraryOf } from '../define.ts';
import { type ClassValue, type NativeValue, none, str, type Value } from '../values.ts';
import { formerClasses, formerFunctions, otherModules, withFormerNames } from './compat.ts';
import { control } from './control.ts';
import { convolutions } from './convolution.ts';
import { creation } from './creation.ts';
import { dataClasses, dataConstants } from './data.ts';
import { dtypes } from './dialect.ts';
import { elementwise } from './elementwise.ts';
import { image } from './image.ts';
import { linalg } from './linalg.ts';
import { nn } from './nn.ts';
import { products } from './products.ts';
import { random, randomClasses } from './random.ts';
import { reductions } from './reductions.ts';
import { runtime, runtimeClasses } from './runtime.ts';
import { selecting } from './selecting.ts';
import { shapeClass } from './shapes.ts';
import { signal } from './signal.ts';
import { structure } from './structure.ts';
import { graphFunctions, tapeClasses, tapeConstants } from './tape.ts';
import { tensorClasses, tensorMethods } from './tensor.ts';

/** TensorFlow: every function, class and constant that is known, by its full name. */

const functions: readonly NativeValue[] = [
  ...tensorMethods,
  ...creation,
  ...random,
  ...elementwise,
  ...reductions,
  ...structure,
  ...selecting,
  ...products,
  ...graphFunctions,
  ...linalg,
  ...nn,
  ...convolutions,
  ...signal,
  ...image,
  ...formerFunctions,
  ...control,
  ...runtime,
];

const classes: readonly ClassValue[] = [
  ...tensorClasses,
  ...randomClasses,
  ...dataClasses,
  ...runtimeClasses,
  ...formerClasses,
  shapeClass,
  ...tapeClasses,
];

const constants: readonly (readonly [string, Value])[] = [
  ...dtypes.flatMap(([name, dtype]): (readonly [string, Value])[] => [
    [`tensorflow.${name}`, { kind: 'dtype', dtype }],
    [`tensorflow.dtypes.${name}`, { kind: 'dtype', dtype }],
  ]),
  ...tapeConstants,
  ...dataConstants,
  ['tensorflow.newaxis', none],
  ['tensorflow.__version__', str(null)],
];

export const tensorflow: Library = new Map<string, Value>([
  ...withFormerNames(new Map<string, Value>([...libraryOf(functions, classes), ...constants])),
  ...otherModules,
]);
