import type {
  Arguments,
  Attribute,
  BinaryOperator,
  Call,
  ComparisonOperator,
  Comprehension,
  Constant,
  Dict,
  Expression,
  FormattedValue,
  IfExp,
  JoinedStr,
  Keyword,
  Name,
  Parameter,
  Range,
  Slice,
  Subscript,
} from './ast.ts';
import {
  brokenAt,
  brokenExpression,
  type Context,
  endOf,
  identifier,
  MAX_CHAIN,
  MAX_DEPTH,
  rangeOf,
  report,
  startOf,
} from './context.ts';
import { numberOf, type StringMode, textOfLiteral } from './literals.ts';

type Converter = (c: Context, i: number) => Expression;

/** How each kind of node that may stand for an expression becomes one. */
const EXPRESSIONS: { readonly [kind: string]: Converter } = {
  identifier: name,
  keyword_identifier: name,
  as_pattern_target: onlyChild,
  parenthesized_expression: onlyChild,
  type: onlyChild,
  integer: number,
  float: number,
  true: (c, i) => constant(c, i, { type: 'bool', value: true }),
  false: (c, i) => constant(c, i, { type: 'bool', value: false }),
  none: (c, i) => constant(c, i, { type: 'None' }),
  ellipsis: (c, i) => constant(c, i, { type: 'Ellipsis' }),
  string: (c, i) => strings(c, [i], rangeOf(c, i)),
  concatenated_string: (c, i) => strings(c, c.tree.namedChildren(i), rangeOf(c, i)),
  attribute,
  member_type: memberType,
  subscript,
  generic_type: genericType,
  constrained_type: typeSlice,
  call,
  slice,
  binary_operator: binaryOperator,
  union_type: binaryOperator,
  unary_operator: unaryOperator,
  not_operator: notOperator,
  boolean_operator: booleanOperator,
  comparison_operator: comparison,
  conditional_expression: conditional,
  named_expression: named,
  lambda,
  await: awaited,
  yield: yielded,
  list_splat: starred,
  list_splat_pattern: starred,
  splat_type: starred,
  as_pattern: boundAs,
  tuple: parenthesizedTuple,
  tuple_pattern: tuplePattern,
  expression_list: bareTuple,
  pattern_list: bareTuple,
  list: (c, i) => ({ kind: 'List', range: rangeOf(c, i), elts: elements(c, i) }),
  list_pattern: (c, i) => ({ kind: 'List', range: rangeOf(c, i), elts: elements(c, i) }),
  set: (c, i) => ({ kind: 'Set', range: rangeOf(c, i), elts: elements(c, i) }),
  dictionary,
  list_comprehension: (c, i) => ({
    kind: 'ListComp',
    range: rangeOf(c, i),
    elt: comprehensionBody(c, i),
    generators: generators(c, i),
  }),
  set_comprehension: (c, i) => ({
    kind: 'SetComp',
    range: rangeOf(c, i),
    elt: comprehensionBody(c, i),
    generators: generators(c, i),
  }),
  generator_expression: (c, i) => ({
    kind: 'GeneratorExp',
    range: rangeOf(c, i),
    elt: comprehensionBody(c, i),
    generators: generators(c, i),
  }),
  dictionary_comprehension: dictComprehension,
};

/** Kinds whose first operand takes a leading star with it in the grammar, though it belongs to the whole. */
const TAKES_STAR: ReadonlySet<string> = new Set([
  'unary_operator',
  'binary_operator',
  'comparison_operator',
  'boolean_operator',
  'conditional_expression',
  'call',
  'attribute',
  'subscript',
]);

/** The expression at node `i`. What cannot be read is reported and becomes a `BrokenExpression`. */
export function expression(c: Context, i: number): Expression {
  if (c.depth >= MAX_DEPTH) return brokenExpression(c, i, 'nested too deeply');
  c.depth += 1;
  const found = atDepth(c, i);
  c.depth -= 1;
  return found;
}

/** The expression at node `i`, or null where there is no node. */
export function optional(c: Context, i: number | null): Expression | null {
  return i === null ? null : expression(c, i);
}

