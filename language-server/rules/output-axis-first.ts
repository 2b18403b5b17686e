import { behindViews, type Occurrence } from '../derivatives/occurrence.ts';
import { followAxis } from '../derivatives/uses.ts';
import { type Graph, type NodeId, nodeAt, type Region, regionNodes } from '../graph/graph.ts';
import { type Shape, showShape } from '../graph/shape.ts';
import { batchToFront } from './by-sum.ts';
import type { Proposal } from './finding.ts';
import { layoutSaid } from './layout.ts';
import { assumptionOf, type DerivativeRule, type Facts, rangeOf, weigh } from './rule.ts';
import { expressionAt, textAt } from './source-file.ts';

/** The sum over the batch of a function that keeps samples apart. */
export function summedStructure(
  graph: Graph,
  { flow, output, input, kind, region }: Occurrence,
): { readonly outRank: number; readonly wanted: Shape } | null {
  const [batch] = input.shape;
  if (
    kind !== 'jacobian' ||
    flow.kind !== 'summed' ||
    batch === undefined ||
    output.shape.length === 0 ||
    input.shape.length < 2
  )
    return null;
  // What weighs the sum once more pools the parts of one sample.
  const [result] = region.outputs;
  if (result === undefined || !isScaled(graph, result, flow.by)) return null;
  // A sum with a weight for each row is what a matrix does to a vector, or a quadrature.
  if (weighsRows(graph, region, flow.by)) return null;
  // One output: the axis in front has one entry and is dropped sooner or later.
  if (output.shape.every((dim) => dim === 1)) return null;
  return { outRank: output.shape.length, wanted: [batch, ...output.shape, ...input.shape.slice(1)] };
}

const scaling: ReadonlySet<string> = new Set([
  'transpose',
  'reshape',
  'convert',
  'broadcast_in_dim',
  'stop_gradient',
  'mul',
  'div',
  'neg',
]);

/** Whether a sum is a product with what does not depend on the input and is not one number throughout. */
function weighsRows(graph: Graph, { inputs }: Region, by: NodeId): boolean {
  const { op, operands } = nodeAt(graph, by);
  if (op.name !== 'dot_general') return false;
  const dependent = new Set(regionNodes(graph, { inputs, outputs: [by] }));
  return operands.some((operand) => !dependent.has(operand) && behindViews(graph, operand).op.name !== 'full');
}

/** Whether a value is another one, moved about or scaled. */
function isScaled(graph: Graph, id: NodeId, of: NodeId): boolean {
  const { op, operands } = nodeAt(graph, id);
  return (
    id === of || (scaling.has(op.name) && operands.some((operand) => operand >= of && isScaled(graph, operand, of)))
  );
}

/** What becomes of the batch axis: brought to the front, used where it stands, or left there. */
export function fate(facts: Facts, from: NodeId, axis: number): 'front' | 'used' | 'left' {
  let answer: 'front' | 'used' | 'left' = 'left';
  for (const id of facts.users.get(from) ?? []) {
    const node = nodeAt(facts.graph, id);
    const place = followAxis(facts.graph, node, from, axis);
    if (node.op.name === 'transpose') answer = place === 0 ? 'front' : fate(facts, id, place ?? axis);
    else if (place !== null) answer = fate(facts, id, place);
    // Taking an output at a time, or computing on, says that the author knows which axis is which.
    else answer = 'used';
    if (answer !== 'left') return answer;
  }
  return answer;
}

/** Names that promise the batch in front. */
export const batchFirst = /(?:^|_)(?:per_?sample|per_?example|batch(?:ed)?(?:_?first)?|b_?o_?i|bxoxi)(?:_|$)/i;

export const outputAxisFirst: DerivativeRule = {
  of: 'derivative',
  name: 'output-axis-first',
  severity: 'hint',
  place: 'innermost',
  summary: 'the Jacobian of a sum over the batch has the output axis first: (o, b, i)',
  check: (occurrence, facts) => {
    const { evidence, names, graph } = facts;
    const structure = summedStructure(graph, occurrence);
    if (structure === null || evidence.kind === 'none') return null;
    const { outRank, wanted } = structure;
    if (fate(facts, occurrence.node.id, outRank) !== 'left') return null;
    const shape = showShape(occurrence.node.aval.shape);
    const documented = layoutSaid(occurrence, facts, outRank);
    if (documented === 'output first') return null;
    const promised = names.find((name) => batchFirst.test(name)) ?? (documented === null ? undefined : 'the code');
    const said = promised === undefined ? '' : `, but ${promised} says batch first`;
    return {
      ...weigh(
        assumptionOf(occurrence, evidence),
        `The Jacobian of the sum over the batch is ${shape}, output axis first${said}; batch first it is ${showShape(wanted)}.`,
      ),
      severity: promised !== undefined && assumptionOf(occurrence, evidence) === null ? 'warning' : 'hint',
      related: [],
      shape,
      wanted: showShape(wanted),
      proposals: () => [moveFirst(facts, occurrence, outRank, showShape(wanted))],
    };
  },
};

function moveFirst(facts: Facts, occurrence: Occurrence, outRank: number, wanted: string): readonly Proposal[] {
  // In the file's own text, at the call that the finding stands on: the innermost one that is wrong.
  const { origin } = occurrence.derivative;
  const places = [origin, ...[...origin.calls].reverse()].filter((place) => place.file === facts.file.path);
  return places.flatMap((place) => {
    const range = rangeOf({ ...origin, ...place });
    const call = expressionAt(facts.file, range);
    if (call === null) return [];
    const { text, edits } = batchToFront(facts.file, occurrence, textAt(facts.file, range), outRank);
    return [
      {
        title: `Move the batch axis to the front: ${wanted}`,
        kind: 'suggested' as const,
        edits: [...edits, { range, text }],
        promises: { shape: wanted, range },
      },
    ];
  });
}
