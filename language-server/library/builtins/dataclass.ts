import { type Context, PythonError } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import {
  bool,
  type ClassValue,
  type DictEntry,
  type DictValue,
  type InstanceValue,
  type NativeValue,
  none,
  str,
  tuple,
  type Value,
} from '../values.ts';
import { keyOf } from './keys.ts';

/** Classes whose fields are their annotated names (https://docs.python.org/3/library/dataclasses.html). */

/** The `__init__`s that are made of fields. */
const madeInits = new WeakSet<NativeValue>();

/** A field's default, or what is said of the field (`field(...)`); null where there is neither. */
export type Fields = ReadonlyMap<string, Value | null>;

/** `field(...)`: options that stay as attributes of the instance. Libraries have fields with options of their own. */
export const fieldClass: ClassValue = libraryClass(
  'dataclasses.field',
  [],
  [
    native('__init__', '(self, *, default=None, **kwargs)', (cx, args) => {
      const self = args.value('self');
      if (args.has('default')) cx.setAttribute(self, 'default', args.raw('default'));
      for (const [name, value] of args.keywords) cx.setAttribute(self, name, value);
      return none;
    }),
  ],
);

/** What `field(...)` says of a field; null for one that has a plain default or none. */
export function optionsOf(value: Value | null): InstanceValue | null {
  return value?.kind === 'instance' && descends(value.cls) ? value : null;
}

function descends(cls: ClassValue): boolean {
  return cls === fieldClass || cls.bases.some((base) => base.kind === 'class' && descends(base));
}

/** The fields of a class, base classes' first. */
export function fieldsOf(cls: ClassValue): Fields {
  const fields = new Map<string, Value | null>();
  for (const base of cls.bases)
    if (base.kind === 'class') for (const [name, value] of fieldsOf(base)) fields.set(name, value);
  const own = cls.attributes.get('__annotations__');
  for (const { key } of own?.kind === 'dict' ? own.entries.values() : [])
    if (key.kind === 'str' && key.value !== null) fields.set(key.value, cls.attributes.get(key.value) ?? null);
  return fields;
}

/** The names of the types that plain annotations give fields, base classes' first. */
export function typesOf(cls: ClassValue): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  for (const base of cls.bases)
    if (base.kind === 'class') for (const [name, type] of typesOf(base)) types.set(name, type);
  const own = cls.attributes.get('__annotations__');
  for (const { key, value } of own?.kind === 'dict' ? own.entries.values() : []) {
    if (key.kind !== 'str' || key.value === null) continue;
    if (value.kind === 'str' && value.value !== null) types.set(key.value, value.value);
    else types.delete(key.value);
  }
  return types;
}

function isOption(options: InstanceValue | null, name: string, value: boolean): boolean {
  const given = options?.attributes.get(name);
  return given?.kind === 'bool' && given.value === value;
}

/** The default of a field, made anew where a function makes it; null where there is none. */
function defaultOf(cx: Context, value: Value | null): Value | null {
  const options = optionsOf(value);
  if (options === null) return value;
  const factory = options.attributes.get('default_factory');
  return factory === undefined ? (options.attributes.get('default') ?? null) : cx.call(factory, []);
}

function hasDefault(value: Value | null): boolean {
  const options = optionsOf(value);
  return options === null
    ? value !== null
    : ['default', 'default_factory'].some((name) => options.attributes.has(name));
}

/** An `__init__` that sets the fields and then calls `__post_init__`. */
export function initOf(fields: Fields): NativeValue {
  const isParameter = (value: Value | null): boolean => !isOption(optionsOf(value), 'init', false);
  const listed = [...fields].filter(([, value]) => isParameter(value));
  const byName = (value: Value | null): boolean => isOption(optionsOf(value), 'kw_only', true);
  const text = ([name, value]: readonly [string, Value | null]): string => (hasDefault(value) ? `${name}=None` : name);
  const positional = listed.filter(([, value]) => !byName(value)).map(text);
  const keyword = listed.filter(([, value]) => byName(value)).map(text);
  const parameters = ['self', ...positional, ...(keyword.length === 0 ? [] : ['*', ...keyword])].join(', ');
  const init = native('__init__', `(${parameters})`, (cx, args) => {
    const self = args.value('self');
    for (const [name, value] of fields) {
      const own = args.has(name) ? args.raw(name) : defaultOf(cx, value);
      const converter = optionsOf(value)?.attributes.get('converter');
      if (own !== null) cx.setAttribute(self, name, converter === undefined ? own : cx.call(converter, [own]));
    }
    const after = cx.attribute(self, '__post_init__');
    if (after !== null) cx.call(after, []);
    return none;
  });
  madeInits.add(init);
  return init;
}

