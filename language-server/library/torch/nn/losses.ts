import type { Dim } from '../../../graph/dim.ts';
import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import {
  broadcastShapes,
  dimAt,
  isFloating,
  type Shape,
  ShapeError,
  sameShape,
  showShape,
} from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { native } from '../../define.ts';
import { type ClassValue, type NativeValue, tensor, type Value } from '../../values.ts';
import { opaque } from '../opaque.ts';
import { softmaxOf } from '../reductions.ts';
import { cosineSimilarity, pairwiseDistance } from './distances.ts';
import { requireIndices, requireInside } from './embedding.ts';
import { layerClass } from './layer.ts';
import { linear } from './linear.ts';

/** Losses (https://docs.pytorch.org/docs/stable/nn.html#loss-functions), as layers and functions of one table. */

interface Loss {
  /** `torch.nn.` */
  readonly layer: string;
  /** `torch.nn.functional.` */
  readonly fn: string | null;
  readonly inputs: string;
  /** What layer and function are told, in the same order. */
  readonly settings: string;
  /** What the function is told besides. */
  readonly more?: string;
  readonly rule: (cx: Context, args: Args, settings: Args) => NodeId;
}

const number = (cx: Context, like: NodeId, value: number): NodeId => cx.build.scalar(value, like);

/** max(x, 0) as `clamp_min` has it, with derivative 1 at 0. */
function positive(cx: Context, x: NodeId): NodeId {
  const zero = number(cx, x, 0);
  return cx.build.select(cx.build.binary('ge', x, zero), x, zero);
}

function negated(cx: Context, x: NodeId): NodeId {
  return cx.build.unary('neg', x);
}

/** 1 - x. */
function complement(cx: Context, x: NodeId): NodeId {
  return cx.build.sub(number(cx, x, 1), x);
}

function requireSame(cx: Context, a: NodeId, b: NodeId, what: string): void {
  const [x, y] = [cx.build.shape(a), cx.build.shape(b)];
  const fits = x.length === y.length && x.every((dim, k) => !D.surelyDiffer(dim, y[k] ?? -1));
  if (!fits) throw new PythonError('ValueError', `${what}: sizes ${showShape(x)} and ${showShape(y)} must be the same`);
}

function requireFloating(cx: Context, x: NodeId, name: string): void {
  const { dtype } = cx.build.aval(x);
  if (!isFloating(dtype)) throw new PythonError('RuntimeError', `${name} is not implemented for ${dtype}`);
}

// Reductions

type Reduction = 'mean' | 'sum' | 'none';

/** What is asked for, by its name or by the older flags. */
function reductionIn(settings: Args): string {
  const [average, reduce] = [settings.optional('size_average'), settings.optional('reduce')];
  if (average === null && reduce === null) return settings.string('reduction', 'mean');
  if (!settings.bool('reduce', true)) return 'none';
  return settings.bool('size_average', true) ? 'mean' : 'sum';
}

function known(reduction: string): Reduction {
  if (reduction === 'mean' || reduction === 'sum' || reduction === 'none') return reduction;
  throw new PythonError('ValueError', `${reduction} is not a valid value for reduction`);
}

function reduced(cx: Context, losses: NodeId, settings: Args): NodeId {
  switch (known(reductionIn(settings))) {
    case 'mean':
      return cx.build.mean(losses);
    case 'sum':
      return cx.build.sum(losses);
    case 'none':
      return losses;
  }
}

/** Reduced with weights, whose sum a mean divides by; those of `huber_loss` do not count there. */
function reducedWith(cx: Context, losses: NodeId, input: NodeId, settings: Args, dividesByWeights: boolean): NodeId {
  const weight = settings.optionalTensor('weight');
  if (weight === null) return reduced(cx, losses, settings);
  requireSame(cx, weight, input, 'Weights and input');
  const weighted = cx.build.mul(losses, weight);
  if (known(reductionIn(settings)) !== 'mean' || !dividesByWeights) return reduced(cx, weighted, settings);
  return cx.build.div(cx.build.sum(weighted), cx.build.sum(weight));
}

// Of differences

function difference(cx: Context, args: Args, name: string): NodeId {
  const [x, y] = [args.tensor('input'), args.tensor('target')];
  const d = cx.build.sub(x, y);
  requireFloating(cx, d, name);
  return d;
}

