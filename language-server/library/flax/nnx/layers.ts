import type { Dim } from '../../../graph/dim.ts';
import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import { dimAt, isFloating, promote, requireEqual, type Shape, ShapeError, showShape } from '../../../graph/shape.ts';
import { truthOf } from '../../arguments.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { native } from '../../define.ts';
import { jaxNamed } from '../../jax/borrow.ts';
import { eagerLayer, type Layer, type LayerCall } from '../../jax/eager.ts';
import {
  affine,
  attentionWeights,
  centred,
  convolveBack,
  convolveLast,
  dense,
  embedded,
  general,
  groupNormalized,
  mixedBy,
  normalized,
  rootNormalized,
  sizesOf,
} from '../../jax/layers.ts';
import { type Call, sizeIn } from '../../numpy/dialect.ts';
import { dropElements, probabilityIn } from '../../torch/nn/dropout.ts';
import { scalarOf } from '../../torch/nn/layer.ts';
import { type ClassValue, type InstanceValue, int, list, none, tensor, tuple, type Value } from '../../values.ts';
import { axesIn, paddingIn, sizesIn, spread } from '../linen/linear.ts';
import { batchStat, moduleClass, param, variable } from './module.ts';

/** Layers of flax.nnx (https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/nn/index.html): as linen's, told how many features come in. */

const common =
  'dtype=None, param_dtype=None, precision=None, kernel_init=None, bias_init=None, dot_general=None, promote_dtype=None, preferred_element_type=None';
const metadata = '*, rngs, kernel_metadata=None, bias_metadata=None';

function layer(spec: Omit<Layer, 'parts'>): ClassValue {
  return eagerLayer(moduleClass, { ...spec, name: `flax.nnx.${spec.name}`, parts: 'all' });
}

/** A new weight, by the initializer that the layer is told or else its own; None where there is to be none. */
function weight(
  cx: Context,
  module: InstanceValue,
  settings: Call,
  name: string,
  shape: Shape | null,
  init: Value | null,
  otherwise: 'normal' | 'zeros' | 'ones',
  type = param,
): void {
  if (shape === null) {
    cx.setAttribute(module, name, none);
    return;
  }
  const fn = jaxNamed(`nn.initializers.${otherwise}`);
  const initializer = init ?? (otherwise === 'normal' ? cx.call(fn, []) : fn);
  const key = tensor(cx.build.emit('data', { name: 'key', aval: { shape: [], dtype: 'key<fry>' } }), 'jax');
  const dtype: Value = settings.optional('param_dtype') ?? { kind: 'dtype', dtype: 'float32' };
  const made = cx.call(initializer, [key, sizesOf(shape), dtype]);
  if (made.kind !== 'tensor') throw new Unknowable('what the initializer gives is not known');
  cx.setAttribute(module, name, variable(made, type));
}

function size(settings: Call, name: string): Dim {
  return sizeIn(settings, settings.value(name));
}

function optionalSize(settings: Call, name: string, otherwise: Dim): Dim {
  return settings.optional(name) === null ? otherwise : size(settings, name);
}

/** The kernel of a shape, and the bias where there is to be one. */
function kernelAndBias(cx: Context, module: InstanceValue, settings: Call, kernel: Shape, bias: Shape): void {
  const own = settings.bool('use_bias', true) ? bias : null;
  weight(cx, module, settings, 'kernel', kernel, settings.optional('kernel_init'), 'normal');
  weight(cx, module, settings, 'bias', own, settings.optional('bias_init'), 'zeros');
}

const inputs = 'inputs, out_sharding=None';

