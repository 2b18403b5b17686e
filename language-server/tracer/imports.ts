import { isNamespace } from '../library/define.ts';
import { partlyKnown } from '../library/packages.ts';
import { assumed } from '../library/torch/assumed.ts';
import type { Scope, Value } from '../library/values.ts';
import type { Alias, ImportFrom } from '../python/ast.ts';
import type { Machine } from './machine.ts';

/** What an absolute import path names: something of a library, a module of the user's own, or nothing we know. */
function resolve(m: Machine, path: string): Value | null {
  const [root = path] = path.split('.');
  const own = partlyKnown.has(root) ? m.options.importModule(m, path, m.file) : null;
  if (own !== null) return own;
  const exact = m.library.get(path);
  if (exact !== undefined) return exact;
  if (isNamespace(m.library, path)) return { kind: 'namespace', path };
  return m.options.importModule(m, path, m.file);
}

/** `import a.b` binds `a`; `import a.b as c` binds `c` to `a.b`. */
export function bindImport(m: Machine, alias: Alias, scope: Scope): void {
  const [root = alias.name] = alias.name.split('.');
  const [name, path] = alias.asName === null ? [root, root] : [alias.asName, alias.name];
  m.setName(
    scope.names,
    name,
    resolve(m, path) ??
      m.at(alias.range, () => m.unknowns.identified(m.unknown(`the module ${path} is not known`), name)),
  );
}

export function bindImportFrom(m: Machine, s: ImportFrom, scope: Scope): void {
  const path = `${'.'.repeat(s.level)}${s.module ?? ''}`;
  const module = resolve(m, path);
  for (const alias of s.names) {
    if (alias.name === '*') {
      bindAll(m, path, module, scope);
      continue;
    }
    const value = member(m, path, module, alias);
    const name = alias.asName ?? alias.name;
    m.setName(scope.names, name, value);
    if (value.kind === 'unknown' && module?.kind === 'module')
      m.bindOnceLoaded(module.scope, alias.name, scope, name, value);
  }
}

function member(m: Machine, path: string, module: Value | null, alias: Alias): Value {
  return m.at(alias.range, () => {
    const own = module === null ? null : m.attribute(module, alias.name);
    if (own !== null && own.kind !== 'unknown') return own;
    const submodule = resolve(m, path.endsWith('.') ? `${path}${alias.name}` : `${path}.${alias.name}`);
    if (submodule !== null) return submodule;
    return (
      assumed(m, alias.name, path) ??
      own ??
      m.unknowns.identified(m.unknown(`${alias.name} comes from ${path}, which is not known`), alias.name)
    );
  });
}

function bindAll(m: Machine, path: string, module: Value | null, scope: Scope): void {
  if (module?.kind === 'module') {
    for (const [name, value] of module.scope.names) if (!name.startsWith('_')) m.setName(scope.names, name, value);
  } else if (module?.kind === 'namespace') {
    const prefix = `${path}.`;
    for (const [key, value] of m.library) {
      const name = key.slice(prefix.length);
      if (key.startsWith(prefix) && !name.includes('.')) m.setName(scope.names, name, value);
    }
  }
}
