import type { Dim } from '../../graph/dim.ts';
import { type NodeId, nodeAt } from '../../graph/graph.ts';
import { type DType, dimAt, isFloating, type Shape } from '../../graph/shape.ts';
import { type Args, asDim, known, truthOf } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import { TensorCall } from '../tensorflow/dialect.ts';
import { defaultsIn } from '../torch/nn/layer.ts';
import {
  bool,
  type ClassValue,
  type InstanceValue,
  int,
  type NativeValue,
  none,
  tensor,
  tuple,
  type Value,
} from '../values.ts';
import { baseLayer, common, setCommon } from './base.ts';
import { initializerNamed } from './initializers.ts';
import { builtMark, declareKind, fixedMark, isLayer, type Spec, selfIn, shortName } from './kinds.ts';
import type { MaskUse } from './masks.ts';
import { policyOf } from './policy.ts';
import { family, made } from './tensors.ts';
import { addWeight } from './weights.ts';

/** The layers that the library has, and what their functions read. */

/** A layer of the library: what it is told, its weights, and what it computes. */
export interface Layer {
  /** Its name in keras.layers. */
  readonly name: string;
  /** The arguments of its constructor beside those of all layers; they stay as attributes. */
  readonly settings: string;
  /** The arguments of `call`. */
  readonly inputs?: string;
  readonly spec?: Spec;
  /** What it does with masks; it drops them where nothing is said. */
  readonly mask?: MaskUse;
  /** Refuses what the constructor refuses. */
  readonly make?: (cx: Context, layer: InstanceValue, settings: TensorCall) => void;
  /** The arguments of `build`, where these are others than the shape of the input. */
  readonly shapes?: string;
  /** Makes the weights for inputs of shapes. */
  readonly build?: (call: BuildCall) => void;
  readonly apply: (call: LayerCall) => Value | NodeId;
  readonly methods?: readonly NativeValue[];
  readonly base?: ClassValue;
}

/** A reader of a layer's settings. */
function settingsOf(cx: Context, layer: InstanceValue): TensorCall {
  return new TensorCall(cx, { values: layer.attributes, rest: [], keywords: new Map() });
}

/** A call of a layer's own functions, with a reader of its settings. */
class CallOfLayer extends TensorCall {
  readonly layer: InstanceValue;
  readonly own: TensorCall;

  constructor(cx: Context, bound: ConstructorParameters<typeof Args>[1], layer: InstanceValue) {
    super(cx, bound);
    this.layer = layer;
    this.own = settingsOf(cx, layer);
  }
}

/** The making of a layer's weights. */
export class BuildCall extends CallOfLayer {
  /** The shape of an input: null in the place of sizes that are not known yet. */
  shapeOf(name: string): readonly (Dim | null)[] {
    return this.cx.items(this.value(name)).map((item) => (item.kind === 'none' ? null : asDim(item, name)));
  }

  /** The size along an axis, which weights hang on. */
  sizeAt(axis: number, name = 'input_shape'): Dim {
    const shape = this.shapeOf(name);
    const size = shape.at(axis);
    if (size === undefined || axis >= shape.length) throw new PythonError('IndexError', 'tuple index out of range');
    if (size === null)
      throw new PythonError('ValueError', `${shortName(this.layer)} must know the size along axis ${axis}`);
    return size;
  }

  /** Inputs must have that size along an axis from now on. */
  fix(axis: number, size: Dim): void {
    this.cx.setAttribute(this.layer, fixedMark, tuple([int(axis), int(size)]));
  }

  /** A new weight, as a setting says or else as is usual; None in the place of none. */
  weight(name: string, shape: Shape | null, init: Value | null, otherwise: string, trainable = true, as = name): void {
    const { cx, layer } = this;
    if (shape === null) cx.setAttribute(layer, as, none);
    else
      cx.setAttribute(
        layer,
        as,
        addWeight(cx, layer, {
          name,
          shape,
          dtype: policyOf(cx, layer).variable,
          initializer: initializerNamed(cx, init, otherwise),
          trainable: bool(trainable),
        }),
      );
  }
}

/** The call of a layer. */
export class LayerCall extends CallOfLayer {
  /** The type that the layer computes in. */
  get compute(): DType {
    return policyOf(this.cx, this.layer).compute;
  }

