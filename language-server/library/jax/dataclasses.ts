import type { Expression, FunctionDef } from '../../python/ast.ts';
import { copied } from '../builtins/copying.ts';
import {
  dataclassFunctions,
  type Fields,
  fieldClass,
  fieldsOf,
  makeDataclass,
  optionsOf,
  replaced,
} from '../builtins/dataclass.ts';
import type { Context } from '../context.ts';
import { type Library, libraryClass, libraryOf, native } from '../define.ts';
import { madeFunction } from '../transforms.ts';
import { treeOf } from '../trees.ts';
import { type ClassValue, type NativeValue, none, type Value } from '../values.ts';

/** Classes whose instances are trees of arrays: registered with JAX, or dataclasses of chex and jax_dataclasses. */

const replaceMethod = native('replace', '(self, **updates)', (cx, args) =>
  replaced(cx, args.value('self'), args.keywords),
);

/** Makes a class a dataclass whose instances are trees of some of their fields. */
export function makeTree(cx: Context, cls: Value, isNode: (value: Value | null) => boolean): Value {
  if (cls.kind !== 'class') return cls;
  markTree(cx, cls, nodesOf(fieldsOf(cls), isNode));
  if (!cls.attributes.has('replace')) cx.setName(cls.attributes, 'replace', replaceMethod);
  return makeDataclass(cx, cls);
}

function nodesOf(fields: Fields, isNode: (value: Value | null) => boolean): readonly string[] {
  return [...fields].filter(([, value]) => isNode(value)).map(([name]) => name);
}

function markTree(cx: Context, cls: ClassValue, names: readonly string[]): void {
  cx.setName(cls.attributes, ...treeOf(names));
}

// jax.tree_util

function isNoMeta(value: Value | null): boolean {
  const metadata = optionsOf(value)?.attributes.get('metadata');
  if (metadata?.kind !== 'dict') return true;
  return ![...metadata.entries.values()].some(
    ({ key, value: own }) => key.kind === 'str' && key.value === 'static' && own.kind === 'bool' && own.value === true,
  );
}

/** The attributes of an instance that a function gives as the children of its tree; null where they are not plain to see. */
function childrenOf(flatten: Value): readonly string[] | null {
  if (flatten.kind !== 'function') return null;
  const { definition } = flatten;
  const [self] = [...definition.args.positionalOnly, ...definition.args.args];
  const given = definition.kind === 'Lambda' ? definition.body : returnedBy(definition);
  if (self === undefined || given?.kind !== 'Tuple') return null;
  const [children] = given.elts;
  const listed = children === undefined ? null : assigned(definition.kind === 'Lambda' ? null : definition, children);
  if (listed === null || (listed.kind !== 'Tuple' && listed.kind !== 'List')) return null;
  const names = listed.elts.map((elt) => attributeIn(elt, self.name));
  const known = names.flatMap((name) => (name === null ? [] : [name]));
  return known.length === names.length ? known : null;
}

/** What the one statement that returns gives. */
function returnedBy({ body }: FunctionDef): Expression | null {
  const last = body.at(-1);
  return last?.kind === 'Return' ? last.value : null;
}

/** What a name was given in the function, once; other expressions are what they are. */
function assigned(definition: FunctionDef | null, expression: Expression): Expression | null {
  if (expression.kind !== 'Name' || definition === null) return expression;
  const given = definition.body.flatMap((statement) =>
    statement.kind === 'Assign' &&
    statement.targets.some((target) => target.kind === 'Name' && target.id === expression.id)
      ? [statement.value]
      : [],
  );
  return given.length === 1 ? (given[0] ?? null) : null;
}

/** `self.x`, also beside its key: `(GetAttrKey('x'), self.x)`. */
function attributeIn(expression: Expression, self: string): string | null {
  if (expression.kind === 'Tuple' && expression.elts.length === 2)
    return expression.elts[1] === undefined ? null : attributeIn(expression.elts[1], self);
  const isOwn = expression.kind === 'Attribute' && expression.value.kind === 'Name' && expression.value.id === self;
  return isOwn ? expression.attr : null;
}

