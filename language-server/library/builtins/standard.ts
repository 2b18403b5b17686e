import { asNumber } from '../arguments.ts';
import { type Context, PythonError } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import { madeFunction } from '../transforms.ts';
import { bool, type DictValue, float, int, list, none, tuple, type Value } from '../values.ts';
import { argparse } from './argparse.ts';
import { fieldClass, makeDataclass, replaced } from './dataclass.ts';
import { makeDict, range } from './functions.ts';
import { namedTuples } from './namedtuple.ts';

/** The parts of Python's standard library that decide what a program computes. */

function mathFunction(name: string, apply: (x: number) => number, integer = false): Value & { kind: 'native' } {
  return native(`math.${name}`, '(x)', (cx, args) => {
    const x = asNumber(args.value('x'));
    if (integer) return x === null ? cx.unknown(`math.${name} of an unknown number`) : int(apply(x));
    return float(x === null ? null : apply(x));
  });
}

const math = [
  ...(
    [
      'sqrt',
      'exp',
      'log',
      'log2',
      'log10',
      'sin',
      'cos',
      'tan',
      'tanh',
      'sinh',
      'cosh',
      'atan',
      'asin',
      'acos',
      'log1p',
      'expm1',
    ] as const
  ).map((name) =>
    name === 'log'
      ? native('math.log', '(x, base=None)', (_cx, args) =>
          float(
            asNumber(args.value('x')) === null
              ? null
              : Math.log(args.number('x')) / (args.optional('base') === null ? 1 : Math.log(args.number('base'))),
          ),
        )
      : mathFunction(name, Math[name]),
  ),
  mathFunction('floor', Math.floor, true),
  mathFunction('ceil', Math.ceil, true),
  native('math.prod', '(iterable)', (cx, args) =>
    args.items('iterable').reduce((total, item) => cx.operate('*', total, item), int(1)),
  ),
  native('math.pow', '(x, y)', (_cx, args) => float(args.number('x') ** args.number('y'))),
];

const functools = [
  native('functools.partial', '(func, *args, **kwargs)', (cx, args) => {
    const fn = args.value('func');
    const [rest, keywords] = [args.rest, args.keywords];
    return madeFunction(cx, 'functools.partial', fn, (inner, bound) =>
      inner.call(fn, [...rest, ...bound.rest], new Map([...keywords, ...bound.keywords])),
    );
  }),
  native('functools.reduce', '(func, iterable, *args)', (cx, args) => {
    const items = [...args.rest, ...args.items('iterable')];
    const [first, ...others] = items;
    if (first === undefined) throw new PythonError('TypeError', 'reduce() of empty iterable with no initial value');
    return others.reduce((total, item) => cx.call(args.value('func'), [total, item]), first);
  }),
  // What these wrap behaves as before.
  native('functools.wraps', '(wrapped, *args, **kwargs)', (cx) =>
    madeFunction(cx, 'functools.wraps', none, (_inner, bound) => bound.rest[0] ?? none),
  ),
  native('functools.lru_cache', '(func=None, *args, **kwargs)', (cx, args) =>
    wrapOrDecorate(cx, args.optional('func')),
  ),
  native('functools.cache', '(func)', (_cx, args) => args.value('func')),
];

function wrapOrDecorate(cx: Context, fn: Value | null): Value {
  return fn !== null && fn.kind === 'function'
    ? fn
    : madeFunction(cx, 'functools.lru_cache', none, (_inner, bound) => bound.rest[0] ?? none);
}

const copying = ['copy', 'deepcopy'].map((name) =>
  native(`copy.${name}`, '(x, memo=None)', (_cx, args) => copied(args.value('x'), name === 'deepcopy', new Map())),
);

/** What `copy` and `deepcopy` make of a value. */
export function copied(value: Value, deep: boolean, seen: Map<Value, Value>): Value {
  const before = seen.get(value);
  if (before !== undefined) return before;
  const inner = (item: Value): Value => (deep ? copied(item, deep, seen) : item);
  switch (value.kind) {
    case 'tensor': {
      if (!deep) return value;
      const copy: Value = { ...value, attributes: new Map(value.attributes) };
      seen.set(value, copy);
      return copy;
    }
    case 'list':
      return { kind: 'list', items: value.items.map(inner), tail: value.tail };
    case 'tuple':
      return tuple(value.items.map(inner), value.fields);
    case 'dict':
      return {
        kind: 'dict',
        open: value.open,
        entries: new Map([...value.entries].map(([id, { key, value: item }]) => [id, { key, value: inner(item) }])),
      };
    case 'instance': {
      const copy: Value = { kind: 'instance', cls: value.cls, origin: value.origin, attributes: new Map() };
      seen.set(value, copy);
      for (const [name, item] of value.attributes) copy.attributes.set(name, inner(item));
      return copy;
    }
    default:
      return value;
  }
}