/** Quadratic near zero, linear further out; `scaled` as smooth_l1_loss has it. */
function huber(cx: Context, d: NodeId, delta: number, scaled: boolean): NodeId {
  const { build } = cx;
  const size = build.unary('abs', d);
  const square = build.scale(build.square(d), 0.5);
  const near = scaled ? build.scale(square, 1 / delta) : square;
  const far = build.sub(size, number(cx, size, delta / 2));
  return build.select(build.binary('lt', size, number(cx, size, delta)), near, scaled ? far : build.scale(far, delta));
}

// Of probabilities

function crossEntropyOfTruth(cx: Context, args: Args, settings: Args): NodeId {
  const { build } = cx;
  const [x, target] = [args.tensor('input'), args.tensor('target')];
  requireSame(cx, target, x, 'target and input');
  requireFloating(cx, x, 'binary_cross_entropy');
  requireFloating(cx, target, 'binary_cross_entropy');
  if (build.aval(x).dtype !== build.aval(target).dtype)
    throw new Unknowable('whether input and target are of one type is not followed');
  const floor = number(cx, x, -100);
  const logarithm = (y: NodeId): NodeId => build.binary('max', y, floor);
  const yes = build.mul(target, logarithm(build.unary('log', x)));
  const no = build.mul(complement(cx, target), logarithm(build.unary('log1p', negated(cx, x))));
  const losses = negated(cx, build.add(yes, no));
  return reduced(cx, timesWeight(cx, losses, settings), settings);
}

/** A weight stretches to the losses, and not the other way round. */
function timesWeight(cx: Context, losses: NodeId, settings: Args): NodeId {
  const weight = settings.optionalTensor('weight');
  if (weight === null) return losses;
  return cx.build.mul(losses, cx.build.broadcastTo(weight, cx.build.shape(losses)));
}

function crossEntropyOfLogits(cx: Context, args: Args, settings: Args): NodeId {
  const { build } = cx;
  const [x, target] = [args.tensor('input'), args.tensor('target')];
  requireSame(cx, target, x, 'Target and input');
  requireFloating(cx, x, 'binary_cross_entropy_with_logits');
  requireFloating(cx, target, 'binary_cross_entropy_with_logits');
  const pos = settings.optionalTensor('pos_weight');
  const smooth = build.unary('softplus', negated(cx, x));
  const first = build.mul(complement(cx, target), x);
  const weighted =
    pos === null
      ? smooth
      : build.mul(build.add(build.mul(build.sub(pos, number(cx, pos, 1)), target), number(cx, pos, 1)), smooth);
  if (!sameShape(build.shape(weighted), build.shape(x)))
    throw new ShapeError(
      `pos_weight ${showShape(pos === null ? [] : build.shape(pos))} does not fit ${showShape(build.shape(x))}`,
    );
  return reduced(cx, timesWeight(cx, build.add(first, weighted), settings), settings);
}

function divergence(cx: Context, args: Args, settings: Args): NodeId {
  const { build } = cx;
  const [x, target] = [args.tensor('input'), args.tensor('target')];
  requireFloating(cx, x, 'kl_div');
  requireFloating(cx, target, 'kl_div');
  const losses = settings.bool('log_target', false)
    ? build.mul(build.unary('exp', target), build.sub(target, x))
    : build.sub(timesLog(cx, target), build.mul(target, x));
  if (reductionIn(settings) !== 'batchmean') return reduced(cx, losses, settings);
  const total = build.sum(losses);
  const [samples] = build.shape(x);
  return samples === undefined ? total : build.div(total, build.dimScalar(samples));
}

/** t log t, with 0 at 0. */
function timesLog(cx: Context, t: NodeId): NodeId {
  const { build } = cx;
  const isZero = build.binary('eq', t, number(cx, t, 0));
  const safe = build.select(isZero, number(cx, t, 1), t);
  return build.mul(t, build.unary('log', safe));
}

function poisson(cx: Context, args: Args, settings: Args): NodeId {
  const { build } = cx;
  const [x, target] = [args.tensor('input'), args.tensor('target')];
  known(reductionIn(settings));
  const eps = settings.number('eps', 1e-8);
  if (settings.optional('log_input')?.kind === 'str')
    throw new PythonError('TypeError', 'log_input must be bool, not str');
  const isLog = settings.bool('log_input', true);
  const losses = isLog
    ? build.sub(build.unary('exp', x), build.mul(target, x))
    : build.sub(x, build.mul(target, build.unary('log', build.add(x, number(cx, x, eps)))));
  if (!settings.bool('full', false)) return reduced(cx, losses, settings);
  const isLarge = build.binary('gt', target, number(cx, target, 1));
  const safe = build.select(isLarge, target, number(cx, target, 1));
  const half = build.scale(build.unary('log', build.scale(safe, 2 * Math.PI)), 0.5);
  const stirling = build.add(build.sub(timesLog(cx, safe), safe), half);
  return reduced(cx, build.add(losses, build.select(isLarge, stirling, number(cx, stirling, 0))), settings);
}

