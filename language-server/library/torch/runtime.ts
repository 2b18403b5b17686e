import { type DType, promote } from '../../graph/shape.ts';
import { PythonError } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import { setRequiresGrad } from '../recording.ts';
import {
  bool,
  type ClassValue,
  float,
  int,
  type NativeValue,
  none,
  str,
  tensor,
  tuple,
  type Value,
} from '../values.ts';

/** Types, devices, seeds and settings: what has no shape. */

const types: Readonly<Record<string, DType>> = {
  bool: 'bool',
  uint8: 'uint8',
  int8: 'int8',
  int16: 'int16',
  short: 'int16',
  int32: 'int32',
  int: 'int32',
  int64: 'int64',
  long: 'int64',
  bfloat16: 'bfloat16',
  float16: 'float16',
  half: 'float16',
  float32: 'float32',
  float: 'float32',
  float64: 'float64',
  double: 'float64',
  complex64: 'complex64',
  cfloat: 'complex64',
  complex128: 'complex128',
  cdouble: 'complex128',
};

const numbers: Readonly<Record<string, number>> = {
  pi: Math.PI,
  e: Math.E,
  inf: Number.POSITIVE_INFINITY,
  nan: Number.NaN,
};

/** Names of torch that are no functions. */
export const constants: readonly (readonly [string, Value])[] = [
  ...Object.entries(types).map(([name, dtype]) => [`torch.${name}`, { kind: 'dtype', dtype }] as const),
  ...Object.entries(numbers).map(([name, value]) => [`torch.${name}`, float(value)] as const),
  ['torch.newaxis', none],
  ['torch.__version__', str(null)],
  ...['strided', 'contiguous_format', 'channels_last', 'preserve_format', 'sparse_coo'].map(
    (name) => [`torch.${name}`, str(name)] as const,
  ),
];

/** Calls that set something or wait, and give nothing. */
const settings = [
  'manual_seed',
  'seed',
  'set_default_dtype',
  'set_default_device',
  'set_default_tensor_type',
  'set_printoptions',
  'set_num_threads',
  'set_num_interop_threads',
  'set_float32_matmul_precision',
  'set_flush_denormal',
  'set_rng_state',
  'set_warn_always',
  'use_deterministic_algorithms',
  'save',
  'random.manual_seed',
  'cuda.manual_seed',
  'cuda.manual_seed_all',
  'cuda.synchronize',
  'cuda.empty_cache',
  'cuda.set_device',
  'cuda.reset_peak_memory_stats',
  'cuda.init',
  'mps.manual_seed',
  'mps.synchronize',
  'autograd.set_detect_anomaly',
  'testing.assert_close',
  'testing.assert_allclose',
  '_dynamo.reset',
];

const questions = [
  'cuda.is_available',
  'mps.is_available',
  'backends.mps.is_available',
  'backends.mps.is_built',
  'backends.cuda.is_built',
  'backends.cudnn.is_available',
  'is_grad_enabled',
  'is_inference_mode_enabled',
  'are_deterministic_algorithms_enabled',
];

const counts = [
  'cuda.device_count',
  'cuda.current_device',
  'cuda.memory_allocated',
  'cuda.max_memory_allocated',
  'cuda.memory_reserved',
  'get_num_threads',
  'initial_seed',
];

/** Transforms of functions and modules that keep what they compute. */
const wrappers = [
  'compile',
  'jit.script',
  'jit.ignore',
  'jit.export',
  'compiler.disable',
  '_dynamo.disable',
  'fx.wrap',
];

/** Context managers that change no shape. */
const managers = [
  'autocast',
  'amp.autocast',
  'cuda.amp.autocast',
  'cuda.device',
  'cuda.stream',
  'random.fork_rng',
  'autograd.detect_anomaly',
  'autograd.profiler.profile',
  'autograd.profiler.record_function',
  'profiler.profile',
  'profiler.record_function',
  'device',
];

