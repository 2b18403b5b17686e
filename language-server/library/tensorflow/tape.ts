import type { NodeId, Region } from '../../graph/graph.ts';
import { sameShape, showShape } from '../../graph/shape.ts';
import { type Args, known, truthOf } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import { leavesOf } from '../transforms.ts';
import { mapParts } from '../trees.ts';
import {
  bool,
  type ClassValue,
  describe,
  type InstanceValue,
  int,
  list,
  type NativeValue,
  none,
  str,
  type TensorValue,
  tensor,
  type Value,
} from '../values.ts';
import { asTensor } from './dialect.ts';
import { isEager } from './eager.ts';
import { asValue, fromValue, numberOf, type Recording, seen } from './recording.ts';

/**
 * Derivatives of what a tape has recorded (https://www.tensorflow.org/api_docs/python/tf/GradientTape), of graphs
 * (`tf.gradients`) and in forward mode (`tf.autodiff.ForwardAccumulator`).
 */

/** What is begun and what is recorded, as attributes, so that branches undo and join them as any others. */
const kept = '_tape';
const since = '_since';

function self(args: Args, name = 'self'): InstanceValue {
  const value = args.value(name);
  if (value.kind === 'instance') return value;
  throw new PythonError('TypeError', `a tape is wanted, not ${describe(value)}`);
}

function attribute(tape: InstanceValue, name: string): Value {
  return known(tape.attributes.get(name) ?? none);
}

function flag(tape: InstanceValue, name: string): boolean {
  const truth = truthOf(attribute(tape, name));
  if (truth === null) throw new Unknowable(`whether the tape is ${name} is not known before it runs`);
  return truth;
}

/** In the place of what it has recorded, once a tape has given all that it gives. */
const spent = str('spent');

/** What the tape has recorded up to now; null before it was begun and once it is spent. */
function recordingOf(cx: Context, tape: InstanceValue): Recording | null {
  const value = attribute(tape, kept);
  if (value.kind !== 'tuple') return null;
  const begun = attribute(tape, since);
  const now = cx.build.nodes.length;
  const { spans, watched } = fromValue(value);
  return {
    spans: begun.kind === 'none' ? spans : [...spans, [numberOf(begun), now]],
    watched,
    variables: flag(tape, 'watch_accessed_variables'),
  };
}

function isRecording(tape: InstanceValue): boolean {
  return attribute(tape, since).kind !== 'none';
}

function begin(cx: Context, tape: InstanceValue): void {
  if (isRecording(tape))
    throw new PythonError(
      'ValueError',
      'Tape is still recording, This can happen if you try to re-enter an already-active tape.',
    );
  if (attribute(tape, kept).kind !== 'tuple') cx.setAttribute(tape, kept, asValue({ spans: [], watched: new Map() }));
  cx.setAttribute(tape, since, int(cx.build.nodes.length));
}

function end(cx: Context, tape: InstanceValue): void {
  const recorded = recordingOf(cx, tape);
  if (!isRecording(tape)) throw new PythonError('ValueError', 'Tape is not recording.');
  if (recorded !== null) cx.setAttribute(tape, kept, asValue(recorded));
  cx.setAttribute(tape, since, none);
}

/** What the tape has recorded, for a derivative: a tape that is not persistent gives one, and stops with it. */
function spend(cx: Context, tape: InstanceValue): Recording {
  const recorded = recordingOf(cx, tape);
  if (recorded === null)
    throw new PythonError(
      'RuntimeError',
      `A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)${attribute(tape, kept).kind === 'none' ? ': it was never entered' : ''}`,
    );
  if (!flag(tape, 'persistent')) {
    if (isRecording(tape)) end(cx, tape);
    cx.setAttribute(tape, kept, spent);
  }
  return recorded;
}

