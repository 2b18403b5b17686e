import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { readArrays, writeNpz } from '../../../media/engine/data/files.ts';
import { type Editor, type EditorTest, eventually } from '../harness.ts';

const SAMPLE = '1_full_jacobian.py';
const CALL = 'jacobian(net, x)';

/** Opens the first sample as it is shipped, waits for what is found in it, and puts the cursor there. */
async function openSample(editor: Editor): Promise<vscode.TextEditor> {
  await restoreSample();
  const shown = await editor.open(SAMPLE);
  await editor.diagnostics(shown.document.uri, (diagnostics) => diagnostics.length === 1);
  goTo(shown, CALL);
  return shown;
}

/** Undoes what a test before has saved: in a browser VS Code saves by itself. */
async function restoreSample(): Promise<void> {
  const extension = vscode.extensions.getExtension('jacobian-lens.jacobian-lens');
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(extension && folder);
  const original = vscode.Uri.joinPath(extension.extensionUri, 'media', 'samples', SAMPLE);
  await vscode.workspace.fs.copy(original, vscode.Uri.joinPath(folder.uri, SAMPLE), { overwrite: true });
}

function goTo(shown: vscode.TextEditor, text: string): void {
  const start = shown.document.positionAt(shown.document.getText().indexOf(text) + 2);
  shown.selection = new vscode.Selection(start, start);
}

function codeOf({ code }: vscode.Diagnostic): string {
  return typeof code === 'object' ? String(code.value) : String(code);
}

/** Takes a picture in each theme. */
async function pictures(editor: Editor, name: string): Promise<void> {
  for (const kind of ['light', 'dark'] as const) {
    await editor.theme(kind);
    await editor.page.waitForTimeout(500);
    await editor.screenshot(`${name} ${kind}`);
  }
}

/** Opens the quick fixes at the cursor; their titles in order. */
async function quickFixes(editor: Editor): Promise<readonly string[]> {
  const rows = editor.page.locator('.action-widget .monaco-list-row.action');
  await editor.press('Control+.', () => rows.first().isVisible());
  return rows.allInnerTexts();
}

