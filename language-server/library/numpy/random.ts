import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import type { Distribution } from '../../graph/primitives/leaves.ts';
import {
  broadcastShapes,
  type DType,
  dimAt,
  requireStretch,
  type Shape,
  ShapeError,
  showShape,
} from '../../graph/shape.ts';
import { asNumber } from '../arguments.ts';
import { PythonError, Unknowable } from '../context.ts';
import { libraryClass } from '../define.ts';
import { opaque } from '../torch/opaque.ts';
import { type ClassValue, float, int, list, type NativeValue, none, type Value } from '../values.ts';
import { asArray, type Call, type Dialect, shapeIn, valueFunction } from './dialect.ts';

/** numpy.random (https://numpy.org/doc/stable/reference/random/index.html): the old functions, RandomState and Generator. */

/** The size of a draw; null where one number is wanted. */
function sizeOf(call: Call): Shape | null {
  const given = call.optional('size');
  return given === null ? null : shapeIn(call, given);
}

/** A draw whose parameters stretch to its size, or give it. */
interface Draw {
  /** Parameters in order, with the default of each that has one. */
  readonly parameters: readonly (readonly [name: string, otherwise: number | null])[];
  readonly dtype: DType;
  readonly distribution?: (numbers: readonly number[]) => Distribution;
}

const real = (...parameters: Draw['parameters']): Draw => ({ parameters, dtype: 'float64' });
const whole = (...parameters: Draw['parameters']): Draw => ({ parameters, dtype: 'int64' });

const draws: Readonly<Record<string, Draw>> = {
  normal: {
    ...real(['loc', 0], ['scale', 1]),
    distribution: ([mean = 0, std = 1]) => ({ kind: 'normal', mean, std }),
  },
  uniform: {
    ...real(['low', 0], ['high', 1]),
    distribution: ([low = 0, high = 1]) => ({ kind: 'uniform', low, high }),
  },
  standard_normal: { ...real(), distribution: () => ({ kind: 'normal', mean: 0, std: 1 }) },
  random: { ...real(), distribution: () => ({ kind: 'uniform', low: 0, high: 1 }) },
  beta: real(['a', null], ['b', null]),
  chisquare: real(['df', null]),
  exponential: real(['scale', 1]),
  f: real(['dfnum', null], ['dfden', null]),
  gamma: real(['shape', null], ['scale', 1]),
  gumbel: real(['loc', 0], ['scale', 1]),
  laplace: real(['loc', 0], ['scale', 1]),
  logistic: real(['loc', 0], ['scale', 1]),
  lognormal: real(['mean', 0], ['sigma', 1]),
  noncentral_chisquare: real(['df', null], ['nonc', null]),
  noncentral_f: real(['dfnum', null], ['dfden', null], ['nonc', null]),
  pareto: real(['a', null]),
  power: real(['a', null]),
  rayleigh: real(['scale', 1]),
  standard_cauchy: real(),
  standard_exponential: real(),
  standard_gamma: real(['shape', null]),
  standard_t: real(['df', null]),
  triangular: real(['left', null], ['mode', null], ['right', null]),
  vonmises: real(['mu', null], ['kappa', null]),
  wald: real(['mean', null], ['scale', null]),
  weibull: real(['a', null]),
  binomial: whole(['n', null], ['p', null]),
  geometric: whole(['p', null]),
  hypergeometric: whole(['ngood', null], ['nbad', null], ['nsample', null]),
  logseries: whole(['p', null]),
  negative_binomial: whole(['n', null], ['p', null]),
  poisson: whole(['lam', 1]),
  zipf: whole(['a', null]),
};

/** One number of a type, not known. */
function single(call: Call, dtype: DType): Value {
  return dtype === 'int64' ? int(call.cx.freshSize('n')) : float(null);
}

function parameterNodes(call: Call, names: readonly string[]): readonly NodeId[] {
  return names.flatMap((name) => {
    const value = call.optional(name);
    return value === null || value.kind === 'int' || value.kind === 'float' ? [] : [call.array(name)];
  });
}

