import { isFloating } from '../../graph/shape.ts';
import { asKnownInt } from '../arguments.ts';
import type { Context } from '../context.ts';
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
import { madeFunction, mapLeaves } from '../transforms.ts';
import { type ClassValue, int, type NativeValue, none, tensor, tuple, type Value } from '../values.ts';
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

/** How the rule of a function with derivatives of its own is called for arguments that the function is given. */
type Rule = (cx: Context, rules: readonly Value[], given: readonly Value[], fixed: ReadonlySet<number>) => void;

/** Some tangents of a value, or cotangents: of the same shapes. */
function tangentsOf(cx: Context, value: Value): Value {
  return mapLeaves(asArrays(cx, value), (node) => {
    const aval = cx.build.aval(node);
    return isFloating(aval.dtype)
      ? tensor(cx.build.emit('data', { name: 'tangent', aval }), 'jax')
      : cx.unknown('tangents of whole numbers are not followed');
  });
}

/** `forward(*args)` gives the result and what `backward(*fixed, kept, cotangents)` needs. */
const byPulling: Rule = (cx, [forward, backward], given, fixed) => {
  if (forward === undefined || backward === undefined) return;
  cx.expectCall(forward, () => given);
  cx.expectCall(backward, () => {
    const pair = cx.call(forward, given);
    const [result, kept] = pair.kind === 'tuple' ? pair.items : [];
    if (result === undefined || kept === undefined) return null;
    return [...given.filter((_, k) => fixed.has(k)), kept, tangentsOf(cx, result)];
  });
};

/** `rule(*fixed, primals, tangents)`. */
const byPushing: Rule = (cx, [rule], given, fixed) => {
  if (rule === undefined) return;
  const primals = given.filter((_, k) => !fixed.has(k));
  cx.expectCall(rule, () => [
    ...given.filter((_, k) => fixed.has(k)),
    tuple(primals.map((each) => asArrays(cx, each))),
    tuple(primals.map((each) => tangentsOf(cx, each))),
  ]);
};

/** The attributes in which a function with derivatives of its own keeps what it is told. */
const [ownFunction, ownRules, ownFixed] = ['__func__', '__rules__', '__fixed__'];

/** A function with derivatives of its own: called, it is the function. */
function withOwnRule(name: string, setters: readonly string[], expect: Rule): ClassValue {
  return libraryClass(
    name,
    [],
    [
      native('__init__', '(self, fun=None, nondiff_argnums=(), nondiff_argnames=())', (cx, args) => {
        const [self, fixed] = [args.value('self'), args.optional('nondiff_argnums') ?? tuple([])];
        cx.setAttribute(self, ownFunction, args.optional('fun') ?? none);
        cx.setAttribute(self, ownFixed, fixed.kind === 'int' ? tuple([fixed]) : fixed);
        return none;
      }),
      native('__call__', '(self, *args, **kwargs)', (cx, args) => {
        const self = args.value('self');
        const fn = self.kind === 'instance' ? self.attributes.get(ownFunction) : undefined;
        // Made with options alone, it is a decorator still.
        if (fn === undefined || fn.kind === 'none') return args.rest[0] ?? none;
        const result = cx.withGradMode('own', () => cx.call(fn, args.rest, args.keywords));
        const [rules, fixed] = [ownRules, ownFixed].map((key) => cx.attribute(self, key));
        if (rules?.kind === 'tuple' && fixed?.kind === 'tuple' && args.keywords.size === 0)
          expect(cx, rules.items, args.rest, new Set(fixed.items.map((k) => asKnownInt(k, 'nondiff_argnums'))));
        return result;
      }),
      ...setters.map((setter) =>
        native(setter, '(self, *args, **kwargs)', (cx, args): Value => {
          for (const rule of args.rest) cx.expectCall(rule, null);
          cx.setAttribute(args.value('self'), ownRules, tuple(setter === 'defjvps' ? [] : args.rest));
          return args.rest[0] ?? args.value('self');
        }),
      ),
    ],
  );
}

export const transformClasses: readonly ClassValue[] = [
  withOwnRule('jax.custom_jvp', ['defjvp', 'defjvps'], byPushing),
  withOwnRule('jax.custom_vjp', ['defvjp', 'defvjp_all'], byPulling),
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
      const [result, pull] = pair.kind === 'tuple' ? pair.items : [];
      if (result === undefined || pull === undefined) return pair;
      inner.expectCall(pull, () => [tangentsOf(inner, result)]);
      return result;
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
