import type { NodeId } from '../../../graph/graph.ts';
import { requireSameShape, type Shape, ShapeError, showShape } from '../../../graph/shape.ts';
import { asOperand, known } from '../../arguments.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { libraryClass, native } from '../../define.ts';
import { bool, type ClassValue, int, list, type NativeValue, none, tensor, type Value } from '../../values.ts';
import { except, opaque } from '../opaque.ts';
import { base, instanceOf, module, requireEvent, sampleShape, setShapes, statedShape } from './distribution.ts';
import { Formula, number } from './formula.ts';

/** Distributions made of others: events of several axes, transformed draws, mixtures. */

/** What a method of a distribution gives. */
function asked(cx: Context, distribution: Value, method: string, given: readonly Value[] = []): NodeId {
  const callee = cx.attribute(distribution, method);
  return nodeOf(callee === null ? none : cx.call(callee, given), method);
}

function read(cx: Context, distribution: Value, attribute: string): NodeId {
  return nodeOf(cx.attribute(distribution, attribute) ?? none, attribute);
}

function nodeOf(value: Value, what: string): NodeId {
  if (known(value).kind === 'tensor' && value.kind === 'tensor') return value.node;
  throw new Unknowable(`${what} of the distribution is not known`);
}

function held(cx: Context, self: Value, name: string): Value {
  return cx.attribute(instanceOf(self), name) ?? none;
}

/** The sum over the last axes. */
function sumLast({ build }: Context, x: NodeId, count: number): NodeId {
  const rank = build.rank(x);
  return count === 0
    ? x
    : build.sum(
        x,
        Array.from({ length: count }, (_, k) => rank - count + k),
      );
}

/** Draws of another distribution are passed on as they are. */
function drawing(change: (cx: Context, self: Value, drawn: NodeId) => NodeId, from: string): readonly NativeValue[] {
  return ['sample', 'rsample'].map((name) =>
    native(name, '(self, sample_shape=None)', (cx, args) => {
      const self = args.value('self');
      const drawn = asked(cx, held(cx, self, from), name, [args.optional('sample_shape') ?? list([])]);
      const changed = change(cx, self, drawn);
      return tensor(name === 'sample' ? cx.build.unary('stop_gradient', changed) : changed);
    }),
  );
}

const independent = libraryClass(
  `${module}.Independent`,
  [base],
  [
    native('__init__', '(self, base_distribution, reinterpreted_batch_ndims, validate_args=None)', (cx, args) => {
      const [self, own] = [args.value('self'), args.value('base_distribution')];
      const count = args.int('reinterpreted_batch_ndims');
      const batch = statedShape(cx, own, 'batch_shape');
      if (count > batch.length)
        throw new PythonError(
          'ValueError',
          `Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape), actual ${count} vs ${batch.length}`,
        );
      cx.setAttribute(self, 'base_dist', own);
      cx.setAttribute(self, 'reinterpreted_batch_ndims', int(count));
      const cut = batch.length - count;
      setShapes(cx, self, batch.slice(0, cut), [...batch.slice(cut), ...statedShape(cx, own, 'event_shape')]);
      return none;
    }),
    ...drawing((_cx, _self, drawn) => drawn, 'base_dist'),
    ...['log_prob', 'entropy'].map((name) =>
      native(name, name === 'entropy' ? '(self)' : '(self, value)', (cx, args) => {
        const self = args.value('self');
        const count = held(cx, self, 'reinterpreted_batch_ndims');
        const own = asked(cx, held(cx, self, 'base_dist'), name, name === 'entropy' ? [] : [args.value('value')]);
        return tensor(sumLast(cx, own, count.kind === 'int' ? Number(count.value) : 0));
      }),
    ),
    native('expand', '(self, batch_shape, _instance=None)', (cx, args) => {
      const self = instanceOf(args.value('self'));
      const own = held(cx, self, 'base_dist');
      const count = held(cx, self, 'reinterpreted_batch_ndims');
      const event = statedShape(cx, self, 'event_shape');
      const wanted = [...args.shape('batch_shape'), ...event.slice(0, count.kind === 'int' ? Number(count.value) : 0)];
      const expand = cx.attribute(own, 'expand') ?? none;
      return cx.call(self.cls, [cx.call(expand, [list(wanted.map(int))]), count]);
    }),
    // Moments and parameters are those of the distribution inside.
    native('__getattr__', '(self, name)', (cx, args) => {
      const name = args.string('name');
      return ['mean', 'mode', 'variance', 'stddev', 'has_rsample'].includes(name)
        ? (cx.attribute(held(cx, args.value('self'), 'base_dist'), name) ?? none)
        : cx.unknown(`${name} of Independent is not followed`);
    }),
  ],
);

