import type { Dim } from '../graph/dim.ts';
import {
  another,
  type Family,
  type Identity,
  lostShape,
  ofKnownShape,
  type TensorValue,
  tensor,
  type Unknown,
  type Value,
} from '../library/values.ts';
import type { Machine } from './machine.ts';

/** The name under which what an unknown value was found to be is kept. */
const foundName = 'value';

/** Values that are not known: which are the same, what are parts of which, and what they are found to be. */
export class Unknowns {
  readonly #m: Machine;
  /** The parts of unknown values that were asked for, and what they are parts of. */
  readonly #parts = new WeakMap<Identity, Map<string, Unknown>>();
  readonly #wholes = new WeakMap<Identity, Identity>();
  /** Parameters that nobody gives, and parts of them. */
  readonly #given = new WeakSet<Identity>();
  /** What unknown values were found to be, each under one name, so that what a branch finds is undone with it. */
  readonly #found = new WeakMap<Identity, Map<string, Value>>();
  /** Where something was found, in order. */
  readonly #learned: Map<string, Value>[] = [];

  constructor(m: Machine) {
    this.#m = m;
  }

  /** An unknown value as one of its own, which has that name where it is a size. */
  identified(value: Unknown, name: string | null): Unknown {
    // What a turn that stands for all makes is another one in each.
    const isOne = !this.#m.place.loops.some(({ turn }) => turn === 'any');
    return isOne ? { ...another(value), identity: this.#identity(name) } : another(value);
  }

  #identity(known: string | null): Identity {
    let name = known;
    let size: Dim | null = null;
    return {
      size: () => (size ??= this.#m.freshSize(name ?? 'n')),
      name: (given) => {
        name ??= given;
      },
      label: () => name,
    };
  }

  /** What nobody gives a parameter: more may be learned of it, and of its parts, from what is done with them. */
  given(value: Unknown, name: string): Unknown {
    const given = this.identified(value, name);
    if (given.identity !== undefined) this.#given.add(given.identity);
    return given;
  }

  /** What an operation with whole numbers gives, of which some are not known: a size, if it is taken for one. */
  computed(result: Unknown, size: () => Dim): Unknown {
    return { ...another(result), identity: { size, name: () => {}, label: () => null } };
  }

  /** The same part of the same unknown value: its attribute of that name, its entry. */
  partOf(value: Unknown, key: string, name: string | null): Unknown {
    const { identity } = value;
    if (identity === undefined) return another(value);
    const parts = this.#parts.get(identity) ?? new Map<string, Unknown>();
    this.#parts.set(identity, parts);
    const known = parts.get(key);
    if (known !== undefined) return known;
    const own = this.#identity(name);
    const part: Unknown = { ...another(value), identity: own };
    this.#wholes.set(own, identity);
    if (this.#given.has(identity)) this.#given.add(own);
    parts.set(key, part);
    return part;
  }

  /** What is not traced may have changed an unknown object, and those that it is a part of. */
  forgetParts({ identity }: Unknown): void {
    for (let at = identity; at !== undefined; at = this.#wholes.get(at)) this.#parts.delete(at);
  }

  /** What a value that was not known has been found to be since; or a tensor is whose shape was lost since. */
  knownAs(value: Value): Value {
    if (value.kind === 'tensor') return ofKnownShape(value);
    if (value.kind !== 'unknown' || value.identity === undefined) return value;
    const found = this.#found.get(value.identity)?.get(foundName);
    return found?.kind === 'tensor' ? found : value;
  }

  /** Forgets the shape of a tensor, for it was changed in place in a way that is not known. */
  loseShape({ attributes }: TensorValue, why: Unknown): void {
    this.#m.setName(attributes, lostShape, another(why));
  }

  /** As `Context` says of it. */
  demand(given: Value, sizes: readonly (Dim | string | null)[], family: Family | null): Value {
    const value = this.knownAs(given);
    const identity = value.kind === 'unknown' ? value.identity : undefined;
    // What is computed by something unknown is no input: it hangs on what that was given.
    if (identity === undefined || !this.#given.has(identity)) return value;
    // What comes after may be reached otherwise where what raises is caught, and where a loop has no turn, or is left.
    if (this.#m.refusals.isGuarded || this.#m.place.loops.length > 0) return value;
    const label = identity.label() ?? 'x';
    const shape = sizes.map((size, axis) =>
      typeof size === 'string' || size === null
        ? (this.#sizeAskedFor(identity, axis) ?? this.#m.freshSize(size ?? `${label}${axis}`))
        : size,
    );
    const node = this.#m.build.input(label, { shape, dtype: 'float32' });
    this.#m.recording.supposed.add(node);
    const made = tensor(node, family ?? this.familyHere());
    const found = this.#found.get(identity) ?? new Map<string, Value>();
    this.#found.set(identity, found);
    this.#m.setName(found, foundName, made);
    this.#learned.push(found);
    return made;
  }

  /** Whose tensors a file works with, as its imports tell: torch's, unless it imports another library and not torch. */
  familyHere(): Family {
    const names = this.#m.modules.get(this.#m.file)?.names.values() ?? [];
    const roots = new Set([...names].map(rootOf));
    return (['torch', 'jax', 'tensorflow', 'numpy'] as const).find((family) => roots.has(family)) ?? 'torch';
  }

  /** What `x.shape[axis]` was taken for while nothing else was known of x. */
  #sizeAskedFor(identity: Identity, axis: number): Dim | null {
    const shape = this.#parts.get(identity)?.get('.shape')?.identity;
    const size = shape && this.#parts.get(shape)?.get(`[${axis}]`)?.identity;
    if (size === undefined) return null;
    size.name(`${identity.label() ?? 'x'}${axis}`);
    return size.size();
  }

  /** How much has been found; with `forgetSince`, what was found from there on is forgotten. */
  get learned(): number {
    return this.#learned.length;
  }

  forgetSince(learned: number): void {
    for (const found of this.#learned.splice(learned)) this.#m.deleteName(found, foundName);
  }
}

/** The package that a name was imported from: `jax` for `jnp` and for `grad`; null for what is of no library. */
function rootOf(value: Value): string | null {
  const path =
    value.kind === 'namespace' ? value.path : value.kind === 'native' || value.kind === 'class' ? value.name : '';
  return path.includes('.') || value.kind === 'namespace' ? (path.split('.')[0] ?? null) : null;
}
