import type { GraphBuilder } from '../../../graph/builder.ts';
import { type Args, known } from '../../arguments.ts';
import { fieldsOf, initOf } from '../../builtins/dataclass.ts';
import { keyOf } from '../../builtins/keys.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { libraryClass, native, property } from '../../define.ts';
import { knownLeavesOf } from '../../transforms.ts';
import { unknownIn } from '../../trees.ts';
import {
  bool,
  type ClassValue,
  type DictValue,
  ellipsis,
  type FunctionValue,
  type InstanceValue,
  list,
  type NativeValue,
  none,
  str,
  tuple,
  type Value,
} from '../../values.ts';
import {
  bindChild,
  bindRoot,
  copiedDicts,
  emptyDict,
  found,
  keyNamed,
  param,
  type Scope,
  scopeOf,
  someKey,
  store,
  variable,
  write,
} from './scope.ts';

/** flax.linen.Module (https://flax.readthedocs.io/en/latest/api_reference/flax.linen/module.html). */

/** A module whose method runs, so that modules made there become its own. */
interface Running {
  readonly module: InstanceValue;
  readonly kind: 'compact' | 'setup' | 'method';
}

const stacks = new WeakMap<GraphBuilder, Running[]>();

function stackOf(cx: Context): Running[] {
  const stack = stacks.get(cx.build) ?? [];
  stacks.set(cx.build, stack);
  return stack;
}

export function running<T>(cx: Context, module: InstanceValue, kind: Running['kind'], body: () => T): T {
  const stack = stackOf(cx);
  const isOutermost = !isWithin(cx, module, kind);
  stack.push({ module, kind });
  try {
    return body();
  } finally {
    stack.pop();
    if (kind !== 'method' && isOutermost) scopeOf(module)?.counts.clear();
  }
}

function isWithin(cx: Context, module: InstanceValue, kind: Running['kind']): boolean {
  return stackOf(cx).some((each) => each.module === module && each.kind === kind);
}

/** Modules that were made in a `setup` and are named by the attribute that they become. */
const pending = new WeakSet<InstanceValue>();

const setupMark = '_is_set_up';
const ownFields = ['parent', 'name'];

export function isModule(value: Value): value is InstanceValue {
  return value.kind === 'instance' && descends(value.cls);
}

function descends(cls: ClassValue): boolean {
  return cls === moduleClass || cls.bases.some((base) => base.kind === 'class' && descends(base));
}

function nameOf(module: InstanceValue): string | null {
  const name = module.attributes.get('name');
  return name?.kind === 'str' ? name.value : null;
}

/** Binds a module as a submodule, and those among its fields as its own. */
function attach(cx: Context, module: InstanceValue, parent: Scope, name: string): void {
  module.attributes.set('name', str(name));
  bindChild(module, parent, name);
  adoptFields(cx, module);
}

function adoptFields(cx: Context, module: InstanceValue): void {
  for (const [name, value] of module.attributes) if (!ownFields.includes(name)) adopt(cx, module, name, value);
}

/** Makes the modules in an attribute, in lists and dicts too, submodules that are named by it. */
function adopt(cx: Context, module: InstanceValue, name: string, value: Value): void {
  const own = adopted(cx, module, name, value);
  if (own !== value) cx.setName(module.attributes, name, own);
}

function adopted(cx: Context, module: InstanceValue, name: string, value: Value): Value {
  switch (value.kind) {
    case 'tuple':
    case 'list': {
      const items = value.items.map((item, k) => adopted(cx, module, `${name}_${k}`, item));
      if (items.every((item, k) => item === value.items[k])) return value;
      return value.kind === 'tuple' ? tuple(items, value.fields) : list(items);
    }
    case 'dict': {
      const entries = [...value.entries].map(([id, { key, value: item }]) => {
        const suffix = key.kind === 'str' ? (key.value ?? id) : id.replace(/^n:/, '');
        return [id, { key, value: adopted(cx, module, `${name}_${suffix}`, item) }] as const;
      });
      if (entries.every(([id, { value: item }]) => value.entries.get(id)?.value === item)) return value;
      return { kind: 'dict', open: value.open, entries: new Map(entries) };
    }
    case 'instance': {
      const scope = scopeOf(module);
      if (scope === null || !isModule(value) || scopeOf(value) !== null) return value;
      const child = pending.has(value) ? value : (scope.root.adopted.get(value) ?? cloned(value));
      if (child !== value) scope.root.adopted.set(value, child);
      if (scopeOf(child) === null) attach(cx, child, scope, name);
      return child;
    }
    default:
      return value;
  }
}

