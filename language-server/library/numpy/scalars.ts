import * as D from '../../graph/dim.ts';
import { type DType, itemSize } from '../../graph/shape.ts';
import { asNumber } from '../arguments.ts';
import { libraryClass } from '../define.ts';
import { type ClassValue, str, type Value } from '../values.ts';
import { asArray, type Call, type Dialect, valueFunction } from './dialect.ts';

/** The classes of element types, which make numbers of that type (https://numpy.org/doc/stable/reference/arrays.scalars.html). */

/** Classes that types belong to, from the general to the particular. */
const kinds: Readonly<Record<string, string | null>> = {
  generic: null,
  number: 'generic',
  integer: 'number',
  signedinteger: 'integer',
  unsignedinteger: 'integer',
  inexact: 'number',
  floating: 'inexact',
  complexfloating: 'inexact',
};

function kindOf(dtype: DType): string {
  if (dtype === 'bool') return 'generic';
  if (dtype.startsWith('uint')) return 'unsignedinteger';
  if (dtype.startsWith('int')) return 'signedinteger';
  return dtype.startsWith('complex') ? 'complexfloating' : 'floating';
}

/** A number or array in the type of a class: `np.float32(x)`. */
function convert(call: Call, dtype: DType): Value {
  const { build, d, cx } = call;
  const value = call.optional('value') ?? ({ kind: 'int', value: 0 } as const);
  if (value.kind === 'int' && !D.isKnown(value.value)) return call.result(build.dimScalar(value.value, dtype));
  if (value.kind === 'int' || value.kind === 'float' || value.kind === 'bool') {
    const number = asNumber(value);
    if (number !== null) return call.result(build.full([], dtype.includes('int') ? Math.trunc(number) : number, dtype));
  }
  // Every class makes arrays of lists, also where functions do not.
  return call.result(build.convert(asArray({ ...d, lists: true }, cx, value), dtype));
}

/** The classes of these types, and of the kinds of types. */
export function typeClasses(d: Dialect, names: Readonly<Record<string, DType>>): readonly ClassValue[] {
  const general = new Map<string, ClassValue>();
  for (const [name, base] of Object.entries(kinds)) {
    const above = base === null ? undefined : general.get(base);
    general.set(name, libraryClass(`${d.name}.${name}`, above === undefined ? [] : [above], []));
  }
  const own = Object.entries(names).map(([name, given]) => {
    const above = general.get(kindOf(given));
    const make = valueFunction(d, `${name}.__new__`, '(cls, value=0, /)', (call) =>
      convert(call, call.d.narrow(given)),
    );
    return libraryClass(
      `${d.name}.${name}`,
      above === undefined ? [] : [above],
      [make],
      new Map<string, Value>([
        ['__dtype__', { kind: 'dtype', dtype: given }],
        ['itemsize', { kind: 'int', value: itemSize(given) }],
        ['__name__', str(given)],
      ]),
    );
  });
  return [...general.values(), ...own];
}
