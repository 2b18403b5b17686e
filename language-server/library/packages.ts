import { fieldsOf, typesOf } from './builtins/dataclass.ts';
import type { Context } from './context.ts';
import { type Library, libraryOf, native } from './define.ts';
import { bool, float, int, type NativeValue, str, type Value } from './values.ts';

/** Packages of which programs use one function or two. */

/** What an option may be once the command line is read, by the type that its annotation names. */
function unread(cx: Context, name: string, type: string | undefined): Value {
  switch (type) {
    case 'int':
      return int(cx.freshSize(name));
    case 'float':
      return float(null);
    case 'bool':
      return bool(null);
    case 'str':
      return str(null);
    default:
      return cx.unknown(`the option ${name} is not known before it runs`);
  }
}

/** Their names. Where a program has the package itself, that is read instead. */
export const partlyKnown: ReadonlySet<string> = new Set(['tyro', 'backpack', 'jaxtyping', 'typeguard']);

/** Decorators that hold arguments against annotations when they are called, and change nothing; also called with options first. */
const checking: readonly NativeValue[] = ['jaxtyping.jaxtyped', 'beartype.beartype', 'typeguard.typechecked'].map(
  (name) =>
    native(name, '(fn=None, *args, **kwargs)', (_cx, args) => {
      const fn = args.optional('fn');
      return fn !== null && fn.kind !== 'none' ? fn : native(`${name}()`, '(fn)', (_inner, given) => given.value('fn'));
    }),
);

export const packages: Library = libraryOf([
  ...checking,
  // https://brentyi.github.io/tyro/: an instance of a dataclass out of the command line.
  native('tyro.cli', '(f, *args, **kwargs)', (cx, args) => {
    const cls = args.value('f');
    if (cls.kind !== 'class') return cx.unknown('what the command line gives is not known before it runs');
    const made = cx.instantiate(cls);
    const types = typesOf(cls);
    for (const name of fieldsOf(cls).keys()) cx.setAttribute(made, name, unread(cx, name, types.get(name)));
    const after = cx.attribute(made, '__post_init__');
    if (after !== null) cx.call(after, []);
    return made;
  }),
  // https://docs.backpack.pt: the module itself, which computes more beside its gradients from then on.
  native('backpack.extend', '(module, debug=False, use_converter=False)', (cx, args) =>
    args.bool('use_converter', false) ? cx.unknown('what a converted module is is not followed') : args.value('module'),
  ),
]);
