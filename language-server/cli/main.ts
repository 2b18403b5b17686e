import manifest from '../../package.json' with { type: 'json' };
import { createParser } from '../python/parser.ts';
import { locateWasm } from '../python/wasm.ts';
import { createAnalyser } from '../rules/analyse.ts';
import { run } from './run.ts';
import { processTerminal } from './terminal.ts';

const terminal = processTerminal(process);
try {
  process.exitCode = await run(process.argv.slice(2), terminal, manifest.version, async () =>
    createAnalyser(await createParser(await locateWasm())),
  );
} catch (error) {
  terminal.err(`jacobian-lens: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 2;
}
