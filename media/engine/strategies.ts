import { flowsFrom } from '../../language-server/graph/dependence.ts';
import { alongAxis, plainAxes } from '../../language-server/graph/flow.ts';
import { type NodeId, nodeAt, regionNodes, usersOf } from '../../language-server/graph/graph.ts';
import { isFloating, showShape } from '../../language-server/graph/shape.ts';
import { product, range, sizeAt, sizesOf } from './concrete.ts';
import {
  directions,
  forwardColumns,
  overLeadingAxis,
  pullBack,
  reverseRows,
  tidied,
  zerosLike,
} from './differentiate.ts';
import { Emitter } from './emitter.ts';
import { diagonalBlocks, joined, perSample, perSampleOfColumns } from './layout.ts';
import type { StrategyName } from './report.ts';
import type { Subject } from './subject.ts';

/** How a way computes the result: one graph, run once or once for each of several cotangents. */
export interface Plan {
  readonly g: Emitter;
  readonly result: NodeId;
  /** Leaves of `g` by the leaves of the subject that they are. */
  readonly leaves: ReadonlyMap<NodeId, NodeId>;
  readonly turns: Turns | null;
  /** In words, step by step. */
  readonly steps: readonly string[];
}

/** The same computation with one cotangent after the other; their results, stacked, become the whole. */
export interface Turns {
  readonly count: number;
  /** The leaf that is fed, and the places in it that are 1 at a turn. */
  readonly cotangent: NodeId;
  readonly hot: (turn: number) => readonly number[];
  readonly assembly: { readonly g: Emitter; readonly stacked: NodeId; readonly result: NodeId };
}

export interface Strategy {
  readonly name: StrategyName;
  readonly label: (order: 1 | 2) => string;
  readonly explanation: (order: 1 | 2) => string;
  /** The plans to choose from by cost, or the reason why there is none. */
  readonly plans: (subject: Subject) => readonly Plan[] | { readonly cannot: string };
}

const second = (order: 1 | 2, first: string, over: string): string => (order === 1 ? first : `${first} ${over}`);

/** The ways to compute a Jacobian, from the best to the most naive: the order in which they are shown. */
export const strategies: readonly Strategy[] = [
  {
    name: 'planned',
    label: () => 'planned: the cheapest order',
    explanation: () =>
      'Counts the work of going backward, forward, and of meeting at each narrow place in between, by TensorFlow.js’s kernels and by programs of our own, and takes the cheapest.',
    plans: (subject) => [reverse(subject), forward(subject), ...meetings(subject)],
  },
  {
    name: 'reverse',
    label: (order) => second(order, 'reverse: all outputs at once', 'over reverse'),
    explanation: () =>
      'One backward pass whose cotangents carry all outputs of a sample as a leading axis; samples go along.',
    plans: (subject) => [reverse(subject)],
  },
  {
    name: 'forward',
    label: (order) => second(order, 'forward: all inputs at once', 'over reverse'),
    explanation: () =>
      'One forward pass whose tangents carry all inputs of a sample as a leading axis; samples go along.',
    plans: (subject) => [forward(subject)],
  },
  {
    name: 'tiled',
    label: () => 'tiled: the batch repeated for each output',
    explanation: () =>
      'The batch is copied once for each output, so that one plain backward pass gives all rows. The forward pass is repeated as well.',
    plans: (subject) => (subject.batch === null ? { cannot: 'there is no batch to repeat' } : [tiled(subject)]),
  },
  {
    name: 'sum',
    label: () => 'sum over the batch: one backward pass an output',
    explanation: () =>
      'As samples are independent, the gradient of one output summed over the batch holds every sample’s row of it.',
    plans: (subject) =>
      subject.batch === null ? { cannot: 'there is no batch to sum over' } : [sumOverBatch(subject, subject.batch)],
  },
  {
    name: 'full',
    label: () => 'full Jacobian, then the blocks of equal samples',
    explanation: () =>
      'Every output of every sample against every input of every sample; nearly all of it is zero and thrown away.',
    plans: (subject) =>
      subject.batch === null
        ? { cannot: 'there is no batch, so the full Jacobian is the result' }
        : [full(subject, subject.batch)],
  },
  {
    name: 'loop',
    label: () => 'loop: one backward pass a sample and output',
    explanation: () => 'A loop over samples and outputs, each with a gradient of its own.',
    plans: (subject) => [loop(subject)],
  },
];

