import type { Dim } from '../../graph/dim.ts';
import type { DType, Shape } from '../../graph/shape.ts';
import type { Args } from '../arguments.ts';
import type { Context } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import { tensor, tuple, type Value } from '../values.ts';

/**
 * The data of scikit-learn (https://scikit-learn.org/stable/datasets.html): arrays of NumPy whose shapes its documents state.
 */

function array(cx: Context, name: string, shape: Shape, dtype: DType = 'float64'): Value {
  return tensor(cx.build.emit('data', { name, aval: { shape, dtype } }), 'numpy');
}

/** Data that come with it: samples, features, and the type of what is to be told of each. */
const stored: Readonly<Record<string, readonly [samples: number, features: number, target: DType]>> = {
  load_digits: [1797, 64, 'int64'],
  load_iris: [150, 4, 'int64'],
  load_wine: [178, 13, 'int64'],
  load_breast_cancer: [569, 30, 'int64'],
  load_diabetes: [442, 10, 'float64'],
};

const bunch = libraryClass('sklearn.utils.Bunch', [], []);

function load(cx: Context, args: Args, name: string): Value {
  const [samples, features, type] = stored[name] ?? [0, 0, 'float64'];
  // With fewer classes there are fewer samples.
  if (args.optional('n_class') !== null) return cx.unknown(`how many samples ${name} gives is not followed`);
  const [data, target] = [array(cx, 'data', [samples, features]), array(cx, 'target', [samples], type)];
  if (args.bool('return_X_y', false)) return tuple([data, target]);
  const made = cx.instantiate(bunch);
  made.attributes.set('data', data);
  made.attributes.set('target', target);
  return made;
}

/** Data that are made: how many samples and features there are, and the type of the targets. */
const made: Readonly<Record<string, readonly [samples: number, features: number | null, target: DType]>> = {
  make_regression: [100, 100, 'float64'],
  make_classification: [100, 20, 'int64'],
  make_blobs: [100, 2, 'int64'],
  make_moons: [100, null, 'int64'],
  make_circles: [100, null, 'int64'],
};

function make(cx: Context, args: Args, name: string): Value {
  const [samples, features, type] = made[name] ?? [100, null, 'float64'];
  // Samples of each class by themselves, and further results, are not followed.
  const isPlain = ['n_samples'].every((each) =>
    ['int', 'none'].includes((args.optional(each) ?? { kind: 'none' }).kind),
  );
  const more = ['coef', 'return_centers', 'return_X_y'].some((each) => args.keywords.has(each));
  if (!isPlain || more) return cx.unknown(`what ${name} gives is not followed`);
  const count = args.dim('n_samples', samples);
  const width: Dim = features === null ? 2 : args.dim('n_features', features);
  const targets = args.keywords.get('n_targets');
  if (targets !== undefined && !(targets.kind === 'int' && targets.value === 1))
    return cx.unknown('several targets are not followed');
  return tuple([array(cx, 'data', [count, width]), array(cx, 'target', [count], type)]);
}

export const sklearn: readonly (readonly [string, Value])[] = [
  ...Object.keys(stored).map((name): [string, Value] => [
    `sklearn.datasets.${name}`,
    native(`sklearn.datasets.${name}`, '(*, n_class=None, return_X_y=False, as_frame=False, scaled=True)', (cx, args) =>
      load(cx, args, name),
    ),
  ]),
  ...Object.entries(made).map(([name, [, features]]): [string, Value] => [
    `sklearn.datasets.${name}`,
    native(
      `sklearn.datasets.${name}`,
      features === null ? '(n_samples=100, *, **kwargs)' : '(n_samples=100, n_features=20, *, **kwargs)',
      (cx, args) => make(cx, args, name),
    ),
  ]),
];
