import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { dimAt, normalAxis, ShapeError, showShape } from '../../graph/shape.ts';
import { type Args, asKnownInt } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { alias, native } from '../define.ts';
import { type BoundArguments, describe, type NativeValue, tensor, tuple, type Value } from '../values.ts';
import {
  gradientNode,
  jacobianNode,
  leavesOf,
  madeFunction,
  mapLeaves,
  type TracedCall,
  traceCall,
} from './transforms.ts';

/** torch.func, once functorch (https://docs.pytorch.org/docs/stable/func.api.html): functions of functions. */

/** Which arguments are differentiated: one index, or several. */
function argnums(value: Value | null): { readonly indices: readonly number[]; readonly single: boolean } {
  if (value === null) return { indices: [0], single: true };
  if (value.kind === 'tuple' || value.kind === 'list')
    return { indices: value.items.map((item) => asKnownInt(item, 'argnums')), single: false };
  return { indices: [asKnownInt(value, 'argnums')], single: true };
}

/** Splits `(output, aux)` where the function has both. */
function withoutAux(output: Value, hasAux: boolean): { readonly output: Value; readonly aux: Value | null } {
  if (!hasAux || output.kind === 'unknown') return { output, aux: null };
  const [first, aux] = output.kind === 'tuple' ? output.items : [];
  if (first === undefined || aux === undefined)
    throw new PythonError('RuntimeError', 'with has_aux the function must return a pair');
  return { output: first, aux };
}

interface Differentiated {
  readonly call: TracedCall;
  readonly output: Value;
  readonly aux: Value | null;
  /** The derivative for each selected argument, by a function of one input's index. */
  readonly ofArguments: (derivative: (wrt: number) => NodeId) => Value;
}

function differentiate(
  cx: Context,
  fn: Value,
  bound: BoundArguments,
  selected: ReturnType<typeof argnums>,
  hasAux: boolean,
): Differentiated {
  const args = bound.rest;
  const indices = selected.indices.map((index) => (index < 0 ? index + args.length : index));
  for (const index of indices) {
    const arg = args[index];
    if (arg === undefined)
      throw new PythonError('RuntimeError', `argument ${index} is to be differentiated, but ${args.length} are given`);
    if (leavesOf(arg).length === 0)
      throw new PythonError('RuntimeError', `a tensor is to be differentiated, not ${describe(arg)}`);
  }
  const call = traceCall(cx, fn, args, bound.keywords, (k) => indices.includes(k));
  const { output, aux } = withoutAux(call.output, hasAux);
  const ofArguments = (derivative: (wrt: number) => NodeId): Value => {
    const trees = indices.map((index) => {
      const own = [...(call.ofArgument[index] ?? [])];
      const arg = args[index];
      if (arg === undefined) throw new RangeError('no such argument');
      return mapLeaves(arg, () => tensor(derivative(own.shift() ?? 0)));
    });
    const [only] = trees;
    return selected.single && only !== undefined ? only : tuple(trees);
  };
  return { call, output, aux, ofArguments };
}

/** A transform `name(func, argnums=0, has_aux=False)` that gives a function. */
function transform(
  name: string,
  parameters: string,
  apply: (cx: Context, parts: Differentiated, collect: (node: NodeId) => NodeId) => Value,
): NativeValue {
  return native(name, parameters, (cx, args) => {
    const fn = args.value('func');
    const selected = argnums(args.optional('argnums'));
    const hasAux = args.bool('has_aux', false);
    const madeAt = cx.origin;
    return madeFunction(cx, name, fn, (inner, bound) => {
      const parts = differentiate(inner, fn, bound, selected, hasAux);
      const results: NodeId[] = [];
      const value = apply(inner, parts, (node) => {
        results.push(node);
        return node;
      });
      inner.recordDerivative({ api: name, results, target: fn, madeAt });
      return parts.aux === null ? value : tuple([value, parts.aux]);
    });
  });
}

function jacobianTransform(name: string, mode: 'reverse' | 'forward'): NativeValue {
  return transform(
    name,
    '(func, argnums=0, has_aux=False, *, chunk_size=None, randomness=None, _preallocate_and_copy=None)',
    (cx, parts, collect) =>
      mapLeaves(parts.output, (output) =>
        parts.ofArguments((wrt) => collect(jacobianNode(cx, parts.call, output, wrt, { mode, differentiable: true }))),
      ),
  );
}

function scalarOf(parts: Differentiated): NodeId {
  const { output } = parts;
  if (output.kind === 'tensor') return output.node;
  if (output.kind === 'unknown') throw new Unknowable(output.reason.text, output.reason);
  throw new PythonError('RuntimeError', `grad needs a function that returns a tensor, not ${describe(output)}`);
}

