import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, test } from 'node:test';
import { createParser, type PythonParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { checkPrograms, summary } from '../random/check.ts';
import { readRandomFacts } from '../random/facts.ts';
import { jaxProgram, jaxProgramCount } from '../random/jax.ts';

/** Random programs of JAX, composed from a number each (test/random/jax.ts), against what JAX gave for them. */

const facts = readRandomFacts(new URL('../facts/random_jax_programs.json', import.meta.url));
const programs = Array.from({ length: jaxProgramCount }, (_, k) => jaxProgram(k));

let parser: PythonParser;
before(async () => {
  parser = await createParser(await locateWasm());
});

test('the programs of JAX are those that were run (else run test/facts/random_jax_programs.py again)', () => {
  assert.equal(createHash('sha256').update(JSON.stringify(programs)).digest('hex'), facts.sha256);
});

test('shapes, numbers and errors of random programs of JAX', (t) => {
  const report = checkPrograms(parser, programs, facts.programs, { runs: new Set(), isOther: () => false });
  t.diagnostic(summary(report));
  assert.deepEqual(report.wrong, []);
  // Unknown are vectorized functions.
  assert.ok(report.unknownPercent < 0.8, summary(report));
  assert.ok(report.silentPercent < 7.5, summary(report));
});
