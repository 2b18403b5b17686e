import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { dimAt, type Shape, ShapeError } from '../../graph/shape.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { native } from '../define.ts';
import { axesIn, paddingIn, spread } from '../flax/linen/linear.ts';
import { jaxNamed } from '../jax/borrow.ts';
import { eagerLayer, type Layer } from '../jax/eager.ts';
import { jaxOp } from '../jax/function.ts';
import { affine, convolveLast, dense, embedded, normalized, sizesOf } from '../jax/layers.ts';
import { type Call, shapeIn, sizeIn } from '../numpy/dialect.ts';
import { dropElements, probabilityIn } from '../torch/nn/dropout.ts';
import { type ClassValue, list, type NativeValue, none, str, tensor, tuple, type Value } from '../values.ts';
import { inMethod, moduleClass, parameter } from './module.ts';

/** Modules of haiku (https://dm-haiku.readthedocs.io/en/latest/api.html#common-modules). */

type HaikuLayer = Omit<Layer, 'parts' | 'name'> & { readonly name: string };

/** A class whose constructor and call run as methods of a module. */
function layer(spec: HaikuLayer): ClassValue {
  const cls = eagerLayer(moduleClass, {
    ...spec,
    name: `haiku.${spec.name}`,
    parts: [],
    make: (cx, module, settings) => {
      cx.call(cx.attribute(moduleClass, '__init__') ?? none, [module, settings.optional('name') ?? none]);
      spec.make?.(cx, module, settings);
    },
  });
  for (const method of ['__init__', '__call__']) {
    const own = cls.attributes.get(method);
    if (own?.kind !== 'native') continue;
    cls.attributes.set(method, {
      ...own,
      call: (cx, bound) => {
        const module = bound.values.get('self');
        if (module?.kind !== 'instance') throw new PythonError('TypeError', 'a module is wanted');
        return inMethod(cx, module, method, () => own.call(cx, bound));
      },
    });
  }
  return cls;
}

/** A parameter by the initializer in a setting, or else zeros, ones or small numbers. */
function weight(
  call: Call,
  own: Call,
  name: string,
  shape: Shape,
  setting: string | null,
  otherwise: 'zeros' | 'ones' | 'normal',
): NodeId {
  const { cx } = call;
  return parameter(cx, name, shape, 'float32', () => {
    const given = setting === null ? null : own.optional(setting);
    const dtype: Value = { kind: 'dtype', dtype: 'float32' };
    if (given !== null) return cx.call(given, [sizesOf(shape), dtype]);
    return tensor(
      otherwise === 'normal'
        ? cx.build.random(shape, { kind: 'normal', mean: 0, std: 0.1 })
        : cx.build.full(shape, otherwise === 'ones' ? 1 : 0),
      'jax',
    );
  });
}

const linear: ClassValue = layer({
  name: 'Linear',
  settings: 'output_size, with_bias=True, w_init=None, b_init=None, name=None',
  inputs: 'inputs, *, precision=None',
  apply: (call) => {
    const { build, own } = call;
    const x = call.array('inputs');
    const shape = build.shape(x);
    if (shape.length === 0) throw new PythonError('ValueError', 'Input must not be scalar.');
    const [into, out] = [dimAt(shape, shape.length - 1), sizeIn(own, own.value('output_size'))];
    if (into === 0 && own.optional('w_init') === null) throw new PythonError('ZeroDivisionError', 'division by zero');
    const w = weight(call, own, 'w', [into, out], 'w_init', 'normal');
    const bias = own.bool('with_bias', true) ? weight(call, own, 'b', [out], 'b_init', 'zeros') : null;
    return dense(call.cx, x, w, bias);
  },
});

function through(cx: Context, layerOf: Value, x: Value): Value {
  return cx.call(layerOf, [x]);
}

const perceptron: ClassValue = layer({
  name: 'nets.MLP',
  settings: 'output_sizes, w_init=None, b_init=None, with_bias=True, activation=None, activate_final=False, name=None',
  inputs: 'inputs, dropout_rate=None, rng=None',
  make: (cx, module, settings) => {
    const layers = cx.items(settings.value('output_sizes')).map((size, k) =>
      cx.call(
        linear,
        [size],
        new Map<string, Value>([
          ['with_bias', settings.optional('with_bias') ?? { kind: 'bool', value: true }],
          ['w_init', settings.optional('w_init') ?? none],
          ['b_init', settings.optional('b_init') ?? none],
          ['name', str(`linear_${k}`)],
        ]),
      ),
    );
    cx.setAttribute(module, 'layers', tuple(layers));
  },
  apply: (call) => {
    const { cx, own } = call;
    if (call.optional('dropout_rate') !== null) throw new Unknowable('dropout within an MLP is not followed');
    const layers = cx.items(own.value('layers'));
    const activation = own.optional('activation') ?? jaxNamed('nn.relu');
    const last = own.bool('activate_final', false) ? layers.length : layers.length - 1;
    return layers.reduce<Value>((x, each, k) => {
      const y = through(cx, each, x);
      return k < last ? cx.call(activation, [y]) : y;
    }, call.value('inputs'));
  },
});