/** The module without a scope, as it was made. */
function cloned(module: InstanceValue): InstanceValue {
  const attributes = new Map([...module.attributes].filter(([name]) => name !== setupMark));
  return { ...module, attributes };
}

/** Runs `setup` where it was not, and makes what it sets the module's own. */
function ensureSetup(cx: Context, module: InstanceValue): void {
  if (scopeOf(module) === null || module.attributes.has(setupMark) || isWithin(cx, module, 'setup')) return;
  cx.setName(module.attributes, setupMark, bool(true));
  const setup = cx.attribute(module, 'setup');
  if (setup === null) return;
  running(cx, module, 'setup', () => {
    cx.call(setup, []);
    adoptFields(cx, module);
  });
}

/** A method of a module: it runs with the module on the stack, and `setup` before it. */
function wrapped(fn: FunctionValue): NativeValue {
  const isCompact = fn.attributes.has(compactMark);
  const method = native(fn.name, '(*args, **kwargs)', (cx, args) => {
    const [self, ...rest] = args.rest;
    if (self === undefined || !isModule(self)) return cx.call(fn, args.rest, args.keywords);
    ensureSetup(cx, self);
    if (isCompact && scopeOf(self) === null)
      throw new PythonError('CallCompactUnboundModuleError', "can't call compact methods on unbound modules");
    return running(cx, self, isCompact ? 'compact' : 'method', () => cx.call(fn, [self, ...rest], args.keywords));
  });
  return { ...method, name: fn.name };
}

const compactMark = 'compact';
const plainMark = 'nowrap';

/** A decorator that marks a function. */
function marker(name: string): NativeValue {
  return native(`flax.linen.${name}`, '(fun)', (cx, args) => {
    const fn = args.value('fun');
    if (fn.kind === 'function') cx.setName(fn.attributes, name, bool(true));
    return fn;
  });
}

function self(args: Args): InstanceValue {
  const value = args.value('self');
  if (isModule(value)) return value;
  throw new PythonError('TypeError', 'a module of flax.linen is wanted');
}

/** The scope of a method's module. Throws PythonError for one that is not bound. */
export function requireScope(module: InstanceValue): Scope {
  const scope = scopeOf(module);
  if (scope === null) throw new PythonError('ValueError', `${module.cls.name} is used outside of init and apply`);
  return scope;
}

/** Which collections a filter names. */
function filter(cx: Context, value: Value): (collection: string) => boolean {
  if (value.kind === 'bool' && value.value !== null) return () => value.value === true;
  if (value.kind === 'str' && value.value !== null) return (name) => name === value.value;
  if (value.kind === 'instance' && value.cls === denyList) {
    const denied = filter(cx, value.attributes.get('deny') ?? none);
    return (name) => !denied(name);
  }
  const names = cx.items(known(value)).map((item) => (item.kind === 'str' ? item.value : null));
  if (names.includes(null)) throw new Unknowable('which collections are mutable is not known');
  return (name) => names.includes(name);
}

export const denyList: ClassValue = libraryClass(
  'flax.core.DenyList',
  [],
  [
    native('__init__', '(self, deny)', (cx, args) => {
      cx.setAttribute(args.value('self'), 'deny', args.value('deny'));
      return none;
    }),
  ],
);

/** The variables that a call is given. What is not known of them stays so. */
function variablesIn(value: Value): DictValue {
  if (value.kind === 'dict') return copiedDicts(value);
  if (value.kind === 'unknown') return { kind: 'dict', entries: new Map(), open: true };
  throw new PythonError('ApplyScopeInvalidVariablesTypeError', 'the variables must be a dict of collections');
}

function mutableVariables(scope: Scope): DictValue {
  const entries = [...scope.root.variables.entries].filter(
    ([, { key }]) => key.kind === 'str' && key.value !== null && scope.root.mutable(key.value),
  );
  return { kind: 'dict', entries: new Map(entries), open: scope.root.variables.open };
}

/** A copy of the module, bound to variables of its own. */
function rooted(
  cx: Context,
  module: InstanceValue,
  root: Parameters<typeof bindRoot>[1],
): Scope & { own: InstanceValue } {
  const own = cloned(module);
  const scope = bindRoot(own, root);
  adoptFields(cx, own);
  return { ...scope, own };
}

