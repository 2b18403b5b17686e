import type { Dim } from '../../../graph/dim.ts';
import * as D from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import type { Initializer } from '../../../graph/primitives/leaves.ts';
import { dimAt, type Shape, ShapeError, showShape } from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { native } from '../../define.ts';
import { bool, type ClassValue, none, tensor, tuple, type Value } from '../../values.ts';
import { opaque } from '../opaque.ts';
import { requireBatchingRule } from '../under-vmap.ts';
import { dropElements, probabilityIn } from './dropout.ts';
import { type Layer, layerClass, weightMaker } from './layer.ts';
import { requireFloatingInput } from './linear.ts';
import { isTraining, type ModuleSelf } from './module.ts';

/** Recurrent layers and their cells (https://docs.pytorch.org/docs/stable/nn.html#recurrent-layers). */

/** What one step leaves behind: the hidden state, and for an LSTM the cell's. */
type State = readonly NodeId[];

interface Kind {
  /** How many gates the weights hold, one under the other. */
  readonly gates: number;
  /** How many states are carried along. */
  readonly states: 1 | 2;
  /** One step: from what the input and the hidden state give for the gates, and the states. */
  readonly step: (cx: Context, fromInput: NodeId, fromHidden: NodeId, state: State, own: Args) => State;
}

/** The k-th of the parts of the last axis. */
function gate(cx: Context, x: NodeId, k: number, size: Dim): NodeId {
  return cx.build.sliceAxis(x, -1, D.mul(size, k), D.mul(size, k + 1));
}

function sizeOfState(cx: Context, state: State, k: number): Dim {
  const node = state[k];
  if (node === undefined) throw new TypeError('a state is missing');
  return dimAt(cx.build.shape(node), cx.build.rank(node) - 1);
}

function stateAt(state: State, k: number): NodeId {
  const node = state[k];
  if (node === undefined) throw new TypeError('a state is missing');
  return node;
}

const kinds = {
  RNN: {
    gates: 1,
    states: 1,
    step: (cx, fromInput, fromHidden, _state, own) => {
      const name = own.string('nonlinearity', 'tanh');
      const sum = cx.build.add(fromInput, fromHidden);
      return [cx.build.unary(name === 'relu' ? 'relu' : 'tanh', sum)];
    },
  },
  LSTM: {
    gates: 4,
    states: 2,
    step: (cx, fromInput, fromHidden, state) => {
      const { build } = cx;
      const size = sizeOfState(cx, state, 1);
      const sum = build.add(fromInput, fromHidden);
      const part = (k: number): NodeId => gate(cx, sum, k, size);
      const [input, forget, output] = [0, 1, 3].map((k) => build.unary('logistic', part(k)));
      if (input === undefined || forget === undefined || output === undefined) throw new TypeError('three gates');
      const cell = build.add(build.mul(forget, stateAt(state, 1)), build.mul(input, build.unary('tanh', part(2))));
      return [build.mul(output, build.unary('tanh', cell)), cell];
    },
  },
  GRU: {
    gates: 3,
    states: 1,
    step: (cx, fromInput, fromHidden, state) => {
      const { build } = cx;
      const size = sizeOfState(cx, state, 0);
      const sum = (k: number): NodeId => build.add(gate(cx, fromInput, k, size), gate(cx, fromHidden, k, size));
      const [reset, update] = [build.unary('logistic', sum(0)), build.unary('logistic', sum(1))];
      const fresh = build.unary(
        'tanh',
        build.add(gate(cx, fromInput, 2, size), build.mul(reset, gate(cx, fromHidden, 2, size))),
      );
      // (1 - z) * n + z * h.
      return [build.add(fresh, build.mul(update, build.sub(stateAt(state, 0), fresh)))];
    },
  },
} as const satisfies Readonly<Record<string, Kind>>;

type KindName = keyof typeof kinds;

/** U(-k, k) with k = 1 / sqrt(hidden size), for every weight and bias. */
function recurrentInit(hidden: Dim): Initializer {
  const bound = D.isKnown(hidden) && hidden > 0 ? 1 / Math.sqrt(hidden) : 1;
  return { kind: 'uniform', low: -bound, high: bound };
}

/** x @ weight.T + bias over the last axis. */
function project(cx: Context, x: NodeId, weight: NodeId, bias: NodeId | null): NodeId {
  const { build } = cx;
  const y = build.dot(x, weight, { contract: [[build.rank(x) - 1], [1]], batch: [[], []] });
  return bias === null ? y : build.add(y, bias);
}

function requireSizes(name: string, actual: Shape, wanted: Shape): void {
  const fits = actual.length === wanted.length && actual.every((dim, k) => !D.surelyDiffer(dim, wanted[k] ?? -1));
  if (!fits) throw new PythonError('RuntimeError', `${name}: expected ${showShape(wanted)}, got ${showShape(actual)}`);
}

