import type { NodeId } from '../../../graph/graph.ts';
import { normalAxis, type Shape } from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import { type Context, PythonError } from '../../context.ts';
import { libraryClass, native, op } from '../../define.ts';
import { type ClassValue, type NativeValue, none } from '../../values.ts';
import { flatten, unflatten } from '../structure.ts';
import { isTraining, moduleClass, self } from './module.ts';

/** Layers without weights that move or drop elements (https://docs.pytorch.org/docs/stable/nn.html#dropout-layers). */

/** Zero with probability p, and the rest scaled so that the mean stays; `shape` is that of the mask. */
function dropout(cx: Context, x: NodeId, p: number, training: boolean, shape: Shape): NodeId {
  if (p < 0 || p > 1)
    throw new PythonError('ValueError', `dropout probability has to be between 0 and 1, but got ${p}`);
  const { build } = cx;
  if (!training || p === 0) return x;
  const draws = build.random(shape, { kind: 'uniform', low: 0, high: 1 });
  const kept = build.convert(build.binary('ge', draws, build.scalar(p, draws)), build.aval(x).dtype);
  return build.mul(x, build.scale(kept, p === 1 ? 0 : 1 / (1 - p)));
}

/** The mask of a dropout: of each element, or of each channel of each sample. */
function maskShape(cx: Context, x: NodeId, channels: number | null): Shape {
  const shape = cx.build.shape(x);
  if (channels === null) return shape;
  // Without a batch the channels come first.
  const kept = shape.length === channels + 1 ? 1 : 2;
  return shape.map((dim, axis) => (axis < kept ? dim : 1));
}

function dropoutOf(name: string, fn: string, channels: number | null): readonly (ClassValue | NativeValue)[] {
  return [
    op(`torch.nn.functional.${fn}`, '(input, p=0.5, training=True, inplace=False)', (cx, args) => {
      const x = args.tensor('input');
      return dropout(cx, x, args.number('p', 0.5), args.bool('training', true), maskShape(cx, x, channels));
    }),
    libraryClass(
      `torch.nn.${name}`,
      [moduleClass],
      [
        native('__init__', '(self, p=0.5, inplace=False)', (cx, args) => {
          cx.setAttribute(self(args), 'p', { kind: 'float', value: args.number('p', 0.5) });
          return none;
        }),
        op('forward', '(self, input)', (cx, args) => {
          const [module, x] = [self(args), args.tensor('input')];
          const p = cx.attribute(module, 'p');
          return dropout(
            cx,
            x,
            p?.kind === 'float' ? (p.value ?? 0.5) : 0.5,
            isTraining(cx, module),
            maskShape(cx, x, channels),
          );
        }),
      ],
    ),
  ];
}

/** A layer that keeps its arguments as attributes. */
function keeping(args: Args, cx: Context, names: readonly string[]): void {
  for (const name of names) if (args.has(name)) cx.setAttribute(self(args), name, args.raw(name));
}

function setting(cx: Context, args: Args, name: string, otherwise: number): number {
  const value = cx.attribute(self(args), name);
  return value?.kind === 'int' && typeof value.value === 'number' ? value.value : otherwise;
}

export const shapeLayers: readonly (ClassValue | NativeValue)[] = [
  ...dropoutOf('Dropout', 'dropout', null),
  ...dropoutOf('Dropout1d', 'dropout1d', 1),
  ...dropoutOf('Dropout2d', 'dropout2d', 2),
  ...dropoutOf('Dropout3d', 'dropout3d', 3),
  libraryClass(
    'torch.nn.Identity',
    [moduleClass],
    [
      native('__init__', '(self, *args, **kwargs)', () => none),
      native('forward', '(self, input)', (_cx, args) => args.raw('input')),
    ],
  ),
  libraryClass(
    'torch.nn.Flatten',
    [moduleClass],
    [
      native('__init__', '(self, start_dim=1, end_dim=-1)', (cx, args) => {
        keeping(args, cx, ['start_dim', 'end_dim']);
        return none;
      }),
      op('forward', '(self, input)', (cx, args) =>
        flatten(cx, args.tensor('input'), setting(cx, args, 'start_dim', 1), setting(cx, args, 'end_dim', -1)),
      ),
    ],
  ),
  libraryClass(
    'torch.nn.Unflatten',
    [moduleClass],
    [
      native('__init__', '(self, dim, unflattened_size)', (cx, args) => {
        keeping(args, cx, ['dim', 'unflattened_size']);
        return none;
      }),
      op('forward', '(self, input)', (cx, args) => {
        const x = args.tensor('input');
        const sizes = cx.attribute(self(args), 'unflattened_size');
        const dims = sizes === null ? [] : cx.items(sizes).flatMap((item) => (item.kind === 'int' ? [item.value] : []));
        return unflatten(cx, x, normalAxis(setting(cx, args, 'dim', 0), cx.build.rank(x)), dims);
      }),
    ],
  ),
];
