import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { findFiles } from './files.ts';

/** Callers are looked for in so many files of a project at most, and in so many folders: a data set may have a million. */
const MOST_FILES = 3000;
const MOST_FOLDERS = 10_000;

/** What marks the folder that a project starts at. */
const PROJECT_MARKS = ['pyproject.toml', 'setup.py', 'setup.cfg', '.git'];

/**
 * The folders in which a file's absolute imports are looked for, nearest first: its own and those above it up to
 * the project's (with `src` beside), and the workspace's folders.
 * @param path absolute
 */
function importRoots(path: string, workspace: readonly string[]): readonly string[] {
  const roots: string[] = [];
  const add = (folder: string): void => {
    if (!roots.includes(folder)) roots.push(folder);
  };
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    add(folder);
    const isEnd = workspace.includes(folder) || PROJECT_MARKS.some((mark) => existsSync(join(folder, mark)));
    if (isEnd && existsSync(join(folder, 'src'))) add(join(folder, 'src'));
    if (isEnd) for (const inner of projectsIn(folder)) add(inner);
    if (isEnd || dirname(folder) === folder) break;
  }
  // Without a mark the project's folder is not known: only the file's own folder is sure.
  const known = roots.some((folder) => PROJECT_MARKS.some((mark) => existsSync(join(folder, mark))));
  const inWorkspace = roots.some((folder) => workspace.includes(folder));
  const sure = known || inWorkspace ? roots : roots.slice(0, 1);
  return [...new Set([...sure, ...workspace])];
}

/** What marks a folder whose packages are installed from there. */
const PACKAGE_MARKS = ['pyproject.toml', 'setup.py', 'setup.cfg'];

/** The packages beside others in one repository: folders directly in it that have marks of their own. */
function projectsIn(folder: string): readonly string[] {
  return foldersIn(folder)
    .filter((inner) => PACKAGE_MARKS.some((mark) => existsSync(join(inner, mark))))
    .flatMap((inner) => (existsSync(join(inner, 'src')) ? [inner, join(inner, 'src')] : [inner]));
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => join(folder, entry.name))
      .toSorted();
  } catch {
    return [];
  }
}

/** What is known of the projects that files belong to, until it is forgotten. */
export class Projects {
  readonly #workspace: readonly string[];
  readonly #roots = new Map<string, readonly string[]>();
  readonly #files = new Map<string, readonly string[]>();

  /** @param workspace the folders that are open, or that a command is about */
  constructor(workspace: readonly string[] = []) {
    this.#workspace = workspace;
  }

  /** The folders in which a file's absolute imports are looked for, nearest first. */
  roots(path: string): readonly string[] {
    return kept(this.#roots, dirname(path), () => importRoots(path, this.#workspace));
  }

  /** The Python files and notebooks of a file's project: of the outermost folder that its imports are looked for in. */
  files(path: string): readonly string[] {
    const above = this.roots(path).filter((folder) => isInside(path, folder));
    const project = above.at(-1);
    // A folder without marks may be anything, a home folder for example.
    if (project === undefined || !this.#isProject(project)) return [];
    return kept(this.#files, project, () => pythonFiles(project));
  }

  #isProject(folder: string): boolean {
    return this.#workspace.includes(folder) || PROJECT_MARKS.some((mark) => existsSync(join(folder, mark)));
  }
}

function pythonFiles(folder: string): readonly string[] {
  const files: string[] = [];
  for (const found of findFiles([folder], MOST_FOLDERS)) {
    if (found.kind === 'file') files.push(found.path);
    if (files.length === MOST_FILES) break;
  }
  return files;
}

function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function kept<V>(known: Map<string, V>, key: string, make: () => V): V {
  const before = known.get(key);
  if (before !== undefined) return before;
  const made = make();
  known.set(key, made);
  return made;
}
