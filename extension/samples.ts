import {
  type ExtensionContext,
  NotebookCellData,
  NotebookCellKind,
  NotebookData,
  type QuickPickItem,
  Uri,
  window,
  workspace,
} from 'vscode';

/** Opens a copy of a sample, which may be changed at will, from a list of them. */
export async function openSample(context: ExtensionContext): Promise<void> {
  const picked = await window.showQuickPick(readSamples(Uri.joinPath(context.extensionUri, 'media', 'samples')), {
    placeHolder: 'A sample to look at; changes do no harm',
    matchOnDetail: true,
  });
  await picked?.open();
}

type Sample = QuickPickItem & { readonly open: () => Promise<unknown> };

async function readSamples(folder: Uri): Promise<readonly Sample[]> {
  const entries = await workspace.fs.readDirectory(folder);
  const names = entries.map(([name]) => name).filter((name) => /\.(?:py|ipynb)$/.test(name));
  return Promise.all(
    names.toSorted().map(async (name, k) => {
      const content = new TextDecoder().decode(await workspace.fs.readFile(Uri.joinPath(folder, name)));
      const { introduction, open } = name.endsWith('.ipynb') ? notebookSample(content) : fileSample(content);
      const { title, detail } = describe(introduction);
      return { label: `${k + 1}. ${title}`, detail, open };
    }),
  );
}

/** What a sample says of itself, and how a copy is opened. */
interface Opening {
  readonly introduction: string;
  readonly open: Sample['open'];
}

function fileSample(content: string): Opening {
  const [, introduction = ''] = /^"""(.*?)"""/s.exec(content) ?? [];
  const open = async (): Promise<unknown> =>
    window.showTextDocument(await workspace.openTextDocument({ language: 'python', content }));
  return { introduction, open };
}

/** A notebook as `media/samples/` has it. */
interface NotebookFile {
  readonly cells: readonly { readonly cell_type: 'markdown' | 'code'; readonly source: readonly string[] }[];
}

function notebookSample(content: string): Opening {
  const { cells }: NotebookFile = JSON.parse(content);
  const [first] = cells;
  const data = new NotebookData(
    cells.map(({ cell_type, source }) => {
      const kind = cell_type === 'code' ? NotebookCellKind.Code : NotebookCellKind.Markup;
      return new NotebookCellData(kind, source.join(''), cell_type === 'code' ? 'python' : 'markdown');
    }),
  );
  const open = async (): Promise<unknown> =>
    window.showNotebookDocument(await workspace.openNotebookDocument('jupyter-notebook', data));
  return { introduction: first?.source.join('').replace(/^# /, '').replace('\n\n', '. ') ?? '', open };
}

/** A title and a sentence from the first paragraph of a sample: `The sum trick: summing over ...`. */
function describe(introduction: string): { readonly title: string; readonly detail: string } {
  const [paragraph = ''] = introduction.split('\n\n');
  const [title = '', ...rest] = paragraph.replaceAll(/\s+/g, ' ').trim().split(': ');
  const detail = rest.join(': ');
  return { title, detail: detail.charAt(0).toUpperCase() + detail.slice(1) };
}
