import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type DType, isFloating, itemSize, sizeOf } from '../../graph/shape.ts';
import { asDType } from '../arguments.ts';
import { type Context, PythonError } from '../context.ts';
import { alias, native, op } from '../define.ts';
import { setRequiresGrad } from '../recording.ts';
import {
  another,
  bool,
  float,
  int,
  list,
  lostShape,
  type NativeValue,
  none,
  str,
  type TensorValue,
  tensor,
  tuple,
  type Value,
} from '../values.ts';
import { gradOf, setGrad } from './backward.ts';
import { numbersOf } from './nested.ts';
import { matrixTranspose, reverseAxes } from './structure.ts';
import { requireOutside } from './under-vmap.ts';

/** Attributes and methods of tensors that say something of them (https://docs.pytorch.org/docs/stable/tensors.html). */

/** What an attribute of a tensor is. */
export type Property = (cx: Context, x: TensorValue) => Value;

function shapeTuple(cx: Context, node: NodeId): Value {
  return tuple(cx.build.shape(node).map(int));
}

const conjugate = (cx: Context, node: NodeId): NodeId =>
  cx.build.aval(node).dtype.startsWith('complex')
    ? cx.build.emit(
        'opaque',
        { name: 'conj', aval: cx.build.aval(node), batched: cx.build.shape(node).map((_, k) => [k, k] as const) },
        [node],
      )
    : node;

const part =
  (name: 'real' | 'imag'): Property =>
  (cx, x) => {
    const { shape, dtype } = cx.build.aval(x.node);
    if (!dtype.startsWith('complex')) return name === 'real' ? x : tensor(cx.build.full(shape, 0, dtype));
    const aval = { shape, dtype: dtype === 'complex64' ? 'float32' : 'float64' } as const;
    return tensor(cx.build.emit('opaque', { name, aval, batched: shape.map((_, k) => [k, k] as const) }, [x.node]));
  };

const flag: Property = () => bool(null);

/** What `x.name` gives without a call. */
export const tensorProperties: ReadonlyMap<string, Property> = new Map<string, Property>([
  ['shape', (cx, x) => shapeTuple(cx, x.node)],
  ['ndim', (cx, x) => int(cx.build.rank(x.node))],
  ['T', (cx, x) => tensor(reverseAxes(cx, x.node))],
  ['mT', (cx, x) => tensor(matrixTranspose(cx, x.node))],
  ['H', (cx, x) => tensor(conjugate(cx, reverseAxes(cx, x.node)))],
  ['mH', (cx, x) => tensor(conjugate(cx, matrixTranspose(cx, x.node)))],
  ['dtype', (cx, x) => ({ kind: 'dtype', dtype: cx.build.aval(x.node).dtype })],
  ['device', () => str(null)],
  ['data', (cx, x) => tensor(cx.build.unary('stop_gradient', x.node))],
  ['real', part('real')],
  ['imag', part('imag')],
  ['requires_grad', flag],
  ['is_leaf', flag],
  ['retains_grad', flag],
  ['is_cuda', flag],
  ['is_cpu', flag],
  ['is_mps', flag],
  ['is_meta', flag],
  ['is_sparse', () => bool(false)],
  ['is_quantized', () => bool(false)],
  ['is_nested', () => bool(false)],
  ['names', (cx, x) => tuple(cx.build.shape(x.node).map(() => none))],
  ['itemsize', (cx, x) => int(itemSize(cx.build.aval(x.node).dtype))],
  ['nbytes', (cx, x) => int(D.mul(sizeOf(cx.build.shape(x.node)), itemSize(cx.build.aval(x.node).dtype)))],
  ['grad', gradOf],
  ['grad_fn', (cx) => cx.unknown('the recorded graph is not followed')],
  ['layout', (cx) => cx.unknown('the memory layout is not followed')],
]);

/** What `x.name = value` does. */
export type Setter = (cx: Context, x: TensorValue, value: Value) => void;

/** Attributes that are more than a name for what they are set to. */
export const tensorSetters: ReadonlyMap<string, Setter> = new Map<string, Setter>([
  [
    'data',
    (cx, x, value) => {
      if (value.kind === 'tensor') cx.assignInPlace(x, value.node);
      else if (value.kind === 'unknown') cx.setName(x.attributes, lostShape, another(value));
    },
  ],
  ['grad', setGrad],
  ['requires_grad', setRequiresGrad],
]);

