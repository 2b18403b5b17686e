import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { broadcastShapes, dimAt, type Shape, ShapeError, sameShape, showShape } from '../../graph/shape.ts';
import { asOperand } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { describe, type Family, int, type SliceValue, type TensorValue, type Value } from '../values.ts';
import { clip } from './bounds.ts';
import { nested, numbersOf, sizesOf } from './nested.ts';

/** Indexing of tensors (https://numpy.org/doc/stable/user/basics.indexing.html, as torch does it). */

/** One part of an index, as far as its kind decides what happens. */
type Part =
  | { readonly kind: 'entry'; readonly at: Dim }
  | { readonly kind: 'slice'; readonly slice: SliceValue }
  | { readonly kind: 'new axis' }
  | { readonly kind: 'ellipsis' }
  /** A tensor of places along one axis. */
  | { readonly kind: 'places'; readonly node: NodeId }
  /** A tensor of truths over as many axes as it has. */
  | { readonly kind: 'mask'; readonly node: NodeId };

/**
 * `x[index]`, by the rules of the tensor's library. Throws ShapeError for places out of range, too many indices,
 * and masks that do not fit.
 */
export function subscript(cx: Context, x: NodeId, index: Value, family: Family = 'torch'): NodeId {
  const { build } = cx;
  if (index.kind === 'bool' && index.value !== null && family !== 'tensorflow') {
    const whole = build.expandDims(x, 0);
    return index.value ? whole : build.sliceAxis(whole, 0, 0, 0);
  }
  const parts = withEllipsis(cx, x, partsOf(cx, index, family), family);
  let node = x;
  let axis = 0;
  /** Where the first entry or index tensor stands. */
  let first: number | null = null;
  const picks: Pick[] = [];
  for (const part of parts) {
    if (picksPlaces(part)) first ??= axis;
    switch (part.kind) {
      case 'entry':
        node = build.take(node, axis, inRange(part.at, dimAt(build.shape(node), axis), axis, build.shape(x), family));
        break;
      case 'slice':
        node = sliced(cx, node, axis, part.slice, family);
        axis++;
        break;
      case 'new axis':
        node = build.expandDims(node, axis);
        axis++;
        break;
      case 'ellipsis':
        break;
      case 'places':
        picks.push({
          axes: [axis],
          indices: [placesInRange(cx, part.node, dimAt(build.shape(node), axis), family)],
          mask: null,
        });
        axis++;
        break;
      case 'mask': {
        const shape = build.shape(part.node);
        shape.forEach((dim, k) => {
          const own = dimAt(build.shape(node), axis + k);
          if (D.surelyDiffer(dim, own)) {
            throw new ShapeError(
              `a mask ${showShape(shape)} does not fit ${showShape(build.shape(node))}: ${D.show(dim)} against ${D.show(own)}`,
            );
          }
        });
        const axes = shape.map((_, k) => axis + k);
        picks.push({ axes, indices: null, mask: part.node });
        axis += axes.length;
        break;
      }
    }
  }
  if (picks.length === 0) return node;
  // For NumPy a plain entry beside index tensors is one of them; torch takes it first.
  return picked(cx, node, picks, family === 'torch' ? null : areNeighbours(parts) ? (first ?? 0) : 0);
}

function picksPlaces(part: Part): boolean {
  return part.kind === 'entry' || part.kind === 'places' || part.kind === 'mask';
}

function areNeighbours(parts: readonly Part[]): boolean {
  const places = parts.flatMap((part, k) => (picksPlaces(part) ? [k] : []));
  return places.every((place, k) => place === (places[0] ?? 0) + k);
}

/** Places along axes of the tensor: one index tensor for each axis, or a mask over all of them. */
type Pick =
  | { readonly axes: readonly number[]; readonly indices: readonly NodeId[]; readonly mask: null }
  | { readonly axes: readonly number[]; readonly indices: null; readonly mask: NodeId };

/** Picks all at once, to a given place: else where the axes are neighbours the picked ones stand in theirs, else in front. */
function picked(cx: Context, x: NodeId, picks: readonly Pick[], place: number | null): NodeId {
  const { build } = cx;
  const [only] = picks;
  if (picks.length === 1 && only !== undefined && only.mask !== null && only.axes.every((axis, k) => axis === k)) {
    const rest = build.shape(x).slice(only.axes.length);
    return build.emit('masked', { shape: [countOf(cx, only.mask), ...rest] }, [x, only.mask]);
  }
  const axes = picks.flatMap((pick) => pick.axes);
  const indices = picks.flatMap((pick) => pick.indices ?? placesOf(cx, pick.mask));
  const [first = 0] = axes;
  const adjacent = axes.every((axis, k) => axis === first + k);
  return build.emit('gather', { axes, position: place ?? (adjacent ? first : 0) }, [x, ...indices]);
}

