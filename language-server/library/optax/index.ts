import type { NodeId } from '../../graph/graph.ts';
import { isFloating, requireSameShape, type Shape, ShapeError, showShape } from '../../graph/shape.ts';
import { known } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { type Library, libraryClass, libraryOf, native } from '../define.ts';
import { jaxFunction, jaxOp } from '../jax/function.ts';
import { mapTree, treeLeaves } from '../jax/pytrees.ts';
import { type Call, strictAxis } from '../numpy/dialect.ts';
import { opaque } from '../torch/opaque.ts';
import { treeOf } from '../trees.ts';
import { type ClassValue, float, type NativeValue, none, tensor, tuple, type Value } from '../values.ts';

/** Optax (https://optax.readthedocs.io): optimizers keep the shapes of what they move; losses by their formulas. */

// Optimizers

const optimizers =
  `adabelief adadelta adafactor adagrad adam adamax adamaxw adamw adan adaptive_grad_clip add_decayed_weights add_noise amsgrad apply_every
  apply_if_finite centralize chain clip clip_by_block_rms clip_by_global_norm ema flatten freeze fromage identity inject_hyperparams
  inject_stateful_hyperparams keep_params_nonnegative lamb lars lbfgs lion masked multi_transform nadam nadamw named_chain noisy_sgd
  normalize_by_update_norm novograd optimistic_adam optimistic_gradient_descent partition polyak_sgd radam rmsprop rprop scale
  scale_by_adadelta scale_by_adam scale_by_adamax scale_by_adan scale_by_amsgrad scale_by_belief scale_by_factored_rms scale_by_learning_rate
  scale_by_lion scale_by_novograd scale_by_optimistic_gradient scale_by_param_block_norm scale_by_param_block_rms scale_by_radam scale_by_rms
  scale_by_rprop scale_by_rss scale_by_schedule scale_by_sign scale_by_sm3 scale_by_stddev scale_by_trust_ratio scale_by_yogi set_to_zero sgd
  sign_sgd signum sm3 trace yogi zero_nans with_extra_args_support`.split(/\s+/);

/** What an optimizer remembers: not followed, and no part of what is differentiated. */
const stateClass: ClassValue = libraryClass('optax.OptState', [], [], new Map([treeOf([])]));

/** Updates like the gradients; how they come of them is not followed. */
function updated(cx: Context, gradients: Value): Value {
  return mapTree([known(gradients)], ([leaf = none]) => {
    if (leaf.kind !== 'tensor') return leaf;
    const { shape, dtype } = cx.build.aval(leaf.node);
    return tensor(opaque(cx, 'an update of optax', [leaf.node], shape, dtype), 'jax');
  });
}

const init = native('optax.init', '(params)', (cx) => cx.instantiate(stateClass));
const update = native('optax.update', '(updates, state, params=None, **kwargs)', (cx, args) =>
  tuple([updated(cx, args.value('updates')), cx.instantiate(stateClass)]),
);

/** A pair of functions: the first makes a state, the second makes updates and the next state of gradients. */
const transformation: Value = tuple([init, update], ['init', 'update']);

// A function that makes optimizers of settings makes one that changes them: `inject_hyperparams(adam)(learning_rate=1)`.
const makers = new Set(['inject_hyperparams', 'inject_stateful_hyperparams']);

function optimizer(name: string): NativeValue {
  return native(`optax.${name}`, '(*args, **kwargs)', () =>
    makers.has(name) ? native(`optax.${name}`, '(*args, **kwargs)', () => transformation) : transformation,
  );
}

// Schedules

const schedules =
  `cosine_decay_schedule cosine_onecycle_schedule exponential_decay join_schedules linear_onecycle_schedule linear_schedule
  piecewise_constant_schedule piecewise_interpolate_schedule polynomial_schedule sgdr_schedule warmup_constant_schedule
  warmup_cosine_decay_schedule warmup_exponential_decay_schedule constant_schedule`.split(/\s+/);

function schedule(name: string): NativeValue {
  return native(`optax.${name}`, '(*args, **kwargs)', () =>
    native(`optax.${name}`, '(count)', (cx, args) => {
      const count = args.value('count');
      if (name === 'constant_schedule' || count.kind !== 'tensor') return float(null);
      return tensor(opaque(cx, `optax.${name}`, [count.node], cx.build.shape(count.node), 'float32'), 'jax');
    }),
  );
}

// Losses

