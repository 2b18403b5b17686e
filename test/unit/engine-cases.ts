import { readFileSync } from 'node:fs';
import type { GraphBuilder } from '../../language-server/graph/builder.ts';
import type { NodeId } from '../../language-server/graph/graph.ts';
import type { ConvParams, WindowParams } from '../../language-server/graph/primitives/products.ts';
import { linear } from './engine-nets.ts';

/** The functions of test/facts/engine.py, written as graphs. */

export interface Fact {
  readonly name: string;
  readonly shape: readonly number[];
  readonly x: readonly number[];
  readonly result: readonly number[];
  readonly y: readonly number[];
  readonly jacobian: readonly number[];
  readonly hessian?: readonly number[];
}

export interface NetFact extends Omit<Fact, 'result'> {
  readonly weights: Readonly<Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>>;
}

interface Facts {
  readonly torch: string;
  readonly kernels: Readonly<Record<'kernel1' | 'kernel2' | 'back1' | 'back2' | 'fixed', readonly number[]>>;
  readonly cases: readonly Fact[];
  readonly nets: readonly NetFact[];
}

export const facts: Facts = JSON.parse(readFileSync(new URL('../facts/engine.json', import.meta.url), 'utf8'));

type Build = (g: GraphBuilder, x: NodeId) => NodeId;

const literal = (g: GraphBuilder, values: readonly number[], shape: readonly number[] = [values.length]): NodeId =>
  g.emit('literal', { values, shape, dtype: 'float32' });
const index = (g: GraphBuilder, values: readonly number[], shape: readonly number[] = [values.length]): NodeId =>
  g.emit('literal', { values, shape, dtype: 'int64' });
const constant = (g: GraphBuilder): NodeId => literal(g, [0.7, -1.3, 0.4, 2.1, -0.6].map(Math.fround));
const zeros = (g: GraphBuilder, x: NodeId): NodeId => g.full(g.shape(x), 0);
const unary =
  (name: Parameters<GraphBuilder['unary']>[0]): Build =>
  (g, x) =>
    g.unary(name, x);
const timesX =
  (name: Parameters<GraphBuilder['unary']>[0]): Build =>
  (g, x) =>
    g.mul(g.unary(name, x), x);
const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k);

const pool =
  (how: 'max' | 'mean', window: readonly number[], options: Partial<WindowParams> = {}): Build =>
  (g, x) =>
    g.emit(
      'reduce_window',
      {
        how,
        window,
        stride: window,
        padding: window.map(() => [0, 0] as const),
        dilation: window.map(() => 1),
        ceil: false,
        countPadding: true,
        ...options,
      },
      [g.square(x)],
    );
const one = { stride: [2], padding: [[1, 1]] } as const;

const conv = (g: GraphBuilder, x: NodeId, weight: NodeId, options: Partial<ConvParams>): NodeId => {
  const space = g.rank(x) - 2;
  return g.emit(
    'conv',
    {
      stride: range(space).map(() => 1),
      padding: range(space).map(() => [0, 0] as const),
      dilation: range(space).map(() => 1),
      groups: 1,
      transposed: null,
      ...options,
    },
    [x, weight],
  );
};

const kernel = (g: GraphBuilder, name: keyof Facts['kernels'], shape: readonly number[]): NodeId =>
  literal(g, facts.kernels[name], shape);

