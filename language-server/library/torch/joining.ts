import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { dimAt, normalAxis, ShapeError, showShape } from '../../graph/shape.ts';
import { type Args, asDim, asKnownInt } from '../arguments.ts';
import { type Context, Unknowable } from '../context.ts';
import { alias, native, op } from '../define.ts';
import { type NativeValue, tensor, tuple, type Value } from '../values.ts';
import { withMethod } from './method.ts';
import { concatenateParts, type Parts, partsOf, several, stackParts } from './sequences.ts';
import { atLeastRank } from './structure.ts';

/** Joining and splitting (https://docs.pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops). */

/** The parts with each changed alike. */
function mapParts(parts: Parts, change: (node: NodeId) => NodeId): Parts {
  return parts.kind === 'items'
    ? { kind: 'items', nodes: parts.nodes.map(change) }
    : { ...parts, node: change(parts.node) };
}

function firstOf(parts: Parts): NodeId {
  const node = parts.kind === 'items' ? parts.nodes[0] : parts.node;
  if (node === undefined) throw new ShapeError('nothing to join');
  return node;
}

/** Joins side by side after giving each at least so many axes. */
function joined(name: string, rank: 1 | 2 | 3, axis: number): NativeValue {
  return op(name, '(tensors, *, out=None)', (cx, args) => {
    const parts = mapParts(partsOf(cx, args.value('tensors')), (node) => atLeastRank(cx, node, rank));
    const at = rank === 1 && cx.build.rank(firstOf(parts)) > 1 ? 1 : axis;
    return concatenateParts(cx, parts, at);
  });
}

function columnStack(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const column = (node: NodeId): NodeId =>
    build.rank(node) < 2 ? build.reshape(node, [D.product(build.shape(node)), 1]) : node;
  return concatenateParts(cx, mapParts(partsOf(cx, args.value('tensors')), column), 1);
}

/** Matrices down the diagonal, zeros beside them. */
function blockDiagonal(cx: Context, nodes: readonly NodeId[]): NodeId {
  const { build } = cx;
  const blocks = nodes.map((node) => {
    if (build.rank(node) > 2)
      throw new ShapeError(`block_diag: matrices are wanted, not ${showShape(build.shape(node))}`);
    return atLeastRank(cx, node, 2);
  });
  if (blocks.length === 0) return build.full([1, 0], 0);
  const widths = blocks.map((block) => dimAt(build.shape(block), 1));
  const sum = (dims: readonly Dim[]): Dim => dims.reduce(D.add, 0);
  const rows = blocks.map((block, k) =>
    build.emit('pad', { low: [0, sum(widths.slice(0, k))], high: [0, sum(widths.slice(k + 1))], value: 0 }, [block]),
  );
  return build.concatenate(rows, 0);
}

/** Pieces of an axis of these lengths, in order. */
function piecesOf(cx: Context, x: NodeId, axis: number, lengths: readonly Dim[]): Value {
  let start: Dim = 0;
  const pieces = lengths.map((length) => {
    const piece = cx.build.sliceAxis(x, axis, start, D.add(start, length));
    start = D.add(start, length);
    return tensor(piece);
  });
  return tuple(pieces);
}

const mostPieces = 4096;

/** Pieces of one length, the last one what is left. */
function evenPieces(cx: Context, x: NodeId, axis: number, length: Dim): Value {
  const dim = dimAt(cx.build.shape(x), axis);
  if (D.isKnown(length) && length <= 0 && dim !== 0)
    throw new ShapeError(`split: pieces of ${length} are not possible`);
  if (D.isKnown(dim) && D.isKnown(length)) {
    const count = dim === 0 ? 1 : Math.ceil(dim / length);
    if (count > mostPieces) throw new Unknowable(`${count} pieces are too many to follow one by one`);
    return piecesOf(
      cx,
      x,
      axis,
      Array.from({ length: count }, (_, k) => Math.min(length, dim - k * length)),
    );
  }
  const count = D.exactQuotient(dim, length);
  if (count === null) throw new Unknowable(`how many pieces of ${D.show(length)} make ${D.show(dim)} is not known`);
  if (D.isKnown(count))
    return piecesOf(
      cx,
      x,
      axis,
      Array.from({ length: count }, () => length),
    );
  const shape = cx.build.shape(x);
  const apart = cx.build.reshape(x, [...shape.slice(0, axis), count, length, ...shape.slice(axis + 1)]);
  return entriesOf(cx, apart, axis);
}

function split(cx: Context, args: Args): Value {
  const x = args.tensor('input');
  const rank = cx.build.rank(x);
  if (rank === 0) throw new ShapeError('split: a tensor without axes cannot be split');
  const axis = args.axis('dim', rank, 0);
  const given = args.value('split_size_or_sections');
  if (given.kind === 'int') return evenPieces(cx, x, axis, given.value);
  const lengths = cx.items(given).map((item) => asDim(item, 'split_size'));
  const [total, dim] = [lengths.reduce(D.add, 0), dimAt(cx.build.shape(x), axis)];
  if (D.surelyDiffer(total, dim)) {
    throw new ShapeError(`split: the pieces come to ${D.show(total)}, the axis has ${D.show(dim)}`);
  }
  return piecesOf(cx, x, axis, lengths);
}

