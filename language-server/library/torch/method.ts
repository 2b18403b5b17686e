import { alias } from '../define.ts';
import type { NativeValue } from '../values.ts';

/** Functions `torch.f(input, ...)` that are methods `x.f(...)` of tensors as well. */
export function withMethod(functions: readonly NativeValue[]): readonly NativeValue[] {
  return functions.flatMap((f) =>
    /^torch\.\w+$/.test(f.name) ? alias(f, f.name.replace(/^torch\./, 'torch.Tensor.')) : [f],
  );
}