/** One row after the other, a tape is used as often as there are rows. */
function requireRows(cx: Context, tape: InstanceValue, args: Args, what: string): void {
  if (!isEager(cx)) return;
  if (args.bool('experimental_use_pfor', true)) {
    if (args.optional('parallel_iterations') === null) return;
    throw new PythonError(
      'ValueError',
      `Encountered an exception while vectorizing the ${what} computation: parallel_iterations is for graphs.`,
    );
  }
  if (flag(tape, 'persistent')) return;
  throw new PythonError(
    'RuntimeError',
    `GradientTape must be created with persistent=True to compute the ${what} with eager execution enabled and with experimental_use_pfor set to False.`,
  );
}

// What is differentiated

/** The sources with something in the place of each tensor, nested as they are. */
function mapSources(value: Value, of: (source: TensorValue) => Value): Value {
  known(value);
  if (value.kind === 'tensor') return of(value);
  if (!['tuple', 'list', 'dict'].includes(value.kind) || (value.kind === 'list' && value.tail !== null))
    throw new Unknowable(`derivatives by ${describe(value)} are not followed`);
  return mapParts(value, (part) => mapSources(part, of));
}

function sourcesOf(value: Value): readonly Value[] {
  return value.kind === 'tuple' || value.kind === 'list' ? value.items : [value];
}

function oneTensor(args: Args, name: string): TensorValue {
  const value = args.value(name);
  if (value.kind === 'tensor') return value;
  if (value.kind === 'list' || value.kind === 'tuple' || value.kind === 'dict')
    throw new PythonError('AttributeError', `'${value.kind}' object has no attribute 'shape'`);
  throw new Unknowable(`derivatives of ${describe(value)} are not followed`);
}

/** What stands where nothing leads from the target to a source: None, or zeros where they are asked for. */
function unconnected(cx: Context, args: Args, zeros: () => NodeId): Value {
  const given = args.optional('unconnected_gradients');
  if (given === null) return none;
  if (given.kind === 'str' && given.value === 'none') return none;
  if (given.kind === 'str' && given.value === 'zero') return tensor(zeros(), 'tensorflow');
  return cx.unknown('what stands for unconnected gradients is not known');
}

/** A derivative primitive's region with the values of its inputs, by its first. */
function paramsOf(cx: Context, region: Region) {
  const [input] = region.inputs;
  const [output] = region.outputs;
  if (input === undefined || output === undefined) throw new RangeError('a region without input or output');
  return {
    region,
    wrt: 0,
    input: cx.build.aval(input),
    output: cx.build.aval(output),
    // Whether it is differentiated again is for the tapes around to say.
    differentiable: true,
  };
}

/** The targets' gradients by one source, added up: each with its cotangent. */
function pulledBack(
  cx: Context,
  recorded: Recording,
  source: TensorValue,
  targets: readonly { readonly node: NodeId; readonly cotangent: NodeId }[],
): readonly NodeId[] {
  return targets.flatMap(({ node, cotangent }) => {
    const region = seen(cx, recorded, source, node);
    return region === null ? [] : [cx.build.emit('vjp', paramsOf(cx, region), [...region.inputs, cotangent])];
  });
}

/** The targets with their cotangents, ones where none is given. */
function withCotangents(cx: Context, target: Value, given: Value | null) {
  const nodes = leavesOf(target);
  const cotangents = given === null ? [] : sourcesOf(known(given));
  return nodes.map((node, k) => {
    const { shape, dtype } = cx.build.aval(node);
    const cotangent = cotangents[k];
    return {
      node,
      cotangent:
        cotangent === undefined || cotangent.kind === 'none'
          ? cx.build.full(shape, 1, dtype)
          : asTensor(cx, cotangent, dtype),
    };
  });
}

function zerosLike(cx: Context, { node }: TensorValue): NodeId {
  const { shape, dtype } = cx.build.aval(node);
  return cx.build.full(shape, 0, dtype);
}

function gradientBy(
  cx: Context,
  args: Args,
  results: NodeId[],
  recorded: Recording,
  source: TensorValue,
  targets: ReturnType<typeof withCotangents>,
): Value {
  const parts = pulledBack(cx, recorded, source, targets);
  const [first, ...rest] = parts;
  if (first === undefined) return unconnected(cx, args, () => zerosLike(cx, source));
  results.push(...parts);
  return tensor(
    rest.reduce((sum, part) => cx.build.add(sum, part), first),
    'tensorflow',
  );
}

