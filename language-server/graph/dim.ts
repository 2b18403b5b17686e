/**
 * Sizes of axes: integers, or integer polynomials over named sizes (`b`, `2*h + 1`).
 *
 * A symbolic dim is kept in normal form, so that equality is structural. Floor division and modulo that do
 * not come out even are opaque atoms. The idea is that of JAX's shape polynomials
 * (https://docs.jax.dev/en/latest/export/shape_poly.html).
 */

export type Dim = number | SymbolicDim;

/** A polynomial that is no constant: terms sorted by their key, no zero coefficients. */
export interface SymbolicDim {
  readonly terms: readonly Term[];
}

interface Term {
  readonly coefficient: number;
  /** Sorted by atom key; empty for the constant term. */
  readonly factors: readonly Factor[];
}

interface Factor {
  readonly atom: Atom;
  readonly power: number;
}

type Atom =
  /** A named size. Two sizes of one name are told apart by `id`. */
  | { readonly kind: 'size'; readonly name: string; readonly id: number }
  | { readonly kind: 'floordiv' | 'mod'; readonly dividend: Dim; readonly divisor: Dim };

/** A size known by name only; `id` tells apart sizes that share a name. */
export function size(name: string, id = 0): Dim {
  return { terms: [{ coefficient: 1, factors: [{ atom: { kind: 'size', name, id }, power: 1 }] }] };
}

export function isKnown(dim: Dim): dim is number {
  return typeof dim === 'number';
}

export function add(a: Dim, b: Dim): Dim {
  if (isKnown(a) && isKnown(b)) return a + b;
  return readable(normal([...termsOf(a), ...termsOf(b)]));
}

export function negate(a: Dim): Dim {
  return mul(a, -1);
}

export function sub(a: Dim, b: Dim): Dim {
  return add(a, negate(b));
}

export function mul(a: Dim, b: Dim): Dim {
  if (isKnown(a) && isKnown(b)) return a * b;
  if (termsOf(a).length * termsOf(b).length > mostTerms) return another(isNonNegative(a) && isNonNegative(b));
  const products: Term[] = [];
  for (const x of termsOf(a)) {
    for (const y of termsOf(b)) {
      products.push({ coefficient: x.coefficient * y.coefficient, factors: mergeFactors(x.factors, y.factors) });
    }
  }
  return readable(normal(products));
}

/** Floor division as Python's `//`. Division by zero is the caller's to refuse. */
export function floorDiv(a: Dim, b: Dim): Dim {
  if (isKnown(a) && isKnown(b)) return Math.floor(a / b);
  return exactQuotient(a, b) ?? readable(fromAtom({ kind: 'floordiv', dividend: a, divisor: b }));
}

/** Remainder with the sign of the divisor, as Python's `%`. */
export function mod(a: Dim, b: Dim): Dim {
  if (isKnown(a) && isKnown(b)) return a - b * Math.floor(a / b);
  return exactQuotient(a, b) === null ? readable(fromAtom({ kind: 'mod', dividend: a, divisor: b })) : 0;
}

/** a / b where the division surely comes out even, else null. */
export function exactQuotient(a: Dim, b: Dim): Dim | null {
  if (isKnown(a) && isKnown(b)) return b !== 0 && a % b === 0 ? a / b : null;
  const divisors = termsOf(b);
  const divisor = divisors[0];
  if (divisor === undefined) return null;
  if (divisors.length > 1) return equal(a, b) ? 1 : null;
  const quotient: Term[] = [];
  for (const term of termsOf(a)) {
    const factors = divideFactors(term.factors, divisor.factors);
    if (factors === null || term.coefficient % divisor.coefficient !== 0) return null;
    quotient.push({ coefficient: term.coefficient / divisor.coefficient, factors });
  }
  return normal(quotient);
}

export function product(dims: readonly Dim[]): Dim {
  return dims.reduce(mul, 1);
}

/** Whether all numbers in it are ones that a JavaScript number holds without loss: beyond 2**53 they are not told apart. */
export function isExact(dim: Dim): boolean {
  if (isKnown(dim)) return Number.isSafeInteger(dim);
  return dim.terms.every(
    ({ coefficient, factors }) =>
      Number.isSafeInteger(coefficient) &&
      factors.every(({ atom }) => atom.kind === 'size' || (isExact(atom.dividend) && isExact(atom.divisor))),
  );
}

/** Whether the two are the same for every value of their names. */
export function equal(a: Dim, b: Dim): boolean {
  if (isKnown(a) || isKnown(b)) return a === b;
  return a === b || key(a) === key(b);
}

/** Whether the two can never be the same size. Sizes by name are at least 0, so only known differences count. */
export function surelyDiffer(a: Dim, b: Dim): boolean {
  const difference = sub(a, b);
  return isKnown(difference) && difference !== 0;
}

/** Whether a whole number is surely at least 0, as sizes by name are. */
export function isNonNegative(dim: Dim): boolean {
  if (isKnown(dim)) return dim >= 0;
  return dim.terms.every(
    ({ coefficient, factors }) =>
      coefficient > 0 &&
      factors.every(
        ({ atom }) => atom.kind === 'size' || (isNonNegative(atom.dividend) && isNonNegative(atom.divisor)),
      ),
  );
}

/** As people write it: `3`, `b`, `2*h + 1`, `(h + 1)//2`. */
export function show(dim: Dim): string {
  return isKnown(dim) ? String(dim) : render(dim, (atom) => atom.name);
}

/** The text that tells dims apart: names with their ids. */
export function key(dim: Dim): string {
  return isKnown(dim) ? String(dim) : render(dim, (atom) => `${atom.name}#${atom.id}`);
}

