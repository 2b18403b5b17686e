import { resolve } from 'node:path';
import { type Decoded, encodeSource } from '../python/encoding.ts';
import type { Analyser } from '../rules/analyse.ts';
import type { Analysis, SourceHost } from '../rules/analysis.ts';
import { type Applicable, fixAll } from '../server/edits.ts';
import { findFiles } from '../server/files.ts';
import { Projects } from '../server/projects.ts';
import { DiskReader, diskHost, explain } from '../server/sources.ts';
import { type Command, type Format, HELP, parseCommand } from './arguments.ts';
import { checkSummary, count, findingLine, findingRows, shapeLine, shapeRows, spotInWords } from './output.ts';
import { openSource, type Source } from './sources.ts';
import type { Terminal } from './terminal.ts';
import { replaceFile } from './write.ts';

/** Exit status: nothing found or all done; findings; something could not be done. */
export type Status = 0 | 1 | 2;

/** What the commands work with. */
interface Session {
  readonly terminal: Terminal;
  readonly analyser: Analyser;
  readonly reader: DiskReader;
}

/**
 * Runs the command line.
 * @param args those that follow the program's name
 * @param load makes the analyser, once there is something to analyse
 */
export async function run(
  args: readonly string[],
  terminal: Terminal,
  version: string,
  load: () => Promise<Analyser>,
): Promise<Status> {
  const command = parseCommand(args);
  switch (command.kind) {
    case 'help':
      terminal.out(HELP);
      return 0;
    case 'version':
      terminal.out(`jacobian-lens ${version}\n`);
      return 0;
    case 'wrong':
      terminal.err(`jacobian-lens: ${command.message}\nTry jacobian-lens --help.\n`);
      return 2;
    default:
      return perform(command, { terminal, analyser: await load(), reader: new DiskReader() });
  }
}

type Work = Extract<Command, { readonly paths: readonly string[] }>;

async function perform(command: Work, session: Session): Promise<Status> {
  switch (command.kind) {
    case 'check':
      return check(command.paths, command.format, session);
    case 'shapes':
      return shapes(command.paths, command.format, session);
    case 'fix':
      return fix(command.paths, command.suggested ? ['safe', 'suggested'] : ['safe'], session);
  }
}

function check(paths: readonly string[], format: Format, session: Session): Status {
  const { rows, files, failed } = collect(paths, session, findingRows);
  if (format === 'json') session.terminal.out(`${JSON.stringify(rows, null, 2)}\n`);
  else session.terminal.out([...rows.map(findingLine), checkSummary(rows, files), ''].join('\n'));
  if (failed) return 2;
  return rows.some(({ severity }) => severity === 'error' || severity === 'warning') ? 1 : 0;
}

function shapes(paths: readonly string[], format: Format, session: Session): Status {
  const { rows, files, failed } = collect(paths, session, shapeRows);
  if (format === 'json') session.terminal.out(`${JSON.stringify(rows, null, 2)}\n`);
  else if (rows.length === 0) session.terminal.out(`No name holds a tensor in ${count(files, 'file')}.\n`);
  else session.terminal.out([...rows.map(shapeLine), ''].join('\n'));
  return failed ? 2 : 0;
}

/** The rows of all files. Analyses are let go of one by one, for there may be thousands. */
function collect<Row>(
  paths: readonly string[],
  session: Session,
  rowsOf: (path: string, analysis: Analysis, source: Source) => readonly Row[],
): { readonly rows: readonly Row[]; readonly files: number; readonly failed: boolean } {
  const rows: Row[] = [];
  let files = 0;
  let failed = false;
  for (const file of analysed(paths, session)) {
    if (file.kind === 'problem') {
      failed ||= file.counts;
      continue;
    }
    files += 1;
    for (const row of rowsOf(file.path, file.analysis, file.source)) rows.push(row);
  }
  return { rows, files, failed };
}

