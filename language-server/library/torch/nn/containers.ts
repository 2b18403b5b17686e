import * as D from '../../../graph/dim.ts';
import type { Args } from '../../arguments.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { libraryClass, native } from '../../define.ts';
import {
  bool,
  type ClassValue,
  type InstanceValue,
  int,
  list,
  type NativeValue,
  none,
  str,
  tuple,
  type Value,
} from '../../values.ts';
import { asParameter, isModule, isParameter, type ModuleSelf, moduleClass, self } from './module.ts';

/** torch.nn's containers (https://docs.pytorch.org/docs/stable/nn.html#containers): modules and weights by number or name. */

/** What a container has as an attribute once it was changed by what is not known. */
const lostMark = '__lost__';

/** Changes a container; where it cannot be told how, what it holds is not known from there on. */
function changing(cx: Context, module: ModuleSelf, change: () => void): void {
  try {
    change();
  } catch (error) {
    cx.setAttribute(module, lostMark, none);
    throw error;
  }
}

type Entries = readonly (readonly [name: string, value: Value])[];

/** What a container holds, in order. Other attributes, which a subclass may set, are no entries. */
function entriesOf(module: ModuleSelf): Entries {
  if (module.attributes.has(lostMark)) throw new Unknowable('what the container holds is not known');
  return [...module.attributes].filter(
    ([name, value]) =>
      value.kind !== 'none' &&
      (/^\d+$/.test(name) || isModule(value) || value.kind === 'unknown' || (holdsTensors(module) && !isOwn(name))),
  );
}

function isOwn(name: string): boolean {
  return name === 'training' || name.startsWith('_');
}

function holdsTensors(module: ModuleSelf): boolean {
  const descends = (cls: ClassValue): boolean =>
    cls.name === 'torch.nn.ParameterList' ||
    cls.name === 'torch.nn.ParameterDict' ||
    cls.bases.some((base) => base.kind === 'class' && descends(base));
  return descends(module.cls);
}

function itemsOf(module: ModuleSelf): readonly Value[] {
  return entriesOf(module).map(([, value]) => value);
}

/** A tensor in a container of parameters becomes one. */
function entryFor(cx: Context, module: ModuleSelf, value: Value): Value {
  return value.kind === 'tensor' && holdsTensors(module) && !isParameter(value) ? asParameter(cx, value, true) : value;
}

function setEntry(cx: Context, module: ModuleSelf, name: string, value: Value): void {
  cx.setAttribute(module, name, entryFor(cx, module, value));
}

/** Sets entries 0, 1, 2, ... after those that are there. */
function append(cx: Context, module: ModuleSelf, items: readonly Value[]): void {
  const start = entriesOf(module).length;
  items.forEach((item, k) => {
    setEntry(cx, module, String(start + k), item);
  });
}

/** Puts other items in the place of all entries, numbered anew. */
function refill(cx: Context, module: ModuleSelf, items: readonly Value[]): void {
  for (const [name] of entriesOf(module)) cx.setAttribute(module, name, none);
  items.forEach((item, k) => {
    cx.setAttribute(module, String(k), item);
  });
}

/** A container of the same class with some of the items, as a slice gives it. */
function containerOf(cx: Context, like: InstanceValue, items: readonly Value[]): Value {
  const made = cx.instantiate(like.cls);
  append(cx, made, items);
  return made;
}

/** The entries that a slice picks keep their names in a Sequential. */
function sliceOf(cx: Context, module: ModuleSelf, index: Value): Value {
  const entries = entriesOf(module);
  const picked = cx.subscript(list(entries.map((_, k) => int(k))), index);
  if (picked.kind !== 'list') return picked;
  const chosen = picked.items.flatMap((item) => {
    const entry = item.kind === 'int' && D.isKnown(item.value) ? entries[item.value] : undefined;
    return entry === undefined ? [] : [entry];
  });
  if (chosen.every(([name]) => /^\d+$/.test(name)))
    return containerOf(
      cx,
      module,
      chosen.map(([, value]) => value),
    );
  const made = cx.instantiate(module.cls);
  for (const [name, value] of chosen) cx.setAttribute(made, name, value);
  return made;
}

