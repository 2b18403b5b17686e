import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import { ShapeError } from '../../graph/shape.ts';
import type { Args } from '../arguments.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import {
  bool,
  type ClassValue,
  int,
  list,
  type NativeValue,
  none,
  type TupleValue,
  tuple,
  type Value,
} from '../values.ts';
import { sizeIn } from './dialect.ts';

/** `x.shape`: sizes that are indexed and gone through like a tuple (https://www.tensorflow.org/api_docs/python/tf/TensorShape). */

function method(
  name: string,
  parameters: string,
  rule: (cx: Context, sizes: TupleValue, args: Args) => Value,
): NativeValue {
  return native(`TensorShape.${name}`, parameters, (cx, args) => rule(cx, sizesOf(args.value('self')), args));
}

function sizesOf(self: Value): TupleValue {
  const dims = self.kind === 'instance' ? self.attributes.get('dims') : undefined;
  if (dims?.kind !== 'tuple') throw new Unknowable('the sizes of this shape are not known');
  return dims;
}

/** A size, or null for one that is None. */
type OpenDim = Dim | null;

/** The sizes of another shape, sequence or number. */
export function dimsOf(cx: Context, value: Value): readonly OpenDim[] {
  if (value.kind === 'int') return [value.value];
  return cx.items(value).map((item) => (item.kind === 'none' ? null : sizeIn(cx, item)));
}

function joined(cx: Context, first: Value, second: Value): Value {
  return tensorShape(cx, [...dimsOf(cx, first), ...dimsOf(cx, second)]);
}

/** Whether the shapes may be the same: null where that hangs on names, or on sizes that are None. */
function sameSizes(a: readonly OpenDim[], b: readonly OpenDim[]): boolean | null {
  const pairs = a.map((dim, k) => [dim, b[k] ?? null] as const);
  if (a.length !== b.length || pairs.some(([x, y]) => x !== null && y !== null && D.surelyDiffer(x, y))) return false;
  return pairs.every(([x, y]) => x !== null && y !== null && D.equal(x, y)) ? true : null;
}

function showDims(dims: readonly OpenDim[]): string {
  return `(${dims.map((dim) => (dim === null ? 'None' : D.show(dim))).join(', ')})`;
}

function isEqual(cx: Context, args: Args): boolean | null {
  const other = args.optional('other');
  if (other === null) return false;
  if (!['tuple', 'list', 'instance', 'int'].includes(other.kind)) return null;
  return sameSizes(dimsOf(cx, args.value('self')), dimsOf(cx, other));
}

function requireCompatible(cx: Context, args: Args): Value {
  const [own, other] = [dimsOf(cx, args.value('self')), dimsOf(cx, args.value('other'))];
  if (sameSizes(own, other) === false)
    throw new ShapeError(`Shapes ${showDims(own)} and ${showDims(other)} are incompatible`);
  return none;
}

export const shapeClass: ClassValue = libraryClass(
  'tensorflow.TensorShape',
  [],
  [
    native('TensorShape.__init__', '(self, dims)', (cx, args) => {
      const dims = args.optional('dims');
      const rank = dims === null ? cx.unknown('the shape is not known before it runs') : int(dimsOf(cx, dims).length);
      for (const name of ['rank', 'ndims']) cx.setAttribute(args.value('self'), name, rank);
      cx.setAttribute(
        args.value('self'),
        'dims',
        dims === null ? cx.unknown('the shape is not known before it runs') : tuple(dimsOf(cx, dims).map(openSize)),
      );
      return none;
    }),
    method('__iter__', '(self)', (_cx, sizes) => sizes),
    method('__len__', '(self)', (_cx, sizes) => int(sizes.items.length)),
    method('__getitem__', '(self, key)', (cx, sizes, args) => {
      const part = cx.subscript(sizes, args.value('key'));
      return part.kind === 'tuple' ? tensorShape(cx, dimsOf(cx, part)) : part;
    }),
    ...['__add__', 'concatenate'].map((name) =>
      method(name, '(self, other)', (cx, sizes, args) => joined(cx, sizes, args.value('other'))),
    ),
    method('__radd__', '(self, other)', (cx, sizes, args) => joined(cx, args.value('other'), sizes)),
    native('TensorShape.__eq__', '(self, other)', (cx, args) => bool(isEqual(cx, args))),
    native('TensorShape.__ne__', '(self, other)', (cx, args) => {
      const equal = isEqual(cx, args);
      return bool(equal === null ? null : !equal);
    }),
    method('as_list', '(self)', (_cx, sizes) => list(sizes.items)),
    method('num_elements', '(self)', (cx, sizes) => {
      const dims = dimsOf(cx, sizes).flatMap((dim) => (dim === null ? [] : [dim]));
      return dims.length < sizes.items.length ? none : int(D.product(dims));
    }),
    method('is_fully_defined', '(self)', (_cx, sizes) => bool(sizes.items.every((item) => item.kind === 'int'))),
    native('TensorShape.is_compatible_with', '(self, other)', (cx, args) => {
      const same = sameSizes(dimsOf(cx, args.value('self')), dimsOf(cx, args.value('other')));
      return bool(same === false ? false : null);
    }),
    native('TensorShape.assert_is_compatible_with', '(self, other)', requireCompatible),
    native('TensorShape.assert_same_rank', '(self, other)', (cx, args) => {
      if (dimsOf(cx, args.value('self')).length !== dimsOf(cx, args.value('other')).length)
        throw new PythonError('ValueError', 'Shapes must have the same rank');
      return none;
    }),
    method('assert_has_rank', '(self, rank)', (_cx, sizes, args) => {
      if (sizes.items.length !== args.int('rank'))
        throw new ShapeError(`a shape of ${sizes.items.length} axes has not rank ${args.int('rank')}`);
      return none;
    }),
    method('assert_is_fully_defined', '(self)', () => none),
    method('with_rank', '(self, rank)', (cx, sizes, args) => {
      if (sizes.items.length !== args.int('rank'))
        throw new ShapeError(`a shape of ${sizes.items.length} axes has not rank ${args.int('rank')}`);
      return tensorShape(cx, dimsOf(cx, sizes));
    }),
    method('merge_with', '(self, other)', (cx, sizes, args) => {
      requireCompatible(cx, args);
      return tensorShape(cx, dimsOf(cx, sizes));
    }),
  ],
);

function openSize(dim: OpenDim): Value {
  return dim === null ? none : int(dim);
}

/** The shape as `x.shape` gives it. */
export function tensorShape(cx: Context, shape: readonly OpenDim[]): Value {
  const instance = cx.instantiate(shapeClass);
  instance.attributes.set('dims', tuple(shape.map(openSize)));
  for (const name of ['rank', 'ndims']) instance.attributes.set(name, int(shape.length));
  return instance;
}
