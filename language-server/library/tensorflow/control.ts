import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { ShapeError } from '../../graph/shape.ts';
import { known, truthOf } from '../arguments.ts';
import { changedShape, chosen, leftBy, mostTurns } from '../carried.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { declaredMark, native } from '../define.ts';
import { type Style, vmapTransform } from '../functional.ts';
import { mapTree, treeLeaves } from '../jax/pytrees.ts';
import { numbersOf } from '../torch/nested.ts';
import { opaque } from '../torch/opaque.ts';
import { madeFunction } from '../transforms.ts';
import { mapParts } from '../trees.ts';
import { type NativeValue, none, tensor, tuple, type Value } from '../values.ts';
import { asTensor, dtypeOf, sizesIn, type TensorCall, tensorflowDialect, tfFunction } from './dialect.ts';
import { asGraph } from './eager.ts';

/** Functions of functions: loops, branches, maps, tf.function (https://www.tensorflow.org/api_docs/python/tf/function). */

/** A structure whose numbers and arrays of NumPy are made tensors. */
export function asTensors(cx: Context, value: Value): Value {
  switch (value.kind) {
    case 'int':
    case 'float':
    case 'bool':
      return tensor(asTensor(cx, value), 'tensorflow');
    case 'tensor':
      return value.family === 'tensorflow' ? value : tensor(asTensor(cx, value), 'tensorflow');
    case 'list':
      return value.tail === null ? mapParts(value, (part) => asTensors(cx, part)) : value;
    case 'tuple':
    case 'dict':
      return mapParts(value, (part) => asTensors(cx, part));
    default:
      return value;
  }
}

const style: Style = { family: 'tensorflow', parameter: 'fn', arrays: asTensors, mapsKeywords: false };

function nodesIn(value: Value): readonly NodeId[] {
  return treeLeaves(value).flatMap((leaf) => (leaf.kind === 'tensor' ? [leaf.node] : []));
}

/** How many entries the tensors of a structure have, all alike. */
function lengthOf(call: TensorCall, elems: Value): D.Dim {
  const lengths = nodesIn(elems).map((node) => {
    const [length] = call.build.shape(node);
    if (length === undefined) throw new ShapeError('a tensor without axes has no entries to go along');
    return length;
  });
  const [first] = lengths;
  if (first === undefined) throw new PythonError('ValueError', 'elems must contain at least one tensor');
  if (lengths.some((length) => !D.equal(length, first)))
    throw new Unknowable('tensors of different lengths are not followed');
  return first;
}

const entryMap = vmapTransform(style, 'tensorflow.vectorized_map', '(fn, in_dims=0, out_dims=0)');

/** The function of each entry by itself, stacked: it is a vmap over the first axes. */
function mapped(call: TensorCall): Value {
  const elems = asTensors(call.cx, call.value('elems'));
  if (lengthOf(call, elems) === 0) throw new Unknowable('a map over no entries is not followed');
  return call.cx.call(call.cx.call(entryMap, [call.value('fn')]), [elems]);
}

/** `map_fn`: entry by entry; the results must be of the types that are declared, or those of the entries. */
function mapEntries(call: TensorCall): Value {
  const elems = asTensors(call.cx, call.value('elems'));
  const result = known(mapped(call));
  const declared = call.optional('fn_output_signature') ?? call.optional('dtype');
  const typesOf = (value: Value): readonly string[] => nodesIn(value).map((node) => call.build.aval(node).dtype);
  if (declared !== null) {
    if (declared.kind !== 'dtype') return result;
    if (typesOf(result).some((dtype) => dtype !== dtypeOf(declared)))
      throw new PythonError('InvalidArgumentError', 'the results are not of the declared type');
    return result;
  }
  if (elems.kind !== result.kind)
    throw new Unknowable('results of another structure than the entries are not followed');
  const [own, made] = [typesOf(elems), typesOf(result)];
  if (own.length !== made.length)
    throw new Unknowable('results of another structure than the entries are not followed');
  if (own.some((dtype, k) => dtype !== made[k]))
    throw new PythonError('InvalidArgumentError', 'results of another type need fn_output_signature');
  return result;
}

