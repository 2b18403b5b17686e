import { mapsAround } from '../derivatives/mapped.ts';
import { type BlockDiagonal, elementwisePairs, type Occurrence } from '../derivatives/occurrence.ts';
import { axesFrom, type Use, usesOf } from '../derivatives/uses.ts';
import { nodeAt } from '../graph/graph.ts';
import { showShape, sizeOf } from '../graph/shape.ts';
import { libraryOf, rearranged } from './axes.ts';
import { baseOf, blocksAlone, lastNodeOf } from './blocks.ts';
import { gradientOfSum } from './by-sum.ts';
import { isWithin, plainCall } from './calls.ts';
import type { Proposal } from './finding.ts';
import { type DerivativeRule, type Facts, rangeOf, times, weigh } from './rule.ts';
import { expressionAt } from './source-file.ts';
import { byGradient } from './tapes.ts';

export const elementwiseJacobian: DerivativeRule = {
  of: 'derivative',
  name: 'elementwise-jacobian',
  severity: 'warning',
  place: 'innermost',
  summary: 'the dense Jacobian of an elementwise function: all but its diagonal is zero',
  check: (occurrence, facts) => {
    const { graph, users, escapes } = facts;
    const { node, derivative, input } = occurrence;
    if (occurrence.isSecondOrder || sizeOf(input.shape) === 1 || mapsAround(graph, node).length > 0) return null;
    const pairs = elementwisePairs(graph, occurrence);
    if (pairs === null) return null;
    const uses = pairs.map((pair, axis) =>
      usesOf(graph, users, node.id, { pair, batch: input.shape[axis] ?? 1 }, escapes),
    );
    const taken = fateOf(uses);
    // Of a vector it is a matrix, which is taken to be meant: shown, or one factor of many.
    if (taken === null || (taken !== 'diagonal' && input.shape.length === 1)) return null;
    const shape = showShape(node.aval.shape);
    const wanted = showShape(input.shape);
    const cost = times(sizeOf(input.shape));
    return {
      ...weigh(
        derivative.assumption ?? (taken === 'returned' ? 'no caller reads it as a matrix' : null),
        taken === 'diagonal'
          ? `The function is elementwise, and of its Jacobian ${shape} only the diagonal is kept, the gradient of its sum ${wanted}: ${cost} the memory and work.`
          : `The function is elementwise: its Jacobian ${shape} is zero but for the diagonal, the gradient of its sum ${wanted}; ${cost} the memory and work.`,
      ),
      related:
        taken === 'diagonal'
          ? uses.flat().map((use) => ({ origin: use.node.origin, message: 'a diagonal is taken here' }))
          : [],
      shape,
      wanted,
      proposals: () => [
        taken === 'diagonal' ? ofDiagonal(occurrence, facts, pairs, uses.flat()) : instead(occurrence, facts),
      ],
    };
  },
};

/** What becomes of the zeros: dropped by diagonals, left unread, given to a caller; null where they are read. */
function fateOf(uses: readonly (readonly Use[])[]): 'diagonal' | 'unread' | 'returned' | null {
  const all = uses.flat();
  if (all.length === 0) return 'unread';
  if (all.every(({ kind }) => kind === 'returned')) return 'returned';
  return uses.every((each) => each.length > 0 && each.every(({ kind }) => kind === 'blocks')) ? 'diagonal' : null;
}

/** The gradient of the sum in the place of the Jacobian. */
function instead(occurrence: Occurrence, { file }: Facts): readonly Proposal[] {
  const shape = showShape(occurrence.input.shape);
  const ofTape = byGradient(occurrence, file, occurrence.input.shape, titleOf(shape));
  if (ofTape.length > 0) return ofTape;
  const parts = plainCall(occurrence, file);
  if (parts === null) return [];
  const { text, edits } = gradientOfSum(occurrence, file, parts);
  return [
    {
      title: titleOf(shape),
      kind: 'suggested',
      edits: [...edits, { range: parts.range, text }],
      promises: { shape, range: parts.range },
    },
  ];
}

/** The gradient of the sum in the place of the Jacobian and of what takes its diagonal. */
function ofDiagonal(
  occurrence: Occurrence,
  facts: Facts,
  pairs: readonly BlockDiagonal['pair'][],
  uses: readonly Use[],
): readonly Proposal[] {
  const { file, graph, structure } = facts;
  const parts = plainCall(occurrence, file);
  const shape = showShape(occurrence.input.shape);
  if (parts === null) return [];
  if (pairs.length === 1) {
    const replaced = structure === null ? null : blocksAlone(occurrence, facts, structure);
    return replaced === null ? [] : [{ ...replaced, title: titleOf(shape) }];
  }
  const last = uses.reduce((a, b) => (a.node.id > b.node.id ? a : b)).node;
  const whole = last.origin.file === file.path ? expressionAt(file, rangeOf(last.origin)) : null;
  const value = whole === null ? null : lastNodeOf(graph, last.origin);
  const labels = value === null ? null : axesFrom(graph, occurrence.node.id, pairs, value);
  if (whole === null || value === null || labels === null) return [];
  if (!uses.every(({ node }) => isWithin(node.origin, whole.range))) return [];
  const { text, edits } = gradientOfSum(occurrence, file, parts);
  const inside = isWithin(parts.range, whole.range);
  const base = inside ? text : baseOf(file, whole);
  if (base === null) return [];
  const arranged = rearranged(
    file,
    libraryOf(occurrence),
    base,
    pairs.map((_, axis) => axis),
    labels,
  );
  return [
    {
      title: titleOf(shape),
      kind: 'safe',
      edits: [
        ...edits,
        ...arranged.edits,
        { range: whole.range, text: arranged.text },
        ...(inside ? [] : [{ range: parts.range, text }]),
      ],
      promises: inside
        ? { shape: showShape(nodeAt(graph, value).aval.shape), range: whole.range }
        : { shape, range: parts.range },
    },
  ];
}

function titleOf(shape: string): string {
  return `The gradient of the sum: ${shape}`;
}
