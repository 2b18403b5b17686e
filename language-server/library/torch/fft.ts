import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type DType, dimAt, normalAxis, ShapeError, showShape } from '../../graph/shape.ts';
import { type Args, asDim } from '../arguments.ts';
import { type Context, Unknowable } from '../context.ts';
import { op } from '../define.ts';
import type { NativeValue } from '../values.ts';
import { realType } from './elementwise.ts';
import { except, opaque } from './opaque.ts';

/** Fourier transforms (https://docs.pytorch.org/docs/stable/fft.html): their shapes and types. */

export interface Transform {
  /** The size of the last transformed axis, from its own and the size that is asked for. */
  readonly last: (own: Dim, wanted: Dim | null) => Dim;
  readonly real: boolean;
}

export const same: Transform = { last: (own, wanted) => wanted ?? own, real: false };
const half: Transform = { last: (own, wanted) => D.add(D.floorDiv(wanted ?? own, 2), 1), real: false };
const double: Transform = { last: (own, wanted) => wanted ?? D.mul(D.sub(own, 1), 2), real: true };

/** By name, without the number of axes; NumPy's are the same. */
export const transforms: Readonly<Record<string, Transform>> = {
  fft: same,
  ifft: same,
  rfft: half,
  irfft: double,
  hfft: double,
  ihfft: half,
};

function complexType(dtype: DType): DType {
  return dtype === 'float64' || dtype === 'complex128' ? 'complex128' : 'complex64';
}

function transformed(
  cx: Context,
  name: string,
  x: NodeId,
  axes: readonly number[],
  sizes: readonly (Dim | null)[],
): NodeId {
  const { shape, dtype } = cx.build.aval(x);
  const { last, real } = transforms[name.replace(/[2n]$/, '')] ?? same;
  if (new Set(axes).size !== axes.length) throw new ShapeError(`${name}: an axis stands twice in (${axes.join(', ')})`);
  const result = shape.map((own, axis) => {
    const k = axes.indexOf(axis);
    if (k < 0) return own;
    const wanted = sizes[k] ?? null;
    const size = k === axes.length - 1 ? last(own, wanted) : (wanted ?? own);
    if ((own === 0 && wanted === null) || (D.isKnown(size) && size < 1))
      throw new ShapeError(`${name}: axis ${axis} of ${showShape(shape)} has no elements to transform`);
    return size;
  });
  const type = complexType(dtype);
  return opaque(cx, `fft.${name}`, [x], result, real ? realType(type) : type, except(shape.length, ...axes));
}

function one(name: string): NativeValue {
  return op(`torch.fft.${name}`, '(input, n=None, dim|axis=-1, norm=None, *, out=None)', (cx, args) => {
    const x = args.tensor('input');
    if (cx.build.rank(x) === 0) throw new ShapeError(`${name} needs a tensor with at least one axis`);
    const wanted = args.optional('n');
    return transformed(
      cx,
      name,
      x,
      [args.axis('dim', cx.build.rank(x), -1)],
      [wanted === null ? null : asDim(wanted, 'n')],
    );
  });
}

function many(name: string): NativeValue {
  const two = name.endsWith('2');
  return op(`torch.fft.${name}`, '(input, s=None, dim|axes=None, norm=None, *, out=None)', (cx, args) => {
    const x = args.tensor('input');
    const rank = cx.build.rank(x);
    const sizes = args.optional('s') === null ? null : args.shape('s');
    const all = Array.from({ length: rank }, (_, k) => k);
    const ends = two ? [-2, -1] : all.slice(sizes === null ? 0 : rank - sizes.length);
    const axes = args.axes('dim', rank) ?? ends.map((axis) => normalAxis(axis, rank));
    if (rank === 0 && !two) throw new Unknowable(`${name} of a tensor without axes is not followed`);
    if (two && rank < 2) throw new ShapeError(`${name} does not take ${showShape(cx.build.shape(x))}`);
    if (sizes !== null && sizes.length !== axes.length)
      throw new ShapeError(`${name}: ${sizes.length} sizes for ${axes.length} axes`);
    return transformed(
      cx,
      name,
      x,
      axes,
      (sizes ?? []).map((size) => (size === -1 ? null : size)),
    );
  });
}

/** By how many places `fftshift` rolls an axis of that size, and `ifftshift` rolls it back. */
export function halfRoll(name: string, size: Dim): Dim {
  const half = D.floorDiv(size, 2);
  return name === 'fftshift' ? half : D.negate(half);
}

function shift(name: string): NativeValue {
  return op(`torch.fft.${name}`, '(input, dim|axes=None)', (cx, args) => {
    const x = args.tensor('input');
    const rank = cx.build.rank(x);
    const axes = args.axes('dim', rank) ?? Array.from({ length: rank }, (_, k) => k);
    if (rank === 0) throw new ShapeError(`${name} needs a tensor with at least one axis`);
    return cx.build.emit('roll', { axes, shifts: axes.map((axis) => halfRoll(name, dimAt(cx.build.shape(x), axis))) }, [
      x,
    ]);
  });
}

function frequencies(name: string, length: (n: Dim) => Dim): NativeValue {
  return op(
    `torch.fft.${name}`,
    '(n, d=1.0, *, out=None, dtype=None, layout=None, device=None, requires_grad=False)',
    (cx: Context, args: Args) =>
      cx.build.emit('data', { name, aval: { shape: [length(args.dim('n'))], dtype: args.dtype('dtype', 'float32') } }),
  );
}

export const fft: readonly NativeValue[] = [
  ...Object.keys(transforms).flatMap((name) => [one(name), many(`${name}2`), many(`${name}n`)]),
  shift('fftshift'),
  shift('ifftshift'),
  frequencies('fftfreq', (n) => n),
  frequencies('rfftfreq', (n) => D.add(D.floorDiv(n, 2), 1)),
  op('torch.view_as_real', '(input)', (cx, args) => {
    const x = args.tensor('input');
    const { shape, dtype } = cx.build.aval(x);
    return opaque(cx, 'view_as_real', [x], [...shape, 2], realType(dtype), except(shape.length));
  }),
  op('torch.view_as_complex', '(input)', (cx, args) => {
    const x = args.tensor('input');
    const { shape, dtype } = cx.build.aval(x);
    if (shape.length === 0 || D.surelyDiffer(dimAt(shape, shape.length - 1), 2))
      throw new ShapeError(`view_as_complex: the last axis of ${showShape(shape)} must have the size 2`);
    return opaque(cx, 'view_as_complex', [x], shape.slice(0, -1), complexType(dtype), except(shape.length - 1));
  }),
];
