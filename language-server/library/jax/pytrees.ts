import * as D from '../../graph/dim.ts';
import { known, truthOf } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { libraryClass } from '../define.ts';
import { asArray, type Call } from '../numpy/dialect.ts';
import { madeFunction } from '../transforms.ts';
import { inPlaceOf, partsOf, withParts } from '../trees.ts';
import {
  bool,
  type ClassValue,
  type DictEntry,
  type DictValue,
  describe,
  int,
  list,
  type NativeValue,
  none,
  str,
  tensor,
  tuple,
  type Value,
} from '../values.ts';
import { jaxDialect } from './dialect.ts';
import { jaxFunction } from './function.ts';

/** Trees of arrays (https://docs.jax.dev/en/latest/pytrees.html): tuples, lists, dicts and None; everything else is a leaf. */

/** The entries of a dict in the order of their keys, in which JAX goes through them and gives them back. */
function sorted(dict: DictValue): readonly (readonly [string, DictEntry])[] {
  const number = ({ key }: DictEntry): number => (key.kind === 'int' && D.isKnown(key.value) ? key.value : Number.NaN);
  return [...dict.entries].toSorted(([a, x], [b, y]) => {
    const difference = number(x) - number(y);
    return Number.isNaN(difference) ? (a < b ? -1 : a > b ? 1 : 0) : difference;
  });
}

/** Whether something is taken for a leaf that would be gone into. */
type LeafRule = (tree: Value) => boolean;

const noLeaf: LeafRule = () => false;

/** The tree with its leaves replaced, in order; other trees of the same form may go along. */
export function mapTree(
  trees: readonly [Value, ...Value[]],
  replace: (leaves: readonly Value[]) => Value,
  isLeaf: LeafRule = noLeaf,
): Value {
  const [tree, ...others] = trees;
  known(tree);
  if (isLeaf(tree)) return inPlaceOf(tree, replace(trees));
  const children = (pick: (other: Value) => Value | undefined): [Value, ...Value[]] => {
    const rest = others.map((other) => {
      const child = pick(known(other));
      if (child === undefined) throw new PythonError('ValueError', 'the trees differ in form');
      return child;
    });
    return [pick(tree) ?? none, ...rest];
  };
  switch (tree.kind) {
    case 'none':
      return none;
    case 'tuple':
    case 'list': {
      if (tree.kind === 'list' && tree.tail !== null)
        throw new Unknowable('how many arrays there are is not known before it runs');
      const odd = others.find(
        (other) => (other.kind === 'tuple' || other.kind === 'list') && other.items.length !== tree.items.length,
      );
      if (odd !== undefined) throw new PythonError('ValueError', 'the trees differ in form');
      const each = tree.items.map((_, k) =>
        mapTree(
          children((other) => (other.kind === 'tuple' || other.kind === 'list' ? other.items[k] : undefined)),
          replace,
          isLeaf,
        ),
      );
      return tree.kind === 'tuple' ? tuple(each, tree.fields) : list(each);
    }
    case 'dict': {
      const entries = sorted(tree).map(([id, { key }]): [string, DictEntry] => [
        id,
        {
          key,
          value: mapTree(
            children((other) => (other.kind === 'dict' ? other.entries.get(id)?.value : undefined)),
            replace,
            isLeaf,
          ),
        },
      ]);
      return { kind: 'dict', open: tree.open, entries: new Map(entries) };
    }
    case 'repeated':
      throw new Unknowable('how many arrays there are is not known before it runs');
    case 'instance': {
      const parts = partsOf(tree);
      if (parts === null) throw new Unknowable(`whether ${describe(tree)} is a tree of arrays is not followed`);
      return withParts(
        tree,
        parts.map(([name]) => [
          name,
          mapTree(
            children((other) => (other.kind === 'instance' ? other.attributes.get(name) : undefined)),
            replace,
            isLeaf,
          ),
        ]),
      );
    }
    default:
      return inPlaceOf(tree, replace([tree, ...others.map(known)]));
  }
}

