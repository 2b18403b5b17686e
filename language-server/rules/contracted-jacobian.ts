import { costOf } from '../derivatives/cost.ts';
import { mapsAround } from '../derivatives/mapped.ts';
import { derivativeBehind, type Occurrence } from '../derivatives/occurrence.ts';
import * as D from '../graph/dim.ts';
import { type Node, nodeAt } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import type { Expression, Range, Statement } from '../python/ast.ts';
import { enclosing, walk } from '../python/traverse.ts';
import { type PlainCall, plainCall } from './calls.ts';
import type { Proposal } from './finding.ts';
import { transformsModule } from './modes.ts';
import { type DerivativeRule, type Facts, rangeOf, weigh } from './rule.ts';
import {
  argumentOf,
  callAt,
  expressionAt,
  linesOf,
  namesIn,
  type SourceFile,
  sameRange,
  spell,
  statementAt,
  textAt,
} from './source-file.ts';

export const contractedJacobian: DerivativeRule = {
  of: 'derivative',
  name: 'contracted-jacobian',
  severity: 'information',
  place: 'call',
  summary: 'a whole Jacobian of which only the product with one vector is used',
  check: (occurrence, facts) => {
    const product = vectorProduct(occurrence, facts);
    if (product === null) return null;
    const { passes } = costOf(facts.graph, occurrence);
    if (passes === 1) return null;
    const shape = showShape(occurrence.node.aval.shape);
    return {
      ...weigh(
        occurrence.derivative.assumption,
        `Of the Jacobian ${shape} only its product with one vector is used: ${product.by} gives that in one pass, in the place of ${D.show(passes)}.`,
      ),
      severity: 'information',
      related: [{ origin: product.node.origin, message: 'it is multiplied with a vector here' }],
      shape,
      wanted: null,
      proposals: () => [byProduct(occurrence, facts, product)],
    };
  },
};

/** The product with one vector that is all that a program makes of a Jacobian. */
export interface VectorProduct {
  readonly node: Node;
  /** `jvp` for J v, `vjp` for v J. */
  readonly by: 'jvp' | 'vjp';
}

/** The one product with a vector that an unbatched Jacobian serves, or null where it serves anything else. */
export function vectorProduct(occurrence: Occurrence, { graph, users, trace }: Facts): VectorProduct | null {
  const { node, input, output, region } = occurrence;
  const [result] = region.outputs;
  if (occurrence.kind !== 'jacobian' || result === undefined || mapsAround(graph, node).length > 0) return null;
  // Second derivatives are matrices of coefficients in their own right.
  if (derivativeBehind(graph, result) !== null) return null;
  if (input.shape.length !== 1 || output.shape.length !== 1) return null;
  let isTransposed = false;
  for (let value = node; ; ) {
    const [only, ...more] = users.get(value.id) ?? [];
    if (only === undefined || more.length > 0 || trace.escapes.some((each) => each.node === value.id)) return null;
    const user = nodeAt(graph, only);
    if (user.op.name === 'dot_general') {
      const { contract, batch } = user.op.params;
      const side = user.operands[0] === value.id ? 0 : 1;
      const other = user.operands[1 - side];
      const [axis, ...axes] = contract[side];
      // In a loop, one Jacobian may serve many products.
      const isRepeated = user.origin.loops.length > node.origin.loops.length;
      const isVector = other !== undefined && nodeAt(graph, other).aval.shape.length === 1;
      if (axis === undefined || axes.length > 0 || batch[0].length > 0 || !isVector || isRepeated) return null;
      return { node: user, by: (axis === 1) === isTransposed ? 'vjp' : 'jvp' };
    }
    if (user.op.name === 'transpose') isTransposed = !isTransposed;
    else if (user.op.name !== 'convert' && user.op.name !== 'stop_gradient') return null;
    value = user;
  }
}

/** The product alone, in the call's own style; the Jacobian's own statement goes where it has one. */
export function byProduct(occurrence: Occurrence, facts: Facts, product: VectorProduct): readonly Proposal[] {
  const { file } = facts;
  const parts = plainCall(occurrence, file);
  const { node } = product;
  const whole = node.origin.file === file.path ? expressionAt(file, rangeOf(node.origin)) : null;
  const factors = whole === null ? null : factorsOf(whole);
  if (parts === null || whole === null || factors === null) return [];
  const isInside = (factor: Expression): boolean => sameRange(untransposed(factor).range, parts.range);
  const jacobian = factors.find(isInside) ?? factors.find((factor) => untransposed(factor).kind === 'Name');
  const vector = factors.find((factor) => factor !== jacobian);
  if (jacobian === undefined || vector === undefined) return [];
  const name = untransposed(jacobian);
  const gone = isInside(jacobian) ? [] : name.kind === 'Name' ? ownStatement(file, parts, name, whole.range) : null;
  if (gone === null) return [];
  const { text, edits } = productCall(occurrence, file, parts, product.by, textAt(file, vector.range));
  const shape = showShape(node.aval.shape);
  return [
    {
      title: `The product alone, by ${product.by}: ${shape}`,
      kind: 'safe',
      edits: [...edits, ...gone.map((range) => ({ range, text: '' })), { range: whole.range, text }],
      promises: { shape, range: whole.range },
    },
  ];
}