/** The expression in field `field` of node `i`. */
export function fieldOf(c: Context, i: number, field: string): Expression {
  return childOr(c, i, c.tree.childIn(i, field));
}

function childOr(c: Context, parent: number, child: number | null | undefined): Expression {
  return child === null || child === undefined ? brokenExpression(c, parent, 'invalid syntax') : expression(c, child);
}

function atDepth(c: Context, i: number): Expression {
  const { tree } = c;
  const start = tree.start(i);
  const kind = tree.kind(i);
  if (TAKES_STAR.has(kind) && tree.text.charAt(start) === '*' && c.star?.at !== start) {
    const outer = c.star;
    const inner = start + 1 + (/\S/.exec(tree.text.slice(start + 1))?.index ?? 0);
    c.star = { at: start, inner };
    const value = convert(c, i, kind);
    c.star = outer;
    return { kind: 'Starred', range: { start, end: endOf(c, i) }, value };
  }
  return convert(c, i, kind);
}

function convert(c: Context, i: number, kind: string): Expression {
  const converter = Object.hasOwn(EXPRESSIONS, kind) ? EXPRESSIONS[kind] : undefined;
  if (converter === undefined || c.tree.isMissing(i)) return brokenExpression(c, i, 'invalid syntax');
  return converter(c, i);
}

function name(c: Context, i: number): Name {
  return { kind: 'Name', range: rangeOf(c, i), id: identifier(c, i) };
}

function onlyChild(c: Context, i: number): Expression {
  return childOr(c, i, c.tree.namedChildren(i)[0]);
}

function constant(c: Context, i: number, value: Constant['value']): Constant {
  return { kind: 'Constant', range: rangeOf(c, i), value };
}

function number(c: Context, i: number): Expression {
  const value = numberOf(c.tree.textOf(i));
  return value.type === 'invalid' ? brokenExpression(c, i, value.message) : constant(c, i, value);
}

function attribute(c: Context, i: number): Expression {
  const attr = c.tree.childIn(i, 'attribute');
  if (attr === null) return brokenExpression(c, i, 'invalid syntax');
  return attributeOf(c, i, fieldOf(c, i, 'object'), attr);
}

function attributeOf(c: Context, i: number, value: Expression, attr: number): Attribute {
  return { kind: 'Attribute', range: rangeOf(c, i), value, attr: identifier(c, attr), attrRange: rangeOf(c, attr) };
}

/** `A[int].b` in an annotation. */
function memberType(c: Context, i: number): Expression {
  const [value, attr] = c.tree.namedChildren(i);
  if (attr === undefined) return brokenExpression(c, i, 'invalid syntax');
  return attributeOf(c, i, childOr(c, i, value), attr);
}

function subscript(c: Context, i: number): Subscript {
  const subscripts = c.tree.childrenIn(i, 'subscript');
  return {
    kind: 'Subscript',
    range: rangeOf(c, i),
    value: fieldOf(c, i, 'value'),
    slice: subscriptSlice(c, i, subscripts),
  };
}

/** `A[int, str]` in an annotation. */
function genericType(c: Context, i: number): Expression {
  const [value, parameters] = c.tree.namedChildren(i);
  if (parameters === undefined) return brokenExpression(c, i, 'invalid syntax');
  const slice = subscriptSlice(c, parameters, c.tree.namedChildren(parameters));
  return { kind: 'Subscript', range: rangeOf(c, i), value: childOr(c, i, value), slice };
}

/** What stands between the brackets of node `i`: several, a trailing comma or a star make a tuple. */
function subscriptSlice(c: Context, i: number, subscripts: readonly number[]): Expression {
  const { tree } = c;
  const first = subscripts[0];
  const last = subscripts.at(-1);
  if (first === undefined || last === undefined) return brokenExpression(c, i, 'expected an index');
  const elts = subscripts.map((child) => expression(c, child));
  const only = elts[0];
  const comma = tree.children(i).findLast((child) => tree.kind(child) === ',');
  const end = comma === undefined ? tree.end(last) : Math.max(tree.end(last), tree.end(comma));
  if (elts.length === 1 && only !== undefined && only.kind !== 'Starred' && end === tree.end(last)) return only;
  return { kind: 'Tuple', range: { start: tree.start(first), end }, elts, parenthesized: false };
}

