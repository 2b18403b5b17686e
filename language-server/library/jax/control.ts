import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { showShape } from '../../graph/shape.ts';
import { known, truthOf } from '../arguments.ts';
import { changedShape, chosen, leftBy, mostTurns } from '../carried.ts';
import { PythonError, Unknowable } from '../context.ts';
import { vmapTransform } from '../functional.ts';
import { asArray, type Call, dimOf } from '../numpy/dialect.ts';
import { opaque } from '../torch/opaque.ts';
import { type NativeValue, none, tensor, tuple, type Value } from '../values.ts';
import { jaxFunction } from './function.ts';
import { asArrays, mapTree, treeLeaves } from './pytrees.ts';
import { style } from './transforms.ts';

/** Loops and branches of jax.lax (https://docs.jax.dev/en/latest/jax.lax.html#control-flow-operators). */

function nodesOf(call: Call, value: Value): readonly NodeId[] {
  return treeLeaves(value).flatMap((leaf) =>
    leaf.kind === 'tensor' ? [leaf.node] : leaf.kind === 'none' ? [] : [asArray(call.d, call.cx, leaf)],
  );
}

/** A number of the program, also one that an array holds. */
function countOf(call: Call, value: Value): Dim | null {
  if (value.kind === 'int') return value.value;
  return value.kind === 'tensor' ? dimOf(call.cx, value.node) : null;
}

/** What is carried must keep its shape. */
function requireSame(call: Call, before: Value, after: Value, what: string): void {
  const changed = changedShape(call.cx, before, after);
  if (changed === null) return;
  const [own, made] = [changed.before, changed.after].map((node) => showShape(call.build.shape(node)));
  if (!changed.isSure) throw new Unknowable(`whether ${own} and ${made} are one shape is not known`);
  throw new PythonError('TypeError', `${what} must keep its shape: ${own} becomes ${made}`);
}

/** What a loop leaves of something it carries: its shape, and everything that it may hang on. */
function left(call: Call, carried: Value, name: string, operands: readonly NodeId[]): Value {
  return leftBy(call.cx, 'jax', name, carried, operands);
}

/** `scan(f, init, xs)`: carries a value along the first axes, and stacks what each turn gives. */
function scan(call: Call): Value {
  const { build, cx } = call;
  const f = call.value('f');
  const init = asArrays(cx, call.value('init'));
  const xs = asArrays(cx, call.optional('xs') ?? none);
  const sources = nodesOf(call, xs);
  const length = scanLength(call, sources);
  const backwards = call.bool('reverse', false);
  const entry = (at: Dim | 'loop'): Value =>
    mapTree([xs], ([leaf = none]) => (leaf.kind === 'tensor' ? tensor(build.take(leaf.node, 0, at), 'jax') : leaf));
  const step = (carry: Value, x: Value): readonly [Value, Value] => {
    const result = known(cx.call(f, [carry, x]));
    if (result.kind !== 'tuple' || result.items.length !== 2)
      throw new PythonError('TypeError', 'scan body output must be a pair');
    const [next = none, y = none] = result.items;
    const after = asArrays(cx, next);
    requireSame(call, carry, after, 'what scan carries');
    return [after, asArrays(cx, y)];
  };
  if (D.isKnown(length) && length > 0 && length <= mostTurns) {
    let carry = init;
    const ys: Value[] = [];
    const order = Array.from({ length }, (_, k) => (backwards ? length - 1 - k : k));
    for (const k of order) {
      const [next, y] = step(carry, entry(k));
      carry = next;
      ys[k] = y;
    }
    const [first, ...rest] = ys;
    if (first === undefined) throw new RangeError('at least one turn');
    const stacked = mapTree([first, ...rest], (leaves) => {
      const nodes = leaves.map((leaf) => asArray(call.d, cx, leaf));
      return call.result(build.stack(nodes, 0));
    });
    return tuple([carry, stacked]);
  }
  const [after, y] = step(init, entry('loop'));
  const operands = [...nodesOf(call, after), ...nodesOf(call, y), ...nodesOf(call, init), ...sources];
  const ys = mapTree([y], ([leaf = none]) => {
    if (leaf.kind !== 'tensor') return leaf;
    const { shape, dtype } = build.aval(leaf.node);
    return tensor(opaque(cx, 'jax.lax.scan', operands, [length, ...shape], dtype), 'jax');
  });
  return tuple([left(call, after, 'jax.lax.scan', operands), ys]);
}

function scanLength(call: Call, sources: readonly NodeId[]): Dim {
  const given = call.optional('length');
  const lengths = [
    ...(given === null ? [] : [countOf(call, given)]),
    ...sources.map((node) => {
      const [length] = call.build.shape(node);
      if (length === undefined)
        throw new PythonError('ValueError', 'scan got a value with no leading axis to go along');
      return length;
    }),
  ];
  const [first] = lengths;
  if (first === undefined) throw new PythonError('ValueError', 'scan needs something to go along, or a length');
  if (first === null) throw new Unknowable('the length of the loop is not known');
  for (const other of lengths)
    if (other !== null && D.surelyDiffer(first, other))
      throw new PythonError(
        'ValueError',
        `scan got values with different leading axis sizes: ${D.show(first)}, ${D.show(other)}`,
      );
  return first;
}

