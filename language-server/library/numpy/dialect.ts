import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import {
  type DType,
  isFloating,
  promote,
  requireSameShape,
  type Shape,
  ShapeError,
  showShape,
} from '../../graph/shape.ts';
import { Args, asDim, known } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { native } from '../define.ts';
import { integersOf, nested } from '../torch/nested.ts';
import {
  describe,
  type Family,
  list,
  type NativeValue,
  type TensorValue,
  tensor,
  tuple,
  type Value,
} from '../values.ts';
import { typeOf } from './types.ts';

/** NumPy's interface as a library has it: NumPy itself, and those that took it over with other types (jax.numpy). */
export interface Dialect {
  /** The dialect in force: settings of the program may change the types. */
  readonly at: (cx: Context) => Dialect;
  /** Where its functions are found: `numpy`. */
  readonly name: string;
  /** Where the methods of its arrays are found. */
  readonly methods: string;
  readonly family: Family;
  /** The types of Python's numbers. */
  readonly float: DType;
  readonly int: DType;
  /** The type of an operation on two arrays. */
  readonly promote: (a: DType, b: DType) => DType;
  /** The type that functions such as `sin` compute in. */
  readonly floating: (dtype: DType) => DType;
  /** The type of a quotient or mean of such numbers. */
  readonly quotient: (dtype: DType) => DType;
  /** The type that is had where this one is asked for. */
  readonly narrow: (dtype: DType) => DType;
  /** The type of truths that are computed with. */
  readonly counted: DType;
  /** Whether lists of numbers stand for arrays. */
  readonly lists: boolean;
}

/** The smallest floating type that holds whole numbers of a type (https://numpy.org/doc/stable/reference/ufuncs.html#type-casting-rules). */
function smallestFloat(dtype: DType): DType {
  switch (dtype) {
    case 'bool':
    case 'uint8':
    case 'int8':
      return 'float16';
    case 'int16':
    case 'uint16':
      return 'float32';
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
      return 'float64';
    default:
      return dtype;
  }
}

/** NumPy's promotion: as torch's, but whole numbers keep their precision beside those with a fraction. */
export function promoteArrays(a: DType, b: DType): DType {
  if (isFloating(a) === isFloating(b)) return promote(a, b);
  const [whole, other] = isFloating(a) ? [b, a] : [a, b];
  return whole === 'bool' ? other : promote(smallestFloat(whole), other);
}

export const numpyDialect: Dialect = {
  at: () => numpyDialect,
  name: 'numpy',
  methods: 'numpy.ndarray',
  family: 'numpy',
  float: 'float64',
  int: 'int64',
  promote: promoteArrays,
  floating: smallestFloat,
  quotient: (dtype) => (isFloating(dtype) ? dtype : 'float64'),
  narrow: (dtype) => dtype,
  counted: 'int8',
  lists: true,
};

/** An array of the library, or what it makes of another library's. */
function own(d: Dialect, cx: Context, { node, family }: TensorValue): NodeId {
  if (family === d.family) return node;
  if (d.family === 'jax' && family === 'torch')
    throw new PythonError('TypeError', `${d.name} takes no tensors of torch`);
  if (d.family === 'jax' && family === 'tensorflow')
    throw new Unknowable('what JAX makes of tensors of TensorFlow is not followed');
  if (d.family === 'numpy' && family === 'jax')
    throw new Unknowable('what functions of NumPy make of arrays of JAX is not followed');
  const outside = cx.build.unary('stop_gradient', node);
  return cx.build.convert(outside, d.narrow(cx.build.aval(outside).dtype));
}

const mostlyNumbers: readonly Value['kind'][] = ['bool', 'int', 'float', 'list', 'tuple', 'range', 'repeated'];

/** A value as an array: an array or tensor itself; numbers, and where the library takes them nested lists of them. */
export function asArray(d: Dialect, cx: Context, value: Value): NodeId {
  known(value);
  if (value.kind === 'tensor') return own(d, cx, value);
  // The sizes of a tensor of TensorFlow.
  if (value.kind === 'instance' && value.cls.name === 'tensorflow.TensorShape')
    return fromNumbers(d, cx, tuple(cx.items(value)));
  if (!mostlyNumbers.includes(value.kind)) throw new Unknowable(`an array of ${describe(value)} is not followed`);
  if (!d.lists && !['bool', 'int', 'float'].includes(value.kind))
    throw new PythonError('TypeError', `${d.name} takes arrays and numbers here, not ${describe(value)}`);
  return fromNumbers(d, cx, value);
}

