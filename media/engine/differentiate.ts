import type { Graph, Node, NodeId, Region } from '../../language-server/graph/graph.ts';
import { nodeAt, reachable, regionNodes } from '../../language-server/graph/graph.ts';
import type { Op, Params, PrimitiveName } from '../../language-server/graph/primitives/index.ts';
import { isFloating } from '../../language-server/graph/shape.ts';
import { product, range, sizesOf } from './concrete.ts';
import type { Emitter } from './emitter.ts';
import { batched, type Operand } from './rules/batching.ts';
import { elementwiseRules } from './rules/elementwise.ts';
import { linalgRules } from './rules/linalg.ts';
import { productRules } from './rules/products.ts';
import { reductionRules } from './rules/reductions.ts';
import {
  type Application,
  at,
  type DerivativeRules,
  type DerivativeTable,
  lowered,
  missing,
  unsupported,
  zero,
} from './rules/rule.ts';
import { structureRules, unbroadcast } from './rules/structure.ts';

/** Both derivative rules of every primitive. Transforms are expanded before anything is differentiated. */
export const derivatives: DerivativeTable<Params> = {
  input: zero,
  parameter: zero,
  full: zero,
  size: zero,
  literal: zero,
  iota: zero,
  eye: zero,
  random: zero,
  data: zero,
  ...elementwiseRules,
  ...structureRules,
  ...reductionRules,
  ...productRules,
  ...linalgRules,
  vmap: lowered,
  jacobian: lowered,
  vjp: lowered,
  jvp: lowered,
  opaque: missing,
  either: missing,
};

function rulesOf<K extends PrimitiveName>(op: Op<K>): DerivativeRules<Params[K]> {
  return derivatives[op.name];
}

function jvpOf<K extends PrimitiveName>(
  op: Op<K>,
  p: Omit<Application<unknown>, 'params'>,
  tangents: readonly (NodeId | null)[],
): NodeId | null {
  return rulesOf(op).jvp({ ...p, params: op.params }, tangents);
}

function vjpOf<K extends PrimitiveName>(
  op: Op<K>,
  p: Omit<Application<unknown>, 'params'>,
  ct: NodeId,
  k: number,
): NodeId | null {
  return rulesOf(op).vjp({ ...p, params: op.params }, ct, k);
}

/**
 * Pushes tangents forward: the tangent of `output`, given those of some nodes; null where it surely is zero.
 * Everything is written into the graph that holds them. Throws EngineError where a primitive has no rule.
 */
export function pushForward(g: Emitter, output: NodeId, tangents: ReadonlyMap<NodeId, NodeId>): NodeId | null {
  const known = new Map<NodeId, NodeId | null>(tangents);
  const inputs = [...tangents.keys()];
  for (const id of regionNodes(g, { inputs, outputs: [output] })) {
    if (known.has(id)) continue;
    const node = g.node(id);
    known.set(
      id,
      g.during(node.origin, () => {
        if (!isFloating(node.aval.dtype)) return null;
        const own = node.operands.map((operand) => known.get(operand) ?? null);
        const t = own.every((x) => x === null) ? null : jvpOf(node.op, { g, node, x: node.operands, y: id }, own);
        return t === null ? null : g.broadcastTo(t, node.aval.shape);
      }),
    );
  }
  return known.get(output) ?? null;
}

/**
 * Pulls a cotangent of `output` back to each of `inputs`, null where it surely is zero.
 * Everything is written into the graph that holds them. Throws EngineError where a primitive has no rule.
 */
export function pullBack(g: Emitter, output: NodeId, ct: NodeId, inputs: readonly NodeId[]): (NodeId | null)[] {
  const cotangents = new Map<NodeId, NodeId>([[output, ct]]);
  const dependent = new Set(regionNodes(g, { inputs, outputs: [output] }));
  const stops = new Set(inputs);
  for (const id of [...dependent].reverse()) {
    const own = cotangents.get(id);
    if (own === undefined || stops.has(id)) continue;
    const node = g.node(id);
    g.during(node.origin, () => {
      node.operands.forEach((operand, k) => {
        if (!dependent.has(operand) || !isFloating(g.aval(operand).dtype)) return;
        const part = vjpOf(node.op, { g, node, x: node.operands, y: id }, own, k);
        if (part === null) return;
        const fitted = unbroadcast(g, part, operand);
        const before = cotangents.get(operand);
        cotangents.set(operand, before === undefined ? fitted : g.add(before, fitted));
      });
    });
  }
  return inputs.map((input) => cotangents.get(input) ?? null);
}

/**
 * `output` computed once for each entry of the leading axis of what some nodes are replaced by: (size, *output).
 * Nodes that depend on none of them are shared.
 */
