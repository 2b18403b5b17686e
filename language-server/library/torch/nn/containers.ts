import type { Context } from '../../context.ts';
import { PythonError } from '../../context.ts';
import { libraryClass, native } from '../../define.ts';
import { type InstanceValue, int, list, none, str, tuple, type Value } from '../../values.ts';
import { type ModuleSelf, moduleClass, self } from './module.ts';

/** torch.nn's containers (https://docs.pytorch.org/docs/stable/nn.html#containers): modules and weights by number or name. */

/** What a container holds, in order: the attributes with its own names. */
function entriesOf(module: ModuleSelf): readonly (readonly [name: string, value: Value])[] {
  return [...module.attributes].filter(([name]) => !reserved.has(name));
}

/** Attributes of every module that are no entries. */
const reserved = new Set(['training', '_parameters', '_modules', '_buffers']);

function itemsOf(module: ModuleSelf): readonly Value[] {
  return entriesOf(module).map(([, value]) => value);
}

/** Sets entries 0, 1, 2, ... after those that are there. */
function append(cx: Context, module: ModuleSelf, items: readonly Value[]): void {
  const start = entriesOf(module).length;
  items.forEach((item, k) => {
    cx.setAttribute(module, String(start + k), item);
  });
}

/** A container of the same class with some of the items, as a slice gives it. */
function containerOf(cx: Context, like: InstanceValue, items: readonly Value[]): Value {
  const made = cx.instantiate(like.cls);
  append(cx, made, items);
  return made;
}

function item(cx: Context, module: ModuleSelf, index: Value): Value {
  const items = itemsOf(module);
  if (index.kind === 'slice') {
    const picked = cx.subscript(list(items), index);
    return picked.kind === 'list' ? containerOf(cx, module, picked.items) : picked;
  }
  if (index.kind === 'str') {
    const found = index.value === null ? undefined : module.attributes.get(index.value);
    if (found !== undefined) return found;
    return index.value === null ? cx.unknown('which entry this is is not known') : raiseKey(index.value);
  }
  return cx.subscript(list(items), index);
}

function raiseKey(name: string): never {
  throw new PythonError('KeyError', `'${name}'`);
}

const sequenceMethods = [
  native('__getitem__', '(self, index)', (cx, args) => item(cx, self(args), args.value('index'))),
  native('__len__', '(self)', (_cx, args) => int(entriesOf(self(args)).length)),
  native('__iter__', '(self)', (_cx, args) => list(itemsOf(self(args)))),
  native('append', '(self, module)', (cx, args) => {
    append(cx, self(args), [args.raw('module')]);
    return self(args);
  }),
  native('extend', '(self, modules)', (cx, args) => {
    append(cx, self(args), cx.items(args.value('modules')));
    return self(args);
  }),
  native('__setitem__', '(self, index, value)', (cx, args) => {
    const index = args.int('index');
    const names = entriesOf(self(args)).map(([name]) => name);
    const name = names.at(index);
    if (name === undefined) throw new PythonError('IndexError', `index ${index} is out of range`);
    cx.setAttribute(self(args), name, args.raw('value'));
    return none;
  }),
];

const mappingMethods = [
  native('__getitem__', '(self, key)', (cx, args) => item(cx, self(args), args.value('key'))),
  native('__setitem__', '(self, key, value)', (cx, args) => {
    cx.setAttribute(self(args), args.string('key'), args.raw('value'));
    return none;
  }),
  native('__len__', '(self)', (_cx, args) => int(entriesOf(self(args)).length)),
  native('__iter__', '(self)', (_cx, args) => list(entriesOf(self(args)).map(([name]) => str(name)))),
  native('__contains__', '(self, key)', (_cx, args) => ({
    kind: 'bool',
    value: self(args).attributes.has(args.string('key')),
  })),
  native('keys', '(self)', (_cx, args) => list(entriesOf(self(args)).map(([name]) => str(name)))),
  native('values', '(self)', (_cx, args) => list(itemsOf(self(args)))),
  native('items', '(self)', (_cx, args) =>
    list(entriesOf(self(args)).map(([name, value]) => tuple([str(name), value]))),
  ),
  native('update', '(self, modules)', (cx, args) => {
    setAll(cx, self(args), args.value('modules'));
    return none;
  }),
];

/** Sets the entries of a dict, or pairs of names and values. */
function setAll(cx: Context, module: ModuleSelf, given: Value): void {
  const pairs =
    given.kind === 'dict' ? [...given.entries.values()].map(({ key, value }) => [key, value] as const) : null;
  for (const [key, value] of pairs ?? cx.items(given).map((pair) => cx.items(pair))) {
    if (key?.kind !== 'str' || key.value === null || value === undefined) continue;
    cx.setAttribute(module, key.value, value);
  }
}

const listInit = native('__init__', '(self, modules=None)', (cx, args) => {
  const given = args.optional('modules');
  if (given !== null) append(cx, self(args), cx.items(args.value('modules')));
  return none;
});

const dictInit = native('__init__', '(self, modules=None)', (cx, args) => {
  if (args.optional('modules') !== null) setAll(cx, self(args), args.value('modules'));
  return none;
});

export const containers = [
  libraryClass(
    'torch.nn.Sequential',
    [moduleClass],
    [
      native('__init__', '(self, *args)', (cx, args) => {
        const [only] = args.rest;
        if (args.rest.length === 1 && only?.kind === 'dict') setAll(cx, self(args), only);
        else append(cx, self(args), args.rest);
        return none;
      }),
      native('forward', '(self, input)', (cx, args) =>
        itemsOf(self(args)).reduce<Value>((value, module) => cx.call(module, [value]), args.raw('input')),
      ),
      ...sequenceMethods,
    ],
  ),
  libraryClass('torch.nn.ModuleList', [moduleClass], [listInit, ...sequenceMethods]),
  libraryClass('torch.nn.ParameterList', [moduleClass], [listInit, ...sequenceMethods]),
  libraryClass('torch.nn.ModuleDict', [moduleClass], [dictInit, ...mappingMethods]),
  libraryClass('torch.nn.ParameterDict', [moduleClass], [dictInit, ...mappingMethods]),
];
