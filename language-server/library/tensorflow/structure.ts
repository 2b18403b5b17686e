import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import {
  broadcastShapes,
  dimAt,
  isFloating,
  requireEqual,
  requireStretch,
  type Shape,
  ShapeError,
  showShape,
} from '../../graph/shape.ts';
import { PythonError, Unknowable } from '../context.ts';
import { borrowNode } from '../numpy/borrow.ts';
import { strictAxis } from '../numpy/dialect.ts';
import { meshgrid } from '../torch/creation.ts';
import { numbersOf } from '../torch/nested.ts';
import { except, opaque } from '../torch/opaque.ts';
import { repeat, repeatEach } from '../torch/structure.ts';
import { int, list, type NativeValue, none, tensor, type Value } from '../values.ts';
import { asTensor, dtypeOf, isComplex, sizeIn, sizesIn, type TensorCall, tfFunction, tfOp } from './dialect.ts';
import { axesIn } from './reductions.ts';
import { dimsOf, tensorShape } from './shapes.ts';

/** Moving elements about (https://www.tensorflow.org/api_docs/python/tf#functions). */

/** Sizes, of which one is a shape of one axis too. */
function looseSizes(call: TensorCall, name: string): Shape {
  const value = call.value(name);
  const single = value.kind === 'int' || (value.kind === 'tensor' && call.build.rank(value.node) === 0);
  return single ? [sizeIn(call.cx, value)] : sizesIn(call.cx, value);
}

function reshape(call: TensorCall): NodeId {
  const { build } = call;
  const x = call.array('tensor');
  const shape = looseSizes(call, 'shape');
  if (shape.some((dim) => D.isKnown(dim) && dim < -1)) throw new ShapeError(`no shape: ${showShape(shape)}`);
  if (!shape.includes(-1) || !shape.includes(0)) return build.reshapeInferred(x, shape);
  // Beside no entries an axis is as long as what is left of the shape before.
  const rest = D.product(shape.filter((dim) => dim !== -1 && dim !== 0));
  const own = D.product(build.shape(x).filter((dim) => dim !== 0));
  const size = D.exactQuotient(own, rest);
  if (!build.shape(x).includes(0))
    throw new ShapeError(`${showShape(build.shape(x))} cannot be reshaped to ${showShape(shape)}`);
  if (size === null || shape.filter((dim) => dim === -1).length > 1)
    throw new Unknowable('how an axis is inferred beside one of 0 is not followed');
  return build.reshape(
    x,
    shape.map((dim) => (dim === -1 ? size : dim)),
  );
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
  return call.bool('conjugate', false) && isComplex(build.aval(x).dtype)
    ? borrowNode(call.cx, 'conj', { input: moved })
    : moved;
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
  for (const axis of gone)
    requireEqual(dimAt(shape, axis), 1, () => `axis ${axis} of ${showShape(shape)} is not 1: it cannot be squeezed`);
  return build.reshape(
    x,
    shape.filter((_, k) => !gone.includes(k)),
  );
}

function concat(call: TensorCall): NodeId {
  const { build, cx } = call;
  const value = call.value('values');
  // What is no list or tuple is one value.
  const given = value.kind === 'tensor' ? [value] : cx.items(value);
  const nodes = call.together(given);
  const [first] = nodes;
  if (first === undefined) throw new PythonError('ValueError', 'nothing to concatenate');
  // A single value is given back as it is, whatever the axis.
  if (nodes.length === 1) return first;
  const [axis, ...more] = axesIn(call, call.value('axis'), build.rank(first));
  if (axis === undefined || more.length > 0)
    throw new PythonError('InvalidArgumentError', 'concat goes along one axis');
  return build.concatenate(nodes, axis);
}