/** A single number of the node: known, or of its type. */
function numberOf(cx: Context, dtype: DType, value: number | undefined): Value {
  if (dtype === 'bool') return bool(value === undefined ? null : value !== 0);
  if (isFloating(dtype)) return float(value ?? null);
  return int(value ?? cx.freshSize('n'));
}

function item(cx: Context, x: NodeId): Value {
  const { shape, dtype } = cx.build.aval(x);
  const count = sizeOf(shape);
  if (D.isKnown(count) && count !== 1)
    throw new PythonError('RuntimeError', `a tensor with ${count} elements cannot be converted to a number`);
  const node = cx.build.nodes[x];
  if (node?.op.name === 'size') return int(node.op.params.dim);
  return numberOf(cx, dtype, numbersOf(cx, x)?.[0]);
}

const mostItems = 1000;

/** Nested lists of the numbers, known or not. */
function toList(cx: Context, x: NodeId): Value {
  const { shape, dtype } = cx.build.aval(x);
  const values = numbersOf(cx, x);
  const build = (axis: number, offset: number, stride: number): Value => {
    const dim = shape[axis];
    if (dim === undefined) return numberOf(cx, dtype, values?.[offset]);
    if (!D.isKnown(dim) || stride > mostItems) {
      return {
        kind: 'repeated',
        length: dim,
        element: build(axis + 1, 0, D.isKnown(dim) && dim > 0 ? stride / dim : mostItems + 1),
        over: null,
      };
    }
    const inner = dim === 0 ? 0 : stride / dim;
    return list(Array.from({ length: dim }, (_, k) => build(axis + 1, offset + k * inner, inner)));
  };
  const total = sizeOf(shape);
  return shape.length === 0 ? item(cx, x) : build(0, 0, D.isKnown(total) ? total : mostItems + 1);
}

/** The type that `to`, `type` and the like name among their arguments, which may be devices and flags too. */
function typeAmong(cx: Context, values: readonly Value[], own: DType): DType {
  for (const value of values) {
    if (value.kind === 'tensor') return cx.build.aval(value.node).dtype;
    const dtype = asDType(value);
    if (dtype !== null) return dtype;
  }
  return own;
}

const conversions: Readonly<Record<string, DType>> = {
  float: 'float32',
  double: 'float64',
  half: 'float16',
  bfloat16: 'bfloat16',
  long: 'int64',
  int: 'int32',
  short: 'int16',
  char: 'int8',
  byte: 'uint8',
  bool: 'bool',
  cfloat: 'complex64',
  cdouble: 'complex128',
};

/** Methods that give the tensor itself. */
const identities = [
  'contiguous',
  'cpu',
  'cuda',
  'mps',
  'pin_memory',
  'share_memory_',
  'coalesce',
  'to_dense',
  'block_until_ready',
];

/** Methods that only set something that shapes do not hang on. */
const silent = ['register_hook', 'register_post_accumulate_grad_hook', 'record_stream'];

const questions = [
  'is_same_size',
  'is_signed',
  'is_contiguous',
  'is_shared',
  'is_pinned',
  'is_set_to',
  'is_inference',
  'is_neg',
  'is_conj',
  'is_nonzero',
  'is_distributed',
];

const method = 'torch.Tensor.';

