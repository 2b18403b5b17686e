import { type Graph, type Node, type NodeId, nodeAt, type Region, reachable, regionOf } from './graph.ts';
import { isFloating } from './shape.ts';

/** What gets through an operation: rows going backwards, columns going forwards, or the record that torch keeps. */
export type Along = 'reverse' | 'forward' | 'record';

/** What an operation does to the derivative that comes to it; `flat`: it makes it zero. */
export type Passage = 'open' | 'flat' | 'blocked' | 'unknown';

export function passageOf({ op, aval, gradMode }: Node, along: Along): Passage {
  if (gradMode === 'own') return 'unknown';
  // Tangents pass where nothing is recorded.
  const isOff = along === 'forward' ? gradMode === 'inference' : gradMode !== 'enabled';
  if (isOff || !isFloating(aval.dtype)) return 'blocked';
  switch (op.name) {
    case 'stop_gradient':
      return 'blocked';
    case 'sign':
    case 'floor':
    case 'ceil':
    case 'round':
    case 'trunc':
      return along === 'record' ? 'open' : 'flat';
    case 'jacobian':
    case 'vjp':
    case 'jvp':
      return op.params.differentiable ? 'open' : 'blocked';
    // PyTorch has no derivative for it, JAX has zero.
    case 'floor_divide':
    case 'opaque':
      return 'unknown';
    default:
      return 'open';
  }
}

/** How far a derivative gets from an input to a value. */
export type Reach =
  /** The value does not hang on the input. */
  | { readonly kind: 'none' }
  /** Some way is open. */
  | { readonly kind: 'open' }
  /** It hangs on the input, but every way is closed; these close them first. */
  | { readonly kind: 'closed'; readonly by: readonly NodeId[] }
  /** It gets to an operation of which nobody knows what it does to it; null where it goes too deep to be followed. */
  | { readonly kind: 'unknown'; readonly by: NodeId | null };

const none: Reach = { kind: 'none' };

/** How far derivatives get from one of the region's inputs to its output. */
export function reach(graph: Graph, { inputs, outputs }: Region, wrt: number, along: Along): Reach {
  const [source, output] = [inputs[wrt], outputs[0]];
  if (source === undefined || output === undefined) return none;
  return follow(graph, new Map([[source, { kind: 'open' }]]), output, along, mostRegions);
}

/** Functions of functions of functions, so deep: what is deeper is unknown. */
const mostRegions = 8;

function follow(graph: Graph, seeds: ReadonlyMap<NodeId, Reach>, target: NodeId, along: Along, depth: number): Reach {
  if (depth === 0) return { kind: 'unknown', by: null };
  const known = new Map(seeds);
  const first = Math.min(...seeds.keys());
  const reachOf = (id: NodeId): Reach => known.get(id) ?? none;
  for (const id of reachable(graph, [target], [...seeds.keys()], first)) {
    if (seeds.has(id)) continue;
    const node = nodeAt(graph, id);
    const region = regionOf(node);
    const operands = node.operands.map(reachOf);
    // What stands for a region's inputs comes in through the region alone.
    const sources =
      region === null ? operands : [inside(node, region, operands), ...operands.slice(region.inputs.length)];
    known.set(id, through(node, meet(sources), along));
  }
  return reachOf(target);

  /** A region's output, whose inputs stand for the operands. What goes backwards in it does so whatever goes on outside. */
  function inside({ op }: Node, region: Region, operands: readonly Reach[]): Reach {
    const [output] = region.outputs;
    if (output === undefined) return none;
    const fresh = region.inputs.flatMap((input, k): [NodeId, Reach][] => {
      const own = operands[k] ?? none;
      // What was differentiated afterwards stands for itself.
      return own.kind === 'none' || reachOf(input) === own ? [] : [[input, own]];
    });
    const isBackwards = op.name === 'vjp' || (op.name === 'jacobian' && op.params.mode === 'reverse');
    const own = isBackwards && along === 'forward' ? 'reverse' : along;
    if (fresh.length === 0 && own === along) return reachOf(output);
    return follow(graph, new Map([...seeds, ...fresh]), output, own, depth - 1);
  }
}

/** What comes to an operation by any of its operands. */
function meet(all: readonly Reach[]): Reach {
  const found = (kind: Reach['kind']): Reach | undefined => all.find((each) => each.kind === kind);
  const by = all.flatMap((each) => (each.kind === 'closed' ? each.by : []));
  return found('open') ?? found('unknown') ?? (by.length === 0 ? none : { kind: 'closed', by: [...new Set(by)] });
}

function through(node: Node, before: Reach, along: Along): Reach {
  if (before.kind !== 'open') return before;
  switch (passageOf(node, along)) {
    case 'open':
      return before;
    case 'unknown':
      return { kind: 'unknown', by: node.id };
    case 'flat':
    case 'blocked':
      return { kind: 'closed', by: [node.id] };
  }
}
