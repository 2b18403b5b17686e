import { join } from 'node:path';
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
  for (const path of places) if (await exists(path)) return path;
  return undefined;
}
