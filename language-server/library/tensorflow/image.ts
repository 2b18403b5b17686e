import type { Dim } from '../../graph/dim.ts';
import * as D from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { dimAt, type Shape, ShapeError, showShape } from '../../graph/shape.ts';
import { PythonError, Unknowable } from '../context.ts';
import { opaque } from '../torch/opaque.ts';
import { type NativeValue, tensor, tuple } from '../values.ts';
import { isOwn, isSigned, shapeIn, sizesIn, type TensorCall, tfFunction, tfOp } from './dialect.ts';

/** tf.image (https://www.tensorflow.org/api_docs/python/tf/image): (height, width, channels), or a batch of these. */

/** One image or several, with so many axes. */
function imagesIn(call: TensorCall, name: string, most = 4, least = 3): NodeId {
  const x = call.array(name);
  const rank = call.build.rank(x);
  if (rank < least || rank > most) throw new ShapeError(`images are wanted, not ${showShape(call.build.shape(x))}`);
  return x;
}

/** Images of another kind, each made from its own. */
function changed(call: TensorCall, x: NodeId, shape: Shape, dtype = call.build.aval(x).dtype): NodeId {
  const leading = Math.max(0, call.build.rank(x) - 3);
  const kept = Array.from({ length: leading }, (_, k) => [k, k] as const);
  return opaque(call.cx, 'tf.image', [x], shape, dtype, kept);
}

/** The shape of images that are as high and wide as that. */
function ofSize(call: TensorCall, x: NodeId, height: Dim, width: Dim): Shape {
  const shape = call.build.shape(x);
  return [...shape.slice(0, -3), height, width, dimAt(shape, shape.length - 1)];
}

/** Functions that keep shape and type, for the number of axes that they take. */
interface Keeping {
  readonly names: string;
  readonly parameters: string;
  readonly least: number;
  readonly most: number;
}

const any = { least: 0, most: Number.POSITIVE_INFINITY };
const flipped = { least: 3, most: 4 };
const coloured = { least: 3, most: Number.POSITIVE_INFINITY };

const keeping: readonly Keeping[] = [
  { names: 'flip_left_right flip_up_down', parameters: '(image)', ...flipped },
  { names: 'random_flip_left_right random_flip_up_down', parameters: '(image, seed=None)', ...flipped },
  { names: 'stateless_random_flip_left_right stateless_random_flip_up_down', parameters: '(image, seed)', ...flipped },
  { names: 'adjust_brightness', parameters: '(image, delta)', ...any },
  { names: 'random_brightness', parameters: '(image, max_delta, seed=None)', ...any },
  { names: 'adjust_gamma', parameters: '(image, gamma=1, gain=1)', ...any },
  { names: 'adjust_hue', parameters: '(image, delta, name=None)', ...coloured },
  { names: 'random_hue', parameters: '(image, max_delta, seed=None)', ...coloured },
  { names: 'adjust_saturation', parameters: '(image, saturation_factor, name=None)', ...coloured },
  { names: 'random_saturation random_contrast', parameters: '(image, lower, upper, seed=None)', ...coloured },
  { names: 'adjust_contrast', parameters: '(images, contrast_factor)', ...coloured },
];

/** The names behind `tf.`. */
function inImage(names: string): string {
  return names
    .split(' ')
    .map((name) => `image.${name}`)
    .join(' ');
}

function resized(call: TensorCall, name: 'images' | 'image', sizes: Shape, isExact: boolean): NodeId {
  const x = imagesIn(call, name);
  const [height, width] = sizes;
  if (height === undefined || width === undefined || sizes.length !== 2)
    throw new PythonError('ValueError', "'size' must be a 1-D Tensor of 2 elements: new_height, new_width");
  const same = [0, 1].every((k) => D.equal(dimAt(call.build.shape(x), call.build.rank(x) - 3 + k), sizes[k] ?? 0));
  const { dtype } = call.build.aval(x);
  // Images that have the size already are given back as they are.
  const isNearest = call.has('method') && call.string('method', 'bilinear') === 'nearest';
  return changed(call, x, ofSize(call, x, height, width), isNearest || (same && isExact) ? dtype : 'float32');
}

/** The middle of an image: what is left of a side of so many entries. */
function middle(size: Dim, fraction: number): Dim {
  if (!D.isKnown(size)) throw new Unknowable('how much a fraction of the image is is not known');
  return size - 2 * Math.trunc((size - size * fraction) / 2);
}

/** A number for each pair of images. */
function compared(call: TensorCall, first: string, second: string): NodeId {
  const [a, b] = [imagesIn(call, first, 9), imagesIn(call, second, 9)];
  const [own, other] = [call.build.shape(a), call.build.shape(b)];
  if (!D.equal(own.length, other.length) || own.some((dim, k) => !D.equal(dim, other[k] ?? 0)))
    throw new Unknowable('how images of other shapes are compared is not followed');
  const shape = own.slice(0, -3);
  return opaque(call.cx, 'tf.image', [a, b], shape, 'float32');
}