function gaussian(cx: Context, args: Args, settings: Args): NodeId {
  const { build } = cx;
  const [x, target] = [args.tensor('input'), args.tensor('target')];
  const shape = build.shape(x);
  const given = args.value('var');
  const spread =
    given.kind === 'tensor' ? varianceFor(cx, given.node, shape) : build.broadcastTo(args.operand('var', x), shape);
  known(settings.string('reduction', 'mean'));
  const least = number(cx, spread, settings.number('eps', 1e-6));
  // The clamp itself passes the derivative on, also below.
  const clamped = build.add(
    spread,
    build.unary('stop_gradient', build.sub(build.binary('max', spread, least), spread)),
  );
  const misfit = build.div(build.square(build.sub(x, target)), clamped);
  const losses = build.scale(build.add(build.unary('log', clamped), misfit), 0.5);
  const full = settings.bool('full', false)
    ? build.add(losses, number(cx, losses, 0.5 * Math.log(2 * Math.PI)))
    : losses;
  return reduced(cx, full, settings);
}

/** A variance for each element, or one for each sample: without its last axis, or with a size of 1 somewhere. */
function varianceFor(cx: Context, variance: NodeId, shape: Shape): NodeId {
  const { build } = cx;
  const own = build.shape(variance);
  const same = (a: Shape, b: Shape): boolean =>
    a.length === b.length && a.every((dim, k) => !D.surelyDiffer(dim, b[k] ?? -1));
  if (same(own, shape)) return variance;
  if (same(own, shape.slice(0, -1))) return build.expandDims(variance, own.length);
  const different = own.flatMap((dim, k) => (D.surelyDiffer(dim, shape[k] ?? -1) ? [dim] : []));
  if (own.length !== shape.length || different.length !== 1 || different[0] !== 1)
    throw new PythonError('ValueError', `var is of incorrect size: ${showShape(own)} for ${showShape(shape)}`);
  return variance;
}

// Of categories

interface Categories {
  /** (samples, classes, *space); a sample alone stands without the first. */
  readonly x: NodeId;
  readonly axis: number;
  readonly classes: Dim;
}

function categories(cx: Context, x: NodeId, name: string): Categories {
  const shape = cx.build.shape(x);
  if (shape.length === 0) throw new ShapeError(`${name}: classes are wanted, not ${showShape(shape)}`);
  requireFloating(cx, x, name);
  const axis = shape.length === 1 ? 0 : 1;
  return { x, axis, classes: dimAt(shape, axis) };
}

/** The loss of each target and its weight; what is to be ignored weighs nothing. */
function pickedLosses(
  cx: Context,
  { x, axis, classes }: Categories,
  given: NodeId,
  settings: Args,
  name: string,
): { readonly losses: NodeId; readonly weights: NodeId; readonly safe: NodeId } {
  const { build } = cx;
  const shape = build.shape(x);
  const wanted = shape.filter((_, k) => k !== axis);
  // A sample alone may have its target as a list of one.
  const isList = shape.length === 1 && build.rank(given) === 1 && build.shape(given)[0] === 1;
  const target = isList ? build.reshape(given, []) : given;
  const own = build.shape(target);
  const fits = own.length === wanted.length && own.every((dim, k) => !D.surelyDiffer(dim, wanted[k] ?? -1));
  if (!fits)
    throw new ShapeError(
      `${name}: targets ${showShape(own)} do not fit ${showShape(shape)}, which wants ${showShape(wanted)}`,
    );
  requireIndices(cx, target, name, ['int64', 'uint8']);
  const { dtype } = build.aval(x);
  const ignored = settings.optional('ignore_index') === null ? -100 : settings.int('ignore_index');
  if (ignored < 0) requireInside(cx, target, classes, name, ignored);
  const counts = build.binary('ne', target, build.scalar(ignored, target));
  const safe = build.convert(build.select(counts, target, build.scalar(0, target)), 'int64');
  const weight = classWeight(cx, settings, classes, name);
  const counted = build.convert(counts, dtype);
  const weights =
    weight === null ? counted : build.mul(build.emit('gather', { axes: [0], position: 0 }, [weight, safe]), counted);
  const places = build.expandDims(safe, axis);
  const picked = build.dropAxis(build.emit('take_along_axis', { axis }, [x, places]), axis);
  return { losses: negated(cx, build.mul(picked, weights)), weights, safe };
}

