import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import {
  broadcastShapes,
  type DType,
  dimAt,
  isFloating,
  type Shape,
  ShapeError,
  showShape,
} from '../../graph/shape.ts';
import { known } from '../arguments.ts';
import { PythonError, Unknowable } from '../context.ts';
import { placesOf } from '../torch/indexing.ts';
import { numbersOf } from '../torch/nested.ts';
import { except, opaque } from '../torch/opaque.ts';
import { int, type NativeValue, none, tensor, type Value } from '../values.ts';
import {
  arrayFunction,
  asArray,
  type Call,
  commonType,
  type Dialect,
  operands,
  shapeIn,
  sizeIn,
  strictAxis,
  valueFunction,
  withMethods,
} from './dialect.ts';

/** Choosing by index, mask and condition; sets (https://numpy.org/doc/stable/reference/routines.indexing.html). */

/** Where elements are not zero: one index vector for each axis. */
function nonzero(call: Call, x: NodeId): readonly NodeId[] {
  const { build, cx } = call;
  const size = call.optional('size');
  if (size !== null) {
    const count = sizeIn(call, size);
    return build.shape(x).map((_, axis) => opaque(cx, `nonzero axis ${axis}`, [x], [count], call.d.int));
  }
  if (build.rank(x) === 0) throw new PythonError('ValueError', 'Calling nonzero on 0d arrays is not allowed.');
  return placesOf(cx, build.convert(x, 'bool'));
}

function where(call: Call): Value {
  const { build, cx, d } = call;
  const condition = call.array('condition');
  const [x, y] = [call.optional('x'), call.optional('y')];
  if (x === null && y === null) return call.results(nonzero(call, condition));
  if (x === null || y === null)
    throw new PythonError('ValueError', 'either both or neither of x and y should be given');
  const [a, b] = operands(d, cx, [x, y]);
  if (a === undefined || b === undefined) throw new RangeError('two operands in, two out');
  return call.result(build.select(build.convert(condition, 'bool'), a, b));
}

/** How many of the elements are not zero, where the program tells. */
function countOf(call: Call, x: NodeId): Dim {
  const values = numbersOf(call.cx, x);
  return values === null ? call.cx.freshSize('n') : values.filter((value) => value !== 0).length;
}

function flat(call: Call, x: NodeId): NodeId {
  return call.build.reshape(x, [D.product(call.build.shape(x))]);
}

/** Known places must lie on the axis, unless they are clipped or wrapped. */
function requirePlaces(call: Call, index: NodeId, dim: Dim, always = false): void {
  const values = numbersOf(call.cx, index);
  const mode = call.optional('mode');
  if (
    values === null ||
    !D.isKnown(dim) ||
    (call.d.family !== 'numpy' && !always) ||
    (mode?.kind === 'str' && mode.value !== 'raise')
  )
    return;
  const outside = values.find((value) => value >= dim || value < -dim);
  if (outside !== undefined) throw new ShapeError(`index ${outside} is out of bounds for an axis of ${dim}`);
}

function requireIntegers(call: Call, index: NodeId): void {
  const { dtype, shape } = call.build.aval(index);
  // An empty list is one of floats, and taken still.
  if (isFloating(dtype) && !shape.includes(0))
    throw new PythonError('TypeError', `an index of whole numbers is wanted, not ${dtype}`);
}

function take(call: Call): NodeId {
  const { build } = call;
  const given = call.array('a');
  const index = call.array('indices');
  // Lists are read as whole numbers.
  if (call.value('indices').kind === 'tensor') requireIntegers(call, index);
  const whole = call.optional('axis') === null;
  const x = whole ? flat(call, given) : given;
  const axis = whole ? 0 : call.strict('axis', build.rank(x));
  const dim = dimAt(build.shape(x), axis);
  requirePlaces(call, index, dim);
  if (dim === 0 && !build.shape(index).includes(0))
    throw new ShapeError('cannot do a non-empty take from an empty axes.');
  return build.emit('gather', { axes: [axis], position: axis }, [x, build.convert(index, call.d.int)]);
}

