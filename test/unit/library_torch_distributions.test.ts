import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFacts, checkMoves } from './library-facts.ts';
import { checkValues } from './library-values.ts';

const file = new URL('../facts/library_torch_distributions.json', import.meta.url);
const imports = ['import torch', 'import torch.distributions as D'];

test('torch.distributions: every shape and type is that of the library, and what raises is never given a shape', async () => {
  const report = await checkFacts(file, imports);
  assert.deepEqual(report.wrong, []);
  assert.ok(report.unknownShare < 0.03, `${(report.unknownShare * 100).toFixed(1)} % of the shapes are unknown`);
});

test('torch.distributions: densities, moments and divergences are those of the library', async () => {
  const report = await checkValues(file, imports);
  assert.deepEqual(report.wrong, []);
  assert.ok(report.closedShare < 0.1, `${(report.closedShare * 100).toFixed(1)} % of the values cannot be computed`);
});

test('torch.distributions: densities and draws keep samples apart', async () => {
  const report = await checkMoves(file, imports, (shape) => `torch.rand(${shape.join(', ')}, dtype=torch.float64)`);
  assert.deepEqual(report.wrong, []);
  assert.ok(
    report.unprovedShare < 0.05,
    `${(report.unprovedShare * 100).toFixed(1)} % of the independent results are not proved so`,
  );
});
