import * as D from '../graph/dim.ts';
import { type NodeId, type Origin, regionNodes } from '../graph/graph.ts';
import {
  anyAxes,
  dimAt,
  isFloating,
  normalAxis,
  type Outline,
  type Shape,
  ShapeError,
  showShape,
} from '../graph/shape.ts';
import { type Args, asKnownInt } from './arguments.ts';
import {
  type Context,
  type Level,
  type MappedAxes,
  type Misuse,
  PythonError,
  type Randomness,
  type TransformedCall,
  Unknowable,
} from './context.ts';
import { native } from './define.ts';
import {
  type Around,
  gradientNode,
  jacobianNode,
  knownLeavesOf,
  leavesOf,
  madeFunction,
  mapLeaves,
  outputAt,
  requireFunction,
  type TracedCall,
  traceCall,
} from './transforms.ts';
import {
  another,
  type BoundArguments,
  describe,
  type Family,
  type NativeValue,
  outlined,
  tensor,
  tuple,
  type Unknown,
  type Value,
} from './values.ts';

/**
 * Functions of functions, as torch.func has them after JAX (https://docs.jax.dev/en/latest/jax.html#automatic-differentiation):
 * each takes a function and gives one that gives its derivatives, or is mapped over an axis.
 */

/** In what the libraries differ. */
export interface Style {
  readonly family: Family;
  /** What the functions call their first parameter. */
  readonly parameter: string;
  /** The pytree as the library differentiates or maps it: JAX makes arrays of numbers and of NumPy's arrays. */
  readonly arrays: (cx: Context, value: Value) => Value;
  /** Whether keyword arguments are mapped over their first axis. */
  readonly mapsKeywords: boolean;
}

interface Selection {
  readonly indices: readonly number[];
  readonly single: boolean;
}

/** Which arguments are differentiated: one index, or several. */
function argnums(value: Value | null): Selection {
  if (value === null) return { indices: [0], single: true };
  if (value.kind === 'tuple' || value.kind === 'list')
    return { indices: value.items.map((item) => asKnownInt(item, 'argnums')), single: false };
  return { indices: [asKnownInt(value, 'argnums')], single: true };
}

/** Splits `(output, aux)` where the function has both. */
function withoutAux(output: Value, hasAux: boolean): { readonly output: Value; readonly aux: Value | null } {
  if (!hasAux) return { output, aux: null };
  if (output.kind === 'unknown') return { output, aux: another(output) };
  const [first, aux] = output.kind === 'tuple' ? output.items : [];
  if (first === undefined || aux === undefined)
    throw new PythonError('RuntimeError', 'with has_aux the function must return a pair');
  return { output: first, aux };
}

export interface Differentiated {
  readonly making: TransformedCall;
  readonly call: TracedCall;
  readonly output: Value;
  readonly aux: Value | null;
  /** The derivative for each selected argument, by a function of one input's index. */
  readonly ofArguments: (derivative: (wrt: number) => Value) => Value;
}

function differentiate(
  cx: Context,
  style: Style,
  fn: Value,
  bound: BoundArguments,
  selected: Selection,
  hasAux: boolean,
  around: Around,
): Differentiated {
  const indices = selected.indices.map((index) => (index < 0 ? index + bound.rest.length : index));
  if (indices.length === 0 || new Set(indices).size < indices.length)
    throw new PythonError('RuntimeError', 'argnums must name at least one argument, and each once');
  const args = bound.rest.map((arg, k) => (indices.includes(k) ? style.arrays(cx, arg) : arg));
  for (const index of indices) {
    const arg = args[index];
    if (arg === undefined)
      throw new PythonError('RuntimeError', `argument ${index} is to be differentiated, but ${args.length} are given`);
    if (leavesOf(arg).length === 0)
      throw new PythonError('RuntimeError', `a tensor is to be differentiated, not ${describe(arg)}`);
  }
  const call = traceCall(cx, fn, args, bound.keywords, (k) => indices.includes(k), undefined, around);
  const { output, aux } = withoutAux(call.output, hasAux);
  requireTensors(style, output, around.call.api);
  const ofArguments = (derivative: (wrt: number) => Value): Value => {
    const trees = indices.map((index) => {
      const own = [...(call.ofArgument[index] ?? [])];
      const arg = args[index];
      if (arg === undefined) throw new RangeError('no such argument');
      return mapLeaves(arg, () => derivative(own.shift() ?? 0));
    });
    const [only] = trees;
    return selected.single && only !== undefined ? only : tuple(trees);
  };
  return { making: around.call, call, output: style.arrays(cx, output), aux, ofArguments };
}

