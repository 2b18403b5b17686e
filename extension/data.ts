import { type QuickPickItem, Uri, window, workspace } from 'vscode';
import { mostBytes } from '../media/engine/data/arrays.ts';
import { dataEndings } from '../media/engine/data/files.ts';

/** Files of weights, inputs and results. They are read as numbers only; nothing in them is run. */

/** Folders that hold other people's files. */
const excluded = '**/{node_modules,__pycache__,site-packages,.*}/**';
const mostListed = 500;

interface ReadFile {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** Lets the person choose a file of arrays of the workspace, or any others. Empty where none is chosen or can be read. */
export async function chooseData(): Promise<readonly ReadFile[]> {
  const found = await workspace.findFiles(`**/*.{${dataEndings.join(',')}}`, excluded, mostListed);
  const chosen = found.length === 0 ? await chooseElsewhere() : await chooseAmong(found);
  const files = await Promise.all(chosen.map(read));
  return files.filter((file) => file !== null);
}

async function chooseAmong(found: readonly Uri[]): Promise<readonly Uri[]> {
  const elsewhere: QuickPickItem = { label: '$(folder-opened) Choose other files…', alwaysShow: true };
  const items = found
    .map((uri) => ({ label: workspace.asRelativePath(uri), uri }))
    .toSorted((a, b) => a.label.localeCompare(b.label));
  const picked = await window.showQuickPick([...items, elsewhere], {
    placeHolder: 'A file with weights or inputs; its arrays are matched by name',
  });
  if (picked === undefined) return [];
  return 'uri' in picked ? [picked.uri] : chooseElsewhere();
}

async function chooseElsewhere(): Promise<readonly Uri[]> {
  const chosen = await window.showOpenDialog({
    canSelectMany: true,
    openLabel: 'Use',
    title: 'Weights or inputs',
    filters: { Arrays: [...dataEndings] },
  });
  return chosen ?? [];
}

async function read(uri: Uri): Promise<ReadFile | null> {
  const file = workspace.asRelativePath(uri);
  try {
    const { size } = await workspace.fs.stat(uri);
    if (size > mostBytes) throw new Error('it is larger than 1 GB');
    // A plain array: of Node's own buffers, messages to a panel keep no bytes.
    return { file, bytes: new Uint8Array(await workspace.fs.readFile(uri)) };
  } catch (error) {
    await window.showErrorMessage(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

/** Writes a file to where the person wants it, if anywhere. */
export async function saveData(name: string, bytes: Uint8Array): Promise<void> {
  const folder = workspace.workspaceFolders?.[0]?.uri;
  const [, ending = ''] = /\.(\w+)$/.exec(name) ?? [];
  const target = await window.showSaveDialog({
    ...(folder === undefined ? {} : { defaultUri: Uri.joinPath(folder, name) }),
    filters: { NumPy: [ending] },
  });
  if (target === undefined) return;
  try {
    await workspace.fs.writeFile(target, bytes);
    window.setStatusBarMessage(`Saved ${workspace.asRelativePath(target)}`, 5000);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    await window.showErrorMessage(`${workspace.asRelativePath(target)} cannot be written: ${problem}`);
  }
}
