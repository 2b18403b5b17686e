import * as vscode from 'vscode';
import type { Editor, EditorTest } from '../harness.ts';

const SAMPLE = '1_full_jacobian.py';
const CALL = 'jacobian(net, x)';

/** Opens the first sample in a window of that size with nothing beside it, and puts the cursor on the call. */
async function stage(editor: Editor, width: number, height: number): Promise<vscode.TextEditor> {
  await editor.page.setViewportSize({ width, height });
  const settings = vscode.workspace.getConfiguration();
  const { Global } = vscode.ConfigurationTarget;
  await settings.update('workbench.activityBar.location', 'hidden', Global);
  await settings.update('workbench.statusBar.visible', false, Global);
  await settings.update('window.commandCenter', false, Global);
  await settings.update('workbench.layoutControl.enabled', false, Global);
  await settings.update('editor.occurrencesHighlight', 'off', Global);
  await editor.command('workbench.action.closeSidebar');
  const shown = await editor.open(SAMPLE);
  await vscode.commands.executeCommand('workbench.action.keepEditor');
  await editor.diagnostics(shown.document.uri, (diagnostics) => diagnostics.length === 1);
  const start = shown.document.positionAt(shown.document.getText().indexOf(CALL) + 2);
  shown.selection = new vscode.Selection(start, start);
  await editor.page.locator('.codelens-decoration a', { hasText: 'Run' }).first().waitFor();
  return shown;
}

/** Takes a picture in each theme of what `show` brings up. */
async function pictures(editor: Editor, name: string, show: () => Promise<void>): Promise<void> {
  for (const kind of ['light', 'dark'] as const) {
    await editor.theme(kind);
    await show();
    await editor.page.waitForTimeout(1000);
    await editor.screenshot(`${name}-${kind}`);
    await editor.page.keyboard.press('Escape');
  }
}

/** The pictures of the README. */
export const pictureTests: readonly EditorTest[] = [
  {
    name: 'the finding and its message',
    run: async (editor) => {
      await stage(editor, 1000, 640);
      await pictures(editor, 'finding', async () => {
        await editor.command('editor.action.showHover');
        await editor.page.locator('.monaco-hover', { hasText: '(3, 10, 3, 5)' }).first().waitFor();
      });
    },
  },
  {
    name: 'the fixes',
    run: async (editor) => {
      await stage(editor, 1000, 640);
      await pictures(editor, 'fixes', async () => {
        const rows = editor.page.locator('.action-widget .monaco-list-row.action');
        await editor.press('Control+.', () => rows.first().isVisible());
      });
    },
  },
  {
    name: 'the panel after a run',
    run: async (editor) => {
      await stage(editor, 1480, 1250);
      await editor.page.locator('.codelens-decoration a', { hasText: 'Run' }).first().click();
      await editor.webview().locator('table').first().waitFor({ timeout: 60_000 });
      await editor.page.mouse.move(5, 1240);
      await pictures(editor, 'run', async () => {});
    },
  },
];
