import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import { ShapeError, showShape } from '../../../graph/shape.ts';
import { keyOf } from '../../builtins/keys.ts';
import { type Context, PythonError } from '../../context.ts';
import { mapTree } from '../../jax/pytrees.ts';
import { leavesOf } from '../../transforms.ts';
import { type DictValue, type InstanceValue, none, str, type TensorValue, tensor, type Value } from '../../values.ts';

/** The variables of a program under `init`, `apply` or `bind` (https://flax.readthedocs.io/en/latest/api_reference/flax.linen/module.html). */

interface Root {
  /** Variables by collection, then by the path of their module. */
  readonly variables: DictValue;
  readonly mutable: (collection: string) => boolean;
  readonly initializing: boolean;
  /** A key, or keys by name; null where none is given. */
  readonly rngs: Value | null;
  /** What a module that was made outside is inside: each is adopted once. */
  readonly adopted: Map<InstanceValue, InstanceValue>;
  /** The arrays that the call was given: what unknown variables may have been made of. */
  readonly given: readonly NodeId[];
  /** Weights of variables that are not known, by path. */
  readonly assumed: Map<string, Value>;
}

/** Where a bound module's own variables are. */
export interface Scope {
  readonly root: Root;
  readonly path: readonly string[];
  /** How many submodules of each class have been named by their class. */
  readonly counts: Map<string, Value>;
}

const scopes = new WeakMap<InstanceValue, Scope>();

/** The scope of a module that is bound; null outside of `init` and `apply`. */
export function scopeOf(module: InstanceValue): Scope | null {
  return scopes.get(module) ?? null;
}

export function bindRoot(module: InstanceValue, root: Omit<Root, 'adopted' | 'assumed'>): Scope {
  const scope: Scope = { root: { ...root, adopted: new Map(), assumed: new Map() }, path: [], counts: new Map() };
  scopes.set(module, scope);
  return scope;
}

export function bindChild(module: InstanceValue, parent: Scope, name: string): Scope {
  const scope: Scope = { root: parent.root, path: [...parent.path, name], counts: new Map() };
  scopes.set(module, scope);
  return scope;
}

export function emptyDict(): DictValue {
  return { kind: 'dict', entries: new Map(), open: false };
}

/** The dicts copied, what they hold not. */
export function copiedDicts(value: DictValue): DictValue {
  const entries = [...value.entries].map(
    ([id, { key, value: item }]) => [id, { key, value: item.kind === 'dict' ? copiedDicts(item) : item }] as const,
  );
  return { kind: 'dict', entries: new Map(entries), open: value.open };
}

function idOf(name: string): string {
  return keyOf(str(name)) ?? name;
}

/** What stands at a path; null for nothing, and unknown where that is not known. */
export function found(scope: Scope, collection: string, name: string | null): Value | null {
  let at: Value = scope.root.variables;
  for (const step of [collection, ...scope.path, ...(name === null ? [] : [name])]) {
    if (at.kind === 'unknown') return at;
    if (at.kind !== 'dict') throw new PythonError('TypeError', `the variables of '${step}' are no dict`);
    const entry: Value | undefined = at.entries.get(idOf(step))?.value;
    if (entry === undefined)
      return at.open ? { kind: 'unknown', reason: { text: 'what the variables hold is not known', origin } } : null;
    at = entry;
  }
  return at;
}

const origin = { file: '', start: 0, end: 0, loops: [], calls: [] };

/** Sets a variable, with the dicts on the way to it. */
export function store(cx: Context, scope: Scope, collection: string, name: string, value: Value): void {
  let at = scope.root.variables;
  for (const step of [collection, ...scope.path]) {
    const entry = at.entries.get(idOf(step))?.value;
    const next = entry?.kind === 'dict' ? entry : emptyDict();
    if (next !== entry) cx.setEntry(at, idOf(step), { key: str(step), value: next });
    at = next;
  }
  cx.setEntry(at, idOf(name), { key: str(name), value });
}

