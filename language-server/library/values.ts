import type { Dim } from '../graph/dim.ts';
import type { NodeId, Origin } from '../graph/graph.ts';
import type { Outline } from '../graph/shape.ts';
import type { FunctionDef, Lambda } from '../python/ast.ts';
import { once } from '../python/once.ts';
import type { Context } from './context.ts';
import type { Signature } from './signature.ts';

/**
 * What a Python expression is, as far as it is known without running it.
 *
 * Objects that Python can change (lists, dicts, instances, tensors, scopes) are JavaScript objects with identity;
 * they are written only through the setters of `Context`, so that the branches of an `if` can be tried and undone.
 */
export type Value =
  | Unknown
  | None
  | Bool
  | Int
  | Float
  | Str
  | EllipsisValue
  | TensorValue
  | TupleValue
  | ListValue
  | RepeatedValue
  | DictValue
  | SetValue
  | RangeValue
  | SliceValue
  | FunctionValue
  | NativeValue
  | BoundValue
  | ClassValue
  | InstanceValue
  | NamespaceValue
  | ModuleValue
  | DTypeValue;

/** Not known, because of something at some place. Everything computed from it is unknown for the same reason. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly reason: Reason;
  /** If it is one of a few values, these: what is done with it is done with each. */
  readonly options?: readonly Value[];
  /** Where it is one and the same value wherever it is met; what stands for several has none. */
  readonly identity?: Identity;
  /** What is known of its shape: of the derivative of something that is not known, the axes of what it is taken by. */
  readonly outline?: Outline;
}

/** A value that is not known, but is the same each time. */
export interface Identity {
  /** The whole number that it is where something takes it for a size, as a named one. Throws Unknowable for none. */
  readonly size: () => Dim;
  /** Gives it a name, if it has none yet. */
  readonly name: (name: string) => void;
  /** The name that it has, for messages and sizes. */
  readonly label: () => string | null;
}

export interface Reason {
  readonly text: string;
  readonly origin: Origin;
}

export interface None {
  readonly kind: 'none';
}
export interface Bool {
  readonly kind: 'bool';
  /** null: true or false, not known which. */
  readonly value: boolean | null;
}
export interface Int {
  readonly kind: 'int';
  readonly value: Dim;
}
export interface Float {
  readonly kind: 'float';
  readonly value: number | null;
}
export interface Str {
  readonly kind: 'str';
  readonly value: string | null;
}
export interface EllipsisValue {
  readonly kind: 'ellipsis';
}

/** A tensor or array of any library: its value is a node of the graph. In-place operations give it another node. */
export interface TensorValue {
  readonly kind: 'tensor';
  node: NodeId;
  /** Attributes set on the tensor, `requires_grad` among them. */
  readonly attributes: Map<string, Value>;
  readonly family: Family;
}

/** The attribute that only variables of TensorFlow have. */
export const trainableMark = 'trainable';

/** Whose tensor it is: that decides what methods it has and how it is indexed. */
export type Family = 'torch' | 'numpy' | 'jax' | 'tensorflow';

/** A tuple, or a named tuple with its field names. */
export interface TupleValue {
  readonly kind: 'tuple';
  readonly items: readonly Value[];
  readonly fields: NamedFields | null;
}
/** The field names of a named tuple, and the class that it is of, where it is one of the program's. */
export interface NamedFields {
  readonly names: readonly string[];
  readonly cls: ClassValue | null;
}
export interface ListValue {
  readonly kind: 'list';
  items: readonly Value[];
  /** Like elements behind `items` that a loop appended, one a turn. */
  tail: RepeatedValue | null;
}
/** A sequence of like elements whose number is not a small known one; `element` stands for each. */
export interface RepeatedValue {
  readonly kind: 'repeated';
  readonly length: Dim;
  readonly element: Value;
  /** What each element was computed from: entry after entry of a tensor's axis, as `vmap` would take them. */
  readonly over: LoopSource | null;
}
export interface LoopSource {
  readonly source: NodeId;
  readonly axis: number;
  /** The entry that stands for all: a `take` at a loop's index. */
  readonly entry: NodeId;
}
export interface DictValue {
  readonly kind: 'dict';
  /** By `keyOf` the key; insertion order. */
  readonly entries: Map<string, DictEntry>;
  /** Whether entries that are not listed may be there; `listed` where at most some that are listed may not. */
  open: boolean | 'listed';
  /** The object whose attributes these are: what is written into the dict is written there too. */
  readonly of?: InstanceValue;
}
/** Whether a dict surely holds a key that it lists: of what only some paths set the value is not known. */
export function isSurelyHeld(dict: DictValue, entry: DictEntry): boolean {
  return dict.open === false || entry.value.kind !== 'unknown';
}

