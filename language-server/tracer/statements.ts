import * as D from '../graph/dim.ts';
import { truthOf } from '../library/arguments.ts';
import { PythonError, Unknowable } from '../library/context.ts';
import { gradModeOf } from '../library/torch/autograd.ts';
import {
  another,
  type ClassValue,
  list,
  none,
  optionsOf,
  type RepeatedValue,
  type Scope,
  tuple,
  type Value,
} from '../library/values.ts';
import type { Expression, For, If, MatchCase, Pattern, Statement, Try, While, With } from '../python/ast.ts';
import { checkAnnotation, checkAssertion, checkUnpacking } from './contracts.ts';
import { annotate, defineClass, defineFunction, isOfClass, typeIn } from './definitions.ts';
import { type Raised, RaiseError, takers } from './exceptions.ts';
import { evaluate } from './expressions.ts';
import { bindImport, bindImportFrom } from './imports.ts';
import { iterationOf } from './iteration.ts';
import { join } from './join.ts';
import { learnFromTest, learnFromUnpacking } from './learned.ts';
import type { Machine } from './machine.ts';
import { attributeOf, deleteSubscriptOf, setSubscriptOf } from './objects.ts';
import { applyInPlace, equal } from './operators.ts';
import type { Outcome } from './state.ts';

/** A running function (or module, or class body). */
export interface Frame {
  readonly scope: Scope;
  readonly owner: ClassValue | null;
  /** The first argument, for `super()`. */
  readonly self: Value | null;
  /** What was returned on paths that may or may not be taken. */
  readonly returns: Value[];
  /** What a generator yields; null in other functions. */
  readonly yields: Value[] | null;
  /** Whether some path has left before: what follows may not be run. */
  isDoubtful: boolean;
}

/** How a block ends. */
export type End =
  | { readonly kind: 'normal' | 'break' | 'continue' }
  | { readonly kind: 'raise'; readonly error: Raised }
  | { readonly kind: 'return'; readonly value: Value };

const normal: End = { kind: 'normal' };

const frames = new WeakMap<Scope, Frame>();

/** The frame of the function around a scope. */
export function frameOf(scope: Scope): Frame | null {
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    const frame = frames.get(at);
    if (frame !== undefined) return frame;
  }
  return null;
}

/** What a function returns that ended so, with what it may have returned before. */
export function returned(m: Machine, frame: Frame, end: End): Value {
  if (end.kind === 'raise' && frame.returns.length === 0) return m.unknown('what is called here only raises an error');
  const last = end.kind === 'return' ? [end.value] : end.kind === 'raise' ? [] : [none];
  return join(m, [...frame.returns, ...last]);
}

export function runBlock(m: Machine, body: readonly Statement[], frame: Frame): End {
  frames.set(frame.scope, frame);
  for (const statement of body) {
    const end = m.at(statement.range, () => runStatement(m, statement, frame));
    if (end.kind !== 'normal') return end;
  }
  return normal;
}

