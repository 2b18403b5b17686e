import * as D from '../../graph/dim.ts';
import type { Value } from '../values.ts';

/** A text that is the same for keys that Python's dict takes for the same; null where that is not known. */
export function keyOf(value: Value): string | null {
  switch (value.kind) {
    case 'str':
      return value.value === null ? null : `s:${value.value}`;
    case 'int':
      return D.isKnown(value.value) ? `n:${value.value}` : null;
    case 'float':
      return value.value === null ? null : `n:${value.value}`;
    case 'bool':
      return value.value === null ? null : `n:${Number(value.value)}`;
    case 'none':
      return 'None';
    case 'tuple': {
      const keys = value.items.map(keyOf);
      return keys.includes(null) ? null : `(${keys.join(',')})`;
    }
    case 'dtype':
      return `d:${value.dtype}`;
    default: {
      // A type of NumPy is the same as its class.
      const dtype = value.kind === 'class' ? value.attributes.get('__dtype__') : undefined;
      if (dtype !== undefined) return keyOf(dtype);
      // Functions, classes and instances are keys by identity.
      if (value.kind === 'unknown' || value.kind === 'tensor') return null;
      let id = identities.get(value);
      if (id === undefined) {
        id = nextIdentity++;
        identities.set(value, id);
      }
      return `o:${id}`;
    }
  }
}

const identities = new WeakMap<object, number>();
let nextIdentity = 0;
