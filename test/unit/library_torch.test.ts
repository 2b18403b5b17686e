import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFacts, checkMoves } from './library-facts.ts';

test('torch: every shape and type is that of the library, and what raises is never given a shape', async () => {
  const report = await checkFacts(new URL('../facts/library_torch.json', import.meta.url), ['import torch']);
  assert.deepEqual(report.wrong, []);
  assert.ok(report.unknownShare < 0.01, `${(report.unknownShare * 100).toFixed(1)} % of the shapes are unknown`);
});

test('torch: what is proved of the samples of a batch holds', async () => {
  const report = await checkMoves(
    new URL('../facts/library_torch.json', import.meta.url),
    ['import torch'],
    (shape) => `torch.rand(${shape.join(', ')})`,
  );
  assert.deepEqual(report.wrong, []);
  assert.ok(
    report.unprovedShare < 0.05,
    `${(report.unprovedShare * 100).toFixed(1)} % of the independent results are not proved so`,
  );
});
