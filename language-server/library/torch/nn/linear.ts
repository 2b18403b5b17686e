import type { Dim } from '../../../graph/dim.ts';
import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import type { Initializer } from '../../../graph/primitives/leaves.ts';
import { dimAt, isFloating, requireEqual, ShapeError, sameShape, showShape } from '../../../graph/shape.ts';
import { type Context, PythonError } from '../../context.ts';
import { op } from '../../define.ts';
import type { ClassValue, NativeValue } from '../../values.ts';
import { type Layer, layerClass, lazy, weightMaker } from './layer.ts';

/** torch.nn.Linear and its kin (https://docs.pytorch.org/docs/stable/nn.html#linear-layers). */

/** U(-k, k) with k = 1/sqrt(fanIn): what kaiming_uniform_(a=sqrt(5)) comes to. An unknown fan-in counts as 1. */
export function defaultInit(fanIn: Dim): Initializer {
  const bound = D.isKnown(fanIn) && fanIn > 0 ? 1 / Math.sqrt(fanIn) : 1;
  return { kind: 'uniform', low: -bound, high: bound };
}

/** Refuses whole numbers where weights are floating point numbers, as the library's kernels do. */
export function requireFloatingInput(cx: Context, x: NodeId, name: string): void {
  const { dtype } = cx.build.aval(x);
  if (!isFloating(dtype))
    throw new PythonError('RuntimeError', `${name}: a floating point input is wanted, not ${dtype}`);
}

/** x @ weight.T + bias, over the last axis. */
export function linear(cx: Context, x: NodeId, weight: NodeId, bias: NodeId | null): NodeId {
  const { build } = cx;
  const [own, given] = [build.shape(x), build.shape(weight)];
  if (isFloating(build.aval(weight).dtype)) requireFloatingInput(cx, x, 'linear');
  if (own.length === 0 || given.length === 0 || given.length > 2)
    throw new ShapeError(`linear: ${showShape(own)} and weights ${showShape(given)} do not fit`);
  const y = build.dot(x, weight, { contract: [[own.length - 1], [given.length - 1]], batch: [[], []] });
  if (bias === null) return y;
  const sum = build.add(y, bias);
  if (!sameShape(build.shape(sum), build.shape(y)))
    throw new ShapeError(
      `linear: a bias ${showShape(build.shape(bias))} does not fit a result ${showShape(build.shape(y))}`,
    );
  return sum;
}

/** Sums of products x1[i] weight[o, i, j] x2[j], sample by sample. */
function bilinear(cx: Context, x1: NodeId, x2: NodeId, weight: NodeId, bias: NodeId | null): NodeId {
  const { build } = cx;
  const [a, b, w] = [build.shape(x1), build.shape(x2), build.shape(weight)];
  const fits = (): string => `bilinear: ${showShape(a)}, ${showShape(b)} and weights ${showShape(w)} do not fit`;
  if (w.length !== 3 || a.length === 0 || a.length !== b.length) throw new ShapeError(fits());
  const rank = a.length;
  for (let k = 0; k < rank - 1; k++) requireEqual(dimAt(a, k), dimAt(b, k), fits);
  requireEqual(dimAt(a, rank - 1), dimAt(w, 1), fits);
  requireEqual(dimAt(b, rank - 1), dimAt(w, 2), fits);
  // (*lead, o, j), then with x2 over j.
  const half = build.dot(x1, weight, { contract: [[rank - 1], [1]], batch: [[], []] });
  const lead = Array.from({ length: rank - 1 }, (_, k) => k);
  const y = build.dot(half, x2, { contract: [[rank], [rank - 1]], batch: [lead, lead] });
  return bias === null ? y : build.add(y, bias);
}

const linearLayer: Layer = {
  name: 'Linear',
  settings: 'in_features, out_features, bias=True, device=None, dtype=None',
  make: (cx, module, settings) => {
    const [into, out] = [settings.dim('in_features'), settings.dim('out_features')];
    const make = weightMaker(cx, module, settings);
    make('weight', [out, into], defaultInit(into));
    make('bias', settings.bool('bias', true) ? [out] : null, defaultInit(into));
  },
  forward: (cx, args, own) => linear(cx, args.tensor('input'), own.tensor('weight'), own.optionalTensor('bias')),
};

export const linearClass: ClassValue = layerClass(linearLayer);

export const linearLayers: readonly (ClassValue | NativeValue)[] = [
  op('torch.nn.functional.linear', '(input, weight, bias=None)', (cx, args) =>
    linear(cx, args.tensor('input'), args.tensor('weight'), args.optionalTensor('bias')),
  ),
  op('torch.nn.functional.bilinear', '(input1, input2, weight, bias=None)', (cx, args) =>
    bilinear(cx, args.tensor('input1'), args.tensor('input2'), args.tensor('weight'), args.optionalTensor('bias')),
  ),
  linearClass,
  layerClass(lazy(linearLayer, 'in_features', (cx, x) => cx.build.rank(x) - 1)),
  layerClass({
    name: 'Bilinear',
    settings: 'in1_features, in2_features, out_features, bias=True, device=None, dtype=None',
    inputs: 'input1, input2',
    make: (cx, module, settings) => {
      const [left, right] = [settings.dim('in1_features'), settings.dim('in2_features')];
      const out = settings.dim('out_features');
      if (D.isKnown(left) && left <= 0)
        throw new PythonError('ValueError', `in1_features must be > 0, but got ${left}`);
      const make = weightMaker(cx, module, settings);
      make('weight', [out, left, right], defaultInit(left));
      make('bias', settings.bool('bias', true) ? [out] : null, defaultInit(left));
    },
    forward: (cx, args, own) =>
      bilinear(cx, args.tensor('input1'), args.tensor('input2'), own.tensor('weight'), own.optionalTensor('bias')),
  }),
];