function gradient(cx: Context, args: Args, recorded: Recording, results: NodeId[]): Value {
  const target = args.value('target');
  if (target.kind === 'none')
    throw new PythonError('TypeError', 'Argument `target` should be a list or nested structure of Tensors, not None.');
  if (target.kind === 'float' || target.kind === 'int' || target.kind === 'bool')
    throw new PythonError('AttributeError', `'${target.kind}' object has no attribute 'dtype'`);
  const targets = withCotangents(cx, target, args.optional('output_gradients'));
  return mapSources(args.value('sources'), (source) => gradientBy(cx, args, results, recorded, source, targets));
}

function jacobian(cx: Context, args: Args, recorded: Recording, results: NodeId[]): Value {
  const { build } = cx;
  const target = oneTensor(args, 'target').node;
  return mapSources(args.value('sources'), (source) => {
    const region = seen(cx, recorded, source, target);
    const { shape, dtype } = build.aval(source.node);
    if (region === null) return unconnected(cx, args, () => build.full([...build.shape(target), ...shape], 0, dtype));
    const node = build.emit('jacobian', { ...paramsOf(cx, region), mode: 'reverse' }, region.inputs);
    results.push(node);
    return tensor(node, 'tensorflow');
  });
}

/** The Jacobian of the sum over the batch, batch first: one pass an output of one sample. */
function batchJacobian(cx: Context, args: Args, recorded: Recording, results: NodeId[]): Value {
  const { build } = cx;
  const [target, source] = [oneTensor(args, 'target').node, oneTensor(args, 'source')];
  const [outer, inner] = [build.shape(target), build.shape(source.node)];
  for (const shape of [outer, inner])
    if (shape.length < 2) throw new PythonError('ValueError', `Shape ${showShape(shape)} must have rank at least 2`);
  if (!sameShape(outer.slice(0, 1), inner.slice(0, 1)))
    throw new PythonError(
      'ValueError',
      `Need first dimension of target shape (${showShape(outer)}) and source shape (${showShape(inner)}) to match.`,
    );
  if (outer[0] === 0) throw new PythonError('ZeroDivisionError', 'integer division or modulo by zero');
  const region = seen(cx, recorded, source, target);
  // Zeros where nothing leads to the source, and not None.
  if (region === null)
    return tensor(build.full([...outer, ...inner.slice(1)], 0, build.aval(target).dtype), 'tensorflow');
  const summed = { ...region, outputs: [build.reduce('reduce_sum', target, [0], false)] };
  const node = build.emit('jacobian', { ...paramsOf(cx, summed), mode: 'reverse' }, region.inputs);
  results.push(node);
  const axes = build.shape(node).map((_, axis) => axis);
  const batch = outer.length - 1;
  return tensor(build.transpose(node, [batch, ...axes.filter((axis) => axis !== batch)]), 'tensorflow');
}

type Derivative = (cx: Context, args: Args, recorded: Recording, results: NodeId[]) => Value;

/** A method that differentiates what the tape has recorded. */
function derivative(name: string, parameters: string, rows: string | null, rule: Derivative): NativeValue {
  return native(name, parameters, (cx, args) => {
    const tape = self(args);
    const call = { api: `tf.GradientTape.${name}`, target: null, given: [], madeAt: null };
    return cx.differentiating(call, (results) => {
      // A tape that stays as it is when it is used raises once its rows are asked for one by one.
      if (rows !== null && attribute(tape, kept).kind === 'tuple') requireRows(cx, tape, args, rows);
      return rule(cx, args, spend(cx, tape), results);
    });
  });
}

const options = 'unconnected_gradients=None, parallel_iterations=None, experimental_use_pfor=True';

/** `with tape.stop_recording():`. */
const pause = libraryClass(
  'tensorflow.GradientTape.stop_recording',
  [],
  [
    native('__enter__', '(self)', (cx, args) => {
      const tape = attribute(self(args), 'tape');
      if (tape.kind === 'instance') end(cx, tape);
      return none;
    }),
    native('__exit__', '(self, *args)', (cx, args) => {
      const tape = attribute(self(args), 'tape');
      if (tape.kind === 'instance') begin(cx, tape);
      return none;
    }),
  ],
);

