import { type Connection, NotebookDocuments, type TextDocuments } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';

/**
 * The notebooks of an editor. Their cells are documents like all others, in the same store.
 * @param changed called with the address of a notebook after each change; the library's own event leaves out cells that only change places
 */
export function followNotebooks(
  connection: Connection,
  documents: TextDocuments<TextDocument>,
  changed: (uri: string) => void,
): NotebookDocuments<TextDocument> {
  const notebooks = new NotebookDocuments(documents);
  const { synchronization } = connection.notebooks;
  notebooks.listen({
    ...connection,
    notebooks: {
      ...connection.notebooks,
      synchronization: {
        ...synchronization,
        onDidChangeNotebookDocument: (handle) =>
          synchronization.onDidChangeNotebookDocument(async (params) => {
            await handle(params);
            changed(params.notebookDocument.uri);
          }),
      },
    },
  });
  return notebooks;
}
