import { reach } from '../../graph/gradient.ts';
import { type GradMode, type NodeId, nodeAt, reachable } from '../../graph/graph.ts';
import { anyAxes, sameShape, showShape } from '../../graph/shape.ts';
import { type Args, several } from '../arguments.ts';
import { type Context, type Level, PythonError, Unknowable } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import {
  gradientNode,
  jacobianNode,
  knownLeavesOf,
  leavesOf,
  madeFunction,
  requireFunction,
  type TracedCall,
  traceCall,
} from '../transforms.ts';
import {
  bool,
  type ClassValue,
  type NativeValue,
  none,
  outlined,
  tensor,
  tuple,
  type Unknown,
  type Value,
} from '../values.ts';
import { cotangentOf, recordedGradient, requireGraph } from './backward.ts';
import { hangsOn, requireOutside, requireRecorded } from './under-vmap.ts';

/**
 * torch.autograd (https://docs.pytorch.org/docs/stable/autograd.html): derivatives of functions
 * (`autograd.functional`) and of recorded results (`autograd.grad`).
 */

const functional = 'torch.autograd.functional';

/**
 * Refuses a functional derivative in a function that is transformed: on its way it calls `requires_grad_()`, unless it is
 * to stay part of the record that an innermost `grad` keeps of its inputs. In forward mode it makes dual numbers instead.
 */
function requireRecording(cx: Context, args: Args, inputs: readonly NodeId[], name: string): void {
  const innermost = cx.transforms.at(-1);
  if (innermost === undefined) return;
  const isKept = innermost.kind === 'grad' && isKeptInGraph(args) && !name.endsWith('.jvp');
  if (isKept && inputs.every((input) => hangsOn(cx, input, innermost))) return;
  const mode = args.has('strategy') ? 'strategy' : 'outer_jacobian_strategy';
  if (args.has(mode) && args.string(mode, '') === 'forward-mode')
    throw new Unknowable('forward mode within another transform is not followed');
  requireOutside(cx, name);
}

/** Whether a derivative can be differentiated itself: nothing is said against one of which that is not known. */
function isKeptInGraph(args: Args): boolean {
  return args.truth('create_graph', false) !== false;
}

/** The mode that is asked for; refuses what does not go with it. */
function modeIn(args: Args, name: 'strategy' | 'outer_jacobian_strategy'): 'forward' | 'reverse' {
  const strategy = args.string(name, 'reverse-mode');
  if (strategy !== 'forward-mode' && strategy !== 'reverse-mode')
    throw new PythonError('AssertionError', 'Expected strategy to be either "forward-mode" or "reverse-mode".');
  const [isVectorized, isKept, isStrict] = [
    args.truth('vectorize', false),
    args.truth('create_graph', false),
    args.truth('strict', false),
  ];
  if (strategy === 'forward-mode') {
    if (isVectorized === false)
      throw new PythonError('NotImplementedError', 'forward mode is only implemented for vectorize=True');
    if (isKept === true)
      throw new PythonError('NotImplementedError', 'create_graph=True and forward mode are not supported together');
  }
  if (isVectorized === true && isStrict === true)
    throw new PythonError('RuntimeError', 'strict=True and vectorize=True are not supported together');
  return strategy === 'forward-mode' ? 'forward' : 'reverse';
}

/** Evaluates with recording turned on, as the functional derivatives do for themselves; an inference mode does not let them. */
function recording<T>(cx: Context, body: () => T): T {
  return cx.withGradMode(cx.gradMode === 'inference' ? 'inference' : 'enabled', body);
}

const overTangents: Level = { kind: 'vmap', over: 'tangents', randomness: 'error' };

