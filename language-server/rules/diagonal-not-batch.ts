import type { BlockDiagonal, Occurrence } from '../derivatives/occurrence.ts';
import type { Use } from '../derivatives/uses.ts';
import { nodeAt } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import type { Call, Expression, Range } from '../python/ast.ts';
import { bySum } from './by-sum.ts';
import { isWithin } from './calls.ts';
import type { Proposal } from './finding.ts';
import { type DerivativeRule, type Facts, rangeOf, weigh } from './rule.ts';
import { argumentOf, expressionAt, type SourceFile, textAt } from './source-file.ts';
import { isOfTape } from './tapes.ts';

export const diagonalNotBatch: DerivativeRule = {
  of: 'derivative',
  name: 'diagonal-not-batch',
  severity: 'warning',
  place: 'innermost',
  summary: 'a diagonal of a full Jacobian over axes that are not its two batch axes',
  check: (occurrence, facts) => {
    const { structure, uses } = facts;
    if (structure === null) return null;
    const [a, b] = structure.pair;
    const shape = showShape(occurrence.node.aval.shape);
    const wrong = uses.flatMap((use) => (use.kind === 'wrong-diagonal' ? [use] : []));
    return wrong.map((use) => ({
      ...weigh(
        occurrence.derivative.assumption,
        `This diagonal pairs axes ${use.axes.join(' and ')} of the Jacobian ${shape}; the same sample is at equal places of the batch axes ${a} and ${b}.`,
      ),
      on: use.node.origin,
      related: [{ origin: occurrence.derivative.origin, message: `the Jacobian ${shape} is computed here` }],
      shape: showShape(use.node.aval.shape),
      wanted: null,
      proposals: () => [
        [
          ...(isOfTape(occurrence) ? [] : rightAxes(facts, use, a, b)),
          ...blocksAlone(occurrence, facts, structure, use),
        ],
      ],
    }));
  },
};

type WrongDiagonal = Extract<Use, { kind: 'wrong-diagonal' }>;

/** The call that takes the diagonal, and what it takes it of. */
function diagonalCall(
  file: SourceFile,
  { node }: WrongDiagonal,
): { readonly call: Call; readonly subject: Expression; readonly method: boolean } | null {
  const call = expressionAt(file, rangeOf(node.origin));
  if (call?.kind !== 'Call') return null;
  // Functions of modules, by the names that those usually have.
  const ofModule = /^(torch|tf|tensorflow)\./.test(textAt(file, call.func.range));
  const method = call.func.kind === 'Attribute' && !ofModule;
  const subject = method && call.func.kind === 'Attribute' ? call.func.value : argumentOf(call, 0, 'input');
  return subject === null ? null : { call, subject, method };
}

/** The same call with the batch axes. */
function rightAxes({ file }: Facts, use: WrongDiagonal, a: number, b: number): readonly Proposal[] {
  const found = diagonalCall(file, use);
  if (found === null) return [];
  const { call, subject, method } = found;
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

/** Where the Jacobian serves nothing else: the blocks of equal samples without the rest, by the sum over the batch. */
function blocksAlone(
  occurrence: Occurrence,
  facts: Facts,
  structure: BlockDiagonal,
  use: WrongDiagonal,
): readonly Proposal[] {
  const found = diagonalCall(facts.file, use);
  const [sum] = bySum(occurrence, facts, structure);
  const edit = sum?.edits.at(-1);
  if (found === null || sum === undefined || edit === undefined || facts.uses.length !== 1) return [];
  const range = batchFirst(facts, use, found.call.range);
  if (range === null) return [];
  const inside = range.start <= edit.range.start && edit.range.end <= range.end;
  const imports = sum.edits.slice(0, -1);
  if (!inside) return [{ ...sum, edits: [...imports, edit, { range, text: textAt(facts.file, found.subject.range) }] }];
  return [{ ...sum, edits: [...imports, { ...edit, range }], promises: { shape: showShape(structure.wanted), range } }];
}

/**
 * Where the place of the diagonal's axis stands that is taken in front: the diagonal itself where nobody moves it, or the
 * move behind it; null where it is moved in another way.
 */
function batchFirst({ graph, users, file }: Facts, { node }: WrongDiagonal, range: Range): Range | null {
  const moves = [...(users.get(node.id) ?? [])].flatMap((id) => {
    const user = nodeAt(graph, id);
    return user.op.name === 'transpose' ? [user] : [];
  });
  const [move, ...more] = moves;
  if (move === undefined) return range;
  const last = node.aval.shape.length - 1;
  const isFront =
    move.op.name === 'transpose' && move.op.params.permutation.every((axis, k) => axis === (k === 0 ? last : k - 1));
  const isHere = move.origin.file === file.path && isWithin(range, move.origin);
  return more.length === 0 && isFront && isHere ? rangeOf(move.origin) : null;
}
