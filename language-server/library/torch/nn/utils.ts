import type { Dim } from '../../../graph/dim.ts';
import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import { dimAt, requireEqual, ShapeError, showShape, sizeOf } from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { native, op } from '../../define.ts';
import { bool, type ClassValue, type NativeValue, none, type TensorValue, tensor, type Value } from '../../values.ts';
import { vectorNorm } from '../norms.ts';
import { orthogonalInit, refilled } from './init.ts';
import { layerClass, moduleIn } from './layer.ts';
import { type ModuleSelf, markComputed } from './module.ts';

/** torch.nn.utils (https://docs.pytorch.org/docs/stable/nn.html#utilities), and modules that only wrap another. */

function flat(cx: Context, x: NodeId): NodeId {
  return cx.build.reshape(x, [sizeOf(cx.build.shape(x))]);
}

/** The tensors of a sequence; a tensor is one of its slices. */
function slicesIn(cx: Context, value: Value): readonly TensorValue[] {
  return cx.items(value).map((item) => {
    if (item.kind === 'tensor') return item;
    if (item.kind === 'unknown') throw new Unknowable(item.reason.text, item.reason);
    throw new PythonError('TypeError', 'tensors are wanted');
  });
}

/** The tensors of a sequence, or one alone. */
function tensorsIn(cx: Context, value: Value): readonly TensorValue[] {
  return value.kind === 'tensor' ? [value] : slicesIn(cx, value);
}

/** Writes the parts of a vector into the weights, one after the other. */
function spread(cx: Context, args: Args): Value {
  const { build } = cx;
  const vector = args.tensor('vec');
  let from: Dim = 0;
  for (const weight of args.items('parameters')) {
    if (weight.kind !== 'tensor') continue;
    const shape = build.shape(weight.node);
    const to = D.add(from, sizeOf(shape));
    const length = sizeOf(build.shape(vector));
    if (D.isKnown(to) && D.isKnown(length) && to > length)
      throw new ShapeError(`${showShape(build.shape(vector))} is too short for these parameters`);
    cx.assignInPlace(weight, build.reshape(build.sliceAxis(vector, 0, from, to), shape));
    from = to;
  }
  return none;
}

/** Sequences side by side, the shorter ones filled up. */
function padSequence(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const nodes = slicesIn(cx, args.value('sequences')).map((item) => item.node);
  const [first] = nodes;
  if (first === undefined) throw new PythonError('RuntimeError', 'received an empty list of sequences');
  const side = args.string('padding_side', 'right');
  if (side !== 'left' && side !== 'right')
    throw new PythonError('RuntimeError', `Expected padding_side to be one of left or right, not ${side}`);
  const lengths = nodes.map((x) => dimAt(build.shape(x), 0));
  for (const x of nodes) {
    const what = (): string =>
      `${showShape(build.shape(first))} and ${showShape(build.shape(x))} cannot be padded to one size`;
    if (build.rank(x) !== build.rank(first)) throw new ShapeError(what());
    build
      .shape(x)
      .slice(1)
      .forEach((dim, k) => {
        requireEqual(dim, dimAt(build.shape(first), k + 1), what);
      });
  }
  const longest = lengths.reduce((a, b) => {
    const difference = D.sub(a, b);
    if (!D.isKnown(difference)) throw new Unknowable('which sequence is longest is not known');
    return difference >= 0 ? a : b;
  });
  const value = args.number('padding_value', 0);
  const padded = nodes.map((x, k) => {
    const missing = D.sub(longest, lengths[k] ?? 0);
    if (missing === 0) return x;
    const none = build.shape(x).map(() => 0);
    const at = (amount: Dim): readonly Dim[] => [amount, ...none.slice(1)];
    const [low, high] = side === 'right' ? [0, missing] : [missing, 0];
    return build.emit('pad', { low: at(low), high: at(high), value }, [x]);
  });
  return build.stack(padded, args.bool('batch_first', false) ? 0 : 1);
}

/** The weight divided by its largest singular value, which the library comes near to by iterating. */
function spectral(cx: Context, module: ModuleSelf, name: string, axis: number | null): void {
  const { build } = cx;
  const weight = cx.attribute(module, name);
  if (weight?.kind !== 'tensor') throw new PythonError('ValueError', `Module has no parameter ${name}`);
  const shape = build.shape(weight.node);
  if (shape.length < 2) return;
  const turned = axis ?? (/ConvTranspose/.test(module.cls.name) ? 1 : 0);
  const first = build.moveAxes(weight.node, [turned], [0]);
  const rows = dimAt(build.shape(first), 0);
  const matrix = build.reshape(first, [rows, D.exactQuotient(sizeOf(shape), rows) ?? D.floorDiv(sizeOf(shape), rows)]);
  const largest = build.reduce('reduce_max', build.emit('svdvals', {}, [matrix]));
  cx.setAttribute(module, name, tensor(build.div(weight.node, largest)));
}

/** Whether the module's weights are computed from others: told so that their list is not taken for what it was. */
type Reparametrize = (cx: Context, module: ModuleSelf, args: Args) => void;

function reparametrization(names: readonly string[], parameters: string, apply: Reparametrize): readonly NativeValue[] {
  return names.map((name) =>
    native(`torch.nn.utils.${name}`, parameters, (cx, args) => {
      const module = moduleIn(args.value('module'));
      apply(cx, module, args);
      markComputed(cx, module);
      return module;
    }),
  );
}

