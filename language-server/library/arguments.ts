import type { Dim } from '../graph/dim.ts';
import * as D from '../graph/dim.ts';
import type { NodeId } from '../graph/graph.ts';
import { type DType, isFloating, normalAxis, type Shape } from '../graph/shape.ts';
import { type Context, PythonError, Unknowable } from './context.ts';
import { integersOf } from './torch/nested.ts';
import {
  type BoundArguments,
  describe,
  hasMember,
  type Int,
  int,
  isPlainClass,
  mappingMark,
  ofKnownShape,
  type TensorValue,
  type Value,
} from './values.ts';

/**
 * Readers of bound arguments. Each gives the argument in the form that a library function needs, or throws:
 * Unknowable where the value is not known, PythonError where the library would raise TypeError.
 */
export class Args {
  readonly #cx: Context;
  readonly #bound: BoundArguments;

  constructor(cx: Context, bound: BoundArguments) {
    this.#cx = cx;
    this.#bound = bound;
  }

  get rest(): readonly Value[] {
    return this.#bound.rest;
  }

  get keywords(): ReadonlyMap<string, Value> {
    return this.#bound.keywords;
  }

  /** The value as given, or null where it was left out or is None. */
  optional(name: string): Value | null {
    const value = this.#bound.values.get(name);
    return value === undefined || value.kind === 'none' ? null : ofKnownShape(value);
  }

  has(name: string): boolean {
    return this.#bound.values.has(name);
  }

  value(name: string): Value {
    const value = this.#bound.values.get(name);
    if (value === undefined) throw new PythonError('TypeError', `the argument '${name}' is missing`);
    return known(ofKnownShape(value));
  }

  /** The value as given, unknown ones too. */
  raw(name: string): Value {
    const value = this.#bound.values.get(name);
    if (value === undefined) throw new PythonError('TypeError', `the argument '${name}' is missing`);
    return value;
  }

  tensorValue(name: string): TensorValue {
    const value = this.value(name);
    if (value.kind === 'tensor') return requireTorch(value);
    throw new PythonError('TypeError', `the argument '${name}' must be a tensor, not ${describe(value)}`);
  }

  /** A tensor or array of any library. */
  anyTensor(name: string): TensorValue {
    const value = this.value(name);
    return value.kind === 'tensor' ? value : this.tensorValue(name);
  }

  tensor(name: string): NodeId {
    return this.tensorValue(name).node;
  }