/** Refuses to follow what changes from turn to turn. */
function requireSame(call: TensorCall, before: Value, after: Value): void {
  if (changedShape(call.cx, before, after) !== null)
    throw new Unknowable('a loop that carries changing shapes is not followed');
  mapTree([before, after], ([a = none, b = none]) => {
    const differ =
      a.kind === 'tensor' && b.kind === 'tensor' && call.build.aval(a.node).dtype !== call.build.aval(b.node).dtype;
    if (differ) throw new Unknowable('a loop that carries changing types is not followed');
    return a;
  });
}

interface Folded {
  readonly last: Value;
  /** What was carried after each turn, in the order of the entries; null where one turn stands for all. */
  readonly each: readonly Value[] | null;
  readonly operands: readonly NodeId[];
  readonly length: D.Dim;
}

/** Carries a value along the first axes: from the first entry, or from an initial value. */
function folded(call: TensorCall, backwards: boolean): Folded {
  const { cx, build } = call;
  const fn = call.value('fn');
  const elems = asTensors(cx, call.value('elems'));
  const length = lengthOf(call, elems);
  const entry = (at: D.Dim | 'loop'): Value =>
    mapTree([elems], ([leaf = none]) =>
      leaf.kind === 'tensor' ? tensor(build.take(leaf.node, 0, at), 'tensorflow') : leaf,
    );
  const step = (carry: Value, at: D.Dim | 'loop'): Value => {
    const after = asTensors(cx, known(cx.call(fn, [carry, entry(at)])));
    requireSame(call, carry, after);
    return after;
  };
  const given = call.optional('initializer');
  const start = given === null ? null : asTensors(cx, given);
  if (D.isKnown(length) && length > 0 && length <= mostTurns) {
    const order = Array.from({ length }, (_, k) => (backwards ? length - 1 - k : k));
    const each: Value[] = [];
    let carry = start;
    for (const k of order) {
      carry = carry === null ? entry(k) : step(carry, k);
      each[k] = carry;
    }
    return { last: carry ?? none, each, operands: [], length };
  }
  if (length === 0) throw new Unknowable('a loop over no entries is not followed');
  const before = start ?? entry('loop');
  const after = step(before, 'loop');
  return { last: after, each: null, operands: [...nodesIn(after), ...nodesIn(before), ...nodesIn(elems)], length };
}

function scan(call: TensorCall): Value {
  const { build, cx } = call;
  const { last, each, operands, length } = folded(call, call.bool('reverse', false));
  const [first, ...rest] = each ?? [];
  if (first !== undefined)
    return mapTree([first, ...rest], (leaves) =>
      tensor(
        build.stack(
          leaves.map((leaf) => asTensor(cx, leaf)),
          0,
        ),
        'tensorflow',
      ),
    );
  return mapTree([last], ([leaf = none]) => {
    if (leaf.kind !== 'tensor') return leaf;
    const { shape, dtype } = build.aval(leaf.node);
    return tensor(opaque(cx, 'tensorflow.scan', operands, [length, ...shape], dtype), 'tensorflow');
  });
}

function fold(call: TensorCall, backwards: boolean): Value {
  const { last, each, operands } = folded(call, backwards);
  return each === null ? leftBy(call.cx, 'tensorflow', 'tensorflow.foldl', last, operands) : last;
}

function whileLoop(call: TensorCall): Value {
  const { cx } = call;
  const vars = asTensors(cx, call.value('loop_vars'));
  const items = cx.items(vars);
  const asked = asTensors(cx, known(cx.call(call.value('cond'), items)));
  const after = asTensors(cx, known(cx.call(call.value('body'), items)));
  if (after.kind !== 'list' && after.kind !== 'tuple')
    throw new Unknowable('a loop over one variable without a list is not followed');
  requireSame(call, tuple(items), tuple(after.items));
  return leftBy(cx, 'tensorflow', 'tensorflow.while_loop', after, [
    ...nodesIn(after),
    ...nodesIn(vars),
    ...nodesIn(asked),
  ]);
}

