import { nodeId } from '../../graph/builder.ts';
import * as D from '../../graph/dim.ts';
import { type NodeId, nodeAt, type Region, reachable, regionNodes, regionOf } from '../../graph/graph.ts';
import { isFloating } from '../../graph/shape.ts';
import { known } from '../arguments.ts';
import { type Context, Unknowable } from '../context.ts';
import { int, none, type TensorValue, trainableMark, tuple, type Value } from '../values.ts';
import { assignedMark } from './dialect.ts';

/**
 * What a tape has seen of a graph. Nodes are numbered as the program makes them, so that a tape that is switched on and
 * off is known by the numbers between which it ran.
 */
export interface Recording {
  readonly spans: readonly (readonly [from: number, to: number])[];
  /** What is watched, and from when on. */
  readonly watched: ReadonlyMap<NodeId, number>;
  /** Whether trainable variables are watched by themselves. */
  readonly variables: boolean;
}

/** A recording as a value that the branches of a program can undo and join: those that differ are not known. */
export function asValue({ spans, watched }: Pick<Recording, 'spans' | 'watched'>): Value {
  const pair = (a: number, b: number): Value => tuple([int(a), int(b)]);
  return tuple([tuple(spans.map(([from, to]) => pair(from, to))), tuple([...watched].map(([id, at]) => pair(id, at)))]);
}

export function fromValue(value: Value): Pick<Recording, 'spans' | 'watched'> {
  const [spans, watched] = itemsOf(value).map((part) => itemsOf(part).map(pairOf));
  const ids = (watched ?? []).map(([id, at]): [NodeId, number] => [nodeId(id), at]);
  return { spans: spans ?? [], watched: new Map(ids) };
}

function itemsOf(value: Value): readonly Value[] {
  known(value);
  return value.kind === 'tuple' ? value.items : [];
}

function pairOf(value: Value): readonly [number, number] {
  const [a = none, b = none] = itemsOf(value);
  return [numberOf(a), numberOf(b)];
}

/** A number that all branches agree on. */
export function numberOf(value: Value): number {
  known(value);
  if (value.kind === 'int' && D.isKnown(value.value)) return value.value;
  throw new Unknowable('what the tape has recorded is not known before it runs');
}

/** Operations through which TensorFlow lets no derivative pass. */
const stopping: ReadonlySet<string> = new Set(['stop_gradient', 'floor', 'ceil', 'round']);

/**
 * The function from a source to a target that a tape has seen, as a region whose first input is the source. What was
 * computed while it did not run is an input of its own: to the tape it is a constant. Null where nothing leads there.
 */
export function seen(cx: Context, tape: Recording, source: TensorValue, target: NodeId): Region | null {
  const from = source.node;
  const { build } = cx;
  if (!isFloating(build.aval(from).dtype) || !isFloating(build.aval(target).dtype)) return null;
  const since = start(cx, tape, source);
  const trail = since === null ? null : follow(cx, tape, from, since, target);
  if (trail !== null) return { inputs: [from, ...trail.cuts], outputs: [target] };
  if (since !== null && source.attributes.has(assignedMark))
    throw new Unknowable('whether the variable had another value then is not followed');
  // An argument that nobody gives may come from anything, the source too.
  const open = reachable(build, [target]).some((id) => id !== from && nodeAt(build, id).op.name === 'input');
  if (since !== null && open) throw new Unknowable('what the target was computed from is not known');
  return null;
}

/** From when on the tape follows a tensor; null where it does not. */
function start(cx: Context, tape: Recording, { node, attributes }: TensorValue): number | null {
  const { build } = cx;
  const watched = tape.watched.get(node);
  if (watched !== undefined) return watched;
  const trainable = attributes.get(trainableMark);
  if (trainable !== undefined) return tape.variables && isTrue(trainable) ? 0 : null;
  const behind = reachable(build, [node]);
  const isFollowed = [...tape.watched].some(
    ([from, since]) => behind.includes(from) && follow(cx, tape, from, since, node) !== null,
  );
  if (isFollowed) return node;
  if (!tape.variables || !isRecorded(tape, node, 0)) return null;
  const leaves = behind.map((id) => nodeAt(build, id).op.name);
  if (leaves.includes('parameter')) return node;
  if (leaves.includes('stop_gradient') || leaves.includes('input'))
    throw new Unknowable('whether the tape follows the source is not known');
  return null;
}

function isTrue(value: Value): boolean {
  known(value);
  if (value.kind === 'bool' && value.value !== null) return value.value;
  throw new Unknowable('whether the variable is trainable is not known before it runs');
}

function isRecorded({ spans }: Recording, id: NodeId, since: number): boolean {
  return id >= since && spans.some(([from, to]) => from <= id && id < to);
}

/** How the tape gets from one node to another: the nodes beside its way that it takes for constants. */
function follow(
  cx: Context,
  tape: Recording,
  source: NodeId,
  since: number,
  target: NodeId,
): { readonly cuts: readonly NodeId[] } | null {
  const { build } = cx;
  const dependent = regionNodes(build, { inputs: [source], outputs: [target] });
  const carries = new Set([source]);
  const missed = new Set<NodeId>();
  for (const id of dependent) {
    const node = nodeAt(build, id);
    const behind = [...node.operands, ...(regionOf(node)?.outputs ?? [])];
    if (id === source || !behind.some((each) => carries.has(each))) continue;
    if (stopping.has(node.op.name) || !isFloating(node.aval.dtype)) continue;
    // Where branches meet nothing is computed.
    if (node.op.name === 'either' || isRecorded(tape, id, since)) carries.add(id);
    else missed.add(id);
  }
  if (!carries.has(target)) return null;
  if (missed.size === 0) return { cuts: [] };
  const depends = new Set(dependent);
  const cuts = new Set<NodeId>();
  for (const id of carries) {
    if (id === source) continue;
    const node = nodeAt(build, id);
    const region = regionOf(node);
    if (region !== null && regionNodes(build, region).some((inner) => missed.has(inner)))
      throw new Unknowable('a derivative of what was recorded in part is not followed');
    for (const each of node.operands) if (depends.has(each) && !carries.has(each)) cuts.add(each);
  }
  return { cuts: [...cuts] };
}
