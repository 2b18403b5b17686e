import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { broadcastShapes, type DType, type Shape, ShapeError, showShape } from '../../graph/shape.ts';
import { asNumber, known, shapeOf } from '../arguments.ts';
import { PythonError, Unknowable } from '../context.ts';
import { alias } from '../define.ts';
import { meshgrid } from '../torch/creation.ts';
import { list, type NativeValue, none, tensor, tuple, type Value } from '../values.ts';
import {
  arrayFunction,
  asArray,
  type Call,
  type Dialect,
  dimOf,
  fromNumbers,
  shapeIn,
  sizeIn,
  strictAxis,
  valueFunction,
} from './dialect.ts';

/** New arrays (https://numpy.org/doc/stable/reference/routines.array-creation.html). */

const fills: Readonly<Record<string, number>> = { zeros: 0, ones: 1, empty: 0 };
const options = "dtype=None, order='C', *, device=None, like=None";
const jaxOptions = 'dtype=None, *, device=None, out_sharding=None';
const likeOptions = "dtype=None, order='K', subok=True, shape=None, *, device=None, out_sharding=None";

function likeShape(call: Call, x: NodeId): Shape {
  const given = call.optional('shape');
  return given === null ? call.build.shape(x) : shapeIn(call, given);
}

/** A value everywhere: known numbers as such. */
function filled(call: Call, shape: Shape, value: Value, dtype: DType | null): NodeId {
  const { build, cx, d } = call;
  const x = asArray({ ...d, lists: true }, cx, value);
  const typed = build.convert(x, dtype ?? build.aval(x).dtype);
  const number = value.kind === 'int' || value.kind === 'float' || value.kind === 'bool' ? asNumber(value) : null;
  return number === null ? build.broadcastTo(typed, shape) : build.full(shape, number, build.aval(typed).dtype);
}

/** A number, known or not: NumPy's own too. */
function numberIn(call: Call, value: Value): number | null {
  if (value.kind !== 'tensor') return asNumber(value);
  const node = call.build.nodes[value.node];
  return node?.op.name === 'full' ? node.op.params.value : null;
}

function arange(call: Call): NodeId {
  const { build, cx, d } = call;
  const zero: Value = { kind: 'int', value: 0 };
  const [first, second, third] = ['start', 'stop', 'step'].map((name) => call.optional(name));
  const [start, stop] = second === null || second === undefined ? [zero, first ?? null] : [first ?? zero, second];
  const step: Value = third ?? { kind: 'int', value: 1 };
  if (stop === null) throw new PythonError('TypeError', 'arange() needs a stop');
  const given = [start, stop, step];
  for (const value of given) known(value);
  const sizes = given.map((value) =>
    value.kind === 'int' ? value.value : value.kind === 'tensor' ? dimOf(cx, value.node) : null,
  );
  const [from, to, by] = sizes;
  const wanted = call.type('dtype');
  if (from != null && to != null && by != null) {
    if (!D.isKnown(by)) throw new Unknowable(`the step ${D.show(by)} is not known`);
    if (by === 0) throw new PythonError('ZeroDivisionError', 'division by zero');
    const span = by > 0 ? D.sub(to, from) : D.sub(from, to);
    const size = Math.abs(by);
    const length = D.isKnown(span)
      ? Math.max(0, Math.ceil(span / size))
      : size === 1
        ? span
        : D.floorDiv(D.add(span, size - 1), size);
    const dtype = wanted ?? d.int;
    if (D.isKnown(from)) return build.emit('iota', { start: from, step: by, shape: [length], dtype });
    return build.add(build.emit('iota', { start: 0, step: by, shape: [length], dtype }), build.dimScalar(from, dtype));
  }
  const [a, b, c] = given.map((value) => numberIn(call, value));
  const dtype = wanted ?? d.float;
  if (a == null || b == null || c == null)
    return build.emit('data', { name: 'arange', aval: { shape: [cx.freshSize('n')], dtype } });
  if (c === 0) throw new PythonError('ZeroDivisionError', 'division by zero');
  return build.emit('iota', { start: a, step: c, shape: [Math.max(0, Math.ceil((b - a) / c))], dtype });
}

