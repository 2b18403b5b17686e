import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { build, buildSuites } from '../build.mjs';
import { command } from '../command.mjs';
import { PICTURES, runEditorTests } from '../editor-tests.mjs';
import { ROOT } from '../paths.mjs';
import { Problem, step } from '../report.mjs';

const NAMES = ['finding', 'fixes', 'run'].flatMap((name) => [`${name}-light.png`, `${name}-dark.png`]);

// npm run pictures: takes the README's pictures of the running extension anew.
await command(async () => {
  await step('Building the extension', async () => {
    await build();
    await buildSuites();
  });
  const { failures } = await step('Taking the pictures', () => runEditorTests({ suite: 'pictures', extension: ROOT }));
  if (failures.length > 0) throw new Problem('not all pictures could be taken; the old ones are left');
  const folder = join(ROOT, 'media', 'readme');
  await mkdir(folder, { recursive: true });
  for (const name of NAMES) await copyFile(join(PICTURES, name), join(folder, name));
});
