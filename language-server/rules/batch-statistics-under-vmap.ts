import { isModule, namedModules } from '../library/torch/nn/module.ts';
import type { InstanceValue } from '../library/values.ts';
import type { Trace } from '../tracer/trace.ts';
import { inEvaluation } from './evaluation.ts';
import type { Proposal } from './finding.ts';
import { known, type MisuseOf, misused, misuseOf, shortName } from './misuse.ts';
import { type ProblemRule, rangeOf } from './rule.ts';
import { callAt, type SourceFile, textAt } from './source-file.ts';

export const batchStatisticsUnderVmap: ProblemRule = {
  of: 'problem',
  name: 'batch-statistics-under-vmap',
  severity: 'error',
  place: 'innermost',
  summary: 'batch norm in training mode under vmap or another transform: it updates its running statistics in place',
  check: (problem, trace, file) => {
    const misuse = misuseOf(problem, 'batch statistics');
    if (misuse === null) return null;
    const name = shortName(misuse.call.api);
    return misused(
      misuse,
      problem,
      `in training mode this layer updates its running statistics in place, which ${name} does not allow in its function`,
      'this layer updates its running statistics',
      () => [
        inEvaluation(
          file,
          rangeOf(misuse.call.origin),
          namesOfModules(trace, file, misuse.layer),
          'stored statistics are left as they are',
        ),
        byGroups(file, misuse),
      ],
    );
  },
};

/** The names that modules around a layer are bound to. */
function namesOfModules({ bindings }: Trace, file: SourceFile, layer: InstanceValue | null): readonly string[] {
  const names = bindings.flatMap(({ file: own, name, value }) =>
    own === file.path && isModule(value) && namedModules(value).some(([, module]) => module === layer) ? [name] : [],
  );
  return [...new Set(names)];
}

/** Statistics of each sample in place of the batch's, where the layer is made with nothing but its channels. */
function byGroups(file: SourceFile, { call, layer }: MisuseOf<'batch statistics'>): readonly Proposal[] {
  if (layer === null || layer.origin.file !== file.path) return [];
  const making = callAt(file, rangeOf(layer.origin));
  const [channels] = making?.args ?? [];
  const name = making?.func.kind === 'Attribute' ? making.func.attr : '';
  if (
    making === null ||
    channels === undefined ||
    making.args.length + making.keywords.length > 1 ||
    !/^BatchNorm\dd$/.test(name)
  )
    return [];
  const owner = making.func.kind === 'Attribute' ? textAt(file, making.func.value.range) : '';
  return [
    {
      title: 'Norm each sample by itself: GroupNorm in one group',
      kind: 'suggested',
      edits: [{ range: making.range, text: `${owner}.GroupNorm(1, ${textAt(file, channels.range)})` }],
      promises: known(file, call),
    },
  ];
}
