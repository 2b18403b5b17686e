import { resultOf } from '../derivatives/mapped.ts';
import type { Occurrence } from '../derivatives/occurrence.ts';
import * as D from '../graph/dim.ts';
import { type NodeId, nodeAt } from '../graph/graph.ts';
import { showShape, sizeOf } from '../graph/shape.ts';
import { walk } from '../python/traverse.ts';
import type { Proposal } from './finding.ts';
import { transformsModule } from './rewrites.ts';
import type { Facts } from './rule.ts';
import { type DerivativeRule, rangeOf, weigh } from './rule.ts';
import { spell } from './source-file.ts';

/** How much dearer the other mode must be made by this one before it is said. */
const factor = 2;

const transforms = { reverse: 'jacrev', forward: 'jacfwd' } as const;

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
    return {
      ...weigh(
        derivative.assumption,
        `${transforms[mode]} takes ${passes} passes for ${outputs} outputs and ${inputs} inputs; ${transforms[better]} takes ${other}, ${ratio(passes / other)} fewer.`,
      ),
      severity: 'information',
      related: [],
      shape: showShape(node.aval.shape),
      wanted: null,
      proposals: () => [swapMode(occurrence, facts, transforms[mode], transforms[better])],
    };
  },
};

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

/** The other transform's name where this one stands. */
function swapMode(occurrence: Occurrence, facts: Facts, now: string, better: string): readonly Proposal[] {
  const { file, graph } = facts;
  const { derivative } = occurrence;
  const place = derivative.madeAt ?? derivative.origin;
  if (place.file !== file.path) return [];
  for (const node of walk(file.module)) {
    if (node.kind !== 'Call' || node.range.start !== place.start || node.range.end !== place.end) continue;
    // The other keywords of each (chunk_size, randomness) are not the other's.
    if (node.keywords.some(({ name }) => name !== 'argnums' && name !== 'has_aux')) return [];
    const callee = node.func;
    const qualified = callee.kind === 'Attribute' && callee.attr === now;
    if (!qualified && !(callee.kind === 'Name' && callee.id === now)) return [];
    const spelled = qualified ? { names: [better], edits: [] } : spell(file, transformsModule(occurrence), [better]);
    const range = callee.kind === 'Attribute' ? callee.attrRange : callee.range;
    return [
      {
        title: `Use ${better}`,
        kind: 'safe',
        edits: [...spelled.edits, { range, text: spelled.names[0] ?? better }],
        promises: { shape: showShape(resultOf(graph, occurrence.node).aval.shape), range: rangeOf(derivative.origin) },
      },
    ];
  }
  return [];
}
