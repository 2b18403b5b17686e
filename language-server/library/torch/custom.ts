import type { NodeId } from '../../graph/graph.ts';
import { type Context, PythonError } from '../context.ts';
import { classMethod, libraryClass, native } from '../define.ts';
import {
  bool,
  type ClassValue,
  type InstanceValue,
  list,
  none,
  type TensorValue,
  tensor,
  tensorsIn,
  tuple,
  type Value,
} from '../values.ts';
import { opaque } from './opaque.ts';

/**
 * torch.autograd.Function (https://docs.pytorch.org/docs/stable/autograd.html#function): operations whose derivative the
 * user writes. Shapes are those of `forward`; what depends on what is `backward`'s to say, so nothing is known of it.
 */

const context = libraryClass(
  'torch.autograd.function.FunctionCtx',
  [],
  [
    native('save_for_backward', '(self, *tensors)', (cx, args) => {
      cx.setAttribute(args.value('self'), 'saved_tensors', tuple(args.rest));
      return none;
    }),
    ...['save_for_forward', 'mark_dirty', 'mark_non_differentiable', 'set_materialize_grads'].map((name) =>
      native(name, '(self, *args)', () => none),
    ),
  ],
);

function apply(cx: Context, cls: Value, given: readonly Value[]): Value {
  const forward = cx.attribute(cls, 'forward');
  if (forward === null) throw new PythonError('NotImplementedError', 'the function has no forward');
  const ctx = cx.instantiate(context);
  cx.setAttribute(ctx, 'saved_tensors', tuple([]));
  cx.setAttribute(ctx, 'needs_input_grad', tuple(given.map(() => bool(null))));
  // In the newer form, what is kept for `backward` is set up apart.
  const setUp = cx.attribute(cls, 'setup_context');
  const output = cx.withGradMode('no_grad', () => {
    if (setUp === null) return cx.call(forward, [ctx, ...given]);
    const result = cx.call(forward, given);
    cx.call(setUp, [ctx, tuple(given), result]);
    return result;
  });
  expectBackward(cx, cls, ctx, output);
  return sealed(cx, cls.kind === 'class' ? cls.name : 'apply', given.flatMap(tensorsIn), output);
}

/** `backward` gets what `forward` kept, and a gradient of the shape of each result. */
function expectBackward(cx: Context, cls: Value, { attributes, ...ctx }: InstanceValue, output: Value): void {
  const backward = cx.attribute(cls, 'backward');
  if (backward === null) return;
  const kept = { ...ctx, attributes: new Map(attributes) };
  const outputs = output.kind === 'tuple' || output.kind === 'list' ? output.items : [output];
  cx.expectCall(backward, () => [
    kept,
    ...outputs.map(
      (each): Value => (each.kind === 'tensor' ? cotangent(cx, each) : each.kind === 'unknown' ? each : none),
    ),
  ]);
}

/** Some gradient with respect to a tensor. */
function cotangent(cx: Context, { node, family }: TensorValue): TensorValue {
  return tensor(cx.build.emit('data', { name: 'gradient', aval: cx.build.aval(node) }), family);
}

/** What a function gives, with its tensors cut off from how they were computed. */
function sealed(cx: Context, name: string, operands: readonly NodeId[], value: Value): Value {
  const again = (item: Value): Value => sealed(cx, name, operands, item);
  switch (value.kind) {
    case 'tensor': {
      const { shape, dtype } = cx.build.aval(value.node);
      return tensor(opaque(cx, name, operands, shape, dtype), value.family);
    }
    case 'tuple':
      return tuple(value.items.map(again), value.fields);
    case 'list':
      return value.tail === null ? list(value.items.map(again)) : cx.unknown('how many tensors there are is not known');
    default:
      return value;
  }
}

export const customClasses: readonly ClassValue[] = [
  context,
  libraryClass(
    'torch.autograd.Function',
    [],
    [],
    new Map([
      ['apply', classMethod(native('apply', '(cls, *args)', (cx, args) => apply(cx, args.value('cls'), args.rest)))],
    ]),
  ),
];
