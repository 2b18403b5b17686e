import * as D from '../graph/dim.ts';
import { type Graph, type Node, type NodeId, nodeAt, type usersOf } from '../graph/graph.ts';
import { dimAt } from '../graph/shape.ts';
import { mapsAround } from './mapped.ts';
import { blockDiagonal, type Occurrence } from './occurrence.ts';

/** What an axis of a derivative over a batch numbers; `matrix`: outputs and inputs in one; null: anything else. */
export type Role = 'batch' | 'output' | 'input' | 'matrix' | null;

/** A value that is made of a derivative, with what each of its axes numbers. */
export interface Reached {
  readonly node: Node;
  readonly roles: readonly Role[];
  /** The value that it was made of, or null for the derivative itself. */
  readonly from: Reached | null;
}

/**
 * A derivative over a batch with what its axes number: a dense one, one mapped over the samples, the gradient of an
 * output of each sample, or, where it is said that a sum over the batch was differentiated, that one. Null for others.
 */
export function rolesOf(graph: Graph, occurrence: Occurrence, isSummed: boolean): Reached | null {
  const { node, kind, input, output, flow } = occurrence;
  const inputs: Role[] = input.shape.map(() => 'input');
  const outputs: Role[] = output.shape.map(() => 'output');
  const [map, ...maps] = mapsAround(graph, node);
  if (map !== undefined) {
    const [result] = map.op.params.region.outputs;
    const inner =
      kind === 'jacobian' && result !== undefined ? rolesBehind(graph, result, node.id, [...outputs, ...inputs]) : null;
    if (inner === null || maps.length > 0) return null;
    return { node: map, roles: inner.toSpliced(map.op.params.outAxis, 0, 'batch'), from: null };
  }
  const rest = inputs.slice(1);
  if (kind === 'vjp') {
    const isOwn = flow.kind === 'along' || flow.kind === 'summed';
    return isOwn && inputs.length > 1 ? { node, roles: ['batch', ...rest], from: null } : null;
  }
  if (kind !== 'jacobian') return null;
  if (isSummed) return { node, roles: [...outputs, 'batch', ...rest], from: null };
  const structure = blockDiagonal(occurrence);
  if (structure === null) return null;
  const own: Role[] = outputs.map((role, axis) => (axis === structure.pair[0] ? 'batch' : role));
  return { node, roles: [...own, 'batch', ...rest], from: null };
}

/** The roles of a value that is another one moved about, whose roles are known. */
function rolesBehind(graph: Graph, id: NodeId, source: NodeId, roles: readonly Role[]): readonly Role[] | null {
  if (id === source) return roles;
  const node = nodeAt(graph, id);
  const [first] = node.operands;
  const before = first === undefined || first < source ? null : rolesBehind(graph, first, source, roles);
  return before === null || first === undefined ? null : rolesAfter(graph, node, first, before);
}

/** All that is made of a derivative by moving, scaling and reducing it, in the order in which it is made. */
export function madeOf(graph: Graph, users: ReturnType<typeof usersOf>, start: Reached): readonly Reached[] {
  const found = [start];
  const seen = new Set([start.node.id]);
  for (const reached of found) {
    for (const id of users.get(reached.node.id) ?? []) {
      const node = nodeAt(graph, id);
      const roles = seen.has(id) ? null : rolesAfter(graph, node, reached.node.id, reached.roles);
      if (roles === null) continue;
      seen.add(id);
      found.push({ node, roles, from: reached });
    }
  }
  return found;
}

/** Operations that keep each entry at its place. */
const entrywise: ReadonlySet<string> = new Set([
  'convert',
  'stop_gradient',
  'neg',
  'abs',
  'square',
  'sqrt',
  'exp',
  'log',
  'mul',
  'div',
  'add',
  'sub',
]);

/** What the axes of an operation's result number, given those of one operand; null where that is not said. */
function rolesAfter(graph: Graph, node: Node, from: NodeId, roles: readonly Role[]): readonly Role[] | null {
  const { op, aval } = node;
  const before = nodeAt(graph, from).aval.shape;
  if (entrywise.has(op.name)) return aval.shape.length === roles.length ? roles : null;
  switch (op.name) {
    case 'transpose':
      return op.params.permutation.map((axis) => roles[axis] ?? null);
    case 'broadcast_in_dim':
      return aval.shape.map((_, axis) => roles[op.params.dims.indexOf(axis)] ?? null);
    case 'diagonal': {
      const { axis1, axis2 } = op.params;
      const [a, b] = [roles[axis1] ?? null, roles[axis2] ?? null];
      return [...roles.filter((_, axis) => axis !== axis1 && axis !== axis2), a === b ? a : null];
    }
    case 'gather': {
      const { axes, position } = op.params;
      const rest = roles.filter((_, axis) => !axes.includes(axis));
      const isPair = axes.length === 2 && aval.shape.length === rest.length + 1;
      return isPair && axes.every((axis) => roles[axis] === 'batch') ? rest.toSpliced(position, 0, 'batch') : null;
    }
    case 'reduce_sum':
    case 'reduce_max':
    case 'reduce_min':
    case 'reduce_prod':
      return roles.filter((_, axis) => !op.params.axes.includes(axis));
    case 'take':
      return roles.filter((_, axis) => axis !== op.params.axis);
    case 'slice':
      return roles;
    case 'concatenate':
      return stackedRoles(graph, node, roles);
    case 'reshape':
      return reshapedRoles(before, aval.shape, roles);
    default:
      return null;
  }
}

/** Gradients of one output each, along a new axis: that numbers the outputs. */
function stackedRoles(graph: Graph, { op, operands }: Node, roles: readonly Role[]): readonly Role[] | null {
  if (op.name !== 'concatenate' || roles.includes('output') || !roles.includes('batch')) return null;
  const isRow = (id: NodeId): boolean => {
    const { op: expand, operands: inner, aval } = nodeAt(graph, id);
    const [row] = inner;
    return (
      expand.name === 'broadcast_in_dim' &&
      !expand.params.dims.includes(op.params.axis) &&
      dimAt(aval.shape, op.params.axis) === 1 &&
      row !== undefined &&
      nodeAt(graph, row).op.name === 'vjp'
    );
  };
  return operands.every(isRow) ? roles.with(op.params.axis, 'output') : null;
}

/** Axes that stay as they are keep what they number; axes of one are nothing; an output and an input may become one axis. */
function reshapedRoles(
  before: readonly D.Dim[],
  after: readonly D.Dim[],
  roles: readonly Role[],
): readonly Role[] | null {
  const result: Role[] = [];
  let k = 0;
  for (const dim of after) {
    if (dim === 1) {
      result.push(null);
      continue;
    }
    while (before[k] === 1) k++;
    const own = before[k];
    if (own === undefined) return null;
    if (D.equal(own, dim)) result.push(roles[k++] ?? null);
    else {
      let size: D.Dim = 1;
      const merged: Role[] = [];
      while (k < before.length && !D.equal(size, dim)) {
        size = D.mul(size, before[k] ?? 1);
        merged.push(roles[k++] ?? null);
      }
      if (!D.equal(size, dim)) return null;
      result.push(merged.join() === 'output,input' ? 'matrix' : null);
    }
  }
  return result;
}

/** Whether the batch, once, then inputs, then outputs, is what the axes number: the transpose of each sample's Jacobian. */
export function isTransposed(roles: readonly Role[]): boolean {
  return /^batch(,input)+(,output)+$/.test(roles.join());
}
