import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import * as D from '../../language-server/graph/dim.ts';
import type { Program } from '../../language-server/graph/program.ts';
import { readArrays, writeNpy, writeNpz } from '../../media/engine/data/files.ts';
import { facts, nets } from '../unit/engine-cases.ts';
import { builder, linear, mlp, program } from '../unit/engine-nets.ts';
import { type OpenPanel, openPanels, type PanelInBrowser } from './panel-browser.ts';

/** The panel as people meet it, in a real browser with WebGL, under its own content security policy. */

let panels: PanelInBrowser;
before(async () => {
  panels = await openPanels();
  await mkdir('test/panel/output', { recursive: true });
});
after(() => panels.close());

const patience = 60_000;

async function finished({ page }: OpenPanel): Promise<void> {
  await page.locator('table').waitFor({ timeout: patience });
}

async function failed({ page }: OpenPanel, title: string): Promise<void> {
  await page.locator('.failure h2', { hasText: title }).waitFor({ timeout: patience });
}

/** A network of facts with its weights and inputs written into the graph, so that the panel's numbers are PyTorch's. */
function withValues(name: string): { readonly own: Program; readonly jacobian: readonly number[] } {
  const fact = facts.nets.find((each) => each.name === name) ?? assert.fail(name);
  const g = builder();
  const x = g.input('x', { shape: fact.shape, dtype: 'float32' });
  const build = nets[fact.name] ?? assert.fail();
  const own = program(g, x, build(g, x));
  const given: Readonly<Record<string, readonly number[]>> = {
    ...Object.fromEntries(Object.entries(fact.weights).map(([key, weight]) => [key, weight.values])),
    x: fact.x,
  };
  const literal = g.emit('literal', { values: fact.x, shape: fact.shape, dtype: 'float32' });
  const nodes = g.nodes.map((node) => {
    const values = node.op.name === 'parameter' ? given[node.op.params.name] : undefined;
    return values === undefined
      ? node
      : {
          ...node,
          op: { name: 'literal' as const, params: { values, shape: node.aval.shape, dtype: node.aval.dtype } },
        };
  });
  return { own: { ...own, graph: { nodes }, inputs: [literal] }, jacobian: fact.jacobian };
}

for (const theme of ['light', 'dark'] as const) {
  test(`a run is shown, in a ${theme} theme`, async () => {
    const panel = await panels.open({ theme });
    const { page } = panel;
    await panel.show(mlp([5, 2, 10], 3));
    await finished(panel);
    assert.equal(await page.locator('.shape').innerText(), '(3, 10, 5)');
    await page.getByText('3 samples, each 10 outputs by 5 inputs').waitFor();
    assert.equal(await page.locator('tbody tr').count(), 7);
    assert.match(await page.locator('tr.chosen').innerText(), /chosen/);
    assert.match(await page.locator('footer').innerText(), /Computed on .*seed 0/);
    await page.screenshot({ path: `test/panel/output/run-${theme}.png`, fullPage: true });
    assert.deepEqual(panel.faults, []);
    await page.close();
  });
}

test("the entries shown are PyTorch's", async () => {
  const [fact] = facts.nets;
  assert.ok(fact);
  const { own, jacobian } = withValues(fact.name);
  const panel = await panels.open();
  await panel.show(own);
  await finished(panel);
  const { page } = panel;
  const canvas = page.locator('canvas.matrix');
  await canvas.focus();
  await page.keyboard.press('ArrowDown');
  const columns = fact.shape.slice(1).reduce((a, b) => a * b, 1);
  for (const [row, column] of [
    [0, 0],
    [1, 0],
    [1, 1],
  ] as const) {
    const readout = await page.locator('.readout').innerText();
    const shown = Number(/:\s+(\S+)$/.exec(readout)?.[1]);
    const truth = jacobian[row * columns + column] ?? Number.NaN;
    assert.match(readout, new RegExp(`output ${row}, input ${column}`));
    assert.ok(Math.abs(shown - truth) <= 1e-3 * Math.abs(truth) + 1e-6, `${readout}, but PyTorch has ${truth}`);
    await page.keyboard.press(row === 0 ? 'ArrowDown' : 'ArrowRight');
  }
  await page.close();
});

