import { nodeAt, type Origin } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import { fittingEdits } from './fitting.ts';
import type { ProblemRule } from './rule.ts';

export const shapeMismatch: ProblemRule = {
  of: 'problem',
  name: 'shape-mismatch',
  severity: 'error',
  place: 'innermost',
  summary: 'an operation that the library refuses, for the shapes do not fit',
  check: (problem, { graph }, file) => {
    const { kind, message, operands, origin, isSure } = problem;
    // Without a tensor nothing fails to fit: what has no elements may get them in ways that are not followed.
    if (kind !== 'shape' || !isSure || operands.length === 0) return null;
    const related = operands.slice(0, mostRelated).flatMap((id) => {
      const { origin: madeAt, aval } = nodeAt(graph, id);
      return isElsewhere(madeAt, origin) ? [{ origin: madeAt, message: `This is ${showShape(aval.shape)}.` }] : [];
    });
    return {
      message: `This raises an error: ${message}.`,
      certainty: 'proved',
      related,
      shape: null,
      wanted: null,
      proposals: () => [{ rivals: fittingEdits(problem, graph, file) }],
    };
  },
};

const mostRelated = 3;

function isElsewhere(made: Origin, here: Origin): boolean {
  return made.file !== here.file || made.start !== here.start || made.end !== here.end;
}