function runStatement(m: Machine, s: Statement, frame: Frame): End {
  const { scope } = frame;
  const go = (expression: Expression): Value => evaluate(m, expression, scope);
  /** What Python may refuse here is noted, and the statement has no effect. */
  const attempt = (body: () => void): End => {
    m.tolerate(() => {
      body();
      return none;
    });
    return normal;
  };
  switch (s.kind) {
    case 'ExprStatement':
      go(s.value);
      return normal;
    case 'Assign': {
      learnFromUnpacking(m, s, scope);
      const value = go(s.value);
      const bind = (): void => {
        for (const target of s.targets) attempt(() => bindTarget(m, target, value, scope));
      };
      // What raises is said once.
      if (checkUnpacking(m, s, value, scope)) bind();
      else m.guarding(bind);
      return normal;
    }
    case 'AnnAssign': {
      if (scope.kind === 'class' && s.target.kind === 'Name' && !isOfClass(s.annotation))
        annotate(m, scope, s.target.id, s.value === null ? null : go(s.value), typeIn(s.annotation));
      else if (s.value !== null) {
        const value = go(s.value);
        checkAnnotation(m, s.annotation, value, new Map());
        attempt(() => bindTarget(m, s.target, value, scope));
      }
      return normal;
    }
    case 'AugAssign':
      return attempt(() => {
        const result = applyInPlace(m, s.op, go(s.target), go(s.value));
        bindTarget(m, s.target, result, scope);
      });
    case 'Return':
      return { kind: 'return', value: s.value === null ? none : go(s.value) };
    case 'If':
      return runIf(m, s, frame);
    case 'For':
      return runFor(m, s, frame);
    case 'While':
      return runWhile(m, s, frame);
    case 'With':
      return runWith(m, s, frame, 0);
    case 'Try':
      return runTry(m, s, frame);
    case 'FunctionDef':
      defineFunction(m, s, frame);
      return normal;
    case 'ClassDef':
      defineClass(m, s, frame);
      return normal;
    case 'Import':
      for (const name of s.names) bindImport(m, name, scope);
      return normal;
    case 'ImportFrom':
      bindImportFrom(m, s, scope);
      return normal;
    case 'Global':
      for (const name of s.names) scope.redirected.set(name, moduleScope(scope));
      return normal;
    case 'Nonlocal':
      for (const name of s.names) {
        let at = scope.parent;
        while (at !== null && !at.names.has(name)) at = at.parent;
        if (at !== null) scope.redirected.set(name, at);
      }
      return normal;
    case 'Assert':
      checkAssertion(m, s, go(s.test), scope);
      learnFromTest(m, s.test, true, scope);
      return normal;
    case 'Raise':
      return { kind: 'raise', error: new RaiseError(s.exc === null ? null : go(s.exc)) };
    case 'Delete':
      return attempt(() => {
        for (const target of s.targets) remove(m, target, scope);
      });
    case 'Match': {
      const subject = go(s.subject);
      return runCases(m, s.cases, subject, frame);
    }
    case 'Break':
      return { kind: 'break' };
    case 'Continue':
      return { kind: 'continue' };
    case 'Pass':
      return normal;
    case 'BrokenStatement':
      for (const name of s.names) {
        if (!scope.names.has(name)) continue;
        m.setName(scope.names, name, m.unknown('a line that changes it could not be read'));
      }
      return normal;
  }
}

function moduleScope(scope: Scope): Scope {
  let at = scope;
  while (at.parent !== null) at = at.parent;
  return at;
}

/** Binds a name, unpacks into several, or sets an attribute or item. */
export function bindTarget(m: Machine, target: Expression, value: Value, scope: Scope): void {
  switch (target.kind) {
    case 'Name': {
      if (value.kind === 'unknown') value.identity?.name(target.id);
      m.setName((scope.redirected.get(target.id) ?? scope).names, target.id, value);
      m.recordBinding(target.id, target.range, value);
      return;
    }
    case 'Tuple':
    case 'List': {
      const star = target.elts.findIndex((elt) => elt.kind === 'Starred');
      // What cannot be unpacked leaves names that are not known, for that reason.
      let items: readonly Value[] = [];
      const lost = m.tolerate(() => {
        items = unpacked(m, value, target.elts.length, star);
        return none;
      });
      target.elts.forEach((elt, k) => {
        const item = items[k] ?? lost;
        bindTarget(m, elt.kind === 'Starred' ? elt.value : elt, item, scope);
      });
      return;
    }
    case 'Attribute':
      m.setAttribute(evaluate(m, target.value, scope), target.attr, value);
      m.recordBinding(target.attr, target.attrRange, value);
      return;
    case 'Subscript': {
      const container = evaluate(m, target.value, scope);
      setSubscriptOf(m, container, evaluate(m, target.slice, scope), value);
      return;
    }
    default:
      return;
  }
}

function unpacked(m: Machine, value: Value, count: number, star: number): readonly Value[] {
  const options = optionsOf(value);
  if (options !== null) {
    const parts = m.branches.withEach(options, (option) => tuple(unpacked(m, option, count, star)));
    return parts.kind === 'tuple' ? parts.items : Array.from({ length: count }, () => parts);
  }
  if (value.kind === 'unknown')
    return Array.from({ length: count }, (_, k) =>
      star < 0 ? m.unknowns.partOf(value, `[${k}]`, null) : another(value),
    );
  const iteration = iterationOf(m, value);
  if (iteration.kind !== 'items') return Array.from({ length: count }, () => iteration.element);
  const { items } = iteration;
  if (star >= 0 && items.length >= count - 1) {
    const after = count - 1 - star;
    return [
      ...items.slice(0, star),
      list(items.slice(star, items.length - after)),
      ...items.slice(items.length - after),
    ];
  }
  if (star < 0 && items.length === count) return items;
  throw new PythonError('ValueError', `${items.length} values cannot be unpacked into ${count} names`);
}

