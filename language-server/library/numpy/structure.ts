import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { broadcastShapes, dimAt, requireStretch, type Shape, ShapeError, showShape } from '../../graph/shape.ts';
import { known } from '../arguments.ts';
import { PythonError, Unknowable } from '../context.ts';
import { alias } from '../define.ts';
import { atLeastRank, diagonal as diagonalOf, flatten, repeat as repeatAll } from '../torch/structure.ts';
import { int, list, type NativeValue, tensor, tuple, type Value } from '../values.ts';
import { borrowNode } from './borrow.ts';
import {
  arrayFunction,
  asArray,
  type Call,
  type Dialect,
  isOneNumber,
  shapeIn,
  sizeIn,
  strictAxis,
  valueFunction,
  withMethods,
} from './dialect.ts';

/** Functions that rearrange, view and repeat (https://numpy.org/doc/stable/reference/routines.array-manipulation.html). */

/** Sizes as one sequence or one by one, where -1 takes what is left. */
function newSizes(call: Call, values: readonly Value[]): Shape {
  const [only] = values;
  const several =
    values.length === 1 &&
    only !== undefined &&
    only.kind !== 'int' &&
    !(only.kind === 'tensor' && call.build.rank(only.node) === 0);
  return (several ? call.cx.items(known(only)) : values).map((value) => sizeIn(call, value));
}

function reversed(call: Call, x: NodeId): NodeId {
  return call.build.transpose(
    x,
    call.build.shape(x).map((_, k) => call.build.rank(x) - 1 - k),
  );
}

/** Fortran's order reads the axes from the last to the first. */
function isFortran(call: Call): boolean {
  const order = call.optional('order');
  if (order === null || order.kind !== 'str') return false;
  if (order.value === 'K' || order.value === 'A' || order.value === null) return false;
  return order.value === 'F';
}

export function reshaped(call: Call, x: NodeId, wanted: Shape): NodeId {
  const { build } = call;
  const negative = wanted.find((dim) => D.isKnown(dim) && dim < -1);
  if (negative !== undefined && call.d.family !== 'numpy') throw new ShapeError(`a size cannot be ${D.show(negative)}`);
  // NumPy takes any negative size for -1.
  const shape = wanted.map((dim) => (D.isKnown(dim) && dim < 0 ? -1 : dim));
  const own = build.shape(x);
  if (shape.includes(-1) && D.product(shape.filter((dim) => dim !== -1)) === 0)
    throw new ShapeError(`${showShape(own)} cannot be reshaped to ${showShape(shape)}: the size for -1 can be any`);
  if (!isFortran(call)) return build.reshapeInferred(x, shape);
  return reversed(call, build.reshapeInferred(reversed(call, x), [...shape].reverse()));
}

function ravel(call: Call, name: string): NodeId {
  const x = call.array(name);
  return reshaped(
    call,
    x,
    [-1 as Dim].map(() => D.product(call.build.shape(x))),
  );
}

/** Axes as a sequence, one by one, or all turned round. */
function transposed(call: Call, x: NodeId, values: readonly Value[]): NodeId {
  const [only] = values;
  if (values.length === 0 || (values.length === 1 && only?.kind === 'none')) return reversed(call, x);
  const rank = call.build.rank(x);
  const axes = newSizes(call, values).map((axis) => {
    if (!D.isKnown(axis)) throw new Unknowable('an axis is not known');
    return strictAxis(axis, rank);
  });
  return call.build.transpose(x, axes);
}

