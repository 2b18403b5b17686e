import { type Node, type NodeId, nodeAt } from '../../../language-server/graph/graph.ts';
import { elementwise } from '../../../language-server/graph/primitives/elementwise.ts';
import { type DotParams, freeAxes } from '../../../language-server/graph/primitives/products.ts';
import { isFloating } from '../../../language-server/graph/shape.ts';
import { number, numbers, product, range } from '../concrete.ts';
import type { Emitter } from '../emitter.ts';
import { stridesOf } from '../reference.ts';
import { formulas, helpers, numberText } from './glsl.ts';

/**
 * Writes one fragment program for a node and everything folded into it.
 *
 * A tensor lies in a texture array as rows (all axes but the last) and columns: four neighbouring columns in a texel,
 * row r in layer r % layers at height r / layers. One fragment computes four columns of `layers` rows, so that a
 * product loads each operand's texel once for many multiplications (register blocking).
 */

/** The size of a tensor's texture array. */
export interface Layout {
  readonly rows: number;
  readonly columns: number;
  readonly layers: number;
  readonly width: number;
  readonly height: number;
}

/** Where a tensor of a shape lies, with at most so many layers. */
export function layoutOf(shape: readonly number[], mostLayers: number): Layout {
  const own = atLeastOne(shape);
  const columns = own.at(-1) ?? 1;
  const rows = product(own.slice(0, -1));
  let layers = 1;
  while (layers < mostLayers && layers < rows) layers *= 2;
  return { rows, columns, layers, width: Math.ceil(columns / 4), height: Math.ceil(rows / layers) };
}

function atLeastOne(shape: readonly number[]): readonly number[] {
  return shape.length === 0 ? [1] : shape;
}

export interface Fragment {
  readonly source: string;
  /** The tensors that it reads, by the number of their sampler. */
  readonly reads: readonly NodeId[];
}

/** Where a vector of four columns is wanted: indices of all axes but the last, and the texel along it. */
interface Point {
  readonly lead: readonly string[];
  readonly texel: string;
}

/** Whether a node can be written as GLSL. */
export function canWrite({ op }: Node): boolean {
  if (op.name === 'convert') return true;
  if (op.name in elementwise) return formulaOf(op.name) !== null;
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
]);

function formulaOf(name: string): ((a: string, b: string, c: string) => string) | null {
  for (const [own, formula] of Object.entries(formulas)) if (own === name) return formula;
  return null;
}

/** The program for `root`; `held` are the tensors that lie in textures already. */
export function generate(g: Emitter, root: NodeId, held: ReadonlySet<NodeId>, mostLayers: number): Fragment {
  return new Writer(g, root, held, mostLayers).fragment();
}

class Writer {
  readonly #g: Emitter;
  readonly #root: NodeId;
  readonly #held: ReadonlySet<NodeId>;
  readonly #mostLayers: number;
  readonly #reads: NodeId[] = [];
  readonly #lines: string[] = [];
  /** Values already written, by what they are; inner scopes see outer ones. */
  #known: Map<string, string>[] = [new Map()];
  #count = 0;

  constructor(g: Emitter, root: NodeId, held: ReadonlySet<NodeId>, mostLayers: number) {
    this.#g = g;
    this.#root = root;
    this.#held = held;
    this.#mostLayers = mostLayers;
  }

