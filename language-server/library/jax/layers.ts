import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import {
  type DType,
  dimAt,
  isFloating,
  promote,
  requireEqual,
  type Shape,
  ShapeError,
  showShape,
} from '../../graph/shape.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { scaledBy, standardized } from '../torch/nn/normalization.ts';
import { int, str, tuple, type Value } from '../values.ts';
import { jaxNode } from './borrow.ts';

/** What the layers of JAX's libraries (flax, equinox, haiku) compute: weights are (in, out), channels stand last. */

/** Arrays of the type that is asked for, or of their common one; whole numbers become fractions. */
export function promoted(cx: Context, nodes: readonly NodeId[], dtype: DType | null): readonly NodeId[] {
  const common = nodes.map((node) => cx.build.aval(node).dtype).reduce(promote);
  const wanted = dtype ?? (isFloating(common) ? common : 'float32');
  return nodes.map((node) => cx.build.convert(node, wanted));
}

/** Sums of products over some axes of x and the kernel's axes behind its batch axes; the kernel's others come last. */
export function general(
  cx: Context,
  x: NodeId,
  kernel: NodeId,
  axes: readonly number[],
  batch: readonly number[] = [],
): NodeId {
  const count = batch.length;
  return cx.build.dot(x, kernel, {
    contract: [axes, axes.map((_, k) => count + k)],
    batch: [batch, batch.map((_, k) => k)],
  });
}

/** x @ kernel + bias over the last axis. */
export function dense(cx: Context, x: NodeId, kernel: NodeId, bias: NodeId | null): NodeId {
  const y = general(cx, x, kernel, [cx.build.rank(x) - 1]);
  return bias === null ? y : cx.build.add(y, bias);
}

export interface Windowed {
  readonly stride: readonly number[];
  /** 'SAME', 'VALID' and the like, or pairs. */
  readonly padding: string | readonly (readonly [number, number])[];
  readonly dilation: readonly number[];
  readonly inputDilation: readonly number[];
  readonly groups: number;
}

export function ints(values: readonly number[]): Value {
  return tuple(values.map((value) => int(value)));
}

export function pairs(values: readonly (readonly [number, number])[]): Value {
  return tuple(values.map((pair) => ints(pair)));
}

const spatial = 'DHW';

/** Letters for the axes of space: `HW`. */
function letters(space: number): string {
  return space <= 3 ? spatial.slice(3 - space) : [...'DHWPQRSTUV'].slice(0, space).join('');
}

/** All axes in front of `kept` ones as one, so that it stands for the samples; and what makes them again. */
function oneBatch(cx: Context, x: NodeId, kept: number): { readonly x: NodeId; readonly back: (y: NodeId) => NodeId } {
  const { build } = cx;
  const shape = build.shape(x);
  const lead = shape.slice(0, shape.length - kept);
  if (shape.length < kept)
    throw new ShapeError(`an array with ${kept} axes or more is wanted, not ${showShape(shape)}`);
  if (lead.length === 1) return { x, back: (y) => y };
  return {
    x: build.reshape(x, [D.product(lead), ...shape.slice(lead.length)]),
    back: (y) => build.reshape(y, [...lead, ...build.shape(y).slice(1)]),
  };
}

/** Refuses settings that are not as many as there are axes of space. */
function requireEach(space: number, how: Pick<Windowed, 'stride' | 'padding' | 'dilation'>): void {
  const { stride, padding, dilation } = how;
  const odd = [stride, dilation, ...(typeof padding === 'string' ? [] : [padding])].find(
    (each) => each.length !== space,
  );
  if (odd !== undefined) throw new PythonError('ValueError', `${odd.length} numbers for ${space} axes of space`);
}

/** Without elements, how many samples there are cannot be inferred where there is not one axis of them. */
function requireOneBatch(cx: Context, x: NodeId, kept: number): NodeId {
  const shape = cx.build.shape(x);
  if (shape.length !== kept + 1 && shape.slice(-kept).includes(0))
    throw new Unknowable('a convolution of no elements is not followed');
  return x;
}