function classWeight(cx: Context, settings: Args, classes: Dim, name: string): NodeId | null {
  const weight = settings.optionalTensor('weight');
  if (weight === null) return null;
  const own = cx.build.shape(weight);
  if (own.length !== 1 || D.surelyDiffer(dimAt(own, 0), classes))
    throw new PythonError('RuntimeError', `${name}: weights ${showShape(own)} for ${D.show(classes)} classes`);
  return weight;
}

/** Sums and means of losses with weights: a mean divides by the weights. */
function reducedByWeights(cx: Context, losses: NodeId, weights: NodeId, settings: Args): NodeId {
  if (known(reductionIn(settings)) !== 'mean') return reduced(cx, losses, settings);
  return cx.build.div(cx.build.sum(losses), cx.build.sum(weights));
}

function negativeLogLikelihood(cx: Context, args: Args, settings: Args): NodeId {
  const own = categories(cx, args.tensor('input'), 'nll_loss');
  const { losses, weights } = pickedLosses(cx, own, args.tensor('target'), settings, 'nll_loss');
  return reducedByWeights(cx, losses, weights, settings);
}

function crossEntropy(cx: Context, x: NodeId, target: NodeId, settings: Args): NodeId {
  const { build } = cx;
  const name = 'cross_entropy';
  const own = categories(cx, x, name);
  const { axis, classes } = own;
  const smoothing = settings.number('label_smoothing', 0);
  if (smoothing < 0 || smoothing > 1)
    throw new PythonError('RuntimeError', `label_smoothing must be between 0.0 and 1.0. Got: ${smoothing}`);
  const logs = softmaxOf(cx, x, axis, true);
  const [shape, wanted] = [build.shape(x), build.shape(target)];
  const share = (y: NodeId): NodeId => build.div(y, build.dimScalar(classes, build.aval(y).dtype));
  const weight = classWeight(cx, settings, classes, name);
  const along =
    weight === null
      ? null
      : build.reshape(
          weight,
          shape.map((_, k) => (k === axis ? classes : 1)),
        );
  const weighted = along === null ? logs : build.mul(logs, along);
  const isProbabilities =
    wanted.length === shape.length &&
    isFloating(build.aval(target).dtype) &&
    wanted.every((dim, k) => !D.surelyDiffer(dim, shape[k] ?? -1));
  if (isProbabilities) {
    const kept =
      smoothing === 0 ? target : build.add(build.scale(target, 1 - smoothing), share(number(cx, target, smoothing)));
    const losses = negated(cx, build.sum(build.mul(weighted, kept), [axis]));
    if (known(reductionIn(settings)) !== 'mean') return reduced(cx, losses, settings);
    return build.mean(losses);
  }
  const { losses, weights, safe } = pickedLosses(cx, { ...own, x: logs }, target, settings, name);
  const main = reducedByWeights(cx, losses, weights, settings);
  if (smoothing === 0) return main;
  if (wanted.length !== shape.length - 1)
    throw new ShapeError(`${name}: targets ${showShape(wanted)} do not fit ${showShape(shape)}`);
  const ignored = settings.optional('ignore_index') === null ? -100 : settings.int('ignore_index');
  const counts = build.convert(build.binary('ne', target, build.scalar(ignored, target)), build.aval(x).dtype);
  const all = build.mul(negated(cx, build.sum(weighted, [axis])), counts);
  const smooth = share(
    reducedByWeights(
      cx,
      all,
      weight === null ? counts : build.mul(build.emit('gather', { axes: [0], position: 0 }, [weight, safe]), counts),
      settings,
    ),
  );
  return build.add(build.scale(main, 1 - smoothing), build.scale(smooth, smoothing));
}

// Of margins

function rankingLoss(cx: Context, args: Args, settings: Args): NodeId {
  const { build } = cx;
  const [a, b, target] = [args.tensor('input1'), args.tensor('input2'), args.tensor('target')];
  if (build.rank(a) !== build.rank(b) || build.rank(a) !== build.rank(target))
    throw new ShapeError(
      `margin_ranking_loss: ${[a, b, target].map((x) => showShape(build.shape(x))).join(', ')} must have as many axes`,
    );
  const product = negated(cx, build.mul(target, build.sub(a, b)));
  const losses = positive(cx, build.add(product, number(cx, product, settings.number('margin', 0))));
  return reduced(cx, losses, settings);
}

