import { libraryClass, native } from '../define.ts';
import { type ClassValue, type NativeValue, none } from '../values.ts';

/** torch.optim (https://docs.pytorch.org/docs/stable/optim.html): what it changes are values of weights, which have shapes of their own. */

const optimizers =
  `Adadelta Adafactor Adagrad Adam AdamW Adamax ASGD LBFGS Muon NAdam RAdam RMSprop Rprop SGD SparseAdam
  Optimizer`.split(/\s+/);

const schedulers =
  `LambdaLR MultiplicativeLR StepLR MultiStepLR ConstantLR LinearLR ExponentialLR PolynomialLR CosineAnnealingLR
  ChainedScheduler SequentialLR ReduceLROnPlateau CyclicLR OneCycleLR CosineAnnealingWarmRestarts LRScheduler _LRScheduler`.split(
    /\s+/,
  );

const nothing = (name: string): NativeValue => native(name, '(self, *args, **kwargs)', () => none);
const notFollowed = (name: string): NativeValue =>
  native(name, '(self, *args, **kwargs)', (cx) => cx.unknown('what an optimizer holds is not followed'));

export const optim: readonly ClassValue[] = [
  ...optimizers.map((name) =>
    libraryClass(
      `torch.optim.${name}`,
      [],
      [
        nothing('__init__'),
        native('step', '(self, closure=None)', (cx, args) => {
          const closure = args.optional('closure');
          return closure === null ? none : cx.call(closure, []);
        }),
        ...['zero_grad', 'load_state_dict', 'add_param_group'].map(nothing),
        notFollowed('state_dict'),
        notFollowed('__getattr__'),
      ],
    ),
  ),
  ...schedulers.map((name) =>
    libraryClass(
      `torch.optim.lr_scheduler.${name}`,
      [],
      [
        ...['__init__', 'step', 'load_state_dict'].map(nothing),
        ...['get_last_lr', 'get_lr', 'state_dict', '__getattr__'].map(notFollowed),
      ],
    ),
  ),
];
