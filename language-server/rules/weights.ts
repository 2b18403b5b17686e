import { type Graph, type NodeId, nodeAt } from '../graph/graph.ts';
import { isModule } from '../library/torch/nn/module.ts';
import type { InstanceValue, Value } from '../library/values.ts';
import type { Trace } from '../tracer/trace.ts';

/**
 * The names of weights as a module's `state_dict` has them (`layers.0.weight`), behind the name that the program gives
 * the module. Of a weight that several modules share, the longest name counts.
 */
export function weightNames({ graph, bindings }: Trace): ReadonlyMap<NodeId, string> {
  const names = new Map<NodeId, string>();
  for (const { name, value, node } of bindings) {
    if (node !== null) nameWeight(graph, names, node, name);
    if (value.kind === 'instance' && isModule(value)) nameWithin(graph, names, value, name, new Set());
  }
  return names;
}

function nameWithin(
  graph: Graph,
  names: Map<NodeId, string>,
  module: InstanceValue,
  path: string,
  around: ReadonlySet<Value>,
): void {
  if (around.has(module)) return;
  const inside = new Set([...around, module]);
  for (const [attribute, value] of module.attributes) {
    const own = `${path}.${attribute}`;
    if (value.kind === 'tensor') nameWeight(graph, names, value.node, own);
    else if (value.kind === 'instance') nameWithin(graph, names, value, own, inside);
  }
}

function nameWeight(graph: Graph, names: Map<NodeId, string>, node: NodeId, name: string): void {
  if (nodeAt(graph, node).op.name !== 'parameter') return;
  const before = names.get(node);
  if (before === undefined || depth(name) > depth(before)) names.set(node, name);
}

function depth(name: string): number {
  return name.split('.').length;
}
