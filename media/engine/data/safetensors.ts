import { countOf, DataError, decode, type ElementName, elementOf, type FileArray } from './arrays.ts';

/** The format of https://huggingface.co/docs/safetensors: a length, a JSON header, and the numbers. */

/** The longest header that the format allows. */
const longestHeader = 100_000_000;

const names: Readonly<Record<string, ElementName>> = {
  BOOL: 'bool',
  U8: 'uint8',
  I8: 'int8',
  U16: 'uint16',
  I16: 'int16',
  U32: 'uint32',
  I32: 'int32',
  U64: 'uint64',
  I64: 'int64',
  F16: 'float16',
  BF16: 'bfloat16',
  F32: 'float32',
  F64: 'float64',
};

/** The tensors of a `.safetensors` file, by name. Throws DataError where it is none, or its header does not fit it. */
export function readSafetensors(bytes: Uint8Array): readonly FileArray[] {
  if (bytes.byteLength < 8) throw new DataError('is not a .safetensors file: it ends within its first 8 bytes');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > longestHeader || length > bytes.byteLength - 8) {
    throw new DataError(`is not a .safetensors file, or ends too early: its header would be ${length} bytes long`);
  }
  const start = 8 + Number(length);
  const data = bytes.subarray(start);
  return Object.entries(parseHeader(bytes.subarray(8, start)))
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => {
      const { dtype, shape, begin, end } = described(name, value);
      if (begin > end || end > data.byteLength) throw new DataError(`ends too early, or misplaces ${name}`);
      const known = names[dtype];
      if (known === undefined) return { kind: 'unread', name, problem: `holds numbers of the kind ${dtype}` };
      const element = elementOf(known);
      if (end - begin !== countOf(shape) * element.bytes) {
        throw new DataError(`says that ${name} has ${end - begin} bytes, which is not its shape's number`);
      }
      const values = decode(data.subarray(begin, end), { element, shape, little: true, fortran: false });
      return { kind: 'read', name, dtype: known, shape, values };
    });
}

function parseHeader(bytes: Uint8Array): object {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) return header;
  } catch {
    // Told below.
  }
  throw new DataError('is not a .safetensors file: its header is no JSON object');
}

interface Description {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function described(name: string, value: unknown): Description {
  const {
    dtype,
    shape,
    data_offsets: offsets,
  }: Readonly<Record<string, unknown>> = typeof value === 'object' && value !== null ? { ...value } : {};
  if (typeof dtype === 'string' && isCounts(shape) && isCounts(offsets)) {
    const [begin, end] = offsets;
    if (begin !== undefined && end !== undefined) return { dtype, shape, begin, end };
  }
  throw new DataError(`does not describe ${name} as the format wants it`);
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
