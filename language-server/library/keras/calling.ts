import type { GraphBuilder } from '../../graph/builder.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { isFloating, ShapeError, showShape } from '../../graph/shape.ts';
import { truthOf } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { native } from '../define.ts';
import { defaultsIn } from '../torch/nn/layer.ts';
import { knownLeavesOf } from '../transforms.ts';
import { mapParts, unknownIn } from '../trees.ts';
import { bool, type FunctionValue, type InstanceValue, type NativeValue, none, type Value } from '../values.ts';
import { builtMark, fixedMark, kindOf, shortName, specOf } from './kinds.ts';
import { isMasked, underMask, withMask } from './masks.ts';
import { policyOf } from './policy.ts';
import { isSymbolic, kept, shapeValue } from './symbolic.ts';
import { adopted } from './tensors.ts';
import { lostMark, within } from './weights.ts';

/** The call of a layer: its arguments, its weights, which the first call makes, and its mode. */

/** The call of a layer that nobody called but the program: its `training` goes down to all layers in it. */
interface Outermost {
  training: Value;
}

const outermost = new WeakMap<GraphBuilder, Outermost>();

interface Parameters {
  readonly names: readonly string[];
  readonly takesMore: boolean;
  readonly defaults: ReadonlyMap<string, Value | null>;
}

/** The parameters of a method, without `self`. */
function parametersOf(method: Value): Parameters | null {
  const callee = method.kind === 'bound' ? method.callee : method;
  const skipped = method.kind === 'bound' ? 1 : 0;
  if (callee.kind === 'function') {
    const { args } = callee.definition;
    const names = [...args.positionalOnly, ...args.args, ...args.keywordOnly].map((parameter) => parameter.name);
    return {
      names: names.slice(skipped),
      takesMore: args.vararg !== null || args.kwarg !== null,
      defaults: callee.defaults,
    };
  }
  if (callee.kind !== 'native') return null;
  const own = wrappedIn(callee);
  if (own !== null) return parametersOf(method.kind === 'bound' ? { ...method, callee: own } : own);
  const { parameters, rest, keywords, text } = callee.signature;
  return {
    names: parameters.map((parameter) => parameter.name).slice(skipped),
    takesMore: rest || keywords,
    defaults: defaultsIn(text.replace(/^\(|\)$/g, '')),
  };
}

/** Tensors of arguments as the layer takes them: of its type, where they are fractions. */
function converted(cx: Context, layer: InstanceValue, value: Value): Value {
  if (value.kind === 'tensor') {
    const casts = truthOf(layer.attributes.get('_autocast') ?? bool(true)) !== false;
    const { compute } = policyOf(cx, layer);
    const own = adopted(cx, value, casts && isFloating(compute) ? compute : null);
    return isMasked(cx, value) ? withMask(cx, own) : own;
  }
  return mapParts(value, (part) => converted(cx, layer, part));
}

/** What a layer's own code sees in the place of symbolic tensors: others of their shapes, which have values to it. */
function standInsFor(cx: Context, values: readonly Value[]): ReadonlyMap<NodeId, NodeId> {
  const symbolic = new Set(knownLeavesOf(values).filter((node) => isSymbolic(cx, node)));
  return new Map([...symbolic].map((node) => [node, cx.build.input('tensor', cx.build.aval(node))]));
}

function withStandIns(standIns: ReadonlyMap<NodeId, NodeId>, value: Value): Value {
  if (value.kind === 'tensor') return { ...value, node: standIns.get(value.node) ?? value.node };
  return mapParts(value, (part) => withStandIns(standIns, part));
}

const numbers: readonly Value['kind'][] = ['int', 'float', 'bool', 'str'];

/** Refuses what is no tensor in its place. */
function requireTensors(values: readonly Value[]): void {
  const odd = within(values).find((value) => numbers.includes(value.kind));
  if (odd !== undefined)
    throw new PythonError('ValueError', 'Only input tensors may be passed as positional arguments.');
}

function requireFitting(cx: Context, layer: InstanceValue, first: Value | undefined): void {
  if (first?.kind !== 'tensor') return;
  const shape = cx.build.shape(first.node);
  const limits = specOf(layer.cls);
  if (limits !== null) {
    const { rank, least, most } = limits;
    if (
      (rank !== undefined && shape.length !== rank) ||
      (least !== undefined && shape.length < least) ||
      (most !== undefined && shape.length > most)
    )
      throw new ShapeError(
        `${showShape(shape)} is no input for ${shortName(layer)}: ${rank ?? `${least ?? `at most ${most}`} or more`} axes are wanted`,
      );
  }
  const fixed = layer.attributes.get(fixedMark);
  if (fixed?.kind !== 'tuple') return;
  const [axisValue, sizeValue] = fixed.items;
  if (axisValue?.kind !== 'int' || sizeValue?.kind !== 'int' || !D.isKnown(axisValue.value)) return;
  const axis = axisValue.value < 0 ? shape.length + axisValue.value : axisValue.value;
  const own = shape[axis];
  if (own !== undefined && D.surelyDiffer(own, sizeValue.value))
    throw new ShapeError(
      `${shortName(layer)} was built for ${D.show(sizeValue.value)} along axis ${axisValue.value}, not for ${showShape(shape)}`,
    );
}
/** Makes a layer's weights where that was not done, for inputs of these shapes. */
function ensureBuilt(
  cx: Context,
  layer: InstanceValue,
  call: Parameters,
  positional: readonly Value[],
  keyword: ReadonlyMap<string, Value>,
): void {
  const isBuilt = truthOf(layer.attributes.get(builtMark) ?? bool(false));
  if (isBuilt === null) throw new Unknowable('whether the layer has its weights is not known');
  if (isBuilt) return;
  const build = cx.attribute(layer, 'build');
  if (build === null) return;
  const named = new Map([
    ...positional.map((value, k): [string, Value] => [call.names[k] ?? `${k}`, value]),
    ...keyword,
  ]);
  const shapes = new Map(
    [...named].flatMap(([name, value]): [string, Value][] => {
      const shape = name === 'mask' ? null : shapesOf(cx, value);
      return shape === null ? [] : [[`${name}_shape`, shape]];
    }),
  );
  const [first = none] = shapes.values();
  const wanted = parametersOf(build)?.names ?? [];
  if (wanted.length <= 1) cx.call(build, wanted.length === 0 && parametersOf(build)?.takesMore !== true ? [] : [first]);
  else {
    const given = wanted.flatMap((name): [string, Value][] => {
      const shape = shapes.get(name);
      return shape === undefined ? [] : [[name, shape]];
    });
    if (given.length === 0) cx.call(build, [first]);
    else cx.call(build, [], new Map(given));
  }
  cx.setAttribute(layer, builtMark, bool(true));
}

