import type { PythonParser } from '../../language-server/python/parser.ts';
import { tracedText } from '../unit/library-facts.ts';
import { compared, type ProgramFact, type Real, raisedIn, realNames } from './facts.ts';

/** What is wrong with the analysis of random programs, and how much of them it does not know. */
export interface ProgramReport {
  /** Shapes, types and numbers that are others, and lines that run but are refused. */
  readonly wrong: readonly string[];
  readonly values: number;
  readonly unknownPercent: number;
  /** Statements that raise in the library: but for what follows from others, and what is said of derivatives. */
  readonly errors: number;
  readonly silentPercent: number;
}

/** Where the library itself errs, and is not followed. */
export interface Quirks {
  /** Programs of which lines are refused though they run. */
  readonly runs: ReadonlySet<number>;
  readonly isOther: (real: Real, text: string, taken: string) => boolean;
}

/** With SHOW_UNKNOWN set, what is not found is printed with its reason. */
const shows = process.env.SHOW_UNKNOWN !== undefined;

/** The line of an offset, from 1 as Python counts. */
function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Traces each program and compares it with what the library gave for it. */
export function checkPrograms(
  parser: PythonParser,
  programs: readonly string[],
  facts: readonly ProgramFact[],
  quirks: Quirks,
): ProgramReport {
  const wrong: string[] = [];
  let [known, unknown, named, silent] = [0, 0, 0, 0];
  programs.forEach((text, k) => {
    const [names, errors] = facts[k] ?? ['', ''];
    const traced = tracedText(parser, text);
    const say = (what: string): void => {
      wrong.push(`program ${k}: ${what}`);
    };
    if (traced.stopped !== null) say(`stopped: ${traced.stopped}`);
    const values = new Map(traced.bindings.map(({ name, value }) => [name, value]));
    const lines = text.split('\n');
    const raised = raisedIn(errors);
    for (const [name, real] of realNames(names)) {
      const value = values.get(name);
      const result = value === undefined ? 'unknown' : compared(traced.graph, value, real);
      const line = lines.findLast((content) => new RegExp(`\\b${name}\\b.*=`).test(content)) ?? '';
      if (typeof result === 'object' && !quirks.isOther(real, text, result.wrong))
        say(`${name} is ${JSON.stringify(real)}, taken for ${result.wrong}: ${line}`);
      else if (result === 'same') known++;
      else {
        unknown++;
        if (shows) console.log('unknown:', k, line, '#', value?.kind === 'unknown' ? value.reason.text : value?.kind);
      }
    }
    // Each problem with the statement of the module that leads to it.
    const problems = traced.problems.map(({ origin, message }) => ({
      line: lineOf(text, (origin.calls[0] ?? origin).start),
      from: lineOf(text, origin.start),
      message,
    }));
    for (const { line, from, message } of problems)
      if (!quirks.runs.has(k) && !raised.some((error) => error.line === line || error.from === from))
        say(`line ${line} runs, but is refused: ${message}: ${lines[from - 1]?.trim()} (${lines[line - 1]?.trim()})`);
    for (const { line, type, from } of raised) {
      if (type === 'N' || type === 'G') continue;
      if (problems.some((problem) => problem.line === line || problem.from === from)) named++;
      else {
        silent++;
        if (shows) console.log('silent:', k, type, lines[from - 1]);
      }
    }
  });
  const percent = (part: number, rest: number): number => (part / (part + rest)) * 100;
  return {
    wrong,
    values: known + unknown,
    unknownPercent: percent(unknown, known),
    errors: named + silent,
    silentPercent: percent(silent, named),
  };
}

/** The report in one line. */
export function summary({ values, unknownPercent, errors, silentPercent }: ProgramReport): string {
  return `${values} values, ${unknownPercent.toFixed(2)} % unknown; ${errors} errors, ${silentPercent.toFixed(1)} % not seen`;
}