/** Calls `func(*inputs)` on fresh inputs; `inputs` is a tensor or a tuple of tensors. */
function traceFunctional(
  cx: Context,
  args: Args,
  name: string,
  mode: 'forward' | 'reverse' = 'reverse',
): {
  readonly call: TracedCall;
  readonly outputs: readonly NodeId[];
  /** What the function gives, where that is not known, or the vectors that it is multiplied with. */
  readonly open: Unknown | null;
  readonly single: { input: boolean; output: boolean };
} {
  const inputs = args.value('inputs');
  requireRecording(cx, args, leavesOf(inputs), name);
  const given = inputs.kind === 'tuple' ? inputs.items : [inputs];
  if (given.some((item) => item.kind !== 'tensor' && item.kind !== 'unknown')) {
    throw new PythonError('TypeError', 'the inputs of a functional derivative must be a tensor or a tuple of tensors');
  }
  given.forEach(leavesOf);
  const func = args.raw('func');
  requireFunction(func, name);
  const made = { api: name, family: 'torch', target: func, origin: cx.origin, madeAt: null } as const;
  // Forward mode maps the tangents over the function.
  const around = mode === 'forward' ? { call: made, levels: [overTangents] } : null;
  const call = recording(cx, () => traceCall(cx, func, given, new Map(), () => true, undefined, around));
  const { output } = call;
  const isOther = (part: Value): boolean => part.kind !== 'tensor' && part.kind !== 'unknown';
  if (output.kind === 'tuple' ? output.items.some(isOther) : isOther(output)) {
    throw new PythonError('TypeError', 'the function must return a tensor or a tuple of tensors');
  }
  const open = firstUnknown([output, ...(args.has('v') ? several(args.raw('v')) : [])]);
  // What a transform around makes of it is another shape.
  if (open !== null && cx.transforms.length > 0) throw new Unknowable(open.reason.text, open.reason);
  return {
    call,
    outputs: output.kind === 'unknown' ? [] : leavesOf(output),
    open,
    single: { input: inputs.kind !== 'tuple', output: output.kind === 'tensor' },
  };
}

function nest(rows: readonly (readonly NodeId[])[], single: { input: boolean; output: boolean }): Value {
  return nestValues(
    rows.map((row) => row.map((node) => tensor(node))),
    single,
  );
}

function nestValues(rows: readonly (readonly Value[])[], single: { input: boolean; output: boolean }): Value {
  const row = (values: readonly Value[]): Value => {
    const [only] = values;
    return single.input && only !== undefined ? only : tuple(values);
  };
  const [first] = rows;
  return single.output && first !== undefined ? row(first) : tuple(rows.map(row));
}

/** What has the shapes of some tensors and is not known otherwise: a derivative of something that is not. */
function likeInputs(cx: Context, open: Unknown, nodes: readonly NodeId[], isSingle: boolean): Value {
  const row = nodes.map((node) => outlined(open, cx.build.shape(node)));
  return nestValues([row], { input: isSingle, output: true });
}

/** Refuses what has no rows to stack: one by one, there is one an element. What maps over none raises for most functions. */
function requireRows(cx: Context, args: Args, outputs: readonly NodeId[]): void {
  const empty = outputs.map((output) => cx.build.shape(output)).find((shape) => shape.includes(0));
  if (empty === undefined) return;
  if (args.truth('vectorize', false) !== false)
    throw new Unknowable(`what vectorize=True gives for ${showShape(empty)}, which has no elements, is not followed`);
  throw new PythonError('RuntimeError', `stack expects a non-empty TensorList: ${showShape(empty)} has no elements`);
}

function jacobian(cx: Context, args: Args, results: NodeId[]): Value {
  const mode = modeIn(args, 'strategy');
  const { call, outputs, open, single } = traceFunctional(cx, args, `${functional}.jacobian`, mode);
  if (open !== null) {
    const [input] = call.inputs;
    // Of several inputs it is a tuple, or one of tuples.
    if (input === undefined || !single.input) throw new Unknowable(open.reason.text, open.reason);
    return outlined(open, [anyAxes, ...cx.build.shape(input)]);
  }
  requireRows(cx, args, outputs);
  // Forward mode makes dual numbers, which are recorded as they are.
  const differentiable = mode === 'forward' || isKeptInGraph(args);
  const rows = outputs.map((output) =>
    call.inputs.map((_, wrt) => jacobianNode(cx, call, output, wrt, { mode, differentiable })),
  );
  results.push(...rows.flat());
  return nest(rows, single);
}

