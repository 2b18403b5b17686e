import type { Dim } from './dim.ts';
import * as D from './dim.ts';
import {
  type GradMode,
  type Node,
  type NodeId,
  nodeAt,
  type Origin,
  type Region,
  regionNodes,
  regionOf,
  type TracedGraph,
  withRegion,
} from './graph.ts';
import type { ElementwiseParams } from './primitives/elementwise.ts';
import { type Op, type Params, type PrimitiveName, primitiveOf } from './primitives/index.ts';
import type { Distribution, Initializer } from './primitives/leaves.ts';
import type { DotParams } from './primitives/products.ts';
import {
  type Aval,
  broadcastShapes,
  type DType,
  dimAt,
  isFloating,
  normalAxis,
  promote,
  type Shape,
  ShapeError,
  sameShape,
  showShape,
  sizeOf,
} from './shape.ts';
import { withSizes } from './sizes.ts';

type PlainElementwise = {
  [K in keyof ElementwiseParams]: Record<never, never> extends ElementwiseParams[K] ? K : never;
}[keyof ElementwiseParams];

/** More nodes than this in one analysis is a runaway program. */
const limit = 400_000;

export class GraphTooLarge extends Error {
  override readonly name = 'GraphTooLarge';
}

/**
 * Writes a graph, node by node. Each method gives the node of its result; all throw ShapeError for what the
 * operation refuses and Undecided for what named sizes leave open. Axes may be negative.
 */
export class GraphBuilder implements TracedGraph {
  readonly #nodes: Node[] = [];
  readonly weights = new Set<NodeId>();
  readonly #origin: () => Origin;
  readonly #gradMode: () => GradMode;

  /** `origin` tells which place of the source is being evaluated, and `gradMode` whether derivatives are recorded there. */
  constructor(origin: () => Origin, gradMode: () => GradMode = () => 'enabled') {
    this.#origin = origin;
    this.#gradMode = gradMode;
  }

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  aval(id: NodeId): Aval {
    return nodeAt(this, id).aval;
  }

  shape(id: NodeId): Shape {
    return this.aval(id).shape;
  }

  rank(id: NodeId): number {
    return this.shape(id).length;
  }

  emit<K extends PrimitiveName>(name: K, params: Params[K], operands: readonly NodeId[] = []): NodeId {
    return this.#push({ name, params }, operands);
  }

  /** An operation again, on other operands, where sizes known by name get values. */
  resized(op: Op, operands: readonly NodeId[], sizes: ReadonlyMap<string, Dim>): NodeId {
    return this.#push(withSizes(op, sizes), operands);
  }

  #push<K extends PrimitiveName>(op: Op<K>, operands: readonly NodeId[]): NodeId {
    if (this.#nodes.length >= limit) throw new GraphTooLarge(`more than ${limit} operations`);
    const aval = primitiveOf(op).aval(
      operands.map((operand) => this.aval(operand)),
      op.params,
    );
    const id = nodeId(this.#nodes.length);
    this.#nodes.push({ id, op: widen(op), operands, aval, origin: this.#origin(), gradMode: this.#gradMode() });
    return id;
  }

  /** What a region's outputs are where its inputs have these values: a copy of all that hangs on the inputs. */
  instantiate(region: Region, actual: readonly NodeId[]): readonly NodeId[] {
    const places = new Map(region.inputs.map((input, k) => [input, actual[k] ?? input]));
    const placeOf = (id: NodeId): NodeId => places.get(id) ?? id;
    for (const id of regionNodes(this, region)) {
      if (places.has(id)) continue;
      const node = nodeAt(this, id);
      const inner = regionOf(node);
      const moved = inner && { inputs: inner.inputs.map(placeOf), outputs: inner.outputs.map(placeOf) };
      const copy = nodeId(this.#nodes.length);
      if (copy >= limit) throw new GraphTooLarge(`more than ${limit} operations`);
      this.#nodes.push({
        ...node,
        id: copy,
        op: moved === null ? node.op : withRegion(node.op, moved),
        operands: node.operands.map(placeOf),
      });
      places.set(id, copy);
    }
    return region.outputs.map(placeOf);
  }

  // Leaves

  input(name: string, aval: Aval): NodeId {
    return this.emit('input', { name, aval });
  }

  parameter(name: string, shape: Shape, init: Initializer, dtype: DType = 'float32'): NodeId {
    return this.emit('parameter', { name, aval: { shape, dtype }, init });
  }

