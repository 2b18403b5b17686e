import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, test } from 'node:test';
import { createParser, type PythonParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { checkPrograms, summary } from '../random/check.ts';
import { type Real, readRandomFacts } from '../random/facts.ts';
import { batchProgram, programCounts, randomProgram } from '../random/programs.ts';

/** Random programs, composed from a number each (test/random/), against what the real library gave for them. */

const facts = readRandomFacts(new URL('../facts/random_programs.json', import.meta.url));
const programs = Array.from({ length: programCounts.programs }, (_, k) => randomProgram(k));

let parser: PythonParser;
before(async () => {
  parser = await createParser(await locateWasm());
});

test('the programs are those that were run (else run test/facts/random_programs.py again)', () => {
  const batches = Array.from({ length: programCounts.batches }, (_, k) => batchProgram(k));
  const digest = createHash('sha256').update(JSON.stringify({ programs, batches })).digest('hex');
  assert.equal(digest, facts.sha256);
});

/** Forward derivatives of tensors without axes come out in double precision beside a Python number: torch's own error. */
function isForwardOfScalar(real: Real, text: string, taken: string): boolean {
  if (real.kind !== 'tensor' || real.dtype !== 'float64' || !/jacfwd|jvp/.test(text)) return false;
  return taken === `float32 ${JSON.stringify(real.shape)}`;
}

/** Programs of which a line is refused though it runs: `vmap` checks the shapes of whole batches there, not of entries. */
const checkedAsBatches: ReadonlySet<number> = new Set([37]);

test('shapes, numbers and errors of random programs', (t) => {
  const report = checkPrograms(parser, programs, facts.programs, {
    runs: checkedAsBatches,
    isOther: isForwardOfScalar,
  });
  t.diagnostic(summary(report));
  assert.deepEqual(report.wrong, []);
  // Most of these are how many elements a mask picks.
  assert.ok(report.unknownPercent < 0.9, summary(report));
  assert.ok(report.silentPercent < 9.5, summary(report));
});
