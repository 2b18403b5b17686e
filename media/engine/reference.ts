import type { Graph, Node, NodeId } from '../../language-server/graph/graph.ts';
import { nodeAt, reachable } from '../../language-server/graph/graph.ts';
import type { ElementwiseParams } from '../../language-server/graph/primitives/elementwise.ts';
import type { Op, Params, PrimitiveName } from '../../language-server/graph/primitives/index.ts';
import { type ConvParams, freeAxes, type WindowParams } from '../../language-server/graph/primitives/products.ts';
import { type DType, isFloating } from '../../language-server/graph/shape.ts';
import { number, numbers, product, range } from './concrete.ts';
import * as M from './matrices.ts';
import { unsupported } from './rules/rule.ts';
import { digamma, erf, erfc, erfInverse, logGamma, polygamma, roundEven } from './special.ts';

/**
 * A plain evaluator in double precision, against which the others are checked, and which computes the few
 * primitives that TensorFlow.js has no kernel for. Bools are 0 and 1.
 */

/** Values of a tensor, row-major. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Elements of a buffer seen through strides. */
interface View {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

type Kernel<P> = (x: readonly Values[], params: P, node: Node) => Values;

function get(list: ArrayLike<number>, k: number): number {
  return list[k] ?? 0;
}

function arg(x: readonly Values[], k = 0): Values {
  const found = x[k];
  if (found === undefined) throw new RangeError(`operand ${k} is missing`);
  return found;
}

export function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = get(strides, axis + 1) * get(shape, axis + 1);
  return strides;
}

/** Calls `visit` with the buffer index of every element of the view, row-major. */
function walk({ shape, strides, offset }: View, visit: (index: number, k: number) => void): void {
  const total = product(shape);
  const at = shape.map(() => 0);
  let index = offset;
  for (let k = 0; k < total; k++) {
    visit(index, k);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at[axis] = get(at, axis) + 1;
      index += get(strides, axis);
      if (get(at, axis) < get(shape, axis)) break;
      index -= get(strides, axis) * get(shape, axis);
      at[axis] = 0;
    }
  }
}

function read(x: Values, view: View): Values {
  const data = new Float64Array(product(view.shape));
  walk(view, (index, k) => {
    data[k] = get(x.data, index);
  });
  return { shape: view.shape, data };
}

/** Writes values into the places of the view. */
function write(into: Float64Array, view: View, values: Values): void {
  walk(view, (index, k) => {
    into[index] = get(values.data, k);
  });
}

function filled(shape: readonly number[], value: number): Values {
  return { shape, data: new Float64Array(product(shape)).fill(value) };
}

function transposed(x: Values, permutation: readonly number[]): Values {
  const strides = stridesOf(x.shape);
  return read(x, {
    shape: permutation.map((a) => get(x.shape, a)),
    strides: permutation.map((a) => get(strides, a)),
    offset: 0,
  });
}

/** NumPy's broadcasting of x to a shape that it fits. */
function stretched(x: Values, shape: readonly number[]): View {
  const strides = stridesOf(x.shape);
  const lead = shape.length - x.shape.length;
  return {
    shape,
    strides: shape.map((_, axis) => (axis < lead || get(x.shape, axis - lead) === 1 ? 0 : get(strides, axis - lead))),
    offset: 0,
  };
}

function each(x: readonly Values[], node: Node, f: (...values: number[]) => number): Values {
  const shape = numbers(node.aval.shape);
  const data = new Float64Array(product(shape));
  const columns = x.map((own) => read(own, stretched(own, shape)).data);
  const [a, b, c] = columns;
  if (a === undefined) throw new RangeError('a function of elements needs an operand');
  if (b === undefined) for (let k = 0; k < data.length; k++) data[k] = f(get(a, k));
  else if (c === undefined) for (let k = 0; k < data.length; k++) data[k] = f(get(a, k), get(b, k));
  else for (let k = 0; k < data.length; k++) data[k] = f(get(a, k), get(b, k), get(c, k));
  return { shape, data };
}

const bool =
  (f: (...values: number[]) => boolean) =>
  (...values: number[]) =>
    f(...values) ? 1 : 0;

