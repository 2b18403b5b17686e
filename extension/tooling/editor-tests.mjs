import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { findDesktop } from './desktop.mjs';
import { exists } from './install.mjs';
import { DIST, ROOT } from './paths.mjs';
import { freePort, mustRun } from './processes.mjs';
import { messageOf } from './report.mjs';
import { ensureVscode, installInServer, QUIET_SETTINGS } from './vscode.mjs';

/** Where the tests leave their pictures. */
export const PICTURES = join(ROOT, 'test', 'editor', 'output');

/**
 * @typedef {object} EditorRun
 * @property {string} suite the name of a suite in test/editor/suite.ts
 * @property {string} extension the folder of the extension under development
 * @property {string} [vsix] a packaged extension that is installed first
 */

/**
 * Runs one suite in a fresh VS Code, desktop or server, by @vscode/test-electron.
 * @param {EditorRun} run
 * @returns {Promise<import('./stages.mjs').Counts>}
 */
export async function runEditorTests({ suite, extension, vsix }) {
  const desktop = await findDesktop();
  if (desktop === undefined) await ensureVscode();
  // A short path: VS Code's sockets lie in it.
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'jl-')));
  const userFolder = join(folder, 'u');
  const extensionsFolder = join(folder, 'e');
  const workspace = join(folder, 'samples');
  const results = join(folder, 'results.json');
  /** @type {string[]} */
  const log = [];
  const stream = new PassThrough();
  stream.setEncoding('utf8').on('data', (text) => log.push(text));
  try {
    await Promise.all([mkdir(join(userFolder, 'User'), { recursive: true }), mkdir(extensionsFolder)]);
    await writeFile(join(userFolder, 'User', 'settings.json'), JSON.stringify(QUIET_SETTINGS));
    await cp(join(ROOT, 'media', 'samples'), workspace, { recursive: true });
    if (vsix !== undefined) await install(vsix, { desktop, extensionsFolder, userFolder });
    const port = await freePort();
    // Loaded here, for the dependencies are installed by the commands that use this module.
    const { runTests } = await import('@vscode/test-electron');
    let failure = '';
    try {
      await runTests({
        vscodeExecutablePath: desktop ?? join(ROOT, 'test', 'editor', 'launcher.mjs'),
        extensionDevelopmentPath: extension,
        extensionTestsPath: join(DIST, 'test', 'suite.cjs'),
        launchArgs: [
          workspace,
          `--user-data-dir=${userFolder}`,
          `--extensions-dir=${extensionsFolder}`,
          `--remote-debugging-port=${port}`,
        ],
        extensionTestsEnv: {
          JACOBIAN_LENS_SUITE: suite,
          JACOBIAN_LENS_WINDOW: `http://127.0.0.1:${port}`,
          JACOBIAN_LENS_RESULTS: results,
          JACOBIAN_LENS_EXTENSIONS: extensionsFolder,
          JACOBIAN_LENS_OUTPUT: PICTURES,
        },
        stdout: stream,
        stderr: stream,
      });
    } catch (error) {
      failure = messageOf(error);
    }
    return await countResults(results, failure, log);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * @param {string} vsix
 * @param {{desktop: string | undefined, extensionsFolder: string, userFolder: string}} where
 */
async function install(vsix, { desktop, extensionsFolder, userFolder }) {
  if (desktop === undefined) {
    await installInServer(vsix, { dataFolder: join(userFolder, 'server'), extensionsFolder });
    return;
  }
  const { resolveCliArgsFromVSCodeExecutablePath } = await import('@vscode/test-electron');
  const [cli = desktop, ...args] = resolveCliArgsFromVSCodeExecutablePath(desktop, { reuseMachineInstall: true });
  const places = [`--user-data-dir=${userFolder}`, `--extensions-dir=${extensionsFolder}`];
  await mustRun(cli, [...args, ...places, '--install-extension', vsix], { quiet: true });
}

/**
 * Reads what the suite wrote; VS Code's own exit code does not say whether it came that far.
 * @param {string} file
 * @param {string} failure what the run itself failed with, or nothing
 * @param {readonly string[]} log
 * @returns {Promise<import('./stages.mjs').Counts>}
 */
async function countResults(file, failure, log) {
  if (!(await exists(file))) {
    const reason = `the suite wrote no results (${failure})`;
    console.log(`  ✗ ${reason}. VS Code's last words:\n${log.join('').slice(-4000)}`);
    return { passed: 0, failures: [reason] };
  }
  /** @type {{name: string, error?: string}[]} */
  const results = JSON.parse(await readFile(file, 'utf8'));
  for (const { name, error } of results)
    console.log(error === undefined ? `  ✓ ${name}` : `  ✗ ${name}\n    ${stripVTControlCharacters(error)}`);
  const failures = results.filter(({ error }) => error !== undefined).map(({ name }) => name);
  const passed = results.length - failures.length;
  return { passed, failures: failure !== '' && failures.length === 0 ? [failure] : failures };
}
