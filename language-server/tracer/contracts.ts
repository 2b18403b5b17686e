import type { Dim } from '../graph/dim.ts';
import * as D from '../graph/dim.ts';
import type { NodeId } from '../graph/graph.ts';
import { type Shape, showShape } from '../graph/shape.ts';
import { truthOf } from '../library/arguments.ts';
import type { Scope, Value } from '../library/values.ts';
import type { Assert, Assign, Expression } from '../python/ast.ts';
import { walk } from '../python/traverse.ts';
import { evaluate } from './expressions.ts';
import { lookUp, type Machine } from './machine.ts';

/** What the program states of shapes, held against what they are: assertions, unpacking, annotations. */

/** The expression whose shape another one is: `x` of `x.shape` and `x.size()`. */
export function subjectOfShape(value: Expression): Expression | null {
  const attribute = value.kind === 'Call' && value.args.length === 0 ? value.func : value;
  if (attribute.kind !== 'Attribute') return null;
  return attribute.attr === (attribute === value ? 'shape' : 'size') ? attribute.value : null;
}

/** The sizes of `Float[Tensor, "b d"]`, as they are written (https://docs.kidger.site/jaxtyping/api/array/); null for other annotations. */
export function annotatedSizes(annotation: Expression | null): readonly string[] | null {
  if (annotation?.kind !== 'Subscript' || annotation.slice.kind !== 'Tuple') return null;
  const text = annotation.slice.elts[1];
  if (text?.kind !== 'Constant' || text.value.type !== 'str') return null;
  return text.value.value
    .trim()
    .split(/\s+/)
    .filter((size) => size !== '');
}

/** What jaxtyping calls arrays of a type; other annotations with a text beside may mean anything. */
const arrayTypes = /^(?:Shaped|Num|Real|Inexact|Float|Complex|Integer|U?Int|BFloat|Bool|Key)\d*$/;

/**
 * Holds an annotation against the value that it is of. Sizes of one name are the same, as far as `sizes` is handed on.
 * What may be any size (`_`, `#b`, `...`, `*b`, an expression) says nothing.
 */
export function checkAnnotation(
  m: Machine,
  annotation: Expression | null,
  value: Value,
  sizes: Map<string, Dim>,
): void {
  const stated = annotatedSizes(annotation);
  if (annotation?.kind !== 'Subscript' || stated === null || value.kind !== 'tensor') return;
  const { value: type } = annotation;
  if (!arrayTypes.test(type.kind === 'Name' ? type.id : type.kind === 'Attribute' ? type.attr : '')) return;
  m.at(annotation.range, () => {
    const shape = m.build.shape(value.node);
    const isOpen = stated.some((size) => size.startsWith('*') || size.includes('...'));
    const isBroken = isOpen
      ? stated.length - 1 > shape.length
      : stated.length !== shape.length || !agree(stated, shape, sizes);
    if (!isBroken) m.notePassed(annotation.range);
    else
      m.refusals.noteBreach('annotation', 'TypeError', `this is ${showShape(shape)}, not "${stated.join(' ')}"`, [
        value.node,
      ]);
  });
}

function agree(stated: readonly string[], shape: Shape, sizes: Map<string, Dim>): boolean {
  return stated.every((size, axis) => {
    const own = shape[axis] ?? 1;
    const name = size.replace(/^\w+=/, '');
    if (/^\d+$/.test(name)) return !D.surelyDiffer(own, Number(name));
    if (!/^[A-Za-z]\w*$/.test(name)) return true;
    const known = sizes.get(name);
    if (known === undefined) sizes.set(name, own);
    return known === undefined || !D.surelyDiffer(own, known);
  });
}

/** Holds an assertion about a shape, or about the number of axes, against what is known of it. */
export function checkAssertion(m: Machine, { test, range }: Assert, value: Value, scope: Scope): void {
  const speaksOfShape = [...walk(test)].some(
    (node) => node.kind === 'Attribute' && ['shape', 'size', 'ndim', 'dim'].includes(node.attr),
  );
  if (!speaksOfShape) return;
  if (truthOf(value) !== false) {
    m.notePassed(range);
    return;
  }
  const other = test.kind === 'Compare' ? test.comparators[0] : undefined;
  const sides = test.kind === 'Compare' && other !== undefined ? [test.left, other] : [];
  const subject = sides.map(subjectOfShape).find((side) => side !== null) ?? null;
  const nodes = subject === null ? [] : nodeNamed(subject, scope);
  const [stated] = sides
    .filter((side) => subjectOfShape(side) === null)
    .flatMap((side) => shownSizes(evaluate(m, side, scope)));
  const [shape] = nodes.map((node) => showShape(m.build.shape(node)));
  const message =
    shape === undefined || stated === undefined ? 'the shape is another one' : `it is ${shape}, not ${stated}`;
  m.refusals.noteBreach('contract', 'AssertionError', message, nodes);
}

/** Whether `b, o, i = J.shape` has as many names as there are axes; where not, it is noted. */
export function checkUnpacking(
  m: Machine,
  { targets, value: from, range }: Assign,
  value: Value,
  scope: Scope,
): boolean {
  const [target] = targets;
  const subject = subjectOfShape(from);
  if (subject === null || target?.kind !== 'Tuple' || value.kind !== 'tuple') return true;
  if (target.elts.some(({ kind }) => kind === 'Starred')) return true;
  const [names, sizes] = [target.elts.length, value.items.length];
  if (names === sizes) m.notePassed(range);
  else {
    const [shown = 'it'] = shownSizes(value);
    m.refusals.noteBreach(
      'contract',
      'ValueError',
      `${shown} cannot be unpacked into ${names} names`,
      nodeNamed(subject, scope),
    );
  }
  return names === sizes;
}

function nodeNamed(subject: Expression, scope: Scope): readonly NodeId[] {
  const value = subject.kind === 'Name' ? lookUp(scope, subject.id) : undefined;
  return value?.kind === 'tensor' ? [value.node] : [];
}

function shownSizes(value: Value): readonly string[] {
  if (value.kind !== 'tuple' && value.kind !== 'list') return [];
  const sizes = value.items.flatMap((item) => (item.kind === 'int' ? [item.value] : []));
  return sizes.length === value.items.length ? [showShape(sizes)] : [];
}