function converted(x: number, dtype: DType): number {
  if (dtype === 'bool') return x === 0 ? 0 : 1;
  return isFloating(dtype) ? x : Math.trunc(x);
}

/** Functions of elements, by name. */
const functions: {
  readonly [K in Exclude<keyof ElementwiseParams, 'convert' | 'polygamma'>]: (...x: number[]) => number;
} = {
  neg: (x = 0) => -x,
  abs: (x = 0) => Math.abs(x),
  sign: (x = 0) => Math.sign(x),
  floor: (x = 0) => Math.floor(x),
  ceil: (x = 0) => Math.ceil(x),
  round: (x = 0) => roundEven(x),
  trunc: (x = 0) => Math.trunc(x),
  exp: (x = 0) => Math.exp(x),
  expm1: (x = 0) => Math.expm1(x),
  log: (x = 0) => Math.log(x),
  log1p: (x = 0) => Math.log1p(x),
  sqrt: (x = 0) => Math.sqrt(x),
  rsqrt: (x = 0) => 1 / Math.sqrt(x),
  reciprocal: (x = 0) => 1 / x,
  square: (x = 0) => x * x,
  sin: (x = 0) => Math.sin(x),
  cos: (x = 0) => Math.cos(x),
  tan: (x = 0) => Math.tan(x),
  asin: (x = 0) => Math.asin(x),
  acos: (x = 0) => Math.acos(x),
  atan: (x = 0) => Math.atan(x),
  sinh: (x = 0) => Math.sinh(x),
  cosh: (x = 0) => Math.cosh(x),
  asinh: (x = 0) => Math.asinh(x),
  acosh: (x = 0) => Math.acosh(x),
  atanh: (x = 0) => Math.atanh(x),
  tanh: (x = 0) => Math.tanh(x),
  logistic: (x = 0) => 1 / (1 + Math.exp(-x)),
  erf: (x = 0) => erf(x),
  erfc: (x = 0) => erfc(x),
  erf_inv: (x = 0) => erfInverse(x),
  lgamma: (x = 0) => logGamma(x),
  digamma: (x = 0) => digamma(x),
  relu: (x = 0) => (x > 0 || Number.isNaN(x) ? x : 0),
  softplus: (x = 0) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  is_finite: bool((x = 0) => Number.isFinite(x)),
  is_nan: bool((x = 0) => Number.isNaN(x)),
  logical_not: bool((x) => x === 0),
  stop_gradient: (x = 0) => x,
  add: (a = 0, b = 0) => a + b,
  sub: (a = 0, b = 0) => a - b,
  mul: (a = 0, b = 0) => a * b,
  div: (a = 0, b = 0) => a / b,
  pow: (a = 0, b = 0) => a ** b,
  max: (a = 0, b = 0) => Math.max(a, b),
  min: (a = 0, b = 0) => Math.min(a, b),
  atan2: (a = 0, b = 0) => Math.atan2(a, b),
  floor_divide: (a = 0, b = 0) => Math.floor(a / b),
  remainder: (a = 0, b = 0) => a - b * Math.floor(a / b),
  eq: bool((a, b) => a === b),
  ne: bool((a, b) => a !== b),
  lt: bool((a = 0, b = 0) => a < b),
  le: bool((a = 0, b = 0) => a <= b),
  gt: bool((a = 0, b = 0) => a > b),
  ge: bool((a = 0, b = 0) => a >= b),
  logical_and: bool((a, b) => a !== 0 && b !== 0),
  logical_or: bool((a, b) => a !== 0 || b !== 0),
  logical_xor: bool((a, b) => (a !== 0) !== (b !== 0)),
  select: (c = 0, a = 0, b = 0) => (c === 0 ? b : a),
};

/** The given axes moved to the end and flattened: rows of what is combined. */
function rows(
  x: Values,
  axes: readonly number[],
): { readonly data: Float64Array; readonly count: number; readonly length: number; readonly kept: readonly number[] } {
  const kept = range(x.shape.length).filter((axis) => !axes.includes(axis));
  const length = product(axes.map((axis) => get(x.shape, axis)));
  const { data } = transposed(x, [...kept, ...axes]);
  return { data, count: product(kept.map((axis) => get(x.shape, axis))), length, kept };
}

