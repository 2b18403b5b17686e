import { concat, engine, type NamedAttrMap, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import type { Node } from '../../language-server/graph/graph.ts';
import type { ElementwiseParams } from '../../language-server/graph/primitives/elementwise.ts';
import type { Op, Params, PrimitiveName } from '../../language-server/graph/primitives/index.ts';
import {
  type ConvParams,
  type DotParams,
  freeAxes,
  type WindowParams,
} from '../../language-server/graph/primitives/products.ts';
import { isFloating } from '../../language-server/graph/shape.ts';
import { number, numbers, product, range } from './concrete.ts';
import { stridesOf } from './reference.ts';

/**
 * How each primitive is computed by TensorFlow.js's kernels. Every value is float32; bools are 0 and 1, and whole numbers
 * are exact up to 2^24. What has no kernel is computed elsewhere.
 */

/** Null: there is none for these parameters. */
type Kernel<P> = (x: readonly Tensor[], params: P, node: Node) => Tensor | null;

/** Runs one kernel of the current backend. */
function run(name: string, inputs: Readonly<Record<string, Tensor>>, attrs: NamedAttrMap = {}): Tensor {
  return engine().runKernel<Tensor>(name, { ...inputs }, attrs);
}

function arg(x: readonly Tensor[], k = 0): Tensor {
  const found = x[k];
  if (found === undefined) throw new RangeError(`operand ${k} is missing`);
  return found;
}

const get = (list: readonly number[], k: number): number => list[k] ?? 0;

function reshape(x: Tensor, shape: readonly number[]): Tensor {
  return run('Reshape', { x }, { shape: [...shape] });
}

function transpose(x: Tensor, perm: readonly number[]): Tensor {
  return perm.every((axis, k) => axis === k) ? x : run('Transpose', { x }, { perm: [...perm] });
}

function constant(values: ArrayLike<number>, shape: readonly number[]): Tensor {
  return tensor(Float32Array.from(values), [...shape], 'float32');
}

/** Indices must be whole numbers for the kernels that pick by them. */
function toIndex(x: Tensor): Tensor {
  return run('Cast', { x }, { dtype: 'int32' });
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, k) => n === b[k]);
}

/** Kernel names of functions of one element, and of two. */
const unary: { readonly [K in keyof ElementwiseParams]?: string } = {
  neg: 'Neg',
  abs: 'Abs',
  sign: 'Sign',
  floor: 'Floor',
  ceil: 'Ceil',
  round: 'Round',
  exp: 'Exp',
  expm1: 'Expm1',
  log: 'Log',
  log1p: 'Log1p',
  sqrt: 'Sqrt',
  rsqrt: 'Rsqrt',
  reciprocal: 'Reciprocal',
  square: 'Square',
  sin: 'Sin',
  cos: 'Cos',
  tan: 'Tan',
  asin: 'Asin',
  acos: 'Acos',
  atan: 'Atan',
  sinh: 'Sinh',
  cosh: 'Cosh',
  asinh: 'Asinh',
  acosh: 'Acosh',
  atanh: 'Atanh',
  tanh: 'Tanh',
  logistic: 'Sigmoid',
  erf: 'Erf',
  relu: 'Relu',
  is_finite: 'IsFinite',
  is_nan: 'IsNan',
};

const binary: { readonly [K in keyof ElementwiseParams]?: string } = {
  add: 'Add',
  sub: 'Sub',
  mul: 'Multiply',
  div: 'RealDiv',
  pow: 'Pow',
  max: 'Maximum',
  min: 'Minimum',
  atan2: 'Atan2',
  eq: 'Equal',
  ne: 'NotEqual',
  lt: 'Less',
  le: 'LessEqual',
  gt: 'Greater',
  ge: 'GreaterEqual',
};

/** Every kernel that this file runs: what a backend must have registered. */
export const kernelNames: readonly string[] = [
  ...Object.values(unary),
  ...Object.values(binary),
  'Reshape',
  'Transpose',
  'Cast',
  'Select',
  'Tile',
  'Slice',
  'Concat',
  'PadV2',
  'Reverse',
  'Identity',
  'Sum',
  'Prod',
  'Max',
  'Min',
  'ArgMax',
  'ArgMin',
  'Cumsum',
  'GatherV2',
  'BatchMatMul',
  'Conv2D',
];

