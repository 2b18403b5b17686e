import type { Dim } from '../../../graph/dim.ts';
import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import { dimAt, ShapeError, showShape } from '../../../graph/shape.ts';
import { type Args, asDim } from '../../arguments.ts';
import { type Context, PythonError } from '../../context.ts';
import { op } from '../../define.ts';
import type { ClassValue, NativeValue } from '../../values.ts';
import { type Layer, layerClass } from './layer.ts';

/** Padding (https://docs.pytorch.org/docs/stable/nn.html#padding-layers): numbers, mirror images, edges or the other end. */

type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';

/** What is added before and behind an axis; less than nothing cuts. */
type Sides = readonly [low: Dim, high: Dim];

export function padMode(name: string): PadMode {
  switch (name) {
    case 'constant':
    case 'reflect':
    case 'replicate':
    case 'circular':
      return name;
    default:
      throw new PythonError('NotImplementedError', `Unrecognised padding mode ${name}`);
  }
}

/** Pads the last axes; the first of `sides` belongs to the first of them. */
export function padLast(cx: Context, x: NodeId, sides: readonly Sides[], mode: PadMode, value: number): NodeId {
  const { build } = cx;
  const shape = build.shape(x);
  const lead = shape.length - sides.length;
  if (lead < 0) throw new ShapeError(`${sides.length} axes of ${showShape(shape)} cannot be padded`);
  // Mirror images and edges of one or two axes need something to be left.
  const least = (mode === 'reflect' || mode === 'replicate') && sides.length < 3 ? 1 : 0;
  for (const [k, [low, high]] of sides.entries()) {
    const dim = dimAt(shape, lead + k);
    const size = D.add(dim, D.add(low, high));
    const cut = D.add(dim, D.add(negativePart(low), negativePart(high)));
    if ((D.isKnown(size) && size < least) || (D.isKnown(cut) && cut < 0))
      throw new ShapeError(
        `padding by ${D.show(low)} and ${D.show(high)} leaves too little of axis ${lead + k} of ${showShape(shape)}`,
      );
  }
  if (mode === 'constant') {
    if (sides.every(([low, high]) => low === 0 && high === 0)) return x;
    const none = shape.slice(0, lead).map(() => 0);
    const [low, high] = [sides.map((side) => side[0]), sides.map((side) => side[1])];
    return build.emit('pad', { low: [...none, ...low], high: [...none, ...high], value }, [x]);
  }
  return sides.reduce((y, side, k) => padAxis(cx, y, lead + k, side, mode), x);
}

function negativePart(amount: Dim): Dim {
  return D.isKnown(amount) ? Math.min(0, amount) : 0;
}

function padAxis(cx: Context, given: NodeId, axis: number, sides: Sides, mode: Exclude<PadMode, 'constant'>): NodeId {
  const { build } = cx;
  const [low, high] = sides;
  const whole = dimAt(build.shape(given), axis);
  const [cutLow, cutHigh] = [D.isKnown(low) && low < 0 ? -low : 0, D.isKnown(high) && high < 0 ? -high : 0];
  const x = build.sliceAxis(given, axis, cutLow, D.sub(whole, cutHigh));
  const dim = dimAt(build.shape(x), axis);
  const [before, behind] = [cutLow > 0 ? 0 : low, cutHigh > 0 ? 0 : high];
  refuse(cx, given, axis, mode, whole, [low, high]);
  const part = (from: Dim, to: Dim): NodeId => build.sliceAxis(x, axis, from, to);
  const sideOf = (amount: Dim, first: boolean): NodeId => {
    switch (mode) {
      case 'circular':
        return first ? part(D.sub(dim, amount), dim) : part(0, amount);
      case 'reflect': {
        const mirrored = first ? part(1, D.add(amount, 1)) : part(D.sub(D.sub(dim, 1), amount), D.sub(dim, 1));
        return build.emit('reverse', { axes: [axis] }, [mirrored]);
      }
      case 'replicate':
        return build.broadcastTo(
          first ? part(0, 1) : part(D.sub(dim, 1), dim),
          build.shape(x).map((own, k) => (k === axis ? amount : own)),
        );
    }
  };
  const parts = [...(before === 0 ? [] : [sideOf(before, true)]), x, ...(behind === 0 ? [] : [sideOf(behind, false)])];
  return parts.length === 1 ? x : build.concatenate(parts, axis);
}

