import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFacts, checkMoves } from './library-facts.ts';

const facts = new URL('../facts/library_numpy.json', import.meta.url);
const imports = ['import numpy as np', 'import torch'];

test('numpy: every shape and type is that of the library, and what raises is never given a shape', async () => {
  const report = await checkFacts(facts, imports);
  assert.deepEqual(report.wrong, []);
  assert.ok(report.unknownShare < 0.02, `${(report.unknownShare * 100).toFixed(1)} % of the shapes are unknown`);
});

test('numpy: what is proved of the samples of a batch holds', async () => {
  const report = await checkMoves(facts, imports, (shape) => `np.random.random_sample((${shape.join(', ')}))`);
  assert.deepEqual(report.wrong, []);
  assert.ok(
    report.unprovedShare < 0.05,
    `${(report.unprovedShare * 100).toFixed(1)} % of the independent results are not proved so`,
  );
});
