import * as D from '../graph/dim.ts';
import type { NodeId } from '../graph/graph.ts';
import { type DType, sameShape } from '../graph/shape.ts';
import { type Context, PythonError } from './context.ts';
import { mapTree } from './jax/pytrees.ts';
import { opaque } from './torch/opaque.ts';
import { type Family, none, tensor, type Value } from './values.ts';

/** What loops carry from turn to turn, and what one of several branches gives: trees of tensors of one form. */

/** Loops of at most so many turns are followed turn by turn. */
export const mostTurns = 16;

/** The first pair of leaves whose shapes are not surely the same, with whether they surely differ. */
export function changedShape(
  cx: Context,
  before: Value,
  after: Value,
): { readonly before: NodeId; readonly after: NodeId; readonly isSure: boolean } | null {
  let found: ReturnType<typeof changedShape> = null;
  mapTree([before, after], ([a = none, b = none]) => {
    if (a.kind !== 'tensor' || b.kind !== 'tensor' || found !== null) return a;
    const [own, made] = [cx.build.shape(a.node), cx.build.shape(b.node)];
    if (sameShape(own, made)) return a;
    const isSure = own.length !== made.length || own.some((dim, k) => D.surelyDiffer(dim, made[k] ?? -1));
    found = { before: a.node, after: b.node, isSure };
    return a;
  });
  return found;
}

/** What a loop leaves of something it carries: its shape, and everything that it may hang on. */
export function leftBy(cx: Context, family: Family, name: string, carried: Value, operands: readonly NodeId[]): Value {
  return mapTree([carried], ([leaf = none]) => {
    if (leaf.kind !== 'tensor') return leaf;
    const { shape, dtype } = cx.build.aval(leaf.node);
    return tensor(opaque(cx, name, operands, shape, dtype), family);
  });
}

/** One of two results of one form, by a condition that is known only when it runs. */
export function chosen(
  cx: Context,
  family: Family,
  promote: (a: DType, b: DType) => DType,
  condition: Value,
  yes: Value,
  no: Value,
): Value {
  const { build } = cx;
  return mapTree([yes, no], ([a = none, b = none]) => {
    if (a.kind !== 'tensor' || b.kind !== 'tensor') throw new PythonError('TypeError', 'branches must give the same');
    if (condition.kind === 'tensor')
      return tensor(build.select(build.convert(condition.node, 'bool'), a.node, b.node), family);
    if (a.node === b.node) return a;
    const [own, other] = [build.aval(a.node), build.aval(b.node)];
    const aval = { shape: own.shape, dtype: promote(own.dtype, other.dtype) };
    return tensor(build.emit('either', { aval }, [a.node, b.node]), family);
  });
}
