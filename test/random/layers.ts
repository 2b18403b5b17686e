import type { Draw } from './draw.ts';
import { count, floats, type Known, type Sizes, type Tensor } from './tensors.ts';

/** A layer as it is constructed, and the shape that it gives; null where the writer does not follow it. */
export interface Layer {
  readonly code: string;
  readonly shape: Sizes | null;
  /** What stands behind the call: `[0]` for layers with several results. */
  readonly result: string;
}

type Maker = (d: Draw, shape: Sizes) => Layer | null;

const layer = (code: string, shape: Sizes | null, result = ''): Layer => ({ code, shape, result });

const activation: Maker = (d, shape) =>
  layer(
    `nn.${d.word('ReLU Tanh Sigmoid GELU SiLU Softplus ELU LeakyReLU Identity Dropout Mish PReLU Hardswish')}()`,
    shape,
  );

const linear: Maker = (d, shape) => {
  const [last, ...lead] = shape.toReversed();
  if (last === undefined) return null;
  const out = d.positive();
  return layer(`nn.Linear(${d.slips() ? last + 1 : last}, ${out}${d.chance(0.15) ? ', bias=False' : ''})`, [
    ...lead.toReversed(),
    out,
  ]);
};

const norm: Maker = (d, shape) => {
  const [last] = shape.slice(-1);
  const channels = shape[1];
  if (last === undefined) return null;
  if (d.chance(0.4)) {
    const tail = shape.slice(-1 - d.below(shape.length));
    return layer(d.chance(0.5) ? `nn.LayerNorm(${last})` : `nn.LayerNorm([${tail.join(', ')}])`, shape);
  }
  if (channels === undefined) return layer(`nn.RMSNorm(${last})`, shape);
  if (d.chance(0.3)) return layer(`nn.GroupNorm(${channels % 2 === 0 && d.chance(0.5) ? 2 : 1}, ${channels})`, shape);
  const kind = shape.length === 4 ? '2d' : '1d';
  return layer(
    `nn.${d.word('BatchNorm BatchNorm InstanceNorm')}${kind}(${channels}${d.chance(0.2) ? ', affine=False' : ''})`,
    shape,
  );
};

const convolution: Maker = (d, shape) => {
  const [channels, ...sizes] = shape.slice(shape.length === 2 || (shape.length === 3 && d.chance(0.3)) ? 0 : 1);
  const rank = sizes.length;
  if (channels === undefined || channels === 0 || rank < 1 || rank > 2) return null;
  const [out, kernel, stride, padding] = [d.positive(), d.pick([1, 2, 3, 3]), d.pick([1, 1, 2]), d.pick([0, 0, 1])];
  const grown = d.chance(0.2);
  const size = (n: number): number =>
    grown ? (n - 1) * stride - 2 * padding + kernel : Math.floor((n + 2 * padding - kernel) / stride) + 1;
  const result = sizes.map(size);
  if (result.some((n) => n < 1) && !d.slips()) return null;
  const options = `${stride === 1 ? '' : `, stride=${stride}`}${padding === 0 ? '' : `, padding=${padding}`}${d.chance(0.1) && stride === 1 && !grown ? ", padding_mode='circular'" : ''}`;
  return layer(
    `nn.Conv${grown ? 'Transpose' : ''}${rank}d(${d.slips() ? channels + 1 : channels}, ${out}, ${kernel}${options})`,
    [...shape.slice(0, shape.length - rank - 1), out, ...result],
  );
};

const pooling: Maker = (d, shape) => {
  const rank = shape.length === 4 ? 2 : 1;
  if (shape.length < 2) return null;
  if (d.chance(0.4)) {
    const out = d.positive();
    return layer(`nn.Adaptive${d.word('Avg Max')}Pool${rank}d(${out})`, [
      ...shape.slice(0, -rank),
      ...Array.from({ length: rank }, () => out),
    ]);
  }
  const kernel = d.pick([2, 2, 3]);
  const result = shape.slice(-rank).map((n) => Math.floor((n - kernel) / kernel) + 1);
  return result.some((n) => n < 1)
    ? null
    : layer(`nn.${d.word('Avg Max')}Pool${rank}d(${kernel})`, [...shape.slice(0, -rank), ...result]);
};

const shaping: Maker = (d, shape) => {
  if (shape.length < 2) return null;
  if (d.chance(0.5)) return layer('nn.Flatten()', [shape[0] ?? 0, count(shape.slice(1))]);
  if (d.chance(0.3)) return layer(`nn.Softmax(dim=${d.axis(shape.length).text})`, shape);
  if (shape.length === 4 && d.chance(0.5))
    return layer('nn.Upsample(scale_factor=2)', [...shape.slice(0, 2), ...shape.slice(2).map((n) => 2 * n)]);
  return layer(
    `nn.${d.word('ZeroPad ReflectionPad ConstantPad').replace('ConstantPad', 'ZeroPad')}${shape.length === 4 ? 2 : 1}d(1)`,
    [...shape.slice(0, shape.length === 4 ? -2 : -1), ...shape.slice(shape.length === 4 ? -2 : -1).map((n) => n + 2)],
  );
};