/** The strategy of a name. */
export function strategyOf(name: StrategyName): Strategy {
  const found = strategies.find((strategy) => strategy.name === name);
  if (found === undefined) throw new RangeError(`no strategy ${name}`);
  return found;
}

function plan(subject: Subject, result: NodeId, steps: readonly string[]): Plan {
  const { g, leaves, of } = ownGraph(subject, [result]);
  return { g, result: of(result), leaves, turns: null, steps };
}

/** The nodes needed for some results in a graph of their own. */
function ownGraph(
  subject: Subject,
  results: readonly NodeId[],
): { g: Emitter; leaves: Map<NodeId, NodeId>; of: (id: NodeId) => NodeId } {
  const { g, mapped } = tidied(subject.g, results, () => new Emitter());
  const of = (id: NodeId): NodeId => {
    const own = mapped.get(id);
    if (own === undefined) throw new RangeError(`node ${id} is not part of the plan`);
    return own;
  };
  const leaves = new Map(
    [...subject.values.keys()].flatMap((leaf) => (mapped.has(leaf) ? [[of(leaf), leaf] as const] : [])),
  );
  return { g, leaves, of };
}

function apartIn(subject: Subject, id: NodeId, batch: number | null): boolean[] {
  return range(subject.g.rank(id)).map((axis) => axis !== batch);
}

function reverse(subject: Subject): Plan {
  const { g, input, output, batch, outputs, inputs } = subject;
  const rows = reverseRows(g, output, input, apartIn(subject, output, batch?.output ?? null));
  const n = product(outputs);
  return plan(subject, perSample(g, rows, batch, outputs, inputs), [
    `Backward from all ${n} outputs at once to the input ${showShape(g.shape(input))}.`,
  ]);
}

function forward(subject: Subject): Plan {
  const { g, input, output, batch, outputs, inputs } = subject;
  const columns = forwardColumns(g, output, input, apartIn(subject, input, batch?.input ?? null));
  const n = product(inputs);
  return plan(subject, perSampleOfColumns(g, columns, batch, outputs, inputs), [
    `Forward from all ${n} inputs at once to the output ${showShape(g.shape(output))}.`,
  ]);
}

/** Backward and forward to one value in between that everything passes through, and the product of the two. */
function meetings(subject: Subject): readonly Plan[] {
  const { g, input, output, batch, outputs, inputs, samples } = subject;
  const flows =
    batch === null ? null : flowsFrom(g, new Map([[input, alongAxis(batch.input)]]), sizeAt(g, input, batch.input));
  return narrowPlaces(subject).flatMap((middle) => {
    const flow = flows?.(middle);
    const [axis] = flow?.kind === 'along' ? plainAxes(flow) : [];
    if (batch !== null && axis === undefined) return [];
    const at = axis ?? null;
    const rows = reverseRows(g, output, middle, apartIn(subject, output, batch?.output ?? null));
    const columns = forwardColumns(g, middle, input, apartIn(subject, input, batch?.input ?? null));
    const width = product(sizesOf(g, middle)) / (at === null ? 1 : samples);
    return [
      plan(subject, joined(g, rows, columns, at, samples, outputs, inputs), [
        `Backward from all ${product(outputs)} outputs at once to a value of ${width} numbers a sample, ${showShape(g.shape(middle))}.`,
        `Forward from all ${product(inputs)} inputs at once to the same value.`,
        'The product of the two, sample by sample.',
      ]),
    ];
  });
}

/** At most so many places are tried. */
const mostMeetings = 12;

/** Values between input and output that every path passes through, the narrowest first, one of each width and neighbourhood. */
function narrowPlaces({ g, input, output }: Subject): readonly NodeId[] {
  const dependent = regionNodes(g, { inputs: [input], outputs: [output] });
  const inside = new Set(dependent);
  const users = usersOf(g);
  // Edges that are open after each node: where none but the node's own are, everything passes through it.
  const last = new Map<NodeId, NodeId>();
  for (const id of dependent) {
    const used = (users.get(id) ?? []).filter((user) => inside.has(user));
    // Ids grow in the order of computation.
    last.set(id, used.toSorted((a, b) => b - a)[0] ?? id);
  }
  const found: NodeId[] = [];
  let reach: NodeId = input;
  for (const id of dependent) {
    if (id !== input && id !== output && reach <= id && isFloating(g.aval(id).dtype)) found.push(id);
    const own = last.get(id) ?? id;
    if (own > reach) reach = own;
  }
  const width = (id: NodeId): number => product(sizesOf(g, id));
  const elementwise = (id: NodeId): boolean => nodeAt(g, id).op.name !== 'broadcast_in_dim';
  return found
    .filter(elementwise)
    .sort((a, b) => width(a) - width(b) || a - b)
    .slice(0, mostMeetings);
}

