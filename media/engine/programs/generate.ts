import { type Node, type NodeId, nodeAt } from '../../../language-server/graph/graph.ts';
import { elementwise } from '../../../language-server/graph/primitives/elementwise.ts';
import { type DotParams, freeAxes, type WindowParams } from '../../../language-server/graph/primitives/products.ts';
import { isFloating } from '../../../language-server/graph/shape.ts';
import { number, numbers, product, range } from '../concrete.ts';
import type { Emitter } from '../emitter.ts';
import { formulas, helpers, numberText } from './glsl.ts';
import {
  constant,
  divided,
  flat,
  type Index,
  type Let,
  modulo,
  named,
  plus,
  textOf,
  times,
  unravel,
  variable,
  zero,
} from './indices.ts';
import { bounded, convolution, pooled } from './neighbours.ts';
import { asIndex, type Point, type Reading, type Reduction, reductions } from './reading.ts';
import { regrouped } from './regroup.ts';
import { Text, type Work } from './text.ts';
import { type Layout, layoutOf } from './textures.ts';

/** Writes one fragment program for a node and everything folded into it. */

export interface Fragment {
  readonly source: string;
  /** The tensors that it reads, by the number of their sampler. */
  readonly reads: readonly NodeId[];
  /** What one fragment does. */
  readonly work: Work;
}

/** Whether a node can be written as GLSL. */
export function canWrite({ op }: Node): boolean {
  if (op.name === 'convert') return true;
  if (op.name in elementwise) return formulaOf(op.name) !== null;
  if (op.name === 'take') return op.params.index !== 'loop';
  // Of windows that differ in size each would be divided by another number.
  if (op.name === 'reduce_window') return op.params.how === 'max' || allWhole(op.params);
  return writable.has(op.name);
}

const writable: ReadonlySet<string> = new Set([
  'full',
  'broadcast_in_dim',
  'reshape',
  'transpose',
  'slice',
  'take',
  'pad',
  'reverse',
  'concatenate',
  'diagonal',
  'diag_embed',
  'triangle',
  'dot_general',
  'reduce_sum',
  'reduce_max',
  'reduce_min',
  'reduce_prod',
  'conv',
]);

function allWhole({ padding, ceil }: WindowParams): boolean {
  return !ceil && padding.every(([low, high]) => low === 0 && high === 0);
}

function formulaOf(name: string): ((a: string, b: string, c: string) => string) | null {
  for (const [own, formula] of Object.entries(formulas)) if (own === name) return formula;
  return null;
}

/** The program for `root`, which is to lie as `layout` says; `held` are the tensors that lie in textures already. */
export function generate(
  g: Emitter,
  root: NodeId,
  layout: Layout,
  held: ReadonlySet<NodeId>,
  mostLayers: number,
): Fragment {
  return new Writer(g, held, mostLayers).fragment(root, layout);
}

const lanes = 'xyzw';

