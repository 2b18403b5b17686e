import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DIST, PANEL, ROOT } from './paths.mjs';
import { Problem } from './report.mjs';

/**
 * CommonJS has no `import.meta`; the bundles that must be CommonJS get the address from Node.
 * @type {import('esbuild').BuildOptions}
 */
const commonJs = {
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['vscode'],
  banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  define: { 'import.meta.url': '__bundleUrl' },
  // `import.meta.resolve`, by which a run from source finds the grammar, is not there; the bundle has it beside.
  logOverride: { 'empty-import-meta': 'silent' },
};

/** @type {import('esbuild').BuildOptions} */
const commandLine = {
  platform: 'node',
  format: 'esm',
  // Packages that offer both are taken as ES modules: what some have for Node cannot be bundled.
  mainFields: ['module', 'main'],
  target: 'node20',
  banner: {
    js: [
      '#!/usr/bin/env node',
      "import { createRequire as __createRequire } from 'node:module';",
      'const require = __createRequire(import.meta.url);',
    ].join('\n'),
  },
};

/**
 * What is imported while the page runs, as the backends that compute are, is a file of its own beside the page's.
 * @type {import('esbuild').BuildOptions}
 */
const webPage = { platform: 'browser', format: 'esm', splitting: true, target: 'es2023' };

/**
 * What is built, by name: esbuild's part, then the files that are copied beside it.
 * @type {Readonly<Record<string, Bundle>>}
 */
const BUNDLES = {
  extension: { source: 'extension/main.ts', target: 'dist/extension.cjs', options: commonJs },
  server: { source: 'language-server/server/main.ts', target: 'dist/server.cjs', options: commonJs },
  cli: { source: 'language-server/cli/main.ts', target: 'dist/cli.js', options: commandLine },
  panel: { source: 'media/panel/main.ts', target: 'dist/panel/main.js', options: webPage },
  style: { source: 'media/panel/panel.css', target: 'dist/panel.css', options: {} },
};

/** The suites that run inside VS Code; not shipped. */
const SUITES = {
  source: 'test/editor/suite.ts',
  target: 'dist/test/suite.cjs',
  options: { ...commonJs, external: ['vscode', 'playwright-core'] },
};

/**
 * WebAssembly, which is read from the folder of the bundle that uses it: the server and the command line, the panel.
 * @type {readonly (readonly [file: string, folder: string])[]}
 */
const COPIES = [
  ['node_modules/web-tree-sitter/web-tree-sitter.wasm', DIST],
  ['node_modules/tree-sitter-python/tree-sitter-python.wasm', DIST],
  ['node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm', PANEL],
];

/**
 * Builds what the extension ships into dist/.
 * @param {readonly string[]} [names] which bundles; else all
 */
export async function build(names = Object.keys(BUNDLES)) {
  const bundles = names.map((name) => {
    const bundle = BUNDLES[name];
    if (bundle === undefined) throw new Problem(`no bundle is called ${name}; there are ${Object.keys(BUNDLES)}`);
    return bundle;
  });
  // The names of the panel's files change with what is in them: those of an earlier build are not left.
  if (names.includes('panel')) await rm(PANEL, { recursive: true, force: true });
  await mkdir(PANEL, { recursive: true });
  await Promise.all(COPIES.map(([path, folder]) => copyFile(join(ROOT, path), join(folder, basename(path)))));
  await buildBundles(bundles);
  if (names.includes('cli')) await chmod(join(ROOT, 'dist/cli.js'), 0o755);
}

/** Builds the suites that run inside VS Code into dist/test/. */
export async function buildSuites() {
  await buildBundles([SUITES]);
}

/**
 * @typedef {object} Bundle
 * @property {string} source
 * @property {string} target
 * @property {import('esbuild').BuildOptions} options
 */

/**
 * Builds bundles side by side; a Problem that names all that could not be built.
 * @param {readonly Bundle[]} bundles
 */
async function buildBundles(bundles) {
  const built = await Promise.all(bundles.map(async (bundle) => ({ bundle, ok: await isBuilt(bundle) })));
  const failed = built.filter(({ ok }) => !ok).map(({ bundle }) => bundle.target);
  if (failed.length > 0) throw new Problem(`${failed.join(', ')} could not be built; esbuild's messages are above`);
}

/**
 * @param {Bundle} bundle
 * @returns {Promise<boolean>} whether it could be built; what is wrong is printed. Nothing is left of an earlier build.
 */
async function isBuilt({ source, target, options }) {
  // Loaded here, for the dependencies are installed by the commands that use this module.
  const { build: esbuild } = await import('esbuild');
  try {
    await esbuild({
      absWorkingDir: ROOT,
      entryPoints: [source],
      ...(options.splitting === true ? { outdir: dirname(target) } : { outfile: target }),
      bundle: true,
      minify: true,
      keepNames: true,
      legalComments: 'none',
      logLevel: 'warning',
      ...options,
    });
    return true;
  } catch {
    await rm(join(ROOT, target), { force: true });
    return false;
  }
}
