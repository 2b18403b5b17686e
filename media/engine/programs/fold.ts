import { type Node, type NodeId, nodeAt } from '../../../language-server/graph/graph.ts';
import { elementwise } from '../../../language-server/graph/primitives/elementwise.ts';
import { numbers, product } from '../concrete.ts';
import type { Emitter } from '../emitter.ts';
import { flopsOf, type Schedule, type Step } from '../schedule.ts';
import { canWrite } from './generate.ts';

/**
 * Which nodes get a program of their own; all others are folded into the programs that use them, and computed as often
 * as these need them. Null where a node cannot be written as a program at all. `drawCost` is what a program costs beside
 * its arithmetic, in operations.
 */
export function folded(
  g: Emitter,
  { steps, result }: Schedule,
  layers: number,
  drawCost: number,
): readonly NodeId[] | null {
  if (steps.some(({ node }) => !canWrite(node))) return null;
  const roots: NodeId[] = [];
  const wanted = new Map<NodeId, number>([[result, sizeOf(nodeAt(g, result))]]);
  // Users come after what they use: from the back, every user of a node has been decided before it.
  for (const { node } of steps.toReversed()) {
    const evaluations = wanted.get(node.id) ?? 0;
    const size = sizeOf(node);
    const cost = costOf(g, node);
    const own = node.id === result || evaluations * cost > size * (cost + 1) + drawCost;
    if (own) roots.push(node.id);
    const times = own ? size : evaluations;
    node.operands.forEach((operand, k) => {
      wanted.set(
        operand,
        (wanted.get(operand) ?? 0) + times * needs(g, node, k, own || evaluations === size ? layers : 1),
      );
    });
  }
  return moved(steps, roots.reverse());
}

/** Roots moved past what is done to each of their elements alone, where all else comes after it: done once, not at every load. */
function moved(steps: readonly Step[], roots: readonly NodeId[]): readonly NodeId[] {
  const last = new Map<NodeId, number>();
  steps.forEach(({ node }, at) => {
    for (const operand of node.operands) last.set(operand, at);
  });
  const past = (root: NodeId): NodeId => {
    const begin = steps.findIndex(({ node }) => node.id === root);
    const inside = new Set([root]);
    let exit = root;
    // How far the uses reach of what lies before.
    let reach = last.get(root) ?? begin;
    for (let at = begin + 1; at <= reach; at++) {
      const node = steps[at]?.node;
      if (node === undefined || !node.operands.some((operand) => inside.has(operand))) continue;
      if (!sameElements(node, steps[begin]?.node)) break;
      inside.add(node.id);
      if (at === reach) exit = node.id;
      reach = Math.max(reach, last.get(node.id) ?? at);
    }
    return exit;
  };
  return [...new Set(roots.map(past))].sort((a, b) => a - b);
}

/** Whether each element of a node comes from one element of a node that it uses. */
function sameElements(node: Node, used: Node | undefined): boolean {
  const { name } = node.op;
  const alone = name in elementwise || name === 'reshape' || name === 'convert';
  return alone && used !== undefined && sizeOf(node) === sizeOf(used);
}

function sizeOf(node: Node): number {
  return product(numbers(node.aval.shape));
}

/** Operations for one element, what is loaded included. */
function costOf(g: Emitter, node: Node): number {
  const size = Math.max(1, sizeOf(node));
  const flops = flopsOf(g, node) / size;
  // Outside a program of its own a product runs element by element.
  const { name } = node.op;
  const slow = name === 'dot_general' || name === 'conv' || name.startsWith('reduce') ? 4 : 1;
  return flops * slow + node.operands.length;
}

/** How many of operand k's elements are evaluated for one element of the node. */
function needs(g: Emitter, { op, operands, aval }: Node, k: number, layers: number): number {
  if (op.name in elementwise) return 1;
  if (op.name === 'dot_general') {
    const left = operands[0] === undefined ? [] : numbers(g.shape(operands[0]));
    const terms = product(op.params.contract[0].map((axis) => left[axis] ?? 1));
    // A texel of the one serves four columns, one of the other all rows of a fragment.
    return layers === 1 ? terms : terms / (k === 0 ? 4 : layers);
  }
  if (op.name === 'conv') {
    const weight = operands[1] === undefined ? [] : numbers(g.shape(operands[1]));
    const [out, into] = weight;
    const channels = (op.params.transposed === null ? into : (out ?? 1) / op.params.groups) ?? 1;
    const terms = channels * product(weight.slice(2));
    // Four neighbours are had at once, and each weight serves them all.
    return layers === 1 ? terms : terms / 4;
  }
  if (op.name === 'reduce_window') return product(op.params.window);
  if (op.name.startsWith('reduce')) {
    const operand = operands[k];
    return operand === undefined ? 1 : sizeOf(nodeAt(g, operand)) / Math.max(1, product(numbers(aval.shape)));
  }
  return 1;
}
