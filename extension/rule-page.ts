import { commands, type ExtensionContext, Uri, workspace } from 'vscode';

/** The names that the README may have; packed extensions have it in small letters. */
const NAMES = ['README.md', 'readme.md'];

/** Shows the part of the README that explains a rule. */
export async function showRulePage(context: ExtensionContext, rule: unknown): Promise<void> {
  const readme = await findReadme(context);
  await commands.executeCommand(
    'markdown.showPreview',
    typeof rule === 'string' ? readme.with({ fragment: rule }) : readme,
  );
}

async function findReadme(context: ExtensionContext): Promise<Uri> {
  const entries = await workspace.fs.readDirectory(context.extensionUri);
  const name = NAMES.find((each) => entries.some(([entry]) => entry === each));
  if (name === undefined) throw new Error('The README of Jacobian Lens is missing.');
  return Uri.joinPath(context.extensionUri, name);
}