/** So many numbers from start to stop, along an axis where those are arrays. */
function spaced(
  call: Call,
  name: 'linspace' | 'logspace' | 'geomspace',
): { readonly node: NodeId; readonly step: NodeId } {
  const { build, d } = call;
  const count = sizeIn(call, call.optional('num') ?? { kind: 'int', value: 50 });
  if (D.isKnown(count) && count < 0)
    throw new PythonError('ValueError', `Number of samples, ${count}, must be non-negative.`);
  const ends = [call.array('start'), call.array('stop')].map((node) =>
    build.convert(node, d.quotient(build.aval(node).dtype)),
  );
  const type = ends.map((node) => build.aval(node).dtype).reduce(d.promote);
  const shape = broadcastShapes(...ends.map((node) => build.shape(node)));
  const [from, to] = [numberIn(call, call.value('start')), numberIn(call, call.value('stop'))];
  const endpoint = call.bool('endpoint', true);
  const step = build.full(shape, 0, type);
  const wanted = call.type('dtype') ?? type;
  if (shape.length === 0 && from !== null && to !== null && D.isKnown(count) && name !== 'geomspace') {
    const parts = endpoint ? count - 1 : count;
    const linear = build.emit('iota', {
      start: from,
      step: parts > 0 ? (to - from) / parts : 0,
      shape: [count],
      dtype: type,
    });
    const base = name === 'logspace' ? call.number('base', 10) : null;
    const node = base === null ? linear : build.unary('exp', build.scale(linear, Math.log(base)));
    return { node: build.convert(node, wanted), step };
  }
  const axis = strictAxis(call.int('axis', 0), shape.length + 1);
  const whole = [...shape.slice(0, axis), count, ...shape.slice(axis)];
  return {
    node: build.emit('opaque', { name: `${d.name}.${name}`, aval: { shape: whole, dtype: wanted }, batched: [] }, ends),
    step,
  };
}

function spacing(d: Dialect, name: 'linspace' | 'logspace' | 'geomspace', parameters: string): NativeValue {
  return valueFunction(d, name, parameters, (call) => {
    const { node, step } = spaced(call, name);
    return call.bool('retstep', false) ? call.results([node, step]) : call.result(node);
  });
}

function eye(call: Call, rows: Dim, columns: Dim): NodeId {
  const { build, d } = call;
  const dtype = call.type('dtype') ?? d.float;
  const k = call.int('k', 0);
  if (D.isKnown(rows) && rows < 0) throw new ShapeError('an array cannot have a negative size');
  if (k === 0) return build.emit('eye', { shape: [rows, columns], dtype });
  return build.emit('data', { name: 'eye', aval: { shape: [rows, columns], dtype } });
}

/** `np.array(object)`: numbers and lists as arrays, with at least so many axes. */
function makeArray(call: Call, copies: boolean): Value {
  const { build, cx, d } = call;
  const given = call.value('object');
  const value = given.kind === 'set' || given.kind === 'dict' ? null : given;
  if (value === null) throw new Unknowable('an array of objects is not followed');
  const outside = value.kind === 'tensor' && value.family !== d.family;
  const node = outside
    ? build.unary('stop_gradient', value.node)
    : value.kind === 'tensor'
      ? asArray(d, cx, value)
      : fromNumbers(d, cx, value);
  const wanted = call.type('dtype') ?? build.aval(node).dtype;
  const least = call.int('ndmin', 0);
  const shape = build.shape(node);
  const padded =
    shape.length < least
      ? build.reshape(node, [...Array.from({ length: least - shape.length }, () => 1), ...shape])
      : node;
  if (!copies && value.kind === 'tensor' && value.family === d.family && wanted === build.aval(node).dtype)
    return value;
  return call.result(build.convert(padded, wanted));
}

const arrayParameters =
  "(object|a, dtype=None, *, copy=True, order='K', subok=False, ndmin=0, ndmax=0, like=None, device=None, out_sharding=None)";

/** JAX takes vectors only, NumPy flattens. */
function gridVector(call: Call, node: NodeId): NodeId {
  if (call.d.family === 'jax' && call.build.rank(node) !== 1)
    throw new ShapeError(`meshgrid: vectors are wanted, not ${showShape(call.build.shape(node))}`);
  return node;
}

/** Coordinates: with `sparse` each along its own axis only. */
function grid(call: Call): readonly NodeId[] {
  const { build, d, cx } = call;
  const nodes = call.rest
    .map((value) => asArray(d, cx, value))
    .map((node) => gridVector(call, node))
    .map((node) => build.reshape(node, [D.product(build.shape(node))]));
  const indexing = call.string('indexing', 'xy');
  const whole = meshgrid(cx, nodes, indexing);
  if (!call.bool('sparse', false)) return whole;
  return nodes.map((node, k) => {
    const place = indexing === 'xy' && k < 2 && nodes.length > 1 ? 1 - k : k;
    return build.reshape(
      node,
      nodes.map((_, axis) => (axis === place ? D.product(build.shape(node)) : 1)),
    );
  });
}

