import type { Misuse } from '../library/context.ts';
import { callMaking, known, type MisuseOf, misused, misuseOf, shortName, withKeyword } from './misuse.ts';
import type { ProblemRule } from './rule.ts';

export const randomnessUnderVmap: ProblemRule = {
  of: 'problem',
  name: 'randomness-under-vmap',
  severity: 'error',
  place: 'innermost',
  summary: 'dropout or another random draw under vmap, which is not told how to draw',
  check: (problem, _trace, file) => {
    const misuse = misuseOf(problem, 'random draw');
    if (misuse === null) return null;
    const making = callMaking(file, misuse.call.madeAt);
    return misused(misuse, problem, reasonOf(misuse), 'random numbers are drawn here', () => [
      making === null
        ? []
        : modesFor(misuse).map((randomness) => ({
            title: titles[randomness],
            kind: 'suggested',
            edits: [withKeyword(making, ['randomness'], 3, `"${randomness}"`)],
            promises: known(file, misuse.call),
          })),
    ]);
  },
};

const titles = {
  different: 'Draw other numbers for each entry: randomness="different"',
  same: 'Draw the same numbers for all entries: randomness="same"',
} as const satisfies Partial<Record<MisuseOf<'random draw'>['randomness'], string>>;

function reasonOf({ call, randomness }: MisuseOf<'random draw'>): string {
  const name = shortName(call.api);
  switch (randomness) {
    case 'error':
      if (name === 'vmap') return 'vmap refuses random draws unless randomness= says how to draw';
      // Of those that map over tangents, this one alone can be told.
      return name === 'jacfwd'
        ? `${name} maps over tangents with vmap, which refuses random draws unless randomness= says how to draw`
        : `${name} maps over tangents with vmap, which refuses random draws`;
    case 'same':
      return 'with randomness="same", vmap cannot draw with parameters that differ from entry to entry';
    case 'different':
      return 'with randomness="different", vmap cannot draw into a tensor that is the same for all entries';
  }
}

/**
 * In which ways could be drawn instead, the likelier first. Over tangents each column of a Jacobian would be that of another
 * draw, but for the same one; within a distribution it is not known which way it can be drawn, and `hessian` takes none.
 */
function modesFor({
  call,
  draw,
  randomness,
}: Extract<Misuse, { kind: 'random draw' }>): readonly (keyof typeof titles)[] {
  const name = shortName(call.api);
  const ways = name === 'vmap' && draw.kind !== 'some' ? (['different', 'same'] as const) : [];
  return (name === 'jacfwd' ? (['same'] as const) : ways).filter((way) => way !== randomness);
}
