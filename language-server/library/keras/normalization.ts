import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { dimAt, ShapeError, showShape } from '../../graph/shape.ts';
import { PythonError, Unknowable } from '../context.ts';
import { native } from '../define.ts';
import { affine, centred, groupNormalized, normalized, placed, rootNormalized } from '../jax/layers.ts';
import { scalarOf } from '../torch/nn/layer.ts';
import { type ClassValue, none } from '../values.ts';
import { shapesOf } from './calling.ts';
import { axesIn } from './core.ts';
import { selfIn } from './kinds.ts';
import { type BuildCall, type LayerCall, layerClass } from './layer.ts';
import { isTrainable } from './weights.ts';

/** Normalization layers (https://keras.io/api/layers/normalization_layers/). */

const ends =
  "center=True, scale=True, beta_initializer='zeros', gamma_initializer='ones', beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None";

function epsilon(call: LayerCall, x: NodeId, otherwise: number): NodeId {
  return scalarOf(call.cx, call.own, 'epsilon', otherwise, x);
}

/** Scale and shift for the sizes of axes, where they are wanted. */
function makeAffine(call: BuildCall, axes: readonly number[]): void {
  const shape = axes.map((axis) => call.sizeAt(axis));
  const { own } = call;
  call.weight('gamma', own.bool('scale', true) ? shape : null, own.optional('gamma_initializer'), 'ones');
  call.weight('beta', own.bool('center', true) ? shape : null, own.optional('beta_initializer'), 'zeros');
}

function finished(call: LayerCall, y: NodeId, axes: readonly number[]): NodeId {
  return affine(call.cx, y, call.optionalWeight('gamma'), call.optionalWeight('beta'), axes);
}

/** The axis of a layer that has one, counted from the front. */
function axisIn(call: LayerCall | BuildCall, rank: number): number {
  const axis = call.own.int('axis', -1);
  if (axis >= rank || axis < -rank) throw new PythonError('IndexError', 'tuple index out of range');
  return axis < 0 ? axis + rank : axis;
}

/** With the statistics of the batch in training, which tie its samples together; else with stored ones. */
const batchNormalization: ClassValue = layerClass({
  name: 'BatchNormalization',
  settings: `axis=-1, momentum=0.99, epsilon=0.001, ${ends.replace('beta_regularizer', "moving_mean_initializer='zeros', moving_variance_initializer='ones', beta_regularizer")}, renorm=False, renorm_clipping=None, renorm_momentum=0.99, synchronized=False`,
  inputs: 'inputs, training=None, mask=None',
  mask: 'used',
  build: (call) => {
    const rank = call.shapeOf('input_shape').length;
    const axis = axisIn(call, rank);
    const shape = [call.sizeAt(axis)];
    makeAffine(call, [axis]);
    const { own } = call;
    call.weight('moving_mean', shape, own.optional('moving_mean_initializer'), 'zeros', false);
    call.weight('moving_variance', shape, own.optional('moving_variance_initializer'), 'ones', false);
    if (own.bool('renorm', false)) throw new Unknowable('batch renormalization is not followed');
    call.fix(axis, call.sizeAt(axis));
  },
  apply: (call) => {
    const { build, cx } = call;
    const x = call.array('inputs');
    const rank = build.rank(x);
    const axis = axisIn(call, rank);
    const eps = epsilon(call, x, 1e-3);
    if (call.isTraining && isTrainable(call.layer)) {
      if (call.optional('mask') !== null) throw new Unknowable('statistics under a mask are not followed');
      const others = build.shape(x).flatMap((_, k) => (k === axis ? [] : [k]));
      return finished(call, normalized(cx, x, others, eps), [axis]);
    }
    const stored = {
      mean: placed(cx, call.weight('moving_mean'), x, [axis]),
      variance: placed(cx, call.weight('moving_variance'), x, [axis]),
    };
    return finished(call, centred(cx, x, stored, eps), [axis]);
  },
});

