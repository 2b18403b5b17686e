import { basename, dirname } from 'node:path';
import type { FoundModule } from '../tracer/trace.ts';
import type { SourceHost } from './analysis.ts';
import { folderOf, locate, type ModuleCache } from './modules.ts';

/** Files further away than so many imports, and more files than so many, are not looked at. */
const farthest = 4;
const mostCallers = 40;

/**
 * A function that finds the files of the project that import a file, directly or through others: first those that mention
 * what it defines, by the names given, then the nearer ones. The project is looked through once, when it is first asked.
 */
export function callerFinder(
  cache: ModuleCache,
  host: SourceHost,
  file: string,
): (names: readonly string[]) => Iterable<FoundModule> {
  let known: readonly Importer[] | null = null;
  return function* (names) {
    known ??= importersOf(cache, host, file);
    const ranked = known
      .map((importer) => ({ ...importer, mentions: names.some((name) => host.peek(importer.path)?.includes(name)) }))
      .sort((a, b) => Number(b.mentions) - Number(a.mentions) || a.depth - b.depth);
    for (const { path } of ranked.slice(0, mostCallers)) {
      const text = host.readText(path);
      if (text !== null) yield { file: path, module: cache.parse(path, text) };
    }
  };
}

interface Importer {
  readonly path: string;
  readonly depth: number;
}

function importersOf(cache: ModuleCache, host: SourceHost, file: string): readonly Importer[] {
  const byName = importsByName(cache, host);
  const found = new Map<string, Importer>();
  let front: readonly string[] = [file];
  for (let depth = 1; depth <= farthest && front.length > 0; depth++) {
    const next: string[] = [];
    for (const imported of front) {
      for (const { path, name } of byName.get(moduleNameOf(imported)) ?? []) {
        if (path === file || found.has(path) || locate(cache, host, name, path) !== imported) continue;
        found.set(path, { path, depth });
        next.push(path);
      }
    }
    front = next;
  }
  return [...found.values()];
}

/** The last part of the dotted name of a module: of a package that of its folder. */
function moduleNameOf(path: string): string {
  const name = basename(path, '.py');
  return name === '__init__' ? basename(dirname(path)) : name;
}

interface Import {
  readonly path: string;
  /** The dotted name, relative ones with their dots. */
  readonly name: string;
}

/** The imports of all files of the project, by the last part of what they name. */
function importsByName(cache: ModuleCache, host: SourceHost): ReadonlyMap<string, readonly Import[]> {
  const imports = new Map<string, Import[]>();
  for (const path of host.files()) {
    const text = host.peek(path);
    if (text === null) continue;
    for (const name of cache.imports(path, text)) {
      const key = lastPart(name, path);
      const known = imports.get(key);
      if (known === undefined) imports.set(key, [{ path, name }]);
      else known.push({ path, name });
    }
  }
  return imports;
}

/** The last part of a dotted name; of one that is only dots the name of the folder that they mean. */
function lastPart(name: string, path: string): string {
  const [, dots = '', rest = ''] = /^(\.*)(.*)$/.exec(name) ?? [];
  return rest === '' ? basename(folderOf(path, dots.length)) : (rest.split('.').at(-1) ?? rest);
}
