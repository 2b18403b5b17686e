import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type DType, isFloating, itemSize, sizeOf } from '../../graph/shape.ts';
import { known } from '../arguments.ts';
import type { Context } from '../context.ts';
import { realType } from '../torch/elementwise.ts';
import { nested } from '../torch/nested.ts';
import { reverseAxes } from '../torch/structure.ts';
import type { Property } from '../torch/tensor.ts';
import { int, list, str, tensor, tuple, type Value } from '../values.ts';

/** NumPy's arrays (https://numpy.org/doc/stable/reference/arrays.ndarray.html). */

/** A value as an array: an array or tensor itself, numbers and nested sequences of them made one. */
export function asArray(cx: Context, value: Value): NodeId {
  known(value);
  return value.kind === 'tensor' ? value.node : nested(cx, value, { float: 'float64', tensors: 'any' });
}

export function array(node: NodeId): Value {
  return tensor(node, 'numpy');
}

/** The result of a function of torch as NumPy's: tensors become arrays. */
export function asNumpy(value: Value): Value {
  switch (value.kind) {
    case 'tensor':
      return array(value.node);
    case 'tuple':
      return tuple(value.items.map(asNumpy), value.fields);
    case 'list':
      return list(value.items.map(asNumpy));
    case 'repeated':
      return { ...value, element: asNumpy(value.element) };
    default:
      return value;
  }
}

/** An array of numbers with a fraction: whole numbers become float64. */
export function asFloating(cx: Context, x: NodeId): NodeId {
  return isFloating(cx.build.aval(x).dtype) ? x : cx.build.convert(x, 'float64');
}

const part =
  (name: 'real' | 'imag'): Property =>
  (cx, x) => {
    const { shape, dtype } = cx.build.aval(x.node);
    if (!dtype.startsWith('complex')) return name === 'real' ? x : array(cx.build.full(shape, 0, dtype));
    const type: DType = realType(dtype);
    return array(
      cx.build.emit('opaque', { name, aval: { shape, dtype: type }, batched: shape.map((_, k) => [k, k] as const) }, [
        x.node,
      ]),
    );
  };

/** What `x.name` gives without a call. */
export const arrayProperties: ReadonlyMap<string, Property> = new Map<string, Property>([
  ['shape', (cx, x) => tuple(cx.build.shape(x.node).map(int))],
  ['ndim', (cx, x) => int(cx.build.rank(x.node))],
  ['size', (cx, x) => int(sizeOf(cx.build.shape(x.node)))],
  ['T', (cx, x) => array(reverseAxes(cx, x.node))],
  ['dtype', (cx, x) => ({ kind: 'dtype', dtype: cx.build.aval(x.node).dtype })],
  ['real', part('real')],
  ['imag', part('imag')],
  ['itemsize', (cx, x) => int(itemSize(cx.build.aval(x.node).dtype))],
  ['nbytes', (cx, x) => int(D.mul(sizeOf(cx.build.shape(x.node)), itemSize(cx.build.aval(x.node).dtype)))],
  ['flat', (cx, x) => array(cx.build.reshape(x.node, [sizeOf(cx.build.shape(x.node))]))],
  ['device', () => str('cpu')],
]);
