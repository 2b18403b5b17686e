import { sameShape, showShape } from '../../graph/shape.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import { opaque } from '../torch/opaque.ts';
import { treeOf } from '../trees.ts';
import {
  type ClassValue,
  float,
  type NativeValue,
  none,
  type TensorValue,
  tensor,
  tuple,
  type Value,
} from '../values.ts';
import { jaxFunction } from './function.ts';
import { mapTree } from './pytrees.ts';

/**
 * The optimizers that JAX itself has (https://docs.jax.dev/en/latest/jax.example_libraries.optimizers.html): three
 * functions that make a state of parameters, move it by gradients, and give its parameters. They keep all shapes. Before
 * JAX 0.2.25 they were `jax.experimental.optimizers`.
 */

const names = 'sgd momentum nesterov adagrad rmsprop rmsprop_momentum adam adamax sm3'.split(' ');
const schedules =
  'constant exponential_decay inverse_time_decay polynomial_decay piecewise_constant make_schedule'.split(' ');

/** What is moved and where it stands; what an optimizer remembers beside it is not followed. */
const stateClass: ClassValue = libraryClass(
  'jax.example_libraries.optimizers.OptimizerState',
  [],
  [],
  new Map([treeOf(['params'])]),
);

function stateOf(cx: Context, params: Value): Value {
  const state = cx.instantiate(stateClass);
  cx.setAttribute(state, 'params', params);
  return state;
}

function paramsIn(state: Value): Value {
  const params = state.kind === 'instance' && state.cls === stateClass ? state.attributes.get('params') : undefined;
  if (params === undefined) throw new Unknowable('what the optimizer has is not known');
  return params;
}

/** A parameter after a step: like it was, whatever its gradient. */
function moved(cx: Context, param: Value, gradient: Value): Value {
  if (param.kind === 'unknown') return param;
  if (param.kind !== 'tensor' || param.family !== 'jax')
    throw new Unknowable('optimizers of other things than arrays of JAX are not followed');
  const { shape, dtype } = cx.build.aval(param.node);
  const by = gradientOf(cx, gradient, param);
  return tensor(opaque(cx, 'a step of an optimizer', [param.node, ...by], shape, dtype), 'jax');
}

/** A gradient that has its parameter's shape, where it is known. */
function gradientOf({ build }: Context, gradient: Value, { node }: TensorValue): readonly TensorValue['node'][] {
  const shape = build.shape(node);
  const own = gradient.kind === 'tensor' ? build.shape(gradient.node) : null;
  if (own !== null && !sameShape(own, shape))
    throw new Unknowable(`a step by ${showShape(own)} of a parameter ${showShape(shape)} is not followed`);
  return gradient.kind === 'tensor' ? [gradient.node] : [];
}

const init = native('init_fun', '(x0_tree)', (cx, args) => stateOf(cx, args.value('x0_tree')));
const update = native('update_fun', '(i, grad_tree, opt_state)', (cx, args) =>
  stateOf(
    cx,
    mapTree([paramsIn(args.value('opt_state')), args.value('grad_tree')], ([param = none, gradient = none]) =>
      moved(cx, param, gradient),
    ),
  ),
);
const params = native('get_params', '(opt_state)', (_cx, args) => paramsIn(args.value('opt_state')));

const optimizer: Value = tuple([init, update, params], ['init_fn', 'update_fn', 'params_fn']);

/** The gradients, each scaled by the same number. */
const clipped = jaxFunction('clip_grads', '(grad_tree, max_norm)', (call) =>
  mapTree([call.value('grad_tree')], ([leaf = none]) => {
    if (leaf.kind === 'unknown') return leaf;
    if (leaf.kind !== 'tensor') throw new PythonError('TypeError', 'a gradient is an array');
    const { shape, dtype } = call.build.aval(leaf.node);
    return tensor(opaque(call.cx, 'clip_grads', [leaf.node], shape, dtype), 'jax');
  }),
);

export const optimizers: readonly NativeValue[] = ['jax.example_libraries', 'jax.experimental'].flatMap((home) => [
  ...names.map((name) => native(`${home}.optimizers.${name}`, '(*args, **kwargs)', () => optimizer)),
  ...schedules.map((name) =>
    native(`${home}.optimizers.${name}`, '(*args, **kwargs)', () => native(name, '(i)', () => float(null))),
  ),
  { ...clipped, name: `${home}.optimizers.clip_grads` },
]);
