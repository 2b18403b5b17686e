import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, before, beforeEach, describe, test } from 'node:test';
import { run } from '../../language-server/cli/run.ts';
import type { Analyser } from '../../language-server/rules/analyse.ts';
import { standIn } from './stand-in.ts';

let analyser: Analyser;
let folder: string;

before(async () => {
  analyser = await standIn();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jl-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function jacobianLens(...args: readonly string[]): Promise<Outcome> {
  let out = '';
  let err = '';
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    progress: () => {},
  };
  const status = await run(args, terminal, '1.2.3', async () => analyser);
  return { status, out, err };
}

function file(name: string, content: string | Uint8Array = 'a = full(x)\n'): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

describe('arguments', () => {
  test('--help and --version need nothing else', async () => {
    const help = await jacobianLens('--help');
    assert.equal(help.status, 0);
    assert.match(help.out, /jacobian-lens check .*\n.*\n?.*shapes/);
    assert.deepEqual(await jacobianLens('--version'), { status: 0, out: 'jacobian-lens 1.2.3\n', err: '' });
  });

  for (const [args, message] of [
    [[], /say what to do/],
    [['look', '.'], /there is no command look/],
    [['check'], /check needs a file or a folder/],
    [['check', '--format', 'xml', '.'], /there is no format xml/],
    [['fix', '--format', 'json', '.'], /fix has no --format/],
    [['check', '--suggested', '.'], /check has no --suggested/],
    [['check', '--formal', '.'], /--formal/],
  ] as const) {
    test(`wrong: ${args.join(' ') || 'nothing'}`, async () => {
      const { status, out, err } = await jacobianLens(...args);
      assert.equal(status, 2);
      assert.equal(out, '');
      assert.match(err, message);
      assert.doesNotMatch(err, / at /);
    });
  }
});

describe('check', () => {
  test('rows hold places from 1, the shapes and the edits', async () => {
    const path = file('a.py', '\nab = full(x)\n');
    const { status, out, err } = await jacobianLens('check', '--format', 'json', path);
    assert.equal(status, 1);
    assert.equal(err, '');
    const place = { line: 2, column: 6, endLine: 2 };
    assert.deepEqual(JSON.parse(out), [
      {
        file: path,
        ...place,
        endColumn: 13,
        rule: 'stand-in',
        severity: 'warning',
        certainty: 'proved',
        message: 'full(x) is reported.',
        shape: '(3, 10, 3, 5)',
        wanted: '(3, 10, 5)',
        fixes: [{ title: 'Call part', kind: 'safe', edits: [{ ...place, endColumn: 10, newText: 'part' }] }],
      },
    ]);
  });

  test('text has one line a finding and a summary', async () => {
    const path = file('a.py', 'ab = full(x)\nb = risky(x)\nc = mixed(x)\n');
    const { status, out } = await jacobianLens('check', path);
    assert.equal(status, 1);
    assert.deepEqual(out.split('\n'), [
      `${path}:1:6: warning stand-in [*] full(x) is reported.`,
      `${path}:2:5: information stand-in [*] risky(x) is reported.`,
      `${path}:3:5: warning stand-in mixed(x) is reported.`,
      'Found 3 mistakes in 1 file: 2 warnings, 1 for information. [*] 2 can be mended by `jacobian-lens fix --suggested`.',
      '',
    ]);
  });

  test('information alone is no failure', async () => {
    assert.equal((await jacobianLens('check', file('a.py', 'a = risky(x)\n'))).status, 0);
  });

  test('a fix that cannot be made is not among the fixes', async () => {
    const { out } = await jacobianLens('check', '--format', 'json', file('a.py', 'a = mixed(x)\n'));
    assert.deepEqual(JSON.parse(out)[0].fixes, []);
  });

  test('relative paths stay relative', async () => {
    const path = relative(process.cwd(), file('a.py'));
    const { out } = await jacobianLens('check', '--format', 'json', path);
    assert.equal(JSON.parse(out)[0].file, path);
  });
});

describe('shapes', () => {
  test('rows hold the shape, or why it is not known', async () => {
    const path = file('a.py', 'a = full(x)\nb = unknown(x)\n');
    const { status, out } = await jacobianLens('shapes', '--format', 'json', path);
    assert.equal(status, 0);
    assert.deepEqual(JSON.parse(out), [
      { file: path, line: 1, column: 1, name: 'a', shape: '(3, 10, 3, 5)' },
      { file: path, line: 2, column: 1, name: 'b', shape: null, unknownBecause: 'nobody knows' },
    ]);
    assert.equal(
      (await jacobianLens('shapes', path)).out,
      `${path}:1:1: a (3, 10, 3, 5)\n${path}:2:1: b unknown: nobody knows\n`,
    );
  });
});

describe('files and folders', () => {
  async function found(
    ...args: readonly string[]
  ): Promise<{ readonly files: readonly string[]; readonly err: string; readonly status: number }> {
    const { out, err, status } = await jacobianLens('check', '--format', 'json', ...args);
    const rows: readonly { readonly file: string }[] = JSON.parse(out);
    return { files: rows.map((row) => relative(folder, row.file)), err, status };
  }

  test('folders are searched in order, what is no source is left out', async () => {
    for (const name of [
      'b/c.py',
      'b/a.py',
      'a.py',
      'a.txt',
      '.git/a.py',
      'node_modules/a.py',
      '__pycache__/a.py',
      'env/pyvenv.cfg',
      'env/a.py',
    ])
      file(name);
    assert.deepEqual((await found(folder)).files, ['a.py', 'b/a.py', 'b/c.py']);
    assert.deepEqual((await found(join(folder, '.git'))).files, ['.git/a.py'], 'a folder that is named is searched');
    assert.deepEqual((await found(join(folder, 'a.txt'))).files, ['a.txt'], 'a file that is named is read');
  });

  test('each file is read once', async () => {
    const path = file('b/a.py');
    assert.deepEqual((await found(folder, folder, join(folder, 'b'), path)).files, ['b/a.py']);
    symlinkSync(path, join(folder, 'c.py'));
    assert.deepEqual((await found(folder)).files, ['b/a.py']);
  });

  test('symbolic links may go in circles and lead nowhere', async () => {
    file('b/a.py');
    symlinkSync(folder, join(folder, 'b', 'up'));
    symlinkSync('loop', join(folder, 'loop'));
    assert.deepEqual(await found(folder), { files: ['b/a.py'], err: '', status: 1 });
    symlinkSync('loop.py', join(folder, 'loop.py'));
    symlinkSync('nowhere.py', join(folder, 'lost.py'));
    const { files, err, status } = await found(folder);
    assert.deepEqual({ files, status }, { files: ['b/a.py'], status: 2 });
    assert.match(err, /loop\.py: its symbolic links go in a circle\n/);
    assert.match(err, /lost\.py: there is no such file or folder\n/);
  });

  test('an empty folder and a missing path are said', async () => {
    const empty = await found(folder);
    assert.equal(empty.status, 0);
    assert.match(empty.err, /No Python file was read/);
    const missing = await found(join(folder, 'nothing.py'));
    assert.equal(missing.status, 2);
    assert.match(missing.err, /nothing\.py: there is no such file or folder\n/);
  });

  test('what can be read is checked although something cannot', async () => {
    const path = file('a.py');
    assert.deepEqual((await found(join(folder, 'nothing.py'), path)).files, ['a.py']);
  });

  for (const [what, content, message] of [
    [
      'bytes that are no UTF-8',
      Uint8Array.from([0x61, 0x3d, 0x27, 0xe9, 0x27, 0x0a]),
      /this file is not UTF-8: byte 0xe9 in line 1/,
    ],
    ['5 MB', 'a = full(x)\n'.repeat(420_000), /not analysed: 5\.0 MB is more than the limit of 2\.0 MB/],
  ] as const) {
    test(`${what}: a message, nothing read, nothing written`, async () => {
      const path = file('a.py', content);
      const { files, err, status } = await found(path);
      assert.deepEqual({ files, status }, { files: [], status: 2 });
      assert.match(err, message);
      const before = readFileSync(path);
      assert.equal((await jacobianLens('fix', path)).status, 2);
      assert.deepEqual(readFileSync(path), before);
    });
  }

  test('a file that is too large does not fail the check of a folder', async () => {
    file('large.py', ' '.repeat(2_000_001));
    file('a.py', 'a = 1\n');
    const { err, status } = await found(folder);
    assert.equal(status, 0);
    assert.match(err, /large\.py: not analysed/);
  });

  test('an empty file is checked', async () => {
    const { status, out, err } = await jacobianLens('check', file('a.py', ''));
    assert.deepEqual({ status, out, err }, { status: 0, out: 'Nothing found in 1 file.\n', err: '' });
  });

  test('a syntax error is said, and the rest is checked', async () => {
    const { status, out, err } = await jacobianLens('check', file('a.py', 'b = (\na = full(x)\n'));
    assert.equal(status, 1);
    assert.match(out, /full\(x\) is reported/);
    assert.match(err, /a\.py:1:\d+: syntax error: /);
  });

  test('a file without permission is said', { skip: process.getuid?.() === 0 }, async () => {
    const path = file('a.py');
    chmodSync(path, 0);
    const { err, status } = await found(path);
    assert.equal(status, 2);
    assert.match(err, /no permission/);
  });
});

describe('fix', () => {
  test('safe fixes are taken, suggested ones only if asked', async () => {
    const path = file('a.py', 'a = full(x)\nb = risky(x)\n');
    assert.deepEqual(await jacobianLens('fix', path), {
      status: 0,
      out: `${path}:1:5: stand-in: Call part\nTook 1 fix in 1 file. 1 finding left (fixes that change what is computed are taken only with --suggested).\n`,
      err: '',
    });
    assert.equal(readFileSync(path, 'utf8'), 'a = part(x)\nb = risky(x)\n');
    assert.match(
      (await jacobianLens('fix', '--suggested', path)).out,
      /:2:5: stand-in: Call sure\nTook 1 fix in 1 file\.\n$/,
    );
    assert.equal(readFileSync(path, 'utf8'), 'a = part(x)\nb = sure(x)\n');
    assert.equal((await jacobianLens('fix', '--suggested', path)).out, 'Nothing was changed.\n');
  });

  test('what a fix brings on is fixed too; fixes that undo each other come to an end', async () => {
    const path = file('a.py', 'a = outer(x)\nb = ping(x)\n');
    await jacobianLens('fix', path);
    assert.match(readFileSync(path, 'utf8'), /^a = part\(x\)\nb = p[io]ng\(x\)\n$/);
  });

  test('line ends, mark, encoding, mode and links stay', async () => {
    const text = '# -*- coding: latin-1 -*-\r\né = "é"\r\na = full(x)\r\n';
    const path = file('a.py', Buffer.from(text, 'latin1'));
    chmodSync(path, 0o751);
    const link = join(folder, 'link.py');
    symlinkSync('a.py', link);
    await jacobianLens('fix', link);
    assert.deepEqual(readFileSync(path), Buffer.from(text.replace('full', 'part'), 'latin1'));
    assert.equal(statSync(path).mode & 0o777, 0o751);
    assert.deepEqual(
      readdirSync(folder, { withFileTypes: true }).map((entry) => entry.isSymbolicLink()),
      [false, true],
    );
    const marked = file('b.py', '\ufeffa = full(x)');
    await jacobianLens('fix', marked);
    assert.equal(readFileSync(marked, 'utf8'), '\ufeffa = part(x)');
  });

  test('a file with a syntax error is left as it is', async () => {
    const path = file('a.py', 'b = (\na = full(x)\n');
    const { status, err } = await jacobianLens('fix', path);
    assert.equal(status, 2);
    assert.match(err, /not mended, for it has a syntax error/);
    assert.equal(readFileSync(path, 'utf8'), 'b = (\na = full(x)\n');
  });

  test('a file that changes meanwhile is left as it is', async () => {
    const path = file('a.py');
    const honest = analyser;
    analyser = {
      analyse: (...args) => {
        writeFileSync(path, 'somebody else was here\n');
        return honest.analyse(...args);
      },
    };
    const { status, err } = await jacobianLens('fix', path).finally(() => {
      analyser = honest;
    });
    assert.equal(status, 2);
    assert.match(err, /not written: it was changed by something else/);
    assert.equal(readFileSync(path, 'utf8'), 'somebody else was here\n');
    assert.deepEqual(readdirSync(folder), ['a.py']);
  });

  test('a file that vanishes meanwhile is said', async () => {
    const path = file('a.py');
    const honest = analyser;
    analyser = {
      analyse: (...args) => {
        rmSync(path, { force: true });
        return honest.analyse(...args);
      },
    };
    const { status, err } = await jacobianLens('fix', path).finally(() => {
      analyser = honest;
    });
    assert.equal(status, 2);
    assert.match(err, /not written: there is no such file/);
    assert.deepEqual(readdirSync(folder), []);
  });
});

describe('notebooks', () => {
  /** A notebook with one cell of text and the given cells of code. */
  function notebook(...cells: readonly (string | readonly string[])[]): string {
    const code = cells.map((source, k) => ({ cell_type: 'code', execution_count: 1.5e3, outputs: [{ k }], source }));
    const all = [{ cell_type: 'markdown', source: ['# full(x)'] }, ...code];
    return `${JSON.stringify({ cells: all, metadata: {}, nbformat: 4 }, null, 1)}\n`;
  }

  test('findings stand in their cells, of which all are counted', async () => {
    const path = file('a.ipynb', notebook(['%cd ..\n', 'a = full(x)'], 'b = (\n', '%%bash\nb = full(x)'));
    const { status, out, err } = await jacobianLens('check', path);
    assert.equal(status, 1);
    assert.match(out, /a\.ipynb:cell 2:2:5: warning stand-in/);
    assert.match(out, /Found 1 mistake in 1 file/);
    assert.match(err, /a\.ipynb:cell 3:1:5: syntax error/);
    const [row] = JSON.parse((await jacobianLens('check', '--format', 'json', path)).out);
    assert.deepEqual([row.cell, row.line, row.fixes[0].edits[0].cell], [2, 2, 2]);
    assert.match((await jacobianLens('shapes', path)).out, /a\.ipynb:cell 2:2:1: a /);
  });

  test('fixes change the lines of their cells, and nothing else of the file', async () => {
    const text = notebook(['%cd ..\n', 'a = full(x)\n', 'é = 1'], 'b = full(x)', '!ls').replaceAll('1500', '1.50e3');
    const path = file('a.ipynb', text);
    assert.match(
      (await jacobianLens('fix', path)).out,
      /cell 2:2:5: .*\n.*cell 3:1:5: .*\nTook 2 fixes in 1 file\.\n$/,
    );
    const after = readFileSync(path, 'utf8');
    assert.equal(
      after.replace('"source": [\n    "b = part(x)"\n   ]', '"source": "b = full(x)"').replace('part', 'full'),
      text,
    );
  });

  test('those in folders are found, and what is no notebook fails no folder', async () => {
    file('a.ipynb', notebook('a = full(x)'));
    file('old.ipynb', '{"worksheets": []}');
    file('.ipynb_checkpoints/a.ipynb', notebook('a = full(x)'));
    const { status, out, err } = await jacobianLens('check', folder);
    assert.equal(status, 1);
    assert.match(out, /in 1 file: 1 warning/);
    assert.match(err, /old\.ipynb: this is no notebook of format 4/);
    assert.equal((await jacobianLens('check', join(folder, 'old.ipynb'))).status, 2);
  });

  test('one with more than 2 MB of output is checked', async () => {
    const large = notebook('a = full(x)').replace('"k": 0', `"k": "${'='.repeat(3_000_000)}"`);
    assert.equal((await jacobianLens('check', file('a.ipynb', large))).status, 1);
  });
});
