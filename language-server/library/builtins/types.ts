import { libraryClass, native } from '../define.ts';
import {
  type ClassValue,
  type Family,
  isPlainClass,
  none,
  type TensorValue,
  trainableMark,
  type Value,
} from '../values.ts';

/** Built-in classes that programs inherit from, decorate with, or ask about. */

/** Built-in exceptions: beneath each, those that descend from it directly (https://docs.python.org/3/library/exceptions.html#exception-hierarchy). */
const exceptionsUnder: Readonly<Record<string, string>> = {
  BaseException: 'Exception KeyboardInterrupt SystemExit GeneratorExit',
  Exception:
    'ValueError TypeError RuntimeError AttributeError ImportError StopIteration AssertionError OSError ArithmeticError LookupError NameError Warning EOFError MemoryError',
  RuntimeError: 'NotImplementedError RecursionError',
  LookupError: 'KeyError IndexError',
  ImportError: 'ModuleNotFoundError',
  OSError: 'FileNotFoundError TimeoutError PermissionError FileExistsError ConnectionError',
  ArithmeticError: 'ZeroDivisionError OverflowError FloatingPointError',
  ValueError: 'UnicodeError',
  NameError: 'UnboundLocalError',
  Warning: 'UserWarning DeprecationWarning RuntimeWarning FutureWarning',
};

const anyInit = native('__init__', '(self, *args, **kwargs)', () => none);

function exceptionClasses(name: string, bases: readonly ClassValue[]): readonly ClassValue[] {
  const own = libraryClass(name, bases, [anyInit]);
  const under = exceptionsUnder[name]?.split(' ') ?? [];
  return [own, ...under.flatMap((each) => exceptionClasses(each, [own]))];
}

const exceptions = exceptionClasses('BaseException', []);

/** A decorator that wraps a function of a class: `property`, `staticmethod`, `classmethod`. */
function descriptor(name: string): ClassValue {
  return libraryClass(
    name,
    [],
    [
      native('__init__', '(self, func=None, *args)', (cx, args) => {
        cx.setAttribute(args.value('self'), '__func__', args.optional('func') ?? none);
        return none;
      }),
      native('getter', '(self, func)', (_cx, args) => args.value('self')),
      native('setter', '(self, func)', (cx, args) => {
        const self = args.value('self');
        if (self.kind === 'instance') cx.setName(self.attributes, '__set__', args.value('func'));
        return self;
      }),
      native('deleter', '(self, func)', (_cx, args) => args.value('self')),
      native('__call__', '(self, *args, **kwargs)', (cx, args) => {
        const self = args.value('self');
        const inner = self.kind === 'instance' ? self.attributes.get('__func__') : undefined;
        return inner === undefined
          ? cx.unknown('what is decorated is not known')
          : cx.call(inner, args.rest, args.keywords);
      }),
    ],
  );
}

/** Types whose values are not followed. */
function unfollowed(name: string): ClassValue {
  const make = native('__new__', '(cls, *args, **kwargs)', (cx) => cx.unknown(`what ${name}() gives is not followed`));
  return libraryClass(name, [], [make]);
}

export const builtinTypes: readonly ClassValue[] = [
  libraryClass('object', [], []),
  ...['bytes', 'bytearray', 'complex', 'memoryview'].map(unfollowed),
  libraryClass('super', [], []),
  ...exceptions,
  // Another name of OSError.
  ...exceptions.flatMap((each) => (each.name === 'OSError' ? [{ ...each, name: 'IOError' }] : [])),
  descriptor('property'),
  descriptor('staticmethod'),
  descriptor('classmethod'),
];

/** Which kinds of value are instances of a built-in type. */
const kindsOf: Readonly<Record<string, readonly Value['kind'][]>> = {
  int: ['int', 'bool'],
  float: ['float'],
  bool: ['bool'],
  str: ['str'],
  list: ['list'],
  tuple: ['tuple'],
  dict: ['dict'],
  set: ['set'],
  bytes: [],
  complex: [],
};

const sequences: readonly Value['kind'][] = ['list', 'tuple', 'str', 'range'];
const collections: readonly Value['kind'][] = [...sequences, 'dict', 'set'];

