import type { NodeId } from '../../graph/graph.ts';
import { isFloating, requireEqual, ShapeError, showShape } from '../../graph/shape.ts';
import { Args, known } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { type Library, libraryClass, libraryOf, native } from '../define.ts';
import { strictAxis } from '../numpy/dialect.ts';
import { asTensor, TensorCall } from '../tensorflow/dialect.ts';
import { defaultsIn } from '../torch/nn/layer.ts';
import { type ClassValue, type InstanceValue, type NativeValue, none, str, type Value } from '../values.ts';
import { floatx } from './policy.ts';
import { made } from './tensors.ts';

/** Losses (https://keras.io/api/losses/): functions that give one for each sample, and objects that reduce these. */

interface Loss {
  /** Its names as a function, the first its own. */
  readonly names: readonly string[];
  /** Its name as a class; null where there is none. */
  readonly cls: string | null;
  readonly parameters: string;
  readonly rule: (call: TensorCall, target: NodeId, output: NodeId) => NodeId;
}

const tiny = 1e-7;

/** With as many axes each: one of size 1 at the end is left out or added. */
function sameRank(call: TensorCall, a: NodeId, b: NodeId): readonly [NodeId, NodeId] {
  const { build } = call;
  const [m, n] = [build.rank(a), build.rank(b)];
  if (m === n + 1 && build.shape(a).at(-1) === 1)
    return n === 1 ? [a, build.expandDims(b, -1)] : [build.dropAxis(a, -1), b];
  if (n === m + 1 && build.shape(b).at(-1) === 1)
    return m === 1 ? [build.expandDims(a, -1), b] : [a, build.dropAxis(b, -1)];
  return [a, b];
}

function axisOf(call: TensorCall, node: NodeId): number {
  return strictAxis(call.int('axis', -1), call.build.rank(node));
}

function last(call: TensorCall, node: NodeId): number {
  return strictAxis(-1, call.build.rank(node));
}

function meanOfLast(call: TensorCall, node: NodeId): NodeId {
  return call.build.mean(node, [last(call, node)]);
}

/** The mean over the last axis of a function of both, with as many axes each. */
function meanOf(rule: (call: TensorCall, target: NodeId, output: NodeId) => NodeId): Loss['rule'] {
  return (call, target, output) => meanOfLast(call, rule(call, ...sameRank(call, target, output)));
}

function atLeast(call: TensorCall, x: NodeId, least: number): NodeId {
  return call.build.binary('max', x, call.build.scalar(least, x));
}

function clipped(call: TensorCall, x: NodeId, least: number, most: number): NodeId {
  return call.build.binary('min', atLeast(call, x, least), call.build.scalar(most, x));
}

function plus(call: TensorCall, x: NodeId, number: number): NodeId {
  return call.build.add(x, call.build.scalar(number, x));
}

function difference(call: TensorCall, target: NodeId, output: NodeId): NodeId {
  return call.build.sub(output, target);
}

function requireAlike(call: TensorCall, target: NodeId, output: NodeId): void {
  const [a, b] = [call.build.shape(target), call.build.shape(output)];
  const message = (): string => `a target ${showShape(a)} for an output ${showShape(b)}`;
  if (a.length !== b.length || a.length === 0) throw new ShapeError(message());
  a.forEach((dim, k) => {
    requireEqual(dim, b[k] ?? dim, message);
  });
}

/** Targets a little nearer to each other: the rest is spread by what `share` gives for the rate. */
function smoothed(call: TensorCall, target: NodeId, share: (rate: number) => NodeId): NodeId {
  const rate = call.number('label_smoothing', 0);
  return rate === 0 ? target : call.build.add(call.build.scale(target, 1 - rate), share(rate));
}

function categorical(call: TensorCall, given: NodeId, output: NodeId): NodeId {
  const { build } = call;
  const target = smoothed(call, given, (rate) => {
    const count = build.dimScalar(build.shape(given).at(-1) ?? 1, build.aval(given).dtype);
    return build.div(build.scalar(rate, count), count);
  });
  requireAlike(call, target, output);
  const axis = axisOf(call, output);
  const logs = call.bool('from_logits', false)
    ? build.sub(output, build.logSumExp(output, [axis], true))
    : build.unary('log', clipped(call, build.div(output, build.sum(output, [axis], true)), tiny, 1 - tiny));
  return build.unary('neg', build.sum(build.mul(target, logs), [axis]));
}

