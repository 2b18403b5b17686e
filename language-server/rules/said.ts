import type { Role } from '../derivatives/roles.ts';
import { type NodeId, nodeAt } from '../graph/graph.ts';
import type { Shape } from '../graph/shape.ts';
import type { Assert, Expression, FunctionDef, Range, Return, Statement } from '../python/ast.ts';
import { enclosing, walk } from '../python/traverse.ts';
import { annotatedSizes } from '../tracer/contracts.ts';
import type { Binding } from '../tracer/trace.ts';
import { batchName, isShapeOf } from './layout.ts';
import { rangeOf, type WholeFacts } from './rule.ts';
import { commentsOn, linesOf, type SourceFile, sameRange, statementAt, textAt } from './source-file.ts';

/** Sizes that the code states of a value, as names or numbers, and where it states them. */
export interface Said {
  readonly sizes: readonly string[];
  readonly range: Range;
  readonly by: 'name' | 'comment' | 'annotation' | 'docstring' | 'assertion' | 'unpacking';
}

/**
 * What the code says of the shape of a value that it gives a name or returns, where it speaks of nothing else: the name
 * itself (`J_boi`), a comment or annotation on the statement, an assertion or unpacking of its shape, and what the
 * function that returns it promises.
 */
export function saidOf({ file, graph, bindings }: WholeFacts, id: NodeId): readonly Said[] {
  const { origin } = nodeAt(graph, id);
  const own = (bindings.get(id) ?? []).filter((binding) => binding.file === file.path);
  const returned = origin.file === file.path ? returnOf(file, rangeOf(origin)) : null;
  return [
    ...own.flatMap((binding) => saidOfName(file, binding)),
    ...(returned === null ? [] : saidOfResult(file, returned)),
  ];
}

function saidOfName(file: SourceFile, { name, range }: Binding): readonly Said[] {
  const suffix = /(?:^|_)(b_?o_?i)$/i.exec(name)?.[1];
  const statement = statementAt(file, range.start);
  const said: Said[] =
    suffix === undefined ? [] : [{ sizes: suffix.replaceAll('_', '').toLowerCase().split(''), range, by: 'name' }];
  if (statement?.kind === 'AnnAssign') said.push(...ofAnnotation(statement.annotation));
  if (statement !== null && isBindingOf(statement, range)) said.push(...ofComments(file, statement, name));
  for (const node of readersOf(file, name, range)) {
    if (node.kind === 'Assert') said.push(...ofAssertion(file, node, name));
    if (node.kind === 'Return' && node.value?.kind === 'Name' && node.value.id === name)
      said.push(...saidOfResult(file, node));
    if (node.kind === 'Assign' && isShapeOf(node.value, (value) => value.kind === 'Name' && value.id === name)) {
      const [target] = node.targets;
      if (target?.kind === 'Tuple' && target.elts.every((elt) => elt.kind === 'Name'))
        said.push({
          sizes: target.elts.flatMap((elt) => (elt.kind === 'Name' ? [elt.id] : [])),
          range: target.range,
          by: 'unpacking',
        });
    }
  }
  return said;
}

/** Whether a statement binds the name at a place and nothing else. */
function isBindingOf(statement: Statement, name: Range): boolean {
  const target =
    statement.kind === 'Assign' && statement.targets.length === 1
      ? statement.targets[0]
      : statement.kind === 'AnnAssign'
        ? statement.target
        : undefined;
  return target !== undefined && sameRange(target.range, name);
}

/** The statements of the same function that may read the name before it is bound again. */
function* readersOf(file: SourceFile, name: string, { end }: Range): Generator<Statement> {
  const scope = functionAt(file, end) ?? file.module;
  const nodes = [...walk(scope)];
  const isBound = (node: (typeof nodes)[number]): boolean =>
    node.kind === 'Assign' &&
    node.range.start > end &&
    node.targets.some((target) => target.kind === 'Name' && target.id === name);
  const last = Math.min(...nodes.filter(isBound).map(({ range }) => range.end));
  for (const node of nodes) {
    if (
      node.range.start < end ||
      node.range.start >= last ||
      functionAt(file, node.range.start) !== functionAt(file, end)
    )
      continue;
    if (node.kind === 'Assert' || node.kind === 'Return' || node.kind === 'Assign') yield node;
  }
}

function functionAt(file: SourceFile, offset: number): FunctionDef | null {
  return enclosing(file.module, offset).findLast((node): node is FunctionDef => node.kind === 'FunctionDef') ?? null;
}

/** The `return` of exactly this expression. */
function returnOf(file: SourceFile, range: Range): Return | null {
  const statement = statementAt(file, range.start);
  return statement?.kind === 'Return' && statement.value !== null && sameRange(statement.value.range, range)
    ? statement
    : null;
}

