import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { type Decoded, decodeSource, type EncodingProblem } from '../python/encoding.ts';
import { isNotebookFile, joinCells, parseNotebook } from '../python/notebook.ts';
import type { SourceHost } from '../rules/analysis.ts';
import type { Projects } from './projects.ts';

/** A larger file, in bytes, is data rather than a program; it is not analysed. */
export const LARGEST_FILE = 2_000_000;

/** The same of a notebook, most of which is what its cells have put out. */
export const LARGEST_NOTEBOOK = 50_000_000;

/** Why a file was not read, for people, and whether it is no program at all, so that a search may pass it over. */
export interface ReadProblem extends EncodingProblem {
  readonly isData: boolean;
}

/** A source file's text with its bytes, as it was read. */
export interface SourceText extends Decoded {
  readonly bytes: Uint8Array;
}

/** Reads a source file of so many bytes at most; never throws. Only regular files are read, following symbolic links. */
export function readSource(path: string, largest = LARGEST_FILE): SourceText | ReadProblem {
  try {
    // Not blocking, for a named pipe would be waited for.
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const status = fstatSync(file);
      if (status.isDirectory()) return problem('this is a folder');
      if (!status.isFile()) return problem('this is not a regular file');
      if (status.size > largest) return tooLarge(status.size, largest);
      const bytes = readFileSync(file);
      const decoded = decodeSource(bytes);
      return decoded.kind === 'decoded' ? { ...decoded, bytes } : { ...decoded, isData: false };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return problem(explain(error));
  }
}

/** The problem of a text of that many bytes. */
export function tooLarge(bytes: number, largest = LARGEST_FILE): ReadProblem {
  const limit = megabytes(largest);
  return {
    kind: 'problem',
    message: `not analysed: ${megabytes(bytes)} is more than the limit of ${limit}`,
    isData: true,
  };
}

function problem(message: string): ReadProblem {
  return { kind: 'problem', message, isData: false };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'there is no such file or folder',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  ELOOP: 'its symbolic links go in a circle',
  EISDIR: 'this is a folder',
  ENAMETOOLONG: 'the name is too long',
  ENXIO: 'this is not a regular file',
};

/** The reason of a file system error, for people. */
export function explain(error: unknown): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}

/** Reads files from the disk again only where they have changed. */
export class DiskReader {
  readonly #known = new Map<string, { readonly stamp: string; readonly text: string | null }>();

  /** The Python of a file at an absolute path, or of a notebook; null where there is none that can be read. */
  readText(path: string): string | null {
    if (!isAbsolute(path)) return null;
    const stamp = stampOf(path);
    if (stamp === null) return null;
    const known = this.#known.get(path);
    if (known?.stamp === stamp) return known.text;
    const source = readSource(path);
    const text = source.kind === 'decoded' ? pythonOf(path, source.text) : null;
    this.#known.set(path, { stamp, text });
    return text;
  }
}

/** The Python of a file's text: a notebook's cells, joined. */
function pythonOf(path: string, text: string): string | null {
  if (!isNotebookFile(path)) return text;
  const notebook = parseNotebook(text);
  return notebook.kind === 'problem' ? null : joinCells(notebook.cells.map((cell) => cell.text)).text;
}

function stampOf(path: string): string | null {
  try {
    const status = statSync(path, { throwIfNoEntry: false });
    return status?.isFile() ? `${status.mtimeMs} ${status.size} ${status.ino}` : null;
  } catch {
    return null;
  }
}

/** The sources of one file on the disk, for the command line. */
export function diskHost(reader: DiskReader, projects: Projects, path: string): SourceHost {
  const readText = (other: string): string | null => reader.readText(other);
  return {
    readText,
    peek: readText,
    roots: (other) => projects.roots(other),
    files: () => projects.files(resolve(path)),
  };
}

/** The path with symbolic links followed, or the path itself where that cannot be. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
