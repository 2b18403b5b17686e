import { exactInt, truthOf } from '../library/arguments.ts';
import { keyOf } from '../library/builtins/keys.ts';
import { PythonError, Unknowable } from '../library/context.ts';
import {
  another,
  bool,
  type DictValue,
  ellipsis,
  float,
  holdMore,
  type InstanceValue,
  list,
  none,
  type Scope,
  set,
  str,
  type TensorValue,
  tuple,
  type Value,
} from '../library/values.ts';
import type { Call, Comprehension, Constant, Expression } from '../python/ast.ts';
import { makeFunction } from './functions.ts';
import { iterationOf } from './iteration.ts';
import { join } from './join.ts';
import { lookUp, type Machine, mostItems, tooManyItems } from './machine.ts';
import { applyBinary, applyUnary, compare, textOf } from './operators.ts';
import { bindTarget, frameOf } from './statements.ts';

/** The value of an expression in a scope. Never throws for what Python would refuse: that is noted, and unknown. */
export function evaluate(m: Machine, expression: Expression, scope: Scope): Value {
  return m.at(expression.range, () => m.tolerate(() => evaluateHere(m, expression, scope)));
}

function evaluateHere(m: Machine, e: Expression, scope: Scope): Value {
  const go = (expression: Expression): Value => evaluate(m, expression, scope);
  switch (e.kind) {
    case 'Constant':
      return e.value.type === 'complex'
        ? m.unknown('complex numbers are not followed')
        : m.tolerate(() => constantOf(e));
    case 'Name':
      return m.unknowns.knownAs(
        lookUp(scope, e.id) ?? m.library.get(`builtins.${e.id}`) ?? m.unknown(`the name ${e.id} is not defined here`),
      );
    case 'Attribute': {
      const value = go(e.value);
      const found = m.attribute(value, e.attr);
      if (found === null) throw new PythonError('AttributeError', `no attribute '${e.attr}'`);
      return m.unknowns.knownAs(found);
    }
    case 'Call': {
      const value = call(m, e, scope);
      if (value.kind === 'tensor') m.notePassed(e.range);
      // What it gives that is not known is one value from then on.
      const isOpen = value.kind === 'unknown' && value.options === undefined && value.identity === undefined;
      return isOpen && value.outline === undefined ? m.unknowns.identified(value, null) : value;
    }
    case 'BinOp':
      return binaryChain(m, e, scope);
    case 'UnaryOp':
      return applyUnary(m, e.op, go(e.operand));
    case 'Compare': {
      let left = go(e.left);
      let result: Value = bool(true);
      e.ops.forEach((op, k) => {
        const comparator = e.comparators[k];
        if (comparator === undefined) return;
        const right = go(comparator);
        const own = compare(m, op, left, right);
        const before = truthOf(result);
        result =
          k === 0
            ? own
            : before === false
              ? result
              : before === true
                ? own
                : bool(truthOf(own) === false ? false : null);
        left = right;
      });
      return result;
    }
    case 'BoolOp':
      return boolean(m, e.op, e.values, scope);
    case 'IfExp': {
      const truth = truthOf(go(e.test));
      if (truth !== null) return go(truth ? e.body : e.orelse);
      return m.branches.either([() => go(e.body), () => go(e.orelse)]);
    }
    case 'Subscript': {
      const value = go(e.value);
      return m.unknowns.knownAs(m.subscript(value, go(e.slice)));
    }
    case 'Slice':
      return {
        kind: 'slice',
        lower: e.lower === null ? none : go(e.lower),
        upper: e.upper === null ? none : go(e.upper),
        step: e.step === null ? none : go(e.step),
      };
    case 'Tuple':
      return sequence(m, e.elts, scope, tuple);
    case 'List':
      return sequence(m, e.elts, scope, list);
    case 'Set':
      return sequence(m, e.elts, scope, set);
    case 'Dict': {
      const dict: DictValue = { kind: 'dict', entries: new Map(), open: false };
      for (const item of e.items) {
        const value = go(item.value);
        if (item.key === null) {
          if (value.kind === 'dict') for (const [key, entry] of value.entries) dict.entries.set(key, entry);
          if (value.kind !== 'dict' || value.open) dict.open = true;
          continue;
        }
        const key = go(item.key);
        const id = keyOf(key);
        if (id === null) dict.open = true;
        else dict.entries.set(id, { key, value });
      }
      limited([...dict.entries.values()].map(({ value }) => value));
      return dict;
    }
    case 'Lambda':
      return makeFunction(m, e, scope, frameOf(scope)?.owner ?? null);
    case 'ListComp':
    case 'GeneratorExp':
      return comprehension(m, e.generators, scope, (inner) => evaluate(m, e.elt, inner), list);
    case 'SetComp':
      return comprehension(m, e.generators, scope, (inner) => evaluate(m, e.elt, inner), set);
    case 'DictComp': {
      const pairs = comprehension(
        m,
        e.generators,
        scope,
        (inner) => tuple([evaluate(m, e.key, inner), evaluate(m, e.value, inner)]),
        list,
      );
      const dict: DictValue = { kind: 'dict', entries: new Map(), open: pairs.kind !== 'list' };
      for (const pair of pairs.kind === 'list' ? pairs.items : []) {
        const [key, value] = pair.kind === 'tuple' ? pair.items : [];
        const id = key === undefined ? null : keyOf(key);
        if (key === undefined || value === undefined || id === null) dict.open = true;
        else dict.entries.set(id, { key, value });
      }
      return dict;
    }
    case 'NamedExpr': {
      const value = go(e.value);
      bindTarget(m, e.target, value, functionScope(scope));
      return value;
    }
    case 'JoinedStr': {
      const parts = e.values.map((part) => (typeof part === 'string' ? part : textOf(go(part))));
      return str(parts.includes(null) ? null : parts.join(''));
    }
    case 'FormattedValue':
      go(e.value);
      return str(null);
    case 'Starred':
      return go(e.value);
    case 'Await':
      return go(e.value);
    case 'Yield': {
      const value = e.value === null ? none : go(e.value);
      frameOf(scope)?.yields?.push(value);
      return m.unknown('what is sent to a generator is not known');
    }
    case 'YieldFrom': {
      const value = go(e.value);
      frameOf(scope)?.yields?.push(...m.items(value));
      return m.unknown('what a generator returns is not known');
    }
    case 'BrokenExpression':
      return m.unknown('this could not be read');
  }
}

