import { sampleOf } from '../derivatives/mapped.ts';
import { type Occurrence, occurrencesOf } from '../derivatives/occurrence.ts';
import * as D from '../graph/dim.ts';
import { type Graph, type LoopStep, type NodeId, nodeAt, reachable } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import type { AnyNode, Call, Expression, For, GeneratorExp, ListComp, Range } from '../python/ast.ts';
import { enclosing, walk } from '../python/traverse.ts';
import { lastNodeOf, stacks } from './blocks.ts';
import { detached, mapping, saysGraph } from './by-vmap.ts';
import { type PlainCall, plainCall } from './calls.ts';
import type { Edit, Proposal } from './finding.ts';
import { cheaperMode } from './modes.ts';
import { type DerivativeRule, type Facts, weigh } from './rule.ts';
import { callAt, isInTest, type SourceFile, sameRange, textAt } from './source-file.ts';
import { isOfTape } from './tapes.ts';

export const perSampleLoop: DerivativeRule = {
  of: 'derivative',
  name: 'per-sample-loop',
  severity: 'warning',
  place: 'innermost',
  summary: 'a Python loop over samples around a derivative',
  check: (occurrence, facts) => {
    const { graph } = facts;
    if (occurrence.kind === 'jvp') return null;
    const sample = sampleOf(graph, occurrence);
    const [source] = sample?.operands ?? [];
    if (sample === null || source === undefined) return null;
    // One turn is no loop to speak of, and tensors that are made in the loop are not samples of a batch.
    const batch = nodeAt(graph, source).aval.shape[0];
    if (batch === undefined || batch === 1 || nodeAt(graph, source).op.name === 'parameter') return null;
    const loop = occurrence.derivative.origin.loops.at(-1);
    if (loop === undefined || loop.file !== occurrence.derivative.origin.file) return null;
    if (isCarried(graph, occurrence, source, loop) || steps(facts.file, loop)) return null;
    // In a test it is the plain way that a faster one is held against.
    if (hasOwnWeights(occurrence, facts) || isInTest(facts.file, loop)) return null;
    const proposals = byMap(occurrence, facts);
    const own = occurrence.node.aval.shape;
    const wanted = showShape([batch, ...own]);
    return {
      ...weigh(
        occurrence.derivative.assumption,
        `One derivative ${showShape(own)} a turn, one sample at a time: ${D.show(batch)} calls where ${isOfTape(occurrence) ? 'a tape of the whole batch' : 'vmap'} makes one, ${wanted}.`,
      ),
      // Where the turns do more than collect what they get, how to map them is for the author to see.
      ...(proposals.length === 0 ? { severity: 'information' as const } : {}),
      related: [
        {
          origin: { ...occurrence.derivative.origin, ...loop },
          message: `this loop runs over ${D.show(batch)} samples`,
        },
      ],
      shape: showShape(own),
      wanted,
      proposals: () => [proposals],
    };
  },
};

/** Whether a turn needs what an earlier one has made: the samples themselves, or a value that the function takes along. */
function isCarried(graph: Graph, { region }: Occurrence, source: NodeId, loop: LoopStep): boolean {
  const inLoop = (id: NodeId): boolean => nodeAt(graph, id).origin.loops.some((step) => sameLoop(step, loop));
  if (inLoop(source)) return true;
  const first = Math.min(...region.inputs);
  return reachable(graph, region.outputs, region.inputs).some((id) => id < first && inLoop(id));
}

/** Whether the turn beside it differentiates a function of other weights: a network for each sample. */
function hasOwnWeights({ derivative, region, node }: Occurrence, { graph, trace }: Facts): boolean {
  const { origin } = derivative;
  const [beside] = trace.derivatives
    .filter(
      (each) =>
        each !== derivative &&
        each.origin.file === origin.file &&
        sameRange(each.origin, origin) &&
        each.origin.loops.at(-1)?.turn !== origin.loops.at(-1)?.turn,
    )
    .flatMap((each) => occurrencesOf(graph, each).slice(0, 1))
    .sort((a, b) => Math.abs(a.node.id - node.id) - Math.abs(b.node.id - node.id));
  const weights = (outputs: readonly NodeId[]): string =>
    reachable(graph, outputs)
      .filter((id) => nodeAt(graph, id).op.name === 'parameter')
      .join();
  return beside !== undefined && weights(beside.region.outputs) !== weights(region.outputs);
}

function sameLoop(a: LoopStep, b: LoopStep): boolean {
  return a.file === b.file && sameRange(a, b);
}

/** Methods by which a turn changes what the next one computes with. */
const learning = ['step', 'backward', 'apply_gradients', 'assign', 'assign_add', 'assign_sub'];

/** Whether the turns of a `for` statement learn or leave early. */
function steps(file: SourceFile, loop: LoopStep): boolean {
  if (loop.file !== file.path) return false;
  const statement = enclosing(file.module, loop.start).find(
    (node): node is For => node.kind === 'For' && sameRange(node.range, loop),
  );
  if (statement === undefined) return false;
  for (const node of walk(statement)) {
    if (node.kind === 'Break' || node.kind === 'Return') return true;
    if (node.kind === 'Call' && node.func.kind === 'Attribute' && learning.includes(node.func.attr)) return true;
  }
  return false;
}

/** A comprehension or an `append` loop over samples, replaced by one mapped call. */
function byMap(occurrence: Occurrence, facts: Facts): readonly Proposal[] {
  const { file } = facts;
  const parts = plainCall(occurrence, file);
  if (parts === null || !saysGraph(parts.form)) return [];
  const path = enclosing(file.module, parts.range.start);
  const comprehension = path.findLast(
    (node): node is ListComp | GeneratorExp =>
      (node.kind === 'ListComp' || node.kind === 'GeneratorExp') && sameRange(node.elt.range, parts.range),
  );
  if (comprehension !== undefined) return ofComprehension(occurrence, facts, parts, comprehension, path);
  const loop = path.findLast((node): node is For => node.kind === 'For');
  return loop === undefined
    ? []
    : [...ofAppends(occurrence, facts, parts, loop), ...ofItems(occurrence, facts, parts, loop)];
}

