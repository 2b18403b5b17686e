import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isKnown } from '../../language-server/graph/dim.ts';
import { nodeAt } from '../../language-server/graph/graph.ts';
import { showShape } from '../../language-server/graph/shape.ts';
import { createParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { checkFacts, checkMoves, tracedText } from './library-facts.ts';

const facts = new URL('../facts/library_tensorflow.json', import.meta.url);
const imports = ['import tensorflow as tf', 'import numpy as np'];

test('tensorflow: every shape and type is that of the library, and what raises is never given a shape', async () => {
  const report = await checkFacts(facts, imports);
  assert.deepEqual(report.wrong, []);
  assert.ok(report.unknownShare < 0.01, `${(report.unknownShare * 100).toFixed(1)} % of the shapes are unknown`);
});

test('tensorflow: what is proved of the samples of a batch holds', async () => {
  const input = (shape: readonly number[]): string => `tf.random.uniform([${shape.join(', ')}], dtype=tf.float64)`;
  const report = await checkMoves(facts, imports, input);
  assert.deepEqual(report.wrong, []);
  assert.ok(
    report.unprovedShare < 0.05,
    `${(report.unprovedShare * 100).toFixed(1)} % of the independent results are not proved so`,
  );
});

/** The name of a tensor that a program leaves, with its shape and type. */
type Left = readonly [name: string, shape: readonly number[], dtype: string];

test('tensorflow: programs leave what they leave under the library, and nothing in them is refused', async () => {
  const { programs }: { readonly programs: readonly (readonly [file: string, left: readonly Left[]])[] } = JSON.parse(
    readFileSync(facts, 'utf8'),
  );
  const parser = await createParser(await locateWasm());
  for (const [file, left] of programs) {
    const text = readFileSync(new URL(`../facts/tensorflow_programs/${file}`, import.meta.url), 'utf8');
    const traced = tracedText(parser, text);
    const values = new Map(traced.bindings.map(({ name, value }) => [name, value]));
    assert.deepEqual(
      traced.problems.map(({ message }) => `${file}: ${message}`),
      [],
    );
    for (const [name, shape, dtype] of left) {
      const value = values.get(name);
      assert.ok(value?.kind === 'tensor', `${file}: ${name} is a tensor, not ${value?.kind}`);
      const aval = nodeAt(traced.graph, value.node).aval;
      const fits =
        aval.shape.length === shape.length && aval.shape.every((dim, k) => !isKnown(dim) || dim === shape[k]);
      assert.ok(fits, `${file}: ${name} is (${shape.join(', ')}), but is taken for ${showShape(aval.shape)}`);
      assert.equal(aval.dtype, dtype, `${file}: the type of ${name}`);
    }
  }
});
