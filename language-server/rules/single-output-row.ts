import type { Occurrence } from '../derivatives/occurrence.ts';
import * as D from '../graph/dim.ts';
import { nodeAt } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import { plainCall } from './calls.ts';
import type { Proposal } from './finding.ts';
import { type DerivativeRule, type Facts, weigh } from './rule.ts';
import { wholeNumberAt } from './source-file.ts';

export const singleOutputRow: DerivativeRule = {
  of: 'derivative',
  name: 'single-output-row',
  severity: 'warning',
  place: 'innermost',
  summary: "the Jacobian of one sample's output with respect to the whole batch: zero for all other samples",
  check: (occurrence, facts) => {
    const { flow, input, output, kind } = occurrence;
    const [batch] = input.shape;
    // Only with a layer is it sure that the first axis is a batch, and not the entries of one point.
    if (
      kind !== 'jacobian' ||
      flow.kind !== 'partial' ||
      flow.sample === null ||
      facts.evidence.kind !== 'layer' ||
      input.shape.length < 2 ||
      batch === undefined ||
      batch === 1
    )
      return null;
    const shape = showShape(occurrence.node.aval.shape);
    const wanted = showShape([batch, ...output.shape, ...input.shape.slice(1)]);
    return {
      ...weigh(
        occurrence.derivative.assumption,
        `This is ${shape}: the output of sample ${flow.sample} alone, by all ${D.show(batch)} samples; it is zero for the others.`,
      ),
      related: [{ origin: nodeAt(facts.graph, flow.by).origin, message: `only sample ${flow.sample} is taken here` }],
      shape,
      wanted,
      proposals: () => [wholeBatch(occurrence, facts, wanted)],
    };
  },
};

/** The same with the sum over the batch in the place of the one sample: each sample's own Jacobian. */
function wholeBatch(occurrence: Occurrence, facts: Facts, wanted: string): readonly Proposal[] {
  const parts = plainCall(occurrence, facts.file);
  if (parts === null || parts.fn.kind !== 'Lambda' || parts.fn.body.kind !== 'Subscript') return [];
  const { body } = parts.fn;
  if (wholeNumberAt(body.slice) === null) return [];
  return [
    {
      title: "Each sample's own Jacobian: sum over the batch",
      kind: 'suggested',
      edits: [
        { range: { start: body.value.range.end, end: body.range.end }, text: '.sum(0)' },
        {
          range: { start: parts.range.end, end: parts.range.end },
          text: `.movedim(${occurrence.output.shape.length}, 0)`,
        },
      ],
      promises: { shape: wanted, range: parts.range },
    },
  ];
}
