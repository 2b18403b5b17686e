import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { chromium, type Page } from 'playwright-core';
import { ensureBrowser, HEADLESS_SWITCHES } from '../../extension/tooling/browser.mjs';
import { encodeProgram, type Program } from '../../language-server/graph/program.ts';
import type { BackendName, RunOptions, RunReport } from '../../media/engine/report.ts';
import { serve } from './serving.ts';

/** The engine in a real browser, for tests and benchmarks. */
export interface EngineInBrowser {
  readonly page: Page;
  /** Runs a program, on WebGL unless the options say otherwise; rejects with the engine's own message. */
  readonly run: (program: Program, options: Partial<RunOptions>, rivals?: readonly BackendName[]) => Promise<RunReport>;
  /** Milliseconds of `tf.matMul` for so many operations, read back, and of so many of the smallest launches. */
  readonly floor: (flops: number, launches: number) => Promise<number>;
  /** Milliseconds of the batch Jacobian of a multilayer perceptron by jax-js on WebGL, read back. */
  readonly peer: (widths: readonly number[], batch: number) => Promise<number>;
  readonly close: () => Promise<void>;
}

const entry = `
import { decodeProgram } from './language-server/graph/program.ts';
import { runOn } from './media/engine/measure.ts';
import { matMul, memory, ones, scalar, square } from '@tensorflow/tfjs-core';
globalThis.runEngine = async (text, options, rivals) => {
  const hooks = { onProgress: () => {}, signal: new AbortController().signal };
  const report = await runOn(decodeProgram(text), options, hooks, rivals);
  return { ...report, result: { ...report.result, matrices: report.result.matrices.map((m) => [...m]) } };
};
const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];
const timed = (run, repeats) => {
  run();
  return median(Array.from({ length: repeats }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  }));
};
globalThis.floorMs = (flops, launches) => {
  const [a, b] = [ones([Math.round(flops / 2 / 256 / 256), 256]), ones([256, 256])];
  const one = scalar(1);
  const product = timed(() => { const c = matMul(a, b); c.dataSync(); c.dispose(); }, 5);
  const draws = 64;
  const tiny = timed(() => {
    for (let k = 1; k < draws; k++) square(one).dispose();
    const last = square(one);
    last.dataSync();
    last.dispose();
  }, 5);
  for (const tensor of [a, b, one]) tensor.dispose();
  return product + (launches * tiny) / draws;
};
globalThis.tensorsHeld = () => memory().numTensors;
`;

/** The batch Jacobian of a multilayer perceptron as one would write it with jax-js: vmap of vmap of vjp, compiled. */
const peerEntry = `
import { defaultDevice, init, jit, numpy as np, vjp, vmap } from '@jax-js/jax';
globalThis.peerMs = async (widths, batch) => {
  await init('webgl');
  defaultDevice('webgl');
  const drawn = (...shape) => np.array(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, k) => ((k * 7919) % 101) / 101 - 0.5),
  ).reshape(shape);
  const layers = widths.slice(1).map((n, k) => ({ weight: drawn(n, widths[k]), bias: drawn(n) }));
  const f = (x) => layers.reduce((h, { weight, bias }, k) => {
    const z = np.matmul(weight.ref, h).add(bias.ref);
    return k === layers.length - 1 ? z : np.tanh(z);
  }, x);
  const jacobian = jit(vmap((x) => {
    const [, pull] = vjp(f, [x]);
    return vmap((ct) => pull(ct)[0])(np.eye(widths.at(-1)));
  }));
  const x = drawn(batch, widths[0]);
  const times = [];
  for (let k = 0, spent = 0; k < 6 && spent < 15000; k++) {
    const start = performance.now();
    await jacobian(x.ref).data();
    const ms = performance.now() - start;
    spent += ms;
    // The first one compiles.
    if (k > 0) times.push(ms);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
};
`;

function bundle(contents: string): Promise<string> {
  return build({
    stdin: { contents, resolveDir: process.cwd(), loader: 'js' },
    bundle: true,
    format: 'esm',
    minify: true,
    write: false,
    platform: 'browser',
    logLevel: 'error',
  }).then(({ outputFiles }) => outputFiles[0]?.text ?? '');
}

/** Where the binary of the WebAssembly backend is. */
const binaries = 'node_modules/@tensorflow/tfjs-backend-wasm/dist';

/** Bundles the engine and opens it in headless Chromium with WebGL. */
export async function openEngine(): Promise<EngineInBrowser> {
  const script = await bundle(entry);
  const files = await serve(
    (path) => (path === 'engine.js' ? Promise.resolve(Buffer.from(script)) : readFile(`${binaries}/${path}`)),
    () =>
      '<!doctype html><title>engine</title><link rel="icon" href="data:,"><script type="module" src="/engine.js"></script>',
  );
  const browser = await chromium.launch({
    executablePath: await ensureBrowser(),
    args: [...HEADLESS_SWITCHES],
  });
  const page = await browser.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') console.error(`browser: ${message.text()}`);
  });
  await page.goto(files.address);
  return {
    page,
    run: async (program, options, rivals = []) => {
      const all: RunOptions = { seed: 1, sizes: {}, backend: 'webgl', repeats: 7, memoryLimit: 2 ** 30, ...options };
      const report: RunReport = await page.evaluate(
        ([text, own, others]) =>
          (
            globalThis as unknown as {
              runEngine: (text: string, options: unknown, rivals: unknown) => Promise<RunReport>;
            }
          ).runEngine(text, own, others),
        [encodeProgram(program), all, rivals] as const,
      );
      return report;
    },
    floor: (flops, launches) =>
      page.evaluate(
        ([a, b]) => (globalThis as unknown as { floorMs: (flops: number, launches: number) => number }).floorMs(a, b),
        [flops, launches] as const,
      ),
    peer: async (widths, batch) => {
      const own = await browser.newPage();
      try {
        await own.addScriptTag({ content: await bundle(peerEntry), type: 'module' });
        return await own.evaluate(
          ([sizes, b]) =>
            (globalThis as unknown as { peerMs: (widths: readonly number[], batch: number) => Promise<number> }).peerMs(
              sizes,
              b,
            ),
          [widths, batch] as const,
        );
      } finally {
        await own.close();
      }
    },
    close: async () => {
      await browser.close();
      files.close();
    },
  };
}
