import type { GraphBuilder } from '../../graph/builder.ts';
import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import { type NodeId, nodeAt } from '../../graph/graph.ts';
import type { Aval, Shape } from '../../graph/shape.ts';
import type { Context } from '../context.ts';
import { leavesOf, mapLeaves } from '../transforms.ts';
import { type InstanceValue, int, none, tuple, type Value } from '../values.ts';
import { made } from './tensors.ts';

/**
 * Symbolic tensors (https://keras.io/guides/functional_api/): what `keras.Input` gives, and what layers make of it. They
 * have no values. A layer that is called with one is evaluated for its result's shape and its weights, and the call is
 * kept, so that a model can make it again with other tensors.
 */

/** A layer's call with symbolic tensors, and what it gave. */
export interface KeptCall {
  /** Whether it was made again for a model that was called with symbolic tensors: then it is none of the layer's own. */
  readonly isInner: boolean;
  readonly layer: InstanceValue;
  readonly positional: readonly Value[];
  readonly keyword: ReadonlyMap<string, Value>;
  /** The symbolic tensors that stand for the result, in its order. */
  readonly outputs: readonly NodeId[];
}

interface Book {
  /** What `Input` gave, by node: the layer behind it. */
  readonly inputs: Map<NodeId, InstanceValue>;
  /** By the nodes of what they gave. */
  readonly calls: Map<NodeId, KeptCall>;
  /** The samples of symbolic tensors: as many in all. */
  readonly batch: Dim;
  /** Sizes that are only known once there are values. */
  readonly open: Set<string>;
  /** Whether each node so far is made of symbolic tensors. */
  readonly isSymbolic: boolean[];
  /** How many models are being called. */
  depth: number;
}

const books = new WeakMap<GraphBuilder, Book>();

function bookOf(cx: Context): Book {
  const own = books.get(cx.build);
  if (own !== undefined) return own;
  const batch = cx.freshSize('batch');
  const book: Book = {
    inputs: new Map(),
    calls: new Map(),
    batch,
    open: new Set(D.sizesIn(batch).keys()),
    isSymbolic: [],
    depth: 0,
  };
  books.set(cx.build, book);
  return book;
}

/** The number of samples that is not known yet. */
export function batchSize(cx: Context): Dim {
  return bookOf(cx).batch;
}

/** Another size that is not known yet. */
export function openSize(cx: Context, name: string): Dim {
  const dim = cx.freshSize(name);
  for (const key of D.sizesIn(dim).keys()) bookOf(cx).open.add(key);
  return dim;
}

/** A size of a symbolic tensor as the program sees it: None where it is not known yet. */
export function sizeValue(cx: Context, dim: Dim): Value {
  const book = books.get(cx.build);
  return book !== undefined && [...D.sizesIn(dim).keys()].some((key) => book.open.has(key)) ? none : int(dim);
}

export function shapeValue(cx: Context, shape: Shape): Value {
  return tuple(shape.map((dim) => sizeValue(cx, dim)));
}

export function symbolicInput(cx: Context, layer: InstanceValue, aval: Aval, name: string): NodeId {
  const node = cx.build.input(name, aval);
  bookOf(cx).inputs.set(node, layer);
  return node;
}

/** The layer behind a tensor that `Input` gave; null for others. */
export function inputLayerOf(cx: Context, node: NodeId): InstanceValue | null {
  return books.get(cx.build)?.inputs.get(node) ?? null;
}

/** Calls the layers of a model again. */
export function inModel<T>(cx: Context, body: () => T): T {
  const book = bookOf(cx);
  book.depth++;
  try {
    return body();
  } finally {
    book.depth--;
  }
}

/** The only call of a layer with symbolic tensors; null where there is none, or more than one. */
export function onlyCall(cx: Context, layer: InstanceValue): KeptCall | null {
  const calls = new Set([...(books.get(cx.build)?.calls.values() ?? [])]);
  const own = [...calls].filter((call) => call.layer === layer && !call.isInner);
  return own.length === 1 ? (own[0] ?? null) : null;
}

export function keptCall(cx: Context, node: NodeId): KeptCall | null {
  return books.get(cx.build)?.calls.get(node) ?? null;
}

/** Whether a tensor has no values, for it is made of what `Input` gave. */
export function isSymbolic(cx: Context, node: NodeId): boolean {
  const book = books.get(cx.build);
  if (book === undefined) return false;
  // Operands stand before what is made of them.
  for (let id = book.isSymbolic.length; id <= node; id++) {
    const at = cx.build.nodes[id];
    book.isSymbolic.push(
      at !== undefined &&
        (book.inputs.has(at.id) || book.calls.has(at.id) || at.operands.some((operand) => book.isSymbolic[operand])),
    );
  }
  return book.isSymbolic[node] ?? false;
}

/** Symbolic tensors in the place of what a layer gave for symbolic ones. */
export function kept(cx: Context, call: Omit<KeptCall, 'outputs' | 'isInner'>, output: Value): Value {
  const { calls, depth } = bookOf(cx);
  const outputs: NodeId[] = [];
  const entry = { ...call, outputs, isInner: depth > 0 };
  return mapLeaves(output, (node) => {
    const stands = cx.build.input('keras_tensor', cx.build.aval(node));
    outputs.push(stands);
    calls.set(stands, entry);
    return made(stands);
  });
}

/** What stands for the sizes of symbolic tensors that are given these shapes. */
export function sizesGiven(symbolic: readonly Shape[], actual: readonly Shape[]): ReadonlyMap<string, Dim> {
  const sizes = new Map<string, Dim>();
  symbolic.forEach((shape, k) => {
    shape.forEach((dim, axis) => {
      const given = actual[k]?.[axis];
      // A size by itself, not a sum or product of some.
      if (given !== undefined && !D.isKnown(dim) && !sizes.has(D.key(dim))) sizes.set(D.key(dim), given);
    });
  });
  return sizes;
}

/** Makes what symbolic tensors stand for out of values. */
export interface Replay {
  readonly cx: Context;
  /** The values that take the place of symbolic tensors, so far. */
  readonly values: Map<NodeId, NodeId>;
  readonly sizes: ReadonlyMap<string, Dim>;
  readonly call: (call: KeptCall, positional: readonly Value[], keyword: ReadonlyMap<string, Value>) => Value;
}

/** A structure of tensors with values in the place of its symbolic tensors. */
export function replayed(replay: Replay, value: Value): Value {
  return mapLeaves(value, (node, own) => {
    const node2 = valueAt(replay, node);
    return { kind: 'tensor', node: node2, attributes: new Map(), family: own };
  });
}

function valueAt(replay: Replay, node: NodeId): NodeId {
  const { cx, values } = replay;
  const before = values.get(node);
  if (before !== undefined) return before;
  if (!isSymbolic(cx, node)) return node;
  const call = keptCall(cx, node);
  if (call !== null) {
    const positional = call.positional.map((value) => replayed(replay, value));
    const keyword = new Map([...call.keyword].map(([name, value]) => [name, replayed(replay, value)]));
    const results = leavesOf(replay.call(call, positional, keyword));
    call.outputs.forEach((output, k) => {
      const result = results[k];
      if (result !== undefined) values.set(output, result);
    });
  } else values.set(node, again(replay, node));
  return values.get(node) ?? node;
}

/** An operation again, on values. */
function again(replay: Replay, id: NodeId): NodeId {
  const { cx, sizes } = replay;
  const { op, operands } = nodeAt(cx.build, id);
  return cx.build.resized(
    op,
    operands.map((operand) => valueAt(replay, operand)),
    sizes,
  );
}
