import type { GraphBuilder } from '../../graph/builder.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type DType, type Shape, ShapeError, showShape } from '../../graph/shape.ts';
import { known } from '../arguments.ts';
import { keyOf } from '../builtins/keys.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import { sizesOf } from '../jax/layers.ts';
import { knownLeavesOf, madeFunction } from '../transforms.ts';
import { unknownIn } from '../trees.ts';
import {
  type ClassValue,
  type DictValue,
  type FunctionValue,
  type InstanceValue,
  type NativeValue,
  none,
  str,
  tensor,
  tuple,
  type Value,
} from '../values.ts';

/** haiku.transform and haiku.Module (https://dm-haiku.readthedocs.io/en/latest/api.html). */

/** A method that runs, or the transformed function itself (null), with how often each name was given in it. */
interface Running {
  readonly module: InstanceValue | null;
  readonly method: string;
  readonly counts: Map<string, number>;
}

/** A run of a transformed function. */
interface Frame {
  readonly params: Value;
  readonly state: Value;
  readonly initializing: boolean;
  readonly key: Value | null;
  readonly running: Running[];
  /** The arrays that the call was given: what unknown parameters may have been made of. */
  readonly given: readonly NodeId[];
  readonly assumed: Map<string, NodeId>;
}

const frames = new WeakMap<GraphBuilder, Frame[]>();

function stackOf(cx: Context): Frame[] {
  const stack = frames.get(cx.build) ?? [];
  frames.set(cx.build, stack);
  return stack;
}

function currentFrame(cx: Context): Frame {
  const frame = stackOf(cx).at(-1);
  if (frame === undefined)
    throw new PythonError('ValueError', 'All `hk.Module`s must be initialized inside an `hk.transform`.');
  return frame;
}

/** Runs a method of a module, so that modules made there are named by it. */
export function inMethod<T>(cx: Context, module: InstanceValue, method: string, body: () => T): T {
  const { running } = currentFrame(cx);
  running.push({ module, method, counts: new Map() });
  try {
    return body();
  } finally {
    running.pop();
  }
}

const nameMark = 'module_name';

function nameIn(module: InstanceValue): string {
  const name = module.attributes.get(nameMark);
  if (name?.kind === 'str' && name.value !== null) return name.value;
  throw new PythonError('ValueError', 'the constructor of the module has not called super().__init__()');
}

/** `MyNet` as `my_net`. */
function snakeCase(name: string): string {
  return name
    .slice(name.lastIndexOf('.') + 1)
    .replace(/((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))/g, '_$1')
    .toLowerCase();
}

/** The full name of a new module, in its constructor: under the caller's, and numbered where it was given before. */
function uniqueName(cx: Context, module: InstanceValue, given: string | null): string {
  const { running } = currentFrame(cx);
  const own = running.findIndex((each) => each.module === module);
  const caller = running[own - 1];
  if (caller === undefined) throw new RangeError('a constructor without a caller');
  const plain = given ?? snakeCase(module.cls.name);
  const method = caller.method === '__call__' ? '' : caller.method === '__init__' ? '~/' : `~${caller.method}/`;
  const name = caller.module === null ? plain : `${nameIn(caller.module)}/${method}${plain}`;
  // A name that ends in a number is taken as it is.
  if (/_\d+$/.test(name)) return name;
  const count = caller.counts.get(name) ?? 0;
  caller.counts.set(name, count + 1);
  return count === 0 ? name : `${name}_${count}`;
}

export const moduleClass: ClassValue = libraryClass(
  'haiku.Module',
  [],
  [
    native('__init_subclass__', '(cls, **kwargs)', (cx, args) => {
      const cls = args.value('cls');
      if (cls.kind !== 'class') return none;
      for (const [name, value] of [...cls.attributes]) {
        const isMethod = name === '__init__' || name === '__call__' || !name.startsWith('__');
        if (value.kind === 'function' && isMethod) cx.setName(cls.attributes, name, wrapped(value, name));
      }
      return none;
    }),
    native('__init__', '(self, name=None)', (cx, args) => {
      const self = args.value('self');
      if (self.kind !== 'instance') throw new PythonError('TypeError', 'a module is wanted');
      const isInside = currentFrame(cx).running.some((each) => each.module === self);
      const set = (): void =>
        cx.setAttribute(
          self,
          nameMark,
          str(uniqueName(cx, self, args.optional('name') === null ? null : args.string('name'))),
        );
      if (isInside) set();
      else inMethod(cx, self, '__init__', set);
      return none;
    }),
  ],
);

function wrapped(fn: FunctionValue, name: string): NativeValue {
  return native(name, '(self, *args, **kwargs)', (cx, args) => {
    const self = args.value('self');
    const run = (): Value => cx.call(fn, [self, ...args.rest], args.keywords);
    return self.kind === 'instance' ? inMethod(cx, self, name, run) : run();
  });
}