function reduced(
  start: number,
  combine: (total: number, x: number) => number,
): Kernel<{ readonly axes: readonly number[] }> {
  return (x, { axes }, node) => {
    const { data, count, length } = rows(arg(x), axes);
    const result = new Float64Array(count);
    for (let k = 0; k < count; k++) {
      let total = start;
      for (let i = 0; i < length; i++) total = combine(total, get(data, k * length + i));
      result[k] = total;
    }
    return { shape: numbers(node.aval.shape), data: result };
  };
}

/** A function of each row along one axis, giving a row of the same length. */
function alongAxis<P extends { readonly axis: number }>(
  f: (row: Float64Array, params: P) => ArrayLike<number>,
): Kernel<P> {
  return (x, params) => {
    const own = arg(x);
    if (own.shape.length === 0) return own;
    const { data, count, length, kept } = rows(own, [params.axis]);
    const result = new Float64Array(data.length);
    for (let k = 0; k < count; k++)
      result.set(Array.from(f(data.subarray(k * length, (k + 1) * length), params)), k * length);
    const order = [...kept, params.axis];
    const shape = order.map((axis) => get(own.shape, axis));
    return transposed(
      { shape, data: result },
      range(order.length).map((axis) => order.indexOf(axis)),
    );
  };
}

function picked(better: (a: number, b: number) => boolean): Kernel<{ readonly axis: number }> {
  return (x, { axis }, node) => {
    const { data, count, length } = rows(arg(x), [axis]);
    const result = new Float64Array(count);
    for (let k = 0; k < count; k++) {
      let best = 0;
      for (let i = 1; i < length; i++) if (better(get(data, k * length + i), get(data, k * length + best))) best = i;
      result[k] = best;
    }
    return { shape: numbers(node.aval.shape), data: result };
  };
}

function order(row: Float64Array, descending: boolean): number[] {
  const sign = descending ? -1 : 1;
  return range(row.length).sort((i, j) => sign * (get(row, i) - get(row, j)) || i - j);
}

function scan(f: (before: number, x: number) => number): (row: Float64Array) => Float64Array {
  return (row) => {
    const result = row.slice();
    for (let k = 1; k < row.length; k++) result[k] = f(get(result, k - 1), get(row, k));
    return result;
  };
}

/** A function of each matrix of the last two axes, and of the matching ones of further operands. */
function eachMatrix(f: (m: number, n: number, ...matrices: Float64Array[]) => ArrayLike<number>): Kernel<unknown> {
  return (x, _params, node) => {
    const first = arg(x);
    const [m, n] = [get(first.shape, first.shape.length - 2), get(first.shape, first.shape.length - 1)];
    const count = product(first.shape.slice(0, -2));
    const shape = numbers(node.aval.shape);
    const data = new Float64Array(product(shape));
    const size = data.length / Math.max(count, 1);
    for (let k = 0; k < count; k++) {
      const own = x.map((values) =>
        values.data.slice((k * values.data.length) / count, ((k + 1) * values.data.length) / count),
      );
      data.set(Array.from(f(m, n, ...own)), k * size);
    }
    return { shape, data };
  };
}

const none = new Float64Array();

function dot(x: readonly Values[], params: Params['dot_general'], node: Node): Values {
  const [a, b] = [arg(x, 0), arg(x, 1)];
  const { contract, batch } = params;
  const freeA = freeAxes(a.shape.length, contract[0], batch[0]);
  const freeB = freeAxes(b.shape.length, contract[1], batch[1]);
  const size = (values: Values, axes: readonly number[]): number =>
    product(axes.map((axis) => get(values.shape, axis)));
  const [lead, m, n, k] = [size(a, batch[0]), size(a, freeA), size(b, freeB), size(a, contract[0])];
  const left = transposed(a, [...batch[0], ...freeA, ...contract[0]]).data;
  const right = transposed(b, [...batch[1], ...contract[1], ...freeB]).data;
  const data = new Float64Array(lead * m * n);
  for (let l = 0; l < lead; l++) {
    data.set(
      M.multiply(left.subarray(l * m * k, (l + 1) * m * k), right.subarray(l * k * n, (l + 1) * k * n), m, k, n),
      l * m * n,
    );
  }
  return { shape: numbers(node.aval.shape), data };
}

