import type { Program } from '../../language-server/graph/program.ts';
import { backendNames } from './backends.ts';
import { runOn } from './measure.ts';
import type { RunHooks, RunOptions, RunReport } from './report.ts';

/**
 * Runs a program's derivative on the backend asked for, every way beside the chosen one, and reports; that another backend
 * would do it faster is said. Rejects with EngineError (see report.ts) for everything that is not a defect of the engine.
 */
export function runProgram(program: Program, options: RunOptions, hooks: RunHooks): Promise<RunReport> {
  return runOn(
    program,
    options,
    hooks,
    backendNames.filter((name) => name !== options.backend),
  );
}
