import { lint, typeCheck } from '../checks.mjs';
import { command } from '../command.mjs';
import { Problem } from '../report.mjs';

// npm run check
await command(async () => {
  const codes = [await typeCheck(), await lint()];
  if (codes.some((code) => code !== 0)) throw new Problem('the checks above found faults');
});
