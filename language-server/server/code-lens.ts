import type { CodeLens } from 'vscode-languageserver/node';
import { type AnalysedDocument, beginsIn, type Part, toLspRange } from './document.ts';
import { RUN_COMMAND } from './run.ts';

/** A lens that runs each derivative call in a part that is known. It names no shape: what is run may be the corrected form, of another one. */
export function codeLenses({ analysis }: AnalysedDocument, part: Part): CodeLens[] {
  return analysis.derivatives.flatMap((derivative) => {
    if (derivative.unknownBecause !== null || !beginsIn(part, derivative.range)) return [];
    const range = toLspRange(part, derivative.range);
    return { range, command: { title: '▷ Run', command: RUN_COMMAND, arguments: [{ uri: part.uri, range }] } };
  });
}