// Parameters

function idOf(name: string): string {
  return keyOf(str(name)) ?? name;
}

function bundleName(cx: Context): string {
  const { running } = currentFrame(cx);
  const module = running.at(-1)?.module ?? null;
  return module === null ? '~' : nameIn(module);
}

/** A dict of dicts by module; what is not known of them stays so. */
function entryIn(tree: Value, bundle: string, name: string): Value | null {
  let at = tree;
  for (const step of [bundle, name]) {
    if (at.kind === 'unknown') return at;
    if (at.kind !== 'dict') throw new PythonError('TypeError', 'the parameters must be a dict of dicts');
    const entry: Value | undefined = at.entries.get(idOf(step))?.value;
    if (entry === undefined) {
      if (at.open) throw new Unknowable('what the parameters hold is not known');
      return null;
    }
    at = entry;
  }
  return at;
}

function setEntryIn(cx: Context, tree: Value, bundle: string, name: string, value: Value): void {
  if (tree.kind !== 'dict') throw new Unknowable('what the parameters hold is not known');
  const before = tree.entries.get(idOf(bundle))?.value;
  const own: DictValue = before?.kind === 'dict' ? before : { kind: 'dict', entries: new Map(), open: false };
  if (own !== before) cx.setEntry(tree, idOf(bundle), { key: str(bundle), value: own });
  cx.setEntry(own, idOf(name), { key: str(name), value });
}

/** `get_parameter`: the module's parameter of that name and shape, made where the function is being initialized. */
export function parameter(cx: Context, name: string, shape: Shape, dtype: DType, init: () => Value): NodeId {
  const node = given(cx, name, shape, dtype, init);
  cx.build.weights.add(node);
  return node;
}

function given(cx: Context, name: string, shape: Shape, dtype: DType, init: () => Value): NodeId {
  const frame = currentFrame(cx);
  const bundle = bundleName(cx);
  const found = entryIn(frame.params, bundle, name);
  if (found?.kind === 'unknown') {
    const id = `${bundle}/${name}`;
    const before = frame.assumed.get(id);
    if (before !== undefined) return before;
    const aval = { shape, dtype };
    const node =
      frame.given.length === 0
        ? cx.build.input(name, aval)
        : cx.build.emit('opaque', { name: `the parameter ${id}`, aval, batched: [] }, frame.given);
    frame.assumed.set(id, node);
    return node;
  }
  if (found !== null) {
    if (found.kind !== 'tensor') throw new PythonError('TypeError', `the parameter '${name}' is no array`);
    const own = cx.build.shape(found.node);
    if (own.length !== shape.length || own.some((dim, k) => D.surelyDiffer(dim, shape[k] ?? -1)))
      throw new ShapeError(
        `'${bundle}/${name}' with retrieved shape ${showShape(own)} does not match shape=${showShape(shape)}`,
      );
    return found.node;
  }
  if (!frame.initializing)
    throw new PythonError(
      'ValueError',
      `Unable to retrieve parameter '${name}' for module '${bundle}': all parameters are made by init`,
    );
  const made = known(init());
  if (made.kind !== 'tensor') throw new PythonError('TypeError', 'an initializer gives an array');
  setEntryIn(cx, frame.params, bundle, name, made);
  return made.node;
}

function typeIn(value: Value | null): DType {
  return value?.kind === 'dtype' ? value.dtype : 'float32';
}

// Transforms

const transformedFields = ['init', 'apply'];

function emptyDict(): DictValue {
  return { kind: 'dict', entries: new Map(), open: false };
}

function runFrame(
  cx: Context,
  frame: Pick<Frame, 'params' | 'state' | 'initializing' | 'key' | 'given'>,
  body: () => Value,
): Value {
  const stack = stackOf(cx);
  stack.push({ ...frame, running: [{ module: null, method: '__call__', counts: new Map() }], assumed: new Map() });
  try {
    return body();
  } finally {
    stack.pop();
  }
}

function copyOf(value: Value): Value {
  if (value.kind !== 'dict') return value;
  const entries = [...value.entries].map(([id, { key, value: item }]) => [id, { key, value: copyOf(item) }] as const);
  return { kind: 'dict', open: value.open, entries: new Map(entries) };
}

