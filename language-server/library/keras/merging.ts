import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { requireEqual, ShapeError, showShape } from '../../graph/shape.ts';
import { asKnownInt } from '../arguments.ts';
import { PythonError } from '../context.ts';
import { native } from '../define.ts';
import type { ClassValue, NativeValue } from '../values.ts';
import { added, type LayerCall, layerClass } from './layer.ts';
import { unit } from './normalization.ts';

/** Layers of several inputs (https://keras.io/api/layers/merging_layers/). */

/** Inputs with as many axes each, new ones behind the samples. */
function alike(call: LayerCall, least: number): readonly NodeId[] {
  const { build } = call;
  const nodes = call.several('inputs', least);
  const rank = Math.max(...nodes.map((node) => build.rank(node)));
  const [first, ...others] = nodes;
  for (const other of first === undefined ? [] : others) {
    const [a, b] = [build.shape(first ?? other)[0], build.shape(other)[0]];
    if (a !== undefined && b !== undefined)
      requireEqual(a, b, () => `tensors of ${D.show(a)} and ${D.show(b)} samples cannot be merged`);
  }
  return nodes.map((node) => {
    let wide = node;
    while (build.rank(wide) < rank) wide = build.expandDims(wide, Math.min(1, build.rank(wide)));
    return wide;
  });
}

type Merge = (call: LayerCall, nodes: readonly NodeId[]) => NodeId;

function reduced(combine: (call: LayerCall, a: NodeId, b: NodeId) => NodeId): Merge {
  return (call, [first, ...rest]) => {
    if (first === undefined) throw new PythonError('ValueError', 'A merge layer should be called on a list of inputs.');
    return rest.reduce((a, b) => combine(call, a, b), first);
  };
}

const sum = reduced((call, a, b) => added(call, a, b));

const merges: Readonly<Record<string, Merge>> = {
  Add: sum,
  Multiply: reduced(({ build }, a, b) => build.mul(a, b)),
  Maximum: reduced(({ build }, a, b) => build.binary('max', a, b)),
  Minimum: reduced(({ build }, a, b) => build.binary('min', a, b)),
  Average: (call, nodes) => {
    const total = sum(call, nodes);
    return call.build.div(total, call.build.scalar(nodes.length, total));
  },
  Subtract: (call, [a, b, ...more]) => {
    if (a === undefined || b === undefined || more.length > 0)
      throw new PythonError('ValueError', 'A `Subtract` layer should be called on exactly 2 inputs.');
    return call.build.sub(a, b);
  },
};

const concatenate: ClassValue = layerClass({
  name: 'Concatenate',
  settings: 'axis=-1',
  mask: 'passed',
  apply: (call) => {
    const nodes = call.several('inputs', 1);
    return call.build.concatenate(nodes, call.own.int('axis', -1));
  },
});

/** The contracted axis of each of two inputs. */
function dotAxes(call: LayerCall, ranks: readonly [number, number]): readonly [number, number] {
  const value = call.own.value('axes');
  const [a, b] = value.kind === 'int' ? [value, value] : call.cx.items(value);
  if (a === undefined || b === undefined) throw new PythonError('ValueError', 'Invalid `axes`: two are wanted.');
  const axes = [asKnownInt(a, 'axes'), asKnownInt(b, 'axes')] as const;
  const [m, n] = axes.map((axis, k) => (axis < 0 ? axis + (ranks[k] ?? 0) : axis));
  if (m === undefined || n === undefined) throw new RangeError('two axes');
  if (m <= 0 || n <= 0 || m >= ranks[0] || n >= ranks[1])
    throw new PythonError('ValueError', `Dot cannot contract axes (${axes.join(', ')})`);
  return [m, n];
}

const dot: ClassValue = layerClass({
  name: 'Dot',
  settings: 'axes, normalize=False',
  apply: (call) => {
    const { build, own } = call;
    const [a, b, ...more] = call.several('inputs', 2);
    if (a === undefined || b === undefined || more.length > 0)
      throw new PythonError('ValueError', 'A `Dot` layer should be called on a list of 2 inputs.');
    const ranks = [build.rank(a), build.rank(b)] as const;
    if (ranks[0] < 2 || ranks[1] < 2)
      throw new ShapeError(`${showShape(build.shape(a))} and ${showShape(build.shape(b))} are no batches of vectors`);
    const [m, n] = dotAxes(call, ranks);
    const [x, y] = own.bool('normalize', false) ? [unit(call, a, [m]), unit(call, b, [n])] : [a, b];
    const product = build.dot(x, y, { contract: [[m], [n]], batch: [[0], [0]] });
    // A batch of single numbers is a column.
    return build.rank(product) === 1 ? build.expandDims(product, 1) : product;
  },
});

function merge(name: string, apply: Merge): ClassValue {
  return layerClass({
    name,
    settings: '',
    mask: 'passed',
    apply: (call) => apply(call, alike(call, 1)),
  });
}

export const mergingLayers: readonly ClassValue[] = [
  ...Object.entries(merges).map(([name, apply]) => merge(name, apply)),
  concatenate,
  dot,
];

/** The same as functions: `keras.layers.add([a, b])`. */
export const mergingFunctions: readonly NativeValue[] = mergingLayers.map((cls) => {
  const name = cls.name.replace('keras.layers.', '').toLowerCase();
  const own = name === 'concatenate' ? ', axis=-1' : name === 'dot' ? ', axes=-1' : '';
  return native(`keras.layers.${name}`, `(inputs${own}, **kwargs)`, (cx, args) => {
    const settings = new Map(args.keywords);
    for (const key of ['axis', 'axes']) if (args.has(key)) settings.set(key, args.raw(key));
    if (name === 'dot' && !settings.has('axes')) settings.set('axes', { kind: 'int', value: -1 });
    return cx.call(cx.call(cls, [], settings), [args.value('inputs')]);
  });
});