  fragment(): Fragment {
    const shape = this.#shape(this.#root);
    const { layers, columns } = layoutOf(shape, this.#mostLayers);
    const points = range(layers).map((l): Point => {
      const row = this.#let('int', `y * ${layers} + ${l}`);
      return { lead: this.#unravel(row, shape.slice(0, -1)), texel: 'x' };
    });
    const values = this.#vectors(this.#root, points);
    const outs = values.map((value, l) => {
      const whole = columns % 4 === 0;
      const inside = `lessThan(ivec4(x * 4) + ivec4(0, 1, 2, 3), ivec4(${columns}))`;
      return `  o${l} = ${whole ? value : `mix(vec4(0.0), ${value}, ${inside})`};`;
    });
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
${this.#lines.join('\n')}
${outs.join('\n')}
}
`;
    return { source, reads: this.#reads };
  }

  #shape(id: NodeId): readonly number[] {
    return atLeastOne(numbers(this.#g.shape(id)));
  }

  /** Writes a value once and gives its name. */
  #let(type: 'int' | 'float' | 'vec4', text: string): string {
    const key = `${type} ${text}`;
    for (const scope of this.#known) {
      const seen = scope.get(key);
      if (seen !== undefined) return seen;
    }
    if (/^[\w.]+$/.test(text) && type === 'int') return text;
    const name = `v${this.#count++}`;
    this.#lines.push(`  ${type} ${name} = ${text};`);
    this.#known.at(-1)?.set(key, name);
    return name;
  }

  /** Writes a loop; what its body computes is not known after it. */
  #loop(count: number, body: (index: string) => void): void {
    if (count === 1) {
      body('0');
      return;
    }
    const index = `k${this.#count++}`;
    this.#lines.push(`  for (int ${index} = 0; ${index} < ${count}; ${index}++) {`);
    this.#known.push(new Map());
    body(index);
    this.#known.pop();
    this.#lines.push('  }');
  }

  #loops(counts: readonly number[], body: (indices: readonly string[]) => void, outer: readonly string[] = []): void {
    const [first, ...rest] = counts;
    if (first === undefined) body(outer);
    else this.#loop(first, (index) => this.#loops(rest, body, [...outer, index]));
  }

  /** Indices of axes from a flat one. */
  #unravel(flat: string, sizes: readonly number[]): string[] {
    const strides = stridesOf(sizes);
    const indices = sizes.map((n, axis) => {
      if (n === 1) return '0';
      const stride = strides[axis] ?? 1;
      const quotient = stride === 1 ? flat : `${flat} / ${stride}`;
      return axis === sizes.findIndex((size) => size > 1)
        ? this.#let('int', quotient)
        : this.#let('int', `(${quotient}) % ${n}`);
    });
    this.#known.at(-1)?.set(flatKey(indices, sizes), flat);
    return indices;
  }