// Transforms

/** A function of each element, its inverse, and the logarithm of its derivative's size at x with y = f(x). */
interface Transform {
  readonly name: string;
  readonly parameters: string;
  readonly forward: (f: Formula, x: NodeId, p: (name: string) => NodeId) => NodeId;
  readonly inverse: (f: Formula, y: NodeId, p: (name: string) => NodeId) => NodeId;
  readonly logSlope: (f: Formula, x: NodeId, y: NodeId, p: (name: string) => NodeId) => NodeId;
}

const softplus = ({ build }: Formula, x: NodeId): NodeId => build.unary('softplus', x);

const transforms: readonly Transform[] = [
  {
    name: 'AffineTransform',
    parameters: 'loc, scale, event_dim=0',
    forward: (f, x, p) => f.add(p('loc'), f.mul(p('scale'), x)),
    inverse: (f, y, p) => f.div(f.sub(y, p('loc')), p('scale')),
    logSlope: (f, x, _y, p) => f.add(f.like(x, 0), f.log(f.abs(p('scale')))),
  },
  {
    name: 'ExpTransform',
    parameters: '',
    forward: (f, x) => f.exp(x),
    inverse: (f, y) => f.log(y),
    logSlope: (_f, x) => x,
  },
  {
    name: 'SigmoidTransform',
    parameters: '',
    forward: (f, x) => f.build.unary('logistic', x),
    inverse: (f, y) => f.sub(f.log(y), f.log1p(f.neg(y))),
    logSlope: (f, x) => f.sub(f.neg(softplus(f, f.neg(x))), softplus(f, x)),
  },
  {
    name: 'TanhTransform',
    parameters: '',
    forward: (f, x) => f.build.unary('tanh', x),
    inverse: (f, y) => f.build.unary('atanh', y),
    logSlope: (f, x) => f.mul(f.sub(f.from(Math.LN2, x), softplus(f, f.mul(x, number(-2)))), number(2)),
  },
  {
    name: 'SoftplusTransform',
    parameters: '',
    forward: (f, x) => softplus(f, x),
    inverse: (f, y) => f.add(f.log(f.neg(f.expm1(f.neg(y)))), y),
    logSlope: (f, x) => f.neg(softplus(f, f.neg(x))),
  },
  {
    name: 'PowerTransform',
    parameters: 'exponent',
    forward: (f, x, p) => f.build.binary('pow', x, p('exponent')),
    inverse: (f, y, p) => f.build.binary('pow', y, f.over(1, p('exponent'))),
    logSlope: (f, x, y, p) => f.log(f.abs(f.div(f.mul(p('exponent'), y), x))),
  },
];

/** A transform of some kind at hand. */
interface AtHand {
  readonly forward: (x: NodeId) => NodeId;
  readonly inverse: (y: NodeId) => NodeId;
  readonly logSlope: (x: NodeId, y: NodeId) => NodeId;
}

function transformOf(cx: Context, value: Value): AtHand {
  const self = instanceOf(value);
  const kind = transforms.find(({ name }) => self.cls.name === `${module}.transforms.${name}`);
  if (kind === undefined) throw new Unknowable(`the transform ${self.cls.name} is not followed`);
  const f = new Formula(cx.build);
  // A number takes the type of what is transformed.
  const beside =
    (x: NodeId) =>
    (name: string): NodeId =>
      asOperand(cx, held(cx, self, name), x);
  return {
    forward: (x) => kind.forward(f, x, beside(x)),
    inverse: (y) => kind.inverse(f, y, beside(y)),
    logSlope: (x, y) => kind.logSlope(f, x, y, beside(x)),
  };
}

function transformClass({ name, parameters }: Transform): ClassValue {
  const names = parameters.split(', ').filter((part) => part !== '');
  return libraryClass(
    `${module}.transforms.${name}`,
    [],
    [
      native('__init__', `(self, ${[...names, 'cache_size=0'].join(', ')})`, (cx, args) => {
        for (const [own = ''] of names.map((part) => part.split('=')))
          if (own !== 'event_dim') cx.setAttribute(args.value('self'), own, args.value(own));
        if (args.int('event_dim', 0) !== 0) throw new Unknowable('a transform of several axes is not followed');
        return none;
      }),
      native('__call__', '(self, x)', (cx, args) =>
        tensor(transformOf(cx, args.value('self')).forward(args.tensor('x'))),
      ),
      native('log_abs_det_jacobian', '(self, x, y)', (cx, args) =>
        tensor(transformOf(cx, args.value('self')).logSlope(args.tensor('x'), args.tensor('y'))),
      ),
      native('__getattr__', '(self, name)', (cx, args) =>
        args.string('name') === 'inv'
          ? native('inv', '(y)', (inner, given) =>
              tensor(transformOf(inner, args.value('self')).inverse(given.tensor('y'))),
            )
          : cx.unknown(`${args.string('name')} of a transform is not followed`),
      ),
    ],
  );
}