export const normalizationLayers: readonly ClassValue[] = [
  batchNormalization,
  layerClass({
    name: 'LayerNormalization',
    settings: `axis=-1, epsilon=0.001, ${ends}, rms_scaling=False`,
    mask: 'passed',
    build: (call) => {
      const axes = axesIn(call.own, 'axis', call.shapeOf('input_shape').length);
      makeAffine(
        call,
        axes.toSorted((a, b) => a - b),
      );
    },
    apply: (call) => {
      if (call.own.bool('rms_scaling', false)) throw new Unknowable('rms_scaling is not followed');
      const x = call.array('inputs');
      const axes = axesIn(call.own, 'axis', call.build.rank(x));
      return finished(call, normalized(call.cx, x, axes, epsilon(call, x, 1e-3)), axes);
    },
  }),
  layerClass({
    name: 'RMSNormalization',
    settings: 'axis=-1, epsilon=1e-06',
    build: (call) => {
      const axes = axesIn(call.own, 'axis', call.shapeOf('input_shape').length).toSorted((a, b) => a - b);
      const shape = axes.map((axis) => call.sizeAt(axis));
      call.weight('scale', shape, null, 'ones');
    },
    apply: (call) => {
      const x = call.array('inputs');
      const axes = axesIn(call.own, 'axis', call.build.rank(x));
      const y = rootNormalized(call.cx, x, axes, epsilon(call, x, 1e-6));
      return affine(call.cx, y, call.weight('scale'), null, axes);
    },
  }),
  layerClass({
    name: 'GroupNormalization',
    settings: `groups=32, axis=-1, epsilon=0.001, ${ends}`,
    mask: 'passed',
    make: (_cx, _layer, own) => {
      const groups = own.int('groups', 32);
      if (groups <= 0 && groups !== -1)
        throw new PythonError('ValueError', `Received an invalid value for argument \`groups\`: ${groups}`);
    },
    build: (call) => {
      const rank = call.shapeOf('input_shape').length;
      const axis = axisIn(call, rank);
      const channels = call.sizeAt(axis);
      const groups = groupsIn(call, channels);
      if (D.isKnown(channels) && D.isKnown(groups) && (channels < groups || channels % groups !== 0))
        throw new PythonError('ValueError', `${channels} channels cannot be put into ${groups} groups.`);
      makeAffine(call, [axis]);
      call.fix(axis, channels);
    },
    apply: (call) => {
      const { build, cx } = call;
      const given = call.array('inputs');
      const rank = build.rank(given);
      const axis = axisIn(call, rank);
      if (rank < 2 || axis === 0)
        throw new ShapeError(`group normalization takes samples with channels, not ${showShape(build.shape(given))}`);
      const x = build.moveAxes(given, [axis], [rank - 1]);
      const groups = groupsIn(call, dimAt(build.shape(x), rank - 1));
      if (!D.isKnown(groups)) throw new Unknowable('the number of groups is not known');
      const axes = build.shape(x).flatMap((_, k) => (k === 0 ? [] : [k]));
      const y = groupNormalized(cx, x, groups, axes, epsilon(call, x, 1e-3));
      return build.moveAxes(finished(call, y, [rank - 1]), [rank - 1], [axis]);
    },
  }),
  layerClass({
    name: 'Normalization',
    settings: 'axis=-1, mean=None, variance=None, invert=False',
    methods: [
      native('adapt', '(self, data, *args, **kwargs)', (cx, args) => {
        const layer = selfIn(args);
        const shape = shapesOf(cx, args.value('data'));
        const build = cx.attribute(layer, 'build');
        if (build !== null && shape !== null) cx.call(build, [shape]);
        return none;
      }),
    ],
    build: (call) => {
      const { own } = call;
      const rank = call.shapeOf('input_shape').length;
      const axes = keptAxes(own, rank);
      if (own.optional('mean') !== null || call.layer.attributes.has('adapt_mean')) return;
      const shape = axes.map((axis) => call.sizeAt(axis));
      call.weight('mean', shape, null, 'zeros', false, 'adapt_mean');
      call.weight('variance', shape, null, 'ones', false, 'adapt_variance');
      call.weight('count', [], null, 'zeros', false, 'count');
    },
    apply: (call) => {
      const { build, own, cx } = call;
      const given = call.array('inputs');
      const x = build.convert(given, call.compute);
      const axes = keptAxes(own, build.rank(x));
      const isTold = own.optional('mean') !== null;
      const number = (name: string, weight: string): NodeId =>
        isTold ? build.convert(own.array(name), call.compute) : placed(cx, call.weight(weight), x, axes);
      if (isTold && axes.length > 0 && [own.array('mean')].some((node) => build.rank(node) > axes.length))
        throw new Unknowable('means of so many axes are not followed');
      const [mean, variance] = [number('mean', 'adapt_mean'), number('variance', 'adapt_variance')];
      const root = build.unary('sqrt', variance);
      const spread = build.binary('max', root, build.scalar(1e-7, root));
      return own.bool('invert', false) ? build.add(mean, build.mul(x, spread)) : build.div(build.sub(x, mean), spread);
    },
  }),
  layerClass({
    name: 'UnitNormalization',
    settings: 'axis=-1',
    mask: 'passed',
    apply: (call) => {
      const { build } = call;
      const x = call.array('inputs');
      if (build.rank(x) === 0) throw new Unknowable('the norm of a single number is not followed');
      const axes = axesIn(call.own, 'axis', build.rank(x));
      return unit(call, x, axes);
    },
  }),
];

/** The axes of a layer whose entries have means of their own. */
function keptAxes(own: LayerCall['own'], rank: number): readonly number[] {
  const axes = own.optional('axis') === null ? [] : axesIn(own, 'axis', rank);
  return axes.toSorted((a, b) => a - b);
}

/** x / max(|x|, epsilon) over some axes. */
export function unit(call: LayerCall, x: NodeId, axes: readonly number[]): NodeId {
  const { build } = call;
  const squares = build.sum(build.square(x), axes, true);
  const least = build.scalar(1e-12, squares);
  return build.mul(x, build.unary('rsqrt', build.binary('max', squares, least)));
}

/** As many groups as the layer is told; -1 stands for one for each channel. */
function groupsIn(call: LayerCall | BuildCall, channels: D.Dim): D.Dim {
  const groups = call.own.int('groups', 32);
  return groups === -1 ? channels : groups;
}
