import type { NodeId } from '../../../graph/graph.ts';
import {
  broadcastShapes,
  isFloating,
  requireEqual,
  requireStretch,
  type Shape,
  ShapeError,
  showShape,
} from '../../../graph/shape.ts';
import { type Args, asOperand, shapeOf } from '../../arguments.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { libraryClass, native } from '../../define.ts';
import {
  bool,
  type ClassValue,
  type InstanceValue,
  int,
  type NativeValue,
  none,
  tensor,
  tuple,
  type Value,
} from '../../values.ts';
import { requireDraw } from '../under-vmap.ts';
import { Formula } from './formula.ts';

/**
 * What all distributions have (https://docs.pytorch.org/docs/stable/distributions.html): shapes of batches and events, draws,
 * densities and moments. Each is a composition of primitives where torch's own is one, so that samples stay apart.
 */

export const module = 'torch.distributions';

/** A distribution at hand: its parameters and shapes, and formulas on them. */
export interface Own {
  readonly cx: Context;
  readonly f: Formula;
  readonly self: InstanceValue;
  readonly batch: Shape;
  readonly event: Shape;
  /** A parameter by its name. */
  readonly p: (name: string) => NodeId;
  readonly has: (name: string) => boolean;
}

/** What the constructor makes of its arguments. */
export interface Made {
  readonly parameters: Readonly<Record<string, NodeId>>;
  readonly batch: Shape;
  readonly event: Shape;
}

/** One kind of distribution with all that is known of it. */
export interface Kind {
  readonly name: string;
  /** The constructor's parameters as Python writes them, without `self`. */
  readonly signature: string;
  readonly make: (cx: Context, args: Args) => Made;
  /** How many axes of a parameter are the event's, where there are any. */
  readonly eventAxes?: Readonly<Record<string, number>>;
  /** A draw of the given whole shape. */
  readonly draw: (own: Own, shape: Shape) => NodeId;
  /** Whether draws can be differentiated by the parameters (`rsample`). */
  readonly differentiable: boolean;
  readonly logProb: (own: Own, x: NodeId) => NodeId;
  /** Whether densities of Python's numbers are given too. */
  readonly takesNumbers?: boolean;
  /** Moments and the like, read as attributes. */
  readonly properties: Readonly<Record<string, (own: Own) => NodeId>>;
  readonly entropy?: (own: Own) => NodeId;
  readonly cdf?: (own: Own, x: NodeId) => NodeId;
  readonly icdf?: (own: Own, x: NodeId) => NodeId;
}

/** The checks of vectors of parameters fail where there are none, but not for all kinds. */
export function requireElements(shape: Shape): void {
  if (shape.includes(0)) throw new Unknowable('whether parameters without elements are taken is not known');
}

/** Numbers and tensors broadcast together, as floating point numbers. */
export function broadcastAll(cx: Context, values: readonly Value[]): readonly NodeId[] {
  const { build } = cx;
  const tensors = values.flatMap((value) => (value.kind === 'tensor' ? [value.node] : []));
  const like = tensors[0] ?? null;
  const nodes = values.map((value) => {
    const node = asOperand(cx, value, like);
    return value.kind === 'tensor' || isFloating(build.aval(node).dtype) ? node : build.convert(node, 'float32');
  });
  const shape = broadcastShapes(...nodes.map((node) => build.shape(node)));
  return nodes.map((node) => build.broadcastTo(node, shape));
}

export function instanceOf(value: Value): InstanceValue {
  if (value.kind === 'instance') return value;
  if (value.kind === 'unknown') throw new Unknowable(value.reason.text, value.reason);
  throw new PythonError('TypeError', 'a distribution is wanted');
}

/** The shape that an attribute of a distribution states. */
export function statedShape(cx: Context, self: Value, name: 'batch_shape' | 'event_shape'): Shape {
  const value = cx.attribute(self, name);
  if (value === null) throw new PythonError('TypeError', 'a distribution is wanted');
  return shapeOf(cx, value);
}

export function ownOf(cx: Context, value: Value): Own {
  const self = instanceOf(value);
  return {
    cx,
    f: new Formula(cx.build),
    self,
    batch: statedShape(cx, self, 'batch_shape'),
    event: statedShape(cx, self, 'event_shape'),
    has: (name) => self.attributes.has(name),
    p: (name) => {
      const found = cx.attribute(self, name);
      if (found?.kind === 'tensor') return found.node;
      if (found?.kind === 'unknown') throw new Unknowable(found.reason.text, found.reason);
      throw new Unknowable(`the parameter ${name} is not known`);
    },
  };
}

export function setShapes(cx: Context, self: Value, batch: Shape, event: Shape): void {
  cx.setAttribute(self, 'batch_shape', tuple(batch.map(int)));
  cx.setAttribute(self, 'event_shape', tuple(event.map(int)));
}

/** The shape of draws: the sample shape in front. Only a sequence of sizes may be given. */
export function sampleShape(cx: Context, args: Args): Shape {
  const given = args.optional('sample_shape');
  if (given === null) return [];
  if (given.kind === 'int') throw new PythonError('TypeError', "'int' object is not iterable");
  return shapeOf(cx, given);
}

