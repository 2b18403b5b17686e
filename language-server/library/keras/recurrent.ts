import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { dimAt, ShapeError, showShape } from '../../graph/shape.ts';
import { known } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { dense } from '../jax/layers.ts';
import { dropElements, probabilityIn } from '../torch/nn/dropout.ts';
import { opaque } from '../torch/opaque.ts';
import { bool, type ClassValue, int, list, none, type TensorValue, tuple, type Value } from '../values.ts';
import { activationIn } from './activations.ts';
import { requirePositive } from './core.ts';
import { kindOf, layerIn } from './kinds.ts';
import { added, type LayerCall, layerClass } from './layer.ts';
import { made } from './tensors.ts';
import { weightsOf } from './weights.ts';

/** Recurrent layers and their cells, and layers of steps (https://keras.io/api/layers/recurrent_layers/). */

type State = readonly NodeId[];

interface Kind {
  readonly gates: number;
  readonly states: 1 | 2;
  /** Settings beside those of all. */
  readonly own: string;
  readonly step: (call: LayerCall, x: NodeId, state: State) => State;
}

function at(state: State, k: number): NodeId {
  const node = state[k];
  if (node === undefined) throw new PythonError('IndexError', 'a state is missing');
  return node;
}

/** A tensor through the function that a setting names. */
function through(call: LayerCall, setting: string, node: NodeId): NodeId {
  const value = call.through(activationIn(call.own.optional(setting)), node);
  known(value);
  if (value.kind !== 'tensor') throw new PythonError('TypeError', `${setting} gives no tensor`);
  return value.node;
}

/** The k-th of the parts of the last axis. */
function gate(call: LayerCall, x: NodeId, k: number): NodeId {
  const size = call.own.dim('units');
  return call.build.sliceAxis(x, -1, D.mul(size, k), D.mul(size, k + 1));
}

function recurrent(call: LayerCall, h: NodeId): NodeId {
  return dense(call.cx, h, call.weight('recurrent_kernel'), null);
}

const kinds: Readonly<Record<string, Kind>> = {
  SimpleRNN: {
    gates: 1,
    states: 1,
    own: '',
    step: (call, x, state) => {
      const input = dense(call.cx, x, call.weight('kernel'), call.optionalWeight('bias'));
      return [through(call, 'activation', call.build.add(input, recurrent(call, at(state, 0))))];
    },
  },
  LSTM: {
    gates: 4,
    states: 2,
    own: "recurrent_activation='sigmoid', unit_forget_bias=True, ",
    step: (call, x, state) => {
      const { build } = call;
      const input = dense(call.cx, x, call.weight('kernel'), call.optionalWeight('bias'));
      const sum = added(call, input, recurrent(call, at(state, 0)));
      const squashed = (k: number): NodeId => through(call, 'recurrent_activation', gate(call, sum, k));
      const fresh = through(call, 'activation', gate(call, sum, 2));
      const cell = build.add(build.mul(squashed(1), at(state, 1)), build.mul(squashed(0), fresh));
      return [build.mul(squashed(3), through(call, 'activation', cell)), cell];
    },
  },
  GRU: {
    gates: 3,
    states: 1,
    own: "recurrent_activation='sigmoid', reset_after=True, ",
    step: (call, x, state) => {
      const { build, cx } = call;
      const after = call.own.bool('reset_after', true);
      const bias = call.optionalWeight('bias');
      const [first, second] =
        bias === null ? [null, null] : after ? [build.take(bias, 0, 0), build.take(bias, 0, 1)] : [bias, null];
      const input = dense(cx, x, call.weight('kernel'), first);
      const h = at(state, 0);
      const kernel = call.weight('recurrent_kernel');
      const inner = dense(cx, h, kernel, second);
      const squashed = (k: number): NodeId =>
        through(call, 'recurrent_activation', build.add(gate(call, input, k), gate(call, inner, k)));
      const [update, reset] = [squashed(0), squashed(1)];
      const remembered = after
        ? build.mul(reset, gate(call, inner, 2))
        : dense(cx, build.mul(reset, h), gate(call, kernel, 2), null);
      const fresh = through(call, 'activation', build.add(gate(call, input, 2), remembered));
      // z * h + (1 - z) * fresh.
      return [build.add(fresh, build.mul(update, build.sub(h, fresh)))];
    },
  },
};

