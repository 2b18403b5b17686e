import type {
  Alias,
  Assign,
  AugAssign,
  BrokenStatement,
  ExceptHandler,
  Expression,
  If,
  MatchCase,
  Range,
  Statement,
  WithItem,
} from './ast.ts';
import { type Context, dottedName, identifier, MAX_DEPTH, rangeOf, report } from './context.ts';
import { callArguments, expression, fieldOf, isBinaryOperator, optional, parameters } from './expressions.ts';
import { columnsBefore, logicalLines, namesBound } from './lines.ts';
import { casePattern } from './patterns.ts';
import { expected } from './recovery.ts';

type Converter = (c: Context, i: number) => Statement;

/** How each kind of node that is a statement becomes one. */
const STATEMENTS: { readonly [kind: string]: Converter } = {
  expression_statement: expressionStatement,
  return_statement: (c, i) => ({
    kind: 'Return',
    range: rangeOf(c, i),
    value: optional(c, c.tree.namedChildren(i)[0] ?? null),
  }),
  delete_statement: deletion,
  raise_statement: raise,
  assert_statement: assertion,
  pass_statement: (c, i) => ({ kind: 'Pass', range: rangeOf(c, i) }),
  break_statement: (c, i) => ({ kind: 'Break', range: rangeOf(c, i) }),
  continue_statement: (c, i) => ({ kind: 'Continue', range: rangeOf(c, i) }),
  global_statement: (c, i) => ({ kind: 'Global', range: rangeOf(c, i), names: identifiers(c, i) }),
  nonlocal_statement: (c, i) => ({ kind: 'Nonlocal', range: rangeOf(c, i), names: identifiers(c, i) }),
  import_statement: (c, i) => ({ kind: 'Import', range: rangeOf(c, i), names: aliases(c, i) }),
  future_import_statement: (c, i) => ({
    kind: 'ImportFrom',
    range: rangeOf(c, i),
    module: '__future__',
    names: aliases(c, i),
    level: 0,
  }),
  import_from_statement: importFrom,
  type_alias_statement: typeAlias,
  if_statement: conditional,
  for_statement: loop,
  while_statement: whileLoop,
  with_statement: withStatement,
  try_statement: tryStatement,
  match_statement: matchStatement,
  function_definition: (c, i) => functionDefinition(c, i, []),
  class_definition: (c, i) => classDefinition(c, i, []),
  decorated_definition: decorated,
};

/** Kinds of node that hold statements, or clauses with statements, of a compound statement. */
const BODIES: ReadonlySet<string> = new Set([
  'block',
  'elif_clause',
  'else_clause',
  'except_clause',
  'finally_clause',
  'case_clause',
  'function_definition',
  'class_definition',
]);

/** The statements among the children of node `i` (a module or a block). */
export function statements(c: Context, i: number): Statement[] {
  const { tree } = c;
  const found: Statement[] = [];
  let columns: number | null = i === 0 ? 0 : null;
  for (const child of tree.children(i)) {
    if (!tree.isNamed(child)) continue;
    const start = tree.start(child);
    if (startsLine(tree.text, start)) {
      const here = columnsBefore(tree.text, start);
      columns ??= here;
      if (here !== columns && !c.broken.has(start)) report(c, rangeOf(c, child), 'unexpected indent');
    }
    found.push(statement(c, child));
  }
  return found;
}

/** Whether only white space stands before `offset` in its line, which no backslash joins to the one before. */
function startsLine(text: string, offset: number): boolean {
  let at = offset - 1;
  while (at >= 0 && ' \t\f\ufeff'.includes(text.charAt(at))) at -= 1;
  if (at >= 0 && !'\r\n'.includes(text.charAt(at))) return false;
  return !/\\(?:\r\n?|\n)$/.test(text.slice(Math.max(at - 2, 0), at + 1));
}

function statement(c: Context, i: number): Statement {
  const { tree } = c;
  const covered = c.broken.get(tree.start(i));
  if (covered !== undefined) return covered;
  const kind = tree.kind(i);
  const converter = Object.hasOwn(STATEMENTS, kind) ? STATEMENTS[kind] : undefined;
  if (converter === undefined || headIsBroken(c, i)) return brokenStatement(c, rangeOf(c, i), errorMessage(c, i));
  if (c.depth >= MAX_DEPTH) return brokenStatement(c, rangeOf(c, i), 'nested too deeply');
  c.depth += 1;
  const converted = converter(c, i);
  c.depth -= 1;
  return converted;
}

