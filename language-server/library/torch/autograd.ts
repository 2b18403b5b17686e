import { type NodeId, regionNodes } from '../../graph/graph.ts';
import { sameShape, showShape } from '../../graph/shape.ts';
import type { Args } from '../arguments.ts';
import { type Context, PythonError } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import { gradientNode, jacobianNode, leavesOf, madeFunction, type TracedCall, traceCall } from '../transforms.ts';
import { type NativeValue, none, tensor, tuple, type Value } from '../values.ts';

/**
 * torch.autograd (https://docs.pytorch.org/docs/stable/autograd.html): derivatives of functions
 * (`autograd.functional`) and of recorded results (`autograd.grad`).
 */

const functional = 'torch.autograd.functional';

/** Calls `func(*inputs)` on fresh inputs; `inputs` is a tensor or a tuple of tensors. */
function traceFunctional(
  cx: Context,
  args: Args,
): {
  readonly call: TracedCall;
  readonly outputs: readonly NodeId[];
  readonly single: { input: boolean; output: boolean };
} {
  const inputs = args.value('inputs');
  const given = inputs.kind === 'tuple' ? inputs.items : [inputs];
  if (given.some((item) => item.kind !== 'tensor' && item.kind !== 'unknown')) {
    throw new PythonError('TypeError', 'the inputs of a functional derivative must be a tensor or a tuple of tensors');
  }
  given.forEach(leavesOf);
  const call = traceCall(cx, args.value('func'), given, new Map(), () => true);
  const { output } = call;
  if (output.kind !== 'tensor' && output.kind !== 'tuple' && output.kind !== 'unknown') {
    throw new PythonError('TypeError', 'the function must return a tensor or a tuple of tensors');
  }
  return {
    call,
    outputs: leavesOf(output),
    single: { input: inputs.kind !== 'tuple', output: output.kind === 'tensor' },
  };
}

function nest(rows: readonly (readonly NodeId[])[], single: { input: boolean; output: boolean }): Value {
  const row = (nodes: readonly NodeId[]): Value => {
    const [only] = nodes;
    return single.input && only !== undefined ? tensor(only) : tuple(nodes.map((node) => tensor(node)));
  };
  const [first] = rows;
  return single.output && first !== undefined ? row(first) : tuple(rows.map(row));
}

/** Refuses what has no rows to stack: going backwards, there is one an element. */
function requireRows(cx: Context, outputs: readonly NodeId[]): void {
  const empty = outputs.map((output) => cx.build.shape(output)).find((shape) => shape.includes(0));
  if (empty !== undefined)
    throw new PythonError('RuntimeError', `stack expects a non-empty TensorList: ${showShape(empty)} has no elements`);
}

function jacobian(cx: Context, args: Args, results: NodeId[]): Value {
  const { call, outputs, single } = traceFunctional(cx, args);
  const mode = args.string('strategy', 'reverse-mode') === 'forward-mode' ? 'forward' : 'reverse';
  if (mode === 'reverse' && !args.bool('vectorize', false)) requireRows(cx, outputs);
  const differentiable = args.bool('create_graph', false);
  const rows = outputs.map((output) =>
    call.inputs.map((_, wrt) => jacobianNode(cx, call, output, wrt, { mode, differentiable })),
  );
  results.push(...rows.flat());
  return nest(rows, single);
}

