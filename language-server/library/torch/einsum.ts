import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { dimAt, requireEqual, ShapeError, showShape } from '../../graph/shape.ts';
import { asOperand } from '../arguments.ts';
import { type Context, PythonError } from '../context.ts';
import { op } from '../define.ts';
import { demandAxes } from '../demands.ts';
import type { Family, NativeValue, Value } from '../values.ts';

/** Sums of products by the names of axes (https://docs.pytorch.org/docs/stable/generated/torch.einsum.html). */

/** A tensor whose axes have labels, no label twice. */
export interface Labelled {
  readonly node: NodeId;
  readonly labels: readonly string[];
}

interface Equation {
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[] | null;
}

/** Labels of single axes; `...` stands for any number of axes. */
function labelsIn(term: string): readonly string[] {
  const labels = term.match(/\.\.\.|[A-Za-z]|./g) ?? [];
  const wrong = labels.find((label) => label !== '...' && !/[A-Za-z]/.test(label));
  if (wrong !== undefined) throw new PythonError('RuntimeError', `einsum: '${wrong}' is no label of an axis`);
  if (labels.filter((label) => label === '...').length > 1)
    throw new PythonError('RuntimeError', 'einsum: an operand has more than one ellipsis');
  return labels;
}

function parse(equation: string): Equation {
  const [left = '', right, ...more] = equation.replace(/\s+/g, '').split('->');
  if (more.length > 0) throw new PythonError('RuntimeError', "einsum: more than one '->'");
  return { inputs: left.split(',').map(labelsIn), output: right === undefined ? null : labelsIn(right) };
}

/** The operands of a product, where those that are not known are tensors with the axes that the equation names. */
export function demandLabelled(
  cx: Context,
  equation: string,
  operands: readonly Value[],
  family: Family,
): readonly Value[] {
  return demandAxes(cx, operands, parse(equation).inputs, family, (label) => label);
}

/** `einsum(equation, *operands)`. Throws ShapeError where sizes of one label differ. */
export function einsum(cx: Context, equation: string, operands: readonly NodeId[]): NodeId {
  const { inputs, output } = parse(equation);
  if (inputs.length !== operands.length) {
    throw new PythonError(
      'RuntimeError',
      `einsum: '${equation}' names ${inputs.length} operands, ${operands.length} are given`,
    );
  }
  const dots = Math.max(
    0,
    ...inputs.map((labels, k) =>
      labels.includes('...') ? cx.build.rank(operands[k] ?? operands[0] ?? never()) - labels.length + 1 : 0,
    ),
  );
  const spelled = inputs.map((labels, k) => spell(cx, labels, operands[k] ?? never(), dots, equation));
  const wanted =
    output === null
      ? implicitOutput(inputs, dots)
      : output.flatMap((label) => (label === '...' ? dotLabels(dots, dots) : [label]));
  requireOutput(wanted, spelled, equation);
  return contract(cx, spelled, wanted);
}

function never(): never {
  throw new PythonError('RuntimeError', 'einsum: an operand is missing');
}

/** Names of the last `count` of the axes that the longest ellipsis stands for. */
function dotLabels(count: number, longest: number): string[] {
  return Array.from({ length: count }, (_, k) => `.${longest - count + k}`);
}

function spell(cx: Context, labels: readonly string[], node: NodeId, dots: number, equation: string): Labelled {
  const rank = cx.build.rank(node);
  const own = rank - labels.filter((label) => label !== '...').length;
  if (own < 0 || (own > 0 && !labels.includes('...'))) {
    throw new ShapeError(
      `einsum '${equation}': ${showShape(cx.build.shape(node))} has ${rank} axes, '${labels.join('')}' names ${rank - own}`,
    );
  }
  return withoutRepeats(
    cx,
    { node, labels: labels.flatMap((label) => (label === '...' ? dotLabels(own, dots) : [label])) },
    equation,
  );
}

/** A label that stands twice in one operand picks the diagonal of its axes. */
export function withoutRepeats(cx: Context, { node, labels }: Labelled, equation: string): Labelled {
  const repeated = labels.find((label, k) => labels.indexOf(label) !== k);
  if (repeated === undefined) return { node, labels };
  const [first, second] = [labels.indexOf(repeated), labels.indexOf(repeated, labels.indexOf(repeated) + 1)];
  const shape = cx.build.shape(node);
  const [m, n] = [dimAt(shape, first), dimAt(shape, second)];
  requireEqual(
    m,
    n,
    () => `einsum '${equation}': '${repeated}' stands for ${D.show(m)} and ${D.show(n)} in ${showShape(shape)}`,
  );
  const rest = labels.filter((_, k) => k !== first && k !== second);
  return withoutRepeats(cx, { node: cx.build.diagonal(node, 0, first, second), labels: [...rest, repeated] }, equation);
}

