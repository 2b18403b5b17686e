import type { Dim } from '../graph/dim.ts';
import type { Int, Scope, Unknown, Value } from '../library/values.ts';
import type { Assign, Expression } from '../python/ast.ts';
import { subjectOfShape } from './contracts.ts';
import { evaluate } from './expressions.ts';
import type { Machine } from './machine.ts';

/**
 * What a statement tells of the shape of a value that nobody gives: how many names its shape is unpacked into, what an
 * assertion or the condition of a branch says of its axes. From there on it is a tensor of that shape, for else the
 * program had raised, or gone another way.
 */

/** `b, d = x.shape`. */
export function learnFromUnpacking(m: Machine, { targets, value }: Assign, scope: Scope): void {
  const [target] = targets;
  const subject = subjectOfShape(value);
  if (subject === null || target?.kind !== 'Tuple' || target.elts.some(({ kind }) => kind === 'Starred')) return;
  const names = target.elts.map((elt) => (elt.kind === 'Name' && elt.id !== '_' ? elt.id : null));
  learn(m, subject, names, scope);
}

/** What follows where a condition holds, or where it does not: `x.ndim == 2 and y.shape == (b, 5)`. */
export function learnFromTest(m: Machine, test: Expression, holds: boolean, scope: Scope): void {
  if (test.kind === 'UnaryOp' && test.op === 'not') learnFromTest(m, test.operand, !holds, scope);
  else if (test.kind === 'BoolOp' && (test.op === 'and') === holds)
    for (const part of test.values) learnFromTest(m, part, holds, scope);
  else if (test.kind === 'Compare') {
    const [op, ...more] = test.ops;
    const [other] = test.comparators;
    if (op !== (holds ? '==' : '!=') || more.length > 0 || other === undefined) return;
    learnFromEquality(m, test.left, other, scope);
    learnFromEquality(m, other, test.left, scope);
  }
}

function learnFromEquality(m: Machine, side: Expression, other: Expression, scope: Scope): void {
  const ranked = subjectOfRank(side);
  if (ranked !== null) {
    const rank = evaluate(m, other, scope);
    if (rank.kind === 'int' && typeof rank.value === 'number' && rank.value >= 0 && rank.value < mostAxes)
      learn(
        m,
        ranked,
        Array.from({ length: rank.value }, () => null),
        scope,
      );
    return;
  }
  const subject = subjectOfShape(side);
  const source = subjectOfShape(other) ?? other;
  if (subject === null || !(isPlain(source) || (source.kind === 'Tuple' && source.elts.every(isPlain)))) return;
  const sizes = sizesIn(evaluate(m, other, scope));
  if (sizes !== null) learn(m, subject, sizes, scope);
}

const mostAxes = 16;

/** The sizes of a tuple, null for each that is not known; null for what is no tuple. */
function sizesIn(value: Value): readonly (Dim | null)[] | null {
  if (value.kind !== 'tuple') return null;
  return value.items.map((item) => (item.kind === 'int' || item.kind === 'unknown' ? sizeIn(item) : null));
}

function sizeIn(value: Int | Unknown): Dim | null {
  return value.kind === 'int' ? value.value : (value.identity?.size() ?? null);
}

/** The expression whose number of axes another one is: `x` of `x.ndim`, `x.dim()`, `len(x.shape)`. */
function subjectOfRank(value: Expression): Expression | null {
  if (value.kind === 'Attribute') return value.attr === 'ndim' ? value.value : null;
  if (value.kind !== 'Call') return null;
  const { func, args } = value;
  const [only] = args;
  if (func.kind === 'Name') return func.id === 'len' && only !== undefined ? subjectOfShape(only) : null;
  const isAsked = func.kind === 'Attribute' && args.length === 0 && ['dim', 'ndimension'].includes(func.attr);
  return isAsked && func.kind === 'Attribute' ? func.value : null;
}

function learn(m: Machine, subject: Expression, sizes: readonly (Dim | string | null)[], scope: Scope): void {
  if (!isPlain(subject)) return;
  const value = evaluate(m, subject, scope);
  if (value.kind === 'unknown') m.demand(value, sizes, null);
}

/** Constants, names, their attributes and entries: what is evaluated once more without doing anything. */
function isPlain(expression: Expression): boolean {
  if (expression.kind === 'Attribute') return isPlain(expression.value);
  if (expression.kind === 'Subscript') return isPlain(expression.value) && expression.slice.kind === 'Constant';
  return expression.kind === 'Name' || expression.kind === 'Constant';
}
