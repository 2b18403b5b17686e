import * as D from '../../graph/dim.ts';
import type { Args } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { native } from '../define.ts';
import {
  type DictValue,
  int,
  type ListValue,
  list,
  none,
  opennessOf,
  type SetValue,
  set,
  str,
  tuple,
  type Value,
} from '../values.ts';
import { keyOf } from './keys.ts';
import { asDict } from './namedtuple.ts';

/** Methods of lists, dicts, sets, tuples and strings (https://docs.python.org/3/library/stdtypes.html). */

function selfList(args: Args): ListValue {
  const value = args.value('self');
  if (value.kind === 'list') return value;
  throw new Unknowable('the list is not known item by item');
}

function selfDict(args: Args): DictValue {
  const value = args.value('self');
  if (value.kind === 'dict') return value;
  throw new PythonError('TypeError', 'a dict is wanted');
}

function given(args: Args, name: string): Value {
  return args.optional(name) ?? none;
}

/** Adding to a list whose length a loop has made unknown only changes what its items may be. */
function append(cx: Context, self: ListValue, items: readonly Value[]): void {
  cx.setItems(self, [...self.items, ...items]);
}

/** Changes a list or set; where it cannot be told how, what it holds is not known from there on. */
function changing<T>(cx: Context, self: ListValue | SetValue, change: () => T): T | null {
  try {
    return change();
  } catch (error) {
    if (!(error instanceof Unknowable)) throw error;
    cx.loseItems(self, error.message);
    return null;
  }
}

const listMethods = [
  native('builtins.list.append', '(self, item)', (cx, args) => {
    const item = args.has('item') ? args.raw('item') : none;
    append(cx, selfList(args), [item]);
    return none;
  }),
  native('builtins.list.extend', '(self, items)', (cx, args) => {
    const self = selfList(args);
    changing(cx, self, () => append(cx, self, cx.items(args.value('items'))));
    return none;
  }),
  native('builtins.list.remove', '(self, item)', (cx, args) => {
    const self = selfList(args);
    changing(cx, self, () => {
      const keys = [args.value('item'), ...self.items].map(keyOf);
      const at = keys.indexOf(keys[0] ?? null, 1) - 1;
      if (keys.includes(null) || at < 0) throw new Unknowable('where the item is is not known');
      cx.setItems(
        self,
        self.items.filter((_, k) => k !== at),
      );
    });
    return none;
  }),
  native('builtins.list.insert', '(self, index, item)', (cx, args) => {
    const self = selfList(args);
    const at = changing(cx, self, () => args.int('index')) ?? 0;
    if (self.tail !== null) return none;
    cx.setItems(self, [...self.items.slice(0, at), args.raw('item'), ...self.items.slice(at)]);
    return none;
  }),
  native('builtins.list.pop', '(self, index=-1)', (cx, args) => {
    const self = selfList(args);
    const at = changing(cx, self, () => args.int('index', -1));
    if (at === null || self.tail !== null) return cx.unknown('which item is taken is not known');
    const item = self.items.at(at);
    if (item === undefined) throw new PythonError('IndexError', 'pop from an empty list or out of range');
    const place = at < 0 ? at + self.items.length : at;
    cx.setItems(
      self,
      self.items.filter((_, k) => k !== place),
    );
    return item;
  }),
  native('builtins.list.reverse', '(self)', (cx, args) => {
    const self = selfList(args);
    cx.setItems(self, [...self.items].reverse());
    return none;
  }),
  native('builtins.list.clear', '(self)', (cx, args) => {
    cx.setItems(selfList(args), []);
    return none;
  }),
  native('builtins.list.sort', '(self, *, key=None, reverse=False)', (cx, args) => {
    const self = selfList(args);
    cx.setItems(
      self,
      self.items.map(() => cx.unknown('the order is not known before it runs')),
    );
    return none;
  }),
  native('builtins.list.copy', '(self)', (_cx, args) => list(selfList(args).items)),
  native('builtins.list.index', '(self, item)', (_cx, args) => {
    const key = keyOf(args.value('item'));
    const at = selfList(args).items.findIndex((item) => keyOf(item) === key);
    if (key === null || at < 0) throw new Unknowable('where the item is is not known');
    return int(at);
  }),
  native('builtins.tuple.index', '(self, item)', (cx, args) => {
    const key = keyOf(args.value('item'));
    const at = cx.items(args.value('self')).findIndex((item) => keyOf(item) === key);
    if (key === null || at < 0) throw new Unknowable('where the item is is not known');
    return int(at);
  }),
  // torch.Size is a tuple that counts its elements.
  native('builtins.tuple.numel', '(self)', (cx, args) =>
    int(
      cx
        .items(args.value('self'))
        .map((item) => (item.kind === 'int' ? item.value : 1))
        .reduce(D.mul, 1),
    ),
  ),
  native('builtins.tuple._replace', '(self, **kwargs)', (cx, args) => {
    const self = args.value('self');
    if (self.kind !== 'tuple' || self.fields === null) return cx.unknown('no named tuple');
    return tuple(
      self.items.map((item, k) => args.keywords.get(self.fields?.names[k] ?? '') ?? item),
      self.fields,
    );
  }),
  native('builtins.tuple._asdict', '(self)', (_cx, args) => asDict(args.value('self'))),
];

