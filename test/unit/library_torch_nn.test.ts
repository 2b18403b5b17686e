import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFacts, checkMoves } from './library-facts.ts';
import { checkDerivatives, checkNamed, checkValues } from './library-values.ts';

const facts = new URL('../facts/library_torch_nn.json', import.meta.url);
const imports = [
  'import torch',
  'import torch.nn as nn',
  'import torch.nn.functional as F',
  'from collections import OrderedDict',
];

test('torch.nn: every shape and type is that of the library, and what raises is never given a shape', async () => {
  const report = await checkFacts(facts, imports);
  assert.deepEqual(report.wrong, []);
  assert.ok(report.unknownShare < 0.01, `${(report.unknownShare * 100).toFixed(1)} % of the shapes are unknown`);
});

test('torch.nn: what is proved of the samples of a batch holds', async () => {
  const report = await checkMoves(facts, imports, (shape) => `torch.rand(${shape.join(', ')})`);
  assert.deepEqual(report.wrong, []);
  assert.ok(
    report.unprovedShare < 0.05,
    `${(report.unprovedShare * 100).toFixed(1)} % of the independent results are not proved so`,
  );
});

test('torch.nn: what layers and functions are made of comes to the same numbers', async () => {
  const report = await checkValues(facts, imports);
  assert.deepEqual(report.wrong, []);
  assert.ok(report.closedShare < 0.02, `${(report.closedShare * 100).toFixed(1)} % cannot be evaluated`);
});

test('torch.nn: and so do their Jacobians, forwards and backwards', async () => {
  const report = await checkDerivatives(facts, imports);
  assert.deepEqual(report, { wrong: [], closed: [] });
});

test('torch.nn: shapes of sizes that have names are right for every number', async () => {
  const report = await checkNamed(facts, imports);
  assert.deepEqual(report.wrong, []);
  assert.ok(report.unknownShare < 0.03, `${(report.unknownShare * 100).toFixed(1)} % of the shapes are unknown`);
});
