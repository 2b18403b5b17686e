import type { MappedAxes } from '../library/context.ts';
import { callMaking, known, misused, misuseOf, withKeyword } from './misuse.ts';
import type { ProblemRule } from './rule.ts';

export const vmapSizes: ProblemRule = {
  of: 'problem',
  name: 'vmap-sizes',
  severity: 'error',
  place: 'innermost',
  summary: 'arguments under vmap whose mapped axes differ in size, or in_dims that do not fit them',
  check: (problem, _trace, file) => {
    const misuse = misuseOf(problem, 'mapped axes');
    if (misuse === null) return null;
    const { call, fitting } = misuse;
    const [only, ...more] = fitting;
    const making = callMaking(file, call.madeAt);
    const message =
      misuse.wrong === 'entries' ? `the entries that vmap takes do not fit: ${problem.message}` : problem.message;
    return misused(misuse, problem, message, 'this does not take such an entry', () => {
      // Where several ways would run, which one is meant is not for us to say.
      if (only === undefined || more.length > 0 || making === null) return [];
      const name = call.family === 'jax' ? 'in_axes' : 'in_dims';
      const text = inDims(only);
      return [
        [
          {
            title: `Map with ${name}=${text}, which fits`,
            kind: 'suggested',
            edits: [withKeyword(making, [name, 'in_axes', 'in_dims'], 1, text)],
            promises: known(file, call),
          },
        ],
      ];
    });
  },
};

/** `0`, `(0, None)`, as Python writes it. */
function inDims(axes: MappedAxes): string {
  const [only, ...more] = axes;
  if (only !== undefined && only !== null && more.every((axis) => axis === only)) return String(only);
  return `(${axes.map((axis) => axis ?? 'None').join(', ')}${axes.length === 1 ? ',' : ''})`;
}