const weightTexts = ['kernel', 'recurrent', 'bias'].flatMap((name) =>
  ['regularizer', 'constraint'].map((what) => `${name}_${what}=None`),
);

const cellSettings = (kind: Kind): string =>
  `units, activation='tanh', ${kind.own}use_bias=True, kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros', ${weightTexts.join(', ')}, dropout=0.0, recurrent_dropout=0.0, seed=None, implementation=2`;

/** The states of a step, one or several. */
function statesIn(value: Value): State {
  known(value);
  const items = value.kind === 'list' || value.kind === 'tuple' ? value.items : [value];
  return items.map((item) => {
    known(item);
    if (item.kind !== 'tensor') throw new PythonError('TypeError', 'a state must be a tensor');
    return item.node;
  });
}

/** Elements left out in training. */
function dropped(call: LayerCall, x: NodeId, setting: string): NodeId {
  const rate = probabilityIn(call.own, setting, 0);
  return rate === 0 || rate === 1 || !call.isTraining ? x : dropElements(call.cx, x, rate);
}

function cell(name: string, kind: Kind): ClassValue {
  return layerClass({
    name: `${name}Cell`,
    settings: cellSettings(kind),
    inputs: 'inputs, states, training=False',
    make: (cx, layer, own) => {
      requirePositive(own, 'units');
      const units: Value = int(own.dim('units'));
      cx.setAttribute(layer, 'state_size', kind.states === 1 ? units : list([units, units]));
      cx.setAttribute(layer, 'output_size', units);
    },
    build: (call) => {
      const { own } = call;
      const units = own.dim('units');
      const wide = D.mul(units, kind.gates);
      call.weight('kernel', [call.sizeAt(-1), wide], own.optional('kernel_initializer'), 'glorot_uniform');
      call.weight('recurrent_kernel', [units, wide], own.optional('recurrent_initializer'), 'orthogonal');
      const pair = name === 'GRU' && own.bool('reset_after', true);
      const bias = own.bool('use_bias', true) ? (pair ? [2, wide] : [wide]) : null;
      call.weight('bias', bias, own.optional('bias_initializer'), 'zeros');
    },
    apply: (call) => {
      const given = call.value('states');
      const state = statesIn(given);
      const x = dropped(call, call.array('inputs'), 'dropout');
      const [first, ...others] = state;
      const start = first === undefined ? state : [dropped(call, first, 'recurrent_dropout'), ...others];
      const next = kind.step(call, x, start);
      const isNested = given.kind === 'list' || given.kind === 'tuple';
      return tuple([made(at(next, 0)), isNested ? list(next.map(made)) : made(at(next, 0))]);
    },
  });
}

const cells = new Map(Object.entries(kinds).map(([name, kind]) => [name, cell(name, kind)]));

/** More steps than this are not written out one by one. */
const mostSteps = 256;

const sequenceSettings =
  "return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False, zero_output_for_mask=False, use_cudnn='auto', time_major=False";

/** How many numbers a cell's states have, one for each. */
function stateSizes(call: LayerCall, cellValue: Value): readonly D.Dim[] {
  const size = call.cx.attribute(cellValue, 'state_size');
  if (size === null) throw new PythonError('ValueError', 'state_size must be specified as property on the RNN cell.');
  const items = size.kind === 'list' || size.kind === 'tuple' ? size.items : [size];
  return items.map((item) => {
    if (item.kind === 'int') return item.value;
    throw new Unknowable('states of several tensors in one are not followed');
  });
}

