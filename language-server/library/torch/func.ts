import { alias } from '../define.ts';
import {
  gradTransform,
  gradWithValue,
  hessianTransform,
  jacobianTransform,
  jvpFunction,
  linearizeFunction,
  type Style,
  vjpFunction,
  vmapTransform,
} from '../functional.ts';
import type { NativeValue } from '../values.ts';

/** torch.func, once functorch (https://docs.pytorch.org/docs/stable/func.api.html): functions of functions. */

const style: Style = { family: 'torch', parameter: 'func', arrays: (_cx, value) => value, mapsKeywords: false };

const chunks = ', *, chunk_size=None, randomness=None, _preallocate_and_copy=None';

export const func: readonly NativeValue[] = [
  ...alias(jacobianTransform(style, 'torch.func.jacrev', 'reverse', chunks), 'functorch.jacrev'),
  ...alias(jacobianTransform(style, 'torch.func.jacfwd', 'forward', ', *, randomness=None'), 'functorch.jacfwd'),
  ...alias(hessianTransform(style, 'torch.func.hessian', ''), 'functorch.hessian'),
  ...alias(gradTransform(style, 'torch.func.grad', ''), 'functorch.grad'),
  ...alias(gradWithValue(style, 'torch.func.grad_and_value', '', 'gradient first'), 'functorch.grad_and_value'),
  ...alias(
    vmapTransform(
      style,
      'torch.func.vmap',
      '(func, in_dims|in_axes=0, out_dims|out_axes=0, randomness=None, *, chunk_size=None)',
    ),
    'torch.vmap',
    'functorch.vmap',
  ),
  ...alias(
    jvpFunction(style, 'torch.func.jvp', '(func, primals, tangents, *, strict=False, has_aux=False)'),
    'functorch.jvp',
  ),
  ...alias(vjpFunction(style, 'torch.func.vjp', '(func, *primals, has_aux=False)'), 'functorch.vjp'),
  linearizeFunction(style, 'torch.func.linearize', '(func, *primals)'),
];
