import type { Connection } from 'vscode-languageserver/node';
import { type DiagnosticLinks, diagnostics, notAnalysed } from './diagnostics.ts';
import { Schedule } from './schedule.ts';
import { type OpenDocuments, pathOf, type Session } from './session.ts';

/** Delays in milliseconds: the shortest and longest pause in typing that is waited for, and that for other files. */
const SHORTEST = 100;
const LONGEST = 1500;
const FOR_OTHERS = 300;

/** Keeps the diagnostics that the editor shows up to date, each for the version that it is of. */
export class Publisher {
  /** What must be known before anything is published. */
  ready: Promise<void> = Promise.resolve();
  readonly #connection: Connection;
  readonly #open: OpenDocuments;
  readonly #session: Session;
  readonly #pageOf: DiagnosticLinks['pageOf'];
  readonly #refresh: () => void;
  readonly #schedule = new Schedule();
  readonly #delays = new Map<string, number>();

  /** @param refresh asks the editor for everything else that it shows of documents */
  constructor(
    connection: Connection,
    open: OpenDocuments,
    session: Session,
    pageOf: DiagnosticLinks['pageOf'],
    refresh: () => void,
  ) {
    this.#connection = connection;
    this.#open = open;
    this.#session = session;
    this.#pageOf = pageOf;
    this.#refresh = refresh;
  }

  /** A document was opened or edited. */
  changed(uri: string): void {
    this.#publishAfter(uri, this.#delays.get(uri) ?? 0);
    this.filesChanged([uri]);
  }

  /** A document was closed: what others see of it is the file on the disk now. */
  closed(uri: string): void {
    this.#schedule.cancel(uri);
    this.#delays.delete(uri);
    this.#session.forget(uri);
    void this.#connection.sendDiagnostics({ uri, diagnostics: [] });
    this.filesChanged([uri]);
  }

  /** Files have changed, open or not: the documents that depend on them are looked at again. */
  filesChanged(uris: readonly string[]): void {
    const dependents = this.#session.forgetDependents(uris).filter((uri) => !uris.includes(uri));
    for (const uri of dependents) this.#publishAfter(uri, FOR_OTHERS);
    if (dependents.length > 0) this.#refresh();
  }

  /** Something has changed that everything depends on. */
  everythingChanged(): void {
    this.#session.forgetAll();
    for (const { uri } of this.#open.all()) this.#publishAfter(uri, 0);
    this.#refresh();
  }

  stop(): void {
    this.#schedule.cancelAll();
  }

  #publishAfter(uri: string, delay: number): void {
    this.#schedule.after(uri, delay, () => {
      this.ready
        .then(() => this.#publish(uri))
        .catch((error: unknown) => this.#connection.console.error(`diagnostics failed: ${explainDefect(error)}`));
    });
  }

  #publish(uri: string): void {
    const version = this.#open.get(uri)?.version;
    const outcome = this.#session.outcome(uri);
    if (outcome === null || version === undefined) return;
    if (outcome.kind === 'refused') {
      void this.#connection.sendDiagnostics({ uri, version, diagnostics: [notAnalysed(outcome.message)] });
      return;
    }
    const { document, milliseconds } = outcome;
    // A slow file is looked at more rarely, so that typing is never held up by it.
    this.#delays.set(uri, Math.min(Math.max(2 * milliseconds, SHORTEST), LONGEST));
    for (const note of document.analysis.notes) this.#connection.console.info(`${pathOf(uri)}: ${note}`);
    const links = { pageOf: this.#pageOf, fileOf: (path: string) => this.#session.otherFile(path) };
    void this.#connection.sendDiagnostics({ uri, version, diagnostics: diagnostics(document, links) });
  }
}

/** A defect for the log. */
export function explainDefect(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