/** Whether a truth is known: Python's, or one that a tensor holds. */
function truthIn(call: TensorCall, value: Value): boolean | null {
  if (value.kind !== 'tensor') return truthOf(value);
  const [number] = numbersOf(call.cx, value.node) ?? [];
  return number === undefined ? null : number !== 0;
}

/** One of several results, by conditions in order; the last stands for all others. */
function branched(call: TensorCall, conditions: readonly Value[], branches: readonly Value[]): Value {
  const { cx } = call;
  const results = (): readonly Value[] => branches.map((branch) => asTensors(cx, known(cx.call(branch, []))));
  const truths = conditions.map((condition) => truthIn(call, condition));
  if (!truths.includes(null)) {
    const at = truths.indexOf(true);
    const branch = branches[at < 0 ? branches.length - 1 : at];
    return branch === undefined ? none : cx.call(branch, []);
  }
  const each = results();
  const [first] = each;
  if (first === undefined) throw new PythonError('ValueError', 'a branch is wanted');
  for (const other of each) requireSame(call, first, other);
  return each.reduceRight((otherwise, result, k) =>
    chosen(cx, 'tensorflow', tensorflowDialect.promote, conditions[k] ?? none, result, otherwise),
  );
}

function cond(call: TensorCall): Value {
  const pred = call.value('pred');
  if (pred.kind === 'tensor' && call.build.rank(pred.node) > 0)
    throw new Unknowable('a condition with axes is not followed');
  const result = branched(call, [pred], [call.value('true_fn'), call.value('false_fn')]);
  // A list or tuple of one is that one.
  const [only] = result.kind === 'list' || result.kind === 'tuple' ? result.items : [];
  return only !== undefined && (result.kind === 'list' || result.kind === 'tuple') && result.items.length === 1
    ? only
    : result;
}

function caseOf(call: TensorCall): Value {
  const pairs = call.cx.items(call.value('pred_fn_pairs')).map((pair) => call.cx.items(pair));
  const otherwise = call.optional('default');
  if (otherwise === null) throw new Unknowable('a case without a default is not followed');
  return branched(
    call,
    pairs.map(([condition = none]) => condition),
    [...pairs.map(([, branch = none]) => branch), otherwise],
  );
}

function switchCase(call: TensorCall): Value {
  const { build, cx } = call;
  const branches = [...cx.items(call.value('branch_fns'))];
  if (branches.some((branch) => branch.kind === 'tuple')) throw new Unknowable('numbered branches are not followed');
  const otherwise = call.optional('default');
  if (otherwise !== null) branches.push(otherwise);
  const index = asTensor(cx, call.value('branch_index'));
  const [at] = numbersOf(cx, index) ?? [];
  const { dtype } = build.aval(index);
  const is = (k: number): Value =>
    at === undefined
      ? tensor(build.binary('eq', index, build.full([], k, dtype)), 'tensorflow')
      : { kind: 'bool', value: at === k };
  return branched(
    call,
    branches.slice(0, -1).map((_, k) => is(k)),
    branches,
  );
}

// tf.function

/** The tensor that a TensorSpec stands for; null where its rank is not known. */
export function ofSpec(cx: Context, spec: Value, name: string): Value | null {
  if (spec.kind !== 'instance' || spec.cls.name !== 'tensorflow.TensorSpec') return null;
  const [shape, dtype, own] = ['shape', 'dtype', 'name'].map((each) => spec.attributes.get(each));
  if (shape?.kind !== 'instance' || dtype === undefined) return null;
  const dims = shape.attributes.get('dims');
  if (dims?.kind !== 'tuple') return null;
  const sizes = dims.items.map((item, k) =>
    item.kind === 'none' ? cx.freshSize(k === 0 ? 'batch' : `n${k}`) : (sizesIn(cx, tuple([item]))[0] ?? 0),
  );
  const label = own?.kind === 'str' && own.value !== null ? own.value : name;
  return tensor(cx.build.input(label, { shape: sizes, dtype: dtypeOf(dtype) }), 'tensorflow');
}

