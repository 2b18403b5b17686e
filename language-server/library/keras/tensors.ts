import type { NodeId } from '../../graph/graph.ts';
import { type DType, isFloating } from '../../graph/shape.ts';
import type { Context } from '../context.ts';
import { tensorflowDialect } from '../tensorflow/dialect.ts';
import { type TensorValue, tensor, type Value } from '../values.ts';

/** Tensors as Keras has them with TensorFlow. */

export const { family } = tensorflowDialect;

export function made(node: NodeId): TensorValue {
  return tensor(node, family);
}

/** An array of another library as one of TensorFlow's; fractions of the type that is wanted, where one is. */
export function adopted(cx: Context, value: TensorValue, wanted: DType | null): Value {
  const { build } = cx;
  const own = value.family === family ? value.node : build.unary('stop_gradient', value.node);
  const node = wanted !== null && isFloating(build.aval(own).dtype) ? build.convert(own, wanted) : own;
  return node === value.node && value.family === family ? value : { ...value, node, family };
}