/** The method that a call names: by itself, as text, or `__call__`. */
function callMethod(cx: Context, args: Args, own: InstanceValue, rest: readonly Value[]): Value {
  const method = args.optional('method');
  if (method !== null && method.kind !== 'str') {
    // One of another instance runs on this one.
    const fn = method.kind === 'bound' ? method.callee : method;
    ensureSetup(cx, own);
    return cx.call(fn, [own, ...rest], args.keywords);
  }
  const name = method?.kind === 'str' ? method.value : '__call__';
  const fn = name === null ? null : cx.attribute(own, name);
  if (fn === null) throw new PythonError('AttributeError', `the module has no method '${name}'`);
  return cx.call(fn, rest, args.keywords);
}

function initialize(cx: Context, args: Args): { readonly output: Value; readonly variables: Value } {
  const mutable = args.optional('mutable');
  const { own, root } = rooted(cx, self(args), {
    variables: emptyDict(),
    mutable: mutable === null ? (name) => name !== 'intermediates' : filter(cx, mutable),
    initializing: true,
    rngs: args.optional('rngs'),
    given: [],
  });
  const output = callMethod(cx, args, own, args.rest);
  // What went on behind something unknown may have made more variables, or none.
  return { output, variables: unknownIn(output) ?? root.variables };
}

function apply(cx: Context, args: Args): Value {
  const mutable = args.optional('mutable') ?? bool(false);
  const isMutable = filter(cx, mutable);
  const captures = args.optional('capture_intermediates');
  const scope = rooted(cx, self(args), {
    variables: variablesIn(args.raw('variables')),
    mutable: isMutable,
    initializing: false,
    rngs: args.optional('rngs'),
    given: knownLeavesOf([...args.rest, ...args.keywords.values()]),
  });
  const output = callMethod(cx, args, scope.own, args.rest);
  if (mutable.kind === 'bool' && mutable.value === false) return output;
  const left = mutableVariables(scope);
  if (captures !== null && !(captures.kind === 'bool' && captures.value === false) && isMutable('intermediates'))
    left.open = true;
  return tuple([output, left]);
}

function bound(cx: Context, args: Args): Value {
  const { own } = rooted(cx, self(args), {
    variables: variablesIn(args.raw('variables')),
    mutable: filter(cx, args.optional('mutable') ?? bool(false)),
    initializing: false,
    rngs: args.optional('rngs'),
    given: [],
  });
  return own;
}

/** What `self.variable(...)` gives: its `value` is read from the collection and written there. */
const variableClass: ClassValue = libraryClass(
  'flax.linen.Variable',
  [],
  [],
  new Map([
    [
      'value',
      property(
        native('value', '(self)', (_cx, args) => {
          const { scope, collection, name } = held(args);
          return found(scope, collection, name) ?? none;
        }),
        native('value', '(self, value)', (cx, args) => {
          const { scope, collection, name } = held(args);
          write(cx, scope, collection, name, args.raw('value'));
          return none;
        }),
      ),
    ],
  ]),
);

const holders = new WeakMap<
  InstanceValue,
  { readonly scope: Scope; readonly collection: string; readonly name: string }
>();

function held(args: Args): { readonly scope: Scope; readonly collection: string; readonly name: string } {
  const value = args.value('self');
  const place = value.kind === 'instance' ? holders.get(value) : undefined;
  if (place === undefined) throw new Unknowable('which variable it is is not known');
  return place;
}

function makeVariable(cx: Context, args: Args): Value {
  const scope = requireScope(self(args));
  const [collection, name] = [args.string('col'), args.string('name')];
  const init = args.optional('init_fn');
  variable(cx, scope, collection, name, () => {
    if (init === null) throw new PythonError('ScopeVariableNotFoundError', `no variable '${name}' in '${collection}'`);
    return cx.call(init, args.rest, args.keywords);
  });
  const instance = cx.instantiate(variableClass);
  holders.set(instance, { scope, collection, name });
  return instance;
}

function sow(cx: Context, args: Args): Value {
  const scope = requireScope(self(args));
  const [collection, name] = [args.string('col'), args.string('name')];
  if (!scope.root.mutable(collection)) return bool(false);
  const [reduce, init] = [args.optional('reduce_fn'), args.optional('init_fn')];
  const before = found(scope, collection, name);
  const value = args.raw('value');
  if (reduce !== null && init !== null) {
    store(cx, scope, collection, name, cx.call(reduce, [before ?? cx.call(init, []), value]));
  } else {
    store(cx, scope, collection, name, tuple([...(before?.kind === 'tuple' ? before.items : []), value]));
  }
  return bool(true);
}

