import { keyOf } from '../builtins/keys.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import {
  bool,
  type ClassValue,
  type DictEntry,
  type InstanceValue,
  list,
  mappingMark,
  type NativeValue,
  none,
  str,
  tuple,
  type Value,
} from '../values.ts';

/** ml_collections (https://ml-collections.readthedocs.io): dicts whose entries are attributes too, as those of an instance. */

function selfOf(value: Value): InstanceValue {
  if (value.kind !== 'instance') throw new PythonError('TypeError', 'a ConfigDict is wanted');
  return value;
}

function nameOf(key: Value): string {
  if (key.kind !== 'str') throw new PythonError('TypeError', 'a name of a ConfigDict is a string');
  if (key.value === null) throw new Unknowable('which name of the ConfigDict it is is not known');
  return key.value;
}

function isConfig(value: Value): value is InstanceValue {
  return value.kind === 'instance' && (value.cls === configDict || value.cls === frozenConfigDict);
}

/** A dict becomes a ConfigDict within one. */
function adopted(cx: Context, cls: ClassValue, value: Value): Value {
  if (value.kind !== 'dict') return value;
  if (value.open) throw new Unknowable('what the dict holds is not known');
  const made = cx.instantiate(cls);
  for (const { key, value: item } of value.entries.values()) made.attributes.set(nameOf(key), adopted(cx, cls, item));
  return made;
}

function asDict(value: Value): Value {
  if (!isConfig(value)) return value;
  const entries = [...value.attributes].map(([name, item]): [string, DictEntry] => [
    keyOf(str(name)) ?? name,
    { key: str(name), value: asDict(item) },
  ]);
  return { kind: 'dict', open: false, entries: new Map(entries) };
}

/** The entries of what a ConfigDict is made of or told: a dict, or another. */
function entriesOf(value: Value): ReadonlyMap<string, Value> {
  if (isConfig(value)) return value.attributes;
  if (value.kind !== 'dict' || value.open) throw new Unknowable('what the dict holds is not known');
  return new Map([...value.entries.values()].map(({ key, value: item }) => [nameOf(key), item]));
}

function update(cx: Context, self: InstanceValue, told: ReadonlyMap<string, Value>): void {
  for (const [name, value] of told) {
    const own = self.attributes.get(name);
    if (own !== undefined && isConfig(own) && (isConfig(value) || value.kind === 'dict'))
      update(cx, own, entriesOf(value));
    else cx.setName(self.attributes, name, adopted(cx, self.cls, value));
  }
}

function namesIn(self: InstanceValue): readonly string[] {
  return [...self.attributes.keys()].toSorted();
}

const methods: readonly NativeValue[] = [
  native('__init__', '(self, initial_dictionary=None, *args, **kwargs)', (cx, args) => {
    const given = args.optional('initial_dictionary');
    if (given !== null) update(cx, selfOf(args.value('self')), entriesOf(given));
    return none;
  }),
  native('__getitem__', '(self, key)', (_cx, args) => {
    const [self, name] = [selfOf(args.value('self')), nameOf(args.value('key'))];
    const found = self.attributes.get(name);
    if (found === undefined) throw new PythonError('KeyError', `'${name}'`);
    return found;
  }),
  ...['__setitem__', '__setattr__'].map((method) =>
    native(method, '(self, key, value)', (cx, args) => {
      update(cx, selfOf(args.value('self')), new Map([[nameOf(args.value('key')), args.raw('value')]]));
      return none;
    }),
  ),
  native('__contains__', '(self, key)', (_cx, args) =>
    bool(selfOf(args.value('self')).attributes.has(nameOf(args.value('key')))),
  ),
  native(
    'get',
    '(self, key, default=None)',
    (_cx, args) =>
      selfOf(args.value('self')).attributes.get(nameOf(args.value('key'))) ??
      (args.has('default') ? args.raw('default') : none),
  ),
  ...['__iter__', 'keys'].map((method) =>
    native(method, '(self)', (_cx, args) => list(namesIn(selfOf(args.value('self'))).map((name) => str(name)))),
  ),
  native('values', '(self, preserve_field_references=False)', (_cx, args) => {
    const self = selfOf(args.value('self'));
    return list(namesIn(self).map((name) => self.attributes.get(name) ?? none));
  }),
  native('items', '(self, preserve_field_references=False)', (_cx, args) => {
    const self = selfOf(args.value('self'));
    return list(namesIn(self).map((name) => tuple([str(name), self.attributes.get(name) ?? none])));
  }),
  native('to_dict', '(self, *args, **kwargs)', (_cx, args) => asDict(args.value('self'))),
  native('update', '(self, *other, **kwargs)', (cx, args) => {
    const self = selfOf(args.value('self'));
    for (const given of args.rest) update(cx, self, entriesOf(given));
    update(cx, self, args.keywords);
    return none;
  }),
  ...['lock', 'unlock', 'freeze'].map((method) =>
    native(method, '(self)', (_cx, args) => (method === 'freeze' ? none : args.value('self'))),
  ),
  ...['unlocked', '__enter__', 'ignore_type'].map((method) =>
    native(method, '(self)', (_cx, args) => args.value('self')),
  ),
  native('__exit__', '(self, *args)', () => none),
  native('copy_and_resolve_references', '(self, *args, **kwargs)', (cx, args) =>
    adopted(cx, configDict, asDict(args.value('self'))),
  ),
];

const sized = new Map<string, Value>([[mappingMark, bool(true)]]);
const configDict: ClassValue = libraryClass('ml_collections.ConfigDict', [], methods, sized);
const frozenConfigDict: ClassValue = libraryClass('ml_collections.FrozenConfigDict', [], methods, sized);

function create(cx: Context, entries: ReadonlyMap<string, Value>): Value {
  const made = cx.instantiate(configDict);
  update(cx, made, entries);
  return made;
}

/** The same under the names of both modules. */
export const configs: readonly (readonly [string, Value])[] = [
  'ml_collections',
  'ml_collections.config_dict',
  'ml_collections.config_dict.config_dict',
].flatMap((module): [string, Value][] => [
  [`${module}.ConfigDict`, configDict],
  [`${module}.FrozenConfigDict`, frozenConfigDict],
  [`${module}.create`, native(`${module}.create`, '(**kwargs)', (cx, args) => create(cx, args.keywords))],
  [
    `${module}.placeholder`,
    native(`${module}.placeholder`, '(*args, **kwargs)', (cx) =>
      cx.unknown('what fills a place of the ConfigDict is not known'),
    ),
  ],
]);
