import { nodeAt, reachable } from '../graph/graph.ts';
import { type Shape, showShape } from '../graph/shape.ts';
import { walk } from '../python/traverse.ts';
import { annotatedSizes, subjectOfShape } from '../tracer/contracts.ts';
import type { Problem } from '../tracer/trace.ts';
import type { Proposal } from './finding.ts';
import { type ProblemRule, rangeOf } from './rule.ts';
import { expressionAt, type SourceFile, sameRange, statementAt } from './source-file.ts';

export const contractMismatch: ProblemRule = {
  of: 'problem',
  name: 'contract-mismatch',
  severity: 'warning',
  place: 'innermost',
  summary: 'an assertion, unpacking or annotation that says another shape than there is',
  check: (problem, { graph }, file, questioned) => {
    const { kind, type, message, operands, isSure } = problem;
    if ((kind !== 'contract' && kind !== 'annotation') || !isSure) return null;
    const isAnnotation = kind === 'annotation';
    // What is annotated says what was meant: where another rule speaks of the derivative, that is told there.
    if (isAnnotation && reachable(graph, operands).some((id) => questioned.has(id))) return null;
    const [shape] = operands.map((id) => nodeAt(graph, id).aval.shape);
    return {
      message: isAnnotation ? `The annotation does not hold: ${message}.` : `This raises ${type}: ${message}.`,
      certainty: 'proved',
      related: operands.map((id) => ({ origin: nodeAt(graph, id).origin, message: 'this is where it comes from' })),
      shape: shape === undefined ? null : showShape(shape),
      wanted: null,
      proposals: () => [shape === undefined ? [] : asItIs(file, problem, shape)],
    };
  },
};

/** The annotation or assertion with the sizes that there are. */
function asItIs(file: SourceFile, { origin, kind }: Problem, shape: Shape): readonly Proposal[] {
  if (origin.file !== file.path || shape.some((dim) => typeof dim !== 'number')) return [];
  const range = rangeOf(origin);
  const title = `Say ${showShape(shape)}`;
  if (kind === 'annotation') {
    const annotation = expressionAt(file, range);
    const text =
      annotation?.kind === 'Subscript' && annotation.slice.kind === 'Tuple' ? annotation.slice.elts[1] : undefined;
    // Whose size a name is cannot be said; numbers can.
    const isNumbers = annotatedSizes(annotation)?.every((size) => /^\d+$/.test(size)) ?? false;
    const edits = text === undefined || !isNumbers ? [] : [{ range: text.range, text: `"${shape.join(' ')}"` }];
    return edits.length === 0 ? [] : [{ title, kind: 'safe', edits, promises: null }];
  }
  const statement = statementAt(file, origin.start);
  if (statement?.kind !== 'Assert' || !sameRange(statement.range, range)) return [];
  for (const node of walk(statement.test)) {
    if (node.kind !== 'Compare' || node.ops.join() !== '==') continue;
    const stated = [node.left, ...node.comparators].find((side) => subjectOfShape(side) === null);
    if (stated?.kind === 'Tuple')
      return [{ title, kind: 'suggested', edits: [{ range: stated.range, text: showShape(shape) }], promises: null }];
  }
  return [];
}
