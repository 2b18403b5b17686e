import { command } from '../command.mjs';
import { seconds } from '../report.mjs';
import { runStages, summary } from '../run-stages.mjs';
import { chosenStages, forgottenTests } from '../stages.mjs';

// npm test [-- STAGE...]; the last line is "N passed, N failed", after the names of what failed.
await command(async () => {
  const stages = chosenStages(process.argv.slice(2));
  const start = performance.now();
  const forgotten = (await forgottenTests()).map((file) => `test/${file} belongs to no stage`);
  const { passed, failures } = await runStages(stages);
  console.log(`\nTook ${seconds(performance.now() - start)}.`);
  const all = [...forgotten, ...failures];
  console.log(summary({ passed, failures: all }));
  if (all.length > 0) process.exitCode = 1;
});
