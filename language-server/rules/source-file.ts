import type { AnyNode, Call, Comment, Expression, Module, Range, Statement } from '../python/ast.ts';
import { once } from '../python/once.ts';
import { LineTable, lineEndingOf } from '../python/text.ts';
import { enclosing, walk } from '../python/traverse.ts';
import type { Edit } from './finding.ts';

/** A file's text and syntax, with what rules and fixes ask of them. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly module: Module;
}

/** The lines of a file. */
export const linesOf = once((file: SourceFile) => new LineTable(file.text));

/** The comments that begin on some lines, from 0. */
export function commentsOn(file: SourceFile, first: number, last: number): readonly Comment[] {
  const lines = linesOf(file);
  const [start, end] = [lines.startOfLine(Math.max(first, 0)), lines.endOfLine(last)];
  return file.module.comments.filter(({ range }) => start <= range.start && range.start <= end);
}

export function textAt(file: SourceFile, range: Range): string {
  return file.text.slice(range.start, range.end);
}

/** The expression that covers exactly this range. */
export function expressionAt(file: SourceFile, range: Range): Expression | null {
  const path = enclosing(file.module, range.start);
  const found = path.find(
    (node) => node.range.start === range.start && node.range.end === range.end && isExpression(node),
  );
  if (found !== undefined && isExpression(found)) return found;
  // Where several nodes start at one offset the path may have gone into another.
  for (const node of path.slice(0, 1)) {
    for (const inner of walk(node))
      if (inner.range.start === range.start && inner.range.end === range.end && isExpression(inner)) return inner;
  }
  return null;
}

export function callAt(file: SourceFile, range: Range): Call | null {
  const found = expressionAt(file, range);
  return found?.kind === 'Call' ? found : null;
}

/** Whether a place stands in a test. */
export function isInTest(
  { module, path }: SourceFile,
  place: { readonly file: string; readonly start: number },
): boolean {
  return (
    place.file === path &&
    enclosing(module, place.start).some((node) => node.kind === 'FunctionDef' && node.name.startsWith('test'))
  );
}

/** The statement around an offset, innermost. */
export function statementAt(file: SourceFile, offset: number): Statement | null {
  const found = enclosing(file.module, offset).filter((node): node is Statement => isStatement(node));
  return found.at(-1) ?? null;
}

const statements: ReadonlySet<string> = new Set([
  'FunctionDef',
  'ClassDef',
  'Return',
  'Delete',
  'Assign',
  'AugAssign',
  'AnnAssign',
  'For',
  'While',
  'If',
  'With',
  'Match',
  'Raise',
  'Try',
  'Assert',
  'Import',
  'ImportFrom',
  'Global',
  'Nonlocal',
  'ExprStatement',
  'Pass',
  'Break',
  'Continue',
  'BrokenStatement',
]);

function isStatement(node: AnyNode): node is Statement {
  return statements.has(node.kind);
}

function isExpression(node: AnyNode): node is Expression {
  return node.kind !== 'Module' && !statements.has(node.kind);
}

/** An argument of a call by position or keyword. */
export function argumentOf(call: Call, position: number, name: string): Expression | null {
  const keyword = call.keywords.find((each) => each.name === name);
  if (keyword !== undefined) return keyword.value;
  const before = call.args.slice(0, position + 1);
  return before.some((arg) => arg.kind === 'Starred') ? null : (call.args[position] ?? null);
}

/** What a name is assigned where it is used: the one assignment of it in the function around, or in the module; null where there are more. */
export function definitionOf(file: SourceFile, use: Extract<Expression, { kind: 'Name' }>): Expression | null {
  const around = enclosing(file.module, use.range.start).findLast((node) => node.kind === 'FunctionDef') ?? file.module;
  const values: (Expression | null)[] = [];
  for (const node of walk(around)) {
    if (node.kind === 'Assign' && node.targets.some((target) => namesIn(target).has(use.id))) {
      const [only, ...more] = node.targets;
      values.push(only !== undefined && more.length === 0 ? partFor(only, node.value, use.id) : null);
    } else if ((node.kind === 'AugAssign' || node.kind === 'For') && namesIn(node.target).has(use.id))
      values.push(null);
  }
  const [value = null, ...more] = values;
  return more.length > 0 || value === null || value.range.end > use.range.start ? null : value;
}

/** What an assignment gives a name: the value, or its part where both are written out as tuples. */
function partFor(target: Expression, value: Expression, name: string): Expression | null {
  if (target.kind === 'Name') return value;
  if (target.kind !== 'Tuple' || value.kind !== 'Tuple' || target.elts.length !== value.elts.length) return null;
  const k = target.elts.findIndex((elt) => elt.kind === 'Name' && elt.id === name);
  return value.elts[k] ?? null;
}

/** The keyword arguments of a call but those named, as text with leading commas. */
export function otherArguments(file: SourceFile, call: Call, positional: number, names: readonly string[]): string {
  const rest = call.args.slice(positional).map((arg) => textAt(file, arg.range));
  const keywords = call.keywords
    .filter(({ name }) => name === null || !names.includes(name))
    .map((keyword) => textAt(file, keyword.range));
  return [...rest, ...keywords].map((text) => `, ${text}`).join('');
}

/** The whole number that is written there, `2` or `-2`; null for anything else. */
export function wholeNumberAt(value: Expression): number | null {
  if (value.kind === 'UnaryOp' && value.op === '-') {
    const inner = wholeNumberAt(value.operand);
    return inner === null ? null : -inner;
  }
  return value.kind === 'Constant' && value.value.type === 'int' ? Number(value.value.value) : null;
}