function convolution(space: number): ClassValue {
  return layer({
    name: `Conv${space}D`,
    settings:
      "output_channels, kernel_shape, stride=1, rate=1, padding='SAME', with_bias=True, w_init=None, b_init=None, data_format=None, mask=None, feature_group_count=1, name=None",
    inputs: 'inputs, *, precision=None',
    apply: (call) => {
      const { build, own } = call;
      const x = call.array('inputs');
      const format = own.optional('data_format');
      if (own.optional('mask') !== null || (format !== null && own.string('data_format').at(-1) !== 'C'))
        throw new Unknowable('channels in front are not followed');
      if (build.rank(x) !== space + 2 && build.rank(x) !== space + 1)
        throw new PythonError('ValueError', `Input to ConvND needs to have rank in [${space + 1}, ${space + 2}]`);
      const sizes = spread(own, 'kernel_shape', space);
      const groups = own.int('feature_group_count', 1);
      const channels = dimAt(build.shape(x), build.rank(x) - 1);
      const part = D.exactQuotient(channels, groups);
      if (part === null)
        throw new PythonError('ValueError', 'Inputs channels should be a multiple of feature_group_count');
      const out = sizeIn(own, own.value('output_channels'));
      const w = weight(call, own, 'w', [...sizes, part, out], 'w_init', 'normal');
      const bias = own.bool('with_bias', true) ? weight(call, own, 'b', [out], 'b_init', 'zeros') : null;
      return convolveLast(call.cx, x, w, bias, {
        stride: spread(own, 'stride', space),
        padding: paddingIn(own, space),
        dilation: spread(own, 'rate', space),
        inputDilation: sizes.map(() => 1),
        groups,
      });
    },
  });
}

export const layers: readonly ClassValue[] = [
  linear,
  perceptron,
  ...[1, 2, 3].map(convolution),
  layer({
    name: 'Sequential',
    settings: 'layers, name=None',
    inputs: 'inputs, *args, **kwargs',
    make: (cx, module, settings) => cx.setAttribute(module, 'layers', list(cx.items(settings.value('layers')))),
    apply: (call) => {
      const { cx } = call;
      const [first, ...rest] = cx.items(call.own.value('layers'));
      const given = call.value('inputs');
      if (first === undefined) return given;
      return rest.reduce((x, each) => through(cx, each, x), cx.call(first, [given, ...call.rest], call.keywords));
    },
  }),
  layer({
    name: 'Flatten',
    settings: 'preserve_dims=1, name=None',
    inputs: 'inputs',
    apply: (call) => {
      const { build } = call;
      const x = call.array('inputs');
      const shape = build.shape(x);
      const kept = call.own.int('preserve_dims', 1);
      if (kept <= 0) throw new Unknowable('axes counted from the end are not followed');
      if (shape.length <= kept) return x;
      return build.reshape(x, [...shape.slice(0, kept), D.product(shape.slice(kept))]);
    },
  }),
  layer({
    name: 'LayerNorm',
    settings:
      'axis, create_scale, create_offset, eps=1e-05, scale_init=None, offset_init=None, use_fast_variance=False, name=None, *, param_axis=None',
    inputs: 'inputs, scale=None, offset=None',
    apply: (call) => {
      const { build, own } = call;
      const x = call.array('inputs');
      const rank = build.rank(x);
      if (call.optional('scale') !== null || call.optional('offset') !== null || own.optional('axis')?.kind === 'slice')
        throw new Unknowable('this layer norm is not followed');
      const y = normalized(call.cx, x, axesIn(own, 'axis', rank, [-1]), build.scalar(own.number('eps', 1e-5), x));
      const axes = axesIn(own, 'param_axis', rank, [-1]);
      const shape = axes.map((axis): Dim => dimAt(build.shape(x), axis));
      const scale = own.bool('create_scale') ? weight(call, own, 'scale', shape, 'scale_init', 'ones') : null;
      const offset = own.bool('create_offset') ? weight(call, own, 'offset', shape, 'offset_init', 'zeros') : null;
      return affine(call.cx, y, scale, offset, axes);
    },
  }),
  layer({
    name: 'Embed',
    settings:
      'vocab_size=None, embed_dim=None, embedding_matrix=None, w_init=None, lookup_style=None, name=None, precision=None',
    inputs: 'ids, lookup_style=None, precision=None',
    apply: (call) => {
      const { own } = call;
      if (own.optional('embedding_matrix') !== null) throw new Unknowable('a given table is not followed');
      const table = weight(
        call,
        own,
        'embeddings',
        [sizeIn(own, own.value('vocab_size')), sizeIn(own, own.value('embed_dim'))],
        'w_init',
        'normal',
      );
      return embedded(call.cx, table, call.array('ids'));
    },
  }),
];

/** Initializers take a shape and a type. */
const initializers = [
  'Constant',
  'RandomNormal',
  'RandomUniform',
  'TruncatedNormal',
  'VarianceScaling',
  'Orthogonal',
  'UniformScaling',
  'Identity',
];

export const functions: readonly NativeValue[] = [
  ...initializers.map((name) =>
    native(`haiku.initializers.${name}`, '(*args, **kwargs)', () =>
      jaxOp(`haiku.initializers.${name}`, '(shape, dtype=None)', (call) => {
        const shape = shapeIn(call, call.value('shape'));
        if (name === 'Identity' && shape.length < 2)
          throw new ShapeError('Identity initializer requires at least a 2D shape.');
        return call.build.random(shape, { kind: 'normal', mean: 0, std: 0.1 }, call.type('dtype') ?? 'float32');
      }),
    ),
  ),
  jaxOp('haiku.dropout', '(rng, rate, x, broadcast_dims=None)', (call) => {
    call.value('rng');
    const x = call.array('x');
    const rate = probabilityIn(call, 'rate', 0);
    if (rate === 1) throw new PythonError('ValueError', 'rate must be in [0, 1).');
    return dropElements(call.cx, call.build.convert(x, call.build.countType(x)), rate);
  }),
  jaxOp('haiku.one_hot', '(x, num_classes, dtype=None)', (call) => {
    const made = call.cx.call(jaxNamed('nn.one_hot'), [call.value('x'), call.value('num_classes')]);
    if (made.kind !== 'tensor') throw new Unknowable('which classes there are is not known');
    return made.node;
  }),
];