// Cells

function cell(name: KindName): Layer {
  const { gates, states, step }: Kind = kinds[name];
  const choice = name === 'RNN' ? ", nonlinearity='tanh'" : '';
  return {
    name: `${name}Cell`,
    settings: `input_size, hidden_size, bias=True${choice}, device=None, dtype=None`,
    inputs: 'input, hx=None',
    make: (cx, module, settings) => {
      const [into, hidden] = [settings.dim('input_size'), settings.dim('hidden_size')];
      const hasBias = settings.bool('bias', true);
      const make = weightMaker(cx, module, settings);
      const init = recurrentInit(hidden);
      const wide = D.mul(hidden, gates);
      make('weight_ih', [wide, into], init);
      make('weight_hh', [wide, hidden], init);
      make('bias_ih', hasBias ? [wide] : null, init);
      make('bias_hh', hasBias ? [wide] : null, init);
      cx.setAttribute(module, 'bias', bool(hasBias));
    },
    forward: (cx, args, own) => {
      const { build } = cx;
      const x = args.tensor('input');
      const shape = build.shape(x);
      const hidden = own.dim('hidden_size');
      if (shape.length !== 1 && shape.length !== 2)
        throw new PythonError('ValueError', `${name}Cell: Expected input to be 1D or 2D, got ${shape.length}D instead`);
      if (name === 'LSTM') requireBatchingRule(cx, 'aten::lstm_cell', x);
      requireFloatingInput(cx, x, `${name}Cell`);
      requireSizes(`${name}Cell input`, shape.slice(-1), [own.dim('input_size')]);
      checkNonlinearity(own, name);
      const lead = shape.slice(0, -1);
      const given = statesIn(cx, args, states);
      for (const state of given ?? []) {
        if (cx.build.rank(state) !== 1 && cx.build.rank(state) !== 2)
          throw new PythonError('ValueError', `${name}Cell: Expected hx to be 1D or 2D`);
        requireSizes(`${name}Cell hx`, build.shape(state), [...lead, hidden]);
      }
      const zero = build.full([...lead, hidden], 0, build.aval(x).dtype);
      const state = given ?? Array.from({ length: states }, () => zero);
      const fromInput = project(cx, x, own.tensor('weight_ih'), own.optionalTensor('bias_ih'));
      const fromHidden = project(cx, stateAt(state, 0), own.tensor('weight_hh'), own.optionalTensor('bias_hh'));
      const next = step(cx, fromInput, fromHidden, state, own);
      return states === 1 ? stateAt(next, 0) : tuple(next.map((node) => tensor(node)));
    },
  };
}

function checkNonlinearity(own: Args, name: KindName): void {
  const nonlinearity = name === 'RNN' ? own.string('nonlinearity', 'tanh') : 'tanh';
  if (nonlinearity !== 'tanh' && nonlinearity !== 'relu')
    throw new PythonError('RuntimeError', `Unknown nonlinearity: ${nonlinearity}`);
}

/** The states given to start from: a tensor, or a pair for an LSTM. */
function statesIn(cx: Context, args: Args, count: 1 | 2): State | null {
  const given = args.optional('hx');
  if (given === null) return null;
  if (count === 1) return [args.tensor('hx')];
  const items = cx.items(args.value('hx'));
  if (items.length !== 2) throw new PythonError('RuntimeError', 'LSTM expects two hidden states');
  return items.map((item) => {
    if (item.kind === 'tensor') return item.node;
    if (item.kind === 'unknown') throw new Unknowable(item.reason.text, item.reason);
    throw new PythonError('TypeError', 'a hidden state must be a tensor');
  });
}

// Layers

/** More steps than this, over all layers and directions, are not written out one by one. */
const mostSteps = 256;

interface Weights {
  readonly input: NodeId;
  readonly hidden: NodeId;
  readonly inputBias: NodeId | null;
  readonly hiddenBias: NodeId | null;
  /** What the hidden state of an LSTM is projected by. */
  readonly projection: NodeId | null;
}

function weightNames(layer: number, direction: number): Readonly<Record<keyof Weights, string>> {
  const suffix = `_l${layer}${direction === 1 ? '_reverse' : ''}`;
  return {
    input: `weight_ih${suffix}`,
    hidden: `weight_hh${suffix}`,
    inputBias: `bias_ih${suffix}`,
    hiddenBias: `bias_hh${suffix}`,
    projection: `weight_hr${suffix}`,
  };
}