function tiled(subject: Subject): Plan {
  const { g, input, output, batch, outputs, inputs } = subject;
  const ct = g.emit('input', { name: 'cotangent', aval: g.aval(output) });
  const [pulled] = pullBack(g, output, ct, [input]);
  const all = directions(g, output, apartIn(subject, output, batch?.output ?? null));
  const n = sizeAt(g, all, 0);
  // Picked by index, so that the copies are real.
  const copies = g.emit('gather', { axes: [0], position: 0 }, [g.expandDims(input, 0), g.full([n], 0, 'int64')]);
  const rows = overLeadingAxis(
    g,
    pulled ?? zerosLike(g, input),
    new Map([
      [ct, all],
      [input, copies],
    ]),
    n,
  );
  return plan(subject, perSample(g, rows, batch, outputs, inputs), [
    `The batch copied ${n} times.`,
    'One forward and one backward pass over all copies.',
  ]);
}

/** A plan of one backward pass a turn. */
function turned(
  subject: Subject,
  count: number,
  hot: (turn: number) => readonly number[],
  piece: (pulled: NodeId) => NodeId,
  assemble: (g: Emitter, stacked: NodeId) => NodeId,
  steps: readonly string[],
): Plan {
  const { g, input, output } = subject;
  const ct = g.emit('input', { name: 'cotangent', aval: g.aval(output) });
  const [pulled] = pullBack(g, output, ct, [input]);
  const result = piece(pulled ?? zerosLike(g, input));
  const own = ownGraph(subject, [result, ct]);
  const assembly = new Emitter();
  const stacked = assembly.input('rows', { shape: [count, ...sizesOf(g, result)], dtype: 'float32' });
  return {
    g: own.g,
    result: own.of(result),
    leaves: own.leaves,
    turns: {
      count,
      cotangent: own.of(ct),
      hot,
      assembly: { g: assembly, stacked, result: assemble(assembly, stacked) },
    },
    steps,
  };
}

/** The flat place of output k (its axes without the batch, row-major) of sample s. */
function placeOf({ g, output, batch }: Subject): (sample: number, k: number) => number {
  const sizes = sizesOf(g, output);
  return (sample, k) => {
    let rest = k;
    let [place, stride] = [0, 1];
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const n = sizes[axis] ?? 1;
      const at = axis === batch?.output ? sample : rest % n;
      if (axis !== batch?.output) rest = Math.floor(rest / n);
      place += at * stride;
      stride *= n;
    }
    return place;
  };
}

function sumOverBatch(subject: Subject, batch: { readonly input: number; readonly output: number }): Plan {
  const { outputs, inputs, samples } = subject;
  const place = placeOf(subject);
  return turned(
    subject,
    product(outputs),
    (k) => range(samples).map((sample) => place(sample, k)),
    (pulled) => pulled,
    (g, rows) => perSample(g, rows, batch, outputs, inputs),
    [`For each of ${product(outputs)} outputs: one backward pass for the sum over all ${samples} samples.`],
  );
}

function full(subject: Subject, batch: { readonly input: number; readonly output: number }): Plan {
  const { outputs, inputs, samples } = subject;
  const [place, n] = [placeOf(subject), product(outputs)];
  return turned(
    subject,
    samples * n,
    (turn) => [place(Math.floor(turn / n), turn % n)],
    (pulled) => pulled,
    (g, rows) => diagonalBlocks(g, g.reshape(rows, [samples, n, ...sizesOf(g, rows).slice(1)]), batch, outputs, inputs),
    [
      `For each of ${samples * n} outputs of all samples: one backward pass, all of it kept.`,
      'The blocks of equal samples are taken at the end.',
    ],
  );
}

function loop(subject: Subject): Plan {
  const { g, input, outputs, inputs, samples, batch } = subject;
  const [place, n] = [placeOf(subject), product(outputs)];
  return turned(
    subject,
    samples * n,
    (turn) => [place(Math.floor(turn / n), turn % n)],
    // The other samples' rows are zero, so their sum is the one row.
    (pulled) => (batch === null ? pulled : g.sum(pulled, [batch.input])),
    (own, rows) => own.reshape(rows, [...(batch === null ? [] : [samples]), ...outputs, ...inputs]),
    [`For each of ${samples} samples and ${n} outputs: one backward pass to the input ${showShape(g.shape(input))}.`],
  );
}