/** -(t * log(o) + (1 - t) * log(1 - o)) for each element. */
function binary(call: TensorCall, given: NodeId, output: NodeId): NodeId {
  const { build } = call;
  const target = smoothed(call, given, (rate) => build.scalar(0.5 * rate, given));
  const [a, b] = [build.shape(target), build.shape(output)];
  if (a.length !== b.length) throw new ShapeError(`a target ${showShape(a)} for an output ${showShape(b)}`);
  a.forEach((dim, k) => {
    requireEqual(dim, b[k] ?? dim, () => `a target ${showShape(a)} for an output ${showShape(b)}`);
  });
  if (call.bool('from_logits', false)) return build.sub(build.unary('softplus', output), build.mul(target, output));
  const share = clipped(call, output, tiny, 1 - tiny);
  const other = build.sub(build.scalar(1, share), share);
  const rest = build.sub(build.scalar(1, target), target);
  const sum = build.add(build.mul(target, build.unary('log', share)), build.mul(rest, build.unary('log', other)));
  return build.unary('neg', sum);
}

function sparse(call: TensorCall, given: NodeId, output: NodeId): NodeId {
  const { build } = call;
  if (call.optional('ignore_class') !== null) throw new Unknowable('classes that are ignored are not followed');
  const rank = build.rank(output);
  if (rank === 0) throw new ShapeError('scores of classes are wanted');
  const axis = axisOf(call, output);
  const target = build.rank(given) === rank && build.shape(given).at(-1) === 1 ? build.dropAxis(given, -1) : given;
  const wanted = build.shape(output).filter((_, k) => k !== axis);
  const own = build.shape(target);
  const message = (): string => `classes ${showShape(own)} for scores ${showShape(build.shape(output))}`;
  if (own.length !== wanted.length) throw new ShapeError(message());
  own.forEach((dim, k) => {
    requireEqual(dim, wanted[k] ?? dim, message);
  });
  const logs = call.bool('from_logits', false)
    ? build.sub(output, build.logSumExp(output, [axis], true))
    : build.unary('log', clipped(call, build.div(output, build.sum(output, [axis], true)), tiny, 1 - tiny));
  const places = build.expandDims(build.convert(target, 'int64'), axis);
  return build.unary('neg', build.dropAxis(build.emit('take_along_axis', { axis }, [logs, places]), axis));
}

/** Labels 0 and 1 as -1 and 1, where they are. */
function signs(call: TensorCall, target: NodeId): NodeId {
  return call.cx.build.emit(
    'opaque',
    {
      name: 'labels of a hinge',
      aval: call.build.aval(target),
      batched: call.build.shape(target).map((_, k) => [k, k] as const),
    },
    [target],
  );
}

function hinge(squared: boolean): Loss['rule'] {
  return (call, target, output) => {
    const { build } = call;
    const product = build.mul(signs(call, target), output);
    const margin = build.unary('relu', build.sub(build.scalar(1, product), product));
    return meanOfLast(call, squared ? build.square(margin) : margin);
  };
}

function normalized(call: TensorCall, x: NodeId, axis: number): NodeId {
  const { build } = call;
  const squares = build.sum(build.square(x), [axis], true);
  return build.mul(x, build.unary('rsqrt', atLeast(call, squares, 1e-12)));
}

/** Losses that are one number from the whole batch. */
function overall(name: string): Loss['rule'] {
  return (call, target, output) => {
    if (call.optional('axis') !== null) throw new Unknowable(`${name} over some axes is not followed`);
    call.build.add(target, output);
    return call.build.emit('opaque', { name, aval: { shape: [], dtype: call.build.aval(output).dtype }, batched: [] }, [
      target,
      output,
    ]);
  };
}

const crossentropy = 'from_logits=False, label_smoothing=0.0, axis=-1';

