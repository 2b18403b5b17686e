import * as D from '../graph/dim.ts';
import { ShapeError, showShape } from '../graph/shape.ts';
import { asDim, exactInt, truthOf } from '../library/arguments.ts';
import { keyOf } from '../library/builtins/keys.ts';
import { PythonError, Unknowable } from '../library/context.ts';
import { families } from '../library/families.ts';
import {
  another,
  bool,
  float,
  int,
  list,
  optionsOf,
  str,
  trainableMark,
  tuple,
  type Unknown,
  type Value,
} from '../library/values.ts';
import type { BinaryOperator, ComparisonOperator } from '../python/ast.ts';
import { type Machine, mostItems, tooManyItems } from './machine.ts';
import { attributeOf, methodOf } from './objects.ts';

/** What an operator is called in torch, and as a method of a class. */
const binary: Readonly<Record<BinaryOperator, { readonly torch: string; readonly method: string }>> = {
  '+': { torch: 'torch.add', method: 'add' },
  '-': { torch: 'torch.sub', method: 'sub' },
  '*': { torch: 'torch.mul', method: 'mul' },
  '@': { torch: 'torch.matmul', method: 'matmul' },
  '/': { torch: 'torch.div', method: 'truediv' },
  '//': { torch: 'torch.floor_divide', method: 'floordiv' },
  '%': { torch: 'torch.remainder', method: 'mod' },
  '**': { torch: 'torch.pow', method: 'pow' },
  '<<': { torch: 'torch.bitwise_left_shift', method: 'lshift' },
  '>>': { torch: 'torch.bitwise_right_shift', method: 'rshift' },
  '|': { torch: 'torch.bitwise_or', method: 'or' },
  '^': { torch: 'torch.bitwise_xor', method: 'xor' },
  '&': { torch: 'torch.bitwise_and', method: 'and' },
};

export function applyBinary(m: Machine, op: BinaryOperator, a: Value, b: Value): Value {
  if (a.kind === 'unknown' || b.kind === 'unknown') {
    const result = ofEach(m, a, b, (x, y) => applyBinary(m, op, x, y));
    return result.kind === 'unknown' && result.options === undefined ? sizeOf(m, op, a, b, result) : result;
  }
  if (a.kind === 'tensor' || b.kind === 'tensor')
    return throughLibrary(m, binary[op].torch, `__${binary[op].method}__`, [a, b]);
  for (const [self, other, method] of [
    [a, b, `__${binary[op].method}__`],
    [b, a, `__r${binary[op].method}__`],
  ] as const) {
    const found = methodOf(m, self, method);
    if (found !== null) return m.call(found, [other]);
  }
  return alternating(m, op, a, b) ?? numbers(op, a, b) ?? containers(op, a, b) ?? refuse(op, a, b);
}

/** `(-1) ** n`, where n is not known: one of two. */
function alternating(m: Machine, op: BinaryOperator, a: Value, b: Value): Value | null {
  if (op !== '**' || a.kind !== 'int' || a.value !== -1 || b.kind !== 'int') return null;
  if (D.isKnown(b.value) || !D.isNonNegative(b.value)) return null;
  return { ...m.unknown(`whether ${D.show(b.value)} is even is not known`), options: [int(1), int(-1)] };
}

/** Whole numbers of which some are not known make one that is not: a size of theirs, if it is taken for one. */
function sizeOf(m: Machine, op: BinaryOperator, a: Value, b: Value, result: Unknown): Unknown {
  const whole = wholeNumbers[op];
  const isNumber = (v: Value): boolean => v.kind === 'int' || (v.kind === 'unknown' && v.identity !== undefined);
  return whole === undefined || !isNumber(a) || !isNumber(b)
    ? another(result)
    : m.unknowns.computed(result, () => whole(asDim(a, 'size'), asDim(b, 'size')));
}

/** What is a whole number only if both sides are. */
const wholeNumbers: Readonly<Partial<Record<BinaryOperator, (a: D.Dim, b: D.Dim) => D.Dim>>> = {
  '+': D.add,
  '-': D.sub,
  '*': D.mul,
  '//': D.floorDiv,
};