/** The same for the abstract classes of `collections.abc`, `typing` and `numbers`; what a tensor is not said of. */
const abstractKinds: Readonly<Record<string, readonly Value['kind'][]>> = {
  Iterable: collections,
  Sized: collections,
  Container: collections,
  Collection: collections,
  Reversible: ['list', 'tuple', 'str', 'range', 'dict'],
  Sequence: sequences,
  MutableSequence: ['list'],
  Mapping: ['dict'],
  MutableMapping: ['dict'],
  Set: ['set'],
  List: ['list'],
  Tuple: ['tuple'],
  Dict: ['dict'],
  Callable: ['function', 'native', 'bound', 'class'],
  Number: ['int', 'float', 'bool'],
  Real: ['int', 'float', 'bool'],
  Complex: ['int', 'float', 'bool'],
  Rational: ['int', 'bool'],
  Integral: ['int', 'bool'],
};

/** Kinds of value of which all is known that isinstance asks. */
const plainKinds: readonly Value['kind'][] = [...collections, 'int', 'float', 'bool', 'none', 'slice', 'ellipsis'];

function isOfAbstract(value: Value, name: string): boolean | null {
  const [, path, own = ''] =
    /^((?:beartype\.)?typing|typing_extensions|collections\.abc|numbers)\.(\w+)$/.exec(name) ?? [];
  const kinds = path !== undefined && Object.hasOwn(abstractKinds, own) ? abstractKinds[own] : undefined;
  if (kinds === undefined) return null;
  if (kinds.includes(value.kind)) return true;
  return plainKinds.includes(value.kind) ? false : null;
}

/** Kinds of value that are no instances of classes of the user's own. */
const ofLiterals: readonly Value['kind'][] = [...plainKinds, 'tensor', 'dtype'];

/** The attribute of abstract classes with which others were registered. */
export const registeredMark = '__registered__';

/** Whether a class is one of the program's of which no number, tensor or container is an instance, whatever it says of others. */
function isOwn(cls: ClassValue): boolean {
  return isPlainClass(cls) && !claimsOthers(cls);
}

function claimsOthers({ bases, attributes }: ClassValue): boolean {
  return (
    ['__metaclass__', '__subclasshook__', registeredMark].some((name) => attributes.has(name)) ||
    bases.some((base) => base.kind === 'class' && claimsOthers(base))
  );
}

const ofFamily =
  (family: Family): ((x: TensorValue) => boolean) =>
  (x) =>
    x.family === family;

/** Which tensors are instances of a class of tensors. */
const tensorClasses: Readonly<Record<string, (x: TensorValue) => boolean>> = {
  'torch.Tensor': ofFamily('torch'),
  'numpy.ndarray': ofFamily('numpy'),
  'jax.Array': ofFamily('jax'),
  'jax.numpy.ndarray': ofFamily('jax'),
  'tensorflow.Tensor': (x) => x.family === 'tensorflow' && !x.attributes.has(trainableMark),
  'tensorflow.Variable': (x) => x.attributes.has(trainableMark),
};

/** Whether the value is an instance; null where that is not known. */
export function isInstance(value: Value, classinfo: Value): boolean | null {
  if (value.kind === 'unknown' || classinfo.kind === 'unknown') return null;
  if (classinfo.kind === 'tuple') {
    const each = classinfo.items.map((item) => isInstance(value, item));
    return each.includes(true) ? true : each.includes(null) ? null : false;
  }
  if (classinfo.kind !== 'class' && classinfo.kind !== 'native') return null;
  const isOne = tensorClasses[classinfo.name];
  // A result without axes is a number of NumPy's, or an array.
  if (isOne !== undefined && value.kind === 'tensor') return isOne(value);
  if (isOne !== undefined) return value.kind === 'repeated' ? null : false;
  const kinds = kindsOf[classinfo.name.replace(/^builtins\./, '')];
  if (kinds !== undefined) return value.kind === 'repeated' ? null : kinds.includes(value.kind);
  if (value.kind === 'tuple' && value.fields !== null && classinfo.kind === 'class')
    return value.fields.cls === null ? null : descends(value.fields.cls, classinfo);
  const abstract = isOfAbstract(value, classinfo.name);
  if (abstract !== null) return abstract;
  if (ofLiterals.includes(value.kind) && classinfo.kind === 'class' && isOwn(classinfo)) return false;
  if (value.kind !== 'instance')
    return ['tensor', 'int', 'float', 'bool', 'str', 'none', 'list', 'tuple', 'dict'].includes(value.kind) &&
      classinfo.kind === 'class' &&
      classinfo.name.startsWith('torch.nn.Module')
      ? false
      : value.kind === 'none'
        ? false
        : null;
  return descends(value.cls, classinfo);
}

function descends(cls: ClassValue, ancestor: Value): boolean | null {
  if (cls === ancestor) return true;
  const each = cls.bases.map((base) => (base.kind === 'class' ? descends(base, ancestor) : null));
  return each.includes(true) ? true : each.includes(null) ? null : false;
}
