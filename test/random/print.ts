import { batchProgram, programCounts, randomProgram } from './programs.ts';

/** Writes all programs as JSON, for the script that runs them under the real library. */
const { programs, batches } = programCounts;
process.stdout.write(
  JSON.stringify({
    programs: Array.from({ length: programs }, (_, k) => randomProgram(k)),
    batches: Array.from({ length: batches }, (_, k) => batchProgram(k)),
  }),
);