function squeezed(call: Call): NodeId {
  const { build } = call;
  const x = call.array('a');
  const shape = build.shape(x);
  // An array without axes may be asked for its first.
  const given = shape.length === 0 ? [] : call.strictAxes('axis', shape.length);
  if (shape.length === 0) call.strictAxes('axis', call.d.family === 'numpy' ? 1 : 0);
  if (given === null || shape.length === 0)
    return build.reshape(
      x,
      shape.filter((dim) => dim !== 1),
    );
  for (const axis of given) {
    const dim = dimAt(shape, axis);
    if (D.isKnown(dim) && dim !== 1)
      throw new ShapeError(`axis ${axis} of ${showShape(shape)} cannot be squeezed: its size is ${dim}`);
    if (!D.isKnown(dim)) throw new Unknowable(`whether ${D.show(dim)} is 1 is not known`);
  }
  return build.reshape(
    x,
    shape.filter((_, axis) => !given.includes(axis)),
  );
}

function expanded(call: Call): NodeId {
  const { build } = call;
  const x = call.array('a');
  const own = build.shape(x);
  const value = call.value('axis');
  const count = value.kind === 'int' ? 1 : call.cx.items(value).length;
  const rank = own.length + count;
  const axes = call.strictAxes('axis', rank) ?? [];
  const rest = [...own];
  return build.reshape(
    x,
    Array.from({ length: rank }, (_, k) => (axes.includes(k) ? 1 : (rest.shift() ?? 1))),
  );
}

/** Each entry so many times; without an axis those of the flattened array. */
function repeated(call: Call): NodeId {
  const { build, cx } = call;
  const given = call.array('a');
  // A number is repeated along the axis of a vector of one.
  const x = build.rank(given) === 0 ? build.reshape(given, [1]) : given;
  const anyAxis = build.rank(given) === 0 && call.d.family === 'jax';
  const along = call.optional('axis') === null || anyAxis ? null : call.strict('axis', build.rank(x));
  const flat = along === null ? build.reshape(x, [D.product(build.shape(x))]) : x;
  const axis = along ?? 0;
  const repeats = call.value('repeats');
  const own = dimAt(build.shape(flat), axis);
  if ((repeats.kind === 'list' || repeats.kind === 'tuple') && !call.d.lists)
    throw new PythonError('TypeError', 'repeat takes arrays and numbers, not lists');
  if (repeats.kind === 'list' || repeats.kind === 'tuple') {
    if (repeats.items.length !== 1 && D.surelyDiffer(own, repeats.items.length))
      throw new ShapeError(`repeat: ${repeats.items.length} counts for ${D.show(own)} entries`);
    if (repeats.items.length === 1 && repeats.items[0] !== undefined)
      return borrowNode(cx, 'repeat_interleave', {
        input: flat,
        repeats: int(sizeIn(call, repeats.items[0])),
        dim: int(axis),
      });
  }
  if (repeats.kind === 'tensor' && call.optional('total_repeat_length') !== null)
    return borrowNode(cx, 'repeat_interleave', {
      input: flat,
      repeats,
      dim: int(axis),
      output_size: call.value('total_repeat_length'),
    });
  if (repeats.kind === 'tensor' && build.rank(repeats.node) === 1) {
    const counts = dimAt(build.shape(repeats.node), 0);
    if (counts !== 1 && D.surelyDiffer(own, counts))
      throw new ShapeError(`repeat: ${D.show(counts)} counts for ${D.show(own)} entries`);
    return borrowNode(cx, 'repeat_interleave', { input: flat, repeats, dim: int(axis) });
  }
  const count: Value = repeats.kind === 'tensor' ? int(sizeIn(call, repeats)) : repeats;
  if (count.kind === 'int' && D.isKnown(count.value) && count.value < 0)
    throw new PythonError('ValueError', 'repeats may not contain negative values.');
  return borrowNode(cx, 'repeat_interleave', { input: flat, repeats: count, dim: int(axis) });
}

function tiled(call: Call): NodeId {
  const x = call.array('A');
  const counts = newSizes(call, [call.value('reps')]);
  const missing = Math.max(0, call.build.rank(x) - counts.length);
  return repeatAll(call.cx, x, [...Array.from({ length: missing }, () => 1), ...counts]);
}