// Branches

interface Way {
  readonly result: End;
  readonly outcome: Outcome;
}

function runIf(m: Machine, s: If, frame: Frame): End {
  const truth = truthOf(evaluate(m, s.test, frame.scope));
  if (truth !== null) return runBlock(m, truth ? s.body : s.orelse, frame);
  return settleWays(m, frame, [
    m.journal.attempt(() => runBranch(m, s, true, frame)),
    m.journal.attempt(() => runBranch(m, s, false, frame)),
  ]);
}

/** Runs a branch that may be taken, with what its condition tells. */
function runBranch(m: Machine, { test, body, orelse }: If, holds: boolean, frame: Frame): End {
  learnFromTest(m, test, holds, frame.scope);
  return runBlock(m, holds ? body : orelse, frame);
}

/** Goes on after several ways of which one was taken. A way that raises was not: a check that passed. */
function settleWays(m: Machine, frame: Frame, ways: readonly Way[]): End {
  const possible = ways.filter(({ result }) => result.kind !== 'raise');
  if (possible.length === 0) return { kind: 'raise', error: new RaiseError(null) };
  const going = possible.filter(({ result }) => result.kind !== 'return');
  if (possible.some(({ result }) => result.kind !== possible[0]?.result.kind)) frame.isDoubtful = true;
  const values = possible.flatMap(({ result }) => (result.kind === 'return' ? [result.value] : []));
  if (going.length === 0) {
    m.branches.settle(possible.map(({ outcome }) => outcome));
    return { kind: 'return', value: join(m, values) };
  }
  frame.returns.push(...values);
  m.branches.settle(going.map(({ outcome }) => outcome));
  const [first] = going;
  return first !== undefined && going.every(({ result }) => result.kind === first.result.kind) ? first.result : normal;
}

function runCases(m: Machine, cases: readonly MatchCase[], subject: Value, frame: Frame): End {
  const [first, ...rest] = cases;
  if (first === undefined) return normal;
  const bound = new Map<string, Value>();
  const matched = matches(m, first.pattern, subject, bound, frame);
  if (matched === false) return runCases(m, rest, subject, frame);
  const run = (): End => {
    for (const [name, value] of bound) m.setName(frame.scope.names, name, value);
    const guard = first.guard === null ? true : truthOf(evaluate(m, first.guard, frame.scope));
    return guard === false ? runCases(m, rest, subject, frame) : runBlock(m, first.body, frame);
  };
  if (matched === true && first.guard === null) return run();
  return settleWays(m, frame, [m.journal.attempt(run), m.journal.attempt(() => runCases(m, rest, subject, frame))]);
}

function matches(
  m: Machine,
  pattern: Pattern,
  subject: Value,
  bound: Map<string, Value>,
  frame: Frame,
): boolean | null {
  switch (pattern.kind) {
    case 'MatchAs': {
      const inner = pattern.pattern === null ? true : matches(m, pattern.pattern, subject, bound, frame);
      if (pattern.name !== null) bound.set(pattern.name, subject);
      return inner;
    }
    case 'MatchValue':
      return equal(subject, evaluate(m, pattern.value, frame.scope));
    case 'MatchSingleton':
      if (subject.kind === 'unknown') return null;
      return pattern.value === null
        ? subject.kind === 'none'
        : subject.kind === 'bool' && subject.value === pattern.value;
    case 'MatchOr': {
      const each = pattern.patterns.map((inner) => matches(m, inner, subject, bound, frame));
      return each.includes(true) ? true : each.includes(null) ? null : false;
    }
    case 'MatchSequence': {
      if (subject.kind !== 'tuple' && subject.kind !== 'list') return subject.kind === 'unknown' ? null : false;
      if (
        pattern.patterns.some((inner) => inner.kind === 'MatchStar') ||
        subject.items.length !== pattern.patterns.length
      ) {
        return pattern.patterns.some((inner) => inner.kind === 'MatchStar') ? null : false;
      }
      const each = pattern.patterns.map((inner, k) => matches(m, inner, subject.items[k] ?? none, bound, frame));
      return each.includes(false) ? false : each.includes(null) ? null : true;
    }
    case 'MatchClass':
    case 'MatchMapping':
    case 'MatchStar':
      return null;
  }
}

