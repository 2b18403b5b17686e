import { type Node, type NodeId, nodeAt } from '../../language-server/graph/graph.ts';
import type { Program } from '../../language-server/graph/program.ts';
import { ShapeError, Undecided } from '../../language-server/graph/shape.ts';
import { number, numbers, sizeAt, sizesOf } from './concrete.ts';
import { expandInto, reverseRows } from './differentiate.ts';
import { Emitter } from './emitter.ts';
import { perSample } from './layout.ts';
import { drawLeaves, type GivenValues } from './leaves.ts';
import { evaluate, type Values } from './reference.ts';
import { EngineError } from './report.ts';

/** The function whose Jacobian is computed, written out in a graph of its own, with values for its leaves. */
export interface Subject {
  readonly g: Emitter;
  readonly input: NodeId;
  readonly output: NodeId;
  /** Where the samples lie in the input and the output; null: no batch. */
  readonly batch: Batch | null;
  /** Of leaves of `g`, in float32 precision. */
  readonly values: ReadonlyMap<NodeId, Values>;
  /** Sizes of one sample's output and input; a Hessian's outputs include the inner derivative's inputs. */
  readonly outputs: readonly number[];
  readonly inputs: readonly number[];
  readonly samples: number;
  readonly order: 1 | 2;
  /** Names of leaves whose values nobody knows, which were drawn. */
  readonly unknown: readonly string[];
}

export interface Batch {
  readonly input: number;
  readonly output: number;
}

/**
 * Writes out what a program (with numbers for all sizes) differentiates. A Hessian is the Jacobian of the gradient by
 * reverse mode. Throws EngineError for unsupported operators and sizes that do not fit.
 */
export function subjectOf(program: Program, seed: number, givenValues: GivenValues = {}): Subject {
  const { graph, region, wrt } = program;
  const empty = graph.nodes.find(({ aval }) => numbers(aval.shape).includes(0));
  if (empty !== undefined) throw new EngineError({ kind: 'zero-size', name: nameOf(empty) });
  const output = region.outputs[0];
  const differentiated = region.inputs[wrt];
  if (output === undefined || differentiated === undefined) throw new RangeError('a program without output or input');
  try {
    return written(program, differentiated, output, seed, givenValues);
  } catch (error) {
    if (error instanceof ShapeError || error instanceof Undecided) {
      throw new EngineError({ kind: 'does-not-fit', detail: error.message, origin: null });
    }
    throw error;
  }
}

function written(
  program: Program,
  differentiated: NodeId,
  target: NodeId,
  seed: number,
  givenValues: GivenValues,
): Subject {
  const { graph, region } = program;
  const g = new Emitter();
  const mapped = new Map<NodeId, NodeId>();
  // Leaves first, so that every copy of a region shares them.
  for (const node of graph.nodes) {
    const { name } = node.op;
    if (name === 'input' || name === 'parameter' || name === 'random' || name === 'data') {
      mapped.set(
        node.id,
        g.during(node.origin, () => g.again(node.op, [])),
      );
    }
  }
  // The arguments are values that are given, not part of what is timed.
  const given = region.inputs.map((input, k) => expandInto(g, graph, [program.inputs[k] ?? input], new Map(mapped))[0]);
  const values = drawLeaves(g, [...mapped.values(), ...given.filter((id) => id !== undefined)], seed, givenValues);
  region.inputs.forEach((input, k) => {
    const { op, aval } = nodeAt(graph, input);
    const leaf = g.emit('input', { name: 'name' in op.params ? op.params.name : 'input', aval });
    const source = given[k];
    const [value] = source === undefined ? [] : evaluate(g, [source], values);
    if (value !== undefined) values.set(leaf, { shape: value.shape, data: value.data.map(Math.fround) });
    mapped.set(input, leaf);
  });
  const input = mapped.get(differentiated);
  const [primal] = expandInto(g, graph, [target], mapped);
  if (input === undefined || primal === undefined) throw new RangeError('the function was not copied');
  const { batch } = program;
  const unknown = graph.nodes.flatMap(({ op }) => (op.name === 'data' ? [op.params.name] : []));
  const inputs = withoutAxis(sizesOf(g, input), batch?.input ?? null);
  const samples = batch === null ? 1 : sizeAt(g, input, batch.input);
  const base = { g, input, values, inputs, samples, unknown };
  if (program.derivative === 'jacobian') {
    return {
      ...base,
      output: primal,
      batch,
      outputs: withoutAxis(sizesOf(g, primal), batch?.output ?? null),
      order: 1,
    };
  }
  const apart = g.shape(primal).map((_, axis) => axis !== batch?.output);
  const outputs = withoutAxis(sizesOf(g, primal), batch?.output ?? null);
  const gradient = perSample(g, reverseRows(g, primal, input, apart), batch, outputs, inputs);
  return {
    ...base,
    output: gradient,
    batch: batch === null ? null : { input: batch.input, output: 0 },
    outputs: [...outputs, ...inputs],
    order: 2,
  };
}

function withoutAxis(sizes: readonly number[], axis: number | null): readonly number[] {
  return sizes.filter((_, k) => k !== axis);
}

function nameOf({ op, aval }: Node): string {
  const name = 'name' in op.params ? op.params.name : op.name;
  return `${name} (${aval.shape.map(number).join(', ')})`;
}
