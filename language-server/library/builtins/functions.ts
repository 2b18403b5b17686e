import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import { asDim, asNumber, exactInt, known, truthOf, wholeNumber } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { native, type Rule } from '../define.ts';
import {
  bool,
  type DictValue,
  float,
  int,
  list,
  none,
  set,
  str,
  type TensorValue,
  tensor,
  tuple,
  type Value,
} from '../values.ts';
import { keyOf } from './keys.ts';
import { isInstance } from './types.ts';

/** Python's built-in functions (https://docs.python.org/3/library/functions.html). */

/** How many items there are, where that is known. */
function lengthOf(cx: Context, value: Value): Dim {
  known(value);
  switch (value.kind) {
    case 'tensor': {
      const [length] = cx.build.shape(value.node);
      if (length === undefined) throw new PythonError('TypeError', 'len() of a 0-d tensor');
      return length;
    }
    case 'repeated':
      return value.length;
    case 'dict':
      if (value.open) throw new Unknowable('what the dict holds is not known');
      return value.entries.size;
    case 'list':
      return value.tail === null ? value.items.length : D.add(value.items.length, value.tail.length);
    case 'range': {
      const span = value.step > 0 ? D.sub(value.stop, value.start) : D.sub(value.start, value.stop);
      if (!D.isKnown(span)) return span;
      return Math.max(0, Math.ceil(span / Math.abs(value.step)));
    }
    case 'instance': {
      const method = cx.attribute(value, '__len__');
      if (method === null) throw new PythonError('TypeError', `object of type '${value.cls.name}' has no len()`);
      return asDim(cx.call(method, []), 'len');
    }
    default:
      return cx.items(value).length;
  }
}

export function range(cx: Context, rest: readonly Value[]): Value {
  const [a, b, c] = rest.map((value) => wholeNumber(cx, value) ?? asDim(value, 'range'));
  if (a === undefined) throw new PythonError('TypeError', 'range expected at least 1 argument');
  const step = c === undefined ? 1 : c;
  if (!D.isKnown(step)) return cx.unknown('the step of the range is not known');
  if (step === 0) throw new PythonError('ValueError', 'range() arg 3 must not be zero');
  return b === undefined ? { kind: 'range', start: 0, stop: a, step: 1 } : { kind: 'range', start: a, stop: b, step };
}

/** Items side by side, as long as the shortest; sequences of unknown length stay one item that stands for all. */
function zip(cx: Context, parts: readonly Value[]): Value {
  const each = parts.map((part) => sequenceOf(cx, part));
  const lengths = each.flatMap((part) => (part.kind === 'items' ? [part.items.length] : []));
  if (lengths.length === each.length) {
    const count = Math.min(...lengths);
    const rows = each.map((part) => (part.kind === 'items' ? part.items : []));
    return list(
      Array.from({ length: each.length === 0 ? 0 : count }, (_, k) => tuple(rows.map((row) => row[k] ?? none))),
    );
  }
  const repeated = each.find((part) => part.kind === 'repeated');
  if (repeated?.kind !== 'repeated') throw new Unknowable('the length is not known');
  const elements = each.map((part) =>
    part.kind === 'repeated' ? part.element : cx.unknown('which item of the sequence it is is not known'),
  );
  return { kind: 'repeated', length: repeated.length, element: tuple(elements), over: repeated.over };
}

type Sequence = { readonly kind: 'items'; readonly items: readonly Value[] } | Extract<Value, { kind: 'repeated' }>;

/** The items, or the one that stands for all where there are too many. */
function sequenceOf(cx: Context, value: Value): Sequence {
  known(value);
  if (value.kind === 'repeated') return value;
  if (value.kind === 'list' && value.tail !== null && value.items.length === 0) return value.tail;
  try {
    return { kind: 'items', items: cx.items(value) };
  } catch (error) {
    if (!(error instanceof Unknowable)) throw error;
    const repeated = cx.iterate(value);
    if (repeated.kind === 'repeated') return repeated;
    throw error;
  }
}

function mapSequence(cx: Context, value: Value, each: (item: Value, index: Value) => Value): Value {
  const sequence = sequenceOf(cx, value);
  if (sequence.kind === 'items') return list(sequence.items.map((item, k) => each(item, int(k))));
  return {
    kind: 'repeated',
    length: sequence.length,
    element: each(sequence.element, int(cx.freshSize('i'))),
    over: sequence.over,
  };
}