function hessian(cx: Context, args: Args, results: NodeId[]): Value {
  const mode = modeIn(args, 'outer_jacobian_strategy');
  const { call, outputs, open, single } = traceFunctional(cx, args, `${functional}.hessian`, mode);
  if (open !== null) {
    const shapes = call.inputs.map((input) => cx.build.shape(input));
    const rows = shapes.map((row) => shapes.map((column) => outlined(open, [...row, ...column])));
    return nestValues(rows, { input: single.input, output: single.input });
  }
  const [output] = outputs;
  if (
    output === undefined ||
    outputs.length !== 1 ||
    cx.build.rank(output) > 1 ||
    (cx.build.rank(output) === 1 && !sameShape(cx.build.shape(output), [1]))
  ) {
    throw new PythonError(
      'RuntimeError',
      `hessian needs a function that returns one scalar${output === undefined ? '' : `, not ${showShape(cx.build.shape(output))}`}`,
    );
  }
  requireRows(cx, args, call.inputs);
  const scalar = cx.build.reshape(output, []);
  const gradients = recording(cx, () =>
    call.inputs.map((_, wrt) => gradientNode(cx, call, scalar, wrt, true, call.inputs)),
  );
  const rows = gradients.map((gradient) =>
    call.inputs.map((_, wrt) =>
      jacobianNode(cx, call, gradient, wrt, { mode: 'reverse', differentiable: isKeptInGraph(args) }),
    ),
  );
  results.push(...rows.flat());
  return nest(rows, { input: single.input, output: single.input });
}

/** The vectors of a product, one beside each tensor that they are given for; without any, ones for a single number. */
function vectorsOf(cx: Context, args: Args, beside: readonly NodeId[]): readonly NodeId[] {
  const given = args.optional('v');
  const vectors = given === null ? [] : several(given).flatMap(leavesOf);
  return beside.map((node, k) => {
    const { shape, dtype } = cx.build.aval(node);
    const vector = vectors[k] ?? (shape.every((dim) => dim === 1) ? cx.build.full(shape, 1, dtype) : undefined);
    if (vector === undefined)
      throw new PythonError(
        'RuntimeError',
        `the vector v can only be None for a single number, not ${showShape(shape)}`,
      );
    if (!sameShape(cx.build.shape(vector), shape))
      throw new PythonError(
        'RuntimeError',
        `v has shape ${showShape(cx.build.shape(vector))}, not ${showShape(shape)}`,
      );
    return vector;
  });
}

/** The sum over outputs of their gradients with respect to one input of the call, with a cotangent for each. */
function pulledBack(
  cx: Context,
  { inputs, actual }: TracedCall,
  outputs: readonly NodeId[],
  cotangents: readonly NodeId[],
  wrt: number,
  differentiable: boolean,
): NodeId {
  const input = inputs[wrt];
  if (input === undefined) throw new RangeError('no such input');
  const parts = outputs.flatMap((output, k) => {
    const cotangent = cotangents[k];
    if (cotangent === undefined) return [];
    const region = { inputs, outputs: [output] };
    const params = { region, wrt, input: cx.build.aval(input), output: cx.build.aval(output), differentiable };
    return [cx.build.emit('vjp', params, [...actual, cotangent])];
  });
  return parts.reduce((sum, part) => cx.build.add(sum, part));
}

/** `vjp(func, inputs, v)`: what the function gives, and the product for each input. */
function vjp(cx: Context, args: Args, results: NodeId[]): Value {
  const { call, outputs, open, single } = traceFunctional(cx, args, `${functional}.vjp`);
  if (open !== null) return tuple([call.output, likeInputs(cx, open, call.inputs, single.input)]);
  const cotangents = vectorsOf(cx, args, outputs);
  const products = call.inputs.map((_, wrt) => pulledBack(cx, call, outputs, cotangents, wrt, isKeptInGraph(args)));
  results.push(...products);
  return tuple([call.output, nest([products], { input: single.input, output: true })]);
}

