import type { AnyNode, Expression, FunctionDef, Lambda, Module, Pattern, Range } from '../python/ast.ts';
import { enclosing, walk } from '../python/traverse.ts';

/** What names are bound in: the module, a function, a class body. */
type Scope = Module | FunctionDef | Lambda | Extract<AnyNode, { readonly kind: 'ClassDef' }>;

/** A name as it is used at a place, with the scope that binds it. */
export interface Use {
  readonly name: string;
  readonly range: Range;
  readonly scope: Scope;
}

/** The name at an offset and the scope that binds it by Python's rules; null where there is none or it is not sure. */
export function nameAt(module: Module, offset: number): Use | null {
  const path = enclosing(module, offset);
  const node = path.at(-1);
  if (node?.kind !== 'Name' || offset > node.range.end) return null;
  // A comprehension's own names are seen by nobody else, so there is nothing to know of them.
  if (path.some((outer) => isComprehension(outer) && bindsInComprehension(outer, node.id))) return null;
  const scopes = scopesAround(path);
  for (const scope of scopes.toReversed()) {
    // A class body is seen from its own statements only, not from its methods.
    if (scope.kind === 'ClassDef' && scope !== scopes.at(-1)) continue;
    const names = boundIn(scope);
    if (names === null) return null;
    if (names.has(node.id)) return { name: node.id, range: node.range, scope };
  }
  return null;
}

/** The scope that a place is in. */
export function scopeAt(module: Module, offset: number): Scope {
  return scopesAround(enclosing(module, offset)).at(-1) ?? module;
}

/** Scopes on a path, outermost first. Defaults, decorators and annotations of a function belong to the scope around it. */
function scopesAround(path: readonly AnyNode[]): readonly Scope[] {
  return path.filter((node, k): node is Scope => {
    const inner = path[k + 1];
    switch (node.kind) {
      case 'Module':
        return true;
      case 'Lambda':
        return inner === node.body;
      case 'FunctionDef':
      case 'ClassDef':
        return node.body.some((statement) => statement === inner);
      default:
        return false;
    }
  });
}

/** The names that a scope binds; null where `global` or `nonlocal` mix scopes, or a star import hides names. */
function boundIn(scope: Scope): ReadonlySet<string> | null {
  const names = new Set<string>();
  if (scope.kind === 'FunctionDef' || scope.kind === 'Lambda') {
    const { positionalOnly, args, vararg, keywordOnly, kwarg } = scope.args;
    for (const parameter of [...positionalOnly, ...args, vararg, ...keywordOnly, kwarg])
      if (parameter !== null) names.add(parameter.name);
  }
  if (scope.kind === 'Lambda') return names;
  for (const statement of scope.body) {
    for (const node of walk(statement, (inner) => !startsScope(inner))) {
      if (node.kind === 'Global' || node.kind === 'Nonlocal') return null;
      for (const name of boundBy(node)) {
        if (name === '*') return null;
        names.add(name);
      }
    }
  }
  return names;
}

function startsScope({ kind }: AnyNode): boolean {
  return kind === 'FunctionDef' || kind === 'ClassDef' || kind === 'Lambda';
}

/** The names that a node itself binds. */
function boundBy(node: AnyNode): readonly string[] {
  switch (node.kind) {
    case 'Assign':
    case 'Delete':
      return node.targets.flatMap(targetNames);
    case 'AugAssign':
    case 'AnnAssign':
    case 'NamedExpr':
    case 'For':
      return targetNames(node.target);
    case 'With':
      return node.items.flatMap(({ optionalVars }) => (optionalVars === null ? [] : targetNames(optionalVars)));
    case 'FunctionDef':
    case 'ClassDef':
      return [node.name];
    case 'Import':
      return node.names.map(({ name, asName }) => asName ?? name.split('.')[0] ?? name);
    case 'ImportFrom':
      return node.names.map(({ name, asName }) => asName ?? name);
    case 'Try':
      return node.handlers.flatMap(({ name }) => (name === null ? [] : [name]));
    case 'Match':
      return node.cases.flatMap(({ pattern }) => patternNames(pattern));
    default:
      return [];
  }
}

function targetNames(target: Expression): readonly string[] {
  switch (target.kind) {
    case 'Name':
      return [target.id];
    case 'Tuple':
    case 'List':
      return target.elts.flatMap(targetNames);
    case 'Starred':
      return targetNames(target.value);
    default:
      return [];
  }
}

function patternNames(pattern: Pattern): readonly string[] {
  switch (pattern.kind) {
    case 'MatchAs':
      return [
        ...(pattern.name === null ? [] : [pattern.name]),
        ...(pattern.pattern === null ? [] : patternNames(pattern.pattern)),
      ];
    case 'MatchStar':
      return pattern.name === null ? [] : [pattern.name];
    case 'MatchSequence':
    case 'MatchOr':
      return pattern.patterns.flatMap(patternNames);
    case 'MatchMapping':
      return [...pattern.patterns.flatMap(patternNames), ...(pattern.rest === null ? [] : [pattern.rest])];
    case 'MatchClass':
      return [...pattern.patterns, ...pattern.keywordPatterns.map((keyword) => keyword.pattern)].flatMap(patternNames);
    case 'MatchValue':
    case 'MatchSingleton':
      return [];
  }
}

type AnyComprehension = Extract<AnyNode, { readonly generators: unknown }>;

function isComprehension(node: AnyNode): node is AnyComprehension {
  return 'generators' in node;
}

function bindsInComprehension(node: AnyComprehension, name: string): boolean {
  return node.generators.some(({ target }) => targetNames(target).includes(name));
}
