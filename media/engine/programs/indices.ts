/** Arithmetic with the indices of a program: what is known when it is written is not computed when it runs. */

/** base * scale + offset, where base is an int of the program that is not negative; null: the offset alone. */
export interface Index {
  readonly base: string | null;
  readonly scale: number;
  readonly offset: number;
}

/** Writes an int once and gives its name. */
export type Let = (text: string) => string;

export const zero: Index = { base: null, scale: 1, offset: 0 };

export function constant(offset: number): Index {
  return { base: null, scale: 1, offset };
}

/** A number from 0 to n - 1 that the program holds. */
export function variable(base: string, n: number): Index {
  return n === 1 ? zero : { base, scale: 1, offset: 0 };
}

export function textOf({ base, scale, offset }: Index): string {
  if (base === null) return String(offset);
  const scaled = scale === 1 ? base : `${base} * ${scale}`;
  return offset === 0 ? scaled : `${scaled} + ${offset}`;
}

/** The name of an index, or its number. */
export function named(index: Index, write: Let): string {
  return index.base === null || (index.scale === 1 && index.offset === 0) ? textOf(index) : write(textOf(index));
}

export function plus(index: Index, n: number): Index {
  return { ...index, offset: index.offset + n };
}

export function times({ base, scale, offset }: Index, n: number): Index {
  return { base, scale: scale * n, offset: offset * n };
}

/** Rounded down, for an index that is not negative. */
export function divided(index: Index, n: number, write: Let): Index {
  const { base, scale, offset } = index;
  if (n === 1) return index;
  if (base === null) return constant(Math.floor(offset / n));
  if (scale % n === 0) return { base, scale: scale / n, offset: Math.floor(offset / n) };
  if (scale > 0 && n % scale === 0 && offset >= 0 && offset < scale)
    return { base: write(quotient(base, n / scale)), scale: 1, offset: 0 };
  return { base: write(quotient(named(index, write), n)), scale: 1, offset: 0 };
}

/** What division by n leaves, for an index that is not negative; of one that is written now, in any case. */
export function modulo(index: Index, n: number, write: Let): Index {
  const { base, scale, offset } = index;
  if (base === null || scale % n === 0) return constant(((offset % n) + n) % n);
  if (scale > 0 && n % scale === 0 && offset >= 0 && offset < scale)
    return { base: write(remainder(base, n / scale)), scale, offset };
  return { base: write(remainder(named(index, write), n)), scale: 1, offset: 0 };
}

/** Shifts and masks, as no processor divides whole vectors of ints. */
function quotient(text: string, n: number): string {
  return Number.isInteger(Math.log2(n)) ? `${text} >> ${Math.log2(n)}` : `${text} / ${n}`;
}

function remainder(text: string, n: number): string {
  return Number.isInteger(Math.log2(n)) ? `${text} & ${n - 1}` : `${text} % ${n}`;
}

/** The place of indices of some axes in row-major order. */
export function flat(indices: readonly Index[], sizes: readonly number[], write: Let): Index {
  let [stride, offset] = [1, 0];
  const terms: { readonly base: string; readonly scale: number }[] = [];
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    const index = times(indices[axis] ?? zero, stride);
    offset += index.offset;
    if (index.base !== null && index.scale !== 0) terms.push({ base: index.base, scale: index.scale });
    stride *= sizes[axis] ?? 1;
  }
  const [first, ...rest] = terms;
  if (first === undefined) return constant(offset);
  if (rest.length === 0) return { ...first, offset };
  const scale = terms.reduce((a, b) => divisor(a, b.scale), 0);
  const sum = terms.map((term) => textOf({ base: term.base, scale: term.scale / scale, offset: 0 })).join(' + ');
  return { base: write(sum), scale, offset };
}

function divisor(a: number, b: number): number {
  return b === 0 ? Math.abs(a) : divisor(b, a % b);
}

/** Indices of some axes from the place in row-major order. */
export function unravel(place: Index, sizes: readonly number[], write: Let): Index[] {
  const first = sizes.findIndex((n) => n > 1);
  const indices = sizes.map(() => zero);
  let rest = place;
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    const n = sizes[axis] ?? 1;
    if (n === 1) continue;
    indices[axis] = axis === first ? rest : modulo(rest, n, write);
    if (axis !== first) rest = divided(rest, n, write);
  }
  return indices;
}
