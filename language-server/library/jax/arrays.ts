import type { NodeId } from '../../graph/graph.ts';
import type { BinaryOperator } from '../../python/ast.ts';
import { PythonError, Unknowable } from '../context.ts';
import { libraryClass } from '../define.ts';
import { arrayProperties } from '../numpy/arrays.ts';
import { asArray, type Call, valueFunction } from '../numpy/dialect.ts';
import { subscript, updated } from '../torch/indexing.ts';
import type { Property } from '../torch/tensor.ts';
import { variableMark } from '../trees.ts';
import {
  bool,
  type ClassValue,
  type InstanceValue,
  type NativeValue,
  none,
  str,
  tensor,
  type Value,
} from '../values.ts';
import { jaxDialect } from './dialect.ts';

/** What arrays of JAX have beside what NumPy's have (https://docs.jax.dev/en/latest/_autosummary/jax.Array.html). */

/** The array and index that an update helper holds. */
function held(call: Call): { readonly x: NodeId; readonly index: Value } {
  const self = call.value('self');
  const [x, index] =
    self.kind === 'instance' ? [self.attributes.get('array'), self.attributes.get('index')] : [undefined, undefined];
  if (x?.kind !== 'tensor' || index === undefined) throw new PythonError('TypeError', 'x.at needs an index');
  return { x: x.node, index };
}

const options =
  'indices_are_sorted=None, unique_indices=None, mode=None, fill_value=None, out_sharding=None, wrap_negative_indices=None';

/** A method `x.at[index].name(values)` that gives the array with other entries there. */
function updater(name: string, change: (call: Call, old: Value, value: Value) => Value): NativeValue {
  return valueFunction(jaxDialect, `at.${name}`, `(self, values, *, ${options})`, (call) => {
    const { x, index } = held(call);
    const { cx } = call;
    const old = tensor(subscript(cx, x, index, 'jax'), 'jax');
    const value = change(call, old, call.value('values'));
    const node = asArray(call.d, cx, value);
    return call.result(updated(cx, x, index, node, 'jax'));
  });
}

const arithmetic: Readonly<Record<string, BinaryOperator>> = {
  add: '+',
  subtract: '-',
  multiply: '*',
  mul: '*',
  divide: '/',
  power: '**',
};

const atMethods: readonly NativeValue[] = [
  updater('set', (_call, _old, value) => value),
  ...Object.entries(arithmetic).map(([name, op]) => updater(name, ({ cx }, old, value) => cx.operate(op, old, value))),
  ...['min', 'max'].map((name) =>
    updater(name, (call, old, value) => {
      const [a, b] = [asArray(call.d, call.cx, old), asArray(call.d, call.cx, value)];
      return call.result(call.build.binary(name === 'min' ? 'min' : 'max', a, b));
    }),
  ),
  valueFunction(jaxDialect, 'at.get', `(self, *, ${options})`, (call) => {
    const { x, index } = held(call);
    return call.result(subscript(call.cx, x, index, 'jax'));
  }),
  valueFunction(jaxDialect, 'at.apply', `(self, func, *, ${options})`, (call) => {
    const { x, index } = held(call);
    const changed = call.cx.call(call.value('func'), [tensor(subscript(call.cx, x, index, 'jax'), 'jax')]);
    return call.result(updated(call.cx, x, index, asArray(call.d, call.cx, changed), 'jax'));
  }),
];

/** `x.at[index]`. */
const reference: ClassValue = libraryClass('jax.numpy.at.reference', [], atMethods);

/** `x.at`, which is indexed. */
const helper: ClassValue = libraryClass(
  'jax.numpy.at',
  [],
  [
    valueFunction(jaxDialect, 'at.__getitem__', '(self, index)', (call) => {
      const self = call.value('self');
      const x = self.kind === 'instance' ? self.attributes.get('array') : undefined;
      if (x === undefined) throw new Unknowable('which array is updated is not known');
      const instance = call.cx.instantiate(reference);
      instance.attributes.set('array', x);
      instance.attributes.set('index', call.value('index'));
      return instance;
    }),
  ],
);

const at: Property = (cx, x) => {
  const instance: InstanceValue = cx.instantiate(helper);
  instance.attributes.set('array', x);
  return instance;
};

/** What `x.name` gives without a call. */
export const jaxProperties: ReadonlyMap<string, Property> = new Map<string, Property>([
  ...[...arrayProperties(jaxDialect)].filter(([name]) => !['flat', 'base', 'strides', 'flags'].includes(name)),
  ['at', at],
  ['weak_type', () => bool(null)],
  [
    'value',
    (_cx, x) => {
      if (!x.attributes.has(variableMark)) throw new PythonError('AttributeError', "an array has no attribute 'value'");
      return tensor(x.node, 'jax');
    },
  ],
  ['sharding', (cx) => cx.unknown('where arrays lie is not followed')],
  ['device', () => str(null)],
  ['aval', (cx) => cx.unknown('abstract values are not followed')],
]);

/** Methods that give the array itself. */
const identities = ['block_until_ready', 'clone', 'to_device'];

export const jaxMethods: readonly NativeValue[] = [
  ...identities.map((name) => ({
    ...valueFunction(jaxDialect, name, '(a, *args, **kwargs)', (call) => call.value('a')),
    name: `${jaxDialect.methods}.${name}`,
  })),
  ...['copy_to_host_async', 'delete'].map((name) => ({
    ...valueFunction(jaxDialect, name, '(a)', () => none),
    name: `${jaxDialect.methods}.${name}`,
  })),
  ...['is_deleted', 'is_ready'].map((name) => ({
    ...valueFunction(jaxDialect, name, '(a)', () => bool(null)),
    name: `${jaxDialect.methods}.${name}`,
  })),
];