const gradientTape = libraryClass(
  'tensorflow.GradientTape',
  [],
  [
    native('__init__', '(self, persistent=False, watch_accessed_variables=True)', (cx, args) => {
      const tape = self(args);
      cx.setAttribute(tape, 'persistent', args.optional('persistent') ?? bool(false));
      cx.setAttribute(tape, 'watch_accessed_variables', args.optional('watch_accessed_variables') ?? bool(true));
      cx.setAttribute(tape, kept, none);
      cx.setAttribute(tape, since, none);
      return none;
    }),
    native('__enter__', '(self)', (cx, args) => {
      begin(cx, self(args));
      return self(args);
    }),
    native('__exit__', '(self, *args)', (cx, args) => {
      const tape = self(args);
      if (isRecording(tape)) end(cx, tape);
      return none;
    }),
    native('watch', '(self, tensor)', (cx, args) => {
      const tape = self(args);
      const value = attribute(tape, kept);
      if (value.kind !== 'tuple') throw new PythonError('AttributeError', "'NoneType' object has no attribute '_tape'");
      const { spans, watched } = fromValue(value);
      const now = cx.build.nodes.length;
      const fresh: [NodeId, number][] = [];
      mapSources(args.value('tensor'), (source) => {
        if (source.family !== 'tensorflow')
          throw new PythonError('ValueError', 'a tensor or variable of TensorFlow is wanted, not an array');
        if (!watched.has(source.node)) fresh.push([source.node, now]);
        return none;
      });
      cx.setAttribute(tape, kept, asValue({ spans, watched: new Map([...watched, ...fresh]) }));
      return none;
    }),
    native('stop_recording', '(self)', (cx, args) => {
      const manager = cx.instantiate(pause);
      cx.setAttribute(manager, 'tape', self(args));
      return manager;
    }),
    native('reset', '(self)', (cx, args) => {
      const tape = self(args);
      end(cx, tape);
      cx.setAttribute(tape, kept, none);
      begin(cx, tape);
      return none;
    }),
    native('watched_variables', '(self)', (cx) => cx.unknown('which variables a tape has met is not followed')),
    derivative(
      'gradient',
      '(self, target, sources, output_gradients=None, unconnected_gradients=None)',
      null,
      gradient,
    ),
    derivative('jacobian', `(self, target, sources, ${options})`, 'jacobian', jacobian),
    derivative('batch_jacobian', `(self, target, source, ${options})`, 'batch_jacobian', batchJacobian),
  ],
);

// Graphs

/** What a function that runs as a graph holds: all that leads from a source to a target. */
function everything(cx: Context, sources: readonly TensorValue[]): Recording {
  return {
    spans: [[0, cx.build.nodes.length]],
    watched: new Map(sources.map(({ node }) => [node, 0])),
    variables: true,
  };
}

function graphSources(args: Args): readonly TensorValue[] {
  return sourcesOf(args.value('xs')).map((source) => {
    known(source);
    if (source.kind === 'tensor') return source;
    throw new Unknowable(`derivatives by ${describe(source)} are not followed`);
  });
}

/** A function of a graph, which only functions that run as graphs may call: a list, an entry for each source. */
function ofGraph(name: string, parameters: string, rule: Derivative): NativeValue {
  return native(`tensorflow.${name}`, parameters, (cx, args) =>
    cx.differentiating({ api: `tf.${name}`, target: null, given: [], madeAt: null }, (results) =>
      rule(cx, args, everything(cx, graphSources(args)), results),
    ),
  );
}

const gradients = ofGraph(
  'gradients',
  "(ys, xs, grad_ys=None, name='gradients', gate_gradients=False, aggregation_method=None, stop_gradients=None, unconnected_gradients=None)",
  (cx, args, recorded, results) => {
    if (args.optional('stop_gradients') !== null) throw new Unknowable('what stop_gradients holds is not followed');
    const targets = withCotangents(cx, args.value('ys'), args.optional('grad_ys'));
    return list(graphSources(args).map((source) => gradientBy(cx, args, results, recorded, source, targets)));
  },
);

