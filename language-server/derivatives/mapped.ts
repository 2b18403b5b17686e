import type { GraphBuilder } from '../graph/builder.ts';
import * as D from '../graph/dim.ts';
import {
  type Graph,
  type Node,
  type NodeId,
  nodeAt,
  type Origin,
  type Region,
  reachable,
  regionNodes,
} from '../graph/graph.ts';
import type { Occurrence } from './occurrence.ts';

/** Derivatives that a `vmap` or a loop around them takes sample by sample, seen over the whole batch. */

/** The `vmap` nodes of the same call that a derivative node stands in, innermost first. */
export function mapsAround(graph: Graph, node: Node): readonly Node<'vmap'>[] {
  const around: Node<'vmap'>[] = [];
  for (let inner = node; ; ) {
    const outer = mapsOf(graph).find(
      (each) =>
        each.id > inner.id &&
        sameCall(each.origin, node.origin) &&
        !around.some((known) => known.id === each.id) &&
        regionNodes(graph, each.op.params.region).includes(inner.id),
    );
    if (outer === undefined) return around;
    around.push(outer);
    inner = outer;
  }
}

/** The `vmap` nodes of each graph as far as it was read; graphs only grow, and most derivatives stand in none. */
const maps = new WeakMap<Graph, { read: number; readonly nodes: Node<'vmap'>[] }>();

function mapsOf(graph: Graph): readonly Node<'vmap'>[] {
  const known = maps.get(graph) ?? { read: 0, nodes: [] };
  maps.set(graph, known);
  for (const node of graph.nodes.slice(known.read)) if (isMap(node)) known.nodes.push(node);
  known.read = graph.nodes.length;
  return known.nodes;
}

function isMap(node: Node): node is Node<'vmap'> {
  return node.op.name === 'vmap';
}

function sameCall(a: Origin, b: Origin): boolean {
  return a.file === b.file && a.start <= b.start && b.end <= a.end && a.calls.length <= b.calls.length;
}

/** The node of what the whole call gives: the outermost `vmap` around the derivative, or that with its axes where the call puts them. */
export function resultOf(graph: Graph, node: Node): Node {
  const outermost = mapsAround(graph, node).at(-1);
  if (outermost !== undefined) return outermost;
  const next = graph.nodes[node.id + 1];
  const isMoved = next?.op.name === 'transpose' && next.operands[0] === node.id;
  return isMoved && sameCall(next.origin, node.origin) && sameCall(node.origin, next.origin) ? next : node;
}

/** The entry of a tensor's first axis that the loop's turn picks: what is differentiated by, one sample at a time. */
export function sampleOf(graph: Graph, occurrence: Occurrence): Node | null {
  const turn = occurrence.derivative.origin.loops.at(-1)?.turn;
  if (turn === undefined) return null;
  for (let node = nodeAt(graph, occurrence.primal); ; ) {
    const [first] = node.operands;
    if (first === undefined) return null;
    if (node.op.name === 'take' && node.op.params.axis === 0) {
      const { index } = node.op.params;
      return index === 'loop' || !D.isKnown(index) || turn === 'any' || index === turn ? node : null;
    }
    if (node.op.name === 'slice') {
      const { starts, limits } = node.op.params;
      const [start, limit] = [starts[0], limits[0]];
      return start !== undefined &&
        limit !== undefined &&
        D.equal(D.sub(limit, start), 1) &&
        (turn === 'any' || start === turn)
        ? node
        : null;
    }
    if (!['reshape', 'broadcast_in_dim', 'convert', 'stop_gradient'].includes(node.op.name)) return null;
    node = nodeAt(graph, first);
  }
}

/** A function over the whole batch, and which of its inputs is differentiated. */
export interface WholeFunction {
  readonly region: Region;
  readonly wrt: number;
  /** The values that the program gives the region's inputs. */
  readonly actual: readonly NodeId[];
}

/** The differentiated function with every `vmap` or loop over samples around the derivative made part of it. */
export function wholeFunction(build: GraphBuilder, occurrence: Occurrence): WholeFunction {
  const { node, region, wrt } = occurrence;
  const start: WholeFunction = {
    region: { inputs: region.inputs, outputs: region.outputs.slice(0, 1) },
    wrt,
    actual: node.operands.slice(0, region.inputs.length),
  };
  const around = mapsAround(build, node);
  const sample = around.length === 0 ? sampleOf(build, occurrence) : null;
  if (sample?.op.name === 'take') return overLoop(build, start, sample.operands[0] ?? sample.id);
  return around.reduce((inner, outer) => lifted(build, inner, outer), start);
}

/** A function of the sample that a loop picks as a function of all that it goes through. */
function overLoop(build: GraphBuilder, inner: WholeFunction, source: NodeId): WholeFunction {
  const { region, wrt } = inner;
  const [output] = region.outputs;
  const input = region.inputs[wrt];
  if (output === undefined || input === undefined) return inner;
  const { op } = nodeAt(build, input);
  const fresh = region.inputs.map((other, k) =>
    k === wrt ? build.input(op.name === 'input' ? op.params.name : 'x', build.aval(source)) : other,
  );
  const params = {
    region: { inputs: region.inputs, outputs: [output] },
    inAxes: region.inputs.map((_, k) => (k === wrt ? 0 : null)),
    outAxis: 0,
    output: build.aval(output),
  };
  const mapped = build.emit('vmap', params, fresh);
  return {
    region: { inputs: fresh, outputs: [mapped] },
    wrt,
    actual: inner.actual.map((value, k) => (k === wrt ? source : value)),
  };
}

/** A function of one sample as a function of all, mapped as `outer` maps what stands around its derivative. */
function lifted(build: GraphBuilder, inner: WholeFunction, outer: Node<'vmap'>): WholeFunction {
  const { params } = outer.op;
  const [output] = inner.region.outputs;
  if (output === undefined) return inner;
  /** Where each input of the function comes from: an operand of the map with its axis, or a value that all samples share. */
  const sources = inner.actual.map((value) => {
    const k = params.region.inputs.indexOf(value);
    return { axis: k < 0 ? null : (params.inAxes[k] ?? null), actual: k < 0 ? value : (outer.operands[k] ?? value) };
  });
  const fresh = inner.region.inputs.map((input, k) => {
    const { op } = nodeAt(build, input);
    const name = op.name === 'input' ? op.params.name : 'x';
    return build.input(name, build.aval(sources[k]?.actual ?? input));
  });
  // What the function takes of the map's other values, it takes sample by sample as well.
  const behind = new Set(reachable(build, [output], inner.region.inputs));
  const captured = params.region.inputs.flatMap((input, k) => (behind.has(input) ? [{ input, k }] : []));
  const mapped = build.emit(
    'vmap',
    {
      region: { inputs: [...inner.region.inputs, ...captured.map(({ input }) => input)], outputs: [output] },
      inAxes: [...sources.map(({ axis }) => axis), ...captured.map(({ k }) => params.inAxes[k] ?? null)],
      outAxis: 0,
      output: build.aval(output),
    },
    [...fresh, ...captured.flatMap(({ k }) => outer.operands[k] ?? [])],
  );
  return {
    region: { inputs: fresh, outputs: [mapped] },
    wrt: inner.wrt,
    actual: sources.map(({ actual }) => actual),
  };
}
