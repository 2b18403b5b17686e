import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { createParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { type Analyser, createAnalyser } from '../../language-server/rules/analyse.ts';
import { noFiles } from '../../language-server/rules/analysis.ts';
import { applyEdits } from '../../language-server/rules/edits.ts';

/** Every fix that is offered for a case was run under the real PyTorch, and gave what it promises. */

type Row = readonly [
  file: string,
  line: number,
  rule: string,
  title: string,
  changed: readonly string[],
  verdict: string,
];

const { rows }: { readonly rows: readonly Row[] } = JSON.parse(
  readFileSync(new URL('../facts/fixes.json', import.meta.url), 'utf8'),
);

let analyser: Analyser;
before(async () => {
  analyser = createAnalyser(await createParser(await locateWasm()));
});

test('every fix does under PyTorch what it promises', () => {
  const wrong = rows.filter(([, , , , , verdict]) => verdict !== 'equal' && verdict !== 'as meant');
  assert.deepEqual(wrong, []);
});

for (const file of new Set(rows.map(([name]) => name))) {
  test(`${file}: the fixes are those that were run (else run test/facts/fixes.py again)`, () => {
    const text = readFileSync(new URL(`../cases/${file}`, import.meta.url), 'utf8');
    const analysis = analyser.analyse(`/${file}`, text, noFiles, {});
    const known = text.split('\n');
    const offered = analysis.findings.flatMap((finding) =>
      analysis.fixes(finding).flatMap((fix) => {
        if (fix.kind === 'disabled') return [];
        const changed = applyEdits(text, fix.edits)
          .split('\n')
          .filter((line) => !known.includes(line));
        return [[finding.rule, fix.title, changed]];
      }),
    );
    assert.deepEqual(
      offered,
      rows.filter(([name]) => name === file).map(([, , rule, title, changed]) => [rule, title, changed]),
    );
  });
}

test('what a call keeps of the graph is decided when it runs: no fix decides it before', () => {
  const titlesWith = (flag: string): readonly string[] => {
    const text = `import sys
import torch
from torch import nn
from torch.autograd.functional import jacobian

net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3))
x = torch.randn(7, 5)
J = jacobian(net, x${flag})
`;
    const { findings, fixes } = analyser.analyse('/flags.py', text, noFiles, {});
    assert.deepEqual(
      findings.map(({ rule }) => rule),
      ['full-batch-jacobian'],
    );
    return findings.flatMap((finding) => fixes(finding).map(({ title }) => title));
  };
  const sum = 'Sum over the batch: one (3, 5) Jacobian a sample';
  const map = 'Map over samples: vmap(jacrev(net))';
  assert.deepEqual(titlesWith(''), [sum, map]);
  assert.deepEqual(titlesWith(', create_graph=True'), [sum, map]);
  assert.deepEqual(titlesWith(', create_graph=len(sys.argv) > 1'), [sum]);
});
