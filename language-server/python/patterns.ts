import type { Expression, Pattern, Range } from './ast.ts';
import { brokenAt, type Context, identifier, MAX_DEPTH, rangeOf, report } from './context.ts';
import { expression } from './expressions.ts';

/** The pattern of a `case`; several without parentheses are a sequence. `parts` are the case's nodes up to its guard. */
export function casePattern(c: Context, parts: readonly number[]): Pattern {
  const { tree } = c;
  const patterns = parts.filter((part) => tree.kind(part) === 'case_pattern');
  const first = patterns[0];
  const last = parts.at(-1);
  if (first === undefined || last === undefined) return broken(c, { start: 0, end: 0 });
  const comma = parts.some((part) => tree.kind(part) === ',');
  const only = pattern(c, [first]);
  if (!comma && only.kind !== 'MatchStar') return only;
  const rest = patterns.slice(1).map((part) => pattern(c, [part]));
  return { kind: 'MatchSequence', range: { start: tree.start(first), end: tree.end(last) }, patterns: [only, ...rest] };
}

/** One pattern; it takes several nodes where the grammar gives a minus sign its own. */
function pattern(c: Context, nodes: readonly number[]): Pattern {
  const { tree } = c;
  const first = nodes[0];
  const last = nodes.at(-1);
  if (first === undefined || last === undefined) return broken(c, { start: 0, end: 0 });
  const range = { start: tree.start(first), end: tree.end(last) };
  if (c.depth >= MAX_DEPTH) return broken(c, range);
  c.depth += 1;
  const found = nodes.length === 1 ? single(c, first, range) : literal(c, nodes, range);
  c.depth -= 1;
  return found;
}

function single(c: Context, i: number, range: Range): Pattern {
  const { tree } = c;
  switch (tree.kind(i)) {
    case 'case_pattern':
      return pattern(c, tree.children(i));
    case '_':
      return { kind: 'MatchAs', range, pattern: null, name: null };
    case 'true':
      return { kind: 'MatchSingleton', range, value: true };
    case 'false':
      return { kind: 'MatchSingleton', range, value: false };
    case 'none':
      return { kind: 'MatchSingleton', range, value: null };
    case 'dotted_name': {
      const parts = tree.namedChildren(i);
      const only = parts[0];
      if (parts.length > 1 || only === undefined) return { kind: 'MatchValue', range, value: dotted(c, i) };
      const name = identifier(c, only);
      return { kind: 'MatchAs', range, pattern: null, name: name === '_' ? null : name };
    }
    case 'as_pattern': {
      const [inner, target] = tree.namedChildren(i);
      if (inner === undefined || target === undefined) return broken(c, range);
      return { kind: 'MatchAs', range, pattern: pattern(c, [inner]), name: identifier(c, target) };
    }
    case 'union_pattern':
      return { kind: 'MatchOr', range, patterns: split(c, tree.children(i), '|').map((nodes) => pattern(c, nodes)) };
    case 'list_pattern':
      return { kind: 'MatchSequence', range, patterns: inner(c, i) };
    case 'tuple_pattern': {
      const patterns = inner(c, i);
      const only = patterns[0];
      const grouped = only !== undefined && only.kind !== 'MatchStar' && tree.childOf(i, ',') === null;
      return grouped ? only : { kind: 'MatchSequence', range, patterns };
    }
    case 'splat_pattern': {
      const name = splatName(c, i);
      return { kind: 'MatchStar', range, name };
    }
    case 'class_pattern':
      return classPattern(c, i, range);
    case 'dict_pattern':
      return dictPattern(c, i, range);
    case 'complex_pattern':
      return literal(c, tree.children(i), range);
    default:
      return { kind: 'MatchValue', range, value: expression(c, i) };
  }
}

/** `-1` and `-1 + 2j`, whose parts the grammar leaves side by side. */
function literal(c: Context, nodes: readonly number[], range: Range): Pattern {
  const { tree } = c;
  let value: Expression | null = null;
  let sign: { readonly op: '+' | '-'; readonly start: number } | null = null;
  for (const node of nodes) {
    const kind = tree.kind(node);
    if (kind === '+' || kind === '-') {
      sign = { op: kind, start: tree.start(node) };
      continue;
    }
    const operand = expression(c, node);
    const end = tree.end(node);
    if (sign === null) value = operand;
    else if (value === null) value = { kind: 'UnaryOp', range: { start: sign.start, end }, op: sign.op, operand };
    else value = { kind: 'BinOp', range: { start: range.start, end }, left: value, op: sign.op, right: operand };
  }
  return value === null ? broken(c, range) : { kind: 'MatchValue', range, value };
}