/** x padded by hand where the kind of padding is none of lax's. */
function padded(
  cx: Context,
  x: NodeId,
  window: readonly number[],
  how: Windowed,
): { readonly x: NodeId; readonly padding: Windowed['padding'] } {
  const { padding, dilation } = how;
  if (typeof padding !== 'string' || !['CIRCULAR', 'REFLECT', 'CAUSAL'].includes(padding)) return { x, padding };
  const reach = window.map((size, k) => (size - 1) * (dilation[k] ?? 1) + 1);
  if (padding === 'CAUSAL' && window.length !== 1)
    throw new PythonError('ValueError', 'Causal padding is only implemented for 1D convolutions.');
  const amounts = reach.map((size): readonly [number, number] =>
    padding === 'CAUSAL' ? [size - 1, 0] : [Math.floor((size - 1) / 2), Math.floor(size / 2)],
  );
  const mode = { CIRCULAR: 'wrap', REFLECT: 'reflect', CAUSAL: 'constant' }[padding] ?? 'constant';
  const width = pairs([[0, 0], ...amounts, [0, 0]]);
  return { x: jaxNode(cx, 'numpy.pad', { array: x, pad_width: width, mode: str(mode) }), padding: 'VALID' };
}

/** A convolution of (..., *space, channels) with (*window, channels / groups, out). */
export function convolveLast(cx: Context, given: NodeId, kernel: NodeId, bias: NodeId | null, how: Windowed): NodeId {
  const { build } = cx;
  const window = build.shape(kernel).slice(0, -2);
  const space = window.length;
  requireEach(space, how);
  const { x, back } = oneBatch(cx, requireOneBatch(cx, given, space + 1), space + 1);
  const sizes = window.map((dim) => {
    if (!D.isKnown(dim)) throw new Unknowable('the size of the window is not known');
    return dim;
  });
  const wide = padded(cx, x, sizes, how);
  const [own, weights] = [`N${letters(space)}C`, `${letters(space)}IO`];
  const y = jaxNode(cx, 'lax.conv_general_dilated', {
    lhs: wide.x,
    rhs: kernel,
    window_strides: ints(how.stride),
    padding: typeof wide.padding === 'string' ? str(wide.padding) : pairs(wide.padding),
    lhs_dilation: ints(how.inputDilation),
    rhs_dilation: ints(how.dilation),
    dimension_numbers: tuple([str(own), str(weights), str(own)]),
    feature_group_count: int(how.groups),
  });
  return back(bias === null ? y : build.add(y, bias));
}

/** The padding of lax.conv_transpose before and behind the spread-out input (jax/_src/lax/convolution.py). */
function transposedPadding(reach: number, stride: number, kind: string): readonly [number, number] {
  const same = kind === 'SAME';
  const total = reach + stride - 2 + (same ? 0 : Math.max(reach - stride, 0));
  const before = same ? (stride > reach - 1 ? reach - 1 : Math.ceil(total / 2)) : reach - 1;
  return [before, total - before];
}

/** lax.conv_transpose: (..., *space, channels) spread out by the stride, then convolved with (*window, channels, out). */
export function convolveBack(
  cx: Context,
  given: NodeId,
  kernel: NodeId,
  bias: NodeId | null,
  how: Pick<Windowed, 'stride' | 'padding' | 'dilation'> & { readonly transposeKernel: boolean },
): NodeId {
  const { build } = cx;
  const window = build.shape(kernel).slice(0, -2);
  const space = window.length;
  requireEach(space, how);
  const { x, back } = oneBatch(cx, requireOneBatch(cx, given, space + 1), space + 1);
  const { padding } = how;
  if (typeof padding === 'string' && !['SAME', 'VALID'].includes(padding))
    throw new Unknowable(`the padding '${padding}' of a transposed convolution is not followed`);
  const axes = window.map((_, k) => k);
  const turned = how.transposeKernel ? kernel : jaxNode(cx, 'lax.rev', { operand: kernel, dimensions: ints(axes) });
  const [inAxis, outAxis] = how.transposeKernel ? [space + 1, space] : [space, space + 1];
  const first = build.transpose(x, [0, space + 1, ...axes.map((k) => k + 1)]);
  const weights = build.transpose(turned, [inAxis, outAxis, ...axes]);
  const amounts = window.map((size, k): readonly [number, number] => {
    if (!D.isKnown(size)) throw new Unknowable('the size of the window is not known');
    const reach = (size - 1) * (how.dilation[k] ?? 1) + 1;
    const around =
      typeof padding === 'string' ? transposedPadding(reach, how.stride[k] ?? 1, padding) : (padding[k] ?? [0, 0]);
    return [reach - 1 - around[0], reach - 1 - around[1]];
  });
  if (amounts.some(([low]) => low < 0))
    throw new Unknowable('so much padding of a transposed convolution is not followed');
  const y = build.emit(
    'conv',
    {
      stride: how.stride,
      padding: amounts.map(([low, high]) => [low, Math.max(high, 0)] as const),
      dilation: how.dilation,
      groups: 1,
      transposed: { outputPadding: amounts.map(([, high]) => Math.max(-high, 0)) },
    },
    [first, weights],
  );
  const last = build.transpose(y, [0, ...axes.map((k) => k + 2), 1]);
  return back(bias === null ? last : build.add(last, bias));
}

