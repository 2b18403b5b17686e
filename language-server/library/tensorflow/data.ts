import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import { ShapeError } from '../../graph/shape.ts';
import { known } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { classMethod, libraryClass, native } from '../define.ts';
import { mapTree } from '../jax/pytrees.ts';
import { type ClassValue, int, type NativeValue, none, tensor, tuple, type Value } from '../values.ts';
import { asTensors, ofSpec } from './control.ts';
import { asTensor, sizeIn, type TensorCall, tfFunction } from './dialect.ts';

/** tf.data (https://www.tensorflow.org/api_docs/python/tf/data/Dataset): one element stands for all that a dataset yields. */

/** How many elements a dataset yields; null where that is not known. */
type Count = Dim | 'endless' | null;

interface Elements {
  readonly element: Value;
  readonly count: Count;
}

const elementName = '__element__';
const countName = '__count__';

function datasetOf(cx: Context, { element, count }: Elements): Value {
  const made = cx.instantiate(datasetClass);
  made.attributes.set(elementName, element);
  made.attributes.set(
    countName,
    count === null ? none : count === 'endless' ? { kind: 'str', value: count } : int(count),
  );
  return made;
}

function elementsOf(value: Value): Elements {
  const dataset = known(value);
  const element = dataset.kind === 'instance' ? dataset.attributes.get(elementName) : undefined;
  if (dataset.kind !== 'instance' || element === undefined)
    throw new Unknowable('what the dataset yields is not known');
  const count = dataset.attributes.get(countName);
  return { element, count: count?.kind === 'int' ? count.value : count?.kind === 'str' ? 'endless' : null };
}

/** The structure with other tensors in the place of its tensors; lists become tensors. */
function mapTensors(
  cx: Context,
  value: Value,
  replace: (shape: readonly Dim[], dtype: string, at: Value & { kind: 'tensor' }) => Value,
): Value {
  return mapTree([structured(cx, value)], ([leaf = none]) =>
    leaf.kind === 'tensor' ? replace(cx.build.shape(leaf.node), cx.build.aval(leaf.node).dtype, leaf) : leaf,
  );
}

/** Tuples and dicts stay; lists, numbers and arrays are tensors. */
function structured(cx: Context, value: Value): Value {
  if (value.kind === 'list' || value.kind === 'repeated') return tensor(asTensor(cx, value), 'tensorflow');
  if (value.kind === 'tuple')
    return tuple(
      value.items.map((item) => structured(cx, item)),
      value.fields,
    );
  if (value.kind === 'dict')
    return {
      ...value,
      entries: new Map(
        [...value.entries].map(([key, entry]) => [key, { ...entry, value: structured(cx, entry.value) }]),
      ),
    };
  return asTensors(cx, value);
}

/** Elements of another shape, of which only that is known. */
function like(cx: Context, leaf: Value & { kind: 'tensor' }, shape: readonly Dim[]): Value {
  return tensor(cx.build.input('element', { shape, dtype: cx.build.aval(leaf.node).dtype }), 'tensorflow');
}

function slices(call: TensorCall): Value {
  const { cx } = call;
  let count: Dim | null = null;
  const element = mapTensors(cx, call.value('tensors'), ([length, ...rest], _dtype, leaf) => {
    if (length === undefined) throw new ShapeError('a tensor without axes has no slices');
    if (count !== null && D.surelyDiffer(count, length))
      throw new ShapeError(`slices of ${D.show(count)} and ${D.show(length)} entries`);
    count ??= length;
    return like(cx, leaf, rest);
  });
  return datasetOf(cx, { element, count });
}

/** How many elements a batch has: as many as asked for, where the last one is not smaller. */
function batchSize(cx: Context, wanted: Dim, count: Count, drops: boolean): Dim {
  if (drops || count === 'endless') return wanted;
  if (count !== null && D.isKnown(count) && D.isKnown(wanted)) {
    if (count < wanted) return count;
    if (count % wanted === 0) return wanted;
  }
  if (count !== null && D.exactQuotient(count, wanted) !== null) return wanted;
  return wanted === 1 ? 1 : cx.freshSize('batch');
}

function batchCount(count: Count, size: Dim, drops: boolean): Count {
  if (count === null || count === 'endless') return count;
  return D.floorDiv(drops ? count : D.add(count, D.sub(size, 1)), size);
}

function batched(call: TensorCall): Value {
  const { cx } = call;
  const { element, count } = elementsOf(call.value('self'));
  const wanted = sizeIn(cx, call.value('batch_size'));
  if (D.isKnown(wanted) && wanted < 1)
    throw new PythonError('InvalidArgumentError', 'Batch size must be greater than zero.');
  const drops = call.bool('drop_remainder', false);
  const size = batchSize(cx, wanted, count, drops);
  return datasetOf(cx, {
    element: mapTensors(cx, element, (shape, _dtype, leaf) => like(cx, leaf, [size, ...shape])),
    count: batchCount(count, wanted, drops),
  });
}

