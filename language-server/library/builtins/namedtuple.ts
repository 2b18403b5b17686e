import { type Context, PythonError } from '../context.ts';
import { classMethod, libraryClass, native } from '../define.ts';
import { type ClassValue, type DictValue, none, str, tuple, type Value } from '../values.ts';
import { type Fields, fieldsOf } from './dataclass.ts';
import { keyOf } from './keys.ts';

/** Classes of named tuples (https://docs.python.org/3/library/collections.html#collections.namedtuple). */

/** What a class needs to make named tuples of these fields: each with its default, or null where it has none. */
function making(name: string, fields: Fields): ReadonlyMap<string, Value> {
  const names = [...fields.keys()];
  const of = (cls: Value, items: readonly Value[]): Value =>
    tuple(items, { names, cls: cls.kind === 'class' ? cls : null });
  const parameters = [...fields].map(([field, value]) => (value === null ? field : `${field}=None`));
  return new Map<string, Value>([
    [
      '__new__',
      native(name, `(_cls, ${parameters.join(', ')})`, (_cx, args) =>
        of(
          args.value('_cls'),
          names.map((field) => (args.has(field) ? args.raw(field) : (fields.get(field) ?? none))),
        ),
      ),
    ],
    ['_fields', tuple(names.map((field) => str(field)))],
    [
      '_make',
      classMethod(
        native(`${name}._make`, '(_cls, iterable)', (_cx, args) => {
          const items = args.items('iterable');
          if (items.length !== names.length)
            throw new PythonError('TypeError', `Expected ${names.length} arguments, got ${items.length}`);
          return of(args.value('_cls'), items);
        }),
      ),
    ],
  ]);
}

/** Makes a class whose annotated names are fields one of named tuples. */
export function makeNamedTuple(cx: Context, cls: ClassValue): void {
  const own = { ...cls, bases: [] };
  for (const [name, value] of making(cls.name, fieldsOf(own)))
    if (!cls.attributes.has(name)) cx.setName(cls.attributes, name, value);
}

/** The field names of `namedtuple('P', 'x y')`. */
function namesIn(cx: Context, value: Value): readonly string[] {
  if (value.kind === 'str') return (value.value ?? '').split(/[\s,]+/).filter((name) => name !== '');
  return cx.items(value).flatMap((item) => {
    // NamedTuple gives each with its type.
    const name = item.kind === 'tuple' ? item.items[0] : item;
    return name?.kind === 'str' && name.value !== null ? [name.value] : [];
  });
}

/** The fields with the defaults that the last of them have. */
function withDefaults(names: readonly string[], defaults: readonly Value[]): Fields {
  const from = names.length - defaults.length;
  return new Map(names.map((name, k) => [name, defaults[k - from] ?? null]));
}

export const namedTuples: readonly Value[] & readonly { readonly name: string }[] = [
  native(
    'collections.namedtuple',
    '(typename, field_names, *, rename=False, defaults=None, module=None)',
    (cx, args) => {
      const defaults = args.optional('defaults');
      const fields = withDefaults(namesIn(cx, args.value('field_names')), defaults === null ? [] : cx.items(defaults));
      const name = args.string('typename');
      return libraryClass(name, [], [], making(name, fields));
    },
  ),
  ...['typing', 'typing_extensions', 'beartype.typing'].map((module) =>
    libraryClass(
      `${module}.NamedTuple`,
      [],
      [
        native('__new__', '(cls, typename, fields=None, **kwargs)', (cx, args) => {
          const name = args.string('typename');
          return libraryClass(name, [], [], making(name, withDefaults(namesIn(cx, args.value('fields')), [])));
        }),
      ],
    ),
  ),
];

/** A named tuple as a dict of its fields. */
export function asDict(value: Value): Value {
  const dict: DictValue = { kind: 'dict', entries: new Map(), open: false };
  if (value.kind !== 'tuple') return dict;
  value.fields?.names.forEach((name, k) => {
    dict.entries.set(keyOf(str(name)) ?? name, { key: str(name), value: value.items[k] ?? none });
  });
  return dict;
}
