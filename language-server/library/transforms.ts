import type { NodeId, Region } from '../graph/graph.ts';
import { isFloating, ShapeError, showShape } from '../graph/shape.ts';
import { type Context, type Level, PythonError, type TransformedCall, Unknowable } from './context.ts';
import { inPlaceOf, mapParts, partsOf } from './trees.ts';
import { bool, type Family, type NativeValue, tensor, type Value } from './values.ts';

/** What every library's derivative functions are made of: pytrees, regions, and the derivative primitives. */

/** The tensors in a value, through tuples, lists and dicts (a pytree), in order. */
export function leavesOf(value: Value): readonly NodeId[] {
  switch (value.kind) {
    case 'tensor':
      return [value.node];
    case 'tuple':
      return value.items.flatMap(leavesOf);
    case 'list':
      if (value.tail !== null) throw new Unknowable('how many tensors there are is not known before it runs');
      return value.items.flatMap(leavesOf);
    case 'dict':
      return [...value.entries.values()].flatMap((entry) => leavesOf(entry.value));
    case 'instance':
      return (partsOf(value) ?? []).flatMap(([, part]) => leavesOf(part));
    case 'unknown':
      throw new Unknowable(value.reason.text, value.reason);
    default:
      return [];
  }
}

/** The tensors of pytrees, as far as they are known. */
export function knownLeavesOf(values: readonly Value[]): readonly NodeId[] {
  return values.flatMap((value) => {
    try {
      return leavesOf(value);
    } catch (error) {
      if (error instanceof Unknowable) return [];
      throw error;
    }
  });
}

/** The pytree with each tensor replaced; `key` is the name that it has in what holds it, if it has one. */
export function mapLeaves(
  value: Value,
  replace: (node: NodeId, family: Family, key: string | null) => Value,
  key: string | null = null,
): Value {
  if (value.kind === 'tensor') return inPlaceOf(value, replace(value.node, value.family, key));
  return mapParts(value, (part, at) => mapLeaves(part, replace, at.kind === 'str' ? at.value : key));
}

/** The name of a function's k-th parameter, for the leaf that stands for it. */
function parameterName(fn: Value, k: number): string {
  if (fn.kind === 'function') {
    const { args } = fn.definition;
    return [...args.positionalOnly, ...args.args][k]?.name ?? `arg${k}`;
  }
  return fn.kind === 'bound' ? parameterName(fn.callee, k + 1) : k === 0 ? 'x' : `x${k}`;
}

/** A function as a region of the graph: fresh inputs in the place of the tensors of its arguments. */
export interface TracedCall {
  /** What the function returned. */
  readonly output: Value;
  /** The fresh inputs and the nodes they stand for, side by side. */
  readonly inputs: readonly NodeId[];
  readonly actual: readonly NodeId[];
  /** For each argument, which of the inputs are its tensors. */
  readonly ofArgument: readonly (readonly number[])[];
}

/** What a call transforms the function with, outermost first; nothing where a library only looks at it. */
export interface Around {
  readonly call: TransformedCall;
  readonly levels: readonly Level[];
}