/** Kernels of other kernels, for functions of elements that have none of their own. */
const composed: { readonly [K in keyof ElementwiseParams]?: (a: Tensor, b: Tensor) => Tensor } = {
  trunc,
  stop_gradient: (x) => run('Identity', { x }),
  // max(x, 0) + log1p(exp(-|x|)): right in both tails, which the backends' own kernel is not.
  softplus: (x) => {
    const tail = run('Log1p', { x: run('Exp', { x: run('Neg', { x: run('Abs', { x }) }) }) });
    return run('Add', { a: run('Relu', { x }), b: tail });
  },
  erfc: (x) => run('Sub', { a: constant([1], []), b: run('Erf', { x }) }),
  logical_not: (x) => run('Equal', { a: x, b: constant([0], []) }),
  logical_and: (a, b) => run('Multiply', { a, b }),
  logical_or: (a, b) => run('Maximum', { a, b }),
  logical_xor: (a, b) => run('NotEqual', { a, b }),
  floor_divide: (a, b) => run('Floor', { x: run('RealDiv', { a, b }) }),
  remainder: (a, b) => run('Sub', { a, b: run('Multiply', { a: run('Floor', { x: run('RealDiv', { a, b }) }), b }) }),
};

function trunc(x: Tensor): Tensor {
  return run('Multiply', { a: run('Sign', { x }), b: run('Floor', { x: run('Abs', { x }) }) });
}

function need(x: Tensor | undefined): Tensor {
  if (x === undefined) throw new RangeError('an operand is missing');
  return x;
}

/** Axes merged where they are repeated, or kept, together: kernels take few axes. */
function broadcast(x: Tensor, shape: readonly number[], dims: readonly number[]): Tensor {
  const ones = shape.map((_, axis) => (dims.includes(axis) ? get(x.shape, dims.indexOf(axis)) : 1));
  const merged: { own: number; times: number }[] = [];
  shape.forEach((n, axis) => {
    const own = get(ones, axis);
    const times = own === n ? 1 : n;
    const before = merged.at(-1);
    if (before !== undefined && (before.times === 1) === (times === 1)) {
      before.own *= own;
      before.times *= times;
    } else merged.push({ own, times });
  });
  const flat = reshape(
    x,
    merged.map(({ own }) => own),
  );
  const tiled = merged.every(({ times }) => times === 1)
    ? flat
    : run('Tile', { x: flat }, { reps: merged.map(({ times }) => times) });
  return reshape(tiled, shape);
}

/** An operand of a product as matrices (batch, rows, contracted), or (batch, contracted, rows) with `turned`. */
function asMatrices(
  x: Tensor,
  batch: readonly number[],
  free: readonly number[],
  contract: readonly number[],
): { readonly m: Tensor; readonly turned: boolean } {
  const size = (axes: readonly number[]): number => product(axes.map((axis) => get(x.shape, axis)));
  const straight = [...batch, ...free, ...contract];
  const turned = [...batch, ...contract, ...free];
  const inOrder = (order: readonly number[]): boolean => order.every((axis, k) => axis === k);
  if (!inOrder(straight) && inOrder(turned))
    return { m: reshape(x, [size(batch), size(contract), size(free)]), turned: true };
  return { m: reshape(transpose(x, straight), [size(batch), size(free), size(contract)]), turned: false };
}

function dot(x: readonly Tensor[], { contract, batch }: DotParams, node: Node): Tensor {
  const [a, b] = [arg(x, 0), arg(x, 1)];
  const left = asMatrices(a, batch[0], freeAxes(a.rank, contract[0], batch[0]), contract[0]);
  const right = asMatrices(b, batch[1], freeAxes(b.rank, contract[1], batch[1]), contract[1]);
  const result = run('BatchMatMul', { a: left.m, b: right.m }, { transposeA: left.turned, transposeB: !right.turned });
  return reshape(result, numbers(node.aval.shape));
}

/** Kernels take few axes: those that a step leaves alone are merged with their neighbours. */
function mergedAxes(
  shape: readonly number[],
  touched: readonly boolean[],
): readonly { readonly axes: readonly number[]; readonly size: number }[] {
  const groups: { axes: number[]; size: number }[] = [];
  shape.forEach((n, axis) => {
    const before = groups.at(-1);
    if (before !== undefined && !touched[axis] && !touched[axis - 1]) {
      before.axes.push(axis);
      before.size *= n;
    } else groups.push({ axes: [axis], size: n });
  });
  return groups;
}