/** The array that numbers and sequences of them make (`numpy.array`). */
export function fromNumbers(d: Dialect, cx: Context, value: Value): NodeId {
  const { build } = cx;
  if (value.kind === 'int') return build.dimScalar(value.value, d.int);
  const node = nested(cx, value, { float: d.float, tensors: 'any', objects: 'unknown' });
  return build.convert(node, d.narrow(build.aval(node).dtype));
}

/** Of a Python number the kind that it is: it gives way to the type of an array beside it. */
type Weak = 'int' | 'float' | null;

function weakness(value: Value): Weak {
  return value.kind === 'int' || value.kind === 'float' ? value.kind : null;
}

/** The common type of some operands, of which Python's numbers give way. */
export function commonType(d: Dialect, cx: Context, values: readonly Value[], nodes: readonly NodeId[]): DType {
  const strong = nodes.filter((_, k) => weakness(values[k] ?? { kind: 'none' }) === null);
  const weak = values.map(weakness);
  const own = strong
    .map((node) => cx.build.aval(node).dtype)
    .reduce<DType | null>((a, b) => (a === null ? b : d.promote(a, b)), null);
  const wantsFloat = weak.includes('float');
  if (own === null) return wantsFloat ? d.float : d.int;
  if (wantsFloat && !isFloating(own)) return d.float;
  return own === 'bool' && weak.includes('int') ? d.int : own;
}

/** Operands as arrays of their common type, not yet broadcast. */
export function operands(d: Dialect, cx: Context, values: readonly Value[]): readonly NodeId[] {
  const nodes = values.map((value) => asArray(d, cx, value));
  const dtype = commonType(d, cx, values, nodes);
  return nodes.map((node) => cx.build.convert(node, dtype));
}

/** The size that an array without axes is, where the program's text tells it. */
export function dimOf(cx: Context, node: NodeId): D.Dim | null {
  const { shape, dtype } = cx.build.aval(node);
  return shape.length > 0 || isFloating(dtype) ? null : (integersOf(cx, node)?.[0] ?? null);
}

/** Axis numbers are counted strictly: an array without axes has none. */
export function strictAxis(axis: number, rank: number): number {
  if (axis >= rank || axis < -rank)
    throw new ShapeError(`axis ${axis} is out of bounds for an array with ${rank} ${rank === 1 ? 'axis' : 'axes'}`);
  return axis < 0 ? axis + rank : axis;
}

/** A call of a function: its arguments, read as arrays of the library. */
export class Call extends Args {
  readonly d: Dialect;
  readonly cx: Context;

  constructor(d: Dialect, cx: Context, bound: ConstructorParameters<typeof Args>[1]) {
    super(cx, bound);
    this.d = d;
    this.cx = cx;
  }

  /** Arguments that are not known make the result unknown, whatever they would be refused for. */
  override get rest(): readonly Value[] {
    return super.rest.map(known);
  }

  /** What `*args` took, unknown values too. */
  get given(): readonly Value[] {
    return super.rest;
  }

  override optional(name: string): Value | null {
    const value = super.optional(name);
    return value === null ? null : known(value);
  }

  get build(): Context['build'] {
    return this.cx.build;
  }

  array(name: string): NodeId {
    return asArray(this.d, this.cx, this.value(name));
  }

  optionalArray(name: string): NodeId | null {
    return this.optional(name) === null ? null : this.array(name);
  }

  /** The array in the type that functions of numbers with a fraction compute in. */
  floating(name: string): NodeId {
    return this.inFloating(this.array(name));
  }

  inFloating(x: NodeId): NodeId {
    return this.build.convert(x, this.d.floating(this.build.aval(x).dtype));
  }

  /** Two operands of their common type. */
  pair(first: string, second: string): readonly [NodeId, NodeId] {
    const [a, b] = operands(this.d, this.cx, [this.value(first), this.value(second)]);
    if (a === undefined || b === undefined) throw new RangeError('two operands in, two out');
    return [a, b];
  }

  /** Arrays of a sequence, in their common type. */
  arrays(name: string): readonly NodeId[] {
    const value = this.value(name);
    return operands(this.d, this.cx, this.cx.items(value));
  }

  type(name: string): DType | null {
    const value = this.optional(name);
    return value === null ? null : this.d.narrow(typeOf(known(value)));
  }

  /** An axis, which an array without axes has not. */
  strict(name: string, rank: number, otherwise?: number): number {
    return strictAxis(this.int(name, otherwise), rank);
  }

