import { writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { inspect } from 'node:util';
import { seconds } from './report.mjs';

/*
 * A reporter of Node's test runner: a line a file, the failures in full, and the `Counts` as JSON in the file that
 * JACOBIAN_LENS_COUNTS names. A file without any test is a failure: it looks like a pass and tests nothing.
 */

/**
 * @typedef {object} Tally
 * @property {number} passed
 * @property {string[]} failures the names of what failed
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
  let current = '';
  for await (const event of events) {
    if (event.type === 'test:stdout' || event.type === 'test:stderr') yield event.data.message;
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { data } = event;
    const file = data.file ?? '';
    // The runner gives one file's events after the other's.
    if (file !== current) yield lineOf(current, files.get(current));
    current = file;
    const tally = files.get(file) ?? { passed: 0, failures: [], skipped: 0, milliseconds: 0 };
    files.set(file, tally);
    if (data.nesting === 0) tally.milliseconds += data.details.duration_ms;
    const isFile = data.nesting === 0 && file.endsWith(data.name) && /\.test\.\w+$/.test(data.name);
    if (event.type === 'test:fail') {
      // A suite fails with its tests, which are counted; a file that cannot be loaded has none.
      const { error } = event.data.details;
      if (/** @type {{failureType?: string}} */ (error).failureType === 'subtestsFailed') continue;
      tally.failures.push(isFile ? `${nameOf(file)} could not be run` : `${nameOf(file)}: ${data.name}`);
      yield `  ✗ ${nameOf(file)}: ${data.name}\n${indent(textOf(error.cause ?? error))}\n`;
    } else if (isFile) {
      tally.failures.push(`${nameOf(file)} holds no test`);
      yield `  ✗ ${nameOf(file)} holds no test\n`;
    } else if (data.details.type !== 'suite') {
      if (data.skip !== undefined && data.skip !== false) tally.skipped += 1;
      else if (data.todo === undefined || data.todo === false) tally.passed += 1;
    }
  }
  yield lineOf(current, files.get(current));
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
 * @param {string} file
 * @param {Tally | undefined} tally
 * @returns {string} what became of the file's tests
 */
function lineOf(file, tally) {
  if (tally === undefined) return '';
  const { passed, failures, skipped, milliseconds } = tally;
  const counts = [`${passed} passed`];
  if (failures.length > 0) counts.push(`${failures.length} failed`);
  if (skipped > 0) counts.push(`${skipped} skipped`);
  return `  ${failures.length === 0 ? '✓' : '✗'} ${nameOf(file)}: ${counts.join(', ')} (${seconds(milliseconds)})\n`;
}

/**
 * @param {unknown} cause
 * @returns {string}
 */
function textOf(cause) {
  return typeof cause === 'string' ? cause : inspect(cause);
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
 * @returns {import('./stages.mjs').Counts}
 */
function total(tallies) {
  return {
    passed: tallies.reduce((sum, tally) => sum + tally.passed, 0),
    failures: tallies.flatMap((tally) => tally.failures),
  };
}