function weightsIn(own: Args, layer: number, direction: number): Weights {
  const names = weightNames(layer, direction);
  return {
    input: own.tensor(names.input),
    hidden: own.tensor(names.hidden),
    inputBias: own.optionalTensor(names.inputBias),
    hiddenBias: own.optionalTensor(names.hiddenBias),
    projection: own.optionalTensor(names.projection),
  };
}

interface Sizes {
  readonly into: Dim;
  readonly hidden: Dim;
  /** What comes out of each step: the hidden size, or that of its projection. */
  readonly out: Dim;
  readonly layers: number;
  readonly directions: number;
}

function sizesIn(settings: Args): Sizes {
  const hidden = settings.dim('hidden_size');
  const projected = settings.has('proj_size') ? settings.dim('proj_size', 0) : 0;
  return {
    into: settings.dim('input_size'),
    hidden,
    out: projected === 0 ? hidden : projected,
    layers: settings.int('num_layers', 1),
    directions: settings.bool('bidirectional', false) ? 2 : 1,
  };
}

function makeRecurrent(cx: Context, module: ModuleSelf, settings: Args, kind: Kind): void {
  const { into, hidden, out, layers, directions } = sizesIn(settings);
  const refused = (message: string): never => {
    throw new PythonError('ValueError', message);
  };
  if (D.isKnown(hidden) && hidden <= 0) refused('hidden_size must be greater than zero');
  if (layers <= 0) refused('num_layers must be greater than zero');
  probabilityIn(settings, 'dropout', 0);
  if (
    D.isKnown(out) &&
    D.isKnown(hidden) &&
    (out < 0 || out > hidden || (out === hidden && settings.has('proj_size') && settings.dim('proj_size', 0) !== 0))
  )
    refused('proj_size has to be smaller than hidden_size, and positive');
  const make = weightMaker(cx, module, settings);
  const init = recurrentInit(hidden);
  if (settings.optional('bias')?.kind === 'str')
    throw new PythonError('TypeError', 'bias should be of type bool, got: str');
  const hasBias = settings.bool('bias', true);
  const wide = D.mul(hidden, kind.gates);
  for (let layer = 0; layer < layers; layer++) {
    for (let direction = 0; direction < directions; direction++) {
      const names = weightNames(layer, direction);
      make(names.input, [wide, layer === 0 ? into : D.mul(out, directions)], init);
      make(names.hidden, [wide, out], init);
      if (hasBias) make(names.inputBias, [wide], init);
      if (hasBias) make(names.hiddenBias, [wide], init);
      if (!D.equal(out, hidden)) make(names.projection, [out, hidden], init);
    }
  }
  cx.setAttribute(module, 'bias', bool(hasBias));
}

/** One layer in one direction: the outputs in the order of time, and the last state. */
function runDirection(
  cx: Context,
  kind: Kind,
  own: Args,
  x: NodeId,
  length: number,
  weights: Weights,
  start: State,
  backwards: boolean,
): { readonly outputs: readonly NodeId[]; readonly state: State } {
  const { build } = cx;
  const fromInput = project(cx, x, weights.input, weights.inputBias);
  let state = start;
  const outputs: NodeId[] = [];
  for (let k = 0; k < length; k++) {
    const at = backwards ? length - 1 - k : k;
    const fromHidden = project(cx, stateAt(state, 0), weights.hidden, weights.hiddenBias);
    const [hidden, ...others] = kind.step(cx, build.take(fromInput, 0, at), fromHidden, state, own);
    if (hidden === undefined) throw new TypeError('a step without a state');
    const out = weights.projection === null ? hidden : project(cx, hidden, weights.projection, null);
    state = [out, ...others];
    outputs[at] = out;
  }
  return { outputs, state };
}

/** All layers over (time, samples, features): the outputs, and the last states of each layer and direction. */
function runLayers(
  cx: Context,
  kind: Kind,
  own: Args,
  x: NodeId,
  length: number,
  sizes: Sizes,
  start: readonly NodeId[],
  dropout: number | null,
): { readonly outputs: NodeId; readonly states: readonly NodeId[] } {
  const { build } = cx;
  const { layers, directions } = sizes;
  const last: State[] = [];
  let y = x;
  for (let layer = 0; layer < layers; layer++) {
    const runs = Array.from({ length: directions }, (_, direction) => {
      const place = layer * directions + direction;
      const state = start.map((given) => build.take(given, 0, place));
      return runDirection(cx, kind, own, y, length, weightsIn(own, layer, direction), state, direction === 1);
    });
    last.push(...runs.map((run) => run.state));
    const each = runs.map((run) => build.stack(run.outputs, 0));
    const joined = build.concatenate(each, 2);
    y = layer < layers - 1 ? dropElements(cx, joined, dropout) : joined;
  }
  const states = Array.from({ length: kind.states }, (_, k) =>
    build.stack(
      last.map((state) => stateAt(state, k)),
      0,
    ),
  );
  return { outputs: y, states };
}

