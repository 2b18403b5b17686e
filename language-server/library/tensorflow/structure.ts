import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { dimAt, ShapeError, showShape } from '../../graph/shape.ts';
import { PythonError, Unknowable } from '../context.ts';
import { strictAxis } from '../numpy/dialect.ts';
import { list, type NativeValue, tensor, type Value } from '../values.ts';
import { sizeIn, sizesIn, type TensorCall, tfFunction, tfOp } from './dialect.ts';
import { axesIn } from './reductions.ts';

/** Moving elements about (https://www.tensorflow.org/api_docs/python/tf#functions). */

function reshape(call: TensorCall): NodeId {
  const x = call.array('tensor');
  const shape = sizesIn(call.cx, call.value('shape'));
  if (shape.some((dim) => D.isKnown(dim) && dim < -1)) throw new ShapeError(`no shape: ${showShape(shape)}`);
  // Nothing left to infer an axis from.
  if (shape.includes(-1) && shape.includes(0))
    throw new ShapeError(`an axis cannot be inferred beside one of 0: ${showShape(shape)}`);
  return call.build.reshapeInferred(x, shape);
}

function transpose(call: TensorCall): NodeId {
  const { build } = call;
  const x = call.array('a');
  const rank = build.rank(x);
  const perm = call.optional('perm');
  const order =
    perm === null ? Array.from({ length: rank }, (_, k) => rank - 1 - k) : axesIn(call, perm, Math.max(rank, 1));
  if (order.length !== rank)
    throw new ShapeError(`transpose expects a permutation of ${rank} axes, not of ${order.length}`);
  const moved = build.transpose(x, order);
  return call.bool('conjugate', false) && build.aval(x).dtype.startsWith('complex') ? conjugated(call, moved) : moved;
}

export function conjugated(call: TensorCall, x: NodeId): NodeId {
  const aval = call.build.aval(x);
  return call.build.emit('opaque', { name: 'conj', aval, batched: aval.shape.map((_, k) => [k, k] as const) }, [x]);
}

function squeeze(call: TensorCall): NodeId {
  const { build } = call;
  const x = call.array('input');
  const shape = build.shape(x);
  const given = call.optional('axis');
  const axes = given === null ? null : axesIn(call, given, shape.length);
  if (axes === null && shape.some((dim) => !D.isKnown(dim)))
    throw new Unknowable('which axes are of size 1 is not known');
  const gone = axes === null || axes.length === 0 ? shape.flatMap((dim, k) => (dim === 1 ? [k] : [])) : axes;
  for (const axis of gone) {
    const dim = dimAt(shape, axis);
    if (D.isKnown(dim) && dim !== 1)
      throw new ShapeError(`axis ${axis} of ${showShape(shape)} is not 1: it cannot be squeezed`);
    if (!D.isKnown(dim)) throw new Unknowable(`whether ${D.show(dim)} is 1 is not known`);
  }
  return build.reshape(
    x,
    shape.filter((_, k) => !gone.includes(k)),
  );
}

/** Tensors of a sequence, or the entries of one tensor. */
function parts(call: TensorCall, name: string): readonly NodeId[] {
  const value = call.value(name);
  return call.together(value.kind === 'tensor' && call.build.rank(value.node) === 0 ? [value] : call.cx.items(value));
}

function concat(call: TensorCall): NodeId {
  const { build } = call;
  const nodes = parts(call, 'values');
  const [first] = nodes;
  if (first === undefined) throw new PythonError('ValueError', 'nothing to concatenate');
  const rank = build.rank(first);
  const [axis] = axesIn(call, call.value('axis'), Math.max(1, rank));
  if (axis === undefined) throw new PythonError('InvalidArgumentError', 'concat needs one axis');
  // A single value is given back as it is.
  return nodes.length === 1 ? first : build.concatenate(nodes, axis);
}

function stack(call: TensorCall): NodeId {
  const nodes = parts(call, 'values');
  const [first] = nodes;
  if (first === undefined) throw new PythonError('ValueError', 'nothing to stack');
  return call.build.stack(nodes, strictAxis(call.int('axis', 0), call.build.rank(first) + 1));
}

function unstack(call: TensorCall): Value {
  const { build } = call;
  const x = call.array('value');
  const shape = build.shape(x);
  const axis = strictAxis(call.int('axis', 0), shape.length);
  const length = dimAt(shape, axis);
  const wanted = call.optional('num');
  if (wanted !== null && D.surelyDiffer(sizeIn(call.cx, wanted), length))
    throw new ShapeError(`unstack: ${D.show(length)} entries, not ${D.show(sizeIn(call.cx, wanted))}`);
  const count = D.isKnown(length) ? length : wanted === null ? null : sizeIn(call.cx, wanted);
  if (count === null || !D.isKnown(count) || count > 4096)
    throw new Unknowable('how many entries there are is not a small known number');
  return list(Array.from({ length: count }, (_, k) => tensor(build.take(x, axis, k), 'tensorflow')));
}

