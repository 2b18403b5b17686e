import { type Shape, ShapeError, sameShape, showShape } from '../../graph/shape.ts';
import { type Args, sizesOf } from '../arguments.ts';
import type { Context } from '../context.ts';
import { alias, native } from '../define.ts';
import type { NativeValue, Value } from '../values.ts';
import { opaque } from './opaque.ts';

/** Methods that change a tensor in place: `x.f_(...)` is `x.f(...)` written back to x. */

/** torch's own list: every function of each element, and those that write or rearrange (torch 2.13). */
const kinds: Readonly<Record<'same' | 'reshaping', string>> = {
  same: `abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh
    atan atan2 atanh baddbmm bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor ceil clamp clamp_max
    clamp_min clip conj_physical copysign cos cosh cumprod cumsum deg2rad digamma div divide eq erf erfc erfinv exp exp2 expm1 fix
    float_power floor floor_divide fmod frac gcd ge greater greater_equal gt heaviside hypot i0 igamma igammac index_add index_copy
    index_fill index_put index_reduce lcm ldexp le lerp less less_equal lgamma log log10 log1p log2 logical_and logical_not logical_or
    logical_xor logit lt masked_fill masked_scatter mul multiply mvlgamma nan_to_num ne neg negative nextafter not_equal polygamma pow put
    rad2deg reciprocal relu remainder round rsqrt scatter scatter_add scatter_reduce sgn sigmoid sign sin sinc sinh sqrt square sub subtract
    tan tanh tril triu true_divide trunc xlogy`,
  reshaping: 'squeeze swapaxes swapdims t transpose unsqueeze as_strided',
};

/** The in-place form of each method that has one, as a method and as a function. Throws ShapeError where the result would not fit into the tensor. */
export function inPlaceMethods(methods: readonly NativeValue[]): readonly NativeValue[] {
  return Object.entries(kinds).flatMap(([kind, names]) => {
    const wanted = new Set(names.split(/\s+/).map((name) => `torch.Tensor.${name}`));
    return methods
      .filter(({ name }) => wanted.has(name))
      .flatMap((method) => {
        const changed = inPlace(method, kind === 'same');
        return alias(changed, changed.name.replace('torch.Tensor.', 'torch.'));
      });
  });
}

/** Methods that give a tensor another shape, of whatever is in memory there. */
export const resizing: readonly NativeValue[] = [
  native('torch.Tensor.resize_', '(input, *sizes, memory_format=None)', (cx, args) =>
    resized(cx, args, sizesOf(cx, args.rest)),
  ),
  native('torch.Tensor.resize_as_', '(input, the_template, memory_format=None)', (cx, args) =>
    resized(cx, args, cx.build.shape(args.tensor('the_template'))),
  ),
  native('torch.Tensor.set_', '(input, source=None, storage_offset=0, size=None, stride=None)', (cx, args) => {
    if (args.optional('size') !== null) return resized(cx, args, args.shape('size'));
    const x = args.tensorValue('input');
    cx.assignInPlace(x, args.tensor('source'));
    return x;
  }),
];

function resized(cx: Context, args: Args, shape: Shape): Value {
  const x = args.tensorValue('input');
  cx.assignInPlace(x, opaque(cx, 'resize_', [x.node], shape, cx.build.aval(x.node).dtype));
  return x;
}

function inPlace(method: NativeValue, keepsShape: boolean): NativeValue {
  return {
    ...method,
    name: `${method.name}_`,
    call: (cx, bound) => {
      const target = bound.values.get('input');
      const result = method.call(cx, bound);
      if (target?.kind !== 'tensor' || result.kind !== 'tensor') return result;
      const { shape, dtype } = cx.build.aval(target.node);
      const made = cx.build.shape(result.node);
      if (keepsShape && !sameShape(made, shape)) {
        throw new ShapeError(
          `${method.name.slice('torch.Tensor.'.length)}_: a result ${showShape(made)} does not fit into the tensor ${showShape(shape)}`,
        );
      }
      cx.assignInPlace(target, cx.build.convert(result.node, dtype));
      return target;
    },
  };
}
