import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { DidChangeWatchedFilesNotification, FileChangeType, type FileEvent } from 'vscode-languageserver/node';
import { findFiles } from '../../language-server/server/files.ts';
import { Client } from './client.ts';

/** The server as people have it, with what no one who makes an editor foresees. */
const PROGRAM = 'language-server/server/main.ts';

const LIBRARY = 'import torch\n\ndef net(x):\n    return torch.nn.Linear(5, 10)(x)\n';
const USER =
  'import torch\nfrom torch.autograd.functional import jacobian\nfrom library import net\n\nj = jacobian(net, torch.ones(3, 5))\n';
/** The same by itself. */
const ALONE = USER.replace('from library import net', 'net = torch.nn.Linear(5, 10)');
const TOP = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

describe('a server that much is asked of', () => {
  let client: Client;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'jl-hard-'));
    client = new Client({ program: PROGRAM, folder });
    await client.initialized;
  });
  after(async () => {
    assert.equal(await client.stop(), 0);
    rmSync(folder, { recursive: true, force: true });
  });

  function write(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return pathToFileURL(path).href;
  }

  /** Opens a text that is in no file, and waits for the rules that are broken in it. */
  async function rulesIn(name: string, text: string): Promise<readonly unknown[]> {
    const uri = pathToFileURL(join(folder, name)).href;
    await client.open(uri, text);
    const { diagnostics } = await client.diagnostics(uri);
    await client.close(uri);
    return diagnostics.map(({ code }) => code);
  }

  /** Nothing that went wrong is in the log. */
  function assertCalm(): void {
    assert.deepEqual(
      client.log.filter((line) => /failed|unforeseen/.test(line)),
      [],
    );
  }

  test('of a storm of edits in several files only the last state is looked at, and questions are answered in it', async () => {
    const uris = ['storm0.py', 'storm1.py', 'storm2.py'].map((name) => write(name, ALONE));
    for (const uri of uris) await client.open(uri, ALONE);
    for (const uri of uris) await client.diagnostics(uri);
    const before = uris.map((uri) => client.publications(uri));
    const asked: Promise<string | null>[] = [];
    for (let version = 2; version <= 101; version++) {
      for (const uri of uris) await client.change(uri, version, { range: TOP, text: '\n' });
      if (version === 50) asked.push(...uris.map((uri) => client.hover(uri, 4 + 49, 4)));
    }
    for (const hover of await Promise.all(asked)) assert.match(hover ?? '', /jacobian/);
    for (const [k, uri] of uris.entries()) {
      const { version, diagnostics } = await client.diagnostics(uri, 101);
      assert.equal(version, 101);
      assert.deepEqual(diagnostics.map(({ range }) => range.start.line).at(0), 104);
      assert.ok(client.publications(uri) - (before[k] ?? 0) < 50, 'most states were never looked at');
    }
    assertCalm();
  });

  test('a file that is opened, saved or closed as it is on the disk changes nothing for those that import it', async () => {
    const library = write('library.py', LIBRARY);
    const user = write('user.py', USER);
    const other = write('other.py', USER);
    for (const uri of [user, other]) await client.open(uri, USER);
    for (const uri of [user, other]) await client.diagnostics(uri);
    await client.open(library, LIBRARY);
    await client.diagnostics(library);
    const saved: FileEvent[] = [{ uri: library, type: FileChangeType.Changed }];
    await client.connection.sendNotification(DidChangeWatchedFilesNotification.type, { changes: saved });
    await client.close(library);
    // Longer than others are let wait.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.deepEqual([client.publications(user), client.publications(other)], [1, 1]);
    assert.equal(client.last(user)?.diagnostics[0]?.code, 'full-batch-jacobian');
    // One that mixes the samples is another matter: it is told anew.
    await client.open(library, LIBRARY.replace('(x)\n', '(x - x.mean(0))\n'));
    for (const uri of [user, other])
      await client.until(
        () => client.last(uri),
        ({ diagnostics }) => diagnostics.length === 0,
      );
    await client.close(library);
    for (const uri of [user, other])
      await client.until(
        () => client.last(uri),
        ({ diagnostics }) => diagnostics.length === 1,
      );
    assertCalm();
  });

  test('a file that becomes a folder while it is open is still edited, and what imports it takes it as it is open', async () => {
    const library = write('library.py', LIBRARY);
    const user = write('user.py', USER);
    await client.open(library, LIBRARY);
    rmSync(join(folder, 'library.py'));
    mkdirSync(join(folder, 'library.py'));
    const changes: FileEvent[] = [{ uri: library, type: FileChangeType.Deleted }];
    await client.connection.sendNotification(DidChangeWatchedFilesNotification.type, { changes });
    await client.open(user, USER, 7);
    assert.equal((await client.diagnostics(user, 7)).diagnostics.length, 1);
    await client.change(library, 2, { text: LIBRARY.replace('(x)\n', '(x - x.mean(0))\n') });
    await client.until(
      () => client.last(user),
      ({ diagnostics }) => diagnostics.length === 0,
    );
    await client.close(library);
    rmSync(join(folder, 'library.py'), { recursive: true });
    assertCalm();
  });

  test('names of files may hold what addresses and searches take for something else', async () => {
    const names = [
      'a b.py',
      '100%.py',
      '#1?.py',
      "it's [x].py",
      'näme \u{1f600}.py',
      'line\nbreak.py',
      '%41.py',
      '$&.py',
    ];
    for (const name of names) {
      const uri = write(name, ALONE);
      await client.open(uri, ALONE);
      const { diagnostics } = await client.diagnostics(uri);
      assert.deepEqual(
        diagnostics.map(({ code }) => code),
        ['full-batch-jacobian'],
        name,
      );
    }
    assertCalm();
  });

  test('line ends of all kinds, halves of characters and NUL', async () => {
    const texts = [
      ALONE.replaceAll('\n', '\r\n'),
      ALONE.replaceAll('\n', '\r'),
      ALONE.replaceAll('\n', (_, at: number) => (at % 2 === 0 ? '\r\n' : '\n')),
      `# \ud800 \udfff\ns = "\udc00\ud83d"\n${ALONE}`,
      `s = "a\0b"\n${ALONE}`,
      `\ufeff${ALONE}`,
    ];
    for (const [k, text] of texts.entries())
      assert.deepEqual(await rulesIn(`ends${k}.py`, text), ['full-batch-jacobian'], JSON.stringify(text));
    assertCalm();
  });

  test('what nests or goes on without end is left, or said not to be looked at; the server goes on', async () => {
    const nested: Readonly<Record<string, string>> = {
      parentheses: `x = ${'('.repeat(10_000)}1${')'.repeat(10_000)}\n`,
      'parentheses that stay open': `x = ${'('.repeat(10_000)}\n`,
      lists: `x = ${'['.repeat(3000)}${']'.repeat(3000)}\n`,
      lambdas: `x = ${'lambda a: '.repeat(3000)}1\n`,
      attributes: `x = torch${'.a'.repeat(3000)}\n`,
      calls: `x = torch.ones(3)${'.sin()'.repeat(3000)}\n`,
      'a sum': `x = 1${' + 1'.repeat(5000)}\n`,
      'a choice in a choice': `x = ${'1 if a else '.repeat(3000)}1\n`,
      'blocks in blocks': `${Array.from({ length: 600 }, (_, k) => `${' '.repeat(k)}if a:\n`).join('')}${' '.repeat(600)}pass\n`,
      'blocks after blocks': `if a:\n    pass\n${'elif a:\n    pass\n'.repeat(3000)}`,
    };
    for (const [what, text] of Object.entries(nested)) {
      const rules = await rulesIn(`${what}.py`, `${text}${ALONE}`);
      const isLeft = client.log.some((line) => line.includes(`${what}.py: not analysed to its end`));
      assert.deepEqual(rules, isLeft ? [] : ['full-batch-jacobian'], what);
    }
    assertCalm();
  });
});