function foriLoop(call: Call): Value {
  const { cx, build, d } = call;
  const body = call.value('body_fun');
  const [lower, upper] = [countOf(call, call.value('lower')), countOf(call, call.value('upper'))];
  let carry = asArrays(cx, call.value('init_val'));
  const turn = (at: NodeId, before: Value): Value => {
    const after = asArrays(cx, known(cx.call(body, [tensor(at, 'jax'), before])));
    requireSame(call, before, after, 'what fori_loop carries');
    return after;
  };
  if (lower !== null && upper !== null && D.isKnown(lower) && D.isKnown(upper) && upper - lower <= mostTurns) {
    for (let k = lower; k < upper; k++) carry = turn(build.full([], k, d.int), carry);
    return carry;
  }
  const index = build.emit('data', { name: 'i', aval: { shape: [], dtype: d.int } });
  const after = turn(index, carry);
  return left(call, after, 'jax.lax.fori_loop', [...nodesOf(call, after), ...nodesOf(call, carry)]);
}

function whileLoop(call: Call): Value {
  const { cx } = call;
  const init = asArrays(cx, call.value('init_val'));
  const condition = known(cx.call(call.value('cond_fun'), [init]));
  const after = asArrays(cx, known(cx.call(call.value('body_fun'), [init])));
  requireSame(call, init, after, 'what while_loop carries');
  const asked = condition.kind === 'tensor' ? [condition.node] : [];
  return left(call, after, 'jax.lax.while_loop', [...nodesOf(call, after), ...nodesOf(call, init), ...asked]);
}

function cond(call: Call): Value {
  const { cx } = call;
  const pred = call.value('pred');
  const named = call.optional('operand');
  const operands = call.has('operand') ? [named ?? none] : call.rest;
  const [yes, no] = ['true_fun', 'false_fun'].map((name) => asArrays(cx, known(cx.call(call.value(name), operands))));
  if (yes === undefined || no === undefined) throw new RangeError('two branches');
  requireSame(call, yes, no, 'the result of cond');
  const truth = pred.kind === 'tensor' ? null : truthOf(pred);
  return truth === null ? chosen(cx, 'jax', call.d.promote, pred, yes, no) : truth ? yes : no;
}

function switchCase(call: Call): Value {
  const { cx, build } = call;
  const index = call.value('index');
  const results = cx.items(call.value('branches')).map((branch) => asArrays(cx, known(cx.call(branch, call.rest))));
  const [first, ...rest] = results;
  if (first === undefined) throw new PythonError('ValueError', 'Empty branch sequence');
  for (const other of rest) requireSame(call, first, other, 'the result of switch');
  const at = countOf(call, index);
  if (at !== null && D.isKnown(at)) return results[Math.min(Math.max(at, 0), results.length - 1)] ?? first;
  return results.reduceRight((otherwise, result, k) => {
    const is =
      index.kind === 'tensor'
        ? tensor(build.binary('eq', index.node, build.full([], k, build.aval(index.node).dtype)), 'jax')
        : index;
    return chosen(cx, 'jax', call.d.promote, is, result, otherwise);
  });
}

const mapped = vmapTransform(style, 'jax.lax.map', '(fun, in_dims=0, out_dims=0)');

export const control: readonly NativeValue[] = [
  jaxFunction('jax.lax.scan', '(f, init, xs=None, length=None, reverse=False, unroll=1, _split_transpose=False)', scan),
  jaxFunction('jax.lax.fori_loop', '(lower, upper, body_fun, init_val, *, unroll=None)', foriLoop),
  jaxFunction('jax.lax.while_loop', '(cond_fun, body_fun, init_val)', whileLoop),
  jaxFunction('jax.lax.cond', '(pred, true_fun, false_fun, *operands, operand=None)', cond),
  jaxFunction('jax.lax.switch', '(index, branches, *operands, operand=None)', switchCase),
  jaxFunction('jax.lax.map', '(f, xs, *, batch_size=None)', (call) => {
    const over = call.cx.call(mapped, [call.value('f')]);
    return call.cx.call(over, [call.value('xs')]);
  }),
  jaxFunction('jax.lax.associative_scan', '(fn, elems, reverse=False, axis=0)', (call) => {
    const elems = asArrays(call.cx, call.value('elems'));
    const combined = asArrays(call.cx, known(call.cx.call(call.value('fn'), [elems, elems])));
    requireSame(call, elems, combined, 'what associative_scan combines');
    return left(call, combined, 'jax.lax.associative_scan', [...nodesOf(call, combined), ...nodesOf(call, elems)]);
  }),
  ...['psum', 'pmean', 'pmax', 'pmin', 'all_gather', 'ppermute', 'axis_index', 'axis_size'].map((name) =>
    jaxFunction(`jax.lax.${name}`, '(*args, **kwargs)', (call) =>
      call.cx.unknown('what goes between devices is not followed'),
    ),
  ),
];
