import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { HEADLESS_SWITCHES } from '../../extension/tooling/browser.mjs';
import { build } from '../../extension/tooling/build.mjs';
import { DIST } from '../../extension/tooling/paths.mjs';
import { encodeProgram, type Program } from '../../language-server/graph/program.ts';
import type { FromPanel } from '../../media/panel/messages.ts';
import { panelPage } from '../../media/panel/page.ts';
import { serve } from '../bench/serving.ts';

/** The panel's own page in a real browser, with a stand-in for the editor around it. */
export interface PanelInBrowser {
  readonly open: (options?: OpenOptions) => Promise<OpenPanel>;
  readonly close: () => Promise<void>;
}

export interface OpenOptions {
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  /** A script that runs before the panel's. */
  readonly before?: string;
}

export interface OpenPanel {
  readonly page: Page;
  /** Sends a message as the extension does. */
  readonly send: (message: unknown) => Promise<void>;
  readonly show: (program: Program, run?: boolean) => Promise<void>;
  /** What the panel has sent. */
  readonly sent: () => Promise<readonly FromPanel[]>;
  /** What the content security policy refused, what was left on the device, and errors that nobody caught. */
  readonly faults: readonly string[];
}

const nonce = 'bm9uY2U';

/** What the editor gives its webviews: the way to speak with it, and the colours of its theme. */
const standIn = `
const sent = [];
let kept;
globalThis.sentMessages = () => sent;
globalThis.acquireVsCodeApi = () => ({
  postMessage: (message) => sent.push(message),
  getState: () => kept,
  setState: (state) => { kept = state; },
});
`;

/** The colours of VS Code's own themes that the panel uses. */
const themes = {
  light: {
    'editor-background': '#ffffff',
    foreground: '#3b3b3b',
    descriptionForeground: '#616161',
    'editorWidget-background': '#f8f8f8',
    'widget-border': '#e5e5e5',
    'button-background': '#005fb8',
    'button-foreground': '#ffffff',
    'input-background': '#ffffff',
    'input-border': '#cecece',
    'textLink-foreground': '#005fb8',
    'badge-background': '#cccccc',
    'badge-foreground': '#3b3b3b',
  },
  dark: {
    'editor-background': '#1f1f1f',
    foreground: '#cccccc',
    descriptionForeground: '#9d9d9d',
    'editorWidget-background': '#252526',
    'widget-border': '#3c3c3c',
    'button-background': '#0078d4',
    'button-foreground': '#ffffff',
    'input-background': '#313131',
    'input-foreground': '#cccccc',
    'input-border': '#3c3c3c',
    'textLink-foreground': '#4daafc',
    'badge-background': '#616161',
    'badge-foreground': '#f8f8f8',
    'button-secondaryBackground': '#313131',
    'button-secondaryForeground': '#cccccc',
  },
} as const;

/** Builds the panel as it is shipped, serves it, and starts a browser. */
export async function openPanels(executablePath = process.env.BROWSER_EXECUTABLE ?? ''): Promise<PanelInBrowser> {
  await build(['panel', 'style']);
  let before = standIn;
  const files = await serve(
    (path) => readFile(join(DIST, path)),
    () => panelPage({ script: '/panel/main.js', style: '/panel.css', source: "'self'", nonce, before }),
  );
  const browser: Browser = await chromium.launch({
    executablePath,
    args: [...HEADLESS_SWITCHES],
  });
  return {
    open: async ({ theme = 'light', width = 900, before: extra = '' } = {}) => {
      before = `${standIn}\n${themeScript(theme)}\n${extra}`;
      const page = await browser.newPage({ viewport: { width, height: 1000 } });
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => {
        if (/Content Security Policy|left on the device/.test(message.text())) faults.push(message.text());
      });
      await page.goto(files.address);
      const send = (message: unknown): Promise<void> => page.evaluate((data) => window.postMessage(data, '*'), message);
      return {
        page,
        faults,
        send,
        show: (program, run = true) => send({ kind: 'show', program: encodeProgram(program), run }),
        sent: () => page.evaluate('sentMessages()'),
      };
    },
    close: async () => {
      await browser.close();
      files.close();
    },
  };
}

/** Sets the theme's colours as the editor does, before anything is drawn. */
function themeScript(theme: keyof typeof themes): string {
  const set = Object.entries(themes[theme]).map(
    ([name, value]) => `document.documentElement.style.setProperty('--vscode-${name}', '${value}');`,
  );
  return `${set.join('\n')}\ndocument.body.classList.add('vscode-${theme}');\ndocument.documentElement.style.colorScheme = '${theme}';`;
}
