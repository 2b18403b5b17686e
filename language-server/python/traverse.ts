import type {
  AnyNode,
  Arguments,
  Comprehension,
  Expression,
  Keyword,
  Module,
  Parameter,
  Pattern,
  Range,
} from './ast.ts';
import { once } from './once.ts';

/**
 * The nodes directly inside `node`: statements and expressions, in the order of the text
 * (decorators of a definition come first, the parts of a conditional expression as they are written).
 */
export function children(node: AnyNode): AnyNode[] {
  switch (node.kind) {
    case 'Module':
      return [...node.body];
    case 'FunctionDef':
      return [...node.decorators, ...ofArguments(node.args), ...ofOptional(node.returns), ...node.body];
    case 'ClassDef':
      return [...node.decorators, ...ofCall(node.bases, node.keywords), ...node.body];
    case 'Return':
    case 'Yield':
      return ofOptional(node.value);
    case 'Delete':
      return [...node.targets];
    case 'Assign':
      return [...node.targets, node.value];
    case 'AugAssign':
    case 'NamedExpr':
      return [node.target, node.value];
    case 'AnnAssign':
      return [node.target, node.annotation, ...ofOptional(node.value)];
    case 'For':
      return [node.target, node.iter, ...node.body, ...node.orelse];
    case 'While':
    case 'If':
      return [node.test, ...node.body, ...node.orelse];
    case 'With':
      return [...node.items.flatMap((item) => [item.contextExpr, ...ofOptional(item.optionalVars)]), ...node.body];
    case 'Match':
      return [
        node.subject,
        ...node.cases.flatMap((each) => [...ofPattern(each.pattern), ...ofOptional(each.guard), ...each.body]),
      ];
    case 'Raise':
      return [...ofOptional(node.exc), ...ofOptional(node.cause)];
    case 'Try':
      return [
        ...node.body,
        ...node.handlers.flatMap((handler) => [...ofOptional(handler.type), ...handler.body]),
        ...node.orelse,
        ...node.finalbody,
      ];
    case 'Assert':
      return [node.test, ...ofOptional(node.msg)];
    case 'BoolOp':
      return [...node.values];
    case 'BinOp':
      return [node.left, node.right];
    case 'UnaryOp':
      return [node.operand];
    case 'Lambda':
      return [...ofArguments(node.args), node.body];
    case 'IfExp':
      return [node.body, node.test, node.orelse];
    case 'Dict':
      return node.items.flatMap(({ key, value }) => [...ofOptional(key), value]);
    case 'ListComp':
    case 'SetComp':
    case 'GeneratorExp':
      return [node.elt, ...node.generators.flatMap(ofComprehension)];
    case 'DictComp':
      return [node.key, node.value, ...node.generators.flatMap(ofComprehension)];
    case 'ExprStatement':
    case 'Await':
    case 'YieldFrom':
    case 'Attribute':
    case 'Starred':
      return [node.value];
    case 'Compare':
      return [node.left, ...node.comparators];
    case 'Call':
      return [node.func, ...ofCall(node.args, node.keywords)];
    case 'JoinedStr':
      return node.values.filter((value) => typeof value !== 'string');
    case 'FormattedValue':
      return [node.value, ...ofOptional(node.formatSpec)];
    case 'Subscript':
      return [node.value, node.slice];
    case 'Set':
    case 'List':
    case 'Tuple':
      return [...node.elts];
    case 'Slice':
      return [...ofOptional(node.lower), ...ofOptional(node.upper), ...ofOptional(node.step)];
    case 'Import':
    case 'ImportFrom':
    case 'Global':
    case 'Nonlocal':
    case 'Pass':
    case 'Break':
    case 'Continue':
    case 'BrokenStatement':
    case 'Constant':
    case 'Name':
    case 'BrokenExpression':
      return [];
  }
}

function ofOptional(node: Expression | null): Expression[] {
  return node === null ? [] : [node];
}

/** Positional and keyword arguments may be mixed; they come in the order of the text. */
function ofCall(args: readonly Expression[], keywords: readonly Keyword[]): Expression[] {
  const all = [...args, ...keywords.map(({ value }) => value)];
  return keywords.length === 0 || args.length === 0 ? all : all.sort((a, b) => a.range.start - b.range.start);
}