/** Whether there is an error in `i` outside the bodies, which stand or fall by their own lines. */
function headIsBroken(c: Context, i: number): boolean {
  const { tree } = c;
  if (!tree.hasError(i)) return false;
  return tree.children(i).some((child) => {
    if (!tree.hasError(child)) return false;
    const kind = tree.kind(child);
    return kind === 'block' ? false : !BODIES.has(kind) || headIsBroken(c, child);
  });
}

function errorMessage(c: Context, i: number): string {
  const { tree } = c;
  for (let node = i; node < tree.after(i); node += 1) {
    if (tree.isMissing(node)) return expected(tree, node);
  }
  return 'invalid syntax';
}

function brokenStatement(c: Context, range: Range, message: string): BrokenStatement {
  report(c, range, message);
  const text = c.tree.text.slice(range.start, range.end);
  const names = logicalLines(text, () => false).lines.flatMap((line) => namesBound(text, line));
  return { kind: 'BrokenStatement', range, names: [...new Set(names)] };
}

/** The body of the compound statement or clause `i`: its first block. */
function bodyOf(c: Context, i: number): Statement[] {
  const block = c.tree.childOf(i, 'block');
  const found = block === null ? [] : statements(c, block);
  if (found.length === 0) report(c, { start: c.tree.start(i), end: c.tree.end(i) }, 'expected an indented block');
  return found;
}

/** The body of the clause of the given kind in `i`, or nothing. */
function clauseBody(c: Context, i: number, kind: string): Statement[] {
  const clause = c.tree.childOf(i, kind);
  return clause === null ? [] : bodyOf(c, clause);
}

/** A compound statement ends where its last statement ends, behind its semicolon if it has one. */
function rangeTo(c: Context, i: number, ...bodies: readonly (readonly Statement[])[]): Range {
  const { tree } = c;
  const start = tree.start(i);
  const end = bodies.findLast((body) => body.length > 0)?.at(-1)?.range.end ?? start;
  // A clause whose block is missing ends with its colon.
  const last = tree.children(i).at(-1);
  if (last !== undefined && tree.start(last) >= end) return { start, end: start + tree.textOf(i).trimEnd().length };
  SEMICOLON.lastIndex = end;
  return { start, end: SEMICOLON.test(tree.text) ? SEMICOLON.lastIndex : end };
}

const SEMICOLON = /[ \t]*;/y;

function identifiers(c: Context, i: number): string[] {
  return c.tree.namedChildren(i).map((child) => identifier(c, child));
}

function isAsync(c: Context, i: number): boolean {
  return c.tree.childOf(i, 'async') !== null;
}

/** The text of the string that a body starts with. */
function docstringOf(body: readonly Statement[]): string | null {
  const first = body[0];
  if (first?.kind !== 'ExprStatement' || first.value.kind !== 'Constant') return null;
  return first.value.value.type === 'str' ? first.value.value.value : null;
}

function expressionStatement(c: Context, i: number): Statement {
  const { tree } = c;
  const range = rangeOf(c, i);
  const children = tree.namedChildren(i);
  const only = children[0];
  if (only === undefined) return brokenStatement(c, range, 'invalid syntax');
  if (tree.childOf(i, ',') !== null) {
    const elts = children.map((child) => expression(c, child));
    return { kind: 'ExprStatement', range, value: { kind: 'Tuple', range, elts, parenthesized: false } };
  }
  switch (tree.kind(only)) {
    case 'assignment':
      return assignment(c, only);
    case 'augmented_assignment':
      return augmentedAssignment(c, only);
    default:
      return { kind: 'ExprStatement', range, value: expression(c, only) };
  }
}

function assignment(c: Context, i: number): Statement {
  const { tree } = c;
  const range = rangeOf(c, i);
  const type = tree.childIn(i, 'type');
  if (type !== null) {
    const right = tree.childIn(i, 'right');
    if (right !== null && isAssignment(c, right)) return brokenStatement(c, range, 'invalid syntax');
    const target = fieldOf(c, i, 'left');
    return { kind: 'AnnAssign', range, target, annotation: expression(c, type), value: optional(c, right) };
  }
  const targets: Expression[] = [];
  let node: number | null = i;
  while (node !== null && tree.kind(node) === 'assignment' && tree.childIn(node, 'type') === null) {
    targets.push(fieldOf(c, node, 'left'));
    node = tree.childIn(node, 'right');
  }
  if (node === null || isAssignment(c, node)) return brokenStatement(c, range, 'invalid syntax');
  return { kind: 'Assign', range, targets, value: expression(c, node) } satisfies Assign;
}

