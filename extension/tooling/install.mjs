import { access, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { npm } from './processes.mjs';
import { messageOf, Problem } from './report.mjs';

/**
 * @param {string} path
 * @returns {Promise<boolean>}
 */
export async function exists(path) {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * Fills a folder in one piece: the work is done in a folder beside it, which then takes its place. An
 * interruption leaves nothing that looks finished.
 * @param {string} folder
 * @param {(temporary: string) => Promise<string>} fill does the work and returns the path, in the temporary
 *   folder, of what becomes the folder
 */
export async function fillFolder(folder, fill) {
  const prefix = `.${basename(folder)}-`;
  await mkdir(dirname(folder), { recursive: true });
  await removeAbandoned(dirname(folder), prefix);
  const temporary = join(dirname(folder), `${prefix}${process.pid}`);
  await mkdir(temporary);
  try {
    const filled = await fill(temporary);
    await rm(folder, { recursive: true, force: true });
    await rename(filled, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * Removes what interrupted processes left half done.
 * @param {string} parent
 * @param {string} prefix of a folder's name, before the number of the process that fills it
 */
async function removeAbandoned(parent, prefix) {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix) || isRunning(Number(name.slice(prefix.length)))) continue;
    await rm(join(parent, name), { recursive: true, force: true });
  }
}

/**
 * @param {number} pid
 * @returns {boolean}
 */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch {
    return false;
  }
}

/**
 * Installs one npm package, without running its scripts, into a folder with a package.json of its own.
 * @param {string} folder an existing folder
 * @param {string} name
 * @param {string} version
 */
export async function installPackage(folder, name, version) {
  const manifest = { private: true, dependencies: { [name]: version } };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  try {
    await npm(['install', '--ignore-scripts', '--no-package-lock'], { cwd: folder, quiet: true });
  } catch (error) {
    throw new Problem(`the npm package ${name}@${version} could not be installed: ${messageOf(error)}`);
  }
}
