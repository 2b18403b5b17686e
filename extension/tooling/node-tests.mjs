import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exists } from './install.mjs';
import { ROOT } from './paths.mjs';
import { execute } from './processes.mjs';

/**
 * Runs the `*.test.ts` files of some folders by Node's test runner.
 * @param {readonly string[]} folders under test/
 * @param {NodeJS.ProcessEnv} [settings] added to the environment
 * @param {number} [together] how many files are run at once
 * @returns {Promise<import('./stages.mjs').Counts>}
 */
export async function runNodeTests(folders, settings = {}, together = 2) {
  const temporary = await mkdtemp(join(tmpdir(), 'jl-'));
  const countsFile = join(temporary, 'counts.json');
  try {
    const { code } = await execute(
      process.execPath,
      [
        '--test',
        `--test-concurrency=${together}`,
        '--test-timeout=300000',
        '--test-reporter=./extension/tooling/reporter.mjs',
        '--test-reporter-destination=stdout',
        ...folders.map((folder) => `test/${folder}/**/*.test.ts`),
      ],
      { cwd: ROOT, env: { ...process.env, ...settings, JACOBIAN_LENS_COUNTS: countsFile } },
    );
    const ended = `the test runner ended with code ${code}`;
    if (!(await exists(countsFile))) return { passed: 0, failures: [ended] };
    /** @type {import('./stages.mjs').Counts} */
    const { passed, failures } = JSON.parse(await readFile(countsFile, 'utf8'));
    return { passed, failures: code !== 0 && failures.length === 0 ? [ended] : failures };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
