import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import type { Distribution } from '../../graph/primitives/leaves.ts';
import { broadcastShapes, type DType, type Shape, ShapeError, showShape } from '../../graph/shape.ts';
import { type Args, asDim, asNumber, asOperand, known, shapeOf, sizesOf } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { alias, libraryClass, native, op } from '../define.ts';
import { setRequiresGrad } from '../recording.ts';
import {
  bool,
  type ClassValue,
  describe,
  float,
  type NativeValue,
  type TensorValue,
  tensor,
  tuple,
  type Value,
} from '../values.ts';
import { withMethod } from './method.ts';
import { nested } from './nested.ts';
import { drawn, requireDraw } from './under-vmap.ts';

/** New tensors and random draws (https://docs.pytorch.org/docs/stable/torch.html#creation-ops). */

const options =
  'generator=None, names=None, out=None, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False, memory_format=None';

/** How torch reads numbers in lists. */
const rules = { float: 'float32', tensors: 'scalars' } as const;

/** Sizes given one by one or as one sequence. */
function sizes(cx: Context, args: Args): Shape {
  const first = args.has('size') ? [args.raw('size')] : [];
  return requireSizes(sizesOf(cx, [...first, ...args.rest]));
}

function requireSizes(shape: Shape): Shape {
  const negative = shape.find((dim) => D.isKnown(dim) && dim < 0);
  if (negative !== undefined) throw new ShapeError(`a tensor cannot have the shape ${showShape(shape)}`);
  return shape;
}

/** The tensor, marked where it was made with `requires_grad=True`. */
function made(cx: Context, args: Args, node: NodeId): TensorValue {
  const value = tensor(node);
  const wants = args.optional('requires_grad');
  if (wants !== null) setRequiresGrad(cx, value, wants.kind === 'bool' ? wants : bool(null));
  return value;
}

/** On tensors that were made like another: under `vmap` they have an entry for each one, as that has. */
const modelMark = '_like';

/** The tensor, marked as made like another. */
function like(model: TensorValue, value: TensorValue): TensorValue {
  value.attributes.set(modelMark, model);
  return value;
}

/** What a tensor was made like, if it was. */
function modelOf({ attributes }: TensorValue): readonly NodeId[] {
  const model = attributes.get(modelMark);
  return model?.kind === 'tensor' ? [model.node, ...modelOf(model)] : [];
}

type Fill = (cx: Context, shape: Shape, dtype: DType) => NodeId;

const filled =
  (value: number): Fill =>
  (cx, shape, dtype) =>
    cx.build.full(shape, value, dtype);
const random =
  (distribution: Distribution): Fill =>
  (cx, shape, dtype) =>
    drawn(cx, shape, distribution, dtype);

const uniform: Distribution = { kind: 'uniform', low: 0, high: 1 };
const standardNormal: Distribution = { kind: 'normal', mean: 0, std: 1 };

/** What fills a new tensor, by the function's name. */
const fills: Readonly<Record<string, Fill>> = {
  zeros: filled(0),
  ones: filled(1),
  empty: filled(0),
  rand: random(uniform),
  randn: random(standardNormal),
};

/** A number that fills a whole tensor: known, or read from a value that is not. */
function filledWith(cx: Context, shape: Shape, value: Value, dtype: DType | null): NodeId {
  const own: DType = value.kind === 'bool' ? 'bool' : value.kind === 'int' ? 'int64' : 'float32';
  const scalar = cx.build.convert(
    asOperand(cx, value, null),
    dtype ?? (value.kind === 'tensor' ? cx.build.aval(value.node).dtype : own),
  );
  if (cx.build.rank(scalar) > 0)
    throw new ShapeError(`one number is wanted, not a tensor ${showShape(cx.build.shape(scalar))}`);
  const known = value.kind === 'tensor' ? null : asNumber(value);
  return known === null
    ? cx.build.broadcastTo(scalar, shape)
    : cx.build.full(shape, known, cx.build.aval(scalar).dtype);
}

function dtypeIn(args: Args): DType | null {
  return args.optional('dtype') === null ? null : args.dtype('dtype', 'float32');
}

