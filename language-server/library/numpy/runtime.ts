import { libraryClass } from '../define.ts';
import { bool, type ClassValue, float, type NativeValue, none, str, type Value } from '../values.ts';
import { type Dialect, valueFunction } from './dialect.ts';
import { typeOf } from './types.ts';

/** Constants, settings and what has no shape. */

const numbers: Readonly<Record<string, number>> = {
  pi: Math.PI,
  e: Math.E,
  inf: Number.POSITIVE_INFINITY,
  nan: Number.NaN,
  euler_gamma: 0.5772156649015329,
};

export function constants(d: Dialect): readonly (readonly [string, Value])[] {
  return [
    ...Object.entries(numbers).map(([name, value]) => [`${d.name}.${name}`, float(value)] as const),
    [`${d.name}.newaxis`, none],
    [`${d.name}.True_`, bool(true)],
    [`${d.name}.False_`, bool(false)],
    [`${d.name}.__version__`, str(null)],
  ];
}

/** Calls that set something and give nothing. */
const settings = [
  'set_printoptions',
  'seterr',
  'seterrcall',
  'setbufsize',
  'show_config',
  'testing.assert_allclose',
  'testing.assert_array_equal',
  'testing.assert_array_almost_equal',
  'testing.assert_almost_equal',
  'testing.assert_equal',
];

/** Calls that give text. */
const texts = [
  'array2string',
  'array_repr',
  'array_str',
  'base_repr',
  'binary_repr',
  'format_float_positional',
  'format_float_scientific',
  'typename',
];

/** Questions that shapes do not answer. */
const questions = ['can_cast', 'issubdtype', 'isdtype', 'may_share_memory', 'shares_memory', 'isfortran'];

export function runtime(d: Dialect): readonly NativeValue[] {
  return [
    ...settings.map((name) => valueFunction(d, name, '(*args, **kwargs)', () => none)),
    ...texts.map((name) => valueFunction(d, name, '(*args, **kwargs)', () => str(null))),
    ...questions.map((name) => valueFunction(d, name, '(*args, **kwargs)', () => bool(null))),
    // NumPy's own in JAX too: wide types stay wide until an array is made.
    valueFunction(d, 'dtype', '(dtype, align=False, copy=False, **kwargs)', (call) => ({
      kind: 'dtype',
      dtype: typeOf(call.value('dtype')),
    })),
    valueFunction(d, 'promote_types', '(type1, type2, /)', (call) => {
      const [a, b] = [typeOf(call.value('type1')), typeOf(call.value('type2'))];
      return { kind: 'dtype', dtype: call.d.narrow(call.d.promote(a, b)) };
    }),
  ];
}

/** What `finfo` and `iinfo` tell of a type, as numbers that are not followed. */
function limits(d: Dialect, name: 'finfo' | 'iinfo'): ClassValue {
  const facts = [
    'eps',
    'epsneg',
    'max',
    'min',
    'tiny',
    'smallest_normal',
    'smallest_subnormal',
    'resolution',
    'bits',
    'precision',
    'nmant',
    'nexp',
  ];
  return libraryClass(
    `${d.name}.${name}`,
    [],
    [
      valueFunction(d, `${name}.__init__`, '(self, dtype=None)', (call) => {
        const given = call.optional('dtype');
        const [self, dtype] = [call.value('self'), given === null || given.kind === 'tensor' ? null : typeOf(given)];
        // Of complex numbers it tells what holds for their parts.
        const parts = dtype === 'complex64' ? 'float32' : dtype === 'complex128' ? 'float64' : dtype;
        if (parts !== null) call.cx.setAttribute(self, 'dtype', { kind: 'dtype', dtype: parts });
        return none;
      }),
    ],
    new Map<string, Value>([...facts.map((fact): [string, Value] => [fact, float(null)])]),
  );
}

/** Context managers that change no shape. */
const managers = ['errstate', 'printoptions'];

export function runtimeClasses(d: Dialect): readonly ClassValue[] {
  return [
    limits(d, 'finfo'),
    limits(d, 'iinfo'),
    ...managers.map((name) =>
      libraryClass(
        `${d.name}.${name}`,
        [],
        [
          valueFunction(d, `${name}.__init__`, '(self, *args, **kwargs)', () => none),
          valueFunction(d, `${name}.__enter__`, '(self)', (call) => call.value('self')),
          valueFunction(d, `${name}.__exit__`, '(self, *args)', () => none),
          valueFunction(d, `${name}.__call__`, '(self, func)', (call) => call.value('func')),
        ],
      ),
    ),
  ];
}
