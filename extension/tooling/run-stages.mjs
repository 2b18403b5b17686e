import { messageOf, Problem, printError, seconds } from './report.mjs';

/**
 * What all stages came to.
 * @typedef {object} Outcome
 * @property {number} passed
 * @property {readonly string[]} failures what failed, each behind its stage's title
 */

/**
 * Runs stages one after the other. One that needs a stage that failed is not run, and has failed by that: what it
 * would test is not there, or is left from an earlier time.
 * @param {readonly import('./stages.mjs').Stage[]} stages
 * @returns {Promise<Outcome>}
 */
export async function runStages(stages) {
  let passed = 0;
  /** @type {string[]} */
  const failures = [];
  /** @type {Map<string, string>} */
  const failed = new Map();
  for (const stage of stages) {
    console.log(`\n── ${stage.title}`);
    const missing = (stage.needs ?? []).flatMap((name) => failed.get(name) ?? []);
    const counts = missing.length > 0 ? notRun(missing) : await runStage(stage);
    if (counts.failures.length > 0) failed.set(stage.name, stage.title);
    passed += counts.passed;
    failures.push(...counts.failures.map((name) => `${stage.title}: ${name}`));
  }
  return { passed, failures };
}

/**
 * @param {readonly string[]} missing the titles of the stages that failed before
 * @returns {import('./stages.mjs').Counts}
 */
function notRun(missing) {
  const reason = `not run, for it needs what failed before: ${missing.join(', ')}`;
  console.log(`  ✗ ${reason}`);
  return { passed: 0, failures: [reason] };
}

/**
 * Runs a stage; one that breaks, or that runs no test, has failed.
 * @param {import('./stages.mjs').Stage} stage
 * @returns {Promise<import('./stages.mjs').Counts>}
 */
async function runStage({ run }) {
  const start = performance.now();
  const counts = await settle(run);
  const took = seconds(performance.now() - start);
  console.log(`   ${counts.passed} passed, ${counts.failures.length} failed in ${took}`);
  return counts;
}

/**
 * @param {() => Promise<import('./stages.mjs').Counts>} run
 * @returns {Promise<import('./stages.mjs').Counts>}
 */
async function settle(run) {
  try {
    const counts = await run();
    if (counts.passed + counts.failures.length > 0) return counts;
    console.log('  ✗ no test was run');
    return { passed: 0, failures: ['no test was run'] };
  } catch (error) {
    if (error instanceof Problem) console.log(`  ✗ ${messageOf(error)}`);
    else printError(error);
    return { passed: 0, failures: [messageOf(error)] };
  }
}

/**
 * The end of the log: what failed once more, for it may stand far above, and the counts in the last line.
 * @param {Outcome} outcome
 * @returns {string}
 */
export function summary({ passed, failures }) {
  const list = failures.map((failure) => `  ✗ ${firstLine(failure)}`);
  return [...(list.length > 0 ? ['Failed:', ...list] : []), `${passed} passed, ${failures.length} failed`].join('\n');
}

/**
 * @param {string} text
 * @returns {string}
 */
function firstLine(text) {
  return text.split('\n', 1)[0] ?? '';
}