function unbatched(call: TensorCall): Value {
  const { element } = elementsOf(call.value('self'));
  return datasetOf(call.cx, {
    element: mapTensors(call.cx, element, (shape, _dtype, leaf) => {
      if (shape.length === 0) throw new ShapeError('unbatch needs elements with at least one axis');
      return like(call.cx, leaf, shape.slice(1));
    }),
    count: null,
  });
}

/** What a function makes of an element: tuples are its arguments. */
function applied(cx: Context, fn: Value, element: Value): Value {
  return known(cx.call(fn, element.kind === 'tuple' && element.fields === null ? element.items : [element]));
}

function product(a: Count, b: Count): Count {
  if (a === 'endless' || b === 'endless') return 'endless';
  return a === null || b === null ? null : D.mul(a, b);
}

function least(counts: readonly Count[]): Count {
  const finite = counts.filter((count) => count !== 'endless');
  const [first] = finite;
  if (first === undefined) return 'endless';
  if (finite.some((count) => count === null)) return null;
  const known = finite.flatMap((count) => (count !== null && D.isKnown(count) ? [count] : []));
  if (known.length === finite.length) return Math.min(...known);
  return finite.every((count) => count !== null && first !== null && D.equal(count, first)) ? first : null;
}

type Change = (call: TensorCall, elements: Elements) => Elements;

function method(name: string, parameters: string, change: Change): NativeValue {
  return tfFunction(`data.Dataset.${name}`, `(self${parameters === '' ? '' : `, ${parameters}`})`, (call) =>
    datasetOf(call.cx, change(call, elementsOf(call.value('self')))),
  );
}

const unfollowed = [
  'window',
  'padded_batch',
  'ragged_batch',
  'bucket_by_sequence_length',
  'interleave',
  'flat_map',
  'apply',
  'group_by_window',
  'scan',
  'unique',
  'rejection_resample',
  'choose_from_datasets',
  'snapshot',
  'sparse_batch',
];
const same = ['shuffle', 'prefetch', 'cache', 'with_options', 'ignore_errors'];

const methods: readonly NativeValue[] = [
  ...same.map((name) => method(name, '*args, **kwargs', (_call, elements) => elements)),
  tfFunction(
    'data.Dataset.batch',
    '(self, batch_size, drop_remainder=False, num_parallel_calls=None, deterministic=None, name=None)',
    batched,
  ),
  tfFunction('data.Dataset.unbatch', '(self, name=None)', unbatched),
  method(
    'map',
    'map_func, num_parallel_calls=None, deterministic=None, synchronous=None, use_unbounded_threadpool=False, name=None',
    (call, { element, count }) => ({
      element: structured(call.cx, applied(call.cx, call.value('map_func'), element)),
      count,
    }),
  ),
  method('filter', 'predicate, name=None', (call, { element }) => {
    applied(call.cx, call.value('predicate'), element);
    return { element, count: null };
  }),
  method('repeat', 'count=None, name=None', (call, { element, count }) => {
    const times = call.optional('count') === null ? -1 : sizeIn(call.cx, call.value('count'));
    return { element, count: times === -1 ? 'endless' : product(count, times) };
  }),
  method('take', 'count, name=None', (call, { element, count }) => {
    const wanted = sizeIn(call.cx, call.value('count'));
    return { element, count: wanted === -1 ? count : least([count, wanted]) };
  }),
  method('skip', 'count, name=None', (_call, { element, count }) => ({
    element,
    count: count === 'endless' ? count : null,
  })),
  method('shard', 'num_shards, index, name=None', (_call, { element, count }) => ({
    element,
    count: count === 'endless' ? count : null,
  })),
  method('enumerate', 'start=0, name=None', (call, { element, count }) => ({
    element: tuple([tensor(call.build.input('index', { shape: [], dtype: 'int64' }), 'tensorflow'), element]),
    count,
  })),
  method('take_while', 'predicate, name=None', (_call, { element }) => ({ element, count: null })),
  ...unfollowed.map((name) =>
    tfFunction(`data.Dataset.${name}`, '(self, *args, **kwargs)', (call) =>
      call.cx.unknown(`what ${name} makes of a dataset is not followed`),
    ),
  ),
  tfFunction('data.Dataset.__iter__', '(self)', (call): Value => {
    const { element, count } = elementsOf(call.value('self'));
    const length = count === null || count === 'endless' ? call.cx.freshSize('elements') : count;
    return { kind: 'list', items: [], tail: { kind: 'repeated', length, element, over: null } };
  }),
  tfFunction('data.Dataset.as_numpy_iterator', '(self)', (call): Value => {
    const { element } = elementsOf(call.value('self'));
    const arrays = mapTensors(call.cx, element, (_shape, _dtype, leaf) => tensor(leaf.node, 'numpy'));
    return {
      kind: 'list',
      items: [],
      tail: { kind: 'repeated', length: call.cx.freshSize('elements'), element: arrays, over: null },
    };
  }),
  tfFunction('data.Dataset.__len__', '(self)', (call) => {
    const { count } = elementsOf(call.value('self'));
    if (count === 'endless') throw new PythonError('TypeError', 'The dataset is infinite.');
    if (count === null) throw new Unknowable('how long the dataset is is not known');
    return int(count);
  }),
  tfFunction('data.Dataset.cardinality', '(self)', (call) => {
    const { count } = elementsOf(call.value('self'));
    if (count === null || count === 'endless') throw new Unknowable('how long the dataset is is not known');
    return tensor(call.build.dimScalar(count, 'int64'), 'tensorflow');
  }),
  tfFunction('data.Dataset.reduce', '(self, initial_state, reduce_func, name=None)', (call) =>
    call.cx.unknown('what reduce makes of a dataset is not followed'),
  ),
];

