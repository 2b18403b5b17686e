import type { BrokenExpression, BrokenStatement, Range, SyntaxProblem } from './ast.ts';
import type { SyntaxTree } from './syntax-tree.ts';

/** How deep expressions and statements may nest; whoever walks the tree recursively relies on it. */
export const MAX_DEPTH = 600;

/** How many operators one chain of binary operators may have; its tree is as deep, to the left only. */
export const MAX_CHAIN = 2500;

/** What is carried through one conversion of a syntax tree. */
export interface Context {
  readonly tree: SyntaxTree;
  readonly errors: SyntaxProblem[];
  /** Broken places that were covered by a placeholder before parsing, by their offset. */
  readonly broken: ReadonlyMap<number, BrokenStatement>;
  depth: number;
  /**
   * The star that leads the expression in hand. The grammar binds it to the first name in `*f(x)` and
   * `*a or b`; it belongs to the whole, which then starts at `inner`.
   */
  star: { readonly at: number; readonly inner: number } | null;
  /**
   * The `as` that ends the expression in hand. The grammar binds it to the last operand in `a if b else c as d`;
   * it belongs to the whole, which then ends at `inner`.
   */
  target: { readonly at: number; readonly inner: number } | null;
}

/** Where node `i` starts, its leading star left out. */
export function startOf(c: Context, i: number): number {
  const start = c.tree.start(i);
  return c.star !== null && c.star.at === start ? c.star.inner : start;
}

/** Where node `i` ends, the `as` behind it left out. */
export function endOf(c: Context, i: number): number {
  const end = c.tree.end(i);
  return c.target !== null && c.target.at === end ? c.target.inner : end;
}

export function rangeOf(c: Context, i: number): Range {
  return { start: startOf(c, i), end: endOf(c, i) };
}

export function report(c: Context, range: Range, message: string): void {
  c.errors.push({ range, message });
}

/** Reports `message` and stands in for the expression that could not be read. */
export function brokenExpression(c: Context, i: number, message: string): BrokenExpression {
  return brokenAt(c, rangeOf(c, i), message);
}

export function brokenAt(c: Context, range: Range, message: string): BrokenExpression {
  report(c, range, message);
  return { kind: 'BrokenExpression', range };
}

/** The text of an identifier, normalised as Python does (NFKC). */
export function identifier(c: Context, i: number): string {
  return c.tree.textOf(i).normalize('NFKC');
}

/** `a.b.c` without the white space that may stand between. */
export function dottedName(c: Context, i: number): string {
  return c.tree
    .namedChildren(i)
    .map((part) => identifier(c, part))
    .join('.');
}
