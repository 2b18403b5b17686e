import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pythonOfCell } from '../../language-server/python/ipython.ts';
import { joinCells, parseNotebook } from '../../language-server/python/notebook.ts';

/** A cell and the Python that it becomes; `·` stands for a space, so that lengths are seen. */
const cells: Readonly<Record<string, readonly [cell: string, python: string]>> = {
  'plain Python': ['x = a % b\ny = f"{x!r}"', 'x·=·a·%·b\ny·=·f"{x!r}"'],
  'a magic on a line': ['%matplotlib inline\nx = 1', '0·················\nx·=·1'],
  'a command, indented': ['if x:\n    !ls "it\'s (\n    y = 1', 'if·x:\n····0··········\n····y·=·1'],
  'a command over lines': ['!pip install \\\n  torch\nx = 1', '0·············\n·······\nx·=·1'],
  'pip without a mark': ['pip install torch\npip = 3\npip.x', '0················\npip·=·3\npip.x'],
  'modulo at the start of a line in brackets': ['x = (a\n  % b)', 'x·=·(a\n··%·b)'],
  'a percent sign in a text over lines': ['s = """\n%time\n!ls\n"""', 's·=·"""\n%time\n!ls\n"""'],
  'a line behind a backslash': ['x = a \\\n% b\n%cd', 'x·=·a·\\\n%·b\n0··'],
  'a text with a quote': ["s = 'a\\'('\n%cd", "s·=·'a\\'('\n0··"],
  'a bracket in a comment': ['x = 1  # (\n%cd', 'x·=·1··#·(\n0··'],
  help: ['?torch\ntorch.func.vmap??\nx = 1 # why?', '0·····\n0················\nx·=·1·#·why?'],
  'a timed statement': ['%time y = f(x)', 'if·1:·y·=·f(x)'],
  'a timed expression with options': ['%timeit -n 10 -q f(x)', 'if·1:············f(x)'],
  'what is timed binds nothing': ['%timeit y = f(x)', '0···············'],
  'a timed block': ['%time for x in y: f(x)', '0·····················'],
  'a magic without a statement': ['%time\nx = 1', '0····\nx·=·1'],
  'what a command prints': ['a, b = !ls -l\nt = %timeit -o f(x)\nc = d', 'a,·b·=·__····\nt·=·__·············\nc·=·d'],
  'a timed cell': ['\n%%time\ny = f(x)', '\n······\ny·=·f(x)'],
  'a repeated cell': ['%%timeit -n 3\nf(x)\n%cd', '·············\nf(x)\n0··'],
  'a repeated cell that binds a name': ['%%timeit\ny = f(x)', '········\n········'],
  'a cell of another language': ['%%bash\nls (\r\n"', '······\n····\r\n·'],
  nothing: ['', ''],
};

for (const [what, [cell, python]] of Object.entries(cells))
  test(`a cell with ${what}`, () => assert.equal(pythonOfCell(cell).replaceAll(' ', '·'), python));

test('every place of any cell stays where it is', () => {
  const pieces = [
    '%',
    '%%',
    '!',
    '?',
    '\n',
    '\r\n',
    '\\',
    '"',
    "'",
    '"""',
    '(',
    ')',
    'x',
    ' = ',
    'time ',
    'timeit',
    '#',
    '  ',
    'pip install',
    'é',
    '😀',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (chosen) => {
      const cell = chosen.join('');
      const python = pythonOfCell(cell);
      assert.equal(python.length, cell.length);
      assert.equal(python.replaceAll(/[^\r\n]/g, ' '), cell.replaceAll(/[^\r\n]/g, ' '));
    }),
    { numRuns: 2000 },
  );
});

test('a cell of a hundred thousand commands, or open brackets, takes no time to speak of', { timeout: 10_000 }, () => {
  for (const line of ['!ls\n', 'x\n%cd\n', '(', '"""', "'", '%%time\n', 'x = !ls\n'])
    assert.equal(pythonOfCell(line.repeat(100_000)).length, 100_000 * line.length);
});

test('cells are joined with a line break between them', () => {
  assert.deepEqual(joinCells(['x = 1', '%cd', '', 'y']), { text: 'x = 1\n0  \n\ny', starts: [0, 6, 10, 11] });
  assert.deepEqual(joinCells([]), { text: '', starts: [] });
});

test('the cells of code of a notebook file', () => {
  const notebook = {
    nbformat: 4,
    metadata: { kernelspec: { language: 'python' } },
    cells: [
      { cell_type: 'markdown', source: ['# Title'] },
      { cell_type: 'code', source: ['x = 1\n', 'y = 2'] },
      { cell_type: 'raw', source: 'z' },
      { cell_type: 'code', source: 'z = 3' },
      { cell_type: 'code' },
      null,
    ],
  };
  assert.deepEqual(parseNotebook(JSON.stringify(notebook)), {
    kind: 'notebook',
    cells: [
      { index: 1, text: 'x = 1\ny = 2' },
      { index: 3, text: 'z = 3' },
    ],
  });
  const julia = { ...notebook, metadata: { language_info: { name: 'julia' } } };
  assert.deepEqual(parseNotebook(JSON.stringify(julia)), { kind: 'notebook', cells: [] });
  for (const text of ['', '{', '[]', 'null', '{"cells": 3}', '{"worksheets": []}'])
    assert.equal(parseNotebook(text).kind, 'problem', text);
});
