import type { NodeId } from '../../graph/graph.ts';
import { isFloating, requireSameShape, ShapeError, showShape } from '../../graph/shape.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { libraryClass } from '../define.ts';
import { borrow } from '../numpy/borrow.ts';
import { opaqueMap, realType } from '../torch/elementwise.ts';
import { integersOf } from '../torch/nested.ts';
import { initializerOf } from '../torch/nn/module.ts';
import type { Property } from '../torch/tensor.ts';
import {
  bool,
  type ClassValue,
  int,
  type NativeValue,
  none,
  str,
  type TensorValue,
  tensor,
  trainableMark,
  type Value,
} from '../values.ts';

import {
  assignedMark,
  asTensor,
  isSigned,
  isVariable,
  type TensorCall,
  tensorflowDialect,
  tfFunction,
} from './dialect.ts';
import { arithmetic, combined, compared } from './elementwise.ts';

import { matmul } from './products.ts';
import { tensorShape } from './shapes.ts';

/** On variables whose `value` is what they hold: those of Keras. */
export const holdsMark = '_holds_value';

/** What tensors and variables have themselves (https://www.tensorflow.org/api_docs/python/tf/Tensor). */

const ofVariable =
  (property: Property): Property =>
  (cx, x) => {
    if (!isVariable(x)) throw new PythonError('AttributeError', 'a tensor has no such attribute');
    return property(cx, x);
  };

/** What `x.name` gives without a call. */
export const tensorProperties: ReadonlyMap<string, Property> = new Map<string, Property>([
  ['shape', (cx, x) => tensorShape(cx, cx.build.shape(x.node))],
  ['dtype', (cx, x) => ({ kind: 'dtype', dtype: cx.build.aval(x.node).dtype })],
  ['ndim', (cx, x) => int(cx.build.rank(x.node))],
  ['name', () => str(null)],
  // A method of TensorFlow's variables, and what Keras's hold.
  [
    'value',
    (_cx, x) =>
      x.attributes.has(holdsMark) ? tensor(x.node, x.family) : { kind: 'bound', self: x, callee: valueMethod },
  ],
  ['device', () => str(null)],
  ['op', (cx) => cx.unknown('the graph of TensorFlow is not followed')],
  ['graph', (cx) => cx.unknown('the graph of TensorFlow is not followed')],
  ['handle', ofVariable((cx) => cx.unknown('the handle of a variable is not followed'))],
  ['initializer', ofVariable((cx) => cx.unknown('the graph of TensorFlow is not followed'))],
]);

function self(call: TensorCall): TensorValue {
  const value = call.value('x');
  if (value.kind === 'tensor') return value;
  throw new PythonError('TypeError', 'a method of a tensor');
}

function variable(call: TensorCall): TensorValue {
  const value = self(call);
  if (isVariable(value)) return value;
  throw new Unknowable('whether this is a part of a variable is not followed');
}

/** A method under its name alone. */
function method(name: string, parameters: string, rule: (call: TensorCall) => Value): NativeValue {
  return { ...tfFunction(name, parameters, rule), name: `${tensorflowDialect.methods}.${name}` };
}

const valueMethod = method('value', '(x)', (call) => call.result(variable(call).node));

/** A method that gives the variable another value of its shape and type, and gives the variable. */
function assigning(name: string, change: (cx: Context, own: NodeId, value: NodeId) => NodeId): NativeValue {
  const parameter = name === 'assign' ? 'value' : 'delta';
  return method(name, `(x, ${parameter}, use_locking=False, name=None, read_value=True)`, (call) => {
    const target = variable(call);
    const own = call.build.aval(target.node);
    const value = call.typed(parameter, own.dtype);
    requireSameShape(
      own.shape,
      call.build.shape(value),
      () => `Cannot assign ${showShape(call.build.shape(value))} to a variable of ${showShape(own.shape)}`,
    );
    call.cx.setAttribute(target, assignedMark, bool(true));
    call.cx.assignInPlace(target, apart(call.cx, change(call.cx, target.node, value)));
    return target;
  });
}

