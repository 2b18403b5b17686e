import { type Library, libraryOf } from '../define.ts';
import type { ClassValue, Value } from '../values.ts';
import { activationLibrary } from './activations.ts';
import { attentionLayers } from './attention.ts';
import { baseLayer } from './base.ts';
import { coreLayers } from './core.ts';
import { imageLayers } from './images.ts';
import { initializerLibrary } from './initializers.ts';
import { lossLibrary, shortLosses } from './losses.ts';
import { mergingFunctions, mergingLayers } from './merging.ts';
import { modelClass, models, sequential } from './model.ts';
import { normalizationLayers } from './normalization.ts';
import { opLibrary } from './ops.ts';
import { otherLibrary } from './others.ts';
import { recurrentLayers } from './recurrent.ts';
import { shapeLayers } from './shapes.ts';
import { trainingLibrary } from './training.ts';
import { windowLayers } from './windows.ts';

/** Keras 3 with TensorFlow (https://keras.io/api/), by itself and as tf.keras. */

const layers: readonly ClassValue[] = [
  baseLayer,
  ...coreLayers,
  ...shapeLayers,
  ...mergingLayers,
  ...windowLayers,
  ...normalizationLayers,
  ...recurrentLayers,
  ...attentionLayers,
  ...imageLayers,
];

/** Other names of layers and models. */
const otherNames: readonly (readonly [string, ClassValue])[] = [
  ['keras.Layer', baseLayer],
  ['keras.models.Model', modelClass],
  ['keras.models.Sequential', sequential],
  ...layers.flatMap((cls): [string, ClassValue][] => {
    const name = cls.name
      .replace(/\.((?:Separable)?)Conv(\dD)/, '.$1Convolution$2')
      .replace('MaxPooling', 'MaxPool')
      .replace('AveragePooling', 'AvgPool');
    return name === cls.name ? [] : [[name, cls]];
  }),
];

/** Layers that were once experiments, under their names then. */
const formerNames: readonly (readonly [string, ClassValue])[] = [
  ...imageLayers,
  ...layers.filter(({ name }) => ['keras.layers.Rescaling', 'keras.layers.Normalization'].includes(name)),
].map((cls) => [cls.name.replace('layers.', 'layers.experimental.preprocessing.'), cls]);

const own: Library = new Map<string, Value>([
  ...libraryOf([...layers, ...models, ...mergingFunctions]),
  ...otherNames,
  ...formerNames,
  ...initializerLibrary,
  ...activationLibrary,
  ...opLibrary,
  ...lossLibrary,
  ...trainingLibrary,
  ...otherLibrary,
]);

/** Initializers under the names that TensorFlow has for them. */
const startNames = {
  random_normal: 'RandomNormal',
  random_uniform: 'RandomUniform',
  zeros: 'Zeros',
  ones: 'Ones',
} as const;

/** Where TensorFlow has the same without `keras` between; of losses and metrics the classes, for functions meant others in TensorFlow 1. */
const shortcut = /^keras\.((?:optimizers|initializers)\.\w+|(?:losses|metrics)\.[A-Z]\w+)$/;

export const keras: Library = new Map([
  ...[...own].flatMap(([name, value]): [string, Value][] => {
    const [, short] = shortcut.exec(name) ?? [];
    return [
      [name, value],
      [`tensorflow.${name}`, value],
      ...(short === undefined ? [] : [[`tensorflow.${short}`, value] as [string, Value]]),
    ];
  }),
  ...shortLosses,
  ...Object.entries(startNames).flatMap(([name, cls]): [string, Value][] => {
    const value = own.get(`keras.initializers.${cls}`);
    return value === undefined ? [] : [[`tensorflow.${name}_initializer`, value]];
  }),
]);
