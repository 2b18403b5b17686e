import { type Node, type NodeId, nodeAt, reachable } from '../../language-server/graph/graph.ts';
import type { Program } from '../../language-server/graph/program.ts';
import { ShapeError, Undecided } from '../../language-server/graph/shape.ts';
import { number, numbers, sizeAt, sizesOf } from './concrete.ts';
import { expandInto, reverseRows } from './differentiate.ts';
import { Emitter } from './emitter.ts';
import { perSample } from './layout.ts';
import { drawLeaves, type GivenValues, givenValue, innerInputs, nameOf } from './leaves.ts';
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
  /** Names of leaves whose values were given. */
  readonly given: readonly string[];
  /** The values that have a name, in float32 precision. */
  readonly named: readonly { readonly name: string; readonly value: Values }[];
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
  if (empty !== undefined) throw new EngineError({ kind: 'zero-size', name: described(empty) });
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
  const given = new Map<NodeId, Values>();
  const named: { name: string; leaf: NodeId }[] = [];
  const known = (name: string, { aval, origin }: Node): Values | null => {
    const entries = Object.hasOwn(givenValues, name) ? givenValues[name] : undefined;
    return entries === undefined ? null : givenValue(entries, aval, origin);
  };
  const inner = innerInputs(graph);
  // Leaves first, so that every copy of a region shares them.
  for (const node of graph.nodes) {
    const kind = node.op.name;
    if (kind !== 'input' && kind !== 'parameter' && kind !== 'random' && kind !== 'data') continue;
    const leaf = g.during(node.origin, () => g.again(node.op, []));
    mapped.set(node.id, leaf);
    const name = nameOf(node);
    if (name === null || inner.has(node.id) || region.inputs.includes(node.id)) continue;
    named.push({ name, leaf });
    const value = known(name, node);
    if (value !== null) given.set(leaf, value);
  }
  const needed = new Set(reachable(graph, region.outputs, region.inputs));
  for (const { name, node } of program.names) {
    if (!needed.has(node)) continue;
    const value = known(name, nodeAt(graph, node));
    const [leaf] =
      value === null
        ? expandInto(g, graph, [node], new Map(mapped))
        : [g.emit('input', { name, aval: nodeAt(graph, node).aval })];
    if (leaf === undefined) continue;
    named.push({ name, leaf });
    if (value === null) continue;
    given.set(leaf, value);
    mapped.set(node, leaf);
  }
  // The arguments are values that are given, not part of what is timed.
  const sources = region.inputs.map(
    (input, k) => expandInto(g, graph, [program.inputs[k] ?? input], new Map(mapped))[0],
  );
  const values = drawLeaves(g, [...mapped.values(), ...sources.filter((id) => id !== undefined)], seed, given);
  region.inputs.forEach((input, k) => {
    const node = nodeAt(graph, input);
    const name = nameOf(node) ?? 'input';
    const leaf = g.emit('input', { name, aval: node.aval });
    const source = sources[k];
    const own = known(name, node);
    if (own !== null) given.set(leaf, own);
    const [value] = own !== null ? [own] : source === undefined ? [] : evaluate(g, [source], values);
    if (value !== undefined) values.set(leaf, { shape: value.shape, data: value.data.map(Math.fround) });
    mapped.set(input, leaf);
    named.push({ name, leaf });
  });
  const input = mapped.get(differentiated);
  const [primal] = expandInto(g, graph, [target], mapped);
  if (input === undefined || primal === undefined) throw new RangeError('the function was not copied');
  const { batch } = program;
  const unknown = graph.nodes.flatMap(({ id, op }) =>
    op.name === 'data' && !given.has(mapped.get(id) ?? id) ? [op.params.name] : [],
  );
  const inputs = withoutAxis(sizesOf(g, input), batch?.input ?? null);
  const samples = batch === null ? 1 : sizeAt(g, input, batch.input);
  const base = {
    g,
    input,
    values,
    inputs,
    samples,
    unknown,
    named: named.flatMap(({ name, leaf }) => evaluate(g, [leaf], values).map((value) => ({ name, value }))),
    given: named.flatMap(({ name, leaf }) => (given.has(leaf) ? [name] : [])),
  };
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

function described({ op, aval }: Node): string {
  const name = 'name' in op.params ? op.params.name : op.name;
  return `${name} (${aval.shape.map(number).join(', ')})`;
}
