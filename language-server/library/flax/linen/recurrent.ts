import type { Dim } from '../../../graph/dim.ts';
import type { NodeId } from '../../../graph/graph.ts';
import { dimAt, type Shape, ShapeError } from '../../../graph/shape.ts';
import { Args } from '../../arguments.ts';
import { PythonError } from '../../context.ts';
import { native } from '../../define.ts';
import { jaxDialect } from '../../jax/dialect.ts';
import { dense } from '../../jax/layers.ts';
import { Call, shapeIn, sizeIn } from '../../numpy/dialect.ts';
import { type ClassValue, tensor, tuple, type Value } from '../../values.ts';
import { type DefaultInit, type LayerCall, layerClass, weightOf } from './layer.ts';
import { bindChild } from './scope.ts';

/** Recurrent cells of flax.linen (https://flax.readthedocs.io/en/latest/api_reference/flax.linen/layers.html#recurrent). */

const fields =
  'features, gate_fn=None, activation_fn=None, kernel_init=None, recurrent_kernel_init=None, bias_init=None, dtype=None, param_dtype=None, carry_init=None';

/** One of a cell's dense layers. */
function gate(call: LayerCall, x: NodeId, name: string, features: Dim, hasBias: boolean, isRecurrent: boolean): NodeId {
  const { build, own, cx, module } = call;
  const scope = bindChild({ ...module, attributes: new Map() }, call.scope, name);
  const shape = build.shape(x);
  if (shape.length === 0) throw new ShapeError('a cell takes arrays with at least one axis');
  const init: DefaultInit = isRecurrent ? 'orthogonal' : 'lecun_normal';
  const given = own.optional(isRecurrent ? 'recurrent_kernel_init' : 'kernel_init');
  const kernel = weightOf(cx, scope, own, 'kernel', [dimAt(shape, shape.length - 1), features], given, init);
  const bias = hasBias ? weightOf(cx, scope, own, 'bias', [features], own.optional('bias_init'), 'zeros') : null;
  return dense(cx, x, kernel, bias);
}

function carried(call: LayerCall): readonly [NodeId, NodeId] {
  const [c, h] = call.cx.items(call.value('carry'));
  if (c?.kind !== 'tensor' || h?.kind !== 'tensor')
    throw new PythonError('ValueError', 'the carry must be a pair of arrays');
  return [c.node, h.node];
}

/** The carry and the output: the hidden state, which is both. */
function after(carry: readonly NodeId[], output: NodeId): Value {
  const [only, ...more] = carry.map((node) => tensor(node, 'jax'));
  return tuple([
    only !== undefined && more.length === 0 ? only : tuple(carry.map((node) => tensor(node, 'jax'))),
    tensor(output, 'jax'),
  ]);
}

function lstm(call: LayerCall): Value {
  const { build } = call;
  const [c, h] = carried(call);
  const x = call.array('inputs');
  const size = dimAt(build.shape(h), build.rank(h) - 1);
  const sum = (name: string): NodeId =>
    build.add(gate(call, x, `i${name}`, size, false, false), gate(call, h, `h${name}`, size, true, true));
  const [i, f, g, o] = [
    call.squash('gate_fn', 'logistic', sum('i')),
    call.squash('gate_fn', 'logistic', sum('f')),
    call.squash('activation_fn', 'tanh', sum('g')),
    call.squash('gate_fn', 'logistic', sum('o')),
  ];
  const next = build.add(build.mul(f, c), build.mul(i, g));
  const out = build.mul(o, call.squash('activation_fn', 'tanh', next));
  return after([next, out], out);
}

function gru(call: LayerCall): Value {
  const { build } = call;
  const h = call.array('carry');
  const x = call.array('inputs');
  const size = dimAt(build.shape(h), build.rank(h) - 1);
  const sum = (name: string): NodeId =>
    build.add(gate(call, x, `i${name}`, size, true, false), gate(call, h, `h${name}`, size, false, true));
  const [r, z] = [call.squash('gate_fn', 'logistic', sum('r')), call.squash('gate_fn', 'logistic', sum('z'))];
  const inner = build.mul(r, gate(call, h, 'hn', size, true, true));
  const n = call.squash('activation_fn', 'tanh', build.add(gate(call, x, 'in', size, true, false), inner));
  // (1 - z) * n + z * h.
  const next = build.add(n, build.mul(z, build.sub(h, n)));
  return after([next], next);
}

function simple(call: LayerCall): Value {
  const { build } = call;
  const h = call.array('carry');
  const x = call.array('inputs');
  const size = dimAt(build.shape(h), build.rank(h) - 1);
  const sum = build.add(gate(call, x, 'i', size, true, false), gate(call, h, 'h', size, false, true));
  const next = call.squash('activation_fn', 'tanh', call.own.bool('residual', false) ? build.add(sum, h) : sum);
  return after([next], next);
}

/** `initialize_carry(rng, input_shape)`: zeros for the samples of such an input. */
function initialCarry(states: number): ReturnType<typeof native> {
  return native('initialize_carry', '(self, rng, input_shape)', (cx, args) => {
    const self = args.value('self');
    if (self.kind !== 'instance') throw new PythonError('TypeError', 'a cell is wanted');
    const own = new Args(cx, { values: self.attributes, rest: [], keywords: new Map() });
    const d = jaxDialect.at(cx);
    const call = new Call(d, cx, {
      values: new Map([['input_shape', args.value('input_shape')]]),
      rest: [],
      keywords: new Map(),
    });
    const shape: Shape = [
      ...shapeIn(call, call.value('input_shape')).slice(0, -1),
      sizeIn(call, own.value('features')),
    ];
    const zeros = (): Value => tensor(cx.build.full(shape, 0), 'jax');
    return states === 1 ? zeros() : tuple(Array.from({ length: states }, zeros));
  });
}

const cells = [
  { name: 'LSTMCell', states: 2, extra: '', apply: lstm },
  { name: 'OptimizedLSTMCell', states: 2, extra: '', apply: lstm },
  { name: 'GRUCell', states: 1, extra: '', apply: gru },
  { name: 'SimpleCell', states: 1, extra: ', residual=False', apply: simple },
];

export const recurrentLayers: readonly ClassValue[] = cells.map(({ name, states, extra, apply }) =>
  layerClass({
    name,
    fields: name === 'SimpleCell' ? `${fields.replace('gate_fn=None, ', '')}${extra}` : fields,
    inputs: 'carry, inputs',
    apply,
    methods: [initialCarry(states)],
  }),
);