/** `arange`: whole numbers count exactly, also where they are sizes known by name. */
function arange(cx: Context, rest: readonly Value[], dtype: DType | null): NodeId {
  const { build } = cx;
  const zero: Value = { kind: 'int', value: 0 };
  const one: Value = { kind: 'int', value: 1 };
  const [a, b, step = one] = rest;
  if (a === undefined) throw new PythonError('TypeError', 'arange() needs an end');
  const [start, end] = b === undefined ? [zero, a] : [a, b];
  if (start.kind === 'int' && end.kind === 'int' && step.kind === 'int') {
    const by = step.value;
    if (!D.isKnown(by)) throw new Unknowable(`the step ${D.show(by)} is not known`);
    const length = count(start.value, end.value, by);
    const type = dtype ?? 'int64';
    if (D.isKnown(start.value))
      return build.emit('iota', { start: start.value, step: by, shape: [length], dtype: type });
    return build.add(
      build.emit('iota', { start: 0, step: by, shape: [length], dtype: type }),
      build.dimScalar(start.value, type),
    );
  }
  const [from, to, by] = [asNumber(start), asNumber(end), asNumber(step)];
  const type = dtype ?? 'float32';
  if (from === null || to === null || by === null)
    return build.emit('data', { name: 'arange', aval: { shape: [cx.freshSize('n')], dtype: type } });
  if (by === 0 || (to - from) / by < 0)
    throw new ShapeError(`arange: ${from} to ${to} cannot be reached in steps of ${by}`);
  return build.emit('iota', { start: from, step: by, shape: [Math.ceil((to - from) / by)], dtype: type });
}

function count(start: Dim, end: Dim, step: number): Dim {
  const span = step > 0 ? D.sub(end, start) : D.sub(start, end);
  if (step === 0) throw new ShapeError('arange: the step must not be zero');
  if (D.isKnown(span)) {
    if (span < 0) throw new ShapeError('arange: the end lies on the other side of the start than the step goes');
    return Math.ceil(span / Math.abs(step));
  }
  const by = Math.abs(step);
  return by === 1 ? span : D.floorDiv(D.add(span, by - 1), by);
}

/** So many numbers at equal distances from start to end. */
export function linspace(cx: Context, start: Value, end: Value, steps: Dim, dtype: DType): NodeId {
  const { build } = cx;
  requireSizes([steps]);
  const [from, to] = [asNumber(start), asNumber(end)];
  if (from !== null && to !== null && D.isKnown(steps)) {
    return build.emit('iota', { start: from, step: steps > 1 ? (to - from) / (steps - 1) : 0, shape: [steps], dtype });
  }
  const ends = [start, end].map((value) => build.convert(asOperand(cx, value, null), dtype));
  const shape = broadcastShapes(...ends.map((node) => build.shape(node)));
  return build.emit('opaque', { name: 'linspace', aval: { shape: [steps, ...shape], dtype }, batched: [] }, ends);
}

/** Coordinates of a grid: one tensor for each axis, each of the grid's shape. */
export function meshgrid(cx: Context, nodes: readonly NodeId[], indexing: string): readonly NodeId[] {
  const { build } = cx;
  if (indexing !== 'ij' && indexing !== 'xy')
    throw new PythonError('RuntimeError', `meshgrid: indexing must be 'xy' or 'ij', not '${indexing}'`);
  const flat = nodes.map((node) => {
    if (build.rank(node) > 1) throw new ShapeError(`meshgrid: vectors are wanted, not ${showShape(build.shape(node))}`);
    return build.reshape(node, [D.product(build.shape(node))]);
  });
  const swap = indexing === 'xy' && flat.length > 1;
  const place = (k: number): number => (swap && k < 2 ? 1 - k : k);
  const lengths = flat.map((node) => D.product(build.shape(node)));
  const shape = lengths.map((length, k) => lengths[place(k)] ?? length);
  return flat.map((node, k) => build.emit('broadcast_in_dim', { shape, dims: [place(k)] }, [node]));
}

function sequence(cx: Context, rest: readonly Value[]): readonly Value[] {
  const [only] = rest;
  return rest.length === 1 && only !== undefined && only.kind !== 'tensor' ? cx.items(only) : rest;
}

function nodesOf(cx: Context, rest: readonly Value[]): readonly NodeId[] {
  return sequence(cx, rest).map((value) => asOperand(cx, value, null));
}

