import { type Context, PythonError, Unknowable } from '../context.ts';
import { libraryClass, native, property } from '../define.ts';
import {
  bool,
  type ClassValue,
  type DictEntry,
  type DictValue,
  type InstanceValue,
  int,
  type NativeValue,
  none,
  str,
  tuple,
  type Value,
} from '../values.ts';
import { keyOf } from './keys.ts';

/** inspect (https://docs.python.org/3/library/inspect.html): the parameters of functions, and arguments given to them. */

const kinds = ['POSITIONAL_ONLY', 'POSITIONAL_OR_KEYWORD', 'VAR_POSITIONAL', 'KEYWORD_ONLY', 'VAR_KEYWORD'] as const;
type Kind = (typeof kinds)[number];

interface Formal {
  readonly name: string;
  readonly kind: Kind;
  /** Its default; null where it has none. */
  readonly otherwise: Value | null;
}

/** The parameters of anything that can be called. Throws Unknowable where they are not known. */
function formalsOf(cx: Context, value: Value): readonly Formal[] {
  switch (value.kind) {
    case 'function': {
      const wrapped = value.attributes.get('__wrapped__');
      if (wrapped !== undefined) return formalsOf(cx, wrapped);
      const { positionalOnly, args, vararg, keywordOnly, kwarg } = value.definition.args;
      const plain = (kind: Kind, { name }: { readonly name: string }): Formal => ({
        name,
        kind,
        otherwise: value.defaults.get(name) ?? null,
      });
      return [
        ...positionalOnly.map((each) => plain('POSITIONAL_ONLY', each)),
        ...args.map((each) => plain('POSITIONAL_OR_KEYWORD', each)),
        ...(vararg === null ? [] : [plain('VAR_POSITIONAL', vararg)]),
        ...keywordOnly.map((each) => plain('KEYWORD_ONLY', each)),
        ...(kwarg === null ? [] : [plain('VAR_KEYWORD', kwarg)]),
      ];
    }
    case 'bound':
      return formalsOf(cx, value.callee).slice(1);
    case 'class':
    case 'instance': {
      const method = cx.attribute(value, value.kind === 'class' ? '__init__' : '__call__');
      if (method === null) return [];
      return value.kind === 'class' ? formalsOf(cx, method).slice(1) : formalsOf(cx, method);
    }
    case 'native':
      return ofLibrary(cx, value);
    default:
      throw new Unknowable('the parameters of what is called are not known');
  }
}

function ofLibrary(cx: Context, { name, signature, made }: NativeValue): readonly Formal[] {
  if (made !== null && made.by !== 'functools.partial' && made.from.kind !== 'none') return formalsOf(cx, made.from);
  if (made !== null) throw new Unknowable(`the parameters of ${name} are not followed`);
  const plain = (isLast: boolean): readonly Formal[] =>
    signature.parameters
      .filter(({ keywordOnly }) => keywordOnly === isLast)
      .map((each) => ({
        name: each.name,
        kind: isLast ? 'KEYWORD_ONLY' : 'POSITIONAL_OR_KEYWORD',
        otherwise: each.required ? null : cx.unknown(`the default of ${each.name} of ${name} is not followed`),
      }));
  return [
    ...plain(false),
    ...(signature.rest ? [{ name: 'args', kind: 'VAR_POSITIONAL', otherwise: null } as const] : []),
    ...plain(true),
    ...(signature.keywords ? [{ name: 'kwargs', kind: 'VAR_KEYWORD', otherwise: null } as const] : []),
  ];
}

function entryOf(name: string, value: Value): [string, DictEntry] {
  return [keyOf(str(name)) ?? name, { key: str(name), value }];
}

function dictOf(items: Iterable<readonly [string, Value]>): DictValue {
  return { kind: 'dict', open: false, entries: new Map([...items].map(([name, value]) => entryOf(name, value))) };
}

// Parameters and signatures

const empty: ClassValue = libraryClass('inspect._empty', [], []);

const parameterClass: ClassValue = libraryClass(
  'inspect.Parameter',
  [],
  [
    native('__init__', '(self, name, kind, *, default=None, annotation=None)', (cx, args) => {
      const self = args.value('self');
      cx.setAttribute(self, 'name', args.value('name'));
      cx.setAttribute(self, 'kind', args.value('kind'));
      cx.setAttribute(self, 'default', args.has('default') ? args.raw('default') : empty);
      cx.setAttribute(self, 'annotation', args.has('annotation') ? args.raw('annotation') : empty);
      return none;
    }),
  ],
  new Map<string, Value>([['empty', empty], ...kinds.map((kind, k): [string, Value] => [kind, int(k)])]),
);