/** Long sums are left-deep trees: gone through without recursion. */
function binaryChain(m: Machine, e: Extract<Expression, { kind: 'BinOp' }>, scope: Scope): Value {
  const chain = [];
  let first: Expression = e;
  while (first.kind === 'BinOp') {
    chain.push(first);
    first = first.left;
  }
  return chain.reverse().reduce(
    (left, { op, right, range }) => {
      const value = evaluate(m, right, scope);
      return m.at(range, () => m.tolerate(() => applyBinary(m, op, left, value)));
    },
    evaluate(m, first, scope),
  );
}

/** Comprehensions and `:=` write into the function around them. */
function functionScope(scope: Scope): Scope {
  return frameOf(scope)?.scope ?? scope;
}

function constantOf(e: Constant): Value {
  const { value } = e;
  switch (value.type) {
    case 'int':
      return exactInt(value.value);
    case 'float':
      return float(value.value);
    case 'complex':
      return float(null);
    case 'str':
      return str(value.value);
    case 'bytes':
      return str(null);
    case 'bool':
      return bool(value.value);
    case 'None':
      return none;
    case 'Ellipsis':
      return ellipsis;
  }
}

function boolean(m: Machine, op: 'and' | 'or', values: readonly Expression[], scope: Scope): Value {
  const [first, ...rest] = values;
  if (first === undefined) return bool(null);
  const value = evaluate(m, first, scope);
  if (rest.length === 0) return value;
  const truth = truthOf(value);
  if (truth !== null) return truth === (op === 'and') ? boolean(m, op, rest, scope) : value;
  // The right side may not be evaluated at all; what it is matters only if the left does not settle it.
  const { result: right, outcome } = m.journal.attempt(() => boolean(m, op, rest, scope));
  m.branches.settle([outcome, new Map()]);
  if (truthOf(right) === (op === 'or')) return bool(op === 'or');
  return value.kind === 'bool' || right.kind === 'bool' ? bool(null) : join(m, [value, right]);
}

function sequence(
  m: Machine,
  elts: readonly Expression[],
  scope: Scope,
  make: (items: readonly Value[]) => Value,
): Value {
  const items: Value[] = [];
  for (const elt of elts) {
    const value = evaluate(m, elt, scope);
    if (elt.kind === 'Starred') items.push(...m.items(value));
    else items.push(value);
  }
  return make(limited(items));
}

/** The items of a container, which are not followed where they hold too much. */
function limited(items: readonly Value[]): readonly Value[] {
  if (holdMore(items, mostItems, null)) throw new Unknowable(tooManyItems);
  return items;
}

