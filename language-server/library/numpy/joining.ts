import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { dimAt, ShapeError, showShape } from '../../graph/shape.ts';
import { known } from '../arguments.ts';
import { PythonError, Unknowable } from '../context.ts';
import { alias } from '../define.ts';
import { concatenateParts, type Parts, stackParts } from '../torch/sequences.ts';
import { atLeastRank } from '../torch/structure.ts';
import { list, type NativeValue, none, type Value } from '../values.ts';
import { arrayFunction, asArray, type Call, type Dialect, sizeIn, strictAxis, valueFunction } from './dialect.ts';

/** Joining and splitting (https://numpy.org/doc/stable/reference/routines.array-manipulation.html). */

/** The arrays of a sequence in their common type; an array is the sequence of its entries. */
function partsOf(call: Call, name: string): Parts {
  const { cx, d, build } = call;
  const iteration = cx.iterate(known(call.value(name)));
  const wanted = call.type('dtype');
  if (iteration.kind === 'repeated') {
    const node = asArray(d, cx, iteration.element);
    return {
      kind: 'repeated',
      length: iteration.length,
      node: wanted === null ? node : build.convert(node, wanted),
      over: wanted === null ? iteration.over : null,
    };
  }
  const nodes = iteration.items.map((item) => asArray(d, cx, item));
  const dtype =
    wanted ?? (nodes.length === 0 ? d.float : nodes.map((node) => build.aval(node).dtype).reduce(d.promote));
  return { kind: 'items', nodes: nodes.map((node) => build.convert(node, dtype)) };
}

function mapParts(parts: Parts, change: (node: NodeId) => NodeId): Parts {
  return parts.kind === 'items'
    ? { kind: 'items', nodes: parts.nodes.map(change) }
    : { ...parts, node: change(parts.node), over: null };
}

function firstOf(parts: Parts): NodeId {
  const node = parts.kind === 'items' ? parts.nodes[0] : parts.node;
  if (node === undefined) throw new PythonError('ValueError', 'need at least one array to join');
  return node;
}

/** All along an axis that they have; unlike torch's, NumPy's empty vectors must fit too. */
function concatenated(call: Call, parts: Parts, axis: number): NodeId {
  const rank = call.build.rank(firstOf(parts));
  const at = strictAxis(axis, rank);
  return parts.kind === 'items' ? call.build.concatenate(parts.nodes, at) : concatenateParts(call.cx, parts, at);
}

function flat(call: Call, node: NodeId): NodeId {
  return call.build.reshape(node, [D.product(call.build.shape(node))]);
}

function concatenate(call: Call): NodeId {
  const parts = partsOf(call, 'arrays');
  firstOf(parts);
  if (call.has('axis') && call.optional('axis') === null)
    return concatenated(
      call,
      mapParts(parts, (node) => flat(call, node)),
      0,
    );
  return concatenated(call, parts, call.int('axis', 0));
}

function joined(d: Dialect, name: string, rank: 1 | 2 | 3, axis: number): NativeValue {
  return arrayFunction(
    d,
    name,
    d.family === 'numpy' ? "(tup, *, dtype=None, casting='same_kind')" : '(tup, dtype=None)',
    (call) => {
      const parts = mapParts(partsOf(call, 'tup'), (node) => atLeastRank(call.cx, node, rank));
      const at = rank === 1 && call.build.rank(firstOf(parts)) > 1 ? 1 : axis;
      return concatenated(call, parts, at);
    },
  );
}

/** Nested lists of blocks: the innermost lists are joined along the last axis, those around them along the ones before. */
function block(call: Call, value: Value, depth: number, rank: number): NodeId {
  const { build, cx, d } = call;
  if (value.kind === 'tuple') throw new PythonError('TypeError', 'block takes lists, not tuples');
  if (value.kind !== 'list') {
    const node = asArray(d, cx, value);
    const missing = Math.max(0, rank - build.rank(node));
    return build.reshape(node, [...Array.from({ length: missing }, () => 1), ...build.shape(node)]);
  }
  if (value.items.length === 0) throw new PythonError('ValueError', 'List at arrays[0] cannot be empty');
  const parts = value.items.map((item) => block(call, item, depth - 1, rank));
  const dtype = parts.map((node) => build.aval(node).dtype).reduce(d.promote);
  return build.concatenate(
    parts.map((node) => build.convert(node, dtype)),
    rank - depth,
  );
}

function depthOf(value: Value): number {
  if (value.kind !== 'list') return 0;
  const [first] = value.items;
  return 1 + (first === undefined ? 0 : depthOf(first));
}

/** Pieces of an axis between places. */
function pieces(call: Call, x: NodeId, axis: number, lengths: readonly Dim[]): Value {
  let start: Dim = 0;
  return list(
    lengths.map((length) => {
      const end = D.add(start, length);
      const piece = call.build.sliceAxis(x, axis, start, end);
      start = end;
      return call.result(piece);
    }),
  );
}