const dataclasses = [
  native('dataclasses.dataclass', '(cls=None, **kwargs)', (cx, args) => {
    const cls = args.optional('cls');
    return cls !== null
      ? makeDataclass(cx, cls)
      : madeFunction(cx, 'dataclasses.dataclass', none, (inner, bound) => makeDataclass(inner, bound.rest[0] ?? none));
  }),
  fieldClass,
  native('dataclasses.replace', '(obj, **changes)', (cx, args) => replaced(cx, args.value('obj'), args.keywords)),
  native('collections.OrderedDict', '(*args, **kwargs)', (cx, args) => {
    return makeDict(cx, args.rest, args.keywords);
  }),
  native('collections.defaultdict', '(factory=None, *args, **kwargs)', (_cx, args) => {
    const dict: DictValue = { kind: 'dict', entries: new Map(), open: false };
    const factory = args.optional('factory');
    if (factory !== null) dict.open = true;
    return dict;
  }),
];

const itertools = [
  native('itertools.product', '(*args, repeat=1)', (cx, args) => {
    const pools = Array.from({ length: args.int('repeat', 1) }, () => args.rest.map((part) => cx.items(part))).flat();
    const rows = pools.reduce<readonly (readonly Value[])[]>(
      (all, pool) => all.flatMap((row) => pool.map((item) => [...row, item])).slice(0, 10_000),
      [[]],
    );
    return list(rows.map((row) => tuple(row)));
  }),
  native('itertools.chain', '(*args)', (cx, args) => list(args.rest.flatMap((part) => cx.items(part)))),
  native('itertools.repeat', '(object, times=None)', (cx, args) => ({
    kind: 'repeated',
    length: args.optional('times') === null ? cx.freshSize('n') : args.dim('times'),
    element: args.value('object'),
    over: null,
  })),
  native('itertools.count', '(start=0, step=1)', (cx) => ({
    kind: 'repeated',
    length: cx.freshSize('n'),
    element: int(cx.freshSize('i')),
    over: null,
  })),
];

const constants: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['math.pi', float(Math.PI)],
  ['math.e', float(Math.E)],
  ['math.inf', float(Number.POSITIVE_INFINITY)],
  ['math.nan', float(Number.NaN)],
  ['typing.TYPE_CHECKING', bool(false)],
]);

/** Names of `typing` and the like mean nothing when the program runs. */
const annotations = ['typing', 'collections.abc', 'typing_extensions'].flatMap((module) =>
  [
    'Any',
    'Callable',
    'Dict',
    'List',
    'Optional',
    'Sequence',
    'Tuple',
    'Union',
    'Iterable',
    'Iterator',
    'Mapping',
    'Literal',
    'Set',
    'Type',
    'ClassVar',
    'Final',
    'Generic',
    'Protocol',
    'NamedTuple',
    'Self',
    'Generator',
    'Annotated',
  ].map((name) => libraryClass(`${module}.${name}`, [], [])),
);

const simple = [
  native('typing.TypeVar', '(*args, **kwargs)', () => none),
  native('typing.cast', '(typ, val)', (_cx, args) => args.value('val')),
  native('time.time', '()', () => float(null)),
  native('time.perf_counter', '()', () => float(null)),
  native('random.seed', '(*args)', () => none),
  native('random.random', '()', () => float(null)),
  native('random.uniform', '(a, b)', () => float(null)),
  native('random.randint', '(a, b)', (cx) => int(cx.freshSize('n'))),
  native('warnings.filterwarnings', '(*args, **kwargs)', () => none),
  native('warnings.warn', '(*args, **kwargs)', () => none),
  native('gc.collect', '()', () => none),
  libraryClass('abc.ABC', [], []),
  native('abc.abstractmethod', '(func)', (_cx, args) => args.value('func')),
  libraryClass('enum.Enum', [], []),
  native('operator.mul', '(a, b)', (cx, args) => cx.operate('*', args.value('a'), args.value('b'))),
  native('operator.add', '(a, b)', (cx, args) => cx.operate('+', args.value('a'), args.value('b'))),
];

/** Bars that show how far a loop has come (https://tqdm.github.io/docs/tqdm/): they yield what they are given. */
const progress = ['tqdm', 'tqdm.auto', 'tqdm.notebook', 'tqdm.std', 'tqdm.rich'].flatMap((module) => [
  native(`${module}.tqdm`, '(iterable=None, *args, **kwargs)', (cx, args) => {
    const iterable = args.optional('iterable');
    return iterable ?? cx.unknown('a progress bar without a loop');
  }),
  native(`${module}.trange`, '(*args, **kwargs)', (cx, args) => range(cx, args.rest)),
]);

export const standardLibrary: readonly (readonly [string, Value])[] = [
  ...[
    ...math,
    ...argparse,
    ...functools,
    ...copying,
    ...dataclasses,
    ...namedTuples,
    ...itertools,
    ...annotations,
    ...simple,
    ...progress,
  ].map((value): [string, Value] => [value.name, value]),
  ...constants,
];
