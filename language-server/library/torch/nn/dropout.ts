import type { NodeId } from '../../../graph/graph.ts';
import type { Shape } from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import { type Context, type Draw, PythonError, Unknowable } from '../../context.ts';
import { native } from '../../define.ts';
import { type ClassValue, type NativeValue, type TensorValue, tensor, type Value } from '../../values.ts';
import { drawn } from '../under-vmap.ts';
import { knownNumber, layerClass, unknownScalar } from './layer.ts';
import { isTraining } from './module.ts';

/** Dropout (https://docs.pytorch.org/docs/stable/nn.html#dropout-layers): random in training, the identity else. */

interface Dropout {
  /** `torch.nn.` */
  readonly layer: string;
  /** `torch.nn.functional.` */
  readonly fn: string;
  /** Whether elements are dropped by themselves, or whole channels of samples; inputs of any but `batched` axes are one sample. */
  readonly unit: 'element' | { readonly batched: number | null };
  /** What stands in the place of a dropped element: 0, or the value that SELU saturates at, then rescaled. */
  readonly to: 'zero' | 'saturation';
  /** Whether the function is in training mode unless it is told. */
  readonly training: boolean;
  /** Ranks that the function takes; null for any. */
  readonly ranks: readonly number[] | null;
}

const dropouts: readonly Dropout[] = [
  { layer: 'Dropout', fn: 'dropout', unit: 'element', to: 'zero', training: true, ranks: null },
  { layer: 'Dropout1d', fn: 'dropout1d', unit: { batched: 3 }, to: 'zero', training: true, ranks: [2, 3] },
  { layer: 'Dropout2d', fn: 'dropout2d', unit: { batched: null }, to: 'zero', training: true, ranks: null },
  { layer: 'Dropout3d', fn: 'dropout3d', unit: { batched: 5 }, to: 'zero', training: true, ranks: null },
  { layer: 'AlphaDropout', fn: 'alpha_dropout', unit: 'element', to: 'saturation', training: false, ranks: null },
  {
    layer: 'FeatureAlphaDropout',
    fn: 'feature_alpha_dropout',
    unit: { batched: null },
    to: 'saturation',
    training: false,
    ranks: null,
  },
];

/** -scale * alpha of SELU. */
const saturation = -1.7580993408473766;

/** Refuses what is no probability. */
export function probabilityIn(args: Args, name: string, otherwise: number): number | null {
  const p = knownNumber(args, name, otherwise);
  if (p !== null && (p < 0 || p > 1))
    throw new PythonError('ValueError', `dropout probability has to be between 0 and 1, but got ${p}`);
  return p;
}

/**
 * Elements zero with probability p (null: not known), the rest scaled so that the mean stays; `mask` tells which go together.
 * Whether it is done is not known where `draw` is null.
 */
export function dropElements(
  cx: Context,
  x: NodeId,
  p: number | null,
  mask: Shape = cx.build.shape(x),
  draw: Draw | null = { kind: 'new' },
): NodeId {
  const { build } = cx;
  const { shape, dtype } = build.aval(x);
  // Without elements nothing is drawn.
  if (p === 0 || shape.includes(0)) return x;
  if (p === 1) return build.scale(x, 0);
  const draws = drawn(cx, mask, { kind: 'uniform', low: 0, high: 1 }, dtype, p === null ? null : draw);
  const share = p === null ? unknownScalar(cx, 'p', draws) : build.scalar(p, draws);
  const kept = build.convert(build.binary('ge', draws, share), dtype);
  const scaled =
    p === null ? build.div(kept, build.sub(build.scalar(1, share), share)) : build.scale(kept, 1 / (1 - p));
  return build.mul(x, scaled);
}

function dropped(
  cx: Context,
  x: NodeId,
  p: number | null,
  training: boolean,
  { unit, to, ranks, fn }: Dropout,
  draw: Draw | null = { kind: 'new' },
): NodeId {
  const { build } = cx;
  const { shape, dtype } = build.aval(x);
  if (ranks !== null && !ranks.includes(shape.length))
    throw new PythonError(
      'RuntimeError',
      `${fn}: expected ${ranks.join('D or ')}D input, but received a ${shape.length}D input`,
    );
  if (!training || p === 0) return x;
  if (p === 1) return build.scale(x, 0);
  const mask = maskShape(shape, unit);
  if (to === 'zero') return dropElements(cx, x, p, mask, draw);
  if (p === null) throw new Unknowable('the probability of a dropout is not known');
  const draws = drawn(cx, mask, { kind: 'uniform', low: 0, high: 1 }, dtype, draw);
  const kept = build.convert(build.binary('ge', draws, build.scalar(p, draws)), dtype);
  // a * (x kept or saturated) + b, so that mean and variance stay.
  const a = 1 / Math.sqrt((1 - p) * (1 + p * saturation ** 2));
  const constant = build.sub(build.scalar(saturation, x), build.scale(kept, saturation));
  const mixed = build.add(build.mul(x, kept), constant);
  return build.add(build.scale(mixed, a), build.scalar(-a * saturation * p, x));
}

/** The mask of a dropout: of each element, or of each channel of each sample. */
function maskShape(shape: Shape, unit: Dropout['unit']): Shape {
  if (unit === 'element') return shape;
  const isSample = unit.batched !== null && shape.length !== unit.batched;
  if (shape.length < (isSample ? 1 : 2))
    throw new PythonError('RuntimeError', 'feature dropout requires at least 2 dimensions in the input');
  return shape.map((dim, axis) => (axis < (isSample ? 1 : 2) ? dim : 1));
}

function inPlace(cx: Context, target: TensorValue, node: NodeId, wanted: boolean): Value {
  if (!wanted || node === target.node) return wanted ? target : tensor(node);
  cx.assignInPlace(target, node);
  return target;
}

export const dropoutLayers: readonly (ClassValue | NativeValue)[] = dropouts.flatMap((dropout) => [
  native(
    `torch.nn.functional.${dropout.fn}`,
    `(input, p=0.5, training=${dropout.training ? 'True' : 'False'}, inplace=False)`,
    (cx, args) => {
      const x = args.tensorValue('input');
      const result = dropped(
        cx,
        x.node,
        probabilityIn(args, 'p', 0.5),
        args.bool('training', dropout.training),
        dropout,
      );
      return inPlace(cx, x, result, args.bool('inplace', false));
    },
  ),
  layerClass({
    name: dropout.layer,
    settings: 'p=0.5, inplace=False',
    make: (_cx, _module, settings) => {
      probabilityIn(settings, 'p', 0.5);
    },
    forward: (cx, args, own, module) => {
      const x = args.tensorValue('input');
      // What is not traced may have put it into evaluation mode.
      const draw = cx.mayHave(module) ? null : ({ kind: 'new' } as const);
      const result = dropped(cx, x.node, probabilityIn(own, 'p', 0.5), isTraining(cx, module), dropout, draw);
      return inPlace(cx, x, result, own.bool('inplace', false));
    },
  }),
]);
