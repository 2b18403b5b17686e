import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFacts } from './library-facts.ts';

test('jax.numpy: every shape and type is that of the library, and what raises is never given a shape', async () => {
  const report = await checkFacts(new URL('../facts/library_jax_numpy.json', import.meta.url), [
    'import jax.numpy as jnp',
  ]);
  assert.deepEqual(report.wrong, []);
  assert.ok(report.unknownShare < 0.02, `${(report.unknownShare * 100).toFixed(1)} % of the shapes are unknown`);
});
