import { type NodeId, nodeAt } from '../../../language-server/graph/graph.ts';
import { numbers } from '../concrete.ts';
import type { Emitter } from '../emitter.ts';
import type { Schedule } from '../schedule.ts';
import { folded } from './fold.ts';
import { type Fragment, generate } from './generate.ts';
import { TooLong } from './text.ts';
import { inOrder, type Layout, layoutOf, readLayout } from './textures.ts';

/** What a context can do. */
export interface Limits {
  /** Layers that a fragment can write at once. */
  readonly layers: number;
  readonly textureSize: number;
  readonly samplers: number;
}

/** How fast a device runs programs of our own, roughly. */
export interface ProgramSpeed {
  readonly drawMs: number;
  /** Operations on single numbers, and texels loaded. */
  readonly operationsPerMs: number;
  readonly loadsPerMs: number;
  /** Bytes of a result that are sorted after it was read back. */
  readonly sortedBytesPerMs: number;
}

/** A schedule as programs, in order, the last one for the result. */
export interface Written {
  readonly draws: readonly Draft[];
  /** What lies in textures from the start and depends on no leaf. */
  readonly constants: readonly NodeId[];
  readonly held: ReadonlySet<NodeId>;
  readonly bytes: number;
  readonly ms: number;
}

export interface Draft extends Fragment {
  readonly root: NodeId;
  readonly layout: Layout;
}

/** How dear a draw may be thought when it is decided what is folded, to the truth: what comes out cheapest is kept. */
const dearness = [1, 0.1, 0.01];

/**
 * Writes a schedule as programs; null where a node cannot be written, or something is too large for a texture, or a
 * program too long.
 */
export function written(g: Emitter, schedule: Schedule, limits: Limits, speed: ProgramSpeed): Written | null {
  const foldings = dearness.map((factor) =>
    folded(g, schedule, limits.layers, factor * speed.drawMs * speed.operationsPerMs),
  );
  const different = new Map(foldings.flatMap((roots) => (roots === null ? [] : [[roots.join(), roots] as const])));
  const all = [...different.values()].flatMap((roots) => writtenAs(g, schedule, roots, limits, speed) ?? []);
  return all.length === 0 ? null : all.reduce((a, b) => (b.ms < a.ms ? b : a));
}

function writtenAs(
  g: Emitter,
  schedule: Schedule,
  roots: readonly NodeId[],
  limits: Limits,
  speed: ProgramSpeed,
): Written | null {
  if (roots.length === 0) return null;
  const used = new Set(schedule.steps.flatMap(({ node }) => node.operands));
  const constants = schedule.constants.filter((id) => used.has(id) && nodeAt(g, id).op.name !== 'full');
  const held = new Set<NodeId>([...schedule.leaves, ...constants, ...roots]);
  const layoutAt = (id: NodeId): Layout => layoutOf(numbers(g.shape(id)), limits.layers);
  const layouts = [...held].map(layoutAt);
  if (layouts.some(({ width, height }) => Math.max(width, height) > limits.textureSize)) return null;
  const draws: Draft[] = [];
  let ms = 0;
  for (const root of roots) {
    const others = new Set([...held].filter((id) => id !== root));
    const shape = numbers(g.shape(root));
    const last = root === schedule.result;
    const drafts = [layoutOf(shape, limits.layers), ...(last ? [readLayout(shape, limits.layers)] : [])].flatMap(
      (layout) => draftOf(g, root, layout, others, limits) ?? [],
    );
    const [first, ...rest] = drafts;
    if (first === undefined) return null;
    const cost = (draft: Draft): number => drawMs(draft, speed) + (last ? sortingMs(draft, speed) : 0);
    const best = rest.reduce((a, b) => (cost(b) < cost(a) ? b : a), first);
    draws.push(best);
    ms += cost(best);
  }
  return {
    draws,
    constants,
    held,
    bytes: layouts.reduce((sum, { width, height, layers }) => sum + width * height * layers * 16, 0),
    ms,
  };
}

function draftOf(g: Emitter, root: NodeId, layout: Layout, held: ReadonlySet<NodeId>, limits: Limits): Draft | null {
  try {
    const fragment = generate(g, root, layout, held, limits.layers);
    return fragment.reads.length > limits.samplers ? null : { ...fragment, root, layout };
  } catch (error) {
    if (error instanceof TooLong) return null;
    throw error;
  }
}

/** A guess for one program. */
function drawMs({ layout, work }: Draft, speed: ProgramSpeed): number {
  const fragments = layout.width * layout.height;
  return speed.drawMs + fragments * (work.operations / speed.operationsPerMs + work.loads / speed.loadsPerMs);
}

/** A guess of what it takes to bring a result into order that was read back. */
function sortingMs({ layout }: Draft, speed: ProgramSpeed): number {
  return inOrder(layout) ? 0 : (4 * layout.rows * layout.columns) / speed.sortedBytesPerMs;
}
