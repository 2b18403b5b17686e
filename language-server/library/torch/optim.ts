import { libraryClass, native } from '../define.ts';
import { type ClassValue, list, type NativeValue, none, type TensorValue, type Value } from '../values.ts';
import { resetGrads } from './backward.ts';

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

/** The attribute that holds what an optimizer changes. */
const weightsMark = '_weights';

/** The tensors that an optimizer is given, in groups or one by one, as far as they are known. */
function weightsIn(value: Value): readonly TensorValue[] {
  switch (value.kind) {
    case 'tensor':
      return [value];
    case 'tuple':
    case 'list':
      return value.items.flatMap(weightsIn);
    case 'dict':
      return [...value.entries.values()].flatMap((entry) => weightsIn(entry.value));
    default:
      return [];
  }
}

export const optim: readonly ClassValue[] = [
  ...optimizers.map((name) =>
    libraryClass(
      `torch.optim.${name}`,
      [],
      [
        native('__init__', '(self, params=None, *args, **kwargs)', (cx, args) => {
          cx.setAttribute(args.value('self'), weightsMark, list(weightsIn(args.raw('params'))));
          return none;
        }),
        native('zero_grad', '(self, set_to_none=True)', (cx, args) => {
          resetGrads(
            cx,
            weightsIn(cx.attribute(args.value('self'), weightsMark) ?? none),
            args.bool('set_to_none', true),
          );
          return none;
        }),
        native('step', '(self, closure=None)', (cx, args) => {
          const closure = args.optional('closure');
          return closure === null ? none : cx.call(closure, []);
        }),
        ...['load_state_dict', 'add_param_group'].map(nothing),
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