function extreme(better: (a: number, b: number) => boolean): Rule {
  return (cx, args) => {
    const [only] = args.rest;
    const items = args.rest.length === 1 && only !== undefined ? cx.items(only) : args.rest;
    if (items.length === 0) return args.optional('default') ?? cx.unknown('the sequence is empty');
    if (args.optional('key') !== null) return cx.unknown('which one the key picks is not known');
    const numbers = items.map((item) => asNumber(item));
    if (numbers.includes(null)) {
      const [first] = items;
      const same =
        first !== undefined &&
        items.every((item) => item.kind === 'int' && first.kind === 'int' && D.equal(item.value, first.value));
      if (same) return first;
      const areSizes = items.every((item) => item.kind === 'int' && D.isNonNegative(item.value));
      return areSizes
        ? int(cx.freshSize('n'))
        : cx.unknown('which of the numbers is the largest or smallest is not known');
    }
    const best = numbers.reduce<number>((at, n, k) => (better(n ?? 0, numbers[at] ?? 0) ? k : at), 0);
    return items[best] ?? none;
  };
}

/** The number in a tensor, as far as the program tells it. */
function numberOf(cx: Context, value: Value): Value {
  // A tensor of TensorFlow has no such method, but is a number where one is wanted.
  const name = value.kind === 'tensor' && value.family === 'tensorflow' ? '__float__' : 'item';
  const item = value.kind === 'tensor' ? cx.attribute(value, name) : null;
  return item === null ? value : cx.call(item, []);
}

function convertToInt(value: Value): Value {
  if (value.kind === 'int') return value;
  if (value.kind === 'str') {
    if (value.value === null) throw new Unknowable('the number in the text is not known');
    if (!/^\s*[+-]?\d+(?:_\d+)*\s*$/.test(value.value))
      throw new PythonError('ValueError', `invalid literal for int() with base 10: '${value.value}'`);
    return exactInt(Number(value.value.replaceAll('_', '')));
  }
  const number = asNumber(value);
  if (number === null) throw new Unknowable('the number is not known before it runs');
  return exactInt(Math.trunc(number));
}

