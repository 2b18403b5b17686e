import { isFloating } from '../../graph/shape.ts';
import { known, truthOf } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { native } from '../define.ts';
import {
  gradTransform,
  gradWithValue,
  hessianTransform,
  jacobianTransform,
  type Style,
  vmapTransform,
} from '../functional.ts';
import { jaxNamed } from '../jax/borrow.ts';
import { jaxDialect } from '../jax/dialect.ts';
import { asArrays, mapTree } from '../jax/pytrees.ts';
import { asArray } from '../numpy/dialect.ts';
import { leavesOf, madeFunction } from '../transforms.ts';
import { partsOf, withParts } from '../trees.ts';
import {
  bool,
  type DictEntry,
  type InstanceValue,
  int,
  list,
  type NativeValue,
  none,
  tensor,
  tuple,
  type Value,
} from '../values.ts';
import { isModule } from './module.ts';

/** Transforms and trees of equinox (https://docs.kidger.site/equinox/api/transformations/). */

// Filters

const filters: Readonly<Record<string, (cx: Context, value: Value) => boolean>> = {
  is_array: (_cx, value) => value.kind === 'tensor' && value.family === 'jax',
  is_array_like: (_cx, value) => ['tensor', 'int', 'float', 'bool'].includes(value.kind),
  is_inexact_array: (cx, value) =>
    value.kind === 'tensor' && value.family === 'jax' && isFloating(cx.build.aval(value.node).dtype),
  is_inexact_array_like: (cx, value) =>
    value.kind === 'float' || (value.kind === 'tensor' && isFloating(cx.build.aval(value.node).dtype)),
};

function isInexact(cx: Context, value: Value): boolean {
  return filters.is_inexact_array?.(cx, value) === true;
}

/** The tree with each leaf changed; what is no tree is a leaf. */
function mapLeaves(tree: Value, replace: (leaf: Value) => Value): Value {
  return isLeaf(tree) ? replace(tree) : mapTree([tree], ([leaf = none]) => replace(leaf));
}

function isLeaf(value: Value): boolean {
  return value.kind === 'instance' && partsOf(value) === null;
}

/** Whether a filter keeps a leaf: a function of it, or a truth for all. */
function keeps(cx: Context, filter: Value, leaf: Value): boolean {
  const truth = filter.kind === 'bool' ? filter.value : truthOf(known(cx.call(filter, [leaf])));
  if (truth === null) throw new Unknowable('what a filter keeps is not known');
  return truth;
}

/** The part of the tree that a filter keeps and the rest, each with None for the other. */
function parted(cx: Context, tree: Value, filter: Value): readonly [Value, Value] {
  if (filter.kind !== 'bool' && filter.kind !== 'function' && filter.kind !== 'native') {
    const spec = (keep: boolean): Value =>
      mapTree([filter, tree], ([how = none, leaf = none]) => (keeps(cx, how, leaf) === keep ? leaf : none));
    return [spec(true), spec(false)];
  }
  const part = (keep: boolean): Value => mapLeaves(tree, (leaf) => (keeps(cx, filter, leaf) === keep ? leaf : none));
  return [part(true), part(false)];
}

/** Each leaf from the first of the trees that has one there. */
function combined(a: Value, b: Value): Value {
  if (a.kind === 'none') return b;
  if (b.kind === 'none' || a.kind !== b.kind) return a;
  switch (a.kind) {
    case 'tuple':
    case 'list': {
      const others = b.kind === a.kind ? b.items : [];
      const items = a.items.map((item, k) => combined(item, others[k] ?? none));
      return a.kind === 'tuple' ? tuple(items, a.fields) : list(items);
    }
    case 'dict': {
      const entries = [...a.entries].map(([id, { key, value }]): [string, DictEntry] => [
        id,
        { key, value: combined(value, b.kind === 'dict' ? (b.entries.get(id)?.value ?? none) : none) },
      ]);
      return { kind: 'dict', open: a.open, entries: new Map(entries) };
    }
    case 'instance': {
      const parts = partsOf(a);
      if (parts === null || b.kind !== 'instance') return a;
      return withParts(
        a,
        parts.map(([name, part]) => [name, combined(part, b.attributes.get(name) ?? none)]),
      );
    }
    default:
      return a;
  }
}