function isAssignment(c: Context, i: number): boolean {
  const kind = c.tree.kind(i);
  return kind === 'assignment' || kind === 'augmented_assignment';
}

function augmentedAssignment(c: Context, i: number): Statement {
  const { tree } = c;
  const range = rangeOf(c, i);
  const operator = tree.childIn(i, 'operator');
  const op = operator === null ? '' : tree.kind(operator).slice(0, -1);
  const right = tree.childIn(i, 'right');
  if (!isBinaryOperator(op) || right === null || isAssignment(c, right))
    return brokenStatement(c, range, 'invalid syntax');
  return {
    kind: 'AugAssign',
    range,
    target: fieldOf(c, i, 'left'),
    op,
    value: expression(c, right),
  } satisfies AugAssign;
}

/** `del a, b` has two targets, `del (a, b)` one. */
function deletion(c: Context, i: number): Statement {
  const targets = c.tree
    .namedChildren(i)
    .flatMap((child) => (c.tree.kind(child) === 'expression_list' ? c.tree.namedChildren(child) : [child]))
    .map((child) => expression(c, child));
  return { kind: 'Delete', range: rangeOf(c, i), targets };
}

function raise(c: Context, i: number): Statement {
  const { tree } = c;
  const range = rangeOf(c, i);
  const cause = tree.childIn(i, 'cause');
  const exc = tree.namedChildren(i).find((child) => child !== cause) ?? null;
  if (exc !== null && tree.kind(exc) === 'expression_list') return brokenStatement(c, range, 'invalid syntax');
  return { kind: 'Raise', range, exc: optional(c, exc), cause: optional(c, cause) };
}

function assertion(c: Context, i: number): Statement {
  const range = rangeOf(c, i);
  const [test, msg = null, extra] = c.tree.namedChildren(i);
  if (test === undefined || extra !== undefined) return brokenStatement(c, range, 'invalid syntax');
  return { kind: 'Assert', range, test: expression(c, test), msg: optional(c, msg) };
}

function aliases(c: Context, i: number): Alias[] {
  const { tree } = c;
  return tree
    .childrenIn(i, 'name')
    .filter((child) => tree.isNamed(child))
    .map((child) => {
      const range = rangeOf(c, child);
      if (tree.kind(child) !== 'aliased_import') return { range, name: dottedName(c, child), asName: null };
      const name = tree.childIn(child, 'name');
      const alias = tree.childIn(child, 'alias');
      return {
        range,
        name: name === null ? '' : dottedName(c, name),
        asName: alias === null ? null : identifier(c, alias),
      };
    });
}

function importFrom(c: Context, i: number): Statement {
  const { tree } = c;
  const from = tree.childIn(i, 'module_name');
  const wildcard = tree.childOf(i, 'wildcard_import');
  const names = wildcard === null ? aliases(c, i) : [{ range: rangeOf(c, wildcard), name: '*', asName: null }];
  const isRelative = from !== null && tree.kind(from) === 'relative_import';
  const prefix = isRelative ? tree.childOf(from, 'import_prefix') : null;
  const level = prefix === null ? 0 : tree.textOf(prefix).replaceAll(/[^.]/g, '').length;
  const dotted = isRelative ? tree.childOf(from, 'dotted_name') : from;
  return {
    kind: 'ImportFrom',
    range: rangeOf(c, i),
    module: dotted === null ? null : dottedName(c, dotted),
    names,
    level,
  };
}

/** `type X[T] = value` binds X. */
function typeAlias(c: Context, i: number): Statement {
  const { tree } = c;
  const range = rangeOf(c, i);
  const left = tree.childIn(i, 'left');
  const held = left === null ? undefined : tree.namedChildren(left)[0];
  const name = held === undefined || tree.kind(held) !== 'generic_type' ? held : tree.namedChildren(held)[0];
  if (name === undefined || tree.kind(name) !== 'identifier') return brokenStatement(c, range, 'invalid syntax');
  return { kind: 'Assign', range, targets: [expression(c, name)], value: fieldOf(c, i, 'right') };
}

function conditional(c: Context, i: number): Statement {
  return conditionalFrom(c, i, c.tree.childrenIn(i, 'alternative'), 0);
}

