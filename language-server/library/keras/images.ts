import type { Dim } from '../../graph/dim.ts';
import type { NodeId } from '../../graph/graph.ts';
import { isFloating, type Shape, ShapeError, showShape } from '../../graph/shape.ts';
import { opaque } from '../torch/opaque.ts';
import type { ClassValue } from '../values.ts';
import { type LayerCall, layerClass } from './layer.ts';

/** Layers that change images, each by itself (https://keras.io/api/layers/preprocessing_layers/image_augmentation/). */

/** One image or a batch of them, as fractions. */
function imagesOf(call: LayerCall): NodeId {
  const x = call.array('data');
  const rank = call.build.rank(x);
  if (rank !== 3 && rank !== 4) throw new ShapeError(`images are wanted, not ${showShape(call.build.shape(x))}`);
  return isFloating(call.build.aval(x).dtype) ? x : call.build.convert(x, call.compute);
}

function changed(call: LayerCall, x: NodeId, shape: Shape): NodeId {
  const kept = shape.length === 4 ? [[0, 0] as const] : [];
  return opaque(call.cx, call.layer.cls.name, [x], shape, call.build.aval(x).dtype, kept);
}

/** What changes images at random in training, and leaves them as they are else. */
function random(name: string, settings: string): ClassValue {
  return layerClass({
    name,
    settings,
    inputs: 'data, training=True',
    apply: (call) => {
      const x = imagesOf(call);
      return call.isTraining ? changed(call, x, call.build.shape(x)) : x;
    },
  });
}

/** Images of another height and width; those that are random in training alone are left as they are else. */
function sized(name: string, settings: string, isRandom = false): ClassValue {
  return layerClass({
    name,
    settings: `height, width, ${settings}`,
    inputs: 'data, training=True',
    apply: (call) => {
      const x = imagesOf(call);
      if (isRandom && !call.isTraining) return x;
      const shape = call.build.shape(x);
      const size: readonly Dim[] = [call.own.dim('height'), call.own.dim('width')];
      return changed(call, x, [...shape.slice(0, -3), ...size, ...shape.slice(-1)]);
    },
  });
}

export const imageLayers: readonly ClassValue[] = [
  random('RandomFlip', "mode='horizontal_and_vertical', seed=None, data_format=None"),
  random(
    'RandomRotation',
    "factor, fill_mode='reflect', interpolation='bilinear', seed=None, fill_value=0.0, value_range=None, data_format=None",
  ),
  random(
    'RandomZoom',
    "height_factor, width_factor=None, fill_mode='reflect', interpolation='bilinear', seed=None, fill_value=0.0, data_format=None",
  ),
  random(
    'RandomTranslation',
    "height_factor, width_factor, fill_mode='reflect', interpolation='bilinear', seed=None, fill_value=0.0, data_format=None",
  ),
  random('RandomContrast', 'factor, value_range=None, seed=None'),
  random('RandomBrightness', 'factor, value_range=None, seed=None'),
  sized(
    'Resizing',
    "interpolation='bilinear', crop_to_aspect_ratio=False, pad_to_aspect_ratio=False, fill_mode='constant', fill_value=0.0, antialias=False, data_format=None",
  ),
  sized('CenterCrop', 'data_format=None'),
  sized('RandomCrop', 'seed=None, data_format=None', true),
];
