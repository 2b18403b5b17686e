import type { Dim } from '../graph/dim.ts';
import type { Shape } from '../graph/shape.ts';
import { bool, float, int, str, tensor, type Value } from '../library/values.ts';
import type { Comment, Expression, FunctionDef, Lambda, Parameter } from '../python/ast.ts';
import { annotatedSizes } from './contracts.ts';
import type { Machine } from './machine.ts';

/**
 * What the source says of a parameter that nobody gives a value: by its annotation (jaxtyping's too), a comment beside
 * it, or the docstring. Sizes of one name in one function are the same.
 */

/** The sizes of a declared tensor, as text: `b`, `10`. */
type Declared = readonly string[];

/** Gives parameters of one function the values that it declares for them; null for what it says nothing of. */
export function declaredValues(
  m: Machine,
  definition: FunctionDef | Lambda,
  comments: readonly Comment[],
): (parameter: Parameter) => Value | null {
  const sizes = new Map<string, Dim>();
  const dimOf = (text: string): Dim => {
    if (/^\d+$/.test(text)) return Number(text);
    const known = sizes.get(text) ?? m.freshSize(text);
    sizes.set(text, known);
    return known;
  };
  return (parameter) => {
    const scalar = ofScalarAnnotation(parameter, dimOf);
    if (scalar !== null || definition.kind === 'Lambda') return scalar;
    const declared =
      ofJaxtyping(parameter.annotation) ??
      ofComments(definition, parameter, comments) ??
      ofDocstring(definition.docstring, parameter.name);
    if (declared === null) return null;
    const shape: Shape = declared.map(dimOf);
    const node = m.build.input(parameter.name, { shape, dtype: 'float32' });
    m.recording.supposed.add(node);
    return tensor(node, m.unknowns.familyHere());
  };
}

function ofScalarAnnotation({ name, annotation }: Parameter, dimOf: (text: string) => Dim): Value | null {
  if (annotation?.kind !== 'Name') return null;
  switch (annotation.id) {
    case 'int':
      return int(dimOf(name));
    case 'float':
      return float(null);
    case 'bool':
      return bool(null);
    case 'str':
      return str(null);
    default:
      return null;
  }
}

/** `Float[Tensor, "b d"]` (https://docs.kidger.site/jaxtyping/api/array/). */
function ofJaxtyping(annotation: Expression | null): Declared | null {
  const sizes = annotatedSizes(annotation)?.map((size) => size.replace(/^[#?]+/, '').replace(/^\w+=/, '')) ?? null;
  return sizes?.every((size) => /^\w+$/.test(size)) ? sizes : null;
}

/** `x,  # (b, d)` beside the parameter, or `# x: (b, d)` between the name of the function and its first statement. */
function ofComments(definition: FunctionDef, parameter: Parameter, comments: readonly Comment[]): Declared | null {
  const [first] = definition.body;
  const end = first?.range.start ?? definition.range.end;
  const head = comments.filter(({ range }) => range.start > definition.nameRange.end && range.end <= end);
  for (const { text } of head) {
    const named = new RegExp(`\\b${parameter.name}\\s*(?::|is|has shape|=)?\\s*(${sizesPattern})`).exec(text);
    if (named?.[1] !== undefined) return sizesIn(named[1]);
  }
  const all = parametersIn(definition);
  const next = all[all.indexOf(parameter) + 1];
  const own = head.find(
    ({ range }) => range.start >= parameter.range.end && next !== undefined && range.end <= next.range.start,
  );
  const alone = own === undefined ? null : new RegExp(`^#\\s*(?:shape:?\\s*)?(${sizesPattern})`).exec(own.text);
  return alone?.[1] === undefined ? null : sizesIn(alone[1]);
}

function parametersIn({ args }: FunctionDef): readonly Parameter[] {
  return [...args.positionalOnly, ...args.args, ...args.keywordOnly];
}

/** `x: (b, d)`, `x : Tensor of shape (b, d)`, `x (Tensor): inputs, shape [b, d]`, as NumPy and Google style have it. */
function ofDocstring(docstring: string | null, name: string): Declared | null {
  if (docstring === null) return null;
  for (const line of docstring.split('\n')) {
    const about = new RegExp(`^\\s*(?::param\\s+)?[\`*]*${name}[\`*]*\\s*(?:\\([^)]*\\))?\\s*[:=]\\s*(.*)$`).exec(
      line,
    )?.[1];
    const typed = new RegExp(`^\\s*${name}\\s*(${sizesPattern})`).exec(line)?.[1];
    const text = about ?? typed;
    if (text === undefined) continue;
    const sizes = new RegExp(`(?:^|shaped?\\b[^(\\[]*|Tensor\\s*|tensor\\s*|array\\s*)(${sizesPattern})`).exec(
      text,
    )?.[1];
    const found = sizes === undefined ? null : sizesIn(sizes);
    if (found !== null) return found;
  }
  return null;
}

/** `(b, d)`, `[b, 10]`: names or numbers, two or more, or one with a comma behind it. */
const sizesPattern = '[(\\[]\\s*(?:\\w+\\s*,\\s*)+(?:\\w+\\s*)?[)\\]]';

/** Words that stand in such brackets without being sizes. */
const words = new Set([
  'optional',
  'Tensor',
  'tensor',
  'int',
  'float',
  'bool',
  'str',
  'None',
  'list',
  'tuple',
  'default',
]);

function sizesIn(text: string): Declared | null {
  const sizes = text
    .slice(1, -1)
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '');
  return sizes.some((size) => words.has(size)) ? null : sizes;
}