export const image: readonly NativeValue[] = [
  ...keeping.flatMap(({ names, parameters, least, most }) =>
    tfOp(inImage(names), parameters, (call) => {
      const x = imagesIn(call, call.has('images') ? 'images' : 'image', most, least);
      return changed(call, x, call.build.shape(x));
    }),
  ),
  ...tfOp('image.rgb_to_hsv image.hsv_to_rgb', '(images, name=None)', (call) => {
    const x = call.fractions('images');
    return changed(call, x, call.build.shape(x));
  }),
  ...tfOp('image.per_image_standardization', '(image)', (call) => {
    const x = imagesIn(call, 'image', 9);
    const { dtype } = call.build.aval(x);
    return changed(call, x, call.build.shape(x), dtype === 'float16' ? dtype : 'float32');
  }),
  ...tfOp('image.convert_image_dtype', '(image, dtype, saturate=False, name=None)', (call) => {
    const x = call.array('image');
    const dtype = call.type('dtype');
    if (dtype === null) throw new Unknowable('the type of the image is not known');
    return changed(call, x, call.build.shape(x), dtype);
  }),
  ...tfOp('image.transpose', '(image, name=None)', (call) => {
    const x = imagesIn(call, 'image');
    const rank = call.build.rank(x);
    return call.build.transpose(x, [...Array.from({ length: rank - 3 }, (_, k) => k), rank - 2, rank - 3, rank - 1]);
  }),
  ...tfOp(
    'image.resize',
    "(images, size, method='bilinear', preserve_aspect_ratio=False, antialias=False, name=None)",
    (call) => {
      if (call.bool('preserve_aspect_ratio', false))
        throw new Unknowable('how large images that keep their proportions get is not followed');
      return resized(call, 'images', sizesIn(call.cx, call.value('size')), false);
    },
  ),
  ...tfOp('image.resize_with_pad', "(image, target_height, target_width, method='bilinear', antialias=False)", (call) =>
    resized(call, 'image', [call.dim('target_height'), call.dim('target_width')], false),
  ),
  ...tfOp('image.resize_with_crop_or_pad', '(image, target_height, target_width)', (call) => {
    const x = imagesIn(call, 'image');
    return changed(call, x, ofSize(call, x, call.dim('target_height'), call.dim('target_width')));
  }),
  ...['crop_to_bounding_box', 'pad_to_bounding_box'].flatMap((name) =>
    tfOp(`image.${name}`, '(image, offset_height, offset_width, target_height, target_width)', (call) => {
      const x = imagesIn(call, 'image');
      return changed(call, x, ofSize(call, x, call.dim('target_height'), call.dim('target_width')));
    }),
  ),
  ...tfOp('image.central_crop', '(image, central_fraction)', (call) => {
    const x = imagesIn(call, 'image');
    const fraction = call.number('central_fraction', 1);
    if (fraction === null) throw new Unknowable('how much of the image is kept is not known');
    const shape = call.build.shape(x);
    const [height, width] = [dimAt(shape, shape.length - 3), dimAt(shape, shape.length - 2)];
    return changed(call, x, ofSize(call, x, middle(height, fraction), middle(width, fraction)));
  }),
  ...['random_crop', 'image.random_crop', 'image.stateless_random_crop'].flatMap((name) =>
    tfOp(name, '(value, size, seed=None, name=None)', (call) => {
      const x = call.array('value');
      const shape = shapeIn(call.cx, call.value('size'));
      const own = call.build.shape(x);
      if (shape.length !== own.length)
        throw new ShapeError(`a crop ${showShape(shape)} of ${showShape(own)} has another number of axes`);
      const kept = shape.flatMap((dim, k) => (D.equal(dim, own[k] ?? -1) ? [[k, k] as const] : []));
      return opaque(call.cx, name, [x], shape, call.build.aval(x).dtype, kept);
    }),
  ),
  ...tfOp('image.rgb_to_grayscale', '(images, name=None)', (call) => {
    const x = imagesIn(call, 'images', 9);
    return changed(call, x, [...call.build.shape(x).slice(0, -1), 1]);
  }),
  ...tfOp('image.grayscale_to_rgb', '(images, name=None)', (call) => {
    const x = imagesIn(call, 'images', 9);
    if (D.surelyDiffer(call.build.shape(x).at(-1) ?? 1, 1))
      throw new PythonError('ValueError', 'Last dimension of a grayscale image should be size 1.');
    return changed(call, x, [...call.build.shape(x).slice(0, -1), 3]);
  }),
  ...tfOp('image.total_variation', '(images, name=None)', (call) => {
    // It asks for get_shape, which arrays of NumPy do not have, and for absolute values.
    if (!isOwn(call.value('images'))) throw new PythonError('AttributeError', 'total_variation takes tensors');
    const x = imagesIn(call, 'images');
    const { shape, dtype } = call.build.aval(x);
    if (!isSigned(dtype)) throw new PythonError('InvalidArgumentError', `Abs is not there for ${dtype}`);
    return changed(call, x, shape.slice(0, -3));
  }),
  ...tfOp('image.sobel_edges', '(image)', (call) => {
    const x = imagesIn(call, 'image');
    if (call.build.rank(x) !== 4) throw new ShapeError('sobel_edges takes a batch of images');
    call.fractions('image');
    return changed(call, x, [...call.build.shape(x), 2]);
  }),
  tfFunction('image.image_gradients', '(image)', (call) => {
    const x = imagesIn(call, 'image');
    if (call.build.rank(x) !== 4) throw new PythonError('ValueError', 'image_gradients expects a 4D tensor');
    const each = (): NodeId => changed(call, x, call.build.shape(x));
    return tuple([tensor(each(), 'tensorflow'), tensor(each(), 'tensorflow')]);
  }),
  ...tfOp('image.psnr', '(a, b, max_val, name=None)', (call) => compared(call, 'a', 'b')),
  ...tfOp(
    'image.ssim',
    '(img1, img2, max_val, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03, return_index_map=False)',
    (call) => {
      if (call.bool('return_index_map', false)) throw new Unknowable('maps of likeness are not followed');
      return compared(call, 'img1', 'img2');
    },
  ),
];