function chunk(cx: Context, args: Args): Value {
  const x = args.tensor('input');
  const rank = cx.build.rank(x);
  if (rank === 0) throw new ShapeError('chunk: a tensor without axes cannot be split');
  const axis = args.axis('dim', rank, 0);
  const dim = dimAt(cx.build.shape(x), axis);
  const count = args.int('chunks');
  if (count <= 0) throw new ShapeError(`chunk: ${count} pieces are not possible`);
  if (dim === 0)
    return piecesOf(
      cx,
      x,
      axis,
      Array.from({ length: count }, () => 0),
    );
  const length = D.isKnown(dim) ? Math.ceil(dim / count) : D.exactQuotient(dim, count);
  if (length === null) throw new Unknowable(`whether ${D.show(dim)} is a multiple of ${count} is not known`);
  return evenPieces(cx, x, axis, length);
}

/** As even pieces as possible (an int), or pieces between places. */
function tensorSplit(cx: Context, x: NodeId, axis: number, given: Value): Value {
  const dim = dimAt(cx.build.shape(x), axis);
  if (given.kind === 'int') {
    const count = asKnownInt(given, 'sections');
    if (count <= 0) throw new ShapeError(`tensor_split: ${count} pieces are not possible`);
    if (D.isKnown(dim)) {
      const lengths = Array.from({ length: count }, (_, k) => Math.floor(dim / count) + (k < dim % count ? 1 : 0));
      return piecesOf(cx, x, axis, lengths);
    }
    const even = D.exactQuotient(dim, count);
    if (even === null) throw new Unknowable(`whether ${D.show(dim)} is a multiple of ${count} is not known`);
    return piecesOf(
      cx,
      x,
      axis,
      Array.from({ length: count }, () => even),
    );
  }
  const none = { kind: 'none' } as const;
  const places = [none, ...cx.items(given)];
  return tuple(
    places.map((lower, k) => {
      const index: Value[] = Array.from({ length: axis }, () => ({
        kind: 'slice',
        lower: none,
        upper: none,
        step: none,
      }));
      index.push({ kind: 'slice', lower, upper: places[k + 1] ?? none, step: none });
      return cx.subscript(tensor(x), tuple(index));
    }),
  );
}

function fixedSplit(name: string, axisOf: (rank: number) => number, least: number): NativeValue {
  return native(name, '(input, indices_or_sections)', (cx, args) => {
    const x = args.tensor('input');
    const rank = cx.build.rank(x);
    if (rank < least) throw new ShapeError(`${name} needs at least ${least} axes, not ${showShape(cx.build.shape(x))}`);
    const given = args.value('indices_or_sections');
    const axis = axisOf(rank);
    const dim = dimAt(cx.build.shape(x), axis);
    if (given.kind === 'int' && D.isKnown(dim) && D.isKnown(given.value) && dim % given.value !== 0) {
      throw new ShapeError(`${name}: ${dim} cannot be split into ${given.value} equal pieces`);
    }
    return tensorSplit(cx, x, axis, given);
  });
}

/** All entries along an axis; one that stands for all where there are too many or their number is a name. */
function entriesOf(cx: Context, x: NodeId, axis: number): Value {
  const { build } = cx;
  const length = dimAt(build.shape(x), axis);
  if (D.isKnown(length) && length <= mostPieces)
    return tuple(Array.from({ length }, (_, k) => tensor(build.take(x, axis, k))));
  const entry = build.take(x, axis, 'loop');
  return { kind: 'repeated', length, element: tensor(entry), over: { source: x, axis, entry } };
}

const shared = withMethod([
  ...alias(
    native('torch.split', '(input, split_size_or_sections|split_size, dim=0)', split),
    'torch.split_with_sizes',
    'torch.unsafe_split',
  ),
  ...alias(native('torch.chunk', '(input, chunks, dim=0)', chunk), 'torch.unsafe_chunk'),
  native('torch.tensor_split', '(input, indices_or_sections|sections|indices, dim=0)', (cx, args) => {
    const x = args.tensor('input');
    if (cx.build.rank(x) === 0) throw new ShapeError('tensor_split: a tensor without axes cannot be split');
    return tensorSplit(cx, x, args.axis('dim', cx.build.rank(x), 0), args.value('indices_or_sections'));
  }),
  fixedSplit('torch.hsplit', (rank) => (rank === 1 ? 0 : 1), 1),
  fixedSplit('torch.vsplit', () => 0, 2),
  fixedSplit('torch.dsplit', () => 2, 3),
  native('torch.unbind', '(input, dim=0)', (cx, args) => {
    const x = args.tensor('input');
    if (cx.build.rank(x) === 0) throw new ShapeError('unbind: a tensor without axes has no entries');
    return entriesOf(cx, x, args.axis('dim', cx.build.rank(x), 0));
  }),
]);

export const joining: readonly NativeValue[] = [
  ...alias(
    op('torch.cat', '(tensors, dim|axis=0, *, out=None)', (cx, args) =>
      concatenateParts(cx, partsOf(cx, args.value('tensors')), args.int('dim', 0)),
    ),
    'torch.concat',
    'torch.concatenate',
  ),
  op('torch.stack', '(tensors, dim|axis=0, *, out=None)', (cx, args) => {
    const parts = partsOf(cx, args.value('tensors'));
    normalAxis(args.int('dim', 0), cx.build.rank(firstOf(parts)) + 1);
    return stackParts(cx, parts, args.int('dim', 0));
  }),
  joined('torch.hstack', 1, 0),
  ...alias(joined('torch.vstack', 2, 0), 'torch.row_stack'),
  joined('torch.dstack', 3, 2),
  op('torch.column_stack', '(tensors, *, out=None)', columnStack),
  op('torch.block_diag', '(*tensors)', (cx, args) => blockDiagonal(cx, several(cx, args.rest))),
  ...shared,
];
