import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { createParser } from '../../language-server/python/parser.ts';
import { LineTable } from '../../language-server/python/text.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { type Analyser, createAnalyser } from '../../language-server/rules/analyse.ts';
import { noFiles } from '../../language-server/rules/analysis.ts';

/** Of programs that state shapes, contract-mismatch reports the line on which PyTorch was seen to raise, and no other. */

const { prelude, rows }: Facts = JSON.parse(readFileSync(new URL('../facts/contracts.json', import.meta.url), 'utf8'));

interface Facts {
  readonly prelude: string;
  readonly rows: readonly (readonly [program: string, line: number | null, error: string | null])[];
}

let analyser: Analyser;
before(async () => {
  analyser = createAnalyser(await createParser(await locateWasm()));
});

for (const [program, line, error] of rows) {
  test(program.trim().split('\n').at(-1) ?? program, () => {
    const text = prelude + program;
    const lines = new LineTable(text);
    const found = analyser
      .analyse('/a.py', text, noFiles, { rules: { 'wrong-mode': 'off' } })
      .findings.filter(({ rule }) => rule === 'contract-mismatch')
      .map(({ range, message }) => [lines.positionAt(range.start).line + 1, /^This raises (\w+)/.exec(message)?.[1]]);
    assert.deepEqual(found, line === null ? [] : [[line + prelude.split('\n').length - 1, error]]);
  });
}
