import { readFileSync } from 'node:fs';
import { type NodeId, nodeAt, reachable } from '../../language-server/graph/graph.ts';
import { library } from '../../language-server/library/index.ts';
import { createParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { type Trace, trace } from '../../language-server/tracer/trace.ts';
import { evaluate, type Values } from '../../media/engine/reference.ts';
import { EngineError } from '../../media/engine/report.ts';

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
  const traced = trace('facts.py', parser.parse(text).module, {
    library,
    findModule: () => null,
  });
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