/** Calls `visit` for every place of a window that lies inside, with the flat index of its element in the space. */
function inWindow(
  window: readonly number[],
  space: readonly number[],
  start: readonly number[],
  dilation: readonly number[],
  visit: (place: number, index: number) => void,
): void {
  const strides = stridesOf(space);
  const total = product(window);
  const at = window.map(() => 0);
  for (let place = 0; place < total; place++) {
    let index = 0;
    let inside = true;
    for (let axis = 0; axis < window.length; axis++) {
      const i = get(start, axis) + get(at, axis) * (dilation[axis] ?? 1);
      if (i < 0 || i >= get(space, axis)) inside = false;
      index += i * get(strides, axis);
    }
    if (inside) visit(place, index);
    for (let axis = window.length - 1; axis >= 0; axis--) {
      at[axis] = get(at, axis) + 1;
      if (get(at, axis) < get(window, axis)) break;
      at[axis] = 0;
    }
  }
}

function unravel(k: number, shape: readonly number[]): number[] {
  return stridesOf(shape).map((stride, axis) => Math.floor(k / stride) % Math.max(get(shape, axis), 1));
}

/** Plain and transposed weights are stored alike: (narrow channels, wide channels / groups, window). */
function conv(operands: readonly Values[], params: ConvParams, node: Node): Values {
  const [x, weight] = [arg(operands, 0), arg(operands, 1)];
  const shape = numbers(node.aval.shape);
  const { groups, stride, dilation, transposed: adjoint } = params;
  const low = params.padding.map(([before]) => before);
  // The plain convolution goes from `wide` to `narrow`; the transposed one back.
  const [wide, narrow] = adjoint === null ? [x.shape, shape] : [shape, x.shape];
  const [wideSpace, narrowSpace, window] = [wide.slice(2), narrow.slice(2), weight.shape.slice(2)];
  const [wideSize, narrowSize, windowSize] = [product(wideSpace), product(narrowSpace), product(window)];
  const [wideChannels, narrowChannels] = [get(wide, 1) / groups, get(narrow, 1) / groups];
  const data = new Float64Array(product(shape));
  for (let s = 0; s < narrowSize; s++) {
    const start = unravel(s, narrowSpace).map((i, axis) => i * (stride[axis] ?? 1) - get(low, axis));
    inWindow(window, wideSpace, start, dilation, (place, index) => {
      for (let n = 0; n < get(shape, 0); n++) {
        for (let o = 0; o < get(narrow, 1); o++) {
          const group = Math.floor(o / narrowChannels);
          const narrowAt = (n * get(narrow, 1) + o) * narrowSize + s;
          for (let c = 0; c < wideChannels; c++) {
            const w = get(weight.data, (o * wideChannels + c) * windowSize + place);
            const wideAt = (n * get(wide, 1) + group * wideChannels + c) * wideSize + index;
            if (adjoint === null) data[narrowAt] = get(data, narrowAt) + w * get(x.data, wideAt);
            else data[wideAt] = get(data, wideAt) + w * get(x.data, narrowAt);
          }
        }
      }
    });
  }
  return { shape, data };
}

function reduceWindow(operands: readonly Values[], params: WindowParams, node: Node): Values {
  const x = arg(operands);
  const shape = numbers(node.aval.shape);
  const { window, stride, dilation, padding, how, countPadding } = params;
  const lead = shape.length - window.length;
  const [space, outSpace] = [x.shape.slice(lead), shape.slice(lead)];
  const [spaceSize, outSize] = [product(space), product(outSpace)];
  const data = new Float64Array(product(shape));
  for (let s = 0; s < outSize; s++) {
    const start = unravel(s, outSpace).map((i, axis) => i * (stride[axis] ?? 1) - (padding[axis]?.[0] ?? 0));
    const inside: number[] = [];
    inWindow(window, space, start, dilation, (_place, index) => inside.push(index));
    const reach = product(
      window.map(
        (n, axis) => Math.min(get(start, axis) + n, get(space, axis) + (padding[axis]?.[1] ?? 0)) - get(start, axis),
      ),
    );
    for (let n = 0; n < product(shape.slice(0, lead)); n++) {
      const values = inside.map((index) => get(x.data, n * spaceSize + index));
      data[n * outSize + s] =
        how === 'max'
          ? Math.max(...values)
          : values.reduce((a, b) => a + b, 0) / (countPadding ? reach : values.length);
    }
  }
  return { shape, data };
}