const hessian = transform('torch.func.hessian', '(func, argnums=0)', (cx, parts, collect) =>
  mapLeaves(parts.output, (output) =>
    parts.ofArguments((second) => {
      const inner =
        cx.build.rank(output) === 0
          ? gradientNode(cx, parts.call, output, second, true, parts.call.inputs)
          : jacobianNode(cx, parts.call, output, second, { mode: 'reverse', differentiable: true }, parts.call.inputs);
      return collect(jacobianNode(cx, parts.call, inner, second, { mode: 'forward', differentiable: true }));
    }),
  ),
);

// vmap

/** `in_dims` for each tensor of each argument: an axis, or null where the tensor is not mapped. */
function mappedAxes(
  cx: Context,
  args: readonly Value[],
  inDims: Value | null,
): readonly (readonly (number | null)[])[] {
  const of = (arg: Value, dims: Value): readonly (number | null)[] => {
    if (arg.kind === 'tensor') {
      if (dims.kind === 'none') return [null];
      return [normalAxis(asKnownInt(dims, 'in_dims'), cx.build.rank(arg.node))];
    }
    if (
      (arg.kind === 'tuple' || arg.kind === 'list') &&
      (dims.kind === 'tuple' || dims.kind === 'list') &&
      dims.items.length === arg.items.length
    ) {
      return arg.items.flatMap((item, k) => of(item, dims.items[k] ?? dims));
    }
    if (arg.kind === 'dict' && dims.kind === 'dict') {
      return [...arg.entries].flatMap(([key, entry]) =>
        of(entry.value, dims.entries.get(key)?.value ?? { kind: 'none' }),
      );
    }
    const axis = dims.kind === 'none' ? null : asKnownInt(dims, 'in_dims');
    return leavesOf(arg).map((node) => (axis === null ? null : normalAxis(axis, cx.build.rank(node))));
  };
  if (inDims !== null && (inDims.kind === 'tuple' || inDims.kind === 'list') && inDims.items.length !== args.length) {
    throw new PythonError(
      'ValueError',
      `vmap: in_dims names ${inDims.items.length} arguments, but ${args.length} are given`,
    );
  }
  return args.map((arg, k) => {
    const dims: Value =
      inDims === null
        ? { kind: 'int', value: 0 }
        : inDims.kind === 'tuple' || inDims.kind === 'list'
          ? (inDims.items[k] ?? { kind: 'none' })
          : inDims;
    return of(arg, dims);
  });
}

function applyVmap(
  cx: Context,
  fn: Value,
  bound: BoundArguments,
  inDims: Value | null,
  outDims: Value | null,
  name: string,
): Value {
  const { build } = cx;
  // Keyword arguments are mapped over their first axis, as torch does.
  const axes = mappedAxes(cx, bound.rest, inDims).flat();
  let seen = 0;
  const sizes: D.Dim[] = [];
  const call = traceCall(
    cx,
    fn,
    bound.rest,
    bound.keywords,
    () => true,
    (node, parameter) => {
      const axis = axes[seen++] ?? null;
      const aval = build.aval(node);
      if (axis === null) return build.input(parameter, aval);
      const size = dimAt(aval.shape, axis);
      const before = sizes[0];
      if (before !== undefined && D.surelyDiffer(before, size)) {
        throw new ShapeError(`vmap: mapped axes have sizes ${D.show(before)} and ${D.show(size)}`);
      }
      sizes.push(size);
      return build.input(parameter, { shape: aval.shape.filter((_, k) => k !== axis), dtype: aval.dtype });
    },
  );
  if (axes.every((axis) => axis === null))
    throw new PythonError('ValueError', `${name}: at least one argument must be mapped`);
  const { output } = call;
  if (output.kind === 'unknown') return output;
  const outputs = leavesOf(output);
  const outAxes = outputs.map((node, k) => {
    const given =
      outDims === null
        ? null
        : outDims.kind === 'tuple' || outDims.kind === 'list'
          ? (outDims.items[k] ?? outDims.items[0] ?? null)
          : outDims;
    return given === null ? 0 : normalAxis(asKnownInt(given, 'out_dims'), build.rank(node) + 1);
  });
  let k = 0;
  return mapLeaves(output, (node) => {
    const outAxis = outAxes[k++] ?? 0;
    return tensor(
      build.emit(
        'vmap',
        { region: { inputs: call.inputs, outputs: [node] }, inAxes: axes, outAxis, output: build.aval(node) },
        call.actual,
      ),
    );
  });
}

