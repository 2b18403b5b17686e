import { dirname, join } from 'node:path';
import type { Module } from '../python/ast.ts';
import type { PythonParser } from '../python/parser.ts';
import type { TraceOptions } from '../tracer/trace.ts';
import type { SourceHost } from './analysis.ts';

/** Parsed modules are kept by their text, so that a file that many import is read once. */
export class ModuleCache {
  readonly #parser: PythonParser;
  readonly #known = new Map<string, { readonly text: string; readonly module: Module }>();

  constructor(parser: PythonParser) {
    this.#parser = parser;
  }

  /** The syntax of a file's text. */
  parse(path: string, text: string): Module {
    const known = this.#known.get(path);
    if (known?.text === text) return known.module;
    const parsed = this.#parser.parse(text);
    parsed.dispose();
    // The one that was used longest ago goes first.
    this.#known.delete(path);
    this.#known.set(path, { text, module: parsed.module });
    const [oldest] = this.#known.keys();
    if (this.#known.size > mostModules && oldest !== undefined) this.#known.delete(oldest);
    return parsed.module;
  }
}

const mostModules = 500;

/** A function that finds the module of a dotted name as a file imports it, in the host's files. */
export function moduleFinder(cache: ModuleCache, host: SourceHost): TraceOptions['findModule'] {
  const at = (path: string): { readonly file: string; readonly module: Module } | null => {
    const text = host.readText(path);
    return text === null ? null : { file: path, module: cache.parse(path, text) };
  };
  return (name, from) => {
    const [, dots = '', rest = ''] = /^(\.*)(.*)$/.exec(name) ?? [];
    const parts = rest.split('.').filter((part) => part !== '');
    const bases = dots === '' ? host.roots : [above(dirname(from), dots.length - 1)];
    for (const base of bases) {
      const path = join(base, ...parts);
      const found = (parts.length === 0 ? null : at(`${path}.py`)) ?? at(join(path, '__init__.py'));
      if (found !== null) return found;
    }
    return null;
  };
}

/** The folder that many levels up. */
function above(folder: string, levels: number): string {
  return levels <= 0 ? folder : above(dirname(folder), levels - 1);
}
