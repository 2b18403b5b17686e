import type { GraphBuilder } from '../../graph/builder.ts';
import type { DType } from '../../graph/shape.ts';
import { asDType } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import type { InstanceValue, Value } from '../values.ts';

/** Which types layers compute in and keep their weights in (https://keras.io/api/mixed_precision/policy/). */

export interface Policy {
  readonly compute: DType;
  readonly variable: DType;
}

/** What the program has set for all layers; each may be missing. */
interface Settings {
  floatx: DType;
  policy: Policy | null;
}

const settings = new WeakMap<GraphBuilder, Settings>();

function settingsOf(cx: Context): Settings {
  const own = settings.get(cx.build) ?? { floatx: 'float32', policy: null };
  settings.set(cx.build, own);
  return own;
}

/** `keras.config.floatx()`. */
export function floatx(cx: Context): DType {
  return settingsOf(cx).floatx;
}

export function setFloatx(cx: Context, value: Value): void {
  const policy = policyNamed(value);
  settingsOf(cx).floatx = policy.variable;
}

export function setGlobalPolicy(cx: Context, value: Value): void {
  settingsOf(cx).policy = policyNamed(value);
}

const names: Readonly<Record<string, Policy>> = {
  mixed_float16: { compute: 'float16', variable: 'float32' },
  mixed_bfloat16: { compute: 'bfloat16', variable: 'float32' },
  ...Object.fromEntries(
    (['float16', 'bfloat16', 'float32', 'float64', 'int8', 'int16', 'int32', 'int64', 'uint8', 'bool'] as const).map(
      (dtype) => [dtype, { compute: dtype, variable: dtype }],
    ),
  ),
};

export function policyNamed(value: Value): Policy {
  if (value.kind === 'instance') {
    const name = value.attributes.get('name');
    if (name !== undefined) return policyNamed(name);
  }
  if (value.kind === 'str' && value.value !== null) {
    const policy = names[value.value];
    if (policy === undefined) throw new PythonError('ValueError', `Cannot convert '${value.value}' to a policy`);
    return policy;
  }
  const dtype = asDType(value);
  if (dtype === null) throw new Unknowable('which type the layer computes in is not known');
  return { compute: dtype, variable: dtype };
}

/** The policy of a layer: its own, or that of all. */
export function policyOf(cx: Context, layer: InstanceValue): Policy {
  const own = layer.attributes.get('_dtype');
  if (own !== undefined && own.kind !== 'none') return policyNamed(own);
  const { policy, floatx: usual } = settingsOf(cx);
  return policy ?? { compute: usual, variable: usual };
}