const linear: ClassValue = layer({
  name: 'Linear',
  settings: `in_features, out_features, *, use_bias=True, ${common}, ${metadata.slice(3)}`,
  inputs,
  make: (cx, module, settings) => {
    const [into, out] = [size(settings, 'in_features'), size(settings, 'out_features')];
    kernelAndBias(cx, module, settings, [into, out], [out]);
  },
  apply: (call) => {
    const x = call.array('inputs');
    if (call.build.rank(x) === 0) throw new ShapeError('a linear layer takes an array with at least one axis');
    return dense(call.cx, ...call.alike(x, call.own.array('kernel'), call.own.optionalArray('bias')));
  },
});

const linearGeneral: ClassValue = layer({
  name: 'LinearGeneral',
  settings: `in_features, out_features, *, axis=-1, batch_axis=None, use_bias=True, dtype=None, param_dtype=None, kernel_init=None, bias_init=None, precision=None, promote_dtype=None, dot_general=None, dot_general_cls=None, preferred_element_type=None, ${metadata.slice(3)}`,
  inputs,
  make: (cx, module, settings) => {
    if (settings.optional('batch_axis') !== null) throw new Unknowable('batch axes of a linear layer are not followed');
    const [into, out] = [sizesIn(settings, 'in_features'), sizesIn(settings, 'out_features')];
    const axis = settings.optional('axis');
    const count = axis === null || axis.kind === 'int' ? 1 : cx.items(axis).length;
    if (count !== into.length) throw new PythonError('ValueError', 'len(in_features) must equal len(axis)');
    kernelAndBias(cx, module, settings, [...into, ...out], out);
  },
  apply: (call) => {
    const x = call.array('inputs');
    const axes = axesIn(call.own, 'axis', call.build.rank(x), [-1]);
    const [a, w, b] = call.alike(x, call.own.array('kernel'), call.own.optionalArray('bias'));
    const y = general(call.cx, a, w, axes);
    return b === null ? y : call.build.add(y, b);
  },
});

function windowOf(settings: Call): readonly number[] {
  return sizesIn(settings, 'kernel_size').map((dim) => {
    if (D.isKnown(dim)) return dim;
    throw new Unknowable('the size of the window is not known');
  });
}

const convolution: ClassValue = layer({
  name: 'Conv',
  settings: `in_features, out_features, kernel_size, strides=1, *, padding='SAME', input_dilation=1, kernel_dilation=1, feature_group_count=1, use_bias=True, mask=None, dtype=None, param_dtype=None, precision=None, kernel_init=None, bias_init=None, conv_general_dilated=None, promote_dtype=None, preferred_element_type=None, ${metadata.slice(3)}`,
  inputs,
  make: (cx, module, settings) => {
    const [into, out] = [size(settings, 'in_features'), size(settings, 'out_features')];
    const part = D.exactQuotient(into, settings.int('feature_group_count', 1));
    if (part === null) throw new PythonError('ValueError', '`in_features` must be divisible by `feature_group_count`');
    kernelAndBias(cx, module, settings, [...windowOf(settings), part, out], [out]);
  },
  apply: (call) => {
    const { own } = call;
    if (own.optional('mask') !== null) throw new Unknowable('a mask of a kernel is not followed');
    const space = windowOf(own).length;
    return convolveLast(call.cx, ...call.alike(call.array('inputs'), own.array('kernel'), own.optionalArray('bias')), {
      stride: spread(own, 'strides', space),
      padding: paddingIn(own, space),
      dilation: spread(own, 'kernel_dilation', space),
      inputDilation: spread(own, 'input_dilation', space),
      groups: own.int('feature_group_count', 1),
    });
  },
});