/** Refuses results of torch that hold something else than tensors; JAX makes arrays of numbers, and leaves out what is None. */
function requireTensors(style: Style, output: Value, name: string): void {
  if (style.family !== 'torch') return;
  if (isNoTree(output))
    throw new PythonError('RuntimeError', `${name}: the function must return only tensors, not ${describe(output)}`);
  const parts =
    output.kind === 'tuple' || output.kind === 'list'
      ? output.items
      : output.kind === 'dict'
        ? [...output.entries.values()].map(({ value }) => value)
        : [];
  for (const part of parts) requireTensors(style, part, name);
}

type Apply = (cx: Context, parts: Differentiated, collect: (node: NodeId) => Value) => Value;

/** Where the other result of `has_aux` goes: beside the derivative, or beside the value. */
type AuxPlace = 'last' | 'with value';

const recorded: Level = { kind: 'grad' };
const pushedForward: Level = { kind: 'jvp' };

/** Forward mode maps the tangents of all inputs over one `jvp`. */
function forward(randomness: Randomness | null): readonly Level[] {
  return [{ kind: 'vmap', over: 'tangents', randomness }, pushedForward];
}

/** The `randomness` that a transform is told; null where it is not known. */
function randomnessIn(args: Args): Randomness | null {
  const value = args.has('randomness') ? args.raw('randomness') : null;
  // Without the argument, and in JAX, which has none, the default holds.
  if (value === null) return 'error';
  if (value.kind !== 'str' || value.value === null) return null;
  const known = (['error', 'same', 'different'] as const).find((each) => each === value.value);
  if (known === undefined)
    throw new PythonError('RuntimeError', `randomness is 'error', 'different' or 'same', not '${value.value}'`);
  return known;
}

/** Refuses chunks of no entries. */
function requireChunks(args: Args, name: string): void {
  const size = args.has('chunk_size') ? args.raw('chunk_size') : null;
  if (size?.kind === 'int' && D.isKnown(size.value) && size.value <= 0)
    throw new PythonError('ValueError', `${name}: chunk_size should be greater than 0, not ${size.value}`);
}

/** A transform `name(func, argnums=0, has_aux=False)` that gives a function. */
function transform(
  style: Style,
  name: string,
  options: string,
  levels: (args: Args) => readonly Level[],
  apply: Apply,
  { auxPlace = 'last', takesKeywords = true }: { readonly auxPlace?: AuxPlace; readonly takesKeywords?: boolean } = {},
): NativeValue {
  return native(name, `(${style.parameter}|func, argnums=0, has_aux=False${options})`, (cx, args) => {
    // What a function that is not known gives is not known where it is called, which is a derivative call all the same.
    const fn = args.raw(style.parameter);
    const selected = argnums(args.optional('argnums'));
    const hasAux = args.bool('has_aux', false);
    const madeAt = cx.origin;
    // JAX looks at what it is given at once, torch when it is called.
    if (style.family === 'jax') requireFunction(fn, name);
    const run = levels(args);
    requireChunks(args, name);
    return madeFunction(cx, name, fn, (inner, bound) =>
      inner.differentiating({ api: name, target: fn, madeAt, given: leavesOfEach(bound.rest) }, (results) => {
        const around = { call: callOf(inner, style, name, fn, madeAt), levels: run };
        if (bound.keywords.size > 0 && !takesKeywords) refuseKeywords(around.call, bound);
        const parts = differentiate(inner, style, fn, bound, selected, hasAux, around);
        const value = apply(inner, parts, (node) => {
          results.push(node);
          return tensor(node, style.family);
        });
        if (parts.aux === null || auxPlace === 'with value') return value;
        return tuple([value, knownOutputAt(inner, parts.call, parts.aux)]);
      }),
    );
  });
}

/** torch's Jacobians and Hessians hand on positional arguments alone. */
function refuseKeywords(call: TransformedCall, { keywords }: BoundArguments): never {
  const [name = ''] = keywords.keys();
  throw new PythonError('TypeError', `the function got an unexpected keyword argument '${name}'`, {
    kind: 'keywords',
    call,
    names: [...keywords.keys()],
  });
}

/** What the function returned, where that is known. */
function knownOutputAt(cx: Context, call: TracedCall, output: Value): Value {
  return output.kind === 'unknown' ? output : outputAt(cx, call, output);
}

/**
 * Derivatives of a result that is not known: of a single number they have the shapes of what they are taken by, whatever
 * the function computes; of other results those are their last axes.
 */
function ofUnknown(cx: Context, parts: Differentiated, output: Unknown, front: Outline): Value {
  // What a transform around makes of it is another shape.
  if (cx.transforms.length > 0) requireKnown(output);
  return parts.ofArguments((wrt) => outlined(output, [...front, ...inputShape(cx, parts, wrt)]));
}

