import type { Library } from '../define.ts';
import { libraryOf } from '../define.ts';
import type { ClassValue, NativeValue, Value } from '../values.ts';
import { autograd } from './autograd.ts';
import { backward } from './backward.ts';
import { creation, fillings, tensorClasses } from './creation.ts';
import { customClasses } from './custom.ts';
import { data } from './data.ts';
import { distributions } from './distributions/index.ts';
import { einsumFunctions } from './einsum.ts';
import { elementwise } from './elementwise.ts';
import { fft } from './fft.ts';
import { func } from './func.ts';
import { atHome } from './homes.ts';
import { inPlaceMethods, resizing } from './in-place.ts';
import { joining } from './joining.ts';
import { linalg } from './linalg.ts';
import { activationLayers } from './nn/activations.ts';
import { adaptiveLayers } from './nn/adaptive.ts';
import { attentionLayers } from './nn/attention.ts';
import { containers } from './nn/containers.ts';
import { convolutionLayers } from './nn/convolution.ts';
import { distanceLayers } from './nn/distances.ts';
import { dropoutLayers } from './nn/dropout.ts';
import { embeddingLayers } from './nn/embedding.ts';
import { initFunctions } from './nn/init.ts';
import { linearLayers } from './nn/linear.ts';
import { lossLayers } from './nn/losses.ts';
import { modules } from './nn/module.ts';
import { normalizationLayers } from './nn/normalization.ts';
import { ntuples } from './nn/ntuple.ts';
import { paddingLayers } from './nn/padding.ts';
import { poolingLayers } from './nn/pooling.ts';
import { recurrentLayers } from './nn/recurrent.ts';
import { resamplingLayers } from './nn/resampling.ts';
import { shapeLayers } from './nn/shape.ts';
import { statelessFunctions } from './nn/stateless.ts';
import { transformerLayers } from './nn/transformer.ts';
import { utilities } from './nn/utils.ts';
import { norms } from './norms.ts';
import { optim } from './optim.ts';
import { products } from './products.ts';
import { reductions } from './reductions.ts';
import { constants, runtime, runtimeClasses } from './runtime.ts';
import { scans } from './scans.ts';
import { selecting } from './selecting.ts';
import { structure } from './structure.ts';
import { tensorMethods } from './tensor.ts';

const nn: readonly (NativeValue | ClassValue)[] = [
  ...modules,
  ...containers,
  ...linearLayers,
  ...activationLayers,
  ...normalizationLayers,
  ...dropoutLayers,
  ...shapeLayers,
  ...paddingLayers,
  ...convolutionLayers,
  ...poolingLayers,
  ...resamplingLayers,
  ...embeddingLayers,
  ...attentionLayers,
  ...transformerLayers,
  ...recurrentLayers,
  ...distanceLayers,
  ...lossLayers,
  ...adaptiveLayers,
  ...initFunctions,
  ...utilities,
  ...statelessFunctions,
  ...ntuples,
];

const plain: readonly NativeValue[] = [
  ...elementwise,
  ...structure,
  ...selecting,
  ...joining,
  ...reductions,
  ...scans,
  ...products,
  ...norms,
  ...linalg,
  ...fft,
  ...einsumFunctions,
  ...tensorMethods,
  ...creation,
  ...fillings,
];

/** Functions that torch has under its own name as well as in torch.nn.functional, with the same parameters. */
const sharedWithFunctional =
  `adaptive_avg_pool1d avg_pool1d bilinear binary_cross_entropy_with_logits celu channel_shuffle conv1d conv2d conv3d conv_tbc
  conv_transpose1d conv_transpose2d conv_transpose3d cosine_embedding_loss cosine_similarity hardshrink hinge_embedding_loss
  layer_norm margin_ranking_loss max_pool1d max_pool2d max_pool3d pairwise_distance pdist pixel_shuffle pixel_unshuffle prelu rms_norm
  threshold triplet_margin_loss`.split(/\s+/);

const fromFunctional: readonly NativeValue[] = nn.flatMap((entry) => {
  const name = entry.name.replace('torch.nn.functional.', '');
  if (entry.kind !== 'native' || !sharedWithFunctional.includes(name)) return [];
  const methods = name === 'prelu' || name === 'hardshrink' ? [`torch.Tensor.${name}`] : [];
  return [`torch.${name}`, ...methods].map((own) => ({ ...entry, name: own }));
});

const functions: readonly NativeValue[] = [
  ...plain,
  ...fromFunctional,
  ...inPlaceMethods(plain),
  ...resizing,
  ...runtime,
];

const classes: readonly (ClassValue | NativeValue)[] = [
  ...tensorClasses(functions),
  ...runtimeClasses,
  ...customClasses,
  ...optim,
  ...data,
];

/** torch: every function, class and constant that is known, by its full name. */
const known: Library = new Map<string, Value>([
  ...libraryOf(functions, classes, autograd, backward, func, nn),
  ...distributions,
  ...constants,
  // The same under the names of the modules that define them.
  ...nn.flatMap((entry): [string, Value][] =>
    /^torch\.nn\.[A-Z]\w*$/.test(entry.name) ? [[entry.name.replace('torch.nn.', 'torch.nn.modules.'), entry]] : [],
  ),
]);

export const torch: Library = new Map<string, Value>([...known, ...atHome(known)]);