export function overLeadingAxis(
  g: Emitter,
  output: NodeId,
  replaced: ReadonlyMap<NodeId, NodeId>,
  size: number,
): NodeId {
  const known = new Map(replaced);
  for (const id of regionNodes(g, { inputs: [...replaced.keys()], outputs: [output] })) {
    if (known.has(id)) continue;
    const node = g.node(id);
    const operands = node.operands.map((operand): Operand => {
      const own = known.get(operand);
      return own === undefined ? { id: operand, batched: false } : { id: own, batched: true };
    });
    if (operands.every((operand) => !operand.batched)) continue;
    known.set(
      id,
      g.during(node.origin, () => batched(node.op, { g, node, x: node.operands, y: id }, operands, size)),
    );
  }
  const own = known.get(output);
  if (own !== undefined) return own;
  return g.emit('broadcast_in_dim', { shape: [size, ...g.shape(output)], dims: range(g.rank(output), 1) }, [output]);
}

/**
 * Copies the nodes that `outputs` need from `from` into `g`, with vmap, jacobian, vjp and jvp written out.
 * `mapped` gives nodes that stand for others (a region's inputs); it grows by what is copied.
 */
export function expandInto(
  g: Emitter,
  from: Graph,
  outputs: readonly NodeId[],
  mapped: Map<NodeId, NodeId>,
): readonly NodeId[] {
  // Regions are copied by their holders: here only what is needed directly.
  for (const id of needed(from, outputs, new Set(mapped.keys()))) {
    const node = nodeAt(from, id);
    const operands = node.operands.map((operand) => found(mapped, operand));
    mapped.set(
      id,
      g.during(node.origin, () => expanded(g, from, node, operands, mapped)),
    );
  }
  return outputs.map((output) => found(mapped, output));
}

function found(mapped: ReadonlyMap<NodeId, NodeId>, id: NodeId): NodeId {
  const own = mapped.get(id);
  if (own === undefined) throw new RangeError(`node ${id} was not copied before its user`);
  return own;
}

/** The nodes to copy, in order: through operands, not into regions. */
function needed(graph: Graph, outputs: readonly NodeId[], have: ReadonlySet<NodeId>): NodeId[] {
  const seen = new Set<NodeId>();
  const todo = outputs.filter((id) => !have.has(id));
  for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    todo.push(...nodeAt(graph, id).operands.filter((operand) => !have.has(operand)));
  }
  return [...seen].sort((a, b) => a - b);
}

function expanded(
  g: Emitter,
  from: Graph,
  node: Node,
  operands: readonly NodeId[],
  mapped: ReadonlyMap<NodeId, NodeId>,
): NodeId {
  const { op } = node;
  switch (op.name) {
    case 'vmap': {
      const { region, inAxes, outAxis } = op.params;
      const { inputs, output } = inlined(g, from, region, operands, mapped, inAxes);
      const size = inAxes.reduce<number | null>(
        (n, axis, k) => n ?? (axis === null ? null : (sizesOf(g, at(operands, k))[axis] ?? null)),
        null,
      );
      const replaced = new Map<NodeId, NodeId>();
      inAxes.forEach((axis, k) => {
        if (axis !== null) replaced.set(at(inputs, k), g.moveAxes(at(operands, k), [axis], [0]));
      });
      return g.moveAxes(overLeadingAxis(g, output, replaced, size ?? 1), [0], [outAxis]);
    }
    case 'jacobian': {
      const { region, wrt, mode, differentiable } = op.params;
      const { inputs, output } = inlined(g, from, region, operands, mapped);
      return cutOff(g, differentiable, denseJacobian(g, output, at(inputs, wrt), mode));
    }
    case 'vjp': {
      const { region, wrt, differentiable } = op.params;
      const { inputs, output } = inlined(g, from, region, operands, mapped);
      const input = at(inputs, wrt);
      const [pulled] = pullBack(g, output, g.broadcastTo(at(operands, operands.length - 1), g.shape(output)), [input]);
      return cutOff(g, differentiable, pulled ?? zerosLike(g, input));
    }
    case 'jvp': {
      const { region, differentiable } = op.params;
      const { inputs, output } = inlined(g, from, region, operands, mapped);
      const tangents = new Map<NodeId, NodeId>();
      inputs.forEach((input, k) => {
        const t = operands[inputs.length + k];
        if (t !== undefined) tangents.set(input, t);
      });
      return cutOff(g, differentiable, pushForward(g, output, tangents) ?? zerosLike(g, output));
    }
    case 'opaque':
    case 'either':
    case 'masked':
      return unsupported(node, 'value');
    case 'roll':
      return op.params.shifts.includes(null) ? unsupported(node, 'value') : g.again(op, operands);
    default:
      return g.again(op, operands);
  }
}

