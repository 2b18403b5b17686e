import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { NotebookCellKind, type Range } from 'vscode-languageserver/node';
import { decodeProgram } from '../../language-server/graph/program.ts';
import { applied, Client, cellAddress, EVERYWHERE } from './client.ts';

const IMPORTS = `%matplotlib inline
import torch
from torch import nn
from torch.autograd.functional import jacobian`;
const NET = `!nvidia-smi
net = nn.Sequential(nn.Linear(5, 2), nn.Sigmoid(), nn.Linear(2, 10))
x = torch.randn(3, 5)`;
const CALL = '%%time\nJ = jacobian(net, x)';
const USE = 'J.shape';

/** The first occurrence of `part` in a cell. */
function rangeOf(text: string, part: string): Range {
  const before = text.slice(0, text.indexOf(part)).split('\n');
  const start = { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
  return { start, end: { line: start.line, character: start.character + part.length } };
}

describe('a notebook', () => {
  let client: Client;
  let folder: string;
  let made = 0;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'jl-'));
    client = new Client({ program: 'language-server/server/main.ts', folder });
    await client.initialized;
  });
  after(() => {
    client.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens a notebook and waits for the diagnostics of its cells. */
  async function open(
    ...texts: readonly string[]
  ): Promise<{ readonly uri: string; readonly cells: readonly string[] }> {
    made += 1;
    const uri = pathToFileURL(join(folder, `${made}.ipynb`)).href;
    const cells = await client.openNotebook(uri, texts);
    for (const cell of cells) await client.diagnostics(cell);
    return { uri, cells };
  }

  async function rules(cell: string): Promise<readonly unknown[]> {
    return (await client.diagnostics(cell)).diagnostics.map(({ code }) => code);
  }

  test('is one program: what is found stands in its cell, what proves it in another', async () => {
    const { cells } = await open(IMPORTS, NET, CALL, USE);
    const [imports = '', net = '', call = '', use = ''] = cells;
    for (const quiet of [imports, net, use]) assert.deepEqual(await rules(quiet), []);
    const { diagnostics } = await client.diagnostics(call);
    assert.deepEqual(
      diagnostics.map(({ code, range }) => ({ code, range })),
      [{ code: 'full-batch-jacobian', range: rangeOf(CALL, 'jacobian(net, x)') }],
    );
    const [related] = diagnostics[0]?.relatedInformation ?? [];
    assert.deepEqual(related?.location, { uri: net, range: rangeOf(NET, 'nn.Linear(5, 2)') });
  });

  test('has shapes, lenses and hovers in each cell', async () => {
    const { cells } = await open(IMPORTS, NET, CALL, USE);
    const [imports = '', net = '', call = '', use = ''] = cells;
    assert.deepEqual(await client.inlayHints(imports), []);
    assert.deepEqual(await client.inlayHints(call), ['1:1 (3, 10, 3, 5)']);
    assert.deepEqual(await client.codeLenses(net), []);
    assert.deepEqual(await client.codeLenses(call), ['1 ▷ Run']);
    assert.match((await client.hover(net, 2, 0)) ?? '', /`x`: `\(3, 5\)`/);
    assert.match((await client.hover(use, 0, 0)) ?? '', /`J`: `\(3, 10, 3, 5\)`/);
    const program = await client.connection.sendRequest<{ readonly program: string }>('jacobianLens/program', {
      uri: call,
      range: rangeOf(CALL, 'jacobian(net, x)'),
    });
    const { source, graph } = decodeProgram(program.program);
    assert.deepEqual([source.file, source.line, source.place], [call, 2, `${made}.ipynb, line 2 of cell 3`]);
    const places = graph.nodes.map(({ origin }) => origin).filter(({ file }) => file === net);
    assert.ok(places.some(({ start, end }) => NET.slice(start, end) === 'nn.Linear(5, 2)'));
  });

  test('is mended in its cells', async () => {
    const { uri, cells } = await open(IMPORTS, NET, CALL);
    const [imports = '', , call = ''] = cells;
    const actions = await client.codeActions(call, rangeOf(CALL, 'jacobian'));
    const sum = actions.find(({ title }) => title.startsWith('Sum over the batch'));
    assert.ok(sum);
    assert.equal(applied(CALL, sum, call), '%%time\nJ = jacobian(lambda x: net(x).sum(0), x).movedim(1, 0)');
    const silence = actions.find(({ title }) => title.startsWith('Ignore'));
    assert.ok(silence);
    assert.equal(applied(CALL, silence, call), `${CALL}  # jacobian-lens: ignore[full-batch-jacobian]`);
    assert.deepEqual(await client.codeActions(imports, EVERYWHERE), []);
    await client.changeNotebook(uri, {
      textContent: [{ document: { uri: call, version: 2 }, changes: [{ text: applied(CALL, sum, call) }] }],
    });
    assert.deepEqual((await client.diagnostics(call, 2)).diagnostics, []);
    assert.deepEqual(await client.inlayHints(call), ['1:1 (3, 10, 5)']);
  });

  test('an import that a fix needs goes to the cell of imports, the fix to its own', async () => {
    const imports = 'from torch import nn, randn, stack\nfrom torch.func import jacrev';
    const loop = 'net = nn.Linear(5, 2)\nJ = stack([jacrev(net)(row) for row in randn(3, 5)])';
    const { cells } = await open(imports, loop);
    const [first = '', second = ''] = cells;
    const [fix] = await client.codeActions(second, rangeOf(loop, 'jacrev'));
    assert.ok(fix);
    assert.equal(applied(imports, fix, first), imports.replace('jacrev', 'jacrev, vmap'));
    assert.match(applied(loop, fix, second), /\nJ = vmap\(jacrev\(net\)\)\(randn\(3, 5\)\)$/);
  });

  test('an import goes to where the library is imported first, not behind later ones', async () => {
    const imports = 'import math\nfrom torch import nn, randn\nx = randn(3, 5)';
    const call = 'from torch.autograd.functional import jacobian\nJ = jacobian(nn.Linear(5, 2), x)';
    const { cells } = await open(imports, call, 'from torch import optim\nimport os');
    const actions = await client.codeActions(cells[1] ?? '', rangeOf(call, 'jacobian(nn'));
    const map = actions.find(({ title }) => title.startsWith('Map over samples'));
    assert.ok(map);
    assert.match(
      applied(imports, map, cells[0]),
      /^import math\nfrom torch import nn, randn\nfrom torch\.func import .*\nx = /,
    );
  });

  test('all safe fixes are taken at once, each in its cell', async () => {
    const head = 'import torch\nfrom torch import nn\nnet = nn.Linear(5, 2)\nx = torch.randn(3, 5)\n%cd ..';
    const loop = 'J = torch.stack([torch.func.jacrev(net)(row) for row in x])';
    const { cells } = await open(head, loop, `!ls\n${loop}`);
    const [first = '', second = '', third = ''] = cells;
    for (const only of ['source.fixAll', 'notebook.source.fixAll']) {
      const [all] = await client.codeActions(first, EVERYWHERE, [only]);
      assert.equal(all?.kind, `${only}.jacobianLens`);
      assert.ok(all);
      assert.equal(applied(head, all, first), head);
      assert.equal(applied(loop, all, second), 'J = torch.func.vmap(torch.func.jacrev(net))(x)');
      assert.equal(applied(`!ls\n${loop}`, all, third), '!ls\nJ = torch.func.vmap(torch.func.jacrev(net))(x)');
    }
  });

  test('cells that come, go and change places change what the others mean', async () => {
    const { uri, cells } = await open(IMPORTS, CALL, NET);
    const [, call = '', net = ''] = cells;
    assert.deepEqual(await rules(call), []);
    const cell = (document: string) => ({ kind: NotebookCellKind.Code, document });
    await client.changeNotebook(uri, {
      structure: { array: { start: 1, deleteCount: 2, cells: [cell(net), cell(call)] } },
    });
    await client.until(
      () => client.last(call),
      ({ diagnostics }) => diagnostics.length === 1,
    );
    const extra = cellAddress(uri, 9);
    await client.changeNotebook(uri, {
      structure: {
        array: { start: 2, deleteCount: 0, cells: [cell(extra)] },
        didOpen: [{ uri: extra, languageId: 'python', version: 1, text: 'net.weight = x = torch.randn(5)' }],
      },
    });
    await client.until(
      () => client.last(call),
      ({ diagnostics }) => diagnostics.length === 0,
    );
    await client.changeNotebook(uri, {
      structure: { array: { start: 2, deleteCount: 1 }, didClose: [{ uri: extra }] },
    });
    await client.until(
      () => client.last(call),
      ({ diagnostics }) => diagnostics.length === 1,
    );
    await client.closeNotebook(uri, cells);
    await client.until(
      () => client.last(call),
      ({ diagnostics }) => diagnostics.length === 0,
    );
    assert.equal(await client.hover(call, 1, 0), null);
  });

  test('imports the files beside it, as they are now', async () => {
    writeFileSync(join(folder, 'nets.py'), 'from torch import nn\nnet = nn.Linear(5, 2)\n');
    const call = 'import torch\nfrom nets import net\nJ = torch.func.jacrev(net)(torch.randn(3, 5))';
    const { cells } = await open(call);
    assert.deepEqual(await client.inlayHints(cells[0] ?? ''), ['2:1 (3, 2, 3, 5)']);
    await client.open(pathToFileURL(join(folder, 'nets.py')).href, 'from torch import nn\nnet = nn.Linear(5, 7)\n');
    await client.until(
      () => client.last(cells[0] ?? ''),
      ({ diagnostics }) => diagnostics.some(({ message }) => String(message).includes('(3, 7, 3, 5)')),
    );
  });

  test('a broken cell breaks no other', async () => {
    for (const broken of ['y = (1,\n', '"""', 'def f(:\n', '%%bash\n"""', 'if True:', '\\']) {
      const { cells } = await open(IMPORTS, NET, broken, 'J = jacobian(net, x)');
      assert.deepEqual(await rules(cells[3] ?? ''), ['full-batch-jacobian'], broken);
    }
  });

  test('an empty notebook, one of a thousand cells, and one that is too large', async () => {
    await open();
    const many = await open(IMPORTS, NET, ...Array.from({ length: 1000 }, () => 'y = x + 1'), 'J = jacobian(net, x)');
    assert.deepEqual(await rules(many.cells.at(-1) ?? ''), ['full-batch-jacobian']);
    const large = await open('x = 1', `y = "${'y'.repeat(2_100_000)}"`);
    const [said] = (await client.diagnostics(large.cells[0] ?? '')).diagnostics;
    assert.match(String(said?.message), /^This notebook is not analysed: 2\.1 MB/);
    assert.deepEqual(await rules(large.cells[1] ?? ''), []);
  });
});
