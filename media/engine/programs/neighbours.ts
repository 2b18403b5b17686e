import type { Node, NodeId } from '../../../language-server/graph/graph.ts';
import type { ConvParams, WindowParams } from '../../../language-server/graph/primitives/products.ts';
import { product, range } from '../concrete.ts';
import { numberText } from './glsl.ts';
import { constant, divided, flat, type Index, modulo, named, textOf, zero } from './indices.ts';
import { asIndex, type Point, type Reading, reductions } from './reading.ts';
import { entriesOf } from './windows.ts';

/** Values of neighbouring places: padding, convolutions, pooling. */

/** A point of an operand, with what else must hold for it to count. */
interface Place {
  readonly point: Point;
  readonly tests: readonly string[];
}

/** Which ends of an axis some points lie beyond. */
interface Ends {
  readonly low: boolean;
  readonly high: boolean;
}

/**
 * Values at points that may lie beyond the ends of some axes, or where something else does not hold: `fill` there.
 * Where four neighbours are wanted, each has its own place along their axis.
 */
export function bounded(
  { text, int, shape, values: valuesAt }: Reading,
  x: NodeId,
  places: readonly (Place | null)[],
  ends: readonly Ends[],
  fill: string,
  along: number | null,
): readonly string[] {
  const own = shape(x);
  const [type, none] = along === null ? (['float', fill] as const) : (['vec4', `vec4(${fill})`] as const);
  const inside = places.map((place) => {
    if (place === null) return null;
    const tests = [...place.tests];
    for (const [axis, { low, high }] of ends.entries()) {
      const [index, n] = [place.point[axis] ?? zero, own[axis] ?? 1];
      if (axis === along) continue;
      if (index.base === null) {
        if (index.offset < 0 || index.offset >= n) return null;
        continue;
      }
      if (low) tests.push(`${named(index, int)} >= 0`);
      if (high) tests.push(`${named(index, int)} < ${n}`);
    }
    return { point: place.point, tests };
  });
  const values = valuesAt(
    x,
    inside.flatMap((place) => (place === null ? [] : [place.point])),
    along,
  );
  let next = 0;
  return inside.map((place) => {
    if (place === null) return none;
    let value = values[next++] ?? none;
    const { low, high } = along === null ? { low: false, high: false } : (ends[along] ?? { low: false, high: false });
    if (along !== null && (low || high)) {
      const four = text.let('ivec4', `ivec4(${textOf(place.point[along] ?? zero)}) + ivec4(0, 1, 2, 3)`);
      if (low) value = text.let(type, `pick_(${none}, ${value}, greaterThanEqual(${four}, ivec4(0)))`);
      if (high) value = text.let(type, `pick_(${none}, ${value}, lessThan(${four}, ivec4(${own[along]})))`);
    }
    return place.tests.length === 0 ? value : text.let(type, `${place.tests.join(' && ')} ? ${value} : ${none}`);
  });
}

/** The entries of a window that each point of the result takes from an operand (n, c, *space) of some channel. */
function entries(
  reading: Reading,
  x: NodeId,
  params: ConvParams | WindowParams,
  window: readonly number[],
  result: readonly number[],
  points: readonly Point[],
  along: number | null,
  fill: string,
  lead: (point: Point) => Point,
  each: (place: readonly number[], values: readonly (string | null)[]) => void,
): void {
  const { int, shape } = reading;
  const own = shape(x);
  const before = own.length - window.length;
  const all = entriesOf(params, window, own.slice(before), result.slice(before));
  for (const { place, axes } of all) {
    const places = points.map((point): Place | null => {
      const tests: string[] = [];
      const space: Index[] = [];
      for (const [axis, { at }] of axes.entries()) {
        const source = at(point[before + axis] ?? zero, int);
        if (source === null) return null;
        if (source.test !== null) tests.push(source.test);
        space.push(source.index);
      }
      return { point: [...lead(point), ...space], tests };
    });
    const ends = range(own.length).map((axis) => axes[axis - before] ?? { low: false, high: false });
    const values = bounded(reading, x, places, ends, fill, along);
    each(
      place,
      values.map((value, k) => (places[k] === null ? null : value)),
    );
  }
}

export function convolution(
  reading: Reading,
  node: Node,
  params: ConvParams,
  points: readonly Point[],
  along: number | null,
): readonly string[] | null {
  const { text, int, shape, values: valuesAt } = reading;
  const [x, weight] = node.operands;
  if (x === undefined || weight === undefined) throw new RangeError('a convolution has two operands');
  const [result, kernel] = [shape(node.id), shape(weight)];
  // Neighbours along an axis come from neighbours where windows move one by one.
  if (along === 1 || (along !== null && along > 1 && params.stride[along - 2] !== 1)) return null;
  const { groups, transposed } = params;
  const type = along === null ? 'float' : 'vec4';
  const totals = points.map(() => text.variable(type, along === null ? '0.0' : 'vec4(0.0)'));
  const own = (result[1] ?? 1) / groups;
  const channels = (shape(x)[1] ?? 1) / groups;
  text.loop(channels, (name) => {
    const channel = asIndex(name);
    const inGroup = (point: Point): Index =>
      groups === 1 ? channel : flat([divided(point[1] ?? zero, own, int), channel], [groups, channels], int);
    const lead = (point: Point): Point => [point[0] ?? zero, inGroup(point)];
    entries(reading, x, params, kernel.slice(2), result, points, along, '0.0', lead, (place, values) => {
      const at = (point: Point): Point => [
        ...(transposed === null
          ? [point[1] ?? zero, channel]
          : [inGroup(point), groups === 1 ? (point[1] ?? zero) : modulo(point[1] ?? zero, own, int)]),
        ...place.map(constant),
      ];
      const weights = valuesAt(weight, points.map(at), null);
      values.forEach((value, k) => {
        if (value !== null) text.line(type, `${totals[k]} += ${weights[k]} * ${value};`);
      });
    });
  });
  return totals;
}

export function pooled(
  reading: Reading,
  node: Node,
  params: WindowParams,
  points: readonly Point[],
  along: number | null,
): readonly string[] | null {
  const { text, shape } = reading;
  const [x] = node.operands;
  if (x === undefined) throw new RangeError('a window has an operand');
  const { window, how } = params;
  const result = shape(node.id);
  const lead = result.length - window.length;
  if (along !== null && along >= lead && params.stride[along - lead] !== 1) return null;
  const type = along === null ? 'float' : 'vec4';
  const { start, combine } = how === 'max' ? reductions.reduce_max : reductions.reduce_sum;
  const totals = points.map(() => text.variable(type, along === null ? start : `vec4(${start})`));
  const before = (point: Point): Point => point.slice(0, lead);
  entries(reading, x, params, window, result, points, along, start, before, (_place, values) => {
    values.forEach((value, k) => {
      if (value !== null) text.line(type, `${totals[k]} = ${combine(totals[k] ?? '', value)};`);
    });
  });
  if (how === 'max') return totals;
  const share = numberText(1 / product(window));
  return totals.map((total) => text.let(type, `${total} * ${share}`));
}