/** `jvp(func, inputs, v)`: what the function gives, and the product for each output. */
function jvp(cx: Context, args: Args, results: NodeId[]): Value {
  const { call, outputs, open, single } = traceFunctional(cx, args, `${functional}.jvp`);
  if (open !== null && call.output.kind === 'unknown') throw new Unknowable(open.reason.text, open.reason);
  if (open !== null) return tuple([call.output, likeInputs(cx, open, outputs, single.output)]);
  const tangents = vectorsOf(cx, args, call.actual);
  const [input] = call.inputs;
  if (input === undefined) throw new PythonError('TypeError', 'jvp needs an input');
  const products = outputs.map((output) =>
    cx.build.emit(
      'jvp',
      {
        region: { inputs: call.inputs, outputs: [output] },
        wrt: 0,
        input: cx.build.aval(input),
        output: cx.build.aval(output),
        differentiable: isKeptInGraph(args),
      },
      [...call.actual, ...tangents],
    ),
  );
  results.push(...products);
  return tuple([call.output, nest([products], { input: single.output, output: true })]);
}

/** `hvp(func, inputs, v)` and `vhp`, which are the same: the scalar, and its Hessian's product for each input. */
function hessianProduct(name: string): Derivative {
  return (cx, args, results) => {
    const { call, outputs, open, single } = traceFunctional(cx, args, `${functional}.${name}`);
    if (open !== null) return tuple([call.output, likeInputs(cx, open, call.inputs, single.input)]);
    const [output] = outputs;
    if (output === undefined || outputs.length !== 1 || !cx.build.shape(output).every((dim) => dim === 1))
      throw new PythonError('RuntimeError', `${name} needs a function that returns one scalar`);
    const scalar = cx.build.reshape(output, []);
    const gradients = recording(cx, () =>
      call.inputs.map((_, wrt) => gradientNode(cx, call, scalar, wrt, true, call.inputs)),
    );
    const vectors = vectorsOf(cx, args, call.actual);
    const products = call.inputs.map((_, wrt) => pulledBack(cx, call, gradients, vectors, wrt, isKeptInGraph(args)));
    results.push(...products);
    return tuple([call.output, nest([products], { input: single.input, output: true })]);
  };
}

/** Refuses an input that every output is cut off from. */
function requireOpen(cx: Context, outputs: readonly NodeId[], input: NodeId, place: number): void {
  const cut = outputs.find(
    (output) => reach(cx.build, { inputs: [input], outputs: [output] }, 0, 'record').kind === 'closed',
  );
  // In a transform, what is recorded is another matter.
  if (cut === undefined || cx.transforms.length > 0) return;
  throw new PythonError(
    'RuntimeError',
    `The differentiated Tensor at index ${place} appears to not have been used in the graph`,
    { kind: 'not recorded', output: cut, input },
  );
}

/** Operations that give a tensor of its own with entries of another. */
const copying: ReadonlySet<string> = new Set([
  'take',
  'slice',
  'gather',
  'reshape',
  'transpose',
  'broadcast_in_dim',
  'convert',
  'stop_gradient',
]);

/** Refuses a part or a copy of what the outputs are computed from, of which they know nothing. */
function requireInGraph(cx: Context, outputs: readonly NodeId[], input: NodeId, place: number): void {
  const [output] = outputs;
  // In a transform, what is recorded is another matter.
  if (output === undefined || cx.transforms.length > 0) return;
  const behind = new Set(reachable(cx.build, outputs));
  let source = input;
  for (let node = nodeAt(cx.build, input); !behind.has(source); node = nodeAt(cx.build, source)) {
    const [first] = node.operands;
    if (first === undefined || !copying.has(node.op.name)) return;
    source = first;
  }
  throw new PythonError(
    'RuntimeError',
    `The differentiated Tensor at index ${place} appears to not have been used in the graph`,
    { kind: 'not in graph', output, input, source },
  );
}

/**
 * Gradients of something that is not known, or with a cotangent that is not: they have the shapes of the inputs all the
 * same. Null where some may be None, or stacks, or no gradients of known tensors.
 */
function gradientsLike(cx: Context, args: Args, inputs: readonly Value[], open: Unknown): readonly Unknown[] | null {
  const isPlain =
    cx.transforms.length === 0 &&
    !args.bool('is_grads_batched', false) &&
    (args.bool('materialize_grads', false) || !args.bool('allow_unused', false));
  const shapes = inputs.flatMap((input) => (input.kind === 'tensor' ? [cx.build.shape(input.node)] : []));
  return isPlain && shapes.length === inputs.length ? shapes.map((shape) => outlined(open, shape)) : null;
}

