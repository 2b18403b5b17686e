import { asDim, known } from '../../arguments.ts';
import type { Context } from '../../context.ts';
import { native } from '../../define.ts';
import { type NativeValue, tuple, type Value } from '../../values.ts';

/** torch.nn.modules.utils: one value for all axes, or one for each. */

const module = 'torch.nn.modules.utils';

function spread(cx: Context, value: Value, count: number): Value {
  known(value);
  const isOne = ['int', 'float', 'bool', 'none'].includes(value.kind);
  return tuple(isOne ? Array.from({ length: count }, () => value) : cx.items(value));
}

const fixed: Readonly<Record<string, number>> = { _single: 1, _pair: 2, _triple: 3, _quadruple: 4 };

export const ntuples: readonly NativeValue[] = [
  ...Object.entries(fixed).map(([name, count]) =>
    native(`${module}.${name}`, '(x)', (cx, args) => spread(cx, args.raw('x'), count)),
  ),
  native(`${module}._ntuple`, "(n, name='parse')", (cx, args) => {
    const count = asDim(args.value('n'), 'n');
    if (typeof count !== 'number') return cx.unknown('for how many axes it is is not known');
    return native('parse', '(x)', (inner, given) => spread(inner, given.raw('x'), count));
  }),
];