function rolled(call: Call): NodeId {
  const { build, cx } = call;
  const x = call.array('a');
  const shift = call.value('shift');
  const amounts = (shift.kind === 'int' || shift.kind === 'tensor' ? [shift] : cx.items(shift)).map((each) =>
    each.kind === 'int' ? each.value : null,
  );
  if (call.optional('axis') === null) {
    if (build.rank(x) === 0) return x;
    const flat = build.reshape(x, [D.product(build.shape(x))]);
    return build.reshape(
      build.emit('roll', { axes: [0], shifts: [amounts.length === 1 ? (amounts[0] ?? null) : null] }, [flat]),
      build.shape(x),
    );
  }
  const value = call.value('axis');
  const axes = (value.kind === 'int' ? [value] : cx.items(value)).map((item) =>
    strictAxis(Number(sizeIn(call, item)), build.rank(x)),
  );
  const count = amounts.length;
  if (count !== 1 && axes.length !== 1 && count !== axes.length)
    throw new ShapeError(`roll: ${count} shifts for ${axes.length} axes`);
  const distinct = [...new Set(axes)];
  // One for several of the others: each axis with each shift.
  const shifts = count === axes.length ? amounts : axes.map(() => (count === 1 ? (amounts[0] ?? null) : null));
  const summed = distinct.map((axis) =>
    shifts
      .filter((_, k) => axes[k] === axis)
      .reduce((sum, each) => (sum === null || each === null ? null : D.add(sum, each)), 0),
  );
  return distinct.length === 0 ? x : build.emit('roll', { axes: distinct, shifts: summed }, [x]);
}

function flipped(call: Call, axes: readonly number[] | null): NodeId {
  const { build } = call;
  const x = call.array('m');
  const over = axes ?? build.shape(x).map((_, k) => k);
  return over.length === 0 ? x : build.emit('reverse', { axes: over }, [x]);
}

function flipFixed(d: Dialect, name: string, axis: number): NativeValue {
  return arrayFunction(d, name, '(m)', (call) => {
    const rank = call.build.rank(call.array('m'));
    if (rank <= axis) throw new ShapeError(`${name} needs an array with at least ${axis + 1} axes`);
    return flipped(call, [axis]);
  });
}

/** `rollaxis`: an axis moved before another. */
function rollAxis(call: Call): NodeId {
  const { build } = call;
  const x = call.array('a');
  const rank = build.rank(x);
  const axis = call.strict('axis', rank);
  const given = call.int('start', 0);
  const start = given < 0 ? given + rank : given;
  if (start < 0 || start > rank) throw new ShapeError(`rollaxis: start ${given} is out of bounds for ${rank} axes`);
  return build.moveAxes(x, [axis], [start > axis ? start - 1 : start]);
}

function moved(call: Call): NodeId {
  const { build } = call;
  const x = call.array('a');
  const rank = build.rank(x);
  const [from, to] = [call.strictAxes('source', rank) ?? [], call.strictAxes('destination', rank) ?? []];
  if (from.length !== to.length) throw new ShapeError('moveaxis: as many axes are wanted where from as where to');
  return build.moveAxes(x, from, to);
}

function atLeast(d: Dialect, rank: 1 | 2 | 3): NativeValue {
  return valueFunction(d, `atleast_${rank}d`, '(*arys)', (call) => {
    const results = call.rest.map((value) => call.result(atLeastRank(call.cx, asArray(call.d, call.cx, value), rank)));
    const [only] = results;
    if (results.length === 1 && only !== undefined) return only;
    return d.family === 'numpy' ? tuple(results) : list(results);
  });
}

function diag(call: Call): NodeId {
  const v = call.array('v');
  const rank = call.build.rank(v);
  const offset = call.int('k', 0);
  if (rank === 1) return call.build.emit('diag_embed', { offset }, [v]);
  if (rank === 2) return diagonalOf(call.cx, v, offset, 0, 1);
  throw new ShapeError(`diag: a vector or a matrix is wanted, not ${showShape(call.build.shape(v))}`);
}

