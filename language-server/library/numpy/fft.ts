import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type DType, dimAt, ShapeError } from '../../graph/shape.ts';
import { Unknowable } from '../context.ts';
import { realType } from '../torch/elementwise.ts';
import { halfRoll, same, transforms } from '../torch/fft.ts';
import { except, opaque } from '../torch/opaque.ts';
import type { NativeValue } from '../values.ts';
import { arrayFunction, type Call, type Dialect, shapeIn, sizeIn, strictAxis } from './dialect.ts';

/** numpy.fft (https://numpy.org/doc/stable/reference/routines.fft.html): shapes and types. */

function complexType(call: Call, dtype: DType): DType {
  const wide = call.d.quotient(dtype);
  return wide === 'float32' || wide === 'complex64' || wide === 'float16' ? 'complex64' : 'complex128';
}

function transformed(
  call: Call,
  name: string,
  x: NodeId,
  axes: readonly number[],
  sizes: readonly (Dim | null)[],
): NodeId {
  const { shape, dtype } = call.build.aval(x);
  const { last, real } = transforms[name] ?? same;
  if (/^rfft|^ihfft/.test(name) && dtype.startsWith('complex'))
    throw new ShapeError(`${name} takes real numbers, not ${dtype}`);
  const result = shape.map((own, axis) => {
    const k = axes.indexOf(axis);
    if (k < 0) return own;
    const wanted = sizes[k] ?? null;
    const size = k === axes.length - 1 ? last(own, wanted) : (wanted ?? own);
    const points = wanted ?? (real && k === axes.length - 1 ? size : own);
    if (D.isKnown(points) && points < 1 && call.d.family === 'jax')
      throw new Unknowable(`${name} of no points is not followed`);
    if (D.isKnown(points) && points < 1)
      throw new ShapeError(`Invalid number of FFT data points (${points}) specified.`);
    return size;
  });
  const type = complexType(call, dtype);
  // Half precision is computed with as such.
  const narrow: DType = dtype === 'float16' && call.d.family === 'numpy' ? 'complex64' : type;
  return opaque(
    call.cx,
    `fft.${name}`,
    [x],
    result,
    real ? (dtype === 'float16' && call.d.family === 'numpy' ? 'float16' : realType(narrow)) : narrow,
    except(shape.length, ...axes),
  );
}

function one(d: Dialect, name: string): NativeValue {
  return arrayFunction(d, `fft.${name}`, '(a, n=None, axis=-1, norm=None, out=None)', (call) => {
    const x = call.array('a');
    const wanted = call.optional('n');
    return transformed(
      call,
      name,
      x,
      [call.strict('axis', call.build.rank(x), -1)],
      [wanted === null ? null : sizeIn(call, wanted)],
    );
  });
}

function many(d: Dialect, name: string, two: boolean): NativeValue {
  return arrayFunction(d, `fft.${name}${two ? '2' : 'n'}`, '(a, s=None, axes=None, norm=None, out=None)', (call) => {
    const x = call.array('a');
    const rank = call.build.rank(x);
    const given = call.optional('s');
    const sizes = given === null ? null : shapeIn(call, given);
    const all = Array.from({ length: rank }, (_, k) => k);
    if (call.has('axes') && call.optional('axes') === null && two)
      throw new Unknowable('axes of None are not followed here');
    const axes =
      call.strictAxes('axes', rank) ??
      (two ? [strictAxis(-2, rank), strictAxis(-1, rank)] : all.slice(sizes === null ? 0 : rank - sizes.length));
    if (axes.length === 0) throw new Unknowable(`${name} over no axes is not followed`);
    if (sizes !== null && sizes.length !== axes.length) throw new ShapeError('Shape and axes have different lengths.');
    return transformed(call, name, x, axes, sizes ?? []);
  });
}

function shift(d: Dialect, name: string): NativeValue {
  return arrayFunction(d, `fft.${name}`, '(x, axes=None)', (call) => {
    const x = call.array('x');
    const rank = call.build.rank(x);
    if (rank === 0 && d.family === 'numpy') throw new ShapeError(`${name} needs an array with at least one axis`);
    const axes = call.strictAxes('axes', rank) ?? Array.from({ length: rank }, (_, k) => k);
    return axes.length === 0
      ? x
      : call.build.emit(
          'roll',
          { axes, shifts: axes.map((axis) => halfRoll(name, dimAt(call.build.shape(x), axis))) },
          [x],
        );
  });
}

function frequencies(d: Dialect, name: string, length: (n: Dim) => Dim): NativeValue {
  return arrayFunction(d, `fft.${name}`, '(n, d=1.0, device=None, *, dtype=None)', (call) => {
    const n = sizeIn(call, call.value('n'));
    if (D.isKnown(n) && n < 1) throw new Unknowable('frequencies of no points are not followed');
    return call.build.emit('data', { name, aval: { shape: [length(n)], dtype: call.type('dtype') ?? call.d.float } });
  });
}

export function fft(d: Dialect): readonly NativeValue[] {
  return [
    ...Object.keys(transforms).map((name) => one(d, name)),
    ...['fft', 'ifft', 'rfft', 'irfft'].flatMap((name) => [many(d, name, true), many(d, name, false)]),
    shift(d, 'fftshift'),
    shift(d, 'ifftshift'),
    frequencies(d, 'fftfreq', (n) => n),
    frequencies(d, 'rfftfreq', (n) => D.add(D.floorDiv(n, 2), 1)),
  ];
}
