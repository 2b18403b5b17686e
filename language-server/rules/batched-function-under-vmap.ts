import { sumsSeparate } from '../derivatives/summed.ts';
import { nodeAt } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import { differentiated } from '../library/functional.ts';
import type { Value } from '../library/values.ts';
import type { Call, Expression } from '../python/ast.ts';
import { enclosing } from '../python/traverse.ts';
import { movedAxis } from './axes.ts';
import { summedCall } from './by-sum.ts';
import { batchOfOne } from './by-vmap.ts';
import type { Proposal } from './finding.ts';
import {
  callMaking,
  innermostFunction,
  known,
  type MisuseOf,
  misused,
  misuseOf,
  shortName,
  showShapes,
} from './misuse.ts';
import { type ProblemRule, rangeOf } from './rule.ts';
import { applied, callAt, namesIn, type SourceFile, sameRange, textAt } from './source-file.ts';

export const batchedFunctionUnderVmap: ProblemRule = {
  of: 'problem',
  name: 'batched-function-under-vmap',
  severity: 'error',
  place: 'innermost',
  summary: 'a function that needs its batch axis, under vmap, which takes that axis away',
  check: (problem, trace, file) => {
    const misuse = misuseOf(problem, 'batch axis');
    if (misuse === null) return null;
    const { call, sample } = misuse;
    const batched = sample.map((id) => showShape([1, ...nodeAt(trace.graph, id).aval.shape])).join(' and ');
    return misused(
      misuse,
      problem,
      `${shortName(call.api)} gives the function one sample, ${showShapes(trace, sample)}, and it needs a batch axis, as in ${batched}: ${problem.message}`,
      'this needs the batch axis',
      () => {
        const making = callMaking(file, call.madeAt);
        return making === null
          ? []
          : [keepingAxis(file, misuse, making), { rivals: summedOverBatch(file, misuse, making) }];
      },
    );
  },
};

/** A batch of one around each sample: `lambda row: f(row.unsqueeze(0)).squeeze(0)`. */
function keepingAxis(file: SourceFile, { call, mapped }: MisuseOf<'batch axis'>, making: Call): readonly Proposal[] {
  const fn = innermostFunction(making);
  if (fn === null || mapped.includes('tree') || isGiven(file, fn)) return [];
  const names = parameters(fn, call.target, mapped.length);
  const { before, afters } = batchOfOne(call.family);
  const given = names.map((name, k) => (mapped[k] === 'tensor' ? `${name}${before}` : name));
  return afters.map((after) => ({
    title: 'Keep a batch axis of one inside',
    kind: 'suggested',
    edits: [{ range: fn.range, text: `lambda ${names.join(', ')}: ${applied(file, fn, given.join(', '))}${after}` }],
    promises: known(file, call),
  }));
}

/**
 * `jacrev(lambda x: f(x).sum(0))(x).movedim(1, 0)`: the function keeps its batch, whose samples must be proved apart. How
 * many axes it gives each of them is seen only then.
 */
function summedOverBatch(
  file: SourceFile,
  { call, mapped }: MisuseOf<'batch axis'>,
  making: Call,
): readonly Proposal[] {
  const [inner] = making.args;
  const range = rangeOf(call.origin);
  const whole = call.origin.file === file.path ? callAt(file, range) : null;
  if (inner?.kind !== 'Call' || making.args.length + making.keywords.length > 1 || mapped.join() !== 'tensor')
    return [];
  if (whole === null || !sameRange(whole.func.range, making.range) || whole.args.length !== 1) return [];
  const [fn] = inner.args;
  const transform = textAt(file, inner.func.range);
  if (
    fn === undefined ||
    isGiven(file, fn) ||
    inner.args.length + inner.keywords.length > 1 ||
    !/\bjac(rev|fwd|obian)$/.test(transform)
  )
    return [];
  const summed = summedCall(file, {
    range,
    fn,
    inputs: { kind: 'each', expressions: whole.args },
    form: { kind: 'transform', transform, options: '', keywords: [], made: inner.range },
  });
  return [1, 2, 3].map((rank) => {
    const { text, edits } = movedAxis(file, call.family === 'jax' ? 'jax' : 'torch', summed, rank, 0);
    return {
      title: 'Sum over the batch instead: samples are proved apart',
      kind: 'suggested',
      edits: [...edits, { range, text }],
      promises: {
        shape: null,
        range,
        proves: (after, then) => then.output.shape.length === rank && sumsSeparate(after, then),
      },
    };
  });
}

/** Whether a function is what the helper around is given: others may give it one that takes a sample. */
function isGiven(file: SourceFile, fn: Expression): boolean {
  return (
    fn.kind === 'Name' &&
    enclosing(file.module, fn.range.start).some(
      (node) =>
        (node.kind === 'FunctionDef' || node.kind === 'Lambda') &&
        [...node.args.positionalOnly, ...node.args.args, ...node.args.keywordOnly].some(({ name }) => name === fn.id),
    )
  );
}

/** Names for the parameters of a function around another: its own, or some that its text does not use. */
function parameters(fn: Expression, target: Value, count: number): readonly string[] {
  const inner = differentiated(target);
  const own = inner.kind === 'function' ? [...inner.definition.args.positionalOnly, ...inner.definition.args.args] : [];
  // A lambda's own names would only stand beside each other.
  if (count > 1 && fn.kind === 'Name' && own.length >= count) return own.slice(0, count).map(({ name }) => name);
  const used = namesIn(fn);
  const wishes = count === 1 ? ['row', 'sample', 'x'] : ['x', 'y', 'z', 'a', 'b', 'c', 'd', 'e'];
  const free = wishes.filter((name) => !used.has(name));
  return Array.from({ length: count }, (_, k) => free[k] ?? `jacobian_lens_input_${k}`);
}