function slice(c: Context, i: number): Slice {
  const parts: (Expression | null)[] = [null, null, null];
  let at = 0;
  for (const child of c.tree.children(i)) {
    if (c.tree.kind(child) === ':') at += 1;
    else parts[at] = expression(c, child);
  }
  const [lower = null, upper = null, step = null] = parts;
  return { kind: 'Slice', range: rangeOf(c, i), lower, upper, step };
}

/** `x[a:b:c]` in an annotation, which the grammar takes for bounds of type parameters. */
function typeSlice(c: Context, i: number): Slice {
  const [lower, rest] = c.tree.namedChildren(i);
  const nested = rest === undefined ? null : c.tree.childOf(rest, 'constrained_type');
  const [upper, step] = nested === null ? [rest] : c.tree.namedChildren(nested);
  return {
    kind: 'Slice',
    range: rangeOf(c, i),
    lower: optional(c, lower ?? null),
    upper: optional(c, upper ?? null),
    step: optional(c, step ?? null),
  };
}

function call(c: Context, i: number): Call {
  const func = fieldOf(c, i, 'function');
  const given = c.tree.childIn(i, 'arguments');
  const { args, keywords } = given === null ? { args: [], keywords: [] } : callArguments(c, given);
  return { kind: 'Call', range: rangeOf(c, i), func, args, keywords };
}

/** The arguments in an `argument_list`, or the generator that is the only argument. */
export function callArguments(c: Context, i: number): { readonly args: Expression[]; readonly keywords: Keyword[] } {
  const { tree } = c;
  if (tree.kind(i) === 'generator_expression') return { args: [expression(c, i)], keywords: [] };
  const args: Expression[] = [];
  const keywords: Keyword[] = [];
  for (const child of tree.namedChildren(i)) {
    const kind = tree.kind(child);
    if (kind === 'dictionary_splat') {
      keywords.push({ range: rangeOf(c, child), name: null, value: onlyChild(c, child) });
    } else if (kind === 'keyword_argument') {
      const target = tree.childIn(child, 'name');
      const value = fieldOf(c, child, 'value');
      keywords.push({ range: rangeOf(c, child), name: target === null ? null : identifier(c, target), value });
    } else {
      args.push(expression(c, child));
    }
  }
  return { args, keywords };
}

const BINARY_PRECEDENCE: { readonly [op in BinaryOperator]: number } = {
  '|': 1,
  '^': 2,
  '&': 3,
  '<<': 4,
  '>>': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '@': 6,
  '/': 6,
  '//': 6,
  '%': 6,
  '**': 7,
};

export function isBinaryOperator(text: string): text is BinaryOperator {
  return Object.hasOwn(BINARY_PRECEDENCE, text);
}

/** Kinds whose children are operands and operators of a chain; `type` wraps an operand in an annotation. */
const CHAINED: ReadonlySet<string> = new Set(['binary_operator', 'union_type', 'type']);

/** An expression with the range it takes up, its parentheses included. */
interface Operand {
  readonly value: Expression;
  readonly start: number;
  readonly end: number;
}

/**
 * A chain of binary operators, grouped anew: the grammar has `^` bind more tightly than `&`, and groups the
 * unions of annotations to the right. Read without recursion, since such chains get long.
 */
function binaryOperator(c: Context, i: number): Expression {
  const { tree } = c;
  const nodes: number[] = [];
  const waiting = [i];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (CHAINED.has(tree.kind(node))) waiting.push(...tree.children(node).reverse());
    else nodes.push(node);
  }
  if (nodes.length > 2 * MAX_CHAIN) return brokenExpression(c, i, 'nested too deeply');
  const operands: Operand[] = [];
  const operators: BinaryOperator[] = [];
  for (const node of nodes) {
    const kind = tree.kind(node);
    if (!isBinaryOperator(kind)) {
      operands.push({ value: expression(c, node), start: startOf(c, node), end: endOf(c, node) });
      continue;
    }
    reduceFrom(operands, operators, BINARY_PRECEDENCE[kind] + (kind === '**' ? 1 : 0));
    operators.push(kind);
  }
  reduceFrom(operands, operators, 0);
  return operands[0]?.value ?? brokenExpression(c, i, 'invalid syntax');
}