function register(cx: Context, cls: Value, flatten: Value | null): Value {
  const names = flatten === null ? null : childrenOf(flatten);
  if (cls.kind === 'class' && names !== null) markTree(cx, cls, names);
  return cls;
}

/** The names in a list of them. */
function listed(cx: Context, value: Value): readonly string[] {
  return cx.items(value).flatMap((item) => (item.kind === 'str' && item.value !== null ? [item.value] : []));
}

const registering: readonly NativeValue[] = [
  native(
    'jax.tree_util.register_dataclass',
    '(nodetype, data_fields=None, meta_fields=None, drop_fields=None)',
    (cx, args) => {
      const [cls, data] = [args.value('nodetype'), args.optional('data_fields')];
      if (cls.kind === 'class') markTree(cx, cls, data === null ? nodesOf(fieldsOf(cls), isNoMeta) : listed(cx, data));
      return cls;
    },
  ),
  ...['tree_flatten', 'tree_flatten_with_keys'].map((method) =>
    native(
      `jax.tree_util.${method === 'tree_flatten' ? 'register_pytree_node_class' : 'register_pytree_with_keys_class'}`,
      '(cls)',
      (cx, args) => {
        const cls = args.value('cls');
        return register(cx, cls, cx.attribute(cls, method));
      },
    ),
  ),
  ...['register_pytree_node', 'register_pytree_with_keys'].map((name) =>
    native(`jax.tree_util.${name}`, '(nodetype, flatten_func, *args, **kwargs)', (cx, args) => {
      register(cx, args.value('nodetype'), args.raw('flatten_func'));
      return none;
    }),
  ),
  native('jax.tree_util.register_static', '(cls)', (cx, args) => {
    const cls = args.value('cls');
    if (cls.kind === 'class') markTree(cx, cls, []);
    return cls;
  }),
];

// chex and jax_dataclasses

/** A decorator that makes classes trees, also after it was given options. */
function decorator(name: string, isNode: (value: Value | null) => boolean): NativeValue {
  return native(name, '(cls=None, **kwargs)', (cx, args) => {
    const cls = args.optional('cls');
    return cls !== null
      ? makeTree(cx, cls, isNode)
      : madeFunction(cx, name, none, (inner, bound) => makeTree(inner, bound.rest[0] ?? none, isNode));
  });
}

const staticField: ClassValue = libraryClass('jax_dataclasses.static_field', [fieldClass], []);

const mutating: ClassValue = libraryClass(
  'jax_dataclasses.copy_and_mutate',
  [],
  [
    native('__init__', '(self, instance, validate=True)', (cx, args) => {
      cx.setAttribute(args.value('self'), 'copy', copied(args.value('instance'), true, new Map()));
      return none;
    }),
    native('__enter__', '(self)', (cx, args) => cx.attribute(args.value('self'), 'copy') ?? none),
    native('__exit__', '(self, *args)', () => none),
  ],
);

const onLoan = dataclassFunctions.map((own) => ({ ...own, name: own.name.replace('dataclasses', 'jax_dataclasses') }));

export const treeDataclasses: Library = libraryOf(
  registering,
  [
    decorator('chex.dataclass', () => true),
    decorator('jax_dataclasses.pytree_dataclass', (value) => optionsOf(value)?.cls !== staticField),
    native('jax_dataclasses.replace', '(obj, **changes)', (cx, args) => replaced(cx, args.value('obj'), args.keywords)),
    native(
      'jax_dataclasses.jit',
      '(fun=None, **kwargs)',
      (_cx, args) => args.optional('fun') ?? native('jax_dataclasses.jit', '(fun)', (_inner, own) => own.value('fun')),
    ),
    ...onLoan,
  ],
  [
    staticField,
    mutating,
    libraryClass('jax_dataclasses.Static', [], []),
    { ...fieldClass, name: 'jax_dataclasses.field' },
  ],
);