function gather(operands: readonly Values[], { axes, position }: Params['gather'], node: Node): Values {
  const [x, ...indices] = operands;
  if (x === undefined) throw new RangeError('gather needs an operand');
  const shape = numbers(node.aval.shape);
  const picked = shape.slice(position, position + shape.length - (x.shape.length - axes.length));
  const lists = indices.map((index) => read(index, stretched(index, picked)).data);
  const strides = stridesOf(x.shape);
  const rest = range(x.shape.length).filter((axis) => !axes.includes(axis));
  const data = new Float64Array(product(shape));
  // (before, picked, after): where the picked axes stand in the result.
  const before = rest.slice(0, position);
  const after = rest.slice(position);
  const sizesBefore = before.map((axis) => get(x.shape, axis));
  const sizesAfter = after.map((axis) => get(x.shape, axis));
  let k = 0;
  for (let i = 0; i < product(sizesBefore); i++) {
    const offset = unravel(i, sizesBefore).reduce((sum, at, j) => sum + at * get(strides, get(before, j)), 0);
    for (let p = 0; p < product(picked); p++) {
      const base = axes.reduce((sum, axis, j) => {
        const index = get(lists[j] ?? none, p);
        return sum + (index < 0 ? index + get(x.shape, axis) : index) * get(strides, axis);
      }, offset);
      for (let j = 0; j < product(sizesAfter); j++) {
        data[k++] = get(
          x.data,
          unravel(j, sizesAfter).reduce((sum, at, l) => sum + at * get(strides, get(after, l)), base),
        );
      }
    }
  }
  return { shape, data };
}

function pad(x: Values, low: readonly number[], high: readonly number[], value: number): Values {
  const shape = x.shape.map((n, axis) => n + get(low, axis) + get(high, axis));
  const result = filled(shape, value);
  const strides = stridesOf(shape);
  // What negative padding cuts is not read.
  const skip = low.map((n) => Math.max(0, -n));
  const kept = x.shape.map((n, axis) => Math.max(0, n - get(skip, axis) - Math.max(0, -get(high, axis))));
  const own = stridesOf(x.shape);
  const inside = read(x, {
    shape: kept,
    strides: own,
    offset: skip.reduce((sum, n, axis) => sum + n * get(own, axis), 0),
  });
  write(
    result.data,
    { shape: kept, strides, offset: low.reduce((sum, n, axis) => sum + Math.max(0, n) * get(strides, axis), 0) },
    inside,
  );
  return result;
}

function known(dim: Params['take']['index'], node: Node): number {
  return dim === 'loop' ? unsupported(node, 'value') : number(dim);
}