/** The tree with the very values that `where` picked replaced. */
function replacedIn(tree: Value, targets: ReadonlyMap<Value, Value>): Value {
  const given = targets.get(tree);
  if (given !== undefined) return given;
  const inner = (part: Value): Value => replacedIn(part, targets);
  switch (tree.kind) {
    case 'tuple':
      return tuple(tree.items.map(inner), tree.fields);
    case 'list':
      return list(tree.items.map(inner));
    case 'dict': {
      const entries = [...tree.entries].map(([id, { key, value }]) => [id, { key, value: inner(value) }] as const);
      return { kind: 'dict', open: tree.open, entries: new Map(entries) };
    }
    case 'instance':
      return isModule(tree) || partsOf(tree) !== null
        ? { ...tree, attributes: new Map([...tree.attributes].map(([name, part]) => [name, inner(part)])) }
        : tree;
    default:
      return tree;
  }
}

function treeAt(cx: Context, where: Value, tree: Value, replacement: Value | null, change: Value | null): Value {
  const picked = known(cx.call(where, [tree]));
  const several =
    ((picked.kind === 'tuple' && picked.fields === null) || picked.kind === 'list') && occurrences(tree, picked) === 0;
  const nodes = several ? picked.items : [picked];
  const fresh =
    replacement === null
      ? nodes.map((node) => (change === null ? none : cx.call(change, [node])))
      : several
        ? cx.items(replacement)
        : [replacement];
  if (nodes.length !== fresh.length) throw new PythonError('ValueError', 'as many replacements as nodes are wanted');
  if (nodes.some((node) => occurrences(tree, node) !== 1))
    throw new Unknowable('which part of the tree is replaced is not known');
  return replacedIn(tree, new Map(nodes.map((node, k) => [node, fresh[k] ?? none])));
}

/** How often a value stands in the tree. */
function occurrences(tree: Value, part: Value): number {
  if (tree === part) return 1;
  const within = (values: readonly Value[]): number => values.reduce((sum, value) => sum + occurrences(value, part), 0);
  if (tree.kind === 'tuple' || tree.kind === 'list') return within(tree.items);
  if (tree.kind === 'dict') return within([...tree.entries.values()].map(({ value }) => value));
  return tree.kind === 'instance' ? within([...tree.attributes.values()]) : 0;
}

/** The module and those in it with `inference` set. */
function withInference(value: Value, to: Value): Value {
  const inner = (part: Value): Value => withInference(part, to);
  switch (value.kind) {
    case 'tuple':
      return tuple(value.items.map(inner), value.fields);
    case 'list':
      return list(value.items.map(inner));
    case 'dict': {
      const entries = [...value.entries].map(
        ([id, { key, value: item }]) => [id, { key, value: inner(item) }] as const,
      );
      return { kind: 'dict', open: value.open, entries: new Map(entries) };
    }
    case 'instance': {
      if (!isModule(value)) return value;
      const attributes = [...value.attributes].map(
        ([name, part]) => [name, name === 'inference' ? to : inner(part)] as const,
      );
      return { ...value, attributes: new Map(attributes) };
    }
    default:
      return value;
  }
}

// Transforms

/** Arrays of NumPy become JAX's; everything else stays. */
function filteredArrays(cx: Context, value: Value): Value {
  if (value.kind !== 'tensor' && !isContainer(value)) return value;
  return mapLeaves(value, (leaf) =>
    leaf.kind === 'tensor' && leaf.family !== 'jax' ? tensor(asArray(jaxDialect.at(cx), cx, leaf), 'jax') : leaf,
  );
}

function isContainer(value: Value): boolean {
  return ['tuple', 'list', 'dict'].includes(value.kind) || (value.kind === 'instance' && partsOf(value) !== null);
}

const style: Style = { family: 'jax', parameter: 'fun', arrays: filteredArrays, mapsKeywords: false };
const plain: Style = { ...style, arrays: asArrays };

/** A decorator where it is called without a function. */
function decorating(
  name: string,
  options: string,
  make: (cx: Context, fun: Value, options: ReadonlyMap<string, Value>) => Value,
): NativeValue {
  return native(name, `(fun|fn=None, *args, ${options}**kwargs)`, (cx, args) => {
    const named = new Map<string, Value>(
      options
        .split(',')
        .map((option) => option.replace(/=.*/, '').trim())
        .flatMap((option): [string, Value][] =>
          option !== '' && args.has(option) ? [[option, args.raw(option)]] : [],
        ),
    );
    const fun = args.optional('fun');
    if (fun !== null) return make(cx, fun, named);
    return madeFunction(cx, name, none, (inner, bound) => make(inner, bound.rest[0] ?? none, named));
  });
}

/**
 * A transform that differentiates the arrays of fractions in the first argument and leaves the rest of it alone: the
 * function is taken as one of that part (https://github.com/patrick-kidger/equinox/blob/main/equinox/_ad.py).
 */