/** `np.mgrid[0:3, 0:4]`, `np.r_[...]`: objects that are indexed. */
function range(call: Call, value: Value): { readonly length: Dim; readonly dtype: DType } {
  const { d, cx } = call;
  if (value.kind !== 'slice') throw new Unknowable('this index is not followed');
  const [lower, upper, step] = [value.lower, value.upper, value.step];
  const from = lower.kind === 'none' ? 0 : lower.kind === 'int' ? lower.value : null;
  const to = upper.kind === 'int' ? upper.value : null;
  if (from !== null && to !== null && (step.kind === 'none' || step.kind === 'int')) {
    const by = step.kind === 'int' ? step.value : 1;
    if (!D.isKnown(by) || by <= 0) throw new Unknowable('the step is not known');
    const span = D.sub(to, from);
    return {
      length: D.isKnown(span) ? Math.max(0, Math.ceil(span / by)) : D.floorDiv(D.add(span, by - 1), by),
      dtype: d.int,
    };
  }
  return { length: cx.freshSize('n'), dtype: d.float };
}

function indexedGrid(call: Call, open: boolean): Value {
  const { build } = call;
  const key = call.value('key');
  const parts = (key.kind === 'tuple' ? key.items : [key]).map((item) => range(call, item));
  const shape = parts.map(({ length }) => length);
  const dtype = parts.map((part) => part.dtype).reduce(call.d.promote);
  const one = (size: Shape): NodeId => build.emit('data', { name: 'grid', aval: { shape: size, dtype } });
  if (key.kind !== 'tuple') return call.result(one(shape));
  if (open) return call.results(shape.map((length, k) => one(shape.map((_, axis) => (axis === k ? length : 1)))));
  return call.result(one([shape.length, ...shape]));
}

function indices(call: Call): Value {
  const shape = shapeIn(call, call.value('dimensions'));
  const dtype = call.type('dtype') ?? call.d.int;
  const one = (size: Shape): NodeId => call.build.emit('data', { name: 'indices', aval: { shape: size, dtype } });
  if (call.bool('sparse', false))
    return call.results(shape.map((length, k) => one(shape.map((_, axis) => (axis === k ? length : 1)))));
  return call.result(one([shape.length, ...shape]));
}

/** Objects that are indexed and not called: `name[key]`. */
export function indexedObjects(d: Dialect): readonly (readonly [string, NativeValue])[] {
  return [
    ['mgrid', valueFunction(d, 'mgrid.__getitem__', '(self, key)', (call) => indexedGrid(call, false))],
    ['ogrid', valueFunction(d, 'ogrid.__getitem__', '(self, key)', (call) => indexedGrid(call, true))],
    ['s_', valueFunction(d, 's_.__getitem__', '(self, key)', (call) => call.value('key'))],
    [
      'index_exp',
      valueFunction(d, 'index_exp.__getitem__', '(self, key)', (call) => {
        const key = call.value('key');
        return key.kind === 'tuple' ? key : tuple([key]);
      }),
    ],
  ];
}

