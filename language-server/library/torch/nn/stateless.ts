import type { Args } from '../../arguments.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { native } from '../../define.ts';
import { setRequiresGrad } from '../../recording.ts';
import { madeFunction } from '../../transforms.ts';
import {
  bool,
  type InstanceValue,
  type NativeValue,
  none,
  type TensorValue,
  tensor,
  tuple,
  type Value,
} from '../../values.ts';
import { moduleIn } from './layer.ts';
import { buffersOf, descend, dictOf, namedModules, parametersOf } from './module.ts';

/** Modules called with other weights than their own (https://docs.pytorch.org/docs/stable/generated/torch.func.functional_call.html). */

interface Swap {
  readonly module: InstanceValue;
  readonly name: string;
  readonly before: Value;
}

/** Runs `body` with other values for some weights and buffers of the module, by their dotted names; without `strict`, other names are left out. */
function withState<T>(
  cx: Context,
  module: InstanceValue,
  state: readonly (readonly [path: string, value: Value])[],
  strict: boolean,
  body: () => T,
): T {
  const swaps: Swap[] = [];
  try {
    for (const [path, value] of state) {
      const at = path.lastIndexOf('.');
      const owner = moduleIn(descend(cx, module, path.slice(0, Math.max(at, 0))));
      const name = path.slice(at + 1);
      const before = cx.attribute(owner, name);
      if (before === null && !strict) continue;
      if (before === null) throw new PythonError('RuntimeError', `the module has no ${path}`);
      // Weights that several modules share are replaced in all of them.
      const shared =
        before.kind === 'tensor'
          ? namedModules(module).flatMap(([, each]) =>
              [...each.attributes].flatMap(([own, held]) =>
                held === before ? [{ module: each, name: own, before }] : [],
              ),
            )
          : [];
      for (const swap of shared.length > 0 ? shared : [{ module: owner, name, before }]) {
        swaps.push(swap);
        cx.setAttribute(swap.module, swap.name, value);
      }
    }
    return body();
  } finally {
    for (const { module: owner, name, before } of swaps.reverse()) cx.setAttribute(owner, name, before);
  }
}

/** The entries of a dict of weights, or of several. */
function stateIn(cx: Context, value: Value): readonly (readonly [string, Value])[] {
  if (value.kind !== 'dict') {
    const dicts = cx.items(value);
    if (dicts.some((item) => item.kind !== 'dict' && item.kind !== 'unknown'))
      throw new PythonError('ValueError', 'dictionaries of parameters are wanted');
    return dicts.flatMap((item) => stateIn(cx, item));
  }
  if (value.open === true) throw new Unknowable('what the dict of weights holds is not known');
  return [...value.entries.values()].flatMap(({ key, value: item }): (readonly [string, Value])[] =>
    key.kind === 'str' && key.value !== null ? [[key.value, item]] : [],
  );
}

function functionalCall(cx: Context, args: Args): Value {
  const module = moduleIn(args.value('module'));
  const given = args.optional('args');
  const positional = given === null ? [] : given.kind === 'tuple' ? given.items : [given];
  const keyword = args.optional('kwargs');
  const named =
    keyword?.kind === 'dict'
      ? new Map(
          [...keyword.entries.values()].flatMap(({ key, value }): [string, Value][] =>
            key.kind === 'str' && key.value !== null ? [[key.value, value]] : [],
          ),
        )
      : new Map<string, Value>();
  const state = stateIn(cx, args.value('parameter_and_buffer_dicts'));
  return withState(cx, module, state, args.bool('strict', false), () => cx.call(module, positional, named));
}

type Named = readonly (readonly [string, TensorValue])[];

/** For each name, the tensors of all models along a new first axis. */
function stacked(cx: Context, all: readonly Named[]): Named {
  const [first = []] = all;
  return first.map(([name]) => {
    const nodes = all.map((state) => {
      const found = state.find(([own]) => own === name);
      if (found === undefined) throw new PythonError('KeyError', `'${name}'`);
      return found[1].node;
    });
    const together = tensor(cx.build.stack(nodes, 0));
    setRequiresGrad(cx, together, bool(true));
    return [name, together] as const;
  });
}

