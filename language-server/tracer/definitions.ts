import { keyOf } from '../library/builtins/keys.ts';
import { makeNamedTuple } from '../library/builtins/namedtuple.ts';
import { metaclassHook, native } from '../library/define.ts';
import {
  another,
  type ClassValue,
  type DictValue,
  definitionMark,
  type Scope,
  str,
  type Unknown,
  type Value,
} from '../library/values.ts';
import type { ClassDef, Expression, FunctionDef } from '../python/ast.ts';
import { evaluate } from './expressions.ts';
import { decoratorMark, makeFunction } from './functions.ts';
import type { Machine } from './machine.ts';
import { inClass } from './objects.ts';
import { type Frame, runBlock } from './statements.ts';

/** Binds the function that a `def` makes, as its decorators leave it. */
export function defineFunction(m: Machine, s: FunctionDef, frame: Frame): void {
  const owner = frame.scope.kind === 'class' ? frame.owner : (frame.owner ?? null);
  const fn = makeFunction(m, s, frame.scope, owner);
  m.defined.push({ fn, method: frame.scope.kind === 'class' });
  const value = decorated(m, s.decorators, fn, frame);
  m.setName(frame.scope.names, s.name, value);
}

/** Applies decorators, innermost first; one that is not known is taken to keep how the function is called. */
function decorated(m: Machine, decorators: readonly Expression[], value: Value, frame: Frame): Value {
  return decorators.reduceRight((inner, decorator) => {
    const callee = evaluate(m, decorator, frame.scope);
    const result =
      callee.kind === 'unknown' ? callee : m.at(decorator.range, () => m.tolerate(() => m.call(callee, [inner])));
    if (result.kind !== 'unknown') return result;
    if (inner.kind === 'class') loseMaking(m, inner, result);
    if (inner.kind === 'function') m.setName(inner.attributes, decoratorMark, str(decoratorName(decorator)));
    return inner;
  }, value);
}

/** How a decorator is called: `typechecked`, `app.command`. */
function decoratorName(decorator: Expression): string {
  switch (decorator.kind) {
    case 'Name':
      return decorator.id;
    case 'Attribute':
      return `${decoratorName(decorator.value)}.${decorator.attr}`;
    case 'Call':
      return decoratorName(decorator.func);
    default:
      return 'its decorator';
  }
}

/** What is not known of a decorator may give a class that has no \`__init__\` one of its own: then nothing is known of its instances. */
function loseMaking(m: Machine, cls: ClassValue, why: Unknown): void {
  if (inClass(cls, '__init__') !== null || inClass(cls, '__new__') !== null) return;
  m.setName(
    cls.attributes,
    '__new__',
    native(cls.name, '(cls, *args, **kwargs)', () => another(why)),
  );
}

/** Runs the body of a class and binds it, as its decorators leave it. */
export function defineClass(m: Machine, s: ClassDef, frame: Frame): void {
  const bases = s.bases.map((base) => evaluate(m, base, frame.scope));
  const keywords = new Map(
    s.keywords.map(({ name, value }): [string | null, Value] => [name, evaluate(m, value, frame.scope)]),
  );
  const names = new Map<string, Value>();
  const cls: ClassValue = { kind: 'class', name: s.name, bases, attributes: names };
  const scope: Scope = { names, parent: frame.scope, kind: 'class', redirected: new Map() };
  runBlock(m, s.body, { scope, owner: cls, self: null, returns: [], yields: null, isDoubtful: false });
  m.setName(names, definitionMark, str(s.name));
  for (const base of bases) if (base.kind === 'class') m.noteSubclass(base, cls);
  const metaclass = keywords.get('metaclass');
  if (metaclass !== undefined) m.setName(names, '__metaclass__', metaclass);
  const given = new Map(
    [...keywords].flatMap(([name, value]) => (name === null || name === 'metaclass' ? [] : [[name, value]])),
  );
  for (const name of ['__init_subclass__', metaclassHook]) {
    const hook = inClass(cls, name, cls);
    if (hook !== null && hook.kind !== 'unknown') m.tolerate(() => m.call(hook, [cls], given));
  }
  if (bases.some((base) => base.kind === 'class' && namedTupleClasses.has(base.name))) makeNamedTuple(m, cls);
  m.setName(frame.scope.names, s.name, decorated(m, s.decorators, cls, frame));
}

const namedTupleClasses: ReadonlySet<string> = new Set([
  'typing.NamedTuple',
  'typing_extensions.NamedTuple',
  'beartype.typing.NamedTuple',
]);

/** Whether an annotation says that a name is the class's own and no field: `ClassVar[int]`. */
export function isOfClass(annotation: Expression): boolean {
  const named = annotation.kind === 'Subscript' ? annotation.value : annotation;
  const name = named.kind === 'Name' ? named.id : named.kind === 'Attribute' ? named.attr : '';
  return ['ClassVar', 'AbstractVar', 'AbstractClassVar'].includes(name);
}

/** The name of a type that stands alone: `int`. */
export function typeIn(annotation: Expression): string | null {
  if (annotation.kind === 'Constant' && annotation.value.type === 'str') return annotation.value.value;
  return annotation.kind === 'Name' ? annotation.id : null;
}

/** A field of a class body, in `__annotations__` by the name of its type, with its default as class attribute. */
export function annotate(m: Machine, scope: Scope, name: string, value: Value | null, type: string | null): void {
  const existing = scope.names.get('__annotations__');
  const fields: DictValue = existing?.kind === 'dict' ? existing : { kind: 'dict', entries: new Map(), open: false };
  if (existing === undefined) m.setName(scope.names, '__annotations__', fields);
  m.setEntry(fields, keyOf(str(name)) ?? name, { key: str(name), value: str(type) });
  if (value !== null) m.setName(scope.names, name, value);
}
