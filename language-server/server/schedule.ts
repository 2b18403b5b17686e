/** Between two pieces of work, in milliseconds: what the editor has sent meanwhile is read. */
const BREATH = 5;

/** Work that waits for a pause, by key: asked for again meanwhile, it waits anew. One piece is done at a time. */
export class Schedule {
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  /** What has waited long enough, in the order in which it is done. */
  #due: { readonly key: string; readonly work: () => void }[] = [];
  #next: NodeJS.Timeout | null = null;

  /**
   * Does `work` after a delay in milliseconds, unless it is asked for again or cancelled by then.
   * @param isUrgent whether it comes before what has waited longer
   */
  after(key: string, delay: number, isUrgent: boolean, work: () => void): void {
    this.cancel(key);
    const timer = setTimeout(() => {
      this.#waiting.delete(key);
      this.#due = isUrgent ? [{ key, work }, ...this.#due] : [...this.#due, { key, work }];
      this.#next ??= setTimeout(() => this.#workOff(), 0);
    }, delay);
    this.#waiting.set(key, timer);
  }

  cancel(key: string): void {
    clearTimeout(this.#waiting.get(key));
    this.#waiting.delete(key);
    this.#due = this.#due.filter((each) => each.key !== key);
  }

  cancelAll(): void {
    for (const key of [...this.#waiting.keys()]) this.cancel(key);
    this.#due = [];
  }

  #workOff(): void {
    const [first, ...others] = this.#due;
    this.#due = others;
    this.#next = others.length === 0 ? null : setTimeout(() => this.#workOff(), BREATH);
    first?.work();
  }
}