/** Applies the operators on top of the stack that bind at least as tightly as `precedence`. */
function reduceFrom(operands: Operand[], operators: BinaryOperator[], precedence: number): void {
  for (let op = operators.at(-1); op !== undefined && BINARY_PRECEDENCE[op] >= precedence; op = operators.at(-1)) {
    operators.pop();
    const right = operands.pop();
    const left = operands.pop();
    if (left === undefined || right === undefined) return;
    const range = { start: left.start, end: right.end };
    operands.push({ ...range, value: { kind: 'BinOp', range, left: left.value, op, right: right.value } });
  }
}

/** Where a star stands in the text, the operator was put there in its place for the grammar to read. */
function unaryOperator(c: Context, i: number): Expression {
  if (c.star !== null && c.star.at === c.tree.start(i)) return fieldOf(c, i, 'argument');
  const op = c.tree.childIn(i, 'operator');
  const text = op === null ? '' : c.tree.kind(op);
  if (text !== '+' && text !== '-' && text !== '~') return brokenExpression(c, i, 'invalid syntax');
  return { kind: 'UnaryOp', range: rangeOf(c, i), op: text, operand: fieldOf(c, i, 'argument') };
}

function notOperator(c: Context, i: number): Expression {
  return { kind: 'UnaryOp', range: rangeOf(c, i), op: 'not', operand: fieldOf(c, i, 'argument') };
}

/** `a and b and c` is one operation of three values, as in CPython. */
function booleanOperator(c: Context, i: number): Expression {
  const { tree } = c;
  const op = operatorOf(c, i);
  if (op !== 'and' && op !== 'or') return brokenExpression(c, i, 'invalid syntax');
  const operands: number[] = [];
  let node: number | null = i;
  while (node !== null && tree.kind(node) === 'boolean_operator' && operatorOf(c, node) === op) {
    const right = tree.childIn(node, 'right');
    if (right !== null) operands.push(right);
    node = tree.childIn(node, 'left');
  }
  if (node !== null) operands.push(node);
  return {
    kind: 'BoolOp',
    range: rangeOf(c, i),
    op,
    values: operands.reverse().map((operand) => expression(c, operand)),
  };
}

function operatorOf(c: Context, i: number): string {
  const op = c.tree.childIn(i, 'operator');
  return op === null ? '' : c.tree.kind(op);
}

const COMPARISONS: { readonly [op in ComparisonOperator]: true } = {
  '==': true,
  '!=': true,
  '<': true,
  '<=': true,
  '>': true,
  '>=': true,
  is: true,
  'is not': true,
  in: true,
  'not in': true,
};

function isComparison(text: string): text is ComparisonOperator {
  return Object.hasOwn(COMPARISONS, text);
}

function comparison(c: Context, i: number): Expression {
  const { tree } = c;
  const ops: ComparisonOperator[] = [];
  const operands: Expression[] = [];
  for (const child of tree.children(i)) {
    const kind = tree.kind(child);
    if (tree.field(child) !== 'operators') operands.push(expression(c, child));
    else if (isComparison(kind)) ops.push(kind);
    else return brokenExpression(c, i, 'invalid syntax');
  }
  const [left, ...comparators] = operands;
  if (left === undefined) return brokenExpression(c, i, 'invalid syntax');
  return { kind: 'Compare', range: rangeOf(c, i), left, ops, comparators };
}

