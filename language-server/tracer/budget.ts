/** The analysis was stopped: cancelled, or over its budget. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** How many steps (expressions and statements) an analysis, or a part of it, may take. */
export class Budget {
  readonly #all: number;
  readonly #aborted: () => boolean;
  #steps = 0;
  #limit: number;

  constructor(all: number, aborted: () => boolean) {
    this.#all = all;
    this.#limit = all;
    this.#aborted = aborted;
  }

  step(): void {
    if (++this.#steps > this.#limit)
      throw new Stopped(
        this.#limit === this.#all ? `the analysis took more than ${this.#all} steps` : 'a function took too many steps',
      );
    if ((this.#steps & 1023) === 0 && this.#aborted()) throw new Stopped('the analysis was cancelled');
  }

  /** Evaluates a part that may take so many steps at most; false where it took more and was left. */
  within(steps: number, body: () => void): boolean {
    const before = this.#limit;
    this.#limit = Math.min(before, this.#steps + steps);
    try {
      body();
      return true;
    } catch (error) {
      if (error instanceof Stopped && this.#steps <= this.#all && !this.#aborted()) return false;
      throw error;
    } finally {
      this.#limit = before;
    }
  }
}
