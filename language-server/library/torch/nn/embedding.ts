import type { Dim } from '../../../graph/dim.ts';
import * as D from '../../../graph/dim.ts';
import { type NodeId, nodeAt, reachable } from '../../../graph/graph.ts';
import { type DType, dimAt, requireEqual, ShapeError, sameShape, showShape } from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import { type Context, PythonError } from '../../context.ts';
import { native, op } from '../../define.ts';
import { bool, type ClassValue, int, type NativeValue, tensor, type Value } from '../../values.ts';
import { numbersOf } from '../nested.ts';
import { except as allBut, opaque } from '../opaque.ts';
import { layerClass, staticMethod, weightMaker } from './layer.ts';
import { asParameter, type ModuleSelf } from './module.ts';

/** Tables of vectors (https://docs.pytorch.org/docs/stable/nn.html#sparse-layers), and whole numbers as categories. */

/**
 * Refuses indices that are no whole numbers. What comes from outside counts as fitting: an argument that nothing is
 * known of but its shape is taken for one of floating point numbers.
 */
export function requireIndices(
  cx: Context,
  index: NodeId,
  name: string,
  types: readonly DType[] = ['int64', 'int32'],
): void {
  const { dtype } = cx.build.aval(index);
  if (types.includes(dtype)) return;
  const given = reachable(cx.build, [index]).some((id) => {
    const { op: own } = nodeAt(cx.build, id);
    return own.name === 'input' || own.name === 'data';
  });
  if (!given) throw new PythonError('RuntimeError', `${name}: indices must be ${types.join(' or ')}, not ${dtype}`);
}

/** Refuses indices that are written in the program and lie outside. */
export function requireInside(
  cx: Context,
  index: NodeId,
  count: Dim,
  name: string,
  /** A number that means none, and may lie outside. */
  except: number | null = null,
): void {
  if (!D.isKnown(count)) return;
  const outside = numbersOf(cx, index)?.find((value) => value !== except && (value < 0 || value >= count));
  if (outside !== undefined) throw new PythonError('IndexError', `${name}: index ${outside} out of range for ${count}`);
}

/** A row of the table for each index. Rows that stand for padding get no derivative. */
function embedding(cx: Context, index: NodeId, weight: NodeId, args: Args): NodeId {
  const { build } = cx;
  const table = build.shape(weight);
  if (table.length !== 2) throw new ShapeError(`embedding: a matrix of weights is wanted, not ${showShape(table)}`);
  requireIndices(cx, index, 'embedding');
  const shape = build.shape(index);
  const padding = paddingIndex(args, table);
  if (args.optional('max_norm') !== null)
    return opaque(
      cx,
      'embedding with max_norm',
      [index, weight],
      [...shape, dimAt(table, 1)],
      build.aval(weight).dtype,
      allBut(shape.length),
    );
  requireInside(cx, index, dimAt(table, 0), 'embedding');
  const rows = build.emit('gather', { axes: [0], position: 0 }, [weight, index]);
  if (padding === null) return rows;
  const isPadding = build.binary('eq', index, build.scalar(padding, index));
  return build.select(build.expandDims(isPadding, shape.length), build.unary('stop_gradient', rows), rows);
}

/** The row that stands for padding, counted from the front; null where there is none. */
function paddingIndex(args: Args, table: readonly Dim[]): number | null {
  if (args.optional('padding_idx') === null) return null;
  const [given, count] = [args.int('padding_idx'), dimAt(table, 0)];
  if (!D.isKnown(count)) return given < 0 ? null : given;
  if (given < -count || given >= count)
    throw new PythonError('AssertionError', 'Padding_idx must be within num_embeddings');
  return given < 0 ? given + count : given;
}

const bagHow = { sum: 'reduce_sum', mean: 'reduce_sum', max: 'reduce_max' } as const;

function bagMode(mode: string): keyof typeof bagHow {
  if (mode === 'sum' || mode === 'mean' || mode === 'max') return mode;
  throw new PythonError('ValueError', 'mode has to be one of sum, mean or max');
}

