import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Program } from '../../language-server/graph/program.ts';
import { backends } from '../../media/engine/backends.ts';
import type { BackendName, RunOptions, StrategyName } from '../../media/engine/report.ts';
import { type EngineInBrowser, openEngine } from '../bench/engine-browser.ts';
import { cases, facts, nets } from '../unit/engine-cases.ts';
import { builder, mlp, program } from '../unit/engine-nets.ts';

/** The engine on the backends of a real browser, against PyTorch's numbers. */

let engine: EngineInBrowser;
before(async () => {
  engine = await openEngine();
});
after(() => engine.close());

/** Within 2e-5 of the largest entry; a GPU's own functions are coarser for some. */
const tolerance: Readonly<Record<string, number>> = { sin: 2e-4, cos: 2e-4 };

function distance(values: readonly number[], truth: readonly number[]): number {
  assert.equal(values.length, truth.length, 'as many numbers');
  const size = Math.max(...truth.map(Math.abs), 1e-3);
  return Math.max(...truth.map((x, k) => Math.abs((values[k] ?? Number.NaN) - x))) / size;
}

/** The ways beside the chosen one, on each backend: what differs between backends is the kernels, which one way shows. */
const ways: readonly (readonly [BackendName, readonly StrategyName[]])[] = [
  ['webgl', ['forward']],
  ['webgpu', []],
  ['wasm', []],
];

for (const [backend, strategies] of ways)
  for (const fact of facts.cases) {
    test(`${fact.name} on ${backends[backend].technology}`, async () => {
      const g = builder();
      const x = g.input('x', { shape: fact.shape, dtype: 'float32' });
      const build = cases[fact.name] ?? assert.fail();
      const report = await engine.run(program(g, x, build(g, x), { batch: null }), {
        backend,
        strategies,
        repeats: 1,
        values: { x: fact.x },
      });
      const off = distance(
        report.result.matrices.flatMap((m) => [...m]),
        fact.jacobian,
      );
      assert.ok(off <= (tolerance[fact.name] ?? 2e-5), `off by ${off}`);
      for (const { name, outcome } of report.strategies) {
        if (outcome.status !== 'done') assert.equal(outcome.status, 'skipped', `${name}: ${JSON.stringify(outcome)}`);
        else
          assert.ok(
            outcome.greatestDifference <= (tolerance[fact.name] ?? 2e-5),
            `${name} off by ${outcome.greatestDifference}`,
          );
      }
    });
  }

for (const [backend] of ways)
  for (const fact of facts.nets) {
    test(`${fact.name} on ${backends[backend].technology}, every way`, async () => {
      const g = builder();
      const x = g.input('x', { shape: fact.shape, dtype: 'float32' });
      const build = nets[fact.name] ?? assert.fail();
      const values = Object.fromEntries(Object.entries(fact.weights).map(([name, weight]) => [name, weight.values]));
      const own = program(g, x, build(g, x));
      const report = await engine.run(own, { backend, repeats: 1, values: { ...values, x: fact.x } });
      assert.equal(report.backend, backend);
      if (backend === 'webgl') assert.match(report.renderer ?? '', /./);
      assert.ok(
        distance(
          report.result.matrices.flatMap((m) => [...m]),
          fact.jacobian,
        ) < 2e-5,
      );
      for (const { name, outcome } of report.strategies) {
        assert.equal(outcome.status, 'done', `${name}: ${JSON.stringify(outcome)}`);
        if (outcome.status === 'done')
          assert.ok(
            outcome.greatestDifference < 2e-5 && outcome.draws > 0,
            `${name} off by ${outcome.greatestDifference}`,
          );
      }
      const { hessian } = fact;
      if (hessian !== undefined) {
        const names: readonly StrategyName[] = ['reverse', 'forward'];
        const second = await engine.run(
          { ...own, derivative: 'hessian' },
          { backend, repeats: 1, values: { ...values, x: fact.x }, strategies: names },
        );
        assert.ok(
          distance(
            second.result.matrices.flatMap((m) => [...m]),
            hessian,
          ) < 2e-5,
        );
      }
    });
  }

test('functions with choices inside products compile: an hour-glass meets at its waist', async () => {
  const report = await engine.run(mlp([24, 16, 4, 16, 24], 9, 'tanh'), { repeats: 1 });
  for (const { name, outcome } of report.strategies)
    assert.ok(outcome.status === 'done' && outcome.greatestDifference < 2e-5, `${name}: ${JSON.stringify(outcome)}`);
  assert.equal(report.plan.length, 3, report.plan.join(' '));
});

test('odd sizes, one output, one input, one sample', async () => {
  for (const [widths, batch] of [
    [[3, 7, 1], 5],
    [[1, 9, 13], 2],
    [[6, 11, 5], 1],
    [[17, 3, 2, 19], 11],
  ] as const) {
    const report = await engine.run(mlp(widths, batch, 'tanh'), { repeats: 1 });
    for (const { name, outcome } of report.strategies)
      assert.ok(
        outcome.status === 'done' && outcome.greatestDifference < 2e-5,
        `${widths} ${name}: ${JSON.stringify(outcome)}`,
      );
  }
});

test('a context that is lost in one way leaves the other ways standing', async () => {
  const own = await openEngine();
  // The first way that is not the chosen one draws by kernels, which draw elements.
  await own.page.evaluate(`{
    const real = WebGL2RenderingContext.prototype.drawElements;
    WebGL2RenderingContext.prototype.drawElements = function (...given) {
      WebGL2RenderingContext.prototype.drawElements = real;
      this.getExtension('WEBGL_lose_context').loseContext();
    };
  }`);
  const report = await own.run(mlp([6, 5, 4], 3, 'tanh'), { repeats: 1 });
  const held = await own.page.evaluate('tensorsHeld()');
  await own.close();
  assert.equal(held, 0);
  const failed = report.strategies.filter(({ outcome }) => outcome.status === 'failed');
  assert.deepEqual(
    failed.map(({ name }) => name),
    ['reverse'],
  );
  assert.match(JSON.stringify(failed[0]?.outcome), /GPU was lost/);
  for (const { name, outcome } of report.strategies)
    if (name !== 'reverse')
      assert.ok(outcome.status === 'done' && outcome.greatestDifference < 2e-5, `${name}: ${JSON.stringify(outcome)}`);
});

test('after each kind of failure nothing is left on the device, and the next run works', async () => {
  const g = builder();
  const x = g.input('x', { shape: [2, 3], dtype: 'float32' });
  const opaque = g.emit('opaque', { name: 'mystery', aval: { shape: [2, 3], dtype: 'float32' }, batched: [[0, 0]] }, [
    x,
  ]);
  const empty = builder();
  const none = empty.input('x', { shape: [0, 3], dtype: 'float32' });
  const fails: readonly (readonly [Program, Partial<RunOptions>, RegExp])[] = [
    [program(g, x, opaque), {}, /mystery/],
    [program(empty, none, empty.unary('tanh', none)), {}, /size 0/],
    [mlp([64, 64, 64], 8), { memoryLimit: 1000 }, /limit/],
    [mlp([4, 3, 2], 2), { values: { x: [1] } }, /1 values were given/],
  ];
  for (const [own, options, message] of fails) {
    await assert.rejects(engine.run(own, options), message);
    assert.equal(await engine.page.evaluate('tensorsHeld()'), 0);
  }
  assert.deepEqual((await engine.run(mlp([4, 3, 2], 2), { repeats: 1 })).result.shape, [2, 2, 4]);
});

test('nothing is left on the device', async () => {
  assert.equal(await engine.page.evaluate('tensorsHeld()'), 0);
});