class Writer {
  readonly #g: Emitter;
  readonly #held: ReadonlySet<NodeId>;
  readonly #mostLayers: number;
  readonly #reads: NodeId[] = [];
  readonly #text = new Text();
  readonly #int: Let = (text) => this.#text.let('int', text);
  readonly #reading: Reading = {
    text: this.#text,
    int: this.#int,
    shape: (id) => this.#shape(id),
    values: (id, points, along) => this.#values(id, points, along),
  };

  constructor(g: Emitter, held: ReadonlySet<NodeId>, mostLayers: number) {
    this.#g = g;
    this.#held = held;
    this.#mostLayers = mostLayers;
  }

  fragment(root: NodeId, layout: Layout): Fragment {
    const shape = this.#shape(root);
    const { column, columns, layers } = layout;
    const points = this.#rows(shape, layout);
    const values =
      column === null
        ? this.#values(root, points, null).map((value) => `vec4(${value}, 0.0, 0.0, 0.0)`)
        : this.#values(root, points, column);
    const inside = `lessThan(ivec4(x * 4) + ivec4(0, 1, 2, 3), ivec4(${columns}))`;
    const outs = values.map(
      (value, l) =>
        `  o${l} = ${columns % 4 === 0 || column === null ? value : `mix(vec4(0.0), ${value}, ${inside})`};`,
    );
    const source = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2DArray;
${this.#reads.map((_, k) => `uniform sampler2DArray t${k};`).join('\n')}
${range(layers)
  .map((l) => `layout(location = ${l}) out vec4 o${l};`)
  .join('\n')}
${helpers}
void main() {
  int x = int(gl_FragCoord.x);
  int y = int(gl_FragCoord.y);
${this.#text.lines.join('\n')}
${outs.join('\n')}
}
`;
    return { source, reads: this.#reads, work: this.#text.work };
  }

  /** The rows that a fragment computes, one for each layer. */
  #rows(shape: readonly number[], layout: Layout): Point[] {
    const { column, tiled, outer, tiles, layers, layerStep, tileStep, width, height } = layout;
    const y = variable('y', height);
    const tile = modulo(y, tiles, this.#int);
    const sizes = (axes: readonly number[]): number[] => axes.map((axis) => shape[axis] ?? 1);
    const before = unravel(divided(y, tiles, this.#int), sizes(outer), this.#int);
    return range(layers).map((layer) => {
      const within = unravel(plus(times(tile, tileStep), layer * layerStep), sizes(tiled), this.#int);
      return shape.map((_, axis) => {
        if (axis === column) return times(variable('x', width), 4);
        return before[outer.indexOf(axis)] ?? within[tiled.indexOf(axis)] ?? zero;
      });
    });
  }

  #shape(id: NodeId): readonly number[] {
    return numbers(this.#g.shape(id));
  }

  /** The axis along which a value's neighbours are had most cheaply. */
  #fastAxis(id: NodeId): number | null {
    const shape = this.#shape(id);
    if (this.#held.has(id)) return layoutOf(shape, this.#mostLayers).column;
    const { op, operands } = nodeAt(this.#g, id);
    const last = shape.length === 0 ? null : shape.length - 1;
    if (op.name in elementwise) {
      const whole = operands.filter((operand) => product(this.#shape(operand)) === product(shape));
      return whole.map((operand) => this.#fastAxis(operand)).find((axis) => axis !== null) ?? last;
    }
    const [x] = operands;
    const inner = x === undefined ? null : this.#fastAxis(x);
    if (x === undefined || inner === null) return last;
    switch (op.name) {
      case 'broadcast_in_dim':
        return op.params.dims[inner] ?? last;
      case 'transpose':
        return op.params.permutation.indexOf(inner);
      case 'reshape':
        return (
          regrouped(this.#shape(x), shape)
            .find(({ from }) => from.includes(inner))
            ?.to.at(-1) ?? last
        );
      default:
        return last;
    }
  }

  /** A node's values at some points: numbers, or four neighbours each along an axis. */
  #values(id: NodeId, points: readonly Point[], along: number | null): readonly string[] {
    const node = nodeAt(this.#g, id);
    if (node.op.name === 'full') {
      const value = numberText(node.op.params.value);
      return points.map(() => (along === null ? value : `vec4(${value})`));
    }
    const keys = points.map((point) => `${id} ${along} ${point.map(textOf).join(',')}`);
    const missing = new Map<string, Point>();
    points.forEach((point, k) => {
      const key = keys[k] ?? '';
      if (this.#text.recall(key) === undefined) missing.set(key, point);
    });
    const fresh = new Map<string, string>();
    if (missing.size > 0) {
      const todo = [...missing.values()];
      const values = this.#held.has(id)
        ? todo.map((point) => this.#loaded(id, point, along))
        : (this.#computed(node, todo, along) ?? this.#gathered(id, todo, along));
      [...missing.keys()].forEach((key, k) => {
        const value = values[k] ?? '0.0';
        fresh.set(key, value);
        if (/^v\d+$/.test(value)) this.#text.remember(key, value);
      });
    }
    return keys.map((key) => fresh.get(key) ?? this.#text.recall(key) ?? '0.0');
  }

  /** Four neighbours, one after the other. */
  #gathered(id: NodeId, points: readonly Point[], along: number | null): readonly string[] {
    if (along === null) throw new RangeError(`${nodeAt(this.#g, id).op.name} cannot be written as a program`);
    const count = Math.min(4, this.#shape(id)[along] ?? 1);
    const single = this.#values(
      id,
      points.flatMap((point) => range(count).map((lane) => moved(point, along, lane))),
      null,
    );
    return points.map((_, k) => {
      const parts = range(4).map((lane) => (lane < count ? (single[k * count + lane] ?? '0.0') : '0.0'));
      return this.#text.let('vec4', `vec4(${parts.join(', ')})`);
    });
  }

  /** What lies in a texture. */
  #loaded(id: NodeId, point: Point, along: number | null): string {
    const shape = this.#shape(id);
    const { column, tiled, outer, tiles, layers, width, height } = layoutOf(shape, this.#mostLayers);
    const place = column === null ? zero : (point[column] ?? zero);
    if (along !== null && !(along === column && isAligned(plus(place, -place.offset))))
      return this.#gathered(id, [point], along)[0] ?? '';
    const shift = ((place.offset % 4) + 4) % 4;
    if (along !== null && shift !== 0) {
      // Between two texels: the end of the one, and the beginning of the other.
      const [left, right] = [-shift, 4 - shift].map((by) => this.#loaded(id, moved(point, along, by), along));
      const [end, begin] = [lanes.slice(shift), lanes.slice(0, shift)];
      return this.#text.let('vec4', `vec4(${left}.${end}, ${right}.${begin})`);
    }
    const flatOf = (axes: readonly number[]): Index =>
      flat(
        axes.map((axis) => point[axis] ?? zero),
        axes.map((axis) => shape[axis] ?? 1),
        this.#int,
      );
    const row = flatOf(tiled);
    const y = flat([flatOf(outer), divided(row, layers, this.#int)], [1, tiles], this.#int);
    let sampler = this.#reads.indexOf(id);
    if (sampler < 0) sampler = this.#reads.push(id) - 1;
    const at = [
      this.#coordinate(divided(place, 4, this.#int), width),
      this.#coordinate(y, height),
      `float(${named(modulo(row, layers, this.#int), this.#int)})`,
    ];
    // Faster than `texelFetch` on SwiftShader; the nearest texel is taken either way.
    const texel = this.#text.let('vec4', `texture(t${sampler}, vec3(${at.join(', ')}))`);
    if (along !== null) return texel;
    const lane = modulo(place, 4, this.#int);
    return lane.base === null ? `${texel}.${lanes[lane.offset]}` : this.#text.let('float', `${texel}[${textOf(lane)}]`);
  }

  /** The middle of a texel, of `size` that span 0 to 1. */
  #coordinate({ base, scale, offset }: Index, size: number): string {
    const middle = numberText((offset + 0.5) / size);
    if (base === null) return middle;
    const whole = this.#text.let('float', `float(${base})`);
    return this.#text.let('float', `${whole} * ${numberText(scale / size)} + ${middle}`);
  }

  /** The values of a node that does not lie in a texture; null where they are to be had one by one. */
  #computed(node: Node, points: readonly Point[], along: number | null): readonly string[] | null {
    const { op, operands, id } = node;
    const shape = this.#shape(id);
    const [x] = operands;
    if (op.name in elementwise) return this.#elementwise(node, points, along);
    if (op.name === 'dot_general') return this.#product(node, op.params, points, along);
    if (x === undefined) return null;
    const own = this.#shape(x);
    const type = along === null ? 'float' : 'vec4';
    const of = (move: (point: Point) => Point, axis: number | null): readonly string[] =>
      this.#values(x, points.map(move), axis);
    switch (op.name) {
      case 'broadcast_in_dim': {
        const { dims } = op.params;
        const axis = along === null ? -1 : dims.findIndex((dim, k) => dim === along && own[k] === shape[along]);
        const values = of(
          (point) => dims.map((dim, k) => (own[k] === 1 ? zero : (point[dim] ?? zero))),
          axis < 0 ? null : axis,
        );
        return along !== null && axis < 0 ? values.map((value) => this.#text.let('vec4', `vec4(${value})`)) : values;
      }
      case 'transpose': {
        const { permutation } = op.params;
        return of(
          (point) => own.map((_, axis) => point[permutation.indexOf(axis)] ?? zero),
          along === null ? null : (permutation[along] ?? null),
        );
      }
      case 'reshape': {
        const groups = regrouped(own, shape);
        const group = along === null ? undefined : groups.find(({ to }) => to.includes(along));
        const axis = group?.from.at(-1) ?? null;
        if (along !== null) {
          const single = group?.from.length === 1 && group.to.length === 1;
          const texels =
            group?.to.at(-1) === along && axis !== null && (own[axis] ?? 1) % 4 === 0 && (shape[along] ?? 1) % 4 === 0;
          if (!single && !(texels && points.every((point) => isAligned(point[along] ?? zero)))) return null;
        }
        return of((point) => {
          const result: Index[] = own.map(() => zero);
          for (const { from, to } of groups) {
            const sizes = (list: readonly number[], all: readonly number[]): number[] => list.map((k) => all[k] ?? 1);
            const place = flat(
              to.map((k) => point[k] ?? zero),
              sizes(to, shape),
              this.#int,
            );
            unravel(place, sizes(from, own), this.#int).forEach((index, k) => {
              result[from[k] ?? 0] = index;
            });
          }
          return result;
        }, axis);
      }
      case 'slice': {
        const [starts, { steps }] = [numbers(op.params.starts), op.params];
        if (along !== null && steps[along] !== 1) return null;
        return of(
          (point) => point.map((index, axis) => plus(times(index, steps[axis] ?? 1), starts[axis] ?? 0)),
          along,
        );
      }
      case 'take': {
        const { axis, index } = op.params;
        if (index === 'loop') throw new RangeError('an index of a loop');
        return of(
          (point) => [...point.slice(0, axis), constant(number(index)), ...point.slice(axis)],
          along !== null && along >= axis ? along + 1 : along,
        );
      }
      case 'reverse': {
        const { axes } = op.params;
        if (along !== null && axes.includes(along)) return null;
        return of(
          (point) =>
            point.map((index, axis) => (axes.includes(axis) ? plus(times(index, -1), (own[axis] ?? 1) - 1) : index)),
          along,
        );
      }
      case 'pad': {
        const [low, high] = [numbers(op.params.low), numbers(op.params.high)];
        const ends = range(shape.length).map((axis) => ({
          low: (low[axis] ?? 0) > 0,
          high: (high[axis] ?? 0) > 0,
        }));
        const inner = points.map((point) => point.map((index, axis) => plus(index, -(low[axis] ?? 0))));
        return bounded(
          this.#reading,
          x,
          inner.map((point) => ({ point, tests: [] })),
          ends,
          numberText(op.params.value),
          along,
        );
      }
      case 'concatenate': {
        const { axis } = op.params;
        if (along === axis) return null;
        let start = 0;
        const parts = operands.map((part) => {
          const n = this.#shape(part)[axis] ?? 1;
          const begin = start;
          start += n;
          const own_ = points.map((point) =>
            point.map((index, k) => (k === axis ? within(plus(index, -begin), n, this.#int) : index)),
          );
          return { end: start, values: this.#values(part, own_, along) };
        });
        return points.map((point, k) => {
          const at = named(point[axis] ?? zero, this.#int);
          return this.#text.let(
            type,
            parts.reduceRight((rest, { end, values }) => {
              const value = values[k] ?? '0.0';
              return rest === '' ? value : `(${at} < ${end} ? ${value} : ${rest})`;
            }, ''),
          );
        });
      }
      case 'diagonal': {
        const { axis1, axis2, offset } = op.params;
        const last = shape.length - 1;
        if (along === last) return null;
        const rest = range(own.length).filter((axis) => axis !== axis1 && axis !== axis2);
        return of(
          (point) =>
            own.map((_, axis) => {
              const on = point[last] ?? zero;
              if (axis === axis1) return plus(on, Math.max(0, -offset));
              if (axis === axis2) return plus(on, Math.max(0, offset));
              return point[rest.indexOf(axis)] ?? zero;
            }),
          along === null ? null : (rest[along] ?? null),
        );
      }
      case 'diag_embed':
      case 'triangle': {
        const [i, j] = [shape.length - 2, shape.length - 1];
        if (along === i || along === j) return null;
        const { offset } = op.params;
        const compare = op.name === 'diag_embed' ? '==' : op.params.side === 'upper' ? '>=' : '<=';
        const values =
          op.name === 'triangle'
            ? of((point) => point, along)
            : of(
                (point) => [
                  ...point.slice(0, i),
                  within(point[offset >= 0 ? i : j] ?? zero, own.at(-1) ?? 1, this.#int),
                ],
                along,
              );
        const none = along === null ? '0.0' : 'vec4(0.0)';
        return points.map((point, k) => {
          const [row, column] = [i, j].map((axis) => named(point[axis] ?? zero, this.#int));
          return this.#text.let(type, `${column} - ${row} ${compare} ${offset} ? ${values[k]} : ${none}`);
        });
      }
      case 'reduce_sum':
      case 'reduce_max':
      case 'reduce_min':
      case 'reduce_prod':
        return this.#reduction(x, op.params.axes, reductions[op.name], points, along);
      case 'conv':
        return convolution(this.#reading, node, op.params, points, along);
      case 'reduce_window':
        return pooled(this.#reading, node, op.params, points, along);
      default:
        return null;
    }
  }

  #elementwise(node: Node, points: readonly Point[], along: number | null): readonly string[] {
    const shape = this.#shape(node.id);
    const operands = node.operands.map((operand) => {
      const own = this.#shape(operand);
      const lead = shape.length - own.length;
      const moved_ = points.map((point) => own.map((n, axis) => (n === 1 ? zero : (point[axis + lead] ?? zero))));
      const axis = along === null ? -1 : along - lead;
      if (along === null || (axis >= 0 && own[axis] === shape[along]))
        return this.#values(operand, moved_, along === null ? null : axis);
      return this.#values(operand, moved_, null).map((value) => this.#text.let('vec4', `vec4(${value})`));
    });
    return points.map((_, k) => {
      const formula = formulaText(
        node,
        operands.map((values) => values[k] ?? '0.0'),
      );
      return this.#text.let(along === null ? 'float' : 'vec4', formula);
    });
  }

  #reduction(
    x: NodeId,
    axes: readonly number[],
    { start, combine, across }: Reduction,
    points: readonly Point[],
    along: number | null,
  ): readonly string[] | null {
    const own = this.#shape(x);
    const kept = range(own.length).filter((axis) => !axes.includes(axis));
    const fast = this.#fastAxis(x);
    const chunked = fast !== null && axes.includes(fast) && (own[fast] ?? 1) > 1;
    // Neighbours that are to be reduced are loaded together, for one result after the other.
    if (chunked && along !== null) return null;
    const type = along === null ? 'float' : 'vec4';
    const totals = points.map(() => this.#text.variable(type, along === null ? start : `vec4(${start})`));
    const pointAt = (point: Point, over: ReadonlyMap<number, Index>): Point =>
      own.map((_, axis) => over.get(axis) ?? point[kept.indexOf(axis)] ?? zero);
    const add = (values: readonly string[]): void => {
      values.forEach((value, k) => {
        this.#text.line(type, `${totals[k]} = ${combine(totals[k] ?? '', value)};`);
      });
    };
    const outer = axes.filter((axis) => !(chunked && axis === fast));
    this.#over(outer, own, new Map(), (over) => {
      if (!chunked || fast === null) {
        add(
          this.#values(
            x,
            points.map((point) => pointAt(point, over)),
            along === null ? null : (kept[along] ?? null),
          ),
        );
        return;
      }
      this.#chunks(own[fast] ?? 1, (place, count) => {
        const vectors = this.#values(
          x,
          points.map((point) => pointAt(point, new Map([...over, [fast, place]]))),
          fast,
        );
        add(vectors.map((vector) => across(range(count).map((lane) => `${vector}.${lanes[lane]}`))));
      });
    });
    return totals;
  }

  /** Loops over axes, one inside the other. */
  #over(
    axes: readonly number[],
    sizes: readonly number[],
    outer: ReadonlyMap<number, Index>,
    body: (over: ReadonlyMap<number, Index>) => void,
  ): void {
    const [first, ...rest] = axes;
    if (first === undefined) {
      body(outer);
      return;
    }
    this.#text.loop(sizes[first] ?? 1, (index) =>
      this.#over(rest, sizes, new Map([...outer, [first, asIndex(index)]]), body),
    );
  }

  /** An axis in steps of four, and what is left. */
  #chunks(length: number, body: (place: Index, count: number) => void): void {
    const whole = Math.floor(length / 4);
    this.#text.loop(whole, (index) => body(times(asIndex(index), 4), 4));
    if (length % 4 > 0) body(constant(whole * 4), length % 4);
  }

  /** Products for all points at once: a texel of either operand serves every point that needs it. */
  #product(node: Node, params: DotParams, points: readonly Point[], along: number | null): readonly string[] {
    const [a, b] = node.operands;
    if (a === undefined || b === undefined) throw new RangeError('a product has two operands');
    const shapes = [this.#shape(a), this.#shape(b)] as const;
    const places = placesInDot(params, shapes[0].length, shapes[1].length);
    const axisOf = (side: 0 | 1): number | null => {
      const axis = along === null ? -1 : places[side].findIndex(({ result }) => result === along);
      return axis < 0 ? null : axis;
    };
    const type = along === null ? 'float' : 'vec4';
    const at = (side: 0 | 1, point: Point, over: ReadonlyMap<number, Index>): Point =>
      places[side].map(({ result, contracted }) =>
        contracted === null ? (point[result ?? 0] ?? zero) : (over.get(contracted) ?? zero),
      );
    const both = (over: ReadonlyMap<number, Index>): readonly (readonly [string, string])[] => {
      const [left, right] = ([0, 1] as const).map((side) =>
        this.#values(
          side === 0 ? a : b,
          points.map((point) => at(side, point, over)),
          axisOf(side),
        ),
      );
      return points.map((_, k) => [left?.[k] ?? '0.0', right?.[k] ?? '0.0']);
    };
    const sizes = params.contract[0].map((axis) => shapes[0][axis] ?? 1);
    if (product(sizes) === 1) return both(new Map()).map(([left, right]) => this.#text.let(type, `${left} * ${right}`));
    // The axis that is summed along texels: one that lies along the texels of an operand, where there is one.
    const fast = [this.#fastAxis(a), this.#fastAxis(b)] as const;
    const contractedAt = (side: 0 | 1): number | null => {
      const contracted = places[side][fast[side] ?? -1]?.contracted ?? null;
      return contracted !== null && (sizes[contracted] ?? 1) > 1 ? contracted : null;
    };
    const columnSide = axisOf(1) !== null ? 1 : 0;
    const rowSide = columnSide === 1 ? 0 : 1;
    const inner = contractedAt(rowSide) ?? contractedAt(columnSide) ?? sizes.findLastIndex((n) => n > 1);
    const innerAxis = (side: 0 | 1): number => params.contract[side][inner] ?? 0;
    const [rows, columns] = rowSide === 0 ? [a, b] : [b, a];
    const column = axisOf(columnSide);
    const totals = points.map(() => this.#text.variable(type, along === null ? '0.0' : 'vec4(0.0)'));
    const add = (k: number, text: string): void => this.#text.line(type, `${totals[k]} += ${text};`);
    const chunk = (over: ReadonlyMap<number, Index>, place: Index, count: number): void => {
      const with_ = (lane: number): ReadonlyMap<number, Index> => new Map([...over, [inner, plus(place, lane)]]);
      if (column !== null && axisOf(rowSide) !== null) {
        for (const lane of range(count))
          both(with_(lane)).forEach(([left, right], k) => {
            add(k, `${left} * ${right}`);
          });
        return;
      }
      const left = this.#values(
        rows,
        points.map((point) => at(rowSide, point, with_(0))),
        innerAxis(rowSide),
      );
      const swizzle = lanes.slice(0, count);
      const dot = (u: string, v: string): string =>
        count === 1 ? `${u}.x * ${v}.x` : count === 4 ? `dot(${u}, ${v})` : `dot(${u}.${swizzle}, ${v}.${swizzle})`;
      if (column === null || along === null) {
        const right = this.#values(
          columns,
          points.map((point) => at(columnSide, point, with_(0))),
          innerAxis(columnSide),
        );
        left.forEach((own, k) => {
          add(k, dot(own, right[k] ?? ''));
        });
        return;
      }
      if (fast[columnSide] === column) {
        const right = this.#values(
          columns,
          points.flatMap((point) => range(count).map((lane) => at(columnSide, point, with_(lane)))),
          column,
        );
        left.forEach((own, k) => {
          add(
            k,
            range(count)
              .map((lane) => `${own}.${lanes[lane]} * ${right[k * count + lane]}`)
              .join(' + '),
          );
        });
        return;
      }
      const wide = Math.min(4, this.#shape(node.id)[along] ?? 1);
      const right = this.#values(
        columns,
        points.flatMap((point) => range(wide).map((lane) => at(columnSide, moved(point, along, lane), with_(0)))),
        innerAxis(columnSide),
      );
      left.forEach((own, k) => {
        const parts = range(4).map((lane) => (lane < wide ? dot(own, right[k * wide + lane] ?? '') : '0.0'));
        add(k, `vec4(${parts.join(', ')})`);
      });
    };
    const outer = range(sizes.length).filter((k) => k !== inner && (sizes[k] ?? 1) > 1);
    this.#over(outer, sizes, new Map(), (over) => {
      this.#chunks(sizes[inner] ?? 1, (place, count) => chunk(over, place, count));
    });
    return totals;
  }
}

/** Whether four neighbours begin with a texel. */
function isAligned({ base, scale, offset }: Index): boolean {
  return (base === null || scale % 4 === 0) && offset % 4 === 0;
}

function moved(point: Point, axis: number, by: number): Point {
  return point.map((index, k) => (k === axis ? plus(index, by) : index));
}

/** An index that is kept within an axis of n. */
function within(index: Index, n: number, write: Let): Index {
  if (index.base === null) return constant(Math.min(Math.max(index.offset, 0), n - 1));
  return { base: write(`clamp(${textOf(index)}, 0, ${n - 1})`), scale: 1, offset: 0 };
}

function formulaText({ op }: Node, [a = '', b = '', c = '']: readonly string[]): string {
  if (op.name === 'convert') {
    if (op.params.dtype === 'bool') return `(1.0 - eq_(${a}, 0.0 * ${a}))`;
    return isFloating(op.params.dtype) ? a : `trunc(${a})`;
  }
  const formula = formulaOf(op.name);
  if (formula === null) throw new RangeError(`${op.name} has no formula`);
  return formula(a, b, c);
}

/** Where an operand's axis lies: an axis of the result, or the number of a contraction. */
interface PlaceInDot {
  readonly result: number | null;
  readonly contracted: number | null;
}

/** Where the axes of both operands of a product lie. */
export function placesInDot(
  { contract, batch }: DotParams,
  leftRank: number,
  rightRank: number,
): readonly [readonly PlaceInDot[], readonly PlaceInDot[]] {
  const leftFree = freeAxes(leftRank, contract[0], batch[0]);
  const rightFree = freeAxes(rightRank, contract[1], batch[1]);
  const lead = batch[0].length;
  const place =
    (side: 0 | 1, free: readonly number[], before: number) =>
    (axis: number): PlaceInDot => {
      if (contract[side].includes(axis)) return { result: null, contracted: contract[side].indexOf(axis) };
      if (batch[side].includes(axis)) return { result: batch[side].indexOf(axis), contracted: null };
      return { result: before + free.indexOf(axis), contracted: null };
    };
  return [
    range(leftRank).map(place(0, leftFree, lead)),
    range(rightRank).map(place(1, rightFree, lead + leftFree.length)),
  ];
}