function inputShape(cx: Context, { call }: Differentiated, wrt: number): Shape {
  const input = call.inputs[wrt];
  if (input === undefined) throw new RangeError('no such input');
  return cx.build.shape(input);
}

function leavesOfEach(values: readonly Value[]): readonly (readonly NodeId[])[] {
  return values.map((value) => knownLeavesOf([value]));
}

function callOf(cx: Context, { family }: Style, api: string, target: Value, madeAt: Origin | null): TransformedCall {
  return { api, family, target, origin: cx.origin, madeAt };
}

/** Refuses results that are no floating point numbers, of which nothing can be pulled back. */
function requireFloatingResult(cx: Context, style: Style, node: NodeId, name: string): void {
  const { dtype } = cx.build.aval(node);
  if (!isFloating(dtype))
    throw new PythonError(
      style.family === 'jax' ? 'TypeError' : 'RuntimeError',
      `${name}: the results must be floating point numbers, not ${dtype}`,
    );
}

export function jacobianTransform(
  style: Style,
  name: string,
  mode: 'reverse' | 'forward',
  options: string,
): NativeValue {
  const levels = (args: Args): readonly Level[] => (mode === 'reverse' ? [recorded] : forward(randomnessIn(args)));
  return transform(
    style,
    name,
    options,
    levels,
    (cx, parts, collect) => {
      if (parts.output.kind === 'unknown') return ofUnknown(cx, parts, parts.output, [anyAxes]);
      return mapLeaves(parts.output, (output) => {
        if (mode === 'reverse') requireFloatingResult(cx, style, output, name);
        return parts.ofArguments((wrt) =>
          collect(jacobianNode(cx, parts.call, output, wrt, { mode, differentiable: true })),
        );
      });
    },
    { takesKeywords: style.family === 'jax' },
  );
}

function requireKnown(value: Value): Value {
  if (value.kind === 'unknown') throw new Unknowable(value.reason.text, value.reason);
  return value;
}

function scalarOf(cx: Context, parts: Differentiated): NodeId {
  const output = requireKnown(parts.output);
  if (output.kind !== 'tensor')
    throw new PythonError('TypeError', `grad needs a function that returns a tensor, not ${describe(output)}`);
  const shape = cx.build.shape(output.node);
  const { api, family, origin, madeAt } = parts.making;
  if (shape.length > 0)
    throw new PythonError(
      family === 'jax' ? 'TypeError' : 'RuntimeError',
      `grad needs a function that returns a scalar, not ${showShape(shape)}`,
      { kind: 'no scalar', api, output: output.node, origin, madeAt },
    );
  return output.node;
}

/** The gradient of a single number for each argument. */
const gradientsOf: Apply = (cx, parts, collect) => {
  if (parts.output.kind === 'unknown') return ofUnknown(cx, parts, parts.output, []);
  const scalar = scalarOf(cx, parts);
  return parts.ofArguments((wrt) => collect(gradientNode(cx, parts.call, scalar, wrt)));
};

/** The gradient of a function with one number for its result. */
export function gradTransform(style: Style, name: string, options: string): NativeValue {
  return transform(style, name, options, () => [recorded], gradientsOf);
}

/** The gradient with the value, in the library's order; what else the function gives stands with the value. */
export function gradWithValue(
  style: Style,
  name: string,
  options: string,
  order: 'value first' | 'gradient first',
): NativeValue {
  return transform(
    style,
    name,
    options,
    () => [recorded],
    (cx, parts, collect) => {
      const gradient = gradientsOf(cx, parts, collect);
      const own = knownOutputAt(cx, parts.call, parts.output);
      const value = parts.aux === null ? own : tuple([own, knownOutputAt(cx, parts.call, parts.aux)]);
      return tuple(order === 'value first' ? [value, gradient] : [gradient, value]);
    },
    { auxPlace: 'with value' },
  );
}

/** The second derivatives: of each first derivative, by each of the arguments. */
export function hessianTransform(style: Style, name: string, options: string): NativeValue {
  const levels = (): readonly Level[] => [...forward('error'), recorded];
  return transform(
    style,
    name,
    options,
    levels,
    (cx, parts, collect) => {
      const { output: whole } = parts;
      if (whole.kind === 'unknown')
        return parts.ofArguments((first) => ofUnknown(cx, parts, whole, [anyAxes, ...inputShape(cx, parts, first)]));
      return mapLeaves(whole, (output) => {
        requireFloatingResult(cx, style, output, name);
        return parts.ofArguments((first) => {
          const inner = cx.withGradMode('enabled', () =>
            cx.build.rank(output) === 0
              ? gradientNode(cx, parts.call, output, first, true, parts.call.inputs)
              : jacobianNode(
                  cx,
                  parts.call,
                  output,
                  first,
                  { mode: 'reverse', differentiable: true },
                  parts.call.inputs,
                ),
          );
          return parts.ofArguments((second) =>
            collect(jacobianNode(cx, parts.call, inner, second, { mode: 'forward', differentiable: true })),
          );
        });
      });
    },
    { takesKeywords: style.family === 'jax' },
  );
}