const transposed: ClassValue = layer({
  name: 'ConvTranspose',
  settings: `in_features, out_features, kernel_size, strides=None, *, padding='SAME', kernel_dilation=None, use_bias=True, mask=None, dtype=None, param_dtype=None, precision=None, kernel_init=None, bias_init=None, transpose_kernel=False, promote_dtype=None, preferred_element_type=None, ${metadata.slice(3)}`,
  inputs,
  make: (cx, module, settings) => {
    const [into, out] = [size(settings, 'in_features'), size(settings, 'out_features')];
    const ends: Shape = settings.bool('transpose_kernel', false) ? [out, into] : [into, out];
    kernelAndBias(cx, module, settings, [...windowOf(settings), ...ends], [out]);
  },
  apply: (call) => {
    const { own } = call;
    if (own.optional('mask') !== null) throw new Unknowable('a mask of a kernel is not followed');
    const space = windowOf(own).length;
    return convolveBack(call.cx, ...call.alike(call.array('inputs'), own.array('kernel'), own.optionalArray('bias')), {
      stride: spread(own, 'strides', space),
      padding: paddingIn(own, space),
      dilation: spread(own, 'kernel_dilation', space),
      transposeKernel: own.bool('transpose_kernel', false),
    });
  },
});

const embedding: ClassValue = layer({
  name: 'Embed',
  settings:
    'num_embeddings, features, *, dtype=None, param_dtype=None, embedding_init=None, promote_dtype=None, rngs, embedding_metadata=None',
  inputs,
  make: (cx, module, settings) =>
    weight(
      cx,
      module,
      settings,
      'embedding',
      [size(settings, 'num_embeddings'), size(settings, 'features')],
      settings.optional('embedding_init'),
      'normal',
    ),
  apply: (call) => embedded(call.cx, call.own.array('embedding'), call.array('inputs')),
  methods: [
    native('attend', '(self, query, out_sharding=None)', (cx, args) => {
      const self = args.value('self');
      const table = self.kind === 'instance' ? self.attributes.get('embedding') : undefined;
      const query = args.value('query');
      if (table?.kind !== 'tensor' || query.kind !== 'tensor') throw new PythonError('TypeError', 'an array is wanted');
      return tensor(cx.build.matmul(query.node, cx.build.transpose(table.node, [1, 0])), 'jax');
    }),
  ],
});

// Normalization

const ends = 'dtype=None, param_dtype=None, use_bias=True, use_scale=True, bias_init=None, scale_init=None';
const fast =
  'axis_name=None, axis_index_groups=None, use_fast_variance=True, promote_dtype=None, rngs, bias_metadata=None, scale_metadata=None';

function makeAffine(cx: Context, module: InstanceValue, settings: Call, hasBias = true): void {
  const shape = sizesIn(settings, 'num_features');
  weight(
    cx,
    module,
    settings,
    'scale',
    settings.bool('use_scale', true) ? shape : null,
    settings.optional('scale_init'),
    'ones',
  );
  if (hasBias)
    weight(
      cx,
      module,
      settings,
      'bias',
      settings.bool('use_bias', true) ? shape : null,
      settings.optional('bias_init'),
      'zeros',
    );
}

function inputOf(call: LayerCall): NodeId {
  if (call.own.optional('axis_name') !== null) throw new Unknowable('statistics of several devices are not followed');
  if (call.optional('mask') !== null) throw new Unknowable('statistics under a mask are not followed');
  const x = call.array('x');
  return isFloating(call.build.aval(x).dtype) ? x : call.build.convert(x, 'float32');
}

/** Scale and shift along axes, whose sizes must be those that the layer was told. */
function finished(call: LayerCall, y: NodeId, x: NodeId, axes: readonly number[]): NodeId {
  const { own, build } = call;
  const [scale, bias] = [own.optionalArray('scale'), own.optionalArray('bias')];
  const shape = axes.map((axis) => dimAt(build.shape(x), axis));
  for (const given of [scale, bias]) {
    if (given === null) continue;
    const told = build.shape(given);
    if (D.surelyDiffer(D.product(told), D.product(shape)))
      throw new ShapeError(`weights ${showShape(told)} for features ${showShape(shape)}`);
  }
  const result = affine(call.cx, y, scale, bias, axes);
  const nodes = [x, ...[scale, bias].filter((node) => node !== null)];
  return build.convert(result, own.type('dtype') ?? nodes.map((node) => build.aval(node).dtype).reduce(promote));
}