/** A sequence (samples, steps, ...) through a cell, step by step. */
function applySequence(call: LayerCall): Value {
  const { build, own, cx } = call;
  const x = call.array('sequences');
  const shape = build.shape(x);
  if (shape.length < 3) throw new ShapeError(`samples of steps are wanted, not ${showShape(shape)}`);
  if (own.bool('stateful', false)) throw new Unknowable('states that stay from call to call are not followed');
  if (own.bool('time_major', false)) throw new Unknowable('sequences with steps first are not followed');
  const [samples, length] = [dimAt(shape, 0), dimAt(shape, 1)];
  if (length === 0) throw new ShapeError(`a sequence without steps: ${showShape(shape)}`);
  const cellValue = own.value('cell');
  const sizes = stateSizes(call, cellValue);
  const given = call.optional('initial_state');
  const start = given === null ? sizes.map((size) => build.full([samples, size], 0, call.compute)) : statesIn(given);
  const sequences = own.bool('return_sequences', false);
  const finish = (outputs: NodeId, states: State): Value =>
    own.bool('return_state', false) ? tuple([made(outputs), ...states.map(made)]) : made(outputs);
  if (!D.isKnown(length) || length > mostSteps) {
    const weights = weightsOf(call.layer).map((weight) => weight.node);
    const [size = 1] = sizes;
    const closed = (own: readonly D.Dim[]): NodeId =>
      opaque(cx, call.layer.cls.name, [x, ...start, ...weights], own, call.compute, [[0, 0]]);
    return finish(
      closed(sequences ? [samples, length, size] : [samples, size]),
      sizes.map((own) => closed([samples, own])),
    );
  }
  const backwards = own.bool('go_backwards', false);
  const isSingle = sizes.length === 1;
  let state: Value = list(start.map(made));
  const outputs: NodeId[] = [];
  for (let k = 0; k < length; k++) {
    const step = build.take(x, 1, backwards ? length - 1 - k : k);
    const training = call.optional('training');
    const result = known(
      cx.call(cellValue, [made(step), state], training === null ? undefined : new Map([['training', training]])),
    );
    const [output, next] = cx.items(result);
    if (output === undefined || next === undefined)
      throw new PythonError('ValueError', 'a cell gives an output and states');
    outputs.push(at(statesIn(output), 0));
    state = isSingle && next.kind === 'tensor' ? list([next]) : next;
  }
  const last = outputs.at(-1);
  if (last === undefined) throw new RangeError('no steps');
  return finish(sequences ? build.stack(outputs, 1) : last, statesIn(state));
}

const rnn: ClassValue = layerClass({
  name: 'RNN',
  settings: `cell, ${sequenceSettings}`,
  inputs: 'sequences, initial_state=None, mask=None, training=False',
  mask: 'used',
  make: (cx, layer, own) => {
    const value = own.value('cell');
    if (value.kind === 'list' || value.kind === 'tuple')
      cx.setAttribute(layer, 'cell', cx.unknown('stacked cells are not followed'));
  },
  apply: applySequence,
});

function sequence(name: string, kind: Kind, cls: ClassValue): ClassValue {
  const settings = cellSettings(kind);
  const names = settings.split(', ').map((part) => part.split('=')[0] ?? part);
  return layerClass({
    name,
    settings: `${settings}, ${sequenceSettings}`,
    inputs: 'sequences, initial_state=None, mask=None, training=False',
    mask: 'used',
    spec: { rank: 3 },
    base: rnn,
    make: (cx, layer, own) => {
      const given = names.flatMap((key): [string, Value][] => {
        const value = own.has(key) ? own.raw(key) : null;
        return value === null ? [] : [[key, value]];
      });
      cx.setAttribute(layer, 'cell', cx.call(cls, [], new Map(given)));
    },
    shapes: 'sequences_shape, initial_state_shape=None',
    build: (call) => {
      const [samples, , ...rest] = call.cx.items(call.value('sequences_shape'));
      const inner = call.own.value('cell');
      const build = call.cx.attribute(inner, 'build');
      if (build !== null) call.cx.call(build, [tuple([samples ?? none, ...rest])]);
    },
    apply: applySequence,
  });
}

// Wrappers