/** How each primitive is computed, but for functions of elements, which all are computed alike. */
const kernels: { readonly [K in PrimitiveName]?: Kernel<Params[K]> } = {
  size: (_x, { dim }) => filled([], number(dim)),
  full: (_x, { value, shape }) => filled(numbers(shape), value),
  literal: (_x, { values, shape }) => ({ shape: numbers(shape), data: Float64Array.from(values) }),
  iota: (_x, { start, step, shape }) => ({
    shape: numbers(shape),
    data: Float64Array.from(range(product(numbers(shape))), (k) => start + k * step),
  }),
  eye: (_x, params) => {
    const shape = numbers(params.shape);
    const result = filled(shape, 0);
    for (let k = 0; k < Math.min(get(shape, 0), get(shape, 1)); k++) result.data[k * (get(shape, 1) + 1)] = 1;
    return result;
  },
  convert: (x, { dtype }, node) => each(x, node, (value = 0) => converted(value, dtype)),
  polygamma: (x, { order: n }, node) => each(x, node, (value = 0) => polygamma(n, value)),
  broadcast_in_dim: (x, { shape, dims }) => {
    const own = arg(x);
    const strides = stridesOf(own.shape);
    const place = (axis: number): number =>
      dims.includes(axis) && get(own.shape, dims.indexOf(axis)) !== 1 ? get(strides, dims.indexOf(axis)) : 0;
    return read(own, { shape: numbers(shape), strides: shape.map((_, axis) => place(axis)), offset: 0 });
  },
  reshape: (x, { shape }) => ({ shape: numbers(shape), data: arg(x).data }),
  transpose: (x, { permutation }) => transposed(arg(x), permutation),
  slice: (x, { starts, steps }, node) => {
    const strides = stridesOf(arg(x).shape);
    const offset = starts.reduce<number>((sum, start, axis) => sum + number(start) * get(strides, axis), 0);
    return read(arg(x), {
      shape: numbers(node.aval.shape),
      strides: strides.map((s, axis) => s * get(steps, axis)),
      offset,
    });
  },
  take: (x, { axis, index }, node) => {
    const strides = stridesOf(arg(x).shape);
    return read(arg(x), {
      shape: numbers(node.aval.shape),
      strides: strides.filter((_, k) => k !== axis),
      offset: known(index, node) * get(strides, axis),
    });
  },
  concatenate: (x, { axis }, node) => {
    const result = filled(numbers(node.aval.shape), 0);
    const strides = stridesOf(result.shape);
    let offset = 0;
    for (const part of x) {
      write(result.data, { shape: part.shape, strides, offset: offset * get(strides, axis) }, part);
      offset += get(part.shape, axis);
    }
    return result;
  },
  pad: (x, { low, high, value }) => pad(arg(x), numbers(low), numbers(high), value),
  reverse: (x, { axes }) => {
    const own = arg(x);
    const strides = stridesOf(own.shape);
    const offset = axes.reduce((sum, axis) => sum + (get(own.shape, axis) - 1) * get(strides, axis), 0);
    return read(own, { shape: own.shape, strides: strides.map((s, axis) => (axes.includes(axis) ? -s : s)), offset });
  },
  diagonal: (x, { axis1, axis2, offset }, node) => {
    const strides = stridesOf(arg(x).shape);
    const rest = range(strides.length).filter((axis) => axis !== axis1 && axis !== axis2);
    const start = offset >= 0 ? offset * get(strides, axis2) : -offset * get(strides, axis1);
    return read(arg(x), {
      shape: numbers(node.aval.shape),
      strides: [...rest.map((axis) => get(strides, axis)), get(strides, axis1) + get(strides, axis2)],
      offset: start,
    });
  },
  diag_embed: (x, { offset }, node) => {
    const result = filled(numbers(node.aval.shape), 0);
    const strides = stridesOf(result.shape);
    const rank = strides.length;
    const start = offset >= 0 ? offset : -offset * get(strides, rank - 2);
    write(
      result.data,
      { shape: arg(x).shape, strides: [...strides.slice(0, -2), get(strides, rank - 2) + 1], offset: start },
      arg(x),
    );
    return result;
  },
  triangle: (x, { side, offset }) => {
    const { shape, data } = arg(x);
    const [m, n] = [get(shape, shape.length - 2), get(shape, shape.length - 1)];
    const kept = (k: number): boolean => {
      const distance = (k % n) - (Math.floor(k / n) % m);
      return side === 'upper' ? distance >= offset : distance <= offset;
    };
    return { shape, data: data.map((value, k) => (kept(k) ? value : 0)) };
  },
  gather,
  take_along_axis: (x, { axis }) => {
    const [own, index] = [arg(x, 0), arg(x, 1)];
    const strides = stridesOf(own.shape);
    const data = Float64Array.from(index.data, (i, k) =>
      get(
        own.data,
        unravel(k, index.shape).reduce(
          (sum, at, j) => sum + (j === axis ? (i < 0 ? i + get(own.shape, axis) : i) : at) * get(strides, j),
          0,
        ),
      ),
    );
    return { shape: index.shape, data };
  },
  update: (x, { starts, limits, steps, dropped }, node) => {
    const [into, value] = [arg(x, 0), arg(x, 1)];
    const data = into.data.slice();
    const strides = stridesOf(into.shape);
    const counts = starts.map((start, axis) =>
      Math.ceil((known(limits[axis] ?? 0, node) - known(start, node)) / get(steps, axis)),
    );
    const kept = counts.filter((_, axis) => !dropped.includes(axis));
    const all = {
      shape: counts,
      strides: strides.map((s, axis) => s * get(steps, axis)),
      offset: starts.reduce<number>((sum, s, axis) => sum + known(s, node) * get(strides, axis), 0),
    };
    write(data, all, read(value, stretched(value, kept)));
    return { shape: into.shape, data };
  },
  reduce_sum: reduced(0, (a, b) => a + b),
  reduce_prod: reduced(1, (a, b) => a * b),
  reduce_max: reduced(Number.NEGATIVE_INFINITY, Math.max),
  reduce_min: reduced(Number.POSITIVE_INFINITY, Math.min),
  reduce_and: reduced(1, (a, b) => (a !== 0 && b !== 0 ? 1 : 0)),
  reduce_or: reduced(0, (a, b) => (a !== 0 || b !== 0 ? 1 : 0)),
  argmax: picked((a, b) => a > b),
  argmin: picked((a, b) => a < b),
  cumsum: alongAxis(scan((a, b) => a + b)),
  cummax: alongAxis(scan(Math.max)),
  sort: alongAxis((row, { descending }) => order(row, descending).map((k) => get(row, k))),
  argsort: alongAxis((row, { descending }) => order(row, descending)),
  dot_general: dot,
  conv,
  reduce_window: reduceWindow,
  cholesky: eachMatrix((_m, n, a = none) => M.cholesky(a, n)),
  inverse: eachMatrix((_m, n, a = none) => M.solve(a, M.identity(n), n, n).x),
  det: eachMatrix((_m, n, a = none) => [M.solve(a, none, n, 0).det]),
  logabsdet: eachMatrix((_m, n, a = none) => [Math.log(Math.abs(M.solve(a, none, n, 0).det))]),
  matrix_exp: eachMatrix((_m, n, a = none) => M.exponential(a, n)),
  eigvalsh: eachMatrix((_m, n, a = none) => M.symmetricEigen(a, n).values),
  eigvectorsh: eachMatrix((_m, n, a = none) => M.symmetricEigen(a, n).vectors),
  svdvals: eachMatrix((m, n, a = none) => M.singularValues(a, m, n)),
  solve: eachMatrix((_m, n, a = none, b = none) => M.solve(a, b, n, b.length / n).x),
};

