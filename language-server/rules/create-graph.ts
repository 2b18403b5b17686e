import { occurrencesOf } from '../derivatives/occurrence.ts';
import type { NodeId } from '../graph/graph.ts';
import type { Trace, TracedDerivative } from '../tracer/trace.ts';
import { plainCall } from './calls.ts';
import type { Edit, Proposal } from './finding.ts';
import { withKeyword } from './misuse.ts';
import { rangeOf } from './rule.ts';
import { callAt, type SourceFile, spell, textAt } from './source-file.ts';

/** Derivatives that are to be recorded, so that they can be differentiated themselves. */

const functional = 'torch.autograd.functional.';

/** The place of `create_graph` among the parameters of a library function. */
const positions: Readonly<Record<string, number>> = {
  [`${functional}jacobian`]: 2,
  [`${functional}hessian`]: 2,
  [`${functional}vjp`]: 3,
  [`${functional}jvp`]: 3,
  [`${functional}hvp`]: 3,
  [`${functional}vhp`]: 3,
  'torch.autograd.grad': 4,
  // Without the tensor whose method it is.
  'torch.Tensor.backward': 2,
  'torch.autograd.backward': 3,
};

/** `create_graph=True` in a call. */
function recorded(file: SourceFile, { api, origin }: TracedDerivative): Edit | null {
  const position = positions[api];
  const call = origin.file === file.path ? callAt(file, rangeOf(origin)) : null;
  return position === undefined || call === null ? null : withKeyword(call, ['create_graph'], position, 'True');
}

/** `create_graph=True` in the calls that gave some derivatives, which promise nothing but that the findings go. */
export function recordThem({ derivatives }: Trace, file: SourceFile, nodes: readonly NodeId[]): readonly Proposal[] {
  const calls = derivatives.filter(({ results }) => results.some((id) => nodes.includes(id)));
  const edits = new Map(calls.map((call) => [`${call.origin.start} ${call.origin.file}`, recorded(file, call)]));
  const all = [...edits.values()].flatMap((edit) => edit ?? []);
  if (all.length === 0 || all.length < edits.size) return [];
  return [{ title: 'Record it: create_graph=True', kind: 'suggested', edits: all, promises: null }];
}

/** The transforms of `torch.func` that record what they do without being told. */
const transforms: Readonly<Record<string, string>> = {
  [`${functional}jacobian`]: 'jacrev',
  [`${functional}hessian`]: 'hessian',
};

/** `jacrev(f)(x)` in the place of the calls `jacobian(f, x)` that gave some derivatives. */
export function byTransforms(
  { derivatives, graph }: Trace,
  file: SourceFile,
  nodes: readonly NodeId[],
): readonly Proposal[] {
  const calls = derivatives.filter(({ results }) => results.some((id) => nodes.includes(id)));
  const edits = new Map<string, readonly Edit[]>();
  for (const call of calls) {
    const [occurrence] = occurrencesOf(graph, call);
    const parts = occurrence === undefined ? null : plainCall(occurrence, file);
    const name = transforms[call.api];
    if (parts === null || name === undefined) return [];
    const { names, edits: imports } = spell(file, 'torch.func', [name]);
    const text = `${names[0]}(${textAt(file, parts.fn.range)})(${textAt(file, parts.input.range)})`;
    edits.set(`${parts.range.start}`, [...imports, { range: parts.range, text }]);
  }
  const [first] = [...edits.values()];
  // Two calls might import one name twice.
  if (first === undefined || edits.size > 1) return [];
  return [{ title: 'Take it by torch.func, which records it', kind: 'suggested', edits: first, promises: null }];
}

/** The name of a derivative's library function as people call it: `jacobian`, `grad`, `backward()`. */
export function calledName({ api }: TracedDerivative): string {
  const name = api.slice(api.lastIndexOf('.') + 1);
  return name === 'backward' ? 'backward()' : name;
}
