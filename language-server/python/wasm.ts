import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Wasm } from './parser.ts';

const FILES = [
  { name: 'web-tree-sitter.wasm', specifier: 'web-tree-sitter/web-tree-sitter.wasm' },
  { name: 'tree-sitter-python.wasm', specifier: 'tree-sitter-python/tree-sitter-python.wasm' },
] as const;

/**
 * Reads the two WebAssembly modules: those beside the running bundle (in `beside`, or in the folder of this
 * module), else those of the installed packages. Throws an error that names the file that was not found.
 */
export async function locateWasm(beside?: string): Promise<Wasm> {
  // A CommonJS bundle has no address of its own; it passes `beside`.
  const address: string | undefined = import.meta.url;
  const folder = beside ?? (address === undefined ? '.' : dirname(fileURLToPath(address)));
  const [runtime, grammar] = await Promise.all(FILES.map((file) => readFirst(folder, file)));
  if (runtime === undefined || grammar === undefined) throw new Error('no WebAssembly module was named');
  return { runtime, grammar };
}

async function readFirst(folder: string, file: (typeof FILES)[number]): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, file.name));
  } catch {
    try {
      return await readFile(fileURLToPath(import.meta.resolve(file.specifier)));
    } catch (cause) {
      throw new Error(`${file.name} is neither in ${folder} nor in an installed package`, { cause });
    }
  }
}