function slice(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor {
  const touched = x.shape.map((n, axis) => get(size, axis) !== n);
  if (!touched.includes(true)) return x;
  const groups = mergedAxes(x.shape, touched);
  const first = ({ axes }: { readonly axes: readonly number[] }): number => axes[0] ?? 0;
  const flat = reshape(
    x,
    groups.map((group) => group.size),
  );
  const cut = run(
    'Slice',
    { x: flat },
    {
      begin: groups.map((group) => get(begin, first(group))),
      size: groups.map((group) => (touched[first(group)] ? get(size, first(group)) : group.size)),
    },
  );
  return reshape(cut, size);
}

function pad(x: Tensor, low: readonly number[], high: readonly number[], value: number): Tensor {
  const begin = low.map((n) => Math.max(0, -n));
  const inner = slice(
    x,
    begin,
    x.shape.map((n, axis) => n - get(begin, axis) - Math.max(0, -get(high, axis))),
  );
  const paddings = low.map((n, axis): [number, number] => [Math.max(0, n), Math.max(0, get(high, axis))]);
  const touched = paddings.map(([a, b]) => a > 0 || b > 0);
  if (!touched.includes(true)) return inner;
  const groups = mergedAxes(inner.shape, touched);
  // An infinity cannot be written into a shader: the largest number does as well.
  const constantValue = Math.max(-3.4e38, Math.min(3.4e38, value));
  const flat = reshape(
    inner,
    groups.map((group) => group.size),
  );
  const padded = run(
    'PadV2',
    { x: flat },
    { paddings: groups.map(({ axes }) => paddings[axes[0] ?? 0] ?? [0, 0]), constantValue },
  );
  return reshape(
    padded,
    inner.shape.map((n, axis) => n + (paddings[axis]?.[0] ?? 0) + (paddings[axis]?.[1] ?? 0)),
  );
}

/** Convolutions over one or two axes by the kernel, group by group; others by the reference. */
function conv(x: readonly Tensor[], params: ConvParams, node: Node): Tensor | null {
  const { groups, stride, padding, dilation } = params;
  const space = stride.length;
  if (params.transposed !== null || space > 2) return null;
  const wide = (y: Tensor): Tensor => (space === 2 ? y : reshape(y, [...y.shape.slice(0, 2), 1, ...y.shape.slice(2)]));
  const [input, weight] = [wide(arg(x, 0)), wide(arg(x, 1))];
  const two = <T>(list: readonly T[], filler: T): T[] => (space === 2 ? [...list] : [filler, ...list]);
  const [rows, columns] = two(padding, [0, 0] as const);
  const zero: readonly [number, number] = [0, 0];
  const sides = [rows ?? zero, columns ?? zero];
  const padded = pad(input, [0, 0, ...sides.map(([low]) => low)], [0, 0, ...sides.map(([, high]) => high)], 0);
  // The kernel wants channels last: (n, h, w, c) and (h, w, c, o).
  const image = transpose(padded, [0, 2, 3, 1]);
  const filters = transpose(weight, [2, 3, 1, 0]);
  const [c, o] = [get(image.shape, 3) / groups, get(filters.shape, 3) / groups];
  const parts = range(groups).map((g) => {
    const own =
      groups === 1
        ? image
        : run('Slice', { x: image }, { begin: [0, 0, 0, g * c], size: [...image.shape.slice(0, 3), c] });
    const filter =
      groups === 1
        ? filters
        : run('Slice', { x: filters }, { begin: [0, 0, 0, g * o], size: [...filters.shape.slice(0, 3), o] });
    return run(
      'Conv2D',
      { x: own, filter },
      { strides: two(stride, 1), pad: 'valid', dataFormat: 'NHWC', dilations: two(dilation, 1) },
    );
  });
  const joined = parts.length === 1 ? need(parts[0]) : concatenated(parts, 3);
  return reshape(transpose(joined, [0, 3, 1, 2]), numbers(node.aval.shape));
}

function concatenated(parts: readonly Tensor[], axis: number): Tensor {
  return concat([...parts], axis);
}

/** Tensors of one shape along a new first axis. */
export function stacked(parts: readonly Tensor[]): Tensor {
  return tidy(() =>
    concatenated(
      parts.map((part) => reshape(part, [1, ...part.shape])),
      0,
    ),
  );
}

/** The largest of each window as the largest of the strided slices, one for each place of the window. */
function reduceWindow(x: readonly Tensor[], params: WindowParams, node: Node): Tensor | null {
  if (params.how === 'mean') return null;
  const own = arg(x);
  const shape = numbers(node.aval.shape);
  const lead = shape.length - params.window.length;
  const extent = (axis: number): number =>
    (get(shape, axis) - 1) * get(params.stride, axis - lead) +
    get(params.dilation, axis - lead) * (get(params.window, axis - lead) - 1) +
    1;
  const low = shape.map((_, axis) => (axis < lead ? 0 : (params.padding[axis - lead]?.[0] ?? 0)));
  const high = shape.map((_, axis) =>
    axis < lead ? 0 : Math.max(0, extent(axis) - get(own.shape, axis) - get(low, axis)),
  );
  const padded = pad(own, low, high, Number.NEGATIVE_INFINITY);
  const places = params.window.reduce<number[][]>(
    (all, n) => all.flatMap((place) => range(n).map((k) => [...place, k])),
    [[]],
  );
  return places
    .map((place) => {
      const begin = shape.map((_, axis) =>
        axis < lead ? 0 : get(place, axis - lead) * get(params.dilation, axis - lead),
      );
      const strides = shape.map((_, axis) => (axis < lead ? 1 : get(params.stride, axis - lead)));
      return strided(
        padded,
        begin,
        begin.map((start, axis) => start + (get(shape, axis) - 1) * get(strides, axis) + 1),
        strides,
      );
    })
    .reduce((a, b) => run('Maximum', { a, b }));
}

/** A slice by steps, one axis after the other as (outer, n, step, inner): the backends' own kernel takes few axes. */
function strided(x: Tensor, begin: readonly number[], end: readonly number[], strides: readonly number[]): Tensor {
  const counts = begin.map((start, axis) => Math.ceil((get(end, axis) - start) / get(strides, axis)));
  const span = counts.map((n, axis) => n * get(strides, axis));
  const beyond = begin.map((start, axis) => Math.max(0, start + get(span, axis) - get(x.shape, axis)));
  const wide = pad(
    x,
    begin.map(() => 0),
    beyond,
    0,
  );
  let own = slice(wide, begin, span);
  strides.forEach((step, axis) => {
    if (step === 1) return;
    const [outer, n, inner] = [
      product(own.shape.slice(0, axis)),
      get(counts, axis),
      product(own.shape.slice(axis + 1)),
    ];
    const shape = own.shape.map((size, k) => (k === axis ? n : size));
    own = reshape(
      run('Slice', { x: reshape(own, [outer, n, step, inner]) }, { begin: [0, 0, 0, 0], size: [outer, n, 1, inner] }),
      shape,
    );
  });
  return own;
}

/** Not negative: an index from the end counts from the start. */
function wrapped(index: Tensor, n: number): Tensor {
  const negative = run('Cast', { x: run('Less', { a: index, b: constant([0], []) }) }, { dtype: 'float32' });
  return run('Add', { a: index, b: run('Multiply', { a: negative, b: constant([n], []) }) });
}

function gather(x: readonly Tensor[], { axes, position }: Params['gather'], node: Node): Tensor {
  const [own, ...indices] = x;
  const source = need(own);
  const shape = numbers(node.aval.shape);
  const rest = range(source.rank).filter((axis) => !axes.includes(axis));
  const flat = reshape(transpose(source, [...rest, ...axes]), [
    product(rest.map((axis) => get(source.shape, axis))),
    product(axes.map((axis) => get(source.shape, axis))),
  ]);
  const strides = stridesOf(axes.map((axis) => get(source.shape, axis)));
  const index = indices
    .map((one, k) =>
      run('Multiply', { a: wrapped(one, get(source.shape, axes[k] ?? 0)), b: constant([get(strides, k)], []) }),
    )
    .reduce((a, b) => run('Add', { a, b }));
  const picked = shape.slice(position, position + shape.length - rest.length);
  const result = run(
    'GatherV2',
    { x: flat, indices: toIndex(reshape(index, [product(picked)])) },
    { axis: 1, batchDims: 0 },
  );
  const open = reshape(result, [...rest.map((axis) => get(source.shape, axis)), ...picked]);
  const order = [...range(position), ...range(picked.length, rest.length), ...range(rest.length - position, position)];
  return transpose(open, order);
}

function takeAlong(x: readonly Tensor[], { axis }: { readonly axis: number }): Tensor {
  const [own, index] = [arg(x, 0), arg(x, 1)];
  const strides = stridesOf(own.shape);
  // Where each entry's line starts, but for the axis itself.
  const base = new Float32Array(index.size);
  const lines = stridesOf(index.shape);
  for (let k = 0; k < base.length; k++) {
    base[k] = index.shape.reduce(
      (sum, n, j) => (j === axis ? sum : sum + (Math.floor(k / get(lines, j)) % n) * get(strides, j)),
      0,
    );
  }
  const step = run('Multiply', { a: wrapped(index, get(own.shape, axis)), b: constant([get(strides, axis)], []) });
  const flat = run('Add', { a: step, b: constant(base, index.shape) });
  return reshape(
    run(
      'GatherV2',
      { x: reshape(own, [own.size]), indices: toIndex(reshape(flat, [index.size])) },
      { axis: 0, batchDims: 0 },
    ),
    index.shape,
  );
}

function reduction(name: string): Kernel<{ readonly axes: readonly number[] }> {
  return (x, { axes }, node) => {
    const own = arg(x);
    if (axes.length === 0) return run('Identity', { x: own });
    // Kernels reduce the last axes; the order of the others stays.
    const kept = range(own.rank).filter((axis) => !axes.includes(axis));
    const rows = reshape(transpose(own, [...kept, ...axes]), [
      product(kept.map((axis) => get(own.shape, axis))),
      product(axes.map((axis) => get(own.shape, axis))),
    ]);
    return reshape(
      run(name, { x: rows }, { axis: [1], reductionIndices: [1], keepDims: false }),
      numbers(node.aval.shape),
    );
  };
}

function scan(name: string): Kernel<{ readonly axis: number }> {
  return (x, { axis }) => run(name, { x: arg(x) }, { axis, exclusive: false, reverse: false });
}

/** Primitives that are not functions of elements. */
const kernels: { readonly [K in PrimitiveName]?: Kernel<Params[K]> } = {
  convert: (x, { dtype }) => {
    const own = arg(x);
    if (dtype === 'bool') return run('NotEqual', { a: own, b: constant([0], []) });
    const plain = run('Cast', { x: own }, { dtype: 'float32' });
    return isFloating(dtype) ? plain : trunc(plain);
  },
  select: (x, _params, node) => {
    const shape = numbers(node.aval.shape);
    // Flat, as the kernel takes few axes.
    const whole = (own: Tensor): Tensor =>
      reshape(
        sameShape(own.shape, shape)
          ? own
          : broadcast(
              own,
              shape,
              own.shape.map((_, axis) => axis + shape.length - own.rank),
            ),
        [product(shape)],
      );
    return reshape(run('Select', { condition: whole(arg(x, 0)), t: whole(arg(x, 1)), e: whole(arg(x, 2)) }), shape);
  },
  broadcast_in_dim: (x, { shape, dims }) => broadcast(arg(x), numbers(shape), dims),
  reshape: (x, { shape }) => reshape(arg(x), numbers(shape)),
  transpose: (x, { permutation }) => transpose(arg(x), permutation),
  slice: (x, { starts, limits, steps }) => strided(arg(x), numbers(starts), numbers(limits), steps),
  take: (x, { axis, index }, node) => {
    if (index === 'loop') return null;
    const own = arg(x);
    const begin = own.shape.map((_, k) => (k === axis ? number(index) : 0));
    return reshape(
      slice(
        own,
        begin,
        own.shape.map((n, k) => (k === axis ? 1 : n)),
      ),
      numbers(node.aval.shape),
    );
  },
  concatenate: (x, { axis }) => concatenated(x, axis),
  pad: (x, { low, high, value }) => pad(arg(x), numbers(low), numbers(high), value),
  reverse: (x, { axes }) => run('Reverse', { x: arg(x) }, { dims: [...axes] }),
  diagonal: (x, { axis1, axis2, offset }, node) => {
    const own = arg(x);
    const [m, n] = [get(own.shape, axis1), get(own.shape, axis2)];
    const rest = range(own.rank).filter((axis) => axis !== axis1 && axis !== axis2);
    const flat = reshape(transpose(own, [...rest, axis1, axis2]), [
      product(rest.map((axis) => get(own.shape, axis))),
      m * n,
    ]);
    const shape = numbers(node.aval.shape);
    const start = offset >= 0 ? offset : -offset * n;
    return reshape(
      strided(
        flat,
        [0, start],
        [get(flat.shape, 0), start + (get(shape, shape.length - 1) - 1) * (n + 1) + 1],
        [1, n + 1],
      ),
      shape,
    );
  },
  diag_embed: (x, { offset }, node) => {
    const own = arg(x);
    const shape = numbers(node.aval.shape);
    const [d, n] = [get(own.shape, own.rank - 1), get(shape, shape.length - 1)];
    const lead = own.size / d;
    const spread = reshape(pad(reshape(own, [lead * d, 1]), [0, 0], [0, n], 0), [lead, d * (n + 1)]);
    const start = offset >= 0 ? offset : -offset * n;
    return reshape(pad(spread, [0, start], [0, n * n - start - d * (n + 1)], 0), shape);
  },
  triangle: (x, { side, offset }) => {
    const own = arg(x);
    const [m, n] = own.shape.slice(-2);
    const [rows, columns] = [m ?? 1, n ?? 1];
    const mask = Float32Array.from({ length: rows * columns }, (_, k) => {
      const distance = (k % columns) - Math.floor(k / columns);
      return (side === 'upper' ? distance >= offset : distance <= offset) ? 1 : 0;
    });
    const whole = broadcast(constant(mask, [rows, columns]), own.shape, [own.rank - 2, own.rank - 1]);
    return run('Select', { condition: whole, t: own, e: run('Multiply', { a: whole, b: constant([0], []) }) });
  },
  gather,
  take_along_axis: takeAlong,
  reduce_sum: reduction('Sum'),
  reduce_prod: reduction('Prod'),
  reduce_max: reduction('Max'),
  reduce_min: reduction('Min'),
  reduce_and: reduction('Min'),
  reduce_or: reduction('Max'),
  argmax: (x, { axis }) => run('Cast', { x: run('ArgMax', { x: arg(x) }, { axis }) }, { dtype: 'float32' }),
  argmin: (x, { axis }) => run('Cast', { x: run('ArgMin', { x: arg(x) }, { axis }) }, { dtype: 'float32' }),
  cumsum: scan('Cumsum'),
  dot_general: dot,
  conv,
  reduce_window: reduceWindow,
};

function has<T extends object>(table: T, name: PropertyKey): name is keyof T {
  return name in table;
}

function kernelOf<K extends PrimitiveName>(op: Op<K>, x: readonly Tensor[], node: Node): Tensor | null {
  const { name } = op;
  const one = has(unary, name) ? unary[name] : undefined;
  if (one !== undefined) return run(one, { x: arg(x) });
  const two = has(binary, name) ? binary[name] : undefined;
  if (two !== undefined) return run(two, { a: arg(x, 0), b: arg(x, 1) });
  const many = has(composed, name) ? composed[name] : undefined;
  if (many !== undefined) return many(arg(x, 0), x[1] ?? arg(x, 0));
  const own: Kernel<Params[K]> | undefined = kernels[op.name];
  return own === undefined ? null : own(x, op.params, node);
}

/**
 * The value of one node from its operands', without a trace of what was needed on the way. Null where no kernel computes it.
 */
export function computeNode(node: Node, x: readonly Tensor[]): Tensor | null {
  // A scope of TensorFlow.js ends with a tensor or nothing.
  const value = tidy(() => floats(kernelOf(node.op, x, node)) ?? undefined);
  return value ?? null;
}

/** Comparisons give bools, which WebAssembly's kernels do not compute with; on a GPU they are floats in any case. */
function floats(x: Tensor | null): Tensor | null {
  return x === null || x.dtype === 'float32' ? x : run('Cast', { x }, { dtype: 'float32' });
}
