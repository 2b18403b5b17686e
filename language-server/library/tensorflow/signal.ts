import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type DType, dimAt, isFloating, type Shape, ShapeError, showShape } from '../../graph/shape.ts';
import { PythonError, Unknowable } from '../context.ts';
import { strictAxis } from '../numpy/dialect.ts';
import { realType } from '../torch/elementwise.ts';
import { same, transforms } from '../torch/fft.ts';
import { except, opaque } from '../torch/opaque.ts';
import { int, type NativeValue } from '../values.ts';
import { isComplex, sizeIn, sizesIn, type TensorCall, tfOp } from './dialect.ts';
import { axesIn } from './reductions.ts';

/** tf.signal (https://www.tensorflow.org/api_docs/python/tf/signal): shapes and types. */

function complexType(dtype: DType): DType {
  return dtype === 'float64' || dtype === 'complex128' ? 'complex128' : 'complex64';
}

/** A Fourier transform over the last axes: complex numbers in, but for `rfft`, which takes real ones. */
function transformed(call: TensorCall, name: string, space: number): NodeId {
  const { build, cx } = call;
  const x = call.array('input');
  const { shape, dtype } = build.aval(x);
  const takesReal = name === 'rfft';
  if (takesReal ? dtype !== 'float32' && dtype !== 'float64' : !isComplex(dtype))
    throw new PythonError('InvalidArgumentError', `${name} does not take ${dtype}`);
  if (shape.length < space) throw new ShapeError(`${name} over ${space} axes of ${showShape(shape)}`);
  const given = call.optional('fft_length');
  const sizes = given === null ? null : sizesIn(cx, given);
  if (sizes !== null && sizes.length !== space)
    throw new ShapeError(`${name}: ${sizes.length} lengths for ${space} axes`);
  const { last, real } = transforms[name] ?? same;
  const from = shape.length - space;
  const result = shape.map((dim, axis) => {
    if (axis < from) return dim;
    const wanted = sizes?.[axis - from] ?? null;
    const size = axis === shape.length - 1 ? last(dim, wanted) : (wanted ?? dim);
    if (D.isKnown(size) && size < 1) throw new Unknowable(`${name} of no points is not followed`);
    return size;
  });
  const type = complexType(dtype);
  const axes = Array.from({ length: space }, (_, k) => from + k);
  return opaque(cx, `signal.${name}`, [x], result, real ? realType(type) : type, except(shape.length, ...axes));
}

/** How many frames of a length fit, one each so many steps. */
function frameCount(dim: D.Dim, length: D.Dim, step: D.Dim, padEnd: boolean): D.Dim {
  if (D.isKnown(step) && step < 1) throw new PythonError('ValueError', 'frame_step must be positive');
  if (padEnd) return D.floorDiv(D.add(dim, D.sub(step, 1)), step);
  const count = D.add(D.floorDiv(D.sub(dim, length), step), 1);
  return D.isKnown(count) ? Math.max(0, count) : count;
}

function frame(call: TensorCall): NodeId {
  const { build, cx } = call;
  const x = call.array('signal');
  const { shape, dtype } = build.aval(x);
  const axis = strictAxis(call.int('axis', -1), shape.length);
  const [length, step] = [sizeIn(cx, call.value('frame_length')), sizeIn(cx, call.value('frame_step'))];
  const count = frameCount(dimAt(shape, axis), length, step, call.bool('pad_end', false));
  const result = [...shape.slice(0, axis), count, length, ...shape.slice(axis + 1)];
  const kept = shape.flatMap((_, k) => (k === axis ? [] : [[k, k < axis ? k : k + 1] as const]));
  return opaque(cx, 'signal.frame', [x], result, dtype, kept);
}

/** The smallest power of two that holds a frame. */
function enclosing(length: D.Dim): D.Dim {
  if (!D.isKnown(length)) throw new Unknowable('the length of the transform is not known');
  return 2 ** Math.ceil(Math.log2(length));
}