/** An operation on two values of which one is not known, or is one of a few: the same value on both sides is one. */
function ofEach(m: Machine, a: Value, b: Value, operation: (a: Value, b: Value) => Value): Value {
  const open =
    [a, b].find((value) => value.kind === 'unknown' && value.options === undefined) ?? (a.kind === 'unknown' ? a : b);
  const options = optionsOf(open);
  if (options === null) return open;
  return m.branches.withEach(options, (option) => operation(a === open ? option : a, b === open ? option : b));
}

/** What variables of TensorFlow refuse to do in place. */
const inPlaceRefused: readonly BinaryOperator[] = ['+', '-', '*', '/', '**'];

/** Adds, multiplies, ... in place where the left side is a tensor or list, as `+=` does. */
export function applyInPlace(m: Machine, op: BinaryOperator, a: Value, b: Value): Value {
  if (a.kind === 'tensor') {
    if (a.attributes.has(trainableMark) && inPlaceRefused.includes(op))
      throw new PythonError('RuntimeError', `variable ${op}= value with tf.Variables is not supported: use assign`);
    const result = applyBinary(m, op, a, b);
    if (result.kind !== 'tensor') return result;
    const [own, made] = [m.build.shape(a.node), m.build.shape(result.node)];
    // A number of NumPy's cannot be changed: the name gets another.
    // Nor can an array of JAX or a tensor of TensorFlow.
    if ((a.family === 'numpy' && own.length === 0) || a.family === 'jax' || a.family === 'tensorflow') return result;
    if (made.length !== own.length || made.some((dim, axis) => D.surelyDiffer(dim, own[axis] ?? -1)))
      throw new ShapeError(`a result ${showShape(made)} does not fit into ${showShape(own)} in place`);
    m.assignInPlace(a, m.build.convert(result.node, m.build.aval(a.node).dtype));
    return a;
  }
  if (a.kind === 'list' && op === '+') {
    const extend = m.library.get('builtins.list.extend');
    if (extend !== undefined) m.call(extend, [a, b]);
    return a;
  }
  if (a.kind === 'instance') {
    const found = attributeOf(m, a, `__i${binary[op].method}__`);
    if (found !== null) return m.call(found, [b]);
  }
  return applyBinary(m, op, a, b);
}

/** Libraries that make an array of NumPy beside one of theirs their own. */
const taking = ['tensorflow', 'jax'] as const;

/** An operator on tensors: torch's function, or the method that arrays of another library have for it. */
function throughLibrary(m: Machine, torch: string, method: string, operands: readonly Value[]): Value {
  const tensors = operands.flatMap((operand) => (operand.kind === 'tensor' ? [operand] : []));
  const other = tensors.find((tensor) => tensor.family !== 'torch');
  if (other === undefined || tensors.some((tensor) => tensor.family === 'torch')) {
    const [first] = tensors;
    // A tensor takes an array on its right; what an array makes of a tensor hangs on the versions of both.
    if (other !== undefined && first === other && m.build.rank(other.node) > 0)
      return m.unknown('what an array of NumPy gives with a tensor of torch on its right is not followed');
    return through(m, torch, operands);
  }
  const family = taking.find((name) => tensors.some((tensor) => tensor.family === name)) ?? other.family;
  return through(m, `${families[family].methods}.${method}`, operands);
}

function through(m: Machine, name: string, operands: readonly Value[]): Value {
  const fn = m.library.get(name);
  return fn === undefined ? m.unknown(`${name} is not known yet`) : m.call(fn, operands);
}

function numbers(op: BinaryOperator, a: Value, b: Value): Value | null {
  const integer = (v: Value): D.Dim | null =>
    v.kind === 'int' ? v.value : v.kind === 'bool' && v.value !== null ? Number(v.value) : null;
  const [x, y] = [integer(a), integer(b)];
  if (x !== null && y !== null) return integers(op, x, y);
  const real = (v: Value): number | null | undefined => {
    if (v.kind === 'float') return v.value;
    const n = integer(v);
    return n === null ? (v.kind === 'bool' ? null : undefined) : D.isKnown(n) ? n : null;
  };
  const [p, q] = [real(a), real(b)];
  if (p === undefined || q === undefined) return null;
  if (p === null || q === null) return float(null);
  switch (op) {
    case '+':
      return float(p + q);
    case '-':
      return float(p - q);
    case '*':
      return float(p * q);
    case '/':
      if (q === 0) throw new PythonError('ZeroDivisionError', 'division by zero');
      return float(p / q);
    case '**':
      return float(p ** q);
    case '//':
      return float(Math.floor(p / q));
    case '%':
      return float(p - q * Math.floor(p / q));
    default:
      return null;
  }
}

