import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { explain, realPath } from './sources.ts';

/** A file to be read, by the path that people know it by. */
export interface FileFound {
  readonly kind: 'file';
  readonly path: string;
  /** Whether it was named itself, and not found in a folder. */
  readonly named: boolean;
}

/** A path that could not be looked at. */
export interface PathProblem {
  readonly kind: 'problem';
  readonly path: string;
  readonly message: string;
}

const LEFT_OUT: ReadonlySet<string> = new Set(['node_modules', '__pycache__']);

/**
 * The files that are meant by paths, in order; each real file and folder once, however often it is named.
 * A named file is taken whatever it is called; in folders only `*.py` and `*.ipynb` files are.
 * @param most folders that are searched at most; those that come after so many are passed over
 */
export function* findFiles(
  paths: readonly string[],
  most = Number.POSITIVE_INFINITY,
): Generator<FileFound | PathProblem> {
  const search = { seen: new Set<string>(), left: most };
  for (const path of paths) yield* lookAt(path, true, search);
}

interface Search {
  /** The real paths of what was looked at. */
  readonly seen: Set<string>;
  /** How many folders may still be searched. */
  left: number;
}

function* lookAt(path: string, named: boolean, search: Search): Generator<FileFound | PathProblem> {
  try {
    const isFolder = statSync(path).isDirectory();
    const real = realPath(path);
    if (search.seen.has(real)) return;
    search.seen.add(real);
    if (isFolder) yield* searchFolder(path, search);
    else yield { kind: 'file', path, named };
  } catch (error) {
    yield { kind: 'problem', path, message: explain(error) };
  }
}

function* searchFolder(folder: string, search: Search): Generator<FileFound | PathProblem> {
  search.left -= 1;
  if (search.left < 0) return;
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith('.') || LEFT_OUT.has(entry.name)) continue;
    const path = join(folder, entry.name);
    const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && leadsToFolder(path));
    if (isFolder ? isEnvironment(path) : !/\.(?:py|ipynb)$/.test(entry.name)) continue;
    yield* lookAt(path, false, search);
  }
}

/** Whether a symbolic link leads to a folder; one that leads nowhere does not. */
function leadsToFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Whether a folder is a virtual environment. */
function isEnvironment(folder: string): boolean {
  return existsSync(join(folder, 'pyvenv.cfg')) || existsSync(join(folder, 'conda-meta'));
}
