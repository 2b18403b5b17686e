import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { dimAt, isFloating, requireEqual, type Shape, ShapeError, showShape } from '../../graph/shape.ts';
import { PythonError, Unknowable } from '../context.ts';
import { opaque } from '../torch/opaque.ts';
import type { NativeValue, Value } from '../values.ts';
import { isComplex, sizesIn, type TensorCall, tfFunction, tfOp } from './dialect.ts';

/** Convolutions and pooling over (samples, *space, channels) (https://www.tensorflow.org/api_docs/python/tf/nn). */

type Pad = readonly [low: number, high: number];

/** Windows over the axes of space. */
interface Windows {
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** 'SAME' keeps as many as strides allow, 'VALID' takes whole windows only. */
  readonly padding: 'SAME' | 'VALID' | readonly Pad[];
}

/** How the argument of so many axes of space may be written: one number, one for each, or with samples and channels. */
type Written = 'any' | 'whole';

/** Numbers for each axis of space; samples and channels are not strided over. */
function perAxis(call: TensorCall, name: string, space: number, written: Written): readonly number[] {
  const value = call.optional(name);
  if (value === null) return Array.from({ length: space }, () => 1);
  const given = value.kind === 'int' ? [value.value] : sizesIn(call.cx, value);
  const numbers = given.map((dim) => {
    if (!D.isKnown(dim)) throw new Unknowable(`the value of '${name}' (${D.show(dim)}) is not known`);
    return dim;
  });
  const [only] = numbers;
  if (written === 'whole' && numbers.length !== space + 2)
    throw new PythonError('TypeError', `'${name}' must be a list of ${space + 2} numbers`);
  if (numbers.length === 1 && only !== undefined) return Array.from({ length: space }, () => only);
  if (numbers.length === space) return numbers;
  if (numbers.length !== space + 2)
    throw new PythonError(
      'ValueError',
      `'${name}' must have length 1, ${space} or ${space + 2}, not ${numbers.length}`,
    );
  if (numbers[0] !== 1 || numbers[space + 1] !== 1)
    throw new PythonError('InvalidArgumentError', `'${name}' over samples or channels is not supported`);
  return numbers.slice(1, -1);
}

function paddingIn(call: TensorCall, space: number): Windows['padding'] {
  const value = call.optional('padding') ?? { kind: 'str', value: 'VALID' };
  if (value.kind === 'str') {
    if (value.value === null) throw new Unknowable('the padding is not known');
    const mode = value.value.toUpperCase();
    if (mode === 'SAME' || mode === 'VALID') {
      if (mode !== value.value) throw new Unknowable(`whether '${value.value}' is a padding hangs on the function`);
      return mode;
    }
    throw new PythonError(
      'ValueError',
      `Value for attr 'padding' of "${value.value}" is not in the list of allowed values`,
    );
  }
  const rows = call.cx.items(value).map((row) => sizesIn(call.cx, row));
  if (rows.length !== space + 2)
    throw new PythonError('ValueError', `explicit padding must be a list of ${space + 2} pairs`);
  const pairs = rows.map(([low, high]): Pad => {
    if (low === undefined || high === undefined || !D.isKnown(low) || !D.isKnown(high))
      throw new Unknowable('the padding is not known');
    if (low < 0 || high < 0) throw new PythonError('ValueError', 'padding must be non-negative');
    return [low, high];
  });
  if ([pairs[0], pairs[space + 1]].some((pair) => pair?.[0] !== 0 || pair[1] !== 0))
    throw new PythonError('ValueError', 'samples and channels cannot be padded');
  return pairs.slice(1, -1);
}

function windowsIn(call: TensorCall, space: number, written: Written): Windows {
  const [stride, dilation] = [perAxis(call, 'strides', space, written), perAxis(call, 'dilations', space, 'any')];
  if ([...stride, ...dilation].some((n) => n < 1))
    throw new PythonError('InvalidArgumentError', 'strides and dilations must be positive');
  return { stride, dilation, padding: paddingIn(call, space) };
}

