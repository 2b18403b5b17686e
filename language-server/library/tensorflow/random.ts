import type { NodeId } from '../../graph/graph.ts';
import type { Distribution } from '../../graph/primitives/leaves.ts';
import { broadcastShapes, type DType, isFloating, type Shape, ShapeError, showShape } from '../../graph/shape.ts';
import { PythonError } from '../context.ts';
import { classMethod, libraryClass, native } from '../define.ts';
import { opaque } from '../torch/opaque.ts';
import { type ClassValue, type NativeValue, none, tensor, type Value } from '../values.ts';
import { asTensor, sizeIn, type TensorCall, tfFunction, tfOp } from './dialect.ts';

/** Random numbers (https://www.tensorflow.org/api_docs/python/tf/random). */

/** Draws of one distribution, stretched to the shapes of its parameters where those are tensors. */
function drawn(call: TensorCall, distribution: Distribution, dtype: DType, names: readonly string[]): NodeId {
  const { build, cx } = call;
  const shape = call.newShape('shape');
  const parameters = names.flatMap((name) => {
    const value = call.optional(name);
    return value === null ? [] : [asTensor(cx, value, dtype)];
  });
  for (const node of parameters)
    if (build.aval(node).dtype !== dtype)
      throw new PythonError('InvalidArgumentError', `a parameter of ${build.aval(node).dtype} for draws of ${dtype}`);
  const whole = broadcastShapes(shape, ...parameters.map((node) => build.shape(node)));
  const moving = parameters.filter((node) => build.nodes[node]?.op.name !== 'full');
  return moving.length === 0
    ? build.random(whole, distribution, dtype)
    : opaque(cx, distribution.kind, moving, whole, dtype);
}

const typeOf = (call: TensorCall): DType => call.type('dtype') ?? 'float32';

function fractions(call: TensorCall): DType {
  const dtype = typeOf(call);
  if (!isFloating(dtype) || dtype.startsWith('complex'))
    throw new PythonError('InvalidArgumentError', `normal draws of ${dtype}`);
  return dtype;
}

const normal = (call: TensorCall): NodeId =>
  drawn(call, { kind: 'normal', mean: 0, std: 1 }, fractions(call), ['mean', 'stddev']);

function uniform(call: TensorCall): NodeId {
  const dtype = typeOf(call);
  if (!isFloating(dtype) && call.optional('maxval') === null && call.optional('minval') === null)
    throw new PythonError('ValueError', `Must specify maxval for integer dtype ${dtype}`);
  if (!isFloating(dtype) && !['int32', 'int64', 'uint32', 'uint64'].includes(dtype))
    throw new PythonError('ValueError', `uniform draws of ${dtype}`);
  const kind: Distribution = isFloating(dtype)
    ? { kind: 'uniform', low: 0, high: 1 }
    : { kind: 'integers', low: 0, high: 2 };
  return drawn(call, kind, dtype, ['minval', 'maxval']);
}

/** Seeds of stateless draws are two numbers. */
function requireSeed(call: TensorCall): void {
  const seed = call.array('seed');
  const shape = call.build.shape(seed);
  if (shape.length !== 1 || shape[0] !== 2) throw new ShapeError(`seed must have shape [2], not ${showShape(shape)}`);
}

function seeded(rule: (call: TensorCall) => NodeId): (call: TensorCall) => NodeId {
  return (call) => {
    requireSeed(call);
    return rule(call);
  };
}

/** Draws at a shape for each of a distribution's own parameters. */
function perParameter(name: string, ...parameters: readonly string[]): (call: TensorCall) => NodeId {
  return (call) => {
    const { build, cx } = call;
    const dtype = typeOf(call);
    const nodes = parameters.flatMap((each) => {
      const value = call.optional(each);
      return value === null ? [] : [asTensor(cx, value, dtype)];
    });
    const own: Shape = broadcastShapes(...nodes.map((node) => build.shape(node)));
    return opaque(cx, name, nodes, [...call.newShape('shape'), ...own], dtype);
  };
}

function categorical(call: TensorCall): NodeId {
  const logits = call.fractions('logits');
  const [rows, ...rest] = call.build.shape(logits);
  if (rows === undefined || rest.length !== 1)
    throw new ShapeError(`logits must be a matrix, not ${showShape(call.build.shape(logits))}`);
  const dtype = call.type('dtype') ?? 'int64';
  return opaque(call.cx, 'categorical', [logits], [rows, sizeIn(call.cx, call.value('num_samples'))], dtype, [[0, 0]]);
}

