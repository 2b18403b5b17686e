import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { requireEqual, type Shape, ShapeError, showShape } from '../../graph/shape.ts';
import { type Args, asDim, known } from '../arguments.ts';
import { keyOf } from '../builtins/keys.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { alias, native, op } from '../define.ts';
import { demandAxes } from '../demands.ts';
import { contract, withoutRepeats } from '../torch/einsum.ts';
import { partsOf, stackParts } from '../torch/sequences.ts';
import { type DictEntry, int, list, type NativeValue, str, tensor, tuple, type Value } from '../values.ts';
import { dots, type Group, merged, type Pattern, parsePattern, refuse, side } from './pattern.ts';

/** einops (https://einops.rocks/api/rearrange/): reshapes, reductions and products by names of axes. */

/** What happens to axes that only the left side has. */
export type Reduction = 'none' | 'sum' | 'mean' | 'max' | 'min' | 'prod' | 'any' | 'all';

/** The pattern with each ellipsis spelled out for a tensor of that rank. */
function spell(
  pattern: Pattern,
  rank: number,
  text: string,
): { readonly left: readonly Group[]; readonly right: readonly Group[] } {
  const open = pattern.left.some((group) => group.includes(dots));
  const extra = rank - pattern.left.length + (open ? 1 : 0);
  if (extra < 0 || (!open && extra !== 0)) {
    throw new ShapeError(
      `'${text}' is for ${open ? 'at least ' : ''}${pattern.left.length - (open ? 1 : 0)} axes, the tensor has ${rank}`,
    );
  }
  const names = Array.from({ length: extra }, (_, k) => `... ${k}`);
  const flat = (groups: readonly Group[]): readonly Group[] =>
    groups.flatMap((group) => {
      if (group.length === 1 && group[0] === dots) return names.map((name) => [name]);
      return [group.flatMap((name) => (name === merged ? names : [name]))];
    });
  return { left: flat(pattern.left), right: flat(pattern.right) };
}

/** The size of each elementary axis of the left side. Throws ShapeError where the sizes do not come out. */
function sizesOf(
  shape: Shape,
  left: readonly Group[],
  given: ReadonlyMap<string, Dim>,
  text: string,
): Map<string, Dim> {
  const sizes = new Map(given);
  for (const [axis, group] of left.entries()) {
    const dim = shape[axis] ?? 1;
    const open = group.filter((name) => !sizes.has(name));
    const rest = D.product(group.map((name) => sizes.get(name) ?? 1));
    const shown = `axis ${axis} of ${showShape(shape)} in '${text}'`;
    const [only] = open;
    if (open.length > 1) refuse(`the sizes of ${open.join(' and ')} cannot be told from ${shown}`);
    if (only === undefined) {
      requireEqual(rest, dim, () => `${shown} should have ${D.show(rest)}, not ${D.show(dim)}`);
      continue;
    }
    const quotient = D.exactQuotient(dim, rest);
    if (quotient === null && D.isKnown(dim) && D.isKnown(rest))
      throw new ShapeError(`${shown} has ${dim}, which ${rest} does not divide`);
    if (quotient === null) throw new Unknowable(`whether ${D.show(dim)} is a multiple of ${D.show(rest)} is not known`);
    sizes.set(only, quotient);
  }
  return sizes;
}

/** Splits the axes of the left side, reduces or repeats what the right side lacks or adds, and joins anew. */
export function transformed(
  cx: Context,
  x: NodeId,
  text: string,
  how: Reduction | 'repeat' | Value,
  given: ReadonlyMap<string, Dim>,
): NodeId {
  const { build } = cx;
  const pattern = parsePattern(text);
  const { left, right } = spell(pattern, build.rank(x), text);
  const [from, to] = [left.flat(), right.flat()];
  const unused = [...given.keys()].find((name) => !from.includes(name) && !to.includes(name));
  if (unused !== undefined) refuse(`'${unused}' is no axis of '${text}'`);
  // Numbers written on the two sides are axes of their own.
  const lost = from.filter((name) => !to.includes(name));
  const gained = to.filter((name) => !from.includes(name));
  if (lost.length > 0 && (how === 'none' || how === 'repeat'))
    refuse(`'${lost.join(' ')}' stands on the left side only of '${text}'`);
  if (gained.length > 0 && how !== 'repeat') refuse(`'${gained.join(' ')}' stands on the right side only of '${text}'`);
  const sizes = sizesOf(build.shape(x), left, new Map([...pattern.numbers, ...given]), text);
  const size = (name: string): Dim => {
    const dim = sizes.get(name);
    return dim ?? refuse(`the size of '${name}' in '${text}' is not given`);
  };
  const apart = build.reshape(x, from.map(size));
  const reduced = reduce(
    cx,
    apart,
    how,
    lost.map((name) => from.indexOf(name)),
  );
  const kept = from.filter((name) => to.includes(name));
  const order = to.filter((name) => kept.includes(name));
  const sorted = build.transpose(
    reduced,
    order.map((name) => kept.indexOf(name)),
  );
  const spread =
    gained.length === 0
      ? sorted
      : build.emit('broadcast_in_dim', { shape: to.map(size), dims: order.map((name) => to.indexOf(name)) }, [sorted]);
  return build.reshape(
    spread,
    right.map((group) => D.product(group.map(size))),
  );
}

