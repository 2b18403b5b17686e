import { realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { exists } from './install.mjs';
import { Problem } from './report.mjs';

/** Where desktop VS Code's own executable (not its `code` command) is installed. */
const PLACES = {
  linux: ['/usr/share/code/code', '/opt/visual-studio-code/code', '/snap/code/current/usr/share/code/code'],
  darwin: ['/Applications/Visual Studio Code.app/Contents/MacOS/Electron'],
  win32: [
    join(process.env.LOCALAPPDATA ?? 'C:\\', 'Programs', 'Microsoft VS Code', 'Code.exe'),
    join(process.env.ProgramFiles ?? 'C:\\', 'Microsoft VS Code', 'Code.exe'),
  ],
};

/** Where that executable lies from the folder of the `code` command. */
const FROM_COMMAND = ['../code', '../Code.exe', '../../../MacOS/Electron'];

/**
 * @returns {boolean} whether a window can be shown
 */
export function hasScreen() {
  if (process.platform !== 'linux') return true;
  return (process.env.DISPLAY ?? '') !== '' || (process.env.WAYLAND_DISPLAY ?? '') !== '';
}

/**
 * Finds desktop VS Code: the one that VSCODE_EXECUTABLE names, else one that is installed and can show a window.
 * @returns {Promise<string | undefined>} the executable's path; a Problem where VSCODE_EXECUTABLE names none
 */
export async function findDesktop() {
  const named = process.env.VSCODE_EXECUTABLE;
  if (named !== undefined && named !== '') {
    if (await exists(named)) return named;
    throw new Problem(`VSCODE_EXECUTABLE names ${named}, which does not exist`);
  }
  if (!hasScreen()) return undefined;
  const { platform } = process;
  const places = platform === 'linux' || platform === 'darwin' || platform === 'win32' ? PLACES[platform] : [];
  for (const path of [...(await fromPath()), ...places]) if (await exists(path)) return path;
  return undefined;
}

/** @returns {Promise<string[]>} where the executables of the PATH's `code` commands could be */
async function fromPath() {
  const found = [];
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const command = join(folder, process.platform === 'win32' ? 'code.cmd' : 'code');
    if (folder === '' || !(await exists(command))) continue;
    const home = dirname(await realpath(command));
    found.push(...FROM_COMMAND.map((path) => join(home, path)));
  }
  return found;
}
