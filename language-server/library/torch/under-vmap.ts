import { type NodeId, nodeAt, reachable } from '../../graph/graph.ts';
import type { Distribution } from '../../graph/primitives/leaves.ts';
import type { DType, Shape } from '../../graph/shape.ts';
import { type Context, type Draw, PythonError, type Randomness, type Transform, Unknowable } from '../context.ts';

/** What `vmap` and the other transforms of torch.func do not allow in their functions (https://docs.pytorch.org/docs/stable/func.ux_limitations.html). */

/** Refuses an operation that `vmap` itself cannot take apart, where it is given entries; what `grad` makes of it may be. */
export function requireBatchingRule(cx: Context, name: string, x: NodeId): void {
  const transform = cx.transforms.at(-1);
  if (transform !== undefined && isTorchMap(transform) && hangsOn(cx, x, transform))
    throw new PythonError('RuntimeError', `vmap: there is no batching rule for ${name}`, {
      kind: 'no batching rule',
      call: transform.call,
    });
}

/** The same of an operation that no `vmap` around can take apart, not even what is made of it to differentiate it. */
export function requireNoMap(cx: Context, name: string, x: NodeId): void {
  requireBatchingRule(cx, name, x);
  const outermost = cx.transforms.findIndex(isTorchMap);
  // Whether what is differentiated within is an entry, or a tangent's, is as good as sure.
  if (outermost >= 0 && cx.transforms.slice(outermost).some((transform) => hangsOn(cx, x, transform)))
    throw new Unknowable(`vmap has no batching rule for ${name}`);
}

/** Whether a transform is a `vmap` of torch's. */
export function isTorchMap(transform: Transform): transform is Extract<Transform, { kind: 'vmap' }> {
  return transform.kind === 'vmap' && transform.call.family === 'torch';
}

/** Whether a node is computed from what the transform differentiates or maps: under `vmap` it has an entry for each one. */
export function hangsOn(cx: Context, node: NodeId, { inputs }: Transform): boolean {
  const own = new Set(inputs);
  return reachable(cx.build, [node], inputs).some((id) => own.has(id));
}

/** Refuses to start recording for torch.autograd in a function that is transformed: `requires_grad_()`, and all that calls it. */
export function requireOutside(cx: Context, api: string): void {
  // The map of torch.autograd.functional's forward mode is an older one, which lets it be.
  const transform = cx.transforms.findLast(
    ({ call }) => call.family === 'torch' && !call.api.startsWith('torch.autograd.functional.'),
  );
  if (transform === undefined) return;
  throw new PythonError('RuntimeError', refusedInside(api), { kind: 'autograd', call: transform.call, api });
}

function refusedInside(api: string): string {
  if (api.endsWith('backward')) return 'backward() called inside a functorch transform';
  return 'You are attempting to call Tensor.requires_grad_() (or perhaps using torch.autograd.functional.* APIs) inside of a function being transformed by a functorch transform';
}

/** Refuses to read a record that the innermost transform does not keep: only `grad` and its kin record. */
export function requireRecorded(cx: Context, output: NodeId, api: string): void {
  const transform = cx.transforms.at(-1);
  if (transform === undefined || transform.kind === 'grad' || transform.call.family !== 'torch') return;
  if (hangsOn(cx, output, transform))
    throw new PythonError('RuntimeError', 'element 0 of tensors does not require grad and does not have a grad_fn', {
      kind: 'autograd',
      call: transform.call,
      api,
    });
}

/** Refuses a draw that a `vmap` around does not allow: any unless it is told how, and those that it cannot make so. */
export function requireDraw(cx: Context, draw: Draw): void {
  for (const transform of cx.transforms) {
    if (!isTorchMap(transform) || transform.randomness === null) continue;
    const { call, randomness } = transform;
    const message = refusal(cx, draw, transform, randomness);
    if (message !== null)
      throw new PythonError('RuntimeError', message, { kind: 'random draw', call, draw, randomness });
  }
}

function refusal(cx: Context, draw: Draw, transform: Transform, randomness: Randomness): string | null {
  const isMade = (node: NodeId): boolean => ['full', 'random', 'parameter'].includes(nodeAt(cx.build, node).op.name);
  const isEntry = (node: NodeId): boolean => hangsOn(cx, node, transform);
  switch (randomness) {
    case 'error':
      return 'vmap: called random operation while in randomness error mode';
    case 'same':
      return draw.kind === 'of' && draw.nodes.some(isEntry)
        ? 'vmap does not support same randomness with a batched tensor input'
        : null;
    case 'different':
      // A view may be one of a tensor that was made like an entry.
      return draw.kind === 'into' && !draw.nodes.some(isEntry) && draw.nodes.every(isMade)
        ? 'vmap: cannot ask for different in-place randomness on an unbatched tensor'
        : null;
  }
}

/** A tensor of random numbers; null for a draw that may not be made, as nobody knows whether it is. */
export function drawn(
  cx: Context,
  shape: Shape,
  distribution: Distribution,
  dtype: DType,
  draw: Draw | null = { kind: 'new' },
): NodeId {
  if (draw !== null) requireDraw(cx, draw);
  return cx.build.random(shape, distribution, dtype);
}
