import type { Call, Expression, Subscript } from '../python/ast.ts';
import { enclosing } from '../python/traverse.ts';
import type { Proposal } from './finding.ts';
import { known, type MisuseOf, misused, misuseOf, shortName, spelled } from './misuse.ts';
import { type ProblemRule, rangeOf } from './rule.ts';
import { argumentOf, callAt, namesIn, type SourceFile, sameRange, textAt, wholeNumberAt } from './source-file.ts';

export const vmapOverAutograd: ProblemRule = {
  of: 'problem',
  name: 'vmap-over-autograd',
  severity: 'error',
  place: 'innermost',
  summary: 'torch.autograd in a function that vmap or another transform of torch.func runs, which raises',
  check: (problem, _trace, file) => {
    const misuse = misuseOf(problem, 'autograd');
    if (misuse === null) return null;
    const { api, call } = misuse;
    const inner = api.startsWith('torch.') ? api : `${shortName(api)}()`;
    return misused(
      misuse,
      problem,
      `${inner} is called in a function that ${shortName(call.api)} runs, which torch.autograd does not record; torch.func has transforms that can be nested`,
      `${inner} is called here`,
      () => {
        const { origin } = problem;
        const here = origin.file === file.path ? callAt(file, rangeOf(origin)) : null;
        return [here === null ? [] : byTransform(file, misuse, here)];
      },
    );
  },
};

/** What torch.func calls a derivative of torch.autograd.functional that gives the same. */
const transforms: Readonly<Record<string, string>> = { jacobian: 'jacrev', hessian: 'hessian' };

/** The form of torch.func in the place of the inner call. */
function byTransform(file: SourceFile, misuse: MisuseOf<'autograd'>, inner: Call): readonly Proposal[] {
  const name = shortName(misuse.api);
  if (misuse.api === 'torch.autograd.grad') return gradientOf(file, misuse, inner);
  const transform = misuse.api.startsWith('torch.autograd.functional.') ? transforms[name] : undefined;
  const [fn, input] = [argumentOf(inner, 0, 'func'), argumentOf(inner, 1, 'inputs')];
  if (transform === undefined || fn === null || input === null || input.kind === 'Tuple') return [];
  return [replaced(file, misuse, inner, transform, textAt(file, fn.range), input)];
}

/** `grad(y, x)[0]` of what is computed in its place: the gradient of a function of x. */
function gradientOf(file: SourceFile, misuse: MisuseOf<'autograd'>, inner: Call): readonly Proposal[] {
  const whole = enclosing(file.module, inner.range.start).find(
    (node): node is Subscript => node.kind === 'Subscript' && sameRange(node.value.range, inner.range),
  );
  const [output, input] = [argumentOf(inner, 0, 'outputs'), argumentOf(inner, 1, 'inputs')];
  if (whole === undefined || wholeNumberAt(whole.slice) !== 0 || output === null || input?.kind !== 'Name') return [];
  if (argumentOf(inner, 2, 'grad_outputs') !== null || !namesIn(output).has(input.id)) return [];
  return [replaced(file, misuse, whole, 'grad', `lambda ${input.id}: ${textAt(file, output.range)}`, input)];
}

function replaced(
  file: SourceFile,
  { call }: MisuseOf<'autograd'>,
  whole: Expression,
  transform: string,
  fn: string,
  input: Expression,
): Proposal {
  const { name, edits } = spelled(file, 'torch.func', transform);
  return {
    title: `Use ${transform} of torch.func, which can be mapped`,
    kind: 'suggested',
    edits: [...edits, { range: whole.range, text: `${name}(${fn})(${textAt(file, input.range)})` }],
    promises: known(file, call),
  };
}