test('weights and inputs come from files, and the result goes into one', async () => {
  const fact = facts.nets[0] ?? assert.fail();
  const truth = fact.jacobian;
  const weights = Object.entries(fact.weights).map(([name, { shape, values }]) => ({
    name: `module.${name}`,
    shape,
    values: Float32Array.from(values),
  }));
  const [first, ...others] = weights;
  assert.ok(first);
  const panel = await panels.open();
  const { page } = panel;
  await panel.show(mlp([5, 2, 10], 3), false);
  await page.locator('.values summary').click();
  await page.getByRole('button', { name: 'Load from a file…' }).click();
  assert.deepEqual((await panel.sent()).at(-1), { kind: 'load' });
  const wrong = { name: 'module.0.weight', shape: [5, 2], values: first.values };
  await panel.send({
    kind: 'data',
    file: 'models/net.npz',
    bytes: writeNpz([wrong, ...others, { ...first, name: 'epoch' }]),
  });
  await page.getByText('3 of 5 from models/net.npz; 1 cannot be used; 1 from the program and the seed').waitFor();
  await page.getByText('not used: module.0.weight of models/net.npz has the shape (5, 2)').waitFor();
  await page.getByText('1 array of the files not needed here: epoch.').waitFor();
  await panel.send({ kind: 'data', file: 'broken.npy', bytes: new Uint8Array([1, 2, 3]) });
  await page.getByText('broken.npy is not a .npy file.').waitFor();
  await page.screenshot({ path: 'test/panel/output/values-light.png', fullPage: true });
  await page.getByRole('button', { name: 'Do without broken.npy' }).click();
  await panel.send({ kind: 'data', file: 'models/net.npz', bytes: writeNpz(weights) });
  await panel.send({ kind: 'data', file: 'inputs.npy', bytes: writeNpy(fact.shape, Float32Array.from(fact.x)) });
  await page.getByText('5 of 5 from models/net.npz, inputs.npy').waitFor();
  await page.getByRole('button', { name: 'Run' }).click();
  await finished(panel);
  assert.match(await page.locator('footer').innerText(), /5 tensors from files/);
  for (const ending of ['npy', 'npz']) {
    await page.getByRole('button', { name: `Save as .${ending}` }).click();
    const saved = (await panel.sent()).at(-1);
    assert.ok(saved?.kind === 'save');
    assert.equal(saved.file, `jacobian.${ending}`);
    const arrays = await readArrays(saved.file, saved.bytes);
    assert.deepEqual(
      arrays.map(({ name }) => name),
      ['jacobian', ...(ending === 'npz' ? ['0.weight', '0.bias', '2.weight', '2.bias', 'x'] : [])],
    );
    const [result] = arrays;
    assert.ok(result?.kind === 'read');
    assert.deepEqual(result.shape, [3, 10, 5]);
    truth.forEach((value, k) => {
      assert.ok(Math.abs(value - (result.values[k] ?? Number.NaN)) < 1e-6);
    });
  }
  assert.deepEqual(panel.faults, []);
  await page.close();
});

test('a named size is as the file has it', async () => {
  const g = builder();
  const batch = D.size('batch');
  const x = g.input('x', { shape: [batch, 3], dtype: 'float32' });
  const own = program(g, x, linear(g, x, '0', 3, 2), { sizes: [{ key: D.key(batch), name: 'batch' }] });
  const panel = await panels.open({ theme: 'dark' });
  const { page } = panel;
  await panel.show(own);
  await panel.send({ kind: 'data', file: 'x.npy', bytes: writeNpy([7, 3], new Float32Array(21)) });
  await page.getByText('1 of 3 from x.npy').waitFor();
  assert.equal(await page.getByLabel('batch').inputValue(), '7');
  assert.equal(await page.getByLabel('batch').isDisabled(), true);
  await page.getByRole('button', { name: 'Run' }).click();
  await finished(panel);
  assert.equal(await page.locator('.shape').innerText(), '(7, 2, 3)');
  await page.screenshot({ path: 'test/panel/output/values-dark.png', fullPage: true });
  await page.close();
});

