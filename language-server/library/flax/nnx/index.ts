import { known } from '../../arguments.ts';
import { Unknowable } from '../../context.ts';
import { type Library, libraryClass, libraryOf, native } from '../../define.ts';
import { gradTransform, gradWithValue, type Style, vmapTransform } from '../../functional.ts';
import { nn } from '../../jax/nn.ts';
import { asArrays } from '../../jax/pytrees.ts';
import { madeFunction } from '../../transforms.ts';
import { treeOf } from '../../trees.ts';
import { bool, type ClassValue, int, type NativeValue, none, type Value } from '../../values.ts';
import { otherFunctions } from '../linen/others.ts';
import { layers } from './layers.ts';
import { isModule, isOf, merged, moduleClasses, moduleFunctions, type Picks, param, stateOf } from './module.ts';

/** flax.nnx (https://flax.readthedocs.io/en/latest/api_reference/flax.nnx/index.html). */

const style: Style = { family: 'jax', parameter: 'f', arrays: asArrays, mapsKeywords: false };
const mapping: Style = { ...style, arrays: (cx, value) => (value.kind === 'instance' ? value : asArrays(cx, value)) };

/** A decorator where it is called without a function. */
function decorating(name: string, make: NativeValue['call']): NativeValue {
  const own = native(name, '(f=None, *args, argnums=0, has_aux=False, in_axes=0, out_axes=0, **kwargs)', () => none);
  return {
    ...own,
    call: (cx, bound) => {
      if (bound.values.has('f')) return make(cx, bound);
      return madeFunction(cx, name, none, (inner, given) =>
        make(inner, { ...bound, values: new Map([...bound.values, ['f', given.rest[0] ?? none]]) }),
      );
    },
  };
}

const isParam: Picks = (type) => isOf(type, param);

/** A transform that differentiates modules by their parameters, as a state of these; arrays as they are. */
function differentiating(name: string, transform: NativeValue): NativeValue {
  return decorating(name, (cx, bound) => {
    const fn = known(bound.values.get('f') ?? none);
    const argnums = bound.values.get('argnums') ?? int(0);
    const several = argnums.kind === 'tuple' || argnums.kind === 'list';
    const chosen = (several ? argnums.items : [argnums]).map((item) => {
      if (item.kind === 'int' && typeof item.value === 'number') return item.value;
      throw new Unknowable('what is differentiated is not known');
    });
    const hasAux = bound.values.get('has_aux') ?? bool(false);
    return madeFunction(cx, name, fn, (inner, given) => {
      const parts = given.rest.map((arg, k) =>
        chosen.includes(k) && isModule(arg) ? stateOf(inner, arg, isParam) : arg,
      );
      const ofParts = madeFunction(inner, name, fn, (deeper, own) =>
        deeper.call(
          fn,
          own.rest.map((part, k) => {
            const whole = given.rest[k];
            return whole !== undefined && chosen.includes(k) && isModule(whole) ? merged(whole, [part]) : part;
          }),
          own.keywords,
        ),
      );
      const options = new Map<string, Value>([
        ['has_aux', hasAux],
        ['argnums', argnums],
      ]);
      return inner.call(inner.call(transform, [ofParts], options), parts, given.keywords);
    });
  });
}

const gradient = differentiating('flax.nnx.grad', gradTransform(style, 'flax.nnx.grad', ''));
const withValue = differentiating(
  'flax.nnx.value_and_grad',
  gradWithValue(style, 'flax.nnx.value_and_grad', '', 'value first'),
);

const vmap = vmapTransform(mapping, 'flax.nnx.vmap', '(f, in_dims|in_axes=0, out_dims|out_axes=0)');

/** An optimizer moves the parameters of the module in their places: no shape changes. */
const optimizers: readonly ClassValue[] = ['Optimizer', 'ModelAndOptimizer'].map((name) =>
  libraryClass(
    `flax.nnx.${name}`,
    [],
    [
      native('__init__', '(self, model, tx, *, wrt=None, graph=None)', (cx, args) => {
        cx.setAttribute(args.value('self'), 'model', args.value('model'));
        return none;
      }),
      native('update', '(self, *args, **kwargs)', () => none),
    ],
    new Map([treeOf([])]),
  ),
);

const activations: readonly NativeValue[] = [...nn, ...otherFunctions].flatMap((fn) => {
  const own = /^(?:jax\.nn|flax\.linen)\.(.*)$/.exec(fn.name)?.[1];
  return own === undefined ? [] : [{ ...fn, name: `flax.nnx.${own}` }];
});

const functions: readonly NativeValue[] = [
  ...activations,
  ...moduleFunctions,
  gradient,
  withValue,
  ...['jit', 'remat', 'checkpoint'].map((name) =>
    decorating(`flax.nnx.${name}`, (_cx, bound) => bound.values.get('f') ?? none),
  ),
  decorating('flax.nnx.vmap', (cx, bound) => {
    const axes = ['in_axes', 'out_axes'].flatMap((name): [string, Value][] => {
      const value = bound.values.get(name);
      return value === undefined ? [] : [[name, value]];
    });
    return cx.call(vmap, [known(bound.values.get('f') ?? none)], new Map(axes));
  }),
  ...['scan', 'pmap', 'fori_loop', 'while_loop', 'cond', 'switch', 'custom_vjp', 'jvp', 'vjp', 'shard_map'].map(
    (name) =>
      native(`flax.nnx.${name}`, '(*args, **kwargs)', (cx) =>
        cx.unknown(`what flax.nnx.${name} makes of modules is not followed`),
      ),
  ),
  native('flax.nnx.eval_shape', '(f, *args, **kwargs)', (cx, args) =>
    cx.call(args.value('f'), args.rest, args.keywords),
  ),
];

export const nnx: Library = libraryOf(functions, [...moduleClasses, ...layers, ...optimizers]);
