import { resultOf } from '../derivatives/mapped.ts';
import { type BlockDiagonal, blockDiagonal, type Occurrence, occurrencesOf } from '../derivatives/occurrence.ts';
import { axesFrom } from '../derivatives/uses.ts';
import { dependence } from '../graph/dependence.ts';
import * as D from '../graph/dim.ts';
import { plainAxes } from '../graph/flow.ts';
import {
  type Graph,
  type Node,
  type NodeId,
  nodeAt,
  type Origin,
  type Region,
  regionNodes,
  regionOf,
} from '../graph/graph.ts';
import { type Shape, showShape, sizeOf } from '../graph/shape.ts';
import type { Call, Expression, GeneratorExp, Lambda, ListComp, Range } from '../python/ast.ts';
import { enclosing, walk } from '../python/traverse.ts';
import {
  type CallParts,
  callParts,
  type Form,
  inputsText,
  isWithin,
  nameOf,
  type PlainCall,
  parameterNames,
} from './calls.ts';
import type { Edit, Proposal } from './finding.ts';
import { type Facts, rangeOf } from './rule.ts';
import {
  applied,
  argumentOf,
  bracketed,
  callAt,
  expressionAt,
  type SourceFile,
  spell,
  textAt,
  wholeNumberAt,
} from './source-file.ts';
import { blocksText, byBatchJacobian, isOfTape, tapeCall, transposed } from './tapes.ts';

/** `lambda x: f(x).sum(0)`, or a lambda's own body summed; over all of it with `()`. */
function summedFunction(file: SourceFile, { fn, inputs }: CallParts, axes: '(0)' | '()' = '(0)'): string {
  if (fn.kind === 'Lambda' && !textAt(file, fn.range).includes('\n') && isPlainLambda(fn)) {
    const parameters = fn.args.args.map(({ name }) => name).join(', ');
    return `lambda ${parameters}: ${bracketed(file, fn.body)}.sum${axes}`;
  }
  const names = parameterNames(fn, inputs).join(', ');
  return `lambda ${names}: ${applied(file, fn, names)}.sum${axes}`;
}

/** Whether all parameters are positional ones without defaults. */
function isPlainLambda({ args }: Lambda): boolean {
  const { positionalOnly, vararg, keywordOnly, kwarg } = args;
  const others = [...positionalOnly, ...keywordOnly].length;
  return (
    others === 0 && vararg === null && kwarg === null && args.args.every(({ defaultValue }) => defaultValue === null)
  );
}

/** The derivative of the sum over the batch: (o..., b, i...), all in one pass an output of one sample. */
export function summedCall(file: SourceFile, parts: CallParts): string {
  const { form, inputs } = parts;
  const fn = summedFunction(file, parts);
  return form.kind === 'functional'
    ? `${form.callee}(${fn}, ${inputsText(file, inputs)}${form.others})`
    : `${form.transform}(${fn}${form.options})(${inputsText(file, inputs)})`;
}

/** Whether the call gives one tensor, and is written so that the sum over the batch can take its place. */
function isSummable({ range, form }: CallParts, { derivative }: Occurrence): boolean {
  if (derivative.results.length !== 1 || derivative.api.endsWith('hessian')) return false;
  if (form.kind === 'functional') return !form.several;
  return isWithin(form.made, range) && form.keywords.every((name) => name === 'argnums' || name === 'chunk_size');
}

/** The gradient of the sum over everything, in the call's own style, with the edits that import what it takes. */
export function gradientOfSum(
  occurrence: Occurrence,
  file: SourceFile,
  parts: PlainCall,
): { readonly text: string; readonly edits: readonly Edit[] } {
  const fn = summedFunction(file, parts, '()');
  const input = textAt(file, parts.input.range);
  if (parts.form.kind === 'functional')
    return { text: `${parts.form.callee}(${fn}, ${input}${parts.form.others})`, edits: [] };
  const { names, edits } = spell(file, transformsModule(occurrence), ['grad']);
  return { text: `${names[0]}(${fn})(${input})`, edits };
}