test('a click on the place of the call asks the editor to show it', async () => {
  const panel = await panels.open();
  await panel.show(mlp([3, 4, 2], 2));
  await panel.page.locator('header .link').click();
  assert.deepEqual(await panel.sent(), [
    { kind: 'ready' },
    { kind: 'reveal', file: 'net.py', place: { kind: 'line', line: 1 } },
  ]);
  await panel.page.close();
});

test('progress is shown, and a run can be cancelled and run again', async () => {
  const panel = await panels.open();
  const { page } = panel;
  await panel.show(mlp([256, 64, 64, 64], 32));
  await page.locator('progress').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await failed(panel, 'Cancelled');
  await panel.show(mlp([3, 4, 2], 2));
  await finished(panel);
  await page.getByRole('button', { name: 'Run' }).click();
  await page.locator('progress').waitFor();
  await finished(panel);
  await page.close();
});

test('a program that comes during a run takes its place', async () => {
  const panel = await panels.open();
  await panel.show(mlp([256, 64, 64, 64], 32));
  await panel.page.locator('progress').waitFor();
  await panel.show(mlp([3, 4, 2], 2));
  await finished(panel);
  assert.equal(await panel.page.locator('.shape').innerText(), '(2, 2, 3)');
  await panel.page.close();
});

test('named sizes are asked for before the first run, and remembered', async () => {
  const g = builder();
  const batch = D.size('batch');
  const x = g.input('x', { shape: [batch, 3], dtype: 'float32' });
  const own = program(g, x, g.unary('tanh', linear(g, x, '0', 3, 2)), {
    sizes: [{ key: D.key(batch), name: 'batch' }],
  });
  const panel = await panels.open();
  const { page } = panel;
  await panel.show(own);
  const field = page.getByLabel('batch');
  assert.equal(await field.inputValue(), '8');
  await field.fill('5');
  await page.getByRole('button', { name: 'Run' }).click();
  await finished(panel);
  assert.equal(await page.locator('.shape').innerText(), '(5, 2, 3)');
  await panel.show(own);
  await page.locator('progress').waitFor();
  await finished(panel);
  await page.close();
});

test('without WebGL it says so, and offers the CPU', async () => {
  const panel = await panels.open({
    before: `const real = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (kind, ...rest) { return kind.includes('webgl') ? null : real.call(this, kind, ...rest); };
      if (globalThis.OffscreenCanvas) OffscreenCanvas.prototype.getContext = () => null;`,
  });
  await panel.show(mlp([3, 4, 2], 2));
  await failed(panel, 'No WebGL');
  await panel.page.screenshot({ path: 'test/panel/output/no-webgl.png', fullPage: true });
  await panel.page.getByRole('button', { name: 'Run on the CPU' }).click();
  await finished(panel);
  assert.match(await panel.page.locator('footer').innerText(), /Computed on the CPU/);
  await panel.page.close();
});

const backendsBesideWebgl = [
  ['webgpu', 'GPU (WebGPU)', /Computed on .*by WebGPU/],
  ['wasm', 'CPU (WebAssembly)', /Computed on the CPU \(WebAssembly\)/],
  ['cpu', 'CPU (JavaScript)', /Computed on the CPU \(JavaScript\)/],
] as const;

