import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fillFolder } from '../../extension/tooling/install.mjs';
import { isNewEnough } from '../../extension/tooling/node24.mjs';
import { freePort, mustRun } from '../../extension/tooling/processes.mjs';
import { Problem } from '../../extension/tooling/report.mjs';
import { runStages, summary } from '../../extension/tooling/run-stages.mjs';
import { type Counts, chosenStages, forgottenTests, STAGES, type Stage } from '../../extension/tooling/stages.mjs';

test('a Node is new enough from the version that runs TypeScript as it is', () => {
  const versions = ['18.20.8', '20.20.2', '22.17.1', '22.18.0', '23.0.0', '24.21.0'];
  assert.deepEqual(versions.map(isNewEnough), [false, false, false, true, true, true]);
});

test('every stage has a name of its own, and every test file a stage', async () => {
  assert.equal(new Set(STAGES.map((stage) => stage.name)).size, STAGES.length);
  assert.deepEqual(await forgottenTests(), []);
});

/** A stage whose run is foreseen, and a note of each run. */
function stage(name: string, runs: string[], counts: () => Counts, needs: readonly string[] = []): Stage {
  const run = async (): Promise<Counts> => {
    runs.push(name);
    return counts();
  };
  return { name, title: name.toUpperCase(), needs, run };
}

test('a stage brings those that it needs, in order', () => {
  const names = (...wanted: string[]): readonly string[] => chosenStages(wanted).map(({ name }) => name);
  assert.deepEqual(
    names(),
    STAGES.map(({ name }) => name),
  );
  assert.deepEqual(names('lint'), ['lint']);
  assert.deepEqual(names('vsix', 'types'), ['types', 'build', 'vsix']);
  assert.throws(() => names('lint', 'speed'), /there is no stage speed; there are types, lint/);
});

test('what needs a stage that failed is not run and fails, and what does not is run', async (t) => {
  t.mock.method(console, 'log', () => {});
  const runs: string[] = [];
  const broken = (): Counts => {
    throw new Problem('panel.js could not be built\nmore of it');
  };
  const outcome = await runStages([
    stage('first', runs, () => ({ passed: 2, failures: ['a', 'b'] })),
    stage('build', runs, broken),
    stage('editor', runs, () => ({ passed: 5, failures: [] }), ['build']),
    stage('after', runs, () => ({ passed: 1, failures: [] }), ['editor']),
    stage('empty', runs, () => ({ passed: 0, failures: [] })),
    stage('last', runs, () => ({ passed: 3, failures: [] })),
  ]);
  assert.deepEqual(runs, ['first', 'build', 'empty', 'last']);
  assert.equal(outcome.passed, 5);
  assert.equal(
    summary(outcome),
    [
      'Failed:',
      '  ✗ FIRST: a',
      '  ✗ FIRST: b',
      '  ✗ BUILD: panel.js could not be built',
      '  ✗ EDITOR: not run, for it needs what failed before: BUILD',
      '  ✗ AFTER: not run, for it needs what failed before: EDITOR',
      '  ✗ EMPTY: no test was run',
      '5 passed, 6 failed',
    ].join('\n'),
  );
  assert.equal(summary({ passed: 7, failures: [] }), '7 passed, 0 failed');
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
  const long = "for (let k = 1; k <= 100; k++) console.error('line', k); process.exit(1)";
  await assert.rejects(
    mustRun(process.execPath, ['-e', long], { quiet: true }),
    /line 1\n.*line 15\n\.{3}\nline 86\n.*line 100$/s,
  );
});

test('a free port is one that nothing listens on', async () => {
  const port = await freePort();
  assert.ok(port > 0 && port < 65536);
});
