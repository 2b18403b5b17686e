/** The body of a fragment program as it is written, with what it costs. */

export type Type = 'int' | 'ivec4' | 'float' | 'vec4';

/** What a fragment does: operations on single numbers, and texels loaded. */
export interface Work {
  readonly operations: number;
  readonly loads: number;
}

interface Scope {
  readonly lines: string[];
  /** Names of what has been written, by its text. */
  readonly known: Map<string, string>;
  /** How often the scope is run. */
  readonly runs: number;
}

/** A program became longer than is wanted. */
export class TooLong extends Error {}

/** A longer body, in characters, takes drivers seconds to compile; one of 300,000 was seen to end the GPU's process. */
const longest = 36_000;

export class Text {
  readonly #scopes: Scope[] = [{ lines: [], known: new Map(), runs: 1 }];
  /** The scope that each name belongs to. */
  readonly #depths = new Map<string, number>();
  #count = 0;
  #operations = 0;
  #loads = 0;
  #length = 0;

  get lines(): readonly string[] {
    return this.#scopes[0]?.lines ?? [];
  }

  get work(): Work {
    return { operations: this.#operations, loads: this.#loads };
  }

  /** Writes a value once, in the outermost loop that it can be computed in, and gives its name. */
  let(type: Type, text: string): string {
    const names = text.match(/\b[vk]\d+\b/g) ?? [];
    const depth = Math.max(0, ...names.map((name) => this.#depths.get(name) ?? 0));
    const scope = this.#scope(depth);
    const key = `${type} ${text}`;
    const seen = scope.known.get(key);
    if (seen !== undefined) return seen;
    const name = this.#name(depth);
    scope.lines.push(`  ${type} ${name} = ${text};`);
    scope.known.set(key, name);
    this.#weigh(type, text, scope.runs);
    return name;
  }

  /** A variable of the current loop that lines may change. */
  variable(type: Type, start: string): string {
    const depth = this.#scopes.length - 1;
    const name = this.#name(depth);
    this.#scope(depth).lines.push(`  ${type} ${name} = ${start};`);
    return name;
  }

  /** A line of the current loop. */
  line(type: Type, text: string): void {
    const scope = this.#scope(this.#scopes.length - 1);
    scope.lines.push(`  ${text}`);
    this.#weigh(type, text, scope.runs);
  }

  /** What was remembered under a key and can be used here. */
  recall(key: string): string | undefined {
    for (const scope of this.#scopes) {
      const seen = scope.known.get(key);
      if (seen !== undefined) return seen;
    }
    return undefined;
  }

  remember(key: string, name: string): void {
    this.#scope(this.#depths.get(name) ?? 0).known.set(key, name);
  }

  /** Writes a loop; short ones as often as they run. The body gets the index, a name or a number. */
  loop(count: number, body: (index: string) => void): void {
    if (count <= 2) {
      for (let k = 0; k < count; k++) body(String(k));
      return;
    }
    const depth = this.#scopes.length;
    const runs = count * this.#scope(depth - 1).runs;
    const own: Scope = { lines: [], known: new Map(), runs };
    this.#scopes.push(own);
    const index = `k${this.#count++}`;
    this.#depths.set(index, depth);
    body(index);
    this.#scopes.pop();
    this.#operations += 2 * runs;
    this.#scope(depth - 1).lines.push(
      `  for (int ${index} = 0; ${index} < ${count}; ${index}++) {`,
      ...own.lines,
      '  }',
    );
  }

  #scope(depth: number): Scope {
    const scope = this.#scopes[depth];
    if (scope === undefined) throw new RangeError(`no scope ${depth}`);
    return scope;
  }

  #name(depth: number): string {
    const name = `v${this.#count++}`;
    this.#depths.set(name, depth);
    return name;
  }

  #weigh(type: Type, text: string, runs: number): void {
    this.#length += text.length;
    if (this.#length > longest) throw new TooLong('a program is too long');
    if (text.includes('texture(')) {
      this.#loads += runs;
      return;
    }
    const wide = type === 'vec4' || type === 'ivec4' ? 4 : 1;
    // `dot` of four is as much as four products.
    const simple = (text.match(/ [-+*<>=&]+ | >> |\bdot\(/g) ?? []).length;
    const slow = (text.match(/ [/%] |_\(|\b(exp|log|sqrt|inversesqrt|cosh|atan)\(/g) ?? []).length;
    this.#operations += runs * wide * (simple + slowness * slow);
  }
}

/** Operations that a function or a division is worth. */
const slowness = 12;