/** The places of a triangle of a matrix of that size: (2, count). */
function triangleIndices(name: string, inside: (row: number, column: number, offset: number) => boolean): NativeValue {
  return op(`torch.${name}`, `(row, col, offset=0, *, ${options})`, (cx, args) => {
    const [rows, columns, offset] = [args.dim('row'), args.dim('col'), args.int('offset', 0)];
    requireSizes([rows, columns]);
    if (!D.isKnown(rows) || !D.isKnown(columns) || rows * columns > 10_000) {
      const square = D.equal(rows, columns) && offset === 0;
      const length = square ? D.floorDiv(D.mul(rows, D.add(rows, 1)), 2) : cx.freshSize('n');
      return cx.build.emit('data', { name, aval: { shape: [2, length], dtype: 'int64' } });
    }
    const cells = Array.from(
      { length: rows * columns },
      (_, k) => [Math.floor(k / columns), k % columns] as const,
    ).filter(([r, c]) => inside(r, c, offset));
    const values = [...cells.map(([r]) => r), ...cells.map(([, c]) => c)];
    return cx.build.emit('literal', { values, shape: [2, cells.length], dtype: 'int64' });
  });
}

/** `randint(high, size)` and `randint(low, high, size)`. */
function randint(cx: Context, args: Args): Value {
  const given = [...args.rest];
  const size = args.optional('size') ?? given.pop();
  const bounds = [args.optional('low'), ...given, args.optional('high')].filter(
    (value) => value !== null && value !== undefined,
  );
  if (size === undefined || size === null) throw new PythonError('TypeError', 'randint() needs a size');
  const numbers = bounds.map((value) => asNumber(value));
  const [low, high] = numbers.length > 1 ? [numbers[0], numbers[1]] : [0, numbers[0]];
  const distribution: Distribution = { kind: 'integers', low: low ?? 0, high: high ?? 2 };
  return made(cx, args, drawn(cx, requireSizes(shapeOf(cx, size)), distribution, dtypeIn(args) ?? 'int64'));
}

function normal(cx: Context, args: Args): Value {
  const { build } = cx;
  const [mean, std] = [args.value('mean'), args.optional('std')];
  const size = args.optional('size');
  const spread: Value = std ?? float(1);
  if (mean.kind !== 'tensor' && spread.kind !== 'tensor') {
    if (size === null) throw new PythonError('TypeError', 'normal() needs a size');
    const [centre, scale] = [asNumber(mean), asNumber(spread)];
    return made(
      cx,
      args,
      drawn(
        cx,
        requireSizes(shapeOf(cx, size)),
        { kind: 'normal', mean: centre ?? 0, std: scale ?? 1 },
        dtypeIn(args) ?? 'float32',
      ),
    );
  }
  const type = mean.kind === 'tensor' ? mean.node : null;
  const [m, s] = [asOperand(cx, mean, type), asOperand(cx, spread, type)];
  const shape = broadcastShapes(build.shape(m), build.shape(s));
  const of = { kind: 'of', nodes: [m, s] } as const;
  const noise = drawn(cx, shape, standardNormal, build.commonType([m, s]), of);
  return tensor(build.add(m, build.mul(s, noise)));
}

/** Truths as numbers, drawn with the probabilities in a tensor: changes of the probability do not differentiate. */
function bernoulli(cx: Context, x: NodeId): NodeId {
  const { shape, dtype } = cx.build.aval(x);
  return cx.build.convert(
    cx.build.binary('lt', drawn(cx, shape, uniform, dtype, { kind: 'of', nodes: [x] }), x),
    dtype,
  );
}

function multinomial(cx: Context, args: Args): NodeId {
  const x = args.tensor('input');
  const shape = cx.build.shape(x);
  const wanted = args.dim('num_samples');
  if (shape.length !== 1 && shape.length !== 2)
    throw new ShapeError(`multinomial: a vector or a matrix is wanted, not ${showShape(shape)}`);
  const categories = shape[shape.length - 1] ?? 0;
  if (!args.bool('replacement', false) && D.isKnown(wanted) && D.isKnown(categories) && wanted > categories) {
    throw new ShapeError(`multinomial: ${wanted} different ones cannot be drawn of ${categories}`);
  }
  const lead = shape.slice(0, -1);
  requireDraw(cx, { kind: 'of', nodes: [x] });
  return cx.build.emit(
    'opaque',
    {
      name: 'multinomial',
      aval: { shape: [...lead, wanted], dtype: 'int64' },
      batched: lead.map((_, k) => [k, k] as const),
    },
    [x],
  );
}

