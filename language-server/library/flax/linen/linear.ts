import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import { dimAt, type Shape } from '../../../graph/shape.ts';
import { asKnownInt } from '../../arguments.ts';
import { PythonError, Unknowable } from '../../context.ts';
import { jaxNamed } from '../../jax/borrow.ts';
import { convolveBack, convolveLast, dense, embedded, general, promoted, type Windowed } from '../../jax/layers.ts';
import { type Call, sizeIn, strictAxis } from '../../numpy/dialect.ts';
import { type ClassValue, str, tensor } from '../../values.ts';
import { type LayerCall, layerClass, layerMethod } from './layer.ts';

/** Linear layers of flax.linen (https://flax.readthedocs.io/en/latest/api_reference/flax.linen/layers.html). */

export const common =
  'dtype=None, param_dtype=None, precision=None, kernel_init=None, bias_init=None, promote_dtype=None';

/** The axes that a setting names, counted strictly. */
export function axesIn(own: Call, name: string, rank: number, otherwise: readonly number[]): readonly number[] {
  const value = own.optional(name);
  if (value === null) return otherwise.map((axis) => strictAxis(axis, rank));
  const given = value.kind === 'int' ? [value] : own.cx.items(value);
  return given.map((item) => strictAxis(asKnownInt(item, name), rank));
}

/** One size or several. */
export function sizesIn(own: Call, name: string): Shape {
  const value = own.value(name);
  return value.kind === 'int' ? [value.value] : own.cx.items(value).map((item) => sizeIn(own, item));
}

/** Ints for each axis of space, from one for all or one for each; 1 where nothing is said. */
export function spread(own: Call, name: string, space: number): readonly number[] {
  const value = own.optional(name);
  if (value === null) return Array.from({ length: space }, () => 1);
  if (value.kind === 'int') return Array.from({ length: space }, () => asKnownInt(value, name));
  return own.cx.items(value).map((item) => asKnownInt(item, name));
}

/** Padding by name, by one number for all sides, by one or a pair for each axis. */
export function paddingIn(own: Call, space: number): Windowed['padding'] {
  const value = own.optional('padding') ?? str('SAME');
  if (value.kind === 'str') return own.string('padding', 'SAME');
  if (value.kind === 'int')
    return Array.from({ length: space }, () => [own.int('padding'), own.int('padding')] as const);
  const items = own.cx.items(value);
  if (items.length !== space)
    throw new PythonError('ValueError', `Invalid padding format: ${items.length} for ${space} axes`);
  return items.map((item) => {
    if (item.kind === 'int') return [asKnownInt(item, 'padding'), asKnownInt(item, 'padding')] as const;
    const [low, high] = own.cx.items(item).map((side) => asKnownInt(side, 'padding'));
    if (low === undefined || high === undefined) throw new PythonError('ValueError', 'Invalid padding format');
    return [low, high] as const;
  });
}

function biasOf(call: LayerCall, shape: Shape): NodeId | null {
  return call.own.bool('use_bias', true) ? call.weight('bias', shape, 'bias_init', 'zeros') : null;
}

function applyDense(call: LayerCall): NodeId {
  const { build, own } = call;
  const x = call.array('inputs');
  const shape = build.shape(x);
  if (shape.length === 0) throw new PythonError('IndexError', 'a dense layer takes an array with at least one axis');
  const features = sizeIn(own, own.value('features'));
  const kernel = call.weight('kernel', [dimAt(shape, shape.length - 1), features], 'kernel_init', 'lecun_normal');
  const bias = biasOf(call, [features]);
  return dense(call.cx, ...call.alike(x, kernel, bias));
}

function applyGeneral(call: LayerCall): NodeId {
  const { build, own } = call;
  const x = call.array('inputs');
  const shape = build.shape(x);
  const features = sizesIn(own, 'features');
  const axes = axesIn(own, 'axis', shape.length, [-1]);
  const batch = axesIn(own, 'batch_dims', shape.length, []);
  if (batch.some((axis) => !batch.includes(batch.length - 1) || axis >= batch.length))
    throw new PythonError('ValueError', 'batch_dims must be consecutive leading dimensions starting from 0.');
  const lead = batch.map((axis) => dimAt(shape, axis));
  const kernel = call.weight(
    'kernel',
    [...lead, ...axes.map((axis) => dimAt(shape, axis)), ...features],
    'kernel_init',
    'lecun_normal',
  );
  const bias = biasOf(call, [...lead, ...features]);
  const [a, w, b] = call.alike(x, kernel, bias);
  const y = general(call.cx, a, w, axes, batch);
  if (b === null) return y;
  const kept = shape.flatMap((dim, axis) => (axes.includes(axis) ? [] : [batch.includes(axis) ? dim : 1]));
  return build.add(y, build.reshape(b, [...kept, ...features]));
}

function applyEinsum(call: LayerCall): NodeId {
  const { build, own, cx } = call;
  const text = (call.optional('einsum_str') === null ? own : call).string('einsum_str').replaceAll(' ', '');
  const [operands = '', result] = text.split('->');
  const [, right, ...more] = operands.split(',');
  if (result === undefined)
    throw new PythonError('ValueError', '`einsum_str` equation must be explicit and include "->".');
  if (right === undefined || more.length > 0)
    throw new PythonError('ValueError', '`einsum_str` must have exactly two operands');
  if (text.includes('.')) throw new Unknowable('an ellipsis in the equation of a layer is not followed');
  const shape = sizesIn(own, 'shape');
  const kernel = call.weight('kernel', shape, 'kernel_init', 'lecun_normal');
  const places = [...result].map((letter) => right.indexOf(letter));
  const bias = biasOf(
    call,
    places.flatMap((at) => (at < 0 ? [] : [shape[at] ?? 1])),
  );
  const [a, w, b] = call.alike(call.array('inputs'), kernel, bias);
  const einsum = cx.call(jaxNamed('numpy.einsum'), [str(text), tensor(a, 'jax'), tensor(w, 'jax')]);
  if (einsum.kind !== 'tensor') throw new Unknowable('the sum is not known');
  return b === null
    ? einsum.node
    : build.add(
        einsum.node,
        build.reshape(
          b,
          places.map((at) => (at < 0 ? 1 : (shape[at] ?? 1))),
        ),
      );
}

