import { allClosedBy, isUnrecorded } from '../derivatives/closed.ts';
import type { Node } from '../graph/graph.ts';
import { isFloating, showShape } from '../graph/shape.ts';
import type { DerivativeRule } from './rule.ts';
import { isInTest } from './source-file.ts';

export const zeroJacobian: DerivativeRule = {
  of: 'derivative',
  name: 'zero-jacobian',
  severity: 'warning',
  place: 'innermost',
  summary: 'an output that hangs on the input through nothing that has a derivative: all zeros',
  check: (occurrence, { graph, file }) => {
    const by = allClosedBy(graph, occurrence);
    if (by === null || by.some(isUnrecorded) || isInTest(file, occurrence.derivative.origin)) return null;
    const shape = showShape(occurrence.node.aval.shape);
    const [first] = by;
    if (first === undefined) return null;
    return {
      message: `This is ${shape}, but all zeros: every way from the input to the output goes through something without a derivative; ${closing(first)}.`,
      certainty: 'proved',
      related: by.slice(0, mostRelated).map((node) => ({ origin: node.origin, message: `${closing(node)} here` })),
      shape,
      wanted: null,
      proposals: () => [],
    };
  },
};

const mostRelated = 3;

/** What an operation does that no derivative gets through. */
function closing({ op, aval }: Node): string {
  if (op.name === 'stop_gradient') return 'it is cut off from its inputs';
  return isFloating(aval.dtype) ? `${op.name} is a step, whose derivative is zero` : `it becomes ${aval.dtype}`;
}