/** Sums, means or maxima of the rows of each bag: the rows of a matrix of indices, or parts of a list of them. */
function embeddingBag(cx: Context, args: Args, own: Args, weight: NodeId): NodeId {
  const { build } = cx;
  const index = args.tensor('input');
  const [shape, table] = [build.shape(index), build.shape(weight)];
  const mode = bagMode(own.string('mode', 'mean'));
  const [offsets, scales] = [args.optionalTensor('offsets'), args.optionalTensor('per_sample_weights')];
  requireIndices(cx, index, 'embedding_bag');
  if (table.length !== 2) throw new ShapeError(`embedding_bag: a matrix of weights is wanted, not ${showShape(table)}`);
  if (scales !== null && !sameShape(build.shape(scales), shape))
    throw new PythonError(
      'ValueError',
      `per_sample_weights ${showShape(build.shape(scales))} for indices ${showShape(shape)}`,
    );
  if (scales !== null && mode !== 'sum')
    throw new PythonError('NotImplementedError', 'per_sample_weights are only supported for mode sum');
  if (shape.length === 2) {
    if (shape[1] === 0) throw new PythonError('RuntimeError', `embedding_bag: ${showShape(shape)} has empty bags`);
    if (offsets !== null) throw new PythonError('ValueError', 'if input is 2D, then offsets has to be None');
    requireInside(cx, index, dimAt(table, 0), 'embedding_bag');
    if (own.optional('padding_idx') !== null || own.optional('max_norm') !== null)
      return opaque(
        cx,
        'embedding_bag',
        [index, weight],
        [dimAt(shape, 0), dimAt(table, 1)],
        build.aval(weight).dtype,
        [[0, 0]],
      );
    const rows = build.emit('gather', { axes: [0], position: 0 }, [weight, index]);
    const scaled = scales === null ? rows : build.mul(rows, build.expandDims(scales, 2));
    return mode === 'mean' ? build.mean(scaled, [1]) : build.reduce(bagHow[mode], scaled, [1]);
  }
  if (shape.length !== 1)
    throw new PythonError('ValueError', `input has to be 1D or 2D Tensor, but got Tensor of dimension ${shape.length}`);
  if (offsets === null) throw new PythonError('ValueError', 'offsets has to be a 1D Tensor but got None');
  const bags = build.shape(offsets);
  if (bags.length !== 1) throw new PythonError('ValueError', `offsets has to be a 1D Tensor, not ${showShape(bags)}`);
  const starts = numbersOf(cx, offsets);
  if (starts !== null && starts.length > 0 && starts[0] !== 0)
    throw new PythonError('ValueError', 'offsets[0] has to be 0');
  const [end, length] = [starts?.at(-1), dimAt(shape, 0)];
  if (end !== undefined && D.isKnown(length) && end > length)
    throw new PythonError(
      'RuntimeError',
      `offsets[-1] can not be greater than input's length(${length}), but got ${end}`,
    );
  const last = own.bool('include_last_offset', false) ? 1 : 0;
  const count = D.sub(dimAt(bags, 0), last);
  if (D.isKnown(count) && count < 0)
    throw new PythonError('RuntimeError', 'include_last_offset: number of offsets should be at least 1');
  const operands = [index, weight, offsets, ...(scales === null ? [] : [scales])];
  return opaque(cx, 'embedding_bag', operands, [count, dimAt(table, 1)], build.aval(weight).dtype);
}

/** 1 at the place of the category, 0 elsewhere, along a new last axis. */
function oneHot(cx: Context, x: NodeId, count: Dim): NodeId {
  const { build } = cx;
  const { shape, dtype } = build.aval(x);
  if (dtype !== 'int64')
    throw new PythonError('RuntimeError', `one_hot is only applicable to index tensor, not ${dtype}`);
  const values = numbersOf(cx, x);
  const classes = count === -1 ? (values === null || values.length === 0 ? null : Math.max(...values) + 1) : count;
  if (count === -1 && shape.includes(0))
    throw new PythonError('RuntimeError', 'Can not infer total number of classes from empty tensor');
  if (D.isKnown(count) && (count < -1 || count === 0))
    throw new PythonError('RuntimeError', 'num_classes should be positive');
  if (count !== -1) requireInside(cx, x, count, 'one_hot');
  const categories = classes ?? cx.freshSize('classes');
  const places = build.emit('iota', { start: 0, step: 1, shape: [categories], dtype: 'int64' });
  return build.convert(build.binary('eq', build.expandDims(x, shape.length), places), 'int64');
}

