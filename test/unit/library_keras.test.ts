import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkFacts, checkMoves } from './library-facts.ts';
import { checkValues } from './library-values.ts';

const facts = new URL('../facts/library_keras.json', import.meta.url);
const { prelude }: { readonly prelude: readonly string[] } = JSON.parse(readFileSync(facts, 'utf8'));

test('every shape and type is that of Keras, and what raises is never given a shape', async () => {
  const report = await checkFacts(facts, prelude);
  assert.deepEqual(report.wrong, []);
  assert.ok(report.unknownShare < 0.05, `${(report.unknownShare * 100).toFixed(1)} % of the shapes are unknown`);
});

test('what is proved of the samples of a batch holds', async () => {
  const report = await checkMoves(facts, prelude, (shape) => `tf.random.uniform((${shape.join(', ')},))`);
  assert.deepEqual(report.wrong, []);
  assert.ok(
    report.unprovedShare < 0.05,
    `${(report.unprovedShare * 100).toFixed(1)} % of the independent results are not proved so`,
  );
});

test('layers and losses compute what Keras computes', async () => {
  const report = await checkValues(facts, prelude);
  assert.deepEqual(report.wrong, []);
  assert.ok(report.closedShare < 0.05, `${(report.closedShare * 100).toFixed(1)} % cannot be evaluated`);
});
