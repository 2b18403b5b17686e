import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  type CodeAction,
  CodeActionTriggerKind,
  DiagnosticSeverity,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  type Range,
} from 'vscode-languageserver/node';
import { applied, Client, EVERYWHERE } from './client.ts';

const PROGRAM = 'test/server/stand-in-server.ts';

/** The range of the first `part` in a text of lines. */
function rangeOf(text: string, part: string): Range {
  const before = text.slice(0, text.indexOf(part)).split('\n');
  const start = { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
  return { start, end: { line: start.line, character: start.character + part.length } };
}

describe('a server over stdio', () => {
  let client: Client;
  let folder: string;
  let settings: unknown = {};
  let opened = 0;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'jl-'));
    client = new Client({ program: PROGRAM, folder, settings: () => settings });
    await client.initialized;
  });
  after(() => {
    client.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  function address(name: string): string {
    return pathToFileURL(join(folder, name)).href;
  }

  /** Opens a text as a new document and waits for its diagnostics. */
  async function open(text: string): Promise<string> {
    opened += 1;
    const uri = address(`${opened}.py`);
    await client.open(uri, text);
    await client.diagnostics(uri);
    return uri;
  }

  test('says what it can', async () => {
    const { capabilities, serverInfo } = await client.initialized;
    assert.deepEqual(serverInfo, { name: 'Jacobian Lens', version: '1.2.3' });
    assert.deepEqual(capabilities.textDocumentSync, { openClose: true, change: 2 });
    assert.deepEqual(capabilities.codeActionProvider, {
      codeActionKinds: [
        'quickfix',
        'refactor.rewrite',
        'source.fixAll.jacobianLens',
        'notebook.source.fixAll.jacobianLens',
      ],
    });
    assert.ok(capabilities.hoverProvider && capabilities.inlayHintProvider && capabilities.codeLensProvider);
  });

  test('diagnostics have the rule, its page and what proves it', async () => {
    const text = 'x = 1\nab = full(x)\n';
    const uri = await open(text);
    const range = rangeOf(text, 'full(x)');
    assert.deepEqual(await client.diagnostics(uri), {
      uri,
      version: 1,
      diagnostics: [
        {
          range,
          severity: DiagnosticSeverity.Warning,
          source: 'jacobian-lens',
          code: 'stand-in',
          codeDescription: { href: 'https://example.org/rules#stand-in' },
          message: 'full(x) is reported.',
          relatedInformation: [
            {
              location: { uri, range: { start: { line: 0, character: 0 }, end: { line: 0, character: 1 } } },
              message: 'the file starts here',
            },
          ],
        },
      ],
    });
  });

  test('edits are applied one by one, and diagnostics are of the version they come with', async () => {
    const uri = await open('a = full(x)\n');
    const insert = (line: number, character: number, text: string) => ({
      range: { start: { line, character }, end: { line, character } },
      text,
    });
    await client.change(uri, 2, insert(0, 0, '# é𝄞\n'), insert(1, 0, 'b'));
    const { diagnostics } = await client.diagnostics(uri, 2);
    assert.deepEqual(
      diagnostics.map(({ range }) => range.start),
      [{ line: 1, character: 5 }],
    );
    await client.change(uri, 3, { text: 'a = 1\n' });
    assert.deepEqual((await client.diagnostics(uri, 3)).diagnostics, []);
  });

  test('edits in a row are looked at once', async () => {
    const uri = await open('');
    const before = client.publications(uri);
    for (let version = 2; version < 52; version += 1)
      await client.change(uri, version, {
        range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
        text: '#',
      });
    await client.diagnostics(uri, 51);
    assert.ok(client.publications(uri) - before <= 10, `${client.publications(uri) - before} publications`);
  });

  describe('code actions', () => {
    const titles = (actions: readonly CodeAction[]) => actions.map(({ title }) => title);

    test('a fix, running, and silence, in this order', async () => {
      const text = 'ab = full(x)\n';
      const uri = await open(text);
      const actions = await client.codeActions(uri, rangeOf(text, 'ull'));
      assert.deepEqual(titles(actions), [
        'Call part',
        'Run this Jacobian',
        'Ignore stand-in on this line',
        'Explain stand-in',
        'Compute it in parts',
      ]);
      const [fix, run, ignore, explain] = actions;
      assert.ok(fix && run && ignore && explain);
      assert.deepEqual(explain.command?.arguments, ['stand-in']);
      assert.equal(fix.isPreferred, true);
      assert.equal(fix.diagnostics?.length, 1);
      assert.equal(applied(text, fix), 'ab = part(x)\n');
      assert.deepEqual(run.command, {
        title: 'Run this Jacobian',
        command: 'jacobianLens.run',
        arguments: [{ uri, range: rangeOf(text, 'full(x)') }],
      });
      assert.equal(applied(text, ignore), 'ab = full(x)  # jacobian-lens: ignore[stand-in]\n');
    });

    test('a fix that cannot be made says why', async () => {
      const text = 'ab = mixed(x)\n';
      const [fix] = await client.codeActions(await open(text), rangeOf(text, 'mixed'));
      assert.deepEqual(fix?.disabled, { reason: 'there is no other' });
      assert.equal(fix?.edit, undefined);
    });

    test('nothing where nothing is', async () => {
      assert.deepEqual(await client.codeActions(await open('a = full(x)\n\n\nb = 1\n'), rangeOf('\n\n\nb', 'b')), []);
    });

    test('all safe fixes at once, only where they are asked for', async () => {
      const text = 'a = outer(x)\nb = risky(x)\nc = full(x)\n';
      const uri = await open(text);
      assert.ok(!titles(await client.codeActions(uri, EVERYWHERE)).includes('Take all safe fixes of Jacobian Lens'));
      for (const kind of ['source.fixAll', 'source.fixAll.jacobianLens', 'source']) {
        const [all, ...more] = await client.codeActions(uri, EVERYWHERE, [kind]);
        assert.ok(all);
        assert.deepEqual(more, []);
        assert.equal(applied(text, all), 'a = part(x)\nb = risky(x)\nc = part(x)\n');
      }
      assert.deepEqual(await client.codeActions(uri, EVERYWHERE, ['source.organizeImports']), []);
    });

    test('other ways to compute it, only where a person asks', async () => {
      const text = 'a = full(x)\n';
      const uri = await open(text);
      const [way, ...more] = await client.codeActions(uri, rangeOf(text, 'full'), ['refactor']);
      assert.ok(way);
      assert.deepEqual(more, []);
      assert.equal(applied(text, way), 'a = part(x)\n');
      const unasked = await client.codeActions(uri, EVERYWHERE, undefined, CodeActionTriggerKind.Automatic);
      assert.ok(!titles(unasked).includes('Compute it in parts'));
    });

    for (const [what, text, after] of [
      ['a comment is there', 'a = full(x)  # why', 'a = full(x)  # why  # jacobian-lens: ignore[stand-in]'],
      [
        'another rule is ignored',
        'a = full(x)  # jacobian-lens: ignore[b]',
        'a = full(x)  # jacobian-lens: ignore[b, stand-in]',
      ],
      [
        'no rule is ignored',
        'a = full(x)  # jacobian-lens: ignore[]',
        'a = full(x)  # jacobian-lens: ignore[stand-in]',
      ],
      ['white space is at the end', 'a = full(x)  \n', 'a = full(x)  # jacobian-lens: ignore[stand-in]  \n'],
      ['the line goes on', 'a = full(x) + \\\n  1', null],
      ['a string goes on', 'a = full(x) + """b\n"""', null],
      ['a string is over', 'a = full(x) + """b"""', 'a = full(x) + """b"""  # jacobian-lens: ignore[stand-in]'],
    ] as const) {
      test(`silence where ${what}`, async () => {
        const actions = await client.codeActions(await open(text), rangeOf(text, 'full'));
        const ignore = actions.find(({ title }) => title.startsWith('Ignore'));
        assert.equal(ignore === undefined ? null : applied(text, ignore), after);
      });
    }
  });

  describe('hover', () => {
    const text = [
      'a = full(x)', // 0
      'b = unknown(x)', // 1
      'print(a, b)', // 2
      'def f(a):', // 3
      '    c = full(x)', // 4
      '    print(a, c, b)', // 5
      'print([a for a in z], a)', // 6
      'b = full(x)', // 7
    ].join('\n');

    for (const [line, character, expected] of [
      [0, 0, '`a`: `(3, 10, 3, 5)` float32'],
      [0, 5, '**full** gives `(3, 10, 3, 5)`'],
      [1, 1, '`b`: the shape is not known: nobody knows'],
      [2, 6, '`a`: `(3, 10, 3, 5)` float32'],
      [
        2,
        9,
        '- `b`: the shape is not known: nobody knows, assigned in line 2\n- `b`: `(3, 10, 3, 5)` float32, assigned in line 8',
      ],
      [5, 10, null],
      [5, 13, '`c`: `(3, 10, 3, 5)` float32'],
      [6, 7, null],
      [6, 13, null],
      [6, 22, '`a`: `(3, 10, 3, 5)` float32'],
      [2, 0, null],
      [99, 99, null],
    ] as const) {
      test(`at ${line}:${character}`, async () => {
        assert.equal(await client.hover(await open(text), line, character), expected);
      });
    }
  });

  test('inlay hints follow the setting', async () => {
    const uri = await open('ab = full(x)\nb = mixed(x)\nc = unknown(x)\n');
    assert.deepEqual(await client.inlayHints(uri), ['0:2 (3, 10, 3, 5)']);
    const change = async (value: unknown) => {
      settings = value;
      await client.connection.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
    };
    await change({ inlayHints: { shapes: 'all' } });
    assert.deepEqual(await client.inlayHints(uri), ['0:2 (3, 10, 3, 5)', '1:1 (3, 10, 3, 5)']);
    assert.deepEqual(await client.inlayHints(uri, rangeOf('\nb', 'b')), ['1:1 (3, 10, 3, 5)']);
    await change({ inlayHints: { shapes: 'off' } });
    assert.deepEqual(await client.inlayHints(uri), []);
    await change({});
  });

  test('settings of rules are heeded, and malformed ones are told', async () => {
    const uri = await open('a = full(x)\n');
    settings = { rules: { 'full-batch-jacobian': 'off', other: 'off' }, inlayHints: { shapes: 7 }, sizeLimit: '2' };
    await client.connection.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
    await client.until(
      () => client.last(uri),
      ({ diagnostics }) => diagnostics.length === 0,
    );
    assert.ok(client.log.includes('jacobianLens.rules: there is no rule other'), client.log.join('\n'));
    assert.ok(client.log.some((message) => message.startsWith('jacobianLens.inlayHints.shapes is one of')));
    assert.ok(client.log.includes('jacobianLens.sizeLimit is a number of MiB above 0'));
    settings = {};
    await client.connection.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
  });

  test('a lens over each derivative', async () => {
    assert.deepEqual(await client.codeLenses(await open('a = 1\nab = full(x)\nb = mixed(x)\n')), ['1 ▷ Run']);
  });

  test('a program, or why there is none', async () => {
    const text = 'a = full(x)\nb = full(x)\n\n';
    const uri = await open(text);
    const ask = (params: unknown) => client.connection.sendRequest('jacobianLens/program', params);
    assert.deepEqual(await ask({ uri, range: rangeOf(text, 'full') }), { cannot: 'this is a stand-in' });
    const below = { start: { line: 2, character: 0 }, end: { line: 2, character: 0 } };
    assert.deepEqual(await ask({ uri, range: below }), {
      cannot: 'Put the cursor on the derivative call that is to be run.',
    });
    assert.deepEqual(await ask({ uri: await open('a = 1'), range: below }), {
      cannot: 'No derivative is taken in this file.',
    });
    assert.deepEqual(await ask({ uri: address('closed.py'), range: below }), { cannot: 'The file is not open.' });
    for (const wrong of [
      null,
      {},
      { uri },
      { uri, range: 1 },
      { uri, range: { start: { line: 'a' }, end: {} } },
      [uri, below],
    ])
      assert.deepEqual(await ask(wrong), { cannot: 'The request for a program is malformed.' });
  });

  test('documents are looked at again when a file changes that they import', async () => {
    const other = join(folder, 'other.py');
    const notes = () => client.log.filter((message) => message.includes('importer.py'));
    const says = (note: string) => client.until(notes, (all) => all.at(-1)?.endsWith(note) ?? false);
    await client.open(address('importer.py'), 'import other\n');
    await says('not found');
    writeFileSync(other, 'abc');
    const changed = { changes: [{ uri: address('other.py'), type: 1 as const }] };
    await client.connection.sendNotification(DidChangeWatchedFilesNotification.type, changed);
    await says('imported 3 characters');
    await client.open(address('other.py'), 'abcde');
    await says('imported 5 characters');
    await client.close(address('other.py'));
    await says('imported 3 characters');
  });

  describe('bad input', () => {
    test('5 MB', async () => {
      const uri = await open('a = full(x)\n'.repeat(420_000));
      const { diagnostics } = await client.diagnostics(uri);
      assert.deepEqual(
        diagnostics.map(({ message, severity }) => ({ message, severity })),
        [
          {
            message: 'This file is not analysed: 5.0 MB is more than the limit of 2.0 MB.',
            severity: DiagnosticSeverity.Information,
          },
        ],
      );
      assert.deepEqual(await client.codeActions(uri, EVERYWHERE), []);
      assert.equal(await client.hover(uri, 0, 0), null);
      await client.close(uri);
    });

    for (const [what, text] of [
      ['nothing', ''],
      ['a broken line', 'b = (\na = full(x)\n'],
      ['characters that no program has', '\0\ud800\uffff\u2028a = full(x)\r\r\n'],
    ] as const) {
      test(what, async () => {
        const uri = await open(text);
        assert.equal((await client.diagnostics(uri)).diagnostics.length, text.includes('full') ? 1 : 0);
        await client.inlayHints(uri);
        await client.codeLenses(uri);
        await client.codeActions(uri, EVERYWHERE);
      });
    }

    test('documents that are not open, or not on the disk', async () => {
      assert.equal(await client.hover(address('closed.py'), 0, 0), null);
      for (const uri of [
        'untitled:Untitled-1',
        'file:///%E0%A4%A',
        'vscode-notebook-cell:/a.ipynb#1',
        'file://host/a.py',
      ]) {
        await client.open(uri, 'import other\na = full(x)\n');
        assert.equal((await client.diagnostics(uri)).diagnostics.length, 1, uri);
      }
    });

    test('requests without what they need are refused, and the next is answered', async () => {
      for (const method of ['hover', 'codeAction', 'inlayHint', 'codeLens', 'noSuchMethod']) {
        for (const params of [null, {}, []])
          await assert.rejects(
            client.connection.sendRequest(`textDocument/${method}`, params),
            /failed|Unhandled|parameters/,
            `${method} ${JSON.stringify(params)}`,
          );
      }
      for (const method of ['textDocument/didOpen', 'textDocument/didChange', 'textDocument/didClose', 'no/suchMethod'])
        await client.connection.sendNotification(method, {});
      assert.equal((await client.diagnostics(await open('a = full(x)\n'))).diagnostics.length, 1);
    });

    test('a change of a document that is not open, or back to an earlier version', async () => {
      await client.change(address('closed.py'), 2, { text: 'a' });
      const uri = await open('a = full(x)\n');
      await client.change(uri, 1, { text: 'a = 1\n' });
      await client.change(uri, 3, { text: 'b = full(x)\n' });
      assert.equal((await client.diagnostics(uri, 3)).diagnostics.length, 1);
    });

    test('a message that is no JSON', async () => {
      await client.write('Content-Length: 9\r\n\r\n{"broken"');
      assert.equal((await client.diagnostics(await open('a = full(x)\n'))).diagnostics.length, 1);
    });
  });

  test('closing a document takes its diagnostics away', async () => {
    const uri = await open('a = full(x)\n');
    await client.close(uri);
    const published = await client.until(
      () => client.last(uri),
      ({ diagnostics }) => diagnostics.length === 0,
    );
    assert.equal(published.version, undefined);
  });

  test('shuts down', async () => {
    assert.equal(await client.stop(), 0);
  });
});

describe('the end of a server', () => {
  test('it ends when its input does', async () => {
    const client = new Client({ program: PROGRAM });
    await client.initialized;
    client.process.stdin?.end();
    assert.notEqual(await client.exit, null);
    client.kill();
  });

  test('without settings from the editor it works with the defaults', async () => {
    const client = new Client({ program: PROGRAM, settings: () => new Promise(() => {}) });
    await client.initialized;
    await client.open('untitled:1', 'a = full(x)\n');
    assert.equal((await client.diagnostics('untitled:1')).diagnostics.length, 1);
    client.kill();
  });
});
