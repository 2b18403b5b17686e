import { DataError, mostBytes } from './arrays.ts';

/** As much of the zip format as NumPy's `.npz` uses (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT). */

export interface ZipMember {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const [localHeader, centralHeader, endRecord, end64Record, end64Locator] = [
  0x04034b50, 0x02014b50, 0x06054b50, 0x06064b50, 0x07064b50,
];
/** What stands in place of a size that has its own field of 64 bits. */
const elsewhere = 0xffffffff;

/** The members of an archive, unpacked and checked. Rejects with DataError where it is none, or is damaged. */
export async function readZip(bytes: Uint8Array): Promise<readonly ZipMember[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const members = directory(view, bytes);
    const total = members.reduce((sum, { size }) => sum + size, 0);
    if (total > mostBytes) throw new DataError('holds more than 1 GB');
    const unpacked: ZipMember[] = [];
    for (const member of members) {
      const own = await unpack(member, view, bytes);
      if (crc32(own) !== member.crc) throw new DataError(`is damaged at ${member.name}`);
      unpacked.push({ name: member.name, bytes: own });
    }
    return unpacked;
  } catch (error) {
    // Reading behind the end is a RangeError.
    throw error instanceof RangeError ? new DataError('is damaged: it points behind its end') : error;
  }
}

interface Member {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

function directory(view: DataView, bytes: Uint8Array): readonly Member[] {
  const end = endOf(view);
  let [count, offset] = [view.getUint16(end + 10, true), view.getUint32(end + 16, true)];
  if (end >= 20 && view.getUint32(end - 20, true) === end64Locator) {
    const end64 = long(view, end - 12);
    if (view.getUint32(end64, true) !== end64Record) throw new DataError('is damaged: its directory is not there');
    [count, offset] = [long(view, end64 + 32), long(view, end64 + 48)];
  }
  const members: Member[] = [];
  for (let k = 0, at = offset; k < count; k++) {
    if (view.getUint32(at, true) !== centralHeader) throw new DataError('is damaged: its directory is not there');
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const extra = at + 46 + (nameLength ?? 0);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, extra));
    if ((view.getUint16(at + 8, true) & 1) !== 0) throw new DataError('is encrypted');
    const sizes = [24, 20, 42].map((field) => view.getUint32(at + field, true));
    const [size = 0, packed = 0, own = 0] = withLongFields(view, sizes, extra, extraLength ?? 0);
    members.push({
      name,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed,
      size,
      offset: own,
    });
    at = extra + (extraLength ?? 0) + (commentLength ?? 0);
  }
  return members;
}

/** Where the record at the archive's end starts; a comment may follow it. */
function endOf(view: DataView): number {
  const first = Math.max(0, view.byteLength - 22 - 0xffff);
  for (let at = view.byteLength - 22; at >= first; at--) if (view.getUint32(at, true) === endRecord) return at;
  throw new DataError('is not a .npz file, or ends too early');
}

function long(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

/** The sizes with those that stand in the field of 64-bit ones, in their order. */
function withLongFields(view: DataView, sizes: readonly number[], extra: number, length: number): readonly number[] {
  if (!sizes.includes(elsewhere)) return sizes;
  for (let at = extra; at + 4 <= extra + length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let next = at + 4;
    return sizes.map((size) => {
      if (size !== elsewhere) return size;
      next += 8;
      return long(view, next - 8);
    });
  }
  return sizes;
}

async function unpack(
  { name, method, packed, size, offset }: Member,
  view: DataView,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  if (view.getUint32(offset, true) !== localHeader) throw new DataError(`is damaged at ${name}`);
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + packed > bytes.byteLength) throw new DataError(`ends too early, within ${name}`);
  const own = bytes.subarray(start, start + packed);
  if (method === 0 && packed === size) return own;
  if (method === 8) return inflate(own, size, name);
  throw new DataError(`is packed in a way that is not known (${method})`);
}

/** Never more than the size that the directory promises. */
async function inflate(packed: Uint8Array, size: number, name: string): Promise<Uint8Array> {
  const whole = new Uint8Array(size);
  let filled = 0;
  const reader = new Blob([packed.slice()]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (filled + part.value.byteLength > size) throw new DataError(`is damaged at ${name}`);
      whole.set(part.value, filled);
      filled += part.value.byteLength;
    }
  } catch {
    throw new DataError(`is damaged at ${name}`);
  } finally {
    await reader.cancel().catch(() => {});
  }
  if (filled !== size) throw new DataError(`is damaged at ${name}`);
  return whole;
}

/** An archive of members that are not packed. */
export function writeZip(members: readonly ZipMember[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes } of members) {
    const encoded = new TextEncoder().encode(name);
    // From the version needed to the lengths: names are UTF-8, nothing is packed, the date is 1980's first day.
    const about = fields(
      [2, 20],
      [2, 0x800],
      [2, 0],
      [2, 0],
      [2, 0x21],
      [4, crc32(bytes)],
      [4, bytes.length],
      [4, bytes.length],
      [2, encoded.length],
      [2, 0],
    );
    const local = [fields([4, localHeader]), about, encoded, bytes];
    central.push(
      fields([4, centralHeader], [2, 20]),
      about,
      fields([2, 0], [2, 0], [2, 0], [4, 0], [4, offset]),
      encoded,
    );
    parts.push(...local);
    offset += lengthOf(local);
  }
  const end = fields(
    [4, endRecord],
    [2, 0],
    [2, 0],
    [2, members.length],
    [2, members.length],
    [4, lengthOf(central)],
    [4, offset],
    [2, 0],
  );
  return joined([...parts, ...central, end]);
}

/** Numbers of 2 or 4 bytes, one after the other. */
function fields(...values: readonly (readonly [size: 2 | 4, value: number])[]): Uint8Array {
  const bytes = new Uint8Array(values.reduce((sum, [size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of values) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return bytes;
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