function vmap(name: string): NativeValue {
  return native(
    name,
    '(func, in_dims|in_axes=0, out_dims|out_axes=0, randomness=None, *, chunk_size=None)',
    (cx, args: Args) => {
      const fn = args.value('func');
      const inDims = args.has('in_dims') ? args.value('in_dims') : null;
      const outDims = args.optional('out_dims');
      return madeFunction(cx, name, fn, (inner, bound) => applyVmap(inner, fn, bound, inDims, outDims, name));
    },
  );
}

export const func: readonly NativeValue[] = [
  ...alias(jacobianTransform('torch.func.jacrev', 'reverse'), 'functorch.jacrev'),
  ...alias(jacobianTransform('torch.func.jacfwd', 'forward'), 'functorch.jacfwd'),
  ...alias(hessian, 'functorch.hessian'),
  ...alias(
    transform('torch.func.grad', '(func, argnums=0, has_aux=False)', (cx, parts, collect) => {
      const scalar = scalarOf(parts);
      return parts.ofArguments((wrt) => collect(gradientNode(cx, parts.call, scalar, wrt)));
    }),
    'functorch.grad',
  ),
  ...alias(
    transform('torch.func.grad_and_value', '(func, argnums=0, has_aux=False)', (cx, parts, collect) => {
      const scalar = scalarOf(parts);
      return tuple([parts.ofArguments((wrt) => collect(gradientNode(cx, parts.call, scalar, wrt))), tensor(scalar)]);
    }),
    'functorch.grad_and_value',
  ),
  ...alias(vmap('torch.func.vmap'), 'torch.vmap', 'functorch.vmap'),
  native('torch.func.jvp', '(func, primals, tangents, *, strict=False, has_aux=False)', (cx, args) => {
    const primals = args.items('primals');
    const tangents = args.items('tangents').flatMap(leavesOf);
    const fn = args.value('func');
    const call = traceCall(cx, fn, primals, new Map(), () => true);
    const { output, aux } = withoutAux(call.output, args.bool('has_aux', false));
    tangents.forEach((tangent, k) => {
      const [own, given] = [cx.build.shape(call.actual[k] ?? tangent), cx.build.shape(tangent)];
      if (own.length !== given.length || own.some((dim, axis) => D.surelyDiffer(dim, given[axis] ?? -1))) {
        throw new ShapeError(`jvp: a tangent ${showShape(given)} for a primal ${showShape(own)}`);
      }
    });
    const results: NodeId[] = [];
    const pushed = mapLeaves(output, (node) => {
      const input = call.inputs[0];
      if (input === undefined) throw new PythonError('RuntimeError', 'jvp needs a primal');
      const result = cx.build.emit(
        'jvp',
        {
          region: { inputs: call.inputs, outputs: [node] },
          wrt: 0,
          input: cx.build.aval(input),
          output: cx.build.aval(node),
          differentiable: true,
        },
        [...call.actual, ...tangents],
      );
      results.push(result);
      return tensor(result);
    });
    cx.recordDerivative({ api: 'torch.func.jvp', results, target: fn, madeAt: null });
    return tuple(aux === null ? [output, pushed] : [output, pushed, aux]);
  }),
  native('torch.func.vjp', '(func, *primals, has_aux=False)', (cx, args) => {
    const fn = args.value('func');
    const call = traceCall(cx, fn, args.rest, new Map(), () => true);
    const { output, aux } = withoutAux(call.output, args.bool('has_aux', false));
    const outputs = leavesOf(output);
    const pullback = madeFunction(cx, 'torch.func.vjp', fn, (inner, bound) => {
      const cotangents = bound.rest.flatMap(leavesOf);
      const results: NodeId[] = [];
      const pulled = args.rest.map((primal, k) => {
        const own = [...(call.ofArgument[k] ?? [])];
        return mapLeaves(primal, () => {
          const wrt = own.shift() ?? 0;
          const input = call.inputs[wrt];
          if (input === undefined) throw new RangeError('no such input');
          const parts = outputs.map((node, j) => {
            const cotangent = cotangents[j];
            if (cotangent === undefined) throw new PythonError('RuntimeError', 'a cotangent is missing');
            return inner.build.emit(
              'vjp',
              {
                region: { inputs: call.inputs, outputs: [node] },
                wrt,
                input: inner.build.aval(input),
                output: inner.build.aval(node),
                differentiable: true,
              },
              [...call.actual, cotangent],
            );
          });
          results.push(...parts);
          return tensor(parts.reduce((sum, part) => inner.build.add(sum, part)));
        });
      });
      inner.recordDerivative({ api: 'torch.func.vjp', results, target: fn, madeAt: cx.origin });
      return tuple(pulled);
    });
    return tuple(aux === null ? [output, pullback] : [output, pullback, aux]);
  }),
];
