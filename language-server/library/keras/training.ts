import { type Library, libraryClass, libraryOf, native } from '../define.ts';
import { type ClassValue, type NativeValue, none, str } from '../values.ts';

/** Optimizers, callbacks and metrics (https://keras.io/api/optimizers/): variables keep their shapes; numbers are not followed. */

const nothing = (name: string): NativeValue => native(name, '(self, *args, **kwargs)', () => none);

/** An object that is made of anything, with methods that give nothing, and those whose numbers are not followed. */
function silent(
  name: string,
  base: readonly ClassValue[],
  methods: readonly string[],
  unknowns: readonly string[],
): ClassValue {
  return libraryClass(
    name,
    base,
    [
      ...['__init__', ...methods].map(nothing),
      ...unknowns.map((method) =>
        native(method, '(self, *args, **kwargs)', (cx) => cx.unknown(`what ${name}.${method} gives is not followed`)),
      ),
    ],
    new Map([['name', str(null)]]),
  );
}

const optimizer = silent(
  'keras.optimizers.Optimizer',
  [],
  ['build', 'apply', 'apply_gradients', 'minimize', 'update_step', 'set_weights', 'assign', 'finalize_variable_values'],
  ['get_config', 'stateless_apply'],
);

const optimizers =
  'SGD Adam AdamW Adamax Nadam RMSprop Adagrad Adadelta Adafactor Ftrl Lamb Lion LossScaleOptimizer Muon'.split(' ');

const schedule = silent('keras.optimizers.schedules.LearningRateSchedule', [], [], ['__call__']);

const schedules =
  'ExponentialDecay PiecewiseConstantDecay PolynomialDecay InverseTimeDecay CosineDecay CosineDecayRestarts'.split(' ');

const callback = silent(
  'keras.callbacks.Callback',
  [],
  ['set_model', 'set_params', 'on_epoch_end', 'on_epoch_begin'],
  [],
);

const callbacks =
  'EarlyStopping ModelCheckpoint ReduceLROnPlateau LearningRateScheduler TensorBoard CSVLogger LambdaCallback TerminateOnNaN BackupAndRestore ProgbarLogger'.split(
    ' ',
  );

const metric = silent(
  'keras.metrics.Metric',
  [],
  ['update_state', 'reset_state', 'reset_states'],
  ['result', '__call__'],
);

const metrics =
  'Mean Sum Accuracy BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy MeanSquaredError RootMeanSquaredError MeanAbsoluteError AUC Precision Recall MeanIoU TopKCategoricalAccuracy R2Score F1Score KLDivergence CosineSimilarity BinaryCrossentropy CategoricalCrossentropy SparseCategoricalCrossentropy'.split(
    ' ',
  );

const derived = (module: string, base: ClassValue, names: readonly string[]): readonly ClassValue[] =>
  names.map((name) => libraryClass(`keras.${module}.${name}`, [base], []));

const optimizerClasses = derived('optimizers', optimizer, optimizers);

export const trainingLibrary: Library = libraryOf([
  optimizer,
  { ...optimizer, name: 'keras.Optimizer' },
  ...optimizerClasses,
  ...optimizerClasses.map((cls) => ({ ...cls, name: cls.name.replace('optimizers.', 'optimizers.legacy.') })),
  schedule,
  ...derived('optimizers.schedules', schedule, schedules),
  callback,
  ...derived('callbacks', callback, callbacks),
  metric,
  { ...metric, name: 'keras.Metric' },
  ...derived('metrics', metric, metrics),
  native('keras.optimizers.get', '(identifier)', (cx, args) => {
    const value = args.optional('identifier');
    return value?.kind === 'instance' ? value : cx.call(optimizer, []);
  }),
]);
