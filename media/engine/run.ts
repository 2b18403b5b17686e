import type { Program } from '../../language-server/graph/program.ts';
import { cpu } from './cpu.ts';
import type { BackendAccess } from './device.ts';
import { runOn } from './measure.ts';
import type { BackendName, RunHooks, RunOptions, RunReport } from './report.ts';
import { webgl } from './webgl.ts';

const backends: { readonly [K in BackendName]: (options: RunOptions) => BackendAccess } = {
  webgl: ({ pace }) => webgl(pace),
  cpu: () => cpu,
};

/**
 * Runs a program's derivative on the backend asked for, every way beside the chosen one, and reports; what the CPU would do faster is said.
 * Rejects with EngineError (see report.ts) for everything that is not a defect of the engine. Browsers only.
 */
export function runProgram(program: Program, options: RunOptions, hooks: RunHooks): Promise<RunReport> {
  const access = (name: BackendName) => (): BackendAccess => backends[name](options);
  return runOn(access(options.backend), program, options, hooks, options.backend === 'cpu' ? null : access('cpu'));
}