/** The leaves in JAX's order: dicts by their keys. */
export function treeLeaves(tree: Value, isLeaf: LeafRule = noLeaf): readonly Value[] {
  known(tree);
  if (isLeaf(tree)) return [tree];
  const inner = (part: Value): readonly Value[] => treeLeaves(part, isLeaf);
  if (tree.kind === 'dict') return sorted(tree).flatMap(([, { value }]) => inner(value));
  if (tree.kind === 'tuple' || (tree.kind === 'list' && tree.tail === null)) return tree.items.flatMap(inner);
  const leaves: Value[] = [];
  mapTree(
    [tree],
    ([leaf = none]) => {
      leaves.push(leaf);
      return leaf;
    },
    isLeaf,
  );
  return leaves;
}

/** The tree with other leaves, given in JAX's order. */
function withLeaves(tree: Value, leaves: readonly Value[]): Value {
  const order = treeLeaves(tree);
  if (order.length !== leaves.length)
    throw new PythonError('ValueError', `a tree of ${order.length} leaves, but ${leaves.length} are given`);
  const places = new Map(order.map((leaf, k) => [leaf, k]));
  // Leaves may be the same value twice: then their places are told apart by order of visit.
  if (places.size === order.length) return mapTree([tree], ([leaf = none]) => leaves[places.get(leaf) ?? 0] ?? none);
  throw new Unknowable('a tree that holds one value twice is not followed');
}

/** A tree whose numbers and arrays of NumPy are made arrays of JAX, as transforms take them. */
export function asArrays(cx: Context, value: Value): Value {
  switch (value.kind) {
    case 'int':
    case 'float':
    case 'bool':
      return tensor(asArray(jaxDialect.at(cx), cx, value), 'jax');
    case 'tensor':
      return value.family === 'jax' ? value : tensor(asArray(jaxDialect.at(cx), cx, value), 'jax');
    case 'tuple':
      return tuple(
        value.items.map((item) => asArrays(cx, item)),
        value.fields,
      );
    case 'list':
      return { kind: 'list', items: value.items.map((item) => asArrays(cx, item)), tail: value.tail };
    case 'dict':
      return {
        kind: 'dict',
        open: value.open,
        entries: new Map(
          sorted(value).map(([id, { key, value: item }]): [string, DictEntry] => [
            id,
            { key, value: asArrays(cx, item) },
          ]),
        ),
      };
    case 'instance': {
      const parts = partsOf(value);
      return parts === null
        ? value
        : withParts(
            value,
            parts.map(([name, part]) => [name, arrayPart(cx, value, name, part)]),
          );
    }
    default:
      return value;
  }
}

/** What is no array cannot be a part of what a transform takes: an activation function in a module. */
function arrayPart(cx: Context, whole: Value, name: string, part: Value): Value {
  if (['function', 'native', 'class', 'str', 'namespace'].includes(part.kind))
    throw new PythonError('TypeError', `'${name}' of ${describe(whole)} is ${describe(part)}, which is no array`);
  return asArrays(cx, part);
}

/** The form of a tree, kept with the tree itself. */
const treedef: ClassValue = libraryClass(
  'jax.tree_util.PyTreeDef',
  [],
  [
    jaxFunction('jax.tree_util.PyTreeDef.unflatten', '(self, leaves)', (call) =>
      withLeaves(treeOf(call.value('self')), call.cx.items(call.value('leaves'))),
    ),
    jaxFunction('jax.tree_util.PyTreeDef.__eq__', '(self, other)', (call) => bool(isSameForm(call))),
    jaxFunction('jax.tree_util.PyTreeDef.__ne__', '(self, other)', (call) => {
      const isSame = isSameForm(call);
      return bool(isSame === null ? null : !isSame);
    }),
  ],
);

function treeOf(definition: Value): Value {
  const tree = definition.kind === 'instance' ? definition.attributes.get('tree') : undefined;
  if (tree === undefined) throw new Unknowable('the form of the tree is not known');
  return tree;
}