/** A mirror image is shorter than what it mirrors, and the other end no longer than all. */
function refuse(cx: Context, x: NodeId, axis: number, mode: PadMode, dim: Dim, sides: Sides): void {
  const most = mode === 'reflect' ? D.sub(dim, 1) : mode === 'circular' ? dim : null;
  for (const amount of sides) {
    const spare = most === null ? 0 : D.sub(most, amount);
    if (D.isKnown(spare) && spare < 0)
      throw new ShapeError(
        `${mode} padding of ${D.show(amount)} is too much for axis ${axis} of ${showShape(cx.build.shape(x))}`,
      );
  }
}

/** `F.pad`: pairs from the last axis to the front. */
function pad(cx: Context, x: NodeId, amounts: readonly Dim[], mode: PadMode, value: number): NodeId {
  const rank = cx.build.rank(x);
  if (amounts.length % 2 !== 0) throw new PythonError('RuntimeError', 'Padding length must be divisible by 2');
  const sides = Array.from({ length: amounts.length / 2 }, (_, k): Sides => {
    const at = amounts.length - 2 - 2 * k;
    return [amounts[at] ?? 0, amounts[at + 1] ?? 0];
  });
  if (sides.length > rank)
    throw new PythonError(
      'RuntimeError',
      'Padding length should be less than or equal to two times the input dimension',
    );
  if (
    mode !== 'constant' &&
    (sides.length > 3 || sides.length === 0 || (rank !== sides.length + 1 && rank !== sides.length + 2))
  )
    throw new PythonError(
      'NotImplementedError',
      `Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now, not ${amounts.length} numbers for ${rank}D`,
    );
  if (mode === 'reflect' || mode === 'replicate') requireSpace(cx, x, sides.length, mode);
  return padLast(cx, x, sides, mode, value);
}

/** Padding from the values that are there needs some, in every axis but the batch. */
function requireSpace(cx: Context, x: NodeId, space: number, mode: PadMode): void {
  const shape = cx.build.shape(x);
  const inner = shape.slice(shape.length - space - 1);
  if (inner.includes(0)) throw new ShapeError(`${mode} padding of ${showShape(shape)}, which has no elements`);
}

function amountsIn(cx: Context, args: Args, name: string): readonly Dim[] {
  return cx.items(args.value(name)).map((item) => asDim(item, name));
}

/** A layer that pads `space` axes: by one number on all sides, or by a pair for each. */
function padLayer(name: string, space: number, mode: PadMode, settings = 'padding'): Layer {
  return {
    name: `${name}${space}d`,
    settings,
    forward: (cx, args, own) => {
      const given = own.value('padding');
      const amounts =
        given.kind === 'int' ? Array.from({ length: 2 * space }, () => given.value) : amountsIn(cx, own, 'padding');
      return pad(cx, args.tensor('input'), amounts, mode, own.number('value', 0));
    },
  };
}

const spaces = [1, 2, 3] as const;

export const paddingLayers: readonly (ClassValue | NativeValue)[] = [
  op('torch.nn.functional.pad', "(input, pad, mode='constant', value=None)", (cx, args) =>
    pad(
      cx,
      args.tensor('input'),
      amountsIn(cx, args, 'pad'),
      padMode(args.string('mode', 'constant')),
      args.number('value', 0),
    ),
  ),
  ...spaces.flatMap((space) =>
    [
      padLayer('ZeroPad', space, 'constant'),
      padLayer('ConstantPad', space, 'constant', 'padding, value'),
      padLayer('ReflectionPad', space, 'reflect'),
      padLayer('ReplicationPad', space, 'replicate'),
      padLayer('CircularPad', space, 'circular'),
    ].map(layerClass),
  ),
];