function isFunction(name: string): name is keyof typeof functions {
  return name in functions;
}

/** One node's value from its operands'. Throws EngineError for an operator that cannot be run. */
export function evaluateNode(node: Node, x: readonly Values[]): Values {
  return compute(node.op, node, x);
}

function compute<K extends PrimitiveName>(op: Op<K>, node: Node, x: readonly Values[]): Values {
  const { name } = op;
  if (isFunction(name)) return each(x, node, functions[name]);
  const own: Kernel<Params[K]> | undefined = kernels[op.name];
  return own === undefined ? unsupported(node, 'value') : own(x, op.params, node);
}

/** Values of `outputs`; `leaves` gives inputs, parameters and whatever else has a value already. */
export function evaluate(
  graph: Graph,
  outputs: readonly NodeId[],
  leaves: ReadonlyMap<NodeId, Values>,
): readonly Values[] {
  const known = new Map(leaves);
  const value = (id: NodeId): Values => {
    const own = known.get(id);
    if (own === undefined) throw new RangeError(`node ${id} has no value`);
    return own;
  };
  for (const id of reachable(graph, outputs, [...leaves.keys()])) {
    if (known.has(id)) continue;
    const node = nodeAt(graph, id);
    known.set(id, evaluateNode(node, node.operands.map(value)));
  }
  return outputs.map(value);
}
