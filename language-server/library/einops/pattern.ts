import { PythonError } from '../context.ts';

/** Patterns of einops (https://einops.rocks/1-einops-basics/): `b (h w) c -> b c h w`. */

/** One axis of a tensor: a product of elementary axes, outermost first; none for an axis of size 1. */
export type Group = readonly string[];

export interface Pattern {
  readonly left: readonly Group[];
  readonly right: readonly Group[];
  /** Sizes of axes that the pattern writes as numbers. */
  readonly numbers: ReadonlyMap<string, number>;
}

/** The axes that an ellipsis stands for: each by itself, or within parentheses as part of one. */
export const dots = '...';
export const merged = '(...)';

export function refuse(message: string): never {
  throw new PythonError('EinopsError', message);
}

/** Reads both sides of a pattern. Throws PythonError for what is none. */
export function parsePattern(text: string): Pattern {
  const [left, right, ...more] = text.split('->');
  if (left === undefined || right === undefined || more.length > 0) refuse(`the pattern '${text}' needs one '->'`);
  const numbers = new Map<string, number>();
  const groups = [side(left, 'left', numbers, text), side(right, 'right', numbers, text)] as const;
  for (const each of groups) {
    const names = each.flat();
    const twice = names.find((name, k) => names.indexOf(name) !== k);
    if (twice !== undefined) refuse(`'${twice}' stands twice on one side of '${text}'`);
  }
  if (groups[0].flat().includes(merged)) refuse(`an ellipsis within parentheses on the left side of '${text}'`);
  if (groups[1].flat().some((name) => name === dots || name === merged) && !groups[0].flat().includes(dots)) {
    refuse(`an ellipsis on the right side only of '${text}'`);
  }
  return { left: groups[0], right: groups[1], numbers };
}

/** The axes of one side: names, numbers, and groups in parentheses. */
export function side(
  text: string,
  where: 'left' | 'right',
  numbers: Map<string, number>,
  whole: string,
): readonly Group[] {
  const groups: string[][] = [];
  let open: string[] | null = null;
  for (const [token] of text.matchAll(/\.\.\.|[A-Za-z_]\w*|\d+|\S/g)) {
    if (token === '(') {
      if (open !== null) refuse(`parentheses within parentheses in '${whole}'`);
      open = [];
      groups.push(open);
    } else if (token === ')') {
      if (open === null) refuse(`parentheses that do not match in '${whole}'`);
      open = null;
    } else {
      const names = axis(token, where, groups.length, numbers, whole);
      if (open === null) groups.push(names);
      else open.push(...names.map((name) => (name === dots ? merged : name)));
    }
  }
  if (open !== null) refuse(`parentheses that do not match in '${whole}'`);
  return groups;
}

function axis(token: string, where: string, place: number, numbers: Map<string, number>, whole: string): string[] {
  if (token === dots || /^[A-Za-z](\w*[A-Za-z0-9])?$/.test(token)) return [token];
  if (!/^\d+$/.test(token)) refuse(`'${token}' is no name of an axis in '${whole}'`);
  if (token === '1') return [];
  const name = `${where} ${place} ${numbers.size}`;
  numbers.set(name, Number(token));
  return [name];
}
