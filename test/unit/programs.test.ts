import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import type { Program } from '../../language-server/graph/program.ts';
import { decodeProgram, encodeProgram } from '../../language-server/graph/program.ts';
import { createParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { type Analyser, createAnalyser } from '../../language-server/rules/analyse.ts';
import { noFiles } from '../../language-server/rules/analysis.ts';
import { cpu } from '../../media/engine/cpu.ts';
import { runOn } from '../../media/engine/measure.ts';

/** From Python text to numbers: what is run for a derivative gives what PyTorch gives, one sample at a time. */

interface Fact {
  readonly file: string;
  readonly call: string;
  readonly input: readonly number[];
  readonly weights: Readonly<Record<string, readonly number[]>>;
  readonly shape: readonly number[];
  readonly result: readonly number[];
}

const { rows }: { readonly rows: readonly Fact[] } = JSON.parse(
  readFileSync(new URL('../facts/programs.json', import.meta.url), 'utf8'),
);

let analyser: Analyser;
before(async () => {
  analyser = createAnalyser(await createParser(await locateWasm()));
});

function programOf({ file, call }: Fact): Program {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const analysis = analyser.analyse(`/${file}`, text, noFiles, {});
  const derivative = analysis.derivatives.find(({ range }) => text.slice(range.start, range.end) === call);
  assert.ok(derivative, `${call} is taken for a derivative`);
  const program = analysis.program(derivative);
  assert.ok(!('cannot' in program), JSON.stringify(program));
  return decodeProgram(encodeProgram(program));
}

/** The program with its random draws as inputs of one name, so that they can be given. */
function withNamedDraws(program: Program): Program {
  const nodes = program.graph.nodes.map((node) =>
    node.op.name === 'random'
      ? { ...node, op: { name: 'input' as const, params: { name: 'drawn', aval: node.aval } } }
      : node,
  );
  return { ...program, graph: { nodes } };
}

for (const fact of rows) {
  test(`${fact.file}: ${fact.call}`, async () => {
    const program = withNamedDraws(programOf(fact));
    const report = await runOn(
      () => cpu,
      program,
      {
        seed: 1,
        sizes: {},
        backend: 'cpu',
        repeats: 1,
        memoryLimit: 2 ** 30,
        values: { ...fact.weights, drawn: fact.input },
      },
      { onProgress: () => {}, signal: new AbortController().signal },
    );
    const { shape, samples, matrices } = report.result;
    assert.deepEqual(samples === 1 && shape.length < fact.shape.length ? [1, ...shape] : shape, fact.shape);
    const size = Math.max(...fact.result.map(Math.abs));
    const values = matrices.flatMap((matrix) => [...matrix]);
    assert.equal(values.length, fact.result.length);
    const off = Math.max(...fact.result.map((value, k) => Math.abs(value - (values[k] ?? Number.NaN)))) / size;
    assert.ok(off < 2e-5, `off by ${off}`);
    for (const { name, outcome } of report.strategies) {
      if (outcome.status === 'done')
        assert.ok(outcome.greatestDifference < 2e-5, `${name}: ${outcome.greatestDifference}`);
      else assert.equal(outcome.status, 'skipped', `${name}: ${JSON.stringify(outcome)}`);
    }
  });
}