function subclass(cx: Context, args: Args): Value {
  const cls = args.value('cls');
  if (cls.kind !== 'class') return none;
  if (!cls.attributes.has('__init__')) {
    const fields = fieldsOf(cls);
    const own = [...fields].filter(([name]) => !ownFields.includes(name));
    cx.setName(cls.attributes, '__init__', initOf(new Map([...own, ['parent', ellipsis], ['name', none]])));
  }
  for (const [name, value] of [...cls.attributes]) {
    const isMethod = name === '__call__' || (!name.startsWith('__') && name !== 'setup');
    if (value.kind === 'function' && isMethod && !value.attributes.has(plainMark))
      cx.setName(cls.attributes, name, wrapped(value));
  }
  return none;
}

/** What becomes of a new module: part of the one whose method runs, or of none. */
function placed(cx: Context, args: Args): Value {
  const module = self(args);
  const parent = module.attributes.get('parent') ?? ellipsis;
  const top = stackOf(cx).at(-1);
  module.attributes.set('parent', none);
  if (parent.kind === 'none' || top === undefined) return none;
  const scope = scopeOf(top.module);
  const name = nameOf(module);
  const inSetup = isWithin(cx, top.module, 'setup');
  if (inSetup && name === null) {
    pending.add(module);
    return none;
  }
  if (scope === null || !(inSetup || isWithin(cx, top.module, 'compact')))
    throw new PythonError('AssignSubModuleError', 'submodules are made in setup or in a compact method');
  attach(cx, module, scope, name ?? numbered(cx, scope, module.cls.name));
  return none;
}

/** `Dense_0`, `Dense_1`, ... */
function numbered(cx: Context, { counts }: Scope, cls: string): string {
  const prefix = cls.slice(cls.lastIndexOf('.') + 1);
  const before = counts.get(prefix);
  const count = before?.kind === 'int' && typeof before.value === 'number' ? before.value : 0;
  cx.setName(counts, prefix, { kind: 'int', value: count + 1 });
  return `${prefix}_${count}`;
}

const running_ = '(self, rngs, *args, method=None, mutable=None, capture_intermediates=False, **kwargs)';

