import { dirname, join } from 'node:path';
import type { Module } from '../python/ast.ts';
import { onceEach } from '../python/once.ts';
import type { ParsedSource, PythonParser } from '../python/parser.ts';
import type { FoundModule, TraceOptions } from '../tracer/trace.ts';
import type { SourceHost } from './analysis.ts';
import { addedFolders } from './search-path.ts';

/** What is kept of a file's text, so that a file that many import is read once. */
export class ModuleCache {
  readonly #parser: PythonParser;
  readonly #known = new Map<string, { readonly text: string; readonly module: Module }>();
  /** Of files that came with another text: the newest one's tree, of which only what an edit changes is parsed anew. */
  readonly #edited = new Map<string, ParsedSource>();
  readonly #imports = new Map<string, { readonly text: string; readonly names: readonly string[] }>();

  constructor(parser: PythonParser) {
    this.#parser = parser;
  }

  /** The syntax of a file's text. */
  parse(path: string, text: string): Module {
    const known = this.#known.get(path);
    if (known?.text === text) return known.module;
    const before = this.#edited.get(path);
    const parsed = this.#parser.parse(text, before);
    before?.dispose();
    if (known === undefined) parsed.dispose();
    else keep(this.#edited, path, parsed, mostEdited)?.dispose();
    keep(this.#known, path, { text, module: parsed.module }, mostModules);
    return parsed.module;
  }

  /** The dotted names that a file's text may import modules by. */
  imports(path: string, text: string): readonly string[] {
    const known = this.#imports.get(path);
    if (known?.text === text) return known.names;
    const names = importedNames(text);
    this.#imports.set(path, { text, names });
    return names;
  }
}

const mostModules = 500;
/** Trees are large, and few files are edited at a time. */
const mostEdited = 8;

/** Keeps a value as the newest of so many; gives the oldest where that has to go. */
function keep<V>(values: Map<string, V>, key: string, value: V, most: number): V | undefined {
  values.delete(key);
  values.set(key, value);
  const [oldest] = values;
  if (values.size <= most || oldest === undefined) return undefined;
  values.delete(oldest[0]);
  return oldest[1];
}

/** `from a.b import c, d` and `import a.b`, wherever they begin a line; in brackets over several. */
const importPattern =
  /^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+(?:\(([^)]*)\)|([^\n#;]+))|import[ \t]+([^\n#;]+))/gm;

/** What `from a import b` names may be a module `a.b` or something of `a`: both are given. Reads text, for speed. */
function importedNames(text: string): readonly string[] {
  const names = new Set<string>();
  const listed = (list: string): readonly string[] =>
    list
      .replaceAll(/#.*|\\/g, '')
      .split(',')
      .flatMap((part) => /^\s*([.\w]+)/.exec(part)?.[1] ?? []);
  for (const [, from, bracketed, plain, modules] of text.matchAll(importPattern)) {
    if (modules !== undefined) for (const name of listed(modules)) names.add(name);
    if (from === undefined) continue;
    names.add(from);
    for (const name of listed(bracketed ?? plain ?? ''))
      names.add(from.endsWith('.') ? from + name : `${from}.${name}`);
  }
  return [...names];
}

/** A host that looks at each file once, so that an analysis sees all of it as it was at one time. */
export function lookingOnce(host: SourceHost): SourceHost {
  return { ...host, readText: onceEach((path) => host.readText(path)), peek: onceEach((path) => host.peek(path)) };
}

/** A function that finds the module of a dotted name as a file imports it, in the host's files. */
export function moduleFinder(cache: ModuleCache, host: SourceHost): TraceOptions['findModule'] {
  const known = new Map<string, FoundModule | null>();
  const find = (name: string, from: string): FoundModule | null => {
    for (const path of candidates(name, bases(cache, host, name, from))) {
      const text = host.readText(path);
      if (text !== null) return { file: path, module: cache.parse(path, text) };
    }
    return null;
  };
  return (name, from) => {
    const key = `${name} ${dirname(from)}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const found = find(name, from);
    known.set(key, found);
    return found;
  };
}

/** The file that a dotted name means in another, or null. */
export function locate(cache: ModuleCache, host: SourceHost, name: string, from: string): string | null {
  for (const path of candidates(name, bases(cache, host, name, from))) if (host.peek(path) !== null) return path;
  return null;
}

/** The folders in which a dotted name is looked for: those that the file itself adds to `sys.path` too. */
function* bases(cache: ModuleCache, host: SourceHost, name: string, from: string): Generator<string> {
  const dots = /^\.*/.exec(name)?.[0].length ?? 0;
  if (dots > 0) {
    yield folderOf(from, dots);
    return;
  }
  const roots = host.roots(from);
  yield* roots;
  const text = host.peek(from);
  if (text?.includes('sys.path') === true) yield* addedFolders(cache.parse(from, text), from, roots);
}

function* candidates(name: string, bases: Iterable<string>): Generator<string> {
  const parts = name.split('.').filter((part) => part !== '');
  for (const base of bases) {
    const path = join(base, ...parts);
    if (parts.length > 0) yield `${path}.py`;
    yield join(path, '__init__.py');
  }
}

/** The folder that so many dots mean in a file. */
export function folderOf(file: string, dots: number): string {
  return dots <= 1 ? dirname(file) : dirname(folderOf(file, dots - 1));
}
