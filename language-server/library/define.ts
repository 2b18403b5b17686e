import type { NodeId } from '../graph/graph.ts';
import { Args } from './arguments.ts';
import type { Context } from './context.ts';
import { signature } from './signature.ts';
import { type ClassValue, type InstanceValue, type NativeValue, tensor, type Value } from './values.ts';

/** What a qualified name of a library means. */
export type Library = ReadonlyMap<string, Value>;

export type Rule = (cx: Context, args: Args) => Value;

/** A library function: its name, its parameters as Python writes them, and what it does. */
export function native(name: string, parameters: string, rule: Rule): NativeValue {
  return {
    kind: 'native',
    name,
    signature: signature(parameters),
    call: (cx, bound) => rule(cx, new Args(cx, bound)),
    made: null,
  };
}

/** A function whose result is one tensor. */
export function op(name: string, parameters: string, rule: (cx: Context, args: Args) => NodeId): NativeValue {
  return native(name, parameters, (cx, args) => tensor(rule(cx, args)));
}

/** A library class: its methods take `self` as their first parameter. */
export function libraryClass(
  name: string,
  bases: readonly Value[],
  methods: readonly NativeValue[],
  extra: ReadonlyMap<string, Value> = new Map(),
): ClassValue {
  return {
    kind: 'class',
    name,
    bases,
    attributes: new Map([
      ...methods.map((method): [string, Value] => [method.name.slice(method.name.lastIndexOf('.') + 1), method]),
      ...extra,
    ]),
  };
}

/** The same function under further names. */
export function alias(value: NativeValue, ...names: readonly string[]): readonly NativeValue[] {
  return [value, ...names.map((name) => ({ ...value, name }))];
}

/** A library out of its functions and classes, by their full names. */
export function libraryOf(...groups: readonly (readonly (NativeValue | ClassValue)[])[]): Library {
  return new Map(groups.flat().map((value) => [value.name, value]));
}

function decorated(by: 'classmethod' | 'property', method: NativeValue): InstanceValue {
  return {
    kind: 'instance',
    cls: libraryClass(by, [], []),
    attributes: new Map([['__func__', method]]),
    origin: { file: '', start: 0, end: 0, loops: [], calls: [] },
  };
}

/** A method that takes the class itself first, as `@classmethod` makes it. */
export function classMethod(method: NativeValue): InstanceValue {
  return decorated('classmethod', method);
}

/** A method that is called by reading it, as `@property` makes it; and what writes it, where it may be written. */
export function property(read: NativeValue, write: NativeValue | null = null): InstanceValue {
  const made = decorated('property', read);
  if (write !== null) made.attributes.set('__set__', write);
  return made;
}

/** What makes a class of a library's metaclass: called with each class that descends from one that has it. */
export const metaclassHook = '__made__';

/** The attribute of a function that holds what its decorator declares of its parameters, None for what it does not. */
export const declaredMark = '__declared__';

const namespaces = new WeakMap<Library, ReadonlySet<string>>();

/** Whether names of the library begin with that path: it is a package or module. */
export function isNamespace(library: Library, path: string): boolean {
  let known = namespaces.get(library);
  if (known === undefined) {
    known = new Set(
      [...library.keys()].flatMap((name) => [...name.matchAll(/\./g)].map(({ index }) => name.slice(0, index))),
    );
    namespaces.set(library, known);
  }
  return known.has(path);
}