/** `torch.stack([jacobian(f, row) for row in x])`, or the list alone: what stacks it later still does. */
function ofComprehension(
  occurrence: Occurrence,
  facts: Facts,
  parts: PlainCall,
  comprehension: ListComp | GeneratorExp,
  path: readonly AnyNode[],
): readonly Proposal[] {
  const { file, graph } = facts;
  const [generator, ...more] = comprehension.generators;
  if (generator === undefined || more.length > 0 || generator.ifs.length > 0) return [];
  const source = sourceOf(file, parts.input, generator.target, generator.iter);
  if (source === null) return [];
  const mapped = mappedCall(occurrence, file, parts, source);
  const stacked = path.findLast((node): node is Call => node.kind === 'Call' && stacks(node, comprehension));
  const whole = stacked === undefined ? null : lastNodeOf(graph, placeIn(occurrence, stacked.range));
  const title = `Map over samples: ${mapped.title}`;
  return [
    ...(stacked === undefined || whole === null
      ? []
      : [
          {
            title,
            kind: 'safe' as const,
            edits: [...mapped.edits, { range: stacked.range, text: mapped.text }],
            promises: { shape: showShape(nodeAt(graph, whole).aval.shape), range: stacked.range },
          },
        ]),
    {
      title,
      kind: 'safe',
      edits: [...mapped.edits, { range: comprehension.range, text: `list(${mapped.text})` }],
      promises: null,
    },
  ];
}

/** `for row in x: rows.append(jacobian(f, row))`. */
function ofAppends(occurrence: Occurrence, facts: Facts, parts: PlainCall, loop: For): readonly Proposal[] {
  const { file } = facts;
  const [statement, ...more] = loop.body;
  if (statement?.kind !== 'ExprStatement' || more.length > 0 || loop.orelse.length > 0) return [];
  const append = callAt(file, statement.value.range);
  const [appended] = append?.args ?? [];
  if (append?.func.kind !== 'Attribute' || append.func.attr !== 'append') return [];
  if (appended === undefined || !sameRange(appended.range, parts.range)) return [];
  const source = sourceOf(file, parts.input, loop.target, loop.iter);
  if (source === null) return [];
  const mapped = mappedCall(occurrence, file, parts, source);
  const collected = textAt(file, append.func.value.range);
  return [
    {
      title: `Map over samples: ${mapped.title}`,
      kind: 'safe',
      edits: [...mapped.edits, { range: loop.range, text: `${collected}.extend(${mapped.text})` }],
      promises: null,
    },
  ];
}

/** `for k in range(b): J[k] = jacobian(f, x[k])`. */
function ofItems(occurrence: Occurrence, facts: Facts, parts: PlainCall, loop: For): readonly Proposal[] {
  const { file } = facts;
  const [statement, ...more] = loop.body;
  if (statement?.kind !== 'Assign' || more.length > 0 || loop.orelse.length > 0) return [];
  const [target, ...others] = statement.targets;
  if (target?.kind !== 'Subscript' || others.length > 0 || !sameRange(statement.value.range, parts.range)) return [];
  const isTurn = target.slice.kind === 'Name' && loop.target.kind === 'Name' && target.slice.id === loop.target.id;
  const source = sourceOf(file, parts.input, loop.target, loop.iter);
  if (!isTurn || source === null) return [];
  const mapped = mappedCall(occurrence, file, parts, source);
  return [
    {
      title: `Map over samples: ${mapped.title}`,
      kind: 'safe',
      edits: [...mapped.edits, { range: loop.range, text: `${textAt(file, target.value.range)}[:] = ${mapped.text}` }],
      promises: null,
    },
  ];
}

/** What the loop goes through, sample by sample: `x` of `for row in x` and of `x[i]` for i in a range. */
function sourceOf(file: SourceFile, input: Expression, target: Expression, iter: Expression): string | null {
  if (target.kind !== 'Name') return null;
  if (input.kind === 'Name') return input.id === target.id ? textAt(file, iter.range) : null;
  if (input.kind !== 'Subscript' || input.slice.kind !== 'Name' || input.slice.id !== target.id) return null;
  const counts =
    iter.kind === 'Call' && iter.func.kind === 'Name' && iter.func.id === 'range' && iter.args.length === 1;
  return counts && input.value.kind === 'Name' ? textAt(file, input.value.range) : null;
}

/** The derivative of one sample mapped over all of them. */
function mappedCall(
  occurrence: Occurrence,
  file: SourceFile,
  { fn, form }: PlainCall,
  source: string,
): { readonly text: string; readonly title: string; readonly edits: readonly Edit[] } {
  const { api } = occurrence.derivative;
  const { input, output } = occurrence;
  const own =
    form.kind === 'transform' ? null : api.endsWith('hessian') ? 'hessian' : cheaperMode(output.shape, input.shape);
  const { vmap, transform, edits } = mapping(occurrence, file, form, own);
  const text = `${vmap}(${transform}(${textAt(file, fn.range)}))(${source})${detached(form)}`;
  return { text, title: `vmap(${transform}(...))`, edits };
}

function placeIn({ derivative: { origin } }: Occurrence, range: Range): Parameters<typeof lastNodeOf>[1] {
  return { file: origin.file, calls: origin.calls, start: range.start, end: range.end };
}