// vmap

/** Says that `in_dims` do not fit the arguments. */
type Refuse = (message: string) => never;

/** `in_dims` for each tensor of each argument: an axis, or null where the tensor is not mapped. */
function mappedAxes(
  cx: Context,
  args: readonly Value[],
  inDims: Value | null,
  style: Style,
  refuse: Refuse,
): readonly MappedAxes[] {
  const axisOf = (dims: Value, node: NodeId): number => {
    const [axis, rank] = [asKnownInt(dims, 'in_dims'), cx.build.rank(node)];
    if (axis >= rank || axis < -rank)
      refuse(
        `axis ${axis} of ${showShape(cx.build.shape(node))} is to be mapped, which has ${rank === 0 ? 'no' : rank} ${rank === 1 ? 'axis' : 'axes'}`,
      );
    return axis < 0 ? axis + rank : axis;
  };
  const of = (arg: Value, dims: Value): MappedAxes => {
    if (dims.kind === 'unknown') throw new Unknowable(dims.reason.text, dims.reason);
    const isTree = dims.kind === 'tuple' || dims.kind === 'list' || dims.kind === 'dict';
    if (arg.kind === 'tensor') {
      if (dims.kind === 'none') return [null];
      if (isTree) refuse(`${describe(dims)} is given for the axis of a tensor`);
      return [axisOf(dims, arg.node)];
    }
    if ((arg.kind === 'tuple' || arg.kind === 'list') && (dims.kind === 'tuple' || dims.kind === 'list')) {
      if (arg.kind === 'list' && arg.tail !== null) leavesOf(arg);
      if (dims.items.length !== arg.items.length)
        refuse(`${dims.items.length} axes are given for ${describe(arg)} of ${arg.items.length}`);
      return arg.items.flatMap((item, k) => of(item, dims.items[k] ?? dims));
    }
    if (arg.kind === 'dict' && dims.kind === 'dict') {
      return [...arg.entries].flatMap(([key, entry]) =>
        of(entry.value, dims.entries.get(key)?.value ?? { kind: 'none' }),
      );
    }
    if (dims.kind === 'none') return leavesOf(arg).map(() => null);
    // JAX leaves out what is None, and makes arrays of numbers.
    if (style.family === 'torch' && isNoTree(arg)) refuse(`${describe(arg)} cannot be mapped, only tensors can`);
    return leavesOf(arg).map((node) => axisOf(dims, node));
  };
  if (inDims !== null && (inDims.kind === 'tuple' || inDims.kind === 'list')) {
    if (inDims.kind === 'list' && style.family === 'torch') refuse('in_dims must be an int or a tuple, not a list');
    if (inDims.items.length !== args.length)
      refuse(`in_dims names ${inDims.items.length} arguments, but ${args.length} are given`);
  }
  if (inDims?.kind === 'dict') refuse('in_dims must be an int or a tuple, not a dict');
  return args.map((arg, k) => of(arg, dimsAt(inDims, k)));
}

/** Whether a value surely is a leaf that is no tensor. */
function isNoTree(value: Value): boolean {
  return ['int', 'float', 'bool', 'str', 'none', 'function', 'bound', 'class', 'dtype'].includes(value.kind);
}

/** The axes of one argument: 0 where nothing is said. */
function dimsAt(inDims: Value | null, k: number): Value {
  if (inDims === null) return { kind: 'int', value: 0 };
  return inDims.kind === 'tuple' || inDims.kind === 'list' ? (inDims.items[k] ?? { kind: 'none' }) : inDims;
}

/** `out_dims` for each tensor of the result, as a prefix of its tree. */
function outputAxes(cx: Context, output: Value, outDims: Value | null): readonly (number | null)[] {
  const of = (value: Value, dims: Value): readonly (number | null)[] => {
    if (
      (value.kind === 'tuple' || value.kind === 'list') &&
      (dims.kind === 'tuple' || dims.kind === 'list') &&
      dims.items.length === value.items.length
    )
      return value.items.flatMap((item, k) => of(item, dims.items[k] ?? dims));
    if (value.kind === 'dict' && dims.kind === 'dict')
      return [...value.entries].flatMap(([key, entry]) =>
        of(entry.value, dims.entries.get(key)?.value ?? { kind: 'int', value: 0 }),
      );
    // One axis in a tuple stands for the only result.
    const single = dims.kind === 'tuple' || dims.kind === 'list' ? dims.items[0] : dims;
    return leavesOf(value).map((node) =>
      single === undefined || single.kind === 'none'
        ? null
        : normalAxis(asKnownInt(single, 'out_dims'), cx.build.rank(node) + 1),
    );
  };
  return of(output, outDims ?? { kind: 'int', value: 0 });
}