/** One graph for each primitive case, by name. */
export const cases: Readonly<Record<string, Build>> = {
  neg: unary('neg'),
  abs: unary('abs'),
  sign: timesX('sign'),
  floor: timesX('floor'),
  ceil: timesX('ceil'),
  round: timesX('round'),
  trunc: timesX('trunc'),
  exp: unary('exp'),
  expm1: unary('expm1'),
  log: unary('log'),
  log1p: unary('log1p'),
  sqrt: unary('sqrt'),
  rsqrt: unary('rsqrt'),
  reciprocal: unary('reciprocal'),
  square: unary('square'),
  sin: unary('sin'),
  cos: unary('cos'),
  tan: unary('tan'),
  asin: unary('asin'),
  acos: unary('acos'),
  atan: unary('atan'),
  sinh: unary('sinh'),
  cosh: unary('cosh'),
  asinh: unary('asinh'),
  acosh: unary('acosh'),
  atanh: unary('atanh'),
  tanh: unary('tanh'),
  logistic: unary('logistic'),
  erf: unary('erf'),
  erfc: unary('erfc'),
  erf_inv: unary('erf_inv'),
  lgamma: unary('lgamma'),
  relu: unary('relu'),
  softplus: unary('softplus'),
  digamma: unary('digamma'),
  polygamma: (g, x) => g.emit('polygamma', { order: 2 }, [x]),
  stop_gradient: timesX('stop_gradient'),
  convert: (g, x) => g.mul(g.convert(g.convert(x, 'int64'), 'float32'), x),
  add: (g, x) => g.add(x, constant(g)),
  sub: (g, x) => g.sub(constant(g), x),
  mul: (g, x) => g.mul(g.mul(x, x), constant(g)),
  div: (g, x) => g.add(g.div(x, constant(g)), g.div(constant(g), x)),
  pow: (g, x) => g.add(g.binary('pow', x, g.scalar(2.5, x)), g.binary('pow', g.scalar(1.5, x), x)),
  pow_zero: (g, x) => g.add(g.binary('pow', x, g.scalar(0, x)), g.binary('pow', x, g.scalar(2, x))),
  max: (g, x) => g.binary('max', x, zeros(g, x)),
  min: (g, x) => g.binary('min', x, zeros(g, x)),
  atan2: (g, x) => g.add(g.binary('atan2', x, constant(g)), g.binary('atan2', constant(g), x)),
  floor_divide: (g, x) => g.mul(g.binary('floor_divide', x, constant(g)), x),
  remainder: (g, x) => g.binary('remainder', x, constant(g)),
  compare: (g, x) => {
    const middle = g.binary('logical_and', g.binary('gt', x, g.scalar(0, x)), g.binary('le', x, g.scalar(1, x)));
    return g.mul(g.convert(g.binary('logical_or', middle, g.binary('eq', x, g.scalar(2, x))), 'float32'), x);
  },
  select: (g, x) => g.select(g.binary('gt', x, g.scalar(0, x)), g.mul(x, x), g.unary('neg', x)),
  broadcast: (g, x) => {
    const wide = g.broadcastTo(g.expandDims(x, 1), [2, 4, 3]);
    return g.mul(wide, g.expandDims(g.sliceAxis(x, 1, 0, 1), 2));
  },
  reshape: (g, x) => g.mul(g.reshape(x, [3, 2]), literal(g, range(6), [3, 2])),
  transpose: (g, x) => g.mul(g.swapAxes(x, 0, 1), g.swapAxes(x, 0, 1)),
  slice: (g, x) => g.mul(g.sliceAxis(x, 0, 1, 5, 2), g.sliceAxis(x, 0, 0, 2)),
  take: (g, x) => g.mul(g.take(x, 1, 1), g.take(x, 1, 2)),
  concatenate: (g, x) => g.concatenate([x, g.mul(x, x), g.sliceAxis(x, 1, 0, 1)], 1),
  pad: (g, x) => g.scale(g.emit('pad', { low: [0, 1], high: [2, -1], value: 0.5 }, [x]), 2),
  reverse: (g, x) => g.mul(g.emit('reverse', { axes: [0, 1] }, [x]), x),
  diagonal: (g, x) => g.diagonal(g.square(x), 1, 0, 1),
  diagonal_low: (g, x) => g.diagonal(g.square(x), -1, 0, 1),
  diag_embed: (g, x) => g.emit('diag_embed', { offset: 1 }, [g.square(x)]),
  triangle: (g, x) =>
    g.add(
      g.emit('triangle', { side: 'upper', offset: 1 }, [g.square(x)]),
      g.emit('triangle', { side: 'lower', offset: 0 }, [x]),
    ),
  gather: (g, x) => g.square(g.emit('gather', { axes: [0], position: 0 }, [x, index(g, [2, 0, -1, 2])])),
  gather_two: (g, x) =>
    g.square(g.emit('gather', { axes: [0, 2], position: 0 }, [x, index(g, [1, 0, 1]), index(g, [0, 2, 2])])),
  take_along_axis: (g, x) => g.emit('take_along_axis', { axis: 1 }, [g.mul(x, x), index(g, [2, 0, 1, 1], [2, 2])]),
  update: (g, x) => {
    const value = g.square(g.take(g.sliceAxis(x, 0, 0, 2), 1, 1));
    return g.emit('update', { starts: [1, 0], limits: [4, 1], steps: [2, 1], dropped: [1] }, [x, value]);
  },
  reduce_sum: (g, x) => g.sum(g.mul(x, x), [0]),
  reduce_prod: (g, x) => g.reduce('reduce_prod', x, [1]),
  reduce_max: (g, x) => g.reduce('reduce_max', x, [1]),
  reduce_min: (g, x) => g.reduce('reduce_min', x, [0]),
  sort: (g, x) => g.square(g.emit('sort', { axis: 1, descending: false }, [x])),
  sort_down: (g, x) => g.square(g.emit('sort', { axis: 1, descending: true }, [x])),
  cummax: (g, x) => g.emit('cummax', { axis: 1 }, [g.square(x)]),
  roll: (g, x) => g.mul(g.emit('roll', { axes: [0, 1], shifts: [1, -4] }, [g.square(x)]), x),
  cumsum: (g, x) => g.emit('cumsum', { axis: 1 }, [g.mul(x, x)]),
  cumprod: (g, x) => g.emit('cumprod', { axis: 1 }, [x]),
  dot: (g, x) => g.matmul(x, g.matmul(g.swapAxes(x, 0, 1), x)),
  dot_batch: (g, x) => g.dot(x, g.mul(x, x), { contract: [[2], [2]], batch: [[0], [0]] }),
  det: (g, x) => g.emit('det', {}, [x]),
  logabsdet: (g, x) => g.emit('logabsdet', {}, [x]),
  inverse: (g, x) => g.emit('inverse', {}, [x]),
  solve: (g, x) => g.emit('solve', {}, [x, g.mul(g.sliceAxis(x, 1, 0, 2), g.sliceAxis(x, 1, 1, 3))]),
  cholesky: (g, x) =>
    g.emit('cholesky', {}, [
      g.add(g.matmul(x, g.swapAxes(x, 0, 1)), g.emit('eye', { shape: [3, 3], dtype: 'float32' })),
    ]),
  matrix_exp: (g, x) => g.emit('matrix_exp', {}, [g.scale(x, 0.3)]),
  eigvalsh: (g, x) => g.emit('eigvalsh', {}, [g.add(x, g.swapAxes(x, 0, 1))]),
  eigvectorsh: (g, x) => g.square(g.emit('eigvectorsh', {}, [g.add(x, g.swapAxes(x, 0, 1))])),
  svdvals: (g, x) => g.emit('svdvals', {}, [x]),
  svdvals_wide: (g, x) => g.emit('svdvals', {}, [x]),
  max_pool: pool('max', [2, 2]),
  max_pool_padded: pool('max', [3], one),
  avg_pool: pool('mean', [3, 3], {
    stride: [2, 2],
    padding: [
      [1, 1],
      [1, 1],
    ],
  }),
  avg_pool_inside: pool('mean', [3], { ...one, countPadding: false }),
  avg_pool_ceil: pool('mean', [3], { ...one, ceil: true }),
  conv1d: (g, x) => conv(g, g.square(x), kernel(g, 'kernel1', [2, 2, 3]), one),
  conv1d_dilated: (g, x) => conv(g, g.square(x), kernel(g, 'kernel1', [2, 2, 3]), { padding: [[2, 2]], dilation: [2] }),
  conv2d_groups: (g, x) => conv(g, g.square(x), kernel(g, 'kernel2', [4, 1, 2, 2]), { groups: 2, stride: [2, 1] }),
  conv_weight: (g, w) => g.square(conv(g, kernel(g, 'fixed', [1, 2, 6]), w, one)),
  conv_transpose1d: (g, x) =>
    conv(g, g.square(x), kernel(g, 'back1', [2, 3, 3]), { ...one, transposed: { outputPadding: [1] } }),
  conv_transpose2d_groups: (g, x) =>
    conv(g, g.square(x), kernel(g, 'back2', [2, 2, 2, 2]), {
      stride: [2, 2],
      groups: 2,
      transposed: { outputPadding: [0, 0] },
    }),
  conv_transpose_weight: (g, w) =>
    g.square(conv(g, kernel(g, 'fixed', [1, 2, 6]), w, { ...one, transposed: { outputPadding: [0] } })),
};

