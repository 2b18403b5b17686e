import type { Program } from '../../language-server/graph/program.ts';
import { EngineError, type RunHooks, type RunOptions, type RunReport } from './report.ts';

/** Runs a program's derivative in every way asked for, measures and compares them. Rejects with EngineError. */
export async function runProgram(program: Program, options: RunOptions, hooks: RunHooks): Promise<RunReport> {
  hooks.onProgress('Starting', 0);
  throw new EngineError({ kind: 'missing-size', name: `${program.source.text} on ${options.backend}` });
}