/** Copies of what a value holds, as `torch.tensor` makes them: outside of what is differentiated. */
function tensorOf(cx: Context, args: Args): Value {
  const { build } = cx;
  const data = args.value('data');
  const node =
    data.kind === 'tensor'
      ? build.unary('stop_gradient', data.node)
      : data.kind === 'int' && !D.isKnown(data.value)
        ? build.dimScalar(data.value, 'int64')
        : nested(cx, data, rules);
  return made(cx, args, build.convert(node, dtypeIn(args) ?? build.aval(node).dtype));
}

const creators = Object.entries(fills).flatMap(([name, fill]) => {
  const isDraw = name === 'rand' || name === 'randn';
  return [
    native(`torch.${name}`, `(size=None, *sizes, ${options})`, (cx, args) =>
      made(cx, args, fill(cx, sizes(cx, args), dtypeIn(args) ?? 'float32')),
    ),
    native(`torch.${name}_like`, `(input, *, ${options})`, (cx, args) => {
      const model = args.tensorValue('input');
      const { shape, dtype } = cx.build.aval(model.node);
      return like(model, made(cx, args, fill(cx, shape, dtypeIn(args) ?? dtype)));
    }),
    ...(isDraw
      ? []
      : [
          native(`torch.Tensor.new_${name}`, `(input, size=None, *sizes, ${options})`, (cx, args) => {
            const model = args.tensorValue('input');
            const dtype = dtypeIn(args) ?? cx.build.aval(model.node).dtype;
            return like(model, made(cx, args, fill(cx, sizes(cx, args), dtype)));
          }),
        ]),
  ];
});

