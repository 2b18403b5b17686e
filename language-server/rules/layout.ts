import type { Occurrence } from '../derivatives/occurrence.ts';
import * as D from '../graph/dim.ts';
import type { Assign, Compare, Expression, FunctionDef, Module, Range } from '../python/ast.ts';
import { once } from '../python/once.ts';
import { enclosing, walk } from '../python/traverse.ts';
import { subjectOfShape } from '../tracer/contracts.ts';
import type { Facts } from './rule.ts';
import { commentsOn, linesOf, type SourceFile, sameRange, statementAt, textAt } from './source-file.ts';

/** The order of a Jacobian's axes that the code itself states. */
export type Layout = 'batch first' | 'output first';

/** Names that people give to the batch axis; `n` is one where no other of the sizes is. */
export const batchName =
  /^(?:b|bs|bsz|batch\w*|\w*_?batch(?:_?size)?|n_?samples|num_samples|n_?points|num_points|samples?|points)$/i;

/**
 * What comments beside the call, the docstring or annotation of the function around it, an assertion on the shape or the
 * names it is unpacked to say of the axes, nearest to the one who asked first: the caller's word counts before the helper's.
 * @param batchAxis where the batch axis is
 */
export function layoutSaid(occurrence: Occurrence, facts: Facts, batchAxis: number): Layout | null {
  const { shape } = occurrence.node.aval;
  const { file, names } = facts;
  const { origin } = occurrence.derivative;
  const isResult = (value: Expression): boolean =>
    value.kind === 'Name' ? names.includes(value.id) : origin.file === file.path && sameRange(value.range, origin);
  for (const { node, subject } of shapesAskedIn(file.module)) {
    if (!isResult(subject)) continue;
    if (node.kind === 'Compare') {
      const sizes = numbersIn(node.comparators[0]);
      const [asItIs, moved] = [shape, [shape[batchAxis], ...shape.filter((_, axis) => axis !== batchAxis)]].map(
        (order) => sizes?.length === order.length && sizes.every((size, axis) => D.equal(size, order[axis] ?? -1)),
      );
      if (asItIs !== moved) return asItIs ? 'output first' : 'batch first';
    }
    if (node.kind === 'Assign') {
      const [target] = node.targets;
      const sizes = target?.kind === 'Tuple' ? target.elts.map((elt) => (elt.kind === 'Name' ? elt.id : '_')) : [];
      const said = layoutOf(sizes, shape.length, batchAxis);
      if (said !== null) return said;
    }
  }
  for (const place of [...origin.calls, origin]) {
    if (place.file !== file.path) continue;
    for (const sizes of textsAt(file, place).flatMap(sizesIn)) {
      const said = layoutOf(sizes, shape.length, batchAxis);
      if (said !== null) return said;
    }
  }
  return null;
}

/** A shape that is compared with something or unpacked, and what it is the shape of. */
interface ShapeAsked {
  readonly node: Compare | Assign;
  readonly subject: Expression;
}

/** The shapes that a file asks for, which is gone through once for all its derivatives. */
const shapesAskedIn = once((module: Module): readonly ShapeAsked[] => {
  const found: ShapeAsked[] = [];
  for (const node of walk(module)) {
    if (node.kind !== 'Compare' && node.kind !== 'Assign') continue;
    const subject = subjectOfShape(node.kind === 'Compare' ? node.left : node.value);
    if (subject !== null) found.push({ node, subject });
  }
  return found;
});

function layoutOf(sizes: readonly string[], rank: number, batchAxis: number): Layout | null {
  if (sizes.length !== rank) return null;
  const named = sizes.flatMap((size, axis) => (batchName.test(size) ? [axis] : []));
  const [only, ...more] = named.length > 0 ? named : sizes.flatMap((size, axis) => (/^n$/i.test(size) ? [axis] : []));
  if (only === undefined || more.length > 0) return null;
  return only === 0 ? 'batch first' : only === batchAxis ? 'output first' : null;
}

/** The words about a place: comments on its statement's lines or alone above them, docstring and annotation of its function. */
function textsAt(file: SourceFile, { start }: Range): readonly string[] {
  const lines = linesOf(file);
  const lineOf = (offset: number): number => lines.positionAt(offset).line;
  const statement = statementAt(file, start);
  const fn = enclosing(file.module, start).findLast((node): node is FunctionDef => node.kind === 'FunctionDef');
  const [first, last] = statement === null ? [0, -1] : [lineOf(statement.range.start), lineOf(statement.range.end)];
  const comments =
    statement === null
      ? []
      : commentsOn(file, first - 1, last).filter(({ range }) => {
          const line = lineOf(range.start);
          return line >= first || lines.startOfLine(line) + lines.indentationOf(line).length === range.start;
        });
  return [
    ...comments.map(({ text }) => text),
    ...(fn?.returns ? [textAt(file, fn.returns.range)] : []),
    ...(fn?.docstring ? [fn.docstring] : []),
  ];
}

/** Sizes in brackets, `(b, o, i)`, or in quotes as jaxtyping has them, `"b o i"`; numbers alone say nothing of what they are. */
function sizesIn(text: string): readonly (readonly string[])[] {
  const found = [...text.matchAll(/[([]\s*(\w+(?:\s*,\s*\w+)+)\s*,?\s*[)\]]|["'](\w+(?: \w+)+)["']/g)];
  return found
    .map(([, bracketed, quoted]) => (bracketed?.split(',') ?? quoted?.split(' ') ?? []).map((size) => size.trim()))
    .filter((sizes) => sizes.some((size) => !/^\d+$/.test(size)));
}

export function isShapeOf(value: Expression, isResult: (value: Expression) => boolean): boolean {
  const subject = subjectOfShape(value);
  return subject !== null && isResult(subject);
}

export function numbersIn(value: Expression | undefined): readonly number[] | null {
  if (value?.kind === 'Call') return numbersIn(value.args[0]);
  if (value?.kind !== 'Tuple' && value?.kind !== 'List') return null;
  const numbers = value.elts.flatMap((elt) =>
    elt.kind === 'Constant' && elt.value.type === 'int' ? [Number(elt.value.value)] : [],
  );
  return numbers.length === value.elts.length ? numbers : null;
}
