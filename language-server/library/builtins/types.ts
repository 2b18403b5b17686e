import { libraryClass, native } from '../define.ts';
import { type ClassValue, classOf, type Family, none, type TensorValue, trainableMark, type Value } from '../values.ts';

/** Built-in classes that programs inherit from, decorate with, or ask about. */

const exceptions = [
  'BaseException',
  'Exception',
  'ValueError',
  'TypeError',
  'RuntimeError',
  'KeyError',
  'IndexError',
  'AttributeError',
  'ImportError',
  'ModuleNotFoundError',
  'NotImplementedError',
  'StopIteration',
  'AssertionError',
  'FileNotFoundError',
  'OSError',
  'IOError',
  'KeyboardInterrupt',
  'ZeroDivisionError',
  'ArithmeticError',
  'OverflowError',
  'UserWarning',
  'DeprecationWarning',
  'RuntimeWarning',
  'Warning',
  'FutureWarning',
  'LookupError',
  'NameError',
  'SystemExit',
  'TimeoutError',
  'PermissionError',
];

const anyInit = native('__init__', '(self, *args, **kwargs)', () => none);

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

export const builtinTypes: readonly ClassValue[] = [
  libraryClass('object', [], []),
  libraryClass('super', [], []),
  ...exceptions.map((name) => libraryClass(name, [], [anyInit])),
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
};

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
  const cls = classOf(value);
  if (cls === null)
    return ['tensor', 'int', 'float', 'bool', 'str', 'none', 'list', 'tuple', 'dict'].includes(value.kind) &&
      classinfo.kind === 'class' &&
      classinfo.name.startsWith('torch.nn.Module')
      ? false
      : value.kind === 'none'
        ? false
        : null;
  return descends(cls, classinfo);
}

function descends(cls: ClassValue, ancestor: Value): boolean | null {
  if (cls === ancestor) return true;
  const each = cls.bases.map((base) => (base.kind === 'class' ? descends(base, ancestor) : null));
  return each.includes(true) ? true : each.includes(null) ? null : false;
}
