import { type Range as LspRange, RequestType } from 'vscode-languageserver/node';
import { encodeProgram } from '../graph/program.ts';
import type { Range } from '../python/ast.ts';
import type { DerivativeFact } from '../rules/analysis.ts';
import { type AnalysedDocument, overlaps, toRange } from './document.ts';
import { asObject } from './settings.ts';

/** The client's command that runs a derivative; its argument is a `RunTarget`. */
export const RUN_COMMAND = 'jacobianLens.run';

/** The client's command that shows the page of a rule; its argument is the rule's name. */
export const RULE_PAGE_COMMAND = 'jacobianLens.showRule';

/** Which derivative is meant: the innermost that covers the range, else the only one near it. */
export interface RunTarget {
  readonly uri: string;
  readonly range: LspRange;
}

/** The program as `encodeProgram` writes it, for JSON itself has no infinities; or why there is none, for people. */
export type ProgramResponse = { readonly program: string } | { readonly cannot: string };

/** The request for the program of a derivative. Its parameters are a `RunTarget`, once they are checked. */
export const PROGRAM_REQUEST = new RequestType<unknown, ProgramResponse, void>('jacobianLens/program');

/** Reads the parameters of a request; null where they are malformed. */
export function parseTarget(value: unknown): RunTarget | null {
  const { uri, range } = asObject(value);
  const { start, end } = asObject(range);
  const [from, to] = [parsePosition(start), parsePosition(end)];
  return typeof uri === 'string' && from !== null && to !== null ? { uri, range: { start: from, end: to } } : null;
}

function parsePosition(value: unknown): LspRange['start'] | null {
  const { line, character } = asObject(value);
  const isPlace = Number.isInteger(line) && Number.isInteger(character);
  return isPlace && typeof line === 'number' && typeof character === 'number' ? { line, character } : null;
}

/** The program of the derivative that is meant. */
export function programAt(document: AnalysedDocument, range: LspRange): ProgramResponse {
  const { analysis, lines } = document;
  if (analysis.derivatives.length === 0) return { cannot: 'No derivative is taken in this file.' };
  const derivative = derivativeAt(document, toRange(lines, range));
  if (derivative === null) return { cannot: 'Put the cursor on the derivative call that is to be run.' };
  const program = analysis.program(derivative);
  return 'cannot' in program ? program : { program: encodeProgram(program) };
}

function derivativeAt({ analysis, lines }: AnalysedDocument, wanted: Range): DerivativeFact | null {
  const { derivatives } = analysis;
  const size = ({ range }: DerivativeFact): number => range.end - range.start;
  const covering = derivatives.filter(({ range }) => range.start <= wanted.start && wanted.end <= range.end);
  const [innermost] = covering.toSorted((a, b) => size(a) - size(b));
  if (innermost !== undefined) return innermost;
  const line = lines.positionAt(wanted.start).line;
  const nearby = derivatives.find(({ range }) =>
    overlaps(range, { start: lines.startOfLine(line), end: lines.endOfLine(line) }),
  );
  return nearby ?? (derivatives.length === 1 ? (derivatives[0] ?? null) : null);
}