function hingeEmbedding(cx: Context, args: Args, settings: Args): NodeId {
  const { build } = cx;
  const [x, target] = [args.tensor('input'), args.tensor('target')];
  requireFloating(cx, x, 'hinge_embedding_loss');
  const zero = number(cx, x, 0);
  const far = positive(cx, build.sub(number(cx, x, settings.number('margin', 1)), x));
  const is = (value: number): NodeId => build.binary('eq', target, number(cx, target, value));
  // What is neither 1 nor -1 counts for both.
  const losses = build.add(build.select(is(1), zero, far), build.select(is(-1), zero, x));
  return reduced(cx, losses, settings);
}

function cosineEmbedding(cx: Context, args: Args, settings: Args): NodeId {
  const { build } = cx;
  const [a, b, target] = [args.tensor('input1'), args.tensor('input2'), args.tensor('target')];
  const [rank, goal] = [build.rank(target), build.shape(target)];
  const what = (): string =>
    `cosine_embedding_loss: ${showShape(build.shape(a))}, ${showShape(build.shape(b))} and targets ${showShape(goal)} do not fit`;
  if (rank > 1 || build.rank(a) !== rank + 1 || build.rank(b) !== rank + 1) throw new ShapeError(what());
  const similarity = cosineSimilarity(cx, a, b, rank, 1e-8);
  const margin = number(cx, similarity, settings.number('margin', 0));
  const zero = number(cx, similarity, 0);
  const is = (value: number): NodeId => build.binary('eq', target, number(cx, target, value));
  const near = build.select(is(1), complement(cx, similarity), zero);
  const far = build.select(is(-1), positive(cx, build.sub(similarity, margin)), zero);
  return reduced(cx, build.add(near, far), settings);
}

function softMargin(cx: Context, args: Args, settings: Args): NodeId {
  const { build } = cx;
  const x = args.tensor('input');
  requireFloating(cx, x, 'soft_margin_loss');
  // The target stretches to the input, and takes on its type.
  const target = build.broadcastTo(args.tensor('target'), build.shape(x));
  const product = build.mul(build.convert(target, build.aval(x).dtype), x);
  return reduced(cx, build.unary('softplus', negated(cx, product)), settings);
}

function softMarginOfLabels(cx: Context, args: Args, settings: Args): NodeId {
  const { build } = cx;
  const [x, target] = [args.tensor('input'), args.tensor('target')];
  known(reductionIn(settings));
  requireFloating(cx, x, 'multilabel_soft_margin_loss');
  const logistic = (y: NodeId): NodeId => negated(cx, build.unary('softplus', negated(cx, y)));
  const losses = negated(
    cx,
    build.add(build.mul(target, logistic(x)), build.mul(complement(cx, target), logistic(negated(cx, x)))),
  );
  const weight = settings.optionalTensor('weight');
  const all = weight === null ? losses : build.mul(losses, weight);
  const axis = build.rank(x) - 1;
  if (axis < 0) throw new PythonError('IndexError', 'multilabel_soft_margin_loss needs classes');
  const summed = build.sum(all, [axis]);
  return reduced(cx, build.div(summed, build.dimScalar(dimAt(build.shape(x), axis))), settings);
}

/** Classes of samples, or of one alone. */
function samplesAndClasses(cx: Context, args: Args, name: string): { readonly lead: Shape; readonly classes: Dim } {
  const shape = cx.build.shape(args.tensor('input'));
  requireFloating(cx, args.tensor('input'), name);
  if (shape.length > 2 || shape[shape.length - 1] === 0)
    throw new ShapeError(`${name}: expected a vector or matrix with classes, not ${showShape(shape)}`);
  return { lead: shape.slice(0, -1), classes: shape[shape.length - 1] ?? 1 };
}

