import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { createParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { type Analyser, createAnalyser } from '../../language-server/rules/analyse.ts';
import { noFiles } from '../../language-server/rules/analysis.ts';

/** Programs as projects around JAX are written: each array has the shape that it has where real Python runs them. */

interface Row {
  readonly text: string;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

const { rows }: { readonly rows: readonly Row[] } = JSON.parse(
  readFileSync(new URL('../facts/jax_projects.json', import.meta.url), 'utf8'),
);

let analyser: Analyser;
before(async () => {
  analyser = createAnalyser(await createParser(await locateWasm()));
});

function shown(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
}

describe('projects around JAX', () => {
  for (const { text, shapes } of rows) {
    test(text.trim().split('\n').slice(0, 5).join('; '), () => {
      const { shapes: facts, findings } = analyser.analyse('/p/program.py', text, noFiles, {});
      const seen = Object.fromEntries(
        Object.keys(shapes).map((name) => {
          const fact = facts.findLast((each) => each.name === name);
          return [name, fact?.shape ?? fact?.unknownBecause ?? 'nothing is said of it'];
        }),
      );
      const wanted = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, shown(shape)]));
      assert.deepEqual(seen, wanted);
      assert.deepEqual(findings, []);
    });
  }
});