function hessian(cx: Context, args: Args, results: NodeId[]): Value {
  const { call, outputs, single } = traceFunctional(cx, args);
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
  if (!args.bool('vectorize', false)) requireRows(cx, call.inputs);
  const scalar = cx.build.reshape(output, []);
  const gradients = call.inputs.map((_, wrt) => gradientNode(cx, call, scalar, wrt, true, call.inputs));
  const rows = gradients.map((gradient) =>
    call.inputs.map((_, wrt) =>
      jacobianNode(cx, call, gradient, wrt, { mode: 'reverse', differentiable: args.bool('create_graph', false) }),
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
  const { call, outputs, single } = traceFunctional(cx, args);
  const cotangents = vectorsOf(cx, args, outputs);
  const products = call.inputs.map((_, wrt) =>
    pulledBack(cx, call, outputs, cotangents, wrt, args.bool('create_graph', false)),
  );
  results.push(...products);
  return tuple([call.output, nest([products], { input: single.input, output: true })]);
}

/** `jvp(func, inputs, v)`: what the function gives, and the product for each output. */
function jvp(cx: Context, args: Args, results: NodeId[]): Value {
  const { call, outputs, single } = traceFunctional(cx, args);
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
        differentiable: args.bool('create_graph', false),
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
    const { call, outputs, single } = traceFunctional(cx, args);
    const [output] = outputs;
    if (output === undefined || outputs.length !== 1 || !cx.build.shape(output).every((dim) => dim === 1))
      throw new PythonError('RuntimeError', `${name} needs a function that returns one scalar`);
    const scalar = cx.build.reshape(output, []);
    const gradients = call.inputs.map((_, wrt) => gradientNode(cx, call, scalar, wrt, true, call.inputs));
    const vectors = vectorsOf(cx, args, call.actual);
    const products = call.inputs.map((_, wrt) =>
      pulledBack(cx, call, gradients, vectors, wrt, args.bool('create_graph', false)),
    );
    results.push(...products);
    return tuple([call.output, nest([products], { input: single.input, output: true })]);
  };
}

/** Sequences or single ones, as `grad` takes them. */
function several(value: Value): readonly Value[] {
  return value.kind === 'tuple' || value.kind === 'list' ? value.items : [value];
}

function grad(cx: Context, args: Args, results: NodeId[]): Value {
  const { build } = cx;
  const outputs = several(args.value('outputs'));
  const inputs = several(args.value('inputs'));
  const cotangents = args.optional('grad_outputs');
  const given = cotangents === null ? [] : several(cotangents);
  const differentiable = args.bool('create_graph', false);
  const isBatched = args.bool('is_grads_batched', false);
  const outputNodes = outputs.flatMap(leavesOf);
  const inputNodes = inputs.flatMap(leavesOf);
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
    if (cotangent === undefined || cotangent.kind === 'none') {
      if (
        build.rank(output) > 0 &&
        !sameShape(
          build.shape(output),
          build.shape(output).map(() => 1),
        )
      ) {
        throw new PythonError(
          'RuntimeError',
          `grad can be implicitly created only for scalar outputs, not ${showShape(build.shape(output))}`,
        );
      }
      return { output, cotangent: build.full(build.shape(output), 1, build.aval(output).dtype) };
    }
    const [whole] = leavesOf(cotangent);
    if (whole === undefined) throw new PythonError('TypeError', 'grad_outputs must hold tensors');
    const node = isBatched ? sliceOf(whole) : whole;
    if (!sameShape(build.shape(node), build.shape(output))) {
      throw new PythonError(
        'RuntimeError',
        `Mismatch in shape: grad_outputs has a shape of ${showShape(build.shape(node))} and output has a shape of ${showShape(build.shape(output))}`,
      );
    }
    return { output, cotangent: node };
  });
  const gradients = inputNodes.map((input): Value => {
    const parts = pulled.flatMap(({ output, cotangent }) => {
      const region = { inputs: [input], outputs: [output] };
      // What does not hang on the input has no gradient.
      if (!regionNodes(build, region).includes(output)) return [];
      const params = { region, wrt: 0, input: build.aval(input), output: build.aval(output), differentiable };
      return [build.emit('vjp', params, [input, cotangent])];
    });
    const [first, ...rest] = parts;
    if (first === undefined)
      return args.bool('allow_unused', false) || !args.bool('materialize_grads', false)
        ? none
        : tensor(build.full(build.shape(input), 0, build.aval(input).dtype));
    results.push(...parts);
    return tensor(stacked(rest.reduce((sum, part) => build.add(sum, part), first)));
  });
  return tuple(gradients);
}

/** A context manager that turns derivatives on or off, usable as a decorator too. */
function gradMode(name: string, enabled: boolean): Value & { kind: 'class' } {
  return libraryClass(
    name,
    [],
    [
      native('__init__', '(self, *args, **kwargs)', () => none),
      native('__enter__', '(self)', () => none),
      native('__exit__', '(self, *args)', () => none),
      native('__call__', '(self, func)', (cx, args) => {
        const func = args.value('func');
        return madeFunction(cx, name, func, (inner, bound) =>
          inner.withGradMode(enabled, () => inner.call(func, bound.rest, bound.keywords)),
        );
      }),
    ],
  );
}

/** The inputs of a functional derivative, one by one. */
function givenTo(args: Args): readonly Value[] {
  const inputs = args.has('func') ? args.optional('inputs') : null;
  return inputs === null ? [] : inputs.kind === 'tuple' ? inputs.items : [inputs];
}

type Derivative = (cx: Context, args: Args, results: NodeId[]) => Value;

/** A function that differentiates, noted as such where it is called. */
function derivative(name: string, parameters: string, rule: Derivative): NativeValue {
  return native(name, parameters, (cx, args) =>
    cx.differentiating({ api: name, target: args.optional('func'), given: givenTo(args), madeAt: null }, (results) =>
      rule(cx, args, results),
    ),
  );
}

const functionalParameters = '(func, inputs, create_graph=False, strict=False, vectorize=False, strategy=None)';

const productParameters = '(func, inputs, v=None, create_graph=False, strict=False)';

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
  gradMode('torch.no_grad', false),
  gradMode('torch.enable_grad', true),
  gradMode('torch.inference_mode', false),
  { ...gradMode('torch.no_grad', false), name: 'torch.autograd.no_grad' },
  { ...gradMode('torch.enable_grad', true), name: 'torch.autograd.enable_grad' },
];
