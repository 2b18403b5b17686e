import {
  type CancellationToken,
  CodeActionTriggerKind,
  type Connection,
  DidChangeConfigurationNotification,
  FileChangeType,
  type InitializeParams,
  type InitializeResult,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Analyser } from '../rules/analyse.ts';
import { CODE_ACTION_KINDS, codeActions } from './code-actions.ts';
import { codeLenses } from './code-lens.ts';
import { type AnalysedDocument, type Part, partAt, toOffset, toRange } from './document.ts';
import { hover } from './hover.ts';
import { inlayHints } from './inlay-hints.ts';
import { followNotebooks } from './notebooks.ts';
import { explainDefect, Publisher } from './publisher.ts';
import { PROGRAM_REQUEST, parseTarget, programAt } from './run.ts';
import { pathOf, Session } from './session.ts';
import { asObject, parseSettings } from './settings.ts';

/** The section of the settings that the server asks the editor for. */
const SECTION = 'jacobianLens';

/** How long, in milliseconds, it waits for them. */
const PATIENCE = 3000;

/** What the server is made of. */
export interface ServerParts {
  readonly version: string;
  readonly ruleNames: readonly string[];
  /** The address of a rule's page, if it has one. */
  readonly pageOf: (rule: string) => string | null;
  /** Makes the analyser; called once. */
  readonly load: () => Promise<Analyser>;
}

/** Serves an editor until the connection ends. Nothing that a message holds makes it fail: errors go to the log. */
export function serve(connection: Connection, parts: ServerParts): void {
  const documents = new TextDocuments(TextDocument);
  connection.onInitialize(async (params) => {
    provide(connection, documents, await parts.load(), readClient(params, parts));
    return initializeResult(parts.version);
  });
  documents.listen(connection);
  connection.listen();
}

/** What the editor said of itself. */
interface Client {
  readonly hasConfiguration: boolean;
  readonly hasFolders: boolean;
  readonly refreshesHints: boolean;
  readonly refreshesLenses: boolean;
  readonly folders: readonly string[];
  readonly settings: unknown;
  readonly ruleNames: readonly string[];
  readonly pageOf: (rule: string) => string | null;
}

function readClient(params: InitializeParams, parts: ServerParts): Client {
  const { workspace } = params.capabilities;
  return {
    hasConfiguration: workspace?.configuration ?? false,
    hasFolders: workspace?.workspaceFolders ?? false,
    refreshesHints: workspace?.inlayHint?.refreshSupport ?? false,
    refreshesLenses: workspace?.codeLens?.refreshSupport ?? false,
    folders: (params.workspaceFolders ?? []).map(({ uri }) => pathOf(uri)),
    settings: asObject(params.initializationOptions).settings,
    ruleNames: parts.ruleNames,
    pageOf: parts.pageOf,
  };
}

function initializeResult(version: string): InitializeResult {
  return {
    serverInfo: { name: 'Jacobian Lens', version },
    capabilities: {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
      notebookDocumentSync: { notebookSelector: [{ notebook: '*', cells: [{ language: 'python' }] }] },
      codeActionProvider: { codeActionKinds: CODE_ACTION_KINDS },
      hoverProvider: true,
      inlayHintProvider: true,
      codeLensProvider: {},
      workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
    },
  };
}

/** Connects a session with the editor's messages. */
function provide(
  connection: Connection,
  documents: TextDocuments<TextDocument>,
  analyser: Analyser,
  client: Client,
): void {
  const notebooks = followNotebooks(connection, documents, (uri) => publisher.changed(uri));
  const session = new Session(analyser, documents, notebooks);
  session.folders = client.folders;
  const publisher = new Publisher(connection, session, client.pageOf, () => {
    if (client.refreshesHints) connection.languages.inlayHint.refresh().catch(() => {});
    if (client.refreshesLenses) connection.sendRequest('workspace/codeLens/refresh').catch(() => {});
  });
  documents.onDidChangeContent(({ document }) => publisher.changed(document.uri));
  documents.onDidClose(({ document }) => publisher.closed(document.uri));
  notebooks.onDidClose(({ uri }) => publisher.closed(uri));
  connection.onDidChangeWatchedFiles(({ changes }) => {
    if (changes.some(({ type }) => type !== FileChangeType.Changed)) session.forgetProjects();
    publisher.filesChanged(changes.map(({ uri }) => uri));
  });
  connection.onShutdown(() => publisher.stop());
  followSettings(connection, session, publisher, client);
  answerRequests(connection, session, publisher);
}