/** How many truths a mask holds: known, or a size of its own. */
function countOf(cx: Context, mask: NodeId): Dim {
  const values = numbersOf(cx, mask);
  return values === null ? cx.freshSize('n') : values.filter((value) => value !== 0).length;
}

/** Where a mask is true: one index tensor for each of its axes. */
export function placesOf(cx: Context, mask: NodeId): readonly NodeId[] {
  const { build } = cx;
  const shape = build.shape(mask);
  const values = numbersOf(cx, mask);
  if (values !== null && shape.length === 1) {
    const places = values.flatMap((value, k) => (value === 0 ? [] : [k]));
    return [build.emit('literal', { values: places, shape: [places.length], dtype: 'int64' })];
  }
  const count = countOf(cx, mask);
  return shape.map((_, axis) =>
    build.emit('opaque', { name: `nonzero axis ${axis}`, aval: { shape: [count], dtype: 'int64' }, batched: [] }, [
      mask,
    ]),
  );
}

function partsOf(cx: Context, index: Value, family: Family): readonly Part[] {
  if (family === 'tensorflow') return strictParts(cx, index);
  if (index.kind === 'tuple') return index.items.map((item) => partOf(cx, item, family));
  if (family === 'jax' && (index.kind === 'list' || index.kind === 'range'))
    throw new PythonError('TypeError', 'Using a non-tuple sequence for multidimensional indexing is not allowed');
  if (family !== 'torch') return [partOf(cx, index, family)];
  // torch takes a list of lists for indices of several axes, NumPy for one tensor.
  if (
    index.kind === 'list' &&
    index.items.some(
      (item) =>
        item.kind === 'list' ||
        item.kind === 'tuple' ||
        item.kind === 'range' ||
        (item.kind === 'tensor' && cx.build.rank(item.node) > 0),
    )
  ) {
    throw new Unknowable('an index of lists in a list is not followed');
  }
  // A list that holds more than numbers is an index for several axes.
  if (
    index.kind === 'list' &&
    index.items.some((item) => item.kind === 'slice' || item.kind === 'none' || item.kind === 'ellipsis')
  ) {
    return index.items.map((item) => partOf(cx, item, family));
  }
  return [partOf(cx, index, family)];
}

/** TensorFlow takes one mask, or numbers, slices and tensors without axes; a list is a tuple of them. */
function strictParts(cx: Context, index: Value): readonly Part[] {
  if (index.kind === 'tensor' && cx.build.rank(index.node) > 0 && cx.build.aval(index.node).dtype === 'bool')
    return [{ kind: 'mask', node: index.node }];
  const items = index.kind === 'tuple' || index.kind === 'list' ? cx.items(index) : [index];
  return items.map((item) => {
    const many = item.kind === 'tensor' ? cx.build.rank(item.node) > 0 : !single.includes(item.kind);
    if (many)
      throw new PythonError(
        'TypeError',
        'Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 tensors are valid indices',
      );
    return partOf(cx, item, 'tensorflow');
  });
}

const single: readonly Value['kind'][] = ['int', 'slice', 'none', 'ellipsis', 'tensor', 'bool', 'unknown'];

function partOf(cx: Context, value: Value, family: Family): Part {
  const { build } = cx;
  switch (value.kind) {
    case 'unknown':
      throw new Unknowable(value.reason.text, value.reason);
    case 'int':
      return { kind: 'entry', at: value.value };
    case 'slice':
      return { kind: 'slice', slice: settled(cx, value) };
    case 'none':
      return { kind: 'new axis' };
    case 'ellipsis':
      return { kind: 'ellipsis' };
    case 'list':
    case 'tuple':
    case 'range':
    case 'repeated': {
      const node = nested(cx, value, { float: 'float32', tensors: 'any' });
      return sameShape(build.shape(node), [0])
        ? { kind: 'places', node: build.convert(node, 'int64') }
        : ofTensor(cx, node, family);
    }
    case 'tensor':
      return ofTensor(cx, value.node, family);
    case 'bool':
      throw new Unknowable('an index that is true or false itself is not followed');
    default:
      throw new PythonError('IndexError', `${describe(value)} cannot be an index of a tensor`);
  }
}