  /** A tensor, or a number made one (`torch.add(x, 1)`); `like` gives a Python number its dtype. */
  operand(name: string, like: NodeId | null = null): NodeId {
    return asOperand(this.#cx, this.value(name), like);
  }

  optionalTensor(name: string): NodeId | null {
    const value = this.optional(name);
    return value === null ? null : this.tensor(name);
  }

  dim(name: string, otherwise?: Dim): Dim {
    const value = this.optional(name);
    if (value === null && otherwise !== undefined) return otherwise;
    return asDim(value ?? this.value(name), name);
  }

  int(name: string, otherwise?: number): number {
    const value = this.optional(name);
    const dim = this.dim(name, otherwise);
    if (D.isKnown(dim)) return dim;
    if (value !== null) known(value);
    throw new Unknowable(`the value of '${name}' (${D.show(dim)}) is not known`);
  }

  number(name: string, otherwise?: number): number {
    const value = this.optional(name);
    if (value === null && otherwise !== undefined) return otherwise;
    const number = asNumber(value ?? this.value(name));
    if (number === null) throw new Unknowable(`the value of '${name}' is not known`);
    return number;
  }

  bool(name: string, otherwise?: boolean): boolean {
    const value = this.optional(name);
    if (value === null && otherwise !== undefined) return otherwise;
    const truth = truthOf(value ?? this.value(name));
    if (truth === null) throw new Unknowable(`whether '${name}' is true is not known`);
    return truth;
  }

  string(name: string, otherwise?: string): string {
    const value = this.optional(name);
    if (value === null && otherwise !== undefined) return otherwise;
    const given = known(value ?? this.value(name));
    if (given.kind === 'str' && given.value !== null) return given.value;
    if (given.kind === 'str') throw new Unknowable(`the text of '${name}' is not known`);
    throw new PythonError('TypeError', `the argument '${name}' must be a string, not ${describe(given)}`);
  }

  /** One axis or several, made non-negative for the rank; null where left out. */
  axes(name: string, rank: number): readonly number[] | null {
    const value = this.optional(name);
    if (value === null) return null;
    known(value);
    const given = value.kind === 'int' ? [value] : this.#cx.items(value);
    return given.map((item) => normalAxis(asKnownInt(item, name), rank));
  }

  axis(name: string, rank: number, otherwise?: number): number {
    return normalAxis(this.int(name, otherwise), rank);
  }

  /** One int for all, or one for each of `count`. */
  repeated(name: string, count: number, otherwise?: number): readonly number[] {
    const value = this.optional(name);
    if (value === null && otherwise !== undefined) return Array.from({ length: count }, () => otherwise);
    const given = known(value ?? this.value(name));
    if (given.kind === 'int') return Array.from({ length: count }, () => asKnownInt(given, name));
    const items = this.#cx.items(given).map((item) => asKnownInt(item, name));
    return items.length === 1 ? Array.from({ length: count }, () => items[0] ?? 0) : items;
  }

  shape(name: string): Shape {
    return shapeOf(this.#cx, this.value(name));
  }

  /** Sizes given one by one or as one sequence: `reshape(2, 3)` and `reshape((2, 3))`. */
  restAsShape(): Shape {
    return sizesOf(this.#cx, this.rest);
  }

  restAsInts(): readonly number[] {
    return this.restAsShape().map((dim) => {
      if (D.isKnown(dim)) return dim;
      throw new Unknowable(`the value of ${D.show(dim)} is not known`);
    });
  }

  dtype(name: string, otherwise: DType): DType {
    const value = this.optional(name);
    if (value === null) return otherwise;
    return asDType(known(value)) ?? otherwise;
  }

  items(name: string): readonly Value[] {
    return this.#cx.items(this.value(name));
  }

  tensors(name: string): readonly NodeId[] {
    return this.items(name).map((item) => asOperand(this.#cx, item, null));
  }
}

/** The value, unless it is unknown: then Unknowable with its reason. */
export function known(value: Value): Value {
  if (value.kind === 'unknown') throw new Unknowable(value.reason.text, value.reason);
  return value;
}

/** The items of a sequence, or the one that is given alone. */
export function several(value: Value): readonly Value[] {
  return value.kind === 'tuple' || value.kind === 'list' ? value.items : [value];
}

/** The tensor, which a function of torch takes only if it is torch's own. */
export function requireTorch(value: TensorValue): TensorValue {
  if (value.family === 'torch') return value;
  throw new PythonError('TypeError', 'a tensor of torch is wanted, not an array of NumPy');
}

/** A whole number where nothing but one is taken: what is not known is a named one. */
export function asDim(value: Value, name: string): Dim {
  if (value.kind === 'unknown' && value.identity !== undefined) return value.identity.size();
  known(value);
  if (value.kind === 'int') return value.value;
  if (value.kind === 'bool' && value.value !== null) return Number(value.value);
  // NumPy's and JAX's `x.size` is a number; here it reads as torch's method.
  if (value.kind === 'tensor' || value.kind === 'float' || value.kind === 'bound')
    throw new Unknowable(`the value of '${name}' is not known`);
  throw new PythonError('TypeError', `'${name}' must be an int, not ${describe(value)}`);
}

export function asKnownInt(value: Value, name: string): number {
  const dim = asDim(known(value), name);
  if (D.isKnown(dim)) return dim;
  throw new Unknowable(`the value of ${D.show(dim)} is not known`);
}

/** The number, or null where it is one that is not known. Throws PythonError for what is no number. */
export function asNumber(value: Value): number | null {
  known(value);
  switch (value.kind) {
    case 'int':
      return D.isKnown(value.value) ? value.value : null;
    case 'float':
      return value.value;
    case 'bool':
      return value.value === null ? null : Number(value.value);
    case 'tensor':
      return null;
    default:
      throw new PythonError('TypeError', `a number is wanted, not ${describe(value)}`);
  }
}

/** A tensor's node; a Python number becomes a tensor without axes whose dtype gives way to `like`'s. */
export function asOperand(cx: Context, value: Value, like: NodeId | null): NodeId {
  known(value);
  const { build } = cx;
  switch (value.kind) {
    case 'tensor':
      return value.family === 'numpy' && like !== null && build.rank(value.node) === 0
        ? givingWay(cx, value.node, like)
        : value.node;
    case 'bool':
      return value.value === null
        ? build.emit('data', { name: 'bool', aval: { shape: [], dtype: 'bool' } })
        : build.full([], Number(value.value), 'bool');
    case 'int': {
      const dtype = like === null || build.aval(like).dtype === 'bool' ? 'int64' : build.aval(like).dtype;
      return D.isKnown(value.value) ? build.full([], value.value, dtype) : build.dimScalar(value.value, dtype);
    }
    case 'float': {
      const own = like === null ? 'float32' : build.aval(like).dtype;
      const dtype = own.includes('float') || own.includes('complex') ? own : 'float32';
      return value.value === null
        ? build.emit('data', { name: 'float', aval: { shape: [], dtype } })
        : build.full([], value.value, dtype);
    }
    default:
      throw new PythonError('TypeError', `a tensor is wanted, not ${describe(value)}`);
  }
}

/** A number of NumPy's beside a tensor counts as one of Python's. */
function givingWay(cx: Context, node: NodeId, like: NodeId): NodeId {
  const { build } = cx;
  const [own, other] = [build.aval(node).dtype, build.aval(like).dtype];
  if (own === 'bool') return node;
  if (isFloating(own)) return build.convert(node, isFloating(other) ? other : 'float32');
  return build.convert(node, other === 'bool' ? 'int64' : other);
}

/** Sizes given one by one or as one sequence. */
export function sizesOf(cx: Context, values: readonly Value[]): Shape {
  const [only] = values;
  return values.length === 1 && only !== undefined
    ? shapeOf(cx, only)
    : values.map((item) => wholeNumber(cx, item) ?? asDim(item, 'size'));
}

/** A size, or a sequence of sizes. */
export function shapeOf(cx: Context, value: Value): Shape {
  known(value);
  const size = wholeNumber(cx, value);
  if (size !== null) return [size];
  return cx.items(value).map((item) => wholeNumber(cx, item) ?? asDim(item, 'size'));
}

/** A whole number that is followed. Throws Unknowable for one beyond 2**53, which would be another number here. */
export function exactInt(value: Dim): Int {
  if (!D.isExact(value)) throw new Unknowable('whole numbers beyond 2**53 are not followed');
  return int(value);
}

/** A whole number, also one that a tensor without axes holds as far as the program tells it; null for what is none. */
export function wholeNumber(cx: Context, value: Value): Dim | null {
  if (value.kind === 'int') return value.value;
  if (value.kind !== 'tensor') return null;
  const { shape, dtype } = cx.build.aval(value.node);
  return shape.length > 0 || isFloating(dtype) ? null : (integersOf(cx, value.node)?.[0] ?? null);
}

/** What Python's own types mean as element types. */
const pythonTypes: Readonly<Record<string, DType>> = {
  float: 'float64',
  int: 'int64',
  bool: 'bool',
  complex: 'complex128',
};

export function asDType(value: Value): DType | null {
  if (value.kind === 'dtype') return value.dtype;
  if (value.kind !== 'native' && value.kind !== 'class') return null;
  // NumPy's types are classes.
  const own = value.kind === 'class' ? value.attributes.get('__dtype__') : undefined;
  if (own?.kind === 'dtype') return own.dtype;
  return pythonTypes[value.name.replace(/^builtins\./, '')] ?? null;
}

/** Whether Python takes the value for true; null where that is not known. */
export function truthOf(value: Value): boolean | null {
  switch (value.kind) {
    case 'none':
      return false;
    case 'bool':
      return value.value;
    case 'int':
      return D.isKnown(value.value) ? value.value !== 0 : null;
    case 'float':
      return value.value === null ? null : value.value !== 0;
    case 'str':
      return value.value === null ? null : value.value !== '';
    case 'tuple':
      return value.items.length > 0;
    case 'list':
    case 'set':
      return value.items.length > 0 ? true : value.tail === null ? false : null;
    case 'dict':
      return value.entries.size > 0 ? true : value.open ? null : false;
    case 'repeated':
      return D.isKnown(value.length) ? value.length > 0 : null;
    case 'range':
      return D.isKnown(value.start) && D.isKnown(value.stop) ? (value.stop - value.start) * value.step > 0 : null;
    case 'unknown': {
      const [first = null, ...others] = (value.options ?? []).map(truthOf);
      return others.every((truth) => truth === first) ? first : null;
    }
    case 'tensor':
      return null;
    case 'instance': {
      const { cls, attributes } = value;
      if (cls.attributes.has(mappingMark)) return attributes.size > 0;
      // An object that does not say so itself is true.
      const saysSo = hasMember(cls, '__bool__') || hasMember(cls, '__len__');
      return isPlainClass(cls) && !saysSo ? true : null;
    }
    case 'ellipsis':
    case 'slice':
    case 'function':
    case 'native':
    case 'bound':
    case 'class':
    case 'namespace':
    case 'module':
    case 'dtype':
      return true;
  }
}
