import type { Dim } from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import type { Initializer } from '../../graph/primitives/leaves.ts';
import type { Args } from '../arguments.ts';
import { type Context, PythonError } from '../context.ts';
import { libraryClass, native, op } from '../define.ts';
import { contract } from '../torch/einsum.ts';
import { moduleClass, self, setParameter } from '../torch/nn/module.ts';
import { type ClassValue, none, str, type Value } from '../values.ts';
import { lengthsOf, type Reduction, reductionOf, transformed } from './functions.ts';
import { refuse, side } from './pattern.ts';

/** Layers of einops for torch (https://einops.rocks/api/rearrange/): the functions with their pattern kept. */

/** Sizes by name, kept from the construction as attributes of the layer. */
const sizePrefix = 'axis length ';

function keepSizes(cx: Context, args: Args): void {
  const module = self(args);
  cx.setAttribute(module, 'pattern', str(args.string('pattern')));
  for (const [name, value] of args.keywords) cx.setAttribute(module, `${sizePrefix}${name}`, value);
}

function kept(cx: Context, args: Args): { readonly pattern: string; readonly lengths: ReadonlyMap<string, Dim> } {
  const module = self(args);
  const pattern = cx.attribute(module, 'pattern');
  if (pattern?.kind !== 'str' || pattern.value === null)
    throw new PythonError('AttributeError', 'a layer of einops without a pattern');
  const sizes = [...module.attributes].flatMap(([name, value]): [string, Value][] =>
    name.startsWith(sizePrefix) ? [[name.slice(sizePrefix.length), value]] : [],
  );
  return { pattern: pattern.value, lengths: lengthsOf(new Map(sizes)) };
}

function layer(name: string, parameters: string, how: (cx: Context, args: Args) => Reduction | Value): ClassValue {
  return libraryClass(
    `einops.layers.torch.${name}`,
    [moduleClass],
    [
      native('__init__', parameters, (cx, args) => {
        keepSizes(cx, args);
        if (args.has('reduction')) cx.setAttribute(self(args), 'reduction', args.value('reduction'));
        return none;
      }),
      op('forward', '(self, input)', (cx, args) => {
        const { pattern, lengths } = kept(cx, args);
        return transformed(cx, args.tensor('input'), pattern, how(cx, args), lengths);
      }),
    ],
  );
}

const init: Initializer = { kind: 'uniform', low: -1, high: 1 };

/** A linear layer by names of axes: those of the weight are contracted where the output does not have them. */
const einMix = libraryClass(
  'einops.layers.torch.EinMix',
  [moduleClass],
  [
    native('__init__', '(self, pattern, weight_shape, bias_shape=None, **axes_lengths)', (cx, args) => {
      keepSizes(cx, args);
      const module = self(args);
      const lengths = lengthsOf(args.keywords);
      const sizes = (text: string): Dim[] =>
        namesIn(text).map((name) => lengths.get(name) ?? refuse(`the size of '${name}' is not given`));
      cx.setAttribute(module, 'weight_shape', str(args.string('weight_shape')));
      setParameter(cx, module, 'weight', sizes(args.string('weight_shape')), init);
      const bias = args.optional('bias_shape');
      cx.setAttribute(module, 'bias_shape', bias ?? none);
      if (bias === null) cx.setAttribute(module, 'bias', none);
      else setParameter(cx, module, 'bias', sizes(args.string('bias_shape')), init);
      return none;
    }),
    op('forward', '(self, input)', (cx, args) => {
      const { build } = cx;
      const { pattern, lengths } = kept(cx, args);
      const module = self(args);
      const [left = '', right = ''] = pattern.split('->');
      const plain = (text: string): string => namesIn(text).join(' ');
      const weight = cx.attribute(module, 'weight');
      const weightShape = cx.attribute(module, 'weight_shape');
      if (weight?.kind !== 'tensor' || weightShape?.kind !== 'str' || weightShape.value === null)
        throw new PythonError('AttributeError', 'EinMix without a weight');
      if (left.includes('...')) refuse('an ellipsis in EinMix is not followed');
      const apart = transformed(
        cx,
        args.tensor('input'),
        `${left} -> ${plain(left)}`,
        'none',
        restrict(lengths, namesIn(left)),
      );
      const mixed = contract(
        cx,
        [
          { node: apart, labels: namesIn(left) },
          { node: weight.node, labels: namesIn(weightShape.value) },
        ],
        namesIn(right),
      );
      const [bias, biasShape] = [cx.attribute(module, 'bias'), cx.attribute(module, 'bias_shape')];
      const shifted =
        bias?.kind === 'tensor' && biasShape?.kind === 'str' && biasShape.value !== null
          ? build.add(mixed, spread(cx, bias.node, namesIn(biasShape.value), namesIn(right)))
          : mixed;
      return transformed(cx, shifted, `${plain(right)} -> ${right}`, 'none', new Map());
    }),
  ],
);

function namesIn(text: string): readonly string[] {
  return side(text, 'left', new Map(), text).flat();
}

function restrict(lengths: ReadonlyMap<string, Dim>, names: readonly string[]): ReadonlyMap<string, Dim> {
  return new Map([...lengths].filter(([name]) => names.includes(name)));
}

/** The bias with axes of size 1 where the output has others. */
function spread(cx: Context, bias: NodeId, own: readonly string[], output: readonly string[]): NodeId {
  const shape = cx.build.shape(bias);
  const order = output.filter((name) => own.includes(name));
  const sorted = cx.build.transpose(
    bias,
    order.map((name) => own.indexOf(name)),
  );
  return cx.build.reshape(
    sorted,
    output.map((name) => shape[own.indexOf(name)] ?? 1),
  );
}

export const layers: readonly ClassValue[] = [
  layer('Rearrange', '(self, pattern, **axes_lengths)', () => 'none'),
  layer('Reduce', '(self, pattern, reduction, **axes_lengths)', (cx, args) => {
    const value = cx.attribute(self(args), 'reduction');
    return value === null ? 'none' : reductionOf(value);
  }),
  einMix,
];
