import type { NodeId } from '../../graph/graph.ts';
import {
  broadcastShapes,
  dimAt,
  isFloating,
  requireEqual,
  requireSameShape,
  ShapeError,
  sameShape,
  showShape,
} from '../../graph/shape.ts';
import { PythonError, Unknowable } from '../context.ts';
import { borrowNode } from '../numpy/borrow.ts';
import { strictAxis } from '../numpy/dialect.ts';
import { dropElements } from '../torch/nn/dropout.ts';
import { except, opaque } from '../torch/opaque.ts';
import { softmaxOf } from '../torch/reductions.ts';
import { float, type NativeValue, str, type Value } from '../values.ts';
import {
  asTensor,
  isFraction,
  isReal,
  isSigned,
  sizesIn,
  type TensorCall,
  tensors,
  tfFunction,
  tfOp,
} from './dialect.ts';
import { axesIn, mean, variance } from './reductions.ts';
import { gathered } from './selecting.ts';

/** tf.nn (https://www.tensorflow.org/api_docs/python/tf/nn): activations, softmax, normalization, losses. */

function real(call: TensorCall, name: string): NodeId {
  const x = call.array(name);
  const { dtype } = call.build.aval(x);
  if (!isFraction(dtype)) throw new PythonError('InvalidArgumentError', `this is not there for ${dtype}`);
  return x;
}

function gelu(call: TensorCall): NodeId {
  return borrowNode(call.cx, 'nn.functional.gelu', {
    input: real(call, 'features'),
    approximate: str(call.bool('approximate', false) ? 'tanh' : 'none'),
  });
}

/** x * sigmoid(beta * x). */
function silu(call: TensorCall): NodeId {
  const { build } = call;
  const x = call.fractions('features');
  const beta = call.optional('beta');
  const scaled = beta === null ? x : build.mul(x, call.like('beta', x));
  return build.mul(x, build.unary('logistic', scaled));
}

function leakyRelu(call: TensorCall): NodeId {
  const given = call.array('features');
  const { dtype } = call.build.aval(given);
  if (!isReal(dtype)) throw new PythonError('InvalidArgumentError', `leaky_relu is not there for ${dtype}`);
  const x = call.build.convert(given, isFloating(dtype) ? dtype : 'float32');
  const alpha = call.optional('alpha');
  if (alpha !== null && alpha.kind !== 'int' && alpha.kind !== 'float')
    throw new Unknowable('a slope that is computed is not followed');
  return borrowNode(call.cx, 'nn.functional.leaky_relu', { input: x, negative_slope: alpha ?? float(0.2) });
}

function crelu(call: TensorCall): NodeId {
  const { build } = call;
  const x = call.array('features');
  const { dtype, shape } = build.aval(x);
  if (!isReal(dtype) || !isSigned(dtype))
    throw new PythonError('InvalidArgumentError', `crelu is not there for ${dtype}`);
  const axis = strictAxis(call.int('axis', -1), shape.length);
  return build.unary('relu', build.concatenate([x, build.unary('neg', x)], axis));
}

function softmax(call: TensorCall, logarithm: boolean): NodeId {
  const x = real(call, 'logits');
  const rank = call.build.rank(x);
  const given = call.optional('axis');
  if (rank === 0) {
    if (given !== null) throw new Unknowable('a softmax of a number along an axis is not followed');
    throw new ShapeError('logits must have at least one axis');
  }
  const [axis = rank - 1] = given === null ? [] : axesIn(call, given, rank);
  return softmaxOf(call.cx, x, axis, logarithm);
}

function moments(call: TensorCall): Value {
  const { build } = call;
  const x = call.array('x');
  const { dtype } = build.aval(x);
  if (!isReal(dtype)) throw new PythonError('InvalidArgumentError', `moments are not there for ${dtype}`);
  const axes = axesIn(call, call.value('axes'), build.rank(x));
  if (new Set(axes).size !== axes.length) throw new ShapeError(`axes (${axes.join(', ')}) name one twice`);
  const keep = call.bool('keepdims', false);
  return tensors([mean(call, x, axes, keep), variance(call, x, axes, keep)]);
}