function filtered(name: string, transform: NativeValue): NativeValue {
  return decorating(name, 'has_aux=False, ', (cx, fun, options) => {
    const hasAux = options.get('has_aux') ?? bool(false);
    return madeFunction(cx, name, fun, (inner, bound) => {
      const [first, ...rest] = bound.rest;
      if (first === undefined) throw new PythonError('TypeError', `${name} needs an argument to differentiate`);
      const part = (keep: boolean): Value =>
        mapLeaves(known(first), (leaf) => (isInexact(inner, leaf) === keep ? leaf : none));
      const [inexact, others] = [part(true), part(false)];
      if (leavesOf(inexact).length === 0) return inexact;
      const ofPart = madeFunction(inner, name, fun, (deeper, own) => {
        const [own0 = none, ...more] = own.rest;
        return deeper.call(fun, [combined(own0, others), ...more], own.keywords);
      });
      const derivative = inner.call(transform, [ofPart], new Map([['has_aux', hasAux]]));
      return inner.call(derivative, [inexact, ...rest], bound.keywords);
    });
  });
}

/** Axes as `jax.vmap` takes them: what `if_array(k)` says of arrays holds for all that is mapped. */
function plainAxes(value: Value): Value {
  switch (value.kind) {
    case 'native':
      return axes.get(value) ?? value;
    case 'tuple':
      return tuple(value.items.map(plainAxes), value.fields);
    case 'list':
      return list(value.items.map(plainAxes));
    case 'dict':
      throw new Unknowable('axes by name are not followed');
    default:
      return value;
  }
}

const axes = new WeakMap<NativeValue, Value>();

const mapping = vmapTransform(
  style,
  'equinox.filter_vmap',
  '(fun, in_dims|in_axes=0, out_dims|out_axes=0, axis_name=None, axis_size=None)',
);

const keeping = ['filter_jit', 'filter_checkpoint', 'filter_closure_convert', 'filter_shard'];

