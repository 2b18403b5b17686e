import { product } from '../concrete.ts';

/** One array of a file, in float32 as the engine computes, or why it cannot be used. */
export type FileArray = ReadArray | UnreadArray;

export interface ReadArray {
  readonly kind: 'read';
  /** As the file names it; of a single array, the file's own name without its ending. */
  readonly name: string;
  /** As NumPy names it: `float64`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Float32Array;
}

export interface UnreadArray {
  readonly kind: 'unread';
  readonly name: string;
  readonly problem: string;
}

/** A file that cannot be read; `message` is for people and follows the file's name: `ends too early`. */
export class DataError extends Error {
  override readonly name = 'DataError';
}

/** The most bytes that a file may have, packed or not. */
export const mostBytes = 2 ** 30;

/** A kind of number as files hold it: its size, and how one is read. */
export interface Element {
  readonly name: string;
  readonly bytes: number;
  readonly read: (view: DataView, offset: number, little: boolean) => number;
}

/** Every kind of number that is read, by NumPy's name. */
export const elements = {
  bool: { bytes: 1, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
  uint8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  int8: { bytes: 1, read: (view, at) => view.getInt8(at) },
  uint16: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  int16: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  uint32: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  int32: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  uint64: { bytes: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  int64: { bytes: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  float16: { bytes: 2, read: (view, at, little) => fromHalf(view.getUint16(at, little)) },
  bfloat16: { bytes: 2, read: (view, at, little) => fromBrain(view.getUint16(at, little)) },
  float32: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  float64: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
} as const satisfies Readonly<Record<string, Omit<Element, 'name'>>>;

export type ElementName = keyof typeof elements;

export function elementOf(name: ElementName): Element {
  return { name, ...elements[name] };
}

/** IEEE 754 binary16. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function fromBrain(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

/** How the numbers of an array lie in a file. */
export interface Layout {
  readonly element: Element;
  readonly shape: readonly number[];
  readonly little: boolean;
  /** The first axis runs fastest. */
  readonly fortran: boolean;
}

/** The numbers at the start of `bytes`, row-major, rounded to float32. Throws DataError where there are too few. */
export function decode(bytes: Uint8Array, { element, shape, little, fortran }: Layout): Float32Array {
  const count = countOf(shape);
  if (bytes.byteLength < count * element.bytes) {
    throw new DataError(`ends too early: it holds ${Math.floor(bytes.byteLength / element.bytes)} of ${count} numbers`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(count);
  for (let k = 0; k < count; k++) values[k] = element.read(view, k * element.bytes, little);
  return fortran ? rowMajor(values, shape) : values;
}

function rowMajor(values: Float32Array, shape: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => product(shape.slice(0, axis)));
  const at = shape.map(() => 0);
  let index = 0;
  return values.map(() => {
    const own = values[index] ?? Number.NaN;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const [place, stride] = [(at[axis] ?? 0) + 1, strides[axis] ?? 0];
      index += stride;
      at[axis] = place;
      if (place < (shape[axis] ?? 0)) break;
      index -= stride * place;
      at[axis] = 0;
    }
    return own;
  });
}

/** How many numbers a shape of a file has. Throws DataError where that is no size that can be read. */
export function countOf(shape: readonly number[]): number {
  const count = product(shape);
  const isSound = shape.every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!isSound || count > mostBytes) throw new DataError(`has a shape that cannot be read: (${shape.join(', ')})`);
  return count;
}