export function creation(d: Dialect): readonly NativeValue[] {
  return [
    ...Object.entries(fills).flatMap(([name, value]) => [
      arrayFunction(d, name, `(shape, ${d.family === 'numpy' ? options : jaxOptions})`, (call) =>
        call.build.full(shapeIn(call, call.value('shape')), value, call.type('dtype') ?? call.d.float),
      ),
      arrayFunction(d, `${name}_like`, `(a|prototype, ${likeOptions})`, (call) => {
        const x = call.array('a');
        return call.build.full(likeShape(call, x), value, call.type('dtype') ?? call.build.aval(x).dtype);
      }),
    ]),
    arrayFunction(d, 'full', `(shape, fill_value, ${d.family === 'numpy' ? options : jaxOptions})`, (call) =>
      filled(call, shapeIn(call, call.value('shape')), call.value('fill_value'), call.type('dtype')),
    ),
    arrayFunction(d, 'full_like', `(a, fill_value, ${likeOptions})`, (call) => {
      const x = call.array('a');
      return filled(call, likeShape(call, x), call.value('fill_value'), call.type('dtype') ?? call.build.aval(x).dtype);
    }),
    arrayFunction(
      d,
      'arange',
      d.family === 'numpy'
        ? '(start|start_or_stop=None, stop=None, step=None, dtype=None, *, device=None, like=None)'
        : '(start, stop=None, step=None, dtype=None, *, device=None, out_sharding=None)',
      arange,
    ),
    spacing(d, 'linspace', '(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None)'),
    spacing(d, 'logspace', '(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0)'),
    spacing(d, 'geomspace', '(start, stop, num=50, endpoint=True, dtype=None, axis=0)'),
    arrayFunction(d, 'eye', "(N, M=None, k=0, dtype=None, order='C', *, device=None, like=None)", (call) => {
      const rows = sizeIn(call, call.value('N'));
      const columns = call.optional('M');
      return eye(call, rows, columns === null ? rows : sizeIn(call, columns));
    }),
    arrayFunction(d, 'identity', '(n, dtype=None, *, like=None)', (call) => {
      const n = sizeIn(call, call.value('n'));
      return eye(call, n, n);
    }),
    arrayFunction(d, 'tri', '(N, M=None, k=0, dtype=None, *, like=None)', (call) => {
      const rows = sizeIn(call, call.value('N'));
      const columns = call.optional('M');
      const shape = [rows, columns === null ? rows : sizeIn(call, columns)];
      const ones = call.build.full(shape, 1, call.type('dtype') ?? call.d.float);
      return call.build.emit('triangle', { side: 'lower', offset: call.int('k', 0) }, [ones]);
    }),
    valueFunction(d, 'array', arrayParameters, (call) => makeArray(call, true)),
    ...['asarray', 'asanyarray', 'ascontiguousarray', 'asfortranarray', 'asarray_chkfinite', 'require'].map((name) =>
      valueFunction(
        d,
        name,
        '(object|a, dtype=None, order=None, *, device=None, copy=None, like=None, requirements=None, out_sharding=None)',
        (call) => {
          const made = makeArray(call, call.optional('copy') !== null && call.bool('copy'));
          // These two have at least one axis.
          if (/contiguous|fortran/.test(name) && made.kind === 'tensor' && call.build.rank(made.node) === 0)
            return call.result(call.build.reshape(made.node, [1]));
          return made;
        },
      ),
    ),
    valueFunction(d, 'copy', "(a, order='K', subok=False)", (call) => call.result(call.array('a'))),
    valueFunction(d, 'from_dlpack', '(x, /, *, device=None, copy=None)', (call) => call.result(call.array('x'))),
    valueFunction(d, 'meshgrid', "(*xi, copy=True, sparse=False, indexing='xy')", (call) => {
      const nodes = grid(call);
      return d.family === 'numpy'
        ? tuple(nodes.map((node) => call.result(node)))
        : list(nodes.map((node) => call.result(node)));
    }),
    valueFunction(d, 'indices', '(dimensions, dtype=None, sparse=False)', indices),
    arrayFunction(d, 'fromfunction', '(function, shape, *, dtype=None, like=None, **kwargs)', (call) => {
      const shape = shapeIn(call, call.value('shape'));
      const dtype = call.type('dtype') ?? call.d.float;
      const places = shape.map(() => call.build.emit('data', { name: 'indices', aval: { shape, dtype } }));
      const value = call.cx.call(
        call.value('function'),
        places.map((node) => tensor(node, d.family)),
        call.keywords,
      );
      return asArray({ ...call.d, lists: true }, call.cx, value);
    }),
    arrayFunction(d, 'fromiter', '(iter, dtype, count=-1, *, like=None)', (call) => {
      const iteration = call.cx.iterate(call.value('iter'));
      const length = iteration.kind === 'items' ? iteration.items.length : iteration.length;
      return call.build.emit('data', {
        name: 'fromiter',
        aval: { shape: [length], dtype: call.type('dtype') ?? call.d.float },
      });
    }),
    ...['bartlett', 'blackman', 'hamming', 'hanning', 'kaiser'].map((name) =>
      arrayFunction(d, name, '(M, beta=None)', (call) => {
        // A number with a fraction will do.
        if (call.value('M').kind === 'tensor') throw new Unknowable('the length of the window is not known');
        const length = sizeIn(call, call.value('M'));
        const shape = [D.isKnown(length) ? Math.max(0, length) : length];
        return call.build.emit('data', { name, aval: { shape, dtype: call.d.float } });
      }),
    ),
    valueFunction(d, 'broadcast_shapes', '(*args)', (call) =>
      tuple(
        broadcastShapes(...call.rest.map((value) => shapeOf(call.cx, value))).map((dim) => ({
          kind: 'int',
          value: dim,
        })),
      ),
    ),
    ...alias(
      valueFunction(d, 'load', '(file, *args, **kwargs)', (call) =>
        call.cx.unknown('what the file holds is not known before it runs'),
      ),
      ...['loadtxt', 'genfromtxt', 'fromfile', 'frombuffer', 'fromstring', 'fromregex', 'memmap'].map(
        (name) => `${d.name}.${name}`,
      ),
    ),
    ...alias(
      valueFunction(d, 'save', '(*args, **kwargs)', () => none),
      ...['savetxt', 'savez', 'savez_compressed'].map((name) => `${d.name}.${name}`),
    ),
  ];
}
