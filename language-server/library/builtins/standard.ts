import { asNumber, exactInt } from '../arguments.ts';
import { type Context, PythonError } from '../context.ts';
import { classMethod, libraryClass, native } from '../define.ts';
import { madeFunction } from '../transforms.ts';
import { bool, type DictValue, float, int, list, none, tuple, type Value } from '../values.ts';
import { argparse } from './argparse.ts';
import { copied } from './copying.ts';
import { dataclassFunctions, fieldClass, makeDataclass, replaced } from './dataclass.ts';
import { makeDict, range } from './functions.ts';
import { inspect } from './inspect.ts';
import { namedTuples } from './namedtuple.ts';
import { system, systemObjects } from './system.ts';
import { registeredMark } from './types.ts';

/** The parts of Python's standard library that decide what a program computes. */

function mathFunction(name: string, apply: (x: number) => number, integer = false): Value & { kind: 'native' } {
  return native(`math.${name}`, '(x)', (cx, args) => {
    const x = asNumber(args.value('x'));
    if (integer) return x === null ? cx.unknown(`math.${name} of an unknown number`) : exactInt(apply(x));
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
  native('functools.wraps', '(wrapped, *args, **kwargs)', (cx, args) => {
    const wrapped = args.raw('wrapped');
    return madeFunction(cx, 'functools.wraps', none, (inner, bound) => wrapping(inner, bound.rest[0] ?? none, wrapped));
  }),
  native('functools.update_wrapper', '(wrapper, wrapped, *args, **kwargs)', (cx, args) =>
    wrapping(cx, args.value('wrapper'), args.raw('wrapped')),
  ),
  native('functools.lru_cache', '(func=None, *args, **kwargs)', (cx, args) =>
    wrapOrDecorate(cx, args.optional('func')),
  ),
  native('functools.cache', '(func)', (_cx, args) => args.value('func')),
];

/** A function that stands for another, and says so. */
function wrapping(cx: Context, wrapper: Value, wrapped: Value): Value {
  if (wrapper.kind !== 'function') return wrapper;
  cx.setAttribute(wrapper, '__wrapped__', wrapped);
  if (wrapped.kind === 'function')
    for (const [name, value] of wrapped.attributes)
      if (!wrapper.attributes.has(name)) cx.setAttribute(wrapper, name, value);
  return wrapper;
}

function wrapOrDecorate(cx: Context, fn: Value | null): Value {
  return fn !== null && fn.kind === 'function'
    ? fn
    : madeFunction(cx, 'functools.lru_cache', none, (_inner, bound) => bound.rest[0] ?? none);
}

const copying = ['copy', 'deepcopy'].map((name) =>
  native(`copy.${name}`, '(x, memo=None)', (_cx, args) => copied(args.value('x'), name === 'deepcopy', new Map())),
);

const dataclasses = [
  native('dataclasses.dataclass', '(cls=None, **kwargs)', (cx, args) => {
    const cls = args.optional('cls');
    return cls !== null
      ? makeDataclass(cx, cls)
      : madeFunction(cx, 'dataclasses.dataclass', none, (inner, bound) => makeDataclass(inner, bound.rest[0] ?? none));
  }),
  fieldClass,
  ...dataclassFunctions,
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
  ['math.tau', float(2 * Math.PI)],
  ['math.inf', float(Number.POSITIVE_INFINITY)],
  ['math.nan', float(Number.NaN)],
  ['typing.TYPE_CHECKING', bool(false)],
]);

/** Names of `typing` and the like mean nothing when the program runs. */
const annotationModules = ['typing', 'collections.abc', 'typing_extensions', 'beartype.typing'];
const annotations = annotationModules.flatMap((module) =>
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
    'Self',
    'Generator',
    'Annotated',
    'Hashable',
    'MutableMapping',
    'MutableSequence',
    'MutableSet',
    'Collection',
    'Container',
    'Sized',
    'Reversible',
    'Deque',
    'DefaultDict',
    'OrderedDict',
    'FrozenSet',
    'Counter',
    'NoReturn',
    'Never',
    'Concatenate',
    'TypeAlias',
    'TypeGuard',
    'Unpack',
    'Required',
    'NotRequired',
    'Text',
    'AnyStr',
    'IO',
    'SupportsFloat',
    'SupportsInt',
    'Awaitable',
    'Coroutine',
    'AsyncIterator',
    'ItemsView',
    'KeysView',
    'ValuesView',
  ].map((name) => libraryClass(`${module}.${name}`, [], [])),
);

const numbers = ['Number', 'Complex', 'Real', 'Rational', 'Integral'].map((name) =>
  libraryClass(`numbers.${name}`, [], []),
);

const simple = [
  ...annotationModules.flatMap((module) => [
    ...['TypeVar', 'ParamSpec', 'TypeVarTuple'].map((name) =>
      native(`${module}.${name}`, '(*args, **kwargs)', () => none),
    ),
    native(`${module}.NewType`, '(name, tp)', (_cx, args) => args.value('tp')),
    native(`${module}.cast`, '(typ, val)', (_cx, args) => args.raw('val')),
    // What these decorate behaves as before.
    ...['final', 'override', 'overload', 'no_type_check', 'runtime_checkable'].map((name) =>
      native(`${module}.${name}`, '(arg)', (_cx, args) => args.value('arg')),
    ),
  ]),
  native('random.seed', '(*args)', () => none),
  native('random.random', '()', () => float(null)),
  native('random.uniform', '(a, b)', () => float(null)),
  native('random.randint', '(a, b)', (cx) => int(cx.freshSize('n'))),
  native('gc.collect', '()', () => none),
  libraryClass(
    'abc.ABC',
    [],
    [],
    new Map([
      [
        'register',
        classMethod(
          native('register', '(cls, subclass)', (cx, args) => {
            cx.setAttribute(args.value('cls'), registeredMark, none);
            return args.value('subclass');
          }),
        ),
      ],
    ]),
  ),
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
    ...itertools,
    ...namedTuples,
    ...inspect,
    ...system,
    ...annotations,
    ...numbers,
    ...simple,
    ...progress,
  ].map((value): [string, Value] => [value.name, value]),
  ...constants,
  ...systemObjects,
];
