import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { type Editor, type EditorTest, eventually } from '../harness.ts';

const SAMPLE = '9_notebook.ipynb';
const CALL = 'jacrev(encoder)(images)';

/** Opens the sample notebook as people do, waits for what is found in it, and gives the cell where that is. */
async function openNotebook(editor: Editor): Promise<vscode.NotebookCell> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder);
  const notebook = await vscode.workspace.openNotebookDocument(vscode.Uri.joinPath(folder.uri, SAMPLE));
  const shown = await vscode.window.showNotebookDocument(notebook);
  const cell = notebook.getCells().find(({ document }) => document.getText().includes(`J = ${CALL}`));
  assert.ok(cell);
  shown.selection = new vscode.NotebookRange(cell.index, cell.index + 1);
  await editor.diagnostics(cell.document.uri, (diagnostics) => diagnostics.length === 1);
  return cell;
}

/** Takes a picture in each theme. */
async function pictures(editor: Editor, name: string): Promise<void> {
  for (const kind of ['light', 'dark'] as const) {
    await editor.theme(kind);
    await editor.page.waitForTimeout(500);
    await editor.screenshot(`${name} ${kind}`);
  }
}

/** Puts the cursor into the call, as a click would. */
async function goToCall(editor: Editor): Promise<void> {
  const word = editor.page
    .locator('.notebookOverlay .view-line', { hasText: /J.*jacrev\(encoder\)\(images\)/ })
    .first();
  await word.getByText('jacrev').first().click();
}

/** That notebooks are served as files are. */
export const notebookTests: readonly EditorTest[] = [
  {
    name: 'a notebook has its findings and shapes in the cells',
    run: async (editor) => {
      const { document } = await openNotebook(editor);
      const [found] = vscode.languages.getDiagnostics(document.uri);
      assert.ok(found);
      assert.equal(document.getText(found.range), CALL);
      assert.match(found.message, /\(32, 2, 32, 8\).*\(32, 2, 8\)/);
      await editor.page.locator('.notebookOverlay .squiggly-warning').first().waitFor();
      const hint = /J.*\(32,\s2,\s32,\s8\).*=/;
      await editor.page.locator('.notebookOverlay .view-line', { hasText: hint }).first().waitFor();
      await pictures(editor, 'notebook');
    },
  },
  {
    name: 'a cell of a notebook is mended',
    run: async (editor) => {
      const { document } = await openNotebook(editor);
      await goToCall(editor);
      const rows = editor.page.locator('.action-widget .monaco-list-row.action');
      await editor.press('Control+.', () => rows.first().isVisible());
      await pictures(editor, 'notebook fixes');
      await rows.filter({ hasText: 'Map over samples' }).first().click();
      await editor.diagnostics(document.uri, (diagnostics) => diagnostics.length === 0);
      assert.match(document.getText(), /^%%time\nJ = vmap\(jacrev\(encoder\)\)\(images\)/);
      await editor.command('undo');
    },
  },
  {
    name: 'a derivative in a cell is run, and its place is found again',
    run: async (editor) => {
      const { document } = await openNotebook(editor);
      await goToCall(editor);
      await editor.command('jacobianLens.run');
      const panel = editor.webview();
      await panel.getByText('(32, 2, 8)').first().waitFor({ timeout: 60_000 });
      await panel.locator('table').first().waitFor({ timeout: 60_000 });
      await pictures(editor, 'notebook run');
      await panel.getByText(`${SAMPLE}, line 2 of cell 3`).click();
      const shown = (): string => String(vscode.window.activeTextEditor?.document.uri);
      await eventually(
        async () => shown() === String(document.uri) || undefined,
        () => `${shown()} is shown`,
      );
    },
  },
];