/** `x := a if t else b`: the grammar ends the walrus before `if`, Python does not. */
function conditional(c: Context, i: number): Expression {
  const [body, test, orelse] = c.tree.namedChildren(i);
  if (body !== undefined && c.tree.kind(body) === 'named_expression') {
    const target = c.tree.childIn(body, 'name');
    const value = c.tree.childIn(body, 'value');
    if (target === null || value === null) return brokenExpression(c, i, 'invalid syntax');
    const whole = ifExp(c, { start: c.tree.start(value), end: endOf(c, i) }, i, [value, test, orelse]);
    return { kind: 'NamedExpr', range: rangeOf(c, i), target: name(c, target), value: whole };
  }
  return ifExp(c, rangeOf(c, i), i, [body, test, orelse]);
}

function ifExp(c: Context, range: Range, i: number, parts: readonly (number | undefined)[]): IfExp {
  const [body, test, orelse] = parts;
  return { kind: 'IfExp', range, test: childOr(c, i, test), body: childOr(c, i, body), orelse: childOr(c, i, orelse) };
}

function named(c: Context, i: number): Expression {
  const target = c.tree.childIn(i, 'name');
  if (target === null) return brokenExpression(c, i, 'invalid syntax');
  return { kind: 'NamedExpr', range: rangeOf(c, i), target: name(c, target), value: fieldOf(c, i, 'value') };
}

function lambda(c: Context, i: number): Expression {
  const args = parameters(c, c.tree.childIn(i, 'parameters'));
  return { kind: 'Lambda', range: rangeOf(c, i), args, body: fieldOf(c, i, 'body') };
}

/** The grammar reads `await a ** b` as `await (a ** b)`; Python awaits `a`. */
function awaited(c: Context, i: number): Expression {
  const { tree } = c;
  const operand = tree.namedChildren(i)[0];
  if (operand !== undefined && tree.kind(operand) === 'binary_operator') {
    const base = tree.childIn(operand, 'left');
    if (base === null) return brokenExpression(c, i, 'invalid syntax');
    const left: Expression = {
      kind: 'Await',
      range: { start: startOf(c, i), end: tree.end(base) },
      value: expression(c, base),
    };
    return { kind: 'BinOp', range: rangeOf(c, i), left, op: '**', right: fieldOf(c, operand, 'right') };
  }
  return { kind: 'Await', range: rangeOf(c, i), value: childOr(c, i, operand) };
}

function yielded(c: Context, i: number): Expression {
  const value = c.tree.namedChildren(i)[0];
  if (c.tree.childOf(i, 'from') !== null)
    return { kind: 'YieldFrom', range: rangeOf(c, i), value: childOr(c, i, value) };
  return { kind: 'Yield', range: rangeOf(c, i), value: optional(c, value ?? null) };
}

/** A star on its own, or, where it leads the expression in hand, what it stands before. */
function starred(c: Context, i: number): Expression {
  const value = onlyChild(c, i);
  if (c.star !== null && c.star.at === c.tree.start(i)) return value;
  return { kind: 'Starred', range: rangeOf(c, i), value };
}

/** An `as` is no part of an expression, save where `target` says that the whole is bound. */
function boundAs(c: Context, i: number): Expression {
  if (c.target === null || c.target.at !== c.tree.end(i)) return brokenExpression(c, i, 'invalid syntax');
  return onlyChild(c, i);
}

/** Every named child of `i`, as expressions. */
function elements(c: Context, i: number): Expression[] {
  return c.tree.namedChildren(i).map((child) => expression(c, child));
}

function parenthesizedTuple(c: Context, i: number): Expression {
  return { kind: 'Tuple', range: rangeOf(c, i), elts: elements(c, i), parenthesized: true };
}

function bareTuple(c: Context, i: number): Expression {
  return { kind: 'Tuple', range: rangeOf(c, i), elts: elements(c, i), parenthesized: false };
}

/** As a target, `(a)` is `a` and `(a,)` a tuple. */
function tuplePattern(c: Context, i: number): Expression {
  const children = c.tree.namedChildren(i);
  if (children.length === 1 && c.tree.childOf(i, ',') === null) return childOr(c, i, children[0]);
  return parenthesizedTuple(c, i);
}

