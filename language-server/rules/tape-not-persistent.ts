import type { Range } from '../python/ast.ts';
import { enclosing } from '../python/traverse.ts';
import type { Problem, Trace } from '../tracer/trace.ts';
import type { Proposal } from './finding.ts';
import { grouped } from './grouped.ts';
import { type ProblemRule, rangeOf } from './rule.ts';
import { argumentOf, callAt, type SourceFile, textAt } from './source-file.ts';

export const tapeNotPersistent: ProblemRule = {
  of: 'problem',
  name: 'tape-not-persistent',
  severity: 'error',
  place: 'innermost',
  summary: 'a second derivative of a tape that is not persistent, or one row at a time of it',
  check: (problem, trace, file) => {
    const { kind, type, message, isSure } = problem;
    if (kind !== 'python' || type !== 'RuntimeError') return null;
    // One that was never entered has no more to give either.
    const isSpent = message.startsWith('A non-persistent GradientTape') && !message.endsWith('never entered');
    // A function that runs as a graph may take its rows one by one: whether others call it in one is to be known.
    const isByRows = message.startsWith('GradientTape must be created') && isSure && !isDecorated(file, problem);
    if (!isSpent && !isByRows) return null;
    const made = tapeMade(problem, trace, file);
    return {
      message: isSpent
        ? 'This raises RuntimeError: a tape that is not persistent gives one set of derivatives, and this one has given its own.'
        : 'This raises RuntimeError: without pfor each row is a derivative of its own, and a tape that is not persistent gives one.',
      certainty: 'proved',
      related: made === null ? [] : [{ origin: { ...problem.origin, ...made }, message: 'the tape is made here' }],
      shape: null,
      wanted: null,
      proposals: () => (made === null ? [] : [persistent(made, file)]),
    };
  },
};

/** Whether a function around has decorators, which may run it as a graph. */
function isDecorated({ module, path }: SourceFile, { origin }: Problem): boolean {
  return [origin, ...origin.calls].some(
    ({ file, start }) =>
      file !== path ||
      enclosing(module, start).some((node) => node.kind === 'FunctionDef' && node.decorators.length > 0),
  );
}

/** Where the tape of a call was made: the last one of its name, or the only one. */
function tapeMade({ origin }: Problem, { bindings }: Trace, file: SourceFile): Range | null {
  const call = origin.file === file.path ? callAt(file, rangeOf(origin)) : null;
  if (call?.func.kind !== 'Attribute' || call.func.value.kind !== 'Name') return null;
  const { id } = call.func.value;
  const tapes = bindings.flatMap(({ name, file: path, range, value }) =>
    path === file.path && value.kind === 'instance' && value.cls.name.endsWith('GradientTape')
      ? [{ isNamed: name === id && range.start < origin.start, made: value.origin }]
      : [],
  );
  const named = tapes.findLast(({ isNamed }) => isNamed)?.made;
  const places = grouped(tapes, ({ made }) => `${made.file} ${made.start}`);
  const made = named ?? (places.size === 1 ? tapes[0]?.made : undefined);
  return made?.file === file.path ? rangeOf(made) : null;
}

/** The tape made persistent. */
function persistent(made: Range, file: SourceFile): readonly Proposal[] {
  const call = callAt(file, made);
  if (call === null || call.keywords.some(({ name }) => name === null)) return [];
  const said = argumentOf(call, 0, 'persistent');
  const first = call.keywords[0] ?? null;
  const at = first?.range.start ?? made.end - 1;
  const edit =
    said !== null
      ? { range: said.range, text: 'True' }
      : { range: { start: at, end: at }, text: first === null ? 'persistent=True' : 'persistent=True, ' };
  // Not the call of something that makes tapes.
  if (!/GradientTape$/.test(textAt(file, call.func.range))) return [];
  return [{ title: 'Make the tape persistent', kind: 'safe', edits: [edit], promises: null }];
}