/** Calls `fn` with fresh inputs in the place of the tensors of the arguments that are traced. */
export function traceCall(
  cx: Context,
  fn: Value,
  args: readonly Value[],
  keyword: ReadonlyMap<string, Value>,
  isTraced: (argument: number) => boolean,
  /** The fresh input's place in the region, from the actual node: its aval, or a slice's. */
  fresh: (node: NodeId, name: string) => NodeId = (node, name) => cx.build.input(name, cx.build.aval(node)),
  around: Around | null = null,
  /** Which of the fresh inputs the transforms take for their own. */
  isOwn: (input: number) => boolean = () => true,
): TracedCall {
  requireFunction(fn, around?.call.api ?? null);
  const inputs: NodeId[] = [];
  const actual: NodeId[] = [];
  const ofArgument: number[][] = [];
  const replaced = args.map((arg, k) => {
    const own: number[] = [];
    ofArgument.push(own);
    if (!isTraced(k)) return arg;
    return mapLeaves(arg, (node, family, key) => {
      const input = fresh(node, key ?? parameterName(fn, k));
      own.push(inputs.length);
      inputs.push(input);
      actual.push(node);
      const inner = tensor(input, family);
      inner.attributes.set('requires_grad', bool(true));
      return inner;
    });
  });
  // A transform that differentiates turns recording on for it.
  const isRecorded = around?.levels.some(({ kind }) => kind !== 'vmap') ?? false;
  const run = (): Value => cx.withGradMode(isRecorded ? 'enabled' : cx.gradMode, () => cx.call(fn, replaced, keyword));
  const given = around === null ? [] : knownLeavesOf([...replaced, ...keyword.values()]);
  const own = inputs.filter((_, k) => isOwn(k));
  const output =
    around === null
      ? run()
      : cx.transforming(
          around.levels.map((level) => {
            const inputs = level.kind === 'vmap' && level.over === 'tangents' ? [] : own;
            return { ...level, call: around.call, inputs, given };
          }),
          run,
        );
  return { output, inputs, actual, ofArgument };
}

/** Refuses a tensor in the place of the function that computes it. */
export function requireFunction(fn: Value, api: string | null): void {
  if (fn.kind === 'tensor')
    throw new PythonError(
      'TypeError',
      "'Tensor' object is not callable",
      api === null ? null : { kind: 'no function', api, tensor: fn.node },
    );
}

export function regionTo(call: TracedCall, output: NodeId): Region {
  return { inputs: call.inputs, outputs: [output] };
}

/** What the traced call returned, of its actual arguments and not of the fresh inputs. */
export function outputAt(cx: Context, call: TracedCall, output: Value): Value {
  const leaves = leavesOf(output);
  const copies = [...cx.build.instantiate({ inputs: call.inputs, outputs: leaves }, call.actual)];
  return mapLeaves(output, (node, family) => tensor(copies.shift() ?? node, family));
}

/** d output / d input for one input of the traced call. */
export function jacobianNode(
  cx: Context,
  call: TracedCall,
  output: NodeId,
  wrt: number,
  how: { readonly mode: 'reverse' | 'forward'; readonly differentiable: boolean },
  /** Where it is taken: at the arguments, or at the fresh inputs where it is to be differentiated itself. */
  point: readonly NodeId[] = call.actual,
): NodeId {
  const input = call.inputs[wrt];
  if (input === undefined) throw new RangeError('no such input');
  requireFloating(cx, input);
  return cx.build.emit(
    'jacobian',
    { region: regionTo(call, output), wrt, input: cx.build.aval(input), output: cx.build.aval(output), ...how },
    point,
  );
}

function requireFloating(cx: Context, node: NodeId): void {
  const { dtype } = cx.build.aval(node);
  if (!isFloating(dtype))
    throw new PythonError('RuntimeError', `only floating point tensors can be differentiated, not ${dtype}`);
}

/** The gradient of a scalar output with respect to one input of the traced call. */
export function gradientNode(
  cx: Context,
  call: TracedCall,
  output: NodeId,
  wrt: number,
  differentiable = true,
  point: readonly NodeId[] = call.actual,
): NodeId {
  const shape = cx.build.shape(output);
  if (shape.length > 0) throw new ShapeError(`grad needs a function that returns a scalar, not ${showShape(shape)}`);
  const input = call.inputs[wrt];
  if (input === undefined) throw new RangeError('no such input');
  requireFloating(cx, input);
  return cx.build.emit(
    'vjp',
    { region: regionTo(call, output), wrt, input: cx.build.aval(input), output: cx.build.aval(output), differentiable },
    [...point, cx.build.full([], 1, cx.build.aval(output).dtype)],
  );
}

/** A function made by a transform, called like the one it was made of. */
export function madeFunction(cx: Context, by: string, from: Value, call: NativeValue['call']): NativeValue {
  return {
    kind: 'native',
    name: by.slice(by.lastIndexOf('.') + 1),
    signature: { parameters: [], rest: true, keywords: true, text: '(*args, **kwargs)' },
    call,
    made: { by, from, origin: cx.origin },
  };
}
