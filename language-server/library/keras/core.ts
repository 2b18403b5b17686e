import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { isFloating, type Shape } from '../../graph/shape.ts';
import { known } from '../arguments.ts';
import { PythonError, Unknowable } from '../context.ts';
import { dense, embedded } from '../jax/layers.ts';
import { strictAxis } from '../numpy/dialect.ts';
import { einsum } from '../torch/einsum.ts';
import { dropElements, probabilityIn } from '../torch/nn/dropout.ts';
import { scalarOf } from '../torch/nn/layer.ts';
import { type ClassValue, int, none, str, type Value } from '../values.ts';
import { activationIn, softmax } from './activations.ts';
import { type LayerCall, layerClass } from './layer.ts';
import { withMask } from './masks.ts';
import { made } from './tensors.ts';

/** Dense layers, embeddings, activations, regularization (https://keras.io/api/layers/core_layers/). */

/** Settings of weights that change no shape. */
export const weightSettings = (...names: readonly string[]): string =>
  names
    .flatMap((name) => ['regularizer', 'constraint'].map((what) => `${name}_${what}=None`))
    .concat('lora_rank=None, lora_alpha=None, quantization_config=None')
    .join(', ');

/** The result through the activation that the layer is told. */
export function activated(call: LayerCall, node: NodeId): Value {
  return call.through(activationIn(call.own.optional('activation')), node);
}

/** A positive whole number that a layer is told. */
export function requirePositive(own: LayerCall['own'], name: string): void {
  const value = own.optional(name);
  if (value === null) return;
  if (value.kind === 'float')
    throw new PythonError('ValueError', `Received an invalid value for \`${name}\`, expected a positive integer.`);
  const size = own.dim(name);
  if (D.isKnown(size) && size <= 0)
    throw new PythonError('ValueError', `Received an invalid value for \`${name}\`: ${size}`);
}

const denseLayer = layerClass({
  name: 'Dense',
  settings: `units, activation=None, use_bias=True, kernel_initializer='glorot_uniform', bias_initializer='zeros', ${weightSettings('kernel', 'bias')}`,
  inputs: 'inputs, training=None',
  spec: { least: 2 },
  mask: 'passed',
  make: (_cx, _layer, own) => {
    requirePositive(own, 'units');
    activationIn(own.optional('activation'));
  },
  build: (call) => {
    const [into, units] = [call.sizeAt(-1), call.own.dim('units')];
    call.weight('kernel', [into, units], call.own.optional('kernel_initializer'), 'glorot_uniform');
    const bias = call.own.bool('use_bias', true) ? [units] : null;
    call.weight('bias', bias, call.own.optional('bias_initializer'), 'zeros');
    call.fix(-1, into);
  },
  apply: (call) => {
    const x = call.array('inputs');
    return activated(call, dense(call.cx, x, call.weight('kernel'), call.optionalWeight('bias')));
  },
});

/** How many axes the ellipsis of an equation stands for. */
function ellipsisOf(equation: string, rank: number): number {
  const [left = ''] = equation.replaceAll(' ', '').split(',');
  return left.includes('...') ? rank - left.replace('...', '').length : 0;
}

/** The letters of an equation, its ellipsis spelt out for a rank. */
function spelt(equation: string, rank: number): readonly [string, string, string] {
  const [operands = '', output = ''] = equation.replaceAll(' ', '').split('->');
  const [left = '', right = '', ...more] = operands.split(',');
  if (right === '' || more.length > 0 || !equation.includes('->'))
    throw new PythonError('ValueError', `Invalid einsum equation '${equation}'.`);
  if (!equation.includes('...')) return [left, right, output];
  const free = [...'zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA'].filter(
    (letter) => !equation.includes(letter),
  );
  const count = ellipsisOf(equation, rank);
  if (count < 0)
    throw new PythonError('ValueError', `the equation '${equation}' does not fit an input of rank ${rank}`);
  const letters = free.slice(0, count).join('');
  return [left.replace('...', letters), right, output.replace('...', letters)];
}

