import { readFileSync } from 'node:fs';
import * as D from '../../language-server/graph/dim.ts';
import { type NodeId, nodeAt, reachable } from '../../language-server/graph/graph.ts';
import { createParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { type Analyser, createAnalyser } from '../../language-server/rules/analyse.ts';
import { noFiles } from '../../language-server/rules/analysis.ts';
import type { Trace } from '../../language-server/tracer/trace.ts';
import { runOn } from '../../media/engine/measure.ts';
import { evaluate, type Values } from '../../media/engine/reference.ts';
import { EngineError } from '../../media/engine/report.ts';
import { tracedText } from './library-facts.ts';

/** What an expression comes to, row-major. */
type Numbers = readonly [code: string, numbers: readonly number[]];

export interface ValueReport {
  /** Values that are not those of the library. */
  readonly wrong: readonly string[];
  /** The share of expressions that cannot be evaluated: unknown, or without a decomposition. */
  readonly closedShare: number;
}

/** Evaluates each expression's graph in double precision, and compares. */
export async function checkValues(file: URL, imports: readonly string[]): Promise<ValueReport> {
  const { values }: { readonly values: readonly Numbers[] } = JSON.parse(readFileSync(file, 'utf8'));
  const parser = await createParser(await locateWasm());
  const text = [...imports, ...values.map(([code], k) => `y${k} = ${code}`)].join('\n');
  const traced = tracedText(parser, text);
  const nodes = new Map(
    traced.bindings.flatMap(({ name, node }): [string, NodeId][] => (node === null ? [] : [[name, node]])),
  );
  const wrong: string[] = [];
  let closed = 0;
  values.forEach(([code, numbers], k) => {
    const node = nodes.get(`y${k}`);
    const found = node === undefined ? null : evaluated(traced, node);
    if (found === null) {
      closed++;
      if (process.env.SHOW_UNKNOWN !== undefined) console.log('closed:', code);
      return;
    }
    const size = Math.max(1e-3, ...numbers.map(Math.abs));
    const off = numbers.map((number, at) => Math.abs((found[at] ?? Number.NaN) - number) / size);
    if (found.length !== numbers.length || off.some((error) => !(error < 1e-5)))
      wrong.push(
        `${code} is [${numbers.slice(0, 6).join(', ')}, ...], but comes to [${Array.from(found).slice(0, 6).join(', ')}, ...]`,
      );
  });
  return { wrong, closedShare: closed / values.length };
}

/** The numbers of a node; null where something that it is computed from has no value. */
function evaluated(traced: Trace, node: NodeId): ArrayLike<number> | null {
  const leaves = new Map(
    reachable(traced.graph, [node]).flatMap((id): [NodeId, Values][] => {
      const { op, aval } = nodeAt(traced.graph, id);
      if (op.name !== 'parameter' || op.params.init.kind !== 'full') return [];
      const shape = aval.shape.map(Number);
      const data = new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(op.params.init.value);
      return [[id, { shape, data }]];
    }),
  );
  try {
    return evaluate(traced.graph, [node], leaves)[0]?.data ?? null;
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}

/** The whole Jacobian of a function of x: its code, x as code and its shape, the result's shape, and the numbers. */
type Derivative = readonly [
  code: string,
  x: string,
  input: readonly number[],
  output: readonly number[],
  jacobian: readonly number[],
];

/** Runs each function's Jacobian forwards and backwards, and compares; `closed` are those that cannot be run. */
export async function checkDerivatives(
  file: URL,
  imports: readonly string[],
): Promise<{ readonly wrong: readonly string[]; readonly closed: readonly string[] }> {
  const { derivatives }: { readonly derivatives: readonly Derivative[] } = JSON.parse(readFileSync(file, 'utf8'));
  const analyser = createAnalyser(await createParser(await locateWasm()));
  const wrong: string[] = [];
  const closed: string[] = [];
  for (const derivative of derivatives) {
    const found = await run(analyser, imports, derivative);
    if (typeof found === 'string') closed.push(`${derivative[0]}: ${found}`);
    else wrong.push(...found.map((what) => `${derivative[0]}: ${what}`));
  }
  return { wrong, closed };
}

/** What is wrong with a Jacobian; a text where it cannot be run. */
async function run(
  analyser: Analyser,
  imports: readonly string[],
  [code, x, input, output, jacobian]: Derivative,
): Promise<readonly string[] | string> {
  const text = [...imports, `x = ${x}`, `J = torch.autograd.functional.jacobian(lambda x: ${code}, x)`].join('\n');
  const analysis = analyser.analyse('/facts.py', text, noFiles, {});
  const [only] = analysis.derivatives;
  if (only === undefined) return 'no derivative is found';
  const program = analysis.program(only);
  if ('cannot' in program) return program.cannot;
  // Both kinds of derivative rules; the other ways are made of them.
  const strategies = ['reverse', 'forward'] as const;
  const options = { seed: 1, sizes: {}, backend: 'cpu', repeats: 1, memoryLimit: 2 ** 30, strategies } as const;
  const report = await runOn(program, options, {
    onProgress: () => {},
    signal: new AbortController().signal,
  }).catch((error: unknown) => {
    if (error instanceof EngineError) return error.message;
    throw error;
  });
  if (typeof report === 'string') return report;
  const values = report.result.matrices.flatMap((matrix) => [...matrix]);
  const wanted =
    program.batch === null
      ? jacobian
      : sampleBlocks(jacobian, output, input, program.batch.output, program.batch.input);
  const size = Math.max(1e-3, ...jacobian.map(Math.abs));
  const off = Math.max(...wanted.map((value, k) => Math.abs(value - (values[k] ?? Number.NaN)))) / size;
  return [
    ...(values.length === wanted.length && off < 2e-5
      ? []
      : [`${values.length} numbers for ${wanted.length}, off by ${off}`]),
    ...report.strategies.flatMap(({ name, outcome }) => {
      if (outcome.status === 'done')
        return outcome.greatestDifference < 2e-5 ? [] : [`${name} off by ${outcome.greatestDifference}`];
      return outcome.status === 'failed' ? [`${name} fails: ${outcome.message}`] : [];
    }),
  ];
}

/** The blocks of a whole Jacobian in which output and input are of one sample, sample after sample. */
function sampleBlocks(
  jacobian: readonly number[],
  output: readonly number[],
  input: readonly number[],
  outputAxis: number,
  inputAxis: number,
): readonly number[] {
  const shape = [...output, ...input];
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const paired = [outputAxis, output.length + inputAxis];
  const rest = shape.map((_, axis) => axis).filter((axis) => !paired.includes(axis));
  const offsets = rest.reduce<readonly number[]>(
    (all, axis) =>
      all.flatMap((at) => Array.from({ length: shape[axis] ?? 0 }, (_, k) => at + k * (strides[axis] ?? 0))),
    [0],
  );
  const step = paired.reduce((sum, axis) => sum + (strides[axis] ?? 0), 0);
  return Array.from({ length: shape[outputAxis] ?? 0 }, (_, sample) =>
    offsets.map((offset) => jacobian[offset + sample * step] ?? Number.NaN),
  ).flat();
}

/** Shapes of a function of x whose sizes have names: its code, the sizes, and what comes for some numbers. */
type Named = readonly [
  code: string,
  sizes: string,
  results: readonly (readonly [numbers: readonly number[], shape: readonly number[]])[],
];

export interface NamedReport {
  readonly wrong: readonly string[];
  /** The share of results with a shape that is not known. */
  readonly unknownShare: number;
}

/** Traces each function on sizes that are known by name only, and puts numbers in their place. */
export async function checkNamed(file: URL, imports: readonly string[]): Promise<NamedReport> {
  const { named }: { readonly named: readonly Named[] } = JSON.parse(readFileSync(file, 'utf8'));
  const parser = await createParser(await locateWasm());
  const functions = named.map(([code, sizes], k) => `def f${k}(x: Float[Tensor, "${sizes}"]):\n    y${k} = ${code}`);
  const text = [...imports, 'from torch import Tensor', 'from jaxtyping import Float', ...functions].join('\n');
  const traced = tracedText(parser, text);
  const nodes = new Map(traced.bindings.map(({ name, node }) => [name, node]));
  const wrong: string[] = [];
  let unknown = 0;
  named.forEach(([code, sizes, results], k) => {
    const node = nodes.get(`y${k}`) ?? null;
    if (node === null) {
      unknown++;
      if (process.env.SHOW_UNKNOWN !== undefined) console.log('unknown:', code, sizes);
      return;
    }
    const { shape } = nodeAt(traced.graph, node).aval;
    const names = sizes.split(' ').filter((size) => !/^\d/.test(size));
    for (const [numbers, result] of results) {
      const found = shape.map((dim) => numberOf(dim, names, numbers));
      const fits = found.length === result.length && found.every((dim, axis) => dim === null || dim === result[axis]);
      if (!fits)
        wrong.push(
          `${code} of (${sizes}) at ${numbers.join(', ')} is [${result.join(', ')}], not [${found.join(', ')}]`,
        );
    }
  });
  return { wrong, unknownShare: unknown / named.length };
}

/** The dim with numbers for the names; null where another name is in it, which stands for any number. */
function numberOf(dim: D.Dim, names: readonly string[], numbers: readonly number[]): number | null {
  const values = new Map<string, number>();
  for (const [key, name] of D.sizesIn(dim)) {
    const value = numbers[names.indexOf(name)];
    if (value === undefined) return null;
    values.set(key, value);
  }
  const found = D.substitute(dim, values);
  return D.isKnown(found) ? found : null;
}
