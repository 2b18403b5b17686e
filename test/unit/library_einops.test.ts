import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFacts } from './library-facts.ts';

const imports = [
  'import torch, einops',
  'from einops import einsum, pack, parse_shape, rearrange, reduce, repeat, unpack',
  'from einops.layers.torch import EinMix, Rearrange, Reduce',
];

test('einops: every shape is that of the library, and what raises is never given a shape', async () => {
  const report = await checkFacts(new URL('../facts/library_einops.json', import.meta.url), imports);
  assert.deepEqual(report.wrong, []);
  assert.ok(report.unknownShare < 0.03, `${(report.unknownShare * 100).toFixed(1)} % of the shapes are unknown`);
});
