import { parseArgs } from 'node:util';

export type Format = 'text' | 'json';

/** What was asked for. */
export type Command =
  | { readonly kind: 'check'; readonly format: Format; readonly paths: readonly string[] }
  | { readonly kind: 'shapes'; readonly format: Format; readonly paths: readonly string[] }
  | { readonly kind: 'fix'; readonly suggested: boolean; readonly paths: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'wrong'; readonly message: string };

export const HELP = `jacobian-lens: shapes of Jacobians in Python, mistakes with batches, and their fixes. It never runs the Python.

  jacobian-lens check [--format text|json] PATH...   reports mistakes
  jacobian-lens shapes [--format text|json] PATH...  lists every assigned name that holds a tensor, with its shape
  jacobian-lens fix [--suggested] PATH...            mends the files in place: with fixes that change no value, and
                                                     with --suggested also those that change what is computed

  --help, --version

PATH is a Python file, a notebook or a folder, which is searched for *.py and *.ipynb files. Hidden folders,
node_modules, __pycache__ and virtual environments are left out. Lines and columns count from 1, in a notebook within
a cell, of which all are counted; columns are in UTF-16 code units, as editors count.

Exit status of check: 0 nothing of severity warning or above, 1 such findings, 2 something could not be checked.
Exit status of shapes and fix: 0 done, 2 something could not be done.
`;

const OPTIONS = {
  format: { type: 'string' },
  suggested: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
} as const;

/** Reads the arguments that follow the program's name. */
export function parseCommand(args: readonly string[]): Command {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    if (values.help === true) return { kind: 'help' };
    if (values.version === true) return { kind: 'version' };
    const [name, ...paths] = positionals;
    if (name === undefined) return wrong('say what to do: check, shapes or fix');
    if (name === 'help') return { kind: 'help' };
    if (name !== 'check' && name !== 'shapes' && name !== 'fix')
      return wrong(`there is no command ${name}: say check, shapes or fix`);
    if (paths.length === 0) return wrong(`${name} needs a file or a folder`);
    if (name === 'fix') {
      if (values.format !== undefined) return wrong('fix has no --format');
      return { kind: 'fix', suggested: values.suggested ?? false, paths };
    }
    if (values.suggested !== undefined) return wrong(`${name} has no --suggested`);
    const { format = 'text' } = values;
    if (format !== 'text' && format !== 'json') return wrong(`there is no format ${format}: say text or json`);
    return { kind: name, format, paths };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return wrong(message.split('. ')[0] ?? message);
  }
}

function wrong(message: string): Command {
  return { kind: 'wrong', message };
}