/** Windows over the axes of space of (..., *space, channels). */
export function poolLast(
  cx: Context,
  given: NodeId,
  how: 'max' | 'mean',
  window: readonly number[],
  stride: readonly number[],
  padding: readonly (readonly [number, number])[],
  countPadding: boolean,
): NodeId {
  const { build } = cx;
  const space = window.length;
  const { x, back } = oneBatch(cx, given, space + 1);
  const axes = window.map((_, k) => k);
  window.forEach((reach, k) => {
    const [size, [low, high]] = [dimAt(build.shape(x), k + 1), padding[k] ?? [0, 0]];
    if (D.isKnown(size) && size + low + high < reach)
      throw new Unknowable('windows that are larger than the input are not followed');
  });
  const first = build.transpose(x, [0, space + 1, ...axes.map((k) => k + 1)]);
  const y = build.emit(
    'reduce_window',
    { how, window, stride, padding, dilation: window.map(() => 1), ceil: false, countPadding },
    [first],
  );
  return back(build.transpose(y, [0, ...axes.map((k) => k + 2), 1]));
}

/** The padding that 'SAME' and 'VALID' stand for. */
export function paddingFor(
  kind: string,
  sizes: Shape,
  window: readonly number[],
  stride: readonly number[],
): readonly (readonly [number, number])[] {
  return window.map((reach, k): readonly [number, number] => {
    if (kind === 'VALID') return [0, 0];
    if (kind !== 'SAME') throw new PythonError('ValueError', `padding '${kind}' is not known`);
    const [size, step] = [sizes[k] ?? 1, stride[k] ?? 1];
    if (!D.isKnown(size)) throw new Unknowable(`the padding of ${D.show(size)} entries is not known`);
    const total = Math.max(0, (Math.ceil(size / step) - 1) * step + reach - size);
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  });
}

export interface Statistics {
  /** With the axes that they were taken over of size 1. */
  readonly mean: NodeId;
  readonly variance: NodeId;
}

/** (x - mean) / sqrt(variance + eps). */
export function centred(cx: Context, x: NodeId, { mean, variance }: Statistics, eps: NodeId): NodeId {
  return scaledBy(cx, cx.build.sub(x, mean), variance, eps);
}

/** The same with statistics of x itself over some axes. */
export function normalized(cx: Context, x: NodeId, axes: readonly number[], eps: NodeId): NodeId {
  return standardized(cx, x, axes, eps);
}

/** x / sqrt(mean of squares + eps) over some axes. */
export function rootNormalized(cx: Context, x: NodeId, axes: readonly number[], eps: NodeId): NodeId {
  const { build } = cx;
  return scaledBy(cx, x, build.mean(build.square(x), axes, true), eps);
}

/** A weight of some axes of x, in their places. */
export function placed(cx: Context, weight: NodeId, x: NodeId, axes: readonly number[]): NodeId {
  const { build } = cx;
  const shape = build.shape(x);
  return build.reshape(
    weight,
    shape.map((dim, k) => (axes.includes(k) ? dim : 1)),
  );
}

