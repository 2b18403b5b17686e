import { isTransposed, madeOf, type Reached, type Role } from '../derivatives/roles.ts';
import { type Shape, showShape } from '../graph/shape.ts';
import type { Call, Expression } from '../python/ast.ts';
import { nameOf } from './calls.ts';
import type { Proposal } from './finding.ts';
import { perSample } from './per-sample.ts';
import { type DerivativeRule, type Facts, rangeOf, weigh } from './rule.ts';
import { fits, saidOf } from './said.ts';
import { argumentOf, expressionAt, textAt, wholeNumberAt } from './source-file.ts';

export const transposedJacobian: DerivativeRule = {
  of: 'derivative',
  name: 'transposed-jacobian',
  severity: 'warning',
  place: 'innermost',
  summary: 'the Jacobians of the samples end up transposed, (b, i, o), where the code says (b, o, i)',
  check: (occurrence, facts) => {
    const start = perSample(occurrence, facts);
    if (start === null) return null;
    const transposed = madeOf(facts.graph, facts.users, start.reached).filter(({ roles }) => isTransposed(roles));
    return transposed.flatMap((reached) => {
      const { node, roles } = reached;
      const order = upright(roles);
      const [wantedRoles, wanted] = [
        order.map((axis) => roles[axis] ?? null),
        order.map((axis) => node.aval.shape[axis] ?? 1),
      ];
      const said = saidOf(facts, node.id).find(
        (each) => fits(each, wantedRoles, wanted) && !fits(each, roles, node.aval.shape),
      );
      if (said === undefined) return [];
      const on = makerOf(reached).node.origin;
      const shape = showShape(node.aval.shape);
      const stated = `(${said.sizes.join(', ')})`;
      const meant = stated === showShape(wanted) ? stated : `${stated}, that is ${showShape(wanted)}`;
      return [
        {
          ...weigh(
            start.assumption,
            `This gives the transpose of each sample's Jacobian, ${shape} with the inputs before the outputs; the code says ${meant}.`,
          ),
          on,
          related: [
            {
              origin: { ...on, file: facts.file.path, ...said.range },
              message: `${stated} is said here`,
            },
            { origin: occurrence.derivative.origin, message: 'the derivative is taken here' },
          ],
          shape,
          wanted: showShape(wanted),
          proposals: () => [inOrder(facts, makerOf(reached), order, wanted)],
        },
      ];
    });
  },
};

/** The order of the axes that puts the batch first, then the outputs, then the inputs. */
function upright(roles: readonly Role[]): readonly number[] {
  const of = (role: Role): readonly number[] => roles.flatMap((each, axis) => (each === role ? [axis] : []));
  return [...of('batch'), ...of('output'), ...of('input')];
}

/** The operation that gave the axes their order. */
function makerOf(reached: Reached): Reached {
  return reached.from !== null && isTransposed(reached.from.roles) ? makerOf(reached.from) : reached;
}

/** What was turned as it stood before, the same operation in the right order, or another one behind it. */
function inOrder({ file }: Facts, maker: Reached, order: readonly number[], wanted: Shape): readonly Proposal[] {
  const { node, roles, from } = maker;
  const whole = node.origin.file === file.path ? expressionAt(file, rangeOf(node.origin)) : null;
  if (whole === null) return [];
  const shape = showShape(wanted);
  const title = `Put the outputs before the inputs: ${shape}`;
  const before = receiverOf(whole);
  if (before !== null && from?.roles.join() === order.map((axis) => roles[axis]).join()) {
    // What has a name has its shape already.
    const promises = before.kind === 'Name' ? null : { shape, range: whole.range };
    return [{ title, kind: 'suggested', edits: [{ range: whole.range, text: textAt(file, before.range) }], promises }];
  }
  const own = whole.kind === 'Call' ? (permuted(whole, order) ?? restacked(whole)) : null;
  const text = textAt(file, whole.range);
  const simple = whole.kind === 'Call' || whole.kind === 'Attribute';
  const move = wanted.length === 3 ? '.transpose(1, 2)' : `.permute(${order.join(', ')})`;
  const edit = own ?? { range: whole.range, text: `${simple ? text : `(${text})`}${move}` };
  return [{ title, kind: 'suggested', edits: [edit], promises: { shape, range: whole.range } }];
}

/** `x` of `x.transpose(1, 2)` and `x.mT`. */
function receiverOf(whole: Expression): Expression | null {
  const attribute = whole.kind === 'Call' ? whole.func : whole;
  const isTurn = attribute.kind === 'Attribute' && ['transpose', 'swapaxes', 'swapdims', 'mT'].includes(attribute.attr);
  return isTurn && !(attribute.value.kind === 'Name' && attribute.value.id === 'torch') ? attribute.value : null;
}

/** `x.permute(1, 2, 0)` in another order. */
function permuted(call: Call, order: readonly number[]): Proposal['edits'][number] | null {
  const axes = call.args.map(wholeNumberAt);
  const [first, last] = [call.args[0], call.args.at(-1)];
  if (call.func.kind !== 'Attribute' || call.func.attr !== 'permute' || first === undefined || last === undefined)
    return null;
  if (axes.length !== order.length || axes.some((axis) => axis === null)) return null;
  return {
    range: { start: first.range.start, end: last.range.end },
    text: order.map((axis) => axes[axis]).join(', '),
  };
}

/** `torch.stack(rows, dim=2)` along the axis behind the batch. */
function restacked(call: Call): Proposal['edits'][number] | null {
  const axis = nameOf(call) === 'stack' ? (argumentOf(call, 1, 'dim') ?? argumentOf(call, 1, 'axis')) : null;
  return axis === null ? null : { range: axis.range, text: '1' };
}
