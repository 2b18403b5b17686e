import { madeOf, type Reached } from '../derivatives/roles.ts';
import type * as D from '../graph/dim.ts';
import { dimAt, type Shape, showShape } from '../graph/shape.ts';
import type { Range } from '../python/ast.ts';
import { enclosing } from '../python/traverse.ts';
import type { Proposal } from './finding.ts';
import { perSample } from './per-sample.ts';
import { type DerivativeRule, type Facts, rangeOf, type Verdict, weigh } from './rule.ts';
import { roleNamed, type Said, saidOf } from './said.ts';
import { argumentOf, callAt, expressionAt, textAt } from './source-file.ts';

export const batchCollapsed: DerivativeRule = {
  of: 'derivative',
  name: 'batch-collapsed',
  severity: 'warning',
  place: 'innermost',
  summary: 'what the code calls of each sample is reduced over the batch, or read off beside the diagonal',
  check: (occurrence, facts) => {
    const start = perSample(occurrence, facts);
    if (start === null) return null;
    const made = madeOf(facts.graph, facts.users, start.reached);
    return made.flatMap((each) => {
      const verdict = collapsed(facts, each) ?? firstColumn(facts, made, each);
      return verdict === null ? [] : [{ ...verdict, ...weigh(start.assumption, verdict.message) }];
    });
  },
};

/** Names that promise one entry a sample, and those that promise one of all. */
const ofEachSample = /(?:^|_)per_?(?:sample|example|point)(?:_|$)/i;
const ofAll = /mean|avg|average|sum|total|max|min|std|var/i;

/** A value that has lost its batch axis in a reduction, though the code says that it has one. */
function collapsed(facts: Facts, reached: Reached): Verdict | null {
  const reduction = reductionOf(reached);
  const { id, aval } = reached.node;
  if (reduction?.from == null || aval.shape.length === 0) return null;
  const { shape: whole } = reduction.from.node.aval;
  const batch = dimAt(whole, reduction.from.roles.indexOf('batch'));
  const said = saidOf(facts, id).find((each) => saysBatch(each, batch, aval.shape));
  const named = (facts.bindings.get(id) ?? []).find(
    ({ file, name }) => file === facts.file.path && ofEachSample.test(name) && !ofAll.test(name),
  );
  const proof = said ?? named;
  if (proof === undefined) return null;
  const promise = 'sizes' in proof ? `(${proof.sizes.join(', ')}${proof.sizes.length === 1 ? ',' : ''})` : proof.name;
  const on = reduction.node.origin;
  const wanted = said === undefined || said.sizes.length === 1 ? [batch] : null;
  return {
    message: `This reduces ${showShape(whole)} over its batch axis to ${showShape(aval.shape)}; ${promise} says one entry a sample.`,
    certainty: 'proved',
    on,
    related: [{ origin: { ...on, file: facts.file.path, ...proof.range }, message: `${promise} is said here` }],
    shape: showShape(aval.shape),
    wanted: wanted === null ? null : showShape(wanted),
    proposals: () => [wanted === null ? [] : ofEach(facts, reduction, wanted)],
  };
}

/** The reduction that took the batch away, behind what is only scaled since. */
function reductionOf({ node, roles, from }: Reached): Reached | null {
  if (from === null || roles.includes('batch')) return null;
  if (!from.roles.includes('batch')) return from.roles.length === roles.length ? reductionOf(from) : null;
  return node.op.name.startsWith('reduce_') ? { node, roles, from } : null;
}

/** Whether the first of the stated sizes is the batch, which the shape does not begin with. */
function saysBatch({ sizes }: Said, batch: D.Dim, shape: Shape): boolean {
  const [first = ''] = sizes;
  const isOther = shape[0] !== batch || sizes.length !== shape.length;
  return (
    isOther && (roleNamed(first) === 'batch' || (sizes.every((size) => /^\d+$/.test(size)) && Number(first) === batch))
  );
}

