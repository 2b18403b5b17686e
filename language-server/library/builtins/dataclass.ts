import { type Context, PythonError } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import { type ClassValue, type InstanceValue, type NativeValue, none, type Value } from '../values.ts';

/** Classes whose fields are their annotated names (https://docs.python.org/3/library/dataclasses.html). */

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
  return native('__init__', `(${parameters})`, (cx, args) => {
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
