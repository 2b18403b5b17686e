import { endOfLine, endOfString, logicalLines, namesBound } from './lines.ts';

/**
 * What a cell of a notebook holds beside Python: IPython's magics, commands of the shell, and questions for help
 * (https://ipython.readthedocs.io/en/stable/interactive/magics.html).
 */

/** What a magic does with the Python that it is given: runs it where the cell stands, or with names of its own. */
type Runs = 'here' | 'apart';

/** The magics that are given Python, as `%name` on a line or as `%%name` of a cell. */
const PYTHON_MAGICS: Readonly<Record<string, Runs>> = {
  time: 'here',
  timeit: 'apart',
  prun: 'here',
  memit: 'apart',
  capture: 'here',
  debug: 'here',
  snakeviz: 'here',
  mprun: 'apart',
  lprun: 'apart',
};

/**
 * The Python of a cell, of the same length and with the same line breaks, so that every place stays where it is. What is
 * no Python is covered: by `0`, by spaces, or, where a name is given what a command prints, by a name that nobody has.
 */
export function pythonOfCell(text: string): string {
  const [header = '', blank = '', name = ''] = /^((?:[ \t]*(?:\r\n?|\n))*[ \t]*)%%(\w*)[^\r\n]*/.exec(text) ?? [];
  if (header === '') return pythonOfLines(text);
  const runs = runsOf(name);
  const body = runs === null ? '' : pythonOfLines(text.slice(header.length));
  const isKept = runs === 'here' || (runs === 'apart' && !bindsNames(body));
  return blank + spaces(header.slice(blank.length)) + (isKept ? body : spaces(text.slice(header.length)));
}

/** Whether the cell begins with a magic of its own, before which nothing may stand. */
export function hasCellMagic(text: string): boolean {
  return /^\s*%%/.test(text);
}

function runsOf(name: string): Runs | null {
  return Object.hasOwn(PYTHON_MAGICS, name) ? (PYTHON_MAGICS[name] ?? null) : null;
}

function bindsNames(python: string): boolean {
  return logicalLines(python, () => false).lines.some((line) => namesBound(python, line).length > 0);
}

/** Where a magic, a command or a question begins a statement. */
const COMMAND = /[%!?]/y;

/** `files = !ls`, `t = %timeit -o f(x)`: up to what is no Python. */
const GIVEN = /[\p{L}_][\w., \t[\]:]*=[ \t]*(?=[%!])/uy;

/** A command of the shell that notebooks take without its `!`: never Python, since two names stand side by side. */
const INSTALL = /(?:pip3?|conda|mamba|uv)[ \t]+[a-z]+\b(?![ \t]*[=.(,[:])/y;

/** `f?`, `torch.func.vmap??` */
const QUESTION = /^[ \t]*%{0,2}[\w.*]+\?{1,2}[ \t]*$/;

function pythonOfLines(text: string): string {
  let done = '';
  let at = 0;
  while (at < text.length) {
    const start = at + (/^[ \t\f]*/.exec(text.slice(at, endOfLine(text, at)))?.[0].length ?? 0);
    const matches = (pattern: RegExp): number | null => {
      pattern.lastIndex = start;
      return pattern.test(text) ? pattern.lastIndex : null;
    };
    const given = matches(GIVEN);
    let end: number;
    if (given !== null) {
      end = endOfCommand(text, given);
      done += text.slice(at, given) + covered(text.slice(given, end), '__');
    } else if (matches(COMMAND) !== null || matches(INSTALL) !== null) {
      end = endOfCommand(text, start);
      done += text.slice(at, start) + pythonOfCommand(text.slice(start, end));
    } else {
      end = endOfStatement(text, start);
      const line = text.slice(at, end);
      done += QUESTION.test(line) ? text.slice(at, start) + covered(text.slice(start, end), '0') : line;
    }
    const [lineBreak = ''] = /^(?:\r\n?|\n)?/.exec(text.slice(end, end + 2)) ?? [];
    done += lineBreak;
    at = end + lineBreak.length;
  }
  return done;
}

/** A magic with a statement of Python becomes that statement, behind `if 1:`; any other command becomes `0`. */
function pythonOfCommand(command: string): string {
  const [header = '', name = ''] = /^%(\w+)(?:[ \t]+-\w+(?:[ \t]+\d+)?)*[ \t]+/.exec(command) ?? [];
  const runs = runsOf(name);
  const statement = command.slice(header.length);
  const isSimple = !/^(?:(?:async|if|for|while|with|try|def|class|match)\b|[@-]|$)/.test(statement);
  const isKept = isSimple && (runs === 'here' || (runs === 'apart' && !bindsNames(statement)));
  return isKept ? `if 1:${' '.repeat(header.length - 'if 1:'.length)}${statement}` : covered(command, '0');
}

/** Spaces in place of all but line breaks, with something at the front that stands for it. */
function covered(text: string, by: string): string {
  const shown = by.slice(0, text.length);
  return shown + spaces(text).slice(shown.length);
}

function spaces(text: string): string {
  return text.replaceAll(/[^\r\n]/g, ' ');
}

/** Where a command ends: at the end of its line, or of a later one where backslashes take that in. */
function endOfCommand(text: string, from: number): number {
  let end = endOfLine(text, from);
  while (end < text.length && text.charAt(end - 1) === '\\')
    end = endOfLine(text, end + (text.startsWith('\r\n', end) ? 2 : 1));
  return end;
}

const STEP = /[^'"#\\()[\]{}\r\n]+|#[^\r\n]*|'''|"""|['"]|\\(?:\r\n|[\s\S])?|[()[\]{}]|\r\n?|\n/y;

/** Where a statement ends: at the end of the line on which its strings and brackets have ended. */
function endOfStatement(text: string, from: number): number {
  let depth = 0;
  STEP.lastIndex = from;
  for (let match = STEP.exec(text); match !== null; match = STEP.exec(text)) {
    const [piece] = match;
    if (/^['"]/.test(piece)) {
      const end = endOfString(text, STEP.lastIndex, piece);
      STEP.lastIndex = end ?? (piece.length === 3 ? text.length : endOfLine(text, STEP.lastIndex));
    } else if ('([{'.includes(piece)) depth += 1;
    else if (')]}'.includes(piece)) depth = Math.max(0, depth - 1);
    else if (/^[\r\n]/.test(piece) && depth === 0) return match.index;
  }
  return text.length;
}