// Loops

function runFor(m: Machine, s: For, frame: Frame): End {
  let over: ReturnType<typeof iterationOf>;
  let isEntered = false;
  try {
    over = iterationOf(m, evaluate(m, s.iter, frame.scope));
    // What has a size by a name, as a number of epochs, has a turn; what that may be taken away from may have none.
    isEntered = over.kind === 'items' || (over.length !== 0 && D.isNonNegative(over.length));
  } catch (error) {
    if (!(error instanceof Unknowable || error instanceof PythonError)) throw error;
    if (error instanceof PythonError && m.refusals.isCaught) throw error;
    const element = m.tolerate(() => {
      throw new Unknowable(error.message, error instanceof Unknowable ? error.reason : null);
    });
    over = { kind: 'repeated', length: m.freshSize('n'), element, over: null };
  }
  const turn = (item: Value, index: number | 'any', isSure: boolean): End =>
    m.place.inLoop({ file: m.file, ...s.range, turn: index }, isSure, () => {
      m.tolerate(() => {
        bindTarget(m, s.target, item, frame.scope);
        return none;
      });
      return runBlock(m, s.body, frame);
    });
  if (over.kind === 'items') {
    for (const [index, item] of over.items.entries()) {
      const end = turn(item, index, true);
      if (end.kind === 'return' || end.kind === 'raise') return end;
      if (end.kind === 'break') return normal;
    }
    return runBlock(m, s.orelse, frame);
  }
  const repeated = over;
  return repeatBody(m, frame, repeated, isEntered, (isSure) => turn(repeated.element, 'any', isSure));
}

function runWhile(m: Machine, s: While, frame: Frame): End {
  for (let turns = 0; turns < 64; turns++) {
    const truth = truthOf(evaluate(m, s.test, frame.scope));
    if (truth === false) return runBlock(m, s.orelse, frame);
    if (truth === null) break;
    // `while True` ends when something happens that is not known before it runs.
    if (s.test.kind === 'Constant') break;
    const end = m.place.inLoop({ file: m.file, ...s.range, turn: turns }, true, () => runBlock(m, s.body, frame));
    if (end.kind === 'return' || end.kind === 'raise') return end;
    if (end.kind === 'break') return normal;
  }
  const many: RepeatedValue = { kind: 'repeated', length: m.freshSize('n'), element: none, over: null };
  return repeatBody(m, frame, many, s.test.kind === 'Constant', (isSure) =>
    m.place.inLoop({ file: m.file, ...s.range, turn: 'any' }, isSure, () => runBlock(m, s.body, frame)),
  );
}

/** Runs a loop's body twice: once from what was before it, which is its first turn, once from what a turn leaves, and joins. */
function repeatBody(
  m: Machine,
  frame: Frame,
  over: RepeatedValue,
  isEntered: boolean,
  body: (isSure: boolean) => End,
): End {
  const first = m.journal.watch(() => body(isEntered));
  foldAppended(m, first.before, over);
  if (first.result.kind === 'return') {
    frame.returns.push(first.result.value);
    return normal;
  }
  if (first.result.kind === 'raise' || first.result.kind === 'break') return normal;
  const again = m.journal.attempt(() => body(false));
  // What the second turn appended is the same again.
  const kept = [...again.outcome].filter(([, { cell }]) => cell.kind !== 'items' || cell.object.tail === null);
  m.branches.settle([new Map(kept), new Map()], 'turns');
  return normal;
}