/** The shape of a draw: what its parameters stretch to, or the size, into which they must fit. */
function drawn(call: Call, nodes: readonly NodeId[]): Shape | null {
  const own = broadcastShapes(...nodes.map((node) => call.build.shape(node)));
  const size = sizeOf(call);
  if (size === null) return nodes.length === 0 ? null : own;
  requireStretch(
    own,
    size,
    () => `Output size ${showShape(size)} is not compatible with broadcast dimensions of inputs ${showShape(own)}.`,
  );
  return size;
}

function draw(call: Call, name: string, { parameters, dtype, distribution }: Draw): Value {
  const names = parameters.map(([parameter]) => parameter);
  const nodes = parameterNodes(call, names);
  const shape = drawn(call, nodes);
  const type = call.type('dtype') ?? dtype;
  if (shape === null) return single(call, dtype);
  if (distribution !== undefined && nodes.length === 0) {
    const numbers = parameters.map(([parameter, otherwise]) => {
      const value = call.optional(parameter);
      return value === null ? otherwise : asNumber(value);
    });
    const known = numbers.flatMap((number) => (number === null ? [] : [number]));
    if (known.length === numbers.length) return call.result(call.build.random(shape, distribution(known), type));
  }
  return call.result(opaque(call.cx, `random.${name}`, nodes, shape, type));
}

function integers(call: Call): Value {
  const names = ['low', 'high'];
  const nodes = parameterNodes(call, names);
  const shape = drawn(call, nodes);
  const [low, high] = names.map((name) => {
    const value = call.optional(name);
    return value === null || value.kind === 'tensor'
      ? null
      : value.kind === 'int' || value.kind === 'float'
        ? asNumber(value)
        : null;
  });
  const [from, to] = call.optional('high') === null ? [0, low ?? null] : [low ?? null, high ?? null];
  if (from !== null && to !== null && (call.bool('endpoint', false) ? to < from : to <= from))
    throw new PythonError('ValueError', 'low >= high');
  if (shape === null) return int(call.cx.freshSize('n'));
  const type = call.type('dtype') ?? 'int64';
  if (nodes.length > 0) return call.result(opaque(call.cx, 'random.integers', nodes, shape, type));
  return call.result(call.build.random(shape, { kind: 'integers', low: from ?? 0, high: to ?? 2 }, type));
}

/** What is chosen from: so many whole numbers, or the entries of an array along an axis. */
function choice(call: Call, axes: boolean): Value {
  const { build, cx, d } = call;
  const value = call.value('a');
  const size = sizeOf(call);
  const wanted = size ?? [];
  const count = D.product(wanted);
  const replace = call.bool('replace', true);
  const check = (population: Dim): void => {
    if (D.isKnown(population) && population === 0 && D.isKnown(count) && count > 0)
      throw new PythonError('ValueError', 'a cannot be empty unless no samples are taken');
    if (!replace && D.isKnown(count) && D.isKnown(population) && count > population)
      throw new PythonError('ValueError', 'Cannot take a larger sample than population when replace is False');
    const p = call.optionalArray('p');
    if (p !== null && D.surelyDiffer(D.product(build.shape(p)), population))
      throw new PythonError('ValueError', 'a and p must have same size');
  };
  if (value.kind === 'int') {
    check(value.value);
    return size === null ? int(cx.freshSize('n')) : call.result(opaque(cx, 'random.choice', [], wanted, d.int));
  }
  const a = asArray(d, cx, value);
  const { shape, dtype } = build.aval(a);
  if (shape.length === 0) throw new Unknowable('choosing from a number is not followed');
  const axis = call.has('axis') ? call.strict('axis', shape.length) : 0;
  if (shape.length > 1 && !axes) throw new PythonError('ValueError', 'a must be 1-dimensional');
  check(dimAt(shape, axis));
  return call.result(
    opaque(cx, 'random.choice', [a], [...shape.slice(0, axis), ...wanted, ...shape.slice(axis + 1)], dtype),
  );
}

