import type { NodeId } from '../../graph/graph.ts';
import { ShapeError } from '../../graph/shape.ts';
import { type Context, PythonError, Unknowable } from '../context.ts';
import { classMethod, libraryClass, native, property } from '../define.ts';
import {
  bool,
  type ClassValue,
  type InstanceValue,
  type NativeValue,
  none,
  str,
  type TensorValue,
  tensor,
  tuple,
  type Value,
} from '../values.ts';
import { asTensor, dtypeOf, isVariable, tfFunction } from './dialect.ts';
import { shapeClass, tensorShape } from './shapes.ts';

/** Settings, checks, modules: what has no shape of its own (https://www.tensorflow.org/api_docs/python/tf). */

/** Calls that set something or say something, and give nothing. */
const quiet = [
  'print',
  'no_op',
  'group',
  'Assert',
  'autograph.set_verbosity',
  'autograph.trace',
  'config.run_functions_eagerly',
  'config.set_visible_devices',
  'config.set_soft_device_placement',
  'config.optimizer.set_jit',
  'config.optimizer.set_experimental_options',
  'config.threading.set_inter_op_parallelism_threads',
  'config.threading.set_intra_op_parallelism_threads',
  'config.experimental.set_memory_growth',
  'config.experimental.enable_op_determinism',
  'config.experimental.enable_tensor_float_32_execution',
  'config.experimental_run_functions_eagerly',
  'config.set_logical_device_configuration',
  'debugging.enable_check_numerics',
  'debugging.disable_check_numerics',
  'debugging.set_log_device_placement',
  'experimental.numpy.experimental_enable_numpy_behavior',
  'data.experimental.enable_debug_mode',
  'assert_equal',
  'assert_greater',
  'assert_less',
  ...[
    'assert_equal',
    'assert_near',
    'assert_none_equal',
    'assert_greater',
    'assert_greater_equal',
    'assert_less',
    'assert_less_equal',
    'assert_positive',
    'assert_negative',
    'assert_non_negative',
    'assert_non_positive',
    'assert_integer',
    'assert_proper_iterable',
    'assert_same_float_dtype',
    'assert_scalar',
    'assert_shapes',
    'assert_type',
    'assert_rank_in',
    'is_numeric_tensor',
  ].map((name) => `debugging.${name}`),
];

/** Context managers that change no shape. */
const managers = [
  'device',
  'name_scope',
  'init_scope',
  'control_dependencies',
  'profiler.experimental.Profile',
  'profiler.experimental.Trace',
  'summary.record_if',
  'variable_creator_scope',
  'experimental.async_scope',
];

function manager(name: string): ClassValue {
  return libraryClass(
    `tensorflow.${name}`,
    [],
    [
      native('__init__', '(self, *args, **kwargs)', () => none),
      native('__enter__', '(self)', (_cx, args) => args.value('self')),
      native('__exit__', '(self, *args)', () => none),
    ],
  );
}

/** Refuses a tensor of another rank; `fits` tells which are right. */
function rankCheck(name: string, fits: (own: number, wanted: number) => boolean): readonly NativeValue[] {
  const names = name === 'assert_rank' ? [name, `debugging.${name}`] : [`debugging.${name}`];
  return names.map((each) =>
    tfFunction(each, '(x, rank, message=None, name=None)', (call) => {
      const own = call.build.rank(call.array('x'));
      const wanted = call.optional('rank')?.kind === 'int' ? call.int('rank') : null;
      if (wanted === null) throw new Unknowable('the rank that is asserted is not known');
      if (!fits(own, wanted)) throw new ShapeError(`${name}: a tensor with ${own} axes where ${wanted} are asserted`);
      return none;
    }),
  );
}

// Modules

/** The tensors and modules in a value, in the order in which modules list them. */
function* partsOf(value: Value): Generator<TensorValue | InstanceValue> {
  if (value.kind === 'tensor' || value.kind === 'instance') yield value;
  if ((value.kind === 'list' && value.tail === null) || value.kind === 'tuple')
    for (const item of value.items) yield* partsOf(item);
  if (value.kind === 'dict')
    for (const [, entry] of [...value.entries].toSorted(([a], [b]) => (a < b ? -1 : 1))) yield* partsOf(entry.value);
}

/** Variables of a module: its own by the names of their attributes, then those of its modules. */
export function variablesOf(module: InstanceValue, seen: Set<Value> = new Set([module])): readonly TensorValue[] {
  const own: TensorValue[] = [];
  const inner: InstanceValue[] = [];
  for (const [, value] of [...module.attributes].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (value.kind === 'unknown') throw new Unknowable(value.reason.text, value.reason);
    for (const found of partsOf(value)) {
      if (seen.has(found)) continue;
      if (found.kind === 'instance') {
        seen.add(found);
        inner.push(found);
      } else if (isVariable(found)) {
        seen.add(found);
        own.push(found);
      }
    }
  }
  return [...own, ...inner.flatMap((each) => variablesOf(each, seen))];
}

