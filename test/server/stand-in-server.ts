import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { serve } from '../../language-server/server/server.ts';
import { standIn } from './stand-in.ts';

/** The server as it is, with an analyser whose findings are foreseen. */
serve(createConnection(ProposedFeatures.all), {
  version: '1.2.3',
  ruleNames: ['full-batch-jacobian'],
  pageOf: (rule) => `https://example.org/rules#${rule}`,
  load: standIn,
});
