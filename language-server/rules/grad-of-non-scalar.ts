import { nodeAt } from '../graph/graph.ts';
import { type Shape, showShape } from '../graph/shape.ts';
import type { Problem } from '../tracer/trace.ts';
import type { Edit, Proposal } from './finding.ts';
import { misuseOf, shortName } from './misuse.ts';
import { type ProblemRule, rangeOf } from './rule.ts';
import { argumentOf, callAt, type SourceFile, spell, textAt } from './source-file.ts';

export const gradOfNonScalar: ProblemRule = {
  of: 'problem',
  name: 'grad-of-non-scalar',
  severity: 'error',
  place: 'innermost',
  summary: 'the gradient of a result that is no single number, which raises',
  check: (problem, { graph }, file) => {
    const misuse = misuseOf(problem, 'no scalar');
    if (misuse === null) return null;
    const { origin, aval } = nodeAt(graph, misuse.output);
    const shape = showShape(aval.shape);
    const isElsewhere = origin.start !== problem.origin.start || origin.file !== problem.origin.file;
    return {
      message: `This raises an error: ${shortName(misuse.api)} needs a single number, not ${shape}.`,
      certainty: 'proved',
      related: isElsewhere ? [{ origin, message: `This is ${shape}.` }] : [],
      shape: null,
      wanted: null,
      proposals: () => [...byJacrev(file, misuse), ...bySum(file, problem, misuse.api, aval.shape)],
    };
  },
};

interface NoScalar {
  readonly api: string;
  readonly madeAt: Problem['origin'] | null;
  readonly origin: Problem['origin'];
}

/** `jacrev(f)` in the place of `grad(f)`. */
function byJacrev(file: SourceFile, { api, madeAt, origin }: NoScalar): readonly (readonly Proposal[])[] {
  const making = madeAt === null || madeAt.file !== file.path ? null : callAt(file, rangeOf(madeAt));
  const module = /^(torch\.func|jax)\.grad$/.exec(api)?.[1];
  if (making === null || module === undefined || origin.file !== file.path) return [];
  const { names, edits } = spell(file, module, ['jacrev']);
  const proposal: Proposal = {
    title: 'The Jacobian: jacrev',
    kind: 'suggested',
    edits: [...edits, { range: making.func.range, text: names[0] ?? 'jacrev' }],
    promises: { shape: null, range: rangeOf(origin) },
  };
  return [[proposal]];
}

/** The sum over samples, of which each has one number: its gradient is each sample's own. */
function bySum(file: SourceFile, { origin }: Problem, api: string, shape: Shape): readonly (readonly Proposal[])[] {
  const call = origin.file === file.path ? callAt(file, rangeOf(origin)) : null;
  if (call === null || shape.slice(1).some((dim) => dim !== 1)) return [];
  const of =
    api === 'torch.autograd.grad'
      ? argumentOf(call, 0, 'outputs')
      : api === 'torch.Tensor.backward' && call.func.kind === 'Attribute'
        ? call.func.value
        : null;
  if (of === null || of.kind === 'List' || of.kind === 'Tuple') return [];
  const isPlain = of.kind === 'Name' || of.kind === 'Attribute' || of.kind === 'Call' || of.kind === 'Subscript';
  const text = textAt(file, of.range);
  const reduced = (how: string): Edit => ({
    range: of.range,
    text: isPlain ? `${text}.${how}()` : `(${text}).${how}()`,
  });
  const ways = api === 'torch.Tensor.backward' ? ['mean', 'sum'] : ['sum'];
  return ways.map((how) => [
    {
      title: how === 'sum' ? "The sum, whose gradient is each sample's own" : 'The mean over the batch',
      kind: 'suggested',
      edits: [reduced(how)],
      promises: null,
    },
  ]);
}