/** Keyword arguments as further positional ones, so that they are mapped like them. */
function withKeywords(
  cx: Context,
  fn: Value,
  bound: BoundArguments,
): { readonly fn: Value; readonly args: readonly Value[] } {
  const names = [...bound.keywords.keys()];
  if (names.length === 0) return { fn, args: bound.rest };
  const count = bound.rest.length;
  const spread = madeFunction(cx, 'vmap', fn, (inner, own) =>
    inner.call(
      fn,
      own.rest.slice(0, count),
      new Map(
        names.flatMap((name, k): [string, Value][] => {
          const value = own.rest[count + k];
          return value === undefined ? [] : [[name, value]];
        }),
      ),
    ),
  );
  return { fn: spread, args: [...bound.rest, ...bound.keywords.values()] };
}

/** How a function is mapped. */
interface Mapping {
  readonly style: Style;
  readonly name: string;
  readonly fn: Value;
  readonly inDims: Value | null;
  readonly outDims: Value | null;
  readonly randomness: Randomness | null;
  readonly madeAt: Origin;
  /** How many entries there are, where that is said (`axis_size` of JAX): no argument need be mapped then. */
  readonly size: D.Dim | null;
}

function applyVmap(cx: Context, mapping: Mapping, bound: BoundArguments): Value {
  const { build } = cx;
  const { style, name, fn, inDims, outDims, randomness, madeAt, size } = mapping;
  const callee = callOf(cx, style, name, fn, madeAt);
  const refuse: Refuse = (message) => {
    const fitting = fittingAxes(cx, mapping, bound);
    throw new PythonError('ValueError', `vmap: ${message}`, {
      kind: 'mapped axes',
      call: callee,
      wrong: 'arguments',
      fitting,
    });
  };
  const spread = style.mapsKeywords ? withKeywords(cx, fn, bound) : { fn, args: bound.rest };
  const args = spread.args.map((arg, k) => (dimsAt(inDims, k).kind === 'none' ? arg : style.arrays(cx, arg)));
  const given = spread.args.slice(0, bound.rest.length);
  const axes = [
    ...mappedAxes(cx, args.slice(0, given.length), inDims, style, refuse),
    ...mappedAxes(cx, args.slice(given.length), null, style, refuse),
  ].flat();
  requireOneSize(cx, args.flatMap(leavesOf), axes, size, style, refuse);
  if (axes.every((axis) => axis === null) && size === null) refuse('at least one argument must be mapped');
  requireFunction(fn, name);
  const sliced = (node: NodeId, axis: number, front: readonly D.Dim[] = []): NodeId => {
    const { shape, dtype } = build.aval(node);
    return build.input('x', { shape: [...front, ...shape.filter((_, k) => k !== axis)], dtype });
  };
  let seen = 0;
  const call = cx.explaining(
    () =>
      traceCall(
        cx,
        spread.fn,
        args,
        style.mapsKeywords ? new Map() : bound.keywords,
        () => true,
        (node, parameter) => {
          const axis = axes[seen++] ?? null;
          const { shape, dtype } = build.aval(node);
          return build.input(parameter, { shape: shape.filter((_, k) => k !== axis), dtype });
        },
        { call: callee, levels: [{ kind: 'vmap', over: 'arguments', randomness }] },
        (input) => axes[input] != null,
      ),
    (): Misuse | null => {
      // Whether the function runs on a batch, of one entry or of many, where it does not on an entry.
      const runs = (batch: number): boolean =>
        cx.succeeds(() => {
          const leaves = [...axes];
          const batched = args.map((arg) =>
            mapLeaves(arg, (node, family) => {
              const axis = leaves.shift() ?? null;
              return tensor(axis === null ? node : sliced(node, axis, [batch]), family);
            }),
          );
          return cx.call(differentiated(spread.fn), batched, style.mapsKeywords ? new Map() : bound.keywords);
        });
      if (!runs(1) && !runs(many)) {
        const fitting = fittingAxes(cx, mapping, bound);
        return fitting.length === 1 ? { kind: 'mapped axes', call: callee, wrong: 'entries', fitting } : null;
      }
      const sample = args.flatMap(leavesOf).flatMap((node, k) => {
        const axis = axes[k] ?? null;
        return axis === null ? [] : [sliced(node, axis)];
      });
      const own = [...axes];
      const mapped = bound.rest.map((arg) => {
        const isMapped = own.splice(0, knownLeavesOf([arg]).length).some((axis) => axis !== null);
        return isMapped ? (arg.kind === 'tensor' ? 'tensor' : 'tree') : 'nothing';
      });
      return { kind: 'batch axis', call: callee, sample, mapped };
    },
  );
  const output = style.arrays(cx, requireKnown(call.output));
  // What is the same for all entries may be something else than a tensor.
  if (outDims === null) requireTensors(style, output, name);
  const outAxes = [...outputAxes(cx, output, outDims)];
  return mapLeaves(output, (node, family) => {
    const outAxis = outAxes.shift() ?? null;
    const region = { inputs: call.inputs, outputs: [node] };
    // A result without a mapped axis is the same for every entry.
    if (outAxis === null) {
      const mapped = call.inputs.filter((_, k) => (axes[k] ?? null) !== null);
      if (regionNodes(build, { inputs: mapped, outputs: [node] }).includes(node))
        throw new PythonError('ValueError', `${name}: a result that is mapped needs an axis for it`);
      const [at = node] = build.instantiate(region, call.actual);
      return tensor(at, family);
    }
    if (size !== null && axes.every((axis) => axis === null)) {
      const [at = node] = build.instantiate(region, call.actual);
      const alike = build.expandDims(at, outAxis);
      return tensor(
        build.broadcastTo(
          alike,
          build.shape(alike).map((dim, axis) => (axis === outAxis ? size : dim)),
        ),
        family,
      );
    }
    return tensor(build.emit('vmap', { region, inAxes: axes, outAxis, output: build.aval(node) }, call.actual), family);
  });
}