  #flat(indices: readonly string[], sizes: readonly number[]): string {
    if (sizes.every((n) => n === 1)) return '0';
    const key = flatKey(indices, sizes);
    for (const scope of this.#known) {
      const seen = scope.get(key);
      if (seen !== undefined) return seen;
    }
    const strides = stridesOf(sizes);
    const terms = indices.flatMap((index, axis) =>
      sizes[axis] === 1 || index === '0' ? [] : [strides[axis] === 1 ? index : `${index} * ${strides[axis]}`],
    );
    return terms.length === 0 ? '0' : this.#let('int', terms.join(' + '));
  }

  #texel(id: NodeId, lead: readonly string[], texel: string): string {
    let k = this.#reads.indexOf(id);
    if (k < 0) k = this.#reads.push(id) - 1;
    const shape = this.#shape(id);
    const { layers } = layoutOf(shape, this.#mostLayers);
    const row = this.#flat(lead, shape.slice(0, -1));
    const place = layers === 1 ? `${row}, 0` : `${row} / ${layers}, ${row} % ${layers}`;
    return this.#let('vec4', `texelFetch(t${k}, ivec3(${texel}, ${place}), 0)`);
  }

  #vector(id: NodeId, point: Point): string {
    return this.#vectors(id, [point])[0] ?? 'vec4(0.0)';
  }

  /** A node's values at some points, four columns each. */
  #vectors(id: NodeId, points: readonly Point[]): readonly string[] {
    if (this.#held.has(id)) return points.map(({ lead, texel }) => this.#texel(id, lead, texel));
    const node = nodeAt(this.#g, id);
    const { op } = node;
    if (op.name === 'full') return points.map(() => `vec4(${numberText(op.params.value)})`);
    if (op.name in elementwise) {
      const columns = node.operands.map((operand) => this.#stretched(operand, this.#shape(id), points));
      return points.map((_, k) =>
        this.#let(
          'vec4',
          this.#formula(
            node,
            columns.map((column) => column[k] ?? 'vec4(0.0)'),
          ),
        ),
      );
    }
    if (op.name === 'dot_general') return this.#dots(node, op.params, points);
    // Columns that do not lie side by side in the operand: one after the other.
    return this.#movedVectors(node, points) ?? this.#byScalars(id, points);
  }

  /** An elementwise operand's values at the result's points; where it has size 1 it is the same for all. */
  #stretched(id: NodeId, result: readonly number[], points: readonly Point[]): readonly string[] {
    const own = this.#shape(id);
    const lead = result.length - own.length;
    const leads = (point: Point): string[] =>
      own.slice(0, -1).map((n, axis) => (n === 1 ? '0' : (point.lead[axis + lead] ?? '0')));
    if (own.at(-1) === result.at(-1))
      return this.#vectors(
        id,
        points.map((point) => ({ lead: leads(point), texel: point.texel })),
      );
    return points.map((point) => this.#let('vec4', `vec4(${this.#scalar(id, [...leads(point), '0'])})`));
  }

  #formula({ op }: Node, operands: readonly string[]): string {
    const [a = '', b = '', c = ''] = operands;
    if (op.name === 'convert') {
      if (op.params.dtype === 'bool') return `(1.0 - eq_(${a}, 0.0 * ${a}))`;
      return isFloating(op.params.dtype) ? a : `trunc(${a})`;
    }
    const formula = formulaOf(op.name);
    if (formula === null) throw new RangeError(`${op.name} has no formula`);
    return formula(a, b, c);
  }

  /** Moves that leave the last axis together, texel by texel; null for others. */
  #movedVectors({ op, operands: [x], id }: Node, points: readonly Point[]): readonly string[] | null {
    if (x === undefined) return null;
    const [own, shape] = [this.#shape(x), this.#shape(id)];
    const last = shape.length - 1;
    const at = (
      lead: (indices: readonly string[]) => readonly string[],
      texel: (t: string) => string = (t) => t,
    ): readonly string[] =>
      this.#vectors(
        x,
        points.map((point) => ({ lead: lead(point.lead), texel: texel(point.texel) })),
      );
    switch (op.name) {
      case 'broadcast_in_dim': {
        const { dims } = op.params;
        const indexOf = (indices: readonly string[], k: number): string =>
          own[k] === 1 ? '0' : (indices[dims[k] ?? 0] ?? '0');
        if (dims.at(-1) === last && own.at(-1) === shape.at(-1))
          return at((indices) => own.slice(0, -1).map((_, k) => indexOf(indices, k)));
        // The last axis is new: the same number in all columns.
        if (dims.includes(last) && own[dims.indexOf(last)] !== 1) return null;
        const rank0 = dims.length === 0;
        return points.map(({ lead }) =>
          this.#let('vec4', `vec4(${this.#scalar(x, rank0 ? ['0'] : own.map((_, k) => indexOf(lead, k)))})`),
        );
      }
      case 'transpose': {
        const { permutation } = op.params;
        if (permutation[last] !== last) return null;
        return at((indices) => own.slice(0, -1).map((_, axis) => indices[permutation.indexOf(axis)] ?? '0'));
      }
      case 'reshape': {
        const [from, to] = [shape.at(-1) ?? 1, own.at(-1) ?? 1];
        if (from === to)
          return at((indices) => this.#unravel(this.#flat(indices, shape.slice(0, -1)), own.slice(0, -1)));
        if (from % 4 !== 0 || to % 4 !== 0) return null;
        return this.#vectors(
          x,
          points.map(({ lead, texel }) => {
            const flat = this.#let('int', `${this.#flat(lead, shape.slice(0, -1))} * ${from / 4} + ${texel}`);
            return {
              lead: this.#unravel(this.#let('int', `${flat} / ${to / 4}`), own.slice(0, -1)),
              texel: this.#let('int', `${flat} % ${to / 4}`),
            };
          }),
        );
      }
      case 'slice': {
        const [starts, { steps }] = [numbers(op.params.starts), op.params];
        const first = starts[last] ?? 0;
        if (steps[last] !== 1 || first % 4 !== 0) return null;
        return at(
          (indices) => indices.map((index, axis) => this.#let('int', `${index} * ${steps[axis]} + ${starts[axis]}`)),
          (texel) => (first === 0 ? texel : this.#let('int', `${texel} + ${first / 4}`)),
        );
      }
      default:
        return null;
    }
  }

  /** One element of a node. */
  #scalar(id: NodeId, indices: readonly string[]): string {
    if (this.#held.has(id)) {
      const column = indices.at(-1) ?? '0';
      if (/^\d+$/.test(column))
        return `${this.#texel(id, indices.slice(0, -1), String(Math.floor(Number(column) / 4)))}.${'xyzw'[Number(column) % 4]}`;
      return this.#let(
        'float',
        `${this.#texel(id, indices.slice(0, -1), this.#let('int', `${column} / 4`))}[${column} % 4]`,
      );
    }
    const node = nodeAt(this.#g, id);
    const { op, operands } = node;
    const shape = this.#shape(id);
    const [x] = operands;
    const own = x === undefined ? [1] : this.#shape(x);
    const of = (moved: readonly string[]): string =>
      x === undefined ? '0.0' : this.#scalar(x, moved.length === 0 ? ['0'] : moved);
    const int = (text: string): string => this.#let('int', text);
    switch (op.name) {
      case 'full':
        return numberText(op.params.value);
      case 'broadcast_in_dim':
        return of(op.params.dims.map((dim, k) => (own[k] === 1 ? '0' : (indices[dim] ?? '0'))));
      case 'transpose':
        return of(own.map((_, axis) => indices[op.params.permutation.indexOf(axis)] ?? '0'));
      case 'reshape':
        return of(this.#unravel(this.#flat(indices, shape), own));
      case 'slice':
        return of(
          indices.map((index, axis) =>
            int(`${index} * ${op.params.steps[axis]} + ${number(op.params.starts[axis] ?? 0)}`),
          ),
        );
      case 'take': {
        const { axis, index } = op.params;
        if (index === 'loop') throw new RangeError('an index of a loop');
        const inner = own.length === 1 ? [] : [...indices];
        return of([...inner.slice(0, axis), String(number(index)), ...inner.slice(axis)]);
      }
      case 'reverse':
        return of(
          indices.map((index, axis) =>
            op.params.axes.includes(axis) ? int(`${(own[axis] ?? 1) - 1} - ${index}`) : index,
          ),
        );
      case 'pad': {
        const low = numbers(op.params.low);
        const moved = indices.map((index, axis) => int(`${index} - (${low[axis]})`));
        const tests = moved.flatMap((index, axis) =>
          shape[axis] === own[axis] && low[axis] === 0 ? [] : [`${index} >= 0 && ${index} < ${own[axis]}`],
        );
        const safe = moved.map((index, axis) => int(`clamp(${index}, 0, ${(own[axis] ?? 1) - 1})`));
        return this.#let(
          'float',
          `${tests.length === 0 ? 'true' : tests.join(' && ')} ? ${of(safe)} : ${numberText(op.params.value)}`,
        );
      }
      case 'concatenate': {
        const { axis } = op.params;
        let start = 0;
        const parts = operands.map((part) => {
          const n = this.#shape(part)[axis] ?? 1;
          const begin = start;
          start += n;
          return {
            end: start,
            value: this.#scalar(
              part,
              indices.map((index, k) => (k === axis ? int(`clamp(${index} - ${begin}, 0, ${n - 1})`) : index)),
            ),
          };
        });
        const at = indices[axis] ?? '0';
        return this.#let(
          'float',
          parts.reduceRight(
            (rest, { end, value }) => (rest === '' ? value : `${at} < ${end} ? ${value} : (${rest})`),
            '',
          ),
        );
      }
      case 'diagonal': {
        const { axis1, axis2, offset } = op.params;
        const along = indices.at(-1) ?? '0';
        const rest = [...indices.slice(0, -1)];
        return of(
          own.map((_, axis) =>
            axis === axis1
              ? int(`${along} + ${Math.max(0, -offset)}`)
              : axis === axis2
                ? int(`${along} + ${Math.max(0, offset)}`)
                : (rest.shift() ?? '0'),
          ),
        );
      }
      case 'diag_embed': {
        const [i, j] = [indices.at(-2) ?? '0', indices.at(-1) ?? '0'];
        const { offset } = op.params;
        const along = int(`clamp(${offset >= 0 ? i : j}, 0, ${(own.at(-1) ?? 1) - 1})`);
        return this.#let('float', `${j} - ${i} == ${offset} ? ${of([...indices.slice(0, -2), along])} : 0.0`);
      }
      case 'triangle': {
        const [i, j] = [indices.at(-2) ?? '0', indices.at(-1) ?? '0'];
        return this.#let(
          'float',
          `${j} - ${i} ${op.params.side === 'upper' ? '>=' : '<='} ${op.params.offset} ? ${of(indices)} : 0.0`,
        );
      }
      case 'reduce_sum':
      case 'reduce_max':
      case 'reduce_min':
      case 'reduce_prod': {
        const { axes } = op.params;
        const [start, combine] = reductions[op.name];
        const total = `v${this.#count++}`;
        this.#lines.push(`  float ${total} = ${start};`);
        this.#loops(
          axes.map((axis) => own[axis] ?? 1),
          (over) => {
            const kept = numbers(this.#g.shape(id)).length === 0 ? [] : [...indices];
            const value = of(
              own.map((_, axis) => (axes.includes(axis) ? (over[axes.indexOf(axis)] ?? '0') : (kept.shift() ?? '0'))),
            );
            this.#lines.push(`  ${total} = ${combine(total, value)};`);
          },
        );
        return total;
      }
      case 'dot_general': {
        const [a, b] = operands;
        if (a === undefined || b === undefined) return '0.0';
        const total = `v${this.#count++}`;
        this.#lines.push(`  float ${total} = 0.0;`);
        const place = placesInDot(op.params, this.#rank(a), this.#rank(b));
        this.#loops(
          op.params.contract[0].map((axis) => this.#shape(a)[axis] ?? 1),
          (over) => {
            const [left, right] = ([0, 1] as const).map((side) =>
              place[side].map(({ result, contracted }) =>
                contracted === null ? (indices[result ?? 0] ?? '0') : (over[contracted] ?? '0'),
              ),
            );
            this.#lines.push(`  ${total} += ${this.#scalar(a, orZero(left))} * ${this.#scalar(b, orZero(right))};`);
          },
        );
        return total;
      }
      default: {
        if (!(op.name in elementwise)) throw new RangeError(`${op.name} cannot be written as a program`);
        const values = operands.map((operand) => {
          const sizes = this.#shape(operand);
          return this.#scalar(
            operand,
            sizes.map((n, axis) => (n === 1 ? '0' : (indices[axis + shape.length - sizes.length] ?? '0'))),
          );
        });
        return this.#let('float', this.#formula(node, values));
      }
    }
  }

  #rank(id: NodeId): number {
    return this.#g.shape(id).length;
  }

  /** Products for all points at once: a texel of either operand serves every point that needs it. */
  #dots(node: Node, params: DotParams, points: readonly Point[]): readonly string[] {
    const [a, b] = node.operands;
    const rank = this.#rank(node.id);
    if (a === undefined || b === undefined) throw new RangeError('a product has two operands');
    const places = placesInDot(params, this.#rank(a), this.#rank(b));
    const columnSide =
      places[1].some(({ result }) => result === rank - 1) && !places[0].some(({ result }) => result === rank - 1)
        ? 1
        : 0;
    const rowSide = columnSide === 1 ? 0 : 1;
    const bothOwnColumns = places[rowSide].some(({ result }) => result === rank - 1);
    if (rank === 0 || bothOwnColumns) return this.#byScalars(node.id, points);
    const [rows, columns] = columnSide === 1 ? [a, b] : [b, a];
    const [rowPlaces, columnPlaces] = [places[rowSide], places[columnSide]];
    // The contraction that runs along texels: the last axis of the row operand, else of the column operand.
    const inner = rowPlaces.at(-1)?.contracted ?? columnPlaces.at(-1)?.contracted ?? params.contract[0].length - 1;
    const sizes = params.contract[0].map((axis) => this.#shape(a)[axis] ?? 1);
    const length = sizes[inner] ?? 1;
    if (params.contract[0].length === 0)
      return this.#outer(node.id, points, rows, columns, rowPlaces, columnPlaces, rank);
    const totals = points.map(() => {
      const name = `v${this.#count++}`;
      this.#lines.push(`  vec4 ${name} = vec4(0.0);`);
      return name;
    });
    const indexIn = (point: Point, { result, contracted }: PlaceInDot, over: readonly string[]): string =>
      contracted === null ? (point.lead[result ?? 0] ?? '0') : (over[contracted] ?? '0');
    const chunk = (over: readonly string[], texel: string, lanes: number): void => {
      const lane = (j: number): string =>
        /^\d+$/.test(texel) ? String(Number(texel) * 4 + j) : this.#let('int', `${texel} * 4 + ${j}`);
      const with_ = (j: number): readonly string[] => over.map((index, k) => (k === inner ? lane(j) : index));
      const along = rowPlaces.at(-1)?.contracted === inner;
      const left = along
        ? this.#vectors(
            rows,
            points.map((point) => ({
              lead: rowPlaces.slice(0, -1).map((place) => indexIn(point, place, over)),
              texel,
            })),
          )
        : points.map((point) => {
            const parts = range(4).map((j) =>
              j < lanes ? this.#scalar(rows, orZero(rowPlaces.map((place) => indexIn(point, place, with_(j))))) : '0.0',
            );
            return this.#let('vec4', `vec4(${parts.join(', ')})`);
          });
      const lastColumn = columnPlaces.at(-1);
      points.forEach((point, k) => {
        const own = left[k] ?? 'vec4(0.0)';
        if (lastColumn?.result === rank - 1) {
          // The column operand's texels run along the result's columns.
          const parts = range(lanes).map((j) => {
            const value = this.#vector(columns, {
              lead: columnPlaces.slice(0, -1).map((place) => indexIn(point, place, with_(j))),
              texel: point.texel,
            });
            return `${own}.${'xyzw'[j]} * ${value}`;
          });
          this.#lines.push(`  ${totals[k]} += ${parts.join(' + ')};`);
          return;
        }
        const column = (j: number): string => this.#let('int', `${point.texel} * 4 + ${j}`);
        const swizzle = 'xyzw'.slice(0, lanes);
        const parts = range(4).map((j) => {
          const index = (place: PlaceInDot, l: number): string =>
            place.result === rank - 1 ? column(j) : indexIn(point, place, with_(l));
          if (lastColumn?.contracted === inner) {
            const value = this.#vector(columns, {
              lead: columnPlaces.slice(0, -1).map((place) => index(place, 0)),
              texel,
            });
            return lanes === 1 ? `${own}.x * ${value}.x` : `dot(${own}.${swizzle}, ${value}.${swizzle})`;
          }
          return range(lanes)
            .map(
              (l) =>
                `${own}.${'xyzw'[l]} * ${this.#scalar(columns, orZero(columnPlaces.map((place) => index(place, l))))}`,
            )
            .join(' + ');
        });
        this.#lines.push(`  ${totals[k]} += vec4(${parts.join(', ')});`);
      });
    };
    this.#loops(
      sizes.map((n, k) => (k === inner ? 1 : n)),
      (over) => {
        const whole = Math.floor(length / 4);
        if (whole > 0) this.#loop(whole, (texel) => chunk(over, texel, 4));
        if (length % 4 > 0) {
          this.#lines.push('  {');
          this.#known.push(new Map());
          chunk(over, String(whole), length % 4);
          this.#known.pop();
          this.#lines.push('  }');
        }
      },
    );
    return totals;
  }

  /** A product that sums over nothing. */
  #outer(
    id: NodeId,
    points: readonly Point[],
    rows: NodeId,
    columns: NodeId,
    rowPlaces: readonly PlaceInDot[],
    columnPlaces: readonly PlaceInDot[],
    rank: number,
  ): readonly string[] {
    if (columnPlaces.at(-1)?.result !== rank - 1) return this.#byScalars(id, points);
    const indexIn = (point: Point, { result }: PlaceInDot): string => point.lead[result ?? 0] ?? '0';
    return points.map((point) => {
      const left = this.#scalar(rows, orZero(rowPlaces.map((place) => indexIn(point, place))));
      const right = this.#vector(columns, {
        lead: columnPlaces.slice(0, -1).map((place) => indexIn(point, place)),
        texel: point.texel,
      });
      return this.#let('vec4', `${left} * ${right}`);
    });
  }

  #byScalars(id: NodeId, points: readonly Point[]): readonly string[] {
    const last = this.#shape(id).at(-1) ?? 1;
    return points.map(({ lead, texel }) => {
      const parts = range(4).map((j) =>
        j < last
          ? this.#scalar(id, [
              ...lead,
              last <= 4 ? String(j) : this.#let('int', `min(${texel} * 4 + ${j}, ${last - 1})`),
            ])
          : '0.0',
      );
      return this.#let('vec4', `vec4(${parts.join(', ')})`);
    });
  }
}

const reductions = {
  reduce_sum: ['0.0', (total: string, x: string) => `${total} + ${x}`],
  reduce_prod: ['1.0', (total: string, x: string) => `${total} * ${x}`],
  reduce_max: ['uintBitsToFloat(0xff800000u)', (total: string, x: string) => `max(${total}, ${x})`],
  reduce_min: ['uintBitsToFloat(0x7f800000u)', (total: string, x: string) => `min(${total}, ${x})`],
} as const;

/** Where an operand's axis lies: an axis of the result, or the number of a contraction. */
interface PlaceInDot {
  readonly result: number | null;
  readonly contracted: number | null;
}

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

function orZero(indices: readonly string[] | undefined): readonly string[] {
  return indices === undefined || indices.length === 0 ? ['0'] : indices;
}

function flatKey(indices: readonly string[], sizes: readonly number[]): string {
  return `flat ${indices.map((index, axis) => `${index}:${sizes[axis]}`).join(',')}`;
}