function fractions(call: Call, name: string): NodeId {
  const x = call.array(name);
  if (!isFloating(call.build.aval(x).dtype))
    throw new PythonError('ValueError', `Input must be a subtype of floating, not ${call.build.aval(x).dtype}`);
  return x;
}

/** Predictions less targets: of the very same shape, or stretched to one. */
function errors(call: Call, strict: boolean): NodeId {
  const predictions = fractions(call, 'predictions');
  if (call.optional('targets') === null) return predictions;
  const targets = call.array('targets');
  if (strict) {
    const [x, y] = [call.build.shape(predictions), call.build.shape(targets)];
    requireSameShape(x, y, () => `shapes must be equal, got ${showShape(x)} and ${showShape(y)}`);
  }
  return call.build.sub(predictions, call.build.convert(targets, call.build.aval(predictions).dtype));
}

/** |e| - d/2 beyond d, e^2 / (2d) within, times d. */
function huber(call: Call): NodeId {
  const { build } = call;
  const e = errors(call, false);
  const delta = build.scalar(call.number('delta', 1), e);
  const size = build.unary('abs', e);
  const near = build.binary('min', size, delta);
  return build.add(build.scale(build.square(near), 0.5), build.mul(delta, build.sub(size, near)));
}

function axisOf(call: Call, x: NodeId): number {
  return strictAxis(call.int('axis', -1), call.build.rank(x));
}

/** log(softmax(x)). */
function logSoftmax(call: Call, x: NodeId, axis: number): NodeId {
  return call.build.sub(x, call.build.logSumExp(x, [axis], true));
}

function crossEntropy(call: Call): NodeId {
  const { build } = call;
  const logits = fractions(call, 'logits');
  const labels = build.convert(call.array('labels'), build.aval(logits).dtype);
  const terms = build.mul(labels, logSoftmax(call, logits, axisOf(call, logits)));
  return build.unary('neg', build.sum(terms, [axisOf(call, terms)]));
}

/** Labels are whole numbers, of which there are as many as logits without their last axis. */
function integerCrossEntropy(call: Call): NodeId {
  const { build } = call;
  const logits = fractions(call, 'logits');
  const labels = call.array('labels');
  if (isFloating(build.aval(labels).dtype)) throw new PythonError('ValueError', 'labels must be whole numbers');
  if (call.optional('axis') !== null && call.int('axis', -1) !== -1)
    throw new Unknowable('integer labels along another axis are not followed');
  const [own, given]: readonly Shape[] = [build.shape(logits), build.shape(labels)];
  if (own === undefined || given === undefined || own.length === 0)
    throw new ShapeError('logits have at least one axis');
  const wanted = own.slice(0, -1);
  if (given.length === wanted.length && given.includes(1) && !wanted.includes(1))
    throw new Unknowable('labels that are stretched are not followed');
  requireSameShape(given, wanted, () => `labels ${showShape(given)} do not fit logits ${showShape(own)}`);
  const kept = wanted.map((_, k) => [k, k] as const);
  return opaque(
    call.cx,
    'optax.softmax_cross_entropy_with_integer_labels',
    [logits, labels],
    wanted,
    build.aval(logits).dtype,
    kept,
  );
}

/** -labels log(sigmoid(logits)) - (1 - labels) log(sigmoid(-logits)). */
function binaryCrossEntropy(call: Call): NodeId {
  const { build } = call;
  const logits = fractions(call, 'logits');
  const labels = build.convert(call.array('labels'), build.aval(logits).dtype);
  // softplus(x) - labels * x.
  return build.sub(build.unary('softplus', logits), build.mul(labels, logits));
}

function logCosh(call: Call): NodeId {
  const { build } = call;
  const e = errors(call, false);
  const both = build.unary('softplus', build.scale(e, -2));
  return build.sub(build.add(e, both), build.scalar(Math.LN2, e));
}

function hinge(call: Call): NodeId {
  const { build } = call;
  const [a, b] = call.pair('predictor_outputs', 'targets');
  return build.unary('relu', build.sub(build.scalar(1, a), build.mul(a, b)));
}

/** Each vector of the last axis over its length. */
function unit(call: Call, x: NodeId, axis: number): NodeId {
  const { build } = call;
  return build.div(x, build.unary('sqrt', build.sum(build.square(x), [axis], true)));
}

