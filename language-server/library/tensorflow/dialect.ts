import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type DType, isFloating, type Shape, ShapeError, showShape } from '../../graph/shape.ts';
import { asDim, asDType, known } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { native } from '../define.ts';
import { Call, type Dialect } from '../numpy/dialect.ts';
import { nested, numbersOf, sizesOf } from '../torch/nested.ts';
import { describe, type NativeValue, type TensorValue, tensor, trainableMark, tuple, type Value } from '../values.ts';

/** How TensorFlow reads arguments (https://www.tensorflow.org/api_docs/python/tf/convert_to_tensor). */

/** Types are never promoted: two that differ are refused. */
function sameType(a: DType, b: DType): DType {
  if (a === b) return a;
  throw new PythonError('InvalidArgumentError', `a ${b} tensor where a ${a} tensor was expected`);
}

export const tensorflowDialect: Dialect = {
  at: () => tensorflowDialect,
  name: 'tensorflow',
  methods: 'tensorflow.Tensor',
  family: 'tensorflow',
  float: 'float32',
  int: 'int32',
  promote: sameType,
  floating: (dtype) => dtype,
  quotient: (dtype) => (isFloating(dtype) ? dtype : 'float64'),
  narrow: (dtype) => dtype,
  counted: 'int32',
  lists: true,
};

/** On variables that were given another value: what was computed before is of the one that they had then. */
export const assignedMark = '_assigned';

/** Which element types a function takes. */
export type Takes = (dtype: DType) => boolean;

export const isComplex: Takes = (dtype) => dtype.startsWith('complex');
export const isFraction: Takes = (dtype) => isFloating(dtype) && !isComplex(dtype);
export const isNumber: Takes = (dtype) => dtype !== 'bool';
export const isReal: Takes = (dtype) => isNumber(dtype) && !isComplex(dtype);
export const isSigned: Takes = (dtype) => isNumber(dtype) && !dtype.startsWith('uint');

/** Whether the value is a tensor of TensorFlow's, not one of another library. */
export function isOwn(value: Value): value is TensorValue {
  return value.kind === 'tensor' && value.family === 'tensorflow';
}

export function isVariable(value: TensorValue): boolean {
  return value.attributes.has(trainableMark);
}

const widest = 2 ** 31;

/** A value as a tensor; Python's numbers and NumPy's arrays take the type `hint`, as operands do. */
export function asTensor(cx: Context, value: Value, hint: DType | null = null): NodeId {
  known(value);
  const { build } = cx;
  switch (value.kind) {
    case 'tensor':
      if (value.family === 'tensorflow') return value.node;
      if (value.family === 'numpy') return build.convert(value.node, hint ?? build.aval(value.node).dtype);
      throw new Unknowable(`what TensorFlow makes of a tensor of ${value.family} is not followed`);
    case 'int': {
      const large = D.isKnown(value.value) && Math.abs(value.value) >= widest;
      return build.dimScalar(value.value, typeOfNumber('int', hint) ?? (large ? 'int64' : 'int32'));
    }
    case 'float': {
      const dtype = typeOfNumber('float', hint) ?? 'float32';
      return value.value === null
        ? build.emit('data', { name: 'float', aval: { shape: [], dtype } })
        : build.full([], value.value, dtype);
    }
    case 'bool': {
      const dtype = typeOfNumber('bool', hint) ?? 'bool';
      return value.value === null
        ? build.emit('data', { name: 'bool', aval: { shape: [], dtype } })
        : build.full([], Number(value.value), dtype);
    }
    case 'list':
    case 'tuple':
    case 'range':
    case 'repeated':
      return ofSequence(cx, value, hint);
    case 'instance': {
      const dims = value.attributes.get('dims');
      if (value.cls.name === 'tensorflow.TensorShape' && dims?.kind === 'tuple')
        return ofSequence(cx, dims, hint ?? 'int32');
      throw new Unknowable(`a tensor of ${describe(value)} is not followed`);
    }
    case 'none':
      throw new PythonError('ValueError', 'None values are not supported');
    default:
      throw new Unknowable(`a tensor of ${describe(value)} is not followed`);
  }
}

type NumberKind = 'int' | 'float' | 'bool';

/** The type that a Python number takes where that one is wanted; null where none is. */
function typeOfNumber(kind: NumberKind, hint: DType | null): DType | null {
  if (hint === null) return null;
  const refused =
    kind === 'float'
      ? !isFloating(hint)
      : kind === 'int'
        ? hint === 'bool'
        : hint === 'uint8' || hint.startsWith('complex');
  if (refused) throw new PythonError('TypeError', `cannot convert ${kind} to a tensor of ${hint}`);
  if (kind === 'bool' && !['bool', 'int32', 'int64', 'float32', 'float64'].includes(hint))
    throw new Unknowable(`what a truth is as ${hint} is not followed`);
  return hint;
}

/** What stands in nested sequences: the kinds of Python's numbers, and the types of tensors and of arrays. */
interface Contents {
  readonly numbers: ReadonlySet<NumberKind>;
  readonly tensors: readonly DType[];
  readonly arrays: readonly DType[];
}

