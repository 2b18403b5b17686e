import type { NodeId } from '../../graph/graph.ts';
import type { Context } from '../context.ts';
import { torch } from '../torch/index.ts';
import { tensor, type Value } from '../values.ts';

/** Rules of torch that NumPy shares. */

/** What torch's function of that name gives for these arguments; null ones are left out. */
export function borrow(cx: Context, name: string, args: Readonly<Record<string, NodeId | Value | null>>): Value {
  const fn = torch.get(`torch.${name}`);
  if (fn?.kind !== 'native') throw new RangeError(`torch.${name} is not there`);
  const values = Object.entries(args).flatMap(([key, value]): [string, Value][] =>
    value === null ? [] : [[key, typeof value === 'number' ? tensor(value) : value]],
  );
  return fn.call(cx, { values: new Map(values), rest: [], keywords: new Map() });
}

/** The same of a function that gives one tensor. */
export function borrowNode(cx: Context, name: string, args: Readonly<Record<string, NodeId | Value | null>>): NodeId {
  const value = borrow(cx, name, args);
  if (value.kind !== 'tensor') throw new RangeError(`torch.${name} gives no tensor`);
  return value.node;
}