test('of a folder of very many folders the first so many are searched', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'jl-many-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (let k = 0; k < 9; k++) {
    mkdirSync(join(folder, `${k}`, 'inner'), { recursive: true });
    writeFileSync(join(folder, `${k}`, 'inner', 'a.py'), '');
  }
  const found = (most?: number): readonly string[] =>
    [...findFiles([folder], most)].map(({ path }) => relative(folder, path));
  assert.equal(found().length, 9);
  assert.deepEqual(found(6), [join('0', 'inner', 'a.py'), join('1', 'inner', 'a.py')]);
});

test('a folder of links in circles, pipes, devices, what may not be read, and very many files', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'jl-folder-'));
  t.after(() => {
    chmodSync(join(folder, 'closed'), 0o700);
    rmSync(folder, { recursive: true, force: true });
  });
  writeFileSync(join(folder, 'pyproject.toml'), '');
  writeFileSync(join(folder, 'library.py'), LIBRARY);
  mkdirSync(join(folder, 'package', 'inner'), { recursive: true });
  symlinkSync(folder, join(folder, 'package', 'inner', 'up'));
  symlinkSync(join(folder, 'self.py'), join(folder, 'self.py'));
  symlinkSync('/dev/zero', join(folder, 'zero.py'));
  symlinkSync('/dev/stdin', join(folder, 'package', 'stdin.py'));
  execFileSync('mkfifo', [join(folder, 'pipe.py')]);
  mkdirSync(join(folder, 'closed'));
  writeFileSync(join(folder, 'closed', 'a.py'), LIBRARY);
  chmodSync(join(folder, 'closed'), 0o000);
  for (let k = 0; k < 30; k++) {
    mkdirSync(join(folder, 'data', `${k}`), { recursive: true });
    for (let each = 0; each < 100; each++) writeFileSync(join(folder, 'data', `${k}`, `${each}.txt`), '');
  }
  const text = USER.replace(
    'net\n',
    'net\nfrom pipe import a\nfrom zero import b\nfrom self import c\nimport package.inner.up.library\n',
  );
  writeFileSync(join(folder, 'user.py'), text);
  const client = new Client({ program: PROGRAM, folder });
  try {
    await client.initialized;
    const uri = pathToFileURL(join(folder, 'user.py')).href;
    await client.open(uri, text);
    const { diagnostics } = await client.diagnostics(uri);
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      ['full-batch-jacobian'],
    );
    assert.equal(await client.stop(), 0);
  } finally {
    client.kill();
  }
});