/** The slice with numbers in the place of tensors that hold numbers that the program tells. */
function settled(cx: Context, { lower, upper, step }: SliceValue): SliceValue {
  const settle = (value: Value): Value => {
    if (value.kind !== 'tensor' || cx.build.rank(value.node) > 0) return value;
    const [size] = sizesOf(cx, value.node) ?? [];
    return size === undefined ? value : int(size);
  };
  return { kind: 'slice', lower: settle(lower), upper: settle(upper), step: settle(step) };
}

function ofTensor(cx: Context, node: NodeId, family: Family): Part {
  const { shape, dtype } = cx.build.aval(node);
  // torch still takes uint8 for truths.
  switch (dtype === 'uint8' ? (family === 'torch' ? 'bool' : 'int64') : dtype) {
    case 'bool':
      if (shape.length === 0) throw new Unknowable('an index that is true or false itself is not followed');
      return { kind: 'mask', node };
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64': {
      if (shape.length > 0) return { kind: 'places', node };
      const [value] = sizesOf(cx, node) ?? [];
      return value === undefined ? { kind: 'places', node } : { kind: 'entry', at: value };
    }
    default:
      throw new PythonError('IndexError', `tensors used as indices must be integers or truths, not ${dtype}`);
  }
}

/** The index with `...` spelled out as whole slices, so that every axis that it names has its part. */
function withEllipsis(cx: Context, x: NodeId, parts: readonly Part[], family: Family): readonly Part[] {
  const rank = cx.build.rank(x);
  const used = parts.reduce((sum, part) => sum + axesUsed(cx, part), 0);
  const dots = parts.filter((part) => part.kind === 'ellipsis').length;
  if (dots > 1 && family !== 'torch')
    throw new PythonError('IndexError', "an index can only have a single ellipsis ('...')");
  if (dots > 1) throw new Unknowable("an index with more than one ellipsis ('...') is not followed");
  if (used > rank) {
    const named = `${used} ${used === 1 ? 'index' : 'indices'}`;
    throw new ShapeError(
      `${named} for ${showShape(cx.build.shape(x))}, which has ${rank} ${rank === 1 ? 'axis' : 'axes'}`,
    );
  }
  const none = { kind: 'none' } as const;
  const whole: Part = { kind: 'slice', slice: { kind: 'slice', lower: none, upper: none, step: none } };
  return parts.flatMap((part) =>
    part.kind === 'ellipsis' ? Array.from({ length: rank - used }, () => whole) : [part],
  );
}

/** How many axes of the tensor a part takes up. */
function axesUsed(cx: Context, part: Part): number {
  switch (part.kind) {
    case 'entry':
    case 'slice':
    case 'places':
      return 1;
    case 'new axis':
    case 'ellipsis':
      return 0;
    case 'mask':
      return cx.build.rank(part.node);
  }
}

function inRange(at: Dim, dim: Dim, axis: number, shape: Shape, family: Family): Dim {
  if (!D.isKnown(at) || !D.isKnown(dim) || (at < dim && at >= -dim)) return at;
  if (family === 'jax' && dim > 0) return clamped(at, dim);
  throw new ShapeError(`index ${at} is out of range for axis ${axis} of ${showShape(shape)}, which has ${dim}`);
}

/** JAX reads the nearest entry in the place of one out of range. */
function clamped(at: number, dim: number): number {
  return Math.min(Math.max(at < 0 ? at + dim : at, 0), dim - 1);
}

/** The index tensor with known negative places counted from the start. Throws ShapeError for places out of range. */
function placesInRange(cx: Context, index: NodeId, dim: Dim, family: Family): NodeId {
  const values = numbersOf(cx, index);
  if (values === null || !D.isKnown(dim)) return index;
  const outside = values.find((value) => value >= dim || value < -dim);
  if (outside !== undefined && family !== 'jax')
    throw new ShapeError(`index ${outside} is out of range for an axis of ${dim}`);
  if (outside === undefined && values.every((value) => value >= 0)) return index;
  const { shape, dtype } = cx.build.aval(index);
  return cx.build.emit('literal', { values: values.map((value) => clamped(value, dim)), shape, dtype });
}

