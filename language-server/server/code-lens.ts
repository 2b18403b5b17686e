import type { CodeLens } from 'vscode-languageserver/node';
import { type AnalysedDocument, toLspRange } from './document.ts';
import { RUN_COMMAND } from './run.ts';

/** A lens that runs each derivative call. */
export function codeLenses({ uri, lines, analysis }: AnalysedDocument): CodeLens[] {
  return analysis.derivatives.map((derivative) => {
    const range = toLspRange(lines, derivative.range);
    const title = derivative.shape === null ? '▷ Run' : `▷ Run ${derivative.shape}`;
    return { range, command: { title, command: RUN_COMMAND, arguments: [{ uri, range }] } };
  });
}
