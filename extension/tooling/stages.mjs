import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureBrowser } from './browser.mjs';
import { build, buildSuites } from './build.mjs';
import { lint, typeCheck } from './checks.mjs';
import { runEditorTests } from './editor-tests.mjs';
import { runNodeTests } from './node-tests.mjs';
import { packageExtension } from './package.mjs';
import { ROOT } from './paths.mjs';

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 */

/**
 * @typedef {object} Stage
 * @property {string} name what follows `npm test --`
 * @property {string} title
 * @property {readonly string[]} [folders] the folders under test/ whose *.test.ts files it runs
 * @property {() => Promise<Counts>} run
 */

/**
 * @param {number} code an exit code
 * @returns {Counts} of the one test that it stands for
 */
const verdict = (code) => (code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });

/**
 * A stage of Node's test runner.
 * @param {string} name
 * @param {string} title
 * @param {readonly string[]} folders
 * @param {() => Promise<NodeJS.ProcessEnv>} [settings]
 * @returns {Stage}
 */
const nodeTests = (name, title, folders, settings = async () => ({})) => ({
  name,
  title,
  folders,
  run: async () => runNodeTests(folders, await settings()),
});

/**
 * What npm test runs, in order.
 * @type {readonly Stage[]}
 */
export const STAGES = [
  { name: 'types', title: 'Types (tsc)', run: async () => verdict(await typeCheck()) },
  { name: 'lint', title: 'Format and lint (biome)', run: async () => verdict(await lint()) },
  nodeTests('unit', 'Unit tests, annotated cases and facts', ['unit', 'cases', 'facts']),
  {
    name: 'build',
    title: 'Build',
    run: async () => {
      await build();
      await buildSuites();
      return verdict(0);
    },
  },
  nodeTests('server', 'Language server and command line', ['server']),
  nodeTests('panel', 'Panel, in a real browser', ['panel'], async () => ({
    BROWSER_EXECUTABLE: await ensureBrowser(),
  })),
  {
    name: 'editor',
    title: 'Extension, in real VS Code',
    run: () => runEditorTests({ suite: 'editor', extension: ROOT }),
  },
  {
    name: 'vsix',
    title: 'Packaged extension, installed in real VS Code',
    run: async () => {
      const vsix = await packageExtension();
      return runEditorTests({ suite: 'vsix', extension: join(ROOT, 'test', 'editor', 'probe'), vsix });
    },
  },
];

/**
 * @returns {Promise<string[]>} the test files, from test/, that no stage runs
 */
export async function forgottenTests() {
  const files = await readdir(join(ROOT, 'test'), { recursive: true });
  const folders = STAGES.flatMap((stage) => stage.folders ?? []);
  return files.filter((file) => file.endsWith('.test.ts') && !folders.includes(file.split(/[\\/]/)[0] ?? ''));
}
