import { build } from 'esbuild';
import { chromium, type Page } from 'playwright-core';
import { ensureBrowser, HEADLESS_SWITCHES } from '../../extension/tooling/browser.mjs';
import { encodeProgram, type Program } from '../../language-server/graph/program.ts';
import type { RunOptions, RunReport } from '../../media/engine/report.ts';

/** The engine in a real browser, for tests and benchmarks. */
export interface EngineInBrowser {
  readonly page: Page;
  /** Runs a program on WebGL; rejects with the engine's own message. */
  readonly run: (program: Program, options: Partial<RunOptions>) => Promise<RunReport>;
  readonly close: () => Promise<void>;
}

const entry = `
import { decodeProgram } from './language-server/graph/program.ts';
import { runProgram } from './media/engine/run.ts';
import { memory } from '@tensorflow/tfjs-core';
globalThis.runEngine = async (text, options) => {
  const hooks = { onProgress: () => {}, signal: new AbortController().signal };
  const report = await runProgram(decodeProgram(text), options, hooks);
  return { ...report, result: { ...report.result, matrices: report.result.matrices.map((m) => [...m]) } };
};
globalThis.tensorsHeld = () => memory().numTensors;
`;

/** Bundles the engine and opens it in headless Chromium with WebGL. */
export async function openEngine(): Promise<EngineInBrowser> {
  const bundled = await build({
    stdin: { contents: entry, resolveDir: process.cwd(), loader: 'js' },
    bundle: true,
    format: 'iife',
    minify: true,
    write: false,
    platform: 'browser',
    logLevel: 'error',
  });
  const browser = await chromium.launch({
    executablePath: await ensureBrowser(),
    args: [...HEADLESS_SWITCHES],
  });
  const page = await browser.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') console.error(`browser: ${message.text()}`);
  });
  await page.setContent('<!doctype html><title>engine</title>');
  await page.addScriptTag({ content: bundled.outputFiles[0]?.text ?? '' });
  return {
    page,
    run: async (program, options) => {
      const all: RunOptions = { seed: 1, sizes: {}, backend: 'webgl', repeats: 7, memoryLimit: 2 ** 30, ...options };
      const report: RunReport = await page.evaluate(
        ([text, own]) =>
          (globalThis as unknown as { runEngine: (text: string, options: unknown) => Promise<RunReport> }).runEngine(
            text,
            own,
          ),
        [encodeProgram(program), all] as const,
      );
      return report;
    },
    close: () => browser.close(),
  };
}