/** Ways to make a dataset. */
const makers: readonly NativeValue[] = [
  tfFunction('data.Dataset.from_tensor_slices', '(tensors, name=None)', slices),
  tfFunction('data.Dataset.from_tensors', '(tensors, name=None)', (call) =>
    datasetOf(call.cx, { element: structured(call.cx, call.value('tensors')), count: 1 }),
  ),
  tfFunction('data.Dataset.range', '(*args, output_type=None, name=None)', (call) => {
    const sizes = call.rest.map((value) => sizeIn(call.cx, value));
    const [first = 0, second, step = 1] = sizes;
    const [start, stop] = second === undefined ? [0, first] : [first, second];
    const span = D.sub(stop, start);
    const count = step === 1 ? (D.isKnown(span) ? Math.max(0, span) : span) : null;
    const output = call.keywords.get('output_type');
    const dtype = output === undefined || output.kind !== 'dtype' ? 'int64' : output.dtype;
    return datasetOf(call.cx, {
      element: tensor(call.build.input('element', { shape: [], dtype }), 'tensorflow'),
      count,
    });
  }),
  tfFunction('data.Dataset.zip', '(*args, datasets=None, name=None)', (call) => {
    const named = call.optional('datasets');
    const [only] = call.rest;
    const given =
      named ?? (call.rest.length === 1 && only !== undefined && only.kind !== 'instance' ? only : tuple(call.rest));
    if (given.kind !== 'tuple' && given.kind !== 'list')
      throw new Unknowable('datasets zipped in this structure are not followed');
    const each = given.items.map(elementsOf);
    return datasetOf(call.cx, {
      element: tuple(each.map(({ element }) => element)),
      count: least(each.map(({ count }) => count)),
    });
  }),
  tfFunction(
    'data.Dataset.from_generator',
    '(generator, output_types=None, output_shapes=None, args=None, output_signature=None, name=None)',
    (call) => {
      const signature = call.optional('output_signature');
      const ofOne = (spec: Value): Value =>
        ofSpec(call.cx, spec, 'element') ?? call.cx.unknown('what the generator yields is not known');
      if (signature === null) return call.cx.unknown('what the generator yields is not known');
      return datasetOf(call.cx, {
        element: signature.kind === 'tuple' ? tuple(signature.items.map(ofOne)) : ofOne(signature),
        count: null,
      });
    },
  ),
  ...['list_files', 'sample_from_datasets', 'counter', 'random', 'load'].map((name) =>
    tfFunction(`data.Dataset.${name}`, '(*args, **kwargs)', (call) =>
      call.cx.unknown('what such a dataset yields is not followed'),
    ),
  ),
];

/** Static methods are called without an instance. */
const statics = new Map<string, Value>(
  makers.map((make) => [
    make.name.slice(make.name.lastIndexOf('.') + 1),
    classMethod(native(make.name, '(cls, *args, **kwargs)', (cx, args) => cx.call(make, args.rest, args.keywords))),
  ]),
);

const datasetClass: ClassValue = libraryClass('tensorflow.data.Dataset', [], methods, statics);

export const dataClasses: readonly ClassValue[] = [datasetClass];

export const dataConstants: readonly (readonly [string, Value])[] = [
  ['tensorflow.data.AUTOTUNE', int(-1)],
  ['tensorflow.data.experimental.AUTOTUNE', int(-1)],
];