/** (x - mean) * scale / sqrt(variance + epsilon) + offset. */
function batchNormalization(call: TensorCall): NodeId {
  const { build } = call;
  const x = real(call, 'x');
  const [center, spread] = [call.like('mean', x), call.like('variance', x)];
  const epsilon = call.like('variance_epsilon', x);
  const own = build.unary('rsqrt', build.add(spread, epsilon));
  const scale = call.optional('scale') === null ? own : build.mul(own, call.like('scale', x));
  const shift = build.mul(center, scale);
  const offset =
    call.optional('offset') === null ? build.unary('neg', shift) : build.sub(call.like('offset', x), shift);
  return build.add(build.mul(x, scale), offset);
}

function biasAdd(call: TensorCall): NodeId {
  const { build } = call;
  const [x, bias] = call.inOrder('value', 'bias');
  const [own, given] = [build.shape(x), build.shape(bias)];
  const format = call.optional('data_format') === null ? 'NHWC' : call.string('data_format');
  if (own.length < 2 || given.length !== 1)
    throw new ShapeError(
      `bias_add: a vector is added to two axes or more, not ${showShape(given)} to ${showShape(own)}`,
    );
  if (build.aval(x).dtype === 'bool') throw new PythonError('InvalidArgumentError', 'bias_add is not there for bool');
  const axis = format.startsWith('NC') ? 1 : own.length - 1;
  requireEqual(
    dimAt(given, 0),
    dimAt(own, axis),
    () => `bias_add: a bias ${showShape(given)} for axis ${axis} of ${showShape(own)}`,
  );
  return build.add(
    x,
    build.reshape(
      bias,
      own.map((dim, k) => (k === axis ? dim : 1)),
    ),
  );
}

function dropout(call: TensorCall): NodeId {
  const { build, cx } = call;
  const x = call.array('x');
  const { dtype, shape } = build.aval(x);
  if (!isFloating(dtype)) throw new PythonError('ValueError', `x must be floating point for dropout, not ${dtype}`);
  const rate = call.optional('rate');
  const number = rate?.kind === 'int' || rate?.kind === 'float' ? call.number('rate') : null;
  if (number !== null && (number < 0 || number >= 1))
    throw new PythonError('ValueError', `rate must be in the range [0, 1), got ${number}`);
  const noise = call.optional('noise_shape');
  const mask = noise === null ? shape : sizesIn(cx, noise);
  if (!sameShape(broadcastShapes(shape, mask), shape))
    throw new ShapeError(`dropout: a mask ${showShape(mask)} for ${showShape(shape)}`);
  return dropElements(cx, x, number, mask);
}

function embedding(call: TensorCall): NodeId {
  const given = call.value('params');
  const tables = given.kind === 'list' || given.kind === 'tuple' ? call.cx.items(given) : [given];
  const [first] = tables;
  if (first === undefined || tables.length > 1) throw new Unknowable('an embedding of several parts is not followed');
  if (call.optional('max_norm') !== null) throw new Unknowable('an embedding with a largest norm is not followed');
  const [table, ids] = [asTensor(call.cx, first), call.array('ids')];
  if (!['int32', 'int64', 'int16', 'uint16'].includes(call.build.aval(ids).dtype))
    throw new PythonError('InvalidArgumentError', 'ids must be whole numbers');
  if (call.build.rank(table) === 0) throw new ShapeError('params must be at least 1 dimensional');
  return gathered(call, table, ids, 0, 0);
}

// Losses

