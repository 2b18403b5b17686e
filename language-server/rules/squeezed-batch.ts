import type { BlockDiagonal, Occurrence } from '../derivatives/occurrence.ts';
import * as D from '../graph/dim.ts';
import { showShape } from '../graph/shape.ts';
import type { Call, Expression, Module } from '../python/ast.ts';
import { once } from '../python/once.ts';
import { walk } from '../python/traverse.ts';
import { bySum } from './by-sum.ts';
import { isWithin } from './calls.ts';
import type { Proposal } from './finding.ts';
import { transformsModule } from './modes.ts';
import { assumptionOf, type DerivativeRule, type Facts, weigh } from './rule.ts';
import { isNameOf } from './said.ts';
import { argumentOf, sameRange, textAt, wholeNumberAt } from './source-file.ts';

export const squeezedBatch: DerivativeRule = {
  of: 'derivative',
  name: 'squeezed-batch',
  severity: 'information',
  place: 'innermost',
  summary: 'squeeze() of a full Jacobian, which takes its second batch axis away for a batch of one only',
  check: (occurrence, facts) => {
    const { structure, evidence } = facts;
    if (structure === null || evidence.kind === 'none' || structure.batch === 1) return null;
    const { shape } = occurrence.node.aval;
    const effect = D.isKnown(structure.batch) ? 'leaves it as it is' : 'changes it where that is 1, and else nothing';
    return squeezes(occurrence, facts, structure).map((squeeze) => ({
      ...weigh(
        assumptionOf(occurrence, evidence),
        `This ${showShape(shape)} has the batch of ${D.show(structure.batch)} twice; this squeeze ${effect}. The blocks of equal samples are ${showShape(structure.wanted)}.`,
      ),
      severity: 'information' as const,
      on: { ...occurrence.derivative.origin, ...squeeze.call.range },
      related: [{ origin: occurrence.derivative.origin, message: `${showShape(shape)} is computed here` }],
      shape: showShape(shape),
      wanted: showShape(structure.wanted),
      proposals: () => [
        // Where the whole is read as well, it stays.
        facts.uses.length === 0
          ? blocksInstead(occurrence, facts, structure, squeeze)
          : diagonalInstead(occurrence, facts, structure, squeeze),
      ],
    }));
  },
};

/** `J.squeeze()` or `torch.squeeze(J)`. */
interface Squeeze {
  readonly call: Call;
  readonly subject: Expression;
}

/** The calls of `squeeze` on the Jacobian that nothing but a batch of one gives something to do. */
function squeezes(occurrence: Occurrence, facts: Facts, { pair }: BlockDiagonal): readonly Squeeze[] {
  const { file } = facts;
  const { derivative, node } = occurrence;
  const { shape } = node.aval;
  if (derivative.origin.file !== file.path) return [];
  // Another axis of one, or one that may be, is reason enough.
  const isFull = shape.every((dim, axis) => pair.includes(axis) || (D.isKnown(dim) && dim !== 1));
  const found: Squeeze[] = [];
  for (const squeeze of squeezesIn(file.module)) {
    const { subject, axis } = squeeze;
    const isJacobian = sameRange(subject.range, derivative.origin) || isNameOf(facts, node.id, subject);
    const takesBatch = axis === 'all' ? isFull : axis !== null && pair.includes(axis < 0 ? axis + shape.length : axis);
    if (isJacobian && takesBatch) found.push(squeeze);
  }
  return found;
}

interface SqueezeOf extends Squeeze {
  readonly axis: number | 'all' | null;
}

/** The squeezes of each module, which is gone through once for all its derivatives. */
const squeezesIn = once((module: Module): readonly SqueezeOf[] => {
  const found: SqueezeOf[] = [];
  for (const node of walk(module)) {
    const squeeze = node.kind === 'Call' ? squeezeIn(node) : null;
    if (squeeze !== null) found.push(squeeze);
  }
  return found;
});

function squeezeIn(call: Call): SqueezeOf | null {
  const { func } = call;
  if (func.kind !== 'Attribute' || func.attr !== 'squeeze') return null;
  const isFunction = func.value.kind === 'Name' && ['torch', 'jnp', 'np'].includes(func.value.id);
  const subject = isFunction ? call.args[0] : func.value;
  const given = argumentOf(call, isFunction ? 1 : 0, 'dim') ?? argumentOf(call, isFunction ? 1 : 0, 'axis');
  return subject === undefined ? null : { call, subject, axis: given === null ? 'all' : wholeNumberAt(given) };
}

/** The blocks of equal samples by the sum over the batch, without the squeeze. */
function blocksInstead(
  occurrence: Occurrence,
  facts: Facts,
  structure: BlockDiagonal,
  { call, subject }: Squeeze,
): readonly Proposal[] {
  return bySum(occurrence, facts, structure).map((sum) => {
    const isInside = sameRange(subject.range, occurrence.derivative.origin);
    const edits = isInside
      ? sum.edits.map((edit) => (isWithin(edit.range, call.range) ? { ...edit, range: call.range } : edit))
      : [...sum.edits, { range: call.range, text: textAt(facts.file, subject.range) }];
    return isInside
      ? { ...sum, edits, promises: { shape: showShape(structure.wanted), range: call.range } }
      : { ...sum, edits };
  });
}

/** The blocks of equal samples, taken of the full result. */
function diagonalInstead(
  { derivative }: Occurrence,
  { file }: Facts,
  { pair, wanted }: BlockDiagonal,
  { call, subject }: Squeeze,
): readonly Proposal[] {
  if (transformsModule({ derivative }) === 'jax') return [];
  const text = `${textAt(file, subject.range)}.diagonal(dim1=${pair[0]}, dim2=${pair[1]}).movedim(-1, 0)`;
  const shape = showShape(wanted);
  return [
    {
      title: `Take the diagonal over the batch axes: ${shape}`,
      kind: 'suggested',
      edits: [{ range: call.range, text }],
      promises: { shape, range: call.range },
    },
  ];
}
