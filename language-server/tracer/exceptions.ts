import { ShapeError } from '../graph/shape.ts';
import { PythonError } from '../library/context.ts';
import { type ClassValue, definitionMark, type Scope, type Value } from '../library/values.ts';
import type { ExceptHandler } from '../python/ast.ts';
import { evaluate } from './expressions.ts';
import type { Machine } from './machine.ts';
import { ancestors } from './objects.ts';

/** What ends a block: what Python or a library refuses, or what the program raises. */
export type Raised = ShapeError | PythonError;

/** What a `raise` raises: of a class, if that is known. */
export class RaiseError extends PythonError {
  readonly cls: ClassValue | null;

  /** @param value an exception or its class; null where it is raised again, or may be one of several */
  constructor(value: Value | null) {
    const cls = value?.kind === 'class' ? value : value?.kind === 'instance' ? value.cls : null;
    super(cls?.name ?? 'Exception', 'the program raises it');
    this.cls = cls;
  }
}

/** The handlers that may take what was raised, up to the first that surely does. */
export function takers(
  m: Machine,
  handlers: readonly ExceptHandler[],
  error: Raised,
  scope: Scope,
): readonly ExceptHandler[] {
  const found: ExceptHandler[] = [];
  for (const handler of handlers) {
    const takes = handler.type === null || isOf(m, error, evaluate(m, handler.type, scope));
    if (takes !== false) found.push(handler);
    if (takes === true) break;
  }
  return found;
}

/** Whether an exception is of a class, or of one of a tuple of them; null where that is not known. */
function isOf(m: Machine, error: Raised, type: Value): boolean | null {
  if (type.kind === 'tuple') {
    const each = type.items.map((item) => isOf(m, error, item));
    return each.includes(true) ? true : each.includes(null) ? null : false;
  }
  if (type.kind !== 'class') return null;
  if (type.name === 'Exception' || type.name === 'BaseException') return true;
  const cls = classOf(m, error);
  if (
    cls !== null &&
    ancestors(cls).some((each) => each === type || (each.kind === 'class' && each.name === type.name))
  )
    return true;
  if (error instanceof RaiseError)
    return cls === null || ancestors(cls).some(({ kind }) => kind !== 'class') ? null : false;
  // With what exactly a library refuses is not always known.
  if (error instanceof PythonError && cls !== null && !loose.has(cls.name)) return false;
  return !type.attributes.has(definitionMark) && (loose.has(type.name) || type.name.includes('.')) ? null : false;
}

function classOf(m: Machine, error: Raised): ClassValue | null {
  if (error instanceof ShapeError) return null;
  if (error instanceof RaiseError) return error.cls;
  const cls = m.library.get(`builtins.${error.type}`);
  return cls?.kind === 'class' ? cls : null;
}

/** The exceptions with which libraries refuse what they are given. */
const loose: ReadonlySet<string> = new Set([
  'RuntimeError',
  'ValueError',
  'TypeError',
  'IndexError',
  'LookupError',
  'NotImplementedError',
  'AssertionError',
]);