/** Padding in numbers; null where it hangs on sizes that are not known. */
function padsOf(
  space: Shape,
  window: readonly number[],
  { stride, dilation, padding }: Windows,
): readonly Pad[] | null {
  if (padding === 'VALID') return space.map(() => [0, 0]);
  if (padding !== 'SAME') return padding;
  const pads = space.map((dim, k): Pad | null => {
    const [step, reach] = [stride[k] ?? 1, ((window[k] ?? 1) - 1) * (dilation[k] ?? 1) + 1];
    if (!D.isKnown(dim) && step !== 1) return null;
    const total = D.isKnown(dim) ? Math.max(0, (Math.ceil(dim / step) - 1) * step + reach - dim) : reach - 1;
    return [Math.floor(total / 2), total - Math.floor(total / 2)];
  });
  return pads.every((pad) => pad !== null) ? pads.flatMap((pad) => (pad === null ? [] : [pad])) : null;
}

/** The size of the result along each axis of space. */
function resultSizes(space: Shape, window: readonly number[], { stride, dilation, padding }: Windows): Shape {
  return space.map((dim, k) => {
    const [step, reach] = [stride[k] ?? 1, ((window[k] ?? 1) - 1) * (dilation[k] ?? 1) + 1];
    if (padding === 'SAME') return D.floorDiv(D.add(dim, step - 1), step);
    const [low, high] = padding === 'VALID' ? [0, 0] : (padding[k] ?? [0, 0]);
    const room = D.add(dim, low + high - reach + step);
    const count = D.isKnown(room) ? Math.trunc(room / step) : D.floorDiv(room, step);
    if (D.isKnown(count) && count < 0)
      throw new ShapeError(`a window of ${reach} is larger than the padded size ${D.show(D.add(dim, low + high))}`);
    return count;
  });
}

function requireChannelsLast(call: TensorCall): void {
  const format = call.optional('data_format');
  if (format === null) return;
  const text = call.string('data_format');
  if (text.startsWith('NC')) throw new Unknowable('whether channels may come first hangs on the device');
  if (!/^N[DHW]*C$/.test(text)) throw new PythonError('ValueError', `no data format: '${text}'`);
}

function toFront(call: TensorCall, x: NodeId): NodeId {
  return call.build.moveAxes(x, [call.build.rank(x) - 1], [1]);
}

function toBack(call: TensorCall, x: NodeId): NodeId {
  return call.build.moveAxes(x, [1], [call.build.rank(x) - 1]);
}

function knownWindow(shape: Shape): readonly number[] {
  return shape.map((dim) => {
    if (!D.isKnown(dim)) throw new Unknowable(`a window of ${D.show(dim)} is not followed`);
    if (dim < 1) throw new ShapeError(`weights ${showShape(shape)} have no elements`);
    return dim;
  });
}

/** Two operands that must be of one type with a fraction. */
function operands(call: TensorCall, first: string, second: string): readonly [NodeId, NodeId] {
  const [x, weight] = call.inOrder(first, second);
  const { dtype } = call.build.aval(x);
  if (isComplex(dtype) || dtype === 'bool') throw new PythonError('InvalidArgumentError', `a convolution of ${dtype}`);
  if (!isFloating(dtype)) throw new Unknowable('a convolution of whole numbers is not followed');
  return [x, weight];
}

