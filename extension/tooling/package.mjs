import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DIST, ROOT } from './paths.mjs';
import { mustRun } from './processes.mjs';

/**
 * Packages what is built in dist/ as people install it.
 * @returns {Promise<string>} the path of the .vsix
 */
export async function packageExtension() {
  await mkdir(DIST, { recursive: true });
  const file = join(DIST, 'jacobian-lens.vsix');
  const vsce = join(ROOT, 'node_modules', '@vscode', 'vsce', 'vsce');
  const args = [
    'package',
    '--no-dependencies',
    '--skip-license',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '--out',
    file,
  ];
  await mustRun(process.execPath, [vsce, ...args], { cwd: ROOT, quiet: true });
  return file;
}