function contentsOf(cx: Context, value: Value): Contents {
  const numbers = new Set<NumberKind>();
  const tensors: DType[] = [];
  const arrays: DType[] = [];
  const visit = (item: Value): void => {
    known(item);
    switch (item.kind) {
      case 'int':
      case 'float':
      case 'bool':
        numbers.add(item.kind);
        return;
      case 'range':
        numbers.add('int');
        return;
      case 'tensor':
        if (item.family !== 'tensorflow' && item.family !== 'numpy')
          throw new Unknowable(`what TensorFlow makes of a tensor of ${item.family} is not followed`);
        (item.family === 'tensorflow' ? tensors : arrays).push(cx.build.aval(item.node).dtype);
        return;
      case 'repeated':
        visit(item.element);
        return;
      case 'list':
      case 'tuple':
        for (const part of cx.items(item)) visit(part);
        return;
      case 'none':
        throw new PythonError('ValueError', 'None values are not supported');
      default:
        throw new Unknowable(`a tensor of ${describe(item)} is not followed`);
    }
  };
  visit(value);
  return { numbers, tensors, arrays };
}

/** Whether a tensor of TensorFlow stands somewhere in the value. */
export function holdsTensors(cx: Context, value: Value): boolean {
  return contentsOf(cx, value).tensors.length > 0;
}

/** Nested sequences of numbers, or of tensors, which are stacked. */
function ofSequence(cx: Context, value: Value, hint: DType | null): NodeId {
  const { build } = cx;
  const { numbers, tensors, arrays } = contentsOf(cx, value);
  const [first] = tensors;
  if (first !== undefined) return stacked(cx, value, first, hint ?? first);
  const [array] = arrays;
  if (array !== undefined && hint === null && (numbers.size > 0 || arrays.some((dtype) => dtype !== array)))
    throw new Unknowable('the type of a tensor of arrays and numbers is not followed');
  if (numbers.has('bool') && numbers.size > 1)
    throw new PythonError('ValueError', "Can't convert Python sequence with mixed types to Tensor.");
  const kind: NumberKind | null = numbers.has('float')
    ? 'float'
    : numbers.has('int')
      ? 'int'
      : numbers.has('bool')
        ? 'bool'
        : null;
  if (kind === 'bool' && hint !== null && hint !== 'bool')
    throw new Unknowable(`what truths are as ${hint} is not followed`);
  const wanted = kind === null ? hint : typeOfNumber(kind, hint);
  const node = nested(cx, value, { float: 'float32', tensors: 'any', objects: 'unknown' });
  if (wanted !== null) return build.convert(node, wanted);
  if (kind !== 'int' || array !== undefined) return node;
  const large = numbersOf(cx, node)?.some((number) => Math.abs(number) >= widest) ?? false;
  return build.convert(node, large ? 'int64' : 'int32');
}

/** Sequences that hold tensors: all of one type, which numbers among them take. */
function stacked(cx: Context, value: Value, own: DType, wanted: DType): NodeId {
  const { build } = cx;
  if (value.kind === 'repeated') return build.convert(nested(cx, value, { float: 'float32', tensors: 'any' }), wanted);
  if (value.kind !== 'list' && value.kind !== 'tuple') {
    const node = asTensor(cx, value, own);
    sameType(own, build.aval(node).dtype);
    return build.convert(node, wanted);
  }
  return build.stack(
    cx.items(value).map((item) => stacked(cx, item, own, wanted)),
    0,
  );
}

const typeNames: Readonly<Record<string, DType>> = {
  bool: 'bool',
  uint8: 'uint8',
  uint16: 'uint16',
  uint32: 'uint32',
  uint64: 'uint64',
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  bfloat16: 'bfloat16',
  half: 'float16',
  float16: 'float16',
  float: 'float32',
  float32: 'float32',
  double: 'float64',
  float64: 'float64',
  complex64: 'complex64',
  complex128: 'complex128',
};

/** Types under their names in TensorFlow. */
export const dtypes: readonly (readonly [string, DType])[] = Object.entries(typeNames).filter(
  ([name]) => name !== 'float',
);

/** The element type that a type, a class of NumPy or a name stands for (`tf.as_dtype`). */
export function dtypeOf(value: Value): DType {
  known(value);
  if (value.kind === 'str' && value.value !== null) {
    const found = typeNames[value.value];
    if (found !== undefined) return found;
    throw new Unknowable(`tensors of '${value.value}' are not followed`);
  }
  if (value.kind === 'native' || (value.kind === 'class' && !value.attributes.has('__dtype__'))) {
    const name = value.name.replace(/^builtins\./, '');
    if (name === 'float') return 'float32';
    if (name === 'int' || name === 'complex')
      throw new PythonError(
        'TypeError',
        `Cannot convert the argument \`type_value\`: <class '${name}'> to a TensorFlow DType.`,
      );
  }
  const found = asDType(value);
  if (found === null) throw new Unknowable(`tensors of ${describe(value)} are not followed`);
  return found;
}