function multiMargin(cx: Context, args: Args, settings: Args): NodeId {
  const { build } = cx;
  const [x, target] = [args.tensor('input'), args.tensor('target')];
  const p = settings.int('p', 1);
  if (p !== 1 && p !== 2) throw new PythonError('ValueError', 'only p == 1 and p == 2 supported');
  const { lead, classes } = samplesAndClasses(cx, args, 'multi_margin_loss');
  const goal = build.shape(target);
  const count = D.product(lead);
  if (goal.length > 1 || D.surelyDiffer(D.product(goal), count) || (lead.length === 1 && goal.length === 0))
    throw new ShapeError(
      `multi_margin_loss: inconsistent target size ${showShape(goal)} for ${showShape(build.shape(x))}`,
    );
  requireIndices(cx, target, 'multi_margin_loss', ['int64']);
  requireInside(cx, target, classes, 'multi_margin_loss');
  const rows = build.reshape(x, [count, classes]);
  const index = build.convert(build.reshape(target, [count, 1]), 'int64');
  const own = build.emit('take_along_axis', { axis: 1 }, [rows, index]);
  const gap = build.sub(build.add(rows, number(cx, rows, settings.number('margin', 1))), own);
  const short = build.unary('relu', gap);
  const powers = p === 2 ? build.square(short) : short;
  const places = build.emit('iota', { start: 0, step: 1, shape: [classes], dtype: 'int64' });
  const others = build.select(build.binary('eq', places, index), number(cx, powers, 0), powers);
  const weight = classWeight(cx, settings, classes, 'multi_margin_loss');
  const weighted =
    weight === null ? others : build.mul(others, build.emit('gather', { axes: [0], position: 0 }, [weight, index]));
  const summed = build.div(build.sum(weighted, [1]), build.dimScalar(classes));
  return reduced(cx, build.reshape(summed, lead.length === 0 ? goal : [count]), settings);
}

function labelMargin(cx: Context, args: Args, settings: Args): NodeId {
  const { build } = cx;
  const [x, target] = [args.tensor('input'), args.tensor('target')];
  const { lead } = samplesAndClasses(cx, args, 'multilabel_margin_loss');
  const [own, goal] = [build.shape(x), build.shape(target)];
  const fits = goal.length === own.length && goal.every((dim, k) => !D.surelyDiffer(dim, own[k] ?? -1));
  if (!fits && !(own.length <= 1 && goal.length <= 1 && !D.surelyDiffer(D.product(goal), D.product(own))))
    throw new ShapeError(`multilabel_margin_loss: inconsistent size ${showShape(goal)} for ${showShape(own)}`);
  requireIndices(cx, target, 'multilabel_margin_loss', ['int64']);
  const kept = lead.map((_, k) => [k, k] as const);
  return reduced(cx, opaque(cx, 'multilabel_margin_loss', [x, target], lead, build.aval(x).dtype, kept), settings);
}

/** How much nearer the positive is than the negative, at least by the margin. */
function triplets(
  cx: Context,
  [anchor, same, other]: Triplet,
  settings: Args,
  distance: (a: NodeId, b: NodeId) => NodeId,
): NodeId {
  const { build } = cx;
  const [near, far] = [distance(anchor, same), distance(anchor, other)];
  const between = settings.bool('swap', false) ? distance(same, other) : null;
  const nearest = between === null ? far : build.binary('min', far, between);
  const gap = build.sub(build.add(near, number(cx, near, settings.number('margin', 1))), nearest);
  return reduced(cx, positive(cx, gap), settings);
}

function requireMargin(settings: Args): void {
  const margin = settings.number('margin', 1);
  if (margin <= 0) throw new PythonError('ValueError', `margin must be greater than 0, got ${margin}`);
}

type Triplet = readonly [anchor: NodeId, positive: NodeId, negative: NodeId];

function tripletIn(cx: Context, args: Args, settings: Args): Triplet {
  const nodes = [args.tensor('anchor'), args.tensor('positive'), args.tensor('negative')] as const;
  requireMargin(settings);
  const [first, ...others] = nodes.map((x) => cx.build.rank(x));
  if (others.some((rank) => rank !== first))
    throw new ShapeError(
      `anchor, positive and negative must have as many axes, not ${nodes.map((x) => showShape(cx.build.shape(x))).join(', ')}`,
    );
  return nodes;
}

function tripletMargin(cx: Context, args: Args, settings: Args): NodeId {
  const nodes = tripletIn(cx, args, settings);
  broadcastShapes(...nodes.map((x) => cx.build.shape(x)));
  return triplets(cx, nodes, settings, (a, b) =>
    pairwiseDistance(cx, a, b, settings.number('p', 2), settings.number('eps', 1e-6), false),
  );
}

function tripletByDistance(cx: Context, args: Args, settings: Args): NodeId {
  known(settings.string('reduction', 'mean'));
  const nodes = tripletIn(cx, args, settings);
  const given = settings.optional('distance_function');
  return triplets(cx, nodes, settings, (a, b) => {
    if (given === null) return pairwiseDistance(cx, a, b, 2, 1e-6, false);
    const called: Value = cx.call(given, [tensor(a), tensor(b)]);
    if (called.kind === 'tensor') return called.node;
    throw new PythonError('TypeError', 'the distance must be a tensor');
  });
}