const others = [
  native('torch.full', `(size, fill_value, *, ${options})`, (cx, args) =>
    made(cx, args, filledWith(cx, requireSizes(args.shape('size')), args.value('fill_value'), dtypeIn(args))),
  ),
  native('torch.full_like', `(input, fill_value, *, ${options})`, (cx, args) => {
    const model = args.tensorValue('input');
    const { shape, dtype } = cx.build.aval(model.node);
    return like(model, made(cx, args, filledWith(cx, shape, args.value('fill_value'), dtypeIn(args) ?? dtype)));
  }),
  native('torch.fill', '(input, value)', (cx, args) => {
    const { shape, dtype } = cx.build.aval(args.tensor('input'));
    return tensor(filledWith(cx, shape, args.value('value'), dtype));
  }),
  native('torch.Tensor.new_full', `(input, size, fill_value, *, ${options})`, (cx, args) => {
    const model = args.tensorValue('input');
    const dtype = dtypeIn(args) ?? cx.build.aval(model.node).dtype;
    return like(
      model,
      made(cx, args, filledWith(cx, requireSizes(args.shape('size')), args.value('fill_value'), dtype)),
    );
  }),
  native('torch.Tensor.new_tensor', `(input, data, *, ${options})`, (cx, args) => {
    const value = tensorOf(cx, args);
    return value.kind === 'tensor'
      ? tensor(cx.build.convert(value.node, dtypeIn(args) ?? cx.build.aval(args.tensor('input')).dtype))
      : value;
  }),
  native('torch.arange', `(*bounds, start=None, end=None, step=None, ${options})`, (cx, args) => {
    const named = ['start', 'end', 'step'].flatMap((name) => args.optional(name) ?? []);
    // `end` may be given by name behind a positional start, and a lone start by name goes with it.
    return made(cx, args, arange(cx, [...args.rest, ...named], dtypeIn(args)));
  }),
  native('torch.range', `(start, end, step=1, *, ${options})`, (cx, args) => {
    const [from, to, by] = [args.number('start'), args.number('end'), args.number('step', 1)];
    return made(
      cx,
      args,
      cx.build.emit('iota', {
        start: from,
        step: by,
        shape: [Math.floor((to - from) / by) + 1],
        dtype: dtypeIn(args) ?? 'float32',
      }),
    );
  }),
  native('torch.linspace', `(start, end, steps, *, ${options})`, (cx, args) =>
    made(cx, args, linspace(cx, args.value('start'), args.value('end'), args.dim('steps'), dtypeIn(args) ?? 'float32')),
  ),
  native('torch.logspace', `(start, end, steps, base=10.0, *, ${options})`, (cx, args) => {
    const exponents = linspace(
      cx,
      args.value('start'),
      args.value('end'),
      args.dim('steps'),
      dtypeIn(args) ?? 'float32',
    );
    return made(cx, args, cx.build.unary('exp', cx.build.scale(exponents, Math.log(args.number('base', 10)))));
  }),
  native('torch.eye', `(n, m=None, *, ${options})`, (cx, args) => {
    const rows = args.dim('n');
    return made(
      cx,
      args,
      cx.build.emit('eye', { shape: requireSizes([rows, args.dim('m', rows)]), dtype: dtypeIn(args) ?? 'float32' }),
    );
  }),
  native('torch.randint', `(*bounds, low=None, high=None, size=None, ${options})`, randint),
  native('torch.randint_like', `(input, *bounds, low=None, high=None, ${options})`, (cx, args) => {
    const { shape, dtype } = cx.build.aval(args.tensor('input'));
    return tensor(drawn(cx, shape, { kind: 'integers', low: 0, high: 2 }, dtypeIn(args) ?? dtype));
  }),
  native('torch.randperm', `(n, *, ${options})`, (cx, args) =>
    made(cx, args, drawn(cx, requireSizes([args.dim('n')]), { kind: 'permutation' }, dtypeIn(args) ?? 'int64')),
  ),
  native('torch.normal', `(mean, std=None, size=None, *, ${options})`, normal),
  op('torch.bernoulli', '(input, p=None, *, generator=None, out=None)', (cx, args) =>
    bernoulli(cx, args.tensor('input')),
  ),
  op('torch.Tensor.bernoulli', '(input, p=None, *, generator=None)', (cx, args) => bernoulli(cx, args.tensor('input'))),
  op('torch.poisson', '(input, generator=None)', (cx, args) => {
    const x = args.tensor('input');
    requireDraw(cx, { kind: 'of', nodes: [x] });
    return cx.build.emit(
      'opaque',
      { name: 'poisson', aval: cx.build.aval(x), batched: cx.build.shape(x).map((_, k) => [k, k] as const) },
      [x],
    );
  }),
  ...withMethod([
    op('torch.multinomial', '(input, num_samples, replacement=False, *, generator=None, out=None)', multinomial),
  ]),
  ...alias(native('torch.tensor', `(data, *, ${options})`, tensorOf), 'torch.scalar_tensor'),
  ...['torch.as_tensor', 'torch.asarray', 'torch.from_numpy', 'torch.from_dlpack'].map((name) =>
    native(name, `(data, dtype=None, device=None, *, copy=None, requires_grad=False)`, (cx, args) => {
      const data = args.value('data');
      if (name === 'torch.from_numpy' && (data.kind !== 'tensor' || data.family !== 'numpy'))
        throw new PythonError('TypeError', `from_numpy takes an array of NumPy, not ${describe(data)}`);
      const node = data.kind === 'tensor' ? data.node : nested(cx, data, rules);
      const wanted = dtypeIn(args) ?? cx.build.aval(node).dtype;
      if (data.kind === 'tensor' && data.family === 'torch' && cx.build.aval(node).dtype === wanted) return data;
      return made(cx, args, cx.build.convert(node, wanted));
    }),
  ),
  native('torch.meshgrid', '(*tensors, indexing=None)', (cx, args) =>
    tuple(meshgrid(cx, nodesOf(cx, args.rest), args.string('indexing', 'ij')).map((node) => tensor(node))),
  ),
  op('torch.cartesian_prod', '(*tensors)', (cx, args) => {
    const nodes = nodesOf(cx, args.rest);
    const [only] = nodes;
    const wrong = nodes.find((node) => cx.build.rank(node) !== 1);
    if (wrong !== undefined)
      throw new ShapeError(`cartesian_prod: vectors are wanted, not ${showShape(cx.build.shape(wrong))}`);
    if (nodes.length === 1 && only !== undefined) return only;
    const total = D.product(nodes.map((node) => cx.build.shape(node)[0] ?? 1));
    return cx.build.stack(
      meshgrid(cx, nodes, 'ij').map((node) => cx.build.reshape(node, [total])),
      1,
    );
  }),
  op('torch.combinations', '(input, r=2, with_replacement=False)', (cx, args) => {
    const x = args.tensor('input');
    const [n, ...more] = cx.build.shape(x);
    if (n === undefined || more.length > 0)
      throw new ShapeError(`combinations: a vector is wanted, not ${showShape(cx.build.shape(x))}`);
    const r = args.int('r', 2);
    const from = args.bool('with_replacement', false) ? D.add(n, r - 1) : n;
    const rows = D.isKnown(from)
      ? choose(from, r)
      : r === 2
        ? D.floorDiv(D.mul(from, D.sub(from, 1)), 2)
        : cx.freshSize('n');
    return cx.build.emit(
      'opaque',
      { name: 'combinations', aval: { shape: [rows, r], dtype: cx.build.aval(x).dtype }, batched: [] },
      [x],
    );
  }),
  ...['hann', 'hamming', 'blackman', 'bartlett', 'kaiser'].map((name) =>
    op(`torch.${name}_window`, `(window_length, periodic=True, alpha=None, beta=None, *, ${options})`, (cx, args) =>
      cx.build.emit('data', {
        name: `${name}_window`,
        aval: { shape: requireSizes([args.dim('window_length')]), dtype: dtypeIn(args) ?? 'float32' },
      }),
    ),
  ),
  triangleIndices('tril_indices', (row, column, offset) => column - row <= offset),
  triangleIndices('triu_indices', (row, column, offset) => column - row >= offset),
];