function epsilon(call: LayerCall, x: NodeId, otherwise: number): NodeId {
  return scalarOf(call.cx, call.own, 'epsilon', otherwise, x);
}

const normalizations: readonly ClassValue[] = [
  layer({
    name: 'LayerNorm',
    settings: `num_features, *, epsilon=1e-06, ${ends}, reduction_axes=-1, feature_axes=-1, ${fast}`,
    inputs: 'x, *, mask=None',
    make: (cx, module, settings) => makeAffine(cx, module, settings),
    apply: (call) => {
      const x = inputOf(call);
      const rank = call.build.rank(x);
      const y = normalized(call.cx, x, axesIn(call.own, 'reduction_axes', rank, [-1]), epsilon(call, x, 1e-6));
      return finished(call, y, x, axesIn(call.own, 'feature_axes', rank, [-1]));
    },
  }),
  layer({
    name: 'RMSNorm',
    settings: `num_features, *, epsilon=1e-06, dtype=None, param_dtype=None, use_scale=True, scale_init=None, reduction_axes=-1, feature_axes=-1, ${fast.replace('bias_metadata=None, ', '')}`,
    inputs: 'x, mask=None',
    make: (cx, module, settings) => makeAffine(cx, module, settings, false),
    apply: (call) => {
      const x = inputOf(call);
      const rank = call.build.rank(x);
      const y = rootNormalized(call.cx, x, axesIn(call.own, 'reduction_axes', rank, [-1]), epsilon(call, x, 1e-6));
      return finished(call, y, x, axesIn(call.own, 'feature_axes', rank, [-1]));
    },
  }),
  layer({
    name: 'GroupNorm',
    settings: `num_features, num_groups=32, group_size=None, *, epsilon=1e-06, ${ends}, reduction_axes=None, ${fast}`,
    inputs: 'x, *, mask=None',
    make: (cx, module, settings) => {
      const [groups, part] = [settings.optional('num_groups'), settings.optional('group_size')];
      if ((groups === null) === (part === null))
        throw new PythonError('ValueError', 'Either `num_groups` or `group_size` should be specified.');
      const features = size(settings, 'num_features');
      const count =
        part === null ? size(settings, 'num_groups') : D.exactQuotient(features, size(settings, 'group_size'));
      if (count === null) throw new PythonError('ValueError', 'Number of features is not multiple of the group size');
      if (!D.isKnown(count)) throw new Unknowable('the number of groups is not known');
      if (count <= 0 || D.exactQuotient(features, count) === null)
        throw new PythonError(
          'ValueError',
          `Number of groups (${count}) does not divide the number of channels (${D.show(features)}).`,
        );
      cx.setAttribute(module, 'num_groups', int(count));
      makeAffine(cx, module, settings);
    },
    apply: (call) => {
      const x = inputOf(call);
      const rank = call.build.rank(x);
      if (rank < 2) throw new PythonError('ValueError', 'group norm takes an array with at least two axes');
      const usual = [...Array.from({ length: Math.max(rank - 2, 0) }, (_, k) => k + 1), -1];
      const axes = axesIn(call.own, 'reduction_axes', rank, usual);
      requireEqual(
        dimAt(call.build.shape(x), rank - 1),
        size(call.own, 'num_features'),
        () => 'the features are not those that the layer was told',
      );
      const y = groupNormalized(call.cx, x, call.own.int('num_groups'), axes, epsilon(call, x, 1e-6));
      return finished(call, y, x, [rank - 1]);
    },
  }),
  layer({
    name: 'BatchNorm',
    settings: `num_features, *, use_running_average=False, axis=-1, momentum=0.99, epsilon=1e-05, ${ends}, ${fast}`,
    inputs: 'x, use_running_average=None, *, mask=None',
    make: (cx, module, settings) => {
      const shape = sizesIn(settings, 'num_features');
      weight(cx, module, settings, 'mean', shape, null, 'zeros', batchStat);
      weight(cx, module, settings, 'var', shape, null, 'ones', batchStat);
      makeAffine(cx, module, settings);
    },
    apply: (call) => {
      const { build, own, cx } = call;
      const stored = truthOf(call.optional('use_running_average') ?? own.value('use_running_average'));
      if (stored === null) throw new Unknowable('whether batch norm uses running averages is not known');
      const x = inputOf(call);
      const axes = axesIn(own, 'axis', build.rank(x), [-1]);
      const eps = epsilon(call, x, 1e-5);
      // The averages that the batch moves keep their shapes; what they become is not followed.
      if (!stored)
        return finished(
          call,
          normalized(
            cx,
            x,
            build.shape(x).flatMap((_, k) => (axes.includes(k) ? [] : [k])),
            eps,
          ),
          x,
          axes,
        );
      const spreadOut = (name: string): NodeId =>
        build.reshape(
          own.array(name),
          build.shape(x).map((dim, k) => (axes.includes(k) ? dim : 1)),
        );
      return finished(call, centred(cx, x, { mean: spreadOut('mean'), variance: spreadOut('var') }, eps), x, axes);
    },
  }),
];

