import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import * as D from '../../language-server/graph/dim.ts';
import { library } from '../../language-server/library/index.ts';
import { createParser, type PythonParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { type Analyser, createAnalyser } from '../../language-server/rules/analyse.ts';
import { type Analysis, noFiles } from '../../language-server/rules/analysis.ts';
import { findingsOf } from '../../language-server/rules/findings.ts';
import { trace } from '../../language-server/tracer/trace.ts';

/**
 * Short programs whose values grow beyond all bounds, and long ones that are dull. Each of them once ended the analysis,
 * or would not end; what stands behind them is still known.
 */

let analyser: Analyser;
let parser: PythonParser;
before(async () => {
  parser = await createParser(await locateWasm());
  analyser = createAnalyser(parser);
});

const head = `import torch
from torch.func import jacrev
from torch.autograd.functional import jacobian
`;
const tail = 'last = jacobian(torch.sin, torch.ones(3))\n';

function analyse(code: string): Analysis {
  return analyser.analyse('/a.py', head + code + tail, noFiles, {});
}

function shapeOf(analysis: Analysis, name: string): string | null {
  const fact = analysis.shapes.findLast((each) => each.name === name);
  return fact === undefined ? null : (fact.shape ?? `unknown: ${fact.unknownBecause}`);
}

/** So many lines, each made of its number. */
function lines(count: number, line: (k: number) => string): string {
  return Array.from({ length: count }, (_, k) => line(k)).join('');
}

const endless: Readonly<Record<string, string>> = {
  'a text that is doubled': `x = "ab"\n${'x = x + x\n'.repeat(60)}`,
  'a text that is repeated': 'x = "ab" * 10**9\ny = ("ab" * 9999) * 9999\n',
  'a list that is doubled': `x = [1, 2]\n${'x = x + x\n'.repeat(60)}`,
  'a list that is extended by itself': `x = [1, 2]\n${'x.extend(x)\n'.repeat(60)}`,
  'a tuple that is repeated': 'x = (1, 2) * 10**9\n',
  'a tuple that holds another twice': `x = torch.ones(3)\n${'x = (x, x)\n'.repeat(60)}y = unknown(x)\nj = jacobian(lambda *z: z, x)\n`,
  'a list that holds another twice': `import copy\nx = [1]\n${'x = [x, x]\n'.repeat(60)}y = copy.deepcopy(x)\nz = x == x\n`,
  'a dict that holds another twice': `x = {"a": torch.ones(3)}\n${'x = {"a": x, "b": x}\n'.repeat(60)}unknown(x)\n`,
  'a list that holds itself': 'x = [torch.ones(3)]\nx.append(x)\ny = unknown(x)\nz = torch.stack(x)\n',
  'a dict that holds itself': 'x = {"a": torch.ones(3)}\nx["b"] = x\ny = unknown(x)\n',
  'a polynomial of sizes':
    `def f(x, y, z):\n    a, b = x.shape\n    c, d = y.shape\n    e, g = z.shape\n    n = a + b + c + d + e + g\n${'    n = n * n + a\n'.repeat(12)}` +
    '    return torch.ones(n)\n',
  'a quotient of quotients of sizes': `def f(x):\n    n, m = x.shape\n${'    n = (n // 3 + n % 7 + m) * n\n'.repeat(20)}    return torch.ones(n)\n`,
  'classes that share all their ancestors': `class A0: pass\nclass B0: pass\n${lines(40, (k) => `class A${k + 1}(A${k}, B${k}): pass\nclass B${k + 1}(B${k}, A${k}): pass\n`)}x = A40().missing\n`,
  'a function that calls itself twice while something is not known':
    'import os\nclass Node:\n    def __init__(self, a, b):\n        self.a, self.b = a, b\n    def find(self, t, out):\n' +
    '        if os.environ.get(f"{t}"):\n            out.append(self)\n            return\n' +
    '        Node(self.a, t).find(t, out)\n        Node(t, self.b).find(self.a + t, out)\n' +
    'for k in range(8):\n    Node(0.0, 1.0).find(0.5, [])\n',
  'functions that call each other twice':
    'def f(x):\n    return g(x) + g(x)\ndef g(x):\n    return f(x) * f(x)\ny = f(torch.ones(3))\n',
  'a distribution of one that was never made':
    'class Mine(torch.distributions.Independent):\n    def __init__(self, own):\n        unknown(self).__init__()\nx = Mine(3).mean\ny = Mine(3).base_dist\n',
  'a derivative of twenty derivatives': `f = lambda x: x.sin().sum()\n${'f = jacrev(f)\n'.repeat(20)}y = f(torch.ones(3))\n`,
};

describe('what grows beyond all bounds', () => {
  for (const [what, code] of Object.entries(endless)) {
    test(`${what} does not end the analysis`, () => {
      const analysis = analyse(code);
      assert.deepEqual(analysis.notes, []);
      assert.equal(shapeOf(analysis, 'last'), '(3, 3)');
    });
  }

  test('loops of more turns than are followed are left after so many steps, which is noted', () => {
    const { notes } = analyse(
      'n = 0\nfor a in range(32):\n  for b in range(32):\n    for c in range(32):\n      for d in range(32):\n        n = n + 1 - 1\n',
    );
    assert.deepEqual(notes, ['not analysed to its end: the analysis took more than 600000 steps']);
  });
});

describe('sizes of endless terms', () => {
  const sum = ['a', 'b', 'c', 'd', 'e', 'g'].map((name) => D.size(name)).reduce(D.add);
  const power = (times: number): D.Dim => Array.from({ length: times }).reduce<D.Dim>((n) => D.mul(n, n), sum);

  test('what is not followed is told apart from all others, and never below 0 where that is sure', () => {
    assert.ok(D.isNonNegative(power(12)));
    assert.ok(!D.equal(power(12), power(12)));
    assert.ok(!D.surelyDiffer(power(12), power(12)));
  });

  test('what may be below 0 stays so', () => {
    const difference = D.sub(sum, D.size('z'));
    const many = Array.from({ length: 12 }).reduce<D.Dim>((n) => D.mul(n, n), difference);
    assert.ok(!D.isNonNegative(D.mul(many, difference)));
  });

  test('short ones are followed: the square of a sum has its terms', () => {
    assert.equal(
      D.show(D.mul(D.add(D.size('a'), D.size('b')), D.add(D.size('a'), D.size('b')))),
      '2*a*b + a**2 + b**2',
    );
  });
});

describe('long and dull files', () => {
  test('thousands of lines of comments are read, each with its place', () => {
    const text = `x = 1\n${'# one\n'.repeat(20_000)}y = """\n${'# no comment\n'.repeat(200)}"""\n`;
    const { module } = parser.parse(text);
    assert.equal(module.comments.length, 20_000);
    assert.deepEqual(module.comments[1]?.range, { start: 12, end: 17 });
    assert.equal(module.comments[1]?.text, '# one');
    const [, statement] = module.body;
    assert.ok(statement?.kind === 'Assign' && statement.value.kind === 'Constant');
    assert.equal(String(statement.value.value.type === 'str' && statement.value.value.value).length, 1 + 200 * 13);
  });

  test('a class at the end of a thousand has what the first has', () => {
    const classes = lines(1000, (k) => `class C${k + 1}(C${k}): pass\n`);
    const analysis = analyse(`class C0:\n    def f(self): return torch.ones(2)\n${classes}x = C1000().f()\n`);
    assert.equal(shapeOf(analysis, 'x'), '(2,)');
  });

  test('blocks that are nested too deep for the grammar are given up, not the file', () => {
    const nested = lines(300, (k) => `${' '.repeat(k)}if a:\n`);
    assert.ok(parser.parse(`${nested}${' '.repeat(300)}pass\nx = 1\n`).module.body.length > 0);
  });
});

test('modules that are imported are read until time is up, however little they do', () => {
  const { module } = parser.parse(lines(100, (k) => `import m${k}\n`));
  const read: string[] = [];
  const traced = trace('/a.py', module, {
    library,
    findModule: (name) => {
      read.push(name);
      return { file: `/${name}.py`, module: parser.parse('x = 1\n').module };
    },
    aborted: () => read.length >= 10,
  });
  assert.equal(traced.stopped, 'the analysis was cancelled');
  assert.equal(read.length, 10);
});

describe('rules that are cut short', () => {
  const net = 'net = torch.nn.Linear(5, 10)\nx = torch.ones(3, 5)\n';

  test('they say nothing of what they did not look at, which is noted; shapes are known', () => {
    const code = `${head}${net}j = jacobian(net, x)\nk = 1  # jacobian-lens: ignore[full-batch-jacobian]\n`;
    const rulesOf = (patience: number): readonly string[] =>
      analyser.analyse('/a.py', code, noFiles, {}, patience).findings.map(({ rule }) => rule);
    assert.deepEqual(rulesOf(Number.POSITIVE_INFINITY), ['full-batch-jacobian', 'unused-suppression']);
    assert.deepEqual(rulesOf(0), []);
    const cut = analyser.analyse('/a.py', code, noFiles, {}, 0);
    assert.equal(shapeOf(cut, 'j'), '(3, 10, 3, 5)');
    assert.deepEqual(cut.notes, ['not analysed to its end: the rules took too long']);
  });

  test('a helper is not blamed for the one caller that they came to', () => {
    const helper = 'def dense(f):\n    return jacobian(f, x)\n';
    const code = `${head}${net}${helper}a = dense(net)\nb = dense(lambda z: z - z.mean(0))\n`;
    const { module } = parser.parse(code);
    const traced = trace('/a.py', module, { library, findModule: () => null });
    const linesOf = (aborted: () => boolean): readonly number[] =>
      findingsOf(traced, { path: '/a.py', text: code, module }, 2 ** 30, aborted).map(
        ({ finding }) => code.slice(0, finding.range.start).split('\n').length,
      );
    assert.deepEqual(
      linesOf(() => false),
      [8],
    );
    // However far they come.
    for (let most = 0; most < 60; most++) {
      let asked = 0;
      const lines = linesOf(() => asked++ >= most);
      assert.ok(lines.length === 0 || lines.every((line) => line === 8), `after ${most}: ${lines}`);
    }
  });
});
