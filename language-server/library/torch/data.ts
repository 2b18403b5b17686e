import * as D from '../../graph/dim.ts';
import type { DType, Shape } from '../../graph/shape.ts';
import type { Args } from '../arguments.ts';
import { type Context, PythonError } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import { type ClassValue, int, list, type NativeValue, none, tensor, tuple, type Value } from '../values.ts';

/**
 * torch.utils.data (https://docs.pytorch.org/docs/stable/data.html): one batch stands for all that a loader yields. Which
 * samples are in it is not known before the program runs, only their shapes.
 */

const module = 'torch.utils.data';

function lengthOf(cx: Context, dataset: Value): D.Dim | null {
  if (dataset.kind === 'tensor') return cx.build.shape(dataset.node)[0] ?? null;
  if (dataset.kind === 'list' && dataset.tail !== null) return dataset.items.length > 0 ? null : dataset.tail.length;
  if (dataset.kind === 'list' || dataset.kind === 'tuple') return dataset.items.length;
  if (dataset.kind === 'range') return dataset.step === 1 ? D.sub(dataset.stop, dataset.start) : null;
  const method = cx.attribute(dataset, '__len__');
  const length = method === null ? null : cx.call(method, []);
  return length?.kind === 'int' ? length.value : null;
}

/** Samples put together as the loader does: tensors and numbers along a new first axis, within tuples, lists and dicts. */
function collated(cx: Context, sample: Value, size: D.Dim): Value {
  const batch = (shape: Shape, dtype: DType): Value =>
    tensor(cx.build.input('batch', { shape: [size, ...shape], dtype }));
  switch (sample.kind) {
    case 'tensor':
      return batch(cx.build.shape(sample.node), cx.build.aval(sample.node).dtype);
    case 'int':
    case 'bool':
      return batch([], sample.kind === 'int' ? 'int64' : 'bool');
    case 'float':
      return batch([], 'float64');
    case 'tuple':
      return sample.fields === null
        ? list(sample.items.map((item) => collated(cx, item, size)))
        : tuple(
            sample.items.map((item) => collated(cx, item, size)),
            sample.fields,
          );
    case 'list':
      return sample.tail === null ? list(sample.items.map((item) => collated(cx, item, size))) : cx.unknown(unlike);
    case 'dict':
      return {
        kind: 'dict',
        open: sample.open,
        entries: new Map(
          [...sample.entries].map(([key, entry]) => [key, { ...entry, value: collated(cx, entry.value, size) }]),
        ),
      };
    case 'unknown':
      return sample;
    default:
      return cx.unknown(unlike);
  }
}

const unlike = 'what the loader makes of such samples is not known';

/** How many samples a batch has: as many as asked for, where the last one is not smaller. */
function batchSize(cx: Context, wanted: D.Dim, length: D.Dim | null, dropsLast: boolean): D.Dim {
  if (dropsLast || (length !== null && D.isKnown(length) && D.isKnown(wanted) && length % wanted === 0)) return wanted;
  if (length !== null && D.isKnown(length) && D.isKnown(wanted) && length < wanted) return length;
  return wanted === 1 ? 1 : cx.freshSize('batch');
}

function batches(cx: Context, args: Args): Value {
  const loader = args.value('self');
  const attribute = (name: string): Value => cx.attribute(loader, name) ?? none;
  const dataset = attribute('dataset');
  const wanted = attribute('batch_size');
  if (attribute('collate_fn').kind !== 'none') return cx.unknown('what collate_fn makes of the samples is not known');
  if (attribute('batch_sampler').kind !== 'none') return cx.unknown('how many samples its sampler takes is not known');
  if (wanted.kind !== 'int' && wanted.kind !== 'none') return cx.unknown('the size of the batches is not known');
  // A sampler may leave samples out.
  const length = attribute('sampler').kind === 'none' ? lengthOf(cx, dataset) : null;
  const sample = cx.subscript(dataset, int(cx.freshSize('i')));
  const dropsLast = attribute('drop_last');
  const element =
    wanted.kind === 'none'
      ? sample
      : collated(
          cx,
          sample,
          batchSize(cx, wanted.value, length, dropsLast.kind === 'bool' && dropsLast.value === true),
        );
  return {
    kind: 'list',
    items: [],
    tail: { kind: 'repeated', length: cx.freshSize('batches'), element, over: null },
  };
}