/** The shapes of tensors, nested as they are; null for what is none. */
export function shapesOf(cx: Context, value: Value): Value | null {
  if (value.kind === 'tensor') return shapeValue(cx, cx.build.shape(value.node));
  if (value.kind !== 'list' && value.kind !== 'tuple' && value.kind !== 'dict') return null;
  const leaves = within([value]);
  if (leaves.length === 0 || leaves.some((leaf) => leaf.kind !== 'tensor')) return null;
  return mapParts(value, (part) => shapesOf(cx, part) ?? none);
}

/** Whether a layer takes anything at its places, as models that are made of their inputs and outputs do. */
export const takesAnything = '_takes_anything';

export function callLayer(
  cx: Context,
  layer: InstanceValue,
  given: readonly Value[],
  keywords: ReadonlyMap<string, Value>,
): Value {
  const method = cx.attribute(layer, 'call');
  if (method === null) throw new PythonError('NotImplementedError', `${layer.cls.name} has no call`);
  const parameters = parametersOf(method);
  if (parameters === null) return cx.call(method, given, keywords);
  const standIns = standInsFor(cx, [...given, ...keywords.values()]);
  const converting = (value: Value): Value => converted(cx, layer, withStandIns(standIns, value));
  const positional = given.map(converting);
  const keyword = new Map([...keywords].map(([name, value]) => [name, converting(value)]));
  const first = positional[0] ?? keyword.get(parameters.names[0] ?? '');
  const missing = first === undefined ? null : unknownIn(first);
  if (missing !== null) {
    cx.setAttribute(layer, lostMark, missing);
    return missing;
  }
  cx.setAttribute(layer, lostMark, none);
  if (!layer.attributes.has(takesAnything)) requireTensors(positional);
  requireFitting(cx, layer, first);
  ensureBuilt(cx, layer, parameters, positional, keyword);
  requireFitting(cx, layer, first);
  const takes = parameters.names.includes('training');
  const place = parameters.names.indexOf('training');
  const asked = keyword.get('training') ?? (takes ? positional[place] : undefined);
  if (!takes && !parameters.takesMore) keyword.delete('training');
  const computed = inTraining(cx, asked, parameters.defaults.get('training') ?? none, (training) => {
    if (takes && training.kind !== 'none' && positional.length <= place) keyword.set('training', training);
    return cx.call(method, positional, keyword);
  });
  const output = isMasked(cx, first) ? afterMask(cx, layer, computed) : computed;
  return standIns.size > 0 ? kept(cx, { layer, positional: given, keyword: keywords }, output) : output;
}

/** What a layer gives for an input with a mask; layers of the program's own drop it. */
function afterMask(cx: Context, layer: InstanceValue, output: Value): Value {
  const use = kindOf(layer.cls)?.mask;
  if (use === undefined) return output;
  return withMask(cx, use === 'used' ? underMask(cx, output) : output);
}
/** Evaluates a layer's call with the mode that it is in: as it is asked, else as the layers around it, else as by its signature. */
function inTraining(cx: Context, asked: Value | undefined, otherwise: Value, body: (training: Value) => Value): Value {
  const around = outermost.get(cx.build);
  const inherited = around === undefined || around.training.kind === 'none' ? otherwise : around.training;
  const training = asked ?? inherited;
  if (around !== undefined) {
    // What a layer is asked holds for those after it, too.
    around.training = training;
    return body(training);
  }
  outermost.set(cx.build, { training });
  try {
    return body(training);
  } finally {
    outermost.delete(cx.build);
  }
}
const wrappedMark = 'keras.build';

function wrappedIn(method: NativeValue): FunctionValue | null {
  return method.made?.by === wrappedMark && method.made.from.kind === 'function' ? method.made.from : null;
}

/** The program's own `build`, after which a layer has its weights. */
export function wrappedBuild(cx: Context, fn: FunctionValue): NativeValue {
  const own = native('build', '(self, *args, **kwargs)', (inner, args) => {
    const self = args.value('self');
    const result = inner.call(fn, [self, ...args.rest], args.keywords);
    inner.setAttribute(self, builtMark, bool(true));
    return result;
  });
  return { ...own, made: { by: wrappedMark, from: fn, origin: cx.origin } };
}