/** The edit that gives the per-sample Jacobian, batch first: by the sum over the batch, which a tape's `batch_jacobian` is. */
export function bySum(occurrence: Occurrence, facts: Facts, structure: BlockDiagonal): readonly Proposal[] {
  const ofTape = byBatchJacobian(occurrence, facts.file, structure);
  if (ofTape.length > 0) return ofTape;
  const parts = callParts(occurrence, facts.file, facts.graph);
  // Only where the batch is the output's first axis does a sum over axis 0 take it away.
  if (parts === null || structure.pair[0] !== 0 || !isSummable(parts, occurrence)) return [];
  const summed = summedCall(facts.file, parts);
  const { text, edits } = batchToFront(facts.file, occurrence, summed, occurrence.output.shape.length - 1);
  return [
    {
      title: `Sum over the batch: one ${showShape(structure.wanted.slice(1))} Jacobian a sample`,
      kind: 'suggested',
      edits: [...edits, { range: parts.range, text }],
      promises: { shape: showShape(structure.wanted), range: parts.range },
    },
  ];
}

/** An expression with one of its axes moved to the front, in the words of the file's library. */
export function batchToFront(
  file: SourceFile,
  occurrence: Occurrence,
  text: string,
  axis: number,
): { readonly text: string; readonly edits: readonly Edit[] } {
  if (axis === 0) return { text, edits: [] };
  if (isOfTape(occurrence)) {
    const axes = occurrence.node.aval.shape.map((_, k) => k);
    return transposed(file, text, axes, [axis, ...axes.filter((k) => k !== axis)]);
  }
  return axisToFront(file, transformsModule(occurrence), text, axis);
}

/** The same for what is no derivative of a tape. */
export function axisToFront(
  file: SourceFile,
  module: string,
  text: string,
  axis: number,
): { readonly text: string; readonly edits: readonly Edit[] } {
  if (module !== 'jax') return { text: `${text}.movedim(${axis}, 0)`, edits: [] };
  const { names, edits } = spell(file, 'jax.numpy', ['moveaxis']);
  return { text: `${names[0]}(${text}, ${axis}, 0)`, edits };
}

/** Where the file's own library has `vmap` and the transforms beside it. */
export function transformsModule({ derivative }: Pick<Occurrence, 'derivative'>): string {
  return moduleOf(derivative.api);
}

function moduleOf(api: string): string {
  return /^(jax|equinox|flax)\./.test(api) ? 'jax' : 'torch.func';
}

/** How f takes one sample: as it is, without the `vmap` that it is, or with a batch of one around it. */
function sampleForms(file: SourceFile, parts: CallParts, axes: readonly Axis[], module: string): readonly string[] {
  const { fn, inputs, form } = parts;
  const names = parameterNames(fn, inputs);
  const { before, afters } = batchOfOne(module);
  const batched = names.map((name, k) => (axes[k] === 0 ? `${name}${before}` : name)).join(', ');
  const inner = axes.every((axis) => axis === 0) ? mappedFunction(fn) : null;
  const givesMore = form.kind === 'transform' && form.keywords.includes('has_aux');
  const ofBatch =
    (fn.kind === 'Lambda' ? withBatches(file, fn, axes, before) : null) ??
    ((after: string) => `lambda ${names.join(', ')}: ${applied(file, fn, batched)}${after}`);
  return [
    textAt(file, fn.range),
    ...(inner === null ? [] : [textAt(file, inner.range)]),
    ...(givesMore ? [] : afters.map(ofBatch)),
  ];
}

/** `lambda x: f(x[None])[0]` of `lambda x: f(x)`, where each parameter is read once and nothing else has its name. */
function withBatches(
  file: SourceFile,
  fn: Lambda,
  axes: readonly Axis[],
  before: string,
): ((after: string) => string) | null {
  const { body } = fn;
  const parameters = fn.args.args.map(({ name }) => name);
  const inner = [...walk(body)];
  const binds = inner.some(
    ({ kind }) => kind === 'Lambda' || kind === 'NamedExpr' || kind === 'JoinedStr' || /Comp$|^Gen/.test(kind),
  );
  if (binds || !isPlainLambda(fn) || parameters.length !== axes.length) return null;
  const places: number[] = [];
  for (const [k, parameter] of parameters.entries()) {
    if (axes[k] === null) continue;
    const [read, ...more] = inner.filter((node) => node.kind === 'Name' && node.id === parameter);
    if (read === undefined || more.length > 0) return null;
    places.push(read.range.end);
  }
  const { start } = body.range;
  const text = places
    .sort((a, b) => b - a)
    .reduce((own, end) => own.slice(0, end - start) + before + own.slice(end - start), textAt(file, body.range));
  const isSimple = bracketed(file, body) === textAt(file, body.range);
  return (after) => `lambda ${parameters.join(', ')}: ${isSimple || after === '' ? text : `(${text})`}${after}`;
}

