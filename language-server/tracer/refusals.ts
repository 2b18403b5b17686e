import type { NodeId, Origin } from '../graph/graph.ts';
import { ShapeError, Undecided } from '../graph/shape.ts';
import { type Misuse, PythonError, Unknowable } from '../library/context.ts';
import { leavesOf } from '../library/transforms.ts';
import { type Reason, tensorsIn, type Value } from '../library/values.ts';
import type { Machine } from './machine.ts';
import type { Problem } from './records.ts';

/** What an operation that is refused was given. */
type Refused = Pick<Problem, 'operands' | 'layer'>;

/** Why evaluation could not tell, if it is that. */
export function lostBy(error: unknown, origin: Origin): Reason | null {
  if (error instanceof Unknowable) return error.reason ?? { text: error.message, origin };
  return error instanceof Undecided ? { text: error.message, origin } : null;
}

/** What Python would refuse, and whether that is reported. */
export class Refusals {
  readonly problems: Problem[] = [];
  readonly #m: Machine;
  /** What was given to the library function that raised an error. */
  readonly #refused = new WeakMap<Error, Refused>();
  /** What is misused where an error was raised. */
  readonly #misuses = new WeakMap<Error, Misuse>();
  /** How many bodies are open in which what raises is not reported. */
  #guarded = 0;
  #probing = false;
  /** For each `try` whose body is open: how much was in doubt where it began. */
  readonly #tries: number[] = [];

  constructor(m: Machine) {
    this.#m = m;
  }

  get isGuarded(): boolean {
    return this.#guarded > 0;
  }

  /** Whether something is evaluated of which nothing stays. */
  get isProbing(): boolean {
    return this.#probing;
  }

  /** Evaluates what may raise without anything being wrong: the body of a `try`, a way that is not taken. */
  guarding<T>(body: () => T): T {
    this.#guarded++;
    try {
      return body();
    } finally {
      this.#guarded--;
    }
  }

  /** Whether what is refused now surely ends the body of a `try`. */
  get isCaught(): boolean {
    return this.#tries.at(-1) === this.#m.doubts && !this.#probing;
  }

  /** Evaluates the body of a `try` as far as it comes: gives what it gives, or what it raises. */
  catching<T>(body: () => T): T | ShapeError | PythonError {
    this.#tries.push(this.#m.doubts);
    try {
      return this.guarding(body);
    } catch (error) {
      if (error instanceof ShapeError || error instanceof PythonError) return error;
      throw error;
    } finally {
      this.#tries.pop();
    }
  }

  /** Evaluates an operation, and notes the tensors that it was given where it raises. */
  ofOperands(operands: readonly Value[], body: () => Value): Value {
    try {
      return body();
    } catch (error) {
      if (error instanceof ShapeError && !this.#refused.has(error)) {
        const [self] = operands;
        const layer = self?.kind === 'instance' && self.cls.name.includes('.') ? self.origin : null;
        this.#refused.set(error, { operands: operands.flatMap(tensorsIn), layer });
      }
      throw error;
    }
  }

  /**
   * Evaluates something that Python may refuse. What it surely refuses is noted as a problem, and raised where a `try`
   * catches it; else the result is then unknown with the reason.
   */
  tolerate(body: () => Value): Value {
    try {
      return body();
    } catch (error) {
      const lost = lostBy(error, this.#m.origin);
      if (lost !== null) return { kind: 'unknown', reason: lost };
      if (error instanceof ShapeError || error instanceof PythonError) {
        const [kind, type] =
          error instanceof ShapeError ? (['shape', 'RuntimeError'] as const) : (['python', error.type] as const);
        if (this.isCaught) throw error;
        if (this.#guarded === 0) {
          const { operands, layer } = this.#refused.get(error) ?? { operands: [], layer: null };
          const isSure = this.#m.isSure;
          const { message } = error;
          const misuse = this.#misuseIn(error);
          this.problems.push({ origin: this.#m.origin, kind, type, message, operands, layer, misuse, isSure });
        }
        return this.#m.unknown(`this raises ${type}: ${error.message}`);
      }
      throw error;
    }
  }

  /** Notes that what the program states of a shape is not so. */
  noteBreach(kind: 'contract' | 'annotation', type: string, message: string, operands: readonly NodeId[]): void {
    if (this.#guarded > 0) return;
    const isSure = this.#m.isSure;
    this.problems.push({ origin: this.#m.origin, kind, type, message, operands, layer: null, isSure, misuse: null });
  }

  /** As `Context` says of it. */
  explaining<T>(body: () => T, explain: () => Misuse | null): T {
    const from = this.problems.length;
    const raises = ({ kind, misuse }: Problem): boolean => kind !== 'annotation' && misuse === null;
    const isOpen = (): boolean => !this.#probing && this.problems.slice(from).some(raises);
    const explained = (): void => {
      const misuse = isOpen() ? explain() : null;
      if (misuse === null) return;
      const own = this.problems.splice(from);
      this.problems.push(...own.map((problem) => (raises(problem) ? { ...problem, misuse } : problem)));
    };
    try {
      return body();
    } catch (error) {
      const isRefused = error instanceof ShapeError || error instanceof PythonError;
      if (isRefused && !this.#probing && this.#misuseIn(error) === null) {
        const misuse = explain();
        if (misuse !== null) this.#misuses.set(error, misuse);
      }
      throw error;
    } finally {
      explained();
    }
  }

  #misuseIn(error: ShapeError | PythonError): Misuse | null {
    return (error instanceof PythonError ? error.misuse : null) ?? this.#misuses.get(error) ?? null;
  }

  /** As `Context` says of it. */
  succeeds(body: () => Value): boolean {
    if (this.#probing) return false;
    const { derivatives, bindings, escapes } = this.#m;
    const noted: readonly unknown[][] = [this.problems, derivatives, bindings, escapes];
    const marks = noted.map(({ length }) => length);
    const [problems] = marks;
    const guarded = this.#guarded;
    this.#guarded = 0;
    this.#probing = true;
    try {
      const { result } = this.#m.journal.attempt(body);
      // What it is not known to give throws here.
      leavesOf(result);
      return this.problems.length === problems;
    } catch (error) {
      if (lostBy(error, this.#m.origin) !== null || error instanceof ShapeError || error instanceof PythonError)
        return false;
      throw error;
    } finally {
      this.#guarded = guarded;
      this.#probing = false;
      noted.forEach((list, k) => {
        list.length = marks[k] ?? 0;
      });
    }
  }
}