export const moduleClass: ClassValue = libraryClass(
  'flax.linen.Module',
  [],
  [
    native('__init_subclass__', '(cls, **kwargs)', subclass),
    native('__post_init__', '(self)', placed),
    native('setup', '(self)', () => none),
    native('__getattr__', '(self, name)', (cx, args) => {
      const module = self(args);
      const name = args.string('name');
      ensureSetup(cx, module);
      const own = module.attributes.get(name);
      if (own === undefined) throw new PythonError('AttributeError', `no attribute '${name}'`);
      return own;
    }),
    native('init', running_, (cx, args) => initialize(cx, args).variables),
    native('lazy_init', running_, (cx, args) => initialize(cx, args).variables),
    native('init_with_output', running_, (cx, args) => {
      const { output, variables } = initialize(cx, args);
      return tuple([output, variables]);
    }),
    native(
      'apply',
      '(self, variables, *args, rngs=None, method=None, mutable=False, capture_intermediates=False, **kwargs)',
      apply,
    ),
    native('bind', '(self, variables, *args, rngs=None, mutable=False)', bound),
    native('unbind', '(self)', (_cx, args) => {
      const module = self(args);
      return tuple([cloned(module), requireScope(module).root.variables]);
    }),
    ...['clone', 'copy'].map((name) =>
      native(name, '(self, *, parent=None, _deep_clone=False, _reset_names=False, **updates)', (_cx, args) => {
        const copy = cloned(self(args));
        for (const [key, value] of args.keywords) copy.attributes.set(key, value);
        return copy;
      }),
    ),
    native('param', '(self, name, init_fn, *init_args, unbox=True, **init_kwargs)', (cx, args) => {
      const scope = requireScope(self(args));
      const init = args.value('init_fn');
      const make = (): Value => known(cx.call(init, [someKey(cx, scope), ...args.rest], args.keywords));
      return param(cx, scope, args.string('name'), make);
    }),
    native('variable', '(self, col, name, init_fn=None, *init_args, unbox=True, **init_kwargs)', makeVariable),
    native('sow', '(self, col, name, value, reduce_fn=None, init_fn=None)', sow),
    native('perturb', '(self, name, value, collection=None)', (_cx, args) => {
      if (requireScope(self(args)).root.variables.entries.size > 1)
        throw new Unknowable('perturbations are not followed');
      return args.value('value');
    }),
    native('make_rng', "(self, name='params')", (_cx, args) => {
      const key = keyNamed(requireScope(self(args)), args.string('name', 'params'));
      if (key === null) throw new PythonError('InvalidRngError', `no key for '${args.string('name', 'params')}'`);
      return key;
    }),
    native('has_rng', '(self, name)', (_cx, args) =>
      bool(keyNamed(requireScope(self(args)), args.string('name')) !== null),
    ),
    native('is_initializing', '(self)', (_cx, args) => bool(requireScope(self(args)).root.initializing)),
    native('is_mutable_collection', '(self, col)', (_cx, args) =>
      bool(requireScope(self(args)).root.mutable(args.string('col'))),
    ),
    native('has_variable', '(self, col, name)', (_cx, args) => {
      const value = found(requireScope(self(args)), args.string('col'), args.string('name'));
      return bool(value?.kind === 'unknown' ? null : value !== null);
    }),
    native(
      'get_variable',
      '(self, col, name, default=None)',
      (_cx, args) =>
        found(requireScope(self(args)), args.string('col'), args.string('name')) ?? args.optional('default') ?? none,
    ),
    native('put_variable', '(self, col, name, value)', (cx, args) => {
      write(cx, requireScope(self(args)), args.string('col'), args.string('name'), args.raw('value'));
      return none;
    }),
    native('tabulate', '(self, *args, **kwargs)', () => str(null)),
  ],
  new Map<string, Value>([
    [
      'variables',
      property(
        native('variables', '(self)', (_cx, args) => {
          const scope = requireScope(self(args));
          const { entries, open } = scope.root.variables;
          const own = [...entries].flatMap(([id, { key }]) => {
            const value = key.kind === 'str' && key.value !== null ? found(scope, key.value, null) : null;
            return value === null ? [] : [[id, { key, value }] as const];
          });
          return { kind: 'dict', entries: new Map(own), open };
        }),
      ),
    ],
  ]),
);

/** What wraps a class or method without changing what it gives (`nn.remat`, `nn.jit`). A class is another one by its name. */
function keeping(name: string, prefix: string): NativeValue {
  return native(`flax.linen.${name}`, '(target=None, *args, **kwargs)', (_cx, args) => {
    const target = args.optional('target');
    if (target === null) return keeping(name, prefix);
    if (target.kind !== 'class') return target;
    const own = target.name.slice(target.name.lastIndexOf('.') + 1);
    return { kind: 'class', name: `${prefix}${own}`, bases: [target], attributes: new Map() };
  });
}

/** Transforms that give submodules other variables, which are not followed. */
const lifted = ['scan', 'vmap', 'while_loop', 'cond', 'switch', 'custom_vjp', 'vjp', 'jvp', 'grad', 'value_and_grad'];

export const moduleFunctions: readonly NativeValue[] = [
  marker(compactMark),
  marker(plainMark),
  keeping('remat', 'Checkpoint'),
  keeping('checkpoint', 'Checkpoint'),
  keeping('jit', 'Jit'),
  native('flax.linen.merge_param', '(name, a, b)', (_cx, args) => mergeParam(args, 'a', args.optional('b'))),
  ...lifted.map((name) =>
    native(`flax.linen.${name}`, '(*args, **kwargs)', (cx) =>
      cx.unknown(`what flax.linen.${name} makes of the variables of a module is not followed`),
    ),
  ),
  ...['init', 'init_with_output', 'apply'].map((name) =>
    native(`flax.linen.${name}`, '(*args, **kwargs)', (cx) =>
      cx.unknown(`flax.linen.${name} of a function is not followed`),
    ),
  ),
];

/** One of two, of which exactly one is to be given. */
export function mergeParam(args: Args, name: string, other: Value | null): Value {
  const own = args.optional(name);
  if ((own === null) === (other === null))
    throw new PythonError('ValueError', `Exactly one of '${name}' is to be given`);
  return own ?? other ?? none;
}

/** An entry of a dict by name. */
export function entryId(name: string): string {
  return keyOf(str(name)) ?? name;
}
