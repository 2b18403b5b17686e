import type { Occurrence } from '../derivatives/occurrence.ts';
import * as D from '../graph/dim.ts';
import { type Graph, type NodeId, nodeAt, type Region, regionNodes, regionOf } from '../graph/graph.ts';
import { showShape, sizeOf } from '../graph/shape.ts';
import { byOtherMode, transformOf } from './modes.ts';
import { type DerivativeRule, type Facts, weigh } from './rule.ts';

/** How much dearer the other mode must be made by this one before it is said. */
const factor = 2;

export const wrongMode: DerivativeRule = {
  of: 'derivative',
  name: 'wrong-mode',
  severity: 'information',
  place: 'call',
  summary: 'reverse mode where forward takes half the passes or less, or the other way round',
  check: (occurrence, facts) => {
    const { node, derivative } = occurrence;
    if (node.op.name !== 'jacobian' || occurrence.isSecondOrder || !/\.jac(rev|fwd)$/.test(derivative.api)) return null;
    const { outputs, inputs } = wholeSize(occurrence, facts);
    if (!D.isKnown(outputs) || !D.isKnown(inputs) || outputs === 0 || inputs === 0) return null;
    const { mode } = node.op.params;
    const [passes, other] = mode === 'reverse' ? [outputs, inputs] : [inputs, outputs];
    if (passes < factor * other) return null;
    const better = mode === 'reverse' ? 'forward' : 'reverse';
    if (!isOpenTo(facts.graph, occurrence.region, better)) return null;
    return {
      ...weigh(
        derivative.assumption,
        `${transformOf[mode]} takes ${passes} passes for ${outputs} outputs and ${inputs} inputs; ${transformOf[better]} takes ${other}, ${ratio(passes / other)} fewer.`,
      ),
      severity: 'information',
      related: [],
      shape: showShape(node.aval.shape),
      wanted: null,
      proposals: () => [byOtherMode(occurrence, facts.file, facts.graph)],
    };
  },
};

/** Loops of JAX whose number of turns is not known: reverse mode raises for them. */
const forwardOnly: ReadonlySet<string> = new Set(['jax.lax.while_loop', 'jax.lax.fori_loop']);

/** Whether a function has derivatives in that mode: rules of its own may be for one mode only (`jax.custom_vjp`). */
function isOpenTo(graph: Graph, region: Region, mode: 'forward' | 'reverse'): boolean {
  return regionNodes(graph, region).every((id) => {
    const node = nodeAt(graph, id);
    const inner = regionOf(node);
    const isClosed =
      node.gradMode === 'own' ||
      (mode === 'reverse' && node.op.name === 'opaque' && forwardOnly.has(node.op.params.name));
    return !isClosed && (inner === null || isOpenTo(graph, inner, mode));
  });
}

/** All entries of all outputs and of all inputs that the call differentiates: one pass serves several arguments at once. */
function wholeSize({ derivative }: Occurrence, { graph }: Facts): { readonly outputs: D.Dim; readonly inputs: D.Dim } {
  const sizes = { outputs: new Map<NodeId, D.Dim>(), inputs: new Map<NodeId, D.Dim>() };
  for (const id of derivative.results) {
    const { op } = nodeAt(graph, id);
    if (op.name !== 'jacobian') continue;
    const { region, wrt, input, output } = op.params;
    const [of, by] = [region.outputs[0], region.inputs[wrt]];
    if (of !== undefined) sizes.outputs.set(of, sizeOf(output.shape));
    if (by !== undefined) sizes.inputs.set(by, sizeOf(input.shape));
  }
  const sum = (each: ReadonlyMap<NodeId, D.Dim>): D.Dim => [...each.values()].reduce(D.add, 0);
  return { outputs: sum(sizes.outputs), inputs: sum(sizes.inputs) };
}

function ratio(value: number): string {
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))}x`;
}
