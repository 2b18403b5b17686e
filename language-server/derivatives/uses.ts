import { flowsFrom, isIota } from '../graph/dependence.ts';
import * as D from '../graph/dim.ts';
import { type Flow, isPlain } from '../graph/flow.ts';
import { type Graph, type Node, type NodeId, nodeAt, type usersOf } from '../graph/graph.ts';
import { dimAt } from '../graph/shape.ts';
import type { Escape } from '../tracer/trace.ts';
import type { BlockDiagonal } from './occurrence.ts';

/** What a program goes on to do with a dense, block-diagonal Jacobian. */
export type Use =
  /** Only the same-sample blocks are kept: by a diagonal, an index pair, a sum over the other batch axis. */
  | { readonly kind: 'blocks'; readonly node: Node }
  /** A diagonal that pairs a batch axis with an axis that is no batch. */
  | { readonly kind: 'wrong-diagonal'; readonly node: Node; readonly axes: readonly [number, number] }
  /** Given back to a caller that is not in sight. */
  | { readonly kind: 'returned'; readonly node: Node }
  /** The zeros matter, or may: made a matrix of, inverted, compared, read off the diagonal. */
  | { readonly kind: 'whole'; readonly node: Node };

/** Operations that pass a Jacobian on without deciding what becomes of its blocks. */
const undecided: ReadonlySet<string> = new Set([
  'transpose',
  'convert',
  'stop_gradient',
  'neg',
  'mul',
  'div',
  'square',
  'broadcast_in_dim',
  'either',
]);

/** The uses of a dense Jacobian in the graph, followed through what only moves or scales it. */
export function usesOf(
  graph: Graph,
  users: ReturnType<typeof usersOf>,
  jacobian: NodeId,
  structure: Pick<BlockDiagonal, 'pair' | 'batch'>,
  escapes: ReadonlyMap<NodeId, readonly Escape[]>,
): readonly Use[] {
  const seed: Flow = {
    kind: 'along',
    axes: structure.pair.map((axis) => ({ axis, outer: 1, inner: 1 })),
    zeroOff: true,
  };
  const flowOf = flowsFrom(graph, new Map([[jacobian, seed]]), structure.batch);
  const uses: Use[] = [];
  const seen = new Set<NodeId>();
  const visit = (id: NodeId): void => {
    for (const { into } of escapes.get(id) ?? [])
      uses.push({ kind: into === 'caller' ? 'returned' : 'whole', node: nodeAt(graph, id) });
    for (const user of users.get(id) ?? []) {
      if (seen.has(user)) continue;
      seen.add(user);
      const node = nodeAt(graph, user);
      const use = classify(graph, users, node, flowOf(id), flowOf(user));
      if (use === 'follow') visit(user);
      else if (use !== null) uses.push(use);
    }
  };
  visit(jacobian);
  return uses;
}

function classify(
  graph: Graph,
  users: ReturnType<typeof usersOf>,
  node: Node,
  before: Flow,
  after: Flow,
): Use | 'follow' | null {
  if (before.kind !== 'along') return null;
  const pair = before.axes.map(({ axis }) => axis);
  const { op } = node;
  if (op.name === 'diagonal') {
    const { axis1, axis2 } = op.params;
    const hit = [axis1, axis2].filter((axis) => pair.includes(axis));
    if (hit.length === 2) return { kind: 'blocks', node };
    return hit.length === 1 ? { kind: 'wrong-diagonal', node, axes: [axis1, axis2] } : 'follow';
  }
  if (op.name === 'gather') {
    const whole =
      pair.length === 2 &&
      pair.every(
        (axis) =>
          op.params.axes.includes(axis) && isIota(graph, node.operands[1 + op.params.axes.indexOf(axis)] ?? node.id),
      );
    return { kind: whole ? 'blocks' : 'whole', node };
  }
  if (op.name === 'reduce_sum') {
    const summed = pair.filter((axis) => op.params.axes.includes(axis));
    // A sum over one batch axis alone keeps the blocks: the rest is zero.
    if (summed.length === 1 && op.params.axes.length === 1) return { kind: 'blocks', node };
    return summed.length === 0 ? 'follow' : { kind: 'whole', node };
  }
  if (op.name === 'take' && pair.includes(op.params.axis))
    return indexPair(graph, users, node, pair, op.params.axis, op.params.index);
  // A transform only looks at the value; a derivative of what was computed from it is another matter.
  if (op.name === 'jacobian' || op.name === 'vjp' || op.name === 'jvp' || op.name === 'vmap') return null;
  const stillPaired = after.kind === 'along' && after.axes.length === 2 && after.zeroOff && after.axes.every(isPlain);
  return undecided.has(op.name) && stillPaired ? 'follow' : { kind: 'whole', node };
}