function nameAt(cx: Context, module: ModuleSelf, index: Value): string | null {
  const names = entriesOf(module).map(([name]) => str(name));
  const picked = cx.subscript(list(names), index);
  return picked.kind === 'str' ? picked.value : null;
}

function byKey(cx: Context, module: ModuleSelf, key: Value): Value {
  if (key.kind !== 'str' || key.value === null) return cx.unknown('which entry this is is not known');
  const { value: name } = key;
  const found = entriesOf(module).find(([own]) => own === name)?.[1];
  if (found === undefined) throw new PythonError('KeyError', `'${name}'`);
  return found;
}

const sequenceMethods: readonly NativeValue[] = [
  native('__getitem__', '(self, index)', (cx, args) => {
    const index = args.value('index');
    return index.kind === 'slice' ? sliceOf(cx, self(args), index) : cx.subscript(list(itemsOf(self(args))), index);
  }),
  native('__len__', '(self)', (_cx, args) => int(entriesOf(self(args)).length)),
  native('__iter__', '(self)', (_cx, args) => list(itemsOf(self(args)))),
  native('append', '(self, module|value)', (cx, args) => {
    append(cx, self(args), [args.raw('module')]);
    return self(args);
  }),
  native('extend', '(self, modules|sequential|values)', (cx, args) => {
    changing(cx, self(args), () => append(cx, self(args), cx.items(args.value('modules'))));
    return self(args);
  }),
  native('pop', '(self, key)', (cx, args) => {
    const items = itemsOf(self(args));
    const key = args.int('key');
    const at = key < 0 ? key + items.length : key;
    const popped = items[at];
    if (popped === undefined) throw new PythonError('IndexError', `index ${key} is out of range`);
    refill(
      cx,
      self(args),
      items.filter((_, k) => k !== at),
    );
    return popped;
  }),
  native('__setitem__', '(self, index, value)', (cx, args) => {
    const name = nameAt(cx, self(args), args.value('index'));
    if (name !== null) setEntry(cx, self(args), name, args.raw('value'));
    return none;
  }),
  native('__delitem__', '(self, index)', (cx, args) => {
    const gone = nameAt(cx, self(args), args.value('index'));
    const entries = entriesOf(self(args));
    refill(
      cx,
      self(args),
      entries.filter(([name]) => name !== gone).map(([, value]) => value),
    );
    return none;
  }),
  native('__add__', '(self, other)', (cx, args) =>
    containerOf(cx, self(args), [...itemsOf(self(args)), ...cx.items(args.value('other'))]),
  ),
  native('__iadd__', '(self, other)', (cx, args) => {
    changing(cx, self(args), () => append(cx, self(args), cx.items(args.value('other'))));
    return self(args);
  }),
];

function textOf(value: Value): string {
  return value.kind === 'str' ? (value.value ?? '') : '';
}

/** `insert` gives a Sequential back, and nothing for a list. */
const inserting = (givesItself: boolean): NativeValue =>
  native('insert', '(self, index, module)', (cx, args) => {
    const items = [...itemsOf(self(args))];
    changing(cx, self(args), () => {
      items.splice(args.int('index'), 0, args.raw('module'));
    });
    refill(cx, self(args), items);
    return givesItself ? self(args) : none;
  });

/** Sets the entries of a dict, or pairs of names and values. */
function setAll(cx: Context, module: ModuleSelf, given: Value): void {
  const pairs =
    given.kind === 'dict' ? [...given.entries.values()].map(({ key, value }) => [key, value] as const) : null;
  const source = given.kind === 'instance' && isModule(given) ? entriesOf(given) : null;
  for (const [name, value] of source ?? []) setEntry(cx, module, name, value);
  if (source !== null) return;
  // A dict of parameters is put into the order of its names.
  if (holdsTensors(module)) pairs?.sort(([a], [b]) => (textOf(a) < textOf(b) ? -1 : 1));
  for (const [key, value] of pairs ?? cx.items(given).map((pair) => cx.items(pair))) {
    if (key?.kind !== 'str' || key.value === null || value === undefined) continue;
    setEntry(cx, module, key.value, value);
  }
}

