import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { type DType, promote, type Shape, ShapeError, sameShape } from '../../graph/shape.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { describe, type Value } from '../values.ts';

/** Tensors written out as numbers in lists of lists (`torch.tensor`, `numpy.array`, index lists). */

/** How a library reads numbers: the type of Python floats, and whether whole tensors may stand in the lists. */
export interface NestedRules {
  readonly float: DType;
  readonly tensors: 'scalars' | 'any';
  /** What is no number: NumPy makes arrays of objects of it, which are not followed. */
  readonly objects?: 'unknown';
}

const mostNumbers = 100_000;

interface Literal {
  readonly shape: Shape;
  readonly dtype: DType;
  /** null where one is not known. */
  readonly values: readonly number[] | null;
}

/** The tensor that nested sequences of numbers make. Throws ShapeError for ragged ones. */
export function nested(cx: Context, value: Value, rules: NestedRules): NodeId {
  const literal = literalOf(cx, value, rules);
  if (literal === null) return stacked(cx, value, rules);
  const { shape, dtype, values } = literal;
  return values === null
    ? cx.build.emit('data', { name: 'numbers', aval: { shape, dtype } })
    : cx.build.emit('literal', { values, shape, dtype });
}

/** The numbers as a literal; null where tensors stand among them. */
function literalOf(cx: Context, value: Value, rules: NestedRules): Literal | null {
  switch (value.kind) {
    case 'unknown':
      throw new Unknowable(value.reason.text, value.reason);
    case 'bool':
      return { shape: [], dtype: 'bool', values: value.value === null ? null : [Number(value.value)] };
    case 'int':
      return { shape: [], dtype: 'int64', values: D.isKnown(value.value) ? [value.value] : null };
    case 'float':
      return { shape: [], dtype: rules.float, values: value.value === null ? null : [value.value] };
    case 'tensor':
      return null;
    case 'range': {
      const span = value.step > 0 ? D.sub(value.stop, value.start) : D.sub(value.start, value.stop);
      if (!D.isKnown(span) || !D.isKnown(value.start)) return null;
      const { start, step } = value;
      const count = Math.max(0, Math.ceil(span / Math.abs(step)));
      if (count > mostNumbers) return null;
      return { shape: [count], dtype: 'int64', values: Array.from({ length: count }, (_, k) => start + k * step) };
    }
    case 'list':
    case 'tuple':
      return rows(
        cx.items(value).map((item) => literalOf(cx, item, rules)),
        rules,
      );
    case 'repeated': {
      const row = literalOf(cx, value.element, rules);
      return row === null ? null : { shape: [value.length, ...row.shape], dtype: row.dtype, values: null };
    }
    default:
      if (rules.objects === 'unknown') throw new Unknowable(`an array of ${describe(value)} is not followed`);
      throw new PythonError('TypeError', `${describe(value)} cannot be made a tensor`);
  }
}

function rows(items: readonly (Literal | null)[], rules: NestedRules): Literal | null {
  const found = items.flatMap((item) => (item === null ? [] : [item]));
  if (found.length < items.length) return null;
  const [first] = found;
  if (first === undefined) return { shape: [0], dtype: rules.float, values: [] };
  const odd = found.find((row) => !sameShape(row.shape, first.shape));
  if (odd !== undefined) {
    throw new ShapeError(
      `the rows of a tensor differ in length: ${odd.shape.map(D.show).join(' x ')} and ${first.shape.map(D.show).join(' x ')}`,
    );
  }
  const dtype = found.map((row) => row.dtype).reduce(promote);
  const known = found.every((row) => row.values !== null) && found.length * (first.values?.length ?? 0) <= mostNumbers;
  return {
    shape: [found.length, ...first.shape],
    dtype,
    values: known ? found.flatMap((row) => row.values ?? []) : null,
  };
}

function stacked(cx: Context, value: Value, rules: NestedRules): NodeId {
  const { build } = cx;
  switch (value.kind) {
    case 'tensor':
      return value.node;
    case 'range': {
      const span = value.step > 0 ? D.sub(value.stop, value.start) : D.sub(value.start, value.stop);
      const by = Math.abs(value.step);
      const length = by === 1 ? span : D.floorDiv(D.add(span, by - 1), by);
      if (!D.isKnown(value.start))
        return build.emit('data', { name: 'range', aval: { shape: [length], dtype: 'int64' } });
      return build.emit('iota', { start: value.start, step: value.step, shape: [length], dtype: 'int64' });
    }
    case 'repeated': {
      const element = stacked(cx, value.element, rules);
      const { shape, dtype } = build.aval(element);
      return build.emit('opaque', { name: 'stack', aval: { shape: [value.length, ...shape], dtype }, batched: [] }, [
        element,
      ]);
    }
    case 'list':
    case 'tuple': {
      const parts = cx
        .items(value)
        .map((item) => (literalOf(cx, item, rules) === null ? stacked(cx, item, rules) : nested(cx, item, rules)));
      // Arrays of NumPy may be of any size.
      const tensors = cx.items(value).some((item) => item.kind === 'tensor' && item.family === 'torch');
      if (rules.tensors === 'scalars' && tensors) {
        const many = parts.find((part) => !build.shape(part).every((dim) => dim === 1));
        if (many !== undefined) {
          if (!build.shape(many).every(D.isKnown))
            throw new Unknowable('whether these tensors have one element each is not known');
          throw new PythonError('ValueError', 'only one element tensors can be converted to Python scalars');
        }
        const dtype = build.commonType(parts);
        return build.stack(
          parts.map((part) => build.convert(build.unary('stop_gradient', build.reshape(part, [])), dtype)),
          0,
        );
      }
      const dtype = build.commonType(parts);
      return build.stack(
        parts.map((part) => build.convert(part, dtype)),
        0,
      );
    }
    default:
      return nested(cx, value, rules);
  }
}

