import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBrowser } from '../browser.mjs';
import { build } from '../build.mjs';
import { command } from '../command.mjs';
import { findDesktop, hasScreen } from '../desktop.mjs';
import { ROOT, TOOLS } from '../paths.mjs';
import { freePort, interrupted, startGroup } from '../processes.mjs';
import { Problem, step } from '../report.mjs';
import { ensureVscode, linkExtension, startServer, workbenchAddress } from '../vscode.mjs';
import { showWorkbench } from '../workbench.mjs';

const HELP = `npm start [-- OPTIONS]   opens VS Code with Jacobian Lens and a folder of samples

  --folder FOLDER     opens this folder instead of the samples, which are copied afresh each time
  --open FILE         opens this file, a path from the folder; of the samples the first is open anyway
  --port PORT         where VS Code's server listens, where there is no desktop VS Code
  --screenshot FILE   takes a picture of the window once it is ready, and ends
  --help

Desktop VS Code is used where it is installed or VSCODE_EXECUTABLE names it; else VS Code's own server, in Chrome,
Chromium or Edge (BROWSER_EXECUTABLE names another one).
`;

/** A copy of the samples, for in a browser VS Code saves by itself what is changed. */
const SAMPLES = join(TOOLS, 'samples');
const FIRST_SAMPLE = '1_full_jacobian.py';

async function copySamples() {
  await rm(SAMPLES, { recursive: true, force: true });
  await cp(join(ROOT, 'media', 'samples'), SAMPLES, { recursive: true });
}

/**
 * @typedef {object} Options
 * @property {string} folder
 * @property {string | undefined} open
 * @property {number | undefined} port
 * @property {string | undefined} screenshot
 */

/**
 * Desktop VS Code, until its window is closed.
 * @param {string} executable
 * @param {Options} options
 */
async function startDesktop(executable, { folder, open }) {
  const args = [
    `--extensionDevelopmentPath=${ROOT}`,
    `--user-data-dir=${join(TOOLS, 'desktop', 'user')}`,
    `--extensions-dir=${join(TOOLS, 'desktop', 'extensions')}`,
    ...['--disable-workspace-trust', '--skip-welcome', '--disable-telemetry', folder],
    ...(open === undefined ? [] : [open]),
  ];
  const { child, stop } = startGroup(executable, args);
  child.stdout?.resume();
  child.stderr?.resume();
  console.log(
    `\nVS Code is open with ${relative(ROOT, folder) || folder}. Close its window, or press Ctrl+C here, to end.`,
  );
  const code = await Promise.race([new Promise((resolve) => child.on('close', resolve)), interrupted()]);
  stop();
  if (typeof code === 'number' && code !== 0) throw new Problem(`${executable} ended with code ${code}`);
}

/**
 * VS Code's own server, seen in a browser, until Ctrl+C.
 * @param {Options} options
 */
async function startInBrowser({ folder, open, port, screenshot }) {
  await ensureVscode();
  const executable = await ensureBrowser();
  const dataFolder = join(TOOLS, 'run');
  const extensionsFolder = join(dataFolder, 'extensions');
  const { publisher, name, version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  await linkExtension(extensionsFolder, ROOT, `${publisher}.${name}-${version}`);
  const server = await step("Starting VS Code's server", async () =>
    startServer({ node: process.execPath, port: port ?? (await freePort()), dataFolder, extensionsFolder }),
  );
  const address = workbenchAddress(server, { folder, open });
  const headless = screenshot !== undefined || !hasScreen();
  const { browser, page } = await step(headless ? 'Opening it without a screen' : 'Opening it', () =>
    showWorkbench({ executable, address, headless }),
  );
  await page.locator('.monaco-workbench .explorer-folders-view .monaco-list-row').first().waitFor({ timeout: 60_000 });
  if (screenshot !== undefined) {
    await takeScreenshot(page, screenshot);
  } else {
    console.log(`\nVS Code is ready: ${address}`);
    console.log(
      headless ? 'There is no screen here; open the address in a browser. Ctrl+C ends it.' : 'Ctrl+C ends it.',
    );
    const closed = headless ? [] : [new Promise((resolve) => browser.on('disconnected', resolve))];
    await Promise.race([interrupted(), server.ended, ...closed]);
  }
  await browser.close();
  server.stop();
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} file
 */
async function takeScreenshot(page, file) {
  // The window has no sign of being at rest; squiggles and hints come within a few seconds.
  await page.waitForTimeout(8000);
  await page.screenshot({ path: file });
  console.log(`\nThe picture is in ${file}.`);
}

await command(async () => {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      open: { type: 'string' },
      port: { type: 'string' },
      screenshot: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const folder = values.folder === undefined ? SAMPLES : resolve(values.folder);
  const file = values.open ?? (folder === SAMPLES ? FIRST_SAMPLE : undefined);
  /** @type {Options} */
  const options = {
    folder,
    open: file === undefined ? undefined : resolve(folder, file),
    port: values.port === undefined ? undefined : Number(values.port),
    screenshot: values.screenshot === undefined ? undefined : resolve(values.screenshot),
  };
  await step('Building the extension', () => build());
  await mkdir(TOOLS, { recursive: true });
  if (options.folder === SAMPLES) await copySamples();
  const desktop = options.screenshot === undefined ? await findDesktop() : undefined;
  if (desktop === undefined) await startInBrowser(options);
  else await startDesktop(desktop, options);
});