function shuffled(call: TensorCall): NodeId {
  const { build, cx } = call;
  const x = call.array('value');
  const { shape, dtype } = build.aval(x);
  return opaque(
    cx,
    'shuffle',
    [x],
    shape,
    dtype,
    shape.flatMap((_, k) => (k === 0 ? [] : [[k, k] as const])),
  );
}

const ends = ', dtype=None, seed=None, name=None)';
const stateless = ', dtype=None, name=None, alg=None)';

/** A generator's draws: its methods take what the functions take. */
const generator: ClassValue = libraryClass(
  'tensorflow.random.Generator',
  [],
  [
    native('Generator.__init__', '(self, *args, **kwargs)', () => none),
    tfFunction('Generator.normal', '(self, shape, mean=0, stddev=1, dtype=None, name=None)', (call) =>
      call.result(normal(call)),
    ),
    tfFunction('Generator.truncated_normal', '(self, shape, mean=0, stddev=1, dtype=None, name=None)', (call) =>
      call.result(normal(call)),
    ),
    tfFunction('Generator.uniform', '(self, shape, minval=0, maxval=None, dtype=None, name=None)', (call) =>
      call.result(uniform(call)),
    ),
    native('Generator.make_seeds', '(self, count=1)', (cx, args) => {
      const count = args.dim('count', 1);
      return tensor(
        cx.build.emit('data', { name: 'seeds', aval: { shape: [2, count], dtype: 'int64' } }),
        'tensorflow',
      );
    }),
    ...['reset', 'reset_from_seed', 'skip'].map((name) =>
      native(`Generator.${name}`, '(self, *args, **kwargs)', () => none),
    ),
    native('Generator.split', '(self, count=1)', (cx, args) => ({
      kind: 'list',
      items: Array.from({ length: args.int('count', 1) }, () => cx.instantiate(generator)),
      tail: null,
    })),
  ],
);

function make(name: string): NativeValue {
  return tfFunction(name, '(*args, **kwargs)', (call): Value => call.cx.instantiate(generator));
}

for (const name of ['from_seed', 'from_state', 'from_non_deterministic_state', 'from_key_counter'])
  generator.attributes.set(name, classMethod(make(`random.Generator.${name}`)));

export const randomClasses: readonly ClassValue[] = [generator];

export const random: readonly NativeValue[] = [
  ...tfOp('random.normal', `(shape, mean=0, stddev=1${ends}`, normal),
  ...tfOp('random.truncated_normal', `(shape, mean=0, stddev=1${ends}`, normal),
  ...tfOp('random.uniform', `(shape, minval=0, maxval=None${ends}`, uniform),
  ...tfOp(
    'random.stateless_normal random.stateless_truncated_normal',
    `(shape, seed, mean=0, stddev=1${stateless}`,
    seeded(normal),
  ),
  ...tfOp('random.stateless_uniform', `(shape, seed, minval=0, maxval=None${stateless}`, seeded(uniform)),
  ...tfOp('random.gamma', `(shape, alpha, beta=None${ends}`, perParameter('gamma', 'alpha', 'beta')),
  ...tfOp('random.poisson', `(shape, lam${ends}`, perParameter('poisson', 'lam')),
  ...tfOp('random.categorical', '(logits, num_samples, dtype=None, seed=None, name=None)', categorical),
  ...tfOp('random.stateless_categorical', '(logits, num_samples, seed, dtype=None, name=None)', seeded(categorical)),
  ...tfOp('random.shuffle', '(value, seed=None, name=None)', shuffled),
  ...tfOp('random.experimental.stateless_shuffle', '(value, seed, alg=None, name=None)', seeded(shuffled)),
  ...tfOp('random.split random.experimental.stateless_split', '(seed, num=2, alg=None)', (call) =>
    call.build.emit('data', {
      name: 'split',
      aval: {
        shape: [sizeIn(call.cx, call.optional('num') ?? { kind: 'int', value: 2 }), 2],
        dtype: call.build.aval(call.array('seed')).dtype,
      },
    }),
  ),
  ...tfOp('random.fold_in random.experimental.stateless_fold_in', '(seed, data, alg=None)', (call) =>
    call.build.emit('data', {
      name: 'fold_in',
      aval: { shape: [2], dtype: call.build.aval(call.array('seed')).dtype },
    }),
  ),
  tfFunction('random.set_seed', '(seed)', () => none),
  tfFunction('random.set_global_generator', '(generator)', () => none),
  make('random.get_global_generator'),
];
