import type { Value } from '../values.ts';

/**
 * The modules of torch that define what its packages offer, so that `torch.nn.modules.conv.Conv2d` is `torch.nn.Conv2d`:
 * by package and module, the names, as `__module__` of each says.
 */
const homes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'torch.nn': {
    'modules.activation':
      'CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish MultiheadAttention PReLU RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus Softshrink Softsign Tanh Tanhshrink Threshold',
    'modules.adaptive': 'AdaptiveLogSoftmaxWithLoss',
    'modules.batchnorm':
      'BatchNorm1d BatchNorm2d BatchNorm3d LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d SyncBatchNorm',
    'modules.channelshuffle': 'ChannelShuffle',
    'modules.container': 'Container ModuleDict ModuleList ParameterDict ParameterList Sequential',
    'modules.conv':
      'Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d',
    'modules.distance': 'CosineSimilarity PairwiseDistance',
    'modules.dropout': 'AlphaDropout Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout',
    'modules.flatten': 'Flatten Unflatten',
    'modules.fold': 'Fold Unfold',
    'modules.instancenorm':
      'InstanceNorm1d InstanceNorm2d InstanceNorm3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d',
    'modules.linear': 'Bilinear Identity LazyLinear Linear',
    'modules.linear_cross_entropy_options': 'LinearCrossEntropyOptions',
    'modules.loss':
      'BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss CrossEntropyLoss GaussianNLLLoss HingeEmbeddingLoss HuberLoss KLDivLoss L1Loss LinearCrossEntropyLoss MSELoss MarginRankingLoss MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss NLLLoss NLLLoss2d PoissonNLLLoss SmoothL1Loss SoftMarginLoss TripletMarginLoss TripletMarginWithDistanceLoss',
    'modules.module': 'Module',
    'modules.normalization': 'CrossMapLRN2d GroupNorm LayerNorm LocalResponseNorm RMSNorm',
    'modules.padding':
      'CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d ZeroPad1d ZeroPad2d ZeroPad3d',
    'modules.pixelshuffle': 'PixelShuffle PixelUnshuffle',
    'modules.pooling':
      'AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d AvgPool1d AvgPool2d AvgPool3d FractionalMaxPool2d FractionalMaxPool3d LPPool1d LPPool2d LPPool3d MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d',
    'modules.rnn': 'GRU GRUCell LSTM LSTMCell RNN RNNBase RNNCell RNNCellBase',
    'modules.sparse': 'Embedding EmbeddingBag',
    'modules.transformer':
      'Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer',
    'modules.upsampling': 'Upsample UpsamplingBilinear2d UpsamplingNearest2d',
    'parallel.data_parallel': 'DataParallel',
  },
  'torch.optim': {
    adadelta: 'Adadelta',
    adagrad: 'Adagrad',
    adam: 'Adam',
    adamax: 'Adamax',
    adamw: 'AdamW',
    asgd: 'ASGD',
    lbfgs: 'LBFGS',
    nadam: 'NAdam',
    optimizer: 'Optimizer',
    radam: 'RAdam',
    rmsprop: 'RMSprop',
    rprop: 'Rprop',
    sgd: 'SGD',
    sparse_adam: 'SparseAdam',
  },
  'torch.utils.data': {
    '_utils.collate': 'default_collate default_convert',
    '_utils.worker': 'get_worker_info',
    dataloader: 'DataLoader',
    dataset: 'ChainDataset ConcatDataset Dataset IterableDataset StackDataset Subset TensorDataset random_split',
    distributed: 'DistributedSampler',
    sampler: 'BatchSampler RandomSampler Sampler SequentialSampler SubsetRandomSampler WeightedRandomSampler',
  },
  'torch.nn.utils': {
    clip_grad: 'clip_grad_norm clip_grad_norm_ clip_grad_value_',
    convert_parameters: 'parameters_to_vector vector_to_parameters',
    fusion: 'fuse_conv_bn_eval fuse_conv_bn_weights fuse_linear_bn_eval fuse_linear_bn_weights',
    init: 'skip_init',
    memory_format: 'convert_conv2d_weight_memory_format convert_conv3d_weight_memory_format',
  },
  'torch.autograd': {
    anomaly_mode: 'detect_anomaly set_detect_anomaly',
    function: 'Function NestedIOFunction',
  },
};

/** What is known under the names of packages, under those of the modules that define it. */
export function atHome(known: ReadonlyMap<string, Value>): readonly (readonly [string, Value])[] {
  return Object.entries(homes).flatMap(([pack, modules]) =>
    Object.entries(modules).flatMap(([module, names]) =>
      names.split(' ').flatMap((name) => {
        const value = known.get(`${pack}.${name}`);
        return value === undefined ? [] : [[`${pack}.${module}.${name}`, value] as const];
      }),
    ),
  );
}
