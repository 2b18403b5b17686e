import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, test } from 'node:test';
import { createParser, type PythonParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { compared, type Real, raisedIn, readRandomFacts, realNames } from '../random/facts.ts';
import { batchProgram, programCounts, randomProgram } from '../random/programs.ts';
import { tracedText } from './library-facts.ts';

/** Random programs, composed from a number each (test/random/), against what the real library gave for them. */

const facts = readRandomFacts(new URL('../facts/random_programs.json', import.meta.url));
const programs = Array.from({ length: programCounts.programs }, (_, k) => randomProgram(k));

/** With SHOW_UNKNOWN set, what is not found is printed with its reason. */
const shows = process.env.SHOW_UNKNOWN !== undefined;

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

/** The line of an offset, from 1 as Python counts. */
function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

test('shapes, numbers and errors of random programs', (t) => {
  const wrong: string[] = [];
  let [known, unknown, named, silent] = [0, 0, 0, 0];
  programs.forEach((text, k) => {
    const [names, errors] = facts.programs[k] ?? ['', ''];
    const traced = tracedText(parser, text);
    const say = (what: string): void => {
      wrong.push(`program ${k}: ${what}`);
    };
    if (traced.stopped !== null) say(`stopped: ${traced.stopped}`);
    const values = new Map(traced.bindings.map(({ name, value }) => [name, value]));
    const lines = text.split('\n');
    const raised = raisedIn(errors);
    for (const [name, real] of realNames(names)) {
      const value = values.get(name);
      const result = value === undefined ? 'unknown' : compared(traced.graph, value, real);
      const line = lines.findLast((content) => content.trim().startsWith(name)) ?? '';
      if (typeof result === 'object' && !isForwardOfScalar(real, text, result.wrong))
        say(`${name} is ${JSON.stringify(real)}, taken for ${result.wrong}: ${line}`);
      else if (result === 'same') known++;
      else {
        unknown++;
        if (shows) console.log('unknown:', k, line, '#', value?.kind === 'unknown' ? value.reason.text : value?.kind);
      }
    }
    // Each problem with the statement of the module that leads to it.
    const problems = traced.problems.map(({ origin, message }) => ({
      line: lineOf(text, (origin.calls[0] ?? origin).start),
      from: lineOf(text, origin.start),
      message,
    }));
    for (const { line, from, message } of problems)
      if (!checkedAsBatches.has(k) && !raised.some((error) => error.line === line || error.from === from))
        say(`line ${line} runs, but is refused: ${message}: ${lines[from - 1]?.trim()} (${lines[line - 1]?.trim()})`);
    for (const { line, type, from } of raised) {
      if (type === 'N' || type === 'G') continue;
      if (problems.some((problem) => problem.line === line || problem.from === from)) named++;
      else {
        silent++;
        if (shows) console.log('silent:', k, type, lines[from - 1]);
      }
    }
  });
  const unknownShare = (unknown / (known + unknown)) * 100;
  const silentShare = (silent / (named + silent)) * 100;
  t.diagnostic(
    `${known + unknown} values, ${unknownShare.toFixed(2)} % unknown; ${named + silent} errors, ${silentShare.toFixed(1)} % not seen`,
  );
  assert.deepEqual(wrong, []);
  // Most of these are how many elements a mask picks, and errors of random draws under vmap.
  assert.ok(unknownShare < 0.9, `${unknownShare.toFixed(2)} % of the values are unknown`);
  assert.ok(silentShare < 18, `${silentShare.toFixed(1)} % of the errors are not seen`);
});