function takeAlong(call: Call): NodeId {
  const { build } = call;
  const given = call.array('arr');
  const index = call.array('indices');
  const { dtype } = build.aval(index);
  if (isFloating(dtype) || dtype === 'bool') throw new PythonError('IndexError', '`indices` must be an integer array');
  const whole = call.has('axis') && call.optional('axis') === null;
  if (whole && build.rank(index) !== 1) throw new ShapeError('when axis=None, `indices` must have a single dimension.');
  const x = whole ? flat(call, given) : given;
  const [own, places] = [build.shape(x), build.shape(index)];
  if (own.length !== places.length)
    throw new ShapeError(`take_along_axis: ${showShape(own)} and ${showShape(places)} have different numbers of axes`);
  const axis = whole ? 0 : call.strict('axis', own.length, -1);
  const beside = (shape: Shape): Shape => shape.map((dim, k) => (k === axis ? 1 : dim));
  const shape = broadcastShapes(beside(own), beside(places));
  const stretched = (node: NodeId, length: Dim): NodeId =>
    build.broadcastTo(
      node,
      shape.map((dim, k) => (k === axis ? length : dim)),
    );
  requirePlaces(call, index, dimAt(own, axis));
  return build.emit('take_along_axis', { axis }, [
    stretched(x, dimAt(own, axis)),
    stretched(index, dimAt(places, axis)),
  ]);
}

/** One array for each choice, all broadcast together with what chooses. */
function choose(call: Call): NodeId {
  const { cx, d, build } = call;
  const a = call.array('a');
  if (isFloating(build.aval(a).dtype)) throw new PythonError('TypeError', 'whole numbers are wanted to choose by');
  const values = cx.items(known(call.value('choices')));
  const choices = operands(d, cx, values);
  const shape = broadcastShapes(...[a, ...choices].map((node) => build.shape(node)));
  return opaque(
    cx,
    'choose',
    [a, ...choices].map((node) => build.broadcastTo(node, shape)),
    shape,
    build.commonType(choices),
    except(shape.length),
  );
}

function compress(call: Call): NodeId {
  const { build } = call;
  const given = call.array('a');
  const condition = call.array('condition');
  if (build.rank(condition) !== 1)
    throw new ShapeError(`compress: the condition must be a vector, not ${showShape(build.shape(condition))}`);
  const whole = call.optional('axis') === null;
  const x = whole ? flat(call, given) : given;
  const axis = whole ? 0 : call.strict('axis', build.rank(x));
  const { shape, dtype } = build.aval(x);
  const [dim, length] = [dimAt(shape, axis), dimAt(build.shape(condition), 0)];
  if (D.isKnown(dim) && D.isKnown(length) && length > dim) {
    const late = numbersOf(call.cx, condition)?.slice(dim);
    if (late === undefined) throw new Unknowable('whether the condition fits is not known');
    if (late.some((value) => value !== 0))
      throw new ShapeError(`compress: the condition has ${length} entries, the axis ${dim}`);
  }
  return opaque(
    call.cx,
    'compress',
    [x, condition],
    shape.map((own, k) => (k === axis ? countOf(call, condition) : own)),
    dtype,
  );
}

function select(call: Call): NodeId {
  const { build, cx, d } = call;
  const conditions = cx.items(call.value('condlist')).map((value) => asArray(d, cx, value));
  const choices = cx.items(call.value('choicelist'));
  if (conditions.length !== choices.length)
    throw new PythonError('ValueError', 'list of cases must be same length as list of conditions');
  if (conditions.length === 0)
    throw new PythonError('ValueError', 'select with an empty condition list is not possible');
  if (d.family === 'numpy' && conditions.some((node) => build.aval(node).dtype !== 'bool'))
    throw new PythonError('TypeError', 'invalid entry in condlist: should be boolean ndarray');
  const otherwise = call.optional('default') ?? int(0);
  const nodes = operands(d, cx, [...choices, otherwise]);
  const last = nodes[nodes.length - 1];
  if (last === undefined) throw new RangeError('operands in, operands out');
  const result = conditions.reduceRight(
    (rest, condition, k) => build.select(build.convert(condition, 'bool'), nodes[k] ?? rest, rest),
    last,
  );
  return result;
}

