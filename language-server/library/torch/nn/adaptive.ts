import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import { dimAt, requireEqual, ShapeError, showShape } from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { native, op } from '../../define.ts';
import { bool, type ClassValue, int, list, tensor, tuple, type Value } from '../../values.ts';
import { softmaxOf } from '../reductions.ts';
import { listClass, sequentialClass } from './containers.ts';
import { requireIndices, requireInside } from './embedding.ts';
import { layerClass, moduleIn, settingsOf } from './layer.ts';
import { linearClass } from './linear.ts';
import { type ModuleSelf, self } from './module.ts';

/** Softmax over many classes, of which the rare ones share entries of the head (https://arxiv.org/abs/1609.04309). */

/** Where the classes of the head and of each cluster end. */
function cutoffsIn(own: Args): readonly number[] {
  return own.items('cutoffs').map((item) => {
    if (item.kind === 'int' && D.isKnown(item.value)) return item.value;
    throw new Unknowable('the cutoffs are not known');
  });
}

function make(cx: Context, module: ModuleSelf, settings: Args): void {
  const [into, classes] = [settings.int('in_features'), settings.int('n_classes')];
  const given = cutoffsIn(settings);
  const last = given.at(-1);
  if (last === undefined) throw new PythonError('ValueError', 'cutoffs should be a sequence of length larger than 0');
  const rising = given.every((cut, k) => cut > (given[k - 1] ?? 0));
  if (!rising || last > classes - 1)
    throw new PythonError(
      'ValueError',
      'cutoffs should be unique, positive and increasing, each between 1 and n_classes-1',
    );
  const cutoffs = [...given, classes];
  const shortlist = cutoffs[0] ?? 0;
  const clusters = cutoffs.length - 1;
  const share = settings.number('div_value', 4);
  const linearOf = (from: number, to: number, bias: boolean): Value =>
    cx.call(linearClass, [int(from), int(to)], new Map([['bias', bool(bias)]]));
  const tail = Array.from({ length: clusters }, (_, k) => {
    const hidden = Math.floor(into / share ** (k + 1));
    const size = (cutoffs[k + 1] ?? 0) - (cutoffs[k] ?? 0);
    return cx.call(sequentialClass, [linearOf(into, hidden, false), linearOf(hidden, size, false)]);
  });
  cx.setAttribute(module, 'cutoffs', list(cutoffs.map(int)));
  cx.setAttribute(module, 'head', linearOf(into, shortlist + clusters, settings.bool('head_bias', false)));
  cx.setAttribute(module, 'tail', cx.call(listClass, [list(tail)]));
}

function called(cx: Context, callee: Value | undefined, x: NodeId): NodeId {
  const result = callee === undefined ? undefined : cx.call(callee, [tensor(x)]);
  if (result?.kind === 'tensor') return result.node;
  throw new Unknowable('a part of the softmax is not known');
}

/** (samples, classes): for rare classes, the logarithm of their cluster's share and of theirs in it. */
function logProbabilities(cx: Context, module: ModuleSelf, x: NodeId): NodeId {
  const { build } = cx;
  const cutoffs = cutoffsIn(settingsOf(cx, module, ['cutoffs']));
  const shortlist = cutoffs[0] ?? 0;
  const head = softmaxOf(cx, called(cx, moduleIn(cx.attribute(module, 'head')), x), 1, true);
  const tail = cx.items(moduleIn(cx.attribute(module, 'tail')));
  const clusters = tail.map((cluster, k) => {
    const own = softmaxOf(cx, called(cx, cluster, x), 1, true);
    return build.add(own, build.sliceAxis(head, 1, shortlist + k, shortlist + k + 1));
  });
  return build.concatenate([build.sliceAxis(head, 1, 0, shortlist), ...clusters], 1);
}

const adaptive = layerClass({
  name: 'AdaptiveLogSoftmaxWithLoss',
  settings: 'in_features, n_classes, cutoffs, div_value=4.0, head_bias=False, device=None, dtype=None',
  inputs: 'input_|input, target_|target',
  make,
  forward: (cx, args, own, module) => {
    const { build } = cx;
    const [given, goal] = [args.tensor('input_'), args.tensor('target_')];
    const rank = build.rank(goal);
    if (rank > 1 || build.rank(given) !== rank + 1)
      throw new ShapeError(
        `AdaptiveLogSoftmaxWithLoss: ${showShape(build.shape(given))} and targets ${showShape(build.shape(goal))} do not fit`,
      );
    const [x, target] = rank === 1 ? [given, goal] : [build.expandDims(given, 0), build.expandDims(goal, 0)];
    const what = (): string => 'Input and target should have the same size in the batch dimension.';
    requireEqual(dimAt(build.shape(x), 0), dimAt(build.shape(target), 0), what);
    requireIndices(cx, target, 'AdaptiveLogSoftmaxWithLoss', ['int64']);
    requireInside(cx, target, own.dim('n_classes'), 'AdaptiveLogSoftmaxWithLoss');
    const all = logProbabilities(cx, module, x);
    const picked = build.dropAxis(build.emit('take_along_axis', { axis: 1 }, [all, build.expandDims(target, 1)]), 1);
    const loss = build.mean(build.unary('neg', picked));
    const output = rank === 1 ? picked : build.dropAxis(picked, 0);
    return tuple([tensor(output), tensor(loss)], ['output', 'loss']);
  },
});
adaptive.attributes.set(
  'log_prob',
  op('log_prob', '(self, input)', (cx, args) => logProbabilities(cx, self(args), args.tensor('input'))),
);
adaptive.attributes.set(
  'predict',
  native('predict', '(self, input)', (cx, args) =>
    tensor(cx.build.emit('argmax', { axis: 1 }, [logProbabilities(cx, self(args), args.tensor('input'))])),
  ),
);

export const adaptiveLayers: readonly ClassValue[] = [adaptive];
