import { type ExtensionContext, type QuickPickItem, Uri, window, workspace } from 'vscode';

/** Opens a copy of a sample, which may be changed at will, from a list of them. */
export async function openSample(context: ExtensionContext): Promise<void> {
  const picked = await window.showQuickPick(readSamples(Uri.joinPath(context.extensionUri, 'media', 'samples')), {
    placeHolder: 'A sample to look at; changes do no harm',
    matchOnDetail: true,
  });
  if (picked === undefined) return;
  await window.showTextDocument(await workspace.openTextDocument({ language: 'python', content: picked.content }));
}

type Sample = QuickPickItem & { readonly content: string };

async function readSamples(folder: Uri): Promise<readonly Sample[]> {
  const entries = await workspace.fs.readDirectory(folder);
  const names = entries.map(([name]) => name).filter((name) => name.endsWith('.py'));
  return Promise.all(
    names.toSorted().map(async (name, k) => {
      const content = new TextDecoder().decode(await workspace.fs.readFile(Uri.joinPath(folder, name)));
      const { title, detail } = describe(content);
      return { label: `${k + 1}. ${title}`, detail, content };
    }),
  );
}

/** A title and a sentence from the first paragraph of a sample's docstring: `The sum trick: summing over ...`. */
function describe(content: string): { readonly title: string; readonly detail: string } {
  const [, paragraph = ''] = /^"""(.*?)(?:\n\n|""")/s.exec(content) ?? [];
  const [title = '', ...rest] = paragraph.replaceAll(/\s+/g, ' ').split(': ');
  const detail = rest.join(': ');
  return { title, detail: detail.charAt(0).toUpperCase() + detail.slice(1) };
}
