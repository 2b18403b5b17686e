import { resultOf } from '../derivatives/mapped.ts';
import type { Occurrence } from '../derivatives/occurrence.ts';
import * as D from '../graph/dim.ts';
import type { Graph } from '../graph/graph.ts';
import { type Shape, showShape, sizeOf } from '../graph/shape.ts';
import { nameOf } from './calls.ts';
import type { Proposal } from './finding.ts';
import { rangeOf } from './rule.ts';
import { callAt, type SourceFile, spell } from './source-file.ts';

/** Where the file's own library has `vmap` and the transforms beside it. */
export function transformsModule({ derivative }: Pick<Occurrence, 'derivative'>): string {
  return moduleOf(derivative.api);
}

function moduleOf(api: string): string {
  return /^(jax|equinox|flax)\./.test(api) ? 'jax' : 'torch.func';
}

/** The transform that goes each way. */
export const transformOf = { reverse: 'jacrev', forward: 'jacfwd' } as const;

/** The transform of the other mode where this one's name stands: forward for reverse, or the other way round. */
export function byOtherMode({ derivative, node }: Occurrence, file: SourceFile, graph: Graph): readonly Proposal[] {
  const place = derivative.madeAt ?? derivative.origin;
  const call = place.file === file.path ? callAt(file, rangeOf(place)) : null;
  if (call === null || node.op.name !== 'jacobian' || derivative.api.startsWith('tf.')) return [];
  // The other keywords of each (chunk_size, randomness) are not the other's.
  if (call.keywords.some(({ name }) => name !== 'argnums' && name !== 'has_aux')) return [];
  const { func } = call;
  const name = nameOf(call);
  const { mode } = node.op.params;
  const isOwn = name === transformOf[mode] || (mode === 'reverse' && name === 'jacobian');
  if (!isOwn) return [];
  const better = transformOf[mode === 'reverse' ? 'forward' : 'reverse'];
  const spelled =
    func.kind === 'Attribute' ? { names: [better], edits: [] } : spell(file, moduleOf(derivative.api), [better]);
  const range = func.kind === 'Attribute' ? func.attrRange : func.range;
  return [
    {
      title: `Use ${better}`,
      kind: 'safe',
      edits: [...spelled.edits, { range, text: spelled.names[0] ?? better }],
      promises: { shape: showShape(resultOf(graph, node).aval.shape), range: rangeOf(derivative.origin) },
    },
  ];
}

/** Forward mode where one sample has fewer inputs than outputs. */
export function cheaperMode(output: Shape, input: Shape): 'jacrev' | 'jacfwd' {
  const [outputs, inputs] = [sizeOf(output), sizeOf(input)];
  return D.isKnown(outputs) && D.isKnown(inputs) && inputs < outputs ? 'jacfwd' : 'jacrev';
}
