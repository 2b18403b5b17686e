import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type DType, isFloating, type Shape, ShapeError, showShape, sizeOf } from '../../graph/shape.ts';
import { asNumber } from '../arguments.ts';
import { PythonError, Unknowable } from '../context.ts';
import { numbersOf } from '../torch/nested.ts';
import { int, type NativeValue, type Value } from '../values.ts';
import { asTensor, holdsTensors, shapeIn, sizeIn, type TensorCall, tfFunction, tfOp } from './dialect.ts';

/** New tensors (https://www.tensorflow.org/api_docs/python/tf). */

/** `tf.zeros(3)` and `tf.zeros([3])` are the same. */
function looseShape(call: TensorCall, name: string): Shape {
  const value = call.value(name);
  const single = value.kind === 'int' || (value.kind === 'tensor' && call.build.rank(value.node) === 0);
  if (!single) return shapeIn(call.cx, value);
  const size = sizeIn(call.cx, value);
  if (D.isKnown(size) && size < 0) throw new ShapeError(`a tensor cannot have the shape (${size},)`);
  return [size];
}

/** The value in a type that is asked for: numbers and arrays take it, tensors must have it. */
function inType(call: TensorCall, value: Value, dtype: DType | null): NodeId {
  const node = asTensor(call.cx, value, dtype);
  const own = call.build.aval(node).dtype;
  if (dtype !== null && own !== dtype)
    throw new PythonError('ValueError', `Tensor conversion requested dtype ${dtype} for Tensor with dtype ${own}`);
  return node;
}

/** `tf.constant(value, shape=...)`: as many numbers as the shape has, or one for all. */
function constant(call: TensorCall): NodeId {
  const { build } = call;
  const value = call.value('value');
  if (value.kind !== 'tensor' && holdsTensors(call.cx, value))
    throw new Unknowable('a constant of tensors is not followed: it is refused, or stacked, as versions differ');
  const node = inType(call, value, call.type('dtype'));
  if (call.optional('shape') === null) return node;
  const shape = looseShape(call, 'shape');
  const count = sizeOf(build.shape(node));
  if (D.equal(count, sizeOf(shape))) return build.reshape(node, shape);
  if (count === 1) return build.broadcastTo(build.reshape(node, []), shape);
  if (!D.surelyDiffer(count, sizeOf(shape)) || !D.isKnown(count))
    throw new Unknowable('whether the numbers fit the shape is not known');
  throw new PythonError('TypeError', `a constant of ${D.show(count)} numbers has not the shape ${showShape(shape)}`);
}

function filled(call: TensorCall, value: number): NodeId {
  return call.build.full(looseShape(call, 'shape'), value, call.type('dtype') ?? 'float32');
}

function like(call: TensorCall, value: number): NodeId {
  const x = call.array('input');
  return call.build.full(call.build.shape(x), value, call.type('dtype') ?? call.build.aval(x).dtype);
}

function fill(call: TensorCall): NodeId {
  const { build } = call;
  const value = call.array('value');
  if (build.rank(value) > 0) throw new ShapeError(`fill needs one number, not ${showShape(build.shape(value))}`);
  const shape = looseShape(call, 'dims');
  const given = call.value('value');
  const number = given.kind === 'tensor' ? null : asNumber(given);
  return number === null ? build.broadcastTo(value, shape) : build.full(shape, number, build.aval(value).dtype);
}

function eye(call: TensorCall): NodeId {
  const { build, cx } = call;
  const rows = sizeIn(cx, call.value('num_rows'));
  const columns = call.optional('num_columns');
  const width = columns === null ? rows : sizeIn(cx, columns);
  if ([rows, width].some((dim) => D.isKnown(dim) && dim < 0))
    throw new ShapeError('an eye has at least no rows and columns');
  const matrix = build.emit('eye', { shape: [rows, width], dtype: call.type('dtype') ?? 'float32' });
  const batch = call.optional('batch_shape');
  return batch === null ? matrix : build.broadcastTo(matrix, [...shapeIn(cx, batch), rows, width]);
}

/** The type of a range: the widest of its numbers', of these. */
const rangeTypes: readonly DType[] = ['int32', 'int64', 'float32', 'float64'];

