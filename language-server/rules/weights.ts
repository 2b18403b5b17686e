import { type NodeId, nodeAt } from '../graph/graph.ts';
import { isModule } from '../library/torch/nn/module.ts';
import { partsOf } from '../library/trees.ts';
import type { Value } from '../library/values.ts';
import type { Trace } from '../tracer/trace.ts';

/**
 * The names of weights as a module's `state_dict` has them (`layers.0.weight`), or as keys and numbers lead to them in
 * dicts, lists and trees (`params.w1`), behind the name that the program gives the whole. Of a weight that several hold,
 * the longest name counts.
 */
export function weightNames({ graph, bindings }: Trace): ReadonlyMap<NodeId, string> {
  const names = new Map<NodeId, string>();
  for (const { name, value, node } of bindings) {
    const isDrawn = node !== null && ['parameter', 'random'].includes(nodeAt(graph, node).op.name);
    if (node !== null && isDrawn) nameWeight(names, node, name);
    else if (value.kind !== 'tensor') nameWithin(names, value, name, new Set());
  }
  return names;
}

function nameWithin(names: Map<NodeId, string>, value: Value, path: string, around: ReadonlySet<Value>): void {
  if (value.kind === 'tensor') nameWeight(names, value.node, path);
  if (around.has(value)) return;
  const inside = new Set([...around, value]);
  for (const [name, part] of named(value)) nameWithin(names, part, `${path}.${name}`, inside);
}

/** The parts of a container by their names. */
function named(value: Value): readonly (readonly [name: string, part: Value])[] {
  switch (value.kind) {
    case 'tuple': {
      const names = value.fields?.names ?? [];
      return value.items.map((item, k) => [names[k] ?? `${k}`, item]);
    }
    case 'list':
      return value.items.map((item, k) => [`${k}`, item]);
    case 'dict':
      return [...value.entries.values()].flatMap(({ key, value: item }): [string, Value][] =>
        key.kind === 'str' && key.value !== null ? [[key.value, item]] : [],
      );
    case 'instance':
      return isModule(value) ? [...value.attributes] : (partsOf(value) ?? []);
    default:
      return [];
  }
}

function nameWeight(names: Map<NodeId, string>, node: NodeId, name: string): void {
  const before = names.get(node);
  if (before === undefined || depth(name) > depth(before)) names.set(node, name);
}

function depth(name: string): number {
  return name.split('.').length;
}
