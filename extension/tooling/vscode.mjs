import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, fillFolder, installPackage } from './install.mjs';
import { TOOLS } from './paths.mjs';
import { mustRun, npm, startGroup } from './processes.mjs';
import { Problem, step } from './report.mjs';

/** The npm package that holds the whole of VS Code 1.139.1's server and web build, under lib/vscode. */
const PACKAGE = { name: 'code-server', version: '4.139.1' };
const FOLDER = join(TOOLS, 'vscode');
const SERVER = join(FOLDER, 'out', 'server-main.js');

/** Parts of that tree that nothing here uses. */
const UNUSED = ['extensions/copilot', 'node_modules/@github'];

/** A quiet window: no start page, nothing that talks to the network, no chat. */
export const QUIET_SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'git.enabled': false,
  'editor.minimap.enabled': false,
};

/** Installs VS Code's server and web build into .tools, unless it is there. */
export async function ensureVscode() {
  if (await exists(SERVER)) return;
  await step(`Installing VS Code's server (${PACKAGE.name} ${PACKAGE.version}, about 0.5 GB) into .tools`, () =>
    fillFolder(FOLDER, async (temporary) => {
      await installPackage(temporary, PACKAGE.name, PACKAGE.version);
      const tree = join(temporary, 'node_modules', PACKAGE.name, 'lib', 'vscode');
      // Not `npm ci`: the package's shrinkwrap is out of step with its manifest.
      for (const cwd of [tree, join(tree, 'extensions')]) {
        await npm(['install', '--ignore-scripts', '--omit=dev'], { cwd, quiet: true });
      }
      for (const path of UNUSED) await rm(join(tree, path), { recursive: true, force: true });
      await removeSourceMaps(tree);
      return tree;
    }),
  );
}

/**
 * @param {string} folder
 */
async function removeSourceMaps(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && entry.name.endsWith('.map')) await rm(join(entry.parentPath, entry.name));
  }
}

/**
 * @typedef {object} Server
 * @property {string} origin like `http://127.0.0.1:4321`
 * @property {string} authority its host and port, as `vscode-remote:` addresses name it
 * @property {Promise<void>} ended fulfilled when the server's process has ended
 * @property {(listener: (line: string) => void) => void} onLine calls the listener with each line of its log
 * @property {() => void} stop
 */

/**
 * @typedef {object} ServerOptions
 * @property {string} node the executable of a Node that is new enough
 * @property {number} port
 * @property {string} dataFolder where the server keeps its data; a short path, for sockets lie in it
 * @property {string} extensionsFolder installed extensions
 * @property {string} [userFolder] settings and state; else inside the data folder
 */

/**
 * Starts VS Code's server, and waits until it listens.
 * @param {ServerOptions} options
 * @returns {Promise<Server>} a Problem with its log where it ends first or takes more than a minute
 */
export async function startServer(options) {
  const userFolder = options.userFolder ?? join(options.dataFolder, 'user');
  await Promise.all([mkdir(options.extensionsFolder, { recursive: true }), seedSettings(userFolder)]);
  const group = startGroup(options.node, [SERVER, ...serverSwitches(options, userFolder)], {
    env: serverEnvironment(),
  });
  /** @type {string[]} */
  const log = [];
  /** @type {((line: string) => void)[]} */
  const listeners = [(line) => log.push(line)];
  for (const stream of [group.child.stdout, group.child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => {
      for (const line of String(text).split('\n')) if (line !== '') for (const listener of listeners) listener(line);
    });
  }
  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => group.child.on('close', () => resolve()));
  const authority = `127.0.0.1:${options.port}`;
  const origin = `http://${authority}`;
  if (!(await answers(origin, ended))) {
    group.stop();
    throw new Problem(`VS Code's server did not start. Its last words:\n${log.slice(-15).join('\n')}`);
  }
  return { origin, authority, ended, onLine: (listener) => listeners.push(listener), stop: group.stop };
}

/** @returns {NodeJS.ProcessEnv} ours, with no marketplace to look for */
function serverEnvironment() {
  return { ...process.env, EXTENSIONS_GALLERY: '{}' };
}

/**
 * @param {ServerOptions} options
 * @param {string} userFolder
 * @returns {string[]}
 */
function serverSwitches({ port, dataFolder, extensionsFolder }, userFolder) {
  return [
    ...['--host', '127.0.0.1', '--port', String(port), '--without-connection-token'],
    ...['--accept-server-license-terms', '--disable-workspace-trust', '--disable-telemetry'],
    ...['--disable-update-check', '--disable-experiments', '--disable-getting-started-override'],
    // The workbench takes a development extension from its address only with this.
    '--enable-smoke-test-driver',
    ...['--server-data-dir', dataFolder, '--user-data-dir', userFolder, '--extensions-dir', extensionsFolder],
  ];
}

/**
 * @param {string} userFolder
 */
async function seedSettings(userFolder) {
  const folder = join(userFolder, 'User');
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'settings.json');
  if (await exists(file)) return;
  await writeFile(file, JSON.stringify(QUIET_SETTINGS, undefined, 2));
}

/**
 * @param {string} address
 * @param {Promise<void>} ended
 * @returns {Promise<boolean>} whether it answers before it ends and within a minute
 */
async function answers(address, ended) {
  const deadline = Date.now() + 60_000;
  let over = false;
  ended.then(() => {
    over = true;
  });
  while (!over && Date.now() < deadline) {
    try {
      const response = await fetch(`${address}/version`, { signal: AbortSignal.timeout(5000) });
      if (response.ok) return true;
    } catch {
      // It does not listen yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

/**
 * The address of the workbench with a folder open, and what is being developed or tested.
 * @param {Server} server
 * @param {{folder: string, extension?: string, tests?: string, open?: string | undefined}} what absolute paths: the folder, the
 *   extension under development, the module of its tests, and a file to open
 * @returns {string}
 */
export function workbenchAddress(server, { folder, extension, tests, open }) {
  const remote = (/** @type {string} */ path) => `vscode-remote://${server.authority}${path}`;
  const payload = [
    ['skipWelcome', 'true'],
    ...(extension === undefined ? [] : [['extensionDevelopmentPath', remote(extension)]]),
    ...(tests === undefined ? [] : [['extensionTestsPath', remote(tests)]]),
    ...(open === undefined ? [] : [['openFile', remote(open)]]),
  ];
  const query = new URLSearchParams({ folder, payload: JSON.stringify(payload) });
  return `${server.origin}/?${query}`;
}

/**
 * Makes a folder, as a link, the only installed extension.
 * @param {string} extensionsFolder
 * @param {string} extension absolute path
 * @param {string} name like `publisher.name-1.0.0`
 */
export async function linkExtension(extensionsFolder, extension, name) {
  // With what an earlier version left, the same extension would be there twice.
  await rm(extensionsFolder, { recursive: true, force: true });
  await mkdir(extensionsFolder, { recursive: true });
  await symlink(extension, join(extensionsFolder, name), 'junction');
}

/**
 * Installs a packaged extension for the server.
 * @param {string} vsix absolute path
 * @param {{dataFolder: string, extensionsFolder: string}} where
 */
export async function installInServer(vsix, { dataFolder, extensionsFolder }) {
  const places = ['--server-data-dir', dataFolder, '--extensions-dir', extensionsFolder];
  await mustRun(process.execPath, [SERVER, ...places, '--install-extension', vsix], {
    env: serverEnvironment(),
    quiet: true,
  });
}