const losses: readonly Loss[] = [
  {
    names: ['mean_squared_error', 'mse', 'MSE'],
    cls: 'MeanSquaredError',
    parameters: '',
    rule: meanOf((call, target, output) => call.build.square(difference(call, target, output))),
  },
  {
    names: ['mean_absolute_error', 'mae', 'MAE'],
    cls: 'MeanAbsoluteError',
    parameters: '',
    rule: meanOf((call, target, output) => call.build.unary('abs', difference(call, target, output))),
  },
  {
    names: ['mean_absolute_percentage_error', 'mape', 'MAPE'],
    cls: 'MeanAbsolutePercentageError',
    parameters: '',
    rule: (call, given, out) => {
      const { build } = call;
      const [target, output] = sameRank(call, given, out);
      const share = build.div(difference(call, target, output), atLeast(call, build.unary('abs', target), tiny));
      return build.scale(meanOfLast(call, build.unary('abs', share)), 100);
    },
  },
  {
    names: ['mean_squared_logarithmic_error', 'msle', 'MSLE'],
    cls: 'MeanSquaredLogarithmicError',
    parameters: '',
    rule: meanOf((call, target, output) => {
      const log = (x: NodeId): NodeId => call.build.unary('log', plus(call, atLeast(call, x, tiny), 1));
      return call.build.square(call.build.sub(log(output), log(target)));
    }),
  },
  {
    names: ['huber'],
    cls: 'Huber',
    parameters: 'delta=1.0',
    rule: meanOf((call, target, output) => {
      const { build } = call;
      const error = difference(call, target, output);
      const size = build.unary('abs', error);
      const delta = call.number('delta', 1);
      const linear = plus(call, build.scale(size, delta), -0.5 * delta ** 2);
      const isSmall = build.binary('le', size, build.scalar(delta, size));
      return build.select(isSmall, build.scale(build.square(error), 0.5), linear);
    }),
  },
  {
    names: ['log_cosh', 'logcosh'],
    cls: 'LogCosh',
    parameters: '',
    rule: meanOf((call, target, output) => {
      const { build } = call;
      const error = difference(call, target, output);
      return plus(call, build.add(error, build.unary('softplus', build.scale(error, -2))), -Math.LN2);
    }),
  },
  {
    names: ['poisson'],
    cls: 'Poisson',
    parameters: '',
    rule: (call, target, output) => {
      const { build } = call;
      return meanOfLast(call, build.sub(output, build.mul(target, build.unary('log', plus(call, output, tiny)))));
    },
  },
  {
    names: ['kl_divergence', 'kullback_leibler_divergence', 'kld', 'KLD'],
    cls: 'KLDivergence',
    parameters: '',
    rule: (call, target, output) => {
      const { build } = call;
      const [p, q] = [clipped(call, target, tiny, 1), clipped(call, output, tiny, 1)];
      const terms = build.mul(p, build.unary('log', build.div(p, q)));
      return build.sum(terms, [last(call, terms)]);
    },
  },
  {
    names: ['cosine_similarity'],
    cls: 'CosineSimilarity',
    parameters: 'axis=-1',
    rule: (call, given, out) => {
      const { build } = call;
      const [target, output] = sameRank(call, given, out);
      if (build.rank(target) === 0) throw new Unknowable('the angle between numbers is not followed');
      const [a, b] = [normalized(call, target, axisOf(call, target)), normalized(call, output, axisOf(call, output))];
      const product = build.mul(a, b);
      return build.unary('neg', build.sum(product, [axisOf(call, product)]));
    },
  },
  { names: ['hinge'], cls: 'Hinge', parameters: '', rule: hinge(false) },
  { names: ['squared_hinge'], cls: 'SquaredHinge', parameters: '', rule: hinge(true) },
  {
    names: ['categorical_hinge'],
    cls: 'CategoricalHinge',
    parameters: '',
    rule: (call, target, output) => {
      const { build } = call;
      const product = build.mul(target, output);
      const positive = build.sum(product, [last(call, product)]);
      const others = build.mul(build.sub(build.scalar(1, target), target), output);
      if (build.shape(others).includes(0)) throw new Unknowable('the largest of no elements is not followed');
      const negative = build.reduce('reduce_max', others, [last(call, others)]);
      return build.unary('relu', plus(call, build.sub(negative, positive), 1));
    },
  },
  {
    names: ['binary_crossentropy'],
    cls: 'BinaryCrossentropy',
    parameters: crossentropy,
    rule: (call, target, output) => {
      const each = binary(call, target, output);
      return call.build.mean(each, [axisOf(call, each)]);
    },
  },
  {
    names: ['binary_focal_crossentropy'],
    cls: 'BinaryFocalCrossentropy',
    parameters: `apply_class_balancing=False, alpha=0.25, gamma=2.0, ${crossentropy}`,
    rule: (call, target, output) => {
      const { build } = call;
      if (call.bool('apply_class_balancing', false) || call.bool('from_logits', false))
        throw new Unknowable('this focal loss is not followed');
      const each = binary(call, target, output);
      const rest = (x: NodeId): NodeId => build.sub(build.scalar(1, x), x);
      const hit = build.add(build.mul(target, output), build.mul(rest(target), rest(output)));
      const base = rest(hit);
      const factor = build.binary('pow', base, build.scalar(call.number('gamma', 2), base));
      const weighted = build.mul(factor, each);
      return build.mean(weighted, [axisOf(call, weighted)]);
    },
  },
  {
    names: ['categorical_crossentropy'],
    cls: 'CategoricalCrossentropy',
    parameters: crossentropy,
    rule: categorical,
  },
  {
    names: ['sparse_categorical_crossentropy'],
    cls: 'SparseCategoricalCrossentropy',
    parameters: 'from_logits=False, ignore_class=None, axis=-1',
    rule: sparse,
  },
  { names: ['dice'], cls: 'Dice', parameters: 'axis=None', rule: overall('dice') },
  { names: ['tversky'], cls: 'Tversky', parameters: 'alpha=0.5, beta=0.5, axis=None', rule: overall('tversky') },
];

