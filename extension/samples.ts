import { type ExtensionContext, Uri, window, workspace } from 'vscode';

/** Opens a copy of a sample, which may be changed at will, from a list of them. */
export async function openSample(context: ExtensionContext): Promise<void> {
  const folder = Uri.joinPath(context.extensionUri, 'media', 'samples');
  const names = (await workspace.fs.readDirectory(folder)).map(([name]) => name).filter((name) => name.endsWith('.py'));
  const items = names.toSorted().map((name) => ({ name, label: titleOf(name) }));
  const picked = await window.showQuickPick(items, { placeHolder: 'A sample to look at; changes do no harm' });
  if (picked === undefined) return;
  const bytes = await workspace.fs.readFile(Uri.joinPath(folder, picked.name));
  const content = new TextDecoder().decode(bytes);
  await window.showTextDocument(await workspace.openTextDocument({ language: 'python', content }));
}

/** `1_full_jacobian.py` as `1. full jacobian`. */
function titleOf(name: string): string {
  return name.replace(/\.py$/, '').replace('_', '. ').replaceAll('_', ' ');
}
