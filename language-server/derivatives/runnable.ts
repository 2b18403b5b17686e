import { type GraphBuilder, nodeId } from '../graph/builder.ts';
import { dependence } from '../graph/dependence.ts';
import * as D from '../graph/dim.ts';
import { isPlain } from '../graph/flow.ts';
import {
  type Node,
  type NodeId,
  nodeAt,
  type Region,
  reachable,
  regionNodes,
  regionOf,
  withRegion,
} from '../graph/graph.ts';
import type { Program, ProgramSource } from '../graph/program.ts';
import { dimAt } from '../graph/shape.ts';
import { wholeFunction } from './mapped.ts';
import type { Occurrence } from './occurrence.ts';

/**
 * What is run for a derivative: the Jacobian of the function over the batch, each sample by itself where that is
 * proved, whatever way the program takes it in. Writes to the graph where a `vmap` has to be made part of the function.
 * @param weights the names of weights, where other than their own
 */
export function programOf(
  build: GraphBuilder,
  occurrence: Occurrence,
  weights: ReadonlyMap<NodeId, string>,
  source: ProgramSource,
): Program {
  const { region, wrt, actual } = wholeFunction(build, occurrence);
  const { output, batch } = perSample(build, region, wrt);
  const outer = { inputs: region.inputs, outputs: [output] };
  const needed = withRegions(build, [output, ...region.inputs, ...actual]);
  const ids = new Map(needed.map((id, k) => [id, nodeId(k)]));
  const renumbered = (id: NodeId): NodeId => {
    const own = ids.get(id);
    if (own === undefined) throw new RangeError(`node ${id} was left behind`);
    return own;
  };
  const dependent = new Set(regionNodes(build, outer));
  const nodes = needed.map((id) => rewritten(named(nodeAt(build, id), weights.get(id)), renumbered));
  return {
    graph: { nodes },
    region: { inputs: outer.inputs.map(renumbered), outputs: outer.outputs.map(renumbered) },
    wrt,
    derivative: 'jacobian',
    batch,
    inputs: actual.map(renumbered),
    names: needed.flatMap((id) => {
      const name = weights.get(id);
      const isOwn = dependent.has(id) || nodeAt(build, id).op.name === 'parameter';
      return name === undefined || isOwn ? [] : [{ name, node: renumbered(id) }];
    }),
    sizes: sizesOf(nodes),
    source,
  };
}

/** What some nodes are computed from, the inputs of the regions among them included, in order. */
function withRegions(build: GraphBuilder, wanted: readonly NodeId[]): readonly NodeId[] {
  const needed = reachable(build, wanted);
  const all = new Set([...needed, ...needed.flatMap((id) => regionOf(nodeAt(build, id))?.inputs ?? [])]);
  return all.size === needed.length ? needed : withRegions(build, [...all]);
}

/** The output with the samples apart: what was summed over the batch, where that is what was differentiated. */
function perSample(
  build: GraphBuilder,
  region: Region,
  wrt: number,
): { readonly output: NodeId; readonly batch: Program['batch'] } {
  const [given] = region.outputs;
  const input = region.inputs[wrt];
  if (given === undefined || input === undefined) throw new RangeError('a function without output or input');
  if (build.rank(input) === 0) return { output: given, batch: null };
  for (let output = given; ; ) {
    const flow = dependence(build, { inputs: region.inputs, outputs: [output] }, wrt, 0);
    const along = flow.kind === 'along' ? flow.axes.find(isPlain) : undefined;
    if (along !== undefined) return { output, batch: { input: 0, output: along.axis } };
    const node = nodeAt(build, output);
    const [summand] = node.operands;
    const batch = dimAt(build.shape(input), 0);
    const sumsBatch =
      flow.kind === 'summed' &&
      node.op.name === 'reduce_sum' &&
      node.op.params.axes.length === 1 &&
      summand !== undefined &&
      D.equal(dimAt(build.shape(summand), node.op.params.axes[0] ?? 0), batch);
    if (!sumsBatch) return { output: given, batch: null };
    output = summand;
  }
}

function named(node: Node, name: string | undefined): Node {
  const { op } = node;
  return op.name !== 'parameter' || name === undefined
    ? node
    : { ...node, op: { name: op.name, params: { ...op.params, name } } };
}

function rewritten(node: Node, renumbered: (id: NodeId) => NodeId): Node {
  const region = regionOf(node);
  const moved = region && {
    inputs: region.inputs.map(renumbered),
    outputs: region.outputs.map(renumbered),
  };
  return {
    ...node,
    id: renumbered(node.id),
    operands: node.operands.map(renumbered),
    op: moved === null ? node.op : withRegion(node.op, moved),
  };
}

/** The named sizes anywhere in the nodes, which have to be given a number. */
function sizesOf(nodes: readonly Node[]): Program['sizes'] {
  const found = new Map<string, string>();
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    if (isSymbolic(part)) {
      for (const [key, name] of D.sizesIn(part)) found.set(key, name);
      return;
    }
    for (const inner of Object.values(part)) visit(inner);
  };
  for (const { aval, op } of nodes) {
    visit(aval);
    visit(op.params);
  }
  return [...found].map(([key, name]) => ({ key, name }));
}

function isSymbolic(part: object): part is D.SymbolicDim {
  return 'terms' in part && Array.isArray(part.terms);
}