const einsumDense = layerClass({
  name: 'EinsumDense',
  settings: `equation, output_shape, activation=None, bias_axes=None, kernel_initializer='glorot_uniform', bias_initializer='zeros', ${weightSettings('kernel', 'bias')}`,
  inputs: 'inputs, training=None',
  make: (_cx, _layer, own) => {
    activationIn(own.optional('activation'));
  },
  build: (call) => {
    const shape = call.shapeOf('input_shape');
    const { own } = call;
    const [left, right, output] = spelt(own.string('equation'), shape.length);
    if (left.length !== shape.length)
      throw new PythonError('ValueError', `the equation takes ${left.length} axes, not ${shape.length}`);
    const given = own.value('output_shape');
    const told = (given.kind === 'int' ? [given] : call.cx.items(given)).map((item) =>
      item.kind === 'int' ? item.value : null,
    );
    // The sizes of the output: samples, what the ellipsis stands for, and what is told.
    const letters = [...output];
    const elided = ellipsisOf(own.string('equation'), shape.length);
    const full = [shape[0] ?? null, ...shape.slice(1, Math.max(elided, 1)), ...told];
    const sizes = new Map([...left].map((letter, k) => [letter, shape[k] ?? null]));
    const outputs = new Map(letters.map((letter, k) => [letter, full[k] ?? null]));
    const sizeOf = (letter: string): D.Dim => {
      const size = outputs.has(letter) ? outputs.get(letter) : sizes.get(letter);
      if (size === null || size === undefined)
        throw new PythonError('ValueError', `the size along '${letter}' is not known`);
      return size;
    };
    call.weight('kernel', [...right].map(sizeOf), own.optional('kernel_initializer'), 'glorot_uniform');
    const axes = own.optional('bias_axes') === null ? null : own.string('bias_axes');
    if (axes === null) call.weight('bias', null, null, 'zeros');
    else {
      const places = [...axes].map((letter) => letters.indexOf(letter));
      if (places.includes(-1))
        throw new PythonError('ValueError', `Bias dimension '${axes}' is not in the output '${output}'`);
      const first = Math.min(...places);
      const bias = letters.slice(first).map((letter) => (axes.includes(letter) ? sizeOf(letter) : 1));
      call.weight('bias', bias, own.optional('bias_initializer'), 'zeros');
    }
  },
  apply: (call) => {
    const { cx, build, own } = call;
    const x = call.array('inputs');
    const [left, right, output] = spelt(own.string('equation'), build.rank(x));
    const y = einsum(cx, `${left},${right}->${output}`, [x, call.weight('kernel')]);
    const bias = call.optionalWeight('bias');
    return activated(call, bias === null ? y : build.add(y, bias));
  },
});

const embedding = layerClass({
  name: 'Embedding',
  settings: `input_dim, output_dim, embeddings_initializer='uniform', embeddings_regularizer=None, embeddings_constraint=None, mask_zero=False, weights=None, lora_rank=None, lora_alpha=None, quantization_config=None, input_length=None`,
  shapes: 'input_shape=None',
  build: (call) => {
    const { own } = call;
    const shape = [own.dim('input_dim'), own.dim('output_dim')];
    call.weight('embeddings', shape, own.optional('embeddings_initializer'), 'uniform');
  },
  apply: (call) => {
    const x = call.array('inputs');
    const { dtype } = call.build.aval(x);
    const places = dtype === 'int32' || dtype === 'int64' ? x : call.build.convert(x, 'int32');
    const rows = embedded(call.cx, call.weight('embeddings'), places);
    return call.own.bool('mask_zero', false) ? withMask(call.cx, made(rows)) : rows;
  },
});

/** A layer of an activation. */
function activationLayer(
  name: string,
  settings: string,
  apply: (call: LayerCall, x: NodeId) => NodeId | Value,
): ClassValue {
  return layerClass({ name, settings, mask: 'passed', apply: (call) => apply(call, call.array('inputs')) });
}

/** Keras's activation of that name, told what the layer is. */
function asFunction(call: LayerCall, x: NodeId, name: string, ...settings: readonly string[]): Value {
  const fn = activationIn(str(name));
  const given = settings.flatMap((setting): [string, Value][] => {
    const value = call.own.optional(setting);
    return value === null ? [] : [[setting, value]];
  });
  return fn === null ? made(x) : call.cx.call(fn, [made(x)], new Map(given));
}