/** x (samples, *space, in) against weights (*window, in / groups, out). */
function convolve(call: TensorCall, x: NodeId, weight: NodeId, windows: Windows): NodeId {
  const { build, cx } = call;
  const space = windows.stride.length;
  const [own, w] = [build.shape(x), build.shape(weight)];
  if (w.length !== space + 2) throw new ShapeError(`convolution: weights ${showShape(w)} do not fit ${showShape(own)}`);
  if (own.length < space + 2) throw new ShapeError(`convolution: ${space + 2} axes are wanted, not ${showShape(own)}`);
  // More axes in front are more samples.
  const lead = own.slice(0, own.length - space - 1);
  if (lead.length > 1) {
    const flat = build.reshape(x, [D.product(lead), ...own.slice(lead.length)]);
    const y = convolve(call, flat, weight, windows);
    return build.reshape(y, [...lead, ...build.shape(y).slice(1)]);
  }
  const window = knownWindow(w.slice(0, space));
  const [channels, given] = [dimAt(own, space + 1), dimAt(w, space)];
  const groups = D.exactQuotient(channels, given);
  const misfit = `convolution: weights ${showShape(w)} do not take ${D.show(channels)} channels of ${showShape(own)}`;
  if (groups === null && D.isKnown(channels) && D.isKnown(given)) throw new ShapeError(misfit);
  if (groups === null || !D.isKnown(groups)) throw new Unknowable('whether the channels fit is not known');
  const out = dimAt(w, space + 1);
  if (D.isKnown(out) && (groups < 1 || out % groups !== 0)) throw new ShapeError(misfit);
  const sizes = resultSizes(own.slice(1, -1), window, windows);
  const { dtype } = build.aval(x);
  const result: Shape = [dimAt(own, 0), ...sizes, out];
  const pads = padsOf(own.slice(1, -1), window, windows);
  if (result.some((dim) => dim === 0)) return build.full(result, 0, dtype);
  if (pads === null) return opaque(cx, 'convolution', [x, weight], result, dtype, [[0, 0]]);
  const order = [space + 1, space, ...window.map((_, k) => k)];
  const params = { stride: windows.stride, padding: pads, dilation: windows.dilation, groups, transposed: null };
  return toBack(call, build.emit('conv', params, [toFront(call, x), build.transpose(weight, order)]));
}

function convolution(name: string, space: number, written: Written, ends: string): readonly NativeValue[] {
  return tfOp(name, `(input, filters|filter, ${ends})`, (call) => {
    requireChannelsLast(call);
    const [x, weight] = operands(call, 'input', 'filters');
    return convolve(call, x, weight, windowsIn(call, space, written));
  });
}

/** A convolution over as many axes as the weights have. */
function anyConvolution(call: TensorCall): NodeId {
  requireChannelsLast(call);
  const [x, weight] = operands(call, 'input', 'filters');
  const space = call.build.rank(weight) - 2;
  if (space < 1 || space > 3)
    throw new ShapeError(`convolution: weights ${showShape(call.build.shape(weight))} are no windows`);
  return convolve(call, x, weight, windowsIn(call, space, 'any'));
}

/** Each channel by windows of its own: weights (*window, in, multiplier). */
function depthwise(call: TensorCall, x: NodeId, weight: NodeId): NodeId {
  const { build } = call;
  const [own, w] = [build.shape(x), build.shape(weight)];
  if (own.length !== 4 || w.length !== 4)
    throw new ShapeError(`depthwise: weights ${showShape(w)} do not fit ${showShape(own)}`);
  const [rows = 0, columns = 0, channels = 0, multiplier = 0] = w;
  requireEqual(
    dimAt(own, 3),
    channels,
    () => `depthwise: weights ${showShape(w)} do not take ${D.show(dimAt(own, 3))} channels of ${showShape(own)}`,
  );
  if (!D.isKnown(channels)) throw new Unknowable('how many channels there are is not known');
  // Group after group: the channels of the result are channel-major.
  const grouped = build.reshape(weight, [rows, columns, 1, D.mul(channels, multiplier)]);
  const windows = windowsIn(call, 2, 'whole');
  if (windows.stride[0] !== windows.stride[1])
    throw new Unknowable('whether strides of two sizes are taken hangs on the device');
  return convolve(call, x, grouped, windows);
}