for (const [name, title, where] of backendsBesideWebgl) {
  test(`a run on the ${title}, which is chosen, kept and said`, async () => {
    const fact = facts.nets[0] ?? assert.fail();
    const { own, jacobian } = withValues(fact.name);
    const panel = await panels.open();
    const { page } = panel;
    await panel.show(own, false);
    assert.equal(await page.getByLabel('Runs on').inputValue(), 'webgl');
    await page.getByLabel('Runs on').selectOption(title);
    await page.getByRole('button', { name: 'Run' }).click();
    await finished(panel);
    assert.match(await page.locator('footer').innerText(), where);
    assert.equal(await page.getByLabel('Runs on').inputValue(), name);
    assert.deepEqual(await page.evaluate('kept.backend'), name);
    await page.getByRole('button', { name: 'Save as .npy' }).click();
    const saved = (await panel.sent()).at(-1);
    assert.ok(saved?.kind === 'save');
    const [result] = await readArrays(saved.file, saved.bytes);
    assert.ok(result?.kind === 'read');
    jacobian.forEach((value, k) => {
      assert.ok(Math.abs(value - (result.values[k] ?? Number.NaN)) < 1e-6);
    });
    assert.deepEqual(panel.faults, []);
    await page.close();
  });
}

test('the backend that was chosen before is chosen again; one that is not known is not', async () => {
  for (const [kept, chosen] of [
    ['wasm', 'wasm'],
    ['abacus', 'webgl'],
  ]) {
    const panel = await panels.open({ before: `kept = { backend: '${kept}' };` });
    await panel.show(mlp([3, 4, 2], 2), false);
    assert.equal(await panel.page.getByLabel('Runs on').inputValue(), chosen);
    await panel.page.close();
  }
});

/** Ways in which a backend is not there, what is said, and what is offered in its place. */
const missing = [
  {
    what: 'no WebGPU in the browser',
    before: "Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined });",
    title: 'GPU (WebGPU)',
    failure: 'No WebGPU',
    reason: /not available here/,
    instead: 'Run on the GPU (WebGL)',
  },
  {
    what: 'WebGPU without a graphics processor',
    before: 'GPU.prototype.requestAdapter = async () => null;',
    title: 'GPU (WebGPU)',
    failure: 'No WebGPU',
    reason: /finds no graphics processor/,
    instead: 'Run on the GPU (WebGL)',
  },
  {
    what: 'WebAssembly that the page does not allow',
    before: `const policy = document.createElement('meta');
      policy.httpEquiv = 'Content-Security-Policy';
      policy.content = "script-src 'nonce-bm9uY2U'";
      document.head.append(policy);`,
    title: 'CPU (WebAssembly)',
    failure: 'No WebAssembly',
    reason: /content security policy/,
    instead: 'Run on the CPU (JavaScript)',
  },
  {
    what: 'WebAssembly that cannot be loaded',
    before: "globalThis.fetch = async () => { throw new TypeError('Failed to fetch'); };",
    title: 'CPU (WebAssembly)',
    failure: 'No WebAssembly',
    reason: /could not be started/,
    instead: 'Run on the CPU (JavaScript)',
  },
];

for (const { what, before, title, failure, reason, instead } of missing) {
  test(`${what} is said, and another place offered`, async () => {
    const panel = await panels.open({ before });
    const { page } = panel;
    await panel.show(mlp([3, 4, 2], 2), false);
    await page.getByLabel('Runs on').selectOption(title);
    await page.getByRole('button', { name: 'Run' }).click();
    await failed(panel, failure);
    assert.match(await page.locator('.failure p').innerText(), reason);
    await page.screenshot({ path: `test/panel/output/${failure.replace(' ', '-').toLowerCase()}.png`, fullPage: true });
    await page.getByRole('button', { name: instead }).click();
    await finished(panel);
    await page.close();
  });
}

test('that another backend would be faster is said, and it is one click away', async () => {
  for (const theme of ['light', 'dark'] as const) {
    // A GPU that takes its time to be read.
    const panel = await panels.open({
      theme,
      before: `const { readPixels } = WebGL2RenderingContext.prototype;
        WebGL2RenderingContext.prototype.readPixels = function (...given) {
          for (const end = performance.now() + 50; performance.now() < end; );
          return readPixels.apply(this, given);
        };`,
    });
    const { page } = panel;
    await panel.show(mlp([3, 4, 2], 2));
    await finished(panel);
    const note = page.locator('.faster');
    assert.match(
      await note.innerText(),
      /The (CPU|GPU \(WebGPU\)).* was [\d,.]+ times as fast for this: .* ms in place of .* ms\./,
    );
    await page.screenshot({ path: `test/panel/output/faster-${theme}.png`, fullPage: true });
    await note.getByRole('button').click();
    await page.locator('progress').waitFor();
    await finished(panel);
    assert.notEqual(await page.getByLabel('Runs on').inputValue(), 'webgl');
    assert.deepEqual(panel.faults, []);
    await page.close();
  }
});