  /** A weight in the type that the layer computes in; null where there is none. */
  optionalWeight(name: string): NodeId | null {
    const value = this.layer.attributes.get(name);
    if (value === undefined || value.kind === 'none') return null;
    known(value);
    if (value.kind !== 'tensor') throw new PythonError('TypeError', `${name} is no tensor`);
    const { dtype } = nodeAt(this.build, value.node).aval;
    return isFloating(dtype) ? this.build.convert(value.node, this.compute) : value.node;
  }

  weight(name: string): NodeId {
    const node = this.optionalWeight(name);
    if (node === null) throw new Unknowable(`the weight ${name} is not known`);
    return node;
  }

  /** Whether the layer is in training mode; without a word it is not. */
  get isTraining(): boolean {
    const truth = truthOf(this.optional('training') ?? none);
    if (truth === null) throw new Unknowable('whether the layer is called for training is not known');
    return truth;
  }

  /** A function, of Keras or the program's own, of a tensor. */
  through(fn: Value | null, node: NodeId): Value {
    return fn === null ? made(node) : this.cx.call(fn, [made(node)]);
  }

  /** The size along an axis of a tensor. */
  sizeOf(node: NodeId, axis: number): Dim {
    return dimAt(this.build.shape(node), axis < 0 ? this.build.rank(node) + axis : axis);
  }

  /** Tensors of a list, at least so many. */
  several(name: string, least: number): readonly NodeId[] {
    const value = this.value(name);
    if (value.kind !== 'list' && value.kind !== 'tuple')
      throw new PythonError('ValueError', `${shortName(this.layer)} is called with a list of inputs`);
    const nodes = value.items.map((item) => {
      known(item);
      if (item.kind !== 'tensor') throw new PythonError('ValueError', 'a tensor is wanted');
      return item.node;
    });
    if (nodes.length < least)
      throw new PythonError('ValueError', `${shortName(this.layer)} is called with ${least} inputs or more`);
    return nodes;
  }
}

/** keras.ops.add, which takes tensors without elements for biases. */
export function added(call: TensorCall, a: NodeId, b: NodeId): NodeId {
  const { build } = call;
  if ([a, b].every((node) => build.rank(node) > 1 && build.shape(node).includes(0)))
    throw new Unknowable('sums of tensors without elements are not followed');
  return build.add(a, b);
}

export function layerClass(layer: Layer): ClassValue {
  const {
    name,
    settings,
    inputs = 'inputs',
    shapes = 'input_shape',
    spec,
    mask,
    make,
    build,
    apply,
    methods = [],
    base = baseLayer,
  } = layer;
  const defaults = defaultsIn(settings);
  const text =
    settings === ''
      ? `(self, *, ${common})`
      : `(self, ${settings}${/(^|, )\*/.test(settings) ? '' : ', *'}, ${common})`;
  const init = native('__init__', text, (cx, args) => {
    const self = selfIn(args);
    setCommon(cx, self, args, [...defaults.keys()]);
    for (const [key, otherwise] of defaults) {
      const given = args.has(key) ? args.raw(key) : otherwise;
      if (given !== null) cx.setAttribute(self, key, given);
    }
    make?.(cx, self, settingsOf(cx, self));
    return none;
  });
  const call = native('call', `(self, ${inputs})`, () => none);
  const called: NativeValue = {
    ...call,
    call: (cx, bound) => {
      const self = bound.values.get('self');
      if (self === undefined || !isLayer(self)) throw new PythonError('TypeError', 'a layer is wanted');
      const result = apply(new LayerCall(cx, bound, self));
      return typeof result === 'number' ? tensor(result, family) : result;
    },
  };
  const building = native('build', `(self, ${shapes})`, () => none);
  const built: NativeValue = {
    ...building,
    call: (cx, bound) => {
      const self = bound.values.get('self');
      if (self === undefined || !isLayer(self)) throw new PythonError('TypeError', 'a layer is wanted');
      build?.(new BuildCall(cx, bound, self));
      cx.setAttribute(self, builtMark, bool(true));
      return none;
    },
  };
  const cls = libraryClass(
    `keras.layers.${name}`,
    [base],
    [init, called, ...(build === undefined ? [] : [built]), ...methods],
  );
  declareKind(cls, {
    settings: [...defaults.keys()],
    ...(spec === undefined ? {} : { spec }),
    ...(mask === undefined ? {} : { mask }),
  });
  return cls;
}