/** Connectionist temporal classification: how likely each target is over all alignments. */
function temporal(cx: Context, args: Args, settings: Args): NodeId {
  const { build } = cx;
  const x = args.tensor('log_probs');
  const shape = build.shape(x);
  requireFloating(cx, x, 'ctc_loss');
  if (shape.length !== 2 && shape.length !== 3)
    throw new ShapeError(`ctc_loss: (time, samples, classes) is wanted, not ${showShape(shape)}`);
  const lead = shape.slice(1, -1);
  const kept = lead.map((_, k) => [k + 1, k] as const);
  const classes = dimAt(shape, shape.length - 1);
  const blank = settings.int('blank', 0);
  if (D.isKnown(classes) && (blank < 0 || blank >= classes))
    throw new PythonError('RuntimeError', 'blank must be in label range');
  const losses = opaque(cx, 'ctc_loss', [x], lead, build.aval(x).dtype, kept);
  return reduced(cx, losses, settings);
}

const reductionSettings = "size_average=None, reduce=None, reduction='mean'";

const losses: readonly Loss[] = [
  {
    layer: 'MSELoss',
    fn: 'mse_loss',
    inputs: 'input, target',
    settings: reductionSettings,
    more: 'weight=None',
    rule: (cx, args, settings) =>
      reducedWith(cx, cx.build.square(difference(cx, args, 'mse_loss')), args.tensor('input'), settings, true),
  },
  {
    layer: 'L1Loss',
    fn: 'l1_loss',
    inputs: 'input, target',
    settings: reductionSettings,
    more: 'weight=None',
    rule: (cx, args, settings) =>
      reducedWith(cx, cx.build.unary('abs', difference(cx, args, 'l1_loss')), args.tensor('input'), settings, true),
  },
  {
    layer: 'SmoothL1Loss',
    fn: 'smooth_l1_loss',
    inputs: 'input, target',
    settings: `${reductionSettings}, beta=1.0`,
    rule: (cx, args, settings) => {
      const [d, beta] = [difference(cx, args, 'smooth_l1_loss'), settings.number('beta', 1)];
      if (beta < 0) throw new PythonError('RuntimeError', 'smooth_l1_loss does not support negative values for beta');
      return reduced(cx, beta === 0 ? cx.build.unary('abs', d) : huber(cx, d, beta, true), settings);
    },
  },
  {
    layer: 'HuberLoss',
    fn: 'huber_loss',
    inputs: 'input, target',
    settings: "reduction='mean', delta=1.0",
    more: 'weight=None',
    rule: (cx, args, settings) => {
      const [d, delta] = [difference(cx, args, 'huber_loss'), settings.number('delta', 1)];
      if (delta <= 0)
        throw new PythonError('RuntimeError', 'huber_loss does not support non-positive values for delta');
      const x = args.tensor('input');
      return reducedWith(cx, huber(cx, cx.build.convert(d, cx.build.aval(x).dtype), delta, false), x, settings, false);
    },
  },
  {
    layer: 'BCELoss',
    fn: 'binary_cross_entropy',
    inputs: 'input, target',
    settings: `weight=None, ${reductionSettings}`,
    rule: crossEntropyOfTruth,
  },
  {
    layer: 'BCEWithLogitsLoss',
    fn: 'binary_cross_entropy_with_logits',
    inputs: 'input, target',
    settings: `weight=None, ${reductionSettings}, pos_weight=None`,
    rule: crossEntropyOfLogits,
  },
  {
    layer: 'KLDivLoss',
    fn: 'kl_div',
    inputs: 'input, target',
    settings: `${reductionSettings}, log_target=False`,
    rule: divergence,
  },
  {
    layer: 'PoissonNLLLoss',
    fn: 'poisson_nll_loss',
    inputs: 'input, target',
    settings: "log_input=True, full=False, size_average=None, eps=1e-08, reduce=None, reduction='mean'",
    rule: poisson,
  },
  {
    layer: 'NLLLoss',
    fn: 'nll_loss',
    inputs: 'input, target',
    settings: "weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean'",
    rule: negativeLogLikelihood,
  },
  {
    layer: 'NLLLoss2d',
    fn: null,
    inputs: 'input, target',
    settings: "weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean'",
    rule: negativeLogLikelihood,
  },
  {
    layer: 'CrossEntropyLoss',
    fn: 'cross_entropy',
    inputs: 'input, target',
    settings: "weight=None, size_average=None, ignore_index=-100, reduce=None, reduction='mean', label_smoothing=0.0",
    rule: (cx, args, settings) => crossEntropy(cx, args.tensor('input'), args.tensor('target'), settings),
  },
  {
    layer: 'MarginRankingLoss',
    fn: 'margin_ranking_loss',
    inputs: 'input1, input2, target',
    settings: `margin=0.0, ${reductionSettings}`,
    rule: rankingLoss,
  },
  {
    layer: 'HingeEmbeddingLoss',
    fn: 'hinge_embedding_loss',
    inputs: 'input, target',
    settings: `margin=1.0, ${reductionSettings}`,
    rule: hingeEmbedding,
  },
  {
    layer: 'CosineEmbeddingLoss',
    fn: 'cosine_embedding_loss',
    inputs: 'input1, input2, target',
    settings: `margin=0.0, ${reductionSettings}`,
    rule: cosineEmbedding,
  },
  {
    layer: 'SoftMarginLoss',
    fn: 'soft_margin_loss',
    inputs: 'input, target',
    settings: reductionSettings,
    rule: softMargin,
  },
  {
    layer: 'MultiLabelSoftMarginLoss',
    fn: 'multilabel_soft_margin_loss',
    inputs: 'input, target',
    settings: `weight=None, ${reductionSettings}`,
    rule: softMarginOfLabels,
  },
  {
    layer: 'MultiMarginLoss',
    fn: 'multi_margin_loss',
    inputs: 'input, target',
    settings: `p=1, margin=1.0, weight=None, ${reductionSettings}`,
    rule: multiMargin,
  },
  {
    layer: 'MultiLabelMarginLoss',
    fn: 'multilabel_margin_loss',
    inputs: 'input, target',
    settings: reductionSettings,
    rule: labelMargin,
  },
  {
    layer: 'TripletMarginLoss',
    fn: 'triplet_margin_loss',
    inputs: 'anchor, positive, negative',
    settings: `margin=1.0, p=2.0, eps=1e-06, swap=False, ${reductionSettings}`,
    rule: tripletMargin,
  },
  {
    layer: 'TripletMarginWithDistanceLoss',
    fn: 'triplet_margin_with_distance_loss',
    inputs: 'anchor, positive, negative',
    settings: "*, distance_function=None, margin=1.0, swap=False, reduction='mean'",
    rule: tripletByDistance,
  },
  {
    layer: 'CTCLoss',
    fn: 'ctc_loss',
    inputs: 'log_probs, targets, input_lengths, target_lengths',
    settings: "blank=0, reduction='mean', zero_infinity=False",
    rule: temporal,
  },
];