function permutation(call: Call): Value {
  const { build, cx, d } = call;
  const value = call.value('x');
  if (value.kind === 'int') return call.result(build.random([value.value], { kind: 'permutation' }, d.int));
  const x = asArray(d, cx, value);
  const { shape, dtype } = build.aval(x);
  if (shape.length === 0) throw new Unknowable('a permutation of a number is not followed');
  const axis = call.has('axis') ? call.strict('axis', shape.length) : 0;
  return call.result(
    opaque(
      cx,
      'random.permutation',
      [x],
      shape,
      dtype,
      shape.flatMap((_, k) => (k === axis ? [] : [[k, k] as const])),
    ),
  );
}

function shuffle(call: Call): Value {
  const x = call.value('x');
  if (x.kind === 'tensor') {
    const { shape, dtype } = call.build.aval(x.node);
    if (shape.length === 0) throw new PythonError('TypeError', 'len() of unsized object');
    call.cx.assignInPlace(x, opaque(call.cx, 'random.shuffle', [x.node], shape, dtype));
  } else if (x.kind === 'list') {
    const unknown = call.cx.unknown('which item is where after shuffling is not known');
    // Items that are alike stay what they are.
    const [first] = x.items;
    const alike = first !== undefined && x.items.every((item) => item === first);
    if (!alike) call.cx.setItems(x, list(x.items.map(() => unknown)).items);
  }
  return none;
}

function multivariate(call: Call): Value {
  const [mean, cov] = [call.array('mean'), call.array('cov')];
  const [own, matrix] = [call.build.shape(mean), call.build.shape(cov)];
  if (own.length !== 1) throw new PythonError('ValueError', 'mean must be 1 dimensional');
  if (matrix.length !== 2 || D.surelyDiffer(dimAt(matrix, 0), dimAt(matrix, 1)))
    throw new PythonError('ValueError', 'cov must be 2 dimensional and square');
  if (D.surelyDiffer(dimAt(own, 0), dimAt(matrix, 0)))
    throw new PythonError('ValueError', 'mean and cov must have same length');
  return call.result(
    opaque(call.cx, 'random.multivariate_normal', [mean, cov], [...(sizeOf(call) ?? []), dimAt(own, 0)], 'float64'),
  );
}

function multinomial(call: Call): Value {
  const p = call.array('pvals');
  if (call.build.rank(p) !== 1) throw new Unknowable('several multinomial distributions are not followed');
  const n = call.optional('n');
  if (n !== null && n.kind !== 'int') throw new Unknowable('several numbers of draws are not followed');
  return call.result(
    opaque(call.cx, 'random.multinomial', [p], [...(sizeOf(call) ?? []), dimAt(call.build.shape(p), 0)], 'int64'),
  );
}

function dirichlet(call: Call): Value {
  const alpha = call.array('alpha');
  if (call.build.rank(alpha) !== 1) throw new ShapeError('dirichlet: alpha must be a vector');
  return call.result(
    opaque(
      call.cx,
      'random.dirichlet',
      [alpha],
      [...(sizeOf(call) ?? []), dimAt(call.build.shape(alpha), 0)],
      'float64',
    ),
  );
}

/** `rand(2, 3)`: sizes one by one. */
function plain(call: Call, distribution: Distribution): Value {
  if (call.rest.length === 0) return float(null);
  const shape = call.rest.flatMap((value) => {
    if (value.kind !== 'int' && value.kind !== 'tensor') throw new PythonError('TypeError', 'sizes are whole numbers');
    return shapeIn(call, value);
  });
  return call.result(call.build.random(shape, distribution, 'float64'));
}

const uniform: Distribution = { kind: 'uniform', low: 0, high: 1 };
const normal: Distribution = { kind: 'normal', mean: 0, std: 1 };

