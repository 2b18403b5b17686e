import {
  type DictEntry,
  ellipsis,
  type InstanceValue,
  int,
  list,
  type Outlined,
  str,
  tuple,
  type Unknown,
  type Value,
} from './values.ts';

/** Instances that are trees of arrays: their class says of which attributes. */

/** On tensors that are variables of a module, with the kind of variable that they are: kept where a leaf is replaced. */
export const variableMark = '_variable_type';

/** The class attribute that names the parts, in order; `...` for all attributes by their names. */
export const treeMark = '__tree__';

/** The mark of a class whose instances have these parts. */
export function treeOf(names: readonly string[] | 'all'): readonly [string, Value] {
  return [treeMark, names === 'all' ? ellipsis : tuple(names.map((name) => str(name)))];
}

export type Parts = readonly (readonly [name: string, part: Value])[];

/** The parts of an instance that is a tree, in order; null for other instances. */
export function partsOf(value: InstanceValue): Parts | null {
  const mark = markIn(value.cls);
  if (mark === null) return null;
  const names =
    mark.kind === 'tuple'
      ? mark.items.flatMap((item) => (item.kind === 'str' && item.value !== null ? [item.value] : []))
      : [...value.attributes].flatMap(([name, part]) => (holdsArrays(part) ? [name] : [])).toSorted();
  return names.flatMap((name): [string, Value][] => {
    const part = value.attributes.get(name);
    return part === undefined ? [] : [[name, part]];
  });
}

/** A container with something else in the place of each part, by its key, its number or its name; other values as they are. */
export function mapParts(value: Value, replace: (part: Value, key: Value) => Value): Value {
  switch (value.kind) {
    case 'tuple':
      return tuple(
        value.items.map((item, k) => replace(item, int(k))),
        value.fields,
      );
    case 'list':
      return list(value.items.map((item, k) => replace(item, int(k))));
    case 'dict': {
      const entries = [...value.entries].map(([id, { key, value: item }]): [string, DictEntry] => [
        id,
        { key, value: replace(item, key) },
      ]);
      return { kind: 'dict', open: value.open, entries: new Map(entries) };
    }
    case 'instance': {
      const parts = partsOf(value);
      return parts === null
        ? value
        : withParts(
            value,
            parts.map(([name, part]) => [name, replace(part, str(name))]),
          );
    }
    default:
      return value;
  }
}

function holdsArrays(value: Value): boolean {
  switch (value.kind) {
    case 'tensor':
      return true;
    case 'unknown':
      return value.outline !== undefined;
    default:
      return heldBy(value).some(holdsArrays);
  }
}

/** What a container or a tree holds, one by one: not what a list holds of which it is not known how many there are. */
function heldBy(value: Value): readonly Value[] {
  switch (value.kind) {
    case 'tuple':
    case 'list':
      return value.items;
    case 'dict':
      return [...value.entries.values()].map((entry) => entry.value);
    case 'instance':
      return (partsOf(value) ?? []).map(([, part]) => part);
    default:
      return [];
  }
}

/** What takes the place of a leaf: a variable where that was one. */
export function inPlaceOf(leaf: Value, made: Value): Value {
  const type = leaf.kind === 'tensor' ? leaf.attributes.get(variableMark) : undefined;
  if (type === undefined || made.kind !== 'tensor' || made === leaf) return made;
  return { ...made, attributes: new Map([...made.attributes, [variableMark, type]]) };
}

function markIn(cls: InstanceValue['cls']): Value | null {
  const own = cls.attributes.get(treeMark);
  if (own !== undefined) return own;
  for (const base of cls.bases) {
    const found = base.kind === 'class' ? markIn(base) : null;
    if (found !== null) return found;
  }
  return null;
}

/** The instance with other parts. */
export function withParts(value: InstanceValue, parts: Parts): InstanceValue {
  return { ...value, attributes: new Map([...value.attributes, ...parts]) };
}

/** What is not known in a value, through containers and trees; null where all is known. */
export function unknownIn(value: Value): Unknown | null {
  switch (value.kind) {
    case 'unknown':
      return value;
    case 'repeated':
      return unknownIn(value.element);
    default: {
      const tail = value.kind === 'list' && value.tail !== null ? [value.tail.element] : [];
      for (const held of [...heldBy(value), ...tail]) {
        const found = unknownIn(held);
        if (found !== null) return found;
      }
      return null;
    }
  }
}

/** The results in a tree that are not known but for their shape. */
export function outlinesIn(value: Value): readonly Outlined[] {
  if (value.kind !== 'unknown') return heldBy(value).flatMap(outlinesIn);
  return value.outline === undefined ? [] : [{ ...value, outline: value.outline }];
}
