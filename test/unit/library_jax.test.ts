import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeAt } from '../../language-server/graph/graph.ts';
import { library } from '../../language-server/library/index.ts';
import { createParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { trace } from '../../language-server/tracer/trace.ts';
import { checkFacts, checkMoves } from './library-facts.ts';

const facts = new URL('../facts/library_jax.json', import.meta.url);
const imports = [
  'import jax',
  'import jax.numpy as jnp',
  'import numpy as np',
  'import jax.scipy.special, jax.scipy.linalg, jax.scipy.stats, jax.flatten_util',
  'from jax import lax, nn, random',
];

test('jax.numpy: every shape and type is that of the library, and what raises is never given a shape', async () => {
  const report = await checkFacts(new URL('../facts/library_jax_numpy.json', import.meta.url), [
    'import jax.numpy as jnp',
  ]);
  assert.deepEqual(report.wrong, []);
  assert.ok(report.unknownShare < 0.01, `${(report.unknownShare * 100).toFixed(1)} % of the shapes are unknown`);
});

test('jax: transforms, lax, nn, random and scipy give what the library gives, and what raises is never given a shape', async () => {
  const report = await checkFacts(facts, imports);
  assert.deepEqual(report.wrong, []);
  assert.ok(report.unknownShare < 0.01, `${(report.unknownShare * 100).toFixed(1)} % of the shapes are unknown`);
});

test('jax: what is proved of the samples of a batch holds', async () => {
  const input = (shape: readonly number[]): string => `random.uniform(random.key(0), (${shape.join(', ')}))`;
  const report = await checkMoves(facts, imports, input);
  assert.deepEqual(report.wrong, []);
  assert.ok(
    report.unprovedShare < 0.05,
    `${(report.unprovedShare * 100).toFixed(1)} % of the independent results are not proved so`,
  );
});

/** The types of the names that a program binds. */
async function typesIn(text: string): Promise<ReadonlyMap<string, string>> {
  const parser = await createParser(await locateWasm());
  const traced = trace('types.py', parser.parse(text).module, { library, findModule: () => null });
  return new Map(
    traced.bindings.flatMap(({ name, node }): [string, string][] =>
      node === null ? [] : [[name, nodeAt(traced.graph, node).aval.dtype]],
    ),
  );
}

test('jax: arrays have 32 bits, and 64 where the program enables them', async () => {
  const body = 'a = jnp.ones(3)\nb = jnp.arange(3)\nc = b / 2\nd = jnp.array([1.0], dtype=jnp.float64)\n';
  const enable = 'jax.config.update("jax_enable_x64", True)\n';
  const narrow = await typesIn(`import jax, jax.numpy as jnp\n${body}`);
  assert.deepEqual([...narrow.values()], ['float32', 'int32', 'float32', 'float32']);
  const wide = await typesIn(`import jax, jax.numpy as jnp\n${enable}${body}`);
  assert.deepEqual([...wide.values()], ['float64', 'int64', 'float64', 'float64']);
});
