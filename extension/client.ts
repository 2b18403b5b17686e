import { type ExtensionContext, workspace } from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';

/** Where Python is that people edit, cells of notebooks among it; other schemes show copies, as in the changes of a commit. */
const SCHEMES = ['file', 'untitled', 'vscode-vfs', 'vscode-notebook-cell'];

/** The language server's client, not started yet. Its name and id are those of the log and of the settings. */
export function createClient(context: ExtensionContext): LanguageClient {
  const watcher = workspace.createFileSystemWatcher('**/*.{py,ipynb}');
  context.subscriptions.push(watcher);
  return new LanguageClient(
    'jacobianLens',
    'Jacobian Lens',
    { module: context.asAbsolutePath('dist/server.cjs'), transport: TransportKind.ipc },
    {
      documentSelector: SCHEMES.map((scheme) => ({ scheme, language: 'python' })),
      diagnosticCollectionName: 'jacobian-lens',
      synchronize: { fileEvents: watcher },
    },
  );
}
