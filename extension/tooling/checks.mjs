import { join } from 'node:path';
import { ROOT } from './paths.mjs';
import { execute } from './processes.mjs';

/** The tools' own modules, run by this Node; a command of node_modules/.bin cannot be spawned everywhere. */
const TOOLS = /** @type {const} */ ({
  tsc: 'node_modules/typescript/bin/tsc',
  biome: 'node_modules/@biomejs/biome/bin/biome',
});

/**
 * @param {keyof typeof TOOLS} name
 * @param {readonly string[]} args
 * @returns {Promise<number>} the tool's exit code
 */
async function run(name, args) {
  const { code } = await execute(process.execPath, [join(ROOT, TOOLS[name]), ...args], { cwd: ROOT });
  return code;
}

/** @returns {Promise<number>} 0 where TypeScript has nothing to say */
export const typeCheck = () => run('tsc', ['-p', '.']);

/** @returns {Promise<number>} 0 where format and lint have nothing to say */
export const lint = () => run('biome', ['check', '--error-on-warnings', '.']);