/** Names used in a piece of source, to choose a parameter that clashes with none. */
export function namesIn(node: AnyNode): ReadonlySet<string> {
  const names = new Set<string>();
  for (const inner of walk(node)) if (inner.kind === 'Name') names.add(inner.id);
  return names;
}

/** Whether two ranges are the same. */
export function sameRange(a: Range, b: Range): boolean {
  return a.start === b.start && a.end === b.end;
}

/** The text that applies a function expression to an argument: `net(x)`, `(lambda y: ...)(x)`. */
export function applied(file: SourceFile, fn: Expression, argument: string): string {
  return `${bracketed(file, fn)}(${argument})`;
}

/** The text of an expression, in brackets where what is written behind it would go with its last part alone. */
export function bracketed(file: SourceFile, expression: Expression): string {
  const text = textAt(file, expression.range);
  return ['Name', 'Attribute', 'Call', 'Subscript'].includes(expression.kind) ? text : `(${text})`;
}

/** The first of some names that is not used already. */
export function freshName(used: ReadonlySet<string>, wishes: readonly string[]): string {
  const last = 'jacobian_lens_input';
  for (const name of wishes) if (!used.has(name)) return name;
  for (let k = 0; ; k++) {
    const name = k === 0 ? last : `${last}_${k}`;
    if (!used.has(name)) return name;
  }
}

/** How a file spells names of a module that it may or may not have imported, with the edit that imports them. */
export interface Spelling {
  readonly names: readonly string[];
  readonly edits: readonly Edit[];
}

/**
 * Spells `names` of `module` in the file's own style: names imported already are used as they are, else
 * `torch.func.vmap` where the file imports torch as a whole and nothing from the module, else an import is added.
 */
export function spell(file: SourceFile, module: string, names: readonly string[]): Spelling {
  const imported = new Map<string, string>();
  let from: Extract<Statement, { kind: 'ImportFrom' }> | null = null;
  let whole: string | null = null;
  const [root = module] = module.split('.');
  for (const statement of file.module.body) {
    if (statement.kind === 'Import') {
      for (const alias of statement.names) {
        if (alias.name === module) whole = alias.asName ?? module;
        else if (alias.name === root && alias.asName === null) whole ??= module;
      }
    } else if (statement.kind === 'ImportFrom') {
      if (statement.module !== module && !(names.includes('vmap') && statement.module === root)) continue;
      if (statement.module === module) from ??= statement;
      for (const alias of statement.names)
        if (names.includes(alias.name)) imported.set(alias.name, alias.asName ?? alias.name);
    }
  }
  const missing = names.filter((name) => !imported.has(name));
  const taken = topLevelNames(file);
  const clash = missing.some((name) => taken.has(name));
  if (missing.length === 0) return { names: names.map((name) => imported.get(name) ?? name), edits: [] };
  // `torch.stack` is plainer than another name behind `from torch import nn`.
  const own = module === root && whole !== null;
  if ((clash || own || (from === null && imported.size === 0)) && whole !== null)
    return { names: names.map((name) => imported.get(name) ?? `${whole}.${name}`), edits: [] };
  const eol = lineEndingOf(file.text);
  // A name that the file has for something else is imported by another one: `hessian as func_hessian`.
  const called = (name: string): string =>
    taken.has(name) ? freshName(taken, [`${module.slice(module.lastIndexOf('.') + 1)}_${name}`]) : name;
  const spelled = names.map((name) => imported.get(name) ?? called(name));
  const listed = missing.map((name) => (called(name) === name ? name : `${name} as ${called(name)}`));
  if (from !== null && !from.names.some((alias) => alias.name === '*')) {
    const end = from.names.at(-1)?.range.end ?? from.range.end;
    return {
      names: spelled,
      edits: [{ range: { start: end, end }, text: listed.map((name) => `, ${name}`).join('') }],
    };
  }
  const line = `from ${module} import ${listed.join(', ')}`;
  const last = importToFollow(file, root);
  const at = last === null ? 0 : last.range.end;
  return {
    names: spelled,
    edits: [{ range: { start: at, end: at }, text: last === null ? `${line}${eol}` : `${eol}${line}` }],
  };
}

/**
 * The import behind which another one of the same library goes: the last of those that stand together with the first of
 * that library, since what is mended may stand before later ones, as in notebooks.
 */
function importToFollow({ module: { body } }: SourceFile, root: string): Statement | null {
  const isImport = ({ kind }: Statement): boolean => kind === 'Import' || kind === 'ImportFrom';
  const first = body.findIndex((statement) => importsFrom(statement, root));
  if (first < 0) return body.findLast(isImport) ?? null;
  const others = body.findIndex((statement, k) => k > first && !isImport(statement));
  return body[(others < 0 ? body.length : others) - 1] ?? null;
}

function importsFrom(statement: Statement, root: string): boolean {
  const isOf = (path: string | null): boolean => path === root || (path?.startsWith(`${root}.`) ?? false);
  if (statement.kind === 'ImportFrom') return isOf(statement.module);
  return statement.kind === 'Import' && statement.names.some(({ name }) => isOf(name));
}

function topLevelNames(file: SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  for (const statement of file.module.body) {
    if (statement.kind === 'FunctionDef' || statement.kind === 'ClassDef') names.add(statement.name);
    if (statement.kind === 'Assign')
      for (const target of statement.targets) if (target.kind === 'Name') names.add(target.id);
    if (statement.kind === 'ImportFrom' || statement.kind === 'Import')
      for (const alias of statement.names) names.add(alias.asName ?? alias.name);
  }
  return names;
}
