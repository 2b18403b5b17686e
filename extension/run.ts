import { type ExtensionContext, window } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { decodeProgram } from '../language-server/graph/program.ts';
import { openPanel } from './panel.ts';

/** What the server answers: a program as `encodeProgram` writes it, or why there is none. */
type ProgramResponse = { readonly program: string } | { readonly cannot: string };

/**
 * Runs a derivative in the panel.
 * @param target the document and range that a lens or quick fix names; else the place of the cursor
 */
export async function runDerivative(context: ExtensionContext, client: LanguageClient, target: unknown): Promise<void> {
  const wanted = target ?? cursor(client);
  if (wanted === null) {
    await window.showInformationMessage('Open a Python file and put the cursor on a derivative call to run it.');
    return;
  }
  await client.start();
  const response = await client.sendRequest<ProgramResponse>('jacobianLens/program', wanted);
  if ('program' in response) openPanel(context, decodeProgram(response.program));
  else await window.showInformationMessage(response.cannot);
}

/** The selection of the active Python editor. */
function cursor(client: LanguageClient): { readonly uri: string; readonly range: unknown } | null {
  const editor = window.activeTextEditor;
  if (editor?.document.languageId !== 'python') return null;
  const { asUri, asRange } = client.code2ProtocolConverter;
  return { uri: asUri(editor.document.uri), range: asRange(editor.selection) };
}