const recurrent: Maker = (d, shape) => {
  const features = shape.at(-1);
  if (features === undefined || (shape.length !== 3 && shape.length !== 2)) return null;
  const hidden = d.positive();
  const [both, first] = [d.chance(0.25), d.chance(0.7)];
  const options = `${first ? ', batch_first=True' : ''}${both ? ', bidirectional=True' : ''}${d.chance(0.2) ? ', num_layers=2' : ''}`;
  const out = [...shape.slice(0, -1), both ? 2 * hidden : hidden];
  return layer(`nn.${d.word('RNN GRU LSTM')}(${d.slips() ? features + 1 : features}, ${hidden}${options})`, out, '[0]');
};

const encoder: Maker = (d, shape) => {
  const features = shape.at(-1);
  if (features === undefined || shape.length !== 3) return null;
  const heads = features % 2 === 0 && features > 0 ? 2 : 1;
  return layer(
    `nn.TransformerEncoderLayer(${features}, ${heads}, 8${d.chance(0.8) ? ', batch_first=True' : ''})`,
    shape,
  );
};

const makers: readonly (readonly [Maker, number])[] = [
  [activation, 6],
  [linear, 8],
  [norm, 4],
  [convolution, 5],
  [pooling, 2],
  [shaping, 3],
  [recurrent, 2],
  [encoder, 1],
];
const weighted = makers.flatMap(([maker, weight]) => Array.from({ length: weight }, () => maker));

export function randomLayer(d: Draw, shape: Sizes): Layer {
  for (let tries = 0; tries < 8; tries++) {
    const found = d.pick(weighted)(d, shape);
    if (found !== null && (found.shape === null || count(found.shape) <= 400)) return found;
  }
  return layer('nn.Identity()', shape);
}

/** `nn.Sequential` of some layers. */
export function sequential(d: Draw, shape: Sizes): Layer {
  const layers: string[] = [];
  let now: Sizes | null = shape;
  for (let k = 1 + d.below(4); k > 0 && now !== null; k--) {
    const next = randomLayer(d, now);
    if (next.result !== '') break;
    layers.push(next.code);
    now = next.shape;
  }
  return layer(`nn.Sequential(${layers.join(', ')})`, now);
}

/** Layers of several arguments, called at once. */
export function compound(d: Draw, x: Known): Tensor | null {
  const { code, shape } = x;
  const rank = shape.length;
  const last = shape.at(-1) ?? 0;
  const first = shape[0] ?? 0;
  const choice = d.below(8);
  if (choice === 0 && rank >= 2 && last > 0)
    return floats(
      `nn.MultiheadAttention(${last}, 1${d.chance(0.7) ? ', batch_first=True' : ''})(${code}, ${code}, ${code})${d.word('[0] [1]')}`,
      null,
    );
  if (choice === 1 && rank >= 2)
    return floats(
      `F.scaled_dot_product_attention(${code}, ${code}, ${code}${d.chance(0.3) ? ', is_causal=True' : ''})`,
      shape,
    );
  if (choice === 2)
    return {
      code: `nn.Embedding(7, ${d.positive()})(torch.randint(7, ${rank === 0 ? '()' : `(${shape.join(', ')}${rank === 1 ? ',' : ''})`}))`,
      shape: null,
      type: 'float',
    };
  if (choice === 3) {
    const reduction = d.word('mean sum none none');
    return floats(
      `F.${d.word('mse_loss l1_loss smooth_l1_loss huber_loss')}(${code}, torch.rand_like(${code}), reduction='${reduction}')`,
      reduction === 'none' ? shape : [],
    );
  }
  if (choice === 4 && rank === 2 && last > 0) {
    const reduction = d.word('mean sum none');
    return floats(
      `F.cross_entropy(${code}, torch.randint(${last}, (${first},)), reduction='${reduction}')`,
      reduction === 'none' ? [first] : [],
    );
  }
  if (choice === 5 && rank >= 1)
    return floats(`nn.Bilinear(${last}, ${last}, 2)(${code}, ${code})`, [...shape.slice(0, -1), 2]);
  if (choice === 6 && rank === 2) return floats(`nn.${d.word('GRUCell RNNCell')}(${last}, 3)(${code})`, [first, 3]);
  if (choice === 7 && rank >= 1) return floats(`F.pad(${code}, (1, ${d.below(3)}))`, null);
  return null;
}
