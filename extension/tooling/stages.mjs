import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureBrowser } from './browser.mjs';
import { build, buildSuites } from './build.mjs';
import { lint, typeCheck } from './checks.mjs';
import { runEditorTests } from './editor-tests.mjs';
import { runNodeTests } from './node-tests.mjs';
import { packageExtension } from './package.mjs';
import { DIST, ROOT } from './paths.mjs';
import { mustRun } from './processes.mjs';
import { Problem } from './report.mjs';

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {readonly string[]} failures what failed, by name
 */

/**
 * @typedef {object} Stage
 * @property {string} name what follows `npm test --`
 * @property {string} title
 * @property {readonly string[]} [folders] the folders under test/ whose *.test.ts files it runs
 * @property {readonly string[]} [needs] the stages without which it cannot be run
 * @property {() => Promise<Counts>} run
 */

/**
 * @param {number} code an exit code
 * @param {string} name what failed, where it is not 0
 * @returns {Counts}
 */
const verdict = (code, name) => (code === 0 ? { passed: 1, failures: [] } : { passed: 0, failures: [name] });

/**
 * A stage of Node's test runner.
 * @param {string} name
 * @param {string} title
 * @param {readonly string[]} folders
 * @param {() => Promise<NodeJS.ProcessEnv>} [settings]
 * @param {number} [together] how many files are run at once
 * @returns {Stage}
 */
const nodeTests = (name, title, folders, settings = async () => ({}), together = 2) => ({
  name,
  title,
  folders,
  run: async () => runNodeTests(folders, await settings(), together),
});

/**
 * What npm test runs, in order.
 * @type {readonly Stage[]}
 */
export const STAGES = [
  { name: 'types', title: 'Types (tsc)', run: async () => verdict(await typeCheck(), 'tsc found faults') },
  { name: 'lint', title: 'Format and lint (biome)', run: async () => verdict(await lint(), 'biome found faults') },
  nodeTests('unit', 'Unit tests, annotated cases and facts', ['unit', 'cases', 'facts']),
  {
    name: 'build',
    title: 'Build',
    run: async () => {
      await build();
      await buildSuites();
      // The tests run the command line from source: that its bundle holds all it needs is seen here.
      await mustRun(process.execPath, [join(DIST, 'cli.js'), 'shapes', join(ROOT, 'media', 'samples')], {
        quiet: true,
      });
      return { passed: 1, failures: [] };
    },
  },
  nodeTests('server', 'Language server and command line', ['server']),
  // Two browsers that draw on the processor at once take each other's time.
  nodeTests(
    'panel',
    'Panel, in a real browser',
    ['panel'],
    async () => ({ BROWSER_EXECUTABLE: await ensureBrowser() }),
    1,
  ),
  {
    name: 'editor',
    needs: ['build'],
    title: 'Extension, in real VS Code',
    run: () => runEditorTests({ suite: 'editor', extension: ROOT }),
  },
  {
    name: 'vsix',
    needs: ['build'],
    title: 'Packaged extension, installed in real VS Code',
    run: async () => {
      const vsix = await packageExtension();
      return runEditorTests({ suite: 'vsix', extension: join(ROOT, 'test', 'editor', 'probe'), vsix });
    },
  },
];

/**
 * The stages that are named, and those that they need, in order.
 * @param {readonly string[]} names none for all
 * @param {readonly Stage[]} [stages]
 * @returns {Stage[]} a Problem where there is no stage of a name
 */
export function chosenStages(names, stages = STAGES) {
  if (names.length === 0) return [...stages];
  const unknown = names.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    throw new Problem(
      `there is no stage ${unknown.join(', ')}; there are ${stages.map((stage) => stage.name).join(', ')}`,
    );
  }
  const wanted = new Set(names);
  // A stage comes after those that it needs.
  for (const stage of stages.toReversed())
    if (wanted.has(stage.name)) for (const name of stage.needs ?? []) wanted.add(name);
  return stages.filter((stage) => wanted.has(stage.name));
}

/**
 * @returns {Promise<string[]>} the test files, from test/, that no stage runs
 */
export async function forgottenTests() {
  const files = await readdir(join(ROOT, 'test'), { recursive: true });
  const folders = STAGES.flatMap((stage) => stage.folders ?? []);
  return files.filter((file) => file.endsWith('.test.ts') && !folders.includes(file.split(/[\\/]/)[0] ?? ''));
}
