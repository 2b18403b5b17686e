import { resultOf } from '../derivatives/mapped.ts';
import type { Occurrence } from '../derivatives/occurrence.ts';
import type { Graph } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import type { Call, Expression } from '../python/ast.ts';
import { enclosing } from '../python/traverse.ts';
import { isWithin, nameOf } from './calls.ts';
import { transformsModule } from './modes.ts';
import { rangeOf } from './rule.ts';
import { callAt, type SourceFile, sameRange, spell, textAt } from './source-file.ts';
import { isOfTape } from './tapes.ts';
import type { Way } from './ways.ts';

/** Other ways to second derivatives, and to what a tape gives of each sample. */

/** The transforms of each order, outermost first. */
const orders: Readonly<Record<string, readonly [outer: string, inner: string]>> = {
  'forward over reverse': ['jacfwd', 'jacrev'],
  'reverse over reverse': ['jacrev', 'jacrev'],
  'reverse over forward': ['jacrev', 'jacfwd'],
  'forward over forward': ['jacfwd', 'jacfwd'],
};

/** `hessian(f)(x)` and `jacfwd(jacrev(f))(x)`, also mapped, in the other orders: they give the same, at other costs. */
export function inOtherOrders(occurrence: Occurrence, file: SourceFile, graph: Graph): readonly Way[] {
  const { derivative, node } = occurrence;
  if (!occurrence.isSecondOrder || node.op.name !== 'jacobian' || isOfTape(occurrence)) return [];
  const range = rangeOf(derivative.origin);
  const promises = { shape: showShape(resultOf(graph, node).aval.shape), range };
  if (derivative.api === 'torch.autograd.functional.hessian') return byForward(file, range, promises);
  const written =
    derivative.madeAt?.file === file.path ? secondOrder(file, callAt(file, rangeOf(derivative.madeAt))) : null;
  if (written === null || !isWithin(written.whole.range, range)) return [];
  return Object.entries(orders).flatMap(([how, [outer, inner]]) => {
    if (how === written.how) return [];
    const distinct = [...new Set([outer, inner])];
    const { names, edits } = spell(file, transformsModule(occurrence), distinct);
    const [first, second] = [names[0], names[distinct.indexOf(inner)]];
    const text = `${first}(${second}(${textAt(file, written.fn.range)}))`;
    return [
      {
        how,
        proposal: { title: how, kind: 'safe', edits: [...edits, { range: written.whole.range, text }], promises },
      },
    ];
  });
}

interface SecondOrder {
  readonly whole: Call;
  readonly fn: Expression;
  /** One of the orders. */
  readonly how: string;
}

/** A second derivative as it is written, without options. */
function secondOrder(file: SourceFile, made: Call | null): SecondOrder | null {
  const fn = made === null ? null : onlyArgument(made);
  if (made === null || fn === null) return null;
  if (nameOf(made) === 'hessian') return { whole: made, fn, how: 'forward over reverse' };
  // The first derivative stands in the second, or the other way round where the place is that of the first.
  const [outer, inner] = fn.kind === 'Call' && isTransform(fn) ? [made, fn] : [aroundOf(file, made), made];
  const innermost = onlyArgument(inner);
  const how = Object.entries(orders).find(
    ([, [first, second]]) => outer !== null && first === modeOf(outer) && second === modeOf(inner),
  )?.[0];
  return outer === null || innermost === null || how === undefined ? null : { whole: outer, fn: innermost, how };
}

function aroundOf(file: SourceFile, { range }: Call): Call | null {
  const around = enclosing(file.module, range.start).find(
    (node): node is Call => node.kind === 'Call' && node.args.some((arg) => sameRange(arg.range, range)),
  );
  return around !== undefined && isTransform(around) && onlyArgument(around) !== null ? around : null;
}

function onlyArgument({ args, keywords }: Call): Expression | null {
  const [only = null] = args;
  return args.length === 1 && keywords.length === 0 && only?.kind !== 'Starred' ? only : null;
}

function isTransform(call: Call): boolean {
  return /^jac(rev|fwd|obian)$/.test(nameOf(call));
}

/** The name of a transform's mode: jax.jacobian goes backwards. */
function modeOf(call: Call): string {
  return nameOf(call) === 'jacobian' ? 'jacrev' : nameOf(call);
}

/** `hessian(f, x)` of torch.autograd.functional, which goes backwards twice unless it is told. */
function byForward(file: SourceFile, range: Call['range'], promises: Way['proposal']['promises']): readonly Way[] {
  const call = callAt(file, range);
  const last = call?.keywords.at(-1)?.range ?? call?.args.at(-1)?.range;
  if (call === null || last === undefined || call.args.length > 2) return [];
  const told = ['create_graph', 'vectorize', 'outer_jacobian_strategy', null];
  if (call.keywords.some(({ name }) => told.includes(name))) return [];
  const how = 'forward over reverse';
  const text = ", vectorize=True, outer_jacobian_strategy='forward-mode'";
  const edits = [{ range: { start: last.end, end: last.end }, text }];
  return [{ how, proposal: { title: how, kind: 'safe', edits, promises } }];
}