/** The diagonal of two axes, empty where the offset leaves none. */
export function diagonalAt(call: Call, x: NodeId, offset: number, first: number, second: number): NodeId {
  const rank = call.build.rank(x);
  const [a, b] = [strictAxis(first, rank), strictAxis(second, rank)];
  if (a === b) throw new ShapeError(`a diagonal needs two axes, not ${first} and ${second}`);
  return diagonalOf(call.cx, x, offset, a, b);
}

function triangle(d: Dialect, name: string, side: 'upper' | 'lower'): NativeValue {
  return arrayFunction(d, name, '(m, k=0)', (call) => {
    const { build } = call;
    const m = call.array('m');
    const shape = build.shape(m);
    if (shape.length === 0) throw new ShapeError(`${name}: an array with axes is wanted`);
    // A vector counts as each row of a square.
    const x = shape.length === 1 ? build.broadcastTo(m, [dimAt(shape, 0), dimAt(shape, 0)]) : m;
    if (shape.length === 1 && d.family !== 'numpy')
      throw new ShapeError(`${name} needs a matrix, not ${showShape(shape)}`);
    return build.emit('triangle', { side, offset: call.int('k', 0) }, [x]);
  });
}

/** Sizes before and after along each axis: `pad`. */
function padded(call: Call): NodeId {
  const { build, cx } = call;
  const x = call.array('array');
  const shape = build.shape(x);
  const widths = padWidths(call, call.value('pad_width'), shape.length);
  if (widths.some((pair) => pair.some((dim) => D.isKnown(dim) && dim < 0)))
    throw new PythonError('ValueError', "index can't contain negative values");
  const mode = call.optional('mode')?.kind === 'str' ? call.string('mode') : 'constant';
  const number = call.keywords.get('constant_values');
  if (
    mode === 'constant' &&
    (number === undefined || (number.kind === 'int' && D.isKnown(number.value)) || number.kind === 'float')
  ) {
    const value =
      number === undefined
        ? 0
        : number.kind === 'int' && D.isKnown(number.value)
          ? number.value
          : number.kind === 'float'
            ? (number.value ?? 0)
            : 0;
    return build.emit('pad', { low: widths.map(([low]) => low), high: widths.map(([, high]) => high), value }, [x]);
  }
  const grown = shape.map((dim, k) => D.add(dim, D.add(widths[k]?.[0] ?? 0, widths[k]?.[1] ?? 0)));
  if (
    mode !== 'constant' &&
    mode !== 'empty' &&
    shape.some((dim, k) => dim === 0 && (widths[k]?.[0] !== 0 || widths[k]?.[1] !== 0))
  )
    throw new PythonError('ValueError', `can't extend empty axis using modes other than 'constant' or 'empty'`);
  return build.emit(
    'opaque',
    {
      name: `pad ${mode}`,
      aval: { shape: grown, dtype: build.aval(x).dtype },
      batched: shape.flatMap((_, k) => (widths[k]?.[0] === 0 && widths[k]?.[1] === 0 ? [[k, k] as const] : [])),
    },
    [x, ...[number].flatMap((value) => (value?.kind === 'tensor' ? [asArray(call.d, cx, value)] : []))],
  );
}