const dropout: ClassValue = layer({
  name: 'Dropout',
  settings: "rate, *, broadcast_dims=None, deterministic=False, rng_collection='dropout', rngs=None",
  inputs: 'inputs, *, deterministic=None, rngs=None',
  make: (cx, module, settings) => {
    cx.setAttribute(module, 'rngs', settings.optional('rngs') ?? none);
  },
  apply: (call) => {
    const { build, own, cx } = call;
    const x = call.array('inputs');
    const rate = probabilityIn(own, 'rate', 0);
    const given = call.optional('deterministic') ?? own.optional('deterministic');
    const truth = given === null ? null : truthOf(given);
    if (truth === null) throw new Unknowable('whether dropout is on is not known');
    if (truth || rate === 0) return x;
    if (rate === 1) return build.scale(x, 0);
    if (call.optional('rngs') === null && own.optional('rngs') === null)
      throw new PythonError('ValueError', '`deterministic` is False, but no `rngs` argument was provided to Dropout');
    const shared = own.optional('broadcast_dims') === null ? [] : (own.axes('broadcast_dims', build.rank(x)) ?? []);
    const mask = build.shape(x).map((dim, k) => (shared.includes(k) ? 1 : dim));
    return dropElements(cx, build.convert(x, build.countType(x)), rate, mask);
  },
});

// Attention

function projection(
  cx: Context,
  settings: Call,
  into: readonly Dim[],
  out: readonly Dim[],
  axis: readonly number[],
  isOut: boolean,
): Value {
  const init = (name: string): Value =>
    (isOut ? (settings.optional(`out_${name}`) ?? settings.optional(name)) : settings.optional(name)) ?? none;
  return cx.call(
    linearGeneral,
    [sizesOf(into), sizesOf(out)],
    new Map<string, Value>([
      ['axis', tuple(axis.map((at) => int(at)))],
      ['use_bias', settings.optional('use_bias') ?? none],
      ['dtype', settings.optional('dtype') ?? none],
      ['param_dtype', settings.optional('param_dtype') ?? none],
      ['kernel_init', init('kernel_init')],
      ['bias_init', init('bias_init')],
      ['rngs', settings.value('rngs')],
    ]),
  );
}