/** One graph for each network, its weights by the names of PyTorch's parameters. */
export const nets: Readonly<Record<string, Build>> = {
  mlp: (g, x) => linear(g, g.unary('logistic', linear(g, x, '0', 5, 2)), '2', 2, 10),
  residual: (g, x) =>
    linear(g, g.add(x, linear(g, g.unary('tanh', linear(g, x, 'first', 4, 6)), 'second', 6, 4)), 'last', 4, 3),
  conv: (g, x) => {
    const weight = g.parameter('conv.weight', [2, 1, 3, 3], { kind: 'full', value: 0 });
    const bias = g.parameter('conv.bias', [2], { kind: 'full', value: 0 });
    const z = conv(g, x, weight, {
      padding: [
        [1, 1],
        [1, 1],
      ],
    });
    const h = g.unary('relu', g.add(z, g.reshape(bias, [1, 2, 1, 1])));
    const pooled = g.emit(
      'reduce_window',
      {
        how: 'max',
        window: [2, 2],
        stride: [2, 2],
        padding: [
          [0, 0],
          [0, 0],
        ],
        dilation: [1, 1],
        ceil: false,
        countPadding: true,
      },
      [h],
    );
    return linear(g, g.reshape(pooled, [2, 8]), 'last', 8, 3);
  },
  attention: (g, x) => {
    const [q, k, v] = [linear(g, x, 'q', 4, 4), linear(g, x, 'k', 4, 4), linear(g, x, 'v', 4, 4)];
    const scores = g.scale(g.matmul(q, g.swapAxes(k, 1, 2)), 0.5);
    return g.mean(linear(g, g.matmul(g.softmax(scores, 2), v), 'last', 4, 4), [1]);
  },
  pinn: (g, x) => linear(g, g.unary('tanh', linear(g, g.unary('tanh', linear(g, x, '0', 2, 8)), '2', 8, 8)), '4', 8, 1),
};