/** The patterns between brackets. */
function inner(c: Context, i: number): Pattern[] {
  return c.tree.namedChildren(i).map((child) => pattern(c, [child]));
}

function classPattern(c: Context, i: number, range: Range): Pattern {
  const { tree } = c;
  const [cls, ...rest] = tree.namedChildren(i);
  if (cls === undefined) return broken(c, range);
  const patterns: Pattern[] = [];
  const keywordPatterns: { readonly name: string; readonly pattern: Pattern }[] = [];
  for (const child of rest) {
    // The grammar binds `x=A() as y` as a whole; Python binds the value.
    const bound = tree.childOf(child, 'as_pattern');
    const [held, target] = bound === null ? [child] : tree.namedChildren(bound);
    const keyword = held === undefined ? null : tree.childOf(held, 'keyword_pattern');
    if (keyword === null) {
      patterns.push(pattern(c, [child]));
      continue;
    }
    const [name, , ...nodes] = tree.children(keyword);
    if (name === undefined) continue;
    const value = pattern(c, nodes);
    const named: Pattern =
      bound === null || target === undefined
        ? value
        : {
            kind: 'MatchAs',
            range: { start: value.range.start, end: tree.end(bound) },
            pattern: value,
            name: identifier(c, target),
          };
    keywordPatterns.push({ name: identifier(c, name), pattern: named });
  }
  return { kind: 'MatchClass', range, cls: dotted(c, cls), patterns, keywordPatterns };
}

function dictPattern(c: Context, i: number, range: Range): Pattern {
  const { tree } = c;
  const keys: Expression[] = [];
  const patterns: Pattern[] = [];
  let rest: string | null = null;
  for (const entry of split(c, tree.children(i).slice(1, -1), ',')) {
    const only = entry[0];
    if (only !== undefined && entry.length === 1 && tree.kind(only) === 'splat_pattern') {
      rest = splatName(c, only);
      continue;
    }
    const [key = [], value = []] = split(c, entry, ':');
    keys.push(keyOf(c, key));
    patterns.push(pattern(c, value));
  }
  return { kind: 'MatchMapping', range, keys, patterns, rest };
}

/** The key of a mapping pattern: the value of a value pattern, or one of the three singletons. */
function keyOf(c: Context, nodes: readonly number[]): Expression {
  const found = pattern(c, nodes);
  switch (found.kind) {
    case 'MatchValue':
      return found.value;
    case 'MatchSingleton':
      return {
        kind: 'Constant',
        range: found.range,
        value: found.value === null ? { type: 'None' } : { type: 'bool', value: found.value },
      };
    default:
      return brokenAt(c, found.range, 'a mapping pattern needs literal keys');
  }
}

function splatName(c: Context, i: number): string | null {
  const name = c.tree.childOf(i, 'identifier');
  return name === null ? null : identifier(c, name) === '_' ? null : identifier(c, name);
}

/** `a.b.c` as an expression. */
function dotted(c: Context, i: number): Expression {
  const { tree } = c;
  const start = tree.start(i);
  let value: Expression | null = null;
  for (const part of tree.namedChildren(i)) {
    const range: Range = { start, end: tree.end(part) };
    if (value === null) value = { kind: 'Name', range, id: identifier(c, part) };
    else value = { kind: 'Attribute', range, value, attr: identifier(c, part), attrRange: rangeOf(c, part) };
  }
  return value ?? brokenAt(c, rangeOf(c, i), 'invalid syntax');
}

/** The runs of `nodes` between separators of the given kind; empty runs are dropped. */
function split(c: Context, nodes: readonly number[], separator: string): number[][] {
  const runs: number[][] = [[]];
  for (const node of nodes) {
    if (c.tree.kind(node) === separator) runs.push([]);
    else runs.at(-1)?.push(node);
  }
  return runs.filter((run) => run.length > 0);
}

/** A pattern that could not be read takes anything, and is reported. */
function broken(c: Context, range: Range): Pattern {
  report(c, range, 'invalid pattern');
  return { kind: 'MatchAs', range, pattern: null, name: null };
}