/** A size: a number, or one that a tensor without axes holds. */
export function sizeIn(cx: Context, value: Value): D.Dim {
  known(value);
  if (value.kind === 'tensor') {
    const { shape, dtype } = cx.build.aval(value.node);
    if (isFloating(dtype)) throw new PythonError('TypeError', `a size must be a whole number, not ${dtype}`);
    if (shape.length > 0) throw new Unknowable('the size is not known before it runs');
    const [size] = sizesOf(cx, value.node) ?? [];
    if (size === undefined) throw new Unknowable('the size is not known before it runs');
    return size;
  }
  if (value.kind === 'none') throw new PythonError('ValueError', 'None values are not supported');
  if (value.kind === 'float') throw new PythonError('TypeError', 'a size must be a whole number');
  return asDim(value, 'shape');
}

/** Sizes as a sequence, a TensorShape or a tensor gives them; -1 and the like as they are. */
export function sizesIn(cx: Context, value: Value): Shape {
  known(value);
  if (value.kind === 'int')
    throw new PythonError('InvalidArgumentError', 'shape must be a vector of {int32,int64}, got shape []');
  if (value.kind !== 'tensor') return cx.items(value).map((item) => sizeIn(cx, item));
  const { shape, dtype } = cx.build.aval(value.node);
  if (isFloating(dtype)) throw new PythonError('TypeError', `sizes must be whole numbers, not ${dtype}`);
  if (shape.length !== 1)
    throw new PythonError(
      'InvalidArgumentError',
      `shape must be a vector of {int32,int64}, got shape ${showShape(shape)}`,
    );
  const sizes = sizesOf(cx, value.node);
  if (sizes === null) throw new Unknowable('the shape is not known before it runs');
  return sizes;
}

/** The shape of a new tensor. */
export function shapeIn(cx: Context, value: Value): Shape {
  const shape = sizesIn(cx, value);
  if (shape.some((dim) => D.isKnown(dim) && dim < 0))
    throw new ShapeError(`a tensor cannot have the shape ${showShape(shape)}`);
  return shape;
}

/** A call of a function: its arguments, read as TensorFlow reads them. */
export class TensorCall extends Call {
  constructor(cx: Context, bound: ConstructorParameters<typeof Call>[2]) {
    super(tensorflowDialect, cx, bound);
  }

  override array(name: string): NodeId {
    return asTensor(this.cx, this.value(name));
  }

  /** The tensor, in the type of another where it is a number or array. */
  like(name: string, other: NodeId): NodeId {
    return this.typed(name, this.build.aval(other).dtype);
  }

  /** The tensor, which must be or become one of that type. */
  typed(name: string, dtype: DType): NodeId {
    const node = asTensor(this.cx, this.value(name), dtype);
    sameType(dtype, this.build.aval(node).dtype);
    return node;
  }

  /** Several operands of one type: that of the first tensor among them, or of the first. */
  together(values: readonly Value[]): readonly NodeId[] {
    const own = values.find(isOwn) ?? values[0];
    const dtype = own === undefined ? null : this.build.aval(asTensor(this.cx, own)).dtype;
    return this.#matched(values, dtype);
  }

  override pair(first: string, second: string): readonly [NodeId, NodeId] {
    const [a, b] = this.together([this.value(first), this.value(second)]);
    if (a === undefined || b === undefined) throw new RangeError('two operands in, two out');
    return [a, b];
  }

  /** Two operands of which the first decides the type, whatever it is. */
  inOrder(first: string, second: string): readonly [NodeId, NodeId] {
    const a = this.array(first);
    return [a, this.like(second, a)];
  }

  override arrays(name: string): readonly NodeId[] {
    return this.together(this.items(name));
  }

  override type(name: string): DType | null {
    const value = this.optional(name);
    return value === null ? null : dtypeOf(value);
  }

  newShape(name: string): Shape {
    return shapeIn(this.cx, this.value(name));
  }

  /** Floating point numbers of some kind, which are wanted here. */
  fractions(name: string): NodeId {
    const x = this.array(name);
    const { dtype } = this.build.aval(x);
    if (!isFloating(dtype))
      throw new PythonError('InvalidArgumentError', `floating point numbers are wanted, not ${dtype}`);
    return x;
  }

  #matched(values: readonly Value[], dtype: DType | null): readonly NodeId[] {
    return values.map((value) => {
      const node = asTensor(this.cx, value, dtype);
      if (dtype !== null) sameType(dtype, this.build.aval(node).dtype);
      return node;
    });
  }
}

/** A function of TensorFlow, by its name behind `tf.`. */
export function tfFunction(name: string, parameters: string, rule: (call: TensorCall) => Value): NativeValue {
  const own = native(`tensorflow.${name}`, parameters, () => ({ kind: 'none' }));
  return { ...own, call: (cx, bound) => rule(new TensorCall(cx, bound)) };
}

/** The same of a function whose result is one tensor. Several names in one are one function. */
export function tfOp(names: string, parameters: string, rule: (call: TensorCall) => NodeId): readonly NativeValue[] {
  return names.split(' ').map((name) => tfFunction(name, parameters, (call) => call.result(rule(call))));
}

export function tensors(nodes: readonly NodeId[]): Value {
  return tuple(nodes.map((node) => tensor(node, 'tensorflow')));
}