function windowOf(own: Call): readonly number[] {
  return sizesIn(own, 'kernel_size').map((dim) => {
    if (D.isKnown(dim)) return dim;
    throw new Unknowable('the size of the window is not known');
  });
}

function applyConv(call: LayerCall): NodeId {
  const { build, own } = call;
  const x = call.array('inputs');
  const window = windowOf(own);
  const groups = own.int('feature_group_count', 1);
  const channels = dimAt(build.shape(x), build.rank(x) - 1);
  const part = D.exactQuotient(channels, groups);
  if (part === null) throw new PythonError('AssertionError', `${D.show(channels)} channels in ${groups} groups`);
  const features = sizeIn(own, own.value('features'));
  const kernel = masked(call, call.weight('kernel', [...window, part, features], 'kernel_init', 'lecun_normal'));
  const bias = biasOf(call, [features]);
  const [a, w, b] = call.alike(x, kernel, bias);
  return convolveLast(call.cx, a, w, b, {
    stride: spread(own, 'strides', window.length),
    padding: paddingIn(own, window.length),
    dilation: spread(own, 'kernel_dilation', window.length),
    inputDilation: spread(own, 'input_dilation', window.length),
    groups,
  });
}

/** A kernel of which some entries are left out. */
function masked(call: LayerCall, kernel: NodeId): NodeId {
  const mask = call.own.optionalArray('mask');
  return mask === null ? kernel : call.build.mul(kernel, call.build.convert(mask, call.build.aval(kernel).dtype));
}

function applyTransposed(call: LayerCall): NodeId {
  const { build, own } = call;
  const x = call.array('inputs');
  const window = windowOf(own);
  const channels = dimAt(build.shape(x), build.rank(x) - 1);
  const features = sizeIn(own, own.value('features'));
  const transposeKernel = own.bool('transpose_kernel', false);
  const ends: Shape = transposeKernel ? [features, channels] : [channels, features];
  const kernel = masked(call, call.weight('kernel', [...window, ...ends], 'kernel_init', 'lecun_normal'));
  const bias = biasOf(call, [features]);
  const [a, w, b] = call.alike(x, kernel, bias);
  return convolveBack(call.cx, a, w, b, {
    stride: spread(own, 'strides', window.length),
    padding: paddingIn(own, window.length),
    dilation: spread(own, 'kernel_dilation', window.length),
    transposeKernel,
  });
}

function table(call: LayerCall): NodeId {
  const { own } = call;
  return call.weight(
    'embedding',
    [sizeIn(own, own.value('num_embeddings')), sizeIn(own, own.value('features'))],
    'embedding_init',
    'normal',
  );
}

export const linearLayers: readonly ClassValue[] = [
  layerClass({
    name: 'Dense',
    fields: `features, use_bias=True, ${common}, dot_general=None, dot_general_cls=None`,
    inputs: 'inputs',
    apply: applyDense,
  }),
  layerClass({
    name: 'DenseGeneral',
    fields:
      'features, axis=-1, batch_dims=None, use_bias=True, dtype=None, param_dtype=None, kernel_init=None, bias_init=None, precision=None, promote_dtype=None, dot_general=None, dot_general_cls=None',
    inputs: 'inputs',
    apply: applyGeneral,
  }),
  layerClass({
    name: 'Einsum',
    fields: `shape, einsum_str=None, use_bias=True, ${common}, preferred_element_type=None`,
    inputs: 'inputs, einsum_str=None',
    apply: applyEinsum,
  }),
  layerClass({
    name: 'Conv',
    fields: `features, kernel_size, strides=1, padding='SAME', input_dilation=1, kernel_dilation=1, feature_group_count=1, use_bias=True, mask=None, ${common}, conv_general_dilated=None, conv_general_dilated_cls=None`,
    inputs: 'inputs',
    apply: applyConv,
  }),
  layerClass({
    name: 'ConvTranspose',
    fields: `features, kernel_size, strides=None, padding='SAME', kernel_dilation=None, use_bias=True, mask=None, dtype=None, param_dtype=None, precision=None, kernel_init=None, bias_init=None, transpose_kernel=False, promote_dtype=None, preferred_element_type=None`,
    inputs: 'inputs',
    apply: applyTransposed,
  }),
  layerClass({
    name: 'Embed',
    fields: 'num_embeddings, features, dtype=None, param_dtype=None, embedding_init=None, promote_dtype=None',
    inputs: 'inputs',
    apply: (call) => embedded(call.cx, table(call), call.array('inputs')),
    methods: [
      layerMethod('attend', 'query', (call) => {
        const [x, w] = promoted(call.cx, [call.array('query'), table(call)], call.own.type('dtype'));
        if (x === undefined || w === undefined) throw new RangeError('two arrays');
        return call.build.matmul(x, call.build.transpose(w, [1, 0]));
      }),
    ],
  }),
  layerClass({
    name: 'PReLU',
    fields: 'param_dtype=None, negative_slope_init=0.01',
    inputs: 'inputs',
    apply: (call) => {
      const { build } = call;
      const x = call.floating('inputs');
      const slope = call.weight('negative_slope', [], null, 'ones');
      return build.select(build.binary('ge', x, build.scalar(0, x)), x, build.mul(slope, x));
    },
  }),
];
