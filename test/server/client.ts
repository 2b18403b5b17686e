import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type ClientCapabilities,
  type CodeAction,
  CodeActionRequest,
  CodeActionTriggerKind,
  CodeLensRequest,
  ConfigurationRequest,
  createProtocolConnection,
  DidChangeNotebookDocumentNotification,
  DidChangeTextDocumentNotification,
  DidCloseNotebookDocumentNotification,
  DidCloseTextDocumentNotification,
  DidOpenNotebookDocumentNotification,
  DidOpenTextDocumentNotification,
  ExitNotification,
  HoverRequest,
  InitializedNotification,
  InitializeRequest,
  type InitializeResult,
  InlayHintRequest,
  LogMessageNotification,
  NotebookCellKind,
  type NotebookDocumentChangeEvent,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  type PublishDiagnosticsParams,
  type Range,
  RegistrationRequest,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  type TextDocumentContentChangeEvent,
} from 'vscode-languageserver/node';

/** A whole file, however long. */
export const EVERYWHERE: Range = { start: { line: 0, character: 0 }, end: { line: 1_000_000, character: 0 } };

const CAPABILITIES: ClientCapabilities = {
  workspace: { configuration: true, workspaceFolders: true },
  textDocument: {
    publishDiagnostics: { relatedInformation: true, versionSupport: true, codeDescriptionSupport: true },
  },
};

/** How a server is started. */
export interface ClientOptions {
  /** The server's program, from the root of the repository. */
  readonly program: string;
  readonly folder?: string;
  /** What it is told of the settings `jacobianLens`. */
  readonly settings?: () => unknown;
}

/** An editor as the protocol sees it, for tests: a real process, spoken to over stdio. */
export class Client {
  readonly process: ChildProcess;
  readonly connection: ProtocolConnection;
  readonly log: string[] = [];
  readonly initialized: Promise<InitializeResult>;
  readonly exit: Promise<number | null>;
  readonly #published = new Map<string, PublishDiagnosticsParams>();
  readonly #count = new Map<string, number>();
  #listeners: (() => void)[] = [];

