import type { Hover } from 'vscode-languageserver/node';
import type { Range } from '../python/ast.ts';
import type { DerivativeFact, ShapeFact } from '../rules/analysis.ts';
import { type AnalysedDocument, lineInWords, type Part, toLspRange } from './document.ts';
import { nameAt, scopeAt } from './scopes.ts';

/** What is known at an offset that a part holds: the shape of a name, or the derivative whose call is there. */
export function hover(document: AnalysedDocument, part: Part, offset: number): Hover | null {
  const { analysis } = document;
  const assigned = analysis.shapes.filter(({ range }) => range.start <= offset && offset <= range.end);
  const [first] = assigned;
  if (first !== undefined) return markdown(part, first.range, namesMarkdown(assigned));
  const used = factsOfUse(document, offset);
  if (used !== null) return markdown(part, used.range, usedMarkdown(document, used.facts));
  const derivative = innermost(analysis.derivatives.filter(({ range }) => range.start <= offset && offset < range.end));
  return derivative === null ? null : markdown(part, derivative.range, derivative.hover());
}

function markdown(part: Part, range: Range, value: string): Hover {
  return { contents: { kind: 'markdown', value }, range: toLspRange(part, range) };
}

function innermost(derivatives: readonly DerivativeFact[]): DerivativeFact | null {
  const [found] = derivatives.toSorted((a, b) => a.range.end - a.range.start - (b.range.end - b.range.start));
  return found ?? null;
}

/** What is known of the name used at an offset: all its assignments in the scope that binds it. */
function factsOfUse(
  { analysis }: AnalysedDocument,
  offset: number,
): { readonly range: Range; readonly facts: readonly ShapeFact[] } | null {
  const use = nameAt(analysis.module, offset);
  if (use === null) return null;
  const facts = analysis.shapes.filter(
    ({ name, range }) => name === use.name && scopeAt(analysis.module, range.start) === use.scope,
  );
  return facts.length === 0 ? null : { range: use.range, facts };
}

/** A name that is used: its shape where every assignment gives the same, else each with its line. */
function usedMarkdown(document: AnalysedDocument, facts: readonly ShapeFact[]): string {
  if (new Set(facts.map(inWords)).size === 1) return namesMarkdown(facts);
  const assignments = facts.map((fact) => `- ${inWords(fact)}, assigned in ${lineInWords(document, fact.range.start)}`);
  return [...new Set(assignments)].join('\n');
}

function namesMarkdown(facts: readonly ShapeFact[]): string {
  return [...new Set(facts.map(inWords))].join('\n\n');
}

function inWords({ name, shape, partly, dtype, unknownBecause }: ShapeFact): string {
  if (partly !== null) return `\`${name}\`: \`${partly}\`, where \`*\` is not known: ${unknownBecause}`;
  if (shape === null) return `\`${name}\`: the shape is not known: ${unknownBecause ?? 'no reason is known'}`;
  return `\`${name}\`: \`${shape}\`${dtype === null ? '' : ` ${dtype}`}`;
}