/** The `if` or `elif` at `i`, whose further clauses are `clauses` from `next` on. */
function conditionalFrom(c: Context, i: number, clauses: readonly number[], next: number): If {
  const test = fieldOf(c, i, 'condition');
  const body = bodyOf(c, i);
  const orelse = alternative(c, clauses, next);
  return { kind: 'If', range: rangeTo(c, i, body, orelse), test, body, orelse };
}

function alternative(c: Context, clauses: readonly number[], next: number): Statement[] {
  const { tree } = c;
  const clause = clauses[next];
  if (clause === undefined) return [];
  if (tree.kind(clause) === 'else_clause') return bodyOf(c, clause);
  if (c.depth >= MAX_DEPTH) {
    const range = { start: tree.start(clause), end: tree.end(clauses.at(-1) ?? clause) };
    return [brokenStatement(c, range, 'nested too deeply')];
  }
  c.depth += 1;
  const nested = conditionalFrom(c, clause, clauses, next + 1);
  c.depth -= 1;
  return [nested];
}

function loop(c: Context, i: number): Statement {
  const target = fieldOf(c, i, 'left');
  const iter = fieldOf(c, i, 'right');
  const body = bodyOf(c, i);
  const orelse = clauseBody(c, i, 'else_clause');
  return { kind: 'For', range: rangeTo(c, i, body, orelse), isAsync: isAsync(c, i), target, iter, body, orelse };
}

function whileLoop(c: Context, i: number): Statement {
  const test = fieldOf(c, i, 'condition');
  const body = bodyOf(c, i);
  const orelse = clauseBody(c, i, 'else_clause');
  return { kind: 'While', range: rangeTo(c, i, body, orelse), test, body, orelse };
}

function withStatement(c: Context, i: number): Statement {
  const { tree } = c;
  const clause = tree.childOf(i, 'with_clause');
  const items = clause === null ? [] : withItems(c, clause);
  const body = bodyOf(c, i);
  return { kind: 'With', range: rangeTo(c, i, body), isAsync: isAsync(c, i), items, body };
}

/** The items of a `with`; the grammar may take those in parentheses for one tuple. */
function withItems(c: Context, clause: number): WithItem[] {
  const { tree } = c;
  const values = tree.namedChildren(clause).flatMap((item) => tree.childIn(item, 'value') ?? []);
  const only = values[0];
  const inside =
    only !== undefined && values.length === 1 && GROUPS.has(tree.kind(only)) ? tree.namedChildren(only) : [];
  const grouped =
    inside.length > 0 &&
    !inside.some((child) => tree.kind(child) === 'list_splat') &&
    (only === undefined || tree.kind(only) === 'tuple' || inside.some((child) => tree.kind(child) === 'as_pattern'));
  return (grouped ? inside : values).map((item) => withItem(c, item));
}

const GROUPS: ReadonlySet<string> = new Set(['tuple', 'parenthesized_expression']);

function withItem(c: Context, i: number): WithItem {
  const { tree } = c;
  const bound = boundBehind(c, i);
  if (bound === null) return { contextExpr: expression(c, i), optionalVars: null };
  const inner = tree.namedChildren(bound)[0] ?? bound;
  const outer = c.target;
  c.target = { at: tree.end(i), inner: tree.end(inner) };
  const contextExpr = expression(c, i);
  c.target = outer;
  return { contextExpr, optionalVars: fieldOf(c, bound, 'alias') };
}

/** The `as_pattern` that ends where `i` ends: `i` itself, or its last operand. */
function boundBehind(c: Context, i: number): number | null {
  const { tree } = c;
  let node: number | undefined = i;
  while (node !== undefined && tree.end(node) === tree.end(i)) {
    if (tree.kind(node) === 'as_pattern') return node;
    node = tree.namedChildren(node).at(-1);
  }
  return null;
}

function tryStatement(c: Context, i: number): Statement {
  const { tree } = c;
  const body = bodyOf(c, i);
  const handlers = tree
    .children(i)
    .filter((child) => tree.kind(child) === 'except_clause')
    .map((child) => exceptHandler(c, child));
  const orelse = clauseBody(c, i, 'else_clause');
  const finalbody = clauseBody(c, i, 'finally_clause');
  const range = rangeTo(c, i, body, handlers.at(-1)?.body ?? [], orelse, finalbody);
  return { kind: 'Try', range, body, handlers, orelse, finalbody };
}