function split(call: Call, x: NodeId, axis: number, name: string, exact: boolean): Value {
  const given = call.value(name);
  const dim = dimAt(call.build.shape(x), axis);
  if (given.kind === 'int') {
    const count = sizeIn(call, given);
    if (!D.isKnown(count)) throw new Unknowable('the number of pieces is not known');
    if (count <= 0) throw new PythonError('ValueError', 'number sections must be larger than 0.');
    if (!D.isKnown(dim)) {
      const even = D.exactQuotient(dim, count);
      if (even === null) throw new Unknowable(`whether ${D.show(dim)} is a multiple of ${count} is not known`);
      return pieces(
        call,
        x,
        axis,
        Array.from({ length: count }, () => even),
      );
    }
    if (exact && dim % count !== 0)
      throw new ShapeError(`array split does not result in an equal division: ${dim} into ${count}`);
    return pieces(
      call,
      x,
      axis,
      Array.from({ length: count }, (_, k) => Math.floor(dim / count) + (k < dim % count ? 1 : 0)),
    );
  }
  const places: readonly Value[] = [none, ...call.cx.items(given)];
  if (call.d.family === 'jax') requireInside(call, places.slice(1), dim);
  const whole: Value = { kind: 'slice', lower: none, upper: none, step: none };
  return list(
    places.map((lower, k) => {
      const own: Value = { kind: 'slice', lower, upper: places[k + 1] ?? none, step: none };
      return call.cx.subscript(call.result(x), {
        kind: 'tuple',
        items: [...Array.from({ length: axis }, () => whole), own],
        fields: null,
      });
    }),
  );
}

/** JAX refuses places beyond the axis. */
function requireInside(call: Call, places: readonly Value[], dim: Dim): void {
  for (const place of places) {
    const at = sizeIn(call, place);
    if (D.isKnown(at) && D.isKnown(dim) && (at > dim || at < 0))
      throw new ShapeError(`split: place ${at} is out of bounds for ${dim}`);
  }
}

function fixedSplit(d: Dialect, name: string, axisOf: (rank: number) => number, least: number): NativeValue {
  return valueFunction(d, name, '(ary, indices_or_sections)', (call) => {
    const x = call.array('ary');
    const rank = call.build.rank(x);
    if (rank < least)
      throw new ShapeError(`${name} needs at least ${least} axes, not ${showShape(call.build.shape(x))}`);
    return split(call, x, axisOf(rank), 'indices_or_sections', true);
  });
}

/** `append`: without an axis both are flattened. */
function appended(call: Call): NodeId {
  const { build } = call;
  const values = [call.value('arr'), call.value('values')];
  const nodes = values.map((value) => asArray(call.d, call.cx, value));
  const dtype = nodes.map((node) => build.aval(node).dtype).reduce(call.d.promote);
  const typed = nodes.map((node) => build.convert(node, dtype));
  if (call.optional('axis') === null)
    return build.concatenate(
      typed.map((node) => flat(call, node)),
      0,
    );
  return concatenated(call, { kind: 'items', nodes: typed }, call.int('axis'));
}

/** Entries taken out or put in: how many there are then. */
function resized(call: Call, change: (count: Dim, dim: Dim) => Dim, strict: boolean): NodeId {
  const { build } = call;
  const given = call.array('arr');
  const x = call.optional('axis') === null ? flat(call, given) : given;
  const axis = call.optional('axis') === null ? 0 : call.strict('axis', build.rank(x));
  const { shape, dtype } = build.aval(x);
  const dim = dimAt(shape, axis);
  const length = change(placesIn(call, call.value('obj'), dim, strict), dim);
  return build.emit(
    'opaque',
    {
      name: 'delete or insert',
      aval: { shape: shape.map((own, k) => (k === axis ? length : own)), dtype },
      batched: shape.flatMap((_, k) => (k === axis ? [] : [[k, k] as const])),
    },
    [x],
  );
}

/** How many different places an index names, where it tells. */
function placesIn(call: Call, value: Value, dim: Dim, strict: boolean): Dim {
  const place = (item: Value): number => {
    const at = sizeIn(call, item);
    if (!D.isKnown(at)) throw new Unknowable('a place is not known');
    if (D.isKnown(dim) && strict && (at > dim || at < -dim))
      throw new ShapeError(`index ${at} is out of bounds for an axis of ${dim}`);
    return at < 0 && D.isKnown(dim) ? at + dim : at;
  };
  if (value.kind === 'int') {
    place(value);
    return 1;
  }
  if (call.d.family === 'jax' && value.kind === 'list')
    throw new PythonError('TypeError', 'places are whole numbers or arrays of them');
  if (value.kind !== 'list' && value.kind !== 'tuple') throw new Unknowable('how many places there are is not known');
  return new Set(value.items.map(place)).size;
}