/** Target and output as tensors of fractions; classes stay as they are. */
function operands(call: TensorCall, loss: Loss): readonly [NodeId, NodeId] {
  const { build, cx } = call;
  const given = call.array('y_pred');
  const output = isFloating(build.aval(given).dtype) ? given : build.convert(given, floatx(cx));
  const target = call.array('y_true');
  return [loss.rule === sparse ? target : build.convert(target, build.aval(output).dtype), output];
}

const functions: readonly NativeValue[] = losses.flatMap((loss) => {
  const own = native('', `(y_true, y_pred${loss.parameters === '' ? '' : `, ${loss.parameters}`})`, () => none);
  const [name = ''] = loss.names;
  return ['losses', 'metrics'].map((module) => ({
    ...own,
    name: `keras.${module}.${name}`,
    call: (cx: Context, bound: ConstructorParameters<typeof TensorCall>[1]) => {
      const call = new TensorCall(cx, bound);
      return made(loss.rule(call, ...operands(call, loss)));
    },
  }));
});

/** Short names of losses, which tf.keras alone has. */
export const shortLosses: readonly (readonly [string, Value])[] = losses.flatMap(({ names: [name, ...others] }) => {
  const fn = functions.find((each) => each.name === `keras.losses.${name}`);
  return fn === undefined ? [] : others.map((other) => [`tensorflow.keras.losses.${other}`, fn] as const);
});

const reductions = ['sum', 'sum_over_batch_size', 'mean', 'mean_with_sample_weight', 'none', 'auto'];

/** Keeps what `reduction` says. */
function setReduction(cx: Context, self: Value, given: Value | null): void {
  const value = known(given ?? str('none'));
  if (value.kind === 'str' && value.value !== null && !reductions.includes(value.value))
    throw new PythonError('ValueError', `Invalid value for argument \`reduction\`: ${value.value}`);
  cx.setAttribute(self, 'reduction', value);
}

/** What `reduction` asks for: one for each sample, their sum or their mean. */
function reduced(call: TensorCall, how: string, values: NodeId): NodeId {
  const { build } = call;
  const weight = call.optional('sample_weight') === null ? null : call.array('sample_weight');
  const weighted =
    weight === null ? values : build.mul(...sameRank(call, values, build.convert(weight, build.aval(values).dtype)));
  const shape = build.shape(weighted);
  if (how === 'none' || shape.length === 0 || (shape.length === 1 && shape[0] === 0)) return weighted;
  if (how === 'sum') return build.sum(weighted);
  if (how === 'mean_with_sample_weight' && weight !== null)
    throw new Unknowable('means by the weights of samples are not followed');
  return build.mean(weighted);
}

