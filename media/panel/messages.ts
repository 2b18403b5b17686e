import { decodeProgram, type Program } from '../../language-server/graph/program.ts';

/** From the extension to the panel. */
export type ToPanel = Show | Data;

interface Show {
  readonly kind: 'show';
  readonly program: Program;
  /** Whether to run it at once, where nothing has to be asked first. */
  readonly run: boolean;
}

/** A file of arrays, as it stands on the disk. */
export interface Data {
  readonly kind: 'data';
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** From the panel to the extension. */
export type FromPanel =
  /** The panel can take messages. */
  | { readonly kind: 'ready' }
  /** Show a place of the source in an editor. */
  | { readonly kind: 'reveal'; readonly file: string; readonly place: Place }
  /** Let the person choose files of arrays, and send them. */
  | { readonly kind: 'load' }
  /** Let the person choose where to write a file. */
  | Save;

export interface Save {
  readonly kind: 'save';
  /** A name to start from. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** A line, from 1, or a range of offsets. */
export type Place =
  | { readonly kind: 'line'; readonly line: number }
  | { readonly kind: 'range'; readonly start: number; readonly end: number };

/** What a message says, or what is wrong with it, for people. */
export type Parsed<T> = { readonly ok: true; readonly message: T } | { readonly ok: false; readonly problem: string };

/** `ToPanel` as it is sent: the program is text as `encodeProgram` writes it, which keeps infinities. */
export type ToPanelWire = ShowWire | Data;

export type ShowWire = Omit<Show, 'program'> & { readonly program: string };

/** Reads what came from the extension. Never throws. */
export function parseToPanel(value: unknown): Parsed<ToPanel> {
  const { kind, program: text, run, file, bytes } = fields(value);
  if (kind === 'data') {
    return typeof file === 'string' && bytes instanceof Uint8Array
      ? { ok: true, message: { kind, file, bytes } }
      : { ok: false, problem: 'The message holds no file.' };
  }
  if (kind !== 'show') return malformed(kind);
  if (typeof text !== 'string') return { ok: false, problem: 'The message holds no program.' };
  if (typeof run !== 'boolean') return { ok: false, problem: 'The message does not say whether to run.' };
  try {
    const program = decodeProgram(text);
    const problem = programProblem(program);
    return problem === null
      ? { ok: true, message: { kind, program, run } }
      : { ok: false, problem: `The program cannot be read: ${problem}.` };
  } catch {
    return { ok: false, problem: 'The program cannot be read: it is not JSON.' };
  }
}

/** Reads what came from the panel. Never throws. */
export function parseFromPanel(value: unknown): Parsed<FromPanel> {
  const { kind, file, place, bytes } = fields(value);
  if (kind === 'ready' || kind === 'load') return { ok: true, message: { kind } };
  if (kind === 'save') {
    return typeof file === 'string' && bytes instanceof Uint8Array
      ? { ok: true, message: { kind, file, bytes } }
      : { ok: false, problem: 'The message holds no file.' };
  }
  if (kind !== 'reveal') return malformed(kind);
  const where = parsePlace(place);
  if (typeof file !== 'string' || where === null) return { ok: false, problem: 'The message names no place to show.' };
  return { ok: true, message: { kind, file, place: where } };
}

function parsePlace(value: unknown): Place | null {
  const { kind, line, start, end } = fields(value);
  if (kind === 'line' && isCount(line)) return { kind, line };
  if (kind === 'range' && isCount(start) && isCount(end)) return { kind, start, end };
  return null;
}

function malformed(kind: unknown): { readonly ok: false; readonly problem: string } {
  const named = typeof kind === 'string' ? `A message of the kind “${kind.slice(0, 40)}” is not known.` : null;
  return { ok: false, problem: named ?? 'The message has no kind.' };
}

/** What is wrong with the outline of a program; the engine reads the operations themselves. */
function programProblem(program: unknown): string | null {
  const { graph, region, wrt, derivative, batch, inputs, names, sizes, source } = fields(program);
  const { nodes } = fields(graph);
  const { inputs: from, outputs: to } = fields(region);
  if (!Array.isArray(nodes) || !nodes.every(isNode)) return 'its graph is not a list of operations';
  const isId = (id: unknown): boolean => isCount(id) && id < nodes.length;
  const isIds = (list: unknown): list is readonly unknown[] =>
    Array.isArray(list) && list.length > 0 && list.every(isId);
  const usesOnlyThose = (node: unknown): boolean => {
    const { operands } = fields(node);
    return Array.isArray(operands) && operands.every(isId);
  };
  if (!nodes.every(usesOnlyThose)) return 'an operation uses one that is not there';
  if (!isIds(from) || !isIds(to)) return 'its function has no input or no output';
  if (!isCount(wrt) || wrt >= from.length) return 'it does not say which input is differentiated';
  if (derivative !== 'jacobian' && derivative !== 'hessian') return 'it names no derivative';
  if (!isBatch(batch)) return 'its batch axes are not numbers';
  if (!Array.isArray(inputs) || !inputs.every((id) => id === null || isId(id))) return 'its inputs are not known';
  const isName = (value: unknown): boolean => typeof fields(value).name === 'string' && isId(fields(value).node);
  if (!Array.isArray(names) || !names.every(isName)) return 'its weights have no names';
  if (!Array.isArray(sizes) || !sizes.every(isSize)) return 'its sizes have no names';
  return isSource(source) ? null : 'it does not say where it comes from';
}

function isNode(value: unknown): boolean {
  const { op, operands, aval, origin } = fields(value);
  return (
    typeof fields(op).name === 'string' &&
    isObject(fields(op).params) &&
    Array.isArray(operands) &&
    Array.isArray(fields(aval).shape) &&
    isObject(origin)
  );
}

function isBatch(value: unknown): boolean {
  return value === null || (isCount(fields(value).input) && isCount(fields(value).output));
}

function isSize(value: unknown): boolean {
  const { key, name } = fields(value);
  return typeof key === 'string' && typeof name === 'string';
}

function isSource(value: unknown): boolean {
  const { file, line, place, text, corrected } = fields(value);
  const texts = [file, place, text, corrected ?? ''].every((part) => typeof part === 'string');
  return texts && isCount(line);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The properties of an object; none of anything else. */
function fields(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? { ...value } : {};
}
