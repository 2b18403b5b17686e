import type { CallSite, LoopStep, Origin } from '../graph/graph.ts';
import { Unknowable } from '../library/context.ts';
import type { Range } from '../python/ast.ts';

const deepest = 60;
/** How often a function may stand in a chain of calls. */
const deepestSelf = { known: 24, unknown: 2 };

/** Where evaluation stands: in which file, at what, in which turns of loops, by which calls. */
export class Place {
  #file: string;
  #range: Range = { start: 0, end: 0 };
  #loops: readonly LoopStep[] = [];
  #calls: readonly CallSite[] = [];
  #origin: Origin | null = null;
  #doubtfulTurns = 0;
  #depth = 0;
  readonly #open = new Map<object, number>();

  constructor(file: string) {
    this.#file = file;
  }

  get origin(): Origin {
    this.#origin ??= { file: this.#file, ...this.#range, loops: this.#loops, calls: this.#calls };
    return this.#origin;
  }

  get file(): string {
    return this.#file;
  }

  get range(): Range {
    return this.#range;
  }

  get loops(): readonly LoopStep[] {
    return this.#loops;
  }

  get calls(): readonly CallSite[] {
    return this.#calls;
  }

  /** In how many turns of loops it stands that stand for all, or that may not come. */
  get doubtfulTurns(): number {
    return this.#doubtfulTurns;
  }

  /** Evaluates with `range` as the place that nodes and messages name. */
  at<T>(range: Range, body: () => T): T {
    const before = this.#range;
    this.#move(range);
    try {
      return body();
    } finally {
      this.#move(before);
    }
  }

  /** Evaluates with a library object's construction as the place, so that a layer in a stack is named itself. */
  atOrigin<T>(origin: Origin, body: () => T): T {
    const [file, range] = [this.#file, this.#range];
    this.#file = origin.file;
    this.#move({ start: origin.start, end: origin.end });
    try {
      return body();
    } finally {
      this.#file = file;
      this.#move(range);
    }
  }

  asOf<T>({ file, start, end, loops, calls }: Origin, body: () => T): T {
    const before = [this.#file, this.#range, this.#loops, this.#calls] as const;
    const put = (at: typeof before): void => {
      [this.#file, this.#range, this.#loops, this.#calls] = at;
      this.#origin = null;
    };
    put([file, { start, end }, loops, calls]);
    try {
      return body();
    } finally {
      put(before);
    }
  }

  /** Evaluates a module's own text. */
  inFile<T>(file: string, body: () => T): T {
    return this.atOrigin({ file, start: 0, end: 0, loops: [], calls: [] }, body);
  }

  /** Evaluates a turn of a loop; `isSure` says whether the program surely takes it, with these values. */
  inLoop<T>(step: LoopStep, isSure: boolean, body: () => T): T {
    const before = this.#loops;
    this.#loops = [...before, step];
    this.#origin = null;
    if (!isSure) this.#doubtfulTurns++;
    try {
      return body();
    } finally {
      this.#loops = before;
      this.#origin = null;
      if (!isSure) this.#doubtfulTurns--;
    }
  }

  /**
   * Evaluates a function of the user's own in its file, one call deeper. A function that calls itself is followed less
   * far where its arguments are not known: then nothing that is known ends it.
   */
  inCall<T>(definition: object, file: string, isKnown: boolean, body: () => T): T {
    const open = this.#open.get(definition) ?? 0;
    if (this.#depth >= deepest || open >= (isKnown ? deepestSelf.known : deepestSelf.unknown))
      throw new Unknowable('calls go too deep to be followed');
    this.#open.set(definition, open + 1);
    const [calls, from, range] = [this.#calls, this.#file, this.#range];
    this.#calls = [...calls, { file: from, ...range }];
    this.#file = file;
    this.#origin = null;
    this.#depth++;
    try {
      return body();
    } finally {
      this.#open.set(definition, open);
      this.#depth--;
      this.#calls = calls;
      this.#file = from;
      this.#move(range);
    }
  }

  #move(range: Range): void {
    this.#range = range;
    this.#origin = null;
  }
}
