import { printError } from './report.mjs';

/**
 * Runs a command to its end and sets the exit code: 0, or 1 with the error printed.
 * @param {() => Promise<void>} work
 */
export async function command(work) {
  try {
    await work();
  } catch (error) {
    printError(error);
    process.exitCode = 1;
  }
}