const embeddingSettings =
  'num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False, _weight=None, _freeze=False, device=None, dtype=None';
const bagSettings =
  "num_embeddings, embedding_dim, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode='mean', sparse=False, _weight=None, include_last_offset=False, padding_idx=None, device=None, dtype=None";

function makeTable(cx: Context, module: ModuleSelf, settings: Args): void {
  const [count, width] = [settings.dim('num_embeddings'), settings.dim('embedding_dim')];
  paddingIndex(settings, [count]);
  const given = settings.optional('_weight');
  if (given?.kind === 'tensor') {
    const own = cx.build.shape(given.node);
    if (own.length !== 2) throw new ShapeError(`Embedding: a matrix of weights is wanted, not ${showShape(own)}`);
    requireEqual(dimAt(own, 0), count, () => `Shape of weight ${showShape(own)} does not match num_embeddings`);
    requireEqual(dimAt(own, 1), width, () => `Shape of weight ${showShape(own)} does not match embedding_dim`);
    cx.setAttribute(module, 'weight', asParameter(cx, given, !settings.bool('_freeze', false)));
    return;
  }
  weightMaker(cx, module, settings)('weight', [count, width], { kind: 'normal', mean: 0, std: 1 });
}

/** `from_pretrained(embeddings)`: a layer with that table. */
function fromPretrained(cls: () => ClassValue): NativeValue {
  return native(
    'from_pretrained',
    '(embeddings, freeze=True, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode=None, sparse=False, include_last_offset=False)',
    (cx, args) => {
      const table = args.tensorValue('embeddings');
      const shape = cx.build.shape(table.node);
      if (shape.length !== 2)
        throw new PythonError('AssertionError', 'Embeddings parameter is expected to be 2-dimensional');
      const settings: [string, Value][] = [
        ['_weight', table],
        ['_freeze', bool(args.bool('freeze', true))],
        ...(['padding_idx', 'max_norm', 'mode', 'include_last_offset'] as const).flatMap((name): [string, Value][] => {
          const value = args.optional(name);
          return value === null ? [] : [[name, value]];
        }),
      ];
      const isBag = cls() === bagClass;
      return cx.call(
        cls(),
        [int(dimAt(shape, 0)), int(dimAt(shape, 1))],
        new Map(isBag ? settings.filter(([name]) => name !== '_freeze') : settings),
      );
    },
  );
}

const embeddingClass = layerClass({
  name: 'Embedding',
  settings: embeddingSettings,
  make: makeTable,
  forward: (cx, args, own) => embedding(cx, args.tensor('input'), own.tensor('weight'), own),
});

const bagClass = layerClass({
  name: 'EmbeddingBag',
  settings: bagSettings,
  inputs: 'input, offsets=None, per_sample_weights=None',
  make: (cx, module, settings) => {
    bagMode(settings.string('mode', 'mean'));
    makeTable(cx, module, settings);
  },
  forward: (cx, args, own) => embeddingBag(cx, args, own, own.tensor('weight')),
});

for (const cls of [embeddingClass, bagClass])
  cls.attributes.set('from_pretrained', staticMethod(fromPretrained(() => cls)));

export const embeddingLayers: readonly (ClassValue | NativeValue)[] = [
  embeddingClass,
  bagClass,
  op(
    'torch.nn.functional.embedding',
    '(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False)',
    (cx, args) => embedding(cx, args.tensor('input'), args.tensor('weight'), args),
  ),
  op(
    'torch.nn.functional.embedding_bag',
    "(input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode='mean', sparse=False, per_sample_weights=None, include_last_offset=False, padding_idx=None)",
    (cx, args) => embeddingBag(cx, args, args, args.tensor('weight')),
  ),
  native('torch.nn.functional.one_hot', '(tensor|input, num_classes=-1)', (cx, args) =>
    tensor(oneHot(cx, args.tensor('tensor'), args.dim('num_classes', -1))),
  ),
];
