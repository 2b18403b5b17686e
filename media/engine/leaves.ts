import type { Graph, Node, NodeId, Origin } from '../../language-server/graph/graph.ts';
import { nodeAt, reachable, regionOf } from '../../language-server/graph/graph.ts';
import type { Distribution, Initializer } from '../../language-server/graph/primitives/leaves.ts';
import type { Program } from '../../language-server/graph/program.ts';
import { type Aval, isFloating, type Shape } from '../../language-server/graph/shape.ts';
import { numbers, product } from './concrete.ts';
import type { Values } from './reference.ts';
import { EngineError } from './report.ts';

/** Numbers in [0, 1) from a seed: SplitMix32, the same on every machine. */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 4294967296;
  };
}

/** Values in float32 precision, drawn from a distribution. */
function draw(shape: readonly number[], distribution: Initializer, seed: number): Values {
  const next = uniforms(seed);
  const data = new Float64Array(product(shape));
  switch (distribution.kind) {
    case 'full':
      data.fill(distribution.value);
      break;
    case 'uniform':
      for (let k = 0; k < data.length; k++)
        data[k] = distribution.low + (distribution.high - distribution.low) * next();
      break;
    case 'normal':
      // Box and Muller's transform, one number of each pair.
      for (let k = 0; k < data.length; k++) {
        const radius = Math.sqrt(-2 * Math.log(1 - next()));
        data[k] = distribution.mean + distribution.std * radius * Math.cos(2 * Math.PI * next());
      }
      break;
    case 'integers':
      for (let k = 0; k < data.length; k++)
        data[k] = Math.floor(distribution.low + (distribution.high - distribution.low) * next());
      break;
    case 'permutation':
      for (let k = 0; k < data.length; k++) {
        const j = Math.floor(next() * (k + 1));
        data[k] = data[j] ?? k;
        data[j] = k;
      }
      break;
  }
  return { shape, data: data.map(Math.fround) };
}

/** Values of leaves by their names. */
export type GivenValues = Readonly<Record<string, ArrayLike<number>>>;

/** A value that a program needs and that has a name by which it can be given. */
export interface NamedLeaf {
  readonly name: string;
  readonly role: 'input' | 'weight' | 'data';
  /** Sizes may still be names. */
  readonly shape: Shape;
}

/** What was given for a tensor, in float32 precision. Throws EngineError where it has the wrong number of entries. */
export function givenValue(entries: ArrayLike<number>, aval: Aval, origin: Origin): Values {
  const shape = numbers(aval.shape);
  if (entries.length !== product(shape)) {
    const detail = `${entries.length} values were given for a tensor of shape (${shape.join(', ')})`;
    throw new EngineError({ kind: 'does-not-fit', detail, origin });
  }
  return { shape, data: Float64Array.from(entries, Math.fround) };
}

/** The name by which a node's value can be given; null where it has none. */
export function nameOf({ op }: Node): string | null {
  return op.name === 'input' || op.name === 'parameter' || op.name === 'data' ? op.params.name : null;
}

/** The function's inputs, and what else of what it needs has a name, in the order of the program. */
export function namedLeaves({ graph, region, names }: Program): readonly NamedLeaf[] {
  const inner = innerInputs(graph);
  const given = new Map(names.map(({ name, node }) => [node, name]));
  const stops = [...region.inputs, ...given.keys()];
  const needed = reachable(graph, region.outputs, stops).filter((id) => !inner.has(id));
  return [...new Set([...region.inputs, ...needed])].flatMap((id): NamedLeaf[] => {
    const node = nodeAt(graph, id);
    const name = given.get(id) ?? nameOf(node) ?? (region.inputs.includes(id) ? 'input' : null);
    if (name === null) return [];
    const role =
      region.inputs.includes(id) || node.op.name === 'input' ? 'input' : node.op.name === 'data' ? 'data' : 'weight';
    return [{ name, role, shape: node.aval.shape }];
  });
}

/** What functions inside the program are called with: the values of these come from there. */
export function innerInputs(graph: Graph): ReadonlySet<NodeId> {
  return new Set(graph.nodes.flatMap((node) => regionOf(node)?.inputs ?? []));
}

const standardNormal: Distribution = { kind: 'normal', mean: 0, std: 1 };

/**
 * Values for the leaves that `outputs` need: weights from their initial distributions, inputs and unknown data
 * standard normal (integers and bools: zero). Each leaf has its own stream, so none depends on what else is drawn.
 * `given` holds what need not be drawn.
 */
export function drawLeaves(
  graph: Graph,
  outputs: readonly NodeId[],
  seed: number,
  given: ReadonlyMap<NodeId, Values>,
): Map<NodeId, Values> {
  const values = new Map<NodeId, Values>();
  for (const id of reachable(graph, outputs)) {
    const { op } = nodeAt(graph, id);
    const known = given.get(id);
    if (known !== undefined) {
      values.set(id, known);
      continue;
    }
    const own = seed + Math.imul(values.size + 1, 0x85ebca6b);
    const free = ({ shape, dtype }: Aval): Values =>
      draw(numbers(shape), isFloating(dtype) ? standardNormal : { kind: 'full', value: 0 }, own);
    switch (op.name) {
      case 'input':
      case 'data':
        values.set(id, free(op.params.aval));
        break;
      case 'parameter':
        values.set(id, draw(numbers(op.params.aval.shape), op.params.init, own));
        break;
      case 'random':
        values.set(id, draw(numbers(op.params.shape), op.params.distribution, own));
        break;
    }
  }
  return values;
}
