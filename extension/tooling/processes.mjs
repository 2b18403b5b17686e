import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { Problem } from './report.mjs';

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {boolean} [quiet] keep the output, and show it only where the command fails
 */

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{code: number, output: string}>} output is empty unless quiet; a Problem where the command
 *   cannot be started
 */
export function execute(command, args, { cwd, env, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: env ?? process.env, stdio: ['ignore', ...outputs(quiet)] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', (error) => reject(new Problem(`${command} could not be started (${error.message})`)));
    child.on('close', (code, signal) => resolve({ code: code ?? (signal === null ? 1 : 128), output }));
  });
}

/**
 * @param {boolean} quiet
 * @returns {['pipe' | 'inherit', 'pipe' | 'inherit']}
 */
function outputs(quiet) {
  return quiet ? ['pipe', 'pipe'] : ['inherit', 'inherit'];
}

/**
 * Runs a command that must succeed.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<string>} its output where quiet; a Problem with what it said where it fails
 */
export async function mustRun(command, args, options = {}) {
  const { code, output } = await execute(command, args, options);
  if (code === 0) return output;
  const said = excerpt(output);
  throw new Problem(`"${[command, ...args].join(' ')}" ended with code ${code}${said === '' ? '' : `:\n${said}`}`);
}

/** How many lines of a long output are shown from its beginning, and from its end. */
const ENDS = 15;

/**
 * @param {string} output
 * @returns {string} its beginning and end: some programs say first what is wrong, some last
 */
function excerpt(output) {
  const lines = output.trim().split('\n');
  if (lines.length <= 2 * ENDS) return lines.join('\n');
  return [...lines.slice(0, ENDS), '...', ...lines.slice(-ENDS)].join('\n');
}

/**
 * Runs npm with the Node that runs this process.
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<string>}
 */
export function npm(args, options = {}) {
  // An `npm test --silent` around this would silence what a failure says.
  const shared = [...args, '--no-audit', '--no-fund', '--loglevel=error'];
  const started = process.env.npm_execpath;
  if (started?.endsWith('npm-cli.js')) return mustRun(process.execPath, [started, ...shared], options);
  if (process.platform !== 'win32') return mustRun('npm', shared, options);
  const beside = join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js');
  return mustRun(process.execPath, [beside, ...shared], options);
}

/**
 * Calls back when the person or the system asks this process to end, or its parent has gone without a word (npm
 * hands a signal on to its shell alone).
 * @param {(signal: NodeJS.Signals) => void} listener
 */
function onInterrupt(listener) {
  for (const signal of SIGNALS) process.on(signal, () => listener(signal));
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    listener('SIGTERM');
  }, 1000);
  timer.unref();
}

/** @returns {Promise<void>} fulfilled when this process is asked to end */
export function interrupted() {
  return new Promise((resolve) => onInterrupt(() => resolve()));
}

/**
 * Runs a command in this process's place: its output is ours, and our signals are its own.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} its exit code
 */
export function takeOver(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: 'inherit' });
    onInterrupt((signal) => child.kill(signal));
    child.on('error', (error) => reject(new Problem(`${command} could not be started (${error.message})`)));
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/**
 * @typedef {object} Group
 * @property {import('node:child_process').ChildProcess} child
 * @property {() => void} stop ends the process and all that it started; harmless when it has ended
 */

/** @type {Set<Group>} */
const groups = new Set();

/**
 * Starts a program in a process group of its own, which ends when this process does.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv}} [options]
 * @returns {Group}
 */
export function startGroup(command, args, { cwd, env } = {}) {
  const windows = process.platform === 'win32';
  const child = spawn(command, args, {
    cwd,
    env: env ?? process.env,
    detached: !windows,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  /** @type {Group} */
  const group = {
    child,
    stop() {
      groups.delete(group);
      if (child.pid === undefined) return;
      try {
        if (windows) child.kill('SIGKILL');
        else process.kill(-child.pid, 'SIGKILL');
      } catch {
        // The group has ended already.
      }
    },
  };
  groups.add(group);
  return group;
}

process.on('exit', () => {
  for (const group of groups) group.stop();
});

/**
 * @returns {Promise<number>} a port on 127.0.0.1 that nothing listens on
 */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Problem('no free port was found on 127.0.0.1'));
      });
    });
  });
}
