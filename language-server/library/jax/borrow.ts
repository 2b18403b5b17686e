import type { NodeId } from '../../graph/graph.ts';
import type { Context } from '../context.ts';
import { bind } from '../signature.ts';
import { type NativeValue, tensor, type Value } from '../values.ts';
import { jax } from './index.ts';

/** Functions of JAX that libraries on top of it are made of. */

/** JAX's function of that name: `jax.nn.relu`. */
export function jaxNamed(name: string): NativeValue {
  const fn = jax.get(`jax.${name}`);
  if (fn?.kind !== 'native') throw new RangeError(`jax.${name} is not there`);
  return fn;
}

/** What JAX's function of that name gives for these arguments, by their names; null ones are left out. */
export function jaxNode(cx: Context, name: string, args: Readonly<Record<string, NodeId | Value | null>>): NodeId {
  const fn = jaxNamed(name);
  const keywords = Object.entries(args).flatMap(([key, value]): [string, Value][] =>
    value === null ? [] : [[key, typeof value === 'number' ? tensor(value, 'jax') : value]],
  );
  const value = fn.call(cx, bind(fn.name, fn.signature, [], new Map(keywords)));
  if (value.kind !== 'tensor') throw new RangeError(`jax.${name} gives no array`);
  return value.node;
}