const dataset = libraryClass(`${module}.Dataset`, [], []);

/** Some of the samples of a dataset; which ones is only known by their number. */
const subset = libraryClass(
  `${module}.Subset`,
  [dataset],
  [
    native('__init__', '(self, dataset, indices)', (cx, args) => {
      cx.setAttribute(args.value('self'), 'dataset', args.value('dataset'));
      cx.setAttribute(args.value('self'), 'indices', args.value('indices'));
      return none;
    }),
    native('__getitem__', '(self, idx)', (cx, args) => {
      const whole = cx.attribute(args.value('self'), 'dataset');
      return whole === null ? cx.unknown('the dataset is not known') : cx.subscript(whole, int(cx.freshSize('i')));
    }),
    native('__len__', '(self)', (cx, args) => {
      const indices = cx.attribute(args.value('self'), 'indices');
      const length = indices === null ? null : lengthOf(cx, indices);
      return length === null ? cx.unknown('how many samples there are is not known') : int(length);
    }),
  ],
);

/** What draws the numbers of samples: which ones is not known before it runs. */
const samplers = 'Sampler SequentialSampler RandomSampler SubsetRandomSampler WeightedRandomSampler BatchSampler'
  .split(' ')
  .map((name) =>
    libraryClass(
      `${module}.${name}`,
      [],
      [
        native('__init__', '(self, *args, **kwargs)', () => none),
        native('__iter__', '(self)', (cx) => cx.unknown('which samples are drawn is not known before it runs')),
      ],
    ),
  );

/** `random_split`: a Subset for each length; of fractions, how many samples each has is a size of its own. */
const randomSplit = native(`${module}.random_split`, '(dataset, lengths, generator=None)', (cx, args) =>
  list(
    args.items('lengths').map((length) => {
      const stop = length.kind === 'int' ? length.value : cx.freshSize('samples');
      return cx.call(subset, [args.value('dataset'), { kind: 'range', start: 0, stop, step: 1 }]);
    }),
  ),
);

/** Functions and classes by their full names. */
export const data: readonly (ClassValue | NativeValue)[] = [
  dataset,
  subset,
  ...samplers,
  randomSplit,
  libraryClass(
    `${module}.TensorDataset`,
    [dataset],
    [
      native('__init__', '(self, *tensors)', (cx, args) => {
        cx.setAttribute(args.value('self'), 'tensors', tuple(args.rest));
        return none;
      }),
      native('__getitem__', '(self, index)', (cx, args) => {
        const tensors = cx.attribute(args.value('self'), 'tensors');
        if (tensors?.kind !== 'tuple') return cx.unknown('the tensors of the dataset are not known');
        return tuple(tensors.items.map((each) => cx.subscript(each, args.value('index'))));
      }),
      native('__len__', '(self)', (cx, args) => {
        const tensors = cx.attribute(args.value('self'), 'tensors');
        const [first] = tensors?.kind === 'tuple' ? tensors.items : [];
        const length = first === undefined ? null : lengthOf(cx, first);
        if (length === null) throw new PythonError('TypeError', 'the dataset has no length');
        return int(length);
      }),
    ],
  ),
  libraryClass(
    `${module}.DataLoader`,
    [],
    [
      native(
        '__init__',
        '(self, dataset, batch_size=1, shuffle=None, sampler=None, batch_sampler=None, num_workers=0, collate_fn=None, pin_memory=False, drop_last=False, **kwargs)',
        (cx, args) => {
          const self = args.value('self');
          const given: readonly (readonly [string, Value])[] = [
            ['batch_size', int(1)],
            ['collate_fn', none],
            ['drop_last', none],
            ['sampler', none],
            ['batch_sampler', none],
          ];
          cx.setAttribute(self, 'dataset', args.value('dataset'));
          for (const [name, otherwise] of given)
            cx.setAttribute(self, name, args.has(name) ? args.value(name) : otherwise);
          return none;
        },
      ),
      native('__iter__', '(self)', batches),
      native('__len__', '(self)', (cx) => int(cx.freshSize('batches'))),
    ],
  ),
];