/** A pair of functions: `init(rng, *args)` gives parameters, `apply(params, rng, *args)` results; both with state where there is some. */
function transformed(cx: Context, fn: Value, hasState: boolean, hasKey: boolean): Value {
  const init = madeFunction(cx, 'haiku.init', fn, (inner, bound) => {
    const [key = none, ...rest] = bound.rest;
    const [params, state] = [emptyDict(), emptyDict()];
    const output = runFrame(
      inner,
      { params, state, initializing: true, key: key.kind === 'none' ? null : key, given: [] },
      () => inner.call(fn, rest, bound.keywords),
    );
    const missing = unknownIn(output);
    if (missing !== null) return missing;
    return hasState ? tuple([params, state]) : params;
  });
  const apply = madeFunction(cx, 'haiku.apply', fn, (inner, bound) => {
    const given = [...bound.rest];
    const params = given.shift() ?? none;
    const state = hasState ? copyOf(given.shift() ?? none) : emptyDict();
    const key = hasKey ? (given.shift() ?? bound.keywords.get('rng') ?? none) : none;
    const keywords = new Map([...bound.keywords].filter(([name]) => !hasKey || name !== 'rng'));
    const frame = {
      params: params.kind === 'none' ? emptyDict() : params,
      state,
      initializing: false,
      key: key.kind === 'none' ? null : key,
      given: knownLeavesOf([...given, ...keywords.values()]),
    };
    const output = runFrame(inner, frame, () => inner.call(fn, given, keywords));
    return hasState ? tuple([output, state]) : output;
  });
  return tuple([init, apply], transformedFields);
}

const originals = new WeakMap<Value, { readonly fn: Value; readonly hasState: boolean }>();

function transforming(name: string, hasState: boolean): NativeValue {
  return native(name, '(f, *, apply_rng=True)', (cx, args) => {
    const fn = args.value('f');
    const made = transformed(cx, fn, hasState, true);
    originals.set(made, { fn, hasState });
    return made;
  });
}

export const transforms: readonly NativeValue[] = [
  transforming('haiku.transform', false),
  transforming('haiku.transform_with_state', true),
  native('haiku.without_apply_rng', '(f)', (cx, args) => {
    const original = originals.get(args.value('f'));
    if (original === undefined) throw new Unknowable('what was transformed is not known');
    return transformed(cx, original.fn, original.hasState, false);
  }),
  native('haiku.without_state', '(f)', (cx, args) => {
    const original = originals.get(args.value('f'));
    if (original === undefined) throw new Unknowable('what was transformed is not known');
    return transformed(cx, original.fn, false, true);
  }),
  ...[
    'haiku.multi_transform',
    'haiku.multi_transform_with_state',
    'haiku.lift',
    'haiku.scan',
    'haiku.vmap',
    'haiku.cond',
  ].map((name) => native(name, '(*args, **kwargs)', (cx) => cx.unknown(`${name} is not followed`))),
  ...['haiku.remat', 'haiku.jit', 'haiku.grad_checkpoint', 'haiku.transparent', 'haiku.name_like'].map((name) =>
    native(name, '(fun, *args, **kwargs)', (_cx, args) => args.value('fun')),
  ),
  native('haiku.get_parameter', '(name, shape, dtype=None, init=None)', (cx, args) => {
    const shape = args.shape('shape');
    const init = args.optional('init');
    const dtype = args.optional('dtype');
    const node = parameter(cx, args.string('name'), shape, typeIn(dtype), () => {
      if (init === null) throw new PythonError('ValueError', 'Initializer must be specified.');
      return cx.call(init, [sizesOf(shape), dtype ?? { kind: 'dtype', dtype: 'float32' }]);
    });
    return tensor(node, 'jax');
  }),
  native('haiku.get_state', '(name, shape=None, dtype=None, init=None)', (cx, args) => {
    const { state } = currentFrame(cx);
    const [bundle, name] = [bundleName(cx), args.string('name')];
    const found = entryIn(state, bundle, name);
    if (found !== null) return found;
    const init = args.optional('init');
    if (init === null) throw new PythonError('ValueError', `no state '${name}'`);
    const shape = args.optional('shape') === null ? [] : args.shape('shape');
    const made = known(cx.call(init, [sizesOf(shape), args.optional('dtype') ?? { kind: 'dtype', dtype: 'float32' }]));
    setEntryIn(cx, state, bundle, name, made);
    return made;
  }),
  native('haiku.set_state', '(name, value)', (cx, args) => {
    setEntryIn(cx, currentFrame(cx).state, bundleName(cx), args.string('name'), args.raw('value'));
    return none;
  }),
  ...['haiku.next_rng_key', 'haiku.maybe_next_rng_key'].map((name) =>
    native(name, '()', (cx) => {
      const { key } = currentFrame(cx);
      if (key === null && name === 'haiku.next_rng_key')
        throw new PythonError(
          'ValueError',
          'You must pass a non-None PRNGKey to init and/or apply if you make use of random numbers.',
        );
      return key ?? none;
    }),
  ),
];