function weightOf(cx: Context, module: ModuleSelf, name: string): TensorValue {
  const weight = cx.attribute(module, name);
  if (weight?.kind === 'tensor') return weight;
  throw new PythonError('ValueError', `Module has no parameter ${name}`);
}

const notFollowed = (name: string, what: string): NativeValue =>
  native(name, '(*args, **kwargs)', (cx) => cx.unknown(what));

const u = 'torch.nn.utils.';

/** Modules that call the one inside. */
const wrappers: readonly ClassValue[] = [
  'DataParallel',
  'parallel.DataParallel',
  'parallel.DistributedDataParallel',
].map((name) =>
  layerClass({
    name,
    settings: 'module, *args, **kwargs',
    inputs: '*inputs, **kwargs',
    forward: (cx, args, own) => cx.call(own.value('module'), args.rest, args.keywords),
  }),
);

export const utilities: readonly (ClassValue | NativeValue)[] = [
  ...wrappers,
  op(`${u}parameters_to_vector`, '(parameters)', (cx, args) =>
    cx.build.concatenate(
      tensorsIn(cx, args.value('parameters')).map((weight) => flat(cx, weight.node)),
      0,
    ),
  ),
  native(`${u}vector_to_parameters`, '(vec, parameters)', spread),
  // The gradients that backward() leaves are not followed: a norm of them is some number.
  ...['clip_grad_norm_', 'clip_grad_norm'].map((name) =>
    op(`${u}${name}`, '(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None)', (cx) =>
      cx.build.emit('data', { name: 'norm of the gradients', aval: { shape: [], dtype: 'float32' } }),
    ),
  ),
  native(`${u}clip_grad_value_`, '(parameters, clip_value, foreach=None)', () => none),
  native(`${u}clip_grads_with_norm_`, '(parameters, max_norm, total_norm, foreach=None)', () => none),
  op(`${u}get_total_norm`, '(tensors, norm_type=2.0, error_if_nonfinite=False, foreach=None)', (cx, args) => {
    const nodes = tensorsIn(cx, args.value('tensors')).map((item) => flat(cx, item.node));
    if (nodes.length === 0) return cx.build.full([], 0);
    return vectorNorm(cx, cx.build.concatenate(nodes, 0), args.number('norm_type', 2), null, false);
  }),
  ...reparametrization(
    ['weight_norm', 'parametrizations.weight_norm'],
    "(module, name='weight', dim=0)",
    (cx, module, args) => {
      // Length times direction is the weight itself to begin with.
      weightOf(cx, module, args.string('name', 'weight'));
    },
  ),
  ...reparametrization(
    ['spectral_norm', 'parametrizations.spectral_norm'],
    "(module, name='weight', n_power_iterations=1, eps=1e-12, dim=None)",
    (cx, module, args) =>
      spectral(cx, module, args.string('name', 'weight'), args.optional('dim') === null ? null : args.int('dim')),
  ),
  ...reparametrization(
    ['parametrizations.orthogonal'],
    "(module, name='weight', orthogonal_map=None, *, use_trivialization=True)",
    (cx, module, args) => {
      const weight = weightOf(cx, module, args.string('name', 'weight'));
      const shape = cx.build.shape(weight.node);
      if (shape.length < 2) throw new PythonError('ValueError', 'Expected a matrix or batch of matrices');
      refilled(cx, weight, orthogonalInit(shape.slice(-2), 1));
    },
  ),
  ...reparametrization(
    ['parametrize.register_parametrization'],
    '(module, tensor_name, parametrization, *, unsafe=False)',
    (cx, module, args) => {
      const name = args.string('tensor_name');
      const computed = cx.call(args.value('parametrization'), [weightOf(cx, module, name)]);
      cx.setAttribute(module, name, computed.kind === 'tensor' ? tensor(computed.node) : computed);
    },
  ),
  ...['remove_weight_norm', 'remove_spectral_norm', 'parametrize.remove_parametrizations'].map((name) =>
    native(`${u}${name}`, '(module, *args, **kwargs)', (_cx, args) => args.value('module')),
  ),
  native(`${u}parametrize.is_parametrized`, '(module, tensor_name=None)', () => bool(null)),
  native(`${u}skip_init`, '(module_cls, *args, **kwargs)', (cx, args) =>
    cx.call(args.value('module_cls'), args.rest, args.keywords),
  ),
  op(`${u}rnn.pad_sequence`, "(sequences, batch_first=False, padding_value=0.0, padding_side='right')", padSequence),
  ...[
    'pack_padded_sequence',
    'pad_packed_sequence',
    'pack_sequence',
    'unpad_sequence',
    'unpack_sequence',
    'PackedSequence',
  ].map((name) => notFollowed(`${u}rnn.${name}`, 'packed sequences are not followed')),
  ...['fuse_conv_bn_eval', 'fuse_conv_bn_weights', 'fuse_linear_bn_eval', 'fuse_linear_bn_weights'].map((name) =>
    notFollowed(`${u}${name}`, `${name} is not followed`),
  ),
  ...['convert_conv2d_weight_memory_format', 'convert_conv3d_weight_memory_format'].map((name) =>
    native(`${u}${name}`, '(module, memory_format)', (_cx, args) => args.value('module')),
  ),
];