function modelsIn(args: Args): readonly InstanceValue[] {
  const models = args.items('models').map((item) => moduleIn(item));
  const [first] = models;
  if (first === undefined)
    throw new PythonError('RuntimeError', 'stack_module_state: Expected at least one model, got 0.');
  if (models.some((model) => model.cls !== first.cls))
    throw new PythonError('RuntimeError', 'stack_module_state: Expected all models to be of the same class.');
  return models;
}

/** A function of the weights (and buffers) in the order of their names, and of the module's own arguments. */
function functionOf(
  cx: Context,
  module: InstanceValue,
  names: readonly (readonly string[])[],
  by: string,
): NativeValue {
  return madeFunction(cx, by, module, (inner, bound) => {
    const state = names.flatMap((list, k) => {
      const values = inner.items(bound.rest[k] ?? none);
      return list.flatMap((name, j): (readonly [string, Value])[] => {
        const value = values[j];
        return value === undefined ? [] : [[name, value]];
      });
    });
    return withState(inner, module, state, true, () =>
      inner.call(module, bound.rest.slice(names.length), bound.keywords),
    );
  });
}

const namesOf = (state: Named): readonly string[] => state.map(([name]) => name);
const valuesOf = (state: Named): Value => tuple(state.map(([, value]) => value));

const callParameters =
  '(module, parameter_and_buffer_dicts|parameters_and_buffers, args=None, kwargs=None, *, tie_weights=True, strict=False)';

export const statelessFunctions: readonly NativeValue[] = [
  ...['torch.func.functional_call', 'torch.nn.utils.stateless.functional_call'].map((name) =>
    native(name, callParameters, functionalCall),
  ),
  native('torch.func.stack_module_state', '(models)', (cx, args) => {
    const models = modelsIn(args);
    return tuple([
      dictOf(
        stacked(
          cx,
          models.map((model) => parametersOf(model)),
        ),
      ),
      dictOf(
        stacked(
          cx,
          models.map((model) => buffersOf(model)),
        ),
      ),
    ]);
  }),
  native('functorch.make_functional', '(model, disable_autograd_tracking=False)', (cx, args) => {
    const model = moduleIn(args.value('model'));
    const weights = parametersOf(model);
    return tuple([functionOf(cx, model, [namesOf(weights)], 'functorch.make_functional'), valuesOf(weights)]);
  }),
  native('functorch.make_functional_with_buffers', '(model, disable_autograd_tracking=False)', (cx, args) => {
    const model = moduleIn(args.value('model'));
    const [weights, buffers] = [parametersOf(model), buffersOf(model)];
    const call = functionOf(cx, model, [namesOf(weights), namesOf(buffers)], 'functorch.make_functional_with_buffers');
    return tuple([call, valuesOf(weights), valuesOf(buffers)]);
  }),
  native('functorch.combine_state_for_ensemble', '(models)', (cx, args) => {
    const models = modelsIn(args);
    const [first] = models;
    if (first === undefined) throw new PythonError('RuntimeError', 'at least one model is wanted');
    const [weights, buffers] = [parametersOf(first), buffersOf(first)];
    const call = functionOf(cx, first, [namesOf(weights), namesOf(buffers)], 'functorch.combine_state_for_ensemble');
    const all = (of: (model: InstanceValue) => Named): Value => valuesOf(stacked(cx, models.map(of)));
    return tuple([call, all((model) => parametersOf(model)), all((model) => buffersOf(model))]);
  }),
  // Batch norms without running statistics: those of the batch are used in either mode.
  native('torch.func.replace_all_batch_norm_modules_', '(root)', (cx, args) => {
    for (const [, module] of namedModules(moduleIn(args.value('root')))) {
      if (!/^torch\.nn\.(Lazy|Sync)?BatchNorm/.test(module.cls.name)) continue;
      for (const name of ['running_mean', 'running_var', 'num_batches_tracked']) cx.setAttribute(module, name, none);
      cx.setAttribute(module, 'track_running_stats', bool(false));
    }
    return args.value('root');
  }),
];