/** Functions of parts of an array: its own shape. */
function piecewise(call: Call): NodeId {
  const x = call.array('x');
  const { shape, dtype } = call.build.aval(x);
  return opaque(call.cx, 'piecewise', [x], shape, dtype, except(shape.length));
}

/** Where values would be put into sorted numbers. */
function searchSorted(call: Call): NodeId {
  const { build, cx } = call;
  const [sorted, v] = [call.array('a'), call.array('v')];
  if (build.rank(sorted) !== 1)
    throw new ShapeError(`searchsorted: a vector is wanted, not ${showShape(build.shape(sorted))}`);
  const shape = build.shape(v);
  return opaque(cx, 'searchsorted', [v, sorted], shape, call.d.int, except(shape.length));
}

function digitize(call: Call): NodeId {
  const { build, cx } = call;
  const [x, bins] = [call.array('x'), call.array('bins')];
  if (build.rank(bins) !== 1)
    throw new ShapeError(`digitize: bins must be a vector, not ${showShape(build.shape(bins))}`);
  const values = numbersOf(cx, bins);
  if (values !== null) {
    const rises = values.every((value, k) => k === 0 || value >= (values[k - 1] ?? value));
    const falls = values.every((value, k) => k === 0 || value <= (values[k - 1] ?? value));
    if (!rises && !falls) throw new PythonError('ValueError', 'bins must be monotonically increasing or decreasing');
  }
  const shape = build.shape(x);
  return opaque(cx, 'digitize', [x, bins], shape, call.d.int, except(shape.length));
}

/** Different elements, each once, with what else is asked for. */
function unique(call: Call): Value {
  const { build, cx, d } = call;
  const x = call.array('ar');
  const { shape, dtype } = build.aval(x);
  const axis = call.optional('axis') === null ? null : call.strict('axis', shape.length);
  const values = axis === null ? numbersOf(cx, x) : null;
  const size = call.optional('size');
  const count = size !== null ? sizeIn(call, size) : values === null ? cx.freshSize('n') : new Set(values).size;
  const found = opaque(
    cx,
    'unique',
    [x],
    axis === null ? [count] : shape.map((dim, k) => (k === axis ? count : dim)),
    dtype,
  );
  const extra = (name: string, own: Shape): NodeId => opaque(cx, `unique ${name}`, [x], own, d.int);
  const wanted = [
    ...(call.bool('return_index', false) ? [extra('index', [count])] : []),
    ...(call.bool('return_inverse', false) ? [extra('inverse', axis === null ? shape : [dimAt(shape, axis)])] : []),
    ...(call.bool('return_counts', false) ? [extra('counts', [count])] : []),
  ];
  return wanted.length === 0 ? call.result(found) : call.results([found, ...wanted]);
}

/** What two sets of numbers come to: as many as turn out. */
function setFunction(d: Dialect, name: string): NativeValue {
  return valueFunction(
    d,
    name,
    '(ar1, ar2, assume_unique=False, return_indices=False, *, size=None, fill_value=None)',
    (call) => {
      const [a, b] = name === 'setdiff1d' ? [call.array('ar1'), call.array('ar2')] : call.pair('ar1', 'ar2');
      const { dtype } = call.build.aval(a);
      const count = call.cx.freshSize('n');
      const found = opaque(call.cx, name, [flat(call, a), flat(call, b)], [count], dtype);
      if (!call.bool('return_indices', false)) return call.result(found);
      const places = (): NodeId => opaque(call.cx, `${name} indices`, [flat(call, a)], [count], call.d.int);
      return call.results([found, places(), places()]);
    },
  );
}

/** Open grids: each vector along an axis of its own. */
function openGrid(call: Call): Value {
  const { build, cx, d } = call;
  const nodes = call.rest.map((value) => asArray(d, cx, value));
  return call.results(
    nodes.map((node, k) => {
      if (build.rank(node) !== 1) throw new PythonError('ValueError', 'Cross index must be 1 dimensional');
      const [vector = node] = build.aval(node).dtype === 'bool' ? nonzero(call, node) : [node];
      return build.reshape(
        vector,
        nodes.map((_, axis) => (axis === k ? dimAt(build.shape(vector), 0) : 1)),
      );
    }),
  );
}

