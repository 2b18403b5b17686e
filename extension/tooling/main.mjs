import { delimiter, dirname, join } from 'node:path';
import { ensureDependencies } from './dependencies.mjs';
import { ensureNode } from './node24.mjs';
import { ROOT } from './paths.mjs';
import { takeOver } from './processes.mjs';
import { printError } from './report.mjs';

/*
 * Where every npm command starts. It runs on Node 18 and needs no dependency: it brings a Node that is new enough
 * and the dependencies, and hands over to the command's own module.
 */
try {
  const [module = '', ...args] = process.argv.slice(2);
  const node = await ensureNode();
  await ensureDependencies();
  const folders = [dirname(node), join(ROOT, 'node_modules', '.bin'), process.env.PATH ?? ''];
  const env = { ...process.env, PATH: folders.join(delimiter) };
  process.exitCode = await takeOver(node, [join(ROOT, module), ...args], env);
} catch (error) {
  printError(error);
  process.exitCode = 1;
}