function stft(call: TensorCall): NodeId {
  const { build, cx } = call;
  const x = call.array('signals');
  const { shape, dtype } = build.aval(x);
  if (shape.length === 0) throw new ShapeError('stft needs a tensor with at least one axis');
  if (!isFloating(dtype) || isComplex(dtype))
    throw new PythonError('InvalidArgumentError', `stft does not take ${dtype}`);
  const [length, step] = [sizeIn(cx, call.value('frame_length')), sizeIn(cx, call.value('frame_step'))];
  const given = call.optional('fft_length');
  const points = given === null ? enclosing(length) : sizeIn(cx, given);
  const last = shape.length - 1;
  const count = frameCount(dimAt(shape, last), length, step, call.bool('pad_end', false));
  const result = [...shape.slice(0, last), count, D.add(D.floorDiv(points, 2), 1)];
  return opaque(cx, 'signal.stft', [x], result, complexType(dtype), except(shape.length, last));
}

function overlapAndAdd(call: TensorCall): NodeId {
  const { build, cx } = call;
  const x = call.array('signal');
  const { shape, dtype } = build.aval(x);
  if (shape.length < 2) throw new ShapeError(`overlap_and_add takes frames, not ${showShape(shape)}`);
  const last = shape.length - 1;
  const step = sizeIn(cx, call.value('frame_step'));
  const total = D.add(D.mul(D.sub(dimAt(shape, last - 1), 1), step), dimAt(shape, last));
  return opaque(
    cx,
    'signal.overlap_and_add',
    [x],
    [...shape.slice(0, -2), total],
    dtype,
    except(shape.length, last - 1, last),
  );
}

/** Cosine transforms keep the size of the last axis. */
function cosine(name: string): readonly NativeValue[] {
  return tfOp(`signal.${name}`, '(input, type=2, n=None, axis=-1, norm=None, name=None)', (call) => {
    const x = call.array('input');
    const { shape, dtype } = call.build.aval(x);
    if (shape.length === 0) throw new ShapeError(`${name} needs a tensor with at least one axis`);
    if (dtype !== 'float32' && dtype !== 'float64')
      throw new PythonError('InvalidArgumentError', `${name} does not take ${dtype}`);
    if (call.optional('n') !== null || call.int('axis', -1) !== -1)
      throw new Unknowable('a cosine transform of another length is not followed');
    return opaque(call.cx, `signal.${name}`, [x], shape, dtype, except(shape.length, shape.length - 1));
  });
}

function shift(name: string): readonly NativeValue[] {
  return tfOp(`signal.${name}`, '(x, axes=None, name=None)', (call) => {
    const x = call.array('x');
    const rank = call.build.rank(x);
    if (rank === 0) throw new ShapeError(`${name} needs a tensor with at least one axis`);
    const given = call.optional('axes');
    const axes = given === null ? Array.from({ length: rank }, (_, k) => k) : axesIn(call, given, rank);
    return axes.length === 0 ? x : call.build.emit('roll', { axes, shifts: axes.map(() => null) }, [x]);
  });
}

export const signal: readonly NativeValue[] = [
  ...['fft', 'ifft', 'rfft', 'irfft'].flatMap((name) =>
    ([1, 2, 3] as const).flatMap((space) =>
      tfOp(
        `signal.${name}${space === 1 ? '' : `${space}d`}`,
        '(input|input_tensor, fft_length=None, name=None)',
        (call) => transformed(call, name, space),
      ),
    ),
  ),
  ...cosine('dct'),
  ...cosine('idct'),
  ...shift('fftshift'),
  ...shift('ifftshift'),
  ...tfOp('signal.frame', '(signal, frame_length, frame_step, pad_end=False, pad_value=0, axis=-1, name=None)', frame),
  ...tfOp(
    'signal.stft',
    '(signals, frame_length, frame_step, fft_length=None, window_fn=None, pad_end=False, name=None)',
    stft,
  ),
  ...tfOp('signal.overlap_and_add', '(signal, frame_step, name=None)', overlapAndAdd),
  ...['hann_window', 'hamming_window', 'vorbis_window'].flatMap((name) =>
    tfOp(
      `signal.${name}`,
      name === 'vorbis_window'
        ? '(window_length, dtype=None, name=None)'
        : '(window_length, periodic=True, dtype=None, name=None)',
      (call) => {
        const shape: Shape = [sizeIn(call.cx, call.optional('window_length') ?? int(0))];
        return call.build.emit('data', { name, aval: { shape, dtype: call.type('dtype') ?? 'float32' } });
      },
    ),
  ),
];