/** Refuses a variable of other shapes than those that its initializer gives. */
function requireAlike(cx: Context, value: Value, wanted: Value, name: string): void {
  mapTree([wanted, value], ([own = none, other = none]) => {
    if (own.kind !== 'tensor' || other.kind !== 'tensor') return none;
    const [a, b] = [cx.build.shape(own.node), cx.build.shape(other.node)];
    if (a.length !== b.length || a.some((dim, k) => D.surelyDiffer(dim, b[k] ?? -1)))
      throw new ShapeError(`the parameter '${name}' is ${showShape(b)}, but its initializer gives ${showShape(a)}`);
    return none;
  });
}

/** Weights where the variables are not known: of the shapes that the initializer gives, as Flax makes sure, made of whatever was given. */
function assumed(cx: Context, { root, path }: Scope, name: string, make: () => Value): Value {
  const id = [...path, name].join('/');
  const before = root.assumed.get(id);
  if (before !== undefined) return before;
  const value = mapTree([make()], ([leaf = none]) => {
    if (leaf.kind !== 'tensor') return leaf;
    const aval = cx.build.aval(leaf.node);
    return tensor(
      root.given.length === 0
        ? cx.build.input(name, aval)
        : cx.build.emit('opaque', { name: `the parameter ${id}`, aval, batched: [] }, root.given),
      'jax',
    );
  });
  root.assumed.set(id, value);
  return value;
}

/** `self.param(name, init)`: the weight of that name, made where there is none and `params` may be written. */
export function param(cx: Context, scope: Scope, name: string, make: () => Value): Value {
  const value = given(cx, scope, name, make);
  for (const node of leavesOf(value)) cx.build.weights.add(node);
  return value;
}

function given(cx: Context, scope: Scope, name: string, make: () => Value): Value {
  const own = found(scope, 'params', name);
  if (own?.kind === 'unknown') return assumed(cx, scope, name, make);
  if (own !== null) {
    requireAlike(cx, own, make(), name);
    return own;
  }
  if (!scope.root.mutable('params'))
    throw new PythonError('ScopeParamNotFoundError', `no parameter '${name}' in '/${scope.path.join('/')}'`);
  const value = make();
  store(cx, scope, 'params', name, value);
  return value;
}

/** A variable of a collection, made where there is none and the collection may be written. */
export function variable(cx: Context, scope: Scope, collection: string, name: string, make: () => Value): Value {
  const own = found(scope, collection, name);
  if (own?.kind === 'unknown') return assumed(cx, scope, `${collection}:${name}`, make);
  if (own !== null) return own;
  if (!scope.root.mutable(collection))
    throw new PythonError('ScopeVariableNotFoundError', `no variable '${name}' in collection '${collection}'`);
  const value = make();
  store(cx, scope, collection, name, value);
  return value;
}

/** Writes a variable. Throws PythonError where its collection may not be written. */
export function write(cx: Context, scope: Scope, collection: string, name: string, value: Value): void {
  if (!scope.root.mutable(collection))
    throw new PythonError('ModifyScopeVariableError', `the collection '${collection}' is not mutable`);
  store(cx, scope, collection, name, value);
}

/** The key of a name, or that of the parameters in its place; null where there is none. */
export function keyNamed(scope: Scope, name: string): Value | null {
  const { rngs } = scope.root;
  if (rngs === null || rngs.kind !== 'dict') return rngs;
  return (rngs.entries.get(idOf(name)) ?? rngs.entries.get(idOf('params')))?.value ?? null;
}

/** A key to try an initializer with, of the kind that was given. */
export function someKey(cx: Context, scope: Scope): TensorValue {
  const given = keyNamed(scope, 'params');
  if (given?.kind === 'tensor') return given;
  return tensor(cx.build.emit('data', { name: 'key', aval: { shape: [], dtype: 'key<fry>' } }), 'jax');
}
