/** Work that waits for a pause, by key: asked for again meanwhile, it waits anew. */
export class Schedule {
  readonly #waiting = new Map<string, NodeJS.Timeout>();

  /** Does `work` after a delay in milliseconds, unless it is asked for again or cancelled by then. */
  after(key: string, delay: number, work: () => void): void {
    this.cancel(key);
    const timer = setTimeout(() => {
      this.#waiting.delete(key);
      work();
    }, delay);
    this.#waiting.set(key, timer);
  }

  cancel(key: string): void {
    clearTimeout(this.#waiting.get(key));
    this.#waiting.delete(key);
  }

  cancelAll(): void {
    for (const key of [...this.#waiting.keys()]) this.cancel(key);
  }
}
