import { asKnownInt } from '../arguments.ts';
import { libraryClass, native } from '../define.ts';
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
import { madeFunction } from '../transforms.ts';
import { type ClassValue, int, type NativeValue, none, tuple, type Value } from '../values.ts';
import { jaxFunction } from './function.ts';
import { asArrays } from './pytrees.ts';

/** JAX's transforms of functions (https://docs.jax.dev/en/latest/jax.html). */

export const style: Style = { family: 'jax', parameter: 'fun', arrays: asArrays, mapsKeywords: true };

const reals = ', holomorphic=False, allow_int=False, reduce_axes=()';
const jacrev = jacobianTransform(style, 'jax.jacrev', 'reverse', ', holomorphic=False, allow_int=False');

const mapped =
  '(fun, in_dims|in_axes=0, out_dims|out_axes=0, axis_name=None, axis_size=None, spmd_axis_name=None, sum_match=None)';

/** Transforms that change how a function runs and not what it gives. */
const keeping = ['jit', 'checkpoint', 'remat', 'named_call', 'ad_checkpoint.checkpoint', 'profiler.annotate_function'];

/** A function with derivatives of its own: called, it is the function. */
function withOwnRule(name: string, setters: readonly string[]): ClassValue {
  return libraryClass(
    name,
    [],
    [
      native('__init__', '(self, fun=None, *args, **kwargs)', (cx, args) => {
        cx.setAttribute(args.value('self'), '__func__', args.optional('fun') ?? none);
        return none;
      }),
      native('__call__', '(self, *args, **kwargs)', (cx, args) => {
        const self = args.value('self');
        const fn = self.kind === 'instance' ? self.attributes.get('__func__') : undefined;
        // Made with options alone, it is a decorator still.
        if (fn === undefined || fn.kind === 'none') return args.rest[0] ?? none;
        return cx.withGradMode('own', () => cx.call(fn, args.rest, args.keywords));
      }),
      ...setters.map((setter) =>
        native(setter, '(self, *args, **kwargs)', (_cx, args): Value => args.rest[0] ?? args.value('self')),
      ),
    ],
  );
}

export const transformClasses: readonly ClassValue[] = [
  withOwnRule('jax.custom_jvp', ['defjvp', 'defjvps']),
  withOwnRule('jax.custom_vjp', ['defvjp', 'defvjp_all']),
];

const eachOnItsDevice = vmapTransform(
  style,
  'jax.pmap',
  '(fun, axis_name=None, in_dims|in_axes=0, out_dims|out_axes=0, static_broadcasted_argnums=(), axis_size=None, **kwargs)',
);

/** `vmap` over devices. Arguments that are static go along as they are: along no axis. */
const parallelMap: NativeValue = {
  ...eachOnItsDevice,
  call: (cx, bound) => {
    const places = bound.values.get('static_broadcasted_argnums') ?? tuple([]);
    const fixed = new Set((places.kind === 'int' ? [places] : cx.items(places)).map((k) => asKnownInt(k, 'argnums')));
    if (fixed.size === 0) return eachOnItsDevice.call(cx, bound);
    const axes = bound.values.get('in_dims') ?? int(0);
    return madeFunction(cx, 'jax.pmap', bound.values.get('fun') ?? none, (inner, call) => {
      const own = call.rest.map((_, k) =>
        fixed.has(k) ? none : axes.kind === 'tuple' ? (axes.items[k] ?? none) : axes,
      );
      const values = new Map([...bound.values, ['in_dims', tuple(own)]]);
      return inner.call(eachOnItsDevice.call(inner, { ...bound, values }), call.rest, call.keywords);
    });
  },
};

export const transforms: readonly NativeValue[] = [
  gradTransform(style, 'jax.grad', reals),
  gradWithValue(style, 'jax.value_and_grad', reals, 'value first'),
  jacrev,
  { ...jacrev, name: 'jax.jacobian' },
  jacobianTransform(style, 'jax.jacfwd', 'forward', ', holomorphic=False'),
  hessianTransform(style, 'jax.hessian', ', holomorphic=False'),
  vmapTransform(style, 'jax.vmap', mapped),
  parallelMap,
  jvpFunction(style, 'jax.jvp', '(fun, primals, tangents, has_aux=False)'),
  vjpFunction(style, 'jax.vjp', '(fun, *primals, has_aux=False, reduce_axes=())'),
  linearizeFunction(style, 'jax.linearize', '(fun, *primals, has_aux=False)'),
  ...keeping.map((name) =>
    jaxFunction(`jax.${name}`, '(fun|f|func=None, *args, **kwargs)', (call) => {
      const fn = call.optional('fun');
      // Called with options alone it is a decorator.
      return fn ?? native(`jax.${name}`, '(fun)', (_cx, args) => args.value('fun'));
    }),
  ),
  native('jax.custom_gradient', '(fun)', (cx, args) => {
    const fn = args.value('fun');
    // The function gives its value with the function that pulls cotangents back.
    return madeFunction(cx, 'jax.custom_gradient', fn, (inner, bound) => {
      const pair = inner.withGradMode('own', () => inner.call(fn, bound.rest, bound.keywords));
      return pair.kind === 'tuple' ? (pair.items[0] ?? none) : pair;
    });
  }),
  jaxFunction('jax.eval_shape', '(fun, *args, **kwargs)', (call) =>
    call.cx.call(call.value('fun'), call.rest, call.keywords),
  ),
  jaxFunction('jax.make_jaxpr', '(fun, *args, **kwargs)', (call) =>
    call.cx.unknown('the text of a computation is not followed'),
  ),
  jaxFunction('jax.linear_transpose', '(fun, *primals, reduce_axes=())', (call) =>
    call.cx.unknown('linear_transpose is not followed'),
  ),
];