/** x scaled and shifted by weights of some of its axes. */
export function affine(
  cx: Context,
  x: NodeId,
  scale: NodeId | null,
  bias: NodeId | null,
  axes: readonly number[],
): NodeId {
  const { build } = cx;
  const scaled = scale === null ? x : build.mul(x, placed(cx, scale, x, axes));
  return bias === null ? scaled : build.add(scaled, placed(cx, bias, x, axes));
}

/** The last axis in groups that are normalized by themselves, with the other axes of `axes`. */
export function groupNormalized(cx: Context, x: NodeId, groups: number, axes: readonly number[], eps: NodeId): NodeId {
  const { build } = cx;
  const shape = build.shape(x);
  const channels = dimAt(shape, shape.length - 1);
  const size = groups <= 0 ? null : D.exactQuotient(channels, groups);
  if (size === null)
    throw new PythonError(
      'ValueError',
      `Number of groups (${groups}) does not divide the number of channels (${D.show(channels)})`,
    );
  const grouped = build.reshape(x, [...shape.slice(0, -1), groups, size]);
  return build.reshape(
    standardized(cx, grouped, [...axes.filter((axis) => axis !== shape.length - 1), shape.length], eps),
    shape,
  );
}

export interface Attended {
  readonly output: NodeId;
  readonly weights: NodeId;
}

/** Scores (..., heads, queries, keys) of queries and keys (..., length, heads, features), as weights that sum to 1. */
export function attentionWeights(
  cx: Context,
  query: NodeId,
  key: NodeId,
  bias: NodeId | null,
  mask: NodeId | null,
): NodeId {
  const { build } = cx;
  const rank = build.rank(query);
  if (rank < 3 || build.rank(key) !== rank) throw new PythonError('AssertionError', 'q, k must have same rank.');
  const lead = Array.from({ length: rank - 3 }, (_, k) => k);
  const depth = dimAt(build.shape(query), rank - 1);
  const batch = [...lead, rank - 2];
  const product = build.dot(query, key, { contract: [[rank - 1], [rank - 1]], batch: [batch, batch] });
  const scale = build.unary('rsqrt', build.dimScalar(depth, build.aval(query).dtype));
  const scores = build.mul(product, scale);
  const shifted = bias === null ? scores : build.add(scores, bias);
  if (mask === null) return build.softmax(shifted, -1);
  const wide = fitted(cx, build.convert(mask, 'bool'), build.shape(shifted));
  return build.softmax(
    build.select(wide, shifted, build.full([], -3.4028234663852886e38, build.aval(shifted).dtype)),
    -1,
  );
}

function fitted(cx: Context, mask: NodeId, shape: Shape): NodeId {
  const own = cx.build.shape(mask);
  own.forEach((dim, k) => {
    const wanted = shape[shape.length - own.length + k];
    if (wanted === undefined) throw new ShapeError(`a mask ${showShape(own)} for scores ${showShape(shape)}`);
    if (dim !== 1) requireEqual(dim, wanted, () => `a mask ${showShape(own)} for scores ${showShape(shape)}`);
  });
  return mask;
}

/** Values (..., keys, heads, features) mixed by weights (..., heads, queries, keys): (..., queries, heads, features). */
export function mixedBy(cx: Context, weights: NodeId, value: NodeId): NodeId {
  const { build } = cx;
  const rank = build.rank(value);
  const lead = Array.from({ length: rank - 3 }, (_, k) => k);
  const mixed = build.dot(weights, value, {
    contract: [[rank - 1], [rank - 3]],
    batch: [
      [...lead, rank - 3],
      [...lead, rank - 2],
    ],
  });
  return build.swapAxes(mixed, rank - 3, rank - 2);
}

/** The rows of a table that whole numbers pick. */
export function embedded(cx: Context, table: NodeId, places: NodeId): NodeId {
  const { dtype } = cx.build.aval(places);
  if (isFloating(dtype) || dtype === 'bool')
    throw new PythonError('ValueError', `Input type must be an integer or unsigned integer, not ${dtype}`);
  return jaxNode(cx, 'numpy.take', { a: table, indices: places, axis: int(0) });
}

export function sizesOf(shape: readonly Dim[]): Value {
  return tuple(shape.map((dim) => int(dim)));
}
