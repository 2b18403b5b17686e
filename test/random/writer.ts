import type { Draw } from './draw.ts';
import { isKnown, type Known, type Tensor } from './tensors.ts';

/** The lines of a program as they are written, with the tensors that they have bound to names. */
export class ProgramWriter {
  readonly lines: string[] = [];
  readonly draw: Draw;
  readonly #pool: Tensor[] = [];
  #names = 0;

  constructor(draw: Draw) {
    this.draw = draw;
  }

  readonly name = (): string => this.named('v');

  /** A new name that begins so. */
  named(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  /** Binds a new name to an expression. */
  bind(x: Tensor): Tensor {
    const bound = { ...x, code: this.name() };
    this.lines.push(`${bound.code} = ${x.code}`);
    this.#pool.push(bound);
    return bound;
  }

  /** A tensor of a known shape that is there already, as often as that; else null. */
  bound(often: number): Known | null {
    const known = this.#pool.filter(isKnown);
    return known.length > 0 && this.draw.chance(often) ? this.draw.pick(known) : null;
  }
}
