import assert from 'node:assert/strict';
import { test } from 'node:test';
import '@tensorflow/tfjs-backend-cpu';
import { dispose, memory, setBackend, type Tensor, tensor } from '@tensorflow/tfjs-core';
import * as D from '../../language-server/graph/dim.ts';
import { primitives } from '../../language-server/graph/primitives/index.ts';
import { decodeProgram, encodeProgram, type Program } from '../../language-server/graph/program.ts';
import { derivatives } from '../../media/engine/differentiate.ts';
import { computeNode } from '../../media/engine/kernels.ts';
import { runOn } from '../../media/engine/measure.ts';
import { EngineError, type Problem, type RunOptions, type RunReport } from '../../media/engine/report.ts';
import { missing } from '../../media/engine/rules/rule.ts';
import { facts, nets } from './engine-cases.ts';
import { builder, linear, mlp, program } from './engine-nets.ts';

const never = new AbortController().signal;

function run(own: Program, options: Partial<RunOptions> = {}, signal: AbortSignal = never): Promise<RunReport> {
  const all: RunOptions = { seed: 1, sizes: {}, backend: 'cpu', repeats: 1, memoryLimit: 2 ** 30, ...options };
  return runOn(own, all, { onProgress: () => {}, signal });
}

function distance(values: ArrayLike<number>, truth: readonly number[]): number {
  assert.equal(values.length, truth.length, 'as many numbers');
  const size = Math.max(...truth.map(Math.abs));
  return Math.max(...truth.map((x, k) => Math.abs((values[k] ?? Number.NaN) - x))) / size;
}

function flat(report: RunReport): number[] {
  return report.result.matrices.flatMap((matrix) => [...matrix]);
}

async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof EngineError, `an EngineError, not ${String(error)}`);
  assert.ok(error.message.length > 5);
  return error.problem;
}

for (const fact of facts.nets) {
  const written = (derivative: Program['derivative']): { own: Program; values: Record<string, readonly number[]> } => {
    const g = builder();
    const x = g.input('x', { shape: fact.shape, dtype: 'float32' });
    const build = nets[fact.name];
    assert.ok(build !== undefined);
    const values = Object.fromEntries(Object.entries(fact.weights).map(([name, weight]) => [name, weight.values]));
    return { own: program(g, x, build(g, x), { derivative }), values: { ...values, x: fact.x } };
  };

  test(`${fact.name}: every way gives PyTorch's Jacobian`, async () => {
    const { own, values } = written('jacobian');
    const report = await run(own, { values });
    assert.ok(distance(flat(report), fact.jacobian) < 1e-6, `off by ${distance(flat(report), fact.jacobian)}`);
    for (const { name, outcome } of report.strategies) {
      assert.equal(outcome.status, 'done', `${name}: ${JSON.stringify(outcome)}`);
      if (outcome.status === 'done')
        assert.ok(outcome.greatestDifference < 2e-6, `${name} off by ${outcome.greatestDifference}`);
    }
    assert.equal(memory().numTensors, 0, 'nothing left on the device');
  });

  const { hessian } = fact;
  if (hessian !== undefined) {
    test(`${fact.name}: every way gives PyTorch's Hessian`, async () => {
      const { own, values } = written('hessian');
      const report = await run(own, { values });
      assert.deepEqual(report.result.shape, [3, 1, 2, 2]);
      assert.ok(distance(flat(report), hessian) < 1e-5, `off by ${distance(flat(report), hessian)}`);
      for (const { name, outcome } of report.strategies) {
        assert.equal(outcome.status, 'done', name);
        if (outcome.status === 'done')
          assert.ok(outcome.greatestDifference < 1e-5, `${name} off by ${outcome.greatestDifference}`);
      }
      assert.equal(memory().numTensors, 0);
    });
  }
}

test('every primitive has derivative rules, or is known not to', () => {
  const without = Object.entries(derivatives)
    .filter(([, rules]) => rules === missing)
    .map(([name]) => name);
  assert.deepEqual(
    Object.keys(primitives).filter((name) => !(name in derivatives)),
    [],
  );
  // What has none is named here, so that a new primitive without rules is noticed.
  assert.deepEqual(without.sort(), ['either', 'masked', 'opaque']);
});

test('the same seed gives the same numbers, another seed others', async () => {
  const [a, b, c] = [
    await run(mlp([4, 3, 2], 2)),
    await run(mlp([4, 3, 2], 2)),
    await run(mlp([4, 3, 2], 2), { seed: 2 }),
  ];
  assert.deepEqual(flat(a), flat(b));
  assert.notDeepEqual(flat(a), flat(c));
});

test('named sizes get their numbers', async () => {
  const g = builder();
  const b = D.size('b');
  const x = g.input('x', { shape: [b, 4], dtype: 'float32' });
  const y = g.sub(linear(g, g.unary('tanh', x), '0', 4, 2), g.mean(linear(g, x, '1', 4, 2), [1], true));
  const own = program(g, x, y, { sizes: [{ key: D.key(b), name: 'b' }] });
  assert.deepEqual((await run(own, { sizes: { [D.key(b)]: 3 } })).result.shape, [3, 2, 4]);
  assert.deepEqual(await problemOf(run(own)), { kind: 'missing-size', name: 'b' });
  assert.equal((await problemOf(run(own, { sizes: { [D.key(b)]: 0 } }))).kind, 'zero-size');
});

