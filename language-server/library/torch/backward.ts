import { uniformValue } from '../../graph/dependence.ts';
import { reach } from '../../graph/gradient.ts';
import { type NodeId, nodeAt, reachable } from '../../graph/graph.ts';
import { requireSameShape, showShape } from '../../graph/shape.ts';
import { type Args, several } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { native } from '../define.ts';
import { leavesOf, madeFunction } from '../transforms.ts';
import { type NativeValue, none, optionsOf, type TensorValue, tensor, type Value } from '../values.ts';
import { requireOutside } from './under-vmap.ts';

/**
 * Gradients of recorded results: what `torch.autograd.grad` and `backward()` share, and what the latter leaves in `.grad`
 * (https://docs.pytorch.org/docs/stable/generated/torch.Tensor.backward.html).
 */

/** A result with the cotangent that is pulled back from it. */
export interface Pull {
  readonly output: NodeId;
  readonly cotangent: NodeId;
}

/** The cotangent of an output: what is given, or one for a single number; `kind` says what it is where that does not fit. */
export function cotangentOf(
  cx: Context,
  output: NodeId,
  given: NodeId | null,
  api: string,
  kind = 'a cotangent',
): NodeId {
  const { shape, dtype } = cx.build.aval(output);
  if (given !== null) {
    const own = cx.build.shape(given);
    requireSameShape(own, shape, () => `${kind} ${showShape(own)} for an output ${showShape(shape)}`);
    return given;
  }
  if (shape.some((dim) => dim !== 1))
    throw new PythonError(
      'RuntimeError',
      `grad can be implicitly created only for scalar outputs, not ${showShape(shape)}`,
      { kind: 'no scalar', api, output, origin: cx.origin, madeAt: null },
    );
  return cx.build.full(shape, 1, dtype);
}

/** Refuses results of which nothing was recorded: none of what they were computed from requires grad. */
export function requireGraph(cx: Context, outputs: readonly NodeId[]): void {
  const output = outputs.find((each) => cx.recording.of(each) === 'no');
  // In a transform, what is recorded is another matter.
  if (output === undefined || cx.transforms.length > 0) {
    cx.recording.pulled.push(...outputs.map((each) => ({ output: each, origin: cx.origin })));
    return;
  }
  throw new PythonError('RuntimeError', 'element 0 of tensors does not require grad and does not have a grad_fn', {
    kind: 'not recorded',
    output,
    input: null,
  });
}

/** The gradient of a recorded result with respect to a value that it was computed from; null where it does not hang on it. */
export function recordedGradient(
  cx: Context,
  { output, cotangent }: Pull,
  input: NodeId,
  differentiable: boolean,
): NodeId | null {
  const { build } = cx;
  const region = { inputs: [input], outputs: [output] };
  const far = reach(build, region, 0, 'record');
  if (far.kind === 'none' || far.kind === 'closed') return null;
  if (far.kind === 'unknown' && far.by !== null && nodeAt(build, far.by).op.name === 'floor_divide')
    throw new Unknowable('whether the library has the derivative of a floor division depends on how it is written');
  const params = { region, wrt: 0, input: build.aval(input), output: build.aval(output), differentiable };
  return build.emit('vjp', params, [input, cotangent]);
}

/** The attribute that holds what `backward()` left, or will have left once somebody looks. */
const leftMark = '_grad';

/** `x.grad`: what `backward()` left there. */
export function gradOf(cx: Context, x: TensorValue): Value {
  const held = x.attributes.get(leftMark);
  if (held === undefined) {
    const isInner = cx.recording.of(x.node) === 'yes' && !cx.recording.holders.has(x);
    return isInner ? none : cx.unknown('whether backward() has left something in .grad is not known');
  }
  const value = lookAt(cx, held);
  if (value !== held) setGrad(cx, x, value);
  return value;
}

/** `x.grad = value`. */
export function setGrad(cx: Context, x: TensorValue, value: Value): void {
  cx.setName(x.attributes, leftMark, value);
}

function lookAt(cx: Context, held: Value): Value {
  if (optionsOf(held) !== null) return cx.unknown('what backward() has left in .grad is one of several');
  return held.kind === 'native' ? cx.call(held, []) : held;
}

