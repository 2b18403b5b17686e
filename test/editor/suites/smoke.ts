import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { type EditorTest, eventually } from '../harness.ts';

const EXTENSION = 'jacobian-lens.jacobian-lens';
const SAMPLE = '1_full_jacobian.py';

/** That the extension loads, from the repository. */
export const smokeTests: readonly EditorTest[] = [
  {
    name: 'opening a sample activates the extension',
    run: async (editor) => {
      const extension = vscode.extensions.getExtension(EXTENSION);
      assert.ok(extension, `${EXTENSION} is not there`);
      const shown = await editor.open(SAMPLE);
      assert.equal(shown.document.languageId, 'python');
      await eventually(
        async () => extension.isActive || undefined,
        () => 'it did not become active',
      );
      await editor.page.locator('.tab.active', { hasText: SAMPLE }).waitFor();
      await editor.screenshot('sample open');
    },
  },
  {
    name: 'every declared command is registered',
    run: async (editor) => {
      const extension = vscode.extensions.getExtension(EXTENSION);
      assert.ok(extension, `${EXTENSION} is not there`);
      await editor.open(SAMPLE);
      await extension.activate();
      const registered = await vscode.commands.getCommands(true);
      const declared: readonly { readonly command: string }[] = extension.packageJSON.contributes.commands;
      assert.ok(declared.length > 0);
      assert.deepEqual(
        declared.map(({ command }) => command).filter((command) => !registered.includes(command)),
        [],
      );
    },
  },
  {
    name: 'the commands are in the palette, in a light and a dark theme',
    run: async (editor) => {
      await editor.open(SAMPLE);
      const palette = editor.page.locator('.quick-input-widget');
      for (const kind of ['light', 'dark'] as const) {
        await editor.theme(kind);
        await editor.press('F1', () => palette.isVisible());
        await palette.locator('input').first().fill('>Jacobian Lens');
        await palette.locator('.monaco-list-row', { hasText: 'Jacobian Lens: Run' }).first().waitFor();
        await editor.screenshot(`palette ${kind}`);
        await editor.page.keyboard.press('Escape');
      }
    },
  },
];