/** A number of entries that no axis has by chance. */
const many = 7919;

/** The function inside of derivatives, which are taken of one sample. */
export function differentiated(fn: Value): Value {
  const made = fn.kind === 'native' ? fn.made : null;
  return made !== null && /jac(rev|fwd|obian)$|hessian$|grad(_and_value)?$/.test(made.by)
    ? differentiated(made.from)
    : fn;
}

/** Refuses mapped axes that surely differ in size. */
function requireOneSize(
  cx: Context,
  nodes: readonly NodeId[],
  axes: MappedAxes,
  said: D.Dim | null,
  style: Style,
  refuse: Refuse,
): void {
  const mapped = nodes.flatMap((node, k) => {
    const axis = axes[k] ?? null;
    return axis === null ? [] : [{ shape: cx.build.shape(node), axis, size: dimAt(cx.build.shape(node), axis) }];
  });
  if (style.family === 'torch' && mapped.some(({ size }) => size === 0))
    throw new Unknowable('over no entries torch checks the shapes of the whole, not of an entry');
  const [first] = mapped;
  const other = first && mapped.find(({ size }) => D.surelyDiffer(first.size, size));
  if (first === undefined) return;
  if (said !== null && D.surelyDiffer(said, first.size))
    refuse(`axis_size is ${D.show(said)}, but axis ${first.axis} of ${showShape(first.shape)} is to be mapped`);
  if (other === undefined) return;
  const show = ({ shape, axis }: typeof first): string => `axis ${axis} of ${showShape(shape)}`;
  refuse(`${show(first)} and ${show(other)} differ in size, ${D.show(first.size)} and ${D.show(other.size)}`);
}

/** More ways than this are not tried. */
const mostWays = 64;

/**
 * The ways to map the positional arguments under which the call would run that change least of what was given: nothing,
 * where only its form is wrong, else one argument's axis, or several.
 */
function fittingAxes(cx: Context, mapping: Mapping, bound: BoundArguments): readonly MappedAxes[] {
  const runs = (way: MappedAxes): boolean => {
    const inDims = tuple(way.map((axis): Value => (axis === null ? { kind: 'none' } : { kind: 'int', value: axis })));
    return cx.succeeds(() => applyVmap(cx, { ...mapping, inDims }, bound));
  };
  const own = bound.rest.map((arg, k): number | null => {
    const dims = dimsAt(mapping.inDims, k);
    return dims.kind === 'int' && D.isKnown(dims.value) && knownLeavesOf([arg]).length > 0 ? dims.value : null;
  });
  if (runs(own)) return [own];
  const choices = bound.rest.map((arg): MappedAxes => {
    if (arg.kind === 'tensor') return [...cx.build.shape(arg.node).keys(), null];
    return knownLeavesOf([arg]).length === 0 ? [null] : [0, null];
  });
  const count = choices.reduce((product, { length }) => product * length, 1);
  if (count > mostWays) return [];
  const ways = choices.reduce<readonly MappedAxes[]>(
    (found, own) => found.flatMap((way) => own.map((axis) => [...way, axis])),
    [[]],
  );
  const changes = (way: MappedAxes): number => way.filter((axis, k) => axis !== own[k]).length;
  for (let count = 1; count <= own.length; count++) {
    const fitting = ways.filter((way) => changes(way) === count && runs(way));
    if (fitting.length > 0) return fitting;
  }
  return [];
}

