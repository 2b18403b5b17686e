import { messageOf, Problem, printError, seconds } from '../report.mjs';
import { forgottenTests, STAGES } from '../stages.mjs';

// npm test [-- STAGE...]; the last line is "N passed, N failed".

/**
 * Runs a stage; one that breaks, or that runs no test, has failed.
 * @param {import('../stages.mjs').Stage} stage
 * @returns {Promise<import('../stages.mjs').Counts>}
 */
async function runStage({ title, run }) {
  console.log(`\n── ${title}`);
  const start = performance.now();
  /** @type {import('../stages.mjs').Counts} */
  let counts = { passed: 0, failed: 1 };
  try {
    counts = await run();
    if (counts.passed + counts.failed === 0) {
      console.log('  ✗ no test was run');
      counts = { passed: 0, failed: 1 };
    }
  } catch (error) {
    if (error instanceof Problem) console.log(`  ✗ ${messageOf(error)}`);
    else printError(error);
  }
  console.log(`   ${counts.passed} passed, ${counts.failed} failed in ${seconds(performance.now() - start)}`);
  return counts;
}

const names = process.argv.slice(2);
const unknown = names.filter((name) => !STAGES.some((stage) => stage.name === name));
if (unknown.length > 0) {
  console.error(`There is no stage ${unknown.join(', ')}; there are ${STAGES.map((stage) => stage.name).join(', ')}.`);
  process.exit(2);
}
const start = performance.now();
let passed = 0;
const forgotten = await forgottenTests();
for (const file of forgotten) console.log(`✗ test/${file} belongs to no stage`);
let failed = forgotten.length;
for (const stage of STAGES) {
  if (names.length > 0 && !names.includes(stage.name)) continue;
  const counts = await runStage(stage);
  passed += counts.passed;
  failed += counts.failed;
}
console.log(`\nTook ${seconds(performance.now() - start)}.`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