/** The two that are multiplied by `a @ b`, `torch.mv(a, b)` or `a.mv(b)`. */
function factorsOf(whole: Expression): readonly Expression[] | null {
  if (whole.kind === 'BinOp') return whole.op === '@' ? [whole.left, whole.right] : null;
  if (whole.kind !== 'Call' || whole.func.kind !== 'Attribute' || whole.keywords.length > 0) return null;
  if (!['mv', 'matmul', 'dot'].includes(whole.func.attr)) return null;
  const factors = whole.args.length === 1 ? [whole.func.value, ...whole.args] : whole.args;
  return factors.length === 2 ? factors : null;
}

/** `J` of `J.T`, `J.mT` and `J.t()`. */
function untransposed(factor: Expression): Expression {
  const attribute = factor.kind === 'Call' && factor.args.length === 0 ? factor.func : factor;
  return attribute.kind === 'Attribute' && ['T', 'mT', 't'].includes(attribute.attr) ? attribute.value : factor;
}

/**
 * The lines of `J = jacobian(f, x)`, where J is read once, later in the same block, and what the call is made of is the
 * same then; null where that is not so.
 */
function ownStatement(
  file: SourceFile,
  parts: PlainCall,
  name: Extract<Expression, { kind: 'Name' }>,
  use: Range,
): readonly Range[] | null {
  const [own, user] = [statementAt(file, parts.range.start), statementAt(file, use.start)];
  if (own?.kind !== 'Assign' || user === null || !sameRange(own.value.range, parts.range)) return null;
  const [target, ...others] = own.targets;
  if (target?.kind !== 'Name' || target.id !== name.id || others.length > 0) return null;
  const outer = enclosing(file.module, own.range.start).findLast((node) => 'body' in node && isBlock(node.body, own));
  const block = outer !== undefined && 'body' in outer && Array.isArray(outer.body) ? outer.body : [];
  const [from, to] = [block.indexOf(own), block.indexOf(user)];
  if (from < 0 || to < from) return null;
  const used = new Set([...namesIn(parts.fn), ...namesIn(parts.input)]);
  const scope = enclosing(file.module, own.range.start).findLast((node) => node.kind === 'FunctionDef') ?? file.module;
  const mentions = [...walk(scope)].filter((node) => node.kind === 'Name' && node.id === name.id);
  if (mentions.length !== 2 || !block.slice(from + 1, to).every((each) => leavesAlone(each, used))) return null;
  const lines = linesOf(file);
  const [first, last] = [own.range.start, own.range.end].map((offset) => lines.positionAt(offset).line);
  if (first === undefined || last === undefined) return null;
  const [start, end] = [lines.startOfLine(first), lines.startOfLine(last + 1)];
  const [before, behind] = [file.text.slice(start, own.range.start), file.text.slice(own.range.end, end).trim()];
  const isAlone = before.trim() === '' && (behind === '' || behind.startsWith('#'));
  return isAlone ? [{ start, end }] : null;
}

function isBlock(body: unknown, statement: Statement): boolean {
  return Array.isArray(body) && body.includes(statement);
}

/** Whether a statement surely changes nothing that some names hold: it binds another name, and calls nothing in place. */
function leavesAlone(statement: Statement, names: ReadonlySet<string>): boolean {
  if (statement.kind !== 'Assign') return false;
  const binds = statement.targets.every((target) => target.kind === 'Name' && !names.has(target.id));
  const inPlace = [...walk(statement.value)].some((node) => node.kind === 'Attribute' && node.attr.endsWith('_'));
  return binds && !inPlace;
}

/** `jvp(f, x, v)[1]` of autograd.functional, or the transform's `jvp(f, (x,), (v,))[1]` and `vjp(f, x)[1](v)[0]`. */
function productCall(
  occurrence: Occurrence,
  file: SourceFile,
  { fn, input, range, form }: PlainCall,
  by: VectorProduct['by'],
  vector: string,
): Pick<Proposal, 'edits'> & { readonly text: string } {
  const [f, x] = [textAt(file, fn.range), textAt(file, input.range)];
  if (form.kind === 'functional') {
    const { names, edits } = spell(file, 'torch.autograd.functional', [by]);
    const call = callAt(file, range);
    const kept = (call?.keywords ?? []).filter(({ name }) => name === 'create_graph' || name === 'strict');
    const positional = call === null || call.args.length < 3 ? null : argumentOf(call, 2, 'create_graph');
    const others = [positional, ...kept].flatMap((each) => (each === null ? [] : [`, ${textAt(file, each.range)}`]));
    return { text: `${names[0]}(${f}, ${x}, ${vector}${others.join('')})[1]`, edits };
  }
  const { names, edits } = spell(file, transformsModule(occurrence), [by]);
  const text =
    by === 'jvp' ? `${names[0]}(${f}, (${x},), (${vector},))[1]` : `${names[0]}(${f}, ${x})[1](${vector})[0]`;
  return { text, edits };
}