function range(call: TensorCall): NodeId {
  const { build, cx } = call;
  const limit = call.optional('limit');
  const start = limit === null ? int(0) : call.value('start');
  const given = [start, limit ?? call.value('start'), call.optional('delta') ?? int(1)];
  const wanted = call.type('dtype');
  const nodes = given.map((value) => asTensor(cx, value, value.kind === 'tensor' ? null : wanted));
  if (nodes.some((node) => build.rank(node) > 0)) throw new ShapeError('a range goes from number to number');
  const ranks = nodes.map((node) => rangeTypes.indexOf(build.aval(node).dtype));
  if (ranks.includes(-1)) throw new Unknowable('a range in this type is not followed');
  const dtype = wanted ?? rangeTypes[Math.max(...ranks)] ?? 'int32';
  if (isFloating(dtype)) {
    const [from, to, by] = nodes.map((node) => numbersOf(cx, node)?.[0]);
    if (from === undefined || to === undefined || by === undefined)
      return build.emit('data', { name: 'range', aval: { shape: [cx.freshSize('n')], dtype } });
    return build.emit('iota', { start: from, step: by, shape: [countOf(from, to, by)], dtype });
  }
  const [from, to, by] = nodes.map((node): Dim | null => {
    try {
      return sizeIn(cx, { kind: 'tensor', node, attributes: new Map(), family: 'tensorflow' });
    } catch (error) {
      if (error instanceof Unknowable) return null;
      throw error;
    }
  });
  if (from == null || to == null || by == null || !D.isKnown(by))
    return build.emit('data', { name: 'range', aval: { shape: [cx.freshSize('n')], dtype } });
  const span = by > 0 ? D.sub(to, from) : D.sub(from, to);
  const step = Math.abs(by);
  const count = D.isKnown(span)
    ? countOf(0, by > 0 ? span : -span, by)
    : step === 1
      ? span
      : D.floorDiv(D.add(span, step - 1), step);
  if (D.isKnown(from)) return build.emit('iota', { start: from, step: by, shape: [count], dtype });
  return build.add(build.emit('iota', { start: 0, step: by, shape: [count], dtype }), build.dimScalar(from, dtype));
}

function countOf(from: number, to: number, by: number): number {
  if (by === 0) throw new PythonError('InvalidArgumentError', 'Requires delta != 0: 0');
  if (by > 0 ? from > to : from < to)
    throw new PythonError('InvalidArgumentError', `a range from ${from} to ${to} by ${by}`);
  return Math.ceil((to - from) / by);
}

function linspace(call: TensorCall): NodeId {
  const { build, cx } = call;
  const count = sizeIn(cx, call.value('num'));
  if (D.isKnown(count) && count < 0) throw new PythonError('InvalidArgumentError', `linspace of ${count} numbers`);
  const [a, b] = call.inOrder('start', 'stop');
  const own = build.aval(a).dtype;
  const dtype = isFloating(own) ? own : 'float64';
  const [from, to] = [build.convert(a, dtype), build.convert(b, dtype)];
  const shape = build.shape(build.add(from, to));
  const axis = call.int('axis', 0);
  const at = axis < 0 ? axis + shape.length + 1 : axis;
  if (at < 0 || at > shape.length) throw new ShapeError(`axis ${axis} is out of range`);
  const [start, stop] = [numbersOf(cx, a)?.[0], numbersOf(cx, b)?.[0]];
  if (shape.length === 0 && start !== undefined && stop !== undefined && D.isKnown(count)) {
    const step = count > 1 ? (stop - start) / (count - 1) : 0;
    return build.emit('iota', { start, step, shape: [count], dtype });
  }
  const whole = [...shape.slice(0, at), count, ...shape.slice(at)];
  return build.emit('opaque', { name: 'linspace', aval: { shape: whole, dtype }, batched: [] }, [from, to]);
}

export const creation: readonly NativeValue[] = [
  ...tfOp('constant', '(value, dtype=None, shape=None, name=None)', constant),
  ...tfOp('convert_to_tensor', '(value, dtype=None, dtype_hint=None, name=None)', (call) => {
    const wanted = call.type('dtype');
    return inType(call, call.value('value'), wanted);
  }),
  ...tfOp('zeros', '(shape, dtype=None, name=None, layout=None)', (call) => filled(call, 0)),
  ...tfOp('ones', '(shape, dtype=None, name=None, layout=None)', (call) => filled(call, 1)),
  ...tfOp('zeros_like', '(input, dtype=None, name=None, layout=None)', (call) => like(call, 0)),
  ...tfOp('ones_like', '(input, dtype=None, name=None, layout=None)', (call) => like(call, 1)),
  ...tfOp('fill', '(dims, value, name=None, layout=None)', fill),
  ...tfOp('eye linalg.eye', '(num_rows, num_columns=None, batch_shape=None, dtype=None, name=None)', eye),
  ...tfOp('range', '(start, limit=None, delta=None, dtype=None, name=None)', range),
  ...tfOp('linspace', '(start, stop, num, name=None, axis=0)', linspace),
  tfFunction('is_tensor', '(x)', (call) => {
    const x = call.value('x');
    return { kind: 'bool', value: x.kind === 'tensor' && x.family === 'tensorflow' };
  }),
];