interface BatchOfOne {
  readonly before: string;
  /** To be tried in turn. */
  readonly afters: readonly [string, ...string[]];
}

/** What makes one sample a batch of one, and what takes that axis away again: of a result without axes nothing, which torch does not mind. */
export function batchOfOne(module: string): BatchOfOne {
  return module === 'jax'
    ? { before: '[None]', afters: ['[0]', ''] }
    : { before: '.unsqueeze(0)', afters: ['.squeeze(0)'] };
}

/** The f of `vmap(f)`. */
function mappedFunction(fn: Expression): Expression | null {
  if (fn.kind !== 'Call' || fn.args.length !== 1 || fn.keywords.length > 0) return null;
  return /^(filter_)?vmap$/.test(nameOf(fn)) ? (fn.args[0] ?? null) : null;
}

/** Whether samples of an argument go with the samples of the result, or all of it with each. */
type Axis = 0 | null;

/** For each argument of the function whether it is mapped; null where that cannot be said for one. */
function mappedAxes(occurrence: Occurrence, graph: Graph, structure: BlockDiagonal): readonly Axis[] | null {
  const { node, region, derivative } = occurrence;
  const axisOf = (leaf: NodeId): Axis | 'unfit' => {
    const [size] = nodeAt(graph, leaf).aval.shape;
    if (size === undefined) return null;
    const input = region.inputs[node.operands.indexOf(leaf)] ?? leaf;
    const flow = dependence(graph, { inputs: [input], outputs: region.outputs }, 0, 0);
    // What all samples use alike is mixed by each of them; what has no sample of its own for each is theirs together.
    if (flow.kind === 'along')
      return D.equal(size, structure.batch) && plainAxes(flow).includes(structure.pair[0]) ? 0 : null;
    return flow.kind === 'constant' || !D.equal(size, structure.batch) ? null : 'unfit';
  };
  const axes = derivative.given.map((leaves): Axis | 'unfit' => {
    const [first = null, ...more] = leaves.map(axisOf);
    return more.every((axis) => axis === first) ? first : 'unfit';
  });
  const known = axes.filter((axis): axis is Axis => axis !== 'unfit');
  return known.length === axes.length ? known : null;
}

/** What each result of the call becomes when the samples are mapped, as text; null where one does not become it. */
function mappedShapes(occurrence: Occurrence, facts: Facts, axes: readonly Axis[]): string | null {
  const { graph } = facts;
  const { derivative } = occurrence;
  const mapped = derivative.given.flatMap((leaves, k) => (axes[k] === 0 ? leaves : []));
  const shapes = occurrencesOf(graph, derivative).map((each): Shape | null => {
    if (mapped.includes(each.primal)) return blockDiagonal(each)?.wanted ?? null;
    // By what all samples share, the whole is the Jacobian of each sample beside the others already.
    return each.kind === 'jacobian' && !each.isSecondOrder ? each.node.aval.shape : null;
  });
  const known = shapes.flatMap((shape) => (shape === null ? [] : [showShape(shape)]));
  return known.length === shapes.length ? known.join(', ') : null;
}

