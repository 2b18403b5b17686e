import { type InlayHint, InlayHintKind } from 'vscode-languageserver/node';
import type { Range } from '../python/ast.ts';
import type { ShapeFact } from '../rules/analysis.ts';
import { grouped } from '../rules/grouped.ts';
import { type AnalysedDocument, overlaps, type Part } from './document.ts';
import type { InlayHintMode } from './settings.ts';

/** More shapes than this at one name are cut short. */
const MOST_SHAPES = 3;

/** Shapes behind the assigned names in a range of a part. Nothing stands behind a name whose shape is not known. */
export function inlayHints({ analysis }: AnalysedDocument, part: Part, range: Range, mode: InlayHintMode): InlayHint[] {
  if (mode === 'off') return [];
  const facts = analysis.shapes.filter((fact) => overlaps(fact.range, range) && (mode === 'all' || fact.ofDerivative));
  const byPlace = grouped(facts, (fact) => fact.range.end);
  return [...byPlace].flatMap(([end, here]) => {
    const { line, column } = part.lines.positionAt(end - part.range.start);
    const label = labelOf(here);
    if (label === null) return [];
    return [
      {
        position: { line, character: column },
        label,
        kind: InlayHintKind.Type,
        paddingLeft: true,
        tooltip: tooltipOf(here),
      },
    ];
  });
}

function labelOf(facts: readonly ShapeFact[]): string | null {
  const shapes = [...new Set(facts.map(({ shape }) => shape ?? '?'))];
  if (shapes.every((shape) => shape === '?')) return null;
  const shown = shapes.slice(0, MOST_SHAPES).join(' or ');
  return shapes.length > MOST_SHAPES ? `${shown} or …` : shown;
}

function tooltipOf(facts: readonly ShapeFact[]): string {
  const texts = facts.map(({ shape, dtype, unknownBecause }) =>
    shape === null
      ? `Not known: ${unknownBecause ?? 'no reason is known'}`
      : `Shape ${shape}${dtype === null ? '' : `, ${dtype}`}`,
  );
  return [...new Set(texts)].join('\n');
}