/** The adjoint of a convolution, to a shape that is given. */
function transposed(call: TensorCall, space: number): NodeId {
  const { build, cx } = call;
  requireChannelsLast(call);
  const [x, weight] = operands(call, 'input', 'filters');
  const [own, w] = [build.shape(x), build.shape(weight)];
  if (own.length !== space + 2 || w.length !== space + 2)
    throw new ShapeError(`conv_transpose: weights ${showShape(w)} do not fit ${showShape(own)}`);
  const wanted = sizesIn(cx, call.value('output_shape'));
  if (wanted.length !== space + 2)
    throw new ShapeError(`conv_transpose: a result of ${wanted.length} axes is wanted of ${showShape(own)}`);
  const mode = call.optional('padding') === null ? 'SAME' : paddingIn(call, space);
  const windows: Windows = {
    stride: perAxis(call, 'strides', space, 'any'),
    dilation: perAxis(call, 'dilations', space, 'any'),
    padding: mode,
  };
  if (windows.dilation.some((n) => n !== 1))
    throw new Unknowable('a transposed convolution with holes is not followed');
  const window = knownWindow(w.slice(0, space));
  requireEqual(
    dimAt(own, space + 1),
    dimAt(w, space + 1),
    () => `conv_transpose: weights ${showShape(w)} do not take ${showShape(own)}`,
  );
  requireEqual(
    dimAt(wanted, space + 1),
    dimAt(w, space),
    () => `conv_transpose: weights ${showShape(w)} do not give ${showShape(wanted)}`,
  );
  requireEqual(
    dimAt(wanted, 0),
    dimAt(own, 0),
    () => `conv_transpose: ${showShape(wanted)} has not as many samples as ${showShape(own)}`,
  );
  const back = resultSizes(wanted.slice(1, -1), window, windows);
  back.forEach((dim, k) => {
    requireEqual(
      dim,
      dimAt(own, k + 1),
      () => `conv_transpose: a convolution of ${showShape(wanted)} does not give ${showShape(own)}`,
    );
  });
  const { dtype } = build.aval(x);
  const pads = padsOf(wanted.slice(1, -1), window, windows);
  const extra = wanted.slice(1, -1).map((dim, k) => {
    const [low, high] = pads?.[k] ?? [0, 0];
    const full = D.add(D.mul(D.sub(dimAt(own, k + 1), 1), windows.stride[k] ?? 1), window[k] ?? 1);
    return D.sub(dim, D.sub(full, low + high));
  });
  if (pads === null || !extra.every(D.isKnown))
    return opaque(cx, 'conv_transpose', [x, weight], wanted, dtype, [[0, 0]]);
  const order = [space + 1, space, ...window.map((_, k) => k)];
  const params = {
    stride: windows.stride,
    padding: pads,
    dilation: windows.dilation,
    groups: 1,
    transposed: { outputPadding: extra },
  };
  return toBack(call, build.emit('conv', params, [toFront(call, x), build.transpose(weight, order)]));
}

// Pooling

/** The largest or mean entry of each window of (samples, *space, channels). */
function pooled(call: TensorCall, x: NodeId, window: readonly number[], windows: Windows, how: 'max' | 'mean'): NodeId {
  const { build, cx } = call;
  const { shape, dtype } = build.aval(x);
  const space = window.length;
  if (shape.length !== space + 2)
    throw new ShapeError(`pooling: ${space + 2} axes are wanted, not ${showShape(shape)}`);
  if (window.some((n) => n < 1)) throw new PythonError('InvalidArgumentError', 'windows must be positive');
  if (isComplex(dtype) || dtype === 'bool')
    throw new PythonError('InvalidArgumentError', `pooling is not there for ${dtype}`);
  if (!isFloating(dtype)) throw new Unknowable('pooling of whole numbers is not followed');
  const sizes = resultSizes(shape.slice(1, -1), window, windows);
  const result: Shape = [dimAt(shape, 0), ...sizes, dimAt(shape, space + 1)];
  const pads = padsOf(shape.slice(1, -1), window, windows);
  if (result.some((dim) => dim === 0)) throw new Unknowable('pooling without entries is not followed');
  if (pads === null)
    return opaque(cx, `${how}_pool`, [x], result, dtype, [
      [0, 0],
      [space + 1, space + 1],
    ]);
  const params = {
    how,
    window,
    stride: windows.stride,
    padding: pads,
    dilation: windows.dilation,
    ceil: false,
    countPadding: false,
  };
  return toBack(call, build.emit('reduce_window', params, [toFront(call, x)]));
}

function pooling(name: string, how: 'max' | 'mean', space: number | null): readonly NativeValue[] {
  return tfOp(`nn.${name}`, '(input|value, ksize, strides, padding, data_format=None, name=None)', (call) => {
    requireChannelsLast(call);
    const x = call.array('input');
    const own = space ?? call.build.rank(x) - 2;
    if (own < 1 || own > 3) throw new ShapeError(`pooling of ${showShape(call.build.shape(x))}`);
    return pooled(call, x, perAxis(call, 'ksize', own, 'any'), windowsIn(call, own, 'any'), how);
  });
}

