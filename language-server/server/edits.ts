import type { Analysis } from '../rules/analysis.ts';
import { applyEdits } from '../rules/edits.ts';
import type { Edit, Finding, Fix } from '../rules/finding.ts';

/** A fix that can be taken. */
export type Applicable = Extract<Fix, { readonly edits: readonly Edit[] }>;

/** Whether a fix can be taken: not one that only says why it cannot be made. */
export function isApplicable(fix: Fix): fix is Applicable {
  return fix.kind !== 'disabled';
}

/** The one fix of a finding that is taken without asking: the preferred one, else the first; null where none is allowed. */
export function chosenFix(
  analysis: Analysis,
  finding: Finding,
  allowed: readonly Applicable['kind'][],
): Applicable | null {
  const fixes = analysis.fixes(finding).filter(isApplicable);
  const fix = fixes.find(({ preferred }) => preferred) ?? fixes[0];
  return fix !== undefined && allowed.includes(fix.kind) ? fix : null;
}

/** A fix that was taken, and for which finding; the finding's range speaks of the text at that moment. */
export interface Taken {
  readonly finding: Finding;
  readonly fix: Applicable;
}

/** More fixes than this in one file are a sign that they undo each other. */
const MOST_FIXES = 500;

/**
 * Takes the chosen fix of each finding, one at a time, analysing after each so that they never conflict.
 * A text that was there before is not gone back to.
 * @param analyse analyses a later state of the same file
 */
export function fixAll(
  first: Analysis,
  allowed: readonly Applicable['kind'][],
  analyse: (text: string) => Analysis,
): { readonly analysis: Analysis; readonly taken: readonly Taken[] } {
  const seen = new Set([first.text]);
  const taken: Taken[] = [];
  let analysis = first;
  while (taken.length < MOST_FIXES) {
    const next = nextFix(analysis, allowed, seen);
    if (next === null) break;
    seen.add(next.text);
    taken.push(next.taken);
    analysis = analyse(next.text);
  }
  return { analysis, taken };
}

function nextFix(
  analysis: Analysis,
  allowed: readonly Applicable['kind'][],
  seen: ReadonlySet<string>,
): { readonly taken: Taken; readonly text: string } | null {
  for (const finding of analysis.findings) {
    const fix = chosenFix(analysis, finding, allowed);
    if (fix === null) continue;
    const text = applyEdits(analysis.text, fix.edits);
    if (!seen.has(text)) return { taken: { finding, fix }, text };
  }
  return null;
}
