import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import { type NodeId, nodeAt, reachable } from '../../graph/graph.ts';
import { asOperand, known, requireTorch } from '../arguments.ts';
import { type Context, PythonError } from '../context.ts';
import { describe, type LoopSource, type Value } from '../values.ts';

/** Sequences of tensors, as functions that join tensors take them. */

export type Parts =
  | { readonly kind: 'items'; readonly nodes: readonly NodeId[] }
  /** Like tensors whose number is not a small known one. */
  | { readonly kind: 'repeated'; readonly length: Dim; readonly node: NodeId; readonly over: LoopSource | null };

/** The tensors of a sequence. Throws PythonError for what is none. */
export function partsOf(cx: Context, value: Value): Parts {
  known(value);
  // A tensor is the sequence of its slices only where it is gone through on purpose.
  if (value.kind === 'tensor') throw new PythonError('TypeError', 'a sequence of tensors is wanted, not a tensor');
  const iteration = cx.iterate(value);
  if (iteration.kind === 'items') return { kind: 'items', nodes: iteration.items.map((item) => nodeOf(item)) };
  return { kind: 'repeated', length: iteration.length, node: nodeOf(iteration.element), over: iteration.over };
}

function nodeOf(value: Value): NodeId {
  known(value);
  if (value.kind === 'tensor') return requireTorch(value).node;
  throw new PythonError('TypeError', `a sequence of tensors is wanted, not one with ${describe(value)}`);
}

/** Sequences given as one argument or as several, numbers among them. */
export function several(cx: Context, rest: readonly Value[]): readonly NodeId[] {
  const [only] = rest;
  const items = rest.length === 1 && only !== undefined && only.kind !== 'tensor' ? cx.items(known(only)) : rest;
  return items.map((value) => asOperand(cx, value, null));
}

/** All parts along a new axis. Those of a loop over a tensor come to what `vmap` computes. */
export function stackParts(cx: Context, parts: Parts, axis: number): NodeId {
  const { build } = cx;
  if (parts.kind === 'items') return build.stack(parts.nodes, axis);
  const { length, node, over } = parts;
  const output = build.aval(node);
  const rank = output.shape.length + 1;
  const at = axis < 0 ? axis + rank : axis;
  if (at < 0 || at >= rank) return build.expandDims(node, axis);
  if (over !== null && onlyThrough(cx, node, over.entry)) {
    return build.emit(
      'vmap',
      { region: { inputs: [over.entry], outputs: [node] }, inAxes: [over.axis], outAxis: at, output },
      [over.source],
    );
  }
  const shape = [...output.shape.slice(0, at), length, ...output.shape.slice(at)];
  return build.emit('opaque', { name: 'torch.stack', aval: { shape, dtype: output.dtype }, batched: [] }, [node]);
}

/** All parts along an axis that they have. */
export function concatenateParts(cx: Context, parts: Parts, axis: number): NodeId {
  const { build } = cx;
  if (parts.kind === 'items') {
    // Vectors without elements may stand beside anything.
    if (parts.nodes.every((node) => build.rank(node) === 1)) return build.concatenate(parts.nodes, axis);
    const full = parts.nodes.filter((node) => !(build.rank(node) === 1 && build.shape(node)[0] === 0));
    const nodes = full.length > 0 ? full : parts.nodes.slice(0, 1);
    return build.concatenate(nodes, axis);
  }
  const rank = build.rank(parts.node);
  const at = axis < 0 ? axis + rank : axis;
  if (rank === 0 || at < 0 || at >= rank) return build.concatenate([parts.node], axis);
  const stacked = stackParts(cx, parts, at);
  const shape = build.shape(stacked);
  const merged = D.mul(shape[at] ?? 1, shape[at + 1] ?? 1);
  return build.reshape(stacked, [...shape.slice(0, at), merged, ...shape.slice(at + 2)]);
}

/** Whether nothing but the entry itself varies from turn to turn in what the node is computed from. */
function onlyThrough(cx: Context, node: NodeId, entry: NodeId): boolean {
  return reachable(cx.build, [node], [entry]).every((id) => {
    const { op } = nodeAt(cx.build, id);
    if (id === entry) return true;
    return op.name !== 'take' || (op.params.index !== 'loop' && D.isKnown(op.params.index));
  });
}