function softmaxLoss(call: TensorCall): NodeId {
  const { build } = call;
  const logits = real(call, 'logits');
  const labels = build.convert(call.array('labels'), build.aval(logits).dtype);
  const [own, given] = [build.shape(logits), build.shape(labels)];
  if (own.length === 0) throw new ShapeError('logits must have at least one axis');
  const axis = strictAxis(call.int('axis', -1), own.length);
  // The rest of the labels stretches to the logits; classes do not.
  if (given.length === own.length)
    requireEqual(
      dimAt(given, axis),
      dimAt(own, axis),
      () => `logits and labels must be broadcastable: ${showShape(own)} and ${showShape(given)}`,
    );
  else throw new Unknowable('labels of another number of axes are not followed');
  const terms = build.mul(labels, softmaxOf(call.cx, logits, axis, true));
  return build.unary('neg', build.sum(terms, [axis]));
}

function sparseLoss(call: TensorCall): NodeId {
  const { build } = call;
  const [labels, logits] = [call.array('labels'), real(call, 'logits')];
  const [given, own] = [build.shape(labels), build.shape(logits)];
  if (!['int32', 'int64'].includes(build.aval(labels).dtype))
    throw new PythonError('InvalidArgumentError', 'labels must be int32 or int64');
  if (own.length === 0) throw new ShapeError('logits cannot be scalars');
  if (given.length !== own.length - 1)
    throw new ShapeError(`labels ${showShape(given)} must have one axis less than logits ${showShape(own)}`);
  requireSameShape(given, own.slice(0, -1), () => `labels ${showShape(given)} do not fit logits ${showShape(own)}`);
  const scores = softmaxOf(call.cx, logits, own.length - 1, true);
  const picked = build.emit('take_along_axis', { axis: own.length - 1 }, [
    scores,
    build.expandDims(labels, given.length),
  ]);
  return build.unary('neg', build.dropAxis(picked, -1));
}

/** log(1 + exp(-|x|)) + max(x, 0) - x * z, in a form whose graph is small. */
function sigmoidLoss(call: TensorCall): NodeId {
  const { build } = call;
  const logits = real(call, 'logits');
  const labels = asTensor(call.cx, call.value('labels'));
  if (build.aval(labels).dtype !== build.aval(logits).dtype)
    throw new PythonError('InvalidArgumentError', 'labels and logits of two types');
  requireSameShape(build.shape(logits), build.shape(labels), () => '`logits` and `labels` must have the same shape');
  return build.sub(build.unary('softplus', logits), build.mul(logits, labels));
}

function weightedLoss(call: TensorCall): NodeId {
  const { build } = call;
  const logits = real(call, 'logits');
  const labels = call.like('labels', logits);
  requireSameShape(build.shape(logits), build.shape(labels), () => '`logits` and `labels` must have the same shape');
  const weight = build.add(
    build.scalar(1, logits),
    build.mul(build.sub(call.like('pos_weight', logits), build.scalar(1, logits)), labels),
  );
  const rest = build.mul(build.sub(build.scalar(1, logits), labels), logits);
  return build.add(rest, build.mul(weight, build.unary('softplus', build.unary('neg', logits))));
}

function poissonLoss(call: TensorCall): NodeId {
  const { build } = call;
  const input = real(call, 'log_input');
  const targets = call.like('targets', input);
  requireSameShape(
    build.shape(input),
    build.shape(targets),
    () => '`log_input` and `targets` must have the same shape',
  );
  const loss = build.sub(build.unary('exp', input), build.mul(input, targets));
  if (!call.bool('compute_full_loss', false)) return loss;
  return opaque(call.cx, 'log_poisson_loss', [loss, targets], build.shape(loss), build.aval(loss).dtype);
}

function averageLoss(call: TensorCall): NodeId {
  const { build } = call;
  const loss = real(call, 'per_example_loss');
  if (call.optional('global_batch_size') === null || call.optional('sample_weight') !== null)
    throw new Unknowable('this average is not followed');
  return build.div(build.sum(loss), call.like('global_batch_size', loss));
}

function responseNormalization(call: TensorCall): NodeId {
  const { build } = call;
  const x = real(call, 'input');
  const { shape, dtype } = build.aval(x);
  if (shape.length !== 4) throw new ShapeError(`lrn: 4 axes are wanted, not ${showShape(shape)}`);
  return opaque(call.cx, 'lrn', [x], shape, dtype, except(4, 3));
}

