import type { Args } from '../../arguments.ts';
import { type Context, PythonError } from '../../context.ts';
import { libraryClass, native } from '../../define.ts';
import { type InstanceValue, list, type NativeValue, none, tuple, type Value } from '../../values.ts';

/** Functions that run before and behind a module's forward (https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html). */

const before = '_forward_pre_hooks';
const behind = '_forward_hooks';

/** Takes its hook off again. */
const handleClass = libraryClass(
  'torch.utils.hooks.RemovableHandle',
  [],
  [
    native('remove', '(self)', (cx, args) => {
      const handle = args.value('self');
      const [hooks, hook] = [cx.attribute(handle, '_hooks'), cx.attribute(handle, '_hook')];
      if (hooks?.kind === 'list')
        cx.setItems(
          hooks,
          hooks.items.filter((item) => item !== hook),
        );
      return none;
    }),
    native('__enter__', '(self)', (_cx, args) => args.value('self')),
    native('__exit__', '(self, *args)', () => none),
  ],
);

function moduleOf(args: Args): InstanceValue {
  const value = args.value('self');
  if (value.kind === 'instance') return value;
  throw new PythonError('TypeError', 'a module is wanted');
}

/** Each hook with whether it takes keyword arguments too. */
function register(cx: Context, args: Args, where: string): Value {
  const module = moduleOf(args);
  const known = module.attributes.get(where);
  const hooks = known?.kind === 'list' ? known : list([]);
  if (known !== hooks) cx.setAttribute(module, where, hooks);
  const hook = tuple([args.raw('hook'), { kind: 'bool', value: args.bool('with_kwargs', false) }]);
  cx.setItems(hooks, args.bool('prepend', false) ? [hook, ...hooks.items] : [...hooks.items, hook]);
  const handle = cx.instantiate(handleClass);
  cx.setAttribute(handle, '_hooks', hooks);
  cx.setAttribute(handle, '_hook', hook);
  return handle;
}

interface Hook {
  readonly call: Value;
  readonly takesKeywords: boolean;
}

function hooksOf(module: InstanceValue, where: string): readonly Hook[] {
  const hooks = module.attributes.get(where);
  if (hooks?.kind !== 'list') return [];
  return hooks.items.flatMap((item) => {
    const [call, flag] = item.kind === 'tuple' ? item.items : [];
    return call === undefined ? [] : [{ call, takesKeywords: flag?.kind === 'bool' && flag.value === true }];
  });
}

function dictOfKeywords(keyword: ReadonlyMap<string, Value>): Value {
  return {
    kind: 'dict',
    open: false,
    entries: new Map([...keyword].map(([name, value]) => [`s:${name}`, { key: { kind: 'str', value: name }, value }])),
  };
}

/** Calls the module's `forward` with its hooks round it: each may give other arguments, or another result. */
export function callWithHooks(
  cx: Context,
  module: InstanceValue,
  forward: Value,
  positional: readonly Value[],
  keyword: ReadonlyMap<string, Value>,
): Value {
  let args = positional;
  for (const { call, takesKeywords } of hooksOf(module, before)) {
    const given = cx.call(call, [module, tuple(args), ...(takesKeywords ? [dictOfKeywords(keyword)] : [])]);
    if (given.kind === 'tuple') args = given.items;
    else if (given.kind !== 'none') args = [given];
  }
  let result = cx.call(forward, args, keyword);
  for (const { call, takesKeywords } of hooksOf(module, behind)) {
    const more = takesKeywords ? [dictOfKeywords(keyword)] : [];
    const given = cx.call(call, [module, tuple(args), ...more, result]);
    if (given.kind !== 'none') result = given;
  }
  return result;
}

/** Hooks that run with backward() or with saved states, which are not followed. */
const others = [
  'register_backward_hook',
  'register_full_backward_hook',
  'register_full_backward_pre_hook',
  'register_load_state_dict_pre_hook',
  'register_load_state_dict_post_hook',
  'register_state_dict_pre_hook',
  'register_state_dict_post_hook',
];

export const hookMethods: readonly NativeValue[] = [
  native('register_forward_pre_hook', '(self, hook, *, prepend=False, with_kwargs=False)', (cx, args) =>
    register(cx, args, before),
  ),
  native('register_forward_hook', '(self, hook, *, prepend=False, with_kwargs=False, always_call=False)', (cx, args) =>
    register(cx, args, behind),
  ),
  ...others.map((name) => native(name, '(self, *args, **kwargs)', (cx) => cx.instantiate(handleClass))),
];