const mappingMethods: readonly NativeValue[] = [
  native('__getitem__', '(self, key)', (cx, args) => byKey(cx, self(args), args.value('key'))),
  native('__setitem__', '(self, key, value)', (cx, args) => {
    setEntry(cx, self(args), args.string('key'), args.raw('value'));
    return none;
  }),
  native('__delitem__', '(self, key)', (cx, args) => {
    cx.setAttribute(self(args), args.string('key'), none);
    return none;
  }),
  native('__len__', '(self)', (_cx, args) => int(entriesOf(self(args)).length)),
  native('__iter__', '(self)', (_cx, args) => list(entriesOf(self(args)).map(([name]) => str(name)))),
  native('__contains__', '(self, key)', (_cx, args) => {
    const key = args.string('key');
    return bool(entriesOf(self(args)).some(([name]) => name === key));
  }),
  native('keys', '(self)', (_cx, args) => list(entriesOf(self(args)).map(([name]) => str(name)))),
  native('values', '(self)', (_cx, args) => list(itemsOf(self(args)))),
  native('items', '(self)', (_cx, args) =>
    list(entriesOf(self(args)).map(([name, value]) => tuple([str(name), value]))),
  ),
  native('get', '(self, key, default=None)', (_cx, args) => {
    const key = args.string('key');
    return entriesOf(self(args)).find(([name]) => name === key)?.[1] ?? args.optional('default') ?? none;
  }),
  native('pop', '(self, key)', (cx, args) => {
    const found = byKey(cx, self(args), args.value('key'));
    cx.setAttribute(self(args), args.string('key'), none);
    return found;
  }),
  native('clear', '(self)', (cx, args) => {
    for (const [name] of entriesOf(self(args))) cx.setAttribute(self(args), name, none);
    return none;
  }),
  native('update', '(self, modules|parameters)', (cx, args) => {
    changing(cx, self(args), () => setAll(cx, self(args), args.value('modules')));
    return none;
  }),
];

const listInit = native('__init__', '(self, modules|values|parameters=None)', (cx, args) => {
  if (args.optional('modules') !== null) append(cx, self(args), cx.items(args.value('modules')));
  return none;
});

const dictInit = native('__init__', '(self, modules|parameters=None)', (cx, args) => {
  if (args.optional('modules') !== null) setAll(cx, self(args), args.value('modules'));
  return none;
});

/** Sequences and mappings have no forward of their own: calling one is refused. */
const noForward = native('forward', '(self, *args, **kwargs)', (_cx, args) => {
  throw new PythonError('NotImplementedError', `Module [${self(args).cls.name.split('.').at(-1)}] has no "forward"`);
});

function sequentialForward(cx: Context, args: Args): Value {
  return itemsOf(self(args)).reduce<Value>((value, module) => cx.call(module, [value]), args.raw('input'));
}

export const sequentialClass: ClassValue = libraryClass(
  'torch.nn.Sequential',
  [moduleClass],
  [
    native('__init__', '(self, *args)', (cx, args) => {
      const [only] = args.rest;
      if (args.rest.length === 1 && only?.kind === 'dict') setAll(cx, self(args), only);
      else {
        const wrong = args.rest.find((item) => item.kind !== 'unknown' && item.kind !== 'instance');
        if (wrong !== undefined) throw new PythonError('TypeError', `a ${wrong.kind} is not a Module subclass`);
        append(cx, self(args), args.rest);
      }
      return none;
    }),
    native('forward', '(self, input)', sequentialForward),
    inserting(true),
    ...sequenceMethods,
  ],
);

export const listClass: ClassValue = libraryClass(
  'torch.nn.ModuleList',
  [moduleClass],
  [listInit, noForward, inserting(false), ...sequenceMethods],
);

export const containers: readonly ClassValue[] = [
  sequentialClass,
  listClass,
  libraryClass('torch.nn.ParameterList', [moduleClass], [listInit, noForward, ...sequenceMethods]),
  libraryClass('torch.nn.ModuleDict', [moduleClass], [dictInit, noForward, ...mappingMethods]),
  libraryClass('torch.nn.ParameterDict', [moduleClass], [dictInit, noForward, ...mappingMethods]),
];