/** Places of a triangle of an n by m matrix. */
function triangle(call: Call, upper: boolean, rows: Dim, columns: Dim): Value {
  const offset = call.int('k', 0);
  const inside = (r: number, c: number): boolean => (upper ? c - r >= offset : c - r <= offset);
  const few = D.isKnown(rows) && D.isKnown(columns) && rows * columns <= 10_000;
  if (!few) {
    const known = D.equal(rows, columns) && offset === 0;
    const length = known ? D.floorDiv(D.mul(rows, D.add(rows, 1)), 2) : call.cx.freshSize('n');
    const one = (): NodeId =>
      call.build.emit('data', { name: 'triangle', aval: { shape: [length], dtype: call.d.int } });
    return call.results([one(), one()]);
  }
  const cells = Array.from(
    { length: rows * columns },
    (_, k) => [Math.floor(k / columns), k % columns] as const,
  ).filter(([r, c]) => inside(r, c));
  const literal = (values: readonly number[]): NodeId =>
    call.build.emit('literal', { values, shape: [values.length], dtype: call.d.int });
  return call.results([literal(cells.map(([r]) => r)), literal(cells.map(([, c]) => c))]);
}

function triangleFunctions(d: Dialect): readonly NativeValue[] {
  return ['triu', 'tril'].flatMap((name) => [
    valueFunction(d, `${name}_indices`, '(n, k=0, m=None, *, size=None)', (call) => {
      const rows = sizeIn(call, call.value('n'));
      const columns = call.optional('m');
      return triangle(call, name === 'triu', rows, columns === null ? rows : sizeIn(call, columns));
    }),
    valueFunction(d, `${name}_indices_from`, '(arr, k=0, *, size=None)', (call) => {
      const shape = call.build.shape(call.array('arr'));
      if (shape.length !== 2) throw new ShapeError('input array must be 2-d');
      return triangle(call, name === 'triu', dimAt(shape, 0), dimAt(shape, 1));
    }),
  ]);
}

function diagonalIndices(call: Call, n: Dim, count: number): Value {
  return call.results(
    Array.from({ length: count }, () => call.build.emit('iota', { start: 0, step: 1, shape: [n], dtype: call.d.int })),
  );
}

/** Functions that write into their first argument and give nothing. */
function writer(d: Dialect, name: string, parameters: string, target: string): NativeValue {
  return valueFunction(d, name, parameters, (call) => {
    const given = call.value(target);
    if (given.kind !== 'tensor') throw new PythonError('TypeError', `${name} writes into an array`);
    const { shape, dtype } = call.build.aval(given.node);
    call.cx.assignInPlace(given, opaque(call.cx, name, [given.node], shape, dtype));
    return none;
  });
}

