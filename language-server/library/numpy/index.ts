import { type Library, libraryClass, libraryOf } from '../define.ts';
import type { ClassValue, InstanceValue, NativeValue, Value } from '../values.ts';
import { arrayClass, arrayMethods } from './arrays.ts';
import { creation, indexedObjects } from './creation.ts';
import { type Dialect, numpyDialect } from './dialect.ts';
import { elementwise } from './elementwise.ts';
import { fft } from './fft.ts';
import { joining, joiningObjects } from './joining.ts';
import { linalg, linalgClasses } from './linalg.ts';
import { numeric } from './numeric.ts';
import { products } from './products.ts';
import { random, randomClasses } from './random.ts';
import { reductions } from './reductions.ts';
import { constants, runtime, runtimeClasses } from './runtime.ts';
import { typeClasses } from './scalars.ts';
import { selecting } from './selecting.ts';
import { structure } from './structure.ts';
import { typeNames } from './types.ts';

/** NumPy: every function, class and constant that is known, by its full name. */

/** The functions that every library with NumPy's interface has, in its own types. */
export function arrayFunctions(d: Dialect): readonly NativeValue[] {
  return [
    ...elementwise(d),
    ...creation(d),
    ...structure(d),
    ...joining(d),
    ...reductions(d),
    ...selecting(d),
    ...numeric(d),
    ...products(d),
    ...linalg(d),
    ...fft(d),
    ...arrayMethods(d),
    ...runtime(d),
  ];
}

/** Objects that are indexed: `np.r_[...]`. */
export function arrayObjects(d: Dialect): readonly (readonly [string, Value])[] {
  return [...indexedObjects(d), ...joiningObjects(d)].map(([name, method]) => {
    const instance: InstanceValue = {
      kind: 'instance',
      cls: libraryClass(`${d.name}.${name}`, [], [method]),
      attributes: new Map(),
      origin: { file: '', start: 0, end: 0, loops: [], calls: [] },
    };
    return [`${d.name}.${name}`, instance] as const;
  });
}

const generators = randomClasses(numpyDialect);
const generator = generators.find(({ name }) => name === 'numpy.random.Generator');
const functions: readonly NativeValue[] = [...arrayFunctions(numpyDialect), ...random(numpyDialect, generator)];

const classes: readonly ClassValue[] = [
  ...typeClasses(numpyDialect, typeNames),
  ...generators,
  ...linalgClasses(numpyDialect),
  ...runtimeClasses(numpyDialect),
  arrayClass(numpyDialect, numpyDialect.methods, functions),
];

export const numpy: Library = new Map<string, Value>([
  ...libraryOf(functions, classes),
  ...arrayObjects(numpyDialect),
  ...constants(numpyDialect),
]);