const activationLayers: readonly ClassValue[] = [
  layerClass({
    name: 'Activation',
    settings: 'activation',
    mask: 'passed',
    make: (_cx, _layer, own) => {
      activationIn(own.optional('activation'));
    },
    apply: (call) => activated(call, call.array('inputs')),
  }),
  activationLayer('Identity', '', (_call, x) => x),
  activationLayer('ReLU', 'max_value=None, negative_slope=0.0, threshold=0.0', (call, x) =>
    asFunction(call, x, 'relu', 'max_value', 'negative_slope', 'threshold'),
  ),
  // Before Keras 3 the slope was called alpha.
  activationLayer('LeakyReLU', 'negative_slope=0.3, *, alpha=None', (call, x) => {
    const slope = call.own.optional('alpha') ?? call.own.value('negative_slope');
    return call.cx.call(activationIn(str('leaky_relu')) ?? none, [made(x)], new Map([['negative_slope', slope]]));
  }),
  activationLayer('ELU', 'alpha=1.0', (call, x) => asFunction(call, x, 'elu', 'alpha')),
  layerClass({
    name: 'Softmax',
    settings: 'axis=-1',
    mask: 'used',
    inputs: 'inputs, mask=None',
    apply: (call) => {
      const x = call.array('inputs');
      const rank = call.build.rank(x);
      const axis = call.own.optional('axis') ?? int(-1);
      const axes = (axis.kind === 'int' ? [axis] : call.cx.items(axis)).map((item) => {
        if (item.kind !== 'int' || !D.isKnown(item.value)) throw new Unknowable('the axis is not known');
        return strictAxis(item.value, rank);
      });
      return softmax(call.cx, x, axes);
    },
  }),
  layerClass({
    name: 'PReLU',
    settings: "alpha_initializer='Zeros', alpha_regularizer=None, alpha_constraint=None, shared_axes=None",
    build: (call) => {
      const { own } = call;
      const shape = call.shapeOf('input_shape').slice(1);
      const shared = own.optional('shared_axes');
      const axes = shared === null ? [] : (own.axes('shared_axes', shape.length + 1) ?? []);
      const sizes: Shape = shape.map((size, k) => {
        if (axes.includes(k + 1)) return 1;
        if (size === null) throw new PythonError('ValueError', 'a size of the weights is not known');
        return size;
      });
      call.weight('alpha', sizes, own.optional('alpha_initializer'), 'zeros');
    },
    apply: (call) => {
      const { build } = call;
      const x = call.array('inputs');
      const below = build.mul(call.weight('alpha'), build.unary('neg', build.unary('relu', build.unary('neg', x))));
      return build.add(build.unary('relu', x), below);
    },
  }),
  layerClass({
    name: 'Lambda',
    settings: 'function, output_shape=None, mask=None, arguments=None',
    inputs: 'inputs, mask=None, training=None',
    apply: (call) => {
      const given = call.own.optional('arguments');
      const named =
        given?.kind === 'dict'
          ? [...given.entries.values()].flatMap(({ key, value }): [string, Value][] =>
              key.kind === 'str' && key.value !== null ? [[key.value, value]] : [],
            )
          : [];
      return call.cx.call(call.own.value('function'), [call.value('inputs')], new Map(named));
    },
  }),
];

// Regularization

/** A layer that is random in training and the identity else; `shared` are axes along which elements go together. */
function dropout(
  name: string,
  settings: string,
  shared: (rank: number) => readonly number[],
  spec?: number,
): ClassValue {
  return layerClass({
    name,
    settings,
    inputs: 'inputs, training=False',
    mask: 'passed',
    ...(spec === undefined ? {} : { spec: { rank: spec } }),
    make: (_cx, _layer, own) => {
      probabilityIn(own, 'rate', 0);
    },
    apply: (call) => {
      const x = call.array('inputs');
      const rate = probabilityIn(call.own, 'rate', 0);
      if (!call.isTraining || rate === 0) return x;
      const shape = call.build.shape(x);
      const noise = call.own.optional('noise_shape');
      const own =
        noise === null
          ? shared(shape.length)
          : call.cx.items(noise).flatMap((item, k) => (item.kind === 'int' && item.value === 1 ? [k] : []));
      return dropElements(
        call.cx,
        x,
        rate,
        shape.map((dim, k) => (own.includes(k) ? 1 : dim)),
      );
    },
  });
}

