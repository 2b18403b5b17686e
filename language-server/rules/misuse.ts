import type { NodeId, Origin } from '../graph/graph.ts';
import { nodeAt } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import type { Misuse, TransformedCall } from '../library/context.ts';
import type { Call, Expression } from '../python/ast.ts';
import type { Problem, Trace } from '../tracer/trace.ts';
import { nameOf } from './calls.ts';
import type { Edit, Proposal } from './finding.ts';
import { rangeOf, type Verdict } from './rule.ts';
import { callAt, type SourceFile, spell } from './source-file.ts';

/** What the rules of transforms share: a misuse that raises somewhere inside is told where the transformed function is called. */

/** A problem of which is known what is misused. */
export type MisuseOf<K extends Misuse['kind']> = Extract<Misuse, { readonly kind: K }>;

/** The misuse of one kind that a problem surely is, or null. */
export function misuseOf<K extends Misuse['kind']>({ misuse, isSure }: Problem, kind: K): MisuseOf<K> | null {
  return isSure && misuse !== null && isOf(misuse, kind) ? misuse : null;
}

function isOf<K extends Misuse['kind']>(misuse: Misuse, kind: K): misuse is MisuseOf<K> {
  return misuse.kind === kind;
}

/** What is said of a misuse, on the call of the transformed function; `inside` says what the place is where it raises. */
export function misused(
  { call }: { readonly call: TransformedCall },
  { origin }: Problem,
  message: string,
  inside: string,
  proposals: Verdict['proposals'],
): Verdict {
  const isElsewhere = !samePlace(origin, call.origin);
  return {
    message: `This raises an error: ${message}.`,
    certainty: 'proved',
    on: call.origin,
    related: isElsewhere ? [{ origin, message: inside }] : [],
    shape: null,
    wanted: null,
    proposals,
  };
}

export function samePlace(a: Origin, b: Origin): boolean {
  return a.file === b.file && a.start === b.start && a.end === b.end;
}

/** The last part of a library function's name: `vmap`. */
export function shortName(api: string): string {
  return api.slice(api.lastIndexOf('.') + 1);
}

/** `(3, 5) and (5,)`. */
export function showShapes({ graph }: Trace, nodes: readonly NodeId[]): string {
  return nodes.map((id) => showShape(nodeAt(graph, id).aval.shape)).join(' and ');
}

/** The text of the call that made a transformed function: `vmap(f, in_dims=1)`. */
export function callMaking(file: SourceFile, madeAt: Origin | null): Call | null {
  return madeAt === null || madeAt.file !== file.path ? null : callAt(file, rangeOf(madeAt));
}

/** The edit that gives a call an argument by keyword, or another value for it. */
export function withKeyword(call: Call, names: readonly string[], position: number, text: string): Edit {
  const given = call.keywords.find(({ name }) => name !== null && names.includes(name))?.value ?? call.args[position];
  if (given !== undefined) return { range: given.range, text };
  const last = [...call.args, ...call.keywords].reduce(
    (end, { range }) => Math.max(end, range.end),
    call.func.range.end,
  );
  const [name = ''] = names;
  return { range: { start: last, end: last }, text: `, ${name}=${text}` };
}

/** What promises that a call will give something that is known. */
export function known(file: SourceFile, { origin }: TransformedCall): Proposal['promises'] {
  return origin.file === file.path ? { shape: null, range: rangeOf(origin) } : null;
}

/** The function that stands in a call of a transform, within the derivatives of it: the `f` of `vmap(jacrev(f))`. */
export function innermostFunction(call: Call): Expression | null {
  const [fn] = call.args;
  if (fn === undefined || fn.kind === 'Starred') return null;
  return fn.kind === 'Call' && /^(jac(rev|fwd|obian)|hessian|(value_and_)?grad(_and_value)?)$/.test(nameOf(fn))
    ? innermostFunction(fn)
    : fn;
}

/** A function of the file's own library by another name, with the import that it needs. */
export function spelled(
  file: SourceFile,
  module: string,
  name: string,
): { readonly name: string; readonly edits: readonly Edit[] } {
  const { names, edits } = spell(file, module, [name]);
  return { name: names[0] ?? name, edits };
}