function l2Loss(call: TensorCall): NodeId {
  const { build } = call;
  return build.scale(build.sum(build.square(real(call, 't'))), 0.5);
}

export const nn: readonly NativeValue[] = [
  ...tfOp('nn.gelu', '(features, approximate=False, name=None)', gelu),
  ...tfOp('nn.silu nn.swish', '(features, beta=None)', silu),
  ...tfOp('nn.leaky_relu', '(features, alpha=None, name=None)', leakyRelu),
  ...tfOp('nn.crelu', '(features, axis=-1, name=None)', crelu),
  ...tfOp('nn.softmax math.softmax', '(logits, axis=None, name=None)', (call) => softmax(call, false)),
  ...tfOp('nn.log_softmax math.log_softmax', '(logits, axis=None, name=None)', (call) => softmax(call, true)),
  tfFunction('nn.moments', '(x, axes, shift=None, keepdims=False, name=None)', moments),
  ...tfOp(
    'nn.batch_normalization',
    '(x, mean, variance, offset, scale, variance_epsilon, name=None)',
    batchNormalization,
  ),
  ...tfOp('nn.bias_add', '(value, bias, data_format=None, name=None)', biasAdd),
  ...tfOp('nn.dropout', '(x, rate, noise_shape=None, seed=None, name=None)', dropout),
  ...tfOp('nn.embedding_lookup', '(params, ids, max_norm=None, name=None)', embedding),
  ...tfOp('nn.softmax_cross_entropy_with_logits', '(labels, logits, axis=-1, name=None)', softmaxLoss),
  ...tfOp('nn.sparse_softmax_cross_entropy_with_logits', '(labels, logits, name=None)', sparseLoss),
  ...tfOp('nn.sigmoid_cross_entropy_with_logits', '(labels=None, logits=None, name=None)', sigmoidLoss),
  ...tfOp('nn.weighted_cross_entropy_with_logits', '(labels, logits, pos_weight, name=None)', weightedLoss),
  ...tfOp('nn.log_poisson_loss', '(targets, log_input, compute_full_loss=False, name=None)', poissonLoss),
  ...tfOp('nn.compute_average_loss', '(per_example_loss, sample_weight=None, global_batch_size=None)', averageLoss),
  ...tfOp(
    'nn.lrn nn.local_response_normalization',
    '(input, depth_radius=5, bias=1, alpha=1, beta=0.5, name=None)',
    responseNormalization,
  ),
  ...tfOp('nn.scale_regularization_loss', '(regularization_loss)', (call) => {
    const loss = call.array('regularization_loss');
    if (!isFloating(call.build.aval(loss).dtype)) throw new Unknowable('a loss of whole numbers is not followed');
    return call.build.sum(loss);
  }),
  tfFunction('nn.weighted_moments', '(x, axes, frequency_weights, keepdims=False, name=None)', (call) => {
    const { build } = call;
    const x = real(call, 'x');
    const weights = call.like('frequency_weights', x);
    const axes = axesIn(call, call.value('axes'), build.rank(x));
    const keep = call.bool('keepdims', false);
    const over = (node: NodeId, kept: boolean): NodeId => build.sum(build.mul(weights, node), axes, kept);
    const total = build.sum(build.mul(weights, build.full(build.shape(x), 1, build.aval(x).dtype)), axes, true);
    const center = build.div(over(x, true), total);
    const spread = build.div(over(build.square(build.sub(x, center)), true), total);
    const drop = (node: NodeId): NodeId =>
      keep
        ? node
        : build.reshape(
            node,
            build.shape(node).filter((_, k) => !axes.includes(k)),
          );
    return tensors([drop(center), drop(spread)]);
  }),
  ...tfOp('nn.l2_loss', '(t, name=None)', l2Loss),
];
