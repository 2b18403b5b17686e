import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import manifest from '../../package.json' with { type: 'json' };
import { createParser } from '../python/parser.ts';
import { locateWasm } from '../python/wasm.ts';
import { createAnalyser } from '../rules/analyse.ts';
import { rules } from '../rules/index.ts';
import { explainDefect } from './publisher.ts';
import { rulePages } from './rule-pages.ts';
import { serve } from './server.ts';

// How to speak (`--stdio`, `--node-ipc`, `--socket=`) is in the arguments.
const connection = createConnection(ProposedFeatures.all);

// A defect in one answer is no reason to leave the editor without the others.
process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
  // Nobody listens any more, so there is nobody to be told either.
  if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') process.exit(1);
  connection.console.error(`unforeseen: ${explainDefect(error)}`);
});
process.on('unhandledRejection', (reason) => connection.console.error(`unforeseen: ${explainDefect(reason)}`));

/** The folder of the package: two folders up, or one from a bundle. */
const ROOT = new URL(import.meta.url.endsWith('.ts') ? '../../' : '../', import.meta.url);

serve(connection, {
  version: manifest.version,
  ruleNames: rules.map(({ name }) => name),
  pageOf: rulePages(ROOT),
  load: async () => createAnalyser(await createParser(await locateWasm())),
});