const attention: ClassValue = layer({
  name: 'MultiHeadAttention',
  settings:
    'num_heads, in_features, qkv_features=None, out_features=None, num_kv_heads=None, in_kv_features=None, *, dtype=None, param_dtype=None, broadcast_dropout=True, dropout_rate=0.0, deterministic=None, precision=None, kernel_init=None, out_kernel_init=None, bias_init=None, out_bias_init=None, use_bias=True, attention_fn=None, decode=None, normalize_qk=False, qkv_promote_dtype=None, out_promote_dtype=None, ln_promote_dtype=None, qkv_dot_general=None, out_dot_general=None, qkv_dot_general_cls=None, out_dot_general_cls=None, rngs, keep_rngs=True, **metadata',
  inputs:
    'inputs_q, inputs_k=None, inputs_v=None, *, mask=None, deterministic=None, rngs=None, sow_weights=False, decode=None, is_causal=False, out_sharding=None, qkv_sharding=None',
  make: (cx, module, settings) => {
    const heads = settings.int('num_heads');
    const into = size(settings, 'in_features');
    const features = optionalSize(settings, 'qkv_features', into);
    for (const odd of ['num_kv_heads', 'attention_fn', 'qkv_dot_general', 'out_dot_general'])
      if (settings.optional(odd) !== null) throw new Unknowable(`attention with its own ${odd} is not followed`);
    if (settings.bool('normalize_qk', false)) throw new Unknowable('normalized queries and keys are not followed');
    const part = D.exactQuotient(features, heads);
    if (part === null)
      throw new PythonError(
        'ValueError',
        `Memory dimension (${D.show(features)}) must be divisible by number of heads (${heads}).`,
      );
    const other = optionalSize(settings, 'in_kv_features', into);
    cx.setAttribute(module, 'query', projection(cx, settings, [into], [heads, part], [-1], false));
    cx.setAttribute(module, 'key', projection(cx, settings, [other], [heads, part], [-1], false));
    cx.setAttribute(module, 'value', projection(cx, settings, [other], [heads, part], [-1], false));
    cx.setAttribute(
      module,
      'out',
      projection(cx, settings, [heads, part], [optionalSize(settings, 'out_features', into)], [-2, -1], true),
    );
  },
  apply: (call) => {
    const { build, own, cx } = call;
    const decode = call.optional('decode') ?? own.optional('decode');
    if (decode === null) throw new PythonError('ValueError', 'No `decode` argument was provided to MultiHeadAttention');
    if (truthOf(decode) !== false || call.bool('is_causal', false))
      throw new Unknowable('decoding step by step is not followed');
    const [k, v] = [call.optional('inputs_k'), call.optional('inputs_v')];
    if (k === null && v !== null)
      throw new PythonError('ValueError', '`inputs_k` cannot be None if `inputs_v` is not None.');
    const query = call.array('inputs_q');
    const key = k === null ? query : call.array('inputs_k');
    const value = v === null ? key : call.array('inputs_v');
    requireEqual(
      dimAt(build.shape(query), build.rank(query) - 1),
      size(own, 'in_features'),
      () => 'the input is not of in_features',
    );
    const rate = own.optional('dropout_rate') === null ? 0 : probabilityIn(own, 'dropout_rate', 0);
    const given = call.optional('deterministic') ?? own.optional('deterministic');
    if (rate !== 0 && given === null)
      throw new PythonError('ValueError', 'No `deterministic` argument was provided to MultiHeadAttention');
    const truth = rate === 0 || given === null ? true : truthOf(given);
    if (truth === null) throw new Unknowable('whether dropout is on is not known');
    const through = (name: string, x: NodeId): NodeId => {
      const y = cx.call(own.value(name), [tensor(x, 'jax')]);
      if (y.kind === 'tensor') return y.node;
      throw new Unknowable(y.kind === 'unknown' ? y.reason.text : 'a projection gives no array');
    };
    const weights = attentionWeights(
      cx,
      through('query', query),
      through('key', key),
      null,
      call.optionalArray('mask'),
    );
    return through('out', mixedBy(cx, dropElements(cx, weights, truth ? 0 : rate), through('value', value)));
  },
});

// Containers and recurrent cells