/** The named sizes that the dim is made of, by key, so that a panel can ask for their values. */
export function sizesIn(dim: Dim): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const visit = (d: Dim): void => {
    if (isKnown(d)) return;
    for (const { atom } of d.terms.flatMap((term) => term.factors)) {
      if (atom.kind === 'size') found.set(`${atom.name}#${atom.id}`, atom.name);
      else {
        visit(atom.dividend);
        visit(atom.divisor);
      }
    }
  };
  visit(dim);
  return found;
}

/** Puts numbers or other sizes in the place of names; names without a value stay. */
export function substitute(dim: Dim, values: ReadonlyMap<string, Dim>): Dim {
  if (isKnown(dim)) return dim;
  const atomValue = (atom: Atom): Dim => {
    if (atom.kind === 'size') return values.get(`${atom.name}#${atom.id}`) ?? fromAtom(atom);
    const dividend = substitute(atom.dividend, values);
    const divisor = substitute(atom.divisor, values);
    return atom.kind === 'floordiv' ? floorDiv(dividend, divisor) : mod(dividend, divisor);
  };
  return dim.terms
    .map((term) =>
      term.factors.reduce<Dim>((left, { atom, power }) => {
        const value = atomValue(atom);
        return Array.from({ length: power }).reduce<Dim>((x) => mul(x, value), left);
      }, term.coefficient),
    )
    .reduce(add, 0);
}

/** Polynomials of more terms, or of so many parts in all, are not followed: a few lines of a program could make them endless. */
const mostTerms = 1000;
const mostParts = 2000;

/** A dim as it is, or in place of one that has grown beyond what anybody reads a size of its own. */
function readable(dim: Dim): Dim {
  return partsIn(dim) > mostParts ? another(isNonNegative(dim)) : dim;
}

function partsIn(dim: Dim): number {
  if (isKnown(dim)) return 0;
  let parts = 0;
  for (const { factors } of dim.terms) {
    parts += 1;
    for (const { atom, power } of factors)
      parts += power + (atom.kind === 'size' ? 0 : partsIn(atom.dividend) + partsIn(atom.divisor));
  }
  return parts;
}

let others = 0;

/** A size of which nothing is known, told apart from all others; one that may be below 0 is the difference of two. */
function another(nonNegative: boolean): Dim {
  others -= 1;
  const own = size('n', others);
  return nonNegative ? own : sub(own, another(true));
}

function fromAtom(atom: Atom): Dim {
  return { terms: [{ coefficient: 1, factors: [{ atom, power: 1 }] }] };
}

function termsOf(dim: Dim): readonly Term[] {
  if (!isKnown(dim)) return dim.terms;
  return dim === 0 ? [] : [{ coefficient: dim, factors: [] }];
}

function normal(terms: readonly Term[]): Dim {
  const byFactors = new Map<string, Term>();
  for (const term of terms) {
    const k = factorsKey(term.factors);
    const seen = byFactors.get(k);
    byFactors.set(k, { coefficient: term.coefficient + (seen?.coefficient ?? 0), factors: term.factors });
  }
  const kept = [...byFactors].filter(([, term]) => term.coefficient !== 0);
  if (kept.length === 0) return 0;
  const only = kept[0]?.[1];
  if (kept.length === 1 && only !== undefined && only.factors.length === 0) return only.coefficient;
  // The constant comes last, as people write it.
  kept.sort(([k, x], [l, y]) => y.factors.length - x.factors.length || (k < l ? -1 : 1));
  return { terms: kept.map(([, term]) => term) };
}

function mergeFactors(a: readonly Factor[], b: readonly Factor[]): Factor[] {
  const powers = new Map<string, Factor>();
  for (const factor of [...a, ...b]) {
    const k = atomKey(factor.atom);
    powers.set(k, { atom: factor.atom, power: factor.power + (powers.get(k)?.power ?? 0) });
  }
  return [...powers].sort(([k], [l]) => (k < l ? -1 : 1)).map(([, factor]) => factor);
}

function divideFactors(a: readonly Factor[], b: readonly Factor[]): Factor[] | null {
  const powers = new Map(a.map((factor) => [atomKey(factor.atom), factor]));
  for (const { atom, power } of b) {
    const k = atomKey(atom);
    const left = (powers.get(k)?.power ?? 0) - power;
    if (left < 0) return null;
    if (left === 0) powers.delete(k);
    else powers.set(k, { atom, power: left });
  }
  return [...powers.values()];
}

function atomKey(atom: Atom): string {
  return render(fromAtom(atom), (a) => `${a.name}#${a.id}`);
}

function factorsKey(factors: readonly Factor[]): string {
  return factors.map(({ atom, power }) => `${atomKey(atom)}^${power}`).join('*');
}

function render(dim: Dim, nameOf: (atom: { name: string; id: number }) => string): string {
  if (isKnown(dim)) return String(dim);
  const operand = (d: Dim): string => {
    const text = render(d, nameOf);
    return isKnown(d) || (d.terms.length === 1 && !text.includes('/') && !text.includes('*')) ? text : `(${text})`;
  };
  const factor = ({ atom, power }: Factor): string => {
    const text =
      atom.kind === 'size'
        ? nameOf(atom)
        : `${operand(atom.dividend)}${atom.kind === 'mod' ? '%' : '//'}${operand(atom.divisor)}`;
    return power === 1 ? text : `${text}**${power}`;
  };
  let text = '';
  for (const { coefficient, factors } of dim.terms) {
    const size = Math.abs(coefficient);
    const body = [...(size === 1 && factors.length > 0 ? [] : [String(size)]), ...factors.map(factor)].join('*');
    if (text === '') text = coefficient < 0 ? `-${body}` : body;
    else text += coefficient < 0 ? ` - ${body}` : ` + ${body}`;
  }
  return text;
}