  full(shape: Shape, value: number, dtype: DType = 'float32'): NodeId {
    return this.emit('full', { value, shape, dtype });
  }

  random(shape: Shape, distribution: Distribution, dtype: DType = 'float32'): NodeId {
    return this.emit('random', { distribution, shape, dtype });
  }

  /** A number as a tensor without axes; `like` gives the dtype that keeps a float tensor's own. */
  scalar(value: number, like: NodeId): NodeId {
    const own = this.aval(like).dtype;
    return this.full([], value, Number.isInteger(value) || isFloating(own) ? own : 'float32');
  }

  // Elementwise

  /** A function of one operand. */
  unary(name: PlainElementwise, x: NodeId): NodeId {
    return this.emit(name, {}, [x]);
  }

  /** A function of two operands, broadcast together. */
  binary(name: PlainElementwise, a: NodeId, b: NodeId): NodeId {
    const shape = broadcastShapes(this.shape(a), this.shape(b));
    return this.emit(name, {}, [this.broadcastTo(a, shape), this.broadcastTo(b, shape)]);
  }

  add(a: NodeId, b: NodeId): NodeId {
    return this.binary('add', a, b);
  }

  sub(a: NodeId, b: NodeId): NodeId {
    return this.binary('sub', a, b);
  }

  mul(a: NodeId, b: NodeId): NodeId {
    return this.binary('mul', a, b);
  }

  div(a: NodeId, b: NodeId): NodeId {
    return this.binary('div', a, b);
  }

  /** x times a number. */
  scale(x: NodeId, factor: number): NodeId {
    return this.mul(x, this.scalar(factor, x));
  }

  /** condition ? a : b, broadcast together. */
  select(condition: NodeId, a: NodeId, b: NodeId): NodeId {
    const shape = broadcastShapes(this.shape(condition), this.shape(a), this.shape(b));
    return this.emit(
      'select',
      {},
      [condition, a, b].map((x) => this.broadcastTo(x, shape)),
    );
  }

  convert(x: NodeId, dtype: DType): NodeId {
    return this.aval(x).dtype === dtype ? x : this.emit('convert', { dtype }, [x]);
  }

  // Structure

  /** Stretches sizes of 1 and adds axes in front. */
  broadcastTo(x: NodeId, shape: Shape): NodeId {
    const own = this.shape(x);
    if (sameShape(own, shape)) return x;
    if (own.length > shape.length) throw new ShapeError(`${showShape(own)} cannot be stretched to ${showShape(shape)}`);
    return this.emit('broadcast_in_dim', { shape, dims: own.map((_, axis) => axis + shape.length - own.length) }, [x]);
  }

  reshape(x: NodeId, shape: Shape): NodeId {
    return sameShape(this.shape(x), shape) ? x : this.emit('reshape', { shape }, [x]);
  }

  /** Like `reshape`, with at most one -1 that takes what is left. */
  reshapeInferred(x: NodeId, wanted: Shape): NodeId {
    const total = sizeOf(this.shape(x));
    const open = wanted.filter((dim) => dim === -1).length;
    if (open > 1) throw new ShapeError('only one axis can be inferred');
    if (open === 0) return this.reshape(x, wanted);
    const rest = D.product(wanted.filter((dim) => dim !== -1));
    const inferred = D.exactQuotient(total, rest);
    if (inferred === null && D.isKnown(total) && D.isKnown(rest)) {
      throw new ShapeError(`${showShape(this.shape(x))} cannot be reshaped to ${showShape(wanted)}`);
    }
    return this.reshape(
      x,
      wanted.map((dim) => (dim === -1 ? (inferred ?? D.floorDiv(total, rest)) : dim)),
    );
  }

  transpose(x: NodeId, permutation: readonly number[]): NodeId {
    const rank = this.rank(x);
    const axes = permutation.map((axis) => normalAxis(axis, rank));
    if (axes.length !== rank || new Set(axes).size !== rank) {
      throw new ShapeError(
        `(${permutation.join(', ')}) is no order of the ${rank} axes of ${showShape(this.shape(x))}`,
      );
    }
    return axes.every((axis, k) => axis === k) ? x : this.emit('transpose', { permutation: axes }, [x]);
  }

  swapAxes(x: NodeId, a: number, b: number): NodeId {
    const rank = this.rank(x);
    if (rank === 0) return x;
    const [i, j] = [normalAxis(a, rank), normalAxis(b, rank)];
    return this.transpose(
      x,
      this.shape(x).map((_, k) => (k === i ? j : k === j ? i : k)),
    );
  }

