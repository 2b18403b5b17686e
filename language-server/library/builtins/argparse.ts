import type { Args } from '../arguments.ts';
import type { Context } from '../context.ts';
import { libraryClass, native } from '../define.ts';
import {
  bool,
  type ClassValue,
  float,
  type InstanceValue,
  int,
  list,
  none,
  str,
  tuple,
  type Value,
} from '../values.ts';

/**
 * argparse (https://docs.python.org/3/library/argparse.html): what the command line gives is not known before the
 * program runs, so an option of type int is a named size.
 */

const OPTIONS = '_options';

function selfOf(args: Args): Value {
  return args.value('self');
}

/** `--batch-size` as `batch_size`: the first long name, else the first. */
function destination(names: readonly string[], given: Value | null): string | null {
  if (given?.kind === 'str') return given.value;
  const name = names.find((each) => each.startsWith('--')) ?? names[0];
  return name === undefined ? null : name.replace(/^-+/, '').replaceAll('-', '_');
}

/** What an option may be once the command line is read. */
function unread(cx: Context, name: string, args: Args): Value {
  const option = (key: string): Value | null => {
    const value = args.keywords.get(key);
    return value === undefined || value.kind === 'none' ? null : value;
  };
  const [action, type, otherwise] = [option('action'), option('type'), option('default')];
  if (action?.kind === 'str' && action.value?.startsWith('store_')) {
    return action.value === 'store_const' ? cx.unknown(`the option ${name} is not known before it runs`) : bool(null);
  }
  if (action !== null && action.kind !== 'str') return bool(null);
  if (action?.kind === 'str' && action.value !== 'store')
    return cx.unknown(`the option ${name} is not known before it runs`);
  const one = single(cx, name, type, otherwise);
  if (option('nargs') === null) return one;
  // How many there are is up to the command line.
  return { kind: 'repeated', length: cx.freshSize(`len(${name})`), element: one, over: null };
}

function single(cx: Context, name: string, type: Value | null, otherwise: Value | null): Value {
  const isNamed = (wanted: string): boolean =>
    (type?.kind === 'native' || type?.kind === 'class') && type.name.replace(/^builtins\./, '') === wanted;
  if (isNamed('int')) return int(cx.freshSize(name));
  if (isNamed('float')) return float(null);
  if (isNamed('str')) return str(null);
  if (type !== null) return cx.unknown(`the option ${name} is not known before it runs`);
  // Without a type it is text, unless it is left out.
  return otherwise ?? str(null);
}

function addArgument(cx: Context, args: Args): Value {
  const options = cx.attribute(selfOf(args), OPTIONS);
  const names = args.rest.flatMap((name) => (name.kind === 'str' && name.value !== null ? [name.value] : []));
  const name = destination(names, args.keywords.get('dest') ?? null);
  if (options?.kind === 'instance' && name !== null) cx.setAttribute(options, name, unread(cx, name, args));
  return none;
}

function setDefaults(cx: Context, args: Args): Value {
  const options = cx.attribute(selfOf(args), OPTIONS);
  if (options?.kind !== 'instance') return none;
  for (const [name, value] of args.keywords) {
    if (!options.attributes.has(name)) cx.setAttribute(options, name, value);
  }
  return none;
}

const namespace = libraryClass(
  'argparse.Namespace',
  [],
  [
    native('__init__', '(self, **kwargs)', (cx, args) => {
      for (const [name, value] of args.keywords) cx.setAttribute(selfOf(args), name, value);
      return none;
    }),
  ],
);

function optionsOf(cx: Context, args: Args): InstanceValue | null {
  const options = cx.attribute(selfOf(args), OPTIONS);
  return options?.kind === 'instance' ? options : null;
}

/** Groups of options and subcommands share the options of their parser. */
function sharing(cls: () => ClassValue): (cx: Context, args: Args) => Value {
  return (cx, args) => {
    const group = cx.instantiate(cls());
    cx.setAttribute(group, OPTIONS, optionsOf(cx, args) ?? none);
    return group;
  };
}

const parser: ClassValue = libraryClass(
  'argparse.ArgumentParser',
  [],
  [
    native('__init__', '(self, *args, **kwargs)', (cx, args) => {
      cx.setAttribute(selfOf(args), OPTIONS, cx.instantiate(namespace));
      return none;
    }),
    native('add_argument', '(self, *args, **kwargs)', addArgument),
    native('set_defaults', '(self, **kwargs)', setDefaults),
    native(
      'add_argument_group',
      '(self, *args, **kwargs)',
      sharing(() => parser),
    ),
    native(
      'add_mutually_exclusive_group',
      '(self, *args, **kwargs)',
      sharing(() => parser),
    ),
    native(
      'add_subparsers',
      '(self, *args, **kwargs)',
      sharing(() => parser),
    ),
    native(
      'add_parser',
      '(self, *args, **kwargs)',
      sharing(() => parser),
    ),
    native('parse_args', '(self, args=None, namespace=None)', (cx, args) => optionsOf(cx, args) ?? none),
    native('parse_known_args', '(self, args=None, namespace=None)', (cx, args) =>
      tuple([optionsOf(cx, args) ?? none, list([])]),
    ),
    native('print_help', '(self, *args)', () => none),
    native('error', '(self, message)', (cx) => cx.unknown('the program ends here')),
  ],
);

export const argparse: readonly ClassValue[] = [
  parser,
  namespace,
  libraryClass('argparse.ArgumentDefaultsHelpFormatter', [], []),
];