function cutOff(g: Emitter, differentiable: boolean, x: NodeId): NodeId {
  return differentiable ? x : g.unary('stop_gradient', x);
}

export function zerosLike(g: Emitter, x: NodeId): NodeId {
  return g.full(g.shape(x), 0, g.aval(x).dtype);
}

/**
 * A region copied with its inputs standing for the operands. Each input has an id of its own, so that the derivative
 * with respect to it leaves out what the region captures; an input that is a node of the program itself keeps its own.
 */
function inlined(
  g: Emitter,
  from: Graph,
  region: Region,
  operands: readonly NodeId[],
  outer: ReadonlyMap<NodeId, NodeId>,
  inAxes: readonly (number | null)[] = [],
): { readonly inputs: readonly NodeId[]; readonly output: NodeId } {
  const mapped = new Map(outer);
  // What was copied with other values for the region's inputs does not serve here.
  for (const id of regionNodes(from, region)) mapped.delete(id);
  const inputs = region.inputs.map((input, k) => {
    const operand = at(operands, k);
    const axis = inAxes[k] ?? null;
    // Under vmap the input is one entry of the operand: the first stands for its shape.
    const own = axis === null ? operand : g.take(operand, axis, 0);
    const id = g.alias(own);
    mapped.set(input, id);
    return id;
  });
  const [output] = expandInto(g, from, region.outputs.slice(0, 1), mapped);
  if (output === undefined) throw new RangeError('a region without an output');
  return { inputs, output };
}

/** d output / d input without any batch: (*output, *input). */
export function denseJacobian(g: Emitter, output: NodeId, input: NodeId, mode: 'reverse' | 'forward'): NodeId {
  const [out, into] = [sizesOf(g, output), sizesOf(g, input)];
  const rows =
    mode === 'reverse'
      ? reverseRows(
          g,
          output,
          input,
          out.map(() => true),
        )
      : forwardColumns(
          g,
          output,
          input,
          into.map(() => true),
        );
  if (mode === 'reverse') return g.reshape(rows, [...out, ...into]);
  return g.reshape(g.moveAxes(rows, [0], [out.length]), [...out, ...into]);
}

/**
 * The identity over the axes of x that are told apart, the same for all entries of the others: (n, *x).
 * No cross terms of the shared axes are ever written out.
 */
export function directions(g: Emitter, x: NodeId, apart: readonly boolean[]): NodeId {
  const sizes = sizesOf(g, x);
  const own = range(sizes.length).filter((axis) => apart[axis]);
  const n = product(own.map((axis) => sizes[axis] ?? 1));
  const eye = g.reshape(g.emit('eye', { shape: [n, n], dtype: g.aval(x).dtype }), [
    n,
    ...own.map((axis) => sizes[axis] ?? 1),
  ]);
  return g.emit('broadcast_in_dim', { shape: [n, ...sizes], dims: [0, ...own.map((axis) => axis + 1)] }, [eye]);
}

/** Cotangents of `input` for each entry of the output's axes that are told apart: (n, *input). */
export function reverseRows(g: Emitter, output: NodeId, input: NodeId, apart: readonly boolean[]): NodeId {
  const ct = g.emit('input', { name: 'cotangent', aval: g.aval(output) });
  const [pulled] = pullBack(g, output, ct, [input]);
  const all = directions(g, output, apart);
  const n = sizesOf(g, all)[0] ?? 1;
  return overLeadingAxis(g, pulled ?? zerosLike(g, input), new Map([[ct, all]]), n);
}

/** Tangents of `output` for each entry of the input's axes that are told apart: (n, *output). */
export function forwardColumns(g: Emitter, output: NodeId, input: NodeId, apart: readonly boolean[]): NodeId {
  const t = g.emit('input', { name: 'tangent', aval: g.aval(input) });
  const pushed = pushForward(g, output, new Map([[input, t]])) ?? zerosLike(g, output);
  const all = directions(g, input, apart);
  const n = sizesOf(g, all)[0] ?? 1;
  return overLeadingAxis(g, pushed, new Map([[t, all]]), n);
}

/** The nodes that `outputs` need, copied into a graph of their own, without aliases and dead nodes. */
export function tidied(
  from: Graph,
  outputs: readonly NodeId[],
  make: () => Emitter,
): { readonly g: Emitter; readonly mapped: ReadonlyMap<NodeId, NodeId> } {
  const g = make();
  const mapped = new Map<NodeId, NodeId>();
  for (const id of reachable(from, outputs)) {
    const node = nodeAt(from, id);
    mapped.set(
      id,
      g.during(node.origin, () =>
        g.again(
          node.op,
          node.operands.map((operand) => found(mapped, operand)),
        ),
      ),
    );
  }
  return { g, mapped };
}