/** Functions one after the other; a tuple is given as arguments. */
const sequential: ClassValue = layer({
  name: 'Sequential',
  settings: '*fns',
  inputs: '*args, **kwargs',
  make: (cx, module, settings) => cx.setAttribute(module, 'layers', list(settings.rest)),
  apply: (call) => {
    const { cx } = call;
    const [first, ...rest] = cx.items(call.own.value('layers'));
    if (first === undefined) return call.rest[0] ?? none;
    return rest.reduce(
      (value, fn) => (value.kind === 'tuple' ? cx.call(fn, value.items) : cx.call(fn, [value])),
      cx.call(first, call.rest, call.keywords),
    );
  },
});

const cellSettings =
  'in_features, hidden_features, *, gate_fn=None, activation_fn=None, kernel_init=None, recurrent_kernel_init=None, bias_init=None, dtype=None, param_dtype=None, carry_init=None, promote_dtype=None, keep_rngs=False, rngs, kernel_metadata=None, recurrent_kernel_metadata=None, bias_metadata=None';

function gateOf(cx: Context, settings: Call, isRecurrent: boolean, out: Dim, hasBias: boolean): Value {
  const hidden = size(settings, 'hidden_features');
  const init = settings.optional(isRecurrent ? 'recurrent_kernel_init' : 'kernel_init');
  return cx.call(
    linear,
    [int(isRecurrent ? hidden : size(settings, 'in_features')), int(out)],
    new Map<string, Value>([
      ['use_bias', { kind: 'bool', value: hasBias }],
      ['kernel_init', init ?? none],
      ['bias_init', settings.optional('bias_init') ?? none],
      ['rngs', settings.value('rngs')],
    ]),
  );
}

/** The layers of a cell by name: of the input or the hidden state, how many gates wide, and whether with a bias. */
type Gates = Readonly<Record<string, readonly [isRecurrent: boolean, width: number, hasBias: boolean]>>;

function cell(
  name: string,
  gates: Gates,
  states: 1 | 2,
  extra: string,
  step: (
    call: LayerCall,
    through: (name: string, x: NodeId) => NodeId,
    x: NodeId,
    state: readonly NodeId[],
  ) => readonly NodeId[],
): ClassValue {
  return layer({
    name,
    settings:
      extra === ''
        ? cellSettings
        : cellSettings.replace('gate_fn=None, ', '').replace('carry_init=None, ', `carry_init=None, ${extra}, `),
    inputs: 'carry, inputs',
    make: (cx, module, settings) => {
      const hidden = size(settings, 'hidden_features');
      for (const [own, [isRecurrent, width, hasBias]] of Object.entries(gates))
        cx.setAttribute(module, own, gateOf(cx, settings, isRecurrent, D.mul(hidden, width), hasBias));
    },
    apply: (call) => {
      const { cx } = call;
      const carry = call.value('carry');
      const given = states === 1 ? [carry] : cx.items(carry);
      const state = given.flatMap((each) => (each.kind === 'tensor' ? [each.node] : []));
      if (state.length !== states)
        throw new PythonError('ValueError', `the carry is ${states === 1 ? 'an array' : 'a pair of arrays'}`);
      const through = (own: string, x: NodeId): NodeId => {
        const y = cx.call(call.own.value(own), [tensor(x, 'jax')]);
        if (y.kind === 'tensor') return y.node;
        throw new Unknowable(y.kind === 'unknown' ? y.reason.text : 'a gate gives no array');
      };
      const next = step(call, through, call.array('inputs'), state).map((node) => tensor(node, 'jax'));
      const [only = none] = next;
      const output = next.at(-1) ?? only;
      return tuple([states === 1 ? only : tuple(next), output]);
    },
    methods: [
      native('initialize_carry', '(self, input_shape, rngs=None, carry_init=None)', (cx, args) => {
        const self = args.value('self');
        const hidden = self.kind === 'instance' ? self.attributes.get('hidden_features') : undefined;
        if (hidden?.kind !== 'int') throw new Unknowable('how many features are hidden is not known');
        const lead = args.shape('input_shape').slice(0, -1);
        const zeros = (): Value => tensor(cx.build.full([...lead, hidden.value], 0), 'jax');
        return states === 1 ? zeros() : tuple([zeros(), zeros()]);
      }),
    ],
  });
}

