import type { Dim } from '../../../graph/dim.ts';
import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import type { Initializer } from '../../../graph/primitives/leaves.ts';
import type { Shape } from '../../../graph/shape.ts';
import type { Context } from '../../context.ts';
import { libraryClass, native, op } from '../../define.ts';
import { none } from '../../values.ts';
import { type ModuleSelf, moduleClass, self, setParameter } from './module.ts';

/** torch.nn.Linear and its kin (https://docs.pytorch.org/docs/stable/nn.html#linear-layers). */

/** U(-k, k) with k = 1/sqrt(fanIn): what kaiming_uniform_(a=sqrt(5)) comes to. An unknown fan-in counts as 1. */
export function defaultInit(fanIn: Dim): Initializer {
  const bound = D.isKnown(fanIn) && fanIn > 0 ? 1 / Math.sqrt(fanIn) : 1;
  return { kind: 'uniform', low: -bound, high: bound };
}

/** x @ weight.T + bias, over the last axis. */
export function linear(cx: Context, x: NodeId, weight: NodeId, bias: NodeId | null): NodeId {
  const { build } = cx;
  const y = build.dot(x, weight, { contract: [[build.rank(x) - 1], [build.rank(weight) - 1]], batch: [[], []] });
  return bias === null ? y : build.add(y, bias);
}

function makeLinear(cx: Context, module: ModuleSelf, weight: Shape, bias: Shape | null, fanIn: Dim): void {
  setParameter(cx, module, 'weight', weight, defaultInit(fanIn));
  if (bias === null) cx.setAttribute(module, 'bias', none);
  else setParameter(cx, module, 'bias', bias, defaultInit(fanIn));
}

export const linearLayers = [
  op('torch.nn.functional.linear', '(input, weight, bias=None)', (cx, args) =>
    linear(cx, args.tensor('input'), args.tensor('weight'), args.optionalTensor('bias')),
  ),
  libraryClass(
    'torch.nn.Linear',
    [moduleClass],
    [
      native('__init__', '(self, in_features, out_features, bias=True, device=None, dtype=None)', (cx, args) => {
        const module = self(args);
        const [into, out] = [args.dim('in_features'), args.dim('out_features')];
        makeLinear(cx, module, [out, into], args.bool('bias', true) ? [out] : null, into);
        cx.setAttribute(module, 'in_features', { kind: 'int', value: into });
        cx.setAttribute(module, 'out_features', { kind: 'int', value: out });
        return none;
      }),
      op('forward', '(self, input)', (cx, args) => {
        const module = self(args);
        const bias = cx.attribute(module, 'bias');
        const weight = cx.attribute(module, 'weight');
        if (weight?.kind !== 'tensor') throw new TypeError('a linear layer without a weight');
        return linear(cx, args.tensor('input'), weight.node, bias?.kind === 'tensor' ? bias.node : null);
      }),
    ],
  ),
];
