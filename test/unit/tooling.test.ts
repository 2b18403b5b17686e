import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fillFolder } from '../../extension/tooling/install.mjs';
import { isNewEnough } from '../../extension/tooling/node24.mjs';
import { freePort, mustRun } from '../../extension/tooling/processes.mjs';
import { forgottenTests, STAGES } from '../../extension/tooling/stages.mjs';

test('a Node is new enough from the version that runs TypeScript as it is', () => {
  const versions = ['18.20.8', '20.20.2', '22.17.1', '22.18.0', '23.0.0', '24.21.0'];
  assert.deepEqual(versions.map(isNewEnough), [false, false, false, true, true, true]);
});

test('every stage has a name of its own, and every test file a stage', async () => {
  assert.equal(new Set(STAGES.map((stage) => stage.name)).size, STAGES.length);
  assert.deepEqual(await forgottenTests(), []);
});

test('a folder is filled in one piece or not at all', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'jl-'));
  try {
    const folder = join(parent, 'tool');
    // What an interrupted process left: no process has this number.
    await mkdir(join(parent, '.tool-99999999'));
    const failing = fillFolder(folder, async () => {
      throw new Error('no network');
    });
    await assert.rejects(failing, /no network/);
    assert.deepEqual(await readdir(parent), []);
    await fillFolder(folder, async (temporary) => {
      await writeFile(join(temporary, 'file'), '');
      return temporary;
    });
    assert.deepEqual(await readdir(parent, { recursive: true }), ['tool', join('tool', 'file')]);
  } finally {
    await rm(parent, { recursive: true });
  }
});

test('a command that fails says what it was and how it ended', async () => {
  const script = "console.error('because'); process.exit(3)";
  await assert.rejects(mustRun(process.execPath, ['-e', script], { quiet: true }), /ended with code 3:\nbecause/);
  await assert.rejects(mustRun('no-such-command', []), /no-such-command could not be started/);
});

test('a free port is one that nothing listens on', async () => {
  const port = await freePort();
  assert.ok(port > 0 && port < 65536);
});
