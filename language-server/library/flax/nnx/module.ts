import { known } from '../../arguments.ts';
import { copied } from '../../builtins/copying.ts';
import { keyOf } from '../../builtins/keys.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { libraryClass, native } from '../../define.ts';
import { jaxDialect } from '../../jax/dialect.ts';
import { asArray } from '../../numpy/dialect.ts';
import { mapParts, partsOf, treeOf, variableMark } from '../../trees.ts';
import {
  bool,
  type ClassValue,
  type DictValue,
  type InstanceValue,
  int,
  list,
  type NativeValue,
  none,
  str,
  type TensorValue,
  tensor,
  tuple,
  type Value,
} from '../../values.ts';

/** flax.nnx.Module and its variables (https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/module.html). */

/** The class of a kind of variable. A variable is an array that knows its class, the program's own ones too. */
function variableClass(name: string, bases: readonly ClassValue[]): ClassValue {
  return libraryClass(`flax.nnx.${name}`, bases, [
    native('__new__', '(cls, value, **metadata)', (cx, args) => {
      const array = tensor(asArray(jaxDialect.at(cx), cx, args.value('value')), 'jax');
      const cls = args.value('cls');
      return cls.kind === 'class' ? variable(array, cls) : array;
    }),
  ]);
}

const anyVariable = variableClass('Variable', []);
export const param = variableClass('Param', [anyVariable]);
export const batchStat = variableClass('BatchStat', [anyVariable]);
const rngState = variableClass('RngState', [anyVariable]);

const variableClasses: readonly ClassValue[] = [
  anyVariable,
  param,
  batchStat,
  rngState,
  ...['Cache', 'Intermediate', 'Perturbation'].map((name) => variableClass(name, [anyVariable])),
  ...['RngKey', 'RngCount'].map((name) => variableClass(name, [rngState])),
  variableClass('LoRAParam', [param]),
];

/** A variable of a class, out of an array. */
export function variable(array: TensorValue, cls: ClassValue): TensorValue {
  const made = tensor(array.node, 'jax');
  made.attributes.set(variableMark, cls);
  return made;
}

function typeOf(value: Value): ClassValue | null {
  const type = value.kind === 'tensor' ? value.attributes.get(variableMark) : undefined;
  return type?.kind === 'class' ? type : null;
}

/** Which classes of variables are meant. */
export type Picks = (type: ClassValue) => boolean;

/** Whether a class is another or descends from it. */
export function isOf(type: ClassValue, ancestor: ClassValue): boolean {
  return type === ancestor || type.bases.some((base) => base.kind === 'class' && isOf(base, ancestor));
}

/** On modules that got variables while they ran, which are not followed. */
const grownMark = '_has_grown';

export const moduleClass: ClassValue = libraryClass(
  'flax.nnx.Module',
  [],
  [
    native('__init_subclass__', '(cls, **kwargs)', () => none),
    ...[
      ['train', false, false],
      ['eval', true, true],
    ].map(([name, deterministic, running]) =>
      native(String(name), '(self, **attributes)', (cx, args) => {
        const modes = new Map<string, Value>([
          ['deterministic', bool(deterministic === true)],
          ['use_running_average', bool(running === true)],
        ]);
        setModes(cx, args.value('self'), new Map([...modes, ...args.keywords]));
        return none;
      }),
    ),
    native('set_attributes', '(self, *filters, raise_if_not_found=True, **attributes)', (cx, args) => {
      if (args.rest.length > 0) throw new Unknowable('attributes of some modules are not followed');
      setModes(cx, args.value('self'), args.keywords);
      return none;
    }),
    native('perturb', '(self, name, value, variable_type=None, **kwargs)', (cx, args) => {
      cx.setAttribute(args.value('self'), grownMark, bool(true));
      return args.value('value');
    }),
    native('sow', '(self, variable_type, name, value, **kwargs)', (cx, args) => {
      cx.setAttribute(args.value('self'), grownMark, bool(true));
      return bool(null);
    }),
  ],
  new Map([treeOf('all')]),
);

/** Sets attributes of the module and those in it, where they are there. */
function setModes(cx: Context, value: Value, modes: ReadonlyMap<string, Value>): void {
  switch (value.kind) {
    case 'tuple':
    case 'list':
      for (const item of value.items) setModes(cx, item, modes);
      return;
    case 'dict':
      for (const { value: item } of value.entries.values()) setModes(cx, item, modes);
      return;
    case 'instance':
      if (!isModule(value)) return;
      for (const [name, to] of modes) if (value.attributes.has(name)) cx.setAttribute(value, name, to);
      for (const part of [...value.attributes.values()]) setModes(cx, part, modes);
      return;
    default:
      return;
  }
}

export function isModule(value: Value): value is InstanceValue {
  const descends = (cls: ClassValue): boolean =>
    cls === moduleClass || cls.bases.some((base) => base.kind === 'class' && descends(base));
  return value.kind === 'instance' && descends(value.cls);
}

