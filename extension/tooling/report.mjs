/** An error whose message is meant for the person at the keyboard: shown without a stack. */
export class Problem extends Error {}

/**
 * Runs one step, saying what it is and how long it took.
 * @template T
 * @param {string} title what is done, as a sentence without a full stop
 * @param {() => Promise<T>} work
 * @returns {Promise<T>} what the work returns; its error goes through
 */
export async function step(title, work) {
  process.stdout.write(`• ${title} ...\n`);
  const start = performance.now();
  const result = await work();
  process.stdout.write(`  done in ${seconds(performance.now() - start)}\n`);
  return result;
}

/**
 * @param {number} milliseconds
 * @returns {string} like `3.2 s`
 */
export function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/**
 * Prints an error as the person should see it: a Problem's message alone, else the whole stack.
 * @param {unknown} error
 */
export function printError(error) {
  if (error instanceof Problem) console.error(`\nCannot go on: ${error.message}`);
  else console.error(error);
}

/**
 * @param {unknown} error
 * @returns {string} the error's message
 */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
