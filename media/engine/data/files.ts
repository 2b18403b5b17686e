import type { NamedValues } from '../report.ts';
import { DataError, type FileArray, mostBytes } from './arrays.ts';
import { readNpy, writeNpy } from './npy.ts';
import { readSafetensors } from './safetensors.ts';
import { readZip, writeZip } from './zip.ts';

/** How files of each ending are read. Rejects with DataError. */
const readers: Readonly<Record<string, (bytes: Uint8Array, stem: string) => Promise<readonly FileArray[]>>> = {
  npy: async (bytes, stem) => [{ kind: 'read', name: stem, ...readNpy(bytes) }],
  npz: async (bytes) =>
    (await readZip(bytes)).map((member) => npyMember(member.name.replace(/\.npy$/, ''), member.bytes)),
  safetensors: async (bytes) => readSafetensors(bytes),
};

/** The endings of files that hold arrays. */
export const dataEndings: readonly string[] = Object.keys(readers);

/** The arrays of a file, told by its ending. Rejects with DataError where it cannot be read. */
export async function readArrays(file: string, bytes: Uint8Array): Promise<readonly FileArray[]> {
  const [, stem = file, ending = ''] = /([^\\/]*)\.(\w+)$/.exec(file) ?? [];
  const read = readers[ending.toLowerCase()];
  if (read === undefined) throw new DataError(`is none of the kinds that are read: ${dataEndings.join(', ')}`);
  if (bytes.byteLength > mostBytes) throw new DataError('is larger than 1 GB');
  return read(bytes, stem);
}

/** One array of an archive: what is wrong with it concerns it alone. */
function npyMember(name: string, bytes: Uint8Array): FileArray {
  try {
    return { kind: 'read', name, ...readNpy(bytes) };
  } catch (error) {
    if (error instanceof DataError) return { kind: 'unread', name, problem: error.message };
    throw error;
  }
}

/** A `.npz` file as `numpy.savez` writes it. */
export function writeNpz(arrays: readonly NamedValues[]): Uint8Array<ArrayBuffer> {
  return writeZip(arrays.map(({ name, shape, values }) => ({ name: `${name}.npy`, bytes: writeNpy(shape, values) })));
}

export { writeNpy };