/** Functions under a prefix: the module's own, or methods, whose first parameter is the object. */
function functionsOf(d: Dialect, kind: 'module' | 'state' | 'generator'): readonly NativeValue[] {
  const prefix = kind === 'module' ? 'random.' : kind === 'state' ? 'random.RandomState.' : 'random.Generator.';
  const self = kind === 'module' ? '' : 'self, ';
  const value = (name: string, parameters: string, rule: (call: Call) => Value): NativeValue =>
    valueFunction(d, `${prefix}${name}`, `(${self}${parameters})`, rule);
  const modern = kind === 'generator';
  const table = Object.entries(draws).flatMap(([name, rule]) => {
    const typed = modern && ['random', 'standard_normal', 'standard_exponential', 'standard_gamma'].includes(name);
    const given = rule.parameters.map(([parameter, otherwise]) =>
      otherwise === null ? parameter : `${parameter}=${otherwise}`,
    );
    const parameters = [...given, 'size=None', ...(typed ? ['dtype=None', 'out=None', 'method=None'] : [])].join(', ');
    const names = name === 'random' && !modern ? ['random', 'random_sample', 'ranf', 'sample'] : [name];
    return names.map((own) => value(own, parameters, (call) => draw(call, name, rule)));
  });
  const generatorChoice = 'a, size=None, replace=True, p=None, axis=0, shuffle=True';
  return [
    ...table,
    value('choice', modern ? generatorChoice : 'a, size=None, replace=True, p=None', (call) => choice(call, modern)),
    value('permutation', modern ? 'x, axis=0' : 'x', permutation),
    value('shuffle', modern ? 'x, axis=0' : 'x', shuffle),
    value('multivariate_normal', 'mean, cov, size=None, check_valid=None, tol=None, *, method=None', multivariate),
    value('multinomial', 'n, pvals, size=None', multinomial),
    value('dirichlet', 'alpha, size=None', dirichlet),
    value('bytes', 'length', (call) => call.cx.unknown('bytes are not followed')),
    ...(modern
      ? [
          value('integers', 'low, high=None, size=None, dtype=None, endpoint=False', integers),
          value('permuted', 'x, *, axis=None, out=None', (call) => {
            const x = call.array('x');
            const { shape, dtype } = call.build.aval(x);
            call.strictAxes('axis', shape.length);
            return call.finish(opaque(call.cx, 'random.permuted', [x], shape, dtype));
          }),
          value('spawn', 'n_children', (call) => {
            const generator = call.value('self');
            return list(Array.from({ length: call.int('n_children') }, () => generator));
          }),
        ]
      : [
          value('rand', '*args', (call) => plain(call, uniform)),
          value('randn', '*args', (call) => plain(call, normal)),
          value('randint', 'low, high=None, size=None, dtype=None', integers),
          value('seed', 'seed=None', () => none),
          value('get_state', 'legacy=True', (call) =>
            call.cx.unknown('the state of the random numbers is not followed'),
          ),
          value('set_state', 'state', () => none),
        ]),
  ];
}

function generatorClass(d: Dialect, name: string, methods: readonly NativeValue[]): ClassValue {
  const init = valueFunction(d, `random.${name}.__init__`, '(self, *args, **kwargs)', () => none);
  return libraryClass(`${d.name}.random.${name}`, [], [init, ...methods]);
}

const seeds = ['BitGenerator', 'MT19937', 'PCG64', 'PCG64DXSM', 'Philox', 'SFC64', 'SeedSequence'];

export function randomClasses(d: Dialect): readonly ClassValue[] {
  return [
    generatorClass(d, 'RandomState', functionsOf(d, 'state')),
    generatorClass(d, 'Generator', functionsOf(d, 'generator')),
    ...seeds.map((name) => generatorClass(d, name, [])),
  ];
}

/** The functions of the module; `generator` is the class that `default_rng` makes one of. */
export function random(d: Dialect, generator: ClassValue | undefined): readonly NativeValue[] {
  return [
    ...functionsOf(d, 'module'),
    valueFunction(d, 'random.default_rng', '(seed=None)', (call) => {
      const seed = call.optional('seed');
      // A generator is given back itself.
      if (seed?.kind === 'instance' && seed.cls === generator) return seed;
      return generator === undefined ? call.cx.unknown('the generator is not known') : call.cx.instantiate(generator);
    }),
  ];
}