const transformed = libraryClass(
  `${module}.TransformedDistribution`,
  [base],
  [
    native('__init__', '(self, base_distribution, transforms, validate_args=None)', (cx, args) => {
      const [self, own] = [args.value('self'), args.value('base_distribution')];
      const given = args.value('transforms');
      const steps = given.kind === 'list' || given.kind === 'tuple' ? given.items : [given];
      const [batch, event] = [statedShape(cx, own, 'batch_shape'), statedShape(cx, own, 'event_shape')];
      const probe = cx.build.full([...batch, ...event], 1);
      const made = steps.reduce((x, step) => transformOf(cx, step).forward(x), probe);
      const whole = cx.build.shape(made);
      // Parameters of transforms may make the batch larger, and then that of the distribution inside.
      const wider = whole.slice(0, whole.length - event.length);
      const expand = cx.attribute(own, 'expand') ?? none;
      const inside = showShape(wider) === showShape(batch) ? own : cx.call(expand, [list(wider.map(int))]);
      cx.setAttribute(self, 'base_dist', inside);
      cx.setAttribute(self, 'transforms', list(steps));
      setShapes(cx, self, wider, event);
      cx.setAttribute(self, 'has_rsample', cx.attribute(own, 'has_rsample') ?? bool(null));
      return none;
    }),
    ...drawing(
      (cx, self, drawn) =>
        cx.items(held(cx, self, 'transforms')).reduce((x, step) => transformOf(cx, step).forward(x), drawn),
      'base_dist',
    ),
    native('log_prob', '(self, value)', (cx, args) => {
      const self = args.value('self');
      const f = new Formula(cx.build);
      const event = statedShape(cx, self, 'event_shape');
      const value = args.tensor('value');
      requireEvent(cx, value, statedShape(cx, self, 'batch_shape'), event);
      let y = value;
      let total: NodeId | null = null;
      for (const step of cx.items(held(cx, self, 'transforms')).toReversed()) {
        const transform = transformOf(cx, step);
        const x = transform.inverse(y);
        const slope = sumLast(cx, transform.logSlope(x, y), event.length);
        total = total === null ? f.neg(slope) : f.sub(total, slope);
        y = x;
      }
      const inside = asked(cx, held(cx, self, 'base_dist'), 'log_prob', [tensor(y)]);
      return tensor(total === null ? inside : f.add(inside, total));
    }),
    ...(['cdf', 'icdf'] as const).map((name) =>
      native(name, '(self, value)', (cx) => cx.unknown(`${name} of a transformed distribution is not followed`)),
    ),
    native('__getattr__', '(self, name)', (cx, args) =>
      cx.unknown(`${args.string('name')} of a transformed distribution is not followed`),
    ),
  ],
);

// Mixtures

/** A size of one put in front of the event, for the components. */
function spread(cx: Context, x: NodeId, event: Shape): NodeId {
  return cx.build.expandDims(x, cx.build.rank(x) - event.length);
}

