import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { dimAt, type Shape, ShapeError, showShape } from '../../graph/shape.ts';
import { asKnownInt } from '../arguments.ts';
import { PythonError, Unknowable } from '../context.ts';
import { opaque } from '../torch/opaque.ts';
import { repeatEach } from '../torch/structure.ts';
import type { ClassValue, Value } from '../values.ts';
import { type LayerCall, layerClass } from './layer.ts';
import { channelsFirst, withChannelsLast } from './windows.ts';

/** Layers that change the shape alone (https://keras.io/api/layers/reshaping_layers/). */

type Sides = readonly [low: number, high: number];

function sidesOf(call: LayerCall, value: Value, name: string): Sides {
  if (value.kind === 'int') return [asKnownInt(value, name), asKnownInt(value, name)];
  const [low, high, ...more] = call.cx.items(value).map((item) => asKnownInt(item, name));
  if (low === undefined || high === undefined || more.length > 0)
    throw new PythonError('ValueError', `\`${name}\` should have two elements.`);
  return [low, high];
}

/** Numbers before and behind each axis of space: one for all, one for each, or pairs. */
function eachSide(call: LayerCall, name: string, space: number): readonly Sides[] {
  const value = call.own.value(name);
  if (space === 1) return [sidesOf(call, value, name)];
  if (value.kind === 'int') return Array.from({ length: space }, () => sidesOf(call, value, name));
  const items = call.cx.items(value);
  if (items.length !== space) throw new PythonError('ValueError', `\`${name}\` should have ${space} elements.`);
  return items.map((item) => sidesOf(call, item, name));
}

function requireNatural(sides: readonly Sides[], name: string): void {
  if (sides.flat().some((n) => n < 0)) throw new PythonError('ValueError', `\`${name}\` cannot be negative`);
}

const spaces = [1, 2, 3];

function zeroPadding(space: number): ClassValue {
  return layerClass({
    name: `ZeroPadding${space}D`,
    settings: 'padding=1, data_format=None',
    spec: { rank: space + 2 },
    apply: (call) => {
      const { build } = call;
      const x = call.array('inputs');
      const sides = eachSide(call, 'padding', space);
      requireNatural(sides, 'padding');
      const offset = channelsFirst(call.own) ? 2 : 1;
      const side = (which: 0 | 1): Shape => build.shape(x).map((_, axis) => sides[axis - offset]?.[which] ?? 0);
      return build.emit('pad', { low: side(0), high: side(1), value: 0 }, [x]);
    },
  });
}

function cropping(space: number): ClassValue {
  return layerClass({
    name: `Cropping${space}D`,
    settings: `cropping=${space === 2 ? 0 : 1}, data_format=None`,
    spec: { rank: space + 2 },
    apply: (call) => {
      const { build } = call;
      const x = call.array('inputs');
      const shape = build.shape(x);
      const sides = eachSide(call, 'cropping', space);
      requireNatural(sides, 'cropping');
      const offset = channelsFirst(call.own) ? 2 : 1;
      return sides.reduce((node, [low, high], k) => {
        const size = dimAt(shape, k + offset);
        if (D.isKnown(size) && low + high >= size)
          throw new ShapeError(`cropping (${low}, ${high}) of ${showShape(shape)} along axis ${k + offset}`);
        return build.sliceAxis(node, k + offset, low, D.sub(size, high));
      }, x);
    },
  });
}

function upSampling(space: number): ClassValue {
  return layerClass({
    name: `UpSampling${space}D`,
    settings: space === 2 ? "size=2, data_format=None, interpolation='nearest'" : 'size=2, data_format=None',
    spec: { rank: space + 2 },
    apply: (call) => {
      const { build, own, cx } = call;
      const sizes = own.repeated('size', space, 2);
      if (sizes.length !== space || sizes.some((n) => n <= 0))
        throw new PythonError('ValueError', `The \`size\` argument must be ${space} positive integers.`);
      return withChannelsLast(call, call.array('inputs'), (x) => {
        if (own.string('interpolation', 'nearest') !== 'nearest') {
          const shape = build.shape(x).map((dim, axis) => D.mul(dim, sizes[axis - 1] ?? 1));
          return opaque(cx, 'keras.layers.UpSampling2D', [x], shape, build.aval(x).dtype, [[0, 0]]);
        }
        return sizes.reduce<NodeId>((node, count, k) => repeatEach(cx, node, count, k + 1), x);
      });
    },
  });
}

/** The shape behind the samples that a Reshape layer is told, with at most one size to be found out. */
function targetOf(call: LayerCall): Shape {
  return call.cx.items(call.own.value('target_shape')).map((item) => {
    if (item.kind === 'int') return item.value;
    throw new Unknowable('a size of the shape is not known');
  });
}

export const shapeLayers: readonly ClassValue[] = [
  layerClass({
    name: 'Flatten',
    settings: 'data_format=None',
    spec: { least: 1 },
    apply: (call) => {
      const { build } = call;
      const given = call.array('inputs');
      const rank = build.rank(given);
      const x = channelsFirst(call.own) && rank > 1 ? build.moveAxes(given, [1], [rank - 1]) : given;
      const shape = build.shape(x);
      return build.reshape(x, [dimAt(shape, 0), D.product(shape.slice(1))]);
    },
  }),
  layerClass({
    name: 'Reshape',
    settings: 'target_shape',
    spec: { least: 1 },
    apply: (call) => {
      const { build } = call;
      const x = call.array('inputs');
      const shape = build.shape(x);
      const target = targetOf(call);
      const total = D.product(shape.slice(1));
      const rest = D.product(target.filter((dim) => dim !== -1));
      const open = target.filter((dim) => dim === -1).length;
      if (open > 1) throw new PythonError('ValueError', 'There must be at most one unknown dimension in target_shape.');
      const inferred = open === 0 ? rest : D.exactQuotient(total, rest);
      if (D.isKnown(total) && D.isKnown(rest) && (inferred === null || (open === 0 && inferred !== total)))
        throw new ShapeError(`${showShape(shape)} cannot be reshaped to ${showShape(target)} for each sample`);
      const sizes = target.map((dim) => (dim === -1 ? (inferred ?? D.floorDiv(total, rest)) : dim));
      return build.reshape(x, [dimAt(shape, 0), ...sizes]);
    },
  }),
  layerClass({
    name: 'Permute',
    settings: 'dims',
    make: (cx, _layer, own) => {
      const dims = cx.items(own.value('dims')).map((item) => asKnownInt(item, 'dims'));
      if (dims.toSorted((a, b) => a - b).some((dim, k) => dim !== k + 1))
        throw new PythonError('ValueError', `Invalid permutation argument \`dims\`: (${dims.join(', ')})`);
    },
    apply: (call) => {
      const dims = call.cx.items(call.own.value('dims')).map((item) => asKnownInt(item, 'dims'));
      return call.build.transpose(call.array('inputs'), [0, ...dims]);
    },
  }),
  layerClass({
    name: 'RepeatVector',
    settings: 'n',
    spec: { rank: 2 },
    apply: (call) => {
      const { build } = call;
      const x = call.array('inputs');
      const [samples = 1, features = 1] = build.shape(x);
      return build.broadcastTo(build.expandDims(x, 1), [samples, call.own.dim('n'), features]);
    },
  }),
  ...spaces.flatMap((space) => [zeroPadding(space), cropping(space), upSampling(space)]),
];
