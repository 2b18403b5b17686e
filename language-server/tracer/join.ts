import type { GraphBuilder } from '../graph/builder.ts';
import type { Dim } from '../graph/dim.ts';
import * as D from '../graph/dim.ts';
import { promote, sameShape, showShape } from '../graph/shape.ts';
import { partsOf, withParts } from '../library/trees.ts';
import {
  another,
  type DictEntry,
  describe,
  type InstanceValue,
  list,
  ofKnownShape,
  optionsOf,
  tensor,
  tuple,
  type Unknown,
  type Value,
} from '../library/values.ts';

/** What a join writes to. */
export interface Joiner {
  readonly build: GraphBuilder;
  unknown(text: string): Unknown;
  freshSize(name: string): Dim;
  /** A value that is one of more than these is not followed as each of them; of a loop's turns none is, for the next may make another. */
  readonly mostOptions: number;
  /** How two objects of one class are made one; null where both are followed. */
  readonly merge: Merge | null;
}

/** Makes one object, or one tensor, of two. What is made of the same two is the same again, for several may hold them. */
export interface Merge {
  readonly done: Map<Value, Map<Value, Value>>;
  readonly instance: (a: InstanceValue, b: InstanceValue) => InstanceValue;
}

function merged(merge: Merge, a: Value, b: Value): Value | null {
  return merge.done.get(a)?.get(b) ?? null;
}

function keep<T extends Value>(merge: Merge | null, a: Value, b: Value, made: T): T {
  const others = merge?.done.get(a) ?? new Map<Value, Value>();
  merge?.done.set(a, others.set(b, made));
  return made;
}

/**
 * One of several values, which one is not known: what they have in common, or unknown with the reason.
 * @param name what a size is called that is one of several
 */
export function join(to: Joiner, values: readonly Value[], name = 'n'): Value {
  const [first, ...rest] = values;
  if (first === undefined) return to.unknown('nothing is known of it');
  return rest.reduce((a, b) => joinTwo(to, name, a, b), first);
}