/** What stands once, in alphabetical order, capitals first; the axes of the ellipsis in front. */
function implicitOutput(inputs: readonly (readonly string[])[], dots: number): readonly string[] {
  const all = inputs.flat().filter((label) => label !== '...');
  const once = all.filter((label) => all.indexOf(label) === all.lastIndexOf(label));
  return [...dotLabels(dots, dots), ...once.sort()];
}

function requireOutput(wanted: readonly string[], inputs: readonly Labelled[], equation: string): void {
  const twice = wanted.find((label, k) => wanted.indexOf(label) !== k);
  if (twice !== undefined)
    throw new PythonError('RuntimeError', `einsum '${equation}': '${twice}' stands twice in the output`);
  const missing = wanted.find((label) => !inputs.some(({ labels }) => labels.includes(label)));
  if (missing !== undefined)
    throw new PythonError('RuntimeError', `einsum '${equation}': '${missing}' of the output is in no operand`);
}

/** Multiplies the operands from left to right, summing each label as soon as nothing further needs it. */
export function contract(cx: Context, operands: readonly Labelled[], wanted: readonly string[]): NodeId {
  const [first, ...rest] = operands;
  if (first === undefined) never();
  let product = summed(cx, first, [...wanted, ...rest.flatMap(({ labels }) => labels)]);
  rest.forEach((factor, k) => {
    const later = [...wanted, ...rest.slice(k + 1).flatMap(({ labels }) => labels)];
    product = multiplied(cx, product, factor, later);
  });
  const order = wanted.map((label) => product.labels.indexOf(label));
  return cx.build.transpose(product.node, order);
}

/** Sums over the labels that are not needed any more. */
function summed(cx: Context, { node, labels }: Labelled, needed: readonly string[]): Labelled {
  const over = labels.flatMap((label, axis) => (needed.includes(label) ? [] : [axis]));
  if (over.length === 0) return { node, labels };
  return { node: cx.build.sum(node, over), labels: labels.filter((label) => needed.includes(label)) };
}

/** Drops axes of size 1 that the other operand has in full: they are stretched. */
function withoutStretched(cx: Context, own: Labelled, other: Labelled): Labelled {
  const stretched = own.labels.flatMap((label, axis) => {
    const at = other.labels.indexOf(label);
    return at >= 0 && dimAt(cx.build.shape(own.node), axis) === 1 && dimAt(cx.build.shape(other.node), at) !== 1
      ? [axis]
      : [];
  });
  if (stretched.length === 0) return own;
  const shape = cx.build.shape(own.node).filter((_, axis) => !stretched.includes(axis));
  return { node: cx.build.reshape(own.node, shape), labels: own.labels.filter((_, axis) => !stretched.includes(axis)) };
}

function multiplied(cx: Context, a: Labelled, b: Labelled, later: readonly string[]): Labelled {
  const whole = [withoutStretched(cx, a, b), withoutStretched(cx, b, a)] as const;
  const left = summed(cx, whole[0], [...later, ...whole[1].labels]);
  const right = summed(cx, whole[1], [...later, ...whole[0].labels]);
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const batch = shared.filter((label) => later.includes(label));
  const gone = shared.filter((label) => !later.includes(label));
  const places = (labels: readonly string[], of: Labelled): number[] => labels.map((label) => of.labels.indexOf(label));
  const node = cx.build.dot(left.node, right.node, {
    contract: [places(gone, left), places(gone, right)],
    batch: [places(batch, left), places(batch, right)],
  });
  const free = (of: Labelled): string[] => of.labels.filter((label) => !shared.includes(label));
  return { node, labels: [...batch, ...free(left), ...free(right)] };
}

export const einsumFunctions: readonly NativeValue[] = [
  op('torch.einsum', '(equation, *operands)', (cx, args) => {
    const [first] = args.rest;
    const given =
      args.rest.length === 1 && first !== undefined && first.kind !== 'tensor' ? cx.items(first) : args.rest;
    const equation = args.string('equation');
    const operands = demandLabelled(cx, equation, given, 'torch');
    return einsum(
      cx,
      equation,
      operands.map((value) => asOperand(cx, value, null)),
    );
  }),
];
