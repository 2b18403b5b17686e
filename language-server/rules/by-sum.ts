import type { BlockDiagonal, Occurrence } from '../derivatives/occurrence.ts';
import { showShape } from '../graph/shape.ts';
import type { Lambda } from '../python/ast.ts';
import { libraryOf, rearranged, type Written } from './axes.ts';
import { type CallParts, callParts, inputsText, isWithin, type PlainCall, parameterNames } from './calls.ts';
import type { Edit, Proposal } from './finding.ts';
import { transformsModule } from './modes.ts';
import type { Facts } from './rule.ts';
import { applied, bracketed, type SourceFile, spell, textAt } from './source-file.ts';
import { byBatchJacobian } from './tapes.ts';

/** `lambda x: f(x).sum(0)`, or a lambda's own body summed; over all of it with `()`. */
function summedFunction(file: SourceFile, { fn, inputs }: CallParts, axes: '(0)' | '()' = '(0)'): string {
  if (fn.kind === 'Lambda' && !textAt(file, fn.range).includes('\n') && isPlainLambda(fn)) {
    const parameters = fn.args.args.map(({ name }) => name).join(', ');
    return `lambda ${parameters}: ${bracketed(file, fn.body)}.sum${axes}`;
  }
  const names = parameterNames(fn, inputs).join(', ');
  return `lambda ${names}: ${applied(file, fn, names)}.sum${axes}`;
}

/** Whether all parameters are positional ones without defaults. */
export function isPlainLambda({ args }: Lambda): boolean {
  const { positionalOnly, vararg, keywordOnly, kwarg } = args;
  const others = [...positionalOnly, ...keywordOnly].length;
  return (
    others === 0 && vararg === null && kwarg === null && args.args.every(({ defaultValue }) => defaultValue === null)
  );
}

/** The derivative of the sum over the batch: (o..., b, i...), all in one pass an output of one sample. */
export function summedCall(file: SourceFile, parts: CallParts): string {
  const { form, inputs } = parts;
  const fn = summedFunction(file, parts);
  return form.kind === 'functional'
    ? `${form.callee}(${fn}, ${inputsText(file, inputs)}${form.others})`
    : `${form.transform}(${fn}${form.options})(${inputsText(file, inputs)})`;
}

/** Whether the call gives one tensor, and is written so that the sum over the batch can take its place. */
export function isSummable({ range, form }: CallParts, { derivative }: Occurrence): boolean {
  if (derivative.results.length !== 1 || derivative.api.endsWith('hessian')) return false;
  if (form.kind === 'functional') return !form.several;
  return isWithin(form.made, range) && form.keywords.every((name) => name === 'argnums' || name === 'chunk_size');
}

/** The gradient of the sum over everything, in the call's own style, with the edits that import what it takes. */
export function gradientOfSum(
  occurrence: Occurrence,
  file: SourceFile,
  parts: PlainCall,
): { readonly text: string; readonly edits: readonly Edit[] } {
  const fn = summedFunction(file, parts, '()');
  const input = textAt(file, parts.input.range);
  if (parts.form.kind === 'functional')
    return { text: `${parts.form.callee}(${fn}, ${input}${parts.form.others})`, edits: [] };
  const { names, edits } = spell(file, transformsModule(occurrence), ['grad']);
  return { text: `${names[0]}(${fn})(${input})`, edits };
}

/** The edit that gives the per-sample Jacobian, batch first: by the sum over the batch, which a tape's `batch_jacobian` is. */
export function bySum(occurrence: Occurrence, facts: Facts, structure: BlockDiagonal): readonly Proposal[] {
  const ofTape = byBatchJacobian(occurrence, facts.file, structure);
  if (ofTape.length > 0) return ofTape;
  const parts = callParts(occurrence, facts.file, facts.graph);
  // Only where the batch is the output's first axis does a sum over axis 0 take it away.
  if (parts === null || structure.pair[0] !== 0 || !isSummable(parts, occurrence)) return [];
  const summed = summedCall(facts.file, parts);
  const { text, edits } = batchToFront(facts.file, occurrence, summed, occurrence.output.shape.length - 1);
  return [
    {
      title: `Sum over the batch: one ${showShape(structure.wanted.slice(1))} Jacobian a sample`,
      kind: 'suggested',
      edits: [...edits, { range: parts.range, text }],
      promises: { shape: showShape(structure.wanted), range: parts.range },
    },
  ];
}

/** An expression that has the axes of a derivative, with one of them moved to the front. */
export function batchToFront(file: SourceFile, occurrence: Occurrence, text: string, axis: number): Written {
  const axes = occurrence.node.aval.shape.map((_, k) => k);
  return rearranged(file, libraryOf(occurrence), text, axes, [axis, ...axes.filter((k) => k !== axis)]);
}