/** Whether outputs are computed from something that nobody is seen to give. */
function hangsOnSupposed(cx: Context, outputs: readonly NodeId[]): boolean {
  return cx.recording.supposed.size > 0 && reachable(cx.build, outputs).some((id) => cx.recording.supposed.has(id));
}

/** The first of some values that is not known. */
function firstUnknown(values: readonly Value[]): Unknown | null {
  for (const value of values) if (value.kind === 'unknown') return value;
  return null;
}

function grad(cx: Context, args: Args, results: NodeId[]): Value {
  const { build } = cx;
  const outputs = several(args.raw('outputs'));
  const inputs = several(args.value('inputs'));
  const cotangents = args.optional('grad_outputs');
  const given = cotangents === null ? [] : several(cotangents);
  const open = firstUnknown([...outputs, ...given]);
  const alike = open === null ? null : gradientsLike(cx, args, inputs, open);
  if (alike !== null) return tuple(alike);
  const differentiable = isKeptInGraph(args);
  const isBatched = args.bool('is_grads_batched', false);
  const outputNodes = outputs.flatMap(leavesOf);
  const inputNodes = inputs.flatMap(leavesOf);
  const api = 'torch.autograd.grad';
  for (const output of outputNodes) requireRecorded(cx, output, api);
  requireGraph(cx, outputNodes);
  // With `is_grads_batched` each cotangent is a stack of cotangents, and each gradient one of gradients: a vmap over both.
  const stacks: NodeId[] = [];
  const slices: NodeId[] = [];
  const sliceOf = (stack: NodeId): NodeId => {
    const { shape, dtype } = build.aval(stack);
    const slice = build.input('cotangent', { shape: shape.slice(1), dtype });
    stacks.push(stack);
    slices.push(slice);
    return slice;
  };
  const stacked = (gradient: NodeId): NodeId =>
    isBatched
      ? build.emit(
          'vmap',
          {
            region: { inputs: slices, outputs: [gradient] },
            inAxes: slices.map(() => 0),
            outAxis: 0,
            output: build.aval(gradient),
          },
          stacks,
        )
      : gradient;
  const pulled = outputNodes.map((output, k) => {
    const cotangent = given[k];
    if (cotangent === undefined || cotangent.kind === 'none')
      return { output, cotangent: cotangentOf(cx, output, null, api) };
    const [whole] = leavesOf(cotangent);
    if (whole === undefined) throw new PythonError('TypeError', 'grad_outputs must hold tensors');
    return {
      output,
      cotangent: isBatched
        ? cotangentOf(cx, output, sliceOf(whole), api, 'is_grads_batched=True with cotangents each of')
        : cotangentOf(cx, output, whole, api),
    };
  });
  const gradients = inputNodes.map((input, k): Value => {
    const parts = pulled.flatMap((pull) => recordedGradient(cx, pull, input, differentiable) ?? []);
    const [first, ...rest] = parts;
    if (first === undefined && args.bool('materialize_grads', false))
      return tensor(build.full(build.shape(input), 0, build.aval(input).dtype));
    if (first === undefined && hangsOnSupposed(cx, outputNodes)) {
      const open = cx.unknown('what it is computed from is given by nobody in this project');
      return gradientsLike(cx, args, [tensor(input)], open)?.[0] ?? open;
    }
    if (first === undefined) {
      if (!args.bool('allow_unused', false)) {
        requireOpen(cx, outputNodes, input, k);
        requireInGraph(cx, outputNodes, input, k);
        throw new Unknowable('what is differentiated is not seen to be computed from its input');
      }
      return none;
    }
    results.push(...parts);
    return tensor(stacked(rest.reduce((sum, part) => build.add(sum, part), first)));
  });
  return tuple(gradients);
}

/** The attribute of a context manager that says whether it does what it is called after, or the other: `inference_mode(False)`. */
const isOnMark = 'mode';

