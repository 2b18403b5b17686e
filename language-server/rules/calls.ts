import { mapsAround } from '../derivatives/mapped.ts';
import type { Occurrence } from '../derivatives/occurrence.ts';
import type { Graph } from '../graph/graph.ts';
import type { Call, Expression, Range } from '../python/ast.ts';
import { rangeOf } from './rule.ts';
import { argumentOf, callAt, freshName, namesIn, otherArguments, type SourceFile, textAt } from './source-file.ts';

/** How derivative calls are written: what rewrites are made of. */

/** A derivative call: what is differentiated, by what, and how. */
export interface CallParts {
  readonly range: Range;
  readonly fn: Expression;
  readonly inputs: Inputs;
  readonly form: Form;
}

/** What the function is given: arguments one by one, or a tuple of so many that is written as one. */
export type Inputs =
  | { readonly kind: 'each'; readonly expressions: readonly Expression[] }
  | { readonly kind: 'tuple'; readonly whole: Expression; readonly count: number };

export type Form =
  /** `jacobian(f, x)` of autograd.functional; with `several` inputs in a tuple it gives a tuple. */
  | {
      readonly kind: 'functional';
      readonly callee: string;
      readonly others: string;
      /** Whether the result stays out of the graph; null where that is decided when it runs. */
      readonly detached: boolean | null;
      readonly several: boolean;
    }
  /** `jacrev(f)(x)`; `options` are the other arguments of `jacrev`, as text with leading commas. */
  | {
      readonly kind: 'transform';
      readonly transform: string;
      readonly options: string;
      /** The names of the options. */
      readonly keywords: readonly (string | null)[];
      /** `jacrev(f)`. */
      readonly made: Range;
    };

/** The parts of a derivative call of one input, written and called in one place without options. */
export interface PlainCall extends CallParts {
  readonly input: Expression;
}

/** Reads a derivative call out of the text; null where it is written in another way. */
export function callParts(occurrence: Occurrence, file: SourceFile, graph: Graph): CallParts | null {
  const { derivative, node } = occurrence;
  const range = rangeOf(derivative.origin);
  if (derivative.origin.file !== file.path || mapsAround(graph, node).length > 0) return null;
  const call = callAt(file, range);
  if (call === null) return null;
  if (derivative.api.startsWith('torch.autograd.functional.'))
    return functionalParts(call, range, file, derivative.given.length);
  return transformParts(occurrence, call, range, file);
}

/** The same, where it is a plain one. */
export function plainCall(occurrence: Occurrence, file: SourceFile): PlainCall | null {
  const { derivative } = occurrence;
  const range = rangeOf(derivative.origin);
  const call = derivative.origin.file === file.path ? callAt(file, range) : null;
  if (call === null) return null;
  const parts = derivative.api.startsWith('torch.autograd.functional.')
    ? functionalParts(call, range, file, 1)
    : transformParts(occurrence, call, range, file);
  if (parts?.inputs.kind !== 'each' || parts.inputs.expressions.length !== 1) return null;
  const [input] = parts.inputs.expressions;
  const { form } = parts;
  const isPlain = form.kind === 'functional' ? !form.several : form.options === '' && isWithin(form.made, range);
  return input !== undefined && isPlain ? { ...parts, input } : null;
}

/** The last part of the name that a call calls: `stack` of `torch.stack(...)`; empty for what has no name. */
export function nameOf({ func }: Call): string {
  return func.kind === 'Attribute' ? func.attr : func.kind === 'Name' ? func.id : '';
}

export function isWithin(inner: Range, outer: Range): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

function functionalParts(call: Call, range: Range, file: SourceFile, count: number): CallParts | null {
  const [fn, given] = [argumentOf(call, 0, 'func'), argumentOf(call, 1, 'inputs')];
  if (fn === null || given === null) return null;
  const several = given.kind === 'Tuple' || count > 1;
  return {
    range,
    fn,
    inputs:
      given.kind === 'Tuple'
        ? { kind: 'each', expressions: given.elts }
        : several
          ? { kind: 'tuple', whole: given, count }
          : { kind: 'each', expressions: [given] },
    form: {
      kind: 'functional',
      callee: textAt(file, call.func.range),
      others: otherArguments(file, call, 2, ['func', 'inputs']),
      detached: isDetached(call),
      several,
    },
  };
}

/** Whether a call keeps its result out of the graph, as far as it says so itself. */
function isDetached(call: Call): boolean | null {
  const graph = argumentOf(call, 2, 'create_graph');
  if (graph === null) return call.keywords.every(({ name }) => name !== null) ? true : null;
  return graph.kind === 'Constant' && graph.value.type === 'bool' ? !graph.value.value : null;
}

function transformParts({ derivative }: Occurrence, call: Call, range: Range, file: SourceFile): CallParts | null {
  const { madeAt } = derivative;
  if (madeAt === null || madeAt.file !== file.path || call.keywords.length > 0) return null;
  if (call.args.some(({ kind }) => kind === 'Starred')) return null;
  const maker = callAt(file, rangeOf(madeAt));
  const [fn, ...more] = maker?.args ?? [];
  // `jacrev(f, 1)` is read by its keywords alone.
  if (maker === null || fn === undefined || more.length > 0 || fn.kind === 'Starred') return null;
  return {
    range,
    fn,
    inputs: { kind: 'each', expressions: call.args },
    form: {
      kind: 'transform',
      transform: textAt(file, maker.func.range),
      options: otherArguments(file, maker, 1, []),
      keywords: maker.keywords.map(({ name }) => name),
      made: maker.range,
    },
  };
}

export function inputsText(file: SourceFile, inputs: Inputs): string {
  return inputs.kind === 'tuple'
    ? `*${textAt(file, inputs.whole.range)}`
    : inputs.expressions.map(({ range }) => textAt(file, range)).join(', ');
}

/** Names for the parameters of a lambda in the function's place: those of what is given, where they clash with nothing in it. */
export function parameterNames(fn: Expression, inputs: Inputs): readonly string[] {
  const used = new Set(namesIn(fn));
  const own = inputs.kind === 'each' ? inputs.expressions : Array.from({ length: inputs.count }, () => null);
  return own.map((expression) => {
    const wish = own.length > 1 && expression?.kind === 'Name' ? [expression.id] : [];
    const name = freshName(used, [...wish, 'x', 'inputs', 'batch', 'z', 'y', 'u', 'v']);
    used.add(name);
    return name;
  });
}