function definitionOf(cx: Context, tree: Value, isLeaf: LeafRule): Value {
  const instance = cx.instantiate(treedef);
  // What the rule takes for a leaf is one from then on.
  const form = mapTree([tree], ([leaf = none]) => (isLeaf(leaf) ? str('*') : leaf), isLeaf);
  instance.attributes.set('tree', form);
  instance.attributes.set('num_leaves', int(treeLeaves(form).length));
  return instance;
}

/** Whether two trees have one form; null where that is not known. */
function isSameForm(call: Call): boolean | null {
  const other = call.value('other');
  if (other.kind !== 'instance' || other.cls !== treedef) return false;
  return sameForm(treeOf(call.value('self')), treeOf(other));
}

function sameForm(a: Value, b: Value): boolean | null {
  const all = (parts: readonly Value[], others: readonly Value[]): boolean | null => {
    if (parts.length !== others.length) return false;
    const each = parts.map((part, k) => sameForm(part, others[k] ?? none));
    return each.includes(false) ? false : each.includes(null) ? null : true;
  };
  const isNode = ({ kind }: Value): boolean => ['none', 'tuple', 'list', 'dict'].includes(kind);
  if (a.kind === 'unknown' || b.kind === 'unknown' || a.kind === 'repeated' || b.kind === 'repeated') return null;
  if (a.kind === 'instance' || b.kind === 'instance') {
    const [own, given] = [a, b].map((value) => (value.kind === 'instance' ? partsOf(value) : null));
    // Instances also differ by what is no part of them.
    if (a.kind !== 'instance' || b.kind !== 'instance' || a.cls !== b.cls || own == null || given == null) return null;
    return all(
      own.map(([, part]) => part),
      given.map(([, part]) => part),
    ) === false
      ? false
      : null;
  }
  if (a.kind === 'tuple' && b.kind === 'tuple') {
    const [own, given] = [a.fields, b.fields];
    if ((own === null) !== (given === null) || own?.cls !== given?.cls) return false;
    return all(a.items, b.items);
  }
  if (a.kind === 'list' && b.kind === 'list') return a.tail === null && b.tail === null ? all(a.items, b.items) : null;
  if (a.kind === 'dict' && b.kind === 'dict') {
    const [own, given] = [sorted(a), sorted(b)];
    if (a.open || b.open) return null;
    if (own.some(([id], k) => id !== given[k]?.[0])) return false;
    return all(
      own.map(([, { value }]) => value),
      given.map(([, { value }]) => value),
    );
  }
  if (isNode(a) || isNode(b)) return a.kind === b.kind;
  return true;
}

/** What `is_leaf` says of each tree. */
function leafRule(call: Call): LeafRule {
  const rule = call.optional('is_leaf');
  if (rule === null) return noLeaf;
  return (tree) => {
    const truth = truthOf(known(call.cx.call(rule, [tree])));
    if (truth === null) throw new Unknowable('what is_leaf takes for a leaf is not known');
    return truth;
  };
}

/** Functions that are in jax.tree and, as tree_..., in jax.tree_util. */
function inBoth(name: string, parameters: string, rule: Parameters<typeof jaxFunction>[2]): readonly NativeValue[] {
  return [`jax.tree.${name}`, `jax.tree_util.tree_${name}`, ...(name === 'map' ? ['jax.tree_map'] : [])].map((own) =>
    jaxFunction(own, parameters, rule),
  );
}

export const treeClasses: readonly ClassValue[] = [treedef];