function call(m: Machine, e: Call, scope: Scope): Value {
  const callee = evaluate(m, e.func, scope);
  const positional: Value[] = [];
  for (const arg of e.args) {
    const value = evaluate(m, arg, scope);
    if (arg.kind === 'Starred') positional.push(...m.items(value));
    else positional.push(value);
  }
  const keyword = new Map<string, Value>();
  for (const { name, value } of e.keywords) {
    const given = evaluate(m, value, scope);
    if (name !== null) keyword.set(name, given);
    else if (given.kind === 'dict') {
      for (const { key, value: item } of given.entries.values())
        if (key.kind === 'str' && key.value !== null) keyword.set(key.value, item);
      if (given.open) return m.unknown('which keyword arguments are given is not known');
    } else if (given.kind === 'unknown') return another(given);
    else if (given.kind === 'instance') for (const [key, item] of mapped(m, given)) keyword.set(key, item);
    else throw new PythonError('TypeError', 'what stands behind ** must be a mapping');
  }
  if (callee.kind === 'class' && callee.name === 'super' && positional.length === 0) {
    const frame = frameOf(scope);
    if (frame?.self == null || frame.owner === null) return m.unknown('what super() is here is not known');
    return superOf(m, callee, frame.owner, frame.self);
  }
  if (callee.kind === 'class' && callee.name === 'super') {
    const [owner, self] = positional;
    return owner === undefined || self === undefined
      ? m.unknown('what super() is here is not known')
      : superOf(m, callee, owner, self);
  }
  const changed =
    e.func.kind === 'Attribute' && reshaping.has(e.func.attr) ? changedBy(callee, e.func.value, scope) : null;
  if (changed === null) return m.call(callee, positional, keyword);
  const gives = m.tolerate(() => m.call(callee, positional, keyword));
  if (gives.kind === 'unknown') m.unknowns.loseShape(changed, gives);
  return gives;
}

/** Methods that give a tensor another shape in place. */
const reshaping: ReadonlySet<string> = new Set([
  'resize_',
  'resize_as_',
  'set_',
  'squeeze_',
  'unsqueeze_',
  'transpose_',
  't_',
  'swapaxes_',
  'swapdims_',
  'as_strided_',
]);

/** The tensor whose method is called. */
function changedBy(callee: Value, receiver: Expression, scope: Scope): TensorValue | null {
  const self =
    callee.kind === 'bound' ? callee.self : receiver.kind === 'Name' ? lookUp(scope, receiver.id) : undefined;
  return self?.kind === 'tensor' ? self : null;
}

/** The entries of an object that is a mapping, by `keys` and `__getitem__`. */
function mapped(m: Machine, value: InstanceValue): readonly (readonly [string, Value])[] {
  const [keys, get] = [m.attribute(value, 'keys'), m.attribute(value, '__getitem__')];
  if (keys === null || get === null)
    throw new PythonError('TypeError', `${value.cls.name} object behind ** must be a mapping`);
  return m.items(m.call(keys, [])).flatMap((key) => {
    if (key.kind === 'str' && key.value !== null) return [[key.value, m.call(get, [key])] as const];
    throw new Unknowable('which keyword arguments are given is not known');
  });
}

function superOf(m: Machine, cls: Extract<Value, { kind: 'class' }>, owner: Value, self: Value): Value {
  return {
    kind: 'instance',
    cls,
    attributes: new Map([
      ['__self__', self],
      ['__owner__', owner],
    ]),
    origin: m.origin,
  };
}

/** Runs the element once for each item, or once for all where there are too many. */
function comprehension(
  m: Machine,
  generators: readonly Comprehension[],
  outer: Scope,
  element: (scope: Scope) => Value,
  make: (items: readonly Value[]) => Value,
): Value {
  const items: Value[] = [];
  let repeated: Value | null = null;
  const run = (k: number, scope: Scope): void => {
    const generator = generators[k];
    if (generator === undefined) {
      items.push(element(scope));
      return;
    }
    const iteration = iterationOf(m, evaluate(m, generator.iter, scope));
    const turn = (item: Value, index: number | 'any'): void =>
      m.place.inLoop({ file: m.file, ...generator.target.range, turn: index }, index !== 'any', () => {
        const inner: Scope = { names: new Map(), parent: scope, kind: 'function', redirected: new Map() };
        bindTarget(m, generator.target, item, inner);
        const tests = generator.ifs.map((test) => truthOf(evaluate(m, test, inner)));
        if (tests.includes(false)) return;
        if (tests.includes(null)) repeated = m.unknown('how many items pass the condition is not known before it runs');
        run(k + 1, inner);
      });
    if (iteration.kind === 'items') iteration.items.forEach(turn);
    else {
      const before = items.length;
      turn(iteration.element, 'any');
      const one = items[before];
      const alone = generators.length === 1 && items.length === before + 1 && one !== undefined;
      repeated ??= alone
        ? { kind: 'repeated', length: iteration.length, element: one, over: iteration.over }
        : m.unknown('how many items there are is not known');
    }
  };
  run(0, outer);
  return repeated ?? make(items);
}