/** The numbers of a node, row-major, where they are written in the program and not too many. */
export function numbersOf(cx: Context, id: NodeId): readonly number[] | null {
  const node = cx.build.nodes[id];
  if (node === undefined) return null;
  const { op, operands, aval } = node;
  const count = D.product(aval.shape);
  if (!D.isKnown(count) || count > mostNumbers) return null;
  const [first] = operands;
  switch (op.name) {
    case 'literal':
      return op.params.values;
    case 'iota': {
      const { start, step } = op.params;
      return Array.from({ length: count }, (_, k) => start + k * step);
    }
    case 'full': {
      const { value } = op.params;
      return Array.from({ length: count }, () => value);
    }
    case 'size':
      return D.isKnown(op.params.dim) ? [op.params.dim] : null;
    case 'reshape':
    case 'stop_gradient':
      return first === undefined ? null : numbersOf(cx, first);
    case 'convert': {
      if (first === undefined) return null;
      const values = numbersOf(cx, first);
      if (op.params.dtype === 'bool') return values?.map((value) => Number(value !== 0)) ?? null;
      return aval.dtype.includes('int') ? (values?.map(Math.trunc) ?? null) : values;
    }
    case 'neg':
      return first === undefined ? null : (numbersOf(cx, first)?.map((value) => -value) ?? null);
    default:
      return null;
  }
}

/**
 * The whole numbers of a node, row-major, as far as the program's text tells them: also sizes by name and what is
 * computed from them (`tf.shape(x)[1:]`).
 */
export function sizesOf(cx: Context, id: NodeId): readonly Dim[] | null {
  const numbers = numbersOf(cx, id);
  if (numbers !== null) return numbers.every(Number.isInteger) ? numbers : null;
  const node = cx.build.nodes[id];
  if (node === undefined || !(node.aval.dtype.includes('int') || node.aval.dtype === 'bool')) return null;
  const { op, operands, aval } = node;
  const [first, second] = operands;
  const of = (operand: NodeId | undefined): readonly Dim[] | null =>
    operand === undefined ? null : sizesOf(cx, operand);
  const pairs = (combine: (a: Dim, b: Dim) => Dim): readonly Dim[] | null => {
    const [a, b] = [of(first), of(second)];
    return a === null || b === null || a.length !== b.length ? null : a.map((dim, k) => combine(dim, b[k] ?? 0));
  };
  switch (op.name) {
    case 'size':
      return [op.params.dim];
    case 'reshape':
    case 'stop_gradient':
    case 'convert':
      return of(first);
    case 'broadcast_in_dim': {
      const own = of(first);
      const count = D.product(aval.shape);
      if (own === null || own.length === count) return own;
      const [only] = own;
      return own.length === 1 && only !== undefined && D.isKnown(count)
        ? Array.from({ length: count }, () => only)
        : null;
    }
    case 'concatenate': {
      const parts = operands.map((operand) => sizesOf(cx, operand));
      return aval.shape.length === 1 && parts.every((part) => part !== null)
        ? parts.flatMap((part) => part ?? [])
        : null;
    }
    case 'slice': {
      const [start, limit, step] = [op.params.starts[0], op.params.limits[0], op.params.steps[0]];
      if (aval.shape.length !== 1 || step === undefined || start === undefined || limit === undefined) return null;
      if (!D.isKnown(start) || !D.isKnown(limit)) return null;
      return of(first)?.filter((_, k) => k >= start && k < limit && (k - start) % step === 0) ?? null;
    }
    case 'reverse':
      return aval.shape.length === 1 ? (of(first)?.toReversed() ?? null) : null;
    case 'take': {
      const own = of(first);
      const { index } = op.params;
      if (own === null || aval.shape.length > 0 || index === 'loop' || !D.isKnown(index)) return null;
      const dim = own[index];
      return dim === undefined ? null : [dim];
    }
    case 'reduce_prod': {
      const own = of(first);
      return own === null || aval.shape.length > 0 ? null : [D.product(own)];
    }
    case 'reduce_sum': {
      const own = of(first);
      return own === null || aval.shape.length > 0 ? null : [own.reduce(D.add, 0)];
    }
    case 'neg':
      return of(first)?.map(D.negate) ?? null;
    case 'add':
      return pairs(D.add);
    case 'sub':
      return pairs(D.sub);
    case 'mul':
      return pairs(D.mul);
    case 'floor_divide': {
      const divisor = of(second);
      return divisor === null || divisor.includes(0) ? null : pairs(D.floorDiv);
    }
    default:
      return null;
  }
}