export const trees: readonly NativeValue[] = [
  ...inBoth('map', '(f, tree, *rest, is_leaf=None)', (call) => {
    const trees: [Value, ...Value[]] = [call.optional('tree') ?? none, ...call.rest];
    return mapTree(trees, (leaves) => call.cx.call(call.value('f'), leaves), leafRule(call));
  }),
  ...inBoth('map_with_path', '(f, tree, *rest, is_leaf=None, is_leaf_takes_path=False)', (call) => {
    const path = call.cx.unknown('paths in trees are not followed');
    const each = (leaves: readonly Value[]): Value => call.cx.call(call.value('f'), [path, ...leaves]);
    return mapTree([call.value('tree'), ...call.rest], each, leafRule(call));
  }),
  ...inBoth('leaves', '(tree, is_leaf=None)', (call) => {
    return list(treeLeaves(call.optional('tree') ?? none, leafRule(call)));
  }),
  ...inBoth('flatten', '(tree, is_leaf=None)', (call) => {
    const [tree, isLeaf] = [call.optional('tree') ?? none, leafRule(call)];
    return tuple([list(treeLeaves(tree, isLeaf)), definitionOf(call.cx, tree, isLeaf)]);
  }),
  ...inBoth('flatten_with_path', '(tree, is_leaf=None, is_leaf_takes_path=False)', (call) => {
    const [tree, isLeaf] = [call.optional('tree') ?? none, leafRule(call)];
    const path = call.cx.unknown('paths in trees are not followed');
    const leaves = treeLeaves(tree, isLeaf).map((leaf) => tuple([path, leaf]));
    return tuple([list(leaves), definitionOf(call.cx, tree, isLeaf)]);
  }),
  ...inBoth('leaves_with_path', '(tree, is_leaf=None, is_leaf_takes_path=False)', (call) => {
    const path = call.cx.unknown('paths in trees are not followed');
    return list(treeLeaves(call.optional('tree') ?? none, leafRule(call)).map((leaf) => tuple([path, leaf])));
  }),
  ...inBoth('structure', '(tree, is_leaf=None)', (call) =>
    definitionOf(call.cx, call.optional('tree') ?? none, leafRule(call)),
  ),
  ...inBoth('unflatten', '(treedef, leaves)', (call) =>
    withLeaves(treeOf(call.value('treedef')), call.cx.items(call.value('leaves'))),
  ),
  ...inBoth('reduce', '(function, tree, initializer=None, is_leaf=None)', (call) => {
    const start = call.optional('initializer');
    const leaves = treeLeaves(call.optional('tree') ?? none, leafRule(call));
    const [first, ...rest] = [...(start === null ? [] : [start]), ...leaves];
    if (first === undefined) throw new PythonError('TypeError', 'reduce() of empty iterable with no initial value');
    return rest.reduce((total, leaf) => call.cx.call(call.value('function'), [total, leaf]), first);
  }),
  ...inBoth('all', '(tree, *, is_leaf=None)', () => bool(null)),
  jaxFunction('jax.flatten_util.ravel_pytree', '(pytree)', (call) => {
    const { build, cx } = call;
    const tree = asArrays(cx, call.value('pytree'));
    const nodes = treeLeaves(tree).map((leaf) => asArray(call.d, cx, leaf));
    const sizes = nodes.map((node) => D.product(build.shape(node)));
    const dtype =
      nodes.length === 0 ? call.d.float : nodes.map((node) => build.aval(node).dtype).reduce(call.d.promote);
    const flat = nodes.map((node, k) => build.convert(build.reshape(node, [sizes[k] ?? 0]), dtype));
    const vector = flat.length === 0 ? build.full([0], 0, dtype) : build.concatenate(flat, 0);
    const unravel = madeFunction(cx, 'jax.flatten_util.ravel_pytree', none, (inner, bound) => {
      const [given] = bound.rest;
      if (given?.kind !== 'tensor') throw new PythonError('TypeError', 'a vector is wanted');
      let start: D.Dim = 0;
      const leaves = nodes.map((node, k) => {
        const end = D.add(start, sizes[k] ?? 0);
        const piece = inner.build.sliceAxis(given.node, 0, start, end);
        start = end;
        const shaped = inner.build.reshape(piece, build.shape(node));
        return tensor(inner.build.convert(shaped, build.aval(node).dtype), 'jax');
      });
      return withLeaves(tree, leaves);
    });
    return tuple([call.result(vector), unravel]);
  }),
  jaxFunction('jax.tree_util.Partial', '(func, *args, **kwargs)', (call) => {
    const fn = call.value('func');
    const [rest, keywords] = [call.rest, call.keywords];
    return madeFunction(call.cx, 'functools.partial', fn, (inner, bound) =>
      inner.call(fn, [...rest, ...bound.rest], new Map([...keywords, ...bound.keywords])),
    );
  }),
];