/** How open a dict is that holds what two hold. */
export function opennessOf(a: DictValue, b: DictValue): boolean | 'listed' {
  return a.open === true || b.open === true || a.open || b.open;
}

export interface DictEntry {
  readonly key: Value;
  readonly value: Value;
}
export interface SetValue {
  readonly kind: 'set';
  /** Each once. */
  items: readonly Value[];
  /** Others that it may hold, too. */
  tail: RepeatedValue | null;
}
export interface RangeValue {
  readonly kind: 'range';
  readonly start: Dim;
  readonly stop: Dim;
  readonly step: number;
}
export interface SliceValue {
  readonly kind: 'slice';
  readonly lower: Value;
  readonly upper: Value;
  readonly step: Value;
}

/** A function of the user's own. */
export interface FunctionValue {
  readonly kind: 'function';
  readonly name: string;
  readonly definition: FunctionDef | Lambda;
  readonly file: string;
  readonly closure: Scope;
  /** Default values, evaluated where the function was defined, by parameter. */
  readonly defaults: ReadonlyMap<string, Value>;
  /** The class whose body it stands in, for `super()`. */
  readonly owner: ClassValue | null;
  readonly attributes: Map<string, Value>;
}

/** A function of a library, or one that a library function made (`vmap(f)`, `partial(f, 1)`). */
export interface NativeValue {
  readonly kind: 'native';
  /** Its full name, `torch.sum`, or how it came about, `vmap(f)`. */
  readonly name: string;
  readonly signature: Signature;
  readonly call: (cx: Context, args: BoundArguments) => Value;
  /** What a transform was made of, so that other transforms can look inside. */
  readonly made: Made | null;
}

/** The making of a function by a transform: its name, the function, and its other arguments. */
export interface Made {
  readonly by: string;
  readonly from: Value;
  readonly origin: Origin;
}

export interface BoundValue {
  readonly kind: 'bound';
  readonly self: Value;
  readonly callee: Value;
}

/** A class, of a library or of the user. */
export interface ClassValue {
  readonly kind: 'class';
  readonly name: string;
  readonly bases: readonly Value[];
  readonly attributes: Map<string, Value>;
}
export interface InstanceValue {
  readonly kind: 'instance';
  readonly cls: ClassValue;
  readonly attributes: Map<string, Value>;
  /** Where it was constructed. */
  readonly origin: Origin;
}
/** A package or module of a library that we know by name. */
export interface NamespaceValue {
  readonly kind: 'namespace';
  readonly path: string;
}
/** A module of the user's own. */
export interface ModuleValue {
  readonly kind: 'module';
  readonly name: string;
  readonly scope: Scope;
}
export interface DTypeValue {
  readonly kind: 'dtype';
  readonly dtype: import('../graph/shape.ts').DType;
}

/** Names and what they are bound to. */
export interface Scope {
  readonly names: Map<string, Value>;
  readonly parent: Scope | null;
  /** Class bodies are not seen from the functions in them. */
  readonly kind: 'module' | 'function' | 'class';
  /** Names that `global` or `nonlocal` sends elsewhere. */
  readonly redirected: Map<string, Scope>;
}

/** Arguments by parameter name, with readers that say what is missing or unknown. */
export interface BoundArguments {
  readonly values: ReadonlyMap<string, Value>;
  /** What `*args` took. */
  readonly rest: readonly Value[];
  /** What `**kwargs` took. */
  readonly keywords: ReadonlyMap<string, Value>;
}

export const none: None = { kind: 'none' };
export const ellipsis: EllipsisValue = { kind: 'ellipsis' };