function both({ layer, fn, inputs, settings, more, rule }: Loss): readonly (ClassValue | NativeValue)[] {
  const extra = more === undefined ? '' : `, ${more}`;
  const layers = [layerClass({ name: layer, settings, inputs, forward: rule })];
  if (fn === null) return layers;
  return [
    ...layers,
    native(`torch.nn.functional.${fn}`, `(${inputs}, ${settings}${extra})`, (cx, args) => tensor(rule(cx, args, args))),
  ];
}

export const lossLayers: readonly (ClassValue | NativeValue)[] = [
  ...losses.flatMap(both),
  // A function may be told in any order what the layer must be told by name.
  native(
    'torch.nn.functional.gaussian_nll_loss',
    "(input, target, var, full=False, eps=1e-06, reduction='mean')",
    (cx, args) => tensor(gaussian(cx, args, args)),
  ),
  layerClass({
    name: 'GaussianNLLLoss',
    settings: "*, full=False, eps=1e-06, reduction='mean'",
    inputs: 'input, target, var',
    forward: gaussian,
  }),
  native(
    'torch.nn.functional.linear_cross_entropy',
    "(input, linear_weight, target, *, linear_bias=None, weight=None, reduction='mean', ignore_index=None, label_smoothing=0.0, options=None)",
    (cx, args) => {
      if (cx.build.rank(args.tensor('linear_weight')) !== 2)
        return cx.unknown('linear_cross_entropy with several classes at once is not followed');
      const logits = linear(cx, args.tensor('input'), args.tensor('linear_weight'), args.optionalTensor('linear_bias'));
      return tensor(crossEntropy(cx, logits, args.tensor('target'), args));
    },
  ),
];
