import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type FrameLocator, type Page } from 'playwright-core';
import * as vscode from 'vscode';

/** One test that runs inside VS Code's extension host, with the extension's API and the real window at hand. */
export interface EditorTest {
  readonly name: string;
  readonly run: (editor: Editor) => Promise<void>;
}

/** What a test sees and does; get one from `connectEditor`. */
export interface Editor {
  /** The window itself, through Chrome's DevTools Protocol. */
  readonly page: Page;
  /** Opens a file of the workspace (a path relative to its folder) and waits until it is shown. */
  readonly open: (path: string) => Promise<vscode.TextEditor>;
  /** The document's diagnostics of this extension once `holds` is true of them; fails with what there was. */
  readonly diagnostics: (
    uri: vscode.Uri,
    holds: (diagnostics: readonly vscode.Diagnostic[]) => boolean,
  ) => Promise<readonly vscode.Diagnostic[]>;
  /** Runs a command by its name. */
  readonly command: (name: string, ...args: readonly unknown[]) => Promise<unknown>;
  /** Presses keys, as Playwright names them (`Control+.`), until `done` is true: a key can come too early. */
  readonly press: (keys: string, done: () => Promise<boolean>) => Promise<void>;
  /** The document inside the webview that was opened last: a notebook has one of its own. */
  readonly webview: () => FrameLocator;
  /** Changes the colour theme: `light` or `dark`. */
  readonly theme: (kind: keyof typeof THEMES) => Promise<void>;
  /** Saves a picture of the window as NAME.png in the tests' output folder. */
  readonly screenshot: (name: string) => Promise<void>;
  /** Closes every editor without saving. */
  readonly reset: () => Promise<void>;
}

const THEMES = { light: 'Default Light Modern', dark: 'Default Dark Modern' } as const;
const SOURCE = 'jacobian-lens';
const PATIENCE_MILLISECONDS = 30_000;

/**
 * Asks again and again until `probe` gives a value; fails with `otherwise` after half a minute.
 */
export async function eventually<T>(probe: () => Promise<T | undefined>, otherwise: () => string): Promise<T> {
  const deadline = Date.now() + PATIENCE_MILLISECONDS;
  while (Date.now() < deadline) {
    const value = await probe();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new assert.AssertionError({ message: otherwise() });
}

/**
 * Reads a setting of the test run from the environment; fails where it is missing.
 */
export function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; run the suites by npm test`);
  return value;
}

/**
 * Connects to the window that this extension host belongs to.
 * @returns the editor, and the connection to close at the end
 */
export async function connectEditor(): Promise<{ readonly editor: Editor; readonly browser: Browser }> {
  const browser = await chromium.connectOverCDP(environment('JACOBIAN_LENS_WINDOW'));
  const page = await eventually(
    () => findWorkbench(browser),
    () => 'no window shows the workbench',
  );
  const output = environment('JACOBIAN_LENS_OUTPUT');
  await mkdir(output, { recursive: true });
  return { editor: createEditor(page, output), browser };
}

async function findWorkbench(browser: Browser): Promise<Page | undefined> {
  for (const page of browser.contexts().flatMap((context) => context.pages())) {
    if ((await page.locator('.monaco-workbench').count()) > 0) return page;
  }
  return undefined;
}

function createEditor(page: Page, output: string): Editor {
  return {
    page,
    async open(path) {
      const folder = vscode.workspace.workspaceFolders?.[0];
      assert.ok(folder, 'no folder is open');
      const shown = await vscode.window.showTextDocument(vscode.Uri.joinPath(folder.uri, path));
      await page.locator('.monaco-editor .view-line').first().waitFor();
      return shown;
    },
    async diagnostics(uri, holds) {
      const ours = () => vscode.languages.getDiagnostics(uri).filter(({ source }) => source === SOURCE);
      return eventually(
        async () => (holds(ours()) ? ours() : undefined),
        () => `the diagnostics did not become as expected; they are ${JSON.stringify(ours())}`,
      );
    },
    async command(name, ...args) {
      return vscode.commands.executeCommand(name, ...args);
    },
    async press(keys, done) {
      await eventually(
        async () => {
          await page.keyboard.press(keys);
          await page.waitForTimeout(500);
          return (await done()) || undefined;
        },
        () => `${keys} had no effect`,
      );
    },
    webview: () => page.frameLocator('iframe.webview.ready').last().frameLocator('iframe#active-frame'),
    async theme(kind) {
      const settings = vscode.workspace.getConfiguration('workbench');
      await settings.update('colorTheme', THEMES[kind], vscode.ConfigurationTarget.Global);
      await page
        .locator(`.monaco-workbench.${kind === 'light' ? 'vs' : 'vs-dark'}`)
        .first()
        .waitFor();
    },
    async screenshot(name) {
      await page.screenshot({ path: join(output, `${name}.png`) });
    },
    async reset() {
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    },
  };
}
