import type { Use } from '../derivatives/uses.ts';
import { showShape } from '../graph/shape.ts';
import type { Proposal } from './finding.ts';
import type { Facts, Rule } from './rule.ts';
import { weigh } from './rule.ts';
import { argumentOf, expressionAt, textAt } from './source-file.ts';

export const diagonalNotBatch: Rule = {
  name: 'diagonal-not-batch',
  severity: 'warning',
  summary: 'a diagonal of a full Jacobian over axes that are not its two batch axes',
  check: (occurrence, facts) => {
    const { structure, uses } = facts;
    const wrong = uses.find((use) => use.kind === 'wrong-diagonal');
    if (structure === null || wrong === undefined) return null;
    const [a, b] = structure.pair;
    const shape = showShape(occurrence.node.aval.shape);
    return {
      ...weigh(
        occurrence.derivative.assumption,
        `This diagonal pairs axes ${wrong.axes.join(' and ')} of the Jacobian ${shape}; the same sample is at equal places of the batch axes ${a} and ${b}.`,
      ),
      on: wrong.node.origin,
      related: [{ origin: occurrence.derivative.origin, message: `the Jacobian ${shape} is computed here` }],
      shape: showShape(wrong.node.aval.shape),
      wanted: null,
      proposals: [rightAxes(facts, wrong, a, b)],
    };
  },
};

/** The same call with the batch axes. */
function rightAxes(
  facts: Facts,
  use: Extract<Use, { kind: 'wrong-diagonal' }>,
  a: number,
  b: number,
): readonly Proposal[] {
  const { file } = facts;
  const call = expressionAt(file, { start: use.node.origin.start, end: use.node.origin.end });
  if (call?.kind !== 'Call') return [];
  const method = call.func.kind === 'Attribute' && !(call.func.value.kind === 'Name' && call.func.value.id === 'torch');
  const subject = method && call.func.kind === 'Attribute' ? call.func.value : argumentOf(call, 0, 'input');
  if (subject === null) return [];
  const callee = textAt(file, call.func.range);
  const axes = `dim1=${a}, dim2=${b}`;
  return [
    {
      title: `Take the diagonal over the batch axes ${a} and ${b}`,
      kind: 'suggested',
      edits: [
        {
          range: call.range,
          text: method ? `${callee}(${axes})` : `${callee}(${textAt(file, subject.range)}, ${axes})`,
        },
      ],
      promises: null,
    },
  ];
}