function integers(op: BinaryOperator, x: D.Dim, y: D.Dim): Value | null {
  const made = wholeOrReal(op, x, y);
  // Python makes a number of any two whole ones, but for a product of matrices.
  if (made === null && op !== '@') throw new Unknowable(`what ${D.show(x)} ${op} ${D.show(y)} is is not known`);
  return made?.kind === 'int' ? exactInt(made.value) : made;
}

function wholeOrReal(op: BinaryOperator, x: D.Dim, y: D.Dim): Value | null {
  const both = D.isKnown(x) && D.isKnown(y);
  switch (op) {
    case '+':
      return int(D.add(x, y));
    case '-':
      return int(D.sub(x, y));
    case '*':
      return int(D.mul(x, y));
    case '/':
      if (y === 0) throw new PythonError('ZeroDivisionError', 'division by zero');
      return float(both ? x / y : null);
    case '//':
      if (y === 0) throw new PythonError('ZeroDivisionError', 'integer division or modulo by zero');
      return int(D.floorDiv(x, y));
    case '%':
      if (y === 0) throw new PythonError('ZeroDivisionError', 'integer division or modulo by zero');
      return int(D.mod(x, y));
    case '**': {
      if (both) return y < 0 ? float(x ** y) : int(power(x, y));
      if (D.isKnown(y) && y >= 0 && y <= 8)
        return int(Array.from({ length: y }).reduce<D.Dim>((power) => D.mul(power, x), 1));
      return x === 1 && D.isNonNegative(y) ? int(1) : null;
    }
    case '<<':
      return both ? int(x * 2 ** y) : null;
    case '>>':
      return both ? int(Math.floor(x / 2 ** y)) : null;
    case '|':
    case '^':
    case '&':
      return both ? int(Number(bitwise[op](BigInt(x), BigInt(y)))) : null;
    case '@':
      return null;
  }
}

/** Of whole numbers of any size, where those of JavaScript are cut to 32 bits. */
const bitwise = {
  '|': (x: bigint, y: bigint) => x | y,
  '^': (x: bigint, y: bigint) => x ^ y,
  '&': (x: bigint, y: bigint) => x & y,
} as const;

/** `x ** y` without the rounding that a power of floating numbers may have; what is too large anyway stays about so large. */
function power(x: number, y: number): number {
  const about = x ** y;
  return Number.isSafeInteger(about) ? Number(BigInt(x) ** BigInt(y)) : about;
}

function containers(op: BinaryOperator, a: Value, b: Value): Value | null {
  if (a.kind === 'str') {
    if (op === '%') return str(formatted(a.value, b));
    if (op === '+' && b.kind === 'str')
      return str(
        a.value !== null && b.value !== null && a.value.length + b.value.length <= longestText
          ? a.value + b.value
          : null,
      );
    if (op === '*' && b.kind === 'int')
      return str(
        a.value !== null && D.isKnown(b.value) && b.value * a.value.length <= longestText
          ? a.value.repeat(Math.max(0, b.value))
          : null,
      );
  }
  if (op === '+' && a.kind === 'list' && b.kind === 'list' && a.tail === null && b.tail === null)
    return list(together(a.items, b.items));
  if (op === '+' && a.kind === 'tuple' && b.kind === 'tuple') return tuple(together(a.items, b.items));
  if (op === '*') {
    const [sequence, count] = a.kind === 'int' ? [b, a] : [a, b];
    if (count.kind !== 'int' || (sequence.kind !== 'list' && sequence.kind !== 'tuple')) return null;
    if (!D.isKnown(count.value)) {
      const [element, ...more] = sequence.items;
      if (element === undefined || more.length > 0) throw new Unknowable('how many items it has is not known');
      return { kind: 'repeated', length: count.value, element, over: null };
    }
    if (count.value * sequence.items.length > mostItems) throw new Unknowable(tooManyItems);
    const items = Array.from({ length: Math.max(0, count.value) }, () => sequence.items).flat();
    return sequence.kind === 'list' ? list(items) : tuple(items);
  }
  if (op === '|' && a.kind === 'dict' && b.kind === 'dict')
    return { kind: 'dict', entries: new Map([...a.entries, ...b.entries]), open: a.open || b.open };
  // A union in an annotation: `int | None`.
  if (op === '|' && (a.kind === 'class' || a.kind === 'native' || a.kind === 'none')) return a;
  return null;
}