const mixture = libraryClass(
  `${module}.MixtureSameFamily`,
  [base],
  [
    native('__init__', '(self, mixture_distribution, component_distribution, validate_args=None)', (cx, args) => {
      const [self, weights, parts] = [
        args.value('self'),
        args.value('mixture_distribution'),
        args.value('component_distribution'),
      ];
      const [own, batch] = [statedShape(cx, weights, 'batch_shape'), statedShape(cx, parts, 'batch_shape')];
      const outer = batch.slice(0, -1);
      if (own.length > 0 && outer.length > 0)
        requireSameShape(
          own.slice(Math.max(0, own.length - outer.length)),
          outer.slice(Math.max(0, outer.length - own.length)),
          () => `weights of ${showShape(own)} mixtures for components of ${showShape(batch)}`,
        );
      const probs = cx.build.shape(read(cx, weights, 'probs'));
      if (batch.length === 0 || showShape(probs.slice(-1)) !== showShape(batch.slice(-1)))
        throw new ShapeError(`weights of ${showShape(probs)} for components of ${showShape(batch)}`);
      cx.setAttribute(self, 'mixture_distribution', weights);
      cx.setAttribute(self, 'component_distribution', parts);
      cx.setAttribute(self, 'has_rsample', bool(false));
      setShapes(cx, self, outer, statedShape(cx, parts, 'event_shape'));
      return none;
    }),
    native('sample', '(self, sample_shape=None)', (cx, args) => {
      const self = args.value('self');
      const event = statedShape(cx, self, 'event_shape');
      const drawn = asked(cx, held(cx, self, 'component_distribution'), 'sample', [
        list(sampleShape(cx, args).map(int)),
      ]);
      const shape = cx.build.shape(drawn);
      const axis = shape.length - event.length - 1;
      if (shape.includes(0)) throw new PythonError('RuntimeError', 'cannot sample n_sample <= 0 samples');
      const kept = except(shape.length, axis).map(([from]) => [from, from > axis ? from - 1 : from] as const);
      return tensor(
        opaque(
          cx,
          'one of the components',
          [drawn],
          shape.filter((_, k) => k !== axis),
          cx.build.aval(drawn).dtype,
          kept,
        ),
      );
    }),
    native('log_prob', '(self, value)', (cx, args) => {
      const self = args.value('self');
      const event = statedShape(cx, self, 'event_shape');
      const value = args.tensor('value');
      requireEvent(cx, value, statedShape(cx, self, 'batch_shape'), event);
      const each = asked(cx, held(cx, self, 'component_distribution'), 'log_prob', [tensor(spread(cx, value, event))]);
      const logits = read(cx, held(cx, self, 'mixture_distribution'), 'logits');
      const weights = cx.build.sub(logits, cx.build.logSumExp(logits, [cx.build.rank(logits) - 1], true));
      const joint = cx.build.add(each, weights);
      return tensor(cx.build.logSumExp(joint, [cx.build.rank(joint) - 1], false));
    }),
    native('cdf', '(self, value)', (cx, args) => {
      const self = args.value('self');
      const event = statedShape(cx, self, 'event_shape');
      const value = args.tensor('value');
      requireEvent(cx, value, statedShape(cx, self, 'batch_shape'), event);
      const each = asked(cx, held(cx, self, 'component_distribution'), 'cdf', [tensor(spread(cx, value, event))]);
      const terms = cx.build.mul(each, read(cx, held(cx, self, 'mixture_distribution'), 'probs'));
      return tensor(cx.build.sum(terms, [cx.build.rank(terms) - 1]));
    }),
    native('expand', '(self, batch_shape, _instance=None)', (cx, args) => {
      const self = instanceOf(args.value('self'));
      const [weights, parts] = [held(cx, self, 'mixture_distribution'), held(cx, self, 'component_distribution')];
      const wanted = args.shape('batch_shape');
      const expanded = (own: Value, shape: Shape): Value =>
        cx.call(cx.attribute(own, 'expand') ?? none, [list(shape.map(int))]);
      const count = statedShape(cx, parts, 'batch_shape').slice(-1);
      return cx.call(self.cls, [expanded(weights, wanted), expanded(parts, [...wanted, ...count])]);
    }),
    native('__getattr__', '(self, name)', (cx, args) => {
      const moment = moments[args.string('name')];
      return moment === undefined
        ? cx.unknown(`${args.string('name')} of a mixture is not followed`)
        : tensor(moment(cx, args.value('self')));
    }),
  ],
);

/** The components' values weighted: (*batch, k, *event) to (*batch, *event). */
function mixed(cx: Context, self: Value, x: NodeId): NodeId {
  const { build } = cx;
  const event = statedShape(cx, self, 'event_shape');
  const probs = read(cx, held(cx, self, 'mixture_distribution'), 'probs');
  const terms = build.mul(build.reshape(probs, [...build.shape(probs), ...event.map(() => 1)]), x);
  return build.sum(terms, [build.rank(terms) - event.length - 1]);
}

function mixedMean(cx: Context, self: Value): NodeId {
  return mixed(cx, self, read(cx, held(cx, self, 'component_distribution'), 'mean'));
}

/** The mean of the variances, and the variance of the means. */
function mixedVariance(cx: Context, self: Value): NodeId {
  const { build } = cx;
  const parts = held(cx, self, 'component_distribution');
  const mean = spread(cx, mixedMean(cx, self), statedShape(cx, self, 'event_shape'));
  const between = mixed(cx, self, build.square(build.sub(read(cx, parts, 'mean'), mean)));
  return build.add(mixed(cx, self, read(cx, parts, 'variance')), between);
}

const moments: Readonly<Record<string, (cx: Context, self: Value) => NodeId>> = {
  mean: mixedMean,
  variance: mixedVariance,
  stddev: (cx, self) => cx.build.unary('sqrt', mixedVariance(cx, self)),
};

export const composed: readonly ClassValue[] = [independent, transformed, mixture, ...transforms.map(transformClass)];