/** Adds the gradient of some results to what a leaf holds. It is worked out where somebody looks at it, as few do. */
function accumulate(
  cx: Context,
  leaf: TensorValue,
  pulls: readonly Pull[],
  differentiable: boolean,
  api: string,
): void {
  const before = leaf.attributes.get(leftMark) ?? none;
  const { origin } = cx;
  const input = leaf.node;
  const own = (inner: Context): Value =>
    inner.asOf(origin, () =>
      inner.differentiating({ api, target: null, madeAt: null, given: [] }, (results) =>
        inner.withGradMode('enabled', () => {
          const parts = pulls.flatMap((pull) => recordedGradient(inner, pull, input, differentiable) ?? []);
          results.push(...parts);
          const [first, ...rest] = parts;
          return first === undefined ? none : tensor(rest.reduce((sum, part) => inner.build.add(sum, part), first));
        }),
      ),
    );
  const after = madeFunction(cx, api, leaf, (inner) => {
    const [left, added] = [lookAt(inner, before), own(inner)];
    if (left.kind === 'unknown') return left;
    if (left.kind !== 'tensor' || uniformValue(inner.build, left.node) === 0) return added;
    return added.kind === 'tensor' ? tensor(inner.build.add(left.node, added.node)) : left;
  });
  setGrad(cx, leaf, before.kind === 'unknown' ? before : after);
}

/** Pulls cotangents back to the leaves: those that are named, or all that require grad. */
function pullBack(cx: Context, args: Args, pulls: readonly Pull[], api: string): Value {
  const outputs = pulls.map(({ output }) => output);
  requireOutside(cx, api);
  requireGraph(cx, outputs);
  const differentiable = args.truth('create_graph', false) !== false;
  const behind = new Set(reachable(cx.build, outputs));
  const named = args.optional('inputs');
  const inputs = named === null ? null : several(named);
  for (const leaf of inputs ?? cx.recording.holders) {
    if (leaf.kind !== 'tensor' || !behind.has(leaf.node)) continue;
    if (inputs !== null || cx.recording.of(leaf.node) !== 'no') accumulate(cx, leaf, pulls, differentiable, api);
  }
  return none;
}

/** Sets what tensors hold back, as the `zero_grad` of modules and optimizers does. */
export function resetGrads(cx: Context, tensors: readonly TensorValue[], toNone: boolean): void {
  for (const x of tensors) {
    const isEmpty = (x.attributes.get(leftMark) ?? none).kind === 'none';
    const { shape, dtype } = cx.build.aval(x.node);
    setGrad(cx, x, toNone || isEmpty ? none : tensor(cx.build.full(shape, 0, dtype)));
  }
}

const tensorBackward = 'torch.Tensor.backward';
const autogradBackward = 'torch.autograd.backward';

export const backward: readonly NativeValue[] = [
  native(tensorBackward, '(input, gradient=None, retain_graph=None, create_graph=False, inputs=None)', (cx, args) => {
    const output = args.tensor('input');
    const [given = null] = leavesOf(args.optional('gradient') ?? none);
    requireOutside(cx, tensorBackward);
    const cotangent = cotangentOf(cx, output, given, tensorBackward);
    return pullBack(cx, args, [{ output, cotangent }], tensorBackward);
  }),
  native(
    autogradBackward,
    '(tensors, grad_tensors=None, retain_graph=None, create_graph=False, grad_variables=None, inputs=None)',
    (cx, args) => {
      const given = several(args.optional('grad_tensors') ?? none);
      const pulls = several(args.value('tensors'))
        .flatMap(leavesOf)
        .map((output, k): Pull => {
          const [cotangent = null] = leavesOf(given[k] ?? none);
          return { output, cotangent: cotangentOf(cx, output, cotangent, autogradBackward) };
        });
      return pullBack(cx, args, pulls, autogradBackward);
    },
  ),
  native('torch.Tensor.retain_grad', '(input)', (cx, args) => {
    cx.recording.holders.add(args.tensorValue('input'));
    return none;
  }),
];
