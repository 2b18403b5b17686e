import { costOf } from '../derivatives/cost.ts';
import { costText } from '../derivatives/describe.ts';
import { mapsAround, resultOf } from '../derivatives/mapped.ts';
import type { Occurrence } from '../derivatives/occurrence.ts';
import { sumsSeparate } from '../derivatives/summed.ts';
import * as D from '../graph/dim.ts';
import { type Graph, nodeAt, type Region, reachable } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import type { Call, Expression, Range } from '../python/ast.ts';
import { enclosing } from '../python/traverse.ts';
import { batchToFront } from './by-sum.ts';
import { batchOfOne, detached, mapping, saysGraph, transformFor } from './by-vmap.ts';
import { inputsText, parameterNames, plainCall } from './calls.ts';
import type { Proposal } from './finding.ts';
import { byOtherMode, transformsModule } from './modes.ts';
import { rangeOf } from './rule.ts';
import { inOtherOrders } from './second-order-ways.ts';
import { applied, argumentOf, callAt, otherArguments, type SourceFile, textAt, wholeNumberAt } from './source-file.ts';
import type { Examined } from './verify.ts';

/** "Which Jacobian?": other ways to write a derivative call that is right as it stands. Each gives the same values. */

/** Another way, to be analysed before it is offered. */
export interface Way {
  /** In words that end `Compute it ...`. */
  readonly how: string;
  readonly proposal: Proposal;
}

/** The other ways to write a derivative call that gives one tensor. */
export function waysOf(examined: Examined, occurrence: Occurrence): readonly Way[] {
  const { derivative } = occurrence;
  const file: SourceFile = { path: examined.file, text: examined.text, module: examined.module };
  const { graph } = examined.trace;
  if (derivative.results.length !== 1 || derivative.origin.file !== file.path) return [];
  return [
    ...inOtherMode(occurrence, file, graph),
    ...mapped(occurrence, file, graph),
    ...summed(occurrence, file, graph),
    ...inOtherOrders(occurrence, file, graph),
  ];
}

/** What a way costs beside the one that is written. */
export function wayTitle(how: string, before: Examined, now: Occurrence, after: Examined, then: Occurrence): string {
  const [old, other] = [costOf(before.trace.graph, now), costOf(after.trace.graph, then)];
  return `Compute it ${how}: ${costText(other)} (now ${costText(old)})`;
}

/** Forward in the place of reverse, or the other way round. */
function inOtherMode(occurrence: Occurrence, file: SourceFile, graph: Graph): readonly Way[] {
  const { node, derivative } = occurrence;
  if (node.op.name !== 'jacobian' || occurrence.isSecondOrder) return [];
  const how = node.op.params.mode === 'reverse' ? 'in forward mode' : 'in reverse mode';
  if (derivative.api !== 'torch.autograd.functional.jacobian')
    return byOtherMode(occurrence, file, graph).map((proposal) => ({ how, proposal }));
  const range = rangeOf(derivative.origin);
  const call = callAt(file, range);
  const last = call?.keywords.at(-1)?.range ?? call?.args.at(-1)?.range;
  const said = call?.keywords.some(({ name }) => name === null || name === 'strategy' || name === 'vectorize');
  if (call === null || last === undefined || said || call.args.length > 2) return [];
  // What is differentiated further goes backwards: forward mode makes no graph.
  if (argumentOf(call, 2, 'create_graph') !== null) return [];
  const edits = [{ range: { start: last.end, end: last.end }, text: ", strategy='forward-mode', vectorize=True" }];
  const promises = { shape: showShape(resultOf(graph, node).aval.shape), range };
  return [{ how, proposal: { title: how, kind: 'safe', edits, promises } }];
}

/** `jacrev(lambda x: f(x).sum(0))(x).movedim(1, 0)` mapped over samples instead. */
function mapped(occurrence: Occurrence, file: SourceFile, graph: Graph): readonly Way[] {
  const parts = plainCall(occurrence, file);
  if (parts === null || mapsAround(graph, occurrence.node).length > 0 || !sumsSeparate(graph, occurrence)) return [];
  const { fn } = parts;
  const body = fn.kind === 'Lambda' && fn.args.args.length === 1 ? summedBody(fn.body) : null;
  const [parameter] = fn.kind === 'Lambda' ? fn.args.args : [];
  if (body === null || parameter === undefined || !saysGraph(parts.form)) return [];
  const rank = occurrence.output.shape.length;
  const { output, input, node } = occurrence;
  const front = movedToFront(file, parts.range, rank);
  const own = transformFor(occurrence, parts, { output: output.shape, input: input.shape.slice(1) });
  const { vmap, transform, edits } = mapping(occurrence, file, parts.form, own);
  const called = functionOf(body, parameter.name);
  const texts = [
    ...(called === null ? [`lambda ${parameter.name}: ${textAt(file, body.range)}`] : [textAt(file, called.range)]),
    ...(called === null ? [] : [oneAtATime(file, called, transformsModule(occurrence))]),
  ];
  const range = front ?? parts.range;
  const back = front === null && rank > 0 ? `.movedim(0, ${rank})` : '';
  // JAX's arrays have no such method.
  if (back !== '' && transformsModule(occurrence) === 'jax') return [];
  const shape =
    front === null
      ? node.aval.shape
      : [...node.aval.shape.slice(rank, rank + 1), ...output.shape, ...input.shape.slice(1)];
  return texts.map((text) => ({
    how: 'for each sample by vmap',
    proposal: {
      title: 'vmap',
      kind: 'safe',
      edits: [
        ...edits,
        {
          range,
          text: `${vmap}(${transform}(${text}))(${textAt(file, parts.input.range)})${detached(parts.form)}${back}`,
        },
      ],
      promises: {
        shape: showShape(shape),
        range,
        proves: (after, then) => sameWork(graph, occurrence.region, after, then.region),
      },
    },
  }));
}