const hessians = ofGraph(
  'hessians',
  "(ys, xs, gate_gradients=False, aggregation_method=None, name='hessians')",
  (cx, args, recorded, results) => {
    const targets = withCotangents(cx, args.value('ys'), null);
    return list(
      graphSources(args).map((source) => {
        const [first, ...rest] = pulledBack(cx, recorded, source, targets);
        if (first === undefined) throw new PythonError('ValueError', 'None values not supported.');
        const whole = rest.reduce((sum, part) => cx.build.add(sum, part), first);
        const region = { inputs: [source.node], outputs: [whole] };
        const node = cx.build.emit('jacobian', { ...paramsOf(cx, region), mode: 'reverse' }, [source.node]);
        results.push(node);
        return tensor(node, 'tensorflow');
      }),
    );
  },
);

// Forward mode

const accumulator = libraryClass(
  'tensorflow.autodiff.ForwardAccumulator',
  [],
  [
    native('__init__', '(self, primals, tangents)', (cx, args) => {
      const made = self(args);
      cx.setAttribute(made, 'primals', args.value('primals'));
      cx.setAttribute(made, 'tangents', args.value('tangents'));
      cx.setAttribute(made, 'persistent', bool(true));
      cx.setAttribute(made, 'watch_accessed_variables', bool(false));
      cx.setAttribute(made, kept, none);
      cx.setAttribute(made, since, none);
      return none;
    }),
    native('__enter__', '(self)', (cx, args) => {
      const made = self(args);
      begin(cx, made);
      const watched = leavesOf(attribute(made, 'primals')).map((node): [NodeId, number] => [node, 0]);
      cx.setAttribute(made, kept, asValue({ spans: [], watched: new Map(watched) }));
      return made;
    }),
    native('__exit__', '(self, *args)', (cx, args) => {
      end(cx, self(args));
      return none;
    }),
    native('jvp', '(self, primals, unconnected_gradients=None)', (cx, args) => {
      const made = self(args);
      const call = { api: 'tf.autodiff.ForwardAccumulator.jvp', target: null, given: [], madeAt: null };
      return cx.differentiating(call, (results) => {
        const recorded = recordingOf(cx, made);
        if (recorded === null) throw new Unknowable('the accumulator was not begun');
        return mapSources(args.value('primals'), (target) => pushed(cx, args, made, recorded, results, target));
      });
    }),
  ],
);

/** The tangent of one value that was computed from the primals. */
function pushed(
  cx: Context,
  args: Args,
  made: InstanceValue,
  recorded: Recording,
  results: NodeId[],
  target: TensorValue,
): Value {
  const { build } = cx;
  const tangents = leavesOf(attribute(made, 'tangents'));
  const parts = leavesOf(attribute(made, 'primals')).flatMap((primal, k) => {
    const tangent = tangents[k];
    const region = tangent === undefined ? null : seen(cx, recorded, tensor(primal, 'tensorflow'), target.node);
    if (tangent === undefined || region === null) return [];
    // What was not recorded does not move.
    const others = region.inputs.slice(1).map((id) => build.full(build.shape(id), 0, build.aval(id).dtype));
    return [build.emit('jvp', paramsOf(cx, region), [...region.inputs, tangent, ...others])];
  });
  const [first, ...rest] = parts;
  if (first === undefined) return unconnected(cx, args, () => zerosLike(cx, target));
  results.push(...parts);
  return tensor(
    rest.reduce((sum, part) => build.add(sum, part), first),
    'tensorflow',
  );
}

export const tapeClasses: readonly ClassValue[] = [
  gradientTape,
  { ...gradientTape, name: 'tensorflow.autodiff.GradientTape' },
  accumulator,
];

export const tapeConstants: readonly (readonly [string, Value])[] = [
  ['tensorflow.UnconnectedGradients.NONE', str('none')],
  ['tensorflow.UnconnectedGradients.ZERO', str('zero')],
];

export const graphFunctions: readonly NativeValue[] = [gradients, hessians];
