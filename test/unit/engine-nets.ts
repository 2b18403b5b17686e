import { GraphBuilder } from '../../language-server/graph/builder.ts';
import type { NodeId } from '../../language-server/graph/graph.ts';
import type { Program } from '../../language-server/graph/program.ts';
import { nowhere } from '../../media/engine/emitter.ts';

/** Programs built by hand, as the tracer would send them. */

type Activation = 'logistic' | 'tanh' | 'relu';

/** x @ weight.T + bias, as `torch.nn.Linear`. */
export function linear(g: GraphBuilder, x: NodeId, name: string, into: number, out: number): NodeId {
  const bound = 1 / Math.sqrt(into);
  const init = { kind: 'uniform', low: -bound, high: bound } as const;
  const weight = g.parameter(`${name}.weight`, [out, into], init);
  const bias = g.parameter(`${name}.bias`, [out], init);
  return g.add(g.dot(x, weight, { contract: [[g.rank(x) - 1], [1]], batch: [[], []] }), bias);
}

export function builder(): GraphBuilder {
  return new GraphBuilder(() => nowhere);
}

/** A program that differentiates `output` with respect to `input`. */
export function program(g: GraphBuilder, input: NodeId, output: NodeId, options: Partial<Program> = {}): Program {
  return {
    graph: { nodes: g.nodes },
    region: { inputs: [input], outputs: [output] },
    wrt: 0,
    derivative: 'jacobian',
    batch: { input: 0, output: 0 },
    inputs: [null],
    names: [],
    sizes: [],
    source: { file: 'net.py', line: 1, place: 'net.py:1', text: 'jacobian(net, x)', corrected: null },
    ...options,
  };
}

/** A multilayer perceptron by layer widths, the last layer plain. */
export function mlp(widths: readonly number[], batch: number, activation: Activation = 'logistic'): Program {
  const g = builder();
  const x = g.input('x', { shape: [batch, widths[0] ?? 1], dtype: 'float32' });
  const layers = widths.slice(1);
  const output = layers.reduce<NodeId>((h, width, k) => {
    const z = linear(g, h, `${2 * k}`, widths[k] ?? 1, width);
    return k === layers.length - 1 ? z : g.unary(activation, z);
  }, x);
  return program(g, x, output);
}

/** A convolution of (b, 1, side, side) with max pooling and a linear layer to 10 outputs. */
export function convNet(batch: number, side: number, channels: number): Program {
  const g = builder();
  const x = g.input('x', { shape: [batch, 1, side, side], dtype: 'float32' });
  const init = { kind: 'uniform', low: -1 / 3, high: 1 / 3 } as const;
  const none = [
    [0, 0],
    [0, 0],
  ] as const;
  const z = g.emit(
    'conv',
    {
      stride: [1, 1],
      padding: [
        [1, 1],
        [1, 1],
      ],
      dilation: [1, 1],
      groups: 1,
      transposed: null,
    },
    [x, g.parameter('conv.weight', [channels, 1, 3, 3], init)],
  );
  const h = g.unary('relu', g.add(z, g.reshape(g.parameter('conv.bias', [channels], init), [1, channels, 1, 1])));
  const pooled = g.emit(
    'reduce_window',
    { how: 'max', window: [2, 2], stride: [2, 2], padding: none, dilation: [1, 1], ceil: false, countPadding: true },
    [h],
  );
  const width = (channels * side * side) / 4;
  return program(g, x, linear(g, g.reshape(pooled, [batch, width]), 'last', width, 10));
}

/** One head of self-attention over (b, tokens, width), its mean over the tokens. */
export function attention(batch: number, tokens: number, width: number): Program {
  const g = builder();
  const x = g.input('x', { shape: [batch, tokens, width], dtype: 'float32' });
  const [q, k, v] = ['q', 'k', 'v'].map((name) => linear(g, x, name, width, width));
  if (q === undefined || k === undefined || v === undefined) throw new RangeError('three projections');
  const scores = g.scale(g.matmul(q, g.swapAxes(k, 1, 2)), 1 / Math.sqrt(width));
  return program(g, x, g.mean(linear(g, g.matmul(g.softmax(scores, 2), v), 'last', width, width), [1]));
}