export const functions: readonly NativeValue[] = [
  ...Object.entries(filters).map(([name, rule]) =>
    native(`equinox.${name}`, '(element)', (cx, args) => bool(rule(cx, args.value('element')))),
  ),
  native('equinox.if_array', '(axis)', (_cx, args) => {
    const axis = args.value('axis');
    const made = native('equinox.if_array', '(x)', (_inner, own) => (own.value('x').kind === 'tensor' ? axis : none));
    axes.set(made, axis);
    return made;
  }),
  native('equinox.filter', '(pytree, filter_spec, inverse=False, replace=None, is_leaf=None)', (cx, args) => {
    if (args.optional('replace') !== null || args.optional('is_leaf') !== null)
      throw new Unknowable('this filter is not followed');
    const [kept, rest] = parted(cx, args.value('pytree'), args.value('filter_spec'));
    return args.bool('inverse', false) ? rest : kept;
  }),
  native('equinox.partition', '(pytree, filter_spec, replace=None, is_leaf=None)', (cx, args) => {
    if (args.optional('replace') !== null || args.optional('is_leaf') !== null)
      throw new Unknowable('this partition is not followed');
    return tuple(parted(cx, args.value('pytree'), args.value('filter_spec')));
  }),
  native('equinox.combine', '(*pytrees, is_leaf=None)', (_cx, args) => args.rest.map(known).reduce(combined)),
  native('equinox.tree_at', '(where, pytree, replace=None, replace_fn=None, is_leaf=None)', (cx, args) =>
    treeAt(cx, args.value('where'), args.value('pytree'), args.optional('replace'), args.optional('replace_fn')),
  ),
  native('equinox.filter_custom_jvp', '(fn)', (cx, args) => {
    const fn = args.value('fn');
    return madeFunction(cx, 'equinox.filter_custom_jvp', fn, (inner, bound) =>
      inner.withGradMode('own', () => inner.call(fn, bound.rest, bound.keywords)),
    );
  }),
  native('equinox.apply_updates', '(model, updates)', (cx, args) =>
    applied(cx, args.value('model'), args.value('updates')),
  ),
  ...['equinox.tree_inference', 'equinox.nn.inference_mode'].map((name) =>
    native(name, '(pytree, value=True)', (_cx, args) =>
      withInference(args.value('pytree'), args.optional('value') ?? bool(true)),
    ),
  ),
  native('equinox.tree_deserialise_leaves', '(path_or_file, like, *args, **kwargs)', (_cx, args) => args.value('like')),
  native('equinox.tree_serialise_leaves', '(*args, **kwargs)', () => none),
  native('equinox.error_if', '(x, pred, msg, **kwargs)', (_cx, args) => args.value('x')),
  native('equinox.filter_eval_shape', '(fun, *args, **kwargs)', (cx, args) =>
    cx.call(args.value('fun'), args.rest, args.keywords),
  ),
  ...keeping.map((name) => decorating(`equinox.${name}`, '', (_cx, fun) => fun)),
  filtered('equinox.filter_grad', gradTransform(plain, 'equinox.filter_grad', '')),
  filtered('equinox.filter_value_and_grad', gradWithValue(plain, 'equinox.filter_value_and_grad', '', 'value first')),
  filtered('equinox.filter_jacrev', jacobianTransform(plain, 'equinox.filter_jacrev', 'reverse', '')),
  filtered('equinox.filter_jacfwd', jacobianTransform(plain, 'equinox.filter_jacfwd', 'forward', '')),
  filtered('equinox.filter_hessian', hessianTransform(plain, 'equinox.filter_hessian', '')),
  native('equinox.filter_jvp', '(fn, primals, tangents, **kwargs)', (cx, args) =>
    cx.call(jaxNamed('jvp'), [args.value('fn'), args.value('primals'), args.value('tangents')]),
  ),
  native('equinox.filter_vjp', '(fun, *primals, has_aux=False)', (cx, args) =>
    cx.call(
      jaxNamed('vjp'),
      [args.value('fun'), ...args.rest],
      new Map([['has_aux', args.optional('has_aux') ?? bool(false)]]),
    ),
  ),
  decorating('equinox.filter_vmap', 'in_axes=0, out_axes=0, axis_name=None, axis_size=None, ', (cx, fun, options) => {
    const given = [...options].flatMap(([name, value]): [string, Value][] =>
      /_axes$/.test(name) ? [[name, plainAxes(value)]] : name === 'axis_size' ? [[name, value]] : [],
    );
    const axesGiven = new Map<string, Value>([['in_axes', int(0)], ...given]);
    const mapped = cx.call(mapping, [fun], axesGiven);
    return madeFunction(cx, 'equinox.filter_vmap', fun, (inner, bound) => {
      // Where nothing is mapped, in or out, the function is called as it is.
      const isPlain =
        leavesOf(tuple(bound.rest)).length === 0 &&
        axesGiven.get('out_axes')?.kind === 'none' &&
        (axesGiven.get('axis_size') ?? none).kind === 'none';
      return inner.call(isPlain ? fun : mapped, bound.rest, bound.keywords);
    });
  }),
  native('equinox.filter_pmap', '(fun=None, **kwargs)', (cx) => cx.unknown('filter_pmap is not followed')),
  native('equinox.Partial', '(func, *args, **kwargs)', (cx, args) => {
    const [fn, rest, keywords] = [args.value('func'), args.rest, args.keywords];
    return madeFunction(cx, 'functools.partial', fn, (inner, bound) =>
      inner.call(fn, [...rest, ...bound.rest], new Map([...keywords, ...bound.keywords])),
    );
  }),
  native('equinox.nn.make_with_state', '(make_model)', (cx) => cx.unknown('modules with state are not followed')),
];

/** The model with the updates added where there are some. */
function applied(cx: Context, model: Value, updates: Value): Value {
  if (updates.kind === 'none') return model;
  if (model.kind === 'tensor' && updates.kind === 'tensor') return cx.operate('+', model, updates);
  if (model.kind !== updates.kind) throw new PythonError('ValueError', 'the updates are no tree like the model');
  switch (model.kind) {
    case 'tuple':
    case 'list': {
      const others = updates.kind === model.kind ? updates.items : [];
      const items = model.items.map((item, k) => applied(cx, item, others[k] ?? none));
      return model.kind === 'tuple' ? tuple(items, model.fields) : list(items);
    }
    case 'dict': {
      const entries = [...model.entries].map(([id, { key, value }]): [string, DictEntry] => [
        id,
        { key, value: applied(cx, value, updates.kind === 'dict' ? (updates.entries.get(id)?.value ?? none) : none) },
      ]);
      return { kind: 'dict', open: model.open, entries: new Map(entries) };
    }
    case 'instance':
      return appliedParts(cx, model, updates);
    default:
      return model;
  }
}

function appliedParts(cx: Context, model: InstanceValue, updates: Value): Value {
  const parts = partsOf(model) ?? [];
  return withParts(
    model,
    parts.map(([name, part]) => [
      name,
      applied(cx, part, updates.kind === 'instance' ? (updates.attributes.get(name) ?? none) : none),
    ]),
  );
}