function cosine(call: Call): NodeId {
  const { build } = call;
  const a = fractions(call, 'predictions');
  const b = fractions(call, 'targets');
  const products = build.mul(unit(call, a, axisOf(call, a)), unit(call, b, axisOf(call, b)));
  return build.sum(products, [axisOf(call, products)]);
}

const losses: readonly (readonly [name: string, parameters: string, rule: (call: Call) => NodeId])[] = [
  ['squared_error', '(predictions, targets=None)', (call) => call.build.square(errors(call, true))],
  ['l2_loss', '(predictions, targets=None)', (call) => call.build.scale(call.build.square(errors(call, true)), 0.5)],
  ['huber_loss', '(predictions, targets=None, delta=1.0)', huber],
  ['log_cosh', '(predictions, targets=None)', logCosh],
  ['softmax_cross_entropy', '(logits, labels, axis=-1, where=None)', crossEntropy],
  ['softmax_cross_entropy_with_integer_labels', '(logits, labels, axis=-1, where=None)', integerCrossEntropy],
  ['sigmoid_binary_cross_entropy', '(logits, labels)', binaryCrossEntropy],
  ['hinge_loss', '(predictor_outputs, targets)', hinge],
  ['cosine_similarity', '(predictions, targets, epsilon=0.0, axis=-1, where=None)', cosine],
  [
    'cosine_distance',
    '(predictions, targets, epsilon=0.0, axis=-1, where=None)',
    (call) => {
      const similarity = cosine(call);
      return call.build.sub(call.build.scalar(1, similarity), similarity);
    },
  ],
  [
    'smooth_labels',
    '(labels, alpha)',
    (call) => {
      const { build } = call;
      const labels = fractions(call, 'labels');
      const shape = build.shape(labels);
      const count = shape.at(-1);
      if (count === undefined) throw new ShapeError('labels have at least one axis');
      const alpha = call.number('alpha');
      return build.add(
        build.scale(labels, 1 - alpha),
        build.div(build.scalar(alpha, labels), build.dimScalar(count, build.aval(labels).dtype)),
      );
    },
  ],
];

// Functions of trees

function norm(call: Call, tree: Value): NodeId {
  const { build } = call;
  const parts = treeLeaves(tree).flatMap((leaf) =>
    leaf.kind === 'tensor' ? [build.sum(build.square(leaf.node))] : [],
  );
  const [first, ...rest] = parts;
  if (first === undefined) throw new Unknowable('the norm of no arrays is not followed');
  return build.unary(
    'sqrt',
    rest.reduce((a, b) => build.add(a, b), first),
  );
}

const functions: readonly NativeValue[] = [
  ...optimizers.map(optimizer),
  ...schedules.flatMap((name) => [schedule(name), { ...schedule(name), name: `optax.schedules.${name}` }]),
  ...losses.flatMap(([name, parameters, rule]) =>
    [`optax.${name}`, `optax.losses.${name}`].map((own) =>
      jaxOp(own, parameters, (call) => {
        if (call.optional('where') !== null) throw new Unknowable('losses under a mask are not followed');
        return rule(call);
      }),
    ),
  ),
  native('optax.GradientTransformation', '(init, update)', (_cx, args) =>
    tuple([args.value('init'), args.value('update')], ['init', 'update']),
  ),
  native('optax.MultiSteps', '(opt, *args, **kwargs)', () => transformation),
  native('optax.apply_updates', '(params, updates)', (cx, args) =>
    mapTree([args.value('params'), args.value('updates')], ([param = none, change = none]) => {
      if (param.kind !== 'tensor') return param;
      const sum = cx.operate('+', param, change);
      return sum.kind === 'tensor' ? tensor(cx.build.convert(sum.node, cx.build.aval(param.node).dtype), 'jax') : sum;
    }),
  ),
  jaxFunction('optax.incremental_update', '(new_tensors, old_tensors, step_size)', (call) =>
    mapTree([call.value('new_tensors'), call.value('old_tensors')], ([fresh = none, old = none]) => {
      const step = call.value('step_size');
      const { cx } = call;
      return cx.operate(
        '+',
        cx.operate('*', step, fresh),
        cx.operate('*', cx.operate('-', { kind: 'float', value: 1 }, step), old),
      );
    }),
  ),
  ...['optax.global_norm', 'optax.tree_utils.tree_l2_norm', 'optax.tree.norm'].map((name) =>
    jaxOp(name, '(updates|tree, **kwargs)', (call) => norm(call, call.value('updates'))),
  ),
];

export const optax: Library = libraryOf(functions, [stateClass]);
