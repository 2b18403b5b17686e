import type { GraphBuilder } from '../../graph/builder.ts';
import type { Args } from '../arguments.ts';
import { type Context, PythonError } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import { bool, float, int, list, none, str, type Value } from '../values.ts';

/**
 * absl (https://abseil.io/docs/python/): what the command line gives is not known before the program runs, so a flag that is
 * a whole number is a named size.
 */

/** What a flag may be once the command line is read: by the name of the function that defines it. */
const kinds: Readonly<Record<string, (cx: Context, name: string) => Value>> = {
  string: () => str(null),
  enum: () => str(null),
  integer: (cx, name) => int(cx.freshSize(name)),
  float: () => float(null),
  bool: () => bool(null),
  boolean: () => bool(null),
};

const others = [
  'list',
  'multi_string',
  'multi_integer',
  'multi_float',
  'multi_enum',
  'enum_class',
  'alias',
  'spaceseplist',
];

function unread(cx: Context, name: string): Value {
  return cx.unknown(`the flag ${name} is not known before it runs`);
}

/** The flags of each program. */
const flagsOf = new WeakMap<GraphBuilder, Map<string, Value>>();

function flags(cx: Context): Map<string, Value> {
  const known = flagsOf.get(cx.build) ?? new Map<string, Value>();
  flagsOf.set(cx.build, known);
  return known;
}

/** What flags are read from: each flag that is defined is an attribute of it. */
const flagValues = libraryClass(
  'absl.flags.FlagValues',
  [],
  [
    native('__getattr__', '(self, name)', (cx, args) => {
      const name = args.string('name');
      return flags(cx).get(name) ?? unread(cx, name);
    }),
    native('__setattr__', '(self, name, value)', (cx, args) => {
      cx.setName(flags(cx), args.string('name'), args.raw('value'));
      return none;
    }),
    native('__call__', '(self, argv, known_only=False)', () => list([])),
    native('mark_as_parsed', '(self)', () => none),
  ],
);

const flagHolder = libraryClass('absl.flags.FlagHolder', [], []);

/** Notes a flag, and gives what holds its value. */
export function define(cx: Context, args: Args, value: (name: string) => Value): Value {
  const name = args.string('name');
  const known = value(name);
  cx.setName(flags(cx), name, known);
  const holder = cx.instantiate(flagHolder);
  holder.attributes.set('value', known);
  holder.attributes.set('name', str(name));
  return holder;
}

const defining = [...Object.keys(kinds), ...others].map((kind): [string, Value] => [
  `absl.flags.DEFINE_${kind}`,
  native(`absl.flags.DEFINE_${kind}`, '(name, *args, **kwargs)', (cx, args) =>
    define(cx, args, (name) => (kinds[kind] ?? unread)(cx, name)),
  ),
]);

const nowhere = { file: '', start: 0, end: 0, loops: [], calls: [] };

const silent = [
  'absl.flags.mark_flag_as_required',
  'absl.flags.mark_flags_as_required',
  'absl.flags.adopt_module_key_flags',
  'absl.flags.register_validator',
  'absl.app.set_verbosity',
  ...'debug info warning warn error exception fatal log log_first_n log_every_n set_verbosity set_stderrthreshold use_absl_handler'
    .split(' ')
    .map((name) => `absl.logging.${name}`),
];

export const absl: readonly (readonly [string, Value])[] = [
  ['absl.flags.FLAGS', { kind: 'instance', cls: flagValues, attributes: new Map(), origin: nowhere }],
  ...defining,
  ...silent.map((name): [string, Value] => [name, native(name, '(*args, **kwargs)', () => none)]),
  [
    'absl.app.run',
    native('absl.app.run', '(main, argv=None, flags_parser=None)', (cx, args) => {
      const main = args.value('main');
      cx.call(main, [cx.unknown('what the command line gives is not known before it runs')]);
      return none;
    }),
  ],
  [
    'absl.app.UsageError',
    libraryClass('absl.app.UsageError', [], [native('__init__', '(self, *args, **kwargs)', () => none)]),
  ],
  ...['INFO', 'WARNING', 'ERROR', 'FATAL', 'DEBUG'].map((name, k): [string, Value] => [`absl.logging.${name}`, int(k)]),
];

/** `DEFINE_config_file('config', 'configs/default.py')`: what `get_config` of that file gives, unless another is named. */
export const configFlags: readonly (readonly [string, Value])[] = [
  'ml_collections.config_flags',
  'ml_collections.config_flags.config_flags',
].flatMap((module) =>
  ['DEFINE_config_file', 'DEFINE_config_dict'].map((name): [string, Value] => [
    `${module}.${name}`,
    native(`${module}.${name}`, '(name, default|config=None, *args, **kwargs)', (cx, args) =>
      define(cx, args, (flag) => {
        const given = args.optional('default');
        return (given === null ? null : name === 'DEFINE_config_dict' ? given : ofFile(cx, given)) ?? unread(cx, flag);
      }),
    ),
  ]),
);

/** The ConfigDict of a file, by its path from where the program is run: taken for the folder of the file that names it. */
function ofFile(cx: Context, given: Value): Value | null {
  if (given.kind !== 'str' || given.value === null) return null;
  const [, path] = /^(?:\.\/)?([\w/]+)\.py$/.exec(given.value) ?? [];
  const module = path === undefined ? null : cx.importModule(path.replaceAll('/', '.'));
  const get = module === null ? null : cx.attribute(module, 'get_config');
  if (module === null || get === null) return null;
  try {
    return cx.assuming(`the flag names ${given.value}`, () => cx.call(get, []));
  } catch (error) {
    if (error instanceof PythonError) return null;
    throw error;
  }
}
