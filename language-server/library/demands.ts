import type { Dim } from '../graph/dim.ts';
import type { Context } from './context.ts';
import type { Family, Value } from './values.ts';

/** What library functions demand of operands that are not known: for anything else they raise. */

/** What stands for any number of axes. */
const dots = '...';

/**
 * Takes operands that are not known for tensors with an axis for each label, and those of one label for one size: that of
 * a known operand, where there is one.
 * @param labels for each operand those of its axes; nothing is demanded of one with an ellipsis
 * @param family whose tensors they are; null where that is another's choice
 * @param nameOf what a size is called that only its label tells; null to name it after the operand
 */
export function demandAxes(
  cx: Context,
  operands: readonly Value[],
  labels: readonly (readonly string[])[],
  family: Family | null,
  nameOf: (label: string) => string | null = () => null,
): readonly Value[] {
  const sizes = new Map<string, Dim>();
  const note = (value: Value, own: readonly string[]): void => {
    if (value.kind !== 'tensor') return;
    const shape = cx.build.shape(value.node);
    if (own.length !== shape.length) return;
    // An axis of size 1 may be stretched to the size that its label has elsewhere.
    for (const [axis, dim] of shape.entries()) if (dim !== 1) sizes.set(own[axis] ?? '', dim);
  };
  operands.forEach((value, k) => {
    note(value, labels[k] ?? []);
  });
  return operands.map((value, k) => {
    const own = labels[k];
    if (value.kind !== 'unknown' || own === undefined || own.includes(dots)) return value;
    for (const label of own)
      if (own.indexOf(label) !== own.lastIndexOf(label)) sizes.set(label, sizes.get(label) ?? cx.freshSize(label));
    const demanded = cx.demand(
      value,
      own.map((label) => sizes.get(label) ?? nameOf(label)),
      family,
    );
    note(demanded, own);
    return demanded;
  });
}
