import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from './install.mjs';
import { ROOT } from './paths.mjs';
import { npm } from './processes.mjs';
import { step } from './report.mjs';

/** Installs the repository's dependencies where they are missing or differ from package-lock.json. */
export async function ensureDependencies() {
  const reason = await whatIsStale();
  if (reason === undefined) return;
  await step(`Installing the dependencies (${reason})`, async () => {
    await npm(['ci', '--ignore-scripts'], { cwd: ROOT, quiet: true });
  });
}

/**
 * Compares package-lock.json with the record that npm keeps of what it installed.
 * @returns {Promise<string | undefined>} why an installation is needed
 */
async function whatIsStale() {
  const installed = join(ROOT, 'node_modules', '.package-lock.json');
  if (!(await exists(installed))) return 'there are none yet';
  const [wanted, present] = await Promise.all([readPackages(join(ROOT, 'package-lock.json')), readPackages(installed)]);
  const stale = Object.entries(wanted).find(
    ([path, entry]) =>
      path !== '' && (present[path] === undefined ? !entry.optional : present[path].version !== entry.version),
  );
  return stale === undefined ? undefined : `${stale[0].replace(/^node_modules\//, '')} is missing or out of date`;
}

/**
 * @param {string} lockFile
 * @returns {Promise<Record<string, {version?: string, optional?: boolean}>>} its packages by path
 */
async function readPackages(lockFile) {
  return JSON.parse(await readFile(lockFile, 'utf8')).packages ?? {};
}