/** One number for all sides, a pair for all axes, or a pair for each. */
function padWidths(call: Call, value: Value, rank: number): readonly (readonly [Dim, Dim])[] {
  const all = <T>(item: T): readonly T[] => Array.from({ length: rank }, () => item);
  if (isOneNumber(call, value)) {
    const width = sizeIn(call, value);
    return all([width, width] as const);
  }
  const items = call.cx.items(value);
  const row = (item: Value): readonly [Dim, Dim] => {
    const [low, high] = isOneNumber(call, item)
      ? [sizeIn(call, item)]
      : call.cx.items(item).map((part) => sizeIn(call, part));
    if (low === undefined) throw new PythonError('ValueError', 'a pair of sizes is wanted');
    return [low, high ?? low];
  };
  if (items.every((item) => isOneNumber(call, item))) {
    const [low, high] = items.map((item) => sizeIn(call, item));
    if (low === undefined || items.length > 2)
      throw new ShapeError(`pad: ${items.length} numbers do not fit ${rank} axes`);
    return all([low, high ?? low] as const);
  }
  const [first] = items;
  if (items.length === 1 && first !== undefined) return all(row(first));
  if (items.length !== rank) throw new ShapeError(`pad: ${items.length} pairs for ${rank} axes`);
  return items.map(row);
}

function broadcast(call: Call): NodeId {
  const x = call.array('array');
  const shape = shapeIn(call, call.value('shape'));
  const own = call.build.shape(x);
  requireStretch(own, shape, () => `${showShape(own)} cannot be stretched to ${showShape(shape)}`);
  return call.build.broadcastTo(x, shape);
}

function trim(call: Call): NodeId {
  const x = call.array('filt');
  return call.build.emit(
    'opaque',
    {
      name: 'trim_zeros',
      aval: { shape: call.build.shape(x).map(() => call.cx.freshSize('n')), dtype: call.build.aval(x).dtype },
      batched: [],
    },
    [x],
  );
}

