import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { itemSize, ShapeError, sizeOf } from '../../graph/shape.ts';
import type { Context } from '../context.ts';
import { PythonError, Unknowable } from '../context.ts';
import { libraryClass } from '../define.ts';
import { opaqueMap, realType } from '../torch/elementwise.ts';
import { opaque } from '../torch/opaque.ts';
import { reverseAxes } from '../torch/structure.ts';
import type { Property } from '../torch/tensor.ts';
import { bool, type ClassValue, int, type NativeValue, none, str, tensor, tuple, type Value } from '../values.ts';
import { borrow } from './borrow.ts';
import { arrayFunction, type Call, type Dialect, shapeIn, valueFunction } from './dialect.ts';

/** What arrays have themselves (https://numpy.org/doc/stable/reference/arrays.ndarray.html). */

function partOf(d: Dialect, which: 'real' | 'imag'): Property {
  return (cx, x) => {
    const { shape, dtype } = cx.build.aval(x.node);
    if (dtype.startsWith('complex')) return tensor(opaqueMap(cx, which, [x.node], realType(dtype)), d.family);
    return which === 'real' ? x : tensor(cx.build.full(shape, 0, dtype), d.family);
  };
}

/** What `x.name` gives without a call. */
export function arrayProperties(d: Dialect): ReadonlyMap<string, Property> {
  const made = (node: NodeId): Value => tensor(node, d.family);
  return new Map<string, Property>([
    ['shape', (cx, x) => tuple(cx.build.shape(x.node).map(int))],
    ['ndim', (cx, x) => int(cx.build.rank(x.node))],
    ['size', (cx, x) => int(sizeOf(cx.build.shape(x.node)))],
    ['T', (cx, x) => made(reverseAxes(cx, x.node))],
    ['mT', (cx, x) => made(matrixTranspose(cx, x.node))],
    ['dtype', (cx, x) => ({ kind: 'dtype', dtype: cx.build.aval(x.node).dtype })],
    ['real', partOf(d, 'real')],
    ['imag', partOf(d, 'imag')],
    ['itemsize', (cx, x) => int(itemSize(cx.build.aval(x.node).dtype))],
    ['nbytes', (cx, x) => int(D.mul(sizeOf(cx.build.shape(x.node)), itemSize(cx.build.aval(x.node).dtype)))],
    ['flat', (cx, x) => made(cx.build.reshape(x.node, [sizeOf(cx.build.shape(x.node))]))],
    ['device', () => str('cpu')],
    ['base', (cx) => cx.unknown('which array this is a view of is not followed')],
    ['strides', (cx, x) => tuple(cx.build.shape(x.node).map(() => int(cx.freshSize('stride'))))],
    ['flags', (cx) => cx.unknown('the memory layout is not followed')],
  ]);
}

function matrixTranspose(cx: Context, x: NodeId): NodeId {
  if (cx.build.rank(x) < 2) throw new ShapeError('matrix transpose with ndim < 2 is undefined');
  return cx.build.swapAxes(x, -2, -1);
}

/** A method under its name alone. */
function method(d: Dialect, name: string, parameters: string, rule: (call: Call) => Value): NativeValue {
  return { ...valueFunction(d, name, parameters, rule), name: `${d.methods}.${name}` };
}

function self(call: Call): Value & { kind: 'tensor' } {
  const value = call.value('a');
  if (value.kind === 'tensor') return value;
  throw new PythonError('TypeError', 'a method of an array');
}

/** Methods that change the array and give nothing. */
function inPlace(d: Dialect, name: string, parameters: string, rule: (call: Call, x: NodeId) => NodeId): NativeValue {
  return method(d, name, parameters, (call) => {
    const x = self(call);
    call.cx.assignInPlace(x, rule(call, x.node));
    return none;
  });
}

function astype(call: Call): Value {
  const x = self(call);
  const wanted = call.type('dtype');
  if (wanted === null) return call.result(call.build.convert(x.node, call.d.float));
  return call.result(call.build.convert(x.node, wanted));
}

