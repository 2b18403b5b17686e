import type { CodeLens } from 'vscode-languageserver/node';
import { type AnalysedDocument, toLspRange } from './document.ts';
import { RUN_COMMAND } from './run.ts';

/** A lens that runs each derivative call that is known. It names no shape: what is run may be the corrected form, of another one. */
export function codeLenses({ uri, lines, analysis }: AnalysedDocument): CodeLens[] {
  return analysis.derivatives.flatMap((derivative) => {
    if (derivative.unknownBecause !== null) return [];
    const range = toLspRange(lines, derivative.range);
    return { range, command: { title: '▷ Run', command: RUN_COMMAND, arguments: [{ uri, range }] } };
  });
}