export function structure(d: Dialect): readonly NativeValue[] {
  const one = (name: string): string => `(${name})`;
  return [
    ...withMethods(d, [
      arrayFunction(d, 'squeeze', '(a, axis=None)', squeezed),
      arrayFunction(
        d,
        'repeat',
        '(a, repeats, axis=None, *, total_repeat_length=None, out_sharding=None, mode=None)',
        repeated,
      ),
      arrayFunction(d, 'ravel', "(a, order='C', *, out_sharding=None)", (call) => ravel(call, 'a')),
      arrayFunction(d, 'swapaxes', '(a, axis1, axis2)', (call) => {
        const x = call.array('a');
        const rank = call.build.rank(x);
        return call.build.swapAxes(x, call.strict('axis1', rank), call.strict('axis2', rank));
      }),
      arrayFunction(d, 'diagonal', '(a, offset=0, axis1=0, axis2=1)', (call) =>
        diagonalAt(call, call.array('a'), call.int('offset', 0), call.int('axis1', 0), call.int('axis2', 1)),
      ),
    ]),
    arrayFunction(d, 'reshape', "(a, shape, order='C', *, copy=None, out_sharding=None)", (call) =>
      reshaped(call, call.array('a'), newSizes(call, [call.value('shape')])),
    ),
    {
      ...arrayFunction(d, 'reshape', "(a, *args, shape=None, order='C', copy=None, out_sharding=None)", (call) => {
        const named = call.optional('shape');
        return reshaped(call, call.array('a'), newSizes(call, named === null ? call.rest : [named]));
      }),
      name: `${d.methods}.reshape`,
    },
    {
      ...arrayFunction(d, 'flatten', "(a, order='C', *, out_sharding=None)", (call) => ravel(call, 'a')),
      name: `${d.methods}.flatten`,
    },
    ...alias(
      arrayFunction(d, 'transpose', '(a, axes=None)', (call) =>
        transposed(call, call.array('a'), [call.optional('axes') ?? { kind: 'none' }]),
      ),
      `${d.name}.permute_dims`,
    ),
    {
      ...arrayFunction(d, 'transpose', '(a, *axes)', (call) => transposed(call, call.array('a'), call.rest)),
      name: `${d.methods}.transpose`,
    },
    ...alias(
      arrayFunction(d, 'matrix_transpose', '(x, /)', (call) => {
        const x = call.array('x');
        if (call.build.rank(x) < 2)
          throw new ShapeError(`the transpose of a matrix needs two axes, not ${showShape(call.build.shape(x))}`);
        return call.build.swapAxes(x, -2, -1);
      }),
      `${d.name}.linalg.matrix_transpose`,
    ),
    arrayFunction(d, 'expand_dims', '(a, axis)', expanded),
    arrayFunction(d, 'moveaxis', '(a, source, destination)', moved),
    arrayFunction(d, 'rollaxis', '(a, axis, start=0)', rollAxis),
    arrayFunction(d, 'tile', '(A, reps)', tiled),
    arrayFunction(d, 'roll', '(a, shift, axis=None)', rolled),
    arrayFunction(d, 'flip', '(m, axis=None)', (call) =>
      flipped(call, call.strictAxes('axis', call.build.rank(call.array('m')))),
    ),
    flipFixed(d, 'flipud', 0),
    flipFixed(d, 'fliplr', 1),
    arrayFunction(d, 'rot90', '(m, k=1, axes=None)', (call) => {
      const m = call.array('m');
      const rank = call.build.rank(m);
      const axes = call.strictAxes('axes', rank) ?? [strictAxis(0, rank), strictAxis(1, rank)];
      return borrowNode(call.cx, 'rot90', { input: m, k: int(call.int('k', 1)), dims: tuple(axes.map(int)) });
    }),
    atLeast(d, 1),
    atLeast(d, 2),
    atLeast(d, 3),
    arrayFunction(d, 'diag', '(v, k=0)', diag),
    arrayFunction(d, 'diagflat', '(v, k=0)', (call) =>
      call.build.emit('diag_embed', { offset: call.int('k', 0) }, [flatten(call.cx, call.array('v'), 0, -1)]),
    ),
    triangle(d, 'tril', 'lower'),
    triangle(d, 'triu', 'upper'),
    arrayFunction(d, 'pad', "(array, pad_width, mode='constant', **kwargs)", padded),
    arrayFunction(d, 'broadcast_to', '(array, shape, subok=False, *, out_sharding=None)', broadcast),
    valueFunction(d, 'broadcast_arrays', '(*args, subok=False)', (call) => {
      const nodes = call.rest.map((value) => asArray(call.d, call.cx, value));
      const shape = broadcastShapes(...nodes.map((node) => call.build.shape(node)));
      const results = nodes.map((node) => call.result(call.build.broadcastTo(node, shape)));
      return d.family === 'numpy' ? tuple(results) : list(results);
    }),
    arrayFunction(d, 'resize', '(a, new_shape)', (call) => {
      const a = call.array('a');
      return call.build.emit(
        'opaque',
        {
          name: 'resize',
          aval: { shape: shapeIn(call, call.value('new_shape')), dtype: call.build.aval(a).dtype },
          batched: [],
        },
        [a],
      );
    }),
    arrayFunction(d, 'trim_zeros', "(filt, trim='fb', axis=None)", trim),
    valueFunction(d, 'shape', one('a'), (call) => tuple(call.build.shape(call.array('a')).map(int))),
    valueFunction(d, 'ndim', one('a'), (call) => int(call.build.rank(call.array('a')))),
    valueFunction(d, 'size', '(a, axis=None)', (call) => {
      const shape = call.build.shape(call.array('a'));
      const axes = call.strictAxes('axis', shape.length);
      return int(D.product(axes === null ? shape : axes.map((axis) => dimAt(shape, axis))));
    }),
    valueFunction(d, 'unstack', '(x, /, *, axis=0)', (call) => {
      const x = call.array('x');
      const shape = call.build.shape(x);
      if (shape.length === 0) throw new ShapeError('unstack needs an array with at least one axis');
      const axis = call.strict('axis', shape.length, 0);
      const length = dimAt(shape, axis);
      if (!D.isKnown(length) || length > 4096)
        throw new Unknowable('how many entries there are is not a small known number');
      return tuple(Array.from({ length }, (_, k) => tensor(call.build.take(x, axis, k), d.family)));
    }),
  ];
}