/** A number as Python reads it from text: `float('inf')`, `float('1e-3')`. */
function numberIn(text: string): number {
  const infinite = /^\s*([+-]?)inf(?:inity)?\s*$/i.exec(text);
  return infinite === null ? Number(text) : infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function convertToFloat(value: Value): Value {
  if (value.kind === 'str') return float(value.value === null ? null : numberIn(value.value));
  return float(asNumber(value));
}

function sequence(make: (items: readonly Value[]) => Value): Rule {
  return (cx, args) => {
    const [value] = args.rest;
    if (value === undefined) return make([]);
    const items = sequenceOf(cx, value);
    return items.kind === 'repeated' ? items : make(items.items);
  };
}

/** `dict(...)`: from mappings, pairs and keywords. */
export function makeDict(cx: Context, rest: readonly Value[], keywords: ReadonlyMap<string, Value>): Value {
  const dict: DictValue = { kind: 'dict', entries: new Map(), open: false };
  const put = (key: Value, value: Value): void => {
    const id = keyOf(key);
    if (id === null) dict.open = true;
    else dict.entries.set(id, { key, value });
  };
  for (const source of rest) {
    if (source.kind === 'dict') {
      for (const { key, value } of source.entries.values()) put(key, value);
      if (source.open) dict.open = true;
    } else if (source.kind === 'instance' && cx.attribute(source, 'keys') !== null) {
      for (const key of cx.items(cx.call(cx.attribute(source, 'keys') ?? none, [])))
        put(key, cx.subscript(source, key));
    } else {
      for (const pair of cx.items(source)) {
        const [key, value] = cx.items(pair);
        if (key !== undefined && value !== undefined) put(key, value);
      }
    }
  }
  for (const [name, value] of keywords) put(str(name), value);
  return dict;
}

const silent = [
  'print',
  'input',
  'open',
  'id',
  'hash',
  'repr',
  'format',
  'vars',
  'dir',
  'exit',
  'quit',
  'help',
  'globals',
  'locals',
  'breakpoint',
  'eval',
  'exec',
  'compile',
  '__import__',
  'delattr',
];

/** Built-in functions whose results say nothing of shapes. */
const quiet: Readonly<Record<string, (cx: Context) => Value>> = {
  print: () => none,
  repr: () => str(null),
  format: () => str(null),
  input: () => str(null),
  id: (cx) => int(cx.freshSize('id')),
  hash: (cx) => int(cx.freshSize('hash')),
  delattr: () => none,
};

/** What a tensor has for `abs()`, or each element by itself. */
function absolute(cx: Context, x: TensorValue): Value {
  const method = x.family === 'tensorflow' ? cx.attribute(x, '__abs__') : null;
  return method === null ? tensor(cx.build.unary('abs', x.node), x.family) : cx.call(method, []);
}

export const builtinFunctions = [
  ...silent.map((name) =>
    native(
      `builtins.${name}`,
      '(*args, **kwargs)',
      (cx) => quiet[name]?.(cx) ?? cx.unknown(`what ${name}() gives is not known before it runs`),
    ),
  ),
  native('builtins.len', '(obj)', (cx, args) => int(lengthOf(cx, args.value('obj')))),
  native('builtins.range', '(*args)', (cx, args) => range(cx, args.rest)),
  native('builtins.enumerate', '(iterable, start=0)', (cx, args) => {
    const start = args.dim('start', 0);
    return mapSequence(cx, args.value('iterable'), (item, index) =>
      tuple([index.kind === 'int' ? int(D.add(index.value, start)) : index, item]),
    );
  }),
  native('builtins.zip', '(*args, strict=False)', (cx, args) => zip(cx, args.rest)),
  native('builtins.map', '(func, *args)', (cx, args) => {
    const fn = args.value('func');
    const [only] = args.rest;
    if (args.rest.length === 1 && only !== undefined) {
      const turns = { count: 0 };
      return mapSequence(cx, only, (item, index) =>
        cx.loopTurn(index.kind === 'int' && D.isKnown(index.value) ? turns.count++ : 'any', () => cx.call(fn, [item])),
      );
    }
    return mapSequence(cx, zip(cx, args.rest), (row) => cx.call(fn, cx.items(row)));
  }),
  native('builtins.filter', '(func, iterable)', (cx, args) => {
    const fn = args.value('func');
    const kept = args
      .items('iterable')
      .map((item) => ({ item, truth: truthOf(fn.kind === 'none' ? item : cx.call(fn, [item])) }));
    if (kept.some(({ truth }) => truth === null))
      return cx.unknown('which items pass the filter is not known before it runs');
    return list(kept.flatMap(({ item, truth }) => (truth === true ? [item] : [])));
  }),
  native('builtins.reversed', '(sequence)', (cx, args) => {
    const items = sequenceOf(cx, args.value('sequence'));
    return items.kind === 'repeated' ? items : list([...items.items].reverse());
  }),
  native('builtins.sorted', '(iterable, *, key=None, reverse=False)', (cx, args) => {
    const items = args.items('iterable');
    const numbers = items.map((item) => (item.kind === 'int' || item.kind === 'float' ? asNumber(item) : null));
    if (args.optional('key') !== null || numbers.includes(null)) {
      const [first] = items;
      return first === undefined
        ? list([])
        : list(items.map(() => cx.unknown('the order is not known before it runs')));
    }
    const order = items
      .map((item, k) => ({ item, by: numbers[k] ?? 0 }))
      .sort((a, b) => a.by - b.by)
      .map(({ item }) => item);
    return list(args.bool('reverse', false) ? order.reverse() : order);
  }),
  native('builtins.sum', '(iterable, start=0)', (cx, args) => {
    const start: Value = args.has('start') ? args.value('start') : int(0);
    return args.items('iterable').reduce((total, item) => cx.operate('+', total, item), start);
  }),
  native(
    'builtins.max',
    '(*args, key=None, default=None)',
    extreme((a, b) => a > b),
  ),
  native(
    'builtins.min',
    '(*args, key=None, default=None)',
    extreme((a, b) => a < b),
  ),
  native('builtins.abs', '(x)', (cx, args) => {
    const x = args.value('x');
    if (x.kind === 'tensor') return absolute(cx, x);
    const number = asNumber(x);
    if (number === null) return x.kind === 'int' ? cx.unknown('the sign of the number is not known') : float(null);
    return x.kind === 'int' ? int(Math.abs(number)) : float(Math.abs(number));
  }),
  native('builtins.round', '(number, ndigits=None)', (_cx, args) => {
    const number = asNumber(args.value('number'));
    if (args.optional('ndigits') !== null)
      return float(number === null ? null : Number(number.toFixed(args.int('ndigits'))));
    if (number === null) throw new Unknowable('the number is not known');
    const floor = Math.floor(number);
    const half = number - floor === 0.5;
    return exactInt(half ? (floor % 2 === 0 ? floor : floor + 1) : Math.round(number));
  }),
  native('builtins.pow', '(base, exp, mod=None)', (cx, args) =>
    cx.operate('**', args.value('base'), args.value('exp')),
  ),
  native('builtins.divmod', '(a, b)', (cx, args) =>
    tuple([cx.operate('//', args.value('a'), args.value('b')), cx.operate('%', args.value('a'), args.value('b'))]),
  ),
  native('builtins.all', '(iterable)', (cx, args) => {
    const each = cx.items(args.value('iterable')).map(truthOf);
    return bool(each.includes(false) ? false : each.includes(null) ? null : true);
  }),
  native('builtins.any', '(iterable)', (cx, args) => {
    const each = cx.items(args.value('iterable')).map(truthOf);
    return bool(each.includes(true) ? true : each.includes(null) ? null : false);
  }),
  native('builtins.iter', '(obj, sentinel=None)', (_cx, args) => args.value('obj')),
  native('builtins.next', '(iterator, default=None)', (cx, args) => {
    const sequence = sequenceOf(cx, args.value('iterator'));
    if (sequence.kind === 'repeated') return sequence.element;
    const [first] = sequence.items;
    return first ?? args.optional('default') ?? cx.unknown('the iterator is empty');
  }),
  native('builtins.isinstance', '(obj, classinfo)', (_cx, args) =>
    bool(isInstance(args.optional('obj') ?? none, args.value('classinfo'))),
  ),
  native('builtins.issubclass', '(cls, classinfo)', () => bool(null)),
  native('builtins.callable', '(obj)', (cx, args) => {
    const value = args.value('obj');
    if (value.kind === 'instance') return bool(cx.attribute(value, '__call__') !== null);
    return bool(['function', 'native', 'bound', 'class'].includes(value.kind));
  }),
  native('builtins.hasattr', '(obj, name)', (cx, args) => {
    const [obj, name] = [args.value('obj'), args.string('name')];
    const found = cx.attribute(obj, name);
    if (found === null) return bool(cx.mayHave(obj) ? null : false);
    return bool(found.kind === 'unknown' || cx.mayLack(obj, name) ? null : true);
  }),
  native('builtins.getattr', '(obj, name, *args)', (cx, args) => {
    const [obj, name] = [args.value('obj'), args.string('name')];
    const found = cx.attribute(obj, name);
    const [otherwise] = args.rest;
    if (found === null && cx.mayHave(obj)) return cx.unknown(`whether it has the attribute ${name} is not known`);
    if (otherwise === undefined && found === null) throw new PythonError('AttributeError', `no attribute '${name}'`);
    if (otherwise !== undefined && cx.mayLack(obj, name)) return cx.unknown(`${name} is set on some paths only`);
    return found ?? otherwise ?? none;
  }),
  native('builtins.setattr', '(obj, name, value)', (cx, args) => {
    cx.setAttribute(args.value('obj'), args.string('name'), args.optional('value') ?? none);
    return none;
  }),
  native('builtins.bin', '(x)', () => str(null)),
  native('builtins.ord', '(c)', (_cx, args) => int(args.string('c').codePointAt(0) ?? 0)),
  native('builtins.chr', '(i)', (_cx, args) => str(String.fromCodePoint(args.int('i')))),
  native('builtins.slice', '(*args)', (_cx, args) => {
    const [a = none, b, c = none] = args.rest;
    return b === undefined
      ? { kind: 'slice', lower: none, upper: a, step: none }
      : { kind: 'slice', lower: a, upper: b, step: c };
  }),
  native('builtins.float', '(x=0)', (cx, args) =>
    args.has('x') ? convertToFloat(numberOf(cx, args.value('x'))) : float(0),
  ),
  native('builtins.int', '(x=0, base=None)', (cx, args) =>
    args.optional('base') !== null
      ? cx.unknown('numbers in another base than ten are not read')
      : args.has('x')
        ? convertToInt(numberOf(cx, args.value('x')))
        : int(0),
  ),
  native('builtins.bool', '(x=None)', (_cx, args) => bool(args.has('x') ? truthOf(args.optional('x') ?? none) : false)),
  native('builtins.str', '(obj=None, *args)', (_cx, args) => {
    const value = args.optional('obj');
    if (value?.kind === 'str') return value;
    return str(value?.kind === 'int' && D.isKnown(value.value) ? String(value.value) : null);
  }),
  native('builtins.list', '(*args)', sequence(list)),
  native('builtins.tuple', '(*args)', sequence(tuple)),
  native(
    'builtins.set',
    '(*args)',
    sequence((items) => set(distinctItems(items))),
  ),
  native(
    'builtins.frozenset',
    '(*args)',
    sequence((items) => set(distinctItems(items))),
  ),
  native('builtins.dict', '(*args, **kwargs)', (cx, args) => makeDict(cx, args.rest, args.keywords)),
  native('builtins.type', '(*args)', (cx, args) => {
    const [value] = args.rest;
    if (value?.kind === 'instance') return value.cls;
    if (value?.kind === 'tuple' && value.fields !== null && value.fields.cls !== null) return value.fields.cls;
    return cx.unknown('the type is not followed');
  }),
];

function distinctItems(items: readonly Value[]): readonly Value[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = keyOf(item);
    if (key === null) return true;
    const fresh = !seen.has(key);
    seen.add(key);
    return fresh;
  });
}