/** Pieces of equal size, or of these sizes. */
function split(call: TensorCall): Value {
  const { build, cx } = call;
  const x = call.array('value');
  const shape = build.shape(x);
  const axis = strictAxis(call.int('axis', 0), shape.length);
  const dim = dimAt(shape, axis);
  const given = call.value('num_or_size_splits');
  const single = given.kind === 'int' || (given.kind === 'tensor' && build.rank(given.node) === 0);
  let sizes: readonly D.Dim[];
  if (single) {
    const count = sizeIn(cx, given);
    if (!D.isKnown(count) || count > 4096)
      throw new Unknowable('how many pieces there are is not a small known number');
    if (count < 1) throw new PythonError('InvalidArgumentError', `a split into ${count} pieces`);
    const size = D.exactQuotient(dim, count);
    if (size === null && D.isKnown(dim))
      throw new ShapeError(`an axis of ${dim} cannot be split into ${count} equal pieces`);
    sizes = Array.from({ length: count }, () => size ?? D.floorDiv(dim, count));
  } else {
    const asked = sizesIn(cx, given);
    const open = asked.filter((size) => size === -1).length;
    if (open > 1) throw new ShapeError('only one size of a split can be -1');
    const sum = asked.filter((size) => size !== -1).reduce<D.Dim>(D.add, 0);
    const left = D.sub(dim, sum);
    if (D.isKnown(left) && (open === 1 ? left < 0 : left !== 0))
      throw new ShapeError(`pieces of ${asked.map(D.show).join(', ')} do not make up ${D.show(dim)}`);
    if (open === 0 && !D.isKnown(left)) throw new Unknowable('whether the pieces make up the axis is not known');
    sizes = asked.map((size) => (size === -1 ? left : size));
  }
  let start: D.Dim = 0;
  return list(
    sizes.map((size) => {
      const from = start;
      start = D.add(start, size);
      return tensor(build.sliceAxis(x, axis, from, start), 'tensorflow');
    }),
  );
}

/** The sizes of a tensor as a tensor of whole numbers, which stay known as far as they are. */
function shapeTensor(call: TensorCall, x: NodeId): NodeId {
  const { build } = call;
  const shape = build.shape(x);
  const dtype = call.type('out_type') ?? 'int32';
  const known = shape.filter(D.isKnown);
  if (known.length === shape.length) return build.emit('literal', { values: known, shape: [known.length], dtype });
  return build.stack(
    shape.map((dim) => build.dimScalar(dim, dtype)),
    0,
  );
}

export const structure: readonly NativeValue[] = [
  ...tfOp('reshape', '(tensor, shape, name=None)', reshape),
  ...tfOp('transpose', "(a, perm=None, conjugate=False, name='transpose')", transpose),
  ...tfOp('expand_dims', '(input, axis, name=None)', (call) => {
    const x = call.array('input');
    const [axis, ...more] = axesIn(call, call.value('axis'), call.build.rank(x) + 1);
    if (axis === undefined || more.length > 0)
      throw new PythonError('InvalidArgumentError', 'expand_dims takes one axis');
    return call.build.expandDims(x, axis);
  }),
  ...tfOp('squeeze', '(input, axis=None, name=None)', squeeze),
  ...tfOp('concat', "(values, axis, name='concat')", concat),
  ...tfOp('stack', "(values, axis=0, name='stack')", stack),
  tfFunction('unstack', "(value, num=None, axis=0, name='unstack')", unstack),
  tfFunction('split', "(value, num_or_size_splits, axis=0, num=None, name='split')", split),
  ...tfOp('cast', '(x, dtype, name=None)', (call) =>
    call.build.convert(call.array('x'), call.type('dtype') ?? 'float32'),
  ),
  ...tfOp('shape', '(input, out_type=None, name=None)', (call) => shapeTensor(call, call.array('input'))),
  ...tfOp('size', '(input, out_type=None, name=None)', (call) =>
    call.build.dimScalar(D.product(call.build.shape(call.array('input'))), call.type('out_type') ?? 'int32'),
  ),
  ...tfOp('rank', '(input, name=None)', (call) => call.build.full([], call.build.rank(call.array('input')), 'int32')),
  ...tfOp('identity', '(input, name=None)', (call) => call.array('input')),
  ...tfOp('stop_gradient', '(input, name=None)', (call) => call.build.unary('stop_gradient', call.array('input'))),
];