test('infinities survive the way to the engine', async () => {
  const g = builder();
  const x = g.input('x', { shape: [2, 3], dtype: 'float32' });
  const masked = g.select(g.binary('gt', x, g.scalar(-9, x)), x, g.full([], Number.NEGATIVE_INFINITY));
  const own = program(g, x, g.softmax(masked, 1));
  assert.deepEqual(decodeProgram(encodeProgram(own)), own);
  const report = await run(decodeProgram(encodeProgram(own)));
  assert.equal(report.result.nanCount, 0);
});

test('NaN and infinity in the result are counted', async () => {
  const g = builder();
  const x = g.input('x', { shape: [2, 2], dtype: 'float32' });
  const report = await run(program(g, x, g.unary('log', x)), { values: { x: [0, 1, 0, 2] } });
  assert.equal(report.result.infiniteCount, 2);
  assert.ok(report.warnings.some((warning) => warning.includes('infinite')));
});

test('an unbatched function gives the plain Jacobian', async () => {
  const g = builder();
  const x = g.input('x', { shape: [2, 3], dtype: 'float32' });
  const report = await run(program(g, x, g.matmul(x, g.swapAxes(x, 0, 1)), { batch: null }));
  assert.deepEqual(report.result.shape, [2, 2, 2, 3]);
  assert.deepEqual(
    report.strategies.filter(({ outcome }) => outcome.status === 'done').map(({ name }) => name),
    ['planned', 'reverse', 'forward', 'loop'],
  );
});

test('a derivative inside the function is written out', async () => {
  const g = builder();
  const x = g.input('x', { shape: [2, 3], dtype: 'float32' });
  const own = g.input('v', { shape: [3], dtype: 'float32' });
  const cube = g.mul(g.square(own), own);
  const region = { inputs: [own], outputs: [cube] };
  const inner = { shape: [3], dtype: 'float32' } as const;
  const jacobian = g.emit(
    'jacobian',
    { region, wrt: 0, input: inner, output: inner, differentiable: true, mode: 'reverse' },
    [own],
  );
  const mapped = g.emit(
    'vmap',
    {
      region: { inputs: [own], outputs: [jacobian] },
      inAxes: [0],
      outAxis: 0,
      output: { shape: [3, 3], dtype: 'float32' },
    },
    [x],
  );
  const slopes = g.diagonal(mapped, 0, 1, 2);
  const report = await run(program(g, x, slopes), { values: { x: [1, 2, 3, 4, 5, 6] } });
  // d (3 x^2) / dx = 6 x.
  assert.deepEqual([...(report.result.matrices[0] ?? [])], [6, 0, 0, 0, 12, 0, 0, 0, 18]);
});

test('an operator that cannot be run is named', async () => {
  const g = builder();
  const x = g.input('x', { shape: [2, 3], dtype: 'float32' });
  const y = g.emit('opaque', { name: 'torch.fft.fft', aval: { shape: [2, 3], dtype: 'float32' }, batched: [] }, [x]);
  const problem = await problemOf(run(program(g, x, y)));
  assert.ok(problem.kind === 'unsupported' && problem.operator === 'torch.fft.fft' && problem.what === 'value');
  const z = await problemOf(run(program(g, x, g.emit('roll', { axes: [1], shifts: [null] }, [x]))));
  assert.ok(z.kind === 'unsupported' && z.operator === 'a roll by a number that is not known');
  assert.equal(memory().numTensors, 0);
});

test('a run can be cancelled, and leaves nothing behind', async () => {
  const controller = new AbortController();
  const promise = run(mlp([6, 5, 4], 4), {}, controller.signal);
  setTimeout(() => controller.abort(), 5);
  assert.deepEqual(await problemOf(promise), { kind: 'cancelled' });
  assert.equal(memory().numTensors, 0);
});

test('too little memory is said before anything runs', async () => {
  assert.equal((await problemOf(run(mlp([64, 64, 64], 8), { memoryLimit: 1000 }))).kind, 'out-of-memory');
});

test('values of the wrong number are refused', async () => {
  assert.equal((await problemOf(run(mlp([4, 3, 2], 2), { values: { x: [1, 2] } }))).kind, 'does-not-fit');
});

test('what has no kernel is computed outside the backend, and nothing else', async () => {
  const g = builder();
  const x = g.input('x', { shape: [2, 2], dtype: 'float32' });
  const computed = (id: number): Tensor | null => computeNode(g.nodes[id] ?? assert.fail(), [own]);
  await setBackend('cpu');
  const own = tensor([1, 2, 3, 4], [2, 2]);
  assert.equal(computed(g.emit('inverse', {}, [x])), null);
  const value = computed(g.unary('tanh', x));
  assert.ok(value !== null);
  dispose([own, value]);
  assert.equal(memory().numTensors, 0);
});