/** The edits that give the per-sample form by vmap, as it is and with a batch of one kept; which one holds is checked. */
export function byVmap(
  occurrence: Occurrence,
  facts: Facts,
  structure: BlockDiagonal,
  kind: Proposal['kind'] = 'suggested',
): readonly Proposal[] {
  const { file, graph } = facts;
  const parts = callParts(occurrence, file, graph);
  const axes = mappedAxes(occurrence, graph, structure);
  // The mean over a batch has each sample in b-th part, which a function of one sample has whole.
  if (averages(graph, occurrence.region, structure.batch)) return [];
  if (parts === null || axes === null || (axes.includes(null) && structure.pair[0] !== 0)) return [];
  const shape = mappedShapes(occurrence, facts, axes);
  if (shape === null) return [];
  const module = transformsModule(occurrence);
  const own = transformFor(occurrence, parts, {
    output: structure.wanted.slice(1, occurrence.output.shape.length),
    input: occurrence.input.shape.slice(1),
  });
  const { vmap, transform, edits } = mapping(occurrence, file, parts.form, own);
  // Where another axis is as long as the batch, a function of one sample may fit by chance; with a batch of one it cannot.
  const other = structure.wanted.slice(1).some((dim) => D.equal(dim, structure.batch));
  const forms = sampleForms(file, parts, axes, module).slice(other ? 1 : 0);
  const inDims = module === 'jax' ? 'in_axes' : 'in_dims';
  const axesText = axes.every((axis) => axis === 0)
    ? ''
    : `, ${inDims}=(${axes.map((axis) => (axis === 0 ? '0' : 'None')).join(', ')})`;
  return forms.map((fn) => ({
    title: `Map over samples: vmap(${own ?? transform}(${fn.length > 30 ? '...' : fn})${axesText})`,
    kind,
    edits: [...edits, mappedEdit(file, parts, (options) => `${vmap}(${transform}(${fn}${options})${axesText})`)],
    promises: { shape, range: parts.range },
  }));
}

/** Whether a function takes the mean over its first axis, or over all. */
function averages(graph: Graph, region: Region, batch: D.Dim): boolean {
  return regionNodes(graph, region).some((id) => {
    const node = nodeAt(graph, id);
    const inner = regionOf(node);
    if (inner !== null && averages(graph, inner, batch)) return true;
    const [first] = node.operands;
    const total = first === undefined || node.op.name !== 'div' ? null : nodeAt(graph, first);
    const [summed] = total?.operands ?? [];
    return (
      total?.op.name === 'reduce_sum' &&
      summed !== undefined &&
      sameRange(total.origin, node.origin) &&
      total.op.params.axes.includes(0) &&
      D.equal(nodeAt(graph, summed).aval.shape[0] ?? 1, batch)
    );
  });
}

/** The transform of one sample: the cheaper one, or null for the call's own where that was given options of its own. */
export function transformFor(
  occurrence: Occurrence,
  { form }: CallParts,
  sample: { readonly output: Shape; readonly input: Shape },
): string | null {
  if (form.kind === 'transform' && form.keywords.some((name) => name !== 'argnums' && name !== 'has_aux')) return null;
  return occurrence.isSecondOrder && occurrence.derivative.api.endsWith('hessian')
    ? 'hessian'
    : cheaperMode(sample.output, sample.input);
}

/** `vmap` and the transform that it maps, as the file spells them; the call's own transform where no other is named. */
export function mapping(
  occurrence: Occurrence,
  file: SourceFile,
  form: Form,
  own: string | null,
): { readonly vmap: string; readonly transform: string; readonly edits: readonly Edit[] } {
  const { names, edits } = spell(file, transformsModule(occurrence), own === null ? ['vmap'] : ['vmap', own]);
  const [vmap = 'vmap', transform = form.kind === 'transform' ? form.transform : 'jacrev'] = names;
  return { vmap, transform, edits };
}

/** What keeps a result out of the graph where the call that it replaces did. */
export function detached(form: Form): string {
  return form.kind === 'functional' && form.detached ? '.detach()' : '';
}

