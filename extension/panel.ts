import { randomBytes } from 'node:crypto';
import {
  commands,
  type ExtensionContext,
  Range,
  type TextDocument,
  Uri,
  ViewColumn,
  type Webview,
  type WebviewPanel,
  window,
  workspace,
} from 'vscode';
import { encodeProgram, type Program } from '../language-server/graph/program.ts';
import {
  type FromPanel,
  type Place,
  parseFromPanel,
  type ShowWire,
  type ToPanelWire,
} from '../media/panel/messages.ts';
import { panelPage } from '../media/panel/page.ts';
import { chooseData, saveData } from './data.ts';

/** The one panel, while it is open. */
interface Opened {
  readonly panel: WebviewPanel;
  /** What it is to show once it is ready; null after that. */
  waiting: ShowWire | null;
}

let opened: Opened | null = null;

/**
 * Shows the panel beside the editor, runs the program in it where nothing has to be asked first, and returns at once.
 * A panel that is already open shows the new program in place of its own.
 */
export function openPanel(context: ExtensionContext, program: Program): void {
  const message: ShowWire = { kind: 'show', program: encodeProgram(program), run: true };
  if (opened === null) {
    opened = createPanel(context, message);
    return;
  }
  opened.panel.reveal(undefined, true);
  if (opened.waiting === null) void send(opened, message);
  else opened.waiting = message;
}

function createPanel(context: ExtensionContext, first: ShowWire): Opened {
  const panel = window.createWebviewPanel(
    'jacobianLens',
    'Jacobian Lens',
    { viewColumn: ViewColumn.Beside, preserveFocus: true },
    {
      enableScripts: true,
      // A run, and the graphics context that it holds, goes on while another tab is in front.
      retainContextWhenHidden: true,
      localResourceRoots: [Uri.joinPath(context.extensionUri, 'dist')],
    },
  );
  const own: Opened = { panel, waiting: first };
  panel.iconPath = Uri.joinPath(context.extensionUri, 'media', 'icons', 'icon.svg');
  panel.onDidDispose(() => {
    opened = null;
  });
  panel.webview.onDidReceiveMessage((value: unknown) => {
    const parsed = parseFromPanel(value);
    if (parsed.ok) void receive(own, parsed.message);
    else void window.showErrorMessage(`Jacobian Lens did not understand its panel. ${parsed.problem}`);
  });
  panel.webview.html = html(panel.webview, context.extensionUri);
  context.subscriptions.push(panel);
  return own;
}

function html(webview: Webview, root: Uri): string {
  const address = (name: string): string => webview.asWebviewUri(Uri.joinPath(root, 'dist', name)).toString();
  return panelPage({
    script: address('panel/main.js'),
    style: address('panel.css'),
    source: webview.cspSource,
    nonce: randomBytes(16).toString('base64url'),
  });
}

async function send({ panel }: Opened, message: ToPanelWire): Promise<void> {
  await panel.webview.postMessage(message);
}

async function receive(own: Opened, message: FromPanel): Promise<void> {
  switch (message.kind) {
    case 'ready':
      if (own.waiting !== null) await send(own, own.waiting);
      own.waiting = null;
      return;
    case 'reveal':
      return reveal(message.file, message.place);
    case 'load':
      for (const { file, bytes } of await chooseData()) await send(own, { kind: 'data', file, bytes });
      return;
    case 'save':
      return saveData(message.file, message.bytes);
  }
}

function rangeIn(document: TextDocument, place: Place): Range {
  return place.kind === 'line'
    ? document.lineAt(Math.min(Math.max(place.line - 1, 0), document.lineCount - 1)).range
    : new Range(document.positionAt(place.start), document.positionAt(place.end));
}

/** Shows a place of the source beside the panel. `file` is a path, or an address where it is on no disk. */
async function reveal(file: string, place: Place): Promise<void> {
  // A scheme has two letters or more, unlike the letter of a drive.
  const uri = /^[a-z][a-z\d+.-]+:/i.test(file) ? Uri.parse(file) : Uri.file(file);
  try {
    const document = await workspace.openTextDocument(uri);
    const range = rangeIn(document, place);
    // A cell is shown in its notebook, which this command knows to find.
    if (uri.scheme === 'vscode-notebook-cell') {
      await commands.executeCommand('vscode.open', uri, { selection: range });
      return;
    }
    const shown = window.visibleTextEditors.find((editor) => editor.document.uri.toString() === uri.toString());
    await window.showTextDocument(document, { selection: range, viewColumn: shown?.viewColumn ?? ViewColumn.One });
  } catch (error) {
    await window.showErrorMessage(`${file} cannot be shown: ${error instanceof Error ? error.message : String(error)}`);
  }
}