/** `np.r_[a, b]` and `np.c_[a, b]`. */
function along(call: Call, columns: boolean): NodeId {
  const { build, d, cx } = call;
  const key = call.value('key');
  const items = key.kind === 'tuple' ? key.items : [key];
  if (items.some((item) => item.kind === 'str')) throw new Unknowable('directives in the index are not followed');
  const nodes = items.map((item): NodeId => {
    if (item.kind !== 'slice') return atLeastRank(cx, asArray({ ...d, lists: true }, cx, item), 1);
    const from = item.lower.kind === 'int' ? item.lower.value : 0;
    if (item.upper.kind !== 'int' || item.step.kind !== 'none') throw new Unknowable('this range is not followed');
    return build.emit('data', { name: 'range', aval: { shape: [D.sub(item.upper.value, from)], dtype: d.int } });
  });
  const dtype = nodes.map((node) => build.aval(node).dtype).reduce(d.promote);
  const typed = nodes.map((node) => build.convert(node, dtype));
  if (columns) {
    const wide = typed.map((node) => (build.rank(node) === 1 ? build.expandDims(node, 1) : node));
    return build.concatenate(
      wide,
      build.rank(wide[0] ?? typed[0] ?? nodes[0] ?? firstOf({ kind: 'items', nodes: [] })) - 1,
    );
  }
  return build.concatenate(typed, 0);
}

/** `r_` and `c_`, which are indexed. */
export function joiningObjects(d: Dialect): readonly (readonly [string, NativeValue])[] {
  return [
    ['r_', arrayFunction(d, 'r_.__getitem__', '(self, key)', (call) => along(call, false))],
    ['c_', arrayFunction(d, 'c_.__getitem__', '(self, key)', (call) => along(call, true))],
  ];
}

export function joining(d: Dialect): readonly NativeValue[] {
  return [
    ...alias(
      arrayFunction(
        d,
        'concatenate',
        d.family === 'numpy'
          ? "(arrays, /, axis=0, out=None, *, dtype=None, casting='same_kind')"
          : '(arrays, axis=0, dtype=None)',
        concatenate,
      ),
      `${d.name}.concat`,
    ),
    arrayFunction(
      d,
      'stack',
      d.family === 'numpy'
        ? "(arrays, axis=0, out=None, *, dtype=None, casting='same_kind')"
        : '(arrays, axis=0, out=None, dtype=None)',
      (call) => {
        const parts = partsOf(call, 'arrays');
        const first = firstOf(parts);
        const axis = strictAxis(call.int('axis', 0), call.build.rank(first) + 1);
        return stackParts(call.cx, parts, axis);
      },
    ),
    joined(d, 'hstack', 1, 0),
    ...alias(joined(d, 'vstack', 2, 0), `${d.name}.row_stack`),
    joined(d, 'dstack', 3, 2),
    arrayFunction(d, 'column_stack', '(tup)', (call) => {
      const column = (node: NodeId): NodeId =>
        call.build.rank(node) < 2 ? call.build.reshape(node, [D.product(call.build.shape(node)), 1]) : node;
      return concatenated(call, mapParts(partsOf(call, 'tup'), column), 1);
    }),
    arrayFunction(d, 'block', '(arrays)', (call) => {
      const value = call.value('arrays');
      const depth = depthOf(value);
      const leaves = (item: Value): readonly Value[] => (item.kind === 'list' ? item.items.flatMap(leaves) : [item]);
      const ranks = leaves(value).map((leaf) => call.build.rank(asArray(call.d, call.cx, leaf)));
      return block(call, value, depth, Math.max(depth, ...ranks));
    }),
    arrayFunction(d, 'append', '(arr, values, axis=None)', appended),
    arrayFunction(d, 'delete', '(arr, obj, axis=None, *, assume_unique_indices=False)', (call) =>
      resized(call, (count, dim) => D.sub(dim, count), true),
    ),
    arrayFunction(d, 'insert', '(arr, obj, values, axis=None)', (call) => {
      const values = call.value('values');
      if (call.value('obj').kind !== 'int' || (values.kind !== 'int' && values.kind !== 'float')) {
        const axis = call.optional('axis');
        const node = call.array('values');
        // A scalar place takes one entry along an axis, whatever stretches to it.
        if (call.value('obj').kind !== 'int' || (axis === null && call.build.rank(node) > 0))
          throw new Unknowable('how many entries are inserted is not followed');
      }
      return resized(call, (count, dim) => D.add(dim, count), d.family === 'numpy');
    }),
    valueFunction(d, 'split', '(ary, indices_or_sections, axis=0)', (call) => {
      const x = call.array('ary');
      return split(call, x, call.strict('axis', call.build.rank(x), 0), 'indices_or_sections', true);
    }),
    valueFunction(d, 'array_split', '(ary, indices_or_sections, axis=0)', (call) => {
      const x = call.array('ary');
      return split(call, x, call.strict('axis', call.build.rank(x), 0), 'indices_or_sections', false);
    }),
    fixedSplit(d, 'hsplit', (rank) => (rank === 1 ? 0 : 1), 1),
    fixedSplit(d, 'vsplit', () => 0, d.family === 'numpy' ? 2 : 1),
    fixedSplit(d, 'dsplit', () => 2, 3),
  ];
}