function manager(name: string): ClassValue {
  return libraryClass(
    `torch.${name}`,
    [],
    [
      native('__init__', '(self, *args, **kwargs)', () => none),
      native('__enter__', '(self)', (_cx, args) => args.value('self')),
      native('__exit__', '(self, *args)', () => none),
      native('__call__', '(self, func)', (_cx, args) => args.value('func')),
    ],
    name === 'device'
      ? new Map<string, Value>([
          ['type', str(null)],
          ['index', none],
        ])
      : new Map(),
  );
}

/** What `finfo` and `iinfo` tell of a type, as numbers that are not followed. */
function limits(name: 'finfo' | 'iinfo'): ClassValue {
  const facts = name === 'finfo' ? ['eps', 'max', 'min', 'tiny', 'smallest_normal', 'resolution'] : ['max', 'min'];
  return libraryClass(
    `torch.${name}`,
    [],
    [native('__init__', '(self, type=None)', () => none)],
    new Map<string, Value>([...facts.map((fact): [string, Value] => [fact, float(null)]), ['bits', float(null)]]),
  );
}

const generator = libraryClass(
  'torch.Generator',
  [],
  ['manual_seed', 'set_state'].map((name) => native(name, '(self, *args)', (_cx, args) => args.value('self'))),
  new Map<string, Value>([['device', str(null)]]),
);

export const runtimeClasses: readonly ClassValue[] = [
  ...managers.map(manager),
  limits('finfo'),
  limits('iinfo'),
  generator,
];

export const runtime: readonly NativeValue[] = [
  ...settings.map((name) => native(`torch.${name}`, '(*args, **kwargs)', () => none)),
  ...questions.map((name) => native(`torch.${name}`, '(*args, **kwargs)', () => bool(null))),
  ...counts.map((name) => native(`torch.${name}`, '(*args, **kwargs)', (cx) => int(cx.freshSize('n')))),
  ...wrappers.map((name) =>
    native(`torch.${name}`, '(*args, **kwargs)', (_cx, args) => {
      const [wrapped] = args.rest;
      // Called with options alone it is a decorator.
      return wrapped ?? native(`torch.${name}`, '(func)', (_inner, own) => own.value('func'));
    }),
  ),
  native('torch.jit.trace', '(func, *args, **kwargs)', (_cx, args) => args.value('func')),
  native('torch.get_default_dtype', '()', () => ({ kind: 'dtype', dtype: 'float32' })),
  native('torch.get_default_device', '()', () => str(null)),
  native('torch.get_rng_state', '()', (cx) => cx.unknown('the state of the random numbers is not followed')),
  native('torch.Size', '(sizes=None)', (_cx, args) =>
    tuple(args.optional('sizes') === null ? [] : args.items('sizes')),
  ),
  native('torch.is_tensor', '(obj)', (_cx, args) => {
    const value = args.raw('obj');
    return bool(value.kind === 'unknown' ? null : value.kind === 'tensor');
  }),
  native('torch.autograd.Variable', '(data, requires_grad=False, volatile=False)', (cx, args) => {
    const variable = tensor(args.tensor('data'));
    setRequiresGrad(cx, variable, bool(args.bool('requires_grad', false)));
    return variable;
  }),
  native(
    'torch.utils.checkpoint.checkpoint',
    '(function, *args, use_reentrant=None, preserve_rng_state=None, determinism_check=None, context_fn=None, debug=None, **kwargs)',
    (cx, args) => cx.call(args.value('function'), args.rest, args.keywords),
  ),
  native('torch.typename', '(obj)', () => str(null)),
  native('torch.load', '(*args, **kwargs)', (cx) => cx.unknown('what the file holds is not known before it runs')),
  native('torch.promote_types', '(type1, type2)', (_cx, args) => {
    const [a, b] = [args.value('type1'), args.value('type2')];
    if (a.kind === 'dtype' && b.kind === 'dtype') return { kind: 'dtype', dtype: promote(a.dtype, b.dtype) };
    throw new PythonError('TypeError', 'two types are wanted');
  }),
];
