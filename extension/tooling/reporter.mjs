import { writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { inspect } from 'node:util';
import { seconds } from './report.mjs';

/*
 * A reporter of Node's test runner: a line a file, the failures in full, and the counts as JSON in the file that
 * JACOBIAN_LENS_COUNTS names. A file without any test is a failure: it looks like a pass and tests nothing.
 */

/**
 * @typedef {object} Tally
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {number} milliseconds
 */

/**
 * @param {AsyncIterable<import('node:test/reporters').TestEvent>} events
 * @returns {AsyncGenerator<string>}
 */
export default async function* report(events) {
  /** @type {Map<string, Tally>} */
  const files = new Map();
  for await (const event of events) {
    if (event.type === 'test:stdout' || event.type === 'test:stderr') yield event.data.message;
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { data } = event;
    const file = data.file ?? '';
    const tally = files.get(file) ?? { passed: 0, failed: 0, skipped: 0, milliseconds: 0 };
    files.set(file, tally);
    if (data.nesting === 0) tally.milliseconds += data.details.duration_ms;
    const isFile = data.nesting === 0 && file.endsWith(data.name) && /\.test\.\w+$/.test(data.name);
    if (event.type === 'test:fail') {
      // A suite fails with its tests, which are counted; a file that cannot be loaded has none.
      const { error } = event.data.details;
      if (/** @type {{failureType?: string}} */ (error).failureType === 'subtestsFailed') continue;
      tally.failed += 1;
      yield `  ✗ ${nameOf(file)}: ${data.name}\n${indent(inspect(error.cause ?? error))}\n`;
    } else if (isFile) {
      tally.failed += 1;
      yield `  ✗ ${nameOf(file)} holds no test\n`;
    } else if (data.details.type !== 'suite') {
      if (data.skip !== undefined && data.skip !== false) tally.skipped += 1;
      else if (data.todo === undefined || data.todo === false) tally.passed += 1;
    }
  }
  for (const [file, tally] of files) {
    const mark = tally.failed === 0 ? '✓' : '✗';
    yield `  ${mark} ${nameOf(file)}: ${countsOf(tally)} (${seconds(tally.milliseconds)})\n`;
  }
  const counts = process.env.JACOBIAN_LENS_COUNTS;
  if (counts !== undefined) await writeFile(counts, JSON.stringify(total([...files.values()])));
}

/**
 * @param {string} file
 * @returns {string} the path from the current folder
 */
function nameOf(file) {
  return relative(process.cwd(), file);
}

/**
 * @param {Tally} tally
 * @returns {string}
 */
function countsOf({ passed, failed, skipped }) {
  return [
    `${passed} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ].join(', ');
}

/**
 * @param {string} text
 * @returns {string}
 */
function indent(text) {
  return text.replaceAll(/^/gm, '    ');
}

/**
 * @param {readonly Tally[]} tallies
 * @returns {{passed: number, failed: number}}
 */
function total(tallies) {
  return {
    passed: tallies.reduce((sum, tally) => sum + tally.passed, 0),
    failed: tallies.reduce((sum, tally) => sum + tally.failed, 0),
  };
}
