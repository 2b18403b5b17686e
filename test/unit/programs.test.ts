import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import type { Program } from '../../language-server/graph/program.ts';
import { decodeProgram, encodeProgram } from '../../language-server/graph/program.ts';
import { createParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { type Analyser, createAnalyser } from '../../language-server/rules/analyse.ts';
import { noFiles } from '../../language-server/rules/analysis.ts';
import { runOn } from '../../media/engine/measure.ts';
import type { RunOptions } from '../../media/engine/report.ts';

/** From Python text to numbers: what is run for a derivative gives what PyTorch and JAX give, one sample at a time. */

interface Truth {
  readonly file: string;
  readonly call: string;
  readonly shape: readonly number[];
  readonly result: readonly number[];
}

interface Fact extends Truth {
  readonly input: readonly number[];
  readonly weights: Readonly<Record<string, readonly number[]>>;
}

interface JaxFact extends Truth {
  readonly values: Readonly<Record<string, readonly number[]>>;
}

function recorded<T>(name: string): readonly T[] {
  const { rows }: { readonly rows: readonly T[] } = JSON.parse(
    readFileSync(new URL(`../facts/${name}`, import.meta.url), 'utf8'),
  );
  return rows;
}

const rows = recorded<Fact>('programs.json');
const jaxRows = recorded<JaxFact>('programs_jax.json');

let analyser: Analyser;
before(async () => {
  analyser = createAnalyser(await createParser(await locateWasm()));
});

function programOf({ file, call }: Truth): Program {
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

/** Runs every way, and compares with the truth and with each other. */
async function check(program: Program, fact: Truth, values: RunOptions['values']): Promise<void> {
  const report = await runOn(
    program,
    { seed: 1, sizes: {}, backend: 'cpu', repeats: 1, memoryLimit: 2 ** 30, ...(values && { values }) },
    { onProgress: () => {}, signal: new AbortController().signal },
  );
  const { shape, samples, matrices } = report.result;
  assert.deepEqual(samples === 1 && shape.length < fact.shape.length ? [1, ...shape] : shape, fact.shape);
  const size = Math.max(...fact.result.map(Math.abs));
  const found = matrices.flatMap((matrix) => [...matrix]);
  assert.equal(found.length, fact.result.length);
  const off = Math.max(...fact.result.map((value, k) => Math.abs(value - (found[k] ?? Number.NaN)))) / size;
  assert.ok(off < 2e-5, `off by ${off}`);
  for (const { name, outcome } of report.strategies) {
    if (outcome.status === 'done')
      assert.ok(outcome.greatestDifference < 2e-5, `${name}: ${outcome.greatestDifference}`);
    else assert.equal(outcome.status, 'skipped', `${name}: ${JSON.stringify(outcome)}`);
  }
}

for (const fact of rows) {
  test(`${fact.file}: ${fact.call}`, () =>
    check(withNamedDraws(programOf(fact)), fact, { ...fact.weights, drawn: fact.input }));
}

for (const fact of jaxRows) {
  test(`${fact.file}: ${fact.call}`, () => check(programOf(fact), fact, fact.values));
}