const operators: readonly NativeValue[] = [
  ...Object.entries(arithmetic).map(([operator, rule]) =>
    method(`__${operator}__`, '(x, y)', (call) => {
      const masked = operator === 'mul' ? timesTruths(call) : null;
      return call.result(masked ?? combined(call, rule, ...call.pair('x', 'y')));
    }),
  ),
  method('__matmul__', '(x, y)', (call) => call.result(matmul(call, ...call.pair('x', 'y')))),
  ...Object.entries({ and: 'logical_and', or: 'logical_or', xor: 'logical_xor' } as const).map(([operator, name]) =>
    method(`__${operator}__`, '(x, y)', (call) => {
      const [a, b] = call.pair('x', 'y');
      const { dtype } = call.build.aval(a);
      if (isFloating(dtype)) throw new PythonError('InvalidArgumentError', `${operator} is not there for ${dtype}`);
      return call.result(dtype === 'bool' ? call.build.binary(name, a, b) : opaqueMap(call.cx, operator, [a, b]));
    }),
  ),
  ...(['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const).map((name) =>
    method(`__${name}__`, '(x, y)', (call) => {
      const [a, b] = call.pair('x', 'y');
      return call.result(name === 'eq' || name === 'ne' ? sameOrNot(call, name, a, b) : compared(call, name, a, b));
    }),
  ),
  method('__neg__', '(x)', (call) => {
    const { dtype } = call.build.aval(self(call).node);
    if (dtype === 'bool' || dtype.startsWith('uint'))
      throw new PythonError('InvalidArgumentError', `Neg is not there for ${dtype}`);
    return call.result(call.build.unary('neg', self(call).node));
  }),
  method('__invert__', '(x)', (call) => {
    const x = self(call).node;
    const { dtype } = call.build.aval(x);
    if (isFloating(dtype)) throw new PythonError('InvalidArgumentError', `Invert is not there for ${dtype}`);
    return call.result(dtype === 'bool' ? call.build.unary('logical_not', x) : opaqueMap(call.cx, 'invert', [x]));
  }),
];

/** Tensors whose shapes do not fit are not the same, which `==` says in one truth. */
function sameOrNot(call: TensorCall, name: 'eq' | 'ne', a: NodeId, b: NodeId): NodeId {
  try {
    return compared(call, name, a, b);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    return call.build.full([], name === 'eq' ? 0 : 1, 'bool');
  }
}

/** A product with a tensor of truths, for which the other is taken too. */
function timesTruths(call: TensorCall): NodeId | null {
  const { build, cx } = call;
  const [a, b] = [call.value('x'), call.value('y')];
  const isTruth = (value: Value): boolean =>
    value.kind === 'tensor' && value.family === 'tensorflow' && build.aval(value.node).dtype === 'bool';
  if (!isTruth(a) && !isTruth(b)) return null;
  // On the left a number is read as what the tensor holds.
  const left = asTensor(cx, a, a.kind === 'tensor' ? null : 'bool');
  return build.binary('logical_and', build.convert(left, 'bool'), build.convert(asTensor(cx, b), 'bool'));
}

/** A variable with that value (`tf.Variable`). */
export function newVariable(node: NodeId, trainable: Value): TensorValue {
  const made = tensor(node, 'tensorflow');
  made.attributes.set(trainableMark, trainable);
  return made;
}

/** What a variable holds is its own: a tape of what it was made from does not see it. */
export function apart(cx: Context, node: NodeId): NodeId {
  return cx.build.unary('stop_gradient', node);
}

/** Whether a value is drawn for this variable alone: in its call, or in the function that makes it. */
function isDrawnFor(cx: Context, node: NodeId): boolean {
  const { origin } = cx.build.nodes[node] ?? cx;
  const { start, end, file, calls } = cx.origin;
  const isWithin = origin.file === file && start <= origin.start && origin.end <= end;
  return isWithin || (calls.length > 0 && origin.calls === calls);
}

const makeVariable = tfFunction(
  'Variable.__new__',
  `(cls, initial_value, trainable=None, validate_shape=True, caching_device=None, name=None, variable_def=None, dtype=None,
   import_scope=None, constraint=None, synchronization=None, aggregation=None, shape=None, experimental_enable_variable_lifting=None)`,
  (call) => {
    const given = call.value('initial_value');
    const value = ['function', 'native', 'bound'].includes(given.kind) ? call.cx.call(given, []) : given;
    if (call.optional('shape') !== null) throw new Unknowable('variables whose shape may change are not followed');
    const dtype = call.type('dtype');
    const node = asTensor(call.cx, value, dtype);
    const own = call.build.aval(node);
    if (dtype !== null && own.dtype !== dtype)
      throw new PythonError(
        'ValueError',
        `Tensor conversion requested dtype ${dtype} for Tensor with dtype ${own.dtype}`,
      );
    const trainable = call.bool('trainable', true);
    const init = trainable && isDrawnFor(call.cx, node) ? initializerOf(call.build, node) : null;
    const weight = init === null ? apart(call.cx, node) : call.build.parameter('variable', own.shape, init, own.dtype);
    return newVariable(weight, bool(trainable));
  },
);

export const tensorMethods: readonly NativeValue[] = [
  ...operators,
  method('numpy', '(x)', (call) => tensor(call.build.unary('stop_gradient', self(call).node), 'numpy')),
  method('get_shape', '(x)', (call) => tensorShape(call.cx, call.build.shape(self(call).node))),
  method('set_shape', '(x, shape)', () => none),
  method('eval', '(x, feed_dict=None, session=None)', (call) => call.cx.unknown('sessions are not followed')),
  valueMethod,
  method('read_value', '(x)', (call) => call.result(variable(call).node)),
  assigning('assign', (_cx, _own, value) => value),
  assigning('assign_add', (cx, own, value) => cx.build.add(own, value)),
  assigning('assign_sub', (cx, own, value) => cx.build.sub(own, value)),
  method('__len__', '(x)', (call) => {
    const [length] = call.build.shape(self(call).node);
    if (length === undefined) throw new PythonError('TypeError', 'Scalar tensor has no `len()`');
    return int(length);
  }),
  method('__abs__', '(x)', (call) => {
    const x = self(call).node;
    const { dtype } = call.build.aval(x);
    if (!isSigned(dtype)) throw new PythonError('InvalidArgumentError', `Abs is not there for ${dtype}`);
    return call.result(call.build.convert(call.build.unary('abs', x), realType(dtype)));
  }),
  method('__float__', '(x)', (call) => {
    const x = self(call).node;
    const shape = call.build.shape(x);
    if (shape.length > 0)
      throw new PythonError('TypeError', 'only 0-dimensional arrays can be converted to Python scalars');
    const [size] = integersOf(call.cx, x) ?? [];
    return size === undefined ? borrow(call.cx, 'Tensor.item', { input: x }) : int(size);
  }),
  method('__array__', '(x, dtype=None)', (call) => tensor(call.build.unary('stop_gradient', self(call).node), 'numpy')),
];

export const tensorClasses: readonly ClassValue[] = [
  libraryClass('tensorflow.Tensor', [], tensorMethods),
  libraryClass('tensorflow.Variable', [], [makeVariable, ...tensorMethods]),
];