export function selecting(d: Dialect): readonly NativeValue[] {
  const own: readonly NativeValue[] =
    d.family === 'numpy'
      ? [
          writer(d, 'put', "(a, ind, v, mode='raise')", 'a'),
          writer(d, 'place', '(arr, mask, vals)', 'arr'),
          writer(d, 'putmask', '(a, mask, values)', 'a'),
          writer(d, 'put_along_axis', '(arr, indices, values, axis=None)', 'arr'),
          writer(d, 'fill_diagonal', '(a, val, wrap=False)', 'a'),
          valueFunction(d, 'copyto', "(dst, src, casting='same_kind', where=True)", (call) => {
            const target = call.value('dst');
            if (target.kind !== 'tensor') throw new PythonError('TypeError', 'copyto writes into an array');
            const { shape, dtype } = call.build.aval(target.node);
            call.cx.assignInPlace(target, call.build.convert(call.build.broadcastTo(call.array('src'), shape), dtype));
            return none;
          }),
        ]
      : [];
  return [
    ...own,
    valueFunction(d, 'where', '(condition, x=None, y=None, /, *, size=None, fill_value=None)', where),
    ...withMethods(d, [
      arrayFunction(
        d,
        'take',
        "(a, indices, axis=None, out=None, mode='raise', unique_indices=False, indices_are_sorted=False, fill_value=None)",
        take,
      ),
      arrayFunction(d, 'choose', "(a, choices, out=None, mode='raise')", choose),
      valueFunction(d, 'nonzero', '(a, *, size=None, fill_value=None)', (call) =>
        call.results(nonzero(call, call.array('a'))),
      ),
      arrayFunction(d, 'searchsorted', "(a, v, side='left', sorter=None, *, method=None)", searchSorted),
    ]),
    arrayFunction(d, 'compress', '(condition, a, axis=None, out=None)', compress),
    { ...arrayFunction(d, 'compress', '(a, condition, axis=None, out=None)', compress), name: `${d.methods}.compress` },
    arrayFunction(d, 'take_along_axis', '(arr, indices, axis=-1, mode=None, fill_value=None)', takeAlong),
    arrayFunction(d, 'extract', '(condition, arr)', (call) => {
      const condition = call.array('condition');
      const x = call.array('arr');
      return opaque(
        call.cx,
        'extract',
        [flat(call, x), flat(call, condition)],
        [countOf(call, condition)],
        call.build.aval(x).dtype,
      );
    }),
    arrayFunction(d, 'select', '(condlist, choicelist, default=0)', select),
    arrayFunction(d, 'piecewise', '(x, condlist, funclist, *args, **kw)', piecewise),
    arrayFunction(d, 'digitize', '(x, bins, right=False, *, method=None)', digitize),
    arrayFunction(d, 'flatnonzero', '(a, *, size=None, fill_value=None)', (call) => {
      const [places] = nonzero(call, flat(call, call.array('a')));
      if (places === undefined) throw new RangeError('a vector has one axis');
      return places;
    }),
    arrayFunction(d, 'argwhere', '(a, *, size=None, fill_value=None)', (call) => {
      const a = call.array('a');
      const size = call.optional('size');
      const count = size === null ? countOf(call, a) : sizeIn(call, size);
      return opaque(call.cx, 'argwhere', [a], [count, call.build.rank(a)], call.d.int);
    }),
    valueFunction(
      d,
      'unique',
      '(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, sorted=True, size=None, fill_value=None)',
      unique,
    ),
    arrayFunction(d, 'unique_values', '(ar|x, /, *, size=None, fill_value=None)', (call) => {
      const x = call.array('ar');
      return opaque(call.cx, 'unique', [x], [call.cx.freshSize('n')], call.build.aval(x).dtype);
    }),
    ...['union1d', 'intersect1d', 'setdiff1d', 'setxor1d'].map((name) => setFunction(d, name)),
    arrayFunction(
      d,
      'isin',
      '(element, test_elements, assume_unique=False, invert=False, *, kind=None, method=None)',
      (call) => {
        const x = call.array('element');
        const shape = call.build.shape(x);
        return opaque(call.cx, 'isin', [x, call.array('test_elements')], shape, 'bool', except(shape.length));
      },
    ),
    valueFunction(d, 'ix_', '(*args)', openGrid),
    ...triangleFunctions(d),
    valueFunction(d, 'diag_indices', '(n, ndim=2)', (call) =>
      diagonalIndices(call, sizeIn(call, call.value('n')), call.int('ndim', 2)),
    ),
    valueFunction(d, 'diag_indices_from', '(arr)', (call) => {
      const shape = call.build.shape(call.array('arr'));
      const [first] = shape;
      if (first === undefined || shape.length < 2) throw new ShapeError('input array must be at least 2-d');
      if (shape.some((dim) => D.surelyDiffer(dim, first)))
        throw new ShapeError('All dimensions of input must be of equal length');
      return diagonalIndices(call, first, shape.length);
    }),
    valueFunction(d, 'unravel_index', "(indices, shape, order='C')", (call) => {
      const indices = call.array('indices');
      requireIntegers(call, indices);
      const own = call.build.shape(indices);
      const shape = shapeIn(call, call.value('shape'));
      requirePlaces(call, indices, D.product(shape));
      return call.results(
        shape.map((_, k) => opaque(call.cx, `unravel_index ${k}`, [indices], own, call.d.int, except(own.length))),
      );
    }),
    arrayFunction(d, 'ravel_multi_index', "(multi_index, dims, mode='raise', order='C')", (call) => {
      const value = call.value('multi_index');
      const nodes = call.cx.items(value).map((item) => asArray(call.d, call.cx, item));
      const shape = broadcastShapes(...nodes.map((node) => call.build.shape(node)));
      const dims = shapeIn(call, call.value('dims'));
      if (dims.length !== nodes.length)
        throw new ShapeError(`ravel_multi_index: ${nodes.length} indices for ${dims.length} axes`);
      for (const [k, node] of nodes.entries()) requirePlaces(call, node, dims[k] ?? 0, true);
      return opaque(call.cx, 'ravel_multi_index', nodes, shape, call.d.int);
    }),
    arrayFunction(d, 'lexsort', '(keys, axis=-1)', (call) => {
      const value = call.value('keys');
      const keys = value.kind === 'tensor' ? value.node : call.build.stack(call.arrays('keys'), 0);
      const shape = call.build.shape(keys).slice(1);
      if (call.build.rank(keys) === 0)
        throw new PythonError('TypeError', 'need sequence of keys with len > 0 in lexsort');
      const axis = shape.length === 0 ? 0 : strictAxis(call.int('axis', -1), shape.length);
      return opaque(
        call.cx,
        'lexsort',
        [keys],
        shape,
        call.d.int,
        except(shape.length, axis).map(([from, to]) => [from + 1, to] as const),
      );
    }),
    valueFunction(d, 'result_type', '(*args)', (call) => {
      const types = call.rest.filter(
        (value) => value.kind === 'dtype' || value.kind === 'class' || value.kind === 'native' || value.kind === 'str',
      );
      if (types.length > 0) throw new Unknowable('result_type of types is not followed');
      const nodes = call.rest.map((value) => asArray(call.d, call.cx, value));
      const dtype: DType = commonType(call.d, call.cx, call.rest, nodes);
      return { kind: 'dtype', dtype };
    }),
    valueFunction(d, 'iterable', '(y)', (call) => ({
      kind: 'bool',
      value: ['list', 'tuple', 'str', 'dict', 'set', 'range', 'tensor'].includes(call.value('y').kind),
    })),
    valueFunction(d, 'isscalar', '(element)', (call) => {
      const value = call.value('element');
      return {
        kind: 'bool',
        value:
          value.kind === 'tensor'
            ? call.build.rank(value.node) > 0
              ? false
              : null
            : ['int', 'float', 'bool', 'str'].includes(value.kind),
      };
    }),
    valueFunction(d, 'ndenumerate', '(arr)', (call) => call.cx.unknown('ndenumerate is not followed')),
    valueFunction(d, 'apply_along_axis', '(func1d, axis, arr, *args, **kwargs)', (call) => {
      const { build, cx } = call;
      const x = call.array('arr');
      const axis = call.strict('axis', build.rank(x));
      // One slice stands for all: the axes around it stay, and its result takes its place.
      const lead = build.shape(x).filter((_, k) => k !== axis);
      const slice = build.moveAxes(x, [axis], [build.rank(x) - 1]);
      const one = lead.reduce<NodeId>((node) => build.take(node, 0, 'loop'), slice);
      const value = cx.call(call.value('func1d'), [tensor(one, d.family), ...call.rest], call.keywords);
      const result = asArray({ ...call.d, lists: true }, cx, value);
      const { shape, dtype } = build.aval(result);
      return call.result(
        opaque(
          cx,
          'apply_along_axis',
          [x],
          [...build.shape(x).slice(0, axis), ...shape, ...build.shape(x).slice(axis + 1)],
          dtype,
          // Each slice by itself.
          build.shape(x).flatMap((_, k) => (k === axis ? [] : [[k, k < axis ? k : k + shape.length - 1] as const])),
        ),
      );
    }),
    valueFunction(
      d,
      'vectorize',
      '(pyfunc, otypes=None, doc=None, excluded=None, cache=False, signature=None)',
      (call) => call.cx.unknown('what a vectorized function gives is not followed'),
    ),
  ];
}