/** Refuses values whose event is another one, or that do not broadcast with the batch. */
export function requireEvent(cx: Context, x: NodeId, batch: Shape, event: Shape): void {
  const own = cx.build.shape(x);
  const what = (): string =>
    `a value ${showShape(own)} for events of ${showShape(event)} in batches of ${showShape(batch)}`;
  if (own.length < event.length) throw new ShapeError(what());
  event.forEach((dim, k) => {
    const at = own[own.length - event.length + k];
    if (at !== undefined) requireEqual(at, dim, what);
  });
  broadcastShapes(own.slice(0, own.length - event.length), batch);
}

const notThere = (kind: string, what: string): never => {
  throw new PythonError('NotImplementedError', `${kind} has no ${what}`);
};

/** A value to be judged: a tensor (a number is one for some kinds), checked against the event unless that is turned off. */
function valueIn(own: Own, args: Args, takesNumbers: boolean): NodeId {
  const value = args.value('value');
  if (value.kind !== 'tensor' && !takesNumbers)
    throw new Unknowable('the density of what is no tensor is not followed');
  const x = args.operand('value');
  const checks = own.self.attributes.get('_validate_args');
  if (checks?.kind !== 'bool' || checks.value !== false) requireEvent(own.cx, x, own.batch, own.event);
  return x;
}

/** The base of all distributions, so that `isinstance` and users' own subclasses find it. */
export const base = libraryClass(
  `${module}.Distribution`,
  [],
  [
    native('__init__', '(self, batch_shape=None, event_shape=None, validate_args=None)', (cx, args) => {
      const given = (name: string): Shape => (args.optional(name) === null ? [] : args.shape(name));
      setShapes(cx, args.value('self'), given('batch_shape'), given('event_shape'));
      return none;
    }),
    native('__getattr__', '(self, name)', (cx, args) =>
      cx.unknown(`${args.string('name')} of a distribution is not followed`),
    ),
  ],
);

export function distributionClass(kind: Kind): ClassValue {
  const method = (name: string, parameters: string, rule: (own: Own, args: Args) => Value): NativeValue =>
    native(name, `(self${parameters})`, (cx, args) => rule(ownOf(cx, args.value('self')), args));
  const whole = (own: Own, args: Args): Shape => [...sampleShape(own.cx, args), ...own.batch, ...own.event];
  const judged = (name: 'cdf' | 'icdf'): NativeValue =>
    method(name, ', value', (own, args) => {
      const rule = kind[name];
      return rule === undefined
        ? notThere(kind.name, name)
        : tensor(rule(own, valueIn(own, args, kind.takesNumbers ?? false)));
    });
  const property = (own: Own, name: string): Value => {
    const rule = kind.properties[name];
    if (rule !== undefined) return tensor(rule(own));
    if (name === 'stddev' && kind.properties.variance !== undefined)
      return tensor(own.f.sqrt(kind.properties.variance(own)));
    return own.cx.unknown(`${name} of ${kind.name} is not followed`);
  };
  return libraryClass(
    `${module}.${kind.name}`,
    [base],
    [
      native('__init__', `(self, ${kind.signature}, validate_args=None)`, (cx, args) => {
        const self = args.value('self');
        const { parameters, batch, event } = kind.make(cx, args);
        for (const [name, node] of Object.entries(parameters)) cx.setAttribute(self, name, tensor(node));
        setShapes(cx, self, batch, event);
        cx.setAttribute(self, 'has_rsample', bool(kind.differentiable));
        const checks = args.optional('validate_args');
        if (checks !== null) cx.setAttribute(self, '_validate_args', checks);
        return none;
      }),
      native('__getattr__', '(self, name)', (cx, args) => property(ownOf(cx, args.value('self')), args.string('name'))),
      method('sample', ', sample_shape=None', (own, args) => {
        requireDraw(own.cx, { kind: 'some' });
        return tensor(own.cx.build.unary('stop_gradient', kind.draw(own, whole(own, args))));
      }),
      method('rsample', ', sample_shape=None', (own, args) => {
        if (!kind.differentiable) return notThere(kind.name, 'rsample');
        requireDraw(own.cx, { kind: 'some' });
        return tensor(kind.draw(own, whole(own, args)));
      }),
      method('log_prob', ', value', (own, args) =>
        tensor(kind.logProb(own, valueIn(own, args, kind.takesNumbers ?? false))),
      ),
      method('entropy', '', (own) =>
        kind.entropy === undefined ? notThere(kind.name, 'entropy') : tensor(kind.entropy(own)),
      ),
      method('perplexity', '', (own) =>
        kind.entropy === undefined ? notThere(kind.name, 'entropy') : tensor(own.f.exp(kind.entropy(own))),
      ),
      judged('cdf'),
      judged('icdf'),
      method('expand', ', batch_shape, _instance=None', ({ cx, self, batch, event }, args) => {
        const { build } = cx;
        const wanted = args.shape('batch_shape');
        requireStretch(batch, wanted, () => `batches of ${showShape(batch)} do not stretch to ${showShape(wanted)}`);
        const made = cx.instantiate(self.cls);
        for (const [name, value] of self.attributes) {
          if (value.kind !== 'tensor') cx.setAttribute(made, name, value);
          else {
            const own = build.shape(value.node);
            const tail = own.slice(own.length - (kind.eventAxes?.[name] ?? 0));
            cx.setAttribute(made, name, tensor(build.broadcastTo(value.node, [...wanted, ...tail])));
          }
        }
        setShapes(cx, made, wanted, event);
        return made;
      }),
    ],
  );
}