export const tensorMethods: readonly NativeValue[] = [
  native(`${method}size`, '(input, dim=None)', (cx, args) => {
    const x = args.tensor('input');
    if (args.optional('dim') === null) return shapeTuple(cx, x);
    const shape = cx.build.shape(x);
    const axis = args.axis('dim', shape.length);
    const dim = shape[axis];
    if (dim === undefined) throw new PythonError('IndexError', 'a tensor without axes has no sizes');
    return int(dim);
  }),
  ...alias(
    native(`${method}dim`, '(input)', (cx, args) => int(cx.build.rank(args.tensor('input')))),
    `${method}ndimension`,
    `${method}dense_dim`,
  ),
  ...alias(
    native(`${method}numel`, '(input)', (cx, args) => int(sizeOf(cx.build.shape(args.tensor('input'))))),
    `${method}nelement`,
    'torch.numel',
  ),
  native(`${method}element_size`, '(input)', (cx, args) => int(itemSize(cx.build.aval(args.tensor('input')).dtype))),
  native(`${method}item`, '(input)', (cx, args) => item(cx, args.tensor('input'))),
  native(`${method}tolist`, '(input)', (cx, args) => toList(cx, args.tensor('input'))),
  native(`${method}stride`, '(input, dim=None)', (cx, args) =>
    args.optional('dim') === null
      ? tuple(cx.build.shape(args.tensor('input')).map(() => int(cx.freshSize('stride'))))
      : int(cx.freshSize('stride')),
  ),
  native(`${method}get_device`, '(input)', (cx) => int(cx.freshSize('device'))),
  ...alias(
    native('torch.is_floating_point', '(input)', (cx, args) =>
      bool(/^b?float/.test(cx.build.aval(args.tensor('input')).dtype)),
    ),
    `${method}is_floating_point`,
  ),
  ...alias(
    native('torch.is_complex', '(input)', (cx, args) =>
      bool(cx.build.aval(args.tensor('input')).dtype.startsWith('complex')),
    ),
    `${method}is_complex`,
  ),
  ...questions.map((name) => native(`${method}${name}`, '(input, *args, **kwargs)', () => bool(null))),
  ...silent.map((name) => native(`${method}${name}`, '(input, *args, **kwargs)', () => none)),
  ...identities.map((name) =>
    native(`${method}${name}`, '(input, *args, **kwargs)', (_cx, args) => args.tensorValue('input')),
  ),
  native(`${method}as_subclass`, '(input, cls)', (cx, args) => {
    const cls = args.value('cls');
    return cls.kind === 'class' && cls.name === 'torch.Tensor'
      ? args.tensorValue('input')
      : cx.unknown('what a class of torch.Tensors changes is not known');
  }),
  native(`${method}numpy`, '(input, *, force=False)', (cx, args) => {
    const x = args.tensorValue('input');
    const tracked = x.attributes.get('requires_grad');
    if (tracked?.kind === 'bool' && tracked.value === true && !args.bool('force', false))
      throw new PythonError(
        'RuntimeError',
        "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
      );
    return tensor(cx.build.unary('stop_gradient', x.node), 'numpy');
  }),
  native(`${method}requires_grad_`, '(input, requires_grad=True)', (cx, args) => {
    const x = args.tensorValue('input');
    requireOutside(cx, 'Tensor.requires_grad_');
    setRequiresGrad(cx, x, bool(args.bool('requires_grad', true)));
    return x;
  }),
  native(`${method}backward`, '(input, gradient=None, retain_graph=None, create_graph=False, inputs=None)', (cx) => {
    requireOutside(cx, 'Tensor.backward');
    return none;
  }),
  native(`${method}detach_`, '(input)', (cx, args) => {
    const x = args.tensorValue('input');
    cx.assignInPlace(x, cx.build.unary('stop_gradient', x.node));
    return x;
  }),
  // A tensor that already has the type is given back itself.
  ...['to', 'astype', 'type'].map((name) =>
    native(`${method}${name}`, '(input, *args, **kwargs)', (cx, args) => {
      const x = args.tensorValue('input');
      if (name === 'type' && args.rest.length + args.keywords.size === 0) return str(null);
      const own = cx.build.aval(x.node).dtype;
      const wanted = typeAmong(cx, [...args.rest, ...args.keywords.values()], own);
      return wanted === own ? x : tensor(cx.build.convert(x.node, wanted));
    }),
  ),
  op(`${method}copy`, '(input, order=None)', (_cx, args) => args.tensor('input')),
  op(`${method}type_as`, '(input, other)', (cx, args) =>
    cx.build.convert(args.tensor('input'), cx.build.aval(args.tensor('other')).dtype),
  ),
  ...Object.entries(conversions).map(([name, dtype]) =>
    op(`${method}${name}`, '(input, memory_format=None)', (cx, args) => cx.build.convert(args.tensor('input'), dtype)),
  ),
  native(`${method}__len__`, '(input)', (cx, args) => int(cx.build.shape(args.tensor('input'))[0] ?? 0)),
];