/** Longer texts are not followed. */
const longestText = 1_000_000;

function together(a: readonly Value[], b: readonly Value[]): readonly Value[] {
  if (a.length + b.length > mostItems) throw new Unknowable(tooManyItems);
  return [...a, ...b];
}

/** `'layer_%d' % 3`: with whole numbers and texts in plain places; null where more is asked. */
function formatted(text: string | null, given: Value): string | null {
  const values = given.kind === 'tuple' ? [...given.items] : [given];
  const parts = text?.split(/(%[dis]|%%)/) ?? [];
  const written = parts.map((part, k) => {
    if (k % 2 === 0) return part.includes('%') ? null : part;
    return part === '%%' ? '%' : textOf(values.shift());
  });
  return text === null || values.length > 0 || written.includes(null) ? null : written.join('');
}

/** What `str()` makes of a value, where that is known. */
export function textOf(value: Value | undefined): string | null {
  if (value?.kind === 'str') return value.value;
  return value?.kind === 'int' && D.isKnown(value.value) ? String(value.value) : null;
}

function refuse(op: BinaryOperator, a: Value, b: Value): never {
  throw new PythonError('TypeError', `unsupported operand types for ${op}: '${a.kind}' and '${b.kind}'`);
}

const comparison: Readonly<
  Record<
    '==' | '!=' | '<' | '<=' | '>' | '>=',
    { readonly torch: string; readonly method: string; readonly reflected: string }
  >
> = {
  '==': { torch: 'torch.eq', method: '__eq__', reflected: '__eq__' },
  '!=': { torch: 'torch.ne', method: '__ne__', reflected: '__ne__' },
  '<': { torch: 'torch.lt', method: '__lt__', reflected: '__gt__' },
  '<=': { torch: 'torch.le', method: '__le__', reflected: '__ge__' },
  '>': { torch: 'torch.gt', method: '__gt__', reflected: '__lt__' },
  '>=': { torch: 'torch.ge', method: '__ge__', reflected: '__le__' },
};

export function compare(m: Machine, op: ComparisonOperator, a: Value, b: Value): Value {
  if (optionsOf(a) !== null || optionsOf(b) !== null) {
    const [open, options] = optionsOf(a) === null ? [b, optionsOf(b)] : [a, optionsOf(a)];
    return m.branches.withEach(options ?? [], (option) =>
      compare(m, op, a === open ? option : a, b === open ? option : b),
    );
  }
  switch (op) {
    case 'is':
      return bool(same(a, b));
    case 'is not':
      return negated(bool(same(a, b)));
    case 'in':
      return bool(contains(m, b, a));
    case 'not in':
      return negated(bool(contains(m, b, a)));
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=': {
      if (a.kind === 'unknown') return another(a);
      if (b.kind === 'unknown') return another(b);
      // Arrays of NumPy and tensors of TensorFlow are compared with lists too.
      const lists = [a, b].some((v) => v.kind === 'tensor' && (v.family === 'numpy' || v.family === 'tensorflow'))
        ? ['list', 'tuple']
        : [];
      const comparable = (v: Value): boolean => ['tensor', 'int', 'float', 'bool', ...lists].includes(v.kind);
      if ((a.kind === 'tensor' && comparable(b)) || (b.kind === 'tensor' && comparable(a)))
        return throughLibrary(m, comparison[op].torch, comparison[op].method, [a, b]);
      if (a.kind === 'instance') {
        const method = attributeOf(m, a, comparison[op].method);
        if (method !== null) return m.call(method, [b]);
      }
      // What Python's own types cannot compare themselves with is asked the other way round.
      if (b.kind === 'instance') {
        const method = attributeOf(m, b, comparison[op].reflected);
        if (method !== null) return m.call(method, [a]);
      }
      if (op === '==') return bool(equal(a, b));
      if (op === '!=') return negated(bool(equal(a, b)));
      return bool(ordered(op, a, b));
    }
  }
}

export function negated(value: Value): Value {
  const truth = truthOf(value);
  return bool(truth === null ? null : !truth);
}