/** A function that runs as a graph: arrays become tensors on the way in, numbers on the way out. */
function compiled(cx: Context, fn: Value, signature: Value | null): Value {
  if (fn.kind === 'function' && signature !== null) {
    const specs = signature.kind === 'list' || signature.kind === 'tuple' ? signature.items : [];
    const declared = specs.map((spec, k) => ofSpec(cx, spec, `arg${k}`) ?? none);
    cx.setName(fn.attributes, declaredMark, tuple(declared));
  }
  const made = madeFunction(cx, 'tensorflow.function', fn, (inner, bound) => {
    const convert = (value: Value): Value =>
      value.kind === 'tensor' && value.family === 'numpy' ? asTensors(inner, value) : value;
    const keywords = new Map([...bound.keywords].map(([name, value]): [string, Value] => [name, convert(value)]));
    return asTensors(
      inner,
      asGraph(inner, () => inner.call(fn, bound.rest.map(convert), keywords)),
    );
  });
  return { ...made, name: 'tensorflow.function' };
}

const settings =
  'autograph=True, jit_compile=None, reduce_retracing=False, experimental_implements=None, experimental_autograph_options=None, experimental_attributes=None, experimental_relax_shapes=None, experimental_compile=None, experimental_follow_type_hints=None';

/** Transforms that give the function itself back. */
const keeping = [
  'recompute_grad',
  'grad_pass_through',
  'autograph.experimental.do_not_convert',
  'autograph.to_graph',
  'nondifferentiable_batch_function',
];

const loops = 'parallel_iterations=None, back_prop=True, swap_memory=False';

export const control: readonly NativeValue[] = [
  tfFunction('vectorized_map', '(fn, elems, fallback_to_while_loop=True, warn=True)', mapped),
  tfFunction(
    'map_fn',
    `(fn, elems, dtype=None, ${loops}, infer_shape=True, name=None, fn_output_signature=None)`,
    mapEntries,
  ),
  tfFunction('scan', `(fn, elems, initializer=None, ${loops}, infer_shape=True, reverse=False, name=None)`, scan),
  tfFunction('foldl', `(fn, elems, initializer=None, ${loops}, name=None)`, (call) => fold(call, false)),
  tfFunction('foldr', `(fn, elems, initializer=None, ${loops}, name=None)`, (call) => fold(call, true)),
  tfFunction(
    'while_loop',
    `(cond, body, loop_vars, shape_invariants=None, ${loops}, maximum_iterations=None, name=None)`,
    whileLoop,
  ),
  tfFunction('cond', '(pred, true_fn=None, false_fn=None, name=None)', cond),
  tfFunction('case', "(pred_fn_pairs, default=None, exclusive=False, strict=False, name='case')", caseOf),
  tfFunction('switch_case', "(branch_index, branch_fns, default=None, name='switch_case')", switchCase),
  tfFunction('function', `(func=None, input_signature=None, ${settings})`, (call) => {
    const signature = call.optional('input_signature');
    const fn = call.optional('func');
    // Called with options alone it is a decorator.
    return fn === null
      ? native('tensorflow.function', '(func)', (cx, args) => compiled(cx, args.value('func'), signature))
      : compiled(call.cx, fn, signature);
  }),
  tfFunction('function.get_concrete_function', '(*args, **kwargs)', (call) =>
    call.cx.unknown('concrete functions are not followed'),
  ),
  tfFunction('custom_gradient', '(f)', (call) => {
    const fn = call.value('f');
    return madeFunction(call.cx, 'tensorflow.custom_gradient', fn, (cx, bound) => {
      const made = known(cx.call(fn, bound.rest, bound.keywords));
      const [value] = made.kind === 'tuple' || made.kind === 'list' ? made.items : [];
      if (value === undefined) throw new PythonError('TypeError', 'a custom gradient gives a value and a function');
      return value;
    });
  }),
  ...keeping.map((name) =>
    tfFunction(
      name,
      '(f=None, *args, **kwargs)',
      (call) => call.optional('f') ?? native(name, '(f)', (_cx, args) => args.value('f')),
    ),
  ),
  ...['py_function', 'numpy_function'].map((name) =>
    tfFunction(name, '(func=None, inp=None, Tout=None, *args, **kwargs)', (call) =>
      call.cx.unknown(`what ${name} gives is not followed`),
    ),
  ),
];
