import type { Context } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import { bool, type ClassValue, float, int, type NativeValue, none, str, type Value } from '../values.ts';

/** What stands around a program: os, sys, logging, time. What it tells is not known before the program runs. */

type Outside = (cx: Context) => Value;

const nothing: Outside = () => none;
const text: Outside = () => str(null);
const truth: Outside = () => bool(null);
const number: Outside = (cx) => int(cx.freshSize('n'));
const seconds: Outside = () => float(null);

/** What functions give, by their names; what they are given does not matter. */
const functions: readonly (readonly [gives: Outside, names: string])[] = [
  [nothing, 'os.makedirs os.mkdir os.remove os.rename os.replace os.rmdir os.chdir os.putenv os.unlink os._exit'],
  [text, 'os.getcwd os.getlogin os.strerror'],
  [
    text,
    'os.path.join os.path.basename os.path.dirname os.path.abspath os.path.expanduser os.path.realpath os.path.normpath os.path.relpath',
  ],
  [truth, 'os.path.exists os.path.isfile os.path.isdir os.path.islink os.access'],
  [number, 'os.getpid os.path.getsize'],
  [seconds, 'time.time time.perf_counter time.monotonic time.process_time time.thread_time os.path.getmtime'],
  [nothing, 'time.sleep'],
  [text, 'time.strftime time.ctime time.asctime'],
  [
    nothing,
    'logging.basicConfig logging.debug logging.info logging.warning logging.error logging.exception logging.critical logging.log',
  ],
  [nothing, 'logging.disable logging.captureWarnings logging.addLevelName'],
  [nothing, 'warnings.warn warnings.filterwarnings warnings.simplefilter warnings.resetwarnings'],
  [nothing, 'sys.exit sys.setrecursionlimit sys.stdout.write sys.stdout.flush sys.stderr.write sys.stderr.flush'],
];

/** A class whose methods give these. */
function silentClass(name: string, methods: readonly string[]): ClassValue {
  return libraryClass(
    name,
    [],
    ['__init__', ...methods].map((method) => native(method, '(self, *args, **kwargs)', () => none)),
  );
}

const logger = silentClass(
  'logging.Logger',
  'debug info warning warn error exception critical log setLevel addHandler removeHandler addFilter'.split(' '),
);

/** Environment variables: texts, where they are set. */
const environment = libraryClass(
  'os.Environ',
  [],
  [
    native('__getitem__', '(self, key)', () => str(null)),
    native('__setitem__', '(self, key, value)', () => none),
    native('__contains__', '(self, key)', () => bool(null)),
    native('setdefault', '(self, key, value)', () => str(null)),
    native('update', '(self, *args, **kwargs)', () => none),
    native('get', '(self, key, default=None)', read),
    native('pop', '(self, key, default=None)', read),
  ],
);

/** A text, or what is said to be taken where the variable is not set. */
function read(cx: Context, args: { optional(name: string): Value | null }): Value {
  const otherwise = args.optional('default');
  return otherwise?.kind === 'str' ? str(null) : cx.unknown('whether an environment variable is set is not known');
}

const nowhere = { file: '', start: 0, end: 0, loops: [], calls: [] };

export const system: readonly (NativeValue | ClassValue)[] = [
  ...functions.flatMap(([gives, names]) =>
    names.split(' ').map((name) => native(name, '(*args, **kwargs)', (cx) => gives(cx))),
  ),
  native('os.getenv', '(key, default=None)', read),
  native('os.listdir', '(path=None)', (cx) => cx.unknown('which files there are is not known before it runs')),
  native('os.cpu_count', '()', (cx) => int(cx.freshSize('cpus'))),
  logger,
  native('logging.getLogger', '(name=None)', (cx) => cx.instantiate(logger)),
];

export const systemObjects: readonly (readonly [string, Value])[] = [
  ['os.environ', { kind: 'instance', cls: environment, attributes: new Map(), origin: nowhere }],
  ['os.sep', str(null)],
  ['os.name', str(null)],
  ['os.path.sep', str(null)],
  ['sys.platform', str(null)],
  ['sys.version', str(null)],
  ...['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'].map((name, k): [string, Value] => [
    `logging.${name}`,
    int(10 * (k + 1)),
  ]),
];