function dictionary(c: Context, i: number): Dict {
  const items = c.tree
    .namedChildren(i)
    .map((child) =>
      c.tree.kind(child) === 'pair'
        ? { key: fieldOf(c, child, 'key'), value: fieldOf(c, child, 'value') }
        : { key: null, value: onlyChild(c, child) },
    );
  return { kind: 'Dict', range: rangeOf(c, i), items };
}

function comprehensionBody(c: Context, i: number): Expression {
  return fieldOf(c, i, 'body');
}

function dictComprehension(c: Context, i: number): Expression {
  const pair = c.tree.childIn(i, 'body');
  if (pair === null) return brokenExpression(c, i, 'invalid syntax');
  const key = fieldOf(c, pair, 'key');
  return {
    kind: 'DictComp',
    range: rangeOf(c, i),
    key,
    value: fieldOf(c, pair, 'value'),
    generators: generators(c, i),
  };
}

function generators(c: Context, i: number): Comprehension[] {
  const { tree } = c;
  const found: (Comprehension & { readonly ifs: Expression[] })[] = [];
  for (const child of tree.namedChildren(i)) {
    const kind = tree.kind(child);
    if (kind === 'for_in_clause') {
      const sources = tree.childrenIn(child, 'right').filter((source) => tree.isNamed(source));
      const second = sources[1];
      if (second !== undefined) report(c, rangeOf(c, second), 'a comprehension over several values needs parentheses');
      const isAsync = tree.childOf(child, 'async') !== null;
      found.push({ target: fieldOf(c, child, 'left'), iter: childOr(c, child, sources[0]), ifs: [], isAsync });
    } else if (kind === 'if_clause') {
      found.at(-1)?.ifs.push(onlyChild(c, child));
    }
  }
  return found;
}

/** The formal parameters in node `i` (`parameters` or `lambda_parameters`); none where there is no node. */
export function parameters(c: Context, i: number | null): Arguments {
  const { tree } = c;
  let positionalOnly: Parameter[] = [];
  let args: Parameter[] = [];
  const keywordOnly: Parameter[] = [];
  let vararg: Parameter | null = null;
  let kwarg: Parameter | null = null;
  let starSeen = false;
  for (const child of i === null ? [] : tree.namedChildren(i)) {
    switch (tree.kind(child)) {
      case 'positional_separator':
        positionalOnly = [...positionalOnly, ...args];
        args = [];
        break;
      case 'keyword_separator':
        starSeen = true;
        break;
      default: {
        const found = parameter(c, child);
        if (found === null) report(c, rangeOf(c, child), 'invalid parameter');
        else if (found.stars === 2) kwarg = found.parameter;
        else if (found.stars === 1) {
          vararg = found.parameter;
          starSeen = true;
        } else (starSeen ? keywordOnly : args).push(found.parameter);
      }
    }
  }
  return { positionalOnly, args, vararg, keywordOnly, kwarg };
}

const STARS: { readonly [kind: string]: 1 | 2 } = { list_splat_pattern: 1, dictionary_splat_pattern: 2 };

/** One parameter and its number of stars; its range is that of name and annotation, as in CPython. */
function parameter(c: Context, i: number): { readonly parameter: Parameter; readonly stars: 0 | 1 | 2 } | null {
  const { tree } = c;
  const hasParts = tree.kind(i) !== 'identifier' && STARS[tree.kind(i)] === undefined;
  const named = hasParts ? (tree.childIn(i, 'name') ?? tree.namedChildren(i)[0]) : i;
  if (named === undefined) return null;
  const stars = STARS[tree.kind(named)] ?? 0;
  const target = stars === 0 ? named : tree.namedChildren(named)[0];
  if (target === undefined || tree.kind(target) !== 'identifier') return null;
  const type = tree.childIn(i, 'type');
  const range = { start: tree.start(target), end: tree.end(type ?? target) };
  const annotation = optional(c, type);
  return {
    parameter: { range, name: identifier(c, target), annotation, defaultValue: optional(c, tree.childIn(i, 'value')) },
    stars,
  };
}

