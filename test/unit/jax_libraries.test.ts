import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { checkFacts, checkMoves } from './library-facts.ts';

/** The libraries on top of JAX, each with the share of results that may be unknown or unproved. */
const libraries = [
  { name: 'flax', unknown: 0.03, unproved: 0.05 },
  { name: 'flax_nnx', unknown: 0.03, unproved: 0.05 },
  { name: 'equinox', unknown: 0.03, unproved: 0.05 },
  { name: 'haiku', unknown: 0.05, unproved: 0.05 },
  { name: 'optax', unknown: 0.03, unproved: 0.05 },
].filter(({ name }) => process.env.ONLY === undefined || name === process.env.ONLY);

for (const { name, unknown, unproved } of libraries) {
  const facts = new URL(`../facts/library_${name}.json`, import.meta.url);
  const { prelude }: { readonly prelude: readonly string[] } = JSON.parse(readFileSync(facts, 'utf8'));

  describe(name, () => {
    test('every shape and type is that of the library, and what raises is never given a shape', async () => {
      const report = await checkFacts(facts, prelude);
      assert.deepEqual(report.wrong, []);
      assert.ok(report.unknownShare < unknown, `${(report.unknownShare * 100).toFixed(1)} % of the shapes are unknown`);
    });

    test('what is proved of the samples of a batch holds', async () => {
      const report = await checkMoves(
        facts,
        prelude,
        (shape) => `random.uniform(random.key(0), (${shape.join(', ')},))`,
      );
      assert.deepEqual(report.wrong, []);
      assert.ok(
        report.unprovedShare < unproved,
        `${(report.unprovedShare * 100).toFixed(1)} % of the independent results are not proved so`,
      );
    });
  });
}
