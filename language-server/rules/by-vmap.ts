import { type BlockDiagonal, blockDiagonal, type Occurrence, occurrencesOf } from '../derivatives/occurrence.ts';
import { dependence } from '../graph/dependence.ts';
import * as D from '../graph/dim.ts';
import { plainAxes } from '../graph/flow.ts';
import { type Graph, type NodeId, nodeAt, type Region, regionNodes, regionOf } from '../graph/graph.ts';
import { type Shape, showShape } from '../graph/shape.ts';
import type { Expression, Lambda } from '../python/ast.ts';
import { walk } from '../python/traverse.ts';
import { isPlainLambda } from './by-sum.ts';
import { type CallParts, callParts, type Form, inputsText, isWithin, nameOf, parameterNames } from './calls.ts';
import type { Edit, Proposal } from './finding.ts';
import { cheaperMode, transformsModule } from './modes.ts';
import type { Facts } from './rule.ts';
import { applied, bracketed, type SourceFile, sameRange, spell, textAt } from './source-file.ts';

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
  if (parts === null || axes === null || !saysGraph(parts.form) || (axes.includes(null) && structure.pair[0] !== 0))
    return [];
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

/** Whether a call says itself what it keeps of the graph: what is mapped keeps all, or with `.detach()` nothing. */
export function saysGraph(form: Form): boolean {
  return form.kind === 'transform' || form.detached !== null;
}

/** What keeps a result out of the graph where the call that it replaces did. */
export function detached(form: Form): string {
  return form.kind === 'functional' && form.detached === true ? '.detach()' : '';
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
  return { range, text: form.detached === true ? `tuple(J.detach() for J in ${call})` : call };
}
