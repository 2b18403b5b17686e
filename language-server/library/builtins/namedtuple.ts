import type { Context } from '../context.ts';
import { native } from '../define.ts';
import { type ClassValue, fieldNames, none, str, tuple, type Value } from '../values.ts';
import { fieldsOf } from './dataclass.ts';

/**
 * Tuples whose items have names, with methods of the program's own
 * (https://docs.python.org/3/library/collections.html#collections.namedtuple).
 */

/** Makes a class one of named tuples: its instances are tuples that know it. */
function makeNamedTuple(
  cx: Context,
  cls: ClassValue,
  names: readonly string[],
  defaults: readonly Value[],
): ClassValue {
  const required = names.length - defaults.length;
  const parameters = names.map((name, k) => (k < required ? name : `${name}=None`));
  const attributes: Readonly<Record<string, Value>> = {
    _fields: tuple(names.map(str)),
    __new__: native(cls.name, `(${['__class', ...parameters].join(', ')})`, (_inner, args) => {
      const made = args.raw('__class');
      const items = names.map((name, k) => (args.has(name) ? args.raw(name) : (defaults[k - required] ?? none)));
      return tuple(items, made.kind === 'class' ? made : cls);
    }),
  };
  for (const [name, value] of Object.entries(attributes)) cx.setName(cls.attributes, name, value);
  return cls;
}

/** The class that `class Point(NamedTuple)` makes of its annotated names. */
export function namedTupleOfFields(cx: Context, cls: ClassValue): ClassValue {
  const fields = [...fieldsOf(cls)];
  const defaults = fields.flatMap(([, value]) => value ?? []);
  const names = fields.map(([name]) => name);
  for (const name of names) cls.attributes.delete(name);
  return makeNamedTuple(cx, cls, names, defaults);
}

export const namedTuples = [
  native(
    'collections.namedtuple',
    '(typename, field_names, *, rename=False, defaults=None, module=None)',
    (cx, args) => {
      const given = args.value('field_names');
      const names =
        given.kind === 'str'
          ? (given.value ?? '').split(/[\s,]+/).filter((name) => name !== '')
          : cx.items(given).flatMap((item) => (item.kind === 'str' && item.value !== null ? [item.value] : []));
      const defaults = args.optional('defaults');
      const cls: ClassValue = { kind: 'class', name: args.string('typename'), bases: [], attributes: new Map() };
      return makeNamedTuple(cx, cls, names, defaults === null ? [] : cx.items(defaults));
    },
  ),
  native('builtins.tuple._replace', '(self, **kwargs)', (cx, args) => {
    const self = args.value('self');
    if (self.kind !== 'tuple' || self.fields === null) return cx.unknown('no named tuple');
    const names = fieldNames(self);
    return tuple(
      self.items.map((item, k) => args.keywords.get(names[k] ?? '') ?? item),
      self.fields,
    );
  }),
];