  /** Axes `from` to places `to`; the others keep their order (`numpy.moveaxis`). */
  moveAxes(x: NodeId, from: readonly number[], to: readonly number[]): NodeId {
    const rank = this.rank(x);
    const [sources, targets] = [from.map((a) => normalAxis(a, rank)), to.map((a) => normalAxis(a, rank))];
    const rest = this.shape(x)
      .map((_, k) => k)
      .filter((k) => !sources.includes(k));
    const order = this.shape(x).map((_, k) => {
      const source = sources[targets.indexOf(k)];
      return targets.includes(k) && source !== undefined ? source : (rest.shift() ?? 0);
    });
    return this.transpose(x, order);
  }

  /** A new axis of size 1. */
  expandDims(x: NodeId, axis: number): NodeId {
    const rank = this.rank(x);
    const at = normalAxis(axis, rank + 1);
    const shape = this.shape(x);
    const dims = shape.map((_, k) => (k < at ? k : k + 1));
    return this.emit('broadcast_in_dim', { shape: [...shape.slice(0, at), 1, ...shape.slice(at)], dims }, [x]);
  }

  /** The range start..limit of one axis by steps. */
  sliceAxis(x: NodeId, axis: number, start: Dim, limit: Dim, step = 1): NodeId {
    const shape = this.shape(x);
    const at = normalAxis(axis, shape.length);
    if (start === 0 && step === 1 && D.equal(limit, dimAt(shape, at))) return x;
    const pick = <T>(own: T, others: (axis: number) => T): T[] => shape.map((_, k) => (k === at ? own : others(k)));
    return this.emit(
      'slice',
      { starts: pick(start, () => 0), limits: pick(limit, (k) => dimAt(shape, k)), steps: pick(step, () => 1) },
      [x],
    );
  }

  /** One entry along an axis, which goes away. A negative index counts from the end. */
  take(x: NodeId, axis: number, index: Dim | 'loop'): NodeId {
    const at = normalAxis(axis, this.rank(x));
    const dim = dimAt(this.shape(x), at);
    const from = index !== 'loop' && D.isKnown(index) && index < 0 ? D.add(dim, index) : index;
    return this.emit('take', { axis: at, index: from }, [x]);
  }

  concatenate(parts: readonly NodeId[], axis: number): NodeId {
    const first = parts[0];
    if (first === undefined) throw new ShapeError('nothing to concatenate');
    if (this.rank(first) === 0) throw new ShapeError('tensors without axes cannot be concatenated');
    return this.emit('concatenate', { axis: normalAxis(axis, this.rank(first)) }, parts);
  }

  stack(parts: readonly NodeId[], axis: number): NodeId {
    const first = parts[0];
    if (first === undefined) throw new ShapeError('nothing to stack');
    const wrong = parts.find((part) => this.rank(part) !== this.rank(first));
    if (wrong !== undefined)
      throw new ShapeError(`${showShape(this.shape(first))} and ${showShape(this.shape(wrong))} cannot be stacked`);
    const at = normalAxis(axis, this.rank(first) + 1);
    return this.concatenate(
      parts.map((part) => this.expandDims(part, at)),
      at,
    );
  }

  diagonal(x: NodeId, offset: number, axis1: number, axis2: number): NodeId {
    const rank = this.rank(x);
    const [a, b] = [normalAxis(axis1, rank), normalAxis(axis2, rank)];
    if (a === b || rank < 2) throw new ShapeError(`a diagonal needs two axes, not ${axis1} and ${axis2}`);
    return this.emit('diagonal', { axis1: a, axis2: b, offset }, [x]);
  }

  // Reductions

  /** Over the given axes (all by default); `keep` leaves them with size 1. */
  reduce(
    name: 'reduce_sum' | 'reduce_prod' | 'reduce_max' | 'reduce_min' | 'reduce_and' | 'reduce_or',
    x: NodeId,
    axes: readonly number[] | null = null,
    keep = false,
  ): NodeId {
    const shape = this.shape(x);
    const over = axes === null ? shape.map((_, k) => k) : axes.map((axis) => normalAxis(axis, shape.length));
    if (new Set(over).size !== over.length) throw new ShapeError(`axes (${over.join(', ')}) name one twice`);
    if (shape.length === 0)
      return name === 'reduce_sum' || name === 'reduce_prod' ? this.emit(name, { axes: [] }, [x]) : x;
    const reduced = this.emit(name, { axes: over }, [x]);
    if (!keep) return reduced;
    const kept = shape.map((_, k) => k).filter((k) => !over.includes(k));
    return this.emit('broadcast_in_dim', { shape: shape.map((dim, k) => (over.includes(k) ? 1 : dim)), dims: kept }, [
      reduced,
    ]);
  }