function stack(call: TensorCall): NodeId {
  const { build, cx } = call;
  const nodes = call.together(cx.items(call.value('values')));
  const [first] = nodes;
  if (first === undefined && call.int('axis', 0) === 0) return build.full([0], 0, 'float32');
  if (first === undefined) throw new PythonError('InvalidArgumentError', 'nothing to stack');
  return build.stack(nodes, strictAxis(call.int('axis', 0), build.rank(first) + 1));
}

function unstack(call: TensorCall): Value {
  const { build } = call;
  const x = call.array('value');
  const shape = build.shape(x);
  const axis = strictAxis(call.int('axis', 0), shape.length);
  const length = dimAt(shape, axis);
  const wanted = call.optional('num') === null ? null : sizeIn(call.cx, call.value('num'));
  if (wanted !== null && D.surelyDiffer(wanted, length))
    throw new ShapeError(`unstack: ${D.show(length)} entries, not ${D.show(wanted)}`);
  const count = D.isKnown(length) ? length : wanted;
  if (count === null || !D.isKnown(count) || count > 4096)
    throw new Unknowable('how many entries there are is not a small known number');
  return list(Array.from({ length: count }, (_, k) => tensor(build.take(x, axis, k), 'tensorflow')));
}

/** The sizes of the pieces that an axis is split into. */
function pieces(call: TensorCall, dim: D.Dim): Shape {
  const { cx, build } = call;
  const given = call.value('num_or_size_splits');
  if (given.kind === 'int' || (given.kind === 'tensor' && build.rank(given.node) === 0)) {
    const count = sizeIn(cx, given);
    if (!D.isKnown(count) || count > 4096)
      throw new Unknowable('how many pieces there are is not a small known number');
    if (count < 1) throw new PythonError('InvalidArgumentError', `a split into ${count} pieces`);
    const size = D.exactQuotient(dim, count);
    if (size === null && D.isKnown(dim))
      throw new ShapeError(`an axis of ${dim} cannot be split into ${count} equal pieces`);
    return Array.from({ length: count }, () => size ?? D.floorDiv(dim, count));
  }
  const asked = sizesIn(cx, given);
  const open = asked.filter((size) => size === -1).length;
  if (open > 1) throw new ShapeError('only one size of a split can be -1');
  const left = D.sub(dim, asked.filter((size) => size !== -1).reduce<D.Dim>(D.add, 0));
  if (D.isKnown(left) && (open === 1 ? left < 0 : left !== 0))
    throw new ShapeError(`pieces of ${asked.map(D.show).join(', ')} do not make up ${D.show(dim)}`);
  if (open === 0 && !D.isKnown(left)) throw new Unknowable('whether the pieces make up the axis is not known');
  return asked.map((size) => (size === -1 ? left : size));
}