/** Start, stop and step of a slice over an axis of that size; null for what is not known. */
function boundsOf(
  slice: SliceValue,
  dim: Dim,
): { readonly start: Dim | null; readonly stop: Dim | null; readonly step: number } {
  const read = (value: Value, otherwise: Dim): Dim => {
    switch (value.kind) {
      case 'none':
        return otherwise;
      case 'int':
        return value.value;
      case 'bool':
        if (value.value !== null) return Number(value.value);
        throw new Unknowable('a bound of the slice is not known');
      case 'unknown':
        throw new Unknowable(value.reason.text, value.reason);
      case 'tensor':
        throw new Unknowable('a bound of the slice is not known before it runs');
      default:
        throw new PythonError('TypeError', 'slice indices must be integers or None or have an __index__ method');
    }
  };
  const step = read(slice.step, 1);
  if (!D.isKnown(step)) throw new Unknowable('the step of the slice is not known');
  if (step === 0) throw new PythonError('ValueError', 'slice step cannot be zero');
  if (step < 0) throw new PythonError('ValueError', 'step must be greater than zero');
  return {
    start: clip(read(slice.lower, 0), dim, 'start'),
    stop: slice.upper.kind === 'none' ? dim : clip(read(slice.upper, dim), dim, 'stop'),
    step,
  };
}

/** The known range of an axis that a slice names; what hangs on sizes that are not known gets a size of its own. */
function sliced(cx: Context, x: NodeId, axis: number, slice: SliceValue, family: Family): NodeId {
  const { build } = cx;
  const { shape, dtype } = build.aval(x);
  if (family !== 'torch' && slice.step.kind === 'int' && D.isKnown(slice.step.value) && slice.step.value < 0)
    return backwards(cx, x, axis, slice, slice.step.value);
  const { start, stop, step } = boundsOf(slice, dimAt(shape, axis));
  if (start === null || stop === null) {
    const length = cx.freshSize('n');
    const others = shape.map((_, k) => k).filter((k) => k !== axis);
    return build.emit(
      'opaque',
      {
        name: 'slice',
        aval: { shape: shape.map((dim, k) => (k === axis ? length : dim)), dtype },
        batched: others.map((k) => [k, k] as const),
      },
      [x],
    );
  }
  const empty = D.isKnown(start) && D.isKnown(stop) && stop < start;
  return build.sliceAxis(x, axis, start, empty ? start : stop, step);
}

/** A slice that goes backwards, as NumPy takes it: a forward one, reversed. */
function backwards(cx: Context, x: NodeId, axis: number, slice: SliceValue, step: number): NodeId {
  const { build } = cx;
  const dim = dimAt(build.shape(x), axis);
  const { lower, upper } = slice;
  if (lower.kind === 'none' && upper.kind === 'none' && step === -1)
    return build.emit('reverse', { axes: [axis] }, [x]);
  const number = (value: Value, otherwise: number, size: number): number => {
    if (value.kind === 'none') return otherwise;
    if (value.kind !== 'int' || !D.isKnown(value.value)) throw new Unknowable('a bound of the slice is not known');
    return Math.max(-1, Math.min(size - 1, value.value < 0 ? value.value + size : value.value));
  };
  if (!D.isKnown(dim)) throw new Unknowable(`which part of ${D.show(dim)} entries is meant is not known`);
  const [start, stop] = [number(lower, dim - 1, dim), number(upper, -1, dim)];
  const count = Math.max(0, Math.ceil((start - stop) / -step));
  if (count === 0) return build.sliceAxis(x, axis, 0, 0);
  const forward = build.sliceAxis(x, axis, start + (count - 1) * step, start + 1, -step);
  return build.emit('reverse', { axes: [axis] }, [forward]);
}

/** `target[index] = value`, in place. */
export function setSubscript(cx: Context, target: TensorValue, index: Value, value: Value): void {
  if (target.family === 'tensorflow')
    throw new PythonError('TypeError', 'tensors of TensorFlow cannot be changed: they do not support item assignment');
  if (target.family === 'jax')
    throw new PythonError('TypeError', 'arrays of JAX cannot be changed: x = x.at[index].set(value) gives a new one');
  const like = target.node;
  const node =
    value.kind === 'list' || value.kind === 'tuple'
      ? nested(cx, value, { float: 'float32', tensors: 'any' })
      : asOperand(cx, value, like);
  cx.assignInPlace(target, updated(cx, like, index, node, target.family));
}