export function bool(value: boolean | null): Bool {
  return { kind: 'bool', value };
}
export function int(value: Dim): Int {
  return { kind: 'int', value };
}
export function float(value: number | null): Float {
  return { kind: 'float', value };
}
export function str(value: string | null): Str {
  return { kind: 'str', value };
}
/** A tuple; a named one with the names of its fields, and with its class where that is one of the program's. */
export function tuple(items: readonly Value[], fields: NamedFields | readonly string[] | null = null): TupleValue {
  const isComplete = fields === null || 'names' in fields;
  return { kind: 'tuple', items, fields: isComplete ? fields : { names: fields, cls: null } };
}
export function list(items: readonly Value[]): ListValue {
  return { kind: 'list', items, tail: null };
}
export function set(items: readonly Value[]): SetValue {
  return { kind: 'set', items, tail: null };
}
export function tensor(node: NodeId, family: Family = 'torch'): TensorValue {
  return { kind: 'tensor', node, attributes: new Map(), family };
}

/** Not known for the same reason, but another value. */
export function another({ reason }: Unknown): Unknown {
  return { kind: 'unknown', reason };
}

/** Not known for the same reason, but of this shape. */
export function outlined({ reason }: Unknown, outline: Outline): Outlined {
  return { kind: 'unknown', reason, outline };
}

/** A value that is not known, with what is known of its shape. */
export type Outlined = Unknown & { readonly outline: Outline };

/** The few values that one may be, or null where it is known, or nothing is. */
export function optionsOf(value: Value): readonly Value[] | null {
  return value.kind === 'unknown' ? (value.options ?? null) : null;
}

/** The tensors that a value holds, as far as they are known. */
export function tensorsIn(value: Value): readonly NodeId[] {
  switch (value.kind) {
    case 'tensor':
      return [value.node];
    case 'tuple':
    case 'list':
      return value.items.flatMap(tensorsIn);
    case 'dict':
      return [...value.entries.values()].flatMap((entry) => tensorsIn(entry.value));
    case 'unknown':
      return value.options?.flatMap(tensorsIn) ?? [];
    default:
      return [];
  }
}

/**
 * Whether values hold more than so many others, through containers: a list that holds another twice, which holds another
 * twice, and so on.
 * @param container what they are to be put into: it must not be among them
 */
export function holdMore(values: Iterable<Value>, most: number, container: Value | null): boolean {
  const waiting = [...values];
  let count = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    count += 1;
    if (count > most || next === container) return true;
    if (next.kind === 'tuple' || next.kind === 'list' || next.kind === 'set')
      for (const item of next.items) waiting.push(item);
    else if (next.kind === 'dict') for (const { value } of next.entries.values()) waiting.push(value);
  }
  return false;
}

/** Classes of libraries whose instances are objects like any other: neither numbers nor arrays nor containers. */
const plainRoots: ReadonlySet<string> = new Set([
  'object',
  'abc.ABC',
  'typing.Generic',
  'typing.NamedTuple',
  'equinox.Module',
  'flax.linen.Module',
  'haiku.Module',
  'torch.nn.Module',
]);

/** The attribute that classes of the user's own have. */
export const definitionMark = '__definition__';

/** Whether a class is one of the program's, or of named tuples, and descends from no others but plain objects. */
export const isPlainClass = once(({ name, bases, attributes }: ClassValue): boolean => {
  const isOwn = attributes.has(definitionMark) || attributes.has('_make') || plainRoots.has(name);
  return isOwn && bases.every((base) => base.kind === 'class' && isPlainClass(base));
});

/** Whether a class or one of its ancestors has a name. */
export function hasMember({ bases, attributes }: ClassValue, name: string): boolean {
  return attributes.has(name) || bases.some((base) => base.kind === 'class' && hasMember(base, name));
}

/** The mark of classes of libraries whose instances are true where they have attributes. */
export const mappingMark = '__mapping__';

/** What a value is, in words, for messages. */
export function describe(value: Value): string {
  switch (value.kind) {
    case 'none':
      return 'None';
    case 'unknown':
      return 'something unknown';
    case 'int':
    case 'float':
    case 'bool':
    case 'str':
    case 'tensor':
    case 'tuple':
    case 'list':
    case 'dict':
    case 'set':
    case 'range':
    case 'slice':
      return `a ${value.kind}`.replace('a int', 'an int').replace('a str', 'a string');
    case 'ellipsis':
      return '...';
    case 'repeated':
      return 'a sequence';
    case 'function':
    case 'native':
      return `the function ${value.name}`;
    case 'bound':
      return 'a method';
    case 'class':
      return `the class ${value.name}`;
    case 'instance':
      return `a ${value.cls.name}`;
    case 'namespace':
      return `the package ${value.path}`;
    case 'module':
      return `the module ${value.name}`;
    case 'dtype':
      return value.dtype;
  }
}
