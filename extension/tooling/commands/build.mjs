import { build } from '../build.mjs';
import { command } from '../command.mjs';
import { step } from '../report.mjs';

// npm run build [-- BUNDLE...]
await command(async () => {
  const names = process.argv.slice(2);
  await step('Building the extension', () => (names.length === 0 ? build() : build(names)));
});
