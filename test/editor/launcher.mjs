#!/usr/bin/env node
/*
 * Takes the place of desktop VS Code's executable for @vscode/test-electron: it reads the same switches, and runs
 * VS Code's own server with a browser that shows it.
 */
import { join } from 'node:path';
import { ensureBrowser } from '../../extension/tooling/browser.mjs';
import { freePort, interrupted } from '../../extension/tooling/processes.mjs';
import { Problem, printError } from '../../extension/tooling/report.mjs';
import { startServer, workbenchAddress } from '../../extension/tooling/vscode.mjs';
import { showWorkbench } from '../../extension/tooling/workbench.mjs';

/** A run that takes longer hangs. */
const LIMIT_SECONDS = 300;

const switches = new Map(
  process.argv.slice(2).flatMap((argument) => {
    const match = /^--([^=]+)=(.*)$/s.exec(argument);
    return match === null ? [] : [/** @type {const} */ ([match[1] ?? '', match[2] ?? ''])];
  }),
);
const folder = process.argv.slice(2).find((argument) => !argument.startsWith('--'));

/**
 * @param {string} name
 * @returns {string} the switch's value; a Problem where it is not given
 */
function required(name) {
  const value = switches.get(name);
  if (value === undefined) throw new Problem(`the launcher needs --${name}=...`);
  return value;
}

/**
 * @param {import('../../extension/tooling/vscode.mjs').Server} server
 * @returns {Promise<string>} why the run ended before its tests did
 */
function untimelyEnd(server) {
  return new Promise((resolve) => {
    server.onLine((line) => {
      const died = /Extension Host Process exited with code: ([^,]+)/.exec(line);
      if (died !== null && died[1] !== '0') resolve(`the extension host ended with code ${died[1]}`);
    });
    server.ended.then(() => resolve("VS Code's server ended"));
    interrupted().then(() => resolve('it was interrupted'));
    setTimeout(() => resolve(`it did not end within ${LIMIT_SECONDS} s`), LIMIT_SECONDS * 1000).unref();
  });
}

/** @returns {Promise<number>} the exit code that the tests ended with; a Problem where VS Code ended before them */
async function launch() {
  const userFolder = required('user-data-dir');
  const server = await startServer({
    node: process.execPath,
    port: await freePort(),
    dataFolder: join(userFolder, 'server'),
    userFolder,
    extensionsFolder: required('extensions-dir'),
  });
  const ended = untimelyEnd(server);
  const address = workbenchAddress(server, {
    folder: folder ?? userFolder,
    extension: required('extensionDevelopmentPath'),
    tests: required('extensionTestsPath'),
  });
  /** @type {(code: number) => void} */
  let finish = () => {};
  /** @type {Promise<number>} */
  const finished = new Promise((resolve) => {
    finish = resolve;
  });
  const { browser } = await showWorkbench({
    executable: await ensureBrowser(),
    address,
    headless: true,
    debuggingPort: Number(required('remote-debugging-port')),
    prepare: async (page) => {
      // The two names by which VS Code's web build reports to whoever drives it.
      await page.exposeFunction('codeAutomationExit', (/** @type {number} */ code) => finish(code));
      await page.exposeFunction('codeAutomationLog', (/** @type {string} */ type, /** @type {unknown[]} */ args) =>
        console.log(`[${type}]`, ...args),
      );
    },
  });
  const end = await Promise.race([finished, ended]);
  await browser.close();
  server.stop();
  if (typeof end === 'string') throw new Problem(`VS Code's run was cut short: ${end}`);
  return end;
}

try {
  process.exit(await launch());
} catch (error) {
  printError(error);
  process.exit(1);
}