/** The keys of one name: `rngs.params()`; called with arguments, or asked for a draw, it draws with a key of its own. */
const streamClass: ClassValue = libraryClass(
  'flax.nnx.RngStream',
  [],
  [
    native('__call__', '(self, *args, **kwargs)', (cx, args) => {
      const self = args.value('self');
      const name = self.kind === 'instance' ? self.attributes.get('name') : undefined;
      if (args.rest.length === 0 && args.keywords.size === 0) return freshKey(cx);
      return drawn(cx, name?.kind === 'str' ? name.value : null, args.rest, args.keywords);
    }),
    native('__getattr__', '(self, name)', (_cx, args) => {
      const name = args.string('name');
      return native('flax.nnx.RngStream', '(*args, **kwargs)', (cx, own) => drawn(cx, name, own.rest, own.keywords));
    }),
  ],
);

/** What jax.random's function of that name draws with a new key. */
function drawn(cx: Context, name: string | null, rest: readonly Value[], keywords: ReadonlyMap<string, Value>): Value {
  const draw = name === null ? null : cx.attribute({ kind: 'namespace', path: 'jax.random' }, name);
  if (draw === null) throw new PythonError('TypeError', 'a stream of keys takes no arguments');
  return cx.call(draw, [freshKey(cx), ...rest], keywords);
}

/** Keys by name: `rngs.params()`, `rngs()`. */
export const rngsClass: ClassValue = libraryClass(
  'flax.nnx.Rngs',
  [],
  [
    native('__init__', '(self, default=None, **rngs)', () => none),
    native('__call__', '(self)', (cx) => freshKey(cx)),
    native('__getattr__', '(self, name)', (cx, args) => {
      const stream = cx.instantiate(streamClass);
      stream.attributes.set('name', args.value('name'));
      return stream;
    }),
  ],
);

function freshKey(cx: Context): Value {
  return tensor(cx.build.emit('data', { name: 'key', aval: { shape: [], dtype: 'key<fry>' } }), 'jax');
}

// State: the variables of a module by the names on the way to them

export const stateClass: ClassValue = libraryClass(
  'flax.nnx.State',
  [],
  [
    native('__getitem__', '(self, key)', (_cx, args) => {
      const self = args.value('self');
      const found = self.kind === 'instance' ? self.attributes.get(keyText(args.value('key'))) : undefined;
      if (found === undefined) throw new PythonError('KeyError', 'no such entry of the state');
      return found;
    }),
    native('__len__', '(self)', (_cx, args) => int(entriesOf(args.value('self')).length)),
    native('__iter__', '(self)', (_cx, args) => list(entriesOf(args.value('self')).map(([key]) => str(key)))),
    native('items', '(self)', (_cx, args) =>
      list(entriesOf(args.value('self')).map(([key, value]) => tuple([str(key), value]))),
    ),
  ],
  new Map([treeOf('all')]),
);

function entriesOf(state: Value): readonly (readonly [string, Value])[] {
  return state.kind === 'instance' ? (partsOf(state) ?? []) : [];
}

function keyText(key: Value): string {
  if (key.kind === 'str' && key.value !== null) return key.value;
  if (key.kind === 'int' && typeof key.value === 'number') return String(key.value);
  throw new Unknowable('which entry of the state is not known');
}

/** A filter of variables: a class, all, or one of several. */
export function filterOf(value: Value): Picks {
  known(value);
  if (value.kind === 'ellipsis' || (value.kind === 'bool' && value.value === true)) return () => true;
  if (value.kind === 'class' && isOf(value, anyVariable)) return (type) => isOf(type, value);
  if (value.kind === 'tuple' || value.kind === 'list') {
    const each = value.items.map(filterOf);
    return (type) => each.some((holds) => holds(type));
  }
  throw new Unknowable('which variables the filter picks is not known');
}

/** The variables in a value that a filter picks, as a state; null where there are none. */
function picked(cx: Context, value: Value, holds: (variable: Value) => boolean): Value | null {
  const several = (named: readonly (readonly [string, Value])[]): Value | null => {
    const kept = named.flatMap(([name, part]): [string, Value][] => {
      const own = picked(cx, part, holds);
      return own === null ? [] : [[name, own]];
    });
    if (kept.length === 0) return null;
    const state = cx.instantiate(stateClass);
    for (const [name, part] of kept) state.attributes.set(name, part);
    return state;
  };
  switch (value.kind) {
    case 'tensor':
      return holds(value) ? value : null;
    case 'tuple':
    case 'list':
      return several(value.items.map((item, k) => [String(k), item]));
    case 'dict':
      return several([...value.entries.values()].map(({ key, value: item }) => [keyText(key), item]));
    case 'instance':
      if (value.attributes.has(grownMark))
        throw new Unknowable('variables that are made while it runs are not followed');
      return value.cls === stateClass || isModule(value) ? several(partsOf(value) ?? []) : null;
    default:
      return null;
  }
}

/** The state of the variables that a filter picks. */
export function stateOf(cx: Context, value: Value, holds: Picks): Value {
  const isPicked = (each: Value): boolean => {
    const type = typeOf(each);
    return type !== null && holds(type);
  };
  return picked(cx, value, isPicked) ?? cx.instantiate(stateClass);
}