const dictMethods = [
  native('builtins.dict.keys', '(self)', (cx, args) => closed(cx, selfDict(args), ({ key }) => key)),
  native('builtins.dict.values', '(self)', (cx, args) => closed(cx, selfDict(args), ({ value }) => value)),
  native('builtins.dict.items', '(self)', (cx, args) =>
    closed(cx, selfDict(args), ({ key, value }) => tuple([key, value])),
  ),
  native('builtins.dict.get', '(self, key, default=None)', (cx, args) => {
    const self = selfDict(args);
    const key = keyOf(args.value('key'));
    if (key === null) return cx.unknown('the key is not known');
    return (
      self.entries.get(key)?.value ??
      (self.open ? cx.unknown('whether the dict has this key is not known') : given(args, 'default'))
    );
  }),
  native('builtins.dict.setdefault', '(self, key, default=None)', (cx, args) => {
    const self = selfDict(args);
    const key = keyOf(args.raw('key'));
    if (key === null) {
      self.open = true;
      return cx.unknown('the key is not known');
    }
    const found = self.entries.get(key);
    if (found !== undefined) return found.value;
    if (self.open) return cx.unknown('whether the dict has this key is not known');
    const value = given(args, 'default');
    cx.setEntry(self, key, { key: args.value('key'), value });
    return value;
  }),
  native('builtins.dict.pop', '(self, key, default=None)', (cx, args) => {
    const self = selfDict(args);
    const key = keyOf(args.raw('key'));
    const found = key === null ? undefined : self.entries.get(key);
    if (key === null) cx.loseEntries(self, 'which entry was taken is not known');
    else cx.setEntry(self, key, null);
    return (
      found?.value ??
      (self.open || key === null ? cx.unknown('what the dict holds is not known') : given(args, 'default'))
    );
  }),
  native('builtins.dict.update', '(self, *args, **kwargs)', (cx, args) => {
    const self = selfDict(args);
    for (const source of args.rest) {
      if (source.kind !== 'dict') {
        cx.loseEntries(
          self,
          source.kind === 'unknown' ? source.reason.text : 'what the dict was updated by is not known',
        );
        continue;
      }
      for (const [key, entry] of source.entries) cx.setEntry(self, key, entry);
      self.open = opennessOf(self, source);
    }
    for (const [name, value] of args.keywords) cx.setEntry(self, keyOf(str(name)) ?? name, { key: str(name), value });
    return none;
  }),
  native('builtins.dict.copy', '(self)', (_cx, args) => {
    const self = selfDict(args);
    return { kind: 'dict', entries: new Map(self.entries), open: self.open };
  }),
];

function closed(_cx: Context, dict: DictValue, pick: (entry: { key: Value; value: Value }) => Value): Value {
  if (dict.open) throw new Unknowable('what the dict holds is not known');
  return list([...dict.entries.values()].map(pick));
}