function forward(cx: Context, args: Args, own: Args, module: ModuleSelf, name: KindName): Value {
  const { build } = cx;
  const kind: Kind = kinds[name];
  const given = args.tensor('input');
  const rank = build.rank(given);
  if (rank !== 2 && rank !== 3)
    throw new PythonError('ValueError', `${name}: Expected input to be 2D or 3D, got ${rank}D instead`);
  requireFloatingInput(cx, given, name);
  requireBatchingRule(cx, `aten::${name.toLowerCase()}.input`, given);
  const sizes = sizesIn(own);
  const { into, hidden, out, layers, directions } = sizes;
  requireSizes(`${name} input`, build.shape(given).slice(-1), [into]);
  checkNonlinearity(own, name);
  const first = own.bool('batch_first', false);
  const isSample = rank === 2;
  // (time, samples, features).
  const x = isSample ? build.expandDims(given, 1) : first ? build.swapAxes(given, 0, 1) : given;
  const [length, samples] = [dimAt(build.shape(x), 0), dimAt(build.shape(x), 1)];
  if (length === 0) throw new ShapeError('Expected sequence length to be larger than 0 in RNN');
  const rows = layers * directions;
  const widths = kind.states === 1 ? [out] : [out, hidden];
  const start = statesIn(cx, args, kind.states)?.map((state, k) => {
    const width = widths[k] ?? hidden;
    requireSizes(`${name} hidden state`, build.shape(state), isSample ? [rows, width] : [rows, samples, width]);
    return isSample ? build.expandDims(state, 1) : state;
  });
  const { dtype } = build.aval(x);
  const placed = (outputs: NodeId): NodeId =>
    isSample ? build.dropAxis(outputs, 1) : first ? build.swapAxes(outputs, 0, 1) : outputs;
  const stated = (state: NodeId): NodeId => (isSample ? build.dropAxis(state, 1) : state);
  if (D.isKnown(length) && length * rows <= mostSteps) {
    const states = start ?? widths.map((width) => build.full([rows, samples, width], 0, dtype));
    const dropout = isTraining(cx, module) ? probabilityIn(own, 'dropout', 0) : 0;
    const run = runLayers(cx, kind, own, x, length, sizes, states, dropout);
    return results(placed(run.outputs), run.states.map(stated));
  }
  const operands = [x, ...(start ?? []), ...weightNodes(own, sizes)];
  const closed = (shape: Shape): NodeId => opaque(cx, `torch.nn.${name}`, operands, shape, dtype, [[1, 1]]);
  return results(
    placed(closed([length, samples, D.mul(out, directions)])),
    widths.map((width) => stated(closed([rows, samples, width]))),
  );
}

function weightNodes(own: Args, { layers, directions }: Sizes): readonly NodeId[] {
  return Array.from({ length: layers * directions }, (_, k) =>
    Object.values(weightsIn(own, Math.floor(k / directions), k % directions)),
  )
    .flat()
    .filter((node) => node !== null);
}

/** (outputs, last hidden state), where an LSTM's is a pair. */
function results(outputs: NodeId, states: readonly NodeId[]): Value {
  const [only, ...more] = states;
  const last = states.map((state) => tensor(state));
  return tuple([tensor(outputs), only !== undefined && more.length === 0 ? tensor(only) : tuple(last)]);
}

function recurrent(name: KindName): Layer {
  const choice = name === 'RNN' ? "nonlinearity='tanh', " : '';
  const projection = name === 'LSTM' ? ', proj_size=0' : '';
  return {
    name,
    settings: `input_size, hidden_size, num_layers=1, ${choice}bias=True, batch_first=False, dropout=0.0, bidirectional=False${projection}, device=None, dtype=None`,
    inputs: 'input, hx=None',
    make: (cx, module, settings) => {
      if (name === 'RNN' && !['tanh', 'relu'].includes(settings.string('nonlinearity', 'tanh')))
        throw new PythonError('ValueError', "Unknown nonlinearity. Select from 'tanh' or 'relu'");
      makeRecurrent(cx, module, settings, kinds[name]);
    },
    forward: (cx, args, own, module) => forward(cx, args, own, module, name),
  };
}

const names = ['RNN', 'LSTM', 'GRU'] as const;

export const recurrentLayers: readonly ClassValue[] = names.flatMap((name) => [
  withFlatten(layerClass(recurrent(name))),
  layerClass(cell(name)),
]);

/** `flatten_parameters()` only arranges memory. */
function withFlatten(cls: ClassValue): ClassValue {
  cls.attributes.set(
    'flatten_parameters',
    native('flatten_parameters', '(self)', () => none),
  );
  return cls;
}
