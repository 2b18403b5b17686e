import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { type Graph, type Node, type NodeId, nodeAt, reachable } from '../../language-server/graph/graph.ts';
import type { Value } from '../../language-server/library/values.ts';
import { createParser, type PythonParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { createAnalyser } from '../../language-server/rules/analyse.ts';
import { noFiles } from '../../language-server/rules/analysis.ts';
import { applyEdits } from '../../language-server/rules/edits.ts';
import type { Trace } from '../../language-server/tracer/trace.ts';
import { evaluateNode, type Values } from '../../media/engine/reference.ts';
import { tracedText } from './library-facts.ts';

/**
 * Programs with tapes give what they give under TensorFlow, with the same numbers, give None where it gives None, and raise
 * where it raises. Derivatives of the graph are computed by differences, which know nothing of what a tape records.
 */

/** What a program gives: an error's name, or tensors and Nones, nested. */
type Outcome = string | null | { readonly shape: readonly number[]; readonly numbers: readonly number[] } | Outcome[];

interface Facts {
  readonly prelude: string;
  readonly rows: readonly (readonly [program: string, outcome: Outcome])[];
  /** Programs that ask too much of a tape, with a persistent one in its place. */
  readonly mended: readonly (readonly [program: string, persistent: string, outcome: Outcome])[];
}

const { prelude, rows, mended }: Facts = JSON.parse(
  readFileSync(new URL('../facts/tape.json', import.meta.url), 'utf8'),
);

let parser: PythonParser;
before(async () => {
  parser = await createParser(await locateWasm());
});

type Given = ReadonlyMap<NodeId, Values>;

function valuesAt(graph: Graph, id: NodeId, given: Given): Values {
  const known = new Map(given);
  const visit = (at: NodeId): Values => {
    const node = nodeAt(graph, at);
    const value = known.get(at) ?? computed(graph, node, node.operands.map(visit), given);
    known.set(at, value);
    return value;
  };
  return visit(id);
}

function computed(graph: Graph, node: Node, operands: readonly Values[], given: Given): Values {
  const { op, aval } = node;
  const shape = aval.shape.map(Number);
  if (op.name === 'parameter' && op.params.init.kind === 'full')
    return { shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(op.params.init.value) };
  // Where branches meet, the first.
  if (op.name === 'either' && operands[0] !== undefined) return operands[0];
  if (op.name !== 'jacobian' && op.name !== 'vjp' && op.name !== 'jvp') return evaluateNode(node, operands);
  const { region, wrt } = op.params;
  const at = operands.slice(0, region.inputs.length).map(({ data }) => data);
  const inputsAt = (moved: readonly Float64Array[]): Given =>
    new Map([
      ...given,
      ...region.inputs.map((input, k): [NodeId, Values] => [
        input,
        { shape: nodeAt(graph, input).aval.shape.map(Number), data: moved[k] ?? new Float64Array() },
      ]),
    ]);
  // What no derivative passes through stays as it is.
  const fixed = reachable(graph, region.outputs, region.inputs)
    .filter((id) => nodeAt(graph, id).op.name === 'stop_gradient' && !region.inputs.includes(id))
    .map((id): [NodeId, Values] => [id, valuesAt(graph, id, inputsAt(at))]);
  const output = (moved: readonly Float64Array[]): Float64Array =>
    valuesAt(graph, region.outputs[0] ?? node.id, new Map([...inputsAt(moved), ...fixed])).data;
  const slope = (direction: readonly Float64Array[]): Float64Array => {
    const [after, before] = [step, -step].map((size) =>
      output(at.map((data, k) => data.map((number, i) => number + size * (direction[k]?.[i] ?? 0)))),
    );
    return (after ?? new Float64Array()).map((number, i) => (number - (before?.[i] ?? 0)) / (2 * step));
  };
  if (op.name === 'jvp') return { shape, data: slope(operands.slice(region.inputs.length).map(({ data }) => data)) };
  const columns = Array.from(at[wrt] ?? [], (_, entry) =>
    slope(at.map((data, k) => data.map((_number, i) => (k === wrt && i === entry ? 1 : 0)))),
  );
  const cotangent = operands.at(-1)?.data;
  const numbers =
    op.name === 'vjp'
      ? columns.map((column) => column.reduce((sum, number, i) => sum + number * (cotangent?.[i] ?? 0), 0))
      : Array.from(columns[0] ?? [], (_, row) => columns.map((column) => column[row] ?? 0)).flat();
  return { shape, data: Float64Array.from(numbers) };
}

const step = 1e-3;

/** What is not as TensorFlow gives it, or null. */
function difference(traced: Trace, value: Value, expected: Outcome): string | null {
  if (value.kind === 'unknown') return `unknown: ${value.reason.text}`;
  if (value.kind === 'dict') {
    const items = [...value.entries.values()].map((entry) => entry.value);
    return difference(traced, { kind: 'tuple', items, fields: null }, expected);
  }
  if (value.kind === 'list' || value.kind === 'tuple') {
    if (!Array.isArray(expected) || expected.length !== value.items.length) return `${value.items.length} items`;
    const wrong = value.items.map((item, k) => difference(traced, item, expected[k] ?? null));
    return wrong.find((each) => each !== null) ?? null;
  }
  if (value.kind !== 'tensor') return value.kind === 'none' && expected === null ? null : value.kind;
  const { shape } = nodeAt(traced.graph, value.node).aval;
  if (expected === null || typeof expected === 'string' || Array.isArray(expected)) return `a tensor (${shape})`;
  if (shape.join() !== expected.shape.join()) return `(${shape}), not (${expected.shape})`;
  const numbers = valuesAt(traced.graph, value.node, new Map()).data;
  const off = expected.numbers.findIndex((number, k) => !(Math.abs(number - (numbers[k] ?? Number.NaN)) < 1e-4));
  return off < 0 ? null : `entry ${off} is ${numbers[off]}, not ${expected.numbers[off]}`;
}

const unknown: string[] = [];

for (const [program, outcome] of rows) {
  test(program.trim(), () => {
    const traced = tracedText(parser, prelude + program);
    const value = traced.bindings.findLast(({ name }) => name === 'result')?.value;
    assert.ok(value !== undefined);
    const [problem] = traced.problems;
    // What does not fit has one name here, whatever the library calls it.
    if (problem === undefined && value.kind === 'unknown') unknown.push(`${value.reason.text}: ${program}`);
    else if (problem === undefined) assert.equal(difference(traced, value, outcome), null);
    else if (problem.kind === 'shape') assert.equal(typeof outcome, 'string', problem.message);
    else assert.equal(problem.type, outcome, problem.message);
  });
}

test('few programs are not known', () => {
  assert.ok(unknown.length <= 6, unknown.join('\n'));
});

test('tape-not-persistent is said where TensorFlow raises for it and nowhere else', () => {
  const analyser = createAnalyser(parser);
  const isTold = (program: string): boolean =>
    analyser
      .analyse('/program.py', prelude + program, noFiles, {})
      .findings.some(({ rule }) => rule === 'tape-not-persistent');
  const told = rows.flatMap(([program]) => (isTold(program) ? [program] : []));
  const raising = rows.flatMap(([program, outcome]) => (outcome === 'RuntimeError' ? [program] : []));
  // A tape that was never begun has nothing to be made persistent.
  const begun = raising.filter((program) => program.includes('with tf.GradientTape'));
  assert.deepEqual(told, begun);
});

test('a persistent tape is what it takes', () => {
  const analyser = createAnalyser(parser);
  for (const [program, persistent, outcome] of mended) {
    const text = prelude + program;
    const analysis = analyser.analyse('/program.py', text, noFiles, {});
    const fixes = analysis.findings
      .filter(({ rule }) => rule === 'tape-not-persistent')
      .flatMap((finding) => analysis.fixes(finding))
      .flatMap((fix) => (fix.kind === 'disabled' ? [] : [applyEdits(text, fix.edits)]));
    assert.notEqual(outcome, 'RuntimeError');
    assert.deepEqual([...new Set(fixes)], [prelude + persistent]);
  }
});