/** A layer that adds noise, or scales by it, in training. */
function noise(name: string, settings: string, apply: (call: LayerCall, x: NodeId) => NodeId): ClassValue {
  return layerClass({
    name,
    settings,
    inputs: 'inputs, training=False',
    mask: 'passed',
    make: (_cx, _layer, own) => {
      if (own.optional('rate') !== null) probabilityIn(own, 'rate', 0);
    },
    apply: (call) => {
      const x = call.array('inputs');
      return call.isTraining ? apply(call, x) : x;
    },
  });
}

function draws(call: LayerCall, x: NodeId): NodeId {
  const { shape, dtype } = call.build.aval(x);
  return call.build.random(shape, { kind: 'normal', mean: 0, std: 1 }, dtype);
}

const regularizationLayers: readonly ClassValue[] = [
  dropout('Dropout', 'rate, noise_shape=None, seed=None', () => []),
  dropout('SpatialDropout1D', 'rate, seed=None', () => [1], 3),
  dropout('SpatialDropout2D', 'rate, data_format=None, seed=None', () => [1, 2], 4),
  dropout('SpatialDropout3D', 'rate, data_format=None, seed=None', () => [1, 2, 3], 5),
  dropout('AlphaDropout', 'rate, noise_shape=None, seed=None', () => []),
  noise('GaussianNoise', 'stddev, seed=None', (call, x) =>
    call.build.add(x, call.build.mul(draws(call, x), scalarOf(call.cx, call.own, 'stddev', 0, x))),
  ),
  noise('GaussianDropout', 'rate, seed=None', (call, x) => {
    const { build } = call;
    const rate = call.own.number('rate', 0);
    const spread = build.scale(draws(call, x), Math.sqrt(rate / (1 - rate)));
    return build.mul(x, build.add(spread, build.scalar(1, spread)));
  }),
  layerClass({
    name: 'ActivityRegularization',
    settings: 'l1=0.0, l2=0.0',
    apply: (call) => call.array('inputs'),
  }),
];

// Numbers

const scalingLayers: readonly ClassValue[] = [
  layerClass({
    name: 'Rescaling',
    settings: 'scale, offset=0.0',
    apply: (call) => {
      const { build, own } = call;
      const x = call.array('inputs');
      const floating = isFloating(build.aval(x).dtype) ? x : build.convert(x, call.compute);
      const number = (name: string): NodeId =>
        own.optional(name)?.kind === 'tensor' ? own.array(name) : scalarOf(call.cx, own, name, 0, floating);
      return build.add(build.mul(floating, number('scale')), number('offset'));
    },
  }),
  layerClass({
    name: 'Masking',
    settings: 'mask_value=0.0',
    apply: (call) => {
      const { build } = call;
      const x = call.array('inputs');
      const differs = build.binary('ne', x, scalarOf(call.cx, call.own, 'mask_value', 0, x));
      const any = build.reduce('reduce_or', differs, [strictAxis(-1, build.rank(x))], true);
      return withMask(call.cx, made(build.mul(x, build.convert(any, build.aval(x).dtype))));
    },
  }),
];

export const coreLayers: readonly ClassValue[] = [
  denseLayer,
  einsumDense,
  embedding,
  ...activationLayers,
  ...regularizationLayers,
  ...scalingLayers,
];

/** Axes that a layer is told: one or several. */
export function axesIn(call: LayerCall | LayerCall['own'], name: string, rank: number): readonly number[] {
  const value = known(call.value(name));
  return (value.kind === 'int' ? [value] : call.cx.items(value)).map((item) => {
    if (item.kind !== 'int' || !D.isKnown(item.value)) throw new Unknowable(`the value of '${name}' is not known`);
    return strictAxis(item.value, rank);
  });
}