/** A context manager that turns derivatives on or off, usable as a decorator too, with parentheses or without. */
function gradMode(name: string, modes: { readonly on: GradMode; readonly off: GradMode }): ClassValue {
  const cls = libraryClass(
    `torch.${name}`,
    [],
    [
      native('__enter__', '(self)', () => none),
      native('__exit__', '(self, *args)', () => none),
      native('__call__', '(self, func)', (cx, args) => {
        const func = args.value('func');
        const set = gradModeOf(cx, args.value('self'));
        return madeFunction(cx, cls.name, func, (inner, bound) => {
          const body = (): Value => inner.call(func, bound.rest, bound.keywords);
          return set === null ? body() : inner.withGradMode(set, body);
        });
      }),
      native('__new__', '(cls, mode=True)', (cx, args) => {
        const given = args.has('mode') ? args.raw('mode') : bool(true);
        const manager = cx.instantiate(cls);
        const isFunction = given.kind === 'function' || given.kind === 'native' || given.kind === 'bound';
        cx.setAttribute(manager, isOnMark, isFunction ? bool(true) : given);
        return isFunction ? cx.call(manager, [given]) : manager;
      }),
    ],
  );
  gradModes.set(cls, modes);
  return cls;
}

/** The context managers that turn derivatives on or off. */
const gradModes = new Map<ClassValue, { readonly on: GradMode; readonly off: GradMode }>();

/** What a context manager turns derivatives to, where evaluation stands; null where it is another one, or that is not known. */
export function gradModeOf(cx: Context, manager: Value): GradMode | null {
  const modes = manager.kind === 'instance' ? gradModes.get(manager.cls) : undefined;
  if (modes === undefined) return null;
  const isOn = cx.attribute(manager, isOnMark);
  if (isOn?.kind !== 'bool' || isOn.value === null) return null;
  // Nothing but an `inference_mode(False)` ends an inference mode.
  const isKept = cx.gradMode === 'inference' && modes.on !== 'inference';
  return isKept ? 'inference' : isOn.value ? modes.on : modes.off;
}

type Derivative = (cx: Context, args: Args, results: NodeId[]) => Value;

/** A function that differentiates, noted as such where it is called. */
function derivative(name: string, parameters: string, rule: Derivative): NativeValue {
  return native(name, parameters, (cx, args) => {
    const inputs = args.raw('inputs');
    // How many results there are is not known where that of the inputs is not.
    const isOpen = inputs.kind === 'list' && inputs.tail !== null;
    const given = isOpen ? [] : several(inputs).map((value) => knownLeavesOf([value]));
    const call = { api: name, target: args.optional('func'), madeAt: null, given };
    return cx.differentiating(call, (results) => rule(cx, args, results));
  });
}

const functionalParameters = '(func, inputs, create_graph=False, strict=False, vectorize=False, strategy=None)';

const productParameters = '(func, inputs, v=None, create_graph=False, strict=False)';

const gradClasses: readonly ClassValue[] = [
  gradMode('no_grad', { on: 'no_grad', off: 'no_grad' }),
  gradMode('enable_grad', { on: 'enabled', off: 'enabled' }),
  gradMode('inference_mode', { on: 'inference', off: 'enabled' }),
  gradMode('set_grad_enabled', { on: 'enabled', off: 'no_grad' }),
];

export const autograd = [
  derivative(`${functional}.jacobian`, functionalParameters, jacobian),
  derivative(
    `${functional}.hessian`,
    '(func, inputs, create_graph=False, strict=False, vectorize=False, outer_jacobian_strategy=None)',
    hessian,
  ),
  derivative(`${functional}.vjp`, productParameters, vjp),
  derivative(`${functional}.jvp`, productParameters, jvp),
  derivative(`${functional}.hvp`, productParameters, hessianProduct('hvp')),
  derivative(`${functional}.vhp`, productParameters, hessianProduct('vhp')),
  derivative(
    'torch.autograd.grad',
    '(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False, only_inputs=True, allow_unused=None, is_grads_batched=False, materialize_grads=False)',
    grad,
  ),
  ...gradClasses,
  ...gradClasses.map((cls) => ({ ...cls, name: cls.name.replace('torch.', 'torch.autograd.') })),
];