  sum(x: NodeId, axes: readonly number[] | null = null, keep = false): NodeId {
    return this.reduce('reduce_sum', x, axes, keep);
  }

  mean(x: NodeId, axes: readonly number[] | null = null, keep = false): NodeId {
    const shape = this.shape(x);
    const over = axes === null ? shape.map((_, k) => k) : axes.map((axis) => normalAxis(axis, shape.length));
    const total = this.sum(x, axes, keep);
    return this.div(
      total,
      this.dimScalar(
        D.product(over.map((axis) => (shape.length === 0 ? 1 : dimAt(shape, axis)))),
        this.countType(total),
      ),
    );
  }

  /** The type of a number that a node is divided by without changing the node's. */
  countType(x: NodeId): DType {
    const own = this.aval(x).dtype;
    return isFloating(own) ? own : 'float32';
  }

  /** A size as a tensor without axes. */
  dimScalar(dim: Dim, dtype: DType = 'float32'): NodeId {
    return D.isKnown(dim) ? this.full([], dim, dtype) : this.emit('size', { dim, dtype });
  }

  // Products

  dot(a: NodeId, b: NodeId, params: DotParams): NodeId {
    return this.emit('dot_general', params, [a, b]);
  }

  /** `a @ b` as NumPy and PyTorch define it: vectors, matrices, and batches of matrices broadcast together. */
  matmul(a: NodeId, b: NodeId): NodeId {
    const [m, n] = [this.rank(a), this.rank(b)];
    if (m === 0 || n === 0) throw new ShapeError('a product of matrices needs at least one axis on each side');
    if (m === 1) {
      return n === 1 || n === 2
        ? this.dot(a, b, { contract: [[0], [0]], batch: [[], []] })
        : this.dropAxis(this.matmul(this.expandDims(a, 0), b), -2);
    }
    if (n === 1) return this.dot(a, b, { contract: [[m - 1], [0]], batch: [[], []] });
    if (n === 2) return this.dot(a, b, { contract: [[m - 1], [0]], batch: [[], []] });
    const lead = broadcastShapes(this.shape(a).slice(0, -2), this.shape(b).slice(0, -2));
    const whole = (x: NodeId): NodeId => this.broadcastTo(x, [...lead, ...this.shape(x).slice(-2)]);
    const batch = lead.map((_, axis) => axis);
    return this.dot(whole(a), whole(b), { contract: [[lead.length + 1], [lead.length]], batch: [batch, batch] });
  }

  /** Drops an axis of size 1. */
  dropAxis(x: NodeId, axis: number): NodeId {
    const at = normalAxis(axis, this.rank(x));
    return this.reshape(
      x,
      this.shape(x).filter((_, k) => k !== at),
    );
  }

  // Small compositions that every library shares

  square(x: NodeId): NodeId {
    return this.unary('square', x);
  }

  softmax(x: NodeId, axis: number): NodeId {
    const shifted = this.sub(x, this.unary('stop_gradient', this.reduce('reduce_max', x, [axis], true)));
    const powers = this.unary('exp', shifted);
    return this.div(powers, this.sum(powers, [axis], true));
  }

  logSumExp(x: NodeId, axes: readonly number[], keep: boolean): NodeId {
    const peak = this.unary('stop_gradient', this.reduce('reduce_max', x, axes, true));
    const total = this.unary('log', this.sum(this.unary('exp', this.sub(x, peak)), axes, true));
    const result = this.add(total, peak);
    if (keep) return result;
    const rank = this.rank(x);
    const gone = axes.map((axis) => normalAxis(axis, rank));
    return this.reshape(
      result,
      this.shape(result).filter((_, k) => !gone.includes(k)),
    );
  }

  /** The promoted dtype of some nodes. */
  commonType(nodes: readonly NodeId[]): DType {
    return nodes.map((node) => this.aval(node).dtype).reduce(promote);
  }
}

/** The only place where a plain number becomes a node's id. */
export function nodeId(index: number): NodeId {
  return index as NodeId;
}

/** An op of one primitive is an op: true by definition, but beyond what the compiler follows through a type parameter. */
function widen<K extends PrimitiveName>(op: Op<K>): Op {
  return op as Op;
}
