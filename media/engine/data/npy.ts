import { countOf, DataError, decode, type Element, type ElementName, elementOf } from './arrays.ts';

/** NumPy's format of one array (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). */

const magic = [0x93, ...[...'NUMPY'].map((letter) => letter.charCodeAt(0))];

/** Kinds of numbers by their letter and size in a `descr`. */
const codes: Readonly<Record<string, ElementName>> = {
  b1: 'bool',
  u1: 'uint8',
  i1: 'int8',
  u2: 'uint16',
  i2: 'int16',
  u4: 'uint32',
  i4: 'int32',
  u8: 'uint64',
  i8: 'int64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};

/** What the letters of other kinds stand for. */
const others: Readonly<Record<string, string>> = {
  O: 'Python objects',
  U: 'text',
  S: 'text',
  c: 'complex numbers',
  M: 'dates',
  m: 'spans of time',
  V: 'bytes of an unnamed kind, as NumPy keeps bfloat16; save it as float32',
};

export interface Npy {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The array of a `.npy` file. Throws DataError where it is none, is cut short, or holds what is no number. */
export function readNpy(bytes: Uint8Array): Npy {
  if (magic.some((byte, k) => bytes[k] !== byte)) throw new DataError('is not a .npy file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6] ?? 0;
  const start = version === 1 ? 10 : 12;
  if (bytes.byteLength < start) throw new DataError('ends within its header');
  if (version < 1 || version > 3) throw new DataError(`has version ${version} of the format, which is not known`);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > bytes.byteLength - start) throw new DataError('ends within its header');
  const header = parseHeader(new TextDecoder().decode(bytes.subarray(start, start + length)));
  const values = decode(bytes.subarray(start + length), header);
  return { dtype: header.element.name, shape: header.shape, values };
}

interface Header {
  readonly element: Element;
  readonly little: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, a dict as Python writes it. */
function parseHeader(text: string): Header {
  const [, descr] = /['"]descr['"]\s*:\s*(?:['"]([^'"]*)['"]|\[)/.exec(text) ?? ['', null];
  const [, order] = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text) ?? [];
  const [, dims] = /['"]shape['"]\s*:\s*\(([\d\s,L]*)\)/.exec(text) ?? [];
  if (descr === null || order === undefined || dims === undefined) throw new DataError('has a header without sense');
  if (descr === undefined) throw new DataError('holds records of several fields');
  const [, byteOrder = '', kind = '', size = ''] = /^([<>|=]?)([A-Za-z?])(\d*)/.exec(descr) ?? [];
  const name = codes[kind === '?' ? 'b1' : kind + size];
  if (name === undefined) throw new DataError(`holds ${others[kind] ?? `numbers of the kind ${descr.slice(0, 20)}`}`);
  const shape = dims
    .split(',')
    .map((dim) => dim.replace('L', '').trim())
    .filter((dim) => dim !== '')
    .map(Number);
  countOf(shape);
  return { element: elementOf(name), little: byteOrder !== '>', fortran: order === 'True', shape };
}

/** A `.npy` file of float32 numbers. */
export function writeNpy(shape: readonly number[], values: Float32Array): Uint8Array<ArrayBuffer> {
  const dims = `${shape.join(', ')}${shape.length === 1 ? ',' : ''}`;
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${dims}), }`;
  // The header ends with a line break at a multiple of 64, as NumPy writes it.
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10;
  const header = `${dict.padEnd(length - 1)}\n`;
  const bytes = new Uint8Array(10 + length + 4 * values.length);
  const view = new DataView(bytes.buffer);
  bytes.set([...magic, 1, 0]);
  view.setUint16(8, length, true);
  bytes.set(new TextEncoder().encode(header), 10);
  values.forEach((value, k) => {
    view.setFloat32(10 + length + 4 * k, value, true);
  });
  return bytes;
}