/** Keeps the settings and the workspace's folders as the editor has them. */
function followSettings(connection: Connection, session: Session, publisher: Publisher, client: Client): void {
  const take = (value: unknown): void => {
    const { settings, problems } = parseSettings(value, client.ruleNames);
    for (const problem of problems) connection.console.warn(problem);
    session.settings = settings;
    publisher.everythingChanged();
  };
  const pull = async (): Promise<void> => {
    // An editor that never answers is served with the defaults.
    const patience = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE, undefined).unref());
    take(await Promise.race([connection.workspace.getConfiguration(SECTION), patience]).catch(() => undefined));
  };
  connection.onInitialized(() => {
    if (client.hasConfiguration) {
      publisher.ready = pull();
      connection.client.register(DidChangeConfigurationNotification.type, { section: SECTION }).catch(() => {});
    } else {
      take(client.settings);
    }
    if (!client.hasFolders) return;
    connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
      const gone = removed.map(({ uri }) => pathOf(uri));
      const stay = session.folders.filter((folder) => !gone.includes(folder));
      session.folders = [...stay, ...added.map(({ uri }) => pathOf(uri))];
      publisher.everythingChanged();
    });
  });
  connection.onDidChangeConfiguration(({ settings }) => {
    if (client.hasConfiguration) publisher.ready = pull();
    else take(asObject(settings)[SECTION]);
  });
}

/** Answers what the editor asks about documents. */
function answerRequests(connection: Connection, session: Session, publisher: Publisher): void {
  /** Answers once what came before is done, and unless the request was taken back by then. */
  const answer = async <T>(
    uri: string,
    token: CancellationToken,
    otherwise: T,
    work: (document: AnalysedDocument, part: Part) => T,
  ): Promise<T> => {
    await publisher.ready;
    // Lets a cancellation that lies behind the request be read.
    await new Promise((resolve) => setImmediate(resolve));
    if (token.isCancellationRequested) return otherwise;
    try {
      const document = session.analysed(uri);
      const part = document === null ? null : partAt(document, uri);
      return document === null || part === null ? otherwise : work(document, part);
    } catch (error) {
      connection.console.error(`a request failed: ${explainDefect(error)}`);
      return otherwise;
    }
  };

  connection.onHover(({ textDocument: { uri }, position }, token) =>
    answer(uri, token, null, (document, part) => hover(document, part, toOffset(part, position))),
  );
  connection.languages.inlayHint.on(({ textDocument: { uri }, range }, token) =>
    answer(uri, token, [], (document, part) =>
      inlayHints(document, part, toRange(part, range), session.settings.inlayHints),
    ),
  );
  connection.onCodeLens(({ textDocument: { uri } }, token) => answer(uri, token, [], codeLenses));
  connection.onCodeAction(({ textDocument: { uri }, range, context }, token) =>
    answer(uri, token, [], (document, part) =>
      codeActions(document, {
        range: toRange(part, range),
        only: context.only,
        isAsked: context.triggerKind !== CodeActionTriggerKind.Automatic,
        shown: context.diagnostics,
        analyse: (text) => session.analyseText(uri, text),
      }),
    ),
  );
  connection.onRequest(PROGRAM_REQUEST, async (params, token) => {
    const target = parseTarget(params);
    if (target === null) return { cannot: 'The request for a program is malformed.' };
    const { uri, range } = target;
    const cannot = session.refusal(uri) ?? 'The analysis failed; see the log.';
    return answer(uri, token, { cannot }, (document, part) => programAt(document, part, range));
  });
}