export function vmapTransform(style: Style, name: string, parameters: string): NativeValue {
  return native(name, parameters, (cx, args) => {
    const mapping: Mapping = {
      style,
      name,
      fn: args.value(style.parameter),
      inDims: args.has('in_dims') ? args.value('in_dims') : null,
      outDims: args.has('out_dims') ? args.value('out_dims') : null,
      randomness: randomnessIn(args),
      madeAt: cx.origin,
      size: args.optional('axis_size') === null ? null : args.dim('axis_size'),
    };
    if (style.family === 'jax') requireFunction(mapping.fn, name);
    requireChunks(args, name);
    return madeFunction(cx, name, mapping.fn, (inner, bound) => applyVmap(inner, mapping, bound));
  });
}

// Products with the Jacobian

/** The tangents pushed forward through each result. */
function pushed(
  cx: Context,
  style: Style,
  call: TracedCall,
  output: Value,
  tangents: readonly NodeId[],
  results: NodeId[],
): Value {
  if (tangents.length !== call.actual.length)
    throw new PythonError('RuntimeError', `jvp: ${tangents.length} tangents for ${call.actual.length} primals`);
  call.actual.forEach((primal, k) => {
    const tangent = tangents[k];
    if (tangent === undefined) return;
    const [own, given] = [cx.build.shape(primal), cx.build.shape(tangent)];
    if (own.length !== given.length || own.some((dim, axis) => D.surelyDiffer(dim, given[axis] ?? -1)))
      throw new ShapeError(`jvp: a tangent ${showShape(given)} for a primal ${showShape(own)}`);
    const [type, other] = [cx.build.aval(primal).dtype, cx.build.aval(tangent).dtype];
    if (isFloating(type) && !isFloating(other))
      throw new PythonError('TypeError', `jvp: a tangent of ${other} for a primal of ${type}`);
  });
  const [input] = call.inputs;
  if (input === undefined) throw new PythonError('RuntimeError', 'jvp needs a primal');
  return mapLeaves(output, (node) => {
    const region = { inputs: call.inputs, outputs: [node] };
    const params = { region, wrt: 0, input: cx.build.aval(input), output: cx.build.aval(node), differentiable: true };
    const result = cx.build.emit('jvp', params, [...call.actual, ...tangents]);
    results.push(result);
    return tensor(result, style.family);
  });
}

/**
 * The tensors of vectors, one beside each point that they are multiplied at; where one is not known, why. What nobody
 * gives is taken for a vector of the point's shape, for it can have no other.
 */
function vectorsBeside(
  cx: Context,
  style: Style,
  vectors: Value,
  points: readonly Value[],
): readonly NodeId[] | Unknown {
  if (vectors.kind === 'unknown') return vectors;
  const items = sequence(vectors, 'vectors').map((vector, k): Value => {
    const point = points[k];
    return point?.kind === 'tensor' ? cx.demand(vector, cx.build.shape(point.node), style.family) : vector;
  });
  const open = items.find((item) => item.kind === 'unknown');
  return open?.kind === 'unknown' ? open : items.flatMap((item) => leavesOf(style.arrays(cx, item)));
}

/** What is not known, but has the shape of each of these tensors. */
function likeEach(cx: Context, tree: Value, { reason }: Unknown): Value {
  if (cx.transforms.length > 0) throw new Unknowable(reason.text, reason);
  return mapLeaves(tree, (node) => outlined({ kind: 'unknown', reason }, cx.build.shape(node)));
}

function sequenceItems(value: Value): readonly Value[] {
  return value.kind === 'tuple' || value.kind === 'list' ? value.items : [];
}

function sequence(value: Value, name: string): readonly Value[] {
  if (value.kind === 'unknown') throw new Unknowable(value.reason.text, value.reason);
  if (value.kind !== 'tuple' && value.kind !== 'list')
    throw new PythonError('TypeError', `${name} must be tuples or lists, not ${describe(value)}`);
  return value.items;
}

