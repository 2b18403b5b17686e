import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type DType, type Shape, showShape } from '../../graph/shape.ts';
import { known, truthOf } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { asTensor, isVariable as isAnyVariable } from '../tensorflow/dialect.ts';
import { apart, holdsMark, newVariable } from '../tensorflow/tensor.ts';
import { initializerOf } from '../torch/nn/module.ts';
import { bool, type InstanceValue, int, list, str, type TensorValue, tuple, type Value } from '../values.ts';
import { isLayer, kindOf } from './kinds.ts';

/** The weights of layers (https://keras.io/api/layers/base_layer/): which there are, in Keras's order. */

const weightsMade = '_weights_made';
/** Whether the value is a variable of Keras. */
function isVariable(value: Value): value is TensorValue {
  return value.kind === 'tensor' && value.attributes.has(holdsMark);
}

export interface Weight {
  readonly name: string | null;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly initializer: Value;
  readonly trainable: Value;
}

/** A new variable, that starts as its initializer says. */
export function variable(cx: Context, { name, shape, dtype, initializer, trainable }: Weight): TensorValue {
  if (shape.some((dim) => D.isKnown(dim) && dim < 0))
    throw new PythonError('ValueError', `a weight cannot have the shape ${showShape(shape)}`);
  const value = known(cx.call(initializer, [tuple(shape.map(int))], new Map([['dtype', { kind: 'dtype', dtype }]])));
  const isNumber = value.kind === 'bool' || value.kind === 'int' || value.kind === 'float';
  if (isNumber && shape.length > 0)
    throw new Unknowable('an initializer that gives one number for several is not followed');
  if (!isNumber && value.kind !== 'tensor') throw new PythonError('ValueError', 'an initializer gives a tensor');
  return asVariable(cx, cx.build.convert(asTensor(cx, value), dtype), name, trainable);
}

/** A variable of a tensor's values: where they are drawn or all the same, a weight that starts so. */
export function asVariable(cx: Context, node: NodeId, name: string | null, trainable: Value): TensorValue {
  const { shape, dtype } = cx.build.aval(node);
  const init = initializerOf(cx.build, node);
  const start = init === null ? apart(cx, node) : cx.build.parameter(name ?? 'variable', shape, init, dtype);
  const weight = newVariable(start, trainable);
  weight.attributes.set(holdsMark, bool(true));
  weight.attributes.set('name', str(name));
  weight.attributes.set('path', str(null));
  return weight;
}

export function addWeight(cx: Context, layer: InstanceValue, weight: Weight): TensorValue {
  // The weights of a layer that is not trained are not, either.
  const trainable = isTrainable(layer) ? weight.trainable : bool(false);
  const value = variable(cx, { ...weight, trainable });
  const before = layer.attributes.get(weightsMade);
  cx.setAttribute(layer, weightsMade, list([...(before?.kind === 'list' ? before.items : []), value]));
  return value;
}

/** The values in some, in lists and dicts too. Throws Unknowable where it is not known what these hold. */
export function within(values: Iterable<Value>): readonly Value[] {
  return [...values].flatMap((value) => {
    switch (value.kind) {
      case 'list':
      case 'set':
        if (value.tail !== null) throw new Unknowable('how many parts the layer has is not known before it runs');
        return within(value.items);
      case 'tuple':
        return within(value.items);
      case 'dict':
        return within([...value.entries.values()].map((entry) => entry.value));
      default:
        return [value];
    }
  });
}

export function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}

/** Attributes that hold what a model is made of, in the order that counts; of others all attributes count. */
export const partsMark = '_parts';

/** The layers that a layer holds. */
export function sublayersOf(layer: InstanceValue): readonly InstanceValue[] {
  const parts = layer.attributes.get(partsMark);
  const held = within([...(parts === undefined ? [] : [parts]), ...layer.attributes.values()]);
  return distinct(held.filter(isLayer));
}

export function isTrue(value: Value | undefined): boolean {
  return value === undefined || truthOf(value) !== false;
}

/** The variables of a layer itself: those that are trained first. */
function ownVariables(layer: InstanceValue): readonly TensorValue[] {
  const added = layer.attributes.get(weightsMade);
  const all = distinct(
    within([...(added === undefined ? [] : [added]), ...layer.attributes.values()]).filter(isVariable),
  );
  const isTrained = (value: TensorValue): boolean =>
    isTrue(value.attributes.get(firstTrainable) ?? value.attributes.get('trainable'));
  return [...all.filter(isTrained), ...all.filter((value) => !isTrained(value))];
}

/** Whether a variable was made to be trained, which its place in lists hangs on. */
const firstTrainable = '_made_trainable';

/** On layers that something not known was given, or made of: which weights they have is not known, then. */
export const lostMark = '_lost';

/** Notes where it is not known what a layer gets. */
export function orLost<T>(cx: Context, layer: InstanceValue, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof Unknowable) cx.setAttribute(layer, lostMark, cx.unknown(error.message));
    throw error;
  }
}

function requireWhole(layer: InstanceValue): void {
  const lost = [...layer.attributes.values()].find((value) => value.kind === 'unknown');
  if (lost !== undefined) known(lost);
  const isTensorFlows = (value: Value): boolean =>
    value.kind === 'tensor' && isAnyVariable(value) && !isVariable(value);
  if (within(layer.attributes.values()).some(isTensorFlows))
    throw new Unknowable("whether a variable of TensorFlow is a layer's own hangs on the version of Keras");
}

/** All variables of a layer and those below it, each once. */
export function weightsOf(layer: InstanceValue): readonly TensorValue[] {
  requireWhole(layer);
  return distinct([...ownVariables(layer), ...sublayersOf(layer).flatMap(weightsOf)]);
}

export function trainedOf(layer: InstanceValue): readonly TensorValue[] {
  if (!isTrue(layer.attributes.get(trainableMark))) return [];
  return weightsOf(layer).filter((weight) => isTrue(weight.attributes.get('trainable')));
}

export function othersOf(layer: InstanceValue): readonly TensorValue[] {
  const trained = trainedOf(layer);
  return weightsOf(layer).filter((weight) => !trained.includes(weight));
}

/** Refuses the weights of layers that have seeds of random numbers beside them, which are variables too. */
export function withoutSeeds(layer: InstanceValue, weights: readonly TensorValue[]): readonly TensorValue[] {
  const visit = (each: InstanceValue): void => {
    if (kindOf(each.cls)?.settings.includes('seed')) throw new Unknowable('seeds of random numbers are not followed');
    for (const child of sublayersOf(each)) visit(child);
  };
  visit(layer);
  return weights;
}

export const trainableMark = '_trainable';

export function setTrainable(cx: Context, layer: InstanceValue, value: Value): void {
  cx.setName(layer.attributes, trainableMark, value);
  for (const weight of ownVariables(layer)) {
    cx.setName(
      weight.attributes,
      firstTrainable,
      weight.attributes.get(firstTrainable) ?? weight.attributes.get('trainable') ?? bool(true),
    );
    cx.setName(weight.attributes, 'trainable', value);
  }
  for (const child of sublayersOf(layer)) setTrainable(cx, child, value);
}

/** Whether a layer's weights are trained. */
export function isTrainable(layer: InstanceValue): boolean {
  const truth = truthOf(layer.attributes.get(trainableMark) ?? bool(true));
  if (truth === null) throw new Unknowable('whether the layer is trained is not known');
  return truth;
}
