import { readFileSync } from 'node:fs';
import { dependence } from '../../language-server/graph/dependence.ts';
import { isKnown } from '../../language-server/graph/dim.ts';
import { isPlain } from '../../language-server/graph/flow.ts';
import { type NodeId, nodeAt } from '../../language-server/graph/graph.ts';
import { type Shape, showShape } from '../../language-server/graph/shape.ts';
import { library } from '../../language-server/library/index.ts';
import type { Value } from '../../language-server/library/values.ts';
import { createParser, type PythonParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { type Trace, trace } from '../../language-server/tracer/trace.ts';

/** What a library gave for an expression: a shape, several, or that it raises; and the type of a single one. */
type Fact = readonly [
  code: string,
  result: readonly number[] | readonly (readonly number[])[] | 'error',
  dtype: string | null,
];

export interface FactReport {
  /** Lines where what is claimed is not what the library gives. */
  readonly wrong: readonly string[];
  /** Of the expressions that give shapes, the share for which none is found. */
  readonly unknownShare: number;
}

/** Traces each expression of a file of facts as `y0 = ...`, `y1 = ...` and compares. */
export async function checkFacts(file: URL, imports: readonly string[]): Promise<FactReport> {
  const { rows }: { readonly rows: readonly Fact[] } = JSON.parse(readFileSync(file, 'utf8'));
  const parser = await createParser(await locateWasm());
  const wrong: string[] = [];
  let unknown = 0;
  // In portions, so that no graph grows too large.
  for (let from = 0; from < rows.length; from += portion) {
    const part = rows.slice(from, from + portion);
    const text = [...imports, ...part.map(([code], k) => `y${k} = ${code}`)].join('\n');
    const traced = tracedText(parser, text);
    if (traced.stopped !== null) wrong.push(`stopped: ${traced.stopped}`);
    const lines = text.split('\n');
    const starts = lines.map((_, line) => lines.slice(0, line).join('\n').length + (line === 0 ? 0 : 1));
    const problems = new Map(traced.problems.map((problem) => [lineAt(starts, problem.origin.start), problem.message]));
    const values = new Map(traced.bindings.map((binding) => [binding.name, binding.value]));
    part.forEach(([code, result, dtype], k) => {
      const value = values.get(`y${k}`);
      const problem = problems.get(imports.length + k);
      const found = value === undefined ? null : describe(traced, value);
      if (result === 'error') {
        if (found !== null) wrong.push(`${code} raises, but is taken for ${found.text}`);
      } else if (problem !== undefined) wrong.push(`${code} is ${JSON.stringify(result)}, but is refused: ${problem}`);
      else if (found === null) {
        unknown++;
        if (process.env.SHOW_UNKNOWN !== undefined)
          console.log('unknown:', code, value?.kind === 'unknown' ? value.reason.text : value?.kind);
      } else if (!found.fits(result))
        wrong.push(`${code} is ${JSON.stringify(result)}, but is taken for ${found.text}`);
      else if (dtype !== null && found.dtype !== null && found.dtype !== dtype)
        wrong.push(`${code} is of ${dtype}, but is taken for ${found.dtype}`);
    });
  }
  return { wrong, unknownShare: unknown / rows.filter(([, result]) => result !== 'error').length };
}

/** A program by itself, with every library. */
export function tracedText(parser: PythonParser, text: string): Trace {
  return trace('facts.py', parser.parse(text).module, { library, findModule: () => null });
}

/** How samples of a batch x move a result: the axes that go with the batch, and on how many samples an element hangs at most. */
type Move = readonly [code: string, shape: readonly number[], axes: readonly number[], most: number];

export interface MoveReport {
  /** Claims that do not hold. */
  readonly wrong: readonly string[];
  /** Of the results whose elements hang on one sample each along an axis, the share for which that is not proved. */
  readonly unprovedShare: number;
}

/** Proves how each expression depends on the samples of x, and compares with what happens. */
export async function checkMoves(
  file: URL,
  imports: readonly string[],
  input: (shape: readonly number[]) => string,
): Promise<MoveReport> {
  const { batching }: { readonly batching: readonly Move[] } = JSON.parse(readFileSync(file, 'utf8'));
  const parser = await createParser(await locateWasm());
  const text = [...imports, ...batching.map(([code, shape], k) => `x = x${k} = ${input(shape)}\ny${k} = ${code}`)].join(
    '\n',
  );
  const traced = tracedText(parser, text);
  const nodes = new Map(
    traced.bindings.flatMap(({ name, node }): [string, NodeId][] => (node === null ? [] : [[name, node]])),
  );
  const wrong: string[] = [];
  let separate = 0;
  let unproved = 0;
  batching.forEach(([code, shape, axes, most], k) => {
    const [x, y] = [nodes.get(`x${k}`), nodes.get(`y${k}`)];
    if (axes.length > 0) separate++;
    if (x === undefined || y === undefined) {
      if (axes.length > 0) unproved++;
      return;
    }
    const flow = dependence(traced.graph, { inputs: [x], outputs: [y] }, 0, 0);
    const claim = `${code} of ${showShape(shape)} is taken for ${JSON.stringify(flow)}, but goes along [${axes.join(', ')}], each element with up to ${most} samples`;
    const proved = flow.kind === 'along' ? flow.axes.filter(isPlain).map(({ axis }) => axis) : [];
    if (axes.length > 0 && proved.length === 0 && flow.kind !== 'constant') {
      unproved++;
      if (process.env.SHOW_UNKNOWN !== undefined) console.log('unproved:', claim);
    }
    switch (flow.kind) {
      case 'constant':
        if (most > 0) wrong.push(claim);
        break;
      case 'along':
        if (most > 1 || proved.some((axis) => !axes.includes(axis))) wrong.push(claim);
        break;
      case 'partial':
        if (most > 1) wrong.push(claim);
        break;
      case 'summed':
      case 'mixed':
        if (most <= 1) wrong.push(claim);
        break;
      case 'unknown':
        break;
    }
  });
  return { wrong, unprovedShare: unproved / separate };
}

const portion = 1000;

function lineAt(starts: readonly number[], offset: number): number {
  let line = 0;
  while ((starts[line + 1] ?? Number.POSITIVE_INFINITY) <= offset) line++;
  return line;
}

interface Found {
  readonly text: string;
  readonly dtype: string | null;
  readonly fits: (result: readonly number[] | readonly (readonly number[])[]) => boolean;
}

/** The shapes of a value; null where they are not known. */
function describe(traced: Trace, value: Value): Found | null {
  if (value.kind === 'tensor') {
    const { shape, dtype } = nodeAt(traced.graph, value.node).aval;
    return { text: showShape(shape), dtype, fits: (result) => sameSizes(shape, result) };
  }
  if (value.kind !== 'tuple' && value.kind !== 'list') return null;
  if (value.items.every((item) => item.kind === 'int') && value.items.length > 0) {
    const sizes = value.items.flatMap((item) => (item.kind === 'int' ? [item.value] : []));
    return { text: showShape(sizes), dtype: null, fits: (result) => sameSizes(sizes, result) };
  }
  const items = value.items.map((item) => describe(traced, item));
  const known = items.flatMap((item) => (item === null ? [] : [item]));
  if (known.length < items.length) return null;
  return {
    text: `[${known.map((item) => item.text).join(', ')}]`,
    dtype: null,
    fits: (result) =>
      result.length === known.length && known.every((item, k) => Array.isArray(result[k]) && item.fits(result[k])),
  };
}

/** Sizes that are known by name only fit any number. */
function sameSizes(shape: Shape, result: readonly number[] | readonly (readonly number[])[]): boolean {
  return shape.length === result.length && shape.every((dim, axis) => !isKnown(dim) || dim === result[axis]);
}