test('a WebGPU device that is lost is told, and the next run has another', async () => {
  const panel = await panels.open({
    before: `const { requestDevice } = GPUAdapter.prototype;
      globalThis.losing = true;
      GPUAdapter.prototype.requestDevice = async function (...given) {
        const device = await requestDevice.apply(this, given);
        if (globalThis.losing) device.destroy();
        return device;
      };`,
  });
  const { page } = panel;
  await panel.show(mlp([3, 4, 2], 2), false);
  await page.getByLabel('Runs on').selectOption('GPU (WebGPU)');
  await page.getByRole('button', { name: 'Run' }).click();
  await failed(panel, 'The GPU was lost');
  await page.evaluate('globalThis.losing = false');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await finished(panel);
  assert.deepEqual(panel.faults, []);
  await page.close();
});

test('an operator that cannot be run is named, with its place', async () => {
  const g = builder();
  const x = g.input('x', { shape: [2, 3], dtype: 'float32' });
  const y = g.emit('opaque', { name: 'mystery', aval: { shape: [2, 3], dtype: 'float32' }, batched: [[0, 0]] }, [x]);
  const panel = await panels.open();
  const own = program(g, x, y);
  const nodes = own.graph.nodes.map((node) => ({
    ...node,
    origin: { ...node.origin, file: 'net.py', start: 4, end: 9 },
  }));
  await panel.show({ ...own, graph: { nodes } });
  await failed(panel, 'Not supported yet');
  assert.match(await panel.page.locator('.failure p').innerText(), /mystery/);
  await panel.page.getByRole('button', { name: 'Show where' }).click();
  const [, reveal] = await panel.sent();
  assert.deepEqual(reveal, { kind: 'reveal', file: 'net.py', place: { kind: 'range', start: 4, end: 9 } });
  await panel.page.close();
});

test('what needs too much memory is said before it is tried', async () => {
  const panel = await panels.open();
  const { page } = panel;
  await panel.show(mlp([512, 512, 512], 64), false);
  await page.locator('.options summary').click();
  await page.getByLabel('Memory limit, MiB').fill('1');
  await page.getByRole('button', { name: 'Run' }).click();
  await failed(panel, 'Too large');
  await page.close();
});

test('a device without room is told from a defect, and the CPU is offered', async () => {
  const panel = await panels.open({
    before: `const { getError, OUT_OF_MEMORY } = WebGL2RenderingContext.prototype;
      const isRunning = () => document.querySelector('.progress p')?.textContent.startsWith('Running');
      WebGL2RenderingContext.prototype.getError = function () { return isRunning() ? OUT_OF_MEMORY : getError.call(this); };`,
  });
  const { page } = panel;
  await panel.show(mlp([3, 4, 2], 2));
  await failed(panel, 'Too large');
  assert.match(await page.locator('.failure p').innerText(), /could not hold this/);
  await page.getByRole('button', { name: 'Run on the CPU' }).click();
  await finished(panel);
  await page.close();
});

/** Devices without room, by real refusals of the browser. */
const full = [
  {
    title: 'GPU (WebGPU)',
    before: `const { requestDevice } = GPUAdapter.prototype;
      GPUAdapter.prototype.requestDevice = async function (...given) {
        const device = await requestDevice.apply(this, given);
        setInterval(() => device.createBuffer({ size: 2 ** 40, usage: GPUBufferUsage.STORAGE }), 1);
        return device;
      };`,
    instead: 'Run on the GPU (WebGL)',
  },
  {
    title: 'CPU (WebAssembly)',
    before: "WebAssembly.Memory.prototype.grow = () => { throw new RangeError('no more'); };",
    instead: 'Run on the CPU (JavaScript)',
  },
];

