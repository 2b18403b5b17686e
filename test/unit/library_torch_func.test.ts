import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFacts } from './library-facts.ts';

test('torch.func: derivatives of functions have the shapes of the library, nested as they are, and what raises has none', async () => {
  const report = await checkFacts(new URL('../facts/library_torch_func.json', import.meta.url), ['import torch']);
  assert.deepEqual(report.wrong, []);
  assert.equal(report.unknownShare, 0);
});
