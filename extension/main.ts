import { commands, type Disposable, type ExtensionContext } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { createClient } from './client.ts';
import { showRulePage } from './rule-page.ts';
import { runDerivative } from './run.ts';
import { openSample } from './samples.ts';

let client: LanguageClient | undefined;

/** Called by VS Code when the first Python file is opened, or one of the commands is run. */
export async function activate(context: ExtensionContext): Promise<void> {
  const started = createClient(context);
  client = started;
  const command = (name: string, run: (argument: unknown) => unknown): Disposable =>
    commands.registerCommand(`jacobianLens.${name}`, run);
  context.subscriptions.push(
    command('run', (target) => runDerivative(context, started, target)),
    command('restartServer', () => started.restart()),
    command('showLog', () => started.outputChannel.show()),
    command('openSample', () => openSample(context)),
    // For the quick-fix menu only, so it is not declared.
    command('showRule', (rule) => showRulePage(context, rule)),
  );
  await started.start();
}

/** Called by VS Code when it ends. */
export async function deactivate(): Promise<void> {
  await client?.stop();
}
