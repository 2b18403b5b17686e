import { fieldClass, initOf, optionsOf, replaced } from '../builtins/dataclass.ts';
import { keyOf } from '../builtins/keys.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { classMethod, libraryClass, native } from '../define.ts';
import { makeTree } from '../jax/dataclasses.ts';
import { asArrays, mapTree } from '../jax/pytrees.ts';
import { mapLeaves } from '../transforms.ts';
import { treeOf } from '../trees.ts';
import {
  bool,
  type ClassValue,
  type DictEntry,
  type DictValue,
  int,
  type NativeValue,
  none,
  str,
  tensor,
  tuple,
  type Value,
} from '../values.ts';
import { copiedDicts } from './linen/scope.ts';

/** What stands around Flax's modules: frozen dicts, dataclasses that are trees, and the state of training. */

function dictIn(value: Value): DictValue {
  if (value.kind === 'dict') return value;
  if (value.kind === 'unknown') throw new Unknowable(value.reason.text, value.reason);
  throw new PythonError('TypeError', 'a dict is wanted');
}

function entryOf(key: Value, value: Value): readonly [string, DictEntry] {
  const id = keyOf(key);
  if (id === null) throw new Unknowable('a key of the dict is not known');
  return [id, { key, value }];
}

/** The entries of nested dicts, each with its path. */
function flattened(dict: DictValue, path: readonly Value[]): readonly (readonly [readonly Value[], Value])[] {
  if (dict.open) throw new Unknowable('what the dict holds is not known');
  return [...dict.entries.values()].flatMap(({ key, value }): (readonly [readonly Value[], Value])[] =>
    value.kind === 'dict' && value.entries.size > 0 ? [...flattened(value, [...path, key])] : [[[...path, key], value]],
  );
}

function joined(path: readonly Value[], sep: string): Value {
  const parts = path.map((key) => (key.kind === 'str' ? key.value : null));
  return str(parts.includes(null) ? null : parts.join(sep));
}

/** The dicts on the way to each entry, made anew. */
function nestedDict(entries: readonly (readonly [readonly Value[], Value])[]): DictValue {
  const dict: DictValue = { kind: 'dict', entries: new Map(), open: false };
  for (const [path, value] of entries) {
    let at = dict;
    for (const key of path.slice(0, -1)) {
      const [id] = entryOf(key, none);
      const before = at.entries.get(id)?.value;
      const next: DictValue = before?.kind === 'dict' ? before : { kind: 'dict', entries: new Map(), open: false };
      at.entries.set(id, { key, value: next });
      at = next;
    }
    const last = path.at(-1);
    if (last !== undefined) at.entries.set(...entryOf(last, value));
  }
  return dict;
}

function pathOf(cx: Context, key: Value, sep: string | null): readonly Value[] {
  if (sep === null) return cx.items(key);
  if (key.kind !== 'str' || key.value === null) throw new Unknowable('a key of the dict is not known');
  return key.value.split(sep).map((part) => str(part));
}

// Dataclasses that are trees

const structField: ClassValue = libraryClass('flax.struct.field', [fieldClass], []);

function isNode(value: Value | null): boolean {
  const given = optionsOf(value)?.attributes.get('pytree_node');
  return !(given?.kind === 'bool' && given.value === false);
}

const replace = native('replace', '(self, **updates)', (cx, args) => replaced(cx, args.value('self'), args.keywords));

const node: ClassValue = libraryClass(
  'flax.struct.PyTreeNode',
  [],
  [
    native('__init_subclass__', '(cls, **kwargs)', (cx, args) => {
      makeTree(cx, args.value('cls'), isNode);
      return none;
    }),
    replace,
  ],
);

// Training

const stateFields: readonly (readonly [string, Value | null])[] = [
  ['step', null],
  ['apply_fn', null],
  ['params', null],
  ['tx', null],
  ['opt_state', null],
];

function attribute(cx: Context, value: Value, name: string): Value {
  const found = cx.attribute(value, name);
  if (found === null) throw new PythonError('AttributeError', `no attribute '${name}'`);
  return found;
}