/** x with `value` in the place of `x[index]` (`x.at[index].set(value)`). Throws ShapeError where it does not fit. */
export function updated(cx: Context, x: NodeId, index: Value, value: NodeId, family: Family = 'torch'): NodeId {
  const { build } = cx;
  const own = build.aval(x);
  const parts = withEllipsis(cx, x, partsOf(cx, index, family), family);
  const given = build.convert(value, own.dtype);
  const [mask] = parts;
  if (parts.length === 1 && mask?.kind === 'mask') {
    const rest = own.shape.slice(build.rank(mask.node)).map(() => 1);
    const spread = build.reshape(mask.node, [...build.shape(mask.node), ...rest]);
    const shape = broadcastShapes(build.shape(spread), own.shape);
    if (!sameShape(shape, own.shape))
      throw new ShapeError(`a mask ${showShape(build.shape(mask.node))} does not fit ${showShape(own.shape)}`);
    if (build.rank(given) === 0) return build.select(spread, given, x);
    return build.emit('opaque', { name: 'masked assignment', aval: own, batched: [] }, [x, mask.node, given]);
  }
  if (parts.some((part) => part.kind === 'places' || part.kind === 'mask')) {
    const region = build.shape(subscript(cx, x, index, family));
    fitInto(cx, given, region);
    const indices = parts.flatMap((part) => (part.kind === 'places' || part.kind === 'mask' ? [part.node] : []));
    return build.emit('opaque', { name: 'indexed assignment', aval: own, batched: [] }, [x, given, ...indices]);
  }
  const starts: Dim[] = [];
  const limits: Dim[] = [];
  const steps: number[] = [];
  const dropped: number[] = [];
  // The sizes of the region with the axes that None adds, which the value may have too.
  const region: Dim[] = [];
  for (const part of parts) {
    const axis = starts.length;
    if (part.kind === 'entry') {
      const dim = dimAt(own.shape, axis);
      // JAX writes nothing where an entry is out of range.
      if (family === 'jax' && D.isKnown(part.at) && D.isKnown(dim) && (part.at >= dim || part.at < -dim)) return x;
      const at = inRange(part.at, dim, axis, own.shape, family);
      const from = D.isKnown(at) && at < 0 ? D.add(dim, at) : at;
      starts.push(from);
      limits.push(D.add(from, 1));
      steps.push(1);
      dropped.push(axis);
    } else if (part.kind === 'slice') {
      const { start, stop, step } = boundsOf(part.slice, dimAt(own.shape, axis));
      if (start === null || stop === null) throw new Unknowable('which part is assigned to is not known');
      starts.push(start);
      limits.push(D.isKnown(start) && D.isKnown(stop) ? Math.max(start, stop) : stop);
      steps.push(step);
      region.push(build.shape(build.sliceAxis(x, axis, start, limits[axis] ?? stop, step))[axis] ?? 1);
    } else if (part.kind === 'new axis') region.push(1);
  }
  for (const dim of own.shape.slice(starts.length)) {
    starts.push(0);
    limits.push(dim);
    steps.push(1);
    region.push(dim);
  }
  const whole = fitInto(cx, given, region);
  const kept = own.shape.flatMap((_, axis) => {
    if (dropped.includes(axis)) return [];
    const length = D.sub(limits[axis] ?? 0, starts[axis] ?? 0);
    const step = steps[axis] ?? 1;
    return [step === 1 ? length : D.floorDiv(D.add(length, step - 1), step)];
  });
  return build.emit('update', { starts, limits, steps, dropped }, [x, build.reshape(whole, kept)]);
}

/** The value stretched to the region that it is assigned to; axes of size 1 in front may be left over. */
function fitInto(cx: Context, value: NodeId, region: Shape): NodeId {
  const { build } = cx;
  const shape = build.shape(value);
  const extra = Math.max(0, shape.length - region.length);
  const stretched = shape.slice(0, extra).every((dim) => dim === 1)
    ? broadcastShapes(shape.slice(extra), region)
    : null;
  if (stretched === null || !sameShape(stretched, region)) {
    throw new ShapeError(`a value ${showShape(shape)} cannot be assigned to ${showShape(region)}`);
  }
  return build.broadcastTo(build.reshape(value, shape.slice(extra)), region);
}
