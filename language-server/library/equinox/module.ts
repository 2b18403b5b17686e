import type { NodeId } from '../../graph/graph.ts';
import type { Args } from '../arguments.ts';
import { fieldClass, fieldsOf, makeDataclass, optionsOf } from '../builtins/dataclass.ts';
import { type Context, PythonError } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import { jaxDialect } from '../jax/dialect.ts';
import { Call } from '../numpy/dialect.ts';
import { defaultsIn } from '../torch/nn/layer.ts';
import { treeMark, treeOf } from '../trees.ts';
import { type ClassValue, type InstanceValue, type NativeValue, none, tensor, type Value } from '../values.ts';

/** equinox.Module (https://docs.kidger.site/equinox/api/module/module/): dataclasses that are trees of their fields. */

/** `field(...)` with `static` and `converter`. */
export const equinoxField: ClassValue = libraryClass('equinox.field', [fieldClass], []);

/** Fields that are told to be no part of the tree. */
function isStatic(value: Value | null): boolean {
  const options = optionsOf(value);
  const given = options?.attributes.get('static');
  return options?.cls.name === staticField || (given?.kind === 'bool' && given.value === true);
}

const staticField = 'equinox.static_field';

export const staticFieldClass: ClassValue = libraryClass(staticField, [fieldClass], []);

/** Whether a class or one of its ancestors is made by a function of the user's own. */
function isMadeByHand(cls: ClassValue): boolean {
  return (
    cls.attributes.get('__init__')?.kind === 'function' ||
    (!cls.attributes.has('__init__') && cls.bases.some((base) => base.kind === 'class' && isMadeByHand(base)))
  );
}

export const moduleClass: ClassValue = libraryClass(
  'equinox.Module',
  [],
  [
    native('__init_subclass__', '(cls, **kwargs)', (cx, args) => {
      const cls = args.value('cls');
      if (cls.kind !== 'class') return none;
      const fields = fieldsOf(cls);
      const [, mark] = treeOf([...fields].filter(([, value]) => !isStatic(value)).map(([name]) => name));
      cx.setName(cls.attributes, treeMark, mark);
      return isMadeByHand(cls) ? none : makeDataclass(cx, cls);
    }),
  ],
  new Map([treeOf([])]),
);

export function isModule(value: Value): value is InstanceValue {
  const descends = (cls: ClassValue): boolean =>
    cls === moduleClass || cls.bases.some((base) => base.kind === 'class' && descends(base));
  return value.kind === 'instance' && descends(value.cls);
}

/** A layer of equinox.nn: what it is told, the weights that it makes of that, and what it computes of one sample. */
export interface Layer {
  readonly name: string;
  /** The arguments of its constructor. Those that are plain stay as attributes of the same names. */
  readonly settings: string;
  /** The parts of its tree, in order. */
  readonly parts: readonly string[];
  readonly inputs?: string;
  /** Makes the weights, and refuses what the constructor refuses. */
  readonly make?: (cx: Context, module: InstanceValue, settings: Call) => void;
  readonly apply: (call: LayerCall) => Value | NodeId;
  readonly methods?: readonly NativeValue[];
}

/** The call of a layer: its arguments and its attributes. */
export class LayerCall extends Call {
  readonly module: InstanceValue;
  readonly own: Call;

  constructor(cx: Context, bound: ConstructorParameters<typeof Args>[1], module: InstanceValue) {
    const d = jaxDialect.at(cx);
    super(d, cx, bound);
    this.module = module;
    this.own = new Call(d, cx, { values: module.attributes, rest: [], keywords: new Map() });
  }
}

/** Settings that only say how weights are made. */
const notKept = new Set(['key', 'dtype']);

export function layerClass(layer: Layer): ClassValue {
  const { name, settings, parts, inputs = 'x, *, key=None', make, apply, methods = [] } = layer;
  const defaults = defaultsIn(settings);
  const init = native('__init__', `(self, ${settings})`, () => none);
  const call = native('__call__', `(self, ${inputs})`, () => none);
  const selfIn = (bound: Parameters<NativeValue['call']>[1]): InstanceValue => {
    const module = bound.values.get('self');
    if (module?.kind === 'instance') return module;
    throw new PythonError('TypeError', 'a layer is wanted');
  };
  return libraryClass(
    `equinox.nn.${name}`,
    [moduleClass],
    [
      {
        ...init,
        call: (cx, bound) => {
          const module = selfIn(bound);
          for (const [key, otherwise] of defaults) {
            const given = bound.values.get(key) ?? otherwise;
            if (given !== null && !notKept.has(key)) cx.setAttribute(module, key, given);
          }
          make?.(cx, module, new Call(jaxDialect.at(cx), cx, bound));
          return none;
        },
      },
      {
        ...call,
        call: (cx, bound) => {
          const result = apply(new LayerCall(cx, bound, selfIn(bound)));
          return typeof result === 'number' ? tensor(result, 'jax') : result;
        },
      },
      ...methods,
    ],
    new Map([treeOf(parts)]),
  );
}