function reduce(cx: Context, x: NodeId, how: Reduction | 'repeat' | Value, axes: readonly number[]): NodeId {
  const { build } = cx;
  if (axes.length === 0 || how === 'none' || how === 'repeat') return x;
  switch (how) {
    case 'sum':
      return build.sum(x, axes);
    case 'mean':
      return build.mean(x, axes);
    case 'max':
      return build.reduce('reduce_max', x, axes);
    case 'min':
      return build.reduce('reduce_min', x, axes);
    case 'prod':
      return build.reduce('reduce_prod', x, axes);
    case 'any':
      return build.reduce('reduce_or', build.convert(x, 'bool'), axes);
    case 'all':
      return build.reduce('reduce_and', build.convert(x, 'bool'), axes);
    default: {
      const result = known(cx.call(how, [tensor(x), tuple(axes.map(int))]));
      if (result.kind !== 'tensor') throw new PythonError('EinopsError', 'a reduction must give a tensor');
      return result.node;
    }
  }
}

const reductions: readonly string[] = ['sum', 'mean', 'max', 'min', 'prod', 'any', 'all'];

function isReduction(text: string): text is Reduction {
  return reductions.includes(text);
}

/** The name of a reduction, or a function that reduces. */
export function reductionOf(value: Value): Reduction | Value {
  if (value.kind !== 'str') return value;
  if (value.value === null) throw new Unknowable('which reduction is meant is not known');
  return isReduction(value.value) ? value.value : refuse(`'${value.value}' is no reduction`);
}

/** Sizes given by name. */
export function lengthsOf(keywords: ReadonlyMap<string, Value>): ReadonlyMap<string, Dim> {
  return new Map([...keywords].map(([name, value]) => [name, asDim(value, name)]));
}

/** A tensor, or a list of tensors as one with a new first axis. */
function tensorOrList(cx: Context, args: Args): NodeId {
  const value = args.value('tensor');
  return value.kind === 'tensor' ? value.node : stackParts(cx, partsOf(cx, value), 0);
}

function labels(text: string, node: NodeId, longest: number, cx: Context): readonly string[] {
  const numbers = new Map<string, number>();
  const names = side(text, 'left', numbers, text).flat();
  if (numbers.size > 0) refuse(`einsum takes names of axes, no numbers: '${text}'`);
  const own = cx.build.rank(node) - names.filter((name) => name !== dots).length;
  if (own < 0 || (own > 0 && !names.includes(dots)))
    throw new ShapeError(`'${text.trim()}' does not name the axes of ${showShape(cx.build.shape(node))}`);
  return names.flatMap((name) =>
    name === dots ? Array.from({ length: own }, (_, k) => `... ${longest - own + k}`) : [name],
  );
}

/** `einsum(a, b, 'i j, j k -> i k')`: torch's, with names of any length. */
function einsum(cx: Context, args: Args): NodeId {
  const last = args.rest[args.rest.length - 1];
  if (last === undefined || last.kind !== 'str') refuse('the pattern of einsum must come last');
  if (last.value === null) throw new Unknowable('the pattern is not known');
  const text = last.value;
  const [inputs, output, ...more] = text.split('->');
  if (inputs === undefined || output === undefined || more.length > 0) refuse(`the pattern '${text}' needs one '->'`);
  if (/[()]/.test(text)) refuse(`einsum takes no parentheses: '${text}'`);
  const terms = inputs.split(',');
  const labelsOf = (term: string): readonly string[] => term.trim().split(/\s+/);
  const given = demandAxes(cx, args.rest.slice(0, -1), terms.map(labelsOf), null, (label) => label);
  const operands = given.map((value) => {
    known(value);
    if (value.kind === 'tensor') return value.node;
    throw new PythonError('EinopsError', 'einsum takes tensors, and the pattern last');
  });
  if (terms.length !== operands.length) refuse(`'${text}' names ${terms.length} tensors, ${operands.length} are given`);
  const longest = Math.max(
    0,
    ...terms.map((term, k) =>
      term.includes(dots)
        ? cx.build.rank(operands[k] ?? refuse('a tensor is missing')) - (term.match(/[A-Za-z_]\w*/g)?.length ?? 0)
        : 0,
    ),
  );
  const labelled = operands.map((node, k) =>
    withoutRepeats(cx, { node, labels: labels(terms[k] ?? '', node, longest, cx) }, text),
  );
  const wanted = side(output, 'right', new Map(), text)
    .flat()
    .flatMap((name) => (name === dots ? Array.from({ length: longest }, (_, k) => `... ${k}`) : [name]));
  const missing = wanted.find((name) => !labelled.some((each) => each.labels.includes(name)));
  if (missing !== undefined) refuse(`'${missing}' stands on the right side only of '${text}'`);
  return contract(cx, labelled, wanted);
}

