import { type Library, libraryClass } from '../define.ts';
import { asArray, numpyDialect, shapeIn } from '../numpy/dialect.ts';
import { typeOf } from '../numpy/types.ts';
import { bool, type ClassValue, int, list, type NativeValue, none, str, tensor, type Value } from '../values.ts';
import { setWide } from './dialect.ts';
import { jaxFunction } from './function.ts';
import { mapTree } from './pytrees.ts';

/** Settings, devices, debugging: what has no shape, but for the settings that change types. */

const wideFlag = 'jax_enable_x64';

/** Calls that set something or wait, and give nothing. */
const settings = [
  'clear_caches',
  'debug.print',
  'debug.callback',
  'debug.breakpoint',
  'distributed.initialize',
  'effects_barrier',
  'print_environment_info',
  'debug.visualize_array_sharding',
];

const counts = ['device_count', 'local_device_count', 'process_count', 'process_index', 'host_count', 'host_id'];

/** Context managers that change no shape. */
const managers = [
  'disable_jit',
  'default_device',
  'default_matmul_precision',
  'debug_nans',
  'debug_infs',
  'checking_leaks',
  'named_scope',
  'ensure_compile_time_eval',
  'transfer_guard',
  'log_compiles',
  'profiler.trace',
  'numpy_rank_promotion',
  'numpy_dtype_promotion',
];

function manager(name: string): ClassValue {
  return libraryClass(
    `jax.${name}`,
    [],
    [
      jaxFunction('__init__', '(self, *args, **kwargs)', () => none),
      jaxFunction('__enter__', '(self)', (call) => call.value('self')),
      jaxFunction('__exit__', '(self, *args)', () => none),
      jaxFunction('__call__', '(self, func)', (call) => call.value('func')),
    ],
  );
}

/** `with enable_x64():`, which changes types for a while. */
function wideFor(name: string): ClassValue {
  return libraryClass(
    name,
    [],
    [
      jaxFunction('__init__', '(self, new_val=True)', () => none),
      jaxFunction('__enter__', '(self)', (call) => {
        setWide(call.cx, true);
        return call.value('self');
      }),
      jaxFunction('__exit__', '(self, *args)', (call) => {
        setWide(call.cx, false);
        return none;
      }),
    ],
  );
}

export const runtimeClasses: readonly ClassValue[] = [
  wideFor('jax.enable_x64'),
  wideFor('jax.experimental.enable_x64'),
  ...managers.map(manager),
  libraryClass(
    'jax.ShapeDtypeStruct',
    [],
    [
      jaxFunction('__new__', '(cls, shape, dtype, *, named_shape=None, sharding=None, weak_type=False)', (call) => {
        const aval = { shape: shapeIn(call, call.value('shape')), dtype: call.d.narrow(typeOf(call.value('dtype'))) };
        return tensor(call.build.emit('data', { name: 'ShapeDtypeStruct', aval }), 'jax');
      }),
    ],
  ),
];

export const runtime: readonly NativeValue[] = [
  ...settings.map((name) => jaxFunction(`jax.${name}`, '(*args, **kwargs)', () => none)),
  ...counts.map((name) => jaxFunction(`jax.${name}`, '(*args, **kwargs)', (call) => int(call.cx.freshSize('devices')))),
  ...['jax.config.update', 'jax.config.config.update'].map((name) =>
    jaxFunction(name, '(name, val)', (call) => {
      if (call.string('name') === wideFlag) setWide(call.cx, call.bool('val'));
      return none;
    }),
  ),
  jaxFunction('jax.devices', '(backend=None)', (call) => list([call.cx.unknown('devices are not followed')])),
  jaxFunction('jax.local_devices', '(*args, **kwargs)', (call) => list([call.cx.unknown('devices are not followed')])),
  jaxFunction('jax.default_backend', '()', () => str(null)),
  jaxFunction('jax.block_until_ready', '(x)', (call) => call.value('x')),
  jaxFunction('jax.device_put', '(x, device=None, **kwargs)', (call) =>
    mapTree([call.value('x')], ([leaf = none]) => tensor(asArray(call.d, call.cx, leaf), 'jax')),
  ),
  jaxFunction('jax.device_get', '(x)', (call) =>
    mapTree([call.value('x')], ([leaf = none]) =>
      leaf.kind === 'tensor' ? tensor(call.build.unary('stop_gradient', leaf.node), numpyDialect.family) : leaf,
    ),
  ),
  jaxFunction('jax.pure_callback', '(callback, result_shape_dtypes, *args, **kwargs)', (call) =>
    mapTree([call.value('result_shape_dtypes')], ([leaf = none]) => {
      if (leaf.kind !== 'tensor') return leaf;
      const aval = call.build.aval(leaf.node);
      return tensor(
        call.build.emit(
          'opaque',
          { name: 'pure_callback', aval, batched: [] },
          call.rest.flatMap((value) => (value.kind === 'tensor' ? [value.node] : [])),
        ),
        'jax',
      );
    }),
  ),
  jaxFunction('jax.typeof', '(x)', (call) => call.cx.unknown('abstract values are not followed')),
];

/** Names of jax that are no functions. */
export const constants: Library = new Map<string, Value>([
  ['jax.__version__', str(null)],
  [`jax.config.${wideFlag}`, bool(null)],
]);