for (const { title, before, instead } of full) {
  test(`a ${title} without room gives no numbers, and says so`, async () => {
    const panel = await panels.open({ before });
    const { page } = panel;
    await panel.show(mlp([256, 8, 256], 80), false);
    await page.getByLabel('Runs on').selectOption(title);
    await page.getByRole('button', { name: 'Run' }).click();
    await failed(panel, 'Too large');
    assert.match(await page.locator('.failure p').innerText(), /could not hold this/);
    assert.equal(await page.getByRole('button', { name: instead }).count(), 1);
    assert.deepEqual(panel.faults, []);
    await page.close();
  });
}

test('NaN and infinities are counted, and shown as such', async () => {
  const g = builder();
  const x = g.input('x', { shape: [2, 3], dtype: 'float32' });
  const panel = await panels.open();
  const { page } = panel;
  await panel.show(program(g, x, g.unary('sqrt', x)), false);
  await panel.send({ kind: 'data', file: 'x.npy', bytes: writeNpy([2, 3], Float32Array.of(0, 1, -1, 4, 9, 16)) });
  await page.getByText('1 of 1 from x.npy').waitFor();
  await page.getByRole('button', { name: 'Run' }).click();
  await finished(panel);
  await page.getByText('1 entry is infinite.').waitFor();
  await page.screenshot({ path: 'test/panel/output/not-finite.png', fullPage: true });
  await page.close();
});

test('malformed messages are shown as such, and the next good one works', async () => {
  const panel = await panels.open();
  const { page } = panel;
  for (const message of [
    null,
    7,
    {},
    { kind: 'dance' },
    { kind: 'show', program: '{', run: true },
    { kind: 'show', program: '{"graph":{"nodes":[{}]}}', run: true },
  ]) {
    await panel.send(message);
    await page.locator('.empty').waitFor();
    assert.match(await page.locator('#panel').innerText(), /message|program/i);
  }
  await panel.show(mlp([3, 4, 2], 2));
  await finished(panel);
  assert.deepEqual(panel.faults, []);
  await page.close();
});

/** As many draws as `losses` says lose their context. */
const losing = `globalThis.losses = 0;
  for (const name of ['drawArrays', 'drawElements']) {
    const real = WebGL2RenderingContext.prototype[name];
    WebGL2RenderingContext.prototype[name] = function (...given) {
      if (globalThis.losses === 0) return real.apply(this, given);
      globalThis.losses -= 1;
      this.getExtension('WEBGL_lose_context').loseContext();
    };
  }`;

test('where the graphics context is lost the run goes on with another, and says so', async () => {
  const panel = await panels.open({ before: losing });
  await panel.page.evaluate('globalThis.losses = 1');
  await panel.show(mlp([6, 5, 4], 3));
  await finished(panel);
  await panel.page.getByText('TensorFlow.js’s kernels were used').waitFor();
  await panel.page.close();
});

test('where the graphics context is lost again and again that is said, and the next run works', async () => {
  const panel = await panels.open({ before: losing });
  await panel.page.evaluate('globalThis.losses = 1e9');
  await panel.show(mlp([6, 5, 4], 3));
  await failed(panel, 'The GPU was lost');
  await panel.page.evaluate('globalThis.losses = 0');
  await panel.show(mlp([3, 4, 2], 2));
  await finished(panel);
  await panel.page.close();
});

test('nothing sticks out of a narrow panel', async () => {
  const panel = await panels.open({ width: 320 });
  await panel.show(mlp([5, 2, 10], 3));
  await finished(panel);
  const [content, window] = await panel.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok((content ?? 0) <= (window ?? 0), `${content} in ${window}`);
  await panel.page.screenshot({ path: 'test/panel/output/narrow.png', fullPage: true });
  await panel.page.close();
});