/** Pieces of equal size, or of these sizes. */
function split(call: TensorCall): Value {
  const { build } = call;
  const x = call.array('value');
  const shape = build.shape(x);
  const axis = strictAxis(call.int('axis', 0), shape.length);
  const sizes = pieces(call, dimAt(shape, axis));
  const starts = sizes.map((_, k) => sizes.slice(0, k).reduce<D.Dim>(D.add, 0));
  return list(
    sizes.map((size, k) => tensor(build.sliceAxis(x, axis, starts[k] ?? 0, D.add(starts[k] ?? 0, size)), 'tensorflow')),
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

function tile(call: TensorCall): NodeId {
  const { build } = call;
  const x = call.array('input');
  const counts = sizesIn(call.cx, call.value('multiples'));
  if (counts.length !== build.rank(x))
    throw new ShapeError(
      `tile: ${counts.length} numbers for the ${build.rank(x)} axes of ${showShape(build.shape(x))}`,
    );
  if (counts.some((dim) => D.isKnown(dim) && dim < 0)) throw new ShapeError(`tile: ${showShape(counts)} times`);
  return repeat(call.cx, x, counts);
}

/** Each entry of an axis so many times, all the same or each its own. */
function repeated(call: TensorCall): NodeId {
  const { build, cx } = call;
  const input = call.array('input');
  const along = call.optional('axis');
  const flat = along === null || build.rank(input) === 0;
  if (along !== null && build.rank(input) === 0)
    throw new Unknowable('repeating a tensor without axes along one is not followed');
  const x = flat ? build.reshape(input, [D.product(build.shape(input))]) : input;
  const shape = build.shape(x);
  const axis = flat ? 0 : strictAxis(call.int('axis'), shape.length);
  const counts = looseSizes(call, 'repeats');
  const [only] = counts;
  if (counts.some((dim) => D.isKnown(dim) && dim < 0)) throw new ShapeError(`repeat: ${showShape(counts)} times`);
  if (counts.length === 1 && only !== undefined) return repeatEach(cx, x, only, axis);
  const dim = dimAt(shape, axis);
  if (dim === 1) throw new Unknowable('repeating one entry by several numbers is not followed');
  requireEqual(dim, counts.length, () => `repeat: ${counts.length} numbers for ${D.show(dim)} entries`);
  const grown = shape.map((own, k) => (k === axis ? counts.reduce<D.Dim>(D.add, 0) : own));
  return opaque(cx, 'repeat', [x], grown, build.aval(x).dtype, except(shape.length, axis));
}

function roll(call: TensorCall): NodeId {
  const { build } = call;
  const x = call.array('input');
  const rank = build.rank(x);
  if (rank === 0) throw new ShapeError('roll needs a tensor with at least one axis');
  const axes = axesIn(call, call.value('axis'), rank);
  const shift = build.shape(call.array('shift'));
  // One number for one axis, or a vector for several.
  const single = call.value('axis').kind === 'int';
  if (shift.length !== (single ? 0 : 1) || (!single && D.surelyDiffer(shift[0] ?? 0, axes.length)))
    throw new ShapeError('roll: shift and axis must have the same size');
  const distinct = [...new Set(axes)];
  return distinct.length === 0 ? x : build.emit('roll', { axes: distinct, shifts: distinct.map(() => null) }, [x]);
}

function reverse(call: TensorCall): NodeId {
  const { build } = call;
  const x = call.array('tensor');
  const given = call.value('axis');
  if (build.rank(x) === 0) return x;
  if (given.kind === 'int') throw new ShapeError("reverse: 'dims' must be a vector");
  const axes = axesIn(call, given, build.rank(x));
  if (new Set(axes).size !== axes.length) throw new ShapeError(`reverse: axis stands twice in (${axes.join(', ')})`);
  return axes.length === 0 ? x : build.emit('reverse', { axes }, [x]);
}

function broadcastTo(call: TensorCall): NodeId {
  const { build } = call;
  const x = call.array('input');
  const own = build.shape(x);
  const shape = sizesIn(call.cx, call.value('shape'));
  if (shape.some((dim) => D.isKnown(dim) && dim < 0))
    throw new Unknowable('stretching to a size of -1 is not followed');
  requireStretch(own, shape, () => `${showShape(own)} cannot be stretched to ${showShape(shape)}`);
  return build.broadcastTo(x, shape);
}

const padModes = ['CONSTANT', 'REFLECT', 'SYMMETRIC'];

/** Sizes before and after along each axis. */
function pad(call: TensorCall): NodeId {
  const { build, cx } = call;
  const x = call.array('tensor');
  const { shape, dtype } = build.aval(x);
  const mode = call.string('mode', 'CONSTANT').toUpperCase();
  if (shape.length === 0) throw new Unknowable('padding a tensor without axes is not followed');
  if (!padModes.includes(mode))
    throw new PythonError('ValueError', `Value of argument \`mode\` expected to be one of ${padModes.join(', ')}`);
  const given = call.value('paddings');
  const numbers = given.kind === 'tensor' ? numbersOf(cx, given.node) : null;
  if (given.kind === 'tensor' && (numbers === null || build.rank(given.node) !== 2))
    throw new Unknowable('the paddings are not known before it runs');
  const rows: readonly Shape[] =
    numbers === null
      ? cx.items(given).map((row) => (row.kind === 'int' ? wrongRow() : sizesIn(cx, row)))
      : Array.from({ length: numbers.length / 2 }, (_, k) => numbers.slice(2 * k, 2 * k + 2));
  const sides = rows.map(([low, high, ...more]): readonly [D.Dim, D.Dim] =>
    low === undefined || high === undefined || more.length > 0 ? wrongRow() : [low, high],
  );
  if (sides.length !== shape.length)
    throw new ShapeError(`pad: ${sides.length} pairs for the ${shape.length} axes of ${showShape(shape)}`);
  if (sides.flat().some((dim) => D.isKnown(dim) && dim < 0)) throw new ShapeError('paddings must be non-negative');
  if (mode === 'CONSTANT') {
    const value = call.optional('constant_values');
    const filling = value === null ? null : asTensor(cx, value, dtype);
    if (filling !== null && build.rank(filling) > 0) throw new ShapeError('constant_values must be a scalar');
    if (filling !== null && build.aval(filling).dtype !== dtype)
      throw new PythonError('InvalidArgumentError', 'constant_values of another type');
    const [number = 0] = filling === null ? [] : (numbersOf(cx, filling) ?? []);
    return build.emit('pad', { low: sides.map(([low]) => low), high: sides.map(([, high]) => high), value: number }, [
      x,
    ]);
  }
  const most = mode === 'REFLECT' ? 1 : 0;
  shape.forEach((dim, k) => {
    const [low, high] = sides[k] ?? [0, 0];
    for (const side of [low, high])
      if (D.isKnown(side) && D.isKnown(dim) && side > dim - most && side > 0)
        throw new ShapeError(`pad: ${side} more on a side of an axis of ${dim} cannot be mirrored`);
  });
  const grown = shape.map((dim, k) => D.add(dim, D.add(sides[k]?.[0] ?? 0, sides[k]?.[1] ?? 0)));
  const kept = shape.flatMap((_, k) => (sides[k]?.[0] === 0 && sides[k]?.[1] === 0 ? [[k, k] as const] : []));
  return opaque(cx, `pad ${mode}`, [x], grown, dtype, kept);
}

function wrongRow(): never {
  throw new ShapeError('paddings must be a matrix with 2 columns');
}

/** The entries from `begin` on, `size` of them; -1 for all that are left. */
function slice(call: TensorCall): NodeId {
  const { build, cx } = call;
  const x = call.array('input_');
  const shape = build.shape(x);
  if (shape.length === 0) throw new Unknowable('a slice of a tensor without axes is not followed');
  const [begin, size] = [sizesIn(cx, call.value('begin')), sizesIn(cx, call.value('size'))];
  if (begin.length !== shape.length || size.length !== shape.length)
    throw new ShapeError(`slice: ${begin.length} places and ${size.length} sizes for ${showShape(shape)}`);
  return shape.reduce<NodeId>((part, dim, axis) => {
    const [from, count] = [begin[axis] ?? 0, size[axis] ?? 0];
    const to = count === -1 ? dim : D.add(from, count);
    const wrong = [from, D.sub(dim, to), D.sub(to, from)].some((room) => D.isKnown(room) && room < 0);
    if (wrong)
      throw new ShapeError(`slice from ${D.show(from)} to ${D.show(to)} of axis ${axis} of ${showShape(shape)}`);
    return build.sliceAxis(part, axis, from, to);
  }, x);
}

function grids(call: TensorCall): Value {
  const { build, cx } = call;
  const [first] = call.rest;
  if (first === undefined) return list([]);
  const indexing = call.keywords.get('indexing');
  const order = indexing?.kind === 'str' ? indexing.value : indexing === undefined ? 'xy' : null;
  if (order === null) throw new Unknowable('the indexing is not known');
  if (order !== 'xy' && order !== 'ij')
    throw new PythonError('ValueError', "Argument `indexing` parameter must be either 'xy' or 'ij'");
  const nodes = call.rest.map((value) => asTensor(cx, value));
  if (nodes.some((node) => build.rank(node) !== 1))
    throw new Unknowable('grids of anything but vectors are not followed');
  if (nodes.some((node) => build.aval(node).dtype !== build.aval(nodes[0] ?? node).dtype))
    throw new Unknowable('grids of different types are not followed');
  return list(meshgrid(cx, nodes, order).map((node) => tensor(node, 'tensorflow')));
}

function ensured(call: TensorCall): NodeId {
  const x = call.array('x');
  const own = call.build.shape(x);
  const wanted = dimsOf(call.cx, call.value('shape'));
  const fits =
    wanted.length === own.length && wanted.every((dim, k) => dim === null || !D.surelyDiffer(dim, own[k] ?? -1));
  if (!fits)
    throw new ShapeError(
      `a tensor ${showShape(own)} where ${wanted.map((dim) => (dim === null ? 'None' : D.show(dim))).join(', ')} is ensured`,
    );
  return x;
}

/** Blocks of space as channels, and back. */
function spaceAndDepth(name: 'space_to_depth' | 'depth_to_space'): readonly NativeValue[] {
  return tfOp(`nn.${name}`, "(input, block_size, data_format='NHWC', name=None)", (call) => {
    const { build } = call;
    const x = call.array('input');
    const shape = build.shape(x);
    const block = call.int('block_size');
    if (call.string('data_format', 'NHWC') !== 'NHWC') throw new Unknowable('another data format is not followed here');
    if (shape.length !== 4)
      throw new ShapeError(`${name} takes (samples, rows, columns, channels), not ${showShape(shape)}`);
    if (block < 2) throw new PythonError('InvalidArgumentError', 'the block size must be at least 2');
    const [n = 0, h = 0, w = 0, c = 0] = shape;
    const part = (dim: D.Dim, by: number): D.Dim => {
      const quotient = D.exactQuotient(dim, by);
      if (quotient === null && D.isKnown(dim))
        throw new ShapeError(`${name}: ${dim} of ${showShape(shape)} is no multiple of ${by}`);
      return quotient ?? D.floorDiv(dim, by);
    };
    if (name === 'space_to_depth') {
      const [rows, columns] = [part(h, block), part(w, block)];
      const blocks = build.reshape(x, [n, rows, block, columns, block, c]);
      return build.reshape(build.transpose(blocks, [0, 1, 3, 2, 4, 5]), [n, rows, columns, D.mul(c, block * block)]);
    }
    const channels = part(c, block * block);
    const blocks = build.reshape(x, [n, h, w, block, block, channels]);
    return build.reshape(build.transpose(blocks, [0, 1, 3, 2, 4, 5]), [n, D.mul(h, block), D.mul(w, block), channels]);
  });
}

/** Whole numbers, as parameters of indices are. */
function requireWhole(call: TensorCall, x: NodeId, what: string): void {
  const { dtype } = call.build.aval(x);
  if (isFloating(dtype) || dtype === 'bool')
    throw new PythonError('InvalidArgumentError', `${what} must be whole numbers, not ${dtype}`);
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
  ...tfOp('tile', '(input, multiples, name=None)', tile),
  ...tfOp('repeat', '(input, repeats, axis=None, name=None)', repeated),
  ...tfOp('roll', '(input, shift, axis, name=None)', roll),
  ...tfOp('reverse', '(tensor, axis, name=None)', reverse),
  ...tfOp('broadcast_to', '(input, shape, name=None)', broadcastTo),
  ...tfOp('pad', "(tensor, paddings, mode='CONSTANT', constant_values=0, name=None)", pad),
  ...tfOp('slice', '(input_, begin, size, name=None)', slice),
  tfFunction('meshgrid', '(*args, **kwargs)', grids),
  ...tfOp('shape', '(input, out_type=None, name=None)', (call) => shapeTensor(call, call.array('input'))),
  tfFunction('shape_n', '(input, out_type=None, name=None)', (call) =>
    list(
      call.cx
        .items(call.value('input'))
        .map((value) => tensor(shapeTensor(call, asTensor(call.cx, value)), 'tensorflow')),
    ),
  ),
  ...tfOp('size', '(input, out_type=None, name=None)', (call) =>
    call.build.dimScalar(D.product(call.build.shape(call.array('input'))), call.type('out_type') ?? 'int32'),
  ),
  ...tfOp('rank', '(input, name=None)', (call) => call.build.full([], call.build.rank(call.array('input')), 'int32')),
  ...tfOp('ensure_shape', '(x, shape, name=None)', ensured),
  ...tfOp('identity guarantee_const', '(input, name=None)', (call) => call.array('input')),
  ...tfOp('stop_gradient', '(input, name=None)', (call) => call.build.unary('stop_gradient', call.array('input'))),
  tfFunction('identity_n', '(input, name=None)', (call) =>
    list(call.cx.items(call.value('input')).map((value) => tensor(asTensor(call.cx, value), 'tensorflow'))),
  ),
  tfFunction('tuple', '(tensors, control_inputs=None, name=None)', (call) =>
    list(
      call.cx
        .items(call.value('tensors'))
        .map((value) => (value.kind === 'none' ? none : tensor(asTensor(call.cx, value), 'tensorflow'))),
    ),
  ),
  tfFunction('broadcast_static_shape', '(shape_x, shape_y)', (call) =>
    tensorShape(
      call.cx,
      broadcastShapes(sizesIn(call.cx, call.value('shape_x')), sizesIn(call.cx, call.value('shape_y'))),
    ),
  ),
  ...tfOp('broadcast_dynamic_shape', '(shape_x, shape_y)', (call) => {
    const shape = broadcastShapes(sizesIn(call.cx, call.value('shape_x')), sizesIn(call.cx, call.value('shape_y')));
    return asTensor(call.cx, { kind: 'tuple', items: shape.map(int), fields: null }, 'int32');
  }),
  ...tfOp('reverse_sequence', '(input, seq_lengths, seq_axis=None, batch_axis=None, name=None)', (call) => {
    const { build, cx } = call;
    const x = call.array('input');
    const { shape, dtype } = build.aval(x);
    const lengths = call.array('seq_lengths');
    requireWhole(call, lengths, 'seq_lengths');
    const batch = strictAxis(call.int('batch_axis', 0), shape.length);
    const axis = strictAxis(call.int('seq_axis'), shape.length);
    if (build.rank(lengths) !== 1 || axis === batch)
      throw new ShapeError('reverse_sequence: one length for each sample is wanted');
    requireEqual(
      dimAt(build.shape(lengths), 0),
      dimAt(shape, batch),
      () => 'reverse_sequence: one length for each sample is wanted',
    );
    return opaque(cx, 'reverse_sequence', [x, lengths], shape, dtype, except(shape.length, axis));
  }),
  ...tfOp('math.invert_permutation', '(x, name=None)', (call) => {
    const x = call.array('x');
    requireWhole(call, x, 'a permutation');
    if (call.build.rank(x) !== 1) throw new ShapeError('invert_permutation expects a vector');
    return opaque(call.cx, 'invert_permutation', [x], call.build.shape(x), call.build.aval(x).dtype);
  }),
  ...tfOp('bitcast', '(input, type, name=None)', (call) => {
    const x = call.array('input');
    const dtype = dtypeOf(call.value('type'));
    if (call.build.aval(x).dtype.replace(/\D+/, '') !== dtype.replace(/\D+/, ''))
      throw new Unknowable('a bitcast to another size is not followed');
    return opaque(call.cx, 'bitcast', [x], call.build.shape(x), dtype, except(call.build.rank(x)));
  }),
  ...spaceAndDepth('space_to_depth'),
  ...spaceAndDepth('depth_to_space'),
];