/** A list that grew by one like item a turn becomes a sequence as long as the loop. */
function foldAppended(m: Machine, before: Outcome, over: RepeatedValue): void {
  for (const { cell, content } of before.values()) {
    if (cell.kind !== 'items' || content.kind !== 'items') continue;
    const [own, had] = [cell.object.items, content.value];
    const element = own[had.length];
    if (had.length === 0 && own.length === 1 && element !== undefined) {
      m.write(cell, {
        kind: 'items',
        value: [],
        tail: { kind: 'repeated', length: over.length, element, over: over.over },
      });
    } else if (own.length !== had.length) {
      const unknown = m.unknown(`a loop of ${D.show(over.length)} turns changes how long the list is`);
      m.write(cell, {
        kind: 'items',
        value: [],
        tail: { kind: 'repeated', length: m.freshSize('n'), element: unknown, over: null },
      });
    }
  }
}

// Other blocks

function runWith(m: Machine, s: With, frame: Frame, k: number): End {
  const item = s.items[k];
  if (item === undefined) return runBlock(m, s.body, frame);
  const manager = evaluate(m, item.contextExpr, frame.scope);
  let entered: Value = manager;
  if (manager.kind === 'instance') {
    const enter = attributeOf(m, manager, '__enter__');
    if (enter !== null) entered = m.tolerate(() => m.call(enter, []));
  }
  if (item.optionalVars !== null) bindTarget(m, item.optionalVars, entered, frame.scope);
  const mode = gradModeOf(m, manager);
  const inside = (): End => {
    const end = runWith(m, s, frame, k + 1);
    const exit = manager.kind === 'instance' ? attributeOf(m, manager, '__exit__') : null;
    if (exit !== null) m.tolerate(() => m.call(exit, [none, none, none]));
    return end;
  };
  const body = (): End => (isExpectedToRaise(item.contextExpr) ? endOf(m, inside, normal) : inside());
  return mode === null ? body() : m.withGradMode(mode, body);
}

/** `with pytest.raises(...)`, `with self.assertRaises(...)`, `with suppress(...)`: what is wrong in there is meant to be. */
function isExpectedToRaise(manager: Expression): boolean {
  if (manager.kind !== 'Call') return false;
  const { func } = manager;
  const name = func.kind === 'Attribute' ? func.attr : func.kind === 'Name' ? func.id : '';
  return ['raises', 'assertRaises', 'assertRaisesRegex', 'suppress'].includes(name);
}

function runTry(m: Machine, s: Try, frame: Frame): End {
  const body = (): End => runBlock(m, s.body, frame);
  const end = s.handlers.length === 0 ? body() : runHandled(m, s, frame, endOf(m, body, null));
  const last = runBlock(m, s.finalbody, frame);
  return last.kind === 'normal' ? end : last;
}

/**
 * How a body ends that may raise without anything being wrong.
 * @param caught how it ends where it raises; null for that it does
 */
function endOf(m: Machine, body: () => End, caught: End | null): End {
  const end = m.refusals.catching(body);
  if (end instanceof Error) return caught ?? { kind: 'raise', error: end };
  return end.kind === 'raise' ? (caught ?? end) : end;
}

/** What follows the body of a `try`: the handlers that may take what it raised, or its `else`. */
function runHandled(m: Machine, s: Try, frame: Frame, tried: End): End {
  if (tried.kind !== 'raise') return tried.kind === 'normal' ? runBlock(m, s.orelse, frame) : tried;
  const ways = takers(m, s.handlers, tried.error, frame.scope).map((handler) => (): End => {
    if (handler.name !== null) m.setName(frame.scope.names, handler.name, m.unknown('what was raised is not followed'));
    return runBlock(m, handler.body, frame);
  });
  const [only, ...others] = ways;
  if (only === undefined) return tried;
  return others.length === 0
    ? only()
    : settleWays(
        m,
        frame,
        ways.map((way) => m.journal.attempt(way)),
      );
}

// Deletion

/** `del` of a name, an attribute, items, or several of them. */
function remove(m: Machine, target: Expression, scope: Scope): void {
  switch (target.kind) {
    case 'Name':
      m.deleteName(scope.names, target.id);
      return;
    case 'Attribute': {
      const value = evaluate(m, target.value, scope);
      if (value.kind === 'instance') m.deleteName(value.attributes, target.attr);
      return;
    }
    case 'Subscript':
      deleteSubscriptOf(m, evaluate(m, target.value, scope), evaluate(m, target.slice, scope));
      return;
    case 'Tuple':
    case 'List':
      for (const each of target.elts) remove(m, each, scope);
      return;
    default:
      return;
  }
}