function parameterOf(cx: Context, { name, kind, otherwise }: Formal): Value {
  const instance = cx.instantiate(parameterClass);
  instance.attributes.set('name', str(name));
  instance.attributes.set('kind', int(kinds.indexOf(kind)));
  instance.attributes.set('default', otherwise ?? empty);
  instance.attributes.set('annotation', cx.unknown('annotations are not followed'));
  return instance;
}

/** What a parameter as a value says. */
function formalOf(value: Value): Formal {
  if (value.kind !== 'instance' || value.cls !== parameterClass) throw new Unknowable('a parameter is not known');
  const [name, kind, otherwise] = ['name', 'kind', 'default'].map((each) => value.attributes.get(each));
  const at = kind?.kind === 'int' && typeof kind.value === 'number' ? kinds[kind.value] : undefined;
  if (name?.kind !== 'str' || name.value === null || at === undefined) throw new Unknowable('a parameter is not known');
  return { name: name.value, kind: at, otherwise: otherwise === undefined || otherwise === empty ? null : otherwise };
}

function signatureFormals(self: Value): readonly Formal[] {
  const parameters = self.kind === 'instance' ? self.attributes.get('parameters') : undefined;
  if (parameters?.kind !== 'dict') throw new Unknowable('the parameters are not known');
  return [...parameters.entries.values()].map(({ value }) => formalOf(value));
}

const signatureClass: ClassValue = libraryClass(
  'inspect.Signature',
  [],
  [
    native('__init__', '(self, parameters=None, *, return_annotation=None)', (cx, args) => {
      const given = args.optional('parameters');
      const items = given === null ? [] : cx.items(given);
      cx.setAttribute(args.value('self'), 'parameters', dictOf(items.map((item) => [formalOf(item).name, item])));
      return none;
    }),
    ...['bind', 'bind_partial'].map((name) =>
      native(name, '(self, *args, **kwargs)', (cx, args) => {
        const self = args.value('self');
        const given = bound(signatureFormals(self), args.rest, args.keywords, name === 'bind');
        const instance = cx.instantiate(boundClass);
        instance.attributes.set('signature', self);
        instance.attributes.set('arguments', dictOf(given));
        return instance;
      }),
    ),
    native('replace', '(self, *, parameters=None, return_annotation=None)', (cx, args) => {
      const given = args.optional('parameters');
      return given === null ? args.value('self') : cx.call(signatureClass, [given]);
    }),
  ],
  new Map<string, Value>([['empty', empty]]),
);

// Arguments

/** Gives arguments to parameters, as a call does. */
function bound(
  formals: readonly Formal[],
  positional: readonly Value[],
  keyword: ReadonlyMap<string, Value>,
  isWhole: boolean,
): ReadonlyMap<string, Value> {
  const slots = formals.filter(({ kind }) => kind === 'POSITIONAL_ONLY' || kind === 'POSITIONAL_OR_KEYWORD');
  const byName = new Set(
    formals.flatMap(({ name, kind }) => (kind === 'POSITIONAL_OR_KEYWORD' || kind === 'KEYWORD_ONLY' ? [name] : [])),
  );
  const [others, rest] = [new Map([...keyword].filter(([name]) => !byName.has(name))), positional.slice(slots.length)];
  const takes = (kind: Kind): boolean => formals.some((each) => each.kind === kind);
  if (rest.length > 0 && !takes('VAR_POSITIONAL')) throw new PythonError('TypeError', 'too many positional arguments');
  const [stranger] = others.keys();
  if (stranger !== undefined && !takes('VAR_KEYWORD'))
    throw new PythonError('TypeError', `got an unexpected keyword argument '${stranger}'`);
  const given = new Map<string, Value>();
  for (const { name, kind, otherwise } of formals) {
    const at = positional[slots.findIndex((slot) => slot.name === name)];
    const value =
      kind === 'VAR_POSITIONAL'
        ? rest.length === 0
          ? undefined
          : tuple(rest)
        : kind === 'VAR_KEYWORD'
          ? others.size === 0
            ? undefined
            : dictOf(others)
          : (at ?? keyword.get(name));
    if (at !== undefined && byName.has(name) && keyword.has(name))
      throw new PythonError('TypeError', `multiple values for argument '${name}'`);
    if (value !== undefined) given.set(name, value);
    else if (isWhole && otherwise === null && !kind.startsWith('VAR_'))
      throw new PythonError('TypeError', `missing a required argument: '${name}'`);
  }
  return given;
}