function isTrained(variable: TensorValue): boolean {
  const trainable = variable.attributes.get('trainable');
  return trainable?.kind !== 'bool' || trainable.value !== false;
}

function listing(name: string, keep: (variable: TensorValue) => boolean): readonly [string, Value] {
  return [
    name,
    property(
      native(name, '(self)', (_cx, args) => {
        const self = args.value('self');
        if (self.kind !== 'instance') throw new PythonError('TypeError', 'a module is wanted');
        return tuple(variablesOf(self).filter(keep));
      }),
    ),
  ];
}

const moduleClass: ClassValue = libraryClass(
  'tensorflow.Module',
  [],
  [
    native('Module.__init__', '(self, name=None)', (cx, args) => {
      cx.setAttribute(args.value('self'), 'name', args.optional('name') ?? str(null));
      return none;
    }),
    native('Module.with_name_scope', '(method)', (_cx, args) => args.value('method')),
  ],
  new Map([
    listing('variables', () => true),
    listing('trainable_variables', isTrained),
    listing('non_trainable_variables', (variable) => !isTrained(variable)),
    [
      'submodules',
      property(native('submodules', '(self)', (cx) => cx.unknown('the modules of a module are not followed'))),
    ],
    ['name_scope', property(native('name_scope', '(self)', (cx) => cx.instantiate(manager('name_scope'))))],
  ]),
);

// Specifications

function specOf(cx: Context, shape: Value, dtype: Value, name: Value): Value {
  const spec = cx.instantiate(specClass);
  for (const [key, value] of [
    ['shape', shape],
    ['dtype', dtype],
    ['name', name],
  ] as const)
    spec.attributes.set(key, value);
  return spec;
}

const specClass: ClassValue = libraryClass(
  'tensorflow.TensorSpec',
  [],
  [
    native('TensorSpec.__init__', '(self, shape, dtype=None, name=None)', (cx, args) => {
      const self = args.value('self');
      const given = args.optional('shape');
      const shape =
        given?.kind === 'instance' && given.cls === shapeClass ? given : cx.call(shapeClass, [given ?? none]);
      cx.setAttribute(self, 'shape', shape);
      const dtype = args.optional('dtype');
      cx.setAttribute(self, 'dtype', { kind: 'dtype', dtype: dtype === null ? 'float32' : dtypeOf(dtype) });
      cx.setAttribute(self, 'name', args.optional('name') ?? none);
      return none;
    }),
  ],
  new Map([
    [
      'from_tensor',
      classMethod(
        native('TensorSpec.from_tensor', '(cls, tensor, name=None)', (cx, args) => {
          const node: NodeId = asTensor(cx, args.value('tensor'));
          const { shape, dtype } = cx.build.aval(node);
          return specOf(cx, tensorShape(cx, shape), { kind: 'dtype', dtype }, args.optional('name') ?? none);
        }),
      ),
    ],
  ]),
);

export const runtimeClasses: readonly ClassValue[] = [...managers.map(manager), moduleClass, specClass];

export const runtime: readonly NativeValue[] = [
  ...quiet.map((name) => tfFunction(name, '(*args, **kwargs)', () => none)),
  ...rankCheck('assert_rank', (own, wanted) => own === wanted),
  ...rankCheck('assert_rank_at_least', (own, wanted) => own >= wanted),
  tfFunction('debugging.check_numerics', '(tensor, message, name=None)', (call) =>
    call.result(call.fractions('tensor')),
  ),
  tfFunction('debugging.assert_all_finite', '(x, message, name=None)', (call) => call.result(call.fractions('x'))),
  tfFunction('executing_eagerly', '()', () => bool(null)),
  tfFunction('inside_function', '()', () => bool(null)),
  tfFunction('config.functions_run_eagerly', '()', () => bool(null)),
  ...[
    'config.list_physical_devices',
    'config.list_logical_devices',
    'config.get_visible_devices',
    'config.experimental.list_physical_devices',
  ].map((name) =>
    tfFunction(
      name,
      '(device_type=None)',
      (call): Value => ({
        kind: 'list',
        items: [],
        tail: {
          kind: 'repeated',
          length: call.cx.freshSize('devices'),
          element: call.cx.unknown('devices are not followed'),
          over: null,
        },
      }),
    ),
  ),
  tfFunction('test.is_gpu_available', '(*args, **kwargs)', () => bool(null)),
  tfFunction('get_static_value', '(tensor, partial=False)', (call) => {
    const x = call.array('tensor');
    return tensor(call.build.unary('stop_gradient', x), 'numpy');
  }),
  tfFunction('timestamp', '(name=None)', (call) =>
    tensor(call.build.emit('data', { name: 'timestamp', aval: { shape: [], dtype: 'float64' } }), 'tensorflow'),
  ),
];