function joinTwo(to: Joiner, name: string, one: Value, other: Value): Value {
  if (one === other) return one;
  const [a, b] = [ofKnownShape(one), ofKnownShape(other)];
  if (a.kind === 'unknown' && a.options === undefined) return another(a);
  if (b.kind === 'unknown' && b.options === undefined) return another(b);
  const { build } = to;
  const differ = (): Unknown => eitherOf(to, a, b);
  const done = to.merge === null ? null : merged(to.merge, a, b);
  if (done !== null) return done;
  if (a.kind === 'unknown' || b.kind === 'unknown') {
    const [first, ...rest] = to.merge === null ? [] : optionsIn(a, b);
    const isOfOne =
      first?.kind === 'instance' && rest.every((each) => each.kind === 'instance' && each.cls === first.cls);
    return isOfOne ? rest.reduce<Value>((x, y) => joinTwo(to, name, x, y), first) : differ();
  }
  const again = (x: Value, y: Value): Value => joinTwo(to, name, x, y);
  if (a.kind === 'tensor' && b.kind === 'tensor') {
    const [x, y] = [build.aval(a.node), build.aval(b.node)];
    if (!sameShape(x.shape, y.shape)) {
      const shapes = `its shape is ${showShape(x.shape)} or ${showShape(y.shape)}`;
      return followed(to, to.unknown(`${shapes}, which is not known before it runs`), [a, b]);
    }
    if (a.node === b.node) return a;
    const joined = keep(
      to.merge,
      a,
      b,
      tensor(
        build.emit('either', { aval: { shape: x.shape, dtype: promote(x.dtype, y.dtype) } }, [a.node, b.node]),
        a.family,
      ),
    );
    for (const [name, value] of a.attributes) if (b.attributes.has(name)) joined.attributes.set(name, value);
    return joined;
  }
  switch (a.kind) {
    case 'none':
    case 'ellipsis':
      return b.kind === a.kind ? a : differ();
    case 'bool':
      return b.kind === 'bool' ? (a.value === b.value ? a : { kind: 'bool', value: null }) : differ();
    case 'int':
      if (b.kind === 'float') return { kind: 'float', value: null };
      if (b.kind !== 'int') return differ();
      if (D.equal(a.value, b.value)) return a;
      // A name stands for a size, which is not negative.
      return D.isNonNegative(a.value) && D.isNonNegative(b.value)
        ? { kind: 'int', value: to.freshSize(name) }
        : differ();
    case 'float':
      return b.kind === 'float' || b.kind === 'int'
        ? b.kind === 'float' && a.value === b.value
          ? a
          : { kind: 'float', value: null }
        : differ();
    case 'str':
      return b.kind === 'str' ? (a.value === b.value ? a : { kind: 'str', value: null }) : differ();
    case 'dtype':
      return b.kind === 'dtype' && a.dtype === b.dtype ? a : differ();
    case 'namespace':
      return b.kind === 'namespace' && a.path === b.path ? a : differ();
    case 'tuple': {
      if (b.kind !== 'tuple' || a.items.length !== b.items.length) return differ();
      return tuple(
        a.items.map((item, k) => again(item, b.items[k] ?? item)),
        a.fields,
      );
    }
    case 'native':
      // One library function under two values, as two imports of it make.
      return b.kind === 'native' && a.name === b.name && a.made === null && b.made === null ? a : differ();
    case 'dict': {
      if (b.kind !== 'dict' || a.open || b.open || a.entries.size !== b.entries.size) return differ();
      const entries = [...a.entries].map(([id, { key, value }]): [string, DictEntry] => {
        const other = b.entries.get(id);
        return [id, { key, value: other === undefined ? differ() : again(value, other.value) }];
      });
      return { kind: 'dict', open: false, entries: new Map(entries) };
    }
    case 'instance': {
      if (b.kind !== 'instance' || b.cls !== a.cls) return differ();
      const parts = partsOf(a);
      if (parts === null) return to.merge === null ? differ() : joinObjects(to, to.merge, a, b);
      return withParts(
        a,
        parts.map(([name, part]) => [name, again(part, b.attributes.get(name) ?? differ())]),
      );
    }
    case 'list': {
      const isClosed = (value: Value): boolean => value.kind === 'list' && value.tail === null;
      if (b.kind !== 'list' || !isClosed(a) || !isClosed(b) || a.items.length !== b.items.length) return differ();
      return list(a.items.map((item, k) => again(item, b.items[k] ?? item)));
    }
    case 'repeated':
    case 'set':
    case 'range':
    case 'slice':
    case 'function':
    case 'bound':
    case 'class':
    case 'module':
    case 'tensor':
      return differ();
  }
}

/** Attribute by attribute; one that only one of them has is not known. */
function joinObjects(to: Joiner, merge: Merge, a: InstanceValue, b: InstanceValue): InstanceValue {
  const made = keep(merge, a, b, merge.instance(a, b));
  for (const name of new Set([...a.attributes.keys(), ...b.attributes.keys()])) {
    const [x, y] = [a.attributes.get(name), b.attributes.get(name)];
    const isBoth = x !== undefined && y !== undefined;
    made.attributes.set(name, isBoth ? joinTwo(to, name, x, y) : to.unknown(`${name} is set on some paths only`));
  }
  return made;
}

/** The values that both are or may be. */
function optionsIn(a: Value, b: Value): readonly Value[] {
  return [...new Set([a, b].flatMap((value) => optionsOf(value) ?? [value]))];
}

/** One of the values that both are or may be. */
function eitherOf(to: Joiner, a: Value, b: Value): Unknown {
  const options = optionsIn(a, b);
  const [first, last] = [options[0] ?? a, options.at(-1) ?? b];
  const unknown = to.unknown(`it is ${describe(first)} or ${describe(last)}, which is not known before it runs`);
  return followed(to, unknown, options);
}

function followed(to: Joiner, unknown: Unknown, options: readonly Value[]): Unknown {
  return options.length <= to.mostOptions ? { ...unknown, options } : unknown;
}
