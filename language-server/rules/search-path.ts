import { isAbsolute, join } from 'node:path';
import type { Call, Expression, Module } from '../python/ast.ts';
import { walk } from '../python/traverse.ts';

/**
 * The folders that a file adds to `sys.path` by `append`, `insert` or `extend`, where they are written out: texts, names
 * that hold one, `os.path` functions and `pathlib` of them and of `__file__`. What is relative is joined to each base, for
 * the folder that the program is started in is not known.
 * @param bases absolute folders that the program may be started in, likeliest first
 */
export function addedFolders(module: Module, file: string, bases: readonly string[]): readonly string[] {
  const texts = new Map<string, string>();
  const found: string[] = [];
  for (const node of walk(module)) {
    if (node.kind === 'Assign' && node.targets.length === 1) {
      const [target] = node.targets;
      const text = pathIn(node.value, file, texts);
      if (target?.kind === 'Name' && text !== null) texts.set(target.id, text);
    }
    if (node.kind === 'Call') found.push(...added(node).flatMap((each) => pathIn(each, file, texts) ?? []));
  }
  return [
    ...new Set(found.flatMap((path) => (isAbsolute(path) ? [join(path)] : bases.map((base) => join(base, path))))),
  ];
}

/** What a call adds to `sys.path`. */
function added({ func, args }: Call): readonly Expression[] {
  if (func.kind !== 'Attribute' || dotted(func.value) !== 'sys.path') return [];
  const [first, second] = args;
  switch (func.attr) {
    case 'append':
      return first === undefined ? [] : [first];
    case 'insert':
      return second === undefined ? [] : [second];
    case 'extend':
      return first?.kind === 'List' || first?.kind === 'Tuple' ? first.elts : [];
    default:
      return [];
  }
}

/** The path that an expression is surely written as; null for others. */
function pathIn(expression: Expression, file: string, texts: ReadonlyMap<string, string>): string | null {
  const inner = (part: Expression): string | null => pathIn(part, file, texts);
  switch (expression.kind) {
    case 'Constant':
      return expression.value.type === 'str' ? expression.value.value : null;
    case 'Name':
      return expression.id === '__file__' ? file : (texts.get(expression.id) ?? null);
    case 'Attribute':
      return expression.attr === 'parent' ? above(inner(expression.value)) : null;
    case 'BinOp': {
      const [left, right] = [inner(expression.left), inner(expression.right)];
      if (left === null || right === null) return null;
      return expression.op === '/' ? join(left, right) : expression.op === '+' ? left + right : null;
    }
    case 'Call': {
      const { func, args } = expression;
      const name = func.kind === 'Attribute' ? func.attr : func.kind === 'Name' ? func.id : '';
      // A method of a path: `Path(__file__).resolve()`.
      if (func.kind === 'Attribute' && args.length === 0)
        return ['resolve', 'absolute', 'as_posix'].includes(name) ? inner(func.value) : null;
      const parts = args.flatMap((part) => inner(part) ?? []);
      const [first] = parts;
      if (first === undefined || parts.length < args.length) return null;
      if (name === 'dirname') return above(first);
      if (name === 'join') return join(...parts);
      return ['abspath', 'realpath', 'normpath', 'expanduser', 'Path', 'str'].includes(name) ? first : null;
    }
    default:
      return null;
  }
}

function above(path: string | null): string | null {
  return path === null ? null : join(path, '..');
}

function dotted(expression: Expression): string {
  if (expression.kind === 'Name') return expression.id;
  return expression.kind === 'Attribute' ? `${dotted(expression.value)}.${expression.attr}` : '';
}