const tail = 'data_format=None, dilations=None, name=None';

export const convolutions: readonly NativeValue[] = [
  ...convolution('nn.conv1d', 1, 'any', `strides|stride, padding, ${tail}`),
  ...convolution('nn.conv2d', 2, 'any', `strides, padding, ${tail}`),
  ...convolution('nn.conv3d', 3, 'whole', `strides, padding, ${tail}`),
  ...tfOp('nn.convolution', `(input, filters, strides=None, padding='VALID', ${tail})`, anyConvolution),
  ...tfOp('nn.depthwise_conv2d', `(input, filter, strides, padding, ${tail})`, (call) => {
    requireChannelsLast(call);
    return depthwise(call, ...operands(call, 'input', 'filter'));
  }),
  ...tfOp('nn.separable_conv2d', `(input, depthwise_filter, pointwise_filter, strides, padding, ${tail})`, (call) => {
    requireChannelsLast(call);
    const [x, weight] = operands(call, 'input', 'depthwise_filter');
    const points = call.like('pointwise_filter', x);
    const one: Windows = { stride: [1, 1], dilation: [1, 1], padding: 'VALID' };
    const w = call.build.shape(points);
    const each = depthwise(call, x, weight);
    if (w.length !== 4 || w[0] !== 1 || w[1] !== 1)
      throw new ShapeError(`separable: points ${showShape(w)} are no (1, 1, in, out)`);
    requireEqual(
      dimAt(w, 2),
      dimAt(call.build.shape(each), 3),
      () => `separable: points ${showShape(w)} do not take ${showShape(call.build.shape(each))}`,
    );
    return convolve(call, each, points, one);
  }),
  ...[1, 2, 3].flatMap((space) =>
    tfOp(`nn.conv${space}d_transpose`, `(input, filters, output_shape, strides, padding=None, ${tail})`, (call) =>
      transposed(call, space),
    ),
  ),
  ...tfOp('nn.conv_transpose', `(input, filters, output_shape, strides, padding=None, ${tail})`, (call) =>
    transposed(call, call.build.rank(call.array('filters')) - 2),
  ),
  ...(['max', 'avg'] as const).flatMap((kind) => {
    const how = kind === 'max' ? 'max' : 'mean';
    return [
      ...pooling(`${kind}_pool`, how, null),
      ...[1, 2, 3].flatMap((space) => pooling(`${kind}_pool${space}d`, how, space)),
    ];
  }),
  ...tfOp(
    'nn.pool',
    "(input, window_shape, pooling_type, strides=None, padding='VALID', data_format=None, dilations=None, name=None)",
    (call) => {
      requireChannelsLast(call);
      const x = call.array('input');
      const space = call.build.rank(x) - 2;
      const kind = call.string('pooling_type').toUpperCase();
      if (kind !== 'MAX' && kind !== 'AVG') throw new PythonError('ValueError', `no pooling: '${kind}'`);
      const windows = windowsIn(call, space, 'any');
      if (windows.dilation.some((n) => n !== 1) && windows.stride.some((n) => n !== 1))
        throw new PythonError('ValueError', 'strides and dilations cannot both be more than 1');
      if (windows.dilation.some((n) => n !== 1)) throw new Unknowable('pooling with holes is not followed');
      return pooled(call, x, perAxis(call, 'window_shape', space, 'any'), windows, kind === 'MAX' ? 'max' : 'mean');
    },
  ),
  tfFunction(
    'nn.max_pool_with_argmax',
    '(input, ksize, strides, padding, data_format=None, output_dtype=None, include_batch_in_index=False, name=None)',
    (call): Value => {
      requireChannelsLast(call);
      const x = call.array('input');
      const values = pooled(call, x, perAxis(call, 'ksize', 2, 'any'), windowsIn(call, 2, 'any'), 'max');
      const places = opaque(
        call.cx,
        'places of maxima',
        [x],
        call.build.shape(values),
        call.type('output_dtype') ?? 'int64',
        [
          [0, 0],
          [3, 3],
        ],
      );
      return call.results([values, places], ['output', 'argmax']);
    },
  ),
];
