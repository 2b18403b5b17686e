import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { createAnalyser } from '../../language-server/rules/analyse.ts';
import { noFiles } from '../../language-server/rules/analysis.ts';

/** Fixes are in the words of the library that the file uses. */

const program = `import jax
import jax.numpy as jnp

W = jnp.ones((5, 10))


def f(x):
    return jnp.tanh(x @ W)


x = jnp.ones((3, 5))
J = jax.jacrev(f)(x)
K = jnp.stack([jax.jacrev(f)(row) for row in x])
`;

test('the fixes of a JAX program know no torch', async () => {
  const analyser = createAnalyser(await createParser(await locateWasm()));
  const analysis = analyser.analyse('/program.py', program, noFiles, {});
  const texts = analysis.findings.flatMap((finding) =>
    analysis.fixes(finding).flatMap((fix) => (fix.kind === 'disabled' ? [] : fix.edits.map(({ text }) => text))),
  );
  assert.deepEqual(texts, [
    'jnp.moveaxis(jax.jacrev(lambda x: f(x).sum(0))(x), 1, 0)',
    'jax.vmap(jax.jacfwd(f))(x)',
    'jax.vmap(jax.jacrev(f))(x)',
  ]);
});