/** The module with the variables of states in the places of its own. */
export function merged(value: Value, states: readonly Value[]): Value {
  const at = (name: string): readonly Value[] =>
    states.flatMap((state) => {
      const own = state.kind === 'instance' ? state.attributes.get(name) : undefined;
      return own === undefined ? [] : [own];
    });
  if (value.kind === 'tensor') {
    const given = states.at(-1);
    const type = typeOf(value);
    return given?.kind === 'tensor' && type !== null ? variable(given, type) : value;
  }
  if (value.kind === 'instance' && !isModule(value)) return value;
  return mapParts(value, (part, key) => merged(part, at(keyText(key))));
}

/** What a module is beside its variables: kept with the module itself. */
const graphClass: ClassValue = libraryClass('flax.nnx.GraphDef', [], []);

function mergedGraph(graph: Value, states: readonly Value[]): Value {
  const module = graph.kind === 'instance' ? graph.attributes.get('module') : undefined;
  if (module === undefined) throw new Unknowable('which module it was is not known');
  return merged(copied(module, true, new Map()), states.map(known));
}

function graphOf(cx: Context, module: Value): Value {
  const graph = cx.instantiate(graphClass);
  graph.attributes.set('module', copied(module, true, new Map()));
  return graph;
}

/** Writes the variables of a state into those of a module. */
function update(cx: Context, value: Value, states: readonly Value[]): void {
  const at = (name: string): readonly Value[] =>
    states.flatMap((state) => {
      const own = state.kind === 'instance' ? state.attributes.get(name) : undefined;
      return own === undefined ? [] : [own];
    });
  if (value.kind === 'tensor') {
    const given = states.at(-1);
    if (given?.kind === 'tensor') cx.assignInPlace(value, given.node);
  } else if (value.kind === 'tuple' || value.kind === 'list') {
    value.items.forEach((item, k) => {
      update(cx, item, at(String(k)));
    });
  } else if (value.kind === 'instance' && isModule(value)) {
    for (const [name, part] of partsOf(value) ?? []) update(cx, part, at(name));
  }
}

function emptyDict(): DictValue {
  return { kind: 'dict', entries: new Map(), open: false };
}

/** Containers of modules: a list is a list, a dict a dict. */
const containers: readonly NativeValue[] = [
  native('flax.nnx.List', '(it=None)', (cx, args) =>
    list(args.optional('it') === null ? [] : cx.items(args.value('it'))),
  ),
  native('flax.nnx.Dict', '(*args, **kwargs)', (_cx, args) => {
    const dict = emptyDict();
    for (const given of args.rest)
      if (given.kind === 'dict') for (const [id, entry] of given.entries) dict.entries.set(id, entry);
    for (const [name, value] of args.keywords) dict.entries.set(keyOf(str(name)) ?? name, { key: str(name), value });
    return dict;
  }),
  ...['data', 'static'].map((name) =>
    native(`flax.nnx.${name}`, '(value, **kwargs)', (_cx, args) => args.raw('value')),
  ),
];

export const moduleFunctions: readonly NativeValue[] = [
  ...containers,
  native('flax.nnx.split', '(node, *filters)', (cx, args) => {
    const module = args.value('node');
    const filters = args.rest.map(filterOf);
    const used: Picks[] = [];
    const states = (filters.length === 0 ? [(): boolean => true] : filters).map((holds) => {
      const before = [...used];
      used.push(holds);
      // Each variable is in the first state whose filter picks it.
      return stateOf(cx, module, (type) => holds(type) && !before.some((earlier) => earlier(type)));
    });
    return tuple([graphOf(cx, module), ...states]);
  }),
  native('flax.nnx.merge', '(graphdef, *states)', (_cx, args) => mergedGraph(args.value('graphdef'), args.rest)),
  native('flax.nnx.state', '(node, *filters)', (cx, args) => {
    const filters = args.rest.map(filterOf);
    const states = (filters.length === 0 ? [(): boolean => true] : filters).map((holds) =>
      stateOf(cx, args.value('node'), holds),
    );
    const [only = none] = states;
    return states.length === 1 ? only : tuple(states);
  }),
  native('flax.nnx.graphdef', '(node)', (cx, args) => graphOf(cx, args.value('node'))),
  native('flax.nnx.update', '(node, state, *states)', (cx, args) => {
    update(cx, args.value('node'), [args.value('state'), ...args.rest]);
    return none;
  }),
  native('flax.nnx.clone', '(node, variables=True)', (_cx, args) => copied(args.value('node'), true, new Map())),
  native('flax.nnx.view', '(node, *, only=None, raise_if_not_found=True, **attributes)', (cx, args) => {
    if (args.optional('only') !== null) throw new Unknowable('attributes of some modules are not followed');
    const view = copied(args.value('node'), true, new Map());
    setModes(cx, view, args.keywords);
    return view;
  }),
  native('flax.nnx.display', '(*args)', () => none),
];

export const moduleClasses: readonly ClassValue[] = [
  moduleClass,
  { ...moduleClass, name: 'flax.nnx.Pytree' },
  rngsClass,
  stateClass,
  graphClass,
  ...variableClasses,
];