export function jvpFunction(style: Style, name: string, parameters: string): NativeValue {
  return native(name, parameters, (cx, args) => {
    const fn = args.raw(style.parameter);
    const given = leavesOfEach(sequenceItems(args.raw('primals')));
    return cx.differentiating({ api: name, target: fn, madeAt: null, given }, (results) => {
      const primals = sequence(args.value('primals'), 'primals').map((value) => style.arrays(cx, value));
      const tangents = vectorsBeside(cx, style, args.raw('tangents'), primals);
      const around = { call: callOf(cx, style, name, fn, null), levels: [pushedForward] };
      const call = traceCall(cx, fn, primals, new Map(), () => true, undefined, around);
      const { output, aux } = withoutAux(call.output, args.bool('has_aux', false));
      const known = style.arrays(cx, requireKnown(output));
      const forward =
        'reason' in tangents ? likeEach(cx, known, tangents) : pushed(cx, style, call, known, tangents, results);
      const value = outputAt(cx, call, known);
      return tuple(aux === null ? [value, forward] : [value, forward, outputAt(cx, call, aux)]);
    });
  });
}

/** `linearize`: the value, and the function that pushes tangents forward at it. */
export function linearizeFunction(style: Style, name: string, parameters: string): NativeValue {
  return native(name, parameters, (cx, args) => {
    const fn = args.raw(style.parameter);
    const call = traceCall(
      cx,
      fn,
      args.rest.map((value) => style.arrays(cx, value)),
      new Map(),
      () => true,
      undefined,
      { call: callOf(cx, style, name, fn, null), levels: [pushedForward] },
    );
    const { output, aux } = withoutAux(call.output, args.bool('has_aux', false));
    const known = style.arrays(cx, requireKnown(output));
    const madeAt = cx.origin;
    const given = leavesOfEach(args.rest);
    const forward = madeFunction(cx, name, fn, (inner, bound) =>
      inner.differentiating({ api: name, target: fn, madeAt, given }, (results) => {
        const tangents = vectorsBeside(inner, style, tuple(bound.rest), args.rest);
        return 'reason' in tangents
          ? likeEach(inner, known, tangents)
          : pushed(inner, style, call, known, tangents, results);
      }),
    );
    const value = outputAt(cx, call, known);
    return tuple(aux === null ? [value, forward] : [value, forward, outputAt(cx, call, aux)]);
  });
}

/** `vjp`: the value, and the function that pulls cotangents back to the primals. */
export function vjpFunction(style: Style, name: string, parameters: string): NativeValue {
  return native(name, parameters, (cx, args) => {
    const fn = args.raw(style.parameter);
    const primals = args.rest.map((value) => style.arrays(cx, value));
    const around = { call: callOf(cx, style, name, fn, null), levels: [recorded] };
    const call = traceCall(cx, fn, primals, new Map(), () => true, undefined, around);
    const { output, aux } = withoutAux(call.output, args.bool('has_aux', false));
    const known = style.arrays(cx, output);
    const madeAt = cx.origin;
    const given = leavesOfEach(args.rest);
    const pullback = madeFunction(cx, name, fn, (inner, bound) =>
      inner.differentiating({ api: name, target: fn, madeAt, given }, (results) => {
        const cotangents = known.kind === 'unknown' ? known : vectorsBeside(inner, style, tuple(bound.rest), [known]);
        // Pulled back to the primals it has their shapes, whatever is pulled back, and through whatever.
        if ('reason' in cotangents) return tuple(primals.map((primal) => likeEach(inner, primal, cotangents)));
        const outputs = leavesOf(known);
        return tuple(
          primals.map((primal, k) => {
            const own = [...(call.ofArgument[k] ?? [])];
            return mapLeaves(primal, () =>
              tensor(pulledBack(inner, call, outputs, cotangents, own.shift() ?? 0, results), style.family),
            );
          }),
        );
      }),
    );
    const value = knownOutputAt(cx, call, known);
    return tuple(aux === null ? [value, pullback] : [value, pullback, knownOutputAt(cx, call, aux)]);
  });
}

/** The sum over all results of their cotangents pulled back to one input. */
function pulledBack(
  cx: Context,
  call: TracedCall,
  outputs: readonly NodeId[],
  cotangents: readonly NodeId[],
  wrt: number,
  results: NodeId[],
): NodeId {
  const input = call.inputs[wrt];
  if (input === undefined) throw new RangeError('no such input');
  const parts = outputs.map((node, k) => {
    const cotangent = cotangents[k];
    if (cotangent === undefined) throw new PythonError('RuntimeError', 'a cotangent is missing');
    const [own, given] = [cx.build.shape(node), cx.build.shape(cotangent)];
    if (own.length !== given.length || own.some((dim, axis) => D.surelyDiffer(dim, given[axis] ?? -1)))
      throw new ShapeError(`vjp: a cotangent ${showShape(given)} for a result ${showShape(own)}`);
    const region = { inputs: call.inputs, outputs: [node] };
    const params = { region, wrt, input: cx.build.aval(input), output: cx.build.aval(node), differentiable: true };
    return cx.build.emit('vjp', params, [...call.actual, cotangent]);
  });
  results.push(...parts);
  return parts.reduce((sum, part) => cx.build.add(sum, part));
}