/** What the function around a `return` says of what it gives. */
function saidOfResult(file: SourceFile, { range }: Return): readonly Said[] {
  const fn = functionAt(file, range.start);
  if (fn === null) return [];
  const [first] = fn.body;
  const returns = fn.docstring === null ? null : /\breturns?\b(.*)/is.exec(fn.docstring)?.[1];
  const [sizes] = returns == null ? [] : sizesIn(returns);
  return [
    ...(fn.returns === null ? [] : ofAnnotation(fn.returns)),
    ...(sizes === undefined || first === undefined ? [] : [{ sizes, range: first.range, by: 'docstring' as const }]),
  ];
}

/** `Float[Tensor, "b o i"]`. */
function ofAnnotation(annotation: Expression): readonly Said[] {
  const sizes = annotatedSizes(annotation)?.map((size) => size.replace(/^\w+=/, '')) ?? [];
  return sizes.length > 0 && sizes.every((size) => /^\w+$/.test(size))
    ? [{ sizes, range: annotation.range, by: 'annotation' }]
    : [];
}

/** `NAME = ...  # (b, o, i)` behind the statement, or `# NAME: (b, o, i)` there or on the line above. */
function ofComments(file: SourceFile, statement: Statement, name: string): readonly Said[] {
  const lines = linesOf(file);
  const lineOf = (offset: number): number => lines.positionAt(offset).line;
  const [first, last] = [lineOf(statement.range.start), lineOf(statement.range.end)];
  return commentsOn(file, first - 1, last).flatMap(({ text, range }): Said[] => {
    const line = lineOf(range.start);
    const isBehind = line === last && range.start >= statement.range.end;
    const isAbove = line === first - 1 && lines.startOfLine(line) + lines.indentationOf(line).length === range.start;
    const named = new RegExp(`^#\\s*(?:${name}\\s*(?::|is|=|has shape)?\\s*)`).exec(text);
    const plain = isBehind ? /^#\s*(?:(?:shape|->)\s*[:=]?\s*)?/.exec(text) : null;
    const start = isBehind || isAbove ? (named ?? plain) : null;
    const [sizes] = start === null ? [] : sizesIn(text.slice(start[0].length), true);
    return sizes === undefined ? [] : [{ sizes, range, by: 'comment' }];
  });
}

/** `assert NAME.shape == (b, o, i)`. */
function ofAssertion(file: SourceFile, { test }: Assert, name: string): readonly Said[] {
  if (test.kind !== 'Compare' || test.ops.join() !== '==') return [];
  const isName = (value: Expression): boolean => value.kind === 'Name' && value.id === name;
  const [other] = test.comparators;
  const pair = other === undefined ? [] : [test.left, other];
  const shape = pair.find((side) => isShapeOf(side, isName));
  const stated = pair.find((side) => side !== shape);
  const tuple = stated?.kind === 'Call' && stated.args.length === 1 ? stated.args[0] : stated;
  if (shape === undefined || (tuple?.kind !== 'Tuple' && tuple?.kind !== 'List')) return [];
  return [{ sizes: tuple.elts.map((elt) => textAt(file, elt.range)), range: test.range, by: 'assertion' }];
}

/** Sizes in brackets, `(b, o, i)` or `(b,)`: names and numbers; `atStart` alone, or anywhere. */
function sizesIn(text: string, atStart = false): readonly (readonly string[])[] {
  const pattern = /[([]\s*(\w+(?:(?:\s*,\s*\w+)+|\s*(?=,)))\s*,?\s*[)\]]/g;
  return [...text.matchAll(pattern)]
    .filter(({ index }) => !atStart || index === 0)
    .map(([, inside = '']) => inside.split(',').map((size) => size.trim()));
}

/** Names that people give to sizes of outputs and inputs, as `batchName` has those of batches. */
const outputName = /^(?:o|outs?|outputs?|(?:n|d|num|dim)_?out(?:puts?)?|out(?:put)?_?(?:dim|size|features))$/i;
const inputName = /^(?:i|inp?|inputs?|(?:n|d|num|dim)_?in(?:puts?)?|in(?:put)?_?(?:dim|size|features))$/i;

/** What a stated size is the name of, or null. */
export function roleNamed(size: string): Role {
  if (batchName.test(size)) return 'batch';
  return outputName.test(size) ? 'output' : inputName.test(size) ? 'input' : null;
}

/** Whether stated sizes are those of a value with such axes: each is the number that its axis has, or its name. */
export function fits({ sizes }: Said, roles: readonly Role[], shape: Shape): boolean {
  return (
    sizes.length === shape.length &&
    sizes.every((size, axis) => {
      const role = roleNamed(size);
      return /^\d+$/.test(size) ? Number(size) === shape[axis] : role !== null && role === roles[axis];
    })
  );
}

/** Whether an expression is a name that holds this value where it stands. */
export function isNameOf({ file, trace }: WholeFacts, id: NodeId, expression: Expression): boolean {
  if (expression.kind !== 'Name') return false;
  const { start } = expression.range;
  const around = functionAt(file, start);
  const before = trace.bindings.filter(
    (each) =>
      each.file === file.path &&
      each.name === expression.id &&
      each.range.end <= start &&
      functionAt(file, each.range.start) === around,
  );
  const last = Math.max(...before.map(({ range }) => range.start));
  return before.some(({ node, range }) => node === id && range.start === last);
}