/** The mapped transform in the place of the call, or of the transform where that is made elsewhere. */
function mappedEdit(file: SourceFile, parts: CallParts, mapped: (options: string) => string): Edit {
  const { range, inputs, form } = parts;
  const given = inputsText(file, inputs);
  if (form.kind === 'transform')
    return isWithin(form.made, range)
      ? { range, text: `${mapped(form.options)}(${given})` }
      : { range: form.made, text: mapped(form.options) };
  if (!form.several) return { range, text: `${mapped('')}(${given})${detached(form)}` };
  const count = inputs.kind === 'tuple' ? inputs.count : inputs.expressions.length;
  const argnums = `, argnums=(${count === 1 ? '0,' : Array.from({ length: count }, (_, k) => k).join(', ')})`;
  const call = `${mapped(argnums)}(${given})`;
  return { range, text: form.detached ? `tuple(J.detach() for J in ${call})` : call };
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

/** A call that gives the same-sample blocks alone, and the order of its axes in terms of the dense result's. */
interface BlocksCall {
  readonly range: Range;
  readonly text: string;
  readonly title: string;
  readonly layout: readonly number[];
  /** A value with these axes in another order. */
  readonly arranged: (
    value: string,
    order: readonly number[],
  ) => { readonly text: string; readonly edits: readonly Edit[] };
}

function blocksCall(occurrence: Occurrence, facts: Facts, structure: BlockDiagonal): BlocksCall | null {
  const { file, graph } = facts;
  const outRank = occurrence.output.shape.length;
  const outer = Array.from({ length: outRank - 1 }, (_, k) => k + 1);
  const inner = Array.from({ length: occurrence.input.shape.length - 1 }, (_, k) => outRank + 1 + k);
  const tape = tapeCall(occurrence, file);
  const ofTape = blocksText(occurrence, file, structure);
  if (tape !== null && ofTape !== null) {
    const layout = [0, ...outer, ...inner];
    return {
      range: tape.range,
      text: ofTape,
      title: 'The blocks alone instead of the full Jacobian',
      layout,
      arranged: (value, order) => transposed(file, value, layout, order),
    };
  }
  const parts = callParts(occurrence, file, graph);
  if (parts === null || structure.pair[0] !== 0 || !isSummable(parts, occurrence)) return null;
  // After the sum: the output's other axes, then the input's, batch first among them.
  const layout = [...outer, 0, ...inner];
  return {
    range: parts.range,
    text: summedCall(file, parts),
    title: 'Sum over the batch instead of the full Jacobian',
    layout,
    arranged: (value, order) => ({ text: `${value}${moved(layout, order)}`, edits: [] }),
  };
}

/** Replaces the dense call by one of its blocks alone, and what keeps the blocks by the move that gives the same axes. */
export function blocksAlone(occurrence: Occurrence, facts: Facts, structure: BlockDiagonal): Proposal | null {
  const { file, graph } = facts;
  const call = blocksCall(occurrence, facts, structure);
  if (call === null) return null;
  const edits: Edit[] = [];
  let promise: Proposal['promises'] = null;
  for (const use of facts.uses) {
    if (use.kind !== 'blocks') return null;
    const kept =
      use.node.op.name === 'take'
        ? stackedBlocks(facts, structure, use.node)
        : keptBlocks(occurrence, facts, structure, use.node);
    if (kept === null) return null;
    const { whole, last, labels } = kept;
    const inside = call.range.start >= whole.range.start && call.range.end <= whole.range.end;
    const base = inside
      ? call.text
      : baseOf(file, use.node.op.name === 'take' ? expressionAt(file, rangeOf(use.node.origin)) : whole);
    if (base === null) return null;
    const { text, edits: imports } = call.arranged(base, labels);
    edits.push(...imports, { range: whole.range, text });
    // A name alone computes nothing that has a shape of its own.
    promise =
      text === base && !inside
        ? { shape: showShape(structure.wanted), range: call.range }
        : { shape: showShape(nodeAt(graph, last).aval.shape), range: whole.range };
    if (!inside && !edits.some((edit) => edit.range.start === call.range.start))
      edits.push({ range: call.range, text: call.text });
  }
  if (promise === null) return null;
  return { title: call.title, kind: 'safe', edits: distinctEdits(edits), promises: promise };
}

/** The expression that keeps the blocks, the node of its value, and where each of its axes comes from. */
interface KeptBlocks {
  readonly whole: Expression;
  readonly last: NodeId;
  readonly labels: readonly number[];
}

/** A diagonal, an `einsum`, an index pair or a sum. */
function keptBlocks(occurrence: Occurrence, facts: Facts, structure: BlockDiagonal, node: Node): KeptBlocks | null {
  const whole = expressionAt(facts.file, rangeOf(node.origin));
  const last = lastNodeOf(facts.graph, node.origin);
  if (whole === null || last === null) return null;
  const labels = axesFrom(facts.graph, occurrence.node.id, [structure.pair], last);
  return labels === null ? null : { whole, last, labels };
}

/** `torch.stack([J[k, :, k] for k in range(b)])`: the block of each sample in turn, all of them stacked in front. */
function stackedBlocks(facts: Facts, structure: BlockDiagonal, node: Node): KeptBlocks | null {
  const { file, graph, uses } = facts;
  const comprehension = enclosing(file.module, node.origin.start).findLast(
    (each): each is ListComp => each.kind === 'ListComp' && sameRange(each.elt.range, node.origin),
  );
  const whole =
    comprehension &&
    enclosing(file.module, node.origin.start).findLast(
      (each): each is Call => each.kind === 'Call' && stacks(each, comprehension),
    );
  const last = whole && lastNodeOf(graph, { ...node.origin, ...whole.range });
  if (whole === undefined || last === undefined || last === null) return null;
  const taken = uses.flatMap(({ node: { op, origin } }) =>
    op.name === 'take' && origin.start === node.origin.start ? [op.params.index] : [],
  );
  const all = taken.length === structure.batch && taken.every((index, k) => index === k);
  if (!all && !(taken.length === 1 && taken[0] === 'loop')) return null;
  const rank = structure.wanted.length + 1;
  const others = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !structure.pair.includes(axis));
  return { whole, last, labels: [structure.pair[0], ...others] };
}

