import type { BlockDiagonal, Occurrence } from '../derivatives/occurrence.ts';
import { type Shape, showShape } from '../graph/shape.ts';
import type { Call, Expression, Range, Subscript } from '../python/ast.ts';
import { enclosing } from '../python/traverse.ts';
import { applyEdits } from './edits.ts';
import type { Edit, Proposal } from './finding.ts';
import { rangeOf } from './rule.ts';
import { argumentOf, callAt, type SourceFile, textAt, wholeNumberAt } from './source-file.ts';

/** How derivatives of TensorFlow's tapes are written. */

/** `tape.jacobian(y, x)`, or `tape.jacobian(y, [x])[0]`: of one target by one source. */
export interface TapeCall {
  /** With the index of the only source. */
  readonly range: Range;
  readonly call: Call;
  /** The tape and the dot. */
  readonly method: Range;
  readonly source: Expression;
}

export function isOfTape({ derivative }: Occurrence): boolean {
  return derivative.api.startsWith('tf.GradientTape.');
}

export function tapeCall(occurrence: Occurrence, file: SourceFile): TapeCall | null {
  const { origin, results } = occurrence.derivative;
  const call = isOfTape(occurrence) && origin.file === file.path ? callAt(file, rangeOf(origin)) : null;
  if (call?.func.kind !== 'Attribute' || results.length !== 1) return null;
  const given = argumentOf(call, 1, 'sources') ?? argumentOf(call, 1, 'source');
  if (given === null || argumentOf(call, 0, 'target') === null) return null;
  const whole = { call, method: call.func.attrRange };
  if (given.kind !== 'List' && given.kind !== 'Tuple') return { ...whole, range: call.range, source: given };
  const [source] = given.elts;
  const index = enclosing(file.module, call.range.start).find(
    (node): node is Subscript =>
      node.kind === 'Subscript' &&
      node.value.range.start === call.range.start &&
      node.value.range.end === call.range.end,
  );
  return source === undefined || given.elts.length > 1 || index === undefined || wholeNumberAt(index.slice) !== 0
    ? null
    : { ...whole, range: index.range, source };
}

/** The same call of another method of the tape, as text. */
export function asMethod(file: SourceFile, { call, method, source }: TapeCall, name: string): string {
  const word = name === 'batch_jacobian' ? 'source' : 'sources';
  const given = argumentOf(call, 1, 'sources') ?? argumentOf(call, 1, 'source');
  const keyword = call.keywords.find((each) => each.name === 'sources' || each.name === 'source');
  const edits: readonly Edit[] = [
    { range: method, text: name },
    ...(keyword === undefined
      ? given === null
        ? []
        : [{ range: given.range, text: textAt(file, source.range) }]
      : [{ range: keyword.range, text: `${word}=${textAt(file, source.range)}` }]),
  ];
  const { start } = call.range;
  return applyEdits(
    textAt(file, call.range),
    edits.map(({ range, text }) => ({ range: { start: range.start - start, end: range.end - start }, text })),
  );
}

/** Whether nothing but the target and the source is given, and perhaps what stands for unconnected ones. */
export function isPlain({ call }: TapeCall): boolean {
  return (
    call.args.length <= 2 &&
    call.keywords.every(({ name }) => ['target', 'sources', 'source', 'unconnected_gradients'].includes(name ?? ''))
  );
}

/** The call that gives the same-sample blocks alone, batch first. */
export function blocksText(occurrence: Occurrence, file: SourceFile, { wanted, pair }: BlockDiagonal): string | null {
  const found = tapeCall(occurrence, file);
  if (found === null || pair[0] !== 0) return null;
  // Of one number a sample the gradient of their sum is the gradient of each, which batch_jacobian refuses.
  if (occurrence.output.shape.length === 1) return isPlain(found) ? asMethod(file, found, 'gradient') : null;
  return wanted.length > 2 ? asMethod(file, found, 'batch_jacobian') : null;
}

/** `tape.batch_jacobian(y, x)` in the place of `tape.jacobian(y, x)`. */
export function byBatchJacobian(
  occurrence: Occurrence,
  file: SourceFile,
  structure: BlockDiagonal,
): readonly Proposal[] {
  const found = tapeCall(occurrence, file);
  const text = blocksText(occurrence, file, structure);
  if (found === null || text === null) return [];
  const [, ...sample] = structure.wanted;
  const what = occurrence.output.shape.length === 1 ? 'gradient: one' : 'batch_jacobian: one';
  const made = occurrence.output.shape.length === 1 ? 'gradient' : 'Jacobian';
  return [byMethod(found, text, `${what} ${showShape(sample)} ${made} a sample`, structure.wanted)];
}

/** `tape.gradient(y, x)`, which differentiates the sum of y, in the place of `tape.jacobian(y, x)`. */
export function byGradient(occurrence: Occurrence, file: SourceFile, shape: Shape, title: string): readonly Proposal[] {
  const found = tapeCall(occurrence, file);
  return found === null || !isPlain(found) ? [] : [byMethod(found, asMethod(file, found, 'gradient'), title, shape)];
}

/** `tape.jacobian(y, x)` in the place of `tape.batch_jacobian(y, x)`, which leaves out what other rows do. */
export function byJacobian(occurrence: Occurrence, file: SourceFile, shape: Shape): readonly Proposal[] {
  const found = tapeCall(occurrence, file);
  return found === null
    ? []
    : [
        byMethod(
          found,
          asMethod(file, found, 'jacobian'),
          `jacobian: all rows by all rows, ${showShape(shape)}`,
          shape,
        ),
      ];
}

/** What a gradient adds up, a Jacobian for each sample; `wrap` makes of it what is wanted. */
export function bySamples(
  occurrence: Occurrence,
  file: SourceFile,
  shape: Shape,
  how: { readonly title: string; readonly wrap: (text: string) => string; readonly edits: readonly Edit[] },
): readonly Proposal[] {
  const found = tapeCall(occurrence, file);
  const target = found === null ? null : argumentOf(found.call, 0, 'target');
  if (found === null || target === null || found.call.keywords.some(({ name }) => name === null)) return [];
  const tape = file.text.slice(found.call.range.start, found.method.start);
  const given = [target, found.source].map(({ range }) => textAt(file, range)).join(', ');
  const text = how.wrap(`${tape}batch_jacobian(${given})`);
  return [
    {
      title: how.title,
      kind: 'suggested',
      edits: [...how.edits, { range: found.range, text }],
      promises: { shape: showShape(shape), range: found.range },
    },
  ];
}

function byMethod({ range }: TapeCall, text: string, title: string, wanted: Shape): Proposal {
  return { title, kind: 'suggested', edits: [{ range, text }], promises: { shape: showShape(wanted), range } };
}