/** flax.training.train_state.TrainState: parameters with their optimizer. */
const trainState: ClassValue = libraryClass(
  'flax.training.train_state.TrainState',
  [node],
  [
    initOf(new Map(stateFields)),
    native('apply_gradients', '(self, *, grads, **kwargs)', (cx, args) => {
      const self = args.value('self');
      const params = attribute(cx, self, 'params');
      const update = attribute(cx, attribute(cx, self, 'tx'), 'update');
      const [updates = none, state = none] = cx.items(
        cx.call(update, [args.value('grads'), attribute(cx, self, 'opt_state'), params]),
      );
      const moved = cx.call(attribute(cx, { kind: 'namespace', path: 'optax' }, 'apply_updates'), [params, updates]);
      const step = cx.operate('+', attribute(cx, self, 'step'), int(1));
      return replaced(cx, self, new Map([...args.keywords, ['step', step], ['params', moved], ['opt_state', state]]));
    }),
  ],
  new Map<string, Value>([
    treeOf(['step', 'params', 'opt_state']),
    [
      '__annotations__',
      { kind: 'dict', open: false, entries: new Map(stateFields.map(([name]) => entryOf(str(name), none))) },
    ],
    [
      'create',
      classMethod(
        native('create', '(cls, *, apply_fn, params, tx, **kwargs)', (cx, args) => {
          const [params, tx] = [args.raw('params'), args.raw('tx')];
          const state = cx.call(attribute(cx, tx, 'init'), [params]);
          return cx.call(
            args.value('cls'),
            [],
            new Map<string, Value>([
              ['step', int(0)],
              ['apply_fn', args.raw('apply_fn')],
              ['params', params],
              ['tx', tx],
              ['opt_state', state],
              ...args.keywords,
            ]),
          );
        }),
      ),
    ],
  ]),
);

export const coreClasses: readonly ClassValue[] = [structField, node, trainState];

export const coreFunctions: readonly NativeValue[] = [
  ...[
    'flax.core.freeze',
    'flax.core.unfreeze',
    'flax.core.frozen_dict.freeze',
    'flax.core.frozen_dict.unfreeze',
    'flax.core.FrozenDict',
    'flax.core.frozen_dict.FrozenDict',
  ].map((name) => native(name, '(xs)', (_cx, args) => copiedDicts(dictIn(args.value('xs'))))),
  ...['flax.core.pop', 'flax.core.frozen_dict.pop'].map((name) =>
    native(name, '(x, key)', (_cx, args) => {
      const rest = copiedDicts(dictIn(args.value('x')));
      const id = keyOf(args.value('key'));
      const found = id === null ? undefined : rest.entries.get(id);
      if (id === null || found === undefined) throw new Unknowable('what is popped is not known');
      rest.entries.delete(id);
      return tuple([rest, found.value]);
    }),
  ),
  ...['flax.core.copy', 'flax.core.frozen_dict.copy'].map((name) =>
    native(name, '(x, add_or_replace=None)', (_cx, args) => {
      const copy = copiedDicts(dictIn(args.value('x')));
      const more = args.optional('add_or_replace');
      for (const [id, entry] of more === null ? [] : dictIn(more).entries) copy.entries.set(id, entry);
      return copy;
    }),
  ),
  native('flax.traverse_util.flatten_dict', '(xs, keep_empty_nodes=False, is_leaf=None, sep=None)', (_cx, args) => {
    const sep = args.optional('sep') === null ? null : args.string('sep');
    const entries = flattened(dictIn(args.value('xs')), []).map(([path, value]) =>
      entryOf(sep === null ? tuple(path) : joined(path, sep), value),
    );
    return { kind: 'dict', open: false, entries: new Map(entries) };
  }),
  native('flax.traverse_util.unflatten_dict', '(xs, sep=None)', (cx, args) => {
    const sep = args.optional('sep') === null ? null : args.string('sep');
    return nestedDict(
      [...dictIn(args.value('xs')).entries.values()].map(({ key, value }) => [pathOf(cx, key, sep), value]),
    );
  }),
  native('flax.struct.dataclass', '(cls=None, **kwargs)', (cx, args) => {
    const cls = args.optional('cls');
    return cls === null
      ? native('flax.struct.dataclass', '(cls)', (inner, own) => makeTree(inner, own.value('cls'), isNode))
      : makeTree(cx, cls, isNode);
  }),
  native('flax.serialization.from_bytes', '(target, encoded_bytes)', (_cx, args) => args.value('target')),
  native('flax.serialization.to_bytes', '(target)', () => str(null)),
  native('flax.serialization.to_state_dict', '(target)', (_cx, args) => args.value('target')),
  native('flax.jax_utils.replicate', '(tree, devices=None)', (cx, args) => {
    const devices = cx.freshSize('devices');
    // Numbers become arrays: one of each device.
    return mapLeaves(asArrays(cx, args.value('tree')), (node) =>
      tensor(cx.build.broadcastTo(node, [devices, ...cx.build.shape(node)]), 'jax'),
    );
  }),
  native('flax.jax_utils.unreplicate', '(tree)', (cx, args) =>
    mapTree([args.value('tree')], ([leaf = none]) =>
      leaf.kind === 'tensor' ? tensor(cx.build.take(leaf.node, 0, 0), 'jax') : leaf,
    ),
  ),
  native('flax.config.update', '(*args)', () => bool(true)),
];
