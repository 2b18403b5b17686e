import { basename } from 'node:path';
import { type Range as LspRange, RequestType } from 'vscode-languageserver/node';
import type { Node } from '../graph/graph.ts';
import { encodeProgram, type Program } from '../graph/program.ts';
import type { Range } from '../python/ast.ts';
import type { DerivativeFact } from '../rules/analysis.ts';
import { type AnalysedDocument, beginsIn, lineInWords, overlaps, type Part, partHolding, toRange } from './document.ts';
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

/** The program of the derivative that is meant in a part. */
export function programAt(document: AnalysedDocument, part: Part, range: LspRange): ProgramResponse {
  const { analysis } = document;
  if (analysis.derivatives.length === 0) return { cannot: 'No derivative is taken in this file.' };
  const derivative = derivativeAt(document, part, toRange(part, range));
  if (derivative === null) return { cannot: 'Put the cursor on the derivative call that is to be run.' };
  const program = analysis.program(derivative);
  return 'cannot' in program ? program : { program: encodeProgram(inCells(program, document, derivative)) };
}

/** The program of a notebook's derivative, with its places those of the cells. */
function inCells(program: Program, document: AnalysedDocument, derivative: DerivativeFact): Program {
  const { analysis, parts } = document;
  if (parts.length === 1) return program;
  const { start } = derivative.range;
  const own = partHolding(document, start);
  const nodes = program.graph.nodes.map((node): Node => {
    const { origin } = node;
    if (origin.file !== analysis.file) return node;
    const { uri, range } = partHolding(document, origin.start);
    const place = { file: uri, start: origin.start - range.start, end: origin.end - range.start };
    return { ...node, origin: { ...origin, ...place } };
  });
  const source = {
    ...program.source,
    file: own.uri,
    line: own.lines.positionAt(start - own.range.start).line + 1,
    place: `${basename(analysis.file)}, ${lineInWords(document, start)}`,
  };
  return { ...program, graph: { ...program.graph, nodes }, source };
}

function derivativeAt({ analysis, lines }: AnalysedDocument, part: Part, wanted: Range): DerivativeFact | null {
  const derivatives = analysis.derivatives.filter(({ range }) => beginsIn(part, range));
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