/** `J[k, :, k]`: an entry of each batch axis, the same one. */
function indexPair(
  graph: Graph,
  users: ReturnType<typeof usersOf>,
  node: Node,
  pair: readonly number[],
  axis: number,
  index: D.Dim | 'loop',
): Use {
  const other = pair.find((a) => a !== axis);
  if (other === undefined) return { kind: 'whole', node };
  const isTaken = (of: Node, left: number): boolean => {
    const nexts = (users.get(of.id) ?? []).map((id) => nodeAt(graph, id));
    return nexts.length > 0 && nexts.every((next) => isSame(next, left));
  };
  /** The same entry of the other batch axis, at once or after one of the axes between (`J[k, 0, k]`). */
  const isSame = (next: Node, left: number): boolean => {
    if (next.op.name !== 'take') return false;
    const { axis: at, index: own } = next.op.params;
    return at === left ? sameIndex(own, index) : isTaken(next, at < left ? left - 1 : left);
  };
  return { kind: isTaken(node, other > axis ? other - 1 : other) ? 'blocks' : 'whole', node };
}

function sameIndex(a: D.Dim | 'loop', b: D.Dim | 'loop'): boolean {
  return a === 'loop' || b === 'loop' ? a === b : D.equal(a, b);
}

/**
 * Labels of a value's axes in terms of a Jacobian's: where each axis came from. Of pairs whose diagonal was taken, the
 * first stands for both.
 */
export function axesFrom(
  graph: Graph,
  jacobian: NodeId,
  pairs: readonly BlockDiagonal['pair'][],
  target: NodeId,
): readonly number[] | null {
  if (target === jacobian) return nodeAt(graph, jacobian).aval.shape.map((_, axis) => axis);
  const node = nodeAt(graph, target);
  const [first] = node.operands;
  if (first === undefined) return null;
  const before = axesFrom(graph, jacobian, pairs, first);
  if (before === null) return null;
  const at = (axis: number): number => before[axis] ?? -1;
  const shared = (label: number): number => pairs.find((pair) => pair.includes(label))?.[0] ?? label;
  switch (node.op.name) {
    case 'transpose':
      return node.op.params.permutation.map(at);
    case 'convert':
    case 'stop_gradient':
      return before;
    case 'diagonal': {
      const { axis1, axis2 } = node.op.params;
      return [...before.filter((_, axis) => axis !== axis1 && axis !== axis2), shared(at(axis1))];
    }
    case 'gather': {
      const { axes, position } = node.op.params;
      const rest = before.filter((_, axis) => !axes.includes(axis));
      return [...rest.slice(0, position), shared(at(axes[0] ?? -1)), ...rest.slice(position)];
    }
    case 'reduce_sum': {
      const { axes } = node.op.params;
      return before.flatMap((label, axis) => (axes.includes(axis) ? [] : [shared(label)]));
    }
    default:
      return null;
  }
}

/** How a value's batch axis ends up: where the axis of another node lies after moves alone, or null when it is gone. */
export function followAxis(graph: Graph, node: Node, from: NodeId, axis: number): number | null {
  if (node.op.name === 'either') return axis;
  if (node.operands[0] !== from) return null;
  switch (node.op.name) {
    case 'transpose':
      return node.op.params.permutation.indexOf(axis);
    case 'convert':
    case 'stop_gradient':
      return axis;
    case 'broadcast_in_dim':
      return node.op.params.dims[axis] ?? null;
    case 'reshape': {
      const [before, after] = [nodeAt(graph, from).aval.shape, node.aval.shape];
      const real = before.flatMap((dim, k) => (dim === 1 ? [] : [k])).indexOf(axis);
      const kept = after.flatMap((dim, k) => (dim === 1 ? [] : [k]));
      const target = kept[real];
      return real >= 0 && target !== undefined && D.equal(dimAt(before, axis), dimAt(after, target)) ? target : null;
    }
    default:
      return null;
  }
}