/** `vmap(jacrev(f))(x)` by the sum over the batch instead. */
function summed(occurrence: Occurrence, file: SourceFile, graph: Graph): readonly Way[] {
  const { derivative, node, output } = occurrence;
  const [map, ...more] = mapsAround(graph, node);
  const range = rangeOf(derivative.origin);
  const call = callAt(file, range);
  if (map === undefined || more.length > 0 || node.op.name !== 'jacobian' || occurrence.isSecondOrder) return [];
  if (call === null || call.keywords.length > 0 || call.func.kind !== 'Call' || derivative.madeAt === null) return [];
  const [maker, ...others] = call.func.args;
  if (maker?.kind !== 'Call' || others.length > 0 || call.func.keywords.length > 0) return [];
  const [fn, ...rest] = maker.args;
  const isTransform = maker.range.start === derivative.madeAt.start && maker.range.end === derivative.madeAt.end;
  if (!isTransform || fn === undefined || rest.length > 0) return [];
  if (maker.keywords.some(({ name }) => name !== 'argnums')) return [];
  const inputs = { kind: 'each', expressions: call.args } as const;
  const names = parameterNames(fn, inputs).join(', ');
  const transform = `${textAt(file, maker.func.range)}(lambda ${names}: ${applied(file, fn, names)}.sum(0)${otherArguments(file, maker, 1, [])})`;
  const { text, edits } = batchToFront(
    file,
    occurrence,
    `${transform}(${inputsText(file, inputs)})`,
    output.shape.length,
  );
  return [
    {
      how: 'by the sum over the batch',
      proposal: {
        title: 'sum',
        kind: 'safe',
        edits: [...edits, { range, text }],
        promises: {
          shape: showShape(resultOf(graph, node).aval.shape),
          range,
          proves: (after, then) => sumsSeparate(after, then) && sameWork(after, then.region, graph, occurrence.region),
        },
      },
    },
  ];
}

/** Operations that only move entries about: a function of a batch has others than a function of a sample. */
const moves: ReadonlySet<string> = new Set(['reshape', 'transpose', 'broadcast_in_dim', 'convert']);

/**
 * Whether a function of a sample does what the sum over a batch does with each: the same operations with the same numbers,
 * but for the sum. A function that asks its input for its sizes may do something else.
 */
function sameWork(whole: Graph, batch: Region, one: Graph, sample: Region): boolean {
  const work = (graph: Graph, region: Region): readonly string[] =>
    reachable(graph, region.outputs, region.inputs).flatMap((id) => {
      const { op } = nodeAt(graph, id);
      // What was there before the function was called, it only reads.
      if (moves.has(op.name) || region.inputs.some((input) => id <= input)) return [];
      if (op.name === 'full') return [`full ${op.params.value}`];
      return [op.name === 'size' ? `size ${D.show(op.params.dim)}` : op.name];
    });
  const expected = [...work(one, sample), 'reduce_sum'].sort();
  const found = [...work(whole, batch)].sort();
  return expected.length === found.length && expected.every((each, k) => each === found[k]);
}

/** What is summed in `y.sum(0)`. */
function summedBody(body: Expression): Expression | null {
  if (body.kind !== 'Call' || body.func.kind !== 'Attribute' || body.func.attr !== 'sum') return null;
  const axis = argumentOf(body, 0, 'dim') ?? argumentOf(body, 0, 'axis');
  const isFirst = axis !== null && wholeNumberAt(axis) === 0;
  return isFirst && body.args.length + body.keywords.length === 1 ? body.func.value : null;
}

/** The f of `f(x)`. */
function functionOf(body: Expression, parameter: string): Expression | null {
  if (body.kind !== 'Call' || body.keywords.length > 0 || body.args.length !== 1) return null;
  const [only] = body.args;
  return only?.kind === 'Name' && only.id === parameter ? body.func : null;
}

/** A function of a batch as one of a sample. */
function oneAtATime(file: SourceFile, fn: Expression, module: string): string {
  const [name = 'x'] = parameterNames(fn, { kind: 'each', expressions: [fn] });
  const { before, afters } = batchOfOne(module);
  return `lambda ${name}: ${applied(file, fn, `${name}${before}`)}${afters[0]}`;
}

/** `call.movedim(axis, 0)` around a call. */
function movedToFront(file: SourceFile, range: Range, axis: number): Range | null {
  const around = enclosing(file.module, range.start).find(
    (node): node is Call =>
      node.kind === 'Call' &&
      node.func.kind === 'Attribute' &&
      ['movedim', 'moveaxis'].includes(node.func.attr) &&
      node.func.value.range.start === range.start &&
      node.func.value.range.end === range.end,
  );
  const isMove =
    around?.args.length === 2 &&
    [axis, 0].every((wanted, k) => {
      const given = around.args[k];
      return given !== undefined && wholeNumberAt(given) === wanted;
    });
  return around !== undefined && isMove ? around.range : null;
}