/** The same reduction over all axes but the batch. */
function ofEach({ file }: Facts, { node, from }: Reached, wanted: Shape): readonly Proposal[] {
  const call = node.origin.file === file.path ? callAt(file, rangeOf(node.origin)) : null;
  // Of a full Jacobian, the blocks come first.
  if (call === null || from === null || from.roles.filter((role) => role === 'batch').length > 1) return [];
  const name = call.func.kind === 'Attribute' ? call.func.attr : '';
  const position = ['norm', 'vector_norm'].includes(name) ? 1 : 0;
  const isMethod = !(
    call.func.kind === 'Attribute' &&
    /^(torch|linalg)$/.test(textAt(file, call.func.value.range).split('.').at(-1) ?? '')
  );
  const axes =
    argumentOf(call, position + (isMethod ? 0 : 1), 'dim') ?? argumentOf(call, position + (isMethod ? 0 : 1), 'axis');
  if (axes === null) return [];
  const others = from.roles.flatMap((role, axis) => (role === 'batch' ? [] : [axis]));
  const shape = showShape(wanted);
  return [
    {
      title: `Reduce over all axes but the batch: ${shape}`,
      kind: 'suggested',
      edits: [{ range: axes.range, text: others.length === 1 ? `${others[0]}` : `(${others.join(', ')})` }],
      promises: { shape, range: call.range },
    },
  ];
}

/** Names of what is read off a diagonal. */
const ofDiagonal = /trace|diag|div|laplac/i;

/** `J.view(b, D * D)[:, ::D]`: of each matrix, one after the other in a row, the first column in the place of the diagonal. */
function firstColumn(facts: Facts, made: readonly Reached[], reached: Reached): Verdict | null {
  const { node, from } = reached;
  const axis = from?.roles.indexOf('matrix') ?? -1;
  const matrix = from === null ? null : ancestorWith(from, 'input');
  if (node.op.name !== 'slice' || from === null || matrix === null || axis < 0) return null;
  const { starts, limits, steps } = node.op.params;
  const side = dimAt(matrix.node.aval.shape, matrix.roles.indexOf('input'));
  const isSquare = dimAt(matrix.node.aval.shape, matrix.roles.indexOf('output')) === side;
  const isWhole = starts[axis] === 0 && limits[axis] === from.node.aval.shape[axis];
  if (!isSquare || !isWhole || steps[axis] !== side || side === 1) return null;
  const said = nameAbout(facts, made, reached);
  if (said === null) return null;
  return {
    message: `Every ${side}th entry of a ${side} by ${side} matrix is its first column; its diagonal is every ${side + 1}th, which ${said.name} asks for.`,
    certainty: 'proved',
    on: node.origin,
    related: [
      { origin: { ...node.origin, file: facts.file.path, ...said.range }, message: `${said.name} is said here` },
    ],
    shape: showShape(node.aval.shape),
    wanted: null,
    proposals: () => [onDiagonal(facts, node.origin, showShape(node.aval.shape))],
  };
}

function ancestorWith(reached: Reached, role: 'input'): Reached | null {
  return reached.roles.includes(role) ? reached : reached.from === null ? null : ancestorWith(reached.from, role);
}

/** The name of what is made of a value, or of the function around it, that speaks of a diagonal. */
function nameAbout(
  { bindings, file }: Facts,
  made: readonly Reached[],
  reached: Reached,
): { readonly name: string; readonly range: Range } | null {
  const isOf = (each: Reached): boolean => each === reached || (each.from !== null && isOf(each.from));
  const bound = made.filter(isOf).flatMap(({ node }) => bindings.get(node.id) ?? []);
  const { origin } = reached.node;
  const around = origin.file === file.path ? enclosing(file.module, origin.start) : [];
  const functions = around.flatMap((node) =>
    node.kind === 'FunctionDef' ? [{ name: node.name, range: node.nameRange }] : [],
  );
  const names = [...bound.filter((each) => each.file === file.path), ...functions.toReversed()];
  return names.find(({ name }) => ofDiagonal.test(name)) ?? null;
}

/** The step that goes one further. */
function onDiagonal({ file }: Facts, origin: Range & { readonly file: string }, shape: string): readonly Proposal[] {
  const range = { start: origin.start, end: origin.end };
  const whole = origin.file === file.path ? expressionAt(file, range) : null;
  const slices = whole?.kind !== 'Subscript' ? [] : whole.slice.kind === 'Tuple' ? whole.slice.elts : [whole.slice];
  const step = slices.flatMap((slice) => (slice.kind === 'Slice' && slice.step !== null ? [slice.step] : [])).at(-1);
  if (step === undefined) return [];
  const text = textAt(file, step.range);
  const next = /^\d+$/.test(text) ? `${Number(text) + 1}` : `${text} + 1`;
  return [
    {
      title: 'Read off the diagonal',
      kind: 'suggested',
      edits: [{ range: step.range, text: next }],
      promises: { shape, range },
    },
  ];
}