/** A part of all gates, which stand one after the other along the last axis. */
function part(call: LayerCall, all: NodeId, k: number): NodeId {
  const hidden = size(call.own, 'hidden_features');
  return call.build.sliceAxis(all, call.build.rank(all) - 1, D.mul(hidden, k), D.mul(hidden, k + 1));
}

function lstm(call: LayerCall, [i, f, g, o]: readonly NodeId[], c: NodeId): readonly NodeId[] {
  const { build } = call;
  if (i === undefined || f === undefined || g === undefined || o === undefined) throw new RangeError('four gates');
  const gate = (x: NodeId): NodeId => call.squash('gate_fn', 'logistic', x);
  const next = build.add(build.mul(gate(f), c), build.mul(gate(i), call.squash('activation_fn', 'tanh', g)));
  return [next, build.mul(gate(o), call.squash('activation_fn', 'tanh', next))];
}

function pairOf(state: readonly NodeId[]): readonly [NodeId, NodeId] {
  const [c, h] = state;
  if (c === undefined || h === undefined) throw new RangeError('two states');
  return [c, h];
}

function onlyOf(state: readonly NodeId[]): NodeId {
  const [h] = state;
  if (h === undefined) throw new RangeError('a state');
  return h;
}

const letters = ['i', 'f', 'g', 'o'];

const cells: readonly ClassValue[] = [
  cell(
    'LSTMCell',
    Object.fromEntries(
      letters.flatMap((letter) => [
        [`i${letter}`, [false, 1, false] as const],
        [`h${letter}`, [true, 1, true] as const],
      ]),
    ),
    2,
    '',
    (call, through, x, state) => {
      const [c, h] = pairOf(state);
      return lstm(
        call,
        letters.map((letter) => call.build.add(through(`i${letter}`, x), through(`h${letter}`, h))),
        c,
      );
    },
  ),
  cell(
    'OptimizedLSTMCell',
    { dense_i: [false, 4, false], dense_h: [true, 4, true] },
    2,
    '',
    (call, through, x, state) => {
      const [c, h] = pairOf(state);
      const all = call.build.add(through('dense_h', h), through('dense_i', x));
      return lstm(
        call,
        [0, 1, 2, 3].map((k) => part(call, all, k)),
        c,
      );
    },
  ),
  cell('GRUCell', { dense_i: [false, 3, true], dense_h: [true, 3, false] }, 1, '', (call, through, x, state) => {
    const { build } = call;
    const h = onlyOf(state);
    const [fromInput, fromHidden] = [through('dense_i', x), through('dense_h', h)];
    const sum = (k: number): NodeId =>
      call.squash('gate_fn', 'logistic', build.add(part(call, fromInput, k), part(call, fromHidden, k)));
    const [r, z] = [sum(0), sum(1)];
    const n = call.squash(
      'activation_fn',
      'tanh',
      build.add(part(call, fromInput, 2), build.mul(r, part(call, fromHidden, 2))),
    );
    return [build.add(n, build.mul(z, build.sub(h, n)))];
  }),
  cell(
    'SimpleCell',
    { dense_i: [false, 1, true], dense_h: [true, 1, false] },
    1,
    'residual=False',
    (call, through, x, state) => {
      const h = onlyOf(state);
      const sum = call.build.add(through('dense_i', x), through('dense_h', h));
      return [call.squash('activation_fn', 'tanh', call.own.bool('residual', false) ? call.build.add(sum, h) : sum)];
    },
  ),
];

export const layers: readonly ClassValue[] = [
  linear,
  linearGeneral,
  convolution,
  transposed,
  embedding,
  ...normalizations,
  dropout,
  attention,
  sequential,
  ...cells,
];
