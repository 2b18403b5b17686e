import { costOf } from '../derivatives/cost.ts';
import { resultOf } from '../derivatives/mapped.ts';
import { type Occurrence, showBytes } from '../derivatives/occurrence.ts';
import * as D from '../graph/dim.ts';
import { nodeAt, type Origin, reachable, regionNodes } from '../graph/graph.ts';
import { itemSize, type Shape, showShape, sizeOf } from '../graph/shape.ts';
import type { Call, Keyword } from '../python/ast.ts';
import { enclosing } from '../python/traverse.ts';
import { byProduct, vectorProduct } from './contracted-jacobian.ts';
import type { Proposal } from './finding.ts';
import { type DerivativeRule, type Facts, rangeOf, weigh } from './rule.ts';
import { callAt, statementAt, textAt } from './source-file.ts';

export const jacobianTooLarge: DerivativeRule = {
  of: 'derivative',
  name: 'jacobian-too-large',
  severity: 'warning',
  place: 'call',
  summary: 'a derivative, or what it takes to compute it, is larger than a set limit (1 GiB)',
  check: (occurrence, facts) => {
    if (occurrence.kind !== 'jacobian') return null;
    const { shape, dtype } = resultOf(facts.graph, occurrence.node).aval;
    const bytes = D.mul(sizeOf(shape), itemSize(dtype));
    if (!D.isKnown(bytes)) return null;
    const said = { shape: showShape(shape), wanted: null };
    const { assumption } = occurrence.derivative;
    const limit = showBytes(facts.sizeLimit);
    if (bytes > facts.sizeLimit) {
      const product = vectorProduct(occurrence, facts);
      const way =
        product === null
          ? ''
          : `; ${product.by} gives its product with a vector, which is all that is used, without it`;
      return {
        ...weigh(
          assumption,
          `The result ${showShape(shape)} takes ${showBytes(bytes)}, over the limit of ${limit}${way}.`,
        ),
        related:
          product === null ? [] : [{ origin: product.node.origin, message: 'it is multiplied with a vector here' }],
        ...said,
        proposals: () => (product === null ? [] : [byProduct(occurrence, facts, product)]),
      };
    }
    const held = heldAtOnce(occurrence, facts);
    if (held === null || held.bytes <= facts.sizeLimit) return null;
    return {
      ...weigh(
        assumption,
        `To compute this ${showShape(shape)}, all ${held.passes} passes are made at once: at ${showShape(held.layer)} they take ${showBytes(held.bytes)} or more, over the limit of ${limit}.`,
      ),
      related: [
        {
          origin: held.origin,
          message: `this is ${showShape(held.layer)}, and ${held.passes} times as large in all passes together`,
        },
      ],
      ...said,
      proposals: () => [fewerAtOnce(occurrence, facts, held)],
    };
  },
};

/** What all passes hold together, at the widest value that a product takes. */
interface Held {
  readonly bytes: number;
  readonly passes: number;
  readonly layer: Shape;
  readonly origin: Origin;
}

/**
 * The least that a derivative holds while all its passes are mapped over one: the cotangents, or tangents, of the widest
 * value within the function that a product with something takes. Null where passes are made one by one, or not known.
 */
function heldAtOnce(occurrence: Occurrence, { graph, file }: Facts): Held | null {
  const { node, region } = occurrence;
  if (!isAtOnce(occurrence, file)) return null;
  const { passes } = costOf(graph, occurrence);
  const samples = D.exactQuotient(sizeOf(resultOf(graph, node).aval.shape), sizeOf(node.aval.shape));
  if (!D.isKnown(passes) || samples === null || !D.isKnown(samples)) return null;
  const inner = new Set(regionNodes(graph, region).filter((id) => !region.inputs.includes(id)));
  const widest = [...inner]
    .map((id) => nodeAt(graph, id))
    .filter(({ op }) => op.name === 'dot_general' || op.name === 'conv')
    .flatMap(({ operands }) => operands.filter((id) => inner.has(id)))
    .flatMap((id): Held[] => {
      const { aval, origin } = nodeAt(graph, id);
      const size = D.mul(sizeOf(aval.shape), itemSize(aval.dtype));
      const layer = samples === 1 ? aval.shape : [samples, ...aval.shape];
      return D.isKnown(size) ? [{ bytes: size * samples * passes, passes, layer, origin }] : [];
    })
    .reduce<Held | null>((most, each) => (most === null || each.bytes > most.bytes ? each : most), null);
  return widest;
}