/** How many axes stand before and after the `*` of a pattern of `pack`. */
function starred(text: string): { readonly before: number; readonly after: number } {
  const names = text.trim().split(/\s+/);
  const at = names.indexOf('*');
  if (at < 0 || names.lastIndexOf('*') !== at) refuse(`'${text}' needs one '*'`);
  return { before: at, after: names.length - at - 1 };
}

/** Tensors side by side with what `*` stands for as one axis, and the shapes to take them apart again. */
function pack(cx: Context, args: Args): Value {
  const { build } = cx;
  const { before, after } = starred(args.string('pattern'));
  const nodes = args.tensors('tensors');
  const shapes: Value[] = [];
  const flat = nodes.map((node) => {
    const shape = build.shape(node);
    if (shape.length < before + after)
      throw new ShapeError(`pack: ${showShape(shape)} has fewer than ${before + after} axes`);
    const inner = shape.slice(before, shape.length - after);
    shapes.push(tuple(inner.map(int)));
    return build.reshape(node, [...shape.slice(0, before), D.product(inner), ...shape.slice(shape.length - after)]);
  });
  return tuple([tensor(build.concatenate(flat, before)), list(shapes)]);
}

function unpack(cx: Context, args: Args): Value {
  const { build } = cx;
  const x = args.anyTensor('tensor').node;
  const { before, after } = starred(args.string('pattern'));
  const shape = build.shape(x);
  if (shape.length !== before + after + 1)
    throw new ShapeError(`unpack: ${showShape(shape)} does not have ${before + after + 1} axes`);
  const wanted = args.items('packed_shapes').map((item) => cx.items(item).map((dim) => asDim(dim, 'packed_shapes')));
  const total = shape[before] ?? 1;
  const open = wanted.filter((inner) => inner.includes(-1));
  const knownTotal = wanted
    .filter((inner) => !inner.includes(-1))
    .map((inner) => D.product(inner))
    .reduce(D.add, 0);
  if (open.length === 0)
    requireEqual(
      knownTotal,
      total,
      () => `unpack: the shapes come to ${D.show(knownTotal)}, the axis has ${D.show(total)}`,
    );
  if (open.length > 1) refuse('unpack: only one shape may hold -1');
  let start: Dim = 0;
  return list(
    wanted.map((inner) => {
      const rest = D.product(inner.filter((dim) => dim !== -1));
      const length = inner.includes(-1) ? D.sub(total, knownTotal) : rest;
      const piece = build.sliceAxis(x, before, start, D.add(start, length));
      start = D.add(start, length);
      const sizes = inner.map((dim) => (dim === -1 ? D.floorDiv(length, rest) : dim));
      return tensor(build.reshape(piece, [...shape.slice(0, before), ...sizes, ...shape.slice(before + 1)]));
    }),
  );
}

/** The sizes of axes by their names. */
function parseShape(cx: Context, args: Args): Value {
  const shape = cx.build.shape(args.anyTensor('x').node);
  const names = args.string('pattern').trim().split(/\s+/);
  const at = names.indexOf(dots);
  if (at < 0 ? names.length !== shape.length : names.length - 1 > shape.length)
    throw new ShapeError(`'${names.join(' ')}' does not name the axes of ${showShape(shape)}`);
  const entries = new Map<string, DictEntry>();
  names.forEach((name, k) => {
    if (name === '_' || name === dots) return;
    const dim = shape[at >= 0 && k > at ? shape.length - names.length + k : k];
    if (dim === undefined) return;
    if (/^\d+$/.test(name))
      requireEqual(Number(name), dim, () => `axis ${k} of ${showShape(shape)} should have ${name}`);
    else entries.set(keyOf(str(name)) ?? name, { key: str(name), value: int(dim) });
  });
  return { kind: 'dict', entries, open: false };
}

export const functions: readonly NativeValue[] = [
  op('einops.rearrange', '(tensor, pattern, **axes_lengths)', (cx, args) =>
    transformed(cx, tensorOrList(cx, args), args.string('pattern'), 'none', lengthsOf(args.keywords)),
  ),
  op('einops.reduce', '(tensor, pattern, reduction, **axes_lengths)', (cx, args) =>
    transformed(
      cx,
      tensorOrList(cx, args),
      args.string('pattern'),
      reductionOf(args.value('reduction')),
      lengthsOf(args.keywords),
    ),
  ),
  op('einops.repeat', '(tensor, pattern, **axes_lengths)', (cx, args) =>
    transformed(cx, tensorOrList(cx, args), args.string('pattern'), 'repeat', lengthsOf(args.keywords)),
  ),
  ...alias(op('einops.einsum', '(*tensors_and_pattern)', einsum), 'einops.einops.einsum'),
  native('einops.pack', '(tensors, pattern)', pack),
  native('einops.unpack', '(tensor, packed_shapes, pattern)', unpack),
  native('einops.parse_shape', '(x, pattern)', parseShape),
  native('einops.asnumpy', '(tensor)', (_cx, args) => args.value('tensor')),
];