function selfIn(cx: Context, args: Args): { readonly self: InstanceValue; readonly own: Args } {
  const self = args.value('self');
  if (self.kind !== 'instance') throw new PythonError('TypeError', 'a loss is wanted');
  return { self, own: new Args(cx, { values: self.attributes, rest: [], keywords: new Map() }) };
}

const usualReduction = 'sum_over_batch_size';

const baseLoss: ClassValue = libraryClass(
  'keras.losses.Loss',
  [],
  [
    native('__init__', `(self, name=None, reduction='${usualReduction}', dtype=None)`, (cx, args) => {
      setReduction(cx, args.value('self'), args.has('reduction') ? args.optional('reduction') : str(usualReduction));
      return none;
    }),
    native('__call__', '(self, y_true, y_pred, sample_weight=None)', (cx, args) => {
      const { self, own } = selfIn(cx, args);
      const method = cx.attribute(self, 'call');
      if (method === null) throw new PythonError('NotImplementedError', `${self.cls.name} has no call`);
      const values = known(cx.call(method, [args.value('y_true'), args.value('y_pred')]));
      const call = new TensorCall(cx, {
        values: new Map(args.has('sample_weight') ? [['sample_weight', args.raw('sample_weight')]] : []),
        rest: [],
        keywords: new Map(),
      });
      return made(reduced(call, own.string('reduction', usualReduction), asTensor(cx, values)));
    }),
  ],
);

/** The class of a loss, whose settings are the function's parameters. */
function lossClass(name: string, loss: Loss): ClassValue {
  const defaults = defaultsIn(loss.parameters);
  const settings = loss.parameters === '' ? '' : `, ${loss.parameters}`;
  return libraryClass(
    `keras.losses.${name}`,
    [baseLoss],
    [
      native('__init__', `(self${settings}, reduction='${usualReduction}', name=None, dtype=None)`, (cx, args) => {
        const self = args.value('self');
        for (const [key, otherwise] of defaults) {
          const given = args.has(key) ? args.raw(key) : otherwise;
          if (given !== null) cx.setAttribute(self, key, given);
        }
        setReduction(cx, self, args.has('reduction') ? args.optional('reduction') : str(usualReduction));
        return none;
      }),
      native('call', '(self, y_true, y_pred)', (cx, args) => {
        const { self } = selfIn(cx, args);
        const values = new Map([
          ...self.attributes,
          ['y_true', args.value('y_true')],
          ['y_pred', args.value('y_pred')],
        ]);
        const call = new TensorCall(cx, { values, rest: [], keywords: new Map() });
        const [target, output] = operands(call, loss);
        const pair = loss.rule === sparse ? ([target, output] as const) : sameRank(call, target, output);
        return made(loss.rule(call, ...pair));
      }),
    ],
  );
}

const classes: readonly ClassValue[] = losses.flatMap((loss) => (loss.cls === null ? [] : [lossClass(loss.cls, loss)]));

/** A loss by its name, or as it is. */
const get = native('keras.losses.get', '(identifier)', (_cx, args) => {
  const value = args.optional('identifier');
  if (value === null || value.kind !== 'str') return value ?? none;
  const loss = losses.find(
    ({ names, cls }) => value.value !== null && (names.includes(value.value) || cls === value.value),
  );
  const fn = functions.find(({ name }) => name === `keras.losses.${loss?.names[0]}`);
  if (value.value === null) throw new Unknowable('which loss it is is not known');
  if (fn === undefined) throw new PythonError('ValueError', `Could not interpret loss identifier: ${value.value}`);
  return fn;
});

export const lossLibrary: Library = new Map<string, Value>([
  ...libraryOf([...functions, ...classes, baseLoss, { ...baseLoss, name: 'keras.Loss' }, get]),
  ...reductions.map((name): [string, Value] => [`keras.losses.Reduction.${name.toUpperCase()}`, str(name)]),
]);
