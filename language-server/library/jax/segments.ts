import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { broadcastShapes, isFloating, requireSameShape, ShapeError, showShape } from '../../graph/shape.ts';
import { PythonError } from '../context.ts';
import { type Call, sizeIn } from '../numpy/dialect.ts';
import { numbersOf } from '../torch/nested.ts';
import { opaque } from '../torch/opaque.ts';
import { describe, type NativeValue } from '../values.ts';
import { jaxOp } from './function.ts';

/** jax.ops (https://docs.jax.dev/en/latest/jax.ops.html): sums and the like of the rows of each segment. */

/** An array or a number: lists are refused. */
function operand(call: Call, name: string): NodeId {
  const value = call.value(name);
  if (value.kind === 'list' || value.kind === 'tuple')
    throw new PythonError('TypeError', `segments: arrays or numbers are wanted, not ${describe(value)}`);
  return call.array(name);
}

/** How many segments there are: as said, or up to the last that a row is in. */
function countOf(call: Call, ids: NodeId): Dim {
  const given = call.optional('num_segments');
  if (given !== null) return sizeIn(call, given);
  const numbers = numbersOf(call.cx, ids);
  return numbers === null ? call.cx.freshSize('n') : Math.max(-1, ...numbers) + 1;
}

function segment(call: Call, name: string): NodeId {
  const { build } = call;
  const [data, ids] = [operand(call, 'data'), operand(call, 'segment_ids')];
  const { shape, dtype } = build.aval(data);
  if (isFloating(build.aval(ids).dtype)) throw new PythonError('TypeError', 'segments are whole numbers');
  if (dtype === 'bool' && (name === 'sum' || name === 'prod'))
    throw new PythonError('TypeError', `segment_${name} does not take truth values`);
  const rest = shape.slice(1);
  const rows = [...build.shape(ids), ...rest];
  const misfit = `segments ${showShape(build.shape(ids))} of data ${showShape(shape)}`;
  if (shape.length > rows.length) throw new ShapeError(misfit);
  requireSameShape(broadcastShapes(shape, rows), rows, () => misfit);
  const count = countOf(call, ids);
  if (D.isKnown(count) && count < 0) throw new PythonError('ValueError', 'num_segments must be non-negative.');
  const kept = rest.map((_, k) => [k + 1, k + 1] as const);
  return opaque(call.cx, `segment_${name}`, [data, ids], [count, ...rest], dtype, kept);
}

export const segments: readonly NativeValue[] = ['sum', 'prod', 'max', 'min'].map((name) =>
  jaxOp(
    `jax.ops.segment_${name}`,
    '(data, segment_ids, num_segments=None, indices_are_sorted=False, unique_indices=False, bucket_size=None, mode=None, out_sharding=None)',
    (call) => segment(call, name),
  ),
);