function choose(n: number, r: number): number {
  let count = 1;
  for (let k = 0; k < r; k++) count = (count * (n - k)) / (k + 1);
  return n < r ? 0 : count;
}

/** `torch.Tensor(3, 4)`, `torch.FloatTensor([1, 2])`: sizes of an uninitialised tensor, or its numbers. */
function constructorOf(name: string, dtype: DType, methods: readonly NativeValue[]): ClassValue {
  return libraryClass(
    name,
    [],
    [
      native('__new__', '(cls, *args, device=None)', (cx, args) => {
        const cls = args.value('cls');
        // Such tensors may have methods of their own in place of torch's, and torch's functions may give more of them.
        if (cls.kind !== 'class' || cls.name !== name)
          return cx.unknown(`what a class of ${name}s changes is not known`);
        const [first] = args.rest;
        // What is given alone may be numbers as well as a size.
        if (first !== undefined && args.rest.length === 1) known(first);
        if (first !== undefined && first.kind === 'tensor') return first;
        if (
          first !== undefined &&
          (first.kind === 'list' ||
            (first.kind === 'tuple' && args.rest.length === 1 && !first.items.every(({ kind }) => kind === 'int')))
        ) {
          return tensor(cx.build.convert(nested(cx, first, { float: 'float32', tensors: 'scalars' }), dtype));
        }
        const shape =
          first === undefined
            ? [0]
            : first.kind === 'tuple'
              ? shapeOf(cx, first)
              : args.rest.map((value) => asDim(value, 'size'));
        return tensor(cx.build.full(requireSizes(shape), 0, dtype));
      }),
      ...['_make_subclass', '_make_wrapper_subclass'].map((maker) =>
        native(maker, '(*args, **kwargs)', (cx) => cx.unknown(`what a class of ${name}s changes is not known`)),
      ),
      ...methods,
    ],
  );
}

const constructors: Readonly<Record<string, DType>> = {
  FloatTensor: 'float32',
  DoubleTensor: 'float64',
  HalfTensor: 'float16',
  BFloat16Tensor: 'bfloat16',
  LongTensor: 'int64',
  IntTensor: 'int32',
  ShortTensor: 'int16',
  CharTensor: 'int8',
  ByteTensor: 'uint8',
  BoolTensor: 'bool',
};