  constructor({ program, folder, settings = () => ({}) }: ClientOptions) {
    const path = fileURLToPath(new URL(`../../${program}`, import.meta.url));
    this.process = spawn(process.execPath, [path, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdin, stdout } = this.process;
    if (stdin === null || stdout === null) throw new Error('the server has no pipes');
    this.exit = new Promise((resolve) => this.process.on('exit', resolve));
    const reader = new StreamMessageReader(stdout);
    // Else it asks for ever where the rest of a message is that a killed server began, and the tests do not end.
    reader.partialMessageTimeout = 0;
    this.connection = createProtocolConnection(reader, new StreamMessageWriter(stdin));
    this.connection.onNotification(LogMessageNotification.type, ({ message }) => {
      this.log.push(message);
      this.#wake();
    });
    this.connection.onNotification(PublishDiagnosticsNotification.type, (params) => {
      this.#published.set(params.uri, params);
      this.#count.set(params.uri, this.publications(params.uri) + 1);
      this.#wake();
    });
    this.connection.onRequest(ConfigurationRequest.type, ({ items }) => items.map(() => settings()));
    this.connection.onRequest(RegistrationRequest.type, () => {});
    this.connection.listen();
    // What still waits for an answer is told that none will come.
    this.process.on('close', () => this.connection.dispose());
    const uri = folder === undefined ? null : pathToFileURL(folder).href;
    this.initialized = this.connection
      .sendRequest(InitializeRequest.type, {
        processId: process.pid,
        rootUri: uri,
        capabilities: CAPABILITIES,
        workspaceFolders: uri === null ? null : [{ uri, name: 'folder' }],
      })
      .then(async (result) => {
        await this.connection.sendNotification(InitializedNotification.type, {});
        return result;
      });
  }

  async open(uri: string, text: string, version = 1): Promise<void> {
    const textDocument = { uri, text, version, languageId: 'python' };
    await this.connection.sendNotification(DidOpenTextDocumentNotification.type, { textDocument });
  }

  async change(uri: string, version: number, ...contentChanges: TextDocumentContentChangeEvent[]): Promise<void> {
    await this.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version },
      contentChanges,
    });
  }

  async close(uri: string): Promise<void> {
    await this.connection.sendNotification(DidCloseTextDocumentNotification.type, { textDocument: { uri } });
  }

  /** Opens a notebook of one cell of code for each text; their addresses in order. */
  async openNotebook(uri: string, texts: readonly string[]): Promise<readonly string[]> {
    const cells = texts.map((text, k) => ({ uri: cellAddress(uri, k), text, version: 1, languageId: 'python' }));
    await this.connection.sendNotification(DidOpenNotebookDocumentNotification.type, {
      notebookDocument: {
        uri,
        notebookType: 'jupyter-notebook',
        version: 1,
        cells: cells.map((cell) => ({ kind: NotebookCellKind.Code, document: cell.uri })),
      },
      cellTextDocuments: cells,
    });
    return cells.map((cell) => cell.uri);
  }

  async changeNotebook(uri: string, cells: NonNullable<NotebookDocumentChangeEvent['cells']>): Promise<void> {
    await this.connection.sendNotification(DidChangeNotebookDocumentNotification.type, {
      notebookDocument: { uri, version: 2 },
      change: { cells },
    });
  }

  async closeNotebook(uri: string, cells: readonly string[]): Promise<void> {
    await this.connection.sendNotification(DidCloseNotebookDocumentNotification.type, {
      notebookDocument: { uri },
      cellTextDocuments: cells.map((cell) => ({ uri: cell })),
    });
  }

  /** The first diagnostics of a document that are of this version or a later one. */
  async diagnostics(uri: string, version = 1): Promise<PublishDiagnosticsParams> {
    return this.until(
      () => this.#published.get(uri),
      (params) => (params.version ?? 0) >= version,
    );
  }

  /** The last diagnostics of a document. */
  last(uri: string): PublishDiagnosticsParams | undefined {
    return this.#published.get(uri);
  }

  /** How often diagnostics of a document were published. */
  publications(uri: string): number {
    return this.#count.get(uri) ?? 0;
  }

  /** Waits until a value is there and is as wanted. */
  async until<T>(value: () => T | undefined, wanted: (value: T) => boolean): Promise<T> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const now = value();
      if (now !== undefined && wanted(now)) return now;
      if (Date.now() > deadline)
        throw new Error(`it did not come; the last was ${JSON.stringify(now)}; the log: ${this.log.join('\n')}`);
      await new Promise<void>((resolve) => {
        this.#listeners.push(resolve);
        setTimeout(resolve, 100);
      });
    }
  }

  async hover(uri: string, line: number, character: number): Promise<string | null> {
    const hover = await this.connection.sendRequest(HoverRequest.type, {
      textDocument: { uri },
      position: { line, character },
    });
    const contents = hover?.contents;
    return contents !== undefined && typeof contents === 'object' && 'value' in contents ? contents.value : null;
  }

  /** Labels of inlay hints, with their lines. */
  async inlayHints(uri: string, range = EVERYWHERE): Promise<readonly string[]> {
    const hints = await this.connection.sendRequest(InlayHintRequest.type, { textDocument: { uri }, range });
    return (hints ?? []).map(({ position, label }) => `${position.line}:${position.character} ${String(label)}`);
  }

  async codeActions(
    uri: string,
    range: Range,
    only?: string[],
    triggerKind: CodeActionTriggerKind = CodeActionTriggerKind.Invoked,
  ): Promise<readonly CodeAction[]> {
    const diagnostics = this.#published.get(uri)?.diagnostics ?? [];
    const actions = await this.connection.sendRequest(CodeActionRequest.type, {
      textDocument: { uri },
      range,
      context: { diagnostics, ...(only === undefined ? {} : { only }), triggerKind },
    });
    return (actions ?? []).filter((action): action is CodeAction => typeof action.command !== 'string');
  }

  async codeLenses(uri: string): Promise<readonly string[]> {
    const lenses = await this.connection.sendRequest(CodeLensRequest.type, { textDocument: { uri } });
    return (lenses ?? []).map(({ range, command }) => `${range.start.line} ${command?.title ?? ''}`);
  }

  /** Writes bytes to the server as they are. */
  async write(bytes: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.process.stdin?.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Ends the server as the protocol says; its exit code. */
  async stop(): Promise<number | null> {
    if (this.process.exitCode === null) {
      await this.connection.sendRequest(ShutdownRequest.type);
      await this.connection.sendNotification(ExitNotification.type);
    }
    return this.exit;
  }

  /** Ends the server anyhow. */
  kill(): void {
    this.connection.dispose();
    this.process.kill('SIGKILL');
  }

  #wake(): void {
    const waiting = this.#listeners;
    this.#listeners = [];
    for (const listener of waiting) listener();
  }
}

/** The address of a cell as VS Code makes it. */
export function cellAddress(notebook: string, k: number): string {
  return `${notebook.replace(/^file:/, 'vscode-notebook-cell:')}#W${k}sZmlsZQ%3D%3D`;
}

/** The text after the edits that an action makes in it; `uri` names the document where there are several. */
export function applied(text: string, action: CodeAction, uri?: string): string {
  const lines = text.split('\n');
  const offset = ({ line, character }: Range['start']): number =>
    lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0) + character;
  const edits = (action.edit?.documentChanges ?? []).flatMap((change) =>
    'edits' in change && (uri === undefined || change.textDocument.uri === uri) ? change.edits : [],
  );
  let done = text;
  for (const edit of edits.toSorted((a, b) => offset(b.range.start) - offset(a.range.start))) {
    if (!('newText' in edit)) continue;
    done = done.slice(0, offset(edit.range.start)) + edit.newText + done.slice(offset(edit.range.end));
  }
  return done;
}