/** That the main job works as people do it, from the squiggle to the numbers of the corrected Jacobian. */
export const lensTests: readonly EditorTest[] = [
  {
    name: 'a full Jacobian of a batch is underlined, with its message and a link',
    run: async (editor) => {
      const { document } = await openSample(editor);
      const [found] = vscode.languages.getDiagnostics(document.uri);
      assert.ok(found);
      assert.equal(codeOf(found), 'full-batch-jacobian');
      assert.equal(found.severity, vscode.DiagnosticSeverity.Warning);
      assert.equal(document.getText(found.range), CALL);
      assert.match(found.message, /\(3, 10, 3, 5\).*\(3, 10, 5\)/);
      await editor.page.locator('.monaco-editor .squiggly-warning').first().waitFor();
      await pictures(editor, 'squiggle');
    },
  },
  {
    name: 'F8 shows the message in place',
    run: async (editor) => {
      await openSample(editor);
      const widget = editor.page.locator('.zone-widget .marker-widget, .marker-hover, .monaco-hover');
      await editor.press('F8', () => widget.filter({ hasText: '(3, 10, 3, 5)' }).first().isVisible());
      await pictures(editor, 'next problem');
      await editor.page.keyboard.press('Escape');
    },
  },
  {
    name: 'the shape stands behind the name, and Run above the call',
    run: async (editor) => {
      await openSample(editor);
      // The editor draws spaces in hints as no-break spaces.
      const line = editor.page.locator('.view-line', { hasText: /result.*\(3,\s10,\s3,\s5\).*=/ });
      await line.first().waitFor();
      await editor.page.locator('.codelens-decoration a', { hasText: 'Run' }).first().waitFor();
    },
  },
  {
    name: 'hover tells the shape and the cost of the derivative',
    run: async (editor) => {
      const { document } = await openSample(editor);
      const position = document.positionAt(document.getText().indexOf(CALL) + 2);
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        document.uri,
        position,
      );
      const texts = hovers.flatMap(({ contents }) =>
        contents.map((each) => (typeof each === 'string' ? each : each.value)),
      );
      assert.match(texts.join('\n'), /\(3, 10, 3, 5\)/);
      await editor.command('editor.action.showHover');
      await editor.page.locator('.monaco-hover', { hasText: '(3, 10, 3, 5)' }).first().waitFor();
      await pictures(editor, 'hover');
    },
  },
  {
    name: 'Ctrl+. offers the fixes; the preferred one mends the call',
    run: async (editor) => {
      const shown = await openSample(editor);
      const titles = await quickFixes(editor);
      assert.ok(titles.length >= 3, titles.join(' | '));
      assert.ok(titles.some((title) => title.includes('Run this Jacobian')));
      assert.ok(titles.some((title) => title.includes('Ignore full-batch-jacobian')));
      await editor.screenshot('quick fixes dark');
      await editor.page.locator('.action-widget .monaco-list-row.action').first().click();
      await editor.diagnostics(shown.document.uri, (diagnostics) => diagnostics.length === 0);
      assert.match(shown.document.getText(), /result = .*sum\(0\)/);
      await editor.page
        .locator('.view-line', { hasText: /result.*\(3,\s10,\s5\).*=/ })
        .first()
        .waitFor();
      await pictures(editor, 'mended');
    },
  },
  {
    name: 'a finding can be silenced on its line',
    run: async (editor) => {
      const shown = await openSample(editor);
      await quickFixes(editor);
      await editor.page.locator('.action-widget .monaco-list-row.action', { hasText: 'Ignore' }).first().click();
      await editor.diagnostics(shown.document.uri, (diagnostics) => diagnostics.length === 0);
      assert.match(shown.document.getText(), /# jacobian-lens: ignore\[full-batch-jacobian\]/);
    },
  },
  {
    name: 'a rule can be turned off, and hints too',
    run: async (editor) => {
      const { document } = await openSample(editor);
      const settings = vscode.workspace.getConfiguration('jacobianLens');
      const { Global } = vscode.ConfigurationTarget;
      const hint = editor.page.locator('.view-line', { hasText: /\(3,\s10,\s3,\s5\)/ });
      try {
        await settings.update('rules', { 'full-batch-jacobian': 'off' }, Global);
        await editor.diagnostics(document.uri, (diagnostics) => diagnostics.length === 0);
        await settings.update('inlayHints.shapes', 'off', Global);
        await eventually(
          async () => (await hint.count()) === 0 || undefined,
          () => 'the hint is still there',
        );
      } finally {
        await settings.update('rules', undefined, Global);
        await settings.update('inlayHints.shapes', undefined, Global);
      }
      await editor.diagnostics(document.uri, (diagnostics) => diagnostics.length === 1);
      await hint.first().waitFor();
    },
  },
  {
    name: "the rule's page opens from the message",
    run: async (editor) => {
      await openSample(editor);
      await editor.command('editor.action.showHover');
      // The link may go over two lines, so that its middle is beside it.
      const link = editor.page.locator('.monaco-hover a', { hasText: 'full-batch-jacobian' }).first();
      await link.dispatchEvent('click');
      await editor.page.locator('.tab.active', { hasText: /readme/i }).waitFor();
      const lineOfCursor = (): string => {
        const shown = vscode.window.activeTextEditor;
        return shown?.document.lineAt(shown.selection.active.line).text ?? '';
      };
      // The cursor comes to the line after the file is shown.
      await eventually(
        async () => lineOfCursor() === '### `full-batch-jacobian`' || undefined,
        () => `the cursor is at "${lineOfCursor()}"`,
      );
    },
  },
  {
    name: 'a rule is explained from the quick fixes',
    run: async (editor) => {
      await openSample(editor);
      await quickFixes(editor);
      await editor.page.locator('.action-widget .monaco-list-row.action', { hasText: 'Explain' }).first().click();
      await editor.page.locator('.tab.active', { hasText: /readme/i }).waitFor();
      await editor.webview().locator('#full-batch-jacobian').first().waitFor();
      await editor.screenshot('rule page');
    },
  },
  {
    name: 'the server starts again when it is told to',
    run: async (editor) => {
      const { document } = await openSample(editor);
      await editor.command('jacobianLens.restartServer');
      await editor.diagnostics(document.uri, (diagnostics) => diagnostics.length === 1);
    },
  },
  {
    name: 'a sample can be opened from the palette',
    run: async (editor) => {
      const opened = editor.command('jacobianLens.openSample');
      const row = editor.page.locator('.quick-input-widget .monaco-list-row', { hasText: '1. Start here' });
      await row.waitFor();
      await editor.screenshot('samples');
      await row.click();
      await opened;
      const document = vscode.window.activeTextEditor?.document;
      assert.ok(document);
      assert.equal(document.uri.scheme, 'untitled');
      await editor.diagnostics(document.uri, (diagnostics) => diagnostics.length === 1);
    },
  },
  {
    name: 'the walkthrough shows its steps',
    run: async (editor) => {
      await editor.command('workbench.action.openWalkthrough', 'jacobian-lens.jacobian-lens#start', false);
      const steps = editor.page.locator('.getting-started-step');
      await steps.nth(3).waitFor();
      assert.deepEqual(
        (await steps.locator('.step-title').allInnerTexts()).map((title) => title.trim()),
        ['Open a sample', 'Read what is wrong', 'Take the fix', 'Run it'],
      );
      for (const [k, name] of ['open', 'read', 'fix', 'run'].entries()) {
        // The first one is open already, and a click would close it.
        if (k > 0) await steps.nth(k).click();
        await editor.page.waitForTimeout(1500);
        await editor.screenshot(`walkthrough ${name}`);
      }
    },
  },
  {
    name: 'Run computes the corrected Jacobian and shows it',
    run: async (editor) => {
      await openSample(editor);
      await editor.page.locator('.codelens-decoration a', { hasText: 'Run' }).first().click();
      const panel = editor.webview();
      await panel.getByText('(3, 10, 5)').first().waitFor({ timeout: 60_000 });
      await panel.locator('table').first().waitFor({ timeout: 60_000 });
      await pictures(editor, 'run');
      const table = panel.locator('.table-frame').first();
      await table.scrollIntoViewIfNeeded();
      await pictures(editor, 'ways');
      assert.ok(
        await table.evaluate((frame) => frame.scrollWidth <= frame.clientWidth),
        'not all columns of the ways fit beside the editor',
      );
    },
  },
  {
    name: 'the panel loads WebAssembly where it is chosen, and computes on it',
    run: async (editor) => {
      await openSample(editor);
      await editor.page.locator('.codelens-decoration a', { hasText: 'Run' }).first().click();
      const panel = editor.webview();
      await panel.locator('table').first().waitFor({ timeout: 60_000 });
      await panel.getByLabel('Runs on').selectOption('CPU (WebAssembly)');
      await panel.getByRole('button', { name: 'Run', exact: true }).click();
      await panel.getByText('Computed on the CPU (WebAssembly)').waitFor({ timeout: 60_000 });
      await panel.getByLabel('Runs on').selectOption('GPU (WebGL)');
    },
  },
  {
    name: 'weights come from a file of the workspace, and the result goes into one',
    run: async (editor) => {
      const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
      assert.ok(folder);
      const [weights, saved] = ['net.npz', 'jacobian.npy'].map((name) => vscode.Uri.joinPath(folder, name));
      assert.ok(weights && saved);
      const ones = { name: '0.bias', shape: [2], values: Float32Array.of(1, 1) };
      await vscode.workspace.fs.writeFile(weights, writeNpz([ones]));
      await openSample(editor);
      await editor.page.locator('.codelens-decoration a', { hasText: 'Run' }).first().click();
      const panel = editor.webview();
      await panel.locator('table').first().waitFor({ timeout: 60_000 });
      await panel.locator('.values summary').click();
      await panel.getByRole('button', { name: 'Load from a file…' }).click();
      await editor.page.locator('.quick-input-list .monaco-list-row', { hasText: 'net.npz' }).click();
      await panel.getByText('net.npz: 0.bias, float32').waitFor();
      await pictures(editor, 'values');
      await panel.getByRole('button', { name: 'Run' }).click();
      await panel.getByText('1 tensor from files').waitFor({ timeout: 60_000 });
      await panel.getByRole('button', { name: 'Save as .npy' }).click();
      await editor.page.locator('.quick-input-widget input').first().waitFor();
      await editor.press('Enter', async () => {
        const entries = await vscode.workspace.fs.readDirectory(folder);
        return entries.some(([name]) => name === 'jacobian.npy');
      });
      const [result] = await readArrays('jacobian.npy', await vscode.workspace.fs.readFile(saved));
      assert.ok(result?.kind === 'read');
      assert.deepEqual(result.shape, [3, 10, 5]);
    },
  },
];
