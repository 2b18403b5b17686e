import type { Connection } from 'vscode-languageserver/node';
import { type DiagnosticLinks, diagnostics, notAnalysed } from './diagnostics.ts';
import { Schedule } from './schedule.ts';
import { pathOf, type Session } from './session.ts';

/** Delays in milliseconds: the shortest and longest pause in typing that is waited for, and that for other files. */
const SHORTEST = 100;
const LONGEST = 1500;
const FOR_OTHERS = 300;

/** Keeps the diagnostics that the editor shows up to date, each for the version that it is of. */
export class Publisher {
  /** What must be known before anything is published. */
  ready: Promise<void> = Promise.resolve();
  readonly #connection: Connection;
  readonly #session: Session;
  readonly #pageOf: DiagnosticLinks['pageOf'];
  readonly #refresh: () => void;
  readonly #schedule = new Schedule();
  readonly #delays = new Map<string, number>();

  /** @param refresh asks the editor for everything else that it shows of documents */
  constructor(connection: Connection, session: Session, pageOf: DiagnosticLinks['pageOf'], refresh: () => void) {
    this.#connection = connection;
    this.#session = session;
    this.#pageOf = pageOf;
    this.#refresh = refresh;
  }

  /** A document was opened or edited. */
  changed(uri: string): void {
    const unit = this.#session.unitOf(uri);
    this.#publishAfter(unit, this.#delays.get(unit) ?? 0, true);
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
    for (const uri of dependents) this.#publishAfter(uri, Math.max(FOR_OTHERS, this.#delays.get(uri) ?? 0), false);
    if (dependents.length > 0) this.#refresh();
  }

  /** Something has changed that everything depends on. */
  everythingChanged(): void {
    this.#session.forgetAll();
    for (const uri of this.#session.units()) this.#publishAfter(uri, 0, false);
    this.#refresh();
  }

  stop(): void {
    this.#schedule.cancelAll();
  }

  /** @param isOwn whether the document itself was changed: it comes before those that only depend on what was */
  #publishAfter(uri: string, delay: number, isOwn: boolean): void {
    this.#schedule.after(uri, delay, isOwn, () => {
      const unit = this.#session.unitOf(uri);
      // A cell that was opened before its notebook was known.
      if (unit !== uri) {
        this.#publishAfter(unit, 0, isOwn);
        return;
      }
      this.ready
        .then(() => this.#publish(uri))
        .catch((error: unknown) => this.#connection.console.error(`diagnostics failed: ${explainDefect(error)}`));
    });
  }

  #publish(uri: string): void {
    const outcome = this.#session.outcome(uri);
    if (outcome === null) return;
    if (outcome.kind === 'refused') {
      this.#session.documents(uri).forEach((document, k) => {
        const said = k === 0 ? [notAnalysed(outcome.message)] : [];
        void this.#connection.sendDiagnostics({ uri: document.uri, version: document.version, diagnostics: said });
      });
      return;
    }
    const { document, milliseconds } = outcome;
    // A slow file is looked at more rarely, so that typing is never held up by it.
    this.#delays.set(uri, Math.min(Math.max(2 * milliseconds, SHORTEST), LONGEST));
    for (const note of document.analysis.notes) this.#connection.console.info(`${pathOf(uri)}: ${note}`);
    const links = { pageOf: this.#pageOf, fileOf: (path: string) => this.#session.otherFile(path) };
    for (const part of document.parts) {
      const { uri: own, version } = part;
      void this.#connection.sendDiagnostics({ uri: own, version, diagnostics: diagnostics(document, part, links) });
    }
  }
}

/** A defect for the log. */
export function explainDefect(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
