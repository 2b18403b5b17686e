import type { NodeId } from '../../graph/graph.ts';
import type { Args } from '../arguments.ts';
import type { Context } from '../context.ts';
import { native, op } from '../define.ts';
import { tensor, tuple } from '../values.ts';
import { withMethod } from './method.ts';

/** Reductions of torch (https://docs.pytorch.org/docs/stable/torch.html#reduction-ops). */

const parameters = '(input, dim|axis=None, keepdim|keepdims=False, *, dtype=None, out=None)';

type Reducer = 'reduce_sum' | 'reduce_prod' | 'reduce_max' | 'reduce_min' | 'reduce_and' | 'reduce_or';

function reduce(cx: Context, args: Args, how: Reducer): NodeId {
  const x = args.tensor('input');
  return cx.build.reduce(how, x, args.axes('dim', cx.build.rank(x)), args.bool('keepdim', false));
}

function variance(cx: Context, args: Args): NodeId {
  const { build } = cx;
  const x = args.tensor('input');
  const axes = args.axes('dim', build.rank(x));
  const keep = args.bool('keepdim', false);
  const deviation = build.sub(x, build.mean(x, axes, true));
  // The shape does not hang on the correction; the value does: n / (n - correction).
  return build.mean(build.square(deviation), axes, keep);
}

export const reductions = withMethod([
  op('torch.sum', parameters, (cx, args) => {
    const summed = reduce(cx, args, 'reduce_sum');
    return cx.build.convert(summed, args.dtype('dtype', cx.build.aval(summed).dtype));
  }),
  op('torch.mean', parameters, (cx, args) => {
    const x = args.tensor('input');
    return cx.build.mean(x, args.axes('dim', cx.build.rank(x)), args.bool('keepdim', false));
  }),
  op('torch.amax', parameters, (cx, args) => reduce(cx, args, 'reduce_max')),
  op('torch.amin', parameters, (cx, args) => reduce(cx, args, 'reduce_min')),
  op('torch.var', '(input, dim|axis=None, keepdim|keepdims=False, unbiased=None, *, correction=1)', variance),
  // max() of all, max(other), or (values, indices) along an axis: one name for three functions.
  native('torch.max', '(input, dim|axis|other=None, keepdim|keepdims=False)', (cx, args) => {
    const { build } = cx;
    const x = args.tensor('input');
    const second = args.optional('dim');
    if (second === null) return tensor(build.reduce('reduce_max', x));
    if (second.kind === 'tensor') return tensor(build.binary('max', x, second.node));
    const axis = args.axis('dim', build.rank(x));
    const keep = args.bool('keepdim', false);
    const indices = build.emit('argmax', { axis }, [x]);
    return tuple(
      [tensor(build.reduce('reduce_max', x, [axis], keep)), tensor(keep ? build.expandDims(indices, axis) : indices)],
      ['values', 'indices'],
    );
  }),
  op('torch.logsumexp', '(input, dim|axis, keepdim|keepdims=False)', (cx, args) => {
    const x = args.tensor('input');
    return cx.build.logSumExp(x, args.axes('dim', cx.build.rank(x)) ?? [], args.bool('keepdim', false));
  }),
]);
