import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { createParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { type Analyser, createAnalyser } from '../../language-server/rules/analyse.ts';
import { type Analysis, noFiles } from '../../language-server/rules/analysis.ts';

/** What torch records and `backward()` leaves, in small pieces: each was run under torch 2.13. */

let analyser: Analyser;
before(async () => {
  analyser = createAnalyser(await createParser(await locateWasm()));
});

const head = `import torch, pytest, unittest
from torch.func import grad, jacrev
from torch.autograd.functional import jacobian
x = torch.randn(4, 3, requires_grad=True)
w = torch.randn(3, 2, requires_grad=True)
`;

function analyse(code: string): Analysis {
  return analyser.analyse('/a.py', head + code, noFiles, {});
}

/** The shape of `g`, or why it is not known. */
function shapeOf(code: string): string | null {
  const facts = analyse(code).shapes.filter(({ name }) => name === 'g');
  const last = facts.at(-1);
  return last === undefined ? null : (last.shape ?? `unknown: ${last.unknownBecause}`);
}

describe('.grad', () => {
  for (const [what, code, shape] of [
    ['is shaped like the leaf', '(x @ w).sum().backward()\ng = w.grad', '(3, 2)'],
    ['adds up', 'for _ in range(3):\n    (x @ w).sum().backward()\ng = x.grad', '(4, 3)'],
    ['is left to what is named alone', '(x @ w).sum().backward(inputs=[w])\ng = w.grad', '(3, 2)'],
    ['is None after a reset', '(x * 2).sum().backward()\nx.grad = None\ng = x.grad', null],
    ['is None in the middle', 'y = x * 2\ny.sum().backward()\ng = y.grad', null],
    ['is kept in the middle where told', 'y = x @ w\ny.retain_grad()\ny.sum().backward()\ng = y.grad', '(4, 2)'],
    ['is None where all is detached', '(x.detach() * w.sum()).sum().backward()\ng = x.grad', null],
    [
      'is of leaves that are changed without a record',
      'for _ in range(2):\n    x.pow(2).sum().backward()\n    with torch.no_grad():\n        x -= x.grad\n    x.grad = None\nx.sum().backward()\ng = x.grad',
      '(4, 3)',
    ],
  ] as const)
    test(what, () => {
      assert.equal(shapeOf(code), shape);
    });

  for (const [what, code] of [
    ['no_grad', 'with torch.no_grad():\n    y = (x @ w).sum()\ng = torch.autograd.grad(y, x)[0]'],
    [
      'no_grad as a decorator',
      '@torch.no_grad\ndef f():\n    return (x @ w).sum()\ng = torch.autograd.grad(f(), x)[0]',
    ],
    ['detach', 'g = torch.autograd.grad((x @ w).detach().sum(), x)[0]'],
    ['comparisons', 'g = torch.autograd.grad((x > 0).float().sum(), x)[0]'],
    [
      'a flag that is off',
      'x.requires_grad_(False)\nw.requires_grad = False\ng = torch.autograd.grad((x @ w).sum(), x)[0]',
    ],
  ] as const)
    test(`raises after ${what}`, () => {
      assert.match(shapeOf(code) ?? '', /does not require grad/);
    });

  for (const [what, code] of [
    ['enable_grad', 'with torch.no_grad():\n    with torch.enable_grad():\n        y = (x @ w).sum()'],
    ['inference_mode(False)', 'with torch.inference_mode(False):\n    y = (x @ w).sum()'],
    ['set_grad_enabled(True)', 'with torch.set_grad_enabled(True):\n    y = (x @ w).sum()'],
    ['steps', 'y = (x @ w).round().sum()'],
  ] as const)
    test(`is recorded after ${what}`, () => {
      assert.equal(shapeOf(`${code}\ng = torch.autograd.grad(y, x)[0]`), '(4, 3)');
    });
});

describe('errors of derivatives are no findings where they are expected', () => {
  for (const [rule, raising] of [
    ['grad-of-non-scalar', 'grad(torch.sin)(x)'],
    ['grad-of-non-scalar', '(x @ w).backward()'],
    ['detached-jacobian', 'torch.autograd.grad(torch.autograd.grad((x ** 3).sum(), x)[0].sum(), x)'],
  ] as const) {
    const found = (code: string): readonly string[] => analyse(code).findings.map((finding) => finding.rule);

    test(raising, () => {
      assert.deepEqual(found(raising), [rule]);
      assert.deepEqual(found(`with pytest.raises(RuntimeError):\n    ${raising}`), []);
      assert.deepEqual(found(`try:\n    ${raising}\nexcept RuntimeError:\n    pass`), []);
    });
  }
});