/** String methods that keep a known text known. */
const textMethods: Readonly<Record<string, (text: string) => string>> = {
  lower: (text) => text.toLowerCase(),
  upper: (text) => text.toUpperCase(),
  strip: (text) => text.trim(),
  capitalize: (text) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase(),
  title: (text) => text.replace(/\w+/g, (word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()),
};

const strMethods = [
  ...Object.entries(textMethods).map(([name, apply]) =>
    native(`builtins.str.${name}`, '(self, *args)', (_cx, args) => {
      const self = args.value('self');
      return str(self.kind === 'str' && self.value !== null && args.rest.length === 0 ? apply(self.value) : null);
    }),
  ),
  ...['format', 'join', 'replace', 'rstrip', 'lstrip', 'zfill', 'ljust', 'rjust', 'center', 'encode'].map((name) =>
    native(`builtins.str.${name}`, '(self, *args, **kwargs)', () => str(null)),
  ),
  ...['startswith', 'endswith'].map((name) =>
    native(`builtins.str.${name}`, '(self, affix)', (_cx, args) => {
      const [self, affix] = [args.value('self'), args.value('affix')];
      if (self.kind !== 'str' || affix.kind !== 'str' || self.value === null || affix.value === null)
        return { kind: 'bool', value: null };
      return {
        kind: 'bool',
        value: name === 'startswith' ? self.value.startsWith(affix.value) : self.value.endsWith(affix.value),
      };
    }),
  ),
  native('builtins.str.split', '(self, sep=None, maxsplit=-1)', (_cx, args) => {
    const self = args.value('self');
    if (self.kind !== 'str' || self.value === null) throw new Unknowable('the text is not known');
    const sep = args.optional('sep');
    const parts =
      sep?.kind === 'str' && sep.value !== null && sep.value !== ''
        ? self.value.split(sep.value)
        : self.value.trim().split(/\s+/);
    return list(parts.map((part) => str(part)));
  }),
];

function selfSet(args: Args): SetValue {
  const value = args.value('self');
  if (value.kind === 'set') return value;
  throw new Unknowable('the set is not known item by item');
}

/** Adds items to those of a set; of items that cannot be compared it is not known how many remain. */
function united(cx: Context, self: SetValue, items: readonly Value[]): void {
  const all = new Map([...self.items, ...items].map((item) => [keyOf(item), item]));
  if (all.has(null)) throw new Unknowable('what the set holds is not known');
  cx.setItems(self, [...all.values()]);
}

function without(cx: Context, self: SetValue, item: Value): void {
  const key = keyOf(item);
  if (key === null) throw new Unknowable('what the set holds is not known');
  cx.setItems(
    self,
    self.items.filter((each) => keyOf(each) !== key),
  );
}

const setChanges: Readonly<Record<string, (cx: Context, self: SetValue, given: readonly Value[]) => void>> = {
  add: united,
  update: (cx, self, given) =>
    united(
      cx,
      self,
      given.flatMap((part) => cx.items(part)),
    ),
  discard: (cx, self, [item = none]) => without(cx, self, item),
  remove: (cx, self, [item = none]) => without(cx, self, item),
  clear: (cx, self) => cx.setItems(self, []),
};

const setMethods = Object.entries(setChanges).map(([name, change]) =>
  native(`builtins.set.${name}`, '(self, *args)', (cx, args) => {
    const self = selfSet(args);
    changing(cx, self, () => change(cx, self, args.rest));
    return none;
  }),
);

/** Which keys stay, of those of the set and of what it is given. */
const setAlgebra: Readonly<Record<string, (isOwn: boolean, isGiven: boolean) => boolean>> = {
  union: () => true,
  intersection: (isOwn, isGiven) => isOwn && isGiven,
  difference: (isOwn, isGiven) => isOwn && !isGiven,
  symmetric_difference: (isOwn, isGiven) => isOwn !== isGiven,
};

/** The items of what makes a set, by their keys. */
function keyed(cx: Context, value: Value): ReadonlyMap<string, Value> {
  return new Map(
    cx.items(value).map((item) => {
      const key = keyOf(item);
      if (key === null) throw new Unknowable('what the set holds is not known');
      return [key, item];
    }),
  );
}

const newSets = Object.entries(setAlgebra).map(([name, stays]) =>
  native(`builtins.set.${name}`, '(self, *args)', (cx, args) =>
    args.rest.reduce<Value>((own, other) => {
      const [mine, given] = [keyed(cx, own), keyed(cx, other)];
      return set(
        [...new Map([...given, ...mine])].flatMap(([key, item]) =>
          stays(mine.has(key), given.has(key)) ? [item] : [],
        ),
      );
    }, selfSet(args)),
  ),
);

export const containerMethods = [...listMethods, ...dictMethods, ...strMethods, ...setMethods, ...newSets];