/** A layer like another, without its weights. */
function copyOf(cx: Context, layer: Value, changes: ReadonlyMap<string, Value>): Value {
  const own = layerIn(layer);
  const names = kindOf(own.cls)?.settings;
  if (names === undefined) throw new Unknowable('copies of such a layer are not followed');
  const given = names.flatMap((name): [string, Value][] => {
    const value = changes.get(name) ?? own.attributes.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  return cx.call(own.cls, [], new Map(given));
}

function parts(value: Value): readonly TensorValue[] {
  const items = value.kind === 'tuple' || value.kind === 'list' ? value.items : [value];
  return items.map((item) => {
    known(item);
    if (item.kind !== 'tensor') throw new PythonError('TypeError', 'a layer gives tensors here');
    return item;
  });
}

const mergeModes = ['sum', 'mul', 'ave', 'concat'];

const bidirectional: ClassValue = layerClass({
  name: 'Bidirectional',
  settings: "layer, merge_mode='concat', weights_given=None, backward_layer=None",
  inputs: 'sequences, initial_state=None, mask=None, training=None',
  mask: 'used',
  make: (cx, layer, own) => {
    const mode = own.optional('merge_mode');
    if (mode !== null && !(mode.kind === 'str' && (mode.value === null || mergeModes.includes(mode.value))))
      throw new PythonError('ValueError', 'Invalid merge mode.');
    const inner = own.value('layer');
    const backward = own.optional('backward_layer');
    if (cx.attribute(inner, 'go_backwards') === null)
      throw new PythonError('AttributeError', 'a layer in two directions must know go_backwards');
    cx.setAttribute(layer, 'forward_layer', copyOf(cx, inner, new Map()));
    cx.setAttribute(layer, 'backward_layer', backward ?? copyOf(cx, inner, new Map([['go_backwards', bool(true)]])));
    // The layer that was given only says what both are.
    cx.setAttribute(layer, 'layer', none);
    for (const name of ['return_sequences', 'return_state'])
      cx.setAttribute(layer, name, cx.attribute(inner, name) ?? bool(false));
  },
  apply: (call) => {
    const { cx, build, own } = call;
    const x = call.value('sequences');
    const given = call.optional('initial_state');
    const states = given === null ? [] : cx.items(given);
    const half = states.length / 2;
    const run = (name: string, start: readonly Value[]): readonly TensorValue[] => {
      const keywords = new Map<string, Value>(start.length === 0 ? [] : [['initial_state', list(start)]]);
      const mode = call.optional('training');
      if (mode !== null) keywords.set('training', mode);
      return parts(known(cx.call(own.value(name), [x], keywords)));
    };
    const [forward, ...forwardStates] = run('forward_layer', states.slice(0, half));
    const [backward, ...backwardStates] = run('backward_layer', states.slice(half));
    if (forward === undefined || backward === undefined) throw new PythonError('ValueError', 'two outputs are wanted');
    const turned = own.bool('return_sequences', false)
      ? build.emit('reverse', { axes: [1] }, [backward.node])
      : backward.node;
    const last = [...forwardStates, ...backwardStates];
    if (own.optional('merge_mode') === null) return tuple([forward, made(turned), ...last]);
    const mode = own.string('merge_mode');
    const sum = (): NodeId => build.add(forward.node, turned);
    const merged =
      mode === 'concat'
        ? build.concatenate([forward.node, turned], -1)
        : mode === 'mul'
          ? build.mul(forward.node, turned)
          : mode === 'ave'
            ? build.scale(sum(), 0.5)
            : sum();
    return last.length === 0 ? made(merged) : tuple([made(merged), ...last]);
  },
});

const timeDistributed: ClassValue = layerClass({
  name: 'TimeDistributed',
  settings: 'layer',
  inputs: 'inputs, training=None, mask=None',
  mask: 'used',
  make: (_cx, _layer, own) => {
    layerIn(own.value('layer'));
  },
  spec: { least: 3 },
  apply: (call) => {
    const { cx, build, own } = call;
    const x = call.array('inputs');
    const length = dimAt(build.shape(x), 1);
    const inner = own.value('layer');
    const mode = call.optional('training');
    const run = (node: NodeId): TensorValue => {
      const [only, ...more] = parts(
        known(cx.call(inner, [made(node)], mode === null ? undefined : new Map([['training', mode]]))),
      );
      if (only === undefined || more.length > 0) throw new Unknowable('steps of several results are not followed');
      return only;
    };
    if (length === 0) throw new ShapeError('a sequence without steps');
    if (!D.isKnown(length) || length > mostSteps) {
      // Steps beside samples are the same where a layer keeps samples apart.
      if (!layerIn(inner).cls.name.startsWith('keras.') || call.isTraining)
        throw new Unknowable('so many steps are not followed');
      const shape = build.shape(x);
      const y = run(build.reshape(x, [D.mul(dimAt(shape, 0), length), ...shape.slice(2)])).node;
      return build.reshape(y, [dimAt(shape, 0), length, ...build.shape(y).slice(1)]);
    }
    const steps = Array.from({ length }, (_, k) => run(build.take(x, 1, k)).node);
    return build.stack(steps, 1);
  },
});

export const recurrentLayers: readonly ClassValue[] = [
  rnn,
  ...[...cells].flatMap(([name, cls]) => {
    const kind = kinds[name];
    return kind === undefined ? [] : [cls, sequence(name, kind, cls)];
  }),
  bidirectional,
  timeDistributed,
];
