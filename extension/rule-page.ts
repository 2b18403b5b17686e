import { commands, type ExtensionContext, Uri } from 'vscode';

/** Shows the page of a rule; its argument is the rule's name. Not for the palette. */
export const RULE_PAGE_COMMAND = 'jacobianLens.showRule';

/** The address of a rule's page as a diagnostic links to it, `{rule}` standing for the rule. */
export const rulePageTemplate = `command:${RULE_PAGE_COMMAND}?${encodeURIComponent('["')}{rule}${encodeURIComponent('"]')}`;

/** Shows the part of the README that explains a rule. */
export async function showRulePage(context: ExtensionContext, rule: unknown): Promise<void> {
  const readme = Uri.joinPath(context.extensionUri, 'README.md');
  const target = typeof rule === 'string' ? readme.with({ fragment: rule }) : readme;
  await commands.executeCommand('markdown.showPreview', target);
}