/** The class of tensors with all their methods, and its kin with a type of their own. */
export function tensorClasses(methods: readonly NativeValue[]): readonly ClassValue[] {
  const own = methods.filter(({ name }) => name.startsWith('torch.Tensor.'));
  return [
    constructorOf('torch.Tensor', 'float32', own),
    ...Object.entries(constructors).flatMap(([name, dtype]) => [
      constructorOf(`torch.${name}`, dtype, []),
      constructorOf(`torch.cuda.${name}`, dtype, []),
    ]),
  ];
}

/** In-place draws: the tensor's shape and type stay. */
const inPlace: Readonly<Record<string, Distribution>> = {
  uniform_: uniform,
  normal_: standardNormal,
  random_: { kind: 'integers', low: 0, high: 2 },
  exponential_: uniform,
  bernoulli_: { kind: 'integers', low: 0, high: 2 },
  log_normal_: standardNormal,
  cauchy_: standardNormal,
  geometric_: uniform,
};

/** The numbers of an in-place draw that names its own. */
function ownDistribution(name: string, args: Args): Distribution | null {
  const [first, second] = [...args.rest, ...args.keywords.values()].map((value) =>
    value.kind === 'int' || value.kind === 'float' ? asNumber(value) : null,
  );
  if (first === undefined || first === null || second === undefined || second === null) return null;
  if (name === 'uniform_') return { kind: 'uniform', low: first, high: second };
  return name === 'normal_' ? { kind: 'normal', mean: first, std: second } : null;
}

export const fillings: readonly NativeValue[] = [
  ...Object.entries(inPlace).map(([name, distribution]) =>
    native(`torch.Tensor.${name}`, '(input, *args, **kwargs)', (cx, args) => {
      const x = args.tensorValue('input');
      const { shape, dtype } = cx.build.aval(x.node);
      const into = { kind: 'into', nodes: [x.node, ...modelOf(x)] } as const;
      cx.assignInPlace(x, drawn(cx, shape, ownDistribution(name, args) ?? distribution, dtype, into));
      return x;
    }),
  ),
  native('torch.Tensor.zero_', '(input)', (cx, args) => {
    const x = args.tensorValue('input');
    const { shape, dtype } = cx.build.aval(x.node);
    cx.assignInPlace(x, cx.build.full(shape, 0, dtype));
    return x;
  }),
  native('torch.Tensor.fill_', '(input, value)', (cx, args) => {
    const x = args.tensorValue('input');
    const { shape, dtype } = cx.build.aval(x.node);
    cx.assignInPlace(x, filledWith(cx, shape, args.value('value'), dtype));
    return x;
  }),
  native('torch.Tensor.fill_diagonal_', '(input, fill_value, wrap=False)', (cx, args) => {
    const x = args.tensorValue('input');
    const { shape, dtype } = cx.build.aval(x.node);
    if (shape.length < 2) throw new ShapeError(`fill_diagonal_: a matrix is wanted, not ${showShape(shape)}`);
    const [rows, columns] = [shape[0] ?? 0, shape[1] ?? 0];
    if (shape.length > 2 || args.bool('wrap', false)) {
      cx.assignInPlace(
        x,
        cx.build.emit('opaque', { name: 'fill_diagonal_', aval: { shape, dtype }, batched: [] }, [x.node]),
      );
      return x;
    }
    const diagonal = cx.build.emit('eye', { shape: [rows, columns], dtype: 'bool' });
    cx.assignInPlace(x, cx.build.select(diagonal, filledWith(cx, [], args.value('fill_value'), dtype), x.node));
    return x;
  }),
  native('torch.Tensor.copy_', '(input, src, non_blocking=False)', (cx, args) => {
    const x = args.tensorValue('input');
    const { shape, dtype } = cx.build.aval(x.node);
    const source = cx.build.convert(args.operand('src', x.node), dtype);
    const stretched = broadcastShapes(shape, cx.build.shape(source));
    if (stretched.length !== shape.length || stretched.some((dim, k) => D.surelyDiffer(dim, shape[k] ?? -1))) {
      throw new ShapeError(`copy_: ${showShape(cx.build.shape(source))} does not fit into ${showShape(shape)}`);
    }
    cx.assignInPlace(x, cx.build.broadcastTo(source, shape));
    return x;
  }),
];

export const creation: readonly NativeValue[] = [...creators, ...others];