function same(a: Value, b: Value): boolean | null {
  if (a.kind === 'unknown' || b.kind === 'unknown') return null;
  if (a.kind === 'none' || b.kind === 'none') return a.kind === b.kind;
  if (a.kind === 'bool' && b.kind === 'bool') return a.value === null || b.value === null ? null : a.value === b.value;
  if (a === b) return true;
  return a.kind === b.kind ? null : false;
}

/** Whether Python takes the two for equal; null where that is not known. */
export function equal(a: Value, b: Value): boolean | null {
  // What stands for several may be another each time.
  if (a === b) return a.kind === 'unknown' && a.identity === undefined ? null : true;
  // Types are equal to their names in some libraries.
  if ((a.kind === 'dtype' && b.kind !== 'none') !== (b.kind === 'dtype' && a.kind !== 'none')) return null;
  if (a.kind === 'int' && b.kind === 'int')
    return D.equal(a.value, b.value) ? true : D.surelyDiffer(a.value, b.value) ? false : null;
  if (a.kind === 'str' && b.kind === 'str') return a.value === null || b.value === null ? null : a.value === b.value;
  if ((a.kind === 'tuple' && b.kind === 'tuple') || (a.kind === 'list' && b.kind === 'list')) {
    if (a.items.length !== b.items.length) return false;
    const each = a.items.map((item, k) => equal(item, b.items[k] ?? item));
    return each.includes(false) ? false : each.includes(null) ? null : true;
  }
  const [p, q] = [keyOf(a), keyOf(b)];
  if (a.kind === 'unknown' || b.kind === 'unknown' || p === null || q === null) return null;
  return p === q;
}

function ordered(op: '<' | '<=' | '>' | '>=', a: Value, b: Value): boolean | null {
  if (a.kind === 'str' || b.kind === 'str') return null;
  const number = (v: Value): D.Dim | null =>
    v.kind === 'int'
      ? v.value
      : v.kind === 'float'
        ? v.value
        : v.kind === 'bool' && v.value !== null
          ? Number(v.value)
          : null;
  const [x, y] = [number(a), number(b)];
  if (x === null || y === null) return null;
  const difference = D.isKnown(x) && D.isKnown(y) ? x - y : D.sub(x, y);
  if (!D.isKnown(difference)) return null;
  return op === '<' ? difference < 0 : op === '<=' ? difference <= 0 : op === '>' ? difference > 0 : difference >= 0;
}

function contains(m: Machine, container: Value, item: Value): boolean | null {
  switch (container.kind) {
    case 'tuple':
    case 'list':
    case 'set': {
      const each = container.items.map((other) => equal(other, item));
      return each.includes(true)
        ? true
        : each.includes(null) || (container.kind !== 'tuple' && container.tail !== null)
          ? null
          : false;
    }
    case 'dict': {
      const key = keyOf(item);
      return key === null ? null : container.entries.has(key) ? true : container.open ? null : false;
    }
    case 'str':
      return container.value !== null && item.kind === 'str' && item.value !== null
        ? container.value.includes(item.value)
        : null;
    case 'instance': {
      const method = attributeOf(m, container, '__contains__');
      return method === null ? null : truthOf(m.call(method, [item]));
    }
    default:
      return null;
  }
}

export function applyUnary(m: Machine, op: '~' | 'not' | '+' | '-', value: Value): Value {
  if (op === 'not') return negated(value);
  const options = optionsOf(value);
  if (options !== null) return m.branches.withEach(options, (option) => applyUnary(m, op, option));
  if (value.kind === 'unknown') return another(value);
  switch (op) {
    case '+':
      return value;
    case '~':
      return value.kind === 'int'
        ? int(D.sub(D.negate(value.value), 1))
        : throughLibrary(m, 'torch.bitwise_not', '__invert__', [value]);
    case '-':
      if (value.kind === 'tensor') return throughLibrary(m, 'torch.neg', '__neg__', [value]);
      if (value.kind === 'int') return int(D.negate(value.value));
      if (value.kind === 'float') return float(value.value === null ? null : -value.value);
      if (value.kind === 'bool') return value.value === null ? float(null) : int(-Number(value.value));
      if (value.kind === 'instance') {
        const method = attributeOf(m, value, '__neg__');
        if (method !== null) return m.call(method, []);
      }
      throw new PythonError('TypeError', `bad operand type for unary -: '${value.kind}'`);
  }
}