/** Whether a call stacks what a comprehension gives, along a new first axis. */
export function stacks(call: Call, comprehension: ListComp | GeneratorExp): boolean {
  const [sequence] = call.args;
  if (nameOf(call) !== 'stack' || sequence === undefined) return false;
  const listed =
    sequence.kind === 'Call' && sequence.func.kind === 'Name' && ['list', 'tuple'].includes(sequence.func.id)
      ? sequence.args[0]
      : sequence;
  if (listed === undefined || !sameRange(listed.range, comprehension.range)) return false;
  const axis = argumentOf(call, 1, 'dim') ?? argumentOf(call, 1, 'axis');
  return axis === null || wholeNumberAt(axis) === 0;
}

export function sameRange(a: Range, b: Range): boolean {
  return a.start === b.start && a.end === b.end;
}

function distinctEdits(edits: readonly Edit[]): readonly Edit[] {
  return edits.filter((edit, k) => edits.findIndex((other) => sameRange(other.range, edit.range)) === k);
}

/** The last node that the expression at an origin made: its value. */
export function lastNodeOf(
  graph: { readonly nodes: readonly Node[] },
  origin: Pick<Origin, 'file' | 'start' | 'end' | 'calls'>,
): NodeId | null {
  const same = graph.nodes.filter(
    (node) =>
      node.origin.file === origin.file &&
      node.origin.start === origin.start &&
      node.origin.end === origin.end &&
      node.origin.calls.length === origin.calls.length,
  );
  return same.at(-1)?.id ?? null;
}

/** What the expression that takes the blocks takes them of: the name of the dense result. */
export function baseOf(file: SourceFile, whole: Expression | null): string | null {
  if (whole === null) return null;
  const subject = whole.kind === 'Subscript' ? whole.value : whole.kind === 'Call' ? receiver(whole) : null;
  return subject?.kind === 'Name' || subject?.kind === 'Attribute' ? textAt(file, subject.range) : null;
}

/** The tensor that a call works on: `x` of `x.diagonal()`, of `torch.diagonal(x)` and of calls in one another. */
function receiver(call: Call): Expression | null {
  const candidates = [...call.args, ...(call.func.kind === 'Attribute' ? [call.func.value] : [])];
  for (const each of candidates) {
    const inner = each.kind === 'Call' ? receiver(each) : each;
    if (inner !== null && (inner.kind === 'Name' || inner.kind === 'Attribute') && !modules.has(rootOf(inner)))
      return inner;
  }
  return null;
}

/** The names that modules of functions usually have. */
const modules: ReadonlySet<string> = new Set(['torch', 'tf', 'tensorflow', 'np', 'jnp', 'numpy', 'F']);

/** `a` of `a.b.c`. */
function rootOf(expression: Expression): string {
  if (expression.kind === 'Attribute') return rootOf(expression.value);
  return expression.kind === 'Name' ? expression.id : '';
}

/** The method call that brings axes from one order to another: nothing, one axis moved, or any order. */
export function moved(from: readonly number[], to: readonly number[]): string {
  if (from.every((label, k) => label === to[k])) return '';
  for (const [k, label] of from.entries()) {
    const target = to.indexOf(label);
    const without = (list: readonly number[]): readonly number[] => list.filter((each) => each !== label);
    if (without(from).every((each, at) => each === without(to)[at]))
      return `.movedim(${k}, ${target === to.length - 1 ? -1 : target})`;
  }
  return `.permute(${to.map((label) => from.indexOf(label)).join(', ')})`;
}