/** Gives a class the `__init__` of its fields, unless it has one of its own. */
export function makeDataclass(cx: Context, cls: Value): Value {
  if (cls.kind === 'class' && !cls.attributes.has('__init__'))
    cx.setName(cls.attributes, '__init__', initOf(fieldsOf(cls)));
  return cls;
}

/** `replace(instance, **changes)`: a new instance with other values of some fields. */
export function replaced(cx: Context, value: Value, changes: ReadonlyMap<string, Value>): Value {
  if (value.kind !== 'instance') throw new PythonError('TypeError', 'replace() wants an instance of a dataclass');
  const copy = cx.instantiate(value.cls);
  for (const [name, own] of value.attributes) copy.attributes.set(name, changes.get(name) ?? own);
  return copy;
}

/** What tells that a class is a dataclass. */
function isDataclass(cls: ClassValue): boolean {
  const init = cls.attributes.get('__init__');
  return (
    (init?.kind === 'native' && madeInits.has(init)) ||
    cls.bases.some((base) => base.kind === 'class' && isDataclass(base))
  );
}

/** The fields with what is said of each, by their names; null where the class is no dataclass. */
export function fieldsAsDict(cx: Context, cls: ClassValue): DictValue | null {
  if (!isDataclass(cls)) return null;
  const entries = [...fieldsOf(cls)].map(([name, value]): [string, DictEntry] => {
    const field = cx.instantiate(fieldClass);
    for (const [option, own] of optionsOf(value)?.attributes ?? []) field.attributes.set(option, own);
    field.attributes.set('name', str(name));
    for (const option of ['type', 'metadata'])
      if (!field.attributes.has(option))
        field.attributes.set(option, cx.unknown(`the ${option} of a field is not followed`));
    return [keyOf(str(name)) ?? name, { key: str(name), value: field }];
  });
  return { kind: 'dict', open: false, entries: new Map(entries) };
}

function classOf(value: Value): ClassValue | null {
  return value.kind === 'class' ? value : value.kind === 'instance' ? value.cls : null;
}

/** `fields`, `asdict` and their like (https://docs.python.org/3/library/dataclasses.html#dataclasses.fields). */
export const dataclassFunctions: readonly NativeValue[] = [
  native('dataclasses.fields', '(class_or_instance)', (cx, args) => {
    const cls = classOf(args.value('class_or_instance'));
    const fields = cls === null ? null : fieldsAsDict(cx, cls);
    if (fields === null) throw new PythonError('TypeError', 'must be called with a dataclass type or instance');
    return tuple([...fields.entries.values()].map(({ value }) => value));
  }),
  native('dataclasses.is_dataclass', '(obj)', (_cx, args) => {
    const cls = classOf(args.value('obj'));
    return bool(cls !== null && isDataclass(cls));
  }),
  native('dataclasses.asdict', '(obj, *, dict_factory=None)', (cx, args) => {
    if (args.optional('dict_factory') !== null) return cx.unknown('which dict is made is not followed');
    return asDictionary(args.value('obj'));
  }),
  native('dataclasses.astuple', '(obj, *, tuple_factory=None)', (_cx, args) => {
    const value = asDictionary(args.value('obj'));
    return value.kind === 'dict' ? tuple([...value.entries.values()].map((entry) => entry.value)) : value;
  }),
];

/** A dataclass as a dict of its fields, also within others. */
function asDictionary(value: Value): Value {
  switch (value.kind) {
    case 'instance': {
      if (!isDataclass(value.cls)) return value;
      const entries = [...fieldsOf(value.cls).keys()].flatMap((name): [string, DictEntry][] => {
        const own = value.attributes.get(name);
        return own === undefined ? [] : [[keyOf(str(name)) ?? name, { key: str(name), value: asDictionary(own) }]];
      });
      return { kind: 'dict', open: false, entries: new Map(entries) };
    }
    case 'tuple':
      return tuple(value.items.map(asDictionary), value.fields);
    case 'list':
      return { kind: 'list', items: value.items.map(asDictionary), tail: value.tail };
    default:
      return value;
  }
}
