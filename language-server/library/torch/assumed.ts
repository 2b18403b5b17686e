import type { Context } from '../context.ts';
import { native } from '../define.ts';
import type { NativeValue, Value } from '../values.ts';
import { autograd } from './autograd.ts';

/**
 * A function named like a derivative of torch that comes from a module we cannot read: called as
 * `jacobian(function, tensor)` it is taken for torch's own, as an assumption that messages name.
 */
export function assumed(cx: Context, name: string, from: string): Value | null {
  // A product (`vjp`, `hvp`) takes a vector too, and its order of arguments is anybody's guess.
  const meant = autograd.find(
    (entry): entry is NativeValue =>
      entry.kind === 'native' &&
      entry.name === `torch.autograd.functional.${name}` &&
      (name === 'jacobian' || name === 'hessian'),
  );
  if (meant === undefined) return null;
  const unknown = cx.unknown(`${name} comes from ${from}, which is not known`);
  return native(name, '(*args, **kwargs)', (inner, args) => {
    const [fn, input, ...others] = args.rest;
    const callable = fn !== undefined && ['function', 'native', 'bound', 'instance'].includes(fn.kind);
    if (!callable || input?.kind !== 'tensor' || others.length > 0) return unknown;
    return inner.assuming(`${name} of ${from}, which cannot be read, is ${meant.name}`, () =>
      inner.call(meant, [fn, input], args.keywords),
    );
  });
}
