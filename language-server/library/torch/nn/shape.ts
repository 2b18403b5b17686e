import { normalAxis, type Shape } from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import type { Context } from '../../context.ts';
import type { ClassValue } from '../../values.ts';
import { flatten, unflatten } from '../structure.ts';
import { layerClass } from './layer.ts';

/** Layers that only view their input in another way (https://docs.pytorch.org/docs/stable/nn.html#utilities). */

/** Sizes, or pairs of a name and a size as named tensors have them. */
function unflattenedSizes(cx: Context, own: Args): Shape {
  const sizes = own.items('unflattened_size');
  return sizes.flatMap((item) => {
    const size = item.kind === 'tuple' ? cx.items(item)[1] : item;
    return size?.kind === 'int' ? [size.value] : [];
  });
}

export const shapeLayers: readonly ClassValue[] = [
  layerClass({ name: 'Identity', settings: '*args, **kwargs', forward: (_cx, args) => args.raw('input') }),
  layerClass({
    name: 'Flatten',
    settings: 'start_dim=1, end_dim=-1',
    forward: (cx, args, own) => flatten(cx, args.tensor('input'), own.int('start_dim', 1), own.int('end_dim', -1)),
  }),
  layerClass({
    name: 'Unflatten',
    settings: 'dim, unflattened_size',
    forward: (cx, args, own) => {
      const x = args.tensor('input');
      return unflatten(cx, x, normalAxis(own.int('dim'), cx.build.rank(x)), unflattenedSizes(cx, own));
    },
  }),
];