function exceptHandler(c: Context, i: number): ExceptHandler {
  const { tree } = c;
  const values = tree.childrenIn(i, 'value').filter((child) => tree.isNamed(child));
  const first = values[0];
  const last = values.at(-1);
  const pattern = first !== undefined && tree.kind(first) === 'as_pattern' ? first : null;
  const target = tree.childIn(pattern ?? i, 'alias');
  let type: Expression | null = null;
  if (pattern !== null) type = optional(c, tree.namedChildren(pattern)[0] ?? null);
  else if (first === last) type = optional(c, first ?? null);
  else if (first !== undefined && last !== undefined) {
    // Python 3.14 drops the parentheses.
    const elts = values.map((value) => expression(c, value));
    type = { kind: 'Tuple', range: { start: tree.start(first), end: tree.end(last) }, elts, parenthesized: false };
  }
  const body = bodyOf(c, i);
  return { range: rangeTo(c, i, body), type, name: target === null ? null : identifier(c, target), body };
}

function matchStatement(c: Context, i: number): Statement {
  const { tree } = c;
  const children = tree.children(i);
  const subjects = tree.childrenIn(i, 'subject').filter((child) => tree.isNamed(child));
  const first = subjects[0];
  const comma = children.findLast((child) => tree.kind(child) === ',');
  let subject = fieldOf(c, i, 'subject');
  if (first !== undefined && (comma !== undefined || subject.kind === 'Starred')) {
    const end = Math.max(tree.end(subjects.at(-1) ?? first), comma === undefined ? 0 : tree.end(comma));
    const elts = subjects.map((child) => expression(c, child));
    subject = { kind: 'Tuple', range: { start: tree.start(first), end }, elts, parenthesized: false };
  }
  const block = tree.childIn(i, 'body');
  const clauses = block === null ? [] : tree.children(block).filter((child) => tree.kind(child) === 'case_clause');
  if (clauses.length === 0) report(c, rangeOf(c, i), "expected an indented block after 'match' statement");
  const cases = clauses.map((clause) => matchCase(c, clause));
  return { kind: 'Match', range: rangeTo(c, i, ...cases.map(({ body }) => body)), subject, cases };
}

function matchCase(c: Context, i: number): MatchCase {
  const { tree } = c;
  const children = tree.children(i);
  const stop = children.findIndex((child) => tree.kind(child) === 'if_clause' || tree.kind(child) === ':');
  const guard = tree.childIn(i, 'guard');
  const pattern = casePattern(c, children.slice(1, stop === -1 ? undefined : stop));
  const test = guard === null ? null : optional(c, tree.namedChildren(guard)[0] ?? null);
  const body = bodyOf(c, i);
  return { range: rangeTo(c, i, body), pattern, guard: test, body };
}

function functionDefinition(c: Context, i: number, decorators: readonly Expression[]): Statement {
  const { tree } = c;
  const name = tree.childIn(i, 'name');
  if (name === null) return brokenStatement(c, rangeOf(c, i), 'invalid syntax');
  const args = parameters(c, tree.childIn(i, 'parameters'));
  const returns = optional(c, tree.childIn(i, 'return_type'));
  const body = bodyOf(c, i);
  return {
    kind: 'FunctionDef',
    range: rangeTo(c, i, body),
    isAsync: isAsync(c, i),
    name: identifier(c, name),
    nameRange: rangeOf(c, name),
    args,
    body,
    decorators,
    returns,
    docstring: docstringOf(body),
  };
}

function classDefinition(c: Context, i: number, decorators: readonly Expression[]): Statement {
  const { tree } = c;
  const name = tree.childIn(i, 'name');
  if (name === null) return brokenStatement(c, rangeOf(c, i), 'invalid syntax');
  const bases = tree.childIn(i, 'superclasses');
  const { args, keywords } = bases === null ? { args: [], keywords: [] } : callArguments(c, bases);
  const body = bodyOf(c, i);
  return {
    kind: 'ClassDef',
    range: rangeTo(c, i, body),
    name: identifier(c, name),
    nameRange: rangeOf(c, name),
    bases: args,
    keywords,
    body,
    decorators,
    docstring: docstringOf(body),
  };
}

function decorated(c: Context, i: number): Statement {
  const { tree } = c;
  const decorators = tree
    .children(i)
    .filter((child) => tree.kind(child) === 'decorator')
    .map((child) => expression(c, tree.namedChildren(child)[0] ?? child));
  const definition = tree.childIn(i, 'definition');
  if (definition === null) return brokenStatement(c, rangeOf(c, i), 'invalid syntax');
  return tree.kind(definition) === 'class_definition'
    ? classDefinition(c, definition, decorators)
    : functionDefinition(c, definition, decorators);
}
