import { build } from '../build.mjs';
import { command } from '../command.mjs';
import { packageExtension } from '../package.mjs';
import { step } from '../report.mjs';

// npm run package
await command(async () => {
  await step('Building the extension', () => build());
  const file = await step('Packaging it', packageExtension);
  console.log(`The packaged extension is ${file}.`);
});
