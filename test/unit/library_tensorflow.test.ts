import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFacts, checkMoves } from './library-facts.ts';

const facts = new URL('../facts/library_tensorflow.json', import.meta.url);
const imports = ['import tensorflow as tf', 'import numpy as np'];

test('tensorflow: every shape and type is that of the library, and what raises is never given a shape', async () => {
  const report = await checkFacts(facts, imports);
  assert.deepEqual(report.wrong, []);
  assert.ok(report.unknownShare < 0.15, `${(report.unknownShare * 100).toFixed(1)} % of the shapes are unknown`);
});

test('tensorflow: what is proved of the samples of a batch holds', async () => {
  const input = (shape: readonly number[]): string => `tf.random.uniform([${shape.join(', ')}], dtype=tf.float64)`;
  const report = await checkMoves(facts, imports, input);
  assert.deepEqual(report.wrong, []);
  assert.ok(
    report.unprovedShare < 0.8,
    `${(report.unprovedShare * 100).toFixed(1)} % of the independent results are not proved so`,
  );
});
