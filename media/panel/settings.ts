import type { Program } from '../../language-server/graph/program.ts';
import { isBackendName } from '../engine/backends.ts';
import type { BackendName } from '../engine/report.ts';

/** What the person chooses for runs; kept while the panel is. */
export interface Settings {
  readonly seed: number;
  readonly backend: BackendName;
  readonly repeats: number;
  /** In MiB. */
  readonly memory: number;
  /** Numbers for named sizes, by name: another run of the same program finds them again. */
  readonly sizes: Readonly<Record<string, number>>;
}

export const defaults: Settings = { seed: 0, backend: 'webgl', repeats: 10, memory: 1024, sizes: {} };

/** The number that a named size starts with. */
export const defaultSize = 8;

/** Reads settings that were kept; what is malformed counts as not kept. */
export function parseSettings(value: unknown): Settings {
  const kept: Readonly<Record<string, unknown>> = typeof value === 'object' && value !== null ? { ...value } : {};
  const count = (name: keyof Settings, least: number, otherwise: number): number => {
    const found = kept[name];
    return typeof found === 'number' && Number.isInteger(found) && found >= least ? found : otherwise;
  };
  const { backend, sizes } = kept;
  return {
    seed: count('seed', 0, defaults.seed),
    backend: isBackendName(backend) ? backend : defaults.backend,
    repeats: count('repeats', 1, defaults.repeats),
    memory: count('memory', 1, defaults.memory),
    sizes:
      typeof sizes === 'object' && sizes !== null
        ? Object.fromEntries(
            Object.entries(sizes).filter(
              (each): each is [string, number] => typeof each[1] === 'number' && each[1] >= 1,
            ),
          )
        : {},
  };
}

/** Sizes by key, as files have them. */
type Bound = Readonly<Record<string, number>>;

/** Whether every named size of a program has been given a number, by a file or by the person before. */
export function knowsSizes(program: Program, { sizes }: Settings, bound: Bound): boolean {
  return program.sizes.every(({ key, name }) => (bound[key] ?? sizes[name]) !== undefined);
}

/** A number for each named size of a program, by its key. */
export function sizesFor(program: Program, { sizes }: Settings, bound: Bound): Readonly<Record<string, number>> {
  return Object.fromEntries(program.sizes.map(({ key, name }) => [key, bound[key] ?? sizes[name] ?? defaultSize]));
}
