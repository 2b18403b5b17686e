import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { createParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { type Analyser, createAnalyser } from '../../language-server/rules/analyse.ts';
import { noFiles } from '../../language-server/rules/analysis.ts';
import { applyEdits } from '../../language-server/rules/edits.ts';

/** "Which Jacobian?": the ways that are offered are those that gave the same values under the real libraries. */

type Row = readonly [
  library: string,
  expression: string,
  shape: readonly number[],
  ways: Readonly<Record<string, string>>,
];

const facts: { readonly beginnings: Readonly<Record<string, string>>; readonly rows: readonly Row[] } = JSON.parse(
  readFileSync(new URL('../facts/ways.json', import.meta.url), 'utf8'),
);

let analyser: Analyser;
before(async () => {
  analyser = createAnalyser(await createParser(await locateWasm()));
});

for (const [library, expression, shape, ways] of facts.rows) {
  test(`${library}: ${expression}`, () => {
    const text = `${facts.beginnings[library]}\nresult = ${expression}\n`;
    const analysis = analyser.analyse('/ways.py', text, noFiles, {});
    const known = analysis.shapes.find(({ name }) => name === 'result');
    assert.equal(known?.shape, `(${shape.join(', ')})`);
    const [derivative] = analysis.derivatives;
    assert.ok(derivative !== undefined);
    const offered = analysis.ways(derivative).map(({ title, edits }): [string, string | undefined] => {
      const [, how, cost, now] = /^Compute it (.*): (\d+ pass.*) \(now (\d+ pass.*)\)$/.exec(title) ?? [];
      assert.ok(how !== undefined && cost !== undefined && now !== undefined, title);
      return [how, applyEdits(text, edits).split('\n').at(-2)?.slice('result = '.length)];
    });
    assert.deepEqual(Object.fromEntries(offered), ways);
  });
}

test('none where several callers come to it, and none for what is not known', () => {
  const text = `${facts.beginnings.torch}from elsewhere import unknown

def of(g, x):
    return jacrev(g)(x)

a, b = of(net, z), of(torch.tanh, z)
c = jacrev(unknown)(z)
`;
  const { derivatives, ways } = analyser.analyse('/ways.py', text, noFiles, {});
  assert.equal(derivatives.length, 2);
  assert.deepEqual(derivatives.flatMap(ways), []);
});