/** The arguments by name, with the parameters that they are for. */
function argumentsOf(self: Value): { readonly formals: readonly Formal[]; readonly given: DictValue } {
  const [signature, given] = ['signature', 'arguments'].map((name) =>
    self.kind === 'instance' ? self.attributes.get(name) : undefined,
  );
  if (signature === undefined || given?.kind !== 'dict') throw new Unknowable('the arguments are not known');
  return { formals: signatureFormals(signature), given };
}

function valueIn(given: DictValue, name: string): Value | null {
  return given.entries.get(keyOf(str(name)) ?? name)?.value ?? null;
}

/** The arguments that are given by position, and those by name: by name from the first that is left out. */
function split(cx: Context, self: Value): { readonly args: readonly Value[]; readonly kwargs: DictValue } {
  const { formals, given } = argumentsOf(self);
  const args: Value[] = [];
  const kwargs = new Map<string, Value>();
  let isByName = false;
  for (const { name, kind } of formals) {
    const value = valueIn(given, name);
    isByName ||= kind === 'KEYWORD_ONLY' || kind === 'VAR_KEYWORD' || (value === null && kind !== 'VAR_POSITIONAL');
    if (value === null) continue;
    if (kind === 'VAR_POSITIONAL') {
      if (!isByName) args.push(...cx.items(value));
    } else if (kind === 'VAR_KEYWORD') {
      for (const { key, value: item } of value.kind === 'dict' ? value.entries.values() : [])
        if (key.kind === 'str' && key.value !== null) kwargs.set(key.value, item);
    } else if (isByName) kwargs.set(name, value);
    else args.push(value);
  }
  return { args, kwargs: dictOf(kwargs) };
}

const boundClass: ClassValue = libraryClass(
  'inspect.BoundArguments',
  [],
  [
    native('apply_defaults', '(self)', (cx, args) => {
      const self = args.value('self');
      const { formals, given } = argumentsOf(self);
      const all = formals.flatMap(({ name, kind, otherwise }): [string, Value][] => {
        const own = valueIn(given, name) ?? otherwise;
        if (own !== null) return [[name, own]];
        return kind === 'VAR_POSITIONAL' ? [[name, tuple([])]] : kind === 'VAR_KEYWORD' ? [[name, dictOf([])]] : [];
      });
      cx.setAttribute(self, 'arguments', dictOf(all));
      return none;
    }),
  ],
  new Map<string, Value>([
    ['args', property(native('args', '(self)', (cx, args) => tuple(split(cx, args.value('self')).args)))],
    ['kwargs', property(native('kwargs', '(self)', (cx, args) => split(cx, args.value('self')).kwargs))],
  ]),
);

function signatureOf(cx: Context, fn: Value): InstanceValue {
  const instance = cx.instantiate(signatureClass);
  const parameters = formalsOf(cx, fn).map((formal): [string, Value] => [formal.name, parameterOf(cx, formal)]);
  instance.attributes.set('parameters', dictOf(parameters));
  return instance;
}

/** Questions after what a value is. */
const questions: Readonly<Record<string, (value: Value) => boolean>> = {
  isfunction: ({ kind }) => kind === 'function',
  ismethod: (value) => value.kind === 'bound' && value.callee.kind === 'function',
  isclass: ({ kind }) => kind === 'class',
  ismodule: ({ kind }) => kind === 'module' || kind === 'namespace',
};

export const inspect: readonly (NativeValue | ClassValue)[] = [
  parameterClass,
  signatureClass,
  boundClass,
  native('inspect.signature', '(obj, *, follow_wrapped=True, **kwargs)', (cx, args) =>
    signatureOf(cx, args.value('obj')),
  ),
  ...Object.entries(questions).map(([name, holds]) =>
    native(`inspect.${name}`, '(object)', (_cx, args) => bool(holds(args.value('object')))),
  ),
];