/** Adjacent string literals, joined. */
function strings(c: Context, nodes: readonly number[], range: Range): Expression {
  const { tree } = c;
  const values: (string | Expression)[] = [];
  let anyFormat = false;
  let bytes: boolean | null = null;
  for (const node of nodes) {
    const children = tree.children(node);
    const open = children[0];
    const close = children.at(-1);
    if (open === undefined || close === undefined || open === close)
      return brokenAt(c, range, 'unterminated string literal');
    const opening = tree.textOf(open);
    if (opening.endsWith('`')) return brokenAt(c, range, 'invalid syntax');
    const prefix = (/^[a-zA-Z]*/.exec(opening)?.[0] ?? '').toLowerCase();
    const mode: StringMode = { raw: prefix.includes('r'), bytes: prefix.includes('b'), format: prefix.includes('f') };
    if (bytes !== null && bytes !== mode.bytes) return brokenAt(c, range, 'cannot mix bytes and nonbytes literals');
    bytes = mode.bytes;
    anyFormat ||= mode.format;
    // The grammar's closing token takes in backslashes that a raw string ends with.
    const inside = { start: tree.end(open), end: tree.end(close) - (opening.length - prefix.length) };
    addPieces(c, values, children.slice(1, -1), inside, mode);
  }
  if (anyFormat) return { kind: 'JoinedStr', range, values };
  const value = values.filter((piece) => typeof piece === 'string').join('');
  return { kind: 'Constant', range, value: { type: bytes === true ? 'bytes' : 'str', value } };
}

/** Adds the literal text and the interpolations in `range` to `values`; neighbouring texts become one. */
function addPieces(
  c: Context,
  values: (string | Expression)[],
  children: readonly number[],
  range: Range,
  mode: StringMode,
): void {
  const { tree } = c;
  let from = range.start;
  for (const child of mode.format ? children : []) {
    const kind = tree.kind(child);
    if (kind !== 'interpolation' && kind !== 'format_expression') continue;
    addText(values, textOfLiteral(tree.text.slice(from, tree.start(child)), mode));
    addInterpolation(c, values, child, mode);
    from = tree.end(child);
  }
  addText(values, textOfLiteral(tree.text.slice(from, range.end), mode));
}

function addText(values: (string | Expression)[], text: string): void {
  const last = values.at(-1);
  if (typeof last === 'string') values[values.length - 1] = last + text;
  else if (text !== '') values.push(text);
}

/** `{value=!r:spec}`; with `=` the source of the value is part of the text, and its repr is shown. */
function addInterpolation(c: Context, values: (string | Expression)[], i: number, mode: StringMode): void {
  const { tree } = c;
  const value = fieldOf(c, i, 'expression');
  const children = tree.children(i);
  const equals = children.find((child) => tree.kind(child) === '=');
  if (equals !== undefined) {
    const next = children.find((child) => child > equals);
    addText(values, tree.text.slice(tree.start(i) + 1, next === undefined ? tree.end(equals) : tree.start(next)));
  }
  const spec = tree.childIn(i, 'format_specifier');
  const conversion =
    conversionOf(c, tree.childIn(i, 'type_conversion')) ?? (equals !== undefined && spec === null ? 'r' : null);
  if (conversion === null && spec === null) {
    values.push(value);
    return;
  }
  const formatSpec = spec === null ? null : formatSpecifier(c, spec, mode);
  values.push({ kind: 'FormattedValue', range: rangeOf(c, i), value, conversion, formatSpec });
}

function conversionOf(c: Context, i: number | null): FormattedValue['conversion'] {
  if (i === null) return null;
  const letter = c.tree.textOf(i).charAt(1);
  if (letter === 's' || letter === 'r' || letter === 'a') return letter;
  report(c, rangeOf(c, i), "invalid conversion character: expected 's', 'r', or 'a'");
  return null;
}

function formatSpecifier(c: Context, i: number, mode: StringMode): JoinedStr {
  const values: (string | Expression)[] = [];
  const range = { start: c.tree.start(i) + 1, end: c.tree.end(i) };
  addPieces(c, values, c.tree.namedChildren(i), range, mode);
  return { kind: 'JoinedStr', range, values };
}
