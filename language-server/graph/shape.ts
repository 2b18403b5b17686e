import type { Dim } from './dim.ts';
import * as D from './dim.ts';
import { WayOut } from './way-out.ts';

/** The sizes of a tensor's axes, outermost first. */
export type Shape = readonly Dim[];

/** What is known of a shape: sizes, and where axes stand of which not even the number is known. */
export type Outline = readonly (Dim | typeof anyAxes)[];

/** Any number of axes of any sizes. */
export const anyAxes = '*';

/** Element types, by the names that PyTorch, JAX and NumPy share. */
export type DType =
  | 'bool'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'bfloat16'
  | 'float16'
  | 'float32'
  | 'float64'
  | 'complex64'
  | 'complex128'
  /** JAX's keys of random numbers. */
  | 'key<fry>';

/** An abstract value, as JAX's ShapedArray: what is known of a tensor without running anything. */
export interface Aval {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** What an operation refuses: sizes that cannot fit. The library would raise. */
export class ShapeError extends WayOut {
  override readonly name = 'ShapeError';
}

/** What cannot be told: sizes that may or may not fit. The result is unknown, with this reason. */
export class Undecided extends WayOut {
  override readonly name = 'Undecided';
}

export function isFloating(dtype: DType): boolean {
  return dtype.startsWith('float') || dtype.startsWith('bfloat') || dtype.startsWith('complex');
}

/** Bytes an element of the type takes. */
export function itemSize(dtype: DType): number {
  switch (dtype) {
    case 'bool':
    case 'uint8':
    case 'int8':
      return 1;
    case 'int16':
    case 'uint16':
    case 'bfloat16':
    case 'float16':
      return 2;
    case 'int32':
    case 'uint32':
    case 'float32':
      return 4;
    case 'int64':
    case 'uint64':
    case 'key<fry>':
    case 'float64':
    case 'complex64':
      return 8;
    case 'complex128':
      return 16;
  }
}

const promotionOrder: readonly DType[] = [
  'bool',
  'key<fry>',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'uint64',
  'int64',
  'bfloat16',
  'float16',
  'float32',
  'float64',
  'complex64',
  'complex128',
];

/** The element type of an operation on two tensors (https://docs.pytorch.org/docs/stable/tensor_attributes.html). */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  const pair = new Set([a, b]);
  const signed = besideUnsigned(a, b) ?? besideUnsigned(b, a);
  if (signed !== null) return signed;
  if (pair.has('bfloat16') && pair.has('float16')) return 'float32';
  if (pair.has('float64') && pair.has('complex64')) return 'complex128';
  return promotionOrder.indexOf(a) > promotionOrder.indexOf(b) ? a : b;
}

/** The signed type that holds the numbers of an unsigned and a signed one; null for other pairs. */
function besideUnsigned(unsigned: DType, signed: DType): DType | null {
  if (!unsigned.startsWith('uint') || !signed.startsWith('int') || itemSize(unsigned) < itemSize(signed)) return null;
  return (['int16', 'int32', 'int64'] as const)[Math.log2(itemSize(unsigned))] ?? 'float64';
}

/** Number of elements. */
export function sizeOf(shape: Shape): Dim {
  return D.product(shape);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => D.equal(dim, b[axis] ?? -1));
}

/** `(3, 10, 5)`, `(b,)`, `()`, as Python writes tuples; one axis keeps its comma. */
export function showShape(shape: Shape): string {
  return `(${shape.map(D.show).join(', ')}${shape.length === 1 ? ',' : ''})`;
}

/** Whether all of a shape is known. */
export function isWhole(outline: Outline): outline is Shape {
  return !outline.includes(anyAxes);
}

/** Whether anything is known of a shape. */
export function isTelling(outline: Outline): boolean {
  return isWhole(outline) || outline.some((size) => size !== anyAxes);
}

/** `(*, 3, 5)`; of a shape that is known in whole what `showShape` writes. */
export function showOutline(outline: Outline): string {
  const sizes = outline.map((size) => (size === anyAxes ? anyAxes : D.show(size)));
  return `(${sizes.join(', ')}${sizes.length === 1 ? ',' : ''})`;
}

/** The axis in 0..rank-1 that a possibly negative axis names. Throws ShapeError out of range, as the libraries do. */
export function normalAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + Math.max(rank, 1) : axis;
  if (normal < 0 || normal >= Math.max(rank, 1)) {
    throw new ShapeError(`axis ${axis} is out of range for a tensor with ${rank} ${rank === 1 ? 'axis' : 'axes'}`);
  }
  return normal;
}

/** The size at an axis that the caller has already checked. */
export function dimAt(shape: Shape, axis: number): Dim {
  const dim = shape[axis];
  if (dim === undefined) throw new ShapeError(`axis ${axis} is out of range for ${showShape(shape)}`);
  return dim;
}

/**
 * NumPy's broadcasting (https://numpy.org/doc/stable/user/basics.broadcasting.html): sizes are aligned at the
 * end, 1 stretches. Throws ShapeError where they cannot fit, Undecided where names leave it open.
 */
export function broadcastShapes(...shapes: readonly Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let result: Dim = 1;
    for (const shape of shapes) {
      const own = shape[axis - (rank - shape.length)];
      if (own === undefined || own === 1 || D.equal(own, result)) continue;
      // A name beside a number other than 1 can only be 1 or that number: the result is the number.
      if (result === 1 || (D.isKnown(own) && !D.isKnown(result))) result = own;
      else if (D.isKnown(result) && !D.isKnown(own)) continue;
      else if (D.isKnown(own) && D.isKnown(result)) {
        throw new ShapeError(`${shapes.map(showShape).join(' and ')} cannot be broadcast together`);
      } else throw new Undecided(`whether ${D.show(own)} equals ${D.show(result)} is not known`);
    }
    return result;
  });
}

/** Checks that two sizes are the same: throws ShapeError where they surely differ, Undecided where it is open. */
export function requireEqual(a: Dim, b: Dim, what: () => string): void {
  if (D.equal(a, b)) return;
  if (D.surelyDiffer(a, b)) throw new ShapeError(what());
  throw new Undecided(`whether ${D.show(a)} equals ${D.show(b)} is not known`);
}

/** Checks that two shapes are the same, as `requireEqual` does with sizes. */
export function requireSameShape(a: Shape, b: Shape, what: () => string): void {
  if (a.length !== b.length) throw new ShapeError(what());
  a.forEach((dim, axis) => {
    requireEqual(dim, dimAt(b, axis), what);
  });
}

/** Checks that a shape stretches to another, by its axes of size 1 and by axes in front. */
export function requireStretch(own: Shape, wanted: Shape, what: () => string): void {
  if (own.length > wanted.length) throw new ShapeError(what());
  own.forEach((dim, axis) => {
    if (dim !== 1) requireEqual(dim, dimAt(wanted, axis + wanted.length - own.length), what);
  });
}