async function fix(
  paths: readonly string[],
  allowed: readonly Applicable['kind'][],
  session: Session,
): Promise<Status> {
  const { terminal } = session;
  let failed = false;
  let fixes = 0;
  let changed = 0;
  let left = 0;
  for (const file of analysed(paths, session)) {
    if (file.kind === 'problem') {
      failed ||= file.counts;
      continue;
    }
    if (file.analysis.module.errors.length > 0) {
      terminal.err(`${file.path}: not mended, for it has a syntax error\n`);
      failed = true;
      continue;
    }
    const { analysis, taken } = fixAll(file.analysis, allowed, (text) =>
      session.analyser.analyse(resolve(file.path), text, file.host, {}),
    );
    left += analysis.findings.length;
    if (taken.length === 0) continue;
    const said: string[] = [];
    let source: Source | null = file.source;
    for (const { finding, fix: one } of taken) {
      if (source === null) break;
      said.push(`${spotInWords(file.path, source.spotAt(finding.range.start))}: ${finding.rule}: ${one.title}\n`);
      source = source.edited(one.edits);
    }
    const problem = source === null ? 'its fixes would join cells' : await write(file.path, file.bytes, source.file);
    if (problem !== null) {
      terminal.err(`${file.path}: not written: ${problem}\n`);
      failed = true;
      continue;
    }
    terminal.out(said.join(''));
    changed += 1;
    fixes += taken.length;
  }
  const done =
    fixes === 0
      ? 'Nothing was changed.'
      : `Took ${fixes} ${fixes === 1 ? 'fix' : 'fixes'} in ${count(changed, 'file')}.`;
  const suggestion = allowed.includes('suggested')
    ? ''
    : ' (fixes that change what is computed are taken only with --suggested)';
  terminal.out(`${done}${left > 0 ? ` ${count(left, 'finding')} left${suggestion}.` : ''}\n`);
  return failed ? 2 : 0;
}

/** Writes a text back as the file was; the reason why not, or null. */
async function write(path: string, before: Uint8Array, after: Decoded): Promise<string | null> {
  const bytes = encodeSource(after.text, after);
  if ('kind' in bytes) return bytes.message;
  try {
    await replaceFile(path, before, bytes);
    return null;
  } catch (error) {
    return explain(error);
  }
}

interface FileRead {
  readonly kind: 'read';
  readonly path: string;
  readonly source: Source;
  readonly bytes: Uint8Array;
  readonly host: SourceHost;
  readonly analysis: Analysis;
}

/** A file that could not be analysed, which was said already; `counts`: the command has failed by it. */
interface FileFailed {
  readonly kind: 'problem';
  readonly counts: boolean;
}

/** Analyses the files that paths mean, one after the other, and says on stderr what could not be read. */
function* analysed(paths: readonly string[], session: Session): Generator<FileRead | FileFailed> {
  const { terminal, analyser, reader } = session;
  const projects = new Projects();
  let done = 0;
  for (const found of findFiles(paths)) {
    if (found.kind === 'problem') {
      terminal.err(`${found.path}: ${found.message}\n`);
      yield { kind: 'problem', counts: true };
      continue;
    }
    const { path } = found;
    terminal.progress(`${count(done, 'file')} done, now ${path}`);
    const opened = openSource(path);
    if (opened.kind === 'problem') {
      terminal.err(`${path}: ${opened.message}\n`);
      // In a folder such a file is likely to be generated; who names it wants to know.
      yield { kind: 'problem', counts: found.named || !opened.isData };
      continue;
    }
    const { source, bytes } = opened;
    const full = resolve(path);
    const host = diskHost(reader, projects, full);
    const analysis = analyser.analyse(full, source.text, host, {});
    done += 1;
    sayErrors(path, analysis, source, terminal);
    yield { kind: 'read', path, source, bytes, host, analysis };
  }
  if (done === 0) terminal.err(`No Python file was read in ${paths.join(', ')}.\n`);
}

/** Says which lines were left out. */
function sayErrors(path: string, { module, notes }: Analysis, source: Source, terminal: Terminal): void {
  for (const { range, message } of module.errors)
    terminal.err(`${spotInWords(path, source.spotAt(range.start))}: syntax error: ${message}\n`);
  for (const note of notes) terminal.err(`${path}: ${note}\n`);
}