export function arrayMethods(d: Dialect): readonly NativeValue[] {
  const writing: readonly NativeValue[] =
    d.family === 'numpy'
      ? [
          inPlace(d, 'sort', '(a, axis=-1, kind=None, order=None, *, stable=None)', (call, x) =>
            call.build.emit('sort', { axis: call.strict('axis', call.build.rank(x), -1), descending: false }, [x]),
          ),
          inPlace(d, 'partition', "(a, kth, axis=-1, kind='introselect', order=None)", (call, x) =>
            call.build.emit('sort', { axis: call.strict('axis', call.build.rank(x), -1), descending: false }, [x]),
          ),
          inPlace(d, 'fill', '(a, value)', (call, x) => {
            const { shape, dtype } = call.build.aval(x);
            return call.build.broadcastTo(call.build.convert(call.array('value'), dtype), shape);
          }),
          inPlace(d, 'put', "(a, indices, values, mode='raise')", (call, x) =>
            opaque(call.cx, 'put', [x], call.build.shape(x), call.build.aval(x).dtype),
          ),
          inPlace(d, 'resize', '(a, *args, refcheck=True)', (call, x) => {
            const [only] = call.rest;
            const shape =
              call.rest.length === 1 && only !== undefined
                ? shapeIn(call, only)
                : call.rest.flatMap((value) => shapeIn(call, value));
            return opaque(call.cx, 'resize', [x], shape, call.build.aval(x).dtype);
          }),
          inPlace(d, 'setflags', '(a, write=None, align=None, uic=None)', (_call, x) => x),
        ]
      : [];
  return [
    ...writing,
    method(d, 'astype', "(a, dtype=None, order='K', casting='unsafe', subok=True, copy=True)", astype),
    method(d, 'copy', "(a, order='C')", (call) => call.result(self(call).node)),
    method(d, '__copy__', '(a)', (call) => call.result(self(call).node)),
    method(d, '__deepcopy__', '(a, memo=None)', (call) => call.result(self(call).node)),
    method(d, 'view', '(a, dtype=None, type=None)', (call) => {
      if (call.optional('dtype') !== null) throw new Unknowable('a view as another type is not followed');
      return self(call);
    }),
    method(d, 'item', '(a, *args)', (call) => {
      const x = self(call);
      if (call.rest.length > 0)
        return borrow(call.cx, 'Tensor.item', {
          input: call.build.emit('data', { name: 'item', aval: { shape: [], dtype: call.build.aval(x.node).dtype } }),
        });
      return borrow(call.cx, 'Tensor.item', { input: x.node });
    }),
    method(d, 'tolist', '(a)', (call) => borrow(call.cx, 'Tensor.tolist', { input: self(call).node })),
    method(d, 'tobytes', "(a, order='C')", (call) => call.cx.unknown('bytes are not followed')),
    method(d, 'to_device', '(a, device, *, stream=None)', self),
    method(d, 'byteswap', '(a, inplace=False)', (call) => call.result(self(call).node)),
    method(d, 'dump', '(a, file)', () => none),
    method(d, 'tofile', "(a, fid, sep='', format='%s')", () => none),
    method(d, '__len__', '(a)', (call) => {
      const [length] = call.build.shape(self(call).node);
      if (length === undefined) throw new PythonError('TypeError', 'len() of unsized object');
      return int(length);
    }),
    method(d, '__bool__', '(a)', () => bool(null)),
    arrayFunction(d, 'astype', '(x, dtype, /, *, copy=True, device=None)', (call) =>
      call.build.convert(call.array('x'), call.type('dtype') ?? call.d.float),
    ),
  ];
}

/** The class of arrays with its methods. */
export function arrayClass(d: Dialect, name: string, functions: readonly NativeValue[]): ClassValue {
  const own = functions.filter((f) => f.name.startsWith(`${d.methods}.`));
  const make = valueFunction(d, `${name}.__new__`, '(cls, shape, dtype=None, *args, **kwargs)', (call) =>
    call.result(call.build.full(shapeIn(call, call.value('shape')), 0, call.type('dtype') ?? call.d.float)),
  );
  return libraryClass(name, [], [make, ...own]);
}
