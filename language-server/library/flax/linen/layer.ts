import type { NodeId } from '../../../graph/graph.ts';
import { type Shape, showShape } from '../../../graph/shape.ts';
import { initOf } from '../../builtins/dataclass.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { libraryClass, native } from '../../define.ts';
import { jaxNamed } from '../../jax/borrow.ts';
import { LayerCall as EagerCall } from '../../jax/eager.ts';
import { sizesOf } from '../../jax/layers.ts';
import type { Call } from '../../numpy/dialect.ts';
import { defaultsIn } from '../../torch/nn/layer.ts';
import {
  type ClassValue,
  type DictEntry,
  type DictValue,
  ellipsis,
  type NativeValue,
  none,
  str,
  tensor,
  type Value,
} from '../../values.ts';
import { entryId, moduleClass, requireScope, running } from './module.ts';
import { param, type Scope, someKey } from './scope.ts';

/** The call of a layer: its arguments, its fields, and its variables. */
export class LayerCall extends EagerCall {
  readonly scope: Scope;

  constructor(...given: ConstructorParameters<typeof EagerCall>) {
    super(...given);
    this.scope = requireScope(this.module);
  }

  /** The weight of that name, by the initializer in a field or else the layer's own. */
  weight(name: string, shape: Shape, init: string | null, otherwise: DefaultInit): NodeId {
    return weightOf(
      this.cx,
      this.scope,
      this.own,
      name,
      shape,
      init === null ? null : this.own.optional(init),
      otherwise,
    );
  }
}

/** How a layer's weights start where it is not told: by a function of jax.nn.initializers. */
export type DefaultInit = 'zeros' | 'ones' | 'lecun_normal' | 'normal' | 'orthogonal';

export function weightOf(
  cx: Context,
  scope: Scope,
  own: Call,
  name: string,
  shape: Shape,
  given: Value | null,
  otherwise: DefaultInit,
): NodeId {
  const value = param(cx, scope, name, () => {
    const dtype: Value = own.optional('param_dtype') ?? { kind: 'dtype', dtype: 'float32' };
    if (given === null && otherwise === 'lecun_normal' && shape.includes(0))
      throw new PythonError('ZeroDivisionError', `no initial values for '${name}' of ${showShape(shape)}`);
    const init = given ?? initializer(cx, otherwise);
    return cx.call(init, [someKey(cx, scope), sizesOf(shape), dtype]);
  });
  if (value.kind === 'tensor') return value.node;
  if (value.kind === 'unknown') throw new Unknowable(value.reason.text, value.reason);
  throw new PythonError('TypeError', `the parameter '${name}' is no array`);
}

/** The initializer of that name. A kernel that starts by the sizes of inputs and outputs is drawn as if it were one matrix. */
function initializer(cx: Context, name: DefaultInit): Value {
  const fn = jaxNamed(`nn.initializers.${name}`);
  if (name === 'zeros' || name === 'ones') return fn;
  const made = name === 'lecun_normal' ? jaxNamed('nn.initializers.normal') : fn;
  return cx.call(made, []);
}

export interface Layer {
  /** Its name in flax.linen. */
  readonly name: string;
  /** Its fields with their defaults, where these are written out; initializers and types are None. */
  readonly fields: string;
  readonly inputs: string;
  readonly apply: (call: LayerCall) => Value | NodeId;
  readonly methods?: readonly NativeValue[];
}

export function layerClass({ name, fields, inputs, apply, methods = [] }: Layer): ClassValue {
  const defaults = defaultsIn(fields);
  const call = layerMethod('__call__', inputs, apply);
  const init = initOf(new Map([...defaults, ['parent', ellipsis], ['name', none]]));
  const cls = libraryClass(`flax.linen.${name}`, [moduleClass], [init, call, ...methods]);
  // As fields of the class, for classes that are made of it.
  cls.attributes.set('__annotations__', annotations([...defaults.keys()]));
  for (const [key, value] of defaults) if (value !== null) cls.attributes.set(key, value);
  return cls;
}

function annotations(names: readonly string[]): DictValue {
  const entries = names.map((name): [string, DictEntry] => [entryId(name), { key: str(name), value: none }]);
  return { kind: 'dict', entries: new Map(entries), open: false };
}

/** A compact method of a layer. */
export function layerMethod(name: string, inputs: string, apply: Layer['apply']): NativeValue {
  const own = native(name, `(self, ${inputs})`, () => none);
  return {
    ...own,
    call: (cx, bound) => {
      const module = bound.values.get('self');
      if (module?.kind !== 'instance') throw new PythonError('TypeError', 'a layer is wanted');
      return running(cx, module, 'compact', () => {
        const result = apply(new LayerCall(cx, bound, module));
        return typeof result === 'number' ? tensor(result, 'jax') : result;
      });
    },
  };
}
