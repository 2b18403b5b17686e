import { tuple, type Value } from '../values.ts';

/** What `copy` and `deepcopy` make of a value. */
export function copied(value: Value, deep: boolean, seen: Map<Value, Value>): Value {
  const before = seen.get(value);
  if (before !== undefined) return before;
  const inner = (item: Value): Value => (deep ? copied(item, deep, seen) : item);
  switch (value.kind) {
    case 'tensor': {
      if (!deep) return value;
      const copy: Value = { ...value, attributes: new Map(value.attributes) };
      seen.set(value, copy);
      return copy;
    }
    case 'list':
      return { kind: 'list', items: value.items.map(inner), tail: value.tail };
    case 'tuple':
      return tuple(value.items.map(inner), value.fields);
    case 'dict':
      return {
        kind: 'dict',
        open: value.open,
        entries: new Map([...value.entries].map(([id, { key, value: item }]) => [id, { key, value: inner(item) }])),
      };
    case 'instance': {
      const copy: Value = { kind: 'instance', cls: value.cls, origin: value.origin, attributes: new Map() };
      seen.set(value, copy);
      for (const [name, item] of value.attributes) copy.attributes.set(name, inner(item));
      return copy;
    }
    default:
      return value;
  }
}
