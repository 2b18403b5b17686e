import type { NodeId } from '../../graph/graph.ts';
import type { Args } from '../arguments.ts';
import { type Context, PythonError } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import { Call } from '../numpy/dialect.ts';
import { defaultsIn } from '../torch/nn/layer.ts';
import { treeOf } from '../trees.ts';
import { type ClassValue, type InstanceValue, type NativeValue, none, tensor, type Value } from '../values.ts';
import { jaxDialect } from './dialect.ts';
import { promoted } from './layers.ts';

/** Layers that make their weights when they are made (equinox, flax.nnx), as attributes of their own. */

/** A layer: what it is told, the weights that it makes of that, and what it computes. */
export interface Layer {
  readonly name: string;
  /** The arguments of its constructor. Those that are plain stay as attributes of the same names. */
  readonly settings: string;
  /** The parts of its tree, in order. */
  readonly parts: readonly string[] | 'all';
  readonly inputs: string;
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

  /** x, kernel and bias of one type: the layer's, or the common one. */
  alike(x: NodeId, kernel: NodeId, bias: NodeId | null): readonly [NodeId, NodeId, NodeId | null] {
    const given = bias === null ? [x, kernel] : [x, kernel, bias];
    const [a = x, b = kernel, c = null] = promoted(this.cx, given, this.own.type('dtype'));
    return [a, b, c];
  }

  /** The function in a field, or the usual one, of an array. */
  squash(field: string, usual: 'logistic' | 'tanh', x: NodeId): NodeId {
    const fn = this.own.optional(field);
    if (fn === null) return this.build.unary(usual, x);
    const y = this.cx.call(fn, [tensor(x, 'jax')]);
    if (y.kind !== 'tensor') throw new PythonError('TypeError', `${field} gives no array`);
    return y.node;
  }
}

/** Settings that only say how weights are made. */
const notKept = new Set(['key', 'rngs']);

/** The class of a layer under its full name, with what all modules of the library have. */
export function eagerLayer(base: ClassValue, layer: Layer): ClassValue {
  const { name, settings, parts, inputs, make, apply, methods = [] } = layer;
  const defaults = defaultsIn(settings);
  const init = native('__init__', `(self, ${settings})`, () => none);
  const call = native('__call__', `(self, ${inputs})`, () => none);
  const selfIn = (bound: Parameters<NativeValue['call']>[1]): InstanceValue => {
    const module = bound.values.get('self');
    if (module?.kind === 'instance') return module;
    throw new PythonError('TypeError', 'a layer is wanted');
  };
  return libraryClass(
    name,
    [base],
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