  /** Several axes, or null where all are meant. */
  strictAxes(name: string, rank: number): readonly number[] | null {
    const value = this.optional(name);
    if (value === null) return null;
    const given = value.kind === 'int' ? [value] : this.cx.items(known(value));
    const axes = given.map((item) => strictAxis(this.#int(item, name), rank));
    if (new Set(axes).size !== axes.length) throw new ShapeError(`an axis stands twice in (${axes.join(', ')})`);
    return axes;
  }

  #int(value: Value, name: string): number {
    const dim = asDim(known(value), name);
    if (D.isKnown(dim)) return dim;
    throw new Unknowable(`the value of '${name}' (${D.show(dim)}) is not known`);
  }

  /** The array as a value of the library, in a type that it has. */
  result(node: NodeId): Value {
    return tensor(this.build.convert(node, this.d.narrow(this.build.aval(node).dtype)), this.d.family);
  }

  results(nodes: readonly NodeId[], fields: readonly string[] | null = null): Value {
    return tuple(
      nodes.map((node) => this.result(node)),
      fields,
    );
  }

  /** The result, written into `out` where that is given. */
  finish(node: NodeId): Value {
    const out = this.optional('out');
    if (out === null) return this.result(node);
    if (this.d.family === 'jax') throw new PythonError('NotImplementedError', "JAX takes no 'out'");
    const target = out.kind === 'tuple' ? out.items[0] : out;
    if (target?.kind !== 'tensor') throw new PythonError('TypeError', "'out' must be an array");
    const [own, made] = [this.build.shape(target.node), this.build.shape(node)];
    requireSameShape(own, made, () => `a result ${showShape(made)} does not fit into 'out' of ${showShape(own)}`);
    this.cx.assignInPlace(target, this.build.convert(node, this.build.aval(target.node).dtype));
    return target;
  }
}

/** A size, also as NumPy's own numbers. */
export function sizeIn(call: Call, value: Value): Dim {
  if (value.kind !== 'tensor') return asDim(value, 'shape');
  if (isFloating(call.build.aval(value.node).dtype))
    throw new PythonError('TypeError', "'float' object cannot be interpreted as an integer");
  const dim = dimOf(call.cx, value.node);
  if (dim === null) throw new Unknowable('the size is not known before it runs');
  return dim;
}

/** Whether a value is one number, and no sequence: a number of Python, or an array without axes. */
export function isOneNumber({ build }: Call, value: Value): boolean {
  return value.kind === 'int' || (value.kind === 'tensor' && build.rank(value.node) === 0);
}

/** A shape: one size, or several. */
export function shapeIn(call: Call, value: Value): Shape {
  known(value);
  const sizes = isOneNumber(call, value) ? [value] : call.cx.items(value);
  const shape = sizes.map((item) => sizeIn(call, item));
  const negative = shape.some((dim) => D.isKnown(dim) && dim < 0);
  if (negative) throw new ShapeError(`an array cannot have the shape ${showShape(shape)}`);
  return shape;
}

/** A function whose result is one array. */
export function arrayFunction(d: Dialect, name: string, parameters: string, rule: (call: Call) => NodeId): NativeValue {
  return valueFunction(d, name, parameters, (call) => call.finish(rule(call)));
}

/** A function that gives any value. */
export function valueFunction(d: Dialect, name: string, parameters: string, rule: (call: Call) => Value): NativeValue {
  const own = native(`${d.name}.${name}`, parameters, () => ({ kind: 'none' }));
  return { ...own, call: (cx, bound) => rule(new Call(d.at(cx), cx, bound)) };
}

/** Functions that are methods of arrays too: their first argument is the array. */
export function withMethods(d: Dialect, functions: readonly NativeValue[]): readonly NativeValue[] {
  return functions.flatMap((f) => [f, { ...f, name: f.name.replace(`${d.name}.`, `${d.methods}.`) }]);
}

/** A result of torch as one of the library: tensors become arrays of a type that it has. */
export function adopt(d: Dialect, cx: Context, value: Value): Value {
  switch (value.kind) {
    case 'tensor':
      return tensor(cx.build.convert(value.node, d.narrow(cx.build.aval(value.node).dtype)), d.family);
    case 'tuple':
      return tuple(
        value.items.map((item) => adopt(d, cx, item)),
        value.fields,
      );
    case 'list':
      return list(value.items.map((item) => adopt(d, cx, item)));
    case 'repeated':
      return { ...value, element: adopt(d, cx, value.element) };
    default:
      return value;
  }
}