/** Whether a call surely makes all its passes at once: a transform of torch.func, or `vectorize=True`. */
function isAtOnce({ derivative }: Occurrence, file: Facts['file']): boolean {
  const places = [derivative.origin, ...(derivative.madeAt === null ? [] : [derivative.madeAt])];
  if (places.some((place) => place.file !== file.path)) return false;
  if (derivative.api.startsWith('torch.autograd.functional.'))
    return places.some((place) => vectorizes(callAt(file, rangeOf(place))));
  if (!/^(torch\.func|functorch)\.jac/.test(derivative.api)) return false;
  const statements = places.map((place) => statementAt(file, place.start));
  return statements.every((each) => each === null || !textAt(file, each.range).includes('chunk_size'));
}

function vectorizes(call: Call | null): boolean {
  const isSaid = ({ name, value }: Keyword): boolean =>
    name === 'vectorize' && value.kind === 'Constant' && value.value.type === 'bool' && value.value.value;
  return call?.keywords.some(isSaid) ?? false;
}

/** `chunk_size` in `jacrev`, or `jacobian` without `vectorize=True`. */
function fewerAtOnce(occurrence: Occurrence, facts: Facts, held: Held): readonly Proposal[] {
  const { file, graph, sizeLimit } = facts;
  const { derivative, node } = occurrence;
  const promises = { shape: showShape(resultOf(graph, node).aval.shape), range: rangeOf(derivative.origin) };
  const call = callAt(file, rangeOf(derivative.madeAt ?? derivative.origin));
  const [, ...others] = call?.args ?? [];
  if (call === null) return [];
  const vectorize = call.keywords.find(({ name }) => name === 'vectorize');
  if (vectorize !== undefined) {
    const before = [...call.args, ...call.keywords]
      .map(({ range }) => range.end)
      .filter((end) => end <= vectorize.range.start);
    const start = Math.max(...before);
    const isLast = call.keywords.every(({ name }) => name !== 'strategy');
    return isLast && Number.isFinite(start)
      ? [
          {
            title: 'One pass after the other: without vectorize',
            kind: 'safe',
            edits: [{ range: { start, end: vectorize.range.end }, text: '' }],
            promises,
          },
        ]
      : [];
  }
  // Passes that are recorded for gradients are held to the end, in chunks or not.
  if (!derivative.api.endsWith('jacrev') || others.length > 0 || isRecorded(occurrence, facts)) return [];
  const chunk = 2 ** Math.floor(Math.log2(Math.max(1, (held.passes * sizeLimit) / (4 * held.bytes))));
  const at = call.range.end - 1;
  return [
    {
      title: `${chunk} passes at once: chunk_size=${chunk}`,
      kind: 'safe',
      edits: [{ range: { start: at, end: at }, text: `, chunk_size=${chunk}` }],
      promises,
    },
  ];
}

/** Whether gradients of weights are recorded through the call: weights are in it, and no `no_grad` is around it. */
function isRecorded({ region, derivative }: Occurrence, { graph, file }: Facts): boolean {
  const weights = reachable(graph, region.outputs).some((id) => nodeAt(graph, id).op.name === 'parameter');
  const isOff = enclosing(file.module, derivative.origin.start).some((each) =>
    (each.kind === 'With'
      ? each.items.map(({ contextExpr }) => contextExpr)
      : each.kind === 'FunctionDef'
        ? each.decorators
        : []
    ).some(({ range }) => /\b(no_grad|inference_mode)\b/.test(textAt(file, range))),
  );
  return weights && !isOff;
}