function ofArguments(args: Arguments): Expression[] {
  const { positionalOnly, vararg, keywordOnly, kwarg } = args;
  const inOrder: (Parameter | null)[] = [...positionalOnly, ...args.args, vararg, ...keywordOnly, kwarg];
  return inOrder.flatMap((each) =>
    each === null ? [] : [...ofOptional(each.annotation), ...ofOptional(each.defaultValue)],
  );
}

function ofComprehension({ target, iter, ifs }: Comprehension): Expression[] {
  return [target, iter, ...ifs];
}

/** The expressions in a pattern: values, keys and classes. */
function ofPattern(pattern: Pattern): Expression[] {
  switch (pattern.kind) {
    case 'MatchValue':
      return [pattern.value];
    case 'MatchSequence':
    case 'MatchOr':
      return pattern.patterns.flatMap(ofPattern);
    case 'MatchMapping':
      return pattern.patterns.flatMap((value, i) => [...ofOptional(pattern.keys[i] ?? null), ...ofPattern(value)]);
    case 'MatchClass':
      return [
        pattern.cls,
        ...pattern.patterns.flatMap(ofPattern),
        ...pattern.keywordPatterns.flatMap((keyword) => ofPattern(keyword.pattern)),
      ];
    case 'MatchAs':
      return pattern.pattern === null ? [] : ofPattern(pattern.pattern);
    case 'MatchSingleton':
    case 'MatchStar':
      return [];
  }
}

/**
 * `node` and everything inside it, each before what it holds, in the order of the text.
 * A node for which `enter` says no is given, but not what it holds.
 */
export function* walk(
  node: AnyNode,
  enter: (node: AnyNode) => boolean = () => true,
): Generator<AnyNode, void, undefined> {
  const waiting: AnyNode[] = [node];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next;
    const inside = enter(next) ? children(next) : [];
    for (let i = inside.length - 1; i >= 0; i -= 1) {
      const child = inside[i];
      if (child !== undefined) waiting.push(child);
    }
  }
}

/** The range of a node, with its decorators where it is a definition. */
export function extentOf(node: AnyNode): Range {
  const first = node.kind === 'FunctionDef' || node.kind === 'ClassDef' ? node.decorators[0] : undefined;
  return first === undefined ? node.range : { start: first.range.start, end: node.range.end };
}

/** The paths that were asked for in each module, by their offsets: a module never changes, and rules ask for the same places. */
const pathsIn = once((_module: Module) => new Map<number, readonly AnyNode[]>());

/**
 * The nodes around an offset, from the module to the innermost. Where two nodes touch (`a+b` at `+`),
 * the one that starts at the offset is taken, else the one that ends there.
 */
export function enclosing(module: Module, offset: number): readonly AnyNode[] {
  const known = pathsIn(module);
  const before = known.get(offset);
  if (before !== undefined) return before;
  const path = pathTo(module, offset);
  known.set(offset, path);
  return path;
}

function pathTo(module: Module, offset: number): readonly AnyNode[] {
  const path: AnyNode[] = [];
  let node: AnyNode | undefined = module;
  while (node !== undefined) {
    path.push(node);
    let inside: AnyNode | undefined;
    for (const child of node === module ? near(module.body, offset) : children(node)) {
      const { start, end } = extentOf(child);
      if (start <= offset && (offset < end || (offset === end && inside === undefined))) inside = child;
    }
    node = inside;
  }
  return path;
}

/** Of statements one after the other the last that begins at an offset or before it, and the one before that. */
function near(body: readonly AnyNode[], offset: number): readonly AnyNode[] {
  let [from, to] = [0, body.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    const statement = body[middle];
    if (statement !== undefined && extentOf(statement).start <= offset) from = middle + 1;
    else to = middle;
  }
  return body.slice(Math.max(0, from - 2), from);
}

/** The text of a node. */
export function source(node: { readonly range: Range }, text: string): string {
  return text.slice(node.range.start, node.range.end);
}
